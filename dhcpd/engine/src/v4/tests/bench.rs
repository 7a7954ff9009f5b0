//! The bench: a server, its leases, its clock; packets of clients and of relays.

use super::super::{Link, Received, Reply, Server, Snapshot};
use ::leases::memfile::{Options, Store4};
use ::leases::{Lease4, Leases4};
use dhcpd_config::classes::Guard;
use dhcpd_config::common::{Allocator, ReservationModes};
use dhcpd_config::ddns::Ddns;
use dhcpd_config::hosts::{Hosts, Identifier, IdentifierKind};
use dhcpd_config::lifetime::{LeaseCache, Lifetime, TeeTimes};
use dhcpd_config::options::{OptionItem, OptionSet};
use dhcpd_config::v4::snapshot::{BootFields, Config4, Dhcp4o6, Host4, Pool4, Subnet4, Subnets4};
use ncr::NameChangeRequest;
use stats::Registry;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use wire::v4::{Header, MessageType, Packet, Writer, code};

pub const SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 1, 1);
pub const START: u64 = 1_000_000;

/// With memfile every future is ready at its first poll.
pub fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the engine waited for a store that never makes it wait"),
    }
}

pub struct Bench {
    pub server: Server,
    pub store: Store4,
    pub registry: Registry,
    pub snapshot: Arc<Snapshot>,
    pub now: u64,
}

/// An answer as a client sees it.
#[derive(Debug)]
pub struct Seen {
    pub reply: Reply,
    bytes: Vec<u8>,
}

impl Seen {
    pub fn packet(&self) -> Packet<'_> {
        Packet::parse(&self.bytes).expect("the engine writes packets that can be read")
    }

    pub fn kind(&self) -> MessageType {
        self.packet().message_type().expect("an answer has a type")
    }

    pub fn yiaddr(&self) -> Ipv4Addr {
        self.packet().yiaddr()
    }

    pub fn option(&self, code: u8) -> Option<Vec<u8>> {
        self.packet().option(code).map(<[u8]>::to_vec)
    }

    pub fn seconds(&self, code: u8) -> Option<u32> {
        self.packet().u32_option(code)
    }

    pub fn len(&self) -> usize {
        self.bytes.len()
    }
}

impl Bench {
    pub fn new(config: Config4) -> Self {
        let (store, _) = Store4::open(Options::default()).expect("leases in memory need nothing");
        let registry = Registry::new();
        let snapshot = Arc::new(Snapshot::new(Arc::new(config), &registry, None));
        snapshot.publish_totals();
        Self { server: Server::new(Arc::clone(&snapshot)), store, registry, snapshot, now: START }
    }

    /// One subnet, 10.0.1.0/24 with the pool .10 to .20.
    pub fn one_subnet() -> Self {
        Self::new(config(vec![subnet(1)]))
    }

    pub fn reconfigure(&mut self, config: Config4) {
        self.snapshot = Arc::new(Snapshot::new(Arc::new(config), &self.registry, Some(&self.snapshot)));
        self.server.configure(Arc::clone(&self.snapshot));
    }

    pub fn receive(&mut self, received: &Received<'_>) -> Option<Seen> {
        let mut bytes = Vec::new();
        let mut session = self.store.session();
        let reply = ready(self.server.handle(received, &mut session, self.now, &mut bytes));
        assert_eq!(reply.is_some(), !bytes.is_empty(), "a reply has bytes, and silence has none");
        reply.map(|reply| Seen { reply, bytes })
    }

    /// Sends a query and waits for the answer.
    pub fn send(&mut self, query: &Query) -> Option<Seen> {
        let message = query.bytes();
        self.receive(&query.received(&message))
    }

    /// DISCOVER, OFFER, REQUEST, ACK: the address that the client gets.
    pub fn lease(&mut self, client: u8) -> Ipv4Addr {
        let offer = self.send(&Query::discover(client)).expect("an offer");
        let ack = self.send(&Query::select(client, offer.yiaddr())).expect("an answer");
        assert_eq!((ack.kind(), ack.yiaddr()), (MessageType::ACK, offer.yiaddr()));
        ack.yiaddr()
    }

    pub fn lease_on(&mut self, address: [u8; 4]) -> Option<Lease4> {
        ready(self.store.session().by_address(address.into())).expect("memory does not fail")
    }

    pub fn reclaim(&mut self) -> usize {
        let mut session = self.store.session();
        ready(self.server.reclaim(&mut session, self.now, 100, None)).expect("memory does not fail").leases
    }

    pub fn statistic(&self, name: &str) -> i64 {
        self.registry.counter(name).value()
    }

    pub fn name_changes(&mut self) -> Vec<NameChangeRequest> {
        std::mem::take(self.server.name_changes())
    }
}

/// A client's message in the making.
#[derive(Clone, Debug)]
pub struct Query {
    pub hw_addr: Vec<u8>,
    pub flags: u16,
    pub ciaddr: Ipv4Addr,
    pub giaddr: Ipv4Addr,
    pub source: Ipv4Addr,
    pub destination: Ipv4Addr,
    pub interface: &'static str,
    pub options: Vec<(u8, Vec<u8>)>,
}

impl Query {
    pub fn new(client: u8, kind: MessageType) -> Self {
        Self {
            hw_addr: vec![2, 0, 0, 0, 0, client],
            flags: 0,
            ciaddr: Ipv4Addr::UNSPECIFIED,
            giaddr: Ipv4Addr::UNSPECIFIED,
            source: Ipv4Addr::UNSPECIFIED,
            destination: Ipv4Addr::BROADCAST,
            interface: "eth0",
            options: vec![(code::MESSAGE_TYPE, vec![kind.0])],
        }
    }

    pub fn discover(client: u8) -> Self {
        Self::new(client, MessageType::DISCOVER)
    }

    /// REQUEST in state SELECTING.
    pub fn select(client: u8, address: impl Into<Ipv4Addr>) -> Self {
        Self::reboot(client, address).with(code::SERVER_IDENTIFIER, SERVER.octets())
    }

    /// REQUEST in state INIT-REBOOT.
    pub fn reboot(client: u8, address: impl Into<Ipv4Addr>) -> Self {
        Self::new(client, MessageType::REQUEST).with(code::REQUESTED_ADDRESS, address.into().octets())
    }

    /// REQUEST in state RENEWING, or another message from a client that has an address.
    pub fn from(client: u8, kind: MessageType, address: impl Into<Ipv4Addr>) -> Self {
        let address = address.into();
        Self { ciaddr: address, source: address, destination: SERVER, ..Self::new(client, kind) }
    }

    pub fn with(mut self, code: u8, payload: impl Into<Vec<u8>>) -> Self {
        self.options.push((code, payload.into()));
        self
    }

    pub fn asking_for(self, codes: &[u8]) -> Self {
        self.with(code::PARAMETER_REQUEST_LIST, codes)
    }

    /// Sent by way of a relay.
    pub fn relayed(self, giaddr: [u8; 4]) -> Self {
        Self { giaddr: giaddr.into(), source: giaddr.into(), destination: SERVER, ..self }
    }

    pub fn bytes(&self) -> Vec<u8> {
        let header = Header {
            op: 1,
            htype: 1,
            hops: u8::from(!self.giaddr.is_unspecified()),
            xid: 0x1234,
            secs: 0,
            flags: self.flags,
            ciaddr: self.ciaddr,
            yiaddr: Ipv4Addr::UNSPECIFIED,
            siaddr: Ipv4Addr::UNSPECIFIED,
            giaddr: self.giaddr,
            hw_addr: &self.hw_addr,
            sname: b"",
            file: b"",
        };
        let mut bytes = Vec::new();
        let mut writer = Writer::new(&mut bytes, &header);
        self.options.iter().for_each(|(code, payload)| writer.option(*code, payload));
        writer.finish();
        bytes
    }

    pub fn received<'a>(&self, message: &'a [u8]) -> Received<'a> {
        let port = if self.giaddr.is_unspecified() { 68 } else { 67 };
        Received {
            message,
            source: SocketAddrV4::new(self.source, port),
            destination: self.destination,
            interface: self.interface,
            interface_address: SERVER,
            over_dhcpv6: None,
            stored: None,
        }
    }
}

pub fn config(subnets: Vec<Subnet4>) -> Config4 {
    Config4 {
        subnets: Subnets4::new(subnets, vec!["floor".into()]),
        host_identifiers: vec![
            IdentifierKind::HwAddress,
            IdentifierKind::Duid,
            IdentifierKind::CircuitId,
            IdentifierKind::ClientId,
        ],
        echo_client_id: true,
        decline_probation: 86_400,
        ..Config4::default()
    }
}

/// Subnet 10.0.ID.0/24 with the pool 10.0.ID.10 to 10.0.ID.20.
pub fn subnet(id: u8) -> Subnet4 {
    Subnet4 {
        id: id.into(),
        prefix: [10, 0, id, 0].into(),
        prefix_len: 24,
        network: None,
        interface: None,
        relays: Vec::new(),
        dhcp4o6: Dhcp4o6::default(),
        pools: vec![pool([10, 0, id, 10], [10, 0, id, 20])],
        allocator: Allocator::Iterative,
        adaptive_threshold: None,
        valid: Lifetime { min: 600, default: 3600, max: 7200 },
        tee: TeeTimes { renew: None, rebind: None, calculate: true, t1_fraction: 0.5, t2_fraction: 0.875 },
        cache: LeaseCache::default(),
        offer_lifetime: 0,
        match_client_id: true,
        authoritative: false,
        boot: BootFields::default(),
        reservations: ReservationModes::default(),
        hosts: Hosts::default(),
        options: Arc::default(),
        guard: Guard::default(),
        additional: Box::default(),
        ddns: Arc::default(),
        store_extended_info: false,
    }
}

pub fn pool(first: [u8; 4], last: [u8; 4]) -> Pool4 {
    Pool4 {
        id: 0,
        first: first.into(),
        last: last.into(),
        options: Arc::default(),
        guard: Guard::default(),
        additional: Box::default(),
        ddns: Arc::default(),
    }
}

/// The subnet's options, in its pools too.
pub fn with_options(mut subnet: Subnet4, items: Vec<OptionItem>) -> Subnet4 {
    subnet.options = Arc::new(OptionSet::new(items, Vec::new()));
    subnet.pools.iter_mut().for_each(|pool| pool.options = Arc::clone(&subnet.options));
    subnet
}

/// The subnet's name rules, in its pools too.
pub fn with_names(mut subnet: Subnet4, ddns: Ddns) -> Subnet4 {
    subnet.ddns = Arc::new(ddns);
    subnet.pools.iter_mut().for_each(|pool| pool.ddns = Arc::clone(&subnet.ddns));
    subnet
}

pub fn item(code: u8, data: &[u8]) -> OptionItem {
    OptionItem::new(code.into(), data)
}

/// A reservation for the client's hardware address.
pub fn host(client: u8, address: Option<[u8; 4]>) -> Host4 {
    Host4 {
        identifier: Identifier { kind: IdentifierKind::HwAddress, bytes: [2, 0, 0, 0, 0, client].into() },
        address: address.map(Ipv4Addr::from),
        hostname: "".into(),
        next_server: None,
        server_hostname: "".into(),
        file: "".into(),
        options: OptionSet::default(),
        classes: Box::default(),
    }
}

pub fn hardware(client: u8) -> Link {
    Link::Hardware(::leases::HwAddr::from_slice(&[2, 0, 0, 0, 0, client]))
}
