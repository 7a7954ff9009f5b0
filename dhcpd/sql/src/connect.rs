//! Connections to databases: from the parameters of a database to one that is open and has the right schema.
//!
//! Which kind of a database it is stands in [`Connection`]. Where their statements differ, a module has a `pgsql` and a `mysql`
//! beside each other; everything else does not ask.

mod initialize;
pub mod mysql;
pub mod pgsql;

use crate::messages::*;
use dhcpd_config::common::{Database, DatabaseType, Password};
use sqlx::{Executor, MySqlConnection, PgConnection};
use std::time::Duration;
use std::{fmt, fs};
use tokio::time::timeout;

/// Passwords out of examples; Kea refuses them, too.
const DEFAULT_PASSWORDS: [&str; 2] = ["1234", "*****"];

/// A database that is open.
#[derive(Debug)]
pub enum Connection {
    /// MySQL or MariaDB.
    Mysql(MySqlConnection),
    /// PostgreSQL.
    Postgresql(PgConnection),
}

impl Connection {
    /// Major and minor number of the schema.
    async fn version(&mut self) -> Result<(u32, u32), Error> {
        match self {
            Self::Mysql(connection) => mysql::version(connection).await,
            Self::Postgresql(connection) => pgsql::version(connection).await,
        }
    }

    /// Executes statements that have no values and no answer.
    pub(crate) async fn execute(&mut self, statement: &str) -> Result<(), Error> {
        let done = match self {
            Self::Mysql(connection) => connection.execute(statement).await.map(drop),
            Self::Postgresql(connection) => connection.execute(statement).await.map(drop),
        };
        done.map_err(|error| self.failed("set", error))
    }

    /// What became of a statement, by the name under which people find it in the log. A lost connection is logged.
    pub(crate) fn failed(&self, statement: &str, error: sqlx::Error) -> Error {
        match self {
            Self::Mysql(_) => mysql::failed(statement, error),
            Self::Postgresql(_) => pgsql::failed(statement, error),
        }
    }
}

/// Why something failed in a database: whose fault it is decides what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// A parameter is wrong: its key, and why.
    Parameter(&'static str, String),
    /// The database cannot be reached, or does not let us in; another try may help.
    Unreachable(String),
    /// It has no schema, or another one.
    Schema(String),
    /// The connection is lost.
    Lost(String),
    /// The database refused a statement.
    Refused(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Parameter(_, reason)
            | Error::Unreachable(reason)
            | Error::Schema(reason)
            | Error::Lost(reason)
            | Error::Refused(reason) => f.write_str(reason),
        }
    }
}

impl std::error::Error for Error {}

impl Error {
    /// Whether the connection cannot be used any more, or there is none.
    pub fn is_lost(&self) -> bool {
        matches!(self, Error::Lost(_) | Error::Unreachable(_))
    }
}

/// Opens a database and makes sure that its schema is the one that Kea 3.3 uses, and this server. One that has no schema
/// is given it.
pub async fn connect(database: &Database) -> Result<Connection, Error> {
    let mut connection = open(database).await?;
    let found = match connection.version().await {
        Ok(found) => found,
        Err(missing @ Error::Schema(_)) => {
            initialize::schema(database, &missing)?;
            connection.version().await?
        }
        Err(lost) => return Err(lost),
    };
    let (kind, expected) = match connection {
        Connection::Mysql(_) => ("MySQL", mysql::SCHEMA_VERSION),
        Connection::Postgresql(_) => ("PostgreSQL", pgsql::SCHEMA_VERSION),
    };
    if found != expected {
        let ((major, minor), (expected, expected_minor)) = (found, expected);
        return Err(Error::Schema(format!(
            "{kind} schema version mismatch: expected version: {expected}.{expected_minor}, found version: {major}.{minor}"
        )));
    }
    Ok(connection)
}

/// Opens a database, whatever its schema.
async fn open(database: &Database) -> Result<Connection, Error> {
    if database.name.is_none() {
        return Err(Error::Parameter("name", "must specify a name for the database".to_owned()));
    }
    if database.connect_timeout.is_zero() {
        return Err(Error::Parameter("connect-timeout", "connect-timeout (0) must be at least 1".to_owned()));
    }
    let password = password(&database.password)?;
    let opened = async {
        match database.kind {
            DatabaseType::Mysql => mysql::open(database, password).await.map(Connection::Mysql),
            DatabaseType::Postgresql => pgsql::open(database, password).await.map(Connection::Postgresql),
        }
    };
    let late = |_| Err(Error::Unreachable(format!("{}: timeout expired", database.host)));
    timeout(database.connect_timeout, opened).await.unwrap_or_else(late)
}

/// Waits for an answer for as long as a database may take. A connection that did not give it in time is lost.
pub async fn within<R>(patience: Option<Duration>, answer: impl Future<Output = Result<R, Error>>) -> Result<R, Error> {
    let Some(patience) = patience else { return answer.await };
    timeout(patience, answer).await.unwrap_or_else(|_| {
        let reason = format!("no answer within {} s", patience.as_secs());
        log::event!(DATABASE_MYSQL_FATAL_ERROR, statement = "any", reason, code = mysql::LOST);
        Err(Error::Lost("fatal database error or connectivity lost".to_owned()))
    })
}

/// The password, out of its file if it stands in one.
fn password(given: &Password) -> Result<Option<String>, Error> {
    let (key, password) = match given {
        Password::None => return Ok(None),
        Password::Is(password) => ("password", password.to_string()),
        Password::File(path) => {
            let unfit = |why: String| Error::Parameter("password-file", format!("{}: {why}", path.display()));
            let text = fs::read_to_string(path).map_err(|error| unfit(error.to_string()))?;
            let line = text.lines().next().unwrap_or_default();
            ("password-file", line.to_owned())
        }
    };
    if DEFAULT_PASSWORDS.contains(&password.as_str()) {
        return Err(Error::Parameter(key, "illegal use of a default value as credential".to_owned()));
    }
    Ok(Some(password))
}

/// What the database or the way to it says.
fn reason(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        sqlx::Error::Io(error) => error.to_string(),
        error => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dhcpd_config::common::{OnFail, Recovery, SslMode};

    fn database() -> Database {
        Database {
            kind: DatabaseType::Postgresql,
            name: Some("leases".into()),
            user: Some("kea".into()),
            password: Password::Is("secret".into()),
            host: "/run/nowhere".into(),
            port: Some(5433),
            readonly: false,
            connect_timeout: Duration::from_secs(5),
            patience: None,
            ssl_mode: SslMode::Prefer,
            trust_anchor: None,
            cert_file: None,
            key_file: None,
            recovery: Recovery { tries: 0, wait: Duration::ZERO, on_fail: OnFail::StopRetryExit, at_start: false },
        }
    }

    fn error(database: &Database) -> Error {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(connect(database)).unwrap_err()
    }

    #[test]
    fn who_cannot_be_reached_is_named() {
        let Error::Unreachable(reason) = error(&database()) else { panic!("another error") };
        let expected = r#"connection to server on socket "/run/nowhere/.s.PGSQL.5433" failed: No such file"#;
        assert!(reason.starts_with(expected), "{reason}");
    }

    #[test]
    fn what_is_missing_or_wrong_is_a_fault_of_its_parameter() {
        let nameless = Database { name: None, ..database() };
        assert_eq!(error(&nameless), Error::Parameter("name", "must specify a name for the database".into()));
        let usual = Database { password: Password::Is("1234".into()), ..database() };
        assert!(matches!(error(&usual), Error::Parameter("password", _)));
        let elsewhere = Database { password: Password::File("/run/nowhere/password".into()), ..database() };
        assert!(matches!(error(&elsewhere), Error::Parameter("password-file", _)));
    }

    #[test]
    fn patience_ends() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let late = |seconds| async move {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            Ok(seconds)
        };
        let patience = Some(Duration::from_secs(5));
        assert_eq!(runtime.block_on(within(patience, late(4))), Ok(4));
        assert!(runtime.block_on(within(patience, late(6))).is_err_and(|error| error.is_lost()));
        assert_eq!(runtime.block_on(within(None, late(6))), Ok(6));
    }

    #[test]
    fn a_password_is_not_shown() {
        assert!(!format!("{:?}", database()).contains("secret"));
        let shown = "host=/run/nowhere name=leases password=***** port=5433 type=postgresql user=kea";
        assert_eq!(database().parameters(), shown);
    }

    #[test]
    fn a_password_is_the_first_line_of_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        fs::write(&path, "a b c\nmore\n").unwrap();
        assert_eq!(password(&Password::File(path)), Ok(Some("a b c".into())));
    }
}
