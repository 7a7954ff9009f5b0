//! One request and its answer, over HTTP or on a unix control socket.
//!
//! HTTP/1.0 (RFC 1945) is enough: one request a connection, and an answer that is never in chunks.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::UnixStream;

use nix::errno::Errno;

use crate::VERSION;
use crate::options::Options;

/// Why there is no answer, told as Kea's kea-shell does: scripts look for it.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The server cannot be reached, or went away.
    Io(io::Error),
    /// What came is no HTTP.
    Malformed(&'static str),
    /// The server answers with an error, its status line without the version.
    Status(String),
    /// A file that the command line names cannot be read.
    File(String, io::Error),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Io(error) => write!(f, "<urlopen error {}>", told(error)),
            Failure::Malformed(what) => write!(f, "malformed answer: {what}"),
            Failure::Status(status) => match status.split_once(' ') {
                Some((code, reason)) => write!(f, "HTTP Error {code}: {reason}"),
                None => write!(f, "HTTP Error {status}: "),
            },
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

/// Sends the request; the body of the answer.
pub(crate) fn exchange(options: &Options, authorization: Option<&str>, body: &str) -> Result<String, Failure> {
    if options.host.starts_with('/') {
        let mut stream = UnixStream::connect(&options.host)?;
        stream.write_all(body.as_bytes())?;
        stream.shutdown(Shutdown::Write)?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        return Ok(answer);
    }
    // An IPv6 address may come with the brackets that it has in a URL.
    let host = options.host.strip_prefix('[').and_then(|it| it.strip_suffix(']')).unwrap_or(&options.host);
    let mut stream = TcpStream::connect((host, options.port))?;
    stream.write_all(head(options, host, authorization, body.len()).as_bytes())?;
    stream.write_all(body.as_bytes())?;
    answer(BufReader::new(stream))
}

fn head(options: &Options, host: &str, authorization: Option<&str>, length: usize) -> String {
    let Options { port, path, .. } = options;
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    let authorization = authorization.map(|it| format!("Authorization: {it}\r\n")).unwrap_or_default();
    format!(
        "POST /{path} HTTP/1.0\r\nHost: {host}:{port}\r\nUser-Agent: Kea-shell/{VERSION}\r\nAccept: */*\r\n\
         {authorization}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    )
}

/// Reads an answer; its body if its status says that all is well.
fn answer(mut reader: impl BufRead) -> Result<String, Failure> {
    let first = line(&mut reader)?;
    let status = match first.split_once(' ') {
        Some((version, status)) if version.starts_with("HTTP/1.") => status,
        _ => return Err(Failure::Malformed("it does not begin with a status line")),
    };
    let mut length = None;
    loop {
        let field = line(&mut reader)?;
        match field.split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = Some(value.trim().parse().map_err(|_| Failure::Malformed("Content-Length is no number"))?);
            }
            Some(_) => {}
            None if field.is_empty() => break,
            None => return Err(Failure::Malformed("a header field has no colon")),
        }
    }
    if !status.starts_with('2') {
        return Err(Failure::Status(status.to_owned()));
    }
    let mut body = Vec::new();
    let read = reader.take(length.unwrap_or(u64::MAX)).read_to_end(&mut body)?;
    if length.is_some_and(|length| length != read as u64) {
        return Err(Failure::Malformed("it ends too early"));
    }
    String::from_utf8(body).map_err(|_| Failure::Malformed("it is not UTF-8"))
}

/// A line of the head is never longer than this.
const LONGEST_LINE: u64 = 1 << 16;

fn line(reader: &mut impl BufRead) -> Result<String, Failure> {
    let mut line = String::new();
    reader.take(LONGEST_LINE).read_line(&mut line)?;
    match line.strip_suffix('\n') {
        Some(line) => Ok(line.strip_suffix('\r').unwrap_or(line).to_owned()),
        None => Err(Failure::Malformed("its head has no end")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, String> {
        answer(text.as_bytes()).map_err(|failure| failure.to_string())
    }

    #[test]
    fn an_answer_ends_with_its_length_or_the_connection() {
        assert_eq!(read("HTTP/1.1 200 OK\r\nA: b\r\ncontent-LENGTH:  2 \r\n\r\n[]more"), Ok("[]".to_owned()));
        assert_eq!(read("HTTP/1.0 200 OK\n\n[ ]\n"), Ok("[ ]\n".to_owned()));
        assert_eq!(read("HTTP/1.0 204 No Content\r\n\r\n"), Ok(String::new()));
    }

    #[test]
    fn errors_are_told_as_people_know_them() {
        let refused = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\n[]";
        assert_eq!(read(refused), Err("HTTP Error 401: Unauthorized".to_owned()));
        let error = Failure::Io(io::Error::from_raw_os_error(111));
        assert_eq!(error.to_string(), "<urlopen error [Errno 111] Connection refused>");
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        for text in ["", "HTTP", "SSH-2.0-x\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b\r\n", "HTTP/1.1 200 OK\r\nA\r\n\r\n"] {
            assert!(read(text).is_err(), "{text}");
        }
        for text in ["Content-Length: -1\r\n\r\n", "Content-Length: 3\r\n\r\n[]"] {
            assert!(read(&format!("HTTP/1.1 200 OK\r\n{text}")).is_err(), "{text}");
        }
    }
}
