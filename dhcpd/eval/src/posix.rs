//! Extended regular expressions of POSIX (IEEE 1003.1 §9.4): those of `hostname-char-set`, which are looked for in names.
//!
//! Between brackets a backslash is a backslash there; elsewhere it takes the meaning from a sign. `\d`, `\w` and `\s`, which
//! POSIX leaves undefined, mean what they mean in `match`. Of the parts of a name that begin first, the longest one fits.

use regex::bytes::{Captures, Regex};
use std::iter::Peekable;
use std::ops::Range;
use std::str::Chars;

use crate::pattern::compile;

/// Signs that mean something unless a backslash stands before them.
const SIGNS: &str = ".[\\()*+?{}|^$";
/// What may stand behind a backslash besides.
const CLASSES: &str = "dDwWsS";

/// The name of a class, and whether a byte is in it.
type Class = (&'static str, fn(&u8) -> bool);

/// Classes between brackets (IEEE 1003.1 §9.3.5).
const NAMED: [Class; 12] = [
    ("alnum", u8::is_ascii_alphanumeric),
    ("alpha", u8::is_ascii_alphabetic),
    ("blank", |byte| matches!(byte, b' ' | b'\t')),
    ("cntrl", u8::is_ascii_control),
    ("digit", u8::is_ascii_digit),
    ("graph", u8::is_ascii_graphic),
    ("lower", u8::is_ascii_lowercase),
    ("print", |byte| matches!(byte, b' '..=b'~')),
    ("punct", u8::is_ascii_punctuation),
    ("space", |byte| matches!(byte, b' ' | b'\t'..=b'\r')),
    ("upper", u8::is_ascii_uppercase),
    ("xdigit", u8::is_ascii_hexdigit),
];

/// What no byte fits.
const NEVER: &str = "[^\\x00-\\xff]";

/// A compiled expression.
#[derive(Clone, Debug)]
pub struct Extended {
    source: Box<str>,
    /// Finds where the first part begins; the library's parts are not always the longest ones.
    first: Regex,
    /// Fit a part as a whole: one that stands in the midst, at the start, at the end, one that is all.
    parts: [Regex; 4],
}

/// A part of a value that fits.
#[derive(Debug)]
pub struct Found<'a> {
    /// Where it is.
    pub place: Range<usize>,
    groups: Captures<'a>,
}

impl PartialEq for Extended {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Extended {
    /// Compiles an expression.
    pub fn new(source: &str) -> Result<Self, String> {
        Self::compiled(source).map_err(|reason| format!("invalid regular expression '{source}': {reason}"))
    }

    fn compiled(source: &str) -> Result<Self, String> {
        let first = compile(&translated(source, "^", "$")?)?;
        let part = |start: &str, end: &str| compile(&format!("^(?:{})$", translated(source, start, end)?));
        let parts = [part(NEVER, NEVER)?, part("^", NEVER)?, part(NEVER, "$")?, part("^", "$")?];
        Ok(Self { source: source.into(), first, parts })
    }

    /// The first part of the value behind `from` that fits, the longest one that begins there.
    pub fn find<'a>(&self, value: &'a [u8], from: usize) -> Option<Found<'a>> {
        let first = self.first.find_at(value, from)?;
        let start = first.start();
        let fitting = (first.end()..=value.len()).rev().find_map(|end| {
            let kind = usize::from(start == 0) + 2 * usize::from(end == value.len());
            let part = value.get(start..end)?;
            self.parts.get(kind)?.captures(part).map(|groups| Found { place: start..end, groups })
        });
        fitting.or_else(|| Some(Found { place: first.range(), groups: self.first.captures_at(value, start)? }))
    }
}

impl Found<'_> {
    /// What the group of this number holds; nothing if there is none.
    pub fn group(&self, number: usize) -> &[u8] {
        self.groups.get(number).map_or(&[], |group| group.as_bytes())
    }
}

/// A set of bytes, a bit each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bytes([u64; 4]);

impl Bytes {
    /// The set of an expression that is one pair of brackets and nothing else, as nearly all are: such a one needs no library.
    pub fn of(expression: &str) -> Option<Self> {
        let mut chars = expression.strip_prefix('[')?.chars().peekable();
        brackets(&mut chars).ok().filter(|_| chars.next().is_none())
    }

    /// Whether it has this byte.
    pub fn contains(&self, byte: u8) -> bool {
        self.0.get(usize::from(byte >> 6)).is_some_and(|word| word >> (byte & 63) & 1 == 1)
    }

    fn insert(&mut self, byte: u8) {
        if let Some(word) = self.0.get_mut(usize::from(byte >> 6)) {
            *word |= 1 << (byte & 63);
        }
    }

    /// The same set as the library reads it.
    fn text(&self) -> String {
        let bytes = (0..=u8::MAX).filter(|byte| self.contains(*byte));
        let text: String = bytes.map(|byte| format!("\\x{byte:02x}")).collect();
        if text.is_empty() { NEVER.to_owned() } else { format!("[{text}]") }
    }
}

/// The same expression as the library reads it, with other signs for the start and the end of the value.
fn translated(source: &str, start: &str, end: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut chars = source.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(sign) if SIGNS.contains(sign) || CLASSES.contains(sign) => out.extend(['\\', sign]),
                Some(other) => return Err(format!("'\\{other}' means nothing")),
                None => return Err("it ends in a backslash".into()),
            },
            '[' => out.push_str(&brackets(&mut chars)?.text()),
            // No zero is a character (IEEE 1003.1 §9.4.4).
            '.' => out.push_str("[^\\x00]"),
            '(' if chars.peek() == Some(&'?') => return Err("nothing stands before '?'".into()),
            '^' => out.push_str(start),
            '$' => out.push_str(end),
            other => out.push(other),
        }
    }
    Ok(out)
}

/// The set that stands behind `[`, up to the bracket that closes it.
fn brackets(chars: &mut Peekable<Chars<'_>>) -> Result<Bytes, String> {
    const OPEN: &str = "its brackets are not closed";
    let mut set = Bytes::default();
    let negated = chars.next_if_eq(&'^').is_some();
    let mut first = true;
    loop {
        let c = chars.next().ok_or(OPEN)?;
        let mut ahead = chars.clone();
        match (c, ahead.next()) {
            (']', _) if !first => {
                return Ok(if negated { Bytes(set.0.map(|word| !word)) } else { set });
            }
            ('[', Some('.' | '=')) => return Err("it has collating elements".into()),
            ('[', Some(':')) => {
                let name: String = chars.by_ref().skip(1).take_while(|c| *c != ']').collect();
                let known = NAMED.iter().find(|(known, _)| name.strip_suffix(':') == Some(known));
                let (_, is_in) = known.ok_or_else(|| format!("'[:{name}]' is no class"))?;
                (0..=u8::MAX).filter(is_in).for_each(|byte| set.insert(byte));
            }
            // A range, unless the hyphen stands last.
            (from, Some('-')) if ahead.next().is_some_and(|to| to != ']') => {
                let to = chars.nth(1).ok_or(OPEN)?;
                if from > to || !to.is_ascii() {
                    return Err(format!("'{from}-{to}' is no range"));
                }
                (from as u8..=to as u8).for_each(|byte| set.insert(byte));
            }
            (plain, _) => plain.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| set.insert(byte)),
        }
        first = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_part_that_comes_first_is_found() {
        for (pattern, value, found) in [
            ("[^A-Za-z0-9.-]", "a_b", Some(1..2)),
            ("a|ab", "xabab", Some(1..3)),
            ("(a|ab)(c|bcd)", "abcd", Some(0..4)),
            ("^b", "ab", None),
            ("b$", "bab", Some(2..3)),
            ("[]^-]", "a-]", Some(1..2)),
            ("[^]\\\\[]", "]\\[a", Some(3..4)),
            ("[[:digit:]_]+", "ab1_2c", Some(2..5)),
            ("\\d{2}", "1a23", Some(2..4)),
            ("x*", "axx", Some(0..0)),
            ("[a-]", "b-", Some(1..2)),
            ("\\.", "a.b", Some(1..2)),
            (".", "\0a", Some(1..2)),
            ("[é]+", "aéb", Some(1..3)),
        ] {
            assert_eq!(
                Extended::new(pattern).unwrap().find(value.as_bytes(), 0).map(|it| it.place),
                found,
                "{pattern}"
            );
        }
        for wrong in ["[", "[]", "[z-a]", "a\\", "\\q", "(?i)a", "[[.a.]]", "*", "(", "[[:nothing:]]"] {
            assert!(Extended::new(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn brackets_alone_are_a_set() {
        for (brackets, bytes) in [
            ("[a-c]", "abc"),
            ("[]-]", "]-"),
            ("[[:digit:][:upper:]]", "0A"),
            ("[^[:print:]]", "\0\u{7f}"),
            ("[é]", "é"),
        ] {
            let set = Bytes::of(brackets).unwrap();
            assert!(bytes.bytes().all(|byte| set.contains(byte)) && !set.contains(b'x'), "{brackets}");
            let expression = Extended::new(brackets).unwrap();
            (0..=u8::MAX).for_each(|byte| assert_eq!(expression.find(&[byte], 0).is_some(), set.contains(byte)));
        }
        for other in ["", "a", "[a]*", "[a", "[a][b]"] {
            assert_eq!(Bytes::of(other), None, "{other}");
        }
    }

    #[test]
    fn groups_hold_their_parts() {
        let expression = Extended::new("(a)|([0-9]+)(b|bc)").unwrap();
        let found = expression.find(b"x12bc", 0).unwrap();
        assert_eq!([0, 1, 2, 3, 4].map(|number| found.group(number)), [&b"12bc"[..], b"", b"12", b"bc", b""]);
    }
}
