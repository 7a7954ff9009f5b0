//! The tree an expression is parsed into, and how it is written again.

use crate::path::{Form, Path};
use crate::pattern::Pattern;
use crate::shared::Key;
use crate::{ClassId, Field};
use std::fmt::{self, Display, Formatter};
use std::net::IpAddr;
use wire::options::Family;

/// What is true or false.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Bool {
    Not(Box<Bool>),
    /// `and`; `sand` where `strict`: both sides are evaluated in any case.
    And {
        terms: Vec<Bool>,
        strict: bool,
    },
    /// `or`; `sor` where `strict`.
    Or {
        terms: Vec<Bool>,
        strict: bool,
    },
    Equal(Box<Text>, Box<Text>),
    /// A comparison that other tests make as well.
    Shared {
        key: Key,
        plain: Box<Bool>,
    },
    Exists(Path),
    VendorExists(Vendor, Enterprise),
    Member {
        name: Box<str>,
        class: ClassId,
    },
    Match(Pattern, Box<Text>),
}

/// What is a string of bytes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Text {
    Quoted(Box<str>),
    Hex(Box<[u8]>),
    Address(Address),
    Integer([u8; 4]),
    Option(Path, Form),
    Field(Field),
    Relay {
        nest: i8,
        field: RelayField,
    },
    /// `vendor.enterprise`, `vendor-class.enterprise`.
    Enterprise(Vendor),
    /// `vendor-class[..].data[..]`.
    Data(Enterprise, u8),
    Substring {
        of: Box<Text>,
        start: i64,
        len: Option<i64>,
    },
    Split {
        of: Box<Text>,
        at: Box<Text>,
        field: i64,
    },
    Concat(Vec<Text>),
    IfElse {
        condition: Box<Bool>,
        yes: Box<Text>,
        no: Box<Text>,
        strict: bool,
    },
    HexString {
        of: Box<Text>,
        separator: Box<Text>,
    },
    Convert(Conversion, Box<Text>),
}

/// Number of an enterprise; `None` for any.
pub(crate) type Enterprise = Option<u32>;

/// Octets of an address.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Address {
    V4([u8; 4]),
    V6([u8; 16]),
}

/// Which of the two options of vendors (RFC 3925; RFC 8415 §21.16, §21.17).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Vendor {
    Options,
    Class,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RelayField {
    Link,
    Peer,
}

/// What makes another string of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Conversion {
    AddressToText,
    Int8ToText,
    Int16ToText,
    Int32ToText,
    Uint8ToText,
    Uint16ToText,
    Uint32ToText,
    Lower,
    Upper,
}

impl Conversion {
    /// All of them with their words.
    pub const WORDS: [(&'static str, Self); 9] = [
        ("addrtotext", Self::AddressToText),
        ("int8totext", Self::Int8ToText),
        ("int16totext", Self::Int16ToText),
        ("int32totext", Self::Int32ToText),
        ("uint8totext", Self::Uint8ToText),
        ("uint16totext", Self::Uint16ToText),
        ("uint32totext", Self::Uint32ToText),
        ("lcase", Self::Lower),
        ("ucase", Self::Upper),
    ];

    /// Its word.
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, other)| *other == self).map_or("", |(word, _)| word)
    }
}

impl Vendor {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Options => "vendor",
            Self::Class => "vendor-class",
        }
    }

    /// The code of its option.
    pub fn code(self, family: Family) -> u16 {
        match (self, family) {
            (Self::Options, Family::V4) => wire::v4::code::VENDOR_OPTIONS.into(),
            (Self::Class, Family::V4) => wire::v4::code::VENDOR_CLASS.into(),
            (Self::Options, Family::V6) => wire::v6::code::VENDOR_OPTS,
            (Self::Class, Family::V6) => wire::v6::code::VENDOR_CLASS,
        }
    }
}

impl RelayField {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Link => "linkaddr",
            Self::Peer => "peeraddr",
        }
    }
}

impl Address {
    /// Its bytes.
    pub fn octets(&self) -> &[u8] {
        match self {
            Self::V4(octets) => octets,
            Self::V6(octets) => octets,
        }
    }
}

impl From<IpAddr> for Address {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::V4(address.octets()),
            IpAddr::V6(address) => Self::V6(address.octets()),
        }
    }
}

impl Display for Bool {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Not(inner) => write!(f, "not {inner}"),
            Self::And { terms, strict } => joined(f, terms, if *strict { " sand " } else { " and " }),
            Self::Or { terms, strict } => joined(f, terms, if *strict { " sor " } else { " or " }),
            Self::Equal(left, right) => write!(f, "{left} == {right}"),
            Self::Shared { plain, .. } => plain.fmt(f),
            Self::Exists(path) => write!(f, "{path}.exists"),
            Self::VendorExists(vendor, enterprise) => write!(f, "{}[{}].exists", vendor.word(), number(*enterprise)),
            Self::Member { name, .. } => write!(f, "member('{name}')"),
            Self::Match(pattern, text) => write!(f, "match('{}', {text})", pattern.source()),
        }
    }
}

impl Display for Text {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Quoted(text) => write!(f, "'{text}'"),
            Self::Hex(bytes) => {
                f.write_str("0x")?;
                bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
            Self::Address(Address::V4(octets)) => write!(f, "{}", IpAddr::from(*octets)),
            Self::Address(Address::V6(octets)) => write!(f, "{}", IpAddr::from(*octets)),
            Self::Integer(bytes) => write!(f, "{}", u32::from_be_bytes(*bytes)),
            Self::Option(path, form) => write!(f, "{path}.{}", form.word()),
            Self::Field(field) => write!(f, "{field}"),
            Self::Relay { nest, field } => write!(f, "relay6[{nest}].{}", field.word()),
            Self::Enterprise(vendor) => write!(f, "{}.enterprise", vendor.word()),
            Self::Data(enterprise, index) => write!(f, "vendor-class[{}].data[{index}]", number(*enterprise)),
            Self::Substring { of, start, len: Some(len) } => write!(f, "substring({of}, {start}, {len})"),
            Self::Substring { of, start, len: None } => write!(f, "substring({of}, {start}, all)"),
            Self::Split { of, at, field } => write!(f, "split({of}, {at}, {field})"),
            Self::Concat(parts) => joined(f, parts, " + "),
            Self::IfElse { condition, yes, no, strict } => {
                write!(f, "{}({condition}, {yes}, {no})", if *strict { "sifelse" } else { "ifelse" })
            }
            Self::HexString { of, separator } => write!(f, "hexstring({of}, {separator})"),
            Self::Convert(conversion, text) => write!(f, "{}({text})", conversion.word()),
        }
    }
}

fn joined<T: Display>(f: &mut Formatter<'_>, parts: &[T], between: &str) -> fmt::Result {
    for (place, part) in parts.iter().enumerate() {
        write!(f, "{}{part}", if place == 0 { "(" } else { between })?;
    }
    f.write_str(")")
}

/// How an enterprise is written in brackets.
pub(crate) fn number(enterprise: Enterprise) -> String {
    enterprise.map_or("*".into(), |number| number.to_string())
}
