//! Address registration (RFC 9686): a client tells of an address that it made itself, and the server takes note of it.

use super::allocate::Given;
use super::counters::{Event, place_of};
use super::exchange::Exchange;
use super::hosts::reserved;
use super::messages::DHCP6_ADDR_REG_INFORM_CLIENT_CHANGE;
use super::names::policy_at;
use super::refusal::Refusal;
use crate::shown::Shown;
use dhcpd_config::hosts::{GLOBAL, Reserved};
use dhcpd_config::v6::snapshot::Subnet6;
use leases::{Lease6, LeaseState, LeaseType, Leases6};
use std::net::Ipv6Addr;
use wire::hex::Colons;
use wire::v6::{IaAddress, Message, MessageType, Opt, Writer, code};

/// Leases of registered addresses belong to no identity association.
const NO_IAID: u32 = 0;

impl<L: Leases6> Exchange<'_, '_, L> {
    /// Registers the address and appends the answer; its type.
    pub(super) async fn register(&mut self, out: &mut Vec<u8>) -> Result<MessageType, Refusal> {
        if !self.snapshot.config.address_registration {
            return Err(Refusal::NoRegistration);
        }
        let (Some(at), Some(subnet)) = (self.subnet, self.subnet()) else { return Err(Refusal::NowhereToRegister) };
        // The address is the one that the client sends from (RFC 9686 §4.2).
        let client = self.query.packet.first_relay();
        let address = client.map_or(*self.query.received.source.ip(), |relay| relay.peer_address);
        let refused = |reason: String| Refusal::Registration { address, reason };
        let option = told(&self.query.packet.message).map_err(refused)?;
        let told = IaAddress::parse(&option).ok_or(Refusal::BadOption { code: option.code, offset: option.offset })?;
        if told.address != address {
            let told = told.address;
            return Err(refused(format!("Address mismatch: client at {address} wants to register {told}")));
        }
        let old = self.leases.by_address(LeaseType::Na, address).await?;
        self.may_register(subnet, address, old.as_ref()).map_err(refused)?;
        if let Some(old) = old.as_ref().filter(|old| &old.duid[..] != self.duid) {
            let (client, before) = (Colons(self.duid), Colons(&old.duid));
            log::event!(DHCP6_ADDR_REG_INFORM_CLIENT_CHANGE, address, client, before);
        }
        let policy = policy_at(&self.snapshot.config, Some((at, None)), LeaseType::Na);
        self.settle_name(policy);
        let place = Given { kind: LeaseType::Na, address, len: 128, subnet: at, pool: None };
        let lease = self.lease(LeaseType::Na, NO_IAID, place, None, (told.preferred, told.valid));
        let lease = Lease6 { state: LeaseState::Registered, user_context: None, ..lease };
        self.leases.put(lease.clone()).await?;
        old.iter().for_each(|old| self.watch.was(old));
        self.watch.stored(&lease, old.is_some());
        self.count_registered(old.as_ref(), at);
        self.names_changed(old.as_ref(), &lease, policy);

        let mut writer = Writer::new(out);
        let out = &mut writer;
        out.relays(&self.query.packet.relays);
        out.message(MessageType::ADDR_REG_REPLY, self.query.packet.message.transaction_id);
        if let Some(client_id) = self.query.sent_client_id {
            self.option(out, code::CLIENT_ID, client_id);
        }
        // RFC 9686 §4.3 does without it and without what is configured; Kea sends both.
        self.option(out, code::SERVER_ID, &self.snapshot.server_id);
        self.option(out, code::IA_ADDR, option.data);
        self.finish(out);
        self.relay_supplied_options(out);
        writer.finish().map_err(|_| Refusal::TooLong)?;
        Ok(MessageType::ADDR_REG_REPLY)
    }

    /// Whether an address of this subnet may be registered, on which the lease `old` stands.
    fn may_register(&self, subnet: &Subnet6, address: Ipv6Addr, old: Option<&Lease6>) -> Result<(), String> {
        if !subnet.contains(address) {
            let Subnet6 { prefix, prefix_len, id, .. } = subnet;
            return Err(format!("Address {address} is not in subnet {prefix}/{prefix_len} (id {id})"));
        }
        if let Some(old) = old.filter(|old| old.state != LeaseState::Registered) {
            return Err(format!("Address {address} already in use {}", Shown(old)));
        }
        let key = reserved(LeaseType::Na, address, 128);
        let stored = self.query.received.stored;
        let on_link = Reserved::new(&subnet.hosts, stored, subnet.id);
        let global = Reserved::new(&self.snapshot.config.hosts, stored, GLOBAL);
        let mut hosts = on_link.by_address(key).chain(global.by_address(key));
        match hosts.next() {
            Some(_) => Err(format!("Address {address} is reserved")),
            None => Ok(()),
        }
    }

    fn count_registered(&self, old: Option<&Lease6>, subnet: usize) {
        let counters = &self.snapshot.counters;
        let place = Some((subnet, None));
        let before = old.map(|old| place_of(&self.snapshot.config, old).map(|(subnet, _)| (subnet, None)));
        if before == Some(place) {
            return;
        }
        match before {
            Some(before) => {
                counters.lease(LeaseType::Na, before, Event::Registered, -1);
                counters.registered_anew(subnet);
            }
            None => counters.lease(LeaseType::Na, place, Event::CumulativeRegistered, 1),
        }
        counters.lease(LeaseType::Na, place, Event::Registered, 1);
    }
}

/// The one address that the message is about (RFC 9686 §4.2).
fn told<'q>(message: &Message<'q>) -> Result<Opt<'q>, String> {
    let options = || message.options.iter().map_while(Result::ok);
    for (code, name) in [(code::IA_NA, "IA_NA"), (code::IA_TA, "IA_TA"), (code::IA_PD, "IA_PD")] {
        if options().any(|option| option.code == code) {
            return Err(format!("unexpected {name} option"));
        }
    }
    let mut addresses = options().filter(|option| option.code == code::IA_ADDR);
    match (addresses.next(), addresses.count()) {
        (Some(only), 0) => Ok(only),
        (first, more) => {
            let count = usize::from(first.is_some()) + more;
            Err(format!("Exactly 1 IAADDR option expected, but {count} received"))
        }
    }
}
