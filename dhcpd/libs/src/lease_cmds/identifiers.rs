//! Identifiers of clients as text: bytes as Kea reads them, refused in its words.

use crate::arguments::Refusal;
use leases::{ClientId, Duid, HwAddr};
use std::fmt;

/// Shortest and longest client identifier (RFC 2132 §9.14; one byte of length).
const CLIENT_ID: (usize, usize) = (2, 255);
/// Shortest and longest DUID (RFC 8415 §11.1).
const DUID: (usize, usize) = (3, 130);
/// Longest hardware address: InfiniBand's.
const MOST_HW_ADDR: usize = 20;

/// Bytes with colons between them; none at all is possible.
pub(super) fn hw_addr(text: &str) -> Result<HwAddr, Refusal> {
    let bytes = separated(text, ':')?;
    match bytes.len() {
        0..=MOST_HW_ADDR => Ok(HwAddr::from_slice(&bytes)),
        _ => Err("address vector size exceeds MAX_HWADDR_LEN".into()),
    }
}

/// A client identifier.
pub(super) fn client_id(text: &str) -> Result<ClientId, Refusal> {
    sized(text, CLIENT_ID).map(|bytes| ClientId::from_slice(&bytes))
}

/// The same for a DUID.
pub(super) fn duid(text: &str) -> Result<Duid, Refusal> {
    sized(text, DUID).map(|bytes| Duid::from_slice(&bytes))
}

fn sized(text: &str, (least, most): (usize, usize)) -> Result<Vec<u8>, Refusal> {
    let bytes = formatted(text)?;
    match bytes.len() {
        short if short < least => {
            Err(format!("identifier is too short ({short}), at least {least} is required").into())
        }
        long if long > most => Err(format!("identifier is too large ({long}), at most {most} is required").into()),
        _ => Ok(bytes),
    }
}

/// Bytes with colons or spaces between them, or digits alone.
pub(crate) fn formatted(text: &str) -> Result<Vec<u8>, Refusal> {
    if let Some(separator) = [':', ' '].into_iter().find(|&separator| text.contains(separator)) {
        return separated(text, separator);
    }
    let digits = text.strip_prefix("0x").filter(|digits| !digits.is_empty()).unwrap_or(text);
    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(format!("'{text}' is not a valid string of hexadecimal digits").into());
    }
    let even = if digits.len().is_multiple_of(2) { digits.to_owned() } else { format!("0{digits}") };
    Ok((0..even.len()).step_by(2).filter_map(|at| u8::from_str_radix(even.get(at..at + 2)?, 16).ok()).collect())
}

fn separated(text: &str, separator: char) -> Result<Vec<u8>, Refusal> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let parts: Vec<&str> = text.split(separator).collect();
    let byte = |part: &&str| {
        if part.is_empty() {
            return Err(format!("two consecutive separators ('{separator}') specified in a decoded string '{text}'"));
        }
        if part.len() > 2 {
            return Err(format!("invalid format of the decoded string '{text}'"));
        }
        if let Some(other) = part.chars().find(|digit| !digit.is_ascii_hexdigit()) {
            return Err(format!("'{other}' is not a valid hexadecimal digit in decoded string '{text}'"));
        }
        u8::from_str_radix(part, 16).map_err(|error| error.to_string())
    };
    parts.iter().map(byte).collect::<Result<_, _>>().map_err(Refusal::from)
}

/// Bytes with colons between them.
pub(super) struct Colons<'a>(pub &'a [u8]);

impl fmt::Display for Colons<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, byte) in self.0.iter().enumerate() {
            write!(f, "{}{byte:02x}", if at == 0 { "" } else { ":" })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason<T: fmt::Debug>(result: Result<T, Refusal>) -> String {
        result.unwrap_err().reason
    }

    #[test]
    fn bytes_are_read_in_each_form() {
        assert_eq!(hw_addr("1a:B:03").unwrap()[..], [0x1a, 0x0b, 3]);
        assert!(hw_addr("").unwrap().is_empty());
        for text in ["010203", "01:02:03", "1 2 3", "0x010203", "10203"] {
            assert_eq!(client_id(text).unwrap()[..], [1, 2, 3], "{text}");
        }
        assert_eq!(Colons(&duid("01:02:03").unwrap()).to_string(), "01:02:03");
    }

    #[test]
    fn what_is_wrong_is_told_as_kea_does() {
        assert_eq!(reason(hw_addr("xyz")), "invalid format of the decoded string 'xyz'");
        assert_eq!(reason(hw_addr("zz")), "'z' is not a valid hexadecimal digit in decoded string 'zz'");
        assert_eq!(reason(hw_addr("1::2")), "two consecutive separators (':') specified in a decoded string '1::2'");
        assert_eq!(reason(client_id("zz")), "'zz' is not a valid string of hexadecimal digits");
        assert_eq!(reason(client_id("1")), "identifier is too short (1), at least 2 is required");
        assert_eq!(reason(duid("01:02")), "identifier is too short (2), at least 3 is required");
        assert_eq!(reason(duid(&"00".repeat(131))), "identifier is too large (131), at most 130 is required");
    }
}
