//! What expressions look at: a packet, and how it came. Packets of both protocols are subjects.

use crate::Value;
use std::fmt::{self, Display, Formatter};
use std::net::IpAddr;
use wire::options::{self, DataType, Family};
use wire::{v4, v6};

/// A packet that expressions are evaluated on.
pub trait Subject {
    /// Payload of an option; where a code came several times (DHCPv6), of the instance with this number.
    fn option(&self, code: u16, instance: usize) -> Option<&[u8]>;
    /// What a relay added (DHCPv6): 0 is the one next to the server, -1 the one next to the client.
    fn relay(&self, nest: i8) -> Option<v6::Relay<'_>>;
    /// A field; empty if the protocol has no such field.
    fn field(&self, field: Field) -> Value<'_>;
}

/// A field of a packet, or of how it came. All but `Interface` are binary: addresses of 4 or 16 bytes, numbers of 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// `pkt.iface`
    Interface,
    /// `pkt.src`
    Source,
    /// `pkt.dst`
    Destination,
    /// `pkt.len`
    Length,
    /// `pkt4.mac`
    Mac,
    /// `pkt4.hlen`
    Hlen,
    /// `pkt4.htype`
    Htype,
    /// `pkt4.ciaddr`
    Ciaddr,
    /// `pkt4.giaddr`
    Giaddr,
    /// `pkt4.yiaddr`
    Yiaddr,
    /// `pkt4.siaddr`
    Siaddr,
    /// `pkt4.msgtype`, `pkt6.msgtype`
    MessageType(Family),
    /// `pkt4.transid`, `pkt6.transid`
    TransactionId(Family),
}

impl Field {
    pub(crate) const ALL: [Self; 15] = [
        Self::Interface,
        Self::Source,
        Self::Destination,
        Self::Length,
        Self::Mac,
        Self::Hlen,
        Self::Htype,
        Self::Ciaddr,
        Self::Giaddr,
        Self::Yiaddr,
        Self::Siaddr,
        Self::MessageType(Family::V4),
        Self::MessageType(Family::V6),
        Self::TransactionId(Family::V4),
        Self::TransactionId(Family::V6),
    ];

    /// The words before and behind its dot.
    pub(crate) fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Interface => ("pkt", "iface"),
            Self::Source => ("pkt", "src"),
            Self::Destination => ("pkt", "dst"),
            Self::Length => ("pkt", "len"),
            Self::Mac => ("pkt4", "mac"),
            Self::Hlen => ("pkt4", "hlen"),
            Self::Htype => ("pkt4", "htype"),
            Self::Ciaddr => ("pkt4", "ciaddr"),
            Self::Giaddr => ("pkt4", "giaddr"),
            Self::Yiaddr => ("pkt4", "yiaddr"),
            Self::Siaddr => ("pkt4", "siaddr"),
            Self::MessageType(Family::V4) => ("pkt4", "msgtype"),
            Self::MessageType(Family::V6) => ("pkt6", "msgtype"),
            Self::TransactionId(Family::V4) => ("pkt4", "transid"),
            Self::TransactionId(Family::V6) => ("pkt6", "transid"),
        }
    }
}

impl Display for Field {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (of, name) = self.words();
        write!(f, "{of}.{name}")
    }
}

/// How a packet came.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    /// Name of the interface.
    pub interface: &'a str,
    /// Who sent it: a client or a relay.
    pub source: IpAddr,
    /// The address it was sent to.
    pub destination: IpAddr,
}

impl Arrival<'_> {
    fn field(&self, field: Field) -> Value<'_> {
        match field {
            Field::Interface => Value::Borrowed(self.interface.as_bytes()),
            Field::Source => address(self.source),
            Field::Destination => address(self.destination),
            _ => Value::EMPTY,
        }
    }
}

fn address(address: IpAddr) -> Value<'static> {
    match address {
        IpAddr::V4(address) => Value::copied(&address.octets()),
        IpAddr::V6(address) => Value::copied(&address.octets()),
    }
}

/// A DHCPv4 packet as a subject.
#[derive(Clone, Copy, Debug)]
pub struct Subject4<'a, 'p> {
    /// The packet.
    pub packet: &'a v4::Packet<'p>,
    /// How it came.
    pub arrival: Arrival<'a>,
    /// Option 82 as the server remembers it, for a packet that came past its relay.
    pub remembered: Option<&'a [u8]>,
}

impl Subject for Subject4<'_, '_> {
    fn option(&self, code: u16, instance: usize) -> Option<&[u8]> {
        let code = u8::try_from(code).ok().filter(|_| instance == 0)?;
        let payload = self.packet.option(code);
        match code {
            v4::code::AGENT_OPTIONS if payload.is_none_or(<[u8]>::is_empty) => self.remembered.or(payload),
            _ => payload,
        }
    }

    fn relay(&self, _: i8) -> Option<v6::Relay<'_>> {
        None
    }

    fn field(&self, field: Field) -> Value<'_> {
        let packet = self.packet;
        match field {
            Field::Length => Value::number((FIXED_FIELDS + options_len(packet)) as u32),
            Field::Mac => Value::Borrowed(packet.hw_addr()),
            Field::Hlen => Value::number(packet.hw_addr().len() as u32),
            Field::Htype => Value::number(packet.htype().into()),
            Field::Ciaddr => Value::copied(&packet.ciaddr().octets()),
            Field::Giaddr => Value::copied(&packet.giaddr().octets()),
            Field::Yiaddr => Value::copied(&packet.yiaddr().octets()),
            Field::Siaddr => Value::copied(&packet.siaddr().octets()),
            Field::MessageType(Family::V4) => Value::number(packet.message_type().map_or(0, |kind| kind.0.into())),
            Field::TransactionId(Family::V4) => Value::number(packet.xid()),
            other => self.arrival.field(other),
        }
    }
}

/// Bytes of a DHCPv4 packet before the cookie.
const FIXED_FIELDS: usize = 236;

/// Bytes of the options as Kea counts them: neither the cookie, nor padding, nor the end, nor zeros at the end of text.
fn options_len(packet: &v4::Packet<'_>) -> usize {
    let is_text = |code: u8| {
        let definition = options::by_code(Family::V4, "dhcp4", code.into());
        definition.is_some_and(|definition| definition.kind == DataType::String && !definition.array)
    };
    let len = |(code, payload): (u8, &[u8])| match is_text(code) {
        true => payload.iter().rposition(|byte| *byte != 0).map_or(0, |end| end + 3),
        false => payload.len() + 2,
    };
    packet.options().map(len).sum()
}

/// A DHCPv6 message and its relays as a subject.
#[derive(Clone, Copy, Debug)]
pub struct Subject6<'a, 'p> {
    /// The packet.
    pub packet: &'a v6::Packet<'p>,
    /// How it came.
    pub arrival: Arrival<'a>,
    /// Bytes of the datagram.
    pub length: usize,
}

impl Subject for Subject6<'_, '_> {
    fn option(&self, code: u16, instance: usize) -> Option<&[u8]> {
        let options = self.packet.message.options.iter().map_while(Result::ok);
        options.filter(|option| option.code == code).nth(instance).map(|option| option.data)
    }

    fn relay(&self, nest: i8) -> Option<v6::Relay<'_>> {
        let relays = &self.packet.relays;
        let place = match usize::try_from(nest) {
            Ok(place) => place,
            Err(_) => relays.len().checked_sub(nest.unsigned_abs().into())?,
        };
        relays.get(place).copied()
    }

    fn field(&self, field: Field) -> Value<'_> {
        match field {
            Field::Length => Value::number(self.length as u32),
            Field::MessageType(Family::V6) => Value::number(self.packet.message.kind.0.into()),
            Field::TransactionId(Family::V6) => Value::number(self.packet.message.transaction_id),
            other => self.arrival.field(other),
        }
    }
}
