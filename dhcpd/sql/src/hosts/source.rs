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
use std::sync::{Arc, mpsc};
use std::time::Duration;
use std::{fmt, io};
use tokio::runtime;
use tokio::sync::Notify;
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

/// Hears of changes.
pub type Listener<R> = Box<dyn FnMut(Change<R>) + Send>;

/// A database of reservations. It is closed when this is dropped.
pub struct Source<F: Family> {
    requests: UnboundedSender<Request<F>>,
    kind: DatabaseType,
    readonly: bool,
}

impl<F: Family> Clone for Source<F> {
    fn clone(&self) -> Self {
        Self { requests: self.requests.clone(), kind: self.kind, readonly: self.readonly }
    }
}

impl<F: Family> fmt::Debug for Source<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").field("family", &F::NUMBER).finish_non_exhaustive()
    }
}

type Reply<T> = oneshot::Sender<Result<T, Error>>;

enum Request<F: Family> {
    Connect(mpsc::Sender<Result<(), Error>>),
    Do(Order<F>),
}

enum Order<F: Family> {
    Find(Filter, Reply<Vec<Found<F::Reservation>>>),
    Add(u32, F::Reservation, bool, Reply<()>),
    Replace(Filter, F::Reservation, bool, Reply<bool>),
    Remove(Filter, Reply<usize>),
}

impl<F: Family> Source<F> {
    /// A database to which there is no connection yet. `lost` is told when there is none any more.
    pub fn new(database: Database, listener: Listener<F::Reservation>, lost: Arc<Notify>) -> Result<Self, Error> {
        let (requests, inbox) = unbounded_channel();
        let (kind, readonly) = (database.kind, database.readonly);
        let keeper = Keeper { database, listener, inbox, lost, versions: HashMap::new(), seen: (None, None) };
        let failed = |error: io::Error| Error::Unreachable(format!("cannot start a thread: {error}"));
        let runtime = runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let thread = std::thread::Builder::new().name("hosts".to_owned());
        thread.spawn(move || runtime.block_on(keeper.run())).map_err(failed)?;
        Ok(Self { requests, kind, readonly })
    }

    /// Connects, anew if there is a connection already, and tells the listener all that changed meanwhile; waits until
    /// that is done.
    pub fn connect(&self) -> Result<(), Error> {
        let (reply, answer) = mpsc::channel();
        self.requests.send(Request::Connect(reply)).map_err(|_| gone())?;
        answer.recv().unwrap_or_else(|_| Err(gone()))
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
        self.requests.send(Request::Do(order(reply))).map_err(|_| gone())?;
        answer.await.unwrap_or_else(|_| Err(gone()))
    }
}

fn gone() -> Error {
    Error::Lost("the connection to the database of reservations is lost".to_owned())
}

/// What the thread works with.
struct Keeper<F: Family> {
    database: Database,
    listener: Listener<F::Reservation>,
    inbox: UnboundedReceiver<Request<F>>,
    lost: Arc<Notify>,
    versions: HashMap<u32, Version>,
    /// When it was looked last, and what there was.
    seen: (Option<String>, Option<Version>),
}

/// Why a connection is served no more.
enum End {
    /// The daemon does not need the database any more.
    Closed,
    /// There shall be another one; whom to tell of it.
    Anew(mpsc::Sender<Result<(), Error>>),
    /// It is lost.
    Lost,
}

impl<F: Family> Keeper<F> {
    async fn run(mut self) {
        let mut connection = None;
        loop {
            let end = match &mut connection {
                None => self.wait().await,
                Some(Connection::Mysql(connection)) => self.serve(connection).await,
                Some(Connection::Postgresql(connection)) => self.serve(connection).await,
            };
            connection = None;
            match end {
                End::Closed => return,
                End::Lost => self.lost.notify_one(),
                End::Anew(reply) => {
                    let opened = self.open().await.map(|opened| connection = Some(opened));
                    let _ = reply.send(opened); // nobody may wait any more
                }
            }
        }
    }

    /// Refuses orders until there shall be a connection.
    async fn wait(&mut self) -> End {
        loop {
            match self.inbox.recv().await {
                None => return End::Closed,
                Some(Request::Connect(reply)) => return End::Anew(reply),
                Some(Request::Do(order)) => order.refuse(),
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

    /// Does what it is told and looks for changes.
    async fn serve(&mut self, connection: &mut impl Tables) -> End {
        let patience = self.database.patience;
        loop {
            let next = Instant::now() + LOOK;
            while let Ok(order) = timeout_at(next, self.inbox.recv()).await {
                let done = match order {
                    None => return End::Closed,
                    Some(Request::Connect(reply)) => return End::Anew(reply),
                    Some(Request::Do(order)) => within(patience, self.obey(connection, order)).await,
                };
                if done.is_err() {
                    return End::Lost;
                }
            }
            match self.look(connection).await {
                Ok(()) => {}
                Err(error) if error.is_lost() => return End::Lost,
                Err(error) => log::event!(DATABASE_HOSTS_LOOK_FAILED, reason = error),
            }
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
            (self.listener)(Change::Removed(gone));
        }
        let changed = versions.into_iter().filter(|(id, version)| self.versions.get(id) != Some(version));
        let mut changed: Vec<_> = changed.collect();
        changed.sort_unstable();
        for page in changed.chunks(PAGE) {
            let ids = page.iter().map(|(id, _)| *id).collect();
            let filter = Filter { ids: Some(ids), ..Filter::default() };
            let found = within(self.database.patience, table::find::<F, _>(connection, &filter)).await?;
            (self.listener)(Change::Put(found));
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
