//! DHCPv4-over-DHCPv6 (RFC 7341), the DHCPv4 server's side: queries that the DHCPv6 server passes on.
//!
//! What is special about them is where they come from and go to, and how the subnet is chosen; all else is DHCPv4.

use super::details::Details;
use super::messages::*;
use super::query::Query;
use super::{OverDhcpv6, Received, Reply, Server};
use crate::v6::Label;
use dhcpd_config::hosts::Stored;
use dhcpd_config::v4::snapshot::Host4;
use leases::Leases4;
use leases::lease::UnixSeconds;
use log::event;
use std::fmt::Display;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use wire::v4::{MessageType, SERVER_PORT};
use wire::v6;
use wire::v6::dhcp4o6::Passed;

impl Server {
    /// Deals with a datagram of the DHCPv6 server that came at `now`. The answer to it, if there is one, is appended to `out`.
    /// Clients on an interface know the server by its address there: `address_on`, unspecified if it has none at all.
    pub async fn handle_passed<L: Leases4>(
        &mut self,
        datagram: &[u8],
        address_on: impl Fn(&str) -> Ipv4Addr,
        stored: Option<&Stored<Host4>>,
        leases: &mut L,
        now: UnixSeconds,
        out: &mut Vec<u8>,
    ) -> Option<Reply> {
        self.snapshot.counters.received.add(1);
        event!(DHCP4_DHCP4O6_RECEIVING);
        let passed = match Passed::query(datagram) {
            Ok(passed) => passed,
            Err(reason) => {
                event!(DHCP4_DHCP4O6_RECEIVE_FAIL, reason);
                return self.unusable();
            }
        };
        let origin = &passed.origin;
        event!(
            DHCP4_DHCP4O6_PACKET_RECEIVED,
            type = passed.packet.message.kind.0,
            source = origin.address,
            source_port = origin.port,
            interface = origin.interface,
        );
        let message = match passed.message() {
            Ok(message) => message,
            Err(reason) => {
                event!(DHCP4_DHCP4O6_BAD_PACKET, client = Label::of(&passed.packet.message), reason);
                return self.unusable();
            }
        };
        let link = passed.packet.first_relay();
        let interface_id = link.and_then(|relay| relay.options.find(v6::code::INTERFACE_ID));
        let received = Received {
            message,
            source: SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0),
            destination: Ipv4Addr::UNSPECIFIED,
            interface: origin.interface,
            interface_address: address_on(origin.interface),
            over_dhcpv6: Some(OverDhcpv6 { origin: *origin, interface_id }),
            stored,
        };
        self.respond(&received, Some(&passed), leases, now, out).await
    }

    /// Kea counts nothing here; nobody would learn that messages are lost.
    fn unusable(&self) -> Option<Reply> {
        let counters = &self.snapshot.counters;
        counters.parse_failed.add(1);
        counters.receive_drop.add(1);
        None
    }

    /// An answer does not fit into a DHCPv6 message.
    pub(super) fn too_long(&self, query: &Query<'_>, reason: &dyn Display) {
        event!(DHCP4_DHCP4O6_PACKET_SEND_FAIL, query = query.label(), reason);
        let counters = &self.snapshot.counters;
        counters.processing_failed.add(1);
        counters.receive_drop.add(1);
    }
}

/// Logs an answer that goes to the DHCPv6 server.
pub(super) fn tell_passed(query: &Query<'_>, way: &OverDhcpv6<'_>, kind: MessageType, reply: &Reply, bytes: &[u8]) {
    let (origin, response) = (&way.origin, v6::MessageType::DHCPV4_RESPONSE);
    event!(
        DHCP4_DHCP4O6_PACKET_SEND,
        query = query.label(),
        name = response.name(),
        type = response.0,
        destination = origin.address,
        destination_port = origin.port,
        interface = origin.interface,
        inner = query.label(),
        inner_name = kind.name(),
        inner_type = kind.0,
    );
    let (local, remote) = (SocketAddr::new(reply.from.into(), SERVER_PORT), query.received.sender());
    event!(
        DHCP4_DHCP4O6_RESPONSE_DATA,
        query = query.label(),
        name = kind.name(),
        type = kind.0,
        packet = Details { bytes, local, remote },
    );
}
