//! Reservations: found by DUID and by hardware address, kept from others, changed while leases run.

use super::*;

fn with_hosts(hosts: Vec<Host6>) -> Config6 {
    one(|subnet| subnet.hosts = Hosts::new(hosts).unwrap())
}

fn request() -> Ask {
    ask(MessageType::REQUEST).na(1, &[])
}

#[test]
fn by_duid_and_by_hardware_address() {
    let mac: &[u8] = &[2, 0, 0, 0, 0, 1];
    for (kind, bytes) in [(IdentifierKind::Duid, CLIENT), (IdentifierKind::HwAddress, mac)] {
        let mut bench = Bench::new(with_hosts(vec![host(kind, bytes, Some("2001:db8:1::abc"))]));
        assert_eq!(bench.ask(&ask(MessageType::SOLICIT).na(1, &["2001:db8:1::12"])).address(), "2001:db8:1::abc");
        assert_eq!(bench.ask(&request()).address(), "2001:db8:1::abc");
        // One address is reserved; a second association gets one out of the pool.
        assert_eq!(bench.ask(&ask(MessageType::REQUEST).na(2, &[])).address(), "2001:db8:1::10");
    }
}

#[test]
fn the_hardware_address_is_learnt_in_many_ways() {
    let mac = [0, 0x0c, 0x29, 0, 0, 0x77];
    let enterprise: &[u8] = &[0, 2, 0, 0, 0, 9, 1, 2, 3];
    let config = || with_hosts(vec![host(IdentifierKind::HwAddress, &mac, Some("2001:db8:1::abc"))]);
    let query = || ask(MessageType::SOLICIT).client(enterprise).na(1, &[]);
    let link_layer = [&[0, 1][..], &mac].concat();
    let remote_id = [&[0, 0, 0, 9][..], &mac].concat();
    for relayed in [
        query().relayed("2001:db8:1::1", "fe80::1", &[(code::CLIENT_LINKLAYER_ADDR, &link_layer)]),
        query().relayed("2001:db8:1::1", "fe80::20c:29ff:fe00:77", &[]),
        query().relayed("2001:db8:1::1", "fe80::1", &[(code::REMOTE_ID, &remote_id)]),
    ] {
        assert_eq!(Bench::new(config()).ask(&relayed).address(), "2001:db8:1::abc");
    }
    let mut bench = Bench::new(config());
    let direct = query().bytes();
    let (reply, bytes) =
        bench.receive(&direct, "[fe80::20c:29ff:fe00:77]:546".parse().unwrap(), ip("ff02::1:2")).unwrap();
    assert_eq!(Answer::read(reply, &bytes, 0).address(), "2001:db8:1::abc");
}

#[test]
fn nobody_else_gets_a_reserved_address() {
    let hosts = (0..16).map(|n| host(IdentifierKind::Duid, &[9, 9, n], Some(&format!("2001:db8:1::1{n:x}")))).collect();
    let mut bench = Bench::new(with_hosts(hosts));
    let reply = bench.ask(&ask(MessageType::REQUEST).na(1, &["2001:db8:1::13"]));
    assert!(reply.ias[0].leases.is_empty());
    assert_eq!(bench.ask(&request().client(&[9, 9, 3])).address(), "2001:db8:1::13");
}

#[test]
fn a_reservation_made_later_moves_the_client_and_frees_the_address() {
    let mut bench = Bench::with(|_| {});
    let old = bench.ask(&request()).address();
    // The address is now another client's, and this one has its own.
    bench.reconfigure(with_hosts(vec![
        host(IdentifierKind::Duid, OTHER, Some(&old)),
        host(IdentifierKind::Duid, CLIENT, Some("2001:db8:1::abc")),
    ]));
    assert!(bench.ask(&request().client(OTHER)).lease().0 != ip(&old), "still leased");
    let renewed = bench.ask(&ask(MessageType::RENEW).na(1, &[&old]));
    assert_eq!(renewed.ias[0].leases, [(ip("2001:db8:1::abc"), 128, 3000, 4000), (ip(&old), 128, 0, 0)]);
    let moved = bench.ask(&ask(MessageType::RENEW).client(OTHER).na(1, &[]));
    assert_eq!(moved.ias[0].leases[0].0, ip(&old));
}

#[test]
fn prefixes_and_global_reservations() {
    let mut reserved = host(IdentifierKind::Duid, CLIENT, Some("2001:db8:1::abc"));
    reserved.prefixes = vec![ReservedPrefix { prefix: ip("2001:db8:7::"), len: 48, excluded: None }];
    let mut bench = Bench::new(with_hosts(vec![reserved.clone()]));
    let both = bench.ask(&request().pd(2, &[]));
    assert_eq!(both.ias[0].leases[0].0, ip("2001:db8:1::abc"));
    assert_eq!((both.ias[1].leases[0].0, both.ias[1].leases[0].1), (ip("2001:db8:7::"), 48));

    let mut config =
        one(|subnet| subnet.reservations = ReservationModes { global: true, ..ReservationModes::default() });
    config.hosts = Hosts::new(vec![reserved]).unwrap();
    let mut bench = Bench::new(config);
    let both = bench.ask(&request().pd(2, &[]));
    assert_eq!(both.ias[0].leases[0].0, ip("2001:db8:1::abc"));
    assert_eq!(both.ias[1].leases[0].0, ip("2001:db8:7::"));
}

#[test]
fn reservations_can_be_switched_off() {
    let mut bench = Bench::with(|subnet| {
        subnet.hosts = Hosts::new(vec![host(IdentifierKind::Duid, CLIENT, Some("2001:db8:1::abc"))]).unwrap();
        subnet.reservations.in_subnet = false;
    });
    assert_eq!(bench.ask(&request()).address(), "2001:db8:1::10");
}
