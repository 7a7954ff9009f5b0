//! Both directions over tables made for the purpose, which have every kind of difference between the two forms.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::LazyLock;

use proptest::prelude::*;
use schema::{Annotations, At, Given, Json, Scope};
use serde_json::{Value, json};

use crate::model::Make;
use crate::shape::{Names, Scope as Shape};
use crate::{LeftOut, Model, TranslateError, instance_path, to_kea, to_yang};

/// A server.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
struct Server {
    /// A number.
    valid_lifetime: Given<u32>,
    /// A fraction.
    t1_percent: Given<f64>,
    /// A word of the operator's.
    server_tag: Given<String>,
    /// An address.
    next_server: Given<IpAddr>,
    /// A list of words.
    host_reservation_identifiers: Given<Vec<At<String>>>,
    /// A container that counts by being there.
    lease_database: Given<Database>,
    /// A container that the model holds in part.
    multi_threading: Given<Threads>,
    /// A list in the system's order.
    #[param(yang = "hook-library")]
    hooks_libraries: Vec<At<Hook>>,
    /// A list in the user's order.
    subnet4: Vec<At<Subnet>>,
    /// A list of options.
    option_data: Vec<At<Option_>>,
    /// Options of the configuration's own.
    option_def: Vec<At<Definition>>,
    /// A list in a container that the JSON does not have.
    #[param(yang = "tsig-keys/key")]
    tsig_keys: Vec<At<Key>>,
    /// Only the JSON has it.
    #[param(yang(absent))]
    secret_sauce: Given<String>,
    /// Remarks.
    #[param(flatten)]
    annotations: Annotations,
}

/// A database.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
struct Database {
    /// Its kind.
    #[param(yang = "database-type")]
    r#type: Given<String>,
    /// Only the JSON has it.
    #[param(yang(absent))]
    password_file: Given<String>,
}

/// Threads.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
struct Threads {
    /// A switch.
    enable_multi_threading: Given<bool>,
    /// Remarks without a node.
    #[param(flatten)]
    annotations: Annotations,
}

/// A hook library.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
struct Hook {
    /// Its file.
    library: Given<String>,
    /// Its parameters.
    #[param(yang(opaque = "parameters"))]
    parameters: Given<Json>,
}

/// A subnet.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
struct Subnet {
    /// Its number.
    id: Given<u32>,
    /// Its relays.
    relay: Given<Relay>,
    /// Its pools.
    #[param(yang(special))]
    pools: Vec<At<Pool>>,
    /// Its prefix pools.
    #[param(yang = "pd-pool")]
    pd_pools: Vec<At<PdPool>>,
    /// Its reservations.
    #[param(yang = "host")]
    reservations: Vec<At<Host>>,
    /// Remarks.
    #[param(flatten)]
    annotations: Annotations,
}

/// Relays.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
struct Relay {
    /// Their addresses.
    ip_addresses: Vec<At<Ipv4Addr>>,
}

/// A pool.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
struct Pool {
    /// Its range.
    #[param(yang(special))]
    pool: Given<String>,
    /// Under two names.
    #[param(alias = "require-client-classes")]
    evaluate_additional_classes: Vec<At<String>>,
    /// Its options.
    option_data: Vec<At<Option_>>,
}

/// A prefix pool.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
struct PdPool {
    /// Its prefix.
    #[param(yang(special))]
    prefix: Given<String>,
    /// Length of that.
    #[param(yang(special))]
    prefix_len: Given<u8>,
    /// What is excluded.
    #[param(yang(special))]
    excluded_prefix: Given<String>,
    /// Length of that.
    #[param(yang(special))]
    excluded_prefix_len: Given<u8>,
}

/// A reservation.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
struct Host {
    /// By hardware address.
    #[param(yang(special))]
    hw_address: Given<String>,
    /// By DUID.
    #[param(yang(special))]
    duid: Given<String>,
    /// Its name.
    hostname: Given<String>,
    /// Its prefixes.
    prefixes: Vec<At<String>>,
    /// What is excluded from them.
    excluded_prefixes: Vec<At<String>>,
}

/// An option.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
struct Option_ {
    /// Its name.
    name: Given<String>,
    /// Its code.
    code: Given<u16>,
    /// Its space.
    space: Given<String>,
    /// Its value.
    data: Given<String>,
    /// A switch.
    always_send: Given<bool>,
}

/// A definition.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
struct Definition {
    /// Its name.
    name: Given<String>,
    /// Its code.
    code: Given<u16>,
    /// Its space.
    space: Given<String>,
}

/// A key.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
struct Key {
    /// Its name.
    name: Given<String>,
    /// Its secret.
    secret: Given<String>,
}

static SCOPE: LazyLock<Shape> = LazyLock::new(|| Shape::new(Names::of("m"), "config", Server::TABLE));

const MODEL: Model = Model {
    module: "m",
    root: "Server",
    table: || Server::TABLE,
    scope: &SCOPE,
    space: "dhcp4",
    code: |space, name| (space == "dhcp4" && name == "routers").then_some(3),
    container: "config",
    make: Make::Tables,
};

fn yang(kea: Value) -> Value {
    let shown = to_yang(&MODEL, &json!({ "Server": kea })).expect("a configuration");
    assert_eq!(shown.left_out, [], "all is shown");
    shown.yang["m:config"].clone()
}

fn left_out(kea: &Value) -> Vec<String> {
    let shown = to_yang(&MODEL, kea).expect("a configuration");
    shown.left_out.into_iter().map(|LeftOut { path, .. }| path).collect()
}

fn kea(yang: Value, before: &Value) -> Value {
    to_kea(&MODEL, &json!({ "m:config": yang }), before).expect("data of the model")["Server"].clone()
}

fn refused(yang: Value) -> Vec<(String, String)> {
    let errors = to_kea(&MODEL, &json!({ "m:config": yang }), &Value::Null).expect_err("data that is refused");
    errors.into_iter().map(|TranslateError { path, reason }| (path, reason)).collect()
}

/// Asserts that two forms say the same: each gives the other without any help.
fn same(kea_form: Value, yang_form: Value) {
    assert_eq!(yang(kea_form.clone()), yang_form);
    assert_eq!(kea(yang_form, &Value::Null), kea_form);
}

#[test]
fn scalars() {
    same(json!({"valid-lifetime": 4000}), json!({"valid-lifetime": 4000}));
    same(json!({"t1-percent": 0.5}), json!({"t1-percent": "0.5"}));
    same(json!({"server-tag": ""}), json!({"server-tag": ""}));
    same(json!({"next-server": "2001:db8::1"}), json!({"next-server": "2001:db8::1"}));
}

#[test]
fn where_order_means_something_a_node_tells_it() {
    let words = json!({"host-reservation-identifiers": ["b", "a"]});
    let shown =
        json!({"host-reservation-identifiers": ["b", "a"], "takahe-m:host-reservation-identifiers-order": ["b", "a"]});
    same(words.clone(), shown.clone());
    let libraries = json!({"hooks-libraries": [{"library": "z"}, {"library": "a"}]});
    let sorted = json!([{"library": "a"}, {"library": "z"}]);
    let order = json!(["gone", "z", "a"]);
    assert_eq!(yang(libraries.clone())["takahe-m:hook-library-order"], json!(["z", "a"]));
    assert_eq!(kea(json!({"hook-library": sorted, "takahe-m:hook-library-order": order}), &Value::Null), libraries);
    same(json!({"hooks-libraries": [{"library": "a"}, {"library": "z"}]}), json!({"hook-library": sorted}));
    // What the order does not name comes last.
    let mut longer = shown;
    longer["host-reservation-identifiers"] = json!(["c", "a", "b"]);
    let expected = json!({"host-reservation-identifiers": ["b", "a", "c"]});
    assert_eq!(kea(longer.clone(), &Value::Null), expected);
    assert_eq!(kea(longer, &json!({ "Server": words })), expected);
}

#[test]
fn what_the_json_says_in_another_way_stays() {
    for (written, shown) in [
        (json!({"t1-percent": 1}), json!({"t1-percent": "1.0"})),
        (json!({"next-server": "2001:DB8:0::1"}), json!({"next-server": "2001:db8::1"})),
        (json!({"next-server": ""}), json!({})),
        (json!({"subnet4": [], "multi-threading": {}}), json!({})),
        (json!({"comment": "x"}), json!({"user-context": r#"{"comment":"x"}"#})),
        (json!({"comment": "x", "user-context": {"a": 1}}), json!({"user-context": r#"{"a":1,"comment":"x"}"#})),
    ] {
        assert_eq!(yang(written.clone()), shown);
        assert_eq!(kea(shown, &json!({ "Server": written })), written);
    }
}

#[test]
fn containers_and_lists() {
    same(json!({"lease-database": {"type": "memfile"}}), json!({"lease-database": {"database-type": "memfile"}}));
    same(json!({"lease-database": {}}), json!({"lease-database": {}}));
    same(
        json!({"tsig-keys": [{"name": "k", "secret": ""}]}),
        json!({"tsig-keys": {"key": [{"name": "k", "secret": ""}]}}),
    );
    same(
        json!({"hooks-libraries": [{"library": "x.so", "parameters": {"b": [1, null]}}]}),
        json!({"hook-library": [{"library": "x.so", "parameters": r#"{"b":[1,null]}"#}]}),
    );
    same(
        json!({"subnet4": [{"id": 7, "relay": {"ip-addresses": ["10.0.0.1"]}}, {"id": 1}]}),
        json!({"subnet4": [{"id": 7, "relay": {"ip-addresses": ["10.0.0.1"]}}, {"id": 1}]}),
    );
}

#[test]
fn pools() {
    let subnet = |key: &str, pool: Value| json!({"subnet4": [{"id": 1, key: [pool]}]});
    same(
        subnet("pools", json!({"pool": "10.0.0.1 - 10.0.0.9"})),
        subnet("pool", json!({"start-address": "10.0.0.1", "end-address": "10.0.0.9"})),
    );
    same(
        subnet("pools", json!({"pool": "2001:db8::/80"})),
        subnet(
            "pool",
            json!({"start-address": "2001:db8::", "end-address": "2001:db8::ffff:ffff:ffff", "prefix": "2001:db8::/80"}),
        ),
    );
    same(
        subnet("pd-pools", json!({"prefix": "2001:db8::", "prefix-len": 48})),
        subnet("pd-pool", json!({"prefix": "2001:db8::/48"})),
    );
    same(
        subnet(
            "pd-pools",
            json!({"prefix": "2001:db8::", "prefix-len": 48, "excluded-prefix": "2001:db8::", "excluded-prefix-len": 72}),
        ),
        subnet("pd-pool", json!({"prefix": "2001:db8::/48", "excluded-prefix": "2001:db8::/72"})),
    );
    let none = json!({"prefix": "2001:db8::", "prefix-len": 48, "excluded-prefix": "::", "excluded-prefix-len": 0});
    assert_eq!(yang(subnet("pd-pools", none)), subnet("pd-pool", json!({"prefix": "2001:db8::/48"})));
}

#[test]
fn a_pool_may_be_written_in_several_ways() {
    let before =
        json!({"Server": {"subnet4": [{"id": 1, "pools": [{"pool": "10.0.0.0/30"}, {"pool": "10.0.0.9-10.0.0.12"}]}]}});
    let mut edited = yang(before["Server"].clone());
    assert_eq!(kea(edited.clone(), &before), before["Server"]);
    edited["subnet4"][0]["pool"][0]["evaluate-additional-classes"] = json!(["c"]);
    let mut expected = before["Server"].clone();
    expected["subnet4"][0]["pools"][0]["evaluate-additional-classes"] = json!(["c"]);
    assert_eq!(kea(edited, &before), expected);
}

#[test]
fn reservations_have_a_typed_identifier() {
    same(
        json!({"subnet4": [{"id": 1, "reservations": [{"duid": "01:02", "hostname": "a"}]}]}),
        json!({"subnet4": [{"id": 1, "host": [{"identifier-type": "duid", "identifier": "01:02", "hostname": "a"}]}]}),
    );
}

#[test]
fn excluded_prefixes_go_with_the_prefix_they_are_in() {
    let subnet = |key: &str, host: Value| json!({"subnet4": [{"id": 1, key: [host]}]});
    let written = subnet(
        "reservations",
        json!({"duid": "1", "prefixes": ["2001:db8:2::/48", "2001:DB8:1::/48"], "excluded-prefixes": ["", "2001:db8:1::/64"]}),
    );
    let shown = yang(written.clone());
    let host = json!({
        "identifier-type": "duid", "identifier": "1",
        "prefixes": ["2001:db8:2::/48", "2001:db8:1::/48"], "excluded-prefixes": ["2001:db8:1::/64"],
    });
    assert_eq!(shown, subnet("host", host.clone()));
    assert_eq!(kea(shown, &json!({ "Server": written })), written);

    let mut edited = host.clone();
    edited["prefixes"] = json!(["2001:db8:1::/48", "2001:db8:2::/48"]);
    edited["excluded-prefixes"] = json!(["2001:db8:2:8::/64"]);
    let after = kea(subnet("host", edited), &json!({ "Server": written }));
    assert_eq!(after["subnet4"][0]["reservations"][0]["excluded-prefixes"], json!(["", "2001:db8:2:8::/64"]));

    let mut stray = host;
    stray["prefixes"] = json!(["2001:db8:2::/48"]);
    let path = "/m:config/subnet4[id='1']/host[identifier-type='duid'][identifier='1']/prefixes";
    assert_eq!(refused(subnet("host", stray))[0].0, path);
}

#[test]
fn options_get_their_keys() {
    let written = json!({
        "option-def": [{"name": "mine", "code": 222}],
        "option-data": [{"name": "routers", "data": "10.0.0.1"}, {"name": "mine"}, {"code": 9, "space": "s", "data": ""}],
    });
    let shown = json!({
        "option-def": [{"name": "mine", "code": 222, "space": "dhcp4"}],
        "option-data": [
            {"code": 3, "space": "dhcp4", "data": "10.0.0.1", "name": "routers"},
            {"code": 222, "space": "dhcp4", "data": "", "name": "mine"},
            {"code": 9, "space": "s", "data": ""},
        ],
    });
    assert_eq!(yang(written.clone()), shown);
    assert_eq!(kea(shown, &json!({ "Server": written })), written);
}

#[test]
fn an_alias_stays_an_alias() {
    let written = json!({"subnet4": [{"id": 1, "pools": [{"pool": "10.0.0.0/30", "require-client-classes": ["c"]}]}]});
    let shown = yang(written.clone());
    assert_eq!(shown["subnet4"][0]["pool"][0]["evaluate-additional-classes"], json!(["c"]));
    assert_eq!(kea(shown, &json!({ "Server": written })), written);
}

#[test]
fn what_has_no_node_is_told_and_carried_over() {
    let before = json!({"Server": {
        "secret-sauce": "s",
        "lease-database": {"type": "memfile", "password-file": "p"},
        "multi-threading": {"enable-multi-threading": true, "comment": "c", "user-context": {"a": 1}},
        "hooks-libraries": [{"library": "z.so"}, {"library": "a.so"}, {"library": "z.so", "parameters": {}}],
        "option-data": [{"name": "unheard-of", "data": "1"}],
        "tsig-keys": [{"name": "in-a-file"}],
    }});
    assert_eq!(
        left_out(&before),
        [
            "Server/hooks-libraries[2]",
            "Server/lease-database/password-file",
            "Server/option-data[0]",
            "Server/secret-sauce",
            "Server/tsig-keys[0]",
        ]
    );
    let shown = to_yang(&MODEL, &before).unwrap().yang["m:config"].clone();
    assert_eq!(kea(shown.clone(), &before), before["Server"]);

    // libyang sorts lists of the system; a new library goes to the end, a removed database takes its password along.
    let mut edited = shown;
    edited["hook-library"] = json!([{"library": "a.so"}, {"library": "b.so"}, {"library": "z.so"}]);
    edited.as_object_mut().unwrap().remove("lease-database");
    let after = kea(edited, &before);
    let libraries: Vec<_> = after["hooks-libraries"].as_array().unwrap().iter().map(|h| h["library"].clone()).collect();
    assert_eq!(libraries, ["z.so", "a.so", "b.so", "z.so"]);
    assert_eq!(after.get("lease-database"), None);
    assert_eq!(after["secret-sauce"], "s");
}

#[test]
fn what_the_daemon_does_not_take_is_refused_with_its_path() {
    assert_eq!(
        refused(json!({
            "control-socket": {"socket-type": "unix"},
            "subnet4": [{"id": 3, "pool": [{
                "start-address": "10.0.0.1", "end-address": "10.0.0.2", "prefix": "10.0.0.0/30", "ddns-ttl": 1,
            }]}],
            "option-data": [{"code": 1, "space": "it's", "data": "", "csv-format": true}],
        })),
        [
            ("/m:config/control-socket".into(), "the daemon does not support this parameter".into()),
            (
                "/m:config/option-data[code='1'][space=\"it's\"][data='']/csv-format".into(),
                "the daemon does not support this parameter".into(),
            ),
            (
                "/m:config/subnet4[id='3']/pool[start-address='10.0.0.1'][end-address='10.0.0.2']/prefix".into(),
                "the prefix 10.0.0.0/30 is the range 10.0.0.0 - 10.0.0.3, not 10.0.0.1 - 10.0.0.2".to_owned(),
            ),
            (
                "/m:config/subnet4[id='3']/pool[start-address='10.0.0.1'][end-address='10.0.0.2']/ddns-ttl".into(),
                "the daemon does not support this parameter".into(),
            ),
        ]
    );
    assert_eq!(refused(json!({"user-context": "[]"}))[0].0, "/m:config/user-context");
}

#[test]
fn a_json_that_is_no_configuration_is_refused() {
    let wrong = json!({"Server": {
        "valid-lifetime": "1", "subnet4": [{"id": 1, "pools": [{"pool": "10.0.0.300/24"}]}, 7], "relay": 0, "tsig-keys": {},
    }});
    let errors = to_yang(&MODEL, &wrong).expect_err("wrong");
    let told: Vec<_> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "Server/subnet4[0]/pools[0]/pool: `10.0.0.300/24` is neither `FIRST - LAST` nor `PREFIX/LENGTH`",
            "Server/subnet4[1]: a map is expected",
            "Server/tsig-keys: a list is expected",
            "Server/valid-lifetime: a whole number from 0 to 4294967295 is expected",
        ]
    );
    assert!(to_yang(&MODEL, &json!({"Other": {}})).is_err());
}

#[test]
fn paths_of_the_json_are_paths_of_the_model() {
    let config = json!({"Server": {
        "subnet4": [{"id": 9}, {"id": 4, "pools": [{"pool": "10.0.0.1-10.0.0.9", "option-data": [{"name": "routers"}]}]}],
        "tsig-keys": [{"name": "k", "secret": ""}],
        "secret-sauce": "s",
    }});
    let pool = "/m:config/subnet4[id='4']/pool[start-address='10.0.0.1'][end-address='10.0.0.9']";
    for (path, expected) in [
        ("Server/valid-lifetime", "/m:config/valid-lifetime".to_owned()),
        ("Server/subnet4[1]/pools[0]/pool", pool.to_owned()),
        ("Server/subnet4[1]/pools[0]", pool.to_owned()),
        (
            "Server/subnet4[1]/pools[0]/option-data[0]/always-send",
            format!("{pool}/option-data[code='3'][space='dhcp4'][data='']/always-send"),
        ),
        ("Server/tsig-keys[0]/name", "/m:config/tsig-keys/key[name='k']/name".into()),
        ("Server/subnet4[7]/id", "/m:config/subnet4".into()),
        ("Server/secret-sauce", "/m:config".into()),
        ("elsewhere", "/m:config".into()),
    ] {
        assert_eq!(instance_path(&MODEL, &config, path), expected, "{path}");
    }
}

/// Configurations with everything that the model holds, and what it does not, in any order.
fn configuration() -> impl Strategy<Value = Value> {
    let letter = || "[a-e]".prop_map(Value::from);
    let option = (prop_oneof![Just("routers"), Just("nobody")], "[ab]?", any::<Option<bool>>()).prop_map(
        |(name, data, send)| {
            let mut option = json!({"name": name, "data": data});
            if let Some(send) = send {
                option["always-send"] = send.into();
            }
            option
        },
    );
    let options = || prop::collection::vec(option.clone(), 0..4);
    let range = (0u8..9, 0u8..3, any::<bool>()).prop_map(|(first, more, prefix)| match prefix {
        true => format!("10.0.0.{}/{}", first * 16, 28 + more),
        false => format!("10.0.0.{first}-10.0.0.{}", first + more),
    });
    let pool = (range, options()).prop_map(|(pool, options)| json!({"pool": pool, "option-data": options}));
    let pools = prop::collection::vec(pool, 0..4);
    let host = ("[0-9a-f]{2}", "[a-z]{0,3}").prop_map(|(hw, name)| json!({"hw-address": hw, "hostname": name}));
    let hosts = prop::collection::vec(host, 0..5);
    let subnet = (0u32..6, pools, hosts, prop::option::of(letter())).prop_map(|(id, pools, hosts, comment)| {
        let mut subnet = json!({"id": id, "pools": pools, "reservations": hosts});
        if let Some(comment) = comment {
            subnet["comment"] = comment;
        }
        subnet
    });
    let hooks = prop::collection::vec(letter().prop_map(|l| json!({"library": l, "parameters": {"x": l}})), 0..5);
    let words = prop::collection::vec(letter(), 0..4);
    (prop::collection::vec(subnet, 0..4), hooks, words, options(), 0.0..1.0).prop_map(|(subnets, hooks, words, options, t1)| {
        json!({"Server": {
            "subnet4": subnets, "hooks-libraries": hooks, "host-reservation-identifiers": words, "option-data": options,
            "t1-percent": t1, "secret-sauce": "s", "lease-database": {"type": "memfile", "password-file": "f"},
        }})
    })
}

proptest! {
    #[test]
    fn json_to_yang_to_json_is_the_same(before in configuration()) {
        let shown = to_yang(&MODEL, &before).unwrap().yang;
        prop_assert_eq!(to_kea(&MODEL, &shown, &before).unwrap(), before);
    }

    #[test]
    fn yang_to_json_to_yang_is_the_same(config in configuration()) {
        let shown = to_yang(&MODEL, &config).unwrap().yang;
        let made = to_kea(&MODEL, &shown, &Value::Null).unwrap();
        prop_assert_eq!(to_yang(&MODEL, &made).unwrap().yang, shown);
    }

    #[test]
    fn an_edit_over_another_configuration_says_what_the_data_says(before in configuration(), config in configuration()) {
        let shown = to_yang(&MODEL, &config).unwrap().yang;
        let made = to_kea(&MODEL, &shown, &before).unwrap();
        let mut again = to_yang(&MODEL, &made).unwrap().yang;
        let mut shown = shown;
        sort_lists_of_the_system(&mut again);
        sort_lists_of_the_system(&mut shown);
        prop_assert_eq!(again, shown);
    }
}

/// Brings what has no order into one.
fn sort_lists_of_the_system(yang: &mut Value) {
    match yang {
        Value::Object(map) => {
            map.retain(|node, _| !node.ends_with("-order"));
            for (node, value) in map {
                sort_lists_of_the_system(value);
                if let (Value::Array(list), false) = (value, ["subnet4", "pool"].contains(&node.as_str())) {
                    list.sort_by_key(ToString::to_string);
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(sort_lists_of_the_system),
        _ => {}
    }
}
