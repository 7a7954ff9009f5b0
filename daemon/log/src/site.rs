//! A place in the code that emits a message: what `tracing` calls a callsite.

use std::collections::HashMap;
use std::sync::Once;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

use parking_lot::RwLock;
use tracing_core::field::Value;
use tracing_core::{Callsite, Event, Interest, Metadata, callsite};

use crate::row::{MOST_ARGUMENTS, Row};

/// One use of [`event!`](crate::event). `tracing` has its own callsites; these also tell the subscriber the [`Row`].
pub struct Site {
    row: &'static Row,
    meta: &'static Metadata<'static>,
    interest: AtomicU8,
    registration: Once,
}

/// Nobody has asked yet whether the message is on.
const UNKNOWN: u8 = 0;
const OFF: u8 = 1;
const ON: u8 = 2;

impl Site {
    /// A site that is not registered yet.
    pub const fn new(row: &'static Row, meta: &'static Metadata<'static>) -> Self {
        Site { row, meta, interest: AtomicU8::new(UNKNOWN), registration: Once::new() }
    }

    /// Whether the message is on: one load but for the first time.
    #[inline(always)]
    pub fn enabled(&'static self) -> bool {
        match self.interest.load(Relaxed) {
            OFF => false,
            ON => true,
            _ => self.register(),
        }
    }

    #[cold]
    fn register(&'static self) -> bool {
        self.registration.call_once(|| {
            ROWS.write().get_or_insert_default().insert(address(self.meta), self.row);
            callsite::register(self);
        });
        self.interest.load(Relaxed) != OFF
    }

    /// Hands the message to the subscriber, with its arguments in the order of the text.
    #[cold]
    pub fn emit(&'static self, arguments: &[&dyn Value]) {
        let mut values = [const { None }; MOST_ARGUMENTS];
        for (value, argument) in values.iter_mut().zip(arguments) {
            *value = Some(*argument);
        }
        let values = values.get(..arguments.len()).unwrap_or(&values);
        Event::dispatch(self.meta, &self.meta.fields().value_set_all(values));
    }
}

impl Callsite for Site {
    fn set_interest(&self, interest: Interest) {
        self.interest.store(if interest.is_never() { OFF } else { ON }, Relaxed);
    }

    fn metadata(&self) -> &Metadata<'_> {
        self.meta
    }
}

/// The rows that have been used, by the address of their events' metadata: `tracing` hands a subscriber no more.
static ROWS: RwLock<Option<HashMap<usize, &'static Row>>> = RwLock::new(None);

/// The row of an event; none for an event that is not ours.
pub(crate) fn row(metadata: &Metadata<'_>) -> Option<&'static Row> {
    ROWS.read().as_ref()?.get(&address(metadata)).copied()
}

fn address(metadata: &Metadata<'_>) -> usize {
    std::ptr::from_ref(metadata).addr()
}
