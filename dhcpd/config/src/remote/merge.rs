//! One configuration of what was written and what a database says.
//!
//! The rules are Kea's: a parameter, an option (by space and code), a definition (by space, and name or code), a shared
//! network (by name) and a subnet (by number and by prefix) of the database replaces the one that was written; all classes
//! of the database replace all that were written. A replaced network hands its subnets on, a replaced subnet its reservations.

use super::{Kind, Origin, Part, Parts, plant};
use crate::parameters::Definitions;
use schema::json::{Document, Node, Value};
use schema::{ConfigError, Pos, Problem};
use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use wire::options::Family;

/// Maps of the outermost scope that a database replaces as a whole; into others it sets what it says.
const REPLACED: [&str; 4] = ["dhcp-ddns", "multi-threading", "sanity-checks", "dhcp-queue-control"];

/// What was written, completed by `parts`, and what of the parts finds no place. `held` are parts that what was written
/// holds already, since it was made from a configuration that was completed with them: they go where `parts` has them no
/// more.
pub fn merge(written: &Document, origin: &Origin, held: &Parts, parts: &Parts) -> (Document, Vec<ConfigError>) {
    let mut document = written.clone();
    let first = u16::try_from(document.files.len()).unwrap_or(u16::MAX);
    document.files.extend(origin.files());
    let (module, subnets) = match origin.family {
        Family::V4 => ("Dhcp4", "subnet4"),
        Family::V6 => ("Dhcp6", "subnet6"),
    };
    let mut problems = Vec::new();
    if let Some(module) = document.root.member_mut(module) {
        let mut merge = Merge { module, first, family: origin.family, subnets, problems: &mut problems };
        merge.globals(held, parts);
        merge.definitions(held, parts);
        merge.options(held, parts);
        merge.classes(held, parts);
        let kept = merge.take_subnets(held, parts);
        merge.networks(held, parts);
        merge.put_subnets(kept, parts);
    }
    let errors = document.errors(problems);
    (document, errors)
}

struct Merge<'a> {
    module: &'a mut Node,
    /// The number of the first table among the files.
    first: u16,
    family: Family,
    /// `subnet4`, `subnet6`.
    subnets: &'static str,
    problems: &'a mut Vec<Problem>,
}

/// What a definition, or an option, is known by in its space.
#[derive(PartialEq, Eq, Hash)]
enum Name {
    Code(i64),
    Text(String),
}

impl Merge<'_> {
    /// Where a part of a kind begins.
    fn pos(&self, kind: Kind, id: u32) -> Pos {
        Pos { file: self.first.saturating_add(kind as u16), line: id, column: 0 }
    }

    /// The tree of a part.
    fn plant(&self, kind: Kind, part: &Part) -> Node {
        plant(&part.value, &mut self.pos(kind, part.id))
    }

    /// The list of a kind's parts in the outermost scope.
    fn list(&mut self, key: &str, kind: Kind) -> Option<&mut Vec<Node>> {
        let pos = self.pos(kind, 0);
        self.module.list_mut(key, pos)
    }

    fn globals(&mut self, held: &Parts, parts: &Parts) {
        let names = |parts: &Parts| -> Vec<String> {
            parts.globals.iter().filter_map(|part| part.value.as_object()?.keys().next().cloned()).collect()
        };
        for name in names(held) {
            match name.split_once('.') {
                None => drop(self.module.take(&name)),
                Some((map, name)) => drop(self.module.member_mut(map).map(|map| map.take(name))),
            }
        }
        let mut emptied = HashSet::new();
        for part in &parts.globals {
            let Value::Map(members) = self.plant(Kind::Global, part).value else { continue };
            for member in members {
                let Some((map, name)) = member.key.split_once('.') else {
                    self.module.set(&member.key, member.node);
                    continue;
                };
                let absent = self.module.member(map).is_none();
                if absent || (REPLACED.contains(&map) && emptied.insert(map.to_owned())) {
                    self.module.set(map, Node { pos: member.pos, value: Value::Map(Vec::new()) });
                }
                if let Some(map) = self.module.member_mut(map) {
                    map.set(name, member.node);
                }
            }
        }
    }

    fn definitions(&mut self, held: &Parts, parts: &Parts) {
        if held.option_defs.is_empty() && parts.option_defs.is_empty() {
            return;
        }
        let outermost = outermost(self.family);
        let mut known = HashSet::new();
        for value in held.option_defs.iter().chain(&parts.option_defs).map(|part| &part.value) {
            let space = value["space"].as_str().unwrap_or(outermost).to_owned();
            known.extend(value["code"].as_i64().map(|code| (space.clone(), Name::Code(code))));
            known.extend(value["name"].as_str().map(|name| (space, Name::Text(name.to_owned()))));
        }
        let new: Vec<Node> = parts.option_defs.iter().map(|part| self.plant(Kind::OptionDef, part)).collect();
        let Some(list) = self.list("option-def", Kind::OptionDef) else { return };
        list.retain(|node| {
            let space = || node.text("space").unwrap_or(outermost).to_owned();
            let code = node.integer("code").map(|code| (space(), Name::Code(code)));
            let name = node.text("name").map(|name| (space(), Name::Text(name.to_owned())));
            ![code, name].into_iter().flatten().any(|name| known.contains(&name))
        });
        list.splice(0..0, new);
    }

    fn options(&mut self, held: &Parts, parts: &Parts) {
        if held.options.is_empty() && parts.options.is_empty() {
            return;
        }
        let outermost = outermost(self.family);
        let definitions = self.module.entries("option-def").iter().filter_map(|node| {
            let space = node.text("space").unwrap_or(outermost).to_owned();
            Some(((space, node.text("name")?.to_owned()), node.integer("code")?))
        });
        let definitions: HashMap<_, _> = definitions.collect();
        let standard = Definitions::standard(self.family);
        let identity = |space: Option<&str>, code: Option<i64>, name: Option<&str>| {
            let space = space.filter(|space| !space.is_empty()).unwrap_or(outermost).to_owned();
            let name = name.unwrap_or_default();
            let code = code
                .or_else(|| definitions.get(&(space.clone(), name.to_owned())).copied())
                .or_else(|| Some(standard.by_name(&space, name)?.code.into()));
            (space, code.map_or_else(|| Name::Text(name.to_owned()), Name::Code))
        };
        let of_part = |part: &Part| {
            let value = &part.value;
            identity(value["space"].as_str(), value["code"].as_i64(), value["name"].as_str())
        };
        let known: HashSet<_> = held.options.iter().chain(&parts.options).map(of_part).collect();
        let new: Vec<Node> = parts.options.iter().map(|part| self.plant(Kind::Option, part)).collect();
        let Some(list) = self.list("option-data", Kind::Option) else { return };
        list.retain(|node| !known.contains(&identity(node.text("space"), node.integer("code"), node.text("name"))));
        list.splice(0..0, new);
    }

    /// Classes build on each other and their order counts: they are the database's, or else those that were written.
    fn classes(&mut self, held: &Parts, parts: &Parts) {
        if held.classes.is_empty() && parts.classes.is_empty() {
            return;
        }
        let new: Vec<Node> = parts.classes.iter().map(|part| self.plant(Kind::Class, part)).collect();
        let Some(list) = self.list("client-classes", Kind::Class) else { return };
        match new.is_empty() {
            true => {
                let gone: HashSet<&str> = held.classes.iter().filter_map(|part| part.value["name"].as_str()).collect();
                list.retain(|node| node.text("name").is_none_or(|name| !gone.contains(name)));
            }
            false => *list = new,
        }
    }

    /// Takes subnets out that are the database's, or were. What they leave to a subnet of the same number: reservations.
    fn take_subnets(&mut self, held: &Parts, parts: &Parts) -> HashMap<i64, Node> {
        let all = || held.subnets.iter().chain(&parts.subnets).map(|part| &part.value);
        let ids: HashSet<i64> = all().filter_map(|value| value["id"].as_i64()).collect();
        let prefixes: HashSet<_> = all().filter_map(|value| prefix(value["subnet"].as_str()?)).collect();
        let mut kept = HashMap::new();
        if ids.is_empty() && prefixes.is_empty() {
            return kept;
        }
        let key = self.subnets;
        let mut take = |scope: &mut Node| {
            let Some(Node { value: Value::List(list), .. }) = scope.member_mut(key) else { return };
            list.retain_mut(|subnet| {
                let id = subnet.integer("id");
                let goes = id.is_some_and(|id| ids.contains(&id))
                    || subnet.text("subnet").and_then(prefix).is_some_and(|prefix| prefixes.contains(&prefix));
                if goes && let (Some(id), Some(reservations)) = (id, subnet.take("reservations")) {
                    kept.insert(id, reservations);
                }
                !goes
            });
        };
        take(self.module);
        if let Some(Node { value: Value::List(networks), .. }) = self.module.member_mut("shared-networks") {
            networks.iter_mut().for_each(take);
        }
        kept
    }

    fn networks(&mut self, held: &Parts, parts: &Parts) {
        if held.networks.is_empty() && parts.networks.is_empty() {
            return;
        }
        let key = self.subnets;
        let names = |parts: &Parts| -> HashSet<String> {
            parts.networks.iter().filter_map(|part| part.value["name"].as_str().map(str::to_owned)).collect()
        };
        let (gone, replaced) = (names(held), names(parts));
        let mut handed_on: HashMap<String, Node> = HashMap::new();
        let mut left = Vec::new();
        let mut new: Vec<Node> = parts.networks.iter().map(|part| self.plant(Kind::Network, part)).collect();
        let Some(list) = self.list("shared-networks", Kind::Network) else { return };
        list.retain_mut(|network| {
            let name = network.text("name").unwrap_or_default().to_owned();
            let (goes, is_replaced) = (gone.contains(&name), replaced.contains(&name));
            if (goes || is_replaced)
                && let Some(subnets) = network.take(key)
            {
                match (is_replaced, subnets.value) {
                    (true, value) => drop(handed_on.insert(name, Node { pos: subnets.pos, value })),
                    (false, Value::List(subnets)) => left.extend(subnets),
                    (false, _) => {}
                }
            }
            !goes && !is_replaced
        });
        for network in &mut new {
            let subnets = network.text("name").and_then(|name| handed_on.remove(name));
            match subnets {
                Some(subnets) => network.set(key, subnets),
                None => drop(network.take(key)),
            }
        }
        list.extend(new);
        if !left.is_empty()
            && let Some(list) = self.list(key, Kind::Subnet)
        {
            list.extend(left);
        }
    }

    fn put_subnets(&mut self, mut kept: HashMap<i64, Node>, parts: &Parts) {
        let key = self.subnets;
        let pos = self.pos(Kind::Subnet, 0);
        let networks = self.module.entries("shared-networks").iter().enumerate();
        let networks: HashMap<String, usize> =
            networks.filter_map(|(at, network)| Some((network.text("name")?.to_owned(), at))).collect();
        for part in &parts.subnets {
            let mut subnet = self.plant(Kind::Subnet, part);
            let id = subnet.integer("id");
            if let Some(reservations) = id.and_then(|id| kept.remove(&id)) {
                subnet.set("reservations", reservations);
            }
            let list = match &part.network {
                None => self.list(key, Kind::Subnet),
                Some(name) => {
                    let Some(at) = networks.get(name) else {
                        let reason = format!(
                            "Cannot assign subnet ID of {} to shared network: {name}, network does not exist",
                            id.unwrap_or_default()
                        );
                        self.problems.push(Problem::new(subnet.pos, reason));
                        continue;
                    };
                    let Some(networks) = self.list("shared-networks", Kind::Network) else { continue };
                    networks.get_mut(*at).and_then(|network| network.list_mut(key, pos))
                }
            };
            if let Some(list) = list {
                list.push(subnet);
            }
        }
    }
}

/// The space of options in the message itself.
fn outermost(family: Family) -> &'static str {
    match family {
        Family::V4 => "dhcp4",
        Family::V6 => "dhcp6",
    }
}

/// A prefix, however it is written.
fn prefix(text: &str) -> Option<(IpAddr, u8)> {
    let (address, length) = text.split_once('/')?;
    Some((address.trim().parse().ok()?, length.trim().parse().ok()?))
}
