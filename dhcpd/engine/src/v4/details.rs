//! A whole packet in messages: for whoever looks for a fault.

use std::fmt;
use std::net::SocketAddr;
use wire::hex::Colons;
use wire::options::{self, Family};
use wire::v4::{MessageType, Packet};

/// A packet with the addresses at both of its ends, laid out as Kea does.
pub(super) struct Details<'a> {
    pub bytes: &'a [u8],
    pub local: SocketAddr,
    pub remote: SocketAddr,
}

impl fmt::Display for Details<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ok(packet) = Packet::parse_leniently(self.bytes) else { return f.write_str("no DHCP message") };
        let kind = packet.message_type().unwrap_or(MessageType(0));
        writeln!(f, "local_address={}, remote_address={},", self.local, self.remote)?;
        write!(f, "msg_type={} ({}), trans_id=0x{:x},\noptions:", kind.name(), kind.0, packet.xid())?;
        for (code, payload) in packet.options() {
            write!(f, "\n  type={code:03}, len={:03}: ", payload.len())?;
            let definition = options::by_code(Family::V4, "dhcp4", code.into());
            match definition.and_then(|d| options::decode(d, payload).ok()).filter(|text| !text.is_empty()) {
                Some(text) => f.write_str(&text)?,
                None => Colons(payload).fmt(f)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::bench::Query;
    use super::*;
    use wire::v4::code;

    #[test]
    fn options_are_shown_by_their_types() {
        let query = Query::discover(1).asking_for(&[1, 3]).with(code::HOST_NAME, *b"host").with(200, [1, 10]);
        let address = |text: &str| text.parse().unwrap();
        let (local, remote) = (address("10.0.1.1:67"), address("10.0.1.2:68"));
        let expected = "local_address=10.0.1.1:67, remote_address=10.0.1.2:68,\n\
                        msg_type=DHCPDISCOVER (1), trans_id=0x1234,\n\
                        options:\n  type=053, len=001: 1\n  type=055, len=002: 1, 3\n  type=012, len=004: host\n  \
                        type=200, len=002: 01:0a";
        assert_eq!(Details { bytes: &query.bytes(), local, remote }.to_string(), expected);
    }
}
