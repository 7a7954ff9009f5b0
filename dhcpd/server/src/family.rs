//! What differs between DHCPv4 and DHCPv6 on the data plane, and what the plane asks of their configurations.

use crate::hosts::Databases;
use crate::sockets::Wanted;
use crate::worker::Protocol;
use dhcpd_config::common::{D2Client, Database, ExpiredLeases, LeaseDatabase, Queue, Samples};
use dhcpd_config::hosts::{Meaning, Reservation};
use dhcpd_config::parameters::Library;
use leases::memfile::{ClassCounts, Remote, Store, Table};
use libs::ha::Group;
use libs::host_cache::Side;
use libs::lease_query::Bulk;
use libs::{Fault, Service};
use net::Interface;
use sql::leases::Leases;
use std::sync::Arc;
use std::time::Duration;

/// What differs between DHCPv4 and DHCPv6.
pub trait Family: Sized + 'static {
    /// The resolved configuration.
    type Config: Send + Sync + 'static;
    /// The configuration with counters and what else the workers share.
    type Snapshot: Send + Sync + 'static;
    /// Leases.
    type Table: Table + Send + 'static;
    /// What else a snapshot is made of.
    type Identity;
    /// What the command line says about replies.
    type Settings: Copy + 'static;
    /// Lease queries over TCP.
    type Bulk: Bulk<Snapshot = Self::Snapshot, Table = Self::Table>;
    /// How servers that share clients tell each other of leases.
    type Ha: libs::ha::Family<Site = libs::Site<Self::Snapshot, Self::Table>>;
    /// Reservations.
    type Host: Reservation<Address: Send + Sync> + Clone + Send + Sync + 'static;
    /// How they stand in databases.
    type Rows: sql::hosts::Family<Reservation: Side<Host = Self::Host>>;
    /// The engine in a worker.
    type Protocol: Protocol<Config = Run<Self>, Table = Self::Table>;

    /// 4 or 6.
    const NUMBER: u8;
    /// Default lease file.
    const LEASE_FILE: &'static str;

    /// The libraries of a configuration.
    fn libraries(config: &Self::Config) -> &[Library];
    /// What reservations from databases mean with a configuration.
    fn meaning(config: &Self::Config) -> Meaning;
    /// A snapshot of a configuration, to follow the one `before`, with these relationships to other servers.
    fn snapshot(
        config: Arc<Self::Config>,
        identity: &Self::Identity,
        store: &SharedStore<Self>,
        stats: &Arc<stats::Registry>,
        before: Option<&Arc<Self::Snapshot>>,
        groups: &[Arc<Group<Self::Ha>>],
    ) -> Result<Arc<Self::Snapshot>, Vec<Fault>>;
    /// Where leases are counted by client class with a snapshot, if anywhere.
    fn class_counts(snapshot: &Self::Snapshot) -> Option<Arc<ClassCounts>>;
    /// The leases in a database.
    fn remote(leases: Arc<Leases>) -> Arc<dyn Remote<Self::Table>>;
    /// The configuration in a snapshot.
    fn config(snapshot: &Self::Snapshot) -> &Self::Config;
    /// A snapshot takes effect after the one `before`: statistics are those of its subnets; if the leases in `store` are
    /// news, they are counted.
    fn publish(run: &Run<Self>, stats: &stats::Registry, before: Option<&Self::Snapshot>, news: bool);
    /// The parts of a configuration that the data plane is made of.
    fn parts(config: &Self::Config) -> Parts<'_>;
    /// The sockets that are wanted on these interfaces.
    fn plan(config: &Self::Config, interfaces: &[Interface], port: u16) -> Vec<Wanted>;
    /// An engine.
    fn protocol(run: Run<Self>, settings: Self::Settings, stats: &stats::Registry) -> Self::Protocol;
}

/// What the data plane asks of a configuration.
pub struct Parts<'a> {
    /// `interfaces`.
    pub interfaces: &'a [Box<str>],
    /// `service-sockets-require-all`.
    pub require_all: bool,
    /// `service-sockets-max-retries`.
    pub max_retries: u32,
    /// `service-sockets-retry-wait-time`.
    pub retry_wait: Duration,
    /// `re-detect`: sockets follow the machine's links and addresses.
    pub re_detect: bool,
    /// `lease-database`.
    pub lease_database: &'a LeaseDatabase,
    /// `hosts-databases`.
    pub host_databases: &'a [Database],
    /// `ip-reservations-unique`.
    pub reservations_unique: bool,
    /// `expired-leases-processing`.
    pub expired: &'a ExpiredLeases,
    /// `dhcp-ddns`.
    pub d2: &'a D2Client,
    /// `thread-pool-size`; 0: as many as there are processors; `None`: one.
    pub threads: Option<u32>,
    /// Which samples of statistics are kept.
    pub samples: Samples,
    /// Where packets wait.
    pub queue: Queue,
    /// `hooks-libraries`.
    pub libraries: &'a [Library],
}

/// A configuration with what it runs on.
pub struct Run<F: Family> {
    /// The configuration with counters.
    pub snapshot: Arc<F::Snapshot>,
    /// The leases.
    pub store: Arc<Store<F::Table>>,
    /// The reservations that are not in the configuration.
    pub hosts: Arc<Databases<F>>,
    /// Whether clients are answered.
    pub service: Arc<Service>,
}

impl<F: Family> Run<F> {
    /// What the data plane asks of the configuration.
    pub fn parts(&self) -> Parts<'_> {
        F::parts(F::config(&self.snapshot))
    }
}

impl<F: Family> Clone for Run<F> {
    fn clone(&self) -> Self {
        let Self { snapshot, store, hosts, service } = self;
        Self { snapshot: snapshot.clone(), store: store.clone(), hosts: hosts.clone(), service: service.clone() }
    }
}

/// The leases of a family.
pub type SharedStore<F> = Arc<Store<<F as Family>::Table>>;
