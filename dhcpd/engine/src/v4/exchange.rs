//! One query from its bytes to the answer: which message it is, whether it may be answered, what it does.

use super::allocate::{self, Failure};
use super::answer::Answer;
use super::classes::Members;
use super::client::{Client, Prefix, belongs};
use super::details::Details;
use super::dhcp4o6::tell_passed;
use super::hooks::{Incoming, Outgoing};
use super::lease_query;
use super::messages::*;
use super::names::{self, ClientName};
use super::query::{AddressOr, OrNone, Query};
use super::refusal::{Refusal, unparsed};
use super::select;
use super::stash;
use super::{Counters, Received, Reply, Server, Snapshot};
use crate::hooks::{Next, Point};
use dhcpd_config::classes::ClassSet;
use leases::lease::UnixSeconds;
use leases::{HwAddr, Lease4, LeaseState, Leases4};
use log::event;
use ncr::ChangeType;
use smallvec::SmallVec;
use stats::Counter;
use std::borrow::Cow;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use wire::hex::Colons;
use wire::v4::{MessageType, Packet, SERVER_PORT, agent, code};
use wire::v6::dhcp4o6::{Envelope, Passed};

/// What a message leads to: an answer of this type, silence, or a reason to drop it.
type Outcome = Result<Option<MessageType>, Refusal>;

impl Server {
    /// Deals with one datagram that came at `now`. The reply, if there is one, is appended to `out`.
    pub async fn handle<L: Leases4>(
        &mut self,
        received: &Received<'_>,
        leases: &mut L,
        now: UnixSeconds,
        out: &mut Vec<u8>,
    ) -> Option<Reply> {
        self.snapshot.counters.received.add(1);
        event!(
            DHCP4_BUFFER_RECEIVED,
            source = received.source.ip(),
            source_port = received.source.port(),
            destination = received.destination,
            destination_port = SERVER_PORT,
            interface = received.interface,
        );
        self.respond(received, None, leases, now, out).await
    }

    /// Deals with a message, however it came; the answer to one that was passed on goes back in a message of that kind.
    pub(super) async fn respond<L: Leases4>(
        &mut self,
        received: &Received<'_>,
        passed: Option<&Passed<'_>>,
        leases: &mut L,
        now: UnixSeconds,
        out: &mut Vec<u8>,
    ) -> Option<Reply> {
        let snapshot = Arc::clone(&self.snapshot);
        let snapshot = &*snapshot;
        let counters = &snapshot.counters;
        let mut incoming = Incoming {
            received,
            message: Cow::Borrowed(received.message),
            classes: SmallVec::new(),
            times: self.times,
        };
        if snapshot.libraries.ask(Point::Receive, |library| library.receive(&mut incoming)) == Next::Drop {
            return None;
        }
        let received = &Received { message: &incoming.message, ..*received };
        let lenient = snapshot.config.compatibility.lenient_option_parsing;
        event!(
            DHCP4_BUFFER_UNPACK,
            source = received.sender().ip(),
            destination = received.destination,
            interface = received.interface,
        );
        let mut packet = Packet::default();
        if let Err(malformed) = packet.read(received.message, lenient) {
            unparsed(&malformed, received, counters);
            return None;
        }
        let message_type = packet.message_type().unwrap_or(MessageType(0));
        let mut query = Query::new(&packet, received, message_type, lenient);
        query.classes = &incoming.classes;
        if let (MessageType::LEASE_QUERY, Some(rules)) = (message_type, &snapshot.lease_query) {
            return lease_query::answer(self, snapshot, rules, &query, leases, now, out).await;
        }
        if let Err(reason) = names::check(&query) {
            unparsed(&reason, received, counters);
            return None;
        }
        event!(DHCP4_QUERY_LABEL, query = query.label());
        if let Some(bad) = packet.bad_option() {
            event!(DHCP4_PACKET_OPTIONS_SKIPPED, query = query.label(), reason = bad);
        }
        received_as(counters, query.message_type).add(1);
        self.watch.begin(&snapshot.libraries, query.message_type);
        let stash = match snapshot.config.stash_agent_options {
            true => stash::recover(&query, leases, now).await,
            false => None,
        };
        query.stashed = stash.as_deref();
        if let Some(options) = query.stashed {
            let address = query.packet.ciaddr();
            event!(DHCP4_RECOVERED_STASHED_RELAY_AGENT_INFO, query = query.label(), address, options = Colons(options));
        }
        let mut classes = ClassSet::default();
        let mut answer = Answer::new(&query);
        answer.echo(snapshot);
        let outcome = match self.accept(snapshot, &query) {
            Ok(()) => self.process(snapshot, &query, &mut classes, &mut answer, leases, now).await,
            Err(refusal) => Err(refusal),
        };
        match outcome {
            Ok(message_type) => {
                let Some(message_type) = message_type else {
                    drop(answer);
                    self.watch.settle(&query, &classes);
                    return None;
                };
                let whole = out.len();
                let envelope = passed.map(|passed| Envelope::open(passed, out));
                let start = out.len();
                event!(DHCP4_PACKET_PACK, query = query.label());
                let mut reply = answer.write(message_type, self, out);
                if query.message_type == MessageType::INFORM && *reply.to.ip() != packet.giaddr() {
                    let (destination, interface) = (reply.to.ip(), received.interface);
                    event!(DHCP4_INFORM_DIRECT_REPLY, query = query.label(), destination, interface);
                }
                drop(answer);
                self.watch.settle(&query, &classes);
                reply.promises |= self.watch.waits();
                if snapshot.libraries.at(Point::Send) {
                    let renamed = query.replaced_client_id().is_some();
                    let mut outgoing = Outgoing::new(query.request(&classes), renamed, out, start);
                    if snapshot.libraries.ask(Point::Send, |library| library.send(&mut outgoing)) == Next::Drop {
                        out.truncate(whole);
                        return None;
                    }
                }
                let end = out.len();
                if let Some(Err(reason)) = envelope.map(|envelope| envelope.close(out)) {
                    out.truncate(whole);
                    self.too_long(&query, &reason);
                    return None;
                }
                count_sent(counters, message_type);
                let bytes = out.get(start..end).unwrap_or(&[]);
                match &received.over_dhcpv6 {
                    Some(way) => tell_passed(&query, way, message_type, &reply, bytes),
                    None => tell_sent(&query, message_type, &reply, bytes),
                }
                Some(reply)
            }
            Err(refusal) => {
                refusal.report(&query, counters);
                None
            }
        }
    }

    /// Whether a message is one that this server deals with.
    fn accept(&self, snapshot: &Snapshot, query: &Query<'_>) -> Result<(), Refusal> {
        let packet = query.packet;
        match query.message_type {
            MessageType::DISCOVER
            | MessageType::REQUEST
            | MessageType::RELEASE
            | MessageType::DECLINE
            | MessageType::INFORM => {}
            MessageType(0) => return Err(Refusal::NoType),
            known if known.0 <= MessageType::LAST.0 => return Err(Refusal::UnsupportedType),
            _ => return Err(Refusal::UnknownType),
        }
        let over_dhcpv6 = query.received.over_dhcpv6.is_some();
        if over_dhcpv6 && query.server_address().is_unspecified() {
            return Err(Refusal::NoAddress);
        }
        let nowhere = query.received.source.ip().is_unspecified() && packet.ciaddr().is_unspecified() && !over_dhcpv6;
        if query.message_type == MessageType::INFORM && !query.is_relayed() && nowhere {
            return Err(Refusal::NoWayBack);
        }
        if let Some(server) = packet.address_option(code::SERVER_IDENTIFIER) {
            if !self.answers_as(snapshot, query, server) {
                return Err(Refusal::NotForUs);
            }
            if query.message_type == MessageType::DISCOVER {
                return Err(Refusal::Violation(
                    "Server-id option was not expected, but received in message DHCPDISCOVER",
                ));
            }
        }
        if packet.hw_addr().is_empty() && query.client_id().is_none() {
            return Err(Refusal::Violation("Missing or useless client-id and no HW address provided"));
        }
        match query.message_type {
            MessageType::RELEASE | MessageType::DECLINE => check_client_id(query),
            _ => Ok(()),
        }
    }

    /// Whether a server identifier means this server.
    fn answers_as(&self, snapshot: &Snapshot, query: &Query<'_>, server: Ipv4Addr) -> bool {
        let config = &snapshot.config;
        // The relay stands for the server (RFC 5107).
        query.agent_option(agent::SERVER_ID_OVERRIDE) == Some(&server.octets()[..])
            || config.compatibility.ignore_dhcp_server_identifier
            || server == query.received.interface_address
            || self.addresses.contains(&server)
            || snapshot.has_server_identifier(server)
    }

    async fn process<'a, L: Leases4>(
        &mut self,
        snapshot: &'a Snapshot,
        query: &'a Query<'a>,
        classes: &'a mut ClassSet,
        answer: &mut Answer<'a>,
        leases: &mut L,
        now: UnixSeconds,
    ) -> Outcome {
        let received = query.received;
        event!(
            DHCP4_PACKET_RECEIVED,
            query = query.label(),
            name = query.message_type.name(),
            type = query.message_type.0,
            source = received.sender().ip(),
            destination = received.destination,
            interface = received.interface,
        );
        event!(DHCP4_QUERY_DATA, query = query.label(), packet = query.details());
        let members = Members::receive(snapshot, query, classes)?;
        match query.message_type {
            MessageType::DISCOVER => self.discover(members, answer, leases, now).await,
            MessageType::REQUEST => self.request(members, answer, leases, now).await,
            MessageType::INFORM => {
                inform(members, answer)?;
                Ok(Some(MessageType::ACK))
            }
            MessageType::RELEASE => self.release(snapshot, query, leases).await.map(|()| None),
            _ => self.decline(snapshot, query, leases, now).await.map(|()| None),
        }
    }

    async fn discover<'a, L: Leases4>(
        &mut self,
        mut members: Members<'a>,
        answer: &mut Answer<'a>,
        leases: &mut L,
        now: UnixSeconds,
    ) -> Outcome {
        let query = members.query;
        let Some(subnet) = select::subnet(&mut members)? else {
            no_subnet(query);
            return Ok(None);
        };
        let mut client = Client::new(members, subnet)?;
        if client.is_rejected() {
            return Ok(Some(MessageType::NAK));
        }
        if v6_only(&mut client, answer) {
            return Ok(Some(MessageType::OFFER));
        }
        let hint = query.requested_address().or(query.ciaddr()).filter(|a| !a.is_unspecified());
        event!(DHCP4_DISCOVER, query = query.label(), hint = AddressOr(hint, "(no hint)"));
        let choice = allocate::discover(&mut client, leases, hint, now, &mut self.random).await?;
        let Some(choice) = choice else {
            let address = AddressOr(query.requested_address(), "(no address)");
            event!(DHCP4_PACKET_NAK_0003, query = query.label(), ciaddr = query.packet.ciaddr(), address);
            return Ok(None);
        };
        moved(&client, subnet);
        let name = client_name(&client, choice.address);
        let terms = self.offer(&client, choice, &name, leases, now).await?;
        let (Some(terms), Some(config)) = (terms, client.subnet_config()) else {
            let address = AddressOr(query.requested_address(), "(no address)");
            event!(DHCP4_PACKET_NAK_0003, query = query.label(), ciaddr = query.packet.ciaddr(), address);
            return Ok(None);
        };
        event!(DHCP4_LEASE_OFFER, query = query.label(), address = terms.address);
        answer.lease(config, terms, &name);
        answer.configured(&mut client);
        Ok(Some(MessageType::OFFER))
    }

    async fn request<'a, L: Leases4>(
        &mut self,
        mut members: Members<'a>,
        answer: &mut Answer<'a>,
        leases: &mut L,
        now: UnixSeconds,
    ) -> Outcome {
        let (snapshot, query) = (members.snapshot, members.query);
        let selected = select::subnet(&mut members)?;
        let requested = query.requested_address();
        let chosen_us = query.packet.option(code::SERVER_IDENTIFIER).is_some();
        let hint = requested.or(query.ciaddr()).filter(|a| !a.is_unspecified());
        // RFC 2131 §4.3.2: no server identifier and an address asked for is INIT-REBOOT.
        let init_reboot = requested.filter(|_| !chosen_us);
        let nak = Ok(Some(MessageType::NAK));
        let Some(subnet) = selected else {
            let rebinding = !chosen_us && requested.is_none() && query.ciaddr().is_some() && query.is_broadcast();
            if rebinding || init_reboot.is_some() && !snapshot.config.authoritative {
                return Ok(None);
            }
            no_subnet(query);
            return nak;
        };
        let mut client = Client::new(members, subnet)?;
        if client.is_rejected() {
            return nak;
        }
        if v6_only(&mut client, answer) {
            return Ok(Some(MessageType::ACK));
        }
        match init_reboot {
            Some(address) => {
                event!(DHCP4_INIT_REBOOT, query = query.label(), address);
                match self.confirm(&client, leases, address).await? {
                    Confirmation::Go => {}
                    Confirmation::Silence => return Ok(None),
                    Confirmation::Nak => return nak,
                }
            }
            None => event!(DHCP4_REQUEST, query = query.label(), hint = AddressOr(hint, "(no hint)")),
        }
        let choice = match allocate::request(&mut client, leases, hint, now, &mut self.random).await? {
            Ok(choice) => choice,
            Err(failure) => {
                let (ciaddr, address) = (query.packet.ciaddr(), AddressOr(requested, "(no address)"));
                // Perhaps another server has a pool with this address.
                if failure == Failure::Unknown {
                    event!(DHCP4_UNKNOWN_ADDRESS_REQUESTED, query = query.label(), ciaddr, address);
                    return Ok(None);
                }
                event!(DHCP4_PACKET_NAK_0004, query = query.label(), ciaddr, address);
                return nak;
            }
        };
        moved(&client, subnet);
        let name = client_name(&client, choice.address);
        let terms = self.grant(&client, choice, &name, leases, now).await?;
        let (Some(terms), Some(config)) = (terms, client.subnet_config()) else {
            let (ciaddr, address) = (query.packet.ciaddr(), AddressOr(requested, "(no address)"));
            event!(DHCP4_PACKET_NAK_0004, query = query.label(), ciaddr, address);
            return nak;
        };
        answer.lease(config, terms, &name);
        answer.configured(&mut client);
        Ok(Some(MessageType::ACK))
    }

    /// Whether a client in INIT-REBOOT is confirmed, refused, or left to another server (RFC 2131 §4.3.2).
    async fn confirm<L: Leases4>(
        &self,
        client: &Client<'_>,
        leases: &mut L,
        address: Ipv4Addr,
    ) -> Result<Confirmation, Refusal> {
        let query = client.query;
        let held = client.find_any_lease(leases).await?;
        let held = held.filter(|lease| belongs(lease, query.packet.hw_addr(), query.client_id()));
        let authoritative = client.subnet_config().is_some_and(|s| s.authoritative);
        Ok(match held {
            Some(lease) if lease.address == address => Confirmation::Go,
            None if !authoritative => {
                event!(DHCP4_NO_LEASE_INIT_REBOOT, query = query.label(), address);
                Confirmation::Silence
            }
            _ => {
                event!(DHCP4_PACKET_NAK_0002, query = query.label(), address);
                Confirmation::Nak
            }
        })
    }

    async fn release<L: Leases4>(
        &mut self,
        snapshot: &Snapshot,
        query: &Query<'_>,
        leases: &mut L,
    ) -> Result<(), Refusal> {
        let (label, address) = (query.label(), query.packet.ciaddr());
        let Some(lease) = leases.by_address(address).await? else {
            event!(DHCP4_RELEASE_FAIL_NO_LEASE, query = label, address);
            return Ok(());
        };
        if !belongs(&lease, query.packet.hw_addr(), query.client_id()) {
            event!(DHCP4_RELEASE_FAIL_WRONG_CLIENT, query = label, address);
            return Ok(());
        }
        if lease.state != LeaseState::Assigned {
            event!(DHCP4_RELEASE_FAIL_NOT_ASSIGNED, query = label, address, state = state_name(lease.state));
            return Ok(());
        }
        // Kept for its client until reclaimed leases are flushed (lease affinity); its name goes when it is reclaimed.
        let (subnet_id, expired) = (lease.subnet_id, &snapshot.config.expired);
        self.watch.was(&lease);
        if expired.kept() && lease.valid_lifetime != u32::MAX {
            let released = Lease4 { valid_lifetime: 0, state: LeaseState::Released, ..lease };
            self.watch.deleted(&released);
            leases.put(released).await?;
            event!(DHCP4_RELEASE, query = label, address);
            event!(DHCP4_RELEASE_EXPIRED, query = label, address);
        } else {
            leases.remove(address).await?;
            self.watch.deleted(&lease);
            event!(DHCP4_RELEASE, query = label, address);
            event!(DHCP4_RELEASE_DELETED, query = label, address);
            self.change_name(snapshot, ChangeType::Remove, &lease);
        }
        snapshot.counters.assigned(&snapshot.config, subnet_id, address, -1);
        Ok(())
    }

    async fn decline<L: Leases4>(
        &mut self,
        snapshot: &Snapshot,
        query: &Query<'_>,
        leases: &mut L,
        now: UnixSeconds,
    ) -> Result<(), Refusal> {
        let label = query.label();
        let Some(address) = query.requested_address() else {
            return Err(Refusal::Violation("Mandatory 'Requested IP address' option missing in DHCPDECLINE"));
        };
        let Some(lease) = leases.by_address(address).await? else {
            event!(DHCP4_DECLINE_LEASE_NOT_FOUND, address, query = label);
            return Ok(());
        };
        let hw_addr = query.packet.hw_addr();
        let assigned = lease.state == LeaseState::Assigned && !lease.is_free_at(now);
        if !assigned || !belongs(&lease, hw_addr, query.client_id()) {
            event!(
                DHCP4_DECLINE_LEASE_MISMATCH,
                address,
                query = label,
                hwaddr = OrNone(Some(hw_addr)),
                lease_hwaddr = OrNone(Some(&lease.hw_addr)),
                client_id = OrNone(query.client_id()),
                lease_client_id = OrNone(lease.client_id.as_deref()),
            );
            return Ok(());
        }
        let probation = snapshot.config.decline_probation;
        let declined = declined(&lease, now, probation);
        self.watch.was(&lease);
        self.watch.stored(&declined, false);
        leases.put(declined).await?;
        self.change_name(snapshot, ChangeType::Remove, &lease);
        snapshot.counters.declined(&snapshot.config, lease.subnet_id, address, 1);
        event!(DHCP4_DECLINE_LEASE, address, query = label, probation);
        Ok(())
    }
}

/// The lease of an address that somebody else uses: nobody's, for the seconds of the probation.
pub(super) fn declined(lease: &Lease4, now: UnixSeconds, probation: u32) -> Lease4 {
    Lease4 {
        hw_addr: HwAddr::new(),
        client_id: None,
        cltt: now,
        valid_lifetime: probation,
        hostname: "".into(),
        fqdn_fwd: false,
        fqdn_rev: false,
        state: LeaseState::Declined,
        user_context: None,
        ..lease.clone()
    }
}

/// Counts an answer.
fn count_sent(counters: &Counters, message_type: MessageType) {
    counters.sent.add(1);
    match message_type {
        MessageType::OFFER => counters.offer_sent.add(1),
        MessageType::ACK => counters.ack_sent.add(1),
        _ => counters.nak_sent.add(1),
    }
}

/// Logs an answer.
fn tell_sent(query: &Query<'_>, message_type: MessageType, reply: &Reply, bytes: &[u8]) {
    event!(
        DHCP4_PACKET_SEND,
        query = query.label(),
        name = message_type.name(),
        type = message_type.0,
        source = reply.from,
        source_port = SERVER_PORT,
        destination = reply.to.ip(),
        destination_port = reply.to.port(),
        interface = query.received.interface,
    );
    let local = SocketAddr::new(reply.from.into(), SERVER_PORT);
    event!(
        DHCP4_RESPONSE_DATA,
        query = query.label(),
        name = message_type.name(),
        type = message_type.0,
        packet = Details { bytes, local, remote: reply.to.into() },
    );
}

/// What to do about an address that a client believes to have.
enum Confirmation {
    Go,
    Silence,
    Nak,
}

/// An identifier of a byte or none is nobody's (RFC 2132 §9.14). Kea looks at it where there is a subnet for the client.
pub(super) fn check_client_id(query: &Query<'_>) -> Result<(), Refusal> {
    let id = query.replaced_client_id().or(query.packet.option(code::CLIENT_IDENTIFIER));
    id.filter(|id| id.len() < 2).map_or(Ok(()), |id| Err(Refusal::ShortClientId(id.len())))
}

/// RFC 2131 §4.3.5: options and no lease.
fn inform<'a>(mut members: Members<'a>, answer: &mut Answer<'a>) -> Result<(), Refusal> {
    if let Some(subnet) = select::subnet(&mut members)? {
        answer.configured(&mut Client::new(members, subnet)?);
    }
    Ok(())
}

/// Whether a client that can do without IPv4 is on a link that wants it to (RFC 8925 §3.3): it gets options and no address.
fn v6_only<'a>(client: &mut Client<'a>, answer: &mut Answer<'a>) -> bool {
    if !client.query.asks_for(code::V6_ONLY_PREFERRED) {
        return false;
    }
    let wants = |at: &usize| {
        let subnet = client.snapshot.subnet(*at).filter(|s| s.guard.admits(client.classes()));
        let option = subnet.and_then(|s| s.options.find_for(code::V6_ONLY_PREFERRED.into(), client.classes()));
        option.is_some_and(|item| !item.never)
    };
    let Some(subnet) = client.siblings().find(wants) else { return false };
    client.subnet = subnet;
    answer.configured(client);
    true
}

fn client_name(client: &Client<'_>, address: Ipv4Addr) -> ClientName {
    let Some(subnet) = client.subnet_config() else { return ClientName::default() };
    let policy = subnet.pool_of(address).map_or(&subnet.ddns, |(_, pool)| &pool.ddns);
    let name = ClientName::new(client.query, policy, client.host());
    name.tuned(client, subnet.id, policy).generated(client.query, policy, address)
}

fn no_subnet(query: &Query<'_>) {
    let source = query.received.sender().ip();
    event!(DHCP4_PACKET_NAK_0001, query = query.label(), source, type = query.message_type.name());
}

/// Says that the client is served from another subnet than the selected one.
fn moved(client: &Client<'_>, selected: usize) {
    if client.subnet == selected {
        return;
    }
    let (from, to) = (client.snapshot.subnet(selected), client.subnet_config());
    let network = from.and_then(|s| client.config().subnets.networks().get(s.network?)).map_or("", |n| &*n.name);
    let query = client.query.label();
    event!(DHCP4_SUBNET_DYNAMICALLY_CHANGED, query, from = Prefix(from), to = Prefix(to), network);
}

fn state_name(state: LeaseState) -> &'static str {
    match state {
        LeaseState::Assigned => "default",
        LeaseState::Declined => "declined",
        LeaseState::ExpiredReclaimed => "expired-reclaimed",
        LeaseState::Released => "released",
        LeaseState::Registered => "registered",
    }
}

fn received_as(counters: &Counters, message_type: MessageType) -> &Arc<Counter> {
    match message_type {
        MessageType::DISCOVER => &counters.discover_received,
        MessageType::OFFER => &counters.offer_received,
        MessageType::REQUEST => &counters.request_received,
        MessageType::ACK => &counters.ack_received,
        MessageType::NAK => &counters.nak_received,
        MessageType::RELEASE => &counters.release_received,
        MessageType::DECLINE => &counters.decline_received,
        MessageType::INFORM => &counters.inform_received,
        MessageType::LEASE_QUERY => &counters.lease_query_received,
        _ => &counters.unknown_received,
    }
}
