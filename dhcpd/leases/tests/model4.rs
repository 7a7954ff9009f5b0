//! DHCPv4: any sequence of operations gives what a plain map gives, and the file gives it again.

mod common;

use common::{at, ready};
use dhcpd_leases::memfile::{ClassCounts, Store4, Table4};
use dhcpd_leases::{ClientId, HwAddr, Lease4, LeaseState, LeaseType, Leases4};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;

type Model = BTreeMap<Ipv4Addr, Lease4>;
type Session<'a> = dhcpd_leases::memfile::Session<'a, Table4>;

#[derive(Clone, Debug)]
enum Step {
    Put(Lease4),
    Remove(Ipv4Addr),
    FindFree(Ipv4Addr, Ipv4Addr, Ipv4Addr, u64),
    ByHwAddr(HwAddr),
    ByClientId(ClientId),
    Expired(u64, usize),
    RemoveReclaimed(u64, usize),
    Sync,
    Cleanup,
    Reload,
}

fn address() -> impl Strategy<Value = Ipv4Addr> {
    (50u32..80).prop_map(|host| Ipv4Addr::from_bits(0x0a00_0000 + host))
}

fn hw_addr() -> impl Strategy<Value = HwAddr> {
    prop_oneof![Just(HwAddr::new()), (0u8..4).prop_map(|byte| HwAddr::from_slice(&[2, 0, 0, 0, 0, byte]))]
}

fn client_id() -> impl Strategy<Value = ClientId> {
    (1usize..40).prop_map(|len| std::iter::repeat_n(7, if len > 4 { 39 } else { len }).collect())
}

fn state() -> impl Strategy<Value = LeaseState> {
    use LeaseState::{Assigned, Declined, ExpiredReclaimed, Released};
    prop_oneof![4 => Just(Assigned), 1 => Just(Declined), 1 => Just(ExpiredReclaimed), 1 => Just(Released)]
}

prop_compose! {
    fn lease()(
        address in address(),
        hw_addr in hw_addr(),
        client_id in prop::option::of(client_id()),
        valid_lifetime in prop_oneof![Just(0), 1u32..30, Just(u32::MAX)],
        cltt in 0u64..30,
        (subnet_id, pool_id) in (1u32..3, 0u32..3),
        (fqdn_fwd, fqdn_rev) in any::<(bool, bool)>(),
        hostname in prop_oneof![3 => Just(String::new()), 1 => "[a-z,&;é\n]{1,9}"],
        state in state(),
        user_context in prop::option::of(prop_oneof![
            Just(r#"{ "a": "x,y&\n" }"#.into()),
            Just(r#"{ "ISC": { "client-classes": [ "ALL", "gold" ] } }"#.into()),
            Just(r#"{ "ISC": { "client-classes": [ "gold" ] }, "a": 1 }"#.into()),
        ]),
    ) -> Lease4 {
        let state = if hw_addr.is_empty() && client_id.is_none() { LeaseState::Declined } else { state };
        let hostname = hostname.into();
        Lease4 {
            address, hw_addr, client_id, valid_lifetime, cltt, subnet_id, pool_id, fqdn_fwd, fqdn_rev, hostname, state,
            user_context,
        }
    }
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => lease().prop_map(Step::Put),
        3 => address().prop_map(Step::Remove),
        4 => (address(), address(), address(), 0u64..60).prop_map(|(a, b, c, now)| Step::FindFree(a, b, c, now)),
        2 => hw_addr().prop_map(Step::ByHwAddr),
        2 => client_id().prop_map(Step::ByClientId),
        2 => (0u64..60, 0usize..20).prop_map(|(now, limit)| Step::Expired(now, limit)),
        1 => (0u64..60, 0usize..20).prop_map(|(before, limit)| Step::RemoveReclaimed(before, limit)),
        1 => Just(Step::Sync),
        1 => Just(Step::Cleanup),
        1 => Just(Step::Reload),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn store_is_a_map(steps in prop::collection::vec(step(), 1..80), persist: bool) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("leases.csv");
        let mut options = at(&path);
        if !persist {
            options.path = None;
        }
        let (mut store, _) = Store4::open(options.clone()).unwrap();
        let mut model = Model::new();
        let classes = Arc::new(ClassCounts::default());
        for step in steps {
            match step {
                Step::Sync => store.sync().unwrap(),
                Step::Cleanup => drop(store.cleanup().unwrap()),
                Step::Reload if persist => {
                    store.sync().unwrap();
                    let (again, report) = Store4::open(options.clone()).unwrap();
                    prop_assert_eq!((report.bad_rows, report.torn), (0, 0));
                    store = again;
                    // A lease without lifetime is a removal in the file.
                    model.retain(|_, lease| lease.valid_lifetime != 0);
                }
                Step::Reload => {}
                step => check(&mut store.session(), &mut model, step),
            }
            store.session().count_classes(Some(classes.clone()));
        }
        let mut session = store.session();
        session.count_classes(Some(classes.clone()));
        let assigned = || model.values().filter(|lease| lease.state == LeaseState::Assigned);
        for (class, name) in [("gold", "gold"), ("ALL", "ALL"), ("silver", "silver")] {
            let of = |lease: &&Lease4| lease.user_context.as_ref().is_some_and(|c| c.contains(&format!("\"{name}\"")));
            prop_assert_eq!(classes.held(LeaseType::Na, class), assigned().filter(of).count() as u64);
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
    let by_address = |mut leases: Vec<Lease4>| {
        leases.sort_by_key(|lease| lease.address);
        leases
    };
    let select = |model: &Model, which: &dyn Fn(&Lease4) -> bool| {
        model.values().filter(|lease| which(lease)).cloned().collect::<Vec<_>>()
    };
    match step {
        Step::Put(lease) => {
            ready(session.put(lease.clone())).unwrap();
            assert_eq!(ready(session.by_address(lease.address)).unwrap().as_ref(), Some(&lease));
            model.insert(lease.address, lease);
        }
        Step::Remove(address) => {
            assert_eq!(ready(session.remove(address)).unwrap(), model.remove(&address).is_some());
            assert_eq!(ready(session.by_address(address)).unwrap(), None);
        }
        Step::ByHwAddr(hw_addr) => {
            let found = by_address(ready(session.by_hw_addr(&hw_addr)).unwrap().into_vec());
            let expected = select(model, &|lease| !hw_addr.is_empty() && lease.hw_addr == hw_addr);
            assert_eq!(found, expected);
        }
        Step::ByClientId(id) => {
            let found = by_address(ready(session.by_client_id(&id)).unwrap().into_vec());
            assert_eq!(found, select(model, &|lease| lease.client_id.as_ref() == Some(&id)));
        }
        Step::FindFree(a, b, from, now) => find_free(session, model, (a.min(b), a.max(b), from), now),
        Step::Expired(now, limit) => {
            let found = ready(session.expired(now, limit)).unwrap();
            let times: Vec<_> = found.iter().map(|lease| lease.expires().unwrap()).collect();
            assert_eq!(times, oldest(model, limit, |lease| !reclaimed(lease), now));
            assert!(found.iter().all(|lease| model.get(&lease.address) == Some(lease)));
        }
        Step::RemoveReclaimed(before, limit) => {
            let expected = oldest(model, limit, reclaimed, before.saturating_sub(1));
            let expected = if before == 0 { Vec::new() } else { expected };
            assert_eq!(ready(session.remove_reclaimed(before, limit)).unwrap(), expected.len());
            let left: Vec<_> = session.page(None, usize::MAX).iter().map(|lease| lease.address).collect();
            let mut gone = Vec::new();
            model.retain(|address, lease| {
                let stays = left.contains(address);
                if !stays {
                    assert!(reclaimed(lease));
                    gone.push(lease.expires().unwrap());
                }
                stays
            });
            gone.sort();
            assert_eq!(gone, expected);
        }
        Step::Sync | Step::Cleanup | Step::Reload => unreachable!("not of a session"),
    }
}

fn reclaimed(lease: &Lease4) -> bool {
    lease.state == LeaseState::ExpiredReclaimed
}

/// When those of `which` ended whose time was over at `until`, the oldest first.
fn oldest(model: &Model, limit: usize, which: impl Fn(&Lease4) -> bool, until: u64) -> Vec<u64> {
    let ends = model.values().filter(|lease| which(lease)).filter_map(Lease4::expires);
    let mut ends: Vec<_> = ends.filter(|&end| end <= until).collect();
    ends.sort();
    ends.truncate(limit);
    ends
}

fn find_free(session: &mut Session<'_>, model: &Model, range: (Ipv4Addr, Ipv4Addr, Ipv4Addr), now: u64) {
    let (first, last, from) = range;
    // Rows of two addresses in five are closed.
    let closed = |address: Ipv4Addr| {
        let bits = address.to_bits();
        (bits % 5 < 2).then(|| Ipv4Addr::from_bits(bits - bits % 5 + 1))
    };
    let found = ready(session.find_free(first, last, from, now, &closed)).unwrap();
    let held = |lease: &&Lease4| !matches!(lease.state, LeaseState::ExpiredReclaimed | LeaseState::Released);
    let count = model.range(first..=last).filter(|(_, lease)| held(lease)).count();
    assert_eq!(ready(session.count_held(first, last)).unwrap(), count as u64);
    let from = from.clamp(first, last);
    let all =
        || (first.to_bits()..=last.to_bits()).map(Ipv4Addr::from_bits).filter(|&address| closed(address).is_none());
    let absent = |address: &Ipv4Addr| !model.contains_key(address);
    let expected = all().filter(|&address| address >= from).find(absent).or_else(|| all().find(absent));
    match (expected, found) {
        (Some(_), _) => assert_eq!(found, expected),
        (None, Some(found)) => assert!(all().any(|address| address == found) && model[&found].is_free_at(now)),
        (None, None) => assert!(all().all(|address| !model[&address].is_free_at(now))),
    }
}
