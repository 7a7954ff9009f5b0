//! The control channel on a unix socket: one command a connection, an answer, and the connection is closed.

mod client;
mod server;

pub use client::Client;
pub use server::{Listener, Server};
