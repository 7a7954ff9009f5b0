//! Which subnet a client is on.

use super::OverDhcpv6;
use super::classes::Members;
use super::hooks::Selection;
use super::messages::*;
use super::query::Query;
use super::refusal::Refusal;
use crate::hooks::{Next, Point};
use crate::shown::Shown;
use dhcpd_config::classes::ClassSet;
use dhcpd_config::v4::snapshot::{Config4, Subnets4};
use log::event;
use smallvec::SmallVec;
use std::net::Ipv4Addr;
use wire::v4::{agent, code};

/// Index of the client's subnet; one that comes over DHCPv6 has its own ways. The order is Kea's: what the relay (RFC 3527) or the client (RFC 3011) names, the relay's
/// address, the client's own address, the interface.
pub(super) fn subnet(members: &mut Members<'_>) -> Result<Option<usize>, Refusal> {
    let (config, query) = (&members.snapshot.config, members.query);
    let found = match query.received.over_dhcpv6 {
        Some(way) => {
            let OverDhcpv6 { origin, interface_id } = way;
            config.subnets.by_dhcp4o6(origin.address, interface_id, origin.interface, members.set())
        }
        None => find(config, query, members.set()),
    };
    let found = ask_libraries(members, found)?;
    let subnet = found.and_then(|at| config.subnets.list().get(at));
    let label = query.label();
    match (subnet, query.received.over_dhcpv6.is_some()) {
        (Some(subnet), false) => {
            event!(DHCP4_SUBNET_SELECTED, query = label, id = subnet.id);
            event!(DHCP4_SUBNET_DATA, query = label, subnet = Shown(subnet));
        }
        (None, false) => event!(DHCP4_SUBNET_SELECTION_FAILED, query = label),
        (Some(subnet), true) => {
            event!(DHCP4_DHCP4O6_SUBNET_SELECTED, query = label, id = subnet.id);
            event!(DHCP4_DHCP4O6_SUBNET_DATA, query = label, subnet = Shown(subnet));
        }
        (None, true) => event!(DHCP4_DHCP4O6_SUBNET_SELECTION_FAILED, query = label),
    }
    Ok(found)
}

/// What libraries make of the choice.
fn ask_libraries(members: &mut Members<'_>, found: Option<usize>) -> Result<Option<usize>, Refusal> {
    let snapshot = members.snapshot;
    if !snapshot.libraries.at(Point::Subnet) {
        return Ok(found);
    }
    let mut selection = Selection { config: &snapshot.config, subnet: found, classes: SmallVec::new() };
    let request = members.query.request(members.set());
    if snapshot.libraries.ask(Point::Subnet, |library| library.subnet(&request, &mut selection)) == Next::Drop {
        event!(DHCP4_HOOK_SUBNET4_SELECT_DROP, query = members.query.label());
        return Err(Refusal::Library);
    }
    let Selection { subnet, classes, .. } = selection;
    members.add(&classes);
    Ok(subnet)
}

fn find(config: &Config4, query: &Query<'_>, classes: &ClassSet) -> Option<usize> {
    let selector = Selector {
        link: selected(config, query),
        giaddr: query.packet.giaddr(),
        ciaddr: query.packet.ciaddr(),
        source: *query.received.source.ip(),
        destination: query.received.destination,
        interface: query.received.interface,
        interface_address: query.received.interface_address,
    };
    selector.subnet(&config.subnets, classes)
}

/// What tells on which link a client is. Addresses that are not known are unspecified.
#[derive(Clone, Copy, Debug)]
pub struct Selector<'a> {
    /// What the relay or the client names (RFC 3527, RFC 3011).
    pub link: Option<Ipv4Addr>,
    /// The relay's address.
    pub giaddr: Ipv4Addr,
    /// The client's address, as it says.
    pub ciaddr: Ipv4Addr,
    /// Who sent the packet.
    pub source: Ipv4Addr,
    /// To which address.
    pub destination: Ipv4Addr,
    /// Name of the interface it came in by.
    pub interface: &'a str,
    /// The server's address on that interface.
    pub interface_address: Ipv4Addr,
}

impl Selector<'_> {
    /// Index of the subnet.
    pub fn subnet(&self, subnets: &Subnets4, classes: &ClassSet) -> Option<usize> {
        let by_address = |address| by_address(subnets, address, classes);
        if let Some(address) = self.link {
            return by_address(address);
        }
        event!(DHCPSRV_SUBNET4_SELECT_NO_RAI_OPTIONS);
        let giaddr = self.giaddr;
        if !giaddr.is_unspecified() {
            return by_relay(subnets, giaddr, classes).or_else(|| by_address(giaddr));
        }
        event!(DHCPSRV_SUBNET4_SELECT_NO_RELAY_ADDRESS);
        if let Some(address) = self.own_address() {
            return by_address(address);
        }
        by_interface(subnets, self.interface, classes).or_else(|| {
            let address = self.interface_address;
            if address.is_unspecified() {
                event!(DHCPSRV_SUBNET4_SELECT_NO_USABLE_ADDRESS);
                return None;
            }
            by_address(address)
        })
    }

    /// Whether it comes down to the interface that the packet came in by.
    pub fn is_by_interface(&self) -> bool {
        self.link.is_none() && self.giaddr.is_unspecified() && self.own_address().is_none()
    }

    /// A packet to the server's own address comes from a client that has one.
    fn own_address(&self) -> Option<Ipv4Addr> {
        let own = [self.ciaddr, self.source].into_iter().find(|address| !address.is_unspecified());
        own.filter(|_| !self.destination.is_broadcast())
    }
}

fn by_address(subnets: &Subnets4, address: Ipv4Addr, classes: &ClassSet) -> Option<usize> {
    let found = subnets.by_address(address, classes);
    match found.and_then(|at| subnets.list().get(at)) {
        Some(subnet) => event!(DHCPSRV_CFGMGR_SUBNET4_ADDR, subnet = Shown(subnet), address),
        None => event!(DHCPSRV_SUBNET4_SELECT_BY_ADDRESS_NO_MATCH, address),
    }
    found
}

fn by_relay(subnets: &Subnets4, relay: Ipv4Addr, classes: &ClassSet) -> Option<usize> {
    let found = subnets.by_relay(relay, classes);
    match found.and_then(|at| subnets.list().get(at)) {
        Some(subnet) => event!(DHCPSRV_CFGMGR_SUBNET4_RELAY, subnet = Shown(subnet), relay),
        None => event!(DHCPSRV_SUBNET4_SELECT_BY_RELAY_ADDRESS_NO_MATCH, relay),
    }
    found
}

fn by_interface(subnets: &Subnets4, interface: &str, classes: &ClassSet) -> Option<usize> {
    let found = subnets.by_interface(interface, classes);
    match found.and_then(|at| subnets.list().get(at)) {
        Some(subnet) => event!(DHCPSRV_CFGMGR_SUBNET4_IFACE, subnet = Shown(subnet), interface),
        None => event!(DHCPSRV_SUBNET4_SELECT_BY_INTERFACE_NO_MATCH, interface),
    }
    found
}

/// The link that the relay or the client names.
fn selected(config: &Config4, query: &Query<'_>) -> Option<Ipv4Addr> {
    let by_relay = || {
        let value = query.agent_option(agent::LINK_SELECTION)?;
        <[u8; 4]>::try_from(value).ok().map(Ipv4Addr::from)
    };
    let by_relay = if config.compatibility.ignore_rai_link_selection { None } else { by_relay() };
    let named = by_relay.or_else(|| query.packet.address_option(code::SUBNET_SELECTION));
    named.filter(|address| !address.is_unspecified())
}
