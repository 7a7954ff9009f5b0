//! Paths of the JSON, instance paths of the model, and from the one to the other.

use std::fmt;

use serde_json::{Map, Value};

use crate::Model;
use crate::elder;
use crate::ietf;
use crate::model::Make;
use crate::shape::{Field, List, Part, Scope, Shape};
use crate::special::Context;

/// The instance path for a parameter's path in the configuration `kea`: `Dhcp4/subnet4[2]/pools[0]/pool` gives
/// `/kea-dhcp4-server:config/subnet4[id='3']/pool[start-address='192.0.2.1'][end-address='192.0.2.9']`.
///
/// Where the path has no node, that of the nearest enclosing node is given.
pub fn instance_path(model: &Model, kea: &Value, path: &str) -> String {
    let root = kea.get(model.root).and_then(Value::as_object);
    if let (Make::Ietf, Some(root)) = (model.make, root) {
        return ietf::instance_path(&elder::renewed(root), path);
    }
    let (root, path) = (root.map(elder::renewed), elder::renewed_path(path));
    let mut steps = path.trim_start_matches('/').split('/');
    let mut yang = YangPath::new(model.module);
    let Some(root) = root.as_deref().filter(|_| steps.next() == Some(model.root)) else {
        return yang.to_string();
    };
    let context = Context::new(model, root);
    let mut place: (&Scope, &Map<String, Value>) = (model.scope, root);
    for step in steps {
        let (key, index) = split_index(step);
        let field = match place.0.of_key(key) {
            Some(Part::Field(field)) => field,
            Some(Part::Special(special)) => {
                let bare = |node: &str| node.rsplit(':').next() == Some(key);
                yang.extend(special.nodes.iter().copied().find(|node| bare(node)));
                break;
            }
            Some(Part::Order) | None => break,
        };
        match follow(&context, field, place.1.get(key), index, &mut yang) {
            Some(next) => place = next,
            None => break,
        }
    }
    yang.to_string()
}

/// One step down: appends the node and gives the scope below it, if there is one.
fn follow<'a>(
    context: &Context<'_>,
    field: &'a Field,
    value: Option<&'a Value>,
    index: Option<usize>,
    yang: &mut YangPath<'a>,
) -> Option<(&'a Scope, &'a Map<String, Value>)> {
    yang.extend([field.node]);
    match &field.shape {
        Shape::Container { scope, .. } => Some((scope, value?.as_object()?)),
        Shape::List { scope, list, inner } => {
            yang.extend(*inner);
            let entry = value?.get(index?)?.as_object()?;
            yang.select(Key::of_kea(context, scope, list, entry)?);
            Some((scope, entry))
        }
        Shape::LeafList(_) | Shape::Leaf(_) | Shape::Opaque => None,
    }
}

/// `pools[3]` in its parts.
fn split_index(step: &str) -> (&str, Option<usize>) {
    match step.strip_suffix(']').and_then(|s| s.split_once('[')) {
        Some((key, index)) => (key, index.parse().ok()),
        None => (step, None),
    }
}

/// The key of a list entry: its key leaves with their values.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key(Vec<(&'static str, String)>);

impl Key {
    /// Of an entry of the model; the error is the leaf that is missing.
    pub fn of(list: &List, yang: &Map<String, Value>) -> Result<Self, &'static str> {
        let leaf = |&key: &&'static str| match yang.get(key) {
            Some(Value::String(text)) => Ok((key, text.clone())),
            Some(value) => Ok((key, value.to_string())),
            None => Err(key),
        };
        list.keys.iter().map(leaf).collect::<Result<_, _>>().map(Self)
    }

    /// Of an entry of the model that has all that the model demands.
    pub fn of_whole(list: &List, yang: &Map<String, Value>) -> Result<Self, &'static str> {
        match list.needs.iter().find(|node| !yang.contains_key(**node)) {
            Some(missing) => Err(missing),
            None => Self::of(list, yang),
        }
    }

    /// Of an entry of the JSON, if the model can show it.
    pub fn of_kea(context: &Context<'_>, scope: &Scope, list: &List, kea: &Map<String, Value>) -> Option<Self> {
        let asked = |node: &&'static str| list.keys.contains(node) || list.needs.contains(node);
        let mut yang = Map::new();
        for special in scope.specials.iter().filter(|special| special.nodes.iter().any(asked)) {
            yang.extend(special.to_yang(context, kea).ok()?);
        }
        for node in list.keys.iter().chain(list.needs) {
            if let Some(Part::Field(field)) = scope.of_node(node)
                && let (Shape::Leaf(kind), Some((_, value))) = (&field.shape, field.find(kea))
            {
                yang.insert((*node).to_owned(), field.leaf(kind, value).ok()??);
            }
        }
        Self::of_whole(list, &yang).ok()
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (leaf, value) in &self.0 {
            // XPath 1.0 has no escapes: the other quote is the only way.
            let quote = if value.contains('\'') { '"' } else { '\'' };
            write!(f, "[{leaf}={quote}{value}{quote}]")?;
        }
        Ok(())
    }
}

/// Which entry of a list; its key is put together only when the path is shown.
enum Entry<'a> {
    Key(Key),
    Of(&'static List, &'a Map<String, Value>),
}

/// A path of the model as it is walked.
pub(crate) struct YangPath<'a> {
    module: &'static str,
    steps: Vec<(&'a str, Option<Entry<'a>>)>,
}

impl<'a> YangPath<'a> {
    pub fn new(module: &'static str) -> Self {
        Self { module, steps: Vec::new() }
    }

    pub fn push(&mut self, node: &'a str) {
        self.steps.push((node, None));
    }

    pub fn pop(&mut self) {
        self.steps.pop();
    }

    fn extend(&mut self, nodes: impl IntoIterator<Item = &'a str>) {
        nodes.into_iter().for_each(|node| self.push(node));
    }

    /// Says which entry of the list it ends in.
    fn select(&mut self, key: Key) {
        if let Some((_, entry)) = self.steps.last_mut() {
            *entry = Some(Entry::Key(key));
        }
    }

    /// The same by the entry itself.
    pub fn enter(&mut self, list: &'static List, yang: &'a Map<String, Value>) {
        if let Some((_, entry)) = self.steps.last_mut() {
            *entry = Some(Entry::Of(list, yang));
        }
    }
}

impl fmt::Display for YangPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}:config", self.module)?;
        for (node, entry) in &self.steps {
            write!(f, "/{node}")?;
            match entry {
                Some(Entry::Key(key)) => write!(f, "{key}")?,
                Some(Entry::Of(list, yang)) => Key::of(list, yang).map_or(Ok(()), |key| write!(f, "{key}"))?,
                None => (),
            }
        }
        Ok(())
    }
}

/// A path of the JSON as it is walked.
pub(crate) struct KeaPath<'a> {
    root: &'static str,
    steps: Vec<KeaStep<'a>>,
}

enum KeaStep<'a> {
    Key(&'a str),
    Index(usize),
}

impl<'a> KeaPath<'a> {
    pub fn new(root: &'static str) -> Self {
        Self { root, steps: Vec::new() }
    }

    pub fn push_key(&mut self, key: &'a str) {
        self.steps.push(KeaStep::Key(key));
    }

    pub fn push_index(&mut self, index: usize) {
        self.steps.push(KeaStep::Index(index));
    }

    pub fn pop(&mut self) {
        self.steps.pop();
    }
}

impl fmt::Display for KeaPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.root)?;
        for step in &self.steps {
            match step {
                KeaStep::Key(key) => write!(f, "/{key}")?,
                KeaStep::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}
