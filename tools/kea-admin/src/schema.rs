//! Schemas: making one, its version, bringing it up to date; and the counts of leases that triggers keep in it.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};

use sqlx::{PgConnection, Row};

use crate::database::{Refused, open};
use crate::options::Options;
use crate::{Failed, error};

/// The schema that db-init makes and db-upgrade leads to: that of Kea 3.3.
pub(crate) const NEWEST: (i32, i32) = (34, 0);
/// The oldest one that can be upgraded: that of Kea 2.2.
const OLDEST: i32 = 13;

/// A script by its name, as it was installed with this program.
struct Script(&'static str, &'static str);

const CREATE: Script =
    Script("dhcpdb_create.pgsql", include_str!("../../../dhcpd/sql/scripts/pgsql/dhcpdb_create.pgsql"));
const UPGRADE: Script =
    Script("upgrade_013_to_034.pgsql", include_str!("../../../dhcpd/sql/scripts/pgsql/upgrade_013_to_034.pgsql"));
/// Where the second half of [`CREATE`] begins, which is run behind [`UPGRADE`].
const SECOND_HALF: &str = "\n-- FUNCTIONS AND TRIGGERS\n";

const TABLES: &str = "
    SELECT concat_ws('|', n.nspname, c.relname, CASE c.relkind
               WHEN 'S' THEN 'sequence' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' ELSE 'table' END,
               pg_get_userbyid(c.relowner))
      FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
       AND pg_table_is_visible(c.oid)
     ORDER BY n.nspname, c.relname";

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

/// `db-init`: makes the tables in a database that is empty.
pub(crate) async fn init(options: &Options) -> Result<(), Failed> {
    println!("Checking if there is a database initialized already...");
    let found = async {
        let mut database = open(options).await?;
        let tables = sqlx::query_scalar::<_, String>(TABLES).fetch_all(&mut database).await?;
        Ok((database, tables))
    };
    let (mut database, tables) = found.await.map_err(|Refused(status)| {
        Failed::saying(format_args!("pgsql_init: table query failed, status code: {status}?"))
    })?;
    if !tables.is_empty() {
        let (name, tables) = (&options.name, tables.join("\n"));
        println!();
        error(format_args!(
            "Expected empty database {name}. Aborting, the following tables are present:\n        {tables}"
        ));
        return Err(Failed(2));
    }
    let (path, text) = CREATE.read(options)?;
    println!("Initializing database using script {}", path.display());
    run(&mut database, &text).await.map_err(|Refused(status)| {
        Failed::saying(format_args!("Database initialization failed, status code: {status}?"))
    })?;
    println!("Schema version reported after initialization: {}", reported(&mut database).await?);
    Ok(())
}

/// `db-version`: prints it.
pub(crate) async fn version(options: &Options) -> Result<(), Failed> {
    let mut database = open(options).await.map_err(unknown)?;
    println!("{}", reported(&mut database).await?);
    Ok(())
}

/// `db-upgrade`: brings the schema up to date, in one transaction.
pub(crate) async fn upgrade(options: &Options) -> Result<(), Failed> {
    let mut database = open(options).await.map_err(unknown)?;
    let (major, minor) = number(&mut database).await.map_err(unknown)?;
    println!("Schema version reported before upgrade: {major}.{minor}");
    if (major, minor) > NEWEST {
        return Err(Failed::saying(format_args!("schema {major}.{minor} is newer than what this program knows")));
    }
    if major < OLDEST {
        return Err(Failed::saying(format_args!(
            "schema {major}.{minor} is too old: upgrade it with the kea-admin of Kea 2.2 first, to {OLDEST}.0"
        )));
    }
    if (major, minor) < NEWEST {
        let (path, text) = UPGRADE.read(options)?;
        println!("Processing {} file...", path.display());
        let (created_by, create) = CREATE.read(options)?;
        let Some((_, second_half)) = create.split_once(SECOND_HALF) else {
            return Err(Failed::saying(format_args!("{} lacks its second half", created_by.display())));
        };
        run(&mut database, &format!("{text}{second_half}")).await.map_err(|Refused(status)| {
            error(format_args!("Could not execute script: {}", path.display()));
            Failed(status)
        })?;
    }
    println!("Schema version reported after upgrade: {}", reported(&mut database).await?);
    Ok(())
}

/// `stats-recount`: counts the leases of subnets and pools anew.
pub(crate) async fn recount(options: &Options) -> Result<(), Failed> {
    println!("Recount lease statistics from database");
    let failed = |family: char| {
        move |Refused(status): Refused| {
            Failed::saying(format_args!("pgsql failed to recount IPv{family} leases, pgsql status = {status}"))
        }
    };
    let mut database = open(options).await.map_err(failed('4'))?;
    run(&mut database, RECOUNT4).await.map_err(failed('4'))?;
    run(&mut database, RECOUNT6).await.map_err(failed('6'))
}

/// Where scripts are when this program was installed.
pub(crate) fn installed_scripts() -> PathBuf {
    let program = std::env::current_exe().ok();
    let prefix = program.as_deref().and_then(Path::parent).and_then(Path::parent);
    prefix.unwrap_or(Path::new("/usr/local")).join("share/kea/scripts")
}

impl Script {
    /// Its path and text: from the folder of `-d`, from where it is installed, or else as it was built in.
    fn read(&self, options: &Options) -> Result<(PathBuf, Cow<'static, str>), Failed> {
        let Script(name, built_in) = *self;
        let folder = options.scripts.clone().unwrap_or_else(installed_scripts);
        let path = folder.join("pgsql").join(name);
        match fs::read_to_string(&path) {
            Ok(text) => Ok((path, text.into())),
            Err(_) if options.scripts.is_none() => Ok((path, built_in.into())),
            Err(reason) => Err(Failed::saying(format_args!("cannot read {}: {reason}", path.display()))),
        }
    }
}

/// Runs statements, all or none of them if they are a transaction.
async fn run(database: &mut PgConnection, statements: &str) -> Result<(), Refused> {
    sqlx::raw_sql(statements).execute(database).await?;
    Ok(())
}

async fn number(database: &mut PgConnection) -> Result<(i32, i32), Refused> {
    let row = sqlx::query("SELECT version, minor FROM schema_version").fetch_one(database).await?;
    Ok((row.try_get(0)?, row.try_get(1)?))
}

async fn reported(database: &mut PgConnection) -> Result<String, Failed> {
    let (major, minor) = number(database).await.map_err(unknown)?;
    Ok(format!("{major}.{minor}"))
}

fn unknown(Refused(status): Refused) -> Failed {
    println!("Failed to get schema version, pgsql status {status}\n");
    Failed(status)
}
