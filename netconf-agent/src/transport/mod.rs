//! How NETCONF messages travel: framing, and the transports below it.

pub mod framing;
