//! Configurations, good and bad.

use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use schema::json;
use serde_json::{Value, json};

use super::*;

fn read(text: &str) -> Result<(DhcpDdns, D2Config), Vec<ConfigError>> {
    let document = json::parse("<string>", text, &mut json::no_includes).map_err(|error| vec![error])?;
    D2Config::read(&document, &mut |name| match name {
        "/secret" => Ok("LSWXnfkKZjdPJI5QxlpnfQ==\n".to_owned()),
        _ => Err("there is no such file".to_owned()),
    })
}

fn config(text: &str) -> D2Config {
    read(text).unwrap_or_else(|errors| panic!("{errors:?}")).1
}

fn errors(text: &str) -> Vec<String> {
    read(text).unwrap_err().iter().map(ToString::to_string).collect()
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

#[test]
fn nothing_written_gives_the_defaults() {
    let (input, config) = read(r#"{"DhcpDdns": {}}"#).unwrap();
    assert_eq!(config.listen, "127.0.0.1:53001".parse().unwrap());
    assert_eq!(config.dns_timeout, Duration::from_millis(500));
    assert!(config.forward.is_empty() && config.reverse.is_empty());
    assert_eq!(
        input.show(),
        json!({ "DhcpDdns": {
            "ip-address": "127.0.0.1", "port": 53001, "dns-server-timeout": 500,
            "ncr-protocol": "UDP", "ncr-format": "JSON",
            "forward-ddns": { "ddns-domains": [] }, "reverse-ddns": { "ddns-domains": [] },
            "tsig-keys": [], "hooks-libraries": [],
        }})
    );
}

/// Two zones in each direction, keys for a zone and for a server.
const FULL: &str = r#"{ "DhcpDdns": {
    "comment": "both", "port": 53002,
    "tsig-keys": [
        { "name": "foo", "algorithm": "hmac-md5", "secret": "LSWXnfkKZjdPJI5QxlpnfQ==" },
        { "name": "bar.", "algorithm": "HMAC-SHA224", "digest-bits": 112, "secret-file": "/secret" } ],
    "forward-ddns": { "ddns-domains": [
        { "name": "sub.Example.com.", "dns-servers": [ { "ip-address": "2001:db8::1" } ] },
        { "name": "example.com", "key-name": "foo", "dns-servers": [
            { "ip-address": "192.0.2.1" },
            { "ip-address": "192.0.2.2", "port": 5353, "key-name": "bar", "user-context": { "a": 1 } } ] } ] },
    "reverse-ddns": { "ddns-domains": [
        { "name": "*", "key-name": "", "dns-servers": [ { "ip-address": "192.0.2.3" } ] } ] },
    "control-sockets": [ { "socket-type": "unix", "socket-name": "d2" } ]
} }"#;

#[test]
fn the_zone_with_most_of_the_name_is_found() {
    let config = config(FULL);
    let zone = |text: &str| config.forward.find(&name(text)).map(|domain| domain.zone.to_string());
    assert_eq!(zone("host.SUB.example.com.").as_deref(), Some("sub.Example.com."));
    assert_eq!(zone("sub.example.com.").as_deref(), Some("sub.Example.com."));
    assert_eq!(zone("x.y.example.com.").as_deref(), Some("example.com."));
    assert_eq!(zone("notexample.com."), None);
    assert_eq!(zone("com."), None);
    assert_eq!(config.reverse.find(&name("1.2.0.192.in-addr.arpa.")).unwrap().zone, name("*"));
}

#[test]
fn a_server_has_its_own_key_or_the_zones() {
    let config = config(FULL);
    let key_of = |text: &str, server: usize| {
        let key = config.forward.find(&name(text)).unwrap().servers[server].key.clone();
        key.map(|key| key.name().to_string())
    };
    assert_eq!(key_of("example.com", 0).as_deref(), Some("foo."));
    assert_eq!(key_of("example.com", 1).as_deref(), Some("bar."));
    assert_eq!(key_of("sub.example.com", 0), None);
    assert_eq!(config.key_names, [name("foo"), name("bar")]);
    assert_eq!(config.clear_secrets, [ClearSecret { place: "<string>:4:61".to_owned() }]);
}

#[test]
fn config_get_shows_it_as_kea_does() {
    let shown = read(FULL).unwrap().0.show();
    let d2 = &shown["DhcpDdns"];
    assert_eq!(d2["user-context"], json!({ "comment": "both" }));
    assert_eq!(
        d2["tsig-keys"],
        json!([
            { "name": "bar.", "algorithm": "HMAC-SHA224", "digest-bits": 112, "secret-file": "/secret" },
            { "name": "foo", "algorithm": "HMAC-MD5", "digest-bits": 0, "secret": "LSWXnfkKZjdPJI5QxlpnfQ==" },
        ])
    );
    assert_eq!(
        d2["forward-ddns"]["ddns-domains"],
        json!([
            { "name": "example.com", "key-name": "foo", "dns-servers": [
                { "hostname": "", "ip-address": "192.0.2.1", "port": 53 },
                { "hostname": "", "ip-address": "192.0.2.2", "port": 5353, "key-name": "bar", "user-context": { "a": 1 } },
            ] },
            { "name": "sub.Example.com.", "dns-servers": [ { "hostname": "", "ip-address": "2001:db8::1", "port": 53 } ] },
        ])
    );
    assert_eq!(d2["reverse-ddns"]["ddns-domains"][0].get("key-name"), None);
    // What is shown is itself a configuration, of the same meaning.
    let again = config(&shown.to_string());
    let first = config(FULL);
    assert_eq!((again.forward, again.reverse, again.listen), (first.forward, first.reverse, first.listen));
}

#[test]
fn every_mistake_is_told_with_position_and_path() {
    let text = r#"{ "DhcpDdns": {
        "tsig-keys": [
            { "name": "a", "algorithm": "HMAC-SHA256", "secret": "LSWX!" },
            { "name": "A.", "algorithm": "HMAC-SHA256", "secret": "LSWX" },
            { "name": "b", "algorithm": "HMAC-SHA256", "secret": "LSWX", "digest-bits": 120 },
            { "name": "c", "algorithm": "HMAC-SHA256" },
            { "name": "d", "algorithm": "HMAC-SHA256", "secret-file": "/none" },
            { "name": "e", "algorithm": "HMAC-SHA256", "secret": "" } ],
        "forward-ddns": { "ddns-domains": [
            { "name": "example.com.", "key-name": "a", "dns-servers": [ { "ip-address": "192.0.2.1", "key-name": "x" } ] },
            { "name": "EXAMPLE.com", "dns-servers": [ { "ip-address": "192.0.2.1" } ] },
            { "name": "example.org", "key-name": "y", "dns-servers": [ { "ip-address": "192.0.2.1" } ] } ] }
    } }"#;
    assert_eq!(
        errors(text),
        [
            "<string>:3:66: DhcpDdns/tsig-keys[0]/secret: the secret is not valid base64: Invalid symbol 33, offset 4.",
            "<string>:4:23: DhcpDdns/tsig-keys[1]/name: Duplicate TSIG key name specified : A.",
            "<string>:5:89: DhcpDdns/tsig-keys[2]/digest-bits: the truncated length is below 80 bits or half of the algorithm's",
            "<string>:6:13: DhcpDdns/tsig-keys[3]: a key has either `secret` or `secret-file`",
            "<string>:7:71: DhcpDdns/tsig-keys[4]/secret-file: cannot read the secret in '/none': there is no such file",
            "<string>:8:66: DhcpDdns/tsig-keys[5]/secret: the secret is empty",
            "<string>:10:114: DhcpDdns/forward-ddns/ddns-domains[0]/dns-servers[0]/key-name: Dns Server : specifies an undefined key: x",
            "<string>:11:23: DhcpDdns/forward-ddns/ddns-domains[1]/name: Duplicate domain specified:EXAMPLE.com",
            "<string>:12:50: DhcpDdns/forward-ddns/ddns-domains[2]/key-name: DdnsDomain : specifies an undefined key: y",
        ]
    );
}

#[test]
fn single_parameters_are_checked() {
    for (text, reason) in [
        (r#"{"DhcpDdns": {"port": 0}}"#, "must be a whole number from 1 to 65535, not 0"),
        (r#"{"DhcpDdns": {"dns-server-timeout": 0}}"#, "must be a whole number from 1 to 2147483647, not 0"),
        (r#"{"DhcpDdns": {"ncr-protocol": "tcp"}}"#, "D2Params: NCR Protocol:TCP is not yet supported"),
        (
            r#"{"DhcpDdns": {"forward-ddns": {"ddns-domains": [
                {"name": "a.", "dns-servers": [{"hostname": "b", "ip-address": "192.0.2.1"}]}
            ]}}}"#,
            "Dns Server : hostname is not yet supported",
        ),
        (r#"{"DhcpDdns": {"hooks-libraries": [{"library": "a.so"}]}}"#, "not supported yet: leave it out"),
        (r#"{"DhcpDdns": {"ncr-format": "XML"}}"#, "must be \"JSON\", not \"XML\""),
        (r#"{"DhcpDdns": {"ip-address": "localhost"}}"#, "must be an IP address, not \"localhost\""),
        (r#"{"DhcpDdns": {"portt": 1}}"#, "`portt` is not supported here; did you mean `port`?"),
        (
            r#"{"DhcpDdns": {"forward-ddns": {"ddns-domains": [{"name": "a.", "dns-servers": []}]}}}"#,
            "DNS server list cannot be empty",
        ),
        (r#"{}"#, "`DhcpDdns` is missing"),
    ] {
        let told = errors(text);
        assert!(told.len() == 1 && told[0].ends_with(reason), "{text}: {told:?}");
    }
}

/// Names of zones and keys, of few letters so that some are suffixes of others.
fn names() -> impl Strategy<Value = String> {
    vec("[a-c]{1,2}", 1..4).prop_map(|labels| labels.join(".") + ".")
}

/// A server, with one of the keys or none.
fn servers(keys: Vec<String>) -> impl Strategy<Value = Value> {
    let key = option::of(prop::sample::select([keys, vec![String::new()]].concat()));
    (any::<std::net::IpAddr>(), option::of(1..=65535u16), key, any::<bool>()).prop_map(
        |(address, port, key, remark)| {
            let mut server = json!({ "ip-address": address, "hostname": "" });
            port.into_iter().for_each(|port| server["port"] = port.into());
            key.into_iter().for_each(|key| server["key-name"] = key.into());
            if remark {
                server["comment"] = "a remark".into();
            }
            server
        },
    )
}

/// Zones, each with a server at least.
fn domains(keys: Vec<String>) -> impl Strategy<Value = Value> {
    let named = btree_set(names(), 0..4).prop_map(|names| names.into_iter().collect::<Vec<_>>());
    (named, vec(vec(servers(keys), 1..3), 4)).prop_map(|(names, servers)| {
        let domain = |(name, servers): (String, Vec<Value>)| json!({ "name": name, "dns-servers": servers });
        json!({ "ddns-domains": names.into_iter().zip(servers).map(domain).collect::<Vec<_>>() })
    })
}

prop_compose! {
    fn configurations()(names in btree_set(names(), 0..4))(
        keys in Just(names.iter().cloned().collect::<Vec<_>>()),
        algorithms in vec(prop::sample::select(dns::Algorithm::ALL.to_vec()), 4),
        forward in domains(names.iter().cloned().collect()),
        reverse in domains(names.into_iter().collect()),
        listen in any::<SocketAddr>(),
        timeout in option::of(1..100_000u32),
    ) -> Value {
        let key = |(name, algorithm): (String, dns::Algorithm)| {
            json!({ "name": name, "algorithm": algorithm.as_str(), "secret": STANDARD.encode(&name) })
        };
        let mut config = json!({
            "ip-address": listen.ip(), "port": listen.port().max(1),
            "forward-ddns": forward, "reverse-ddns": reverse,
            "tsig-keys": keys.into_iter().zip(algorithms).map(key).collect::<Vec<_>>(),
        });
        timeout.into_iter().for_each(|timeout| config["dns-server-timeout"] = timeout.into());
        json!({ "DhcpDdns": config })
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_config_get_shows_means_the_same(written in configurations()) {
        let (input, config) = read(&written.to_string()).map_err(|errors| TestCaseError::fail(format!("{errors:?}")))?;
        let shown = input.show();
        let (again, meant) = read(&shown.to_string()).map_err(|errors| TestCaseError::fail(format!("{errors:?}")))?;
        prop_assert_eq!(again.show(), shown);
        prop_assert_eq!((meant.listen, meant.dns_timeout), (config.listen, config.dns_timeout));
        prop_assert_eq!((meant.forward, meant.reverse), (config.forward, config.reverse));
    }

    #[test]
    fn the_zone_that_is_found_is_the_longest_suffix(written in configurations(), name in names()) {
        let config = config(&written.to_string());
        let name = Name::parse(&name).unwrap();
        let zones = written["DhcpDdns"]["forward-ddns"]["ddns-domains"].as_array().unwrap();
        let longest = zones
            .iter()
            .map(|zone| Name::parse(zone["name"].as_str().unwrap()).unwrap())
            .filter(|zone| name.is_within(zone))
            .max_by_key(|zone| zone.wire().len());
        prop_assert_eq!(config.forward.find(&name).map(|domain| domain.zone.clone()), longest);
    }
}
