//! Rules between parameters that both servers keep.

use crate::hosts::{IdentifierKind, IdentifierRef};
use crate::values::{Address, MaybeIpv4, Range};
use hashbrown::{HashMap, HashSet};
use schema::common::{ControlSocket, SocketType};
use schema::{At, Given, Pos, Problem};

use std::hash::Hash;
use std::net::Ipv4Addr;

/// What must be unique in a configuration, and where it stands first.
#[derive(Debug)]
pub(crate) struct Unique<K> {
    seen: HashMap<K, Pos>,
}

impl<K> Default for Unique<K> {
    fn default() -> Self {
        Self { seen: HashMap::new() }
    }
}

impl<K: Eq + Hash> Unique<K> {
    /// Refuses what was seen before. `what` is said of it, with the line of the first one.
    pub fn check(&mut self, key: K, pos: Pos, what: impl FnOnce() -> String, problems: &mut Vec<Problem>) {
        if let Some(first) = self.seen.get(&key) {
            problems.push(Problem::new(pos, format!("{} (line {})", what(), first.line)));
        } else {
            self.seen.insert(key, pos);
        }
    }
}

/// Pools of a subnet lie inside of it, and no two have an address in common.
pub(crate) fn check_pools<A: Address>(
    subnet: Range<A>,
    name: &str,
    pools: &[(Range<A>, Pos)],
    problems: &mut Vec<Problem>,
) {
    for (pool, pos) in pools {
        if pool.first < subnet.first || pool.last > subnet.last {
            let (kind, Range { first, last }) = (address_kind::<A>(), pool);
            let reason = format!(
                "a pool of type {kind}, with the following address range: {first}-{last} does not match the prefix of a \
                 subnet: {name} to which it is being added"
            );
            problems.push(Problem::new(*pos, reason));
        }
    }
    check_overlaps(pools, address_kind::<A>(), name, problems);
}

/// What messages call the leases of a pool of addresses.
fn address_kind<A: Address>() -> &'static str {
    if A::BITS == 32 { "V4" } else { "IA_NA" }
}

/// No two pools of a subnet, for leases of this kind, have an address in common.
pub(crate) fn check_overlaps<A: Address>(
    ranges: &[(Range<A>, Pos)],
    kind: &str,
    name: &str,
    problems: &mut Vec<Problem>,
) {
    let mut sorted = ranges.to_vec();
    sorted.sort_by_key(|(range, pos)| (range.first, *pos));
    let mut before: Option<Range<A>> = None;
    for (range, pos) in sorted {
        if let Some(other) = before.filter(|other| other.overlaps(range)) {
            let Range { first, last } = range;
            let reason = format!(
                "a pool of type {kind}, with the following address range: {first}-{last} overlaps with an existing pool \
                 in the subnet: {name} to which it is being added ({other})"
            );
            problems.push(Problem::new(pos, reason));
        }
        before = Some(before.filter(|other| other.last > range.last).unwrap_or(range));
    }
}

/// An identifier that a reservation gives.
pub(crate) struct Candidate<'a> {
    pub kind: IdentifierKind,
    pub bytes: &'a [u8],
    pub pos: Pos,
}

/// The one identifier of a reservation that needs one of these kinds.
pub(crate) fn one_identifier<'a>(
    kinds: &[IdentifierKind],
    given: &[Candidate<'a>],
    reservation: Pos,
    problems: &mut Vec<Problem>,
) -> Option<IdentifierRef<'a>> {
    let Some(&Candidate { kind, bytes, pos }) = given.first() else {
        let mut keys: Vec<_> = kinds.iter().map(|kind| kind.key()).collect();
        keys.sort_unstable();
        let keys = keys.join(", ");
        let reason = format!("one of the supported identifiers must be specified for host reservation: {keys}");
        problems.push(Problem::new(reservation, reason));
        return None;
    };
    if let Some(other) = given.get(1) {
        let reason = format!("the '{}' and '{}' are mutually exclusive", kind.key(), other.kind.key());
        problems.push(Problem::new(other.pos, reason));
    }
    // Longest DUID: RFC 8415 §11.1. Longest hardware address: what a DHCPv4 message holds, and Infiniband. The last two
    // are what Kea's databases hold.
    let longest = match kind {
        IdentifierKind::HwAddress => 20,
        IdentifierKind::Duid => 130,
        IdentifierKind::ClientId => 255,
        IdentifierKind::CircuitId | IdentifierKind::FlexId => 128,
    };
    if bytes.len() > longest {
        problems.push(Problem::new(pos, format!("longer than {longest} bytes")));
    }
    Some(IdentifierRef { kind, bytes })
}

/// `*`, a name, or a name with an address; the same entry once, and a name alone once.
pub(crate) fn check_interfaces<A: Address>(list: &[At<String>], problems: &mut Vec<Problem>) -> Vec<Box<str>> {
    let mut unique = Unique::default();
    let (mut names, mut addressed) = (HashSet::new(), HashSet::new());
    for entry in list {
        let (name, address) = entry.split_once('/').map_or((entry.as_str(), None), |(name, a)| (name, Some(a)));
        let (name, address) = (name.trim(), address.map(str::trim));
        if name.is_empty() || name.len() > 15 || name.contains(char::is_whitespace) {
            problems.push(Problem::new(entry.pos, format!("`{}` is no name of an interface", entry.value)));
        } else if name == "*" && address.is_some() {
            problems.push(Problem::new(entry.pos, "`*` cannot have an address"));
        } else if let Some(address) = address.filter(|address| address.parse::<A>().is_err()) {
            problems.push(Problem::new(entry.pos, format!("`{address}` is no address of this family")));
        }
        unique.check(entry.value.clone(), entry.pos, || format!("`{}` stands already", entry.value), problems);
        // In DHCPv6, a name is for multicast and one with an address is for unicast.
        if A::BITS == 32 && address.is_some() && names.contains(name) {
            problems.push(Problem::new(entry.pos, format!("`{name}` stands already, with all its addresses")));
        } else if A::BITS == 32 && address.is_none() && addressed.contains(name) {
            problems.push(Problem::new(entry.pos, format!("`{name}` stands already, with an address of it")));
        }
        if address.is_some() {
            addressed.insert(name)
        } else {
            names.insert(name)
        };
    }
    list.iter().map(|entry| entry.value.split('/').map(str::trim).collect::<Vec<_>>().join("/").into()).collect()
}

/// Addresses of relays, each once.
pub(crate) fn check_relays<A: Address + Hash>(list: &[At<A>], problems: &mut Vec<Problem>) {
    let mut unique = Unique::default();
    for address in list {
        unique.check(address.value, address.pos, || format!("the relay {} stands already", address.value), problems);
    }
}

/// Text of at most so many bytes.
pub(crate) fn check_length(given: &Given<String>, longest: usize, problems: &mut Vec<Problem>) {
    if let Some(given) = given.as_ref().filter(|given| given.len() > longest) {
        problems.push(Problem::new(given.pos, format!("must be at most {longest} bytes long, not {}", given.len())));
    }
}

/// Subnets of a shared network are on one link: those that name an interface name the same one.
pub(crate) fn check_one_interface<'a>(
    network: Option<&'a At<String>>,
    subnets: impl Iterator<Item = Option<&'a At<String>>>,
    problems: &mut Vec<Problem>,
) {
    let mut first = network.filter(|name| !name.is_empty());
    for interface in subnets.flatten().filter(|name| !name.is_empty()) {
        match first {
            Some(first) if first.value != interface.value => {
                let reason = format!("the shared network is on the interface {} already", first.value);
                problems.push(Problem::new(interface.pos, reason));
            }
            _ => first = first.or(Some(interface)),
        }
    }
}

/// Gives the subnets that have no number the lowest ones that are free.
pub(crate) fn number(mut ids: Vec<&mut Given<u32>>) {
    if ids.iter().all(|id| id.is_some()) {
        return;
    }
    let used: HashSet<u32> = ids.iter().filter_map(|id| id.as_ref()).map(|id| id.value).collect();
    let mut free = (1..).filter(|id| !used.contains(id));
    for id in ids.iter_mut().filter(|id| id.is_none()) {
        **id = free.next().map(At::unwritten);
    }
}

/// Where clients boot from is an address where it is not inherited.
pub(crate) fn check_next_server(given: &Given<MaybeIpv4>, problems: &mut Vec<Problem>) {
    let Some(given) = given else { return };
    match given.value.0 {
        None => problems.push(Problem::new(given.pos, "must be an IPv4 address, not \"\"")),
        Some(Ipv4Addr::BROADCAST) => problems.push(Problem::new(given.pos, "must not be the broadcast address")),
        Some(_) => {}
    }
}

/// One UNIX control socket, written in one of the two places, or the same in both.
pub(crate) fn check_control_sockets(
    list: &[At<ControlSocket>],
    older: &Given<ControlSocket>,
    problems: &mut Vec<Problem>,
) {
    let unix = |socket: &ControlSocket| socket.socket_type.as_ref().is_some_and(|kind| kind.value == SocketType::Unix);
    let older = ControlSocket::only_older(list, older);
    if let Some(extra) = list.iter().chain(older).filter(|socket| unix(socket)).nth(1) {
        problems.push(Problem::new(extra.pos, "there is a unix control socket already"));
    }
}

/// In the order of their positions, each once: an inherited value is checked in every scope that inherits it.
pub(crate) fn in_order(mut problems: Vec<Problem>) -> Vec<Problem> {
    problems.sort_by(|a, b| (a.pos, &a.reason).cmp(&(b.pos, &b.reason)));
    problems.dedup();
    problems
}
