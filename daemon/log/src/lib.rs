//! Message catalogue and Kea's log outputs.
//!
//! A message is one [`Row`], declared with [`messages!`] and emitted with [`event!`] through `tracing`: the event's name
//! is the identifier, its target the logger's name below the daemon's own (`leases` of `kea-dhcp4.leases`), its fields the
//! named arguments. [`start`] installs the subscriber that decides by logger and severity, lays lines out as Kea does
//! and writes them to stdout, stderr, syslog or files.
//!
//! A message that is switched off costs one load. One that is on is formatted into a buffer of the thread; a thread that
//! works in batches opens a [`batch`] and all its lines leave with one write, others are written at once.
//!
//! This crate knows no sockets (but syslog's) and no runtime.

mod config;
mod row;
mod site;

pub use config::{Destination, Layout, Logger, Output, Threshold};
pub use row::{Row, Severity};

#[doc(hidden)]
pub mod __private {
    //! What the macros expand to.
    pub use crate::row::names_match;
    pub use crate::site::Site;
    pub use tracing_core::field::{FieldSet, Value, display};
    pub use tracing_core::{Kind, Metadata, callsite::Identifier};
}

/// Opens a batch on this thread: lines gather in its buffer until the guard is dropped or [`flush`] is called.
pub fn batch() -> Batch {
    Batch { _private: () }
}

/// Writes what this thread has gathered.
pub fn flush() {}

/// An open batch; dropping it writes.
#[must_use = "dropping the guard ends the batch"]
#[derive(Debug)]
pub struct Batch {
    _private: (),
}

impl Drop for Batch {
    fn drop(&mut self) {
        flush();
    }
}
