//! What a server in a relationship does from time to time, on the daemon's own thread: heartbeats, and what the state machine
//! wants done.

use super::family::Family;
use super::group::Group;
use super::link::{Arguments, Failure, Link};
use super::machine::{Cause, Task};
use super::messages::*;
use super::partner::Report;
use crate::walk::unix_seconds;
use chrono::DateTime;
use dhcpd_config::parameters::hooks::HaState;
use log::event;
use schema::Field;
use schema::json::{Node, Value as Tree};
use serde_json::{Value, json};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;
use tokio::task::{JoinHandle, spawn_local};
use tokio::time::{Instant as Deadline, sleep_until};

/// A group that does its duties. Dropped, it does them no more.
pub struct Running<F: Family> {
    /// The group.
    pub group: Arc<Group<F>>,
    tasks: Vec<JoinHandle<()>>,
}

/// What commands work on at the moment: the configuration may change.
pub type SiteOf<F> = Rc<dyn Fn() -> Option<<F as Family>::Site>>;

impl<F: Family> Running<F> {
    /// Begins; within the runtime and its `LocalSet`.
    pub fn start(group: Arc<Group<F>>, site: SiteOf<F>) -> Self {
        let (server, rules) = (group.name(), &group.rules);
        event!(HA_CONFIGURATION_SUCCESSFUL, server);
        if !rules.send_lease_updates {
            event!(HA_CONFIG_LEASE_UPDATES_DISABLED, server);
        }
        if !rules.sync_leases {
            event!(HA_CONFIG_LEASE_SYNCING_DISABLED, server);
        }
        if rules.send_lease_updates != rules.sync_leases {
            let (updates, sync) = (rules.send_lease_updates, rules.sync_leases);
            event!(HA_CONFIG_LEASE_UPDATES_AND_SYNCING_DIFFER, server, updates, sync);
        }
        if !rules.this_server().auto_failover {
            event!(HA_CONFIG_AUTO_FAILOVER_DISABLED, server);
        }
        event!(HA_SERVICE_STARTED, server, mode = rules.mode, role = rules.this_server().role);
        group.with(|machine| group.show(machine));
        let posted = std::mem::take(&mut *group.posted.lock());
        let deliver = |(at, posted)| spawn_local(group.clone().deliver(at, posted));
        let mut tasks: Vec<_> = posted.into_iter().enumerate().map(deliver).collect();
        tasks.push(spawn_local(group.clone().serve(site)));
        Self { group, tasks }
    }
}

impl<F: Family> Drop for Running<F> {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
        self.group.leave();
    }
}

impl<F: Family> Group<F> {
    /// Runs the machine whenever there is something new. A heartbeat under way does not hold it up.
    async fn serve(self: Arc<Self>, site: SiteOf<F>) {
        let mut next = Deadline::now();
        let mut beating: Option<Pin<Box<dyn Future<Output = ()>>>> = None;
        loop {
            self.advance(&site).await;
            let beats = self.with(|machine| machine.beats()) && !self.rules.heartbeat_delay.is_zero();
            if beats && beating.is_none() && Deadline::now() >= next {
                let group = self.clone();
                beating = Some(Box::pin(async move { group.beat().await }));
            }
            let mut woken = pin!(self.wake.notified());
            match &mut beating {
                Some(beat) => tokio::select! {
                    () = beat => {
                        beating = None;
                        next = Deadline::now() + self.rules.heartbeat_delay;
                    }
                    () = &mut woken => {}
                },
                None if beats => tokio::select! {
                    () = sleep_until(next) => {}
                    () = &mut woken => {}
                },
                None => woken.await,
            }
        }
    }

    /// Runs the machine until nothing is left to be done.
    async fn advance(&self, site: &SiteOf<F>) {
        while let Some(task) = self.run(Cause::Heard) {
            let (state, normal) = self.with(|machine| (machine.state(), machine.normal()));
            let (done, then) = match task {
                Task::Synchronize => (self.synchronize_with_partner(site).await, HaState::Ready),
                Task::Catchup if self.catch_up().await => (true, normal),
                Task::Catchup | Task::Reset => (self.reset_partner().await, HaState::Waiting),
            };
            if !done {
                // Nothing more is done until the partner is heard of again.
                self.with(|machine| machine.partner.set_state(None, Instant::now()));
                self.run(Cause::Heard);
                return;
            }
            self.go(Some(state), then, Cause::Heard);
        }
    }

    /// Asks the partner how it is.
    async fn beat(&self) {
        let Some(link) = self.partner() else { return };
        let notified = self.take_notified();
        let answer = link.ask("ha-heartbeat", json!({ "server-name": self.name() })).await;
        let report = answer.and_then(|arguments| read_report(arguments).map_err(|reason| Failure::Refused(0, reason)));
        let (server, peer, now) = (self.name(), &link.label, Instant::now());
        let heard = match report {
            Ok(report) => {
                self.with(|machine| machine.partner.heard(report, unix_seconds() as i64, now));
                true
            }
            Err(failure) => {
                match &failure {
                    Failure::Communication(reason) => event!(HA_HEARTBEAT_COMMUNICATIONS_FAILED, server, peer, reason),
                    Failure::Refused(0, reason) => event!(HA_HEARTBEAT_FAILED, server, peer, reason),
                    Failure::Refused(..) => event!(HA_HEARTBEAT_FAILED, server, peer, reason = failure),
                }
                let interrupted = self.with(|machine| {
                    machine.partner.set_state(None, now);
                    machine.partner.is_interrupted(now)
                });
                if interrupted {
                    let peer =
                        self.rules.partner().and_then(|at| self.rules.peers.get(at)).map_or("", |peer| &peer.name);
                    event!(HA_COMMUNICATION_INTERRUPTED, server, peer);
                }
                false
            }
        };
        if notified && !heard {
            // The partner has fetched leases and cannot be reached again: clients wait no longer.
            self.with(|machine| self.switch(machine));
        }
    }

    /// Sends the changes that were kept.
    async fn catch_up(&self) -> bool {
        let server = self.name();
        let Some((link, count)) = self.partner().map(|link| (link, self.backlog.lock().len())) else { return false };
        if count == 0 {
            event!(HA_LEASES_BACKLOG_NOTHING_TO_SEND, server);
            return true;
        }
        let peer = self.rules.partner().and_then(|at| self.rules.peers.get(at)).map_or("", |peer| &peer.name);
        event!(HA_LEASES_BACKLOG_START, server, count, peer);
        let start = Instant::now();
        loop {
            let changes = self.backlog.lock().take(BACKLOG_STEP);
            if changes.is_empty() {
                event!(HA_LEASES_BACKLOG_SUCCESS, server, peer, time = format_args!("{:.3?}", start.elapsed()));
                return !self.backlog.lock().is_overflown();
            }
            for (command, arguments) in F::commands(changes.iter()) {
                match link.ask(command, arguments).await {
                    Ok(_) => {}
                    Err(failure) => {
                        let (peer, reason) = (&link.label, &failure);
                        match &failure {
                            Failure::Communication(_) => {
                                event!(HA_LEASES_BACKLOG_COMMUNICATIONS_FAILED, server, peer, reason);
                            }
                            Failure::Refused(..) => event!(HA_LEASES_BACKLOG_FAILED, server, peer, reason),
                        }
                        return false;
                    }
                }
            }
        }
    }

    /// Has the partner fetch leases.
    async fn reset_partner(&self) -> bool {
        let (server, Some(link)) = (self.name(), self.partner()) else { return false };
        let peer = &link.label;
        match link.ask("ha-reset", json!({ "server-name": server })).await {
            Ok(_) => true,
            Err(failure @ Failure::Communication(_)) => {
                event!(HA_RESET_COMMUNICATIONS_FAILED, server, peer, reason = failure);
                false
            }
            Err(failure) => {
                event!(HA_RESET_FAILED, server, peer, reason = failure);
                false
            }
        }
    }

    /// Tells the partner about maintenance.
    pub(super) async fn notify(&self, link: &Link, cancel: bool) -> Result<Arguments, Failure> {
        // After a cancellation this server is at what it was before.
        let state = self.with(|machine| if cancel { machine.previous() } else { machine.state() });
        let arguments = json!({ "server-name": self.name(), "cancel": cancel, "state": state.to_string() });
        let answer = link.ask("ha-maintenance-notify", arguments).await;
        if answer.is_err() {
            self.with(|machine| machine.partner.set_state(None, Instant::now()));
        }
        answer
    }

    /// What a heartbeat is answered with.
    pub(super) fn report(&self) -> Value {
        let (state, scopes) = self.with(|machine| (machine.state(), machine.scopes));
        json!({
            "state": state.to_string(),
            "date-time": DateTime::from_timestamp(unix_seconds() as i64, 0).map(|time| time.format(HTTP_DATE).to_string()),
            "scopes": self.names_of(scopes),
            "unsent-update-count": self.unsent.load(Relaxed),
        })
    }

    /// The servers in a set, by name and in the order of their names.
    pub(super) fn names_of(&self, scopes: u64) -> Vec<&str> {
        let peers = self.rules.peers.iter().enumerate().filter(|(at, _)| scopes >> at & 1 == 1);
        let mut names: Vec<&str> = peers.map(|(_, peer)| &*peer.name).collect();
        names.sort_unstable();
        names
    }
}

/// Kept changes that are sent before others may be kept again.
const BACKLOG_STEP: usize = 64;

/// A date as in HTTP (RFC 9110 §5.6.7), in UTC.
const HTTP_DATE: &str = "%a, %d %b %Y %H:%M:%S GMT";

/// What a heartbeat was answered with.
fn read_report(arguments: Arguments) -> Result<Report, String> {
    let arguments = arguments.ok_or("returned arguments in the response must be a map")?;
    let text = |key: &str| match arguments.member(key).map(|node| &node.value) {
        Some(Tree::Text(text)) => Ok(&**text),
        _ => Err(format!("{key} not returned in response to a ha-heartbeat command or it is not a string")),
    };
    let (state, time) = (text("state")?, text("date-time")?);
    let time = chrono::NaiveDateTime::parse_from_str(time, HTTP_DATE).map_err(|error| format!("date-time: {error}"))?;
    let scope = |node: &Node| node.to_json().as_str().map(str::to_owned);
    let scopes = match arguments.member("scopes").map(|node| &node.value) {
        Some(Tree::List(list)) => Some(list.iter().filter_map(scope).filter(|name| !name.is_empty()).collect()),
        _ => None,
    };
    let unsent = match arguments.member("unsent-update-count").map(|node| &node.value) {
        None => None,
        Some(Tree::Int(number)) => Some(*number as u64),
        Some(_) => return Err("unsent-update-count returned in the ha-heartbeat response is not an integer".to_owned()),
    };
    Ok(Report { state: Some(state_of(state)?), time: time.and_utc().timestamp(), scopes, unsent })
}

/// A state by its name.
pub(super) fn state_of(name: &str) -> Result<HaState, String> {
    let found = ALL.into_iter().find(|state| state.write() == *name);
    found.ok_or_else(|| format!("unsupported HA partner state returned {name}"))
}

/// All states.
const ALL: [HaState; 12] = [
    HaState::Backup,
    HaState::CommunicationRecovery,
    HaState::HotStandby,
    HaState::LoadBalancing,
    HaState::InMaintenance,
    HaState::PartnerDown,
    HaState::PartnerInMaintenance,
    HaState::PassiveBackup,
    HaState::Ready,
    HaState::Syncing,
    HaState::Terminated,
    HaState::Waiting,
];
