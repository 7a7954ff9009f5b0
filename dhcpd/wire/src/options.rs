//! The option table: what is known about every standard option, and their payloads as text in both directions.
//!
//! Payload stays bytes until a [`Definition`] gives it a type. Operators add definitions of their own (`option-def`).

mod decode;
mod dnr;
mod encode;
mod table4;
mod table6;

pub use decode::decode;
pub use encode::{bytes, encode};

use std::borrow::Cow;

/// DHCPv4 or DHCPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// DHCPv4.
    V4,
    /// DHCPv6.
    V6,
}

/// Type of an option, or of a field of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DataType {
    /// No payload; its sub-options, if it has any, are all there is.
    Empty,
    /// Bytes.
    Binary,
    /// One byte, 0 or 1.
    Boolean,
    /// One byte, signed.
    Int8,
    /// Two bytes, signed.
    Int16,
    /// Four bytes, signed.
    Int32,
    /// One byte.
    Uint8,
    /// Two bytes.
    Uint16,
    /// Four bytes.
    Uint32,
    /// IPv4 address.
    Ipv4Address,
    /// IPv6 address.
    Ipv6Address,
    /// Length in bits, then as many bytes of the prefix as it takes.
    Ipv6Prefix,
    /// Port set: length in bits, then two bytes with the identifier in the upper bits (RFC 7597 §5.1).
    Psid,
    /// Text, to the end of the option.
    String,
    /// Length in one byte, then that many bytes.
    Tuple8,
    /// Length in two bytes, then that many bytes.
    Tuple16,
    /// Domain name in labels.
    Fqdn,
    /// Destinations and routers (RFC 3442).
    ClasslessRoutes,
    /// Encrypted DNS servers of DHCPv4 (RFC 9463 §5.1).
    Dnr4,
    /// An encrypted DNS server of DHCPv6 (RFC 9463 §4.1).
    Dnr6,
    /// Several fields.
    Record,
}

impl DataType {
    /// The type that `option-def` calls by this word.
    pub fn from_word(word: &str, family: Family) -> Option<Self> {
        Some(match word {
            "empty" => Self::Empty,
            "binary" => Self::Binary,
            "boolean" => Self::Boolean,
            "int8" => Self::Int8,
            "int16" => Self::Int16,
            "int32" => Self::Int32,
            "uint8" => Self::Uint8,
            "uint16" => Self::Uint16,
            "uint32" => Self::Uint32,
            "ipv4-address" => Self::Ipv4Address,
            "ipv6-address" => Self::Ipv6Address,
            "ipv6-prefix" => Self::Ipv6Prefix,
            "psid" => Self::Psid,
            "string" => Self::String,
            "tuple" if family == Family::V4 => Self::Tuple8,
            "tuple" => Self::Tuple16,
            "fqdn" => Self::Fqdn,
            "record" => Self::Record,
            _ => return None,
        })
    }

    /// Bytes of a value, where that is fixed.
    pub fn size(self) -> Option<usize> {
        Some(match self {
            Self::Empty => 0,
            Self::Boolean | Self::Int8 | Self::Uint8 => 1,
            Self::Int16 | Self::Uint16 => 2,
            Self::Psid => 3,
            Self::Int32 | Self::Uint32 | Self::Ipv4Address => 4,
            Self::Ipv6Address => 16,
            _ => return None,
        })
    }
}

/// What is known about an option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// Code in its space.
    pub code: u16,
    /// Name in its space.
    pub name: Cow<'static, str>,
    /// Type.
    pub kind: DataType,
    /// The value, or the last field of the record, may stand any number of times.
    pub array: bool,
    /// Fields of a record.
    pub fields: Cow<'static, [DataType]>,
    /// Space of the options inside; empty if none.
    pub encapsulates: Cow<'static, str>,
    /// Number of the RFC that says so; 0 for those of vendors and operators.
    pub rfc: u16,
}

/// Why text or bytes are no value of an option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionError(pub String);

impl std::fmt::Display for OptionError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for OptionError {}

/// The standard options of a space, by code; none for a space that is not standard.
pub fn standard(family: Family, space: &str) -> &'static [Definition] {
    match (family, space) {
        (Family::V4, "dhcp4") => table4::DHCP4,
        (Family::V4, "dhcp-agent-options-space") => table4::AGENT,
        (Family::V4, "cablelabs-client-conf") => table4::CABLELABS,
        (Family::V4, "vendor-4491") => table4::DOCSIS3,
        (Family::V6, "dhcp6") => table6::DHCP6,
        (Family::V6, "vendor-2495") => table6::ISC,
        (Family::V6, "s46-cont-mape-options") => table6::MAPE,
        (Family::V6, "s46-cont-mapt-options") => table6::MAPT,
        (Family::V6, "s46-cont-lw-options") => table6::LW,
        (Family::V6, "s46-rule-options") => table6::RULE,
        (Family::V6, "s46-v4v6bind-options") => table6::BIND,
        (Family::V6, "v6-ntp-server-suboptions") => table6::NTP,
        (Family::V6, "vendor-4491") => table6::DOCSIS3,
        _ => &[],
    }
}

/// The standard option with this code.
pub fn by_code(family: Family, space: &str, code: u16) -> Option<&'static Definition> {
    let options = standard(family, space);
    options.binary_search_by_key(&code, |d| d.code).ok().and_then(|at| options.get(at))
}

/// The standard option with this name.
pub fn by_name(family: Family, space: &str, name: &str) -> Option<&'static Definition> {
    standard(family, space).iter().find(|d| d.name == name)
}

const fn row(code: u16, name: &'static str, kind: DataType, array: bool, rfc: u16) -> Definition {
    let (fields, encapsulates) = (Cow::Borrowed(&[] as &[DataType]), Cow::Borrowed(""));
    Definition { code, name: Cow::Borrowed(name), kind, array, fields, encapsulates, rfc }
}

const fn one(code: u16, name: &'static str, kind: DataType, rfc: u16) -> Definition {
    row(code, name, kind, false, rfc)
}

const fn many(code: u16, name: &'static str, kind: DataType, rfc: u16) -> Definition {
    row(code, name, kind, true, rfc)
}

const fn composed(
    code: u16,
    name: &'static str,
    array: bool,
    fields: &'static [DataType],
    inside: &'static str,
    rfc: u16,
) -> Definition {
    let (fields, encapsulates) = (Cow::Borrowed(fields), Cow::Borrowed(inside));
    Definition { code, name: Cow::Borrowed(name), kind: DataType::Record, array, fields, encapsulates, rfc }
}

const fn record(
    code: u16,
    name: &'static str,
    fields: &'static [DataType],
    inside: &'static str,
    rfc: u16,
) -> Definition {
    composed(code, name, false, fields, inside, rfc)
}

const fn records(
    code: u16,
    name: &'static str,
    fields: &'static [DataType],
    inside: &'static str,
    rfc: u16,
) -> Definition {
    composed(code, name, true, fields, inside, rfc)
}

const fn carrier(code: u16, name: &'static str, kind: DataType, inside: &'static str, rfc: u16) -> Definition {
    let (fields, encapsulates) = (Cow::Borrowed(&[] as &[DataType]), Cow::Borrowed(inside));
    Definition { code, name: Cow::Borrowed(name), kind, array: false, fields, encapsulates, rfc }
}

#[cfg(test)]
mod tests;
