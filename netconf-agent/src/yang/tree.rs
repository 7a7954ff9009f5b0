//! The configuration of one model: an immutable libyang tree.

use std::cell::{Cell, OnceCell, RefCell};

use yang2::context::Context;
use yang2::data::{Data as _, DataFormat, DataOperation, DataParserFlags, DataTree, DataValidationFlags};
use yang2::schema::SchemaNodeKind;

use super::print::{self, View};
use super::raw::{self, Depth};
use super::touched::{Id, Place, Touched};
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
    before: RefCell<Option<(Id, DataTree<'static>)>>,
    id: Id,
    /// What was touched since another tree, if that is known.
    touched: Option<Touched>,
    /// Whether edits of it are counted from it, and not from the one before.
    is_settled: Cell<bool>,
}

impl Tree {
    pub(super) fn empty(context: &'static Context) -> Self {
        Self::of_data(DataTree::new(context))
    }

    /// Takes data that is valid, or whose validity nobody asks for.
    pub(super) fn of_data(data: DataTree<'static>) -> Self {
        Self {
            data,
            valid: Ok(()),
            xml: OnceCell::new(),
            before: RefCell::default(),
            id: Id::new(),
            touched: None,
            is_settled: Cell::default(),
        }
    }

    /// Takes edited data, and finds out whether it is valid.
    pub(super) fn seal(mut data: DataTree<'static>) -> Self {
        let flags = DataValidationFlags::NO_STATE | DataValidationFlags::PRESENT;
        let valid = data.validate(flags).map_err(Invalid::from);
        Self { valid, ..Self::of_data(data) }
    }

    /// Takes a copy of this tree that was edited, and finds out whether it is valid. `touched` are the entries of outermost
    /// lists that were, with whether they were there, if nothing beside them was; `is_local` says that what is beside them
    /// does not matter to them.
    pub(super) fn edited(&self, data: DataTree<'static>, touched: Option<Vec<(Place, bool)>>, is_local: bool) -> Self {
        let Some(touched) = touched else { return Self::seal(data) };
        let now = Touched::nothing(self.id).and(touched.clone());
        let is_valid = is_local && self.valid.is_ok() && now.as_ref().is_some_and(|now| now.validate(&data));
        let tree = if is_valid { Self::of_data(data) } else { Self::seal(data) };
        let touched = match &self.touched {
            Some(earlier) if !self.is_settled.get() => earlier.clone().and(touched),
            _ => now,
        };
        Self { touched, ..tree }
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
            Some((id, before)) if self.touched_since(id).is_some_and(|touched| touched.update(&self.data, &before)) => {
                Ok(before)
            }
            _ => Ok(self.data.duplicate()?),
        }
    }

    /// What comes will be compared with this tree.
    pub fn settle(&self) {
        self.is_settled.set(true);
    }

    /// Keeps the tree that this one follows, for the next copy.
    pub fn keep_before(&self, before: Self) {
        self.before.replace(Some((before.id, before.data)));
    }

    /// The entries of outermost lists that alone may differ from another tree, if that is known.
    pub(super) fn touched_since(&self, other: Id) -> Option<&Touched> {
        self.touched.as_ref().filter(|touched| touched.since == other)
    }

    /// Tells trees apart.
    pub(super) fn id(&self) -> Id {
        self.id
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

    /// The entries of outermost lists that are not as in `before`. None if the trees differ in anything beside.
    pub fn changed_entries(&self, before: &Self) -> Option<Vec<translators::Touched>> {
        let Some(touched) = self.touched_since(before.id) else {
            let changed = changed_entries(&self.data, &before.data)?;
            return Some(changed.iter().map(|node| entry(node, false)).collect());
        };
        let look = |place: &Place| match (place.find(&self.data), place.find(&before.data)) {
            (Some(node), Some(was)) if raw::is_same(&node, &was, Depth::Whole) => None,
            (Some(node), _) => Some(entry(&node, false)),
            (None, was) => was.map(|was| entry(&was, true)),
        };
        Some(touched.places().iter().filter_map(look).collect())
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

    /// The paths of the nodes that an XPath expression finds.
    pub fn paths(&self, expression: &str) -> Result<Vec<String>, Invalid> {
        match self.top() {
            Some(_) => Ok(self.data.find_xpath(expression)?.map(|node| path::of(&node)).collect()),
            None => Ok(Vec::new()),
        }
    }

    fn top(&self) -> Option<Node<'_>> {
        self.data.reference()
    }
}

fn entry(node: &Node<'_>, gone: bool) -> translators::Touched {
    translators::Touched { list: node.schema().name().to_string(), entry: json::object(node), gone }
}

/// The entries of outermost lists that are not the same in another tree; none if the trees differ in anything beside, such
/// as another entry.
fn changed_entries<'a>(one: &'a DataTree<'static>, other: &'a DataTree<'static>) -> Option<Vec<Node<'a>>> {
    let (mut ours, mut theirs) = (one.reference()?.children(), other.reference()?.children());
    let mut changed = Vec::new();
    loop {
        match (ours.next(), theirs.next()) {
            (None, None) => return Some(changed),
            (Some(node), Some(other)) if raw::is_same(&node, &other, Depth::Whole) => {}
            (Some(node), Some(other))
                if node.schema().kind() == SchemaNodeKind::List && raw::is_same(&node, &other, Depth::Identity) =>
            {
                changed.push(node);
            }
            _ => return None,
        }
    }
}
