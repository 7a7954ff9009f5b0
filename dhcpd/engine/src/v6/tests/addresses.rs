//! Addresses: four messages, two messages, renewals, refusals.

use super::*;
use wire::v6::Status;

const NO_ADDRS: Option<u16> = Some(Status::NoAddrsAvail as u16);

#[test]
fn a_client_gets_what_it_was_offered() {
    let mut bench = Bench::with(|_| {});
    let offer = bench.ask(&ask(MessageType::SOLICIT).na(7, &[]));
    assert_eq!(offer.kind, MessageType::ADVERTISE);
    assert_eq!(offer.find(code::CLIENT_ID), Some(CLIENT));
    assert_eq!((offer.ias[0].iaid, offer.ias[0].t1, offer.ias[0].t2), (7, 1500, 2400));
    assert_eq!(offer.lease(), (ip("2001:db8:1::10"), 128, 3000, 4000));
    assert_eq!(bench.lease(LeaseType::Na, "2001:db8:1::10"), None, "an offer is no lease");
    assert_eq!(offer.to, "[fe80::ff:fe00:1]:546".parse().unwrap());

    let reply = bench.ask(&ask(MessageType::REQUEST).na(7, &[&offer.address()]));
    assert_eq!((reply.kind, reply.lease()), (MessageType::REPLY, offer.lease()));
    let lease = bench.lease(LeaseType::Na, "2001:db8:1::10").unwrap();
    assert_eq!((&lease.duid[..], lease.iaid, lease.subnet_id, lease.cltt), (CLIENT, 7, 1, bench.now));
    assert_eq!((lease.hw_addr.as_deref(), lease.hw_type, lease.hw_source), (Some(&CLIENT[4..]), 1, 2));
    assert_eq!(bench.stat("subnet[1].assigned-nas"), 1);
    assert_eq!(bench.stat("subnet[1].pool[0].cumulative-assigned-nas"), 1);
    assert_eq!(bench.stat("subnet[1].pool[0].total-nas"), 16);
    assert_eq!((bench.stat("pkt6-received"), bench.stat("pkt6-sent"), bench.stat("pkt6-advertise-sent")), (2, 2, 1));

    // The same client asks again, from scratch.
    assert_eq!(bench.ask(&ask(MessageType::SOLICIT).na(7, &[])).lease(), offer.lease());
    // Another one is offered another address, though it asks for this one.
    let other = bench.ask(&ask(MessageType::SOLICIT).client(OTHER).na(7, &[&offer.address()]));
    assert_ne!(other.lease().0, offer.lease().0);
}

#[test]
fn rapid_commit_where_the_subnet_allows_it() {
    let solicit = ask(MessageType::SOLICIT).na(1, &[]).option(code::RAPID_COMMIT, &[]);
    assert_eq!(Bench::with(|_| {}).ask(&solicit).kind, MessageType::ADVERTISE);
    let mut bench = Bench::with(|subnet| subnet.rapid_commit = true);
    let reply = bench.ask(&solicit);
    assert_eq!((reply.kind, reply.find(code::RAPID_COMMIT)), (MessageType::REPLY, Some(&[][..])));
    assert!(bench.lease(LeaseType::Na, &reply.address()).is_some());
    assert_eq!(bench.ask(&ask(MessageType::SOLICIT).na(1, &[])).kind, MessageType::ADVERTISE);
}

#[test]
fn lifetimes_follow_the_client_within_the_range() {
    let mut bench = Bench::with(|_| {});
    let mut solicit = |preferred, valid| {
        let ask = ask(MessageType::SOLICIT).ia(code::IA_NA, 1, |out| out.ia_address(ip("::"), preferred, valid));
        let (_, _, preferred, valid) = bench.ask(&ask).lease();
        (preferred, valid)
    };
    assert_eq!(solicit(0, 0), (3000, 4000));
    assert_eq!(solicit(2500, 4500), (2500, 4500));
    assert_eq!(solicit(1, 1), (2000, 3000));
    assert_eq!(solicit(u32::MAX, u32::MAX), (4000, 5000));
    let mut bench = Bench::with(|subnet| subnet.preferred = Lifetime::fixed(0));
    assert_eq!(bench.ask(&ask(MessageType::SOLICIT).na(1, &[])).lease().2, 2500, "five eighths of the valid lifetime");
}

#[test]
fn an_empty_pool_is_said_to_be_empty() {
    let mut bench = Bench::with(|subnet| subnet.pools[0].last = subnet.pools[0].first);
    let first = bench.ask(&ask(MessageType::REQUEST).na(1, &[]));
    let reply = bench.ask(&ask(MessageType::REQUEST).client(OTHER).na(1, &[]));
    assert_eq!((reply.ias[0].leases.len(), reply.ias[0].status), (0, NO_ADDRS));
    assert_eq!((bench.stat("v6-allocation-fail"), bench.stat("subnet[1].v6-allocation-fail-subnet")), (1, 1));
    // Once its time is over the address is another's.
    bench.now += 4001;
    let reply = bench.ask(&ask(MessageType::REQUEST).client(OTHER).na(1, &[]));
    assert_eq!(reply.lease().0, first.lease().0);
    assert_eq!((bench.stat("assigned-nas"), bench.stat("reclaimed-leases")), (1, 1));
    assert_eq!(bench.reclaim(), 0);
}

#[test]
fn without_pools_or_subnet() {
    let mut bench = Bench::with(|subnet| subnet.pools.clear());
    assert_eq!(bench.ask(&ask(MessageType::SOLICIT).na(1, &[])).ias[0].status, NO_ADDRS);
    assert_eq!(bench.stat("v6-allocation-fail-no-pools"), 1);
    let mut bench = Bench::with(|subnet| subnet.interface = None);
    assert_eq!(bench.ask(&ask(MessageType::SOLICIT).na(1, &[])).ias[0].status, NO_ADDRS);
    assert_eq!(bench.ask(&ask(MessageType::RENEW).na(1, &[])).ias[0].status, Some(Status::NoBinding as u16));
}

#[test]
fn several_associations_get_several_addresses() {
    let mut bench = Bench::with(|_| {});
    for kind in [MessageType::SOLICIT, MessageType::REQUEST] {
        let answer = bench.ask(&ask(kind).na(1, &[]).na(2, &[]).pd(3, &[]));
        let leases: Vec<_> = answer.ias.iter().map(|ia| ia.leases[0].0).collect();
        assert_eq!(leases.len(), 3);
        assert_ne!(leases[0], leases[1]);
    }
    assert_eq!((bench.stat("assigned-nas"), bench.stat("assigned-pds")), (2, 1));
}

#[test]
fn a_renewal_extends() {
    let mut bench = Bench::with(|_| {});
    let address = bench.ask(&ask(MessageType::REQUEST).na(1, &[])).address();
    bench.now += 1500;
    for kind in [MessageType::RENEW, MessageType::REBIND] {
        let reply = bench.ask(&ask(kind).na(1, &[&address, "2001:db8:1::99"]));
        let leases = &reply.ias[0].leases;
        assert_eq!(leases[0], (ip(&address), 128, 3000, 4000));
        assert_eq!(leases[1], (ip("2001:db8:1::99"), 128, 0, 0), "not the client's");
        assert_eq!(bench.lease(LeaseType::Na, &address).unwrap().cltt, bench.now);
    }
    assert_eq!(bench.stat("assigned-nas"), 1);
}

#[test]
fn a_renewal_makes_the_lease_that_was_lost() {
    let mut bench = Bench::with(|_| {});
    let reply = bench.ask(&ask(MessageType::RENEW).na(1, &["2001:db8:1::15"]));
    assert_eq!(reply.lease(), (ip("2001:db8:1::15"), 128, 3000, 4000));
}

#[test]
fn a_lease_outside_of_the_new_pools_is_replaced() {
    let mut bench = Bench::with(|_| {});
    let old = bench.ask(&ask(MessageType::REQUEST).na(1, &[])).address();
    bench.reconfigure(one(|subnet| {
        subnet.pools[0].first = ip("2001:db8:1::100");
        subnet.pools[0].last = ip("2001:db8:1::1ff");
    }));
    let reply = bench.ask(&ask(MessageType::RENEW).na(1, &[&old]));
    assert_eq!(reply.ias[0].leases, [(ip("2001:db8:1::100"), 128, 3000, 4000), (ip(&old), 128, 0, 0)]);
    assert_eq!(bench.lease(LeaseType::Na, &old), None);
    assert_eq!(bench.stat("subnet[1].assigned-nas"), 1);
}

#[test]
fn an_early_renewal_leaves_the_lease_alone() {
    let mut bench = Bench::with(|subnet| subnet.cache = LeaseCache { threshold: Some(0.25), max_age: None });
    let address = bench.ask(&ask(MessageType::REQUEST).na(1, &[])).address();
    let cltt = bench.now;
    bench.now += 500;
    assert_eq!(bench.ask(&ask(MessageType::RENEW).na(1, &[&address])).lease(), (ip(&address), 128, 2500, 3500));
    assert_eq!(bench.lease(LeaseType::Na, &address).unwrap().cltt, cltt);
    assert_eq!(bench.stat("subnet[1].v6-ia-na-lease-reuses"), 1);
    bench.now += 1000;
    assert_eq!(bench.ask(&ask(MessageType::RENEW).na(1, &[&address])).lease().3, 4000);
}

#[test]
fn the_random_allocator_finds_every_address() {
    let mut bench = Bench::with(|subnet| subnet.allocator = Allocator::Random);
    let mut addresses: Vec<_> =
        (1..=16).map(|iaid| bench.ask(&ask(MessageType::REQUEST).na(iaid, &[])).address()).collect();
    addresses.sort();
    addresses.dedup();
    assert_eq!(addresses.len(), 16);
    assert_eq!(bench.ask(&ask(MessageType::REQUEST).na(17, &[])).ias[0].status, NO_ADDRS);
}

#[test]
fn pools_are_used_up_one_after_the_other() {
    let mut bench = Bench::with(|subnet| {
        let second =
            Pool6 { id: 5, first: ip("2001:db8:1::a0"), last: ip("2001:db8:1::a1"), ..subnet.pools[0].clone() };
        subnet.pools[0].last = ip("2001:db8:1::11");
        subnet.pools.push(second);
    });
    let addresses: Vec<_> = (1..=4).map(|iaid| bench.ask(&ask(MessageType::REQUEST).na(iaid, &[])).address()).collect();
    assert_eq!(addresses, ["2001:db8:1::10", "2001:db8:1::11", "2001:db8:1::a0", "2001:db8:1::a1"]);
    assert_eq!(bench.lease(LeaseType::Na, "2001:db8:1::a0").unwrap().pool_id, 5);
    assert_eq!(bench.stat("subnet[1].pool[5].assigned-nas"), 2);
}

#[test]
fn a_confirmation_says_whether_the_link_is_right() {
    let mut bench = Bench::with(|_| {});
    let on = bench.ask(&ask(MessageType::CONFIRM).na(1, &["2001:db8:1::77"]));
    assert_eq!((on.kind, on.status, on.ias.len()), (MessageType::REPLY, Some(Status::Success as u16), 0));
    let off = bench.ask(&ask(MessageType::CONFIRM).na(1, &["2001:db8:1::77", "2001:db8:2::1"]));
    assert_eq!(off.status, Some(Status::NotOnLink as u16));
    assert!(bench.try_ask(&ask(MessageType::CONFIRM).na(1, &[])).is_none());
    assert!(bench.try_ask(&ask(MessageType::CONFIRM)).is_none());
    assert_eq!(bench.stat("pkt6-receive-drop"), 0);
}

#[test]
fn what_is_against_the_rules_is_dropped_and_counted() {
    let mut bench = Bench::with(|_| {});
    let dropped = |bench: &mut Bench, ask: Ask, cause: &str| {
        let before = (bench.stat(cause), bench.stat("pkt6-receive-drop"));
        assert!(bench.try_ask(&ask).is_none());
        assert_eq!((bench.stat(cause), bench.stat("pkt6-receive-drop")), (before.0 + 1, before.1 + 1), "{cause}");
    };
    let rule = "pkt6-rfc-violation";
    dropped(&mut bench, ask(MessageType::SOLICIT).without(code::CLIENT_ID), rule);
    dropped(&mut bench, ask(MessageType::SOLICIT).option(code::CLIENT_ID, CLIENT), rule);
    dropped(&mut bench, ask(MessageType::SOLICIT).client(&[1, 2]), rule);
    dropped(&mut bench, ask(MessageType::SOLICIT).client(&[0; 3]), rule);
    dropped(&mut bench, ask(MessageType::SOLICIT).option(code::SERVER_ID, SERVER), rule);
    dropped(&mut bench, ask(MessageType::REQUEST).without(code::SERVER_ID), rule);
    dropped(&mut bench, Ask { unicast: true, ..ask(MessageType::SOLICIT) }, rule);
    dropped(
        &mut bench,
        ask(MessageType::REQUEST).without(code::SERVER_ID).option(code::SERVER_ID, OTHER),
        "pkt6-not-for-us",
    );
    dropped(&mut bench, ask(MessageType::SOLICIT).option(code::IA_NA, &[1, 2, 3]), "pkt6-parse-failed");
    dropped(&mut bench, ask(MessageType::SOLICIT).pd(1, &[("2001:db8::", 129)]), "pkt6-parse-failed");
    let registers = ask(MessageType::ADDR_REG_INFORM).without(code::SERVER_ID).without(code::IA_NA);
    dropped(&mut bench, registers, "pkt6-admin-filtered");
    dropped(&mut bench, ask(MessageType::REPLY), "pkt6-reply-received");
    dropped(&mut bench, ask(MessageType(77)), "pkt6-unknown-received");
}
