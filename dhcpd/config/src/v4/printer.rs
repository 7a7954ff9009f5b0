//! `config-get`: the configuration as Kea shows it.
//!
//! The outermost scope shows its defaults. Shared networks and subnets show what they say themselves, and how leases are
//! made ([`Lease4`](super::parameters::Lease4)) wherever that was written.

use super::parameters::{Dhcp4, Lease4, Pool4, Reservation4, Subnet4};
use crate::parameters::{Encoder, OptionData};
use crate::printer::add_empty_lists;
use schema::{At, Scope};
use serde_json::Value;
use wire::options::Family;

/// The whole configuration, defaults and inherited values included, as `{"Dhcp4": ...}`.
pub fn config_get(input: &Dhcp4) -> Value {
    let mut shown = input.clone();
    let mut networks = std::mem::take(&mut shown.shared_networks);
    let mut subnets = std::mem::take(&mut shown.subnet4);
    shown.service.modernise();
    Scope::fill(&mut shown);
    shown.annotations.fold();
    options(&mut shown.option_data);
    reservations(&mut shown.reservations);
    for network in &mut networks {
        network.value.service.modernise();
        network.value.lease.inherit(&shown.lease);
        network.value.annotations.fold();
        options(&mut network.value.option_data);
        let (lease, relay) = (network.lease.clone(), network.link.relay.clone());
        for subnet in &mut network.value.subnet4 {
            subnet.value.link.relay = subnet.value.link.relay.take().or_else(|| relay.clone());
            show(&mut subnet.value, &lease);
        }
    }
    subnets.iter_mut().for_each(|subnet| show(&mut subnet.value, &shown.lease));
    (shown.shared_networks, shown.subnet4) = (networks, subnets);
    let mut value: Value = [("Dhcp4".to_owned(), Scope::write(&shown))].into_iter().collect();
    add_empty_lists("", &mut value);
    value
}

fn show(subnet: &mut Subnet4, outer: &Lease4) {
    subnet.service.modernise();
    subnet.lease.inherit(outer);
    // Only here, where nothing inherits any more: a completed value would hide what an inner scope leaves to follow.
    subnet.lease.valid.complete();
    subnet.annotations.fold();
    options(&mut subnet.option_data);
    reservations(&mut subnet.reservations);
    for Pool4 { option_data, annotations, .. } in subnet.pools.iter_mut().map(|pool| &mut pool.value) {
        annotations.fold();
        options(option_data);
    }
}

fn options(list: &mut [At<OptionData>]) {
    Encoder::new(Family::V4).complete(list);
}

fn reservations(list: &mut [At<Reservation4>]) {
    for reservation in list.iter_mut().map(|reservation| &mut reservation.value) {
        Scope::fill(reservation);
        reservation.annotations.fold();
        options(&mut reservation.option_data);
    }
}
