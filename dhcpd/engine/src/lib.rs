//! The DHCP protocol: v4 and v6; no sockets, no clock, no runtime.

pub mod ddns;
pub mod v4;
pub mod v6;
