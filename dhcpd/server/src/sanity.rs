//! `sanity-checks/lease-checks`: what becomes of a stored lease whose subnet is not the one that holds its address.

use crate::messages::*;
use dhcpd_config::common::LeaseChecks;
use std::fmt::Display;

/// What is to be done with a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It stays as it is.
    Keep,
    /// It belongs to the subnet of this number.
    Move(u32),
    /// It is dropped.
    Drop,
}

/// Judges a lease on `address` that says it is of the subnet `claimed`. `fits` tells whether there is such a subnet and
/// it holds the address; `right` is the subnet that holds it, if there is one.
pub fn judge(checks: LeaseChecks, address: impl Display, claimed: u32, fits: bool, right: Option<u32>) -> Verdict {
    if fits || checks == LeaseChecks::None {
        return Verdict::Keep;
    }
    let reason = "the subnet does not exist, or does not hold the address";
    match (checks, right) {
        (LeaseChecks::Fix | LeaseChecks::FixDel, Some(right)) => {
            log::event!(DHCPSRV_LEASE_SANITY_FIXED, lease = address, claimed, right);
            Verdict::Move(right)
        }
        (LeaseChecks::FixDel, None) | (LeaseChecks::Del, _) => {
            log::event!(DHCPSRV_LEASE_SANITY_FAIL_DISCARD, lease = address, claimed, reason);
            Verdict::Drop
        }
        _ => {
            log::event!(DHCPSRV_LEASE_SANITY_FAIL, lease = address, claimed, reason);
            Verdict::Keep
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_that_fits_stays_and_others_are_treated_as_told() {
        use LeaseChecks::*;
        for checks in [None, Warn, Fix, FixDel, Del] {
            assert_eq!(judge(checks, "192.0.2.1", 1, true, Some(1)), Verdict::Keep);
        }
        let wrong = |checks, right| judge(checks, "192.0.2.1", 7, false, right);
        assert_eq!(
            [None, Warn, Fix, FixDel, Del].map(|c| wrong(c, Some(1))),
            [Verdict::Keep, Verdict::Keep, Verdict::Move(1), Verdict::Move(1), Verdict::Drop]
        );
        assert_eq!(
            [None, Warn, Fix, FixDel, Del].map(|c| wrong(c, Option::None)),
            [Verdict::Keep, Verdict::Keep, Verdict::Keep, Verdict::Drop, Verdict::Drop]
        );
    }
}
