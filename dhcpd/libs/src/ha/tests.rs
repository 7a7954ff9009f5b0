//! What the library is at, without a network: tables of Kea's manual.

mod machine;
mod partner;

use dhcpd_config::parameters::Library;
use dhcpd_config::parameters::hooks::{HaRelationship, HaRules};
use schema::json;
use serde_json::{Value, json};
use std::sync::Arc;

/// What a configuration with these relationships resolves to, or the first thing that is wrong with it.
fn load(relationships: &Value, subnets: &Value) -> Result<Arc<HaRules>, String> {
    load_networks(relationships, subnets, &json!([]))
}

fn load_networks(relationships: &Value, subnets: &Value, networks: &Value) -> Result<Arc<HaRules>, String> {
    let library = json!({ "library": "libdhcp_ha.so", "parameters": { "high-availability": relationships } });
    let text = json!({ "Dhcp4": { "hooks-libraries": [library], "subnet4": subnets, "shared-networks": networks } })
        .to_string();
    let document = json::parse("test", &text, &mut json::no_includes).map_err(|error| error.to_string())?;
    let (_, config) = dhcpd_config::v4::load(&document).map_err(|errors| errors[0].to_string())?;
    match config.hooks.into_iter().next() {
        Some(Library::HighAvailability(rules)) => Ok(rules),
        _ => Err("no library".to_owned()),
    }
}

/// A relationship as it is written: this server, the mode, the role of the second server, and what else is said.
fn written(this: &str, mode: &str, second: &str, more: &Value) -> Value {
    let mut group = json!({
        "this-server-name": this,
        "mode": mode,
        "peers": [
            { "name": "server2", "url": "http://192.0.2.2:8005/", "role": second },
            { "name": "server1", "url": "http://192.0.2.1:8005/", "role": "primary" },
        ],
    });
    if let (Value::Object(group), Value::Object(more)) = (&mut group, more) {
        group.extend(more.clone());
    }
    group
}

/// The same, resolved.
fn group(this: &str, mode: &str, more: &Value) -> Arc<HaRelationship> {
    let second = match mode {
        "load-balancing" => "secondary",
        "hot-standby" => "standby",
        _ => "backup",
    };
    match load(&json!([written(this, mode, second, more)]), &json!([])) {
        Ok(rules) => rules.relationships[0].clone(),
        Err(reason) => panic!("{reason}"),
    }
}

#[test]
fn peers_are_in_the_order_of_their_roles() {
    let more = json!({ "peers": [
        { "name": "c", "url": "http://192.0.2.3/", "role": "backup" },
        { "name": "b", "url": "http://192.0.2.4/", "role": "backup" },
        { "name": "s", "url": "http://192.0.2.2/", "role": "secondary" },
        { "name": "server1", "url": "http://192.0.2.1/", "role": "primary" },
    ] });
    let group = group("server1", "load-balancing", &more);
    let names: Vec<_> = group.peers.iter().map(|peer| &*peer.name).collect();
    assert_eq!(names, ["server1", "s", "b", "c"]);
    assert_eq!((group.this, group.partner(), group.delayed_updates_limit), (0, Some(1), 100));
}

#[test]
fn contradictions_are_refused() {
    let one = |mode: &str, second: &str, more: Value| {
        load(&json!([written("server1", mode, second, &more)]), &json!([])).err().unwrap_or_default()
    };
    for (mode, second, more, reason) in [
        ("load-balancing", "standby", json!({}), "standby servers not allowed in the load balancing configuration"),
        ("load-balancing", "backup", json!({}), "secondary server required in the load balancing configuration"),
        ("hot-standby", "secondary", json!({}), "secondary servers not allowed in the hot standby configuration"),
        ("hot-standby", "primary", json!({}), "multiple primary servers specified"),
        ("passive-backup", "standby", json!({}), "standby servers not allowed in the passive backup configuration"),
        (
            "hot-standby",
            "standby",
            json!({ "wait-backup-ack": true }),
            "'wait-backup-ack' must be set to false in the hot standby configuration",
        ),
        ("hot-standby", "standby", json!({ "this-server-name": "x" }), "no peer configuration specified for the 'x'"),
        ("hot-standby", "standby", json!({ "cert-file": "x" }), "trust-anchor parameter is missing or empty"),
        (
            "hot-standby",
            "standby",
            json!({ "state-machine": { "states": [{ "state": "ready" }, { "state": "ready" }] } }),
            "duplicated configuration for the 'ready' state",
        ),
    ] {
        assert!(one(mode, second, more.clone()).contains(reason), "{}", one(mode, second, more));
    }
}

#[test]
fn subnets_name_their_relationship() {
    let mut second = written("server4", "hot-standby", "standby", &json!({}));
    second["peers"][0]["name"] = json!("server4");
    second["peers"][1]["name"] = json!("server3");
    let groups = json!([written("server2", "hot-standby", "standby", &json!({})), second]);
    let subnet = |id: u32, name: &str| json!({ "id": id, "subnet": format!("10.0.{id}.0/24"), "user-context": { "ha-server-name": name } });
    let rules = load(&groups, &json!([subnet(1, "server1"), subnet(2, "server4"), subnet(3, "server9")]));
    let rules = rules.unwrap_or_else(|reason| panic!("{reason}"));
    assert_eq!(rules.subnets[&1], Ok(0));
    assert_eq!(rules.subnets[&2], Ok(1));
    assert_eq!(rules.subnets[&3], Err("server9".to_owned()));
    // Those of a shared network have its relationship, unless they say otherwise.
    let plain = json!({ "id": 6, "subnet": "10.0.6.0/24" });
    let network = json!({ "name": "n", "subnet4": [subnet(5, "server4"), plain], "user-context": { "ha-server-name": "server1" } });
    let rules = load_networks(&groups, &json!([]), &json!([network])).unwrap_or_else(|reason| panic!("{reason}"));
    assert_eq!((&rules.subnets[&5], &rules.subnets[&6]), (&Ok(1), &Ok(0)));
    let twice = json!([
        written("server2", "hot-standby", "standby", &json!({})),
        written("server2", "hot-standby", "standby", &json!({}))
    ]);
    assert!(load(&twice, &json!([])).is_err_and(|reason| reason.contains("already specified")));
}
