//! The three models by example: data as a NETCONF client writes it, and the configuration that the daemon gets.

use serde_json::{Value, json};
use translators::{Model, instance_path, to_kea, to_yang};

/// Data and configuration say the same, each without the help of the other.
fn same(model: Model, data: Value, parameters: Value) {
    let mut yang = serde_json::Map::new();
    yang.insert(format!("{}:config", model.module), data);
    let yang = Value::Object(yang);
    let mut kea = serde_json::Map::new();
    kea.insert(model.root.to_owned(), parameters);
    let kea = Value::Object(kea);
    assert_eq!(to_kea(&model, &yang, &Value::Null), Ok(kea.clone()));
    let shown = to_yang(&model, &kea).expect("a configuration");
    assert_eq!((shown.yang, shown.left_out), (yang, vec![]));
}

#[test]
fn dhcp4() {
    same(
        Model::DHCP4,
        json!({
            "valid-lifetime": 3600,
            "t1-percent": "0.5",
            "interfaces-config": {"interfaces": ["eth0", "eth1/192.0.2.1"], "dhcp-socket-type": "raw"},
            "lease-database": {"database-type": "memfile", "persist": true},
            "dhcp-ddns": {"enable-updates": true},
            "logger": [{"name": "kea-dhcp4", "severity": "DEBUG", "debuglevel": 99,
                        "output-option": [{"output": "stdout", "maxver": 8}]}],
            "control-sockets": [{"socket-type": "unix", "socket-name": "kea4-ctrl-socket"}],
            "shared-network": [{"name": "floor", "subnet4": [{"id": 2, "subnet": "198.51.100.0/24"}]}],
            "subnet4": [{
                "id": 1,
                "subnet": "192.0.2.0/24",
                "relay": {"ip-addresses": ["192.0.2.2"]},
                "option-data": [
                    {"code": 3, "space": "dhcp4", "data": "192.0.2.1"},
                    {"code": 6, "space": "dhcp4", "data": "192.0.2.53, 192.0.2.54", "name": "domain-name-servers"},
                ],
                "pool": [
                    {"start-address": "192.0.2.10", "end-address": "192.0.2.99"},
                    {"start-address": "192.0.2.128", "end-address": "192.0.2.255", "prefix": "192.0.2.128/25"},
                ],
                "host": [{"identifier-type": "hw-address", "identifier": "1a:1b:1c:1d:1e:1f", "ip-address": "192.0.2.5"}],
                "user-context": "{\"site\":\"north\"}",
            }],
        }),
        json!({
            "valid-lifetime": 3600,
            "t1-percent": 0.5,
            "interfaces-config": {"interfaces": ["eth0", "eth1/192.0.2.1"], "dhcp-socket-type": "raw"},
            "lease-database": {"type": "memfile", "persist": true},
            "dhcp-ddns": {"enable-updates": true},
            "loggers": [{"name": "kea-dhcp4", "severity": "DEBUG", "debuglevel": 99,
                         "output-options": [{"output": "stdout", "maxver": 8}]}],
            "control-sockets": [{"socket-type": "unix", "socket-name": "kea4-ctrl-socket"}],
            "shared-networks": [{"name": "floor", "subnet4": [{"id": 2, "subnet": "198.51.100.0/24"}]}],
            "subnet4": [{
                "id": 1,
                "subnet": "192.0.2.0/24",
                "relay": {"ip-addresses": ["192.0.2.2"]},
                "option-data": [
                    {"code": 3, "space": "dhcp4", "data": "192.0.2.1"},
                    {"code": 6, "space": "dhcp4", "data": "192.0.2.53, 192.0.2.54", "name": "domain-name-servers"},
                ],
                "pools": [{"pool": "192.0.2.10 - 192.0.2.99"}, {"pool": "192.0.2.128/25"}],
                "reservations": [{"hw-address": "1a:1b:1c:1d:1e:1f", "ip-address": "192.0.2.5"}],
                "user-context": {"site": "north"},
            }],
        }),
    );
}

#[test]
fn dhcp6() {
    same(
        Model::DHCP6,
        json!({
            "preferred-lifetime": 1800,
            "server-id": {"type": "LL", "persist": true},
            "mac-sources": ["duid", "ipv6-link-local"],
            "takahe-kea-dhcp6-server:mac-sources-order": ["duid", "ipv6-link-local"],
            "subnet6": [{
                "id": 1,
                "subnet": "2001:db8::/48",
                "interface": "eth0",
                "rapid-commit": true,
                "pool": [{"start-address": "2001:db8::1", "end-address": "2001:db8::ff"}],
                "pd-pool": [{"prefix": "2001:db8:8000::/36", "delegated-len": 56, "excluded-prefix": "2001:db8:8000::/72"}],
                "host": [{
                    "identifier-type": "duid", "identifier": "00:01:02", "ip-addresses": ["2001:db8::5"],
                    "prefixes": ["2001:db8:1::/48"], "excluded-prefixes": ["2001:db8:1:5::/64"],
                }],
            }],
        }),
        json!({
            "preferred-lifetime": 1800,
            "server-id": {"type": "LL", "persist": true},
            "mac-sources": ["duid", "ipv6-link-local"],
            "subnet6": [{
                "id": 1,
                "subnet": "2001:db8::/48",
                "interface": "eth0",
                "rapid-commit": true,
                "pools": [{"pool": "2001:db8::1 - 2001:db8::ff"}],
                "pd-pools": [{
                    "prefix": "2001:db8:8000::", "prefix-len": 36, "delegated-len": 56,
                    "excluded-prefix": "2001:db8:8000::", "excluded-prefix-len": 72,
                }],
                "reservations": [{
                    "duid": "00:01:02", "ip-addresses": ["2001:db8::5"],
                    "prefixes": ["2001:db8:1::/48"], "excluded-prefixes": ["2001:db8:1:5::/64"],
                }],
            }],
        }),
    );
}

#[test]
fn what_the_models_lack_is_in_modules_of_ours() {
    same(
        Model::DHCP4,
        json!({
            "lease-database": {"database-type": "mysql", "takahe-kea-dhcp4-server:sync": false,
                               "takahe-kea-dhcp4-server:password-file": "/etc/kea/secret"},
            "hosts-database": [{"database-type": "postgresql"}, {"database-type": "mysql"}],
            "takahe-kea-dhcp4-server:hosts-database-order": ["postgresql", "mysql"],
            "multi-threading": {"enable-multi-threading": true, "takahe-kea-dhcp4-server:user-context": "{\"a\":1}"},
        }),
        json!({
            "lease-database": {"type": "mysql", "sync": false, "password-file": "/etc/kea/secret"},
            "hosts-databases": [{"type": "postgresql"}, {"type": "mysql"}],
            "multi-threading": {"enable-multi-threading": true, "user-context": {"a": 1}},
        }),
    );
    same(
        Model::DDNS,
        json!({
            "takahe-kea-dhcp-ddns:hook-library": [{"library": "a.so", "parameters": "{\"x\":1}"}],
            "tsig-keys": {"key": [{"name": "k", "algorithm": "HMAC-MD5", "secret": "",
                                   "takahe-kea-dhcp-ddns:secret-file": "/etc/kea/k"}]},
        }),
        json!({
            "hooks-libraries": [{"library": "a.so", "parameters": {"x": 1}}],
            "tsig-keys": [{"name": "k", "algorithm": "HMAC-MD5", "secret-file": "/etc/kea/k"}],
        }),
    );
}

#[test]
fn older_spellings_are_shown_as_newer_ones() {
    let before = json!({"Dhcp4": {
        "control-socket": {"socket-type": "unix", "socket-name": "s"},
        "hosts-database": {"type": "mysql"},
        "shared-networks": [{"name": "n", "subnet4": [{"subnet": "10.0.0.0/24"}]}],
        "subnet4": [{"subnet": "10.0.1.0/24"}, {"id": 1, "subnet": "10.0.2.0/24"}],
        "loggers": [{"name": "kea-dhcp4", "severity": "info"}],
        "host-reservation-identifiers": ["auto"],
    }});
    let shown = to_yang(&Model::DHCP4, &before).expect("a configuration");
    assert_eq!(shown.left_out, []);
    let identifiers = ["hw-address", "duid", "circuit-id", "client-id", "flex-id"];
    let expected = json!({
        "control-socket": {"socket-type": "unix", "socket-name": "s"},
        "hosts-database": [{"database-type": "mysql"}],
        "shared-network": [{"name": "n", "subnet4": [{"id": 2, "subnet": "10.0.0.0/24"}]}],
        "subnet4": [{"id": 3, "subnet": "10.0.1.0/24"}, {"id": 1, "subnet": "10.0.2.0/24"}],
        "logger": [{"name": "kea-dhcp4", "severity": "INFO"}],
        "host-reservation-identifiers": identifiers,
        "takahe-kea-dhcp4-server:host-reservation-identifiers-order": identifiers,
    });
    assert_eq!(shown.yang, json!({"kea-dhcp4-server:config": expected}));
    assert_eq!(to_kea(&Model::DHCP4, &shown.yang, &before), Ok(before.clone()));

    // Where something changed, subnets keep the numbers that they had; the database is still spelt as it was.
    let mut edited = shown.yang;
    edited["kea-dhcp4-server:config"]["shared-network"] = json!([]);
    let after = to_kea(&Model::DHCP4, &edited, &before).expect("data of the model");
    assert_eq!(after["Dhcp4"]["subnet4"][0]["id"], 3);
    assert_eq!(after["Dhcp4"]["hosts-database"], before["Dhcp4"]["hosts-database"]);
}

#[test]
fn ddns() {
    let data = |direction: &str| {
        json!({
            "tsig-keys": {"key": [{"name": "k", "algorithm": "HMAC-SHA256", "digest-bits": 0, "secret": "c2VjcmV0"}]},
            direction: {"ddns-domains": {"ddns-domain": [{
                "name": "example.org.", "key-name": "k", "dns-servers": {"server": [{"ip-address": "192.0.2.53", "port": 53}]},
            }]}},
        })
    };
    let parameters = |direction: &str| {
        json!({
            "tsig-keys": [{"name": "k", "algorithm": "HMAC-SHA256", "digest-bits": 0, "secret": "c2VjcmV0"}],
            direction: {"ddns-domains": [{
                "name": "example.org.", "key-name": "k", "dns-servers": [{"ip-address": "192.0.2.53", "port": 53}],
            }]},
        })
    };
    for direction in ["forward-ddns", "reverse-ddns"] {
        same(Model::DDNS, data(direction), parameters(direction));
    }
}

#[test]
fn nodes_that_no_daemon_takes_are_refused_with_their_path() {
    let subnet6 =
        |list: &str, entry: Value| json!({"kea-dhcp6-server:config": {"subnet6": [{"id": 1, list: [entry]}]}});
    let pool = json!({"start-address": "::1", "end-address": "::2", "ddns-use-conflict-resolution": true});
    for (model, data, path) in [
        (
            Model::DDNS,
            json!({"kea-dhcp-ddns:config": {"control-sockets": [{"socket-type": "http", "http-headers": []}]}}),
            "control-sockets[socket-type='http']/http-headers",
        ),
        (
            Model::DDNS,
            json!({"kea-dhcp-ddns:config": {"forward-ddns": {"ddns-domains": {"user-context": "{}"}}}}),
            "forward-ddns/ddns-domains/user-context",
        ),
        (
            Model::DHCP4,
            json!({"kea-dhcp4-server:config": {"lease-database": {"database-type": "memfile", "user-context": "{}"}}}),
            "lease-database/user-context",
        ),
        (
            Model::DHCP6,
            subnet6("pd-pool", json!({"prefix": "::/48", "ddns-send-updates": true})),
            "subnet6[id='1']/pd-pool[prefix='::/48']/ddns-send-updates",
        ),
        (
            Model::DHCP6,
            subnet6("pd-pool", json!({"prefix": "::/48", "hostname-char-set": "x"})),
            "subnet6[id='1']/pd-pool[prefix='::/48']/hostname-char-set",
        ),
        (
            Model::DHCP6,
            subnet6("pool", pool),
            "subnet6[id='1']/pool[start-address='::1'][end-address='::2']/ddns-use-conflict-resolution",
        ),
        (
            Model::DHCP6,
            json!({"kea-dhcp6-server:config": {"compatibility": {"ignore-rai-link-selection": true}}}),
            "compatibility/ignore-rai-link-selection",
        ),
    ] {
        let errors = to_kea(&model, &data, &Value::Null).expect_err(path);
        let paths: Vec<_> = errors.iter().map(|error| error.path.as_str()).collect();
        assert_eq!(paths, [format!("/{}:config/{path}", model.module)]);
    }
}

#[test]
fn an_edit_changes_what_it_names_and_nothing_else() {
    let before = json!({"Dhcp4": {
        "lease-database": {"type": "memfile", "sync": false},
        "multi-threading": {"enable-multi-threading": true, "user-context": {"why": "measured"}},
        "control-socket": {"socket-type": "unix", "socket-name": "old"},
        "subnet4": [{
            "id": 1, "subnet": "192.0.2.0/24", "comment": "hall", "pools": [{"pool": "192.0.2.10-192.0.2.99"}],
            "option-data": [{"name": "routers", "data": "192.0.2.1"}, {"name": "domain-name", "data": "example.org"}],
        }],
    }});
    let mut data = to_yang(&Model::DHCP4, &before).expect("a configuration").yang;
    let config = &mut data["kea-dhcp4-server:config"];
    config["valid-lifetime"] = json!(600);
    // As libyang gives them back: sorted by their keys.
    config["subnet4"][0]["option-data"].as_array_mut().expect("a list").reverse();
    let mut expected = before.clone();
    expected["Dhcp4"]["valid-lifetime"] = json!(600);
    assert_eq!(to_kea(&Model::DHCP4, &data, &before), Ok(expected));
}

#[test]
fn what_is_removed_leaves_nothing_behind() {
    let before = json!({"Dhcp6": {"dhcp-ddns": {"enable-updates": true, "sender-ip": ""}, "valid-lifetime": 5}});
    let data = json!({"kea-dhcp6-server:config": {"valid-lifetime": 5}});
    assert_eq!(to_kea(&Model::DHCP6, &data, &before), Ok(json!({"Dhcp6": {"valid-lifetime": 5}})));
}

#[test]
fn where_a_daemon_finds_fault_is_where_the_client_is_pointed() {
    let config = json!({"Dhcp4": {"shared-networks": [{"name": "floor", "subnet4": [{
        "id": 7, "subnet": "192.0.2.0/24", "pools": [{"pool": "192.0.2.0/25"}, {"pool": "198.51.100.1-198.51.100.9"}],
        "reservations": [{"client-id": "01aa", "option-data": [{"name": "routers", "data": "x"}]}],
    }]}]}});
    let subnet = "/kea-dhcp4-server:config/shared-network[name='floor']/subnet4[id='7']";
    for (path, expected) in [
        (
            "Dhcp4/shared-networks[0]/subnet4[0]/pools[1]/pool",
            "/pool[start-address='198.51.100.1'][end-address='198.51.100.9']",
        ),
        (
            "Dhcp4/shared-networks[0]/subnet4[0]/reservations[0]/option-data[0]/data",
            "/host[identifier-type='client-id'][identifier='01aa']/option-data[code='3'][space='dhcp4'][data='x']/data",
        ),
        ("Dhcp4/shared-networks[0]/subnet4[0]", ""),
    ] {
        assert_eq!(instance_path(&Model::DHCP4, &config, path), format!("{subnet}{expected}"));
    }
}
