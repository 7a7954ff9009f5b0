//! The configuration of one model: an immutable libyang tree.

use std::cell::{OnceCell, RefCell};

use yang2::context::Context;
use yang2::data::{DataFormat, DataOperation, DataParserFlags, DataTree, DataValidationFlags};
use yang2::schema::SchemaNodeKind;

use super::print::{self, View};
use super::raw::{self, Depth};
use super::{Invalid, Node, Schema, Selection, json, path, select, xpath};

/// The configuration of one model. It never changes; [`super::Edit`] makes another from it.
#[derive(Debug)]
pub struct Tree {
    pub(super) data: DataTree<'static>,
    /// Whether it is valid: mandatory nodes are there, and so on.
    valid: Result<(), Invalid>,
    /// The whole tree as XML, made when it is first asked for.
    xml: OnceCell<String>,
    /// The tree that it follows, if nobody else has a use for it.
    before: RefCell<Option<DataTree<'static>>>,
}

impl Tree {
    pub(super) fn empty(context: &'static Context) -> Self {
        Self::of_data(DataTree::new(context))
    }

    /// Takes data that is valid, or whose validity nobody asks for.
    pub(super) fn of_data(data: DataTree<'static>) -> Self {
        Self { data, valid: Ok(()), xml: OnceCell::new(), before: RefCell::default() }
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

    /// Reads XML that the agent itself wrote (state, notifications), so that filters work on it as on any other.
    pub fn of_state(schema: &Schema, xml: &str) -> Result<Self, Invalid> {
        let text = format!("{xml}\0");
        let none = DataValidationFlags::empty();
        let flags = DataParserFlags::NO_VALIDATION;
        let data = DataTree::parse_string(schema.context, text, DataFormat::XML, flags, none)?;
        Ok(Self::of_data(data))
    }

    /// The same from RFC 7951 JSON.
    pub fn of_state_json(schema: &Schema, json: &serde_json::Value) -> Result<Self, Invalid> {
        let text = format!("{json}\0");
        let (flags, none) = (DataParserFlags::NO_VALIDATION, DataValidationFlags::empty());
        Ok(Self::of_data(DataTree::parse_string(schema.context, text, DataFormat::JSON, flags, none)?))
    }

    /// Reads a notification that the agent itself wrote.
    pub fn of_notification(schema: &Schema, xml: &str) -> Result<Self, Invalid> {
        let text = format!("{xml}\0");
        let kind = DataOperation::NotificationYang;
        Ok(Self::of_data(DataTree::parse_op_string(schema.context, text, DataFormat::XML, kind)?))
    }

    /// The same tree with more leaves, each a path and a value.
    pub fn with_leaves(&self, leaves: &[(&str, String)]) -> Result<Self, Invalid> {
        let mut data = self.data.duplicate()?;
        for (path, value) in leaves {
            data.new_path(path, Some(value), false)?;
        }
        Ok(Self::of_data(data))
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

    /// Whether another tree says the same, in the same order.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self.top(), other.top()) {
            (Some(top), Some(others)) => raw::is_same(&top, &others, Depth::Whole),
            (None, None) => true,
            _ => false,
        }
    }

    /// Whether the schema's constraints hold.
    pub fn validity(&self) -> Result<(), Invalid> {
        self.valid.clone()
    }

    /// Whether nothing is configured.
    pub fn is_empty(&self) -> bool {
        self.top().is_none_or(|top| json::is_implicit(&top))
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
            print::print_all(&self.data, &View::PLAIN, &mut out);
            out
        })
    }

    /// Writes what is selected.
    pub fn write(&self, selection: &Selection, view: &View, out: &mut String) -> Result<(), Invalid> {
        let Some(top) = self.top() else { return Ok(()) };
        let plain = *view == View::PLAIN;
        match selection {
            Selection::All if plain => out.push_str(self.xml()),
            Selection::All => print::print_all(&self.data, view, out),
            Selection::Subtree(filter) if plain && select::takes_all(&top, filter) => out.push_str(self.xml()),
            Selection::Subtree(filter) => select::select(top, filter, view, out),
            Selection::XPath(expression) => return xpath::select(&self.data, expression, view, out),
        }
        Ok(())
    }

    /// The path of its outermost container; none if it is empty.
    pub fn root_path(&self) -> Option<String> {
        self.top().map(|top| path::of(&top))
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
