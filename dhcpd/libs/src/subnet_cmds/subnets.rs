//! The commands about subnets.

use super::messages::*;
use super::{Listed, Server, arguments, delta, entries, failed, is_empty, only};
use crate::arguments::{Arguments, Refusal};
use crate::editor::{NOWHERE, adopted};
use crate::tree::reservations;
use control::{Answer, Code, Request};
use schema::json::{Node, Value as Tree};
use serde_json::{Value, json};
use wire::options::Family;

pub(super) fn list(server: &Server, _: &Request) -> Answer {
    let all = (server.subnets)();
    let (count, family) = (all.len(), server.ip());
    if all.is_empty() {
        log::event!(SUBNET_CMDS_SUBNET_LIST_EMPTY, family);
        return Answer::new(Code::Empty, format!("0 {family} subnets found")).and(json!({ "subnets": [] }));
    }
    log::event!(SUBNET_CMDS_SUBNET_LIST, count, family);
    let shown: Vec<Value> = all
        .into_iter()
        .map(|Listed { id, prefix, network }| json!({ "id": id, "subnet": prefix, "shared-network-name": network }))
        .collect();
    let plural = if count == 1 { "" } else { "s" };
    Answer::done(format!("{count} {family} subnet{plural} found")).and(json!({ "subnets": shown }))
}

pub(super) fn get(server: &Server, request: &Request) -> Answer {
    let found = wanted(server, request).and_then(|listed| {
        let subnet = shown(server, listed.id).ok_or_else(|| no_such(listed.id.into()))?;
        Ok((listed, subnet))
    });
    match found {
        Ok((Listed { id, prefix, .. }, subnet)) => {
            log::event!(SUBNET_CMDS_SUBNET_GET, subnet = prefix, id);
            let text = format!("Info about {} subnet {prefix} (id {id}) returned", server.ip());
            Answer::done(text).and(json!({ "subnets": [subnet] }))
        }
        Err(refusal) if is_empty(&refusal) => {
            log::event!(SUBNET_CMDS_SUBNET_GET_EMPTY, reason = refusal.reason);
            refusal.into()
        }
        Err(refusal) => failed!(server, refusal, SUBNET_CMDS_SUBNET4_GET_FAILED, SUBNET_CMDS_SUBNET6_GET_FAILED),
    }
}

/// The subnet that `id` or `subnet` names.
fn wanted(server: &Server, request: &Request) -> Result<Listed, Refusal> {
    let arguments = arguments(request)?;
    let (id, prefix) = (arguments.integer("id")?, arguments.text("subnet")?);
    match (id, prefix) {
        (Some(id), None) => server.by_id(id).ok_or_else(|| no_such(id)),
        (None, Some(prefix)) => {
            let found = (server.subnets)().into_iter().find(|subnet| subnet.prefix.eq_ignore_ascii_case(prefix));
            found.ok_or_else(|| Refusal::empty(format!("No subnet with prefix {prefix} found")))
        }
        (None, None) => Err("must specify subnet id or subnet prefix".into()),
        (Some(_), Some(_)) => Err("must specify either subnet id or subnet prefix, not both".into()),
    }
}

/// A subnet as `config-get` shows it.
fn shown(server: &Server, id: u32) -> Option<Value> {
    let networks = entries(server.editor.show("shared-networks")).into_iter();
    let within = networks.flat_map(|mut network| network.get_mut(server.key()).map(Value::take).map(entries));
    let all = entries(server.editor.show(server.key())).into_iter().chain(within.flatten());
    all.into_iter().find(|subnet| subnet.get("id") == Some(&json!(id)))
}

pub(super) fn add(server: &Server, request: &Request) -> Answer {
    match try_add(server, request) {
        Ok(listed) => {
            log::event!(SUBNET_CMDS_SUBNET_ADD, subnet = listed.prefix, id = listed.id);
            Answer::done(format!("{} subnet added", server.ip())).and(one(&listed))
        }
        Err(refusal) => failed!(server, refusal, SUBNET_CMDS_SUBNET4_ADD_FAILED, SUBNET_CMDS_SUBNET6_ADD_FAILED),
    }
}

fn try_add(server: &Server, request: &Request) -> Result<Listed, Refusal> {
    let given = subnet(server, request)?;
    let prefix = Arguments::new(given).required_text("subnet")?.to_owned();
    let all = (server.subnets)();
    let id = match given.integer("id").filter(|id| *id != 0) {
        Some(id) => id,
        None => (1..).find(|id| all.iter().all(|other| i64::from(other.id) != *id)).unwrap_or_default(),
    };
    if all.iter().any(|other| i64::from(other.id) == id) {
        return Err(format!("ID of the new {} subnet '{id}' is already in use", server.ip()).into());
    }
    if all.iter().any(|other| other.prefix.eq_ignore_ascii_case(&prefix)) {
        return Err(format!("subnet with the prefix of '{prefix}' already exists").into());
    }
    server.change(|mut tree| {
        let mut new = adopted(given);
        if new.integer("id").is_none_or(|id| id == 0) {
            new.set("id", Node { pos: NOWHERE, value: Tree::Int(id) });
        }
        tree.subnets(None)?.push(new);
        Ok(())
    })?;
    Ok(Listed { id: u32::try_from(id).unwrap_or_default(), prefix, network: None })
}

pub(super) fn update(server: &Server, request: &Request) -> Answer {
    let updated = change(server, request, |old, new, _| {
        let kept = reservations(old);
        *old = new;
        if let Some(kept) = kept {
            old.set("reservations", kept);
        }
    });
    match updated {
        Ok(listed) => changed(server, &listed),
        Err(refusal) => failed!(server, refusal, SUBNET_CMDS_SUBNET4_UPDATE_FAILED, SUBNET_CMDS_SUBNET6_UPDATE_FAILED),
    }
}

pub(super) fn delta_add(server: &Server, request: &Request) -> Answer {
    match change(server, request, delta::add) {
        Ok(listed) => changed(server, &listed),
        Err(refusal) => {
            failed!(server, refusal, SUBNET_CMDS_SUBNET4_DELTA_ADD_FAILED, SUBNET_CMDS_SUBNET6_DELTA_ADD_FAILED)
        }
    }
}

pub(super) fn delta_del(server: &Server, request: &Request) -> Answer {
    match change(server, request, |old, new, family| delta::subtract(old, &new, family)) {
        Ok(listed) => changed(server, &listed),
        Err(refusal) => {
            failed!(server, refusal, SUBNET_CMDS_SUBNET4_DELTA_DEL_FAILED, SUBNET_CMDS_SUBNET6_DELTA_DEL_FAILED)
        }
    }
}

/// Changes the subnet of the number that a command gives; its prefix is that number's, or left out.
fn change(server: &Server, request: &Request, by: impl FnOnce(&mut Node, Node, Family)) -> Result<Listed, Refusal> {
    let given = subnet(server, request)?;
    let id: i64 = Arguments::new(given).required_number("id")?;
    let listed =
        server.by_id(id).ok_or_else(|| Refusal::empty(format!("There is no {} subnet with ID {id}", server.ip())))?;
    if let Some(prefix) = given.text("subnet").filter(|prefix| !prefix.eq_ignore_ascii_case(&listed.prefix)) {
        let reason = format!("the prefix of the subnet with ID {id} is {}, it cannot become {prefix}", listed.prefix);
        return Err(reason.into());
    }
    server.change(|mut tree| {
        let place = tree.find(id).ok_or_else(|| no_such(id))?;
        by(tree.subnet(place)?, adopted(given), server.family);
        Ok(())
    })?;
    Ok(listed)
}

fn changed(server: &Server, listed: &Listed) -> Answer {
    log::event!(SUBNET_CMDS_SUBNET_UPDATE, subnet = listed.prefix, id = listed.id);
    Answer::done(format!("{} subnet updated", server.ip())).and(one(listed))
}

pub(super) fn del(server: &Server, request: &Request) -> Answer {
    let deleted = arguments(request).and_then(|arguments| {
        let id: i64 = arguments.required_number("id")?;
        let listed = server.by_id(id).ok_or_else(|| no_such(id))?;
        server.change(|mut tree| {
            let place = tree.find(id).ok_or_else(|| no_such(id))?;
            tree.take(place)
        })?;
        Ok(listed)
    });
    match deleted {
        Ok(listed) => {
            let Listed { id, prefix, .. } = &listed;
            log::event!(SUBNET_CMDS_SUBNET_DEL, subnet = prefix, id);
            Answer::done(format!("{} subnet {prefix} (id {id}) deleted", server.ip())).and(one(&listed))
        }
        Err(refusal) => failed!(server, refusal, SUBNET_CMDS_SUBNET4_DEL_FAILED, SUBNET_CMDS_SUBNET6_DEL_FAILED),
    }
}

/// The subnet that a command gives; reservations are the business of others.
fn subnet<'a>(server: &Server, request: &'a Request) -> Result<&'a Node, Refusal> {
    let given = only(request, server.key(), "subnet")?;
    match Arguments::new(given).find("reservations")?.map(|node| &node.value) {
        None => Ok(given),
        Some(Tree::List(list)) if list.is_empty() => Ok(given),
        Some(_) => Err(format!("reservations cannot be specified for the '{}' command", request.command).into()),
    }
}

fn one(listed: &Listed) -> Value {
    json!({ "subnets": [{ "id": listed.id, "subnet": listed.prefix }] })
}

pub(super) fn no_such(id: i64) -> Refusal {
    Refusal::empty(format!("No subnet with id {id} found"))
}
