//! Reading: a datagram as a chain of relays, a message and its options.

use super::{Draft, MessageType, Writer, code};
use smallvec::SmallVec;
use std::fmt;
use std::net::Ipv6Addr;

/// Most relays around a message.
pub const HOP_COUNT_LIMIT: usize = 32;

/// A datagram: a client's message and the relays that it came through.
#[derive(Clone, Debug)]
pub struct Packet<'a> {
    /// Relays, from the one next to the server to the one next to the client.
    pub relays: SmallVec<[Relay<'a>; 2]>,
    /// The client's message.
    pub message: Message<'a>,
}

// RFC 8415 §8
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |    msg-type   |               transaction-id                  |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   .                            options                            .

/// A message between client and server.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// Type.
    pub kind: MessageType,
    /// Transaction, 24 bits.
    pub transaction_id: u32,
    /// Options.
    pub options: Options<'a>,
}

// RFC 8415 §9: msg-type, hop-count, link-address (16), peer-address (16), options.

/// What a relay added around the message that it passed on.
#[derive(Clone, Copy, Debug)]
pub struct Relay<'a> {
    /// How many relays passed it on before this one.
    pub hop_count: u8,
    /// An address on the client's link, or unspecified.
    pub link_address: Ipv6Addr,
    /// Who sent the relay the message.
    pub peer_address: Ipv6Addr,
    /// Options, the relayed message among them.
    pub options: Options<'a>,
}

/// Why a datagram cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// It ends within the fixed part of a message that begins at this offset.
    Truncated {
        /// Offset in the datagram.
        offset: usize,
    },
    /// A relay passed on no message.
    NoRelayedMessage {
        /// Offset of the relay's own message in the datagram.
        offset: usize,
    },
    /// It came through more than [`HOP_COUNT_LIMIT`] relays.
    TooManyRelays,
}

impl<'a> Packet<'a> {
    /// Reads a datagram. Options are not looked at, but for those that hold a relayed message.
    pub fn parse(datagram: &'a [u8]) -> Result<Self, Malformed> {
        Self::unwrap_relays(datagram, MessageType::RELAY_FORW)
    }

    /// Reads a datagram that goes the other way: from the server to the client.
    pub fn parse_reply(datagram: &'a [u8]) -> Result<Self, Malformed> {
        Self::unwrap_relays(datagram, MessageType::RELAY_REPL)
    }

    fn unwrap_relays(datagram: &'a [u8], by: MessageType) -> Result<Self, Malformed> {
        let mut relays = SmallVec::new();
        let mut rest = Options { bytes: datagram, base: 0 };
        while rest.bytes.first() == Some(&by.0) {
            if relays.len() == HOP_COUNT_LIMIT {
                return Err(Malformed::TooManyRelays);
            }
            let relay = Relay::parse(rest.bytes, rest.base)?;
            let inner = relay.options.iter().flatten().find(|option| option.code == code::RELAY_MSG);
            let inner = inner.ok_or(Malformed::NoRelayedMessage { offset: rest.base })?;
            relays.push(relay);
            rest = Options { bytes: inner.data, base: inner.offset + OPTION_HEADER };
        }
        Ok(Self { relays, message: Message::parse(rest.bytes, rest.base)? })
    }

    /// The datagram with another message in the innermost relay's; none if that does not fit.
    pub fn carrying(&self, message: &Draft) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut out = Writer::new(&mut bytes);
        message.write(&mut out);
        out.finish().ok()?;
        for relay in self.relays.iter().rev() {
            let mut outer = vec![MessageType::RELAY_FORW.0, relay.hop_count];
            let mut out = Writer::new(&mut outer);
            out.address(relay.link_address);
            out.address(relay.peer_address);
            for option in relay.options.iter().map_while(Result::ok) {
                out.option(option.code, if option.code == code::RELAY_MSG { &bytes } else { option.data });
            }
            out.finish().ok()?;
            bytes = outer;
        }
        Some(bytes)
    }

    /// The relay next to the client.
    pub fn first_relay(&self) -> Option<&Relay<'a>> {
        self.relays.last()
    }
}

impl<'a> Message<'a> {
    /// Reads a message that begins `base` bytes into the datagram (for what is reported).
    pub fn parse(bytes: &'a [u8], base: usize) -> Result<Self, Malformed> {
        let (&[kind, a, b, c], options) = bytes.split_first_chunk().ok_or(Malformed::Truncated { offset: base })?;
        Ok(Self {
            kind: MessageType(kind),
            transaction_id: u32::from_be_bytes([0, a, b, c]),
            options: Options { bytes: options, base: base + 4 },
        })
    }
}

impl<'a> Relay<'a> {
    fn parse(bytes: &'a [u8], base: usize) -> Result<Self, Malformed> {
        let truncated = Malformed::Truncated { offset: base };
        let (&[_, hop_count], rest) = bytes.split_first_chunk().ok_or(truncated)?;
        let (link, rest) = rest.split_first_chunk::<16>().ok_or(truncated)?;
        let (peer, options) = rest.split_first_chunk::<16>().ok_or(truncated)?;
        Ok(Self {
            hop_count,
            link_address: Ipv6Addr::from(*link),
            peer_address: Ipv6Addr::from(*peer),
            options: Options { bytes: options, base: base + 34 },
        })
    }
}

/// Code and length before an option's payload.
const OPTION_HEADER: usize = 4;

/// A run of options, not yet looked at.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    bytes: &'a [u8],
    base: usize,
}

/// One option as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opt<'a> {
    /// Code.
    pub code: u16,
    /// Payload.
    pub data: &'a [u8],
    /// Offset of the option in the datagram.
    pub offset: usize,
}

/// An option that does not fit: its length reaches behind the end, or its header does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadOption {
    /// Offset of the option in the datagram.
    pub offset: usize,
    /// Its code, if there was one.
    pub code: Option<u16>,
    /// Bytes that it says it has, header included; what there is, is less.
    pub length: usize,
}

impl<'a> Options<'a> {
    /// Options in `bytes`, which begin `base` bytes into the datagram (for what is reported).
    pub fn new(bytes: &'a [u8], base: usize) -> Self {
        Self { bytes, base }
    }

    /// One after the other; the first one that does not fit is reported and is the last.
    pub fn iter(self) -> impl Iterator<Item = Result<Opt<'a>, BadOption>> {
        let mut rest = self;
        std::iter::from_fn(move || rest.next())
    }

    /// The payload of the first option with this code; a bad option ends the search.
    pub fn find(self, code: u16) -> Option<&'a [u8]> {
        self.iter().map_while(Result::ok).find(|option| option.code == code).map(|option| option.data)
    }

    fn next(&mut self) -> Option<Result<Opt<'a>, BadOption>> {
        if self.bytes.is_empty() {
            return None;
        }
        let bytes = std::mem::take(&mut self.bytes);
        let offset = self.base;
        let Some((&[c0, c1, l0, l1], rest)) = bytes.split_first_chunk() else {
            return Some(Err(BadOption { offset, code: None, length: OPTION_HEADER }));
        };
        let code = u16::from_be_bytes([c0, c1]);
        let length = usize::from(u16::from_be_bytes([l0, l1]));
        let Some((data, rest)) = rest.split_at_checked(length) else {
            return Some(Err(BadOption { offset, code: Some(code), length: OPTION_HEADER + length }));
        };
        self.bytes = rest;
        self.base += OPTION_HEADER + length;
        Some(Ok(Opt { code, data, offset }))
    }
}

impl<'a> Opt<'a> {
    /// The options inside of this one, behind the first `fixed` bytes of its payload; `None` if it is shorter.
    pub fn options(&self, fixed: usize) -> Option<Options<'a>> {
        let bytes = self.data.get(fixed..)?;
        Some(Options { bytes, base: self.offset + OPTION_HEADER + fixed })
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated { offset } => write!(f, "the message at offset {offset} is cut short"),
            Self::NoRelayedMessage { offset } => write!(f, "the relay message at offset {offset} holds no message"),
            Self::TooManyRelays => write!(f, "more than {HOP_COUNT_LIMIT} relays"),
        }
    }
}

impl fmt::Display for BadOption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { offset, code, length } = self;
        match code {
            Some(code) => write!(f, "option {code} at offset {offset} claims {length} bytes and has less"),
            None => write!(f, "an option at offset {offset} is cut short"),
        }
    }
}

impl std::error::Error for Malformed {}
impl std::error::Error for BadOption {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::v6::{ClientFqdn, Duid, Ia, IaAddress, IaPrefix};
    use proptest::prelude::*;

    /// Reads all there is to read.
    fn walk(options: Options<'_>, depth: usize) {
        for option in options.iter().flatten() {
            let _ =
                (ClientFqdn::parse(option.data), Duid::from_bytes(option.data), Duid::hardware_address(option.data));
            let _ = (IaAddress::parse(&option).is_some(), IaPrefix::parse(&option).is_some());
            if let Some(ia) = Ia::parse(&option).filter(|_| depth > 0) {
                walk(ia.options, depth - 1);
            }
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(mut bytes in proptest::collection::vec(any::<u8>(), 0..400), kind in 1u8..14) {
            for first in [None, Some(kind), Some(MessageType::RELAY_FORW.0)] {
                if let (Some(kind), Some(byte)) = (first, bytes.first_mut()) {
                    *byte = kind;
                }
                if let Ok(packet) = Packet::parse(&bytes) {
                    packet.relays.iter().for_each(|relay| walk(relay.options, 3));
                    walk(packet.message.options, 3);
                }
            }
        }
    }

    #[test]
    fn a_bad_option_is_reported_where_it_stands() {
        let options = Options::new(&[0, 1, 0, 1, 9, 0, 2, 0, 5, 1], 100);
        let seen: Vec<_> = options.iter().collect();
        assert_eq!(seen[0], Ok(Opt { code: 1, data: &[9], offset: 100 }));
        assert_eq!(seen[1], Err(BadOption { offset: 105, code: Some(2), length: 9 }));
        assert_eq!(seen.len(), 2);
        assert_eq!(
            Options::new(&[0, 1, 0], 7).iter().next(),
            Some(Err(BadOption { offset: 7, code: None, length: 4 }))
        );
    }

    #[test]
    fn relays_end_somewhere() {
        let wrap = |inner: &[u8]| {
            let mut relay = vec![MessageType::RELAY_FORW.0, 0];
            relay.extend([0; 32]);
            relay.extend([0, 9]);
            relay.extend((inner.len() as u16).to_be_bytes());
            relay.extend(inner);
            relay
        };
        let mut bytes = vec![MessageType::SOLICIT.0, 1, 2, 3];
        for _ in 0..HOP_COUNT_LIMIT {
            bytes = wrap(&bytes);
        }
        assert_eq!(Packet::parse(&bytes).unwrap().message.transaction_id, 0x01_02_03);
        assert_eq!(Packet::parse(&wrap(&bytes)).unwrap_err(), Malformed::TooManyRelays);
        assert_eq!(Packet::parse(&bytes[..34]).unwrap_err(), Malformed::NoRelayedMessage { offset: 0 });
        assert_eq!(Packet::parse(&wrap(&[1, 2])).unwrap_err(), Malformed::Truncated { offset: 38 });
        assert_eq!(Packet::parse(&[]).unwrap_err(), Malformed::Truncated { offset: 0 });
    }
}
