//! DHCPv4: parameters and the snapshot they resolve to.

pub mod snapshot;
