//! The configuration of one model: an immutable libyang tree.

use std::cell::{OnceCell, RefCell};

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
    /// The tree that it follows, if nobody else has a use for it.
    before: RefCell<Option<DataTree<'static>>>,
}

impl Tree {
    pub(super) fn empty(context: &'static Context) -> Self {
        Self { data: DataTree::new(context), valid: Ok(()), xml: OnceCell::new(), before: RefCell::default() }
    }

    /// Takes edited data, and finds out whether it is valid.
    pub(super) fn seal(mut data: DataTree<'static>) -> Self {
        let flags = DataValidationFlags::NO_STATE | DataValidationFlags::PRESENT;
        let valid = data.validate(flags).map_err(Invalid::from);
        Self { data, valid, xml: OnceCell::new(), before: RefCell::default() }
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

    /// A copy to edit. Of a large tree, the one that it follows is brought up to date, if it is at hand.
    pub(super) fn copy(&self) -> Result<DataTree<'static>, Invalid> {
        match self.before.take() {
            Some(before) if self.update(&before) => Ok(before),
            _ => Ok(self.data.duplicate()?),
        }
    }

    /// Keeps the tree that this one follows, for the next copy.
    pub fn keep_before(&self, before: Self) {
        self.before.replace(Some(before.data));
    }

    /// Makes `other` the same as this tree; false if that is not done by some list entries.
    fn update(&self, other: &DataTree<'static>) -> bool {
        let changed = changed_entries(&self.data, other);
        changed.is_some_and(|changed| changed.iter().all(|(node, was)| raw::assign(was, node).is_ok()))
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
        let changed = changed_entries(&self.data, &before.data)?;
        Some(changed.iter().map(|(node, _)| (node.schema().name().to_string(), json::object(node))).collect())
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

/// The entries of outermost lists that are not the same in two trees, in pairs; none if the trees differ in anything
/// beside.
fn changed_entries<'a>(one: &'a DataTree<'static>, other: &'a DataTree<'static>) -> Option<Vec<(Node<'a>, Node<'a>)>> {
    let (mut ours, mut theirs) = (one.reference()?.children(), other.reference()?.children());
    let mut changed = Vec::new();
    loop {
        match (ours.next(), theirs.next()) {
            (None, None) => return Some(changed),
            (Some(node), Some(other)) if raw::is_same(&node, &other, Depth::Whole) => {}
            (Some(node), Some(other))
                if node.schema().kind() == SchemaNodeKind::List && raw::is_same(&node, &other, Depth::Identity) =>
            {
                changed.push((node, other));
            }
            _ => return None,
        }
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
