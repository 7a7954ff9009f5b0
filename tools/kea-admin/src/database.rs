//! The way to a database, and failures in the words that people know from psql and mysql.

use sqlx::mysql::MySqlDatabaseError;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ColumnIndex, ConnectOptions, Connection, Decode, Executor, MySqlConnection, PgConnection, Row, raw_sql};

use crate::options::{Backend, Options};

/// Exit status of psql, which people see in messages: it found no database.
const NO_CONNECTION: u8 = 2;
/// A statement failed.
const STATEMENT_FAILED: u8 = 3;
/// The only one that mysql has for failures.
const MYSQL_FAILED: u8 = 1;

/// Triggers and procedures remember the modes of the session that made them: these are to be the server's own.
const SERVERS_MODES: &str = "SET SESSION sql_mode = @@GLOBAL.sql_mode";

/// What a database, or the way to it, refused; the reason is on stderr already.
pub(crate) struct Refused(pub(crate) u8);

/// A database that is open.
pub(crate) enum Database {
    Mysql(MySqlConnection),
    Pgsql(PgConnection),
}

/// A row, as text; NULL is none.
pub(crate) type Fields = Vec<Option<String>>;

impl Database {
    /// Opens the database that the options name.
    pub(crate) async fn open(options: &Options) -> Result<Self, Refused> {
        match options.backend {
            Backend::Mysql => mysql(options).await.map(Self::Mysql),
            Backend::Pgsql | Backend::Memfile => pgsql(options).await.map(Self::Pgsql),
        }
    }

    /// Runs statements, one after another.
    pub(crate) async fn run(&mut self, statements: &str) -> Result<(), Refused> {
        let done = match self {
            Self::Mysql(connection) => raw_sql(statements).execute(connection).await.map(drop),
            Self::Pgsql(connection) => raw_sql(statements).execute(connection).await.map(drop),
        };
        done.map_err(|error| self.refused(error))
    }

    /// The rows of a query.
    pub(crate) async fn rows(&mut self, query: &str) -> Result<Vec<Fields>, Refused> {
        let rows = match self {
            Self::Mysql(connection) => raw_sql(query).fetch_all(connection).await.and_then(|rows| fields(&rows)),
            Self::Pgsql(connection) => raw_sql(query).fetch_all(connection).await.and_then(|rows| fields(&rows)),
        };
        rows.map_err(|error| self.refused(error))
    }

    /// Runs a statement that has a place for each value.
    pub(crate) async fn run_with(
        &mut self,
        statement: &str,
        values: impl Iterator<Item = &str>,
    ) -> Result<(), Refused> {
        let done = match self {
            Self::Mysql(connection) => values
                .fold(sqlx::query(statement), |query, value| query.bind(value))
                .execute(connection)
                .await
                .map(drop),
            Self::Pgsql(connection) => values
                .fold(sqlx::query(statement), |query, value| query.bind(value))
                .execute(connection)
                .await
                .map(drop),
        };
        done.map_err(|error| self.refused(error))
    }

    /// Says on stderr what became of a statement.
    fn refused(&self, error: sqlx::Error) -> Refused {
        match (self, error) {
            (Self::Mysql(_), error) => mysql_refused(error),
            (Self::Pgsql(_), sqlx::Error::Database(error)) => {
                eprintln!("ERROR:  {}", error.message());
                Refused(STATEMENT_FAILED)
            }
            (Self::Pgsql(_), error) => {
                eprintln!("{error}");
                Refused(NO_CONNECTION)
            }
        }
    }
}

/// What was asked for by statements that are not prepared comes as text, whatever its type.
fn fields<R: Row>(rows: &[R]) -> Result<Vec<Fields>, sqlx::Error>
where
    usize: ColumnIndex<R>,
    for<'r> String: Decode<'r, R::Database>,
{
    rows.iter().map(|row| (0..row.len()).map(|at| row.try_get_unchecked(at)).collect()).collect()
}

/// Where the options say nothing, the environment that PostgreSQL's programs read (PGPORT, PGSSLMODE and so on) does.
async fn pgsql(options: &Options) -> Result<PgConnection, Refused> {
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

async fn mysql(options: &Options) -> Result<MySqlConnection, Refused> {
    let Options { host, port, user, password, name, .. } = options;
    let way = sql::connect::mysql::way(host, *port).username(user).password(password).database(name);
    let mut connection = MySqlConnection::connect_with(&way).await.map_err(mysql_refused)?;
    connection.execute(SERVERS_MODES).await.map_err(mysql_refused)?;
    Ok(connection)
}

fn mysql_refused(error: sqlx::Error) -> Refused {
    match error.as_database_error().and_then(|error| error.try_downcast_ref::<MySqlDatabaseError>()) {
        Some(error) => {
            let (number, state) = (error.number(), error.code().unwrap_or("HY000"));
            eprintln!("ERROR {number} ({state}): {}", error.message());
        }
        None => eprintln!("ERROR 2002 (HY000): Can't connect to server: {error}"),
    }
    Refused(MYSQL_FAILED)
}
