//! Elements of configurations, read one kind at a time.

use super::link::{Key, Link};
use super::rows::{self, Object, text};
use super::{ALL, Family, Mark, Servers};
use crate::connect::{Connection, Error};
use serde_json::{Value, json};
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

/// Reads configurations of one family.
pub struct Reader<'a> {
    link: Link<'a>,
    family: Family,
}

impl<'a> Reader<'a> {
    /// Reads from a database.
    pub fn new(connection: &'a mut Connection, family: Family) -> Self {
        Self::of(connection.into(), family)
    }

    pub(super) fn of(link: Link<'a>, family: Family) -> Self {
        Self { link, family }
    }

    /// Global parameters: all, or one.
    pub async fn globals(&mut self, servers: &Servers, name: Option<&str>) -> Result<Vec<Entry>, Error> {
        let mut entries = self.select(&GLOBALS, servers, &named(name)).await?;
        for entry in &mut entries {
            let value = rows::global(&entry.value)?;
            let name = entry.value.remove("name").unwrap_or_default();
            entry.value = Object::from_iter([("name".to_owned(), name), ("value".to_owned(), value)]);
        }
        Ok(entries)
    }

    /// Definitions of options, but for those of classes: all, or one.
    pub async fn definitions(&mut self, servers: &Servers, which: Option<&Code<'_>>) -> Result<Vec<Entry>, Error> {
        let mut given = vec![("class_id", None)];
        given.extend(which.iter().flat_map(|code| code.given()));
        Ok(shown(self.select(&DEFINITIONS, servers, &given).await?, rows::definition))
    }

    /// Options for every client: all, or one.
    pub async fn options(&mut self, servers: &Servers, which: Option<&Code<'_>>) -> Result<Vec<Entry>, Error> {
        let mut given = vec![("scope_id", Some(Key::Number(0)))];
        given.extend(which.iter().flat_map(|code| code.given()));
        Ok(shown(self.select(&OPTIONS, servers, &given).await?, rows::option))
    }

    /// Classes in their order: all, or one.
    pub async fn classes(&mut self, servers: &Servers, name: Option<&str>) -> Result<Vec<Entry>, Error> {
        let entries = self.select(&CLASSES, servers, &named(name)).await?;
        let options = self.options_of(2, "dhcp_client_class", &names(&entries)).await?;
        let definitions = self.owned("option_def", "id", "class_id", "class_id IS NOT NULL", &ids(&entries)).await?;
        let family = self.family;
        let class = |entry: Entry| {
            let mut value = rows::class(family, &entry.value);
            // Those of DHCPv6 have none.
            if family == Family::V4 {
                let definitions = definitions.get(&json!(entry.id)).into_iter().flatten().map(rows::definition);
                value.insert("option-def".into(), definitions.map(Value::Object).collect());
            }
            put_options(&mut value, &options, entry.value.get("name"));
            Entry { value, ..entry }
        };
        Ok(entries.into_iter().map(class).collect())
    }

    /// Shared networks without their subnets: all, or one.
    pub async fn networks(&mut self, servers: &Servers, name: Option<&str>) -> Result<Vec<Entry>, Error> {
        let entries = self.select(&NETWORKS, servers, &named(name)).await?;
        let options = self.options_of(4, "shared_network_name", &names(&entries)).await?;
        let family = self.family;
        let network = |entry: Entry| {
            let mut value = rows::network(family, &entry.value);
            put_options(&mut value, &options, entry.value.get("name"));
            Entry { value, ..entry }
        };
        Ok(entries.into_iter().map(network).collect())
    }

    /// Subnets with their pools and options.
    pub async fn subnets(&mut self, servers: &Servers, which: Which<'_>) -> Result<Vec<Entry>, Error> {
        let given: &[_] = match which {
            Which::All => &[],
            Which::Id(id) => &[("subnet_id", Some(Key::Number(id)))],
            Which::Prefix(prefix) => &[("subnet_prefix", Some(Key::Text(prefix)))],
            Which::Network(name) => &[("shared_network_name", Some(Key::Text(name)))],
        };
        let entries = self.select(&SUBNETS, servers, given).await?;
        let (family, ids) = (self.family, ids(&entries));
        let options = self.options_of(1, &format!("{}_subnet_id", family.space()), &ids).await?;
        let pools = self.pools_of("pool", 5, &ids, rows::pool).await?;
        let pd_pools = match family {
            Family::V4 => HashMap::new(),
            Family::V6 => self.pools_of("pd_pool", 6, &ids, rows::pd_pool).await?,
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
    pub async fn servers(&mut self, tag: Option<&str>) -> Result<Vec<Server>, Error> {
        let (tables, tag) = (self.family.space(), tag.map(str::to_lowercase));
        let given = if tag.is_some() { "AND tag = ?" } else { "" };
        let sql = format!("SELECT tag, description FROM {tables}_server WHERE id > 1 {given} ORDER BY id");
        let keys: Vec<_> = tag.iter().map(Key::from).collect();
        let name = format!("GET_ALL_SERVERS{}", self.family.digit());
        let server = |row: Object| Server {
            tag: text(&row, "tag").to_owned(),
            description: text(&row, "description").to_owned(),
        };
        Ok(self.link.rows(&name, &sql, &keys).await?.into_iter().map(server).collect())
    }

    /// How far the changes for the server of this tag have come.
    pub(super) async fn mark(&mut self, tag: &str) -> Result<Mark, Error> {
        let sql = format!("SELECT max(id) AS last FROM {}_audit_revision", self.family.space());
        let name = format!("GET_LAST_AUDIT_REVISION{}", self.family.digit());
        let rows = self.link.rows(&name, &sql, &[]).await?;
        let last = rows.first().and_then(|row| row.get("last")?.as_i64()).unwrap_or(0);
        let after = last.saturating_sub(LATE).max(0);
        Ok(Mark { after, count: Some(self.count(tag, after).await?) })
    }

    /// How many changes there are for the server of this tag after a revision.
    pub(super) async fn count(&mut self, tag: &str, after: i64) -> Result<i64, Error> {
        let sql = format!(
            "SELECT count(*) AS changes FROM {0}_audit_revision AS r JOIN {0}_audit AS a ON a.revision_id = r.id \
             JOIN {0}_server AS s ON s.id = r.server_id WHERE r.id > ? AND s.tag IN (?, 'all')",
            self.family.space()
        );
        let (name, tag) = (format!("GET_AUDIT_ENTRIES{}_TIME", self.family.digit()), tag.to_lowercase());
        let rows = self.link.rows(&name, &sql, &[after.into(), (&tag).into()]).await?;
        Ok(rows.first().and_then(|row| row.get("changes")?.as_i64()).unwrap_or(0))
    }

    /// The rows of a table that are for some servers, and in which columns have these values; none stands for NULL.
    async fn select(
        &mut self,
        table: &Table,
        servers: &Servers,
        given: &[(&str, Option<Key<'_>>)],
    ) -> Result<Vec<Entry>, Error> {
        let (tables, Table { name, key, known_as, order }) = (self.family.space(), table);
        let tags = servers.tags();
        let mut keys: Vec<_> = tags.iter().map(Key::from).collect();
        let mut conditions = match servers {
            Servers::Any => vec![],
            Servers::Unassigned => vec!["a.server_id IS NULL".to_owned()],
            Servers::Tags(_) => vec![format!(
                "o.{key} IN (SELECT b.{known_as} FROM {tables}_{name}_server AS b \
                 JOIN {tables}_server AS r ON r.id = b.server_id WHERE r.tag IN ({}))",
                places(tags.len())
            )],
        };
        for (column, value) in given {
            conditions.push(format!("o.{column} {}", if value.is_some() { "= ?" } else { "IS NULL" }));
            keys.extend(value);
        }
        let given = if conditions.is_empty() { String::new() } else { format!("WHERE {}", conditions.join(" AND ")) };
        let sql = format!(
            "SELECT o.*, s.tag AS server_tag FROM {tables}_{name} AS o LEFT JOIN {tables}_{name}_server AS a ON a.{known_as} = o.{key} \
             LEFT JOIN {tables}_server AS s ON s.id = a.server_id {given} ORDER BY {}, o.{key}, s.id",
            order.replace("{}", tables)
        );
        let rows = self.link.rows(&statement("GET", name, self.family), &sql, &keys).await?;
        // There is one for each server.
        let mut entries: Vec<Entry> = Vec::new();
        for value in rows {
            let id = value.get(*key).and_then(Value::as_i64).unwrap_or(0);
            let tag = value.get("server_tag").and_then(Value::as_str).map(str::to_owned);
            match entries.last_mut().filter(|entry| entry.id == id) {
                Some(entry) => entry.tags.extend(tag),
                None => entries.push(Entry { id, value, tags: tag.into_iter().collect() }),
            }
        }
        Ok(entries)
    }

    /// The rows that belong to some elements, in the order of `key`.
    async fn owned(
        &mut self,
        table: &str,
        key: &str,
        column: &str,
        scope: &str,
        owners: &[Key<'_>],
    ) -> Result<Owned, Error> {
        if owners.is_empty() {
            return Ok(Owned::new());
        }
        let owners = if owners.len() > MANY { &[] } else { owners };
        let theirs = match owners.len() {
            0 => String::new(),
            count => format!("AND {column} IN ({})", places(count)),
        };
        let table = format!("{}_{table}", self.family.space());
        let sql = format!("SELECT * FROM {table} WHERE {scope} {theirs} ORDER BY {key}");
        let mut found = Owned::new();
        for row in self.link.rows(&format!("GET_{}", table.to_uppercase()), &sql, owners).await? {
            found.entry(row.get(column).cloned().unwrap_or_default()).or_default().push(row);
        }
        Ok(found)
    }

    async fn options_of(&mut self, scope: u8, column: &str, owners: &[Key<'_>]) -> Result<Owned, Error> {
        self.owned("options", "option_id", column, &format!("scope_id = {scope}"), owners).await
    }

    /// The pools of subnets, with their options.
    async fn pools_of(
        &mut self,
        table: &str,
        scope: u8,
        subnets: &[Key<'_>],
        read: fn(&Object) -> Object,
    ) -> Result<HashMap<i64, Vec<Value>>, Error> {
        let pools = self.owned(table, "id", "subnet_id", "true", subnets).await?;
        let ids = pools.values().flatten().filter_map(|pool| Some(Key::Number(pool.get("id")?.as_i64()?)));
        let options = self.options_of(scope, &format!("{table}_id"), &ids.collect::<Vec<_>>()).await?;
        let pool = |row: &Object| {
            let mut pool = read(row);
            put_options(&mut pool, &options, row.get("id"));
            Value::Object(pool)
        };
        let by_subnet =
            pools.iter().filter_map(|(subnet, rows)| Some((subnet.as_i64()?, rows.iter().map(pool).collect())));
        Ok(by_subnet.collect())
    }
}

/// A list that is longer is not sent: what is read in vain costs less.
const MANY: usize = 100;

/// Numbers are given when a revision is made, and seen when it is committed; so many may be committed before an earlier one.
const LATE: i64 = 1000;

impl Code<'_> {
    fn given(&self) -> Vec<(&'static str, Option<Key<'_>>)> {
        let mut given = vec![("code", Some(Key::Number(self.code.into()))), ("space", Some(Key::Text(self.space)))];
        given.extend(self.classes.as_ref().map(|classes| ("client_classes", Some(classes.into()))));
        given
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

impl Servers {
    /// The tags of which an element has one.
    fn tags(&self) -> Vec<String> {
        match self {
            Self::Any | Self::Unassigned => Vec::new(),
            Self::Tags(tags) => tags.iter().map(|tag| tag.to_lowercase()).chain([ALL.to_owned()]).collect(),
        }
    }
}

/// Rows by what they belong to.
type Owned = HashMap<Value, Vec<Object>>;

fn named(name: Option<&str>) -> Vec<(&'static str, Option<Key<'_>>)> {
    name.map(|name| ("name", Some(Key::Text(name)))).into_iter().collect()
}

fn ids(entries: &[Entry]) -> Vec<Key<'static>> {
    entries.iter().map(|entry| Key::Number(entry.id)).collect()
}

fn names(entries: &[Entry]) -> Vec<Key<'_>> {
    entries.iter().map(|entry| Key::Text(text(&entry.value, "name"))).collect()
}

/// So many places of a list.
fn places(count: usize) -> String {
    vec!["?"; count].join(", ")
}

fn put_options(object: &mut Object, options: &Owned, owner: Option<&Value>) {
    let own = owner.and_then(|owner| options.get(owner)).into_iter().flatten();
    object.insert("option-data".into(), own.map(|row| Value::Object(rows::option(row))).collect());
}

fn shown(entries: Vec<Entry>, show: fn(&Object) -> Object) -> Vec<Entry> {
    entries.into_iter().map(|entry| Entry { value: show(&entry.value), ..entry }).collect()
}

/// The name of a statement, for messages.
pub(super) fn statement(what: &str, table: &str, family: Family) -> String {
    format!("{what}_{}{}", table.to_uppercase(), family.digit())
}
