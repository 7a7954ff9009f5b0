//! Resource records, and the forms in which RFC 2136 uses them to require and to change.

use std::fmt;
use std::net::IpAddr;

use crate::message::MessageError;
use crate::name::Name;
use crate::reader::Reader;

/// Type of a record; unknown ones survive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Type(pub u16);

impl Type {
    /// IPv4 address (RFC 1035 §3.4.1).
    pub const A: Self = Self(1);
    /// Start of a zone, which names a zone in the zone section (RFC 2136 §2.3).
    pub const SOA: Self = Self(6);
    /// Name of an address (RFC 1035 §3.3.12).
    pub const PTR: Self = Self(12);
    /// IPv6 address (RFC 3596 §2.1).
    pub const AAAA: Self = Self(28);
    /// Whose the name is (RFC 4701).
    pub const DHCID: Self = Self(49);
    /// Transaction signature (RFC 8945 §4.1).
    pub const TSIG: Self = Self(250);
    /// Every type.
    pub const ANY: Self = Self(255);

    /// The type of an address' record.
    pub fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => Self::A,
            IpAddr::V6(_) => Self::AAAA,
        }
    }
}

/// Class of a record; unknown ones survive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Class(pub u16);

impl Class {
    /// The Internet.
    pub const IN: Self = Self(1);
    /// In prerequisites: is absent. In updates: delete the record.
    pub const NONE: Self = Self(254);
    /// In prerequisites: exists, whatever it holds. In updates: delete all.
    pub const ANY: Self = Self(255);
}

/// A resource record, or what RFC 2136 makes of its form.
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    /// Owner.
    pub name: Name,
    /// Type.
    pub rtype: Type,
    /// Class.
    pub class: Class,
    /// Lifetime in seconds.
    pub ttl: u32,
    /// Content in wire form; names in it are not compressed in what we build.
    pub rdata: Vec<u8>,
}

/// Prerequisites (RFC 2136 §2.4).
impl Record {
    /// The name has records (§2.4.4).
    pub fn name_in_use(name: &Name) -> Self {
        Self::form(name, Type::ANY, Class::ANY, 0, Vec::new())
    }

    /// The name has no record (§2.4.5).
    pub fn name_not_in_use(name: &Name) -> Self {
        Self::form(name, Type::ANY, Class::NONE, 0, Vec::new())
    }

    /// The name has records of this type (§2.4.1).
    pub fn exists(name: &Name, rtype: Type) -> Self {
        Self::form(name, rtype, Class::ANY, 0, Vec::new())
    }

    /// The name has no records of this type (§2.4.3).
    pub fn absent(name: &Name, rtype: Type) -> Self {
        Self::form(name, rtype, Class::NONE, 0, Vec::new())
    }

    /// The records of this type are exactly those required so (§2.4.2).
    pub fn is(name: &Name, rtype: Type, rdata: Vec<u8>) -> Self {
        Self::form(name, rtype, Class::IN, 0, rdata)
    }
}

/// Changes (RFC 2136 §2.5).
impl Record {
    /// Add a record (§2.5.1).
    pub fn add(name: &Name, rtype: Type, ttl: u32, rdata: Vec<u8>) -> Self {
        Self::form(name, rtype, Class::IN, ttl, rdata)
    }

    /// Delete the records of this type (§2.5.2).
    pub fn delete_all(name: &Name, rtype: Type) -> Self {
        Self::form(name, rtype, Class::ANY, 0, Vec::new())
    }

    /// Delete every record of the name (§2.5.3).
    pub fn delete_name(name: &Name) -> Self {
        Self::form(name, Type::ANY, Class::ANY, 0, Vec::new())
    }

    /// Delete one record (§2.5.4).
    pub fn delete(name: &Name, rtype: Type, rdata: Vec<u8>) -> Self {
        Self::form(name, rtype, Class::NONE, 0, rdata)
    }
}

impl Record {
    fn form(name: &Name, rtype: Type, class: Class, ttl: u32, rdata: Vec<u8>) -> Self {
        Self { name: name.clone(), rtype, class, ttl, rdata }
    }

    /// Content of an A or AAAA record.
    pub fn address_rdata(address: IpAddr) -> Vec<u8> {
        match address {
            IpAddr::V4(address) => address.octets().to_vec(),
            IpAddr::V6(address) => address.octets().to_vec(),
        }
    }

    /// Appends the record (RFC 1035 §4.1.3).
    pub(crate) fn encode(&self, out: &mut Vec<u8>) -> Result<(), MessageError> {
        let length = u16::try_from(self.rdata.len()).map_err(|_| MessageError::TooLong)?;
        out.extend_from_slice(self.name.wire());
        out.extend_from_slice(&self.rtype.0.to_be_bytes());
        out.extend_from_slice(&self.class.0.to_be_bytes());
        out.extend_from_slice(&self.ttl.to_be_bytes());
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(&self.rdata);
        Ok(())
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Self, MessageError> {
        Ok(Self {
            name: reader.name()?,
            rtype: Type(reader.u16()?),
            class: Class(reader.u16()?),
            ttl: reader.u32()?,
            rdata: {
                let length = reader.u16()?;
                reader.take(usize::from(length))?.to_vec()
            },
        })
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {:?} {:?} ", self.name, self.ttl, self.class, self.rtype)?;
        self.rdata.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
