//! Domain names as DHCP options carry them: labels without compression (RFC 1035 §3.1, RFC 8415 §10), in the FQDN
//! options also names that do not end at the root.

/// A name may not be longer, its length bytes and root label included (RFC 1035 §2.3.4).
const MAX_NAME: usize = 255;
/// Nor a label (RFC 1035 §2.3.4).
const MAX_LABEL: usize = 63;

/// A domain name as text, without the dot of the root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Name {
    /// Labels with dots between them; a dot or a backslash inside of a label is escaped, other unprintable bytes stand as `\DDD`.
    pub text: String,
    /// It ended at the root: the name is fully qualified.
    pub absolute: bool,
}

/// What is wrong with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameError {
    /// A label of no bytes inside of the name.
    EmptyLabel,
    /// A label of more than 63 bytes.
    LongLabel,
    /// More than 255 bytes.
    LongName,
    /// A backslash that escapes nothing.
    BadEscape,
    /// The bytes end inside of a label.
    Truncated,
    /// A compression pointer or a label type that is not one.
    Compressed,
}

impl std::fmt::Display for NameError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::EmptyLabel => "empty label in the name",
            Self::LongLabel => "label longer than 63 bytes",
            Self::LongName => "name longer than 255 bytes",
            Self::BadEscape => "bad escape in the name",
            Self::Truncated => "name ends inside of a label",
            Self::Compressed => "compressed name",
        })
    }
}

/// Appends the labels of `text` to `out`. A trailing dot makes the name absolute, `absolute` does so without one; an
/// absolute name gets the root's label. On an error `out` is as it was.
pub fn encode(text: &str, absolute: bool, out: &mut Vec<u8>) -> Result<(), NameError> {
    let start = out.len();
    let result = encode_labels(text, absolute, out);
    if result.is_ok() && out.len() - start > MAX_NAME {
        out.truncate(start);
        return Err(NameError::LongName);
    }
    if result.is_err() {
        out.truncate(start);
    }
    result
}

fn encode_labels(text: &str, absolute: bool, out: &mut Vec<u8>) -> Result<(), NameError> {
    let mut bytes = text.bytes();
    let mut at = out.len();
    let mut ended = text.is_empty() || text == ".";
    if !ended {
        out.push(0);
        while let Some(byte) = bytes.next() {
            match byte {
                b'.' => {
                    close(out, at)?;
                    ended = bytes.len() == 0;
                    if !ended {
                        at = out.len();
                        out.push(0);
                    }
                }
                b'\\' => out.push(escaped(&mut bytes)?),
                plain => out.push(plain),
            }
        }
        if !ended {
            close(out, at)?;
        }
    }
    if absolute || ended && !text.is_empty() {
        out.push(0);
    }
    Ok(())
}

/// Fills in the length of the label that starts at `at`.
#[expect(clippy::indexing_slicing, reason = "a place in what was written just now")]
fn close(out: &mut [u8], at: usize) -> Result<(), NameError> {
    match out.len() - at - 1 {
        0 => Err(NameError::EmptyLabel),
        len @ 1..=MAX_LABEL => {
            out[at] = len as u8;
            Ok(())
        }
        _ => Err(NameError::LongLabel),
    }
}

/// What follows a backslash: three decimal digits, or the byte itself (RFC 1035 §5.1).
fn escaped(bytes: &mut std::str::Bytes<'_>) -> Result<u8, NameError> {
    let first = bytes.next().ok_or(NameError::BadEscape)?;
    if !first.is_ascii_digit() {
        return Ok(first);
    }
    let rest = [bytes.next(), bytes.next()];
    rest.into_iter()
        .try_fold(u32::from(first - b'0'), |number, digit| match digit {
            Some(digit @ b'0'..=b'9') => Ok(number * 10 + u32::from(digit - b'0')),
            _ => Err(NameError::BadEscape),
        })?
        .try_into()
        .map_err(|_| NameError::BadEscape)
}

/// The bytes that a name shows: its labels with dots between them, without escapes.
pub fn unescape(text: &str) -> Result<Vec<u8>, NameError> {
    let mut bytes = text.bytes();
    let mut raw = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        raw.push(if byte == b'\\' { escaped(&mut bytes)? } else { byte });
    }
    Ok(raw)
}

/// Reads a name from the start of `bytes`; how many bytes it took. A name ends at the root's label, or where the bytes end.
pub fn decode(bytes: &[u8]) -> Result<(Name, usize), NameError> {
    let mut name = Name::default();
    let mut at = 0;
    while let Some(&len) = bytes.get(at) {
        at += 1;
        match usize::from(len) {
            0 => {
                name.absolute = true;
                break;
            }
            len @ 1..=MAX_LABEL => {
                let label = bytes.get(at..at + len).ok_or(NameError::Truncated)?;
                if !name.text.is_empty() {
                    name.text.push('.');
                }
                push_label(&mut name.text, label);
                at += len;
            }
            _ => return Err(NameError::Compressed),
        }
        if at > MAX_NAME {
            return Err(NameError::LongName);
        }
    }
    Ok((name, at))
}

/// Names one after the other, some of them compressed (RFC 1035 §4.1.4, in options RFC 3397 §2), without compression.
pub fn expand(bytes: &[u8]) -> Result<Vec<u8>, NameError> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut next = 0;
    while next < bytes.len() {
        let start = out.len();
        let (mut at, mut followed) = (next, false);
        loop {
            let len = *bytes.get(at).ok_or(NameError::Truncated)?;
            match len {
                0 => {
                    out.push(0);
                    at += 1;
                    break;
                }
                1..=63 => {
                    let label = bytes.get(at..=at + usize::from(len)).ok_or(NameError::Truncated)?;
                    out.extend_from_slice(label);
                    at += label.len();
                }
                0xc0.. => {
                    let low = *bytes.get(at + 1).ok_or(NameError::Truncated)?;
                    let target = usize::from(len & 0x3f) << 8 | usize::from(low);
                    // Pointers lead back, so that they end.
                    if target >= at {
                        return Err(NameError::Compressed);
                    }
                    if !followed {
                        next = at + 2;
                    }
                    (at, followed) = (target, true);
                }
                _ => return Err(NameError::Compressed),
            }
            if out.len() - start > MAX_NAME {
                return Err(NameError::LongName);
            }
        }
        if !followed {
            next = at;
        }
    }
    Ok(out)
}

fn push_label(text: &mut String, label: &[u8]) {
    for &byte in label {
        match byte {
            b'.' | b'\\' => text.extend(['\\', char::from(byte)]),
            b'!'..=b'~' => text.push(char::from(byte)),
            other => text.push_str(&format!("\\{other:03}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encoded(text: &str, absolute: bool) -> Result<Vec<u8>, NameError> {
        let mut out = Vec::new();
        encode(text, absolute, &mut out).map(|()| out)
    }

    #[test]
    fn partial_and_absolute() {
        assert_eq!(encoded("a.bc", false).unwrap(), b"\x01a\x02bc");
        assert_eq!(encoded("a.bc.", false).unwrap(), b"\x01a\x02bc\0");
        assert_eq!(encoded("a.bc", true).unwrap(), b"\x01a\x02bc\0");
        assert_eq!(encoded("", false).unwrap(), b"");
        assert_eq!(encoded(".", false).unwrap(), b"\0");
    }

    #[test]
    fn what_is_no_name() {
        assert_eq!(encoded("a..b", true), Err(NameError::EmptyLabel));
        assert_eq!(encoded(".a", true), Err(NameError::EmptyLabel));
        assert_eq!(encoded(&"a".repeat(64), true), Err(NameError::LongLabel));
        assert_eq!(encoded(&"a.".repeat(128), true), Err(NameError::LongName));
        assert_eq!(encoded("a\\2", true), Err(NameError::BadEscape));
        assert_eq!(decode(b"\x05ab"), Err(NameError::Truncated));
        assert_eq!(decode(b"\xc0\x01"), Err(NameError::Compressed));
    }

    #[test]
    fn pointers_are_followed_back() {
        let wire = b"\x03eng\x05apple\x03com\0\x09marketing\xc0\x04\xc0\x04";
        let whole = b"\x03eng\x05apple\x03com\0\x09marketing\x05apple\x03com\0\x05apple\x03com\0";
        assert_eq!(expand(wire), Ok(whole.to_vec()));
        for wrong in [&b"\xc0\x00"[..], b"\x01a\xc0\x02", b"\x01a", b"\x01a\xc0", b"\x40a\0"] {
            assert!(expand(wrong).is_err(), "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn names_without_pointers_stay(labels in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..20), 0..8)) {
            let mut wire: Vec<u8> = labels.iter().flat_map(|l| std::iter::once(l.len() as u8).chain(l.iter().copied())).collect();
            wire.push(0);
            wire.extend_from_within(..);
            prop_assert_eq!(expand(&wire), Ok(wire.clone()));
        }

        #[test]
        fn any_bytes_are_expanded_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = expand(&bytes);
        }

        #[test]
        fn labels_come_back(labels in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..20), 1..8), root in any::<bool>()) {
            let mut wire: Vec<u8> = labels.iter().flat_map(|l| std::iter::once(l.len() as u8).chain(l.iter().copied())).collect();
            wire.extend(root.then_some(0));
            let (name, len) = decode(&wire).unwrap();
            prop_assert_eq!(len, wire.len());
            prop_assert_eq!(name.absolute, root);
            prop_assert_eq!(encoded(&name.text, name.absolute).unwrap(), wire);
        }

        #[test]
        fn any_bytes_are_a_name_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = decode(&bytes);
        }
    }
}
