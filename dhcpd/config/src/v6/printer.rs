//! `config-get`: the configuration as Kea shows it.
//!
//! The outermost scope shows its defaults. Shared networks and subnets show what they say themselves, and how leases are
//! made ([`Lease6`](super::parameters::Lease6)) wherever that was written.

use super::parameters::{ClientClass6, Dhcp6, File6, Lease6, PdPool, Pool6, Reservation6, Subnet6};
use crate::parameters::{Definitions, Encoder, Relay6};
use crate::printer::{add_empty_lists, complete_lifetime};
use schema::common::ControlSocket;
use schema::{At, Scope, fold_comments};
use serde_json::Value;
use wire::options::Family;

/// The whole configuration, defaults and inherited values included, as `{"Dhcp6": ...}`.
pub fn config_get(input: &Dhcp6) -> Value {
    let mut shown = input.clone();
    let mut networks = std::mem::take(&mut shown.shared_networks);
    let mut subnets = std::mem::take(&mut shown.subnet6);
    shown.server_id.get_or_insert_default();
    let mut classes = std::mem::take(&mut shown.client_classes);
    shown.modernise();
    Scope::fill(&mut shown);
    shown.complete();
    let definitions = Definitions::standard(Family::V6).with(&input.option_def, &mut Vec::new());
    let encoder = Encoder::new(Family::V6, &definitions);
    encoder.complete(&mut shown.option_data);
    reservations(&mut shown.reservations, encoder);
    classes.iter_mut().for_each(|class| show_class(&mut class.value, &definitions));
    for network in &mut networks {
        network.value.service.modernise();
        network.value.guards.modernise();
        network.value.lease.inherit(&shown.lease);
        encoder.complete(&mut network.value.option_data);
        let (lease, relay) = (network.lease.clone(), network.link.relay.clone());
        network.value.link.relay.get_or_insert_with(no_relays);
        for subnet in &mut network.value.subnet6 {
            subnet.value.link.relay = subnet.value.link.relay.take().or_else(|| relay.clone());
            show(&mut subnet.value, &lease, encoder);
        }
    }
    subnets.iter_mut().for_each(|subnet| show(&mut subnet.value, &shown.lease, encoder));
    (shown.shared_networks, shown.subnet6, shown.client_classes) = (networks, subnets, classes);
    let mut value: Value = [("Dhcp6".to_owned(), Scope::write(&shown))].into_iter().collect();
    add_empty_lists("", &mut value);
    fold_comments(&mut value, File6::TABLE);
    value
}

fn show(subnet: &mut Subnet6, outer: &Lease6, encoder: Encoder<'_>) {
    subnet.service.modernise();
    subnet.guards.modernise();
    subnet.link.relay.get_or_insert_with(no_relays);
    subnet.lease.inherit(outer);
    // Only here, where nothing inherits any more: a completed value would hide what an inner scope leaves to follow.
    subnet.lease.valid.complete();
    let preferred = &mut subnet.lease.preferred;
    complete_lifetime(
        &mut preferred.min_preferred_lifetime,
        &mut preferred.preferred_lifetime,
        &mut preferred.max_preferred_lifetime,
    );
    encoder.complete(&mut subnet.option_data);
    reservations(&mut subnet.reservations, encoder);
    for Pool6 { option_data, guards, .. } in subnet.pools.iter_mut().map(|pool| &mut pool.value) {
        guards.modernise();
        encoder.complete(option_data);
    }
    for PdPool { option_data, guards, .. } in subnet.pd_pools.iter_mut().map(|pool| &mut pool.value) {
        guards.modernise();
        encoder.complete(option_data);
    }
}

fn reservations(list: &mut [At<Reservation6>], encoder: Encoder<'_>) {
    for reservation in list.iter_mut().map(|reservation| &mut reservation.value) {
        Scope::fill(reservation);
        encoder.complete(&mut reservation.option_data);
    }
}

fn no_relays() -> At<Relay6> {
    At::unwritten(Relay6 { ip_addresses: Some(At::default()) })
}

fn show_class(class: &mut ClientClass6, definitions: &Definitions) {
    class.membership.modernise();
    Encoder::new(Family::V6, definitions).complete(&mut class.option_data);
}

impl Dhcp6 {
    /// Turns older spellings into those of today.
    fn modernise(&mut self) {
        self.service.modernise();
        let older = ControlSocket::only_older(&self.control_sockets, &self.control_socket).cloned();
        self.control_sockets.extend(older);
        self.control_socket = None;
        self.hosts_databases.extend(self.hosts_database.take());
    }

    /// What is shown although nobody wrote it, and depends on other parameters.
    fn complete(&mut self) {
        self.option_def.iter_mut().for_each(|definition| definition.value.complete(Family::V6));
        let threads = self.multi_threading();
        let queue = self.waiting.dhcp_queue_control.get_or_insert_default();
        queue.value.complete("kea-ring6", &threads);
    }
}
