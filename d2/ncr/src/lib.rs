//! The name change request: what a DHCP daemon asks of D2 when a client's name and address come together or part.
//!
//! Shared by the DHCP daemons, which make requests, and by D2, which carries them out. It knows values and bytes: how the
//! request stands in a datagram ([`NameChangeRequest::encode`], [`NameChangeRequest::decode`]) and how a client's DHCID is
//! computed ([`Dhcid`]), but no socket, no DNS server and no configuration.

// What reads a peer's bytes cannot panic.
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod dhcid;
mod json;

use std::fmt;
use std::net::IpAddr;

pub use dhcid::{Dhcid, DhcidError};
pub use dns::{Name, NameError};
pub use json::NcrError;

/// A request to add or remove the DNS records that tie a name to an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameChangeRequest {
    /// Add or remove.
    pub change_type: ChangeType,
    /// The name's zone is to be changed (A or AAAA, and DHCID).
    pub forward_change: bool,
    /// The address' zone is to be changed (PTR).
    pub reverse_change: bool,
    /// The name.
    pub fqdn: Name,
    /// The address.
    pub ip_address: IpAddr,
    /// The client that holds the lease; also what keeps a client's requests in order.
    pub dhcid: Dhcid,
    /// Lifetime of the records in seconds.
    pub lease_length: u32,
    /// What to do when the name is already there.
    pub conflict_resolution_mode: ConflictResolutionMode,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChangeType {
    /// Add or replace the records.
    Add,
    /// Remove the records.
    Remove,
}

/// How to tell whose name it is (RFC 4703 §5), and how much of that to insist on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ConflictResolutionMode {
    /// As RFC 4703 has it: the name is changed only where a DHCID record says that it is this client's.
    #[default]
    CheckWithDhcid,
    /// Existing records are overwritten; a DHCID record is written.
    NoCheckWithDhcid,
    /// The name is changed only where it has a DHCID record, whosever.
    CheckExistsWithDhcid,
    /// Existing records are overwritten; no DHCID record is written.
    NoCheckWithoutDhcid,
}

impl ConflictResolutionMode {
    /// All modes.
    pub const ALL: [Self; 4] =
        [Self::CheckWithDhcid, Self::NoCheckWithDhcid, Self::CheckExistsWithDhcid, Self::NoCheckWithoutDhcid];

    /// The word in configurations and requests.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CheckWithDhcid => "check-with-dhcid",
            Self::NoCheckWithDhcid => "no-check-with-dhcid",
            Self::CheckExistsWithDhcid => "check-exists-with-dhcid",
            Self::NoCheckWithoutDhcid => "no-check-without-dhcid",
        }
    }

    /// The mode of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == word)
    }
}

impl fmt::Display for ConflictResolutionMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// As Kea's daemons show it in their messages: several lines.
impl fmt::Display for NameChangeRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = |yes| if yes { "yes" } else { "no" };
        let kind = match self.change_type {
            ChangeType::Add => "CHG_ADD",
            ChangeType::Remove => "CHG_REMOVE",
        };
        writeln!(f, "Type: {} ({kind})", self.change_type as u8)?;
        writeln!(f, "Forward Change: {}", word(self.forward_change))?;
        writeln!(f, "Reverse Change: {}", word(self.reverse_change))?;
        writeln!(f, "FQDN: [{}]", self.fqdn)?;
        writeln!(f, "IP Address: [{}]", self.ip_address)?;
        writeln!(f, "DHCID: [{}]", self.dhcid)?;
        writeln!(f, "TTL: {}", self.lease_length)?;
        writeln!(f, "Conflict Resolution Mode: {}", self.conflict_resolution_mode)
    }
}
