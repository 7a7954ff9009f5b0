//! The snapshot a packet runs with: configuration, the counters it touches, and where the allocators are.
//!
//! Names are looked up once, when the snapshot is built. Counters with the same name are the same, so that they survive
//! a reconfiguration; the allocators' places are taken over from the snapshot before.

use super::hooks::Hooks;
use crate::hooks::{Libraries, Lots, keep_times, lease_query_rules};
use dhcpd_config::common::Allocator;
use dhcpd_config::parameters::hooks::LeaseQueryRules;
use dhcpd_config::v4::snapshot::{Config4, Pool4, Subnet4};
use leases::memfile::ClassCounts;
use leases::{Lease4, LeaseState};
use stats::{Counter, Registry};
use std::any::Any;
use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed};
use wire::v4::code;

/// What a DHCPv4 packet runs with.
#[derive(Debug)]
pub struct Snapshot {
    /// The configuration.
    pub config: Arc<Config4>,
    /// The counters.
    pub counters: Counters,
    /// Server identifiers that operators gave in option 54, in order.
    server_identifiers: Vec<Ipv4Addr>,
    /// Libraries that have a say.
    pub(super) libraries: Libraries<dyn Hooks>,
    /// The replies that they keep.
    pub(super) lots: Lots,
    /// Somebody wants to know when datagrams came.
    pub keeps_times: bool,
    /// What a library's commands share with what it does to packets.
    pub shared: Option<Arc<dyn Any + Send + Sync>>,
    /// Where leases are counted by client class, if their numbers are limited.
    pub class_counts: Option<Arc<ClassCounts>>,
    /// Who may ask about leases, if anybody may.
    pub lease_query: Option<LeaseQueryRules>,
    /// By index of the shared network: the subnet that had a free address last; `usize::MAX`: none yet.
    preferred: Vec<AtomicUsize>,
}

impl Snapshot {
    /// Resolves counters for a configuration; allocators go on where those of `before` are.
    pub fn new(config: Arc<Config4>, registry: &Registry, before: Option<&Snapshot>) -> Self {
        let subnets = config.subnets.list().iter().map(|s| SubnetCounters::new(registry, s, before)).collect();
        let counters = Counters::new(registry, subnets);
        let preferred = config.subnets.networks().iter().map(|_| AtomicUsize::new(usize::MAX)).collect();
        let server_identifiers = server_identifiers(&config);
        let lots = before.map_or_else(Lots::default, |before| before.lots.clone());
        let (keeps_times, shared) = (keep_times(&config.hooks), None);
        let lease_query = lease_query_rules(&config.hooks).cloned();
        Self {
            config,
            counters,
            server_identifiers,
            libraries: Libraries::default(),
            lots,
            keeps_times,
            shared,
            class_counts: None,
            lease_query,
            preferred,
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

    /// Whether clients may know this server by that address, as an operator said so.
    pub(super) fn has_server_identifier(&self, address: Ipv4Addr) -> bool {
        self.server_identifiers.binary_search(&address).is_ok()
    }

    /// The pools whose free addresses are given in the order in which they became free, by their first and last ones.
    pub fn queues(&self) -> impl Iterator<Item = (Ipv4Addr, Ipv4Addr)> {
        let subnets = self.config.subnets.list().iter().filter(|subnet| subnet.allocator == Allocator::Flq);
        subnets.flat_map(|subnet| subnet.pools.iter().map(|pool| (pool.first, pool.last)))
    }

    /// Sets how many addresses there are to lease; to be called when the snapshot goes into service.
    pub fn publish_totals(&self) {
        for (subnet, counters) in self.config.subnets.list().iter().zip(&self.counters.subnets) {
            counters.total.set(subnet.pools.iter().map(|pool| capacity(&[pool])).sum());
            for (pool, counters) in subnet.pools.iter().zip(&counters.pools) {
                let same: Vec<&Pool4> = subnet.pools.iter().filter(|other| other.id == pool.id).collect();
                counters.total.set(capacity(&same));
            }
        }
    }

    /// Counts a lease that came (1) or went (-1) by other means than a client's.
    pub fn count(&self, lease: &Lease4, change: i64) {
        let is_declined = lease.state == LeaseState::Declined;
        if is_declined || lease.state == LeaseState::Assigned {
            self.counters.assigned(&self.config, lease.subnet_id, lease.address, change);
        }
        if is_declined {
            self.counters.declined(&self.config, lease.subnet_id, lease.address, change);
        }
    }

    /// Counts a lease in place of another one on its address.
    pub fn count_changed(&self, old: &Lease4, new: &Lease4) {
        if (old.subnet_id, old.state) != (new.subnet_id, new.state) {
            self.count(new, 1);
            self.count(old, -1);
        }
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

    /// The subnet of a shared network that had a free address last.
    pub(super) fn preferred(&self, network: usize) -> Option<usize> {
        self.preferred.get(network).map(|subnet| subnet.load(Relaxed)).filter(|subnet| *subnet != usize::MAX)
    }

    pub(super) fn prefer(&self, network: usize, subnet: usize) {
        if let Some(place) = self.preferred.get(network) {
            place.store(subnet, Relaxed);
        }
    }

    pub(super) fn subnet(&self, at: usize) -> Option<&Subnet4> {
        self.config.subnets.list().get(at)
    }
}

fn server_identifiers(config: &Config4) -> Vec<Ipv4Addr> {
    let classes = config.classes.settings().map(|class| &class.options);
    let subnets = config.subnets.list().iter().map(|subnet| &*subnet.options);
    let sets = subnets.chain([&*config.options]).chain(classes);
    let items = sets.filter_map(|set| set.find(code::SERVER_IDENTIFIER.into()));
    let addresses = items.filter_map(|item| <[u8; 4]>::try_from(&*item.data).ok()).map(Ipv4Addr::from);
    addresses.collect::<BTreeSet<_>>().into_iter().collect()
}

fn capacity(pools: &[&Pool4]) -> i64 {
    pools.iter().map(|pool| pool.capacity() as i64).sum()
}

macro_rules! counters {
    ($(#[$doc:meta])* $struct:ident { $($field:ident = $name:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $struct {
            $(#[doc = concat!("`", $name, "`")] pub $field: Arc<Counter>,)*
        }

        impl $struct {
            fn resolve(registry: &Registry, prefix: &str) -> Self {
                Self { $($field: registry.counter(&format!(concat!("{}", $name), prefix)),)* }
            }
        }
    };
}

counters! {
    /// Counters of the whole server.
    Global {
        received = "pkt4-received",
        discover_received = "pkt4-discover-received",
        offer_received = "pkt4-offer-received",
        request_received = "pkt4-request-received",
        ack_received = "pkt4-ack-received",
        nak_received = "pkt4-nak-received",
        release_received = "pkt4-release-received",
        decline_received = "pkt4-decline-received",
        inform_received = "pkt4-inform-received",
        lease_query_received = "pkt4-lease-query-received",
        unknown_received = "pkt4-unknown-received",
        sent = "pkt4-sent",
        offer_sent = "pkt4-offer-sent",
        ack_sent = "pkt4-ack-sent",
        nak_sent = "pkt4-nak-sent",
        lease_query_unassigned_sent = "pkt4-lease-query-response-unassigned-sent",
        lease_query_unknown_sent = "pkt4-lease-query-response-unknown-sent",
        lease_query_active_sent = "pkt4-lease-query-response-active-sent",
        service_disabled = "pkt4-service-disabled",
        parse_failed = "pkt4-parse-failed",
        queue_full = "pkt4-queue-full",
        duplicate = "pkt4-duplicate",
        rfc_violation = "pkt4-rfc-violation",
        admin_filtered = "pkt4-admin-filtered",
        not_for_us = "pkt4-not-for-us",
        processing_failed = "pkt4-processing-failed",
        limit_exceeded = "pkt4-limit-exceeded",
        receive_drop = "pkt4-receive-drop",
        assigned_addresses = "assigned-addresses",
        cumulative_assigned_addresses = "cumulative-assigned-addresses",
        declined_addresses = "declined-addresses",
        reclaimed_leases = "reclaimed-leases",
        reclaimed_declined_addresses = "reclaimed-declined-addresses",
        allocation_fail = "v4-allocation-fail",
        allocation_fail_shared_network = "v4-allocation-fail-shared-network",
        allocation_fail_subnet = "v4-allocation-fail-subnet",
        allocation_fail_no_pools = "v4-allocation-fail-no-pools",
        allocation_fail_classes = "v4-allocation-fail-classes",
        reservation_conflicts = "v4-reservation-conflicts",
        lease_reuses = "v4-lease-reuses",
    }
}

counters! {
    /// Counters of a subnet.
    OfSubnet {
        total = "total-addresses",
        assigned = "assigned-addresses",
        cumulative_assigned = "cumulative-assigned-addresses",
        declined = "declined-addresses",
        reclaimed_leases = "reclaimed-leases",
        reclaimed_declined = "reclaimed-declined-addresses",
        allocation_fail = "v4-allocation-fail",
        allocation_fail_shared_network = "v4-allocation-fail-shared-network",
        allocation_fail_subnet = "v4-allocation-fail-subnet",
        allocation_fail_no_pools = "v4-allocation-fail-no-pools",
        allocation_fail_classes = "v4-allocation-fail-classes",
        reservation_conflicts = "v4-reservation-conflicts",
        lease_reuses = "v4-lease-reuses",
    }
}

counters! {
    /// Counters of the pools of one id in a subnet.
    OfPool {
        total = "total-addresses",
        assigned = "assigned-addresses",
        cumulative_assigned = "cumulative-assigned-addresses",
        declined = "declined-addresses",
        reclaimed_leases = "reclaimed-leases",
        reclaimed_declined = "reclaimed-declined-addresses",
    }
}

/// All counters that the engine touches.
#[derive(Debug)]
pub struct Counters {
    global: Global,
    /// By index of the subnet.
    pub subnets: Vec<SubnetCounters>,
}

impl std::ops::Deref for Counters {
    type Target = Global;

    fn deref(&self) -> &Global {
        &self.global
    }
}

/// Counters of a subnet and of its pools, and where its allocator is.
#[derive(Debug)]
pub struct SubnetCounters {
    counters: Arc<OfSubnet>,
    /// The pool to look in first, an index.
    pool: AtomicUsize,
    /// By index of the pool.
    pub pools: Vec<PoolCounters>,
}

impl std::ops::Deref for SubnetCounters {
    type Target = OfSubnet;

    fn deref(&self) -> &OfSubnet {
        &self.counters
    }
}

/// Counters of a pool, and where its allocator is.
#[derive(Debug)]
pub struct PoolCounters {
    counters: Arc<OfPool>,
    id: u32,
    first: Ipv4Addr,
    last: Ipv4Addr,
    cursor: AtomicU32,
}

impl std::ops::Deref for PoolCounters {
    type Target = OfPool;

    fn deref(&self) -> &OfPool {
        &self.counters
    }
}

impl PoolCounters {
    /// Where the allocator looks next.
    pub(super) fn cursor(&self) -> Ipv4Addr {
        Ipv4Addr::from(self.cursor.load(Relaxed)).clamp(self.first, self.last)
    }

    /// The next search starts behind this address; where that is.
    pub(super) fn advance(&self, behind: Ipv4Addr) -> Ipv4Addr {
        let next = if behind >= self.last { self.first } else { Ipv4Addr::from(u32::from(behind) + 1) };
        self.cursor.store(next.into(), Relaxed);
        next
    }
}

impl SubnetCounters {
    /// The pool in which the next search starts, an index.
    pub(super) fn pool(&self) -> usize {
        self.pool.load(Relaxed).checked_rem(self.pools.len()).unwrap_or(0)
    }

    /// The next search starts in this pool, or in the first one behind the last.
    pub(super) fn go_on_in(&self, pool: usize) {
        self.pool.store(pool, Relaxed);
    }

    /// What the subnet and its pools had `before`, by their ids, they keep without a look at the names.
    fn new(registry: &Registry, subnet: &Subnet4, before: Option<&Snapshot>) -> Self {
        let prefix = || format!("subnet[{}].", subnet.id);
        let old = before.and_then(|b| b.config.subnets.by_id(subnet.id).and_then(|(at, _)| b.counters.subnets.get(at)));
        let pools = subnet.pools.iter().map(|pool| {
            let old_pools = || old.into_iter().flat_map(|old| &old.pools);
            let place = old_pools().find(|old| (old.first, old.last) == (pool.first, pool.last));
            let known = old_pools().find(|old| old.id == pool.id).map(|old| old.counters.clone());
            let new = || Arc::new(OfPool::resolve(registry, &format!("{}pool[{}].", prefix(), pool.id)));
            PoolCounters {
                counters: known.unwrap_or_else(new),
                id: pool.id,
                first: pool.first,
                last: pool.last,
                cursor: AtomicU32::new(place.map_or(pool.first, PoolCounters::cursor).into()),
            }
        });
        let known = old.map(|old| old.counters.clone());
        let counters = known.unwrap_or_else(|| Arc::new(OfSubnet::resolve(registry, &prefix())));
        Self { counters, pool: AtomicUsize::new(old.map_or(0, Self::pool)), pools: pools.collect() }
    }
}

impl Counters {
    fn new(registry: &Registry, subnets: Vec<SubnetCounters>) -> Self {
        Self { global: Global::resolve(registry, ""), subnets }
    }

    /// The counters an address belongs to: its subnet's, if there still is one, and its pool's, if it is in one.
    fn of(&self, config: &Config4, subnet_id: u32, address: Ipv4Addr) -> Place<'_> {
        let (at, subnet) = config.subnets.by_id(subnet_id).unzip();
        let counters = at.and_then(|at| self.subnets.get(at));
        let pool = subnet.and_then(|s| s.pool_of(address)).and_then(|(pool, _)| counters?.pools.get(pool));
        (counters, pool)
    }

    /// Leases that came or went.
    pub(super) fn assigned(&self, config: &Config4, subnet_id: u32, address: Ipv4Addr, change: i64) {
        let (subnet, pool) = self.of(config, subnet_id, address);
        self.assigned_addresses.add(change);
        subnet.inspect(|s| s.assigned.add(change));
        pool.inspect(|p| p.assigned.add(change));
    }

    /// A new lease.
    pub(super) fn allocated(&self, config: &Config4, subnet_id: u32, address: Ipv4Addr) {
        self.assigned(config, subnet_id, address, 1);
        let (subnet, pool) = self.of(config, subnet_id, address);
        self.cumulative_assigned_addresses.add(1);
        subnet.inspect(|s| s.cumulative_assigned.add(1));
        pool.inspect(|p| p.cumulative_assigned.add(1));
    }

    /// Addresses that were declined, or recovered.
    pub(super) fn declined(&self, config: &Config4, subnet_id: u32, address: Ipv4Addr, change: i64) {
        let (subnet, pool) = self.of(config, subnet_id, address);
        self.declined_addresses.add(change);
        subnet.inspect(|s| s.declined.add(change));
        pool.inspect(|p| p.declined.add(change));
    }

    /// A lease was reclaimed; a declined one is recovered by that.
    pub(super) fn reclaimed(&self, config: &Config4, lease: &Lease4) {
        let (subnet, pool) = self.of(config, lease.subnet_id, lease.address);
        self.reclaimed_leases.add(1);
        subnet.inspect(|s| s.reclaimed_leases.add(1));
        pool.inspect(|p| p.reclaimed_leases.add(1));
        if lease.state == LeaseState::Declined {
            self.declined(config, lease.subnet_id, lease.address, -1);
            self.reclaimed_declined_addresses.add(1);
            subnet.inspect(|s| s.reclaimed_declined.add(1));
            pool.inspect(|p| p.reclaimed_declined.add(1));
        }
        if lease.state != LeaseState::Released {
            self.assigned(config, lease.subnet_id, lease.address, -1);
        }
    }
}

type Place<'a> = (Option<&'a SubnetCounters>, Option<&'a PoolCounters>);
