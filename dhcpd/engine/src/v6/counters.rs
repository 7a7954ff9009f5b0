//! Statistics by Kea's names: of packets, and of leases in all, by subnet and by pool.

use super::Snapshot;
use dhcpd_config::v6::snapshot::{Config6, Subnet6};
use leases::{Lease6, LeaseState, LeaseType};
use stats::{Counter, Registry};
use std::sync::Arc;
use wire::v6::MessageType;

/// The counters of the data plane. The order of subnets and pools is that of the configuration they were made for.
#[derive(Debug)]
pub(super) struct Counters {
    pub received: Arc<Counter>,
    pub receive_drop: Arc<Counter>,
    pub queue_full: Arc<Counter>,
    pub parse_failed: Arc<Counter>,
    pub not_for_us: Arc<Counter>,
    pub rfc_violation: Arc<Counter>,
    pub processing_failed: Arc<Counter>,
    pub admin_filtered: Arc<Counter>,
    pub lease_query_received: Arc<Counter>,
    pub lease_query_reply_sent: Arc<Counter>,
    sent: Arc<Counter>,
    /// By message type; what is not in the table goes to the first.
    received_types: Vec<(MessageType, Arc<Counter>)>,
    sent_types: Vec<(MessageType, Arc<Counter>)>,
    /// In all.
    leases: LeaseCounters,
    subnets: Vec<Arc<SubnetCounters>>,
}

/// What is counted of leases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// Leases that are assigned now.
    Assigned,
    /// Leases ever assigned.
    CumulativeAssigned,
    /// Addresses on probation now.
    Declined,
    /// Leases ever reclaimed.
    Reclaimed,
    /// Addresses whose probation ever ended.
    ReclaimedDeclined,
    /// Renewals that left the lease as it stood.
    Reused,
    /// Addresses that clients have registered now.
    Registered,
    /// Addresses ever registered.
    CumulativeRegistered,
}

/// Why no lease could be allocated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    Any,
    SharedNetwork,
    Subnet,
    NoPools,
    /// Counted with every failure: each packet is in some class, `ALL` at least.
    Classes,
}

#[derive(Debug)]
struct SubnetCounters {
    all: LeaseCounters,
    pools: Vec<LeaseCounters>,
    pd_pools: Vec<LeaseCounters>,
}

/// One scope's counters; `None` where the scope does not count that.
#[derive(Debug)]
struct LeaseCounters {
    events: [[Option<Arc<Counter>>; 2]; EVENTS.len()],
    failures: Option<[Arc<Counter>; FAILURES.len()]>,
}

/// Names for addresses and for prefixes, empty where there is none; those of both are one counter.
const EVENTS: [(Event, [&str; 2]); 8] = [
    (Event::Assigned, ["assigned-nas", "assigned-pds"]),
    (Event::CumulativeAssigned, ["cumulative-assigned-nas", "cumulative-assigned-pds"]),
    (Event::Declined, ["declined-addresses", ""]),
    (Event::Reclaimed, ["reclaimed-leases", "reclaimed-leases"]),
    (Event::ReclaimedDeclined, ["reclaimed-declined-addresses", ""]),
    (Event::Reused, ["v6-ia-na-lease-reuses", "v6-ia-pd-lease-reuses"]),
    (Event::Registered, ["registered-nas", ""]),
    (Event::CumulativeRegistered, ["cumulative-registered-nas", ""]),
];

const FAILURES: [(Failure, &str); 5] = [
    (Failure::Any, "v6-allocation-fail"),
    (Failure::SharedNetwork, "v6-allocation-fail-shared-network"),
    (Failure::Subnet, "v6-allocation-fail-subnet"),
    (Failure::NoPools, "v6-allocation-fail-no-pools"),
    (Failure::Classes, "v6-allocation-fail-classes"),
];

const RECEIVED: [(MessageType, &str); 15] = [
    (MessageType(0), "pkt6-unknown-received"),
    (MessageType::SOLICIT, "pkt6-solicit-received"),
    (MessageType::ADVERTISE, "pkt6-advertise-received"),
    (MessageType::REQUEST, "pkt6-request-received"),
    (MessageType::CONFIRM, "pkt6-confirm-received"),
    (MessageType::RENEW, "pkt6-renew-received"),
    (MessageType::REBIND, "pkt6-rebind-received"),
    (MessageType::REPLY, "pkt6-reply-received"),
    (MessageType::RELEASE, "pkt6-release-received"),
    (MessageType::DECLINE, "pkt6-decline-received"),
    (MessageType::INFORMATION_REQUEST, "pkt6-infrequest-received"),
    (MessageType::DHCPV4_QUERY, "pkt6-dhcpv4-query-received"),
    (MessageType::DHCPV4_RESPONSE, "pkt6-dhcpv4-response-received"),
    (MessageType::ADDR_REG_INFORM, "pkt6-addr-reg-inform-received"),
    (MessageType::ADDR_REG_REPLY, "pkt6-addr-reg-reply-received"),
];

const SENT: [(MessageType, &str); 4] = [
    (MessageType::ADVERTISE, "pkt6-advertise-sent"),
    (MessageType::REPLY, "pkt6-reply-sent"),
    (MessageType::DHCPV4_RESPONSE, "pkt6-dhcpv4-response-sent"),
    (MessageType::ADDR_REG_REPLY, "pkt6-addr-reg-reply-sent"),
];

/// Statistics that Kea shows although nothing on this line changes them.
const SILENT: [&str; 4] = ["pkt6-duplicate", "pkt6-limit-exceeded", "pkt6-queue-full", "pkt6-service-disabled"];

impl Counters {
    /// The counters of a configuration: those of the registry with the same names, or new ones. Subnets that are as they
    /// were `before` keep theirs without a look at the names.
    pub(super) fn new(config: &Config6, registry: &Registry, before: Option<&Snapshot>) -> Self {
        let subnet = |subnet: &Subnet6| {
            let old = before.and_then(|before| {
                let (at, old) = before.config.subnets.by_id(subnet.id)?;
                before.counters.subnets.get(at).filter(|_| pool_ids(old).eq(pool_ids(subnet)))
            });
            old.cloned().unwrap_or_else(|| Arc::new(SubnetCounters::new(subnet, registry)))
        };
        SILENT.iter().for_each(|name| drop(registry.counter(name)));
        let counter = |name: &str| registry.counter(name);
        Self {
            received: counter("pkt6-received"),
            receive_drop: counter("pkt6-receive-drop"),
            queue_full: counter("pkt6-queue-full"),
            parse_failed: counter("pkt6-parse-failed"),
            not_for_us: counter("pkt6-not-for-us"),
            rfc_violation: counter("pkt6-rfc-violation"),
            processing_failed: counter("pkt6-processing-failed"),
            admin_filtered: counter("pkt6-admin-filtered"),
            lease_query_received: counter("pkt6-lease-query-received"),
            lease_query_reply_sent: counter("pkt6-lease-query-reply-sent"),
            sent: counter("pkt6-sent"),
            received_types: RECEIVED.iter().map(|(kind, name)| (*kind, counter(name))).collect(),
            sent_types: SENT.iter().map(|(kind, name)| (*kind, counter(name))).collect(),
            leases: LeaseCounters::new(registry, "", &[LeaseType::Na, LeaseType::Pd], true),
            subnets: config.subnets.list().iter().map(subnet).collect(),
        }
    }

    /// A message of this type was read.
    pub(super) fn received(&self, kind: MessageType) {
        let found = self.received_types.iter().find(|(known, _)| *known == kind).or(self.received_types.first());
        found.iter().for_each(|(_, counter)| counter.add(1));
    }

    /// A message of this type is ready to be sent.
    pub(super) fn sent(&self, kind: MessageType) {
        self.sent.add(1);
        self.sent_types.iter().filter(|(known, _)| *known == kind).for_each(|(_, counter)| counter.add(1));
    }

    /// Something happened to a lease, which may be in a pool of a subnet: indexes into the configuration.
    pub(super) fn lease(&self, kind: LeaseType, place: Option<(usize, Option<usize>)>, event: Event, amount: i64) {
        self.leases.add(kind, event, amount);
        let Some(subnet) = place.and_then(|(subnet, _)| self.subnets.get(subnet)) else { return };
        subnet.all.add(kind, event, amount);
        let pools = if kind == LeaseType::Na { &subnet.pools } else { &subnet.pd_pools };
        if let Some(pool) = place.and_then(|(_, pool)| pools.get(pool?)) {
            pool.add(kind, event, amount);
        }
    }

    /// An address that was registered in another subnet is in this one now: there it is a new one, in all it is not.
    pub(super) fn registered_anew(&self, subnet: usize) {
        let subnet = self.subnets.get(subnet);
        subnet.iter().for_each(|subnet| subnet.all.add(LeaseType::Na, Event::CumulativeRegistered, 1));
    }

    /// No lease could be allocated in a subnet.
    pub(super) fn failed(&self, subnet: usize, failure: Failure) {
        let scopes = [Some(&self.leases), self.subnets.get(subnet).map(|subnet| &subnet.all)];
        for failures in scopes.into_iter().flatten().filter_map(|scope| scope.failures.as_ref()) {
            failures.iter().zip(FAILURES).filter(|(_, (known, _))| *known == failure).for_each(|(c, _)| c.add(1));
        }
    }
}

impl SubnetCounters {
    fn new(subnet: &Subnet6, registry: &Registry) -> Self {
        let scope = format!("subnet[{}].", subnet.id);
        let pools =
            |kind| pool_scopes(subnet, kind).map(move |(pool, _)| LeaseCounters::new(registry, &pool, &[kind], false));
        Self {
            all: LeaseCounters::new(registry, &scope, &[LeaseType::Na, LeaseType::Pd], true),
            pools: pools(LeaseType::Na).collect(),
            pd_pools: pools(LeaseType::Pd).collect(),
        }
    }
}

/// What the names of a subnet's statistics are made of, beside its own id.
fn pool_ids(subnet: &Subnet6) -> impl Iterator<Item = (LeaseType, u32)> + '_ {
    let pools = subnet.pools.iter().map(|pool| (LeaseType::Na, pool.id));
    pools.chain(subnet.pd_pools.iter().map(|pool| (LeaseType::Pd, pool.id)))
}

/// Sets how many addresses and prefixes a subnet and its pools have.
pub(super) fn publish_totals(subnet: &Subnet6, registry: &Registry) {
    let big = |number: u128| i128::try_from(number).unwrap_or(i128::MAX);
    for (kind, name) in [(LeaseType::Na, "total-nas"), (LeaseType::Pd, "total-pds")] {
        let pools: Vec<_> = pool_scopes(subnet, kind).collect();
        for (scope, _) in &pools {
            // Pools may share an id and with it their statistics.
            let same = pools.iter().filter(|(other, _)| other == scope);
            registry.set_big(&format!("{scope}{name}"), big(same.fold(0, |sum, (_, n)| sum.saturating_add(*n))));
        }
        let all = pools.iter().fold(0u128, |sum, (_, n)| sum.saturating_add(*n));
        registry.set_big(&format!("subnet[{}].{name}", subnet.id), big(all));
    }
}

/// How the statistics of pools of one kind begin, and how much the pools have.
fn pool_scopes(subnet: &Subnet6, kind: LeaseType) -> impl Iterator<Item = (String, u128)> + '_ {
    let id = subnet.id;
    let pools = subnet.pools.iter().filter(move |_| kind == LeaseType::Na);
    let pd_pools = subnet.pd_pools.iter().filter(move |_| kind == LeaseType::Pd);
    let pools = pools.map(move |pool| (format!("subnet[{id}].pool[{}].", pool.id), pool.capacity()));
    pools.chain(pd_pools.map(move |pool| (format!("subnet[{id}].pd-pool[{}].", pool.id), pool.capacity())))
}

impl LeaseCounters {
    fn new(registry: &Registry, scope: &str, kinds: &[LeaseType], failures: bool) -> Self {
        let counter = |name: &str| registry.counter(&format!("{scope}{name}"));
        let event = |(event, names): (Event, [&str; 2])| {
            [LeaseType::Na, LeaseType::Pd].map(|kind| {
                let name = names.get(row_of(kind)).copied().unwrap_or_default();
                let there = match event {
                    Event::Reused | Event::CumulativeRegistered => failures,
                    Event::Registered => failures && !scope.is_empty(),
                    _ => true,
                };
                let shown = kinds.contains(&kind) && !name.is_empty() && there;
                shown.then(|| counter(name))
            })
        };
        Self { events: EVENTS.map(event), failures: failures.then(|| FAILURES.map(|(_, name)| counter(name))) }
    }

    fn add(&self, kind: LeaseType, event: Event, amount: i64) {
        let counters = self.events.iter().zip(EVENTS).find(|(_, (known, _))| *known == event);
        if let Some(counter) = counters.and_then(|(counters, _)| counters.get(row_of(kind))?.as_ref()) {
            counter.add(amount);
        }
    }
}

fn row_of(kind: LeaseType) -> usize {
    match kind {
        LeaseType::Na => 0,
        LeaseType::Pd => 1,
    }
}

/// Where a lease belongs in the configuration: subnet and pool, if they are still there.
pub(super) fn place_of(config: &Config6, lease: &Lease6) -> Option<(usize, Option<usize>)> {
    let (at, subnet) = config.subnets.by_id(lease.subnet_id)?;
    let pool = match lease.lease_type {
        LeaseType::Na => subnet.pool_of(lease.address).map(|(pool, _)| pool),
        LeaseType::Pd => subnet.pd_pool_of(lease.address).map(|(pool, _)| pool),
    };
    Some((at, pool))
}

/// Whether a lease in this state counts as assigned: declined ones do until they are recovered.
pub(super) fn counts_as_assigned(state: LeaseState) -> bool {
    matches!(state, LeaseState::Assigned | LeaseState::Declined)
}
