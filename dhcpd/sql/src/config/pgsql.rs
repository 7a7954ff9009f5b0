//! Statements as PostgreSQL takes them. It makes JSON of rows (`row_to_json`) and rows of JSON (`json_populate_record`) itself,
//! so that a column's type is its own business.

use super::Object;
use super::link::Key;
use crate::connect::Error;
use crate::connect::pgsql::failed;
use serde_json::Value;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::{Connection, PgConnection, Postgres, Row, Transaction};

/// The rows that a statement selects.
pub async fn rows(
    connection: &mut PgConnection,
    name: &str,
    sql: &str,
    keys: &[Key<'_>],
) -> Result<Vec<Object>, Error> {
    let sql = format!("SELECT row_to_json(r)::text FROM ({}) AS r", numbered(sql, keys, 1));
    let found = bound(sqlx::query(&sql), keys).fetch_all(connection).await.map_err(|error| failed(name, error))?;
    found.iter().map(object).collect::<Result<_, _>>().map_err(|error| failed(name, error))
}

/// Runs a statement.
pub async fn run(connection: &mut PgConnection, name: &str, sql: &str, keys: &[Key<'_>]) -> Result<u64, Error> {
    let sql = numbered(sql, keys, 1);
    let done = bound(sqlx::query(&sql), keys).execute(connection).await.map_err(|error| failed(name, error))?;
    Ok(done.rows_affected())
}

/// Inserts a row, with the number that the table gave it.
pub async fn insert(
    connection: &mut PgConnection,
    name: &str,
    table: &str,
    row: &Object,
    key: &str,
) -> Result<i64, Error> {
    let columns = columns(row);
    let sql = format!(
        "INSERT INTO {table} ({columns}, modification_ts) SELECT {columns}, CURRENT_TIMESTAMP \
         FROM json_populate_record(NULL::{table}, $1::json) RETURNING {key}::int8"
    );
    let inserted = sqlx::query(&sql).bind(json(row)).fetch_one(connection).await;
    inserted.and_then(|row| row.try_get(0)).map_err(|error| failed(name, error))
}

/// Updates the rows for which `given` holds.
pub async fn update(
    connection: &mut PgConnection,
    name: &str,
    table: &str,
    row: &Object,
    given: &str,
    keys: &[Key<'_>],
) -> Result<u64, Error> {
    let (columns, given) = (columns(row), numbered(given, keys, 2));
    let sql = format!(
        "UPDATE {table} SET ({columns}, modification_ts) = (SELECT {columns}, CURRENT_TIMESTAMP \
         FROM json_populate_record(NULL::{table}, $1::json)) WHERE {given}"
    );
    let query = bound(sqlx::query(&sql).bind(json(row)), keys);
    Ok(query.execute(connection).await.map_err(|error| failed(name, error))?.rows_affected())
}

/// Begins to look at one moment.
pub async fn look(connection: &mut PgConnection) -> Result<Transaction<'_, Postgres>, Error> {
    let begun = connection.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY").await;
    begun.map_err(|error| failed("START_TRANSACTION", error))
}

/// PostgreSQL numbers what is bound, and wants to be told that a text is an address.
fn numbered(sql: &str, keys: &[Key<'_>], first: usize) -> String {
    let mut pieces = sql.split('?');
    let mut numbered = pieces.next().unwrap_or_default().to_owned();
    for ((place, key), piece) in (first..).zip(keys).zip(pieces) {
        let cast = if matches!(key, Key::Address(_)) { "::inet" } else { "" };
        numbered += &format!("${place}{cast}{piece}");
    }
    numbered
}

fn bound<'q>(query: Query<'q, Postgres, PgArguments>, keys: &[Key<'q>]) -> Query<'q, Postgres, PgArguments> {
    keys.iter().fold(query, |query, key| match *key {
        Key::Address(address) => query.bind(address.to_string()),
        Key::Flag(flag) => query.bind(flag),
        Key::Number(number) => query.bind(number),
        Key::Text(text) => query.bind(text),
    })
}

fn columns(row: &Object) -> String {
    row.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
}

fn json(row: &Object) -> String {
    Value::Object(row.clone()).to_string()
}

/// A row, out of the JSON that was made of it.
fn object(row: &PgRow) -> Result<Object, sqlx::Error> {
    let text: &str = row.try_get(0)?;
    serde_json::from_str(text).map_err(|error| sqlx::Error::Decode(error.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    #[test]
    fn what_is_bound_has_numbers() {
        let keys = [Key::from("n"), 5.into(), std::net::IpAddr::from(Ipv4Addr::LOCALHOST).into()];
        assert_eq!(numbered("a = ? AND b IN (?) AND c = ?", &keys, 2), "a = $2 AND b IN ($3) AND c = $4::inet");
        assert_eq!(numbered("true", &[], 1), "true");
    }
}
