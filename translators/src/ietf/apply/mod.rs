//! From ietf-dhcpv6-server to the JSON of kea-dhcp6: what differs from what was shown before is changed.

mod pools;
mod sets;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::LazyLock;

use serde_json::{Map, Value};

use self::sets::sets;
use super::options::Item;
use super::place::{networks, range_ids};
use super::show::{SET_ID, range_place, show};
use super::{LEASE, OWN, RANGE_TEXTS, ROOT, UNSUPPORTED, duid, entries, notes, text};
use crate::TranslateError;
use crate::merge::Merge;
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
