//! Edits of ietf-dhcpv6-server, and what becomes of the JSON.

use serde_json::{Value, json};

use crate::{Model, State, add_state, instance_path, to_kea, to_yang, watched};

const M: Model = Model::IETF6;
const OWN: &str = "takahe-ietf-dhcpv6-server";

fn server(data: Value) -> Value {
    json!({"ietf-dhcpv6-server:dhcpv6-server": data})
}

fn shown(kea: &Value) -> Value {
    to_yang(&M, kea).expect("a configuration").yang["ietf-dhcpv6-server:dhcpv6-server"].clone()
}

fn made(data: Value, before: &Value) -> Value {
    to_kea(&M, &server(data), before).expect("data of the model")["Dhcp6"].clone()
}

fn refused(data: Value, before: &Value) -> Vec<(String, String)> {
    let errors = to_kea(&M, &server(data), before).expect_err("bad data");
    let path = |path: &str| path.trim_start_matches("/ietf-dhcpv6-server:dhcpv6-server").to_owned();
    errors.into_iter().map(|error| (path(&error.path), error.reason)).collect()
}

/// The example of RFC 9243 Appendix A, in its gist.
fn example() -> Value {
    json!({
        "enabled": true,
        "server-duid": "000200090CC084D303000912",
        "option-sets": {"option-set": [
            {"option-set-id": "1", "description": "names", "sol-max-rt-option": {"sol-max-rt-value": 3600},
             (format!("{OWN}:option")): [{"space": "dhcp6", "code": 23, "data": "2001:db8::53", "always-send": true}]},
            {"option-set-id": "2", "vendor-specific-information-options": {"vendor-specific-information-option": [
                {"enterprise-number": 4491, "vendor-option-data": [{"sub-option-code": 2, "sub-option-data": "AQI="}]}]}},
            {"option-set-id": "unused", "preference-option": {"pref-value": 5}},
        ]},
        "allocation-ranges": {
            "valid-lifetime": 54000, "renew-time": 7200, "rebind-time": 32400, "preferred-lifetime": 43200,
            "allocation-range": [{
                "id": "office", "description": "allocation-range-1", "network-prefix": "2001:db8::/32",
                "option-set-id": ["1"], "rapid-commit": true,
                (format!("{OWN}:interface")): "eth0",
                "address-pools": {"address-pool": [{
                    "pool-id": "1", "pool-prefix": "2001:db8:1:1::/64", "start-address": "2001:db8:1:1::1000",
                    "end-address": "2001:db8:1:1::2000", "max-address-utilization": 50, "option-set-id": ["2"],
                    "host-reservations": {"host-reservation": [
                        {"client-duid": "00052001db81", "reserved-addr": "2001:db8:1:1::1001", "option-set-id": ["1"]}]},
                }]},
                "prefix-pools": {"prefix-pool": [{
                    "pool-id": "homes", "pool-prefix": "2001:db8:2::/48", "client-prefix-length": 56,
                    "valid-lifetime": 54000,
                    "host-reservations": {"prefix-reservation": [
                        {"client-duid": "00052001db81", "reserved-prefix": "2001:db8:2:100::/56", "reserved-prefix-len": 56}]},
                }]},
            }],
        },
    })
}

#[test]
fn the_example_of_the_rfc_is_a_configuration() {
    let kea = made(example(), &Value::Null);
    let set = |id: &str| json!({"ietf-dhcpv6-server": {"option-set-id": id}});
    let options = |tag: &str| {
        json!([{"code": 82, "data": "3600", "user-context": set(tag)},
               {"code": 23, "data": "2001:db8::53", "always-send": true, "user-context": set(tag)}])
    };
    let expected = json!({
        "server-id": {"type": "EN", "enterprise-id": 593088, "identifier": "84d303000912"},
        "valid-lifetime": 54000, "renew-timer": 7200, "rebind-timer": 32400, "preferred-lifetime": 43200,
        "user-context": {"ietf-dhcpv6-server": {"option-sets": [
            {"option-set-id": "1", "description": "names"},
            {"option-set-id": "unused", "preference-option": {"pref-value": 5}},
        ]}},
        "subnet6": [{
            "id": 1, "subnet": "2001:db8::/32", "interface": "eth0", "rapid-commit": true,
            "option-data": options("1"),
            "user-context": {"description": "allocation-range-1", "ietf-dhcpv6-server": {"id": "office"}},
            "pools": [{
                "pool": "2001:db8:1:1::1000-2001:db8:1:1::2000", "pool-id": 1,
                "option-data": [
                    {"code": 17, "data": "4491", "user-context": set("2")},
                    {"space": "vendor-4491", "code": 2, "csv-format": false, "data": "0102", "user-context": set("2")},
                ],
                "user-context": {"ietf-dhcpv6-server": {
                    "max-address-utilization": 50, "pool-prefix": "2001:db8:1:1::/64"}},
            }],
            "pd-pools": [{
                "prefix": "2001:db8:2::", "prefix-len": 48, "delegated-len": 56,
                "user-context": {"ietf-dhcpv6-server": {"pool-id": "homes", "valid-lifetime": 54000}},
            }],
            "reservations": [{
                "duid": "00:05:20:01:db:81", "ip-addresses": ["2001:db8:1:1::1001"],
                "prefixes": ["2001:db8:2:100::/56"], "option-data": options("1"),
            }],
        }],
    });
    assert_eq!(kea, expected);
    let mut again = example();
    again["server-duid"] = json!("000200090cc084d303000912");
    assert_eq!(shown(&json!({"Dhcp6": kea})), again);
}

#[test]
fn an_edit_changes_what_it_names_and_nothing_else() {
    let before = json!({"Dhcp6": {
        "valid-lifetime": 4000, "min-valid-lifetime": 4000, "max-valid-lifetime": 9000,
        "option-data": [{"name": "dns-servers", "data": "2001:db8::1"}, {"name": "unknown-to-all", "data": "x"}],
        "lease-database": {"type": "memfile"}, "interfaces-config": {"interfaces": ["eth1", "eth0"]},
        "shared-networks": [{"name": "n", "interface": "eth1", "subnet6": [
            {"id": 7, "subnet": "2001:DB8:7::/48", "pools": [{"pool": "2001:db8:7::/64"}], "client-classes": ["c"]}]}],
        "subnet6": [{"id": 3, "subnet": "2001:db8:3::/48", "pools": [
            {"pool": "2001:db8:3::1 - 2001:db8:3::9", "client-classes": ["d"]}],
            "reservations": [
                {"hw-address": "01:02:03:04:05:06", "ip-addresses": ["2001:db8:3::2"]},
                {"duid": "00:01:02:03:04:05:06:07:08", "hostname": "h", "ip-addresses": ["2001:db8:3::3", "2001:db8:3::ffff"]}]}],
    }});
    let was = shown(&before);
    let host = "/allocation-ranges/allocation-range/0/address-pools/address-pool/0/host-reservations";
    let listed = was.pointer(&format!("{host}/host-reservation")).expect("reservations").clone();
    assert_eq!(listed, json!([{"client-duid": "000102030405060708", "reserved-addr": "2001:db8:3::3"}]));
    assert_eq!(was["allocation-ranges"]["allocation-range"][1][format!("{OWN}:shared-network")], "n");
    assert_eq!(made(was.clone(), &before), before["Dhcp6"]);

    let mut now = was.clone();
    now["vendor-config"] = json!({(format!("{OWN}:interface")): ["eth0", "eth1"]});
    assert_eq!(made(now.clone(), &before), before["Dhcp6"], "the order is the system's");
    now["vendor-config"] = json!({});
    assert_eq!(made(now, &before), before["Dhcp6"], "a server listens somewhere");

    let mut now = was.clone();
    now["allocation-ranges"]["valid-lifetime"] = json!(5000);
    now["allocation-ranges"]["allocation-range"][0]["address-pools"]["address-pool"][0]["end-address"] =
        json!("2001:db8:3::f");
    *now.pointer_mut(host).expect("reservations") = json!({"host-reservation": [
        {"client-duid": "000102030405060708", "reserved-addr": "2001:db8:3::4"}]});
    now["allocation-ranges"]["allocation-range"][1][format!("{OWN}:shared-network")] = json!("m");
    let mut expected = before["Dhcp6"].clone();
    expected["valid-lifetime"] = json!(5000);
    expected["min-valid-lifetime"] = json!(5000);
    expected["subnet6"][0]["pools"][0] = json!({
        "pool": "2001:db8:3::1-2001:db8:3::f", "client-classes": ["d"],
        "user-context": {"ietf-dhcpv6-server": {
            "pool-id": "2001:db8:3::1-2001:db8:3::9", "pool-prefix": "2001:db8:3::/124"}}});
    expected["subnet6"][0]["reservations"][1]["ip-addresses"] = json!(["2001:db8:3::ffff", "2001:db8:3::4"]);
    let moved = expected["shared-networks"][0]["subnet6"].take();
    expected["shared-networks"][0]["subnet6"] = json!([]);
    expected["shared-networks"].as_array_mut().expect("a list").push(json!({"name": "m", "subnet6": moved}));
    let after = made(now.clone(), &before);
    // The prefix of the pool was not changed, and is the smallest around it still.
    expected["subnet6"][0]["pools"][0]["user-context"]["ietf-dhcpv6-server"]
        .as_object_mut()
        .map(|n| n.remove("pool-prefix"));
    assert_eq!(after, expected);
    assert_eq!(shown(&json!({"Dhcp6": after})), now);

    // Without the range, nothing of it is left.
    now["allocation-ranges"]["allocation-range"] = json!([]);
    let after = made(now, &json!({"Dhcp6": after}));
    assert_eq!(after["subnet6"], json!([]));
    assert_eq!(after["shared-networks"][1], json!({"name": "m", "subnet6": []}));
}

#[test]
fn options_of_a_set_change_wherever_it_is_used() {
    let mut data = example();
    let before = json!({"Dhcp6": made(data.clone(), &Value::Null)});
    data["option-sets"]["option-set"][0]["sol-max-rt-option"]["sol-max-rt-value"] = json!(60);
    let after = made(data, &before);
    let changed = json!({"code": 82, "data": "60", "user-context": {"ietf-dhcpv6-server": {"option-set-id": "1"}}});
    assert_eq!(after["subnet6"][0]["option-data"][0], changed);
    assert_eq!(after["subnet6"][0]["reservations"][0]["option-data"][0], changed);
    assert_eq!(after["subnet6"][0]["option-data"][1], before["Dhcp6"]["subnet6"][0]["option-data"][1]);
}

#[test]
fn what_the_server_cannot_do_is_refused_in_its_place() {
    let range = "/allocation-ranges/allocation-range[id='office']";
    let pool = "/address-pools/address-pool[pool-id='1']";
    let changes: [(&str, Value, String); 8] = [
        ("/enabled", json!(false), "/enabled".into()),
        ("/server-duid", json!("0004".to_owned() + &"0".repeat(32)), "/server-duid".into()),
        ("/allocation-ranges/statistics", json!({"discontinuity-time": "x"}), "/allocation-ranges/statistics".into()),
        (
            "/allocation-ranges/allocation-range/0/address-pools/address-pool/0/valid-lifetime",
            json!(1),
            format!("{range}{pool}/valid-lifetime"),
        ),
        (
            "/allocation-ranges/allocation-range/0/address-pools/address-pool/0/pool-prefix",
            json!("2001:db8:1:2::/64"),
            format!("{range}{pool}/pool-prefix"),
        ),
        (
            "/allocation-ranges/allocation-range/0/prefix-pools/prefix-pool/0/host-reservations/prefix-reservation/0/\
             reserved-prefix-len",
            json!(57),
            format!(
                "{range}/prefix-pools/prefix-pool[pool-id='homes']/host-reservations/\
                 prefix-reservation[reserved-prefix='2001:db8:2:100::/56']"
            ),
        ),
        (
            "/allocation-ranges/allocation-range/0/address-pools/address-pool/0/host-reservations/host-reservation/0/\
             valid-lifetime",
            json!(1),
            format!(
                "{range}{pool}/host-reservations/host-reservation[reserved-addr='2001:db8:1:1::1001']/valid-lifetime"
            ),
        ),
        (
            "/allocation-ranges/allocation-range/0/option-set-id",
            json!(["1", "both"]),
            format!("{range}/option-set-id[.='both']"),
        ),
    ];
    for (place, value, path) in changes {
        let mut data = example();
        let both = json!({"option-set-id": "both", "sol-max-rt-option": {"sol-max-rt-value": 61}});
        data["option-sets"]["option-set"].as_array_mut().expect("a list").push(both);
        let (parent, leaf) = place.rsplit_once('/').expect("a path");
        data.pointer_mut(parent).expect("a container")[leaf] = value;
        let errors = refused(data, &Value::Null);
        assert_eq!(errors.iter().map(|(path, _)| path.as_str()).collect::<Vec<_>>(), [path], "{errors:?}");
    }
}

#[test]
fn errors_of_the_server_find_their_nodes() {
    let kea = json!({"Dhcp6": made(example(), &Value::Null)});
    let range = "/allocation-ranges/allocation-range[id='office']";
    for (path, node) in [
        ("Dhcp6", String::new()),
        ("Dhcp6/valid-lifetime", "/allocation-ranges/valid-lifetime".into()),
        ("Dhcp6/max-valid-lifetime", "/allocation-ranges/valid-lifetime".into()),
        ("Dhcp6/server-id/type", "/server-duid".into()),
        ("Dhcp6/interfaces-config/interfaces[0]", format!("/vendor-config/{OWN}:interface")),
        ("Dhcp6/subnet6[0]/subnet", format!("{range}/network-prefix")),
        ("Dhcp6/subnet6[0]/option-data[0]/data", format!("{range}/option-set-id")),
        ("Dhcp6/subnet6[0]/interface", format!("{range}/{OWN}:interface")),
        ("Dhcp6/subnet6[0]/pools[0]/pool", format!("{range}/address-pools/address-pool[pool-id='1']")),
        (
            "Dhcp6/subnet6[0]/pd-pools[0]/delegated-len",
            format!("{range}/prefix-pools/prefix-pool[pool-id='homes']/client-prefix-length"),
        ),
        (
            "Dhcp6/subnet6[0]/reservations[0]/ip-addresses[0]",
            format!(
                "{range}/address-pools/address-pool[pool-id='1']/host-reservations/\
                 host-reservation[reserved-addr='2001:db8:1:1::1001']"
            ),
        ),
        ("Dhcp6/subnet6[9]/subnet", "/allocation-ranges".into()),
        ("Dhcp6/hooks-libraries[0]", String::new()),
    ] {
        assert_eq!(instance_path(&M, &kea, path), format!("/ietf-dhcpv6-server:dhcpv6-server{node}"), "{path}");
    }
}

#[test]
fn leases_and_counters_are_state() {
    let kea = json!({"Dhcp6": made(example(), &Value::Null)});
    let mut data = to_yang(&M, &kea).expect("a configuration").yang;
    let lease = |address: &str, more: Value| {
        let mut lease = json!({"ip-address": address, "type": "IA_NA", "duid": "00:05:20:01:db:82", "iaid": 7,
            "cltt": 1000, "preferred-lft": 50, "valid-lft": 100, "state": 0});
        if let Some((lease, more)) = lease.as_object_mut().zip(more.as_object()) {
            lease.extend(more.clone());
        }
        lease
    };
    let leases = [
        lease("2001:db8:1:1::1005", json!({})),
        lease("2001:db8:1:1::1006", json!({"state": 1})),
        lease("2001:db8:1:1::1007", json!({"cltt": 10})),
        lease("2001:db8:1:1::1", json!({})),
        lease("2001:db8:2:300::", json!({"type": "IA_PD", "prefix-len": 56})),
    ];
    let state = State {
        leases: Some(&leases),
        statistic: &|name| (name == "pkt6-solicit-received").then_some((1 << 32) + 3),
        since: None,
        now: 1050,
        date: &|seconds| format!("+{seconds}"),
    };
    add_state(&mut data, &state);
    let ranges = &data["ietf-dhcpv6-server:dhcpv6-server"]["allocation-ranges"];
    assert_eq!(ranges["statistics"]["solicit-count"], 3);
    let range = &ranges["allocation-range"][0];
    let told = |key: &str, name: &str| {
        json!([{key: name, "client-duid": "00052001db82", "ia-id": 7, "last-renew-rebind": "+1000",
            "preferred-lifetime": 50, "valid-lifetime": 100}])
    };
    assert_eq!(
        range["address-pools"]["address-pool"][0]["active-leases"],
        json!({"total-count": "4097", "allocated-count": "1", "active-lease": told("leased-address", "2001:db8:1:1::1005")})
    );
    assert_eq!(
        range["prefix-pools"]["prefix-pool"][0]["active-leases"],
        json!({"total-count": "256", "allocated-count": "1", "active-lease": told("leased-prefix", "2001:db8:2:300::/56")})
    );
}

#[test]
fn a_pool_with_a_limit_is_counted_by_a_number() {
    let mut data = example();
    let pool = data.pointer_mut("/allocation-ranges/allocation-range/0/prefix-pools/prefix-pool/0").expect("a pool");
    pool["max-pd-space-utilization"] = json!(10);
    let kea = json!({"Dhcp6": made(data.clone(), &Value::Null)});
    let statistics: Vec<_> = watched(&kea).into_iter().map(|it| (it.pool, it.total, it.most, it.statistic)).collect();
    assert_eq!(
        statistics,
        [
            ("1".to_owned(), 4097, 2049, "subnet[1].pool[1].assigned-nas".to_owned()),
            ("homes".to_owned(), 256, 26, "subnet[1].pd-pool[1].assigned-pds".to_owned()),
        ]
    );
    data["server-duid"] = json!("000200090cc084d303000912");
    assert_eq!(shown(&kea), data);
}
