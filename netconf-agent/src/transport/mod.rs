//! How NETCONF messages travel: framing, and SSH below it.

pub mod framing;
pub mod password;
pub mod ssh;
