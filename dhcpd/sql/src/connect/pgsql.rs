//! Connections to PostgreSQL.

use super::{Error, reason};
use crate::messages::*;
use dhcpd_config::common::{Database, SslMode};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{ConnectOptions, Connection, PgConnection, Row};

/// Major and minor number of the schema that Kea 3.3 uses, and this server.
pub const SCHEMA_VERSION: (u32, u32) = (34, 0);

/// Opens a database, whatever its schema.
pub(super) async fn open(database: &Database, password: Option<String>) -> Result<PgConnection, Error> {
    let options = options(database, password);
    let failed = |reason: String| {
        let (host, port) = (&database.host, options.get_port());
        match host.strip_prefix('/') {
            None => Error::Unreachable(format!("connection to server at \"{host}\", port {port} failed: {reason}")),
            Some(_) => {
                let socket = format!("{host}/.s.PGSQL.{port}");
                Error::Unreachable(format!("connection to server on socket \"{socket}\" failed: {reason}"))
            }
        }
    };
    PgConnection::connect_with(&options).await.map_err(|error| match error.as_database_error() {
        Some(_) => failed(format!("FATAL:  {}", reason(&error))),
        None => failed(reason(&error)),
    })
}

/// Major and minor number of a database's schema.
pub(super) async fn version(connection: &mut PgConnection) -> Result<(u32, u32), Error> {
    const STATEMENT: &str = "SELECT version, minor FROM schema_version;";
    let failed = |error: sqlx::Error| {
        let reason = reason(&error);
        match error {
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) => Error::Lost(reason),
            _ => Error::Schema(format!("unable to execute PostgreSQL statement <{STATEMENT}, reason: {reason}")),
        }
    };
    let row = sqlx::query(STATEMENT).fetch_one(connection).await.map_err(failed)?;
    let number = |at: usize| row.try_get::<i32, _>(at).map(|number| u32::try_from(number).unwrap_or(u32::MAX));
    Ok((number(0).map_err(failed)?, number(1).map_err(failed)?))
}

/// What became of a statement, by the name under which people find it in the log. A lost connection is logged.
pub(crate) fn failed(statement: &str, error: sqlx::Error) -> Error {
    let code = error.as_database_error().and_then(|error| error.code().map(|code| code.into_owned()));
    if is_fatal(&error, code.as_deref()) {
        let code = code.as_deref().unwrap_or("<sqlstate null>");
        log::event!(DATABASE_PGSQL_FATAL_ERROR, statement, reason = reason(&error), code);
        return Error::Lost("fatal database error or connectivity lost".to_owned());
    }
    let code = code.unwrap_or_default();
    Error::Refused(format!("Statement exec failed for: {statement}, sqlstate: [{code}], reason: {}", reason(&error)))
}

/// How PostgreSQL is asked for a connection.
fn options(database: &Database, password: Option<String>) -> PgConnectOptions {
    // Statements are few and stay prepared; what is slow is for the database's own log.
    let mut options = PgConnectOptions::new_without_pgpass()
        .host(&database.host)
        .database(database.name.as_deref().unwrap_or_default())
        .ssl_mode(match database.ssl_mode {
            SslMode::Disable => PgSslMode::Disable,
            SslMode::Prefer => PgSslMode::Prefer,
            SslMode::Require => PgSslMode::Require,
            SslMode::VerifyCa => PgSslMode::VerifyCa,
            SslMode::VerifyFull => PgSslMode::VerifyFull,
        })
        .disable_statement_logging();
    if let Some(user) = &database.user {
        options = options.username(user);
    }
    if let Some(password) = password {
        options = options.password(&password);
    }
    if let Some(port) = database.port {
        options = options.port(port);
    }
    if let Some(path) = &database.trust_anchor {
        options = options.ssl_root_cert(path);
    }
    if let Some(path) = &database.cert_file {
        options = options.ssl_client_cert(path);
    }
    if let Some(path) = &database.key_file {
        options = options.ssl_client_key(path);
    }
    options
}

/// Whether nothing more can be asked of a connection. As in Kea by the class of the SQLSTATE: connection, resources, limits, an operator,
/// the system; and whatever has none.
fn is_fatal(error: &sqlx::Error, code: Option<&str>) -> bool {
    match (error, code) {
        (_, Some(code)) => ["08", "53", "54", "57", "58"].iter().any(|class| code.starts_with(class)),
        (sqlx::Error::Database(_) | sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_), None) => true,
        _ => false,
    }
}
