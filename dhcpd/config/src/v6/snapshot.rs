//! What a DHCPv6 server runs with: resolved, indexed, immutable.
//!
//! Defaults and inheritance are already applied: nothing here asks an outer scope. A packet takes one snapshot and keeps it.

use crate::classes::{Class6, ClassId, ClassSet, Classes, Guard};
use crate::common::{
    Allocator, D2Client, Database, ExpiredLeases, ExtendedInfoChecks, LeaseChecks, LeaseDatabase, Queue,
    ReservationModes, Samples,
};
use crate::ddns::Ddns;
use crate::hosts::{Hosts, Identifier, IdentifierKind, Reservation};
use crate::lifetime::{LeaseCache, Lifetime, TeeTimes};
use crate::options::OptionSet;
use crate::parameters::{Definitions, Library};
use hashbrown::HashMap;
use schema::Word;
use std::net::Ipv6Addr;
use std::sync::Arc;

/// The configuration of a running DHCPv6 server.
#[derive(Clone, Debug, Default)]
pub struct Config6 {
    /// Interfaces and sockets.
    pub interfaces: Interfaces6,
    /// How the server's DUID comes about.
    pub server_id: ServerId,
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
    pub subnets: Subnets6,
    /// Classes of clients.
    pub classes: Classes<Class6>,
    /// Global options alone; they come behind those of all other scopes.
    pub options: Arc<OptionSet>,
    /// Global reservations.
    pub hosts: Hosts<Host6>,
    /// `hosts-databases`: where more reservations are, in the order in which they count.
    pub host_databases: Vec<Database>,
    /// `ip-reservations-unique`.
    pub reservations_unique: bool,
    /// Options by space (the standard ones if absent), the operator's own included, for reservations that come later.
    pub definitions: Option<Arc<Definitions>>,
    /// Kinds of identifiers that reservations are looked up by, in order (`host-reservation-identifiers`).
    pub host_identifiers: Vec<IdentifierKind>,
    /// Where a client's MAC address is learnt from, in order (`mac-sources`); empty is `any`.
    pub mac_sources: Vec<MacSource>,
    /// Global name rules, for a client of no subnet.
    pub ddns: Arc<Ddns>,
    /// `decline-probation-period`, seconds.
    pub decline_probation: u32,
    /// `early-global-reservations-lookup`.
    pub early_global_reservations: bool,
    /// `reservations-lookup-first`: look for a reservation of an address before the lease on it.
    pub reservations_lookup_first: bool,
    /// Options of a relay that are passed on to its client (`relay-supplied-options`, RFC 6422 §5), 65 among them.
    pub relay_supplied_options: Vec<u16>,
    /// `compatibility/lenient-option-parsing`: take what can be read of a bad option.
    pub lenient_option_parsing: bool,
    /// `allow-address-registration`: clients may register addresses that they made themselves (RFC 9686).
    pub address_registration: bool,
    /// `dhcp4o6-port`: our port for DHCPv4-over-DHCPv6; the DHCPv4 server's is the next one.
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
pub struct Interfaces6 {
    /// Entries as written: `*`, a name, or `name/address` to listen on for unicast as well.
    pub interfaces: Vec<Box<str>>,
    /// `re-detect`.
    pub re_detect: bool,
    /// `service-sockets-require-all`.
    pub require_all: bool,
    /// `service-sockets-max-retries`.
    pub max_retries: u32,
    /// `service-sockets-retry-wait-time`, milliseconds.
    pub retry_wait: u32,
}

impl Default for Interfaces6 {
    fn default() -> Self {
        Self { interfaces: Vec::new(), re_detect: true, require_all: false, max_retries: 0, retry_wait: 5000 }
    }
}

/// A subnet: a prefix on a link, and what is handed out there.
#[derive(Clone, Debug)]
pub struct Subnet6 {
    /// Number.
    pub id: u32,
    /// First address of the prefix.
    pub prefix: Ipv6Addr,
    /// Length of the prefix, 0 to 128.
    pub prefix_len: u8,
    /// Index of its shared network in [`Subnets6::networks`].
    pub network: Option<usize>,
    /// `interface`, its own or its network's.
    pub interface: Option<Box<str>>,
    /// `interface-id` with which a relay names the link, its own or its network's.
    pub interface_id: Option<Box<[u8]>>,
    /// Relays whose clients are here (`relay`), its own or its network's.
    pub relays: Vec<Ipv6Addr>,
    /// A SOLICIT may be answered by a committing REPLY (RFC 8415 §18.3.1).
    pub rapid_commit: bool,
    /// Preferred lifetime, seconds; all zero where it is not given: five eighths of the valid one.
    pub preferred: Lifetime,
    /// Valid lifetime, seconds.
    pub valid: Lifetime,
    /// T1 and T2.
    pub tee: TeeTimes,
    /// Address pools in the order written.
    pub pools: Vec<Pool6>,
    /// Prefix delegation pools in the order written.
    pub pd_pools: Vec<PdPool>,
    /// How an address is looked for.
    pub allocator: Allocator,
    /// How a prefix is looked for.
    pub pd_allocator: Allocator,
    /// `adaptive-lease-time-threshold`: the fraction of prefixes in use from which on new leases are as short as may be.
    pub adaptive_threshold: Option<f64>,
    /// Which reservations are looked at.
    pub reservations: ReservationModes,
    /// Reservations of this subnet.
    pub hosts: Hosts<Host6>,
    /// Options of subnet and network, layered.
    pub options: Arc<OptionSet>,
    /// Whose subnet it is, its own guard and its network's.
    pub guard: Guard,
    /// Classes to evaluate once it was chosen, its own and its network's.
    pub additional: Box<[ClassId]>,
    /// Name rules.
    pub ddns: Arc<Ddns>,
    /// Keep relay information in the lease's user context (`store-extended-info`).
    pub store_extended_info: bool,
    /// Renewals that come early.
    pub cache: LeaseCache,
}

/// A shared network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network6 {
    /// Name.
    pub name: Box<str>,
    /// Indexes of its subnets in [`Subnets6::list`], by id.
    pub subnets: Vec<usize>,
}

/// A pool of addresses.
#[derive(Clone, Debug)]
pub struct Pool6 {
    /// `pool-id`; 0 if not set.
    pub id: u32,
    /// First address.
    pub first: Ipv6Addr,
    /// Last address.
    pub last: Ipv6Addr,
    /// Options of the pool alone, since a client may hold leases of several pools; they come before those of the subnet.
    pub options: OptionSet,
    /// Whose pool it is.
    pub guard: Guard,
    /// Classes to evaluate once it was chosen.
    pub additional: Box<[ClassId]>,
    /// Name rules of the pool over those of the subnet.
    pub ddns: Arc<Ddns>,
}

/// A pool of prefixes.
#[derive(Clone, Debug)]
pub struct PdPool {
    /// `pool-id`; 0 if not set.
    pub id: u32,
    /// First address of the pool's prefix.
    pub prefix: Ipv6Addr,
    /// Length of the pool's prefix.
    pub prefix_len: u8,
    /// Length of the delegated prefixes.
    pub delegated_len: u8,
    /// Prefix kept out of each delegated one (RFC 6603).
    pub excluded: Option<Excluded>,
    /// Options of the pool alone, since a client may hold leases of several pools; they come before those of the subnet.
    pub options: OptionSet,
    /// Whose pool it is.
    pub guard: Guard,
    /// Classes to evaluate once it was chosen.
    pub additional: Box<[ClassId]>,
}

/// An excluded prefix (RFC 6603 §4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Excluded {
    /// First address.
    pub prefix: Ipv6Addr,
    /// Length.
    pub len: u8,
}

/// A reservation.
#[derive(Clone, Debug)]
pub struct Host6 {
    /// Whom it is for.
    pub identifier: Identifier,
    /// Reserved addresses.
    pub addresses: Vec<Ipv6Addr>,
    /// Reserved prefixes.
    pub prefixes: Vec<ReservedPrefix>,
    /// Name; empty if none.
    pub hostname: Box<str>,
    /// Options of the reservation alone; they come before all others.
    pub options: OptionSet,
    /// Classes of the client.
    pub classes: Box<[ClassId]>,
}

/// What a reservation reserves, as an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reserved6 {
    /// An address.
    Address(Ipv6Addr),
    /// A prefix and its length.
    Prefix(Ipv6Addr, u8),
}

impl Reservation for Host6 {
    type Address = Reserved6;

    fn identifier(&self) -> &Identifier {
        &self.identifier
    }

    fn addresses(&self) -> impl Iterator<Item = Reserved6> {
        let prefixes = self.prefixes.iter().map(|p| Reserved6::Prefix(p.prefix, p.len));
        self.addresses.iter().copied().map(Reserved6::Address).chain(prefixes)
    }
}

/// A reserved prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReservedPrefix {
    /// First address.
    pub prefix: Ipv6Addr,
    /// Length.
    pub len: u8,
    /// Prefix kept out of it.
    pub excluded: Option<Excluded>,
}

/// Where a client's MAC address is learnt from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Word)]
pub enum MacSource {
    /// `any`: each of the others, in Kea's order.
    Any,
    /// `raw`: the frame; never known over UDP sockets.
    Raw,
    /// `client-link-addr-option` or `rfc6939`: option 79 of the relay next to the client.
    #[word("client-link-addr-option", "rfc6939")]
    ClientLinkAddr,
    /// `duid`: DUID-LLT and DUID-LL.
    Duid,
    /// `ipv6-link-local`: the modified EUI-64 of the client's link-local address.
    #[word("ipv6-link-local")]
    LinkLocal,
    /// `remote-id` or `rfc4649`: option 37 of the relay next to the client.
    #[word("remote-id", "rfc4649")]
    RemoteId,
    /// `docsis-cmts`: sub-option 1026 of the vendor option 17 that a CMTS adds as a relay.
    DocsisCmts,
    /// `docsis-modem`: sub-option 36 of the modem's vendor option 17.
    DocsisModem,
}

/// The `server-id` map.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerId {
    /// `type`.
    pub kind: ServerIdKind,
    /// `identifier`, bytes: the address of LLT and LL, the identifier of EN; empty if it is to be made.
    pub identifier: Box<[u8]>,
    /// `time`, seconds since 2000-01-01 UTC; 0 is now.
    pub time: u32,
    /// `htype`; 0 is that of the interface the address is taken from.
    pub hardware_type: u16,
    /// `enterprise-id`; 0 is ISC's 2495.
    pub enterprise_id: u32,
    /// `persist`: keep what was made in the file.
    pub persist: bool,
}

/// Kinds of DUIDs that a server can be told to make (RFC 8415 §11, RFC 6355 for UUID is not among Kea's).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ServerIdKind {
    /// Link-layer address and time.
    #[default]
    Llt,
    /// Enterprise number.
    En,
    /// Link-layer address.
    Ll,
}

impl Subnet6 {
    /// Whether an address is of this subnet's prefix.
    pub fn contains(&self, address: Ipv6Addr) -> bool {
        masked(address, self.prefix_len) == masked(self.prefix, self.prefix_len)
    }

    /// The address pool that an address is in.
    pub fn pool_of(&self, address: Ipv6Addr) -> Option<(usize, &Pool6)> {
        self.pools.iter().enumerate().find(|(_, pool)| (pool.first..=pool.last).contains(&address))
    }

    /// The prefix pool that a prefix starts in.
    pub fn pd_pool_of(&self, prefix: Ipv6Addr) -> Option<(usize, &PdPool)> {
        self.pd_pools.iter().enumerate().find(|(_, pool)| pool.contains(prefix))
    }
}

impl Pool6 {
    /// How many addresses it has; `u128::MAX` where there are more.
    pub fn capacity(&self) -> u128 {
        (self.last.to_bits().saturating_sub(self.first.to_bits())).saturating_add(1)
    }
}

impl PdPool {
    /// Whether a prefix starts in it.
    pub fn contains(&self, prefix: Ipv6Addr) -> bool {
        masked(prefix, self.prefix_len) == masked(self.prefix, self.prefix_len)
    }

    /// Its last delegated prefix.
    pub fn last(&self) -> Ipv6Addr {
        let end = self.prefix.to_bits() | u128::MAX.checked_shr(u32::from(self.prefix_len)).unwrap_or(0);
        Ipv6Addr::from_bits(masked(Ipv6Addr::from_bits(end), self.delegated_len))
    }

    /// How many prefixes it has; `u128::MAX` where there are more.
    pub fn capacity(&self) -> u128 {
        1u128.checked_shl(u32::from(self.delegated_len.saturating_sub(self.prefix_len))).unwrap_or(u128::MAX)
    }
}

/// Subnets and shared networks, and which subnet serves whom.
#[derive(Clone, Debug, Default)]
pub struct Subnets6 {
    list: Vec<Subnet6>,
    networks: Vec<Network6>,
    /// One table for each prefix length in use.
    prefixes: Vec<(u8, HashMap<u128, u32>)>,
    interfaces: HashMap<Box<str>, Vec<u32>>,
    interface_ids: HashMap<Box<[u8]>, Vec<u32>>,
    relays: HashMap<Ipv6Addr, Vec<u32>>,
}

impl Subnets6 {
    /// Indexes subnets, which it puts in ascending order of their ids: where several fit, the first one serves.
    /// `network` of each subnet is its index in `networks`; the networks' lists of subnets are made here.
    pub fn new(mut list: Vec<Subnet6>, networks: Vec<Box<str>>) -> Self {
        list.sort_by_key(|subnet| subnet.id);
        let mut networks: Vec<_> = networks.into_iter().map(|name| Network6 { name, subnets: Vec::new() }).collect();
        let mut made = Self::default();
        for (at, subnet) in list.iter().enumerate() {
            let number = at as u32;
            if let Some(network) = subnet.network.and_then(|n| networks.get_mut(n)) {
                network.subnets.push(at);
            }
            if let Some(interface) = &subnet.interface {
                made.interfaces.entry(interface.clone()).or_default().push(number);
            }
            if let Some(interface_id) = &subnet.interface_id {
                made.interface_ids.entry(interface_id.clone()).or_default().push(number);
            }
            for relay in &subnet.relays {
                made.relays.entry(*relay).or_default().push(number);
            }
            let table = match made.prefixes.iter().position(|(len, _)| *len == subnet.prefix_len) {
                Some(table) => &mut made.prefixes[table].1,
                None => {
                    made.prefixes.push((subnet.prefix_len, HashMap::new()));
                    let last = made.prefixes.len() - 1;
                    &mut made.prefixes[last].1
                }
            };
            table.entry(masked(subnet.prefix, subnet.prefix_len)).or_insert(number);
        }
        Self { list, networks, ..made }
    }

    /// All subnets by id.
    pub fn list(&self) -> &[Subnet6] {
        &self.list
    }

    /// All shared networks as written.
    pub fn networks(&self) -> &[Network6] {
        &self.networks
    }

    /// The subnet with this number, and its index.
    pub fn by_id(&self, id: u32) -> Option<(usize, &Subnet6)> {
        let at = self.list.binary_search_by_key(&id, |subnet| subnet.id).ok()?;
        Some((at, self.list.get(at)?))
    }

    /// The first subnet whose prefix holds the address, whomever it serves.
    pub fn holding(&self, address: Ipv6Addr) -> Option<usize> {
        self.all_holding(address).min()
    }

    /// The first subnet whose prefix holds the address and that serves these classes.
    pub fn by_address(&self, address: Ipv6Addr, classes: &ClassSet) -> Option<usize> {
        self.all_holding(address).filter(|at| self.admits(*at, classes)).min()
    }

    fn all_holding(&self, address: Ipv6Addr) -> impl Iterator<Item = usize> {
        let found = self.prefixes.iter().filter_map(move |(len, table)| table.get(&masked(address, *len)));
        found.map(|&at| at as usize)
    }

    /// The first subnet bound to a server's interface that serves these classes.
    pub fn by_interface(&self, name: &str, classes: &ClassSet) -> Option<usize> {
        self.first(self.interfaces.get(name), classes)
    }

    /// The first subnet bound to the interface-id option of a relay that serves these classes.
    pub fn by_interface_id(&self, id: &[u8], classes: &ClassSet) -> Option<usize> {
        self.first(self.interface_ids.get(id), classes)
    }

    /// The first subnet bound to a relay that serves these classes.
    pub fn by_relay(&self, link_address: Ipv6Addr, classes: &ClassSet) -> Option<usize> {
        self.first(self.relays.get(&link_address), classes)
    }

    fn first(&self, list: Option<&Vec<u32>>, classes: &ClassSet) -> Option<usize> {
        list?.iter().map(|&at| at as usize).find(|at| self.admits(*at, classes))
    }

    fn admits(&self, at: usize, classes: &ClassSet) -> bool {
        self.list.get(at).is_some_and(|subnet| subnet.guard.admits(classes))
    }

    /// The subnets on the same link as this one, itself first.
    pub fn siblings(&self, subnet: usize) -> impl Iterator<Item = usize> {
        let network = self.list.get(subnet).and_then(|s| self.networks.get(s.network?));
        let others = network.map_or(&[][..], |n| &n.subnets);
        std::iter::once(subnet).chain(others.iter().copied().filter(move |&other| other != subnet))
    }
}

/// The leading `len` bits of an address, the others zero.
fn masked(address: Ipv6Addr, len: u8) -> u128 {
    address.to_bits() & u128::MAX.checked_shl(128 - u32::from(len.min(128))).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subnet(id: u32, prefix: &str, prefix_len: u8) -> Subnet6 {
        Subnet6 {
            id,
            prefix: prefix.parse().unwrap(),
            prefix_len,
            network: None,
            interface: None,
            interface_id: None,
            relays: Vec::new(),
            rapid_commit: false,
            preferred: Lifetime::fixed(0),
            valid: Lifetime::fixed(7200),
            tee: TeeTimes { renew: None, rebind: None, calculate: true, t1_fraction: 0.5, t2_fraction: 0.8 },
            pools: Vec::new(),
            pd_pools: Vec::new(),
            allocator: Allocator::Iterative,
            pd_allocator: Allocator::Iterative,
            adaptive_threshold: None,
            reservations: ReservationModes::default(),
            hosts: Hosts::default(),
            options: Arc::default(),
            guard: Guard::default(),
            additional: Box::default(),
            ddns: Arc::default(),
            store_extended_info: false,
            cache: LeaseCache::default(),
        }
    }

    #[test]
    fn a_subnet_is_found_by_address_interface_id_and_relay() {
        let mut relayed = subnet(7, "2001:db8::", 32);
        relayed.relays = vec!["2001:db8::1".parse().unwrap()];
        relayed.interface_id = Some((*b"vlan7").into());
        let list = vec![relayed, subnet(3, "2001:db8:1::", 48), subnet(9, "::", 0)];
        let subnets = Subnets6::new(list, vec![]);
        let id = |at: Option<usize>| at.map(|at| subnets.list()[at].id);
        let classes = &ClassSet::default();
        assert_eq!(id(subnets.by_address("2001:db8:1::5".parse().unwrap(), classes)), Some(3), "the smaller id");
        assert_eq!(id(subnets.by_address("2001:db8:2::5".parse().unwrap(), classes)), Some(7));
        assert_eq!(id(subnets.by_address("fd00::1".parse().unwrap(), classes)), Some(9));
        assert_eq!(id(subnets.by_interface_id(b"vlan7", classes)), Some(7));
        assert_eq!(id(subnets.by_relay("2001:db8::1".parse().unwrap(), classes)), Some(7));
        assert_eq!(subnets.by_interface("eth0", classes), None);
        assert_eq!(subnets.by_id(9).map(|(at, _)| at), Some(2));
    }

    #[test]
    fn a_prefix_pool_knows_its_last_prefix() {
        let pool = PdPool {
            id: 0,
            prefix: "2001:db8::".parse().unwrap(),
            prefix_len: 48,
            delegated_len: 56,
            excluded: None,
            options: OptionSet::default(),
            guard: Guard::default(),
            additional: Box::default(),
        };
        assert_eq!(pool.last(), "2001:db8:0:ff00::".parse::<Ipv6Addr>().unwrap());
        assert_eq!(pool.capacity(), 256);
        assert!(pool.contains(pool.last()) && !pool.contains("2001:db8:1::".parse().unwrap()));
    }
}
