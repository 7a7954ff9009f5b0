//! What libraries hear of when it is done: gathered packet by packet, told once a batch.
//!
//! Where nobody listens nothing is gathered.

use super::hooks::{Batch, Hooks, Settled};
use super::query::Query;
use super::{Server, Snapshot};
use crate::hooks::{Libraries, Point, Replies, Stored};
use dhcpd_config::classes::ClassSet;
use leases::{Duid, Lease6};
use smallvec::SmallVec;
use wire::v6::MessageType;

/// What is to be told.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// Somebody listens to what the query leads to that is being dealt with.
    on: bool,
    current: Changes,
    commits: Vec<Settled>,
    /// The query was settled, and its reply is about to get a number.
    unnumbered: bool,
    over: Vec<Lease6>,
}

/// What the query led to so far.
#[derive(Debug, Default)]
struct Changes {
    leases: SmallVec<[Stored<Lease6>; 1]>,
    reused: SmallVec<[Lease6; 1]>,
    deleted: SmallVec<[Lease6; 1]>,
    before: SmallVec<[Lease6; 1]>,
}

impl Watch {
    /// The next query.
    pub fn begin(&mut self, libraries: &Libraries<dyn Hooks>, kind: MessageType) {
        self.unnumbered = false;
        let silent =
            matches!(kind, MessageType::CONFIRM | MessageType::INFORMATION_REQUEST | MessageType::DHCPV4_QUERY);
        self.on = libraries.at(Point::Committed) && !silent;
        if self.on {
            self.current = Changes::default();
        }
    }

    /// A lease was stored; `extended` if the client had it.
    pub fn stored(&mut self, lease: &Lease6, extended: bool) {
        if self.on {
            self.current.leases.push(Stored { lease: lease.clone(), extended });
        }
    }

    /// A lease was given again as it stands.
    pub fn reused(&mut self, lease: &Lease6) {
        if self.on {
            self.current.reused.push(lease.clone());
        }
    }

    /// A lease is no longer its client's.
    pub fn deleted(&mut self, lease: &Lease6) {
        if self.on {
            self.current.deleted.push(lease.clone());
        }
    }

    /// A lease is about to be released, declined or registered anew.
    pub fn was(&mut self, lease: &Lease6) {
        if self.on {
            self.current.before.push(lease.clone());
        }
    }

    /// The time of a lease is over.
    pub fn over(&mut self, libraries: &Libraries<dyn Hooks>, lease: &Lease6) {
        if libraries.at(Point::Over) {
            self.over.push(lease.clone());
        }
    }

    /// The query is settled, served from the subnet with this id.
    pub fn settle(&mut self, query: &Query<'_>, classes: &ClassSet, subnet: Option<u32>) {
        if !self.on {
            return;
        }
        let Changes { leases, reused, deleted, before } = std::mem::take(&mut self.current);
        let received = query.received;
        self.commits.push(Settled {
            message: received.message.into(),
            kind: query.kind(),
            source: received.source,
            destination: received.destination,
            interface: received.interface.into(),
            duid: Duid::from_slice(query.client_id().unwrap_or_default()),
            classes: classes.clone(),
            subnet,
            leases,
            reused,
            deleted,
            before,
            reply: None,
        });
        self.unnumbered = true;
    }
}

impl Server {
    /// The number of the reply that [`handle`](Self::handle) gave last, among those that leave together with it.
    pub fn reply_is(&mut self, number: usize) {
        if std::mem::take(&mut self.watch.unnumbered)
            && let Some(settled) = self.watch.commits.last_mut()
        {
            settled.reply = Some(number);
        }
    }

    /// What libraries are to hear of this batch when it is durable, before its answers leave; `None` if none listens.
    pub fn commits(&mut self) -> Option<impl FnOnce(&mut dyn Replies) + Send + use<>> {
        let Watch { commits, over, .. } = &mut self.watch;
        if commits.is_empty() && over.is_empty() {
            return None;
        }
        let (settled, over, snapshot) = (std::mem::take(commits), std::mem::take(over), self.snapshot.clone());
        Some(move |replies: &mut dyn Replies| {
            snapshot.tell_over(&over);
            if !settled.is_empty() {
                let mut batch = Batch { snapshot: &snapshot, settled: &settled, replies };
                snapshot.libraries.of(Point::Committed).for_each(|library| library.committed(&mut batch));
            }
        })
    }

    /// Tells libraries whose time was over, when that is durable.
    pub fn tell_over(&mut self) {
        self.snapshot.tell_over(&std::mem::take(&mut self.watch.over));
    }

    /// Nothing of what was gathered came to be.
    pub fn forget_settled(&mut self) {
        self.watch.commits.clear();
        self.watch.over.clear();
    }
}

impl Snapshot {
    fn tell_over(&self, over: &[Lease6]) {
        if !over.is_empty() {
            self.libraries.of(Point::Over).for_each(|library| library.over(over));
        }
    }

    /// Whether libraries hear of commands.
    pub fn listens_to_commands(&self) -> bool {
        self.libraries.at(Point::Command)
    }

    /// Tells libraries of a command that was answered; arguments and answer are JSON.
    pub fn tell_command(&self, name: &str, arguments: &str, answer: &str) {
        self.libraries.of(Point::Command).for_each(|library| library.command(name, arguments, answer));
    }
}
