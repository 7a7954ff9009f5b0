//! DHCPv6: parameters and the snapshot they resolve to.

pub mod parameters;
pub mod snapshot;
