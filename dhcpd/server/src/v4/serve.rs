//! A worker's half of kea-dhcp4: packets of a batch to the engine, answers to the sockets that they leave by.

use super::{Settings, V4};
use crate::family::Run;
use crate::hosts::Databases;
use crate::housekeeping::in_steps;
use crate::messages::*;
use crate::sockets::{Bound, Opening, Wanted};
use crate::wanted;
use crate::worker::{Leaving, Protocol, Replies};
use crate::writer::{Settled, Tell};
use engine::hooks::Times;
use engine::v4::{Link, Received, Reply, Server};
use leases::memfile::{Mark, Store4, Table4, Wanted4};
use leases::{Leases4, StoreError};
use libs::Service;
use ncr::NameChangeRequest;
use net::frame::Endpoints;
use net::{Destination, Interface, RxBatch};
use std::io;
use std::mem;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4};
use std::ops::Range;
use std::sync::Arc;

/// The engine in a worker, with the leases it works on.
pub struct Serve4 {
    engine: Server,
    store: Arc<Store4>,
    hosts: Arc<Databases<V4>>,
    /// What the last batch changed, or promised on the strength of others' changes.
    unsynced: Option<Mark>,
    port: u16,
    /// By socket: by which sockets replies to its packets leave.
    exits: Vec<Exits>,
    /// Interfaces that are served, with an address of each.
    own: Vec<(Box<str>, Ipv4Addr)>,
    received: Arc<stats::Counter>,
    malformed: [Arc<stats::Counter>; 2],
    queue_full: [Arc<stats::Counter>; 2],
    service: Arc<Service>,
    disabled: [Arc<stats::Counter>; 3],
}

/// Numbers of the sockets of one interface.
#[derive(Clone, Copy, Default)]
struct Exits {
    /// Through the kernel's routes.
    udp: Option<usize>,
    /// To link-layer addresses.
    packet: Option<usize>,
    /// By the interface that the question came in by, instead of the routes.
    inbound: bool,
}

impl Exits {
    /// Those for packets of the socket `at`: itself if it can, another one of the same interface otherwise.
    fn of(sockets: &[Arc<Bound>], at: usize) -> Self {
        let same = |n: &usize| sockets[*n].wanted.interface.index == sockets[at].wanted.interface.index;
        let packet = |n: &usize| sockets[*n].wanted.kind == Opening::Packet;
        let mut all = std::iter::once(at).chain(0..sockets.len()).filter(same);
        let inbound = matches!(sockets[at].wanted.kind, Opening::Udp4Inbound(_));
        Self { udp: all.clone().find(|n| !packet(n)), packet: all.find(packet), inbound }
    }
}

impl Protocol for Serve4 {
    type Config = Run<V4>;
    type Table = Table4;
    const FAMILY: u8 = 4;

    fn configure(&mut self, run: Run<V4>, sockets: &[Arc<Bound>]) -> Run<V4> {
        let store = mem::replace(&mut self.store, run.store);
        let hosts = mem::replace(&mut self.hosts, run.hosts);
        let snapshot = self.engine.configure(run.snapshot);
        crate::tell_times(sockets, snapshot.keeps_times, self.engine.keeps_times());
        self.exits = (0..sockets.len()).map(|at| Exits::of(sockets, at)).collect();
        let interfaces = || sockets.iter().map(|b| &b.wanted.interface);
        let first = |i: &Interface| i.v4.first().map(|&(address, _)| (i.name.as_str().into(), address));
        self.own = interfaces().filter_map(first).collect();
        self.own.dedup();
        self.engine.addresses = interfaces().flat_map(|i| i.v4.iter().map(|&(a, _)| a)).collect();
        self.engine.addresses.sort_unstable();
        self.engine.addresses.dedup();
        Run { snapshot, store, hosts, service: run.service }
    }

    fn serve(&mut self, sockets: &[Arc<Bound>], at: usize, rx: &RxBatch, packets: Range<usize>, replies: &mut Replies) {
        if self.service.is_disabled() {
            self.disabled.iter().for_each(|counter| counter.add(packets.len() as i64));
            let datagrams = packets.filter_map(|i| rx.datagram(i, &sockets[at].socket).ok());
            return datagrams.for_each(|datagram| engine::v4::tell_disabled(datagram.message));
        }
        let Bound { socket, wanted: Wanted { interface, kind, .. } } = &*sockets[at];
        let first_address = interface.v4.first().map_or(Ipv4Addr::UNSPECIFIED, |&(a, _)| a);
        let now = crate::unix_seconds();
        self.engine.forget_settled(); // of a batch that failed
        let read = self.engine.keeps_times().then(crate::unix_micros);
        let hosts = Arc::clone(&self.hosts);
        let stored = hosts.stored.as_ref().map(|stored| stored.read());
        let mut leases = self.store.session();
        // Should it fail, whatever the engine asks for will, and the packets are dropped for that reason.
        let _ = leases.refresh(|| {
            let mut wanted = Wanted4::default();
            let datagrams = packets.clone().filter_map(|i| rx.datagram(i, socket).ok());
            datagrams.for_each(|datagram| wanted::add4(&mut wanted, datagram.message));
            wanted
        });
        let before = leases.mark();
        for i in packets {
            if read.is_some() {
                self.engine.times = Times { received: rx.time(i), read, queued: self.engine.is_threaded() };
            }
            let datagram = match rx.datagram(i, socket) {
                Ok(datagram) => datagram,
                Err(reason) => {
                    self.received.add(1);
                    self.malformed.iter().for_each(|counter| counter.add(1));
                    log::event!(DHCP4_BUFFER_RECEIVE_FAIL, reason = format_args!("{reason:?}"));
                    continue;
                }
            };
            if let Opening::Dhcp4o6(peer) = *kind {
                let address_on = |name: &str| address_on(&self.own, name);
                let handled = self.engine.handle_passed(
                    datagram.message,
                    address_on,
                    stored.as_deref(),
                    &mut leases,
                    now,
                    replies.buffer(),
                );
                if let Some(Some(reply)) = crate::ready(handled) {
                    let to = (Ipv6Addr::LOCALHOST, peer).into();
                    let number = replies.push(reply.promises, at, 0, Destination::Udp { to, source: None });
                    self.engine.reply_is(number);
                }
                continue;
            }
            let (SocketAddr::V4(source), IpAddr::V4(destination)) = (datagram.source, datagram.destination) else {
                continue;
            };
            let ours = interface.v4.iter().any(|&(a, _)| a == destination);
            let interface_address = if ours { destination } else { first_address };
            let received = Received {
                message: datagram.message,
                source,
                destination,
                interface: &interface.name,
                interface_address,
                over_dhcpv6: None,
                stored: stored.as_deref(),
            };
            let reply = crate::ready(self.engine.handle(&received, &mut leases, now, replies.buffer()));
            let Some(Some(reply)) = reply else { continue };
            let promises = reply.promises;
            if let Some((exit, destination)) = self.way_out(at, reply) {
                let number = replies.push(promises, exit, datagram.interface, destination);
                self.engine.reply_is(number);
            }
        }
        let changed = leases.mark() != before;
        self.unsynced = (changed || !replies.promises.is_empty()).then(|| leases.mark());
    }

    fn settled(&mut self) -> Option<Settled<Table4>> {
        let tell = self.engine.commits().map(|tell| Box::new(tell) as Tell);
        let mark = match (self.unsynced.take(), &tell) {
            (None, None) => return None,
            (mark, _) => mark.unwrap_or_default(),
        };
        let name_changes = mem::take(self.engine.name_changes());
        Some(Settled { store: self.store.clone(), mark, tell, name_changes })
    }

    fn reclaim(&mut self, limit: usize, forget: Option<bool>) -> Result<(usize, bool), StoreError> {
        let done = in_steps(limit, |limit| {
            let mut leases = self.store.session();
            let done = crate::ready(self.engine.reclaim(&mut leases, crate::unix_seconds(), limit, forget));
            self.unsynced = Some(leases.mark());
            leases.give_way();
            done.unwrap_or(Ok(Default::default())).map(|done| (done.leases, done.more))
        })?;
        self.sync()?;
        self.engine.tell_over();
        Ok(done)
    }

    fn forget_reclaimed(&mut self, hold: u32, limit: usize) -> Result<usize, StoreError> {
        let before = crate::unix_seconds().saturating_sub(hold.into());
        let done = in_steps(limit, |limit| {
            let mut leases = self.store.session();
            let done = crate::ready(leases.remove_reclaimed(before, limit));
            self.unsynced = Some(leases.mark());
            leases.give_way();
            done.unwrap_or(Ok(0)).map(|done| (done, done == limit))
        })?;
        self.sync().map(|()| done.0)
    }

    fn tell_offers(&mut self, replies: &mut Leaving<'_>) {
        self.engine.tell_offers(replies);
    }

    fn name_changes(&mut self) -> &mut Vec<NameChangeRequest> {
        self.engine.name_changes()
    }

    fn send_failed(error: &io::Error) {
        log::event!(DHCP4_PACKET_SEND_FAIL, reason = error);
    }

    fn shed(&mut self, count: usize) {
        self.queue_full.iter().for_each(|counter| counter.add(count as i64));
        log::event!(DHCP4_PACKET_QUEUE_FULL, count);
    }

    fn held_back(count: usize) {
        log::event!(DHCP4_REPLIES_HELD_BACK, count);
    }
}

impl Serve4 {
    /// One for a worker.
    pub fn new(run: Run<V4>, settings: Settings, stats: &stats::Registry) -> Self {
        let mut engine = Server::new(run.snapshot);
        engine.client_port = settings.client_port;
        engine.reply_to_source = settings.reply_to_source;
        let received = stats.counter("pkt4-received");
        let malformed = [stats.counter("pkt4-parse-failed"), stats.counter("pkt4-receive-drop")];
        let queue_full = ["pkt4-queue-full", "pkt4-receive-drop"].map(|name| stats.counter(name));
        let disabled = ["pkt4-received", "pkt4-service-disabled", "pkt4-receive-drop"].map(|name| stats.counter(name));
        Self {
            engine,
            store: run.store,
            hosts: run.hosts,
            unsynced: None,
            port: settings.server_port,
            exits: Vec::new(),
            own: Vec::new(),
            received,
            malformed,
            queue_full,
            service: run.service,
            disabled,
        }
    }

    fn sync(&mut self) -> Result<(), StoreError> {
        self.unsynced.take().map_or(Ok(()), |mark| self.store.sync_to(mark))
    }

    /// The socket that a reply leaves by, and how. Where there is no packet socket, the kernel's broadcast reaches those
    /// who have no address.
    fn way_out(&self, at: usize, reply: Reply) -> Option<(usize, Destination)> {
        let Exits { udp, packet, inbound } = *self.exits.get(at)?;
        let ends = Endpoints {
            source: reply.from,
            source_port: self.port,
            destination: *reply.to.ip(),
            destination_port: reply.to.port(),
        };
        let frame = |address: &[u8]| {
            let mut hw_addr = [0; 8];
            let hw_len = address.len().min(hw_addr.len());
            hw_addr[..hw_len].copy_from_slice(&address[..hw_len]);
            Destination::Link { hw_addr, hw_len: hw_len as u8, ends }
        };
        let routed = |to: SocketAddrV4| match inbound {
            true => Destination::ByInterface { to, from: reply.from },
            false => Destination::Udp { to: to.into(), source: None },
        };
        match (reply.link, packet, udp) {
            (Link::Routed, _, Some(udp)) => Some((udp, routed(reply.to))),
            (Link::Broadcast, Some(packet), _) => Some((packet, frame(&[0xff; 6]))),
            (Link::Hardware(address), Some(packet), _) => Some((packet, frame(&address))),
            (Link::Broadcast | Link::Hardware(_), None, Some(udp)) => {
                Some((udp, routed(SocketAddrV4::new(Ipv4Addr::BROADCAST, reply.to.port()))))
            }
            (Link::Routed, _, None) | (_, None, None) | (Link::Passed, ..) => None,
        }
    }
}

/// The address by which clients on an interface know the server: one of that interface, or of any, where it has none.
fn address_on(own: &[(Box<str>, Ipv4Addr)], interface: &str) -> Ipv4Addr {
    let there = own.iter().find(|(name, _)| &**name == interface);
    there.or(own.first()).map_or(Ipv4Addr::UNSPECIFIED, |(_, address)| *address)
}
