//! DHCPv4 (RFC 2131): a packet, the time and the leases in; a reply out.
//!
//! A [`Server`] belongs to one worker and deals with one datagram at a time: [`Server::handle`]. What all workers share
//! is in the [`Snapshot`]: configuration, counters and the places where the allocators are.

mod allocate;
mod answer;
mod classes;
mod client;
mod commit;
mod counters;
mod details;
mod dhcp4o6;
mod exchange;
pub mod hooks;
pub mod lease_query;
pub mod messages;
mod names;
mod options;
mod query;
mod reclaim;
mod refusal;
mod select;
mod stash;
#[cfg(test)]
mod tests;
mod watch;

pub use counters::{Counters, PoolCounters, Snapshot, SubnetCounters};
pub use reclaim::Reclaimed;
pub use refusal::tell_disabled;
pub use select::Selector;

use crate::hooks::Times;
use dhcpd_config::hosts::Stored;
use dhcpd_config::v4::snapshot::Host4;
use leases::lease::UnixSeconds;
use leases::{HwAddr, Leases4, StoreError};
use ncr::NameChangeRequest;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::sync::Arc;
use watch::Watch;
use wire::v6::dhcp4o6::Origin;

/// A datagram as it came in.
#[derive(Clone, Copy, Debug)]
pub struct Received<'a> {
    /// The DHCP message.
    pub message: &'a [u8],
    /// Who sent it: a client or a relay.
    pub source: SocketAddrV4,
    /// The address it was sent to.
    pub destination: Ipv4Addr,
    /// Name of the interface it came in by.
    pub interface: &'a str,
    /// The server's address on that interface.
    pub interface_address: Ipv4Addr,
    /// How it came if it did in a DHCPv6 message (RFC 7341); there are no IPv4 addresses then.
    pub over_dhcpv6: Option<OverDhcpv6<'a>>,
    /// Reservations from databases, if there are any.
    pub stored: Option<&'a Stored<Host4>>,
}

/// How a DHCPv4-over-DHCPv6 client was heard of.
#[derive(Clone, Copy, Debug)]
pub struct OverDhcpv6<'a> {
    /// By the DHCPv6 server.
    pub origin: Origin<'a>,
    /// What the relay next to the client calls its link (RFC 8415 §21.18).
    pub interface_id: Option<&'a [u8]>,
}

impl Received<'_> {
    /// Who sent it, by whichever protocol.
    fn sender(&self) -> SocketAddr {
        match self.over_dhcpv6 {
            Some(OverDhcpv6 { origin, .. }) => SocketAddrV6::new(origin.address, origin.port, 0, 0).into(),
            None => self.source.into(),
        }
    }
}

/// Where the reply goes that was appended to the caller's buffer; it leaves by the interface that the query came in by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The server's address, which is its identifier too.
    pub from: Ipv4Addr,
    /// To whom.
    pub to: SocketAddrV4,
    /// How it gets there.
    pub link: Link,
    /// It promises a lease: it may leave when the lease is durable, and not before.
    pub promises: bool,
}

/// How a reply gets to its destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// Through the kernel's routes: the receiver answers ARP.
    Routed,
    /// To everybody on the link.
    Broadcast,
    /// In a frame to this hardware address: the client does not have its IP address yet (RFC 2131 §4.1).
    Hardware(HwAddr),
    /// In a DHCPv6 message, by the DHCPv6 server that passed the query on.
    Passed,
}

/// The DHCPv4 protocol engine of one worker.
#[derive(Debug)]
pub struct Server {
    snapshot: Arc<Snapshot>,
    /// Addresses of the server on all its interfaces: clients may name any of them as their server's identifier.
    pub addresses: Vec<Ipv4Addr>,
    /// Replies go to this port, whatever the protocol says (`-P`).
    pub client_port: Option<u16>,
    /// For tests: replies go to whoever sent the query.
    pub reply_to_source: bool,
    /// When the datagram came that is dealt with next.
    pub times: Times,
    name_changes: Vec<NameChangeRequest>,
    random: Random,
    watch: Watch,
}

impl Server {
    /// An engine that runs with this snapshot.
    pub fn new(snapshot: Arc<Snapshot>) -> Self {
        Self {
            snapshot,
            addresses: Vec::new(),
            client_port: None,
            reply_to_source: false,
            times: Times::default(),
            name_changes: Vec::new(),
            random: Random::new(),
            watch: Watch::default(),
        }
    }

    /// Whether somebody wants to know when datagrams came.
    pub fn keeps_times(&self) -> bool {
        self.snapshot.keeps_times
    }

    /// Whether there are several threads.
    pub fn is_threaded(&self) -> bool {
        self.snapshot.config.threads.is_some()
    }

    /// Goes over to another snapshot, between two packets; the one before.
    pub fn configure(&mut self, snapshot: Arc<Snapshot>) -> Arc<Snapshot> {
        std::mem::replace(&mut self.snapshot, snapshot)
    }

    /// Reclaims up to `limit` leases (0: any number) whose time is over at `now`, the oldest first: their names are removed
    /// from the DNS, and they are removed or kept as reclaimed ones, as `forget` says, or else
    /// `hold-reclaimed-time`.
    pub async fn reclaim<L: Leases4>(
        &mut self,
        leases: &mut L,
        now: UnixSeconds,
        limit: usize,
        forget: Option<bool>,
    ) -> Result<Reclaimed, StoreError> {
        let snapshot = Arc::clone(&self.snapshot);
        self.reclaim_expired(&snapshot, leases, now, limit, forget).await
    }

    /// Name changes to be sent to D2; the caller drains them.
    pub fn name_changes(&mut self) -> &mut Vec<NameChangeRequest> {
        &mut self.name_changes
    }
}

/// Pseudo-random numbers for the random allocator (SplitMix64): spread, not secrecy, is what it needs.
#[derive(Debug)]
struct Random(u64);

impl Random {
    fn new() -> Self {
        use std::hash::{BuildHasher, RandomState};
        Self(RandomState::new().hash_one(0))
    }

    /// A number below `bound`; 0 if there is none.
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)).checked_rem(bound).unwrap_or(0)
    }
}
