//! The engine on a virtual clock, with leases in memory: one server, any number of clients.

pub(super) mod bench;
mod classes;
mod dhcp4o6;
mod hooks;
mod leases;
mod lives;
mod malformed;
mod names;
mod networks;
mod options;
mod refusals;
mod reservations;
mod watch;
