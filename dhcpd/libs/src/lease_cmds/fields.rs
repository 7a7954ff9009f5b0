//! What leases of both families have, from arguments and as JSON.

use super::identifiers::Colons;
use crate::arguments::{Arguments, At, Refusal};
use leases::LeaseState;
use leases::lease::UnixSeconds;
use schema::json::{Node, Value as Tree};
use serde_json::{Map, Value, json};
use std::fmt::Display;

/// A valid lifetime and when it began.
pub(super) fn times(
    arguments: Arguments<'_>,
    address: impl Display,
    default: u32,
    now: UnixSeconds,
) -> Result<(u32, UnixSeconds), Refusal> {
    let valid = arguments.number::<u32>("valid-lft")?.unwrap_or(default);
    let Some(expire) = arguments.integer("expire")? else { return Ok((valid, now)) };
    match u64::try_from(expire) {
        Err(_) | Ok(0) => Err(format!("expiration time must be positive for address {address}").into()),
        Ok(expire) => match expire.checked_sub(valid.into()) {
            Some(cltt) => Ok((valid, cltt)),
            None => Err(format!("expiration time must be greater than valid lifetime for address {address}").into()),
        },
    }
}

/// A name and whether D2 knows it.
pub(super) struct Name {
    pub hostname: Box<str>,
    pub forward: bool,
    pub reverse: bool,
}

impl Name {
    pub fn read(arguments: Arguments<'_>) -> Result<Self, Refusal> {
        let forward = arguments.flag("fqdn-fwd")?.unwrap_or(false);
        let reverse = arguments.flag("fqdn-rev")?.unwrap_or(false);
        let hostname: Box<str> = arguments.text("hostname")?.unwrap_or_default().to_lowercase().into();
        if hostname.is_empty() && (forward || reverse) {
            return Err("No hostname specified and either forward or reverse fqdn was set to true.".into());
        }
        Ok(Self { hostname, forward, reverse })
    }
}

/// States by number, and the words that `leaseX-get-by-state` takes for them.
const STATES: [(LeaseState, &[&str]); 5] = [
    (LeaseState::Assigned, &["default", "assigned"]),
    (LeaseState::Declined, &["declined"]),
    (LeaseState::ExpiredReclaimed, &["expired-reclaimed"]),
    (LeaseState::Released, &["released"]),
    (LeaseState::Registered, &["registered"]),
];

/// The states that a lease of a family may have: the first ones of all, so many.
pub(super) fn state(arguments: Arguments<'_>, count: usize) -> Result<LeaseState, Refusal> {
    let Some(number) = arguments.number::<u8>("state")? else { return Ok(LeaseState::Assigned) };
    let known = STATES.get(..count).unwrap_or(&STATES);
    if let Some((state, _)) = known.iter().find(|(state, _)| *state as u8 == number) {
        return Ok(*state);
    }
    let words = known.iter().filter_map(|(state, words)| Some(format!("{} ({})", *state as u8, words.first()?)));
    let words: Vec<String> = words.collect();
    let (last, others) = words.split_last().ok_or("there are no states")?;
    let others = others.join(", ");
    Err(format!("Invalid state value: {number}, supported values are: {others} and {last}").into())
}

/// A state by number or word.
pub(super) fn any_state(given: Option<&Node>) -> Result<LeaseState, Refusal> {
    let found = match given.map(|node| &node.value) {
        None => return Err("'state' parameter not specified".into()),
        Some(Tree::Int(number)) => STATES.iter().find(|(state, _)| i64::from(*state as u8) == *number),
        Some(Tree::Text(word)) => STATES.iter().find(|(_, words)| words.contains(&&**word)),
        Some(_) => return Err("'state' parameter must be a number or a string".into()),
    };
    let shown = || given.map(|node| node.to_json().to_string().replace('"', "")).unwrap_or_default();
    found.map(|(state, _)| *state).ok_or_else(|| format!("unknown state '{}'", shown()).into())
}

/// A user context as it is stored; a comment becomes part of it.
pub(super) fn user_context(arguments: Arguments<'_>) -> Result<Option<Box<str>>, Refusal> {
    let context = arguments.find("user-context")?.map(Node::to_json);
    let comment = arguments.find("comment")?.map(Node::to_json);
    let mut map = match context {
        None => None,
        Some(Value::Object(map)) => Some(map),
        Some(other) => {
            return Err(format!("Invalid user context '{}' is not a JSON map.", control::to_text(&other)).into());
        }
    };
    if let Some(comment) = comment {
        let map = map.get_or_insert_with(Map::new);
        if map.contains_key("comment") {
            let (comment, map) = (control::to_text(&comment), control::to_text(&Value::Object(map.clone())));
            return Err(format!("Duplicated comment entry '{comment}' in user context '{map}'").into());
        }
        map.insert("comment".to_owned(), comment);
    }
    Ok(map.map(|map| control::to_text(&Value::Object(map)).into()))
}

/// A stored user context as JSON, if there is one.
pub(super) fn show_context(context: Option<&str>, map: &mut Map<String, Value>) {
    if let Some(context) = context.and_then(|text| serde_json::from_str::<Value>(text).ok()) {
        map.insert("user-context".to_owned(), context);
    }
}

/// The place in the text of a value that is of no use as such.
pub(super) fn not_a(call: &str, kind: &str, node: &Node) -> Refusal {
    format!("{call}() called on non-{kind} Element in ({})", At(node)).into()
}

pub(super) fn colons(bytes: &[u8]) -> Value {
    json!(Colons(bytes).to_string())
}
