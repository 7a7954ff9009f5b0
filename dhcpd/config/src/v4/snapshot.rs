//! What a DHCPv4 server runs with: resolved, indexed, immutable.
//!
//! Defaults and inheritance are already applied: nothing here asks an outer scope. A packet takes one snapshot and keeps it.

use crate::classes::{Class4, ClassId, ClassSet, Classes, Guard};
use crate::common::{
    Allocator, D2Client, Database, ExpiredLeases, ExtendedInfoChecks, LeaseChecks, LeaseDatabase, Queue,
    ReservationModes, Samples,
};
use crate::ddns::Ddns;
use crate::hosts::{Hosts, Identifier, IdentifierKind, Reservation};
use crate::lifetime::{LeaseCache, Lifetime, TeeTimes};
use crate::options::OptionSet;
use crate::parameters::{Definitions, Library};
use crate::values::Prefix6;
use hashbrown::HashMap;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

/// The configuration of a running DHCPv4 server.
#[derive(Clone, Debug, Default)]
pub struct Config4 {
    /// Interfaces and sockets.
    pub interfaces: Interfaces4,
    /// Where leases are kept.
    pub lease_database: LeaseDatabase,
    /// Reclamation.
    pub expired: ExpiredLeases,
    /// How D2 is reached.
    pub d2: D2Client,
    /// What to do with stored leases outside of their subnet.
    pub lease_checks: LeaseChecks,
    /// What to do with relay information of stored leases.
    pub extended_info_checks: ExtendedInfoChecks,
    /// Subnets and shared networks.
    pub subnets: Subnets4,
    /// Classes of clients.
    pub classes: Classes<Class4>,
    /// Global options alone; they come behind those of all other scopes.
    pub options: Arc<OptionSet>,
    /// Global reservations.
    pub hosts: Hosts<Host4>,
    /// `hosts-databases`: where more reservations are, in the order in which they count.
    pub host_databases: Vec<Database>,
    /// `ip-reservations-unique`.
    pub reservations_unique: bool,
    /// Options by space (the standard ones if absent), the operator's own included, for reservations that come later.
    pub definitions: Option<Arc<Definitions>>,
    /// Kinds of identifiers that reservations are looked up by, in order (`host-reservation-identifiers`).
    pub host_identifiers: Vec<IdentifierKind>,
    /// Global `authoritative`, for a client of no subnet.
    pub authoritative: bool,
    /// Global BOOTP fields, for a client of no subnet.
    pub boot: BootFields,
    /// Global name rules, for a client of no subnet.
    pub ddns: Arc<Ddns>,
    /// `echo-client-id` (RFC 6842).
    pub echo_client_id: bool,
    /// `decline-probation-period`, seconds.
    pub decline_probation: u32,
    /// `early-global-reservations-lookup`.
    pub early_global_reservations: bool,
    /// `reservations-lookup-first`: look for a reservation of an address before the lease on it.
    pub reservations_lookup_first: bool,
    /// `stash-agent-options`: use the relay's options kept with the lease for a renewal that comes directly.
    pub stash_agent_options: bool,
    /// `compatibility`.
    pub compatibility: Compatibility4,
    /// `dhcp4o6-port`: the DHCPv6 server's port for DHCPv4-over-DHCPv6; ours is the next one.
    pub dhcp4o6_port: Option<u16>,
    /// `thread-pool-size`; 0: as many as there are processors; `None`: multi-threading is off.
    pub threads: Option<u32>,
    /// Which samples of statistics are kept.
    pub samples: Samples,
    /// `hooks-libraries`, in the order written.
    pub hooks: Vec<Library>,
    /// Where packets wait.
    pub queue: Queue,
    /// `parked-packet-limit`: most replies that libraries keep; 0 for no limit.
    pub parked_packet_limit: u32,
}

/// `interfaces-config`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interfaces4 {
    /// Entries as written: `*`, a name, or `name/address`.
    pub interfaces: Vec<Box<str>>,
    /// Raw sockets, or UDP ones that serve relayed packets only (`dhcp-socket-type`).
    pub raw: bool,
    /// `outbound-interface`: let the routing table choose.
    pub use_routing: bool,
    /// `re-detect`.
    pub re_detect: bool,
    /// `service-sockets-require-all`.
    pub require_all: bool,
    /// `service-sockets-max-retries`.
    pub max_retries: u32,
    /// `service-sockets-retry-wait-time`, milliseconds.
    pub retry_wait: u32,
}

impl Default for Interfaces4 {
    fn default() -> Self {
        Self {
            interfaces: Vec::new(),
            raw: true,
            use_routing: false,
            re_detect: true,
            require_all: false,
            max_retries: 0,
            retry_wait: 5000,
        }
    }
}

/// `compatibility`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compatibility4 {
    /// Take what can be read of a bad option.
    pub lenient_option_parsing: bool,
    /// Answer clients that chose another server.
    pub ignore_dhcp_server_identifier: bool,
    /// Do not choose the subnet by sub-option 5 of option 82.
    pub ignore_rai_link_selection: bool,
    /// Never lease addresses that end in .0 or .255 of subnets of 24 bits and less.
    pub exclude_first_last_24: bool,
}

/// `next-server`, `server-hostname`, `boot-file-name`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BootFields {
    /// siaddr.
    pub next_server: Ipv4Addr,
    /// sname, at most 63 bytes.
    pub server_hostname: Box<str>,
    /// file, at most 127 bytes.
    pub file: Box<str>,
}

impl Default for BootFields {
    fn default() -> Self {
        Self { next_server: Ipv4Addr::UNSPECIFIED, server_hostname: "".into(), file: "".into() }
    }
}

/// A subnet.
#[derive(Clone, Debug)]
pub struct Subnet4 {
    /// Number.
    pub id: u32,
    /// First address of the prefix.
    pub prefix: Ipv4Addr,
    /// Length of the prefix, 0 to 32.
    pub prefix_len: u8,
    /// Index of its shared network in [`Subnets4::networks`].
    pub network: Option<usize>,
    /// `interface`, its own or its network's.
    pub interface: Option<Box<str>>,
    /// Relays whose clients are here (`relay`), its own or its network's.
    pub relays: Vec<Ipv4Addr>,
    /// Which DHCPv4-over-DHCPv6 clients are here.
    pub dhcp4o6: Dhcp4o6,
    /// Pools as written.
    pub pools: Vec<Pool4>,
    /// How free addresses are looked for.
    pub allocator: Allocator,
    /// `adaptive-lease-time-threshold`: the fraction of addresses in use from which on new leases are as short as may be.
    pub adaptive_threshold: Option<f64>,
    /// Valid lifetime, seconds.
    pub valid: Lifetime,
    /// T1 and T2.
    pub tee: TeeTimes,
    /// Renewals that come early.
    pub cache: LeaseCache,
    /// `offer-lifetime`: seconds for which an offered address is kept for its client; 0: it is not.
    pub offer_lifetime: u32,
    /// A client is known by its client identifier (RFC 2131 §4.2) rather than by its hardware address alone.
    pub match_client_id: bool,
    /// Refuse (NAK) what the server does not know, as it is the only one that could.
    pub authoritative: bool,
    /// BOOTP fields.
    pub boot: BootFields,
    /// Which reservations count.
    pub reservations: ReservationModes,
    /// Reservations of this subnet.
    pub hosts: Hosts<Host4>,
    /// Options of subnet and network, layered.
    pub options: Arc<OptionSet>,
    /// Whose subnet it is, its own guard and its network's.
    pub guard: Guard,
    /// Classes to evaluate once it was chosen, its own and its network's.
    pub additional: Box<[ClassId]>,
    /// Name rules.
    pub ddns: Arc<Ddns>,
    /// Keep the relay's options in the lease (`store-extended-info`).
    pub store_extended_info: bool,
}

impl Subnet4 {
    /// Whether an address lies in the prefix.
    pub fn contains(&self, address: Ipv4Addr) -> bool {
        masked(address, self.prefix_len) == u32::from(self.prefix)
    }

    /// The pool an address lies in, and its place in [`Subnet4::pools`].
    pub fn pool_of(&self, address: Ipv4Addr) -> Option<(usize, &Pool4)> {
        self.pools.iter().enumerate().find(|(_, pool)| pool.contains(address))
    }
}

/// DHCPv4-over-DHCPv6 clients of a subnet (RFC 7341): those to whom any of these applies.
#[derive(Clone, Debug, Default)]
pub struct Dhcp4o6 {
    /// `4o6-subnet`: the prefix that the DHCPv6 message came from.
    pub prefix: Option<Prefix6>,
    /// `4o6-interface-id`: what the relay next to the client calls its link.
    pub interface_id: Option<Box<[u8]>>,
    /// `4o6-interface`: the interface that the DHCPv6 server heard it on.
    pub interface: Option<Box<str>>,
}

/// A pool of addresses.
#[derive(Clone, Debug)]
pub struct Pool4 {
    /// `pool-id`; 0 if not set.
    pub id: u32,
    /// First address.
    pub first: Ipv4Addr,
    /// Last address.
    pub last: Ipv4Addr,
    /// Options of pool, subnet and network, layered.
    pub options: Arc<OptionSet>,
    /// Whose pool it is.
    pub guard: Guard,
    /// Classes to evaluate once it was chosen.
    pub additional: Box<[ClassId]>,
    /// Name rules of the pool over those of the subnet.
    pub ddns: Arc<Ddns>,
}

impl Pool4 {
    /// Whether an address lies in it.
    pub fn contains(&self, address: Ipv4Addr) -> bool {
        (self.first..=self.last).contains(&address)
    }

    /// The address at a place in it, counted from 0; the last one where there are not so many.
    pub fn nth(&self, place: u64) -> Ipv4Addr {
        let address = u64::from(u32::from(self.first)).saturating_add(place);
        u32::try_from(address).map_or(self.last, |address| Ipv4Addr::from(address).min(self.last))
    }

    /// How many addresses it has.
    pub fn capacity(&self) -> u64 {
        u64::from(u32::from(self.last)).saturating_sub(u64::from(u32::from(self.first))) + 1
    }
}

/// A shared network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network4 {
    /// Name.
    pub name: Box<str>,
    /// Indexes of its subnets in [`Subnets4::list`], in the order written.
    pub subnets: Vec<usize>,
}

/// A reservation.
#[derive(Clone, Debug)]
pub struct Host4 {
    /// Whom it is for.
    pub identifier: Identifier,
    /// Address.
    pub address: Option<Ipv4Addr>,
    /// Name; empty if none.
    pub hostname: Box<str>,
    /// `next-server`, if given.
    pub next_server: Option<Ipv4Addr>,
    /// `server-hostname`; empty if none.
    pub server_hostname: Box<str>,
    /// `boot-file-name`; empty if none.
    pub file: Box<str>,
    /// Options of the reservation alone; they come before all others.
    pub options: OptionSet,
    /// Classes of the client.
    pub classes: Box<[ClassId]>,
}

impl Reservation for Host4 {
    type Address = Ipv4Addr;

    fn identifier(&self) -> &Identifier {
        &self.identifier
    }

    fn addresses(&self) -> impl Iterator<Item = Ipv4Addr> {
        self.address.into_iter()
    }

    fn follows(before: Ipv4Addr, address: Ipv4Addr) -> bool {
        before.to_bits().checked_add(1) == Some(address.to_bits())
    }
}

/// Subnets and shared networks, and which subnet serves whom.
#[derive(Clone, Debug, Default)]
pub struct Subnets4 {
    list: Vec<Subnet4>,
    networks: Vec<Network4>,
    /// One table for each prefix length in use.
    prefixes: BTreeMap<u8, HashMap<u32, u32>>,
    interfaces: HashMap<Box<str>, Vec<u32>>,
    relays: HashMap<Ipv4Addr, Vec<u32>>,
    dhcp4o6: Index4o6,
}

/// Which subnets serve which DHCPv4-over-DHCPv6 clients.
#[derive(Clone, Debug, Default)]
struct Index4o6 {
    /// One table for each prefix length in use.
    prefixes: BTreeMap<u8, HashMap<Ipv6Addr, Vec<u32>>>,
    interface_ids: HashMap<Box<[u8]>, Vec<u32>>,
    interfaces: HashMap<Box<str>, Vec<u32>>,
}

impl Subnets4 {
    /// Indexes subnets, which it puts in ascending order of their ids: where several fit, the first one serves.
    /// `network` of each subnet is its index in `networks`; the networks' lists of subnets are made here.
    pub fn new(mut list: Vec<Subnet4>, networks: Vec<Box<str>>) -> Self {
        list.sort_by_key(|subnet| subnet.id);
        let mut networks: Vec<_> = networks.into_iter().map(|name| Network4 { name, subnets: Vec::new() }).collect();
        let mut made = Self::default();
        for (at, subnet) in list.iter().enumerate() {
            let number = at as u32;
            if let Some(network) = subnet.network.and_then(|n| networks.get_mut(n)) {
                network.subnets.push(at);
            }
            if let Some(interface) = &subnet.interface {
                made.interfaces.entry(interface.clone()).or_default().push(number);
            }
            for relay in &subnet.relays {
                made.relays.entry(*relay).or_default().push(number);
            }
            made.dhcp4o6.add(&subnet.dhcp4o6, number);
            let table = made.prefixes.entry(subnet.prefix_len).or_default();
            table.entry(u32::from(subnet.prefix)).or_insert(number);
        }
        Self { list, networks, ..made }
    }

    /// All subnets by id.
    pub fn list(&self) -> &[Subnet4] {
        &self.list
    }

    /// All shared networks as written.
    pub fn networks(&self) -> &[Network4] {
        &self.networks
    }

    /// The subnet with this number, and its index.
    pub fn by_id(&self, id: u32) -> Option<(usize, &Subnet4)> {
        let at = self.list.binary_search_by_key(&id, |subnet| subnet.id).ok()?;
        Some((at, self.list.get(at)?))
    }

    /// The first subnet whose prefix holds the address, whomever it serves.
    pub fn holding(&self, address: Ipv4Addr) -> Option<usize> {
        self.all_holding(address).min()
    }

    /// The first subnet whose prefix holds the address and that serves these classes.
    pub fn by_address(&self, address: Ipv4Addr, classes: &ClassSet) -> Option<usize> {
        self.all_holding(address).filter(|at| self.admits(*at, classes)).min()
    }

    fn all_holding(&self, address: Ipv4Addr) -> impl Iterator<Item = usize> {
        let found = self.prefixes.iter().filter_map(move |(len, table)| table.get(&masked(address, *len)));
        found.map(|&at| at as usize)
    }

    /// The first subnet bound to a server's interface that serves these classes.
    pub fn by_interface(&self, name: &str, classes: &ClassSet) -> Option<usize> {
        self.first(self.interfaces.get(name), classes)
    }

    /// The first subnet bound to a relay that serves these classes.
    pub fn by_relay(&self, giaddr: Ipv4Addr, classes: &ClassSet) -> Option<usize> {
        self.first(self.relays.get(&giaddr), classes)
    }

    /// The first subnet for DHCPv4-over-DHCPv6 clients that are reached at this address, are on the link of this name, or were
    /// heard on this interface, and that serves these classes.
    pub fn by_dhcp4o6(
        &self,
        source: Ipv6Addr,
        interface_id: Option<&[u8]>,
        interface: &str,
        classes: &ClassSet,
    ) -> Option<usize> {
        let index = &self.dhcp4o6;
        let prefixes = index.prefixes.iter().map(|(len, table)| table.get(&Prefix6::new(source, *len)?.first()));
        let names = [interface_id.and_then(|id| index.interface_ids.get(id)), index.interfaces.get(interface)];
        prefixes.chain(names).filter_map(|list| self.first(list, classes)).min()
    }

    fn first(&self, list: Option<&Vec<u32>>, classes: &ClassSet) -> Option<usize> {
        list?.iter().map(|&at| at as usize).find(|at| self.admits(*at, classes))
    }

    fn admits(&self, at: usize, classes: &ClassSet) -> bool {
        self.list.get(at).is_some_and(|subnet| subnet.guard.admits(classes))
    }

    /// The subnets on the same link as this one: itself, those after it in the shared network, those before it.
    pub fn siblings(&self, subnet: usize) -> impl Iterator<Item = usize> {
        let network = self.list.get(subnet).and_then(|s| self.networks.get(s.network?));
        let link = network.map_or(&[][..], |n| &n.subnets);
        let place = link.iter().position(|&s| s == subnet).unwrap_or(0);
        let (before, after) = link.split_at(place);
        std::iter::once(subnet).chain(after.iter().skip(1).chain(before).copied())
    }
}

impl Index4o6 {
    fn add(&mut self, clients: &Dhcp4o6, subnet: u32) {
        if let Some(prefix) = clients.prefix {
            self.prefixes.entry(prefix.len).or_default().entry(prefix.first()).or_default().push(subnet);
        }
        if let Some(id) = &clients.interface_id {
            self.interface_ids.entry(id.clone()).or_default().push(subnet);
        }
        if let Some(interface) = &clients.interface {
            self.interfaces.entry(interface.clone()).or_default().push(subnet);
        }
    }
}

fn masked(address: Ipv4Addr, len: u8) -> u32 {
    let mask = u32::MAX.checked_shl(32 - u32::from(len)).unwrap_or(0);
    u32::from(address) & mask
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn subnet(id: u32, prefix: [u8; 4], prefix_len: u8) -> Subnet4 {
        Subnet4 {
            id,
            prefix: prefix.into(),
            prefix_len,
            network: None,
            interface: None,
            relays: Vec::new(),
            dhcp4o6: Dhcp4o6::default(),
            pools: Vec::new(),
            allocator: Allocator::Iterative,
            adaptive_threshold: None,
            valid: Lifetime::fixed(7200),
            tee: TeeTimes { renew: None, rebind: None, calculate: false, t1_fraction: 0.5, t2_fraction: 0.875 },
            cache: LeaseCache::default(),
            offer_lifetime: 0,
            match_client_id: true,
            authoritative: false,
            boot: BootFields::default(),
            reservations: ReservationModes::default(),
            hosts: Hosts::default(),
            options: Arc::default(),
            guard: Guard::default(),
            additional: Box::default(),
            ddns: Arc::default(),
            store_extended_info: false,
        }
    }

    #[test]
    fn a_subnet_is_found_by_address_relay_and_interface() {
        let mut relayed = subnet(7, [10, 1, 0, 0], 16);
        relayed.relays = vec![[192, 0, 2, 1].into()];
        relayed.interface = Some("eth0".into());
        let subnets = Subnets4::new(vec![relayed, subnet(3, [10, 1, 2, 0], 24), subnet(9, [0, 0, 0, 0], 0)], vec![]);
        let id = |at: Option<usize>| at.map(|at| subnets.list()[at].id);
        let classes = &ClassSet::default();
        assert_eq!(id(subnets.by_address([10, 1, 2, 3].into(), classes)), Some(3), "the smaller id");
        assert_eq!(id(subnets.by_address([10, 1, 3, 3].into(), classes)), Some(7));
        assert_eq!(id(subnets.by_address([11, 1, 3, 3].into(), classes)), Some(9));
        assert_eq!(id(subnets.by_relay([192, 0, 2, 1].into(), classes)), Some(7));
        assert_eq!(id(subnets.by_interface("eth0", classes)), Some(7));
        assert_eq!(subnets.by_id(9).map(|(_, s)| s.id), Some(9));
        assert_eq!(subnets.by_interface("eth1", classes), None);
    }

    #[test]
    fn a_subnet_of_dhcp4o6_clients_is_found_in_three_ways() {
        let of = |id, third, dhcp4o6| Subnet4 { dhcp4o6, ..subnet(id, [10, 0, third, 0], 24) };
        let prefix = "2001:db8::/32".parse().ok();
        let list = vec![
            subnet(1, [10, 0, 0, 0], 24),
            of(2, 1, Dhcp4o6 { interface: Some("eth0".into()), ..Dhcp4o6::default() }),
            of(3, 2, Dhcp4o6 { prefix, ..Dhcp4o6::default() }),
            of(4, 3, Dhcp4o6 { interface_id: Some(b"port"[..].into()), ..Dhcp4o6::default() }),
        ];
        let subnets = Subnets4::new(list, vec![]);
        let found = |source: &str, id: Option<&[u8]>, interface: &str| {
            let at = subnets.by_dhcp4o6(source.parse().unwrap(), id, interface, &ClassSet::default());
            at.map(|at| subnets.list()[at].id)
        };
        assert_eq!(found("2001:db8:7::1", Some(b"port"), "eth1"), Some(3), "the smaller id, whichever way");
        assert_eq!(found("2001:db8:7::1", None, "eth0"), Some(2));
        assert_eq!(found("fe80::1", Some(b"port"), "eth1"), Some(4));
        assert_eq!(found("fe80::1", Some(b"other"), "eth1"), None);
    }

    #[test]
    fn siblings_start_with_the_subnet_itself() {
        let on = |id, third, network| Subnet4 { network, ..subnet(id, [10, 0, third, 0], 24) };
        let list = vec![on(1, 1, Some(0)), on(2, 2, None), on(3, 3, Some(0)), on(4, 4, Some(0))];
        let subnets = Subnets4::new(list, vec!["net".into()]);
        assert_eq!(subnets.siblings(2).collect::<Vec<_>>(), [2, 3, 0]);
        assert_eq!(subnets.siblings(1).collect::<Vec<_>>(), [1]);
    }
}
