//! Valid configurations made by chance, for property tests.
//!
//! Values come from the tables of parameters, so that a parameter is tested as soon as it is declared; only where rules
//! between parameters hold (subnets, pools, lifetimes, ...) is there anything written by hand. What is made stands as it
//! would be printed: reading and writing it changes nothing.

use crate::v4::parameters::File4;
use crate::v6::parameters::File6;
use schema::Scope;
use schema::table::{Kind, Param, Support, Table};
use serde_json::{Map, Value, json};
use std::net::{Ipv4Addr, Ipv6Addr};

/// A valid configuration of the DHCPv4 server, the same for the same seed.
pub fn dhcp4(seed: u64) -> Value {
    Generator::new(seed, false).map(File4::TABLE).into()
}

/// A valid configuration of the DHCPv6 server, the same for the same seed.
pub fn dhcp6(seed: u64) -> Value {
    Generator::new(seed, true).map(File6::TABLE).into()
}

struct Generator {
    state: u64,
    v6: bool,
    /// Counts what must be unique.
    number: u32,
    /// Number of the subnet being made; its third (v4) or second (v6) group of the prefix.
    subnet: Option<u32>,
    /// Inside a shared network, some parameters must be the same everywhere.
    shared: bool,
}

impl Generator {
    fn new(seed: u64, v6: bool) -> Self {
        Self { state: seed, v6, number: 0, subnet: None, shared: false }
    }

    /// SplitMix64: the next of a sequence that looks random.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from `min` to `max`, both included.
    fn int(&mut self, min: i64, max: i64) -> i64 {
        let span = max.wrapping_sub(min) as u64;
        match self.next() % 8 {
            0 => min,
            1 => max,
            _ => min + (self.next() % span.saturating_add(1)) as i64,
        }
    }

    /// Hundredths from `min` to `max`, so that a decimal number has two digits.
    fn hundredths(&mut self, min: i64, max: i64) -> Value {
        (self.int(min, max) as f64 / 100.0).into()
    }

    fn one_in(&mut self, chances: u64) -> bool {
        self.next().is_multiple_of(chances)
    }

    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[(self.next() % from.len() as u64) as usize]
    }

    fn word(&mut self) -> String {
        (0..self.int(1, 12)).map(|_| char::from(b'a' + (self.next() % 26) as u8)).collect()
    }

    fn unique(&mut self) -> u32 {
        self.number += 1;
        self.number
    }

    fn octets(&mut self, len: usize) -> Vec<u8> {
        let number = self.unique().to_be_bytes();
        (0..len.saturating_sub(4)).map(|_| self.next() as u8).chain(number).collect()
    }

    /// A map of this scope: what is required, and some of the rest.
    fn map(&mut self, table: &'static Table) -> Map<String, Value> {
        let mut map = Map::new();
        for param in table.params {
            if let Kind::Group(group) = param.kind {
                map.extend(self.map(group()));
            } else if (param.required || self.wanted(table, param))
                && let Some(value) = self.value(table, param)
            {
                map.insert(param.key.to_owned(), value);
            }
        }
        self.keep_rules(table, &mut map);
        map
    }

    fn wanted(&mut self, table: &Table, param: &Param) -> bool {
        match (table.name, param.key) {
            // Without it, least and greatest preferred lifetime have nothing between them.
            ("PreferredLifetime", "preferred-lifetime") => true,
            ("Dhcp4" | "Dhcp6", "subnet4" | "subnet6") | ("Subnet4" | "Subnet6", "id") => true,
            (_, "pools") => !self.one_in(4),
            _ => self.one_in(3),
        }
    }

    /// Takes out what contradicts the rest of the scope.
    fn keep_rules(&mut self, table: &Table, map: &mut Map<String, Value>) {
        let take = |map: &mut Map<String, Value>, keys: &[&str]| keys.iter().for_each(|key| drop(map.remove(*key)));
        match table.name {
            "Names" if map.contains_key("ddns-ttl") => take(map, &["ddns-ttl-percent", "ddns-ttl-min", "ddns-ttl-max"]),
            "Service4" | "Service6" if map.contains_key("ddns-conflict-resolution-mode") => {
                take(map, &["ddns-use-conflict-resolution"]);
            }
            "Guards" => {
                if map.contains_key("client-classes") {
                    take(map, &["client-class"]);
                }
                if map.contains_key("evaluate-additional-classes") {
                    take(map, &["require-client-classes"]);
                }
            }
            "Membership" => {
                if map.contains_key("test") {
                    take(map, &["template-test"]);
                }
                if map.contains_key("only-in-additional-list") {
                    take(map, &["only-if-required"]);
                }
            }
            "ClientClass4" | "ClientClass6" => {
                take(map, &["option-def"]);
                if !map.contains_key("valid-lifetime") {
                    take(map, &["min-valid-lifetime"]);
                }
            }
            "Link6" if map.contains_key("interface") => take(map, &["interface-id"]),
            "Subnet4" if self.shared => take(map, &["interface", "authoritative"]),
            "Subnet6" if self.shared => take(map, &["interface", "rapid-commit"]),
            "Dhcp4" | "Dhcp6" => {
                if map.contains_key("control-sockets") {
                    take(map, &["control-socket"]);
                }
                take(map, &["hosts-database"]); // an older spelling, which has no node in YANG
                // Kea's models tell them apart by their types.
                if let Some(Value::Array(databases)) = map.get_mut("hosts-databases") {
                    databases.truncate(1);
                }
                let databases = ["lease-database", "hosts-databases", "config-control"];
                for (kind, library) in [("\"mysql\"", "libdhcp_mysql.so"), ("\"postgresql\"", "libdhcp_pgsql.so")] {
                    let named = |key: &str| map.get(key).is_some_and(|value| value.to_string().contains(kind));
                    if databases.iter().any(|key| named(key))
                        && let Value::Array(libraries) = map.entry("hooks-libraries").or_insert_with(|| json!([]))
                    {
                        libraries.push(json!({ "library": library }));
                    }
                }
            }
            "ConfigControl" => {
                if let Some(Value::Array(databases)) = map.get_mut("config-databases") {
                    databases.truncate(1);
                }
            }
            "Connection" => take(map, &["read-timeout", "write-timeout", "tcp-user-timeout", "password-file"]),
            "ControlSocket" if is_socket(map, "http") => {
                take(map, &["socket-name", "trust-anchor", "cert-file", "key-file"]);
            }
            "ControlSocket" if is_socket(map, "https") => {
                take(map, &["socket-name"]);
                map.extend(["trust-anchor", "cert-file", "key-file"].map(|key| (key.to_owned(), "made".into())));
            }
            "ControlSocket" => {
                map.retain(|key, _| ["socket-type", "user-context", "comment"].contains(&key.as_str()));
                map.insert("socket-name".to_owned(), "made".into());
            }
            // YANG says its type, which the JSON leaves to the daemon: alone it would leave an empty map.
            "Authentication" => drop(map.insert("realm".to_owned(), "made".into())),
            "Credentials" => {
                take(map, &["user-file", "password-file"]);
                map.insert("user".to_owned(), format!("user{}", self.unique()).into());
            }
            // The identifier comes later, and so do excluded prefixes, which need the others.
            "Reservation4" => take(map, &["hw-address", "duid", "circuit-id", "client-id", "flex-id"]),
            "Reservation6" => take(map, &["hw-address", "duid", "flex-id", "excluded-prefixes"]),
            "PdPool" if !map.contains_key("excluded-prefix") => take(map, &["excluded-prefix-len"]),
            "PdPool" => drop(map.insert("excluded-prefix-len".to_owned(), 72.into())),
            _ => {}
        }
    }

    fn value(&mut self, table: &'static Table, param: &'static Param) -> Option<Value> {
        match param.support {
            Support::Nothing => return None,
            Support::Only(value) => return Some(value()),
            Support::Full | Support::Without(_) => {}
        }
        if let Some(value) = self.ruled(table, param) {
            return Some(value);
        }
        self.typed(table, &param.kind)
    }

    /// Values that must fit to others.
    fn ruled(&mut self, table: &Table, param: &Param) -> Option<Value> {
        let value = match (table.name, param.key) {
            ("Connection", "connect-timeout") => self.int(1, 60).into(),
            ("ControlSocket", "socket-address") => self.pick(&["127.0.0.1", "::1"]).into(),
            (_, "min-valid-lifetime" | "min-preferred-lifetime") => self.int(1, 999).into(),
            (_, "valid-lifetime" | "preferred-lifetime") => self.int(1000, 9999).into(),
            (_, "max-valid-lifetime" | "max-preferred-lifetime") => {
                self.int(10_000, 1 << 32).min(u32::MAX.into()).into()
            }
            (_, "t1-percent") => self.hundredths(10, 45),
            (_, "t2-percent") => self.hundredths(55, 95),
            (_, "cache-threshold") => self.hundredths(0, 99),
            (_, "adaptive-lease-time-threshold") => self.hundredths(1, 100),
            ("Lease6", "allocator") => self.pick(&["iterative", "random"]).into(),
            (_, "allocator" | "pd-allocator") => self.pick(&["iterative", "random", "flq"]).into(),
            (_, "ddns-ttl-percent") => self.hundredths(0, 100),
            (_, "ddns-ttl-min") => self.int(0, 600).into(),
            (_, "ddns-ttl-max") => self.int(601, 1 << 31).into(),
            (_, "enable-queue") => false.into(),
            ("Membership", "name") => format!("class{}", self.unique()).into(),
            ("Membership", "test") => "option[60].text == 'a' or member('ALL')".into(),
            ("Membership", "template-test") => "substring(option[60].hex, 0, 3)".into(),
            (_, "hostname-char-set") => self.pick(&["[^A-Za-z0-9.-]", "[_ ]", ""]).into(),
            (_, "user-context") => json!({ "site": self.word(), "floor": self.int(0, 9), "remark": "here" }),
            (_, "host-reservation-identifiers" | "mac-sources") => json!(["hw-address", "duid"].map(|word| {
                if param.key == "mac-sources" && word == "hw-address" { "ipv6-link-local" } else { word }
            })),
            (_, "relay-supplied-options") => json!(["65", "110"]),
            (_, "interfaces") => json!([format!("eth{}", self.unique()), "*"]),
            (_, "interface") => format!("eth{}", self.int(0, 9)).into(),
            ("DhcpDdns", "server-ip") => Value::from("192.0.2.1"),
            ("DhcpDdns", "sender-ip") => Value::from("192.0.2.2"),
            ("SharedNetwork4" | "SharedNetwork6", "name") => format!("net{}", self.unique()).into(),
            ("Logger", "name") => format!("kea.logger{}", self.unique()).into(),
            ("LogOutput", "output") => format!("/var/log/kea/{}.log", self.unique()).into(),
            ("Subnet4" | "Subnet6", "id") => self.subnet.unwrap_or(1).into(),
            (_, "pool-id") => self.unique().into(),
            _ => return self.placed(table, param),
        };
        Some(value)
    }

    /// Addresses, prefixes and identifiers, each in its subnet.
    fn placed(&mut self, table: &Table, param: &Param) -> Option<Value> {
        let subnet = self.subnet.unwrap_or(0) as u16;
        let inside4 = |host: u32| Ipv4Addr::from_bits(0x0a00_0000 | u32::from(subnet) << 8 | host);
        let inside6 = |host: u16| Ipv6Addr::new(0x2001, 0xdb8, subnet, 0, 0, 0, 0, host);
        let value = match (table.name, param.key) {
            ("Subnet4", "subnet") => format!("{}/24", inside4(0)).into(),
            ("Subnet4", "4o6-subnet") => format!("{}/48", inside6(0)).into(),
            ("Subnet6", "subnet") => format!("{}/48", inside6(0)).into(),
            ("Reservation4", "ip-address") => inside4(200 + self.unique() % 50).to_string().into(),
            ("Reservation6", "ip-addresses") => json!([inside6(self.unique() as u16).to_string()]),
            ("Reservation6", "prefixes") => json!([format!("3000:{:x}::/64", self.unique())]),
            ("PdPool", "prefix") => format!("3fff:{:x}::", self.unique()).into(),
            ("PdPool", "prefix-len") => self.int(32, 48).into(),
            ("PdPool", "delegated-len") => self.int(48, 64).into(),
            ("PdPool", "excluded-prefix") => format!("3fff:{:x}::", self.number).into(),
            ("PdPool", "excluded-prefix-len") => 72.into(),
            _ => return None,
        };
        Some(value)
    }

    fn typed(&mut self, table: &'static Table, kind: &'static Kind) -> Option<Value> {
        Some(match kind {
            Kind::Bool => self.one_in(2).into(),
            Kind::Int { min, max } => self.int(*min, *max).into(),
            Kind::Real => self.hundredths(0, 100),
            Kind::Text { format } => self.text(format)?,
            Kind::Word(words) => self.pick(words).into(),
            Kind::Any | Kind::Group(_) => return None,
            Kind::Map(inner) => self.map(inner()).into(),
            Kind::Maps(inner) => self.maps(table, inner()),
            Kind::List(inner) => match inner {
                Kind::Any => return None,
                inner => Value::Array(vec![self.typed(table, inner)?]),
            },
        })
    }

    fn text(&mut self, format: &str) -> Option<Value> {
        let low = self.next() as u16;
        Some(match format {
            "" => self.word().into(),
            "empty" => "".into(),
            "ipv4-address" => Ipv4Addr::from_bits(0xc000_0200 | u32::from(low & 0xff)).to_string().into(),
            "ipv6-address" => Ipv6Addr::new(0x2001, 0xdb8, 0xffff, 0, 0, 0, 0, low).to_string().into(),
            "hex" => wire::hex::Plain(&self.octets(8)).to_string().into(),
            _ => return None,
        })
    }

    fn maps(&mut self, outer: &Table, table: &'static Table) -> Value {
        match table.name {
            "OptionData" => self.option_data(),
            "Reservation4" | "Reservation6" => self.reservations(table),
            "Pool4" | "Pool6" => self.pools(table),
            "Subnet4" | "Subnet6" => {
                self.shared = outer.name.starts_with("SharedNetwork");
                let subnets = (0..self.int(1, 3)).map(|_| self.subnet(table)).collect();
                self.shared = false;
                subnets
            }
            "HookLibrary" => json!([]),
            "OptionDef" => self.option_def(),
            // One of each type.
            "ControlSocket" => {
                let unix = json!({ "socket-type": "unix", "socket-name": format!("/run/kea/{}", self.word()) });
                let other = Some(self.map(table)).filter(|map| !is_socket(map, "unix")).map(Value::from);
                std::iter::once(unix).chain(other).collect()
            }
            _ => (0..self.int(1, 2)).map(|_| Value::from(self.map(table))).collect(),
        }
    }

    fn subnet(&mut self, table: &'static Table) -> Value {
        self.subnet = Some(self.unique());
        let subnet = self.map(table);
        self.subnet = None;
        subnet.into()
    }

    fn pools(&mut self, table: &'static Table) -> Value {
        let subnet = self.subnet.unwrap_or(0);
        let mut pools = Vec::new();
        for at in 0..self.int(1, 3) {
            let mut pool = self.map(table);
            let (first, last) = (at * 64 + 1, at * 64 + self.int(2, 62));
            let range = match (self.v6, self.one_in(2)) {
                (false, true) => format!("10.{}.{}.{}/28", subnet >> 8, subnet & 255, at * 64),
                (false, false) => {
                    let net = format!("10.{}.{}", subnet >> 8, subnet & 255);
                    format!("{net}.{first}-{net}.{last}")
                }
                (true, true) => {
                    format!("{}/80", Ipv6Addr::new(0x2001, 0xdb8, subnet as u16, at as u16 + 1, 0, 0, 0, 0))
                }
                (true, false) => {
                    let host =
                        |host: i64| Ipv6Addr::new(0x2001, 0xdb8, subnet as u16, 0, 0, 0, at as u16 + 1, host as u16);
                    format!("{}-{}", host(first), host(last))
                }
            };
            pool.insert("pool".to_owned(), range.into());
            pools.push(pool.into());
        }
        Value::Array(pools)
    }

    fn reservations(&mut self, table: &'static Table) -> Value {
        let mut list = Vec::new();
        for _ in 0..self.int(1, 3) {
            let mut reservation = self.map(table);
            let kinds = if self.v6 { 3 } else { 5 };
            let (key, text) = match self.next() % kinds {
                0 => ("hw-address", wire::hex::Colons(&self.octets(6)).to_string()),
                1 => ("duid", wire::hex::Colons(&self.octets(14)).to_string()),
                2 => ("flex-id", wire::hex::Plain(&self.octets(7)).to_string()),
                3 => ("circuit-id", wire::hex::Plain(&self.octets(7)).to_string()),
                _ => ("client-id", wire::hex::Plain(&self.octets(7)).to_string()),
            };
            reservation.insert(key.to_owned(), text.into());
            if let Some(prefixes) = reservation.get("prefixes").and_then(Value::as_array)
                && self.one_in(2)
            {
                let inner = prefixes.iter().filter_map(Value::as_str).map(|prefix| prefix.replace("/64", "/72"));
                let inner = inner.collect::<Vec<_>>();
                reservation.insert("excluded-prefixes".to_owned(), inner.into());
            }
            list.push(reservation.into());
        }
        Value::Array(list)
    }

    /// Definitions of options that no standard has, one of each kind.
    fn option_def(&mut self) -> Value {
        let space = if self.v6 { "dhcp6" } else { "dhcp4" };
        let code = if self.v6 { 2000 } else { 230 };
        let mut list =
            vec![json!({ "name": "fields", "code": code, "type": "record", "record-types": "uint8, string" })];
        for (at, kind) in ["uint32", "fqdn", "ipv6-prefix", "empty"].into_iter().enumerate() {
            let mut definition =
                json!({ "name": format!("made-{kind}"), "code": code + 1 + at, "space": space, "type": kind });
            match kind {
                "empty" => definition["encapsulate"] = "inside".into(),
                _ => definition["array"] = self.one_in(2).into(),
            }
            list.push(definition);
        }
        Value::Array(list)
    }

    /// Some options, each once.
    fn option_data(&mut self) -> Value {
        let samples = match self.v6 {
            false => [
                json!({ "name": "routers", "code": 3, "space": "dhcp4", "data": "10.0.0.1, 10.0.0.2" }),
                json!({ "code": 6, "space": "dhcp4", "csv-format": false, "data": "C0000201" }),
                json!({ "code": 15, "space": "dhcp4", "data": "example.org" }),
                json!({ "code": 222, "space": "dhcp4", "csv-format": false, "data": "0A0B" }),
                json!({ "code": 2, "space": "vendor-4491", "data": "192.0.2.1" }),
            ],
            true => [
                json!({ "name": "dns-servers", "code": 23, "space": "dhcp6", "data": "2001:db8::1, 2001:db8::2" }),
                json!({ "code": 24, "space": "dhcp6", "data": "example.org" }),
                json!({ "code": 7, "space": "dhcp6", "csv-format": false, "data": "0A" }),
                json!({ "code": 1234, "space": "dhcp6", "csv-format": false, "data": "0A0B" }),
                json!({ "code": 32, "space": "vendor-4491", "data": "2001:db8::1" }),
            ],
        };
        let mut list = Vec::new();
        for mut option in samples {
            if !self.one_in(2) {
                continue;
            }
            for flag in ["always-send", "never-send"] {
                if self.one_in(4) {
                    option[flag] = self.one_in(2).into();
                }
            }
            list.push(option);
        }
        Value::Array(list)
    }
}

/// Whether a control socket is one of this kind.
fn is_socket(socket: &Map<String, Value>, of: &str) -> bool {
    socket.get("socket-type").is_some_and(|kind| kind == of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hosts::Hosts;
    use crate::{v4, v6};
    use proptest::prelude::*;
    use schema::json::{self, Document};

    fn document(value: &Value) -> Document {
        json::parse("<string>", &value.to_string(), &mut json::no_includes).expect("what serde_json prints is JSON")
    }

    /// Lists that are empty are not printed.
    fn without_empty_lists(value: &Value) -> Value {
        match value {
            Value::Object(map) => {
                let kept = map.iter().map(|(key, value)| (key.clone(), without_empty_lists(value)));
                Value::Object(kept.filter(|(_, value)| *value != json!([])).collect())
            }
            Value::Array(items) => items.iter().map(without_empty_lists).collect(),
            other => other.clone(),
        }
    }

    /// As many as the variable PROPTEST_CASES says, or few.
    fn cases() -> u32 {
        std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(128)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_read_is_written(seed: u64) {
            let made = dhcp4(seed);
            let (input, config) = v4::load(&document(&made)).map_err(|errors| fail(&errors))?;
            prop_assert_eq!(json!({ "Dhcp4": input.write() }), without_empty_lists(&made));
            // What config-get shows means the same, and shows itself the same.
            let shown = v4::config_get(&input);
            let (again, same) = v4::load(&document(&shown)).map_err(|errors| fail(&errors))?;
            prop_assert_eq!(v4::config_get(&again), shown);
            let subnets = |config: &v4::snapshot::Config4| -> Vec<String> {
                let bare = |subnet: &v4::snapshot::Subnet4| v4::snapshot::Subnet4 { hosts: Hosts::default(), ..subnet.clone() };
                config.subnets.list().iter().map(|subnet| format!("{:?} {:?}", bare(subnet), subnet.hosts.list())).collect()
            };
            prop_assert_eq!(subnets(&config), subnets(&same));
        }

        #[test]
        fn what_is_read_is_written_6(seed: u64) {
            let made = dhcp6(seed);
            let (input, config) = v6::load(&document(&made)).map_err(|errors| fail(&errors))?;
            prop_assert_eq!(json!({ "Dhcp6": input.write() }), without_empty_lists(&made));
            let shown = v6::config_get(&input);
            let (again, same) = v6::load(&document(&shown)).map_err(|errors| fail(&errors))?;
            prop_assert_eq!(v6::config_get(&again), shown);
            let subnets = |config: &v6::snapshot::Config6| -> Vec<String> {
                let bare = |subnet: &v6::snapshot::Subnet6| v6::snapshot::Subnet6 { hosts: Hosts::default(), ..subnet.clone() };
                config.subnets.list().iter().map(|subnet| format!("{:?} {:?}", bare(subnet), subnet.hosts.list())).collect()
            };
            prop_assert_eq!(subnets(&config), subnets(&same));
        }
    }

    fn fail(errors: &[schema::ConfigError]) -> TestCaseError {
        TestCaseError::fail(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    }

    /// Parameters that need others, or what is not there yet; and an older spelling of one.
    fn made_apart(table: &Table, param: &Param) -> bool {
        table.name == "HookLibrary"
            || ["trust-anchor", "cert-file", "key-file", "user-file"].contains(&param.key)
            || ["read-timeout", "write-timeout", "tcp-user-timeout", "password-file", "hosts-database"]
                .contains(&param.key)
    }

    #[test]
    fn every_parameter_is_made_by_some_seed() {
        let made: Vec<String> = (0..300).map(|seed| dhcp4(seed).to_string() + &dhcp6(seed).to_string()).collect();
        let mut never = Vec::new();
        let mut tables = vec![File4::TABLE, File6::TABLE];
        let mut seen = Vec::new();
        while let Some(table) = tables.pop() {
            if seen.contains(&table.name) {
                continue;
            }
            seen.push(table.name);
            for param in table.params {
                match param.kind {
                    _ if matches!(param.support, Support::Nothing) || made_apart(table, param) => continue,
                    Kind::Map(inner) | Kind::Maps(inner) | Kind::Group(inner) => tables.push(inner()),
                    _ => {}
                }
                let key = format!("\"{}\":", param.key);
                if !param.key.is_empty() && !made.iter().any(|text| text.contains(&key)) {
                    never.push(format!("{}/{}", table.name, param.key));
                }
            }
        }
        assert_eq!(never, [""; 0]);
    }
}
