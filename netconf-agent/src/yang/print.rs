//! Data trees as XML.

use yang2::data::DataTree;
use yang2::schema::{SchemaModule, SchemaNodeKind};

use super::Node;
use super::json::is_implicit;
use crate::xml;

/// Writes all top-level nodes.
pub fn print_all(data: &DataTree<'static>, out: &mut String) {
    let Some(top) = data.reference() else { return };
    for node in top.inclusive_siblings() {
        print(&node, None, out);
    }
}

/// Writes a node and all in it; the namespace is declared unless it is that of `outer`.
pub fn print(node: &Node<'_>, outer: Option<&SchemaModule<'_>>, out: &mut String) {
    let schema = node.schema();
    let module = schema.module();
    match schema.kind() {
        SchemaNodeKind::Leaf | SchemaNodeKind::LeafList => {
            open(node, outer, out);
            let value = node.value_canonical().unwrap_or_default();
            xml::write_text(&value, out);
            close(schema.name(), out);
        }
        _ if is_implicit(node) => {}
        _ => {
            open(node, outer, out);
            for child in node.children() {
                print(&child, Some(&module), out);
            }
            close(schema.name(), out);
        }
    }
}

/// Writes the start tag.
pub fn open(node: &Node<'_>, outer: Option<&SchemaModule<'_>>, out: &mut String) {
    let schema = node.schema();
    out.push('<');
    out.push_str(schema.name());
    let module = schema.module();
    if outer != Some(&module) {
        out.push_str(" xmlns");
        xml::write_value(module.namespace(), out);
    }
    out.push('>');
}

/// Writes the end tag.
pub fn close(name: &str, out: &mut String) {
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}
