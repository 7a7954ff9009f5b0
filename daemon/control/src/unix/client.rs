//! Calling the commands of a daemon.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use crate::Answer;

/// Calls commands of a daemon; each call is a connection of its own, so nothing is kept between calls.
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

    /// Sends a command and waits for its answer. Cancelling the future closes the connection; the daemon may still carry
    /// the command out.
    pub async fn call(&self, command: &str, arguments: Option<&Value>) -> Result<Answer, ClientError> {
        match arguments {
            Some(arguments) => self.call_with_text(command, &arguments.to_string()).await,
            None => self.send(&format!("{{\"command\":{}}}", Value::from(command))).await,
        }
    }

    /// The same for arguments that are JSON text already, such as a whole configuration.
    pub async fn call_with_text(&self, command: &str, arguments: &str) -> Result<Answer, ClientError> {
        self.send(&format!("{{\"command\":{},\"arguments\":{arguments}}}", Value::from(command))).await
    }

    async fn send(&self, request: &str) -> Result<Answer, ClientError> {
        let text = tokio::time::timeout(self.timeout, self.exchange(request.as_bytes()));
        let text = text.await.map_err(|_| ClientError::Timeout)?.map_err(ClientError::Io)?;
        if text.is_empty() {
            return Err(ClientError::Malformed("the daemon closed the connection without an answer".to_owned()));
        }
        let value = serde_json::from_slice(&text).map_err(|error| ClientError::Malformed(error.to_string()))?;
        Answer::from_json(value).map_err(ClientError::Malformed)
    }

    async fn exchange(&self, request: &[u8]) -> io::Result<Vec<u8>> {
        let mut stream = UnixStream::connect(&self.path).await?;
        stream.write_all(request).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        Ok(answer)
    }
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ClientError::Io(error) => error.fmt(f),
            ClientError::Timeout => f.write_str("no answer in time"),
            ClientError::Malformed(reason) => write!(f, "the answer cannot be read: {reason}"),
        }
    }
}

impl std::error::Error for ClientError {}
