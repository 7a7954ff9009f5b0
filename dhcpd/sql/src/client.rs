//! A connection with a thread of its own, for those who cannot await: workers, and commands in the middle of something.

use crate::connect::{Connection, Error, connect, within};
use dhcpd_config::common::Database;
use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use tokio::runtime::Builder;
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

/// A question under way.
pub type Asked<'a, R> = Pin<Box<dyn Future<Output = Result<R, Error>> + Send + 'a>>;

/// What the thread is given to do with the connection, if there is one.
type Job = Box<dyn for<'a> FnOnce(&'a mut Option<Connection>) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> + Send>;

/// A database and the connection to it. Its thread ends with it.
pub struct Client {
    database: Database,
    /// What is said at the beginning of each connection.
    settings: &'static str,
    jobs: UnboundedSender<Job>,
    lost: Arc<Notify>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Client").field(&self.database.parameters()).finish()
    }
}

impl Client {
    /// A client without a connection. Whoever waits for `lost` hears of it when one is lost.
    pub fn new(database: Database, settings: &'static str, lost: Arc<Notify>) -> io::Result<Self> {
        let (jobs, mut given) = unbounded_channel::<Job>();
        let runtime = Builder::new_current_thread().enable_all().build()?;
        std::thread::Builder::new().name("database".into()).spawn(move || {
            runtime.block_on(async move {
                let mut connection = None;
                while let Some(job) = given.recv().await {
                    job(&mut connection).await;
                }
            });
        })?;
        Ok(Self { database, settings, jobs, lost })
    }

    /// Connects, anew if there is a connection already.
    pub fn connect(&self) -> Result<(), Error> {
        let (database, settings) = (self.database.clone(), self.settings);
        self.run(move |slot| {
            Box::pin(async move {
                *slot = None;
                let mut connection = connect(&database).await?;
                connection.execute(settings).await?;
                *slot = Some(connection);
                Ok(())
            })
        })
    }

    /// Asks the database, and waits for the answer. Once the connection is lost, all questions fail until the next
    /// [`connect`](Self::connect).
    pub fn ask<R, Q>(&self, question: Q) -> Result<R, Error>
    where
        R: Send + 'static,
        Q: for<'a> FnOnce(&'a mut Connection) -> Asked<'a, R> + Send + 'static,
    {
        let (lost, patience) = (self.lost.clone(), self.database.patience);
        self.run(move |slot| {
            Box::pin(async move {
                let Some(connection) = slot else { return Err(Error::Lost("there is no connection".to_owned())) };
                let answer = within(patience, question(connection)).await;
                if answer.as_ref().is_err_and(Error::is_lost) {
                    *slot = None;
                    lost.notify_one();
                }
                answer
            })
        })
    }

    fn run<R, Q>(&self, job: Q) -> Result<R, Error>
    where
        R: Send + 'static,
        Q: for<'a> FnOnce(&'a mut Option<Connection>) -> Asked<'a, R> + Send + 'static,
    {
        let gone = || Error::Lost("the thread of the connection has ended".to_owned());
        let (answer, answered) = sync_channel(1);
        let boxed = in_a_box(move |slot| {
            let asked = job(slot);
            Box::pin(async move { _ = answer.send(asked.await) }) // whoever asked waits below
        });
        self.jobs.send(boxed).map_err(|_| gone())?;
        answered.recv().map_err(|_| gone())?
    }
}

/// The compiler wants to be told that a closure is for every lifetime.
fn in_a_box<J>(job: J) -> Job
where
    J: for<'a> FnOnce(&'a mut Option<Connection>) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> + Send + 'static,
{
    Box::new(job)
}
