//! DHCPv6: any sequence of operations gives what a plain map gives, and the file gives it again.

mod common;

use common::{at, ready};
use dhcpd_leases::memfile::{ClassCounts, Store6, Table6};
use dhcpd_leases::{Duid, HwAddr, Lease6, LeaseState, LeaseType, Leases6, Range6};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::net::Ipv6Addr;
use std::sync::Arc;

type Model = BTreeMap<(Ipv6Addr, LeaseType), Lease6>;
type Session<'a> = dhcpd_leases::memfile::Session<'a, Table6>;

/// A place where a lease may stand: addresses next to each other, prefixes of three lengths over one another.
#[derive(Clone, Copy, Debug)]
struct Spot {
    lease_type: LeaseType,
    prefix_len: u8,
    address: Ipv6Addr,
}

#[derive(Clone, Debug)]
enum Step {
    Put(Box<Lease6>),
    Remove(Spot),
    FindFree(Spot, Spot, Spot, u64),
    ByIa(LeaseType, Duid, u32),
    ByDuid(Duid),
    Expired(u64, usize),
    RemoveReclaimed(u64, usize),
    Cleanup,
    Reload,
}

const BASE: u128 = 0x2001_0db8_0000_0000_0000_0000_0000_0000;

fn spot_of(prefix_len: u8, number: u128) -> Spot {
    let lease_type = if prefix_len == 128 { LeaseType::Na } else { LeaseType::Pd };
    Spot { lease_type, prefix_len, address: Ipv6Addr::from_bits(BASE + (number << (128 - prefix_len))) }
}

fn spot() -> impl Strategy<Value = Spot> {
    prop_oneof![
        (56u128..72).prop_map(|number| spot_of(128, number)),
        (0u128..16).prop_map(|number| spot_of(60, number)),
        (0u128..64).prop_map(|number| spot_of(62, number)),
        (0u128..4).prop_map(|number| spot_of(58, number)),
    ]
}

fn duid() -> impl Strategy<Value = Duid> {
    (0u8..4).prop_map(|byte| Duid::from_slice(&[0, 3, 0, 1, byte]))
}

fn state() -> impl Strategy<Value = LeaseState> {
    use LeaseState::{Assigned, Declined, ExpiredReclaimed, Registered, Released};
    prop_oneof![4 => Just(Assigned), 1 => Just(Declined), 1 => Just(ExpiredReclaimed), 1 => Just(Released), 1 => Just(Registered)]
}

prop_compose! {
    fn lease()(
        spot in spot(),
        (duid, anonymous) in (duid(), prop::bool::weighted(0.1)),
        iaid in 0u32..3,
        (preferred_lifetime, valid_lifetime) in (0u32..30, prop_oneof![Just(0), 1u32..30, Just(u32::MAX)]),
        cltt in 0u64..30,
        (subnet_id, pool_id) in (1u32..3, 0u32..3),
        (fqdn_fwd, fqdn_rev) in any::<(bool, bool)>(),
        hostname in prop_oneof![Just(String::new()), "[a-z,&;é\n]{1,9}"],
        hw in prop::option::of((prop::collection::vec(any::<u8>(), 1..20), any::<u16>(), any::<u32>())),
        state in state(),
        user_context in prop::option::of(prop_oneof![
            Just(r#"{ "a": "x,y&\n" }"#.into()),
            Just(r#"{ "ISC": { "client-classes": [ "ALL", "gold" ] } }"#.into()),
            Just(r#"{ "ISC": { "client-classes": [ "gold" ] }, "a": 1 }"#.into()),
        ]),
    ) -> Lease6 {
        let (hw_type, hw_source) = hw.as_ref().map_or((0, 0), |hw| (hw.1, hw.2));
        Lease6 {
            lease_type: spot.lease_type, address: spot.address, prefix_len: spot.prefix_len,
            duid: if anonymous { Duid::new() } else { duid },
            state: if anonymous { LeaseState::Declined } else { state },
            hw_addr: hw.map(|hw| HwAddr::from_vec(hw.0)),
            hostname: hostname.into(),
            iaid, preferred_lifetime, valid_lifetime, cltt, subnet_id, pool_id, fqdn_fwd, fqdn_rev, hw_type, hw_source,
            user_context,
        }
    }
}

fn step() -> impl Strategy<Value = Step> {
    let lease_type = prop_oneof![Just(LeaseType::Na), Just(LeaseType::Pd)];
    prop_oneof![
        12 => lease().prop_map(|lease| Step::Put(Box::new(lease))),
        3 => spot().prop_map(Step::Remove),
        5 => (spot(), spot(), spot(), 0u64..60).prop_map(|(a, b, c, now)| Step::FindFree(a, b, c, now)),
        2 => (lease_type, duid(), 0u32..3).prop_map(|(lease_type, duid, iaid)| Step::ByIa(lease_type, duid, iaid)),
        2 => duid().prop_map(Step::ByDuid),
        2 => (0u64..60, 0usize..20).prop_map(|(now, limit)| Step::Expired(now, limit)),
        1 => (0u64..60, 0usize..20).prop_map(|(before, limit)| Step::RemoveReclaimed(before, limit)),
        1 => Just(Step::Cleanup),
        1 => Just(Step::Reload),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn store_is_a_map(steps in prop::collection::vec(step(), 1..80)) {
        let folder = tempfile::tempdir().unwrap();
        let options = at(&folder.path().join("leases.csv"));
        let (mut store, _) = Store6::open(options.clone()).unwrap();
        let mut model = Model::new();
        let classes = Arc::new(ClassCounts::default());
        for step in steps {
            match step {
                Step::Cleanup => drop(store.cleanup().unwrap()),
                Step::Reload => {
                    store.sync().unwrap();
                    let (again, report) = Store6::open(options.clone()).unwrap();
                    prop_assert_eq!((report.bad_rows, report.torn), (0, 0));
                    store = again;
                    // A lease without lifetime is a removal in the file.
                    model.retain(|_, lease| lease.valid_lifetime != 0);
                }
                step => check(&mut store.session(), &mut model, step),
            }
            store.session().count_classes(Some(classes.clone()));
        }
        let mut session = store.session();
        session.count_classes(Some(classes.clone()));
        let assigned = || model.values().filter(|lease| lease.state == LeaseState::Assigned);
        for (lease_type, class) in [(LeaseType::Na, "gold"), (LeaseType::Pd, "gold"), (LeaseType::Pd, "ALL")] {
            let of = |lease: &&Lease6| {
                let named = lease.user_context.as_ref().is_some_and(|c| c.contains(&format!("\"{class}\"")));
                lease.lease_type == lease_type && named
            };
            let held = classes.held(lease_type, class);
            prop_assert_eq!(held, assigned().filter(of).count() as u64);
        }
        prop_assert!(session.page(None, usize::MAX).iter().eq(model.values()));
        prop_assert_eq!(session.len(), model.len());
        prop_assert_eq!(session.counts().iter().map(|count| count.leases).sum::<u64>(), model.len() as u64);
        if let Some((&after, _)) = model.iter().nth(2) {
            prop_assert!(session.page(Some(after), 5).iter().eq(model.values().skip(3).take(5)));
        }
    }
}

fn check(session: &mut Session<'_>, model: &mut Model, step: Step) {
    let by_address = |mut leases: Vec<Lease6>| {
        leases.sort_by_key(|lease| (lease.address, lease.lease_type));
        leases
    };
    let select = |model: &Model, which: &dyn Fn(&Lease6) -> bool| {
        model.values().filter(|lease| which(lease)).cloned().collect::<Vec<_>>()
    };
    match step {
        Step::Put(lease) => {
            ready(session.put(Lease6::clone(&lease))).unwrap();
            assert_eq!(ready(session.by_address(lease.lease_type, lease.address)).unwrap().as_ref(), Some(&*lease));
            model.insert((lease.address, lease.lease_type), *lease);
        }
        Step::Remove(Spot { lease_type, address, .. }) => {
            let stood = model.remove(&(address, lease_type)).is_some();
            assert_eq!(ready(session.remove(lease_type, address)).unwrap(), stood);
            assert_eq!(ready(session.by_address(lease_type, address)).unwrap(), None);
        }
        Step::ByIa(lease_type, duid, iaid) => {
            let found = by_address(ready(session.by_ia(lease_type, &duid, iaid)).unwrap().into_vec());
            let is = |lease: &Lease6| lease.lease_type == lease_type && lease.duid == duid && lease.iaid == iaid;
            assert_eq!(found, select(model, &is));
        }
        Step::ByDuid(duid) => {
            let found = by_address(ready(session.by_duid(&duid)).unwrap().into_vec());
            assert_eq!(found, select(model, &|lease| lease.duid == duid));
        }
        Step::FindFree(a, b, from, now) => find_free(session, model, (a, b, from), now),
        Step::Expired(now, limit) => {
            let found = ready(session.expired(now, limit)).unwrap();
            let times: Vec<_> = found.iter().map(|lease| lease.expires().unwrap()).collect();
            assert_eq!(times, oldest(model, limit, |lease| !reclaimed(lease), now));
            assert!(found.iter().all(|lease| model.get(&(lease.address, lease.lease_type)) == Some(lease)));
        }
        Step::RemoveReclaimed(before, limit) => {
            let expected = oldest(model, limit, reclaimed, before.saturating_sub(1));
            let expected = if before == 0 { Vec::new() } else { expected };
            assert_eq!(ready(session.remove_reclaimed(before, limit)).unwrap(), expected.len());
            let left = session.page(None, usize::MAX);
            model.retain(|_, lease| left.contains(lease) || !reclaimed(lease));
            assert_eq!(model.len(), left.len());
        }
        Step::Cleanup | Step::Reload => unreachable!("not of a session"),
    }
}

fn reclaimed(lease: &Lease6) -> bool {
    lease.state == LeaseState::ExpiredReclaimed
}

/// When those of `which` ended whose time was over at `until`, the oldest first.
fn oldest(model: &Model, limit: usize, which: impl Fn(&Lease6) -> bool, until: u64) -> Vec<u64> {
    let ends = model.values().filter(|lease| which(lease)).filter_map(Lease6::expires);
    let mut ends: Vec<_> = ends.filter(|&end| end <= until).collect();
    ends.sort();
    ends.truncate(limit);
    ends
}

/// First and last address of a prefix.
fn span(address: Ipv6Addr, prefix_len: u8) -> (u128, u128) {
    let bits = u128::from(address);
    (bits, bits | u128::MAX.checked_shr(prefix_len.into()).unwrap_or(0))
}

fn find_free(session: &mut Session<'_>, model: &Model, (a, b, from): (Spot, Spot, Spot), now: u64) {
    let Spot { lease_type, prefix_len, .. } = from;
    let (first, last) = (a.address.min(b.address), a.address.max(b.address));
    let range = Range6 { first, last, len: prefix_len };
    let step = 1u128 << (128 - prefix_len);
    // One in five is closed.
    let closed = |address: Ipv6Addr| u128::from(address) / step % 5 == 2;
    let found = ready(session.find_free(lease_type, range, from.address, now, &closed)).unwrap();

    let start = u128::from(first).next_multiple_of(step);
    let all = || (0..).map(|n| start + n * step).take_while(|&at| at <= u128::from(last)).take(2000);
    let candidates = || all().filter(|&at| !closed(at.into()));
    let held = |lease: &Lease6| !matches!(lease.state, LeaseState::ExpiredReclaimed | LeaseState::Released);
    let count = all().filter(|&at| {
        let lease = model.get(&(at.into(), lease_type)).filter(|lease| lease.prefix_len == prefix_len);
        lease.is_some_and(held)
    });
    assert_eq!(ready(session.count_held(lease_type, range)).unwrap(), count.count() as u64);
    let standing = |at: u128| {
        let (low, high) = span(Ipv6Addr::from_bits(at), prefix_len);
        let leases = model.values().filter(move |lease| lease.lease_type == lease_type);
        leases.filter(move |lease| {
            let (first, last) = span(lease.address, lease.prefix_len);
            first <= high && low <= last
        })
    };
    let absent = |&at: &u128| standing(at).next().is_none();
    let free = |at: u128| standing(at).all(|lease| lease.prefix_len == prefix_len && lease.is_free_at(now));
    let wanted = candidates().filter(|&at| at + step > u128::from(from.address.clamp(first, last))).find(absent);
    match (wanted.or_else(|| candidates().find(absent)), found) {
        (Some(expected), _) => assert_eq!(found, Some(Ipv6Addr::from_bits(expected))),
        (None, Some(found)) => assert!(candidates().any(|at| at == u128::from(found)) && free(found.into())),
        (None, None) => assert!(!candidates().any(free)),
    }
}
