//! Leases of an identity association: kept, granted, taken back.

use super::allocate::{Candidate, Given, Hint, Range};
use super::counters::{Event, Failure, counts_as_assigned, place_of};
use super::exchange::Exchange;
use super::hooks::Proposal;
use super::hosts::reserved;
use super::messages::*;
use super::names::{policy_at, queue};
use super::reclaim::give_up;
use crate::hooks::{Next, Point};
use crate::shown::Shown;
use dhcpd_config::lifetime::Lifetime;
use dhcpd_config::v6::snapshot::Subnet6;
use leases::{Duid, HwAddr, Lease6, LeaseState, LeaseType, Leases6, StoreError};
use ncr::ChangeType;
use smallvec::SmallVec;
use std::fmt::Write as _;
use std::net::Ipv6Addr;
use wire::hex::{Colons, Plain};
use wire::v6::{MessageType, code};

/// The leases of an IA.
#[derive(Debug, Default)]
pub(super) struct Binding {
    /// What the client has now.
    pub grants: SmallVec<[Grant; 1]>,
    /// What it had and has no longer: addresses, or prefixes with their lengths.
    pub retired: SmallVec<[(Ipv6Addr, u8); 1]>,
}

/// A lease as it is to be sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grant {
    pub kind: LeaseType,
    pub address: Ipv6Addr,
    /// 128 for an address.
    pub len: u8,
    /// Seconds; for a lease that was not extended, what is left of its lifetime.
    pub preferred: u32,
    /// Seconds, likewise.
    pub valid: u32,
    /// The lease was young enough to be given again as it stands.
    pub reused: bool,
    /// Index of its pool.
    pub pool: Option<usize>,
}

impl<L: Leases6> Exchange<'_, '_, L> {
    /// Finds, makes or extends the leases of an IA.
    pub(super) async fn bind(&mut self, kind: LeaseType, iaid: u32, hints: &[Hint]) -> Result<Binding, StoreError> {
        let mut binding = Binding::default();
        let Some(start) = self.subnet else { return Ok(binding) };
        let link: SmallVec<[usize; 4]> = self.snapshot.config.subnets.siblings(start).collect();
        let renewal = matches!(self.query.kind(), MessageType::RENEW | MessageType::REBIND);
        let client = self.query.label();
        let mut kept: SmallVec<[(usize, Lease6); 1]> = SmallVec::new();
        for lease in self.leases.by_ia(kind, self.duid, iaid).await? {
            let subnet =
                self.snapshot.config.subnets.by_id(lease.subnet_id).map(|(at, _)| at).filter(|at| link.contains(at));
            match subnet {
                _ if matches!(lease.state, LeaseState::Registered | LeaseState::Declined) => {}
                Some(subnet) if self.fits(subnet, &lease) => kept.push((subnet, lease)),
                Some(_) => self.retire(lease, &mut binding).await?,
                None => {}
            }
        }
        match (kept.is_empty(), self.hosts.is_empty()) {
            (_, false) if renewal => log::event!(ALLOC_ENGINE_V6_RENEW_HR, client),
            (_, true) if renewal => {}
            (true, false) => log::event!(ALLOC_ENGINE_V6_ALLOC_NO_LEASES_HR, client),
            (false, true) => log::event!(ALLOC_ENGINE_V6_ALLOC_LEASES_NO_HR, client),
            (false, false) => log::event!(ALLOC_ENGINE_V6_ALLOC_LEASES_HR, client),
            (true, true) => log::event!(ALLOC_ENGINE_V6_ALLOC_NO_V6_HR, client),
        }
        if !self.hosts.is_empty() {
            if let Some((subnet, lease)) = kept.iter().find(|(subnet, lease)| self.hosts.cover(*subnet, lease)) {
                let address = lease.address;
                log::event!(ALLOC_ENGINE_V6_ALLOC_HR_LEASE_EXISTS, client, kind = Shown(&kind), address);
                self.subnet = Some(*subnet);
            } else if let Some(candidate) = self.reserved_candidate(kind).await?
                && let Some(grant) = self.grant(kind, iaid, candidate, hints).await?
            {
                self.log_reserved(&grant);
                binding.grants.push(grant);
            }
            // One lease that is not reserved may stay, if there is no other.
            while kept.len() + binding.grants.len() > 1 {
                let Some(at) = kept.iter().position(|(subnet, lease)| !self.hosts.cover(*subnet, lease)) else { break };
                let (_, lease) = kept.remove(at);
                self.retire(lease, &mut binding).await?;
            }
        }
        if kept.is_empty() && binding.grants.is_empty() {
            match renewal {
                true => log::event!(ALLOC_ENGINE_V6_EXTEND_ALLOC_UNRESERVED, client),
                false => log::event!(ALLOC_ENGINE_V6_ALLOC_UNRESERVED, client),
            }
            match self.pooled_candidate(kind, hints.first()).await? {
                Some(candidate) => binding.grants.extend(self.grant(kind, iaid, candidate, hints).await?),
                None => self.report_failure(kind, start),
            }
        }
        for (subnet, lease) in kept {
            if renewal {
                log::event!(ALLOC_ENGINE_V6_EXTEND_LEASE, client, kind = Shown(&kind), address = lease.address);
                log::event!(ALLOC_ENGINE_V6_EXTEND_LEASE_DATA, client, lease = Shown(&lease));
            }
            let candidate = Candidate { subnet, address: lease.address, len: lease.prefix_len, old: Some(lease) };
            binding.grants.extend(self.grant(kind, iaid, candidate, hints).await?);
        }
        Ok(binding)
    }

    /// Whether a lease that the client has in a subnet, an index, may stay.
    fn fits(&self, subnet: usize, lease: &Lease6) -> bool {
        let key = reserved(lease.lease_type, lease.address, lease.prefix_len);
        if !self.may_use(subnet) {
            return false;
        }
        if self.hosts.cover(subnet, lease) {
            return true;
        }
        if let Some(owner) = self.hosts.other_owner(&self.snapshot.config, subnet, key) {
            let (client, duid, owner) = (self.query.label(), Colons(self.duid), Plain(&owner.identifier.bytes));
            let (address, length) = (lease.address, lease.prefix_len);
            match lease.lease_type {
                LeaseType::Na => log::event!(ALLOC_ENGINE_V6_REVOKED_ADDR_LEASE, client, address, duid, owner),
                LeaseType::Pd => {
                    log::event!(ALLOC_ENGINE_V6_REVOKED_PREFIX_LEASE, client, prefix = address, length, duid, owner);
                }
            }
            return false;
        }
        let pool = self.pool_of(subnet, lease.lease_type, lease.address);
        pool.is_some_and(|pool| self.may_use_pool(subnet, lease.lease_type, pool))
    }

    /// Takes a lease back that the client must not keep.
    async fn retire(&mut self, lease: Lease6, binding: &mut Binding) -> Result<(), StoreError> {
        if self.commit {
            self.leases.remove(lease.lease_type, lease.address).await?;
            self.watch.deleted(&lease);
            queue(&self.snapshot.config, self.name_changes, ChangeType::Remove, &lease);
            if counts_as_assigned(lease.state) {
                self.snapshot.counters.lease(
                    lease.lease_type,
                    place_of(&self.snapshot.config, &lease),
                    Event::Assigned,
                    -1,
                );
            }
        }
        binding.retired.push((lease.address, lease.prefix_len));
        Ok(())
    }

    /// Leases a candidate to the client, if no library is against it.
    async fn grant(
        &mut self,
        kind: LeaseType,
        iaid: u32,
        candidate: Candidate,
        hints: &[Hint],
    ) -> Result<Option<Grant>, StoreError> {
        let Candidate { subnet: at, address, len, old } = candidate;
        self.subnet = Some(at);
        let client = self.query.label();
        let own = old.as_ref().filter(|old| &old.duid[..] == self.duid && old.iaid == iaid);
        let renewal = matches!(self.query.kind(), MessageType::RENEW | MessageType::REBIND);
        // Who asks for what it has gets it as it is, as in Kea; a renewal changes the terms.
        let kept = own.filter(|_| !renewal);
        let config = self.snapshot.config.subnets.list().get(at);
        let terms = kept.filter(|kept| kept.valid_lifetime > 0);
        let (preferred, valid) = match (terms, config) {
            (Some(terms), _) => (terms.preferred_lifetime, terms.valid_lifetime),
            (None, Some(subnet))
                if kind == LeaseType::Pd && self.is_crowded(at, address, len, old.as_ref()).await? =>
            {
                self.least_lifetimes(subnet, own)
            }
            (None, Some(subnet)) => self.lifetimes(subnet, hints.first()),
            (None, None) => (0, 0),
        };
        let pool = self.pool_of(at, kind, address);
        let policy = policy_at(&self.snapshot.config, Some((at, pool)), kind);
        if self.name.is_none() {
            self.settle_name(policy);
        }
        if kind == LeaseType::Na && self.commit {
            self.generate_name(address, policy);
        }
        let given = Given { kind, address, len, subnet: at, pool };
        let mut lease = match kept {
            Some(kept) => self.again(kept, (preferred, valid)),
            None => self.lease(kind, iaid, given, own, (preferred, valid)),
        };
        let grant = Grant { kind, address, len, preferred, valid, reused: false, pool };
        if let Some(kept) = self.vetoed(own, &mut lease) {
            return Ok(kept.map(|lease| {
                self.given.push(given);
                let (preferred, valid) = (lease.preferred_left_at(self.now), lease.left_at(self.now));
                Grant { preferred, valid, reused: true, ..grant }
            }));
        }
        self.given.push(given);
        if kind == LeaseType::Na && !renewal {
            log::event!(DHCP6_LEASE_DATA, client, iaid, lease = Shown(&lease));
        }
        if !self.commit {
            return Ok(Some(grant));
        }
        if let Some((own, (preferred, valid))) = own.and_then(|own| Some((own, self.left(own, &lease)?))) {
            self.watch.reused(own);
            self.snapshot.counters.lease(kind, Some((at, pool)), Event::Reused, 1);
            return Ok(Some(Grant { preferred, valid, reused: true, ..grant }));
        }
        match (own, &old) {
            (Some(_), _) if !renewal => {}
            (Some(_), _) => log::event!(ALLOC_ENGINE_V6_EXTEND_NEW_LEASE_DATA, client, lease = Shown(&lease)),
            (None, Some(_)) => log::event!(ALLOC_ENGINE_V6_REUSE_EXPIRED_LEASE_DATA, client, lease = Shown(&lease)),
            (None, None) => {}
        }
        self.watch.stored(&lease, own.is_some_and(|own| !own.is_free_at(self.now)));
        let named = has_name(&lease) || own.is_some_and(has_name);
        let named = named.then(|| lease.clone());
        self.leases.put(lease).await?;
        // A renewal of what is over begins anew, for the numbers and for the DNS, as in Kea.
        let own = own.filter(|own| !renewal || !own.is_free_at(self.now));
        if let Some(old) = old.as_ref().filter(|_| own.is_none()) {
            give_up(self.snapshot, self.name_changes, self.watch, old);
        }
        if !own.is_some_and(|own| counts_as_assigned(own.state)) {
            self.snapshot.counters.lease(kind, Some((at, pool)), Event::Assigned, 1);
            self.snapshot.counters.lease(kind, Some((at, pool)), Event::CumulativeAssigned, 1);
        }
        if let Some(named) = named {
            self.names_changed(own, &named, policy);
        }
        Ok(Some(grant))
    }

    /// Whether a library does not want the client to have a lease: if so, the one that it has and keeps as it stands, if any.
    fn vetoed(&self, own: Option<&Lease6>, lease: &mut Lease6) -> Option<Option<Lease6>> {
        let libraries = &self.snapshot.libraries;
        if !libraries.at(Point::Lease) {
            return None;
        }
        let before = own.filter(|own| !own.is_free_at(self.now));
        let mut proposal = Proposal { lease, before, offered: !self.commit };
        let query = self.query.request(&self.classes);
        let answer = libraries.ask(Point::Lease, |library| library.lease(&query, &mut proposal));
        (answer == Next::Drop).then(|| before.cloned())
    }

    /// The lease as it is to be.
    pub(super) fn lease(
        &self,
        kind: LeaseType,
        iaid: u32,
        given: Given,
        own: Option<&Lease6>,
        lifetimes: (u32, u32),
    ) -> Lease6 {
        let subnet = self.snapshot.config.subnets.list().get(given.subnet);
        let pools = |subnet: &Subnet6| match kind {
            LeaseType::Na => subnet.pools.get(given.pool?).map(|pool| pool.id),
            LeaseType::Pd => subnet.pd_pools.get(given.pool?).map(|pool| pool.id),
        };
        let name = self.name.as_ref();
        let relayed = subnet.filter(|subnet| subnet.store_extended_info).and_then(|_| self.relay_info());
        Lease6 {
            lease_type: kind,
            address: given.address,
            prefix_len: given.len,
            duid: Duid::from_slice(self.duid),
            iaid,
            preferred_lifetime: lifetimes.0,
            valid_lifetime: lifetimes.1,
            cltt: self.now,
            subnet_id: subnet.map_or(0, |subnet| subnet.id),
            pool_id: subnet.and_then(pools).unwrap_or(0),
            fqdn_fwd: name.is_some_and(|name| name.forward),
            fqdn_rev: name.is_some_and(|name| name.reverse),
            hostname: name.map(|name| &*name.hostname).unwrap_or_default().into(),
            hw_addr: self.mac.as_ref().map(|mac| HwAddr::from_slice(&mac.address)),
            hw_type: self.mac.as_ref().map_or(0, |mac| mac.hw_type),
            hw_source: self.mac.as_ref().map_or(0, |mac| mac.source),
            state: LeaseState::Assigned,
            user_context: relayed.or_else(|| own.and_then(|own| own.user_context.clone())),
        }
    }

    /// A lease that the client has, given once more: its time and its name are new.
    fn again(&self, own: &Lease6, lifetimes: (u32, u32)) -> Lease6 {
        let name = self.name.as_ref();
        Lease6 {
            preferred_lifetime: lifetimes.0,
            valid_lifetime: lifetimes.1,
            cltt: self.now,
            fqdn_fwd: name.is_some_and(|name| name.forward),
            fqdn_rev: name.is_some_and(|name| name.reverse),
            hostname: name.map(|name| &*name.hostname).unwrap_or_default().into(),
            state: LeaseState::Assigned,
            ..own.clone()
        }
    }

    /// Preferred and valid lifetime in a subnet, in seconds, as near to what the client asks for as the ranges let it be:
    /// those of its first class that has any, or the subnet's.
    fn lifetimes(&self, subnet: &Subnet6, hint: Option<&Hint>) -> (u32, u32) {
        let asked = |lifetime: Option<u32>| lifetime.filter(|seconds| *seconds > 0);
        let (preferred, valid) = self.bounds(subnet);
        let preferred = preferred.choose(asked(hint.map(|hint| hint.preferred)));
        in_order(preferred, valid.choose(asked(hint.map(|hint| hint.valid))))
    }

    /// The shortest ones, but for what the client still has of a lease of its own.
    fn least_lifetimes(&self, subnet: &Subnet6, own: Option<&Lease6>) -> (u32, u32) {
        let own = own.filter(|own| own.state == LeaseState::Assigned);
        let left = own.map_or((0, 0), |own| (own.preferred_left_at(self.now), own.left_at(self.now)));
        let (preferred, valid) = self.bounds(subnet);
        in_order(preferred.min.max(left.0), valid.min.max(left.1))
    }

    /// The ranges of the lifetimes, preferred and valid.
    fn bounds(&self, subnet: &Subnet6) -> (Lifetime, Lifetime) {
        let preferred = self.settings().find_map(|class| class.preferred).unwrap_or(subnet.preferred);
        (preferred, self.settings().find_map(|class| class.valid).unwrap_or(subnet.valid))
    }

    /// Whether, with this prefix, as many of those that the client may have are in use as make leases short
    /// (`adaptive-lease-time-threshold`). `old` is the lease that stands on it.
    async fn is_crowded(
        &mut self,
        at: usize,
        prefix: Ipv6Addr,
        len: u8,
        old: Option<&Lease6>,
    ) -> Result<bool, StoreError> {
        let kind = LeaseType::Pd;
        let Some(subnet) = self.snapshot.config.subnets.list().get(at) else { return Ok(false) };
        let Some(threshold) = subnet.adaptive_threshold else { return Ok(false) };
        let (mut held, mut all, mut within) = (u64::from(old.is_none_or(Lease6::is_given_back)), 0.0, false);
        for pool in 0..subnet.pd_pools.len() {
            let usable = self.may_use_pool(at, kind, pool);
            let Some(range) = Range::of(subnet, kind, pool).filter(|range| usable && range.len <= len) else {
                continue;
            };
            within |= (range.first..=range.last).contains(&prefix);
            held += self.leases.count_held(kind, range.0).await?;
            all += range.number_of(range.last) as f64 + 1.0;
        }
        Ok(within && held as f64 / all >= threshold)
    }

    /// What is left of the lifetimes of a lease that need not be extended: nothing about it changes, and it is young.
    fn left(&self, own: &Lease6, new: &Lease6) -> Option<(u32, u32)> {
        let age = self.now.checked_sub(own.cltt)?;
        let keeps = self.subnet()?.cache.covers(own.valid_lifetime, age);
        let keeps = keeps && Lease6 { cltt: new.cltt, ..own.clone() } == *new;
        let left = |lifetime: u32| match lifetime {
            0 | u32::MAX => Some(lifetime),
            _ => lifetime.checked_sub(u32::try_from(age).ok()?).filter(|left| *left > 0),
        };
        if keeps { Some((left(own.preferred_lifetime)?, left(own.valid_lifetime)?)) } else { None }
    }

    fn log_reserved(&self, grant: &Grant) {
        let (client, address) = (self.query.label(), grant.address);
        match grant.kind {
            LeaseType::Na => log::event!(ALLOC_ENGINE_V6_HR_ADDR_GRANTED, address, client),
            LeaseType::Pd => {
                log::event!(ALLOC_ENGINE_V6_HR_PREFIX_GRANTED, prefix = address, length = grant.len, client);
            }
        }
    }

    fn report_failure(&self, kind: LeaseType, subnet: usize) {
        let client = self.query.label();
        let Some(config) = self.snapshot.config.subnets.list().get(subnet) else { return };
        let link = self.link(subnet);
        let capacities = link.iter().map(|at| self.capacity(*at, kind));
        let attempts = capacities.clone().fold(0, u128::saturating_add);
        let without = capacities.filter(|capacity| *capacity == 0).count();
        match config.network.and_then(|at| self.snapshot.config.subnets.networks().get(at)) {
            Some(network) => {
                let full = link.len() - without;
                log::event!(ALLOC_ENGINE_V6_ALLOC_FAIL_SHARED_NETWORK, client, network = network.name, full, without);
                self.snapshot.counters.failed(subnet, Failure::SharedNetwork);
            }
            None => {
                log::event!(
                    ALLOC_ENGINE_V6_ALLOC_FAIL_SUBNET,
                    client,
                    subnet = format_args!("{}/{}", config.prefix, config.prefix_len),
                    subnet_id = config.id,
                    network = "(none)",
                );
                self.snapshot.counters.failed(subnet, Failure::Subnet);
            }
        }
        if attempts == 0 {
            log::event!(ALLOC_ENGINE_V6_ALLOC_FAIL_NO_POOLS, client);
            self.snapshot.counters.failed(subnet, Failure::NoPools);
        } else {
            log::event!(ALLOC_ENGINE_V6_ALLOC_FAIL, client, attempts);
            self.snapshot.counters.failed(subnet, Failure::Any);
        }
        log::event!(ALLOC_ENGINE_V6_ALLOC_FAIL_CLASSES, client, classes = self.classes());
        self.snapshot.counters.failed(subnet, Failure::Classes);
    }

    /// How many addresses or prefixes there are for the client in a subnet, an index.
    fn capacity(&self, at: usize, kind: LeaseType) -> u128 {
        let Some(subnet) = self.snapshot.config.subnets.list().get(at) else { return 0 };
        let pools = if kind == LeaseType::Na { subnet.pools.len() } else { subnet.pd_pools.len() };
        let usable = (0..pools).filter(|pool| self.may_use_pool(at, kind, *pool));
        let ranges = usable.filter_map(|pool| Range::of(subnet, kind, pool));
        ranges.map(|range| range.number_of(range.last).saturating_add(1)).fold(0, u128::saturating_add)
    }

    /// How the message was relayed, as Kea keeps it in the lease's user context (`store-extended-info`).
    fn relay_info(&self) -> Option<Box<str>> {
        let relays = &self.query.packet.relays;
        if relays.is_empty() {
            return None;
        }
        let mut json = String::from(r#"{ "ISC": { "relay-info": [ "#);
        for (at, relay) in relays.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            let (hop, link, peer) = (relay.hop_count, relay.link_address, relay.peer_address);
            // Writing to a string does not fail.
            let _ = write!(json, r#"{comma}{{ "hop": {hop}, "link": "{link}""#);
            let mut hex = String::new();
            for option in relay.options.iter().map_while(Result::ok).filter(|option| option.code != code::RELAY_MSG) {
                let header = [option.code.to_be_bytes(), (option.data.len() as u16).to_be_bytes()].concat();
                let _ = write!(hex, "{}{}", Plain(&header), Plain(option.data));
            }
            if !hex.is_empty() {
                let _ = write!(json, r#", "options": "0x{hex}""#);
            }
            let _ = write!(json, r#", "peer": "{peer}""#);
            for (key, wanted) in [("relay-id", code::RELAY_ID), ("remote-id", code::REMOTE_ID)] {
                if let Some(id) = relay.options.find(wanted).filter(|id| !id.is_empty()) {
                    let _ = write!(json, r#", "{key}": "{}""#, Plain(id));
                }
            }
            json.push_str(" }");
        }
        json.push_str(" ] } }");
        Some(json.into())
    }
}

/// Whether the DNS may know of a lease.
fn has_name(lease: &Lease6) -> bool {
    !lease.hostname.is_empty() || lease.fqdn_fwd || lease.fqdn_rev
}

/// No more than the valid lifetime is preferred (RFC 8415 §21.6): otherwise five eighths of it, as in Kea.
fn in_order(preferred: u32, valid: u32) -> (u32, u32) {
    let fits = (1..=valid).contains(&preferred);
    (if fits { preferred } else { (u64::from(valid) * 5 / 8) as u32 }, valid)
}
