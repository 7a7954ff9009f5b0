//! Statements as MySQL and MariaDB take them. What a row says is told by the types of its columns; where Kea's tables say something
//! in another way than those of PostgreSQL, the columns are named here.

use super::Object;
use super::link::Key;
use crate::connect::Error;
use crate::connect::mysql::failed;
use serde_json::Value;
use sqlx::mysql::{MySqlArguments, MySqlColumn, MySqlRow};
use sqlx::query::Query;
use sqlx::{Column, Connection, Executor, MySql, MySqlConnection, Row, Transaction, TypeInfo};
use std::iter;
use std::net::{IpAddr, Ipv4Addr};

/// Columns that are named otherwise here.
const RENAMED: [(&str, &str); 3] =
    [("interface_4o6", "4o6_interface"), ("interface_id_4o6", "4o6_interface_id"), ("subnet_4o6", "4o6_subnet")];

/// Columns in which an IPv4 address is a number.
const ADDRESSES: [&str; 3] = ["next_server", "start_address", "end_address"];

/// A flag that is declared like any small number.
const FLAG: &str = "only_in_additional_list";

/// A column that options alone have.
const OF_OPTIONS: &str = "formatted_value";

/// JSON in a column of text.
const CONTEXT: &str = "user_context";

/// The rows that a statement selects.
pub async fn rows(connection: &mut MySqlConnection, sql: &str, keys: &[Key<'_>]) -> Result<Vec<Object>, Error> {
    let query = keys.iter().map(Bound::from).fold(sqlx::query(sql), bind);
    let found = query.fetch_all(connection).await.map_err(|error| failed(sql, error))?;
    found.iter().map(object).collect::<Result<_, _>>().map_err(|error| failed(sql, error))
}

/// Runs a statement.
pub async fn run(connection: &mut MySqlConnection, sql: &str, keys: &[Key<'_>]) -> Result<u64, Error> {
    let query = keys.iter().map(Bound::from).fold(sqlx::query(sql), bind);
    Ok(query.execute(connection).await.map_err(|error| failed(sql, error))?.rows_affected())
}

/// Inserts a row, with the number that the table gave it.
pub async fn insert(connection: &mut MySqlConnection, table: &str, row: &Object) -> Result<i64, Error> {
    let columns: String = row.keys().map(|name| format!("`{}`, ", column(name))).collect();
    let values = "?, ".repeat(row.len());
    let sql = format!("INSERT INTO {table} ({columns}modification_ts) VALUES ({values}CURRENT_TIMESTAMP)");
    let query = written(row).fold(sqlx::query(&sql), bind);
    let done = query.execute(connection).await.map_err(|error| failed(&sql, error))?;
    Ok(i64::try_from(done.last_insert_id()).unwrap_or(i64::MAX))
}

/// Updates the rows for which `given` holds, those included that say the same already.
pub async fn update(
    connection: &mut MySqlConnection,
    table: &str,
    row: &Object,
    given: &str,
    keys: &[Key<'_>],
) -> Result<u64, Error> {
    let columns: String = row.keys().map(|name| format!("`{}` = ?, ", column(name))).collect();
    let sql = format!("UPDATE {table} SET {columns}modification_ts = CURRENT_TIMESTAMP WHERE {given}");
    let query = written(row).chain(keys.iter().map(Bound::from)).fold(sqlx::query(&sql), bind);
    Ok(query.execute(connection).await.map_err(|error| failed(&sql, error))?.rows_affected())
}

/// Begins to look at one moment.
pub async fn look(connection: &mut MySqlConnection) -> Result<Transaction<'_, MySql>, Error> {
    const LEVEL: &str = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ";
    const BEGIN: &str = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY";
    connection.execute(LEVEL).await.map_err(|error| failed(LEVEL, error))?;
    connection.begin_with(BEGIN).await.map_err(|error| failed(BEGIN, error))
}

/// A value as it is bound.
#[derive(Debug, PartialEq)]
enum Bound<'a> {
    Null,
    Flag(bool),
    Whole(i64),
    Fraction(f64),
    Text(&'a str),
    Written(String),
    Bytes(Vec<u8>),
}

impl<'a> From<&Key<'a>> for Bound<'a> {
    fn from(key: &Key<'a>) -> Self {
        match *key {
            Key::Address(IpAddr::V4(address)) => Self::Whole(address.to_bits().into()),
            Key::Address(IpAddr::V6(address)) => Self::Written(address.to_string()),
            Key::Flag(flag) => Self::Flag(flag),
            Key::Number(number) => Self::Whole(number),
            Key::Text(text) => Self::Text(text),
        }
    }
}

fn bind<'q>(query: Query<'q, MySql, MySqlArguments>, value: Bound<'q>) -> Query<'q, MySql, MySqlArguments> {
    match value {
        Bound::Null => query.bind(None::<&str>),
        Bound::Flag(flag) => query.bind(flag),
        Bound::Whole(number) => query.bind(number),
        Bound::Fraction(number) => query.bind(number),
        Bound::Text(text) => query.bind(text),
        Bound::Written(text) => query.bind(text),
        Bound::Bytes(bytes) => query.bind(bytes),
    }
}

/// What a column is called here.
fn column(name: &str) -> &str {
    RENAMED.iter().find(|(known, _)| *known == name).map_or(name, |(_, here)| here)
}

fn written(row: &Object) -> impl Iterator<Item = Bound<'_>> {
    let is_option = row.contains_key(OF_OPTIONS);
    row.iter().map(move |(name, value)| write(has_bytes(name, is_option), name, value))
}

/// Whether a column has bytes, where JSON has their hexadecimal digits.
fn has_bytes(name: &str, is_option: bool) -> bool {
    name == "interface_id" || (name == "value" && is_option)
}

fn write<'a>(bytes: bool, name: &str, value: &'a Value) -> Bound<'a> {
    match value {
        Value::Null => Bound::Null,
        Value::Bool(flag) => Bound::Flag(*flag),
        Value::Number(number) => {
            number.as_i64().map_or_else(|| Bound::Fraction(number.as_f64().unwrap_or_default()), Bound::Whole)
        }
        Value::String(text) if bytes => Bound::Bytes(unhex(text)),
        Value::String(text) => match text.parse::<Ipv4Addr>() {
            Ok(address) if ADDRESSES.contains(&name) => Bound::Whole(address.to_bits().into()),
            _ => Bound::Text(text),
        },
        Value::Array(_) | Value::Object(_) => Bound::Written(value.to_string()),
    }
}

fn object(row: &MySqlRow) -> Result<Object, sqlx::Error> {
    let known = |name: &str| RENAMED.iter().find(|(_, here)| *here == name).map_or(name, |(known, _)| known).to_owned();
    row.columns().iter().map(|column| Ok((known(column.name()), read(row, column)?))).collect()
}

fn read(row: &MySqlRow, column: &MySqlColumn) -> Result<Value, sqlx::Error> {
    let (at, name, kind) = (column.ordinal(), column.name(), column.type_info().name());
    Ok(match kind {
        "BOOLEAN" => row.try_get::<Option<bool>, _>(at)?.into(),
        // What was written with a few digits has a few digits.
        "FLOAT" => row.try_get::<Option<f32>, _>(at)?.and_then(|number| number.to_string().parse::<f64>().ok()).into(),
        _ if kind.ends_with("INT UNSIGNED") => {
            let number = row.try_get::<Option<u64>, _>(at)?;
            let address = number.filter(|_| ADDRESSES.contains(&name)).and_then(|number| u32::try_from(number).ok());
            address.map_or_else(|| number.into(), |bits| Ipv4Addr::from_bits(bits).to_string().into())
        }
        _ if kind.ends_with("INT") => {
            let number = row.try_get::<Option<i64>, _>(at)?;
            if name == FLAG { number.map(|number| number != 0).into() } else { number.into() }
        }
        "TIMESTAMP" => Value::Null,
        // Texts that are compared by their bytes look like bytes.
        _ if !has_bytes(name, row.try_column(OF_OPTIONS).is_ok()) => {
            let text = row.try_get_unchecked::<Option<&str>, _>(at)?;
            let context = text.filter(|_| name == CONTEXT).and_then(|text| serde_json::from_str(text).ok());
            context.unwrap_or_else(|| text.into())
        }
        _ => row.try_get::<Option<&[u8]>, _>(at)?.map(hex).into(),
    })
}

/// Bytes as PostgreSQL shows them.
fn hex(bytes: &[u8]) -> String {
    iter::once("\\x".to_owned()).chain(bytes.iter().map(|byte| format!("{byte:02x}"))).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    text.trim_start_matches("\\x").as_bytes().chunks(2).map_while(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn columns_say_what_they_say_elsewhere_in_their_own_way() {
        let row = json!({
            "end_address": "2001:db8::1", "interface_4o6": "eth0", "interface_id": "\\x6765", "next_server": "192.0.2.1", "t1_percent": 0.5,
            "user_context": {"a": [1]}, "valid_lifetime": 4294967295u32, "value": "\\x41"
        });
        let mut row = row.as_object().unwrap().clone();
        let bound: Vec<_> = written(&row).collect();
        assert_eq!(bound[..3], [Bound::Text("2001:db8::1"), Bound::Text("eth0"), Bound::Bytes(b"ge".into())]);
        assert_eq!(bound[3..5], [Bound::Whole(0xc000_0201), Bound::Fraction(0.5)]);
        assert_eq!(bound[5], Bound::Written(r#"{"a":[1]}"#.into()));
        assert_eq!(bound[6..], [Bound::Whole(0xffff_ffff), Bound::Text("\\x41")]);
        row.insert(OF_OPTIONS.into(), "".into());
        assert!(written(&row).any(|value| value == Bound::Bytes(b"A".into())));
        assert_eq!((column("subnet_4o6"), column("subnet_id")), ("4o6_subnet", "subnet_id"));
    }

    #[test]
    fn bytes_are_shown_by_their_digits() {
        assert_eq!(hex(&[0, 0xaf]), "\\x00af");
        assert_eq!(unhex(&hex(b"any")), b"any");
        assert_eq!(hex(&[]), "\\x");
    }
}
