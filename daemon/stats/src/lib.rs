//! Statistics: counters without locks, read out in Kea's shape.
//!
//! The data plane holds an `Arc<Counter>` and adds to it with a relaxed atomic; commands read all of them through the
//! [`Registry`], by name and in the order of their names. Kea keeps a history of samples; here a statistic is its latest
//! value, which Kea's answers carry as a list of one.
//!
//! This crate does no I/O but ask for the time.

mod counter;
mod registry;

pub use counter::Counter;
pub use registry::Registry;
