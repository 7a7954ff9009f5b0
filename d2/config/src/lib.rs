//! DhcpDdns parameters, and the resolved immutable snapshot.
//!
//! [`input`] is what was written, with positions, and carries the parameter tables; [`D2Config`] is what D2 runs with.
//! [`D2Config::read`] goes from one to the other and holds the rules between parameters.
//!
//! This crate knows no socket, clock or runtime; secrets in files are read by a function that the caller hands in.

pub mod input;
mod snapshot;

pub use input::DhcpDdns;
pub use snapshot::{ClearSecret, D2Config, Domain, Domains, Server};
