//! Parts of a subnet, added to it or taken from it.
//!
//! Options are known by their space and code (or the name that stands for it), pools by their range, prefix pools by prefix
//! and lengths; all else is known by its key alone.

use crate::editor::NOWHERE;
use schema::json::{Node, Value as Tree};
use wire::options::{self, Family};

/// Lists whose entries are parts of their own.
const PARTS: [&str; 3] = ["option-data", "pools", "pd-pools"];
/// What an entry of such a list is known by.
const KEYS: [&str; 7] = ["id", "subnet", "pool", "prefix", "prefix-len", "delegated-len", "excluded-prefix-len"];

/// Adds what `delta` says to a scope, or puts it in place of what is there.
pub(super) fn add(scope: &mut Node, delta: Node, family: Family) {
    let Tree::Map(members) = delta.value else { return };
    for member in members {
        match member.node.value {
            Tree::List(parts) if PARTS.contains(&&*member.key) => {
                let Some(present) = scope.list_mut(&member.key, NOWHERE) else { continue };
                for part in parts {
                    let at = present.iter().position(|other| is_same(&member.key, other, &part, family));
                    match at.and_then(|at| present.get_mut(at)) {
                        Some(old) if &*member.key == "option-data" => *old = part,
                        Some(old) => add(old, part, family),
                        None => present.push(part),
                    }
                }
            }
            value => scope.set(&member.key, Node { pos: member.node.pos, value }),
        }
    }
}

/// Takes what `delta` names from a scope; what is not there is no mistake.
pub(super) fn subtract(scope: &mut Node, delta: &Node, family: Family) {
    let Tree::Map(members) = &delta.value else { return };
    for member in members.iter().filter(|member| !KEYS.contains(&&*member.key)) {
        match &member.node.value {
            Tree::List(parts) if PARTS.contains(&&*member.key) => {
                let Some(Node { value: Tree::List(present), .. }) = scope.member_mut(&member.key) else { continue };
                for part in parts {
                    let Some(at) = present.iter().position(|other| is_same(&member.key, other, part, family)) else {
                        continue;
                    };
                    let whole = &*member.key == "option-data" || only_keys(part);
                    match present.get_mut(at).filter(|_| !whole) {
                        Some(inner) => subtract(inner, part, family),
                        None => drop(present.remove(at)),
                    }
                }
            }
            _ => drop(scope.take(&member.key)),
        }
    }
}

/// Whether an entry says nothing but what it is known by: then all of it is meant.
fn only_keys(part: &Node) -> bool {
    match &part.value {
        Tree::Map(members) => members.iter().all(|member| KEYS.contains(&&*member.key)),
        _ => false,
    }
}

fn is_same(list: &str, one: &Node, other: &Node, family: Family) -> bool {
    let range = |node: &Node| node.text("pool").map(|pool| pool.replace(char::is_whitespace, ""));
    let prefix = |node: &Node| {
        let prefix = node.text("prefix").map(str::to_lowercase);
        (prefix, node.integer("prefix-len"), node.integer("delegated-len"))
    };
    match list {
        "pools" => range(one) == range(other),
        "pd-pools" => prefix(one) == prefix(other),
        _ => option(one, family) == option(other, family),
    }
}

/// What an option is known by: its space, and its code or, where nobody knows that, its name.
fn option(node: &Node, family: Family) -> (String, Result<i64, String>) {
    let outermost = match family {
        Family::V4 => "dhcp4",
        Family::V6 => "dhcp6",
    };
    let space = node.text("space").unwrap_or(outermost);
    let name = node.text("name").unwrap_or_default();
    let standard = || options::by_name(family, space, name).map(|definition| i64::from(definition.code));
    (space.to_owned(), node.integer("code").or_else(standard).ok_or_else(|| name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use schema::json;
    use serde_json::Value;

    fn node(text: &str) -> Node {
        json::parse("<string>", text, &mut json::no_includes).unwrap().root
    }

    const SUBNET: &str = r#"{"id": 1, "subnet": "10.0.0.0/24", "valid-lifetime": 100,
        "option-data": [{"name": "routers", "data": "10.0.0.1"}, {"code": 224, "space": "dhcp4", "data": "01"}],
        "pools": [{"pool": "10.0.0.1 - 10.0.0.9", "option-data": [{"code": 4, "data": "10.0.0.2"}]}, {"pool": "10.0.0.16/28"}]}"#;

    fn changed(by: impl FnOnce(&mut Node)) -> Value {
        let mut subnet = node(SUBNET);
        by(&mut subnet);
        subnet.to_json()
    }

    #[test]
    fn parts_are_added_or_replaced() {
        let delta = node(
            r#"{"id": 1, "subnet": "10.0.0.0/24", "renew-timer": 5, "option-data": [{"code": 3, "data": "10.0.0.7"}],
                "pools": [{"pool": "10.0.0.1-10.0.0.9", "pool-id": 7, "option-data": [{"name": "log-servers", "data": "10.0.0.3"}]},
                          {"pool": "10.0.0.32/28"}]}"#,
        );
        let after = changed(|subnet| add(subnet, delta, Family::V4));
        assert_eq!((&after["valid-lifetime"], &after["renew-timer"]), (&100.into(), &5.into()));
        assert_eq!(after["option-data"][0], serde_json::json!({ "code": 3, "data": "10.0.0.7" }));
        assert_eq!(after["option-data"].as_array().unwrap().len(), 2);
        assert_eq!(after["pools"].as_array().unwrap().len(), 3);
        assert_eq!(
            (&after["pools"][0]["pool-id"], &after["pools"][0]["option-data"][1]["name"]),
            (&7.into(), &"log-servers".into())
        );
    }

    #[test]
    fn parts_are_taken_away_by_what_they_are_known_by() {
        let delta = node(
            r#"{"id": 1, "valid-lifetime": 0, "option-data": [{"name": "routers"}, {"code": 9}],
                "pools": [{"pool": "10.0.0.1-10.0.0.9", "option-data": [{"name": "time-servers"}]}, {"pool": "10.0.0.16/28"}]}"#,
        );
        let after = changed(|subnet| subtract(subnet, &delta, Family::V4));
        assert_eq!(
            after,
            serde_json::json!({
                "id": 1, "subnet": "10.0.0.0/24", "option-data": [{ "code": 224, "space": "dhcp4", "data": "01" }],
                "pools": [{ "pool": "10.0.0.1 - 10.0.0.9", "option-data": [] }],
            })
        );
    }
}
