//! Calling the commands of a daemon.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use crate::Answer;
use crate::client::{self, ClientError};

/// Calls commands of a daemon; each call is a connection of its own, so nothing is kept between calls.
#[derive(Clone, Debug)]
pub struct Client {
    path: PathBuf,
    timeout: Duration,
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
        let arguments = arguments.map(Value::to_string);
        self.send(&client::command(command, arguments.as_deref())).await
    }

    /// The same for arguments that are JSON text already, such as a whole configuration.
    pub async fn call_with_text(&self, command: &str, arguments: &str) -> Result<Answer, ClientError> {
        self.send(&client::command(command, Some(arguments))).await
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
