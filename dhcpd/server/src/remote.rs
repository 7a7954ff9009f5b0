//! The databases that `libdhcp_cb_cmds.so` asks, on the thread of the control channel: it waits, and nobody else does.

use dhcpd_config::common::Database;
use dhcpd_config::parameters::ConfigControl;
use libs::cb_cmds::store::{
    Databases, Element, Entry, Found, Object, OptionKey, Owner, Pending, Query, Selector, Servers, Wanted,
};
use schema::Given;
use sql::Connection;
use sql::config::read::{Code, Reader, Server, Which};
use sql::config::write::{self, Class, Doomed, Pool, Scope};
use sql::config::{self, Family};
use sql::connect::{Error, connect, within};
use tokio::sync::Mutex;

/// The databases of `config-control`.
pub struct Remote {
    family: Family,
    databases: Vec<Database>,
    /// To the database that was asked last, by its place.
    connection: Mutex<Option<(usize, Connection)>>,
}

impl Remote {
    /// Those that a configuration names.
    pub fn new(family: Family, given: &Given<ConfigControl>) -> Self {
        let named = given.iter().flat_map(|control| &control.config_databases);
        let databases = named.filter_map(|database| database.resolve()).collect();
        Self { family, databases, connection: Mutex::default() }
    }

    /// The place of the database that is meant.
    fn find(&self, selector: &Selector) -> Result<usize, String> {
        let fits = |database: &Database| {
            selector.kind.as_ref().is_none_or(|wanted| wanted == database.kind.word())
                && selector.host.as_ref().is_none_or(|wanted| **wanted == *database.host)
                && selector.port.is_none_or(|wanted| Some(wanted) == database.port)
        };
        let mut places = self.databases.iter().enumerate().filter(|(_, database)| fits(database));
        match (places.next(), places.next()) {
            (Some((place, _)), None) => Ok(place),
            (None, _) => Err(format!("no such database found for selector: {}", shown(selector))),
            _ => Err(format!("more than one database found for selector: {}", shown(selector))),
        }
    }

    async fn answer(&self, selector: &Selector, query: Query) -> Result<Found, Error> {
        let place = self.find(selector).map_err(Error::Refused)?;
        let database = self.databases.get(place).ok_or_else(|| Error::Refused("there is no such database".into()))?;
        if database.readonly && !matches!(query, Query::Read(..)) {
            return Err(Error::Refused("the configuration database is read only".into()));
        }
        let patience = database.patience;
        let mut held = self.connection.lock().await;
        if let Some((_, connection)) = held.as_mut().filter(|(at, _)| *at == place) {
            match within(patience, run(connection, self.family, &query)).await {
                // It may have been lost long ago: a new one tells more.
                Err(error) if error.is_lost() => *held = None,
                answer => return answer,
            }
        }
        let (_, connection) = held.insert((place, connect(database).await?));
        within(patience, run(connection, self.family, &query)).await
    }
}

impl Databases for Remote {
    fn ask<'a>(&'a self, selector: &'a Selector, query: Query) -> Pending<'a, Result<Found, String>> {
        Box::pin(async move { self.answer(selector, query).await.map_err(|error| error.to_string()) })
    }
}

/// Which database is meant, in Kea's words.
fn shown(Selector { kind, host, port }: &Selector) -> String {
    let kind = kind.iter().map(|kind| format!("type={kind}"));
    let host = host.iter().map(|host| format!("host={host}"));
    let said: Vec<_> = kind.chain(host).chain(port.iter().map(|port| format!("port={port}"))).collect();
    if said.is_empty() { "unspecified".to_owned() } else { said.join(",") }
}

async fn run(connection: &mut Connection, family: Family, query: &Query) -> Result<Found, Error> {
    match query {
        Query::Read(wanted, servers) => {
            let entries = read(connection, family, wanted, servers).await?;
            Ok(Found { entries, count: 0 })
        }
        Query::Set(element, tags) => set(connection, family, element, tags).await.map(|()| Found::default()),
        Query::Delete(wanted, tag) => {
            let count = delete(connection, family, wanted, tag).await?;
            Ok(Found { entries: Vec::new(), count })
        }
        Query::DeleteOption(owner, OptionKey { code, space, classes }, tag) => {
            let Some(scope) = scope(connection, family, owner).await? else { return Ok(Found::default()) };
            let key = (*code, space.as_str(), classes.as_deref());
            let count = write::delete_option(connection, family, &scope, key, tag).await?;
            Ok(Found { entries: Vec::new(), count })
        }
    }
}

async fn read(
    connection: &mut Connection,
    family: Family,
    wanted: &Wanted,
    servers: &Servers,
) -> Result<Vec<Entry>, Error> {
    let servers = &match servers {
        Servers::Any => config::Servers::Any,
        Servers::Unassigned => config::Servers::Unassigned,
        Servers::Tags(tags) => config::Servers::Tags(tags.clone()),
    };
    let mut reader = Reader::new(connection, family);
    let entries = match wanted {
        Wanted::Globals(name) => reader.globals(servers, name.as_deref()).await?,
        Wanted::Definitions(which) => {
            let code = which.as_ref().map(|(code, space)| Code::new(*code, space, None));
            reader.definitions(servers, code.as_ref()).await?
        }
        Wanted::Options(which) => {
            let code = which.as_ref().map(|key| Code::new(key.code, &key.space, key.classes.as_deref()));
            reader.options(servers, code.as_ref()).await?
        }
        Wanted::Networks(name) => reader.networks(servers, name.as_deref()).await?,
        Wanted::Subnets => reader.subnets(servers, Which::All).await?,
        Wanted::SubnetId(id) => reader.subnets(servers, Which::Id(*id)).await?,
        Wanted::SubnetPrefix(prefix) => reader.subnets(servers, Which::Prefix(prefix)).await?,
        Wanted::SubnetsOf(network) => reader.subnets(servers, Which::Network(network)).await?,
        Wanted::Classes(name) => reader.classes(servers, name.as_deref()).await?,
        Wanted::Servers(tag) => {
            let servers = reader.servers(tag.as_deref()).await?;
            return Ok(servers.into_iter().map(server).collect());
        }
    };
    Ok(entries.into_iter().map(|entry| Entry { value: entry.value, tags: entry.tags }).collect())
}

fn server(server: Server) -> Entry {
    let value = Object::from_iter([
        ("server-tag".to_owned(), server.tag.into()),
        ("description".to_owned(), server.description.into()),
    ]);
    Entry { value, tags: Vec::new() }
}

async fn set(connection: &mut Connection, family: Family, element: &Element, tags: &[String]) -> Result<(), Error> {
    let tag = tags.first().map(String::as_str).unwrap_or_default();
    match element {
        Element::Global(name, value) => write::set_global(connection, family, name, value, tag).await,
        Element::Definition(definition) => write::set_definition(connection, family, definition, tag).await,
        Element::Option(owner, option) => match scope(connection, family, owner).await? {
            Some(scope) => write::set_option(connection, family, &scope, option, tag).await,
            None => Err(Error::Refused(missing(owner))),
        },
        Element::Network(network) => write::set_network(connection, family, network, tags).await,
        Element::Subnet(subnet) => write::set_subnet(connection, family, subnet, tags).await,
        Element::Class { class, depends_on, depends_on_known, follows } => {
            let class = Class { class, depends_on, depends_on_known: *depends_on_known, follows: follows.as_deref() };
            write::set_class(connection, family, class, tags).await
        }
        Element::Server(tag, description) => {
            let server = Server { tag: tag.clone(), description: description.clone() };
            write::set_server(connection, family, &server).await
        }
    }
}

async fn delete(connection: &mut Connection, family: Family, wanted: &Wanted, tag: &str) -> Result<u64, Error> {
    match wanted {
        Wanted::Globals(Some(name)) => write::delete_global(connection, family, name, tag).await,
        Wanted::Definitions(Some((code, space))) => {
            write::delete_definition(connection, family, *code, space, tag).await
        }
        Wanted::Networks(Some(name)) => write::delete_network(connection, family, name).await,
        Wanted::SubnetId(id) => write::delete_subnets(connection, family, Doomed::Id(*id)).await,
        Wanted::SubnetPrefix(prefix) => write::delete_subnets(connection, family, Doomed::Prefix(prefix)).await,
        Wanted::SubnetsOf(network) => write::delete_subnets(connection, family, Doomed::Network(network)).await,
        Wanted::Classes(Some(name)) => write::delete_class(connection, family, name).await,
        Wanted::Servers(Some(tag)) => write::delete_server(connection, family, tag).await,
        _ => Err(Error::Refused("nothing says what is to be deleted".to_owned())),
    }
}

/// Where options are, unless it is a pool that is not there.
async fn scope(connection: &mut Connection, family: Family, owner: &Owner) -> Result<Option<Scope>, Error> {
    Ok(match owner {
        Owner::Global => Some(Scope::Global),
        Owner::Subnet(id) => Some(Scope::Subnet(*id)),
        Owner::Network(name) => Some(Scope::Network(name.clone())),
        Owner::Addresses(first, last) => {
            write::pool_id(connection, family, Pool::Addresses(*first, *last)).await?.map(Scope::Pool)
        }
        Owner::Prefixes(prefix, length) => {
            write::pool_id(connection, family, Pool::Prefixes(prefix, *length)).await?.map(Scope::PdPool)
        }
    })
}

/// That a pool is not there, in Kea's words.
fn missing(owner: &Owner) -> String {
    match owner {
        Owner::Addresses(first, last) => format!("no pool found for range of {first} : {last}"),
        Owner::Prefixes(prefix, length) => format!("no prefix delegation pool found for prefix of {prefix}/{length}"),
        Owner::Global | Owner::Subnet(_) | Owner::Network(_) => "there is nothing of the kind".to_owned(),
    }
}
