//! A client on its link: its reservations, the lease it holds, the addresses it may have.

use super::Snapshot;
use super::classes::Members;
use super::exchange::check_client_id;
use super::messages::*;
use super::query::Query;
use super::refusal::Refusal;
use dhcpd_config::classes::{ClassId, ClassSet};
use dhcpd_config::hosts::{GLOBAL, IdentifierRef, Reserved};
use dhcpd_config::lifetime::Lifetime;
use dhcpd_config::v4::snapshot::{Config4, Host4, Pool4, Subnet4};
use leases::{Lease4, Leases4, StoreError};
use log::event;
use smallvec::SmallVec;
use std::net::Ipv4Addr;

/// A client, and the subnet it is being served from: this may change within its shared network.
pub(super) struct Client<'a> {
    pub snapshot: &'a Snapshot,
    pub query: &'a Query<'a>,
    pub members: Members<'a>,
    /// Index of the subnet.
    pub subnet: usize,
    identifiers: SmallVec<[IdentifierRef<'a>; 4]>,
    /// Reservations on this link, by index of the subnet.
    hosts: SmallVec<[(usize, &'a Host4); 1]>,
    global_host: Option<&'a Host4>,
}

impl<'a> Client<'a> {
    /// Looks for its reservations; their classes are known from now on.
    pub fn new(members: Members<'a>, subnet: usize) -> Result<Self, Refusal> {
        let (snapshot, query) = (members.snapshot, members.query);
        check_client_id(query)?;
        let config = &*snapshot.config;
        let mut client = Self {
            snapshot,
            query,
            subnet,
            identifiers: query.identifiers(&config.host_identifiers),
            hosts: SmallVec::new(),
            global_host: members.early,
            members,
        };
        let find = |hosts: Reserved<'a, Host4>| client.identifiers.iter().find_map(|id| hosts.find(*id));
        if !config.early_global_reservations && client.subnet_config().is_some_and(|s| s.reservations.global) {
            client.global_host = find(query.reserved(&config.hosts, GLOBAL));
        }
        let on_link = client.siblings().filter_map(|at| {
            let subnet = snapshot.subnet(at).filter(|s| s.reservations.in_subnet)?;
            if !subnet.guard.admits(client.classes()) {
                return None;
            }
            Some((at, find(query.reserved(&subnet.hosts, subnet.id))?))
        });
        client.hosts = on_link.collect();
        client.classify()?;
        Ok(client)
    }

    /// The classes that the reservation brings. One of a subnet in a shared network waits, since the subnet may change.
    fn classify(&mut self) -> Result<(), Refusal> {
        let early = self.config().early_global_reservations;
        let alone = self.subnet_config().is_some_and(|s| s.network.is_none());
        if let Some(host) = self.host().filter(|_| alone || self.global_host.is_some() && !early) {
            self.members.reserve(&host.classes);
        }
        self.members.known(!self.hosts.is_empty() || self.global_host.is_some());
        self.members.reserved()
    }

    /// The last of its classes, now that the scopes that it is served from are chosen.
    pub fn finish_classes(&mut self, pool: Option<&Pool4>) {
        let Some(subnet) = self.subnet_config() else { return };
        let own = self.hosts.iter().find(|(at, _)| subnet.network.is_some() && *at == self.subnet);
        if let Some((_, host)) = own {
            self.members.add(&host.classes);
        }
        self.members.additional(&[pool.map_or(&[], |pool| &pool.additional), &subnet.additional]);
    }

    /// Its classes so far.
    pub fn classes(&self) -> &ClassSet {
        self.members.set()
    }

    /// Whether it is refused as a member of the class REJECT.
    pub fn is_rejected(&self) -> bool {
        let rejected = self.members.contain(ClassId::REJECT);
        if rejected {
            event!(DHCP4_PACKET_NAK_0005, query = self.query.label(), packet = self.query.details());
        }
        rejected
    }

    /// The lifetimes it may choose from: those of its first class that has any, or its subnet's. BOOTP has no way to
    /// extend a lease.
    pub fn valid_lifetime(&self, subnet: &Subnet4) -> Lifetime {
        if self.members.contain(ClassId::BOOTP) {
            return Lifetime::fixed(u32::MAX);
        }
        self.members.settings().find_map(|class| class.valid).unwrap_or(subnet.valid)
    }

    /// Seconds for which an offered address is kept for it.
    pub fn offer_lifetime(&self, subnet: &Subnet4) -> u32 {
        self.members.settings().find_map(|class| class.offer_lifetime).unwrap_or(subnet.offer_lifetime)
    }

    /// Whether it may be served from a subnet, an index.
    pub fn may_use(&self, subnet: usize) -> bool {
        self.snapshot.subnet(subnet).is_some_and(|s| s.guard.admits(self.classes()))
    }

    pub fn config(&self) -> &'a Config4 {
        &self.snapshot.config
    }

    /// The subnet it is being served from.
    pub fn subnet_config(&self) -> Option<&'a Subnet4> {
        self.snapshot.subnet(self.subnet)
    }

    /// The subnets of its link, the one it is being served from first.
    pub fn siblings(&self) -> impl Iterator<Item = usize> + use<'a> {
        self.config().subnets.siblings(self.subnet)
    }

    /// The reservation that counts in the subnet it is being served from.
    pub fn host(&self) -> Option<&'a Host4> {
        let subnet = self.subnet_config()?;
        let own = self.hosts.iter().find(|(at, _)| subnet.reservations.in_subnet && *at == self.subnet);
        own.map(|(_, host)| *host).or(self.global_host.filter(|_| subnet.reservations.global))
    }

    /// The address reserved for it on this link; goes over to the subnet it is in.
    pub fn reserved_address(&mut self) -> Option<Ipv4Addr> {
        if self.hosts.is_empty() && self.global_host.is_none() {
            return None;
        }
        for at in self.siblings() {
            if !self.may_use(at) {
                continue;
            }
            let Some((_, host)) = self.hosts.iter().find(|(subnet, _)| *subnet == at) else { continue };
            let Some(subnet) = self.snapshot.subnet(at) else { continue };
            match host.address {
                // A reservation of other things than an address still says which subnet it is.
                None => {
                    self.subnet = at;
                    return None;
                }
                Some(address) if !subnet.reservations.out_of_pool || subnet.pool_of(address).is_none() => {
                    self.subnet = at;
                    return Some(address);
                }
                Some(_) => {}
            }
        }
        let address = self.global_host?.address?;
        let fits = |at: &usize| {
            let subnet = self.snapshot.subnet(*at).filter(|_| self.may_use(*at));
            subnet.is_some_and(|s| s.reservations.global && s.contains(address))
        };
        match self.siblings().find(fits) {
            Some(at) => {
                self.subnet = at;
                Some(address)
            }
            None => {
                let subnet = Prefix(self.subnet_config());
                event!(ALLOC_ENGINE_IGNORING_UNSUITABLE_GLOBAL_ADDRESS, query = self.query.label(), address, subnet);
                None
            }
        }
    }

    /// Whether an address is reserved for somebody else.
    pub fn is_reserved_for_another(&self, address: Ipv4Addr) -> bool {
        let Some(subnet) = self.subnet_config().filter(|subnet| subnet.reservations.in_subnet) else { return false };
        let hosts = self.query.reserved(&subnet.hosts, subnet.id);
        if hosts.is_empty() {
            return false;
        }
        if subnet.reservations.out_of_pool && subnet.pool_of(address).is_some() {
            return false;
        }
        let own = |host: &Host4| {
            self.identifiers.iter().any(|id| id.kind == host.identifier.kind && id.bytes == &*host.identifier.bytes)
        };
        let mut hosts = hosts.by_address(address).peekable();
        hosts.peek().is_some() && !hosts.any(own)
    }

    /// Of addresses in the pools of its subnet that it is not given by chance, the last in a row of them.
    pub fn closed(&self, address: Ipv4Addr) -> Option<Ipv4Addr> {
        let subnet = self.subnet_config()?;
        let exclude = self.config().compatibility.exclude_first_last_24 && subnet.prefix_len <= 24;
        if exclude && matches!(address.octets()[3], 0 | 255) {
            return Some(address);
        }
        // An address that is reserved for the client would have been its first choice.
        let modes = subnet.reservations;
        let hosts = self.query.reserved(&subnet.hosts, subnet.id);
        if modes.in_subnet && !modes.out_of_pool { hosts.row_end(address) } else { None }
    }

    /// Whether an address is in a pool of this link that is open to it; goes over to the subnet it is in.
    pub fn is_in_pool(&mut self, address: Ipv4Addr) -> bool {
        let holds = |at: &usize| {
            let pool = self.snapshot.subnet(*at).filter(|_| self.may_use(*at)).and_then(|s| s.pool_of(address));
            pool.is_some_and(|(_, pool)| pool.guard.admits(self.classes()))
        };
        let found = self.siblings().find(holds);
        self.subnet = found.unwrap_or(self.subnet);
        found.is_some()
    }

    /// The client's identifier, where the subnet cares for it.
    pub fn client_id(&self) -> Option<&'a [u8]> {
        self.query.client_id().filter(|_| self.subnet_config().is_some_and(|s| s.match_client_id))
    }

    /// Whether a lease is this client's, as the subnet it is being served from sees it.
    pub fn owns(&self, lease: &Lease4) -> bool {
        belongs(lease, self.query.packet.hw_addr(), self.client_id())
    }

    /// The client's lease on this link; goes over to the subnet it is in.
    pub async fn find_lease<L: Leases4>(&mut self, leases: &mut L) -> Result<Option<Lease4>, StoreError> {
        let hw_addr = self.query.packet.hw_addr();
        let matches = |at: usize| self.snapshot.subnet(at).filter(|s| s.match_client_id).is_some();
        if let Some(id) = self.query.client_id().filter(|_| self.siblings().any(matches)) {
            let held = leases.by_client_id(id).await?;
            let place = |at| Some(at).zip(held.iter().position(|l| self.is_of(at, l)));
            if let Some((at, place)) = self.siblings().filter(|at| matches(*at)).find_map(place) {
                self.subnet = at;
                return Ok(held.into_iter().nth(place));
            }
        }
        if hw_addr.is_empty() {
            return Ok(None);
        }
        let held = leases.by_hw_addr(hw_addr).await?;
        let place = |at| {
            let id = self.query.client_id().filter(|_| matches(at));
            Some(at).zip(held.iter().position(|l| self.is_of(at, l) && belongs(l, hw_addr, id)))
        };
        let Some((at, place)) = self.siblings().find_map(place) else { return Ok(None) };
        self.subnet = at;
        Ok(held.into_iter().nth(place))
    }

    /// Whether a lease is of this subnet, and the subnet is open to the client.
    fn is_of(&self, subnet: usize, lease: &Lease4) -> bool {
        self.snapshot.subnet(subnet).is_some_and(|s| s.id == lease.subnet_id && s.guard.admits(self.classes()))
    }

    /// The client's lease on this link whichever way subnets match clients: for one that says it has one.
    pub async fn find_any_lease<L: Leases4>(&self, leases: &mut L) -> Result<Option<Lease4>, StoreError> {
        let first = |held: &[Lease4]| {
            let lease = self.siblings().find_map(|at| held.iter().find(|lease| self.is_of(at, lease)));
            lease.cloned()
        };
        if let Some(id) = self.query.client_id() {
            let held = leases.by_client_id(id).await?;
            if let Some(lease) = first(&held) {
                return Ok(Some(lease));
            }
        }
        let hw_addr = self.query.packet.hw_addr();
        if hw_addr.is_empty() {
            return Ok(None);
        }
        Ok(first(&leases.by_hw_addr(hw_addr).await?))
    }
}

/// A lease belongs to the client with its client identifier; where one of the two has none, to the one with its
/// hardware address (RFC 2131 §4.2).
pub(super) fn belongs(lease: &Lease4, hw_addr: &[u8], client_id: Option<&[u8]>) -> bool {
    match (client_id, lease.client_id.as_deref()) {
        (Some(id), Some(of_lease)) => id == of_lease,
        _ => !hw_addr.is_empty() && hw_addr == &*lease.hw_addr,
    }
}

/// A subnet in messages.
pub(super) struct Prefix<'a>(pub Option<&'a Subnet4>);

impl std::fmt::Display for Prefix<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.map_or(Ok(()), |subnet| write!(f, "{}/{}", subnet.prefix, subnet.prefix_len))
    }
}
