//! A client on its link: its reservations, the lease it holds, the addresses it may have.

use super::Snapshot;
use super::messages::*;
use super::query::Query;
use dhcpd_config::hosts::{Hosts, IdentifierRef};
use dhcpd_config::v4::snapshot::{Config4, Host4, Subnet4};
use leases::{Lease4, Leases4, StoreError};
use log::event;
use smallvec::SmallVec;
use std::net::Ipv4Addr;
use wire::v4::code;

/// A client, and the subnet it is being served from: this may change within its shared network.
pub(super) struct Client<'a> {
    pub snapshot: &'a Snapshot,
    pub query: &'a Query<'a>,
    /// Index of the subnet.
    pub subnet: usize,
    identifiers: SmallVec<[IdentifierRef<'a>; 4]>,
    /// Reservations on this link, by index of the subnet.
    hosts: SmallVec<[(usize, &'a Host4); 1]>,
    global_host: Option<&'a Host4>,
}

impl<'a> Client<'a> {
    pub fn new(snapshot: &'a Snapshot, query: &'a Query<'a>, subnet: usize) -> Self {
        let config = &*snapshot.config;
        let mut client = Self {
            snapshot,
            query,
            subnet,
            identifiers: query.identifiers(&config.host_identifiers),
            hosts: SmallVec::new(),
            global_host: None,
        };
        let find = |hosts: &'a Hosts<Host4>| client.identifiers.iter().find_map(|id| hosts.find(*id));
        if client.subnet_config().is_some_and(|s| s.reservations.global) {
            client.global_host = find(&config.hosts);
        }
        let on_link = client.siblings().filter_map(|at| {
            let subnet = snapshot.subnet(at).filter(|s| s.reservations.in_subnet)?;
            Some((at, find(&subnet.hosts)?))
        });
        client.hosts = on_link.collect();
        client.classify();
        client
    }

    /// Says which built-in classes the client is in; there are no others yet.
    fn classify(&self) {
        let known = !self.hosts.is_empty() || self.global_host.is_some();
        let class = if known { "KNOWN" } else { "UNKNOWN" };
        let query = self.query.label();
        event!(DHCP4_CLASS_ASSIGNED, query, class);
        let classes = Classes { vendor: self.query.packet.option(code::VENDOR_CLASS_IDENTIFIER), known: class };
        event!(DHCP4_CLASSES_ASSIGNED_AFTER_SUBNET_SELECTION, query, classes);
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
        let fits = |at: &usize| self.snapshot.subnet(*at).is_some_and(|s| s.reservations.global && s.contains(address));
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
        let Some(subnet) = self.subnet_config().filter(|s| s.reservations.in_subnet && !s.hosts.is_empty()) else {
            return false;
        };
        if subnet.reservations.out_of_pool && subnet.pool_of(address).is_some() {
            return false;
        }
        let own = |host: &Host4| {
            self.identifiers.iter().any(|id| id.kind == host.identifier.kind && id.bytes == &*host.identifier.bytes)
        };
        let mut hosts = subnet.hosts.by_address(address).peekable();
        hosts.peek().is_some() && !hosts.any(own)
    }

    /// Whether an address is in a pool of this link; goes over to the subnet it is in.
    pub fn is_in_pool(&mut self, address: Ipv4Addr) -> bool {
        let holds = |at: &usize| self.snapshot.subnet(*at).is_some_and(|s| s.pool_of(address).is_some());
        let found = self.siblings().find(holds);
        self.subnet = found.unwrap_or(self.subnet);
        found.is_some()
    }

    /// The client's identifier, where the subnet cares for it.
    pub fn client_id(&self) -> Option<&'a [u8]> {
        self.query.client_id.filter(|_| self.subnet_config().is_some_and(|s| s.match_client_id))
    }

    /// Whether a lease is this client's, as the subnet it is being served from sees it.
    pub fn owns(&self, lease: &Lease4) -> bool {
        belongs(lease, self.query.packet.hw_addr(), self.client_id())
    }

    /// The client's lease on this link; goes over to the subnet it is in.
    pub async fn find_lease<L: Leases4>(&mut self, leases: &mut L) -> Result<Option<Lease4>, StoreError> {
        let hw_addr = self.query.packet.hw_addr();
        let matches = |at: usize| self.snapshot.subnet(at).filter(|s| s.match_client_id).is_some();
        if let Some(id) = self.query.client_id.filter(|_| self.siblings().any(matches)) {
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
            let id = self.query.client_id.filter(|_| matches(at));
            Some(at).zip(held.iter().position(|l| self.is_of(at, l) && belongs(l, hw_addr, id)))
        };
        let Some((at, place)) = self.siblings().find_map(place) else { return Ok(None) };
        self.subnet = at;
        Ok(held.into_iter().nth(place))
    }

    /// Whether a lease is of this subnet.
    fn is_of(&self, subnet: usize, lease: &Lease4) -> bool {
        self.snapshot.subnet(subnet).is_some_and(|s| s.id == lease.subnet_id)
    }

    /// The client's lease on this link whichever way subnets match clients: for one that says it has one.
    pub async fn find_any_lease<L: Leases4>(&self, leases: &mut L) -> Result<Option<Lease4>, StoreError> {
        let first = |held: &[Lease4]| {
            let lease = self.siblings().find_map(|at| held.iter().find(|lease| self.is_of(at, lease)));
            lease.cloned()
        };
        if let Some(id) = self.query.client_id {
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

/// The classes of a client in messages.
struct Classes<'a> {
    vendor: Option<&'a [u8]>,
    known: &'static str,
}

impl std::fmt::Display for Classes<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ALL, ")?;
        if let Some(vendor) = self.vendor {
            write!(f, "VENDOR_CLASS_{}, ", String::from_utf8_lossy(vendor))?;
        }
        f.write_str(self.known)
    }
}

/// A subnet in messages.
pub(super) struct Prefix<'a>(pub Option<&'a Subnet4>);

impl std::fmt::Display for Prefix<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.map_or(Ok(()), |subnet| write!(f, "{}/{}", subnet.prefix, subnet.prefix_len))
    }
}
