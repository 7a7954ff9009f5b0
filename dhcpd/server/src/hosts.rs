//! Reservations from databases: held in memory beside the configuration, as they stand there; and those of a cache.
//!
//! A worker holds the index for a batch, as it holds the leases; what changes waits for it as long. Each configuration reads
//! its databases anew, since options and classes may mean something else in it.

use crate::database::{Kept, Link};
use crate::family::Family;
use crate::messages::*;
use dhcpd_config::common::Database;
use dhcpd_config::hosts::{CACHE, Identifier, IdentifierKind, Key, Meaning, Stored};
use libs::host_cache::{self, Cache};
use libs::host_cmds;
use libs::host_cmds::databases::{Asked, Wanted};
use libs::host_cmds::host::Key as Searched;
use parking_lot::{Mutex, RwLock};
use schema::json::Node;
use serde_json::Value;
use sql::connect::Error;
use sql::hosts::{Change, Filter, Found, Source};
use std::future::Future;
use std::sync::Arc;
use tokio::sync::Notify;

/// The reservations of the databases of a family, shared with those who keep them up to date.
pub type Shared<F> = Arc<RwLock<Stored<<F as Family>::Host>>>;

/// A reservation as it stands in a database.
pub type Given<F> = <<F as Family>::Rows as sql::hosts::Family>::Reservation;

/// The databases of a configuration, and the cache before them.
pub struct Databases<F: Family> {
    /// What is in them; `None` where there are none.
    pub stored: Option<Shared<F>>,
    /// In the order in which they count.
    pub sources: Vec<Source<F::Rows>>,
    /// What commands brought, with `libdhcp_host_cache.so`.
    pub cache: Option<host_cache::Shared<Given<F>>>,
}

impl<F: Family> Databases<F> {
    /// Opens them and reads what is in them; where tries are made at the start, one that is not there is as if lost. An error
    /// is the place of the one that cannot be used, and why. The cache, if there is one with so many entries, has what the one
    /// `before` has.
    pub fn open(
        databases: &[Database],
        cache: Option<usize>,
        before: Option<&Self>,
        mut meaning: impl FnMut() -> Meaning,
    ) -> Result<(Self, Vec<Link>), (usize, String)> {
        let stored: Shared<F> = Arc::default();
        let (mut sources, mut links) = (Vec::new(), Vec::new());
        for (at, database) in databases.iter().enumerate() {
            let failed = |error: Error| (at, format!("Unable to open database: {error}"));
            let Database { kind, recovery, .. } = *database;
            let mut keeper: Keeper<F> =
                Keeper { source: CACHE + 1 + at as u32, stored: stored.clone(), meaning: meaning() };
            let lost = Arc::new(Notify::new());
            let listener = Box::new(move |change| keeper.changed(change));
            let source = Source::<F::Rows>::new(database.clone(), listener, lost.clone()).map_err(failed)?;
            match source.connect() {
                Err(error) if error.is_lost() && recovery.at_start && recovery.is_on() => lost.notify_one(),
                opened => opened.map_err(failed)?,
            }
            let again = source.clone();
            links.push(Link {
                recovery,
                kind,
                kept: Kept::Reservations(at as u32),
                lost,
                reconnect: Arc::new(move || again.connect().map_err(text)),
            });
            sources.push(source);
        }
        let cache = cache.map(|maximum| {
            let mut cache = Cache::new(meaning(), maximum, stored.clone());
            if let Some(before) = before.and_then(|before| before.cache.as_ref()) {
                cache.follow(&before.lock());
            }
            Arc::new(Mutex::new(cache))
        });
        let stored = (!databases.is_empty() || cache.is_some()).then_some(stored);
        Ok((Self { stored, sources, cache }, links))
    }
}

/// Keeps the reservations of one database up to date.
struct Keeper<F: Family> {
    source: u32,
    stored: Shared<F>,
    meaning: Meaning,
}

impl<F: Family> Keeper<F> {
    fn changed(&mut self, change: Change<Given<F>>) {
        let source = self.source;
        match change {
            Change::Removed(ids) => {
                let mut stored = self.stored.write();
                ids.into_iter().for_each(|id| stored.remove(Key { source, id }));
            }
            Change::Put(found) => {
                // What takes time is done before anybody has to wait.
                let hosts: Vec<_> = found.into_iter().map(|found| self.resolved(found)).collect();
                for some in hosts.chunks(STEP) {
                    let mut stored = self.stored.write();
                    for (id, host) in some {
                        let key = Key { source, id: *id };
                        match host {
                            Some((subnet, host)) => stored.put(key, *subnet, host.clone()),
                            None => stored.remove(key),
                        }
                    }
                }
            }
        }
    }
}

/// How many reservations change while everybody waits.
const STEP: usize = 64;

impl<F: Family> Keeper<F> {
    /// A reservation with its number; without what cannot be used, which is told.
    fn resolved(&mut self, found: Found<Given<F>>) -> (u32, Option<(u32, F::Host)>) {
        let Found { id, subnet, reservation } = found;
        match reservation.and_then(|given| self.meaning.resolve(given)) {
            Ok(host) => (id, Some((subnet, host))),
            Err(reason) => {
                log::event!(DHCPSRV_HOST_UNUSABLE, id, reason);
                (id, None)
            }
        }
    }
}

/// The databases as the commands of `libdhcp_host_cmds.so` see them.
pub struct Commanded<F: Family> {
    databases: Arc<Databases<F>>,
    meaning: Meaning,
    /// `ip-reservations-unique`.
    unique: bool,
}

impl<F: Family> Commanded<F> {
    /// Those of a configuration.
    pub fn new(databases: Arc<Databases<F>>, meaning: Meaning, unique: bool) -> Self {
        Self { databases, meaning, unique }
    }

    /// Asks a database.
    fn ask<T, A>(&self, at: usize, ask: impl FnOnce(Source<F::Rows>) -> A + 'static) -> Asked<T>
    where
        A: Future<Output = Result<T, String>>,
    {
        let source = self.databases.sources.get(at).cloned();
        Box::pin(async move { ask(source.ok_or("there is no such database")?).await })
    }
}

impl<F: Family> host_cmds::databases::Databases for Commanded<F> {
    fn count(&self) -> usize {
        self.databases.sources.len()
    }

    fn find(&self, at: usize, wanted: Wanted) -> Asked<Vec<host_cmds::databases::Found>> {
        let meaning = self.meaning.clone();
        self.ask(at, async move |source: Source<F::Rows>| {
            let found = source.find(filter(&wanted)?).await.map_err(text)?;
            let shown = found.into_iter().map(|Found { id, subnet, reservation }| {
                let mut shown = meaning.shown(&reservation?);
                if let Value::Object(map) = &mut shown {
                    map.insert("subnet-id".to_owned(), subnet.into());
                }
                Ok(host_cmds::databases::Found { id: id.into(), shown })
            });
            shown.collect()
        })
    }

    fn add(&self, at: usize, subnet: u32, reservation: &Node) -> Asked<()> {
        let (given, unique) = (self.meaning.read::<Given<F>>(reservation), self.unique);
        self.ask(at, async move |source: Source<F::Rows>| source.add(subnet, given?, unique).await.map_err(text))
    }

    fn update(&self, at: usize, subnet: u32, reservation: &Node) -> Asked<bool> {
        let (given, unique) = (self.meaning.read::<Given<F>>(reservation), self.unique);
        let identifier = given.as_ref().ok().and_then(|given| self.meaning.identifier(given));
        self.ask(at, async move |source: Source<F::Rows>| {
            let given = given?;
            let identifier = identifier.map(|Identifier { kind, bytes }| (kind, bytes.into_vec()));
            let before = Filter { subnet: Some(subnet), identifier, ..Filter::default() };
            source.replace(before, given, unique).await.map_err(text)
        })
    }

    fn remove(&self, at: usize, wanted: Wanted) -> Asked<usize> {
        self.ask(at, async move |source: Source<F::Rows>| source.remove(filter(&wanted)?).await.map_err(text))
    }
}

/// What a command wants, as databases are asked.
fn filter(wanted: &Wanted) -> Result<Filter, String> {
    let filter = Filter {
        subnet: wanted.subnet,
        after: wanted.after.try_into().unwrap_or(u32::MAX),
        limit: wanted.limit,
        ..Filter::default()
    };
    Ok(match &wanted.key {
        Searched::Any => filter,
        Searched::Address(address) => Filter { address: Some(*address), ..filter },
        Searched::Hostname(name) => Filter { hostname: Some(name.clone()), ..filter },
        Searched::Identifier(key, bytes) => {
            use IdentifierKind::{CircuitId, ClientId, Duid, FlexId, HwAddress};
            let kind = [HwAddress, Duid, CircuitId, ClientId, FlexId].into_iter().find(|kind| kind.key() == key);
            let kind = kind.ok_or("Value of 'identifier-type' was not recognized.")?;
            Filter { identifier: Some((kind, bytes.clone())), ..filter }
        }
    })
}

fn text(error: Error) -> String {
    error.to_string()
}
