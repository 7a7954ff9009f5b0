//! The commands about global parameters.

use super::call::Call;
use super::judge::check_globals;
use super::store::{Element, Entry, Object, Query, Servers, Wanted};
use super::{Server, deleted, found, with_metadata};
use crate::arguments::Refusal;
use control::{Answer, Code};
use schema::json::{Node, Value as Tree};
use serde_json::{Value, json};

pub(super) async fn set(server: &Server, call: Call<'_>) -> Result<Answer, Refusal> {
    let given = match call.find("parameters") {
        Some(node) if matches!(&node.value, Tree::Map(members) if !members.is_empty()) => node,
        _ => return Err("'parameters' parameter must be specified and must be a map that is not empty".into()),
    };
    let tag = call.one_tag()?;
    let parameters = scalars(given)?;
    check_globals(server.family, given)?;
    let count = parameters.len();
    for (name, value) in parameters {
        server.ask(call, Query::Set(Element::Global(name, value), vec![tag.clone()])).await?;
    }
    let text = format!("{count} {} global parameter(s) successfully set.", server.dhcp());
    Ok(Answer::done(text).and(json!({ "parameters": given.to_json(), "count": count })))
}

/// Parameters by name; those in a map have its name in front. A list is kept as its text.
fn scalars(given: &Node) -> Result<Vec<(String, Value)>, Refusal> {
    let Tree::Map(members) = &given.value else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for member in members {
        let inside = match &member.node.value {
            Tree::Map(inside) => {
                inside.iter().map(|inner| (format!("{}.{}", member.key, inner.key), &inner.node)).collect()
            }
            _ => vec![(member.key.to_string(), &member.node)],
        };
        for (name, node) in inside {
            let value = match (&node.value, node.to_json()) {
                (Tree::Map(_) | Tree::Null, _) => {
                    return Err(format!("'{name}' parameter is not a scalar").into());
                }
                (Tree::List(list), json) => {
                    match list.iter().any(|item| matches!(item.value, Tree::Map(_) | Tree::List(_))) {
                        true => return Err(format!("'{name}' parameter is not a list of scalars").into()),
                        false => json.to_string().into(),
                    }
                }
                (_, json) => json,
            };
            found.push((name, value));
        }
    }
    Ok(found)
}

pub(super) async fn get(server: &Server, call: Call<'_>) -> Result<Answer, Refusal> {
    let name = name(call)?;
    let entries =
        server.read(call, Wanted::Globals(Some(name.to_owned())), Servers::Tags(vec![call.one_tag()?])).await?;
    let parameter = own_first(entries).into_iter().next().map(shown);
    let (code, is) = if parameter.is_some() { (Code::Success, "found") } else { (Code::Empty, "not found") };
    let count = u64::from(parameter.is_some());
    let parameter = parameter.unwrap_or_else(|| json!({}));
    let text = format!("'{name}' {} global parameter {is}.", server.dhcp());
    Ok(Answer::new(code, text).and(json!({ "parameters": parameter, "count": count })))
}

pub(super) async fn get_all(server: &Server, call: Call<'_>) -> Result<Answer, Refusal> {
    let entries = server.read(call, Wanted::Globals(None), Servers::Tags(vec![call.one_tag()?])).await?;
    let parameters: Vec<_> = own_first(entries).into_iter().map(shown).collect();
    let text = format!("{} {} global parameter(s) found.", parameters.len(), server.dhcp());
    Ok(found(text, "parameters", parameters))
}

pub(super) async fn del(server: &Server, call: Call<'_>) -> Result<Answer, Refusal> {
    let name = name(call)?.to_owned();
    let gone = server.ask(call, Query::Delete(Wanted::Globals(Some(name)), call.one_tag()?)).await?;
    Ok(deleted(&format!("{} global parameter(s)", server.dhcp()), gone.count))
}

/// Parameters that are lists.
const LISTS: [&str; 1] = ["host-reservation-identifiers"];

/// The one name that a command gives.
fn name<'a>(call: Call<'a>) -> Result<&'a str, Refusal> {
    match &call.only("parameters")?.value {
        Tree::Text(name) => Ok(name),
        _ => Err("'parameters' list must include strings".into()),
    }
}

/// Of parameters of the same name, the one that is not for all servers.
fn own_first(entries: Vec<Entry>) -> Vec<Entry> {
    let mut chosen: Vec<Entry> = Vec::new();
    for entry in entries {
        match chosen.iter_mut().find(|known| known.value.get("name") == entry.value.get("name")) {
            Some(known) if known.tags.iter().any(|tag| tag == "all") => *known = entry,
            Some(_) => {}
            None => chosen.push(entry),
        }
    }
    chosen
}

/// A parameter under its name.
fn shown(entry: Entry) -> Value {
    let name = entry.value.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let value = match entry.value.get("value") {
        Some(Value::String(text)) if LISTS.contains(&name.as_str()) => {
            serde_json::from_str(text).unwrap_or_else(|_| text.as_str().into())
        }
        value => value.cloned().unwrap_or_default(),
    };
    with_metadata(Object::from_iter([(name, value)]), entry.tags)
}
