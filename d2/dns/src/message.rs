//! A DNS UPDATE message (RFC 2136 §2), request or response.
//!
//! ```text
//! +---------------------+
//! |       Header        |  ID, QR, opcode, RCODE, four counts
//! +---------------------+
//! |        Zone         |  the zone to be changed
//! +---------------------+
//! |    Prerequisite     |  records that must, or must not, be there
//! +---------------------+
//! |       Update        |  records to add or delete
//! +---------------------+
//! |  Additional Data    |  nothing but TSIG here
//! +---------------------+
//! ```

use std::fmt;

use crate::name::{Name, NameError};
use crate::reader::Reader;
use crate::record::{Class, Record, Type};

/// A DNS UPDATE message. As a request it is built with [`Message::update`] and struct fields; a TSIG is not among its records
/// but appended to its bytes by [`Key::sign`](crate::Key::sign).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Chosen by whoever asks, and copied to the answer.
    pub id: u16,
    /// Is it an answer?
    pub response: bool,
    /// What came of it; 0 in a request.
    pub rcode: Rcode,
    /// The zone; an answer may leave it out (RFC 2136 §3.8).
    pub zone: Option<Name>,
    /// What must hold.
    pub prerequisites: Vec<Record>,
    /// What to change.
    pub updates: Vec<Record>,
    /// Everything else, without TSIG in a request.
    pub additional: Vec<Record>,
}

/// Response code (RFC 2136 §2.2); unknown ones survive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rcode(pub u8);

impl Rcode {
    /// Done.
    pub const NOERROR: Self = Self(0);
    /// A name that ought to exist does not.
    pub const NXDOMAIN: Self = Self(3);
    /// The server does not want to.
    pub const REFUSED: Self = Self(5);
    /// A name that ought not to exist does.
    pub const YXDOMAIN: Self = Self(6);
    /// Records that ought not to exist do.
    pub const YXRRSET: Self = Self(7);
    /// Records that ought to exist do not.
    pub const NXRRSET: Self = Self(8);
    /// The server is not authoritative for the zone, or does not take the signature.
    pub const NOTAUTH: Self = Self(9);
}

/// Why bytes are not the answer to an update, or a message cannot be encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageError {
    /// The message ends early.
    Truncated,
    /// A name in it is wrong.
    Name(NameError),
    /// Octets follow the last record.
    Trailing,
    /// The opcode is not UPDATE.
    NotUpdate,
    /// There is more than one zone, or one that is not of type SOA and class IN.
    BadZone,
    /// A record or a section is too long to be counted in 16 bits.
    TooLong,
}

/// UPDATE (RFC 2136 §1.3).
const OPCODE_UPDATE: u16 = 5;
const QR: u16 = 0x8000;
/// Octets of the header.
pub(crate) const HEADER: usize = 12;

impl Message {
    /// A request to change `zone`, so far without conditions and changes.
    pub fn update(id: u16, zone: &Name) -> Self {
        Self {
            id,
            response: false,
            rcode: Rcode::NOERROR,
            zone: Some(zone.clone()),
            prerequisites: Vec::new(),
            updates: Vec::new(),
            additional: Vec::new(),
        }
    }

    /// The message in wire form, without name compression.
    pub fn encode(&self) -> Result<Vec<u8>, MessageError> {
        let mut out = Vec::with_capacity(512);
        let flags = if self.response { QR } else { 0 } | OPCODE_UPDATE << 11 | u16::from(self.rcode.0 & 15);
        let sections = [&self.prerequisites, &self.updates, &self.additional];
        for word in [self.id, flags, u16::from(self.zone.is_some())] {
            out.extend_from_slice(&word.to_be_bytes());
        }
        for section in sections {
            let count = u16::try_from(section.len()).map_err(|_| MessageError::TooLong)?;
            out.extend_from_slice(&count.to_be_bytes());
        }
        if let Some(zone) = &self.zone {
            out.extend_from_slice(zone.wire());
            out.extend_from_slice(&Type::SOA.0.to_be_bytes());
            out.extend_from_slice(&Class::IN.0.to_be_bytes());
        }
        sections.into_iter().flatten().try_for_each(|record| record.encode(&mut out))?;
        Ok(out)
    }

    /// Reads a message; nothing may follow it.
    pub fn decode(bytes: &[u8]) -> Result<Self, MessageError> {
        Self::decode_with_last(bytes).map(|(message, _)| message)
    }

    /// Reads a message, and tells where its last record begins: the TSIG of a signed one.
    pub(crate) fn decode_with_last(bytes: &[u8]) -> Result<(Self, usize), MessageError> {
        let mut reader = Reader::new(bytes);
        let (id, flags) = (reader.u16()?, reader.u16()?);
        if flags >> 11 & 15 != OPCODE_UPDATE {
            return Err(MessageError::NotUpdate);
        }
        let counts = [reader.u16()?, reader.u16()?, reader.u16()?, reader.u16()?];
        let [zones, prerequisites, updates, additional] = counts;
        let mut last = bytes.len();
        let message = Self {
            id,
            response: flags & QR != 0,
            rcode: Rcode((flags & 15) as u8),
            zone: zone(&mut reader, zones)?,
            prerequisites: section(&mut reader, prerequisites, &mut last)?,
            updates: section(&mut reader, updates, &mut last)?,
            additional: section(&mut reader, additional, &mut last)?,
        };
        if reader.is_empty() { Ok((message, last)) } else { Err(MessageError::Trailing) }
    }
}

fn zone(reader: &mut Reader<'_>, count: u16) -> Result<Option<Name>, MessageError> {
    match count {
        0 => Ok(None),
        1 => {
            let zone = reader.name()?;
            let form = (Type(reader.u16()?), Class(reader.u16()?));
            if form == (Type::SOA, Class::IN) { Ok(Some(zone)) } else { Err(MessageError::BadZone) }
        }
        _ => Err(MessageError::BadZone),
    }
}

fn section(reader: &mut Reader<'_>, count: u16, last: &mut usize) -> Result<Vec<Record>, MessageError> {
    let next = |_| {
        *last = reader.offset();
        Record::decode(reader)
    };
    (0..count).map(next).collect()
}

/// The word of RFC 2136 and RFC 8945, or `RESERVED` and the number.
impl fmt::Display for Rcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const WORDS: [&str; 11] = [
            "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET",
            "NOTAUTH", "NOTZONE",
        ];
        match WORDS.get(usize::from(self.0)) {
            Some(word) => f.write_str(word),
            None => write!(f, "RESERVED{}", self.0),
        }
    }
}

impl fmt::Display for MessageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated => f.write_str("the message is cut short"),
            Self::Name(error) => error.fmt(f),
            Self::Trailing => f.write_str("octets follow the last record"),
            Self::NotUpdate => f.write_str("the message is not a DNS UPDATE"),
            Self::BadZone => f.write_str("the zone section does not hold one zone"),
            Self::TooLong => f.write_str("a record or section is too long"),
        }
    }
}

impl std::error::Error for MessageError {}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::name::tests::names;

    fn records() -> impl Strategy<Value = Record> {
        (names(), any::<u16>(), any::<u16>(), any::<u32>(), vec(any::<u8>(), 0..40)).prop_map(
            |(name, rtype, class, ttl, rdata)| Record { name, rtype: Type(rtype), class: Class(class), ttl, rdata },
        )
    }

    prop_compose! {
        fn messages()(
            id: u16,
            response: bool,
            rcode in 0..16u8,
            zone in proptest::option::of(names()),
            sections in proptest::array::uniform3(vec(records(), 0..4)),
        ) -> Message {
            let [prerequisites, updates, additional] = sections;
            Message { id, response, rcode: Rcode(rcode), zone, prerequisites, updates, additional }
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(message in messages()) {
            let bytes = message.encode().unwrap();
            prop_assert_eq!(Message::decode(&bytes), Ok(message));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..600)) {
            if let Ok(message) = Message::decode(&bytes) {
                let again = Message::decode(&message.encode().unwrap());
                prop_assert_eq!(again, Ok(message));
            }
        }

        #[test]
        fn damaged_messages_are_read_or_refused(message in messages(), at: prop::sample::Index, byte: u8, cut: prop::sample::Index) {
            let mut bytes = message.encode().unwrap();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let _ = Message::decode(&bytes);
            let cut = cut.index(bytes.len());
            bytes.truncate(cut);
            prop_assert!(Message::decode(&bytes).is_err() || cut > HEADER);
        }
    }

    #[test]
    fn an_update_has_the_layout_of_rfc_2136() {
        let zone = Name::parse("example.").unwrap();
        let host = Name::parse("h.example").unwrap();
        let mut message = Message::update(0x1234, &zone);
        message.prerequisites.push(Record::name_not_in_use(&host));
        message.updates.push(Record::add(&host, Type::A, 60, vec![192, 0, 2, 1]));
        let expected: &[&[u8]] = &[
            &[0x12, 0x34, 0x28, 0, 0, 1, 0, 1, 0, 1, 0, 0],
            b"\x07example\0\0\x06\0\x01",
            b"\x01h\x07example\0\0\xff\0\xfe\0\0\0\0\0\0",
            b"\x01h\x07example\0\0\x01\0\x01\0\0\0\x3c\0\x04\xc0\0\x02\x01",
        ];
        assert_eq!(message.encode().unwrap(), expected.concat());
    }

    #[test]
    fn a_query_and_trailing_octets_are_refused() {
        let message = Message::update(1, &Name::root());
        let mut bytes = message.encode().unwrap();
        bytes.push(0);
        assert_eq!(Message::decode(&bytes), Err(MessageError::Trailing));
        assert_eq!(Message::decode(&[0; 12]), Err(MessageError::NotUpdate));
    }
}
