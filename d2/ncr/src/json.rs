//! The request in a datagram: its length in two octets, then JSON text, as Kea 3.x's daemons exchange it.

use std::fmt;
use std::net::IpAddr;

use dns::{Name, NameError};
use serde_json::{Map, Value};

use crate::{ChangeType, ConflictResolutionMode, Dhcid, DhcidError, NameChangeRequest};

/// Why a datagram or text is not a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NcrError {
    /// The datagram ends before the length it announces.
    Truncated,
    /// The text is not JSON, or not a map.
    Json(String),
    /// A member is missing.
    Missing(&'static str),
    /// A member is not of this type.
    WrongType {
        /// The member.
        member: &'static str,
        /// What it ought to be.
        expected: &'static str,
    },
    /// A number or word is not among the allowed ones.
    BadValue {
        /// The member.
        member: &'static str,
        /// What it was.
        value: String,
    },
    /// The name is none.
    Fqdn(NameError),
    /// The DHCID is none.
    Dhcid(DhcidError),
    /// Neither the forward nor the reverse zone is to be changed.
    NoDirection,
}

impl NameChangeRequest {
    /// The datagram: the length of the text in two octets, most significant first, and the text.
    pub fn encode(&self) -> Vec<u8> {
        let text = self.to_json();
        // A name of 255 octets takes at most four characters each, a DHCID from a datagram at most 64 KiB.
        let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
        let mut datagram = length.to_be_bytes().to_vec();
        datagram.extend_from_slice(&text.as_bytes()[..usize::from(length)]);
        datagram
    }

    /// Reads a datagram; octets after the announced length are disregarded, as Kea does.
    pub fn decode(datagram: &[u8]) -> Result<Self, NcrError> {
        let (length, rest) = datagram.split_first_chunk().ok_or(NcrError::Truncated)?;
        let text = rest.get(..usize::from(u16::from_be_bytes(*length))).ok_or(NcrError::Truncated)?;
        let value: Value = serde_json::from_slice(text).map_err(|error| NcrError::Json(error.to_string()))?;
        Self::from_json(&value)
    }

    /// The text, members in Kea's order.
    pub fn to_json(&self) -> String {
        format!(
            "{{\"change-type\":{},\"forward-change\":{},\"reverse-change\":{},\"fqdn\":{},\"ip-address\":\"{}\",\
             \"dhcid\":\"{}\",\"lease-length\":{},\"conflict-resolution-mode\":\"{}\"}}",
            self.change_type as u8,
            self.forward_change,
            self.reverse_change,
            Value::String(self.fqdn.to_string()),
            self.ip_address,
            self.dhcid,
            self.lease_length,
            self.conflict_resolution_mode,
        )
    }

    /// Reads the map. Members that are not known are disregarded: Kea before 2.7 sends `lease-expires-on`, which nothing
    /// needs. `use-conflict-resolution`, of Kea before 2.5, counts where `conflict-resolution-mode` is absent.
    pub fn from_json(value: &Value) -> Result<Self, NcrError> {
        let map = value.as_object().ok_or_else(|| NcrError::Json("not a map".to_owned()))?;
        let request = Self {
            change_type: match integer(map, "change-type")? {
                0 => ChangeType::Add,
                1 => ChangeType::Remove,
                other => return Err(bad("change-type", other)),
            },
            forward_change: boolean(map, "forward-change")?,
            reverse_change: boolean(map, "reverse-change")?,
            fqdn: Name::parse(text(map, "fqdn")?).map_err(NcrError::Fqdn)?,
            ip_address: address(map)?,
            dhcid: Dhcid::from_hex(text(map, "dhcid")?).map_err(NcrError::Dhcid)?,
            lease_length: {
                let length = integer(map, "lease-length")?;
                u32::try_from(length).map_err(|_| bad("lease-length", length))?
            },
            conflict_resolution_mode: mode(map)?,
        };
        if request.forward_change || request.reverse_change { Ok(request) } else { Err(NcrError::NoDirection) }
    }
}

fn mode(map: &Map<String, Value>) -> Result<ConflictResolutionMode, NcrError> {
    if map.contains_key("conflict-resolution-mode") {
        let word = text(map, "conflict-resolution-mode")?;
        return ConflictResolutionMode::from_word(word).ok_or_else(|| bad("conflict-resolution-mode", word));
    }
    Ok(match map.contains_key("use-conflict-resolution") && !boolean(map, "use-conflict-resolution")? {
        true => ConflictResolutionMode::NoCheckWithDhcid,
        false => ConflictResolutionMode::CheckWithDhcid,
    })
}

fn address(map: &Map<String, Value>) -> Result<IpAddr, NcrError> {
    let text = text(map, "ip-address")?;
    text.parse().map_err(|_| bad("ip-address", text))
}

fn member<'a>(map: &'a Map<String, Value>, member: &'static str) -> Result<&'a Value, NcrError> {
    map.get(member).ok_or(NcrError::Missing(member))
}

fn integer(map: &Map<String, Value>, name: &'static str) -> Result<i64, NcrError> {
    member(map, name)?.as_i64().ok_or(NcrError::WrongType { member: name, expected: "an integer" })
}

fn boolean(map: &Map<String, Value>, name: &'static str) -> Result<bool, NcrError> {
    member(map, name)?.as_bool().ok_or(NcrError::WrongType { member: name, expected: "a boolean" })
}

fn text<'a>(map: &'a Map<String, Value>, name: &'static str) -> Result<&'a str, NcrError> {
    member(map, name)?.as_str().ok_or(NcrError::WrongType { member: name, expected: "a string" })
}

fn bad(member: &'static str, value: impl fmt::Display) -> NcrError {
    NcrError::BadValue { member, value: value.to_string() }
}

impl fmt::Display for NcrError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated => f.write_str("the datagram is cut short"),
            Self::Json(reason) => write!(f, "Malformed NameChangeRequest JSON: {reason}"),
            Self::Missing(member) => write!(f, "NameChangeRequest value missing for: {member}"),
            Self::WrongType { member, expected } => write!(f, "{member} is not {expected}"),
            Self::BadValue { member, value } => write!(f, "invalid value for {member}: {value}"),
            Self::Fqdn(error) => write!(f, "invalid fqdn: {error}"),
            Self::Dhcid(error) => write!(f, "invalid dhcid: {error}"),
            Self::NoDirection => f.write_str("Invalid Request, forward and reverse flags are both false"),
        }
    }
}

impl std::error::Error for NcrError {}
