//! How long the engine takes for DISCOVER, OFFER, REQUEST, ACK with leases in memory.
//!
//! `cargo run --release -p dhcpd-engine --example exchange [CLIENTS]`

use dhcpd_config::classes::Guard;
use dhcpd_config::common::{Allocator, ReservationModes};
use dhcpd_config::hosts::{Hosts, IdentifierKind};
use dhcpd_config::lifetime::{LeaseCache, Lifetime, TeeTimes};
use dhcpd_config::options::{OptionItem, OptionSet};
use dhcpd_config::v4::snapshot::{BootFields, Config4, Dhcp4o6, Pool4, Subnet4, Subnets4};
use dhcpd_engine::v4::{Received, Server, Snapshot};
use leases::memfile::{Options, Store4};
use std::net::Ipv4Addr;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Instant;
use wire::v4::{Header, Packet, Writer, code};

/// Clients in a batch.
const BATCH: u32 = 16;

fn main() {
    let clients = std::env::args().nth(1).map_or(200_000, |n| n.parse().expect("a number of clients"));
    let options = [(3, &[10, 0, 0, 1][..]), (6, &[10, 0, 0, 2, 10, 0, 0, 3]), (15, b"example.org")];
    let items = options.map(|(code, data)| OptionItem::new(code, data));
    let options = Arc::new(OptionSet::new(items.into(), Vec::new()));
    let pool = Pool4 {
        id: 0,
        first: [10, 0, 0, 10].into(),
        last: [10, 15, 255, 250].into(),
        options: Arc::clone(&options),
        guard: Guard::default(),
        additional: Box::default(),
        ddns: Arc::default(),
    };
    let subnet = Subnet4 {
        id: 1,
        prefix: [10, 0, 0, 0].into(),
        prefix_len: 8,
        network: None,
        interface: None,
        relays: Vec::new(),
        dhcp4o6: Dhcp4o6::default(),
        pools: vec![pool],
        allocator: Allocator::Iterative,
        adaptive_threshold: None,
        valid: Lifetime::fixed(7200),
        tee: TeeTimes { renew: None, rebind: None, calculate: true, t1_fraction: 0.5, t2_fraction: 0.875 },
        cache: LeaseCache::default(),
        offer_lifetime: 0,
        match_client_id: true,
        authoritative: false,
        boot: BootFields::default(),
        reservations: ReservationModes::default(),
        hosts: Hosts::default(),
        options,
        guard: Guard::default(),
        additional: Box::default(),
        ddns: Arc::default(),
        store_extended_info: false,
    };
    let config = Config4 {
        subnets: Subnets4::new(vec![subnet], Vec::new()),
        host_identifiers: vec![IdentifierKind::HwAddress, IdentifierKind::ClientId],
        echo_client_id: true,
        ..Config4::default()
    };
    let snapshot = Snapshot::new(Arc::new(config), &stats::Registry::new(), None);
    let mut server = Server::new(Arc::new(snapshot));
    let (store, _) = Store4::open(Options::default()).expect("leases in memory need nothing");
    for round in ["new clients", "returning clients"] {
        let begin = Instant::now();
        run(&mut server, &store, clients);
        println!("{round}: {} ns an exchange", begin.elapsed().as_nanos() / u128::from(clients));
    }
    let discover = query(1, 1, None);
    let begin = Instant::now();
    for _ in 0..clients {
        std::hint::black_box(Packet::parse(&discover).is_ok());
    }
    println!("parsing: {} ns a packet", begin.elapsed().as_nanos() / u128::from(clients));
}

fn run(server: &mut Server, store: &Store4, clients: u32) {
    let mut out = Vec::with_capacity(2048);
    let mut session = store.session();
    // As a worker does: statistics have their samples once a batch.
    let _batch = stats::batch();
    for client in 0..clients {
        if client % BATCH == 0 {
            stats::flush();
        }
        let mut send = |message: &[u8]| {
            let received = Received {
                message,
                source: "10.0.0.5:67".parse().expect("an address"),
                destination: [10, 0, 0, 1].into(),
                interface: "eth0",
                interface_address: [10, 0, 0, 1].into(),
                over_dhcpv6: None,
            };
            out.clear();
            let reply = ready(server.handle(&received, &mut session, 1_000_000, &mut out));
            reply.expect("an answer");
            Packet::parse(&out).expect("a packet").yiaddr()
        };
        let offered = send(&query(client, 1, None));
        let granted = send(&query(client, 3, Some(offered)));
        assert_eq!(offered, granted);
    }
}

/// With leases in memory nothing waits.
fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it waited"),
    }
}

fn query(client: u32, kind: u8, requested: Option<Ipv4Addr>) -> Vec<u8> {
    let none = Ipv4Addr::UNSPECIFIED;
    let [a, b, c, d] = client.to_be_bytes();
    let header = Header {
        op: 1,
        htype: 1,
        hops: 1,
        xid: client,
        secs: 0,
        flags: 0,
        ciaddr: none,
        yiaddr: none,
        siaddr: none,
        giaddr: [10, 0, 0, 5].into(),
        hw_addr: &[2, 0, a, b, c, d],
        sname: b"",
        file: b"",
    };
    let mut bytes = Vec::with_capacity(320);
    let mut writer = Writer::new(&mut bytes, &header);
    writer.option(code::MESSAGE_TYPE, &[kind]);
    writer.option(code::CLIENT_IDENTIFIER, &[1, 2, 0, a, b, c, d]);
    writer.option(code::PARAMETER_REQUEST_LIST, &[1, 28, 2, 3, 15, 6, 12]);
    if let Some(address) = requested {
        writer.option(code::REQUESTED_ADDRESS, &address.octets());
        writer.option(code::SERVER_IDENTIFIER, &[10, 0, 0, 1]);
    }
    writer.finish();
    bytes
}
