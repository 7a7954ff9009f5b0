//! Serving the commands of a daemon over HTTP and HTTPS.

use std::cell::RefCell;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::PATIENCE;
use super::access::Access;
use super::connection::Connection;
use crate::messages::*;
use crate::{Table, tls};

/// What a server does beside answering commands.
#[derive(Debug, Default)]
pub struct Settings {
    /// Name of the daemon as a `service` that a command asks for, `dhcp4`.
    pub service: &'static str,
    /// Names and values of fields that every response has.
    pub headers: Vec<(String, String)>,
    /// Who may send commands; everybody if it is absent.
    pub access: Option<Access>,
    /// The commands that it answers; all if it is absent. Others are forbidden.
    pub only: Option<&'static [&'static str]>,
    /// Makes it HTTPS.
    pub tls: Option<tls::Server>,
}

impl Settings {
    /// What it speaks.
    fn kind(&self) -> &'static str {
        match self.tls {
            Some(_) => "HTTPS",
            None => "HTTP",
        }
    }
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
        let (kind, port) = (settings.kind(), address.port());
        log::event!(HTTP_COMMAND_MGR_SERVICE_STARTED, kind, address = address.ip(), port);
        let settings = Rc::new(RefCell::new(Rc::new(settings)));
        let accepting = tokio::task::spawn_local(accept(socket, table, settings.clone()));
        Server { accepting, address, settings }
    }
}

/// The settings in effect.
pub(super) type Shared = Rc<RefCell<Rc<Settings>>>;

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

    /// Whether it speaks HTTPS.
    pub fn is_secure(&self) -> bool {
        self.settings.borrow().tls.is_some()
    }

    /// Goes over to other settings: with the next request, where it is about TLS with the next connection.
    pub fn change(&self, settings: Settings) {
        let (address, port) = (self.address.ip(), self.address.port());
        match settings.tls {
            Some(_) => log::event!(HTTP_COMMAND_MGR_HTTPS_SERVICE_UPDATED, address, port),
            None => log::event!(HTTP_COMMAND_MGR_HTTP_SERVICE_UPDATED, address, port),
        }
        self.settings.replace(Rc::new(settings));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let place = format_args!("bound to address {} port {}", self.address.ip(), self.address.port());
        log::event!(HTTP_COMMAND_MGR_SERVICE_STOPPING, kind = self.settings.borrow().kind(), place);
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
                let connection = Connection { peer: peer.ip(), names: None, table, settings };
                tokio::task::spawn_local(async move {
                    open(connection, stream).await;
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

/// Puts TLS in front of a connection where there has to be, and serves it.
async fn open(mut connection: Connection, stream: TcpStream) {
    let peer = connection.peer;
    // A response is one write.
    let _ = stream.set_nodelay(true);
    let tls = connection.settings.borrow().tls.clone();
    let Some(tls::Server(config)) = tls else {
        log::event!(HTTP_REQUEST_RECEIVE_START, peer, seconds = PATIENCE.as_secs());
        return connection.converse(stream).await;
    };
    log::event!(HTTP_CONNECTION_HANDSHAKE_START, peer, seconds = PATIENCE.as_secs());
    match timeout(PATIENCE, TlsAcceptor::from(config).accept(stream)).await {
        Ok(Ok(stream)) => {
            log::event!(HTTPS_REQUEST_RECEIVE_START, peer);
            let shown = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
            connection.names = Some(Rc::new(shown.map(|der| tls::Names::read(der)).unwrap_or_default()));
            connection.converse(stream).await;
        }
        Ok(Err(reason)) => log::event!(HTTP_CONNECTION_HANDSHAKE_FAILED, peer, reason),
        Err(_) => log::event!(HTTP_CLIENT_REQUEST_TIMEOUT_OCCURRED, peer),
    }
}

/// More clients wait until others go: the daemon's files need descriptors, too.
const MOST_CONNECTIONS: usize = 256;
