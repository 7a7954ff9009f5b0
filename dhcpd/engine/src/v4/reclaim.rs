//! Leases whose time is over.

use super::{Server, Snapshot};
use leases::lease::UnixSeconds;
use leases::{Lease4, LeaseState, Leases4, StoreError};

/// What one reclamation did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reclaimed {
    /// Leases dealt with.
    pub leases: usize,
    /// There are more than were allowed.
    pub more: bool,
}

impl Server {
    pub(super) async fn reclaim_expired<L: Leases4>(
        &mut self,
        snapshot: &Snapshot,
        leases: &mut L,
        now: UnixSeconds,
        limit: usize,
        forget: Option<bool>,
    ) -> Result<Reclaimed, StoreError> {
        let forget = forget.unwrap_or(!snapshot.config.expired.kept());
        let most = if limit == 0 { usize::MAX } else { limit };
        let mut over = leases.expired(now, most.saturating_add(1)).await?;
        let more = over.len() > most;
        over.truncate(most);
        let done = Reclaimed { leases: over.len(), more };
        for lease in over {
            // A declined lease was nobody's: there is nothing to remember.
            if forget || lease.state == LeaseState::Declined {
                leases.remove(lease.address).await?;
            } else {
                let state = LeaseState::ExpiredReclaimed;
                let nameless = Lease4 { hostname: "".into(), fqdn_fwd: false, fqdn_rev: false, ..lease.clone() };
                leases.put(Lease4 { state, user_context: None, ..nameless }).await?;
            }
            self.reclaimed(snapshot, &lease);
        }
        Ok(done)
    }
}
