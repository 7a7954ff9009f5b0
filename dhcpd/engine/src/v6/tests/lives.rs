//! A thousand clients with random lives, each with an address and a prefix: nothing is anybody's while it is another's, what is
//! reserved goes to nobody else, and the statistics are what can be counted from outside.
//!
//! `TAKAHE_STEPS` says how many steps they live; the default is for every day.

use super::*;
use crate::v6::snapshot::Random;
use leases::LeaseState;
use std::collections::{BTreeMap, BTreeSet, HashMap};

const CLIENTS: u64 = 1000;
const PROBATION: u32 = 600;
/// Links that clients may be on, by the subnet whose relay serves it; 2 and 3 share one.
const LINKS: [u16; 5] = [1, 2, 3, 4, 5];

#[test]
fn whatever_clients_do_the_leases_are_in_order() {
    let steps = std::env::var("TAKAHE_STEPS").ok().and_then(|text| text.parse().ok()).unwrap_or(2000);
    for seed in 1..=2 {
        let mut world = World::new(seed);
        (0..steps / 2).for_each(|step| world.step(step));
        world.compare(steps);
        let seen = &world.seen;
        println!("seed {seed}: {seen:?}, {} leases at the end", world.leases.len());
        let enough = |what| assert!(seen.get(what) > Some(&(steps / 500)), "too few of {what}: {seen:?}");
        ["given", "unserved", "declined", "released", "reclaimed"].into_iter().for_each(enough);
    }
}

/// Subnets of every kind, with small pools.
fn settings() -> Config6 {
    let small = |id: u32, addresses: u128| {
        let mut subnet = subnet(id, &format!("2001:db8:{id}::"));
        subnet.interface = None;
        subnet.pools[0].last = Ipv6Addr::from_bits(subnet.pools[0].first.to_bits() + addresses - 1);
        subnet.pd_pools[0].prefix = ip(&format!("2001:db8:800{id}::"));
        subnet.pd_pools[0].delegated_len = 53;
        subnet
    };
    let reserved = |client: u64, address: &str, prefix: &str| Host6 {
        prefixes: vec![ReservedPrefix { prefix: ip(prefix), len: 53, excluded: None }],
        ..host(IdentifierKind::Duid, &duid(client), Some(address))
    };
    let mut first = small(1, 20);
    first.hosts = Hosts::new(vec![
        reserved(1, "2001:db8:1::12", "2001:db8:8001:800::"),
        reserved(2, "2001:db8:1::ff", "2001:db8:8fff::"),
        host(IdentifierKind::Duid, &duid(3), None),
    ])
    .unwrap();
    let (mut second, mut third) = (small(2, 15), small(3, 15));
    third.hosts = Hosts::new(vec![reserved(4, "2001:db8:3::15", "2001:db8:8003:1000::")]).unwrap();
    for subnet in [&mut second, &mut third] {
        subnet.network = Some(0);
    }
    let mut fourth = small(4, 20);
    fourth.allocator = Allocator::Random;
    fourth.pd_allocator = Allocator::Flq;
    fourth.adaptive_threshold = Some(0.8);
    fourth.cache = LeaseCache { threshold: Some(0.25), max_age: None };
    fourth.pools[0].id = 7;
    let fifth = small(5, 200);
    let mut config = config(vec![first, second, third, fourth, fifth], vec!["floor".into()]);
    config.decline_probation = PROBATION;
    config
}

fn duid(client: u64) -> [u8; 6] {
    let [.., high, low] = client.to_be_bytes();
    [0, 4, 9, 9, high, low]
}

/// An address, or a prefix with its length.
type Thing = (Ipv6Addr, u8);

struct World {
    bench: Bench,
    random: Random,
    /// The link of each client.
    links: Vec<u16>,
    /// Whose it is, and until when, as the client was told.
    held: HashMap<Thing, (u64, u64)>,
    resting: HashMap<Ipv6Addr, u64>,
    owners: HashMap<Ipv6Addr, u64>,
    /// The last message was a RENEW or a REBIND.
    renewing: bool,
    /// The store as it was after the step before.
    leases: BTreeMap<(Ipv6Addr, u8), Lease6>,
    truth: BTreeMap<String, i64>,
    seen: BTreeMap<&'static str, u64>,
}

impl World {
    fn new(seed: u64) -> Self {
        let owners = [("2001:db8:1::12", 1), ("2001:db8:8001:800::", 1), ("2001:db8:1::ff", 2), ("2001:db8:8fff::", 2)];
        let more = [("2001:db8:3::15", 4), ("2001:db8:8003:1000::", 4)];
        Self {
            bench: Bench::new(settings()),
            random: Random::default(),
            links: (0..CLIENTS).map(|client| LINKS[(client + seed) as usize % LINKS.len()]).collect(),
            held: HashMap::new(),
            resting: HashMap::new(),
            owners: owners.into_iter().chain(more).map(|(address, client)| (ip(address), client)).collect(),
            renewing: false,
            leases: BTreeMap::new(),
            truth: BTreeMap::new(),
            seen: BTreeMap::new(),
        }
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.random.draw() as u64 % bound
    }

    fn saw(&mut self, what: &'static str) {
        *self.seen.entry(what).or_default() += 1;
    }

    fn step(&mut self, step: u64) {
        self.bench.now += if self.below(3000) == 0 { 6000 } else { self.below(7) };
        match self.below(40) {
            0 | 1 => {
                if self.bench.reclaim() > 0 {
                    self.saw("reclaimed");
                }
                self.observe(true);
            }
            2 => {
                let before = self.bench.now - u64::from(settings().expired.hold_time);
                ready(self.bench.store.session().remove_reclaimed(before, 100)).unwrap();
                self.observe(false);
            }
            _ => self.live(),
        }
        if step.is_multiple_of(100) {
            self.compare(step);
        }
        if step.is_multiple_of(1500) {
            self.bench.reconfigure(settings());
        }
    }

    /// A client does something.
    fn live(&mut self) {
        let client = match self.below(20) {
            0 => self.below(5),
            1..=10 => self.somebody_with_a_lease(),
            _ => self.below(CLIENTS),
        };
        let mine: Vec<Thing> = self.held.iter().filter(|(_, held)| held.0 == client).map(|(thing, _)| *thing).collect();
        match (self.below(20), mine.is_empty()) {
            (0, _) => self.links[client as usize] = LINKS[self.below(LINKS.len() as u64) as usize],
            (1..=4, false) => self.exchange(client, MessageType::RENEW, &mine),
            (5 | 6, false) => self.exchange(client, MessageType::REBIND, &mine),
            (7 | 8, false) => self.give_back(client, MessageType::RELEASE, &mine),
            (9, false) => {
                let addresses: Vec<_> = mine.into_iter().filter(|thing| thing.1 == 128).collect();
                self.give_back(client, MessageType::DECLINE, &addresses);
            }
            (_, empty) if empty || self.below(4) == 0 => {
                self.exchange(client, MessageType::SOLICIT, &[]);
                if self.below(10) > 0 {
                    self.exchange(client, MessageType::REQUEST, &[]);
                }
            }
            _ => {}
        }
    }

    fn somebody_with_a_lease(&mut self) -> u64 {
        let holders: BTreeSet<u64> = self.held.values().map(|held| held.0).collect();
        let at = self.below(CLIENTS);
        holders.range(at..).next().copied().unwrap_or(at)
    }

    /// A message about one address and one prefix, by way of the relay.
    fn message(&self, client: u64, kind: MessageType, things: &[Thing]) -> Ask {
        let of = |wanted: bool| things.iter().filter(move |thing| (thing.1 == 128) == wanted);
        let texts = |wanted| of(wanted).map(|(address, len)| (address.to_string(), *len)).collect::<Vec<_>>();
        let (addresses, prefixes) = (texts(true), texts(false));
        let addresses: Vec<_> = addresses.iter().map(|(address, _)| &**address).collect();
        let prefixes: Vec<_> = prefixes.iter().map(|(prefix, len)| (&**prefix, *len)).collect();
        let mut ask = ask(kind).client(&duid(client));
        let all = !matches!(kind, MessageType::RELEASE | MessageType::DECLINE);
        if all || !addresses.is_empty() {
            ask = ask.na(1, &addresses);
        }
        if all || !prefixes.is_empty() {
            ask = ask.pd(1, &prefixes);
        }
        ask.relayed(&format!("2001:db8:{}::1", self.links[client as usize]), "fe80::1", &[])
    }

    fn exchange(&mut self, client: u64, kind: MessageType, things: &[Thing]) {
        let ask = self.message(client, kind, things);
        self.renewing = matches!(kind, MessageType::RENEW | MessageType::REBIND);
        let answer = self.bench.try_ask(&ask);
        self.observe(false);
        let Some(answer) = answer else { return };
        if kind == MessageType::REQUEST {
            // It named nothing that it had: it began anew, and has what it is given now.
            self.held.retain(|_, held| held.0 != client);
        }
        for (address, len, _, valid) in answer.ias.iter().flat_map(|ia| &ia.leases) {
            let (thing, until) = ((*address, *len), self.bench.now + u64::from(*valid));
            if *valid > 0 {
                self.may_have(client, thing);
            }
            match (kind, valid) {
                (MessageType::SOLICIT, _) => {}
                (_, 0) => drop(
                    self.held.remove(&thing).filter(|held| held.0 != client).map(|held| self.held.insert(thing, held)),
                ),
                _ => {
                    self.held.insert(thing, (client, until));
                    self.saw("given");
                }
            }
        }
        if answer.ias.iter().any(|ia| ia.leases.is_empty()) {
            self.saw("unserved");
        }
    }

    fn give_back(&mut self, client: u64, kind: MessageType, things: &[Thing]) {
        if things.is_empty() {
            return;
        }
        let ask = self.message(client, kind, things);
        self.bench.try_ask(&ask);
        self.observe(false);
        for thing in things {
            // Whether the server took it back is for it to say: it keeps what is of another link, and what is over.
            let lease = self.leases.get(thing).filter(|lease| lease.duid[..] == duid(client)).map(|lease| lease.state);
            let declined = self.leases.get(thing).is_some_and(|lease| lease.state == LeaseState::Declined);
            if declined && kind == MessageType::DECLINE {
                self.resting.insert(thing.0, self.bench.now + u64::from(PROBATION));
                self.saw("declined");
            } else if kind == MessageType::RELEASE && lease != Some(LeaseState::Assigned) {
                self.saw("released");
            } else {
                continue;
            }
            self.held.remove(thing);
        }
    }

    /// Nobody else has it, it does not rest, and it is reserved for nobody else.
    fn may_have(&self, client: u64, thing: Thing) {
        let now = self.bench.now;
        let other = self.held.get(&thing).filter(|(other, until)| *other != client && *until > now);
        assert_eq!(other, None, "client {client} gets {thing:?}, which another has at {now}");
        assert!(self.resting.get(&thing.0).is_none_or(|until| *until <= now), "{thing:?} was declined");
        assert!(self.owners.get(&thing.0).is_none_or(|owner| *owner == client), "{thing:?} is reserved");
    }

    /// Counts what has become of the leases since the step before.
    fn observe(&mut self, reclaiming: bool) {
        let all = self.bench.store.session().page(None, usize::MAX);
        let after: BTreeMap<_, _> = all.into_iter().map(|lease| ((lease.address, lease.prefix_len), lease)).collect();
        let before = std::mem::take(&mut self.leases);
        let things: BTreeSet<_> = before.keys().chain(after.keys()).collect();
        for thing in things {
            let (old, new) = (before.get(thing), after.get(thing));
            if old != new {
                self.count(old, new, reclaiming);
            }
        }
        self.leases = after;
    }

    fn count(&mut self, old: Option<&Lease6>, new: Option<&Lease6>, reclaiming: bool) {
        let counted = |lease: Option<&Lease6>, states: &[LeaseState]| {
            i64::from(lease.is_some_and(|lease| states.contains(&lease.state)))
        };
        let change = |states: &[LeaseState]| counted(new, states) - counted(old, states);
        let over = old.is_none_or(|old| old.is_free_at(self.bench.now));
        let client = |lease: &Lease6| lease.duid.clone();
        let same = old.map(client) == new.map(client);
        if let (Some(old), Some(new), false) = (old, new, over) {
            assert!(same || new.state == LeaseState::Declined, "{} goes over to another client", old.address);
        }
        // A client's own lease that is over and that nobody took back is no new one, but where the client renews it.
        let own = same && !self.renewing;
        let kept = own && old.is_some_and(|old| old.state == LeaseState::Assigned);
        let fresh = over && !kept && new.is_some_and(|new| new.state == LeaseState::Assigned);
        let taken = fresh && !own;
        let reclaimed = old.is_some_and(|old| old.state != LeaseState::ExpiredReclaimed) && (taken || reclaiming);
        let recovered = reclaimed && old.is_some_and(|old| old.state == LeaseState::Declined);
        let lease = new.or(old).unwrap();
        let names = match lease.lease_type {
            LeaseType::Na => ["assigned-nas", "cumulative-assigned-nas"],
            LeaseType::Pd => ["assigned-pds", "cumulative-assigned-pds"],
        };
        let numbers = [
            (names[0], change(&[LeaseState::Assigned, LeaseState::Declined])),
            (names[1], fresh.into()),
            ("declined-addresses", change(&[LeaseState::Declined])),
            ("reclaimed-leases", reclaimed.into()),
            ("reclaimed-declined-addresses", recovered.into()),
        ];
        for scope in self.scopes(lease) {
            for (name, change) in numbers {
                *self.truth.entry(format!("{scope}{name}")).or_default() += change;
            }
        }
    }

    /// Where a lease is counted: in all, in its subnet, in its pool.
    fn scopes(&self, lease: &Lease6) -> Vec<String> {
        let subnet = lease.subnet_id;
        let (_, config) = self.bench.server.snapshot.config.subnets.by_id(subnet).unwrap();
        let pool = match lease.lease_type {
            LeaseType::Na => config.pool_of(lease.address).map(|(_, pool)| format!("pool[{}]", pool.id)),
            LeaseType::Pd => config.pd_pool_of(lease.address).map(|(_, pool)| format!("pd-pool[{}]", pool.id)),
        };
        let pool = pool.map(|pool| format!("subnet[{subnet}].{pool}."));
        [String::new(), format!("subnet[{subnet}].")].into_iter().chain(pool).collect()
    }

    /// The statistics are the truth, in each scope.
    fn compare(&self, step: u64) {
        for (name, truth) in &self.truth {
            let told = || self.bench.stat(name);
            assert!(*truth == 0 || told() == *truth, "{name} is {}, not {truth}, at step {step}", told());
        }
    }
}
