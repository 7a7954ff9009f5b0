//! The way to a database, and failures in the words that people know from psql.

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection};

use crate::options::Options;

/// Exit status of psql, which people see in messages: it found no database.
const NO_CONNECTION: u8 = 2;
/// A statement failed.
const STATEMENT_FAILED: u8 = 3;

/// What a database, or the way to it, refused; the reason is on stderr already.
pub(crate) struct Refused(pub(crate) u8);

impl From<sqlx::Error> for Refused {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(error) => {
                eprintln!("ERROR:  {}", error.message());
                Refused(STATEMENT_FAILED)
            }
            error => {
                eprintln!("{error}");
                Refused(NO_CONNECTION)
            }
        }
    }
}

/// Opens the database that the options name. Where they say nothing, the environment that PostgreSQL's programs
/// read (PGPORT, PGSSLMODE and so on) does.
pub(crate) async fn open(options: &Options) -> Result<PgConnection, Refused> {
    let Options { host, port, user, password, name, .. } = options;
    let mut way = PgConnectOptions::new_without_pgpass().host(host).username(user).password(password).database(name);
    if let Some(port) = *port {
        way = way.port(port);
    }
    let port = way.get_port();
    PgConnection::connect_with(&way.disable_statement_logging()).await.map_err(|error| {
        let reason =
            error.as_database_error().map_or_else(|| error.to_string(), |it| format!("FATAL:  {}", it.message()));
        eprintln!("connection to server at \"{host}\", port {port} failed: {reason}");
        Refused(NO_CONNECTION)
    })
}
