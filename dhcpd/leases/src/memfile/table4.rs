//! DHCPv4 leases and their indexes.

use super::address_set::AddressSet;
use super::by_class::{ClassCounts, Counting};
use super::chain::KeyIndex;
use super::csv::{Column, Hex, Row, RowError};
use super::expiry::{Awaits, Expiry, Place, place};
use super::mirror::{Span, Stamp, Wanted4};
use super::queue::Queues;
use super::row4;
use super::slab::{Handle, Slab};
use super::store::{Session, Table};
use crate::lease::{Lease4, LeaseState, SubnetId, UnixSeconds};
use crate::messages::*;
use crate::store::{Closed4, Leases4, StoreError};
use hashbrown::{DefaultHashBuilder, HashTable};
use smallvec::SmallVec;
use std::collections::BTreeMap;
use std::hash::BuildHasher;
use std::net::Ipv4Addr;
use std::sync::Arc;

/// DHCPv4 leases in memory.
#[derive(Debug)]
pub struct Table4 {
    leases: Slab<Lease4>,
    /// Seeded at random: the keys come off the wire.
    hasher: DefaultHashBuilder,
    by_address: HashTable<Handle>,
    by_hw_addr: KeyIndex,
    by_client_id: KeyIndex,
    expiry: Expiry,
    /// Addresses on which a lease stands.
    standing: AddressSet,
    /// Those of them that nobody holds any more: the lease was reclaimed or released.
    reusable: AddressSet,
    queues: Queues,
    classes: Counting,
}

impl Default for Table4 {
    fn default() -> Self {
        Self {
            leases: Slab::default(),
            hasher: DefaultHashBuilder::default(),
            by_address: HashTable::default(),
            by_hw_addr: KeyIndex::default(),
            by_client_id: KeyIndex::default(),
            expiry: Expiry::default(),
            standing: AddressSet::counted(),
            reusable: AddressSet::counted(),
            queues: Queues::default(),
            classes: Counting::default(),
        }
    }
}

/// How many leases a pool has in a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count4 {
    /// The subnet.
    pub subnet_id: SubnetId,
    /// The pool; 0 outside of pools with an id.
    pub pool_id: u32,
    /// The state.
    pub state: LeaseState,
    /// How many.
    pub leases: u64,
}

impl Table4 {
    fn handle(&self, address: Ipv4Addr) -> Option<Handle> {
        let is_on = |&handle: &Handle| self.leases.get(handle).is_some_and(|lease| lease.address == address);
        self.by_address.find(self.hasher.hash_one(address), is_on).copied()
    }

    fn get(&self, address: Ipv4Addr) -> Option<&Lease4> {
        self.leases.get(self.handle(address)?)
    }

    /// Stores a lease; whether it replaced one.
    fn put(&mut self, lease: Lease4) -> bool {
        let handle = self.handle(lease.address);
        match handle {
            Some(handle) => self.renew(handle, lease),
            None => self.add(lease),
        }
        handle.is_some()
    }

    fn add(&mut self, lease: Lease4) {
        self.classes.add(&lease);
        let address = lease.address;
        let handle = self.leases.insert(lease);
        let Table4 { leases, hasher, by_address, .. } = self;
        by_address.insert_unique(hasher.hash_one(address), handle, |&other| hash_address(leases, hasher, other));
        self.standing.insert(number(address));
        self.link(handle, Parts::ALL);
    }

    /// Replaces a lease; most often its client and its state stay the same and the time alone moves.
    fn renew(&mut self, handle: Handle, lease: Lease4) {
        let Some(old) = self.leases.get(handle) else { return };
        let changed = Parts {
            hw_addr: old.hw_addr != lease.hw_addr,
            client_id: old.client_id != lease.client_id,
            place: lease_place(old) != lease_place(&lease),
            reusable: reusable(old) != reusable(&lease),
        };
        if self.classes.is_on() {
            self.classes.remove(old);
            self.classes.add(&lease);
        }
        self.unlink(handle, changed);
        self.leases.replace(handle, lease);
        self.link(handle, changed);
    }

    fn remove(&mut self, address: Ipv4Addr) -> Option<Lease4> {
        let handle = self.handle(address)?;
        self.unlink(handle, Parts::ALL);
        if let Ok(entry) = self.by_address.find_entry(self.hasher.hash_one(address), |&other| other == handle) {
            entry.remove();
        }
        self.standing.remove(number(address));
        let removed = self.leases.remove(handle)?;
        self.classes.remove(&removed);
        Some(removed)
    }

    /// Enters a lease in the indexes.
    fn link(&mut self, handle: Handle, parts: Parts) {
        let Table4 { leases, hasher, .. } = self;
        let Some(lease) = leases.get(handle) else { return };
        if parts.hw_addr && !lease.hw_addr.is_empty() {
            let same = |other| leases.get(other).is_some_and(|other| other.hw_addr == lease.hw_addr);
            let hash = hasher.hash_one(&lease.hw_addr[..]);
            self.by_hw_addr.insert(handle, hash, same, |other| hash_hw_addr(leases, hasher, other));
        }
        if parts.client_id
            && let Some(client_id) = &lease.client_id
        {
            let same = |other| leases.get(other).is_some_and(|other| other.client_id == lease.client_id);
            let hash = hasher.hash_one(&client_id[..]);
            self.by_client_id.insert(handle, hash, same, |other| hash_client_id(leases, hasher, other));
        }
        if parts.place {
            self.expiry.insert(handle, lease_place(lease));
        }
        let number = number(lease.address);
        if parts.reusable && reusable(lease) {
            self.reusable.insert(number);
        } else if parts.reusable {
            self.queues.taken(number);
        }
    }

    /// Takes a lease out of the indexes.
    fn unlink(&mut self, handle: Handle, parts: Parts) {
        let Some(lease) = self.leases.get(handle) else { return };
        if parts.hw_addr && !lease.hw_addr.is_empty() {
            self.by_hw_addr.remove(handle, self.hasher.hash_one(&lease.hw_addr[..]));
        }
        if parts.client_id
            && let Some(client_id) = &lease.client_id
        {
            self.by_client_id.remove(handle, self.hasher.hash_one(&client_id[..]));
        }
        if parts.place {
            self.expiry.remove(handle, lease_place(lease));
        }
        let number = number(lease.address);
        if parts.reusable && reusable(lease) {
            self.reusable.remove(number);
        } else if parts.reusable {
            self.queues.freed(number);
        }
    }

    fn by_hw_addr(&self, hw_addr: &[u8]) -> impl Iterator<Item = &Lease4> {
        let same = move |handle| self.leases.get(handle).is_some_and(|lease| lease.hw_addr[..] == *hw_addr);
        self.by_hw_addr.find(self.hasher.hash_one(hw_addr), same).filter_map(|handle| self.leases.get(handle))
    }

    fn by_client_id(&self, client_id: &[u8]) -> impl Iterator<Item = &Lease4> {
        let same =
            move |handle| self.leases.get(handle).is_some_and(|lease| lease.client_id.as_deref() == Some(client_id));
        self.by_client_id.find(self.hasher.hash_one(client_id), same).filter_map(|handle| self.leases.get(handle))
    }

    fn over(&self, awaits: Awaits, until: UnixSeconds) -> impl Iterator<Item = &Lease4> {
        self.expiry.over(awaits, until).filter_map(|handle| self.leases.get(handle))
    }

    fn find_free(
        &self,
        first: Ipv4Addr,
        last: Ipv4Addr,
        from: Ipv4Addr,
        now: UnixSeconds,
        closed: Closed4<'_>,
    ) -> Option<Ipv4Addr> {
        if first > last {
            return None;
        }
        let from = from.clamp(first, last);
        let absent = self.next_absent(from, last, closed).or_else(|| self.next_absent(first, from, closed));
        let reusable = || {
            let of = |low, high| self.reusable.range(number(low)..=number(high)).map(address);
            of(from, last).chain(of(first, from)).find(|&address| closed(address).is_none())
        };
        absent.or_else(reusable).or_else(|| self.next_ended(first, last, now, closed))
    }

    fn next_queued(
        &mut self,
        first: Ipv4Addr,
        last: Ipv4Addr,
        from: Ipv4Addr,
        closed: Closed4<'_>,
    ) -> Option<Ipv4Addr> {
        let range = || number(first)..=number(last);
        let held = || AddressSet::difference(&self.standing, Some(&self.reusable), range());
        let closed = |member| closed(address(member)).map(number);
        self.queues.next(range(), number(from), held, closed).map(address)
    }

    fn next_absent(&self, low: Ipv4Addr, high: Ipv4Addr, closed: Closed4<'_>) -> Option<Ipv4Addr> {
        let mut from = low;
        loop {
            let absent = self.standing.next_absent(number(from)).filter(|&absent| absent <= number(high))?;
            match closed(address(absent)) {
                None => return Some(address(absent)),
                Some(row_end) => from = row_end.to_bits().checked_add(1).map(Ipv4Addr::from_bits)?,
            }
        }
    }

    /// An address whose lease ended and waits for reclamation: that of the oldest, unless so many ended elsewhere that
    /// the range itself is sooner looked through.
    fn next_ended(&self, first: Ipv4Addr, last: Ipv4Addr, now: UnixSeconds, closed: Closed4<'_>) -> Option<Ipv4Addr> {
        let size = (last.to_bits() - first.to_bits()) as usize + 1;
        let mut ended = self.over(Awaits::Reclamation, now).map(|lease| lease.address);
        let open = |address: &Ipv4Addr| (first..=last).contains(address) && closed(*address).is_none();
        ended.by_ref().take(size).find(open).or_else(|| {
            ended.next()?;
            let mut all = (first.to_bits()..=last.to_bits()).map(Ipv4Addr::from_bits);
            all.find(|address| open(address) && self.get(*address).is_some_and(|lease| lease.is_free_at(now)))
        })
    }

    fn count_held(&self, first: Ipv4Addr, last: Ipv4Addr) -> u64 {
        let range = || number(first)..=number(last);
        self.standing.count(range()).saturating_sub(self.reusable.count(range()))
    }

    /// Leases behind `after`, in the order of their addresses.
    fn walk(&self, after: Option<Ipv4Addr>) -> impl Iterator<Item = &Lease4> {
        let start = after.map_or(0, |address| u128::from(address.to_bits()) + 1);
        let addresses = self.standing.range(start..=u128::from(u32::MAX));
        addresses.filter_map(|address| self.get(Ipv4Addr::from_bits(address as u32)))
    }

    fn between(&self, first: Ipv4Addr, last: Ipv4Addr) -> impl Iterator<Item = &Lease4> {
        let addresses = self.standing.range(number(first)..=number(last));
        addresses.filter_map(|number| self.get(address(number)))
    }

    fn counts(&self) -> Vec<Count4> {
        let mut counts = BTreeMap::<_, Count4>::new();
        for &Lease4 { subnet_id, pool_id, state, .. } in self.leases.iter() {
            let none = Count4 { subnet_id, pool_id, state, leases: 0 };
            counts.entry((subnet_id, pool_id, state as u8)).or_insert(none).leases += 1;
        }
        counts.into_values().collect()
    }
}

/// Which indexes a change concerns.
#[derive(Clone, Copy)]
struct Parts {
    hw_addr: bool,
    client_id: bool,
    place: bool,
    reusable: bool,
}

impl Parts {
    const ALL: Parts = Parts { hw_addr: true, client_id: true, place: true, reusable: true };
}

/// Addresses are numbers in the sets.
fn number(address: Ipv4Addr) -> u128 {
    address.to_bits().into()
}

fn address(number: u128) -> Ipv4Addr {
    Ipv4Addr::from_bits(number as u32)
}

/// The hashes that the tables ask for when they grow.
fn hash_address(leases: &Slab<Lease4>, hasher: &DefaultHashBuilder, handle: Handle) -> u64 {
    leases.get(handle).map_or(0, |lease| hasher.hash_one(lease.address))
}

fn hash_hw_addr(leases: &Slab<Lease4>, hasher: &DefaultHashBuilder, handle: Handle) -> u64 {
    leases.get(handle).map_or(0, |lease| hasher.hash_one(&lease.hw_addr[..]))
}

fn hash_client_id(leases: &Slab<Lease4>, hasher: &DefaultHashBuilder, handle: Handle) -> u64 {
    let client_id = leases.get(handle).and_then(|lease| lease.client_id.as_deref());
    client_id.map_or(0, |client_id| hasher.hash_one(client_id))
}

fn lease_place(lease: &Lease4) -> Place {
    place(lease.state, lease.expires())
}

fn reusable(lease: &Lease4) -> bool {
    matches!(lease.state, LeaseState::ExpiredReclaimed | LeaseState::Released)
}

impl Table for Table4 {
    type Lease = Lease4;
    type Key = Ipv4Addr;
    type Wanted = Wanted4;
    const FAMILY: u8 = 4;
    const COLUMNS: &'static [Column] = row4::COLUMNS;
    const SCHEMA_VERSION: &'static str = row4::VERSION;

    fn parse(row: &mut Row<'_>) -> Result<Lease4, RowError> {
        row4::parse(row)
    }

    fn reserve(&mut self, more: usize) {
        let Table4 { leases, hasher, by_address, by_hw_addr, by_client_id, expiry, .. } = self;
        leases.reserve(more);
        by_address.reserve(more, |&handle| hash_address(leases, hasher, handle));
        by_hw_addr.reserve(more, |handle| hash_hw_addr(leases, hasher, handle));
        by_client_id.reserve(more, |handle| hash_client_id(leases, hasher, handle));
        expiry.reserve(more);
    }

    fn load(&mut self, lease: Lease4) {
        if lease.valid_lifetime == 0 {
            self.remove(lease.address);
        } else {
            self.put(lease);
        }
    }

    fn key(lease: &Lease4) -> Ipv4Addr {
        lease.address
    }

    fn subnet(lease: &Lease4) -> SubnetId {
        lease.subnet_id
    }

    fn stamp(lease: &Lease4) -> Stamp {
        Stamp { cltt: lease.cltt, valid_lifetime: lease.valid_lifetime, state: lease.state }
    }

    fn find(&self, address: Ipv4Addr) -> Option<&Lease4> {
        self.get(address)
    }

    fn set(&mut self, lease: Lease4) {
        self.put(lease);
    }

    fn unset(&mut self, address: Ipv4Addr) {
        self.remove(address);
    }

    fn named(address: Ipv4Addr) -> Wanted4 {
        Wanted4 { addresses: [address].into(), ..Wanted4::default() }
    }

    fn behind(after: Option<Ipv4Addr>, limit: usize) -> Wanted4 {
        Wanted4 { span: Span::Behind(after, limit), ..Wanted4::default() }
    }

    fn about(&self, wanted: &Wanted4, end: Option<Ipv4Addr>) -> Vec<Ipv4Addr> {
        let of = |leases: &mut dyn Iterator<Item = &Lease4>| leases.map(|lease| lease.address).collect::<Vec<_>>();
        let on_addresses = wanted.addresses.iter().copied().filter(|&address| self.get(address).is_some());
        let of_hw_addrs = wanted.hw_addrs.iter().flat_map(|hw_addr| of(&mut self.by_hw_addr(hw_addr)));
        let of_client_ids = wanted.client_ids.iter().flat_map(|client_id| of(&mut self.by_client_id(client_id)));
        let spanned = match wanted.span {
            Span::Between(first, last) => of(&mut self.between(first, last)),
            Span::Behind(after, _) => {
                let last = end.unwrap_or(Ipv4Addr::BROADCAST);
                of(&mut self.walk(after).take_while(|lease| lease.address <= last))
            }
            // The oldest only: of others nothing was said.
            Span::None | Span::Expired(..) | Span::Reclaimed(..) => Vec::new(),
        };
        on_addresses.chain(of_hw_addrs).chain(of_client_ids).chain(spanned).collect()
    }

    fn count(&self) -> usize {
        self.leases.len()
    }

    fn count_classes(&mut self, counts: Option<Arc<ClassCounts>>) {
        self.classes.switch(counts, self.leases.iter());
    }

    fn visit(&self, after: Option<Ipv4Addr>, limit: usize, each: &mut dyn FnMut(&Lease4)) -> Option<Ipv4Addr> {
        let (mut visited, mut last) = (0, None);
        for lease in self.walk(after).take(limit) {
            each(lease);
            (visited, last) = (visited + 1, Some(lease.address));
        }
        last.filter(|_| visited == limit)
    }

    fn print_page(&self, after: Option<Ipv4Addr>, limit: usize, out: &mut Vec<u8>) -> (usize, Option<Ipv4Addr>) {
        let (mut printed, mut last) = (0, None);
        for lease in self.walk(after).take(limit) {
            row4::print(lease, out);
            (printed, last) = (printed + 1, Some(lease.address));
        }
        (printed, last)
    }
}

impl Session<'_, Table4> {
    /// Up to `limit` leases behind the address `after` (from the first on if `None`), in the order of their addresses.
    /// While the database behind them is away, they are those of memory.
    pub fn page(&mut self, after: Option<Ipv4Addr>, limit: usize) -> Vec<Lease4> {
        let _ = self.refresh(|| Table4::behind(after, limit));
        self.leases.table.walk(after).take(limit).cloned().collect()
    }

    /// All leases, in no order.
    pub fn all(&self) -> impl Iterator<Item = &Lease4> {
        self.leases.table.leases.iter()
    }

    /// From now on it is known in which order addresses of these ranges become free
    /// ([`next_queued`](Leases4::next_queued)), and of no others.
    pub fn keep_queues(&mut self, ranges: impl Iterator<Item = (Ipv4Addr, Ipv4Addr)>) {
        let ranges: Vec<_> = ranges.map(|(first, last)| number(first)..=number(last)).collect();
        let Table4 { queues, standing, reusable, .. } = &mut self.leases.table;
        queues.keep(&ranges, |range| AddressSet::difference(standing, Some(reusable), range));
    }

    /// How many leases there are, by subnet, pool and state; counted now, over all leases.
    pub fn counts(&self) -> Vec<Count4> {
        self.leases.table.counts()
    }
}

impl Session<'_, Table4> {
    /// Reads what the database has on an address that is free in memory, and on those behind it, which are next: so that
    /// a batch of new clients costs a question or two. `width` doubles, since others may have given out many.
    fn look_around(&mut self, address: Ipv4Addr, last: Ipv4Addr, width: &mut u32) -> Result<(), StoreError> {
        let end = Ipv4Addr::from_bits(address.to_bits().saturating_add(*width)).clamp(address, last.max(address));
        *width = width.saturating_mul(2);
        self.refresh(|| Wanted4 { span: Span::Between(address, end), ..Wanted4::default() })
    }

    /// Reads what the database has on a range in which nothing is free in memory, if it is time to.
    fn sweep_between(&mut self, first: Ipv4Addr, last: Ipv4Addr) -> Result<bool, StoreError> {
        self.sweep(first.to_bits().checked_sub(1).map(Ipv4Addr::from_bits), last)
    }

    /// Reads again those whose time was over: others may have renewed them.
    fn check_over(&mut self, awaits: Awaits, until: UnixSeconds, limit: usize) -> Result<(), StoreError> {
        if !self.is_mirror() {
            return Ok(());
        }
        let over = self.leases.table.over(awaits, until).take(limit);
        let addresses = over.map(|lease| lease.address).collect();
        self.refresh(|| Wanted4 { addresses, ..Wanted4::default() })
    }
}

/// Addresses that are looked up together with one that is free.
const WINDOW: u32 = 255;

impl Leases4 for Session<'_, Table4> {
    async fn by_address(&mut self, address: Ipv4Addr) -> Result<Option<Lease4>, StoreError> {
        log::event!(DHCPSRV_MEMFILE_GET_ADDR4, address);
        self.refresh(|| Table4::named(address))?;
        Ok(self.leases.table.get(address).cloned())
    }

    async fn by_client_id(&mut self, client_id: &[u8]) -> Result<SmallVec<[Lease4; 1]>, StoreError> {
        log::event!(DHCPSRV_MEMFILE_GET_CLIENTID, client_id = Hex(client_id));
        self.refresh(|| Wanted4 { client_ids: [client_id.into()].into(), ..Wanted4::default() })?;
        Ok(self.leases.table.by_client_id(client_id).cloned().collect())
    }

    async fn by_hw_addr(&mut self, hw_addr: &[u8]) -> Result<SmallVec<[Lease4; 1]>, StoreError> {
        log::event!(DHCPSRV_MEMFILE_GET_HWADDR4, hw_addr = Hex(hw_addr));
        self.refresh(|| Wanted4 { hw_addrs: [hw_addr.into()].into(), ..Wanted4::default() })?;
        Ok(self.leases.table.by_hw_addr(hw_addr).cloned().collect())
    }

    async fn put(&mut self, lease: Lease4) -> Result<(), StoreError> {
        if let Some(reason) = row4::unfit(&lease) {
            return Err(StoreError::Backend(format!("lease on {} {reason}", lease.address)));
        }
        let address = lease.address;
        self.leases.note(address, |_, out| row4::print(&lease, out))?;
        if self.leases.table.put(lease) {
            log::event!(DHCPSRV_MEMFILE_UPDATE_ADDR4, address);
        } else {
            log::event!(DHCPSRV_MEMFILE_ADD_ADDR4, address);
        }
        Ok(())
    }

    async fn remove(&mut self, address: Ipv4Addr) -> Result<bool, StoreError> {
        if self.leases.table.get(address).is_none() {
            return Ok(false);
        }
        log::event!(DHCPSRV_MEMFILE_DELETE_ADDR4, address);
        let print = |table: &Table4, out: &mut _| {
            table.get(address).into_iter().for_each(|lease| row4::print(&removal(lease), out));
        };
        self.leases.note(address, print)?;
        Ok(self.leases.table.remove(address).is_some())
    }

    async fn find_free(
        &mut self,
        first: Ipv4Addr,
        last: Ipv4Addr,
        from: Ipv4Addr,
        now: UnixSeconds,
        closed: Closed4<'_>,
    ) -> Result<Option<Ipv4Addr>, StoreError> {
        let mut width = WINDOW;
        loop {
            let found = self.leases.table.find_free(first, last, from, now, closed);
            match found.filter(|_| self.is_mirror()) {
                None if found.is_none() && self.sweep_between(first, last)? => {}
                Some(address) if !self.seen.span.holds(address) => self.look_around(address, last, &mut width)?,
                _ => return Ok(found),
            }
        }
    }

    async fn next_queued(
        &mut self,
        first: Ipv4Addr,
        last: Ipv4Addr,
        from: Ipv4Addr,
        closed: Closed4<'_>,
    ) -> Result<Option<Ipv4Addr>, StoreError> {
        let mut width = WINDOW;
        loop {
            let found = self.leases.table.next_queued(first, last, from, closed);
            match found.filter(|_| self.is_mirror()) {
                None if found.is_none() && self.sweep_between(first, last)? => {}
                Some(address) if !self.seen.span.holds(address) => self.look_around(address, last, &mut width)?,
                _ => return Ok(found),
            }
        }
    }

    async fn count_held(&mut self, first: Ipv4Addr, last: Ipv4Addr) -> Result<u64, StoreError> {
        Ok(self.leases.table.count_held(first, last))
    }

    async fn expired(&mut self, now: UnixSeconds, limit: usize) -> Result<Vec<Lease4>, StoreError> {
        log::event!(DHCPSRV_MEMFILE_GET_EXPIRED4, limit);
        self.refresh(|| Wanted4 { span: Span::Expired(now, limit), ..Wanted4::default() })?;
        self.check_over(Awaits::Reclamation, now, limit)?;
        Ok(self.leases.table.over(Awaits::Reclamation, now).take(limit).cloned().collect())
    }

    async fn remove_reclaimed(&mut self, before: UnixSeconds, limit: usize) -> Result<usize, StoreError> {
        let Some(until) = before.checked_sub(1) else { return Ok(0) };
        self.refresh(|| Wanted4 { span: Span::Reclaimed(until, limit), ..Wanted4::default() })?;
        self.check_over(Awaits::Removal, until, limit)?;
        let over: Vec<_> =
            self.leases.table.over(Awaits::Removal, until).take(limit).map(|lease| lease.address).collect();
        if !over.is_empty() {
            log::event!(DHCPSRV_MEMFILE_DELETE_EXPIRED_RECLAIMED_START, leases = over.len());
        }
        for &address in &over {
            self.remove(address).await?;
        }
        Ok(over.len())
    }
}

/// What the file says of a lease that is no more: the same lease, without lifetime.
fn removal(lease: &Lease4) -> Lease4 {
    Lease4 { valid_lifetime: 0, ..lease.clone() }
}
