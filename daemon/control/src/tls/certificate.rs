//! The parts of an X.509 certificate (RFC 5280 §4.1) that a chain is judged by, where webpki does not look.

use chrono::NaiveDate;
use rustls::pki_types::UnixTime;
use std::ops::RangeInclusive;

/// A certificate, taken apart. Parts borrow its bytes.
#[derive(Debug, PartialEq)]
pub(super) struct Certificate<'a> {
    /// It has version 1 (RFC 5280 §4.1.2.1): no extensions, so it says nothing about its use.
    pub(super) is_v1: bool,
    extensions: Extensions,
    /// What was signed.
    pub(super) signed: &'a [u8],
    /// The algorithm of the signature: what an `AlgorithmIdentifier` holds.
    pub(super) algorithm: &'a [u8],
    /// The signature.
    pub(super) signature: &'a [u8],
    /// What the name of the issuer holds.
    pub(super) issuer: &'a [u8],
    /// What the name of the subject holds.
    pub(super) subject: &'a [u8],
    /// The whole `SubjectPublicKeyInfo`.
    pub(super) public_key: &'a [u8],
    /// Seconds of Unix time during which it holds good.
    validity: RangeInclusive<i64>,
}

/// Tags (X.690 §8).
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const SEQUENCE: u8 = 0x30;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const VERSION: u8 = 0xa0;
const ISSUER_ID: u8 = 0x81;
const SUBJECT_ID: u8 = 0x82;
const EXTENSIONS: u8 = 0xa3;
const BOOLEAN: u8 = 0x01;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
const SET: u8 = 0x31;
/// UTF8String, PrintableString, IA5String.
const STRINGS: [u8; 3] = [0x0c, 0x13, 0x16];

/// Basic constraints (RFC 5280 §4.2.1.9).
const CONSTRAINTS: [u8; 3] = [0x55, 0x1d, 19];
/// Further names of the subject (RFC 5280 §4.2.1.6).
const NAMES: [u8; 3] = [0x55, 0x1d, 17];
/// Identifiers of keys (RFC 5280 §4.2.1.1, §4.2.1.2).
const KEYS: [[u8; 3]; 2] = [[0x55, 0x1d, 35], [0x55, 0x1d, 14]];
const COMMON_NAME: [u8; 3] = [0x55, 0x04, 3];

impl<'a> Certificate<'a> {
    /// Takes a certificate in DER apart; none if it is none.
    pub(super) fn read(der: &'a [u8]) -> Option<Self> {
        let mut all = Der(Der(der).value(SEQUENCE)?);
        let before = all.0;
        let mut body = Der(all.value(SEQUENCE)?);
        let signed = before.get(..before.len() - all.0.len())?;
        let algorithm = all.value(SEQUENCE)?;
        let signature = bits(all.value(BIT_STRING)?)?;
        let is_v1 = body.value(VERSION).is_none();
        body.value(INTEGER)?;
        body.value(SEQUENCE)?;
        let issuer = body.value(SEQUENCE)?;
        let mut validity = Der(body.value(SEQUENCE)?);
        let validity = validity.time()?..=validity.time()?;
        let subject = body.value(SEQUENCE)?;
        let before = body.0;
        body.value(SEQUENCE)?;
        let public_key = before.get(..before.len() - body.0.len())?;
        body.value(ISSUER_ID);
        body.value(SUBJECT_ID);
        let extensions = body.value(EXTENSIONS).map(Extensions::read);
        let extensions = extensions.unwrap_or_else(|| Some(Extensions::default()))?;
        Some(Certificate { is_v1, extensions, signed, algorithm, signature, issuer, subject, public_key, validity })
    }

    /// Whether it is an authority's, and says nothing else about its use.
    pub(super) fn is_authority(&self) -> bool {
        self.extensions.authority && !self.extensions.more
    }

    /// The common name of its subject, which is the name of a host if no others are given (RFC 6125 §6.4.4).
    pub(super) fn common_name(&self) -> Option<&'a str> {
        common_name(self.subject).filter(|_| !self.extensions.names)
    }

    /// Whether it holds good at a time.
    pub(super) fn holds(&self, now: UnixTime) -> bool {
        i64::try_from(now.as_secs()).is_ok_and(|now| self.validity.contains(&now))
    }
}

/// The first common name in what a name holds (RFC 5280 §4.1.2.4).
pub(super) fn common_name(held: &[u8]) -> Option<&str> {
    let mut names = Der(held);
    while let Some(name) = names.value(SET) {
        let mut name = Der(Der(name).value(SEQUENCE)?);
        if name.value(OBJECT_IDENTIFIER)? == COMMON_NAME {
            let text = STRINGS.iter().find_map(|tag| name.value(*tag))?;
            return std::str::from_utf8(text).ok();
        }
    }
    None
}

/// What the extensions of a certificate say.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Extensions {
    /// It is an authority's.
    authority: bool,
    /// It has names beside that of its subject.
    names: bool,
    /// There is more.
    more: bool,
}

impl Extensions {
    fn read(held: &[u8]) -> Option<Self> {
        let (mut list, mut said) = (Der(Der(held).value(SEQUENCE)?), Extensions::default());
        while !list.0.is_empty() {
            let mut extension = Der(list.value(SEQUENCE)?);
            let kind = extension.value(OBJECT_IDENTIFIER)?;
            extension.value(BOOLEAN);
            let value = extension.value(OCTET_STRING)?;
            if kind == CONSTRAINTS {
                said.authority = Der(Der(value).value(SEQUENCE)?).value(BOOLEAN) == Some(&[0xff]);
            } else if kind == NAMES {
                said.names = true;
            } else if !KEYS.iter().any(|known| kind == known) {
                said.more = true;
            }
        }
        Some(said)
    }
}

/// Algorithm and key of what a `SubjectPublicKeyInfo` holds.
pub(super) fn key_of(held: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut held = Der(held);
    Some((held.value(SEQUENCE)?, bits(held.value(BIT_STRING)?)?))
}

/// What a `SubjectPublicKeyInfo` holds.
pub(super) fn held_by(public_key: &[u8]) -> Option<&[u8]> {
    Der(public_key).value(SEQUENCE)
}

/// The bytes of a bit string.
fn bits(value: &[u8]) -> Option<&[u8]> {
    value.split_first().filter(|(unused, _)| **unused == 0).map(|(_, bytes)| bytes)
}

/// What is left of a sequence of elements in DER.
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    /// What the next element holds, if it has this tag.
    fn value(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (_, rest) = self.0.split_first().filter(|(first, _)| **first == tag)?;
        let (&short, rest) = rest.split_first()?;
        let (length, rest) = match short {
            0..=0x7f => (usize::from(short), rest),
            0x81..=0x83 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(short & 0x7f))?;
                (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
            }
            _ => return None,
        };
        let (value, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(value)
    }

    /// A time in seconds since 1970 (RFC 5280 §4.1.2.5).
    fn time(&mut self) -> Option<i64> {
        let (text, digits_of_year) = match self.value(UTC_TIME) {
            Some(text) => (text, 2),
            None => (self.value(GENERALIZED_TIME)?, 4),
        };
        let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
        let (year, rest) = text.split_at_checked(digits_of_year).filter(|(_, rest)| rest.len() == 10)?;
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let year: i32 = year.parse().ok()?;
        let year = match digits_of_year {
            2 if year < 50 => year + 2000,
            2 => year + 1900,
            _ => year,
        };
        let part = |at: usize| rest.get(at..at + 2)?.parse::<u32>().ok();
        let day = NaiveDate::from_ymd_opt(year, part(0)?, part(2)?)?;
        Some(day.and_hms_opt(part(4)?, part(6)?, part(8)?)?.and_utc().timestamp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read() {
        let time = |tag: u8, text: &str| Der(&[&[tag, text.len() as u8], text.as_bytes()].concat()).time();
        assert_eq!(time(UTC_TIME, "700101000000Z"), Some(0));
        assert_eq!(time(UTC_TIME, "491231235959Z"), Some(2_524_607_999));
        assert_eq!(time(GENERALIZED_TIME, "20500101000000Z"), Some(2_524_608_000));
        for wrong in ["", "Z", "7001010000Z", "70+101000000Z", "701301000000Z", "700101000000"] {
            assert_eq!(time(UTC_TIME, wrong), None, "{wrong}");
        }
    }

    proptest::proptest! {
        #[test]
        fn nothing_upsets_it(der: Vec<u8>) {
            let _ = Certificate::read(&der);
            let wrapped = [&[SEQUENCE, 0x82, (der.len() >> 8) as u8, der.len() as u8], der.as_slice()].concat();
            let _ = Certificate::read(&wrapped);
        }
    }
}
