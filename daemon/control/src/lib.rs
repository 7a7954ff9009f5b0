//! Commands: table; control channel over unix sockets, server and client, and over HTTP, server.
//!
//! A command is a JSON map, `{ "command": "config-get", "arguments": { } }`; its [`Answer`] is one, too. A daemon puts its
//! commands into a [`Table`], [`unix::Listener`] serves the table on a unix socket, [`http::Listener`] over HTTP, [`unix::Client`]
//! calls it.
//!
//! This crate does not know what a daemon does.

mod answer;
mod frame;
pub mod http;
pub mod messages;
mod request;
mod table;
mod text;
pub mod unix;

pub use answer::{Answer, Code};
pub use request::Request;
pub use table::Table;
pub use text::to_text;
