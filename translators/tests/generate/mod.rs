//! Configurations made of the tables alone: every declared parameter, absent or with some value of its kind.
//!
//! They need not make sense as a whole; the translators do not ask for that.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use schema::table::{Kind, Param, Support, Table, Yang};
use serde_json::{Map, Value, json};
use translators::Model;

/// Configurations of a model's daemon.
pub fn configuration(model: Model) -> impl Strategy<Value = Value> {
    map((model.table)(), model.root == "Dhcp4").prop_map(move |parameters| {
        let mut config = Map::new();
        config.insert(model.root.to_owned(), parameters);
        config.into()
    })
}

fn map(table: &'static Table, v4: bool) -> BoxedStrategy<Value> {
    let mut members = Vec::new();
    for param in table.parameters() {
        // What is known by name and not supported can only be absent.
        let any = matches!(param.kind, Kind::Any | Kind::List(Kind::Any)) && !matches!(param.yang, Yang::Opaque(_));
        if any || matches!(param.support, Support::Nothing) {
            continue;
        }
        let value = match param.support {
            Support::Only(only) => Just(only()).boxed(),
            _ => value(param, v4),
        };
        let shown = match param.required {
            true => value.prop_map(Some).boxed(),
            false => option::weighted(0.3, value).boxed(),
        };
        members.push(shown.prop_map(move |value| (param.key, value)));
    }
    let name = table.name;
    members.prop_map(move |members| tidy(name, members)).boxed()
}

const IDENTIFIERS: [&str; 5] = ["hw-address", "duid", "circuit-id", "client-id", "flex-id"];

/// What only rules between parameters forbid, and no daemon would take.
fn tidy(table: &str, members: Vec<(&'static str, Option<Value>)>) -> Value {
    let given = members.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
    let mut map: Map<String, Value> = given.collect();
    // `auto` stands alone.
    let kinds = map.get_mut("host-reservation-identifiers").and_then(Value::as_array_mut);
    if let Some(kinds) = kinds.filter(|kinds| kinds.iter().any(|kind| kind == "auto")) {
        *kinds = vec!["auto".into()];
    }
    if table.starts_with("Reservation") {
        let first = IDENTIFIERS.into_iter().find(|kind| map.contains_key(*kind));
        map.retain(|key, _| Some(key.as_str()) == first || !IDENTIFIERS.contains(&key.as_str()));
        // A prefix is excluded from the one at the same place, a part of it.
        let prefixes: Vec<Value> = map.get("prefixes").and_then(Value::as_array).cloned().unwrap_or_default();
        if let Some(excluded) = map.get_mut("excluded-prefixes") {
            *excluded =
                prefixes.iter().enumerate().map(|(n, p)| if n % 2 == 0 { p.clone() } else { "".into() }).collect();
        }
    }
    map.into()
}

fn value(param: &'static Param, v4: bool) -> BoxedStrategy<Value> {
    match (param.key, &param.kind) {
        ("name", Kind::Text { format: "" }) => {
            prop_oneof!["[a-c]", Just("routers".to_owned()), Just("dns-servers".to_owned())]
                .prop_map(Value::from)
                .boxed()
        }
        ("code", Kind::Int { .. }) if v4 => (1..255).prop_map(Value::from).boxed(),
        (_, kind) => of_kind(kind, v4),
    }
}

fn of_kind(kind: &'static Kind, v4: bool) -> BoxedStrategy<Value> {
    match kind {
        Kind::Bool => any::<bool>().prop_map(Value::from).boxed(),
        Kind::Int { min, max } => prop_oneof![*min..=*max, *min..=(*max).min(min + 3)].prop_map(Value::from).boxed(),
        Kind::Real => prop_oneof![(0.0..=1.0).prop_map(Value::from), (0..=1).prop_map(Value::from)].boxed(),
        Kind::Text { format } => text(format),
        Kind::Word(words) => proptest::sample::select(*words).prop_map(Value::from).boxed(),
        Kind::Any => Just(json!({"comment": "c", "a": [1, null, "x\u{1}'\""], "b": {"c": 0.5}})).boxed(),
        Kind::Map(table) => map(table(), v4),
        Kind::Maps(table) => vec(map(table(), v4), 0..3).prop_map(Value::from).boxed(),
        Kind::List(kind) => vec(of_kind(kind, v4), 0..4).prop_map(Value::from).boxed(),
        Kind::Group(table) => map(table(), v4),
    }
}

fn text(format: &str) -> BoxedStrategy<Value> {
    let v4 = || any::<std::net::Ipv4Addr>();
    let v6 = || {
        let zeros = any::<u16>().prop_map(|low| std::net::Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, low));
        prop_oneof![zeros, any::<u128>().prop_map(|bits| (bits | 1 << 127).into())]
    };
    let written = match format {
        "ipv4-address" => v4().prop_map(|a| a.to_string()).boxed(),
        "ipv6-address" => prop_oneof![
            v6().prop_map(|a| a.to_string()),
            v6().prop_map(|a| a.segments().map(|s| format!("{s:04X}")).join(":")),
        ]
        .boxed(),
        "ip-address" => prop_oneof![v4().prop_map(|a| a.to_string()), v6().prop_map(|a| a.to_string())].boxed(),
        "ipv4-prefix" => (v4(), 0..=32).prop_map(|(a, length)| format!("{a}/{length}")).boxed(),
        "ipv6-prefix" => (v6(), 0..=128).prop_map(|(a, length)| format!("{a}/{length}")).boxed(),
        "ipv4-range" => prop_oneof![
            (v4(), v4()).prop_map(|(a, b)| format!("{} - {}", a.min(b), a.max(b))),
            (v4(), 0..=32).prop_map(|(a, length)| format!("{a}/{length}")),
        ]
        .boxed(),
        "ipv6-range" => prop_oneof![
            (v6(), v6()).prop_map(|(a, b)| format!("{}-{}", a.min(b), a.max(b))),
            (v6(), 0..=128).prop_map(|(a, length)| format!("{a}/{length}")),
        ]
        .boxed(),
        "hex" => "[0-9a-f]{2}(:[0-9A-F]{2}){0,7}".boxed(),
        _ => "[a-c '\"<&\u{e9}]{0,3}".boxed(),
    };
    written.prop_map(Value::from).boxed()
}
