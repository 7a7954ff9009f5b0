//! The hash of a configuration: the same for the same configuration however it is spaced, ordered and commented.
//!
//! Kea hashes what `config-get` shows. Showing a large configuration takes longer than putting it into effect, and every
//! answer to `config-set` carries the hash; so it is taken over what was given.

use schema::json::{Document, Member, Node, Value};
use sha2::{Digest, Sha256};

/// SHA-256 of a configuration, in hexadecimal.
pub(crate) fn of(document: &Document) -> String {
    let mut bytes = Vec::new();
    write(&document.root, &mut bytes);
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02X}")).collect()
}

/// A value in a form of its own: a letter for its kind, then a number, or a length and what is that long.
fn write(node: &Node, bytes: &mut Vec<u8>) {
    match &node.value {
        Value::Null => bytes.push(b'n'),
        Value::Bool(value) => bytes.push(if *value { b't' } else { b'f' }),
        Value::Int(value) => put(b'i', value.to_le_bytes(), bytes),
        Value::Real(value) => put(b'r', value.to_bits().to_le_bytes(), bytes),
        Value::Text(text) => write_text(text, bytes),
        Value::List(nodes) => {
            put(b'l', nodes.len().to_le_bytes(), bytes);
            nodes.iter().for_each(|node| write(node, bytes));
        }
        Value::Map(members) => {
            put(b'm', members.len().to_le_bytes(), bytes);
            let mut members: Vec<&Member> = members.iter().collect();
            members.sort_unstable_by_key(|member| &member.key);
            for member in members {
                write_text(&member.key, bytes);
                write(&member.node, bytes);
            }
        }
    }
}

fn write_text(text: &str, bytes: &mut Vec<u8>) {
    put(b's', text.len().to_le_bytes(), bytes);
    bytes.extend_from_slice(text.as_bytes());
}

fn put(kind: u8, number: [u8; 8], bytes: &mut Vec<u8>) {
    bytes.push(kind);
    bytes.extend_from_slice(&number);
}

#[cfg(test)]
mod tests {
    use super::of;
    use schema::json;

    fn hash(text: &str) -> String {
        of(&json::parse("test", text, &mut json::no_includes).unwrap_or_else(|error| panic!("{error}")))
    }

    #[test]
    fn only_what_is_said_counts() {
        let one = hash(r#"{ "a": [ 1, 2.5, "x" ], "b": { "c": true, "d": null } }"#);
        assert_eq!(one.len(), 64);
        assert_eq!(hash(r#"{"b":{"d":null,"c":true},"a":[1,2.5,"x"]} // the same"#), one);
        for other in [
            r#"{ "a": [ 1, 2.5, "x" ], "b": { "c": false, "d": null } }"#,
            r#"{ "a": [ 1, "x", 2.5 ], "b": { "c": true, "d": null } }"#,
            r#"{ "a": [ 1, 2.5, "x" ], "b": { "c": true }, "d": null }"#,
            r#"{ "a": [ 1, 2.5 ], "x": { "b": { "c": true, "d": null } } }"#,
        ] {
            assert_ne!(hash(other), one, "{other}");
        }
    }
}
