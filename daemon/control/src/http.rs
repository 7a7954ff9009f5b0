//! The control channel over HTTP (RFC 9112): a command is the body of a POST, its answer comes as a list of one.
//!
//! The list is what Kea's control agent answered, who asked several daemons at once.

mod access;
mod client;
mod head;
mod server;

pub use access::Access;
pub use client::{Client, Response};
pub use server::{Listener, Server, Settings};

/// A configuration of a million reservations is shorter, in bytes.
const LONGEST_BODY: usize = 512 << 20;
