//! What libraries hear of when it is done: gathered packet by packet, told once a batch.
//!
//! Where nobody listens nothing is gathered.

use super::exchange::declined;
use super::hooks::{Batch, Hooks, Offer, Settled};
use super::messages::*;
use super::query::Query;
use super::{Server, Snapshot};
use crate::hooks::{Libraries, Point, Replies, Stored};
use dhcpd_config::classes::ClassSet;
use leases::lease::UnixSeconds;
use leases::{ClientId, Lease4, Leases4, StoreError};
use log::event;
use smallvec::SmallVec;
use std::sync::Arc;
use wire::v4::MessageType;

/// What is to be told.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// Somebody listens to what the query leads to that is being dealt with.
    on: bool,
    current: Changes,
    offers: Vec<Settled>,
    commits: Vec<Settled>,
    /// The query was settled, and its reply is about to get a number; whether it is an offer.
    unnumbered: Option<bool>,
    over: Vec<Lease4>,
}

/// What the query led to so far.
#[derive(Debug, Default)]
struct Changes {
    subnet: Option<u32>,
    leases: SmallVec<[Stored<Lease4>; 1]>,
    reused: Option<Lease4>,
    deleted: SmallVec<[Lease4; 1]>,
    before: Option<Lease4>,
    offer: Option<Offer>,
}

impl Watch {
    /// The next query.
    pub fn begin(&mut self, libraries: &Libraries<dyn Hooks>, message_type: MessageType) {
        self.unnumbered = None;
        self.on = libraries.at(stage(message_type));
        if self.on {
            self.current = Changes::default();
        }
    }

    /// Its subnet.
    pub fn subnet(&mut self, id: u32) {
        self.current.subnet = Some(id);
    }

    /// A lease was stored; `extended` if the client had it.
    pub fn stored(&mut self, lease: &Lease4, extended: bool) {
        if self.on {
            self.current.leases.push(Stored { lease: lease.clone(), extended });
        }
    }

    /// A lease was given again as it stands.
    pub fn reused(&mut self, lease: &Lease4) {
        if self.on {
            self.current.reused = Some(lease.clone());
        }
    }

    /// A lease is no longer its client's.
    pub fn deleted(&mut self, lease: &Lease4) {
        if self.on {
            self.current.deleted.push(lease.clone());
        }
    }

    /// A lease is about to be released or declined.
    pub fn was(&mut self, lease: &Lease4) {
        if self.on {
            self.current.before = Some(lease.clone());
        }
    }

    /// A lease is offered.
    pub fn offered(&mut self, lease: &Lease4, extended: bool, offer: impl FnOnce() -> Offer) {
        if self.on {
            self.stored(lease, extended);
            self.current.offer = Some(offer());
        }
    }

    /// The time of a lease is over.
    pub fn over(&mut self, libraries: &Libraries<dyn Hooks>, lease: &Lease4) {
        if libraries.at(Point::Over) {
            self.over.push(lease.clone());
        }
    }

    /// The query is settled.
    pub fn settle(&mut self, query: &Query<'_>, classes: &ClassSet) {
        if !self.on {
            return;
        }
        let Changes { subnet, leases, reused, deleted, before, offer } = std::mem::take(&mut self.current);
        let received = query.received;
        let settled = Settled {
            message: received.message.into(),
            message_type: query.message_type,
            source: received.sender(),
            destination: received.destination,
            interface: received.interface.into(),
            client_id: query.client_id().map(ClientId::from_slice),
            remembered: query.stashed.map(Into::into),
            classes: classes.clone(),
            subnet,
            leases,
            reused,
            deleted,
            before,
            offer,
            reply: None,
        };
        let is_offer = stage(query.message_type) == Point::Offered;
        if is_offer {
            self.offers.push(settled)
        } else {
            self.commits.push(settled)
        }
        self.unnumbered = Some(is_offer);
    }

    /// Libraries will hear of the reply that is about to get a number, and of that when its batch is durable.
    pub fn waits(&self) -> bool {
        self.unnumbered == Some(false)
    }
}

/// Where libraries hear of what a query of this type leads to.
fn stage(message_type: MessageType) -> Point {
    if message_type == MessageType::DISCOVER { Point::Offered } else { Point::Committed }
}

impl Server {
    /// The number of the reply that [`handle`](Self::handle) gave last, among those that leave together with it.
    pub fn reply_is(&mut self, number: usize) {
        let Some(is_offer) = self.watch.unnumbered.take() else { return };
        let list = if is_offer { &mut self.watch.offers } else { &mut self.watch.commits };
        if let Some(settled) = list.last_mut() {
            settled.reply = Some(number);
        }
    }

    /// Tells libraries of the offers of this batch, before they leave.
    pub fn tell_offers(&mut self, replies: &mut dyn Replies) {
        let settled = std::mem::take(&mut self.watch.offers);
        tell(&self.snapshot, Point::Offered, &settled, replies, |library, batch| library.offered(batch));
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
            tell(&snapshot, Point::Committed, &settled, replies, |library, batch| library.committed(batch));
        })
    }

    /// Tells libraries whose time was over, when that is durable.
    pub fn tell_over(&mut self) {
        self.snapshot.tell_over(&std::mem::take(&mut self.watch.over));
    }

    /// Nothing of what was gathered came to be.
    pub fn forget_settled(&mut self) {
        let Watch { offers, commits, over, .. } = &mut self.watch;
        offers.clear();
        commits.clear();
        over.clear();
    }
}

fn tell(
    snapshot: &Arc<Snapshot>,
    point: Point,
    settled: &[Settled],
    replies: &mut dyn Replies,
    tell: impl Fn(&dyn Hooks, &mut Batch<'_>),
) {
    if settled.is_empty() {
        return;
    }
    let mut batch = Batch { snapshot, settled, replies };
    snapshot.libraries.of(point).for_each(|library| tell(library, &mut batch));
}

impl Snapshot {
    fn tell_over(&self, over: &[Lease4]) {
        if !over.is_empty() {
            self.libraries.of(Point::Over).for_each(|library| library.over(over));
        }
    }

    /// An address that was offered to this client was found in use by somebody else: nobody gets it for a while, unless its client has
    /// been given it meanwhile. Whether that was stored.
    pub async fn decline<L: Leases4>(
        &self,
        leases: &mut L,
        offered: &Lease4,
        client: &str,
        now: UnixSeconds,
    ) -> Result<bool, StoreError> {
        let (address, probation) = (offered.address, self.config.decline_probation);
        event!(DHCP4_SERVER_INITIATED_DECLINE, client, address, probation);
        let current = leases.by_address(address).await?;
        let same = |lease: &Lease4| (&lease.hw_addr, &lease.client_id) == (&offered.hw_addr, &offered.client_id);
        if current.as_ref().is_some_and(|current| !current.is_free_at(now) && !same(current)) {
            event!(DHCP4_SERVER_INITIATED_DECLINE_RESOURCE_BUSY, client, address);
            return Ok(false);
        }
        let lease = declined(offered, now, probation);
        leases.put(lease.clone()).await?;
        match &current {
            Some(current) => self.count_changed(current, &lease),
            None => self.count(&lease, 1),
        }
        Ok(true)
    }

    /// Tells libraries of an address that was declined by the server, when that is durable.
    pub fn tell_declined(&self, offered: &Lease4, now: UnixSeconds) {
        let lease = declined(offered, now, self.config.decline_probation);
        self.libraries.of(Point::Declined).for_each(|library| library.declined(&lease));
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
