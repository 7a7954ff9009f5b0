//! Where in the configuration stands what does not fit this machine.

use crate::plane::Unfit;
use schema::json::{Document, Node, Value};
use schema::{ConfigError, Pos};

/// Errors for what was found unfit under `module`.
pub fn errors(document: &Document, module: &str, unfit: Vec<Unfit>) -> Vec<ConfigError> {
    unfit
        .into_iter()
        .map(|unfit| match unfit {
            Unfit::Interface(bad) => {
                let list = find(&document.root, &[module, "interfaces-config", "interfaces"]);
                let pos = match list.map(|n| &n.value) {
                    Some(Value::List(entries)) => entries.get(bad.index).map(|n| n.pos),
                    _ => None,
                };
                document.error(pos.unwrap_or(document.root.pos), bad.reason)
            }
            Unfit::Socket(reason) => error(document, &[module, "interfaces-config"], reason),
            Unfit::Leases(reason) => error(document, &[module, "lease-database"], reason),
        })
        .collect()
}

/// An error at the parameter of this path, or at the innermost map around it that was written.
pub fn error(document: &Document, path: &[&str], reason: String) -> ConfigError {
    let pos: Pos =
        (0..=path.len()).rev().find_map(|n| find(&document.root, &path[..n])).map_or(document.root.pos, |n| n.pos);
    document.error(pos, reason)
}

fn find<'a>(node: &'a Node, path: &[&str]) -> Option<&'a Node> {
    let Some((key, rest)) = path.split_first() else { return Some(node) };
    let Value::Map(members) = &node.value else { return None };
    find(&members.iter().find(|m| &*m.key == *key)?.node, rest)
}
