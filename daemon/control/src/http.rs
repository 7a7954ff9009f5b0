//! The control channel over HTTP (RFC 9112): a command is the body of a POST, its answer comes as a list of one.
//!
//! The list is what Kea's control agent answered, who asked several daemons at once.

mod access;
mod head;
mod server;

pub use access::Access;
pub use server::{Listener, Server, Settings};
