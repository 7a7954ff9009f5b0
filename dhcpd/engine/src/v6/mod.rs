//! DHCPv6 (RFC 8415): a packet, the time and the leases in; a reply out.
//!
//! A [`Server`] belongs to one worker. It keeps what outlives a packet and is no part of the configuration: allocation
//! cursors, counters, name changes that wait to be sent. What a packet needs is in its [`Received`] and in the snapshot.

use dhcpd_config::v6::snapshot::Config6;
use leases::lease::{Duid, UnixSeconds};
use leases::{Leases6, StoreError};
use ncr::NameChangeRequest;
use stats::Registry;
use std::net::{Ipv6Addr, SocketAddrV6};
use std::sync::Arc;

/// A datagram as it came in.
#[derive(Clone, Copy, Debug)]
pub struct Received<'a> {
    /// The DHCP message.
    pub message: &'a [u8],
    /// Who sent it: a client or a relay, with port and scope.
    pub source: SocketAddrV6,
    /// The address it was sent to.
    pub destination: Ipv6Addr,
    /// Name of the interface it came in by.
    pub interface: &'a str,
    /// ARP hardware type of that interface, 1 for Ethernet; 0 if not known.
    pub hw_type: u16,
}

/// Where the reply goes that stands in the caller's buffer; it leaves by the interface that the query came in by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply {
    /// To whom, with port and scope.
    pub to: SocketAddrV6,
}

/// What one reclamation did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reclaimed {
    /// Leases dealt with.
    pub leases: usize,
    /// There was as much as allowed: there may be more.
    pub more: bool,
}

/// The DHCPv6 protocol engine of one worker.
#[derive(Debug)]
pub struct Server {
    server_id: Duid,
    config: Arc<Config6>,
    name_changes: Vec<NameChangeRequest>,
}

impl Server {
    /// An engine with the server's DUID. Counters are those of `registry`: workers that share it share them.
    pub fn new(server_id: Duid, config: Arc<Config6>, _registry: &Registry) -> Self {
        Self { server_id, config, name_changes: Vec::new() }
    }

    /// Goes over to another configuration, between two packets.
    pub fn configure(&mut self, server_id: Duid, config: Arc<Config6>, _registry: &Registry) {
        self.server_id = server_id;
        self.config = config;
    }

    /// Deals with one datagram. The reply, if there is one, is appended to `out`.
    pub async fn handle<L: Leases6>(
        &mut self,
        _received: &Received<'_>,
        _leases: &mut L,
        _now: UnixSeconds,
        _out: &mut Vec<u8>,
    ) -> Option<Reply> {
        None
    }

    /// Reclaims up to `limit` leases whose time is over at `now`, the oldest first.
    pub async fn reclaim<L: Leases6>(
        &mut self,
        _leases: &mut L,
        _now: UnixSeconds,
        _limit: usize,
    ) -> Result<Reclaimed, StoreError> {
        Ok(Reclaimed::default())
    }

    /// Name changes to be sent to D2; the caller drains them.
    pub fn name_changes(&mut self) -> &mut Vec<NameChangeRequest> {
        &mut self.name_changes
    }
}
