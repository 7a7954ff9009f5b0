//! Indexes that lead from one key to many records.
//!
//! The records of a key form a doubly linked list, so that a client (or an attacker) with many thousand leases costs no
//! more to change than any other: the hash table holds the head of each list only.

use super::slab::Handle;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

/// Doubly linked lists through handles, each handle in one list at most.
#[derive(Debug, Default)]
pub(super) struct Links {
    links: Vec<Link>,
}

#[derive(Clone, Copy, Debug)]
struct Link {
    before: Handle,
    after: Handle,
}

const NONE: Handle = Handle::MAX;
const LOOSE: Link = Link { before: NONE, after: NONE };

impl Links {
    pub(super) fn reserve(&mut self, records: usize) {
        self.links.reserve(records);
    }

    /// Puts `handle` in front of the list that begins with `head`.
    pub(super) fn push_front(&mut self, handle: Handle, head: Option<Handle>) {
        if self.links.len() <= handle as usize {
            self.links.resize(handle as usize + 1, LOOSE);
        }
        self.links[handle as usize] = Link { before: NONE, after: head.unwrap_or(NONE) };
        if let Some(head) = head {
            self.links[head as usize].before = handle;
        }
    }

    /// Takes `handle` out of its list.
    pub(super) fn unlink(&mut self, handle: Handle) -> Unlinked {
        let Link { before, after } = std::mem::replace(&mut self.links[handle as usize], LOOSE);
        if after != NONE {
            self.links[after as usize].before = before;
        }
        if before != NONE {
            self.links[before as usize].after = after;
            return Unlinked::Inner;
        }
        if after == NONE { Unlinked::Last } else { Unlinked::Head { next: after } }
    }

    /// The list that begins with `head`.
    pub(super) fn iter(&self, head: Option<Handle>) -> impl Iterator<Item = Handle> {
        std::iter::successors(head, |&handle| {
            self.links.get(handle as usize).map(|link| link.after).filter(|&after| after != NONE)
        })
    }
}

/// What was taken out of a list, as far as the holder of its head must know.
pub(super) enum Unlinked {
    /// It was not the head.
    Inner,
    /// It was the head, and this is the head now.
    Head {
        /// The new head.
        next: Handle,
    },
    /// It was the only one.
    Last,
}

/// A hash table of lists. Keys stay in the records: the caller hashes and compares.
#[derive(Debug, Default)]
pub(super) struct KeyIndex {
    heads: HashTable<Handle>,
    links: Links,
}

impl KeyIndex {
    /// Adds a record whose key hashes to `hash`; `same` tells whether another record has its key, `rehash` hashes the key of
    /// another record.
    pub(super) fn insert(
        &mut self,
        handle: Handle,
        hash: u64,
        mut same: impl FnMut(Handle) -> bool,
        rehash: impl Fn(Handle) -> u64,
    ) {
        match self.heads.entry(hash, |&other| same(other), |&other| rehash(other)) {
            Entry::Occupied(mut entry) => {
                self.links.push_front(handle, Some(*entry.get()));
                *entry.get_mut() = handle;
            }
            Entry::Vacant(entry) => {
                self.links.push_front(handle, None);
                entry.insert(handle);
            }
        }
    }

    /// Makes room for records to come; `rehash` hashes the key of a record.
    pub(super) fn reserve(&mut self, records: usize, rehash: impl Fn(Handle) -> u64) {
        self.heads.reserve(records, |&handle| rehash(handle));
        self.links.reserve(records);
    }

    /// Takes out a record whose key hashes to `hash`.
    pub(super) fn remove(&mut self, handle: Handle, hash: u64) {
        let unlinked = self.links.unlink(handle);
        if matches!(unlinked, Unlinked::Inner) {
            return;
        }
        if let Ok(mut entry) = self.heads.find_entry(hash, |&head| head == handle) {
            match unlinked {
                Unlinked::Head { next } => *entry.get_mut() = next,
                _ => drop(entry.remove()),
            }
        }
    }

    /// The records of a key.
    pub(super) fn find(&self, hash: u64, mut same: impl FnMut(Handle) -> bool) -> impl Iterator<Item = Handle> {
        self.links.iter(self.heads.find(hash, |&head| same(head)).copied())
    }
}
