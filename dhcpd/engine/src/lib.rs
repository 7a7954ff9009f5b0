//! The DHCP protocol: v4 and v6; no sockets, no clock, no runtime.

// What reads a peer's bytes cannot panic.
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod ddns;
pub mod hooks;
mod shown;
pub mod steps;
pub mod v4;
pub mod v6;
