//! Reservations: whom they are for, and that nothing is reserved twice or out of place.

use super::{Resolver, addresses};
use crate::hosts::{Hosts, Identifier, IdentifierKind, IdentifierRef, Written};
use crate::parameters::{Definitions, OptionData, ids};
use crate::rules::{Candidate, Unique, one_identifier};
use crate::v6::parameters::{Dhcp6, Reservation6};
use crate::v6::snapshot::{Excluded, Host6, ReservedPrefix};
use crate::values::Prefix6;
use eval::Classifier;
use schema::{At, Pos, Problem};
use std::mem;
use std::net::Ipv6Addr;
use std::ops::Bound;
use wire::options::Family;

impl Written for Reservation6 {
    type Host = Host6;
    const FAMILY: Family = Family::V6;

    fn options(&mut self) -> &mut [At<OptionData>] {
        &mut self.option_data
    }

    fn resolve(self, definitions: &Definitions, classes: &mut Classifier) -> (Hosts<Host6>, Vec<Problem>) {
        let input = Dhcp6::default();
        let mut resolver = Resolver::bare(&input, definitions, mem::replace(classes, Classifier::empty(Self::FAMILY)));
        let hosts = resolver.hosts(&[At::unwritten(self)], None);
        *classes = resolver.classes;
        (hosts, resolver.problems)
    }
}

impl Resolver<'_> {
    /// The reservations of a subnet, or those of the outermost scope.
    pub(super) fn hosts(&mut self, given: &[At<Reservation6>], subnet: Option<Prefix6>) -> Hosts<Host6> {
        let (mut identifiers, mut reserved) = (Unique::default(), Unique::default());
        let mut list = Vec::new();
        for (at, reservation) in given.iter().enumerate() {
            let end = given.get(at + 1).map(|next| next.pos);
            let Some(identifier) = self.identifier(reservation, end) else { continue };
            let what = || format!("failed to add duplicate IPv6 host using identifier: {identifier}");
            identifiers.check(identifier, reservation.pos, what, &mut self.problems);
            for address in &reservation.ip_addresses {
                self.check_reserved(address, subnet);
            }
            if self.input.ip_reservations_unique() {
                let addresses = reservation.ip_addresses.iter().map(|address| (address.value, 128, address.pos));
                let prefixes = reservation.prefixes.iter().map(|prefix| (prefix.address, prefix.len, prefix.pos));
                for (address, len, pos) in addresses.chain(prefixes) {
                    let what = || format!("There's already a reservation for this address or prefix: {address}");
                    reserved.check((address, len), pos, what, &mut self.problems);
                }
            }
            list.push(Host6 {
                identifier: Identifier { kind: identifier.kind, bytes: identifier.bytes.into() },
                addresses: addresses(&reservation.ip_addresses).collect(),
                prefixes: self.reserved_prefixes(reservation),
                hostname: reservation.hostname.as_ref().map_or("", |name| &name.value).into(),
                options: self.encode(&reservation.option_data),
                classes: ids(&reservation.client_classes, &mut self.classes),
            });
        }
        // One that stands twice was told above.
        Hosts::new(list).unwrap_or_default()
    }

    fn reserved_prefixes(&mut self, reservation: &At<Reservation6>) -> Vec<ReservedPrefix> {
        let excluded = &reservation.excluded_prefixes;
        if let Some(first) = excluded.first().filter(|_| excluded.len() != reservation.prefixes.len()) {
            let reason =
                format!("needs one for each prefix: there are {} for {}", excluded.len(), reservation.prefixes.len());
            self.problems.push(Problem::new(first.pos, reason));
        }
        let mut list = Vec::new();
        for (at, prefix) in reservation.prefixes.iter().enumerate() {
            self.check_prefix(prefix.value, prefix.pos);
            if prefix.len == 0 {
                self.problems.push(Problem::new(prefix.pos, "the length must be from 1 to 128"));
            }
            let inner = excluded.get(at).and_then(|given| Some((given.value.0?, given.pos)));
            if let Some((inner, pos)) = inner {
                self.check_prefix(inner, pos);
                if inner.len <= prefix.len || !prefix.contains(inner.address) {
                    let reason = format!("{inner} is not inside {}", prefix.value);
                    self.problems.push(Problem::new(pos, reason));
                }
            }
            let excluded = inner.map(|(inner, _)| Excluded { prefix: inner.address, len: inner.len });
            list.push(ReservedPrefix { prefix: prefix.address, len: prefix.len, excluded });
        }
        list
    }

    fn identifier<'r>(&mut self, reservation: &'r At<Reservation6>, end: Option<Pos>) -> Option<IdentifierRef<'r>> {
        use IdentifierKind::{Duid, FlexId, HwAddress};
        let Reservation6 { duid, hw_address, flex_id, .. } = &reservation.value;
        let flex_id = flex_id.iter().map(|given| Candidate { kind: FlexId, bytes: &given.value.0, pos: given.pos });
        let given = [(Duid, duid), (HwAddress, hw_address)].into_iter().filter_map(|(kind, given)| {
            given.as_ref().map(|given| Candidate { kind, bytes: &given.value.0, pos: given.pos })
        });
        let given: Vec<_> = given.chain(flex_id).collect();
        let end = end.map_or(Bound::Unbounded, Bound::Excluded);
        if given.is_empty() && self.unread.range((Bound::Included(reservation.pos), end)).next().is_some() {
            // What was written for one is told already.
            return None;
        }
        one_identifier(&[Duid, HwAddress, FlexId], &given, reservation.pos, &mut self.problems)
    }

    fn check_reserved(&mut self, address: &At<Ipv6Addr>, subnet: Option<Prefix6>) {
        if address.is_unspecified() || address.is_multicast() {
            self.problems.push(Problem::new(address.pos, format!("{} is no address of a host", address.value)));
        } else if let Some(subnet) = subnet.filter(|subnet| !subnet.contains(address.value)) {
            let reason = format!("specified reservation '{}' is not within the IPv6 subnet '{subnet}'", address.value);
            self.problems.push(Problem::new(address.pos, reason));
        }
    }
}
