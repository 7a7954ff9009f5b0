//! The commands about shared networks.

use super::messages::*;
use super::subnets::no_such;
use super::{Listed, Server, arguments, entries, failed, is_empty, only};
use crate::arguments::{Arguments, Refusal};
use crate::editor::adopted;
use crate::tree::Place;
use control::{Answer, Code, Request};
use schema::json::{Node, Value as Tree};
use serde_json::{Value, json};
use wire::options::Family;

pub(super) fn list(server: &Server, _: &Request) -> Answer {
    let names: Vec<Value> = entries(server.editor.show("shared-networks"))
        .iter()
        .map(|network| json!({ "name": network.get("name") }))
        .collect();
    let (count, family) = (names.len(), server.ip());
    let code = if names.is_empty() { Code::Empty } else { Code::Success };
    match count {
        0 => log::event!(SUBNET_CMDS_NETWORK_LIST_EMPTY, family),
        _ => log::event!(SUBNET_CMDS_NETWORK_LIST, count, family),
    }
    Answer::new(code, format!("{count} {family} network(s) found")).and(json!({ "shared-networks": names }))
}

pub(super) fn get(server: &Server, request: &Request) -> Answer {
    let found = named(request).and_then(|name| {
        let all = entries(server.editor.show("shared-networks"));
        let network = all.into_iter().find(|network| network.get("name") == Some(&json!(name)));
        network.map(|network| (name, network)).ok_or_else(|| absent(server, name))
    });
    match found {
        Ok((name, network)) => {
            log::event!(SUBNET_CMDS_NETWORK_GET, name);
            let text = format!("Info about {} shared network '{name}' returned", server.ip());
            Answer::done(text).and(json!({ "shared-networks": [network] }))
        }
        Err(refusal) if is_empty(&refusal) => {
            log::event!(SUBNET_CMDS_NETWORK_GET_EMPTY, reason = refusal.reason);
            refusal.into()
        }
        Err(refusal) => failed!(server, refusal, SUBNET_CMDS_NETWORK4_GET_FAILED, SUBNET_CMDS_NETWORK6_GET_FAILED),
    }
}

pub(super) fn add(server: &Server, request: &Request) -> Answer {
    let added = only(request, "shared-networks", "shared network").and_then(|given| {
        let name = Arguments::new(given).required_text("name")?;
        server.change(|mut tree| {
            if tree.network(name).is_some() {
                return Err(format!("duplicate network '{name}' found in the configuration").into());
            }
            tree.networks()?.push(adopted(given));
            Ok(name)
        })
    });
    match added {
        Ok(name) => {
            log::event!(SUBNET_CMDS_NETWORK_ADD, name);
            Answer::done(format!("A new {} shared network '{name}' added", server.ip())).and(one(name))
        }
        Err(refusal) => failed!(server, refusal, SUBNET_CMDS_NETWORK4_ADD_FAILED, SUBNET_CMDS_NETWORK6_ADD_FAILED),
    }
}

pub(super) fn del(server: &Server, request: &Request) -> Answer {
    let deleted = named(request).and_then(|name| {
        let keep = match arguments(request)?.text("subnets-action")? {
            None | Some("keep") => true,
            Some("delete") => false,
            Some(other) => {
                return Err(
                    format!("invalid value of 'subnets-action': {other}, supported are 'keep' and 'delete'").into()
                );
            }
        };
        server.change(|mut tree| {
            let at = tree.network(name).ok_or_else(|| absent(server, name))?;
            let mut network = tree.networks()?.remove(at);
            if let Some(Node { value: Tree::List(subnets), .. }) = network.member_mut(server.key()).filter(|_| keep) {
                tree.subnets(None)?.append(subnets);
            }
            Ok(name)
        })
    });
    match deleted {
        Ok(name) => {
            log::event!(SUBNET_CMDS_NETWORK_DEL, name);
            Answer::done(format!("{} shared network '{name}' deleted", server.ip())).and(one(name))
        }
        Err(refusal) => failed!(server, refusal, SUBNET_CMDS_NETWORK4_DEL_FAILED, SUBNET_CMDS_NETWORK6_DEL_FAILED),
    }
}

pub(super) fn subnet_add(server: &Server, request: &Request) -> Answer {
    let moved = pair(server, request).and_then(|(name, listed)| {
        let id = i64::from(listed.id);
        server.change(|mut tree| {
            let network = tree.network(name).ok_or_else(|| absent(server, name))?;
            let place = tree.find(id).ok_or_else(|| no_such(id))?;
            if place.network.is_some() {
                let reason = format!("subnet {id} being added to a shared network already belongs to a shared network");
                return Err(reason.into());
            }
            let subnet = tree.take(place)?;
            tree.subnets(Some(network))?.push(subnet);
            Ok(())
        })?;
        Ok((name, listed))
    });
    match moved {
        Ok((name, Listed { id, prefix, .. })) => {
            log::event!(SUBNET_CMDS_NETWORK_SUBNET_ADD, family = server.ip(), subnet = prefix, id, name);
            let family = server.ip();
            Answer::done(format!("{family} subnet {prefix} (id {id}) is now part of shared network '{name}'"))
        }
        Err(refusal) => {
            failed!(server, refusal, SUBNET_CMDS_NETWORK4_SUBNET_ADD_FAILED, SUBNET_CMDS_NETWORK6_SUBNET_ADD_FAILED)
        }
    }
}

pub(super) fn subnet_del(server: &Server, request: &Request) -> Answer {
    let moved = pair(server, request).and_then(|(name, listed)| {
        let id = i64::from(listed.id);
        server.change(|mut tree| {
            let network = tree.network(name).ok_or_else(|| absent(server, name))?;
            match tree.find(id) {
                Some(place @ Place { network: Some(at), .. }) if at == network => {
                    let subnet = tree.take(place)?;
                    tree.subnets(None)?.push(subnet);
                    Ok(())
                }
                _ => Err(format!(
                    "unable to delete subnet {id} from shared network. Subnet doesn't belong to this shared network"
                )
                .into()),
            }
        })?;
        Ok((name, listed))
    });
    match moved {
        Ok((name, Listed { id, prefix, .. })) => {
            log::event!(SUBNET_CMDS_NETWORK_SUBNET_DEL, family = server.ip(), subnet = prefix, id, name);
            let family = server.ip();
            Answer::done(format!("{family} subnet {prefix} (id {id}) is now removed from shared network '{name}'"))
        }
        Err(refusal) => {
            failed!(server, refusal, SUBNET_CMDS_NETWORK4_SUBNET_DEL_FAILED, SUBNET_CMDS_NETWORK6_SUBNET_DEL_FAILED)
        }
    }
}

/// The network's name and the subnet that a command gives.
fn pair<'a>(server: &Server, request: &'a Request) -> Result<(&'a str, Listed), Refusal> {
    let name = named(request)?;
    let id: i64 = arguments(request)?.required_number("id")?;
    Ok((name, server.by_id(id).ok_or_else(|| no_such(id))?))
}

fn named(request: &Request) -> Result<&str, Refusal> {
    arguments(request)?.required_text("name")
}

fn absent(server: &Server, name: &str) -> Refusal {
    Refusal::empty(format!("no {} shared network with name '{name}' found", server.ip()))
}

fn one(name: &str) -> Value {
    json!({ "shared-networks": [{ "name": name }] })
}
