//! A query: the packet, whose it is, and what it is called in messages.

use super::Received;
use super::details::Details;
use dhcpd_config::hosts::{IdentifierKind, IdentifierRef};
use smallvec::SmallVec;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddrV4};
use wire::hex::Colons;
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
    pub client_id: Option<&'a [u8]>,
    /// Option 82.
    pub agent: Option<&'a [u8]>,
    /// What the relay put into option 82 when the client got its lease, for a query that came past the relay.
    pub stashed: Option<&'a [u8]>,
    /// `lenient-option-parsing`: take what can be read of a bad option.
    pub lenient: bool,
}

impl<'a> Query<'a> {
    pub fn new(packet: &'a Packet<'a>, received: &'a Received<'a>, message_type: MessageType, lenient: bool) -> Self {
        let client_id = packet.option(code::CLIENT_IDENTIFIER).filter(|id| !id.is_empty());
        let agent = packet.option(code::AGENT_OPTIONS).filter(|a| !a.is_empty());
        Self { packet, received, message_type, client_id, agent, stashed: None, lenient }
    }

    pub fn label(&self) -> Label<'a> {
        Label {
            htype: self.packet.htype(),
            hw_addr: self.packet.hw_addr(),
            client_id: self.client_id,
            xid: Some(self.packet.xid()),
        }
    }

    /// The whole packet for messages.
    pub fn details(&self) -> Details<'a> {
        let local = SocketAddrV4::new(self.received.destination, SERVER_PORT);
        Details { bytes: self.received.message, local, remote: self.received.source }
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
        if self.is_broadcast() { self.received.interface_address } else { self.received.destination }
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
    pub fn identifiers(&self, kinds: &[IdentifierKind]) -> SmallVec<[IdentifierRef<'a>; 4]> {
        let identifier = |&kind: &IdentifierKind| {
            let bytes = match kind {
                IdentifierKind::HwAddress => Some(self.packet.hw_addr()),
                IdentifierKind::ClientId => self.client_id,
                IdentifierKind::Duid => {
                    self.client_id.filter(|id| id.first() == Some(&DUID_TYPE)).and_then(|id| id.get(DUID_START..))
                }
                IdentifierKind::CircuitId => self.agent_option(agent::CIRCUIT_ID),
                // Computed by a hook library.
                IdentifierKind::FlexId => None,
            };
            bytes.filter(|b| !b.is_empty()).map(|bytes| IdentifierRef { kind, bytes })
        };
        kinds.iter().filter_map(identifier).collect()
    }
}

/// How a client is called in messages: `[hwtype=1 00:0c:01:02:03:04], cid=[no info], tid=0x1234`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Label<'a> {
    pub htype: u8,
    pub hw_addr: &'a [u8],
    pub client_id: Option<&'a [u8]>,
    /// Leases have none.
    pub xid: Option<u32>,
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
