//! `config-get`: the configuration as Kea shows it.
//!
//! The outermost scope shows its defaults. Shared networks and subnets show what they say themselves, and how leases are
//! made ([`Lease6`](super::parameters::Lease6)) wherever that was written.

use super::parameters::{
    ClientClass6, Dhcp6, File6, Interfaces6, Lease6, Link6, PdPool, Pool6, PreferredLifetime, Reservation6, Subnet6,
};
use crate::parameters::{Definitions, Encoder, LeaseDatabase, Relay6};
use crate::printer::{add_empty_lists, add_empty_lists_to, complete_lifetime, drop_default, drop_empty};
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
    shown.lease_database = LeaseDatabase::shown(&input.lease_database);
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
        network.value.link.complete();
        // Only here, where nothing inherits any more: a completed value would hide what an inner scope leaves to follow.
        network.value.lease.complete();
        for subnet in &mut network.value.subnet6 {
            subnet.value.link.relay = subnet.value.link.relay.take().or_else(|| relay.clone());
            show(&mut subnet.value, &lease, encoder);
        }
    }
    for subnet in &mut subnets {
        subnet.value.link.complete();
        show(&mut subnet.value, &shown.lease, encoder);
    }
    (shown.shared_networks, shown.subnet6, shown.client_classes) = (networks, subnets, classes);
    let mut value: Value = [("Dhcp6".to_owned(), Scope::write(&shown))].into_iter().collect();
    add_empty_lists("", &mut value);
    add_reservations(&mut value);
    fold_comments(&mut value, File6::TABLE);
    value
}

fn show(subnet: &mut Subnet6, outer: &Lease6, encoder: Encoder<'_>) {
    subnet.service.modernise();
    subnet.guards.modernise();
    subnet.link.relay.get_or_insert_with(no_relays);
    drop_empty(&mut subnet.link.interface);
    drop_empty(&mut subnet.link.interface_id);
    subnet.lease.inherit(outer);
    subnet.lease.complete();
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

/// The lists of addresses and prefixes of reservations, even where they are empty.
fn add_reservations(shown: &mut Value) {
    let lists = ["ip-addresses", "prefixes"];
    add_empty_lists_to(shown.pointer_mut("/Dhcp6/reservations"), &lists);
    let each = |subnets: Option<&mut Value>| {
        for subnet in subnets.and_then(Value::as_array_mut).into_iter().flatten() {
            add_empty_lists_to(subnet.get_mut("reservations"), &lists);
        }
    };
    each(shown.pointer_mut("/Dhcp6/subnet6"));
    let networks = shown.pointer_mut("/Dhcp6/shared-networks").and_then(Value::as_array_mut);
    networks.into_iter().flatten().for_each(|network| each(network.get_mut("subnet6")));
}

fn no_relays() -> At<Relay6> {
    At::unwritten(Relay6 { ip_addresses: Some(At::default()) })
}

fn show_class(class: &mut ClientClass6, definitions: &Definitions) {
    class.membership.modernise();
    Encoder::new(Family::V6, definitions).complete(&mut class.option_data);
}

impl Link6 {
    /// As a link is shown that is not inside of another one.
    fn complete(&mut self) {
        drop_empty(&mut self.interface);
        drop_empty(&mut self.interface_id);
        self.rapid_commit.get_or_insert_with(|| At::unwritten(false));
    }
}

impl Lease6 {
    fn complete(&mut self) {
        self.valid.complete();
        let PreferredLifetime { min_preferred_lifetime, preferred_lifetime, max_preferred_lifetime } =
            &mut self.preferred;
        complete_lifetime(min_preferred_lifetime, preferred_lifetime, max_preferred_lifetime);
    }
}

impl Interfaces6 {
    fn drop_defaults(&mut self) {
        drop_default(&mut self.service_sockets_require_all, false);
        if self.service_sockets_max_retries() == 0 {
            self.service_sockets_max_retries = None;
            self.service_sockets_retry_wait_time = None;
        }
    }
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
        self.dhcp_ddns.iter_mut().for_each(|ddns| ddns.value.complete());
        self.interfaces_config.iter_mut().for_each(|interfaces| interfaces.value.drop_defaults());
        self.compatibility.take_if(|flags| !flags.value.lenient_option_parsing());
        let threads = self.multi_threading();
        let queue = self.waiting.dhcp_queue_control.get_or_insert_default();
        queue.value.complete("kea-ring6", &threads);
    }
}
