//! Subtree filters (RFC 6241 §6): what they select is written as XML on the way through the tree.

use yang2::schema::{SchemaModule, SchemaNodeKind};

use super::Node;
use super::print::{View, close, open, print, print_keys};
use crate::xml::Element;

/// Writes what `filter` (the `<filter>` element) selects from `top` and its siblings.
pub fn select(top: Node<'_>, filter: &Element, view: &View, out: &mut String) {
    let filters: Vec<&Element> = filter.children.iter().collect();
    for node in top.inclusive_siblings() {
        select_node(&node, &filters, None, view, out);
    }
}

/// Whether `filter` selects the whole tree of `top`.
pub fn takes_all(top: &Node<'_>, filter: &Element) -> bool {
    filter.children.iter().any(|child| matches(child, top) && is_selection(child))
}

/// Writes what those of `filters` that match `node` select of it.
fn select_node(node: &Node<'_>, filters: &[&Element], outer: Option<&SchemaModule<'_>>, view: &View, out: &mut String) {
    let matching: Vec<&Element> = filters.iter().copied().filter(|filter| matches(filter, node)).collect();
    if matching.is_empty() {
        return;
    }
    // A selection node (§6.2.4) takes all, and so does a content match (§6.2.5) that holds.
    if matching.iter().any(|filter| is_selection(filter) || is_leaf(node) && holds(filter, node)) {
        print(node, outer, view, view.depth, out);
        return;
    }
    if is_leaf(node) {
        return;
    }
    let mut inner = Vec::new();
    for filter in matching {
        match containment(filter, node) {
            Taken::Nothing => {}
            Taken::All => return print(node, outer, view, view.depth, out),
            Taken::Children(children) => inner.extend(children),
        }
    }
    select_children(node, &inner, outer, view, out);
}

/// Writes the children of `node` that `filters` select, within the tags of `node`; nothing if there are none.
fn select_children(
    node: &Node<'_>,
    filters: &[&Element],
    outer: Option<&SchemaModule<'_>>,
    view: &View,
    out: &mut String,
) {
    if filters.is_empty() {
        return;
    }
    let schema = node.schema();
    let start = out.len();
    open(node, outer, view, out);
    // Keys tell which entry the selected nodes belong to; §6.2.5 lets the server add them.
    print_keys(node, view, out);
    let before = out.len();
    let mut key_selected = false;
    for child in node.children() {
        if child.schema().is_list_key() {
            key_selected |= view.config != Some(false) && filters.iter().any(|filter| matches(filter, &child));
        } else {
            select_node(&child, filters, Some(&schema.module()), view, out);
        }
    }
    if out.len() == before && !key_selected {
        out.truncate(start);
    } else {
        close(schema.name(), out);
    }
}

/// What a containment node of the filter takes of a node that it matches.
enum Taken<'f> {
    Nothing,
    All,
    Children(Vec<&'f Element>),
}

fn containment<'f>(filter: &'f Element, node: &Node<'_>) -> Taken<'f> {
    let mut only_content_matches = true;
    for child in &filter.children {
        if !is_content_match(child) {
            only_content_matches = false;
        } else if !node.children().any(|data| matches(child, &data) && holds(child, &data)) {
            // All content matches of one parent must hold (§6.2.5).
            return Taken::Nothing;
        }
    }
    if only_content_matches { Taken::All } else { Taken::Children(filter.children.iter().collect()) }
}

/// Name, namespace and attributes match (§6.2.1, §6.2.2). A filter without namespace matches any (§6.2.1); there is no
/// metadata here, so that a filter with an attribute matches nothing.
fn matches(filter: &Element, node: &Node<'_>) -> bool {
    let schema = node.schema();
    filter.name == schema.name()
        && (filter.namespace.is_empty()
            || &*filter.namespace == crate::rpc::BASE
            || &*filter.namespace == schema.module().namespace())
        && filter.attributes.is_empty()
}

fn is_leaf(node: &Node<'_>) -> bool {
    matches!(node.schema().kind(), SchemaNodeKind::Leaf | SchemaNodeKind::LeafList)
}

fn is_selection(filter: &Element) -> bool {
    filter.children.is_empty() && filter.trimmed().is_empty()
}

fn is_content_match(filter: &Element) -> bool {
    filter.children.is_empty() && !filter.trimmed().is_empty()
}

fn holds(filter: &Element, leaf: &Node<'_>) -> bool {
    is_content_match(filter) && leaf.value_canonical().is_some_and(|value| value == filter.trimmed())
}
