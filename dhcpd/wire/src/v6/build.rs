//! Writing: messages into a caller's buffer, lengths filled in when an option is closed.

use super::{MessageType, Relay, Status, code};
use smallvec::SmallVec;
use std::fmt;
use std::net::Ipv6Addr;

/// Appends one message to a buffer.
///
/// What is wrong with a length is found in the end, by [`Writer::finish`]: an option of more than 65535 bytes cannot be
/// written.
#[derive(Debug)]
pub struct Writer<'b> {
    out: &'b mut Vec<u8>,
    /// Relayed messages that are still open, outermost first.
    relayed: SmallVec<[Open; 2]>,
    too_long: bool,
}

/// An option that was begun; its payload is what is written until it is closed.
#[derive(Debug)]
#[must_use = "an option that is not closed has no length"]
pub struct Open {
    /// Offset of the payload in the buffer.
    start: usize,
}

/// A [`Writer`] without its buffer.
#[derive(Debug)]
pub struct Paused {
    relayed: SmallVec<[Open; 2]>,
    too_long: bool,
}

impl Paused {
    /// Goes on in the same buffer, which may have grown.
    pub fn resume(self, out: &mut Vec<u8>) -> Writer<'_> {
        Writer { out, relayed: self.relayed, too_long: self.too_long }
    }
}

/// Bytes of an option's code and length, and of the length alone.
const HEADER: usize = 4;
const LENGTH: usize = 2;

/// Something does not fit into the 16 bits of an option's length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

impl<'b> Writer<'b> {
    /// Begins behind what is in the buffer.
    pub fn new(out: &'b mut Vec<u8>) -> Self {
        Self { out, relayed: SmallVec::new(), too_long: false }
    }

    /// Mirrors the relays of a query (RFC 8415 §19.3): for each a RELAY-REPL with its addresses and with those of its
    /// options that are to be echoed, then the message that follows inside of the last one.
    pub fn relays(&mut self, relays: &[Relay<'_>]) {
        for relay in relays {
            self.out.push(MessageType::RELAY_REPL.0);
            self.out.push(relay.hop_count);
            self.address(relay.link_address);
            self.address(relay.peer_address);
            // The interface (RFC 8415 §21.18) and the source port of a relay further down (RFC 8357 §5.2).
            for code in [code::INTERFACE_ID, code::RELAY_SOURCE_PORT] {
                if let Some(data) = relay.options.find(code) {
                    self.option(code, data);
                }
            }
            let open = self.open(code::RELAY_MSG);
            self.relayed.push(open);
        }
    }

    /// Relays as they were read, with all of their options, in messages of this type; the message that follows stands
    /// inside of the last one.
    pub fn relays_as(&mut self, kind: MessageType, relays: &[Relay<'_>]) {
        for relay in relays {
            self.out.push(kind.0);
            self.out.push(relay.hop_count);
            self.address(relay.link_address);
            self.address(relay.peer_address);
            let options = relay.options.iter().map_while(Result::ok);
            options.filter(|option| option.code != code::RELAY_MSG).for_each(|o| self.option(o.code, o.data));
            let open = self.open(code::RELAY_MSG);
            self.relayed.push(open);
        }
    }

    /// Begins the message itself.
    pub fn message(&mut self, kind: MessageType, transaction_id: u32) {
        let [_, a, b, c] = transaction_id.to_be_bytes();
        self.bytes(&[kind.0, a, b, c]);
    }

    /// A whole option.
    pub fn option(&mut self, code: u16, data: &[u8]) {
        let open = self.open(code);
        self.bytes(data);
        self.close(open);
    }

    /// Begins an option; options that are begun before it is closed stand inside of it.
    pub fn open(&mut self, code: u16) -> Open {
        self.u16(code);
        self.u16(0);
        Open { start: self.out.len() }
    }

    /// Ends the option that was begun last.
    pub fn close(&mut self, open: Open) {
        let length = u16::try_from(self.out.len() - open.start);
        self.too_long |= length.is_err();
        if let Some(place) = self.out.get_mut(open.start - LENGTH..open.start) {
            place.copy_from_slice(&length.unwrap_or(u16::MAX).to_be_bytes());
        }
    }

    /// Takes an option back that was begun last, with all that stands in it.
    pub fn cancel(&mut self, open: Open) {
        self.out.truncate(open.start - HEADER);
    }

    /// Begins an IA_NA or IA_PD with T1 and T2 in seconds.
    pub fn open_ia(&mut self, code: u16, iaid: u32, t1: u32, t2: u32) -> Open {
        let open = self.open(code);
        self.u32(iaid);
        self.u32(t1);
        self.u32(t2);
        open
    }

    /// An address of an IA_NA, lifetimes in seconds.
    pub fn ia_address(&mut self, address: Ipv6Addr, preferred: u32, valid: u32) {
        let open = self.open(code::IA_ADDR);
        self.address(address);
        self.u32(preferred);
        self.u32(valid);
        self.close(open);
    }

    /// Begins a prefix of an IA_PD, lifetimes in seconds.
    pub fn open_ia_prefix(&mut self, prefix: Ipv6Addr, len: u8, preferred: u32, valid: u32) -> Open {
        let open = self.open(code::IA_PREFIX);
        self.u32(preferred);
        self.u32(valid);
        self.out.push(len);
        self.address(prefix);
        open
    }

    /// A status and its text for people.
    pub fn status(&mut self, status: Status, text: &str) {
        let open = self.open(code::STATUS_CODE);
        self.u16(status as u16);
        self.bytes(text.as_bytes());
        self.close(open);
    }

    /// The prefix that is kept out of a delegated one (RFC 6603 §4.2); nothing if it is not inside of it.
    pub fn pd_exclude(&mut self, delegated: Ipv6Addr, delegated_len: u8, excluded: Ipv6Addr, excluded_len: u8) {
        if delegated_len >= excluded_len || excluded_len > 128 {
            return;
        }
        // The bits between the two lengths, left-aligned in as many bytes as they need.
        let bits = excluded_len - delegated_len;
        let subnet = (excluded.to_bits() ^ delegated.to_bits()) << delegated_len >> (128 - u32::from(bits))
            << (128 - u32::from(bits));
        let open = self.open(code::PD_EXCLUDE);
        self.out.push(excluded_len);
        let bytes = subnet.to_be_bytes();
        self.bytes(bytes.get(..usize::from(bits.div_ceil(8))).unwrap_or_default());
        self.close(open);
    }

    /// Bytes as they are.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// A number of 16 bits.
    pub fn u16(&mut self, number: u16) {
        self.bytes(&number.to_be_bytes());
    }

    /// A number of 32 bits.
    pub fn u32(&mut self, number: u32) {
        self.bytes(&number.to_be_bytes());
    }

    /// An address.
    pub fn address(&mut self, address: Ipv6Addr) {
        self.bytes(&address.octets());
    }

    /// Hands the buffer back while an option is open, for others to append to it.
    pub fn pause(self) -> Paused {
        Paused { relayed: self.relayed, too_long: self.too_long }
    }

    /// Ends the relayed messages.
    pub fn finish(mut self) -> Result<(), TooLong> {
        while let Some(open) = self.relayed.pop() {
            self.close(open);
        }
        if self.too_long { Err(TooLong) } else { Ok(()) }
    }
}

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an option is longer than 65535 bytes")
    }
}

impl std::error::Error for TooLong {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::v6::{Draft, Ia, IaAddress, IaPrefix, Options, Packet};
    use proptest::prelude::*;

    fn address() -> impl Strategy<Value = Ipv6Addr> {
        any::<u128>().prop_map(Ipv6Addr::from_bits)
    }

    proptest! {
        #[test]
        fn relays_are_mirrored(relays in proptest::collection::vec((any::<u8>(), address(), address(), proptest::option::of(proptest::collection::vec(any::<u8>(), 0..20))), 0..6), tid in 0u32..1 << 24) {
            // A query through relays, made as a relay makes it.
            let mut query = vec![MessageType::SOLICIT.0];
            query.extend(&tid.to_be_bytes()[1..]);
            for (hops, link, peer, interface) in relays.iter().rev() {
                let inner = std::mem::replace(&mut query, vec![MessageType::RELAY_FORW.0, *hops]);
                let mut out = Writer::new(&mut query);
                out.address(*link);
                out.address(*peer);
                if let Some(interface) = interface {
                    out.option(code::INTERFACE_ID, interface);
                }
                out.option(code::RELAY_MSG, &inner);
                out.finish().unwrap();
            }
            let packet = Packet::parse(&query).unwrap();
            prop_assert_eq!(packet.relays.len(), relays.len());
            prop_assert_eq!(packet.message.transaction_id, tid);
            prop_assert_eq!(packet.carrying(&Draft::new(&packet.message)), Some(query.clone()));

            let mut reply = b"headroom".to_vec();
            let mut out = Writer::new(&mut reply);
            out.relays(&packet.relays);
            out.message(MessageType::SOLICIT, tid);
            out.finish().unwrap();
            let read = Packet::parse_reply(&reply[8..]).unwrap();
            prop_assert_eq!((read.relays.len(), read.message.transaction_id), (relays.len(), tid));
            // The reply is the query but for the type of the relays' messages.
            let mut seen = &reply[8..];
            prop_assert_eq!(seen.len(), query.len());
            for _ in &relays {
                prop_assert_eq!(seen[0], MessageType::RELAY_REPL.0);
                seen = Options::new(&seen[34..], 0).find(code::RELAY_MSG).unwrap();
            }
            prop_assert_eq!(seen, [&[MessageType::SOLICIT.0], &tid.to_be_bytes()[1..]].concat());
        }

        #[test]
        fn leases_are_read_as_written(iaid in any::<u32>(), t1 in any::<u32>(), t2 in any::<u32>(), at in address(), len in any::<u8>(), preferred in any::<u32>(), valid in any::<u32>()) {
            let mut bytes = Vec::new();
            let mut out = Writer::new(&mut bytes);
            let ia = out.open_ia(code::IA_NA, iaid, t1, t2);
            out.ia_address(at, preferred, valid);
            out.close(ia);
            let ia = out.open_ia(code::IA_PD, iaid, t1, t2);
            let prefix = out.open_ia_prefix(at, len, preferred, valid);
            out.close(prefix);
            out.status(Status::NoBinding, "none");
            out.close(ia);
            out.finish().unwrap();
            let options: Vec<_> = Options::new(&bytes, 0).iter().map(Result::unwrap).collect();
            let ias: Vec<_> = options.iter().map(|option| Ia::parse(option).unwrap()).collect();
            for ia in &ias {
                prop_assert_eq!((ia.iaid, ia.t1, ia.t2), (iaid, t1, t2));
            }
            let inner: Vec<_> = ias.iter().flat_map(|ia| ia.options.iter()).map(Result::unwrap).collect();
            let a = IaAddress::parse(&inner[0]).unwrap();
            prop_assert_eq!((a.address, a.preferred, a.valid), (at, preferred, valid));
            let p = IaPrefix::parse(&inner[1]).unwrap();
            prop_assert_eq!((p.prefix, p.len, p.preferred, p.valid), (at, len, preferred, valid));
            prop_assert_eq!(inner[2].data, b"\0\x03none");
        }
    }

    #[test]
    fn an_option_that_is_too_long_is_reported() {
        let mut bytes = Vec::new();
        let mut out = Writer::new(&mut bytes);
        out.option(1, &vec![0; 65536]);
        assert_eq!(out.finish(), Err(TooLong));
    }

    #[test]
    fn an_excluded_prefix_is_the_bits_between() {
        // RFC 6603 §5: 2001:db8:dead:bee0::/59 delegated, 2001:db8:dead:beef::/64 kept out.
        let mut bytes = Vec::new();
        let mut out = Writer::new(&mut bytes);
        out.pd_exclude("2001:db8:dead:bee0::".parse().unwrap(), 59, "2001:db8:dead:beef::".parse().unwrap(), 64);
        out.finish().unwrap();
        assert_eq!(bytes, [0, 67, 0, 2, 64, 0x78]);
    }
}
