//! Configurations in a database: what the servers that share it complete their own from.
//!
//! The tables are Kea's. [`fetch`] reads all that is for one server, as the JSON that its configuration file would have;
//! [`changes`] tells what happened since. [`read`] and [`write`] are single elements, for commands. What is written has
//! passed the checks of a configuration file before; here it is only moved.

pub mod follow;
pub mod read;
mod rows;
pub mod write;

use crate::connect::{Error, pgsql};
use dhcpd_config::remote::{Part, Parts};
use rows::text;
use serde_json::Value;
use sqlx::{Connection, PgConnection, Row};
use std::collections::HashMap;

pub use rows::{Object, range};

/// Whose tables: those of DHCPv4 or those of DHCPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// `dhcp4_...`
    V4,
    /// `dhcp6_...`
    V6,
}

impl Family {
    /// How names of tables begin; also the space of the options that stand in the message itself.
    pub fn space(self) -> &'static str {
        match self {
            Self::V4 => "dhcp4",
            Self::V6 => "dhcp6",
        }
    }

    fn digit(self) -> char {
        match self {
            Self::V4 => '4',
            Self::V6 => '6',
        }
    }
}

/// The tag that stands for every server.
pub const ALL: &str = "all";

/// Whose elements are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Servers {
    /// Anybody's and nobody's.
    Any,
    /// Those that are no server's any more.
    Unassigned,
    /// Those of servers with these tags, and those of all servers.
    Tags(Vec<String>),
}

/// A place among the changes of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// When, in the words of the database.
    pub at: String,
    /// Number of the revision.
    pub revision: i64,
}

impl Default for Mark {
    fn default() -> Self {
        Self { at: "-infinity".to_owned(), revision: 0 }
    }
}

/// A change of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The table: `dhcp4_subnet` and so on.
    pub table: String,
    /// Number of the element in that table.
    pub id: i64,
    /// What became of it.
    pub what: Modification,
    /// The remark of who changed it.
    pub remark: String,
    /// Where it stands among the changes.
    pub mark: Mark,
}

/// What became of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Modification {
    /// It was made.
    Create,
    /// It was changed.
    Update,
    /// It is gone.
    Delete,
}

/// All that the database has for the server of this tag, and how far its changes have come: what is its own, and what is for
/// all; where both say something, the former counts.
pub async fn fetch(connection: &mut PgConnection, family: Family, tag: &str) -> Result<(Parts, Mark), Error> {
    let failed = |error| pgsql::failed("START_TRANSACTION", error);
    // One look for all tables: no subnet without the network that came with it.
    let mut look = connection.begin().await.map_err(failed)?;
    let once = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY";
    sqlx::query(once).execute(&mut *look).await.map_err(failed)?;
    let servers = Servers::Tags(vec![tag.to_owned()]);
    let name = |entry: &read::Entry| text(&entry.value, "name").to_owned();
    let global = |entry: read::Entry| {
        let value = entry.value.get("value").cloned().unwrap_or_default();
        Part::global(number(&entry), text(&entry.value, "name"), value)
    };
    let globals = own_first(read::globals(&mut look, family, &servers, None).await?, name);
    let option_defs = read::definitions(&mut look, family, &servers, None).await?;
    let options = read::options(&mut look, family, &servers, None).await?;
    let found = Parts {
        globals: globals.into_iter().map(global).collect(),
        option_defs: parts(own_first(option_defs, |entry| code_and_space(&entry.value))),
        options: parts(own_first(options, |entry| {
            (code_and_space(&entry.value), entry.value.get("client-classes").map(Value::to_string))
        })),
        classes: parts(read::classes(&mut look, family, &servers, None).await?),
        networks: parts(read::networks(&mut look, family, &servers, None).await?),
        subnets: parts(read::subnets(&mut look, family, &servers, read::Which::All).await?),
    };
    let mark = latest(&mut look, family, tag).await?;
    look.commit().await.map_err(failed)?;
    Ok((found, mark))
}

/// What changed for the server of this tag after a mark, in order.
pub async fn changes(
    connection: &mut PgConnection,
    family: Family,
    tag: &str,
    after: &Mark,
) -> Result<Vec<Change>, Error> {
    let tables = family.space();
    let sql = format!(
        "SELECT a.object_type::text, a.object_id::int8, a.modification_type::int2, coalesce(r.log_message, ''), \
         r.modification_ts::text, r.id::int8 FROM {tables}_audit AS a JOIN {tables}_audit_revision AS r ON a.revision_id = r.id \
         JOIN {tables}_server AS s ON r.server_id = s.id WHERE s.tag IN ($1, 'all') \
         AND (r.modification_ts, r.id) > ($2::text::timestamptz, $3) ORDER BY r.modification_ts, r.id, a.id"
    );
    let failed = |error| pgsql::failed(&format!("GET_AUDIT_ENTRIES{}_TIME", family.digit()), error);
    let query = sqlx::query(&sql).bind(tag.to_lowercase()).bind(&after.at).bind(after.revision);
    let rows = query.fetch_all(connection).await.map_err(failed)?;
    let change = |row: sqlx::postgres::PgRow| {
        let what = match row.try_get::<i16, _>(2)? {
            0 => Modification::Create,
            1 => Modification::Update,
            _ => Modification::Delete,
        };
        let mark = Mark { at: row.try_get(4)?, revision: row.try_get(5)? };
        Ok(Change { table: row.try_get(0)?, id: row.try_get(1)?, what, remark: row.try_get(3)?, mark })
    };
    rows.into_iter().map(change).collect::<Result<_, _>>().map_err(failed)
}

/// The last change for the server of this tag.
async fn latest(connection: &mut PgConnection, family: Family, tag: &str) -> Result<Mark, Error> {
    let tables = family.space();
    let sql = format!(
        "SELECT r.modification_ts::text, r.id::int8 FROM {tables}_audit_revision AS r \
         JOIN {tables}_server AS s ON r.server_id = s.id WHERE s.tag IN ($1, 'all') \
         ORDER BY r.modification_ts DESC, r.id DESC LIMIT 1"
    );
    let failed = |error| pgsql::failed(&format!("GET_LAST_AUDIT_REVISION{}", family.digit()), error);
    let row = sqlx::query(&sql).bind(tag.to_lowercase()).fetch_optional(connection).await.map_err(failed)?;
    let mark = |row: sqlx::postgres::PgRow| Ok(Mark { at: row.try_get(0)?, revision: row.try_get(1)? });
    row.map_or_else(|| Ok(Mark::default()), mark).map_err(failed)
}

/// Of several elements that say the same thing, the one that is not for all servers.
pub fn own_first<K: std::hash::Hash + Eq>(
    entries: Vec<read::Entry>,
    key: impl Fn(&read::Entry) -> K,
) -> Vec<read::Entry> {
    let mut places: HashMap<K, usize> = HashMap::new();
    let mut chosen: Vec<read::Entry> = Vec::with_capacity(entries.len());
    for entry in entries {
        match places.get(&key(&entry)).and_then(|place| chosen.get_mut(*place)) {
            Some(known) if known.is_for_all() => *known = entry,
            Some(_) => {}
            None => {
                places.insert(key(&entry), chosen.len());
                chosen.push(entry);
            }
        }
    }
    chosen
}

fn parts(entries: Vec<read::Entry>) -> Vec<Part> {
    entries.into_iter().map(|entry| Part::new(number(&entry), entry.value.into())).collect()
}

/// The row's number, as it is told when something is wrong there.
fn number(entry: &read::Entry) -> u32 {
    u32::try_from(entry.id).unwrap_or_default()
}

/// What makes an option or a definition different from others.
fn code_and_space(object: &Object) -> (i64, String) {
    (object.get("code").and_then(Value::as_i64).unwrap_or(0), text(object, "space").to_owned())
}
