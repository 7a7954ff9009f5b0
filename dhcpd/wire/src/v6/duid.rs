//! DHCP unique identifiers (RFC 8415 §11).

use crate::hex;
use smallvec::SmallVec;
use std::fmt;
use std::str::FromStr;

/// A DUID: type and what follows, 3 to 130 bytes.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Duid(SmallVec<[u8; 24]>);

/// Why bytes or text are no DUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DuidError {
    /// Not of 3 to 130 bytes: two of type and one more at least, 128 more at most (RFC 8415 §11.1).
    Length(usize),
    /// Not hexadecimal digits.
    Hex,
}

/// DUID types.
const LLT: u16 = 1;
const EN: u16 = 2;
const LL: u16 = 3;
const UUID: u16 = 4;

impl Duid {
    /// Least bytes.
    pub const MIN: usize = 3;
    /// Most bytes.
    pub const MAX: usize = 130;

    /// Takes the content of a client or server identifier option.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DuidError> {
        match bytes.len() {
            Self::MIN..=Self::MAX => Ok(Self(bytes.into())),
            length => Err(DuidError::Length(length)),
        }
    }

    /// Link-layer address and time (RFC 8415 §11.2); `time` is in seconds since 2000-01-01 UTC, modulo 2^32.
    pub fn link_layer_time(hardware_type: u16, time: u32, address: &[u8]) -> Result<Self, DuidError> {
        Self::from_parts(&[&LLT.to_be_bytes(), &hardware_type.to_be_bytes(), &time.to_be_bytes(), address])
    }

    /// Enterprise number and what its owner chose (RFC 8415 §11.3).
    pub fn enterprise(number: u32, identifier: &[u8]) -> Result<Self, DuidError> {
        Self::from_parts(&[&EN.to_be_bytes(), &number.to_be_bytes(), identifier])
    }

    /// Link-layer address (RFC 8415 §11.4).
    pub fn link_layer(hardware_type: u16, address: &[u8]) -> Result<Self, DuidError> {
        Self::from_parts(&[&LL.to_be_bytes(), &hardware_type.to_be_bytes(), address])
    }

    /// UUID (RFC 6355).
    pub fn uuid(uuid: [u8; 16]) -> Result<Self, DuidError> {
        Self::from_parts(&[&UUID.to_be_bytes(), &uuid])
    }

    /// All of it.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Hardware type and link-layer address in the bytes of a DUID of types LLT and LL.
    pub fn hardware_address(duid: &[u8]) -> Option<(u16, &[u8])> {
        let (&[t0, t1, h0, h1], rest) = duid.split_first_chunk()?;
        let address = match u16::from_be_bytes([t0, t1]) {
            LLT => rest.get(4..)?,
            LL => rest,
            _ => return None,
        };
        (!address.is_empty()).then(|| (u16::from_be_bytes([h0, h1]), address))
    }

    fn from_parts(parts: &[&[u8]]) -> Result<Self, DuidError> {
        Self::from_bytes(&parts.concat())
    }
}

/// `00:01:00:01:...`, lower case, as in Kea's files.
impl fmt::Display for Duid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::Colons(&self.0).fmt(f)
    }
}

impl fmt::Debug for Duid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Duid({self})")
    }
}

/// Reads what [`hex::parse`] reads.
impl FromStr for Duid {
    type Err = DuidError;

    fn from_str(text: &str) -> Result<Self, DuidError> {
        Self::from_bytes(&hex::parse(text.trim()).ok_or(DuidError::Hex)?)
    }
}

impl fmt::Display for DuidError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length(length) => write!(f, "a DUID has {} to {} bytes, not {length}", Duid::MIN, Duid::MAX),
            Self::Hex => f.write_str("a DUID is written in hexadecimal digits"),
        }
    }
}

impl std::error::Error for DuidError {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_printed_is_read(bytes in proptest::collection::vec(any::<u8>(), 3..=130)) {
            let duid = Duid::from_bytes(&bytes).unwrap();
            prop_assert_eq!(duid.to_string().parse(), Ok(duid));
        }

        #[test]
        fn an_address_comes_back(kind in any::<u16>(), time in any::<u32>(), address in proptest::collection::vec(any::<u8>(), 1..20)) {
            for duid in [Duid::link_layer(kind, &address), Duid::link_layer_time(kind, time, &address)] {
                let duid = duid.unwrap();
                prop_assert_eq!(Duid::hardware_address(duid.as_bytes()), Some((kind, &address[..])));
            }
        }
    }

    #[test]
    fn types_are_laid_out_as_the_rfcs_have_them() {
        assert_eq!(
            Duid::link_layer_time(1, 0x1234, &[1, 2, 3, 4, 5, 6]).unwrap().to_string(),
            "00:01:00:01:00:00:12:34:01:02:03:04:05:06"
        );
        assert_eq!(Duid::enterprise(2495, &[0xab]).unwrap().to_string(), "00:02:00:00:09:bf:ab");
        assert_eq!(Duid::uuid([7; 16]).unwrap().as_bytes().len(), 18);
        assert_eq!(Duid::hardware_address(&[0, 4, 0, 1, 9]), None);
        assert_eq!(Duid::hardware_address(&[0, 3, 0, 1]), None);
    }

    #[test]
    fn lengths_are_kept() {
        assert_eq!(Duid::from_bytes(&[1, 2]), Err(DuidError::Length(2)));
        assert_eq!(Duid::from_bytes(&[0; 131]), Err(DuidError::Length(131)));
        assert_eq!("00:01:0x".parse::<Duid>(), Err(DuidError::Hex));
    }
}
