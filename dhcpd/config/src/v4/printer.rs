//! `config-get`: the configuration as Kea shows it.
//!
//! The outermost scope shows its defaults. Shared networks and subnets show what they say themselves, and how leases are
//! made ([`Lease4`](super::parameters::Lease4)) wherever that was written.

use super::parameters::{
    ClientClass4, Compatibility4, Dhcp4, File4, Interfaces4, Lease4, Outbound4, Pool4, Reservation4, SocketType4,
    Subnet4,
};
use crate::parameters::{Definitions, Encoder, LeaseDatabase, Relay4};
use crate::printer::{add_empty_lists, add_empty_lists_to, drop_default, drop_empty};
use schema::common::ControlSocket;
use schema::{At, Scope, fold_comments};
use serde_json::Value;
use wire::options::Family;

/// The whole configuration, defaults and inherited values included, as `{"Dhcp4": ...}`.
pub fn config_get(input: &Dhcp4) -> Value {
    let mut shown = input.clone();
    let mut networks = std::mem::take(&mut shown.shared_networks);
    let mut subnets = std::mem::take(&mut shown.subnet4);
    let mut classes = std::mem::take(&mut shown.client_classes);
    shown.modernise();
    Scope::fill(&mut shown);
    shown.complete();
    shown.lease_database = LeaseDatabase::shown(&input.lease_database);
    let definitions = Definitions::standard(Family::V4).with(&input.option_def, &mut Vec::new());
    let encoder = Encoder::new(Family::V4, &definitions);
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
        drop_empty(&mut network.value.link.interface);
        // Only here, where nothing inherits any more: a completed value would hide what an inner scope leaves to follow.
        network.value.lease.valid.complete();
        for subnet in &mut network.value.subnet4 {
            subnet.value.link.relay = subnet.value.link.relay.take().or_else(|| relay.clone());
            show(&mut subnet.value, &lease, encoder);
        }
    }
    subnets.iter_mut().for_each(|subnet| show(&mut subnet.value, &shown.lease, encoder));
    (shown.shared_networks, shown.subnet4, shown.client_classes) = (networks, subnets, classes);
    let mut value: Value = [("Dhcp4".to_owned(), Scope::write(&shown))].into_iter().collect();
    add_empty_lists("", &mut value);
    add_empty_lists_to(value.pointer_mut("/Dhcp4/client-classes"), &["option-def"]);
    fold_comments(&mut value, File4::TABLE);
    value
}

fn show(subnet: &mut Subnet4, outer: &Lease4, encoder: Encoder<'_>) {
    subnet.service.modernise();
    subnet.guards.modernise();
    subnet.link.relay.get_or_insert_with(no_relays);
    for given in [&mut subnet.dhcp4o6_interface, &mut subnet.dhcp4o6_interface_id] {
        given.get_or_insert_default();
    }
    subnet.dhcp4o6_subnet.get_or_insert_default();
    subnet.lease.inherit(outer);
    drop_empty(&mut subnet.link.interface);
    subnet.lease.valid.complete();
    encoder.complete(&mut subnet.option_data);
    reservations(&mut subnet.reservations, encoder);
    for Pool4 { option_data, guards, .. } in subnet.pools.iter_mut().map(|pool| &mut pool.value) {
        guards.modernise();
        encoder.complete(option_data);
    }
}

fn reservations(list: &mut [At<Reservation4>], encoder: Encoder<'_>) {
    for reservation in list.iter_mut().map(|reservation| &mut reservation.value) {
        Scope::fill(reservation);
        encoder.complete(&mut reservation.option_data);
    }
}

fn no_relays() -> At<Relay4> {
    At::unwritten(Relay4 { ip_addresses: Some(At::default()) })
}

fn show_class(class: &mut ClientClass4, definitions: &Definitions) {
    class.membership.modernise();
    Scope::fill(&mut class.boot);
    let definitions = definitions.with(&class.option_def, &mut Vec::new());
    class.option_def.iter_mut().for_each(|definition| definition.value.complete(Family::V4));
    Encoder::new(Family::V4, &definitions).complete(&mut class.option_data);
}

impl Interfaces4 {
    fn drop_defaults(&mut self) {
        drop_default(&mut self.dhcp_socket_type, SocketType4::Raw);
        drop_default(&mut self.outbound_interface, Outbound4::SameAsInbound);
        drop_default(&mut self.service_sockets_require_all, false);
        if self.service_sockets_max_retries() == 0 {
            self.service_sockets_max_retries = None;
            self.service_sockets_retry_wait_time = None;
        }
    }
}

impl Compatibility4 {
    fn drop_defaults(&mut self) {
        for flag in [
            &mut self.lenient_option_parsing,
            &mut self.ignore_dhcp_server_identifier,
            &mut self.ignore_rai_link_selection,
            &mut self.exclude_first_last_24,
        ] {
            drop_default(flag, false);
        }
    }
}

impl Dhcp4 {
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
        self.option_def.iter_mut().for_each(|definition| definition.value.complete(Family::V4));
        let threads = self.multi_threading();
        self.dhcp_ddns.iter_mut().for_each(|ddns| ddns.value.complete());
        self.interfaces_config.iter_mut().for_each(|interfaces| interfaces.value.drop_defaults());
        self.compatibility.iter_mut().for_each(|flags| flags.value.drop_defaults());
        self.compatibility.take_if(|flags| flags.value == Compatibility4::default());
        let queue = self.waiting.dhcp_queue_control.get_or_insert_default();
        queue.value.complete("kea-ring4", &threads);
    }
}
