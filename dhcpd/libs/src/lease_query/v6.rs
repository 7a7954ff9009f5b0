//! DHCPv6 queries over TCP (RFC 5460).

use super::{Bulk, Query, STEP, Unread, framed, has_digits, ready};
use dhcpd_config::parameters::hooks::LeaseQueryRules;
use engine::v6::Snapshot;
use engine::v6::lease_query::{
    Found, Head, Label, Links, Question, Verdict, by_address, by_client, client_data, is_active, links, relay_data,
    reply,
};
use leases::Lease6;
use leases::lease::UnixSeconds;
use leases::memfile::{Store, Table, Table6};
use serde_json::Value;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use wire::hex::{self, Plain};
use wire::v6::{Message, MessageType, Status, Writer};

/// DHCPv6.
pub enum Bulk6 {}

/// A query that is being answered.
#[derive(Debug)]
pub struct Query6 {
    label: String,
    /// As it came.
    message: Vec<u8>,
    transaction: u32,
    link: Ipv6Addr,
    /// The lease that was looked at last.
    after: Option<<Table6 as Table>::Key>,
    answered: bool,
}

const FOUND: Verdict = (Status::Success, "active lease(s) found");

impl Query for Query6 {
    fn transaction(&self) -> u32 {
        self.transaction
    }
}

impl fmt::Display for Query6 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label)
    }
}

impl Bulk for Bulk6 {
    type Snapshot = Snapshot;
    type Table = Table6;
    type Query = Query6;

    fn rules(snapshot: &Snapshot) -> Option<&LeaseQueryRules> {
        snapshot.lease_query.as_ref()
    }

    fn read(snapshot: &Snapshot, bytes: &[u8], requester: IpAddr) -> Result<Query6, Unread> {
        let message = Message::parse(bytes, 0).map_err(|error| Unread::Malformed(error.to_string()))?;
        if let Some(Err(bad)) = message.options.iter().find(Result::is_err) {
            return Err(Unread::Malformed(bad.to_string()));
        }
        if message.kind != MessageType::LEASEQUERY {
            return Err(Unread::OtherType(message.kind.name()));
        }
        let label = Label { kind: message.kind, message: &message, requester }.to_string();
        let head = Head::check(&message, &snapshot.server_id);
        let head = head.map_err(|(_, reason)| Unread::Invalid(label.clone(), reason))?;
        let (transaction, link) = (message.transaction_id, head.link);
        Ok(Query6 { label, message: bytes.to_vec(), transaction, link, after: None, answered: false })
    }

    fn go_on(
        query: &mut Query6,
        snapshot: &Snapshot,
        store: &Store<Table6>,
        now: UnixSeconds,
        out: &mut Vec<u8>,
    ) -> bool {
        let bytes = std::mem::take(&mut query.message);
        let done = query.go_on(&bytes, snapshot, store, now, out);
        query.message = bytes;
        done.unwrap_or(true)
    }
}

impl Query6 {
    /// `None` if the query cannot be answered any more: the server's identifier changed since it came.
    fn go_on(
        &mut self,
        bytes: &[u8],
        snapshot: &Snapshot,
        store: &Store<Table6>,
        now: UnixSeconds,
        out: &mut Vec<u8>,
    ) -> Option<bool> {
        let rules = Bulk6::rules(snapshot)?;
        let message = Message::parse(bytes, 0).ok()?;
        let head = Head::check(&message, &snapshot.server_id).ok()?;
        let config = &snapshot.config;
        let mut all = true;
        let question = Question::read(&head);
        let Found { status, text, leases } = match &question {
            Err((status, text)) => Found::none(*status, text),
            Ok(Question::Address(address)) => {
                ready(by_address(config, rules, &mut store.session(), *address, now))?.ok()?
            }
            Ok(Question::Client(duid)) => ready(by_client(config, &mut store.session(), duid, self.link, now))?.ok()?,
            Ok(_) if !rules.extended => Found::none(Status::NotAllowed, "extended info tables are disabled"),
            Ok(question) => match links(config, self.link) {
                None => Found::none(Status::NotConfigured, "not a configured link"),
                Some(links) => {
                    let limit = rules.bulk.as_ref().map_or(STEP, |bulk| bulk.page.min(STEP));
                    let leases;
                    (leases, all) = self.page(question, &links, store, now, limit);
                    let (status, text) = FOUND;
                    Found { status, text, leases: leases.into() }
                }
            },
        };
        for lease in &leases {
            let relays = relay_data(lease);
            let first = !std::mem::replace(&mut self.answered, true);
            write(out, |out| {
                match first {
                    true => {
                        reply(out, snapshot, &message, head.client_id);
                        out.status(status, text);
                    }
                    false => out.message(MessageType::LEASEQUERY_DATA, message.transaction_id),
                }
                client_data(out, std::slice::from_ref(lease), relays.as_deref(), now);
            });
        }
        if all {
            let nothing = if (status, text) == FOUND { "no active leases" } else { text };
            write(out, |out| match self.answered {
                true => out.message(MessageType::LEASEQUERY_DONE, message.transaction_id),
                // A reply without a client is the last message (RFC 5460 §5.4.1).
                false => {
                    reply(out, snapshot, &message, head.client_id);
                    out.status(status, nothing);
                }
            });
        }
        Some(all)
    }

    /// The next leases that answer the question, and whether there are no more.
    fn page(
        &mut self,
        question: &Question<'_>,
        links: &Links,
        store: &Store<Table6>,
        now: UnixSeconds,
        limit: usize,
    ) -> (Vec<Lease6>, bool) {
        let relayed = match question {
            Question::Relay(id) => Some(("relay-id", *id, Plain(id).to_string())),
            Question::Remote(id) => Some(("remote-id", *id, Plain(id).to_string())),
            _ => None,
        };
        let mut leases = Vec::new();
        self.after = store.session().visit(self.after, limit, |lease| {
            let says = |(key, id, digits): &(&str, &[u8], String)| {
                lease.user_context.as_deref().is_some_and(|context| says(context, key, id, digits))
            };
            if is_active(lease, now) && links.hold(lease.subnet_id) && relayed.as_ref().is_none_or(says) {
                leases.push(lease.clone());
            }
        });
        (leases, self.after.is_none())
    }
}

fn write(out: &mut Vec<u8>, fill: impl FnOnce(&mut Writer<'_>)) {
    framed(out, |out| {
        let mut writer = Writer::new(out);
        fill(&mut writer);
        writer.finish().is_ok()
    });
}

/// Whether a lease's user context says this of a relay.
fn says(context: &str, key: &str, id: &[u8], digits: &str) -> bool {
    if !has_digits(context, digits) {
        return false;
    }
    let context: Option<Value> = serde_json::from_str(context).ok();
    let isc = context.as_ref().and_then(|context| context.get("ISC"));
    let relays = isc.and_then(|isc| isc.get("relay-info").or_else(|| isc.get("relays"))).and_then(Value::as_array);
    let said = |relay: &Value| relay.get(key).and_then(Value::as_str).and_then(hex::parse).is_some_and(|s| s == id);
    relays.is_some_and(|relays| relays.iter().any(said))
}
