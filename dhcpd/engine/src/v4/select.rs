//! Which subnet a client is on.

use super::OverDhcpv6;
use super::classes::Members;
use super::messages::*;
use super::query::Query;
use dhcpd_config::classes::ClassSet;
use dhcpd_config::v4::snapshot::Config4;
use log::event;
use std::net::Ipv4Addr;
use wire::v4::{agent, code};

/// Index of the client's subnet; one that comes over DHCPv6 has its own ways. The order is Kea's: what the relay (RFC 3527) or the client (RFC 3011) names, the relay's
/// address, the client's own address, the interface.
pub(super) fn subnet(members: &Members<'_>) -> Option<usize> {
    let (config, query) = (&members.snapshot.config, members.query);
    if let Some(way) = query.received.over_dhcpv6 {
        return subnet_over_dhcpv6(config, query, way, members.set());
    }
    let found = find(config, query, members.set());
    match found.and_then(|at| config.subnets.list().get(at)) {
        Some(subnet) => event!(DHCP4_SUBNET_SELECTED, query = query.label(), id = subnet.id),
        None => event!(DHCP4_SUBNET_SELECTION_FAILED, query = query.label()),
    }
    found
}

/// Index of the subnet of a client that comes over DHCPv6.
fn subnet_over_dhcpv6(config: &Config4, query: &Query<'_>, way: OverDhcpv6<'_>, classes: &ClassSet) -> Option<usize> {
    let OverDhcpv6 { origin, interface_id } = way;
    let found = config.subnets.by_dhcp4o6(origin.address, interface_id, origin.interface, classes);
    match found.and_then(|at| config.subnets.list().get(at)) {
        Some(subnet) => event!(DHCP4_DHCP4O6_SUBNET_SELECTED, query = query.label(), id = subnet.id),
        None => event!(DHCP4_DHCP4O6_SUBNET_SELECTION_FAILED, query = query.label()),
    }
    found
}

fn find(config: &Config4, query: &Query<'_>, classes: &ClassSet) -> Option<usize> {
    let subnets = &config.subnets;
    if let Some(address) = selected(config, query) {
        return subnets.by_address(address, classes);
    }
    let giaddr = query.packet.giaddr();
    if !giaddr.is_unspecified() {
        return subnets.by_relay(giaddr, classes).or_else(|| subnets.by_address(giaddr, classes));
    }
    // A packet to the server's own address comes from a client that has one.
    let source = *query.received.source.ip();
    let own = [query.packet.ciaddr(), source].into_iter().find(|a| !a.is_unspecified());
    if let (Some(address), false) = (own, query.is_broadcast()) {
        return subnets.by_address(address, classes);
    }
    subnets.by_interface(query.received.interface, classes).or_else(|| {
        let address = query.received.interface_address;
        (!address.is_unspecified()).then(|| subnets.by_address(address, classes)).flatten()
    })
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
