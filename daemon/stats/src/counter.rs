//! One statistic: a number and when it last changed.

use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use nix::time::{ClockId, clock_gettime};

/// A number that many threads may change at once, and the time of its last change.
///
/// The two are relaxed atomics apart: a reader may see a value with the time of the change before it.
#[derive(Debug)]
pub struct Counter {
    value: AtomicI64,
    /// Microseconds since the epoch; [`REMOVED`] while the statistic is not reported.
    changed: AtomicI64,
}

impl Counter {
    /// A counter that stands at 0 since now.
    pub(crate) fn new() -> Self {
        Counter { value: AtomicI64::new(0), changed: AtomicI64::new(now()) }
    }

    /// Adds `amount`, which may be negative.
    pub fn add(&self, amount: i64) {
        self.value.fetch_add(amount, Relaxed);
        self.changed.store(now(), Relaxed);
    }

    /// Sets the value.
    pub fn set(&self, value: i64) {
        self.value.store(value, Relaxed);
        self.changed.store(now(), Relaxed);
    }

    /// The value now.
    pub fn value(&self) -> i64 {
        self.value.load(Relaxed)
    }

    /// Value and time of the last change in microseconds since the epoch; none while it is removed.
    pub(crate) fn sample(&self) -> Option<(i64, i64)> {
        let changed = self.changed.load(Relaxed);
        (changed != REMOVED).then(|| (self.value(), changed))
    }

    /// Goes back to 0 and is not reported until it changes again, as Kea adds a removed statistic back when it is next
    /// recorded.
    pub(crate) fn remove(&self) {
        self.value.store(0, Relaxed);
        self.changed.store(REMOVED, Relaxed);
    }
}

/// Stands for "not reported" in the place of a time.
const REMOVED: i64 = i64::MIN;

/// The kernel's time of its last tick (1 to 4 ms ago) in microseconds since the epoch: a quarter of the price of the
/// exact time, and a counter changes several times a packet.
pub(crate) fn now() -> i64 {
    clock_gettime(ClockId::CLOCK_REALTIME_COARSE).map_or(0, |time| time.tv_sec() * 1_000_000 + time.tv_nsec() / 1_000)
}
