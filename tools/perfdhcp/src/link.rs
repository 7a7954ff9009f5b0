//! The way to the server: one socket, batches in both directions, and if it is asked for a thread that receives.

use crate::exchanges::Micros;
use crate::options::{EVERYBODY, Options, address};
use net::batch::BATCH;
use net::{Destination, Interface, RxBatch, Share, Socket, TxBatch, Waker};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Ports of DHCPv6 clients and servers (RFC 8415 §7.2). DHCPv4 is spoken as a relay, from the server's port 67 to 67.
const CLIENT6: u16 = 546;
const SERVER6: u16 = 547;
const SERVER4: u16 = 67;

/// The present time as the kernel's timestamps have it.
pub(crate) fn now() -> Micros {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as Micros)
}

/// A socket to the server.
#[derive(Debug)]
pub(crate) struct Link {
    socket: Arc<Socket>,
    interface: u32,
    local: IpAddr,
    to: Destination,
}

impl Link {
    /// Opens the socket where the command line says.
    pub(crate) fn open(options: &Options, interfaces: &[Interface]) -> Result<Self, String> {
        let server = options.server()?;
        let (interface, local) = place(options, interfaces, server)?;
        let standard = match (server, options.relayed) {
            (IpAddr::V4(_), _) => SERVER4,
            (IpAddr::V6(_), false) => CLIENT6,
            (IpAddr::V6(_), true) => SERVER6,
        };
        let port = if options.local_port == 0 { standard } else { options.local_port };
        let failed = |error: io::Error| format!("Failed to bind socket to {local}/port={port}: {error}");
        let alone = Share::WHOLE;
        let remote = |standard| if options.remote_port == 0 { standard } else { options.remote_port };
        let (socket, to) = match (local, server) {
            (IpAddr::V4(from), IpAddr::V4(server)) => {
                let to = SocketAddrV4::new(server, remote(SERVER4));
                (Socket::udp4_inbound(interface, from, port, alone), Destination::ByInterface { to, from })
            }
            (IpAddr::V6(from), IpAddr::V6(server)) => {
                let to = SocketAddrV6::new(server, remote(SERVER6), 0, interface.index);
                (Socket::udp6_at(interface, from, port), Destination::Udp { to: to.into(), source: Some(from) })
            }
            _ => return Err("unable to open socket to communicate with DHCP server".to_owned()),
        };
        let socket = socket.map_err(failed)?;
        // Without the kernel's times, those of reading are taken.
        socket.tell_times(true);
        Ok(Self { socket: Arc::new(socket), interface: interface.index, local, to })
    }

    /// The address that it sends from.
    pub(crate) fn local(&self) -> IpAddr {
        self.local
    }

    /// The receiving side.
    pub(crate) fn receiver(&self, threaded: bool) -> io::Result<Receiver> {
        if !threaded {
            return Ok(Receiver::Here { socket: self.socket.clone(), batch: RxBatch::new() });
        }
        let (waker, stop) = (Arc::new(Waker::new()?), Arc::new(AtomicBool::new(false)));
        let (to, from) = mpsc::channel();
        let (socket, wake, end) = (self.socket.clone(), waker.clone(), stop.clone());
        let thread =
            thread::Builder::new().name("receiver".into()).spawn(move || receive(&socket, &wake, &end, &to))?;
        Ok(Receiver::There { from, first: None, waker, stop, thread: Some(thread) })
    }
}

/// The interface and the address to send from.
fn place<'a>(
    options: &Options,
    interfaces: &'a [Interface],
    server: IpAddr,
) -> Result<(&'a Interface, IpAddr), String> {
    let of = |interface: &Interface| -> Vec<IpAddr> {
        match server {
            IpAddr::V4(_) => interface.v4.iter().map(|(address, _)| IpAddr::V4(*address)).collect(),
            IpAddr::V6(_) => interface.v6.iter().map(|address| IpAddr::V6(*address)).collect(),
        }
    };
    let local = match &options.local {
        Some(name) if options.local_is_interface => {
            let interface = interfaces.iter().find(|it| it.name == *name);
            let interface = interface.ok_or_else(|| format!("There is no {name} interface present."))?;
            let family = if server.is_ipv6() { "AF_INET6" } else { "AF_INET" };
            let local = of(interface).first().copied();
            let local = local.ok_or_else(|| {
                format!(
                    "There is no address for interface: {name}, port: {}, address  family: {family}",
                    options.local_port
                )
            })?;
            return Ok((interface, local));
        }
        Some(name) => address(name)?,
        None => towards(server).map_err(|_| "failed to connect to remote endpoint.")?,
    };
    let owner = interfaces.iter().find(|interface| of(interface).contains(&local));
    owner.map(|interface| (interface, local)).ok_or_else(|| format!("There is no such address {local}"))
}

/// The address from which the kernel would send to another one.
fn towards(server: IpAddr) -> io::Result<IpAddr> {
    let any: IpAddr = if server.is_ipv6() { Ipv6Addr::UNSPECIFIED.into() } else { Ipv4Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind(SocketAddr::new(any, 0))?;
    if server == IpAddr::V4(EVERYBODY) {
        socket.set_broadcast(true)?;
    }
    socket.connect(SocketAddr::new(server, SERVER4))?;
    Ok(socket.local_addr()?.ip())
}

/// Messages that wait to be sent together.
pub(crate) struct Outbox {
    batch: TxBatch,
}

impl Outbox {
    pub(crate) fn new() -> Self {
        Self { batch: TxBatch::new() }
    }

    /// Where the next message is appended.
    pub(crate) fn buffer(&mut self) -> &mut Vec<u8> {
        self.batch.buffer()
    }

    /// The message in the buffer is complete; its number until the next [`flush`](Self::flush).
    pub(crate) fn push(&mut self, link: &Link) -> usize {
        self.batch.push(0, link.interface, link.to);
        self.batch.len() - 1
    }

    pub(crate) fn message(&self, number: usize) -> &[u8] {
        self.batch.message(number)
    }

    pub(crate) fn is_full(&self) -> bool {
        self.batch.len() >= BATCH
    }

    /// Sends them. What does not fit into the socket's buffer is lost, as on a network that is too slow.
    pub(crate) fn flush(&mut self, link: &Link) -> Result<(), String> {
        let mut failed = None;
        let lost = |error: &io::Error| matches!(error.raw_os_error(), Some(nix::libc::EAGAIN | nix::libc::ENOBUFS));
        self.batch.flush(
            |_| &link.socket,
            |error| {
                if !lost(&error) {
                    failed = Some(error)
                }
            },
        );
        let family = if link.local.is_ipv6() { 6 } else { 4 };
        match failed {
            Some(error) => Err(format!("pkt{family} send failed: sendmsg() returned with an error: {error}")),
            None => Ok(()),
        }
    }
}

/// Datagrams of one batch in one buffer, with their ends and times.
type Arrivals = (Vec<u8>, Vec<(usize, Micros)>);

/// The receiving side of a link.
pub(crate) enum Receiver {
    /// The thread that sends receives, too (`-g single`).
    Here { socket: Arc<Socket>, batch: RxBatch },
    /// A thread of its own receives (`-g multi`).
    There {
        from: mpsc::Receiver<Arrivals>,
        /// Came while it was waited.
        first: Option<Arrivals>,
        waker: Arc<Waker>,
        stop: Arc<AtomicBool>,
        thread: Option<JoinHandle<()>>,
    },
}

impl Receiver {
    /// Waits until something came, at most so long.
    pub(crate) fn wait(&mut self, time: Duration) -> Result<(), String> {
        match self {
            Self::Here { socket, .. } => net::wait_at_most(socket, time).map_err(|error| error.to_string()),
            Self::There { from, first, .. } => {
                match from.recv_timeout(time) {
                    Ok(arrivals) => *first = Some(arrivals),
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => return Err("failed to receive data".to_owned()),
                }
                Ok(())
            }
        }
    }

    /// Takes one batch of what came; how many.
    pub(crate) fn take(&mut self, mut each: impl FnMut(&[u8], Micros) -> Result<(), String>) -> Result<usize, String> {
        match self {
            Self::Here { socket, batch } => {
                let count = batch.receive(socket).map_err(|error| format!("failed to receive data: {error}"))?;
                let now = now();
                for at in 0..count {
                    if let Ok(datagram) = batch.datagram(at, socket) {
                        each(datagram.message, batch.time(at).unwrap_or(now))?;
                    }
                }
                Ok(count)
            }
            Self::There { from, first, .. } => {
                let Some((bytes, ends)) = first.take().or_else(|| from.try_recv().ok()) else { return Ok(0) };
                let mut start = 0;
                for (end, time) in &ends {
                    each(bytes.get(start..*end).unwrap_or_default(), *time)?;
                    start = *end;
                }
                Ok(ends.len())
            }
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        if let Self::There { waker, stop, thread, .. } = self {
            stop.store(true, Relaxed);
            waker.wake();
            if let Some(thread) = thread.take() {
                let _ = thread.join(); // it has nothing more to say
            }
        }
    }
}

/// The life of the thread that receives.
fn receive(socket: &Socket, waker: &Waker, stop: &AtomicBool, to: &mpsc::Sender<Arrivals>) {
    let (mut batch, mut ready) = (RxBatch::new(), Vec::new());
    while !stop.load(Relaxed) {
        ready.clear();
        let count = net::wait(std::iter::once(socket), waker, &mut ready).and_then(|()| batch.receive(socket));
        let count = match count {
            Ok(count) => count,
            Err(error) => {
                eprintln!("Failed to receive DHCP packet: {error}");
                return;
            }
        };
        let now = now();
        let (mut bytes, mut ends) = (Vec::new(), Vec::with_capacity(count));
        for at in 0..count {
            if let Ok(datagram) = batch.datagram(at, socket) {
                bytes.extend_from_slice(datagram.message);
                ends.push((bytes.len(), batch.time(at).unwrap_or(now)));
            }
        }
        if !ends.is_empty() && to.send((bytes, ends)).is_err() {
            return;
        }
    }
}
