//! A query: the packet, whose it is, and what it is called in messages.

use super::Received;
use super::details::Details;
use super::hooks::{Hooks, Request};
use super::messages::DHCP4_FLEX_ID;
use crate::hooks::{Identity, Libraries, Point};
use dhcpd_config::classes::{ClassId, ClassSet};
use dhcpd_config::hosts::{Hosts, IdentifierKind, IdentifierRef, Reserved};
use dhcpd_config::v4::snapshot::Host4;
use log::event;
use smallvec::SmallVec;
use std::cell::OnceCell;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use wire::hex::{Colons, Plain};
use wire::v4::{self, MessageType, Packet, SERVER_PORT, agent, code};

/// Client identifier type that carries an IAID and a DUID (RFC 4361 §6.1), and the bytes before the DUID.
const DUID_TYPE: u8 = 255;
const DUID_START: usize = 5;

/// A message that is being dealt with.
pub(super) struct Query<'a> {
    pub packet: &'a Packet<'a>,
    pub received: &'a Received<'a>,
    pub message_type: MessageType,
    /// Option 61.
    pub sent_client_id: Option<&'a [u8]>,
    /// Who the client is, as libraries see it, once they were asked.
    identity: OnceCell<Identity>,
    /// Classes that it is in whatever tests say.
    pub classes: &'a [ClassId],
    /// Option 82.
    pub agent: Option<&'a [u8]>,
    /// What the relay put into option 82 when the client got its lease, for a query that came past the relay.
    pub stashed: Option<&'a [u8]>,
    /// `lenient-option-parsing`: take what can be read of a bad option.
    pub lenient: bool,
}

impl<'a> Query<'a> {
    pub fn new(packet: &'a Packet<'a>, received: &'a Received<'a>, message_type: MessageType, lenient: bool) -> Self {
        let sent_client_id = packet.option(code::CLIENT_IDENTIFIER).filter(|id| !id.is_empty());
        let agent = packet.option(code::AGENT_OPTIONS).filter(|a| !a.is_empty());
        let identity = OnceCell::new();
        Self { packet, received, message_type, sent_client_id, identity, classes: &[], agent, stashed: None, lenient }
    }

    /// Asks libraries who the client is.
    pub fn identify(&self, libraries: &Libraries<dyn Hooks>, classes: &ClassSet) {
        if !libraries.at(Point::Identify) {
            return;
        }
        let mut whole = Identity::default();
        for library in libraries.of(Point::Identify) {
            whole.take(library.identify(&self.request(classes)));
        }
        // It is asked for once.
        let _ = self.identity.set(whole);
        if let Some(id) = self.flex_id() {
            event!(DHCP4_FLEX_ID, query = self.label(), id = format_args!("flex-id={}", Plain(id)));
        }
    }

    /// The reservations of a subnet, with those of databases.
    pub fn reserved(&self, written: &'a Hosts<Host4>, subnet: u32) -> Reserved<'a, Host4> {
        Reserved::new(written, self.received.stored, subnet)
    }

    /// The query as libraries see it.
    pub fn request<'q>(&'q self, classes: &'q ClassSet) -> Request<'q> {
        let (packet, received, remembered) = (self.packet, self.received, self.stashed);
        Request { packet, received, remembered, classes, label: self.label() }
    }

    /// What counts as the client's identifier: option 61, unless a library says otherwise.
    pub fn client_id(&self) -> Option<&[u8]> {
        self.replaced_client_id().or(self.sent_client_id)
    }

    /// What a library put in the place of option 61.
    pub fn replaced_client_id(&self) -> Option<&[u8]> {
        self.identity.get().map(|identity| &*identity.client_id).filter(|id| !id.is_empty())
    }

    fn flex_id(&self) -> Option<&[u8]> {
        self.identity.get().map(|identity| &*identity.flex_id).filter(|id| !id.is_empty())
    }

    pub fn label(&self) -> Label<'_> {
        Label {
            htype: self.packet.htype(),
            hw_addr: self.packet.hw_addr(),
            client_id: self.client_id(),
            xid: Some(self.packet.xid()),
        }
    }

    /// The whole packet for messages.
    pub fn details(&self) -> Details<'a> {
        let local = SocketAddr::new(self.received.destination.into(), SERVER_PORT);
        Details { bytes: self.received.message, local, remote: self.received.sender() }
    }

    /// A sub-option of the relay, of now or of then.
    pub fn agent_option(&self, code: u8) -> Option<&'a [u8]> {
        v4::sub_options(self.agent.or(self.stashed)?).find(|(c, _)| *c == code).map(|(_, value)| value)
    }

    pub fn is_relayed(&self) -> bool {
        !self.packet.giaddr().is_unspecified()
    }

    /// Was it sent to everybody?
    pub fn is_broadcast(&self) -> bool {
        self.received.destination.is_broadcast()
    }

    /// The server's address for this client.
    pub fn server_address(&self) -> Ipv4Addr {
        let unaddressed = self.is_broadcast() || self.received.over_dhcpv6.is_some();
        if unaddressed { self.received.interface_address } else { self.received.destination }
    }

    /// Option 50.
    pub fn requested_address(&self) -> Option<Ipv4Addr> {
        self.packet.address_option(code::REQUESTED_ADDRESS)
    }

    /// ciaddr, if there is one.
    pub fn ciaddr(&self) -> Option<Ipv4Addr> {
        Some(self.packet.ciaddr()).filter(|a| !a.is_unspecified())
    }

    /// Whether the client asks for an option.
    pub fn asks_for(&self, code: u8) -> bool {
        self.packet.option(code::PARAMETER_REQUEST_LIST).is_some_and(|list| list.contains(&code))
    }

    /// What the client is known by, in the order of the configuration.
    pub fn identifiers(&self, kinds: &[IdentifierKind]) -> SmallVec<[IdentifierRef<'_>; 4]> {
        let identifier = |&kind: &IdentifierKind| {
            let bytes = match kind {
                IdentifierKind::HwAddress => Some(self.packet.hw_addr()),
                IdentifierKind::ClientId => self.client_id(),
                IdentifierKind::Duid => {
                    self.client_id().filter(|id| id.first() == Some(&DUID_TYPE)).and_then(|id| id.get(DUID_START..))
                }
                IdentifierKind::CircuitId => self.agent_option(agent::CIRCUIT_ID),
                IdentifierKind::FlexId => self.flex_id(),
            };
            bytes.filter(|b| !b.is_empty()).map(|bytes| IdentifierRef { kind, bytes })
        };
        kinds.iter().filter_map(identifier).collect()
    }
}

/// How a client is called in messages: `[hwtype=1 00:0c:01:02:03:04], cid=[no info], tid=0x1234`.
#[derive(Clone, Copy, Debug)]
pub struct Label<'a> {
    pub(super) htype: u8,
    pub(super) hw_addr: &'a [u8],
    pub(super) client_id: Option<&'a [u8]>,
    /// Leases have none.
    pub(super) xid: Option<u32>,
}

impl fmt::Display for Label<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[hwtype={} {}], cid=[", self.htype, Colons(self.hw_addr))?;
        match self.client_id {
            Some(id) => Colons(id).fmt(f)?,
            None => f.write_str("no info")?,
        }
        f.write_str("]")?;
        self.xid.map_or(Ok(()), |xid| write!(f, ", tid=0x{xid:x}"))
    }
}

/// An identifier in messages, or that there is none.
pub(super) struct OrNone<'a>(pub Option<&'a [u8]>);

impl fmt::Display for OrNone<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.filter(|bytes| !bytes.is_empty()) {
            Some(bytes) => Colons(bytes).fmt(f),
            None => f.write_str("(none)"),
        }
    }
}

/// An address in messages, or what stands for none.
pub(super) struct AddressOr(pub Option<Ipv4Addr>, pub &'static str);

impl fmt::Display for AddressOr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(address) => address.fmt(f),
            None => f.write_str(self.1),
        }
    }
}

/// Seconds in messages.
pub(super) struct Lifetime(pub u32);

impl fmt::Display for Lifetime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == u32::MAX { f.write_str("infinity") } else { self.0.fmt(f) }
    }
}
