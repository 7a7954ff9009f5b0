//! A client, relays and the clock against the engine, with leases in memory; the scenarios are in the files below.

mod addresses;
mod any_bytes;
mod classes;
mod dhcp4o6;
mod giving_back;
mod hooks;
mod invariants;
mod lives;
mod names;
mod options;
mod prefixes;
mod relays;
mod reservations;
mod watch;

use super::{Received, Reply, Server, Snapshot, Target};
use dhcpd_config::classes::Guard;
use dhcpd_config::common::{Allocator, ReservationModes};
use dhcpd_config::hosts::{Hosts, Identifier, IdentifierKind};
use dhcpd_config::lifetime::{LeaseCache, Lifetime, TeeTimes};
use dhcpd_config::options::{OptionItem, OptionSet};
use dhcpd_config::v6::snapshot::*;
use leases::memfile::{Options as StoreOptions, Store6};
use leases::{Duid, Lease6, LeaseType, Leases6};
use stats::Registry;
use std::future::Future;
use std::net::{Ipv6Addr, SocketAddrV6};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use wire::v6::{Ia, IaAddress, IaPrefix, MessageType, Options, Packet, Writer, code};

const SERVER: &[u8] = &[0, 3, 0, 1, 2, 0, 0, 0, 0, 9];
const CLIENT: &[u8] = &[0, 3, 0, 1, 2, 0, 0, 0, 0, 1];
const OTHER: &[u8] = &[0, 3, 0, 1, 2, 0, 0, 0, 0, 2];

fn ip(text: &str) -> Ipv6Addr {
    text.parse().unwrap()
}

/// Memfile never waits: a future is ready at its first poll.
fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("a session in memory does not wait"),
    }
}

/// A server, its leases and its clock.
struct Bench {
    server: Server,
    store: Store6,
    registry: Registry,
    now: u64,
}

impl Bench {
    fn new(config: Config6) -> Self {
        let registry = Registry::new();
        let snapshot = Snapshot::new(Arc::new(config), Duid::from_slice(SERVER), &registry, None);
        snapshot.publish_totals(&registry);
        let (store, _) = Store6::open(StoreOptions::default()).unwrap();
        Self { server: Server::new(Arc::new(snapshot)), store, registry, now: 1_000_000 }
    }

    /// One subnet with what is made of it.
    fn with(change: impl FnOnce(&mut Subnet6)) -> Self {
        Self::new(one(change))
    }

    fn reconfigure(&mut self, config: Config6) {
        let before = self.server.snapshot.clone();
        let snapshot = Snapshot::new(Arc::new(config), Duid::from_slice(SERVER), &self.registry, Some(&before));
        self.server.configure(Arc::new(snapshot));
    }

    fn receive(&mut self, message: &[u8], from: SocketAddrV6, to: Ipv6Addr) -> Option<(Reply, Vec<u8>)> {
        let received = Received { message, source: from, destination: to, interface: "eth0", hw_type: 1, stored: None };
        let mut out = b"headroom".to_vec();
        let reply = ready(self.server.handle(&received, &mut self.store.session(), self.now, &mut out));
        assert!(out.starts_with(b"headroom"));
        match reply {
            Some(reply) => Some((reply, out.split_off(8))),
            None => {
                assert_eq!(out.len(), 8, "nothing is left of an answer that is not given");
                None
            }
        }
    }

    fn try_ask(&mut self, ask: &Ask) -> Option<Answer> {
        let from = if ask.relays.is_empty() { "[fe80::ff:fe00:1]:546" } else { "[2001:db8:ffff::1]:1547" };
        let to = if ask.unicast { ip("2001:db8::547") } else { ip("ff02::1:2") };
        let (reply, bytes) = self.receive(&ask.bytes(), from.parse().unwrap(), to)?;
        Some(Answer::read(reply, &bytes, ask.relays.len()))
    }

    fn ask(&mut self, ask: &Ask) -> Answer {
        self.try_ask(ask).expect("an answer")
    }

    fn lease(&self, kind: LeaseType, address: &str) -> Option<Lease6> {
        ready(self.store.session().by_address(kind, ip(address))).unwrap()
    }

    fn reclaim(&mut self) -> usize {
        ready(self.server.reclaim(&mut self.store.session(), self.now, 100, None)).unwrap().leases
    }

    fn stat(&self, name: &str) -> i64 {
        self.registry
            .get(name)
            .get(name)
            .and_then(|s| s.get(0)?.get(0)?.as_i64())
            .unwrap_or_else(|| panic!("no {name}"))
    }
}

/// A configuration with the subnet 2001:db8:1::/64 of id 1 on eth0: addresses ::10 to ::1f, prefixes /56 of 2001:db8:8000::/48.
fn one(change: impl FnOnce(&mut Subnet6)) -> Config6 {
    let mut subnet = subnet(1, "2001:db8:1::");
    change(&mut subnet);
    config(vec![subnet], vec![])
}

fn config(subnets: Vec<Subnet6>, networks: Vec<Box<str>>) -> Config6 {
    Config6 {
        subnets: Subnets6::new(subnets, networks),
        host_identifiers: vec![IdentifierKind::HwAddress, IdentifierKind::Duid],
        mac_sources: vec![MacSource::Any],
        decline_probation: 86400,
        relay_supplied_options: vec![65],
        ..Config6::default()
    }
}

fn subnet(id: u32, prefix: &str) -> Subnet6 {
    let prefix = ip(prefix);
    let at = |host: u128| Ipv6Addr::from_bits(prefix.to_bits() + host);
    Subnet6 {
        id,
        prefix,
        prefix_len: 64,
        network: None,
        interface: Some("eth0".into()),
        interface_id: None,
        relays: Vec::new(),
        rapid_commit: false,
        preferred: Lifetime { min: 2000, default: 3000, max: 4000 },
        valid: Lifetime { min: 3000, default: 4000, max: 5000 },
        tee: TeeTimes { renew: None, rebind: None, calculate: true, t1_fraction: 0.5, t2_fraction: 0.8 },
        pools: vec![Pool6 {
            id: 0,
            first: at(0x10),
            last: at(0x1f),
            options: OptionSet::default(),
            guard: Guard::default(),
            additional: Box::default(),
            ddns: Arc::default(),
        }],
        pd_pools: vec![PdPool {
            id: 0,
            prefix: ip("2001:db8:8000::"),
            prefix_len: 48,
            delegated_len: 56,
            excluded: None,
            options: OptionSet::default(),
            guard: Guard::default(),
            additional: Box::default(),
        }],
        allocator: Allocator::Iterative,
        pd_allocator: Allocator::Iterative,
        adaptive_threshold: None,
        reservations: ReservationModes::default(),
        hosts: Hosts::default(),
        options: Arc::default(),
        guard: Guard::default(),
        additional: Box::default(),
        ddns: Arc::default(),
        store_extended_info: false,
        cache: LeaseCache::default(),
    }
}

fn host(kind: IdentifierKind, bytes: &[u8], address: Option<&str>) -> Host6 {
    Host6 {
        identifier: Identifier { kind, bytes: bytes.into() },
        addresses: address.map(ip).into_iter().collect(),
        prefixes: Vec::new(),
        hostname: "".into(),
        options: OptionSet::default(),
        classes: Box::default(),
    }
}

fn item(code: u16, data: &[u8]) -> OptionItem {
    OptionItem::new(code, data)
}

/// An option: code and payload.
type Plain = (u16, Vec<u8>);
/// What a relay adds: link address, peer address, options.
type Passed = (Ipv6Addr, Ipv6Addr, Vec<Plain>);

/// A client's message in the making.
#[derive(Clone)]
struct Ask {
    kind: MessageType,
    options: Vec<Plain>,
    /// From the one next to the server.
    relays: Vec<Passed>,
    unicast: bool,
}

fn ask(kind: MessageType) -> Ask {
    let bare = Ask { kind, options: Vec::new(), relays: Vec::new(), unicast: false };
    let ask = bare.option(code::CLIENT_ID, CLIENT);
    match kind {
        MessageType::REQUEST | MessageType::RENEW | MessageType::RELEASE | MessageType::DECLINE => {
            ask.option(code::SERVER_ID, SERVER)
        }
        _ => ask,
    }
}

impl Ask {
    fn option(mut self, code: u16, data: &[u8]) -> Self {
        self.options.push((code, data.to_vec()));
        self
    }

    fn client(mut self, duid: &[u8]) -> Self {
        self.options
            .iter_mut()
            .filter(|(code, _)| *code == code::CLIENT_ID)
            .for_each(|(_, data)| *data = duid.to_vec());
        self
    }

    fn without(mut self, code: u16) -> Self {
        self.options.retain(|(known, _)| *known != code);
        self
    }

    fn oro(self, codes: &[u16]) -> Self {
        let data: Vec<u8> = codes.iter().flat_map(|code| code.to_be_bytes()).collect();
        self.option(code::ORO, &data)
    }

    fn na(self, iaid: u32, addresses: &[&str]) -> Self {
        self.ia(code::IA_NA, iaid, |out| addresses.iter().for_each(|address| out.ia_address(ip(address), 0, 0)))
    }

    fn pd(self, iaid: u32, prefixes: &[(&str, u8)]) -> Self {
        self.ia(code::IA_PD, iaid, |out| {
            for (prefix, len) in prefixes {
                let open = out.open_ia_prefix(ip(prefix), *len, 0, 0);
                out.close(open);
            }
        })
    }

    fn ia(self, code: u16, iaid: u32, inner: impl FnOnce(&mut Writer<'_>)) -> Self {
        let mut bytes = Vec::new();
        let mut out = Writer::new(&mut bytes);
        let open = out.open_ia(code, iaid, 0, 0);
        inner(&mut out);
        out.close(open);
        let data = Options::new(&bytes, 0).find(code).unwrap().to_vec();
        self.option(code, &data)
    }

    /// Passed on by a relay, further from the client than those before.
    fn relayed(mut self, link: &str, peer: &str, options: &[(u16, &[u8])]) -> Self {
        let options = options.iter().map(|(code, data)| (*code, data.to_vec())).collect();
        self.relays.insert(0, (ip(link), ip(peer), options));
        self
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut out = Writer::new(&mut bytes);
        out.message(self.kind, 0x0a_0b_0c);
        self.options.iter().for_each(|(code, data)| out.option(*code, data));
        out.finish().unwrap();
        for (at, (link, peer, options)) in self.relays.iter().rev().enumerate() {
            let inner = std::mem::replace(&mut bytes, vec![MessageType::RELAY_FORW.0, at as u8]);
            let mut out = Writer::new(&mut bytes);
            out.address(*link);
            out.address(*peer);
            options.iter().for_each(|(code, data)| out.option(*code, data));
            out.option(code::RELAY_MSG, &inner);
            out.finish().unwrap();
        }
        bytes
    }
}

/// An answer as a client reads it.
#[derive(Debug)]
struct Answer {
    to: SocketAddrV6,
    kind: MessageType,
    options: Vec<(u16, Vec<u8>)>,
    ias: Vec<AnsweredIa>,
    status: Option<u16>,
    /// Bytes around the message.
    relayed: Vec<Vec<u8>>,
}

#[derive(Debug)]
struct AnsweredIa {
    iaid: u32,
    t1: u32,
    t2: u32,
    /// Address, length, preferred and valid lifetime.
    leases: Vec<(Ipv6Addr, u8, u32, u32)>,
    status: Option<u16>,
}

impl Answer {
    fn read(reply: Reply, bytes: &[u8], relays: usize) -> Self {
        let (mut relayed, mut message) = (Vec::new(), bytes.to_vec());
        for _ in 0..relays {
            assert_eq!(message[0], MessageType::RELAY_REPL.0);
            let inner = Options::new(&message[34..], 0).find(code::RELAY_MSG).unwrap().to_vec();
            relayed.push(std::mem::replace(&mut message, inner));
        }
        let packet = Packet::parse(&message).unwrap();
        assert_eq!(packet.message.transaction_id, 0x0a_0b_0c);
        let all: Vec<_> = packet.message.options.iter().map(Result::unwrap).collect();
        let ias = all.iter().filter(|o| matches!(o.code, code::IA_NA | code::IA_PD)).map(|option| {
            let ia = Ia::parse(option).unwrap();
            let inner: Vec<_> = ia.options.iter().map(Result::unwrap).collect();
            let addresses = inner.iter().filter_map(IaAddress::parse).map(|a| (a.address, 128, a.preferred, a.valid));
            let prefixes = inner.iter().filter_map(IaPrefix::parse).map(|p| (p.prefix, p.len, p.preferred, p.valid));
            AnsweredIa {
                iaid: ia.iaid,
                t1: ia.t1,
                t2: ia.t2,
                leases: addresses.chain(prefixes).collect(),
                status: ia.options.find(code::STATUS_CODE).map(status),
            }
        });
        let answer = Self {
            to: client_of(&reply),
            kind: packet.message.kind,
            options: all.iter().map(|option| (option.code, option.data.to_vec())).collect(),
            ias: ias.collect(),
            status: packet.message.options.find(code::STATUS_CODE).map(status),
            relayed,
        };
        assert_eq!(answer.find(code::SERVER_ID), Some(SERVER));
        answer
    }

    fn find(&self, code: u16) -> Option<&[u8]> {
        self.options.iter().find(|(known, _)| *known == code).map(|(_, data)| &data[..])
    }

    /// The one lease of the one IA.
    fn lease(&self) -> (Ipv6Addr, u8, u32, u32) {
        assert_eq!(self.ias.len(), 1);
        assert_eq!(self.ias[0].leases.len(), 1, "{:?}", self.ias[0]);
        self.ias[0].leases[0]
    }

    fn address(&self) -> String {
        self.lease().0.to_string()
    }
}

fn status(data: &[u8]) -> u16 {
    u16::from_be_bytes([data[0], data[1]])
}

fn client_of(reply: &Reply) -> SocketAddrV6 {
    match reply.to {
        Target::Client(to) => to,
        Target::Dhcpv4Server => panic!("no answer to a client"),
    }
}
