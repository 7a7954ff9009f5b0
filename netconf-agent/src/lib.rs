//! kea-netconf: SSH transport, sessions, datastores, the daemons as clients.

pub mod rpc;
pub mod transport;
pub mod xml;
pub mod yang;
