//! The store, its sessions, and the group commit.

use super::by_class::ClassCounts;
use super::csv::{Column, Row, RowError};
use super::journal::{Journal, MOST_UNWRITTEN, Rows};
use super::load::{self, LoadReport, OpenError};
use crate::messages::*;
use crate::store::StoreError;
use parking_lot::{Mutex, MutexGuard};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How leases are kept.
#[derive(Clone, Debug)]
pub struct Options {
    /// The lease file; none keeps them in memory only (`"persist": false`).
    pub path: Option<PathBuf>,
    /// Whether [`Store::sync`] waits until rows are on the disk, or hands them to the kernel only.
    pub sync: bool,
    /// How many rows of a file may be wrong before it is given up (`max-row-errors`); 0: any number.
    pub max_row_errors: u32,
}

impl Default for Options {
    fn default() -> Self {
        Options { path: None, sync: true, max_row_errors: 0 }
    }
}

/// Leases of one family, shared by the workers.
#[derive(Debug)]
pub struct Store<T> {
    leases: Mutex<Leases<T>>,
    /// Locked before `leases` by whoever needs both.
    pub(super) journal: Option<Mutex<Journal>>,
    slow: bool,
}

/// What a session holds.
#[derive(Debug)]
pub(super) struct Leases<T> {
    pub(super) table: T,
    rows: Rows,
}

/// Leases of one family with their indexes: what [`Store4`](super::Store4) and [`Store6`](super::Store6) are made of.
pub trait Table: Default {
    /// A lease.
    type Lease: Send;
    /// What leases are walked by.
    type Key: Copy;
    /// 4 or 6.
    const FAMILY: u8;
    /// Columns of the file.
    const COLUMNS: &'static [Column];
    /// Kea's number for them.
    const SCHEMA_VERSION: &'static str;

    /// Reads a row.
    fn parse(row: &mut Row<'_>) -> Result<Self::Lease, RowError>;
    /// Makes room for leases to come.
    fn reserve(&mut self, leases: usize);
    /// Takes a lease as it stands in a file: one without lifetime is a removal.
    fn load(&mut self, lease: Self::Lease);
    /// Number of leases.
    fn count(&self) -> usize;
    /// Where leases are counted by client class from now on, if anywhere.
    fn count_classes(&mut self, counts: Option<Arc<ClassCounts>>);
    /// Visits up to `limit` leases behind `after`, in the order of their keys; the last key if there may be more.
    fn visit(&self, after: Option<Self::Key>, limit: usize, each: &mut dyn FnMut(&Self::Lease)) -> Option<Self::Key>;
    /// Appends rows of up to `limit` leases behind `after`, in the order of their keys; how many, and the last key.
    fn print_page(&self, after: Option<Self::Key>, limit: usize, out: &mut Vec<u8>) -> (usize, Option<Self::Key>);
}

impl<T: Table> Store<T> {
    /// Reads the lease files and makes the store ready. A cleanup should follow at once if the report says so.
    pub fn open(options: Options) -> Result<(Self, LoadReport), OpenError> {
        log::event!(DHCPSRV_MEMFILE_DB, parameters = parameters::<T>(&options));
        let (mut table, mut report) = (T::default(), LoadReport::default());
        let journal = match &options.path {
            Some(path) => Some(Mutex::new(load::open(path, &options, &mut table, &mut report)?)),
            None => {
                log::event!(DHCPSRV_MEMFILE_NO_STORAGE);
                None
            }
        };
        let rows = Rows { persist: journal.is_some(), pending: Vec::new(), appended: 0, kept_back: 0, failure: None };
        let slow = journal.is_some() && options.sync;
        Ok((Store { leases: Mutex::new(Leases { table, rows }), journal, slow }, report))
    }

    /// Locks the leases for a batch of packets.
    pub fn session(&self) -> Session<'_, T> {
        Session { leases: self.leases.lock() }
    }

    /// Whether making changes durable takes as long as a disk does.
    pub fn is_slow(&self) -> bool {
        self.slow
    }

    /// Makes durable what all sessions have changed up to now. The caller must not hold a session. On an error the
    /// changes stand in memory and are tried again by the next call; answers that rest on them must not leave.
    pub fn sync(&self) -> Result<(), StoreError> {
        let all = self.session().mark();
        self.sync_to(all)
    }

    /// The same for what was changed up to a [`Session::mark`].
    pub fn sync_to(&self, Mark(wanted): Mark) -> Result<(), StoreError> {
        let Some(journal) = &self.journal else { return Ok(()) };
        // While one worker writes, the others wait here; the first of them then takes the rows of all along.
        let mut journal = journal.lock();
        if journal.durable >= wanted { Ok(()) } else { self.commit(&mut journal) }
    }

    /// Writes all rows there are.
    pub(super) fn commit(&self, journal: &mut Journal) -> Result<(), StoreError> {
        let appended = {
            let rows = &mut self.leases.lock().rows;
            journal.take(&mut rows.pending);
            rows.appended
        };
        let failure = journal.commit().err().map(|error| format!("{}: {error}", journal.files.current.display()));
        match failure {
            None => {
                journal.durable = appended;
                self.leases.lock().rows.failure = None;
                Ok(())
            }
            Some(reason) => {
                self.fail(journal, &reason);
                Err(StoreError::Backend(reason))
            }
        }
    }

    /// Remembers why rows are kept back; the first time, and not for each batch, it is told.
    fn fail(&self, journal: &Journal, reason: &str) {
        let before = {
            let rows = &mut self.leases.lock().rows;
            rows.kept_back = journal.unwritten();
            rows.failure.replace(reason.to_owned())
        };
        if before.is_none() {
            log::event!(DHCPSRV_MEMFILE_WRITE_FAIL, reason);
        }
    }

    /// The lease file, if there is one.
    pub fn path(&self) -> Option<PathBuf> {
        self.journal.as_ref().map(|journal| journal.lock().files.current.clone())
    }
}

/// A point in the history of changes; the default is its beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark(u64);

/// The locked store, held for one batch of packets.
#[derive(Debug)]
pub struct Session<'a, T> {
    pub(super) leases: MutexGuard<'a, Leases<T>>,
}

impl<T: Table> Session<'_, T> {
    /// How far the history of changes has come; it does not move while nothing changes.
    pub fn mark(&self) -> Mark {
        Mark(self.leases.rows.appended)
    }

    /// Visits up to `limit` leases behind `after` (from the first on if `None`), in the order of their keys; the last
    /// key if there may be more.
    pub fn visit(&self, after: Option<T::Key>, limit: usize, mut each: impl FnMut(&T::Lease)) -> Option<T::Key> {
        self.leases.table.visit(after, limit, &mut each)
    }

    /// Number of leases, in whatever state.
    pub fn len(&self) -> usize {
        self.leases.table.count()
    }

    /// Where leases are counted by client class from now on, if anywhere; those that there are take a while.
    pub fn count_classes(&mut self, counts: Option<Arc<ClassCounts>>) {
        self.leases.table.count_classes(counts);
    }

    /// Whether there is no lease at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Ends the session; whoever waits for one comes next. For those who are back at once with more to do: without this
    /// they would find the lock free again before anybody else wakes up.
    pub fn give_way(self) {
        MutexGuard::unlock_fair(self.leases);
    }
}

impl Rows {
    /// Appends a row, unless the disk has failed for so long that no more are taken.
    pub(super) fn append(&mut self, print: impl FnOnce(&mut Vec<u8>)) -> Result<(), StoreError> {
        if !self.persist {
            return Ok(());
        }
        match &self.failure {
            Some(reason) if self.kept_back + self.pending.len() > MOST_UNWRITTEN => {
                Err(StoreError::Backend(reason.clone()))
            }
            _ => {
                print(&mut self.pending);
                self.appended += 1;
                Ok(())
            }
        }
    }
}

impl<T> Leases<T> {
    /// The leases and the rows about them.
    pub(super) fn parts(&mut self) -> (&mut T, &mut Rows) {
        (&mut self.table, &mut self.rows)
    }
}

/// Kea's access string, in which people look for the file.
fn parameters<T: Table>(options: &Options) -> String {
    let name = |path: &Path| format!("name={} ", path.display());
    let file = options.path.as_deref().map(name).unwrap_or_default();
    format!("{file}persist={} type=memfile universe={}", options.path.is_some(), T::FAMILY)
}

#[cfg(test)]
mod tests {
    use super::super::Store4;
    use super::*;
    use crate::{HwAddr, Lease4, LeaseState, Leases4};
    use std::fs::{self, File};
    use std::mem;
    use std::net::Ipv4Addr;
    use std::pin::pin;
    use std::sync::Barrier;
    use std::task::{Context, Poll, Waker};

    fn put(store: &Store4, host: u8, hostname: &str) -> Result<(), StoreError> {
        let lease = Lease4 {
            address: Ipv4Addr::new(192, 0, 2, host),
            hw_addr: HwAddr::from_slice(&[2, 0, 0, 0, 0, host]),
            client_id: None,
            valid_lifetime: 4000,
            cltt: 1_700_000_000,
            subnet_id: 7,
            pool_id: 0,
            fqdn_fwd: false,
            fqdn_rev: false,
            hostname: hostname.into(),
            state: LeaseState::Assigned,
            user_context: None,
        };
        let mut session = store.session();
        match pin!(session.put(lease)).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => result,
            Poll::Pending => unreachable!("memfile never waits"),
        }
    }

    fn open(path: &Path) -> Store4 {
        Store::open(Options { path: Some(path.to_owned()), ..Options::default() }).unwrap().0
    }

    /// Lets writes fail: the file can be read only.
    fn break_disk(store: &Store4, path: &Path) -> File {
        mem::replace(&mut store.journal.as_ref().unwrap().lock().file, File::open(path).unwrap())
    }

    fn repair_disk(store: &Store4, file: File) {
        store.journal.as_ref().unwrap().lock().file = file;
    }

    #[test]
    fn rows_that_could_not_be_written_are_written_later() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("leases.csv");
        let store = open(&path);
        put(&store, 1, "").unwrap();
        store.sync().unwrap();
        let before = fs::read(&path).unwrap();
        let file = break_disk(&store, &path);
        for host in [2, 3] {
            put(&store, host, "").unwrap();
            assert!(store.sync().is_err());
            assert_eq!(fs::read(&path).unwrap(), before);
        }
        assert!(store.sync().is_err(), "nothing new, and yet nothing durable");
        // What a write that failed half way may have left.
        fs::write(&path, [&before[..], b"192.0.2.2,02:00:00:0"].concat()).unwrap();
        repair_disk(&store, file);
        put(&store, 4, "").unwrap();
        store.sync().unwrap();
        assert_eq!(open(&path).session().page(None, 9), store.session().page(None, 9));
        assert_eq!(store.session().len(), 4);
    }

    #[test]
    fn changes_are_refused_when_too_many_wait_for_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("leases.csv");
        let store = open(&path);
        let file = break_disk(&store, &path);
        let long = "x".repeat(100_000);
        let mut taken = 0;
        while put(&store, 1, &long).is_ok() {
            taken += 1;
            assert!(store.sync().is_err());
        }
        assert_eq!(taken, MOST_UNWRITTEN / long.len() + 1);
        repair_disk(&store, file);
        store.sync().unwrap();
        put(&store, 2, "").unwrap();
        store.sync().unwrap();
        assert_eq!(open(&path).session().page(None, 9), store.session().page(None, 9));
    }

    #[test]
    fn a_session_goes_on_while_another_worker_waits_for_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder.path().join("leases.csv"));
        put(&store, 1, "").unwrap();
        // The journal is held as by a worker in the kernel.
        let journal = store.journal.as_ref().unwrap().lock();
        let begun = Barrier::new(2);
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| {
                begun.wait();
                store.sync()
            });
            begun.wait();
            put(&store, 2, "").unwrap();
            assert_eq!(store.session().len(), 2);
            drop(journal);
            waiting.join().unwrap().unwrap();
        });
    }

    #[test]
    fn the_rows_of_all_sessions_take_one_write() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("leases.csv");
        let store = open(&path);
        for host in 1..=50 {
            put(&store, host, "").unwrap();
        }
        store.sync().unwrap();
        // Nobody needs the disk any more: whoever comes later finds its rows durable.
        break_disk(&store, &path);
        store.sync().unwrap();
        assert_eq!(open(&path).session().len(), 50);
    }
}
