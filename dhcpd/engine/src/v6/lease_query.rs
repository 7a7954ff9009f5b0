//! Lease queries (RFC 5007): somebody asks which lease an address or a client has.
//!
//! They are answered for those alone whom `libdhcp_lease_query.so` lets ask. Queries for any number of leases (RFC 5460) come
//! over TCP and are dealt with elsewhere; what both ask and say is here.

use super::query::Query;
use super::{Reply, Snapshot, Target};
use dhcpd_config::parameters::hooks::LeaseQueryRules;
use dhcpd_config::v6::snapshot::Config6;
use leases::lease::UnixSeconds;
use leases::{Lease6, LeaseState, LeaseType, Leases6, StoreError};
use serde_json::Value;
use smallvec::SmallVec;
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use wire::hex::{self, Colons};
use wire::v6::{Duid, IaAddress, Message, MessageType, Options, Status, Writer, code};

log::messages! {
    /// A query came.
    DHCP6_LEASE_QUERY_RECEIVED: Debug(40), "lease-query-hooks", "received query: {query}";
    /// A query gets no answer.
    DHCP6_LEASE_QUERY_PROCESS_FAILED: Debug(40), "lease-query-hooks", "processing failed for lease query: {query}, reason: {reason}";
    /// A query is answered.
    DHCP6_LEASE_QUERY_REPLY_SENT: Debug(40), "lease-query-hooks", "response: {response}, sent to {address}:{port}";
    /// What a lease says of relays is of no form.
    DHCP6_LEASE_QUERY_ERROR_GETTING_RELAY_INFO: Warn, "lease-query-hooks", "failed to get relay information for lease: {lease}, reason: {reason}";
}

/// Answers a query, if it is to be answered: the answer is appended to `out`.
pub(super) async fn answer<L: Leases6>(
    snapshot: &Snapshot,
    rules: &LeaseQueryRules,
    query: &Query<'_>,
    leases: &mut L,
    now: UnixSeconds,
    out: &mut Vec<u8>,
) -> Option<Reply> {
    let (message, source, counters) = (&query.packet.message, query.received.source, &snapshot.counters);
    let label = |kind| Label { kind, message, requester: (*source.ip()).into() };
    log::event!(DHCP6_LEASE_QUERY_RECEIVED, query = label(message.kind));
    counters.lease_query_received.add(1);
    let start = out.len();
    match respond(snapshot, rules, query, leases, now, out).await {
        Ok(()) => {
            let response = label(MessageType::LEASEQUERY_REPLY);
            log::event!(DHCP6_LEASE_QUERY_REPLY_SENT, response, address = source.ip(), port = source.port());
            counters.sent(MessageType::LEASEQUERY_REPLY);
            counters.lease_query_reply_sent.add(1);
            // What is told of leases is to be true after a power failure.
            Some(Reply { to: Target::Client(source), promises: true })
        }
        Err((cause, reason)) => {
            out.truncate(start);
            log::event!(DHCP6_LEASE_QUERY_PROCESS_FAILED, query = label(message.kind), reason);
            let counter = match cause {
                Cause::Violation => &counters.rfc_violation,
                Cause::NotForUs => &counters.not_for_us,
                Cause::Filtered => &counters.admin_filtered,
                Cause::Failed => &counters.processing_failed,
            };
            counter.add(1);
            counters.receive_drop.add(1);
            None
        }
    }
}

/// What kind of mistake it is that a query gets no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// It breaks a rule of RFC 5007.
    Violation,
    /// It is for another server.
    NotForUs,
    /// Whoever asks may not.
    Filtered,
    /// The lease store failed, or the answer does not fit into a message.
    Failed,
}

async fn respond<L: Leases6>(
    snapshot: &Snapshot,
    rules: &LeaseQueryRules,
    query: &Query<'_>,
    leases: &mut L,
    now: UnixSeconds,
    out: &mut Vec<u8>,
) -> Result<(), (Cause, String)> {
    let message = &query.packet.message;
    let head = Head::check(message, &snapshot.server_id)?;
    let source = *query.received.source.ip();
    if source.is_unspecified() {
        return Err((Cause::Violation, "DHCPV6_LEASEQUERY source address cannot be ::".into()));
    }
    if !rules.admits(source.into()) {
        let reason = format!("rejecting DHCPV6_LEASEQUERY from unauthorized requester: {source}");
        return Err((Cause::Filtered, reason));
    }
    let failed = |error: StoreError| (Cause::Failed, error.to_string());
    let found = match Question::read(&head) {
        Ok(Question::Address(address)) => {
            by_address(&snapshot.config, rules, leases, address, now).await.map_err(failed)?
        }
        Ok(Question::Client(duid)) => {
            by_client(&snapshot.config, leases, duid, head.link, now).await.map_err(failed)?
        }
        Ok(Question::Relay(_) | Question::Remote(_) | Question::Link) => {
            Found::none(Status::UnknownQueryType, "unknown query-type")
        }
        Err((status, text)) => Found::none(status, text),
    };
    let mut writer = Writer::new(out);
    let out = &mut writer;
    reply(out, snapshot, message, head.client_id);
    out.status(found.status, found.text);
    if let Some(newest) = found.leases.first() {
        let subnets: BTreeSet<u32> = found.leases.iter().map(|lease| lease.subnet_id).collect();
        if subnets.len() > 1 {
            let known = subnets.iter().filter_map(|id| snapshot.config.subnets.by_id(*id));
            let links: Vec<u8> = known.flat_map(|(_, subnet)| subnet.prefix.octets()).collect();
            out.option(code::LQ_CLIENT_LINK, &links);
        } else {
            client_data(out, &found.leases, None, now);
            if let Some(relays) = relay_data(newest) {
                out.option(code::LQ_RELAY_DATA, &relays);
            }
        }
    }
    writer.finish().map_err(|error| (Cause::Failed, error.to_string()))
}

/// What every query must say.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// Who asks.
    pub client_id: &'a [u8],
    /// Kind of the query.
    pub kind: u8,
    /// The link that leases are to be of; unspecified for any.
    pub link: Ipv6Addr,
    /// What is asked for.
    pub options: Options<'a>,
}

impl<'a> Head<'a> {
    /// Reads a query for the server of this DUID.
    pub fn check(message: &Message<'a>, server_id: &[u8]) -> Result<Self, (Cause, String)> {
        let violation = |reason: &str| (Cause::Violation, reason.to_owned());
        let client_id = message.options.find(code::CLIENT_ID).filter(|id| is_duid(id));
        let client_id = client_id.ok_or_else(|| violation("DHCPV6_LEASEQUERY must supply a D6O_CLIENTID"))?;
        if let Some(id) = message.options.find(code::SERVER_ID).filter(|id| *id != server_id) {
            let reason = format!("rejecting DHCPV6_LEASEQUERY with unknown server-id: {}", Colons(id));
            return Err((Cause::NotForUs, reason));
        }
        let query = message.options.find(code::LQ_QUERY);
        let query = query.ok_or_else(|| violation("DHCPV6_LEASEQUERY must supply a D6O_LQ_QUERY option"))?;
        let fixed = query.split_first_chunk::<17>();
        let (&[kind, ref link @ ..], options) = fixed.ok_or_else(|| violation("error reading query field(s)"))?;
        let link = Ipv6Addr::from(*link);
        Ok(Self { client_id, kind, link, options: Options::new(options, 0) })
    }
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question<'a> {
    /// The lease on an address, or of a prefix around it.
    Address(Ipv6Addr),
    /// All leases of a client.
    Client(&'a [u8]),
    /// All leases that came through a relay (RFC 5460).
    Relay(&'a [u8]),
    /// All leases of a remote end (RFC 5460).
    Remote(&'a [u8]),
    /// All leases of a link (RFC 5460).
    Link,
}

/// A status and its text for people.
pub type Verdict = (Status, &'static str);

impl<'a> Question<'a> {
    /// What a query asks for, or what it is told instead.
    pub fn read(head: &Head<'a>) -> Result<Self, Verdict> {
        let malformed = |text| (Status::MalformedQuery, text);
        let option = |code, missing| head.options.find(code).ok_or(malformed(missing));
        match head.kind {
            1 => {
                let options = head.options.iter().map_while(Result::ok);
                let mut addresses = options.filter_map(|option| IaAddress::parse(&option));
                addresses.next().map(|found| Self::Address(found.address)).ok_or(malformed("missing D6O_IAADDR"))
            }
            2 => match option(code::CLIENT_ID, "missing D6O_CLIENTID")? {
                id if is_duid(id) => Ok(Self::Client(id)),
                _ => Err(malformed("malformed D6O_CLIENTID")),
            },
            3 => match option(code::RELAY_ID, "missing D6O_RELAY_ID")? {
                id if is_duid(id) => Ok(Self::Relay(id)),
                _ => Err(malformed("malformed D6O_RELAY_ID")),
            },
            4 if head.link.is_unspecified() => Err(malformed("undefined link address")),
            4 => Ok(Self::Link),
            5 => match option(code::REMOTE_ID, "missing D6O_REMOTE_ID")? {
                [] => Err(malformed("empty D6O_REMOTE_ID")),
                id => Ok(Self::Remote(id)),
            },
            _ => Err((Status::UnknownQueryType, "unknown query-type")),
        }
    }
}

fn is_duid(id: &[u8]) -> bool {
    Duid::from_bytes(id).is_ok()
}

/// What was found.
#[derive(Debug)]
pub struct Found {
    /// How the search went.
    pub status: Status,
    /// The same in words.
    pub text: &'static str,
    /// Leases that clients have now, the newest first.
    pub leases: SmallVec<[Lease6; 1]>,
}

impl Found {
    /// Nothing, and why.
    pub fn none(status: Status, text: &'static str) -> Self {
        Self { status, text, leases: SmallVec::new() }
    }
}

/// The lease on an address, or else of a prefix around it.
pub async fn by_address<L: Leases6>(
    config: &Config6,
    rules: &LeaseQueryRules,
    leases: &mut L,
    address: Ipv6Addr,
    now: UnixSeconds,
) -> Result<Found, StoreError> {
    let mut found = leases.by_address(LeaseType::Na, address).await?;
    for len in prefix_lengths(config, rules) {
        if found.is_some() {
            break;
        }
        let around = leases.by_address(LeaseType::Pd, first(address, len)).await?;
        found = around.filter(|lease| first(address, lease.prefix_len) == lease.address);
    }
    let subnets = || config.subnets.list().iter();
    Ok(match found {
        Some(lease) if is_active(&lease, now) => {
            Found { status: Status::Success, text: "active lease found", leases: [lease].into_iter().collect() }
        }
        Some(_) => Found::none(Status::Success, "inactive lease exists"),
        None if subnets().any(|s| s.pool_of(address).is_some() || s.pd_pool_of(address).is_some()) => {
            Found::none(Status::Success, "no active lease")
        }
        None => Found::none(Status::NotConfigured, "address not in a configured pool"),
    })
}

/// Lengths at which a prefix is looked for, the longest first.
fn prefix_lengths(config: &Config6, rules: &LeaseQueryRules) -> Vec<u8> {
    rules.prefix_lengths.clone().unwrap_or_else(|| {
        let pools = config.subnets.list().iter().flat_map(|subnet| &subnet.pd_pools);
        let lengths: BTreeSet<_> = pools.map(|pool| Reverse(pool.delegated_len)).collect();
        lengths.into_iter().map(|Reverse(len)| len).collect()
    })
}

/// The first address of the prefix of this length around an address.
fn first(address: Ipv6Addr, len: u8) -> Ipv6Addr {
    let host_bits = u128::MAX.checked_shr(len.into()).unwrap_or(0);
    Ipv6Addr::from_bits(address.to_bits() & !host_bits)
}

/// All leases of a client, on a link if it is given.
pub async fn by_client<L: Leases6>(
    config: &Config6,
    leases: &mut L,
    duid: &[u8],
    link: Ipv6Addr,
    now: UnixSeconds,
) -> Result<Found, StoreError> {
    let Some(links) = links(config, link) else {
        return Ok(Found::none(Status::NotConfigured, "not a configured link"));
    };
    let mut found = leases.by_duid(duid).await?;
    found.retain(|lease| is_active(lease, now) && links.hold(lease.subnet_id));
    found.sort_by_key(|lease| Reverse(lease.cltt));
    Ok(match found.is_empty() {
        true => Found::none(Status::Success, "no active leases"),
        false => Found { status: Status::Success, text: "active lease(s) found", leases: found },
    })
}

/// Numbers of the subnets of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Links(Option<Vec<u32>>);

impl Links {
    /// Whether a subnet is among them; all are, if no link is meant.
    pub fn hold(&self, subnet: u32) -> bool {
        self.0.as_ref().is_none_or(|ids| ids.contains(&subnet))
    }
}

/// The subnets that a link address is in; all of them if it is unspecified; none at all if there is no such link.
pub fn links(config: &Config6, link: Ipv6Addr) -> Option<Links> {
    if link.is_unspecified() {
        return Some(Links(None));
    }
    let ids: Vec<u32> = config.subnets.list().iter().filter(|s| s.contains(link)).map(|s| s.id).collect();
    (!ids.is_empty()).then_some(Links(Some(ids)))
}

/// Whether a client has a lease now.
pub fn is_active(lease: &Lease6, now: UnixSeconds) -> bool {
    lease.state == LeaseState::Assigned && !lease.is_free_at(now)
}

/// Begins a reply: the message and both identifiers.
pub fn reply(out: &mut Writer<'_>, snapshot: &Snapshot, query: &Message<'_>, client_id: &[u8]) {
    out.message(MessageType::LEASEQUERY_REPLY, query.transaction_id);
    out.option(code::CLIENT_ID, client_id);
    out.option(code::SERVER_ID, &snapshot.server_id);
}

/// A client with leases of its own, the newest first, and how it was relayed, if that is to stand inside.
pub fn client_data(out: &mut Writer<'_>, leases: &[Lease6], relays: Option<&[u8]>, now: UnixSeconds) {
    let Some(newest) = leases.first() else { return };
    let data = out.open(code::CLIENT_DATA);
    out.option(code::CLIENT_ID, &newest.duid);
    let of_type = |lease_type| leases.iter().filter(move |lease| lease.lease_type == lease_type);
    let left = |lease: &Lease6| {
        let preferred = Lease6 { valid_lifetime: lease.preferred_lifetime, ..lease.clone() };
        (preferred.left_at(now), lease.left_at(now))
    };
    for lease in of_type(LeaseType::Na) {
        let (preferred, valid) = left(lease);
        out.ia_address(lease.address, preferred, valid);
    }
    for lease in of_type(LeaseType::Pd) {
        let (preferred, valid) = left(lease);
        let prefix = out.open_ia_prefix(lease.address, lease.prefix_len, preferred, valid);
        out.close(prefix);
    }
    let elapsed = u32::try_from(now.saturating_sub(newest.cltt)).unwrap_or(u32::MAX);
    out.option(code::CLT_TIME, &elapsed.to_be_bytes());
    if let Some(relays) = relays {
        out.option(code::LQ_RELAY_DATA, relays);
    }
    out.close(data);
}

/// How a client was relayed when it got its lease (RFC 5007 §4.1.2.4): the address that the relay next to the server heard it from, and
/// the relays' messages, without the client's inside. `None` if the lease does not tell (`store-extended-info`).
pub fn relay_data(lease: &Lease6) -> Option<Vec<u8>> {
    let context = lease.user_context.as_deref().filter(|text| text.contains("relay"))?;
    let context: Value = serde_json::from_str(context).ok()?;
    let isc = context.get("ISC")?;
    let relays = isc.get("relay-info").or_else(|| isc.get("relays"))?;
    match relay_messages(relays) {
        Ok(data) => Some(data),
        Err(reason) => {
            log::event!(DHCP6_LEASE_QUERY_ERROR_GETTING_RELAY_INFO, lease = lease.address, reason);
            None
        }
    }
}

fn relay_messages(relays: &Value) -> Result<Vec<u8>, String> {
    let relays = relays.as_array().filter(|relays| !relays.is_empty()).ok_or("the relays are no list, or none")?;
    let mut inner: Option<Vec<u8>> = None;
    let mut outermost = Ipv6Addr::UNSPECIFIED;
    for relay in relays.iter().rev() {
        let address = |key: &str| -> Result<Ipv6Addr, String> {
            let text = relay.get(key).and_then(Value::as_str).ok_or_else(|| format!("'{key}' is missing"))?;
            text.parse().map_err(|_| format!("'{key}' is invalid: {text}"))
        };
        let hop = relay.get("hop").and_then(Value::as_u64).and_then(|hop| u8::try_from(hop).ok());
        let mut message = vec![MessageType::RELAY_FORW.0, hop.ok_or("'hop' is missing or invalid")?];
        outermost = address("peer")?;
        let mut out = Writer::new(&mut message);
        out.address(address("link")?);
        out.address(outermost);
        if let Some(options) = relay.get("options") {
            let options = options.as_str().and_then(hex::parse).ok_or("'options' is invalid")?;
            out.bytes(&options);
        }
        if let Some(inner) = inner.take() {
            out.option(code::RELAY_MSG, &inner);
        }
        out.finish().map_err(|error| error.to_string())?;
        inner = Some(message);
    }
    Ok([&outermost.octets()[..], &inner.unwrap_or_default()].concat())
}

/// A query or an answer in messages.
pub struct Label<'a> {
    /// Which of both.
    pub kind: MessageType,
    /// The query.
    pub message: &'a Message<'a>,
    /// Who asks.
    pub requester: IpAddr,
}

impl fmt::Display for Label<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "type: {}, client id: ", self.kind)?;
        match self.message.options.find(code::CLIENT_ID) {
            Some(id) => Colons(id).fmt(f)?,
            None => f.write_str("<none>")?,
        }
        write!(f, ", requester: {}, transid: {}", self.requester, self.message.transaction_id)
    }
}
