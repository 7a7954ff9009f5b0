//! One request and its answer, over HTTP, HTTPS, or on a unix control socket.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use control::ClientError;
use control::http::{Client, Response};
use control::tls;
use nix::errno::Errno;

use crate::VERSION;
use crate::options::Options;

/// Why there is no answer, told as Kea's kea-shell does: scripts look for it.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The server cannot be reached, or went away.
    Io(io::Error),
    /// What came is no HTTP, for this reason; or what was to be sent.
    Malformed(String),
    /// The server answers with an error: its status code and phrase.
    Status(u16, String),
    /// A file that the command line names cannot be read.
    File(String, io::Error),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Io(error) => write!(f, "<urlopen error {}>", told(error)),
            Failure::Malformed(reason) => f.write_str(reason),
            Failure::Status(code, phrase) => write!(f, "HTTP Error {code}: {phrase}"),
            Failure::File(name, error) => write!(f, "{}: '{name}'", told(error)),
        }
    }
}

/// An error of the system's as Python tells it.
fn told(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(number) => format!("[Errno {number}] {}", Errno::from_raw(number).desc()),
        None => error.to_string(),
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::Io(error)
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Io(error) => Failure::Io(error),
            ClientError::Status(code, phrase) => Failure::Status(code, phrase),
            ClientError::Timeout | ClientError::Malformed(_) => Failure::Malformed(error.to_string()),
        }
    }
}

/// Sends the request, of this user and this password; the body of the answer.
pub(crate) fn exchange(
    options: &Options,
    credential: Option<(String, String)>,
    body: String,
) -> Result<String, Failure> {
    if options.host.starts_with('/') {
        let mut stream = UnixStream::connect(&options.host)?;
        stream.write_all(body.as_bytes())?;
        stream.shutdown(Shutdown::Write)?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        return Ok(answer);
    }
    let client = client(options, credential)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let Response { status, phrase, body } = runtime.block_on(client.post(body))?;
    match status {
        200..300 => Ok(body),
        _ => Err(Failure::Status(status, phrase)),
    }
}

fn client(options: &Options, credential: Option<(String, String)>) -> Result<Client, Failure> {
    let malformed = |error: &dyn fmt::Display| Failure::Malformed(error.to_string());
    let tls = options.tls.as_ref().map(|tls| {
        let identity = tls.identity.as_ref().map(|(certificate, key)| (certificate.as_path(), key.as_path()));
        tls::Client::new(&tls.ca, identity, true)
    });
    let tls = tls.transpose().map_err(|error| malformed(&error))?;
    // Who waits for all of it ends the process; see `watch`.
    let client = Client::new(&url(options), tls, Duration::MAX).and_then(|client| {
        let client = client.header("User-Agent", &format!("Kea-shell/{VERSION}"))?.header("Accept", "*/*")?;
        match credential {
            Some((user, password)) => client.authenticate(&user, &password),
            None => Ok(client),
        }
    });
    client.map_err(|error| malformed(&error))
}

fn url(options: &Options) -> String {
    let Options { host, port, path, tls, .. } = options;
    let scheme = if tls.is_some() { "https" } else { "http" };
    // An IPv6 address may come with the brackets that it has in a URL.
    let host = if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host.clone() };
    format!("{scheme}://{host}:{port}/{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_told_as_people_know_them() {
        let refused = Failure::from(ClientError::Status(401, "Unauthorized".to_owned()));
        assert_eq!(refused.to_string(), "HTTP Error 401: Unauthorized");
        let error = Failure::Io(io::Error::from_raw_os_error(111));
        assert_eq!(error.to_string(), "<urlopen error [Errno 111] Connection refused>");
    }
}
