//! A schema for a database that has none, made by kea-admin as an operator would.

use super::{Error, password};
use crate::messages::*;
use dhcpd_config::common::{Database, DatabaseType};
use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Who makes schemas: it is installed beside the servers.
const PROGRAM: &str = "kea-admin";
/// Where it looks for the password, so that the list of processes does not show it.
const PASSWORD: &str = "KEA_ADMIN_DB_PASSWORD";

/// Has the schema made, unless that cannot be; `missing` is why there is none. Waits for it.
pub(super) fn schema(database: &Database, missing: &Error) -> Result<(), Error> {
    let mysql = database.kind == DatabaseType::Mysql;
    match mysql {
        true => log::event!(DATABASE_MYSQL_INITIAL_CONNECTION_FAIL, reason = missing),
        false => log::event!(DATABASE_PGSQL_INITIAL_CONNECTION_FAIL, reason = missing),
    }
    if database.readonly {
        match mysql {
            true => log::event!(DATABASE_MYSQL_NO_INIT_READONLY),
            false => log::event!(DATABASE_PGSQL_NO_INIT_READONLY),
        }
        return Ok(());
    }
    let Some(program) = program() else {
        match mysql {
            true => log::event!(DATABASE_MYSQL_NO_INIT_NO_ADMIN),
            false => log::event!(DATABASE_PGSQL_NO_INIT_NO_ADMIN),
        }
        return Ok(());
    };
    let mut command = Command::new(&program);
    command.args(["db-init", if mysql { "mysql" } else { "pgsql" }, "--host", &*database.host]);
    for (option, value) in [("--name", &database.name), ("--user", &database.user)] {
        if let Some(value) = value {
            command.args([option, &**value]);
        }
    }
    if let Some(port) = database.port {
        command.args(["--port", &port.to_string()]);
    }
    command.env(PASSWORD, password(&database.password)?.unwrap_or_default()).stdin(Stdio::null());
    let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy()).collect();
    let shown = format!("{} {}", program.display(), words.join(" "));
    match mysql {
        true => log::event!(DATABASE_MYSQL_INITIALIZE_SCHEMA, command = shown),
        false => log::event!(DATABASE_PGSQL_INITIALIZE_SCHEMA, command = shown),
    }
    let done = command.output().map_err(|error| Error::Schema(format!("cannot run {PROGRAM}: {error}")))?;
    if done.status.success() {
        return Ok(());
    }
    let said = [done.stdout, done.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let said: Vec<_> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    Err(Error::Schema(format!("{PROGRAM} ended with {}: {}", done.status, said.join("; "))))
}

/// Where the program is.
fn program() -> Option<PathBuf> {
    let program = env::current_exe().ok()?.with_file_name(PROGRAM);
    program.is_file().then_some(program)
}
