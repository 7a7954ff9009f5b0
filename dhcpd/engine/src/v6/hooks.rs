//! The hook points of DHCPv6, and what libraries are told there.

use super::messages::*;
pub use super::query::Label;
use super::{Received, Snapshot};
use crate::hooks::{Evaluation, Identity, Kept, Naming, Next, Point, Replies, Stored, Times};
use dhcpd_config::classes::{ClassId, ClassSet};
use dhcpd_config::v6::snapshot::Config6;
use eval::{Arrival, Subject6};
use leases::{Duid, Lease6};
use smallvec::SmallVec;
use std::borrow::Cow;
use std::fmt::Debug;
use std::net::{Ipv6Addr, SocketAddrV6};
use wire::v6::{Draft, MessageType, Packet, Writer};

/// A library that has a say in what becomes of DHCPv6 packets.
pub trait Hooks: Debug + Send + Sync {
    /// Where it has a say.
    fn points(&self) -> &'static [Point];

    /// A datagram came in: Kea's `buffer6_receive`.
    fn receive(&self, _incoming: &mut Incoming<'_>) -> Next {
        Next::Continue
    }

    /// A query is good: Kea's `pkt6_receive`. The client is in the classes that are added, whatever tests say.
    fn query(&self, _query: &Request<'_, '_>, _classes: &mut SmallVec<[ClassId; 1]>) -> Next {
        Next::Continue
    }

    /// The classes of a query are known that need no reservation: what Kea's `pkt6_receive` knows of it.
    fn classified(&self, _query: &Request<'_, '_>) -> Next {
        Next::Continue
    }

    /// Who sent a query: Kea's `host6_identifier`, and what libraries do to identifiers at `pkt6_receive`.
    fn identify(&self, _query: &Request<'_, '_>) -> Identity {
        Identity::default()
    }

    /// The client's subnet was chosen: Kea's `subnet6_select`.
    fn subnet(&self, _query: &Request<'_, '_>, _selection: &mut Selection<'_>) -> Next {
        Next::Continue
    }

    /// A lease was chosen: Kea's `lease6_select`, `lease6_renew` and `lease6_rebind`. Dropped, a new lease is refused, and one that
    /// the client has is not extended.
    fn lease(&self, _query: &Request<'_, '_>, _proposal: &mut Proposal<'_>) -> Next {
        Next::Continue
    }

    /// The client gets a name: Kea's `ddns6_update`.
    fn name(&self, _query: &Request<'_, '_>, _naming: &mut Naming<'_>) {}

    /// An answer is ready: Kea's `pkt6_send`.
    fn send(&self, _outgoing: &mut Outgoing<'_, '_>) -> Next {
        Next::Continue
    }

    /// What queries led to is durable, and the answers are about to leave: Kea's `leases6_committed`, and what it tells of renewed,
    /// released, declined and registered leases. Not asked of an ADVERTISE. Asked once a batch, while nothing is locked.
    fn committed(&self, _batch: &mut Batch<'_>) {}

    /// These leases were over and have been reclaimed, as they were before that: Kea's `lease6_expire`, and `lease6_recover` of
    /// declined ones.
    fn over(&self, _leases: &[Lease6]) {}

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
        Packet::parse(&self.message).map_or(Label::NOBODY, |packet| Label::of(&packet.message))
    }
}

/// A query that is being dealt with.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a, 'p> {
    /// Relays and message.
    pub packet: &'a Packet<'p>,
    /// How it came.
    pub received: &'a Received<'a>,
    /// The client's classes so far.
    pub classes: &'a ClassSet,
    /// What the client is called in messages.
    pub label: Label<'a>,
}

impl<'a, 'p> Request<'a, 'p> {
    /// Evaluates on the query.
    pub fn evaluate<T>(&self, evaluate: impl FnOnce(&Evaluation<'_>) -> T) -> T {
        evaluate(&Evaluation { subject: &self.subject(), classes: self.classes, client: &self.label })
    }

    /// The query as expressions see it.
    pub fn subject(&self) -> Subject6<'a, 'p> {
        Subject6 { packet: self.packet, arrival: self.received.arrival(), length: self.received.message.len() }
    }
}

impl<'a> Received<'a> {
    /// How it came, as expressions see it.
    pub fn arrival(&self) -> Arrival<'a> {
        Arrival { interface: self.interface, source: (*self.source.ip()).into(), destination: self.destination.into() }
    }
}

/// An answer that is ready to be sent.
#[derive(Debug)]
pub struct Outgoing<'a, 'p> {
    /// What it answers.
    pub query: Request<'a, 'p>,
    /// The datagram as it came in, before any library changed it.
    pub original: &'a [u8],
    /// Whether the client is known to the server by another DUID than the one that it sent.
    pub renamed: bool,
    message: &'a mut Vec<u8>,
    start: usize,
}

impl<'a, 'p> Outgoing<'a, 'p> {
    pub(super) fn new(
        query: Request<'a, 'p>,
        original: &'a [u8],
        renamed: bool,
        message: &'a mut Vec<u8>,
        start: usize,
    ) -> Self {
        Self { query, original, renamed, message, start }
    }

    /// The answer, in the relays' messages that carry it.
    pub fn message(&self) -> &[u8] {
        self.message.get(self.start..).unwrap_or_default()
    }

    /// Changes the answer; what does not fit into a message any longer stays as it was.
    pub fn change(&mut self, change: impl FnOnce(&mut Draft)) {
        let before = self.message.split_off(self.start);
        let Ok(packet) = Packet::parse_reply(&before) else { return self.message.extend_from_slice(&before) };
        let mut draft = Draft::new(&packet.message);
        change(&mut draft);
        let mut out = Writer::new(self.message);
        out.relays(&packet.relays);
        draft.write(&mut out);
        if out.finish().is_err() {
            self.message.truncate(self.start);
            self.message.extend_from_slice(&before);
        }
    }
}

/// The subnet of a client.
#[derive(Debug)]
pub struct Selection<'a> {
    /// The configuration.
    pub config: &'a Config6,
    /// Index of the subnet; libraries may choose another one.
    pub subnet: Option<usize>,
    /// Classes that the client is in from now on, whatever tests say.
    pub classes: SmallVec<[ClassId; 1]>,
}

/// A lease that a client is to get.
#[derive(Debug)]
pub struct Proposal<'a> {
    /// As it would be stored; libraries may change what is not its address or its holder.
    pub lease: &'a mut Lease6,
    /// The client's lease as it is, if it is to be extended.
    pub before: Option<&'a Lease6>,
    /// It is offered and not given yet.
    pub offered: bool,
}

/// A query that was dealt with, and what it led to.
#[derive(Debug)]
pub struct Settled {
    /// The datagram as it was read, with the relays' messages around the client's.
    pub message: Box<[u8]>,
    /// Type of the client's message.
    pub kind: MessageType,
    /// Who sent it.
    pub source: SocketAddrV6,
    /// The address it was sent to.
    pub destination: Ipv6Addr,
    /// Name of the interface it came in by.
    pub interface: Box<str>,
    /// What counts as the client's identifier.
    pub duid: Duid,
    /// The client's classes.
    pub classes: ClassSet,
    /// Id of the subnet that the client was served from.
    pub subnet: Option<u32>,
    /// The leases that were stored: given or extended, declined or registered by the client.
    pub leases: SmallVec<[Stored<Lease6>; 1]>,
    /// Leases that were given again as they stand.
    pub reused: SmallVec<[Lease6; 1]>,
    /// Leases that the client has no longer. One that it gave back is as the store has it; what was kept has the state
    /// `Released`.
    pub deleted: SmallVec<[Lease6; 1]>,
    /// Leases that the client released, declined or registered anew, as they were before.
    pub before: SmallVec<[Lease6; 1]>,
    pub(super) reply: Option<usize>,
}

impl Settled {
    /// Relays and message. What has been read once can be read again.
    pub fn packet(&self) -> Option<Packet<'_>> {
        Packet::parse(&self.message).ok()
    }

    /// What the client is called in messages.
    pub fn label(&self) -> Label<'_> {
        self.packet().map_or(Label::NOBODY, |packet| Label::of(&packet.message))
    }

    /// The query as expressions see it.
    pub fn subject<'a, 'p>(&'a self, packet: &'a Packet<'p>) -> Subject6<'a, 'p> {
        let (source, destination) = ((*self.source.ip()).into(), self.destination.into());
        let arrival = Arrival { interface: &self.interface, source, destination };
        Subject6 { packet, arrival, length: self.message.len() }
    }
}

/// The queries of a batch, and their answers before they leave.
pub struct Batch<'a> {
    pub(super) snapshot: &'a Snapshot,
    /// What the queries led to, in the order in which they came.
    pub settled: &'a [Settled],
    pub(super) replies: &'a mut dyn Replies,
}

impl Batch<'_> {
    /// The configuration.
    pub fn config(&self) -> &Config6 {
        &self.snapshot.config
    }

    /// The answer to one of the queries, if it gets one, in the relays' messages that carry it.
    pub fn reply(&self, at: usize) -> Option<&[u8]> {
        Some(self.replies.message(self.settled.get(at)?.reply?))
    }

    /// Keeps the answer to one of the queries: it is the library's own from now on. `None` if there is no answer, if another
    /// library keeps it, or if too many are kept (`parked-packet-limit`): then it is lost.
    pub fn keep(&mut self, at: usize) -> Option<Kept> {
        let settled = self.settled.get(at)?;
        let (client, snapshot) = (settled.label(), self.snapshot);
        let reply = self.replies.take(settled.reply?)?;
        let limit = snapshot.config.parked_packet_limit;
        let Some(place) = snapshot.lots.commits.place(limit) else {
            log::event!(DHCP6_HOOK_LEASES6_PARKING_LOT_FULL, limit, client);
            snapshot.counters.queue_full.add(1);
            snapshot.counters.receive_drop.add(1);
            return None;
        };
        log::event!(DHCP6_HOOK_LEASES6_COMMITTED_PARK, client);
        Some(Kept::new(reply, place))
    }

    /// The answer to one of the queries does not leave.
    pub fn discard(&mut self, at: usize) {
        let Some(settled) = self.settled.get(at) else { return };
        if settled.reply.and_then(|number| self.replies.take(number)).is_some() {
            log::event!(DHCP6_HOOK_LEASES6_COMMITTED_DROP, client = settled.label());
        }
    }
}

impl Debug for Batch<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.settled.fmt(f)
    }
}
