//! What a DHCPv6 packet runs with: the configuration, the counters it touches, and where the allocators are.
//!
//! Names are looked up once, when the snapshot is built. Counters with the same name are the same, so that they survive
//! a reconfiguration; the allocators' places are taken over from the snapshot before.

use super::allocate::Range;
use super::counters::{Counters, Event, counts_as_assigned, place_of, publish_totals};
use super::hooks::Hooks;
use super::names::queue;
use crate::hooks::{Libraries, Lots, keep_times, lease_query_rules};
use dhcpd_config::common::Allocator;
use dhcpd_config::parameters::hooks::LeaseQueryRules;
use dhcpd_config::v6::snapshot::{Config6, Subnet6};
use leases::memfile::ClassCounts;
use leases::{Duid, Lease6, LeaseState, LeaseType, Range6};
use ncr::{ChangeType, NameChangeRequest};
use stats::Registry;
use std::any::Any;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

/// What a DHCPv6 packet runs with; the workers share it.
#[derive(Debug)]
pub struct Snapshot {
    /// The configuration.
    pub config: Arc<Config6>,
    /// The server's DUID.
    pub server_id: Duid,
    pub(super) counters: Counters,
    pub(super) cursors: Cursors,
    pub(super) libraries: Libraries<dyn Hooks>,
    /// The replies that libraries keep.
    pub(super) lots: Lots,
    /// Somebody wants to know when datagrams came.
    pub keeps_times: bool,
    /// What a library's commands share with what it does to packets.
    pub shared: Option<Arc<dyn Any + Send + Sync>>,
    /// Where leases are counted by client class, if their numbers are limited.
    pub class_counts: Option<Arc<ClassCounts>>,
    /// Who may ask about leases, if anybody may.
    pub lease_query: Option<LeaseQueryRules>,
}

impl Snapshot {
    /// Resolves counters for a configuration; allocators go on where those of `before` are.
    pub fn new(config: Arc<Config6>, server_id: Duid, registry: &Registry, before: Option<&Snapshot>) -> Self {
        let (counters, cursors) = (Counters::new(&config, registry, before), Cursors::new(&config, before));
        let lots = before.map_or_else(Lots::default, |before| before.lots.clone());
        let (keeps_times, shared) = (keep_times(&config.hooks), None);
        let lease_query = lease_query_rules(&config.hooks).cloned();
        Self {
            config,
            server_id,
            counters,
            cursors,
            libraries: Libraries::default(),
            lots,
            keeps_times,
            shared,
            class_counts: None,
            lease_query,
        }
    }

    /// With libraries that have a say.
    pub fn with(self, libraries: Libraries<dyn Hooks>) -> Self {
        Self { libraries, ..self }
    }

    /// With what a library's commands share with what it does to packets.
    pub fn sharing(self, shared: Option<Arc<dyn Any + Send + Sync>>) -> Self {
        Self { shared, ..self }
    }

    /// With leases counted by client class.
    pub fn counting(self, class_counts: Option<Arc<ClassCounts>>) -> Self {
        Self { class_counts, ..self }
    }

    /// The pools whose free prefixes are given in the order in which they became free.
    pub fn queues(&self) -> impl Iterator<Item = (LeaseType, Range6)> {
        let subnets = self.config.subnets.list().iter().filter(|subnet| subnet.pd_allocator == Allocator::Flq);
        let pools = |subnet| (0..).map_while(move |pool| Range::of(subnet, LeaseType::Pd, pool));
        subnets.flat_map(pools).map(|Range(range)| (LeaseType::Pd, range))
    }

    /// Sets how many addresses and prefixes there are to lease; to be called when the snapshot goes into service.
    pub fn publish_totals(&self, registry: &Registry) {
        self.config.subnets.list().iter().for_each(|subnet| publish_totals(subnet, registry));
    }

    /// Counts a lease that came (1) or went (-1) by other means than a client's.
    pub fn count(&self, lease: &Lease6, change: i64) {
        let place = place_of(&self.config, lease);
        if counts_as_assigned(lease.state) {
            self.counters.lease(lease.lease_type, place, Event::Assigned, change);
        }
        match lease.state {
            LeaseState::Declined => self.counters.lease(lease.lease_type, place, Event::Declined, change),
            LeaseState::Registered => self.counters.lease(lease.lease_type, place, Event::Registered, change),
            _ => {}
        }
    }

    /// Counts a lease in place of another one on its address or prefix.
    pub fn count_changed(&self, old: &Lease6, new: &Lease6) {
        if (old.subnet_id, old.state) != (new.subnet_id, new.state) {
            self.count(new, 1);
            self.count(old, -1);
        }
    }

    /// The request to D2 about a lease, if it has a name that is ours to update.
    pub fn name_change(&self, change: ChangeType, lease: &Lease6) -> Option<NameChangeRequest> {
        let mut requests = Vec::new();
        queue(&self.config, &mut requests, change, lease);
        requests.pop()
    }

    /// Whether `before` had a subnet that this configuration does not have.
    pub fn lacks_subnets_of(&self, before: &Snapshot) -> bool {
        before.config.subnets.list().iter().any(|subnet| self.config.subnets.by_id(subnet.id).is_none())
    }

    /// Whether a statistic is of a subnet that this configuration does not have.
    pub fn is_stale(&self, statistic: &str) -> bool {
        let id = statistic.strip_prefix("subnet[").and_then(|rest| rest.split_once(']')).map(|(id, _)| id);
        id.and_then(|id| id.parse().ok()).is_some_and(|id| self.config.subnets.by_id(id).is_none())
    }
}

/// Where the search for the next free lease goes on, for addresses and prefixes of each subnet.
#[derive(Debug)]
pub(super) struct Cursors {
    subnets: Vec<[Cursor; 2]>,
}

/// The place in one subnet's pools of a kind. Workers that race for it merely look at the same lease first.
#[derive(Debug, Default)]
pub(super) struct Cursor {
    pool: AtomicUsize,
    /// By index of the pool: the number of its lease that is next.
    next: Vec<AtomicU64>,
}

impl Cursors {
    fn new(config: &Config6, before: Option<&Snapshot>) -> Self {
        let subnets = config.subnets.list().iter().map(|subnet| {
            let old = before.and_then(|before| {
                let (at, old) = before.config.subnets.by_id(subnet.id)?;
                Some((old, before.cursors.subnets.get(at)?))
            });
            let kept = |kind| match old {
                Some((old, cursors)) if pools(old, kind) == pools(subnet, kind) => {
                    cursors.get(row(kind)).map(Cursor::copy)
                }
                _ => None,
            };
            let fresh = |kind| Cursor::new(pools(subnet, kind).len());
            [LeaseType::Na, LeaseType::Pd].map(|kind| kept(kind).unwrap_or_else(|| fresh(kind)))
        });
        Self { subnets: subnets.collect() }
    }

    /// The place in a subnet, an index.
    pub(super) fn of(&self, subnet: usize, kind: LeaseType) -> Option<&Cursor> {
        self.subnets.get(subnet)?.get(row(kind))
    }
}

impl Cursor {
    fn new(pools: usize) -> Self {
        Self { pool: AtomicUsize::new(0), next: (0..pools).map(|_| AtomicU64::new(0)).collect() }
    }

    fn copy(&self) -> Self {
        let next = self.next.iter().map(|next| AtomicU64::new(next.load(Relaxed)));
        Self { pool: AtomicUsize::new(self.pool()), next: next.collect() }
    }

    /// The pool to look in first.
    pub(super) fn pool(&self) -> usize {
        self.pool.load(Relaxed)
    }

    /// The number of the lease to look at first in a pool.
    pub(super) fn next(&self, pool: usize) -> u128 {
        self.next.get(pool).map_or(0, |next| next.load(Relaxed)).into()
    }

    /// The next search in `pool` starts at the lease with this number, the next one at all in `first`.
    pub(super) fn advance(&self, pool: usize, number: u128, first: usize) {
        if let Some(next) = self.next.get(pool) {
            next.store(u64::try_from(number).unwrap_or(0), Relaxed);
        }
        self.pool.store(first, Relaxed);
    }
}

/// What identifies the pools of a kind from one configuration to the next.
fn pools(subnet: &Subnet6, kind: LeaseType) -> Vec<(u128, u128)> {
    match kind {
        LeaseType::Na => subnet.pools.iter().map(|pool| (pool.first.to_bits(), pool.last.to_bits())).collect(),
        LeaseType::Pd => subnet.pd_pools.iter().map(|pool| (pool.prefix.to_bits(), pool.last().to_bits())).collect(),
    }
}

fn row(kind: LeaseType) -> usize {
    match kind {
        LeaseType::Na => 0,
        LeaseType::Pd => 1,
    }
}

/// Numbers that nobody outside can guess (RFC 7824 §6): a keyed hash of a counter.
#[derive(Debug, Default)]
pub(super) struct Random {
    key: RandomState,
    drawn: u64,
}

impl Random {
    pub(super) fn draw(&mut self) -> u128 {
        self.drawn = self.drawn.wrapping_add(1);
        u128::from(self.key.hash_one(self.drawn)) << 64 | u128::from(self.key.hash_one(!self.drawn))
    }
}
