//! A database of reservations with a thread of its own, that does what it is told and tells what changed.
//!
//! Whoever changes rows with SQL tells nobody, and statistics of tables come seconds late. So a question is asked once a
//! second that costs the database next to nothing: whether anything may have been written. Only then is something computed of all
//! rows, and only if that changed are versions compared, and those reservations read again that are others now.

use super::Family;
use super::table::{self, Filter, Found, Tables, Version};
use crate::connect::{Connection, Error, connect, within};
use crate::messages::*;
use dhcpd_config::common::{Database, DatabaseType};
use std::collections::HashMap;
use std::fmt;
use std::time::Duration;
use tokio::runtime;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

/// How often changes of others are looked for.
const LOOK: Duration = Duration::from_secs(1);
/// How many reservations are read at once.
const PAGE: usize = 5_000;

/// What became of reservations.
#[derive(Debug)]
pub enum Change<R> {
    /// These are as follows.
    Put(Vec<Found<R>>),
    /// These are gone.
    Removed(Vec<u32>),
}

/// What became of the connection.
#[derive(Debug)]
pub enum Event {
    /// It is lost.
    Lost(Error),
    /// It was tried to open it again, in vain; so many tries are left.
    Failed(Error, u32),
    /// It is there again.
    Recovered,
    /// It is not tried any more, after so many times.
    GaveUp(u32),
}

/// Who hears of changes and of the connection.
pub trait Listener<R>: Send {
    /// Reservations changed.
    fn changed(&mut self, change: Change<R>);
    /// Something became of the connection.
    fn event(&mut self, event: Event);
}

/// A database of reservations. It is closed when this is dropped.
pub struct Source<F: Family> {
    orders: UnboundedSender<Order<F>>,
    kind: DatabaseType,
    readonly: bool,
}

impl<F: Family> Clone for Source<F> {
    fn clone(&self) -> Self {
        Self { orders: self.orders.clone(), kind: self.kind, readonly: self.readonly }
    }
}

impl<F: Family> fmt::Debug for Source<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").field("family", &F::NUMBER).finish_non_exhaustive()
    }
}

type Reply<T> = oneshot::Sender<Result<T, Error>>;

enum Order<F: Family> {
    Find(Filter, Reply<Vec<Found<F::Reservation>>>),
    Add(u32, F::Reservation, bool, Reply<()>),
    Replace(Filter, F::Reservation, bool, Reply<bool>),
    Remove(Filter, Reply<usize>),
}

impl<F: Family> Source<F> {
    /// Opens a database and tells `listener` all that is in it; this waits until that is done. Where tries are made at the
    /// start, a database that is not there is no error.
    pub fn open(database: Database, listener: Box<dyn Listener<F::Reservation>>) -> Result<Self, Error> {
        let (orders, inbox) = unbounded_channel();
        let (opened, is_open) = std::sync::mpsc::channel();
        let (kind, readonly) = (database.kind, database.readonly);
        let keeper = Keeper { database, listener, inbox, versions: HashMap::new(), seen: (None, None) };
        let started = std::thread::Builder::new().name("hosts".to_owned()).spawn(move || {
            match runtime::Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime.block_on(keeper.run(&opened)),
                Err(error) => drop(opened.send(Err(Error::Unreachable(error.to_string())))),
            }
        });
        started.map_err(|error| Error::Unreachable(error.to_string()))?;
        is_open.recv().unwrap_or_else(|_| Err(gone()))?;
        Ok(Self { orders, kind, readonly })
    }

    /// Reservations as they stand in the database.
    pub async fn find(&self, filter: Filter) -> Result<Vec<Found<F::Reservation>>, Error> {
        self.ask(|reply| Order::Find(filter, reply)).await
    }

    /// Adds a reservation to a subnet. With `unique`, what it reserves must not be reserved yet.
    pub async fn add(&self, subnet: u32, reservation: F::Reservation, unique: bool) -> Result<(), Error> {
        self.check_writable()?;
        self.ask(|reply| Order::Add(subnet, reservation, unique, reply)).await
    }

    /// Puts a reservation in the place of the one of the same subnet and client; false if there is none.
    pub async fn replace(&self, before: Filter, reservation: F::Reservation, unique: bool) -> Result<bool, Error> {
        self.check_writable()?;
        self.ask(|reply| Order::Replace(before, reservation, unique, reply)).await
    }

    /// Deletes reservations; how many.
    pub async fn remove(&self, filter: Filter) -> Result<usize, Error> {
        self.check_writable()?;
        self.ask(|reply| Order::Remove(filter, reply)).await
    }

    fn check_writable(&self) -> Result<(), Error> {
        let name = match self.kind {
            DatabaseType::Mysql => "MySQL",
            DatabaseType::Postgresql => "PostgreSQL",
        };
        let refused = format!("{name} host database backend is configured to operate in read only mode");
        if self.readonly { Err(Error::Refused(refused)) } else { Ok(()) }
    }

    async fn ask<T>(&self, order: impl FnOnce(Reply<T>) -> Order<F>) -> Result<T, Error> {
        let (reply, answer) = oneshot::channel();
        self.orders.send(order(reply)).map_err(|_| gone())?;
        answer.await.unwrap_or_else(|_| Err(gone()))
    }
}

fn gone() -> Error {
    Error::Lost("the connection to the database of reservations is lost".to_owned())
}

/// What the thread works with.
struct Keeper<F: Family> {
    database: Database,
    listener: Box<dyn Listener<F::Reservation>>,
    inbox: UnboundedReceiver<Order<F>>,
    versions: HashMap<u32, Version>,
    /// When it was looked last, and what there was.
    seen: (Option<String>, Option<Version>),
}

/// The daemon does not need the database any more.
struct Closed;

impl<F: Family> Keeper<F> {
    async fn run(mut self, opened: &std::sync::mpsc::Sender<Result<(), Error>>) {
        let recovery = self.database.recovery;
        let mut connection = match self.open().await {
            Ok(connection) => Some(connection),
            Err(error) if error.is_lost() && recovery.at_start && recovery.is_on() => {
                self.listener.event(Event::Lost(error));
                None
            }
            Err(error) => return drop(opened.send(Err(error))),
        };
        let _ = opened.send(Ok(())); // fails only if nobody waits any more
        loop {
            if let Some(connection) = &mut connection {
                let ended = match connection {
                    Connection::Mysql(connection) => self.serve(connection).await,
                    Connection::Postgresql(connection) => self.serve(connection).await,
                };
                match ended {
                    Ok(Closed) => return,
                    Err(error) => self.listener.event(Event::Lost(error)),
                }
            }
            match self.recover().await {
                Some(again) => connection = Some(again),
                None => return,
            }
        }
    }

    async fn open(&mut self) -> Result<Connection, Error> {
        let (kind, parameters) = (self.database.kind, self.database.parameters());
        match kind {
            DatabaseType::Mysql => log::event!(MYSQL_HB_DB, parameters),
            DatabaseType::Postgresql => log::event!(PGSQL_HB_DB, parameters),
        }
        let mut connection = connect(&self.database).await?;
        match kind {
            _ if !self.database.readonly => {}
            DatabaseType::Mysql => log::event!(MYSQL_HB_DB_READONLY),
            DatabaseType::Postgresql => log::event!(PGSQL_HB_DB_READONLY),
        }
        match &mut connection {
            Connection::Mysql(connection) => self.look(connection).await?,
            Connection::Postgresql(connection) => self.look(connection).await?,
        }
        Ok(connection)
    }

    /// Does what it is told and looks for changes until the connection is lost.
    async fn serve(&mut self, connection: &mut impl Tables) -> Result<Closed, Error> {
        let patience = self.database.patience;
        loop {
            let next = Instant::now() + LOOK;
            while let Ok(order) = timeout_at(next, self.inbox.recv()).await {
                let Some(order) = order else { return Ok(Closed) };
                within(patience, self.obey(connection, order)).await?;
            }
            match self.look(connection).await {
                Err(error) if !error.is_lost() => log::event!(DATABASE_HOSTS_LOOK_FAILED, reason = error),
                done => done?,
            }
        }
    }

    /// Opens the connection again as often as it may be tried; none if that is over.
    async fn recover(&mut self) -> Option<Connection> {
        let recovery = self.database.recovery;
        let tries = if recovery.is_on() { recovery.tries } else { 0 };
        for left in (0..tries).rev() {
            self.pause(Some(recovery.wait)).await.ok()?;
            match self.open().await {
                Ok(connection) => {
                    self.listener.event(Event::Recovered);
                    return Some(connection);
                }
                Err(error) => self.listener.event(Event::Failed(error, left)),
            }
        }
        self.listener.event(Event::GaveUp(tries));
        self.pause(None).await.ok()?;
        None
    }

    /// Answers orders without a database, for a while or for good.
    async fn pause(&mut self, time: Option<Duration>) -> Result<(), Closed> {
        let end = time.map(|time| Instant::now() + time);
        loop {
            let order = match end {
                Some(end) => match timeout_at(end, self.inbox.recv()).await {
                    Ok(order) => order,
                    Err(_) => return Ok(()),
                },
                None => self.inbox.recv().await,
            };
            order.ok_or(Closed)?.refuse();
        }
    }

    /// Carries out an order. An error is a connection that is lost.
    async fn obey(&mut self, connection: &mut impl Tables, order: Order<F>) -> Result<(), Error> {
        match order {
            Order::Find(filter, reply) => answer(reply, table::find::<F, _>(connection, &filter).await),
            Order::Add(subnet, reservation, unique, reply) => {
                answer(reply, self.add(connection, subnet, &reservation, unique).await)
            }
            Order::Replace(before, reservation, unique, reply) => {
                answer(reply, self.replace(connection, &before, &reservation, unique).await)
            }
            Order::Remove(filter, reply) => answer(reply, self.remove(connection, &filter).await),
        }
    }

    async fn add(
        &mut self,
        connection: &mut impl Tables,
        subnet: u32,
        reservation: &F::Reservation,
        unique: bool,
    ) -> Result<(), Error> {
        let id = table::put::<F, _>(connection, &[], subnet, reservation, unique).await?;
        self.read_again(connection, &[id]).await
    }

    /// As in Kea, one is deleted and another one is added; here both happen or neither.
    async fn replace(
        &mut self,
        connection: &mut impl Tables,
        before: &Filter,
        reservation: &F::Reservation,
        unique: bool,
    ) -> Result<bool, Error> {
        let mut ids = table::ids::<F>(connection, before).await?;
        if ids.is_empty() {
            return Ok(false);
        }
        let subnet = before.subnet.unwrap_or_default();
        let id = table::put::<F, _>(connection, &ids, subnet, reservation, unique).await?;
        ids.push(id);
        self.read_again(connection, &ids).await?;
        Ok(true)
    }

    async fn remove(&mut self, connection: &mut impl Tables, filter: &Filter) -> Result<usize, Error> {
        let ids = table::ids::<F>(connection, filter).await?;
        if !ids.is_empty() {
            table::delete(connection, &ids).await?;
            self.read_again(connection, &ids).await?;
        }
        Ok(ids.len())
    }

    /// Looks whether anything changed. Each question may take as long as questions may, but not all of them together.
    async fn look<T: Tables>(&mut self, connection: &mut T) -> Result<(), Error> {
        let patience = self.database.patience;
        let instant = within(patience, table::instant(connection)).await?;
        if instant.is_some() && self.seen.0 == instant {
            return Ok(());
        }
        let now = Some(within(patience, table::fingerprint::<F, T>(connection)).await?);
        if self.seen.1 != now {
            let versions = within(patience, table::versions::<F, T>(connection, None)).await?;
            let gone = self.versions.keys().filter(|id| !versions.contains_key(id)).copied().collect();
            self.take_over(connection, gone, versions).await?;
        }
        self.seen = (instant, now);
        Ok(())
    }

    /// Reads reservations that changed, or are gone.
    async fn read_again(&mut self, connection: &mut impl Tables, ids: &[u32]) -> Result<(), Error> {
        let versions = table::versions::<F, _>(connection, Some(ids)).await?;
        let gone = ids.iter().filter(|id| !versions.contains_key(id)).copied().collect();
        self.take_over(connection, gone, versions).await
    }

    async fn take_over(
        &mut self,
        connection: &mut impl Tables,
        gone: Vec<u32>,
        versions: HashMap<u32, Version>,
    ) -> Result<(), Error> {
        for id in &gone {
            self.versions.remove(id);
        }
        if !gone.is_empty() {
            self.listener.changed(Change::Removed(gone));
        }
        let changed = versions.into_iter().filter(|(id, version)| self.versions.get(id) != Some(version));
        let mut changed: Vec<_> = changed.collect();
        changed.sort_unstable();
        for page in changed.chunks(PAGE) {
            let ids = page.iter().map(|(id, _)| *id).collect();
            let filter = Filter { ids: Some(ids), ..Filter::default() };
            let found = within(self.database.patience, table::find::<F, _>(connection, &filter)).await?;
            self.listener.changed(Change::Put(found));
            self.versions.extend(page.iter().copied());
        }
        Ok(())
    }
}

impl<F: Family> Order<F> {
    fn refuse(self) {
        // Whoever does not wait any more need not be told.
        match self {
            Order::Find(_, reply) => drop(reply.send(Err(gone()))),
            Order::Add(.., reply) => drop(reply.send(Err(gone()))),
            Order::Replace(.., reply) => drop(reply.send(Err(gone()))),
            Order::Remove(_, reply) => drop(reply.send(Err(gone()))),
        }
    }
}

/// Tells whoever asked; an error is a connection that is lost.
fn answer<T>(reply: Reply<T>, done: Result<T, Error>) -> Result<(), Error> {
    let lost = done.as_ref().err().filter(|error| error.is_lost()).cloned();
    let _ = reply.send(done); // nobody may wait any more
    lost.map_or(Ok(()), Err)
}
