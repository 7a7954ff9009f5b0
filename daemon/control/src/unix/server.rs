//! Serving the commands of a daemon.

use std::fs::{File, OpenOptions, Permissions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use nix::fcntl::{Flock, FlockArg};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::frame::Frame;
use crate::messages::*;
use crate::{Answer, Table, to_text};

/// A bound socket that does not serve anyone yet; who connects waits. Dropping it removes the socket.
#[derive(Debug)]
pub struct Listener {
    socket: UnixListener,
    place: Place,
}

/// The files of a socket in use, removed in this order.
#[derive(Debug)]
struct Place {
    socket: Removed,
    /// `PATH.lock`, held as long as the socket is ours, so that two daemons do not take it from each other.
    _lock: (Removed, Flock<File>),
}

/// A file that is removed when this is dropped.
#[derive(Debug)]
struct Removed(PathBuf);

impl Drop for Removed {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Listener {
    /// Binds the socket. One that a dead process left is removed, one that another process holds is an error. Must be called
    /// within a runtime.
    pub fn bind(path: &Path) -> io::Result<Self> {
        let lock = lock(path)?;
        match std::fs::symlink_metadata(path) {
            Ok(stale) if stale.file_type().is_socket() => std::fs::remove_file(path)?,
            Ok(_) => return Err(io::Error::new(io::ErrorKind::AlreadyExists, "there is a file that is no socket")),
            Err(_) => {}
        }
        let socket = UnixListener::bind(path)?;
        let place = Place { socket: Removed(path.to_owned()), _lock: lock };
        // Who connects needs the right to write: the group shall be able to, others not.
        std::fs::set_permissions(path, Permissions::from_mode(0o770))?;
        Ok(Listener { socket, place })
    }

    /// Where it is bound.
    pub fn path(&self) -> &Path {
        &self.place.socket.0
    }

    /// Answers commands from `table` until the server is dropped. Must be called within a `tokio::task::LocalSet`.
    pub fn serve(self, table: Rc<Table>) -> Server {
        log::event!(COMMAND_ACCEPTOR_START, path = self.path().display());
        let accepting = tokio::task::spawn_local(accept(self.socket, table));
        Server { accepting, place: self.place }
    }
}

/// A control channel in service. Dropping it removes the socket; connections that are open are still answered.
#[derive(Debug)]
pub struct Server {
    accepting: JoinHandle<()>,
    place: Place,
}

impl Server {
    /// Where it is bound.
    pub fn path(&self) -> &Path {
        &self.place.socket.0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Takes the lock that belongs to a socket.
fn lock(path: &Path) -> io::Result<(Removed, Flock<File>)> {
    let mut path = path.as_os_str().to_owned();
    path.push(".lock");
    let path = PathBuf::from(path);
    let told = |what: &str, error: io::Error| {
        io::Error::new(error.kind(), format!("cannot {what} socket lockfile, {}, {error}", path.display()))
    };
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
    let file = file.map_err(|error| told("create", error))?;
    let lock = Flock::lock(file, FlockArg::LockExclusiveNonblock);
    let lock = lock.map_err(|(_, errno)| told("lock", errno.into()))?;
    Ok((Removed(path), lock))
}

async fn accept(listener: UnixListener, table: Rc<Table>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::task::spawn_local(converse(stream, table.clone()));
            }
            Err(reason) => {
                log::event!(COMMAND_SOCKET_ACCEPT_FAIL, socket = listener.as_raw_fd(), reason);
                // Most likely there are too many open files: some will be closed.
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// One connection from its first byte to its end.
async fn converse(mut stream: UnixStream, table: Rc<Table>) {
    let socket = stream.as_raw_fd();
    log::event!(COMMAND_SOCKET_CONNECTION_OPENED, socket);
    let answer = match receive(&mut stream, socket).await {
        Received::Command(text) => Some(table.answer(&text).await),
        Received::Refused(answer) => Some(answer),
        Received::Gone => None,
    };
    if let Some(answer) = answer {
        send(&mut stream, &to_text(&answer.to_json()), socket).await;
        // What a client sends behind its command is not read; left in the socket, it would turn the end of the answer
        // into an error at the client.
        let mut rest = [0; 4096];
        while stream.try_read(&mut rest).is_ok_and(|length| length > 0) {}
    }
    log::event!(COMMAND_SOCKET_CONNECTION_CLOSED, socket);
}

enum Received {
    Command(Vec<u8>),
    Refused(Answer),
    Gone,
}

async fn receive(stream: &mut UnixStream, socket: i32) -> Received {
    let (mut text, mut frame) = (Vec::new(), Frame::default());
    loop {
        match timeout(IDLE, stream.read_buf(&mut text)).await {
            Err(_) => {
                log::event!(COMMAND_SOCKET_CONNECTION_TIMEOUT, socket);
                let mut reason = "Connection over control channel timed out".to_owned();
                if !text.is_empty() {
                    reason += &format!(", discarded partial command of {} bytes", text.len());
                }
                return Received::Refused(Answer::error(reason));
            }
            Ok(Err(reason)) => {
                log::event!(COMMAND_SOCKET_READ_FAIL, reason, socket);
                return Received::Gone;
            }
            Ok(Ok(0)) => {
                let discarded = match text.len() {
                    0 => "no input data to discard".to_owned(),
                    bytes => format!("discarding partial command of {bytes} bytes"),
                };
                log::event!(COMMAND_SOCKET_CLOSED_BY_FOREIGN_HOST, socket, discarded);
                return Received::Gone;
            }
            Ok(Ok(bytes)) => log::event!(COMMAND_SOCKET_READ, bytes, socket),
        }
        match frame.advance(&text) {
            Ok(None) => {}
            Ok(Some(length)) => {
                text.truncate(length);
                return Received::Command(text);
            }
            Err(reason) => {
                log::event!(COMMAND_PROCESS_ERROR1, reason);
                return Received::Refused(Answer::error(reason));
            }
        }
    }
}

async fn send(stream: &mut UnixStream, text: &str, socket: i32) {
    let mut left = text.as_bytes();
    while !left.is_empty() {
        match timeout(IDLE, stream.write(left)).await {
            Err(_) => {
                log::event!(COMMAND_SOCKET_CONNECTION_TIMEOUT, socket);
                return;
            }
            Ok(Err(reason)) => {
                log::event!(COMMAND_SOCKET_WRITE_FAIL, socket, reason);
                return;
            }
            Ok(Ok(bytes)) => {
                left = left.get(bytes..).unwrap_or_default();
                log::event!(COMMAND_SOCKET_WRITE, bytes, left = left.len(), socket);
            }
        }
    }
    let _ = stream.shutdown().await;
}

/// How long a client may take to send the next part of its command or to take the next part of its answer (Kea:
/// `TIMEOUT_DHCP_SERVER_RECEIVE_COMMAND`).
const IDLE: Duration = Duration::from_secs(10);
