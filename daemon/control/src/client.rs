//! What the clients of control channels have in common.

use std::fmt;
use std::io;

/// Why a command could not be asked or has no answer. An [`Answer`](crate::Answer) with an error in it is an answer.
#[derive(Debug)]
pub enum ClientError {
    /// Nobody listens, the connection broke, or TLS does not trust the other side.
    Io(io::Error),
    /// No answer in time.
    Timeout,
    /// What came back is no answer, for this reason.
    Malformed(String),
    /// HTTP: the server turned the request away, with this status and phrase.
    Status(u16, String),
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ClientError::Io(error) => error.fmt(f),
            ClientError::Timeout => f.write_str("no answer in time"),
            ClientError::Malformed(reason) => write!(f, "the answer cannot be read: {reason}"),
            ClientError::Status(code, phrase) => write!(f, "the server answers {code} {phrase}"),
        }
    }
}

impl std::error::Error for ClientError {}

/// A command as it is sent; the arguments are JSON text.
pub(crate) fn command(name: &str, arguments: Option<&str>) -> String {
    let name = serde_json::Value::from(name);
    match arguments {
        Some(arguments) => format!("{{\"command\":{name},\"arguments\":{arguments}}}"),
        None => format!("{{\"command\":{name}}}"),
    }
}
