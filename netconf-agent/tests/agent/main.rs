//! The agent between clients and servers that follow a script.

mod commits;
mod common;
mod sessions;
mod ssh;
