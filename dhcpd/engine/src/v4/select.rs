//! Which subnet a client is on.

use super::OverDhcpv6;
use super::classes::Members;
use super::hooks::Selection;
use super::messages::*;
use super::query::Query;
use super::refusal::Refusal;
use crate::hooks::{Next, Point};
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
    let id = found.and_then(|at| config.subnets.list().get(at)).map(|subnet| subnet.id);
    match (id, query.received.over_dhcpv6.is_some()) {
        (Some(id), false) => event!(DHCP4_SUBNET_SELECTED, query = query.label(), id),
        (None, false) => event!(DHCP4_SUBNET_SELECTION_FAILED, query = query.label()),
        (Some(id), true) => event!(DHCP4_DHCP4O6_SUBNET_SELECTED, query = query.label(), id),
        (None, true) => event!(DHCP4_DHCP4O6_SUBNET_SELECTION_FAILED, query = query.label()),
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
        if let Some(address) = self.link {
            return subnets.by_address(address, classes);
        }
        let giaddr = self.giaddr;
        if !giaddr.is_unspecified() {
            return subnets.by_relay(giaddr, classes).or_else(|| subnets.by_address(giaddr, classes));
        }
        if let Some(address) = self.own_address() {
            return subnets.by_address(address, classes);
        }
        subnets.by_interface(self.interface, classes).or_else(|| {
            let address = self.interface_address;
            (!address.is_unspecified()).then(|| subnets.by_address(address, classes)).flatten()
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
