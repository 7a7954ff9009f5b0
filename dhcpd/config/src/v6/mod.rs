//! DHCPv6: parameters and the snapshot they resolve to.

pub mod snapshot;
