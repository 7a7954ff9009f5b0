//! Lease queries (RFC 4388): an access concentrator asks which lease an address, a hardware address or a client has.
//!
//! They are answered for those alone whom `libdhcp_lease_query.so` lets ask. Queries for any number of leases (RFC 6926) come
//! over TCP and are dealt with elsewhere; what both say about a lease is here.

use super::query::Query;
use super::{Link, Received, Reply, Server, Snapshot};
use dhcpd_config::lifetime::TeeTimes;
use dhcpd_config::parameters::hooks::LeaseQueryRules;
use dhcpd_config::v4::snapshot::{Config4, Subnet4};
use leases::lease::UnixSeconds;
use leases::{Lease4, LeaseState, Leases4, StoreError};
use serde_json::Value;
use smallvec::SmallVec;
use std::cmp::Reverse;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddrV4};
use wire::hex::{self, Colons};
use wire::v4::{Header, MessageType, Packet, SERVER_PORT, Writer, code};

log::messages! {
    /// A query came.
    DHCP4_LEASE_QUERY_RECEIVED: Debug(40), "lease-query-hooks", "received query: {query}";
    /// A query gets no answer.
    DHCP4_LEASE_QUERY_PROCESS_FAILED: Debug(40), "lease-query-hooks", "processing failed for lease query: {query}, reason: {reason}";
    /// A query is answered.
    DHCP4_LEASE_QUERY_RESPONSE_SENT: Debug(40), "lease-query-hooks", "response: {response}, sent to {address}:{port}";
}

/// Hardware addresses of leases are taken to be of this type: leases do not tell.
const ETHERNET: u8 = 1;

/// Answers a query, if it is to be answered: the answer is appended to `out`.
pub(super) async fn answer<L: Leases4>(
    server: &Server,
    snapshot: &Snapshot,
    rules: &LeaseQueryRules,
    query: &Query<'_>,
    leases: &mut L,
    now: UnixSeconds,
    out: &mut Vec<u8>,
) -> Option<Reply> {
    let (packet, counters) = (query.packet, &snapshot.counters);
    log::event!(DHCP4_LEASE_QUERY_RECEIVED, query = Label(packet));
    counters.lease_query_received.add(1);
    let start = out.len();
    let response = match respond(server, snapshot, rules, query, leases, now).await {
        Ok(response) => response,
        Err(reason) => {
            log::event!(DHCP4_LEASE_QUERY_PROCESS_FAILED, query = Label(packet), reason);
            counters.receive_drop.add(1);
            return None;
        }
    };
    response.write(packet.xid(), packet.giaddr(), out);
    let to =
        if server.reply_to_source { query.received.source } else { SocketAddrV4::new(packet.giaddr(), SERVER_PORT) };
    if let Some(sent) = out.get(start..).and_then(|bytes| Packet::parse(bytes).ok()) {
        let response = Label(&sent);
        log::event!(DHCP4_LEASE_QUERY_RESPONSE_SENT, response, address = to.ip(), port = to.port());
    }
    counters.sent.add(1);
    let sent = match response.kind {
        MessageType::LEASE_ACTIVE => &counters.lease_query_active_sent,
        MessageType::LEASE_UNASSIGNED => &counters.lease_query_unassigned_sent,
        _ => &counters.lease_query_unknown_sent,
    };
    sent.add(1);
    // What is told of a lease is to be true after a power failure.
    let promises = response.kind == MessageType::LEASE_ACTIVE;
    Some(Reply { from: query.server_address(), to, link: Link::Routed, promises })
}

/// What is asked for; exactly one thing (RFC 4388 §6.1).
enum Subject<'a> {
    Address(Ipv4Addr),
    HwAddr(&'a [u8]),
    ClientId(&'a [u8]),
}

async fn respond<L: Leases4>(
    server: &Server,
    snapshot: &Snapshot,
    rules: &LeaseQueryRules,
    query: &Query<'_>,
    leases: &mut L,
    now: UnixSeconds,
) -> Result<Response, String> {
    let packet = query.packet;
    let requester = packet.giaddr();
    if requester.is_unspecified() {
        return Err("giaddr cannot be 0.0.0.0".into());
    }
    if !rules.admits(requester.into()) {
        return Err(format!("rejecting query from unauthorized requester: {requester}"));
    }
    let sent_id = packet.option(code::SERVER_IDENTIFIER);
    if sent_id.is_some() && !is_addressee(server, snapshot, query.received, packet) {
        let id = Colons(sent_id.unwrap_or_default());
        return Err(format!("rejecting query from: {requester}, unknown server-id: {id}"));
    }
    let subject = subject(packet)?;
    let mut found = find(&subject, leases).await.map_err(|error| error.to_string())?;
    let stands = !found.is_empty();
    found.retain(|lease| is_active(lease, now));
    found.sort_by_key(|lease| Reverse(lease.cltt));
    let mut response = match found.first() {
        Some(newest) => {
            let subnet = snapshot.config.subnets.by_id(newest.subnet_id);
            let (_, subnet) = subnet.ok_or_else(|| format!("subnet_id: {} does not exist!", newest.subnet_id))?;
            let mut response = Response::active(newest, subnet, now);
            let others = found.iter().map(|lease| lease.address).filter(|address| *address != newest.address);
            let others: Vec<u8> = others.flat_map(|address| address.octets()).collect();
            if !others.is_empty() {
                response.options.push((code::ASSOCIATED_IP, others));
            }
            response
        }
        None => {
            let known = matches!(subject, Subject::Address(address) if stands || is_in_pool(&snapshot.config, address));
            Response::none(if known { MessageType::LEASE_UNASSIGNED } else { MessageType::LEASE_UNKNOWN }, packet)
        }
    };
    // RFC 2131 §4.3.1.
    let configured = || snapshot.config.options.find(code::SERVER_IDENTIFIER.into()).map(|option| option.data.to_vec());
    let id = sent_id.map(<[u8]>::to_vec).or_else(configured);
    let id = id.unwrap_or_else(|| query.server_address().octets().to_vec());
    response.options.push((code::SERVER_IDENTIFIER, id));
    Ok(response)
}

/// Whether the server is the one that a query names.
fn is_addressee(server: &Server, snapshot: &Snapshot, received: &Received<'_>, packet: &Packet<'_>) -> bool {
    let id = packet.address_option(code::SERVER_IDENTIFIER).filter(|id| !id.is_unspecified());
    id.is_some_and(|id| {
        server.addresses.contains(&id) || id == received.interface_address || snapshot.has_server_identifier(id)
    })
}

fn subject<'a>(packet: &'a Packet<'_>) -> Result<Subject<'a>, String> {
    let (address, hw_addr) = (packet.ciaddr(), packet.hw_addr());
    let has_hw_addr = packet.htype() != 0 || !hw_addr.is_empty();
    match (!address.is_unspecified(), has_hw_addr, packet.option(code::CLIENT_IDENTIFIER)) {
        (true, false, None) => Ok(Subject::Address(address)),
        (false, true, None) => Ok(Subject::HwAddr(hw_addr)),
        (false, false, Some(id)) => Ok(Subject::ClientId(id)),
        (_, _, id) => Err(format!(
            "malformed lease query: ciaddr: [{address}] HWAddr: [{}] Client id: [{}]",
            HardwareAddress(packet.htype(), hw_addr),
            Colons(id.unwrap_or_default()),
        )),
    }
}

async fn find<L: Leases4>(subject: &Subject<'_>, leases: &mut L) -> Result<SmallVec<[Lease4; 1]>, StoreError> {
    match subject {
        Subject::Address(address) => Ok(leases.by_address(*address).await?.into_iter().collect()),
        Subject::HwAddr(hw_addr) => leases.by_hw_addr(hw_addr).await,
        Subject::ClientId(id) => leases.by_client_id(id).await,
    }
}

/// Whether a client has a lease now.
pub fn is_active(lease: &Lease4, now: UnixSeconds) -> bool {
    lease.state == LeaseState::Assigned && !lease.is_free_at(now)
}

fn is_in_pool(config: &Config4, address: Ipv4Addr) -> bool {
    config.subnets.list().iter().any(|subnet| subnet.pool_of(address).is_some())
}

/// An answer: what is not the query's own.
#[derive(Debug)]
pub struct Response {
    kind: MessageType,
    address: Ipv4Addr,
    htype: u8,
    hw_addr: SmallVec<[u8; 20]>,
    /// Options, each code once.
    pub options: Vec<(u8, Vec<u8>)>,
}

impl Response {
    /// About a lease that a client has.
    pub fn active(lease: &Lease4, subnet: &Subnet4, now: UnixSeconds) -> Self {
        let mut options = Vec::new();
        if let Some(id) = &lease.client_id {
            options.push((code::CLIENT_IDENTIFIER, id.to_vec()));
        }
        times(lease, &subnet.tee, now, &mut |code, seconds| options.push((code, seconds.to_be_bytes().to_vec())));
        options.extend(relay_info(lease).map(|info| (code::AGENT_OPTIONS, info)));
        let htype = if lease.hw_addr.is_empty() { 0 } else { ETHERNET };
        let (address, hw_addr) = (lease.address, lease.hw_addr.clone());
        Self { kind: MessageType::LEASE_ACTIVE, address, htype, hw_addr, options }
    }

    /// There is no such lease: the question is told again, so that whoever asked need not remember.
    fn none(kind: MessageType, query: &Packet<'_>) -> Self {
        let id = query.option(code::CLIENT_IDENTIFIER).map(|id| (code::CLIENT_IDENTIFIER, id.to_vec()));
        let (htype, hw_addr) = (query.htype(), query.hw_addr().into());
        Self { kind, address: query.ciaddr(), htype, hw_addr, options: id.into_iter().collect() }
    }

    /// There are no more leases to be told (RFC 6926 §6.2).
    pub fn done() -> Self {
        let (address, hw_addr) = (Ipv4Addr::UNSPECIFIED, SmallVec::new());
        Self { kind: MessageType::LEASE_QUERY_DONE, address, htype: 0, hw_addr, options: Vec::new() }
    }

    /// Appends it to `out`: options in the order of their codes, that of the relay last (RFC 3046 §2.2).
    pub fn write(&self, xid: u32, giaddr: Ipv4Addr, out: &mut Vec<u8>) {
        let header = Header {
            op: 2,
            htype: self.htype,
            hops: 0,
            xid,
            secs: 0,
            flags: 0,
            ciaddr: self.address,
            yiaddr: Ipv4Addr::UNSPECIFIED,
            siaddr: Ipv4Addr::UNSPECIFIED,
            giaddr,
            hw_addr: &self.hw_addr,
            sname: &[],
            file: &[],
        };
        let kind = [self.kind.0];
        let mut options: Vec<(u8, &[u8])> = self.options.iter().map(|(code, data)| (*code, data.as_slice())).collect();
        options.push((code::MESSAGE_TYPE, &kind));
        options.sort_by_key(|(code, _)| (*code == code::AGENT_OPTIONS, *code));
        let mut writer = Writer::new(out, &header);
        options.iter().for_each(|(code, data)| writer.option(*code, data));
        writer.finish();
    }
}

/// How long ago the client was heard of, and what is left of its times, in seconds (RFC 4388 §6.4.2).
fn times(lease: &Lease4, tee: &TeeTimes, now: UnixSeconds, tell: &mut impl FnMut(u8, u32)) {
    let elapsed = u32::try_from(now.saturating_sub(lease.cltt)).unwrap_or(u32::MAX);
    tell(code::LAST_TRANSACTION_TIME, elapsed);
    let left = lease.left_at(now);
    tell(code::LEASE_TIME, left);
    if lease.valid_lifetime == u32::MAX {
        return;
    }
    let calculated = |fraction: f64| tee.calculate.then(|| (fraction * f64::from(lease.valid_lifetime)).round() as u32);
    let left_below = |seconds: Option<u32>, limit: u32| {
        seconds.and_then(|seconds| seconds.checked_sub(elapsed)).filter(|left| (1..limit).contains(left))
    };
    let t2 = left_below(tee.rebind.or_else(|| calculated(tee.t2_fraction)), left);
    let t1 = left_below(tee.renew.or_else(|| calculated(tee.t1_fraction)), t2.unwrap_or(left));
    t2.inspect(|t2| tell(code::REBINDING_TIME, *t2));
    t1.inspect(|t1| tell(code::RENEWAL_TIME, *t1));
}

/// Option 82 as it was when the client got its lease (`store-extended-info`), in the form of today or of old.
fn relay_info(lease: &Lease4) -> Option<Vec<u8>> {
    let context = lease.user_context.as_deref().filter(|text| text.contains("relay-agent-info"))?;
    let context: Value = serde_json::from_str(context).ok()?;
    let info = context.pointer("/ISC/relay-agent-info")?;
    let text = if info.is_object() { info.get("sub-options")? } else { info };
    hex::parse(text.as_str()?)
}

/// A query or an answer in messages.
pub struct Label<'a>(pub &'a Packet<'a>);

impl fmt::Display for Label<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(packet) = self;
        let name = packet.message_type().unwrap_or(MessageType(0)).name();
        let (giaddr, ciaddr) = (packet.giaddr(), packet.ciaddr());
        let hw_addr = HardwareAddress(packet.htype(), packet.hw_addr());
        let xid = packet.xid();
        write!(f, "type: {name}, giaddr: {giaddr}, transid: {xid}, ciaddr: {ciaddr}, hwaddr: {hw_addr}, cid: ")?;
        match packet.option(code::CLIENT_IDENTIFIER) {
            None => f.write_str("none"),
            Some(id) => Colons(id).fmt(f),
        }
    }
}

/// A hardware address and its type.
struct HardwareAddress<'a>(u8, &'a [u8]);

impl fmt::Display for HardwareAddress<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "hwtype={} {}", self.0, Colons(self.1))
    }
}
