//! Parameters that both servers have: maps of the outermost scope, and groups of parameters that several scopes share.
//!
//! A group is flattened into each scope that has it, so it is declared once and inherited as a whole: pool from subnet,
//! subnet from shared network, shared network from the outermost scope.

mod classes;
mod databases;
mod definitions;
pub mod hooks;
mod lifetimes;
mod names;
mod options;

pub use classes::{Guards, Membership};
pub(crate) use classes::{check_classes, ids};
pub use databases::{
    ConfigControl, Connection, Database, DatabaseType, LeaseDatabase, LeaseDatabaseType, OnFail, SslMode,
};
pub(crate) use databases::{check_library, host_databases};
pub use definitions::{Definitions, OptionDef, OptionType};
pub use hooks::{
    Access, BUNDLED, BindingVariable, Bootp, Bundled, ClassCmds, CommandAccess, CommandDescription, Described, FlexId,
    FlexIdRules, HighAvailability, HookLibrary, HostCmds, LeaseCmds, LegalLog, LegalLogRules, LegalLogUnit, Library,
    Opaque, Permissions, PingCheck, PingCheckRules, PingPolicy, Rbac, RbacRules, RoleMethod, RunScript, RunScriptRules,
    StatCmds, SubnetCmds,
};
pub(crate) use hooks::{ClassContext, Loading, load_libraries};
pub use lifetimes::{Cache, ValidLifetime};
pub(crate) use lifetimes::{lifetime, part, tee_times};
pub use names::Names;
pub(crate) use options::Encoder;
pub use options::OptionData;

use crate::common::{self, Allocator, ExtendedInfoChecks, LeaseChecks, Queue, ReservationModes, Samples};
use crate::values::MaybeIp;
use schema::{Annotations, At, Given, Problem, Scope, Word};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// How leases that ended are put away.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct ExpiredLeases {
    /// Seconds between two rounds that look for leases that ended; 0 switches them off.
    #[param(range = 0..=65535, default = 10)]
    pub reclaim_timer_wait_time: Given<u32>,
    /// Seconds between two removals of leases that were reclaimed; 0 switches them off.
    #[param(range = 0..=65535, default = 25)]
    pub flush_reclaimed_timer_wait_time: Given<u32>,
    /// Seconds that a reclaimed lease is kept for its client to come back; 0 removes it at once.
    #[param(default = 3600)]
    pub hold_reclaimed_time: Given<u32>,
    /// Most leases that one round reclaims; 0 is any number.
    #[param(default = 100)]
    pub max_reclaim_leases: Given<u32>,
    /// Most milliseconds that one round takes; 0 is any time.
    #[param(range = 0..=10000, default = 250)]
    pub max_reclaim_time: Given<u32>,
    /// Rounds that may leave leases over, one after the other, before a warning is logged.
    #[param(range = 0..=65535, default = 5)]
    pub unwarned_reclaim_cycles: Given<u32>,
}

/// How the daemon that updates the DNS is reached.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct DhcpDdns {
    /// Whether requests to update the DNS are sent at all.
    #[param(default = false, required)]
    pub enable_updates: Given<bool>,
    /// Address at which the DNS daemon listens.
    #[param(default = "127.0.0.1")]
    pub server_ip: Given<IpAddr>,
    /// Port at which the DNS daemon listens.
    #[param(default = 53001)]
    pub server_port: Given<u16>,
    /// Address from which requests are sent; empty for any.
    #[param(default = "")]
    pub sender_ip: Given<MaybeIp>,
    /// Port from which requests are sent; 0 for any.
    #[param(default = 0)]
    pub sender_port: Given<u16>,
    /// Most requests that wait to be sent.
    #[param(default = 1024)]
    pub max_queue_size: Given<u32>,
    /// Transport of the requests.
    #[param(default = "UDP")]
    pub ncr_protocol: Given<NcrProtocol>,
    /// Format of the requests.
    #[param(default = "JSON")]
    pub ncr_format: Given<NcrFormat>,
    /// Remarks of the operator.
    #[param(flatten)]
    pub annotations: Annotations,
}

/// Transport of requests to the DNS daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Word)]
#[any_case]
pub enum NcrProtocol {
    /// One datagram a request.
    #[word("UDP")]
    Udp,
}

/// Format of requests to the DNS daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Word)]
#[any_case]
pub enum NcrFormat {
    /// JSON after a length in two bytes.
    #[word("JSON")]
    Json,
}

/// What is checked in leases that are loaded.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct SanityChecks {
    /// What to do with a lease whose subnet does not hold its address.
    #[param(default = "warn")]
    pub lease_checks: Given<LeaseChecks>,
    /// What to do with relay information in leases that is not as it should be.
    #[param(default = "fix")]
    pub extended_info_checks: Given<ExtendedInfoChecks>,
}

/// How packets and statistics wait for others.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct Waiting {
    /// The first of the two ports by which the DHCPv4 and the DHCPv6 server speak for DHCPv4-over-DHCPv6 (RFC 7341); 0: they do
    /// not.
    #[param(key = "dhcp4o6-port", default = 0, range = 0..=65534)]
    pub dhcp4o6_port: Given<u16>,
    /// Most packets that wait for hook libraries; 0 for no limit.
    #[param(default = 256)]
    pub parked_packet_limit: Given<u32>,
    /// Most samples of a statistic that are kept; 0 to go by their age.
    #[param(default = 20)]
    pub statistic_default_sample_count: Given<u32>,
    /// Seconds for which samples of a statistic are kept where there is no limit to their number; 0 for the latest alone.
    #[param(default = 0)]
    pub statistic_default_sample_age: Given<u32>,
    /// A ring that packets pass on their way to a single thread.
    #[param(yang(opaque = "dhcp-queue-control"))]
    pub dhcp_queue_control: Given<QueueControl>,
}

impl Waiting {
    /// Where packets wait.
    pub(crate) fn queue(&self, threads: &MultiThreading) -> Queue {
        let ring = self.dhcp_queue_control.as_ref().filter(|ring| ring.is_enabled());
        let capacity = ring.map(|ring| ring.capacity.as_ref().map_or(CAPACITY, |capacity| capacity.value));
        match threads.enable_multi_threading() {
            true => Queue { size: threads.packet_queue_size(), ring: None, disabled: ring.is_some() },
            false => Queue { ring: capacity, ..Queue::default() },
        }
    }

    /// Which samples of statistics are kept.
    pub(crate) fn samples(&self) -> Samples {
        Samples { count: self.statistic_default_sample_count(), age: self.statistic_default_sample_age() }
    }
}

/// Packets in a ring, if nothing is said.
const CAPACITY: u32 = 64;

/// A ring that packets pass on their way to a single thread. With several threads there is none, whatever stands here.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct QueueControl {
    /// Whether there is a ring.
    #[param(required)]
    pub enable_queue: Given<bool>,
    /// Kind of the ring: `kea-ring4` or `kea-ring6`.
    pub queue_type: Given<String>,
    /// Packets in the ring; when more wait, the oldest are dropped.
    pub capacity: Given<u32>,
    /// Remarks of the operator.
    #[param(flatten)]
    pub annotations: Annotations,
}

impl QueueControl {
    /// The ring that there is or would be; several threads go without.
    pub(crate) fn complete(&mut self, kind: &str, threads: &MultiThreading) {
        let enabled = self.is_enabled() && !threads.enable_multi_threading();
        self.enable_queue = Some(At::unwritten(enabled));
        self.queue_type.get_or_insert_with(|| At::unwritten(kind.to_owned()));
        self.capacity.get_or_insert_with(|| At::unwritten(CAPACITY));
    }

    /// Kea knows one kind for each family, and asks for none where the ring is off.
    pub(crate) fn check(&self, known: &str, threads: &MultiThreading, problems: &mut Vec<Problem>) {
        let wanted = self.is_enabled() && !threads.enable_multi_threading();
        if let Some(kind) = self.queue_type.as_ref().filter(|kind| wanted && kind.value != known) {
            let reason = format!("The type of the packet queue: '{}' is not supported: must be `{known}`", kind.value);
            problems.push(Problem::new(kind.pos, reason));
        }
    }

    fn is_enabled(&self) -> bool {
        self.enable_queue.as_ref().is_some_and(|on| on.value)
    }
}

/// How the next free lease is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Word)]
pub enum AllocatorName {
    /// One after the other.
    Iterative,
    /// At random.
    Random,
    /// At random among what is free; what is over is free when it is reclaimed, and not before.
    Flq,
    /// Likewise, with a queue that servers share through their database: MySQL or PostgreSQL only.
    SharedFlq,
}

impl AllocatorName {
    pub(crate) fn resolve(self) -> Allocator {
        match self {
            Self::Iterative => Allocator::Iterative,
            Self::Random => Allocator::Random,
            Self::Flq | Self::SharedFlq => Allocator::Flq,
        }
    }
}

/// Refuses the allocator of a subnet that the leases in memory and files cannot have. Those of a database are mirrored by all
/// servers that share it, so that each has a queue of what is free, and what two take at once only one gets.
pub(crate) fn check_allocator(
    given: &Given<AllocatorName>,
    leases: &Given<LeaseDatabase>,
    problems: &mut Vec<Problem>,
) {
    let shared = leases.as_ref().and_then(|leases| leases.r#type.as_ref()).map(|kind| kind.value);
    let is_shared = matches!(shared, Some(LeaseDatabaseType::Mysql | LeaseDatabaseType::Postgresql));
    if let Some(given) = given.as_ref().filter(|given| given.value == AllocatorName::SharedFlq && !is_shared) {
        let reason = "shared-flq allocator is only supported by MySQL and PosgreSQL backends";
        push_once(problems, Problem::new(given.pos, reason));
    }
}

/// What several subnets inherit is told once.
pub(crate) fn push_once(problems: &mut Vec<Problem>, problem: Problem) {
    if !problems.contains(&problem) {
        problems.push(problem);
    }
}

/// The fraction of leases in use from which on new ones are short; only the allocator that knows how many are free goes
/// by it.
pub(crate) fn adaptive_threshold(allocator: AllocatorName, given: &Given<f64>) -> Option<f64> {
    given.as_ref().map(|given| given.value).filter(|threshold| allocator == AllocatorName::Flq && *threshold < 1.0)
}

/// Threads that serve packets.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct MultiThreading {
    /// Whether packets are served by several threads.
    #[param(default = true, required)]
    pub enable_multi_threading: Given<bool>,
    /// Number of threads; 0 is one for each processor.
    #[param(range = 0..=65535, default = 0)]
    pub thread_pool_size: Given<u32>,
    /// How many packets may wait for the threads. They wait in the sockets: each has a receive buffer of 128 kB, about a
    /// hundred small packets, times this number; 0 is no limit. Without CAP_NET_ADMIN a buffer ends at net.core.rmem_max.
    #[param(range = 0..=65535, default = 64)]
    pub packet_queue_size: Given<u32>,
    /// Remarks of the operator; the Kea models have no place for them here.
    #[param(yang(special))]
    pub user_context: Given<schema::Json>,
    /// A remark.
    #[param(yang(special))]
    pub comment: Given<String>,
}

/// DHCPv4 relays whose clients a scope serves.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct Relay4 {
    /// Addresses of the relays.
    #[param(required)]
    pub ip_addresses: Given<Vec<At<Ipv4Addr>>>,
}

/// DHCPv6 relays whose clients a scope serves.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct Relay6 {
    /// Addresses of the relays.
    #[param(required)]
    pub ip_addresses: Given<Vec<At<Ipv6Addr>>>,
}

/// Which reservations count.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct Reservations {
    /// Whether reservations of the outermost scope count.
    #[param(default = false, inherited)]
    pub reservations_global: Given<bool>,
    /// Whether reservations of the subnet count.
    #[param(default = true, inherited)]
    pub reservations_in_subnet: Given<bool>,
    /// Whether all reserved addresses of the subnet lie outside of its pools, so that addresses in pools need not be
    /// compared with reservations.
    #[param(default = false, inherited)]
    pub reservations_out_of_pool: Given<bool>,
}

impl Reservations {
    pub(crate) fn modes(&self) -> ReservationModes {
        ReservationModes {
            global: self.reservations_global(),
            in_subnet: self.reservations_in_subnet(),
            out_of_pool: self.reservations_out_of_pool(),
        }
    }
}

impl ExpiredLeases {
    pub(crate) fn resolve(&self) -> common::ExpiredLeases {
        common::ExpiredLeases {
            reclaim_interval: self.reclaim_timer_wait_time(),
            flush_interval: self.flush_reclaimed_timer_wait_time(),
            hold_time: self.hold_reclaimed_time(),
            max_leases: self.max_reclaim_leases(),
            max_milliseconds: self.max_reclaim_time(),
            unwarned_cycles: self.unwarned_reclaim_cycles(),
        }
    }
}

impl DhcpDdns {
    /// How D2 is reached; both ends are of one family.
    pub(crate) fn resolve(&self, problems: &mut Vec<Problem>) -> common::D2Client {
        let server = SocketAddr::new(self.server_ip(), self.server_port());
        let any = if server.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        let sender = SocketAddr::new(self.sender_ip().0.unwrap_or(any), self.sender_port());
        let pos = self.sender_ip.as_ref().map(|ip| ip.pos).unwrap_or_default();
        if sender.is_ipv4() != server.is_ipv4() {
            problems
                .push(Problem::new(pos, format!("must be of the same family as server-ip, which is {}", server.ip())));
        } else if sender == server {
            problems.push(Problem::new(pos, format!("the sender cannot be the server itself, which is {server}")));
        }
        common::D2Client {
            enable_updates: self.enable_updates(),
            server,
            sender,
            max_queue_size: self.max_queue_size(),
        }
    }
}

impl MultiThreading {
    /// Number of threads, 0 for as many as there are processors; none for a single thread.
    pub(crate) fn threads(&self) -> Option<u32> {
        self.enable_multi_threading().then(|| self.thread_pool_size())
    }
}
