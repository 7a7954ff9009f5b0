//! DNS UPDATE (RFC 2136) and TSIG (RFC 8945) messages.
//!
//! Bytes, names and the time come in as arguments. This crate knows no socket, clock, file or runtime, and nothing of
//! what a name change request asks for.

mod name;

pub use name::{Name, NameError};
