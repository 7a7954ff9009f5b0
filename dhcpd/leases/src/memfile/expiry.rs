//! Which lease's time is over next.
//!
//! One list a second, and an ordered map of the seconds. Leases of a server end within one lifetime from now, so that the
//! map stays small (4,000 seconds for a million leases) and a renewal moves a lease without an allocation.

use super::chain::{Links, Unlinked};
use super::slab::Handle;
use crate::lease::{LeaseState, UnixSeconds};
use std::collections::BTreeMap;

/// What awaits a lease whose time is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Awaits {
    /// It is to be reclaimed; so is one that was released and kept.
    Reclamation,
    /// It was reclaimed, and is to be forgotten.
    Removal,
}

/// The place of a lease in the order; `None` where it never ends.
pub(super) type Place = Option<(Awaits, UnixSeconds)>;

/// The place of a lease of this state that ends at `expires`.
pub(super) fn place(state: LeaseState, expires: Option<UnixSeconds>) -> Place {
    let awaits = match state {
        LeaseState::ExpiredReclaimed => Awaits::Removal,
        _ => Awaits::Reclamation,
    };
    expires.map(|at| (awaits, at))
}

/// Leases in the order of their end.
#[derive(Debug, Default)]
pub(super) struct Expiry {
    seconds: BTreeMap<(Awaits, UnixSeconds), Handle>,
    links: Links,
}

impl Expiry {
    pub(super) fn reserve(&mut self, leases: usize) {
        self.links.reserve(leases);
    }

    pub(super) fn insert(&mut self, handle: Handle, place: Place) {
        if let Some(place) = place {
            let head = self.seconds.insert(place, handle);
            self.links.push_front(handle, head);
        }
    }

    pub(super) fn remove(&mut self, handle: Handle, place: Place) {
        let Some(place) = place else { return };
        match self.links.unlink(handle) {
            Unlinked::Inner => {}
            Unlinked::Head { next } => drop(self.seconds.insert(place, next)),
            Unlinked::Last => drop(self.seconds.remove(&place)),
        }
    }

    /// Those whose time was over at `until`, the oldest first.
    pub(super) fn over(&self, awaits: Awaits, until: UnixSeconds) -> impl Iterator<Item = Handle> {
        self.seconds.range((awaits, 0)..=(awaits, until)).flat_map(|(_, &head)| self.links.iter(Some(head)))
    }
}
