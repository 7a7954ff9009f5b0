//! Commands: table, unix control channel, server and client.
//!
//! A command is a JSON map, `{ "command": "config-get", "arguments": { } }`; its [`Answer`] is one, too. A daemon puts its
//! commands into a [`Table`], [`unix::Listener`] serves the table on a unix socket, [`unix::Client`] calls it.
//!
//! This crate does not know what a daemon does.

mod answer;
mod frame;
pub mod messages;
mod request;
mod table;
mod text;
pub mod unix;

pub use answer::{Answer, Code};
pub use request::Request;
pub use table::Table;
pub use text::to_text;
