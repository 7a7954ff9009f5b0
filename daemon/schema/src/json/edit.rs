//! Looking into trees and changing them, by key.

use super::{Member, Node, Value};
use crate::Pos;

impl Node {
    /// The value of a key, when this is a map that has it.
    pub fn member(&self, key: &str) -> Option<&Node> {
        match &self.value {
            Value::Map(members) => members.iter().find(|member| &*member.key == key).map(|member| &member.node),
            _ => None,
        }
    }

    /// The value of a key, to be changed.
    pub fn member_mut(&mut self, key: &str) -> Option<&mut Node> {
        match &mut self.value {
            Value::Map(members) => members.iter_mut().find(|member| &*member.key == key).map(|member| &mut member.node),
            _ => None,
        }
    }

    /// The text of a key.
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.member(key).map(|node| &node.value) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The number of a key.
    pub fn integer(&self, key: &str) -> Option<i64> {
        match self.member(key).map(|node| &node.value) {
            Some(Value::Int(number)) => Some(*number),
            _ => None,
        }
    }

    /// The entries of the list of a key; none where there is no such list.
    pub fn entries(&self, key: &str) -> &[Node] {
        match self.member(key).map(|node| &node.value) {
            Some(Value::List(nodes)) => nodes,
            _ => &[],
        }
    }

    /// Sets the value of a key, when this is a map.
    pub fn set(&mut self, key: &str, value: Node) {
        if let Some(old) = self.member_mut(key) {
            *old = value;
        } else if let Value::Map(members) = &mut self.value {
            members.push(Member { key: key.into(), pos: value.pos, node: value });
        }
    }

    /// Takes a key out, when this is a map that has it.
    pub fn take(&mut self, key: &str) -> Option<Node> {
        let Value::Map(members) = &mut self.value else { return None };
        let at = members.iter().position(|member| &*member.key == key)?;
        Some(members.remove(at).node)
    }

    /// The list of a key, made at this position if it is not there; `None` if something else is there.
    pub fn list_mut(&mut self, key: &str, pos: Pos) -> Option<&mut Vec<Node>> {
        if self.member(key).is_none() {
            self.set(key, Node { pos, value: Value::List(Vec::new()) });
        }
        match self.member_mut(key) {
            Some(Node { value: Value::List(nodes), .. }) => Some(nodes),
            _ => None,
        }
    }
}
