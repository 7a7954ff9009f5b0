//! DHCPv6 leases, addresses and prefixes, and their indexes.

use super::address_set::AddressSet;
use super::by_class::{ClassCounts, Counting};
use super::chain::KeyIndex;
use super::csv::{Column, Hex, Row, RowError};
use super::expiry::{Awaits, Expiry, Place, place};
use super::mirror::{Span, Stamp, Wanted6};
use super::queue::Queues;
use super::row6;
use super::slab::{Handle, Slab};
use super::store::{Session, Table};
use crate::lease::{Lease6, LeaseState, LeaseType, SubnetId, UnixSeconds};
use crate::messages::*;
use crate::store::{Leases6, Range6, StoreError};
use hashbrown::{DefaultHashBuilder, HashTable};
use smallvec::SmallVec;
use std::collections::BTreeMap;
use std::hash::BuildHasher;
use std::net::Ipv6Addr;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// DHCPv6 leases in memory.
#[derive(Debug, Default)]
pub struct Table6 {
    leases: Slab<Lease6>,
    /// Seeded at random: the keys come off the wire.
    hasher: DefaultHashBuilder,
    by_address: HashTable<Handle>,
    by_ia: KeyIndex,
    by_duid: KeyIndex,
    expiry: Expiry,
    /// Addresses and prefixes on which a lease stands, each length for itself.
    standing: BTreeMap<Kind, AddressSet>,
    /// Those of them that nobody holds any more: the lease was reclaimed or released.
    reusable: BTreeMap<Kind, AddressSet>,
    queues: BTreeMap<Kind, Queues>,
    classes: Counting,
}

/// Addresses, or prefixes of one length. A member of a set of a kind is the number of the prefix: its address without
/// the bits behind its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    lease_type: LeaseType,
    prefix_len: u8,
}

impl Kind {
    fn of(lease: &Lease6) -> Self {
        Kind { lease_type: lease.lease_type, prefix_len: lease.prefix_len }
    }

    /// An empty set of it. Prefixes are counted (`adaptive-lease-time-threshold`); addresses may be strewn over a /64.
    fn set(self) -> AddressSet {
        if self.lease_type == LeaseType::Pd { AddressSet::counted() } else { AddressSet::default() }
    }

    fn host_bits(self) -> u32 {
        128u32.saturating_sub(u32::from(self.prefix_len))
    }

    /// The first and the last of a range. A prefix that begins before it does not count.
    fn numbers(self, range: Range6) -> (u128, u128) {
        let first = self.number(range.first);
        (first + u128::from(self.address(first) < range.first), self.number(range.last))
    }

    fn number(self, address: Ipv6Addr) -> u128 {
        address.to_bits().checked_shr(self.host_bits()).unwrap_or(0)
    }

    fn address(self, number: u128) -> Ipv6Addr {
        Ipv6Addr::from_bits(number.checked_shl(self.host_bits()).unwrap_or(0))
    }
}

/// How many leases a pool has in a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count6 {
    /// The subnet.
    pub subnet_id: SubnetId,
    /// The pool; 0 outside of pools with an id.
    pub pool_id: u32,
    /// Addresses or prefixes.
    pub lease_type: LeaseType,
    /// The state.
    pub state: LeaseState,
    /// How many.
    pub leases: u64,
}

impl Table6 {
    fn handle(&self, lease_type: LeaseType, address: Ipv6Addr) -> Option<Handle> {
        let is_on = |&handle: &Handle| {
            self.leases.get(handle).is_some_and(|lease| lease.address == address && lease.lease_type == lease_type)
        };
        self.by_address.find(self.hasher.hash_one(address), is_on).copied()
    }

    fn get(&self, lease_type: LeaseType, address: Ipv6Addr) -> Option<&Lease6> {
        self.leases.get(self.handle(lease_type, address)?)
    }

    /// Stores a lease; whether it replaced one.
    fn put(&mut self, lease: Lease6) -> bool {
        let handle = self.handle(lease.lease_type, lease.address);
        match handle {
            Some(handle) => self.renew(handle, lease),
            None => self.add(lease),
        }
        handle.is_some()
    }

    fn add(&mut self, lease: Lease6) {
        self.classes.add(&lease);
        let address = lease.address;
        let handle = self.leases.insert(lease);
        let Table6 { leases, hasher, by_address, .. } = self;
        by_address.insert_unique(hasher.hash_one(address), handle, |&other| hash_address(leases, hasher, other));
        self.link(handle, Parts::ALL);
    }

    /// Replaces a lease; most often its client and its state stay the same and the time alone moves.
    fn renew(&mut self, handle: Handle, lease: Lease6) {
        let Some(old) = self.leases.get(handle) else { return };
        let kind = old.prefix_len != lease.prefix_len;
        let changed = Parts {
            kind,
            duid: old.duid != lease.duid,
            ia: ia(old) != ia(&lease),
            place: lease_place(old) != lease_place(&lease),
            reusable: kind || reusable(old) != reusable(&lease),
        };
        if self.classes.is_on() {
            self.classes.remove(old);
            self.classes.add(&lease);
        }
        self.unlink(handle, changed);
        self.leases.replace(handle, lease);
        self.link(handle, changed);
    }

    fn remove(&mut self, lease_type: LeaseType, address: Ipv6Addr) -> Option<Lease6> {
        let handle = self.handle(lease_type, address)?;
        self.unlink(handle, Parts::ALL);
        if let Ok(entry) = self.by_address.find_entry(self.hasher.hash_one(address), |&other| other == handle) {
            entry.remove();
        }
        let removed = self.leases.remove(handle)?;
        self.classes.remove(&removed);
        Some(removed)
    }

    /// Enters a lease in the indexes.
    fn link(&mut self, handle: Handle, parts: Parts) {
        let Table6 { leases, hasher, .. } = self;
        let Some(lease) = leases.get(handle) else { return };
        let (kind, number) = (Kind::of(lease), Kind::of(lease).number(lease.address));
        if parts.kind {
            self.standing.entry(kind).or_insert_with(|| kind.set()).insert(number);
        }
        if parts.reusable && reusable(lease) {
            self.reusable.entry(kind).or_insert_with(|| kind.set()).insert(number);
        } else if parts.reusable
            && let Some(queues) = self.queues.get_mut(&kind)
        {
            queues.taken(number);
        }
        if parts.duid && !lease.duid.is_empty() {
            let same = |other| leases.get(other).is_some_and(|other| other.duid == lease.duid);
            let hash = hasher.hash_one(&lease.duid[..]);
            self.by_duid.insert(handle, hash, same, |other| hash_duid(leases, hasher, other));
        }
        if parts.ia && !lease.duid.is_empty() {
            let same = |other| leases.get(other).is_some_and(|other| ia(other) == ia(lease));
            self.by_ia.insert(handle, hasher.hash_one(ia(lease)), same, |other| hash_ia(leases, hasher, other));
        }
        if parts.place {
            self.expiry.insert(handle, lease_place(lease));
        }
    }

    /// Takes a lease out of the indexes.
    fn unlink(&mut self, handle: Handle, parts: Parts) {
        let Some(lease) = self.leases.get(handle) else { return };
        let (kind, number) = (Kind::of(lease), Kind::of(lease).number(lease.address));
        if parts.kind {
            remove_of_kind(&mut self.standing, kind, number);
        }
        if parts.reusable && reusable(lease) {
            remove_of_kind(&mut self.reusable, kind, number);
        } else if parts.reusable
            && let Some(queues) = self.queues.get_mut(&kind)
        {
            queues.freed(number);
        }
        if parts.duid && !lease.duid.is_empty() {
            self.by_duid.remove(handle, self.hasher.hash_one(&lease.duid[..]));
        }
        if parts.ia && !lease.duid.is_empty() {
            self.by_ia.remove(handle, self.hasher.hash_one(ia(lease)));
        }
        if parts.place {
            self.expiry.remove(handle, lease_place(lease));
        }
    }

    fn by_ia(&self, lease_type: LeaseType, duid: &[u8], iaid: u32) -> impl Iterator<Item = &Lease6> {
        let key = (lease_type, iaid, duid);
        let same = move |handle| self.leases.get(handle).is_some_and(|lease| ia(lease) == key);
        self.by_ia.find(self.hasher.hash_one(key), same).filter_map(|handle| self.leases.get(handle))
    }

    fn by_duid(&self, duid: &[u8]) -> impl Iterator<Item = &Lease6> {
        let same = move |handle| self.leases.get(handle).is_some_and(|lease| lease.duid[..] == *duid);
        self.by_duid.find(self.hasher.hash_one(duid), same).filter_map(|handle| self.leases.get(handle))
    }

    fn over(&self, awaits: Awaits, until: UnixSeconds) -> impl Iterator<Item = &Lease6> {
        self.expiry.over(awaits, until).filter_map(|handle| self.leases.get(handle))
    }

    fn find_free(
        &self,
        kind: Kind,
        range: Range6,
        from: Ipv6Addr,
        now: UnixSeconds,
        closed: &dyn Fn(Ipv6Addr) -> bool,
    ) -> Option<Ipv6Addr> {
        let (low, high) = kind.numbers(range);
        if low > high {
            return None;
        }
        let middle = kind.number(from).clamp(low, high);
        let search = Search { table: self, kind, closed };
        let free = search.next_free(middle, high).or_else(|| search.next_free(low, middle));
        let found = free.or_else(|| search.next_reusable(middle, high)).or_else(|| search.next_reusable(low, middle));
        found.or_else(|| search.next_ended(low, high, now)).map(|number| kind.address(number))
    }

    /// What somebody holds of a range.
    fn held(&self, kind: Kind, range: RangeInclusive<u128>) -> AddressSet {
        let reusable = self.reusable.get(&kind);
        let standing = self.standing.get(&kind);
        standing.map_or_else(AddressSet::default, |all| AddressSet::difference(all, reusable, range))
    }

    fn next_queued(
        &mut self,
        kind: Kind,
        range: Range6,
        from: Ipv6Addr,
        closed: &dyn Fn(Ipv6Addr) -> bool,
    ) -> Option<Ipv6Addr> {
        let (low, high) = kind.numbers(range);
        let mut queues = self.queues.remove(&kind).unwrap_or_default();
        let held = || self.held(kind, low..=high);
        let search = Search { table: self, kind, closed };
        let closed = |number| match search.is_open(number) {
            true => self.overlap(kind, number),
            false => Some(number),
        };
        let found = queues.next(low..=high, kind.number(from), held, closed);
        self.queues.insert(kind, queues);
        found.map(|number| kind.address(number))
    }

    fn count_held(&self, kind: Kind, range: Range6) -> u64 {
        let (low, high) = kind.numbers(range);
        let count = |sets: &BTreeMap<Kind, AddressSet>| sets.get(&kind).map_or(0, |set| set.count(low..=high));
        count(&self.standing).saturating_sub(count(&self.reusable))
    }

    /// Whether a lease of another length stands within or around a prefix (the lengths of a pool were changed while
    /// leases stood); the last prefix that it spoils.
    fn overlap(&self, kind: Kind, number: u128) -> Option<u128> {
        let others = self.standing.iter().filter(|(other, _)| other.lease_type == kind.lease_type && **other != kind);
        let mut ends = others.filter_map(|(other, standing)| {
            let bits = u32::from(kind.prefix_len.abs_diff(other.prefix_len));
            if other.prefix_len < kind.prefix_len {
                let around = number.checked_shr(bits).unwrap_or(0);
                standing.contains(around).then(|| number | low_bits(bits))
            } else {
                let first = number.checked_shl(bits).unwrap_or(0);
                standing.range(first..=first | low_bits(bits)).next().map(|_| number)
            }
        });
        ends.next()
    }

    /// Leases behind `after`, in the order of their addresses. It takes up to `limit` of each kind to sort them.
    fn walk(&self, after: Option<(Ipv6Addr, LeaseType)>, limit: usize) -> Vec<&Lease6> {
        let behind = |lease: &&Lease6| after.is_none_or(|after| (lease.address, lease.lease_type) > after);
        let of_kind = |(&kind, standing): (&Kind, &'_ AddressSet)| {
            let start = after.map_or(0, |(address, _)| kind.number(address));
            let leases = standing.range(start..=u128::MAX).map(move |number| kind.address(number));
            let leases = leases.filter_map(move |address| self.get(kind.lease_type, address));
            leases.filter(behind).take(limit).collect::<Vec<_>>()
        };
        let mut leases: Vec<_> = self.standing.iter().flat_map(of_kind).collect();
        leases.sort_unstable_by_key(|lease| (lease.address, lease.lease_type));
        leases.truncate(limit);
        leases
    }

    /// Keys of the leases on these addresses, and on prefixes that begin with them; unordered.
    fn between(&self, first: Ipv6Addr, last: Ipv6Addr) -> Vec<<Self as Table>::Key> {
        let of_kind = |(&kind, standing): (&Kind, &'_ AddressSet)| {
            let addresses =
                standing.range(kind.number(first)..=kind.number(last)).map(move |number| kind.address(number));
            let within = addresses.filter(|address| (first..=last).contains(address));
            within.map(move |address| (address, kind.lease_type)).collect::<Vec<_>>()
        };
        self.standing.iter().flat_map(of_kind).collect()
    }

    fn counts(&self) -> Vec<Count6> {
        let mut counts = BTreeMap::<_, Count6>::new();
        for &Lease6 { subnet_id, pool_id, lease_type, state, .. } in self.leases.iter() {
            let none = Count6 { subnet_id, pool_id, lease_type, state, leases: 0 };
            counts.entry((subnet_id, pool_id, lease_type, state as u8)).or_insert(none).leases += 1;
        }
        counts.into_values().collect()
    }
}

/// Kinds without a member have no set: every search looks at all sets.
fn remove_of_kind(sets: &mut BTreeMap<Kind, AddressSet>, kind: Kind, number: u128) {
    if let Some(set) = sets.get_mut(&kind) {
        set.remove(number);
        if set.is_empty() {
            sets.remove(&kind);
        }
    }
}

/// A search for what is free among the leases of one kind.
struct Search<'a> {
    table: &'a Table6,
    kind: Kind,
    closed: &'a dyn Fn(Ipv6Addr) -> bool,
}

impl Search<'_> {
    /// The first in `low..=high` on which, and across which, no lease stands.
    fn next_free(&self, low: u128, high: u128) -> Option<u128> {
        let standing = self.table.standing.get(&self.kind);
        let mut at = low;
        loop {
            at = standing.map_or(Some(at), |standing| standing.next_absent(at))?;
            if at > high {
                return None;
            }
            match self.table.overlap(self.kind, at) {
                None if self.is_open(at) => return Some(at),
                None => at = at.checked_add(1)?,
                Some(end) => at = end.checked_add(1)?,
            }
        }
    }

    fn next_reusable(&self, low: u128, high: u128) -> Option<u128> {
        let reusable = self.table.reusable.get(&self.kind)?;
        reusable.range(low..=high).find(|&number| self.is_open(number) && self.is_alone(number))
    }

    /// One whose lease ended and waits for reclamation: that of the oldest, unless so many ended elsewhere that the range
    /// itself is sooner looked through.
    fn next_ended(&self, low: u128, high: u128, now: UnixSeconds) -> Option<u128> {
        let (table, kind) = (self.table, self.kind);
        let size = usize::try_from(high - low).map_or(usize::MAX, |steps| steps.saturating_add(1));
        let suits = |&number: &u128| (low..=high).contains(&number) && self.is_open(number) && self.is_alone(number);
        let mut ended = table.over(Awaits::Reclamation, now);
        let of_kind = ended.by_ref().take(size).filter(|lease| Kind::of(lease) == kind);
        let found = of_kind.map(|lease| kind.number(lease.address)).find(suits);
        found.or_else(|| {
            ended.next()?;
            let free = |number| {
                let lease = table.get(kind.lease_type, kind.address(number));
                lease.is_some_and(|lease| Kind::of(lease) == kind && lease.is_free_at(now))
            };
            table.standing.get(&kind)?.range(low..=high).filter(suits).find(|&number| free(number))
        })
    }

    fn is_open(&self, number: u128) -> bool {
        !(self.closed)(self.kind.address(number))
    }

    fn is_alone(&self, number: u128) -> bool {
        self.table.overlap(self.kind, number).is_none()
    }
}

/// `bits` ones.
fn low_bits(bits: u32) -> u128 {
    u128::MAX.checked_shr(128 - bits).unwrap_or(0)
}

/// Which indexes a change concerns.
#[derive(Clone, Copy)]
struct Parts {
    kind: bool,
    duid: bool,
    ia: bool,
    place: bool,
    reusable: bool,
}

impl Parts {
    const ALL: Parts = Parts { kind: true, duid: true, ia: true, place: true, reusable: true };
}

/// The identity association of a lease.
fn ia(lease: &Lease6) -> (LeaseType, u32, &[u8]) {
    (lease.lease_type, lease.iaid, &lease.duid)
}

/// The hashes that the tables ask for when they grow.
fn hash_address(leases: &Slab<Lease6>, hasher: &DefaultHashBuilder, handle: Handle) -> u64 {
    leases.get(handle).map_or(0, |lease| hasher.hash_one(lease.address))
}

fn hash_duid(leases: &Slab<Lease6>, hasher: &DefaultHashBuilder, handle: Handle) -> u64 {
    leases.get(handle).map_or(0, |lease| hasher.hash_one(&lease.duid[..]))
}

fn hash_ia(leases: &Slab<Lease6>, hasher: &DefaultHashBuilder, handle: Handle) -> u64 {
    leases.get(handle).map_or(0, |lease| hasher.hash_one(ia(lease)))
}

fn lease_place(lease: &Lease6) -> Place {
    place(lease.state, lease.expires())
}

fn reusable(lease: &Lease6) -> bool {
    matches!(lease.state, LeaseState::ExpiredReclaimed | LeaseState::Released)
}

impl Table for Table6 {
    type Lease = Lease6;
    type Key = (Ipv6Addr, LeaseType);
    type Wanted = Wanted6;
    const FAMILY: u8 = 6;
    const COLUMNS: &'static [Column] = row6::COLUMNS;
    const SCHEMA_VERSION: &'static str = row6::VERSION;

    fn parse(row: &mut Row<'_>) -> Result<Lease6, RowError> {
        row6::parse(row)
    }

    fn reserve(&mut self, more: usize) {
        let Table6 { leases, hasher, by_address, by_duid, by_ia, expiry, .. } = self;
        leases.reserve(more);
        by_address.reserve(more, |&handle| hash_address(leases, hasher, handle));
        by_duid.reserve(more, |handle| hash_duid(leases, hasher, handle));
        by_ia.reserve(more, |handle| hash_ia(leases, hasher, handle));
        expiry.reserve(more);
    }

    fn load(&mut self, lease: Lease6) {
        if lease.valid_lifetime == 0 {
            self.remove(lease.lease_type, lease.address);
        } else {
            self.put(lease);
        }
    }

    fn key(lease: &Lease6) -> Self::Key {
        (lease.address, lease.lease_type)
    }

    fn subnet(lease: &Lease6) -> SubnetId {
        lease.subnet_id
    }

    fn stamp(lease: &Lease6) -> Stamp {
        Stamp { cltt: lease.cltt, valid_lifetime: lease.valid_lifetime, state: lease.state }
    }

    fn find(&self, (address, lease_type): Self::Key) -> Option<&Lease6> {
        self.get(lease_type, address)
    }

    fn set(&mut self, lease: Lease6) {
        self.put(lease);
    }

    fn unset(&mut self, (address, lease_type): Self::Key) {
        self.remove(lease_type, address);
    }

    fn named((address, _): Self::Key) -> Wanted6 {
        Wanted6 { addresses: [address].into(), ..Wanted6::default() }
    }

    fn behind(after: Option<Self::Key>, limit: usize) -> Wanted6 {
        Wanted6 { span: Span::Behind(after.map(|(address, _)| address), limit), ..Wanted6::default() }
    }

    fn about(&self, wanted: &Wanted6, end: Option<Self::Key>) -> Vec<Self::Key> {
        let both = |&address: &Ipv6Addr| [LeaseType::Na, LeaseType::Pd].map(|lease_type| (address, lease_type));
        let on_addresses = wanted.addresses.iter().flat_map(both).filter(|&key| self.find(key).is_some());
        let of_duids = wanted.duids.iter().flat_map(|duid| self.by_duid(duid).map(Self::key).collect::<Vec<_>>());
        let spanned = match wanted.span {
            Span::Between(first, last) => self.between(first, last),
            Span::Behind(after, _) => {
                // The database has one lease on an address, whatever its type.
                let first = after.map_or(Some(0), |after| after.to_bits().checked_add(1)).map(Ipv6Addr::from_bits);
                let last = end.map_or(Ipv6Addr::from_bits(u128::MAX), |(address, _)| address);
                first.map_or(Vec::new(), |first| self.between(first, last))
            }
            // The oldest only: of others nothing was said.
            Span::None | Span::Expired(..) | Span::Reclaimed(..) => Vec::new(),
        };
        on_addresses.chain(of_duids).chain(spanned).collect()
    }

    fn count(&self) -> usize {
        self.leases.len()
    }

    fn count_classes(&mut self, counts: Option<Arc<ClassCounts>>) {
        self.classes.switch(counts, self.leases.iter());
    }

    fn visit(&self, after: Option<Self::Key>, limit: usize, each: &mut dyn FnMut(&Lease6)) -> Option<Self::Key> {
        let page = self.walk(after, limit);
        page.iter().for_each(|lease| each(lease));
        page.last().filter(|_| page.len() == limit).map(|lease| (lease.address, lease.lease_type))
    }

    fn print_page(&self, after: Option<Self::Key>, limit: usize, out: &mut Vec<u8>) -> (usize, Option<Self::Key>) {
        let page = self.walk(after, limit);
        for lease in &page {
            row6::print(lease, out);
        }
        (page.len(), page.last().map(|lease| (lease.address, lease.lease_type)))
    }
}

impl Session<'_, Table6> {
    /// Up to `limit` leases behind the address `after` (from the first on if `None`), in the order of their addresses; an
    /// address stands before a prefix that begins with it. While the database behind them is away, they are those of memory.
    pub fn page(&mut self, after: Option<(Ipv6Addr, LeaseType)>, limit: usize) -> Vec<Lease6> {
        let _ = self.refresh(|| Table6::behind(after, limit));
        self.leases.table.walk(after, limit).into_iter().cloned().collect()
    }

    /// All leases, in no order.
    pub fn all(&self) -> impl Iterator<Item = &Lease6> {
        self.leases.table.leases.iter()
    }

    /// From now on it is known in which order the addresses or prefixes of these ranges become free
    /// ([`next_queued`](Leases6::next_queued)), and of no others.
    pub fn keep_queues(&mut self, ranges: impl Iterator<Item = (LeaseType, Range6)>) {
        let mut by_kind = BTreeMap::<Kind, Vec<_>>::new();
        for (lease_type, range) in ranges {
            let kind = Kind { lease_type, prefix_len: range.len };
            let (low, high) = kind.numbers(range);
            by_kind.entry(kind).or_default().push(low..=high);
        }
        let table = &mut self.leases.table;
        let mut queues = std::mem::take(&mut table.queues);
        queues.retain(|kind, _| by_kind.contains_key(kind));
        for (kind, ranges) in by_kind {
            queues.entry(kind).or_default().keep(&ranges, |range| table.held(kind, range));
        }
        table.queues = queues;
    }

    /// How many leases there are, by subnet, pool, type and state; counted now, over all leases.
    pub fn counts(&self) -> Vec<Count6> {
        self.leases.table.counts()
    }
}

impl Session<'_, Table6> {
    /// Reads what the database has on an address or prefix that is free in memory, and on those behind it, which are next:
    /// so that a batch of new clients costs a question or two. `width` doubles, since others may have given out many.
    fn look_around(&mut self, kind: Kind, found: Ipv6Addr, last: Ipv6Addr, width: &mut u128) -> Result<(), StoreError> {
        let end = kind.address(kind.number(found).saturating_add(*width)).clamp(found, last.max(found));
        *width = width.saturating_mul(2);
        self.refresh(|| Wanted6 { span: Span::Between(found, end), ..Wanted6::default() })
    }

    /// Reads what the database has on a range in which nothing is free in memory, if it is time to.
    fn sweep_range(&mut self, range: Range6) -> Result<bool, StoreError> {
        let before = range.first.to_bits().checked_sub(1).map(Ipv6Addr::from_bits);
        self.sweep(before.map(|before| (before, LeaseType::Pd)), (range.last, LeaseType::Pd))
    }

    /// Reads again those whose time was over: others may have renewed them.
    fn check_over(&mut self, awaits: Awaits, until: UnixSeconds, limit: usize) -> Result<(), StoreError> {
        if !self.is_mirror() {
            return Ok(());
        }
        let over = self.leases.table.over(awaits, until).take(limit);
        let addresses = over.map(|lease| lease.address).collect();
        self.refresh(|| Wanted6 { addresses, ..Wanted6::default() })
    }
}

/// Addresses or prefixes that are looked up together with one that is free.
const WINDOW: u128 = 255;

impl Leases6 for Session<'_, Table6> {
    async fn by_address(&mut self, lease_type: LeaseType, address: Ipv6Addr) -> Result<Option<Lease6>, StoreError> {
        log::event!(DHCPSRV_MEMFILE_GET_ADDR6, address, lease_type = type_name(lease_type));
        self.refresh(|| Table6::named((address, lease_type)))?;
        Ok(self.leases.table.get(lease_type, address).cloned())
    }

    async fn by_ia(
        &mut self,
        lease_type: LeaseType,
        duid: &[u8],
        iaid: u32,
    ) -> Result<SmallVec<[Lease6; 1]>, StoreError> {
        log::event!(DHCPSRV_MEMFILE_GET_IAID_DUID, iaid, duid = Hex(duid), lease_type = type_name(lease_type));
        self.refresh(|| Wanted6 { duids: [duid.into()].into(), ..Wanted6::default() })?;
        Ok(self.leases.table.by_ia(lease_type, duid, iaid).cloned().collect())
    }

    async fn by_duid(&mut self, duid: &[u8]) -> Result<SmallVec<[Lease6; 1]>, StoreError> {
        log::event!(DHCPSRV_MEMFILE_GET6_DUID, duid = Hex(duid));
        self.refresh(|| Wanted6 { duids: [duid.into()].into(), ..Wanted6::default() })?;
        Ok(self.leases.table.by_duid(duid).cloned().collect())
    }

    async fn put(&mut self, lease: Lease6) -> Result<(), StoreError> {
        if let Some(reason) = row6::unfit(&lease) {
            return Err(StoreError::Backend(format!("lease on {} {reason}", lease.address)));
        }
        let address = lease.address;
        self.leases.note(Table6::key(&lease), |_, out| row6::print(&lease, out))?;
        if self.leases.table.put(lease) {
            log::event!(DHCPSRV_MEMFILE_UPDATE_ADDR6, address);
        } else {
            log::event!(DHCPSRV_MEMFILE_ADD_ADDR6, address);
        }
        Ok(())
    }

    async fn remove(&mut self, lease_type: LeaseType, address: Ipv6Addr) -> Result<bool, StoreError> {
        if self.leases.table.get(lease_type, address).is_none() {
            return Ok(false);
        }
        log::event!(DHCPSRV_MEMFILE_DELETE_ADDR6, address);
        let print = |table: &Table6, out: &mut _| {
            table.get(lease_type, address).into_iter().for_each(|lease| row6::print(&removal(lease), out));
        };
        self.leases.note((address, lease_type), print)?;
        Ok(self.leases.table.remove(lease_type, address).is_some())
    }

    async fn find_free(
        &mut self,
        lease_type: LeaseType,
        range: Range6,
        from: Ipv6Addr,
        now: UnixSeconds,
        closed: &dyn Fn(Ipv6Addr) -> bool,
    ) -> Result<Option<Ipv6Addr>, StoreError> {
        let kind = Kind { lease_type, prefix_len: range.len };
        let mut width = WINDOW;
        loop {
            let found = self.leases.table.find_free(kind, range, from, now, closed);
            match found.filter(|_| self.is_mirror()) {
                None if found.is_none() && self.sweep_range(range)? => {}
                Some(address) if !self.seen.span.holds(address) => {
                    self.look_around(kind, address, range.last, &mut width)?;
                }
                _ => return Ok(found),
            }
        }
    }

    async fn next_queued(
        &mut self,
        lease_type: LeaseType,
        range: Range6,
        from: Ipv6Addr,
        closed: &dyn Fn(Ipv6Addr) -> bool,
    ) -> Result<Option<Ipv6Addr>, StoreError> {
        let kind = Kind { lease_type, prefix_len: range.len };
        let mut width = WINDOW;
        loop {
            let found = self.leases.table.next_queued(kind, range, from, closed);
            match found.filter(|_| self.is_mirror()) {
                None if found.is_none() && self.sweep_range(range)? => {}
                Some(address) if !self.seen.span.holds(address) => {
                    self.look_around(kind, address, range.last, &mut width)?;
                }
                _ => return Ok(found),
            }
        }
    }

    async fn count_held(&mut self, lease_type: LeaseType, range: Range6) -> Result<u64, StoreError> {
        Ok(self.leases.table.count_held(Kind { lease_type, prefix_len: range.len }, range))
    }

    async fn expired(&mut self, now: UnixSeconds, limit: usize) -> Result<Vec<Lease6>, StoreError> {
        log::event!(DHCPSRV_MEMFILE_GET_EXPIRED6, limit);
        self.refresh(|| Wanted6 { span: Span::Expired(now, limit), ..Wanted6::default() })?;
        self.check_over(Awaits::Reclamation, now, limit)?;
        Ok(self.leases.table.over(Awaits::Reclamation, now).take(limit).cloned().collect())
    }

    async fn remove_reclaimed(&mut self, before: UnixSeconds, limit: usize) -> Result<usize, StoreError> {
        let Some(until) = before.checked_sub(1) else { return Ok(0) };
        self.refresh(|| Wanted6 { span: Span::Reclaimed(until, limit), ..Wanted6::default() })?;
        self.check_over(Awaits::Removal, until, limit)?;
        let over = self.leases.table.over(Awaits::Removal, until).take(limit);
        let over: Vec<_> = over.map(|lease| (lease.lease_type, lease.address)).collect();
        if !over.is_empty() {
            log::event!(DHCPSRV_MEMFILE_DELETE_EXPIRED_RECLAIMED_START, leases = over.len());
        }
        for &(lease_type, address) in &over {
            self.remove(lease_type, address).await?;
        }
        Ok(over.len())
    }
}

/// What the file says of a lease that is no more: the same lease, without lifetimes.
fn removal(lease: &Lease6) -> Lease6 {
    Lease6 { valid_lifetime: 0, preferred_lifetime: 0, ..lease.clone() }
}

/// What a message calls a type.
fn type_name(lease_type: LeaseType) -> &'static str {
    match lease_type {
        LeaseType::Na => "IA_NA",
        LeaseType::Pd => "IA_PD",
    }
}
