//! A database behind the leases: memory mirrors it, and it is the truth.
//!
//! Others may write into the database too: Kea's servers, or ours. So what a session is about to rest on is read again
//! first, once a session, and for a whole batch of packets in one question ([`Session::refresh`]). What a session changes is
//! noted by its key; [`Store::sync`](super::Store::sync) writes the notes in one transaction, each on condition that the
//! database still has what memory had before ([`Stamp`]). Where it has not, somebody else was faster: that lease is read
//! again, and the answers that rest on it must not leave.
//!
//! While the database is away nothing is found, and nothing changed. When it is back all is read again
//! ([`Store::refresh`](super::Store::refresh)); what was in memory alone was promised to nobody.

use super::store::{Leases, Session, Table};
use crate::lease::{ClientId, Duid, HwAddr, LeaseState, UnixSeconds};
use crate::store::StoreError;
use hashbrown::{HashMap, HashSet};
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Where leases are kept when they are not kept in files. Its methods wait, and are called by threads that may.
pub trait Remote<T: Table>: fmt::Debug + Send + Sync {
    /// The leases that are asked for. Rows that are no leases are told, and left out.
    fn read(&self, wanted: &T::Wanted) -> Result<Found<T>, StoreError>;
    /// Makes changes, all of them in one transaction, but for those whose row is not what it was [known](Change::known) to
    /// be; the keys of these.
    fn write(&self, changes: Vec<Change<T>>) -> Result<Vec<T::Key>, StoreError>;
}

/// An answer.
#[derive(Debug)]
pub struct Found<T: Table> {
    /// The leases.
    pub leases: Vec<T::Lease>,
    /// After the [first ones behind an address](Span::Behind): up to here they go, where there may be more.
    pub end: Option<T::Key>,
}

/// What became of one lease since the last transaction.
#[derive(Debug)]
pub struct Change<T: Table> {
    /// Which.
    pub key: T::Key,
    /// What the database has of it; none: it has no such lease.
    pub known: Option<Stamp>,
    /// What it is to have; none: the lease is to go.
    pub lease: Option<T::Lease>,
}

/// By what a change of a lease is noticed: Kea's servers look at the time alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Start of its time.
    pub cltt: UnixSeconds,
    /// Its valid lifetime.
    pub valid_lifetime: u32,
    /// Its state.
    pub state: LeaseState,
}

/// A question about leases.
pub trait Wanted: Clone + fmt::Debug + Default + Send {
    /// Whether nothing is asked for.
    fn is_empty(&self) -> bool;
    /// Leaves out what `seen` asked for.
    fn leave_out(&mut self, seen: &Self);
    /// Asks for what `other` asks for, too.
    fn join(&mut self, other: Self);
}

/// A question about DHCPv4 leases: all that is named in it.
#[derive(Clone, Debug, Default)]
pub struct Wanted4 {
    /// On these addresses.
    pub addresses: HashSet<Ipv4Addr>,
    /// Of these hardware addresses.
    pub hw_addrs: HashSet<HwAddr>,
    /// Of these client identifiers.
    pub client_ids: HashSet<ClientId>,
    /// And these.
    pub span: Span<Ipv4Addr>,
}

/// A question about DHCPv6 leases: all that is named in it.
#[derive(Clone, Debug, Default)]
pub struct Wanted6 {
    /// On these addresses, or prefixes that begin with them.
    pub addresses: HashSet<Ipv6Addr>,
    /// Of these clients.
    pub duids: HashSet<Duid>,
    /// And these.
    pub span: Span<Ipv6Addr>,
}

/// Leases that are not named one by one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Span<A> {
    /// None.
    #[default]
    None,
    /// From one address to another, both included.
    Between(A, A),
    /// The first ones behind an address, or of all, in the order of their addresses.
    Behind(Option<A>, usize),
    /// The oldest whose time was over at this time, and that are to be reclaimed.
    Expired(UnixSeconds, usize),
    /// The oldest of those reclaimed ones whose time was over at this time.
    Reclaimed(UnixSeconds, usize),
}

impl<A: Copy + Ord> Span<A> {
    /// Whether an address is among those that were asked for.
    pub(super) fn holds(self, address: A) -> bool {
        matches!(self, Span::Between(first, last) if (first..=last).contains(&address))
    }

    fn join(&mut self, other: Self) {
        *self = match (*self, other) {
            (mine, Span::None) => mine,
            // Searches go on where the last one ended.
            (Span::Between(first, last), Span::Between(low, high)) if low <= last && first <= low => {
                Span::Between(first, last.max(high))
            }
            (_, other) => other,
        };
    }
}

impl Wanted for Wanted4 {
    fn is_empty(&self) -> bool {
        self.addresses.is_empty() && self.hw_addrs.is_empty() && self.client_ids.is_empty() && self.span == Span::None
    }

    fn leave_out(&mut self, seen: &Self) {
        self.addresses.retain(|address| !seen.addresses.contains(address) && !seen.span.holds(*address));
        self.hw_addrs.retain(|hw_addr| !seen.hw_addrs.contains(hw_addr));
        self.client_ids.retain(|client_id| !seen.client_ids.contains(client_id));
    }

    fn join(&mut self, other: Self) {
        self.addresses.extend(other.addresses);
        self.hw_addrs.extend(other.hw_addrs);
        self.client_ids.extend(other.client_ids);
        self.span.join(other.span);
    }
}

impl Wanted for Wanted6 {
    fn is_empty(&self) -> bool {
        self.addresses.is_empty() && self.duids.is_empty() && self.span == Span::None
    }

    fn leave_out(&mut self, seen: &Self) {
        self.addresses.retain(|address| !seen.addresses.contains(address) && !seen.span.holds(*address));
        self.duids.retain(|duid| !seen.duids.contains(duid));
    }

    fn join(&mut self, other: Self) {
        self.addresses.extend(other.addresses);
        self.duids.extend(other.duids);
        self.span.join(other.span);
    }
}

/// Who hears of leases that others brought (1) or took away (-1).
pub type Witness<T> = Box<dyn Fn(&<T as Table>::Lease, i64) + Send>;

/// The database's side of the leases, held with them.
pub(super) struct Mirror<T: Table> {
    pub(super) remote: Arc<dyn Remote<T>>,
    /// Changes that no `sync` has taken along, with what the database has.
    changed: HashMap<T::Key, Option<Stamp>>,
    /// Changes that are being written now.
    leaving: HashSet<T::Key>,
    /// Leases about which memory may be wrong, since writing them failed.
    doubtful: T::Wanted,
    pub(super) witness: Option<Witness<T>>,
    /// When ranges that seemed to be full were looked through.
    swept: Option<Instant>,
}

/// Leases read from a database while the sessions wait.
pub(super) const PAGE: usize = 4096;
/// Between two times that ranges are looked through since they seem to be full.
const SWEEPS: Duration = Duration::from_secs(10);

impl<T: Table> fmt::Debug for Mirror<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { remote, changed, leaving, doubtful, .. } = self;
        f.debug_struct("Mirror")
            .field("remote", remote)
            .field("changed", &changed.len())
            .field("leaving", &leaving.len())
            .field("doubtful", doubtful)
            .finish_non_exhaustive()
    }
}

impl<T: Table> Mirror<T> {
    pub(super) fn new(remote: Arc<dyn Remote<T>>) -> Self {
        let (changed, leaving, doubtful) = Default::default();
        Self { remote, changed, leaving, doubtful, witness: None, swept: None }
    }

    /// A lease is about to change.
    pub(super) fn note(&mut self, key: T::Key, table: &T) {
        self.changed.entry(key).or_insert_with(|| table.find(key).map(T::stamp));
    }

    /// Takes the changes along, each once, in an order in which all servers write them: of a subnet together.
    pub(super) fn take(&mut self, table: &T) -> Vec<Change<T>> {
        let taken = self.changed.drain().map(|(key, known)| Change { key, known, lease: table.find(key).cloned() });
        let mut changes: Vec<_> = taken.filter(|change| change.known.is_some() || change.lease.is_some()).collect();
        changes.sort_unstable_by_key(|change| (change.lease.as_ref().map(T::subnet), change.key));
        self.leaving = changes.iter().map(|change| change.key).collect();
        changes
    }

    /// The end of what [`take`](Self::take) began: these are not as memory has them.
    pub(super) fn landed(&mut self, wrong: Result<Vec<T::Key>, ()>) {
        let left = std::mem::take(&mut self.leaving);
        match wrong {
            Ok(keys) => keys.into_iter().for_each(|key| self.doubtful.join(T::named(key))),
            Err(()) => left.into_iter().for_each(|key| self.doubtful.join(T::named(key))),
        }
    }

    /// Reads again what is asked for, and lets memory have it.
    fn read(&mut self, table: &mut T, mut wanted: T::Wanted) -> Result<Option<T::Key>, StoreError> {
        let doubtful = std::mem::take(&mut self.doubtful);
        wanted.join(doubtful);
        let Found { leases, end } = match self.remote.read(&wanted) {
            Ok(found) => found,
            Err(error) => {
                self.doubtful = wanted;
                return Err(error);
            }
        };
        let mut gone: HashSet<_> = table.about(&wanted, end).into_iter().collect();
        for lease in leases {
            gone.remove(&T::key(&lease));
            self.replace(table, T::key(&lease), Some(lease));
        }
        gone.into_iter().for_each(|key| self.replace(table, key, None));
        Ok(end)
    }

    /// What the database has takes the place of what memory had, unless memory is ahead.
    fn replace(&self, table: &mut T, key: T::Key, lease: Option<T::Lease>) {
        let before = table.find(key);
        if self.changed.contains_key(&key) || self.leaving.contains(&key) || before == lease.as_ref() {
            return;
        }
        if let Some(witness) = &self.witness {
            before.into_iter().for_each(|before| witness(before, -1));
            lease.iter().for_each(|lease| witness(lease, 1));
        }
        match lease {
            Some(lease) => table.set(lease),
            None => table.unset(key),
        }
    }
}

impl<T: Table> Leases<T> {
    /// Has memory follow the database in what is asked for; up to where, if there may be more.
    pub(super) fn read(&mut self, wanted: T::Wanted) -> Result<Option<T::Key>, StoreError> {
        let Leases { table, mirror, .. } = self;
        mirror.as_mut().map_or(Ok(None), |mirror| mirror.read(table, wanted))
    }
}

impl<T: Table> Session<'_, T> {
    /// Has memory follow the database, if there is one, in what is asked for and was not asked for in this session before.
    pub fn refresh(&mut self, wanted: impl FnOnce() -> T::Wanted) -> Result<(), StoreError> {
        if self.leases.mirror.is_none() {
            return Ok(());
        }
        let mut wanted = wanted();
        wanted.leave_out(&self.seen);
        if !wanted.is_empty() {
            let asked = wanted.clone();
            self.leases.read(wanted)?;
            self.seen.join(asked);
        }
        Ok(())
    }

    /// Has memory follow the database in a range that seems to be full, unless that was done a moment ago: others may have given
    /// leases back. Whether it was done.
    pub(super) fn sweep(&mut self, before: Option<T::Key>, last: T::Key) -> Result<bool, StoreError> {
        let Some(mirror) = &mut self.leases.mirror else { return Ok(false) };
        if mirror.swept.is_some_and(|swept| swept.elapsed() < SWEEPS) {
            return Ok(false);
        }
        mirror.swept = Some(Instant::now());
        let mut after = before;
        loop {
            after = self.leases.read(T::behind(after, PAGE))?;
            if after.is_none_or(|end| end >= last) {
                return Ok(true);
            }
        }
    }

    /// Whether leases are those of a database.
    pub fn is_mirror(&self) -> bool {
        self.leases.mirror.is_some()
    }
}
