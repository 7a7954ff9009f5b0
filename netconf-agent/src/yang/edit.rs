//! `<edit-config>` on one tree: the operations merge, replace, create, delete, remove and none (RFC 6241 §7.2), and
//! `insert` for entries that the user orders (RFC 7950 §7.8.6).
//!
//! An edit works on a copy; the tree it came from stays as it was, so whatever fails leaves nothing half done.

use std::collections::HashMap;
use std::rc::Rc;

use yang2::context::Context;
use yang2::data::DataTree;
use yang2::iter::NodeIterable as _;
use yang2::schema::{SchemaNode, SchemaNodeKind};

use super::raw::{self, Side};
use super::touched::Place;
use super::{Invalid, Node, Schema, Tree, json, names, path};
use crate::rpc::{BASE, DefaultOperation, Errors, RpcError, Tag};
use crate::xml::Element;

/// Namespace of the attributes `insert`, `key` and `value`.
const YANG: &str = "urn:ietf:params:xml:ns:yang:1";

/// Namespace of the attribute `default` (RFC 6243 §6).
const DEFAULT: &str = "urn:ietf:params:xml:ns:netconf:default:1.0";

/// What is done with an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Merge,
    Replace,
    Create,
    Delete,
    Remove,
    None,
}

impl From<DefaultOperation> for Operation {
    fn from(default: DefaultOperation) -> Self {
        match default {
            DefaultOperation::Merge => Self::Merge,
            DefaultOperation::Replace => Self::Replace,
            DefaultOperation::None => Self::None,
        }
    }
}

/// An edit of one model's tree.
#[derive(Debug)]
pub struct Edit<'s> {
    schema: &'s Schema,
    model: &'s str,
    base: &'s Tree,
    data: DataTree<'static>,
    root: SchemaNode<'static>,
    /// Go on after an error (continue-on-error).
    go_on: bool,
    errors: Errors,
    /// The entries of outermost lists that were touched, each with whether it was there; none if more was.
    touched: Option<Vec<(Place, bool)>>,
    /// The nodes that data can have below a node of the schema.
    children: HashMap<usize, Rc<[Child]>>,
}

impl<'s> Edit<'s> {
    /// Starts an edit of `tree`, the tree of the model `model`.
    pub fn of(schema: &'s Schema, model: &'s str, base: &'s Tree, go_on: bool) -> Result<Self, Invalid> {
        let root = schema.root(model).ok_or_else(|| Invalid::new(format!("{model} has no configuration")))?;
        let (data, errors, children) = (base.copy()?, Errors::new(), HashMap::new());
        let touched = data.reference().map(|_| Vec::new());
        Ok(Self { schema, model, base, data, root, go_on, errors, touched, children })
    }

    /// Applies a top-level element of `<config>`.
    pub fn apply(&mut self, element: &Element, default: DefaultOperation) {
        if let Err(error) = self.top(element, default.into()) {
            self.errors.push(error);
        }
    }

    /// Whether there is no use in going on.
    pub fn stopped(&self) -> bool {
        !self.errors.is_empty() && !self.go_on
    }

    /// The edited tree, and what went wrong.
    pub fn finish(self) -> (Tree, Errors) {
        let is_local = self.schema.is_local(self.model);
        let mut touched = self.touched;
        // What came was noted as the client spelled it.
        for (place, _) in touched.iter_mut().flatten().filter(|(_, was_there)| !was_there) {
            place.keys = place.find(&self.data).map_or_else(|| place.keys.clone(), |entry| path::keys(&entry));
        }
        (self.base.edited(self.data, touched, is_local), self.errors)
    }

    fn top(&mut self, element: &Element, default: Operation) -> Result<(), RpcError> {
        if element.name != self.root.name() {
            return Err(self.unknown(element, ""));
        }
        let operation = operation(element, default)?;
        let is_empty = self.data.reference().is_none_or(|top| json::is_implicit(&top));
        let top_path = format!("/{}:{}", self.root.module().name(), self.root.name());
        match operation {
            Operation::Create if !is_empty => return Err(self.exists(&top_path)),
            Operation::Delete if is_empty => return Err(self.missing(&top_path)),
            Operation::Delete | Operation::Remove => {
                self.touched = None;
                self.data = DataTree::new(self.schema.context);
                return Ok(());
            }
            Operation::Replace => {
                self.touched = None;
                self.data = DataTree::new(self.schema.context);
            }
            _ => {}
        }
        if self.data.reference().is_none() {
            let made = self.data.new_path(&top_path, None, false).map(|_| ());
            made.map_err(|e| RpcError::application(Tag::OperationFailed, Invalid::from(e).reason))?;
        }
        // The tree is moved out while nodes refer to it, so that errors can be gathered beside it.
        let data = std::mem::replace(&mut self.data, DataTree::new(self.schema.context));
        let result = match data.reference() {
            Some(mut top) => self.children(&data, &mut top, element, operation),
            None => Ok(()),
        };
        self.data = data;
        result
    }

    fn children<'d>(
        &mut self,
        data: &'d DataTree<'static>,
        parent: &mut Node<'d>,
        element: &Element,
        operation: Operation,
    ) -> Result<(), RpcError> {
        if !element.trimmed().is_empty() {
            let message = format!("<{}> holds text where elements belong", element.name);
            let error = RpcError::application(Tag::BadElement, message).with("bad-element", &element.name);
            return Err(error.at(self.schema.error_path(&path::of(parent))));
        }
        for child in &element.children {
            match self.child(data, parent, child, operation) {
                Err(error) if self.go_on => self.errors.push(error),
                other => other?,
            }
        }
        Ok(())
    }

    fn child<'d>(
        &mut self,
        data: &'d DataTree<'static>,
        parent: &mut Node<'d>,
        element: &Element,
        inherited: Operation,
    ) -> Result<(), RpcError> {
        let Some(schema) = self.schema_child(parent, element) else {
            return Err(self.unknown(element, &path::of(parent)));
        };
        let operation = operation(element, inherited)?;
        if schema.is_list_key() {
            return self.key(parent, element, operation);
        }
        let instance = self.instance(parent, &schema, element)?;
        let existing = raw::find_child(data, parent, &schema, instance.as_deref());
        let mut target = Target { parent: parent.clone(), schema, instance, existing: None };
        target.existing = existing.map_err(|e| self.invalid(e, &target))?;
        if target.parent.parent().is_none() {
            self.touch(&target, element);
        }
        // Neither a default nor an empty container without presence is data (RFC 7950 §7.5.1).
        let is_there = target.existing.as_ref().is_some_and(|node| !json::is_implicit(node));
        match (operation, is_there) {
            (Operation::Create, true) => return Err(self.exists(&target.place())),
            (Operation::Delete, false) => return Err(self.missing(&target.place())),
            (Operation::Delete | Operation::Remove, true) => {
                target.existing.into_iter().for_each(|mut node| node.remove());
                return Ok(());
            }
            (Operation::Remove, false) => return Ok(()),
            (Operation::None, false) if !target.schema.is_np_container() => {
                return Err(self.missing(&target.place()));
            }
            _ => {}
        }
        match target.schema.kind() {
            SchemaNodeKind::Leaf | SchemaNodeKind::LeafList => self.set_term(data, parent, element, operation, &target),
            _ => self.set_inner(data, parent, element, operation, &target),
        }
    }

    /// Notes that a child of the outermost container is touched.
    fn touch(&mut self, target: &Target<'_>, element: &Element) {
        let is_entry = target.schema.kind() == SchemaNodeKind::List && element.attribute(YANG, "insert").is_none();
        match (&mut self.touched, &target.instance) {
            (Some(touched), Some(given)) if is_entry => {
                let keys = target.existing.as_ref().map_or_else(|| given.clone(), path::keys);
                let place = Place { list: target.schema.clone(), keys };
                touched.push((place, target.existing.is_some()));
            }
            _ => self.touched = None,
        }
    }

    /// Keys were set with their entry; here is only checked that nothing else is asked of them.
    fn key(&self, parent: &Node<'_>, element: &Element, operation: Operation) -> Result<(), RpcError> {
        let own = element.attribute(BASE, "operation").is_some();
        if own && matches!(operation, Operation::Delete | Operation::Remove) {
            let message = format!("key <{}> cannot be deleted without its entry", element.name);
            let error = RpcError::application(Tag::OperationFailed, message);
            return Err(error.at(self.schema.error_path(&path::of(parent))));
        }
        Ok(())
    }

    fn set_term(
        &self,
        data: &DataTree<'static>,
        parent: &mut Node<'_>,
        element: &Element,
        operation: Operation,
        target: &Target<'_>,
    ) -> Result<(), RpcError> {
        if let Some(child) = element.children.first() {
            return Err(self.unknown(child, &target.place()));
        }
        let schema = &target.schema;
        let value = self.value(schema, element).map_err(|error| error.at(self.schema.error_path(&target.place())))?;
        if matches!(element.attribute(DEFAULT, "default"), Some("true" | "1")) {
            return self.set_default(&value, target);
        }
        match &target.existing {
            _ if operation == Operation::None => return Ok(()),
            Some(leaf) if schema.kind() == SchemaNodeKind::Leaf => {
                raw::change_leaf(leaf, &value).map_err(|e| self.invalid(e, target))?;
            }
            Some(_) => {}
            None => parent
                .new_term(Some(&schema.module()), schema.name(), Some(&value))
                .map_err(|e| self.invalid(e, target))?,
        }
        self.arrange(data, parent, element, target)
    }

    /// A value that is tagged as the schema's is taken away, so that the schema's holds (RFC 6243 §4.5.2).
    fn set_default(&self, value: &str, target: &Target<'_>) -> Result<(), RpcError> {
        if target.schema.default_value_canonical() != Some(value) {
            let error = RpcError::application(Tag::InvalidValue, "this is not the default that it is tagged as");
            return Err(error.at(self.schema.error_path(&target.place())));
        }
        target.existing.iter().cloned().for_each(|mut node| node.remove());
        Ok(())
    }

    fn set_inner<'d>(
        &mut self,
        data: &'d DataTree<'static>,
        parent: &mut Node<'d>,
        element: &Element,
        operation: Operation,
        target: &Target<'d>,
    ) -> Result<(), RpcError> {
        let schema = &target.schema;
        let mut node = match &target.existing {
            Some(node) => Node::clone(node),
            None => {
                let module = schema.module();
                let made = match &target.instance {
                    Some(keys) => parent.new_list(Some(&module), schema.name(), keys),
                    None => parent.new_inner(Some(&module), schema.name()),
                };
                made.map_err(|e| self.invalid(e, target))?
            }
        };
        if operation == Operation::Replace {
            // The node itself stays, and with it its place among its siblings.
            let old: Vec<Node<'_>> = node.children().filter(|child| !child.schema().is_list_key()).collect();
            old.into_iter().for_each(|mut child| child.remove());
        }
        self.arrange(data, parent, element, target)?;
        self.children(data, &mut node, element, operation)
    }

    /// Moves an entry to where `insert` says.
    fn arrange(
        &self,
        data: &DataTree<'static>,
        parent: &Node<'_>,
        element: &Element,
        target: &Target<'_>,
    ) -> Result<(), RpcError> {
        let Some(insert) = element.attribute(YANG, "insert") else { return Ok(()) };
        let schema = &target.schema;
        if !schema.is_user_ordered() {
            let message = format!("<{}> is not ordered by the user", element.name);
            return Err(self.bad_insert(Tag::UnknownAttribute, "insert", message, target));
        }
        let mut entries = parent.children().filter(|node| node.schema() == *schema);
        let entry = raw::find_child(data, parent, schema, target.instance.as_deref());
        let Ok(Some(entry)) = entry else { return Ok(()) };
        let neighbour = match insert {
            "first" => entries.next().map(|other| (other, Side::Before)),
            "last" => entries.last().map(|other| (other, Side::After)),
            "before" => Some((self.anchor(data, parent, element, target)?, Side::Before)),
            "after" => Some((self.anchor(data, parent, element, target)?, Side::After)),
            other => {
                let message = format!("insert={other:?} is none of first, last, before, after");
                return Err(self.bad_insert(Tag::BadAttribute, "insert", message, target));
            }
        };
        if let Some((other, side)) = neighbour {
            raw::move_next_to(&entry, &other, side);
        }
        Ok(())
    }

    /// The entry that `key` or `value` names (RFC 7950 §7.8.6, §7.7.9).
    fn anchor<'d>(
        &self,
        data: &'d DataTree<'static>,
        parent: &Node<'d>,
        element: &Element,
        target: &Target<'_>,
    ) -> Result<Node<'d>, RpcError> {
        let name = if target.schema.kind() == SchemaNodeKind::List { "key" } else { "value" };
        let Some(given) = element.attribute(YANG, name) else {
            let message = format!("attribute {name:?} is missing");
            return Err(self.bad_insert(Tag::MissingAttribute, name, message, target));
        };
        // Keys are written with prefixes; libyang wants names of modules or none.
        let keys = if name == "key" { path::without_prefixes(given) } else { given.to_string() };
        match raw::find_child(data, parent, &target.schema, Some(&keys)) {
            Ok(Some(other)) => Ok(other),
            // RFC 7950 §15.7.
            _ => {
                let error = self.bad_insert(Tag::BadAttribute, name, format!("there is no entry {given}"), target);
                Err(error.tagged(Some("missing-instance".to_string())))
            }
        }
    }

    /// What tells an entry from its siblings: `[id='1']` for a list, the value for a leaf-list, nothing else.
    fn instance(
        &self,
        parent: &Node<'_>,
        schema: &SchemaNode<'_>,
        element: &Element,
    ) -> Result<Option<String>, RpcError> {
        match schema.kind() {
            SchemaNodeKind::LeafList => self.value(schema, element).map(Some),
            SchemaNodeKind::List => {
                let mut keys = String::new();
                for key in schema.list_keys() {
                    let Some(given) = element.children.iter().find(|child| child.name == key.name()) else {
                        let message = format!("<{}> lacks its key <{}>", element.name, key.name());
                        let error = RpcError::protocol(Tag::MissingElement, message).with("bad-element", key.name());
                        return Err(error.at(self.schema.error_path(&path::child(parent, schema, None))));
                    };
                    let value = self.value(&key, given)?;
                    path::push_predicate(&mut keys, key.name(), &value).map_err(|reason| {
                        let error = RpcError::application(Tag::InvalidValue, reason);
                        error.at(self.schema.error_path(&path::child(parent, schema, None)))
                    })?;
                }
                Ok(Some(keys))
            }
            _ => Ok(None),
        }
    }

    /// The value of a leaf as libyang takes it.
    fn value(&self, schema: &SchemaNode<'_>, element: &Element) -> Result<String, RpcError> {
        // White space around a string is part of it; no other type has any.
        let text = if is_string(schema) { element.text.as_str() } else { element.trimmed() };
        if !names::holds_names(schema) {
            return Ok(text.to_string());
        }
        let text = self.schema.with_modules(text, &element.scope);
        text.map(|text| if text.starts_with('/') { names::inherited(&text) } else { text }).map_err(|prefix| {
            let message = format!("prefix {prefix:?} in <{}> stands for no module", element.name);
            RpcError::application(Tag::InvalidValue, message)
        })
    }

    fn schema_child(&mut self, parent: &Node<'_>, element: &Element) -> Option<SchemaNode<'static>> {
        let parent = parent.schema();
        let context = self.schema.context;
        let children =
            self.children.entry(parent.as_raw() as usize).or_insert_with(|| Child::below(&parent, context).into());
        let found =
            children.iter().find(|child| child.name == element.name && child.namespace == *element.namespace)?;
        Some(&found.schema).filter(|schema| schema.is_config()).cloned()
    }

    fn unknown(&self, element: &Element, within: &str) -> RpcError {
        let error = if self.schema.knows_namespace(&element.namespace) {
            RpcError::application(Tag::UnknownElement, format!("there is no node <{}> here", element.name))
        } else {
            RpcError::application(Tag::UnknownNamespace, format!("no module has namespace {:?}", element.namespace))
                .with("bad-namespace", &*element.namespace)
        };
        let error = error.with("bad-element", &element.name);
        if within.is_empty() { error } else { error.at(self.schema.error_path(within)) }
    }

    fn exists(&self, place: &str) -> RpcError {
        RpcError::application(Tag::DataExists, "what is to be created exists").at(self.schema.error_path(place))
    }

    fn missing(&self, place: &str) -> RpcError {
        RpcError::application(Tag::DataMissing, "there is no such data").at(self.schema.error_path(place))
    }

    fn invalid(&self, error: yang2::Error, target: &Target<'_>) -> RpcError {
        let invalid = Invalid::from(error);
        let error = RpcError::application(Tag::InvalidValue, invalid.reason).tagged(invalid.app_tag);
        error.at(self.schema.error_path(&target.place()))
    }

    fn bad_insert(&self, tag: Tag, attribute: &str, message: String, target: &Target<'_>) -> RpcError {
        RpcError::application(tag, message)
            .with("bad-attribute", attribute)
            .with("bad-element", target.schema.name())
            .at(self.schema.error_path(&target.place()))
    }
}

/// A node of the schema that data can have below another.
#[derive(Debug)]
struct Child {
    name: String,
    namespace: String,
    schema: SchemaNode<'static>,
}

impl Child {
    /// Those below a node: choices and cases are only in the schema.
    fn below(parent: &SchemaNode<'_>, context: &'static Context) -> Vec<Self> {
        let is_data = |node: &SchemaNode<'_>| !matches!(node.kind(), SchemaNodeKind::Choice | SchemaNodeKind::Case);
        let mut all = Vec::new();
        for node in parent.children() {
            if !is_data(&node) {
                all.extend(Self::below(&node, context));
            } else if let Some(schema) = raw::outlive(context, &node) {
                let (name, namespace) = (schema.name().to_string(), schema.module().namespace().to_string());
                all.push(Self { name, namespace, schema });
            }
        }
        all
    }
}

/// A node that an element names, there or not.
struct Target<'d> {
    parent: Node<'d>,
    schema: SchemaNode<'static>,
    instance: Option<String>,
    existing: Option<Node<'d>>,
}

impl Target<'_> {
    /// Its path, for errors.
    fn place(&self) -> String {
        path::child(&self.parent, &self.schema, self.instance.as_deref())
    }
}

fn operation(element: &Element, inherited: Operation) -> Result<Operation, RpcError> {
    match element.attribute(BASE, "operation") {
        None => Ok(inherited),
        Some("merge") => Ok(Operation::Merge),
        Some("replace") => Ok(Operation::Replace),
        Some("create") => Ok(Operation::Create),
        Some("delete") => Ok(Operation::Delete),
        Some("remove") => Ok(Operation::Remove),
        Some(other) => Err(RpcError::protocol(Tag::BadAttribute, format!("operation={other:?} is not known"))
            .with("bad-attribute", "operation")
            .with("bad-element", &element.name)),
    }
}

fn is_string(schema: &SchemaNode<'_>) -> bool {
    use yang2::schema::DataValueType;
    schema.leaf_type().is_some_and(|leaf_type| leaf_type.base_type() == DataValueType::String)
}
