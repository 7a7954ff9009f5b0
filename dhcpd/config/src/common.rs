//! Resolved parameters that mean the same in both families.

use schema::Word;
use std::net::SocketAddr;
use std::path::PathBuf;

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

/// `lease-database`: memfile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseDatabase {
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
        Self { persist: true, name: None, lfc_interval: 3600, max_row_errors: 0, sync: true }
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
