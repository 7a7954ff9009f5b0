//! What libraries work on: a configuration in effect and what it runs with.

use crate::machine::Confine;
use leases::memfile::{Store, Table, Table4, Table6};
use ncr::NameChangeRequest;
use std::sync::Arc;
use tokio::sync::mpsc::UnboundedSender;

/// A configuration in effect and what it runs with. The next configuration has a site of its own.
#[derive(Debug)]
pub struct Site<S, T: Table> {
    /// The configuration with its counters.
    pub snapshot: Arc<S>,
    /// The leases.
    pub store: Arc<Store<T>>,
    /// All statistics.
    pub stats: Arc<stats::Registry>,
    /// The way to D2.
    pub name_changes: UnboundedSender<Vec<NameChangeRequest>>,
    /// Where a file of state may be written.
    pub confine: Confine,
}

/// That of a DHCPv4 server.
pub type Site4 = Site<engine::v4::Snapshot, Table4>;
/// That of a DHCPv6 server.
pub type Site6 = Site<engine::v6::Snapshot, Table6>;

impl<S, T: Table> Clone for Site<S, T> {
    fn clone(&self) -> Self {
        Self {
            snapshot: self.snapshot.clone(),
            store: self.store.clone(),
            stats: self.stats.clone(),
            name_changes: self.name_changes.clone(),
            confine: self.confine,
        }
    }
}
