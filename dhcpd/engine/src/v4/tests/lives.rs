//! A thousand clients with random lives, and what must hold whatever they do: no address is anybody's while it is another's,
//! none that is reserved goes to another, and the statistics are what can be counted from outside.
//!
//! `TAKAHE_STEPS` says how many steps they live; the default is for every day.

use super::super::Random;
use super::bench::*;
use ::leases::{Lease4, LeaseState, Leases4};
use dhcpd_config::common::{Allocator, ReservationModes};
use dhcpd_config::hosts::{Hosts, Identifier, IdentifierKind};
use dhcpd_config::lifetime::LeaseCache;
use dhcpd_config::v4::snapshot::{Config4, Host4, Subnet4};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::Ipv4Addr;
use wire::v4::{MessageType, agent, code};

const CLIENTS: u64 = 1000;
const PROBATION: u32 = 600;
/// Links that clients may be on, by the subnet whose relay serves it; 2 and 3 share one.
const LINKS: [u8; 6] = [1, 2, 3, 4, 5, 6];

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
        ["acknowledged", "renewed", "refused", "unserved", "declined", "released", "reclaimed"]
            .into_iter()
            .for_each(enough);
    }
}

/// Subnets of every kind, with small pools.
fn settings() -> Config4 {
    let by = |kind, bytes: &[u8], address: [u8; 4]| Host4 {
        identifier: Identifier { kind, bytes: bytes.into() },
        ..host(0, Some(address))
    };
    let hardware = |client: u64, address| by(IdentifierKind::HwAddress, &hw_addr(client), address);
    let hosts = |list| Hosts::new(list).unwrap();
    let pooled = |id: u8, last| Subnet4 { pools: vec![pool([10, 0, id, 10], [10, 0, id, last])], ..subnet(id) };
    let of_id = |id, pool| dhcpd_config::v4::snapshot::Pool4 { id, ..pool };
    let first = Subnet4 {
        hosts: hosts(vec![
            hardware(1, [10, 0, 1, 12]),
            hardware(2, [10, 0, 1, 200]),
            by(IdentifierKind::ClientId, &client_id(3), [10, 0, 1, 13]),
            by(IdentifierKind::CircuitId, &circuit(4), [10, 0, 1, 14]),
            Host4 { address: None, ..hardware(5, [0; 4]) },
        ]),
        ..pooled(1, 30)
    };
    let (of_two, of_three) = (
        vec![hardware(7, [10, 0, 2, 200]), hardware(8, [10, 0, 2, 200])],
        vec![hardware(6, [10, 0, 3, 15]), hardware(7, [10, 0, 3, 16])],
    );
    let fourth = Subnet4 {
        pools: vec![of_id(7, pool([10, 0, 4, 10], [10, 0, 4, 17])), of_id(8, pool([10, 0, 4, 100], [10, 0, 4, 107]))],
        allocator: Allocator::Random,
        match_client_id: false,
        cache: LeaseCache { threshold: Some(0.25), max_age: None },
        reservations: ReservationModes { out_of_pool: true, ..ReservationModes::default() },
        hosts: hosts(vec![hardware(9, [10, 0, 4, 150])]),
        ..subnet(4)
    };
    let fifth = Subnet4 {
        allocator: Allocator::Flq,
        adaptive_threshold: Some(0.8),
        offer_lifetime: 30,
        reservations: ReservationModes { global: true, in_subnet: false, out_of_pool: false },
        ..pooled(5, 30)
    };
    let sixth = Subnet4 { authoritative: true, ..pooled(6, 250) };
    let shared = |subnet: Subnet4, list| Subnet4 { network: Some(0), hosts: hosts(list), ..subnet };
    let subnets = vec![first, shared(pooled(2, 24), of_two), shared(pooled(3, 24), of_three), fourth, fifth, sixth];
    let global = hosts(vec![hardware(10, [10, 0, 5, 200])]);
    Config4 { decline_probation: PROBATION, hosts: global, ..config(subnets) }
}

fn hw_addr(client: u64) -> [u8; 6] {
    let [.., high, low] = client.to_be_bytes();
    [2, 0, 0, 0, high, low]
}

fn client_id(client: u64) -> [u8; 4] {
    let [.., high, low] = client.to_be_bytes();
    [0, 9, high, low]
}

fn circuit(client: u64) -> Vec<u8> {
    format!("port {client}").into_bytes()
}

/// What a client believes.
#[derive(Clone, Copy, Debug)]
struct Life {
    /// The subnet whose relay it is behind.
    link: u8,
    address: Option<Ipv4Addr>,
}

/// Of the leases of a scope: assigned, ever assigned, declined, ever reclaimed, ever recovered.
type Numbers = [i64; 5];
const NAMES: [&str; 5] = [
    "assigned-addresses",
    "cumulative-assigned-addresses",
    "declined-addresses",
    "reclaimed-leases",
    "reclaimed-declined-addresses",
];

struct World {
    bench: Bench,
    random: Random,
    lives: Vec<Life>,
    /// Whose an address is, and until when, as its client was told.
    held: HashMap<Ipv4Addr, (u64, u64)>,
    resting: HashMap<Ipv4Addr, u64>,
    owners: HashMap<Ipv4Addr, BTreeSet<u64>>,
    /// The store as it was after the step before.
    leases: BTreeMap<Ipv4Addr, Lease4>,
    truth: BTreeMap<String, Numbers>,
    seen: BTreeMap<&'static str, u64>,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut bench = Bench::new(settings());
        bench.server.random = Random(seed);
        let reserved = [
            (1, 12, 1),
            (1, 200, 2),
            (1, 13, 3),
            (1, 14, 4),
            (2, 200, 7),
            (2, 200, 8),
            (3, 15, 6),
            (3, 16, 7),
            (4, 150, 9),
        ];
        let mut owners = HashMap::<_, BTreeSet<_>>::new();
        for (subnet, last, client) in reserved {
            owners.entry(Ipv4Addr::new(10, 0, subnet, last)).or_default().insert(client);
        }
        Self {
            bench,
            random: Random(!seed),
            lives: (0..CLIENTS)
                .map(|client| Life { link: LINKS[client as usize % LINKS.len()], address: None })
                .collect(),
            held: HashMap::new(),
            resting: HashMap::new(),
            owners,
            leases: BTreeMap::new(),
            truth: BTreeMap::new(),
            seen: BTreeMap::new(),
        }
    }

    fn saw(&mut self, what: &'static str) {
        *self.seen.entry(what).or_default() += 1;
    }

    fn step(&mut self, step: u64) {
        self.bench.now += if self.random.below(3000) == 0 { 5000 } else { self.random.below(7) };
        match self.random.below(40) {
            0 | 1 => self.reclaim(),
            2 => drop(self.forget_reclaimed()),
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
        // The first ones have reservations.
        let client = match self.random.below(20) {
            0 => self.random.below(11),
            1..=10 => self.somebody_with_an_address(),
            _ => self.random.below(CLIENTS),
        };
        let life = self.lives[client as usize];
        match (self.random.below(20), life.address) {
            (0, _) => self.lives[client as usize].link = LINKS[self.random.below(LINKS.len() as u64) as usize],
            (1, _) => self.lives[client as usize].address = None,
            (2..=6, Some(address)) => self.renew(client, address),
            (7 | 8, Some(address)) => {
                let query = Query { ciaddr: address, ..self.relayed(client, MessageType::REQUEST) };
                self.request(client, query);
            }
            (9 | 10, Some(address)) => {
                let address = if self.random.below(4) == 0 { self.wish() } else { address };
                let query = self.relayed(client, MessageType::REQUEST).with(code::REQUESTED_ADDRESS, address.octets());
                self.request(client, query);
            }
            (11, Some(address)) => self.decline(client, address),
            (12 | 13, Some(address)) => self.release(client, address),
            (14, Some(address)) => {
                let inform = self.unicast(client, MessageType::INFORM, address);
                assert!(self.send(&inform).is_some_and(|ack| ack.yiaddr().is_unspecified()));
            }
            (_, address) if address.is_none() || self.random.below(4) == 0 => self.join(client),
            _ => {}
        }
    }

    /// Any address of the links and around.
    fn wish(&mut self) -> Ipv4Addr {
        Ipv4Addr::new(10, 0, 1 + self.random.below(7) as u8, self.random.below(256) as u8)
    }

    fn somebody_with_an_address(&mut self) -> u64 {
        let from = self.random.below(CLIENTS);
        let has = |client: &u64| self.lives[*client as usize].address.is_some();
        (from..CLIENTS).chain(0..from).find(has).unwrap_or(from)
    }

    fn join(&mut self, client: u64) {
        let mut discover = self.relayed(client, MessageType::DISCOVER);
        if self.random.below(4) == 0 {
            discover = discover.with(code::REQUESTED_ADDRESS, self.wish().octets());
        }
        let Some(offer) = self.send(&discover) else { return self.saw("unserved") };
        assert_eq!(offer.kind(), MessageType::OFFER);
        let address = offer.yiaddr();
        self.may_have(client, address);
        if self.random.below(10) == 0 {
            return;
        }
        let select = self.relayed(client, MessageType::REQUEST).with(code::REQUESTED_ADDRESS, address.octets());
        self.request(client, select.with(code::SERVER_IDENTIFIER, SERVER.octets()));
        assert_eq!(
            self.lives[client as usize].address,
            Some(address),
            "client {client} is refused what it was offered"
        );
    }

    fn renew(&mut self, client: u64, address: Ipv4Addr) {
        let renewal = self.unicast(client, MessageType::REQUEST, address);
        let entitled =
            client > 10 && self.held.get(&address).is_some_and(|held| held.0 == client && held.1 > self.bench.now);
        self.request(client, renewal);
        let kept = self.lives[client as usize].address == Some(address);
        assert!(kept || !entitled, "client {client} is refused its own address {address}");
        if kept {
            self.saw("renewed");
        }
    }

    fn request(&mut self, client: u64, query: Query) {
        let Some(answer) = self.send(&query) else { return };
        if answer.kind() == MessageType::NAK {
            self.lives[client as usize].address = None;
            return self.saw("refused");
        }
        let address = answer.yiaddr();
        self.may_have(client, address);
        self.saw("acknowledged");
        let until = self.bench.now + u64::from(answer.seconds(code::LEASE_TIME).unwrap());
        self.held.retain(|other, held| held.0 != client || link_of(*other) != link_of(address));
        self.held.insert(address, (client, until));
        self.lives[client as usize].address = Some(address);
    }

    fn release(&mut self, client: u64, address: Ipv4Addr) {
        let release = self.unicast(client, MessageType::RELEASE, address);
        assert!(self.send(&release).is_none());
        if self.held.get(&address).is_some_and(|held| held.0 == client) {
            self.held.remove(&address);
        }
        self.lives[client as usize].address = None;
        self.saw("released");
    }

    fn decline(&mut self, client: u64, address: Ipv4Addr) {
        let decline = self.relayed(client, MessageType::DECLINE).with(code::REQUESTED_ADDRESS, address.octets());
        assert!(self.send(&decline).is_none());
        if self.held.get(&address).is_some_and(|held| held.0 == client && held.1 > self.bench.now) {
            self.held.remove(&address);
            self.resting.insert(address, self.bench.now + u64::from(PROBATION));
            self.saw("declined");
        }
        self.lives[client as usize].address = None;
    }

    /// Nobody else has this address, it does not rest, and it is reserved for nobody else.
    fn may_have(&self, client: u64, address: Ipv4Addr) {
        let now = self.bench.now;
        let other = self.held.get(&address).filter(|(other, until)| *other != client && *until > now);
        assert_eq!(other, None, "client {client} gets {address}, which another has at {now}");
        assert!(self.resting.get(&address).is_none_or(|until| *until <= now), "{address} was declined");
        assert!(self.owners.get(&address).is_none_or(|owners| owners.contains(&client)), "{address} is reserved");
    }

    fn reclaim(&mut self) {
        let limit = 1 + self.random.below(50) as usize;
        let mut session = self.bench.store.session();
        let done = ready(self.bench.server.reclaim(&mut session, self.bench.now, limit, None)).unwrap();
        drop(session);
        assert!(done.leases <= limit);
        if done.leases > 0 {
            self.saw("reclaimed");
        }
        self.observe(true);
    }

    fn forget_reclaimed(&mut self) -> usize {
        let hold = u64::from(settings().expired.hold_time);
        let done = ready(self.bench.store.session().remove_reclaimed(self.bench.now - hold, 100)).unwrap();
        self.observe(false);
        done
    }

    fn send(&mut self, query: &Query) -> Option<Seen> {
        let seen = self.bench.send(query);
        self.observe(false);
        seen
    }

    /// What a client says by way of its relay.
    fn relayed(&self, client: u64, kind: MessageType) -> Query {
        let port = circuit(client);
        let agent = [&[agent::CIRCUIT_ID, port.len() as u8], &port[..]].concat();
        let said = self.said(client, Query::new(0, kind));
        said.relayed([10, 0, self.lives[client as usize].link, 1]).with(code::AGENT_OPTIONS, agent)
    }

    fn unicast(&self, client: u64, kind: MessageType, address: Ipv4Addr) -> Query {
        self.said(client, Query::from(0, kind, address))
    }

    /// A third of the clients have identifiers.
    fn said(&self, client: u64, query: Query) -> Query {
        let query = Query { hw_addr: hw_addr(client).to_vec(), ..query };
        if client.is_multiple_of(3) { query.with(code::CLIENT_IDENTIFIER, client_id(client)) } else { query }
    }

    /// Counts what has become of the leases since the step before.
    fn observe(&mut self, reclaiming: bool) {
        let all = self.bench.store.session().page(None, usize::MAX);
        let after: BTreeMap<_, _> = all.into_iter().map(|lease| (lease.address, lease)).collect();
        let before = std::mem::take(&mut self.leases);
        let addresses: BTreeSet<_> = before.keys().chain(after.keys()).collect();
        for address in addresses {
            let (old, new) = (before.get(address), after.get(address));
            if old != new {
                let change = change(old, new, self.bench.now, reclaiming);
                self.count(*address, old.or(new).unwrap().subnet_id, change);
            }
        }
        self.leases = after;
    }

    fn count(&mut self, address: Ipv4Addr, subnet: u32, change: Numbers) {
        let (_, config) = self.bench.snapshot.config.subnets.by_id(subnet).unwrap();
        let pool = config.pool_of(address).map(|(_, pool)| format!("subnet[{subnet}].pool[{}].", pool.id));
        for scope in [Some(String::new()), Some(format!("subnet[{subnet}].")), pool].into_iter().flatten() {
            let numbers = self.truth.entry(scope).or_default();
            numbers.iter_mut().zip(change).for_each(|(number, change)| *number += change);
        }
    }

    /// The statistics are the truth, in each scope.
    fn compare(&self, step: u64) {
        for (scope, truth) in &self.truth {
            let told = NAMES.map(|name| self.bench.statistic(&format!("{scope}{name}")));
            assert_eq!(told, *truth, "{scope} {NAMES:?} at step {step}");
        }
    }
}

/// The link that an address is of.
fn link_of(address: Ipv4Addr) -> u8 {
    let [_, _, subnet, _] = address.octets();
    if subnet == 3 { 2 } else { subnet }
}

/// What a lease that became another one does to the numbers.
fn change(old: Option<&Lease4>, new: Option<&Lease4>, now: u64, reclaiming: bool) -> Numbers {
    let counted = |lease: Option<&Lease4>, states: &[LeaseState]| {
        i64::from(lease.is_some_and(|lease| states.contains(&lease.state)))
    };
    let change = |states: &[LeaseState]| counted(new, states) - counted(old, states);
    let over = old.is_none_or(|old| old.is_free_at(now));
    let fresh = over && new.is_some_and(|new| new.state == LeaseState::Assigned);
    if let (Some(old), Some(new), false) = (old, new, over) {
        let declined = new.state == LeaseState::Declined;
        assert!(declined || old.hw_addr == new.hw_addr, "{} goes over to another client", old.address);
    }
    let reclaimed = old.is_some_and(|old| old.state != LeaseState::ExpiredReclaimed) && (fresh || reclaiming);
    let recovered = reclaimed && old.is_some_and(|old| old.state == LeaseState::Declined);
    [
        change(&[LeaseState::Assigned, LeaseState::Declined]),
        fresh.into(),
        change(&[LeaseState::Declined]),
        reclaimed.into(),
        recovered.into(),
    ]
}
