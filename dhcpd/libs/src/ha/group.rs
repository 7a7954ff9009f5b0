//! A server in a relationship as its threads share it: workers ask whom they serve and whom to tell, the daemon's own thread runs
//! the state machine ([`super::duties`]).

use super::family::{Change, Family};
use super::link::Link;
use super::machine::{Around, Cause, Machine, Task, upper};
use super::messages::*;
use super::partner::Seen;
use super::updates::{Backlog, Update};
use crate::service::{HA_LOCAL, HA_REMOTE, Origin, Service};
use dhcpd_config::parameters::hooks::{HaRelationship, HaState};
use log::event;
use parking_lot::Mutex;
use schema::Problem;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering::Relaxed};
use std::time::Instant;
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// A server in a relationship.
#[derive(Debug)]
pub struct Group<F: Family> {
    /// Its configuration.
    pub rules: Arc<HaRelationship>,
    /// Its place among the relationships of the configuration.
    pub number: u32,
    machine: Mutex<Machine>,
    /// What workers ask of the machine.
    shown: Shown,
    /// Changes of which the partner was not told; never set back.
    pub unsent: AtomicU64,
    /// Changes that are kept for the partner.
    pub backlog: Mutex<Backlog<F::Lease>>,
    /// The ways to the servers; none to this one.
    pub links: Vec<Option<Link>>,
    posts: Vec<UnboundedSender<Post<F>>>,
    /// What is posted comes out here; until it is taken by those who send.
    pub posted: Mutex<Vec<UnboundedReceiver<Post<F>>>>,
    /// The machine has to run.
    pub wake: Notify,
    /// The partner has fetched leases while this server was the only one that served; clients wait until it is heard of.
    notified: AtomicBool,
    /// The state of which the service knows.
    settled: Mutex<Option<HaState>>,
    service: Arc<Service>,
}

/// What a batch of queries changed.
type Post<F> = Vec<Arc<Update<F>>>;

/// What workers ask of the machine, without a lock.
#[derive(Debug, Default)]
struct Shown {
    scopes: AtomicU64,
    telling: AtomicU8,
    /// The partner cannot be reached: its clients are watched.
    watching: AtomicBool,
}

/// Whether the partner is told of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Telling {
    /// It is not, and learns of it later that there was something.
    No = 0,
    /// It is, and clients wait for it.
    Yes = 1,
    /// It will be.
    Later = 2,
}

impl<F: Family> Group<F> {
    /// A server that has not begun yet.
    pub fn new(rules: Arc<HaRelationship>, number: u32, service: Arc<Service>) -> Result<Self, Problem> {
        let others = rules.peers.iter().enumerate();
        let link = |(at, peer)| (at != rules.this).then(|| Link::new(peer, rules.sync_timeout, F::SERVICE)).transpose();
        let links = others.map(link).collect::<Result<Vec<_>, _>>()?;
        let (posts, posted) = rules.peers.iter().map(|_| unbounded_channel()).unzip();
        Ok(Self {
            machine: Mutex::new(Machine::new(rules.clone(), Instant::now())),
            shown: Shown::default(),
            unsent: AtomicU64::new(0),
            backlog: Mutex::new(Backlog::new(rules.delayed_updates_limit)),
            links,
            posts,
            posted: Mutex::new(posted),
            wake: Notify::new(),
            notified: AtomicBool::new(false),
            settled: Mutex::new(None),
            service,
            rules,
            number,
        })
    }

    /// This server's name.
    pub fn name(&self) -> &str {
        &self.rules.this_server().name
    }

    /// The way to the partner.
    pub fn partner(&self) -> Option<&Link> {
        self.links.get(self.rules.partner()?)?.as_ref()
    }

    /// Asks the machine, or changes something about it.
    pub fn with<R>(&self, act: impl FnOnce(&mut Machine) -> R) -> R {
        act(&mut self.machine.lock())
    }

    /// Runs the machine, and has everybody know.
    pub fn run(&self, cause: Cause) -> Option<Task> {
        let overflown = self.backlog.lock().is_overflown();
        let mut machine = self.machine.lock();
        let before = machine.state();
        let around = Around { serving: !self.service.is_disabled(), overflown };
        let task = machine.run(cause, around, Instant::now());
        self.show(&machine);
        if before == HaState::CommunicationRecovery && machine.state() != before {
            self.backlog.lock().clear();
        }
        task
    }

    /// Goes over to a state, unless it is not at `from` any more.
    pub fn go(&self, from: Option<HaState>, to: HaState, cause: Cause) {
        let mut machine = self.machine.lock();
        if from.is_none_or(|from| from == machine.state()) {
            if machine.state() == HaState::CommunicationRecovery {
                self.backlog.lock().clear();
            }
            machine.go(to, cause);
        }
        self.show(&machine);
    }

    /// Has workers know of the machine.
    pub fn show(&self, machine: &Machine) {
        let telling = match (machine.updates_partner(), machine.keeps_updates()) {
            (true, _) => Telling::Yes,
            (_, true) => Telling::Later,
            _ => Telling::No,
        };
        self.shown.scopes.store(machine.scopes, Relaxed);
        self.shown.telling.store(telling as u8, Relaxed);
        self.shown.watching.store(machine.partner.is_interrupted(Instant::now()), Relaxed);
        let mut settled = self.settled.lock();
        if *settled != Some(machine.state()) {
            *settled = Some(machine.state());
            self.switch(machine);
        }
    }

    /// Clients are answered, or not, as the state wants it.
    pub fn switch(&self, machine: &Machine) {
        let (state, origin) = (upper(machine.state()), self.local_origin());
        let was_off = self.service.is_disabled();
        match machine.serves() {
            true => {
                if was_off {
                    event!(HA_LOCAL_DHCP_ENABLE, server = self.name(), state = state);
                }
                self.service.enable(origin);
            }
            false => {
                if !was_off {
                    event!(HA_LOCAL_DHCP_DISABLE, server = self.name(), state = state);
                }
                self.service.disable(origin);
            }
        }
    }

    /// Clients are answered, or not, as the state wants it, whatever others of the same number did.
    pub fn settle(&self) {
        self.with(|machine| match machine.serves() {
            true => {}
            false => _ = self.service.disable(self.local_origin()),
        });
    }

    /// This server does not take part any more.
    pub fn leave(&self) {
        self.service.enable(self.local_origin());
    }

    /// A partner, who calls itself `origin`, has fetched leases.
    pub fn fetched(&self, origin: Option<Origin>) {
        if self.with(|machine| machine.state()) == HaState::PartnerDown {
            // A lease that is given before the partner is heard of would be one that it does not know.
            self.notified.store(true, Relaxed);
            self.service.disable(self.local_origin());
        }
        match origin {
            Some(origin) => self.service.enable(origin),
            // Older versions do not say who they are here, and did not when they had the service switched off.
            None => [HA_REMOTE, self.remote_origin()].into_iter().for_each(|origin| self.service.enable(origin)),
        }
    }

    /// Whether a partner has fetched leases since the last heartbeat.
    pub fn take_notified(&self) -> bool {
        self.notified.swap(false, Relaxed)
    }

    /// As whom this server switches its own service.
    pub fn local_origin(&self) -> Origin {
        HA_LOCAL + self.number + 1
    }

    /// As whom this server switches the services of others.
    pub fn remote_origin(&self) -> Origin {
        HA_REMOTE + self.number + 1
    }

    /// Whether the clients of a server are served.
    pub fn serves(&self, server: usize) -> bool {
        self.shown.scopes.load(Relaxed).checked_shr(server as u32).is_some_and(|bits| bits & 1 == 1)
    }

    /// Whether the clients of the partner are to be watched.
    pub fn is_watching(&self) -> bool {
        self.shown.watching.load(Relaxed)
    }

    /// A client asks the partner, who cannot be reached, for so many milliseconds.
    pub fn watch(&self, client: &[u8], milliseconds: u32) -> Seen {
        let seen = self.machine.lock().partner.analyze(client, milliseconds);
        if let Seen::Unacked(_, 0) = seen {
            self.wake.notify_one();
        }
        seen
    }

    /// Whether the partner is told of changes.
    pub fn telling(&self) -> Telling {
        match self.shown.telling.load(Relaxed) {
            1 => Telling::Yes,
            2 => Telling::Later,
            _ => Telling::No,
        }
    }

    /// Keeps changes for the partner.
    pub fn keep(&self, changes: &[Change<F::Lease>]) {
        let mut backlog = self.backlog.lock();
        changes.iter().for_each(|change| backlog.push(change.clone()));
    }

    /// Has changes sent to a server.
    pub fn post(&self, server: usize, updates: Vec<Arc<Update<F>>>) {
        if let Some(post) = self.posts.get(server) {
            let _ = post.send(updates); // fails only while the group ends: then nobody waits
        }
    }
}
