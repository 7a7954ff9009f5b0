//! What an edit touched: entries of outermost lists, and nothing beside them.
//!
//! Nearly every edit of a large configuration is of this kind. Who knows these entries need not look at the others: not to
//! find out whether the tree is valid still, nor what changed, nor to bring a copy of the tree before up to date.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};

use yang2::data::{DataTree, DataValidationFlags};
use yang2::schema::SchemaNode;

use super::{Node, raw};

/// Above this many entries, a tree is validated as a whole.
const FEW: usize = 100;

/// Tells trees apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Id(u64);

impl Id {
    /// One that no tree had.
    pub fn new() -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        Self(LAST.fetch_add(1, Ordering::Relaxed))
    }
}

/// An entry of an outermost list, there or not.
#[derive(Clone, Debug)]
pub struct Place {
    /// The list.
    pub list: SchemaNode<'static>,
    /// `[id='1']`, with values as libyang spells them.
    pub keys: String,
}

impl Place {
    /// The entry in a tree, if it is there.
    pub fn find<'d>(&self, data: &'d DataTree<'static>) -> Option<Node<'d>> {
        raw::find_child(data, &data.reference()?, &self.list, Some(&self.keys)).ok()?
    }

    fn identity(&self) -> (usize, String) {
        (self.list.as_raw() as usize, self.keys.clone())
    }
}

/// What edits touched, each entry once; entries that came are last in their lists, in this order.
#[derive(Clone, Debug)]
pub struct Touched {
    /// The tree that was edited first.
    pub since: Id,
    places: Vec<Place>,
}

impl Touched {
    /// Nothing since this tree.
    pub fn nothing(since: Id) -> Self {
        Self { since, places: Vec::new() }
    }

    /// The entries.
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// With what one more edit touched, each with whether the edit found it there. None if an entry came again, since it is
    /// at another place then.
    pub fn and(mut self, more: Vec<(Place, bool)>) -> Option<Self> {
        let mut seen: HashSet<_> = self.places.iter().map(Place::identity).collect();
        for (place, was_there) in more {
            match seen.insert(place.identity()) {
                true => self.places.push(place),
                false if was_there => {}
                false => return None,
            }
        }
        Some(self)
    }

    /// Makes `other`, the tree before, the same as `data`; false if that cannot be done.
    pub fn update(&self, data: &DataTree<'static>, other: &DataTree<'static>) -> bool {
        let Some(parent) = other.reference() else { return false };
        self.places.iter().all(|place| match (place.find(data), place.find(other)) {
            (Some(entry), Some(was)) => raw::assign(&was, &entry).is_ok(),
            (Some(entry), None) => raw::insert_copy(&parent, &entry).is_ok(),
            (None, Some(mut was)) => {
                was.remove();
                true
            }
            (None, None) => true,
        })
    }

    /// Validates the entries, each by itself: where no constraint of the schema leads out of one, and the tree was valid
    /// before, the tree is valid. False if it is not found out this way.
    pub fn validate(&self, data: &DataTree<'static>) -> bool {
        if self.places.len() > FEW {
            return false;
        }
        let flags = || DataValidationFlags::NO_STATE | DataValidationFlags::PRESENT;
        self.places.iter().all(|place| {
            let Some(entry) = place.find(data) else { return true };
            let Ok(mut alone) = entry.duplicate(true) else { return false };
            // Values of the schema are filled in by validation; hence back.
            alone.validate(flags()).is_ok()
                && place.find(&alone).is_some_and(|valid| raw::assign(&entry, &valid).is_ok())
        })
    }
}
