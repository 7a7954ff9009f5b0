//! Domain names: text and wire form (RFC 1035 §3.1, §5.1), compared without regard to case (RFC 4343).

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::net::IpAddr;
use std::str::FromStr;

/// An absolute domain name of at most 255 octets on the wire.
///
/// Case is kept as given, and disregarded when names are compared.
#[derive(Clone)]
pub struct Name {
    /// Uncompressed wire form with the root label at its end; always valid.
    wire: Box<[u8]>,
}

/// Why something is not a domain name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameError {
    /// Nothing was given.
    Empty,
    /// Two dots follow each other, or a dot stands at the beginning.
    EmptyLabel,
    /// A label is longer than 63 octets.
    LabelTooLong,
    /// The name is longer than 255 octets on the wire.
    TooLong,
    /// A backslash is not followed by a character or by three digits up to 255.
    BadEscape,
    /// The wire form ends before the root label.
    Truncated,
    /// A length octet is neither a label's length nor, where one is allowed, a compression pointer.
    BadLabelType,
    /// A compression pointer does not point backwards.
    BadPointer,
}

impl Name {
    /// The root, `.`.
    pub fn root() -> Self {
        Self { wire: Box::new([0]) }
    }

    /// Reads text in master file form (RFC 1035 §5.1): labels between dots, `\.` and `\DDD` as escapes. A missing dot at
    /// the end is supplied: every name is absolute.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        match text {
            "" => return Err(NameError::Empty),
            "." => return Ok(Self::root()),
            _ => {}
        }
        let mut labels = Labels::default();
        let mut label = Vec::new();
        let mut bytes = text.bytes();
        let mut open = true;
        while let Some(byte) = bytes.next() {
            open = true;
            match byte {
                b'.' => {
                    labels.push(&label)?;
                    label.clear();
                    open = false;
                }
                b'\\' => label.push(unescape(&mut bytes)?),
                byte => label.push(byte),
            }
        }
        if open {
            labels.push(&label)?;
        }
        labels.finish()
    }

    /// Builds a name of these labels, from left to right; each of 1 to 63 octets.
    pub fn from_labels<'a>(labels: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, NameError> {
        let mut wire = Labels::default();
        for label in labels {
            wire.push(label)?;
        }
        wire.finish()
    }

    /// Reads an uncompressed name from the front of `bytes` (RFC 1035 §3.1), and returns what follows it.
    pub fn from_wire(bytes: &[u8]) -> Result<(Self, &[u8]), NameError> {
        let mut labels = Labels::default();
        let mut rest = bytes;
        loop {
            let (&length, after) = rest.split_first().ok_or(NameError::Truncated)?;
            if length > 63 {
                return Err(NameError::BadLabelType);
            }
            let (label, after) = after.split_at_checked(usize::from(length)).ok_or(NameError::Truncated)?;
            rest = after;
            if label.is_empty() {
                return Ok((labels.finish()?, rest));
            }
            labels.push(label)?;
        }
    }

    /// Reads a name that may be compressed (RFC 1035 §4.1.4) at `offset` of a message; returns it and the offset after it.
    pub fn from_message(message: &[u8], offset: usize) -> Result<(Self, usize), NameError> {
        let mut labels = Labels::default();
        let mut at = offset;
        // Each pointer must point before the part it ends, so that following them comes to an end.
        let mut part = offset;
        let mut after = None;
        loop {
            let length = *message.get(at).ok_or(NameError::Truncated)?;
            match length {
                0 => return Ok((labels.finish()?, after.unwrap_or(at + 1))),
                1..=63 => {
                    let end = at + 1 + usize::from(length);
                    labels.push(message.get(at + 1..end).ok_or(NameError::Truncated)?)?;
                    at = end;
                }
                0xc0.. => {
                    let low = *message.get(at + 1).ok_or(NameError::Truncated)?;
                    let target = usize::from(length & 0x3f) << 8 | usize::from(low);
                    if target >= part {
                        return Err(NameError::BadPointer);
                    }
                    after.get_or_insert(at + 2);
                    (at, part) = (target, target);
                }
                _ => return Err(NameError::BadLabelType),
            }
        }
    }

    /// The name under which the reverse zones know an address: `in-addr.arpa` (RFC 1035 §3.5) or `ip6.arpa` (RFC 3596 §2.5).
    #[expect(clippy::expect_used, reason = "labels of hexadecimal digits always make a name")]
    pub fn reverse(address: IpAddr) -> Self {
        let mut text = String::with_capacity(74);
        match address {
            IpAddr::V4(address) => {
                for octet in address.octets().iter().rev() {
                    text += &format!("{octet}.");
                }
                text += "in-addr.arpa.";
            }
            IpAddr::V6(address) => {
                for octet in address.octets().iter().rev() {
                    text += &format!("{:x}.{:x}.", octet & 15, octet >> 4);
                }
                text += "ip6.arpa.";
            }
        }
        Self::parse(&text).expect("labels of hexadecimal digits make a short name")
    }

    /// The uncompressed wire form, case as given.
    pub fn wire(&self) -> &[u8] {
        &self.wire
    }

    /// The wire form in lower case, as digests are made over (RFC 4034 §6.2).
    pub fn canonical(&self) -> Vec<u8> {
        // Length octets are at most 63, below every letter.
        self.wire.to_ascii_lowercase()
    }

    /// The labels from left to right, without the root's.
    pub fn labels(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = &*self.wire;
        std::iter::from_fn(move || {
            let (&length, after) = rest.split_first()?;
            let (label, after) = after.split_at_checked(usize::from(length))?;
            rest = after;
            (!label.is_empty()).then_some(label)
        })
    }

    /// The name without its first label; `None` for the root.
    pub fn parent(&self) -> Option<Self> {
        let (&length, rest) = self.wire.split_first()?;
        match length {
            0 => None,
            length => rest.get(usize::from(length)..).map(|wire| Self { wire: wire.into() }),
        }
    }

    /// Is this the root?
    pub fn is_root(&self) -> bool {
        self.wire.len() == 1
    }

    /// Is the name the same as `zone`, or below it?
    pub fn is_within(&self, zone: &Name) -> bool {
        let Some(cut) = self.wire.len().checked_sub(zone.wire.len()) else { return false };
        let mut at = 0;
        while at < cut {
            match self.wire.get(at) {
                Some(&length) => at += 1 + usize::from(length),
                None => return false,
            }
        }
        at == cut && self.wire.get(cut..).is_some_and(|tail| tail.eq_ignore_ascii_case(&zone.wire))
    }
}

/// A name in the making.
#[derive(Default)]
struct Labels {
    wire: Vec<u8>,
}

impl Labels {
    fn push(&mut self, label: &[u8]) -> Result<(), NameError> {
        match label.len() {
            0 => return Err(NameError::EmptyLabel),
            length @ 1..=63 => self.wire.push(length as u8),
            _ => return Err(NameError::LabelTooLong),
        }
        self.wire.extend_from_slice(label);
        // The root label is still to come (RFC 1035 §2.3.4).
        if self.wire.len() > 254 { Err(NameError::TooLong) } else { Ok(()) }
    }

    fn finish(mut self) -> Result<Name, NameError> {
        self.wire.push(0);
        Ok(Name { wire: self.wire.into() })
    }
}

fn unescape(bytes: &mut impl Iterator<Item = u8>) -> Result<u8, NameError> {
    let first = bytes.next().ok_or(NameError::BadEscape)?;
    if !first.is_ascii_digit() {
        return Ok(first);
    }
    let mut value = u16::from(first - b'0');
    for _ in 0..2 {
        let digit = bytes.next().filter(u8::is_ascii_digit).ok_or(NameError::BadEscape)?;
        value = value * 10 + u16::from(digit - b'0');
    }
    u8::try_from(value).map_err(|_| NameError::BadEscape)
}

/// Text with a dot at the end; what a zone file needs escaped is escaped.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_root() {
            return f.write_str(".");
        }
        for label in self.labels() {
            for &byte in label {
                match byte {
                    b'.' | b'\\' | b'"' | b'(' | b')' | b';' | b'@' | b'$' => write!(f, "\\{}", char::from(byte))?,
                    0x21..=0x7e => write!(f, "{}", char::from(byte))?,
                    byte => write!(f, "\\{byte:03}")?,
                }
            }
            f.write_str(".")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({self})")
    }
}

impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::parse(text)
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.wire.eq_ignore_ascii_case(&other.wire)
    }
}

impl Eq for Name {}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for byte in &self.wire {
            state.write_u8(byte.to_ascii_lowercase());
        }
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        self.canonical().cmp(&other.canonical())
    }
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the name is empty",
            Self::EmptyLabel => "a label of the name is empty",
            Self::LabelTooLong => "a label of the name is longer than 63 octets",
            Self::TooLong => "the name is longer than 255 octets",
            Self::BadEscape => "a backslash in the name is not followed by a character or three digits up to 255",
            Self::Truncated => "the name is cut short",
            Self::BadLabelType => "a length octet in the name is out of range",
            Self::BadPointer => "a compression pointer does not point backwards",
        })
    }
}

impl std::error::Error for NameError {}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// Names of any octets.
    pub(crate) fn names() -> impl Strategy<Value = Name> {
        vec(vec(any::<u8>(), 1..12), 0..6)
            .prop_map(|labels| Name::from_labels(labels.iter().map(Vec::as_slice)).expect("short labels"))
    }

    proptest! {
        #[test]
        fn text_is_read_back(name in names()) {
            let read = Name::parse(&name.to_string()).unwrap();
            prop_assert_eq!(read.wire(), name.wire());
        }

        #[test]
        fn wire_form_is_read_back(name in names(), rest in vec(any::<u8>(), 0..9)) {
            let bytes = [name.wire(), &rest].concat();
            let (read, after) = Name::from_wire(&bytes).unwrap();
            prop_assert_eq!(read.wire(), name.wire());
            prop_assert_eq!(after, &rest);
            let (read, after) = Name::from_message(&bytes, 0).unwrap();
            prop_assert_eq!(read.wire(), name.wire());
            prop_assert_eq!(after, name.wire().len());
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..300), offset in 0..310usize) {
            let _ = Name::from_wire(&bytes);
            if let Ok((name, after)) = Name::from_message(&bytes, offset) {
                prop_assert!(after <= bytes.len() && name.wire().len() <= 255);
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text: String) {
            if let Ok(name) = Name::parse(&text) {
                prop_assert!(name.wire().len() <= 255);
            }
        }

        #[test]
        fn a_name_is_within_its_suffixes_only(name in names(), cut in 0..7usize, other in names()) {
            let labels: Vec<&[u8]> = name.labels().collect();
            let suffix = Name::from_labels(labels.get(cut..).unwrap_or(&[]).iter().copied()).unwrap();
            prop_assert!(name.is_within(&suffix));
            let parents: Vec<Name> = std::iter::successors(Some(name.clone()), Name::parent).collect();
            prop_assert_eq!(parents.len(), labels.len() + 1);
            prop_assert_eq!(parents.get(cut.min(labels.len())), Some(&suffix));
            let by_labels = labels.len() >= other.labels().count()
                && labels.iter().rev().zip(other.labels().collect::<Vec<_>>().iter().rev()).all(|(a, b)| a.eq_ignore_ascii_case(b));
            prop_assert_eq!(name.is_within(&other), by_labels);
        }
    }

    #[test]
    fn text_forms() {
        for (text, wire) in [
            (".", &b"\0"[..]),
            ("Host.Example", b"\x04Host\x07Example\0"),
            ("a\\.b.c.", b"\x03a.b\x01c\0"),
            ("\\000\\255.", b"\x02\x00\xff\0"),
        ] {
            assert_eq!(Name::parse(text).unwrap().wire(), wire, "{text}");
        }
        let long = "a".repeat(64);
        for (text, error) in [
            ("", NameError::Empty),
            ("a..b", NameError::EmptyLabel),
            (".a", NameError::EmptyLabel),
            (long.as_str(), NameError::LabelTooLong),
            ("a\\", NameError::BadEscape),
            ("a\\256", NameError::BadEscape),
            ("a\\12", NameError::BadEscape),
        ] {
            assert_eq!(Name::parse(text).unwrap_err(), error, "{text}");
        }
        let longest = format!("{0}.{0}.{0}.{1}", "a".repeat(63), "a".repeat(61));
        assert_eq!(Name::parse(&longest).unwrap().wire().len(), 255);
        assert_eq!(Name::parse(&format!("{longest}a")).unwrap_err(), NameError::TooLong);
    }

    #[test]
    fn case_is_disregarded_and_kept() {
        let (upper, lower) = (Name::parse("HOST.Example.").unwrap(), Name::parse("host.example").unwrap());
        assert_eq!(upper, lower);
        assert_eq!(upper.canonical(), lower.wire());
        assert_eq!(upper.to_string(), "HOST.Example.");
    }

    #[test]
    fn pointers_go_backwards_only() {
        let message = b"\x01b\0\x01a\xc0\x00\xc0\x07";
        let (name, after) = Name::from_message(message, 3).unwrap();
        assert_eq!((name.to_string().as_str(), after), ("a.b.", 7));
        assert_eq!(Name::from_message(message, 7).unwrap_err(), NameError::BadPointer);
        assert_eq!(Name::from_message(b"\x40", 0).unwrap_err(), NameError::BadLabelType);
    }

    #[test]
    fn reverse_names() {
        let reverse = |text: &str| Name::reverse(text.parse().unwrap()).to_string();
        assert_eq!(reverse("192.0.2.10"), "10.2.0.192.in-addr.arpa.");
        assert_eq!(
            reverse("2001:db8::4a"),
            "a.4.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa."
        );
    }
}
