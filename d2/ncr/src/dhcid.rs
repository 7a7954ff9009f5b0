//! DHCID: a digest that stands for a client at a name (RFC 4701 §3).

use std::fmt;

use dns::Name;
use sha2::{Digest, Sha256};

/// RDATA of a DHCID record: identifier type (2 octets), digest type (1 octet), digest (RFC 4701 §3.1).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Dhcid {
    bytes: Box<[u8]>,
}

/// Why no DHCID can be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DhcidError {
    /// The client's identifier is empty.
    EmptyIdentifier,
    /// A client identifier of type 255 (RFC 4361 §6.1) holds a DUID of no octet or of more than 130.
    BadDuidLength,
    /// The text is empty, of an odd number of digits, or has something else than hexadecimal digits.
    BadHex,
}

/// Identifier types (RFC 4701 §3.3).
const HARDWARE_ADDRESS: u8 = 0;
const CLIENT_ID: u8 = 1;
const DUID: u8 = 2;
/// Digest type of SHA-256 (RFC 4701 §3.4).
const SHA_256: u8 = 1;

/// Client identifier type that carries an IAID and a DUID (RFC 4361 §6.1).
const RFC4361: u8 = 255;
/// Octets before the DUID in such an identifier: the type and the IAID.
const RFC4361_PREFIX: usize = 5;
/// Most octets of a DUID: a type of two and 128 more (RFC 8415 §11.1).
const DUID_MAX: usize = 130;

impl Dhcid {
    /// From a DUID (type code and all) and the name.
    pub fn from_duid(duid: &[u8], fqdn: &Name) -> Result<Self, DhcidError> {
        Self::compute(DUID, &[duid], fqdn)
    }

    /// From the content of a DHCPv4 client identifier option, type octet first, and the name. The DUID in an RFC 4361
    /// identifier is what counts, so that a client has one DHCID in DHCPv4 and DHCPv6 (RFC 4701 §3.3).
    pub fn from_client_id(client_id: &[u8], fqdn: &Name) -> Result<Self, DhcidError> {
        if client_id.first() != Some(&RFC4361) {
            return Self::compute(CLIENT_ID, &[client_id], fqdn);
        }
        match client_id.get(RFC4361_PREFIX..) {
            Some(duid) if (1..=DUID_MAX).contains(&duid.len()) => Self::from_duid(duid, fqdn),
            _ => Err(DhcidError::BadDuidLength),
        }
    }

    /// From the hardware type and address of a DHCPv4 client, and the name.
    pub fn from_hardware_address(htype: u8, address: &[u8], fqdn: &Name) -> Result<Self, DhcidError> {
        if address.is_empty() {
            return Err(DhcidError::EmptyIdentifier);
        }
        Self::compute(HARDWARE_ADDRESS, &[&[htype], address], fqdn)
    }

    /// Takes RDATA that was computed elsewhere; `None` when it is empty.
    pub fn from_rdata(rdata: &[u8]) -> Option<Self> {
        (!rdata.is_empty()).then(|| Self { bytes: rdata.into() })
    }

    /// Reads hexadecimal digits without separators, of either case.
    pub fn from_hex(text: &str) -> Result<Self, DhcidError> {
        let nibble = |digit: &u8| char::from(*digit).to_digit(16).map(|value| value as u8);
        let bytes: Option<Vec<u8>> = text
            .as_bytes()
            .chunks(2)
            .map(|pair| match pair {
                [high, low] => Some(nibble(high)? << 4 | nibble(low)?),
                _ => None,
            })
            .collect();
        bytes.and_then(|bytes| Self::from_rdata(&bytes)).ok_or(DhcidError::BadHex)
    }

    /// The RDATA.
    pub fn rdata(&self) -> &[u8] {
        &self.bytes
    }

    fn compute(identifier_type: u8, identifier: &[&[u8]], fqdn: &Name) -> Result<Self, DhcidError> {
        if identifier.iter().all(|part| part.is_empty()) {
            return Err(DhcidError::EmptyIdentifier);
        }
        let mut digest = Sha256::new();
        for part in identifier {
            digest.update(part);
        }
        // The name in canonical form, lower case (RFC 4701 §3.5).
        digest.update(fqdn.canonical());
        let mut bytes = vec![0, identifier_type, SHA_256];
        bytes.extend_from_slice(&digest.finalize());
        Ok(Self { bytes: bytes.into() })
    }
}

/// Upper case hexadecimal digits without separators.
impl fmt::Display for Dhcid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.bytes.iter().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

impl fmt::Debug for Dhcid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dhcid({self})")
    }
}

impl fmt::Display for DhcidError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EmptyIdentifier => "the client's identifier is empty",
            Self::BadDuidLength => "the DUID in the client identifier is not of 1 to 130 octets",
            Self::BadHex => "a DHCID is a whole number of octets in hexadecimal digits",
        })
    }
}

impl std::error::Error for DhcidError {}
