//! Transactions at a real BIND.

mod named;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use d2_config::{Domain, Server};
use d2_server::exchange::Udp;
use d2_server::statistics::Statistics;
use d2_server::transaction::{End, Outcome, Transaction};
use dns::{Algorithm, Key, Name};
use named::Named;
use ncr::{ChangeType, ConflictResolutionMode, Dhcid, NameChangeRequest};

const ZONES: [&str; 3] = ["example.test.", "2.0.192.in-addr.arpa.", "8.b.d.0.1.0.0.2.ip6.arpa."];
const DONE: Result<(), End> = Ok(());

/// Servers of all zones, and what was counted.
struct Bench {
    servers: Vec<Server>,
    registry: Arc<stats::Registry>,
    dns: Udp,
}

impl Bench {
    fn new(servers: &[(SocketAddr, Option<&Key>)]) -> Self {
        let registry = Arc::new(stats::Registry::new());
        let statistics = Arc::new(Statistics::new(registry.clone()));
        let server = |&(address, key): &(SocketAddr, Option<&Key>)| Server { address, key: key.cloned().map(Arc::new) };
        let servers = servers.iter().map(server).collect();
        Self { servers, registry, dns: Udp { timeout: Duration::from_millis(500), statistics } }
    }

    fn run(&self, request: NameChangeRequest) -> Outcome {
        let zone = |name: &str| Domain { zone: Name::parse(name).unwrap(), servers: self.servers.clone() };
        let [forward, reverse4, reverse6] = ZONES.map(|name| Arc::new(zone(name)));
        let transaction = Transaction {
            forward: request.forward_change.then_some(forward),
            reverse: request.reverse_change.then(|| if request.ip_address.is_ipv4() { reverse4 } else { reverse6 }),
            request,
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(transaction.run(&self.dns))
    }

    fn counted(&self, name: &str) -> i64 {
        self.registry.counter(name).value()
    }
}

fn request(change_type: ChangeType, host: &str, address: &str, client: &[u8]) -> NameChangeRequest {
    let fqdn = Name::parse(&format!("{host}.example.test.")).unwrap();
    let ip_address: IpAddr = address.parse().unwrap();
    let dhcid = Dhcid::from_duid(client, &fqdn).unwrap();
    let conflict_resolution_mode = ConflictResolutionMode::CheckWithDhcid;
    let lease_length = 120;
    let (forward_change, reverse_change) = (true, true);
    NameChangeRequest {
        change_type,
        forward_change,
        reverse_change,
        fqdn,
        ip_address,
        dhcid,
        lease_length,
        conflict_resolution_mode,
    }
}

const ALICE: &[u8] = &[0, 1, 0, 1, 1, 2, 3, 4, 5, 6];
const BOB: &[u8] = &[0, 1, 0, 1, 6, 5, 4, 3, 2, 1];

#[test]
fn names_come_change_and_go() {
    let Some(named) = Named::start(&ZONES) else { return };
    let keys = named::keys();
    let bench = Bench::new(&[(named.address, keys.get(3))]);
    use ChangeType::{Add, Remove};

    assert_eq!(bench.run(request(Add, "host", "192.0.2.7", ALICE)).end, DONE);
    assert_eq!(named.dig("host.example.test", "A"), ["192.0.2.7"]);
    assert_eq!(named.dig("7.2.0.192.in-addr.arpa", "PTR"), ["host.example.test."]);
    assert_eq!(named.dig("host.example.test", "DHCID").len(), 1);
    assert_eq!(named.dig("7.2.0.192.in-addr.arpa", "DHCID").len(), 1);

    // The same client at another address: the name is in use, and its own.
    assert_eq!(bench.run(request(Add, "host", "192.0.2.8", ALICE)).end, DONE);
    assert_eq!(named.dig("host.example.test", "A"), ["192.0.2.8"]);
    // And with an address of the other family beside it.
    assert_eq!(bench.run(request(Add, "host", "2001:db8::8", ALICE)).end, DONE);
    assert_eq!(named.dig("host.example.test", "AAAA"), ["2001:db8::8"]);
    assert_eq!(named.dig(&Name::reverse("2001:db8::8".parse().unwrap()).to_string(), "PTR"), ["host.example.test."]);

    assert_eq!(bench.run(request(Remove, "host", "192.0.2.8", ALICE)).end, DONE);
    assert!(named.dig("host.example.test", "A").is_empty());
    assert!(named.dig("8.2.0.192.in-addr.arpa", "ANY").is_empty());
    assert_eq!(named.dig("host.example.test", "AAAA"), ["2001:db8::8"]);
    assert_eq!(named.dig("host.example.test", "DHCID").len(), 1);
    assert_eq!(bench.run(request(Remove, "host", "2001:db8::8", ALICE)).end, DONE);
    assert!(named.dig("host.example.test", "ANY").is_empty());

    let sent = bench.counted("update-sent");
    assert_eq!((bench.counted("update-success"), bench.counted("update-signed")), (sent, sent));
    assert_eq!((bench.counted("key[hmac-sha256.].update-sent"), bench.counted("update-unsigned")), (sent, 0));
}

#[test]
fn a_name_of_another_client_is_left_alone() {
    let Some(named) = Named::start(&ZONES) else { return };
    let keys = named::keys();
    let bench = Bench::new(&[(named.address, keys.first())]);
    use ChangeType::{Add, Remove};

    assert_eq!(bench.run(request(Add, "host", "192.0.2.7", ALICE)).end, DONE);
    let refused = bench.run(request(Add, "host", "192.0.2.9", BOB));
    assert_eq!(refused, Outcome { forward_done: false, reverse_done: false, end: Err(End::Rejected) });
    assert_eq!(named.dig("host.example.test", "A"), ["192.0.2.7"]);
    assert!(named.dig("9.2.0.192.in-addr.arpa", "PTR").is_empty());
    assert_eq!(bench.run(request(Remove, "host", "192.0.2.7", BOB)).end, DONE);
    assert_eq!(named.dig("host.example.test", "A"), ["192.0.2.7"]);

    // Where conflicts are not looked for, whoever comes last has the name.
    let overwrite =
        |mode| NameChangeRequest { conflict_resolution_mode: mode, ..request(Add, "host", "192.0.2.9", BOB) };
    let before = named.dig("host.example.test", "DHCID");
    assert_eq!(bench.run(overwrite(ConflictResolutionMode::CheckExistsWithDhcid)).end, DONE);
    assert_eq!(named.dig("host.example.test", "A"), ["192.0.2.9"]);
    assert_ne!(named.dig("host.example.test", "DHCID"), before);
    assert_eq!(bench.run(overwrite(ConflictResolutionMode::NoCheckWithDhcid)).end, DONE);
    let removed = NameChangeRequest { change_type: Remove, ..overwrite(ConflictResolutionMode::NoCheckWithDhcid) };
    assert_eq!(bench.run(removed).end, DONE);
    assert!(named.dig("host.example.test", "ANY").is_empty());

    // A name without a DHCID is someone's who is not a DHCP client.
    assert_eq!(bench.run(overwrite(ConflictResolutionMode::NoCheckWithoutDhcid)).end, DONE);
    assert!(named.dig("host.example.test", "DHCID").is_empty());
    assert_eq!(bench.run(overwrite(ConflictResolutionMode::CheckExistsWithDhcid)).end, Err(End::Rejected));
    assert_eq!(bench.run(request(Add, "host", "192.0.2.9", BOB)).end, Err(End::Rejected));
}

#[test]
fn every_algorithm_is_understood() {
    let Some(named) = Named::start(&ZONES) else { return };
    for (number, key) in named::keys().iter().enumerate() {
        let bench = Bench::new(&[(named.address, Some(key))]);
        let (host, address) = (format!("host{number}"), format!("192.0.2.{number}"));
        assert_eq!(bench.run(request(ChangeType::Add, &host, &address, ALICE)).end, DONE, "{key:?}");
        assert_eq!(named.dig(&format!("{host}.example.test"), "A"), [address]);
        assert_eq!(bench.counted("update-error"), 0, "{key:?}");
    }
}

#[test]
fn a_wrong_key_is_of_no_use() {
    let Some(named) = Named::start(&ZONES) else { return };
    for key in [
        named::key("unknown", Algorithm::Sha256, named::SECRET, 0),
        named::key("hmac-sha256", Algorithm::Sha256, b"something else", 0),
        named::key("hmac-sha256", Algorithm::Sha512, named::SECRET, 0),
    ] {
        let bench = Bench::new(&[(named.address, Some(&key))]);
        let outcome = bench.run(request(ChangeType::Add, "host", "192.0.2.7", ALICE));
        assert_eq!(outcome.end, Err(End::NoMoreServers), "{key:?}");
        assert_eq!((bench.counted("update-sent"), bench.counted("update-error")), (3, 3), "{key:?}");
    }
    let unsigned = Bench::new(&[(named.address, None)]);
    assert_eq!(unsigned.run(request(ChangeType::Add, "host", "192.0.2.7", ALICE)).end, Err(End::Rejected));
    assert_eq!((unsigned.counted("update-unsigned"), unsigned.counted("update-success")), (1, 1));
    assert!(named.dig("host.example.test", "ANY").is_empty());
}

#[test]
fn a_server_that_is_down_or_silent_is_passed_over() {
    let Some(named) = Named::start(&ZONES) else { return };
    let keys = named::keys();
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut bench = Bench::new(&[
        (named::free_address(), keys.first()),
        (silent.local_addr().unwrap(), keys.first()),
        (named.address, keys.first()),
    ]);
    bench.dns.timeout = Duration::from_millis(250);
    let add = NameChangeRequest { reverse_change: false, ..request(ChangeType::Add, "host", "192.0.2.7", ALICE) };
    // The patience that the silent server needs must do for the one that answers; it has three tries, too.
    assert_eq!(bench.run(add).end, DONE);
    assert_eq!(named.dig("host.example.test", "A"), ["192.0.2.7"]);
    assert_eq!(bench.counted("update-error"), 3);
    assert!(bench.counted("update-timeout") >= 3);
}
