//! IPv4 and UDP headers around a DHCPv4 message: what a packet socket carries (RFC 791 §3.1, RFC 768).
//!
//! Clients without an address cannot be reached through the kernel's UDP: it would ask ARP for an address that nobody
//! has yet. Their packets are framed here.

use std::net::Ipv4Addr;

/// Room to leave in front of a message for both headers, in bytes.
pub const HEADROOM: usize = IP_HEADER + UDP_HEADER;
const IP_HEADER: usize = 20;
const UDP_HEADER: usize = 8;
/// Time to live of what we frame.
const TTL: u8 = 64;

/// Where a framed message comes from and goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// Source address.
    pub source: Ipv4Addr,
    /// Source port.
    pub source_port: u16,
    /// Destination address.
    pub destination: Ipv4Addr,
    /// Destination port.
    pub destination_port: u16,
}

/// Why a frame is not a UDP datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameError {
    /// Shorter than its headers say.
    Truncated,
    /// Not IPv4, or not UDP.
    NotUdp,
    /// The UDP checksum does not fit.
    Checksum,
}

/// Fills the first [`HEADROOM`] bytes of `packet` with headers for the message behind them.
pub fn fill_headers(packet: &mut [u8], ends: Endpoints) {
    let total = packet.len();
    let udp_len = (total - IP_HEADER) as u16;
    let Some((headers, message)) = packet.split_first_chunk_mut::<HEADROOM>() else { return };
    headers.fill(0);
    headers[0] = 0x45;
    headers[1] = 0x10; // low delay, as DHCP servers have always marked it
    headers[2..4].copy_from_slice(&(total as u16).to_be_bytes());
    headers[6] = 0x40; // don't fragment
    headers[8] = TTL;
    headers[9] = libc::IPPROTO_UDP as u8;
    headers[12..16].copy_from_slice(&ends.source.octets());
    headers[16..20].copy_from_slice(&ends.destination.octets());
    let ip_sum = fold(sum(&headers[..IP_HEADER], 0));
    headers[10..12].copy_from_slice(&(!ip_sum).to_be_bytes());
    headers[20..22].copy_from_slice(&ends.source_port.to_be_bytes());
    headers[22..24].copy_from_slice(&ends.destination_port.to_be_bytes());
    headers[24..26].copy_from_slice(&udp_len.to_be_bytes());
    let udp_sum =
        !fold(sum(message, sum(&headers[IP_HEADER..], pseudo_header(ends.source, ends.destination, udp_len))));
    // 0 means "no checksum" (RFC 768), so a sum of 0 is sent as its other representation.
    headers[26..28].copy_from_slice(&(if udp_sum == 0 { 0xffff } else { udp_sum }).to_be_bytes());
}

/// The message in an IPv4 packet. `verify` is false where the kernel vouches for the checksum or has not filled it in yet.
pub fn parse(packet: &[u8], verify: bool) -> Result<(Endpoints, &[u8]), FrameError> {
    let ip = packet.first_chunk::<IP_HEADER>().ok_or(FrameError::Truncated)?;
    if ip[0] >> 4 != 4 || ip[9] != libc::IPPROTO_UDP as u8 {
        return Err(FrameError::NotUdp);
    }
    let header_len = usize::from(ip[0] & 0x0f) * 4;
    let total = usize::from(u16::from_be_bytes([ip[2], ip[3]]));
    // Ethernet pads short frames: the header says where the packet ends.
    let datagram = packet.get(..total).and_then(|p| p.get(header_len.max(IP_HEADER)..)).ok_or(FrameError::Truncated)?;
    let udp = datagram.first_chunk::<UDP_HEADER>().ok_or(FrameError::Truncated)?;
    let udp_len = u16::from_be_bytes([udp[4], udp[5]]);
    let datagram = datagram.get(..udp_len.into()).ok_or(FrameError::Truncated)?;
    let message = datagram.get(UDP_HEADER..).ok_or(FrameError::Truncated)?;
    let ends = Endpoints {
        source: Ipv4Addr::new(ip[12], ip[13], ip[14], ip[15]),
        source_port: u16::from_be_bytes([udp[0], udp[1]]),
        destination: Ipv4Addr::new(ip[16], ip[17], ip[18], ip[19]),
        destination_port: u16::from_be_bytes([udp[2], udp[3]]),
    };
    let has_checksum = udp[6] != 0 || udp[7] != 0;
    if verify && has_checksum && fold(sum(datagram, pseudo_header(ends.source, ends.destination, udp_len))) != 0xffff {
        return Err(FrameError::Checksum);
    }
    Ok((ends, message))
}

fn pseudo_header(source: Ipv4Addr, destination: Ipv4Addr, udp_len: u16) -> u32 {
    sum(&source.octets(), sum(&destination.octets(), u32::from(udp_len) + libc::IPPROTO_UDP as u32))
}

/// Adds 16-bit words in network order; an odd last byte is padded with 0 (RFC 1071 §4.1). At most 64 KiB, so 32 bits suffice.
fn sum(bytes: &[u8], start: u32) -> u32 {
    let words = bytes.chunks_exact(2);
    let odd = words.remainder().first().map_or(0, |&b| u32::from(b) << 8);
    words.fold(start.wrapping_add(odd), |s, w| s.wrapping_add(u32::from(u16::from_be_bytes([w[0], w[1]]))))
}

fn fold(mut sum: u32) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum as u16
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ENDS: Endpoints = Endpoints {
        source: Ipv4Addr::new(192, 0, 2, 1),
        source_port: 67,
        destination: Ipv4Addr::new(192, 0, 2, 77),
        destination_port: 68,
    };

    proptest! {
        #[test]
        fn what_is_framed_is_read_back(message in proptest::collection::vec(any::<u8>(), 0..1400)) {
            let mut packet = vec![0; HEADROOM];
            packet.extend(&message);
            fill_headers(&mut packet, ENDS);
            packet.extend([0; 7]); // padding of the link
            prop_assert_eq!(parse(&packet, true), Ok((ENDS, &message[..])));
        }

        #[test]
        fn a_flipped_bit_in_the_datagram_is_noticed(message in proptest::collection::vec(any::<u8>(), 1..300), bit in 0usize..8) {
            let mut packet = vec![0; HEADROOM];
            packet.extend(&message);
            fill_headers(&mut packet, ENDS);
            *packet.last_mut().unwrap() ^= 1 << bit;
            prop_assert_eq!(parse(&packet, true), Err(FrameError::Checksum));
            prop_assert!(parse(&packet, false).is_ok());
        }

        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = parse(&bytes, true);
        }
    }

    #[test]
    fn header_checksum_is_the_one_of_the_textbook() {
        let mut packet = vec![0; HEADROOM];
        fill_headers(&mut packet, ENDS);
        assert_eq!(fold(sum(&packet[..20], 0)), 0xffff);
    }
}
