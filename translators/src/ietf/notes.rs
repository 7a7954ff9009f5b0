//! What the model says and the daemon has no parameter for: kept in the `user-context` of what it is about, where the
//! daemon leaves it alone. `description` stands there under its own name, as Kea has it; all else below the module's.

use serde_json::{Map, Value};

use crate::special::Members;

const CONTEXT: &str = "user-context";
const NOTES: &str = "ietf-dhcpv6-server";
const DESCRIPTION: &str = "description";

/// A note on a map of the JSON.
pub fn note<'a>(kea: &'a Members, name: &str) -> Option<&'a Value> {
    kea.get(CONTEXT)?.get(NOTES)?.get(name)
}

/// The same where it is a text.
pub fn text<'a>(kea: &'a Members, name: &str) -> Option<&'a str> {
    note(kea, name)?.as_str()
}

/// All notes on a map.
pub fn all(kea: &Members) -> Members {
    kea.get(CONTEXT).and_then(|context| context.get(NOTES)?.as_object().cloned()).unwrap_or_default()
}

/// Exchanges the notes on a map.
pub fn write(kea: &mut Members, notes: Members) {
    if notes != all(kea) {
        put(kea, NOTES, (!notes.is_empty()).then(|| notes.into()));
    }
}

/// What the operator says that it is.
pub fn description(kea: &Members) -> Option<&str> {
    kea.get(CONTEXT)?.get(DESCRIPTION)?.as_str()
}

/// Says it, or nothing.
pub fn describe(kea: &mut Members, description: Option<&Value>) {
    put(kea, DESCRIPTION, description.cloned());
}

fn put(kea: &mut Members, key: &str, value: Option<Value>) {
    let context = kea.entry(CONTEXT).or_insert_with(|| Map::new().into());
    if !context.is_object() {
        *context = Map::new().into();
    }
    let Some(members) = context.as_object_mut() else { return };
    match value {
        Some(value) => drop(members.insert(key.to_owned(), value)),
        None => drop(members.remove(key)),
    }
    if members.is_empty() {
        kea.remove(CONTEXT);
    }
}

/// Sets a note, or takes it away.
pub fn set(notes: &mut Members, name: &str, value: Option<Value>) {
    match value {
        Some(value) => drop(notes.insert(name.to_owned(), value)),
        None => drop(notes.remove(name)),
    }
}
