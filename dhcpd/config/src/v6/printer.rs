//! `config-get`: the configuration as Kea shows it.
//!
//! The outermost scope shows its defaults. Shared networks and subnets show what they say themselves, and how leases are
//! made ([`Lease6`](super::parameters::Lease6)) wherever that was written.

use super::parameters::{Dhcp6, Lease6, PdPool, Pool6, Reservation6, Subnet6};
use crate::parameters::{Encoder, OptionData};
use crate::printer::{add_empty_lists, complete_lifetime};
use schema::{At, Scope};
use serde_json::Value;
use wire::options::Family;

/// The whole configuration, defaults and inherited values included, as `{"Dhcp6": ...}`.
pub fn config_get(input: &Dhcp6) -> Value {
    let mut shown = input.clone();
    let mut networks = std::mem::take(&mut shown.shared_networks);
    let mut subnets = std::mem::take(&mut shown.subnet6);
    shown.server_id.get_or_insert_default();
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
        for subnet in &mut network.value.subnet6 {
            subnet.value.link.relay = subnet.value.link.relay.take().or_else(|| relay.clone());
            show(&mut subnet.value, &lease);
        }
    }
    subnets.iter_mut().for_each(|subnet| show(&mut subnet.value, &shown.lease));
    (shown.shared_networks, shown.subnet6) = (networks, subnets);
    let mut value: Value = [("Dhcp6".to_owned(), Scope::write(&shown))].into_iter().collect();
    add_empty_lists("", &mut value);
    value
}

fn show(subnet: &mut Subnet6, outer: &Lease6) {
    subnet.service.modernise();
    subnet.lease.inherit(outer);
    // Only here, where nothing inherits any more: a completed value would hide what an inner scope leaves to follow.
    subnet.lease.valid.complete();
    let preferred = &mut subnet.lease.preferred;
    complete_lifetime(
        &mut preferred.min_preferred_lifetime,
        &mut preferred.preferred_lifetime,
        &mut preferred.max_preferred_lifetime,
    );
    subnet.annotations.fold();
    options(&mut subnet.option_data);
    reservations(&mut subnet.reservations);
    for Pool6 { option_data, annotations, .. } in subnet.pools.iter_mut().map(|pool| &mut pool.value) {
        annotations.fold();
        options(option_data);
    }
    for PdPool { option_data, annotations, .. } in subnet.pd_pools.iter_mut().map(|pool| &mut pool.value) {
        annotations.fold();
        options(option_data);
    }
}

fn options(list: &mut [At<OptionData>]) {
    Encoder::new(Family::V6).complete(list);
}

fn reservations(list: &mut [At<Reservation6>]) {
    for reservation in list.iter_mut().map(|reservation| &mut reservation.value) {
        Scope::fill(reservation);
        reservation.annotations.fold();
        options(&mut reservation.option_data);
    }
}
