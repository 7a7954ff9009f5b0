//! How NETCONF messages travel: framing, and SSH or TLS below it.

pub mod connect;
pub mod framing;
pub mod password;
pub mod ssh;
pub mod tls;
