//! YANG to Kea JSON.

use std::collections::HashMap;
use std::sync::LazyLock;

use schema::table::Kind;
use serde_json::{Map, Value};

use crate::edit::{Change, Edit, Entry, Touched};
use crate::merge::Merge;
use crate::model::Make;
use crate::path::{Key, YangPath};
use crate::shape::{Field, Group, List, Part, Scope, Shape, members_of};
use crate::special::Context;
use crate::{Model, TranslateError, elder, ietf, scalar};

/// Turns data of the model (RFC 7951 JSON) into Kea JSON (`{"Dhcp4": {...}}`).
///
/// `before` is the Kea JSON that the data was made from before it was edited (`Value::Null`: there is none). What the
/// model cannot hold, the order of lists that have none in the model, and the spelling of all that says the same as
/// the data, are taken from it. Top-level nodes of other modules are passed over; nodes that the daemon does not take
/// are errors.
pub fn to_kea(model: &Model, yang: &Value, before: &Value) -> Result<Value, Vec<TranslateError>> {
    let written = before.get(model.root).and_then(Value::as_object).unwrap_or(&EMPTY);
    if matches!(model.make, Make::Ietf) {
        let parameters = ietf::to_kea(model, yang, written)?;
        return Ok(Map::from_iter([(model.root.to_owned(), parameters.into())]).into());
    }
    let parameters = elder::renewed(written);
    let context = Context::new(model, &parameters);
    let mut walk = Walk { context: &context, path: YangPath::new(model.module), errors: Vec::new() };
    let mut config = match yang.get(model.outermost()) {
        Some(Value::Object(config)) => walk.scope(model.scope, config, &parameters),
        None => walk.scope(model.scope, &EMPTY, &parameters),
        Some(_) => walk.error("a container is expected".into()).unwrap_or_default(),
    };
    elder::as_written(&mut config, &parameters, written);
    match walk.errors.is_empty() {
        true => Ok(Map::from_iter([(model.root.to_owned(), config.into())]).into()),
        false => Err(walk.errors),
    }
}

/// The same where the data differs from that of `before` in entries of outermost lists alone, of which new ones come last.
/// None if that does not tell the whole; [`to_kea`] does.
pub fn entries_to_kea(model: &Model, entries: &[Touched], before: &Value) -> Result<Option<Edit>, Vec<TranslateError>> {
    if matches!(model.make, Make::Ietf) {
        return Ok(None);
    }
    let parameters = before.get(model.root).and_then(Value::as_object).unwrap_or(&EMPTY);
    let context = Context::new(model, parameters);
    let mut walk = Walk { context: &context, path: YangPath::new(model.module), errors: Vec::new() };
    let mut lists: Vec<ListBefore<'_>> = Vec::new();
    for Touched { list: node, entry, gone } in entries {
        if !lists.iter().any(|list| list.node == node) {
            lists.extend(ListBefore::find(&context, model.scope, node, parameters));
        }
        let Some(list) = lists.iter_mut().find(|list| list.node == node) else { return Ok(None) };
        let (Some(now), Some(place)) = (entry.as_object(), list.place(entry)) else { return Ok(None) };
        if *gone {
            list.removed.extend(place);
            continue;
        }
        let was = place.and_then(|place| list.entries.get(place)?.as_object());
        let value = walk.within(node, |walk| {
            walk.path.enter(list.list, now);
            walk.scope(list.scope, now, was.unwrap_or(&EMPTY))
        });
        match place {
            Some(_) if was == Some(&value) => {}
            Some(place) => list.exchanged.push((place, value.into())),
            None => list.added.push(value.into()),
        }
    }
    if !walk.errors.is_empty() {
        return Err(walk.errors);
    }
    let edits: Option<Vec<_>> = lists.into_iter().map(|list| list.edit(model.root)).collect();
    Ok(edits.map(|edits| Edit::Entries(edits.into_iter().flatten().collect())))
}

/// An outermost list as it was before, and what becomes of its entries.
struct ListBefore<'a> {
    node: &'a str,
    scope: &'a Scope,
    list: &'static List,
    key: &'static str,
    entries: &'a [Value],
    places: HashMap<Key, usize>,
    /// Nothing beside it tells its order, and every entry has a key of its own: so entries may go, and come last.
    is_plain: bool,
    exchanged: Vec<(usize, Value)>,
    removed: Vec<usize>,
    added: Vec<Value>,
}

impl<'a> ListBefore<'a> {
    fn find(
        context: &Context<'_>,
        outermost: &'a Scope,
        node: &'a str,
        parameters: &'a Map<String, Value>,
    ) -> Option<Self> {
        let Some(Part::Field(field)) = outermost.of_node(node) else { return None };
        let Shape::List { scope, list, inner: None } = &field.shape else { return None };
        let (key, was) = field.find(parameters)?;
        let entries = items(Some(was));
        let mut places = HashMap::with_capacity(entries.len());
        for (place, entry) in entries.iter().enumerate() {
            if let Some(key) = Key::of_kea(context, scope, list, entry.as_object()?) {
                places.entry(key).or_insert(place);
            }
        }
        let is_plain = field.order.is_none() && places.len() == entries.len();
        let (exchanged, removed, added) = Default::default();
        Some(Self { node, scope, list, key, entries, places, is_plain, exchanged, removed, added })
    }

    /// Where an entry of the data is in the JSON, if it is there; none if its key is not whole.
    fn place(&self, yang: &Value) -> Option<Option<usize>> {
        let key = Key::of(self.list, yang.as_object()?).ok()?;
        Some(self.places.get(&key).copied())
    }

    /// What is done to the list, a step after the other; none if the list is not one of which this is known.
    fn edit(self, root: &'static str) -> Option<Vec<Entry>> {
        let Self { key, entries, mut removed, added, .. } = self;
        let stays = entries.len() - removed.len();
        let comes_or_goes = !removed.is_empty() || !added.is_empty();
        if comes_or_goes && (!self.is_plain || stays + added.len() == 0) {
            return None;
        }
        // From behind, so that the places in front stay what they are.
        removed.sort_unstable_by(|one, other| other.cmp(one));
        let exchanged = self.exchanged.into_iter().map(|(index, value)| (index, Change::Exchange(value)));
        let removed = removed.into_iter().map(|index| (index, Change::Remove));
        let added = added.into_iter().enumerate().map(|(at, value)| (stays + at, Change::Insert(value)));
        let changes = exchanged.chain(removed).chain(added);
        Some(changes.map(|(index, change)| Entry { root, key, index, change }).collect())
    }
}

/// The walk over the data, side by side with the JSON as it was before.
struct Walk<'a> {
    context: &'a Context<'a>,
    path: YangPath<'a>,
    errors: Vec<TranslateError>,
}

impl<'a> Walk<'a> {
    /// The map of the JSON for a container or list entry.
    fn scope(
        &mut self,
        scope: &'a Scope,
        yang: &'a Map<String, Value>,
        before: &'a Map<String, Value>,
    ) -> Map<String, Value> {
        let mut kea = Map::new();
        for special in &scope.specials {
            kea.extend(self.special(special, yang, before));
        }
        for (key, was) in before {
            let value = match scope.of_key(key) {
                Some(Part::Field(field)) if !yang.contains_key(field.node) => self.field(field, yang, Some(was)),
                Some(_) => None,
                None => Some(was.clone()),
            };
            kea.extend(value.map(|value| (key.clone(), value)));
        }
        for node in yang.keys().filter(|node| !node.starts_with('@')) {
            self.within(node, |walk| match scope.of_node(node) {
                Some(Part::Field(field)) => {
                    let (key, was) = field.find(before).map_or((field.key, None), |(key, was)| (key, Some(was)));
                    kea.extend(walk.field(field, yang, was).map(|value| (key.to_owned(), value)));
                }
                Some(Part::Special(_) | Part::Order) => (),
                None => walk.error(UNSUPPORTED.into()).unwrap_or_default(),
            });
        }
        kea
    }

    fn special(
        &mut self,
        special: &'a Group,
        yang: &Map<String, Value>,
        before: &Map<String, Value>,
    ) -> Map<String, Value> {
        let keys = &special.keys;
        let (now, written) = (members_of(yang, &special.nodes), members_of(before, keys));
        if special.to_yang(self.context, &written).is_ok_and(|was| same(&was, &now)) {
            return written;
        }
        if now.is_empty() {
            return now;
        }
        let made = special.to_kea(&now).and_then(|kea| match kea.keys().find(|key| !keys.contains(&key.as_str())) {
            Some(key) => Err(format!("the daemon does not support `{key}` here")),
            None => Ok(kea),
        });
        made.unwrap_or_else(|reason| {
            let node = special.nodes.first().copied().unwrap_or("");
            self.within(node, |walk| walk.error(reason)).unwrap_or_default()
        })
    }

    /// The value of the JSON for a node, which may be absent among its siblings; `was` is the value before.
    fn field(&mut self, field: &'a Field, siblings: &'a Map<String, Value>, was: Option<&'a Value>) -> Option<Value> {
        let now = siblings.get(field.node);
        match (&field.shape, now) {
            (Shape::Container { scope, presence }, _) => self.container(scope, *presence, now, was),
            (Shape::List { scope, list, inner: None }, _) => {
                self.list(scope, list, now, told_order(field, siblings), was)
            }
            (Shape::List { .. }, Some(Value::Object(outer))) => self.wrapped(field, outer, was),
            (Shape::List { .. }, Some(_)) => self.error("a container is expected".into()),
            (Shape::List { .. }, None) => self.wrapped(field, &EMPTY, was),
            (Shape::LeafList(kind), _) => self.leaf_list(kind, now, told_order(field, siblings), was),
            (Shape::Leaf(kind), now) => {
                let same = |was: &&Value| field.leaf(kind, was).is_ok_and(|was| was.as_ref() == now);
                match was.filter(same) {
                    Some(was) => Some(was.clone()),
                    None => self.leaf(scalar::to_kea(kind, now?)),
                }
            }
            (Shape::Opaque, None) => None,
            (Shape::Opaque, Some(now)) => {
                let json = now.as_str().and_then(|text| serde_json::from_str(text).ok());
                self.leaf(json.ok_or_else(|| "JSON text is expected".into()))
            }
        }
    }

    /// A list in a container that the JSON does not have.
    fn wrapped(&mut self, field: &'a Field, outer: &'a Map<String, Value>, was: Option<&'a Value>) -> Option<Value> {
        let Shape::List { scope, list, inner: Some(inner) } = &field.shape else { return None };
        let order = field.order.map(|order| order.node);
        let known = |node: &str| node == *inner || Some(node) == order || node.starts_with('@');
        for node in outer.keys().filter(|node| !known(node)) {
            self.within(node, |walk| walk.error::<()>(UNSUPPORTED.into()));
        }
        self.within(inner, |walk| walk.list(scope, list, outer.get(*inner), told_order(field, outer), was))
    }

    fn leaf_list(
        &mut self,
        kind: &'static Kind,
        now: Option<&'a Value>,
        order: Option<Ranks<'a>>,
        was: Option<&'a Value>,
    ) -> Option<Value> {
        let Some(now) = now else {
            let nothing = |value| matches!(scalar::to_yang(kind, value), Ok(None));
            return was.filter(|was| items(Some(was)).iter().all(nothing)).cloned();
        };
        let Value::Array(values) = now else { return self.error("a list is expected".into()) };
        let all = scalar::all_words(kind, items(was));
        if all.len() == values.len() && all.iter().all(|word| values.contains(word)) {
            return was.cloned();
        }
        let old = |value| Some(scalar::to_yang(kind, value).ok()??.to_string());
        let now = ranked(values, order.as_ref(), |value| Some(value));
        let now = now.into_iter().map(|value| (Some(value.to_string()), value)).collect();
        let was = items(was).iter().map(|value| (old(value), value)).filter(|(key, _)| key.is_some()).collect();
        let make = |value, was: Option<&Value>| was.cloned().or_else(|| self.leaf(scalar::to_kea(kind, value)));
        Some(Merge { now, was, by_user: order.is_some() }.run(make).into())
    }

    fn container(
        &mut self,
        scope: &'a Scope,
        presence: bool,
        now: Option<&'a Value>,
        was: Option<&'a Value>,
    ) -> Option<Value> {
        let now = match now {
            Some(Value::Object(now)) => Some(now),
            Some(_) => return self.error("a container is expected".into()),
            None if presence => return None,
            None => None,
        };
        let was = was.and_then(Value::as_object);
        let kea = self.scope(scope, now.unwrap_or(&EMPTY), was.unwrap_or(&EMPTY));
        // What was shown of it is gone, and what cannot be shown goes with it.
        if now.is_none() && was.is_some_and(|was| kea.len() < was.len()) {
            return None;
        }
        // A container without presence says nothing by being there; it stays when it was there without saying anything.
        let stays = !kea.is_empty() || (presence && now.is_some()) || was.is_some_and(Map::is_empty);
        stays.then(|| kea.into())
    }

    fn list(
        &mut self,
        scope: &'a Scope,
        list: &'static List,
        now: Option<&'a Value>,
        order: Option<Ranks<'a>>,
        was: Option<&'a Value>,
    ) -> Option<Value> {
        let entries = match now {
            Some(Value::Array(entries)) => entries.as_slice(),
            Some(_) => return self.error("a list is expected".into()),
            None => &[],
        };
        let sorted = ranked(entries, order.as_ref(), |entry| entry.get(list.keys.first()?));
        let old = |entry: &Value| Key::of_kea(self.context, scope, list, entry.as_object()?);
        let new = |entry: &Value| Key::of(list, entry.as_object()?).ok();
        let merge = Merge {
            now: sorted.into_iter().map(|entry| (new(entry), entry)).collect(),
            was: items(was).iter().map(|entry| (old(entry), entry)).collect(),
            by_user: list.by_user || order.is_some(),
        };
        let merged = merge.run(|entry, was| {
            let Some(entry) = entry.as_object() else { return self.error("a list entry is expected".into()) };
            if let Some(missing) = list.keys.iter().find(|key| !entry.contains_key(**key)) {
                return self.error(format!("an entry has no `{missing}`"));
            }
            self.path.enter(list, entry);
            Some(self.scope(scope, entry, was.and_then(Value::as_object).unwrap_or(&EMPTY)).into())
        });
        (!merged.is_empty() || was.is_some_and(|was| items(Some(was)).is_empty())).then(|| merged.into())
    }

    fn leaf(&mut self, made: Result<Value, String>) -> Option<Value> {
        made.map_or_else(|reason| self.error(reason), Some)
    }

    fn within<T>(&mut self, node: &'a str, body: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(node);
        let value = body(self);
        self.path.pop();
        value
    }

    fn error<T>(&mut self, reason: String) -> Option<T> {
        self.errors.push(TranslateError { path: self.path.to_string(), reason });
        None
    }
}

/// Places of entries by their names.
type Ranks<'a> = HashMap<&'a str, usize>;

/// The order of a list or leaf-list, if a node beside it tells.
fn told_order<'a>(field: &Field, siblings: &'a Map<String, Value>) -> Option<Ranks<'a>> {
    let names = siblings.get(field.order?.node)?.as_array()?;
    Some(names.iter().enumerate().filter_map(|(rank, name)| Some((name.as_str()?, rank))).collect())
}

/// The entries in this order, the others behind.
fn ranked<'a>(
    entries: &'a [Value],
    order: Option<&Ranks<'_>>,
    name: impl Fn(&Value) -> Option<&Value>,
) -> Vec<&'a Value> {
    let mut sorted: Vec<_> = entries.iter().collect();
    if let Some(ranks) = order {
        let rank = |entry| ranks.get(name(entry)?.as_str()?).copied();
        sorted.sort_by_key(|entry| rank(entry).unwrap_or(usize::MAX));
    }
    sorted
}

/// Whether the nodes say the same: leaf-lists have no order.
fn same(one: &Map<String, Value>, other: &Map<String, Value>) -> bool {
    let sorted = |value: &Value| match value {
        Value::Array(list) => {
            let mut list: Vec<_> = list.iter().map(Value::to_string).collect();
            list.sort();
            list
        }
        value => vec![value.to_string()],
    };
    one == other || one.keys().eq(other.keys()) && one.values().map(sorted).eq(other.values().map(sorted))
}

/// The entries of a list that may be absent.
fn items(list: Option<&Value>) -> &[Value] {
    list.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

const UNSUPPORTED: &str = "the daemon does not support this parameter";

static EMPTY: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);
