//! The checks that are going on.

use super::messages::*;
use crate::machine::{Heard, Pinger};
use crate::walk::unix_seconds;
use dhcpd_config::parameters::PingPolicy;
use engine::hooks::Kept;
use engine::v4::Snapshot;
use leases::memfile::Store4;
use leases::{Lease4, StoreError};
use std::collections::HashMap;
use std::future::Future;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::Ipv4Addr;
use std::pin::pin;
use std::sync::atomic::{AtomicU16, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

/// For so long answers are waited for at most before it is looked whether a check that began meanwhile is over.
const LOOK: Duration = Duration::from_millis(10);

/// The checks that are going on, and the way to ping.
pub struct Checks {
    pinger: Box<dyn Pinger>,
    store: Arc<Store4>,
    /// By it our pings are known among those of others on this machine.
    id: u16,
    sequence: AtomicU16,
    state: Mutex<State>,
    news: Condvar,
}

#[derive(Debug, Default)]
struct State {
    checks: HashMap<Ipv4Addr, Check>,
    ended: bool,
}

/// An offer whose address is being pinged.
#[derive(Debug)]
pub struct Check {
    offer: Kept,
    lease: Lease4,
    client: String,
    snapshot: Arc<Snapshot>,
    policy: PingPolicy,
    sent: u32,
    until: Instant,
}

impl Check {
    pub fn new(offer: Kept, lease: Lease4, client: String, snapshot: Arc<Snapshot>, policy: PingPolicy) -> Self {
        Self { offer, lease, client, snapshot, policy, sent: 0, until: Instant::now() }
    }

    /// Nobody answered: the offer leaves.
    fn free(self) {
        log::event!(PING_CHECK_MGR_LEASE_FREE_TO_USE, address = self.lease.address, query = self.client);
        self.offer.send();
    }

    /// Somebody answered: nobody is offered the address for a while.
    fn in_use(self, store: &Store4) {
        let Self { lease, client, snapshot, .. } = self;
        let now = unix_seconds();
        let declined = || -> Result<bool, StoreError> {
            let mut leases = store.session();
            let stored = ready(snapshot.decline(&mut leases, &lease, &client, now)).unwrap_or(Ok(false))?;
            drop(leases);
            store.sync().map(|()| stored)
        };
        match declined() {
            Ok(true) => snapshot.tell_declined(&lease, now),
            Ok(false) => {}
            Err(reason) => {
                log::event!(PING_CHECK_DECLINE_FAILED, query = client, address = lease.address, reason);
            }
        }
    }
}

impl Checks {
    /// Starts the thread that hears answers.
    pub fn start(pinger: Box<dyn Pinger>, store: Arc<Store4>) -> io::Result<Arc<Self>> {
        log::event!(PING_CHECK_CHANNEL_SOCKET_OPENED);
        let id = RandomState::new().hash_one(0) as u16;
        let (state, news) = (Mutex::default(), Condvar::new());
        let checks = Arc::new(Self { pinger, store, id, sequence: AtomicU16::new(0), state, news });
        let listening = checks.clone();
        std::thread::Builder::new().name("ping-check".into()).spawn(move || listening.listen())?;
        log::event!(PING_CHECK_MGR_STARTED, threads = 1);
        Ok(checks)
    }

    /// Whether an address is being checked.
    pub fn has(&self, address: Ipv4Addr) -> bool {
        self.lock().checks.contains_key(&address)
    }

    /// Pings an address.
    pub fn begin(&self, check: Check) {
        let address = check.lease.address;
        self.lock().checks.insert(address, check);
        self.ping(address);
        self.news.notify_one();
    }

    /// Ends the thread; offers that wait leave.
    pub fn stop(&self) {
        self.lock().ended = true;
        self.news.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends the next ping of a check.
    fn ping(&self, address: Ipv4Addr) {
        {
            let mut state = self.lock();
            let Some(check) = state.checks.get_mut(&address) else { return };
            check.sent += 1;
            check.until = Instant::now() + Duration::from_millis(check.policy.timeout.into());
        }
        let (id, sequence) = (self.id, self.sequence.fetch_add(1, Relaxed).wrapping_add(1));
        match self.pinger.send(address, id, sequence) {
            Ok(()) => log::event!(PING_CHECK_CHANNEL_ECHO_REQUEST_SENT, address, id, sequence),
            Err(reason) => {
                log::event!(PING_CHECK_CHANNEL_NETWORK_WRITE_ERROR, address, reason);
                self.take(address).into_iter().for_each(Check::free);
            }
        }
    }

    fn take(&self, address: Ipv4Addr) -> Option<Check> {
        self.lock().checks.remove(&address)
    }

    fn listen(&self) {
        loop {
            let next = {
                let idle = |state: &mut State| state.checks.is_empty() && !state.ended;
                let mut state = self.news.wait_while(self.lock(), idle).unwrap_or_else(PoisonError::into_inner);
                if state.ended {
                    state.checks.drain().for_each(|(_, check)| check.free());
                    log::event!(PING_CHECK_CHANNEL_SOCKET_CLOSED);
                    log::event!(PING_CHECK_MGR_STOPPED);
                    return;
                }
                state.checks.values().map(|check| check.until).min()
            };
            let left = next.map_or(LOOK, |next| next.saturating_duration_since(Instant::now()));
            match self.pinger.receive(left.min(LOOK)) {
                Ok(heard) => heard.into_iter().for_each(|heard| self.hear(heard)),
                Err(reason) => log::event!(PING_CHECK_CHANNEL_SOCKET_READ_FAILED, reason),
            }
            self.expire();
        }
    }

    fn hear(&self, heard: Heard) {
        match heard {
            Heard::Reply { from: address, id, sequence } if id == self.id => {
                log::event!(PING_CHECK_CHANNEL_ECHO_REPLY_RECEIVED, address, id, sequence);
                match self.take(address) {
                    Some(check) => {
                        log::event!(PING_CHECK_MGR_RECEIVED_ECHO_REPLY, address, id, sequence);
                        check.in_use(&self.store);
                    }
                    None => log::event!(PING_CHECK_MGR_RECEIVED_UNEXPECTED_ECHO_REPLY, address, id, sequence),
                }
            }
            Heard::Unreachable { to: address, id, sequence } if id == self.id => match self.take(address) {
                Some(check) => {
                    log::event!(PING_CHECK_MGR_RECEIVED_UNREACHABLE_MSG, address, id, sequence);
                    check.free();
                }
                None => log::event!(PING_CHECK_MGR_RECEIVED_UNEXPECTED_UNREACHABLE_MSG, address, id, sequence),
            },
            _ => {}
        }
    }

    /// Deals with checks whose time is over.
    fn expire(&self) {
        let now = Instant::now();
        let (mut again, mut free) = (Vec::new(), Vec::new());
        {
            let mut state = self.lock();
            let over = state.checks.iter().filter(|(_, check)| check.until <= now).map(|(address, _)| *address);
            for address in over.collect::<Vec<_>>() {
                let Some(check) = state.checks.get(&address) else { continue };
                let (sent, requests, timeout) = (check.sent, check.policy.requests, check.policy.timeout);
                log::event!(PING_CHECK_MGR_REPLY_TIMEOUT_EXPIRED, address, sent, requests, timeout);
                if sent < requests {
                    log::event!(PING_CHECK_MGR_NEXT_ECHO_SCHEDULED, address, next = sent + 1, requests);
                    again.push(address);
                } else {
                    free.extend(state.checks.remove(&address));
                }
            }
        }
        free.into_iter().for_each(Check::free);
        again.into_iter().for_each(|address| self.ping(address));
    }
}

impl std::fmt::Debug for Checks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Checks").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The output of a future over leases in memory: ready at the first poll.
fn ready<F: Future>(future: F) -> Option<F::Output> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}
