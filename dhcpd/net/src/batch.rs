//! Batches: one recvmmsg(2) brings up to [`BATCH`] datagrams, one sendmmsg(2) a socket takes the replies away.
//!
//! Buffers are allocated once. The kernel's structures hold pointers into them, so a batch stays on its thread.

use crate::frame::{self, Endpoints, HEADROOM};
use crate::socket::{Kind, Socket};
use std::io;
use std::mem::{self, MaybeUninit};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::AsRawFd;

/// Datagrams in one batch. Larger batches share one fdatasync among more clients; 256 keeps the buffers within the
/// second-level cache's reach and a batch below a millisecond of work.
pub const BATCH: usize = 256;
/// Longest datagram that is taken whole: a jumbo frame. Longer ones are reported as truncated.
pub const MAX_DATAGRAM: usize = 9216;
/// Room for the control messages that a socket asks for (packet info, auxiliary data, the time).
const CONTROL: usize = 96;

/// A received datagram.
#[derive(Clone, Copy, Debug)]
pub struct Datagram<'a> {
    /// The DHCP message.
    pub message: &'a [u8],
    /// Who sent it.
    pub source: SocketAddr,
    /// The address that it was sent to.
    pub destination: IpAddr,
    /// The interface that it came in by; 0 where the socket is bound to an address and the kernel was not asked.
    pub interface: u32,
    /// Link-layer source address, where a packet socket saw it.
    pub link_source: Option<&'a [u8]>,
}

/// Why a datagram cannot be handed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// Longer than [`MAX_DATAGRAM`].
    TooLong,
    /// Its IP or UDP header is wrong.
    Frame(frame::FrameError),
    /// The kernel gave an address of another family.
    Address,
}

/// Where a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// Through the kernel's UDP: it routes and resolves. `source` is set where the socket is not bound to one address.
    Udp {
        /// To whom.
        to: SocketAddr,
        /// From which address (DHCPv6), unspecified for the kernel's choice.
        source: Option<Ipv6Addr>,
    },
    /// Through the kernel's UDP by the interface given with it, whatever the routes say.
    ByInterface {
        /// To whom.
        to: SocketAddrV4,
        /// From which address.
        from: Ipv4Addr,
    },
    /// Framed here and sent on a packet socket to a link-layer address (DHCPv4 clients without an address, broadcasts).
    Link {
        /// Link-layer destination, `ff:ff:...` for a broadcast; at most 8 bytes are used.
        hw_addr: [u8; 8],
        /// Its length.
        hw_len: u8,
        /// IPv4 source, destination and ports.
        ends: Endpoints,
    },
}

#[repr(C, align(8))]
#[derive(Clone, Copy)]
struct Control([u8; CONTROL]);

/// Receive side of a batch.
pub struct RxBatch {
    buffers: Box<[u8]>,
    names: Box<[libc::sockaddr_storage]>,
    controls: Box<[Control]>,
    _vectors: Box<[libc::iovec]>,
    headers: Box<[libc::mmsghdr]>,
    filled: usize,
}

impl Default for RxBatch {
    fn default() -> Self {
        Self::new()
    }
}

impl RxBatch {
    /// Allocates the buffers.
    pub fn new() -> Self {
        let mut buffers = vec![0u8; BATCH * MAX_DATAGRAM].into_boxed_slice();
        let mut names = vec![zeroed_name(); BATCH].into_boxed_slice();
        let mut controls = vec![Control([0; CONTROL]); BATCH].into_boxed_slice();
        let mut vectors: Box<[libc::iovec]> = buffers
            .chunks_exact_mut(MAX_DATAGRAM)
            .map(|b| libc::iovec { iov_base: b.as_mut_ptr().cast(), iov_len: MAX_DATAGRAM })
            .collect();
        let headers = (vectors.iter_mut().zip(&mut names).zip(&mut controls))
            .map(|((vector, name), control)| mmsghdr(vector, name, control.0.as_mut_ptr(), CONTROL))
            .collect();
        Self { buffers, names, controls, _vectors: vectors, headers, filled: 0 }
    }

    /// Takes what has arrived at `socket`, without waiting; how many datagrams.
    pub fn receive(&mut self, socket: &Socket) -> io::Result<usize> {
        // What the call before filled in; the rest is as it was made.
        for header in &mut self.headers[..self.filled] {
            header.msg_hdr.msg_namelen = size_of::<libc::sockaddr_storage>() as u32;
            header.msg_hdr.msg_controllen = CONTROL;
        }
        #[expect(unsafe_code, reason = "recvmmsg has no safe wrapper that keeps its structures between calls")]
        // SAFETY: every header points to buffers owned by self that do not move while self lives.
        let n = unsafe {
            libc::recvmmsg(
                socket.as_raw_fd(),
                self.headers.as_mut_ptr(),
                BATCH as u32,
                libc::MSG_DONTWAIT,
                std::ptr::null_mut(),
            )
        };
        self.filled = n.max(0) as usize;
        match n {
            0.. => Ok(n as usize),
            _ => match io::Error::last_os_error() {
                // Nothing there, or an ICMP error about an earlier reply: not this batch's business.
                e if matches!(
                    e.raw_os_error(),
                    Some(libc::EAGAIN | libc::EINTR | libc::ECONNREFUSED | libc::EHOSTUNREACH | libc::ENETUNREACH)
                ) =>
                {
                    Ok(0)
                }
                e => Err(e),
            },
        }
    }

    /// The `i`-th datagram of the last [`receive`](Self::receive) on `socket`.
    pub fn datagram(&self, i: usize, socket: &Socket) -> Result<Datagram<'_>, Unusable> {
        let header = &self.headers[i];
        if header.msg_hdr.msg_flags & libc::MSG_TRUNC != 0 {
            return Err(Unusable::TooLong);
        }
        let bytes = &self.buffers[i * MAX_DATAGRAM..][..header.msg_len as usize];
        let name = &self.names[i];
        match socket.kind() {
            Kind::Udp4 { address } => {
                let (source, interface, destination) =
                    (v4_name(name).ok_or(Unusable::Address)?, self.v4_info(i), address);
                let (interface, destination) = interface.unwrap_or((socket.interface(), destination));
                Ok(Datagram {
                    message: bytes,
                    source: source.into(),
                    destination: destination.into(),
                    interface,
                    link_source: None,
                })
            }
            Kind::Udp6 => {
                let source = v6_name(name).ok_or(Unusable::Address)?;
                let (interface, destination) = self.v6_info(i).unwrap_or((socket.interface(), Ipv6Addr::UNSPECIFIED));
                Ok(Datagram {
                    message: bytes,
                    source: source.into(),
                    destination: destination.into(),
                    interface,
                    link_source: None,
                })
            }
            Kind::Packet => {
                let link = link_name(name);
                let (ends, message) = frame::parse(bytes, !self.checksum_is_vouched_for(i)).map_err(Unusable::Frame)?;
                Ok(Datagram {
                    message,
                    source: SocketAddrV4::new(ends.source, ends.source_port).into(),
                    destination: ends.destination.into(),
                    interface: link.sll_ifindex as u32,
                    link_source: link.sll_addr.get(..usize::from(link.sll_halen)),
                })
            }
        }
    }

    /// When the kernel had the `i`-th datagram, in microseconds since the epoch; only where [`Socket::tell_times`] was asked for.
    pub fn time(&self, i: usize) -> Option<u64> {
        let time: libc::timespec = self.control(i, libc::SOL_SOCKET, libc::SCM_TIMESTAMPNS)?;
        Some(time.tv_sec as u64 * 1_000_000 + time.tv_nsec as u64 / 1000)
    }

    fn v4_info(&self, i: usize) -> Option<(u32, Ipv4Addr)> {
        let info: libc::in_pktinfo = self.control(i, libc::IPPROTO_IP, libc::IP_PKTINFO)?;
        Some((info.ipi_ifindex as u32, Ipv4Addr::from_bits(u32::from_be(info.ipi_addr.s_addr))))
    }

    fn v6_info(&self, i: usize) -> Option<(u32, Ipv6Addr)> {
        let info: libc::in6_pktinfo = self.control(i, libc::IPPROTO_IPV6, libc::IPV6_PKTINFO)?;
        Some((info.ipi6_ifindex, Ipv6Addr::from(info.ipi6_addr.s6_addr)))
    }

    fn checksum_is_vouched_for(&self, i: usize) -> bool {
        self.control::<libc::tpacket_auxdata>(i, libc::SOL_PACKET, libc::PACKET_AUXDATA)
            .is_some_and(|aux| aux.tp_status & (libc::TP_STATUS_CSUMNOTREADY | libc::TP_STATUS_CSUM_VALID) != 0)
    }

    /// The control message of this level and type as a plain structure of the kernel's.
    fn control<T: Copy>(&self, i: usize, level: libc::c_int, kind: libc::c_int) -> Option<T> {
        let mut rest = self.controls[i].0.get(..self.headers[i].msg_hdr.msg_controllen)?;
        const HEADER: usize = size_of::<libc::cmsghdr>();
        while rest.len() >= HEADER {
            let header: libc::cmsghdr = read_plain(rest)?;
            let data = rest.get(HEADER..header.cmsg_len)?;
            if header.cmsg_level == level && header.cmsg_type == kind {
                return read_plain(data);
            }
            rest = rest.get(header.cmsg_len.next_multiple_of(align_of::<libc::cmsghdr>())..)?;
        }
        None
    }
}

/// Send side of a batch: messages gather, [`flush`](Self::flush) sends them.
pub struct TxBatch {
    messages: Vec<Outgoing>,
    len: usize,
    /// How many of them were taken out.
    taken: usize,
    scratch: Scratch,
}

/// What a system call is told. Empty between two calls: only the room is kept.
#[derive(Default)]
struct Scratch {
    headers: Vec<libc::mmsghdr>,
    vectors: Vec<libc::iovec>,
}

#[expect(unsafe_code, reason = "pointers are not sent by themselves")]
// SAFETY: there are pointers in it only while `TxBatch::flush` runs, on one thread.
unsafe impl Send for Scratch {}

struct Outgoing {
    /// [`HEADROOM`] bytes, then the message.
    buffer: Vec<u8>,
    socket: usize,
    framed: bool,
    name: libc::sockaddr_storage,
    name_len: u32,
    control: Control,
    control_len: usize,
    taken: bool,
}

impl Outgoing {
    fn new() -> Self {
        Self {
            buffer: Vec::with_capacity(2048),
            socket: 0,
            framed: false,
            name: zeroed_name(),
            name_len: 0,
            control: Control([0; CONTROL]),
            control_len: 0,
            taken: false,
        }
    }
}

/// A message that was taken out of a batch: it is sent by itself, at another time and perhaps from another thread.
pub struct Parcel(Outgoing);

impl Parcel {
    /// Sends it by the socket that it was addressed for.
    pub fn send(self, socket: &Socket) -> io::Result<()> {
        let mut alone = TxBatch { messages: vec![self.0], len: 1, taken: 0, scratch: Scratch::default() };
        let mut result = Ok(());
        alone.flush(|_| socket, |error| result = Err(error));
        result
    }

    /// The number of its socket.
    pub fn socket(&self) -> usize {
        self.0.socket
    }
}

impl Default for TxBatch {
    fn default() -> Self {
        Self::new()
    }
}

impl TxBatch {
    /// An empty batch; buffers grow to their size once and are kept.
    pub fn new() -> Self {
        Self {
            messages: Vec::with_capacity(BATCH),
            len: 0,
            taken: 0,
            scratch: Scratch { headers: Vec::with_capacity(BATCH), vectors: Vec::with_capacity(BATCH) },
        }
    }

    /// Messages that wait.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Nothing waits.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Forgets what waits: the leases behind the replies could not be made durable.
    pub fn discard(&mut self) {
        (self.len, self.taken) = (0, 0);
    }

    /// The message of this number, counted from 0 in the order in which they were pushed.
    pub fn message(&self, number: usize) -> &[u8] {
        let waiting = self.messages.get(..self.len).unwrap_or_default();
        waiting.get(number).and_then(|message| message.buffer.get(HEADROOM..)).unwrap_or_default()
    }

    /// Takes the message of this number out; the others keep theirs. `None` if it is not there any more.
    pub fn take(&mut self, number: usize) -> Option<Parcel> {
        let message = self.messages.get_mut(..self.len)?.get_mut(number).filter(|message| !message.taken)?;
        let parcel = mem::replace(message, Outgoing::new());
        message.taken = true;
        self.taken += 1;
        Some(Parcel(parcel))
    }

    /// The buffer of the next message: [`HEADROOM`] bytes to leave alone, behind them the message is to be appended.
    /// Nothing is sent unless [`push`](Self::push) follows.
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        let buffer = &mut self.next().buffer;
        buffer.clear();
        buffer.resize(HEADROOM, 0);
        buffer
    }

    /// Takes over the next message of another batch as it stands in its buffer.
    pub fn take_over(&mut self, other: &mut Self) {
        mem::swap(&mut self.next().buffer, &mut other.next().buffer);
    }

    /// Takes over all messages of another batch, behind those that it has.
    pub fn append(&mut self, other: &mut Self) {
        for at in 0..mem::take(&mut other.len) {
            mem::swap(self.next(), &mut other.messages[at]);
            self.len += 1;
        }
        self.taken += mem::take(&mut other.taken);
    }

    fn next(&mut self) -> &mut Outgoing {
        if self.len == self.messages.len() {
            self.messages.push(Outgoing::new());
        }
        &mut self.messages[self.len]
    }

    /// The message in [`buffer`](Self::buffer) is complete: it goes to `destination` by the socket of this number.
    pub fn push(&mut self, socket: usize, interface: u32, destination: Destination) {
        let message = &mut self.messages[self.len];
        message.socket = socket;
        message.control_len = 0;
        message.taken = false;
        match destination {
            Destination::Udp { to, source } => {
                message.framed = false;
                message.name_len = write_name(&mut message.name, to);
                if let Some(source) = source {
                    let info = libc::in6_pktinfo {
                        ipi6_addr: libc::in6_addr { s6_addr: source.octets() },
                        ipi6_ifindex: interface,
                    };
                    message.control_len =
                        write_control(&mut message.control, libc::IPPROTO_IPV6, libc::IPV6_PKTINFO, &info);
                }
            }
            Destination::ByInterface { to, from } => {
                message.framed = false;
                message.name_len = write_name(&mut message.name, to.into());
                let info = libc::in_pktinfo {
                    ipi_ifindex: interface as i32,
                    ipi_spec_dst: libc::in_addr { s_addr: from.to_bits().to_be() },
                    ipi_addr: libc::in_addr { s_addr: 0 },
                };
                message.control_len = write_control(&mut message.control, libc::IPPROTO_IP, libc::IP_PKTINFO, &info);
            }
            Destination::Link { hw_addr, hw_len, ends } => {
                message.framed = true;
                frame::fill_headers(&mut message.buffer, ends);
                let link = libc::sockaddr_ll {
                    sll_family: libc::AF_PACKET as u16,
                    sll_protocol: (libc::ETH_P_IP as u16).to_be(),
                    sll_ifindex: interface as i32,
                    sll_hatype: 0,
                    sll_pkttype: 0,
                    sll_halen: hw_len.min(8),
                    sll_addr: hw_addr,
                };
                message.name_len = write_plain(&mut message.name, &link);
            }
        }
        self.len += 1;
    }

    /// Sends what waits, by one system call for each run of messages on one socket. A message that the kernel refuses
    /// is reported to `refused` and skipped; how many went out.
    pub fn flush<'s>(&mut self, sockets: impl Fn(usize) -> &'s Socket, mut refused: impl FnMut(io::Error)) -> usize {
        self.close_gaps();
        let Scratch { headers, vectors } = &mut self.scratch;
        let waiting = &mut self.messages[..self.len];
        vectors.extend(waiting.iter_mut().map(|m| {
            let from = if m.framed { 0 } else { HEADROOM };
            libc::iovec { iov_base: m.buffer[from..].as_mut_ptr().cast(), iov_len: m.buffer.len() - from }
        }));
        for (message, vector) in waiting.iter_mut().zip(&mut *vectors) {
            let mut header = mmsghdr(vector, &mut message.name, message.control.0.as_mut_ptr(), message.control_len);
            header.msg_hdr.msg_namelen = message.name_len;
            headers.push(header);
        }
        let (mut at, mut sent) = (0, 0);
        while at < self.len {
            let socket = self.messages[at].socket;
            let run = self.messages[at..self.len].iter().take_while(|m| m.socket == socket).count();
            #[expect(unsafe_code, reason = "sendmmsg has no safe wrapper that sends runs of a batch")]
            // SAFETY: the headers of this run point into messages and vectors, which nobody touches before it returns.
            let n = unsafe {
                libc::sendmmsg(sockets(socket).as_raw_fd(), headers[at..].as_mut_ptr(), run as u32, libc::MSG_DONTWAIT)
            };
            match n {
                1.. => {
                    at += n as usize;
                    sent += n as usize;
                }
                _ => match io::Error::last_os_error() {
                    e if e.raw_os_error() == Some(libc::EINTR) => {}
                    e => {
                        refused(e);
                        at += 1;
                    }
                },
            }
        }
        headers.clear();
        vectors.clear();
        self.len = 0;
        sent
    }

    /// Moves what was taken out behind the rest.
    fn close_gaps(&mut self) {
        if self.taken == 0 {
            return;
        }
        let mut left = 0;
        for at in 0..self.len {
            if !self.messages[at].taken {
                self.messages.swap(left, at);
                left += 1;
            }
        }
        (self.len, self.taken) = (left, 0);
    }
}

fn mmsghdr(
    vector: &mut libc::iovec,
    name: &mut libc::sockaddr_storage,
    control: *mut u8,
    control_len: usize,
) -> libc::mmsghdr {
    #[expect(unsafe_code, reason = "the structure has private padding on some C libraries")]
    // SAFETY: all zeros is a valid msghdr.
    let mut header: libc::msghdr = unsafe { mem::zeroed() };
    header.msg_name = std::ptr::from_mut(name).cast();
    header.msg_namelen = size_of::<libc::sockaddr_storage>() as u32;
    header.msg_iov = vector;
    header.msg_iovlen = 1;
    header.msg_control = if control_len == 0 { std::ptr::null_mut() } else { control.cast() };
    header.msg_controllen = control_len as _;
    libc::mmsghdr { msg_hdr: header, msg_len: 0 }
}

fn zeroed_name() -> libc::sockaddr_storage {
    #[expect(unsafe_code, reason = "the structure has private padding")]
    // SAFETY: all zeros is a valid address of family AF_UNSPEC.
    unsafe {
        mem::zeroed()
    }
}

/// Copies a plain structure of the kernel's out of bytes that need not be aligned.
fn read_plain<T: Copy>(bytes: &[u8]) -> Option<T> {
    if bytes.len() < size_of::<T>() {
        return None;
    }
    #[expect(unsafe_code, reason = "the kernel writes C structures into byte buffers")]
    // SAFETY: the length was checked; T is one of libc's structures of integers, for which all bit patterns are valid.
    Some(unsafe { bytes.as_ptr().cast::<T>().read_unaligned() })
}

/// Copies a socket address structure into the storage; its length.
fn write_plain<T: Copy>(name: &mut libc::sockaddr_storage, value: &T) -> u32 {
    const { assert!(size_of::<T>() <= size_of::<libc::sockaddr_storage>()) };
    #[expect(unsafe_code, reason = "the kernel reads C structures from generic storage")]
    // SAFETY: the storage is large enough and aligned for every socket address.
    unsafe {
        std::ptr::from_mut(name).cast::<T>().write(*value);
    }
    size_of::<T>() as u32
}

fn write_control<T: Copy>(control: &mut Control, level: libc::c_int, kind: libc::c_int, value: &T) -> usize {
    let header_len = size_of::<libc::cmsghdr>();
    let len = header_len + size_of::<T>();
    let mut header = MaybeUninit::<libc::cmsghdr>::zeroed();
    #[expect(unsafe_code, reason = "the kernel reads C structures from byte buffers")]
    // SAFETY: the control buffer is aligned to 8 and holds the header and the largest structure that is sent (20 bytes).
    unsafe {
        let h = header.assume_init_mut();
        h.cmsg_len = len as _;
        h.cmsg_level = level;
        h.cmsg_type = kind;
        control.0.as_mut_ptr().cast::<libc::cmsghdr>().write(*h);
        control.0.as_mut_ptr().add(header_len).cast::<T>().write_unaligned(*value);
    }
    len.next_multiple_of(align_of::<libc::cmsghdr>())
}

fn write_name(name: &mut libc::sockaddr_storage, to: SocketAddr) -> u32 {
    match to {
        SocketAddr::V4(to) => write_plain(
            name,
            &libc::sockaddr_in {
                sin_family: libc::AF_INET as u16,
                sin_port: to.port().to_be(),
                sin_addr: libc::in_addr { s_addr: to.ip().to_bits().to_be() },
                sin_zero: [0; 8],
            },
        ),
        SocketAddr::V6(to) => write_plain(
            name,
            &libc::sockaddr_in6 {
                sin6_family: libc::AF_INET6 as u16,
                sin6_port: to.port().to_be(),
                sin6_flowinfo: 0,
                sin6_addr: libc::in6_addr { s6_addr: to.ip().octets() },
                sin6_scope_id: to.scope_id(),
            },
        ),
    }
}

fn v4_name(name: &libc::sockaddr_storage) -> Option<SocketAddrV4> {
    let name: libc::sockaddr_in = *(name.ss_family == libc::AF_INET as u16).then(|| view_name(name))?;
    Some(SocketAddrV4::new(Ipv4Addr::from_bits(u32::from_be(name.sin_addr.s_addr)), u16::from_be(name.sin_port)))
}

fn v6_name(name: &libc::sockaddr_storage) -> Option<SocketAddrV6> {
    let name: libc::sockaddr_in6 = *(name.ss_family == libc::AF_INET6 as u16).then(|| view_name(name))?;
    Some(SocketAddrV6::new(name.sin6_addr.s6_addr.into(), u16::from_be(name.sin6_port), 0, name.sin6_scope_id))
}

fn link_name(name: &libc::sockaddr_storage) -> &libc::sockaddr_ll {
    view_name(name)
}

fn view_name<T: Copy>(name: &libc::sockaddr_storage) -> &T {
    const { assert!(size_of::<T>() <= size_of::<libc::sockaddr_storage>()) };
    #[expect(unsafe_code, reason = "the kernel writes C structures into generic storage")]
    // SAFETY: the storage is large enough, aligned, and T is one of libc's structures of integers.
    unsafe {
        &*std::ptr::from_ref(name).cast::<T>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bpf::Share;
    use crate::interfaces::interfaces;
    use std::net::UdpSocket;

    fn receive(rx: &mut RxBatch, sockets: &[Socket]) -> Vec<(usize, Vec<u8>, SocketAddr)> {
        let mut got = Vec::new();
        for (at, socket) in sockets.iter().enumerate() {
            for i in 0..rx.receive(socket).unwrap() {
                let datagram = rx.datagram(i, socket).unwrap();
                got.push((at, datagram.message.to_vec(), datagram.source));
            }
        }
        got
    }

    /// A DHCPv4-sized message of client `n`.
    fn message(n: u8) -> [u8; 240] {
        let mut m = [0; 240];
        m[28..34].copy_from_slice(&[2, 0, 0, 0, 0, n]);
        m
    }

    #[test]
    fn a_client_stays_on_its_worker_and_clients_spread() {
        let lo = interfaces().unwrap().into_iter().find(|i| i.loopback).unwrap();
        let address = Ipv4Addr::new(127, 0, 0, 67);
        let probe = UdpSocket::bind((address, 0)).unwrap();
        let port = probe.local_addr().unwrap().port();
        drop(probe);
        let sockets: Vec<_> = (0..2)
            .map(|worker| Socket::udp4(&lo, address, port, Share { worker, count: 2, after: 0 }).unwrap())
            .collect();
        let client = UdpSocket::bind("127.0.0.1:0").unwrap();
        for _ in 0..2 {
            for n in 0..64 {
                client.send_to(&message(n), (address, port)).unwrap();
            }
        }
        let got = receive(&mut RxBatch::new(), &sockets);
        assert_eq!(got.len(), 128);
        let mut worker_of = [None; 64];
        for (worker, message, _) in &got {
            let known = worker_of[usize::from(message[33])].get_or_insert(*worker);
            assert_eq!(known, worker);
        }
        let first = got.iter().filter(|g| g.0 == 0).count();
        assert!((32..=96).contains(&first), "{first} of 128 packets went to the first worker");
    }

    #[test]
    fn a_batch_goes_out_in_order_and_a_refused_message_does_not_hold_up_the_rest() {
        let lo = interfaces().unwrap().into_iter().find(|i| i.loopback).unwrap();
        let server = [Socket::udp4(&lo, Ipv4Addr::LOCALHOST, 0, Share::WHOLE).unwrap()];
        let client = UdpSocket::bind("127.0.0.1:0").unwrap();
        let to = client.local_addr().unwrap();
        let mut tx = TxBatch::new();
        for text in ["one", "two", "three"] {
            tx.buffer().extend(text.as_bytes());
            // Port 0 cannot be sent to.
            let to = if text == "two" { SocketAddr::new(to.ip(), 0) } else { to };
            tx.push(0, lo.index, Destination::Udp { to, source: None });
        }
        let mut refused = 0;
        assert_eq!(tx.flush(|i| &server[i], |_| refused += 1), 2);
        assert_eq!((refused, tx.len()), (1, 0));
        let mut buffer = [0; 16];
        for text in ["one", "three"] {
            let n = client.recv(&mut buffer).unwrap();
            assert_eq!(&buffer[..n], text.as_bytes());
        }
    }

    #[test]
    fn what_is_taken_out_leaves_by_itself_and_the_rest_without_it() {
        let lo = interfaces().unwrap().into_iter().find(|i| i.loopback).unwrap();
        let server = Socket::udp4(&lo, Ipv4Addr::LOCALHOST, 0, Share::WHOLE).unwrap();
        let client = UdpSocket::bind("127.0.0.1:0").unwrap();
        let to = client.local_addr().unwrap();
        let mut tx = TxBatch::new();
        let fill = |texts: &[&str], tx: &mut TxBatch| {
            for text in texts {
                tx.buffer().extend(text.as_bytes());
                tx.push(0, lo.index, Destination::Udp { to, source: None });
            }
        };
        fill(&["one", "two", "three", "four"], &mut tx);
        assert_eq!(tx.message(1), b"two");
        let (two, four) = (tx.take(1).unwrap(), tx.take(3).unwrap());
        assert!(tx.take(1).is_none() && tx.take(4).is_none());
        assert_eq!(tx.flush(|_| &server, |_| unreachable!()), 2);
        std::thread::scope(|scope| {
            scope.spawn(|| two.send(&server).unwrap());
        });
        drop(four);
        fill(&["five"], &mut tx);
        let mut more = TxBatch::new();
        fill(&["six", "seven"], &mut more);
        tx.append(&mut more);
        assert_eq!((tx.len(), more.len()), (3, 0));
        assert_eq!(tx.flush(|_| &server, |_| unreachable!()), 3);
        let mut buffer = [0; 16];
        for text in ["one", "three", "two", "five", "six", "seven"] {
            let n = client.recv(&mut buffer).unwrap();
            assert_eq!(&buffer[..n], text.as_bytes());
        }
    }

    #[test]
    fn v6_tells_the_interface_and_the_destination() {
        let lo = interfaces().unwrap().into_iter().find(|i| i.loopback).unwrap();
        let probe = UdpSocket::bind("[::1]:0").unwrap();
        let port = probe.local_addr().unwrap().port();
        drop(probe);
        let server = Socket::udp6(&lo, port, Share::WHOLE).unwrap();
        let client = UdpSocket::bind("[::1]:0").unwrap();
        client.send_to(b"hello", ("::1", port)).unwrap();
        let mut rx = RxBatch::new();
        assert_eq!(rx.receive(&server).unwrap(), 1);
        let datagram = rx.datagram(0, &server).unwrap();
        assert_eq!(
            (datagram.message, datagram.interface, datagram.destination),
            (&b"hello"[..], lo.index, IpAddr::V6(Ipv6Addr::LOCALHOST))
        );
    }
}
