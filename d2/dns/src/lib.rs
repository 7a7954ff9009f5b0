//! DNS UPDATE (RFC 2136) and TSIG (RFC 8945) messages.
//!
//! [`Message`] is what goes over the wire, both ways; [`Record`]'s constructors name the prerequisites and changes of RFC 2136.
//! A [`Key`] signs a request and leaves a [`Signature`], by which the answer is verified.
//!
//! Bytes, names and the time come in as arguments. This crate knows no socket, clock, file or runtime, and nothing of
//! what a name change request asks for.

// What reads a peer's bytes cannot panic.
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod message;
mod name;
mod reader;
mod record;
mod tsig;

pub use message::{Message, MessageError, Rcode};
pub use name::{Name, NameError};
pub use record::{Class, Record, Type};
pub use tsig::{Algorithm, Key, KeyError, Signature, TsigError};
