//! Which sockets `interfaces-config` asks for on this machine as it is now, and opening them.
//!
//! A set is compared with the one that is in use: what is wanted and already open stays open, so that no packet in its
//! queue is lost by a reconfiguration or by a change elsewhere on the machine.

use dhcpd_config::v4::snapshot::Interfaces4;
use net::{Interface, Share, Socket};
use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

/// What an open socket serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// How it is opened.
    pub kind: Opening,
    /// On which interface, as it was when the socket was planned.
    pub interface: Interface,
    /// Port of the server.
    pub port: u16,
}

/// How a socket is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// DHCPv4 unicast to this address.
    Udp4(Ipv4Addr),
    /// The same, and answers leave by the interface that the question came in by.
    Udp4Inbound(Ipv4Addr),
    /// DHCPv4 broadcasts, and replies to clients without an address.
    Packet,
    /// DHCPv6.
    Udp6,
    /// To the server of the other family, for DHCPv4-over-DHCPv6; this is its port.
    Dhcp4o6(u16),
}

impl Opening {
    /// Whether clients and relays send to it.
    pub fn is_for_clients(self) -> bool {
        !matches!(self, Self::Dhcp4o6(_))
    }
}

/// An open socket of one worker.
#[derive(Debug)]
pub struct Bound {
    /// The socket.
    pub socket: Socket,
    /// What it serves.
    pub wanted: Wanted,
}

/// The sockets of all workers: `sockets[worker][i]` serves the same for every worker.
#[derive(Clone, Debug, Default)]
pub struct SocketSet {
    /// By worker.
    pub sockets: Vec<Vec<Arc<Bound>>>,
}

/// A socket that could not be opened.
#[derive(Debug)]
pub struct Failure {
    /// What was wanted.
    pub wanted: Wanted,
    /// Why it is not there.
    pub error: io::Error,
}

/// An entry of `interfaces` that means nothing on this machine.
#[derive(Debug, PartialEq, Eq)]
pub struct BadEntry {
    /// Which one, from 0.
    pub index: usize,
    /// Why.
    pub reason: String,
}

/// The interfaces that `entries` name, each with the addresses that they name (all of them where they name none).
///
/// Entries are `*`, `NAME` or `NAME/ADDRESS`, as in Kea. `*` leaves the loopback interface out.
pub fn select(entries: &[Box<str>], machine: &[Interface]) -> Result<Vec<Interface>, Vec<BadEntry>> {
    let mut bad = Vec::new();
    let mut chosen: Vec<Interface> = Vec::new();
    let mut named = BTreeSet::new();
    for (index, entry) in entries.iter().enumerate() {
        let refuse = |reason: String| BadEntry { index, reason: format!("Failed to select interface: {reason}") };
        let (name, address) = entry.split_once('/').map_or((&**entry, None), |(n, a)| (n, Some(a)));
        if name == "*" {
            chosen.extend(machine.iter().filter(|i| !i.loopback && !named.contains(&i.index)).cloned());
            continue;
        }
        let Some(interface) = machine.iter().find(|i| i.name == name) else {
            bad.push(refuse(format!("interface '{name}' doesn't exist in the system")));
            continue;
        };
        let mut interface = interface.clone();
        if let Some(text) = address {
            match text.parse() {
                Ok(IpAddr::V4(a)) if interface.v4.iter().any(|&(has, _)| has == a) => {
                    interface.v4.retain(|&(has, _)| has == a)
                }
                Ok(IpAddr::V6(a)) if interface.v6.contains(&a) => interface.v6.retain(|&has| has == a),
                Ok(a) => bad.push(refuse(format!("interface '{name}' doesn't have address '{a}' assigned"))),
                Err(_) => bad.push(refuse(format!("'{text}' is not an IP address"))),
            }
        }
        match chosen.iter_mut().find(|i| i.index == interface.index) {
            // Several addresses of one interface, each named in an entry of its own.
            Some(known) if named.contains(&interface.index) => {
                known.v4.extend(interface.v4.iter().filter(|a| !known.v4.contains(a)).copied().collect::<Vec<_>>());
                known.v6.extend(interface.v6.iter().filter(|a| !known.v6.contains(a)).copied().collect::<Vec<_>>());
            }
            Some(known) => *known = interface.clone(),
            None => chosen.push(interface.clone()),
        }
        named.insert(interface.index);
    }
    if bad.is_empty() { Ok(chosen) } else { Err(bad) }
}

/// The sockets for DHCPv4. `outbound-interface` counts where `dhcp-socket-type` is UDP, as in Kea.
pub fn plan_v4(interfaces: &[Interface], config: &Interfaces4, port: u16) -> Vec<Wanted> {
    let by_routes = config.raw || config.use_routing;
    let udp = |&(address, _): &_| if by_routes { Opening::Udp4(address) } else { Opening::Udp4Inbound(address) };
    let usable = interfaces.iter().filter(|i| i.running && !i.v4.is_empty());
    usable
        .flat_map(|interface| {
            let wanted = move |kind| Wanted { kind, interface: interface.clone(), port };
            interface.v4.iter().map(udp).chain(config.raw.then_some(Opening::Packet)).map(wanted)
        })
        .collect()
}

/// The socket by which the servers speak for DHCPv4-over-DHCPv6: the first worker reads it, all of them send.
pub fn plan_dhcp4o6(port: u16, peer: u16) -> Wanted {
    Wanted { kind: Opening::Dhcp4o6(peer), interface: Interface::default(), port }
}

/// The sockets for DHCPv6.
pub fn plan_v6(interfaces: &[Interface], port: u16) -> Vec<Wanted> {
    let usable = interfaces.iter().filter(|i| i.running && !i.v6.is_empty());
    usable.map(|interface| Wanted { kind: Opening::Udp6, interface: interface.clone(), port }).collect()
}

impl SocketSet {
    /// A set that has what is wanted: taken over from `self` where it is open, opened where it is not. What cannot be
    /// opened is left out and reported.
    pub fn changed_to(&self, wanted: Vec<Wanted>, workers: u32) -> (Self, Vec<Failure>) {
        gather(wanted, workers, |wanted| self.open_or_keep(wanted, workers))
    }

    /// A set for another number of workers, opened beside this one, which gets nothing new from now on.
    pub fn followed_by(&self, wanted: Vec<Wanted>, workers: u32) -> (Self, Vec<Failure>) {
        let next = gather(wanted, workers, |wanted| match wanted.kind.is_for_clients() {
            true => open(wanted, workers, self.all().filter(|bound| bound.shares_with(wanted)).count() as u32),
            false => self.open_or_keep(wanted, workers),
        });
        for bound in self.all().filter(|bound| bound.wanted.kind.is_for_clients()) {
            let _ = bound.socket.retire(); // its copies are answered, too, until it is closed
        }
        next
    }

    /// Has the kernel spread clients over this set alone, now that the one before it is closed.
    pub fn stand_alone(&self) {
        for bound in self.sockets.last().into_iter().flatten().filter(|bound| bound.wanted.kind.is_for_clients()) {
            let _ = bound.socket.spread(self.sockets.len() as u32, 0); // the kernel spreads by a hash of its own otherwise
        }
    }

    fn all(&self) -> impl Iterator<Item = &Bound> {
        self.sockets.iter().flatten().map(|bound| &**bound)
    }

    /// Whether another set has the very same sockets.
    pub fn is_same(&self, other: &Self) -> bool {
        let pairs = || self.sockets.iter().flatten().zip(other.sockets.iter().flatten());
        self.sockets.iter().flatten().count() == other.sockets.iter().flatten().count()
            && pairs().all(|(a, b)| Arc::ptr_eq(a, b))
    }

    fn open_or_keep(&self, wanted: &Wanted, workers: u32) -> io::Result<Vec<Arc<Bound>>> {
        let kept: Vec<_> =
            self.sockets.iter().filter_map(|list| list.iter().find(|b| b.serves(wanted))).cloned().collect();
        if kept.len() == workers as usize {
            return Ok(kept);
        }
        open(wanted, workers, 0)
    }
}

/// The sockets of all workers for all that is wanted.
fn gather(
    wanted: Vec<Wanted>,
    workers: u32,
    open: impl Fn(&Wanted) -> io::Result<Vec<Arc<Bound>>>,
) -> (SocketSet, Vec<Failure>) {
    let mut sockets: Vec<Vec<Arc<Bound>>> = (0..workers).map(|_| Vec::new()).collect();
    let mut failures = Vec::new();
    for wanted in wanted {
        match open(&wanted) {
            Ok(bound) => sockets.iter_mut().zip(bound).for_each(|(list, b)| list.push(b)),
            Err(error) => failures.push(Failure { wanted, error }),
        }
    }
    (SocketSet { sockets }, failures)
}

/// Opens a socket for each worker, behind `after` others on the same address.
fn open(wanted: &Wanted, workers: u32, after: u32) -> io::Result<Vec<Arc<Bound>>> {
    let open = |worker| {
        let share = Share { worker, count: workers, after };
        let Wanted { interface, port, .. } = wanted;
        let socket = match wanted.kind {
            Opening::Udp4(address) => Socket::udp4(interface, address, *port, share),
            Opening::Packet => Socket::packet(interface, *port, share),
            Opening::Udp4Inbound(address) => Socket::udp4_inbound(interface, address, *port, share),
            Opening::Udp6 => Socket::udp6(interface, *port, share),
            Opening::Dhcp4o6(peer) => Socket::loopback6(*port, peer),
        }?;
        Ok(Arc::new(Bound { socket, wanted: wanted.clone() }))
    };
    match wanted.kind.is_for_clients() {
        true => (0..workers).map(open).collect(),
        false => open(0).map(|one| vec![one; workers as usize]),
    }
}

impl Bound {
    /// Whether what comes for this socket may come for one that is wanted.
    fn shares_with(&self, wanted: &Wanted) -> bool {
        let place = |w: &Wanted| (w.kind, w.port, w.interface.index);
        place(&self.wanted) == place(wanted)
    }

    /// Whether this socket does what is wanted. A packet socket's filter names the broadcast addresses, and replies
    /// name the interface's addresses, so a change of those is a change of the socket.
    fn serves(&self, wanted: &Wanted) -> bool {
        match wanted.kind {
            Opening::Udp6 => {
                let (is, should) = (&self.wanted, wanted);
                (is.kind, is.port, is.interface.index, &is.interface.name)
                    == (should.kind, should.port, should.interface.index, &should.interface.name)
            }
            _ => self.wanted == *wanted,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine() -> Vec<Interface> {
        let interface = |index: u32, name: &str, last: u8| Interface {
            index,
            name: name.into(),
            hw_addr: vec![2, 0, 0, 0, 0, last],
            hw_type: 1,
            running: true,
            loopback: name == "lo",
            flags: Default::default(),
            v4: vec![(Ipv4Addr::new(192, 0, 2, last), 24), (Ipv4Addr::new(10, 0, 0, last), 8)],
            v6: vec!["fe80::1".parse().unwrap()],
        };
        vec![interface(1, "lo", 1), interface(2, "eth0", 2), interface(3, "eth1", 3)]
    }

    fn names(entries: &[&str]) -> Vec<(String, usize)> {
        let entries: Vec<Box<str>> = entries.iter().map(|&e| e.into()).collect();
        select(&entries, &machine()).unwrap().into_iter().map(|i| (i.name, i.v4.len())).collect()
    }

    #[test]
    fn entries_choose_interfaces_and_addresses() {
        assert_eq!(names(&["*"]), [("eth0".into(), 2), ("eth1".into(), 2)]);
        assert_eq!(names(&["lo"]), [("lo".into(), 2)]);
        assert_eq!(names(&["eth1/10.0.0.3", "*"]), [("eth1".into(), 1), ("eth0".into(), 2)]);
        assert_eq!(names(&["eth1/10.0.0.3", "eth1/192.0.2.3"]), [("eth1".into(), 2)]);
    }

    #[test]
    fn what_the_machine_has_not_is_named() {
        let bad = select(&["eth7".into(), "eth0/10.9.9.9".into(), "eth0/x".into()], &machine()).unwrap_err();
        assert_eq!(bad.iter().map(|b| b.index).collect::<Vec<_>>(), [0, 1, 2]);
        assert!(bad[0].reason.contains("eth7") && bad[1].reason.contains("10.9.9.9"));
    }

    #[test]
    fn open_sockets_that_are_still_wanted_stay() {
        let lo = net::interfaces().unwrap().into_iter().find(|i| i.loopback).unwrap();
        let at = |last| Wanted { kind: Opening::Udp4(Ipv4Addr::new(127, 0, 3, last)), interface: lo.clone(), port: 0 };
        let (first, failures) = SocketSet::default().changed_to(vec![at(1), at(2)], 1);
        assert!(failures.is_empty());
        let (second, _) = first.changed_to(vec![at(2), at(3)], 1);
        assert!(Arc::ptr_eq(&first.sockets[0][1], &second.sockets[0][0]));
        assert!(first.is_same(&first.clone()) && !first.is_same(&second));
    }
}
