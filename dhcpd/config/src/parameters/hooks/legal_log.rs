//! `libdhcp_legal_log.so`: who had which address, in files or a database.

use super::{Library, Load, Loading};
use crate::common::Database;
use crate::parameters::databases::missing_library;
use crate::parameters::{Connection, DatabaseType, OnFail};
use eval::StringExpression;
use hashbrown::HashSet;
use schema::{Given, Json, Pos, Problem, Reader, Scope, Word};
use std::sync::Arc;

/// Parameters of `libdhcp_legal_log.so`, which writes who had which address. A subnet whose user context says `legal-logging: false`
/// is left out.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
#[scope(rules)]
pub struct LegalLog {
    /// Where lines go.
    #[param(default = "logfile", yang(absent))]
    pub r#type: Given<LegalLogType>,
    /// Folder of the files.
    pub path: Given<String>,
    /// Beginning of the files' names.
    #[param(default = "kea-legal")]
    pub base_name: Given<String>,
    /// Unit of time by which files are rotated.
    #[param(default = "day", yang(absent))]
    pub time_unit: Given<LegalLogUnit>,
    /// Units after which a new file begins; 0 for never.
    #[param(default = 1)]
    pub count: Given<u32>,
    /// Script that is called with the name of a file that was closed.
    #[param(default = "")]
    pub prerotate: Given<String>,
    /// Script that is called with the name of a file that was opened.
    #[param(default = "")]
    pub postrotate: Given<String>,
    /// Expression on the query that makes the line, with that on the answer; without both the line is made by the server.
    #[param(default = "")]
    pub request_parser_format: Given<String>,
    /// Expression on the answer that makes the line.
    #[param(default = "")]
    pub response_parser_format: Given<String>,
    /// Time at the beginning of lines, as for strftime; `%Q` is milliseconds and microseconds.
    #[param(default = "%Y-%m-%d %H:%M:%S %Z")]
    pub timestamp_format: Given<String>,
    /// Whether a hyphen stands behind the time of the lines of an entry but the last.
    #[param(default = true)]
    pub mark_continuation_lines: Given<bool>,
    /// Name of the database.
    pub name: Given<String>,
    /// How the database is reached. It is tried again for as long as it is away.
    #[param(flatten)]
    pub connection: Connection,
}

/// Where lines go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Word)]
pub enum LegalLogType {
    /// Files.
    Logfile,
    /// The system's log.
    #[later]
    Syslog,
    /// MySQL or MariaDB; `libdhcp_mysql.so` must be loaded, too.
    Mysql,
    /// PostgreSQL; `libdhcp_pgsql.so` must be loaded, too.
    Postgresql,
}

/// A unit of time by which files are rotated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Word)]
pub enum LegalLogUnit {
    /// Seconds.
    Second,
    /// Days.
    #[default]
    Day,
    /// Months.
    Month,
    /// Years.
    Year,
}

/// What the library works with.
#[derive(Clone, Debug, Default)]
pub struct LegalLogRules {
    /// The folder as it was written.
    pub path: String,
    /// Beginning of the files' names.
    pub base_name: String,
    /// Unit of time by which files are rotated.
    pub unit: LegalLogUnit,
    /// Units after which a new file begins; 0 for never.
    pub count: u32,
    /// Script for a file that was closed, as it was written; empty if there is none.
    pub prerotate: String,
    /// Script for a file that was opened, likewise.
    pub postrotate: String,
    /// Makes lines of queries.
    pub request: Option<Arc<StringExpression>>,
    /// Makes lines of answers.
    pub response: Option<Arc<StringExpression>>,
    /// Time at the beginning of lines.
    pub timestamp: String,
    /// A hyphen stands behind the time of the lines of an entry but the last.
    pub mark: bool,
    /// Subnets that are left out.
    pub silent: HashSet<u32>,
    /// Where entries go instead of files.
    pub database: Option<Database>,
}

impl LegalLog {
    fn rules(&self, _pos: Pos, reader: &mut Reader) {
        let kind = self.r#type();
        self.connection.rules(kind == LegalLogType::Mysql, kind == LegalLogType::Postgresql, reader);
        if let Some(given) = self.connection.on_fail.as_ref().filter(|given| given.value != OnFail::ServeRetryContinue)
        {
            reader.problem(given.pos, "not supported yet: the server serves while the forensic log is away");
        }
    }

    fn database(&self, loading: &mut Loading<'_>) -> Option<Database> {
        let given = self.r#type.as_ref()?;
        let kind = match given.value {
            LegalLogType::Mysql => DatabaseType::Mysql,
            LegalLogType::Postgresql => DatabaseType::Postgresql,
            LegalLogType::Logfile | LegalLogType::Syslog => return None,
        };
        if let Some(reason) = missing_library("configuration", kind, loading.libraries) {
            loading.problems.push(Problem::new(given.pos, reason));
        }
        let mut database = self.connection.resolve(kind, &self.name);
        database.recovery.on_fail = OnFail::ServeRetryContinue;
        Some(database)
    }
}

impl Load for LegalLog {
    const FILE: &'static str = "libdhcp_legal_log.so";

    fn resolve(&self, loading: &mut Loading<'_>) -> Library {
        let off = |context: &Json| context.0.get("legal-logging").and_then(serde_json::Value::as_bool) == Some(false);
        let silent = loading.subnets.iter().filter(|(_, context)| off(context)).map(|(id, _)| *id);
        Library::LegalLog(Box::new(LegalLogRules {
            silent: silent.collect(),
            database: self.database(loading),
            path: self.path.as_ref().map(|path| path.value.clone()).unwrap_or_default(),
            base_name: self.base_name().to_string(),
            unit: self.time_unit(),
            count: self.count(),
            prerotate: self.prerotate().to_string(),
            postrotate: self.postrotate().to_string(),
            request: loading.text(&self.request_parser_format).map(Arc::new),
            response: loading.text(&self.response_parser_format).map(Arc::new),
            timestamp: self.timestamp_format().to_string(),
            mark: self.mark_continuation_lines(),
        }))
    }
}
