//! Why a packet gets no answer: one row a cause, with the statistic it counts in and the message it logs.

use super::Counters;
use super::messages::*;
use super::query::{Label, Query};
use leases::StoreError;
use log::event;
use std::fmt::Display;
use wire::hex::Colons;
use wire::v4::Packet;

/// A cause to drop a packet that was understood.
#[derive(Debug)]
pub(super) enum Refusal {
    /// No option 53: BOOTP.
    NoType,
    /// A type that was never assigned.
    UnknownType,
    /// A type that clients do not send, or that is not served.
    UnsupportedType,
    /// A DHCPINFORM without any address to answer to.
    NoWayBack,
    /// It is for another server.
    NotForUs,
    /// It breaks a rule of RFC 2131.
    Violation(&'static str),
    /// A client identifier of one byte or none (RFC 2132 §9.14).
    ShortClientId(usize),
    /// A client that came over DHCPv6 could not know the server by any address (RFC 2132 §9.7).
    NoAddress,
    /// Its classes say so.
    Class(DropStage),
    /// The lease store failed.
    Store(StoreError),
    /// A library has it dropped; the library counts it, and has told of it where it had to.
    Library,
}

/// When a client was found to be in the class DROP.
#[derive(Clone, Copy, Debug)]
pub(super) enum DropStage {
    /// Before the subnet was chosen.
    Received,
    /// By a global reservation that is looked up early.
    Early,
    /// Once its reservations were known.
    Reserved,
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Refusal {
    /// Counts it and logs it. Nothing is sent.
    pub fn report(&self, query: &Query<'_>, counters: &Counters) {
        let label = query.label();
        let interface = query.received.interface;
        let kind = query.message_type.0;
        let statistic = match self {
            Self::NoType => {
                event!(DHCP4_PACKET_DROP_0009, query = label);
                &counters.rfc_violation
            }
            Self::UnknownType => {
                event!(DHCP4_PACKET_DROP_0005, query = label, type = kind);
                &counters.rfc_violation
            }
            Self::UnsupportedType => {
                event!(DHCP4_PACKET_DROP_0006, query = label, type = kind);
                &counters.rfc_violation
            }
            Self::NoWayBack => {
                event!(DHCP4_PACKET_DROP_0002, query = label, interface);
                &counters.rfc_violation
            }
            Self::NotForUs => {
                event!(DHCP4_PACKET_DROP_0003, query = label, interface);
                &counters.not_for_us
            }
            Self::Violation(reason) => {
                event!(DHCP4_PACKET_DROP_0007, query = label, reason);
                &counters.rfc_violation
            }
            Self::ShortClientId(len) => {
                let reason = format_args!("identifier is too short ({len}), at least 2 is required");
                event!(DHCP4_PACKET_DROP_0007, query = label, reason);
                &counters.processing_failed
            }
            Self::NoAddress => {
                event!(DHCP4_PACKET_DROP_0007, query = label, reason = "the server has no IPv4 address");
                &counters.processing_failed
            }
            Self::Class(stage) => {
                let packet = query.details();
                match stage {
                    DropStage::Received => event!(DHCP4_PACKET_DROP_0010, query = label, packet),
                    DropStage::Reserved => event!(DHCP4_PACKET_DROP_0013, query = label, packet),
                    DropStage::Early => event!(DHCP4_PACKET_DROP_0014, query = label, packet),
                }
                &counters.admin_filtered
            }
            Self::Store(StoreError::Backend(reason)) => {
                event!(DHCP4_PACKET_PROCESS_STD_EXCEPTION, query = label, reason);
                &counters.processing_failed
            }
            Self::Library => return,
        };
        statistic.add(1);
        counters.receive_drop.add(1);
    }
}

/// Tells of a datagram that came while nobody is served.
pub fn tell_disabled(message: &[u8]) {
    let (htype, hw_addr, xid) = Packet::fixed_fields(message);
    event!(DHCP4_PACKET_DROP_0008, query = Label { htype, hw_addr, client_id: None, xid: Some(xid) });
}

/// Counts and logs bytes that are no DHCP message.
pub(super) fn unparsed(reason: &dyn Display, received: &super::Received<'_>, counters: &Counters) {
    // The fixed fields may be there even so; they name the client.
    let (htype, hw_addr, xid) = Packet::fixed_fields(received.message);
    let label = Label { htype, hw_addr, client_id: None, xid: Some(xid) };
    event!(
        DHCP4_PACKET_DROP_0001,
        query = label,
        source = received.sender().ip(),
        destination = received.destination,
        interface = received.interface,
        reason,
        hwaddr = format_args!("hwaddr={}", Colons(hw_addr)),
    );
    counters.parse_failed.add(1);
    counters.receive_drop.add(1);
}
