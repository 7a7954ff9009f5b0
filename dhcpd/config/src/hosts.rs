//! Host reservations of one scope (global, or a subnet), found by identifier or by address.

mod meaning;
mod stored;

pub use meaning::{Meaning, Written};
pub use stored::{CACHE, GLOBAL, Key, Reserved, Stored};

use hashbrown::{Equivalent, HashMap};
use smallvec::SmallVec;
use std::hash::{Hash, Hasher};
use wire::hex::Plain;

/// What kind of identifier a reservation is for; the numbers are those of Kea's databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum IdentifierKind {
    /// Hardware address.
    HwAddress = 0,
    /// DUID; in DHCPv4 the one inside a client identifier of type 255 (RFC 4361).
    Duid = 1,
    /// Circuit identifier a relay put into option 82 (DHCPv4).
    CircuitId = 2,
    /// DHCPv4 client identifier, option 61.
    ClientId = 3,
    /// What a hook library computed.
    FlexId = 4,
}

impl IdentifierKind {
    /// Its key in a reservation.
    pub fn key(self) -> &'static str {
        match self {
            Self::HwAddress => "hw-address",
            Self::Duid => "duid",
            Self::CircuitId => "circuit-id",
            Self::ClientId => "client-id",
            Self::FlexId => "flex-id",
        }
    }
}

/// Identifier of a host: kind and bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identifier {
    /// Kind.
    pub kind: IdentifierKind,
    /// Bytes, at least one.
    pub bytes: Box<[u8]>,
}

/// The same, borrowed from a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IdentifierRef<'a> {
    /// Kind.
    pub kind: IdentifierKind,
    /// Bytes.
    pub bytes: &'a [u8],
}

impl std::fmt::Display for IdentifierRef<'_> {
    /// As messages and answers show it: `hwaddr=0A0B0C`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = if self.kind == IdentifierKind::HwAddress { "hwaddr" } else { self.kind.key() };
        write!(f, "{kind}={}", Plain(self.bytes))
    }
}

impl Hash for Identifier {
    fn hash<H: Hasher>(&self, state: &mut H) {
        IdentifierRef { kind: self.kind, bytes: &self.bytes }.hash(state);
    }
}

impl Equivalent<Identifier> for IdentifierRef<'_> {
    fn equivalent(&self, other: &Identifier) -> bool {
        self.kind == other.kind && self.bytes == &*other.bytes
    }
}

/// A reservation as far as it can be looked up.
pub trait Reservation {
    /// An address, or an address or prefix with its kind.
    type Address: Copy + Ord + Hash;
    /// Whom it is for.
    fn identifier(&self) -> &Identifier;
    /// What is reserved.
    fn addresses(&self) -> impl Iterator<Item = Self::Address>;
    /// Whether an address is the next one behind another; false where nobody passes rows of them at once.
    fn follows(_before: Self::Address, _address: Self::Address) -> bool {
        false
    }
}

/// The reservations of one scope.
#[derive(Clone, Debug)]
pub struct Hosts<H: Reservation> {
    list: Vec<H>,
    by_identifier: HashMap<Identifier, u32>,
    by_address: HashMap<H::Address, SmallVec<[u32; 1]>>,
    /// Addresses without a gap between them, first and last, in order.
    rows: Vec<(H::Address, H::Address)>,
}

impl<H: Reservation> Default for Hosts<H> {
    fn default() -> Self {
        Self { list: Vec::new(), by_identifier: HashMap::new(), by_address: HashMap::new(), rows: Vec::new() }
    }
}

impl<H: Reservation> Hosts<H> {
    /// Indexes reservations. An error is the place in the list of one whose identifier stands before it already;
    /// whether an address may be reserved twice (`ip-reservations-unique`) is asked with [`Hosts::by_address`].
    pub fn new(list: Vec<H>) -> Result<Self, usize> {
        let mut hosts = Self::default();
        for (at, host) in list.iter().enumerate() {
            let number = at as u32;
            if hosts.by_identifier.insert(host.identifier().clone(), number).is_some() {
                return Err(at);
            }
            for address in host.addresses() {
                hosts.by_address.entry(address).or_default().push(number);
            }
        }
        let mut addresses: Vec<_> = hosts.by_address.keys().copied().collect();
        addresses.sort_unstable();
        for address in addresses {
            match hosts.rows.last_mut() {
                Some((_, last)) if H::follows(*last, address) => *last = address,
                _ => hosts.rows.push((address, address)),
            }
        }
        hosts.list = list;
        Ok(hosts)
    }

    /// The reservation for a client.
    pub fn find(&self, identifier: IdentifierRef<'_>) -> Option<&H> {
        if self.list.is_empty() {
            return None;
        }
        self.list.get(*self.by_identifier.get(&identifier)? as usize)
    }

    /// The reservations of an address.
    pub fn by_address(&self, address: H::Address) -> impl Iterator<Item = &H> {
        let numbers = if self.list.is_empty() { None } else { self.by_address.get(&address) };
        numbers.into_iter().flatten().filter_map(|&at| self.list.get(at as usize))
    }

    /// The last of the reserved addresses in the row that this one is in, if it is reserved.
    pub fn row_end(&self, address: H::Address) -> Option<H::Address> {
        let before = self.rows.partition_point(|(first, _)| *first <= address).checked_sub(1)?;
        self.rows.get(before).map(|(_, last)| *last).filter(|last| *last >= address)
    }

    /// All reservations as written.
    pub fn list(&self) -> &[H] {
        &self.list
    }

    /// The only one, where there is no other.
    pub(crate) fn into_only(mut self) -> Option<H> {
        self.list.pop()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, PartialEq)]
    pub(super) struct Host(Identifier, pub u32);

    impl Reservation for Host {
        type Address = u32;
        fn identifier(&self) -> &Identifier {
            &self.0
        }
        fn addresses(&self) -> impl Iterator<Item = u32> {
            Some(self.1).into_iter()
        }
        fn follows(before: u32, address: u32) -> bool {
            address == before + 1
        }
    }

    pub(super) fn host(kind: IdentifierKind, bytes: &[u8], address: u32) -> Host {
        Host(Identifier { kind, bytes: bytes.into() }, address)
    }

    #[test]
    fn found_by_identifier_and_by_address() {
        let list = vec![host(IdentifierKind::HwAddress, b"a", 1), host(IdentifierKind::ClientId, b"a", 1)];
        let hosts = Hosts::new(list.clone()).unwrap();
        assert_eq!(hosts.find(IdentifierRef { kind: IdentifierKind::ClientId, bytes: b"a" }), Some(&list[1]));
        assert_eq!(hosts.find(IdentifierRef { kind: IdentifierKind::Duid, bytes: b"a" }), None);
        assert_eq!(hosts.by_address(1).count(), 2);
        assert_eq!(hosts.by_address(2).count(), 0);
    }

    #[test]
    fn rows_of_reserved_addresses_are_passed_at_once() {
        let list = [7, 3, 5, 4, 9].map(|n| host(IdentifierKind::HwAddress, &[n], n.into())).to_vec();
        let hosts = Hosts::new(list).unwrap();
        assert_eq!([2, 3, 4, 5, 6, 7, 8, 9, 10].map(|n| hosts.row_end(n)), {
            [None, Some(5), Some(5), Some(5), None, Some(7), None, Some(9), None]
        });
    }

    #[test]
    fn an_identifier_stands_once() {
        let list = vec![host(IdentifierKind::Duid, b"a", 1), host(IdentifierKind::Duid, b"a", 2)];
        assert_eq!(Hosts::new(list).unwrap_err(), 1);
    }
}
