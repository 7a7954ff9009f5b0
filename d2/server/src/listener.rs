//! Receives name change requests.

use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use ncr::NameChangeRequest;
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

use crate::dispatcher::Dispatcher;
use crate::messages::*;
use crate::statistics::Statistics;

/// A socket in service. Dropping it closes the socket.
#[derive(Debug)]
pub struct Listener {
    address: SocketAddr,
    task: JoinHandle<()>,
}

/// How long a socket that failed is left alone: it may do so again at once.
const PAUSE: Duration = Duration::from_millis(100);

/// Bytes for requests that wait in the socket: about 10,000.
const RECEIVE_BUFFER: usize = 8 << 20;

/// A socket that receives at this address but is not listened to yet. Must be called within a runtime.
pub fn bind(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = std::net::UdpSocket::bind(address)?;
    socket.set_nonblocking(true)?;
    // As much as the system allows: a DHCP server that comes back renews thousands of names in one second.
    let _ = socket2::SockRef::from(&socket).set_recv_buffer_size(RECEIVE_BUFFER);
    UdpSocket::from_std(socket)
}

impl Listener {
    /// Hands what the socket, which is bound to `address`, receives to the dispatcher. Must be called within a `tokio::task::LocalSet`.
    pub fn start(
        socket: UdpSocket,
        address: SocketAddr,
        dispatcher: Rc<Dispatcher>,
        statistics: Arc<Statistics>,
    ) -> Self {
        let task = tokio::task::spawn_local(async move { listen(&socket, &dispatcher, &statistics).await });
        log::event!(DHCP_DDNS_QUEUE_MGR_STARTED);
        Self { address, task }
    }

    /// Receives no more.
    pub fn stop(self, reason: &str) {
        log::event!(DHCP_DDNS_QUEUE_MGR_STOPPING, reason);
        drop(self);
        log::event!(DHCP_DDNS_QUEUE_MGR_STOPPED);
    }

    /// Where it receives.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn listen(socket: &UdpSocket, dispatcher: &Rc<Dispatcher>, statistics: &Statistics) {
    let mut buffer = vec![0; usize::from(u16::MAX)];
    loop {
        dispatcher.room().await;
        match socket.recv(&mut buffer).await {
            Ok(length) => match NameChangeRequest::decode(buffer.get(..length).unwrap_or_default()) {
                Ok(request) => {
                    statistics.ncr_received.add(1);
                    dispatcher.submit(request);
                }
                Err(reason) => {
                    statistics.ncr_invalid.add(1);
                    log::event!(DHCP_DDNS_INVALID_NCR, reason);
                }
            },
            Err(reason) => {
                statistics.ncr_error.add(1);
                log::event!(DHCP_DDNS_NCR_UDP_RECV_ERROR, reason);
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}
