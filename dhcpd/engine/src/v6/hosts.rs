//! The client's reservations on its link, and those of others.

use super::query::Query;
use super::select::Mac;
use dhcpd_config::classes::ClassSet;
use dhcpd_config::hosts::{GLOBAL, IdentifierKind, IdentifierRef, Reserved, Stored};
use dhcpd_config::v6::snapshot::{Config6, Host6, Reserved6};
use leases::{Lease6, LeaseType};
use smallvec::SmallVec;
use std::net::Ipv6Addr;

/// What is reserved for one client.
#[derive(Debug, Default)]
pub(super) struct Reservations<'a> {
    /// Wherever it is, if its subnet looks at such reservations.
    pub global: Option<&'a Host6>,
    /// There is a global one, which may not count in its subnet.
    known: bool,
    /// In subnets of its link, indexes.
    in_subnets: SmallVec<[(usize, &'a Host6); 1]>,
    /// Those from databases.
    stored: Option<&'a Stored<Host6>>,
}

impl<'a> Reservations<'a> {
    /// Nothing yet: it is looked for in the configuration and among these from databases.
    pub(super) fn among(stored: Option<&'a Stored<Host6>>) -> Self {
        Self { stored, ..Self::default() }
    }

    /// Looks for the global reservation of a client.
    pub(super) fn look_globally(&mut self, config: &'a Config6, query: &Query<'_>, mac: Option<&Mac>) {
        self.global = find(Reserved::new(&config.hosts, self.stored, GLOBAL), config, query, mac);
    }

    /// Looks for a client that is in `subnet`, an index, or on the same link, where subnets serve its classes.
    pub(super) fn look(
        &mut self,
        config: &'a Config6,
        subnet: usize,
        query: &Query<'_>,
        mac: Option<&Mac>,
        classes: &ClassSet,
    ) {
        let Some(modes) = config.subnets.list().get(subnet).map(|subnet| subnet.reservations) else { return };
        let early = config.early_global_reservations;
        if modes.global && !early {
            self.look_globally(config, query, mac);
        }
        self.settle(modes.global);
        if (early || self.global.is_some()) && !modes.in_subnet {
            return;
        }
        for at in config.subnets.siblings(subnet) {
            let subnet = config.subnets.list().get(at).filter(|subnet| subnet.reservations.in_subnet);
            let Some(subnet) = subnet.filter(|subnet| subnet.guard.admits(classes)) else { continue };
            let hosts = Reserved::new(&subnet.hosts, self.stored, subnet.id);
            self.in_subnets.extend(find(hosts, config, query, mac).map(|host| (at, host)));
        }
    }

    /// What was found before the subnet was known counts only where that looks at global reservations.
    pub(super) fn settle(&mut self, global: bool) {
        self.known |= self.global.is_some();
        self.global.take_if(|_| !global);
    }

    /// The client has no reservation.
    pub(super) fn is_empty(&self) -> bool {
        !self.known && self.in_subnets.is_empty()
    }

    /// Its reservation in this subnet.
    pub(super) fn in_subnet(&self, subnet: usize) -> Option<&'a Host6> {
        self.in_subnets.iter().find(|(at, _)| *at == subnet).map(|(_, host)| *host)
    }

    /// The reservation that counts in this subnet: its own, or else the global one.
    pub(super) fn current(&self, subnet: usize) -> Option<&'a Host6> {
        self.in_subnet(subnet).or(self.global)
    }

    /// Whether what a lease leases is reserved for this client, in the lease's subnet (an index) or globally.
    pub(super) fn cover(&self, subnet: usize, lease: &Lease6) -> bool {
        let key = reserved(lease.lease_type, lease.address, lease.prefix_len);
        [self.in_subnet(subnet), self.global].into_iter().flatten().any(|host| holds(host, key))
    }

    /// Another client for whom this is reserved in a subnet.
    pub(super) fn other_owner(&self, config: &'a Config6, subnet: usize, key: Reserved6) -> Option<&'a Host6> {
        let own = self.in_subnet(subnet);
        let subnet = config.subnets.list().get(subnet)?;
        if !subnet.reservations.in_subnet {
            return None;
        }
        let hosts = Reserved::new(&subnet.hosts, self.stored, subnet.id);
        let mut owners = hosts.by_address(key);
        owners.find(|owner| !own.is_some_and(|own| own.identifier == owner.identifier))
    }
}

fn find<'a>(hosts: Reserved<'a, Host6>, config: &Config6, query: &Query<'_>, mac: Option<&Mac>) -> Option<&'a Host6> {
    if hosts.is_empty() {
        return None;
    }
    let bytes = |kind: &IdentifierKind| match kind {
        IdentifierKind::Duid => query.client_id(),
        IdentifierKind::FlexId => query.flex_id(),
        IdentifierKind::HwAddress => mac.map(|mac| &*mac.address),
        // No client of DHCPv6 has these.
        IdentifierKind::CircuitId | IdentifierKind::ClientId => None,
    };
    let mut identifiers = config.host_identifiers.iter().filter_map(|kind| Some((*kind, bytes(kind)?)));
    identifiers.find_map(|(kind, bytes)| hosts.find(IdentifierRef { kind, bytes }))
}

/// How an address or prefix stands in the reservations' index.
pub(super) fn reserved(kind: LeaseType, address: Ipv6Addr, len: u8) -> Reserved6 {
    match kind {
        LeaseType::Na => Reserved6::Address(address),
        LeaseType::Pd => Reserved6::Prefix(address, len),
    }
}

fn holds(host: &Host6, key: Reserved6) -> bool {
    match key {
        Reserved6::Address(address) => host.addresses.contains(&address),
        Reserved6::Prefix(prefix, len) => host.prefixes.iter().any(|p| p.prefix == prefix && p.len == len),
    }
}
