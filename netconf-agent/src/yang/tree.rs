//! The configuration of one model: an immutable libyang tree.

use std::cell::OnceCell;

use yang2::context::Context;
use yang2::data::{DataFormat, DataParserFlags, DataTree, DataValidationFlags};
use yang2::schema::SchemaNodeKind;

use super::raw::{self, Depth};
use super::{Invalid, Node, Schema, json, print, select};
use crate::xml::Element;

/// The configuration of one model. It never changes; [`super::Edit`] makes another from it.
#[derive(Debug)]
pub struct Tree {
    data: DataTree<'static>,
    /// Whether it is valid: mandatory nodes are there, and so on.
    valid: Result<(), Invalid>,
    /// The whole tree as XML, made when it is first asked for.
    xml: OnceCell<String>,
}

impl Tree {
    pub(super) fn empty(context: &'static Context) -> Self {
        Self { data: DataTree::new(context), valid: Ok(()), xml: OnceCell::new() }
    }

    /// Takes edited data, and finds out whether it is valid.
    pub(super) fn seal(mut data: DataTree<'static>) -> Self {
        let flags = DataValidationFlags::NO_STATE | DataValidationFlags::PRESENT;
        let valid = data.validate(flags).map_err(Invalid::from);
        Self { data, valid, xml: OnceCell::new() }
    }

    /// Reads RFC 7951 JSON. Validity is another question, see [`Self::validity`].
    pub fn from_json(schema: &Schema, json: &serde_json::Value) -> Result<Self, Invalid> {
        // libyang reads up to the end of a C string.
        let mut text = json.to_string();
        text.push('\0');
        let flags = DataParserFlags::NO_VALIDATION | DataParserFlags::STRICT | DataParserFlags::NO_STATE;
        let none = DataValidationFlags::empty();
        let data = DataTree::parse_string(schema.context, text, DataFormat::JSON, flags, none)?;
        Ok(Self::seal(data))
    }

    /// A copy to edit.
    pub(super) fn copy(&self) -> Result<DataTree<'static>, Invalid> {
        Ok(self.data.duplicate()?)
    }

    /// Whether the schema's constraints hold.
    pub fn validity(&self) -> Result<(), Invalid> {
        self.valid.clone()
    }

    /// Whether nothing is configured.
    pub fn is_empty(&self) -> bool {
        self.top().is_none_or(|top| top.children().next().is_none())
    }

    /// As RFC 7951 JSON.
    pub fn to_json(&self) -> serde_json::Value {
        json::to_json(self.top())
    }

    /// The entries of outermost lists that say something else in `before`: each with the name of its list. None if the
    /// trees differ in anything beside, such as another entry.
    pub fn changed_entries(&self, before: &Self) -> Option<Vec<(String, serde_json::Value)>> {
        let (top, was) = (self.top()?, before.top()?);
        let (mut nodes, mut old) = (top.children(), was.children());
        let mut changed = Vec::new();
        loop {
            match (nodes.next(), old.next()) {
                (None, None) => return Some(changed),
                (Some(node), Some(was)) if raw::is_same(&node, &was, Depth::Whole) => {}
                (Some(node), Some(was))
                    if node.schema().kind() == SchemaNodeKind::List && raw::is_same(&node, &was, Depth::Identity) =>
                {
                    changed.push((node.schema().name().to_string(), json::object(&node)));
                }
                _ => return None,
            }
        }
    }

    /// As XML, whole.
    pub fn xml(&self) -> &str {
        self.xml.get_or_init(|| {
            let mut out = String::new();
            print::print_all(&self.data, &mut out);
            out
        })
    }

    /// Writes what a subtree filter selects (RFC 6241 §6).
    pub fn select(&self, filter: &Element, out: &mut String) {
        let Some(top) = self.top() else { return };
        if select::takes_all(&top, filter) {
            out.push_str(self.xml());
        } else {
            select::select(top, filter, out);
        }
    }

    fn top(&self) -> Option<Node<'_>> {
        self.data.reference()
    }
}

/// Reads XML that the agent itself wrote (state data), so that filters work on it as on any other.
pub fn select_from_xml(schema: &Schema, xml: &str, filter: &Element, out: &mut String) -> Result<(), Invalid> {
    let flags = DataParserFlags::NO_VALIDATION;
    let text = format!("{xml}\0");
    let data = DataTree::parse_string(schema.context, text, DataFormat::XML, flags, DataValidationFlags::empty())?;
    if let Some(top) = data.reference() {
        select::select(top, filter, out);
    }
    Ok(())
}
