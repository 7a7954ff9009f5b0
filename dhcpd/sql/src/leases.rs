//! Leases in the tables `lease4` and `lease6`, as Kea's servers keep them there: a row a lease.
//!
//! What a family has in which column stands in [`lease4`] and [`lease6`], how a database is asked in [`pgsql`] and [`mysql`].

mod columns;
mod lease4;
mod lease6;
mod mysql;
mod pgsql;

use crate::client::Client;
use crate::connect::mysql::number;
use crate::connect::{Connection, Error};
use crate::messages::*;
use columns::{Cell, Column, Kind, expire};
use dhcpd_config::common::{Database, DatabaseType};
use leases::StoreError;
use leases::memfile::{Change, Found, Remote, Span, Stamp, Table, Table4, Table6};
use std::borrow::Cow;
use std::fmt::Display;
use std::net::IpAddr;
use std::slice;
use std::sync::Arc;
use tokio::sync::Notify;

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
        let settings = match database.kind {
            DatabaseType::Mysql => mysql::SETTINGS,
            DatabaseType::Postgresql => pgsql::SETTINGS,
        };
        let client = || {
            let client = Client::new(database.clone(), settings, lost.clone());
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
trait Kept: Table<Key: Sync, Lease: Sync> {
    /// The name of the table.
    const TABLE: &'static str;
    /// What is in the column of the address.
    const KEY: Kind;
    /// Its columns; the first one is the address, which is its key.
    const FIELDS: &'static [Column<Self::Lease>];
    /// How many of them are read; the others are for those who ask the database.
    const READ: usize;
    /// What is asked for, in the words of the table.
    fn asked(wanted: &Self::Wanted) -> Asked<'_>;
    /// The key of the lease on an address.
    fn place(address: &Cell<'_>) -> Option<Self::Key>;
    /// The address of a key, as a human reads it.
    fn shown(key: Self::Key) -> IpAddr;
    /// The address of a key.
    fn address(key: Self::Key) -> Cell<'static>;
    /// A lease with nothing in it.
    fn blank() -> Self::Lease;

    /// The columns that are read.
    fn read() -> &'static [Column<Self::Lease>] {
        Self::FIELDS.get(..Self::READ).unwrap_or(Self::FIELDS)
    }
}

/// Rows that are asked for.
struct Asked<'a> {
    /// With one of these in this column, each.
    named: Vec<(&'static str, Kind, Vec<Cell<'a>>)>,
    /// And these.
    span: Span<Cell<'static>>,
}

impl Asked<'_> {
    /// Whether there may be more behind so many rows of the span.
    fn goes_on(&self, rows: usize) -> bool {
        matches!(self.span, Span::Behind(_, most) if rows >= most)
    }
}

/// A row of an answer.
trait Row {
    /// What is in a column of it.
    fn cell(&self, at: usize, kind: Kind) -> sqlx::Result<Cell<'_>>;
}

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
    let found = client.ask(move |connection| {
        Box::pin(async move {
            let asked = T::asked(&wanted);
            let found = match connection {
                Connection::Mysql(connection) => mysql::select(connection, &asked).await,
                Connection::Postgresql(connection) => pgsql::select(connection, &asked).await,
            };
            found.map_err(|error| connection.failed("get_lease", error))
        })
    });
    found.map_err(|error| StoreError::Backend(error.to_string()))
}

fn write<T: Kept>(client: &Client, changes: Vec<Change<T>>) -> Result<Vec<T::Key>, StoreError> {
    let missing = client.ask(move |connection| {
        Box::pin(async move {
            let done = match change(connection, &changes).await {
                // One that the database cannot take shall not take others with it.
                Err(error) if is_of_data(&error) => change_singly(connection, &changes).await,
                done => done,
            };
            let mut done = done.map_err(|error| connection.failed("write_leases", error))?;
            done.sort_unstable();
            let keys = changes.iter().map(|change| change.key);
            Ok(keys.filter(|key| done.binary_search(&T::address(*key)).is_err()).collect())
        })
    });
    missing.map_err(|error| StoreError::Backend(error.to_string()))
}

/// Makes changes in one transaction; the addresses of those that could be made.
async fn change<T: Kept>(connection: &mut Connection, changes: &[Change<T>]) -> sqlx::Result<Vec<Cell<'static>>> {
    let mut tries = 1;
    loop {
        let done = match connection {
            Connection::Mysql(connection) => mysql::change(connection, changes, tries > 1).await,
            Connection::Postgresql(connection) => pgsql::change(connection, changes).await,
        };
        match done {
            Err(error) if tries < TRIES && is_in_the_way(&error) => tries += 1,
            done => return done,
        }
    }
}

/// Makes changes one by one, but for those that the database cannot take.
async fn change_singly<T: Kept>(
    connection: &mut Connection,
    changes: &[Change<T>],
) -> sqlx::Result<Vec<Cell<'static>>> {
    let mut all = Vec::new();
    for one in changes {
        match change(connection, slice::from_ref(one)).await {
            Ok(done) => all.extend(done),
            Err(error) if is_of_data(&error) => refused::<T>(one.key, &error),
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}

/// Whether another transaction was in the way: they met in the tables of counts, which the database keeps by triggers, or MySQL
/// had rows of others where there was none when it was asked.
fn is_in_the_way(error: &sqlx::Error) -> bool {
    let met = matches!(code(error).as_deref(), Some("40001" | "40P01"));
    met || matches!(number(error), Some(mysql::LOCKED | mysql::DUPLICATE))
}

/// Whether a lease does not fit into the table.
fn is_of_data(error: &sqlx::Error) -> bool {
    let class = |class| code(error).is_some_and(|code| code.starts_with(class));
    class("22") || class("23") || number(error) == Some(mysql::WRONG_TEXT)
}

fn code(error: &sqlx::Error) -> Option<Cow<'_, str>> {
    error.as_database_error().and_then(|error| error.code())
}

/// Says that a lease cannot be written.
fn refused<T: Kept>(key: T::Key, reason: &dyn Display) {
    log::event!(DATABASE_LEASE_REFUSED, reason = format!("lease on {}: {reason}", T::shown(key)));
}

/// Adds the leases in rows; the key of the last row.
fn gather<T: Kept>(rows: &[impl Row], leases: &mut Vec<T::Lease>) -> Option<T::Key> {
    let lease = |row| lease::<T>(row).inspect_err(|reason| log::event!(DATABASE_LEASE_UNFIT, reason));
    leases.extend(rows.iter().filter_map(|row| lease(row).ok()));
    rows.iter().rev().find_map(place_of::<T>)
}

/// The key of the lease in a row that begins with its address.
fn place_of<T: Kept>(row: &impl Row) -> Option<T::Key> {
    row.cell(0, T::KEY).ok().and_then(|cell| T::place(&cell))
}

/// The lease in a row. An error tells which row is none, and why.
fn lease<T: Kept>(row: &impl Row) -> Result<T::Lease, String> {
    let mut lease = T::blank();
    for (at, column) in T::read().iter().enumerate() {
        let unfit = |key, reason: &dyn Display| format!("lease on {}: {} {reason}", T::shown(key), column.name);
        let cell = row.cell(at, column.kind).map_err(|error| unfit(T::key(&lease), &error))?;
        (column.into)(&mut lease, cell).map_err(|reason| unfit(T::key(&lease), &reason))?;
    }
    Ok(lease)
}

/// What rows of a span are asked for by: the condition, and the values in it. `place` is where a value of some kind goes.
fn spanned(
    span: &Span<Cell<'static>>,
    key: Kind,
    place: fn(usize, Kind) -> String,
) -> Option<(String, Vec<Cell<'static>>)> {
    let (first, second) = (place(1, key), place(2, key));
    let (limit, time) = (place(2, Kind::Number), place(1, Kind::Time));
    Some(match span {
        Span::None => return None,
        Span::Between(from, to) => (format!("address BETWEEN {first} AND {second}"), vec![from.clone(), to.clone()]),
        Span::Behind(Some(after), most) => {
            (format!("address > {first} ORDER BY address LIMIT {limit}"), vec![after.clone(), count(*most)])
        }
        Span::Behind(None, most) => {
            (format!("TRUE ORDER BY address LIMIT {}", place(1, Kind::Number)), vec![count(*most)])
        }
        Span::Expired(until, most) => (
            format!(
                "state IN (0, 1, 3, 4) AND valid_lifetime != 4294967295 AND expire <= {time} ORDER BY expire LIMIT {limit}"
            ),
            vec![Cell::Number(*until as i64), count(*most)],
        ),
        Span::Reclaimed(until, most) => (
            format!("state = 2 AND expire <= {time} ORDER BY expire LIMIT {limit}"),
            vec![Cell::Number(*until as i64), count(*most)],
        ),
    })
}

fn count(most: usize) -> Cell<'static> {
    Cell::Number(most as i64)
}

/// What a row of a lease has that tells whether it changed: when it ends, and its state.
fn stamp(Stamp { cltt, valid_lifetime, state }: Stamp) -> (i64, i64) {
    (expire(cltt, valid_lifetime), state as i64)
}

/// The names of columns, with commas between them.
fn names<L>(columns: &[Column<L>]) -> String {
    list(columns.iter().map(|column| column.name))
}

fn list(parts: impl Iterator<Item: AsRef<str>>) -> String {
    parts.fold(String::new(), |list, part| if list.is_empty() { list } else { list + ", " } + part.as_ref())
}
