//! What a batch of packets will ask of the leases, seen in the packets as they are: where leases are in a database, it is
//! asked once for the whole batch. What is overlooked here is asked for when the engine does.

use leases::memfile::{Wanted4, Wanted6};
use wire::v4;
use wire::v6;

/// Adds the client of a DHCPv4 packet, by its identifiers, and the addresses that it names.
pub fn add4(wanted: &mut Wanted4, message: &[u8]) {
    let Ok(packet) = v4::Packet::parse_leniently(message) else { return };
    wanted.hw_addrs.extend(Some(packet.hw_addr()).filter(|hw_addr| !hw_addr.is_empty()).map(Into::into));
    wanted.client_ids.extend(packet.option(v4::code::CLIENT_IDENTIFIER).map(Into::into));
    let named = [packet.address_option(v4::code::REQUESTED_ADDRESS), Some(packet.ciaddr())];
    wanted.addresses.extend(named.into_iter().flatten().filter(|address| !address.is_unspecified()));
}

/// Adds the client of a DHCPv6 message, behind whatever relays, and the addresses and prefixes that it names.
pub fn add6(wanted: &mut Wanted6, message: &[u8]) {
    let Ok(packet) = v6::Packet::parse(message) else { return };
    for option in packet.message.options.iter().map_while(Result::ok) {
        match option.code {
            v6::code::CLIENT_ID => _ = wanted.duids.insert(option.data.into()),
            v6::code::IA_NA | v6::code::IA_PD => {
                let Some(ia) = v6::Ia::parse(&option) else { continue };
                for inner in ia.options.iter().map_while(Result::ok) {
                    wanted.addresses.extend(v6::IaAddress::parse(&inner).map(|named| named.address));
                    wanted.addresses.extend(v6::IaPrefix::parse(&inner).map(|named| named.prefix));
                }
            }
            _ => {}
        }
    }
}
