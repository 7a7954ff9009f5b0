//! `option[a].option[b]` and its kin: where an option stands, found out once from the definitions.

use crate::ast::{Enterprise, number};
use crate::{Definitions, Subject, vendor};
use smallvec::SmallVec;
use std::fmt::{self, Display, Formatter};
use wire::options::{DataType, Definition, Family};
use wire::{names, v4, v6};

/// Where the first code of a path is looked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Root {
    /// `option[..]`
    Packet,
    /// `relay4[..]`
    Relay4,
    /// `relay6[nest].option[..]`
    Relay6(i8),
    /// `vendor[enterprise].option[..]`
    Vendor(Enterprise),
}

/// How an option is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Text,
    Hex,
}

/// The place of an option.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Path {
    pub family: Family,
    pub root: Root,
    pub codes: SmallVec<[u16; 2]>,
    /// Where the options inside of each but the last begin.
    inside: SmallVec<[Inside; 1]>,
    /// What is known about the last.
    pub definition: Option<Box<Definition>>,
}

/// Where the options inside of an option begin.
#[derive(Clone, Debug, PartialEq)]
enum Inside {
    /// There are none.
    Nowhere,
    /// Behind these fields.
    Behind(Box<[DataType]>),
    /// In the first vendor's block.
    Vendor,
}

impl Form {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Hex => "hex",
        }
    }
}

impl Path {
    /// A path from its root, without a code yet; the space that its first code belongs to.
    pub fn space_of(root: Root, family: Family) -> String {
        match (root, family) {
            (Root::Packet | Root::Relay6(_), Family::V6) => "dhcp6".into(),
            (Root::Packet | Root::Relay6(_), Family::V4) => "dhcp4".into(),
            (Root::Relay4, _) => "dhcp-agent-options-space".into(),
            (Root::Vendor(Some(enterprise)), _) => format!("vendor-{enterprise}"),
            (Root::Vendor(None), _) => String::new(),
        }
    }

    /// Works out where the options stand.
    pub fn new(root: Root, family: Family, codes: &[u16], definitions: &dyn Definitions) -> Self {
        let mut space = Self::space_of(root, family);
        let mut path =
            Self { family, root, codes: SmallVec::from_slice(codes), inside: SmallVec::new(), definition: None };
        for (place, &code) in codes.iter().enumerate() {
            let definition = definitions.by_code(&space, code);
            if place + 1 == codes.len() {
                path.definition = definition.map(|definition| Box::new(definition.clone()));
                break;
            }
            let (inside, next) = Inside::of(family, &space, code, definition);
            path.inside.push(inside);
            space = next;
        }
        path
    }

    /// The payload, if the packet has it. As in Kea, text loses the zeros at its end, and without anything else is not
    /// there.
    pub fn find<'s>(&self, subject: &'s dyn Subject) -> Option<&'s [u8]> {
        let &first = self.codes.first()?;
        let mut payload = match self.root {
            Root::Packet => subject.option(first, 0),
            Root::Relay4 => sub_option(self.family, subject.option(v4::code::AGENT_OPTIONS.into(), 0)?, first),
            Root::Relay6(nest) => subject.relay(nest)?.options.find(first),
            Root::Vendor(enterprise) => vendor::sub_option(subject, self.family, enterprise, first),
        }?;
        for (place, (inside, &code)) in self.inside.iter().zip(self.codes.iter().skip(1)).enumerate() {
            payload = match inside {
                Inside::Nowhere => return None,
                Inside::Behind(fields) => sub_option(self.family, skip(fields, payload)?, code)?,
                Inside::Vendor if place == 0 => vendor::sub_option(subject, self.family, None, code)?,
                Inside::Vendor => return None,
            };
        }
        if !self.is_text() {
            return Some(payload);
        }
        let end = payload.iter().rposition(|byte| *byte != 0)?;
        payload.get(..=end)
    }

    /// As the steps of an evaluation show it: the codes alone, wherever they are looked for.
    pub fn step(&self) -> String {
        let codes: Vec<_> = self.codes.iter().map(|code| format!("option[{code}]")).collect();
        codes.join(".")
    }

    /// Whether the option is text.
    pub fn is_text(&self) -> bool {
        self.definition.as_ref().is_some_and(|definition| definition.kind == DataType::String && !definition.array)
    }
}

impl Inside {
    /// Where the options inside of an option begin, and the space of their codes.
    fn of(family: Family, space: &str, code: u16, definition: Option<&Definition>) -> (Self, String) {
        use DataType::{Ipv6Address, Uint8, Uint32};
        let fixed: &[DataType] = match (family, space, code) {
            (Family::V4, "dhcp4", code) if code == v4::code::VENDOR_OPTIONS.into() => {
                return (Self::Vendor, String::new());
            }
            (Family::V6, "dhcp6", v6::code::VENDOR_OPTS) => return (Self::Vendor, String::new()),
            (Family::V6, "dhcp6", v6::code::IA_NA | v6::code::IA_PD) => &[Uint32, Uint32, Uint32],
            (Family::V6, "dhcp6", v6::code::IA_TA) => &[Uint32],
            (Family::V6, "dhcp6", v6::code::IA_ADDR) => &[Ipv6Address, Uint32, Uint32],
            (Family::V6, "dhcp6", v6::code::IA_PREFIX) => &[Uint32, Uint32, Uint8, Ipv6Address],
            // With any enterprise, or inside of what nobody defined for one, the form is the usual one.
            (_, "", _) => return (Self::Behind(Box::new([])), String::new()),
            _ => {
                return match definition {
                    Some(definition) if !definition.encapsulates.is_empty() => {
                        let fields: &[DataType] = match definition.kind {
                            DataType::Record => &definition.fields,
                            DataType::Empty => &[],
                            _ => std::slice::from_ref(&definition.kind),
                        };
                        (Self::Behind(fields.into()), definition.encapsulates.clone().into_owned())
                    }
                    _ => (Self::Nowhere, String::new()),
                };
            }
        };
        (Self::Behind(fixed.into()), "dhcp6".into())
    }
}

/// The bytes behind some fields.
fn skip<'a>(fields: &[DataType], payload: &'a [u8]) -> Option<&'a [u8]> {
    fields.iter().try_fold(payload, |rest, kind| {
        let &first = rest.first().unwrap_or(&0);
        let len = match (kind.size(), kind) {
            (Some(size), _) => size,
            (None, DataType::Ipv6Prefix) => 1 + usize::from(first).div_ceil(8),
            (None, DataType::Tuple8) => 1 + usize::from(first),
            (None, DataType::Tuple16) => 2 + usize::from(u16::from_be_bytes(*rest.first_chunk()?)),
            (None, DataType::Fqdn) => names::decode(rest).ok()?.1,
            (None, _) => rest.len(),
        };
        rest.get(len..)
    })
}

/// An option inside of another.
pub(crate) fn sub_option(family: Family, payload: &[u8], code: u16) -> Option<&[u8]> {
    match family {
        Family::V4 => v4::sub_options(payload).find(|(other, _)| u16::from(*other) == code).map(|(_, value)| value),
        Family::V6 => v6::Options::new(payload, 0).find(code),
    }
}

impl Display for Path {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut codes = self.codes.iter();
        match self.root {
            Root::Packet => {}
            Root::Relay4 => write!(f, "relay4[{}]", codes.next().copied().unwrap_or(0))?,
            Root::Relay6(nest) => write!(f, "relay6[{nest}]")?,
            Root::Vendor(enterprise) => write!(f, "vendor[{}]", number(enterprise))?,
        }
        let mut dot = self.root != Root::Packet;
        codes.try_for_each(|code| {
            write!(f, "{}option[{code}]", if std::mem::replace(&mut dot, true) { "." } else { "" })
        })
    }
}
