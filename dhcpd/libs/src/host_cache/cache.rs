//! The cache: entries in the order in which they came, and what packets find of them.

use super::entry::{Entry, Place, Side};
use super::messages::HOST_CACHE_UNUSABLE;
use dhcpd_config::hosts::{CACHE, Key, Meaning, Stored, Written};
use hashbrown::HashMap;
use parking_lot::{Mutex, RwLock};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A cache that commands share.
pub type Shared<W> = Arc<Mutex<Cache<W>>>;

/// Reservations that commands brought. Each configuration has a cache of its own, which follows the one before.
pub struct Cache<W: Written> {
    meaning: Meaning,
    /// Most entries; 0: no limit.
    maximum: usize,
    entries: BTreeMap<u64, Entry<W>>,
    places: HashMap<Place, u64>,
    /// The number of the next entry.
    next: u64,
    /// What packets find.
    stored: Arc<RwLock<Stored<W::Host>>>,
}

impl<W: Side> Cache<W> {
    /// An empty one, with at most so many entries unless this is 0.
    pub fn new(meaning: Meaning, maximum: usize, stored: Arc<RwLock<Stored<W::Host>>>) -> Self {
        Self { meaning, maximum, entries: BTreeMap::new(), places: HashMap::new(), next: 0, stored }
    }

    /// Takes the entries that there were with another configuration; options and classes may mean something else now.
    pub fn follow(&mut self, before: &Self) {
        for entry in before.entries.values() {
            self.insert(entry.clone());
        }
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// All entries, the oldest first.
    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry<W>> {
        self.entries.values()
    }

    /// What an entry means.
    pub(super) fn meaning(&self) -> &Meaning {
        &self.meaning
    }

    /// Adds an entry. How many others had what it has: they are gone.
    pub(super) fn insert(&mut self, entry: Entry<W>) -> usize {
        let mut others: Vec<u64> = entry.places.iter().filter_map(|place| self.places.get(place)).copied().collect();
        others.sort_unstable();
        others.dedup();
        others.iter().for_each(|number| self.forget(*number));
        let number = self.next;
        self.next += 1;
        self.places.extend(entry.places.iter().map(|place| (place.clone(), number)));
        let resolved = entry.given.clone().and_then(|(subnet, given)| match self.meaning.resolve(given) {
            Ok(host) => Some((subnet, host)),
            Err(reason) => {
                log::event!(HOST_CACHE_UNUSABLE, reason);
                None
            }
        });
        self.entries.insert(number, entry);
        let mut stored = self.stored.write();
        others.iter().for_each(|number| stored.remove(key(*number)));
        if let Some((subnet, host)) = resolved {
            stored.put(key(number), subnet, host);
        }
        drop(stored);
        if self.maximum > 0 {
            self.flush(self.entries.len().saturating_sub(self.maximum));
        }
        others.len()
    }

    /// Removes the entry that has this; whether there was one.
    pub(super) fn remove(&mut self, place: &Place) -> bool {
        let Some(number) = self.places.get(place).copied() else { return false };
        self.forget(number);
        self.stored.write().remove(key(number));
        true
    }

    /// Removes the oldest entries, at most so many.
    pub(super) fn flush(&mut self, count: usize) {
        for _ in 0..count {
            let Some(number) = self.entries.keys().next().copied() else { return };
            self.forget(number);
            self.stored.write().remove(key(number));
        }
    }

    fn forget(&mut self, number: u64) {
        let places = self.entries.remove(&number).map(|entry| entry.places);
        places.iter().flatten().for_each(|place| _ = self.places.remove(place));
    }
}

/// The place of an entry among all reservations: numbers come again after four thousand million entries.
fn key(number: u64) -> Key {
    Key { source: CACHE, id: number as u32 }
}
