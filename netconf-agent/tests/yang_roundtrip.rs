//! Configurations through YANG and back: libyang takes the data, in JSON and in XML, and what comes back means the same to
//! the daemon without any help, and is the same to the letter with the configuration that it was made from.
//!
//! For 500 configurations of each daemon made by chance, or as many as PROPTEST_CASES says, and for those of
//! `../shared/corpus` beside the project where they are at hand.

#[path = "../../translators/tests/generate/mod.rs"]
mod tables;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use dhcpd_config::{generate, v4, v6};
use netconf_agent::convert::MODELS;
use netconf_agent::yang::{Schema, Tree};
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use schema::json::{self, Document};
use serde_json::{Value, json};
use translators::{Model, to_kea, to_yang};

#[test]
fn dhcp4() {
    all(Model::DHCP4, (0..cases()).map(|seed| json!({ "Dhcp4": inner(generate::dhcp4(seed), "Dhcp4") })));
}

#[test]
fn dhcp6() {
    all(Model::DHCP6, (0..cases()).map(|seed| json!({ "Dhcp6": inner(generate::dhcp6(seed), "Dhcp6") })));
}

#[test]
fn ietf_dhcpv6_server() {
    all(Model::IETF6, (0..cases()).map(|seed| json!({ "Dhcp6": inner(generate::dhcp6(seed), "Dhcp6") })));
}

/// Whatever a server runs with: data that is committed is what it shows afterwards.
#[test]
fn ietf_dhcpv6_server_shows_what_was_edited() {
    let config = |seed| json!({ "Dhcp6": inner(generate::dhcp6(seed), "Dhcp6") });
    const ROOT: &str = "ietf-dhcpv6-server:dhcpv6-server";
    let mut wanted = config(0);
    for seed in 1..cases() {
        let before = std::mem::replace(&mut wanted, config(seed));
        let data = to_yang(&Model::IETF6, &wanted).expect("a configuration").yang;
        let after = to_kea(&Model::IETF6, &data, &before).unwrap_or_else(|errors| panic!("{seed}: {errors:?}"));
        let shown = to_yang(&Model::IETF6, &after).expect("a configuration").yang;
        let (data, mut shown) = (sorted(data), sorted(shown));
        // A server listens somewhere: without any interface, those of before stay.
        let (of_data, of_shown) = (data.get(ROOT), shown.get_mut(ROOT).and_then(Value::as_object_mut));
        if of_data.is_some_and(|server| server.get("vendor-config").is_none()) {
            of_shown.and_then(|server| server.remove("vendor-config"));
        }
        assert_eq!(shown, data, "configuration {seed}: {:#}", difference(&data, &shown));
    }
}

#[test]
fn ddns() {
    let (mut runner, any) = (TestRunner::deterministic(), tables::configuration(Model::DDNS));
    let made = std::iter::repeat_with(|| any.new_tree(&mut runner).expect("a configuration").current());
    // What the tables alone make need not be good names and addresses.
    let good =
        made.map(with_good_names).map(with_distinct_entries).filter(|config| shown(Model::DDNS, config).is_some());
    all(Model::DDNS, good.take(usize::try_from(cases()).expect("a number")));
}

#[test]
fn the_corpus() {
    let corpus = project().join("../shared/corpus");
    if !corpus.exists() {
        eprintln!("skipped: {} is not there", corpus.display());
        return;
    }
    let schema = schema();
    let (mut files, mut accepted) = (0, 0);
    for folder in ["kea4", "kea6", "ddns", "seeds", "template-ha-mt-tls", "template-power-user-home"] {
        for entry in std::fs::read_dir(corpus.join(folder)).expect("a folder") {
            let file = entry.expect("an entry").path();
            let config = read(&file).root.to_json();
            let model = Model::ALL.into_iter().find(|model| config.get(model.root).is_some());
            let model = model.unwrap_or_else(|| panic!("{}: no daemon's configuration", file.display()));
            let means_the_same =
                through_yang(&schema, model, &config).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
            files += 1;
            accepted += usize::from(means_the_same);
        }
    }
    println!("{files} files are the same again; {accepted} of them load, and mean the same without help");
    assert!(files > 70 && accepted > 30, "{files} files, {accepted} load");
}

fn cases() -> u64 {
    std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(500)
}

fn inner(mut config: Value, root: &str) -> Value {
    config.get_mut(root).map(Value::take).expect("the daemon's configuration")
}

fn all(model: Model, configurations: impl Iterator<Item = Value>) {
    let schema = schema();
    let mut bytes = 0;
    let mut count = 0;
    for config in configurations {
        bytes += config.to_string().len();
        count += 1;
        match through_yang(&schema, model, &config) {
            Ok(loads) => assert!(loads, "{}: not a good configuration: {config:#}", model.root),
            Err(reason) => panic!("{}, configuration {count}: {reason}\n{config:#}", model.root),
        }
    }
    println!("{}: {count} configurations, {bytes} bytes of JSON", model.root);
    assert!(count > 0);
}

/// Takes a configuration through YANG; whether the daemon loads it.
fn through_yang(schema: &Schema, model: Model, config: &Value) -> Result<bool, String> {
    let shown_as = to_yang(&model, config).map_err(|errors| format!("{errors:?}"))?;
    // RFC 9243 leaves much to the servers.
    let says_all = model != Model::IETF6;
    if let Some(left_out) = shown_as.left_out.first().filter(|_| says_all) {
        return Err(format!("left out: {left_out:?}"));
    }
    let tree = Tree::from_json(schema, &shown_as.yang).map_err(|invalid| invalid.to_string())?;
    tree.validity().map_err(|invalid| invalid.to_string())?;
    let data = tree.to_json();
    let from_xml = Tree::from_xml(schema, &tree.to_pretty_xml()).map_err(|invalid| invalid.to_string())?;
    if from_xml.to_json() != data {
        return Err(format!("XML says something else: {:#}", difference(&data, &from_xml.to_json())));
    }
    let again = |before| to_kea(&model, &data, before).map_err(|errors| format!("{errors:?}"));
    if again(config)? != *config {
        return Err(format!("another configuration: {:#}", difference(config, &again(config)?)));
    }
    let alone = again(&Value::Null)?;
    let shown_again = to_yang(&model, &alone).map_err(|errors| format!("{errors:?}"))?.yang;
    if shown_again != shown_as.yang {
        return Err(format!("shown otherwise: {:#}", difference(&shown_as.yang, &shown_again)));
    }
    let (before, after) = (shown(model, config), shown(model, &alone));
    if says_all && before != after {
        return Err(format!("means something else: {:#}", difference(&before.into(), &after.into())));
    }
    Ok(before.is_some())
}

/// What the daemon shows of a configuration that it loads, but for maps in which nothing was said.
fn shown(model: Model, config: &Value) -> Option<Value> {
    let mut config = config.clone();
    config.get_mut(model.root).into_iter().for_each(without_empty_maps);
    let document = json::parse("<test>", &config.to_string(), &mut json::no_includes).expect("JSON");
    let mut shown = match model.root {
        "Dhcp4" => v4::config_get(&v4::load(&document).ok()?.0),
        "Dhcp6" => v6::config_get(&v6::load(&document).ok()?.0),
        _ => d2_config::DhcpDdns::read(&document).ok()?.show(),
    };
    settle(&mut shown);
    // The older spelling, where the daemon shows it as it was written.
    let parameters = shown.get_mut(model.root).and_then(Value::as_object_mut)?;
    if let Some(socket) = parameters.remove("control-socket") {
        parameters.insert("control-sockets".to_owned(), json!([socket]));
    }
    Some(shown)
}

/// YANG knows no container that says nothing.
fn without_empty_maps(value: &mut Value) {
    match value {
        Value::Object(map) => {
            let inside = map.iter_mut().filter(|(key, _)| !["user-context", "parameters"].contains(&key.as_str()));
            inside.for_each(|(_, value)| without_empty_maps(value));
            map.retain(|key, value| key == "user-context" || *value != json!({}));
        }
        Value::Array(list) => list.iter_mut().for_each(without_empty_maps),
        _ => {}
    }
}

/// Gives the zones, servers, keys and sockets of D2 names and secrets as it takes them.
fn with_good_names(mut config: Value) -> Value {
    let parameters = &mut config["DhcpDdns"];
    let list = |value: &mut Value| value.as_array_mut().map(std::mem::take).unwrap_or_default();
    let mut keys = list(&mut parameters["tsig-keys"]);
    for (at, key) in keys.iter_mut().enumerate() {
        key["name"] = format!("key{at}.example").into();
        key["algorithm"] = ["HMAC-MD5", "hmac-sha1", "HMAC-SHA256", "HMAC-SHA512"][at % 4].into();
        let key = key.as_object_mut().expect("a map");
        match key.contains_key("secret-file") {
            true => key.remove("secret"),
            false => key.insert("secret".to_owned(), "c2VjcmV0".into()),
        };
    }
    parameters["tsig-keys"] = keys.into();
    let mut sockets = list(&mut parameters["control-sockets"]);
    for socket in sockets.iter_mut().chain(parameters.get_mut("control-socket")) {
        let context = socket.get("user-context").cloned().unwrap_or_else(|| json!({}));
        *socket = json!({ "socket-type": "unix", "socket-name": "made", "user-context": context });
    }
    if !sockets.is_empty() {
        parameters.as_object_mut().expect("a map").remove("control-socket");
    }
    parameters["control-sockets"] = sockets.into();
    for direction in ["forward-ddns", "reverse-ddns"] {
        let Some(direction) = parameters.get_mut(direction) else { continue };
        let mut domains = list(&mut direction["ddns-domains"]);
        for (at, domain) in domains.iter_mut().enumerate() {
            domain["name"] = format!("zone{at}.example.").into();
            let mut servers = list(&mut domain["dns-servers"]);
            servers.iter_mut().for_each(|server| server["hostname"] = "".into());
            domain["dns-servers"] = servers.into();
        }
        direction["ddns-domains"] = domains.into();
    }
    config
}

/// Takes second entries with a key out, of which no daemon could make anything.
fn with_distinct_entries(mut value: Value) -> Value {
    match &mut value {
        Value::Object(map) => map.values_mut().for_each(|value| *value = with_distinct_entries(value.take())),
        Value::Array(list) => {
            let mut seen = BTreeSet::new();
            let key = |entry: &Value| KEYS.iter().find_map(|key| Some(entry.get(key)?.to_string()));
            list.retain(|entry| key(entry).is_none_or(|key| seen.insert(key)));
            list.iter_mut().for_each(|entry| *entry = with_distinct_entries(entry.take()));
        }
        _ => {}
    }
    value
}

/// Keys of lists.
const KEYS: [&str; 5] = ["name", "ip-address", "socket-type", "output", "user"];

/// What is written in two ways and means the same.
fn settle(shown: &mut Value) {
    match shown {
        Value::Object(map) => {
            // The daemons fold it where they show it; not everywhere yet.
            if let Some(comment) = map.remove("comment") {
                let context = map.entry("user-context").or_insert_with(|| json!({}));
                context.as_object_mut().expect("a map").entry("comment").or_insert(comment);
            }
            // An option without data.
            map.retain(|key, value| key != "data" || value != "");
            map.iter_mut().for_each(|(key, value)| match key.as_str() {
                "user-context" | "parameters" => {}
                // 0 and 1 keep no file but the one that is written.
                "maxver" if *value == 0 => *value = 1.into(),
                _ => settle(value),
            });
        }
        Value::Array(list) => list.iter_mut().for_each(settle),
        _ => {}
    }
}

/// The parts that differ.
fn difference(one: &Value, other: &Value) -> Value {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            let keys = one.keys().chain(other.keys());
            let pair = |key: &String| (one.get(key).unwrap_or(&Value::Null), other.get(key).unwrap_or(&Value::Null));
            let differing = keys.filter(|key| pair(key).0 != pair(key).1);
            differing.map(|key| (key.clone(), difference(pair(key).0, pair(key).1))).collect()
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => one
            .iter()
            .zip(other)
            .filter(|(one, other)| one != other)
            .map(|(one, other)| difference(one, other))
            .collect(),
        _ => json!([one, other]),
    }
}

fn read(file: &PathBuf) -> Document {
    let text = std::fs::read_to_string(file).expect("a file");
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut include = |name: &str| std::fs::read_to_string(folder.join(name)).map_err(|error| error.to_string());
    json::parse(&file.display().to_string(), &text, &mut include).expect("a configuration")
}

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn schema() -> Schema {
    Schema::load(Some(&project().join("yang")), &MODELS.map(|model| model.module)).expect("the modules")
}

/// The same with all lists in an order of their own, since these are the system's.
fn sorted(value: Value) -> Value {
    match value {
        Value::Array(entries) => {
            let mut entries: Vec<_> = entries.into_iter().map(sorted).collect();
            entries.sort_by_key(Value::to_string);
            entries.into()
        }
        Value::Object(members) => members.into_iter().map(|(key, value)| (key, sorted(value))).collect(),
        other => other,
    }
}
