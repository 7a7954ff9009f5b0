//! RELEASE, DECLINE and the end of leases.

use super::*;
use leases::LeaseState;
use wire::v6::Status;

const SUCCESS: Option<u16> = Some(Status::Success as u16);
const NO_BINDING: Option<u16> = Some(Status::NoBinding as u16);

fn leased(bench: &mut Bench) -> String {
    bench.ask(&ask(MessageType::REQUEST).na(1, &[])).address()
}

#[test]
fn a_released_lease_is_kept_for_its_client() {
    let mut bench = Bench::with(|_| {});
    let address = leased(&mut bench);
    let reply = bench.ask(&ask(MessageType::RELEASE).na(1, &[&address]));
    assert_eq!((reply.status, reply.ias[0].status, reply.ias[0].leases.len()), (SUCCESS, SUCCESS, 0));
    let lease = bench.lease(LeaseType::Na, &address).unwrap();
    assert_eq!((lease.state, lease.valid_lifetime), (LeaseState::Released, 0));
    assert_eq!(bench.stat("subnet[1].pool[0].assigned-nas"), 0);
    // Nobody can give it back twice, and its client gets it again.
    assert_eq!(bench.ask(&ask(MessageType::RELEASE).na(1, &[&address])).status, NO_BINDING);
    assert_eq!(leased(&mut bench), address);
    assert_eq!((bench.stat("assigned-nas"), bench.stat("cumulative-assigned-nas")), (1, 2));
}

#[test]
fn a_released_lease_is_deleted_where_none_are_kept() {
    let mut config = one(|_| {});
    config.expired.hold_time = 0;
    let mut bench = Bench::new(config);
    let address = leased(&mut bench);
    bench.ask(&ask(MessageType::RELEASE).na(1, &[&address]));
    assert_eq!(bench.lease(LeaseType::Na, &address), None);
}

#[test]
fn a_prefix_is_released() {
    let mut bench = Bench::with(|_| {});
    bench.ask(&ask(MessageType::REQUEST).pd(1, &[]));
    let reply = bench.ask(&ask(MessageType::RELEASE).pd(1, &[("2001:db8:8000::", 56)]));
    assert_eq!((reply.status, bench.stat("assigned-pds")), (SUCCESS, 0));
}

#[test]
fn only_the_owner_gives_back() {
    let mut bench = Bench::with(|_| {});
    let address = leased(&mut bench);
    for kind in [MessageType::RELEASE, MessageType::DECLINE] {
        for query in [
            ask(kind).client(OTHER).na(1, &[&address]),
            ask(kind).na(2, &[&address]),
            ask(kind).na(1, &["2001:db8:1::15"]),
            ask(kind).na(1, &[]),
        ] {
            assert_eq!(bench.ask(&query).ias[0].status, NO_BINDING);
        }
    }
    assert_eq!(bench.lease(LeaseType::Na, &address).unwrap().state, LeaseState::Assigned);
}

#[test]
fn a_declined_address_is_on_probation() {
    let mut bench = Bench::with(|subnet| subnet.pools[0].last = subnet.pools[0].first);
    let address = leased(&mut bench);
    assert_eq!(bench.ask(&ask(MessageType::DECLINE).na(1, &[&address])).ias[0].status, SUCCESS);
    let lease = bench.lease(LeaseType::Na, &address).unwrap();
    assert_eq!((lease.state, &lease.duid[..], lease.valid_lifetime), (LeaseState::Declined, &[0, 0, 0][..], 86400));
    assert_eq!((bench.stat("declined-addresses"), bench.stat("subnet[1].assigned-nas")), (1, 1));
    assert!(bench.ask(&ask(MessageType::REQUEST).na(1, &[])).ias[0].leases.is_empty());
    bench.now += 86401;
    assert_eq!(bench.reclaim(), 1);
    assert_eq!((bench.stat("declined-addresses"), bench.stat("assigned-nas")), (0, 0));
    assert_eq!(bench.stat("subnet[1].reclaimed-declined-addresses"), 1);
    assert_eq!(leased(&mut bench), address);
}

#[test]
fn leases_end() {
    let mut bench = Bench::with(|_| {});
    let address = leased(&mut bench);
    assert_eq!(bench.reclaim(), 0);
    bench.now += 4001;
    assert_eq!((bench.reclaim(), bench.reclaim()), (1, 0));
    assert_eq!(bench.lease(LeaseType::Na, &address).unwrap().state, LeaseState::ExpiredReclaimed);
    assert_eq!((bench.stat("assigned-nas"), bench.stat("subnet[1].pool[0].reclaimed-leases")), (0, 1));
    // A late renewal finds it again.
    assert_eq!(bench.ask(&ask(MessageType::RENEW).na(1, &[&address])).address(), address);
    assert_eq!(bench.stat("assigned-nas"), 1);
}

#[test]
fn leases_found_at_the_start_are_counted() {
    let mut bench = Bench::with(|_| {});
    let address = leased(&mut bench);
    let lease = bench.lease(LeaseType::Na, &address).unwrap();
    bench.server.snapshot.count(&lease, 1);
    bench.server.snapshot.count(&Lease6 { state: LeaseState::Declined, ..lease.clone() }, 1);
    bench.server.snapshot.count(&Lease6 { state: LeaseState::ExpiredReclaimed, ..lease }, 1);
    assert_eq!((bench.stat("subnet[1].assigned-nas"), bench.stat("subnet[1].declined-addresses")), (3, 1));
    assert!(bench.server.snapshot.is_stale("subnet[2].assigned-nas"));
    assert!(!bench.server.snapshot.is_stale("subnet[1].pool[0].assigned-nas"));
}
