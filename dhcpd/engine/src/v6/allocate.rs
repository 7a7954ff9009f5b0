//! Which leases an identity association gets.
//!
//! A client keeps what it has as long as that fits its link and is not reserved for another; a reservation of its own
//! comes before it; the address that it asks for before any other; then the pools of the link in turn.

use super::exchange::Exchange;
use super::hosts::{Reservations, reserved};
use super::messages::*;
use dhcpd_config::common::Allocator;
use dhcpd_config::v6::snapshot::{Config6, Host6, Subnet6};
use leases::{Lease6, LeaseState, LeaseType, Leases6, Range6, StoreError};
use smallvec::SmallVec;
use std::net::Ipv6Addr;

/// What a client asks for in an IA.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hint {
    /// Address, or first address of a prefix; unspecified if it does not care.
    pub address: Ipv6Addr,
    /// Length of a prefix, 0 if it does not care; 128 for an address.
    pub len: u8,
    /// Preferred lifetime, seconds; 0 if it does not care.
    pub preferred: u32,
    /// Valid lifetime, seconds; 0 if it does not care.
    pub valid: u32,
}

/// What an exchange has given so far.
#[derive(Clone, Copy, Debug)]
pub(super) struct Given {
    pub kind: LeaseType,
    pub address: Ipv6Addr,
    pub len: u8,
    /// Index of its subnet.
    pub subnet: usize,
    /// Index of its pool; `None` for what is reserved outside of pools.
    pub pool: Option<usize>,
}

/// An address or a prefix that may be leased.
#[derive(Debug)]
pub(super) struct Candidate {
    /// Index of the subnet.
    pub subnet: usize,
    pub address: Ipv6Addr,
    pub len: u8,
    /// The lease that stands on it: the client's own, or one whose time is over.
    pub old: Option<Lease6>,
}

/// A pool of either kind.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range(pub Range6);

impl std::ops::Deref for Range {
    type Target = Range6;

    fn deref(&self) -> &Range6 {
        &self.0
    }
}

/// Which prefix pools may serve a hint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    /// Any.
    Any,
    /// Those with prefixes of the length asked for.
    Equal,
    /// Those with shorter ones, that is, more room.
    Shorter,
    /// Those with longer ones.
    Longer,
}

impl Range {
    pub(super) fn of(subnet: &Subnet6, kind: LeaseType, pool: usize) -> Option<Self> {
        let range = match kind {
            LeaseType::Na => subnet.pools.get(pool).map(|pool| Range6 { first: pool.first, last: pool.last, len: 128 }),
            LeaseType::Pd => {
                let pool = subnet.pd_pools.get(pool)?;
                Some(Range6 { first: pool.prefix, last: pool.last(), len: pool.delegated_len })
            }
        };
        range.map(Self)
    }

    /// What comes after one; the first after the last.
    fn after(&self, address: Ipv6Addr) -> Ipv6Addr {
        let step = 1u128.checked_shl(u32::from(128 - self.len.min(128)));
        let next = step.and_then(|step| address.to_bits().checked_add(step)).map(Ipv6Addr::from_bits);
        next.filter(|next| *next <= self.last).unwrap_or(self.first)
    }

    /// The number of one, from 0.
    pub(super) fn number_of(&self, address: Ipv6Addr) -> u128 {
        let offset = address.to_bits().saturating_sub(self.first.to_bits());
        offset.checked_shr(u32::from(128 - self.len.min(128))).unwrap_or(0)
    }

    /// The one that a number stands for.
    fn nth(&self, number: u128) -> Ipv6Addr {
        let shift = u32::from(128 - self.len.min(128));
        let span = (self.last.to_bits().saturating_sub(self.first.to_bits())).checked_shr(shift).unwrap_or(0);
        let offset = span.checked_add(1).map_or(number, |count| number % count).checked_shl(shift).unwrap_or(0);
        Ipv6Addr::from_bits(self.first.to_bits().saturating_add(offset))
    }
}

impl Fit {
    fn allows(self, hint: u8, delegated: u8) -> bool {
        match self {
            Self::Any => true,
            Self::Equal => delegated == hint,
            Self::Shorter => delegated < hint,
            Self::Longer => delegated > hint,
        }
    }
}

impl<'c, L: Leases6> Exchange<'c, '_, L> {
    /// The reserved lease that this client is to get, if it has one that is free. Its subnet becomes that of the exchange
    /// where a reservation holds a name or options alone.
    pub(super) async fn reserved_candidate(&mut self, kind: LeaseType) -> Result<Option<Candidate>, StoreError> {
        let Some(start) = self.subnet else { return Ok(None) };
        for subnet in self.link(start) {
            let Some(host) = self.hosts.in_subnet(subnet) else { continue };
            if host.addresses.is_empty() && host.prefixes.is_empty() {
                self.subnet = Some(subnet);
                return Ok(None);
            }
            for (address, len) in leases_of(host, kind) {
                let config = self.snapshot.config.subnets.list().get(subnet);
                let out_of_pool = config.is_some_and(|config| config.reservations.out_of_pool);
                if out_of_pool && self.pool_of(subnet, kind, address).is_some() {
                    continue;
                }
                if let Some(candidate) = self.free(kind, subnet, address, len).await? {
                    return Ok(Some(candidate));
                }
            }
        }
        let Some(host) = self.hosts.global else { return Ok(None) };
        for (address, len) in leases_of(host, kind) {
            let holds = |at: &usize| {
                self.snapshot.config.subnets.list().get(*at).is_some_and(|subnet| subnet.contains(address))
            };
            let subnet = match kind {
                LeaseType::Na => self.link(start).into_iter().find(holds),
                LeaseType::Pd => Some(start),
            };
            let Some(subnet) = subnet else { continue };
            if let Some(candidate) = self.free(kind, subnet, address, len).await? {
                return Ok(Some(candidate));
            }
        }
        Ok(None)
    }

    /// A lease out of the pools: the one asked for, or another.
    pub(super) async fn pooled_candidate(
        &mut self,
        kind: LeaseType,
        hint: Option<&Hint>,
    ) -> Result<Option<Candidate>, StoreError> {
        let len = hint.map_or(0, |hint| hint.len);
        let passes: &[Fit] = match kind {
            LeaseType::Pd if !matches!(len, 0 | 128) => &[Fit::Equal, Fit::Shorter, Fit::Longer],
            _ => &[Fit::Any],
        };
        for fit in passes {
            if let Some(hint) = hint.filter(|hint| !hint.address.is_unspecified())
                && let Some(candidate) = self.hinted(kind, hint, *fit).await?
            {
                return Ok(Some(candidate));
            }
            if let Some(candidate) = self.next(kind, len, *fit).await? {
                return Ok(Some(candidate));
            }
        }
        Ok(None)
    }

    /// What the client asks for, if it is in a pool of the link and free.
    async fn hinted(&mut self, kind: LeaseType, hint: &Hint, fit: Fit) -> Result<Option<Candidate>, StoreError> {
        let Some(start) = self.subnet else { return Ok(None) };
        for subnet in self.link(start) {
            let pool = self.pool_of(subnet, kind, hint.address);
            let Some(pool) = pool.filter(|pool| self.may_use_pool(subnet, kind, *pool)) else { continue };
            let range =
                self.snapshot.config.subnets.list().get(subnet).and_then(|subnet| Range::of(subnet, kind, pool));
            let Some(range) = range.filter(|range| fit.allows(hint.len, range.len)) else { continue };
            // The prefix of the pool's length in which the client's begins.
            let host_bits = u128::MAX.checked_shr(u32::from(range.len)).unwrap_or(0);
            let address = Ipv6Addr::from_bits(hint.address.to_bits() & !host_bits);
            if self.taken().has(subnet, kind, address, range.len) {
                log::event!(ALLOC_ENGINE_V6_HINT_RESERVED, client = self.query.label(), hint = address);
            } else if let Some(candidate) = self.free(kind, subnet, address, range.len).await? {
                return Ok(Some(candidate));
            }
        }
        Ok(None)
    }

    /// The next free lease of the link's pools.
    async fn next(&mut self, kind: LeaseType, hint_len: u8, fit: Fit) -> Result<Option<Candidate>, StoreError> {
        let Some(start) = self.subnet else { return Ok(None) };
        for at in self.link(start) {
            let Some(subnet) = self.snapshot.config.subnets.list().get(at) else { continue };
            let (count, allocator) = match kind {
                LeaseType::Na => (subnet.pools.len(), subnet.allocator),
                LeaseType::Pd => (subnet.pd_pools.len(), subnet.pd_allocator),
            };
            let Some(cursor) = self.snapshot.cursors.of(at, kind) else { continue };
            let fits = |range: &Range| kind == LeaseType::Na || fit.allows(hint_len, range.len);
            let usable: SmallVec<[Option<Range>; 4]> = (0..count)
                .map(|pool| Range::of(subnet, kind, pool).filter(|r| fits(r) && self.may_use_pool(at, kind, pool)))
                .collect();
            let is_usable = |pool: &usize| usable.get(*pool).is_some_and(Option::is_some);
            // As in Kea: the pool that gave the last lease, or else the first that suits.
            let first = Some(cursor.pool()).filter(is_usable).unwrap_or(0);
            for turn in 0..count {
                let pool = (first + turn) % count;
                let Some(range) = usable.get(pool).copied().flatten() else { continue };
                let from = match allocator {
                    Allocator::Iterative => range.nth(cursor.next(pool)),
                    Allocator::Random | Allocator::Flq => range.nth(self.random.draw()),
                };
                let taken = Taken { config: &self.snapshot.config, hosts: &self.hosts, given: &self.given };
                let closed = |address| taken.has(at, kind, address, range.len);
                let found = match allocator {
                    Allocator::Flq => self.leases.next_queued(kind, range.0, from, &closed).await?,
                    _ => self.leases.find_free(kind, range.0, from, self.now, &closed).await?,
                };
                let Some(address) = found else { continue };
                let next = range.number_of(range.after(address));
                let ahead = || (1..=count).map(|turn| (pool + turn) % count).find(is_usable);
                cursor.advance(pool, next, if next == 0 { ahead().unwrap_or(pool) } else { pool });
                let old = self.leases.by_address(kind, address).await?;
                return Ok(Some(Candidate { subnet: at, address, len: range.len, old }));
            }
        }
        Ok(None)
    }

    /// An address or a prefix on which no lease stands, or one whose time is over.
    async fn free(
        &mut self,
        kind: LeaseType,
        subnet: usize,
        address: Ipv6Addr,
        len: u8,
    ) -> Result<Option<Candidate>, StoreError> {
        if self.taken().has_given(kind, address) {
            return Ok(None);
        }
        let old = self.leases.by_address(kind, address).await?;
        let free = old.as_ref().is_none_or(|old| old.is_free_at(self.now) && old.state != LeaseState::Registered);
        Ok(free.then_some(Candidate { subnet, address, len, old }))
    }

    fn taken(&self) -> Taken<'_, 'c> {
        Taken { config: &self.snapshot.config, hosts: &self.hosts, given: &self.given }
    }

    /// The pool that an address or a prefix is in, an index.
    pub(super) fn pool_of(&self, subnet: usize, kind: LeaseType, address: Ipv6Addr) -> Option<usize> {
        let subnet = self.snapshot.config.subnets.list().get(subnet)?;
        match kind {
            LeaseType::Na => subnet.pool_of(address).map(|(pool, _)| pool),
            LeaseType::Pd => subnet.pd_pool_of(address).map(|(pool, _)| pool),
        }
    }

    /// The subnets on a link that serve the client, this one first.
    pub(super) fn link(&self, subnet: usize) -> SmallVec<[usize; 4]> {
        self.snapshot.config.subnets.siblings(subnet).filter(|at| self.may_use(*at)).collect()
    }
}

/// What a client does not get, whether or not a lease stands on it.
struct Taken<'a, 'c> {
    config: &'c Config6,
    hosts: &'a Reservations<'c>,
    given: &'a [Given],
}

impl Taken<'_, '_> {
    /// Whether it is reserved for another client or was given to this one a moment ago.
    fn has(&self, subnet: usize, kind: LeaseType, address: Ipv6Addr, len: u8) -> bool {
        let modes = self.config.subnets.list().get(subnet).map(|subnet| subnet.reservations);
        // Where reservations are never in pools, there is nothing to look for.
        let looked_at = modes.is_some_and(|modes| modes.in_subnet && !modes.out_of_pool);
        let owner = || self.hosts.other_owner(self.config, subnet, reserved(kind, address, len));
        self.has_given(kind, address) || looked_at && owner().is_some()
    }

    fn has_given(&self, kind: LeaseType, address: Ipv6Addr) -> bool {
        self.given.iter().any(|given| given.kind == kind && given.address == address)
    }
}

/// What a reservation reserves of one kind, with its length.
fn leases_of(host: &Host6, kind: LeaseType) -> impl Iterator<Item = (Ipv6Addr, u8)> + '_ {
    let addresses = host.addresses.iter().filter(move |_| kind == LeaseType::Na).map(|address| (*address, 128));
    let prefixes = host.prefixes.iter().filter(move |_| kind == LeaseType::Pd).map(|p| (p.prefix, p.len));
    addresses.chain(prefixes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_goes_round() {
        let at = |text: &str| text.parse::<Ipv6Addr>().unwrap();
        let range = |first, last, len| Range(Range6 { first, last, len });
        let prefixes = range(at("2001:db8::"), at("2001:db8:0:ff00::"), 56);
        assert_eq!(prefixes.after(at("2001:db8::")), at("2001:db8:0:100::"));
        assert_eq!(prefixes.after(prefixes.last), prefixes.first);
        assert_eq!(prefixes.nth(257), at("2001:db8:0:100::"));
        assert_eq!(prefixes.number_of(at("2001:db8:0:100::")), 1);
        let all = range(Ipv6Addr::UNSPECIFIED, Ipv6Addr::from_bits(u128::MAX), 128);
        assert_eq!(all.nth(u128::MAX), all.last);
        assert_eq!(all.after(all.last), all.first);
        let one = range(all.first, all.first, 0);
        assert_eq!((one.after(all.first), one.nth(7)), (all.first, all.first));
    }
}
