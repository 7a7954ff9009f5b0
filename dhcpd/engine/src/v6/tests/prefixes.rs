//! Prefix delegation.

use super::*;
use wire::v6::Status;

#[test]
fn a_router_gets_a_prefix() {
    let mut bench = Bench::with(|_| {});
    let offer = bench.ask(&ask(MessageType::SOLICIT).pd(1, &[]));
    assert_eq!(offer.lease(), (ip("2001:db8:8000::"), 56, 3000, 4000));
    let reply = bench.ask(&ask(MessageType::REQUEST).pd(1, &[("2001:db8:8000::", 56)]));
    assert_eq!(reply.lease(), offer.lease());
    let lease = bench.lease(LeaseType::Pd, "2001:db8:8000::").unwrap();
    assert_eq!((lease.prefix_len, lease.lease_type, lease.iaid), (56, LeaseType::Pd, 1));
    assert_eq!((bench.stat("subnet[1].assigned-pds"), bench.stat("subnet[1].pd-pool[0].assigned-pds")), (1, 1));
    assert_eq!(bench.ask(&ask(MessageType::REQUEST).pd(2, &[])).address(), "2001:db8:8000:100::");
    bench.now += 100;
    let reply = bench.ask(&ask(MessageType::RENEW).pd(1, &[("2001:db8:8000::", 56), ("2001:db8:9::", 60), ("::", 60)]));
    assert_eq!(reply.ias[0].leases, [(ip("2001:db8:8000::"), 56, 3000, 4000), (ip("2001:db8:9::"), 60, 0, 0)]);
}

#[test]
fn the_length_that_a_router_asks_for_chooses_the_pool() {
    let mut bench = Bench::with(|subnet| {
        let pool = subnet.pd_pools[0].clone();
        subnet.pd_pools.push(PdPool { id: 2, prefix: ip("2001:db8:9000::"), delegated_len: 60, ..pool.clone() });
        subnet.pd_pools.push(PdPool { id: 3, prefix: ip("2001:db8:a000::"), delegated_len: 64, ..pool });
    });
    let mut len_for = |iaid, asked| bench.ask(&ask(MessageType::SOLICIT).pd(iaid, &[("::", asked)])).lease().1;
    assert_eq!(len_for(1, 60), 60);
    assert_eq!(len_for(2, 64), 64);
    assert_eq!(len_for(3, 62), 56, "more room rather than less");
    assert_eq!(len_for(4, 48), 56, "less room rather than nothing");
    assert_eq!(len_for(5, 0), 56);
    let hinted = bench.ask(&ask(MessageType::SOLICIT).pd(6, &[("2001:db8:9000:770::", 60)]));
    assert_eq!(hinted.address(), "2001:db8:9000:770::");
}

#[test]
fn a_prefix_is_kept_out_for_a_router_that_knows_what_that_means() {
    let excluded = Some(Excluded { prefix: ip("2001:db8:8000:0:8000::"), len: 72 });
    let mut bench = Bench::with(|subnet| subnet.pd_pools[0].excluded = excluded);
    let payload = |answer: &Answer| {
        let inner = &answer.find(code::IA_PD).unwrap()[12..];
        let prefix = Options::new(inner, 0).find(code::IA_PREFIX).unwrap();
        Options::new(&prefix[25..], 0).find(code::PD_EXCLUDE).map(<[u8]>::to_vec)
    };
    let without = bench.ask(&ask(MessageType::SOLICIT).pd(1, &[]));
    assert_eq!(payload(&without), None);
    let with = bench.ask(&ask(MessageType::SOLICIT).pd(1, &[]).oro(&[code::PD_EXCLUDE]));
    assert_eq!(payload(&with), Some(vec![72, 0x00, 0x80]));
}

#[test]
fn none_left() {
    let mut bench = Bench::with(|subnet| subnet.pd_pools[0].prefix_len = 56);
    bench.ask(&ask(MessageType::REQUEST).pd(1, &[]));
    let reply = bench.ask(&ask(MessageType::REQUEST).pd(2, &[]));
    assert_eq!(reply.ias[0].status, Some(Status::NoPrefixAvail as u16));
}

#[test]
fn a_rebind_from_an_unknown_link_is_left_to_others() {
    let mut bench = Bench::with(|subnet| subnet.interface = None);
    assert!(bench.try_ask(&ask(MessageType::REBIND).pd(1, &[("2001:db8:8000::", 56)])).is_none());
    assert_eq!(bench.stat("pkt6-receive-drop"), 1);
    let renew = bench.ask(&ask(MessageType::RENEW).pd(1, &[("2001:db8:8000::", 56)]));
    assert_eq!(renew.ias[0].status, Some(Status::NoBinding as u16));
}
