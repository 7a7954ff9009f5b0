//! The agent between clients and servers that follow a script.

mod access;
mod commits;
mod common;
mod confirming;
mod crowds;
mod notifying;
mod parts;
mod reading;
mod sessions;
mod ssh;
