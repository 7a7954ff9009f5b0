//! Data trees as XML, and what of them a request wants to see.

use yang2::data::{Data as _, DataTree};
use yang2::schema::{SchemaModule, SchemaNodeKind};

use super::{Node, names, raw};
use crate::xml;

/// What becomes of values that the schema gives where nobody wrote one (RFC 6243 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defaults {
    /// What was written is shown, and nothing else.
    Explicit,
    /// All values are shown.
    ReportAll,
    /// All are shown, and those that are the schema's are marked.
    ReportAllTagged,
    /// What is the schema's value is not shown, even if it was written.
    Trim,
}

impl Defaults {
    /// All of them, by name.
    pub const NAMES: [(&'static str, Self); 4] = [
        ("explicit", Self::Explicit),
        ("report-all", Self::ReportAll),
        ("report-all-tagged", Self::ReportAllTagged),
        ("trim", Self::Trim),
    ];
}

/// What of the selected data is written, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// Values of the schema.
    pub defaults: Defaults,
    /// Levels that are written, of each selected node (RFC 8526 §3.1.1); none for all.
    pub depth: Option<u16>,
    /// Only configuration, or only state.
    pub config: Option<bool>,
    /// Configuration that someone wrote is shown (origin `intended`).
    pub intended: bool,
    /// Configuration that is the schema's is shown (origin `default`).
    pub default: bool,
    /// Configuration is marked with its origin (RFC 8342 §7).
    pub with_origin: bool,
}

impl View {
    /// All that was written.
    pub const PLAIN: Self = Self::of(Defaults::Explicit);

    /// All, with defaults like this.
    pub const fn of(defaults: Defaults) -> Self {
        Self { defaults, depth: None, config: None, intended: true, default: true, with_origin: false }
    }

    /// Whether a node is written, or something in it.
    fn shows(&self, node: &Node<'_>) -> bool {
        let schema = node.schema();
        let is_leaf = matches!(schema.kind(), SchemaNodeKind::Leaf | SchemaNodeKind::LeafList);
        if is_leaf {
            let by_default = match self.defaults {
                Defaults::Explicit => !raw::is_filled_in(node),
                Defaults::Trim => !node.is_default(),
                Defaults::ReportAll | Defaults::ReportAllTagged => true,
            };
            return by_default && self.config.is_none_or(|config| config == schema.is_config()) && self.origin(node);
        }
        let by_itself = !schema.is_np_container() && self.config.is_none_or(|config| config == schema.is_config());
        by_itself && self.origin(node)
            || node.children().any(|child| !child.schema().is_list_key() && self.shows(&child))
    }

    fn origin(&self, node: &Node<'_>) -> bool {
        if self.intended && self.default || !node.schema().is_config() {
            return true;
        }
        if raw::is_filled_in(node) { self.default } else { self.intended }
    }
}

/// Writes all top-level nodes.
pub fn print_all(data: &DataTree<'static>, view: &View, out: &mut String) {
    let Some(top) = data.reference() else { return };
    for node in top.inclusive_siblings() {
        print(&node, None, view, view.depth, out);
    }
}

/// Writes a node and what is in it, `depth` levels of it; the namespace is declared unless it is that of `outer`.
pub fn print(node: &Node<'_>, outer: Option<&SchemaModule<'_>>, view: &View, depth: Option<u16>, out: &mut String) {
    if depth == Some(0) || !view.shows(node) {
        return;
    }
    let schema = node.schema();
    let module = schema.module();
    open(node, outer, view, out);
    match schema.kind() {
        SchemaNodeKind::Leaf | SchemaNodeKind::LeafList => {
            xml::write_text(&names::value(node), out);
        }
        _ => {
            let inner = depth.map(|depth| depth.saturating_sub(1));
            print_keys(node, view, out);
            for child in node.children().filter(|child| !child.schema().is_list_key()) {
                print(&child, Some(&module), view, inner, out);
            }
        }
    }
    close(schema.name(), out);
}

/// Writes the keys of a list entry, without which nobody would know which entry it is.
pub fn print_keys(entry: &Node<'_>, view: &View, out: &mut String) {
    let schema = entry.schema();
    for key in entry.list_keys() {
        open(&key, Some(&schema.module()), view, out);
        xml::write_text(&key.value_canonical().unwrap_or_default(), out);
        close(key.schema().name(), out);
    }
}

/// Writes the start tag.
pub fn open(node: &Node<'_>, outer: Option<&SchemaModule<'_>>, view: &View, out: &mut String) {
    let schema = node.schema();
    out.push('<');
    out.push_str(schema.name());
    let module = schema.module();
    if outer != Some(&module) {
        out.push_str(" xmlns");
        xml::write_value(module.namespace(), out);
    }
    if names::holds_names(&schema) {
        declare_names(node, out);
    }
    let is_leaf = schema.kind() == SchemaNodeKind::Leaf;
    if view.defaults == Defaults::ReportAllTagged && is_leaf && !schema.is_list_key() && node.is_default() {
        out.push_str(" xmlns:wd=\"urn:ietf:params:xml:ns:netconf:default:1.0\" wd:default=\"true\"");
    }
    if view.with_origin && schema.is_config() {
        let filled_in = is_leaf && raw::is_filled_in(node);
        // What is not marked has the origin of its parent.
        if filled_in || node.ancestors().next().is_none() {
            let origin = if filled_in { "default" } else { "intended" };
            out.push_str(" xmlns:or=\"urn:ietf:params:xml:ns:yang:ietf-origin\" or:origin=\"or:");
            out.push_str(origin);
            out.push('"');
        }
    }
    out.push('>');
}

/// Declares the names of modules that a value uses as prefixes.
fn declare_names(node: &Node<'_>, out: &mut String) {
    let value = node.value_canonical().unwrap_or_default();
    for prefix in names::prefixes(&value) {
        if let Some(module) = node.context().get_module_implemented(&prefix) {
            out.push_str(" xmlns:");
            out.push_str(&prefix);
            xml::write_value(module.namespace(), out);
        }
    }
}

/// Writes the end tag.
pub fn close(name: &str, out: &mut String) {
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}
