//! From the JSON of kea-dhcp6 to ietf-dhcpv6-server.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};

use super::options::{self, Item};
use super::place::{PdPool, Pool, canonical_prefix, networks, pool_ids, range_ids};
use super::{LEASE, OWN, RANGE_TEXTS, duid, entries, hosts, notes, text};
use crate::LeftOut;
use crate::scalar::canonical;
use crate::special::{Context, Members};

/// What is shown, and what is not.
pub struct Shown {
    /// The container `dhcpv6-server`.
    pub server: Members,
    /// What the model cannot say.
    pub left_out: Vec<LeftOut>,
}

/// Shows the parameters of kea-dhcp6.
pub fn show(context: &Context<'_>, kea: &Members) -> Shown {
    let mut show = Show { context, sets: Sets::default(), left_out: Vec::new() };
    let mut server = Map::from_iter([("enabled".to_owned(), true.into())]);
    let duid = kea.get("server-id").and_then(Value::as_object).and_then(duid::of_server_id);
    server.extend(duid.map(|duid| ("server-duid".to_owned(), duid.into())));
    let interfaces = kea.get("interfaces-config").and_then(|config| config.get("interfaces")?.as_array());
    if let Some(interfaces) = interfaces.filter(|list| !list.is_empty()) {
        server.insert("vendor-config".to_owned(), json!({format!("{OWN}:interface"): once(interfaces)}));
    }
    let mut ranges = show.lease(kea, "Dhcp6", "global");
    let rapid = notes::note(kea, "rapid-commit").filter(|rapid| rapid.is_boolean());
    ranges.extend(rapid.map(|rapid| ("rapid-commit".to_owned(), rapid.clone())));
    let list = show.ranges(kea, &ranges);
    ranges.extend((!list.is_empty()).then(|| ("allocation-range".to_owned(), list.into())));
    let known = ["server-id", "interfaces-config", "option-data", "shared-networks", "subnet6"];
    show.left_out(kea, "Dhcp6", &known.into_iter().chain(LEASE.iter().map(|(_, key)| *key)).collect::<Vec<_>>());
    let sets = show.sets.finish(kea);
    server.extend((!sets.is_empty()).then(|| ("option-sets".to_owned(), json!({"option-set": sets}))));
    server.extend((!ranges.is_empty()).then(|| ("allocation-ranges".to_owned(), ranges.into())));
    Shown { server, left_out: show.left_out }
}

struct Show<'a> {
    context: &'a Context<'a>,
    sets: Sets,
    left_out: Vec<LeftOut>,
}

impl Show<'_> {
    /// All subnets, those of shared networks too.
    fn ranges(&mut self, kea: &Members, outer: &Members) -> Vec<Value> {
        let mut shown = Vec::new();
        let mut ids = HashSet::new();
        let mut list = |show: &mut Self, kea: &Members, path: &str, network: Option<&str>| {
            let subnets = entries(kea, "subnet6");
            for (at, (subnet, id)) in subnets.iter().zip(range_ids(subnets)).enumerate() {
                let path = format!("{path}/subnet6[{at}]");
                match (subnet.as_object(), id) {
                    (Some(subnet), Some(id)) if ids.insert(id.clone()) => {
                        shown.push(show.range(subnet, &path, &id, network, outer).into());
                    }
                    _ => show.leave_out(path, "it has no prefix, or the id of another"),
                }
            }
        };
        list(self, kea, "Dhcp6", None);
        for (at, (name, network)) in networks(kea).enumerate() {
            let path = format!("Dhcp6/shared-networks[{at}]");
            match (name, network.as_object()) {
                (Some(name), Some(network)) => {
                    list(self, network, &path, Some(name));
                    self.left_out(network, &path, &["name", "subnet6"]);
                }
                _ => self.leave_out(path, "it has no name, or that of another"),
            }
        }
        shown
    }

    fn range(&mut self, kea: &Members, path: &str, id: &str, network: Option<&str>, outer: &Members) -> Members {
        let mut range = Map::from_iter([("id".to_owned(), id.into())]);
        range.extend(notes::description(kea).map(|text| ("description".to_owned(), text.into())));
        range.extend(canonical_prefix(kea).map(|prefix| ("network-prefix".to_owned(), prefix.into())));
        for name in RANGE_TEXTS {
            let value = text(kea, name).filter(|value| !value.is_empty());
            range.extend(value.map(|value| (format!("{OWN}:{name}"), value.into())));
        }
        range.extend(network.map(|name| (format!("{OWN}:shared-network"), name.into())));
        let place = range_place(id);
        range.extend(self.lease(kea, path, &place));
        let own = kea.get("rapid-commit").filter(|own| own.is_boolean() && Some(*own) != outer.get("rapid-commit"));
        range.extend(own.map(|own| ("rapid-commit".to_owned(), own.clone())));

        let hosts = hosts::Shown::of(kea);
        let options: HashMap<usize, Vec<Value>> = (hosts.with_addresses())
            .map(|(at, host, digits)| {
                let path = format!("{path}/reservations[{at}]");
                (at, self.option_sets(host, &path, &format!("{place}/client/{digits}")))
            })
            .collect();
        for (key, container, inner) in
            [("pools", "address-pools", "address-pool"), ("pd-pools", "prefix-pools", "prefix-pool")]
        {
            let pools = entries(kea, key);
            let mut list = Vec::<Value>::new();
            for (at, (pool, id)) in pools.iter().zip(pool_ids(pools)).enumerate() {
                let path = format!("{path}/{key}[{at}]");
                match (pool.as_object(), id) {
                    (Some(pool), Some(id)) => {
                        let reserved = if key == "pools" { hosts.of_pool(at, &options) } else { hosts.of_pd_pool(at) };
                        let holds = |leaf: &str| range.get(leaf).or_else(|| outer.get(leaf));
                        let shown = self.pool(pool, &path, &id, &place, &holds);
                        list.push(shown.into_iter().chain(reserved).collect::<Members>().into());
                    }
                    _ => self.leave_out(path, "it has no range, or the id of another"),
                }
            }
            range.extend((!list.is_empty()).then(|| (container.to_owned(), json!({inner: Value::from(list)}))));
        }
        for at in hosts.hidden() {
            self.leave_out(
                format!("{path}/reservations[{at}]"),
                "the model has addresses and prefixes of pools for DUIDs",
            );
        }
        let known = ["id", "subnet", "option-data", "rapid-commit", "pools", "pd-pools", "reservations"];
        self.left_out(
            kea,
            path,
            &known.into_iter().chain(RANGE_TEXTS).chain(LEASE.iter().map(|(_, key)| *key)).collect::<Vec<_>>(),
        );
        range
    }

    fn pool<'r>(
        &mut self,
        kea: &Members,
        path: &str,
        id: &str,
        place: &str,
        holds: &dyn Fn(&str) -> Option<&'r Value>,
    ) -> Members {
        let mut pool = Map::from_iter([("pool-id".to_owned(), id.into())]);
        let known: &[&str] = match (Pool::of_kea(kea), PdPool::of_kea(kea)) {
            (Some(addresses), _) => {
                let outer = notes::text(kea, "pool-prefix").filter(|prefix| addresses.is_in(prefix));
                let outer = outer.map_or_else(|| addresses.outer(), |prefix| canonical("ipv6-prefix", prefix));
                pool.insert("pool-prefix".to_owned(), outer.into());
                pool.insert("start-address".to_owned(), addresses.first.to_string().into());
                pool.insert("end-address".to_owned(), addresses.last.to_string().into());
                &["pool", "pool-id", "option-data"]
            }
            (None, Some(prefixes)) => {
                pool.insert("pool-prefix".to_owned(), prefixes.prefix.to_string().into());
                pool.insert("client-prefix-length".to_owned(), prefixes.delegated.into());
                &["prefix", "prefix-len", "delegated-len", "pool-id", "option-data"]
            }
            (None, None) => &[],
        };
        for (leaf, value) in notes::all(kea) {
            // What a pool repeats of its range holds only while the range says it.
            let repeated = LEASE.iter().any(|(lease, _)| *lease == leaf) || leaf == "rapid-commit";
            let limit = UTILIZATION.contains(&leaf.as_str());
            if limit && value.as_u64().is_some_and(|percent| (1..=100).contains(&percent))
                || repeated && holds(&leaf) == Some(&value)
            {
                pool.insert(leaf, value);
            }
        }
        let sets = self.option_sets(kea, path, &format!("{place}/pool/{id}"));
        pool.extend((!sets.is_empty()).then(|| (SET_ID.to_owned(), sets.into())));
        self.left_out(kea, path, known);
        pool
    }

    /// Option sets and lifetimes of a scope.
    fn lease(&mut self, kea: &Members, path: &str, place: &str) -> Members {
        let mut lease = Map::new();
        let sets = self.option_sets(kea, path, place);
        lease.extend((!sets.is_empty()).then(|| (SET_ID.to_owned(), sets.into())));
        for (leaf, key) in LEASE {
            let value = kea.get(*key).filter(|value| value.as_u64().is_some_and(|n| u32::try_from(n).is_ok()));
            lease.extend(value.map(|value| ((*leaf).to_owned(), value.clone())));
        }
        lease
    }

    /// The sets with the options of a scope; `place` is the name of one that has none.
    fn option_sets(&mut self, kea: &Members, path: &str, place: &str) -> Vec<Value> {
        let mut groups: Vec<(&str, Vec<(usize, Item)>)> = Vec::new();
        for (at, entry) in entries(kea, "option-data").iter().enumerate() {
            match Item::of_entry(self.context, entry) {
                Ok(item) => {
                    let tag = options::tag(entry).unwrap_or(place);
                    match groups.iter_mut().find(|(of, _)| *of == tag) {
                        Some((_, items)) => items.push((at, item)),
                        None => groups.push((tag, vec![(at, item)])),
                    }
                }
                Err(reason) => self.leave_out(format!("{path}/option-data[{at}]"), reason),
            }
        }
        let mut ids = Vec::new();
        for (tag, items) in groups {
            let (items, over) = options::settle(items);
            for at in over {
                self.leave_out(format!("{path}/option-data[{at}]"), "the option stands before it");
            }
            ids.push(self.sets.define(tag, place, items));
        }
        // Sets without options.
        for id in notes::note(kea, SET_ID).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            if !ids.iter().any(|known| known == id) && self.sets.may_be_empty(id) {
                ids.push(id.to_owned());
            }
        }
        ids.into_iter().map(Value::from).collect()
    }

    /// Tells of all that a map says and no node does.
    fn left_out(&mut self, kea: &Members, path: &str, known: &[&str]) {
        for (key, value) in kea {
            let node = known.contains(&key.as_str()) || key == "user-context" && context_is_shown(value);
            let says_nothing = match value {
                Value::Array(list) => list.is_empty(),
                Value::Object(map) => map.is_empty(),
                _ => false,
            };
            if !node && !says_nothing {
                self.leave_out(format!("{path}/{key}"), "the model has no node for it");
            }
        }
    }

    fn leave_out(&mut self, path: String, reason: &str) {
        self.left_out.push(LeftOut { path, reason: reason.to_owned() });
    }
}

/// Leaves of pools that are notes.
pub const UTILIZATION: [&str; 2] = ["max-address-utilization", "max-pd-space-utilization"];

/// The sets of a scope.
pub const SET_ID: &str = "option-set-id";

/// What the set of a range is called when it has no name of its own.
pub fn range_place(id: &str) -> String {
    format!("range/{id}")
}

fn context_is_shown(context: &Value) -> bool {
    let shown = |key: &String| key == "ietf-dhcpv6-server" || key == "description";
    context.as_object().is_some_and(|context| context.keys().all(shown))
}

/// A leaf-list has no value twice.
fn once(values: &[Value]) -> Vec<Value> {
    let mut seen = HashSet::new();
    values.iter().filter(|value| value.as_str().is_some_and(|text| seen.insert(text.to_owned()))).cloned().collect()
}

/// The option sets in the order in which they are found.
#[derive(Default)]
struct Sets {
    sets: Vec<(String, Vec<Item>)>,
    places: HashMap<String, usize>,
    empty: Vec<String>,
}

impl Sets {
    /// Makes a set of this name with these options, or finds it; one of another name if the name has others.
    fn define(&mut self, wanted: &str, place: &str, items: Vec<Item>) -> String {
        let mut name = wanted.to_owned();
        loop {
            match self.places.get(&name).and_then(|at| self.sets.get(*at)) {
                Some((_, known)) if *known == items => return name,
                Some(_) if name != place && wanted != place && name == wanted => name = place.to_owned(),
                Some(_) => name.push('\''),
                None => {
                    self.places.insert(name.clone(), self.sets.len());
                    self.sets.push((name.clone(), items));
                    return name;
                }
            }
        }
    }

    /// Whether there may be a set of this name without options.
    fn may_be_empty(&mut self, id: &str) -> bool {
        let free = !self.places.contains_key(id);
        if free && !self.empty.iter().any(|known| known == id) {
            self.empty.push(id.to_owned());
        }
        free
    }

    /// All of them, with what the notes say of them, and those that no scope has.
    fn finish(self, kea: &Members) -> Vec<Value> {
        let mut noted: Vec<Members> = Vec::new();
        for set in notes::note(kea, "option-sets").and_then(Value::as_array).into_iter().flatten() {
            noted.extend(set.as_object().cloned());
        }
        let mut sets = Vec::new();
        let empty = self.empty.into_iter().filter(|id| !self.places.contains_key(id)).map(|id| (id, Vec::new()));
        for (id, items) in self.sets.into_iter().chain(empty) {
            let mut set = Map::from_iter([(SET_ID.to_owned(), id.as_str().into())]);
            let known = noted.iter().position(|set| text(set, SET_ID) == Some(&id)).map(|at| noted.remove(at));
            let description = known.and_then(|mut known| known.remove("description"));
            set.extend(description.map(|text| ("description".to_owned(), text)));
            set.extend(options::into_set(&items));
            sets.push(set.into());
        }
        let valid = |set: &Members| text(set, SET_ID).is_some() && options::of_set(set).is_ok();
        sets.extend(noted.into_iter().filter(valid).map(Value::from));
        sets
    }
}
