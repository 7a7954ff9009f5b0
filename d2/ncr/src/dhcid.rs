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
    /// The text is not of 1 to 255 octets in hexadecimal digits.
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
/// Most octets of a DHCID that we take from others.
const DHCID_MAX: usize = 255;

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

    /// Takes RDATA that was computed elsewhere; `None` when it is empty or longer than 255 octets, which leaves room for any
    /// digest and keeps a request within a datagram.
    pub fn from_rdata(rdata: &[u8]) -> Option<Self> {
        (1..=DHCID_MAX).contains(&rdata.len()).then(|| Self { bytes: rdata.into() })
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
            Self::BadHex => "a DHCID is of 1 to 255 octets in hexadecimal digits",
        })
    }
}

impl std::error::Error for DhcidError {}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    /// RFC 4701 §3.6.1 to §3.6.3, there in base64.
    #[test]
    fn the_examples_of_rfc_4701() {
        let duid = [0, 1, 0, 6, 0x41, 0x2d, 0xf1, 0x66, 1, 2, 3, 4, 5, 6];
        assert_eq!(
            Dhcid::from_duid(&duid, &name("chi6.example.com")).unwrap().to_string(),
            "000201636FC0B8271C82825BB1AC5C41CF5351AA69B4FEBD94E8F17CDB95000DA48C40"
        );
        assert_eq!(
            Dhcid::from_client_id(&[1, 7, 8, 9, 10, 11, 12], &name("CHI.example.com.")).unwrap().to_string(),
            "0001013920FE5D1DCEB3FD0BA3379756A70D73B17009F41D58BDDBFCD6A2503956D8DA"
        );
        assert_eq!(
            Dhcid::from_hardware_address(1, &[1, 2, 3, 4, 5, 6], &name("client.example.com")).unwrap().to_string(),
            "000001C4B9A5B249651343158DDE7BCC77169841F7A4243A572B5C283FFFEDEB3F75E6"
        );
    }

    #[test]
    fn a_duid_in_a_client_identifier_counts_as_a_duid() {
        let (duid, fqdn) = ([0, 3, 0, 1, 1, 2, 3, 4, 5, 6], name("host.example.org"));
        let client_id = [&[255, 0, 0, 0, 7][..], &duid].concat();
        assert_eq!(Dhcid::from_client_id(&client_id, &fqdn), Dhcid::from_duid(&duid, &fqdn));
        for length in [1, 5, 136] {
            assert_eq!(Dhcid::from_client_id(&vec![255; length], &fqdn), Err(DhcidError::BadDuidLength), "{length}");
        }
        assert!(Dhcid::from_client_id(&[255; 135], &fqdn).is_ok());
    }

    #[test]
    fn nothing_comes_of_nothing() {
        let fqdn = name("host.example.org");
        assert_eq!(Dhcid::from_duid(&[], &fqdn), Err(DhcidError::EmptyIdentifier));
        assert_eq!(Dhcid::from_client_id(&[], &fqdn), Err(DhcidError::EmptyIdentifier));
        assert_eq!(Dhcid::from_hardware_address(1, &[], &fqdn), Err(DhcidError::EmptyIdentifier));
        for text in ["", "0", "0G", "é0"] {
            assert_eq!(Dhcid::from_hex(text), Err(DhcidError::BadHex), "{text}");
        }
        assert_eq!(Dhcid::from_rdata(&[]), None);
        assert_eq!(Dhcid::from_rdata(&vec![0; DHCID_MAX + 1]), None);
    }

    proptest! {
        #[test]
        fn text_is_read_back(rdata in vec(any::<u8>(), 1..80)) {
            let dhcid = Dhcid::from_rdata(&rdata).unwrap();
            prop_assert_eq!(dhcid.rdata(), &rdata[..]);
            prop_assert_eq!(Dhcid::from_hex(&dhcid.to_string()), Ok(dhcid.clone()));
            prop_assert_eq!(Dhcid::from_hex(&dhcid.to_string().to_lowercase()), Ok(dhcid));
        }

        #[test]
        fn any_identifier_is_digested_or_refused(id in vec(any::<u8>(), 0..150)) {
            let fqdn = name("host.example.org");
            for dhcid in [Dhcid::from_duid(&id, &fqdn), Dhcid::from_client_id(&id, &fqdn)].into_iter().flatten() {
                prop_assert_eq!(dhcid.rdata().len(), 35);
            }
        }
    }
}
