//! A worker's half of kea-dhcp6: packets of a batch to the engine, answers to the sockets that they leave by.

use super::{Settings, V6};
use crate::family::Run;
use crate::hosts::Databases;
use crate::housekeeping::in_steps;
use crate::messages::*;
use crate::sockets::{Bound, Opening, Wanted};
use crate::wanted;
use crate::worker::{Protocol, Replies};
use crate::writer::{Settled, Tell};
use engine::hooks::Times;
use engine::v6::{Received, Server, Target};
use leases::memfile::{Mark, Store6, Table6, Wanted6};
use leases::{Leases6, StoreError};
use libs::Service;
use ncr::NameChangeRequest;
use net::{Datagram, Destination, RxBatch, Socket};
use std::io;
use std::mem;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::ops::Range;
use std::sync::Arc;

/// The engine in a worker, with the leases it works on.
pub struct Serve6 {
    engine: Server,
    store: Arc<Store6>,
    hosts: Arc<Databases<V6>>,
    /// What the last batch changed, or promised on the strength of others' changes.
    unsynced: Option<Mark>,
    received: Arc<stats::Counter>,
    malformed: [Arc<stats::Counter>; 2],
    queue_full: [Arc<stats::Counter>; 2],
    service: Arc<Service>,
    disabled: [Arc<stats::Counter>; 3],
}

impl Protocol for Serve6 {
    type Config = Run<V6>;
    type Table = Table6;
    const FAMILY: u8 = 6;

    fn configure(&mut self, run: Run<V6>, sockets: &[Arc<Bound>]) -> Run<V6> {
        let store = mem::replace(&mut self.store, run.store);
        let hosts = mem::replace(&mut self.hosts, run.hosts);
        let snapshot = self.engine.configure(run.snapshot);
        crate::tell_times(sockets, snapshot.keeps_times, self.engine.keeps_times());
        Run { snapshot, store, hosts, service: run.service }
    }

    fn serve(&mut self, sockets: &[Arc<Bound>], at: usize, rx: &RxBatch, packets: Range<usize>, replies: &mut Replies) {
        let Bound { socket, wanted: Wanted { interface, kind, .. } } = &*sockets[at];
        if !kind.is_for_clients() {
            let responses = packets.filter_map(|i| self.datagram(rx, i, socket));
            return responses.for_each(|response| self.pass_back(sockets, response.message, replies));
        }
        if self.service.is_disabled() {
            self.disabled.iter().for_each(|counter| counter.add(packets.len() as i64));
            let datagrams = packets.filter_map(|i| rx.datagram(i, socket).ok());
            return datagrams.for_each(|datagram| engine::v6::tell_disabled(datagram.message));
        }
        let now = crate::unix_seconds();
        self.engine.forget_settled(); // of a batch that failed
        let read = self.engine.keeps_times().then(crate::unix_micros);
        let hosts = Arc::clone(&self.hosts);
        let stored = hosts.stored.as_ref().map(|stored| stored.read());
        let mut leases = self.store.session();
        // Should it fail, whatever the engine asks for will, and the packets are dropped for that reason.
        let _ = leases.refresh(|| {
            let mut wanted = Wanted6::default();
            let datagrams = packets.clone().filter_map(|i| rx.datagram(i, socket).ok());
            datagrams.for_each(|datagram| wanted::add6(&mut wanted, datagram.message));
            wanted
        });
        let before = leases.mark();
        for i in packets {
            if read.is_some() {
                self.engine.times = Times { received: rx.time(i), read, queued: self.engine.is_threaded() };
            }
            let Some(datagram) = self.datagram(rx, i, socket) else { continue };
            let (SocketAddr::V6(source), IpAddr::V6(destination)) = (datagram.source, datagram.destination) else {
                continue;
            };
            let received = Received {
                message: datagram.message,
                source,
                destination,
                interface: &interface.name,
                hw_type: interface.hw_type,
                stored: stored.as_deref(),
            };
            let reply = crate::ready(self.engine.handle(&received, &mut leases, now, replies.buffer()));
            let Some(Some(reply)) = reply else { continue };
            match reply.to {
                Target::Client(to) => {
                    // What was sent to one of our addresses is answered from it; the kernel chooses after a multicast.
                    let source = (!destination.is_multicast()).then_some(destination);
                    let way = Destination::Udp { to: to.into(), source };
                    let number = replies.push(reply.promises, at, interface.index, way);
                    self.engine.reply_is(number);
                }
                Target::Dhcpv4Server => pass_on(sockets, replies),
            }
        }
        let changed = leases.mark() != before;
        self.unsynced = (changed || !replies.promises.is_empty()).then(|| leases.mark());
    }

    fn settled(&mut self) -> Option<Settled<Table6>> {
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

    fn name_changes(&mut self) -> &mut Vec<NameChangeRequest> {
        self.engine.name_changes()
    }

    fn send_failed(error: &io::Error) {
        log::event!(DHCP6_PACKET_SEND_FAIL, reason = error);
    }

    fn shed(&mut self, count: usize) {
        self.queue_full.iter().for_each(|counter| counter.add(count as i64));
        log::event!(DHCP6_PACKET_QUEUE_FULL, count);
    }

    fn held_back(count: usize) {
        log::event!(DHCP6_REPLIES_HELD_BACK, count);
    }
}

impl Serve6 {
    /// One for a worker.
    pub fn new(run: Run<V6>, settings: Settings, stats: &stats::Registry) -> Self {
        let mut engine = Server::new(run.snapshot);
        engine.client_port = settings.client_port;
        engine.reply_to_source = settings.reply_to_source;
        let received = stats.counter("pkt6-received");
        let malformed = [stats.counter("pkt6-parse-failed"), stats.counter("pkt6-receive-drop")];
        let queue_full = ["pkt6-queue-full", "pkt6-receive-drop"].map(|name| stats.counter(name));
        let disabled = ["pkt6-received", "pkt6-service-disabled", "pkt6-receive-drop"].map(|name| stats.counter(name));
        Self {
            engine,
            store: run.store,
            hosts: run.hosts,
            unsynced: None,
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

    /// One of a batch; what is none is counted.
    fn datagram<'r>(&self, rx: &'r RxBatch, at: usize, socket: &Socket) -> Option<Datagram<'r>> {
        rx.datagram(at, socket)
            .inspect_err(|reason| {
                self.received.add(1);
                self.malformed.iter().for_each(|counter| counter.add(1));
                log::event!(DHCP6_PACKET_RECEIVE_FAIL, reason = format_args!("{reason:?}"));
            })
            .ok()
    }

    /// An answer of the DHCPv4 server goes to its client.
    fn pass_back(&self, sockets: &[Arc<Bound>], response: &[u8], replies: &mut Replies) {
        let exit = |name: &str| {
            let of_name = |b: &Arc<Bound>| b.wanted.kind.is_for_clients() && b.wanted.interface.name == name;
            sockets.iter().position(of_name).map(|at| (at, sockets[at].wanted.interface.index))
        };
        if let Some((mut to, (at, interface))) = self.engine.handle_response(response, exit, replies.buffer()) {
            if to.ip().is_unicast_link_local() {
                to.set_scope_id(interface);
            }
            replies.push(false, at, interface, Destination::Udp { to: to.into(), source: None });
        }
    }
}

/// The message in the buffer goes to the DHCPv4 server.
fn pass_on(sockets: &[Arc<Bound>], replies: &mut Replies) {
    let found = sockets.iter().enumerate().find_map(|(at, bound)| match bound.wanted.kind {
        Opening::Dhcp4o6(peer) => Some((at, peer)),
        _ => None,
    });
    if let Some((at, peer)) = found {
        let to = (Ipv6Addr::LOCALHOST, peer).into();
        replies.push(false, at, 0, Destination::Udp { to, source: None });
    }
}
