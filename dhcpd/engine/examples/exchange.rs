//! How long the engine takes for DISCOVER, OFFER, REQUEST, ACK with leases in memory: few of them and many, a pool that is
//! nearly full, many reservations.
//!
//! `cargo run --release -p dhcpd-engine --example exchange [CLIENTS]`

use dhcpd_config::classes::Guard;
use dhcpd_config::common::{Allocator, ReservationModes};
use dhcpd_config::hosts::{Hosts, Identifier, IdentifierKind};
use dhcpd_config::lifetime::{LeaseCache, Lifetime, TeeTimes};
use dhcpd_config::options::{OptionItem, OptionSet};
use dhcpd_config::v4::snapshot::{BootFields, Config4, Dhcp4o6, Host4, Pool4, Subnet4, Subnets4};
use dhcpd_engine::v4::{Received, Server, Snapshot};
use leases::memfile::{Options, Store4};
use std::net::Ipv4Addr;
use std::ops::Range;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use wire::v4::{Header, Packet, Writer, code};

/// Clients in a batch.
const BATCH: u32 = 16;
/// Addresses of the pool: a little more than a million.
const FIRST: u32 = 0x0a00_000a;
const ADDRESSES: u32 = 1_001_000;
/// Conversations that are measured in each case.
const ROUNDS: u32 = 20_000;

fn main() {
    let clients = std::env::args().nth(1).map_or(200_000, |n| n.parse().expect("a number of clients"));
    let mut bench = Bench::new(subnet(Allocator::Iterative));
    for round in ["new clients", "returning clients"] {
        println!("{round}: {} ns an exchange", bench.measure(0..clients));
    }
    let discover = query(1, 1, None);
    let begin = cpu_time();
    for _ in 0..clients {
        std::hint::black_box(Packet::parse(&discover).is_ok());
    }
    println!("parsing: {} ns a packet", (cpu_time() - begin) / u64::from(clients));
    drop(bench);
    let queue = || subnet(Allocator::Flq);
    case("1,000 leases", subnet(Allocator::Iterative), 1000);
    case("1,000,000 leases in the pool, which is 99.9 % full", subnet(Allocator::Iterative), 1_000_000);
    case("the same, random", subnet(Allocator::Random), 1_000_000);
    case("the same, flq", queue(), 1_000_000);
    case("the same, flq with a threshold", Subnet4 { adaptive_threshold: Some(0.9), ..queue() }, 1_000_000);
    // Those who have the reservations are not there.
    let hosts = || Hosts::new((0..100_000).map(reservation).collect()).expect("each has an identifier of its own");
    case("100,000 reservations", Subnet4 { hosts: hosts(), ..subnet(Allocator::Iterative) }, 1000);
    case(
        "100,000 reservations and else a full pool",
        Subnet4 { hosts: hosts(), ..subnet(Allocator::Iterative) },
        900_000,
    );
}

/// New clients where so many leases are. Each gives its address back, so that the pool stays as full as it is.
fn case(name: &str, subnet: Subnet4, leases: u32) {
    let mut bench = Bench::new(subnet);
    bench.measure(0..leases);
    let new = bench.measure_all(2_000_000..2_000_000 + ROUNDS, true);
    let renewed = bench.measure(0..ROUNDS.min(leases)) / 2;
    println!("{name}: {new} ns a new client, {renewed} ns a packet of one that is known");
}

fn subnet(allocator: Allocator) -> Subnet4 {
    let options = [(3, &[10, 0, 0, 1][..]), (6, &[10, 0, 0, 2, 10, 0, 0, 3]), (15, b"example.org")];
    let items = options.map(|(code, data)| OptionItem::new(code, data));
    let options = Arc::new(OptionSet::new(items.into(), Vec::new()));
    let pool = Pool4 {
        id: 0,
        first: FIRST.into(),
        last: (FIRST + ADDRESSES - 1).into(),
        options: Arc::clone(&options),
        guard: Guard::default(),
        additional: Box::default(),
        ddns: Arc::default(),
    };
    Subnet4 {
        id: 1,
        prefix: [10, 0, 0, 0].into(),
        prefix_len: 8,
        network: None,
        interface: None,
        relays: Vec::new(),
        dhcp4o6: Dhcp4o6::default(),
        pools: vec![pool],
        allocator,
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
    }
}

/// Of an address in the pool, for a client that does not come.
fn reservation(number: u32) -> Host4 {
    Host4 {
        identifier: Identifier {
            kind: IdentifierKind::HwAddress,
            bytes: [&[9, 9][..], &number.to_be_bytes()].concat().into(),
        },
        address: Some((FIRST + number).into()),
        hostname: "".into(),
        next_server: None,
        server_hostname: "".into(),
        file: "".into(),
        options: OptionSet::default(),
        classes: Box::default(),
    }
}

struct Bench {
    server: Server,
    store: Store4,
}

impl Bench {
    fn new(subnet: Subnet4) -> Self {
        let mut config = Config4 {
            subnets: Subnets4::new(vec![subnet], Vec::new()),
            host_identifiers: vec![IdentifierKind::HwAddress, IdentifierKind::ClientId],
            echo_client_id: true,
            ..Config4::default()
        };
        config.expired.hold_time = 0;
        let snapshot = Snapshot::new(Arc::new(config), &stats::Registry::new(), None);
        let (store, _) = Store4::open(Options::default()).expect("leases in memory need nothing");
        Self { server: Server::new(Arc::new(snapshot)), store }
    }

    /// Nanoseconds of the processor for each client's conversation.
    fn measure(&mut self, clients: Range<u32>) -> u64 {
        self.measure_all(clients, false)
    }

    fn measure_all(&mut self, clients: Range<u32>, release: bool) -> u64 {
        let (begin, count) = (cpu_time(), u64::from(clients.end - clients.start));
        let (mut out, mut session) = (Vec::with_capacity(2048), self.store.session());
        // As a worker does: statistics have their samples once a batch.
        let _batch = stats::batch();
        for client in clients {
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
                    stored: None,
                };
                out.clear();
                let reply = ready(self.server.handle(&received, &mut session, 1_000_000, &mut out));
                reply.map(|_| Packet::parse(&out).expect("a packet").yiaddr())
            };
            let offered = send(&query(client, 1, None)).expect("an offer");
            let granted = send(&query(client, 3, Some(offered)));
            assert_eq!(Some(offered), granted);
            if release {
                assert_eq!(send(&query(client, 7, Some(offered))), None);
            }
        }
        (cpu_time() - begin) / count.max(1)
    }
}

/// Nanoseconds that this process had the processor: other programs may run meanwhile.
fn cpu_time() -> u64 {
    let text = std::fs::read_to_string("/proc/self/schedstat").expect("a proc file system");
    text.split(' ').next().and_then(|number| number.parse().ok()).expect("a number")
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
    let releases = kind == 7;
    let [a, b, c, d] = client.to_be_bytes();
    let header = Header {
        op: 1,
        htype: 1,
        hops: 1,
        xid: client,
        secs: 0,
        flags: 0,
        ciaddr: requested.filter(|_| releases).unwrap_or(none),
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
    if let Some(address) = requested.filter(|_| !releases) {
        writer.option(code::REQUESTED_ADDRESS, &address.octets());
        writer.option(code::SERVER_IDENTIFIER, &[10, 0, 0, 1]);
    }
    writer.finish();
    bytes
}
