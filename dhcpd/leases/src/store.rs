//! What the engine asks of a lease store.
//!
//! The methods are async so that a store behind a network can wait; memfile's futures are ready at the first poll.
//! Dispatch is static. A value that implements these is a *session*: for memfile the locked store, held for one batch
//! of packets; for a database a connection. A change is visible to the next call of any session at once, and durable
//! when the batch that made it is (`memfile::Store::sync`): replies leave after that.

use crate::lease::{Lease4, Lease6, LeaseType, UnixSeconds};
use smallvec::SmallVec;
use std::future::Future;
use std::net::{Ipv4Addr, Ipv6Addr};

/// DHCPv4 leases.
pub trait Leases4 {
    /// The lease on an address, in whatever state.
    fn by_address(&mut self, address: Ipv4Addr) -> impl Future<Output = Result<Option<Lease4>, StoreError>>;
    /// The leases of a client identifier, over all subnets, unordered.
    fn by_client_id(&mut self, client_id: &[u8]) -> impl Future<Output = Result<SmallVec<[Lease4; 1]>, StoreError>>;
    /// The leases of a hardware address, over all subnets, unordered.
    fn by_hw_addr(&mut self, hw_addr: &[u8]) -> impl Future<Output = Result<SmallVec<[Lease4; 1]>, StoreError>>;
    /// Stores a lease; replaces the one that held its address.
    fn put(&mut self, lease: Lease4) -> impl Future<Output = Result<(), StoreError>>;
    /// Forgets the lease on an address; whether there was one.
    fn remove(&mut self, address: Ipv4Addr) -> impl Future<Output = Result<bool, StoreError>>;
    /// An address in `first..=last` on which no lease stands, looked for from `from` on and around;
    /// failing that, one whose lease `is_free_at(now)`. `closed` tells which addresses do not count.
    fn find_free(
        &mut self,
        first: Ipv4Addr,
        last: Ipv4Addr,
        from: Ipv4Addr,
        now: UnixSeconds,
        closed: Closed4<'_>,
    ) -> impl Future<Output = Result<Option<Ipv4Addr>, StoreError>>;
    /// The address in `first..=last` that nobody holds and that became free, or was the answer here, longest ago. Where
    /// none did yet, that is one near `from`. An address whose lease is over is held until that was reclaimed.
    fn next_queued(
        &mut self,
        first: Ipv4Addr,
        last: Ipv4Addr,
        from: Ipv4Addr,
        closed: Closed4<'_>,
    ) -> impl Future<Output = Result<Option<Ipv4Addr>, StoreError>>;
    /// How many addresses in `first..=last` have a lease that was neither reclaimed nor released.
    fn count_held(&mut self, first: Ipv4Addr, last: Ipv4Addr) -> impl Future<Output = Result<u64, StoreError>>;
    /// Up to `limit` leases whose time is over at `now` and that are not reclaimed (released ones that were kept are
    /// among them), the oldest first.
    fn expired(&mut self, now: UnixSeconds, limit: usize) -> impl Future<Output = Result<Vec<Lease4>, StoreError>>;
    /// Forgets up to `limit` leases in state expired-reclaimed whose time was over before `before`; how many.
    fn remove_reclaimed(
        &mut self,
        before: UnixSeconds,
        limit: usize,
    ) -> impl Future<Output = Result<usize, StoreError>>;
}

/// Which addresses a search passes over. For one that it does, the last of the row of them that it begins.
pub type Closed4<'a> = &'a dyn Fn(Ipv4Addr) -> Option<Ipv4Addr>;

/// DHCPv6 leases: addresses and prefixes.
pub trait Leases6 {
    /// The lease on an address or a prefix (by its first address), in whatever state.
    fn by_address(
        &mut self,
        lease_type: LeaseType,
        address: Ipv6Addr,
    ) -> impl Future<Output = Result<Option<Lease6>, StoreError>>;
    /// The leases of a client's identity association, over all subnets, unordered.
    fn by_ia(
        &mut self,
        lease_type: LeaseType,
        duid: &[u8],
        iaid: u32,
    ) -> impl Future<Output = Result<SmallVec<[Lease6; 1]>, StoreError>>;
    /// All leases of a client, over all subnets and both types.
    fn by_duid(&mut self, duid: &[u8]) -> impl Future<Output = Result<SmallVec<[Lease6; 1]>, StoreError>>;
    /// Stores a lease; replaces the one that held its address.
    fn put(&mut self, lease: Lease6) -> impl Future<Output = Result<(), StoreError>>;
    /// Forgets the lease on an address or prefix; whether there was one.
    fn remove(&mut self, lease_type: LeaseType, address: Ipv6Addr) -> impl Future<Output = Result<bool, StoreError>>;
    /// An address or a prefix of a range on which no lease stands, looked for from `from` on and around; failing that, one whose
    /// lease `is_free_at(now)`. `closed` tells which do not count.
    fn find_free(
        &mut self,
        lease_type: LeaseType,
        range: Range6,
        from: Ipv6Addr,
        now: UnixSeconds,
        closed: &dyn Fn(Ipv6Addr) -> bool,
    ) -> impl Future<Output = Result<Option<Ipv6Addr>, StoreError>>;
    /// The address or prefix of a range that nobody holds and that became free, or was the answer here, longest ago.
    /// Where none did yet, that is one near `from`. One whose lease is over is held until that was reclaimed.
    fn next_queued(
        &mut self,
        lease_type: LeaseType,
        range: Range6,
        from: Ipv6Addr,
        closed: &dyn Fn(Ipv6Addr) -> bool,
    ) -> impl Future<Output = Result<Option<Ipv6Addr>, StoreError>>;
    /// How many addresses or prefixes of a range have a lease that was neither reclaimed nor released.
    fn count_held(&mut self, lease_type: LeaseType, range: Range6) -> impl Future<Output = Result<u64, StoreError>>;
    /// Up to `limit` leases whose time is over at `now` and that are not reclaimed (released ones that were kept are
    /// among them), the oldest first.
    fn expired(&mut self, now: UnixSeconds, limit: usize) -> impl Future<Output = Result<Vec<Lease6>, StoreError>>;
    /// Forgets up to `limit` leases in state expired-reclaimed whose time was over before `before`; how many.
    fn remove_reclaimed(
        &mut self,
        before: UnixSeconds,
        limit: usize,
    ) -> impl Future<Output = Result<usize, StoreError>>;
}

/// A range of addresses or of prefixes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range6 {
    /// The first.
    pub first: Ipv6Addr,
    /// The last.
    pub last: Ipv6Addr,
    /// Length of the prefixes, which is the step from one to the next; 128 for addresses.
    pub len: u8,
}

/// What a store can fail with; the packet is then dropped and the client tries again.
#[derive(Debug)]
pub enum StoreError {
    /// The back end is not reachable or refused the operation.
    Backend(String),
}

impl std::fmt::Display for StoreError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            StoreError::Backend(reason) => f.write_str(reason),
        }
    }
}

impl std::error::Error for StoreError {}
