//! Leases whose time is over.

use super::messages::*;
use super::{Server, Snapshot};
use leases::lease::UnixSeconds;
use leases::{Lease4, LeaseState, Leases4, StoreError};
use log::event;

/// What one reclamation did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reclaimed {
    /// Leases dealt with.
    pub leases: usize,
    /// There was as much as allowed: there may be more.
    pub more: bool,
}

impl Server {
    pub(super) async fn reclaim_expired<L: Leases4>(
        &mut self,
        snapshot: &Snapshot,
        leases: &mut L,
        now: UnixSeconds,
        limit: usize,
    ) -> Result<Reclaimed, StoreError> {
        let expired = &snapshot.config.expired;
        event!(ALLOC_ENGINE_V4_LEASES_RECLAMATION_START, limit, timeout = expired.max_milliseconds);
        let over = leases.expired(now, if limit == 0 { usize::MAX } else { limit }).await?;
        let done = Reclaimed { leases: over.len(), more: limit > 0 && over.len() >= limit };
        for lease in over {
            // A declined lease was nobody's: there is nothing to remember.
            if !expired.kept() || lease.state == LeaseState::Declined {
                leases.remove(lease.address).await?;
            } else {
                let state = LeaseState::ExpiredReclaimed;
                let nameless = Lease4 { hostname: "".into(), fqdn_fwd: false, fqdn_rev: false, ..lease.clone() };
                leases.put(Lease4 { state, ..nameless }).await?;
            }
            self.reclaimed(snapshot, &lease);
        }
        if !done.more {
            event!(ALLOC_ENGINE_V4_NO_MORE_EXPIRED_LEASES);
        }
        Ok(done)
    }
}
