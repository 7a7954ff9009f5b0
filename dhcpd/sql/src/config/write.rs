//! Elements of configurations, set and deleted one at a time: each change is one transaction, and a revision by which the
//! servers hear of it.
//!
//! Setting replaces: what is not said any more is gone, pools, options and servers included. The remarks of the revisions
//! are Kea's.

use super::read::{CLASSES, DEFINITIONS, GLOBALS, NETWORKS, OPTIONS, SUBNETS, Server, Table, statement};
use super::rows::{self, Object, list_text, text};
use super::{ALL, Family};
use crate::connect::{Error, pgsql};
use serde_json::Value;
use sqlx::{Connection, PgConnection, Postgres, Row, Transaction};
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
pub struct Writer<'a> {
    change: Transaction<'a, Postgres>,
    family: Family,
}

impl<'a> Writer<'a> {
    /// Begins a change; `remark` says of what, and `cascade` that its parts are not changes of their own.
    async fn begin(
        connection: &'a mut PgConnection,
        family: Family,
        servers: &[String],
        remark: &str,
        cascade: bool,
    ) -> Result<Self, Error> {
        let failed = |error| pgsql::failed("CREATE_AUDIT_REVISION", error);
        let mut change = connection.begin().await.map_err(failed)?;
        let tag = match servers {
            [tag] => tag.to_lowercase(),
            _ => ALL.to_owned(),
        };
        let sql = format!("SELECT createAuditRevisionDHCP{}(CURRENT_TIMESTAMP, $1::varchar, $2, $3)", family.digit());
        sqlx::query(&sql).bind(tag).bind(remark).bind(cascade).execute(&mut *change).await.map_err(failed)?;
        Ok(Self { change, family })
    }

    async fn commit(self) -> Result<(), Error> {
        self.change.commit().await.map_err(|error| pgsql::failed("COMMIT", error))
    }

    fn tables(&self) -> &'static str {
        self.family.space()
    }

    /// Inserts a row, with the number that the table gave it.
    async fn insert(&mut self, table: &str, row: &Object, key: &str) -> Result<i64, Error> {
        let columns: Vec<_> = row.keys().map(String::as_str).collect();
        let (tables, columns) = (self.tables(), columns.join(", "));
        let sql = format!(
            "INSERT INTO {tables}_{table} ({columns}, modification_ts) SELECT {columns}, CURRENT_TIMESTAMP \
             FROM json_populate_record(NULL::{tables}_{table}, $1::json) RETURNING {key}::int8"
        );
        let failed = |error| pgsql::failed(&statement("INSERT", table, self.family), error);
        let row = sqlx::query(&sql).bind(json(row)).fetch_one(&mut *self.change).await.map_err(failed)?;
        row.try_get(0).map_err(failed)
    }

    /// Updates the rows for which `given` holds, which may use `$2` and further.
    async fn update(&mut self, table: &str, row: &Object, given: &str, keys: &[&str]) -> Result<u64, Error> {
        let columns: Vec<_> = row.keys().map(String::as_str).collect();
        let (tables, columns) = (self.tables(), columns.join(", "));
        let sql = format!(
            "UPDATE {tables}_{table} AS o SET ({columns}, modification_ts) = (SELECT {columns}, CURRENT_TIMESTAMP \
             FROM json_populate_record(NULL::{tables}_{table}, $1::json)) WHERE {given}"
        );
        let query = keys.iter().fold(sqlx::query(&sql).bind(json(row)), |query, key| query.bind(*key));
        let failed = |error| pgsql::failed(&statement("UPDATE", table, self.family), error);
        Ok(query.execute(&mut *self.change).await.map_err(failed)?.rows_affected())
    }

    async fn run(&mut self, sql: &str, keys: &[&str]) -> Result<u64, Error> {
        let sql = sql.replace("{}", self.tables());
        let query = keys.iter().fold(sqlx::query(&sql), |query, key| query.bind(*key));
        let failed = |error| pgsql::failed(sql.split('(').next().unwrap_or_default().trim(), error);
        Ok(query.execute(&mut *self.change).await.map_err(failed)?.rows_affected())
    }

    /// Says whose an element is.
    async fn attach(&mut self, table: &Table, id: i64, servers: &[String]) -> Result<(), Error> {
        let (tables, Table { name, known_as, .. }) = (self.tables(), table);
        let sql = format!(
            "INSERT INTO {tables}_{name}_server ({known_as}, server_id, modification_ts) \
             SELECT $1, id, CURRENT_TIMESTAMP FROM {tables}_server WHERE tag = $2"
        );
        for tag in servers {
            let tag = tag.to_lowercase();
            let failed = |error| pgsql::failed(&statement("INSERT", &format!("{name}_server"), self.family), error);
            let done = sqlx::query(&sql).bind(id).bind(&tag).execute(&mut *self.change).await.map_err(failed)?;
            if done.rows_affected() == 0 {
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
        let code = row.get("code").and_then(Value::as_i64).unwrap_or(0).to_string();
        let (space, classes) = (text(&row, "space").to_owned(), text(&row, "client_classes").to_owned());
        let owner = owner.as_str().map_or_else(|| owner.to_string(), str::to_owned);
        let tag = servers.first().map(|tag| tag.to_lowercase()).unwrap_or_default();
        let theirs = match &column {
            Some(column) => format!("o.{column}::text = $5"),
            None => format!(
                "o.option_id IN (SELECT a.option_id FROM {0}_options_server AS a JOIN {0}_server AS s ON s.id = a.server_id WHERE s.tag = $5)",
                self.tables()
            ),
        };
        let owner = if column.is_some() { owner } else { tag };
        let given = format!(
            "o.scope_id = {number} AND o.code = $2::int4 AND o.space = $3 AND o.client_classes = $4 AND {theirs}"
        );
        let keys = [code.as_str(), &space, &classes, &owner];
        if self.update("options", &row, &given, &keys).await? == 0 {
            let id = self.insert("options", &row, "option_id").await?;
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
        let code = row.get("code").and_then(Value::as_i64).unwrap_or(0).to_string();
        let (space, tag) =
            (text(&row, "space").to_owned(), servers.first().map(|tag| tag.to_lowercase()).unwrap_or_default());
        let given = format!(
            "o.code = $2::int4 AND o.space = $3 AND o.class_id IS NOT DISTINCT FROM $5::int8 AND o.id IN (SELECT a.option_def_id \
             FROM {0}_option_def_server AS a JOIN {0}_server AS s ON s.id = a.server_id WHERE s.tag = $4)",
            self.tables()
        );
        let given = match class {
            Some(_) => given,
            None => given.replace(" IS NOT DISTINCT FROM $5::int8", " IS NULL"),
        };
        let class = class.map(|id| id.to_string());
        let mut keys = vec![code.as_str(), &space, &tag];
        keys.extend(class.as_deref());
        if self.update("option_def", &row, &given, &keys).await? == 0 {
            let id = self.insert("option_def", &row, "id").await?;
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
    connection: &mut PgConnection,
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
    let given = format!(
        "o.name = $2 AND o.id IN (SELECT a.parameter_id FROM {0}_global_parameter_server AS a \
         JOIN {0}_server AS s ON s.id = a.server_id WHERE s.tag = $3)",
        family.space()
    );
    let [tag] = &servers;
    if writer.update(GLOBALS.name, &row, &given, &[name, tag]).await? == 0 {
        let id = writer.insert(GLOBALS.name, &row, GLOBALS.key).await?;
        writer.attach(&GLOBALS, id, &servers).await?;
    }
    writer.commit().await
}

/// Sets the definition of an option for one server, or for all.
pub async fn set_definition(
    connection: &mut PgConnection,
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
    connection: &mut PgConnection,
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
    connection: &mut PgConnection,
    family: Family,
    network: &Object,
    servers: &[String],
) -> Result<(), Error> {
    let mut writer = Writer::begin(connection, family, servers, "shared network set", true).await?;
    let (name, row) = (text(network, "name"), rows::network_row(family, network)?);
    writer.run("DELETE FROM {}_options WHERE scope_id = 4 AND shared_network_name = $1", &[name]).await?;
    if writer.update(NETWORKS.name, &row, "o.name = $2", &[name]).await? == 0 {
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
    connection: &mut PgConnection,
    family: Family,
    subnet: &Object,
    servers: &[String],
) -> Result<(), Error> {
    let mut writer = Writer::begin(connection, family, servers, "subnet set", true).await?;
    let id = subnet.get("id").and_then(Value::as_i64).unwrap_or(0);
    let (number, prefix) = (id.to_string(), text(subnet, "subnet"));
    let keys = [number.as_str(), prefix];
    let theirs = "(SELECT subnet_id FROM {}_subnet WHERE subnet_id = $1::int8 OR subnet_prefix = $2)";
    let pools: &[_] = if family == Family::V6 { &["pool", "pd_pool"] } else { &["pool"] };
    for pool in pools {
        writer.run(&format!("DELETE FROM {{}}_{pool} WHERE subnet_id IN {theirs}"), &keys).await?;
    }
    writer.run(&format!("DELETE FROM {{}}_options WHERE scope_id = 1 AND {{}}_subnet_id IN {theirs}"), &keys).await?;
    let row = rows::subnet_row(family, subnet)?;
    if writer.update(SUBNETS.name, &row, "o.subnet_id = $2::int8 OR o.subnet_prefix = $3", &keys).await? == 0 {
        writer.insert(SUBNETS.name, &row, SUBNETS.key).await?;
    }
    writer.detach(&SUBNETS, id).await?;
    writer.attach(&SUBNETS, id, servers).await?;
    writer.pools(subnet, id, servers).await?;
    writer.options(&Scope::Subnet(id), subnet, servers).await?;
    writer.commit().await
}

/// Sets a class.
pub async fn set_class(
    connection: &mut PgConnection,
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
    writer.run("DELETE FROM {}_options WHERE scope_id = 2 AND dhcp_client_class = $1", &[name]).await?;
    writer
        .run("DELETE FROM {}_option_def WHERE class_id = (SELECT id FROM {}_client_class WHERE name = $1)", &[name])
        .await?;
    let known = writer.update(CLASSES.name, &row, "o.name = $2", &[name]).await? > 0;
    if !known {
        writer.insert(CLASSES.name, &row, CLASSES.key).await?;
    }
    let id = writer.id_of(&CLASSES, name).await?;
    writer.run("DELETE FROM {}_client_class_dependency WHERE class_id = $1::int8", &[&id.to_string()]).await?;
    writer.detach(&CLASSES, id).await?;
    writer.attach(&CLASSES, id, servers).await?;
    for other in class.depends_on {
        let sql = "INSERT INTO {}_client_class_dependency (class_id, dependency_id) \
                   VALUES ($1::int8, (SELECT id FROM {}_client_class WHERE name = $2))";
        let unmet = |_| Error::Refused(format!("unmet dependency on client class: {other}"));
        writer.run(sql, &[&id.to_string(), other]).await.map_err(unmet)?;
    }
    if known {
        // Others may rely on what its test says of reservations.
        let sql = format!("SELECT checkDHCPv{}ClientClassKnownDependencyChange()", family.digit());
        writer.run(&sql, &[]).await?;
    }
    for definition in objects(class.class, "option-def") {
        writer.definition(definition, Some(id), servers).await?;
    }
    writer.options(&Scope::Class(name.to_owned()), class.class, servers).await?;
    writer.commit().await
}

/// Sets a server.
pub async fn set_server(connection: &mut PgConnection, family: Family, server: &Server) -> Result<(), Error> {
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
    if writer.update("server", &row, "o.tag = $2", &[&tag]).await? == 0 {
        writer.insert("server", &row, "id").await?;
    }
    writer.commit().await
}

impl Writer<'_> {
    /// The number of an element with this name.
    async fn id_of(&mut self, table: &Table, name: &str) -> Result<i64, Error> {
        let sql = format!("SELECT {}::int8 FROM {}_{} WHERE name = $1", table.key, self.tables(), table.name);
        let failed = |error| pgsql::failed(&statement("GET", table.name, self.family), error);
        sqlx::query(&sql).bind(name).fetch_one(&mut *self.change).await.and_then(|row| row.try_get(0)).map_err(failed)
    }

    /// Forgets whose an element is.
    async fn detach(&mut self, table: &Table, id: i64) -> Result<(), Error> {
        let sql = format!("DELETE FROM {{}}_{}_server WHERE {} = $1::int8", table.name, table.known_as);
        self.run(&sql, &[&id.to_string()]).await.map(drop)
    }
}

/// Deletes what a statement says, as one change, and tells how much that was.
async fn delete(
    connection: &mut PgConnection,
    family: Family,
    servers: &[String],
    (remark, cascade): (&str, bool),
    sql: &str,
    keys: &[&str],
) -> Result<u64, Error> {
    let mut writer = Writer::begin(connection, family, servers, remark, cascade).await?;
    let deleted = writer.run(sql, keys).await?;
    writer.commit().await?;
    Ok(deleted)
}

/// Those of a table that belong to the server with the tag `$1`.
fn of_server(table: &Table) -> String {
    let Table { name, key, known_as, .. } = table;
    format!(
        "DELETE FROM {{}}_{name} AS o USING {{}}_{name}_server AS a, {{}}_server AS s \
         WHERE o.{key} = a.{known_as} AND a.server_id = s.id AND s.tag = $1"
    )
}

/// Deletes a global parameter of a server, or of all.
pub async fn delete_global(
    connection: &mut PgConnection,
    family: Family,
    name: &str,
    server: &str,
) -> Result<u64, Error> {
    let servers = [server.to_lowercase()];
    let [tag] = &servers;
    let sql = of_server(&GLOBALS) + " AND o.name = $2";
    delete(connection, family, &servers, ("global parameter deleted", false), &sql, &[tag, name]).await
}

/// Deletes the definition of an option for a server, or for all.
pub async fn delete_definition(
    connection: &mut PgConnection,
    family: Family,
    code: u16,
    space: &str,
    server: &str,
) -> Result<u64, Error> {
    let servers = [server.to_lowercase()];
    let [tag] = &servers;
    let sql = of_server(&DEFINITIONS) + " AND o.class_id IS NULL AND o.code = $2::int4 AND o.space = $3";
    let keys = [tag.as_str(), &code.to_string(), space];
    delete(connection, family, &servers, ("option definition deleted", false), &sql, &keys).await
}

/// Deletes an option: with `classes`, the one that is for just these.
pub async fn delete_option(
    connection: &mut PgConnection,
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
    let (theirs, owner) = match column {
        Some(column) => {
            let owner = owner.as_str().map_or_else(|| owner.to_string(), str::to_owned);
            (format!("DELETE FROM {{}}_options AS o WHERE o.{column}::text = $1"), owner)
        }
        None => (of_server(&OPTIONS), server.to_lowercase()),
    };
    let sql = format!("{theirs} AND o.scope_id = {number} AND o.code = $2::int4 AND o.space = $3");
    let (code, classes) = (code.to_string(), classes.map(|list| list_text(Some(&list.to_vec().into()))));
    let deleted = match &classes {
        Some(classes) => {
            writer.run(&format!("{sql} AND o.client_classes = $4"), &[&owner, &code, space, classes]).await?
        }
        None => writer.run(&sql, &[&owner, &code, space]).await?,
    };
    writer.commit().await?;
    Ok(deleted)
}

/// Deletes a shared network. Its subnets stay, in none.
pub async fn delete_network(connection: &mut PgConnection, family: Family, name: &str) -> Result<u64, Error> {
    let sql = "DELETE FROM {}_shared_network WHERE name = $1";
    delete(connection, family, &[], ("shared network deleted", true), sql, &[name]).await
}

/// Deletes subnets, with their pools and options.
pub async fn delete_subnets(connection: &mut PgConnection, family: Family, which: Doomed<'_>) -> Result<u64, Error> {
    let (remark, given, key) = match which {
        Doomed::Id(id) => ("subnet deleted", "subnet_id = $1::int8", id.to_string()),
        Doomed::Prefix(prefix) => ("subnet deleted", "subnet_prefix = $1", prefix.to_owned()),
        Doomed::Network(name) => {
            ("deleted all subnets for a shared network", "shared_network_name = $1", name.to_owned())
        }
    };
    let sql = format!("DELETE FROM {{}}_subnet WHERE {given}");
    delete(connection, family, &[], (remark, true), &sql, &[&key]).await
}

/// Deletes a class, unless another depends on it.
pub async fn delete_class(connection: &mut PgConnection, family: Family, name: &str) -> Result<u64, Error> {
    let sql = "DELETE FROM {}_client_class WHERE name = $1";
    delete(connection, family, &[], ("client class deleted", true), sql, &[name]).await
}

/// Deletes a server, and what only it had: global parameters, options for every client, and definitions.
pub async fn delete_server(connection: &mut PgConnection, family: Family, tag: &str) -> Result<u64, Error> {
    let tag = tag.to_lowercase();
    if tag == ALL {
        return Err(Error::Refused(
            "'all' is a name reserved for the server tag which associates the configuration elements with all servers \
             connecting to the database and may not be deleted"
                .to_owned(),
        ));
    }
    let mut writer = Writer::begin(connection, family, &[], "deleting a server", false).await?;
    let deleted = writer.run("DELETE FROM {}_server WHERE tag = $1", &[&tag]).await?;
    if deleted > 0 {
        for (table, given) in [(&GLOBALS, "true"), (&OPTIONS, "o.scope_id = 0"), (&DEFINITIONS, "true")] {
            let Table { name, key, known_as, .. } = table;
            let sql = format!(
                "DELETE FROM {{}}_{name} AS o WHERE {given} AND NOT EXISTS \
                 (SELECT FROM {{}}_{name}_server AS a WHERE a.{known_as} = o.{key})"
            );
            writer.run(&sql, &[]).await?;
        }
    }
    writer.commit().await?;
    Ok(deleted)
}

/// The number of a pool.
pub async fn pool_id(connection: &mut PgConnection, family: Family, pool: Pool<'_>) -> Result<Option<i64>, Error> {
    let tables = family.space();
    let (sql, keys) = match pool {
        Pool::Addresses(first, last) => {
            let given = "start_address = $1::inet AND end_address = $2::inet";
            (format!("SELECT id::int8 FROM {tables}_pool WHERE {given}"), [first.to_string(), last.to_string()])
        }
        Pool::Prefixes(prefix, length) => {
            let given = "prefix = $1 AND prefix_length = $2::int2";
            (format!("SELECT id::int8 FROM {tables}_pd_pool WHERE {given}"), [prefix.to_owned(), length.to_string()])
        }
    };
    let query = keys.iter().fold(sqlx::query(&sql), |query, key| query.bind(key));
    let failed = |error| pgsql::failed(&statement("GET", "pool_range", family), error);
    let row = query.fetch_optional(connection).await.map_err(failed)?;
    row.map(|row| row.try_get(0)).transpose().map_err(failed)
}

/// The entries of a list that are maps.
fn objects<'a>(object: &'a Object, key: &str) -> impl Iterator<Item = &'a Object> {
    object.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
}

fn json(row: &Object) -> String {
    Value::Object(row.clone()).to_string()
}
