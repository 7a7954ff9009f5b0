//! Rules between parameters: what is refused, where, and for which reason.

use super::{config_get, load, snapshot::Config4};
use schema::json;

fn check(text: &str) -> Result<Config4, Vec<String>> {
    let document = json::parse("c", text, &mut json::no_includes).map_err(|error| vec![error.to_string()])?;
    let loaded = load(&document).map(|(_, config)| config);
    loaded.map_err(|errors| errors.iter().map(ToString::to_string).collect())
}

fn refused(inside: &str) -> Vec<String> {
    check(&format!("{{\"Dhcp4\": {{\n{inside}\n}}}}")).expect_err("a mistake")
}

#[test]
fn an_empty_configuration_has_defaults() {
    let config = check(r#"{"Dhcp4": {}}"#).unwrap();
    assert!(config.lease_database.persist && config.lease_database.sync);
    assert_eq!((config.threads, config.decline_probation), (Some(0), 86400));
    assert!(config.interfaces.raw && config.subnets.list().is_empty());
}

#[test]
fn values_come_from_the_nearest_scope_that_has_them() {
    let config = check(
        r#"{"Dhcp4": {"valid-lifetime": 100, "renew-timer": 10, "option-data": [{"name": "routers", "data": "10.0.0.1"}],
            "shared-networks": [{"name": "n", "valid-lifetime": 200, "interface": "eth0", "relay": {"ip-addresses": ["10.9.9.9"]},
                "subnet4": [{"id": 7, "subnet": "10.1.0.0/16", "max-valid-lifetime": 300, "ddns-generated-prefix": "h",
                    "pools": [{"pool": "10.1.0.1 - 10.1.0.9", "option-data": [{"code": 6, "data": "10.0.0.2"}]}]}]}],
            "subnet4": [{"id": 3, "subnet": "10.2.0.1/16"}]}}"#,
    )
    .unwrap();
    let [plain, shared] = config.subnets.list() else { panic!("two subnets") };
    assert_eq!((plain.valid.default, plain.tee.renew, plain.prefix.to_string().as_str()), (100, Some(10), "10.2.0.0"));
    assert_eq!((shared.valid.min, shared.valid.default, shared.valid.max), (200, 200, 300));
    assert_eq!((shared.interface.as_deref(), shared.relays.len(), shared.network), (Some("eth0"), 1, Some(0)));
    assert_eq!((&*shared.ddns.generated_prefix, &*plain.ddns.generated_prefix), ("h", "myhost"));
    let codes = |set: &crate::options::OptionSet| set.items().iter().map(|item| item.code).collect::<Vec<_>>();
    assert_eq!((codes(&shared.options), codes(&shared.pools[0].options)), (vec![3], vec![3, 6]));
}

#[test]
fn mistakes_are_told_together() {
    assert_eq!(
        refused(
            r#""valid-lifetime": 100, "min-valid-lifetime": 200, "calculate-tee-times": true, "t1-percent": 0.9,
"subnet4": [{"id": 1, "subnet": "10.0.0.0/24", "pools": [{"pool": "10.0.1.0/28"}, {"pool": "10.0.0.1-10.0.0.9"}, {"pool": "10.0.0.8/29"}]},
{"id": 1, "subnet": "10.0.0.0/24", "valid_lifetime": 5}]"#
        ),
        [
            "c:2:46: Dhcp4/min-valid-lifetime: must not be above valid-lifetime, which is 100",
            "c:2:94: Dhcp4/t1-percent: must be less than t2-percent, which is 0.875",
            "c:3:67: Dhcp4/subnet4[0]/pools[0]/pool: the pool 10.0.1.0/28 is not inside the subnet 10.0.0.0/24",
            "c:3:123: Dhcp4/subnet4[0]/pools[2]/pool: the pool 10.0.0.8/29 overlaps the pool 10.0.0.1-10.0.0.9",
            "c:4:8: Dhcp4/subnet4[1]/id: a subnet with the id 1 stands already in line 3",
            "c:4:21: Dhcp4/subnet4[1]/subnet: the subnet 10.0.0.0/24 stands already in line 3",
            "c:4:36: Dhcp4/subnet4[1]/valid_lifetime: `valid_lifetime` is not supported here; did you mean `valid-lifetime`?",
        ]
    );
}

#[test]
fn reservations_are_unique_and_inside() {
    let errors = refused(
        r#""subnet4": [{"id": 1, "subnet": "10.0.0.0/24", "reservations": [
{"hw-address": "1:2:3:4:5:6", "ip-address": "10.0.0.5"},
{"hw-address": "01:02:03:04:05:06", "ip-address": "10.0.0.5"},
{"client-id": "'a'", "duid": "01", "ip-address": "10.0.1.5"},
{"hostname": "x"}, {"flex-id": "'a'"}]}]"#,
    );
    assert_eq!(
        errors,
        [
            "c:4:1: Dhcp4/subnet4[0]/reservations[1]: a reservation for this `hw-address` stands already in line 3",
            "c:4:51: Dhcp4/subnet4[0]/reservations[1]/ip-address: a reservation of 10.0.0.5 stands already in line 3",
            "c:5:15: Dhcp4/subnet4[0]/reservations[2]/client-id: `duid` and `client-id` exclude each other",
            "c:5:50: Dhcp4/subnet4[0]/reservations[2]/ip-address: 10.0.1.5 is not inside the subnet 10.0.0.0/24",
            "c:6:1: Dhcp4/subnet4[0]/reservations[3]: a reservation needs one of `hw-address`, `duid`, `circuit-id`, `client-id`, `flex-id`",
            "c:6:32: Dhcp4/subnet4[0]/reservations[4]/flex-id: not supported yet: leave it out",
        ]
    );
    let shared = r#"{"Dhcp4": {"ip-reservations-unique": false, "reservations": [{"hw-address": "01", "ip-address": "10.0.0.5"},
        {"hw-address": "02", "ip-address": "10.0.0.5"}]}}"#;
    assert_eq!(check(shared).unwrap().hosts.list().len(), 2);
}

#[test]
fn shared_networks_are_one_link() {
    assert_eq!(
        refused(
            r#""shared-networks": [{"name": "a", "authoritative": true, "subnet4": [{"id": 1, "subnet": "10.0.0.0/24", "interface": "eth0"},
{"id": 2, "subnet": "10.0.1.0/24", "interface": "eth1", "authoritative": false}]}, {"name": "a"}, {}]"#
        ),
        [
            "c:3:49: Dhcp4/shared-networks[0]/subnet4[1]/interface: the shared network is on the interface eth0 already",
            "c:3:74: Dhcp4/shared-networks[0]/subnet4[1]/authoritative: must be as in the shared network, where it is true",
            "c:3:93: Dhcp4/shared-networks[1]/name: a shared network `a` stands already in line 2",
            "c:3:99: Dhcp4/shared-networks[2]: `name` is missing",
        ]
    );
}

#[test]
fn what_is_known_and_not_supported_is_named() {
    assert_eq!(
        refused(
            r#""lease-database": {"type": "mysql"}, "hooks-libraries": [{"library": "/usr/lib/kea/hooks/libdhcp_ha.so"}], "client-classes": [], "option-def": [],
"control-sockets": [{"socket-type": "unix", "socket-name": "a"}], "control-socket": {"socket-type": "unix", "socket-name": "b"},
"dhcp-ddns": {"enable-updates": true, "sender-ip": "::1"}, "interfaces-config": {"interfaces": ["eth0/::1", "*", "*"]}"#
        ),
        [
            "c:2:28: Dhcp4/lease-database/type: not supported yet: `mysql`",
            "c:2:70: Dhcp4/hooks-libraries[0]/library: not supported yet: libdhcp_ha.so",
            "c:3:85: Dhcp4/control-socket: there is a unix control socket already",
            "c:4:52: Dhcp4/dhcp-ddns/sender-ip: must be of the same family as server-ip, which is 127.0.0.1",
            "c:4:97: Dhcp4/interfaces-config/interfaces[0]: `::1` is no address of this family",
            "c:4:114: Dhcp4/interfaces-config/interfaces[2]: `*` stands already in line 4",
        ]
    );
}

#[test]
fn config_get_shows_defaults_and_how_leases_are_made() {
    let text = r#"{"Dhcp4": {"comment": "hi", "user-context": {"a": 1}, "valid-lifetime": 100,
        "subnet4": [{"id": 1, "subnet": "10.0.0.0/24", "min-valid-lifetime": 50, "option-data": [{"name": "routers", "data": "10.0.0.1"}]}]}}"#;
    let document = json::parse("c", text, &mut json::no_includes).unwrap();
    let shown = config_get(&load(&document).unwrap().0);
    let dhcp4 = &shown["Dhcp4"];
    assert_eq!(dhcp4["user-context"], serde_json::json!({"a": 1, "comment": "hi"}));
    assert_eq!((&dhcp4["comment"], &dhcp4["decline-probation-period"]), (&serde_json::Value::Null, &86400.into()));
    assert_eq!(dhcp4["lease-database"]["type"], "memfile");
    let subnet = &dhcp4["subnet4"][0];
    assert_eq!(
        (&subnet["valid-lifetime"], &subnet["min-valid-lifetime"], &subnet["max-valid-lifetime"]),
        (&100.into(), &50.into(), &100.into())
    );
    assert_eq!((&subnet["pools"], &subnet["ddns-send-updates"]), (&serde_json::json!([]), &serde_json::Value::Null));
    assert_eq!((&subnet["option-data"][0]["code"], &subnet["option-data"][0]["space"]), (&3.into(), &"dhcp4".into()));
}

#[test]
fn what_kea_writes_with_defaults_is_read() {
    let config = check(
        r#"{"Dhcp4": {"dhcp4o6-port": 0, "parked-packet-limit": 256, "statistic-default-sample-age": 0,
            "statistic-default-sample-count": 20, "option-def": [], "hooks-libraries": [], "server-tag": "",
            "dhcp-queue-control": {"capacity": 64, "enable-queue": false, "queue-type": "kea-ring4"},
            "sanity-checks": {"extended-info-checks": "fix", "lease-checks": "warn"},
            "ddns-use-conflict-resolution": false,
            "subnet4": [{"id": 1, "subnet": "10.0.0.0/24", "4o6-interface": "", "4o6-interface-id": "", "4o6-subnet": "",
                "relay": {"ip-addresses": []}, "pools": [], "reservations": [], "client-classes": [],
                "evaluate-additional-classes": []}]}}"#,
    )
    .unwrap();
    assert_eq!(config.ddns.conflict_resolution.word(), "no-check-with-dhcid");
    assert_eq!(
        refused(
            r#""statistic-default-sample-age": 5, "multi-threading": {"enable-multi-threading": false}, "dhcp-queue-control": {"enable-queue": true}, "sanity-checks": {"extended-info-checks": "strict"},
"ddns-use-conflict-resolution": true, "ddns-conflict-resolution-mode": "check-with-dhcid""#
        ),
        [
            "c:2:33: Dhcp4/statistic-default-sample-age: not supported yet: must be 0",
            "c:2:129: Dhcp4/dhcp-queue-control/enable-queue: not supported yet: must be false without multi-threading",
            "c:2:178: Dhcp4/sanity-checks/extended-info-checks: not supported yet: `strict`",
            "c:3:33: Dhcp4/ddns-use-conflict-resolution: cannot stand beside ddns-conflict-resolution-mode",
        ]
    );
}
