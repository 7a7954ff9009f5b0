//! DHCPv6 (RFC 8415): a packet, the time and the leases in; a reply out.
//!
//! A [`Server`] belongs to one worker. What all workers share is in the [`Snapshot`]: configuration, the server's DUID,
//! counters and the places where the allocators are.

mod allocate;
mod associate;
mod bind;
mod classes;
mod counters;
mod details;
mod dhcp4o6;
mod exchange;
mod giveback;
pub mod hooks;
mod hosts;
pub mod lease_query;
pub mod messages;
mod names;
mod options;
mod query;
mod reclaim;
mod refusal;
mod register;
mod select;
mod snapshot;
#[cfg(test)]
mod tests;
mod watch;

pub use reclaim::Reclaimed;
pub use refusal::tell_disabled;
pub use select::Selector;
pub use snapshot::Snapshot;

use crate::hooks::{Next, Point, Times};
use details::Details;
use dhcpd_config::classes::ClassSet;
use dhcpd_config::hosts::Stored;
use dhcpd_config::v6::snapshot::Host6;
use exchange::Exchange;
use hooks::{Incoming, Outgoing};
use hosts::Reservations;
use leases::lease::UnixSeconds;
use leases::{Leases6, StoreError};
use messages::*;
use ncr::NameChangeRequest;
pub(crate) use query::Label;
use query::Query;
use refusal::Refusal;
use smallvec::SmallVec;
use snapshot::Random;
use std::borrow::Cow;
use std::net::{Ipv6Addr, SocketAddrV6};
use std::sync::Arc;
use watch::Watch;
use wire::v6::{MessageType, Packet, code};

/// Ports of clients and of servers and relays (RFC 8415 §7.2).
const CLIENT_PORT: u16 = 546;
const SERVER_PORT: u16 = 547;

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
    /// Reservations from databases, if there are any.
    pub stored: Option<&'a Stored<Host6>>,
}

/// Where the message goes that stands in the caller's buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply {
    /// To whom.
    pub to: Target,
    /// It may promise leases: it may leave when they are durable, and not before.
    pub promises: bool,
}

/// A receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The client or a relay, with port and scope, by the interface that the query came in by.
    Client(SocketAddrV6),
    /// The DHCPv4 server, which is to answer a DHCPv4-over-DHCPv6 client (RFC 7341).
    Dhcpv4Server,
}

/// The DHCPv6 protocol engine of one worker.
#[derive(Debug)]
pub struct Server {
    snapshot: Arc<Snapshot>,
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
        let (name_changes, random, watch) = (Vec::new(), Random::default(), Watch::default());
        Self {
            snapshot,
            client_port: None,
            reply_to_source: false,
            times: Times::default(),
            name_changes,
            random,
            watch,
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

    /// Deals with one datagram that came at `now`. The reply, if there is one, is appended to `out`.
    pub async fn handle<L: Leases6>(
        &mut self,
        received: &Received<'_>,
        leases: &mut L,
        now: UnixSeconds,
        out: &mut Vec<u8>,
    ) -> Option<Reply> {
        self.snapshot.counters.received.add(1);
        log::event!(
            DHCP6_BUFFER_RECEIVED,
            source = received.source.ip(),
            source_port = received.source.port(),
            destination = received.destination,
            destination_port = SERVER_PORT,
            interface = received.interface,
        );
        let start = out.len();
        let mut incoming = Incoming {
            received,
            message: Cow::Borrowed(received.message),
            classes: SmallVec::new(),
            times: self.times,
        };
        if self.snapshot.libraries.ask(Point::Receive, |library| library.receive(&mut incoming)) == Next::Drop {
            return None;
        }
        let original = received.message;
        let received = &Received { message: &incoming.message, ..*received };
        log::event!(
            DHCP6_BUFFER_UNPACK,
            source = received.source.ip(),
            destination = received.destination,
            interface = received.interface,
        );
        let mut query = match Query::read(received, self.snapshot.config.lenient_option_parsing) {
            Ok(query) => query,
            Err(refusal) => {
                refusal.report(&self.snapshot, received, None);
                return None;
            }
        };
        query.classes = &incoming.classes;
        if let (MessageType::LEASEQUERY, Some(rules)) = (query.kind(), &self.snapshot.lease_query) {
            return lease_query::answer(&self.snapshot, rules, &query, leases, now, out).await;
        }
        match self.answer(&query, original, leases, now, out).await {
            Ok(MessageType::DHCPV4_QUERY) => Some(Reply { to: Target::Dhcpv4Server, promises: false }),
            Ok(kind) => {
                let to = self.reply_to(&query.packet, received.source);
                let reply = Reply { to: Target::Client(to), promises: kind != MessageType::ADVERTISE };
                self.snapshot.counters.sent(kind);
                log::event!(
                    DHCP6_PACKET_SEND,
                    client = query.label(),
                    name = kind.name(),
                    kind = kind.0,
                    local = received.destination,
                    local_port = SERVER_PORT,
                    remote = to.ip(),
                    remote_port = to.port(),
                    interface = received.interface,
                );
                let local = (received.destination, SERVER_PORT).into();
                let bytes = out.get(start..).unwrap_or_default();
                log::event!(
                    DHCP6_RESPONSE_DATA,
                    client = query.label(),
                    name = kind.name(),
                    kind = kind.0,
                    packet = Details { bytes, local, remote: to.into() },
                );
                Some(reply)
            }
            Err(refusal) => {
                out.truncate(start);
                refusal.report(&self.snapshot, received, Some(&query));
                None
            }
        }
    }

    /// Reclaims up to `limit` leases (0: any number) whose time is over at `now`, the oldest first: their names are removed
    /// from the DNS, and they are removed or kept as reclaimed ones, as `forget` says, or else
    /// `hold-reclaimed-time`.
    pub async fn reclaim<L: Leases6>(
        &mut self,
        leases: &mut L,
        now: UnixSeconds,
        limit: usize,
        forget: Option<bool>,
    ) -> Result<Reclaimed, StoreError> {
        let forget = forget.unwrap_or(!self.snapshot.config.expired.kept());
        let (name_changes, watch) = (&mut self.name_changes, &mut self.watch);
        reclaim::reclaim(&self.snapshot, name_changes, watch, leases, now, (limit, forget)).await
    }

    /// Name changes to be sent to D2; the caller drains them.
    pub fn name_changes(&mut self) -> &mut Vec<NameChangeRequest> {
        &mut self.name_changes
    }

    async fn answer<L: Leases6>(
        &mut self,
        query: &Query<'_>,
        original: &[u8],
        leases: &mut L,
        now: UnixSeconds,
        out: &mut Vec<u8>,
    ) -> Result<MessageType, Refusal> {
        let start = out.len();
        let Self { snapshot, name_changes, random, watch, .. } = self;
        let (client, received) = (query.label(), query.received);
        log::event!(DHCP6_QUERY_LABEL, client);
        snapshot.counters.received(query.kind());
        watch.begin(&snapshot.libraries, query.kind());
        if let Some(bad) = &query.bad_option {
            log::event!(DHCP6_PACKET_OPTIONS_SKIPPED, client, reason = bad);
        }
        query.check_addressee(&snapshot.server_id)?;
        log::event!(
            DHCP6_PACKET_RECEIVED,
            client,
            name = query.kind().name(),
            kind = query.kind().0,
            source = received.source.ip(),
            destination = received.destination,
            interface = received.interface,
        );
        log::event!(DHCP6_QUERY_DATA, client, packet = query.details());
        query.check_identifiers()?;
        let mut exchange = Exchange {
            snapshot,
            random,
            name_changes,
            watch,
            leases,
            now,
            query,
            duid: &[],
            mac: None,
            subnet: None,
            hosts: Reservations::among(query.received.stored),
            classes: ClassSet::default(),
            commit: false,
            name: None,
            name_added: false,
            given: SmallVec::new(),
            written: SmallVec::new(),
        };
        if query.kind() == MessageType::DHCPV4_QUERY {
            exchange.pass_on(out)?;
            return Ok(MessageType::DHCPV4_QUERY);
        }
        exchange.recognise()?;
        let kind = match query.kind() {
            MessageType::ADDR_REG_INFORM => exchange.register(out).await?,
            _ => exchange.respond(out).await?,
        };
        exchange.settle(kind);
        if snapshot.libraries.at(Point::Send) {
            let renamed = query.replaced_client_id().is_some();
            let mut outgoing = Outgoing::new(query.request(&exchange.classes), original, renamed, out, start);
            if snapshot.libraries.ask(Point::Send, |library| library.send(&mut outgoing)) == Next::Drop {
                return Err(Refusal::Library);
            }
        }
        Ok(kind)
    }

    /// Where the answer to a query of this origin goes: to the client's port, or to the relay's, which may have asked for the one that
    /// it sent from (RFC 8357 §5.2).
    fn reply_to(&self, packet: &Packet<'_>, source: SocketAddrV6) -> SocketAddrV6 {
        let mut to = source;
        let port = match packet.relays.first() {
            _ if self.reply_to_source => return to,
            None => CLIENT_PORT,
            Some(relay) if relay.options.find(code::RELAY_SOURCE_PORT).is_some() => to.port(),
            Some(_) => SERVER_PORT,
        };
        to.set_port(self.client_port.unwrap_or(port));
        to
    }
}
