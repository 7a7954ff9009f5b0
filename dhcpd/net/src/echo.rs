//! ICMP echo (RFC 792): is there anybody at an address?

use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use std::io::{self, Read};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

/// Types of ICMP messages.
const ECHO_REPLY: u8 = 0;
const UNREACHABLE: u8 = 3;
const ECHO_REQUEST: u8 = 8;
/// Longest message that is read; what matters stands at the beginning.
const LONGEST: usize = 1500;

/// A raw socket for echo requests and what comes back.
#[derive(Debug)]
pub struct EchoSocket(Socket);

/// What came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Echo {
    /// Somebody is there.
    Reply {
        /// At this address.
        from: Ipv4Addr,
        /// Identifier of the request.
        id: u16,
        /// Its number.
        sequence: u16,
    },
    /// The way to an address ends before it.
    Unreachable {
        /// The address.
        to: Ipv4Addr,
        /// Identifier of the request.
        id: u16,
        /// Its number.
        sequence: u16,
    },
}

impl EchoSocket {
    /// Opens the socket; that takes CAP_NET_RAW.
    pub fn open() -> io::Result<Self> {
        let socket = Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::ICMPV4))?;
        Ok(Self(socket))
    }

    /// Asks an address, without waiting.
    pub fn send(&self, to: Ipv4Addr, id: u16, sequence: u16) -> io::Result<()> {
        let to = SockAddr::from(SocketAddrV4::new(to, 0));
        self.0.send_to_with_flags(&request(id, sequence), &to, libc::MSG_DONTWAIT).map(drop)
    }

    /// What comes within this time, or comes that is of no interest: then it is `None`.
    pub fn receive(&self, within: Duration) -> io::Result<Option<Echo>> {
        self.0.set_read_timeout(Some(within.max(Duration::from_millis(1))))?;
        let mut buffer = [0; LONGEST];
        match (&self.0).read(&mut buffer) {
            Ok(len) => Ok(read(buffer.get(..len).unwrap_or_default())),
            Err(e)
                if matches!(
                    e.kind(),
                    io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted
                ) =>
            {
                Ok(None)
            }
            Err(e) => Err(e),
        }
    }
}

/// An echo request (RFC 792, page 14).
fn request(id: u16, sequence: u16) -> [u8; 8] {
    let [i, j] = id.to_be_bytes();
    let [s, t] = sequence.to_be_bytes();
    let [c, d] = checksum(&[ECHO_REQUEST, 0, 0, 0, i, j, s, t]).to_be_bytes();
    [ECHO_REQUEST, 0, c, d, i, j, s, t]
}

/// RFC 1071.
fn checksum(bytes: &[u8]) -> u16 {
    let words = bytes.chunks(2).map(|word| match word {
        [high, low] => u32::from(u16::from_be_bytes([*high, *low])),
        [high] => u32::from(*high) << 8,
        _ => 0,
    });
    let sum: u32 = words.sum();
    let folded = (sum & 0xffff) + (sum >> 16);
    !((folded & 0xffff) + (folded >> 16)) as u16
}

/// An IPv4 packet with an ICMP message.
fn read(packet: &[u8]) -> Option<Echo> {
    let (_, from, _, message) = split(packet)?;
    match *message.first()? {
        ECHO_REPLY => {
            let (id, sequence) = numbers(message)?;
            Some(Echo::Reply { from, id, sequence })
        }
        UNREACHABLE => {
            // It carries the beginning of what was sent.
            let (protocol, _, to, sent) = split(message.get(8..)?)?;
            let (id, sequence) = numbers(sent)?;
            (protocol == ICMP && sent.first() == Some(&ECHO_REQUEST)).then_some(Echo::Unreachable { to, id, sequence })
        }
        _ => None,
    }
}

/// Number of the protocol.
const ICMP: u8 = 1;

/// Protocol, source, destination and payload of an IPv4 packet.
fn split(packet: &[u8]) -> Option<(u8, Ipv4Addr, Ipv4Addr, &[u8])> {
    let header = usize::from(packet.first()? & 15) * 4;
    let address = |at: usize| <[u8; 4]>::try_from(packet.get(at..at + 4)?).ok().map(Ipv4Addr::from);
    Some((*packet.get(9)?, address(12)?, address(16)?, packet.get(header.max(20)..)?))
}

/// Identifier and sequence number of an echo message.
fn numbers(message: &[u8]) -> Option<(u16, u16)> {
    match message.get(4..8)? {
        [i, j, s, t] => Some((u16::from_be_bytes([*i, *j]), u16::from_be_bytes([*s, *t]))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// An IPv4 packet of ICMP.
    fn packet(from: [u8; 4], to: [u8; 4], payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0x45, 0, 0, 0, 0, 0, 0, 0, 64, ICMP, 0, 0];
        bytes.extend(from.iter().chain(&to).chain(payload));
        bytes
    }

    #[test]
    fn answers_are_known_by_their_numbers() {
        let asked = request(7, 9);
        assert_eq!(checksum(&asked), 0);
        let mut answer = asked;
        answer[0] = ECHO_REPLY;
        let reply = read(&packet([192, 0, 2, 9], [192, 0, 2, 1], &answer));
        assert_eq!(reply, Some(Echo::Reply { from: [192, 0, 2, 9].into(), id: 7, sequence: 9 }));
        let mut unreachable = vec![UNREACHABLE, 1, 0, 0, 0, 0, 0, 0];
        unreachable.extend(packet([192, 0, 2, 1], [192, 0, 2, 9], &asked));
        let told = read(&packet([192, 0, 2, 254], [192, 0, 2, 1], &unreachable));
        assert_eq!(told, Some(Echo::Unreachable { to: [192, 0, 2, 9].into(), id: 7, sequence: 9 }));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = read(&bytes);
        }
    }
}
