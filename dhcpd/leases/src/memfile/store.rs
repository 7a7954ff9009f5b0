//! The store, its sessions, and the group commit.

use super::by_class::ClassCounts;
use super::csv::{Column, Row, RowError};
use super::journal::{Journal, MOST_UNWRITTEN, Rows};
use super::load::{self, LoadReport, OpenError};
use super::mirror::{Mirror, PAGE, Remote, Stamp, Wanted, Witness};
use crate::lease::SubnetId;
use crate::messages::*;
use crate::store::StoreError;
use parking_lot::{Mutex, MutexGuard};
use std::fmt;
use std::hash::Hash;
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
pub struct Store<T: Table> {
    leases: Mutex<Leases<T>>,
    behind: Behind,
    slow: bool,
}

/// What makes changes durable. Locked before the leases by whoever needs both.
#[derive(Debug)]
enum Behind {
    /// Nothing.
    Memory,
    /// A file.
    File(Mutex<Journal>),
    /// A database; the leases know it.
    Remote(Mutex<Written>),
}

/// How far a database has followed, in what [`Mark`]s count.
#[derive(Debug, Default)]
struct Written {
    /// All up to here was tried.
    tried: u64,
    /// Up to here, the last time it failed.
    failed: u64,
}

/// What a session holds.
#[derive(Debug)]
pub(super) struct Leases<T: Table> {
    pub(super) table: T,
    rows: Rows,
    /// The database, if there is one.
    pub(super) mirror: Option<Mirror<T>>,
}

/// Leases of one family with their indexes: what [`Store4`](super::Store4) and [`Store6`](super::Store6) are made of.
pub trait Table: fmt::Debug + Default + Sized + 'static {
    /// A lease.
    type Lease: Clone + fmt::Debug + PartialEq + Send;
    /// What leases are walked by.
    type Key: Copy + fmt::Debug + Hash + Ord + Send;
    /// What is asked of a database.
    type Wanted: Wanted;
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
    /// The key of a lease.
    fn key(lease: &Self::Lease) -> Self::Key;
    /// The number of its subnet.
    fn subnet(lease: &Self::Lease) -> SubnetId;
    /// By what a change of it is noticed.
    fn stamp(lease: &Self::Lease) -> Stamp;
    /// The lease of a key.
    fn find(&self, key: Self::Key) -> Option<&Self::Lease>;
    /// Stores a lease; replaces the one of its key.
    fn set(&mut self, lease: Self::Lease);
    /// Forgets a lease.
    fn unset(&mut self, key: Self::Key);
    /// The question about one lease.
    fn named(key: Self::Key) -> Self::Wanted;
    /// The question about the first `limit` leases behind a key, or of all.
    fn behind(after: Option<Self::Key>, limit: usize) -> Self::Wanted;
    /// The leases here that a question is about; of a page, those up to its `end`, if it has one.
    fn about(&self, wanted: &Self::Wanted, end: Option<Self::Key>) -> Vec<Self::Key>;
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
        let behind = match &options.path {
            Some(path) => Behind::File(Mutex::new(load::open(path, &options, &mut table, &mut report)?)),
            None => {
                log::event!(DHCPSRV_MEMFILE_NO_STORAGE);
                Behind::Memory
            }
        };
        Ok((Self { slow: options.sync, ..Self::of(table, behind, None) }, report))
    }

    /// Reads all leases of a database and makes the store ready.
    pub fn mirror(remote: Arc<dyn Remote<T>>) -> Result<Self, StoreError> {
        let store = Self::of(T::default(), Behind::Remote(Mutex::default()), Some(Mirror::new(remote)));
        store.refresh()?;
        Ok(store)
    }

    /// Likewise without reading them: the database is away, and [`refresh`](Self::refresh) is for when it is back.
    pub fn blank_mirror(remote: Arc<dyn Remote<T>>) -> Self {
        Self::of(T::default(), Behind::Remote(Mutex::default()), Some(Mirror::new(remote)))
    }

    fn of(table: T, behind: Behind, mirror: Option<Mirror<T>>) -> Self {
        let persist = matches!(behind, Behind::File(_));
        let rows = Rows { persist, pending: Vec::new(), appended: 0, kept_back: 0, failure: None };
        Self { leases: Mutex::new(Leases { table, rows, mirror }), behind, slow: true }
    }

    /// Locks the leases for a batch of packets.
    pub fn session(&self) -> Session<'_, T> {
        Session { leases: self.leases.lock(), seen: T::Wanted::default() }
    }

    /// Has memory follow the database, if there is one, in all leases; sessions take place in between.
    pub fn refresh(&self) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let mut session = self.session();
            if !session.is_mirror() {
                return Ok(());
            }
            after = session.leases.read(T::behind(after, PAGE))?;
            session.give_way();
            if after.is_none() {
                return Ok(());
            }
        }
    }

    /// The journal of the lease file, if there is one.
    pub(super) fn journal(&self) -> Option<&Mutex<Journal>> {
        match &self.behind {
            Behind::File(journal) => Some(journal),
            Behind::Memory | Behind::Remote(_) => None,
        }
    }

    /// Whether making changes durable takes as long as a disk or a database does.
    pub fn is_slow(&self) -> bool {
        self.slow && !matches!(self.behind, Behind::Memory)
    }

    /// Makes durable what all sessions have changed up to now. The caller must not hold a session. On an error the
    /// changes stand in memory and are tried again by the next call; answers that rest on them must not leave.
    pub fn sync(&self) -> Result<(), StoreError> {
        let all = self.session().mark();
        self.sync_to(all)
    }

    /// The same for what was changed up to a [`Session::mark`].
    pub fn sync_to(&self, Mark(wanted): Mark) -> Result<(), StoreError> {
        // While one worker writes, the others wait here; the first of them then takes the rows of all along.
        match &self.behind {
            Behind::Memory => Ok(()),
            Behind::File(journal) => {
                let mut journal = journal.lock();
                if journal.durable >= wanted { Ok(()) } else { self.commit(&mut journal) }
            }
            Behind::Remote(written) => {
                let mut written = written.lock();
                if wanted > written.tried { self.commit_remote(&mut written) } else { written.is_good(wanted) }
            }
        }
    }

    /// Writes all changes to the database. What fails is not tried again: the database is right, and memory follows.
    fn commit_remote(&self, written: &mut Written) -> Result<(), StoreError> {
        let (remote, changes, appended) = {
            let Leases { table, rows, mirror } = &mut *self.leases.lock();
            let Some(mirror) = mirror else { return Ok(()) };
            (mirror.remote.clone(), mirror.take(table), rows.appended)
        };
        written.tried = appended;
        let outcome = if changes.is_empty() { Ok(Vec::new()) } else { remote.write(changes) };
        let mut leases = self.leases.lock();
        let Leases { rows, mirror, .. } = &mut *leases;
        let Some(mirror) = mirror else { return Ok(()) };
        let failure = match outcome {
            Ok(keys) if keys.is_empty() => {
                mirror.landed(Ok(keys));
                rows.failure = None;
                return Ok(());
            }
            Ok(keys) => {
                let count = keys.len();
                log::event!(DHCPSRV_LEASES_CHANGED_ELSEWHERE, count);
                mirror.landed(Ok(keys));
                StoreError::Backend(format!("{count} leases were changed by another server"))
            }
            Err(error) => {
                mirror.landed(Err(()));
                let before = rows.failure.replace(error.to_string());
                if before.is_none() {
                    log::event!(DHCPSRV_LEASES_NOT_WRITTEN, reason = &error);
                }
                error
            }
        };
        // Whoever has a mark of now rests on what failed; those to come must have another.
        written.failed = appended;
        rows.appended += 1;
        let _ = leases.read(T::Wanted::default()); // what failed, again; if this fails too, the next question includes it
        Err(failure)
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
        self.journal().map(|journal| journal.lock().files.current.clone())
    }
}

impl Written {
    /// Whether all up to a mark came to be. Of one that is older than a failure it is not known any more; nothing rests on 0.
    fn is_good(&self, wanted: u64) -> Result<(), StoreError> {
        match wanted > self.failed || wanted == 0 || self.failed == 0 {
            true => Ok(()),
            false => Err(StoreError::Backend("the leases were not written".to_owned())),
        }
    }
}

/// A point in the history of changes; the default is its beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark(u64);

/// The locked store, held for one batch of packets.
#[derive(Debug)]
pub struct Session<'a, T: Table> {
    pub(super) leases: MutexGuard<'a, Leases<T>>,
    /// What was read from the database in it.
    pub(super) seen: T::Wanted,
}

impl<T: Table> Session<'_, T> {
    /// How far the history of changes has come; it does not move while nothing changes.
    pub fn mark(&self) -> Mark {
        Mark(self.leases.rows.appended)
    }

    /// Visits up to `limit` leases behind `after` (from the first on if `None`), in the order of their keys; the last
    /// key if there may be more. While the database behind them is away, they are those of memory.
    pub fn visit(&mut self, after: Option<T::Key>, limit: usize, mut each: impl FnMut(&T::Lease)) -> Option<T::Key> {
        let _ = self.refresh(|| T::behind(after, limit));
        self.leases.table.visit(after, limit, &mut each)
    }

    /// Who hears from now on of leases that change in the database and not here, if there is one.
    pub fn set_witness(&mut self, witness: Witness<T>) {
        if let Some(mirror) = &mut self.leases.mirror {
            mirror.witness = Some(witness);
        }
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

impl<T: Table> Leases<T> {
    /// A lease is about to change to what `print` prints.
    pub(super) fn note(&mut self, key: T::Key, print: impl FnOnce(&T, &mut Vec<u8>)) -> Result<(), StoreError> {
        let Leases { table, rows, mirror } = self;
        match mirror {
            None => rows.append(|out| print(table, out)),
            Some(mirror) => {
                mirror.note(key, table);
                rows.appended += 1;
                Ok(())
            }
        }
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
        mem::replace(&mut store.journal().unwrap().lock().file, File::open(path).unwrap())
    }

    fn repair_disk(store: &Store4, file: File) {
        store.journal().unwrap().lock().file = file;
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
        let journal = store.journal().unwrap().lock();
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
