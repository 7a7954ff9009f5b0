//! Kea's CSV: rows without quotes, hexadecimal with colons, `&#xhh` for what would break a row.

use smallvec::SmallVec;
use std::fmt;

/// A column, and what it holds in files written before it was added.
#[derive(Debug)]
pub struct Column {
    pub(super) name: &'static str,
    pub(super) default: &'static str,
}

pub(super) const fn column(name: &'static str, default: &'static str) -> Column {
    Column { name, default }
}

/// Why a row is not a lease.
pub type RowError = String;

/// A row, read from left to right.
#[derive(Debug)]
pub struct Row<'a> {
    fields: SmallVec<[&'a [u8]; 20]>,
    at: usize,
}

/// No row of a file that we read has more fields; what stands behind is not kept apart.
const MOST_FIELDS: usize = 64;

impl<'a> Row<'a> {
    pub(super) fn split(line: &'a [u8]) -> Self {
        let mut fields = SmallVec::new();
        for field in line.splitn(MOST_FIELDS, |&byte| byte == b',') {
            fields.push(field);
        }
        Row { fields, at: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.fields.len()
    }

    /// Makes the row as long as `columns`, with their defaults.
    pub(super) fn fit(&mut self, columns: &'static [Column]) {
        self.fields.truncate(columns.len());
        self.fields.extend(columns.iter().skip(self.fields.len()).map(|column| column.default.as_bytes()));
    }

    pub(super) fn next_is_empty(&self) -> bool {
        self.fields.get(self.at).is_none_or(|field| field.is_empty())
    }

    /// The next field as it stands.
    pub(super) fn raw(&mut self) -> &'a [u8] {
        let field = self.fields.get(self.at).copied().unwrap_or_default();
        self.at += 1;
        field
    }

    /// The next field as something that has a text form.
    pub(super) fn parse<T: std::str::FromStr>(&mut self, name: &str) -> Result<T, RowError> {
        let field = self.raw();
        std::str::from_utf8(field).ok().and_then(|text| text.parse().ok()).ok_or_else(|| wrong(name, field))
    }

    /// The next field as a decimal number that fits `T`.
    pub(super) fn number<T: TryFrom<u64>>(&mut self, name: &str) -> Result<T, RowError> {
        let field = self.raw();
        decimal(field).and_then(|number| T::try_from(number).ok()).ok_or_else(|| wrong(name, field))
    }

    /// The next field as 0 or 1.
    pub(super) fn flag(&mut self, name: &str) -> Result<bool, RowError> {
        match self.raw() {
            b"0" => Ok(false),
            b"1" => Ok(true),
            field => Err(wrong(name, field)),
        }
    }

    /// The next field as up to `most` bytes in hexadecimal; may be empty.
    pub(super) fn bytes<const N: usize>(&mut self, name: &str, most: usize) -> Result<SmallVec<[u8; N]>, RowError>
    where
        [u8; N]: smallvec::Array<Item = u8>,
    {
        let field = self.raw();
        hex(field).filter(|bytes| bytes.len() <= most).ok_or_else(|| wrong(name, field))
    }

    /// The next field as text, its escapes undone.
    pub(super) fn text(&mut self) -> String {
        let bytes = unescape(self.raw());
        String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
    }

    /// The next field as a host name: lower case, as Kea keeps them.
    pub(super) fn hostname(&mut self) -> Box<str> {
        let mut name = self.text();
        name.make_ascii_lowercase();
        name.into()
    }

    /// The next field as a JSON map; absent if empty.
    pub(super) fn user_context(&mut self) -> Result<Option<Box<str>>, RowError> {
        let text = self.text();
        if text.is_empty() {
            return Ok(None);
        }
        match serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&text) {
            Ok(_) => Ok(Some(text.into())),
            Err(error) => Err(format!("user context '{text}' is not a JSON map: {error}")),
        }
    }
}

/// When the client was last heard: the files keep the end of the lease. Files of old have the end of an endless lease in
/// 32 bits, wrapped around.
pub(super) fn cltt(expire: u64, valid_lifetime: u32) -> u64 {
    expire
        .checked_sub(u64::from(valid_lifetime))
        .unwrap_or_else(|| u64::from((expire as u32).wrapping_sub(valid_lifetime)))
}

fn wrong(name: &str, field: &[u8]) -> RowError {
    format!("'{}' is not a valid {name}", String::from_utf8_lossy(field))
}

fn decimal(field: &[u8]) -> Option<u64> {
    let digits = field.iter().map(|byte| byte.wrapping_sub(b'0'));
    let number = digits.clone().all(|digit| digit < 10) && !field.is_empty();
    number.then_some(())?;
    digits.into_iter().try_fold(0u64, |number, digit| number.checked_mul(10)?.checked_add(u64::from(digit)))
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// `01:2:ff`; also without colons, as Kea takes identifiers. Empty is empty.
fn hex<const N: usize>(field: &[u8]) -> Option<SmallVec<[u8; N]>>
where
    [u8; N]: smallvec::Array<Item = u8>,
{
    let octet = |group: &[u8]| match *group {
        [high, low] => Some(digit(high)? << 4 | digit(low)?),
        [low] => digit(low),
        _ => None,
    };
    let mut bytes = SmallVec::new();
    if field.len() > 2 && !field.contains(&b':') {
        let (pairs, rest) = field.as_chunks::<2>();
        for pair in pairs {
            bytes.push(octet(pair)?);
        }
        return rest.is_empty().then_some(bytes);
    }
    if !field.is_empty() {
        for group in field.split(|&byte| byte == b':') {
            bytes.push(octet(group)?);
        }
    }
    Some(bytes)
}

const ESCAPE: &[u8] = b"&#x";

fn unescape(field: &[u8]) -> Vec<u8> {
    if !field.contains(&b'&') {
        return field.to_vec();
    }
    let mut text = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((&first, after)) = rest.split_first() {
        let escaped = rest.strip_prefix(ESCAPE).and_then(|after| after.split_first_chunk::<2>());
        match escaped.and_then(|(&[high, low], after)| Some((digit(high)? << 4 | digit(low)?, after))) {
            Some((byte, after)) => {
                text.push(byte);
                rest = after;
            }
            None => {
                text.push(first);
                rest = after;
            }
        }
    }
    text
}

/// Appends text in which nothing breaks a row: commas, `&` and what is not printable ASCII are escaped.
pub(super) fn push_text(out: &mut Vec<u8>, text: &str) {
    for byte in text.bytes() {
        if matches!(byte, b' '..=b'~') && byte != b',' && byte != b'&' {
            out.push(byte);
        } else {
            out.extend_from_slice(ESCAPE);
            push_octet(out, byte);
        }
    }
}

/// Appends bytes as `01:02:ff`.
pub(super) fn push_hex(out: &mut Vec<u8>, bytes: &[u8]) {
    for (index, &byte) in bytes.iter().enumerate() {
        if index > 0 {
            out.push(b':');
        }
        push_octet(out, byte);
    }
}

/// Bytes as `01:02:ff`, in a message.
pub(super) struct Hex<'a>(pub(super) &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for byte in self.0 {
            write!(f, "{separator}{byte:02x}")?;
            separator = ":";
        }
        Ok(())
    }
}

fn push_octet(out: &mut Vec<u8>, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.extend([DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
}

/// Appends a number.
pub(super) fn push_number(out: &mut Vec<u8>, number: impl Into<u64>) {
    let mut number = number.into();
    let mut digits = [0; 20];
    let mut start = digits.len();
    loop {
        start -= 1;
        digits[start] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[start..]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read_hex(text: &str) -> Option<Vec<u8>> {
        hex::<20>(text.as_bytes()).map(|bytes| bytes.to_vec())
    }

    #[test]
    fn hexadecimal_is_read_as_kea_reads_it() {
        assert_eq!(read_hex(""), Some(vec![]));
        assert_eq!(read_hex("1:aB:03"), Some(vec![1, 0xab, 3]));
        assert_eq!(read_hex("01ab"), Some(vec![1, 0xab]));
        assert_eq!(read_hex("7"), Some(vec![7]));
        for wrong in ["01::02", "001:02", ":", "01:", "0g", "012", "01 02", "0x01"] {
            assert_eq!(read_hex(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_escape_that_is_none_stays_as_it_is() {
        assert_eq!(unescape(b"a&#x2cb&#x2&#xzz&#x26"), b"a,b&#x2&#xzz&");
    }

    #[test]
    fn an_endless_lease_of_old_files_ends_before_it_begins() {
        assert_eq!(cltt(1_700_000_000 + 4_294_967_295, u32::MAX), 1_700_000_000);
        assert_eq!(cltt(1_699_999_999, u32::MAX), 1_700_000_000);
    }

    proptest! {
        #[test]
        fn text_comes_back(text in ".*") {
            let mut out = Vec::new();
            push_text(&mut out, &text);
            prop_assert!(!out.contains(&b',') && !out.contains(&b'\n'));
            prop_assert_eq!(unescape(&out), text.into_bytes());
        }

        #[test]
        fn numbers_come_back(number: u64) {
            let mut out = Vec::new();
            push_number(&mut out, number);
            prop_assert_eq!(decimal(&out), Some(number));
        }

        #[test]
        fn bytes_come_back(bytes in prop::collection::vec(any::<u8>(), 0..30)) {
            let mut out = Vec::new();
            push_hex(&mut out, &bytes);
            prop_assert_eq!(hex::<20>(&out).map(|read| read.to_vec()), Some(bytes));
        }
    }
}
