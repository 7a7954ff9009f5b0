//! Changes of leases on their way to other servers, and clients that wait for them to get there.
//!
//! What a batch of queries changed is posted at once. DHCPv6 changes travel together in one `lease6-bulk-apply`; of DHCPv4 each is
//! a command, and so many are under way at a time as there are connections.

use super::family::{Change, Command, Family};
use super::group::{Group, Telling};
use super::link::{Arguments, Failure, Link, text_of};
use super::messages::*;
use dhcpd_config::parameters::hooks::HaRole;
use engine::hooks::Kept;
use log::event;
use parking_lot::Mutex;
use schema::json::{Node, Value as Tree};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::AcqRel, Ordering::Relaxed};
use std::time::Instant;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_local;

/// Commands under way to a server at a time: what its own disk makes durable together, more would only wait there.
const CONNECTIONS: usize = 16;
/// Changes in one command.
const BULK: usize = 256;

/// What a client's query changed.
#[derive(Debug)]
pub struct Update<F: Family> {
    /// What the client is called in messages.
    pub client: Box<str>,
    /// The client.
    pub key: Box<[u8]>,
    /// What changed.
    pub changes: Vec<Change<F::Lease>>,
    waiting: Option<Waiting>,
}

/// A reply that leaves when all who have to know the lease do.
#[derive(Debug)]
struct Waiting {
    left: AtomicUsize,
    reply: Mutex<Option<Kept>>,
}

/// The changes of a batch, by the server that is told.
pub struct Posts<'a, F: Family> {
    group: &'a Group<F>,
    telling: Telling,
    by_server: Vec<Vec<Arc<Update<F>>>>,
}

impl<'a, F: Family> Posts<'a, F> {
    /// Those of a batch, as the group stands.
    pub fn new(group: &'a Group<F>) -> Self {
        let by_server = group.rules.peers.iter().map(|_| Vec::new()).collect();
        Self { group, telling: group.telling(), by_server }
    }

    /// What a query changed. Its reply is kept, if somebody has to know first.
    pub fn add(
        &mut self,
        client: impl FnOnce() -> Box<str>,
        key: Box<[u8]>,
        changes: Vec<Change<F::Lease>>,
        keep: impl FnOnce() -> Option<Kept>,
    ) {
        let rules = &self.group.rules;
        let others = || rules.peers.iter().enumerate().filter(|(at, _)| *at != rules.this);
        let is_told = |role: HaRole| role == HaRole::Backup || self.telling == Telling::Yes;
        for (_, peer) in others().filter(|(_, peer)| !is_told(peer.role)) {
            match self.telling {
                Telling::Later => self.group.keep(&changes),
                _ if peer.role != HaRole::Backup => _ = self.group.unsent.fetch_add(1, Relaxed),
                _ => {}
            }
        }
        let awaited = others().filter(|(_, peer)| is_told(peer.role) && self.group.is_awaited(peer.role)).count();
        let left = AtomicUsize::new(awaited * F::count(changes.len()));
        let waiting = (awaited > 0).then(keep).flatten().map(|reply| Waiting { left, reply: Mutex::new(Some(reply)) });
        let update = Arc::new(Update { client: client(), key, changes, waiting });
        for (at, _) in others().filter(|(_, peer)| is_told(peer.role)) {
            if let Some(list) = self.by_server.get_mut(at) {
                list.push(update.clone());
            }
        }
    }

    /// Has them sent.
    pub fn post(self) {
        for (at, list) in self.by_server.into_iter().enumerate().filter(|(_, list)| !list.is_empty()) {
            self.group.post(at, list);
        }
    }
}

impl<F: Family> Update<F> {
    /// A server has the changes of one command, or has not got them.
    fn arrived(&self, well: bool) {
        let Some(waiting) = &self.waiting else { return };
        if !well {
            drop(waiting.reply.lock().take()); // it never leaves: the client asks again
        }
        if waiting.left.fetch_sub(1, AcqRel) == 1
            && let Some(reply) = waiting.reply.lock().take()
        {
            reply.send();
        }
    }
}

impl<F: Family> Group<F> {
    /// Whether clients wait for a server of this role.
    fn is_awaited(&self, role: HaRole) -> bool {
        role != HaRole::Backup || self.rules.wait_backup_ack
    }

    /// Sends to a server what is posted for it.
    pub(super) async fn deliver(self: Arc<Self>, server: usize, mut posted: UnboundedReceiver<Vec<Arc<Update<F>>>>) {
        let Some(Some(link)) = self.links.get(server).cloned() else { return };
        let connections = Arc::new(Semaphore::new(CONNECTIONS));
        while let Some(mut updates) = posted.recv().await {
            while let (true, Ok(more)) = (updates.len() < BULK, posted.try_recv()) {
                updates.extend(more);
            }
            for (updates, command) in parcels(updates) {
                let Ok(connection) = connections.clone().acquire_owned().await else { return };
                spawn_local(self.clone().send(server, link.clone(), updates, command, connection));
            }
        }
    }

    async fn send(
        self: Arc<Self>,
        server: usize,
        link: Link,
        updates: Vec<Arc<Update<F>>>,
        (command, arguments): Command,
        _connection: OwnedSemaphorePermit,
    ) {
        let answer = link.ask(command, arguments).await;
        if let (Err(Failure::Refused(..)), 2..) = (&answer, updates.len()) {
            // One of many is wrong in a way that spoils the whole: each by itself.
            for update in updates {
                for (command, arguments) in F::commands(update.changes.iter()) {
                    let answer = link.ask(command, arguments).await;
                    self.answered(server, &link, &update, &answer);
                }
            }
            return;
        }
        for update in &updates {
            self.answered(server, &link, update, &answer);
        }
    }

    /// What became of a client's changes.
    fn answered(&self, server: usize, link: &Link, update: &Update<F>, answer: &Result<Arguments, Failure>) {
        let (name, client, peer) = (self.name(), &update.client, &link.label);
        let outcome = match answer {
            Ok(arguments) => self.outcome_of(update, arguments.as_ref()),
            Err(failure) => Err(failure.clone()),
        };
        let role = self.rules.peers.get(server).map_or(HaRole::Backup, |peer| peer.role);
        match &outcome {
            Ok(()) => {}
            Err(failure @ Failure::Communication(_)) => {
                event!(HA_LEASE_UPDATE_COMMUNICATIONS_FAILED, server = name, client, peer, reason = failure);
            }
            Err(failure) if failure.is_conflict() => {
                event!(HA_LEASE_UPDATE_CONFLICT, server = name, client, peer, reason = failure);
            }
            Err(failure) => event!(HA_LEASE_UPDATE_FAILED, server = name, client, peer, reason = failure),
        }
        if role != HaRole::Backup {
            let now = Instant::now();
            self.with(|machine| match &outcome {
                Ok(()) => machine.partner.accept(&update.key),
                Err(failure) if failure.is_conflict() => machine.partner.reject(&update.key, now),
                Err(_) => machine.partner.set_state(None, now),
            });
            if outcome.is_err() {
                self.wake.notify_one();
            }
        }
        if self.is_awaited(role) {
            update.arrived(outcome.is_ok());
        }
    }

    /// What `lease6-bulk-apply` says about the leases of a client: an error comes before a conflict.
    fn outcome_of(&self, update: &Update<F>, arguments: Option<&Node>) -> Result<(), Failure> {
        let address_of = |node: &Node| node.member("ip-address").and_then(text_of).map(str::to_owned);
        let is_of = |node: &&Node, deleted: bool| {
            update.changes.iter().any(|change| match change {
                Change::Put(lease) => !deleted && address_of(node) == Some(F::address(lease)),
                Change::Delete(lease) => deleted && address_of(node) == Some(F::address(lease)),
            })
        };
        let text = |node: &Node, key| node.member(key).and_then(text_of).unwrap_or("(unknown)").to_owned();
        for node in list(arguments, "failed-deleted-leases").iter().filter(|node| is_of(node, true)) {
            let (kind, address, reason) = (text(node, "type"), text(node, "ip-address"), text(node, "error-message"));
            event!(HA_LEASE_UPDATE_DELETE_FAILED_ON_PEER, client = update.client, type = kind, address, reason);
        }
        let mut conflict = Ok(());
        for node in list(arguments, "failed-leases").iter().filter(|node| is_of(node, false)) {
            let (kind, address, reason) = (text(node, "type"), text(node, "ip-address"), text(node, "error-message"));
            event!(HA_LEASE_UPDATE_CREATE_UPDATE_FAILED_ON_PEER, client = update.client, type = kind, address, reason);
            match node.member("result").map(|result| &result.value) {
                Some(Tree::Int(1)) => return Err(Failure::Refused(1, reason)),
                Some(Tree::Int(4)) => conflict = Err(Failure::Refused(4, reason)),
                _ => {}
            }
        }
        conflict
    }
}

/// The commands that tell of updates, each with those that it tells of.
fn parcels<F: Family>(updates: Vec<Arc<Update<F>>>) -> Vec<(Vec<Arc<Update<F>>>, Command)> {
    if F::count(2) == 1 {
        let commands = F::commands(updates.iter().flat_map(|update| &update.changes));
        return commands.into_iter().map(|command| (updates.clone(), command)).collect();
    }
    let each = |update: Arc<Update<F>>| {
        let commands = F::commands(update.changes.iter());
        commands.into_iter().map(move |command| (vec![update.clone()], command))
    };
    updates.into_iter().flat_map(each).collect()
}

fn list<'a>(arguments: Option<&'a Node>, key: &str) -> &'a [Node] {
    match arguments.and_then(|arguments| arguments.member(key)).map(|node| &node.value) {
        Some(Tree::List(list)) => list,
        _ => &[],
    }
}

/// Changes that are kept for a partner that cannot be reached.
#[derive(Debug)]
pub struct Backlog<L> {
    changes: VecDeque<Change<L>>,
    limit: usize,
    overflown: bool,
}

impl<L> Backlog<L> {
    /// One for so many changes.
    pub fn new(limit: u32) -> Self {
        Self { changes: VecDeque::new(), limit: limit as usize, overflown: false }
    }

    /// Keeps a change; none is kept any more once there were too many.
    pub fn push(&mut self, change: Change<L>) {
        if self.changes.len() >= self.limit {
            self.overflown = true;
        } else {
            self.changes.push_back(change);
        }
    }

    /// Whether there were too many.
    pub fn is_overflown(&self) -> bool {
        self.overflown
    }

    /// Begins anew.
    pub fn clear(&mut self) {
        self.changes.clear();
        self.overflown = false;
    }

    /// Takes the changes out, so many at most.
    pub fn take(&mut self, most: usize) -> Vec<Change<L>> {
        let most = most.min(self.changes.len());
        self.changes.drain(..most).collect()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.changes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backlog_that_overflows_says_so() {
        let mut backlog = Backlog::new(2);
        for lease in 1..=2 {
            backlog.push(Change::Put(lease));
        }
        assert!(!backlog.is_overflown());
        backlog.push(Change::Delete(3));
        assert!(backlog.is_overflown() && backlog.len() == 2);
        assert!(matches!(backlog.take(1)[..], [Change::Put(1)]));
        backlog.clear();
        assert!(!backlog.is_overflown() && backlog.take(9).is_empty());
    }
}
