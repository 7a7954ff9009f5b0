//! What differs between two trees of one model: the topmost nodes that came, went or have another value.

use std::collections::HashMap;

use yang2::data::{Data as _, DataTree};
use yang2::schema::SchemaNodeKind;

use super::raw::{self, Depth};
use super::touched::Place;
use super::{Node, Tree, json, path};
use crate::access::{Act, Rights, Step};

/// How a node differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// It came, with all in it.
    Created,
    /// It went, with all in it.
    Deleted,
    /// A leaf has another value, an entry another place.
    Changed,
}

/// Is told of a difference, and says whether it wants to hear of others.
type See<'s, 'a> = &'s mut dyn FnMut(Difference, &Node<'a>) -> bool;

impl Tree {
    /// The differences from the tree before, each with its path; none if there are more than `most`.
    pub fn differences(&self, before: &Self, most: usize) -> Option<Vec<(Difference, String)>> {
        let mut found = Vec::new();
        let all = self.compare(before, &mut |difference, node| {
            found.push((difference, path::of(node)));
            found.len() <= most
        });
        all.then_some(found)
    }

    /// The path of a node that was created, changed or deleted since `before` without a right to do so.
    pub fn without_right(&self, before: &Self, rights: &Rights) -> Option<String> {
        let mut refused = None;
        self.compare(before, &mut |difference, node| {
            refused = match difference {
                Difference::Created => first_refused(node, Act::Create, rights),
                Difference::Deleted => first_refused(node, Act::Delete, rights),
                Difference::Changed => (!allows(rights, Act::Update, node)).then(|| path::of(node)),
            };
            refused.is_none()
        });
        refused
    }

    /// The path of the first difference from the tree before that is one of these.
    pub fn find_difference(&self, before: &Self, mut is_it: impl FnMut(&str) -> bool) -> Option<String> {
        let mut found = None;
        self.compare(before, &mut |_, node| {
            found = Some(path::of(node)).filter(|path| is_it(path));
            found.is_none()
        });
        found
    }

    /// Tells `see` of each difference from the tree before, until it has seen enough: then this is false.
    fn compare<'a>(&'a self, before: &'a Self, see: See<'_, 'a>) -> bool {
        if let Some(touched) = self.touched_since(before.id()) {
            let entry = |place: &Place, data: &'a DataTree<'static>| Vec::from_iter(place.find(data));
            return touched
                .places()
                .iter()
                .all(|place| level(entry(place, &before.data), entry(place, &self.data), see));
        }
        let nodes = |tree: &'a Self| tree.data.reference().into_iter().flat_map(|top| top.inclusive_siblings());
        level(written(nodes(before)), written(nodes(self)), see)
    }

    /// What a user may see of it; none if that is all.
    pub fn visible(&self, rights: &Rights) -> Option<Self> {
        let mut kept = DataTree::new(self.data.context());
        let mut all = true;
        for top in self.data.reference().into_iter().flat_map(|top| top.inclusive_siblings()) {
            if !allows(rights, Act::Read, &top) {
                all = false;
                continue;
            }
            // A copy of what cannot be copied is not seen.
            let Ok(copy) = top.duplicate(false) else { continue };
            let mut hidden = Vec::new();
            copy.reference().iter().flat_map(Node::children).for_each(|child| hide(&child, rights, &mut hidden));
            all &= hidden.is_empty();
            hidden.into_iter().for_each(|mut node| node.remove());
            all &= kept.merge(&copy).is_ok();
        }
        (!all).then(|| Self::of_data(kept))
    }
}

fn hide<'d>(node: &Node<'d>, rights: &Rights, hidden: &mut Vec<Node<'d>>) {
    if node.schema().is_list_key() {
        return;
    }
    if !allows(rights, Act::Read, node) {
        return hidden.push(node.clone());
    }
    node.children().for_each(|child| hide(&child, rights, hidden));
}

/// The first node in `node` with which this may not be done. Containers that are there by themselves do not count.
fn first_refused(node: &Node<'_>, act: Act, rights: &Rights) -> Option<String> {
    let schema = node.schema();
    if schema.is_list_key() || json::is_implicit(node) {
        return None;
    }
    if !schema.is_np_container() && !allows(rights, act, node) {
        return Some(path::of(node));
    }
    node.children().find_map(|child| first_refused(&child, act, rights))
}

fn allows(rights: &Rights, act: Act, node: &Node<'_>) -> bool {
    let schema = node.schema();
    let module = schema.module();
    rights.allows_all(act, module.name()) || rights.allows(act, module.name(), &steps(node))
}

/// The way to a node.
fn steps(node: &Node<'_>) -> Vec<Step> {
    let step = |node: &Node<'_>| {
        let schema = node.schema();
        let value = |node: &Node<'_>| node.value_canonical().unwrap_or_default();
        let mut keys: Vec<_> = node.list_keys().map(|key| (key.schema().name().to_string(), value(&key))).collect();
        if schema.kind() == SchemaNodeKind::LeafList {
            keys.push((".".to_string(), value(node)));
        }
        Step { module: schema.module().name().to_string(), name: schema.name().to_string(), keys }
    };
    let mut steps: Vec<Step> = node.inclusive_ancestors().map(|node| step(&node)).collect();
    steps.reverse();
    steps
}

/// Nodes that someone wrote.
fn written<'a>(nodes: impl Iterator<Item = Node<'a>>) -> Vec<Node<'a>> {
    nodes.filter(|node| !node.schema().is_list_key() && !json::is_implicit(node)).collect()
}

/// The differences of nodes that are siblings.
fn level<'a>(before: Vec<Node<'a>>, after: Vec<Node<'a>>, see: See<'_, 'a>) -> bool {
    let same = |(one, other): &(&Node<'a>, &Node<'a>)| raw::is_same(one, other, Depth::Whole);
    let head = before.iter().zip(&after).take_while(same).count();
    let (before, after) = (before.get(head..).unwrap_or_default(), after.get(head..).unwrap_or_default());
    let tail = before.iter().rev().zip(after.iter().rev()).take_while(same).count();
    let before = before.get(..before.len() - tail).unwrap_or_default();
    let after = after.get(..after.len() - tail).unwrap_or_default();

    let mut old: HashMap<String, (usize, &Node<'a>)> =
        before.iter().enumerate().map(|(at, node)| (name(node), (at, node))).collect();
    // The place of the last entry of its kind that was there before.
    let mut last: HashMap<String, usize> = HashMap::new();
    for node in after {
        let Some((at, was)) = old.remove(&name(node)) else {
            if !see(Difference::Created, node) {
                return false;
            }
            continue;
        };
        let schema = node.schema();
        let mut is_moved = false;
        if schema.is_user_ordered() {
            let last = last.entry(schema.name().to_string()).or_insert(at);
            is_moved = at < *last;
            *last = at.max(*last);
        }
        let is_leaf = matches!(schema.kind(), SchemaNodeKind::Leaf | SchemaNodeKind::LeafList);
        let is_other = schema.kind() == SchemaNodeKind::Leaf && !raw::is_same(node, was, Depth::Identity);
        if (is_moved || is_other) && !see(Difference::Changed, node) {
            return false;
        }
        let goes_on = is_leaf || raw::is_same(node, was, Depth::Whole);
        if !goes_on && !level(written(was.children()), written(node.children()), see) {
            return false;
        }
    }
    let mut gone: Vec<_> = old.into_values().collect();
    gone.sort_by_key(|(at, _)| *at);
    gone.into_iter().all(|(_, node)| see(Difference::Deleted, node))
}

/// What tells a node from its siblings.
fn name(node: &Node<'_>) -> String {
    let schema = node.schema();
    let mut name = format!("{}:{}", schema.module().name(), schema.name());
    if schema.kind() == SchemaNodeKind::LeafList {
        name.push('=');
        name.push_str(&node.value_canonical().unwrap_or_default());
    }
    for key in node.list_keys() {
        name.push('\u{1}');
        name.push_str(&key.value_canonical().unwrap_or_default());
    }
    name
}
