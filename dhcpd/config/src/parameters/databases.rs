//! Databases: of leases, of reservations, of the configuration.

use super::HookLibrary;
use crate::common;
use schema::{At, Given, Pos, Problem, Reader, Scope, Word};
use std::path::PathBuf;
use std::time::Duration;

/// Where leases are kept.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
#[scope(rules)]
pub struct LeaseDatabase {
    /// Kind of the store: memory and files, or a database.
    #[param(default = "memfile", required, yang = "database-type")]
    pub r#type: Given<LeaseDatabaseType>,
    /// Whether leases are written to files at all.
    #[param(default = true)]
    pub persist: Given<bool>,
    /// The lease file, the daemon's own in its data folder if it is absent; or the name of the database.
    pub name: Given<String>,
    /// Seconds between two clean-ups of the lease files; 0 switches them off.
    #[param(default = 3600)]
    pub lfc_interval: Given<u32>,
    /// Bad rows of a lease file that are skipped before the file is refused; 0 is any number.
    #[param(default = 0)]
    pub max_row_errors: Given<u32>,
    /// Whether leases are on the disk before the answers leave. Without it a crash of the machine may lose leases that
    /// clients hold.
    #[param(default = true, yang = "takahe:sync")]
    pub sync: Given<bool>,
    /// How the database is reached.
    #[param(flatten)]
    pub connection: Connection,
}

/// Kind of a lease store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Word)]
pub enum LeaseDatabaseType {
    /// In memory and in files.
    Memfile,
    /// MySQL or MariaDB.
    Mysql,
    /// PostgreSQL.
    Postgresql,
}

/// A database of reservations or of the configuration.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
#[scope(rules)]
pub struct Database {
    /// Kind of the database.
    #[param(required, yang = "database-type")]
    pub r#type: Given<DatabaseType>,
    /// Name of the database.
    pub name: Given<String>,
    /// For lease files; without meaning here.
    pub persist: Given<bool>,
    /// For lease files; without meaning here.
    pub lfc_interval: Given<u32>,
    /// For lease files; without meaning here.
    pub max_row_errors: Given<u32>,
    /// How the database is reached.
    #[param(flatten)]
    pub connection: Connection,
}

/// Kind of a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Word)]
pub enum DatabaseType {
    /// MySQL or MariaDB.
    Mysql,
    /// PostgreSQL.
    Postgresql,
}

/// How a database is reached.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct Connection {
    /// User of the database.
    pub user: Given<String>,
    /// Password of the user.
    #[param(secret)]
    pub password: Given<String>,
    /// File that holds the password.
    #[param(yang = "takahe:password-file")]
    pub password_file: Given<String>,
    /// Name or address of the database's host; this one if it is absent.
    pub host: Given<String>,
    /// Port of the database; its usual one if it is absent.
    pub port: Given<u16>,
    /// Whether the server may not write into the database.
    pub readonly: Given<bool>,
    /// Seconds that connecting may take.
    pub connect_timeout: Given<u32>,
    /// Seconds that reading an answer may take; MySQL only, where the connection is given up after them.
    pub read_timeout: Given<u32>,
    /// Seconds that writing a question may take, which are added to those of reading; MySQL only.
    pub write_timeout: Given<u32>,
    /// Milliseconds that sent data may stay unacknowledged; PostgreSQL only.
    pub tcp_user_timeout: Given<u32>,
    /// How often a lost connection is tried again.
    pub max_reconnect_tries: Given<u32>,
    /// Milliseconds between two tries.
    pub reconnect_wait_time: Given<u32>,
    /// What is done while a connection is lost, and when it does not come back.
    pub on_fail: Given<OnFail>,
    /// Whether tries are made at the start, too.
    pub retry_on_startup: Given<bool>,
    /// File of the authority whose databases are trusted, for TLS.
    pub trust_anchor: Given<String>,
    /// File of the server's certificate, for TLS.
    pub cert_file: Given<String>,
    /// File of the certificate's private key, for TLS.
    pub key_file: Given<String>,
    /// How TLS is used with PostgreSQL.
    pub ssl_mode: Given<SslMode>,
    /// Ciphers for TLS with MySQL.
    #[param(later)]
    pub cipher_list: Given<String>,
}

/// What is done while a connection is lost, and when it does not come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Word)]
pub enum OnFail {
    /// Serve nobody; end.
    StopRetryExit,
    /// Serve; end.
    ServeRetryExit,
    /// Serve; go on serving.
    ServeRetryContinue,
}

/// How TLS is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Word)]
pub enum SslMode {
    /// Not at all.
    Disable,
    /// Where the database offers it.
    Prefer,
    /// Always.
    Require,
    /// Always, with a certificate of the authority.
    VerifyCa,
    /// The same, with the name of the host in it.
    VerifyFull,
}

/// Where the configuration is completed from.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct ConfigControl {
    /// Databases with parts of the configuration.
    #[param(yang = "config-database")]
    pub config_databases: Vec<At<Database>>,
    /// Seconds between two looks for changes; 0 for none.
    #[param(range = 0..=65535, default = 30)]
    pub config_fetch_wait_time: Given<u32>,
}

/// What is said where the library is missing that knows databases of the kind. `what` is kept there.
pub(crate) fn missing_library(what: &str, kind: DatabaseType, libraries: &[At<HookLibrary>]) -> Option<String> {
    let (kind, library) = match kind {
        DatabaseType::Mysql => ("mysql", "libdhcp_mysql"),
        DatabaseType::Postgresql => ("postgresql", "libdhcp_pgsql"),
    };
    let is_there = libraries.iter().any(|entry| entry.file().strip_suffix(".so") == Some(library));
    let reason = || {
        format!(
            "The Kea server has not been compiled with support for {what} database type: {kind}. \
             Did you forget to use -D {kind}=enabled during setup or to load {library} hook library?"
        )
    };
    (!is_there).then(reason)
}

/// The library that knows databases of the kind must be among those of the configuration. `what` is kept there.
pub(crate) fn check_library(
    what: &str,
    database: &common::Database,
    pos: Pos,
    libraries: &[At<HookLibrary>],
    problems: &mut Vec<Problem>,
) {
    if let Some(reason) = missing_library(what, database.kind, libraries) {
        let doing = match what {
            CONFIGURATION => "during update from config backend database",
            _ => "Unable to open database",
        };
        problems.push(Problem::new(pos, format!("{doing}: {reason}")));
    }
}

/// What the database of `config-control` keeps.
const CONFIGURATION: &str = "configuration";

impl ConfigControl {
    /// What is wrong with the databases. As in Kea, only one can be asked.
    pub(crate) fn check(&self, libraries: &[At<HookLibrary>], problems: &mut Vec<Problem>) {
        for given in self.config_databases.iter().skip(1) {
            problems.push(Problem::new(given.pos, "only one database can complete the configuration"));
        }
        let Some(given) = self.config_databases.first() else { return };
        if let Some(database) = given.resolve() {
            let pos = given.r#type.as_ref().map_or(given.pos, |kind| kind.pos);
            check_library(CONFIGURATION, &database, pos, libraries, problems);
        }
    }

    /// The database that completes the configuration, and how long to wait until it is looked at again: none for never.
    pub fn database(&self) -> Option<(common::Database, Option<Duration>)> {
        let wait = Duration::from_secs(self.config_fetch_wait_time().into());
        Some((self.config_databases.first()?.resolve()?, Some(wait).filter(|wait| !wait.is_zero())))
    }
}

/// The databases of reservations, in the order in which they count.
pub(crate) fn host_databases(
    list: &[At<Database>],
    older: &Given<Database>,
    libraries: &[At<HookLibrary>],
    problems: &mut Vec<Problem>,
) -> Vec<common::Database> {
    let given = list.iter().chain(older).filter_map(|given| Some((given.resolve()?, given.pos)));
    let databases = given.map(|(database, pos)| {
        check_library("host", &database, pos, libraries, problems);
        database
    });
    databases.collect()
}

impl LeaseDatabase {
    fn rules(&self, _pos: Pos, reader: &mut Reader) {
        let kind = self.r#type.as_ref().map(|kind| kind.value);
        let (mysql, postgresql) = (LeaseDatabaseType::Mysql, LeaseDatabaseType::Postgresql);
        self.connection.rules(kind == Some(mysql), kind == Some(postgresql), reader);
    }

    pub(crate) fn resolve(&self) -> common::LeaseDatabase {
        let kind = match self.r#type.as_ref().map(|kind| kind.value) {
            None | Some(LeaseDatabaseType::Memfile) => None,
            Some(LeaseDatabaseType::Mysql) => Some(DatabaseType::Mysql),
            Some(LeaseDatabaseType::Postgresql) => Some(DatabaseType::Postgresql),
        };
        common::LeaseDatabase {
            database: kind.map(|kind| self.connection.resolve(kind, &self.name)),
            persist: self.persist(),
            name: self.name.as_ref().filter(|name| !name.is_empty()).map(|name| name.value.clone().into()),
            lfc_interval: self.lfc_interval(),
            max_row_errors: self.max_row_errors(),
            sync: self.sync(),
        }
    }
}

impl Database {
    fn rules(&self, _pos: Pos, reader: &mut Reader) {
        let Some(kind) = &self.r#type else { return };
        let mysql = kind.value == DatabaseType::Mysql;
        self.connection.rules(mysql, !mysql, reader);
    }
}

impl Database {
    /// The database; none without a type, which is an error of its own.
    pub fn resolve(&self) -> Option<common::Database> {
        Some(self.connection.resolve(self.r#type.as_ref()?.value, &self.name))
    }
}

impl Connection {
    pub(crate) fn resolve(&self, kind: DatabaseType, name: &Given<String>) -> common::Database {
        let path = |given| text(given).map(|path| PathBuf::from(&*path));
        let trust_anchor = path(&self.trust_anchor);
        let (cert_file, key_file) = (path(&self.cert_file), path(&self.key_file));
        // As libpq has it where nothing is said; Kea makes it more where files are given.
        let implied = match (&trust_anchor, &cert_file, &key_file) {
            (Some(_), _, _) => SslMode::VerifyCa,
            (None, None, None) => SslMode::Prefer,
            _ => SslMode::Require,
        };
        common::Database {
            kind,
            name: text(name),
            user: text(&self.user),
            password: match (text(&self.password), path(&self.password_file)) {
                (Some(password), _) => common::Password::Is(password),
                (None, Some(file)) => common::Password::File(file),
                (None, None) => common::Password::None,
            },
            host: text(&self.host).unwrap_or_else(|| "localhost".into()),
            port: plain(&self.port).filter(|&port| port > 0),
            readonly: plain(&self.readonly).unwrap_or_default(),
            connect_timeout: Duration::from_secs(plain(&self.connect_timeout).unwrap_or(5).into()),
            patience: Some(seconds(&self.read_timeout) + seconds(&self.write_timeout)).filter(|limit| !limit.is_zero()),
            ssl_mode: plain(&self.ssl_mode).unwrap_or(implied),
            trust_anchor,
            cert_file,
            key_file,
            recovery: common::Recovery {
                tries: plain(&self.max_reconnect_tries).unwrap_or_default(),
                wait: Duration::from_millis(plain(&self.reconnect_wait_time).unwrap_or_default().into()),
                on_fail: plain(&self.on_fail).unwrap_or(OnFail::StopRetryExit),
                at_start: plain(&self.retry_on_startup).unwrap_or_default(),
            },
        }
    }

    pub(crate) fn rules(&self, mysql: bool, postgresql: bool, reader: &mut Reader) {
        let timeouts = [
            ("read-timeout", &self.read_timeout, mysql, "mysql"),
            ("write-timeout", &self.write_timeout, mysql, "mysql"),
            ("tcp-user-timeout", &self.tcp_user_timeout, postgresql, "postgresql"),
        ];
        for (key, given, fits, kind) in timeouts {
            if let Some(given) = given.as_ref().filter(|given| given.value > 0 && !fits) {
                reader.problem(given.pos, format!("`{key}` is for databases of the type \"{kind}\""));
            }
        }
        if let Some(given) = self.tcp_user_timeout.as_ref().filter(|given| given.value > 0 && postgresql) {
            reader.problem(given.pos, "not supported yet: leave it out");
        }
        if let (Some(_), Some(file)) = (&self.password, &self.password_file) {
            reader.problem(file.pos, "`password` and `password-file` exclude each other");
        }
    }
}

/// What is empty is as if absent.
fn text(given: &Given<String>) -> Option<Box<str>> {
    given.as_ref().filter(|text| !text.is_empty()).map(|text| text.value.as_str().into())
}

fn seconds(given: &Given<u32>) -> Duration {
    Duration::from_secs(plain(given).unwrap_or_default().into())
}

fn plain<T: Copy>(given: &Given<T>) -> Option<T> {
    given.as_ref().map(|given| given.value)
}
