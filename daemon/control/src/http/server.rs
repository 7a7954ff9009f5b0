//! Serving the commands of a daemon over HTTP.

use std::cell::RefCell;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::LONGEST_BODY;
use super::access::{Access, Unauthorized};
use super::head::{Head, Version};
use crate::messages::*;
use crate::request::RequestError;
use crate::{Answer, Request, Table, to_text};

/// What a server does beside answering commands.
#[derive(Debug, Default)]
pub struct Settings {
    /// Name of the daemon as a `service` that a command asks for, `dhcp4`.
    pub service: &'static str,
    /// Names and values of fields that every response has.
    pub headers: Vec<(String, String)>,
    /// Who may send commands; everybody if it is absent.
    pub access: Option<Access>,
}

/// A bound socket that does not serve anyone yet; who connects waits.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
}

impl Listener {
    /// Binds the socket.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = TcpListener::bind(address)?;
        socket.set_nonblocking(true)?;
        Ok(Listener { socket, address })
    }

    /// Where it is bound.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers commands from `table` until the server is dropped. Must be called within a `tokio::task::LocalSet`.
    pub fn serve(self, table: Rc<Table>, settings: Settings) -> Server {
        let Listener { socket, address } = self;
        log::event!(HTTP_COMMAND_MGR_SERVICE_STARTED, kind = "HTTP", address = address.ip(), port = address.port());
        let settings = Rc::new(RefCell::new(Rc::new(settings)));
        let accepting = tokio::task::spawn_local(accept(socket, table, settings.clone()));
        Server { accepting, address, settings }
    }
}

/// The settings in effect.
type Shared = Rc<RefCell<Rc<Settings>>>;

/// A control channel in service. Dropping it closes the socket; connections that are open are still answered.
#[derive(Debug)]
pub struct Server {
    accepting: JoinHandle<()>,
    address: SocketAddr,
    settings: Shared,
}

impl Server {
    /// Where it is bound.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Goes over to other settings with the next request.
    pub fn change(&self, settings: Settings) {
        let (address, port) = (self.address.ip(), self.address.port());
        log::event!(HTTP_COMMAND_MGR_HTTP_SERVICE_UPDATED, address, port);
        self.settings.replace(Rc::new(settings));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let place = format_args!("bound to address {} port {}", self.address.ip(), self.address.port());
        log::event!(HTTP_COMMAND_MGR_SERVICE_STOPPING, kind = "HTTP", place);
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, table: Rc<Table>, settings: Shared) {
    let listener = match tokio::net::TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(reason) => return log::event!(COMMAND_SOCKET_ACCEPT_FAIL, socket = -1, reason),
    };
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    // Never closed, so there is always a place in the end.
    while let Ok(place) = places.clone().acquire_owned().await {
        match listener.accept().await {
            Ok((stream, peer)) => {
                let (table, settings) = (table.clone(), settings.clone());
                tokio::task::spawn_local(async move {
                    let mut connection = Connection { stream, peer: peer.ip(), received: Vec::new() };
                    connection.converse(&table, &settings).await;
                    drop(place);
                });
            }
            Err(reason) => {
                log::event!(COMMAND_SOCKET_ACCEPT_FAIL, socket = std::os::fd::AsRawFd::as_raw_fd(&listener), reason);
                // Most likely there are too many open files: some will be closed.
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// A connection, over which one request follows another.
struct Connection<S> {
    stream: S,
    peer: IpAddr,
    /// What came and was not read yet.
    received: Vec<u8>,
}

/// Why a connection comes to an end before its client closes it.
enum End {
    /// The client is gone, or does not take what it is sent.
    Gone,
    /// Nothing was asked for a while.
    Idle,
    /// A request was not complete in time.
    Late(Version),
    /// What came is no request for a command.
    Bad(Version, String),
    /// A body is longer than any command.
    TooLarge(Version),
}

/// A status code and its phrase (RFC 9110 §15).
type Status = (u16, &'static str);

const OK: Status = (200, "OK");
const BAD_REQUEST: Status = (400, "Bad Request");
const UNAUTHORIZED: Status = (401, "Unauthorized");
const REQUEST_TIMEOUT: Status = (408, "Request Timeout");
const CONTENT_TOO_LARGE: Status = (413, "Content Too Large");

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    async fn converse(&mut self, table: &Table, settings: &Shared) {
        let end = loop {
            let settings = || settings.borrow().clone();
            match self.exchange(table, &settings).await {
                Ok(true) => {}
                Ok(false) => break None,
                Err(End::Gone) => return,
                Err(End::Idle) => {
                    log::event!(HTTP_IDLE_CONNECTION_TIMEOUT_OCCURRED, peer = self.peer);
                    break None;
                }
                Err(End::Late(version)) => {
                    log::event!(HTTP_CLIENT_REQUEST_TIMEOUT_OCCURRED, peer = self.peer);
                    break Some((version, REQUEST_TIMEOUT, settings()));
                }
                Err(End::Bad(version, reason)) => {
                    log::event!(HTTP_BAD_CLIENT_REQUEST_RECEIVED, peer = self.peer, reason);
                    break Some((version, BAD_REQUEST, settings()));
                }
                Err(End::TooLarge(version)) => break Some((version, CONTENT_TOO_LARGE, settings())),
            }
        };
        if let Some((version, status, settings)) = end {
            let _ = self.refuse(version, status, &settings, None).await;
        }
        log::event!(HTTP_CONNECTION_STOP, peer = self.peer);
        let _ = self.stream.shutdown().await;
        // What a client still sends is taken: left in the socket, it would turn the end of the response into an error.
        let _ = timeout(LINGER, self.drain(LONGEST_BODY)).await;
    }

    /// One request and its response; whether another may follow.
    async fn exchange(&mut self, table: &Table, settings: &impl Fn() -> Rc<Settings>) -> Result<bool, End> {
        let head = self.head().await?;
        let settings = settings();
        if let Some(access) = &settings.access
            && let Err(reason) = access.judge(head.authorization.as_deref()).inspect(|user| authorized(user))
        {
            unauthorized(reason);
            // Whoever they are, what they send is not kept.
            self.drain(head.length).await?;
            self.refuse(head.version, UNAUTHORIZED, &settings, Some(access)).await?;
            return Ok(head.persistent);
        }
        let body = self.body(&head).await?;
        let answer = match Request::read(&body) {
            Ok(request) => {
                log::event!(HTTP_CLIENT_REQUEST_RECEIVED, peer = self.peer);
                match other_service(&request, settings.service) {
                    Some(reason) => Answer::error(reason),
                    None => table.receive(request).await,
                }
            }
            Err(RequestError::Syntax(reason)) => return Err(End::Bad(head.version, reason)),
            Err(malformed) => table.refuse(malformed),
        };
        let body = to_text(&json!([answer.to_json()]));
        self.send(head.version, OK, &settings, None, &body).await?;
        Ok(head.persistent)
    }

    async fn head(&mut self) -> Result<Head, End> {
        loop {
            match Head::read(&self.received) {
                Ok(Some((head, length))) => {
                    self.received.drain(..length);
                    return Ok(head);
                }
                Ok(None) if self.received.is_empty() => self.receive(IDLE, || End::Idle).await?,
                Ok(None) => self.receive(PATIENCE, || End::Late(Version::Http10)).await?,
                Err(reason) => return Err(End::Bad(Version::Http10, reason.to_owned())),
            }
        }
    }

    async fn body(&mut self, head: &Head) -> Result<Vec<u8>, End> {
        if head.length > LONGEST_BODY {
            return Err(End::TooLarge(head.version));
        }
        if head.expects_continue && self.received.len() < head.length {
            self.write(format!("{} 100 Continue\r\n\r\n", head.version).as_bytes()).await?;
        }
        while self.received.len() < head.length {
            self.receive(PATIENCE, || End::Late(head.version)).await?;
        }
        let rest = self.received.split_off(head.length);
        Ok(std::mem::replace(&mut self.received, rest))
    }

    /// Takes bytes and forgets them.
    async fn drain(&mut self, length: usize) -> Result<(), End> {
        let mut left = length;
        loop {
            let taken = left.min(self.received.len());
            self.received.drain(..taken);
            left -= taken;
            if left == 0 {
                return Ok(());
            }
            self.receive(PATIENCE, || End::Gone).await?;
        }
    }

    async fn receive(&mut self, patience: Duration, late: impl Fn() -> End) -> Result<(), End> {
        match timeout(patience, self.stream.read_buf(&mut self.received)).await {
            Err(_) => Err(late()),
            Ok(Err(_) | Ok(0)) => Err(End::Gone),
            Ok(Ok(bytes)) => {
                log::event!(HTTP_DATA_RECEIVED, bytes, peer = self.peer);
                Ok(())
            }
        }
    }

    /// A response that says no more than its status.
    async fn refuse(
        &mut self,
        version: Version,
        status: Status,
        settings: &Settings,
        access: Option<&Access>,
    ) -> Result<(), End> {
        let body = to_text(&json!({ "result": status.0, "text": status.1 }));
        self.send(version, status, settings, access, &body).await
    }

    async fn send(
        &mut self,
        version: Version,
        (code, phrase): Status,
        settings: &Settings,
        access: Option<&Access>,
        body: &str,
    ) -> Result<(), End> {
        log::event!(HTTP_SERVER_RESPONSE_SEND, response = format_args!("{version} {code} {phrase}"), peer = self.peer);
        let date = chrono::Utc::now().format("%a, %d %b %Y %H:%M:%S GMT");
        let length = body.len();
        let mut response = format!(
            "{version} {code} {phrase}\r\nContent-Length: {length}\r\nContent-Type: application/json\r\nDate: {date}\r\n"
        );
        for (name, value) in &settings.headers {
            response += &format!("{name}: {value}\r\n");
        }
        if let Some(access) = access {
            response += &format!("WWW-Authenticate: {}\r\n", access.challenge());
        }
        response += "\r\n";
        response += body;
        self.write(response.as_bytes()).await
    }

    async fn write(&mut self, mut left: &[u8]) -> Result<(), End> {
        while !left.is_empty() {
            match timeout(PATIENCE, self.stream.write(left)).await {
                Ok(Ok(bytes)) if bytes > 0 => left = left.get(bytes..).unwrap_or_default(),
                _ => return Err(End::Gone),
            }
        }
        Ok(())
    }
}

fn authorized(user: &str) {
    if !user.is_empty() {
        log::event!(HTTP_CLIENT_REQUEST_AUTHORIZED, user);
    }
}

fn unauthorized(reason: Unauthorized) {
    match reason {
        Unauthorized::Nobody => log::event!(HTTP_CLIENT_REQUEST_NO_AUTH_HEADER),
        Unauthorized::Malformed(reason) => log::event!(HTTP_CLIENT_REQUEST_BAD_AUTH_HEADER, reason),
        Unauthorized::Unknown => log::event!(HTTP_CLIENT_REQUEST_NOT_AUTHORIZED),
    }
}

/// Why a command is for somebody else, in Kea's words.
fn other_service(request: &Request, ours: &str) -> Option<String> {
    use schema::json::Value;
    let services = match request.service()? {
        Value::List(services) => services.as_slice(),
        _ => return Some("service value must be a list".to_owned()),
    };
    match services.iter().map(|it| &it.value).collect::<Vec<_>>().as_slice() {
        [] => None,
        [Value::Text(name)] if name.is_empty() || **name == *ours => None,
        [Value::Text(name)] => Some(format!("unsupported service '{name}', expected '{ours}'")),
        [_] => Some("service name must be a string".to_owned()),
        _ => Some("service value has more than one item".to_owned()),
    }
}

/// How long a client may take to send the next part of its request or to take the next part of its response (Kea:
/// `TIMEOUT_DHCP_SERVER_RECEIVE_COMMAND`).
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a connection is kept between two requests (Kea: `TIMEOUT_DHCP_SERVER_IDLE_CONNECTION_TIMEOUT`).
const IDLE: Duration = Duration::from_secs(30);
/// How long what a client sends is taken after the last response.
const LINGER: Duration = Duration::from_secs(1);
/// More clients wait until others go: the daemon's files need descriptors, too.
const MOST_CONNECTIONS: usize = 256;
