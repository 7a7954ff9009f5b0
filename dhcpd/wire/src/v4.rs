//! DHCPv4 packets (RFC 2131 §2, RFC 2132, RFC 3396): a [`Packet`] is a view of bytes received, a [`Writer`] makes one, a [`Draft`] changes one.

mod draft;
mod view;
mod write;

pub use draft::Draft;
pub use view::{BadOption, Malformed, Packet, sub_options};
pub use write::{Header, Writer};

/// Where the fields stand (RFC 2131 §2, figure 1).
///
/// ```text
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +---------------+---------------+---------------+---------------+
/// |     op (1)    |   htype (1)   |   hlen (1)    |   hops (1)    |
/// +---------------+---------------+---------------+---------------+
/// |                            xid (4)                            |
/// +-------------------------------+-------------------------------+
/// |           secs (2)            |           flags (2)           |
/// +-------------------------------+-------------------------------+
/// |                          ciaddr  (4)                          |
/// +---------------------------------------------------------------+
/// |                          yiaddr  (4)                          |
/// +---------------------------------------------------------------+
/// |                          siaddr  (4)                          |
/// +---------------------------------------------------------------+
/// |                          giaddr  (4)                          |
/// +---------------------------------------------------------------+
/// |                          chaddr  (16)                         |
/// +---------------------------------------------------------------+
/// |                          sname   (64)                         |
/// +---------------------------------------------------------------+
/// |                          file    (128)                        |
/// +---------------------------------------------------------------+
/// |              magic cookie (4), options (variable)             |
/// +---------------------------------------------------------------+
/// ```
mod field {
    use std::ops::Range;

    pub const OP: usize = 0;
    pub const HTYPE: usize = 1;
    pub const HLEN: usize = 2;
    pub const HOPS: usize = 3;
    pub const XID: usize = 4;
    pub const SECS: usize = 8;
    pub const FLAGS: usize = 10;
    pub const CIADDR: usize = 12;
    pub const YIADDR: usize = 16;
    pub const SIADDR: usize = 20;
    pub const GIADDR: usize = 24;
    pub const CHADDR: usize = 28;
    pub const SNAME: Range<usize> = 44..108;
    pub const FILE: Range<usize> = 108..236;
    pub const COOKIE: usize = 236;
    pub const OPTIONS: usize = 240;
}

/// What says that options follow (RFC 2131 §3).
const COOKIE: [u8; 4] = [99, 130, 83, 99];
/// Bytes of chaddr.
const CHADDR_LEN: usize = 16;

/// The broadcast bit of `flags`.
pub const BROADCAST: u16 = 0x8000;
/// The server's port.
pub const SERVER_PORT: u16 = 67;
/// The client's port.
pub const CLIENT_PORT: u16 = 68;

/// Value of option 53; unknown ones survive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MessageType(pub u8);

impl MessageType {
    /// Client to server: who is there?
    pub const DISCOVER: Self = Self(1);
    /// Server to client: an address is offered.
    pub const OFFER: Self = Self(2);
    /// Client to server: asks for an address or for more time.
    pub const REQUEST: Self = Self(3);
    /// Client to server: somebody else uses the address.
    pub const DECLINE: Self = Self(4);
    /// Server to client: it is yours.
    pub const ACK: Self = Self(5);
    /// Server to client: it is not.
    pub const NAK: Self = Self(6);
    /// Client to server: gives the address back.
    pub const RELEASE: Self = Self(7);
    /// Client to server: asks for options only.
    pub const INFORM: Self = Self(8);
    /// Lease query (RFC 4388).
    pub const LEASE_QUERY: Self = Self(10);
    /// No lease stands on the address that was asked for (RFC 4388).
    pub const LEASE_UNASSIGNED: Self = Self(11);
    /// The server does not know what was asked for (RFC 4388).
    pub const LEASE_UNKNOWN: Self = Self(12);
    /// A lease that was asked for (RFC 4388).
    pub const LEASE_ACTIVE: Self = Self(13);
    /// Lease query for all leases of a kind (RFC 6926).
    pub const BULK_LEASE_QUERY: Self = Self(14);
    /// All leases of a kind were told (RFC 6926).
    pub const LEASE_QUERY_DONE: Self = Self(15);
    /// The last one assigned: DHCPTLS (RFC 7724).
    pub const LAST: Self = Self(18);

    /// Its name in Kea's messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::DISCOVER => "DHCPDISCOVER",
            Self::OFFER => "DHCPOFFER",
            Self::REQUEST => "DHCPREQUEST",
            Self::DECLINE => "DHCPDECLINE",
            Self::ACK => "DHCPACK",
            Self::NAK => "DHCPNAK",
            Self::RELEASE => "DHCPRELEASE",
            Self::INFORM => "DHCPINFORM",
            Self::LEASE_QUERY => "DHCPLEASEQUERY",
            Self::LEASE_UNASSIGNED => "DHCPLEASEUNASSIGNED",
            Self::LEASE_UNKNOWN => "DHCPLEASEUNKNOWN",
            Self::LEASE_ACTIVE => "DHCPLEASEACTIVE",
            Self::BULK_LEASE_QUERY => "DHCPBULKLEASEQUERY",
            Self::LEASE_QUERY_DONE => "DHCPLEASEQUERYDONE",
            _ => "UNKNOWN",
        }
    }
}

/// Codes of options the server itself deals with.
pub mod code {
    #![expect(missing_docs, reason = "the option table describes them")]

    pub const PAD: u8 = 0;
    pub const SUBNET_MASK: u8 = 1;
    pub const ROUTERS: u8 = 3;
    pub const DNS_SERVERS: u8 = 6;
    pub const HOST_NAME: u8 = 12;
    pub const DOMAIN_NAME: u8 = 15;
    pub const REQUESTED_ADDRESS: u8 = 50;
    pub const LEASE_TIME: u8 = 51;
    pub const OVERLOAD: u8 = 52;
    pub const MESSAGE_TYPE: u8 = 53;
    pub const SERVER_IDENTIFIER: u8 = 54;
    pub const PARAMETER_REQUEST_LIST: u8 = 55;
    pub const MESSAGE: u8 = 56;
    pub const MAX_MESSAGE_SIZE: u8 = 57;
    pub const RENEWAL_TIME: u8 = 58;
    pub const REBINDING_TIME: u8 = 59;
    pub const VENDOR_CLASS_IDENTIFIER: u8 = 60;
    pub const CLIENT_IDENTIFIER: u8 = 61;
    pub const TFTP_SERVER: u8 = 66;
    pub const BOOT_FILE: u8 = 67;
    pub const FQDN: u8 = 81;
    pub const AGENT_OPTIONS: u8 = 82;
    pub const LAST_TRANSACTION_TIME: u8 = 91;
    pub const ASSOCIATED_IP: u8 = 92;
    pub const V6_ONLY_PREFERRED: u8 = 108;
    pub const SUBNET_SELECTION: u8 = 118;
    pub const VENDOR_CLASS: u8 = 124;
    pub const VENDOR_OPTIONS: u8 = 125;
    pub const STATUS_CODE: u8 = 151;
    pub const BASE_TIME: u8 = 152;
    pub const QUERY_START_TIME: u8 = 154;
    pub const QUERY_END_TIME: u8 = 155;
    pub const VIRTUAL_SUBNET: u8 = 221;
    pub const END: u8 = 255;
}

/// Codes of the relay's sub-options in option 82.
pub mod agent {
    #![expect(missing_docs, reason = "the option table describes them")]

    pub const CIRCUIT_ID: u8 = 1;
    pub const REMOTE_ID: u8 = 2;
    pub const LINK_SELECTION: u8 = 5;
    pub const SERVER_ID_OVERRIDE: u8 = 11;
    pub const RELAY_ID: u8 = 12;
    pub const RELAY_PORT: u8 = 19;
}

#[cfg(test)]
mod tests;
