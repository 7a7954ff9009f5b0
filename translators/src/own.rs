//! What the scopes of a configuration say themselves, apart from what `config-get` shows in them besides.
//!
//! `config-get` shows in every subnet how its leases are made, wherever that was written. Taken at its word, each subnet
//! would say all of that by itself, and a lifetime changed for the whole server would reach none of them.

use std::collections::HashMap;

use schema::table::{Kind, Param, Table};
use serde_json::{Map, Value};

use crate::Model;

type Members = Map<String, Value>;

/// What a scope takes from outside, by key.
type Outer = HashMap<&'static str, Value>;

/// What `config-get` shows in a shared network or subnet though it was written outside. All else that it shows there was
/// written there.
const PASSED_ON: &[&str] = &[
    "allocator",
    "cache-max-age",
    "cache-threshold",
    "calculate-tee-times",
    "offer-lifetime",
    "pd-allocator",
    "rebind-timer",
    "relay",
    "renew-timer",
    "store-extended-info",
    "t1-percent",
    "t2-percent",
];

/// The lists whose entries take something from outside.
const HEIRS: [&str; 3] = ["shared-networks", "subnet4", "subnet6"];

/// The same for lifetimes, where one value tells what absent ones are and all three are shown.
const LIFETIMES: [[&str; 3]; 2] = [
    ["valid-lifetime", "min-valid-lifetime", "max-valid-lifetime"],
    ["preferred-lifetime", "min-preferred-lifetime", "max-preferred-lifetime"],
];

/// What `config-get` shows, without what shared networks and subnets take from outside. The daemon runs with it as with
/// the whole.
pub fn without_inherited(model: &Model, kea: &Value) -> Value {
    let own = |parameters: &Value| match parameters {
        Value::Object(map) => scope((model.table)(), map, None).into(),
        other => other.clone(),
    };
    match kea {
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), own(value))).collect::<Members>().into(),
        other => other.clone(),
    }
}

/// What is a map's own; `outer` is of the scope that it is listed in.
fn scope(table: &'static Table, kea: &Members, outer: Option<&Outer>) -> Members {
    let mut own = kea.clone();
    if let Some(outer) = outer {
        own.retain(|key, value| !PASSED_ON.contains(&key.as_str()) || outer.get(key.as_str()) != Some(value));
        for keys in LIFETIMES {
            let (given, outside) = (keys.map(|key| kea.get(key)), keys.map(|key| outer.get(key)));
            if complete(given).is_some() && complete(given) == complete(outside) {
                own.retain(|key, _| !keys.contains(&key.as_str()));
            }
        }
    }
    let inner = inner(table, kea, outer);
    for param in table.parameters() {
        if let (Kind::Maps(table), Some(Value::Array(entries))) = (&param.kind, own.get_mut(param.key)) {
            let outer = HEIRS.contains(&param.key).then_some(&inner);
            for entry in entries.iter_mut().filter_map(Value::as_object_mut) {
                *entry = scope(table(), entry, outer);
            }
        }
    }
    own
}

/// What the lists in a map take from it, and from outside of it.
fn inner(table: &'static Table, kea: &Members, outer: Option<&Outer>) -> Outer {
    let mut inner = outer.cloned().unwrap_or_default();
    for param in table.parameters() {
        let lifetime = LIFETIMES.iter().flatten().any(|key| *key == param.key);
        if param.inherited && (lifetime || PASSED_ON.contains(&param.key)) {
            let default = || default(param).filter(|_| outer.is_none());
            inner.extend(kea.get(param.key).cloned().or_else(default).map(|value| (param.key, value)));
        }
    }
    inner
}

/// A lifetime with the values that are not given; none if none is.
fn complete(lifetime: [Option<&Value>; 3]) -> Option<[&Value; 3]> {
    let first = lifetime.iter().flatten().next().copied()?;
    Some(lifetime.map(|value| value.unwrap_or(first)))
}

fn default(param: &Param) -> Option<Value> {
    serde_json::from_str(param.default?).ok()
}
