//! Entries of DHCPv6 leases.

use super::messages::*;
use super::{Entry, LegalLog, context, duration, evaluated, identifiers};
use engine::hooks::Point;
use engine::v6::hooks::{Batch, Hooks, Settled};
use eval::{EvalError, Field, Subject, Subject6, Value};
use leases::{Lease6, LeaseState, LeaseType};
use wire::hex::Colons;
use wire::v6::{Ia, IaAddress, IaPrefix, MessageType, Opt, Packet, Relay, code};

/// RFC 4580.
const SUBSCRIBER_ID: u16 = 38;
/// Where a hardware address was learnt, by Kea's numbers.
const SOURCES: [(u32, &str); 8] = [
    (0x01, "Raw Socket"),
    (0x02, "DUID"),
    (0x04, "IPv6 Link Local"),
    (0x08, "Client Address Relay Option"),
    (0x10, "Remote ID"),
    (0x20, "Subscriber ID"),
    (0x40, "DOCSIS CMTS"),
    (0x80, "DOCSIS MODEM"),
];

impl Hooks for LegalLog {
    fn points(&self) -> &'static [Point] {
        &[Point::Committed, Point::Command]
    }

    fn committed(&self, batch: &mut Batch<'_>) {
        let mut entries = Vec::new();
        for (at, settled) in batch.settled.iter().enumerate() {
            let reply = batch.reply(at);
            // A declined lease is nobody's now; who had it is what counts.
            let declined = settled.kind == MessageType::DECLINE;
            let given = settled.leases.iter().map(|stored| (&stored.lease, true));
            let given = given.filter(|(lease, _)| !declined && lease.state == LeaseState::Assigned);
            let back = settled.before.iter().filter(|_| declined).chain(&settled.deleted).map(|lease| (lease, false));
            for (lease, given) in given.chain(back).filter(|(lease, _)| !self.is_silent(lease.subnet_id)) {
                match self.entry6(settled, reply, lease, given) {
                    Ok(text) => entries.push(Entry { address: lease.address.to_string(), text }),
                    Err(reason) => log::event!(LEGAL_LOG_LEASE6_WRITE_ERROR, reason),
                }
            }
        }
        if let Err(reason) = self.write(&entries) {
            log::event!(LEGAL_LOG_LEASE6_WRITE_ERROR, reason);
        }
    }

    fn command(&self, name: &str, arguments: &str, answer: &str) {
        self.log_command(name, arguments, answer);
    }
}

impl LegalLog {
    fn entry6(
        &self,
        settled: &Settled,
        reply: Option<&[u8]>,
        lease: &Lease6,
        given: bool,
    ) -> Result<String, EvalError> {
        let Some(packet) = settled.packet() else { return Ok(String::new()) };
        let (label, subject) = (settled.label(), settled.subject(&packet));
        let mut custom = None;
        if let Some(expression) = &self.rules.request {
            custom = Some(evaluated(expression, &OfLease::new(subject, lease), &settled.classes, &label)?);
        }
        let answer = reply.and_then(|reply| Some((Packet::parse_reply(reply).ok()?, reply.len())));
        if let (Some(expression), Some((packet, length))) = (&self.rules.response, &answer) {
            let subject = Subject6 { packet, length: *length, ..subject };
            let more = evaluated(expression, &OfLease::new(subject, lease), &settled.classes, &label)?;
            custom.get_or_insert_default().push_str(&more);
        }
        Ok(custom.unwrap_or_else(|| entry(&packet, lease, given)))
    }
}

fn entry(packet: &Packet<'_>, lease: &Lease6, given: bool) -> String {
    let what = match given {
        true => format!("assigned for {} to", duration(lease.valid_lifetime)),
        false => "released from".to_owned(),
    };
    let place = match lease.lease_type {
        LeaseType::Na => format!("Address: {}", lease.address),
        LeaseType::Pd => format!("Prefix: {}/{}", lease.address, lease.prefix_len),
    };
    let mut entry = format!("{place} has been {what} a device with DUID: {}", Colons(&lease.duid));
    if let Some(address) = &lease.hw_addr {
        let source = SOURCES.iter().find(|(number, _)| *number == lease.hw_source).map_or("UNKNOWN", |(_, name)| name);
        let hardware = format!("hwtype={} {}", lease.hw_type, Colons(address));
        entry.push_str(&format!(" and hardware address: {hardware} (from {source})"));
    }
    if let Some(relay) = packet.relays.first() {
        let (peer, link, hops) = (relay.peer_address, relay.link_address, relay.hop_count);
        entry.push_str(&format!(
            " connected via relay at address: {peer} for client on link address: {link}, hop count: {hops}"
        ));
        // The relay next to the client knows best.
        let find = |code| packet.relays.iter().rev().find_map(|relay| relay.options.find(code));
        let named = [("remote-id", code::REMOTE_ID), ("subscriber-id", SUBSCRIBER_ID)];
        let found = identifiers(named.into_iter().map(|(name, code)| (name, find(code))));
        if !found.is_empty() {
            entry.push_str(&format!(", identified by {found}"));
        }
        let location = identifiers([("interface-id", find(code::INTERFACE_ID))].into_iter());
        if !location.is_empty() {
            entry.push_str(&format!(", connected at location {location}"));
        }
    }
    entry + &context(lease.user_context.as_deref())
}

/// A message as expressions see it for one of its leases: of the associations, that of the lease is there, with nothing else in it.
struct OfLease<'a, 'p> {
    subject: Subject6<'a, 'p>,
    association: Option<(u16, Vec<u8>)>,
}

impl<'a, 'p> OfLease<'a, 'p> {
    fn new(subject: Subject6<'a, 'p>, lease: &Lease6) -> Self {
        let wanted = if lease.lease_type == LeaseType::Na { code::IA_NA } else { code::IA_PD };
        let options = subject.packet.message.options.iter().map_while(Result::ok);
        let association = options.filter(|option| option.code == wanted).find_map(|option| only(&option, lease));
        Self { subject, association: association.map(|bytes| (wanted, bytes)) }
    }
}

/// An association with the one address or prefix of a lease, and what is neither.
fn only(option: &Opt<'_>, lease: &Lease6) -> Option<Vec<u8>> {
    let ia = Ia::parse(option).filter(|ia| ia.iaid == lease.iaid)?;
    let is_it = |inner: &Opt<'_>| match lease.lease_type {
        LeaseType::Na => IaAddress::parse(inner).is_some_and(|address| address.address == lease.address),
        LeaseType::Pd => IaPrefix::parse(inner)
            .is_some_and(|prefix| (prefix.prefix, prefix.len) == (lease.address, lease.prefix_len)),
    };
    let inner = || ia.options.iter().map_while(Result::ok);
    let of_lease = |inner: &Opt<'_>| matches!(inner.code, code::IA_ADDR | code::IA_PREFIX);
    let own = inner().find(|inner| of_lease(inner) && is_it(inner))?;
    let mut bytes = option.data.get(..12)?.to_vec();
    for kept in std::iter::once(own).chain(inner().filter(|inner| !of_lease(inner))) {
        bytes.extend(kept.code.to_be_bytes());
        bytes.extend((kept.data.len() as u16).to_be_bytes());
        bytes.extend(kept.data);
    }
    Some(bytes)
}

impl Subject for OfLease<'_, '_> {
    fn option(&self, wanted: u16, instance: usize) -> Option<&[u8]> {
        match wanted {
            code::IA_NA | code::IA_PD => self
                .association
                .as_ref()
                .filter(|(code, _)| *code == wanted && instance == 0)
                .map(|(_, bytes)| &bytes[..]),
            _ => self.subject.option(wanted, instance),
        }
    }

    fn relay(&self, nest: i8) -> Option<Relay<'_>> {
        self.subject.relay(nest)
    }

    fn field(&self, field: Field) -> Value<'_> {
        self.subject.field(field)
    }
}
