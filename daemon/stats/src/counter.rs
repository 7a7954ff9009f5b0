//! One statistic: a number and the samples of it that are kept.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use nix::time::{ClockId, clock_gettime};
use parking_lot::Mutex;

/// Most samples of one statistic, whatever its limit says: a megabyte.
const MOST_SAMPLES: usize = 1 << 16;

/// A number that many threads may change at once, and its samples: what it was after which change.
///
/// Each change makes a sample; on a thread that holds a [`batch`], each [`flush`] makes one of all changes since the
/// one before. So a change in a batch is two atomic operations.
#[derive(Debug)]
pub struct Counter {
    value: AtomicI64,
    /// A thread with a batch will make the sample.
    due: AtomicBool,
    history: Mutex<History>,
}

/// Which samples are kept: always the latest one, and before it those within the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    /// So many.
    Count(u32),
    /// Those that are so many microseconds older than the latest at most.
    Age(i64),
}

/// A value and when the statistic had it, in microseconds since the epoch.
pub(crate) type Sample = (i64, i64);

#[derive(Debug)]
struct History {
    /// The oldest first; none while the statistic is removed.
    samples: VecDeque<Sample>,
    limit: Limit,
}

impl Counter {
    /// A counter that stands at 0 since now.
    pub(crate) fn new(limit: Limit) -> Self {
        let history = History { samples: VecDeque::from([(0, now())]), limit };
        Counter { value: AtomicI64::new(0), due: AtomicBool::new(false), history: Mutex::new(history) }
    }

    /// Adds `amount`, which may be negative.
    pub fn add(self: &Arc<Self>, amount: i64) {
        self.value.fetch_add(amount, Ordering::Relaxed);
        let gathered = CHANGED.with_borrow_mut(|changed| {
            let Some(changed) = changed else { return false };
            // Whoever made it due reads the value only after a swap that follows this one.
            if !self.due.swap(true, Ordering::AcqRel) {
                changed.push(self.clone());
            }
            true
        });
        if !gathered {
            self.note(now());
        }
    }

    /// Begins anew at a value: samples from before are forgotten.
    pub fn set(&self, value: i64) {
        let mut history = self.history.lock();
        self.value.store(value, Ordering::Relaxed);
        history.samples.clear();
        history.samples.push_back((value, now()));
    }

    /// The value now.
    pub fn value(&self) -> i64 {
        self.value.load(Ordering::Relaxed)
    }

    /// Makes a sample.
    fn note(&self, time: i64) {
        let mut history = self.history.lock();
        history.samples.push_back((self.value(), time));
        history.trim();
    }

    /// The samples, the latest first; none while it is removed.
    pub(crate) fn samples(&self) -> Vec<Sample> {
        self.history.lock().samples.iter().rev().copied().collect()
    }

    /// Goes back to 0; false if it is removed.
    pub(crate) fn reset(&self) -> bool {
        let reported = self.is_reported();
        if reported {
            self.set(0);
        }
        reported
    }

    /// Goes back to 0 and is not reported until it changes again, as Kea adds a removed statistic back when it is next
    /// recorded; false if it is removed already.
    pub(crate) fn remove(&self, limit: Limit) -> bool {
        let reported = self.is_reported();
        self.value.store(0, Ordering::Relaxed);
        *self.history.lock() = History { samples: VecDeque::new(), limit };
        reported
    }

    /// Keeps samples within another limit from now on; false if it is removed.
    pub(crate) fn limit(&self, limit: Limit) -> bool {
        let mut history = self.history.lock();
        history.limit = limit;
        history.trim();
        !history.samples.is_empty()
    }

    fn is_reported(&self) -> bool {
        !self.history.lock().samples.is_empty()
    }
}

impl History {
    fn trim(&mut self) {
        let latest = self.samples.back().map_or(0, |(_, time)| *time);
        let most = match self.limit {
            Limit::Count(most) => most.max(1) as usize,
            Limit::Age(age) => {
                while self.samples.front().is_some_and(|(_, time)| latest - time > age.max(0)) {
                    self.samples.pop_front();
                }
                usize::MAX
            }
        };
        let surplus = self.samples.len().saturating_sub(most.min(MOST_SAMPLES));
        self.samples.drain(..surplus);
    }
}

thread_local! {
    /// What changed on this thread since the last flush, if it holds a batch.
    static CHANGED: RefCell<Option<Vec<Arc<Counter>>>> = const { RefCell::new(None) };
}

/// While it is held, changes of this thread wait for [`flush`] to become samples.
#[derive(Debug)]
pub struct Batch(());

/// Lets changes of this thread gather.
pub fn batch() -> Batch {
    CHANGED.with_borrow_mut(|changed| _ = changed.get_or_insert_default());
    Batch(())
}

/// Makes a sample of each statistic that this thread changed since the last time.
pub fn flush() {
    CHANGED.with_borrow_mut(|changed| {
        let Some(changed) = changed.as_mut().filter(|changed| !changed.is_empty()) else { return };
        let now = now();
        for counter in changed.drain(..) {
            counter.due.swap(false, Ordering::AcqRel);
            counter.note(now);
        }
    });
}

impl Drop for Batch {
    fn drop(&mut self) {
        flush();
        CHANGED.set(None);
    }
}

/// Microseconds since the epoch.
pub(crate) fn now() -> i64 {
    clock_gettime(ClockId::CLOCK_REALTIME).map_or(0, |time| time.tv_sec() * 1_000_000 + time.tv_nsec() / 1_000)
}
