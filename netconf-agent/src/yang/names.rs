//! Names within values and XPath expressions: libyang wants the names of modules as prefixes, XML has declarations.

use yang2::schema::{DataValueType, SchemaNode};

use super::Node;

/// Whether values of this leaf hold prefixes: identities, instance identifiers, XPath.
pub fn holds_names(schema: &SchemaNode<'_>) -> bool {
    let Some(leaf_type) = schema.leaf_type() else { return false };
    match leaf_type.base_type() {
        DataValueType::IdentityRef | DataValueType::InstanceId => true,
        DataValueType::String => {
            matches!(leaf_type.typedef_name().as_deref(), Some("xpath1.0" | "node-instance-identifier"))
        }
        _ => false,
    }
}

/// The value of a leaf as XML has it.
pub fn value(node: &Node<'_>) -> String {
    let value = node.value_canonical().unwrap_or_default();
    if value.starts_with('/') && holds_names(&node.schema()) { qualified(&value) } else { value }
}

/// The text with every prefix exchanged for another; `Err` with the prefix that has none.
pub fn exchange(text: &str, mut other: impl FnMut(&str) -> Option<String>) -> Result<String, String> {
    let mut out = String::with_capacity(text.len() * 2);
    for piece in (Pieces { rest: text }) {
        match piece {
            Piece::Prefix(prefix) => out.push_str(&other(prefix).ok_or_else(|| prefix.to_string())?),
            Piece::Other(text) => out.push_str(text),
        }
    }
    Ok(out)
}

/// The prefixes in a text, each once.
pub fn prefixes(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for piece in (Pieces { rest: text }) {
        match piece {
            Piece::Prefix(prefix) if !found.iter().any(|known| known == prefix) => found.push(prefix.to_string()),
            _ => {}
        }
    }
    found
}

/// An instance path in which every name has a prefix, as XML wants it: `/m:a/b[c='1']` as `/m:a/m:b[m:c='1']`.
pub fn qualified(path: &str) -> String {
    with_prefixes(path, |prefix, name, _| if prefix.is_empty() { name.to_string() } else { format!("{prefix}:{name}") })
}

/// An instance path in which a prefix stands where it changes, as libyang wants it.
pub fn inherited(path: &str) -> String {
    with_prefixes(path, |prefix, name, changes| if changes { format!("{prefix}:{name}") } else { name.to_string() })
}

/// An instance path with names as `write` makes them of their prefix, themselves, and whether the prefix is another one.
fn with_prefixes(path: &str, write: impl Fn(&str, &str, bool) -> String) -> String {
    let mut out = String::with_capacity(path.len() * 2);
    let mut prefix = "";
    let mut rest = path;
    while let Some(at) = name_start(rest) {
        let (before, names) = rest.split_at(at);
        out.push_str(before);
        let end = names.find(['/', '[', '=', ']', ' ']).unwrap_or(names.len());
        let (name, after) = names.split_at(end);
        if name == "." || name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
            out.push_str(name);
        } else {
            let (given, name) = name.split_once(':').unwrap_or((prefix, name));
            out.push_str(&write(given, name, given != prefix));
            prefix = given;
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Offset of the next name in a path: behind `/` or `[`, outside quotes.
fn name_start(path: &str) -> Option<usize> {
    let mut quote = None;
    for (at, character) in path.char_indices() {
        match (quote, character) {
            (None, '/' | '[') => return Some(at + 1),
            (None, '\'' | '"') => quote = Some(character),
            (Some(open), close) if open == close => quote = None,
            _ => {}
        }
    }
    None
}

/// A piece of an XPath expression.
enum Piece<'t> {
    /// A prefix; its colon is in the next piece.
    Prefix(&'t str),
    /// A literal, a name without prefix, or anything else.
    Other(&'t str),
}

/// The expression cut where prefixes begin and end.
struct Pieces<'t> {
    rest: &'t str,
}

impl<'t> Iterator for Pieces<'t> {
    type Item = Piece<'t>;

    fn next(&mut self) -> Option<Piece<'t>> {
        let rest = self.rest;
        let first = rest.chars().next()?;
        let length = match first {
            '\'' | '"' => rest.get(1..).and_then(|inner| inner.find(first)).map_or(rest.len(), |end| end + 2),
            _ if is_start(first) => {
                let end = rest.find(|c: char| !is_inside(c)).unwrap_or(rest.len());
                let (name, after) = rest.split_at(end);
                // `::` is behind the name of an axis.
                if after.starts_with(':') && !after.starts_with("::") {
                    self.rest = after;
                    return Some(Piece::Prefix(name));
                }
                end
            }
            // The name behind a prefix has none of its own.
            ':' if !rest.starts_with("::") => {
                rest.get(1..).and_then(|inner| inner.find(|c: char| !is_inside(c))).map_or(rest.len(), |end| end + 1)
            }
            ':' => 2,
            _ if first.is_ascii_digit() => rest.find(|c: char| !is_inside(c)).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        let (piece, after) = rest.split_at(length);
        self.rest = after;
        Some(Piece::Other(piece))
    }
}

fn is_start(character: char) -> bool {
    character.is_alphabetic() || character == '_'
}

fn is_inside(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '-' | '.')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn prefixes_are_found_outside_of_literals_only() {
        let long = |prefix: &str| Some(format!("module-{prefix}"));
        for (text, expected) in [
            ("/k:a[k:b='x:y']/c:*", "/module-k:a[module-k:b='x:y']/module-c:*"),
            ("child::k:a/parent::node()", "child::module-k:a/parent::node()"),
            ("count(k:a)>1.5 and .//b", "count(module-k:a)>1.5 and .//b"),
            ("k:a", "module-k:a"),
        ] {
            assert_eq!(exchange(text, long).unwrap(), expected);
        }
        assert_eq!(prefixes("/a:b/a:c/d:e[.='f:g']"), ["a", "d"]);
        assert_eq!(qualified("/k:a[b='/x']/c:d/e[.='1']"), "/k:a[k:b='/x']/c:d/c:e[.='1']");
        assert_eq!(inherited("/k:a[k:b='/x']/c:d/c:e[.='1']"), "/k:a[b='/x']/c:d/e[.='1']");
        assert_eq!(exchange("/x:a", |_| None), Err("x".to_string()));
    }

    proptest! {
        #[test]
        fn nothing_is_lost(text in "\\PC*|(a|:|'|/|\\[|é|1)*") {
            prop_assert_eq!(exchange(&text, |prefix| Some(prefix.to_string())).unwrap(), text);
        }
    }
}
