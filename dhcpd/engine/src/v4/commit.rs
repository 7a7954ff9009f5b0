//! Carries out what was decided: leases, statistics, names.

use super::allocate::Choice;
use super::client::Client;
use super::hooks::{Offer, Proposal};
use super::messages::*;
use super::names::ClientName;
use super::query::{Label, Lifetime, Query};
use super::{Server, Snapshot};
use crate::ddns::{self, Named};
use crate::hooks::{Next, Point};
use crate::shown::Shown;
use dhcpd_config::v4::snapshot::Subnet4;
use leases::lease::UnixSeconds;
use leases::{ClientId, HwAddr, Lease4, LeaseState, Leases4, StoreError};
use log::event;
use ncr::{ChangeType, Dhcid, NameChangeRequest};
use std::fmt::Write;
use std::net::Ipv4Addr;
use wire::hex::Plain;
use wire::v4::{agent, code};

/// Leases carry no hardware type; it is taken to be Ethernet, as in Kea's lease files.
const ETHERNET: u8 = 1;

/// What a client is told about its lease.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    pub address: Ipv4Addr,
    /// Seconds.
    pub lifetime: u32,
}

/// Seconds that a lease is valid: what the client asks for, within bounds; or as short as may be, where few addresses are
/// left (`adaptive-lease-time-threshold`).
async fn lifetime<L: Leases4>(
    client: &Client<'_>,
    subnet: &Subnet4,
    choice: &Choice,
    leases: &mut L,
    now: UnixSeconds,
) -> Result<u32, StoreError> {
    let bounds = client.valid_lifetime(subnet);
    if is_crowded(client, subnet, choice, leases).await? {
        // What a client has is not cut short.
        let own = choice.current.as_ref().filter(|lease| choice.own && lease.state == LeaseState::Assigned);
        return Ok(bounds.min.max(own.map_or(0, |lease| lease.left_at(now))));
    }
    let hint = client.query.packet.u32_option(code::LEASE_TIME).filter(|seconds| *seconds > 0);
    Ok(bounds.choose(hint))
}

/// Whether, with this choice, as many addresses of the client's pools are in use as make leases short.
async fn is_crowded<L: Leases4>(
    client: &Client<'_>,
    subnet: &Subnet4,
    choice: &Choice,
    leases: &mut L,
) -> Result<bool, StoreError> {
    let Some(threshold) = subnet.adaptive_threshold else { return Ok(false) };
    let pools = || subnet.pools.iter().filter(|pool| pool.guard.admits(client.classes()));
    if !pools().any(|pool| pool.contains(choice.address)) {
        return Ok(false);
    }
    let fresh = choice.current.as_ref().is_none_or(|lease| lease.is_given_back());
    let (mut held, mut all) = (u64::from(fresh), 0);
    for pool in pools() {
        held += leases.count_held(pool.first, pool.last).await?;
        all += pool.capacity();
    }
    Ok(held as f64 / all as f64 >= threshold)
}

/// The lease that a choice makes.
fn new_lease(
    client: &Client<'_>,
    subnet: &Subnet4,
    choice: &Choice,
    name: &ClientName,
    (now, lifetime): (UnixSeconds, u32),
) -> Lease4 {
    let query = client.query;
    if !subnet.match_client_id {
        event!(DHCP4_CLIENTID_IGNORED_FOR_LEASES, query = query.label(), id = subnet.id);
    }
    let context = choice.current.as_ref().filter(|_| choice.own).and_then(|l| l.user_context.clone());
    Lease4 {
        address: choice.address,
        hw_addr: HwAddr::from_slice(query.packet.hw_addr()),
        client_id: client.client_id().map(ClientId::from_slice),
        valid_lifetime: lifetime,
        cltt: now,
        subnet_id: subnet.id,
        pool_id: subnet.pool_of(choice.address).map_or(0, |(_, pool)| pool.id),
        fqdn_fwd: name.forward,
        fqdn_rev: name.reverse,
        hostname: name.hostname.clone(),
        state: LeaseState::Assigned,
        user_context: if subnet.store_extended_info { relay_info(query).or(context) } else { context },
    }
}

/// Whether two leases differ in more than when they were given.
fn differs(new: &Lease4, old: &Lease4) -> bool {
    (&new.hw_addr, &new.client_id, new.valid_lifetime, new.subnet_id, &new.user_context)
        != (&old.hw_addr, &old.client_id, old.valid_lifetime, old.subnet_id, &old.user_context)
        || !same_name(new, old)
}

fn same_name(new: &Lease4, old: &Lease4) -> bool {
    (&new.hostname, new.fqdn_fwd, new.fqdn_rev) == (&old.hostname, old.fqdn_fwd, old.fqdn_rev)
}

/// `store-extended-info`: option 82 as Kea keeps it in a lease's user context.
fn relay_info(query: &Query<'_>) -> Option<Box<str>> {
    let agent_options = query.agent?;
    let mut text = r#"{ "ISC": { "relay-agent-info": {"#.to_owned();
    let mut separator = " ";
    for (key, option) in [("relay-id", agent::RELAY_ID), ("remote-id", agent::REMOTE_ID)] {
        if let Some(value) = query.agent_option(option).filter(|v| !v.is_empty()) {
            write!(text, r#"{separator}"{key}": "{}""#, Plain(value)).ok()?;
            separator = ", ";
        }
    }
    write!(text, r#"{separator}"sub-options": "0x{}" }} }} }}"#, Plain(agent_options)).ok()?;
    Some(text.into())
}

/// The seconds left of the client's lease, if it is given again as it stands. As in Kea, a lease whose name is made of its
/// address is always given anew.
fn reusable(subnet: &Subnet4, choice: &Choice, lease: &Lease4, name: &ClientName, now: UnixSeconds) -> Option<u32> {
    let old = choice.current.as_ref().filter(|old| choice.own && old.state == LeaseState::Assigned)?;
    let age = now.checked_sub(old.cltt)?;
    if name.generated || !subnet.cache.keeps(old.valid_lifetime, age) || differs(lease, old) {
        return None;
    }
    Some(if old.valid_lifetime == u32::MAX { u32::MAX } else { old.valid_lifetime - age as u32 })
}

/// Whether a library does not want a client to have a lease: if so, the one that it has and keeps as it stands, if any.
fn vetoed(client: &Client<'_>, choice: &Choice, lease: &mut Lease4, offered: bool) -> Option<Option<Lease4>> {
    let libraries = &client.snapshot.libraries;
    if !libraries.at(Point::Lease) {
        return None;
    }
    let now = lease.cltt;
    let before = choice.current.as_ref().filter(|current| choice.own && !current.is_free_at(now));
    let mut proposal = Proposal { lease, before, offered };
    let query = client.query.request(client.classes());
    let answer = libraries.ask(Point::Lease, |library| library.lease(&query, &mut proposal));
    (answer == Next::Drop).then(|| before.cloned())
}

impl Server {
    /// What an offer says. Nothing is kept of it, unless `offer-lifetime` keeps the address for the client meanwhile.
    pub(super) async fn offer<L: Leases4>(
        &mut self,
        client: &Client<'_>,
        choice: Choice,
        name: &ClientName,
        leases: &mut L,
        now: UnixSeconds,
    ) -> Result<Option<Terms>, StoreError> {
        let Some(subnet) = client.subnet_config() else { return Ok(None) };
        let lifetime = lifetime(client, subnet, &choice, leases, now).await?;
        let mut lease = new_lease(client, subnet, &choice, name, (now, lifetime));
        let address = choice.address;
        if let Some(old) = vetoed(client, &choice, &mut lease, true) {
            return Ok(old.map(|old| Terms { address, lifetime: old.left_at(now) }));
        }
        let lifetime = reusable(subnet, &choice, &lease, name, now).unwrap_or(lease.valid_lifetime);
        let offer_lifetime = client.offer_lifetime(subnet);
        let until = now + UnixSeconds::from(offer_lifetime);
        let current = choice.current.as_ref().filter(|current| choice.own && !current.is_free_at(now));
        let extended = choice.own && current.is_some();
        self.watch.subnet(subnet.id);
        self.watch.offered(&lease, extended, || Offer {
            lifetime: offer_lifetime,
            before: choice.current.clone(),
            reserved: client.host().is_some_and(|host| host.address == Some(address)),
        });
        let kept_longer = current.is_some_and(|current| current.expires().is_none_or(|expires| expires > until));
        if offer_lifetime == 0 || kept_longer {
            return Ok(Some(Terms { address, lifetime }));
        }
        // The DNS knows the name of before, if any, until the client takes the offer.
        let (hostname, fqdn_fwd, fqdn_rev) = match current {
            Some(current) => (current.hostname.clone(), current.fqdn_fwd, current.fqdn_rev),
            None => ("".into(), false, false),
        };
        let (fresh, valid_lifetime) = (current.is_none(), offer_lifetime);
        leases.put(Lease4 { valid_lifetime, hostname, fqdn_fwd, fqdn_rev, ..lease }).await?;
        if fresh {
            self.take(client.snapshot, choice.current.as_ref(), subnet.id, address);
        }
        Ok(Some(Terms { address, lifetime }))
    }

    /// Stores the lease of a choice, or leaves the client's own as it is.
    pub(super) async fn grant<L: Leases4>(
        &mut self,
        client: &Client<'_>,
        choice: Choice,
        name: &ClientName,
        leases: &mut L,
        now: UnixSeconds,
    ) -> Result<Option<Terms>, StoreError> {
        let (snapshot, query) = (client.snapshot, client.query);
        let Some(subnet) = client.subnet_config() else { return Ok(None) };
        let lifetime = lifetime(client, subnet, &choice, leases, now).await?;
        let mut lease = new_lease(client, subnet, &choice, name, (now, lifetime));
        let address = choice.address;
        self.watch.subnet(subnet.id);
        if let Some(old) = vetoed(client, &choice, &mut lease, false) {
            return Ok(old.map(|old| Terms { address, lifetime: old.left_at(now) }));
        }
        event!(DHCP4_LEASE_ALLOC, query = query.label(), address, lifetime = Lifetime(lease.valid_lifetime));
        if let Some(lifetime) = reusable(subnet, &choice, &lease, name, now) {
            choice.current.iter().for_each(|current| self.watch.reused(current));
            event!(DHCP4_LEASE_REUSE, query = query.label(), address, lifetime = Lifetime(lifetime));
            snapshot.counters.lease_reuses.add(1);
            snapshot.counters.subnets.get(client.subnet).inspect(|s| s.lease_reuses.add(1));
            return Ok(Some(Terms { address, lifetime }));
        }
        let policy = subnet.pool_of(address).map_or(&subnet.ddns, |(_, pool)| &pool.ddns);
        let (lifetime, announced) = (lease.valid_lifetime, policy.send_updates.then(|| lease.clone()));
        let extended = choice.current.as_ref().is_some_and(|current| choice.own && !current.is_free_at(now));
        self.watch.stored(&lease, extended);
        if choice.current.as_ref().is_some_and(|current| current.is_free_at(now)) {
            event!(ALLOC_ENGINE_V4_REUSE_EXPIRED_LEASE_DATA, client = query.label(), lease = Shown(&lease));
        }
        // What is counted and told is what the store has.
        leases.put(lease).await?;
        if let Some(old) = &choice.replaces
            && leases.remove(old.address).await?
            && !matches!(old.state, LeaseState::Released | LeaseState::ExpiredReclaimed)
        {
            self.watch.deleted(old);
            snapshot.counters.assigned(&snapshot.config, old.subnet_id, old.address, -1);
        }
        // The client's name stood at this lease, or at the one that it replaces.
        let mut named_before = choice.replaces;
        match choice.current {
            Some(current) if choice.own && !current.is_free_at(now) => named_before = named_before.or(Some(current)),
            over => self.take(snapshot, over.as_ref(), subnet.id, address),
        }
        if let Some(lease) = announced {
            // Kea leaves the records alone where only the address changed; they would point to the old one.
            let rename = |old: &Lease4| policy.update_on_renew || old.address != address || !same_name(&lease, old);
            if named_before.as_ref().is_none_or(rename) {
                if let Some(old) = &named_before {
                    self.change_name(snapshot, ChangeType::Remove, old);
                }
                self.change_name(snapshot, ChangeType::Add, &lease);
            }
        }
        Ok(Some(Terms { address, lifetime }))
    }

    /// Counts a new lease; one that was on its address and is over goes.
    fn take(&mut self, snapshot: &Snapshot, over: Option<&Lease4>, subnet_id: u32, address: Ipv4Addr) {
        if let Some(over) = over.filter(|over| over.state != LeaseState::ExpiredReclaimed) {
            self.reclaimed(snapshot, over);
        }
        snapshot.counters.allocated(&snapshot.config, subnet_id, address);
    }

    /// What goes with a lease whose time is over: its name and its place in the statistics.
    pub(super) fn reclaimed(&mut self, snapshot: &Snapshot, lease: &Lease4) {
        event!(ALLOC_ENGINE_V4_LEASE_RECLAIM, client = label(lease), address = lease.address);
        self.watch.over(&snapshot.libraries, lease);
        self.change_name(snapshot, ChangeType::Remove, lease);
        if lease.state == LeaseState::Declined {
            event!(ALLOC_ENGINE_V4_DECLINED_RECOVERED, address = lease.address, probation = lease.valid_lifetime);
        }
        event!(ALLOC_ENGINE_LEASE_RECLAIMED, address = lease.address);
        snapshot.counters.reclaimed(&snapshot.config, lease);
    }

    /// Queues a request to D2, if the lease has a name that is ours to update.
    pub(super) fn change_name(&mut self, snapshot: &Snapshot, change_type: ChangeType, lease: &Lease4) {
        self.name_changes.extend(snapshot.name_change(change_type, lease));
    }
}

impl Snapshot {
    /// The request to D2 about a lease, if it has a name that is ours to update.
    pub fn name_change(&self, change_type: ChangeType, lease: &Lease4) -> Option<NameChangeRequest> {
        if lease.hostname.is_empty() || !(lease.fqdn_fwd || lease.fqdn_rev) || !self.config.d2.enable_updates {
            event!(DHCPSRV_QUEUE_NCR_SKIP, client = label(lease), address = lease.address);
            return None;
        }
        let subnet = self.config.subnets.by_id(lease.subnet_id).map(|(_, subnet)| subnet);
        let pool = subnet.and_then(|s| s.pool_of(lease.address));
        let of_subnet = subnet.map_or(&self.config.ddns, |s| &s.ddns);
        let policy = pool.map_or(of_subnet, |(_, pool)| &pool.ddns);
        let named = Named {
            hostname: &lease.hostname,
            forward: lease.fqdn_fwd,
            reverse: lease.fqdn_rev,
            address: lease.address.into(),
            lifetime: lease.valid_lifetime,
        };
        let request = ddns::request(change_type, named, policy, |fqdn| match lease.client_id.as_deref() {
            Some(id) => Dhcid::from_client_id(id, fqdn),
            None => Dhcid::from_hardware_address(ETHERNET, &lease.hw_addr, fqdn),
        });
        let change = if change_type == ChangeType::Add { "add" } else { "remove" };
        match request {
            Ok(request) => {
                request.iter().for_each(|request| event!(DHCPSRV_QUEUE_NCR, client = label(lease), change, request));
                request
            }
            Err(reason) => {
                event!(DHCPSRV_QUEUE_NCR_FAILED, client = label(lease), change, address = lease.address, reason);
                None
            }
        }
    }
}

/// The holder of a lease in messages.
pub(super) fn label(lease: &Lease4) -> Label<'_> {
    Label { htype: ETHERNET, hw_addr: &lease.hw_addr, client_id: lease.client_id.as_deref(), xid: None }
}
