//! `libdhcp_bootp.so`: BOOTP clients with vendor extensions (RFC 951, RFC 1497) are served.
//!
//! A request of theirs is a DHCPREQUEST of the class BOOTP to the server, whose members get leases without end. The
//! answer loses the options that are of DHCP alone, and has the size that BOOTP wants. As in Kea, a refusal is an answer
//! without an address: BOOTP has no word for it.

pub mod messages;

use dhcpd_config::classes::ClassId;
use engine::hooks::{Next, Point};
use engine::v4::hooks::{Hooks, Incoming, Outgoing};
use messages::*;
use wire::v4::{Draft, MessageType, Packet, code};

/// A request; the other direction is 2.
const BOOTREQUEST: u8 = 1;
/// Least bytes of a message: the fixed fields and a vendor field of 64 (RFC 951 §3).
const LEAST: usize = 300;
/// Options that are of DHCP alone (RFC 2132 §9); those that say what to boot, and the vendor class, are not.
const OF_DHCP: [u8; 11] = [
    code::REQUESTED_ADDRESS,
    code::LEASE_TIME,
    code::OVERLOAD,
    code::MESSAGE_TYPE,
    code::SERVER_IDENTIFIER,
    code::PARAMETER_REQUEST_LIST,
    code::MESSAGE,
    code::MAX_MESSAGE_SIZE,
    code::RENEWAL_TIME,
    code::REBINDING_TIME,
    code::CLIENT_IDENTIFIER,
];

/// The library at work.
#[derive(Debug)]
pub struct Bootp;

impl Hooks for Bootp {
    fn points(&self) -> &'static [Point] {
        &[Point::Receive, Point::Send]
    }

    fn receive(&self, incoming: &mut Incoming<'_>) -> Next {
        let Ok(packet) = Packet::parse_leniently(&incoming.message) else { return Next::Continue };
        if packet.op() != BOOTREQUEST || packet.message_type().is_some() {
            return Next::Continue;
        }
        log::event!(BOOTP_BOOTP_QUERY, query = incoming.label());
        let mut draft = Draft::new(&packet);
        draft.set(code::MESSAGE_TYPE, vec![MessageType::REQUEST.0]);
        let mut message = Vec::with_capacity(LEAST);
        draft.write(&mut message);
        incoming.message = message.into();
        incoming.classes.push(ClassId::BOOTP);
        Next::Continue
    }

    fn send(&self, outgoing: &mut Outgoing<'_>) -> Next {
        if !outgoing.query.classes.contains(ClassId::BOOTP) {
            return Next::Continue;
        }
        log::event!(BOOTP_PACKET_PACK, query = outgoing.query.label);
        outgoing.change(|draft| {
            OF_DHCP.iter().for_each(|code| _ = draft.remove(*code));
        });
        outgoing.pad(LEAST);
        Next::Continue
    }
}
