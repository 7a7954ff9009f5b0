//! Packets that the kernel dropped because a socket had no room for them.
//!
//! The kernel counts by socket. Where a filter of the UDP layer shares multicasts out among workers, it counts what the
//! filter left to another worker as a drop as well; how many datagrams of all programs found no room (RcvbufErrors)
//! says how many of those it can have been at most.

use crate::socket::{Dropped, Socket};

/// Counts drops from one look to the next.
#[derive(Debug)]
pub struct DropWatch {
    v6: bool,
    /// RcvbufErrors at the last look.
    errors: u64,
}

impl DropWatch {
    /// Counts from now on, for sockets of one family.
    pub fn new(v6: bool) -> Self {
        Self { v6, errors: receive_errors(v6) }
    }

    /// Drops since the last look.
    pub fn look<'s>(&mut self, sockets: impl Iterator<Item = &'s Socket>) -> u64 {
        let all = sockets.map(Socket::dropped).fold(Dropped::default(), |all, it| Dropped {
            udp: all.udp.wrapping_add(it.udp),
            udp_or_filtered: all.udp_or_filtered.wrapping_add(it.udp_or_filtered),
            packet: all.packet.wrapping_add(it.packet),
        });
        let errors = receive_errors(self.v6);
        let new = errors.saturating_sub(std::mem::replace(&mut self.errors, errors));
        let certain = u64::from(all.udp);
        certain + u64::from(all.packet) + u64::from(all.udp_or_filtered).min(new.saturating_sub(certain))
    }
}

/// UDP datagrams of this network namespace that found no room in their socket; 0 if the kernel does not say.
fn receive_errors(v6: bool) -> u64 {
    let text = |path| std::fs::read_to_string(path).unwrap_or_default();
    let found = if v6 { named_below(&text("/proc/net/snmp6")) } else { named_above(&text("/proc/net/snmp")) };
    found.unwrap_or(0)
}

/// `snmp`: a line of names, below it a line of values.
fn named_above(text: &str) -> Option<u64> {
    let mut udp = text.lines().filter_map(|line| line.strip_prefix("Udp: "));
    let (names, values) = (udp.next()?, udp.next()?);
    let (_, value) = names.split(' ').zip(values.split(' ')).find(|(name, _)| *name == "RcvbufErrors")?;
    value.parse().ok()
}

/// `snmp6`: a name and a value in each line.
fn named_below(text: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix("Udp6RcvbufErrors"))?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bpf::Share;
    use crate::interfaces::interfaces;
    use std::net::{Ipv4Addr, UdpSocket};

    #[test]
    fn the_kernels_tables_are_read() {
        assert_eq!(named_above("Ip: A\nIp: 1\nUdp: InErrors RcvbufErrors\nUdp: 7 5\nUdpLite: RcvbufErrors\n"), Some(5));
        assert_eq!(named_below("Udp6InErrors    \t7\nUdp6RcvbufErrors   \t5\n"), Some(5));
        assert_eq!((named_above(""), named_below("")), (None, None));
    }

    #[test]
    fn what_the_kernel_has_no_room_for_is_told_once() {
        let lo = interfaces().unwrap().into_iter().find(|i| i.loopback).unwrap();
        let probe = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = probe.local_addr().unwrap().port();
        drop(probe);
        let sockets = [Socket::udp4(&lo, Ipv4Addr::LOCALHOST, port, Share::WHOLE).unwrap()];
        sockets[0].limit_queue(4096);
        let mut watch = DropWatch::new(false);
        let client = UdpSocket::bind("127.0.0.1:0").unwrap();
        (0..100).for_each(|_| _ = client.send_to(&[0; 300], (Ipv4Addr::LOCALHOST, port)).unwrap());
        let dropped = watch.look(sockets.iter());
        assert!((50..100).contains(&dropped), "{dropped}");
        assert_eq!(watch.look(sockets.iter()), 0);
    }
}
