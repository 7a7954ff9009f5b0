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
        // A name takes at most 5 characters an octet, a DHCID 2: the text stays far below 64 KiB.
        let mut datagram = (text.len() as u16).to_be_bytes().to_vec();
        datagram.extend_from_slice(text.as_bytes());
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

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    prop_compose! {
        fn requests()(
            add: bool,
            directions in 1..4u8,
            labels in vec(vec(any::<u8>(), 1..12), 0..6),
            ip_address: IpAddr,
            dhcid in vec(any::<u8>(), 1..50),
            lease_length: u32,
            mode in 0..4usize,
        ) -> NameChangeRequest {
            NameChangeRequest {
                change_type: if add { ChangeType::Add } else { ChangeType::Remove },
                forward_change: directions & 1 != 0,
                reverse_change: directions & 2 != 0,
                fqdn: Name::from_labels(labels.iter().map(Vec::as_slice)).unwrap(),
                ip_address,
                dhcid: Dhcid::from_rdata(&dhcid).unwrap(),
                lease_length,
                conflict_resolution_mode: ConflictResolutionMode::ALL[mode],
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(request in requests()) {
            prop_assert_eq!(NameChangeRequest::decode(&request.encode()), Ok(request));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..200)) {
            prop_assert!(NameChangeRequest::decode(&bytes).is_err());
        }

        #[test]
        fn damaged_requests_are_read_or_refused(request in requests(), at: prop::sample::Index, byte: u8) {
            let mut bytes = request.encode();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if let Ok(request) = NameChangeRequest::decode(&bytes) {
                prop_assert_eq!(NameChangeRequest::decode(&request.encode()), Ok(request));
            }
        }
    }

    /// The text as kea-dhcp4 puts it into its datagrams.
    const TEXT: &str = "{\"change-type\":0,\"forward-change\":true,\"reverse-change\":false,\
        \"fqdn\":\"walah.walah.com.\",\"ip-address\":\"192.168.2.1\",\"dhcid\":\"010203040A7F8E3D\",\
        \"lease-length\":1300,\"conflict-resolution-mode\":\"check-with-dhcid\"}";

    #[test]
    fn the_text_is_keas() {
        let request = NameChangeRequest::from_json(&serde_json::from_str(TEXT).unwrap()).unwrap();
        assert_eq!(request.to_json(), TEXT);
        let datagram = request.encode();
        assert_eq!(datagram.split_at(2), (&(TEXT.len() as u16).to_be_bytes()[..], TEXT.as_bytes()));
    }

    /// The text with one member replaced, or left out.
    fn changed(member: &str, value: Option<Value>) -> Result<NameChangeRequest, NcrError> {
        let mut map: Map<String, Value> = serde_json::from_str(TEXT).unwrap();
        map.remove(member);
        if let Some(value) = value {
            map.insert(member.to_owned(), value);
        }
        NameChangeRequest::from_json(&Value::Object(map))
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        for member in ["change-type", "forward-change", "reverse-change", "fqdn", "ip-address", "dhcid", "lease-length"]
        {
            assert_eq!(changed(member, None), Err(NcrError::Missing(member)));
            let wrong = changed(member, Some(Value::Null)).unwrap_err();
            assert!(matches!(wrong, NcrError::WrongType { member: named, .. } if named == member), "{member}: {wrong}");
        }
        for (member, value) in [
            ("change-type", 2.into()),
            ("ip-address", "192.0.2".into()),
            ("lease-length", (-1).into()),
            ("lease-length", (1u64 << 32).into()),
            ("conflict-resolution-mode", "sometimes".into()),
        ] {
            let wrong = changed(member, Some(value)).unwrap_err();
            assert!(matches!(wrong, NcrError::BadValue { member: named, .. } if named == member), "{member}: {wrong}");
        }
        assert_eq!(changed("forward-change", Some(false.into())), Err(NcrError::NoDirection));
        assert_eq!(changed("fqdn", Some("".into())), Err(NcrError::Fqdn(NameError::Empty)));
        assert_eq!(changed("dhcid", Some("".into())), Err(NcrError::Dhcid(DhcidError::BadHex)));
    }

    #[test]
    fn older_members_are_understood() {
        let mut map: Map<String, Value> = serde_json::from_str(TEXT).unwrap();
        map.insert("lease-expires-on".to_owned(), "20130121132405".into());
        map.remove("conflict-resolution-mode");
        let mode = |map: &Map<_, _>| {
            NameChangeRequest::from_json(&Value::Object(map.clone())).map(|it| it.conflict_resolution_mode)
        };
        assert_eq!(mode(&map), Ok(ConflictResolutionMode::CheckWithDhcid));
        map.insert("use-conflict-resolution".to_owned(), false.into());
        assert_eq!(mode(&map), Ok(ConflictResolutionMode::NoCheckWithDhcid));
        map.insert("conflict-resolution-mode".to_owned(), "check-exists-with-dhcid".into());
        assert_eq!(mode(&map), Ok(ConflictResolutionMode::CheckExistsWithDhcid));
    }

    #[test]
    fn a_datagram_may_be_longer_than_it_says_but_not_shorter() {
        let mut datagram = changed("nothing", None).unwrap().encode();
        datagram.push(b' ');
        assert!(NameChangeRequest::decode(&datagram).is_ok());
        datagram.truncate(datagram.len() - 2);
        assert_eq!(NameChangeRequest::decode(&datagram), Err(NcrError::Truncated));
        assert_eq!(NameChangeRequest::decode(&[0]), Err(NcrError::Truncated));
    }
}
