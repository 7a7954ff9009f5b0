//! Reservations from databases and from a cache: an index over all of them that follows their changes one by one.
//!
//! Those of the configuration come before them, then the cache's, then the databases' in the order in which these are written.

use super::{Hosts, Identifier, IdentifierRef, Reservation};
use hashbrown::{Equivalent, HashMap};
use smallvec::SmallVec;
use std::collections::BTreeMap;
use std::hash::Hash;
use std::ops::Bound::{Excluded, Unbounded};

/// The subnet that global reservations are of.
pub const GLOBAL: u32 = 0;

/// Which reservation it is: the first of several is the one that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// [`CACHE`], or a database, by its place in the configuration from 1 on.
    pub source: u32,
    /// Its number there (`host_id`).
    pub id: u32,
}

/// The source of what `libdhcp_host_cache.so` has: it comes before the databases.
pub const CACHE: u32 = 0;

/// Several in the order in which they count.
type Keys = SmallVec<[Key; 1]>;

/// The reservations of the cache and of all databases.
#[derive(Clone, Debug)]
pub struct Stored<H: Reservation> {
    hosts: HashMap<Key, (u32, H)>,
    by_identifier: HashMap<(u32, Identifier), Keys>,
    by_address: BTreeMap<(u32, H::Address), Keys>,
    /// Addresses of a subnet without a gap between them: the first one, and the last.
    rows: BTreeMap<(u32, H::Address), H::Address>,
}

impl<H: Reservation> Default for Stored<H> {
    fn default() -> Self {
        Self {
            hosts: HashMap::new(),
            by_identifier: HashMap::new(),
            by_address: BTreeMap::new(),
            rows: BTreeMap::new(),
        }
    }
}

/// An identifier in a subnet, borrowed from a packet.
#[derive(Hash)]
struct Wanted<'a>(u32, IdentifierRef<'a>);

impl Equivalent<(u32, Identifier)> for Wanted<'_> {
    fn equivalent(&self, (subnet, identifier): &(u32, Identifier)) -> bool {
        self.0 == *subnet && self.1.equivalent(identifier)
    }
}

impl<H: Reservation> Stored<H> {
    /// Puts a reservation of a subnet in the place of the one of this key, if there is one.
    pub fn put(&mut self, key: Key, subnet: u32, host: H) {
        self.remove(key);
        add(self.by_identifier.entry((subnet, host.identifier().clone())).or_default(), key);
        for address in host.addresses() {
            let keys = self.by_address.entry((subnet, address)).or_default();
            let is_new = keys.is_empty();
            add(keys, key);
            if is_new {
                self.join(subnet, address);
            }
        }
        self.hosts.insert(key, (subnet, host));
    }

    /// Takes a reservation away.
    pub fn remove(&mut self, key: Key) {
        let Some((subnet, host)) = self.hosts.remove(&key) else { return };
        let place = (subnet, host.identifier().clone());
        if let Some(keys) = self.by_identifier.get_mut(&place) {
            keys.retain(|other| *other != key);
            if keys.is_empty() {
                self.by_identifier.remove(&place);
            }
        }
        for address in host.addresses() {
            let Some(keys) = self.by_address.get_mut(&(subnet, address)) else { continue };
            keys.retain(|other| *other != key);
            if keys.is_empty() {
                self.by_address.remove(&(subnet, address));
                self.part(subnet, address);
            }
        }
    }

    /// Takes the reservations of a database away.
    pub fn clear(&mut self, source: u32) {
        let keys: Vec<_> = self.hosts.keys().copied().filter(|key| key.source == source).collect();
        keys.into_iter().for_each(|key| self.remove(key));
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.hosts.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.hosts.is_empty()
    }

    fn find(&self, subnet: u32, identifier: IdentifierRef<'_>) -> Option<&H> {
        self.host(self.by_identifier.get(&Wanted(subnet, identifier))?.first()?)
    }

    fn by_address(&self, subnet: u32, address: H::Address) -> impl Iterator<Item = &H> {
        let keys = if self.is_empty() { None } else { self.by_address.get(&(subnet, address)) };
        keys.into_iter().flatten().filter_map(|key| self.host(key))
    }

    fn row_end(&self, subnet: u32, address: H::Address) -> Option<H::Address> {
        let ((of, _), last) = self.rows.range(..=(subnet, address)).next_back()?;
        Some(*last).filter(|last| *of == subnet && *last >= address)
    }

    fn host(&self, key: &Key) -> Option<&H> {
        self.hosts.get(key).map(|(_, host)| host)
    }

    /// The reserved addresses next to this one in its subnet, if they follow each other without a gap.
    fn neighbours(&self, subnet: u32, address: H::Address) -> [Option<H::Address>; 2] {
        let place = (subnet, address);
        let address_of = |(at, address): &(u32, H::Address)| (*at == subnet).then_some(*address);
        let before = self.by_address.range(..place).next_back().and_then(|(key, _)| address_of(key));
        let after = self.by_address.range((Excluded(place), Unbounded)).next().and_then(|(key, _)| address_of(key));
        [before.filter(|before| H::follows(*before, address)), after.filter(|after| H::follows(address, *after))]
    }

    /// An address is reserved now: rows grow, or two of them become one.
    fn join(&mut self, subnet: u32, address: H::Address) {
        let [before, after] = self.neighbours(subnet, address);
        let last = after.and_then(|after| self.rows.remove(&(subnet, after))).unwrap_or(address);
        let row = before.and_then(|before| self.rows.range_mut(..=(subnet, before)).next_back());
        match row {
            Some((_, end)) => *end = last,
            None => {
                self.rows.insert((subnet, address), last);
            }
        }
    }

    /// An address is not reserved any more: its row shrinks, or becomes two.
    fn part(&mut self, subnet: u32, address: H::Address) {
        let [before, after] = self.neighbours(subnet, address);
        let Some((&first, &last)) = self.rows.range(..=(subnet, address)).next_back() else { return };
        match before {
            Some(before) => self.rows.insert(first, before),
            None => self.rows.remove(&first),
        };
        if let Some(after) = after {
            self.rows.insert((subnet, after), last);
        }
    }
}

fn add(keys: &mut Keys, key: Key) {
    if let Err(at) = keys.binary_search(&key) {
        keys.insert(at, key);
    }
}

/// The reservations of a scope, wherever they are kept.
pub struct Reserved<'a, H: Reservation> {
    written: &'a Hosts<H>,
    stored: Option<(&'a Stored<H>, u32)>,
}

impl<H: Reservation> Clone for Reserved<'_, H> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<H: Reservation> Copy for Reserved<'_, H> {}

impl<'a, H: Reservation> Reserved<'a, H> {
    /// Those that the configuration has for a subnet, and those that databases have.
    pub fn new(written: &'a Hosts<H>, stored: Option<&'a Stored<H>>, subnet: u32) -> Self {
        Self { written, stored: stored.filter(|stored| !stored.is_empty()).map(|stored| (stored, subnet)) }
    }

    /// The reservation for a client.
    pub fn find(&self, identifier: IdentifierRef<'_>) -> Option<&'a H> {
        let stored = || self.stored.and_then(|(stored, subnet)| stored.find(subnet, identifier));
        self.written.find(identifier).or_else(stored)
    }

    /// The reservations of an address.
    pub fn by_address(&self, address: H::Address) -> impl Iterator<Item = &'a H> {
        let stored = self.stored.into_iter().flat_map(move |(stored, subnet)| stored.by_address(subnet, address));
        self.written.by_address(address).chain(stored)
    }

    /// The last of the reserved addresses in the row that this one is in, if it is reserved.
    pub fn row_end(&self, address: H::Address) -> Option<H::Address> {
        let stored = || self.stored.and_then(|(stored, subnet)| stored.row_end(subnet, address));
        self.written.row_end(address).or_else(stored)
    }

    /// Whether there is none. Some of another subnet may be taken for some of this one.
    pub fn is_empty(&self) -> bool {
        self.written.is_empty() && self.stored.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::super::IdentifierKind;
    use super::super::tests::{Host, host};
    use super::*;

    fn key(source: u32, id: u32) -> Key {
        Key { source, id }
    }

    fn reserved<'a>(written: &'a Hosts<Host>, stored: &'a Stored<Host>) -> Reserved<'a, Host> {
        Reserved::new(written, Some(stored), 1)
    }

    #[test]
    fn the_configuration_comes_first_and_then_the_databases_in_their_order() {
        let client = |address| host(IdentifierKind::Duid, b"a", address);
        let mut stored = Stored::default();
        stored.put(key(1, 3), 1, client(13));
        stored.put(key(0, 9), 1, client(9));
        stored.put(key(0, 1), 2, client(1));
        let (none, wanted) = (Hosts::default(), IdentifierRef { kind: IdentifierKind::Duid, bytes: b"a" });
        assert_eq!(reserved(&none, &stored).find(wanted), Some(&client(9)));
        let written = Hosts::new(vec![client(4)]).unwrap();
        assert_eq!(reserved(&written, &stored).find(wanted), Some(&client(4)));
        stored.remove(key(0, 9));
        assert_eq!(reserved(&none, &stored).find(wanted), Some(&client(13)));
        stored.clear(1);
        assert_eq!(reserved(&none, &stored).find(wanted), None, "what is left is of another subnet");
        assert_eq!((stored.len(), stored.by_identifier.len(), stored.by_address.len()), (1, 1, 1));
    }

    #[test]
    fn a_change_takes_the_place_of_what_was() {
        let mut stored = Stored::default();
        stored.put(key(0, 1), 1, host(IdentifierKind::Duid, b"a", 5));
        stored.put(key(0, 1), 1, host(IdentifierKind::Duid, b"b", 6));
        let none = Hosts::default();
        let now = reserved(&none, &stored);
        assert_eq!(now.by_address(5).count() + usize::from(now.row_end(5).is_some()), 0);
        assert_eq!((now.by_address(6).count(), now.row_end(6)), (1, Some(6)));
    }

    proptest::proptest! {
        #[test]
        fn rows_are_those_of_all_addresses_at_once(
            changes in proptest::collection::vec((0..3u32, 0..24u8, proptest::bool::ANY), 0..60),
        ) {
            let mut stored = Stored::default();
            for (source, address, there) in changes {
                let key = key(source, u32::from(address));
                match there {
                    true => stored.put(key, 1, host(IdentifierKind::HwAddress, &[source as u8, address], address.into())),
                    false => stored.remove(key),
                }
            }
            let mut list: Vec<_> = stored.hosts.values().map(|(_, host)| host.clone()).collect();
            list.sort_by_key(|host| host.1);
            let (all, none) = (Hosts::new(list).unwrap(), Hosts::default());
            for address in 0..24 {
                proptest::prop_assert_eq!(reserved(&none, &stored).row_end(address), all.row_end(address));
                let counts = [reserved(&none, &stored).by_address(address).count(), all.by_address(address).count()];
                proptest::prop_assert_eq!(counts[0], counts[1]);
            }
        }
    }
}
