//! Leases whose time is over: their names go, their numbers are set right, and they are kept for a while or forgotten.

use super::Snapshot;
use super::counters::{Event, counts_as_assigned, place_of};
use super::messages::*;
use super::names::queue;
use super::watch::Watch;
use leases::lease::UnixSeconds;
use leases::{Lease6, LeaseState, Leases6, StoreError};
use ncr::{ChangeType, NameChangeRequest};
use wire::hex::Colons;

/// What one reclamation did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reclaimed {
    /// Leases dealt with.
    pub leases: usize,
    /// There are more than were allowed.
    pub more: bool,
}

/// Reclaims up to `limit` leases that were over at `now`; they are removed, or kept as reclaimed ones.
pub(super) async fn reclaim<L: Leases6>(
    snapshot: &Snapshot,
    name_changes: &mut Vec<NameChangeRequest>,
    watch: &mut Watch,
    leases: &mut L,
    now: UnixSeconds,
    (limit, forget): (usize, bool),
) -> Result<Reclaimed, StoreError> {
    let most = if limit == 0 { usize::MAX } else { limit };
    let mut over = leases.expired(now, most.saturating_add(1)).await?;
    let more = over.len() > most;
    over.truncate(most);
    let done = Reclaimed { leases: over.len(), more };
    for lease in over {
        give_up(snapshot, name_changes, watch, &lease);
        // A declined address was nobody's: there is nothing to remember. Nor is there of a registered one.
        let nobodys = matches!(lease.state, LeaseState::Declined | LeaseState::Registered);
        if nobodys || forget {
            leases.remove(lease.lease_type, lease.address).await?;
        } else {
            let state = LeaseState::ExpiredReclaimed;
            let nameless = Lease6 { hostname: "".into(), fqdn_fwd: false, fqdn_rev: false, ..lease };
            leases.put(Lease6 { state, user_context: None, ..nameless }).await?;
        }
    }
    Ok(done)
}

/// Settles names and numbers of a lease that is over and that nobody has reclaimed yet.
pub(super) fn give_up(
    snapshot: &Snapshot,
    name_changes: &mut Vec<NameChangeRequest>,
    watch: &mut Watch,
    lease: &Lease6,
) {
    let Snapshot { config, counters, .. } = snapshot;
    if lease.state == LeaseState::ExpiredReclaimed {
        return;
    }
    let (kind, address) = (lease.lease_type, lease.address);
    log::event!(ALLOC_ENGINE_V6_LEASE_RECLAIM, client = Colons(&lease.duid), address, length = lease.prefix_len);
    watch.over(&snapshot.libraries, lease);
    queue(config, name_changes, ChangeType::Remove, lease);
    let place = place_of(config, lease);
    if lease.state == LeaseState::Declined {
        log::event!(ALLOC_ENGINE_V6_DECLINED_RECOVERED, address, probation = lease.valid_lifetime);
        counters.lease(kind, place, Event::Declined, -1);
        counters.lease(kind, place, Event::ReclaimedDeclined, 1);
    }
    counters.lease(kind, place, Event::Reclaimed, 1);
    if lease.state == LeaseState::Registered {
        counters.lease(kind, place, Event::Registered, -1);
    }
    if counts_as_assigned(lease.state) {
        counters.lease(kind, place, Event::Assigned, -1);
    }
    log::event!(ALLOC_ENGINE_LEASE_RECLAIMED, address);
}
