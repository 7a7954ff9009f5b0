//! Reservations: whom they are for, and that nothing is reserved twice or out of place.

use super::Resolver;
use crate::hosts::{Hosts, Identifier, IdentifierKind, IdentifierRef, Written};
use crate::parameters::{Definitions, OptionData, ids};
use crate::rules::{Candidate, Unique, check_length, check_next_server, one_identifier};
use crate::v4::parameters::{Dhcp4, Reservation4};
use crate::v4::snapshot::Host4;
use crate::values::Prefix4;
use eval::Classifier;
use schema::{At, Given, Pos, Problem};
use std::mem;
use std::net::Ipv4Addr;
use std::ops::Bound;
use wire::options::Family;

impl Written for Reservation4 {
    type Host = Host4;
    const FAMILY: Family = Family::V4;

    fn options(&mut self) -> &mut [At<OptionData>] {
        &mut self.option_data
    }

    fn resolve(self, definitions: &Definitions, classes: &mut Classifier) -> (Hosts<Host4>, Vec<Problem>) {
        let input = Dhcp4::default();
        let mut resolver = Resolver::bare(&input, definitions, mem::replace(classes, Classifier::empty(Self::FAMILY)));
        let hosts = resolver.hosts(&[At::unwritten(self)], None);
        *classes = resolver.classes;
        (hosts, resolver.problems)
    }
}

impl Resolver<'_> {
    /// The reservations of a subnet, or those of the outermost scope.
    pub(super) fn hosts(&mut self, given: &[At<Reservation4>], subnet: Option<Prefix4>) -> Hosts<Host4> {
        let (mut identifiers, mut addresses) = (Unique::default(), Unique::default());
        let mut list = Vec::new();
        for (at, reservation) in given.iter().enumerate() {
            let end = given.get(at + 1).map(|next| next.pos);
            let Some(identifier) = self.identifier(reservation, end) else { continue };
            let what = || format!("failed to add duplicate IPv4 host using identifier: {identifier}");
            identifiers.check(identifier, reservation.pos, what, &mut self.problems);
            if let Some(address) = &reservation.ip_address {
                self.check_reserved(address, subnet);
                if self.input.ip_reservations_unique() {
                    let what = || format!("There's already a reservation for this address: {}", address.value);
                    addresses.check(address.value, address.pos, what, &mut self.problems);
                }
            }
            check_length(&reservation.server_hostname, 63, &mut self.problems);
            check_length(&reservation.boot_file_name, 127, &mut self.problems);
            check_next_server(&reservation.next_server, &mut self.problems);
            let next_server = reservation.next_server.as_ref().and_then(|server| server.value.0);
            let text = |given: &Given<String>| given.as_ref().map_or("", |text| &text.value).into();
            list.push(Host4 {
                identifier: Identifier { kind: identifier.kind, bytes: identifier.bytes.into() },
                address: reservation.ip_address.as_ref().map(|address| address.value),
                hostname: text(&reservation.hostname),
                next_server: next_server.filter(|server| !server.is_unspecified()),
                server_hostname: text(&reservation.server_hostname),
                file: text(&reservation.boot_file_name),
                options: self.encode(&reservation.option_data),
                classes: ids(&reservation.client_classes, &mut self.classes),
            });
        }
        // One that stands twice was told above.
        Hosts::new(list).unwrap_or_default()
    }

    fn identifier<'r>(&mut self, reservation: &'r At<Reservation4>, end: Option<Pos>) -> Option<IdentifierRef<'r>> {
        use IdentifierKind::{CircuitId, ClientId, Duid, FlexId, HwAddress};
        let Reservation4 { hw_address, duid, circuit_id, client_id, flex_id, .. } = &reservation.value;
        let colons = [(HwAddress, hw_address), (Duid, duid)];
        let plain = [(CircuitId, circuit_id), (ClientId, client_id), (FlexId, flex_id)];
        let colons = colons.into_iter().filter_map(|(kind, given)| {
            given.as_ref().map(|given| Candidate { kind, bytes: &given.value.0, pos: given.pos })
        });
        let plain = plain.into_iter().filter_map(|(kind, given)| {
            given.as_ref().map(|given| Candidate { kind, bytes: &given.value.0, pos: given.pos })
        });
        let given: Vec<_> = colons.chain(plain).collect();
        let kinds = [HwAddress, Duid, CircuitId, ClientId, FlexId];
        let end = end.map_or(Bound::Unbounded, Bound::Excluded);
        if given.is_empty() && self.unread.range((Bound::Included(reservation.pos), end)).next().is_some() {
            // What was written for one is told already.
            return None;
        }
        one_identifier(&kinds, &given, reservation.pos, &mut self.problems)
    }

    fn check_reserved(&mut self, address: &At<Ipv4Addr>, subnet: Option<Prefix4>) {
        if address.is_unspecified() || address.is_broadcast() {
            self.problems.push(Problem::new(address.pos, format!("{} is no address of a host", address.value)));
        } else if let Some(subnet) = subnet.filter(|subnet| !subnet.contains(address.value)) {
            let reason = format!("specified reservation '{}' is not within the IPv4 subnet '{subnet}'", address.value);
            self.problems.push(Problem::new(address.pos, reason));
        }
    }
}
