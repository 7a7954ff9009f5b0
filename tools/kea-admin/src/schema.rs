//! Schemas: making one, its version, bringing it up to date; and the counts of leases that triggers keep in it.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::{fs, mem};

use sql::connect;

use crate::database::{Database, Refused};
use crate::options::{Backend, Options};
use crate::{Failed, error};

/// What differs between databases: a schema in scripts, and how people hear of it.
pub(crate) struct Kind {
    /// Its name on the command line and in messages, and the folder of its scripts.
    pub(crate) name: &'static str,
    /// The schema that db-init makes and db-upgrade leads to: that of Kea 3.3.
    pub(crate) newest: (u32, u32),
    /// The oldest one that can be upgraded: that of Kea 2.2.
    oldest: u32,
    create: Script,
    /// Takes away what counts, audits and checks; what there is to upgrade in its tables stands in the next one.
    drop: Option<Script>,
    upgrade: Script,
    /// Names of tables and the like.
    tables: &'static str,
    /// Said before the status in which its client ends.
    status: &'static str,
    /// Exit status if there are tables already.
    not_empty: u8,
}

/// A script by its name, as it was installed with this program.
struct Script(&'static str, &'static str);

/// Where the second half of `create` begins, which an upgrade runs last.
const SECOND_HALF: &str = "\n-- FUNCTIONS AND TRIGGERS\n";
/// Where the first half of `drop` ends, which an upgrade runs first.
const FIRST_HALF: &str = "\n-- TABLES\n";

static PGSQL: Kind = Kind {
    name: "pgsql",
    newest: connect::pgsql::SCHEMA_VERSION,
    oldest: 13,
    create: Script("dhcpdb_create.pgsql", include_str!("../../../dhcpd/sql/scripts/pgsql/dhcpdb_create.pgsql")),
    drop: None,
    upgrade: Script(
        "upgrade_013_to_034.pgsql",
        include_str!("../../../dhcpd/sql/scripts/pgsql/upgrade_013_to_034.pgsql"),
    ),
    tables: "
        SELECT concat_ws('|', n.nspname, c.relname, CASE c.relkind
                   WHEN 'S' THEN 'sequence' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' ELSE 'table' END,
                   pg_get_userbyid(c.relowner))
          FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
           AND pg_table_is_visible(c.oid)
         ORDER BY n.nspname, c.relname",
    status: "pgsql status ",
    not_empty: 2,
};

static MYSQL: Kind = Kind {
    name: "mysql",
    newest: connect::mysql::SCHEMA_VERSION,
    oldest: 14,
    create: Script("dhcpdb_create.mysql", include_str!("../../../dhcpd/sql/scripts/mysql/dhcpdb_create.mysql")),
    drop: Some(Script("dhcpdb_drop.mysql", include_str!("../../../dhcpd/sql/scripts/mysql/dhcpdb_drop.mysql"))),
    upgrade: Script(
        "upgrade_014_to_035.mysql",
        include_str!("../../../dhcpd/sql/scripts/mysql/upgrade_014_to_035.mysql"),
    ),
    tables: "SHOW TABLES",
    status: "mysql status  ",
    not_empty: 1,
};

const RECOUNT4: &str = "
    BEGIN;
    DELETE FROM lease4_stat;
    INSERT INTO lease4_stat (subnet_id, state, leases)
    SELECT subnet_id, state, count(*) FROM lease4 WHERE state IN (0, 1) GROUP BY subnet_id, state;
    DELETE FROM lease4_pool_stat;
    INSERT INTO lease4_pool_stat (subnet_id, pool_id, state, leases)
    SELECT subnet_id, pool_id, state, count(*) FROM lease4 WHERE state IN (0, 1) GROUP BY subnet_id, pool_id, state;
    COMMIT";

const RECOUNT6: &str = "
    BEGIN;
    DELETE FROM lease6_stat;
    INSERT INTO lease6_stat (subnet_id, lease_type, state, leases)
    SELECT subnet_id, lease_type, state, count(*) FROM lease6 WHERE state IN (0, 1, 4) GROUP BY subnet_id, lease_type, state;
    DELETE FROM lease6_pool_stat;
    INSERT INTO lease6_pool_stat (subnet_id, pool_id, lease_type, state, leases)
    SELECT subnet_id, pool_id, lease_type, state, count(*) FROM lease6 WHERE state IN (0, 1)
     GROUP BY subnet_id, pool_id, lease_type, state;
    COMMIT";

/// What a database that can be asked needs to be known of; lease files have no schema.
pub(crate) fn kind(backend: Backend) -> &'static Kind {
    match backend {
        Backend::Mysql => &MYSQL,
        Backend::Pgsql | Backend::Memfile => &PGSQL,
    }
}

/// `db-init`: makes the tables in a database that is empty.
pub(crate) async fn init(options: &Options) -> Result<(), Failed> {
    let kind = kind(options.backend);
    println!("Checking if there is a database initialized already...");
    let found = async {
        let mut database = Database::open(options).await?;
        let tables = database.rows(kind.tables).await?;
        Ok((database, tables))
    };
    let (mut database, tables) = found.await.map_err(|Refused(status)| {
        Failed::saying(match options.backend {
            Backend::Mysql => format!("mysql_init table query failed, mysql status = {status}"),
            _ => format!("pgsql_init: table query failed, status code: {status}?"),
        })
    })?;
    if !tables.is_empty() {
        let (name, tables): (_, Vec<String>) = (&options.name, tables.into_iter().flatten().flatten().collect());
        let tables = tables.join("\n");
        println!();
        error(format_args!(
            "Expected empty database {name}. Aborting, the following tables are present:\n        {tables}"
        ));
        return Err(Failed(kind.not_empty));
    }
    verify(&mut database, "create", options).await?;
    let (path, text) = kind.read(&kind.create, options)?;
    println!("Initializing database using script {}", path.display());
    kind.run(&mut database, &text).await.map_err(|Refused(status)| {
        Failed::saying(format_args!("Database initialization failed, status code: {status}?"))
    })?;
    println!("Schema version reported after initialization: {}", reported(&mut database, kind).await?);
    Ok(())
}

/// `db-version`: prints it.
pub(crate) async fn version(options: &Options) -> Result<(), Failed> {
    let kind = kind(options.backend);
    let mut database = Database::open(options).await.map_err(|refused| kind.unknown(refused))?;
    println!("{}", reported(&mut database, kind).await?);
    if options.backend == Backend::Mysql {
        println!();
    }
    Ok(())
}

/// `db-upgrade`: brings the schema up to date; in PostgreSQL in one transaction, in MySQL step by step.
pub(crate) async fn upgrade(options: &Options) -> Result<(), Failed> {
    let kind = kind(options.backend);
    let mut database = Database::open(options).await.map_err(|refused| kind.unknown(refused))?;
    let (major, minor) = number(&mut database).await.map_err(|refused| kind.unknown(refused))?;
    println!("Schema version reported before upgrade: {major}.{minor}");
    if (major, minor) > kind.newest {
        return Err(Failed::saying(format_args!("schema {major}.{minor} is newer than what this program knows")));
    }
    if major < kind.oldest {
        let oldest = kind.oldest;
        return Err(Failed::saying(format_args!(
            "schema {major}.{minor} is too old: upgrade it with the kea-admin of Kea 2.2 first, to {oldest}.0"
        )));
    }
    verify(&mut database, "upgrade", options).await?;
    if (major, minor) < kind.newest {
        let (path, text) = kind.read(&kind.upgrade, options)?;
        println!("Processing {} file...", path.display());
        let before = match &kind.drop {
            Some(drop) => kind.part(drop, options, |text| text.split_once(FIRST_HALF).map(|(half, _)| half))?,
            None => String::new(),
        };
        let behind = kind.part(&kind.create, options, |text| text.split_once(SECOND_HALF).map(|(_, half)| half))?;
        kind.run(&mut database, &format!("{before}\n{text}\n{behind}")).await.map_err(|Refused(status)| {
            error(format_args!("Could not execute script: {}", path.display()));
            Failed(status)
        })?;
    }
    println!("Schema version reported after upgrade: {}", reported(&mut database, kind).await?);
    Ok(())
}

/// `stats-recount`: counts the leases of subnets and pools anew.
pub(crate) async fn recount(options: &Options) -> Result<(), Failed> {
    println!("Recount lease statistics from database");
    let name = kind(options.backend).name;
    let failed = |family: char| {
        move |Refused(status): Refused| {
            Failed::saying(format_args!("{name} failed to recount IPv{family} leases, {name} status = {status}"))
        }
    };
    let mut database = Database::open(options).await.map_err(failed('4'))?;
    database.run(RECOUNT4).await.map_err(failed('4'))?;
    database.run(RECOUNT6).await.map_err(failed('6'))
}

/// Where scripts are when this program was installed.
pub(crate) fn installed_scripts() -> PathBuf {
    let program = std::env::current_exe().ok();
    let prefix = program.as_deref().and_then(Path::parent).and_then(Path::parent);
    prefix.unwrap_or(Path::new("/usr/local")).join("share/kea/scripts")
}

impl Kind {
    /// Path and text of a script: from the folder of `-d`, from where it is installed, or else as it was built in.
    fn read(&self, script: &Script, options: &Options) -> Result<(PathBuf, Cow<'static, str>), Failed> {
        let Script(name, built_in) = *script;
        let folder = options.scripts.clone().unwrap_or_else(installed_scripts);
        let path = folder.join(self.name).join(name);
        match fs::read_to_string(&path) {
            Ok(text) => Ok((path, text.into())),
            Err(_) if options.scripts.is_none() => Ok((path, built_in.into())),
            Err(reason) => Err(Failed::saying(format_args!("cannot read {}: {reason}", path.display()))),
        }
    }

    /// A part of a script.
    fn part(&self, script: &Script, options: &Options, cut: fn(&str) -> Option<&str>) -> Result<String, Failed> {
        let (path, text) = self.read(script, options)?;
        let lacking = || Failed::saying(format_args!("{} lacks a half that an upgrade needs", path.display()));
        cut(&text).map(str::to_owned).ok_or_else(lacking)
    }

    /// Runs a script: that of PostgreSQL at once, since it is one transaction.
    async fn run(&self, database: &mut Database, script: &str) -> Result<(), Refused> {
        if self.name != "mysql" {
            return database.run(script).await;
        }
        for statements in pieces(script) {
            database.run(&statements).await?;
        }
        Ok(())
    }

    fn unknown(&self, Refused(status): Refused) -> Failed {
        println!("Failed to get schema version, {}{status}\n", self.status);
        Failed(status)
    }
}

/// Whether a user of MySQL may make tables and triggers: with a binary log, that takes more than rights in the database.
async fn verify(database: &mut Database, what: &str, options: &Options) -> Result<(), Failed> {
    const CLEANUP: &str = "DROP TABLE IF EXISTS kea_dummy_table";
    const TABLE: &str = "CREATE TABLE kea_dummy_table (dummy INT UNSIGNED PRIMARY KEY NOT NULL)";
    const TRIGGER: &str = "CREATE TRIGGER kea_dummy_trigger BEFORE INSERT ON kea_dummy_table FOR EACH ROW BEGIN END";
    if options.backend != Backend::Mysql {
        return Ok(());
    }
    println!("Verifying {what} permissions for {}", options.user);
    let failed = |what: &'static str| {
        move |Refused(status): Refused| Failed::saying(format_args!("mysql_can_create{what}, mysql status = {status}"))
    };
    let version = database.rows("SELECT @@global.version").await.map_err(failed(": get MySQL version failed"))?;
    println!("MySQL Version is: {}", version.into_iter().flatten().flatten().collect::<String>());
    database.run(CLEANUP).await.map_err(failed(" cannot run pre cleanup"))?;
    let mut made = database.run(TABLE).await.map_err(failed(" cannot create table, check user permissions"));
    if made.is_ok() {
        made = database.run(TRIGGER).await.map_err(failed(" cannot trigger, check user permissions"));
    }
    database.run(CLEANUP).await.map_err(failed(" cannot run post cleanup"))?;
    made.map_err(|_| {
        Failed::saying(format_args!("Create failed, the user, {}, has insufficient privileges.", options.user))
    })
}

/// Pieces of a script for mysql, which understands DELIMITER while servers do not: procedures, each alone, and what stands between them.
fn pieces(script: &str) -> Vec<String> {
    let (mut pieces, mut piece, mut delimiter) = (Vec::new(), String::new(), ";");
    for line in script.lines() {
        let changed = line.strip_prefix("DELIMITER ").map(str::trim);
        let ended = line.trim_end().strip_suffix(delimiter).filter(|_| delimiter != ";");
        if changed.is_none() {
            piece.push_str(ended.unwrap_or(line));
            piece.push('\n');
        }
        if changed.is_some() || ended.is_some() {
            pieces.push(mem::take(&mut piece));
        }
        delimiter = changed.unwrap_or(delimiter);
    }
    pieces.push(piece);
    pieces.retain(|piece| {
        piece.lines().any(|line| !line.is_empty() && !line.starts_with("--") && !line.starts_with('#'))
    });
    pieces
}

async fn number(database: &mut Database) -> Result<(u32, u32), Refused> {
    let rows = database.rows("SELECT version, minor FROM schema_version").await?;
    let number = |at: usize| rows.first()?.get(at)?.as_deref()?.parse().ok();
    number(0).zip(number(1)).ok_or_else(|| {
        eprintln!("schema_version has no row");
        Refused(1)
    })
}

async fn reported(database: &mut Database, kind: &Kind) -> Result<String, Failed> {
    let (major, minor) = number(database).await.map_err(|refused| kind.unknown(refused))?;
    Ok(format!("{major}.{minor}"))
}

#[cfg(test)]
mod tests {
    use super::pieces;

    #[test]
    fn a_script_falls_into_procedures_and_what_is_between_them() {
        let script = "-- First.\nSET a; SET b;\n\nDELIMITER $$\n-- Why.\nCREATE x\nBEGIN y; END $$\n\nCALL z $$\n-- Over.\nDELIMITER ;\n\nSET c;\n";
        let expected =
            ["-- First.\nSET a; SET b;\n\n", "-- Why.\nCREATE x\nBEGIN y; END \n", "\nCALL z \n", "\nSET c;\n"];
        assert_eq!(pieces(script), expected);
    }
}
