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
mod layout;
mod outputs;
mod row;
mod sink;
mod site;
mod subscriber;

pub use config::{Destination, LEAST_ROTATED, Logger, Output, Threshold};
pub use outputs::{OutputError, Outputs};
pub use row::{Row, Severity};
pub use subscriber::{Batch, batch, flush, on_console, start};

#[doc(hidden)]
pub mod __private {
    //! What the macros expand to.
    pub use crate::row::names_match;
    pub use crate::site::Site;
    pub use tracing_core::field::{FieldSet, Value, display};
    pub use tracing_core::{Kind, Metadata, callsite::Identifier};
}
