//! kea-netconf: SSH transport, sessions, datastores, the daemons as clients.
//!
//! A client edits a candidate in the models of the Kea servers; on commit every server concerned tests its part, and all
//! of them take it or none does. libyang is used in [`yang`] alone; beyond it a configuration is JSON or XML.

pub mod access;
pub mod agent;
pub mod commit;
pub mod config;
pub mod confirm;
pub mod convert;
pub mod core;
pub mod daemons;
pub mod datastore;
pub mod events;
pub mod messages;
mod operations;
mod pools;
pub mod rpc;
pub mod session;
pub mod transport;
pub mod xml;
pub mod yang;
