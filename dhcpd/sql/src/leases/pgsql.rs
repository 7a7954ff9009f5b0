//! Leases in PostgreSQL: lists of values go as arrays, and a batch of changes is one statement.

use super::columns::{Cell, Column, Kind};
use super::{Asked, Kept, Row, gather, list, names, place_of, spanned, stamp};
use leases::memfile::{Change, Found};
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::{PgConnection, Postgres, Row as _};
use std::net::Ipv6Addr;

/// All that is asked is asked by keys, and the tables may have been empty when it was planned.
pub(super) const SETTINGS: &str =
    "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off";

/// Finds what is asked for.
pub(super) async fn select<T: Kept>(connection: &mut PgConnection, asked: &Asked<'_>) -> sqlx::Result<Found<T>> {
    let mut found = Found { leases: Vec::new(), end: None };
    let rows = format!("SELECT {} FROM {} WHERE", list(T::read().iter().map(read)), T::TABLE);
    if asked.named.iter().any(|(_, _, cells)| !cells.is_empty()) {
        let one =
            |(at, (name, kind, _)): (usize, &(&str, Kind, _))| format!("{name} = ANY(${}{})", at + 1, array(*kind));
        let any: Vec<_> = asked.named.iter().enumerate().map(one).collect();
        let statement = format!("{rows} {}", any.join(" OR "));
        let mut query = sqlx::query(&statement);
        for (_, kind, cells) in &asked.named {
            query = bind_all(query, *kind, cells);
        }
        gather::<T>(&query.fetch_all(&mut *connection).await?, &mut found.leases);
    }
    if let Some((condition, values)) = spanned(&asked.span, T::KEY, place) {
        let statement = format!("{rows} {condition}");
        let answer = values.iter().fold(sqlx::query(&statement), bind).fetch_all(connection).await?;
        let last = gather::<T>(&answer, &mut found.leases);
        found.end = last.filter(|_| asked.goes_on(answer.len()));
    }
    Ok(found)
}

/// Makes changes; the addresses of those that could be made.
pub(super) async fn change<T: Kept>(
    connection: &mut PgConnection,
    changes: &[Change<T>],
) -> sqlx::Result<Vec<Cell<'static>>> {
    let known = |change: &Change<T>| change.known.map(stamp).unzip();
    let kept = changes.iter().filter_map(|change| Some((change.lease.as_ref()?, known(change))));
    let (kept, known_of_kept): (Vec<_>, Vec<_>) = kept.unzip();
    let gone = changes.iter().filter(|change| change.lease.is_none());
    let (gone, known_of_gone): (Vec<_>, Vec<_>) = gone.map(|change| (T::address(change.key), known(change))).unzip();
    let cells = |column: &Column<T::Lease>| -> Vec<_> { kept.iter().map(|lease| (column.of)(lease)).collect() };
    let columns: Vec<_> = T::FIELDS.iter().map(cells).collect();
    let statement = statement::<T>();
    let mut query = sqlx::query(&statement);
    for (column, cells) in T::FIELDS.iter().zip(&columns) {
        query = bind_all(query, column.kind, cells);
    }
    query = bind_known(query, known_of_kept);
    query = bind_all(query, T::KEY, &gone);
    query = bind_known(query, known_of_gone);
    let rows = query.fetch_all(connection).await?;
    Ok(rows.iter().filter_map(|row| place_of::<T>(row)).map(T::address).collect())
}

/// Inserts what was not known, updates and deletes what is as it was known.
fn statement<T: Kept>() -> String {
    let (table, names, count) = (T::TABLE, names(T::FIELDS), T::FIELDS.len());
    let arrays = list(T::FIELDS.iter().enumerate().map(|(at, column)| format!("${}{}", at + 1, array(column.kind))));
    let values = list(T::FIELDS.iter().map(|column| value("", column)));
    let set = list(T::FIELDS.iter().skip(1).map(|column| format!("{} = {}", column.name, value("g.", column))));
    let [known_expire, known_state, gone, gone_expire, gone_state] = [1, 2, 3, 4, 5].map(|more| count + more);
    let (key, is_as_known) = (array(T::KEY), |of: &str| {
        format!(
            "{table}.address = {of}.address AND floor(extract(epoch from {table}.expire)) = {of}.known_expire \
             AND {table}.state = {of}.known_state"
        )
    });
    format!(
        "WITH given AS (
            SELECT * FROM unnest({arrays}, ${known_expire}::bigint[], ${known_state}::bigint[])
                AS g({names}, known_expire, known_state)
        ), inserted AS (
            INSERT INTO {table} ({names}) SELECT {values} FROM given WHERE known_state IS NULL
                ON CONFLICT (address) DO NOTHING RETURNING address
        ), updated AS (
            UPDATE {table} SET {set} FROM given g WHERE {} RETURNING {table}.address
        ), deleted AS (
            DELETE FROM {table} USING unnest(${gone}{key}, ${gone_expire}::bigint[], ${gone_state}::bigint[])
                AS r(address, known_expire, known_state) WHERE {} RETURNING {table}.address
        ), done AS (
            SELECT address FROM inserted UNION ALL SELECT address FROM updated UNION ALL SELECT address FROM deleted
        ) SELECT {} FROM done",
        is_as_known("g"),
        is_as_known("r"),
        read(&T::FIELDS[0]),
    )
}

/// What is read of a column.
fn read<L>(Column { name, kind, .. }: &Column<L>) -> String {
    match kind {
        Kind::Address => format!("host({name})"),
        Kind::Number | Kind::Bits(_) => format!("{name}::bigint"),
        Kind::Time => format!("floor(extract(epoch from {name}))::bigint"),
        Kind::Bytes | Kind::Flag | Kind::Text => (*name).to_owned(),
    }
}

/// What is written into a column, out of a table with the seconds of times.
fn value<L>(of: &str, Column { name, kind, .. }: &Column<L>) -> String {
    match kind {
        Kind::Time => format!("to_timestamp({of}{name})"),
        _ => format!("{of}{name}"),
    }
}

/// The type of a list of values.
fn array(kind: Kind) -> &'static str {
    match kind {
        Kind::Address => "::text[]::inet[]",
        Kind::Bytes => "::bytea[]",
        Kind::Flag => "::bool[]",
        Kind::Number | Kind::Bits(_) | Kind::Time => "::bigint[]",
        Kind::Text => "::text[]",
    }
}

/// Where a value stands.
fn place(at: usize, kind: Kind) -> String {
    match kind {
        Kind::Address => format!("${at}::inet"),
        Kind::Time => format!("to_timestamp(${at})"),
        _ => format!("${at}"),
    }
}

type Asking<'q> = Query<'q, Postgres, PgArguments>;

fn bind<'q>(query: Asking<'q>, cell: &'q Cell<'_>) -> Asking<'q> {
    match cell {
        Cell::Address(address) => query.bind(address.to_string()),
        Cell::Number(number) => query.bind(*number),
        Cell::Bytes(bytes) => query.bind(&bytes[..]),
        Cell::Text(text) => query.bind(*text),
        Cell::Null => query.bind(None::<i64>),
    }
}

/// Binds a list of values as an array.
fn bind_all<'q>(query: Asking<'q>, kind: Kind, cells: &'q [Cell<'_>]) -> Asking<'q> {
    let numbers = cells.iter().map(|cell| match cell {
        Cell::Number(number) => Some(*number),
        _ => None,
    });
    match kind {
        Kind::Number | Kind::Time => query.bind(numbers.collect::<Vec<_>>()),
        Kind::Bits(count) => query.bind(numbers.map(|number| Some(signed(number?, count))).collect::<Vec<_>>()),
        Kind::Flag => query.bind(numbers.map(|number| number != Some(0)).collect::<Vec<_>>()),
        Kind::Address => {
            let addresses = cells.iter().map(|cell| match cell {
                Cell::Address(address) => Some(address.to_string()),
                _ => None,
            });
            query.bind(addresses.collect::<Vec<_>>())
        }
        Kind::Bytes => {
            let bytes = cells.iter().map(|cell| match cell {
                Cell::Bytes(bytes) => Some(&bytes[..]),
                _ => None,
            });
            query.bind(bytes.collect::<Vec<_>>())
        }
        Kind::Text => {
            let texts = cells.iter().map(|cell| match cell {
                Cell::Text(text) => Some(*text),
                _ => None,
            });
            query.bind(texts.collect::<Vec<_>>())
        }
    }
}

fn bind_known<'q>(query: Asking<'q>, known: Vec<(Option<i64>, Option<i64>)>) -> Asking<'q> {
    let (expire, state): (Vec<_>, Vec<_>) = known.into_iter().unzip();
    query.bind(expire).bind(state)
}

/// A number of so many bits as it is with a sign.
fn signed(number: i64, bits: u32) -> i64 {
    let unused = i64::BITS - bits;
    number << unused >> unused
}

/// The other way round.
fn unsigned(number: i64, bits: u32) -> i64 {
    number & ((1 << bits) - 1)
}

impl Row for PgRow {
    fn cell(&self, at: usize, kind: Kind) -> sqlx::Result<Cell<'_>> {
        Ok(match kind {
            Kind::Number | Kind::Time => self.try_get::<Option<i64>, _>(at)?.map_or(Cell::Null, Cell::Number),
            Kind::Bits(bits) => {
                self.try_get::<Option<i64>, _>(at)?.map_or(Cell::Null, |number| Cell::Number(unsigned(number, bits)))
            }
            Kind::Flag => self.try_get::<Option<bool>, _>(at)?.map_or(Cell::Null, Cell::of),
            Kind::Bytes => self.try_get::<Option<&[u8]>, _>(at)?.into(),
            Kind::Text => self.try_get::<Option<&str>, _>(at)?.into(),
            Kind::Address => {
                let text: Option<&str> = self.try_get(at)?;
                text.and_then(|text| text.parse::<Ipv6Addr>().ok()).map_or(Cell::Null, Cell::Address)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_keeps_its_bits() {
        for (number, bits, kept) in [(1, 32, 1), (0xFFFF_FFFF, 32, -1), (0x8000, 16, -0x8000), (0x7FFF, 16, 0x7FFF)] {
            assert_eq!((signed(number, bits), unsigned(kept, bits)), (kept, number));
        }
    }
}
