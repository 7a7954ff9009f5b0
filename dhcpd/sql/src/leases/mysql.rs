//! Leases in MySQL and MariaDB: a batch of changes is one transaction that locks the rows, looks at them, and changes those that
//! are as they were known.
//!
//! Statements stay prepared, so that there must not be one for each count of values: lists are filled up to a power of two
//! with their last value, and rows are written in portions of as many.

use super::columns::{Cell, Column, Kind};
use super::{Asked, Kept, Row, gather, list, names, place_of, refused, spanned, stamp};
use leases::memfile::{Change, Found};
use sqlx::mysql::{MySqlArguments, MySqlRow};
use sqlx::query::Query;
use sqlx::{Connection, MySql, MySqlConnection, Row as _};
use std::collections::BTreeMap;
use std::iter::repeat_n;

/// Rows that are not there are not locked, so that servers do not wait for each other's new leases.
pub(super) const SETTINGS: &str = "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED";

/// Numbers of errors: a row was there already; a lock was waited for in vain; text that the table's character set has not.
pub(super) const DUPLICATE: u16 = 1062;
pub(super) const LOCKED: u16 = 1205;
pub(super) const WRONG_TEXT: u16 = 1366;

/// The last second that a TIMESTAMP can have.
const LAST: i64 = i32::MAX as i64;

/// Most values in a list of a statement, which may have 65,535 in all.
const MOST_VALUES: usize = 1024;
/// Most rows that a statement writes.
const MOST_ROWS: usize = 256;
/// Bytes of rows in one statement, unless one row has more: a quarter of what servers take, if they are not told otherwise.
const MOST_BYTES: usize = 1 << 20;

/// Finds what is asked for.
pub(super) async fn select<T: Kept>(connection: &mut MySqlConnection, asked: &Asked<'_>) -> sqlx::Result<Found<T>> {
    let mut found = Found { leases: Vec::new(), end: None };
    let rows = format!("SELECT {} FROM {} WHERE", list(T::read().iter().map(read)), T::TABLE);
    for portion in 0.. {
        let named = asked.named.iter();
        let lists: Vec<_> =
            named.filter_map(|(name, _, cells)| Some((name, cells.chunks(MOST_VALUES).nth(portion)?))).collect();
        let Some(places) = lists.iter().map(|(_, cells)| cells.len().next_power_of_two()).max() else { break };
        // Each part has an index of its own.
        let parts: Vec<_> = lists.iter().map(|(name, _)| format!("{rows} {name} IN ({})", marks(places))).collect();
        let statement = parts.join(" UNION ALL ");
        let cells = lists.iter().flat_map(|(_, cells)| filled(cells, places));
        let answer = cells.fold(sqlx::query(&statement), bind).fetch_all(&mut *connection).await?;
        gather::<T>(&answer, &mut found.leases);
    }
    if let Some((condition, values)) = spanned(&asked.span, T::KEY, place) {
        let statement = format!("{rows} {condition}");
        let answer = values.iter().fold(sqlx::query(&statement), bind).fetch_all(connection).await?;
        let last = gather::<T>(&answer, &mut found.leases);
        found.end = last.filter(|_| asked.goes_on(answer.len()));
    }
    Ok(found)
}

/// Makes changes; the addresses of those that could be made. Rows that are not known are looked for only when it turned out that
/// there are `others`.
pub(super) async fn change<T: Kept>(
    connection: &mut MySqlConnection,
    changes: &[Change<T>],
    others: bool,
) -> sqlx::Result<Vec<Cell<'static>>> {
    let mut transaction = connection.begin().await?;
    let wanted = changes.iter().filter(|change| others || change.known.is_some());
    let rows = lock::<T>(&mut transaction, &wanted.map(|change| T::address(change.key)).collect::<Vec<_>>()).await?;
    let (mut done, mut new, mut changed, mut gone) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for Change { key, known, lease } in changes {
        let address = T::address(*key);
        if rows.get(&address).copied() != known.map(stamp) || !lease.as_ref().is_none_or(|lease| fits::<T>(lease)) {
            continue;
        }
        match lease {
            Some(lease) if known.is_none() => new.push(cells::<T>(lease)),
            Some(lease) => changed.push(cells::<T>(lease)),
            None => gone.push(address.clone()),
        }
        done.push(address);
    }
    let names = names(T::FIELDS);
    let insert = |rows: usize| {
        let row = format!("({})", list(T::FIELDS.iter().map(|column| place(0, column.kind))));
        format!("INSERT INTO {} ({names}) VALUES {}", T::TABLE, list(repeat_n(row, rows)))
    };
    let set = list(T::FIELDS.iter().skip(1).map(|Column { name, .. }| format!("{name} = VALUES({name})")));
    write(&mut transaction, &new, insert).await?;
    write(&mut transaction, &changed, |rows| format!("{} ON DUPLICATE KEY UPDATE {set}", insert(rows))).await?;
    for portion in gone.chunks(MOST_VALUES) {
        let places = portion.len().next_power_of_two();
        let condition = format!("FORCE INDEX (PRIMARY) WHERE address IN ({})", marks(places));
        let statement = format!("DELETE {0} FROM {0} {condition}", T::TABLE);
        filled(portion, places).fold(sqlx::query(&statement), bind).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(done)
}

/// Locks the rows on addresses: by what a change of them is noticed.
async fn lock<T: Kept>(
    connection: &mut MySqlConnection,
    addresses: &[Cell<'static>],
) -> sqlx::Result<BTreeMap<Cell<'static>, (i64, i64)>> {
    let mut rows = BTreeMap::new();
    let noticed = ["address", "expire", "state"].map(|name| T::FIELDS.iter().find(|column| column.name == name));
    let columns = list(noticed.into_iter().flatten().map(read));
    for portion in addresses.chunks(MOST_VALUES) {
        let places = portion.len().next_power_of_two();
        let condition = format!("FORCE INDEX (PRIMARY) WHERE address IN ({})", marks(places));
        let statement = format!("SELECT {columns} FROM {} {condition} FOR UPDATE", T::TABLE);
        let answer = filled(portion, places).fold(sqlx::query(&statement), bind).fetch_all(&mut *connection).await?;
        for row in answer {
            let number = |at| row.try_get_unchecked::<Option<i64>, _>(at);
            if let (Some(key), Some(expire), Some(state)) = (place_of::<T>(&row), number(1)?, number(2)?) {
                rows.insert(T::address(key), (expire, state));
            }
        }
    }
    Ok(rows)
}

/// Writes rows with a statement for so many of them.
async fn write(
    connection: &mut MySqlConnection,
    rows: &[Vec<Cell<'_>>],
    statement: impl Fn(usize) -> String,
) -> sqlx::Result<()> {
    let mut left = rows;
    while let Some((portion, rest)) = left.split_at_checked(portion(left)).filter(|(portion, _)| !portion.is_empty()) {
        let statement = statement(portion.len());
        portion.iter().flatten().fold(sqlx::query(&statement), bind).execute(&mut *connection).await?;
        left = rest;
    }
    Ok(())
}

/// How many of these rows go with one statement.
fn portion(rows: &[Vec<Cell<'_>>]) -> usize {
    let bytes = rows.iter().scan(0, |sum, row| {
        *sum += row.iter().map(length).sum::<usize>();
        Some(*sum)
    });
    let fitting = bytes.take(MOST_ROWS).take_while(|&bytes| bytes <= MOST_BYTES).count();
    fitting.max(1).checked_ilog2().map_or(0, |power| 1 << power).min(rows.len())
}

fn length(cell: &Cell<'_>) -> usize {
    match cell {
        Cell::Bytes(bytes) => bytes.len(),
        Cell::Text(text) => text.len(),
        Cell::Address(_) => 16,
        Cell::Null | Cell::Number(_) => 8,
    }
}

/// A lease as a row.
fn cells<T: Kept>(lease: &T::Lease) -> Vec<Cell<'_>> {
    T::FIELDS.iter().map(|column| (column.of)(lease)).collect()
}

/// Whether the table has a time for a lease. As in Kea, one that ends too late is refused.
fn fits<T: Kept>(lease: &T::Lease) -> bool {
    let (expire, _) = stamp(T::stamp(lease));
    if expire > LAST {
        refused::<T>(T::key(lease), &format!("Time value is too large: {expire}"));
    }
    expire <= LAST
}

/// What is read of a column.
fn read<L>(Column { name, kind, .. }: &Column<L>) -> String {
    match kind {
        Kind::Number | Kind::Bits(_) | Kind::Flag => format!("CAST({name} AS SIGNED)"),
        Kind::Time => format!("CAST(UNIX_TIMESTAMP({name}) AS SIGNED)"),
        Kind::Address | Kind::Bytes | Kind::Text => (*name).to_owned(),
    }
}

/// Where a value stands.
fn place(_: usize, kind: Kind) -> String {
    match kind {
        Kind::Time => "FROM_UNIXTIME(?)".to_owned(),
        _ => "?".to_owned(),
    }
}

/// Where the values of a list stand.
fn marks(places: usize) -> String {
    list(repeat_n("?", places))
}

/// Values for so many places.
fn filled<'a, 'c>(cells: &'a [Cell<'c>], places: usize) -> impl Iterator<Item = &'a Cell<'c>> {
    let more = cells.last().map(|last| repeat_n(last, places - cells.len()));
    cells.iter().chain(more.into_iter().flatten())
}

type Asking<'q> = Query<'q, MySql, MySqlArguments>;

fn bind<'q>(query: Asking<'q>, cell: &'q Cell<'_>) -> Asking<'q> {
    match cell {
        Cell::Address(address) => query.bind(address.octets().to_vec()),
        Cell::Number(number) => query.bind(*number),
        Cell::Bytes(bytes) => query.bind(&bytes[..]),
        Cell::Text(text) => query.bind(*text),
        Cell::Null => query.bind(None::<i64>),
    }
}

impl Row for MySqlRow {
    fn cell(&self, at: usize, kind: Kind) -> sqlx::Result<Cell<'_>> {
        // The statements say what the types are; names of them differ between servers.
        Ok(match kind {
            Kind::Number | Kind::Bits(_) | Kind::Flag | Kind::Time => {
                self.try_get_unchecked::<Option<i64>, _>(at)?.map_or(Cell::Null, Cell::Number)
            }
            Kind::Bytes => self.try_get_unchecked::<Option<&[u8]>, _>(at)?.into(),
            Kind::Text => self.try_get_unchecked::<Option<&str>, _>(at)?.into(),
            Kind::Address => {
                let bytes: Option<&[u8]> = self.try_get_unchecked(at)?;
                let octets: Option<[u8; 16]> = bytes.and_then(|bytes| bytes.try_into().ok());
                octets.map_or(Cell::Null, |octets| Cell::Address(octets.into()))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_go_in_portions_of_powers_of_two() {
        let row = |bytes: usize| vec![Cell::Number(1), Cell::Bytes(vec![0; bytes].into())];
        assert_eq!(portion(&[]), 0);
        assert_eq!([1, 2, 3, 63, 64, 1000].map(|rows| portion(&vec![row(10); rows])), [1, 2, 2, 32, 64, 256]);
        assert_eq!(portion(&vec![row(MOST_BYTES / 8); 64]), 4, "the numbers count, too");
        assert_eq!(portion(&vec![row(MOST_BYTES); 3]), 1);
    }

    #[test]
    fn lists_are_filled_with_their_last_value() {
        let cells = [1, 2, 3].map(Cell::Number);
        assert_eq!(filled(&cells, 4).cloned().collect::<Vec<_>>(), [1, 2, 3, 3].map(Cell::Number));
        assert_eq!(filled(&[], 1).count(), 0);
        assert_eq!(marks(3), "?, ?, ?");
    }
}
