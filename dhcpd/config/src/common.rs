//! Resolved parameters that mean the same in both families.

pub use crate::parameters::{DatabaseType, OnFail, SslMode};

use schema::Word;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// How the next free lease of a pool is looked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Allocator {
    /// One after the other.
    #[default]
    Iterative,
    /// At random.
    Random,
    /// At random among what is free by now: what is over becomes free when it is reclaimed, and not before.
    Flq,
}

/// Where reservations are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReservationModes {
    /// `reservations-global`.
    pub global: bool,
    /// `reservations-in-subnet`.
    pub in_subnet: bool,
    /// `reservations-out-of-pool`: addresses in pools are never reserved, so that they need not be checked.
    pub out_of_pool: bool,
}

impl Default for ReservationModes {
    fn default() -> Self {
        Self { global: false, in_subnet: true, out_of_pool: false }
    }
}

/// `expired-leases-processing`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExpiredLeases {
    /// Seconds between two reclamations; 0: never.
    pub reclaim_interval: u32,
    /// Seconds between two removals of reclaimed leases; 0: removed when reclaimed.
    pub flush_interval: u32,
    /// Seconds that a reclaimed lease is kept; 0: removed when reclaimed.
    pub hold_time: u32,
    /// Most leases in one reclamation; 0: no limit.
    pub max_leases: u32,
    /// Most milliseconds of one reclamation; 0: no limit.
    pub max_milliseconds: u32,
    /// Reclamations that did not finish before a warning is logged.
    pub unwarned_cycles: u32,
}

impl ExpiredLeases {
    /// Lease affinity: whether leases that are over are kept for the clients that had them.
    pub fn kept(&self) -> bool {
        self.flush_interval > 0 && self.hold_time > 0
    }
}

impl Default for ExpiredLeases {
    fn default() -> Self {
        Self {
            reclaim_interval: 10,
            flush_interval: 25,
            hold_time: 3600,
            max_leases: 100,
            max_milliseconds: 250,
            unwarned_cycles: 5,
        }
    }
}

/// `lease-database`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseDatabase {
    /// The database, if it is none of files; what follows, but `sync`, is then without meaning.
    pub database: Option<Database>,
    /// Leases are kept in files.
    pub persist: bool,
    /// The file, if not the daemon's default one.
    pub name: Option<PathBuf>,
    /// Seconds between two clean-ups of the files; 0: never.
    pub lfc_interval: u32,
    /// Bad rows that are skipped before a file is refused; 0: any number.
    pub max_row_errors: u32,
    /// Sync what was written before the answers leave.
    pub sync: bool,
}

impl Default for LeaseDatabase {
    fn default() -> Self {
        Self { database: None, persist: true, name: None, lfc_interval: 3600, max_row_errors: 0, sync: true }
    }
}

/// A database and the way to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Database {
    /// `type`.
    pub kind: DatabaseType,
    /// `name`; whoever opens a database without one says so.
    pub name: Option<Box<str>>,
    /// `user`; the user that the daemon runs as if absent.
    pub user: Option<Box<str>>,
    /// `password` or `password-file`.
    pub password: Password,
    /// `host`: a name, an address, or the folder of a unix socket, with its slash in front.
    pub host: Box<str>,
    /// `port`; the usual one if absent.
    pub port: Option<u16>,
    /// `readonly`: reservations and configurations in it are read and never changed.
    pub readonly: bool,
    /// `connect-timeout`.
    pub connect_timeout: Duration,
    /// `read-timeout` and `write-timeout` together: how long a question may take. No limit if absent.
    pub patience: Option<Duration>,
    /// `ssl-mode`, or what the files of TLS imply.
    pub ssl_mode: SslMode,
    /// `trust-anchor`.
    pub trust_anchor: Option<PathBuf>,
    /// `cert-file`.
    pub cert_file: Option<PathBuf>,
    /// `key-file`.
    pub key_file: Option<PathBuf>,
    /// What is done when it cannot be reached.
    pub recovery: Recovery,
}

impl Database {
    /// The way to it as Kea's messages tell it, in the order of the keys and without the password.
    pub fn parameters(&self) -> String {
        let Self { kind, name, user, host, port, .. } = self;
        let parts = [
            Some(format!("host={host}")),
            name.as_ref().map(|name| format!("name={name}")),
            (self.password != Password::None).then(|| "password=*****".to_owned()),
            port.map(|port| format!("port={port}")),
            Some(format!("type={}", kind.word())),
            user.as_ref().map(|user| format!("user={user}")),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

/// The password of a database's user; never shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum Password {
    /// There is none.
    #[default]
    None,
    /// It is this.
    Is(Box<str>),
    /// It stands in this file.
    File(PathBuf),
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Password::None => f.write_str("None"),
            Password::Is(_) => f.write_str("Is(*****)"),
            Password::File(path) => f.debug_tuple("File").field(path).finish(),
        }
    }
}

/// What is done when a database cannot be reached any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// `max-reconnect-tries`; 0: none is made.
    pub tries: u32,
    /// `reconnect-wait-time`, between two tries; zero: none is made.
    pub wait: Duration,
    /// `on-fail`.
    pub on_fail: OnFail,
    /// `retry-on-startup`: tries are made at the start, too.
    pub at_start: bool,
}

impl Recovery {
    /// Whether tries are made at all.
    pub fn is_on(&self) -> bool {
        self.tries > 0 && !self.wait.is_zero()
    }

    /// Whether nobody is served meanwhile.
    pub fn stops(&self) -> bool {
        self.on_fail == OnFail::StopRetryExit
    }

    /// Whether the daemon ends when all tries were in vain.
    pub fn exits(&self) -> bool {
        self.on_fail != OnFail::ServeRetryContinue
    }
}

/// `dhcp-ddns`: how D2 is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct D2Client {
    /// Whether requests are sent at all.
    pub enable_updates: bool,
    /// Where D2 listens.
    pub server: SocketAddr,
    /// From where requests are sent; port 0 is any.
    pub sender: SocketAddr,
    /// Most requests waiting to be sent.
    pub max_queue_size: u32,
}

impl Default for D2Client {
    fn default() -> Self {
        Self {
            enable_updates: false,
            server: SocketAddr::from(([127, 0, 0, 1], 53001)),
            sender: SocketAddr::from(([0, 0, 0, 0], 0)),
            max_queue_size: 1024,
        }
    }
}

/// Which samples of statistics are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Samples {
    /// `statistic-default-sample-count`; 0: by age.
    pub count: u32,
    /// `statistic-default-sample-age`, seconds.
    pub age: u32,
}

impl Default for Samples {
    fn default() -> Self {
        Self { count: 20, age: 0 }
    }
}

/// Where packets wait for a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Queue {
    /// `packet-queue-size`; 0: no limit.
    pub size: u32,
    /// `dhcp-queue-control/capacity`, where the queue is enabled.
    pub ring: Option<u32>,
    /// The queue is enabled, and off because there are several threads.
    pub disabled: bool,
}

impl Default for Queue {
    fn default() -> Self {
        Self { size: 64, ring: None, disabled: false }
    }
}

/// `sanity-checks`: what to do with a lease of the file whose subnet does not hold its address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Word)]
pub enum LeaseChecks {
    /// Nothing.
    None,
    /// Log it and keep it.
    #[default]
    Warn,
    /// Put it into the right subnet; keep it if there is none.
    Fix,
    /// Put it into the right subnet; drop it if there is none.
    FixDel,
    /// Drop it.
    Del,
}

/// `sanity-checks`: what to do with relay information in leases of the file that is not as it should be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Word)]
pub enum ExtendedInfoChecks {
    /// Bring what servers of old wrote up to date, and remove what is of no form.
    #[default]
    Fix,
    /// Nothing.
    None,
    /// Remove what cannot be read, too.
    Strict,
    /// Remove what does not belong there, too.
    Pedantic,
}
