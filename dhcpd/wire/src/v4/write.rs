//! A packet to be sent, written into a buffer that is used again and again.

use super::{CHADDR_LEN, COOKIE, code, field};
use std::net::Ipv4Addr;

/// The fixed fields of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header<'a> {
    /// 1: request, 2: reply.
    pub op: u8,
    /// Hardware type.
    pub htype: u8,
    /// Relays it went through.
    pub hops: u8,
    /// Transaction.
    pub xid: u32,
    /// Seconds since the client began.
    pub secs: u16,
    /// Flags.
    pub flags: u16,
    /// Address the client has.
    pub ciaddr: Ipv4Addr,
    /// Address the client gets.
    pub yiaddr: Ipv4Addr,
    /// Next server to ask.
    pub siaddr: Ipv4Addr,
    /// Relay.
    pub giaddr: Ipv4Addr,
    /// Hardware address; what exceeds 16 bytes is left out.
    pub hw_addr: &'a [u8],
    /// Server host name; what exceeds 63 bytes is left out.
    pub sname: &'a [u8],
    /// Boot file name; what exceeds 127 bytes is left out.
    pub file: &'a [u8],
}

/// Appends options to a packet.
#[derive(Debug)]
pub struct Writer<'b> {
    out: &'b mut Vec<u8>,
    start: usize,
}

impl<'b> Writer<'b> {
    /// Appends the fixed fields and the cookie of a packet to the buffer.
    pub fn new(out: &'b mut Vec<u8>, header: &Header<'_>) -> Self {
        let start = out.len();
        out.resize(start + field::OPTIONS, 0);
        let mut writer = Self { out, start };
        let hw_addr = header.hw_addr.get(..CHADDR_LEN).unwrap_or(header.hw_addr);
        writer.put(field::OP, &[header.op, header.htype, hw_addr.len() as u8]);
        writer.put(field::HOPS, &[header.hops]);
        writer.put(field::XID, &header.xid.to_be_bytes());
        writer.put(field::SECS, &header.secs.to_be_bytes());
        writer.put(field::FLAGS, &header.flags.to_be_bytes());
        writer.put(field::CIADDR, &header.ciaddr.octets());
        writer.put(field::YIADDR, &header.yiaddr.octets());
        writer.put(field::SIADDR, &header.siaddr.octets());
        writer.put(field::GIADDR, &header.giaddr.octets());
        writer.put(field::CHADDR, hw_addr);
        writer.put(field::SNAME.start, header.sname.get(..field::SNAME.len() - 1).unwrap_or(header.sname));
        writer.put(field::FILE.start, header.file.get(..field::FILE.len() - 1).unwrap_or(header.file));
        writer.put(field::COOKIE, &COOKIE);
        writer
    }

    /// Appends the fixed fields of another packet, its cookie included.
    pub(super) fn with_fields(out: &'b mut Vec<u8>, fields: &[u8]) -> Self {
        let start = out.len();
        out.extend_from_slice(fields);
        Self { out, start }
    }

    /// Overwrites fixed fields.
    fn put(&mut self, at: usize, bytes: &[u8]) {
        let at = self.start + at;
        if let Some(place) = self.out.get_mut(at..at + bytes.len()) {
            place.copy_from_slice(bytes);
        }
    }

    /// Appends an option; a payload of more than 255 bytes is split (RFC 3396).
    pub fn option(&mut self, code: u8, payload: &[u8]) {
        let (first, rest) = payload.split_at(payload.len().min(255));
        self.out.extend_from_slice(&[code, first.len() as u8]);
        self.out.extend_from_slice(first);
        for piece in rest.chunks(255) {
            self.out.extend_from_slice(&[code, piece.len() as u8]);
            self.out.extend_from_slice(piece);
        }
    }

    /// Bytes that an option takes.
    pub fn option_len(payload: usize) -> usize {
        payload + 2 * payload.div_ceil(255).max(1)
    }

    /// Bytes of a packet without options, with its end mark.
    pub const EMPTY_LEN: usize = field::OPTIONS + 1;

    /// Ends the packet. As in Kea it is not padded to the 300 bytes of RFC 1542 §2.1, which is about senders of BOOTP.
    pub fn finish(self) {
        self.out.push(code::END);
    }
}
