//! Subnets and pools: how they are named and bounded on both sides.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv6Addr};

use serde_json::Value;

use super::{notes, text};
use crate::scalar::Prefix;
use crate::special::Members;

/// The prefix of a subnet.
pub fn canonical_prefix(subnet: &Members) -> Option<String> {
    Prefix::parse(text(subnet, "subnet")?).filter(|prefix| prefix.first().is_ipv6()).map(|prefix| prefix.to_string())
}

/// The id of a subnet's range: what a client called it, or the subnet's number.
pub fn range_id(subnet: &Members) -> Option<String> {
    canonical_prefix(subnet)?;
    let named = notes::text(subnet, "id").map(str::to_owned);
    named.or_else(|| Some(subnet.get("id")?.as_u64()?.to_string()))
}

/// The same for a list; none for what cannot be shown.
pub fn range_ids(subnets: &[Value]) -> Vec<Option<String>> {
    unique(subnets, |subnet| [range_id(subnet), None, None])
}

/// The ids of pools or prefix pools: what a client called them, their numbers, or what they hold.
pub fn pool_ids(pools: &[Value]) -> Vec<Option<String>> {
    unique(pools, |pool| {
        let Some(bounds) = bounds(pool) else { return [None, None, None] };
        let number = pool.get("pool-id").and_then(Value::as_u64).filter(|number| *number != 0);
        [notes::text(pool, "pool-id").map(str::to_owned), number.map(|number| number.to_string()), Some(bounds)]
    })
}

/// What a pool holds, in words.
pub fn bounds(pool: &Members) -> Option<String> {
    match Pool::of_kea(pool) {
        Some(addresses) => Some(addresses.text()),
        None => Some(PdPool::of_kea(pool)?.prefix.to_string()),
    }
}

/// The shared networks with their names; none for what cannot be shown.
pub fn networks(kea: &Members) -> impl Iterator<Item = (Option<&str>, &Value)> {
    let mut taken = HashSet::new();
    super::entries(kea, "shared-networks").iter().map(move |network| {
        let name = network.as_object().and_then(|network| text(network, "name"));
        (name.filter(|name| taken.insert(*name)), network)
    })
}

/// The first name of each that no other has.
fn unique(list: &[Value], names: impl Fn(&Members) -> [Option<String>; 3]) -> Vec<Option<String>> {
    let mut taken = HashSet::new();
    let mut name =
        |entry: &Value| names(entry.as_object()?).into_iter().flatten().find(|name| taken.insert(name.clone()));
    list.iter().map(&mut name).collect()
}

/// A range of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool {
    /// First address.
    pub first: Ipv6Addr,
    /// Last address.
    pub last: Ipv6Addr,
}

impl Pool {
    /// That of an entry of `pools`.
    pub fn of_kea(pool: &Members) -> Option<Self> {
        let written = text(pool, "pool")?;
        if let Some((first, last)) = written.split_once('-') {
            return Self::new(first.trim().parse().ok()?, last.trim().parse().ok()?);
        }
        Self::of_prefix(&Prefix::parse(written)?)
    }

    /// From an address to another.
    pub fn new(first: Ipv6Addr, last: Ipv6Addr) -> Option<Self> {
        (first <= last).then_some(Self { first, last })
    }

    fn of_prefix(prefix: &Prefix) -> Option<Self> {
        match (prefix.first(), prefix.last()) {
            (IpAddr::V6(first), IpAddr::V6(last)) => Some(Self { first, last }),
            _ => None,
        }
    }

    /// Whether an address is in it.
    pub fn contains(&self, address: Ipv6Addr) -> bool {
        (self.first..=self.last).contains(&address)
    }

    /// How many addresses it has.
    pub fn size(&self) -> u128 {
        (self.last.to_bits() - self.first.to_bits()).saturating_add(1)
    }

    /// The smallest prefix around it.
    pub fn outer(&self) -> String {
        let length = (self.first.to_bits() ^ self.last.to_bits()).leading_zeros();
        format!("{}/{length}", Ipv6Addr::from_bits(self.first.to_bits() & !Self::host(length)))
    }

    /// The bits behind so many.
    fn host(length: u32) -> u128 {
        u128::MAX.checked_shr(length).unwrap_or(0)
    }

    /// Whether it is in a prefix.
    pub fn is_in(&self, prefix: &str) -> bool {
        let outer = Prefix::parse(prefix).and_then(|prefix| Self::of_prefix(&prefix));
        outer.is_some_and(|outer| outer.contains(self.first) && outer.contains(self.last))
    }

    /// As Kea writes it.
    pub fn text(&self) -> String {
        let (first, last) = (self.first.to_bits(), self.last.to_bits());
        let host = Self::host((first ^ last).leading_zeros());
        match first & host == 0 && last & host == host {
            true => self.outer(),
            false => format!("{}-{}", self.first, self.last),
        }
    }
}

/// A prefix that is delegated in parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PdPool {
    /// The whole.
    pub prefix: Prefix,
    /// Length of the parts in bits.
    pub delegated: u64,
}

impl PdPool {
    /// That of an entry of `pd-pools`.
    pub fn of_kea(pool: &Members) -> Option<Self> {
        let address: Ipv6Addr = text(pool, "prefix")?.trim().parse().ok()?;
        let length = u8::try_from(pool.get("prefix-len")?.as_u64()?).ok()?;
        let delegated = pool.get("delegated-len")?.as_u64()?;
        Some(Self { prefix: Prefix::new(address.into(), length)?, delegated })
    }

    /// How many parts it has.
    pub fn size(&self) -> u128 {
        let bits = self.delegated.saturating_sub(self.prefix.length().into());
        u32::try_from(bits).ok().and_then(|bits| 1_u128.checked_shl(bits)).unwrap_or(u128::MAX)
    }
}
