//! What a row of a table says, as the JSON of a configuration file, and back.
//!
//! Rows travel as JSON too, with the names and the types that columns have in PostgreSQL. What is empty and what is absent is told as
//! Kea tells it, text of lists included.

use super::Family;
use crate::connect::Error;
use dhcpd_config::values::{Range4, Range6};
use serde_json::{Map, Value, json};
use std::net::IpAddr;

/// A row, or a scope of a configuration.
pub type Object = Map<String, Value>;

/// How a column says what a parameter says.
#[derive(Clone, Copy)]
enum Form {
    /// In the same words.
    Same,
    /// A list as text: `[ "a", "b" ]`.
    List,
    /// The addresses of relays, as such a list.
    Relay,
    /// When a client's name is replaced, as a number.
    Replace,
    /// Text as bytes.
    Bytes,
}
use Form::{Bytes, List, Relay, Replace, Same};

/// A parameter, its column, and how that says it.
type Column = (&'static str, &'static str, Form);

/// What subnets and shared networks have in both families.
const NETWORK: &[Column] = &[
    ("user-context", "user_context", Same),
    ("client-classes", "client_classes", List),
    ("evaluate-additional-classes", "evaluate_additional_classes", List),
    ("interface", "interface", Same),
    ("relay", "relay", Relay),
    ("renew-timer", "renew_timer", Same),
    ("rebind-timer", "rebind_timer", Same),
    ("calculate-tee-times", "calculate_tee_times", Same),
    ("t1-percent", "t1_percent", Same),
    ("t2-percent", "t2_percent", Same),
    ("reservations-global", "reservations_global", Same),
    ("reservations-in-subnet", "reservations_in_subnet", Same),
    ("reservations-out-of-pool", "reservations_out_of_pool", Same),
    ("ddns-send-updates", "ddns_send_updates", Same),
    ("ddns-override-no-update", "ddns_override_no_update", Same),
    ("ddns-override-client-update", "ddns_override_client_update", Same),
    ("ddns-replace-client-name", "ddns_replace_client_name", Replace),
    ("ddns-generated-prefix", "ddns_generated_prefix", Same),
    ("ddns-qualifying-suffix", "ddns_qualifying_suffix", Same),
    ("ddns-ttl-percent", "ddns_ttl_percent", Same),
    ("ddns-ttl", "ddns_ttl", Same),
    ("ddns-ttl-min", "ddns_ttl_min", Same),
    ("ddns-ttl-max", "ddns_ttl_max", Same),
    ("cache-threshold", "cache_threshold", Same),
    ("cache-max-age", "cache_max_age", Same),
    ("allocator", "allocator", Same),
];

/// What they have in DHCPv4.
const NETWORK4: &[Column] = &[
    ("match-client-id", "match_client_id", Same),
    ("authoritative", "authoritative", Same),
    ("next-server", "next_server", Same),
    ("server-hostname", "server_hostname", Same),
    ("boot-file-name", "boot_file_name", Same),
    ("offer-lifetime", "offer_lifetime", Same),
];

/// What they have in DHCPv6.
const NETWORK6: &[Column] = &[
    ("rapid-commit", "rapid_commit", Same),
    ("interface-id", "interface_id", Bytes),
    ("pd-allocator", "pd_allocator", Same),
];

const SUBNET: &[Column] = &[
    ("id", "subnet_id", Same),
    ("subnet", "subnet_prefix", Same),
    ("shared-network-name", "shared_network_name", Same),
];

const SUBNET4: &[Column] = &[
    ("4o6-interface", "interface_4o6", Same),
    ("4o6-interface-id", "interface_id_4o6", Same),
    ("4o6-subnet", "subnet_4o6", Same),
];

const POOL: &[Column] = &[
    ("user-context", "user_context", Same),
    ("client-classes", "client_classes", List),
    ("evaluate-additional-classes", "evaluate_additional_classes", List),
];

const PREFIXES: &[Column] = &[
    ("prefix", "prefix", Same),
    ("prefix-len", "prefix_length", Same),
    ("delegated-len", "delegated_prefix_length", Same),
    ("excluded-prefix", "excluded_prefix", Same),
];

/// What classes have besides lifetimes, what DHCPv4 alone has last.
const CLASS: [&str; 10] = [
    "name",
    "test",
    "only-in-additional-list",
    "user-context",
    "option-data",
    "option-def",
    "next-server",
    "server-hostname",
    "boot-file-name",
    "offer-lifetime",
];

/// When a client's name is replaced: the number is the place.
const REPLACE: [&str; 4] = ["never", "always", "when-present", "when-not-present"];

/// Types of options; `option_def_data_type` has the numbers.
const TYPES: [(&str, i64); 17] = [
    ("empty", 0),
    ("binary", 1),
    ("boolean", 2),
    ("int8", 3),
    ("int16", 4),
    ("int32", 5),
    ("uint8", 6),
    ("uint16", 7),
    ("uint32", 8),
    ("ipv4-address", 10),
    ("ipv6-address", 11),
    ("ipv6-prefix", 12),
    ("psid", 13),
    ("string", 14),
    ("tuple", 15),
    ("fqdn", 16),
    ("record", 254),
];

fn lifetimes(family: Family) -> &'static [&'static str] {
    match family {
        Family::V4 => &["valid"],
        Family::V6 => &["valid", "preferred"],
    }
}

fn network_columns(family: Family) -> impl Iterator<Item = &'static Column> {
    let own = match family {
        Family::V4 => NETWORK4,
        Family::V6 => NETWORK6,
    };
    NETWORK.iter().chain(own)
}

fn subnet_columns(family: Family) -> impl Iterator<Item = &'static Column> {
    let own = match family {
        Family::V4 => SUBNET4,
        Family::V6 => &[],
    };
    network_columns(family).chain(SUBNET).chain(own)
}

/// The row of a subnet; its pools and options are rows of their own.
pub fn subnet_row(family: Family, subnet: &Object) -> Result<Object, Error> {
    let inner = ["option-data", "pools", "pd-pools"];
    let lifetimes = lifetimes(family);
    refuse_others(subnet, subnet_columns(family), &inner, lifetimes)?;
    let mut row = row(subnet_columns(family), subnet);
    lifetimes.iter().for_each(|kind| write_lifetime(kind, subnet, &mut row));
    Ok(row)
}

/// A subnet without its pools and options.
pub fn subnet(family: Family, row: &Object) -> Object {
    let mut subnet = object(subnet_columns(family), row);
    lifetimes(family).iter().for_each(|kind| read_lifetime(kind, row, &mut subnet));
    subnet
}

/// The row of a shared network; its options are rows of their own.
pub fn network_row(family: Family, network: &Object) -> Result<Object, Error> {
    let lifetimes = lifetimes(family);
    refuse_others(network, network_columns(family).chain(NAME), &["option-data"], lifetimes)?;
    let mut row = row(network_columns(family).chain(NAME), network);
    lifetimes.iter().for_each(|kind| write_lifetime(kind, network, &mut row));
    Ok(row)
}

/// A shared network without its options.
pub fn network(family: Family, row: &Object) -> Object {
    let mut network = object(network_columns(family).chain(NAME), row);
    lifetimes(family).iter().for_each(|kind| read_lifetime(kind, row, &mut network));
    network
}

const NAME: &[Column] = &[("name", "name", Same)];

/// The row of a pool of addresses.
pub fn pool_row(pool: &Object) -> Result<Object, Error> {
    let written = text(pool, "pool");
    let (first, last) =
        range(written).ok_or_else(|| Error::Refused(format!("invalid pool specification '{written}'")))?;
    refuse_others(pool, POOL.iter(), &["pool", "option-data"], &[])?;
    let mut row = row(POOL.iter(), pool);
    row.insert("start_address".into(), json!(first));
    row.insert("end_address".into(), json!(last));
    Ok(row)
}

/// A pool of addresses, without its options.
pub fn pool(row: &Object) -> Object {
    let mut pool = object(POOL.iter(), row);
    let (first, last) = (text(row, "start_address"), text(row, "end_address"));
    pool.insert("pool".into(), shown_range(first, last).into());
    pool
}

/// The row of a pool of prefixes.
pub fn pd_pool_row(pool: &Object) -> Result<Object, Error> {
    refuse_others(pool, POOL.iter().chain(PREFIXES), &["excluded-prefix-len", "option-data"], &[])?;
    let mut row = row(POOL.iter().chain(PREFIXES), pool);
    let excluded = pool.get("excluded-prefix-len").and_then(Value::as_i64).unwrap_or(0);
    if excluded == 0 {
        row.insert("excluded_prefix".into(), Value::Null);
    }
    row.insert("excluded_prefix_length".into(), excluded.into());
    Ok(row)
}

/// A pool of prefixes, without its options.
pub fn pd_pool(row: &Object) -> Object {
    let mut pool = object(POOL.iter().chain(PREFIXES), row);
    if pool.contains_key("excluded-prefix") {
        pool.insert("excluded-prefix-len".into(), row.get("excluded_prefix_length").cloned().unwrap_or_default());
    }
    pool
}

/// The row of an option but for where it belongs: its code, its space, and a value written out or in hexadecimal digits.
pub fn option_row(option: &Object) -> Object {
    let data = text(option, "data");
    let written_out = option.get("csv-format") == Some(&Value::Bool(true));
    let bytes = match data.is_empty() || written_out {
        true => Value::Null,
        false => format!("\\x{data}").into(),
    };
    let flag = |key| option.get(key).and_then(Value::as_bool).unwrap_or(false);
    let mut row = Object::new();
    row.insert("code".into(), option.get("code").cloned().unwrap_or_default());
    row.insert("space".into(), text(option, "space").into());
    row.insert("value".into(), bytes);
    row.insert("formatted_value".into(), if written_out { data.into() } else { "".into() });
    row.insert("persistent".into(), flag("always-send").into());
    row.insert("cancelled".into(), flag("never-send").into());
    // This one column is text, not JSON.
    row.insert("user_context".into(), option.get("user-context").map(Value::to_string).into());
    row.insert("client_classes".into(), list_text(option.get("client-classes")).into());
    row
}

/// An option.
pub fn option(row: &Object) -> Object {
    let written_out = text(row, "formatted_value");
    let mut option = Object::new();
    option.insert("code".into(), row.get("code").cloned().unwrap_or_default());
    option.insert("space".into(), text(row, "space").into());
    option.insert("csv-format".into(), (!written_out.is_empty()).into());
    let data = match written_out {
        "" => text(row, "value").trim_start_matches("\\x").to_uppercase(),
        text => text.to_owned(),
    };
    option.insert("data".into(), data.into());
    option.insert("always-send".into(), row.get("persistent").cloned().unwrap_or(Value::Bool(false)));
    option.insert("never-send".into(), row.get("cancelled").cloned().unwrap_or(Value::Bool(false)));
    let context = match row.get("user_context") {
        Some(Value::String(text)) => serde_json::from_str(text).ok(),
        context => context.filter(|context| !context.is_null()).cloned(),
    };
    if let Some(context) = context {
        option.insert("user-context".into(), context);
    }
    if let Some(classes) = list(row.get("client_classes")) {
        option.insert("client-classes".into(), classes);
    }
    option
}

/// The row of an option's definition, but for the class it belongs to.
pub fn definition_row(family: Family, definition: &Object) -> Result<Object, Error> {
    let number = |word: &str| {
        let known = TYPES.iter().find(|(name, _)| *name == word);
        known
            .map(|(_, number)| *number)
            .ok_or_else(|| Error::Refused(format!("invalid option definition type '{word}'")))
    };
    let records = text(definition, "record-types").split(',').map(str::trim).filter(|word| !word.is_empty());
    let records: Vec<_> = records.map(number).collect::<Result<_, _>>()?;
    let records = (!records.is_empty()).then(|| list_text(Some(&json!(records))));
    let space = definition.get("space").and_then(Value::as_str).unwrap_or(family.space());
    let mut row = Object::new();
    row.insert("code".into(), definition.get("code").cloned().unwrap_or_default());
    row.insert("name".into(), text(definition, "name").into());
    row.insert("space".into(), space.into());
    row.insert("type".into(), number(text(definition, "type"))?.into());
    row.insert("is_array".into(), definition.get("array").and_then(Value::as_bool).unwrap_or(false).into());
    row.insert("encapsulate".into(), text(definition, "encapsulate").into());
    row.insert("record_types".into(), records.into());
    row.insert("user_context".into(), definition.get("user-context").cloned().unwrap_or_default());
    Ok(row)
}

/// An option's definition.
pub fn definition(row: &Object) -> Object {
    let word = |number: &Value| TYPES.iter().find(|(_, known)| Some(*known) == number.as_i64()).map(|(word, _)| *word);
    let records = list(row.get("record_types"));
    let records: Vec<_> = records.iter().flat_map(|list| list.as_array()).flatten().filter_map(word).collect();
    let mut definition = Object::new();
    definition.insert("code".into(), row.get("code").cloned().unwrap_or_default());
    definition.insert("name".into(), text(row, "name").into());
    definition.insert("space".into(), text(row, "space").into());
    definition.insert("type".into(), row.get("type").and_then(word).unwrap_or("binary").into());
    definition.insert("array".into(), row.get("is_array").cloned().unwrap_or(Value::Bool(false)));
    definition.insert("encapsulate".into(), text(row, "encapsulate").into());
    definition.insert("record-types".into(), records.join(", ").into());
    if let Some(context) = row.get("user_context").filter(|context| !context.is_null()) {
        definition.insert("user-context".into(), context.clone());
    }
    definition
}

/// The row of a class but for its place among the others.
pub fn class_row(family: Family, class: &Object) -> Result<Object, Error> {
    let others: &[_] = match family {
        Family::V4 => &CLASS,
        Family::V6 => CLASS.split_at(6).0,
    };
    refuse_others(class, [].iter(), others, lifetimes(family))?;
    let mut row = Object::new();
    row.insert("name".into(), text(class, "name").into());
    row.insert("test".into(), text(class, "test").into());
    let additional = class.get("only-in-additional-list").and_then(Value::as_bool).unwrap_or(false);
    row.insert("only_in_additional_list".into(), additional.into());
    row.insert("user_context".into(), class.get("user-context").cloned().unwrap_or_default());
    for kind in lifetimes(family) {
        let given = lifetime(kind, class);
        row.insert(format!("{kind}_lifetime"), given.map(|(_, default, _)| default).into());
        // Kea leaves no bound of a class open.
        row.insert(format!("min_{kind}_lifetime"), given.map_or(0, |(least, _, _)| least).into());
        row.insert(format!("max_{kind}_lifetime"), given.map_or(0, |(_, _, most)| most).into());
    }
    if family == Family::V4 {
        let next = class.get("next-server").and_then(Value::as_str).filter(|address| !address.is_empty());
        row.insert("next_server".into(), next.unwrap_or("0.0.0.0").into());
        row.insert("server_hostname".into(), text(class, "server-hostname").into());
        row.insert("boot_file_name".into(), text(class, "boot-file-name").into());
        row.insert("offer_lifetime".into(), class.get("offer-lifetime").cloned().unwrap_or_default());
    }
    Ok(row)
}

/// A class without its options and definitions.
pub fn class(family: Family, row: &Object) -> Object {
    let mut class = Object::new();
    let texts: &[_] = match family {
        Family::V4 => &[("test", "test"), ("server-hostname", "server_hostname"), ("boot-file-name", "boot_file_name")],
        Family::V6 => &[("test", "test")],
    };
    class.insert("name".into(), text(row, "name").into());
    for (key, column) in texts.iter().filter(|(_, column)| !text(row, column).is_empty()) {
        class.insert((*key).into(), text(row, column).into());
    }
    if row.get("only_in_additional_list") == Some(&Value::Bool(true)) {
        class.insert("only-in-additional-list".into(), true.into());
    }
    for kind in lifetimes(family) {
        read_lifetime(kind, row, &mut class);
    }
    let next = text(row, "next_server");
    if !next.is_empty() && next != "0.0.0.0" {
        class.insert("next-server".into(), next.into());
    }
    for (key, column) in [("offer-lifetime", "offer_lifetime"), ("user-context", "user_context")] {
        if let Some(value) = row.get(column).filter(|value| !value.is_null()) {
            class.insert(key.into(), value.clone());
        }
    }
    class
}

/// The text of a global parameter's value, and the number of its type.
pub fn global_row(value: &Value) -> Result<(String, i16), Error> {
    match value {
        Value::Number(number) if number.is_f64() => Ok((number.to_string(), 1)),
        Value::Number(number) => Ok((number.to_string(), 0)),
        Value::Bool(flag) => Ok((u8::from(*flag).to_string(), 2)),
        Value::String(text) => Ok((text.clone(), 4)),
        _ => Err(Error::Refused("a global parameter is a scalar".to_owned())),
    }
}

/// The value of a global parameter.
pub fn global(row: &Object) -> Result<Value, Error> {
    let (name, value) = (text(row, "name"), text(row, "value"));
    let read = match row.get("parameter_type").and_then(Value::as_i64) {
        Some(0) => value.parse::<i64>().ok().map(Value::from),
        Some(1) => value.parse::<f64>().ok().map(Value::from),
        Some(2) => matches!(value, "0" | "1" | "true" | "false").then(|| matches!(value, "1" | "true").into()),
        Some(4) => Some(value.into()),
        _ => None,
    };
    read.ok_or_else(|| Error::Refused(format!("unable to read the value '{value}' of the parameter '{name}'")))
}

/// Refuses by name what the table has no column for: Kea would forget it without a word.
fn refuse_others<'a>(
    object: &Object,
    columns: impl Iterator<Item = &'a Column>,
    others: &[&str],
    lifetimes: &[&str],
) -> Result<(), Error> {
    let columns: Vec<_> = columns.map(|(key, ..)| *key).collect();
    let is_lifetime = |key: &str| {
        let key = key.strip_prefix("min-").or(key.strip_prefix("max-")).unwrap_or(key);
        key.strip_suffix("-lifetime").is_some_and(|kind| lifetimes.contains(&kind))
    };
    let is_known = |key: &str| columns.contains(&key) || others.contains(&key) || is_lifetime(key);
    match object.keys().find(|key| !is_known(key)) {
        None => Ok(()),
        Some(key) => Err(Error::Refused(format!("'{key}' is not kept in the configuration database"))),
    }
}

fn row<'a>(columns: impl Iterator<Item = &'a Column>, object: &Object) -> Object {
    columns.map(|(key, column, form)| ((*column).to_owned(), form.write(object.get(*key)))).collect()
}

fn object<'a>(columns: impl Iterator<Item = &'a Column>, row: &Object) -> Object {
    let known = columns.filter_map(|(key, column, form)| Some(((*key).to_owned(), form.read(row.get(*column)?)?)));
    known.collect()
}

impl Form {
    fn write(self, value: Option<&Value>) -> Value {
        match (self, value) {
            (List, value) => list_text(value).into(),
            (Relay, value) => list_text(value.and_then(|relay| relay.get("ip-addresses"))).into(),
            (_, None) => Value::Null,
            (Same, Some(value)) => value.clone(),
            (Replace, Some(word)) => REPLACE.iter().position(|known| Some(*known) == word.as_str()).into(),
            (Bytes, Some(text)) => {
                let digits: String =
                    text.as_str().unwrap_or_default().bytes().map(|byte| format!("{byte:02x}")).collect();
                format!("\\x{digits}").into()
            }
        }
    }

    fn read(self, value: &Value) -> Option<Value> {
        match (self, value) {
            (_, Value::Null) => None,
            (Same, value) => Some(value.clone()),
            (List, value) => list(Some(value)),
            (Relay, value) => list(Some(value)).map(|addresses| json!({ "ip-addresses": addresses })),
            (Replace, number) => {
                let place = usize::try_from(number.as_i64()?).ok()?;
                REPLACE.get(place).map(|word| (*word).into())
            }
            (Bytes, digits) => {
                let digits = digits.as_str()?.trim_start_matches("\\x").as_bytes();
                let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
                let bytes: Vec<_> = digits.chunks(2).map_while(byte).collect();
                Some(String::from_utf8_lossy(&bytes).into_owned().into())
            }
        }
    }
}

/// The least, the usual and the greatest lifetime: one that is given stands for those that are not.
fn lifetime(kind: &str, object: &Object) -> Option<(u64, u64, u64)> {
    let number = |prefix: &str| object.get(&format!("{prefix}{kind}-lifetime")).and_then(Value::as_u64);
    let (least, default, most) = (number("min-"), number(""), number("max-"));
    let default = default.or(least).or(most)?;
    Some((least.unwrap_or(default), default, most.unwrap_or(default)))
}

fn write_lifetime(kind: &str, object: &Object, row: &mut Object) {
    let given = lifetime(kind, object);
    row.insert(format!("{kind}_lifetime"), given.map(|(_, default, _)| default).into());
    let bound = |bound: u64, default: u64| (bound != default).then_some(bound);
    row.insert(format!("min_{kind}_lifetime"), given.and_then(|(least, default, _)| bound(least, default)).into());
    row.insert(format!("max_{kind}_lifetime"), given.and_then(|(_, default, most)| bound(most, default)).into());
}

fn read_lifetime(kind: &str, row: &Object, object: &mut Object) {
    let Some(default) = row.get(&format!("{kind}_lifetime")).and_then(Value::as_u64) else { return };
    object.insert(format!("{kind}-lifetime"), default.into());
    for side in ["min", "max"] {
        let bound = row.get(&format!("{side}_{kind}_lifetime")).and_then(Value::as_u64);
        if let Some(bound) = bound.filter(|bound| *bound != default) {
            object.insert(format!("{side}-{kind}-lifetime"), bound.into());
        }
    }
}

/// A list as Kea writes it; one that is absent is empty.
pub fn list_text(list: Option<&Value>) -> String {
    let items = list.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let items: Vec<_> = items.iter().map(Value::to_string).collect();
    format!("[ {} ]", items.join(", "))
}

/// The list that a text writes out, unless it is empty.
fn list(text: Option<&Value>) -> Option<Value> {
    let list: Value = serde_json::from_str(text?.as_str()?).ok()?;
    list.as_array().is_some_and(|items| !items.is_empty()).then_some(list)
}

/// The text of a key; none is empty.
pub fn text<'a>(object: &'a Object, key: &str) -> &'a str {
    object.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// First and last address of `first-last` or of a prefix.
pub fn range(written: &str) -> Option<(IpAddr, IpAddr)> {
    let v4 = written.parse::<Range4>().map(|range| (range.first.into(), range.last.into()));
    v4.or_else(|()| written.parse::<Range6>().map(|range| (range.first.into(), range.last.into()))).ok()
}

/// A range as Kea shows it: as a prefix if it is one.
fn shown_range(first: &str, last: &str) -> String {
    let written = format!("{first}-{last}");
    let v4 = written.parse::<Range4>().map(|range| range.to_string());
    v4.or_else(|()| written.parse::<Range6>().map(|range| range.to_string())).unwrap_or(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(value: Value) -> Object {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn a_subnet_comes_back_as_it_went() {
        let subnet4 = map(json!({
            "id": 5, "subnet": "192.0.2.0/24", "shared-network-name": "level3", "interface": "eth0", "renew-timer": 100,
            "valid-lifetime": 400, "min-valid-lifetime": 300, "t1-percent": 0.45, "match-client-id": false,
            "next-server": "192.0.2.1", "client-classes": ["a", "b"], "relay": {"ip-addresses": ["192.0.2.9"]},
            "ddns-replace-client-name": "when-present", "4o6-subnet": "2001:db8::/32", "user-context": {"x": [1]}
        }));
        let row = subnet_row(Family::V4, &subnet4).unwrap();
        assert_eq!(row["client_classes"], "[ \"a\", \"b\" ]");
        assert_eq!(row["evaluate_additional_classes"], "[  ]", "as Kea writes a list with nothing in it");
        assert_eq!((&row["ddns_replace_client_name"], &row["max_valid_lifetime"]), (&json!(2), &Value::Null));
        assert_eq!(subnet(Family::V4, &row), subnet4);
        let subnet6 = map(
            json!({"id": 1, "subnet": "2001:db8::/64", "interface-id": "a\u{e9}", "rapid-commit": true, "preferred-lifetime": 9}),
        );
        let row = subnet_row(Family::V6, &subnet6).unwrap();
        assert_eq!(row["interface_id"], "\\x61c3a9");
        assert_eq!(subnet(Family::V6, &row), subnet6);
    }

    #[test]
    fn one_lifetime_stands_for_those_that_are_not_given() {
        let network = map(json!({"name": "n", "max-valid-lifetime": 50}));
        let row = network_row(Family::V4, &network).unwrap();
        assert_eq!(row["valid_lifetime"], 50);
        assert_eq!((&row["min_valid_lifetime"], &row["max_valid_lifetime"]), (&Value::Null, &Value::Null));
        let class = class_row(Family::V6, &map(json!({"name": "c", "valid-lifetime": 7}))).unwrap();
        let bounds =
            ["min_valid_lifetime", "max_valid_lifetime", "min_preferred_lifetime"].map(|column| &class[column]);
        assert_eq!(bounds, [&json!(7), &json!(7), &json!(0)]);
    }

    #[test]
    fn what_has_no_column_is_refused_by_name() {
        let subnet = map(json!({"id": 1, "subnet": "192.0.2.0/24", "store-extended-info": true}));
        let refused = subnet_row(Family::V4, &subnet).unwrap_err().to_string();
        assert_eq!(refused, "'store-extended-info' is not kept in the configuration database");
        assert!(class_row(Family::V6, &map(json!({"name": "c", "next-server": "192.0.2.1"}))).is_err());
        assert!(network_row(Family::V4, &map(json!({"name": "n", "preferred-lifetime": 5}))).is_err());
    }

    #[test]
    fn options_are_written_out_or_bytes() {
        let written = map(json!({
            "code": 6, "space": "dhcp4", "csv-format": true, "data": "192.0.2.1, 192.0.2.2", "always-send": true,
            "never-send": false, "client-classes": ["gold"], "user-context": {"a": "b"}
        }));
        let row = option_row(&written);
        assert_eq!((&row["value"], &row["formatted_value"]), (&Value::Null, &json!("192.0.2.1, 192.0.2.2")));
        assert_eq!(option(&row), written);
        let bytes = map(
            json!({"code": 7, "space": "dhcp4", "csv-format": false, "data": "0AFF", "always-send": false, "never-send": true}),
        );
        let row = option_row(&bytes);
        assert_eq!((&row["value"], &row["formatted_value"]), (&json!("\\x0AFF"), &json!("")));
        assert_eq!((&row["client_classes"], option(&row)), (&json!("[  ]"), bytes));
    }

    #[test]
    fn definitions_name_their_types_by_number() {
        let given = map(json!({
            "name": "foo", "code": 222, "space": "isc", "type": "record", "record-types": "uint8, fqdn", "array": true, "encapsulate": ""
        }));
        let row = definition_row(Family::V4, &given).unwrap();
        assert_eq!((&row["type"], &row["record_types"]), (&json!(254), &json!("[ 6, 16 ]")));
        assert_eq!(definition(&row), given);
        assert!(definition_row(Family::V4, &map(json!({"name": "foo", "code": 1, "type": "nothing"}))).is_err());
    }

    #[test]
    fn a_range_that_is_a_prefix_is_shown_as_one() {
        let shown = |written: &str| pool(&pool_row(&map(json!({"pool": written}))).unwrap())["pool"].clone();
        assert_eq!(shown("192.0.2.16 - 192.0.2.31"), "192.0.2.16/28");
        assert_eq!(shown("192.0.2.17-192.0.2.30"), "192.0.2.17-192.0.2.30");
        assert_eq!(shown("192.0.2.5-192.0.2.5"), "192.0.2.5/32");
        assert_eq!(shown("2001:db8::/96"), "2001:db8::/96");
        assert!(["192.0.2.0/33", "x-y", "192.0.2.1"].iter().all(|wrong| range(wrong).is_none()));
    }

    #[test]
    fn prefixes_exclude_something_or_nothing() {
        let pool = map(
            json!({"prefix": "3000::", "prefix-len": 48, "delegated-len": 64, "excluded-prefix": "3000::", "excluded-prefix-len": 72}),
        );
        assert_eq!(pd_pool(&pd_pool_row(&pool).unwrap()), pool);
        let plain = map(json!({"prefix": "3000::", "prefix-len": 48, "delegated-len": 64}));
        let row = pd_pool_row(&plain).unwrap();
        assert_eq!((&row["excluded_prefix"], &row["excluded_prefix_length"]), (&Value::Null, &json!(0)));
        assert_eq!(pd_pool(&row), plain);
    }

    #[test]
    fn global_parameters_keep_their_types() {
        for (value, written, kind) in [
            (json!(5), "5", 0),
            (json!(0.85), "0.85", 1),
            (json!(1.0), "1.0", 1),
            (json!(true), "1", 2),
            (json!("x"), "x", 4),
        ] {
            assert_eq!(global_row(&value).unwrap(), (written.to_owned(), kind));
            let row = map(json!({"name": "n", "value": written, "parameter_type": kind}));
            assert_eq!(global(&row).unwrap(), value);
        }
        assert!(global_row(&json!([])).is_err());
        assert!(global(&map(json!({"name": "n", "value": "x", "parameter_type": 0}))).is_err());
    }
}
