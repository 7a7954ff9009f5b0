//! kea-dhcp-ddns: takes name change requests and carries them out at DNS servers.
//!
//! A request goes from [`listener`] into the [`queue`], from there to the [`dispatcher`], which finds its zones and runs a
//! [`transaction`]: [`step`] by step, each an update that an [`exchange`] brings to a server. [`daemon`] joins them and
//! holds the configuration; it is the only part that knows of processes.

pub mod daemon;
pub mod dispatcher;
pub mod exchange;
pub mod listener;
pub mod messages;
pub mod queue;
mod report;
pub mod statistics;
pub mod step;
pub mod transaction;
