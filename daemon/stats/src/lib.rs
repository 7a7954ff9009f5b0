//! Statistics: counters without locks, read out in Kea's shape.
//!
//! The data plane holds an `Arc<Counter>` and adds to it with an atomic; commands read all of them through the
//! [`Registry`], by name and in the order of their names. As in Kea a statistic has a history of samples; a worker that
//! holds a [`batch`] makes one sample of all changes of a turn.
//!
//! This crate does no I/O but ask for the time.

mod counter;
mod registry;

pub use counter::{Batch, Counter, batch, flush};
pub use registry::{Limits, Registry};
