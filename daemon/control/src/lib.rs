//! Commands: table; control channel over unix sockets, HTTP and HTTPS, server and client.
//!
//! A command is a JSON map, `{ "command": "config-get", "arguments": { } }`; its [`Answer`] is one, too. A daemon puts its
//! commands into a [`Table`], [`unix::Listener`] serves the table on a unix socket, [`http::Listener`] over HTTP; [`unix::Client`]
//! and [`http::Client`] call it. [`tls`] makes HTTPS of HTTP.
//!
//! This crate does not know what a daemon does.

mod answer;
mod client;
mod frame;
mod guard;
pub mod http;
pub mod messages;
mod request;
mod table;
mod text;
pub mod tls;
pub mod unix;

pub use answer::{Answer, Code};
pub use client::ClientError;
pub use guard::{Guard, Sender};
pub use request::Request;
pub use table::Table;
pub use text::to_text;
