//! Connections to MySQL and MariaDB.

use super::{Error, reason};
use crate::messages::*;
use dhcpd_config::common::Database;
use sqlx::mysql::{MySqlConnectOptions, MySqlDatabaseError, MySqlSslMode};
use sqlx::{ConnectOptions, Connection, Executor, MySqlConnection, Row};
use std::path::{Path, PathBuf};
use std::{env, fs};

/// Major and minor number of the schema that Kea 3.3 uses, and this server.
pub const SCHEMA_VERSION: (u32, u32) = (35, 0);

/// Where the socket of a server on this machine is, unless the environment (`MYSQL_UNIX_PORT`) says otherwise.
const SOCKET: &str = "/run/mysqld/mysqld.sock";

/// The usual port.
const PORT: u16 = 3306;

/// Begins a certificate in a file.
const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----";

/// What is said at the beginning of a connection: what does not fit is an error, an idle connection stays, and what is known
/// of tables is what holds now (MySQL 8 would say for a day what held once).
const SETTINGS: &str = "SET SESSION sql_mode = 'STRICT_ALL_TABLES', wait_timeout = 2592000 \
     /*!80000 , information_schema_stats_expiry = 0 */";

/// The number of a connection that was lost in the middle of something, among those of MySQL's own programs.
pub(super) const LOST: u16 = 2013;

/// Server errors after which nothing more can be asked: it ends (1053, 1077), the connection was aborted or killed (1152,
/// 1158 to 1161, 1184, 1927), or idle for too long (4031).
const FATAL: [u16; 10] = [1053, 1077, 1152, 1158, 1159, 1160, 1161, 1184, 1927, 4031];

/// Opens a database, whatever its schema.
pub(super) async fn open(database: &Database, password: Option<String>) -> Result<MySqlConnection, Error> {
    let options = options(database, password)?;
    let failed = |error: sqlx::Error| match error.as_database_error() {
        Some(_) => Error::Unreachable(reason(&error)),
        None => {
            let reason = reason(&error);
            Error::Unreachable(match options.get_socket() {
                Some(socket) => {
                    format!("Can't connect to local server through socket '{}' ({reason})", socket.display())
                }
                None => {
                    format!("Can't connect to server on '{}:{}' ({reason})", options.get_host(), options.get_port())
                }
            })
        }
    };
    let mut connection = MySqlConnection::connect_with(&options).await.map_err(failed)?;
    connection.execute(SETTINGS).await.map_err(failed)?;
    Ok(connection)
}

/// Major and minor number of a database's schema.
pub(super) async fn version(connection: &mut MySqlConnection) -> Result<(u32, u32), Error> {
    const STATEMENT: &str = "SELECT CAST(version AS UNSIGNED), CAST(minor AS UNSIGNED) FROM schema_version";
    let failed = |error: sqlx::Error| {
        let reason = reason(&error);
        match error {
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) => Error::Lost(reason),
            _ => Error::Schema(format!("unable to prepare MySQL statement <{STATEMENT}>, reason: {reason}")),
        }
    };
    let row = sqlx::query(STATEMENT).fetch_one(connection).await.map_err(failed)?;
    let number = |at: usize| row.try_get::<u64, _>(at).map(|number| u32::try_from(number).unwrap_or(u32::MAX));
    Ok((number(0).map_err(failed)?, number(1).map_err(failed)?))
}

/// The number of what a database says went wrong.
pub(crate) fn number(error: &sqlx::Error) -> Option<u16> {
    error.as_database_error()?.try_downcast_ref::<MySqlDatabaseError>().map(MySqlDatabaseError::number)
}

/// What became of a statement, by the name under which people find it in the log. A lost connection is logged.
pub(crate) fn failed(statement: &str, error: sqlx::Error) -> Error {
    let code = number(&error);
    let reason = reason(&error);
    if is_fatal(&error, code) {
        log::event!(DATABASE_MYSQL_FATAL_ERROR, statement, reason, code = code.unwrap_or_default());
        return Error::Lost("fatal database error or connectivity lost".to_owned());
    }
    Error::Refused(format!(
        "unable to execute for <{statement}>, reason: {reason} (error code {})",
        code.unwrap_or_default()
    ))
}

/// The way to a server. As its own programs do, this machine is asked by a socket; by TCP where another port than the usual
/// one is said.
pub fn way(host: &str, port: Option<u16>) -> MySqlConnectOptions {
    let socket = env::var_os("MYSQL_UNIX_PORT").map_or_else(|| PathBuf::from(SOCKET), PathBuf::from);
    let way = MySqlConnectOptions::new().host(host).disable_statement_logging();
    match port.filter(|&port| port != PORT) {
        Some(port) => way.port(port),
        None if host == "localhost" && Path::new(&socket).exists() => way.socket(socket),
        None => way,
    }
}

/// How MySQL is asked for a connection.
fn options(database: &Database, password: Option<String>) -> Result<MySqlConnectOptions, Error> {
    let mut options = way(&database.host, database.port)
        .database(database.name.as_deref().unwrap_or_default())
        .charset("utf8mb4")
        .pipes_as_concat(false)
        .no_engine_substitution(false)
        .ssl_mode(match (&database.trust_anchor, &database.cert_file, &database.key_file) {
            (Some(_), _, _) => MySqlSslMode::VerifyCa,
            (None, None, None) => MySqlSslMode::Preferred,
            _ => MySqlSslMode::Required,
        });
    if let Some(user) = &database.user {
        options = options.username(user);
    }
    if let Some(password) = password {
        options = options.password(&password);
    }
    if let Some(path) = &database.trust_anchor {
        options = match path.is_dir() {
            true => options.ssl_ca_from_pem(authorities(path)?),
            false => options.ssl_ca(path),
        };
    }
    if let Some(path) = &database.cert_file {
        options = options.ssl_client_cert(path);
    }
    if let Some(path) = &database.key_file {
        options = options.ssl_client_key(path);
    }
    Ok(options)
}

/// The certificates in the files of a folder, one behind the other.
fn authorities(folder: &Path) -> Result<Vec<u8>, Error> {
    let unfit = |why: String| Error::Parameter("trust-anchor", format!("{}: {why}", folder.display()));
    let entries = fs::read_dir(folder).map_err(|error| unfit(error.to_string()))?;
    let files = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_file());
    let texts = files.filter_map(|path| fs::read_to_string(path).ok());
    let all: String = texts.filter(|text| text.contains(CERTIFICATE)).map(|text| text + "\n").collect();
    if all.is_empty() { Err(unfit("no certificate is there".to_owned())) } else { Ok(all.into_bytes()) }
}

/// Whether nothing more can be asked of a connection.
fn is_fatal(error: &sqlx::Error, code: Option<u16>) -> bool {
    match (error, code) {
        (_, Some(code)) => FATAL.contains(&code),
        (sqlx::Error::Database(_) | sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_), None) => true,
        _ => false,
    }
}
