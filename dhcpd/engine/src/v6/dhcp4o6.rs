//! DHCPv4-over-DHCPv6 (RFC 7341), the DHCPv6 server's side: queries go on to the DHCPv4 server, its answers to the clients.

use super::Server;
use super::exchange::Exchange;
use super::messages::*;
use super::query::Label;
use super::refusal::Refusal;
use leases::Leases6;
use std::net::SocketAddrV6;
use wire::v6::dhcp4o6::{self, Origin, Passed, Unusable};

impl<L: Leases6> Exchange<'_, '_, L> {
    /// Appends the query as the DHCPv4 server gets it.
    pub(super) fn pass_on(&mut self, out: &mut Vec<u8>) -> Result<(), Refusal> {
        self.classify()?;
        if self.snapshot.config.dhcp4o6_port.is_none() {
            return Err(Refusal::UnknownMessage);
        }
        let received = self.query.received;
        let (address, port) = (*received.source.ip(), received.source.port());
        let origin = Origin { interface: received.interface, address, port };
        dhcp4o6::pass_on(&self.query.packet, &origin, out).map_err(|_| Refusal::TooLong)
    }
}

impl Server {
    /// Appends an answer of the DHCPv4 server as the client or its relay gets it: to whom, and what `interface` says of the
    /// interface that it leaves by (nothing for one that is not served).
    pub fn handle_response<I>(
        &self,
        datagram: &[u8],
        interface: impl FnOnce(&str) -> Option<I>,
        out: &mut Vec<u8>,
    ) -> Option<(SocketAddrV6, I)> {
        log::event!(DHCP6_DHCP4O6_RECEIVING);
        let unknown = Unusable::NoOrigin("can't get interface");
        let read = Passed::response(datagram).and_then(|p| Ok((interface(p.origin.interface).ok_or(unknown)?, p)));
        let (interface, passed) = match read {
            Ok(read) => read,
            Err(reason) => {
                log::event!(DHCP6_DHCP4O6_RECEIVE_FAIL, reason);
                self.lost();
                return None;
            }
        };
        let (origin, message) = (&passed.origin, &passed.packet.message);
        let to = self.reply_to(&passed.packet, SocketAddrV6::new(origin.address, origin.port, 0, 0));
        log::event!(
            DHCP6_DHCP4O6_PACKET_RECEIVED,
            kind = message.kind.0,
            remote = origin.address,
            remote_port = origin.port,
            interface = origin.interface,
        );
        let start = out.len();
        if let Err(reason) = passed.write_for_client(out) {
            out.truncate(start);
            log::event!(DHCP6_DHCP4O6_SEND_FAIL, client = Label::of(message), reason);
            self.lost();
            return None;
        }
        self.snapshot.counters.sent(message.kind);
        Some((to, interface))
    }

    fn lost(&self) {
        let counters = &self.snapshot.counters;
        counters.parse_failed.add(1);
        counters.receive_drop.add(1);
    }
}
