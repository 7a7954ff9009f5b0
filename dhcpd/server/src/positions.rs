//! Where in the configuration stands what does not fit this machine.

use std::collections::BTreeSet;

use crate::messages::DHCPSRV_MEMFILE_FAILED_TO_OPEN;
use crate::plane::Unfit;
use schema::json::{Document, Node, Value};
use schema::{ConfigError, Pos, Problem};

/// Errors for what was found unfit under `module`.
pub fn errors(document: &Document, module: &str, unfit: Vec<Unfit>) -> Vec<ConfigError> {
    unfit
        .into_iter()
        .inspect(|unfit| {
            if let Unfit::Leases(reason) | Unfit::LeaseFile(reason) = unfit {
                log::event!(DHCPSRV_MEMFILE_FAILED_TO_OPEN, reason);
            }
        })
        .map(|unfit| match unfit {
            Unfit::Interface(bad) => {
                let list = find(&document.root, &[module, "interfaces-config", "interfaces"]);
                let pos = match list.map(|n| &n.value) {
                    Some(Value::List(entries)) => entries.get(bad.index).map(|n| n.pos),
                    _ => None,
                };
                document.error(pos.unwrap_or(document.root.pos), bad.reason)
            }
            Unfit::Socket(reason) => error(document, &[module, "interfaces-config"], reason),
            Unfit::Dhcp4o6(reason) => {
                let reason = format!("error starting DHCPv4-over-DHCPv6 IPC  after server reconfiguration: {reason}");
                error(document, &[module, "dhcp4o6-port"], reason)
            }
            Unfit::Leases(reason) | Unfit::Database(reason) => error(document, &[module, "lease-database"], reason),
            Unfit::Library(fault) => {
                let list = find(&document.root, &[module, "hooks-libraries"]).map(entries).unwrap_or_default();
                let entry = list.get(fault.library).unwrap_or(&document.root);
                let pos =
                    find(entry, &["parameters", fault.parameter]).or(find(entry, &["parameters"])).unwrap_or(entry).pos;
                document.error(pos, fault.reason)
            }
            Unfit::LeaseQuery(reason) => {
                let pos = library(document, module, "libdhcp_lease_query.so").unwrap_or(document.root.pos);
                document.error(pos, format!("cannot listen for lease queries over TCP: {reason}"))
            }
            Unfit::Relationship(Problem { pos, reason }) => document.error(pos, reason),
            Unfit::Hosts(at, reason) => {
                let list = find(&document.root, &[module, "hosts-databases"]).map(entries).unwrap_or_default();
                let older = || find(&document.root, &[module, "hosts-database"]);
                let node = list.get(at).or_else(older).unwrap_or(&document.root);
                document.error(node.pos, reason)
            }
            Unfit::LeaseFile(reason) => error(document, &[module, "lease-database", "name"], reason),
        })
        .collect()
}

/// Shared networks and subnets are on links of this machine.
pub fn check_links(document: &Document, module: &str) -> Result<(), Vec<ConfigError>> {
    let mut links = Vec::new();
    if let Some(part) = document.root.member(module) {
        let networks = part.member("shared-networks").map(entries).unwrap_or_default();
        for scope in networks.iter().chain([part]) {
            let subnets = ["subnet4", "subnet6"].into_iter().filter_map(|key| scope.member(key)).flat_map(entries);
            links.extend(subnets.chain([scope]).filter_map(|scope| Some((scope, scope.member("interface")?))));
        }
    }
    let named = |(_, node): &(&Node, &Node)| matches!(&node.value, Value::Text(name) if !name.is_empty());
    links.retain(named);
    if links.is_empty() {
        return Ok(());
    }
    let machine: BTreeSet<String> = match net::interfaces() {
        Ok(machine) => machine.into_iter().map(|interface| interface.name).collect(),
        Err(error) => return Err(vec![document.error(document.root.pos, format!("cannot list interfaces: {error}"))]),
    };
    let absent = links.into_iter().filter_map(|(scope, node)| match &node.value {
        Value::Text(name) if !machine.contains(&**name) => {
            let mut keys = [("subnet", "subnet"), ("shared network", "name")].into_iter();
            let of = keys.find_map(|(kind, key)| match &scope.member(key)?.value {
                Value::Text(text) => Some(format!(" for {kind} {text}")),
                _ => None,
            });
            let of = of.unwrap_or_default();
            let reason = format!("Specified network interface name {name}{of} is not present in the system");
            Some(Problem::new(node.pos, reason))
        }
        _ => None,
    });
    let absent: Vec<Problem> = absent.collect();
    if absent.is_empty() { Ok(()) } else { Err(document.errors(absent)) }
}

fn entries(list: &Node) -> &[Node] {
    match &list.value {
        Value::List(entries) => entries,
        _ => &[],
    }
}

/// Where a library is configured: its parameters, if it has any.
fn library(document: &Document, module: &str, file: &str) -> Option<Pos> {
    let libraries = entries(find(&document.root, &[module, "hooks-libraries"])?);
    let named = |node: &&Node| {
        let name = node.member("library").map(|name| &name.value);
        matches!(name, Some(Value::Text(name)) if name.rsplit('/').next() == Some(file))
    };
    let library = libraries.iter().find(named)?;
    Some(library.member("parameters").unwrap_or(library).pos)
}

/// An error at the parameter of this path, or at the innermost map around it that was written.
pub fn error(document: &Document, path: &[&str], reason: String) -> ConfigError {
    let pos: Pos =
        (0..=path.len()).rev().find_map(|n| find(&document.root, &path[..n])).map_or(document.root.pos, |n| n.pos);
    document.error(pos, reason)
}

fn find<'a>(node: &'a Node, path: &[&str]) -> Option<&'a Node> {
    let Some((key, rest)) = path.split_first() else { return Some(node) };
    let Value::Map(members) = &node.value else { return None };
    find(&members.iter().find(|m| &*m.key == *key)?.node, rest)
}
