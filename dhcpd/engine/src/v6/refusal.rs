//! Why a packet gets no answer: for each cause its statistic and its message, in one place.

use super::counters::Counters;
use super::messages::*;
use super::query::{Label, Query};
use super::{Received, Snapshot};
use leases::StoreError;
use stats::Counter;
use std::fmt;
use std::net::Ipv6Addr;
use std::sync::Arc;
use wire::hex::Colons;
use wire::v6::{DuidError, Malformed, Packet};

/// Every way in which a packet is dropped.
#[derive(Debug)]
pub(super) enum Refusal {
    /// It is no message.
    Malformed(Malformed),
    /// An option, or what stands in it, does not have the shape that its definition says.
    BadOption {
        /// Its code.
        code: u16,
        /// Offset in the datagram.
        offset: usize,
    },
    /// The client chose another server.
    OtherServer,
    /// It was not sent to the multicast address.
    Unicast,
    /// Not a message that clients send, or none that is served.
    UnknownMessage,
    /// Addresses are not registered here (RFC 9686, `allow-address-registration`).
    NoRegistration,
    /// An address that cannot be registered.
    Registration {
        /// Where the client is.
        address: Ipv6Addr,
        /// Why.
        reason: String,
    },
    /// No subnet for a client that registers an address: there is nothing to say.
    NowhereToRegister,
    /// An identifier stands there too often or too seldom.
    Identifiers {
        /// Which one.
        which: Identifiers,
        /// How often it does.
        count: usize,
    },
    /// An identifier is no DUID.
    BadDuid {
        /// Which one.
        which: Identifiers,
        /// Why.
        error: DuidError,
    },
    /// An identifier is the one that stands for nobody.
    EmptyDuid {
        /// Which one.
        which: Identifiers,
    },
    /// A DHCPV4-QUERY carries no DHCPv4 message, or more than one.
    Dhcpv4Messages {
        /// How many.
        count: usize,
    },
    /// A CONFIRM names no address (RFC 8415 §18.3.3): there is nothing to say.
    NothingToConfirm,
    /// A REBIND of a prefix on an unknown link: another server may know better (RFC 8415 §18.3.5).
    UnknownLink,
    /// Its classes say so.
    Class(DropStage),
    /// The lease store failed; the client will try again.
    Store(StoreError),
    /// The answer does not fit into a message.
    TooLong,
    /// A library has it dropped; the library counts it and tells of it.
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

/// Client or server identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Identifiers {
    Client,
    Server,
}

/// Tells of a datagram that came while nobody is served.
pub fn tell_disabled(message: &[u8]) {
    if log::enabled!(DHCP6_PACKET_DROP_DHCP_DISABLED) {
        let packet = Packet::parse(message);
        let client = packet.as_ref().map_or(Label::NOBODY, |packet| Label::of(&packet.message));
        log::event!(DHCP6_PACKET_DROP_DHCP_DISABLED, client);
    }
}

impl Refusal {
    /// Counts and logs it.
    pub(super) fn report(&self, snapshot: &Snapshot, received: &Received<'_>, query: Option<&Query<'_>>) {
        let counters = &snapshot.counters;
        if let Some(cause) = self.counter(counters) {
            cause.add(1);
        }
        // An answer that is not due is no dropped packet.
        if !matches!(self, Self::NothingToConfirm | Self::NowhereToRegister | Self::Library) {
            counters.receive_drop.add(1);
        }
        let client = query.map_or(Label::NOBODY, |query| query.label());
        let kind = query.map_or(wire::v6::MessageType(0), |query| query.kind());
        let (name, source, interface) = (kind.name(), received.source.ip(), received.interface);
        match self {
            Self::Malformed(_) | Self::BadOption { .. } => log::event!(
                DHCP6_PACKET_DROP_PARSE_FAIL,
                client,
                source,
                destination = received.destination,
                interface,
                reason = self,
                label = client,
            ),
            Self::OtherServer => log::event!(
                DHCP6_PACKET_DROP_SERVERID_MISMATCH,
                client,
                asked = Colons(query.and_then(|query| query.server_id).unwrap_or_default()),
                own = Colons(&snapshot.server_id),
            ),
            Self::Unicast => log::event!(DHCP6_PACKET_DROP_UNICAST, client, name),
            Self::Registration { address, reason } => log::event!(DHCP6_ADDR_REG_INFORM_FAIL, address, reason),
            Self::NoRegistration => log::event!(DHCP6_ADDR6_REGISTER_DISABLED_DROP, client),
            Self::UnknownMessage => log::event!(DHCP6_UNKNOWN_MSG_RECEIVED, client, kind = kind.0, interface),
            Self::Identifiers { .. } | Self::BadDuid { .. } | Self::EmptyDuid { .. } | Self::Dhcpv4Messages { .. } => {
                log::event!(DHCP6_REQUIRED_OPTIONS_CHECK_FAIL, client, name, source, reason = self);
            }
            Self::UnknownLink | Self::Store(_) | Self::TooLong => {
                log::event!(DHCP6_PACKET_PROCESS_FAIL, client, name, source, reason = self);
            }
            Self::Class(DropStage::Received) => {
                log::event!(DHCP6_PACKET_DROP_DROP_CLASS, client = Who(query), packet = Whole(query))
            }
            Self::Class(DropStage::Reserved) => {
                log::event!(DHCP6_PACKET_DROP_DROP_CLASS2, client = Who(query), packet = Whole(query))
            }
            Self::Class(DropStage::Early) => {
                log::event!(DHCP6_PACKET_DROP_DROP_CLASS_EARLY, client = Who(query), packet = Whole(query))
            }
            Self::NothingToConfirm | Self::NowhereToRegister | Self::Library => {}
        }
    }

    /// The statistic of the cause, next to that of dropped packets.
    fn counter<'c>(&self, counters: &'c Counters) -> Option<&'c Arc<Counter>> {
        match self {
            Self::Malformed(_) | Self::BadOption { .. } => Some(&counters.parse_failed),
            Self::OtherServer => Some(&counters.not_for_us),
            Self::Unicast
            | Self::Registration { .. }
            | Self::Identifiers { .. }
            | Self::BadDuid { .. }
            | Self::EmptyDuid { .. }
            | Self::Dhcpv4Messages { .. } => Some(&counters.rfc_violation),
            Self::UnknownLink | Self::Store(_) | Self::TooLong => Some(&counters.processing_failed),
            Self::NoRegistration | Self::Class(_) => Some(&counters.admin_filtered),
            Self::UnknownMessage | Self::NothingToConfirm | Self::NowhereToRegister | Self::Library => None,
        }
    }
}

/// The client of a query that was read.
struct Who<'a, 'q>(Option<&'a Query<'q>>);

impl fmt::Display for Who<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |query| query.who().fmt(f))
    }
}

/// All of it.
struct Whole<'a, 'q>(Option<&'a Query<'q>>);

impl fmt::Display for Whole<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |query| query.details().fmt(f))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => error.fmt(f),
            Self::BadOption { code, offset } => {
                write!(f, "option {code} at offset {offset} cannot be read")
            }
            Self::OtherServer => f.write_str("the message is for another server"),
            Self::Unicast => f.write_str("the message was not sent to the multicast address"),
            Self::UnknownMessage => f.write_str("not a message of a client"),
            Self::Registration { reason, .. } => f.write_str(reason),
            Self::NowhereToRegister => f.write_str("no subnet for a client that registers an address"),
            Self::NoRegistration => f.write_str("address registration is disabled"),
            Self::Identifiers { which, count } => write!(f, "the message carries {which} {count} times"),
            Self::BadDuid { which, error } => write!(f, "{which}: {error}"),
            Self::EmptyDuid { which } => write!(f, "{which} is the reserved DUID 00:00:00"),
            Self::Dhcpv4Messages { count } => write!(f, "the message carries {count} DHCPv4 messages"),
            Self::Class(_) => f.write_str("the client is in the class DROP"),
            Self::NothingToConfirm => f.write_str("the message names no address"),
            Self::UnknownLink => f.write_str("no subnet for a client that rebinds a prefix"),
            Self::Store(StoreError::Backend(reason)) => write!(f, "lease store: {reason}"),
            Self::TooLong => f.write_str("the answer is too long"),
            Self::Library => f.write_str("a library has the message dropped"),
        }
    }
}

impl fmt::Display for Identifiers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Client => "client-id",
            Self::Server => "server-id",
        })
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
