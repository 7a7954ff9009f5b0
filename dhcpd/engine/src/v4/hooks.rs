//! The hook points of DHCPv4, and what libraries are told there.

use super::Received;
pub use super::query::Label;
use crate::hooks::{Evaluation, Identity, Naming, Next, Point};
use dhcpd_config::classes::{ClassId, ClassSet};
use eval::{Arrival, Subject4};
use smallvec::SmallVec;
use std::borrow::Cow;
use std::fmt::Debug;
use wire::v4::{Draft, Packet};

/// A library that has a say in what becomes of DHCPv4 packets.
pub trait Hooks: Debug + Send + Sync {
    /// Where it has a say.
    fn points(&self) -> &'static [Point];

    /// A datagram came in: Kea's `buffer4_receive`.
    fn receive(&self, _incoming: &mut Incoming<'_>) -> Next {
        Next::Continue
    }

    /// Who sent a query: Kea's `host4_identifier`, and what libraries do to identifiers at `pkt4_receive`.
    fn identify(&self, _query: &Request<'_>) -> Identity {
        Identity::default()
    }

    /// The client gets a name: Kea's `ddns4_update`.
    fn name(&self, _query: &Request<'_>, _naming: &mut Naming<'_>) {}

    /// An answer is ready: Kea's `pkt4_send`.
    fn send(&self, _outgoing: &mut Outgoing<'_>) -> Next {
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
