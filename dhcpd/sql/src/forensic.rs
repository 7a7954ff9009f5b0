//! The forensic log in a database: rows of the table `logs`, written by a thread of its own.
//!
//! Nobody waits for a row: while the database is away they gather here, and are written when it is back.

use crate::connect::{Connection, Error, connect, within};
use crate::messages::*;
use dhcpd_config::common::Database;
use sqlx::{Connection as _, MySqlConnection, PgConnection};
use std::sync::mpsc as answers;
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::runtime::Builder;
use tokio::sync::mpsc;
use tokio::time::sleep;

/// How many rows may wait for the database: some 30 MB.
const MOST_WAITING: usize = 100_000;
/// How many go with one statement.
const MOST_AT_ONCE: usize = 1000;
/// How long to wait for a database that is away, if the configuration does not say.
const WAIT: Duration = Duration::from_secs(5);

/// Bytes of texts that go with one statement to MySQL, unless one has more: a quarter of what servers take, if they are not told
/// otherwise.
const MOST_BYTES: usize = 1 << 20;

const INSERT: &str = "INSERT INTO logs (timestamp, address, log) \
    SELECT to_timestamp(t), a, l FROM unnest($1::FLOAT8[], $2::TEXT[], $3::TEXT[]) AS rows (t, a, l)";
const INSERT_MYSQL: &str = "INSERT INTO logs (timestamp, address, log) VALUES ";

/// A row of the log.
#[derive(Clone, Debug)]
pub struct Row {
    /// When it happened.
    pub at: SystemTime,
    /// The address that it is about; empty if there is none.
    pub address: String,
    /// What happened.
    pub text: String,
}

/// A log that is open. When it is dropped, what waits is written once more.
#[derive(Debug)]
pub struct ForensicLog {
    rows: Option<mpsc::Sender<Row>>,
    thread: Option<JoinHandle<()>>,
}

impl ForensicLog {
    /// Opens it and waits until it is there; with `retry-on-startup` it may come later.
    pub fn open(database: Database) -> Result<Self, Error> {
        let failed = |error: std::io::Error| Error::Unreachable(error.to_string());
        let runtime = Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let (rows, waiting) = mpsc::channel(MOST_WAITING);
        let (opened, answered) = answers::channel();
        let writer = Writer { database, connection: None };
        let thread = thread::Builder::new().name("forensic-log".into());
        let thread = thread.spawn(move || runtime.block_on(writer.run(waiting, opened))).map_err(failed)?;
        let log = Self { rows: Some(rows), thread: Some(thread) };
        answered.recv().unwrap_or_else(|gone| Err(Error::Unreachable(gone.to_string())))?;
        Ok(log)
    }

    /// Has a row written, soon; an error if too many wait already.
    pub fn append(&self, row: Row) -> Result<(), Error> {
        let full = || Error::Unreachable(format!("{MOST_WAITING} entries wait for the database already"));
        self.rows.as_ref().and_then(|rows| rows.try_send(row).ok()).ok_or_else(full)
    }
}

impl Drop for ForensicLog {
    fn drop(&mut self) {
        self.rows = None;
        if let Some(thread) = self.thread.take() {
            // A writer that panicked has told so.
            let _ = thread.join();
        }
    }
}

struct Writer {
    database: Database,
    connection: Option<Connection>,
}

impl Writer {
    async fn run(mut self, mut waiting: mpsc::Receiver<Row>, opened: answers::Sender<Result<(), Error>>) {
        let first = self.connected().await.map(drop);
        let may_come_later = self.database.recovery.at_start && first.as_ref().is_err_and(Error::is_lost);
        // Who opens it waits for this.
        let _ = opened.send(if may_come_later { Ok(()) } else { first });
        let mut rows = Vec::new();
        while waiting.recv_many(&mut rows, MOST_AT_ONCE).await > 0 {
            self.write(&rows, &waiting).await;
            rows.clear();
        }
    }

    /// Writes rows, as soon as the database takes them.
    async fn write(&mut self, rows: &[Row], waiting: &mpsc::Receiver<Row>) {
        while let Err(error) = within(self.database.patience, self.insert(rows)).await {
            let count = rows.len();
            if !error.is_lost() {
                return self.write_singly(rows).await;
            }
            self.connection = None;
            if waiting.is_closed() {
                return log::event!(LEGAL_LOG_ENTRIES_LOST, count, reason = error);
            }
            log::event!(LEGAL_LOG_ENTRIES_WAIT, count = count + waiting.len(), reason = error);
            sleep(Some(self.database.recovery.wait).filter(|wait| !wait.is_zero()).unwrap_or(WAIT)).await;
        }
    }

    /// One that the database refuses shall not take others with it.
    async fn write_singly(&mut self, rows: &[Row]) {
        for row in rows {
            if let Err(error) = within(self.database.patience, self.insert(std::slice::from_ref(row))).await {
                log::event!(LEGAL_LOG_ENTRIES_LOST, count = 1, reason = error);
            }
        }
    }

    async fn insert(&mut self, rows: &[Row]) -> Result<(), Error> {
        let connection = self.connected().await?;
        let done = match connection {
            Connection::Mysql(connection) => into_mysql(connection, rows).await,
            Connection::Postgresql(connection) => into_postgresql(connection, rows).await,
        };
        done.map_err(|error| connection.failed("insert_log", error))
    }

    async fn connected(&mut self) -> Result<&mut Connection, Error> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => connect(&self.database).await?,
        };
        Ok(self.connection.insert(connection))
    }
}

async fn into_postgresql(connection: &mut PgConnection, rows: &[Row]) -> sqlx::Result<()> {
    let times: Vec<f64> = rows.iter().map(|row| since_1970(row.at).as_secs_f64()).collect();
    let addresses: Vec<&str> = rows.iter().map(|row| &*row.address).collect();
    // Text in PostgreSQL has no byte 0.
    let texts: Vec<String> = rows.iter().map(|row| row.text.replace('\0', "")).collect();
    sqlx::query(INSERT).bind(times).bind(addresses).bind(texts).execute(connection).await.map(drop)
}

async fn into_mysql(connection: &mut MySqlConnection, rows: &[Row]) -> sqlx::Result<()> {
    let mut transaction = connection.begin().await?;
    let mut left = rows;
    while !left.is_empty() {
        let bytes = left.iter().scan(0, |sum, row| {
            *sum += row.text.len();
            Some(*sum)
        });
        let count = bytes.take_while(|&bytes| bytes <= MOST_BYTES).count().max(1);
        let (portion, rest) = left.split_at(count);
        let values = vec!["(FROM_UNIXTIME(?), ?, ?)"; portion.len()].join(", ");
        let statement = [INSERT_MYSQL, &values].concat();
        // There would be one for each count of rows.
        let mut query = sqlx::query(&statement).persistent(false);
        for row in portion {
            query = query.bind(since_1970(row.at).as_secs()).bind(&row.address).bind(&row.text);
        }
        query.execute(&mut *transaction).await?;
        left = rest;
    }
    transaction.commit().await
}

fn since_1970(at: SystemTime) -> Duration {
    at.duration_since(UNIX_EPOCH).unwrap_or_default()
}
