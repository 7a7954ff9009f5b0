//! A configuration without what its daemon would assume anyway.
//!
//! `config-get` shows defaults, and in every subnet what the subnet takes from outside. Taken at its word, each subnet
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

/// The same for lifetimes, where one value tells what absent ones are and all three are shown.
const LIFETIMES: [[&str; 3]; 2] = [
    ["valid-lifetime", "min-valid-lifetime", "max-valid-lifetime"],
    ["preferred-lifetime", "min-preferred-lifetime", "max-preferred-lifetime"],
];

/// What `config-get` shows, without the daemon's defaults and without what subnets take from outside. The daemon runs
/// with it as with the whole.
pub fn without_defaults(model: &Model, kea: &Value) -> Value {
    let bare = |parameters: &Value| match parameters {
        Value::Object(map) => scope((model.table)(), map, None).into(),
        other => other.clone(),
    };
    match kea {
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), bare(value))).collect::<Members>().into(),
        other => other.clone(),
    }
}

/// What is left of a map; `outer` is of the scope that it is listed in.
fn scope(table: &'static Table, kea: &Members, outer: Option<&Outer>) -> Members {
    let mut bare = kea.clone();
    for keys in LIFETIMES {
        let given = complete(keys.map(|key| kea.get(key)));
        if given.is_some() && outer.is_some_and(|outer| given == complete(keys.map(|key| outer.get(key)))) {
            keys.iter().for_each(|key| drop(bare.remove(*key)));
        }
    }
    let mut inner = outer.cloned().unwrap_or_default();
    each(table, &mut |param| {
        if param.inherited
            && (PASSED_ON.contains(&param.key) || LIFETIMES.iter().flatten().any(|key| *key == param.key))
        {
            let default = || default(param).filter(|_| outer.is_none());
            inner.extend(kea.get(param.key).cloned().or_else(default).map(|value| (param.key, value)));
        }
    });
    each(table, &mut |param| {
        let left = bare.remove(param.key).and_then(|value| parameter(param, value, outer, &inner));
        bare.extend(left.map(|value| (param.key.to_owned(), value)));
    });
    bare
}

/// What is left of a parameter.
fn parameter(param: &'static Param, value: Value, outer: Option<&Outer>, inner: &Outer) -> Option<Value> {
    let assumed = match outer {
        Some(outer) => outer.get(param.key).cloned().filter(|_| PASSED_ON.contains(&param.key)),
        None => default(param),
    };
    if !param.required && assumed.as_ref() == Some(&value) {
        return None;
    }
    match (&param.kind, value) {
        (Kind::Map(table), Value::Object(map)) if outer.is_none() => {
            let bare = scope(table(), &map, None);
            // A map that counts as empty when it is absent has the default `{}`.
            (!bare.is_empty() || assumed.is_none()).then(|| bare.into())
        }
        (Kind::Maps(_) | Kind::List(_), Value::Array(entries)) if entries.is_empty() => {
            (param.required || param.default.is_some()).then(|| entries.into())
        }
        (Kind::Maps(table), Value::Array(entries)) => {
            let bare = |entry: &Value| match entry {
                Value::Object(map) => scope(table(), map, Some(inner)).into(),
                other => other.clone(),
            };
            Some(entries.iter().map(bare).collect())
        }
        (_, value) => Some(value),
    }
}

/// A lifetime with the values that are not given; none if none is.
fn complete(lifetime: [Option<&Value>; 3]) -> Option<[&Value; 3]> {
    let first = lifetime.iter().flatten().next().copied()?;
    Some(lifetime.map(|value| value.unwrap_or(first)))
}

fn default(param: &Param) -> Option<Value> {
    serde_json::from_str(param.default?).ok()
}

fn each(table: &'static Table, visit: &mut dyn FnMut(&'static Param)) {
    for param in table.params {
        match param.kind {
            Kind::Group(group) => each(group(), visit),
            _ => visit(param),
        }
    }
}
