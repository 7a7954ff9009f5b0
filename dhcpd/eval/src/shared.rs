//! Values that many tests compare with something constant: each is made once a packet and found in a table.
//!
//! Configurations with hundreds of classes ask the same of every packet, such as `option[60].hex == '...'`. A class whose
//! test begins with such a comparison is not looked at unless the value is the one that it waits for, so that the cost
//! depends on how many values are asked for, not on how many classes ask.

use crate::ast::{Bool, Text};
use crate::evaluate::{EvalError, Evaluation};
use crate::{ClassSet, Subject};
use hashbrown::HashMap;
use smallvec::SmallVec;
use std::cell::Cell;
use wire::options::Family;

/// The values that are shared.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shared {
    groups: Vec<Group>,
}

/// A value, and what it is compared with.
#[derive(Clone, Debug)]
struct Group {
    value: Text,
    constants: HashMap<Box<[u8]>, u32>,
}

/// A comparison with a shared value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    /// Which value.
    pub group: u32,
    /// Which constant.
    pub constant: u32,
}

impl Shared {
    /// Finds comparisons that several trees make, and turns them into keys there.
    pub fn new<'t>(trees: impl Iterator<Item = &'t mut Bool>) -> Self {
        let mut trees: Vec<&mut Bool> = trees.collect();
        let mut uses: HashMap<String, usize> = HashMap::new();
        for tree in &mut trees {
            comparisons(tree, &mut |place| {
                if let Some((value, _)) = sides(place) {
                    *uses.entry(value.to_string()).or_default() += 1;
                }
            });
        }
        uses.retain(|_, count| *count > 1);
        let mut shared = Self::default();
        let mut places: HashMap<String, u32> = HashMap::new();
        for tree in &mut trees {
            comparisons(tree, &mut |place| {
                let Some((value, constant)) = sides(place) else { return };
                let name = value.to_string();
                if !uses.contains_key(&name) {
                    return;
                }
                let group = *places.entry(name).or_insert_with(|| {
                    shared.groups.push(Group { value: value.clone(), constants: HashMap::new() });
                    shared.groups.len() as u32 - 1
                });
                let Some(table) = shared.groups.get_mut(group as usize) else { return };
                let next = table.constants.len() as u32;
                let constant = *table.constants.entry(constant.into()).or_insert(next);
                let plain = std::mem::replace(place, Bool::And { terms: Vec::new(), strict: false });
                *place = Bool::Shared { key: Key { group, constant }, plain: Box::new(plain) };
            });
        }
        shared
    }
}

/// What has to be so for a test to be true: the comparison that it begins with.
pub(crate) fn key_of(tree: &Bool) -> Option<Key> {
    match tree {
        Bool::Shared { key, .. } => Some(*key),
        Bool::And { terms, strict: false } => key_of(terms.first()?),
        _ => None,
    }
}

/// Calls back with each comparison in a tree.
fn comparisons(tree: &mut Bool, found: &mut dyn FnMut(&mut Bool)) {
    match tree {
        Bool::Not(inner) => comparisons(inner, found),
        Bool::And { terms, .. } | Bool::Or { terms, .. } => {
            terms.iter_mut().for_each(|term| comparisons(term, found));
        }
        Bool::Equal(..) => found(tree),
        Bool::Shared { .. } | Bool::Exists(_) | Bool::VendorExists(..) | Bool::Member { .. } | Bool::Match(..) => {}
    }
}

/// The value and the constant of a comparison that has both, if the value is the same whatever the packet's classes.
fn sides(comparison: &Bool) -> Option<(&Text, &[u8])> {
    let Bool::Equal(left, right) = comparison else { return None };
    let (value, constant) = match (constant(left), constant(right)) {
        (None, Some(constant)) => (left, constant),
        (Some(constant), None) => (right, constant),
        _ => return None,
    };
    (!asks_for_classes(value)).then_some((value, constant))
}

fn constant(text: &Text) -> Option<&[u8]> {
    match text {
        Text::Quoted(text) => Some(text.as_bytes()),
        Text::Hex(bytes) => Some(bytes),
        Text::Address(address) => Some(address.octets()),
        Text::Integer(bytes) => Some(bytes),
        _ => None,
    }
}

/// Whether a value may depend on classes: what has a condition inside.
fn asks_for_classes(text: &Text) -> bool {
    match text {
        Text::IfElse { .. } => true,
        Text::Substring { of, .. } | Text::Convert(_, of) => asks_for_classes(of),
        Text::Split { of, at, .. } => asks_for_classes(of) || asks_for_classes(at),
        Text::HexString { of, separator } => asks_for_classes(of) || asks_for_classes(separator),
        Text::Concat(parts) => parts.iter().any(asks_for_classes),
        _ => false,
    }
}

/// What is known about a shared value of a packet.
#[derive(Clone, Copy, Debug)]
enum Found {
    NotYet,
    /// It is this constant, or none that anybody asks for.
    Is(Option<u32>),
    Failed(EvalError),
}

/// The shared values of one packet.
pub(crate) struct Memo<'s> {
    shared: &'s Shared,
    subject: &'s dyn Subject,
    family: Family,
    found: SmallVec<[Cell<Found>; 16]>,
}

impl<'s> Memo<'s> {
    pub fn new(shared: &'s Shared, subject: &'s dyn Subject, family: Family) -> Self {
        let found = shared.groups.iter().map(|_| Cell::new(Found::NotYet)).collect();
        Self { shared, subject, family, found }
    }

    /// The constant that a value is, if it is one that somebody asks for.
    pub fn constant(&self, group: u32) -> Result<Option<u32>, EvalError> {
        let (Some(cell), Some(table)) = (self.found.get(group as usize), self.shared.groups.get(group as usize)) else {
            return Ok(None);
        };
        if let Found::NotYet = cell.get() {
            let none = ClassSet::default();
            let value = Evaluation::new(self.subject, &none, &(), self.family).value(&table.value);
            cell.set(match value {
                Ok(value) => Found::Is(table.constants.get(&*value).copied()),
                Err(error) => Found::Failed(error),
            });
        }
        match cell.get() {
            Found::NotYet => Ok(None),
            Found::Is(constant) => Ok(constant),
            Found::Failed(error) => Err(error),
        }
    }
}

/// The classes of one stage: which are tested on every packet, and which wait for a value.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    /// Places of all classes, in their order.
    pub all: Vec<u32>,
    /// Those that wait for no value.
    always: Vec<u32>,
    waiting: Vec<Waiting>,
}

/// Classes that wait for a value.
#[derive(Clone, Debug)]
struct Waiting {
    group: u32,
    /// Constants and places, in the order of both.
    places: Vec<(u32, u32)>,
}

impl Plan {
    /// Appends a class, which stands at this place.
    pub fn add(&mut self, place: u32, key: Option<Key>) {
        self.all.push(place);
        let Some(key) = key else {
            self.always.push(place);
            return;
        };
        let at = self.waiting.iter().position(|waiting| waiting.group == key.group).unwrap_or_else(|| {
            self.waiting.push(Waiting { group: key.group, places: Vec::new() });
            self.waiting.len() - 1
        });
        if let Some(waiting) = self.waiting.get_mut(at) {
            let before = waiting.places.partition_point(|entry| *entry < (key.constant, place));
            waiting.places.insert(before, (key.constant, place));
        }
    }

    /// Places of the classes that a packet may belong to, in their order.
    pub fn due(&self, memo: &Memo<'_>) -> SmallVec<[u32; 32]> {
        let mut due = SmallVec::from_slice(&self.always);
        for Waiting { group, places } in &self.waiting {
            match memo.constant(*group) {
                Ok(None) => {}
                Ok(Some(constant)) => {
                    let start = places.partition_point(|entry| entry.0 < constant);
                    let of = places.iter().skip(start).take_while(|entry| entry.0 == constant);
                    due.extend(of.map(|entry| entry.1));
                }
                // Each of them is to tell that its test failed.
                Err(_) => due.extend(places.iter().map(|entry| entry.1)),
            }
        }
        if due.len() > self.always.len() {
            due.sort_unstable();
        }
        due
    }
}
