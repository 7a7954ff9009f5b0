//! DHCPv4 and DHCPv6 packets: borrowed views in, builders out; the option table.
//!
//! Nothing here knows anything but bytes. What reads a peer's bytes cannot panic: it answers `None` or an error with the
//! place of the mistake, and what to do about it is decided above.

// What reads a peer's bytes cannot panic.
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod hex;
pub mod names;
pub mod options;
pub mod v4;
pub mod v6;
