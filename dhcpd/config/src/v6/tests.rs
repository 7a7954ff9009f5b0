//! Rules between parameters: what is refused, where, and for which reason.

use super::{load, snapshot::Config6};
use schema::json;

fn check(text: &str) -> Result<Config6, Vec<String>> {
    let document = json::parse("c", text, &mut json::no_includes).map_err(|error| vec![error.to_string()])?;
    let loaded = load(&document).map(|(_, config)| config);
    loaded.map_err(|errors| errors.iter().map(ToString::to_string).collect())
}

fn refused(inside: &str) -> Vec<String> {
    check(&format!("{{\"Dhcp6\": {{\n{inside}\n}}}}")).expect_err("a mistake")
}

#[test]
fn an_empty_configuration_has_defaults() {
    let config = check(r#"{"Dhcp6": {}}"#).unwrap();
    assert!(config.server_id.persist && config.lease_database.sync);
    assert_eq!(config.relay_supplied_options, [65]);
    assert!(config.subnets.list().is_empty());
}

#[test]
fn values_come_from_the_nearest_scope_that_has_them() {
    let config = check(
        r#"{"Dhcp6": {"preferred-lifetime": 50, "valid-lifetime": 100, "option-data": [{"name": "dns-servers", "data": "2001:db8::1"}],
            "shared-networks": [{"name": "n", "interface-id": "vlan7", "rapid-commit": true, "subnet6": [
                {"id": 7, "subnet": "2001:db8:1::/48", "max-preferred-lifetime": 60,
                 "pools": [{"pool": "2001:db8:1::/80", "option-data": [{"code": 24, "data": "a.example"}]}],
                 "pd-pools": [{"prefix": "2001:db8:8000::", "prefix-len": 40, "delegated-len": 56,
                               "excluded-prefix": "2001:db8:8000::", "excluded-prefix-len": 72}]}]}],
            "subnet6": [{"id": 3, "subnet": "2001:db8:2::/48", "interface": "eth0"}]}}"#,
    )
    .unwrap();
    let [plain, shared] = config.subnets.list() else { panic!("two subnets") };
    assert_eq!((plain.preferred.default, plain.rapid_commit, plain.tee.calculate), (50, false, true));
    assert_eq!(
        (shared.preferred.max, shared.rapid_commit, shared.interface_id.as_deref()),
        (60, true, Some(&b"vlan7"[..]))
    );
    assert_eq!((shared.options.items().len(), config.options.items().len()), (0, 1));
    assert_eq!(shared.pools[0].options.items().iter().map(|item| item.code).collect::<Vec<_>>(), [24], "its own alone");
    assert_eq!(shared.pd_pools[0].excluded.map(|excluded| excluded.len), Some(72));
}

#[test]
fn pools_of_prefixes_have_rules() {
    assert_eq!(
        refused(
            r#""subnet6": [{"id": 1, "subnet": "2001:db8::/48", "pools": [{"pool": "2001:db8:1::/64"}], "pd-pools": [
{"prefix": "3000:1::1", "prefix-len": 32, "delegated-len": 24},
{"prefix": "3000:2::", "prefix-len": 32, "delegated-len": 56, "excluded-prefix": "3000:3::", "excluded-prefix-len": 56},
{"prefix": "3000:2:1::", "prefix-len": 48, "delegated-len": 56, "excluded-prefix-len": 60},
{"prefix": "3000:4::", "delegated-len": 129}]}]"#
        ),
        [
            "c:2:69: Dhcp6/subnet6[0]/pools[0]/pool: a pool of type IA_NA, with the following address range: 2001:db8:1::-2001:db8:1:0:ffff:ffff:ffff:ffff does not match the prefix of a subnet: 2001:db8::/48 to which it is being added",
            "c:3:12: Dhcp6/subnet6[0]/pd-pools[0]/prefix: 3000:1::1 has bits beyond the length 32",
            "c:3:60: Dhcp6/subnet6[0]/pd-pools[0]/delegated-len: must not be below prefix-len, which is 32",
            "c:4:82: Dhcp6/subnet6[0]/pd-pools[1]/excluded-prefix: must be inside the first prefix that is delegated, 3000:2::/56",
            "c:4:117: Dhcp6/subnet6[0]/pd-pools[1]/excluded-prefix-len: must be above delegated-len, which is 56",
            "c:5:12: Dhcp6/subnet6[0]/pd-pools[2]/prefix: a pool of type IA_PD, with the following address range: 3000:2:1::-3000:2:1:ffff:ffff:ffff:ffff:ffff overlaps with an existing pool in the subnet: 2001:db8::/48 to which it is being added (3000:2::/32)",
            "c:5:88: Dhcp6/subnet6[0]/pd-pools[2]/excluded-prefix-len: needs `excluded-prefix`",
            "c:6:1: Dhcp6/subnet6[0]/pd-pools[3]: `prefix-len` is missing",
            "c:6:41: Dhcp6/subnet6[0]/pd-pools[3]/delegated-len: must be a whole number from 1 to 128, not 129",
        ]
    );
}

#[test]
fn queues_are_for_prefixes() {
    assert_eq!(
        refused(
            r#""allocator": "flq", "pd-allocator": "flq", "subnet6": [{"id": 1, "subnet": "2001:db8:1::/64"},
{"id": 2, "subnet": "2001:db8:2::/64", "allocator": "random", "pd-allocator": "shared-flq"}, {"id": 3, "subnet": "2001:db8:3::/64"}]"#
        ),
        [
            "c:2:14: Dhcp6/allocator: Free Lease Queue allocator is not supported for IPv6 address pools",
            "c:3:79: Dhcp6/subnet6[1]/pd-allocator: shared-flq allocator is only supported by MySQL and PosgreSQL backends",
        ]
    );
}

#[test]
fn reservations_and_links_have_rules() {
    assert_eq!(
        refused(
            r#""subnet6": [{"id": 1, "subnet": "2001:db8::/48", "interface": "eth0", "interface-id": "x", "reservations": [
{"duid": "01:02:03", "ip-addresses": ["2001:db8:1::1", "2001:db8::1"], "prefixes": ["3000::/56"], "excluded-prefixes": ["3000::/40"]},
{"hw-address": "01:02:03", "ip-addresses": ["2001:db8::1"], "prefixes": ["3000::1/56"], "excluded-prefixes": ["", ""]}]}],
"shared-networks": [{"name": "n", "rapid-commit": true, "subnet6": [
{"id": 2, "subnet": "2001:db8:2::/48", "rapid-commit": false}, {"id": 3, "subnet": "2001:db8:3::/48"}]}],
"mac-sources": ["any", "any"], "relay-supplied-options": ["nonsense"], "host-reservation-identifiers": ["auto", "duid"]"#
        ),
        [
            "c:2:87: Dhcp6/subnet6[0]/interface-id: `interface` is for clients on the link, `interface-id` for those behind a relay: one of both",
            "c:3:39: Dhcp6/subnet6[0]/reservations[0]/ip-addresses[0]: specified reservation '2001:db8:1::1' is not within the IPv6 subnet '2001:db8::/48'",
            "c:3:121: Dhcp6/subnet6[0]/reservations[0]/excluded-prefixes[0]: 3000::/40 is not inside 3000::/56",
            "c:4:45: Dhcp6/subnet6[0]/reservations[1]/ip-addresses[0]: There's already a reservation for this address or prefix: 2001:db8::1 (line 3)",
            "c:4:74: Dhcp6/subnet6[0]/reservations[1]/prefixes[0]: 3000::1 has bits beyond the length 56",
            "c:4:111: Dhcp6/subnet6[0]/reservations[1]/excluded-prefixes[0]: needs one for each prefix: there are 2 for 1",
            "c:6:64: Dhcp6/shared-networks[0]/subnet6[1]: `rapid-commit` must be the same in all subnets of a shared network, and is false",
            "c:7:24: Dhcp6/mac-sources[1]: `any` stands already (line 7)",
            "c:7:59: Dhcp6/relay-supplied-options[0]: `nonsense` is no option",
            "c:7:104: Dhcp6/host-reservation-identifiers: `auto` must stand alone",
        ]
    );
}
