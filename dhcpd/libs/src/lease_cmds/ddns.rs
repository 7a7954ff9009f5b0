//! `leaseX-resend-ddns`, and names that go with a lease.

use crate::Site;
use crate::arguments::Refusal;
use ncr::NameChangeRequest;
use std::fmt::Display;

/// Whether names can be sent again for a lease.
pub(super) fn check(address: impl Display, hostname: &str, directions: (bool, bool)) -> Result<(), Refusal> {
    if hostname.is_empty() {
        return Err(format!("Lease for: {address}, has no hostname, nothing to update").into());
    }
    match directions {
        (false, false) => Err(format!("Neither forward nor reverse updates enabled for lease for: {address}").into()),
        _ => Ok(()),
    }
}

/// The words for a request that was made.
pub(super) fn made(address: impl Display, hostname: &str) -> String {
    format!("NCR generated for: {address}, hostname: {hostname}")
}

impl<S, T: leases::memfile::Table> Site<S, T> {
    /// Hands a request to the way to D2.
    pub(super) fn send(&self, request: Option<NameChangeRequest>) {
        if let Some(request) = request {
            let _ = self.name_changes.send(vec![request]); // fails only while the daemon ends
        }
    }
}
