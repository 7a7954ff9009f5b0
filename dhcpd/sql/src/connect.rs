//! Connections to PostgreSQL: from the parameters of a database to one that is open and has the right schema.

use crate::messages::*;
use dhcpd_config::common::{Database, DatabaseType, Password, SslMode};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{ConnectOptions, Connection, PgConnection, Row};
use std::{fmt, fs};
use tokio::time::timeout;

/// Major and minor number of the schema that Kea 3.3 uses, and this server.
pub const SCHEMA_VERSION: (i32, i32) = (34, 0);

/// Passwords out of examples; Kea refuses them, too.
const DEFAULT_PASSWORDS: [&str; 2] = ["1234", "*****"];

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
    /// What became of a statement, by the name under which people find it in the log. A lost connection is logged.
    pub fn of(statement: &str, error: sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(|error| error.code().map(|code| code.into_owned()));
        if is_fatal(&error, code.as_deref()) {
            let code = code.as_deref().unwrap_or("<sqlstate null>");
            log::event!(DATABASE_PGSQL_FATAL_ERROR, statement, reason = reason(&error), code);
            return Error::Lost("fatal database error or connectivity lost".to_owned());
        }
        let code = code.unwrap_or_default();
        Error::Refused(format!(
            "Statement exec failed for: {statement}, sqlstate: [{code}], reason: {}",
            reason(&error)
        ))
    }

    /// Whether the connection cannot be used any more, or there is none.
    pub fn is_lost(&self) -> bool {
        matches!(self, Error::Lost(_) | Error::Unreachable(_))
    }
}

/// Opens a database and makes sure that its schema is the one of [`SCHEMA_VERSION`].
pub async fn connect(database: &Database) -> Result<PgConnection, Error> {
    let mut connection = open(database).await?;
    let found = version(&mut connection).await.inspect_err(|error| {
        log::event!(DATABASE_PGSQL_INITIAL_CONNECTION_FAIL, reason = error);
    })?;
    if found != SCHEMA_VERSION {
        let ((major, minor), (expected, expected_minor)) = (found, SCHEMA_VERSION);
        return Err(Error::Schema(format!(
            "PostgreSQL schema version mismatch: expected version: {expected}.{expected_minor}, \
             found version: {major}.{minor}"
        )));
    }
    Ok(connection)
}

/// Opens a database, whatever its schema.
pub async fn open(database: &Database) -> Result<PgConnection, Error> {
    let options = options(database)?;
    let failed = |reason: &str| {
        let (host, port) = (&database.host, options.get_port());
        match host.strip_prefix('/') {
            None => Error::Unreachable(format!("connection to server at \"{host}\", port {port} failed: {reason}")),
            Some(_) => {
                let socket = format!("{host}/.s.PGSQL.{port}");
                Error::Unreachable(format!("connection to server on socket \"{socket}\" failed: {reason}"))
            }
        }
    };
    match timeout(database.connect_timeout, PgConnection::connect_with(&options)).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(error)) if error.as_database_error().is_some() => Err(failed(&format!("FATAL:  {}", reason(&error)))),
        Ok(Err(error)) => Err(failed(&reason(&error))),
        Err(_) => Err(failed("timeout expired")),
    }
}

/// Major and minor number of a database's schema.
pub async fn version(connection: &mut PgConnection) -> Result<(i32, i32), Error> {
    const STATEMENT: &str = "SELECT version, minor FROM schema_version;";
    let failed = |error: sqlx::Error| {
        let reason = reason(&error);
        Error::Schema(format!("unable to execute PostgreSQL statement <{STATEMENT}, reason: {reason}"))
    };
    let row = sqlx::query(STATEMENT).fetch_one(connection).await.map_err(failed)?;
    Ok((row.try_get(0).map_err(failed)?, row.try_get(1).map_err(failed)?))
}

/// How PostgreSQL is asked for a connection.
fn options(database: &Database) -> Result<PgConnectOptions, Error> {
    if database.kind == DatabaseType::Mysql {
        return Err(Error::Parameter("type", "not supported yet: `mysql`".to_owned()));
    }
    let Some(name) = &database.name else {
        return Err(Error::Parameter("name", "must specify a name for the database".to_owned()));
    };
    if database.connect_timeout.is_zero() {
        return Err(Error::Parameter("connect-timeout", "connect-timeout (0) must be at least 1".to_owned()));
    }
    // Statements are few and stay prepared; what is slow is for the database's own log.
    let mut options = PgConnectOptions::new_without_pgpass()
        .host(&database.host)
        .database(name)
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
    if let Some(password) = password(&database.password)? {
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
    Ok(options)
}

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

/// Whether nothing more can be asked of a connection. As in Kea by the class of the SQLSTATE: connection, resources, limits, an operator,
/// the system; and whatever has none.
fn is_fatal(error: &sqlx::Error, code: Option<&str>) -> bool {
    match (error, code) {
        (_, Some(code)) => ["08", "53", "54", "57", "58"].iter().any(|class| code.starts_with(class)),
        (sqlx::Error::Database(_) | sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_), None) => true,
        _ => false,
    }
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
    use dhcpd_config::common::{OnFail, Recovery};
    use std::time::Duration;

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
