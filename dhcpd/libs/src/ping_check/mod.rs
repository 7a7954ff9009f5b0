//! `libdhcp_ping_check.so`: nobody is offered an address that answers a ping (RFC 2131 §3.1, step 2).
//!
//! The offer is kept while its address is pinged. It leaves if nobody answers; otherwise it is dropped, and the address is
//! declined. Pings leave from the workers, answers and time-outs are the business of one thread.

mod checks;
pub mod messages;

use crate::machine::Machine;
use crate::packets::Unfit;
use crate::walk::unix_seconds;
use checks::{Check, Checks};
use dhcpd_config::parameters::{PingCheckRules, PingPolicy};
use engine::hooks::Point;
use engine::v4::hooks::{Batch, Hooks, Settled};
use leases::Lease4;
use leases::memfile::Store4;
use messages::*;
use std::sync::Arc;

/// The library at work.
#[derive(Debug)]
pub struct PingCheck {
    rules: PingCheckRules,
    checks: Arc<Checks>,
}

impl PingCheck {
    pub(crate) fn new(rules: &PingCheckRules, machine: &Machine, store: &Arc<Store4>) -> Result<Self, Unfit> {
        for (subnet, reason) in &rules.failures {
            log::event!(PING_CHECK_MGR_SUBNET_CONFIG_FAILED, subnet, reason);
        }
        let unfit = |error: std::io::Error| ("enable-ping-check", format!("cannot open the ICMP socket: {error}"));
        let checks = Checks::start((machine.pinger)().map_err(unfit)?, store.clone()).map_err(unfit)?;
        Ok(Self { rules: rules.clone(), checks })
    }

    fn policy(&self, subnet: u32) -> PingPolicy {
        self.rules.subnets.get(&subnet).copied().unwrap_or(self.rules.everywhere)
    }
}

impl Drop for PingCheck {
    fn drop(&mut self) {
        self.checks.stop();
    }
}

impl Hooks for PingCheck {
    fn points(&self) -> &'static [Point] {
        &[Point::Offered]
    }

    fn offered(&self, batch: &mut Batch<'_>) {
        let all = batch.settled;
        for (at, settled) in all.iter().enumerate() {
            let Some(stored) = settled.leases.first().filter(|_| batch.reply(at).is_some()) else {
                log::event!(PING_CHECK_CHANNEL_NO_LEASE_OR_LEASE_REUSED);
                continue;
            };
            let (lease, policy) = (&stored.lease, self.policy(stored.lease.subnet_id));
            if stored.extended || !wanted(settled, lease, policy) {
                continue;
            }
            if self.checks.has(lease.address) {
                log::event!(PING_CHECK_DUPLICATE_CHECK, address = lease.address, query = settled.label());
                batch.discard(at);
                continue;
            }
            log::event!(PING_CHECK_MGR_START_PING_CHECK, address = lease.address, query = settled.label());
            let client = settled.label().to_string();
            if let Some(offer) = batch.keep(at) {
                self.checks.begin(Check::new(offer, lease.clone(), client, batch.snapshot(), policy));
            }
        }
    }
}

/// Whether an offered address is to be pinged: not one that is reserved for the client, nor one that it had a moment ago.
fn wanted(settled: &Settled, lease: &Lease4, policy: PingPolicy) -> bool {
    let Some(offer) = settled.offer.as_ref().filter(|offer| policy.enabled && !offer.reserved) else { return false };
    let own = |before: &&Lease4| match (&before.client_id, &lease.client_id) {
        (Some(before), Some(now)) => before == now,
        _ => before.hw_addr == lease.hw_addr && !lease.hw_addr.is_empty(),
    };
    let since = offer.before.as_ref().filter(own).map(|before| unix_seconds().saturating_sub(before.cltt));
    since.is_none_or(|seconds| seconds >= policy.cltt.into())
}
