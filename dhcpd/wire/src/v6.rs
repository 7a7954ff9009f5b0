//! DHCPv6 messages (RFC 8415): [`Packet`] reads what came in, [`Writer`] writes what goes out,
//! [`Draft`] changes it.
//!
//! Views borrow the datagram. Nothing that reads it recurses or panics; what is wrong is reported with its place.

mod build;
pub mod dhcp4o6;
mod draft;
mod duid;
mod fqdn;
mod ia;
mod message;
mod shape;

pub use build::{Open, Paused, TooLong, Writer};
pub use draft::Draft;
pub use duid::{Duid, DuidError};
pub use fqdn::{ClientFqdn, FqdnError};
pub use ia::{Ia, IaAddress, IaPrefix};
pub use message::{BadOption, HOP_COUNT_LIMIT, Malformed, Message, Opt, Options, Packet, Relay};
pub use shape::Shape;

use std::fmt;

/// Type of a message (RFC 8415 §7.3); unknown ones survive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MessageType(pub u8);

impl MessageType {
    /// A client looks for servers.
    pub const SOLICIT: Self = Self(1);
    /// A server offers.
    pub const ADVERTISE: Self = Self(2);
    /// A client asks one server for leases.
    pub const REQUEST: Self = Self(3);
    /// A client asks whether its addresses still fit its link.
    pub const CONFIRM: Self = Self(4);
    /// A client extends its leases at its server.
    pub const RENEW: Self = Self(5);
    /// A client extends its leases at any server.
    pub const REBIND: Self = Self(6);
    /// A server answers.
    pub const REPLY: Self = Self(7);
    /// A client gives leases back.
    pub const RELEASE: Self = Self(8);
    /// A client found its addresses in use.
    pub const DECLINE: Self = Self(9);
    /// A server asks a client to come back.
    pub const RECONFIGURE: Self = Self(10);
    /// A client asks for options alone.
    pub const INFORMATION_REQUEST: Self = Self(11);
    /// A relay passes a message on to a server.
    pub const RELAY_FORW: Self = Self(12);
    /// A server answers through a relay.
    pub const RELAY_REPL: Self = Self(13);
    /// Somebody asks about leases (RFC 5007).
    pub const LEASEQUERY: Self = Self(14);
    /// What is known of them (RFC 5007).
    pub const LEASEQUERY_REPLY: Self = Self(15);
    /// All leases that were asked for were told (RFC 5460).
    pub const LEASEQUERY_DONE: Self = Self(16);
    /// One more lease that was asked for (RFC 5460).
    pub const LEASEQUERY_DATA: Self = Self(17);
    /// A client's DHCPv4 message (RFC 7341).
    pub const DHCPV4_QUERY: Self = Self(20);
    /// The DHCPv4 message that answers it (RFC 7341).
    pub const DHCPV4_RESPONSE: Self = Self(21);
    /// A client tells of an address it made itself (RFC 9686).
    pub const ADDR_REG_INFORM: Self = Self(36);
    /// A server took note of it (RFC 9686).
    pub const ADDR_REG_REPLY: Self = Self(37);

    /// Its name as Kea writes it; `UNKNOWN` for others than those above.
    pub fn name(self) -> &'static str {
        match self {
            Self::SOLICIT => "SOLICIT",
            Self::ADVERTISE => "ADVERTISE",
            Self::REQUEST => "REQUEST",
            Self::CONFIRM => "CONFIRM",
            Self::RENEW => "RENEW",
            Self::REBIND => "REBIND",
            Self::REPLY => "REPLY",
            Self::RELEASE => "RELEASE",
            Self::DECLINE => "DECLINE",
            Self::RECONFIGURE => "RECONFIGURE",
            Self::INFORMATION_REQUEST => "INFORMATION_REQUEST",
            Self::RELAY_FORW => "RELAY_FORWARD",
            Self::RELAY_REPL => "RELAY_REPLY",
            Self::LEASEQUERY => "LEASEQUERY",
            Self::LEASEQUERY_REPLY => "LEASEQUERY_REPLY",
            Self::LEASEQUERY_DONE => "LEASEQUERY_DONE",
            Self::LEASEQUERY_DATA => "LEASEQUERY_DATA",
            Self::DHCPV4_QUERY => "DHCPV4_QUERY",
            Self::DHCPV4_RESPONSE => "DHCPV4_RESPONSE",
            Self::ADDR_REG_INFORM => "ADDR_REG_INFORM",
            Self::ADDR_REG_REPLY => "ADDR_REG_REPLY",
            _ => "UNKNOWN",
        }
    }
}

impl fmt::Display for MessageType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Status codes (RFC 8415 §21.13).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum Status {
    /// All is well.
    Success = 0,
    /// No reason given.
    UnspecFail = 1,
    /// No address to be had.
    NoAddrsAvail = 2,
    /// No such lease.
    NoBinding = 3,
    /// The addresses do not fit the link.
    NotOnLink = 4,
    /// The client is to use multicast.
    UseMulticast = 5,
    /// No prefix to be had.
    NoPrefixAvail = 6,
    /// No such kind of lease query (RFC 5007).
    UnknownQueryType = 7,
    /// A lease query lacks what it is about (RFC 5007).
    MalformedQuery = 8,
    /// A lease query is about what the server does not serve (RFC 5007).
    NotConfigured = 9,
    /// A lease query is not answered (RFC 5007).
    NotAllowed = 10,
}

/// Codes of the options that the protocol itself reads or writes.
pub mod code {
    /// Client identifier (RFC 8415 §21.2).
    pub const CLIENT_ID: u16 = 1;
    /// Server identifier (RFC 8415 §21.3).
    pub const SERVER_ID: u16 = 2;
    /// Identity association for addresses (RFC 8415 §21.4).
    pub const IA_NA: u16 = 3;
    /// Identity association for temporary addresses (RFC 8415 §21.5).
    pub const IA_TA: u16 = 4;
    /// Address in an IA (RFC 8415 §21.6).
    pub const IA_ADDR: u16 = 5;
    /// Options a client asks for (RFC 8415 §21.7).
    pub const ORO: u16 = 6;
    /// Preference of a server (RFC 8415 §21.8).
    pub const PREFERENCE: u16 = 7;
    /// Hundredths of seconds since the client began (RFC 8415 §21.9).
    pub const ELAPSED_TIME: u16 = 8;
    /// The message a relay passes on (RFC 8415 §21.10).
    pub const RELAY_MSG: u16 = 9;
    /// Unicast address of the server (RFC 8415 §21.12).
    pub const UNICAST: u16 = 12;
    /// Status (RFC 8415 §21.13).
    pub const STATUS_CODE: u16 = 13;
    /// The client takes a REPLY to its SOLICIT (RFC 8415 §21.14).
    pub const RAPID_COMMIT: u16 = 14;
    /// Vendor class (RFC 8415 §21.16).
    pub const VENDOR_CLASS: u16 = 16;
    /// Options of a vendor (RFC 8415 §21.17).
    pub const VENDOR_OPTS: u16 = 17;
    /// Link of a relay (RFC 8415 §21.18).
    pub const INTERFACE_ID: u16 = 18;
    /// Identity association for prefixes (RFC 8415 §21.21).
    pub const IA_PD: u16 = 25;
    /// Prefix in an IA (RFC 8415 §21.22).
    pub const IA_PREFIX: u16 = 26;
    /// Remote end as a relay names it (RFC 4649).
    pub const REMOTE_ID: u16 = 37;
    /// What is asked about leases (RFC 5007).
    pub const LQ_QUERY: u16 = 44;
    /// A client and its leases (RFC 5007).
    pub const CLIENT_DATA: u16 = 45;
    /// Seconds since the client was heard of (RFC 5007).
    pub const CLT_TIME: u16 = 46;
    /// How the client was relayed (RFC 5007).
    pub const LQ_RELAY_DATA: u16 = 47;
    /// Links on which a client has leases (RFC 5007).
    pub const LQ_CLIENT_LINK: u16 = 48;
    /// What a relay is known by (RFC 5460 §5.4.1).
    pub const RELAY_ID: u16 = 53;
    /// Name of a client (RFC 4704).
    pub const CLIENT_FQDN: u16 = 39;
    /// Options a relay has for the client (RFC 6422).
    pub const RSOO: u16 = 66;
    /// Prefix that is kept out of a delegated one (RFC 6603).
    pub const PD_EXCLUDE: u16 = 67;
    /// Link-layer address of the client (RFC 6939).
    pub const CLIENT_LINKLAYER_ADDR: u16 = 79;
    /// A DHCPv4 message (RFC 7341 §7.1).
    pub const DHCPV4_MSG: u16 = 87;
    /// Source port of a relay (RFC 8357).
    pub const RELAY_SOURCE_PORT: u16 = 135;
}
