//! The sockets of a worker.
//!
//! DHCPv4 in raw mode uses two for an address: a UDP socket bound to it takes what is sent to it (relays, renewing
//! clients), a packet socket takes broadcasts and reaches clients that have no address. What one sees the other does
//! not, so nothing is answered twice. In UDP mode there is the former alone. DHCPv6 has one for an interface.
//! Two servers on one machine speak over loopback.

use crate::bpf::{self, Share};
use crate::interfaces::Interface;
use libc::{c_int, sock_filter, sock_fprog};
use socket2::{Domain, Protocol, SockAddr, Type};
use std::io;
use std::mem::MaybeUninit;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4, SocketAddrV6};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// All_DHCP_Relay_Agents_and_Servers (RFC 8415 §7.1).
pub const ALL_RELAY_AGENTS_AND_SERVERS: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 1, 2);
/// All_DHCP_Servers (RFC 8415 §7.1).
pub const ALL_SERVERS: Ipv6Addr = Ipv6Addr::new(0xff05, 0, 0, 0, 0, 0, 1, 3);

/// Receive buffer in bytes until [`Socket::limit_queue`] says otherwise. It bounds how long a packet can wait: about 6,000
/// small packets, a tenth of a second of work at full speed. What does not fit is dropped by the kernel at once and
/// counted there; a longer queue would only answer clients that have already asked again.
pub const RECEIVE_BUFFER: u32 = 8 << 20;
/// Send buffer in bytes: a few batches.
const SEND_BUFFER: u32 = 4 << 20;

/// As `SO_MEMINFO` in the kernel's `asm-generic/socket.h`.
const SO_MEMINFO: c_int = 55;
/// As `PACKET_STATISTICS` in packet(7).
const PACKET_STATISTICS: c_int = 6;

/// What a socket carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// DHCPv4 over UDP, bound to this address.
    Udp4 {
        /// The address bound to.
        address: Ipv4Addr,
    },
    /// DHCPv6 over UDP on an interface.
    Udp6,
    /// IPv4 packets on an interface.
    Packet,
}

/// An open socket of one worker.
#[derive(Debug)]
pub struct Socket {
    inner: socket2::Socket,
    kind: Kind,
    interface: u32,
    /// It has a filter of the UDP layer, which the kernel counts as drops, too.
    filtered: bool,
    /// What [`dropped`](Self::dropped) was told last.
    known_drops: AtomicU32,
}

/// Packets that the kernel dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// For want of room, UDP.
    pub udp: u32,
    /// For want of room, or left to another worker by the filter: the kernel does not tell them apart.
    pub udp_or_filtered: u32,
    /// For want of room in a packet socket.
    pub packet: u32,
}

impl Socket {
    /// UDP on an address of the interface: receives what is sent to that address. The last of the workers to open its
    /// socket ([`Share::worker`] = count - 1) tells the kernel how to spread clients.
    pub fn udp4(interface: &Interface, address: Ipv4Addr, port: u16, share: Share) -> io::Result<Self> {
        Self::udp4_from(udp(Domain::IPV4)?, interface, address, port, share)
    }

    /// The same, and the kernel tells by which interface a packet came, so that the answer can leave by it; may send
    /// broadcasts.
    pub fn udp4_inbound(interface: &Interface, address: Ipv4Addr, port: u16, share: Share) -> io::Result<Self> {
        let inner = udp(Domain::IPV4)?;
        inner.set_broadcast(true)?;
        set_option(&inner, libc::IPPROTO_IP, libc::IP_PKTINFO, 1)?;
        Self::udp4_from(inner, interface, address, port, share)
    }

    fn udp4_from(
        inner: socket2::Socket,
        interface: &Interface,
        address: Ipv4Addr,
        port: u16,
        share: Share,
    ) -> io::Result<Self> {
        inner.bind(&SocketAddrV4::new(address, port).into())?;
        let socket = Self::of(inner, Kind::Udp4 { address }, interface, false);
        if share.spreads() {
            socket.spread(share.count, share.after)?;
        }
        Ok(socket)
    }

    /// Packet socket: receives broadcasts to `port`, sends to link-layer addresses.
    pub fn packet(interface: &Interface, port: u16, share: Share) -> io::Result<Self> {
        // Protocol 0 receives nothing until bind: no packet slips in before the filter stands.
        let inner = socket2::Socket::new(Domain::PACKET, Type::DGRAM.cloexec().nonblocking(), None)?;
        set_option(&inner, libc::SOL_PACKET, libc::PACKET_AUXDATA, 1)?;
        set_buffers(&inner);
        let broadcasts: Vec<_> = std::iter::once(Ipv4Addr::BROADCAST).chain(interface.directed_broadcasts()).collect();
        attach(&inner, libc::SO_ATTACH_FILTER, &bpf::broadcast_v4(port, &broadcasts, share))?;
        inner.bind(&link_address(interface.index))?;
        Ok(Self::of(inner, Kind::Packet, interface, false))
    }

    /// DHCPv6 on an interface: unicast to any of its addresses and both multicast groups.
    pub fn udp6(interface: &Interface, port: u16, share: Share) -> io::Result<Self> {
        let inner = udp(Domain::IPV6)?;
        inner.set_only_v6(true)?;
        inner.bind_device(Some(interface.name.as_bytes()))?;
        inner.set_multicast_if_v6(interface.index)?;
        inner.set_multicast_loop_v6(false)?;
        set_option(&inner, libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO, 1)?;
        if share.count > 1 {
            attach(&inner, libc::SO_ATTACH_FILTER, &bpf::only_mine_v6(share))?;
        }
        inner.bind(&SocketAddrV6::new(Ipv6Addr::UNSPECIFIED, port, 0, 0).into())?;
        inner.join_multicast_v6(&ALL_RELAY_AGENTS_AND_SERVERS, interface.index)?;
        inner.join_multicast_v6(&ALL_SERVERS, interface.index)?;
        let socket = Self::of(inner, Kind::Udp6, interface, share.count > 1);
        if share.spreads() {
            socket.spread(share.count, share.after)?;
        }
        Ok(socket)
    }

    /// Has the kernel spread clients over `count` sockets on this one's address, the first of them behind `after` others.
    pub fn spread(&self, count: u32, after: u32) -> io::Result<()> {
        let program = match self.kind {
            Kind::Udp4 { .. } => bpf::pick_v4(count, after),
            Kind::Udp6 => bpf::pick_v6(count, after),
            Kind::Packet => return Ok(()), // each has its filter
        };
        attach(&self.inner, libc::SO_ATTACH_REUSEPORT_CBPF, &program)
    }

    /// Takes nothing more, since others are there on the same address. What waits already goes on waiting.
    pub fn retire(&self) -> io::Result<()> {
        // A connected socket hears its peer only, and the kernel spreads nothing to it. Nobody has port 1.
        match self.kind {
            Kind::Udp4 { address } => self.inner.connect(&SocketAddrV4::new(address, 1).into()),
            Kind::Udp6 => {
                self.inner.connect(&SocketAddrV6::new(ALL_RELAY_AGENTS_AND_SERVERS, 1, 0, self.interface).into())
            }
            Kind::Packet => attach(&self.inner, libc::SO_ATTACH_FILTER, &bpf::nothing()),
        }
    }

    /// DHCPv6 as a client or a relay: bound to an address of the interface, in no group; what is sent to one stays on the link.
    pub fn udp6_at(interface: &Interface, address: Ipv6Addr, port: u16) -> io::Result<Self> {
        let inner = udp(Domain::IPV6)?;
        inner.set_only_v6(true)?;
        inner.set_multicast_if_v6(interface.index)?;
        inner.set_multicast_hops_v6(1)?;
        set_option(&inner, libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO, 1)?;
        let scope = if address.is_unicast_link_local() { interface.index } else { 0 };
        inner.bind(&SocketAddrV6::new(address, port, 0, scope).into())?;
        Ok(Self::of(inner, Kind::Udp6, interface, false))
    }

    fn of(inner: socket2::Socket, kind: Kind, interface: &Interface, filtered: bool) -> Self {
        Self { inner, kind, interface: interface.index, filtered, known_drops: AtomicU32::new(0) }
    }

    /// UDP on the loopback interface between this port, which must be free, and another one: to another server on this machine.
    pub fn loopback6(port: u16, peer: u16) -> io::Result<Self> {
        let inner = socket2::Socket::new(Domain::IPV6, Type::DGRAM.cloexec().nonblocking(), Some(Protocol::UDP))?;
        set_buffers(&inner);
        inner.bind(&SocketAddrV6::new(Ipv6Addr::LOCALHOST, port, 0, 0).into())?;
        inner.connect(&SocketAddrV6::new(Ipv6Addr::LOCALHOST, peer, 0, 0).into())?;
        Ok(Self::of(inner, Kind::Udp6, &Interface::default(), false))
    }

    /// What it carries.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Lets so many bytes of packets wait, as the kernel accounts them; how many it allows (net.core.rmem_max without
    /// CAP_NET_ADMIN).
    pub fn limit_queue(&self, bytes: u32) -> u32 {
        set_buffer(&self.inner, libc::SO_RCVBUFFORCE, libc::SO_RCVBUF, bytes);
        // The kernel tells the double, its own overhead included (socket(7)).
        self.inner.recv_buffer_size().map_or(0, |size| (size / 2) as u32)
    }

    /// Whether the kernel tells when datagrams came; whether it can.
    pub fn tell_times(&self, on: bool) -> bool {
        set_option(&self.inner, libc::SOL_SOCKET, libc::SO_TIMESTAMPNS, c_int::from(on)).is_ok()
    }

    /// What the kernel dropped since the last call.
    pub fn dropped(&self) -> Dropped {
        let new = |total: u32| total.wrapping_sub(self.known_drops.swap(total, Relaxed));
        let mut dropped = Dropped::default();
        match self.kind {
            // Reading sets them to 0: packets that came, packets that were dropped.
            Kind::Packet => {
                dropped.packet =
                    option::<[u32; 2]>(&self.inner, libc::SOL_PACKET, PACKET_STATISTICS).map_or(0, |it| it[1])
            }
            Kind::Udp4 { .. } | Kind::Udp6 => {
                let memory: Option<[u32; 9]> = option(&self.inner, libc::SOL_SOCKET, SO_MEMINFO);
                let total = memory.map_or(0, |it| it[libc::SK_MEMINFO_DROPS as usize]);
                *(if self.filtered { &mut dropped.udp_or_filtered } else { &mut dropped.udp }) = new(total);
            }
        }
        dropped
    }

    /// Index of its interface.
    pub fn interface(&self) -> u32 {
        self.interface
    }
}

impl AsRawFd for Socket {
    fn as_raw_fd(&self) -> RawFd {
        self.inner.as_raw_fd()
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.inner.as_fd()
    }
}

fn udp(domain: Domain) -> io::Result<socket2::Socket> {
    let socket = socket2::Socket::new(domain, Type::DGRAM.cloexec().nonblocking(), Some(Protocol::UDP))?;
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(true)?;
    set_buffers(&socket);
    Ok(socket)
}

fn set_buffers(socket: &socket2::Socket) {
    set_buffer(socket, libc::SO_RCVBUFFORCE, libc::SO_RCVBUF, RECEIVE_BUFFER);
    set_buffer(socket, libc::SO_SNDBUFFORCE, libc::SO_SNDBUF, SEND_BUFFER);
}

/// Beyond the system's limit where the process may (CAP_NET_ADMIN), up to it otherwise.
fn set_buffer(socket: &socket2::Socket, forced: c_int, plain: c_int, bytes: u32) {
    let size = c_int::try_from(bytes).unwrap_or(c_int::MAX);
    if set_option(socket, libc::SOL_SOCKET, forced, size).is_err() {
        let _ = set_option(socket, libc::SOL_SOCKET, plain, size); // a smaller buffer still serves
    }
}

/// An option that is an array of the kernel's integers; none where the kernel is too old to know it all.
fn option<T: Copy>(socket: &socket2::Socket, level: c_int, option: c_int) -> Option<T> {
    let mut value = MaybeUninit::<T>::zeroed();
    let mut len = size_of::<T>() as u32;
    #[expect(unsafe_code, reason = "options that socket2 does not know")]
    // SAFETY: the pointer and length describe `value`; T is an array of integers, for which all bit patterns are valid.
    let (done, value) = unsafe {
        let done = libc::getsockopt(socket.as_raw_fd(), level, option, value.as_mut_ptr().cast(), &mut len);
        (done, value.assume_init())
    };
    (done == 0 && len as usize >= size_of::<T>()).then_some(value)
}

fn link_address(interface: u32) -> SockAddr {
    let link = libc::sockaddr_ll {
        sll_family: libc::AF_PACKET as u16,
        sll_protocol: (libc::ETH_P_IP as u16).to_be(),
        sll_ifindex: interface as i32,
        sll_hatype: 0,
        sll_pkttype: 0,
        sll_halen: 0,
        sll_addr: [0; 8],
    };
    #[expect(unsafe_code, reason = "socket2 has no constructor for packet addresses")]
    // SAFETY: the storage is zeroed, large enough for a sockaddr_ll, and its length is given.
    unsafe {
        let mut storage = socket2::SockAddrStorage::zeroed();
        *storage.view_as::<libc::sockaddr_ll>() = link;
        SockAddr::new(storage, size_of::<libc::sockaddr_ll>() as u32)
    }
}

fn attach(socket: &socket2::Socket, option: c_int, program: &[sock_filter]) -> io::Result<()> {
    let program = sock_fprog { len: program.len() as u16, filter: program.as_ptr().cast_mut() };
    set_option(socket, libc::SOL_SOCKET, option, program)
}

fn set_option<T>(socket: &socket2::Socket, level: c_int, option: c_int, value: T) -> io::Result<()> {
    #[expect(unsafe_code, reason = "options that socket2 does not know")]
    // SAFETY: the pointer and length describe `value`, which lives until the call returns.
    let done = unsafe {
        libc::setsockopt(socket.as_raw_fd(), level, option, std::ptr::from_ref(&value).cast(), size_of::<T>() as u32)
    };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
