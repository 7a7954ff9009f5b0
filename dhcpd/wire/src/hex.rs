//! Bytes as hexadecimal text, the ways Kea writes and reads them.

use std::fmt;

/// Prints bytes as `0a:1b:2c`, lower case: hardware addresses, DUIDs and client identifiers in messages and lease files.
#[derive(Clone, Copy, Debug)]
pub struct Colons<'a>(pub &'a [u8]);

impl fmt::Display for Colons<'_> {
    /// Every message about a client carries its identifier: it is written by the run, not by the digit.
    #[expect(clippy::indexing_slicing, reason = "sixteen digits, indexed by four bits")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (run, bytes) in self.0.chunks(RUN).enumerate() {
            let mut text = [b':'; 3 * RUN];
            for ([_, high, low], byte) in text.as_chunks_mut().0.iter_mut().zip(bytes) {
                [*high, *low] = [byte >> 4, byte & 15].map(|digit| DIGITS[usize::from(digit)]);
            }
            let first = usize::from(run == 0);
            let text = text.get(first..3 * bytes.len()).and_then(|text| std::str::from_utf8(text).ok());
            f.write_str(text.unwrap_or_default())?;
        }
        Ok(())
    }
}

/// Bytes that are printed at once: most identifiers.
const RUN: usize = 20;
const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Prints bytes as `0A1B2C`: identifiers of hosts in messages.
#[derive(Clone, Copy, Debug)]
pub struct Plain<'a>(pub &'a [u8]);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

/// Reads `0x0a1b`, `0a1b`, `0a:1b`, `a:1b` and `0a 1b`; `None` if it is none of these.
pub fn parse(text: &str) -> Option<Vec<u8>> {
    let separator = [':', ' '].into_iter().find(|&s| text.contains(s));
    if let Some(separator) = separator {
        return text.split(separator).map(octet).collect();
    }
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
    digits_only(digits)
}

/// Reads an even or odd number of digits; with an odd one, the first stands alone.
pub fn digits_only(digits: &str) -> Option<Vec<u8>> {
    if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let (first, rest) = digits.split_at(digits.len() % 2);
    let pairs = (0..rest.len() / 2).map(|at| rest.get(at * 2..at * 2 + 2).and_then(octet));
    (!first.is_empty()).then(|| octet(first)).into_iter().chain(pairs).collect()
}

/// One or two digits.
fn octet(text: &str) -> Option<u8> {
    let digits = !text.is_empty() && text.len() <= 2 && text.bytes().all(|b| b.is_ascii_hexdigit());
    digits.then(|| u8::from_str_radix(text, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_printed_is_read(bytes in proptest::collection::vec(any::<u8>(), 1..40)) {
            prop_assert_eq!(parse(&Colons(&bytes).to_string()), Some(bytes.clone()));
            prop_assert_eq!(parse(&Plain(&bytes).to_string()), Some(bytes.clone()));
            prop_assert_eq!(parse(&format!("0x{}", Plain(&bytes))), Some(bytes));
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,40}") {
            let _ = parse(&text);
        }
    }

    #[test]
    fn other_spellings() {
        assert_eq!(parse("a:1:2c"), Some(vec![10, 1, 0x2c]));
        assert_eq!(parse("0a 1b"), Some(vec![10, 0x1b]));
        assert_eq!(parse("abc"), Some(vec![0xa, 0xbc]));
        assert_eq!(parse("1:"), None);
        assert_eq!(parse("0g"), None);
        assert_eq!(parse("+1:02"), None);
    }
}
