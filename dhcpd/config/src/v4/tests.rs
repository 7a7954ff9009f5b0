//! Rules between parameters: what is refused, where, and for which reason.

use super::{config_get, load, snapshot::Config4};
use crate::common::Allocator;
use crate::parameters::Library;
use schema::json;
use std::time::Duration;

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
    assert_eq!((codes(&shared.options), codes(&shared.pools[0].options)), (vec![], vec![6]));
    assert_eq!(codes(&config.options), [3], "those of the server come behind those of classes");
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
            "c:2:46: Dhcp4/min-valid-lifetime: the value of min-valid-lifetime (200) is not less than (default) valid-lifetime (100)",
            "c:2:94: Dhcp4/t1-percent: must be less than t2-percent, which is 0.875",
            "c:3:67: Dhcp4/subnet4[0]/pools[0]/pool: a pool of type V4, with the following address range: 10.0.1.0-10.0.1.15 does not match the prefix of a subnet: 10.0.0.0/24 to which it is being added",
            "c:3:123: Dhcp4/subnet4[0]/pools[2]/pool: a pool of type V4, with the following address range: 10.0.0.8-10.0.0.15 overlaps with an existing pool in the subnet: 10.0.0.0/24 to which it is being added (10.0.0.1-10.0.0.9)",
            "c:4:8: Dhcp4/subnet4[1]/id: ID of the new IPv4 subnet '1' is already in use (line 3)",
            "c:4:21: Dhcp4/subnet4[1]/subnet: subnet with the prefix of '10.0.0.0/24' already exists (line 3)",
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
{"hostname": "x"}, {"flex-id": "'b'"}, {"flex-id": "62"}]}]"#,
    );
    assert_eq!(
        errors,
        [
            "c:4:1: Dhcp4/subnet4[0]/reservations[1]: failed to add duplicate IPv4 host using identifier: hwaddr=010203040506 (line 3)",
            "c:4:51: Dhcp4/subnet4[0]/reservations[1]/ip-address: There's already a reservation for this address: 10.0.0.5 (line 3)",
            "c:5:15: Dhcp4/subnet4[0]/reservations[2]/client-id: the 'duid' and 'client-id' are mutually exclusive",
            "c:5:50: Dhcp4/subnet4[0]/reservations[2]/ip-address: specified reservation '10.0.1.5' is not within the IPv4 subnet '10.0.0.0/24'",
            "c:6:1: Dhcp4/subnet4[0]/reservations[3]: one of the supported identifiers must be specified for host reservation: circuit-id, client-id, duid, flex-id, hw-address",
            "c:6:40: Dhcp4/subnet4[0]/reservations[5]: failed to add duplicate IPv4 host using identifier: flex-id=62 (line 6)",
        ]
    );
    assert_eq!(
        refused(r#""subnet4": [{"id": 1, "subnet": "10.0.0.0/24", "reservation-mode": "all"}]"#),
        ["c:2:48: Dhcp4/subnet4[0]/reservation-mode: `reservation-mode` is not supported here any longer: \
             `reservations-global`, `reservations-in-subnet` and `reservations-out-of-pool` say which reservations count"]
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
            "c:3:93: Dhcp4/shared-networks[1]/name: duplicate network 'a' found in the configuration (line 2)",
            "c:3:99: Dhcp4/shared-networks[2]: `name` is missing",
        ]
    );
}

#[test]
fn what_is_known_and_not_supported_is_named() {
    assert_eq!(
        refused(
            r#""lease-database": {"type": "mysql"}, "hooks-libraries": [{"library": "/usr/lib/kea/hooks/libdhcp_radius.so"}], "client-classes": [], "option-def": [],
"control-sockets": [{"socket-type": "unix", "socket-name": "a"}], "control-socket": {"socket-type": "unix", "socket-name": "b"},
"dhcp-ddns": {"enable-updates": true, "sender-ip": "::1"}, "interfaces-config": {"interfaces": ["eth0/::1", "*", "*"]}"#
        ),
        [
            "c:2:28: Dhcp4/lease-database/type: Unable to open database: The Kea server has not been compiled with support for lease database type: mysql. Did you forget to use -D mysql=enabled during setup or to load libdhcp_mysql hook library?",
            "c:2:70: Dhcp4/hooks-libraries[0]/library: not supported yet: libdhcp_radius.so",
            "c:3:85: Dhcp4/control-socket: there is a unix control socket already",
            "c:4:52: Dhcp4/dhcp-ddns/sender-ip: must be of the same family as server-ip, which is 127.0.0.1",
            "c:4:97: Dhcp4/interfaces-config/interfaces[0]: `::1` is no address of this family",
            "c:4:114: Dhcp4/interfaces-config/interfaces[2]: `*` stands already (line 4)",
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
            r#""statistic-default-sample-age": 5, "multi-threading": {"enable-multi-threading": false}, "dhcp-queue-control": {"enable-queue": true, "queue-type": "x"},
"ddns-use-conflict-resolution": true, "ddns-conflict-resolution-mode": "check-with-dhcid""#
        ),
        [
            "c:2:149: Dhcp4/dhcp-queue-control/queue-type: The type of the packet queue: 'x' is not supported: must be `kea-ring4`",
            "c:3:33: Dhcp4/ddns-use-conflict-resolution: cannot stand beside ddns-conflict-resolution-mode",
        ]
    );
}

#[test]
fn the_shared_queue_needs_a_database() {
    let reason = "shared-flq allocator is only supported by MySQL and PosgreSQL backends";
    assert_eq!(
        refused(
            r#""allocator": "shared-flq", "subnet4": [
{"id": 1, "subnet": "10.1.0.0/24"}, {"id": 2, "subnet": "10.2.0.0/24", "allocator": "flq"}, {"id": 3, "subnet": "10.3.0.0/24"}]"#
        ),
        [format!("c:2:14: Dhcp4/allocator: {reason}")]
    );
    let shared = check(
        r#"{"Dhcp4": {"hooks-libraries": [{"library": "libdhcp_mysql.so"}], "lease-database": {"type": "mysql", "name": "kea"},
        "subnet4": [{"id": 1, "subnet": "10.1.0.0/24", "allocator": "shared-flq"}]}}"#,
    );
    assert_eq!(shared.unwrap().subnets.list()[0].allocator, Allocator::Flq);
    let config = check(
        r#"{"Dhcp4": {"allocator": "shared-flq", "adaptive-lease-time-threshold": 0.9, "subnet4": [
        {"id": 1, "subnet": "10.1.0.0/24", "allocator": "flq"}, {"id": 2, "subnet": "10.2.0.0/24", "allocator": "random"},
        {"id": 3, "subnet": "10.3.0.0/24", "allocator": "flq", "adaptive-lease-time-threshold": 1.0}]}}"#,
    );
    let subnets = config.unwrap().subnets;
    assert_eq!([0, 1, 2].map(|at| subnets.list()[at].adaptive_threshold), [Some(0.9), None, None]);
}

#[test]
fn classes_are_defined_before_they_are_asked_for() {
    let errors = refused(
        r#""client-classes": [{"name": "a", "test": "member('b') or member('ALL')"}, {"name": "b", "test": "option[60].hex == "},
{"name": "a", "template-test": "'x'", "test": "member('a')"}, {"name": "KNOWN", "test": "member('a')", "only-if-required": true},
{"name": "c", "only-if-required": false, "only-in-additional-list": true, "min-valid-lifetime": 9, "valid-lifetime": 8},
{"name": "d", "option-def": [{"name": "x", "code": 222, "type": "empty"}, {"name": "y", "code": 43, "type": "uint8"}],
 "option-data": [{"code": 43, "data": "256"}], "server-hostname": ""}, {"name": ""}, {}],
"subnet4": [{"id": 1, "subnet": "10.0.0.0/24", "client-class": "a", "client-classes": ["b"], "require-client-classes": ["a"], "evaluate-additional-classes": ["b"]}]"#,
    );
    assert_eq!(
        errors,
        [
            "c:2:42: Dhcp4/client-classes[0]/test: at character 8: class 'b' is not defined before this",
            "c:2:97: Dhcp4/client-classes[1]/test: at character 19: the end of the expression stands where an expression is expected",
            "c:3:10: Dhcp4/client-classes[2]/name: class 'a' is defined twice",
            "c:3:32: Dhcp4/client-classes[2]/template-test: class 'a' has both test and template-test",
            "c:3:89: Dhcp4/client-classes[3]/test: built-in class 'KNOWN' cannot have a test",
            "c:3:124: Dhcp4/client-classes[3]/only-if-required: class 'KNOWN' cannot be in additional lists alone",
            "c:4:35: Dhcp4/client-classes[4]/only-if-required: cannot stand beside only-in-additional-list",
            "c:4:118: Dhcp4/client-classes[4]/valid-lifetime: the value of min-valid-lifetime (9) is not less than (default) valid-lifetime (8)",
            "c:5:52: Dhcp4/client-classes[5]/option-def[0]/code: a class defines the options 43 and 224 to 254 only",
            "c:6:39: Dhcp4/client-classes[5]/option-data[0]/data: option data does not match option definition (space: dhcp4, code: 43): unable to convert '256' to numeric type. This value is expected to be in the range of 0..255",
            "c:6:81: Dhcp4/client-classes[6]/name: a class needs a name",
            "c:6:86: Dhcp4/client-classes[7]: `name` is missing",
            "c:7:64: Dhcp4/subnet4[0]/client-class: cannot stand beside client-classes",
            "c:7:121: Dhcp4/subnet4[0]/require-client-classes[0]: cannot stand beside evaluate-additional-classes",
        ]
    );
}

#[test]
fn options_are_as_they_are_defined() {
    let config = check(
        r#"{"Dhcp4": {"option-def": [{"name": "site", "code": 230, "type": "record", "record-types": "uint8, ipv4-address, string"},
            {"name": "box", "code": 231, "type": "uint16", "encapsulate": "inside"}, {"name": "item", "code": 1, "space": "inside", "type": "fqdn", "array": true},
            {"name": "door", "code": 1, "space": "vendor-9", "type": "boolean"}, {"name": "mine", "code": 43, "type": "tuple"}],
            "option-data": [{"name": "site", "data": "7, 192.0.2.1, x"}, {"code": 231, "data": "258"}, {"space": "inside", "name": "item", "data": "a., b."},
            {"space": "vendor-9", "name": "door", "data": "true"}, {"name": "mine", "data": "abc"}]}}"#,
    )
    .unwrap();
    let data = |code| config.options.find(code).map(|item| item.data.to_vec());
    assert_eq!(data(230), Some(vec![7, 192, 0, 2, 1, b'x']));
    assert_eq!(data(231), Some(vec![1, 2, 1, 6, 1, b'a', 0, 1, b'b', 0]));
    assert_eq!(data(43), Some(b"\x03abc".to_vec()));
    assert_eq!(*config.options.vendors()[0].items[0].data, [1]);
}

#[test]
fn definitions_of_options_have_rules() {
    assert_eq!(
        refused(
            r#""option-def": [{"name": "a", "code": 6, "type": "uint8"}, {"name": "routers", "code": 230, "type": "uint8"},
{"name": "b", "code": 255, "type": "uint8"}, {"name": "c", "code": 231, "type": "text"}, {"name": "-d", "code": 232, "type": "empty"},
{"name": "e", "code": 233, "type": "record", "record-types": "string, uint8"}, {"name": "f", "code": 234, "type": "record", "record-types": "uint8"},
{"name": "g", "code": 235, "type": "string", "array": true}, {"name": "h", "code": 236, "type": "uint8", "array": true, "encapsulate": "x"},
{"name": "i", "code": 237, "type": "empty", "encapsulate": "dhcp4"}, {"name": "i", "code": 237, "type": "uint8", "record-types": "uint8"}, {"code": 1}]"#
        ),
        [
            "c:2:38: Dhcp4/option-def[0]/code: unable to override definition of option '6' in standard option space 'dhcp4'",
            "c:2:68: Dhcp4/option-def[1]/name: unable to override definition of option 'routers' in standard option space 'dhcp4'",
            "c:3:23: Dhcp4/option-def[2]/code: must be a whole number from 1 to 254, not 255",
            "c:3:81: Dhcp4/option-def[3]/type: must be \"empty\", \"binary\", \"boolean\", \"int8\", \"int16\", \"int32\", \"uint8\", \"uint16\", \"uint32\", \"ipv4-address\", \"ipv6-address\", \"ipv6-prefix\", \"psid\", \"string\", \"tuple\", \"fqdn\" or \"record\", not \"text\"",
            "c:3:99: Dhcp4/option-def[4]/name: `-d` is no name: it needs letters, digits, and hyphens between them",
            "c:4:62: Dhcp4/option-def[5]/record-types: `string` must be the last field: its length is not known",
            "c:4:141: Dhcp4/option-def[6]/record-types: a record needs two fields at least, in `record-types`",
            "c:5:55: Dhcp4/option-def[7]/array: strings, bytes and nothing at all make no array",
            "c:5:136: Dhcp4/option-def[8]/encapsulate: an array has no options inside",
            "c:6:60: Dhcp4/option-def[9]/encapsulate: the option itself is of the space `dhcp4`",
            "c:6:79: Dhcp4/option-def[10]/name: option definition with name 'i' already exists in option space 'dhcp4' (line 6)",
            "c:6:92: Dhcp4/option-def[10]/code: option definition with code '237' already exists in option space 'dhcp4' (line 6)",
            "c:6:130: Dhcp4/option-def[10]/record-types: `record-types` is for the type \"record\"",
            "c:6:140: Dhcp4/option-def[11]: `name` is missing",
            "c:6:140: Dhcp4/option-def[11]: `type` is missing",
        ]
    );
}

#[test]
fn sockets_databases_and_libraries_are_complete() {
    assert_eq!(
        refused(
            r#""control-sockets": [{"socket-type": "unix", "socket-port": 1}, {"socket-type": "https", "socket-name": "a", "cert-file": "c",
  "authentication": {"clients": [{"user": "a:b", "user-file": "f"}, {"password": "a", "password-file": "b"}]}}],
"hosts-databases": [{"type": "mysql", "tcp-user-timeout": 1, "password": "a", "password-file": "b"}, {"name": "x"}],
"hooks-libraries": [{"library": "libdhcp_run_script.so"}, {"library": "/opt/mine.so"}, {"parameters": {}}]"#
        ),
        [
            "`name` is missing",
            "c:2:21: Dhcp4/control-sockets[0]: `socket-name` is missing",
            "c:2:60: Dhcp4/control-sockets[0]/socket-port: `socket-port` is for sockets of the types \"http\" and \"https\"",
            "c:2:64: Dhcp4/control-sockets[1]: key-file parameter is missing or empty: all or none of TLS parameters must be set",
            "c:2:64: Dhcp4/control-sockets[1]: trust-anchor parameter is missing or empty: all or none of TLS parameters must be set",
            "c:2:104: Dhcp4/control-sockets[1]/socket-name: `socket-name` is for sockets of the type \"unix\"",
            "c:3:43: Dhcp4/control-sockets[1]/authentication/clients[0]/user: must be neither empty nor contain a colon",
            "c:3:63: Dhcp4/control-sockets[1]/authentication/clients[0]/user-file: `user` and `user-file` exclude each other",
            "c:3:104: Dhcp4/control-sockets[1]/authentication/clients[1]/password-file: `password` and `password-file` exclude each other",
            "c:4:21: Dhcp4/hosts-databases[0]: Unable to open database: The Kea server has not been compiled with support for host database type: mysql. Did you forget to use -D mysql=enabled during setup or to load libdhcp_mysql hook library?",
            "c:4:59: Dhcp4/hosts-databases[0]/tcp-user-timeout: `tcp-user-timeout` is for databases of the type \"postgresql\"",
            "c:4:96: Dhcp4/hosts-databases[0]/password-file: `password` and `password-file` exclude each other",
            "c:4:102: Dhcp4/hosts-databases[1]: `type` is missing",
            "c:5:71: Dhcp4/hooks-libraries[1]/library: not supported yet: mine.so is not among the bundled libraries",
            "c:5:88: Dhcp4/hooks-libraries[2]: `library` is missing",
        ]
    );
}

#[test]
fn a_database_of_mysql_has_limits_of_time() {
    let config = |more: &str| {
        format!(
            r#"{{"Dhcp4": {{"hooks-libraries": [{{"library": "libdhcp_mysql.so"}}], "lease-database": {{"type": "mysql", "name": "kea"{more}}}}}}}"#
        )
    };
    let database = |more: &str| check(&config(more)).unwrap().lease_database.database.unwrap();
    assert_eq!(database("").patience, None);
    assert_eq!(database(r#", "read-timeout": 7"#).patience, Some(Duration::from_secs(7)));
    assert_eq!(database(r#", "read-timeout": 7, "write-timeout": 2"#).patience, Some(Duration::from_secs(9)));
    let errors = check(&config(r#", "cipher-list": "AES""#)).unwrap_err();
    assert_eq!(errors, ["c:1:132: Dhcp4/lease-database/cipher-list: not supported yet: leave it out"]);
}

#[test]
fn a_library_reads_its_parameters_where_they_stand() {
    assert_eq!(
        refused(r#""hooks-libraries": [{"library": "/any/libdhcp_stat_cmds.so", "parameters": {"bogus": {"a": 1}}}]"#),
        ["c:2:77: Dhcp4/hooks-libraries[0]/parameters/bogus: `bogus` is not supported here"]
    );
    let text = r#"{"Dhcp4": {"hooks-libraries": [{"library": "libdhcp_stat_cmds.so", "parameters": {}}]}}"#;
    let document = json::parse("c", text, &mut json::no_includes).unwrap();
    let (input, config) = load(&document).unwrap();
    assert!(matches!(config.hooks[..], [Library::StatCmds]));
    let shown = &config_get(&input)["Dhcp4"]["hooks-libraries"];
    assert_eq!(shown, &serde_json::json!([{ "library": "libdhcp_stat_cmds.so", "parameters": {} }]));
}

#[test]
fn nothing_is_named_twice() {
    assert_eq!(
        refused(
            r#""interfaces-config": {"interfaces": ["eth0", "eth0/192.0.2.1", "eth1/192.0.2.1"]}, "host-reservation-identifiers": ["duid", "duid"],
"subnet4": [{"id": 1, "subnet": "10.0.0.0/24", "relay": {"ip-addresses": ["10.0.0.1", "10.0.0.1"]}}]"#
        ),
        [
            "c:2:46: Dhcp4/interfaces-config/interfaces[1]: `eth0` stands already, with all its addresses",
            "c:2:125: Dhcp4/host-reservation-identifiers[1]: `duid` stands already (line 2)",
            "c:3:87: Dhcp4/subnet4[0]/relay/ip-addresses[1]: the relay 10.0.0.1 stands already (line 3)",
        ]
    );
}

#[test]
fn words_are_read_as_kea_reads_them() {
    let config = check(
        r#"{"Dhcp4": {"ddns-replace-client-name": "When-Present", "dhcp-ddns": {"enable-updates": false, "ncr-format": "json"},
            "subnet4": [{"subnet": "10.0.0.0/24"}, {"id": 1, "subnet": "10.0.1.0/24"}, {"subnet": "10.0.2.0/24"}]}}"#,
    )
    .unwrap();
    assert_eq!(config.ddns.replace_client_name, crate::ddns::ReplaceClientName::WhenPresent);
    let numbers = config.subnets.list().iter().map(|subnet| (subnet.id, subnet.prefix.octets()[2]));
    assert_eq!(numbers.collect::<Vec<_>>(), [(1, 1), (2, 0), (3, 2)], "the lowest numbers that are free");
}
