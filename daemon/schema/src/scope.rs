//! A scope: one kind of JSON map, as a struct.

use crate::json::{Document, Member, Node, Value};
use crate::table::Table;
use crate::{ConfigError, Given, Json, Reader};
use std::fmt::Debug;

/// A struct whose fields are the parameters of one kind of JSON map. Derived, never written by hand.
///
/// A field is a [`Given<T>`] or a `Vec<At<T>>` of a [`crate::Field`] type; its doc comment is the manual's text. `#[param(...)]` says the rest:
///
/// | attribute | meaning |
/// |---|---|
/// | `key = "..."` | JSON key; the field's name in kebab-case otherwise |
/// | `alias = "..."` | another spelling that is accepted; may be repeated |
/// | `default = 7200` | the value when absent, a JSON literal; an accessor of the field's name returns the value or this |
/// | `default` | for a map: when absent, it is as if it were empty |
/// | `range = 0..=65535` | least and greatest value of a whole number |
/// | `inherited` | when absent, taken from the enclosing scope by [`Scope::inherit`] |
/// | `required` | absence is an error |
/// | `filled` | a list that a file may not have with nothing in it |
/// | `secret` | not shown to everyone |
/// | `later`, `later = ""` | not supported yet: any value but an empty one is refused, or any but this one |
/// | `yang = "..."` | name of the node in the Kea YANG models; the key otherwise; `takahe:...` in a module of our own that augments them |
/// | `yang(opaque = "...")` | the node of this name holds the JSON as text |
/// | `yang(special)`, `yang(absent)` | the translators have a function for it; the models have no node for it |
/// | `flatten` | the field is another scope whose parameters stand in this map |
///
/// `#[scope(rules)]` at the struct: its method `rules(&self, pos: Pos, reader: &mut Reader)` is called once it is read, and
/// tells what contradicts itself in one map. `#[scope(may_be_empty)]`: a file may have the map with nothing in it.
pub trait Scope: Clone + Debug + Default + PartialEq + 'static {
    /// The parameters as data.
    const TABLE: &'static Table;

    /// Takes a member of the map if the scope, or one flattened into it, has such a parameter; false if none has.
    fn take(&mut self, member: &Member, reader: &mut Reader) -> bool;

    /// Calls back with the key of each required parameter that is absent.
    fn missing(&self, found: &mut dyn FnMut(&'static str));

    /// Puts the parameters that are present into a map.
    fn put(&self, map: &mut serde_json::Map<String, serde_json::Value>);

    /// Fills the absent inheritable values from the enclosing scope's.
    fn inherit(&mut self, outer: &Self);

    /// Fills the absent values that have a default, here and in the maps within.
    fn fill(&mut self);

    /// Reads a map; what is wrong with it goes to the reader.
    fn read(reader: &mut Reader, node: &Node) -> Self {
        let mut scope = Self::default();
        let Value::Map(members) = &node.value else {
            reader.expected(node, "a map");
            return scope;
        };
        for member in members {
            if !scope.take(member, reader) {
                reader.unknown(member, Self::TABLE);
            }
        }
        let place = |key| members.iter().position(|member| &*member.key == key);
        if let (Some(context), Some(comment)) = (place("user-context"), place("comment"))
            && context < comment
            && let (Some(context), Some(comment)) = (members.get(context), members.get(comment))
            && context.node.member("comment").is_some()
        {
            reader.problem(comment.pos, "`comment` stands in `user-context` already");
        }
        // A value that was written but refused is absent from the struct; it has had its error.
        scope.missing(&mut |key| {
            if !members.iter().any(|member| &*member.key == key) {
                reader.problem(node.pos, format!("`{key}` is missing"));
            }
        });
        scope
    }

    /// The parameters that are present, as JSON.
    fn write(&self) -> serde_json::Value {
        let mut map = serde_json::Map::new();
        self.put(&mut map);
        map.into()
    }
}

/// Reads a whole document: the scope, or everything that is wrong with it.
pub fn read<S: Scope>(document: &Document) -> Result<S, Vec<ConfigError>> {
    let mut reader = Reader::default();
    let scope = S::read(&mut reader, &document.root);
    match reader.problems.is_empty() {
        true => Ok(scope),
        false => Err(document.errors(reader.problems)),
    }
}

/// What every scope may carry for its reader.
#[derive(Clone, Debug, Default, PartialEq, daemon_schema_derive::Scope)]
pub struct Annotations {
    /// A remark; it stands in the user context under the key `comment`.
    #[param(yang(special))]
    pub comment: Given<String>,
    /// Data of the operator's own, any JSON map. The servers keep it and show it.
    #[param(yang(opaque = "user-context"))]
    pub user_context: Given<Json>,
}

/// Puts the comments into the user contexts in everything that a file or a part of it shows, as `config-get` does.
pub fn fold_comments(shown: &mut serde_json::Value, table: &'static Table) {
    let Some(map) = shown.as_object_mut() else { return };
    let params = table.parameters();
    if params.iter().any(|param| param.key == "user-context")
        && let Some(comment) = map.remove("comment")
    {
        let context = map.entry("user-context").or_insert_with(|| serde_json::Map::new().into());
        if let Some(context) = context.as_object_mut() {
            context.insert("comment".to_owned(), comment);
        }
    }
    for (param, scope) in params.iter().filter_map(|param| Some((param, param.scope()?))) {
        match map.get_mut(param.key) {
            Some(serde_json::Value::Array(items)) => items.iter_mut().for_each(|item| fold_comments(item, scope)),
            Some(value) => fold_comments(value, scope),
            None => {}
        }
    }
}
