//! Elements of configurations, set and deleted one at a time: each change is one transaction, and a revision by which the
//! servers hear of it.
//!
//! Setting replaces: what is not said any more is gone, pools, options and servers included. The remarks of the revisions
//! are Kea's.

use super::link::{Key, Link, Transaction};
use super::read::{CLASSES, DEFINITIONS, GLOBALS, NETWORKS, OPTIONS, SUBNETS, Server, Table, statement};
use super::rows::{self, Object, list_text, text};
use super::{ALL, Family};
use crate::connect::{Connection, Error};
use serde_json::Value;
use std::net::IpAddr;

/// Where an option belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// To every client.
    Global,
    /// To the clients of the subnet with this number.
    Subnet(i64),
    /// To those of the shared network with this name.
    Network(String),
    /// To those of the pool of addresses with this number.
    Pool(i64),
    /// To those of the pool of prefixes with this number.
    PdPool(i64),
    /// To the members of the class with this name.
    Class(String),
}

/// What identifies a pool in commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pool<'a> {
    /// First and last address.
    Addresses(IpAddr, IpAddr),
    /// A prefix and its length.
    Prefixes(&'a str, u8),
}

/// Which subnets are deleted.
#[derive(Clone, Copy, Debug)]
pub enum Doomed<'a> {
    /// The one with this number.
    Id(i64),
    /// The one with this prefix, as it is shown.
    Prefix(&'a str),
    /// Those of this shared network.
    Network(&'a str),
}

/// A class, and what its test says of others.
#[derive(Clone, Copy, Debug)]
pub struct Class<'a> {
    /// The class, as in `client-classes`.
    pub class: &'a Object,
    /// Names of the classes that its test asks for, but for those that are built in.
    pub depends_on: &'a [String],
    /// Whether its test asks for KNOWN or UNKNOWN.
    pub depends_on_known: bool,
    /// The class that it comes after; otherwise it stays where it is, or comes last.
    pub follows: Option<&'a str>,
}

/// Changes configurations of one family.
struct Writer<'a> {
    change: Transaction<'a>,
    family: Family,
}

impl<'a> Writer<'a> {
    /// Begins a change; `remark` says of what, and `cascade` that its parts are not changes of their own.
    async fn begin(
        connection: &'a mut Connection,
        family: Family,
        servers: &[String],
        remark: &str,
        cascade: bool,
    ) -> Result<Self, Error> {
        let mut change = Transaction::begin(connection).await?;
        let tag = match servers {
            [tag] => tag.to_lowercase(),
            _ => ALL.to_owned(),
        };
        let procedure = format!("createAuditRevisionDHCP{}(CURRENT_TIMESTAMP, ?, ?, ?)", family.digit());
        let keys = [(&tag).into(), remark.into(), cascade.into()];
        change.link().call("CREATE_AUDIT_REVISION", &procedure, &keys).await?;
        Ok(Self { change, family })
    }

    async fn commit(self) -> Result<(), Error> {
        self.change.commit().await
    }

    fn tables(&self) -> &'static str {
        self.family.space()
    }

    /// The name of a table.
    fn name(&self, table: &str) -> String {
        format!("{}_{table}", self.tables())
    }

    /// Inserts a row, with the number that the table gave it.
    async fn insert(&mut self, table: &str, row: &Object, key: &str) -> Result<i64, Error> {
        let (name, table) = (statement("INSERT", table, self.family), self.name(table));
        self.change.link().insert(&name, &table, row, key).await
    }

    /// Updates the rows for which `given` holds.
    async fn update(&mut self, table: &str, row: &Object, given: &str, keys: &[Key<'_>]) -> Result<u64, Error> {
        let (name, table) = (statement("UPDATE", table, self.family), self.name(table));
        self.change.link().update(&name, &table, row, given, keys).await
    }

    /// Runs a statement in which `{}` is how names of tables begin.
    async fn run(&mut self, sql: &str, keys: &[Key<'_>]) -> Result<u64, Error> {
        let sql = sql.replace("{}", self.tables());
        let name = sql.split('(').next().unwrap_or_default().trim();
        self.change.link().run(name, &sql, keys).await
    }

    /// Says whose an element is.
    async fn attach(&mut self, table: &Table, id: i64, servers: &[String]) -> Result<(), Error> {
        let (tables, Table { name, known_as, .. }) = (self.tables(), table);
        let sql = format!(
            "INSERT INTO {tables}_{name}_server ({known_as}, server_id, modification_ts) \
             SELECT ?, id, CURRENT_TIMESTAMP FROM {tables}_server WHERE tag = ?"
        );
        let statement = statement("INSERT", &format!("{name}_server"), self.family);
        for tag in servers {
            let tag = tag.to_lowercase();
            if self.change.link().run(&statement, &sql, &[id.into(), (&tag).into()]).await? == 0 {
                return Err(Error::Refused(format!("server '{tag}' does not exist")));
            }
        }
        Ok(())
    }

    /// Sets an option: there is one of its code, space and classes.
    async fn option(&mut self, scope: &Scope, option: &Object, servers: &[String]) -> Result<(), Error> {
        let (number, column, owner) = self.place(scope);
        let mut row = rows::option_row(option);
        row.insert("scope_id".into(), number.into());
        if let Some(column) = &column {
            row.insert(column.clone(), owner.clone());
        }
        let (space, classes) = (text(&row, "space").to_owned(), text(&row, "client_classes").to_owned());
        let tag = servers.first().map(|tag| tag.to_lowercase()).unwrap_or_default();
        let theirs = match &column {
            Some(column) => format!("{column} = ?"),
            None => of_server(&OPTIONS, self.family),
        };
        let given = format!("scope_id = {number} AND code = ? AND space = ? AND client_classes = ? AND {theirs}");
        let keys = [code(&row), (&space).into(), (&classes).into(), key(&owner, &tag)];
        if self.update(OPTIONS.name, &row, &given, &keys).await? == 0 {
            let id = self.insert(OPTIONS.name, &row, OPTIONS.key).await?;
            self.attach(&OPTIONS, id, servers).await?;
        }
        Ok(())
    }

    /// The number of a scope, the column that says which element it is, and that element.
    fn place(&self, scope: &Scope) -> (i64, Option<String>, Value) {
        let column = |name: &str| Some(name.to_owned());
        match scope {
            Scope::Global => (0, None, Value::Null),
            Scope::Subnet(id) => (1, Some(format!("{}_subnet_id", self.tables())), (*id).into()),
            Scope::Class(name) => (2, column("dhcp_client_class"), name.as_str().into()),
            Scope::Network(name) => (4, column("shared_network_name"), name.as_str().into()),
            Scope::Pool(id) => (5, column("pool_id"), (*id).into()),
            Scope::PdPool(id) => (6, column("pd_pool_id"), (*id).into()),
        }
    }

    async fn options(&mut self, scope: &Scope, owner: &Object, servers: &[String]) -> Result<(), Error> {
        for option in objects(owner, "option-data") {
            self.option(scope, option, servers).await?;
        }
        Ok(())
    }

    /// Sets a definition: there is one of its code and space for a server, or for a class.
    async fn definition(&mut self, definition: &Object, class: Option<i64>, servers: &[String]) -> Result<(), Error> {
        let mut row = rows::definition_row(self.family, definition)?;
        row.insert("class_id".into(), class.into());
        let space = text(&row, "space").to_owned();
        let tag = servers.first().map(|tag| tag.to_lowercase()).unwrap_or_default();
        let theirs = if class.is_some() { "class_id = ?" } else { "class_id IS NULL" };
        let given = format!("code = ? AND space = ? AND {} AND {theirs}", of_server(&DEFINITIONS, self.family));
        let mut keys = vec![code(&row), (&space).into(), (&tag).into()];
        keys.extend(class.map(Key::Number));
        if self.update(DEFINITIONS.name, &row, &given, &keys).await? == 0 {
            let id = self.insert(DEFINITIONS.name, &row, DEFINITIONS.key).await?;
            self.attach(&DEFINITIONS, id, servers).await?;
        }
        Ok(())
    }

    async fn pools(&mut self, subnet: &Object, id: i64, servers: &[String]) -> Result<(), Error> {
        for pool in objects(subnet, "pools") {
            let mut row = rows::pool_row(pool)?;
            row.insert("subnet_id".into(), id.into());
            let scope = Scope::Pool(self.insert("pool", &row, "id").await?);
            self.options(&scope, pool, servers).await?;
        }
        if self.family == Family::V6 {
            for pool in objects(subnet, "pd-pools") {
                let mut row = rows::pd_pool_row(pool)?;
                row.insert("subnet_id".into(), id.into());
                let scope = Scope::PdPool(self.insert("pd_pool", &row, "id").await?);
                self.options(&scope, pool, servers).await?;
            }
        }
        Ok(())
    }
}

/// Sets a global parameter of one server, or of all.
pub async fn set_global(
    connection: &mut Connection,
    family: Family,
    name: &str,
    value: &Value,
    server: &str,
) -> Result<(), Error> {
    let servers = [server.to_lowercase()];
    let mut writer = Writer::begin(connection, family, &servers, "global parameter set", false).await?;
    let (written, kind) = rows::global_row(value)?;
    let row = Object::from_iter([
        ("name".to_owned(), name.into()),
        ("value".to_owned(), written.into()),
        ("parameter_type".to_owned(), kind.into()),
    ]);
    let given = format!("name = ? AND {}", of_server(&GLOBALS, family));
    let [tag] = &servers;
    if writer.update(GLOBALS.name, &row, &given, &[name.into(), tag.into()]).await? == 0 {
        let id = writer.insert(GLOBALS.name, &row, GLOBALS.key).await?;
        writer.attach(&GLOBALS, id, &servers).await?;
    }
    writer.commit().await
}

/// Sets the definition of an option for one server, or for all.
pub async fn set_definition(
    connection: &mut Connection,
    family: Family,
    definition: &Object,
    server: &str,
) -> Result<(), Error> {
    let servers = [server.to_owned()];
    let mut writer = Writer::begin(connection, family, &servers, "option definition set", true).await?;
    writer.definition(definition, None, &servers).await?;
    writer.commit().await
}

/// Sets an option. One for every client has a server of its own, or is for all; others are for whom their owner is.
pub async fn set_option(
    connection: &mut Connection,
    family: Family,
    scope: &Scope,
    option: &Object,
    server: &str,
) -> Result<(), Error> {
    let remark = match (scope, family) {
        (Scope::Global, _) => "global option set",
        (Scope::Subnet(_), _) => "subnet specific option set",
        (Scope::Network(_), _) => "shared network specific option set",
        (Scope::Pool(_), Family::V4) => "pool specific option set",
        (Scope::Pool(_), Family::V6) => "address pool specific option set",
        (Scope::PdPool(_), _) => "prefix delegation pool specific option set",
        (Scope::Class(_), _) => "client class specific option set",
    };
    let servers = [server.to_owned()];
    let mut writer = Writer::begin(connection, family, &servers, remark, false).await?;
    writer.option(scope, option, &servers).await?;
    writer.commit().await
}

/// Sets a shared network.
pub async fn set_network(
    connection: &mut Connection,
    family: Family,
    network: &Object,
    servers: &[String],
) -> Result<(), Error> {
    let mut writer = Writer::begin(connection, family, servers, "shared network set", true).await?;
    let (name, row) = (text(network, "name"), rows::network_row(family, network)?);
    writer.run("DELETE FROM {}_options WHERE scope_id = 4 AND shared_network_name = ?", &[name.into()]).await?;
    if writer.update(NETWORKS.name, &row, "name = ?", &[name.into()]).await? == 0 {
        writer.insert(NETWORKS.name, &row, NETWORKS.key).await?;
    }
    let id = writer.id_of(&NETWORKS, name).await?;
    writer.detach(&NETWORKS, id).await?;
    writer.attach(&NETWORKS, id, servers).await?;
    writer.options(&Scope::Network(name.to_owned()), network, servers).await?;
    writer.commit().await
}

/// Sets a subnet, with its pools and options. One with its number or with its prefix is replaced.
pub async fn set_subnet(
    connection: &mut Connection,
    family: Family,
    subnet: &Object,
    servers: &[String],
) -> Result<(), Error> {
    let mut writer = Writer::begin(connection, family, servers, "subnet set", true).await?;
    let id = subnet.get("id").and_then(Value::as_i64).unwrap_or(0);
    let keys = [id.into(), text(subnet, "subnet").into()];
    let pools: &[_] = if family == Family::V6 { &["pool", "pd_pool"] } else { &["pool"] };
    for known in writer.ids_of(&SUBNETS, "subnet_id = ? OR subnet_prefix = ?", &keys).await? {
        for pool in pools {
            writer.run(&format!("DELETE FROM {{}}_{pool} WHERE subnet_id = ?"), &[known.into()]).await?;
        }
        let options = "DELETE FROM {}_options WHERE scope_id = 1 AND {}_subnet_id = ?";
        writer.run(options, &[known.into()]).await?;
        writer.detach(&SUBNETS, known).await?;
    }
    let row = rows::subnet_row(family, subnet)?;
    if writer.update(SUBNETS.name, &row, "subnet_id = ? OR subnet_prefix = ?", &keys).await? == 0 {
        writer.insert(SUBNETS.name, &row, SUBNETS.key).await?;
    }
    writer.attach(&SUBNETS, id, servers).await?;
    writer.pools(subnet, id, servers).await?;
    writer.options(&Scope::Subnet(id), subnet, servers).await?;
    writer.commit().await
}

/// Sets a class.
pub async fn set_class(
    connection: &mut Connection,
    family: Family,
    class: Class<'_>,
    servers: &[String],
) -> Result<(), Error> {
    let mut writer = Writer::begin(connection, family, servers, "client class set", true).await?;
    let (name, mut row) = (text(class.class, "name"), rows::class_row(family, class.class)?);
    row.insert("depend_on_known_directly".into(), class.depends_on_known.into());
    if let Some(before) = class.follows {
        row.insert("follow_class_name".into(), before.into());
    }
    writer.run("DELETE FROM {}_options WHERE scope_id = 2 AND dhcp_client_class = ?", &[name.into()]).await?;
    let definitions = "DELETE FROM {}_option_def WHERE class_id = (SELECT id FROM {}_client_class WHERE name = ?)";
    writer.run(definitions, &[name.into()]).await?;
    let known = writer.update(CLASSES.name, &row, "name = ?", &[name.into()]).await? > 0;
    if !known {
        writer.insert(CLASSES.name, &row, CLASSES.key).await?;
    }
    let id = writer.id_of(&CLASSES, name).await?;
    writer.run("DELETE FROM {}_client_class_dependency WHERE class_id = ?", &[id.into()]).await?;
    writer.detach(&CLASSES, id).await?;
    writer.attach(&CLASSES, id, servers).await?;
    for other in class.depends_on {
        let sql = "INSERT INTO {}_client_class_dependency (class_id, dependency_id) \
                   VALUES (?, (SELECT id FROM {}_client_class WHERE name = ?))";
        let unmet = |_| Error::Refused(format!("unmet dependency on client class: {other}"));
        writer.run(sql, &[id.into(), other.into()]).await.map_err(unmet)?;
    }
    if known {
        // Others may rely on what its test says of reservations.
        let procedure = format!("checkDHCPv{}ClientClassKnownDependencyChange()", family.digit());
        writer.change.link().call("CHECK_CLIENT_CLASS_KNOWN_DEPENDENCY_CHANGE", &procedure, &[]).await?;
    }
    for definition in objects(class.class, "option-def") {
        writer.definition(definition, Some(id), servers).await?;
    }
    writer.options(&Scope::Class(name.to_owned()), class.class, servers).await?;
    writer.commit().await
}

/// Sets a server.
pub async fn set_server(connection: &mut Connection, family: Family, server: &Server) -> Result<(), Error> {
    let tag = server.tag.to_lowercase();
    if tag == ALL {
        return Err(Error::Refused(
            "'all' is a name reserved for the server tag which associates the configuration elements with all servers \
             connecting to the database and a server with this name may not be created"
                .to_owned(),
        ));
    }
    let mut writer = Writer::begin(connection, family, &[], "server set", true).await?;
    let row = Object::from_iter([
        ("tag".to_owned(), tag.as_str().into()),
        ("description".to_owned(), server.description.as_str().into()),
    ]);
    if writer.update("server", &row, "tag = ?", &[(&tag).into()]).await? == 0 {
        writer.insert("server", &row, "id").await?;
    }
    writer.commit().await
}

impl Writer<'_> {
    /// The numbers of the elements for which `given` holds.
    async fn ids_of(&mut self, table: &Table, given: &str, keys: &[Key<'_>]) -> Result<Vec<i64>, Error> {
        let (name, table_name) = (statement("GET", table.name, self.family), self.name(table.name));
        numbers(&mut self.change.link(), &name, &table_name, (table.key, given), keys).await
    }

    /// The number of an element with this name.
    async fn id_of(&mut self, table: &Table, name: &str) -> Result<i64, Error> {
        let ids = self.ids_of(table, "name = ?", &[name.into()]).await?;
        ids.first().copied().ok_or_else(|| Error::Refused(format!("there is no '{name}'")))
    }

    /// Forgets whose an element is.
    async fn detach(&mut self, table: &Table, id: i64) -> Result<(), Error> {
        let sql = format!("DELETE FROM {{}}_{}_server WHERE {} = ?", table.name, table.known_as);
        self.run(&sql, &[id.into()]).await.map(drop)
    }
}

/// The numbers in a column of the rows for which `given` holds.
async fn numbers(
    link: &mut Link<'_>,
    name: &str,
    table: &str,
    (column, given): (&str, &str),
    keys: &[Key<'_>],
) -> Result<Vec<i64>, Error> {
    let rows = link.rows(name, &format!("SELECT {column} FROM {table} WHERE {given}"), keys).await?;
    Ok(rows.iter().filter_map(|row| row.get(column)?.as_i64()).collect())
}

/// Deletes what a statement says, as one change, and tells how much that was.
async fn delete(
    connection: &mut Connection,
    family: Family,
    servers: &[String],
    (remark, cascade): (&str, bool),
    sql: &str,
    keys: &[Key<'_>],
) -> Result<u64, Error> {
    let mut writer = Writer::begin(connection, family, servers, remark, cascade).await?;
    let deleted = writer.run(sql, keys).await?;
    writer.commit().await?;
    Ok(deleted)
}

/// That an element belongs to the server with a tag.
fn of_server(table: &Table, family: Family) -> String {
    let (tables, Table { name, key, known_as, .. }) = (family.space(), table);
    format!(
        "{key} IN (SELECT a.{known_as} FROM {tables}_{name}_server AS a \
         JOIN {tables}_server AS s ON s.id = a.server_id WHERE s.tag = ?)"
    )
}

/// Deletes a global parameter of a server, or of all.
pub async fn delete_global(
    connection: &mut Connection,
    family: Family,
    name: &str,
    server: &str,
) -> Result<u64, Error> {
    let servers = [server.to_lowercase()];
    let [tag] = &servers;
    let sql = format!("DELETE FROM {{}}_global_parameter WHERE name = ? AND {}", of_server(&GLOBALS, family));
    let keys = [name.into(), tag.into()];
    delete(connection, family, &servers, ("global parameter deleted", false), &sql, &keys).await
}

/// Deletes the definition of an option for a server, or for all.
pub async fn delete_definition(
    connection: &mut Connection,
    family: Family,
    code: u16,
    space: &str,
    server: &str,
) -> Result<u64, Error> {
    let servers = [server.to_lowercase()];
    let [tag] = &servers;
    let theirs = of_server(&DEFINITIONS, family);
    let sql = format!("DELETE FROM {{}}_option_def WHERE class_id IS NULL AND code = ? AND space = ? AND {theirs}");
    let keys = [i64::from(code).into(), space.into(), tag.into()];
    delete(connection, family, &servers, ("option definition deleted", false), &sql, &keys).await
}

/// Deletes an option: with `classes`, the one that is for just these.
pub async fn delete_option(
    connection: &mut Connection,
    family: Family,
    scope: &Scope,
    (code, space, classes): (u16, &str, Option<&[Value]>),
    server: &str,
) -> Result<u64, Error> {
    let remark = match (scope, family) {
        (Scope::Global, _) => "global option deleted",
        (Scope::Subnet(_), _) => "subnet specific option deleted",
        (Scope::Network(_), _) => "shared network specific option deleted",
        (Scope::Pool(_), Family::V4) => "pool specific option deleted",
        (Scope::Pool(_), Family::V6) => "address pool specific option deleted",
        (Scope::PdPool(_), _) => "prefix delegation pool specific option deleted",
        (Scope::Class(_), _) => "client class specific option deleted",
    };
    let servers = [server.to_lowercase()];
    let mut writer = Writer::begin(connection, family, &servers, remark, false).await?;
    let (number, column, owner) = writer.place(scope);
    let theirs = column.map_or_else(|| of_server(&OPTIONS, family), |column| format!("{column} = ?"));
    let mut sql = format!("DELETE FROM {{}}_options WHERE scope_id = {number} AND code = ? AND space = ? AND {theirs}");
    let [tag] = &servers;
    let mut keys = vec![i64::from(code).into(), space.into(), key(&owner, tag)];
    let classes = classes.map(|list| list_text(Some(&list.to_vec().into())));
    if let Some(classes) = &classes {
        sql += " AND client_classes = ?";
        keys.push(classes.into());
    }
    let deleted = writer.run(&sql, &keys).await?;
    writer.commit().await?;
    Ok(deleted)
}

/// Deletes a shared network. Its subnets stay, in none.
pub async fn delete_network(connection: &mut Connection, family: Family, name: &str) -> Result<u64, Error> {
    let sql = "DELETE FROM {}_shared_network WHERE name = ?";
    delete(connection, family, &[], ("shared network deleted", true), sql, &[name.into()]).await
}

/// Deletes subnets, with their pools and options.
pub async fn delete_subnets(connection: &mut Connection, family: Family, which: Doomed<'_>) -> Result<u64, Error> {
    let (remark, given, key) = match which {
        Doomed::Id(id) => ("subnet deleted", "subnet_id = ?", id.into()),
        Doomed::Prefix(prefix) => ("subnet deleted", "subnet_prefix = ?", prefix.into()),
        Doomed::Network(name) => ("deleted all subnets for a shared network", "shared_network_name = ?", name.into()),
    };
    let sql = format!("DELETE FROM {{}}_subnet WHERE {given}");
    delete(connection, family, &[], (remark, true), &sql, &[key]).await
}

/// Deletes a class, unless another depends on it.
pub async fn delete_class(connection: &mut Connection, family: Family, name: &str) -> Result<u64, Error> {
    let mut writer = Writer::begin(connection, family, &[], "client class deleted", true).await?;
    // Kea's tables for PostgreSQL would keep them for the next class of that name.
    writer.run("DELETE FROM {}_options WHERE scope_id = 2 AND dhcp_client_class = ?", &[name.into()]).await?;
    let deleted = writer.run("DELETE FROM {}_client_class WHERE name = ?", &[name.into()]).await?;
    writer.commit().await?;
    Ok(deleted)
}

/// Deletes a server, and what only it had: global parameters, options for every client, and definitions.
pub async fn delete_server(connection: &mut Connection, family: Family, tag: &str) -> Result<u64, Error> {
    let tag = tag.to_lowercase();
    if tag == ALL {
        return Err(Error::Refused(
            "'all' is a name reserved for the server tag which associates the configuration elements with all servers \
             connecting to the database and may not be deleted"
                .to_owned(),
        ));
    }
    let mut writer = Writer::begin(connection, family, &[], "deleting a server", false).await?;
    let deleted = writer.run("DELETE FROM {}_server WHERE tag = ?", &[(&tag).into()]).await?;
    if deleted > 0 {
        for (table, given) in [(&GLOBALS, "true"), (&OPTIONS, "scope_id = 0"), (&DEFINITIONS, "true")] {
            let Table { name, key, known_as, .. } = table;
            let sql = format!(
                "DELETE FROM {{}}_{name} WHERE {given} AND {key} NOT IN (SELECT {known_as} FROM {{}}_{name}_server)"
            );
            writer.run(&sql, &[]).await?;
        }
    }
    writer.commit().await?;
    Ok(deleted)
}

/// The number of a pool.
pub async fn pool_id(connection: &mut Connection, family: Family, pool: Pool<'_>) -> Result<Option<i64>, Error> {
    let (table, given, keys) = match pool {
        Pool::Addresses(first, last) => ("pool", "start_address = ? AND end_address = ?", [first.into(), last.into()]),
        Pool::Prefixes(prefix, length) => {
            ("pd_pool", "prefix = ? AND prefix_length = ?", [prefix.into(), i64::from(length).into()])
        }
    };
    let (name, table) = (statement("GET", "pool_range", family), format!("{}_{table}", family.space()));
    let ids = numbers(&mut connection.into(), &name, &table, ("id", given), &keys).await?;
    Ok(ids.first().copied())
}

/// Whose an option is: the element that it belongs to, or a server.
fn key<'a>(owner: &'a Value, tag: &'a str) -> Key<'a> {
    match owner {
        Value::Null => tag.into(),
        owner => owner.as_str().map_or_else(|| owner.as_i64().unwrap_or(0).into(), Key::Text),
    }
}

fn code(row: &Object) -> Key<'static> {
    row.get("code").and_then(Value::as_i64).unwrap_or(0).into()
}

/// The entries of a list that are maps.
fn objects<'a>(object: &'a Object, key: &str) -> impl Iterator<Item = &'a Object> {
    object.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
}
