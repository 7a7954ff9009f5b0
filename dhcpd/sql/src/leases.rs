//! Leases in the tables `lease4` and `lease6`, as Kea's servers keep them there: a row a lease.

mod lease4;
mod lease6;

use crate::client::Client;
use crate::connect::{Error, pgsql};
use dhcpd_config::common::Database;
use leases::memfile::{Change, Found, Remote, Stamp, Table, Table4, Table6};
use leases::{LeaseState, StoreError};
use serde_json::Value;
use sqlx::PgConnection;
use sqlx::postgres::PgRow;
use std::sync::Arc;
use tokio::sync::Notify;

/// All that is asked is asked by keys, and the tables may have been empty when it was planned.
const SETTINGS: &str = "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off";

/// How often changes are tried that other servers' transactions got into the way of.
const TRIES: u32 = 5;

/// The leases in a database: two connections, since what is read need not wait until others' changes are on the disk.
#[derive(Debug)]
pub struct Leases {
    reader: Client,
    writer: Client,
}

impl Leases {
    /// Those of a database, to which there is no connection yet. Whoever waits for `lost` hears of it when one is lost.
    pub fn new(database: &Database, lost: &Arc<Notify>) -> Result<Self, Error> {
        let client = || {
            let client = Client::new(database.clone(), SETTINGS, lost.clone());
            client.map_err(|error| Error::Unreachable(format!("cannot start a thread: {error}")))
        };
        Ok(Self { reader: client()?, writer: client()? })
    }

    /// Connects, anew if there are connections already.
    pub fn connect(&self) -> Result<(), Error> {
        self.reader.connect()?;
        self.writer.connect()
    }
}

/// What is of one family.
trait Kept: Table {
    /// Rows of what is asked for; whether there may be more of them.
    fn select<'a>(connection: &'a mut PgConnection, wanted: &'a Self::Wanted) -> Sqlx<'a, (Vec<PgRow>, bool)>;
    /// The key of a row.
    fn place(row: &PgRow) -> Option<Self::Key>;
    /// The lease in a row. An error tells which row is none, and why.
    fn lease(row: &PgRow) -> Result<Self::Lease, String>;
    /// Makes changes in one transaction; rows with the keys of those that could be made.
    fn write<'a>(connection: &'a mut PgConnection, changes: &'a [Change<Self>]) -> Sqlx<'a, Vec<PgRow>>;
    /// The key in such a row.
    fn written(row: &PgRow) -> sqlx::Result<Self::Key>;
}

type Sqlx<'a, R> = std::pin::Pin<Box<dyn Future<Output = sqlx::Result<R>> + Send + 'a>>;

impl Remote<Table4> for Leases {
    fn read(&self, wanted: &<Table4 as Table>::Wanted) -> Result<Found<Table4>, StoreError> {
        read::<Table4>(&self.reader, wanted)
    }

    fn write(&self, changes: Vec<Change<Table4>>) -> Result<Vec<<Table4 as Table>::Key>, StoreError> {
        write(&self.writer, changes)
    }
}

impl Remote<Table6> for Leases {
    fn read(&self, wanted: &<Table6 as Table>::Wanted) -> Result<Found<Table6>, StoreError> {
        read::<Table6>(&self.reader, wanted)
    }

    fn write(&self, changes: Vec<Change<Table6>>) -> Result<Vec<<Table6 as Table>::Key>, StoreError> {
        write(&self.writer, changes)
    }
}

fn read<T: Kept>(client: &Client, wanted: &T::Wanted) -> Result<Found<T>, StoreError> {
    let wanted = wanted.clone();
    let leases = client.ask(move |connection| {
        Box::pin(async move {
            let found = T::select(connection.postgresql()?, &wanted).await;
            let (rows, more) = found.map_err(|error| pgsql::failed("get_lease", error))?;
            let lease = |row| T::lease(row).inspect_err(|reason| unfit(reason)).ok();
            let end = rows.iter().rev().find_map(T::place).filter(|_| more);
            Ok(Found { leases: rows.iter().filter_map(lease).collect(), end })
        })
    });
    leases.map_err(|error| StoreError::Backend(error.to_string()))
}

fn write<T: Kept>(client: &Client, changes: Vec<Change<T>>) -> Result<Vec<T::Key>, StoreError> {
    let missing = client.ask(move |connection| {
        Box::pin(async move {
            let mut tries = 1;
            let rows = loop {
                match T::write(connection.postgresql()?, &changes).await {
                    Ok(rows) => break rows,
                    Err(error) if tries < TRIES && is_in_the_way(&error) => tries += 1,
                    Err(error) => return Err(pgsql::failed("write_leases", error)),
                }
            };
            let written: sqlx::Result<Vec<_>> = rows.iter().map(T::written).collect();
            let mut written = written.map_err(|error| pgsql::failed("write_leases", error))?;
            written.sort_unstable();
            let missing = changes.iter().map(|change| change.key).filter(|key| written.binary_search(key).is_err());
            Ok(missing.collect())
        })
    });
    missing.map_err(|error| StoreError::Backend(error.to_string()))
}

/// Whether another transaction was in the way: they met in the tables of counts, which the database keeps by triggers.
fn is_in_the_way(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    matches!(code.as_deref(), Some("40001" | "40P01"))
}

fn unfit(reason: &str) {
    log::event!(crate::messages::DATABASE_LEASE_UNFIT, reason);
}

/// When a lease ends, as the tables have it: one that never does has the begin of its time there.
fn expire(cltt: u64, valid_lifetime: u32) -> i64 {
    let length = if valid_lifetime == u32::MAX { 0 } else { valid_lifetime };
    cltt.saturating_add(length.into()) as i64
}

/// The begin of a lease's time, by when it ends.
fn cltt(expire: i64, valid_lifetime: u32) -> u64 {
    let length = if valid_lifetime == u32::MAX { 0 } else { valid_lifetime };
    u64::try_from(expire).unwrap_or(0).saturating_sub(length.into())
}

fn known(stamp: Option<Stamp>) -> (Option<i64>, Option<i64>) {
    let stamp = stamp.map(|Stamp { cltt, valid_lifetime, state }| (expire(cltt, valid_lifetime), state as i64));
    (stamp.map(|(expire, _)| expire), stamp.map(|(_, state)| state))
}

fn state(number: i64) -> Result<LeaseState, String> {
    Ok(match number {
        0 => LeaseState::Assigned,
        1 => LeaseState::Declined,
        2 => LeaseState::ExpiredReclaimed,
        3 => LeaseState::Released,
        4 => LeaseState::Registered,
        other => return Err(format!("'{other}' is not a valid state")),
    })
}

/// Text that PostgreSQL takes: NUL it does not.
fn text(text: &str) -> Option<&str> {
    (!text.is_empty()).then(|| text.split('\0').next().unwrap_or_default())
}

/// What a relay said of itself and of the client's line, out of the user context: columns of their own, for lease queries.
fn relayed(context: Option<&str>, key: &str) -> Option<Vec<u8>> {
    let context = context.filter(|text| text.contains("relay-agent-info"))?;
    let context: Value = serde_json::from_str(context).ok()?;
    let digits = context.pointer("/ISC/relay-agent-info")?.get(key)?.as_str()?;
    let digits = digits.strip_prefix("0x").unwrap_or(digits);
    let byte = |at| digits.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    (0..digits.len()).step_by(2).map(byte).collect()
}
