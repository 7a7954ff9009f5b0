//! Reservations: whom they are for, what they give, whom they keep out.

use super::bench::*;
use dhcpd_config::common::ReservationModes;
use dhcpd_config::hosts::{Hosts, Identifier, IdentifierKind};
use dhcpd_config::options::OptionSet;
use dhcpd_config::v4::snapshot::{BootFields, Host4, Subnet4};
use std::net::Ipv4Addr;
use wire::v4::{MessageType, code};

fn reserving(hosts: Vec<Host4>) -> Subnet4 {
    Subnet4 { hosts: Hosts::new(hosts).unwrap(), ..subnet(1) }
}

#[test]
fn a_client_gets_its_reserved_address_and_nobody_else_does() {
    let inside = host(7, Some([10, 0, 1, 10]));
    let outside = host(8, Some([10, 0, 1, 200]));
    let mut bench = Bench::new(config(vec![reserving(vec![inside, outside])]));
    assert_eq!(bench.lease(1).octets(), [10, 0, 1, 11], "the first address of the pool is reserved");
    assert_eq!(bench.lease(7).octets(), [10, 0, 1, 10]);
    assert_eq!(bench.lease(8).octets(), [10, 0, 1, 200]);
    assert_eq!(bench.send(&Query::select(2, [10, 0, 1, 10])).unwrap().kind(), MessageType::NAK);
    let renewed = bench.send(&Query::from(8, MessageType::REQUEST, [10, 0, 1, 200])).unwrap();
    assert_eq!(renewed.kind(), MessageType::ACK, "out of the pool as it is");
}

#[test]
fn a_client_is_moved_to_its_reserved_address() {
    let mut bench = Bench::one_subnet();
    let old = bench.lease(7);
    bench.reconfigure(config(vec![reserving(vec![host(7, Some([10, 0, 1, 200]))])]));
    assert_eq!(bench.send(&Query::from(7, MessageType::REQUEST, old)).unwrap().kind(), MessageType::NAK);
    assert_eq!(bench.lease(7).octets(), [10, 0, 1, 200]);
    assert_eq!(bench.lease_on(old.octets()), None);
}

#[test]
fn a_reserved_address_that_another_holds_is_waited_for() {
    let mut bench = Bench::one_subnet();
    let held = bench.lease(1);
    bench.reconfigure(config(vec![reserving(vec![host(7, Some(held.octets()))])]));
    let other = bench.lease(7);
    assert_ne!(other, held);
    assert_eq!(bench.statistic("subnet[1].v4-reservation-conflicts"), 1);
    assert_eq!(bench.send(&Query::from(7, MessageType::REQUEST, other)).unwrap().kind(), MessageType::ACK);
    assert_eq!(bench.send(&Query::from(1, MessageType::REQUEST, held)).unwrap().kind(), MessageType::NAK);
    bench.now += 3601;
    assert_eq!(bench.lease(7), held);
}

#[test]
fn clients_are_known_by_each_kind_of_identifier() {
    let by = |kind, bytes: &[u8], last| Host4 {
        identifier: Identifier { kind, bytes: bytes.into() },
        ..host(0, Some([10, 0, 1, last]))
    };
    let hosts = vec![
        by(IdentifierKind::ClientId, b"\0abc", 101),
        by(IdentifierKind::Duid, b"\0\x01duid", 102),
        by(IdentifierKind::CircuitId, b"port1", 103),
    ];
    let mut bench = Bench::new(config(vec![reserving(hosts)]));
    let mut last = |query: Query| bench.send(&query).unwrap().yiaddr().octets()[3];
    assert_eq!(last(Query::discover(1).with(code::CLIENT_IDENTIFIER, *b"\0abc")), 101);
    assert_eq!(last(Query::discover(1).with(code::CLIENT_IDENTIFIER, *b"\xff\0\0\0\x01\0\x01duid")), 102);
    assert_eq!(last(Query::discover(1).relayed([10, 0, 1, 2]).with(code::AGENT_OPTIONS, *b"\x01\x05port1")), 103);
}

#[test]
fn global_reservations_count_where_they_are_switched_on() {
    let settings = |global| {
        let reservations = ReservationModes { global, ..ReservationModes::default() };
        let mut settings = config(vec![Subnet4 { reservations, ..subnet(1) }]);
        settings.hosts = Hosts::new(vec![host(7, Some([10, 0, 1, 200])), host(8, Some([10, 9, 9, 9]))]).unwrap();
        settings
    };
    assert_eq!(Bench::new(settings(true)).lease(7).octets(), [10, 0, 1, 200]);
    assert_eq!(Bench::new(settings(true)).lease(8).octets(), [10, 0, 1, 10], "not an address of this subnet");
    assert_eq!(Bench::new(settings(false)).lease(7).octets(), [10, 0, 1, 10]);
}

#[test]
fn out_of_pool_means_that_pools_are_not_looked_through() {
    let reservations = ReservationModes { out_of_pool: true, ..ReservationModes::default() };
    let hosts = vec![host(7, Some([10, 0, 1, 10])), host(8, Some([10, 0, 1, 200]))];
    let mut bench = Bench::new(config(vec![Subnet4 { reservations, ..reserving(hosts) }]));
    assert_eq!(bench.lease(1).octets(), [10, 0, 1, 10]);
    assert_eq!(bench.lease(8).octets(), [10, 0, 1, 200]);
}

#[test]
fn options_and_boot_fields_of_the_reservation_come_first() {
    let boot =
        BootFields { next_server: [10, 0, 1, 5].into(), server_hostname: "outer".into(), file: "outer.img".into() };
    let reserved = Host4 {
        next_server: Some([10, 0, 1, 6].into()),
        file: "inner.img".into(),
        options: OptionSet::new(vec![item(code::ROUTERS, &[10, 0, 1, 254])], Vec::new()),
        ..host(7, None)
    };
    let inner = Subnet4 { boot, ..reserving(vec![reserved]) };
    let items = vec![item(code::ROUTERS, &[10, 0, 1, 1]), item(code::DNS_SERVERS, &[10, 0, 1, 3])];
    let mut bench = Bench::new(config(vec![with_options(inner, items)]));
    let mut seen = |client| {
        let offer = bench.send(&Query::discover(client)).unwrap();
        let packet = offer.packet();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let fields = (packet.siaddr(), text(packet.sname()), text(packet.file()));
        (fields, offer.option(code::ROUTERS).unwrap()[3], offer.option(code::DNS_SERVERS).unwrap()[3])
    };
    assert_eq!(seen(1), ((Ipv4Addr::new(10, 0, 1, 5), "outer".into(), "outer.img".into()), 1, 3));
    assert_eq!(seen(7), ((Ipv4Addr::new(10, 0, 1, 6), "outer".into(), "inner.img".into()), 254, 3));
}
