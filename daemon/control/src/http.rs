//! The control channel over HTTP (RFC 9112): a command is the body of a POST, its answer comes as a list of one.
//!
//! The list is what Kea's control agent answered, who asked several daemons at once.

mod access;
mod client;
mod connection;
mod server;
mod watched;

pub use access::Access;
pub use client::{Client, Response};
pub use server::{Listener, Server, Settings};

use std::time::Duration;

/// How long a client may take to send the next part of its request or to take the next part of its response (Kea:
/// `TIMEOUT_DHCP_SERVER_RECEIVE_COMMAND`).
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a connection is kept between two requests (Kea: `TIMEOUT_DHCP_SERVER_IDLE_CONNECTION_TIMEOUT`).
const IDLE: Duration = Duration::from_secs(30);
/// How long what a client sends is taken after the last response.
const LINGER: Duration = Duration::from_secs(1);
/// No head is longer, in bytes.
const LONGEST_HEAD: usize = 16 << 10;
/// A configuration of a million reservations is shorter, in bytes.
const LONGEST_BODY: usize = 512 << 20;
