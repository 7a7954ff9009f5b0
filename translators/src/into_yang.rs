//! Kea JSON to YANG.

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::model::Make;
use crate::path::{KeaPath, Key};
use crate::shape::{Field, List, Part, Scope, Shape};
use crate::special::Context;
use crate::{LeftOut, Model, TranslateError, elder, ietf, scalar};

/// A configuration as data of its model.
#[derive(Clone, Debug, PartialEq)]
pub struct Translation {
    /// RFC 7951 JSON: `{"kea-dhcp4-server:config": {...}}`.
    pub yang: Value,
    /// What the model has no place for.
    pub left_out: Vec<LeftOut>,
}

/// Shows Kea JSON (`{"Dhcp4": {...}}`) as data of the model.
///
/// An error means that the JSON is no configuration of this daemon; what is valid but has no place in the model is
/// listed in [`Translation::left_out`].
pub fn to_yang(model: &Model, kea: &Value) -> Result<Translation, Vec<TranslateError>> {
    let Some(written) = kea.get(model.root).and_then(Value::as_object) else {
        let reason = format!("a map with the key `{}` is expected", model.root);
        return Err(vec![TranslateError { path: String::new(), reason }]);
    };
    if matches!(model.make, Make::Ietf) {
        return Ok(ietf::to_yang(model, written));
    }
    let parameters = elder::renewed(written);
    let context = Context::new(model, &parameters);
    let mut walk = Walk::new(&context);
    let config = walk.scope(model.scope, &parameters);
    walk.errors.iter_mut().for_each(|error| elder::write_path(&mut error.path, written));
    walk.left_out.iter_mut().for_each(|left| elder::write_path(&mut left.path, written));
    if !walk.errors.is_empty() {
        return Err(walk.errors);
    }
    let mut yang = Map::new();
    yang.insert(model.outermost(), config.into());
    Ok(Translation { yang: yang.into(), left_out: walk.left_out })
}

/// The walk over the JSON: where it is, and what it found.
pub(crate) struct Walk<'a> {
    context: &'a Context<'a>,
    path: KeaPath<'a>,
    left_out: Vec<LeftOut>,
    errors: Vec<TranslateError>,
}

impl<'a> Walk<'a> {
    pub fn new(context: &'a Context<'a>) -> Self {
        let path = KeaPath::new(context.model.root);
        Self { context, path, left_out: Vec::new(), errors: Vec::new() }
    }

    /// The members of a container or list entry.
    pub fn scope(&mut self, scope: &Scope, kea: &'a Map<String, Value>) -> Map<String, Value> {
        let mut yang = Map::new();
        for special in &scope.specials {
            match special.to_yang(self.context, kea) {
                Ok(members) => yang.extend(members),
                Err(reason) => self.within(special.keys.first().copied().unwrap_or(""), |walk| {
                    walk.error::<()>(reason);
                }),
            }
        }
        for (key, value) in kea {
            self.within(key, |walk| match scope.of_key(key) {
                Some(Part::Field(field)) => {
                    if let Some(value) = walk.field(field, value) {
                        yang.extend(order(field, &value));
                        yang.insert(field.node.to_owned(), value);
                    }
                }
                Some(Part::Special(_) | Part::Order) => (),
                None if is_empty(value) => (),
                None => walk.leave_out("the model has no node for it"),
            });
        }
        yang
    }

    /// The value of a node, unless it is one that is not there when it is empty.
    pub fn field(&mut self, field: &Field, kea: &'a Value) -> Option<Value> {
        match (&field.shape, kea) {
            (Shape::Leaf(kind), _) => match field.leaf(kind, kea) {
                Ok(value) => value,
                Err(reason) => self.error(reason),
            },
            (Shape::Opaque, _) => Some(kea.to_string().into()),
            (Shape::LeafList(kind), Value::Array(values)) => {
                let mut seen = HashSet::new();
                let mut yang = scalar::all_words(kind, values);
                for (index, value) in values.iter().enumerate() {
                    self.at(index, |walk| match scalar::to_yang(kind, value) {
                        Ok(None) => (),
                        Ok(Some(value)) if seen.insert(value.to_string()) => yang.push(value),
                        Ok(Some(_)) => walk.leave_out("a leaf-list has no value twice"),
                        Err(reason) => {
                            walk.error::<()>(reason);
                        }
                    });
                }
                (!yang.is_empty()).then(|| yang.into())
            }
            (Shape::Container { scope, presence }, Value::Object(map)) => {
                let yang = self.scope(scope, map);
                (*presence || !yang.is_empty()).then(|| yang.into())
            }
            (Shape::List { scope, list, inner }, Value::Array(entries)) => {
                let yang = self.list(scope, list, entries);
                match inner {
                    _ if yang.is_empty() => None,
                    None => Some(yang.into()),
                    Some(inner) => {
                        let order = order(field, &Value::Array(yang.clone()));
                        Some(
                            order.into_iter().chain([((*inner).to_owned(), yang.into())]).collect::<Map<_, _>>().into(),
                        )
                    }
                }
            }
            (Shape::LeafList(_) | Shape::List { .. }, _) => self.error("a list is expected".into()),
            (Shape::Container { .. }, _) => self.error("a map is expected".into()),
        }
    }

    fn list(&mut self, scope: &Scope, list: &List, entries: &'a [Value]) -> Vec<Value> {
        let mut seen = HashSet::new();
        let mut yang = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            self.at(index, |walk| {
                let Value::Object(entry) = entry else {
                    walk.error::<()>("a map is expected".into());
                    return;
                };
                let before = walk.left_out.len();
                let entry = walk.scope(scope, entry);
                let problem = match Key::of_whole(list, &entry) {
                    Ok(key) => match seen.insert(key) {
                        true => return yang.push(entry.into()),
                        false => "an entry with the same key stands before it".to_owned(),
                    },
                    Err(missing) => format!("it has no `{missing}`, which the model demands"),
                };
                walk.left_out.truncate(before);
                walk.leave_out(&problem);
            });
        }
        yang
    }

    fn within(&mut self, key: &'a str, body: impl FnOnce(&mut Self)) {
        self.path.push_key(key);
        body(self);
        self.path.pop();
    }

    fn at(&mut self, index: usize, body: impl FnOnce(&mut Self)) {
        self.path.push_index(index);
        body(self);
        self.path.pop();
    }

    fn leave_out(&mut self, reason: &str) {
        self.left_out.push(LeftOut { path: self.path.to_string(), reason: reason.to_owned() });
    }

    fn error<T>(&mut self, reason: String) -> Option<T> {
        self.errors.push(TranslateError { path: self.path.to_string(), reason });
        None
    }
}

/// The node that tells the order of a list or leaf-list.
fn order(field: &Field, yang: &Value) -> Option<(String, Value)> {
    let order = field.order?;
    let key = match &field.shape {
        Shape::List { list, .. } => list.keys.first().copied(),
        _ => None,
    };
    Some((order.node.to_owned(), order.of(yang.as_array()?, key)?))
}

/// Whether a value that the model cannot hold says nothing anyway.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}
