//! A connection of its own to a configuration in a database, on a thread of its own: for whoever must wait for an answer and
//! for whoever must not.

use super::{Family, Mark, fetch, has_changed};
use crate::connect::{Connection, Error, connect, within};
use dhcpd_config::common::Database;
use dhcpd_config::remote::Parts;
use std::io;
use std::sync::{Arc, mpsc};
use std::thread;
use tokio::runtime;
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

/// Reads a server's part of a configuration, and what changes in it.
pub struct Follower {
    requests: UnboundedSender<Request>,
}

/// What a database says for a server, and how far its changes had come then.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct News {
    /// What it says.
    pub parts: Parts,
    /// The last change that is in it.
    pub mark: Mark,
}

/// What is asked, and where the answer goes.
enum Request {
    /// A connection, in place of the one there is.
    Connect(Box<dyn FnOnce(Result<(), Error>) + Send>),
    /// All there is, if anything changed after the mark; without a mark in any case.
    Fetch(Option<Mark>, Box<dyn FnOnce(Result<Option<News>, Error>) + Send>),
}

impl Follower {
    /// A thread that is not connected yet. `tag` names the server; empty for one that has no part of its own. `lost` is told when
    /// the connection is.
    pub fn start(database: Database, family: Family, tag: String, lost: Arc<Notify>) -> io::Result<Self> {
        let (requests, asked) = unbounded_channel();
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        thread::Builder::new()
            .name("config-database".into())
            .spawn(move || runtime.block_on(Thread { database, family, tag, lost, connection: None }.run(asked)))?;
        Ok(Self { requests })
    }

    /// Connects, again if need be, and waits for it.
    pub fn connect(&self) -> Result<(), Error> {
        let (answer, answered) = mpsc::channel();
        // Who asked may be gone.
        self.ask(Request::Connect(Box::new(move |connected| drop(answer.send(connected)))));
        answered.recv().unwrap_or_else(|_| Err(gone()))
    }

    /// All there is; waits for it.
    pub fn fetch(&self) -> Result<News, Error> {
        let (answer, answered) = mpsc::channel();
        self.ask(Request::Fetch(None, Box::new(move |news| drop(answer.send(news)))));
        answered.recv().unwrap_or_else(|_| Err(gone())).map(Option::unwrap_or_default)
    }

    /// All there is, if anything changed after the mark.
    pub async fn changes(&self, after: Mark) -> Result<Option<News>, Error> {
        let (answer, answered) = oneshot::channel();
        self.ask(Request::Fetch(Some(after), Box::new(move |news| drop(answer.send(news)))));
        answered.await.unwrap_or_else(|_| Err(gone()))
    }

    fn ask(&self, request: Request) {
        // A thread that is gone drops the way of the answer, too, and is noticed there.
        let _ = self.requests.send(request);
    }
}

struct Thread {
    database: Database,
    family: Family,
    tag: String,
    lost: Arc<Notify>,
    connection: Option<Connection>,
}

impl Thread {
    async fn run(mut self, mut asked: UnboundedReceiver<Request>) {
        while let Some(request) = asked.recv().await {
            match request {
                Request::Connect(answer) => {
                    self.connection = None;
                    answer(connect(&self.database).await.map(|connection| self.connection = Some(connection)));
                }
                Request::Fetch(after, answer) => {
                    let news = within(self.database.patience, self.news(after)).await;
                    if news.as_ref().is_err_and(Error::is_lost) && self.connection.take().is_some() {
                        self.lost.notify_one();
                    }
                    answer(news);
                }
            }
        }
    }

    async fn news(&mut self, after: Option<Mark>) -> Result<Option<News>, Error> {
        let Some(connection) = &mut self.connection else { return Err(gone()) };
        if let Some(after) = after
            && !has_changed(connection, self.family, &self.tag, after).await?
        {
            return Ok(None);
        }
        let (parts, mark) = fetch(connection, self.family, &self.tag).await?;
        Ok(Some(News { parts, mark }))
    }
}

/// Nobody is connected.
fn gone() -> Error {
    Error::Lost("Attempt to use an invalid connection".to_owned())
}
