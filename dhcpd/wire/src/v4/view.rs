//! A packet received: parsed once, without copying; options are found by code.

use super::{CHADDR_LEN, COOKIE, MessageType, code, field};
use crate::options::{self, DataType, Family};
use smallvec::SmallVec;
use std::net::Ipv4Addr;
use std::sync::LazyLock;

/// A view of a DHCPv4 packet. The fixed fields are there, the cookie was right, every option that is known to have a fixed
/// size has it, and texts end without zeros.
#[derive(Debug)]
pub struct Packet<'a> {
    bytes: &'a [u8],
    /// Place in `spans` plus one by code; 0: there is no such option. There are at most 254 codes.
    index: [u8; 256],
    spans: SmallVec<[Span; 24]>,
    /// Options that came in several pieces, put together (RFC 3396).
    joined: Vec<u8>,
    bad: Option<BadOption>,
}

/// Where an option's payload stands.
#[derive(Clone, Copy, Debug)]
struct Span {
    code: u8,
    /// In `joined` rather than in the packet.
    joined: bool,
    start: u32,
    len: u32,
}

impl Span {
    #[expect(clippy::indexing_slicing, reason = "a table of 256 entries, indexed by a byte")]
    fn has_wrong_size(&self) -> bool {
        match SIZES[usize::from(self.code)] {
            Size::Any | Size::Text => false,
            Size::Exactly(size) => self.len != u32::from(size),
            Size::Times(size) => self.len == 0 || !self.len.is_multiple_of(size.into()),
        }
    }

    #[expect(clippy::indexing_slicing, reason = "a table of 256 entries, indexed by a byte")]
    fn is_text(&self) -> bool {
        matches!(SIZES[usize::from(self.code)], Size::Text)
    }
}

/// Bytes that putting pieces together may take, so that a packet of many small pieces costs no more than a large one.
const MAX_JOINED: usize = 1 << 16;

/// An option that does not fit where it stands. The options that follow it there are lost; those before it are not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadOption {
    /// Its code.
    pub code: u8,
    /// Place of the code in the packet.
    pub offset: usize,
}

impl std::fmt::Display for BadOption {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "option {} at byte {} is truncated", self.code, self.offset)
    }
}

/// Why bytes are no DHCPv4 packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// Shorter than the fixed fields.
    Truncated {
        /// Bytes that came.
        len: usize,
    },
    /// The fixed fields alone: BOOTP without vendor extensions.
    NoOptions,
    /// The options do not start with the magic cookie.
    BadCookie,
    /// A hardware address longer than its field.
    LongHardwareAddress {
        /// hlen.
        hlen: u8,
    },
    /// An option of the wrong size.
    OptionSize {
        /// Its code.
        code: u8,
        /// Its size in bytes.
        len: usize,
    },
}

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Truncated { len } => write!(f, "{len} bytes are too few for a DHCPv4 packet"),
            Self::NoOptions => f.write_str("BOOTP packet without vendor information extensions"),
            Self::BadCookie => f.write_str("invalid or missing DHCP magic cookie"),
            Self::LongHardwareAddress { hlen } => write!(f, "hardware address of {hlen} bytes"),
            Self::OptionSize { code, len } => write!(f, "option {code} has a wrong length of {len}"),
        }
    }
}

impl Default for Packet<'_> {
    fn default() -> Self {
        Self { bytes: &[], index: [0; 256], spans: SmallVec::new(), joined: Vec::new(), bad: None }
    }
}

impl<'a> Packet<'a> {
    /// Parses a packet.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut packet = Self::default();
        packet.read(bytes, false).map(|()| packet)
    }

    /// Parses a packet; options of the wrong size are left out.
    pub fn parse_leniently(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut packet = Self::default();
        packet.read(bytes, true).map(|()| packet)
    }

    /// Parses a packet where it stands: a view is large to be moved. `leniently` leaves out options of the wrong size.
    /// On an error it is a view of nothing that makes sense.
    pub fn read(&mut self, bytes: &'a [u8], leniently: bool) -> Result<(), Malformed> {
        self.scan_all(bytes)?;
        let mut absent = self.trim_texts();
        if let Some(span) = self.spans.iter().find(|span| span.has_wrong_size()) {
            if !leniently {
                return Err(Malformed::OptionSize { code: span.code, len: span.len as usize });
            }
            absent = true;
        }
        if absent {
            self.retain_good();
        }
        Ok(())
    }

    /// Texts end before the zeros that some clients put behind them; as in Kea, an empty one is as good as none. Whether
    /// there is such a one.
    fn trim_texts(&mut self) -> bool {
        let mut spans = std::mem::take(&mut self.spans);
        let mut empty = false;
        for span in spans.iter_mut().filter(|span| span.is_text()) {
            let payload = self.payload(*span);
            span.len = payload.iter().rposition(|byte| *byte != 0).map_or(0, |last| last as u32 + 1);
            empty |= span.len == 0;
        }
        self.spans = spans;
        empty
    }

    #[expect(clippy::indexing_slicing, reason = "a table of 256 entries, indexed by a byte")]
    fn retain_good(&mut self) {
        self.spans.retain(|span| !(span.has_wrong_size() || span.is_text() && span.len == 0));
        self.index = [0; 256];
        for (place, span) in self.spans.iter().enumerate() {
            self.index[usize::from(span.code)] = place as u8 + 1;
        }
    }

    fn scan_all(&mut self, bytes: &'a [u8]) -> Result<(), Malformed> {
        match bytes.get(field::COOKIE..field::OPTIONS) {
            Some(cookie) if cookie == COOKIE => {}
            Some(_) => return Err(Malformed::BadCookie),
            None if bytes.len() < field::COOKIE => return Err(Malformed::Truncated { len: bytes.len() }),
            None if bytes.len() == field::COOKIE => return Err(Malformed::NoOptions),
            None => return Err(Malformed::BadCookie),
        }
        (self.bytes, self.index, self.bad) = (bytes, [0; 256], None);
        self.spans.clear();
        self.joined.clear();
        if usize::from(self.byte(field::HLEN)) > CHADDR_LEN {
            return Err(Malformed::LongHardwareAddress { hlen: self.byte(field::HLEN) });
        }
        self.scan(field::OPTIONS, bytes.len());
        // The options may go on in `file` and then in `sname` (RFC 2132 §9.3, RFC 3396 §5).
        if let Some(&[overload]) = self.option(code::OVERLOAD) {
            if overload & 1 != 0 {
                self.scan(field::FILE.start, field::FILE.end);
            }
            if overload & 2 != 0 {
                self.scan(field::SNAME.start, field::SNAME.end);
            }
        }
        Ok(())
    }

    /// Hardware type, hardware address and transaction of bytes that need not be a packet; what is not there is empty.
    pub fn fixed_fields(bytes: &'a [u8]) -> (u8, &'a [u8], u32) {
        let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
        let len = usize::from(byte(field::HLEN)).min(CHADDR_LEN);
        let xid = bytes.get(field::XID..).and_then(|rest| rest.first_chunk()).copied().unwrap_or([0; 4]);
        let hw_addr = bytes.get(field::CHADDR..field::CHADDR + len).unwrap_or(&[]);
        (byte(field::HTYPE), hw_addr, u32::from_be_bytes(xid))
    }

    /// Indexes the options in `bytes[at..end]`.
    fn scan(&mut self, mut at: usize, end: usize) {
        while let Some(&code) = self.bytes.get(..end).and_then(|field| field.get(at)) {
            match code {
                code::PAD => at += 1,
                code::END => return,
                _ => {
                    let len = self.bytes.get(at + 1).copied().map_or(usize::MAX, usize::from);
                    if len > end.saturating_sub(at + 2) {
                        self.bad.get_or_insert(BadOption { code, offset: at });
                        return;
                    }
                    self.note(code, at + 2, len);
                    at += 2 + len;
                }
            }
        }
    }

    #[expect(clippy::indexing_slicing, reason = "a table of 256 entries, indexed by a byte")]
    fn note(&mut self, code: u8, at: usize, len: usize) {
        let span = Span { code, joined: false, start: at as u32, len: len as u32 };
        let known = usize::from(self.index[usize::from(code)]);
        match known.checked_sub(1).and_then(|place| self.spans.get(place)).copied() {
            None => {
                self.spans.push(span);
                self.index[usize::from(code)] = self.spans.len() as u8;
            }
            Some(before) => {
                let start = self.joined.len();
                if start + before.len as usize + len > MAX_JOINED {
                    self.bad.get_or_insert(BadOption { code, offset: at - 2 });
                    return;
                }
                if before.joined {
                    let whole = before.start as usize..(before.start + before.len) as usize;
                    self.joined.extend_from_within(whole);
                } else {
                    let piece = self.bytes.get(before.start as usize..(before.start + before.len) as usize);
                    self.joined.extend_from_slice(piece.unwrap_or(&[]));
                }
                self.joined.extend_from_slice(self.bytes.get(at..at + len).unwrap_or(&[]));
                let len = self.joined.len() - start;
                if let Some(place) = self.spans.get_mut(known - 1) {
                    *place = Span { code, joined: true, start: start as u32, len: len as u32 };
                }
            }
        }
    }

    fn payload(&self, span: Span) -> &[u8] {
        let bytes = if span.joined { &self.joined } else { self.bytes };
        bytes.get(span.start as usize..(span.start + span.len) as usize).unwrap_or(&[])
    }

    /// Payload of an option; its pieces are put together.
    #[expect(clippy::indexing_slicing, reason = "a table of 256 entries, indexed by a byte")]
    pub fn option(&self, code: u8) -> Option<&[u8]> {
        let place = usize::from(self.index[usize::from(code)]).checked_sub(1)?;
        self.spans.get(place).map(|span| self.payload(*span))
    }

    /// Options in the order they came.
    pub fn options(&self) -> impl Iterator<Item = (u8, &[u8])> {
        self.spans.iter().map(|span| (span.code, self.payload(*span)))
    }

    /// An option of four bytes as an address.
    pub fn address_option(&self, code: u8) -> Option<Ipv4Addr> {
        self.option(code).and_then(|payload| <[u8; 4]>::try_from(payload).ok()).map(Ipv4Addr::from)
    }

    /// An option of four bytes as a number.
    pub fn u32_option(&self, code: u8) -> Option<u32> {
        self.option(code).and_then(|payload| payload.try_into().ok()).map(u32::from_be_bytes)
    }

    /// An option of two bytes as a number.
    pub fn u16_option(&self, code: u8) -> Option<u16> {
        self.option(code).and_then(|payload| payload.try_into().ok()).map(u16::from_be_bytes)
    }

    /// The first option that did not fit.
    pub fn bad_option(&self) -> Option<BadOption> {
        self.bad
    }

    /// The whole packet.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Option 53.
    pub fn message_type(&self) -> Option<MessageType> {
        self.option(code::MESSAGE_TYPE).and_then(|payload| payload.first()).map(|&value| MessageType(value))
    }

    /// 1: request, 2: reply.
    pub fn op(&self) -> u8 {
        self.byte(field::OP)
    }

    /// Hardware type.
    pub fn htype(&self) -> u8 {
        self.byte(field::HTYPE)
    }

    /// Hardware address: the first hlen bytes of chaddr.
    pub fn hw_addr(&self) -> &'a [u8] {
        let len = usize::from(self.byte(field::HLEN)).min(CHADDR_LEN);
        self.bytes.get(field::CHADDR..field::CHADDR + len).unwrap_or(&[])
    }

    /// Relays it went through.
    pub fn hops(&self) -> u8 {
        self.byte(field::HOPS)
    }

    /// Transaction.
    pub fn xid(&self) -> u32 {
        u32::from_be_bytes(self.array(field::XID))
    }

    /// Seconds since the client began.
    pub fn secs(&self) -> u16 {
        u16::from_be_bytes(self.array(field::SECS))
    }

    /// Flags; see [`super::BROADCAST`].
    pub fn flags(&self) -> u16 {
        u16::from_be_bytes(self.array(field::FLAGS))
    }

    /// Address the client has.
    pub fn ciaddr(&self) -> Ipv4Addr {
        self.array(field::CIADDR).into()
    }

    /// Address the client gets.
    pub fn yiaddr(&self) -> Ipv4Addr {
        self.array(field::YIADDR).into()
    }

    /// Next server to ask.
    pub fn siaddr(&self) -> Ipv4Addr {
        self.array(field::SIADDR).into()
    }

    /// Relay.
    pub fn giaddr(&self) -> Ipv4Addr {
        self.array(field::GIADDR).into()
    }

    /// The field sname, up to its first zero.
    pub fn sname(&self) -> &'a [u8] {
        self.bytes.get(field::SNAME).and_then(|f| f.split(|b| *b == 0).next()).unwrap_or(&[])
    }

    /// The field file, up to its first zero.
    pub fn file(&self) -> &'a [u8] {
        self.bytes.get(field::FILE).and_then(|f| f.split(|b| *b == 0).next()).unwrap_or(&[])
    }

    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    fn array<const N: usize>(&self, at: usize) -> [u8; N] {
        self.bytes.get(at..).and_then(|rest| rest.first_chunk()).copied().unwrap_or([0; N])
    }
}

/// Sub-options inside an option, code by code; ends at the first that does not fit.
pub fn sub_options(payload: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let mut rest = payload;
    std::iter::from_fn(move || {
        let (&[code, len], tail) = rest.split_first_chunk()?;
        let (value, tail) = tail.split_at_checked(len.into())?;
        rest = tail;
        Some((code, value))
    })
}

/// What is known about the size of an option.
#[derive(Clone, Copy)]
enum Size {
    Any,
    Text,
    Exactly(u8),
    Times(u8),
}

/// Sizes by code, from the option table.
static SIZES: LazyLock<[Size; 256]> = LazyLock::new(|| {
    let mut sizes = [Size::Any; 256];
    for definition in options::standard(Family::V4, "dhcp4") {
        if definition.kind == DataType::String
            && let Some(place) = sizes.get_mut(usize::from(definition.code))
        {
            *place = Size::Text;
            continue;
        }
        let size = definition.kind.size().filter(|_| definition.encapsulates.is_empty());
        // Option 125 is a list of vendors, each with options of its own; the table says no more than that it starts with a number.
        let known = size.filter(|size| *size > 0 && definition.code != u16::from(code::VENDOR_OPTIONS));
        if let (Some(size), Some(place)) = (known, sizes.get_mut(usize::from(definition.code))) {
            *place = if definition.array { Size::Times(size as u8) } else { Size::Exactly(size as u8) };
        }
    }
    sizes
});
