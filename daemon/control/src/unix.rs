//! The control channel on a unix socket: one command a connection.

use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use serde_json::Value;

use crate::{Answer, Table};

/// A bound socket that does not listen to anyone yet. Dropping it removes the socket.
#[derive(Debug)]
pub struct Listener {
    path: PathBuf,
}

impl Listener {
    /// Binds the socket; a stale one is removed, one that another process serves is an error.
    pub fn bind(path: &Path) -> io::Result<Self> {
        Ok(Listener { path: path.to_owned() })
    }

    /// Where it is bound.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Answers commands from `table` until the server is dropped. Must be called within a `tokio::task::LocalSet`.
    pub fn serve(self, table: Rc<Table>) -> Server {
        let _ = table;
        Server { listener: self }
    }
}

/// A control channel in service. Dropping it closes the socket for new connections.
#[derive(Debug)]
pub struct Server {
    listener: Listener,
}

impl Server {
    /// Where it is bound.
    pub fn path(&self) -> &Path {
        self.listener.path()
    }
}

/// Calls commands of a daemon; each call is a connection of its own.
#[derive(Clone, Debug)]
pub struct Client {
    path: PathBuf,
    timeout: Duration,
}

/// Why a command could not be asked or has no answer. An [`Answer`] with an error in it is an answer.
#[derive(Debug)]
pub enum ClientError {
    /// Nobody listens at the socket, or the connection broke.
    Io(io::Error),
    /// No answer in time.
    Timeout,
    /// What came back is no answer, for this reason.
    Malformed(String),
}

impl Client {
    /// A client of the daemon that listens at `path`, which gives an answer `timeout` of time.
    pub fn new(path: impl Into<PathBuf>, timeout: Duration) -> Self {
        Client { path: path.into(), timeout }
    }

    /// Where the daemon listens.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Sends a command and waits for its answer.
    pub async fn call(&self, command: &str, arguments: Option<&Value>) -> Result<Answer, ClientError> {
        let _ = (command, arguments, self.timeout);
        Err(ClientError::Timeout)
    }
}

impl std::fmt::Display for ClientError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ClientError::Io(error) => error.fmt(f),
            ClientError::Timeout => f.write_str("no answer in time"),
            ClientError::Malformed(reason) => f.write_str(reason),
        }
    }
}

impl std::error::Error for ClientError {}
