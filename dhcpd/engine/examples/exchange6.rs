//! How long the engine takes for SOLICIT, ADVERTISE, REQUEST, REPLY with an address and a prefix and leases in memory.
//!
//! `cargo run --release -p dhcpd-engine --example exchange6 [CLIENTS]`

use dhcpd_config::classes::Guard;
use dhcpd_config::common::{Allocator, ReservationModes};
use dhcpd_config::hosts::{Hosts, IdentifierKind};
use dhcpd_config::lifetime::{LeaseCache, Lifetime, TeeTimes};
use dhcpd_config::options::{OptionItem, OptionSet};
use dhcpd_config::v6::snapshot::{Config6, MacSource, PdPool, Pool6, Subnet6, Subnets6};
use dhcpd_engine::v6::{Received, Server, Snapshot};
use leases::Duid;
use leases::memfile::{Options, Store6};
use std::net::Ipv6Addr;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Instant;
use wire::v6::{Ia, IaAddress, IaPrefix, MessageType, Packet, Writer, code};

const SERVER: &[u8] = &[0, 3, 0, 1, 2, 0, 0, 0, 0, 9];

fn main() {
    let clients = std::env::args().nth(1).map_or(200_000, |n| n.parse().expect("a number of clients"));
    let dns = OptionItem::new(23, &[0x20; 32]);
    let ip = |text: &str| text.parse::<Ipv6Addr>().expect("an address");
    let none = OptionSet::default();
    let first = ip("2001:db8:1::1:0");
    let last = ip("2001:db8:1::ffff:ffff");
    let prefix = ip("2001:db8:8000::");
    let subnet = Subnet6 {
        id: 1,
        prefix: ip("2001:db8:1::"),
        prefix_len: 64,
        network: None,
        interface: Some("eth0".into()),
        interface_id: None,
        relays: Vec::new(),
        rapid_commit: false,
        preferred: Lifetime::fixed(3000),
        valid: Lifetime::fixed(4000),
        tee: TeeTimes { renew: None, rebind: None, calculate: true, t1_fraction: 0.5, t2_fraction: 0.8 },
        pools: vec![Pool6 {
            id: 0,
            first,
            last,
            options: none.clone(),
            guard: Guard::default(),
            additional: Box::default(),
            ddns: Arc::default(),
        }],
        pd_pools: vec![PdPool {
            id: 0,
            prefix,
            prefix_len: 33,
            delegated_len: 64,
            excluded: None,
            options: none,
            guard: Guard::default(),
            additional: Box::default(),
        }],
        allocator: Allocator::Iterative,
        pd_allocator: Allocator::Iterative,
        adaptive_threshold: None,
        reservations: ReservationModes::default(),
        hosts: Hosts::default(),
        options: Arc::new(OptionSet::new(vec![dns], Vec::new())),
        guard: Guard::default(),
        additional: Box::default(),
        ddns: Arc::default(),
        store_extended_info: false,
        cache: LeaseCache::default(),
    };
    let config = Config6 {
        subnets: Subnets6::new(vec![subnet], Vec::new()),
        host_identifiers: vec![IdentifierKind::HwAddress, IdentifierKind::Duid],
        mac_sources: vec![MacSource::Any],
        ..Config6::default()
    };
    let snapshot = Snapshot::new(Arc::new(config), Duid::from_slice(SERVER), &stats::Registry::new(), None);
    let mut server = Server::new(Arc::new(snapshot));
    let (store, _) = Store6::open(Options::default()).expect("leases in memory need nothing");
    for round in ["new clients", "returning clients"] {
        let begin = Instant::now();
        run(&mut server, &store, clients);
        println!("{round}: {} ns an exchange", begin.elapsed().as_nanos() / u128::from(clients));
    }
}

fn run(server: &mut Server, store: &Store6, clients: u32) {
    let mut out = Vec::with_capacity(2048);
    let mut session = store.session();
    for client in 0..clients {
        let mut send = |message: &[u8]| {
            let received = Received {
                message,
                source: "[fe80::1]:546".parse().expect("an address"),
                destination: "ff02::1:2".parse().expect("an address"),
                interface: "eth0",
                hw_type: 1,
                stored: None,
            };
            out.clear();
            ready(server.handle(&received, &mut session, 1_000_000, &mut out)).expect("an answer");
            leases_in(&out)
        };
        let offered = send(&query(client, MessageType::SOLICIT, None));
        let granted = send(&query(client, MessageType::REQUEST, Some(offered)));
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

/// The address and the prefix in an answer.
fn leases_in(answer: &[u8]) -> (Ipv6Addr, Ipv6Addr) {
    let packet = Packet::parse(answer).expect("a packet");
    let ias = packet.message.options.iter().flatten().filter(|o| matches!(o.code, code::IA_NA | code::IA_PD));
    let leases = ias.filter_map(|option| Ia::parse(&option)?.options.iter().flatten().next());
    let (mut address, mut prefix) = (None, None);
    for lease in leases {
        address = address.or(IaAddress::parse(&lease).map(|a| a.address));
        prefix = prefix.or(IaPrefix::parse(&lease).map(|p| p.prefix));
    }
    (address.expect("an address"), prefix.expect("a prefix"))
}

fn query(client: u32, kind: MessageType, asked: Option<(Ipv6Addr, Ipv6Addr)>) -> Vec<u8> {
    let [a, b, c, d] = client.to_be_bytes();
    let mut bytes = Vec::with_capacity(320);
    let mut out = Writer::new(&mut bytes);
    out.message(kind, client & 0xff_ffff);
    out.option(code::CLIENT_ID, &[0, 3, 0, 1, 2, 0, a, b, c, d]);
    out.option(code::ORO, &[0, 23, 0, 24]);
    out.option(code::ELAPSED_TIME, &[0, 0]);
    if asked.is_some() {
        out.option(code::SERVER_ID, SERVER);
    }
    let ia = out.open_ia(code::IA_NA, 1, 0, 0);
    if let Some((address, _)) = asked {
        out.ia_address(address, 0, 0);
    }
    out.close(ia);
    let ia = out.open_ia(code::IA_PD, 1, 0, 0);
    if let Some((_, prefix)) = asked {
        let prefix = out.open_ia_prefix(prefix, 64, 0, 0);
        out.close(prefix);
    }
    out.close(ia);
    out.finish().expect("a message that is not too long");
    bytes
}
