//! Connections: those that clients make to the agent, and those that it makes to clients (RFC 8071).

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::messages::*;

/// Connections that are not sessions yet.
const PENDING: usize = 32;
/// Time between two calls to a client that does not answer, or whose connection ended.
const CALL_AGAIN_AFTER: Duration = Duration::from_secs(5);

/// Has `serve` serve each connection to a listener, as many at a time as there may be `sessions` and some more. Must be called
/// within a `LocalSet`.
pub async fn accept<F: Future<Output = ()> + 'static>(
    listener: &TcpListener,
    sessions: usize,
    serve: impl Fn(TcpStream, SocketAddr) -> F,
) {
    let places = Arc::new(Semaphore::new(sessions + PENDING));
    loop {
        let (socket, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                log::event!(NETCONF_ACCEPT_FAILED, reason = error);
                // Out of descriptors, most likely: give others the time to close theirs.
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            log::event!(NETCONF_TOO_MANY_SESSIONS, peer);
            continue;
        };
        let serving = serve(socket, peer);
        tokio::task::spawn_local(async move {
            serving.await;
            drop(place);
        });
    }
}

/// Calls a client, has `serve` serve the connection, and calls again when it ended: a persistent connection (RFC 8071 §3.1).
pub async fn call_home<F: Future<Output = ()>>(client: SocketAddr, serve: impl Fn(TcpStream, SocketAddr) -> F) {
    let mut told = false;
    loop {
        match TcpStream::connect(client).await {
            Ok(socket) => {
                log::event!(NETCONF_CALLED_HOME, peer = client);
                told = false;
                serve(socket, client).await;
            }
            // The same trouble is told once, not every few seconds.
            Err(reason) if !told => {
                log::event!(NETCONF_CALL_HOME_FAILED, peer = client, reason);
                told = true;
            }
            Err(_) => {}
        }
        tokio::time::sleep(CALL_AGAIN_AFTER).await;
    }
}
