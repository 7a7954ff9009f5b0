//! Waiting: for packets, for a nudge from another thread, for the kernel's word that links or addresses changed.

use crate::socket::Socket;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll, ppoll};
use socket2::{Domain, SockAddr, Type};
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// Wakes a thread that is in [`wait`].
#[derive(Debug)]
pub struct Waker {
    here: UnixStream,
    there: UnixStream,
}

impl Waker {
    /// A waker for one thread.
    pub fn new() -> io::Result<Self> {
        let (here, there) = UnixStream::pair()?;
        here.set_nonblocking(true)?;
        there.set_nonblocking(true)?;
        Ok(Self { here, there })
    }

    /// Ends the present wait, or the next one at once.
    pub fn wake(&self) {
        // A full buffer means that a nudge is already waiting.
        let _ = (&self.there).write(&[1]);
    }

    fn drain(&self) {
        let mut nudges = [0; 64];
        while (&self.here).read(&mut nudges).is_ok_and(|n| n == nudges.len()) {}
    }
}

/// Waits until a socket has packets or the waker is used; appends the indexes of the sockets that are ready.
pub fn wait<'a>(sockets: impl Iterator<Item = &'a Socket>, waker: &Waker, ready: &mut Vec<usize>) -> io::Result<()> {
    let mut fds: Vec<PollFd<'_>> = Vec::with_capacity(8);
    fds.push(PollFd::new(waker.here.as_fd(), PollFlags::POLLIN));
    fds.extend(sockets.map(|s| PollFd::new(s.as_fd(), PollFlags::POLLIN)));
    match poll(&mut fds, PollTimeout::NONE) {
        Ok(_) | Err(nix::errno::Errno::EINTR) => {}
        Err(e) => return Err(e.into()),
    }
    if fds[0].any() == Some(true) {
        waker.drain();
    }
    ready.extend(fds[1..].iter().enumerate().filter(|(_, fd)| fd.any() == Some(true)).map(|(i, _)| i));
    Ok(())
}

/// Waits until the socket has packets, at most so long; with the precision of the kernel's timers.
pub fn wait_at_most(socket: &Socket, time: Duration) -> io::Result<()> {
    match ppoll(&mut [PollFd::new(socket.as_fd(), PollFlags::POLLIN)], Some(time.into()), None) {
        Ok(_) | Err(nix::errno::Errno::EINTR) => Ok(()),
        Err(e) => Err(e.into()),
    }
}

/// Tells when a link or an address of this machine changes (rtnetlink(7)).
#[derive(Debug)]
pub struct LinkWatch(socket2::Socket);

impl LinkWatch {
    /// Subscribes to changes of links, IPv4 and IPv6 addresses.
    pub fn new() -> io::Result<Self> {
        let socket = socket2::Socket::new(
            Domain::from(libc::AF_NETLINK),
            Type::RAW.cloexec(),
            Some(libc::NETLINK_ROUTE.into()),
        )?;
        let groups = libc::RTMGRP_LINK | libc::RTMGRP_IPV4_IFADDR | libc::RTMGRP_IPV6_IFADDR;
        #[expect(unsafe_code, reason = "socket2 has no constructor for netlink addresses")]
        // SAFETY: the storage is zeroed, large enough for a sockaddr_nl, and its length is given.
        let address = unsafe {
            let mut storage = socket2::SockAddrStorage::zeroed();
            let netlink = storage.view_as::<libc::sockaddr_nl>();
            netlink.nl_family = libc::AF_NETLINK as u16;
            netlink.nl_groups = groups as u32;
            SockAddr::new(storage, size_of::<libc::sockaddr_nl>() as u32)
        };
        socket.bind(&address)?;
        Ok(Self(socket))
    }

    /// Blocks until something has changed; what it was is read anew from the kernel, so notices are not looked into.
    pub fn wait(&self) -> io::Result<()> {
        let mut notice = [0; 8192];
        match (&self.0).read(&mut notice) {
            Ok(_) => Ok(()),
            // Notices were lost: there was a change, which is all that is asked.
            Err(e) if matches!(e.raw_os_error(), Some(libc::ENOBUFS | libc::EINTR)) => Ok(()),
            Err(e) => Err(e),
        }
    }
}
