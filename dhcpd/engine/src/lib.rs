//! The DHCP protocol: v4 and v6; no sockets, no clock, no runtime.

pub mod v6;
