//! Transaction signatures (RFC 8945): requests are signed, answers verified.
//!
//! ```text
//! NAME   key                     RDATA  algorithm name
//! TYPE   TSIG                           time signed (48 bits), fudge (16)
//! CLASS  ANY                            MAC size (16), MAC
//! TTL    0                              original ID (16), error (16)
//!                                       other length (16), other data
//! ```

use std::fmt;

use hmac::{Hmac, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Sha224, Sha256, Sha384, Sha512};

use crate::message::{HEADER, Message, MessageError};
use crate::name::Name;
use crate::reader::Reader;
use crate::record::{Class, Record, Type};

/// Algorithm of the message authentication code (RFC 8945 §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// HMAC-MD5
    Md5,
    /// HMAC-SHA1
    Sha1,
    /// HMAC-SHA224
    Sha224,
    /// HMAC-SHA256
    Sha256,
    /// HMAC-SHA384
    Sha384,
    /// HMAC-SHA512
    Sha512,
}

/// A secret shared with a server, and how it is used.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    name: Name,
    algorithm: Algorithm,
    secret: Box<[u8]>,
    /// Octets of the MAC that are sent, and the least that are accepted.
    mac_len: usize,
}

/// Why there is no such key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyError {
    /// The secret is empty.
    EmptySecret,
    /// The truncated length is not a whole number of octets.
    NotOctets,
    /// The truncated length is below 80 bits or below half of the algorithm's (RFC 8945 §5.2.2.1).
    TooShort,
}

/// What remains of a signed request, to verify its answer by.
#[derive(Clone, Debug)]
pub struct Signature {
    key: Key,
    mac: Vec<u8>,
}

/// Why an answer is not to be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TsigError {
    /// The message cannot be read.
    Message(MessageError),
    /// The last record is no TSIG, or there is more than one.
    Unsigned,
    /// The TSIG record is malformed.
    BadRecord,
    /// It is signed with another key or algorithm.
    BadKey,
    /// The signature is wrong.
    BadSignature,
    /// The signature is shorter than we accept.
    BadTruncation,
    /// It was signed at another time than now.
    BadTime,
    /// The server refused our signature: the TSIG error it gives (RFC 8945 §3).
    Refused(u16),
}

/// Seconds by which the clocks may differ (RFC 8945 §10).
const FUDGE: u16 = 300;

impl Algorithm {
    /// All algorithms.
    pub const ALL: [Self; 6] = [Self::Md5, Self::Sha1, Self::Sha224, Self::Sha256, Self::Sha384, Self::Sha512];

    /// The word in configurations, `HMAC-SHA256`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Md5 => "HMAC-MD5",
            Self::Sha1 => "HMAC-SHA1",
            Self::Sha224 => "HMAC-SHA224",
            Self::Sha256 => "HMAC-SHA256",
            Self::Sha384 => "HMAC-SHA384",
            Self::Sha512 => "HMAC-SHA512",
        }
    }

    /// The algorithm of this word, whatever its case.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str().eq_ignore_ascii_case(word))
    }

    /// Full length of the MAC in octets.
    pub fn mac_len(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha224 => 28,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// Least length of a truncated MAC in octets (RFC 8945 §5.2.2.1).
    pub fn least_mac_len(self) -> usize {
        (self.mac_len() / 2).max(10)
    }

    /// The name in the TSIG record, in canonical form (RFC 8945 §6).
    fn wire(self) -> &'static [u8] {
        match self {
            Self::Md5 => b"\x08hmac-md5\x07sig-alg\x03reg\x03int\0",
            Self::Sha1 => b"\x09hmac-sha1\0",
            Self::Sha224 => b"\x0bhmac-sha224\0",
            Self::Sha256 => b"\x0bhmac-sha256\0",
            Self::Sha384 => b"\x0bhmac-sha384\0",
            Self::Sha512 => b"\x0bhmac-sha512\0",
        }
    }

    /// The code over all parts, at full length.
    fn mac(self, secret: &[u8], parts: &[&[u8]]) -> Vec<u8> {
        match self {
            Self::Md5 => mac::<Hmac<Md5>>(secret, parts),
            Self::Sha1 => mac::<Hmac<Sha1>>(secret, parts),
            Self::Sha224 => mac::<Hmac<Sha224>>(secret, parts),
            Self::Sha256 => mac::<Hmac<Sha256>>(secret, parts),
            Self::Sha384 => mac::<Hmac<Sha384>>(secret, parts),
            Self::Sha512 => mac::<Hmac<Sha512>>(secret, parts),
        }
    }
}

#[expect(clippy::expect_used, reason = "HMAC takes secrets of every length")]
fn mac<M: Mac + hmac::digest::KeyInit>(secret: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = <M as Mac>::new_from_slice(secret).expect("HMAC takes secrets of every length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

impl Key {
    /// A key. `truncated_bits` is the length to which codes are cut, and the least that is accepted from the server;
    /// 0 stands for codes at full length only.
    pub fn new(name: Name, algorithm: Algorithm, secret: &[u8], truncated_bits: u32) -> Result<Self, KeyError> {
        if secret.is_empty() {
            return Err(KeyError::EmptySecret);
        }
        if !truncated_bits.is_multiple_of(8) {
            return Err(KeyError::NotOctets);
        }
        let mac_len = match (truncated_bits / 8) as usize {
            0 => algorithm.mac_len(),
            length if length < algorithm.least_mac_len() => return Err(KeyError::TooShort),
            length => length.min(algorithm.mac_len()),
        };
        Ok(Self { name, algorithm, secret: secret.into(), mac_len })
    }

    /// The key's name, known to both sides.
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// Appends a TSIG to an encoded request (RFC 8945 §5.1). `now` is in seconds since the epoch.
    pub fn sign(&self, message: &mut Vec<u8>, now: u64) -> Result<Signature, MessageError> {
        let [id_high, id_low] = *message.first_chunk().ok_or(MessageError::Truncated)?;
        let variables = Variables { time: now, fudge: FUDGE, error: 0, other: &[] };
        let mut mac = self.algorithm.mac(&self.secret, &[message, &variables.digested(self)]);
        mac.truncate(self.mac_len);
        let mut rdata = self.algorithm.wire().to_vec();
        rdata.extend_from_slice(&variables.timers());
        rdata.extend_from_slice(&length(&mac));
        rdata.extend_from_slice(&mac);
        rdata.extend_from_slice(&[id_high, id_low, 0, 0, 0, 0]);
        let record = Record { name: self.name.clone(), rtype: Type::TSIG, class: Class::ANY, ttl: 0, rdata };
        count_additional(message, 1)?;
        record.encode(message)?;
        Ok(Signature { key: self.clone(), mac })
    }
}

impl Signature {
    /// Verifies and reads the answer to the request (RFC 8945 §5.3). `now` is in seconds since the epoch.
    pub fn verify(&self, answer: &[u8], now: u64) -> Result<Message, TsigError> {
        let (mut message, offset) = Message::decode_with_last(answer).map_err(TsigError::Message)?;
        let record = message.additional.pop().filter(|last| last.rtype == Type::TSIG).ok_or(TsigError::Unsigned)?;
        if message.additional.iter().any(|record| record.rtype == Type::TSIG) {
            return Err(TsigError::Unsigned);
        }
        let tsig = Tsig::decode(&record.rdata).map_err(|_| TsigError::BadRecord)?;
        if record.name != self.key.name || tsig.algorithm.canonical() != self.key.algorithm.wire() {
            return Err(TsigError::BadKey);
        }
        // A server that does not know the key, or found our signature wrong, cannot sign (RFC 8945 §5.2.1, §5.2.2).
        if tsig.mac.is_empty() && tsig.variables.error != 0 {
            return Err(TsigError::Refused(tsig.variables.error));
        }
        self.verify_mac(answer.get(..offset).ok_or(TsigError::BadRecord)?, &tsig)?;
        if now.abs_diff(tsig.variables.time) > u64::from(tsig.variables.fudge) {
            return Err(TsigError::BadTime);
        }
        match tsig.variables.error {
            0 => Ok(message),
            error => Err(TsigError::Refused(error)),
        }
    }

    /// Computes the code over the request's code, the answer as it was before it was signed, and the TSIG's variables
    /// (RFC 8945 §4.3).
    fn verify_mac(&self, unsigned: &[u8], tsig: &Tsig<'_>) -> Result<(), TsigError> {
        let algorithm = self.key.algorithm;
        if tsig.mac.len() > algorithm.mac_len() || tsig.mac.len() < algorithm.least_mac_len() {
            return Err(TsigError::BadRecord);
        }
        let mut bare = unsigned.to_vec();
        bare.splice(..2, tsig.original_id.to_be_bytes());
        count_additional(&mut bare, -1).map_err(TsigError::Message)?;
        let parts = [&length(&self.mac)[..], &self.mac, &bare, &tsig.variables.digested(&self.key)];
        let expected = algorithm.mac(&self.key.secret, &parts);
        if !equal(expected.get(..tsig.mac.len()).ok_or(TsigError::BadRecord)?, tsig.mac) {
            return Err(TsigError::BadSignature);
        }
        if tsig.mac.len() < self.key.mac_len { Err(TsigError::BadTruncation) } else { Ok(()) }
    }
}

/// What is signed besides the message (RFC 8945 §4.3.3).
#[derive(Debug)]
struct Variables<'a> {
    /// Seconds since the epoch, 48 bits.
    time: u64,
    /// Seconds.
    fudge: u16,
    error: u16,
    other: &'a [u8],
}

impl Variables<'_> {
    fn timers(&self) -> [u8; 8] {
        (self.time << 16 | u64::from(self.fudge)).to_be_bytes()
    }

    fn digested(&self, key: &Key) -> Vec<u8> {
        let mut bytes = key.name.canonical();
        bytes.extend_from_slice(&Class::ANY.0.to_be_bytes());
        bytes.extend_from_slice(&0u32.to_be_bytes());
        bytes.extend_from_slice(key.algorithm.wire());
        bytes.extend_from_slice(&self.timers());
        bytes.extend_from_slice(&self.error.to_be_bytes());
        bytes.extend_from_slice(&length(self.other));
        bytes.extend_from_slice(self.other);
        bytes
    }
}

/// Content of a TSIG record (RFC 8945 §4.2).
#[derive(Debug)]
struct Tsig<'a> {
    algorithm: Name,
    variables: Variables<'a>,
    mac: &'a [u8],
    original_id: u16,
}

impl<'a> Tsig<'a> {
    fn decode(rdata: &'a [u8]) -> Result<Self, MessageError> {
        let mut reader = Reader::new(rdata);
        let algorithm = reader.name()?;
        let (time, fudge) = (reader.u48()?, reader.u16()?);
        let mac_len = reader.u16()?;
        let mac = reader.take(usize::from(mac_len))?;
        let (original_id, error) = (reader.u16()?, reader.u16()?);
        let other_len = reader.u16()?;
        let other = reader.take(usize::from(other_len))?;
        let variables = Variables { time, fudge, error, other };
        if reader.is_empty() {
            Ok(Self { algorithm, variables, mac, original_id })
        } else {
            Err(MessageError::Trailing)
        }
    }
}

/// Changes the number of additional records in an encoded message.
fn count_additional(message: &mut [u8], change: i16) -> Result<(), MessageError> {
    let count = message.get_mut(HEADER - 2..HEADER).ok_or(MessageError::Truncated)?;
    let (high, low) = (count.first().copied().unwrap_or(0), count.last().copied().unwrap_or(0));
    let changed = u16::from_be_bytes([high, low]).checked_add_signed(change).ok_or(MessageError::TooLong)?;
    count.copy_from_slice(&changed.to_be_bytes());
    Ok(())
}

fn length(bytes: &[u8]) -> [u8; 2] {
    // Both are far below 64 KiB: a MAC, or what a length of 16 bits was read for.
    (bytes.len() as u16).to_be_bytes()
}

/// Compares in a time that does not tell where the difference is.
fn equal(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |different, (a, b)| different | (a ^ b)) == 0
}

/// Without the secret.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({} {} {} bits)", self.name, self.algorithm.as_str(), self.mac_len * 8)
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EmptySecret => "the secret is empty",
            Self::NotOctets => "the truncated length is not a multiple of eight bits",
            Self::TooShort => "the truncated length is below 80 bits or half of the algorithm's",
        })
    }
}

impl std::error::Error for KeyError {}

impl fmt::Display for TsigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(error) => error.fmt(f),
            Self::Unsigned => f.write_str("TSIG verification failed: the answer is not signed"),
            Self::BadRecord => f.write_str("TSIG verification failed: malformed TSIG record"),
            Self::BadKey => f.write_str("TSIG verification failed: BADKEY"),
            Self::BadSignature => f.write_str("TSIG verification failed: BADSIG"),
            Self::BadTruncation => f.write_str("TSIG verification failed: BADTRUNC"),
            Self::BadTime => f.write_str("TSIG verification failed: BADTIME"),
            Self::Refused(error) => write!(f, "TSIG verification failed: the server answers {}", TsigRcode(*error)),
        }
    }
}

impl std::error::Error for TsigError {}

struct TsigRcode(u16);

/// The word of RFC 8945 §3.
impl fmt::Display for TsigRcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            16 => f.write_str("BADSIG"),
            17 => f.write_str("BADKEY"),
            18 => f.write_str("BADTIME"),
            22 => f.write_str("BADTRUNC"),
            other => write!(f, "error {other}"),
        }
    }
}

#[cfg(test)]
mod tests;
