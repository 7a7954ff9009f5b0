//! The hook points of DHCPv4, and what libraries are told there.

use super::messages::*;
pub use super::query::Label;
use super::{Received, Snapshot};
use crate::hooks::{Evaluation, Identity, Kept, Naming, Next, Point, Replies, Stored, Times};
use dhcpd_config::classes::{ClassId, ClassSet};
use dhcpd_config::v4::snapshot::Config4;
use eval::{Arrival, Subject4};
use leases::{ClientId, Lease4};
use log::event;
use smallvec::SmallVec;
use std::borrow::Cow;
use std::fmt::Debug;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use wire::v4::{Draft, MessageType, Packet};

/// A library that has a say in what becomes of DHCPv4 packets.
pub trait Hooks: Debug + Send + Sync {
    /// Where it has a say.
    fn points(&self) -> &'static [Point];

    /// A datagram came in: Kea's `buffer4_receive`.
    fn receive(&self, _incoming: &mut Incoming<'_>) -> Next {
        Next::Continue
    }

    /// A query is good: Kea's `pkt4_receive`. The client is in the classes that are added, whatever tests say.
    fn query(&self, _query: &Request<'_>, _classes: &mut SmallVec<[ClassId; 1]>) -> Next {
        Next::Continue
    }

    /// The classes of a query are known that need no reservation: what Kea's `pkt4_receive` knows of it.
    fn classified(&self, _query: &Request<'_>) -> Next {
        Next::Continue
    }

    /// Who sent a query: Kea's `host4_identifier`, and what libraries do to identifiers at `pkt4_receive`.
    fn identify(&self, _query: &Request<'_>) -> Identity {
        Identity::default()
    }

    /// The client's subnet was chosen: Kea's `subnet4_select`.
    fn subnet(&self, _query: &Request<'_>, _selection: &mut Selection<'_>) -> Next {
        Next::Continue
    }

    /// A lease was chosen: Kea's `lease4_select` and `lease4_renew`. Dropped, a new lease is refused, and one that the client
    /// has is not extended.
    fn lease(&self, _query: &Request<'_>, _proposal: &mut Proposal<'_>) -> Next {
        Next::Continue
    }

    /// The client gets a name: Kea's `ddns4_update`.
    fn name(&self, _query: &Request<'_>, _naming: &mut Naming<'_>) {}

    /// An answer is ready: Kea's `pkt4_send`.
    fn send(&self, _outgoing: &mut Outgoing<'_>) -> Next {
        Next::Continue
    }

    /// What DISCOVERs led to, before the offers leave: Kea's `lease4_offer`. Asked once a batch, while nothing is locked.
    fn offered(&self, _batch: &mut Batch<'_>) {}

    /// What all other queries led to is durable, and the answers are about to leave: Kea's `leases4_committed`, and what it tells
    /// of renewed, released and declined leases. Asked once a batch, while nothing is locked.
    fn committed(&self, _batch: &mut Batch<'_>) {}

    /// These leases were over and have been reclaimed, as they were before that: Kea's `lease4_expire`, and `lease4_recover` of
    /// declined ones.
    fn over(&self, _leases: &[Lease4]) {}

    /// The server found an address in use, and nobody gets it for a while: Kea's `lease4_server_decline`.
    fn declined(&self, _lease: &Lease4) {}

    /// A command was answered: Kea's `command_processed`. Arguments and answer are JSON.
    fn command(&self, _name: &str, _arguments: &str, _answer: &str) {}
}

/// A datagram that came in.
#[derive(Debug)]
pub struct Incoming<'a> {
    /// How it came.
    pub received: &'a Received<'a>,
    /// The message; libraries may put another one in its place.
    pub message: Cow<'a, [u8]>,
    /// Classes that it is in whatever tests say.
    pub classes: SmallVec<[ClassId; 1]>,
    /// When it came.
    pub times: Times,
}

impl Incoming<'_> {
    /// What the client is called in messages.
    pub fn label(&self) -> Label<'_> {
        let (htype, hw_addr, xid) = Packet::fixed_fields(&self.message);
        Label { htype, hw_addr, client_id: None, xid: Some(xid) }
    }
}

/// A query that is being dealt with.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The message.
    pub packet: &'a Packet<'a>,
    /// How it came.
    pub received: &'a Received<'a>,
    /// What the relay put into option 82 when the client got its lease, for a query that came past the relay.
    pub remembered: Option<&'a [u8]>,
    /// The client's classes so far.
    pub classes: &'a ClassSet,
    /// What the client is called in messages.
    pub label: Label<'a>,
}

impl<'a> Request<'a> {
    /// Evaluates on the query.
    pub fn evaluate<T>(&self, evaluate: impl FnOnce(&Evaluation<'_>) -> T) -> T {
        evaluate(&Evaluation { subject: &self.subject(), classes: self.classes, client: &self.label })
    }

    /// The query as expressions see it.
    pub fn subject(&self) -> Subject4<'a, 'a> {
        Subject4 { packet: self.packet, arrival: self.received.arrival(), remembered: self.remembered }
    }
}

impl<'a> Received<'a> {
    /// How it came, as expressions see it.
    pub fn arrival(&self) -> Arrival<'a> {
        Arrival { interface: self.interface, source: self.sender().ip(), destination: self.destination.into() }
    }
}

/// An answer that is ready to be sent.
#[derive(Debug)]
pub struct Outgoing<'a> {
    /// What it answers.
    pub query: Request<'a>,
    /// Whether the client is known to the server by another client identifier than the one that it sent.
    pub renamed: bool,
    message: &'a mut Vec<u8>,
    start: usize,
}

impl<'a> Outgoing<'a> {
    pub(super) fn new(query: Request<'a>, renamed: bool, message: &'a mut Vec<u8>, start: usize) -> Self {
        Self { query, renamed, message, start }
    }

    /// The answer.
    pub fn message(&self) -> &[u8] {
        self.message.get(self.start..).unwrap_or_default()
    }

    /// Changes the answer.
    pub fn change(&mut self, change: impl FnOnce(&mut Draft)) {
        let Ok(packet) = Packet::parse_leniently(self.message()) else { return };
        let mut draft = Draft::new(&packet);
        change(&mut draft);
        self.message.truncate(self.start);
        draft.write(self.message);
    }

    /// Fills the answer up with zeros to this many bytes.
    pub fn pad(&mut self, len: usize) {
        let len = self.start + len;
        if self.message.len() < len {
            self.message.resize(len, 0);
        }
    }
}

/// The subnet of a client.
#[derive(Debug)]
pub struct Selection<'a> {
    /// The configuration.
    pub config: &'a Config4,
    /// Index of the subnet; libraries may choose another one.
    pub subnet: Option<usize>,
    /// Classes that the client is in from now on, whatever tests say.
    pub classes: SmallVec<[ClassId; 1]>,
}

/// A lease that a client is to get.
#[derive(Debug)]
pub struct Proposal<'a> {
    /// As it would be stored; libraries may change what is not its address or its holder.
    pub lease: &'a mut Lease4,
    /// The lease that the client has on this address, if it is to be extended.
    pub before: Option<&'a Lease4>,
    /// It is offered and not given yet.
    pub offered: bool,
}

/// A query that was dealt with, and what it led to.
#[derive(Debug)]
pub struct Settled {
    /// The message as it was read.
    pub message: Box<[u8]>,
    /// Its type.
    pub message_type: MessageType,
    /// Who sent it.
    pub source: SocketAddr,
    /// The address it was sent to.
    pub destination: Ipv4Addr,
    /// Name of the interface it came in by.
    pub interface: Box<str>,
    /// What counts as the client's identifier.
    pub client_id: Option<ClientId>,
    /// What the relay put into option 82 when the client got its lease, for a query that came past the relay.
    pub remembered: Option<Box<[u8]>>,
    /// The client's classes.
    pub classes: ClassSet,
    /// Id of the subnet that the client was served from, if that was looked for.
    pub subnet: Option<u32>,
    /// The leases that were stored: given or extended, or declined by the client. Of a DISCOVER the one that is offered.
    pub leases: SmallVec<[Stored<Lease4>; 1]>,
    /// The lease that was given again as it stands.
    pub reused: Option<Lease4>,
    /// Leases that the client has no longer. One that it gave back is as the store has it; what was kept has the state
    /// `Released`.
    pub deleted: SmallVec<[Lease4; 1]>,
    /// The lease that the client released or declined, as it was before.
    pub before: Option<Lease4>,
    /// What else there is to say of an offer.
    pub offer: Option<Offer>,
    pub(super) reply: Option<usize>,
}

/// How an address is offered.
#[derive(Clone, Debug)]
pub struct Offer {
    /// Seconds for which the address is kept for the client; 0 if the lease is not stored.
    pub lifetime: u32,
    /// The lease that stands on the address: the client's own, or one that is over.
    pub before: Option<Lease4>,
    /// The address is reserved for the client.
    pub reserved: bool,
}

impl Settled {
    /// The message. What has been read once can be read again.
    pub fn packet(&self) -> Packet<'_> {
        Packet::parse_leniently(&self.message).unwrap_or_default()
    }

    /// What the client is called in messages.
    pub fn label(&self) -> Label<'_> {
        let (htype, hw_addr, xid) = Packet::fixed_fields(&self.message);
        Label { htype, hw_addr, client_id: self.client_id.as_deref(), xid: Some(xid) }
    }

    /// The query as expressions see it.
    pub fn subject<'a>(&'a self, packet: &'a Packet<'a>) -> Subject4<'a, 'a> {
        let arrival =
            Arrival { interface: &self.interface, source: self.source.ip(), destination: self.destination.into() };
        Subject4 { packet, arrival, remembered: self.remembered.as_deref() }
    }
}

/// The queries of a batch, and their answers before they leave.
pub struct Batch<'a> {
    pub(super) snapshot: &'a Arc<Snapshot>,
    /// What the queries led to, in the order in which they came.
    pub settled: &'a [Settled],
    pub(super) replies: &'a mut dyn Replies,
}

impl Batch<'_> {
    /// The configuration.
    pub fn config(&self) -> &Config4 {
        &self.snapshot.config
    }

    /// What the queries were dealt with by.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(self.snapshot)
    }

    /// The answer to one of the queries, if it gets one.
    pub fn reply(&self, at: usize) -> Option<&[u8]> {
        Some(self.replies.message(self.settled.get(at)?.reply?))
    }

    /// Keeps the answer to one of the queries: it is the library's own from now on. `None` if there is no answer, if another
    /// library keeps it, or if too many are kept (`parked-packet-limit`): then it is lost.
    pub fn keep(&mut self, at: usize) -> Option<Kept> {
        let settled = self.settled.get(at)?;
        let (query, snapshot) = (settled.label(), self.snapshot);
        let reply = self.replies.take(settled.reply?)?;
        let (limit, offer) = (snapshot.config.parked_packet_limit, settled.message_type == MessageType::DISCOVER);
        let lot = if offer { &snapshot.lots.offers } else { &snapshot.lots.commits };
        let Some(place) = lot.place(limit) else {
            match offer {
                true => event!(DHCP4_HOOK_LEASE4_OFFER_PARKING_LOT_FULL, limit, query),
                false => event!(DHCP4_HOOK_LEASES4_COMMITTED_PARKING_LOT_FULL, limit, query),
            }
            snapshot.counters.queue_full.add(1);
            snapshot.counters.receive_drop.add(1);
            return None;
        };
        match offer {
            true => event!(DHCP4_HOOK_LEASE4_OFFER_PARK, query),
            false => event!(DHCP4_HOOK_LEASES4_COMMITTED_PARK, query),
        }
        Some(Kept::new(reply, place))
    }

    /// The answer to one of the queries does not leave.
    pub fn discard(&mut self, at: usize) {
        let Some(settled) = self.settled.get(at) else { return };
        if settled.reply.and_then(|number| self.replies.take(number)).is_some() {
            let query = settled.label();
            match settled.message_type {
                MessageType::DISCOVER => event!(DHCP4_HOOK_LEASE4_OFFER_DROP, query),
                _ => event!(DHCP4_HOOK_LEASES4_COMMITTED_DROP, query),
            }
        }
    }
}

impl Debug for Batch<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.settled.fmt(f)
    }
}
