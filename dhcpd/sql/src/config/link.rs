//! What is said to a database about configurations: a handful of words for both kinds, with `?` in a statement for each value that
//! is bound. Rows come and go as JSON.

use super::{Object, mysql, pgsql};
use crate::connect::{self, Error};
use sqlx::{Connection as _, MySql, MySqlConnection, PgConnection, Postgres};
use std::net::IpAddr;

/// A value that is bound.
#[derive(Clone, Copy, Debug)]
pub enum Key<'a> {
    Address(IpAddr),
    Flag(bool),
    Number(i64),
    Text(&'a str),
}

/// What statements are said to: a connection, or a transaction of one.
pub enum Link<'a> {
    Mysql(&'a mut MySqlConnection),
    Postgresql(&'a mut PgConnection),
}

/// Changes that are made together, or not at all: those that are not committed are taken back. Or a look at what is there at
/// one moment.
pub enum Transaction<'a> {
    Mysql(sqlx::Transaction<'a, MySql>),
    Postgresql(sqlx::Transaction<'a, Postgres>),
}

impl<'a> From<&'a mut connect::Connection> for Link<'a> {
    fn from(connection: &'a mut connect::Connection) -> Self {
        match connection {
            connect::Connection::Mysql(connection) => Self::Mysql(connection),
            connect::Connection::Postgresql(connection) => Self::Postgresql(connection),
        }
    }
}

impl Link<'_> {
    /// The rows that a statement selects. `name` is what messages call it; MySQL's show all of it.
    pub async fn rows(&mut self, name: &str, sql: &str, keys: &[Key<'_>]) -> Result<Vec<Object>, Error> {
        match self {
            Self::Mysql(connection) => mysql::rows(connection, sql, keys).await,
            Self::Postgresql(connection) => pgsql::rows(connection, name, sql, keys).await,
        }
    }

    /// Runs a statement, and tells how many rows it concerned.
    pub async fn run(&mut self, name: &str, sql: &str, keys: &[Key<'_>]) -> Result<u64, Error> {
        match self {
            Self::Mysql(connection) => mysql::run(connection, sql, keys).await,
            Self::Postgresql(connection) => pgsql::run(connection, name, sql, keys).await,
        }
    }

    /// Calls a procedure of the schema.
    pub async fn call(&mut self, name: &str, procedure: &str, keys: &[Key<'_>]) -> Result<(), Error> {
        match self {
            Self::Mysql(_) => self.run(name, &format!("CALL {procedure}"), keys).await.map(drop),
            Self::Postgresql(_) => self.run(name, &format!("SELECT {procedure}"), keys).await.map(drop),
        }
    }

    /// Inserts a row, with the number that the table gave it; `key` is the column of the number.
    pub async fn insert(&mut self, name: &str, table: &str, row: &Object, key: &str) -> Result<i64, Error> {
        match self {
            Self::Mysql(connection) => mysql::insert(connection, table, row).await,
            Self::Postgresql(connection) => pgsql::insert(connection, name, table, row, key).await,
        }
    }

    /// Updates the rows for which `given` holds, and tells how many there are.
    pub async fn update(
        &mut self,
        name: &str,
        table: &str,
        row: &Object,
        given: &str,
        keys: &[Key<'_>],
    ) -> Result<u64, Error> {
        match self {
            Self::Mysql(connection) => mysql::update(connection, table, row, given, keys).await,
            Self::Postgresql(connection) => pgsql::update(connection, name, table, row, given, keys).await,
        }
    }
}

impl<'a> Transaction<'a> {
    /// Begins to change something.
    pub async fn begin(connection: &'a mut connect::Connection) -> Result<Self, Error> {
        match connection {
            connect::Connection::Mysql(connection) => {
                let begun = connection.begin().await;
                begun.map(Self::Mysql).map_err(|error| connect::mysql::failed("START TRANSACTION", error))
            }
            connect::Connection::Postgresql(connection) => {
                let begun = connection.begin().await;
                begun.map(Self::Postgresql).map_err(|error| connect::pgsql::failed("START_TRANSACTION", error))
            }
        }
    }

    /// Begins to look: whatever others change until the end is not seen.
    pub async fn look(connection: &'a mut connect::Connection) -> Result<Self, Error> {
        match connection {
            connect::Connection::Mysql(connection) => mysql::look(connection).await.map(Self::Mysql),
            connect::Connection::Postgresql(connection) => pgsql::look(connection).await.map(Self::Postgresql),
        }
    }

    /// What is said here belongs to it.
    pub fn link(&mut self) -> Link<'_> {
        match self {
            Self::Mysql(transaction) => Link::Mysql(transaction),
            Self::Postgresql(transaction) => Link::Postgresql(transaction),
        }
    }

    pub async fn commit(self) -> Result<(), Error> {
        match self {
            Self::Mysql(transaction) => {
                transaction.commit().await.map_err(|error| connect::mysql::failed("COMMIT", error))
            }
            Self::Postgresql(transaction) => {
                transaction.commit().await.map_err(|error| connect::pgsql::failed("COMMIT", error))
            }
        }
    }
}

impl From<bool> for Key<'_> {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<i64> for Key<'_> {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<IpAddr> for Key<'_> {
    fn from(address: IpAddr) -> Self {
        Self::Address(address)
    }
}

impl<'a> From<&'a str> for Key<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Key<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}
