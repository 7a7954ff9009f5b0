//! `libdhcp_ha.so`: two servers that serve the same clients, each in the place of the other when it is away; backup servers keep
//! their leases.
//!
//! What a server is at is decided by [`machine`], a pure state machine, from what is known of the [`partner`]. [`group`] is shared
//! by workers, who ask whom they serve ([`hooks`]) and have changes sent ([`updates`]), and by the daemon's own thread with its
//! [`duties`]: heartbeats, and fetching leases ([`sync`]). Servers talk by Kea's commands over HTTP ([`link`]).

mod balance;
mod commands;
mod duties;
mod family;
mod group;
mod hooks;
mod link;
mod machine;
pub mod messages;
mod partner;
mod sync;
#[cfg(test)]
mod tests;
mod updates;

pub use commands::{Groups, add, status};
pub use duties::{Running, SiteOf};
pub use family::{Family, V4, V6};
pub use group::Group;
pub use hooks::HighAvailability;
