//! Elements of configurations, read one kind at a time.

use super::rows::{self, Object};
use super::{ALL, Family, Servers};
use crate::connect::{Error, pgsql};
use serde_json::{Value, json};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use std::collections::HashMap;

/// An element of a configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its number in its table.
    pub id: i64,
    /// What a configuration file would say; of a global parameter, `name` and `value`.
    pub value: Object,
    /// Tags of the servers it is for; none is left where it is unassigned.
    pub tags: Vec<String>,
}

impl Entry {
    /// Whether it is for all servers.
    pub fn is_for_all(&self) -> bool {
        self.tags.iter().any(|tag| tag == ALL)
    }
}

/// Which subnets.
#[derive(Clone, Copy, Debug)]
pub enum Which<'a> {
    /// All of them.
    All,
    /// The one with this number.
    Id(i64),
    /// The one with this prefix, as it is shown.
    Prefix(&'a str),
    /// Those of this shared network.
    Network(&'a str),
}

/// An option or a definition of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code<'a> {
    code: u16,
    space: &'a str,
    /// As text of a list.
    classes: Option<String>,
}

impl<'a> Code<'a> {
    /// The one of this code and space; of options, the one that is for just these classes, or any.
    pub fn new(code: u16, space: &'a str, classes: Option<&[Value]>) -> Self {
        Self { code, space, classes: classes.map(|list| rows::list_text(Some(&list.to_vec().into()))) }
    }
}

/// A server that shares the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Its tag.
    pub tag: String,
    /// Words of the operator.
    pub description: String,
}

/// Global parameters: all, or one.
pub async fn globals(
    connection: &mut PgConnection,
    family: Family,
    servers: &Servers,
    name: Option<&str>,
) -> Result<Vec<Entry>, Error> {
    let keys: Vec<_> = name.map(|name| ("name", Key::Text(name))).into_iter().collect();
    let mut entries = GLOBALS.select(connection, family, servers, &keys).await?;
    for entry in &mut entries {
        let value = rows::global(&entry.value)?;
        let name = entry.value.remove("name").unwrap_or_default();
        entry.value = Object::from_iter([("name".to_owned(), name), ("value".to_owned(), value)]);
    }
    Ok(entries)
}

/// Definitions of options, but for those of classes: all, or one.
pub async fn definitions(
    connection: &mut PgConnection,
    family: Family,
    servers: &Servers,
    which: Option<&Code<'_>>,
) -> Result<Vec<Entry>, Error> {
    let mut keys = vec![("class_id", Key::Null)];
    keys.extend(which.iter().flat_map(|code| code.keys()));
    let entries = DEFINITIONS.select(connection, family, servers, &keys).await?;
    Ok(shown(entries, rows::definition))
}

/// Options for every client: all, or one.
pub async fn options(
    connection: &mut PgConnection,
    family: Family,
    servers: &Servers,
    which: Option<&Code<'_>>,
) -> Result<Vec<Entry>, Error> {
    let mut keys = vec![("scope_id", Key::Number(0))];
    keys.extend(which.iter().flat_map(|code| code.keys()));
    let entries = OPTIONS.select(connection, family, servers, &keys).await?;
    Ok(shown(entries, rows::option))
}

/// Classes in their order: all, or one.
pub async fn classes(
    connection: &mut PgConnection,
    family: Family,
    servers: &Servers,
    name: Option<&str>,
) -> Result<Vec<Entry>, Error> {
    let keys: Vec<_> = name.map(|name| ("name", Key::Text(name))).into_iter().collect();
    let entries = CLASSES.select(connection, family, servers, &keys).await?;
    let ids: Vec<_> = entries.iter().map(|entry| entry.id).collect();
    let names = entries.iter().map(|entry| rows::text(&entry.value, "name").to_owned()).collect();
    let options = options_of(connection, family, 2, "dhcp_client_class", Owners::Names(names)).await?;
    let table = format!("{}_option_def", family.space());
    let definitions = owned(connection, &table, "id", "class_id", "true", Owners::Numbers(ids)).await?;
    let class = |entry: Entry| {
        let mut value = rows::class(family, &entry.value);
        let definitions = definitions.get(&json!(entry.id)).into_iter().flatten().map(rows::definition);
        value.insert("option-def".into(), definitions.map(Value::Object).collect());
        put_options(&mut value, &options, entry.value.get("name"));
        Entry { value, ..entry }
    };
    Ok(entries.into_iter().map(class).collect())
}

/// Shared networks without their subnets: all, or one.
pub async fn networks(
    connection: &mut PgConnection,
    family: Family,
    servers: &Servers,
    name: Option<&str>,
) -> Result<Vec<Entry>, Error> {
    let keys: Vec<_> = name.map(|name| ("name", Key::Text(name))).into_iter().collect();
    let entries = NETWORKS.select(connection, family, servers, &keys).await?;
    let names = entries.iter().map(|entry| rows::text(&entry.value, "name").to_owned()).collect();
    let options = options_of(connection, family, 4, "shared_network_name", Owners::Names(names)).await?;
    let network = |entry: Entry| {
        let mut value = rows::network(family, &entry.value);
        put_options(&mut value, &options, entry.value.get("name"));
        Entry { value, ..entry }
    };
    Ok(entries.into_iter().map(network).collect())
}

/// Subnets with their pools and options.
pub async fn subnets(
    connection: &mut PgConnection,
    family: Family,
    servers: &Servers,
    which: Which<'_>,
) -> Result<Vec<Entry>, Error> {
    let keys: &[_] = match which {
        Which::All => &[],
        Which::Id(id) => &[("subnet_id", Key::Number(id))],
        Which::Prefix(prefix) => &[("subnet_prefix", Key::Text(prefix))],
        Which::Network(name) => &[("shared_network_name", Key::Text(name))],
    };
    let entries = SUBNETS.select(connection, family, servers, keys).await?;
    let ids: Vec<_> = entries.iter().map(|entry| entry.id).collect();
    let column = format!("{}_subnet_id", family.space());
    let options = options_of(connection, family, 1, &column, Owners::Numbers(ids.clone())).await?;
    let pools = pools_of(connection, family, "pool", 5, &ids, rows::pool).await?;
    let pd_pools = match family {
        Family::V4 => HashMap::new(),
        Family::V6 => pools_of(connection, family, "pd_pool", 6, &ids, rows::pd_pool).await?,
    };
    let subnet = |entry: Entry| {
        let mut value = rows::subnet(family, &entry.value);
        value.insert("pools".into(), pools.get(&entry.id).cloned().unwrap_or_default().into());
        if family == Family::V6 {
            value.insert("pd-pools".into(), pd_pools.get(&entry.id).cloned().unwrap_or_default().into());
        }
        put_options(&mut value, &options, Some(&json!(entry.id)));
        Entry { value, ..entry }
    };
    Ok(entries.into_iter().map(subnet).collect())
}

/// Servers, but for the one that stands for all: every one of them, or one.
pub async fn servers(connection: &mut PgConnection, family: Family, tag: Option<&str>) -> Result<Vec<Server>, Error> {
    let sql = format!(
        "SELECT tag::text, coalesce(description, '') FROM {}_server WHERE id > 1 AND ($1::text IS NULL OR tag = $1) ORDER BY id",
        family.space()
    );
    let failed = |error| pgsql::failed(&format!("GET_ALL_SERVERS{}", family.digit()), error);
    let rows = sqlx::query(&sql).bind(tag.map(str::to_lowercase)).fetch_all(connection).await.map_err(failed)?;
    let server = |row: PgRow| Ok(Server { tag: row.try_get(0)?, description: row.try_get(1)? });
    rows.into_iter().map(server).collect::<Result<_, _>>().map_err(failed)
}

/// A value that a column must have.
#[derive(Clone, Copy)]
enum Key<'a> {
    Null,
    Number(i64),
    Text(&'a str),
}

impl Code<'_> {
    fn keys(&self) -> Vec<(&'static str, Key<'_>)> {
        let mut keys = vec![("code", Key::Number(i64::from(self.code))), ("space", Key::Text(self.space))];
        keys.extend(self.classes.as_deref().map(|classes| ("client_classes", Key::Text(classes))));
        keys
    }
}

/// A table of elements that belong to servers.
pub(super) struct Table {
    /// Its name, without the family.
    pub name: &'static str,
    /// Its first column.
    pub key: &'static str,
    /// How the table of its servers calls that column; that table's name ends in `_server`.
    pub known_as: &'static str,
    /// What its elements are sorted by.
    order: &'static str,
}

pub(super) const GLOBALS: Table =
    Table { name: "global_parameter", key: "id", known_as: "parameter_id", order: "o.id" };
pub(super) const DEFINITIONS: Table = Table { name: "option_def", key: "id", known_as: "option_def_id", order: "o.id" };
pub(super) const OPTIONS: Table =
    Table { name: "options", key: "option_id", known_as: "option_id", order: "o.option_id" };
pub(super) const NETWORKS: Table =
    Table { name: "shared_network", key: "id", known_as: "shared_network_id", order: "o.id" };
pub(super) const SUBNETS: Table =
    Table { name: "subnet", key: "subnet_id", known_as: "subnet_id", order: "o.subnet_id" };
pub(super) const CLASSES: Table = Table {
    name: "client_class",
    key: "id",
    known_as: "class_id",
    order: "(SELECT p.order_index FROM {}_client_class_order AS p WHERE p.class_id = o.id)",
};

impl Table {
    async fn select(
        &self,
        connection: &mut PgConnection,
        family: Family,
        servers: &Servers,
        keys: &[(&str, Key<'_>)],
    ) -> Result<Vec<Entry>, Error> {
        let (tables, Self { name, key, known_as, order }) = (family.space(), self);
        let order = order.replace("{}", tables);
        let mut sql = format!(
            "SELECT row_to_json(o)::text, o.{key}::int8, coalesce(t.tags, ARRAY[]::text[]) FROM {tables}_{name} AS o LEFT JOIN LATERAL \
             (SELECT array_agg(s.tag::text ORDER BY s.id) AS tags FROM {tables}_{name}_server AS a \
             JOIN {tables}_server AS s ON s.id = a.server_id WHERE a.{known_as} = o.{key}) AS t ON true \
             WHERE ($1::text[] IS NULL OR t.tags && $1 OR (cardinality($1) = 0 AND t.tags IS NULL))"
        );
        let mut bound = 1;
        for (column, key) in keys {
            match key {
                Key::Null => sql += &format!(" AND o.{column} IS NULL"),
                Key::Number(_) | Key::Text(_) => {
                    bound += 1;
                    sql += &format!(" AND o.{column} = ${bound}");
                }
            }
        }
        sql += &format!(" ORDER BY {order}");
        let mut query = sqlx::query(&sql).bind(servers.tags());
        for (_, key) in keys {
            query = match key {
                Key::Null => query,
                Key::Number(number) => query.bind(*number),
                Key::Text(text) => query.bind(*text),
            };
        }
        let failed = |error| pgsql::failed(&statement("GET", name, family), error);
        let rows = query.fetch_all(connection).await.map_err(failed)?;
        let entry = |row: PgRow| Ok(Entry { value: object(&row)?, id: row.try_get(1)?, tags: row.try_get(2)? });
        rows.into_iter().map(entry).collect::<Result<_, _>>().map_err(failed)
    }
}

impl Servers {
    /// The tags that an element may have; none stands for any.
    fn tags(&self) -> Option<Vec<String>> {
        match self {
            Self::Any => None,
            Self::Unassigned => Some(Vec::new()),
            Self::Tags(tags) => Some(tags.iter().map(|tag| tag.to_lowercase()).chain([ALL.to_owned()]).collect()),
        }
    }
}

/// What rows belong to.
enum Owners {
    Numbers(Vec<i64>),
    Names(Vec<String>),
}

/// Rows by what they belong to.
type Owned = HashMap<Value, Vec<Object>>;

/// The rows that belong to some elements, in the order of `key`.
async fn owned(
    connection: &mut PgConnection,
    table: &str,
    key: &str,
    column: &str,
    scope: &str,
    owners: Owners,
) -> Result<Owned, Error> {
    let sql = format!(
        "SELECT row_to_json(o)::text FROM {table} AS o WHERE {scope} AND o.{column} = ANY($1) ORDER BY o.{key}"
    );
    let query = match owners {
        Owners::Numbers(numbers) if numbers.is_empty() => return Ok(Owned::new()),
        Owners::Numbers(numbers) => sqlx::query(&sql).bind(numbers),
        Owners::Names(names) if names.is_empty() => return Ok(Owned::new()),
        Owners::Names(names) => sqlx::query(&sql).bind(names),
    };
    let failed = |error| pgsql::failed(&format!("GET_{}", table.to_uppercase()), error);
    let mut found = Owned::new();
    for row in query.fetch_all(connection).await.map_err(failed)? {
        let row = object(&row).map_err(failed)?;
        found.entry(row.get(column).cloned().unwrap_or_default()).or_default().push(row);
    }
    Ok(found)
}

async fn options_of(
    connection: &mut PgConnection,
    family: Family,
    scope: u8,
    column: &str,
    owners: Owners,
) -> Result<Owned, Error> {
    let table = format!("{}_options", family.space());
    owned(connection, &table, "option_id", column, &format!("o.scope_id = {scope}"), owners).await
}

/// The pools of subnets, with their options.
async fn pools_of(
    connection: &mut PgConnection,
    family: Family,
    table: &str,
    scope: u8,
    subnets: &[i64],
    read: fn(&Object) -> Object,
) -> Result<HashMap<i64, Vec<Value>>, Error> {
    let name = format!("{}_{table}", family.space());
    let pools = owned(connection, &name, "id", "subnet_id", "true", Owners::Numbers(subnets.to_vec())).await?;
    let ids = pools.values().flatten().filter_map(|pool| pool.get("id")?.as_i64()).collect();
    let options = options_of(connection, family, scope, &format!("{table}_id"), Owners::Numbers(ids)).await?;
    let pool = |row: &Object| {
        let mut pool = read(row);
        put_options(&mut pool, &options, row.get("id"));
        Value::Object(pool)
    };
    let by_subnet = pools.iter().filter_map(|(subnet, rows)| Some((subnet.as_i64()?, rows.iter().map(pool).collect())));
    Ok(by_subnet.collect())
}

fn put_options(object: &mut Object, options: &Owned, owner: Option<&Value>) {
    let own = owner.and_then(|owner| options.get(owner)).into_iter().flatten();
    object.insert("option-data".into(), own.map(|row| Value::Object(rows::option(row))).collect());
}

fn shown(entries: Vec<Entry>, show: fn(&Object) -> Object) -> Vec<Entry> {
    entries.into_iter().map(|entry| Entry { value: show(&entry.value), ..entry }).collect()
}

/// A row, out of the JSON that PostgreSQL made of it.
fn object(row: &PgRow) -> Result<Object, sqlx::Error> {
    let text: &str = row.try_get(0)?;
    serde_json::from_str(text).map_err(|error| sqlx::Error::Decode(error.into()))
}

/// The name of a statement, for messages.
pub(super) fn statement(what: &str, table: &str, family: Family) -> String {
    format!("{what}_{}{}", table.to_uppercase(), family.digit())
}
