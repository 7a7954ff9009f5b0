//! State of ietf-dhcpv6-server: what kea-dhcp6 leases and counts, put into its data.

use std::collections::BTreeMap;
use std::net::Ipv6Addr;

use serde_json::{Map, Value, json};

use super::place::{PdPool, Pool, networks, pool_ids};
use super::show::UTILIZATION;
use super::{ROOT, duid, entries, notes, text};
use crate::scalar::Prefix;
use crate::special::Members;

/// What the server was asked for.
pub struct State<'a> {
    /// Answer to `lease6-get-all`: its `leases`. None: the server does not tell.
    pub leases: Option<&'a [Value]>,
    /// A statistic by its name.
    pub statistic: &'a dyn Fn(&str) -> Option<u64>,
    /// Since when the statistics count (RFC 3339).
    pub since: Option<String>,
    /// The present, in seconds since 1970.
    pub now: u64,
    /// Such a time as RFC 3339 has it.
    pub date: &'a dyn Fn(u64) -> String,
}

/// Counters of messages, and the statistics that say the same. The server sends no Reconfigure.
const COUNTERS: &[(&str, &str)] = &[
    ("solicit-count", "pkt6-solicit-received"),
    ("advertise-count", "pkt6-advertise-sent"),
    ("request-count", "pkt6-request-received"),
    ("confirm-count", "pkt6-confirm-received"),
    ("renew-count", "pkt6-renew-received"),
    ("rebind-count", "pkt6-rebind-received"),
    ("reply-count", "pkt6-reply-sent"),
    ("release-count", "pkt6-release-received"),
    ("decline-count", "pkt6-decline-received"),
    ("reconfigure-count", ""),
    ("information-request-count", "pkt6-infrequest-received"),
    ("discarded-message-count", "pkt6-receive-drop"),
];

/// Puts the state into data of the model.
pub fn add_state(data: &mut Value, state: &State<'_>) {
    let server = data.as_object_mut().and_then(|data| data.entry(ROOT).or_insert_with(|| json!({})).as_object_mut());
    let ranges = server.map(|server| server.entry("allocation-ranges").or_insert_with(|| json!({})));
    let Some(ranges) = ranges.and_then(Value::as_object_mut) else { return };
    let leases = state.leases.map(|leases| Leases::new(leases, state.now));
    for range in list(ranges, "allocation-range") {
        for (outer, inner) in [("address-pools", "address-pool"), ("prefix-pools", "prefix-pool")] {
            let pools = range.get_mut(outer).and_then(Value::as_object_mut).map(|pools| list(pools, inner));
            for pool in pools.into_iter().flatten().filter_map(Value::as_object_mut) {
                let active = leases.as_ref().and_then(|leases| leases.of_pool(pool, state));
                pool.extend(active.map(|active| ("active-leases".to_owned(), active)));
            }
        }
    }
    let counter = |name: &str| (state.statistic)(name).unwrap_or_default() & u64::from(u32::MAX);
    let mut statistics: Members =
        COUNTERS.iter().map(|(leaf, name)| ((*leaf).to_owned(), counter(name).into())).collect();
    statistics.extend(state.since.as_ref().map(|since| ("discontinuity-time".to_owned(), since.as_str().into())));
    ranges.insert("statistics".to_owned(), statistics.into());
}

fn list<'a>(nodes: &'a mut Members, name: &str) -> impl Iterator<Item = &'a mut Value> {
    nodes.get_mut(name).and_then(Value::as_array_mut).into_iter().flatten()
}

/// A pool of which the use is told when it exceeds what its range says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Watched {
    /// Whether it is one of prefixes.
    pub prefixes: bool,
    /// Its id.
    pub pool: String,
    /// Addresses or prefixes in it.
    pub total: u64,
    /// How many of them may be leased before it is told.
    pub most: u64,
    /// The statistic that tells how many are.
    pub statistic: String,
}

/// The pools that have a limit (`max-address-utilization`, `max-pd-space-utilization`) in the configuration of kea-dhcp6.
pub fn watched(kea: &Value) -> Vec<Watched> {
    let Some(kea) = kea.get("Dhcp6").and_then(Value::as_object) else { return Vec::new() };
    let networks = networks(kea).filter_map(|(name, network)| name.and(network.as_object()));
    let subnets = std::iter::once(kea).chain(networks).flat_map(|scope| entries(scope, "subnet6"));
    let mut watched = Vec::new();
    for subnet in subnets.filter_map(Value::as_object) {
        for (key, limit, kind, counter) in
            [("pools", UTILIZATION[0], "pool", "assigned-nas"), ("pd-pools", UTILIZATION[1], "pd-pool", "assigned-pds")]
        {
            let pools = entries(subnet, key);
            let limited = |pool: &Value| pool.as_object().is_some_and(|pool| notes::note(pool, limit).is_some());
            if !pools.iter().any(limited) {
                continue;
            }
            watched.extend(pools.iter().zip(pool_ids(pools)).filter_map(|(pool, id)| {
                let pool = pool.as_object()?;
                let percent = notes::note(pool, limit)?.as_u64()?;
                let total = total(pool)?;
                let most = (u128::from(total) * u128::from(percent)).div_ceil(100);
                Some(Watched {
                    prefixes: key == "pd-pools",
                    pool: id?,
                    total,
                    most: u64::try_from(most).unwrap_or(u64::MAX),
                    statistic: format!("subnet[{}].{kind}[{}].{counter}", subnet.get("id")?, pool.get("pool-id")?),
                })
            }));
        }
    }
    watched
}

/// How many addresses or prefixes a pool has.
fn total(pool: &Members) -> Option<u64> {
    let total = match (Pool::of_kea(pool), PdPool::of_kea(pool)) {
        (Some(addresses), _) => addresses.size(),
        (None, prefixes) => prefixes?.size(),
    };
    Some(u64::try_from(total).unwrap_or(u64::MAX))
}

/// Leases in use, by address or by prefix.
struct Leases<'a> {
    addresses: BTreeMap<Ipv6Addr, &'a Members>,
    prefixes: BTreeMap<Ipv6Addr, (u64, &'a Members)>,
}

impl<'a> Leases<'a> {
    fn new(all: &'a [Value], now: u64) -> Self {
        let mut leases = Self { addresses: BTreeMap::new(), prefixes: BTreeMap::new() };
        for lease in all.iter().filter_map(Value::as_object) {
            let number = |key: &str| lease.get(key).and_then(Value::as_u64).unwrap_or_default();
            let (valid, cltt) = (number("valid-lft"), number("cltt"));
            let lives = valid == u64::from(u32::MAX) || cltt.saturating_add(valid) > now;
            let Some(address) = text(lease, "ip-address").and_then(|address| address.parse().ok()) else { continue };
            if number("state") != 0 || !lives {
                continue;
            }
            match text(lease, "type") {
                Some("IA_PD") => drop(leases.prefixes.insert(address, (number("prefix-len"), lease))),
                _ => drop(leases.addresses.insert(address, lease)),
            }
        }
        leases
    }

    fn of_pool(&self, pool: &Members, state: &State<'_>) -> Option<Value> {
        let address = |leaf: &str| text(pool, leaf)?.parse::<Ipv6Addr>().ok();
        if let Some(range) = address("start-address").zip(address("end-address")) {
            let range = Pool::new(range.0, range.1)?;
            let held = self.addresses.range(range.first..=range.last);
            let held = held.map(|(address, lease)| entry("leased-address", address.to_string(), lease, state));
            return Some(active(range.size(), held.collect()));
        }
        let whole = Prefix::parse(text(pool, "pool-prefix")?)?;
        let delegated = pool.get("client-prefix-length")?.as_u64()?;
        let total = PdPool { prefix: whole, delegated }.size();
        let (std::net::IpAddr::V6(first), std::net::IpAddr::V6(last)) = (whole.first(), whole.last()) else {
            return None;
        };
        let held = self.prefixes.range(first..=last);
        let held =
            held.map(|(address, (length, lease))| entry("leased-prefix", format!("{address}/{length}"), lease, state));
        Some(active(total, held.collect()))
    }
}

/// RFC 7951 §6.1: 64-bit numbers are strings.
fn active(total: u128, leases: Vec<Value>) -> Value {
    let total = u64::try_from(total).unwrap_or(u64::MAX).to_string();
    let mut active = json!({"total-count": total, "allocated-count": leases.len().to_string()});
    if !leases.is_empty() {
        active["active-lease"] = leases.into();
    }
    active
}

/// A lease. The server does not know when it was first made.
fn entry(key: &str, name: String, lease: &Members, state: &State<'_>) -> Value {
    let number = |key: &str| lease.get(key).and_then(Value::as_u64);
    let mut entry = Map::from_iter([
        (key.to_owned(), name.into()),
        ("ia-id".to_owned(), number("iaid").unwrap_or_default().into()),
    ]);
    let duid = text(lease, "duid").and_then(duid::canonical);
    entry.extend(duid.map(|duid| ("client-duid".to_owned(), duid.into())));
    entry.extend(number("cltt").map(|cltt| ("last-renew-rebind".to_owned(), (state.date)(cltt).into())));
    for (leaf, key) in [("preferred-lifetime", "preferred-lft"), ("valid-lifetime", "valid-lft")] {
        entry.extend(number(key).map(|value| (leaf.to_owned(), value.into())));
    }
    entry.into()
}
