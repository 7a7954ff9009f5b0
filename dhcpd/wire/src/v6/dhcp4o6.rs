//! What the two servers of DHCPv4-over-DHCPv6 (RFC 7341) say to each other, in Kea's format.
//!
//! The DHCPv6 server hands a client's DHCPV4-QUERY over as it came, relays included, and gets a DHCPV4-RESPONSE in the
//! same way. An option of ISC's in the message says where the client is: the interface, address and port from which the
//! DHCPv6 server heard of it.

use super::{BadOption, Malformed, MessageType, Open, Options, Packet, Paused, TooLong, Writer, code};
use std::fmt;
use std::net::Ipv6Addr;

/// ISC's enterprise number, and the options that it uses here.
const ISC: u32 = 2495;
const INTERFACE: u16 = 60000;
const ADDRESS: u16 = 60001;
const PORT: u16 = 60002;

/// Where a client is, or the relay that speaks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin<'a> {
    /// Interface of the DHCPv6 server.
    pub interface: &'a str,
    /// Source address of the query.
    pub address: Ipv6Addr,
    /// Source port of the query.
    pub port: u16,
}

/// A message that one server handed to the other.
#[derive(Clone, Debug)]
pub struct Passed<'a> {
    /// The DHCPv6 message with its relays.
    pub packet: Packet<'a>,
    /// Where the client is.
    pub origin: Origin<'a>,
}

/// Why a message cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// It is no DHCPv6 message.
    Malformed(Malformed),
    /// It has an option that does not fit.
    Option(BadOption),
    /// It is of another type.
    Type(MessageType),
    /// Nothing says where the client is, or not all.
    NoOrigin(&'static str),
}

impl<'a> Passed<'a> {
    /// Reads what the DHCPv6 server passed on.
    pub fn query(datagram: &'a [u8]) -> Result<Self, Unusable> {
        Self::read(Packet::parse(datagram), MessageType::DHCPV4_QUERY)
    }

    /// Reads what the DHCPv4 server answered.
    pub fn response(datagram: &'a [u8]) -> Result<Self, Unusable> {
        Self::read(Packet::parse_reply(datagram), MessageType::DHCPV4_RESPONSE)
    }

    fn read(packet: Result<Packet<'a>, Malformed>, kind: MessageType) -> Result<Self, Unusable> {
        let packet = packet.map_err(Unusable::Malformed)?;
        if packet.message.kind != kind {
            return Err(Unusable::Type(packet.message.kind));
        }
        let mut ours = None;
        for option in packet.message.options.iter() {
            let option = option.map_err(Unusable::Option)?;
            ours = ours.or_else(|| isc(option.code, option.data));
        }
        let ours = ours.ok_or(Unusable::NoOrigin("no ISC vendor option"))?;
        let missing = Unusable::NoOrigin;
        let interface = ours.find(INTERFACE).and_then(|name| std::str::from_utf8(name).ok());
        let interface = interface.filter(|name| !name.is_empty()).ok_or(missing("no interface suboption"))?;
        let address = ours.find(ADDRESS).and_then(|address| <[u8; 16]>::try_from(address).ok());
        let address = address.ok_or(missing("no source address suboption"))?.into();
        let port = ours.find(PORT).and_then(|port| <[u8; 2]>::try_from(port).ok());
        let port = u16::from_be_bytes(port.ok_or(missing("no source port suboption"))?);
        Ok(Self { packet, origin: Origin { interface, address, port } })
    }

    /// The DHCPv4 message inside, if there is exactly one (RFC 7341 §7.1).
    pub fn message(&self) -> Result<&'a [u8], &'static str> {
        let options = self.packet.message.options.iter().map_while(Result::ok);
        let mut messages = options.filter(|option| option.code == code::DHCPV4_MSG);
        match (messages.next(), messages.next()) {
            (Some(only), None) => Ok(only.data),
            (None, _) => Err("DHCPv4 message option not present"),
            (Some(_), Some(_)) => Err("more than one DHCPv4 message option"),
        }
    }

    /// Appends a response as relays or the client get it: without what the servers told each other.
    pub fn write_for_client(&self, out: &mut Vec<u8>) -> Result<(), TooLong> {
        let mut writer = Writer::new(out);
        writer.relays_as(MessageType::RELAY_REPL, &self.packet.relays);
        let message = &self.packet.message;
        writer.message(message.kind, message.transaction_id);
        let mut told = false;
        for option in message.options.iter().map_while(Result::ok) {
            let ours = isc(option.code, option.data).filter(|_| !told);
            let Some(ours) = ours else {
                writer.option(option.code, option.data);
                continue;
            };
            told = true;
            let mut rest =
                ours.iter().map_while(Result::ok).filter(|o| !(INTERFACE..=PORT).contains(&o.code)).peekable();
            if rest.peek().is_some() {
                let open = writer.open(code::VENDOR_OPTS);
                writer.u32(ISC);
                rest.for_each(|option| writer.option(option.code, option.data));
                writer.close(open);
            }
        }
        writer.finish()
    }
}

/// Appends a client's message as the DHCPv4 server gets it.
pub fn pass_on(packet: &Packet<'_>, origin: &Origin<'_>, out: &mut Vec<u8>) -> Result<(), TooLong> {
    let mut writer = Writer::new(out);
    writer.relays_as(MessageType::RELAY_FORW, &packet.relays);
    writer.message(packet.message.kind, packet.message.transaction_id);
    // In front of what the client says: the first one counts, so nobody can claim to be elsewhere.
    write_origin(&mut writer, origin);
    let options = packet.message.options.iter().map_while(Result::ok);
    options.for_each(|option| writer.option(option.code, option.data));
    writer.finish()
}

/// The answer to a query as the DHCPv6 server gets it, while the DHCPv4 message inside is being written.
#[derive(Debug)]
pub struct Envelope {
    writer: Paused,
    message: Open,
}

impl Envelope {
    /// Appends what stands in front of the DHCPv4 message, which is to be appended next.
    pub fn open(query: &Passed<'_>, out: &mut Vec<u8>) -> Self {
        let mut writer = Writer::new(out);
        writer.relays(&query.packet.relays);
        // RFC 7341 §6.2 has no flags for answers; what came goes back, as with Kea.
        writer.message(MessageType::DHCPV4_RESPONSE, query.packet.message.transaction_id);
        write_origin(&mut writer, &query.origin);
        let message = writer.open(code::DHCPV4_MSG);
        Self { writer: writer.pause(), message }
    }

    /// The DHCPv4 message is complete.
    pub fn close(self, out: &mut Vec<u8>) -> Result<(), TooLong> {
        let mut writer = self.writer.resume(out);
        writer.close(self.message);
        writer.finish()
    }
}

fn write_origin(writer: &mut Writer<'_>, origin: &Origin<'_>) {
    let open = writer.open(code::VENDOR_OPTS);
    writer.u32(ISC);
    writer.option(INTERFACE, origin.interface.as_bytes());
    writer.option(ADDRESS, &origin.address.octets());
    writer.option(PORT, &origin.port.to_be_bytes());
    writer.close(open);
}

/// ISC's options, if this is the option that holds them.
fn isc(code: u16, data: &[u8]) -> Option<Options<'_>> {
    let (enterprise, options) = data.split_first_chunk().filter(|_| code == code::VENDOR_OPTS)?;
    (u32::from_be_bytes(*enterprise) == ISC).then(|| Options::new(options, 0))
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(malformed) => malformed.fmt(f),
            Self::Option(bad) => bad.fmt(f),
            Self::Type(kind) => write!(f, "unexpected message type {}", kind.0),
            Self::NoOrigin(missing) => f.write_str(missing),
        }
    }
}

impl std::error::Error for Unusable {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ORIGIN: Origin<'static> =
        Origin { interface: "eth0", address: Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 7), port: 546 };

    /// A client's DHCPV4-QUERY with these options, through a relay or not.
    fn query(options: &[(u16, &[u8])], relayed: bool) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut out = Writer::new(&mut bytes);
        if relayed {
            out.bytes(&[MessageType::RELAY_FORW.0, 0]);
            out.address(Ipv6Addr::LOCALHOST);
            out.address(Ipv6Addr::UNSPECIFIED);
            out.option(code::INTERFACE_ID, b"port7");
            out.option(code::REMOTE_ID, b"\0\0\0\x09box");
        }
        let open = relayed.then(|| out.open(code::RELAY_MSG));
        out.message(MessageType::DHCPV4_QUERY, 0x80_0000);
        options.iter().for_each(|(code, data)| out.option(*code, data));
        if let Some(open) = open {
            out.close(open);
        }
        out.finish().unwrap();
        bytes
    }

    proptest! {
        #[test]
        fn a_conversation_is_read_as_it_was_written(
            inner in proptest::collection::vec(any::<u8>(), 0..600), other in proptest::collection::vec(any::<u8>(), 0..40),
            reply in proptest::collection::vec(any::<u8>(), 0..600), relayed: bool,
        ) {
            let came = query(&[(200, &other), (code::DHCPV4_MSG, &inner)], relayed);
            let mut passed = b"head".to_vec();
            pass_on(&Packet::parse(&came).unwrap(), &ORIGIN, &mut passed).unwrap();
            let passed = Passed::query(&passed[4..]).unwrap();
            prop_assert_eq!(passed.origin, ORIGIN);
            prop_assert_eq!(passed.message(), Ok(&inner[..]));
            prop_assert_eq!(passed.packet.message.options.find(200), Some(&other[..]));
            let relay = passed.packet.first_relay();
            prop_assert_eq!(relay.map(|r| r.options.find(code::REMOTE_ID).is_some()), relayed.then_some(true));

            let mut answered = b"head".to_vec();
            let envelope = Envelope::open(&passed, &mut answered);
            answered.extend(&reply);
            envelope.close(&mut answered).unwrap();
            let answered = Passed::response(&answered[4..]).unwrap();
            prop_assert_eq!(answered.origin, ORIGIN);
            prop_assert_eq!(answered.message(), Ok(&reply[..]));

            let mut sent = b"head".to_vec();
            answered.write_for_client(&mut sent).unwrap();
            let sent = Packet::parse_reply(&sent[4..]).unwrap();
            prop_assert_eq!(sent.message.kind, MessageType::DHCPV4_RESPONSE);
            prop_assert_eq!(sent.message.transaction_id, 0x80_0000);
            let options: Vec<_> = sent.message.options.iter().map(Result::unwrap).map(|o| (o.code, o.data)).collect();
            prop_assert_eq!(options, [(code::DHCPV4_MSG, &reply[..])]);
            prop_assert_eq!(sent.first_relay().and_then(|r| r.options.find(code::INTERFACE_ID)), relayed.then_some(&b"port7"[..]));
        }

        #[test]
        fn any_bytes_are_read_or_refused(mut bytes in proptest::collection::vec(any::<u8>(), 0..300), kind in 20u8..22) {
            bytes.splice(0..0, [kind, 0, 0, 0, 0, 17, 0, 30, 0, 0, 0x09, 0xbf]);
            for passed in [Passed::query(&bytes), Passed::response(&bytes)].into_iter().flatten() {
                let _ = (passed.message(), passed.write_for_client(&mut Vec::new()));
            }
        }
    }

    #[test]
    fn a_client_cannot_claim_to_be_elsewhere() {
        let mut claim = ISC.to_be_bytes().to_vec();
        Writer::new(&mut claim).option(INTERFACE, b"lo");
        let came = query(&[(code::VENDOR_OPTS, &claim), (code::DHCPV4_MSG, &[1])], false);
        let mut passed = Vec::new();
        pass_on(&Packet::parse(&came).unwrap(), &ORIGIN, &mut passed).unwrap();
        assert_eq!(Passed::query(&passed).unwrap().origin, ORIGIN);
    }

    #[test]
    fn what_is_missing_is_named() {
        let isc = |options: &[(u16, &[u8])]| {
            let mut bytes = ISC.to_be_bytes().to_vec();
            options.iter().for_each(|(code, data)| Writer::new(&mut bytes).option(*code, data));
            bytes
        };
        let name = (INTERFACE, &b"eth0"[..]);
        let address = (ADDRESS, &[0; 16][..]);
        let refused = |options: &[(u16, &[u8])]| Passed::query(&query(options, false)).unwrap_err().to_string();
        assert_eq!(refused(&[(code::VENDOR_OPTS, &[0, 0, 1, 1])]), "no ISC vendor option");
        assert_eq!(refused(&[(code::VENDOR_OPTS, &isc(&[]))]), "no interface suboption");
        assert_eq!(refused(&[(code::VENDOR_OPTS, &isc(&[name]))]), "no source address suboption");
        assert_eq!(refused(&[(code::VENDOR_OPTS, &isc(&[name, address]))]), "no source port suboption");
        let told = isc(&[name, address, (PORT, &[2, 34])]);
        let twice = query(&[(code::VENDOR_OPTS, &told), (code::DHCPV4_MSG, &[1]), (code::DHCPV4_MSG, &[1])], false);
        assert_eq!(Passed::query(&twice).unwrap().message(), Err("more than one DHCPv4 message option"));
        assert!(matches!(Passed::response(&twice), Err(Unusable::Type(MessageType::DHCPV4_QUERY))));
    }
}
