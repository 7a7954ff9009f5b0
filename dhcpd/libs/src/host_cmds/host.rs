//! A reservation in JSON, and by what it is found.

use crate::Editor;
use crate::arguments::{Address, Arguments, Refusal, address};
use crate::lease_cmds::identifiers::formatted;
use schema::json::{Node, Value as Tree};
use serde_json::Value;

/// What reservations are found by.
#[derive(Clone, Debug, PartialEq)]
pub enum Key {
    /// What is reserved.
    Address(Address),
    /// A kind of identifier and its bytes.
    Identifier(String, Vec<u8>),
    /// A name, in lower case.
    Hostname(String),
    /// All of them.
    Any,
}

/// Kinds of identifiers in the order in which a reservation is looked through for its own.
pub(crate) const KINDS: [&str; 5] = ["hw-address", "duid", "circuit-id", "client-id", "flex-id"];

/// The family of a server.
pub(super) fn family(editor: &Editor) -> u8 {
    if editor.module == "Dhcp4" { 4 } else { 6 }
}

/// The kind of an identifier and the identifier, as a command says them; `doing` begins the sentence that says that there is
/// none.
pub(super) fn identifier_texts<'a>(arguments: Arguments<'a>, doing: &str) -> Result<(&'a str, &'a str), Refusal> {
    let text = |key: &str| match arguments.find(key) {
        Ok(Some(Node { value: Tree::Text(text), .. })) => Ok(&**text),
        _ => Err(format!("{doing}'{key}' is either missing or not a string.")),
    };
    Ok((text("identifier-type")?, text("identifier")?))
}

impl Key {
    /// An identifier of a kind.
    pub(super) fn identifier((kind, identifier): (&str, &str)) -> Result<Self, Refusal> {
        let bytes = bytes(identifier).map_err(|_| "Unable to parse 'identifier' value.")?;
        if bytes.is_empty() {
            return Err("Unable to query for empty 'identifier'.".into());
        }
        if !KINDS.contains(&kind) {
            return Err("Value of 'identifier-type' was not recognized.".into());
        }
        Ok(Self::Identifier(kind.to_owned(), bytes))
    }

    /// The identifier of a reservation.
    pub(super) fn of(host: &Value) -> Result<Self, Refusal> {
        let given = KINDS.into_iter().find_map(|kind| Some((kind, host.get(kind)?.as_str()?)));
        let (kind, text) = given.ok_or("the reservation has no identifier")?;
        Ok(Self::Identifier(kind.to_owned(), bytes(text)?))
    }

    /// Whether a reservation is found by it.
    pub(super) fn finds(&self, host: &Value) -> bool {
        let text = |key: &str| host.get(key).and_then(Value::as_str);
        match self {
            Self::Any => true,
            Self::Hostname(name) => text("hostname").is_some_and(|hostname| hostname.to_lowercase() == *name),
            Self::Identifier(kind, wanted) => text(kind).and_then(|text| bytes(text).ok()).as_ref() == Some(wanted),
            Self::Address(wanted) => {
                let lists = ["ip-addresses", "prefixes"].into_iter().filter_map(|key| host.get(key)?.as_array());
                let listed = lists.flatten().filter_map(Value::as_str);
                // A prefix is found by its first address.
                let starts = text("ip-address").into_iter().chain(listed).filter_map(|text| text.split('/').next());
                starts.into_iter().any(|start| address(start).ok() == Some(*wanted))
            }
        }
    }
}

/// The bytes of an identifier: a text in quotes, or digits.
pub(crate) fn bytes(text: &str) -> Result<Vec<u8>, Refusal> {
    match text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        Some(quoted) => Ok(quoted.as_bytes().to_vec()),
        None => formatted(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_host_is_found_by_each_of_its_features() {
        let host = json!({ "flex-id": "'ab'", "hostname": "A.b", "ip-addresses": ["2001:db8::1"], "prefixes": ["2001:db8:8::/64"] });
        assert_eq!(Key::of(&host), Ok(Key::Identifier("flex-id".into(), b"ab".to_vec())));
        for (key, found) in [
            (Key::Identifier("flex-id".into(), vec![0x61, 0x62]), true),
            (Key::Identifier("duid".into(), vec![0x61, 0x62]), false),
            (Key::Hostname("a.b".into()), true),
            (Key::Address("2001:DB8::1".parse().unwrap()), true),
            (Key::Address("2001:db8:8::".parse().unwrap()), true),
            (Key::Address("2001:db8::2".parse().unwrap()), false),
        ] {
            assert_eq!(key.finds(&host), found, "{key:?}");
        }
        assert!(Key::of(&json!({ "hostname": "x" })).is_err());
    }
}
