//! Databases: what is kept in them is what Kea keeps there, so that either may use the other's.
//!
//! Whoever needs a database asks [`connect`] for a connection; what to do without one is the business of its caller.
//! What is here knows nothing of packets, and nothing of the daemon that it serves.

pub mod client;
pub mod config;
pub mod connect;
pub mod forensic;
pub mod hosts;
pub mod leases;
pub mod messages;

pub use connect::Connection;
