//! What a lease is, in both families: the columns of Kea's lease files as types.

use smallvec::SmallVec;
use std::net::{Ipv4Addr, Ipv6Addr};

/// Hardware address without its type: up to 20 bytes (RFC 2131 §2 leaves 16 in chaddr, InfiniBand has 20). No allocation.
pub type HwAddr = SmallVec<[u8; 20]>;
/// Client identifier, option 61, type byte included (RFC 2132 §9.14, RFC 4361).
pub type ClientId = SmallVec<[u8; 24]>;
/// DHCP unique identifier (RFC 8415 §11), 1 to 130 bytes.
pub type Duid = SmallVec<[u8; 24]>;
/// Number of a subnet, 1 to 4294967294.
pub type SubnetId = u32;
/// Seconds since 1970-01-01 UTC.
pub type UnixSeconds = u64;

/// State of a lease; the numbers are those of the lease files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum LeaseState {
    /// Assigned (or, once `expires` has passed, expired and not yet reclaimed).
    #[default]
    Assigned = 0,
    /// A client found the address in use by somebody else.
    Declined = 1,
    /// Expired, and reclamation has dealt with it.
    ExpiredReclaimed = 2,
    /// Given back by the client and kept for it (lease affinity).
    Released = 3,
    /// Registered by the client (RFC 9686), DHCPv6 only.
    Registered = 4,
}

/// A DHCPv4 lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease4 {
    /// The leased address.
    pub address: Ipv4Addr,
    /// Client's hardware address; may be empty (a client known by its identifier only, or a declined lease).
    pub hw_addr: HwAddr,
    /// Client identifier, if the client sent one.
    pub client_id: Option<ClientId>,
    /// Valid lifetime in seconds; `u32::MAX` never expires.
    pub valid_lifetime: u32,
    /// Client last transaction time.
    pub cltt: UnixSeconds,
    /// The subnet it belongs to.
    pub subnet_id: SubnetId,
    /// The pool it comes from; 0 outside of pools with an id.
    pub pool_id: u32,
    /// D2 was asked to add the A record.
    pub fqdn_fwd: bool,
    /// D2 was asked to add the PTR record.
    pub fqdn_rev: bool,
    /// Name of the client, lower case, no trailing dot (as Kea stores it); empty if none.
    pub hostname: Box<str>,
    /// State.
    pub state: LeaseState,
    /// JSON text, if any.
    pub user_context: Option<Box<str>>,
}

/// What a DHCPv6 lease leases; the numbers are those of the lease files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum LeaseType {
    /// Non-temporary address (IA_NA).
    #[default]
    Na = 0,
    /// Delegated prefix (IA_PD).
    Pd = 2,
}

/// A DHCPv6 lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease6 {
    /// Address or prefix?
    pub lease_type: LeaseType,
    /// The address, or the first address of the prefix.
    pub address: Ipv6Addr,
    /// 128 for an address.
    pub prefix_len: u8,
    /// The client.
    pub duid: Duid,
    /// Identity association, chosen by the client.
    pub iaid: u32,
    /// Preferred lifetime in seconds.
    pub preferred_lifetime: u32,
    /// Valid lifetime in seconds; `u32::MAX` never expires.
    pub valid_lifetime: u32,
    /// Client last transaction time.
    pub cltt: UnixSeconds,
    /// The subnet it belongs to.
    pub subnet_id: SubnetId,
    /// The pool it comes from; 0 outside of pools with an id.
    pub pool_id: u32,
    /// D2 was asked to add the AAAA record.
    pub fqdn_fwd: bool,
    /// D2 was asked to add the PTR record.
    pub fqdn_rev: bool,
    /// Name of the client; empty if none.
    pub hostname: Box<str>,
    /// Hardware address, where the server could learn it (RFC 6939, DUID-LLT, ...).
    pub hw_addr: Option<HwAddr>,
    /// ARP hardware type of `hw_addr`.
    pub hw_type: u16,
    /// Where `hw_addr` was learnt: Kea's bit mask (lease file column hwaddr_source).
    pub hw_source: u32,
    /// State.
    pub state: LeaseState,
    /// JSON text, if any.
    pub user_context: Option<Box<str>>,
}

impl Lease4 {
    /// When it expires: `cltt + valid_lifetime`; `None` for a lease that never does.
    pub fn expires(&self) -> Option<UnixSeconds> {
        expires(self.cltt, self.valid_lifetime)
    }

    /// Whether nobody holds it at `now`: its time is over, or it was reclaimed or released.
    pub fn is_free_at(&self, now: UnixSeconds) -> bool {
        self.is_given_back() || self.expires().is_some_and(|t| t <= now)
    }

    /// Whether it was reclaimed or released.
    pub fn is_given_back(&self) -> bool {
        matches!(self.state, LeaseState::ExpiredReclaimed | LeaseState::Released)
    }

    /// Seconds for which it is still valid; `u32::MAX` for one that never ends.
    pub fn left_at(&self, now: UnixSeconds) -> u32 {
        left(self.cltt, self.valid_lifetime, now)
    }
}

impl Lease6 {
    /// When it expires: `cltt + valid_lifetime`; `None` for a lease that never does.
    pub fn expires(&self) -> Option<UnixSeconds> {
        expires(self.cltt, self.valid_lifetime)
    }

    /// Whether nobody holds it at `now`: its time is over, or it was reclaimed or released.
    pub fn is_free_at(&self, now: UnixSeconds) -> bool {
        self.is_given_back() || self.expires().is_some_and(|t| t <= now)
    }

    /// Whether it was reclaimed or released.
    pub fn is_given_back(&self) -> bool {
        matches!(self.state, LeaseState::ExpiredReclaimed | LeaseState::Released)
    }

    /// Seconds for which it is still preferred; `u32::MAX` for one that always is.
    pub fn preferred_left_at(&self, now: UnixSeconds) -> u32 {
        left(self.cltt, self.preferred_lifetime, now)
    }

    /// Seconds for which it is still valid; `u32::MAX` for one that never ends.
    pub fn left_at(&self, now: UnixSeconds) -> u32 {
        left(self.cltt, self.valid_lifetime, now)
    }
}

fn expires(cltt: UnixSeconds, valid_lifetime: u32) -> Option<UnixSeconds> {
    (valid_lifetime != u32::MAX).then(|| cltt + UnixSeconds::from(valid_lifetime))
}

fn left(cltt: UnixSeconds, lifetime: u32, now: UnixSeconds) -> u32 {
    let age = now.saturating_sub(cltt);
    if lifetime == u32::MAX { lifetime } else { lifetime.saturating_sub(age.try_into().unwrap_or(u32::MAX)) }
}
