//! From ietf-dhcpv6-server to the JSON of kea-dhcp6: what differs from what was shown before is changed.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::LazyLock;

use serde_json::{Map, Value};

use super::hosts::{self, Kept};
use super::options::{self, Item, Key};
use super::place::{Pool, bounds, networks, pool_ids, range_ids};
use super::show::{SET_ID, UTILIZATION, range_place, show};
use super::{LEASE, OWN, RANGE_TEXTS, ROOT, UNSUPPORTED, duid, entries, notes, text};
use crate::TranslateError;
use crate::merge::Merge;
use crate::scalar::Prefix;
use crate::special::{Context, Members};

static EMPTY: LazyLock<Members> = LazyLock::new(Map::new);

/// The parameters of kea-dhcp6 that `now` shows, where `before` showed what it did.
pub fn apply(context: &Context<'_>, now: &Members, before: &Members) -> Result<Members, Vec<TranslateError>> {
    let was = show(context, before).server;
    let mut apply = Apply {
        context,
        now: HashMap::new(),
        was: HashMap::new(),
        used: HashSet::new(),
        path: format!("/{ROOT}"),
        errors: Vec::new(),
    };
    let kea = apply.server(now, &was, before);
    if apply.errors.is_empty() { Ok(kea) } else { Err(apply.errors) }
}

/// Options of the sets, by their names.
type Sets = HashMap<String, Vec<Item>>;

struct Apply<'a> {
    context: &'a Context<'a>,
    now: Sets,
    was: Sets,
    /// The sets that a scope has.
    used: HashSet<String>,
    path: String,
    errors: Vec<TranslateError>,
}

/// A scope on all sides: the data, what was shown of it, and the name of the set that is its own.
#[derive(Clone, Copy)]
struct Side<'a> {
    now: &'a Members,
    was: &'a Members,
    place: &'a str,
}

impl Apply<'_> {
    fn server(&mut self, now: &Members, was: &Members, before: &Members) -> Members {
        let known = ["enabled", "server-duid", "vendor-config", "option-sets", "class-selector", "allocation-ranges"];
        self.only(now, &known);
        if now.get("enabled") == Some(&Value::Bool(false)) {
            self.within("enabled", |apply| {
                apply.error("a server that is configured serves; dhcp-disable makes it rest")
            });
        }
        let (now_sets, errors) = sets(now);
        for (step, reason) in errors {
            self.within(&step, |apply| apply.error(&reason));
        }
        self.now = now_sets;
        (self.was, _) = sets(was);

        let listed = ["subnet6", "shared-networks"];
        let rest = before.iter().filter(|(key, _)| !listed.contains(&key.as_str()));
        let mut kea: Members = rest.map(|(key, value)| (key.clone(), value.clone())).collect();
        self.server_id(&mut kea, now, was);
        self.interfaces(&mut kea, now, was);
        let (ranges, were) = (inner(now, "allocation-ranges"), inner(was, "allocation-ranges"));
        let mut remarks = notes::all(before);
        self.within("allocation-ranges", |apply| {
            apply.only(ranges, &[&lease_leaves()[..], &["rapid-commit", "allocation-range"]].concat());
            apply.lease(&mut kea, Side { now: ranges, was: were, place: "global" }, &mut remarks);
            apply.ranges(&mut kea, before, ranges, were);
        });
        notes::set(&mut remarks, "rapid-commit", ranges.get("rapid-commit").cloned());
        notes::set(&mut remarks, "option-sets", self.remarkable_sets(now));
        notes::write(&mut kea, remarks);
        kea
    }

    fn server_id(&mut self, kea: &mut Members, now: &Members, was: &Members) {
        let (duid, before) = (text(now, "server-duid"), text(was, "server-duid"));
        if duid.map(str::to_ascii_lowercase).as_deref() == before {
            return;
        }
        let Some(duid) = duid else {
            kea.remove("server-id");
            return;
        };
        match duid::server_id(duid) {
            Ok(Value::Object(parts)) => {
                let id = kea.entry("server-id").or_insert_with(|| Map::new().into());
                if let Some(id) = id.as_object_mut() {
                    id.retain(|key, _| !duid::KEYS.contains(&key.as_str()));
                    id.extend(parts);
                }
            }
            Ok(_) => {}
            Err(reason) => self.within("server-duid", |apply| apply.error(&reason)),
        }
    }

    fn interfaces(&mut self, kea: &mut Members, now: &Members, was: &Members) {
        let node = format!("{OWN}:interface");
        let (now, was) = (inner(now, "vendor-config"), inner(was, "vendor-config"));
        self.within("vendor-config", |apply| apply.only(now, &[&node]));
        let (names, before) = (entries(now, &node), entries(was, &node));
        // Who replaces all by RFC 9243 alone does not mean a server that hears nobody.
        if names.is_empty()
            || names.iter().map(Value::to_string).collect::<BTreeSet<_>>()
                == before.iter().map(Value::to_string).collect::<BTreeSet<_>>()
        {
            return;
        }
        let config = kea.entry("interfaces-config").or_insert_with(|| Map::new().into());
        if let Some(config) = config.as_object_mut() {
            config.insert("interfaces".to_owned(), names.into());
        }
    }

    /// Lifetimes and options.
    fn lease(&mut self, kea: &mut Members, side: Side<'_>, remarks: &mut Members) {
        for (leaf, key) in LEASE {
            let value = side.now.get(*leaf);
            if value == side.was.get(*leaf) {
                continue;
            }
            // Bounds that leave no choice follow.
            let old = kea.get(*key).cloned();
            for bound in ["min", "max"].map(|bound| format!("{bound}-{key}")) {
                if old.is_some() && kea.get(&bound) == old.as_ref() {
                    put(kea, &bound, value);
                }
            }
            put(kea, key, value);
        }
        self.options(kea, side, remarks);
    }

    fn ranges(&mut self, kea: &mut Members, before: &Members, now: &Members, was: &Members) {
        const LIST: &str = "allocation-range";
        let were: HashMap<&str, &Members> = keyed(entries(was, LIST), "id").collect();
        let old_networks = networks(before).filter_map(|(name, network)| name.and(network.as_object()));
        let old_lists = std::iter::once(before).chain(old_networks).map(|scope| entries(scope, "subnet6"));
        let old_subnets = old_lists.flat_map(|list| list.iter().zip(range_ids(list)));
        let mut old: HashMap<String, &Value> = HashMap::new();
        old_subnets.filter_map(|(subnet, id)| Some((id?, subnet))).for_each(|(id, subnet)| {
            old.entry(id).or_insert(subnet);
        });
        let numbers = numbers(now, &old);

        // Each list of subnets: without a network, in those of before, and in new ones.
        let network_node = format!("{OWN}:shared-network");
        let network_of =
            |range: &Value| range.as_object().and_then(|range| text(range, &network_node)).map(str::to_owned);
        let mut groups: Vec<(Option<String>, Option<&Value>, Vec<&Value>)> = vec![(None, None, Vec::new())];
        groups.extend(networks(before).map(|(name, network)| (name.map(str::to_owned), Some(network), Vec::new())));
        let named = groups.iter().enumerate().skip(1).filter_map(|(at, (name, ..))| Some((Some(name.clone()?), at)));
        let mut places: HashMap<Option<String>, usize> = named.chain([(None, 0)]).collect();
        for range in entries(now, LIST) {
            let name = network_of(range);
            let place = *places.entry(name.clone()).or_insert_with(|| {
                groups.push((name, None, Vec::new()));
                groups.len() - 1
            });
            groups.get_mut(place).into_iter().for_each(|(.., list)| list.push(range));
        }

        let mut changed: Vec<Value> = Vec::new();
        for (at, (name, network, list)) in groups.into_iter().enumerate() {
            if let (None, Some(hidden)) = (&name, network) {
                changed.push(hidden.clone());
                continue;
            }
            let network = network.and_then(Value::as_object);
            let was_list =
                if at == 0 { entries(before, "subnet6") } else { entries(network.unwrap_or(&EMPTY), "subnet6") };
            let merge = Merge {
                now: list.iter().map(|range| (range_name(range).map(str::to_owned), *range)).collect(),
                was: was_list.iter().zip(range_ids(was_list)).map(|(subnet, id)| (id, subnet)).collect(),
                by_user: false,
            };
            let merged = merge.run(|range, here| {
                let (id, range) = (range_name(range)?, range.as_object()?);
                let subnet = here.or_else(|| old.get(id).copied()).and_then(Value::as_object);
                let was = were.get(id).copied().unwrap_or(&EMPTY);
                let number = numbers.get(id).copied();
                let step = format!("{LIST}[id={}]", quoted(id));
                let subnet = self.within(&step, |apply| apply.range(id, number, range, was, subnet, now));
                Some(subnet.into())
            });
            match name {
                None if merged.is_empty() && !before.contains_key("subnet6") => {}
                None => drop(kea.insert("subnet6".to_owned(), merged.into())),
                Some(name) => {
                    let mut network =
                        network.cloned().unwrap_or_else(|| Map::from_iter([("name".into(), name.into())]));
                    if !merged.is_empty() || network.contains_key("subnet6") {
                        network.insert("subnet6".to_owned(), merged.into());
                    }
                    changed.push(network.into());
                }
            }
        }
        if !changed.is_empty() || before.contains_key("shared-networks") {
            kea.insert("shared-networks".to_owned(), changed.into());
        }
    }

    fn range(
        &mut self,
        id: &str,
        number: Option<u64>,
        now: &Members,
        was: &Members,
        before: Option<&Members>,
        outer: &Members,
    ) -> Members {
        let own = RANGE_TEXTS.into_iter().chain(["shared-network"]).map(|name| format!("{OWN}:{name}"));
        let own: Vec<String> = own.collect();
        let known = ["id", "description", "network-prefix", "rapid-commit", "address-pools", "prefix-pools"];
        let known: Vec<&str> = known.into_iter().chain(lease_leaves()).chain(own.iter().map(String::as_str)).collect();
        self.only(now, &known);
        let mut kea = before.cloned().unwrap_or_default();
        let mut remarks = notes::all(&kea);
        if before.is_none() {
            kea.extend(number.map(|number| ("id".to_owned(), number.into())));
            notes::set(&mut remarks, "id", number.filter(|n| n.to_string() != id).map(|_| id.into()));
        }
        if now.get("network-prefix") != was.get("network-prefix") {
            put(&mut kea, "subnet", now.get("network-prefix"));
        }
        for (name, node) in RANGE_TEXTS.iter().zip(&own) {
            if now.get(node) != was.get(node) {
                put(&mut kea, name, now.get(node));
            }
        }
        if now.get("description") != was.get("description") {
            notes::describe(&mut kea, now.get("description"));
        }
        let rapid = |range: &Members| range.get("rapid-commit").or_else(|| outer.get("rapid-commit")).cloned();
        let shown_rapid = kea.get("rapid-commit").filter(|value| value.is_boolean());
        if rapid(now).as_ref() != shown_rapid {
            put(&mut kea, "rapid-commit", rapid(now).as_ref());
        }
        let place = range_place(id);
        self.lease(&mut kea, Side { now, was, place: &place }, &mut remarks);
        notes::write(&mut kea, remarks);
        let holds = |leaf: &str| now.get(leaf).or_else(|| outer.get(leaf)).cloned();
        self.pools(&mut kea, ["pools", "address-pools", "address-pool"], Side { now, was, place: &place }, &holds);
        self.pools(&mut kea, ["pd-pools", "prefix-pools", "prefix-pool"], Side { now, was, place: &place }, &holds);
        self.hosts(&mut kea, Side { now, was, place: &place });
        kea
    }

    /// One of the lists of pools; `holds` is what holds in the range.
    fn pools(
        &mut self,
        kea: &mut Members,
        [key, outer, list]: [&str; 3],
        range: Side<'_>,
        holds: &dyn Fn(&str) -> Option<Value>,
    ) {
        let (now, was) = (inner(range.now, outer), inner(range.was, outer));
        let were: HashMap<&str, &Members> = keyed(entries(was, list), "pool-id").collect();
        let before = kea.get(key).cloned();
        let old = before.as_ref().and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let numbered = old.iter().filter_map(|pool| pool.get("pool-id")?.as_u64());
        let named = entries(now, list).iter().filter_map(|pool| pool_name(pool)?.parse().ok());
        let mut taken: HashSet<u64> = numbered.chain(named).collect();
        let merge = Merge {
            now: entries(now, list).iter().map(|pool| (pool_name(pool).map(str::to_owned), pool)).collect(),
            was: old.iter().zip(pool_ids(old)).map(|(pool, id)| (id, pool)).collect(),
            by_user: false,
        };
        let merged = merge.run(|pool, old| {
            let (id, now) = (pool_name(pool)?, pool.as_object()?);
            let was = were.get(id).copied().unwrap_or(&EMPTY);
            let place = format!("{}/pool/{id}", range.place);
            let step = format!("{outer}/{list}[pool-id={}]", quoted(id));
            let old = old.and_then(Value::as_object);
            let side = Side { now, was, place: &place };
            self.within(&step, |apply| Some(apply.pool(id, side, old, &mut taken, holds).into()))
        });
        if !merged.is_empty() || before.is_some() {
            kea.insert(key.to_owned(), merged.into());
        }
    }

    fn pool(
        &mut self,
        id: &str,
        side: Side<'_>,
        before: Option<&Members>,
        taken: &mut HashSet<u64>,
        holds: &dyn Fn(&str) -> Option<Value>,
    ) -> Members {
        let Side { now, was, .. } = side;
        let bounding = ["pool-prefix", "start-address", "end-address", "client-prefix-length"];
        let repeated: Vec<&str> =
            lease_leaves().into_iter().filter(|leaf| *leaf != SET_ID).chain(["rapid-commit"]).collect();
        let known = bounding.into_iter().chain(UTILIZATION).chain(["pool-id", SET_ID, hosts::CONTAINER]);
        self.only(now, &known.chain(repeated.iter().copied()).collect::<Vec<_>>());
        let mut kea = before.cloned().unwrap_or_default();
        let mut remarks = notes::all(&kea);
        if bounding.iter().any(|leaf| now.get(*leaf) != was.get(*leaf)) {
            self.bounds(&mut kea, now, &mut remarks);
            let number = id.parse::<u32>().ok().filter(|number| *number != 0 && number.to_string() == id);
            if let (None, Some(number)) = (before, number) {
                kea.insert("pool-id".to_owned(), number.into());
            }
        }
        let mut counted = false;
        for leaf in UTILIZATION {
            counted |= now.contains_key(leaf);
            notes::set(&mut remarks, leaf, now.get(leaf).cloned());
        }
        let numbered = kea.get("pool-id").is_some_and(|number| *number != 0);
        if counted && !numbered {
            // The server counts the leases of a pool under its number.
            let free = (1..).find(|number| taken.insert(*number));
            kea.extend(free.map(|number| ("pool-id".to_owned(), number.into())));
        }
        if before != Some(&kea) {
            let number = kea.get("pool-id").filter(|number| **number != 0).map(Value::to_string);
            let natural = number.or_else(|| bounds(&kea));
            notes::set(&mut remarks, "pool-id", (natural.as_deref() != Some(id)).then(|| id.into()));
        }
        for leaf in repeated {
            let value = now.get(leaf);
            if value.is_some() && value != holds(leaf).as_ref() {
                self.within(leaf, |apply| {
                    apply.error("the daemon has one value for a whole allocation range: this is another")
                });
            }
            notes::set(&mut remarks, leaf, value.cloned());
        }
        self.options(&mut kea, side, &mut remarks);
        notes::write(&mut kea, remarks);
        kea
    }

    /// What addresses or prefixes a pool has.
    fn bounds(&mut self, kea: &mut Members, now: &Members, remarks: &mut Members) {
        let prefix = text(now, "pool-prefix").unwrap_or_default();
        if let Some(length) = now.get("client-prefix-length") {
            if let Some(prefix) = Prefix::parse(prefix) {
                kea.insert("prefix".to_owned(), prefix.first().to_string().into());
                kea.insert("prefix-len".to_owned(), prefix.length().into());
                kea.insert("delegated-len".to_owned(), length.clone());
            }
            return;
        }
        let address = |leaf: &str| text(now, leaf).and_then(|text| text.parse().ok());
        let pool =
            address("start-address").zip(address("end-address")).and_then(|(first, last)| Pool::new(first, last));
        match pool {
            None => self.within("end-address", |apply| apply.error("the last address is before the first one")),
            Some(pool) if !pool.is_in(prefix) => {
                self.within("pool-prefix", |apply| apply.error("the pool's addresses are not in its prefix"));
            }
            Some(pool) => {
                kea.insert("pool".to_owned(), pool.text().into());
                notes::set(remarks, "pool-prefix", (pool.outer() != prefix).then(|| prefix.into()));
            }
        }
    }

    fn hosts(&mut self, kea: &mut Members, side: Side<'_>) {
        self.only_in_hosts(side.now);
        let now = match hosts::kept(side.now) {
            Ok(now) => now,
            Err((step, reason)) => return self.within(&step, |apply| apply.error(&reason)),
        };
        let was: HashMap<String, Kept> = hosts::kept(side.was).unwrap_or_default().into_iter().collect();
        let before = entries(kea, "reservations").to_vec();
        let mut wanted: HashMap<&str, &Kept> = now.iter().map(|(client, kept)| (client.as_str(), kept)).collect();
        let nothing = Kept::default();
        let mut list: Vec<Value> = Vec::new();
        for reservation in &before {
            let old = reservation.as_object();
            let client = old.and_then(|old| duid::canonical(text(old, "duid")?));
            let (Some(old), Some(client)) = (old, client) else {
                list.push(reservation.clone());
                continue;
            };
            let was = was.get(&client).unwrap_or(&nothing);
            let now = wanted.remove(client.as_str()).unwrap_or(&nothing);
            list.extend(self.host(Some(old), &client, was, now, side.place));
        }
        for (client, kept) in now.iter().filter(|(client, _)| wanted.contains_key(client.as_str())) {
            list.extend(self.host(None, client, &nothing, kept, side.place));
        }
        if list != before {
            kea.insert("reservations".to_owned(), list.into());
        }
    }

    fn host(&mut self, before: Option<&Members>, client: &str, was: &Kept, now: &Kept, place: &str) -> Option<Value> {
        let mut kea = hosts::change(before, client, was, now)?;
        if let Some(host) = &now.host {
            let mut remarks = notes::all(&kea);
            let place = format!("{place}/client/{client}");
            let side = Side { now: host, was: was.host.as_ref().unwrap_or(&EMPTY), place: &place };
            self.options(&mut kea, side, &mut remarks);
            notes::write(&mut kea, remarks);
        }
        Some(kea.into())
    }

    /// Refuses what the daemon does not have in reservations.
    fn only_in_hosts(&mut self, range: &Members) {
        let kinds = [
            ("address-pools", "address-pool", hosts::HOSTS, "reserved-addr", SET_ID),
            ("prefix-pools", "prefix-pool", hosts::PREFIXES, "reserved-prefix", "reserved-prefix-len"),
        ];
        for (outer, list, inner_list, key, more) in kinds {
            for (id, pool) in keyed(entries(inner(range, outer), list), "pool-id") {
                let Some(reservations) = pool.get(hosts::CONTAINER).and_then(Value::as_object) else { continue };
                let step = format!("{outer}/{list}[pool-id={}]/{}", quoted(id), hosts::CONTAINER);
                self.within(&step, |apply| {
                    apply.only(reservations, &[inner_list]);
                    for (name, entry) in keyed(entries(reservations, inner_list), key) {
                        let step = format!("{inner_list}[{key}={}]", quoted(name));
                        apply.within(&step, |apply| apply.only(entry, &["client-duid", key, more]));
                    }
                });
            }
        }
    }

    /// The options of a scope.
    fn options(&mut self, kea: &mut Members, side: Side<'_>, remarks: &mut Members) {
        let ids = |nodes: &Members| -> Vec<String> {
            entries(nodes, SET_ID).iter().filter_map(|id| id.as_str().map(str::to_owned)).collect()
        };
        let (now, was) = (ids(side.now), ids(side.was));
        self.used.extend(now.iter().cloned());
        let said = |ids: &[String], sets: &Sets| -> HashMap<String, Vec<Item>> {
            ids.iter().map(|id| (id.clone(), sets.get(id).cloned().unwrap_or_default())).collect()
        };
        if (now.is_empty() && was.is_empty()) || said(&now, &self.now) == said(&was, &self.was) {
            return;
        }
        let mut wanted: Vec<(&str, Item)> = Vec::new();
        let mut places: HashMap<Key, usize> = HashMap::new();
        for id in &now {
            for item in self.now.get(id).into_iter().flatten() {
                if places.insert(item.key(), wanted.len()).is_some() {
                    let (space, code, _) = item.key();
                    let path = format!("{}/{SET_ID}[.={}]", self.path, quoted(id));
                    let reason = format!("option {code} of {space} is in more than one of these sets");
                    self.errors.push(TranslateError { path, reason });
                }
                wanted.push((id, item.clone()));
            }
        }
        let tag = |id: &str| (id != side.place).then(|| id.to_owned());
        let mut done = HashSet::new();
        let mut list = Vec::new();
        for entry in entries(kea, "option-data") {
            let Ok(item) = Item::of_entry(self.context, entry) else {
                list.push(entry.clone());
                continue;
            };
            let key = item.key();
            let Some((id, now)) = places.get(&key).and_then(|at| wanted.get(*at)) else { continue };
            if !done.insert(key) {
                // It stands behind another that is shown in its place.
                list.push(entry.clone());
            } else if *now == item {
                let mut entry = entry.clone();
                options::retag(&mut entry, tag(id).as_deref());
                list.push(entry);
            } else {
                list.push(now.entry(tag(id).as_deref()));
            }
        }
        let new = wanted.iter().filter(|(_, item)| !done.contains(&item.key()));
        list.extend(new.map(|(id, item)| item.entry(tag(id).as_deref())));
        let full = |id: &String| self.now.get(id).is_some_and(|items| !items.is_empty());
        let all_told = now.iter().all(full);
        notes::set(remarks, SET_ID, (!all_told).then(|| now.clone().into()));
        if !list.is_empty() || kea.contains_key("option-data") {
            kea.insert("option-data".to_owned(), list.into());
        }
    }

    /// What no scope says of the sets.
    fn remarkable_sets(&self, server: &Members) -> Option<Value> {
        let sets = keyed(entries(inner(server, "option-sets"), "option-set"), SET_ID);
        let remarkable = sets.filter_map(|(id, set)| match self.used.contains(id) {
            false => Some(Value::from(set.clone())),
            true => {
                let description = set.get("description")?.clone();
                let id = (SET_ID.to_owned(), id.into());
                Some(Map::from_iter([id, ("description".to_owned(), description)]).into())
            }
        });
        let remarkable: Vec<Value> = remarkable.collect();
        (!remarkable.is_empty()).then(|| remarkable.into())
    }

    /// Refuses all nodes but these.
    fn only(&mut self, nodes: &Members, known: &[&str]) {
        let says_nothing = |value: &Value| value.as_object().is_some_and(Map::is_empty);
        for (node, value) in nodes {
            if !known.contains(&node.as_str()) && !node.starts_with('@') && !says_nothing(value) {
                self.within(node, |apply| apply.error(UNSUPPORTED));
            }
        }
    }

    fn within<T>(&mut self, step: &str, body: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.path.len();
        self.path.push('/');
        self.path.push_str(step);
        let value = body(self);
        self.path.truncate(length);
        value
    }

    fn error(&mut self, reason: &str) {
        self.errors.push(TranslateError { path: self.path.clone(), reason: reason.to_owned() });
    }
}

/// The option sets of the data, and what is wrong with nodes of theirs.
fn sets(server: &Members) -> (Sets, Vec<(String, String)>) {
    let (mut sets, mut errors) = (Sets::new(), Vec::new());
    for (id, set) in keyed(entries(inner(server, "option-sets"), "option-set"), SET_ID) {
        match options::of_set(set) {
            Ok(items) => drop(sets.insert(id.to_owned(), items)),
            Err((node, reason)) => {
                let step = format!("option-sets/option-set[{SET_ID}={}]/{node}", quoted(id));
                errors.push((step, reason));
            }
        }
    }
    (sets, errors)
}

/// Option sets and lifetimes, which global and range scopes have.
fn lease_leaves() -> Vec<&'static str> {
    LEASE.iter().map(|(leaf, _)| *leaf).chain([SET_ID]).collect()
}

/// The numbers of the subnets: their own, the one that the range's id is, or the lowest that is free.
fn numbers<'a>(now: &'a Members, old: &HashMap<String, &Value>) -> HashMap<&'a str, u64> {
    let mut numbers = HashMap::new();
    let mut taken = HashSet::new();
    let mut left = Vec::new();
    let ids = || entries(now, "allocation-range").iter().filter_map(range_name);
    for id in ids() {
        match old.get(id).and_then(|subnet| subnet.get("id")?.as_u64()) {
            Some(number) => drop((numbers.insert(id, number), taken.insert(number))),
            None => left.push(id),
        }
    }
    let number = |id: &str| id.parse::<u32>().ok().filter(|n| (1..=MOST).contains(n) && n.to_string() == id);
    left.retain(|id| match number(id).map(u64::from).filter(|number| taken.insert(*number)) {
        Some(number) => {
            numbers.insert(id, number);
            false
        }
        None => true,
    });
    let mut free = (1..=u64::from(MOST)).filter(|number| !taken.contains(number));
    numbers.extend(left.into_iter().filter_map(|id| Some((id, free.next()?))));
    numbers
}

/// The highest number of a subnet.
const MOST: u32 = u32::MAX - 1;

fn range_name(range: &Value) -> Option<&str> {
    text(range.as_object()?, "id")
}

fn pool_name(pool: &Value) -> Option<&str> {
    text(pool.as_object()?, "pool-id")
}

/// The entries of a list with their keys.
fn keyed<'a>(list: &'a [Value], key: &'a str) -> impl Iterator<Item = (&'a str, &'a Members)> {
    list.iter().filter_map(move |entry| Some((text(entry.as_object()?, key)?, entry.as_object()?)))
}

fn inner<'a>(nodes: &'a Members, container: &str) -> &'a Members {
    nodes.get(container).and_then(Value::as_object).unwrap_or(&EMPTY)
}

/// A literal of XPath 1.0, which has no escapes.
pub fn quoted(value: &str) -> String {
    let quote = if value.contains('\'') { '"' } else { '\'' };
    format!("{quote}{value}{quote}")
}

fn put(kea: &mut Members, key: &str, value: Option<&Value>) {
    match value {
        Some(value) => drop(kea.insert(key.to_owned(), value.clone())),
        None => drop(kea.remove(key)),
    }
}
