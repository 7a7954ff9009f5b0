//! What holds whatever clients do: nobody is given what another one holds, and the numbers are those of the leases.

use super::*;
use leases::LeaseState;
use proptest::prelude::*;
use std::collections::HashMap;

#[derive(Clone, Copy, Debug)]
enum Step {
    Send { kind: MessageType, client: u8, iaid: u32, prefix: bool, hint: u8 },
    Wait(u16),
    Reclaim,
}

fn step() -> impl Strategy<Value = Step> {
    let kinds = prop::sample::select(vec![
        MessageType::SOLICIT,
        MessageType::REQUEST,
        MessageType::RENEW,
        MessageType::REBIND,
        MessageType::RELEASE,
        MessageType::DECLINE,
    ]);
    let send = (kinds, 0u8..4, 0u32..2, any::<bool>(), 0u8..6)
        .prop_map(|(kind, client, iaid, prefix, hint)| Step::Send { kind, client, iaid, prefix, hint });
    prop_oneof![8 => send, 1 => (0u16..3000).prop_map(Step::Wait), 1 => Just(Step::Reclaim)]
}

/// Four addresses, four prefixes, one address of each kind reserved for client 3.
fn tight() -> Config6 {
    let mut config = one(|subnet| {
        subnet.pools[0].last = ip("2001:db8:1::13");
        subnet.pd_pools[0].delegated_len = 50;
        let mut reserved = host(IdentifierKind::Duid, &[9, 9, 3], Some("2001:db8:1::12"));
        reserved.prefixes = vec![ReservedPrefix { prefix: ip("2001:db8:8000:4000::"), len: 50, excluded: None }];
        subnet.hosts = Hosts::new(vec![reserved]).unwrap();
    });
    config.decline_probation = 1000;
    config
}

fn message(kind: MessageType, client: u8, iaid: u32, prefix: bool, hint: u8) -> Ask {
    let ask = ask(kind).client(&[9, 9, client]);
    match (prefix, hint) {
        (false, 0) => ask.na(iaid, &[]),
        (false, _) => ask.na(iaid, &[&format!("2001:db8:1::1{}", hint - 1)]),
        (true, 0) => ask.pd(iaid, &[]),
        (true, _) => ask.pd(iaid, &[(&format!("2001:db8:8000:{:x}000::", 4 * (hint - 1) % 16), 50)]),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn leases_are_exclusive_and_counted(steps in proptest::collection::vec(step(), 1..60)) {
        let mut bench = Bench::new(tight());
        // Who holds what, and until when, as far as clients were told.
        let mut held: HashMap<(Ipv6Addr, u8), (u8, u32, u64)> = HashMap::new();
        for step in steps {
            match step {
                Step::Wait(seconds) => bench.now += u64::from(seconds),
                Step::Reclaim => drop(bench.reclaim()),
                Step::Send { kind, client, iaid, prefix, hint } => {
                    let answer = bench.ask(&message(kind, client, iaid, prefix, hint));
                    let ended = |ia: &AnsweredIa| ia.status == Some(0);
                    if kind == MessageType::RELEASE || kind == MessageType::DECLINE {
                        if answer.ias.iter().any(ended) {
                            let hint = message(kind, client, iaid, prefix, hint);
                            let address = Answered::of(&hint);
                            held.remove(&address);
                        }
                        continue;
                    }
                    if kind == MessageType::REQUEST {
                        // A client that starts anew has what it is told now, and nothing else.
                        held.retain(|(_, len), (who, ia, _)| (*who, *ia, *len != 128) != (client, iaid, prefix));
                    }
                    for (address, len, _, valid) in answer.ias.iter().flat_map(|ia| &ia.leases) {
                        let other = held.get(&(*address, *len)).filter(|(who, ia, until)| (*who, *ia) != (client, iaid) && *until > bench.now);
                        if *valid > 0 {
                            prop_assert!(other.is_none(), "{address} is held by {other:?}");
                            prop_assert!(client == 3 || *address != ip("2001:db8:1::12"), "reserved");
                        }
                        if kind != MessageType::SOLICIT && other.is_none() {
                            match valid {
                                0 => drop(held.remove(&(*address, *len))),
                                _ => drop(held.insert((*address, *len), (client, iaid, bench.now + u64::from(*valid)))),
                            }
                        }
                    }
                }
            }
            let counts = bench.store.session().counts();
            let count = |kind, states: &[LeaseState]| -> i64 {
                counts.iter().filter(|c| c.lease_type == kind && states.contains(&c.state)).map(|c| c.leases as i64).sum()
            };
            let assigned = [LeaseState::Assigned, LeaseState::Declined];
            for scope in ["", "subnet[1].", "subnet[1].pool[0]."] {
                prop_assert_eq!(bench.stat(&format!("{scope}assigned-nas")), count(LeaseType::Na, &assigned));
                prop_assert_eq!(bench.stat(&format!("{scope}declined-addresses")), count(LeaseType::Na, &[LeaseState::Declined]));
            }
            for scope in ["", "subnet[1].", "subnet[1].pd-pool[0]."] {
                prop_assert_eq!(bench.stat(&format!("{scope}assigned-pds")), count(LeaseType::Pd, &assigned));
            }
        }
    }
}

/// What a message names in its one IA.
struct Answered;

impl Answered {
    fn of(ask: &Ask) -> (Ipv6Addr, u8) {
        let bytes = ask.bytes();
        let packet = Packet::parse(&bytes).unwrap();
        let options: Vec<_> = packet.message.options.iter().flatten().collect();
        let ia = options.iter().filter(|o| matches!(o.code, code::IA_NA | code::IA_PD)).find_map(Ia::parse).unwrap();
        let option = ia.options.iter().flatten().next().unwrap();
        let prefix = IaPrefix::parse(&option).map(|prefix| (prefix.prefix, prefix.len));
        prefix.or_else(|| IaAddress::parse(&option).map(|address| (address.address, 128))).unwrap()
    }
}
