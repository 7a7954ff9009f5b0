//! A whole packet in messages: for whoever looks for a fault.

use std::fmt::{self, Display};
use std::net::SocketAddr;
use wire::hex::Colons;
use wire::options::{self, DataType, Definition, Family};
use wire::v6::{Ia, IaAddress, IaPrefix, MessageType, Opt, Options, Packet, code};

/// A packet with the addresses at both of its ends, laid out as Kea does.
pub(super) struct Details<'a> {
    pub bytes: &'a [u8],
    pub local: SocketAddr,
    pub remote: SocketAddr,
}

impl Display for Details<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let packet = Packet::parse(self.bytes).or_else(|_| Packet::parse_reply(self.bytes));
        let Ok(Packet { relays, message }) = packet else { return f.write_str("no DHCPv6 message") };
        writeln!(f, "local_address={}, remote_address={},", Bracketed(self.local), Bracketed(self.remote))?;
        write!(f, "msg_type={} ({}), trans_id=0x{:x},", message.kind.name(), message.kind.0, message.transaction_id)?;
        all(f, message.options, 2)?;
        if relays.is_empty() {
            return f.write_str("\nNo relays traversed.\n");
        }
        writeln!(f, "\n{} relay(s):", relays.len())?;
        for (at, relay) in relays.iter().enumerate() {
            let options = || relay.options.iter().map_while(Result::ok).filter(|o| o.code != code::RELAY_MSG);
            let (number, name) = (MessageType::RELAY_FORW.0, MessageType::RELAY_FORW.name());
            writeln!(f, "relay[{at}]: msg-type={number}({name}), hop-count={},", relay.hop_count)?;
            let (link, peer, count) = (relay.link_address, relay.peer_address, options().count());
            writeln!(f, "link-address={link}, peer-address={peer}, {count} option(s)")?;
            for option in options() {
                one(f, &option, 0)?;
                writeln!(f)?;
            }
        }
        Ok(())
    }
}

fn all(f: &mut fmt::Formatter<'_>, options: Options<'_>, indent: usize) -> fmt::Result {
    f.write_str("\noptions:")?;
    for option in options.iter().map_while(Result::ok) {
        writeln!(f)?;
        one(f, &option, indent)?;
    }
    Ok(())
}

/// An option, and those within it where it is an identity association: nowhere else are there any that are shown apart.
fn one(f: &mut fmt::Formatter<'_>, option: &Opt<'_>, indent: usize) -> fmt::Result {
    let (number, len) = (option.code, option.data.len());
    let name = match number {
        code::IA_NA => "(IA_NA)",
        code::IA_PD => "(IA_PD)",
        code::IA_ADDR => "(IAADDR)",
        code::IA_PREFIX => "(IAPREFIX)",
        _ => "",
    };
    write!(f, "{:indent$}type={number:05}{name}, len={len:05}: ", "")?;
    let inner = match number {
        code::IA_NA | code::IA_PD => Ia::parse(option).map(|ia| {
            write!(f, "iaid={}, t1={}, t2={}", ia.iaid, ia.t1, ia.t2)?;
            Ok(ia.options)
        }),
        code::IA_ADDR => IaAddress::parse(option).map(|IaAddress { address, preferred, valid, options }| {
            write!(f, "address={address}, preferred-lft={preferred}, valid-lft={valid}")?;
            Ok(options)
        }),
        code::IA_PREFIX => IaPrefix::parse(option).map(|IaPrefix { prefix, len, preferred, valid, options }| {
            write!(f, "prefix={prefix}/{len}, preferred-lft={preferred}, valid-lft={valid}")?;
            Ok(options)
        }),
        _ => None,
    };
    match inner.transpose()? {
        Some(options) if options.iter().next().is_none() => Ok(()),
        Some(options) if indent < DEEPEST => {
            f.write_str(",")?;
            all(f, options, indent + 2)
        }
        Some(_) => Ok(()),
        None => {
            let typed = |definition: &&Definition| definition.kind != DataType::Binary;
            let definition = options::by_code(Family::V6, "dhcp6", number).filter(typed);
            match definition.and_then(|d| options::decode(d, option.data).ok()).filter(|text| !text.is_empty()) {
                Some(text) => f.write_str(&text),
                None => Colons(option.data).fmt(f),
            }
        }
    }
}

/// Associations, addresses, and a status: no peer has more shown.
const DEEPEST: usize = 8;

/// An address and a port as Kea shows them.
struct Bracketed(SocketAddr);

impl Display for Bracketed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}]:{}", self.0.ip(), self.0.port())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::v6::Writer;

    #[test]
    fn options_are_shown_by_their_types_and_depth() {
        let mut bytes = Vec::new();
        let mut out = Writer::new(&mut bytes);
        out.message(MessageType::REQUEST, 0x1234);
        out.option(code::CLIENT_ID, &[0, 3, 0, 1]);
        let ia = out.open_ia(code::IA_NA, 7, 0, 0);
        out.ia_address("2001:db8::1".parse().unwrap(), 3, 4);
        out.close(ia);
        out.finish().unwrap();
        let address = |text: &str| text.parse().unwrap();
        let (local, remote) = (address("[ff02::1:2]:547"), address("[fe80::1]:546"));
        let expected = "local_address=[ff02::1:2]:547, remote_address=[fe80::1]:546,\n\
                        msg_type=REQUEST (3), trans_id=0x1234,\n\
                        options:\n  type=00001, len=00004: 00:03:00:01\n  \
                        type=00003(IA_NA), len=00040: iaid=7, t1=0, t2=0,\n\
                        options:\n    type=00005(IAADDR), len=00024: address=2001:db8::1, preferred-lft=3, valid-lft=4\n\
                        No relays traversed.\n";
        assert_eq!(Details { bytes: &bytes, local, remote }.to_string(), expected);
    }
}
