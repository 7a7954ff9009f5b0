//! A lease's life: offered, granted, renewed, released, declined, expired.

use super::bench::*;
use dhcpd_config::common::Allocator;
use dhcpd_config::hosts::Hosts;
use dhcpd_config::lifetime::LeaseCache;
use dhcpd_config::v4::snapshot::Subnet4;
use leases::LeaseState;
use std::net::Ipv4Addr;
use wire::v4::{MessageType, code};

fn address(last: u8) -> Ipv4Addr {
    Ipv4Addr::new(10, 0, 1, last)
}

#[test]
fn discover_and_request() {
    let mut bench = Bench::one_subnet();
    let offer = bench.send(&Query::discover(1).asking_for(&[1, 3, 6])).unwrap();
    assert_eq!((offer.kind(), offer.yiaddr()), (MessageType::OFFER, address(10)));
    assert_eq!(offer.option(code::SUBNET_MASK), Some(vec![255, 255, 255, 0]));
    assert_eq!(offer.option(code::SERVER_IDENTIFIER), Some(SERVER.octets().to_vec()));
    assert_eq!(offer.seconds(code::LEASE_TIME), Some(3600));
    assert_eq!((offer.seconds(code::RENEWAL_TIME), offer.seconds(code::REBINDING_TIME)), (Some(1800), Some(3150)));
    assert_eq!(bench.lease_on([10, 0, 1, 10]), None, "an offer is not kept");

    let ack = bench.send(&Query::select(1, address(10))).unwrap();
    assert_eq!((ack.kind(), ack.yiaddr()), (MessageType::ACK, address(10)));
    let lease = bench.lease_on([10, 0, 1, 10]).unwrap();
    assert_eq!(
        (lease.subnet_id, lease.valid_lifetime, lease.cltt, lease.state),
        (1, 3600, START, LeaseState::Assigned)
    );
    assert_eq!(&lease.hw_addr[..], [2, 0, 0, 0, 0, 1]);
    for name in ["assigned-addresses", "subnet[1].assigned-addresses", "subnet[1].pool[0].assigned-addresses"] {
        assert_eq!(bench.statistic(name), 1, "{name}");
    }
    assert_eq!(bench.statistic("subnet[1].total-addresses"), 11);
    let counted = ["received", "discover-received", "request-received", "sent", "offer-sent", "ack-sent", "nak-sent"];
    assert_eq!(counted.map(|name| bench.statistic(&format!("pkt4-{name}"))), [2, 1, 1, 2, 1, 1, 0]);
}

#[test]
fn two_clients_are_offered_different_addresses() {
    let mut bench = Bench::one_subnet();
    let first = bench.send(&Query::discover(1)).unwrap().yiaddr();
    let second = bench.send(&Query::discover(2)).unwrap().yiaddr();
    assert_ne!(first, second);
    // Should they ask for the same one even so, the second is refused.
    assert_eq!(bench.send(&Query::select(1, first)).unwrap().kind(), MessageType::ACK);
    assert_eq!(bench.send(&Query::select(2, first)).unwrap().kind(), MessageType::NAK);
}

#[test]
fn a_client_gets_its_lease_again_and_the_address_it_asks_for() {
    let mut bench = Bench::one_subnet();
    let first = bench.lease(1);
    assert_eq!(bench.send(&Query::discover(1)).unwrap().yiaddr(), first);
    let wish = Query::discover(2).with(code::REQUESTED_ADDRESS, [10, 0, 1, 15]);
    assert_eq!(bench.send(&wish).unwrap().yiaddr(), address(15));
    let taken = Query::discover(2).with(code::REQUESTED_ADDRESS, first.octets());
    assert_ne!(bench.send(&taken).unwrap().yiaddr(), first);
}

#[test]
fn renewing_extends_the_lease() {
    let mut bench = Bench::one_subnet();
    let leased = bench.lease(1);
    bench.now += 1800;
    let ack = bench.send(&Query::from(1, MessageType::REQUEST, leased)).unwrap();
    assert_eq!((ack.kind(), ack.yiaddr(), ack.packet().ciaddr()), (MessageType::ACK, leased, leased));
    assert_eq!(ack.reply.to, format!("{leased}:68").parse().unwrap());
    assert_eq!(bench.lease_on(leased.octets()).unwrap().cltt, START + 1800);
    assert_eq!(bench.statistic("assigned-addresses"), 1);
    assert_eq!(bench.statistic("cumulative-assigned-addresses"), 1);
}

#[test]
fn rebinding_is_a_renewal_to_everybody() {
    let mut bench = Bench::one_subnet();
    let leased = bench.lease(1);
    let query = Query { destination: Ipv4Addr::BROADCAST, ..Query::from(1, MessageType::REQUEST, leased) };
    let query = Query { interface: "eth0", ..query };
    assert_eq!(bench.send(&query).unwrap().kind(), MessageType::ACK);
}

#[test]
fn renewing_what_another_holds_is_refused() {
    let mut bench = Bench::one_subnet();
    let leased = bench.lease(1);
    assert_eq!(bench.send(&Query::from(2, MessageType::REQUEST, leased)).unwrap().kind(), MessageType::NAK);
}

#[test]
fn init_reboot_is_confirmed_refused_or_left_to_others() {
    let mut bench = Bench::one_subnet();
    let leased = bench.lease(1);
    assert_eq!(bench.send(&Query::reboot(1, leased)).unwrap().kind(), MessageType::ACK);
    let nak = bench.send(&Query::reboot(1, address(20))).unwrap();
    assert_eq!((nak.kind(), nak.yiaddr()), (MessageType::NAK, Ipv4Addr::UNSPECIFIED));
    assert_eq!(nak.option(code::LEASE_TIME), None);
    assert!(bench.send(&Query::reboot(2, address(20))).is_none(), "an unknown client may be another server's");

    let mut bench = Bench::new(config(vec![Subnet4 { authoritative: true, ..subnet(1) }]));
    assert_eq!(bench.send(&Query::reboot(2, address(20))).unwrap().kind(), MessageType::NAK);
}

#[test]
fn a_client_that_selects_another_address_loses_its_lease() {
    let mut bench = Bench::one_subnet();
    let old = bench.lease(1);
    let ack = bench.send(&Query::select(1, address(20))).unwrap();
    assert_eq!((ack.kind(), ack.yiaddr()), (MessageType::ACK, address(20)));
    assert_eq!(bench.lease_on(old.octets()), None);
    assert_eq!(bench.statistic("assigned-addresses"), 1);
}

#[test]
fn an_address_of_no_pool_is_left_to_others() {
    let mut bench = Bench::one_subnet();
    assert!(bench.send(&Query::select(1, [10, 0, 1, 99])).is_none());
}

#[test]
fn clients_choose_their_lifetime_within_the_range() {
    let mut bench = Bench::one_subnet();
    let mut lifetime = |asked: u32| {
        let query = Query::discover(1).with(code::LEASE_TIME, asked.to_be_bytes());
        bench.send(&query).unwrap().seconds(code::LEASE_TIME)
    };
    assert_eq!([0, 1, 1000, u32::MAX].map(&mut lifetime), [Some(3600), Some(600), Some(1000), Some(7200)]);
}

#[test]
fn a_young_lease_is_given_as_it_stands() {
    let cache = LeaseCache { threshold: Some(0.25), max_age: None };
    let mut bench = Bench::new(config(vec![Subnet4 { cache, ..subnet(1) }]));
    let leased = bench.lease(1);
    bench.now += 100;
    let ack = bench.send(&Query::from(1, MessageType::REQUEST, leased)).unwrap();
    assert_eq!(ack.seconds(code::LEASE_TIME), Some(3500));
    assert_eq!(bench.lease_on(leased.octets()).unwrap().cltt, START, "nothing was written");
    assert_eq!(bench.statistic("subnet[1].v4-lease-reuses"), 1);
    bench.now += 900;
    let ack = bench.send(&Query::from(1, MessageType::REQUEST, leased)).unwrap();
    assert_eq!(ack.seconds(code::LEASE_TIME), Some(3600));
}

#[test]
fn a_release_ends_the_lease_of_its_holder_only() {
    let mut bench = Bench::one_subnet();
    let leased = bench.lease(1);
    assert!(bench.send(&Query::from(2, MessageType::RELEASE, leased)).is_none());
    assert_eq!(bench.lease_on(leased.octets()).unwrap().state, LeaseState::Assigned);
    assert!(bench.send(&Query::from(1, MessageType::RELEASE, leased)).is_none());
    assert_eq!(bench.lease_on(leased.octets()).unwrap().state, LeaseState::Released);
    assert_eq!(bench.statistic("assigned-addresses"), 0);
    assert!(bench.send(&Query::from(1, MessageType::RELEASE, leased)).is_none());
    assert_eq!(bench.statistic("assigned-addresses"), 0, "a second release counts nothing");
    assert_eq!(bench.lease(1), leased, "it is kept for its client");
    assert_eq!(bench.statistic("assigned-addresses"), 1);
}

#[test]
fn without_affinity_a_released_lease_is_gone() {
    let mut settings = config(vec![subnet(1)]);
    settings.expired.hold_time = 0;
    let mut bench = Bench::new(settings);
    let leased = bench.lease(1);
    assert!(bench.send(&Query::from(1, MessageType::RELEASE, leased)).is_none());
    assert_eq!(bench.lease_on(leased.octets()), None);
}

#[test]
fn a_declined_address_rests_until_its_probation_is_over() {
    let mut bench = Bench::one_subnet();
    let leased = bench.lease(1);
    let decline = |client| Query::new(client, MessageType::DECLINE).with(code::REQUESTED_ADDRESS, leased.octets());
    assert!(bench.send(&decline(2)).is_none());
    assert_eq!(bench.statistic("declined-addresses"), 0, "only its holder may decline it");
    assert!(bench.send(&decline(1)).is_none());
    let lease = bench.lease_on(leased.octets()).unwrap();
    assert_eq!((lease.state, lease.valid_lifetime, lease.hw_addr.len()), (LeaseState::Declined, 86_400, 0));
    assert_eq!(bench.statistic("subnet[1].declined-addresses"), 1);
    assert_ne!(bench.lease(1), leased);

    bench.now += 86_401;
    assert_eq!(bench.reclaim(), 2, "the declined one and the client's own");
    assert_eq!(bench.lease_on(leased.octets()), None);
    assert_eq!(bench.statistic("declined-addresses"), 0);
    assert_eq!(bench.statistic("reclaimed-declined-addresses"), 1);
    assert_eq!(bench.statistic("assigned-addresses"), 0);
}

#[test]
fn an_expired_lease_is_reclaimed_and_may_be_had_by_another() {
    let mut bench = Bench::one_subnet();
    let leased = bench.lease(1);
    bench.now += 3599;
    assert_eq!(bench.reclaim(), 0);
    bench.now += 2;
    assert_eq!(bench.reclaim(), 1);
    assert_eq!(bench.reclaim(), 0);
    assert_eq!(bench.lease_on(leased.octets()).unwrap().state, LeaseState::ExpiredReclaimed);
    assert_eq!((bench.statistic("assigned-addresses"), bench.statistic("reclaimed-leases")), (0, 1));
    let ack = bench.send(&Query::select(2, leased)).unwrap();
    assert_eq!((ack.kind(), ack.yiaddr()), (MessageType::ACK, leased));
    assert_eq!((bench.statistic("assigned-addresses"), bench.statistic("reclaimed-leases")), (1, 1));
}

#[test]
fn a_full_pool_gives_what_has_expired_and_then_nothing() {
    let mut bench = Bench::one_subnet();
    let all: std::collections::BTreeSet<_> = (1..=11).map(|client| bench.lease(client)).collect();
    assert_eq!(all.len(), 11);
    assert!(bench.send(&Query::discover(12)).is_none());
    assert_eq!(bench.statistic("v4-allocation-fail"), 1);
    assert_eq!(bench.statistic("subnet[1].v4-allocation-fail-subnet"), 1);
    bench.now += 3601;
    assert!(all.contains(&bench.lease(12)));
    assert_eq!(bench.statistic("assigned-addresses"), 11);
}

#[test]
fn reserved_addresses_do_not_keep_a_client_from_what_was_reclaimed() {
    let hosts = (100..105).map(|client| host(client, Some([10, 0, 1, client - 90]))).collect();
    let mut bench = Bench::new(config(vec![Subnet4 { hosts: Hosts::new(hosts).unwrap(), ..subnet(1) }]));
    let all: std::collections::BTreeSet<_> = (1..=6).map(|client| bench.lease(client)).collect();
    assert_eq!(all, (15..=20).map(address).collect());
    assert!(bench.send(&Query::discover(7)).is_none());
    bench.now += 3601;
    assert_eq!(bench.reclaim(), 6);
    assert!(all.contains(&bench.lease(7)));
}

#[test]
fn the_queue_gives_in_any_order_what_is_free_by_now() {
    let queue = || Subnet4 { allocator: Allocator::Flq, ..subnet(1) };
    let orders = (0..20).map(|_| {
        let mut bench = Bench::new(config(vec![queue()]));
        (1..=11).map(|client| bench.lease(client)).collect::<Vec<_>>()
    });
    let orders: std::collections::BTreeSet<_> = orders.collect();
    assert!(orders.len() > 1, "twenty queues in one order");
    for mut order in orders {
        order.sort();
        assert_eq!(order, (10..=20).map(address).collect::<Vec<_>>());
    }
    let mut bench = Bench::new(config(vec![queue()]));
    (1..=11).for_each(|client| assert_eq!(bench.lease(client).octets()[2], 1));
    bench.now += 3601;
    assert!(bench.send(&Query::discover(12)).is_none(), "what is over waits for its reclamation");
    assert_eq!(bench.reclaim(), 11);
    bench.lease(12);
}

#[test]
fn new_leases_are_short_when_few_addresses_are_left() {
    let crowded = |allocator| Subnet4 { allocator, adaptive_threshold: Some(0.8), ..subnet(1) };
    let mut bench = Bench::new(config(vec![crowded(Allocator::Flq)]));
    let mut lifetime = |client| {
        let address = bench.lease(client);
        bench.lease_on(address.octets()).unwrap().valid_lifetime
    };
    assert_eq!([1, 2, 3, 4, 5, 6, 7, 8].map(&mut lifetime), [3600; 8], "8 of 11 are less than 0.8");
    assert_eq!([9, 10, 9].map(&mut lifetime), [600; 3]);
    assert_eq!(lifetime(1), 3600, "what a client has is not cut short");
}

#[test]
fn the_allocator_goes_on_after_a_reconfiguration() {
    let mut bench = Bench::one_subnet();
    assert_eq!(bench.send(&Query::discover(1)).unwrap().yiaddr(), address(10));
    bench.reconfigure(config(vec![subnet(1), subnet(2)]));
    assert_eq!(bench.send(&Query::discover(2)).unwrap().yiaddr(), address(11));
    bench.reconfigure(config(vec![subnet(2)]));
    assert!(bench.snapshot.is_stale("subnet[1].assigned-addresses"));
    assert!(!bench.snapshot.is_stale("subnet[2].pool[0].assigned-addresses") && !bench.snapshot.is_stale("pkt4-sent"));
}

#[test]
fn a_client_is_known_by_its_identifier_or_where_told_by_its_hardware() {
    let with_id = |client, id: &[u8]| Query::discover(client).with(code::CLIENT_IDENTIFIER, id);
    let select = |client, id: &[u8], to| Query::select(client, to).with(code::CLIENT_IDENTIFIER, id);
    let mut bench = Bench::one_subnet();
    bench.send(&select(1, b"\0abc", address(12))).unwrap();
    assert_eq!(bench.send(&with_id(2, b"\0abc")).unwrap().yiaddr(), address(12), "the same client on another card");
    assert_ne!(bench.send(&with_id(1, b"\0xyz")).unwrap().yiaddr(), address(12), "another client on the same card");

    let mut bench = Bench::new(config(vec![Subnet4 { match_client_id: false, ..subnet(1) }]));
    bench.send(&select(1, b"\0abc", address(12))).unwrap();
    assert_eq!(bench.send(&with_id(1, b"\0xyz")).unwrap().yiaddr(), address(12));
    assert_eq!(bench.lease_on([10, 0, 1, 12]).unwrap().client_id, None);
}

#[test]
fn an_offer_can_be_kept_for_its_client() {
    let mut bench = Bench::new(config(vec![Subnet4 { offer_lifetime: 60, ..subnet(1) }]));
    let offer = bench.send(&Query::discover(1)).unwrap();
    assert_eq!(offer.seconds(code::LEASE_TIME), Some(3600), "the client is told what it will get");
    assert_eq!(bench.lease_on(offer.yiaddr().octets()).unwrap().valid_lifetime, 60);
    assert_eq!(bench.statistic("assigned-addresses"), 1);
    assert_eq!(bench.send(&Query::select(2, offer.yiaddr())).unwrap().kind(), MessageType::NAK);
    assert_eq!(bench.send(&Query::select(1, offer.yiaddr())).unwrap().kind(), MessageType::ACK);
    assert_eq!(bench.lease_on(offer.yiaddr().octets()).unwrap().valid_lifetime, 3600);
    assert_eq!(bench.statistic("assigned-addresses"), 1);
    bench.send(&Query::discover(1)).unwrap();
    assert_eq!(bench.lease_on(offer.yiaddr().octets()).unwrap().valid_lifetime, 3600, "it is not cut short");
    let other = bench.send(&Query::discover(2)).unwrap();
    bench.now += 61;
    assert_eq!(bench.reclaim(), 1, "an offer that nobody took");
    assert_eq!(bench.lease_on(other.yiaddr().octets()).unwrap().state, LeaseState::ExpiredReclaimed);
}
