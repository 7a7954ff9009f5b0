//! How many leases the members of each client class hold: counted only while somebody limits them.
//!
//! Which classes a client was in when it got its lease stands in the lease's user context, as Kea writes it there:
//! `{ "ISC": { "client-classes": [ "ALL", "modems" ] } }`.

use crate::lease::{Lease4, Lease6, LeaseState, LeaseType};
use hashbrown::HashMap;
use parking_lot::Mutex;
use serde_json::Value;
use std::sync::Arc;

/// Assigned leases by name of the class: addresses and prefixes. Shared by a store that counts and those who ask.
#[derive(Debug, Default)]
pub struct ClassCounts(Mutex<HashMap<Box<str>, [u64; 2]>>);

impl ClassCounts {
    /// How many leases members of a class hold.
    pub fn held(&self, lease_type: LeaseType, class: &str) -> u64 {
        let [addresses, prefixes] = self.0.lock().get(class).copied().unwrap_or_default();
        if lease_type == LeaseType::Na { addresses } else { prefixes }
    }

    fn change(&self, lease: Held<'_>, change: impl Fn(&mut u64)) {
        let context = lease.user_context.filter(|text| text.contains("client-classes"));
        let (Some(context), LeaseState::Assigned) = (context, lease.state) else { return };
        let Ok(context) = serde_json::from_str::<Value>(context) else { return };
        let classes = context.pointer("/ISC/client-classes").and_then(Value::as_array);
        let mut counts = self.0.lock();
        for class in classes.into_iter().flatten().filter_map(Value::as_str) {
            let [addresses, prefixes] = counts.entry_ref(class).or_default();
            change(if lease.lease_type == LeaseType::Na { addresses } else { prefixes });
            // Classes may be named after what clients say: names that nobody is in any more are forgotten.
            if (*addresses, *prefixes) == (0, 0) {
                counts.remove(class);
            }
        }
    }
}

/// What is counted of a lease.
pub(super) struct Held<'a> {
    lease_type: LeaseType,
    state: LeaseState,
    user_context: Option<&'a str>,
}

impl<'a> From<&'a Lease4> for Held<'a> {
    fn from(lease: &'a Lease4) -> Self {
        Self { lease_type: LeaseType::Na, state: lease.state, user_context: lease.user_context.as_deref() }
    }
}

impl<'a> From<&'a Lease6> for Held<'a> {
    fn from(lease: &'a Lease6) -> Self {
        Self { lease_type: lease.lease_type, state: lease.state, user_context: lease.user_context.as_deref() }
    }
}

/// A table's side of the counts, if somebody wants them.
#[derive(Debug, Default)]
pub(super) struct Counting(Option<Arc<ClassCounts>>);

impl Counting {
    /// Counts there from now on, beginning with the leases that there are; or no longer.
    pub fn switch<'a, H: Into<Held<'a>>>(&mut self, counts: Option<Arc<ClassCounts>>, leases: impl Iterator<Item = H>) {
        let same = |a: &Arc<_>| counts.as_ref().is_some_and(|b| Arc::ptr_eq(a, b));
        if self.0.as_ref().is_some_and(same) {
            return;
        }
        self.0 = counts;
        if let Some(counts) = &self.0 {
            counts.0.lock().clear();
            leases.for_each(|lease| self.add(lease));
        }
    }

    /// Whether leases are counted.
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// A lease is there.
    pub fn add<'a>(&self, lease: impl Into<Held<'a>>) {
        if let Some(counts) = &self.0 {
            counts.change(lease.into(), |count| *count += 1);
        }
    }

    /// A lease is there no longer.
    pub fn remove<'a>(&self, lease: impl Into<Held<'a>>) {
        if let Some(counts) = &self.0 {
            counts.change(lease.into(), |count| *count = count.saturating_sub(1));
        }
    }
}
