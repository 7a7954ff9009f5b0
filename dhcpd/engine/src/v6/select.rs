//! Who asks, and from where: the subnet of a client's link and its hardware address.

use super::messages::*;
use super::query::Query;
use crate::shown::Shown;
use dhcpd_config::classes::ClassSet;
use dhcpd_config::v6::snapshot::{Config6, MacSource, Subnets6};
use leases::HwAddr;
use std::net::Ipv6Addr;
use wire::hex::Colons;
use wire::v6::{Duid, Options, code};

/// A hardware address and where it was learnt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mac {
    /// The address.
    pub address: HwAddr,
    /// ARP hardware type.
    pub hw_type: u16,
    /// Number of the source in lease files.
    pub source: u32,
}

/// Longest hardware address that a lease keeps.
const MAC_MAX: usize = 20;

/// The subnet of the client's link, an index. Relays are asked first: the interface of the one next to the client, then
/// the link address nearest to the client. Without either it is the interface that the message came in by, or the
/// address of its sender.
pub(super) fn subnet(config: &Config6, query: &Query<'_>, classes: &ClassSet) -> Option<usize> {
    let relays = &query.packet.relays;
    let useful = |link: &Ipv6Addr| !link.is_unspecified() && !link.is_unicast_link_local();
    let link = relays.iter().rev().map(|relay| relay.link_address).find(useful);
    let interface_id = query.packet.first_relay().and_then(|relay| relay.options.find(code::INTERFACE_ID));
    let (interface, source) = (query.received.interface, *query.received.source.ip());
    Selector { link, interface_id, interface, source }.subnet(&config.subnets, classes)
}

/// What tells on which link a client is.
#[derive(Clone, Copy, Debug)]
pub struct Selector<'a> {
    /// The link as the relays give it by an address.
    pub link: Option<Ipv6Addr>,
    /// The link as the relay next to the client calls it (RFC 8415 §21.18).
    pub interface_id: Option<&'a [u8]>,
    /// Name of the interface that the message came in by.
    pub interface: &'a str,
    /// Who sent it.
    pub source: Ipv6Addr,
}

impl Selector<'_> {
    /// Index of the subnet.
    pub fn subnet(&self, subnets: &Subnets6, classes: &ClassSet) -> Option<usize> {
        let Self { link, interface_id, interface, source } = *self;
        let by_address = |address| by_address(subnets, address, classes);
        if link.is_none() && interface_id.is_none() {
            return by_interface(subnets, interface, classes).or_else(|| by_address(source));
        }
        let by_interface_id = interface_id.and_then(|id| by_interface_id(subnets, id, classes));
        by_interface_id.or_else(|| by_relay(subnets, link?, classes).or_else(|| by_address(link?)))
    }
}

fn by_address(subnets: &Subnets6, address: Ipv6Addr, classes: &ClassSet) -> Option<usize> {
    let found = subnets.by_address(address, classes);
    match found.and_then(|at| subnets.list().get(at)) {
        Some(subnet) => log::event!(DHCPSRV_CFGMGR_SUBNET6, subnet = Shown(subnet), address),
        None => log::event!(DHCPSRV_SUBNET6_SELECT_BY_ADDRESS_NO_MATCH, address),
    }
    found
}

fn by_relay(subnets: &Subnets6, relay: Ipv6Addr, classes: &ClassSet) -> Option<usize> {
    let found = subnets.by_relay(relay, classes);
    if let Some(subnet) = found.and_then(|at| subnets.list().get(at)) {
        log::event!(DHCPSRV_CFGMGR_SUBNET6_RELAY, subnet = Shown(subnet), relay);
    }
    found
}

fn by_interface(subnets: &Subnets6, interface: &str, classes: &ClassSet) -> Option<usize> {
    let found = subnets.by_interface(interface, classes);
    match found.and_then(|at| subnets.list().get(at)) {
        Some(subnet) => log::event!(DHCPSRV_CFGMGR_SUBNET6_IFACE, subnet = Shown(subnet), interface),
        None => log::event!(DHCPSRV_SUBNET6_SELECT_BY_INTERFACE_NO_MATCH, interface),
    }
    found
}

fn by_interface_id(subnets: &Subnets6, id: &[u8], classes: &ClassSet) -> Option<usize> {
    let found = subnets.by_interface_id(id, classes);
    match found.and_then(|at| subnets.list().get(at)) {
        Some(subnet) => log::event!(DHCPSRV_CFGMGR_SUBNET6_IFACE_ID, subnet = Shown(subnet)),
        None => log::event!(DHCPSRV_SUBNET6_SELECT_BY_INTERFACE_ID_NO_MATCH, id = Colons(id)),
    }
    found
}

/// The client's hardware address, from the first of the sources that knows it.
pub(super) fn mac(sources: &[MacSource], query: &Query<'_>) -> Option<Mac> {
    let sources = if sources.is_empty() { &[MacSource::Any] } else { sources };
    sources.iter().find_map(|source| from(*source, query))
}

/// In this order `any` looks.
const ANY: [MacSource; 6] = [
    MacSource::ClientLinkAddr,
    MacSource::Duid,
    MacSource::LinkLocal,
    MacSource::RemoteId,
    MacSource::DocsisCmts,
    MacSource::DocsisModem,
];

fn from(source: MacSource, query: &Query<'_>) -> Option<Mac> {
    let relay = query.packet.first_relay();
    match source {
        MacSource::Any => ANY.iter().find_map(|source| from(*source, query)),
        // A UDP socket does not show the frame.
        MacSource::Raw => None,
        MacSource::Duid => {
            let (hw_type, address) = Duid::hardware_address(query.client_id()?)?;
            known(address, hw_type, 0x02)
        }
        MacSource::LinkLocal => {
            let address = relay.map_or(*query.received.source.ip(), |relay| relay.peer_address);
            known(&eui48(address)?, query.received.hw_type, 0x04)
        }
        MacSource::ClientLinkAddr => {
            let (hw_type, address) = relay?.options.find(code::CLIENT_LINKLAYER_ADDR)?.split_first_chunk()?;
            known(address, u16::from_be_bytes(*hw_type), 0x08)
        }
        MacSource::RemoteId => {
            let (_, address) = relay?.options.find(code::REMOTE_ID)?.split_first_chunk::<4>()?;
            known(address.get(..MAC_MAX).unwrap_or(address), query.received.hw_type, 0x10)
        }
        MacSource::DocsisCmts => {
            let mut relays = query.packet.relays.iter().rev();
            known(relays.find_map(|relay| docsis(relay.options, DOCSIS_CMTS_MAC))?, ETHERNET, 0x40)
        }
        MacSource::DocsisModem => known(docsis(query.packet.message.options, DOCSIS_MODEM_MAC)?, ETHERNET, 0x80),
    }
}

fn known(address: &[u8], hw_type: u16, source: u32) -> Option<Mac> {
    (1..=MAC_MAX).contains(&address.len()).then(|| Mac { address: HwAddr::from_slice(address), hw_type, source })
}

/// The address behind a link-local address in modified EUI-64 form (RFC 4291, appendix A).
fn eui48(address: Ipv6Addr) -> Option<[u8; 6]> {
    let [_, _, _, _, _, _, _, _, a, b, c, 0xff, 0xfe, d, e, f] = address.octets() else { return None };
    // Universal, not a group.
    (address.is_unicast_link_local() && a & 3 == 2).then_some([a ^ 2, b, c, d, e, f])
}

/// CableLabs' enterprise number and its options with hardware addresses.
const DOCSIS: u32 = 4491;
const DOCSIS_MODEM_MAC: u16 = 36;
const DOCSIS_CMTS_MAC: u16 = 1026;

/// ARP hardware type of cable modems.
const ETHERNET: u16 = 1;

fn docsis<'a>(options: Options<'a>, code: u16) -> Option<&'a [u8]> {
    let vendors = options.iter().map_while(Result::ok).filter(|option| option.code == code::VENDOR_OPTS);
    let mut found = vendors.filter_map(|option| {
        let (enterprise, inner) = option.data.split_first_chunk()?;
        let address = Options::new(inner, 0).find(code).filter(|_| u32::from_be_bytes(*enterprise) == DOCSIS)?;
        Some(address).filter(|address| !address.is_empty())
    });
    found.next()
}
