//! Which address a client gets. Nothing is stored here: an offer promises nothing, and a grant is carried out by `commit`.

use super::Random;
use super::client::{Client, Prefix};
use super::messages::*;
use super::query::OrNone;
use dhcpd_config::common::Allocator;
use leases::lease::UnixSeconds;
use leases::{Lease4, Leases4, StoreError};
use log::event;
use std::net::Ipv4Addr;

/// An address for a client.
#[derive(Debug)]
pub(super) struct Choice {
    pub address: Ipv4Addr,
    /// The lease on it now: the client's own, or one that is over.
    pub current: Option<Lease4>,
    /// The current lease is the client's own.
    pub own: bool,
    /// The client's lease on another address, which it loses.
    pub replaces: Option<Lease4>,
}

impl Choice {
    fn new(address: Ipv4Addr, current: Option<Lease4>) -> Self {
        Self { address, current, own: false, replaces: None }
    }

    fn own(lease: Lease4) -> Self {
        Self { address: lease.address, current: Some(lease), own: true, replaces: None }
    }
}

/// Why a client gets no address.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// There is none, or it may not have it.
    Refused,
    /// It asked for one that no pool of its link has.
    Unknown,
}

/// What a client is offered (RFC 2131 §4.3.1): its reserved address, the one it has, the one it asks for, any.
pub(super) async fn discover<L: Leases4>(
    client: &mut Client<'_>,
    leases: &mut L,
    hint: Option<Ipv4Addr>,
    now: UnixSeconds,
    random: &mut Random,
) -> Result<Option<Choice>, StoreError> {
    let query = client.query.label();
    let held = client.find_lease(leases).await?;
    if let Some(address) = client.reserved_address() {
        event!(ALLOC_ENGINE_V4_DISCOVER_HR, query, address);
        match held {
            Some(held) if held.address == address => return Ok(Some(Choice::own(held))),
            _ => match leases.by_address(address).await? {
                Some(lease) if !lease.is_free_at(now) => conflict(client, &lease),
                current => return Ok(Some(Choice::new(address, current))),
            },
        }
    }
    if let Some(held) = held
        && client.is_in_pool(held.address)
        && !client.is_reserved_for_another(held.address)
    {
        event!(ALLOC_ENGINE_V4_OFFER_EXISTING_LEASE, query);
        return Ok(Some(Choice::own(held)));
    }
    if let Some(address) = hint
        && client.is_in_pool(address)
        && !client.is_reserved_for_another(address)
    {
        event!(ALLOC_ENGINE_V4_OFFER_REQUESTED_LEASE, address, query);
        let current = leases.by_address(address).await?;
        if current.as_ref().is_none_or(|lease| lease.is_free_at(now)) {
            return Ok(Some(Choice::new(address, current)));
        }
    }
    event!(ALLOC_ENGINE_V4_OFFER_NEW_LEASE, query);
    any(client, leases, now, random).await
}

/// What a client is granted (RFC 2131 §4.3.2): the address it asks for, if it may have it.
pub(super) async fn request<L: Leases4>(
    client: &mut Client<'_>,
    leases: &mut L,
    hint: Option<Ipv4Addr>,
    now: UnixSeconds,
    random: &mut Random,
) -> Result<Result<Choice, Failure>, StoreError> {
    let query = client.query.label();
    let held = client.find_lease(leases).await?;
    let mut wanted = hint;
    match hint {
        Some(address) if client.is_reserved_for_another(address) => {
            event!(ALLOC_ENGINE_V4_REQUEST_ADDRESS_RESERVED, query, address);
            return Ok(Err(Failure::Refused));
        }
        Some(_) => {}
        None => {
            wanted = client.reserved_address();
            if let Some(address) = wanted {
                event!(ALLOC_ENGINE_V4_REQUEST_USE_HR, query, address);
            }
        }
    }
    let Some(address) = wanted else {
        if let Some(held) = held.as_ref().filter(|lease| client.is_in_pool(lease.address)) {
            event!(ALLOC_ENGINE_V4_REQUEST_EXTEND_LEASE, query, address = held.address);
            return Ok(Ok(Choice::own(held.clone())));
        }
        event!(ALLOC_ENGINE_V4_REQUEST_PICK_ADDRESS, query);
        let choice = any(client, leases, now, random).await?;
        return Ok(choice.map(|choice| Choice { replaces: held, ..choice }).ok_or(Failure::Refused));
    };
    let current = match &held {
        Some(held) if held.address == address => None,
        _ => leases.by_address(address).await?,
    };
    if current.as_ref().is_some_and(|lease| !lease.is_free_at(now) && !client.owns(lease)) {
        event!(ALLOC_ENGINE_V4_REQUEST_IN_USE, query, address);
        return Ok(Err(Failure::Refused));
    }
    let reserved = client.reserved_address();
    if let Some(reserved) = reserved.filter(|reserved| *reserved != address) {
        // Until its reserved address is free, the client may keep what it has.
        if leases.by_address(reserved).await?.is_none_or(|lease| lease.is_free_at(now)) {
            event!(ALLOC_ENGINE_V4_REQUEST_INVALID, query, reserved, address);
            return Ok(Err(Failure::Refused));
        }
    }
    if reserved != Some(address) && !client.is_in_pool(address) {
        event!(ALLOC_ENGINE_V4_REQUEST_OUT_OF_POOL, query, address);
        return Ok(Err(Failure::Unknown));
    }
    if let Some(held) = held.as_ref().filter(|held| held.address == address) {
        event!(ALLOC_ENGINE_V4_REQUEST_EXTEND_LEASE, query, address);
        return Ok(Ok(Choice::own(held.clone())));
    }
    event!(ALLOC_ENGINE_V4_REQUEST_ALLOC_REQUESTED, query, address);
    if current.as_ref().is_some_and(|lease| !lease.is_free_at(now)) {
        // The client holds two leases on this link: the one that it was offered (`offer-lifetime`) and asks for takes the
        // other one's place. Otherwise it keeps the one it has used.
        if client.subnet_config().is_none_or(|s| client.offer_lifetime(s) == 0) {
            return Ok(Err(Failure::Refused));
        }
        return Ok(Ok(Choice { own: true, replaces: held, ..Choice::new(address, current) }));
    }
    if let Some(held) = &held {
        event!(ALLOC_ENGINE_V4_REQUEST_REMOVE_LEASE, query, address = held.address);
    }
    Ok(Ok(Choice { replaces: held, ..Choice::new(address, current) }))
}

fn conflict(client: &Client<'_>, lease: &Lease4) {
    let holder = OrNone(Some(&lease.hw_addr));
    event!(
        ALLOC_ENGINE_V4_DISCOVER_ADDRESS_CONFLICT,
        query = client.query.label(),
        address = lease.address,
        lease = format_args!("of hardware address {holder}"),
    );
    let counters = &client.snapshot.counters;
    counters.reservation_conflicts.add(1);
    let subnet = client.config().subnets.by_id(lease.subnet_id).and_then(|(at, _)| counters.subnets.get(at));
    subnet.inspect(|s| s.reservation_conflicts.add(1));
}

/// Any free address of the link: pool by pool, in the subnet that had one last and then in those behind it.
async fn any<L: Leases4>(
    client: &mut Client<'_>,
    leases: &mut L,
    now: UnixSeconds,
    random: &mut Random,
) -> Result<Option<Choice>, StoreError> {
    let network = client.subnet_config().and_then(|s| s.network);
    if let Some(subnet) = network.and_then(|network| client.snapshot.preferred(network)) {
        client.subnet = subnet;
    }
    let mut search = Search::default();
    for subnet in client.siblings() {
        if !client.may_use(subnet) {
            continue;
        }
        client.subnet = subnet;
        if let Some(choice) = in_subnet(client, leases, now, random, &mut search).await? {
            if let Some(network) = network {
                client.snapshot.prefer(network, subnet);
            }
            return Ok(Some(choice));
        }
    }
    search.failed(client);
    Ok(None)
}

/// How a search went, for its message.
#[derive(Default)]
struct Search {
    full: u32,
    poolless: u32,
    attempts: u64,
}

async fn in_subnet<L: Leases4>(
    client: &Client<'_>,
    leases: &mut L,
    now: UnixSeconds,
    random: &mut Random,
    search: &mut Search,
) -> Result<Option<Choice>, StoreError> {
    let Some(subnet) =
        client.subnet_config().filter(|s| s.pools.iter().any(|pool| pool.guard.admits(client.classes())))
    else {
        search.poolless += 1;
        return Ok(None);
    };
    search.full += 1;
    let Some(counters) = client.snapshot.counters.subnets.get(client.subnet) else { return Ok(None) };
    let pools = subnet.pools.len();
    let admits = |at: &usize| subnet.pools.get(*at).is_some_and(|pool| pool.guard.admits(client.classes()));
    let first = match subnet.allocator {
        // As in Kea: the pool that gave the last lease, or else the first that suits.
        Allocator::Iterative => Some(counters.pool()).filter(admits).unwrap_or(0),
        Allocator::Random | Allocator::Flq => random.below(pools as u64) as usize,
    };
    for at in (first..pools).chain(0..first.min(pools)) {
        let (Some(pool), Some(of_pool)) = (subnet.pools.get(at), counters.pools.get(at)) else { continue };
        if !pool.guard.admits(client.classes()) {
            continue;
        }
        search.attempts += pool.capacity();
        let from = match subnet.allocator {
            Allocator::Iterative => of_pool.cursor(),
            Allocator::Random | Allocator::Flq => pool.nth(random.below(pool.capacity())),
        };
        let closed = |address| client.closed(address);
        let found = match subnet.allocator {
            Allocator::Flq => leases.next_queued(pool.first, pool.last, from, &closed).await?,
            _ => leases.find_free(pool.first, pool.last, from, now, &closed).await?,
        };
        if let Some(address) = found {
            let next = of_pool.advance(address);
            let ahead = || (1..=pools).map(|turn| (at + turn) % pools).find(admits);
            counters.go_on_in(if next == pool.first { ahead().unwrap_or(at) } else { at });
            let current = leases.by_address(address).await?;
            return Ok(Some(Choice::new(address, current)));
        }
    }
    Ok(None)
}

impl Search {
    /// Counts and logs that nothing was found.
    fn failed(&self, client: &Client<'_>) {
        let query = client.query.label();
        let all = &client.snapshot.counters;
        let subnet = client.subnet_config();
        let of_subnet = all.subnets.get(client.subnet);
        let network = subnet.and_then(|s| client.config().subnets.networks().get(s.network?));
        if let Some(network) = network {
            let (full, poolless) = (self.full, self.poolless);
            event!(ALLOC_ENGINE_V4_ALLOC_FAIL_SHARED_NETWORK, query, network = network.name, full, poolless);
            all.allocation_fail_shared_network.add(1);
            of_subnet.inspect(|s| s.allocation_fail_shared_network.add(1));
        } else {
            let id = subnet.map_or(0, |s| s.id);
            event!(ALLOC_ENGINE_V4_ALLOC_FAIL_SUBNET, query, subnet = Prefix(subnet), id, network = "(none)");
            all.allocation_fail_subnet.add(1);
            of_subnet.inspect(|s| s.allocation_fail_subnet.add(1));
        }
        if self.full == 0 {
            event!(ALLOC_ENGINE_V4_ALLOC_FAIL_NO_POOLS, query);
            all.allocation_fail_no_pools.add(1);
            of_subnet.inspect(|s| s.allocation_fail_no_pools.add(1));
        } else {
            event!(ALLOC_ENGINE_V4_ALLOC_FAIL, query, attempts = self.attempts);
            all.allocation_fail.add(1);
            of_subnet.inspect(|s| s.allocation_fail.add(1));
        }
        // Every client is of the class ALL, so that Kea counts this too.
        event!(ALLOC_ENGINE_V4_ALLOC_FAIL_CLASSES, query, classes = client.members.list());
        all.allocation_fail_classes.add(1);
        of_subnet.inspect(|s| s.allocation_fail_classes.add(1));
    }
}
