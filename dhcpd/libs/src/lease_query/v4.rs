//! DHCPv4 queries over TCP (RFC 6926).

use super::{Bulk, Query, STEP, Unread, framed, has_digits, ready};
use dhcpd_config::parameters::hooks::LeaseQueryRules;
use engine::v4::Snapshot;
use engine::v4::lease_query::{Label, Response, is_active};
use leases::lease::UnixSeconds;
use leases::memfile::{Store, Table4};
use leases::{Lease4, Leases4};
use serde_json::Value;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::ops::RangeInclusive;
use wire::hex::{self, Plain};
use wire::v4::{MessageType, Packet, agent, code, sub_options};

/// DHCPv4.
pub enum Bulk4 {}

/// A query that is being answered.
#[derive(Debug)]
pub struct Query4 {
    label: String,
    xid: u32,
    question: Result<Question, Refused>,
    /// When clients must have been heard of.
    times: RangeInclusive<UnixSeconds>,
    /// The address of the lease that was looked at last.
    after: Option<Ipv4Addr>,
    answered: bool,
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Question {
    ClientId(Vec<u8>),
    HwAddr(Vec<u8>),
    /// By the key under which leases keep it, and its value.
    Relayed(&'static str, Vec<u8>),
}

/// A status and its text for people (RFC 6926 §6.2.2).
type Refused = (u8, &'static str);

const MALFORMED: u8 = 3;
const NOT_ALLOWED: u8 = 4;

impl Query for Query4 {
    fn transaction(&self) -> u32 {
        self.xid
    }
}

impl fmt::Display for Query4 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label)
    }
}

impl Bulk for Bulk4 {
    type Snapshot = Snapshot;
    type Table = Table4;
    type Query = Query4;

    fn rules(snapshot: &Snapshot) -> Option<&LeaseQueryRules> {
        snapshot.lease_query.as_ref()
    }

    fn read(_: &Snapshot, message: &[u8], _: IpAddr) -> Result<Query4, Unread> {
        let packet = Packet::parse(message).map_err(|error| Unread::Malformed(error.to_string()))?;
        match packet.message_type().unwrap_or(MessageType(0)) {
            MessageType::BULK_LEASE_QUERY => {}
            other => return Err(Unread::OtherType(other.name())),
        }
        let (question, times) = match (question(&packet), times(&packet)) {
            (Ok(question), Ok(times)) => (Ok(question), times),
            (Err(refused), _) | (_, Err(refused)) => (Err(refused), 0..=0),
        };
        let (label, xid) = (Label(&packet).to_string(), packet.xid());
        Ok(Query4 { label, xid, question, times, after: None, answered: false })
    }

    fn go_on(
        query: &mut Query4,
        snapshot: &Snapshot,
        store: &Store<Table4>,
        now: UnixSeconds,
        out: &mut Vec<u8>,
    ) -> bool {
        let bulk = Self::rules(snapshot).and_then(|rules| rules.bulk.as_ref());
        let server = match bulk.map(|bulk| bulk.listen.ip()) {
            Some(IpAddr::V4(address)) => address,
            _ => Ipv4Addr::UNSPECIFIED,
        };
        let limit = bulk.map_or(STEP, |bulk| bulk.page.min(STEP));
        let found = match &query.question {
            Ok(question) => question.clone().find(query, store, limit),
            Err((status, text)) => {
                let status = [&[*status], text.as_bytes()].concat();
                query.tell(Response::done(), server, [(code::STATUS_CODE, status)], out);
                return true;
            }
        };
        let times = query.times.clone();
        for lease in found.leases.iter().filter(|l| is_active(l, now) && times.contains(&l.cltt)) {
            // The subnet may be gone since.
            let Some((_, subnet)) = snapshot.config.subnets.by_id(lease.subnet_id) else { continue };
            let now32 = u32::try_from(now).unwrap_or(u32::MAX).to_be_bytes().to_vec();
            query.tell(Response::active(lease, subnet, now), server, [(code::BASE_TIME, now32)], out);
        }
        if found.all {
            query.tell(Response::done(), server, [], out);
        }
        found.all
    }
}

impl Query4 {
    /// Appends an answer with more options; the first one of a query names the server (RFC 6926 §7.2).
    fn tell<const N: usize>(
        &mut self,
        mut response: Response,
        server: Ipv4Addr,
        more: [(u8, Vec<u8>); N],
        out: &mut Vec<u8>,
    ) {
        response.options.extend(more);
        if !self.answered {
            response.options.push((code::SERVER_IDENTIFIER, server.octets().to_vec()));
        }
        self.answered = true;
        framed(out, |out| {
            response.write(self.xid, Ipv4Addr::UNSPECIFIED, out);
            true
        });
    }
}

/// Leases that may answer a query, and whether these are the last.
struct Found {
    leases: Vec<Lease4>,
    all: bool,
}

impl Question {
    fn find(&self, query: &mut Query4, store: &Store<Table4>, limit: usize) -> Found {
        let mut session = store.session();
        let all = |leases: Vec<Lease4>| Found { leases, all: true };
        match self {
            Self::ClientId(id) => {
                all(ready(session.by_client_id(id)).and_then(Result::ok).map(|l| l.into_vec()).unwrap_or_default())
            }
            Self::HwAddr(hw_addr) => {
                all(ready(session.by_hw_addr(hw_addr)).and_then(Result::ok).map(|l| l.into_vec()).unwrap_or_default())
            }
            Self::Relayed(key, id) => {
                let digits = Plain(id).to_string();
                let mut leases = Vec::new();
                query.after = session.visit(query.after, limit, |lease| {
                    if lease.user_context.as_deref().is_some_and(|context| says(context, key, id, &digits)) {
                        leases.push(lease.clone());
                    }
                });
                Found { leases, all: query.after.is_none() }
            }
        }
    }
}

/// Whether a lease's user context says this of the relay.
fn says(context: &str, key: &str, id: &[u8], digits: &str) -> bool {
    if !has_digits(context, digits) {
        return false;
    }
    let context: Option<Value> = serde_json::from_str(context).ok();
    let info = context.as_ref().and_then(|context| context.pointer("/ISC/relay-agent-info"));
    let text = info.and_then(|info| info.get(key)).and_then(Value::as_str);
    text.and_then(hex::parse).is_some_and(|said| said == id)
}

/// What a message asks for: exactly one thing (RFC 6926 §7.2).
fn question(packet: &Packet<'_>) -> Result<Question, Refused> {
    for (address, text) in [
        (packet.ciaddr(), "ciaddr must be zero"),
        (packet.yiaddr(), "yiaddr must be zero"),
        (packet.siaddr(), "siaddr must be zero"),
    ] {
        if !address.is_unspecified() {
            return Err((MALFORMED, text));
        }
    }
    let client_id = packet.option(code::CLIENT_IDENTIFIER).map(|id| Question::ClientId(id.to_vec()));
    let has_hw_addr = packet.htype() != 0 || !packet.hw_addr().is_empty();
    let hw_addr = has_hw_addr.then(|| Question::HwAddr(packet.hw_addr().to_vec()));
    let relayed = |wanted: u8, key: &'static str, empty: &'static str| {
        let agent_options = packet.option(code::AGENT_OPTIONS).into_iter().flat_map(sub_options);
        match agent_options.into_iter().find(|(code, _)| *code == wanted) {
            Some((_, [])) => Err((MALFORMED, empty)),
            Some((_, id)) => Ok(Some(Question::Relayed(key, id.to_vec()))),
            None => Ok(None),
        }
    };
    let relay_id = relayed(agent::RELAY_ID, "relay-id", "empty relay id option")?;
    let remote_id = relayed(agent::REMOTE_ID, "remote-id", "empty remote id option")?;
    if packet.option(code::VIRTUAL_SUBNET).is_some() {
        return Err((NOT_ALLOWED, "VPNs are not supported"));
    }
    let mut asked = [client_id, hw_addr, relay_id, remote_id].into_iter().flatten();
    match (asked.next(), asked.next()) {
        (None, _) => Err((NOT_ALLOWED, "query for all configured addresses is not supported")),
        (Some(_), Some(_)) => Err((MALFORMED, "multiple queries")),
        (Some(question), None) => Ok(question),
    }
}

/// The span of time in which clients must have been heard of (RFC 6926 §6.2.5, §6.2.6); 0 does not count.
fn times(packet: &Packet<'_>) -> Result<RangeInclusive<UnixSeconds>, Refused> {
    let time = |code, text| match packet.option(code).map(|option| option.try_into().map(u32::from_be_bytes)) {
        None => Ok(0),
        Some(Ok(seconds @ ..0x8000_0000)) => Ok(UnixSeconds::from(seconds)),
        Some(_) => Err((MALFORMED, text)),
    };
    let start = time(code::QUERY_START_TIME, "illegal 'query-start-time'")?;
    match time(code::QUERY_END_TIME, "illegal 'query-end-time'")? {
        0 => Ok(start..=UnixSeconds::MAX),
        end if start > end => Err((MALFORMED, "query-start-time > query-end-time")),
        end => Ok(start..=end),
    }
}
