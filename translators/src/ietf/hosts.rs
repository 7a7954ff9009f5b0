//! Reservations: the model has each address and prefix in its pool, the JSON all of a client's together.

use std::collections::{HashMap, HashSet};
use std::net::Ipv6Addr;

use serde_json::{Map, Value, json};

use super::place::{PdPool, Pool};
use super::show::SET_ID;
use super::{duid, entries, text};
use crate::scalar::Prefix;
use crate::special::Members;

/// The list of reservations in either kind of pool, and its container.
pub const CONTAINER: &str = "host-reservations";
/// Addresses.
pub const HOSTS: &str = "host-reservation";
/// Prefixes.
pub const PREFIXES: &str = "prefix-reservation";

/// The reservations of a subnet as the model shows them.
pub struct Shown<'a> {
    hosts: Vec<Host<'a>>,
    hidden: Vec<usize>,
}

struct Host<'a> {
    at: usize,
    kea: &'a Members,
    duid: String,
    /// Each with its pool.
    addresses: Vec<(usize, Ipv6Addr)>,
    prefixes: Vec<(usize, Prefix)>,
}

impl<'a> Shown<'a> {
    /// Those of a subnet.
    pub fn of(subnet: &'a Members) -> Self {
        let reservations = entries(subnet, "reservations");
        let mut shown = Self { hosts: Vec::new(), hidden: Vec::new() };
        if reservations.is_empty() {
            return shown;
        }
        let pools: Vec<Option<Pool>> = entries(subnet, "pools").iter().map(|p| Pool::of_kea(p.as_object()?)).collect();
        let pd_pools: Vec<Option<PdPool>> =
            entries(subnet, "pd-pools").iter().map(|pool| PdPool::of_kea(pool.as_object()?)).collect();
        let mut taken = HashSet::new();
        for (at, reservation) in reservations.iter().enumerate() {
            let kea = reservation.as_object();
            let Some((kea, duid)) = kea.and_then(|kea| Some((kea, duid::canonical(text(kea, "duid")?)?))) else {
                shown.hidden.push(at);
                continue;
            };
            let mut host = Host { at, kea, duid, addresses: Vec::new(), prefixes: Vec::new() };
            for address in addresses(kea) {
                let pool = pools.iter().position(|pool| pool.is_some_and(|pool| pool.contains(address)));
                host.addresses.extend(pool.filter(|_| taken.insert(address.to_string())).map(|pool| (pool, address)));
            }
            for prefix in prefixes(kea) {
                let pool = pd_pools.iter().position(|pool| pool.is_some_and(|pool| pool.prefix.contains(&prefix)));
                host.prefixes.extend(pool.filter(|_| taken.insert(prefix.to_string())).map(|pool| (pool, prefix)));
            }
            let all = entries(kea, "ip-addresses").len() + entries(kea, "prefixes").len();
            let whole = host.addresses.len() + host.prefixes.len() == all && all > 0;
            let says = |key: &str| kea.get(key).is_some_and(|value| !matches!(value.as_str(), Some("")));
            let more = says("hostname") || !entries(kea, "client-classes").is_empty();
            if !whole || more || host.addresses.is_empty() && !entries(kea, "option-data").is_empty() {
                shown.hidden.push(at);
            }
            shown.hosts.push(host);
        }
        shown
    }

    /// Those that the model does not show, or not whole.
    pub fn hidden(&self) -> impl Iterator<Item = usize> {
        self.hidden.iter().copied()
    }

    /// Those with an address that is shown, and with it their options; with their DUIDs.
    pub fn with_addresses(&self) -> impl Iterator<Item = (usize, &'a Members, &str)> {
        let hosts = self.hosts.iter().filter(|host| !host.addresses.is_empty());
        hosts.map(|host| (host.at, host.kea, host.duid.as_str()))
    }

    /// The addresses in a pool; `options` are the option sets of each reservation.
    pub fn of_pool(&self, pool: usize, options: &HashMap<usize, Vec<Value>>) -> Option<(String, Value)> {
        let mut list: Vec<Value> = Vec::new();
        for host in &self.hosts {
            for (_, address) in host.addresses.iter().filter(|(of, _)| *of == pool) {
                let mut entry = json!({"client-duid": host.duid, "reserved-addr": address.to_string()});
                if let Some(sets) = options.get(&host.at).filter(|sets| !sets.is_empty()) {
                    entry[SET_ID] = sets.clone().into();
                }
                list.push(entry);
            }
        }
        (!list.is_empty()).then(|| (CONTAINER.to_owned(), json!({HOSTS: list})))
    }

    /// The prefixes in a prefix pool.
    pub fn of_pd_pool(&self, pool: usize) -> Option<(String, Value)> {
        let mut list: Vec<Value> = Vec::new();
        for host in &self.hosts {
            for (_, prefix) in host.prefixes.iter().filter(|(of, _)| *of == pool) {
                let length = prefix.length();
                let prefix = prefix.to_string();
                list.push(json!({"client-duid": host.duid, "reserved-prefix": prefix, "reserved-prefix-len": length}));
            }
        }
        (!list.is_empty()).then(|| (CONTAINER.to_owned(), json!({PREFIXES: list})))
    }
}

fn addresses(kea: &Members) -> impl Iterator<Item = Ipv6Addr> {
    entries(kea, "ip-addresses").iter().filter_map(|address| address.as_str()?.trim().parse().ok())
}

fn prefixes(kea: &Members) -> impl Iterator<Item = Prefix> {
    entries(kea, "prefixes").iter().filter_map(|prefix| Prefix::parse(prefix.as_str()?))
}

/// What the data keeps for one client of a range.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Kept {
    /// Addresses.
    pub addresses: Vec<String>,
    /// Prefixes.
    pub prefixes: Vec<String>,
    /// The nodes of the first address, with its option sets.
    pub host: Option<Members>,
}

/// By DUID, in the order of the data. An error is the path of an entry below its range, and what is wrong with it.
pub fn kept(range: &Members) -> Result<Vec<(String, Kept)>, (String, String)> {
    let mut all: Vec<(String, Kept)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let kinds = [
        ("address-pools", "address-pool", HOSTS, "reserved-addr"),
        ("prefix-pools", "prefix-pool", PREFIXES, "reserved-prefix"),
    ];
    for (outer, inner, list, key) in kinds {
        let pools = range.get(outer).and_then(Value::as_object).map_or(&[][..], |pools| entries(pools, inner));
        for pool in pools.iter().filter_map(Value::as_object) {
            let reservations = pool.get(CONTAINER).and_then(Value::as_object);
            for entry in reservations.map_or(&[][..], |r| entries(r, list)).iter().filter_map(Value::as_object) {
                let what = text(entry, key).unwrap_or_default().to_owned();
                let id = text(pool, "pool-id").unwrap_or_default();
                let path = || format!("{outer}/{inner}[pool-id='{id}']/{CONTAINER}/{list}[{key}='{what}']");
                let Some(client) = text(entry, "client-duid") else {
                    return Err((path(), "`client-duid` is missing: what is kept is kept for a client".into()));
                };
                let client = client.to_ascii_lowercase();
                let place = *places.entry(client.clone()).or_insert(all.len());
                if place == all.len() {
                    all.push((client, Kept::default()));
                }
                let Some((_, kept)) = all.get_mut(place) else { continue };
                if list == PREFIXES {
                    check_length(entry, &what).map_err(|reason| (path(), reason))?;
                    kept.prefixes.push(what);
                    continue;
                }
                match &kept.host {
                    Some(first) if !same_sets(first, entry) => {
                        return Err((
                            path(),
                            "all addresses that a range keeps for a client have the same option sets".into(),
                        ));
                    }
                    Some(_) => {}
                    None => kept.host = Some(entry.clone()),
                }
                kept.addresses.push(what);
            }
        }
    }
    Ok(all)
}

fn check_length(entry: &Members, prefix: &str) -> Result<(), String> {
    let told = entry.get("reserved-prefix-len").and_then(Value::as_u64);
    let length = Prefix::parse(prefix).map(|prefix| u64::from(prefix.length()));
    match told.is_none() || told == length {
        true => Ok(()),
        false => Err("`reserved-prefix-len` is not the length of the prefix".into()),
    }
}

fn same_sets(one: &Members, other: &Members) -> bool {
    let sorted = |entry: &Members| {
        let mut sets: Vec<_> = entries(entry, SET_ID).iter().map(Value::to_string).collect();
        sets.sort();
        sets
    };
    sorted(one) == sorted(other)
}

/// A reservation with what is kept now; `was` is what was shown of it before. None if nothing is left.
pub fn change(before: Option<&Members>, client: &str, was: &Kept, now: &Kept) -> Option<Members> {
    let Some(before) = before else {
        return Some(Map::from_iter(
            [
                ("duid".to_owned(), duid::with_colons(client).into()),
                ("ip-addresses".to_owned(), now.addresses.clone().into()),
                ("prefixes".to_owned(), now.prefixes.clone().into()),
            ]
            .into_iter()
            .filter(|(_, value): &(String, Value)| value.as_array().is_none_or(|list| !list.is_empty())),
        ));
    };
    let mut kea = before.clone();
    let canonical = |value: &Value| {
        let text = value.as_str().unwrap_or_default();
        let prefix = || Prefix::parse(text).map(|prefix| prefix.to_string());
        text.trim().parse::<Ipv6Addr>().ok().map(|address| address.to_string()).or_else(prefix).unwrap_or_default()
    };
    let excluded = entries(before, "excluded-prefixes");
    let mut kept_excluded = Vec::new();
    for (key, was, now) in
        [("ip-addresses", &was.addresses, &now.addresses), ("prefixes", &was.prefixes, &now.prefixes)]
    {
        if was == now {
            continue;
        }
        let mut list = Vec::new();
        for (at, value) in entries(before, key).iter().enumerate() {
            let name = canonical(value);
            if now.contains(&name) || !was.contains(&name) {
                list.push(value.clone());
                kept_excluded.push(excluded.get(at).cloned().unwrap_or_else(|| "".into()));
            }
        }
        let known: HashSet<String> = list.iter().map(canonical).collect();
        list.extend(now.iter().filter(|name| !known.contains(*name)).map(|name| Value::from(name.as_str())));
        if key == "prefixes" && !excluded.is_empty() {
            kept_excluded.resize(list.len(), "".into());
            kea.insert("excluded-prefixes".to_owned(), std::mem::take(&mut kept_excluded).into());
        }
        kept_excluded.clear();
        kea.insert(key.to_owned(), list.into());
    }
    let empty = |key: &str| entries(&kea, key).is_empty();
    let shown_before = !was.addresses.is_empty() || !was.prefixes.is_empty();
    (!(shown_before && empty("ip-addresses") && empty("prefixes"))).then_some(kea)
}
