//! The hook points of DHCPv6, and what libraries are told there.

use super::Received;
pub use super::query::Label;
use crate::hooks::{Evaluation, Identity, Naming, Next, Point};
use dhcpd_config::classes::{ClassId, ClassSet};
use eval::{Arrival, Subject6};
use smallvec::SmallVec;
use std::borrow::Cow;
use std::fmt::Debug;
use wire::v6::{Draft, Packet, Writer};

/// A library that has a say in what becomes of DHCPv6 packets.
pub trait Hooks: Debug + Send + Sync {
    /// Where it has a say.
    fn points(&self) -> &'static [Point];

    /// A datagram came in: Kea's `buffer6_receive`.
    fn receive(&self, _incoming: &mut Incoming<'_>) -> Next {
        Next::Continue
    }

    /// Who sent a query: Kea's `host6_identifier`, and what libraries do to identifiers at `pkt6_receive`.
    fn identify(&self, _query: &Request<'_, '_>) -> Identity {
        Identity::default()
    }

    /// The client gets a name: Kea's `ddns6_update`.
    fn name(&self, _query: &Request<'_, '_>, _naming: &mut Naming<'_>) {}

    /// An answer is ready: Kea's `pkt6_send`.
    fn send(&self, _outgoing: &mut Outgoing<'_, '_>) -> Next {
        Next::Continue
    }
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
