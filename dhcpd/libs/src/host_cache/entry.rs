//! An entry of the cache: a reservation for DHCPv4, DHCPv6 or both, as commands and files say it.
//!
//! It is read as two reservations of configurations, one of each family. The own one is what packets find; the other one is
//! kept for the answers and files in which it stands.

use crate::arguments::{Address, At, Refusal, address};
use crate::host_cmds::host::{KINDS, bytes};
use dhcpd_config::hosts::{Meaning, Written};
use dhcpd_config::v4::parameters::Reservation4;
use dhcpd_config::v6::parameters::Reservation6;
use eval::Classifier;
use schema::json::{Member, Node, Value as Tree};
use serde_json::{Map, Value};
use std::net::Ipv6Addr;
use wire::options::Family;

/// Reservations of a family, and those of the other one.
pub trait Side: Written {
    /// Those of the other family.
    type Other: Written;
}

impl Side for Reservation4 {
    type Other = Reservation6;
}

impl Side for Reservation6 {
    type Other = Reservation4;
}

/// An entry.
#[derive(Clone, Debug)]
pub(super) struct Entry<W> {
    /// As answers and files show it.
    pub shown: Value,
    /// Whom it is for: a kind of identifier, and the identifier.
    pub client: (&'static str, Vec<u8>),
    /// What no other entry may have.
    pub places: Vec<Place>,
    /// What packets find, and in which subnet. Nothing if the entry is not for this family, or says that somebody has no
    /// reservation: the databases know that themselves.
    pub given: Option<(u32, W)>,
}

/// By what an entry is found.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Place {
    /// A client in a subnet.
    Client(Family, u32, &'static str, Vec<u8>),
    /// An address in a subnet, or a prefix that begins there.
    Address(u32, Address),
    /// A prefix, wherever it is.
    Prefix(Ipv6Addr, u8),
}

/// The subnet of an entry that is not for a family.
const UNUSED: u32 = u32::MAX;

/// What reservations of configurations have: the key in an entry, the key there, and whose it is if not both families'.
const FIELDS: [(&str, &str, Option<Family>); 12] = [
    ("boot-file-name", "boot-file-name", Some(Family::V4)),
    ("client-classes4", "client-classes", Some(Family::V4)),
    ("client-classes6", "client-classes", Some(Family::V6)),
    ("hostname", "hostname", None),
    ("ip-address", "ip-address", Some(Family::V4)),
    ("ip-addresses", "ip-addresses", Some(Family::V6)),
    ("next-server", "next-server", Some(Family::V4)),
    ("option-data4", "option-data", Some(Family::V4)),
    ("option-data6", "option-data", Some(Family::V6)),
    ("prefixes", "prefixes", Some(Family::V6)),
    ("server-hostname", "server-hostname", Some(Family::V4)),
    ("user-context", "user-context", None),
];

impl<W: Side> Entry<W> {
    /// Reads an entry.
    pub fn read(meaning: &Meaning, node: &Node) -> Result<Self, Refusal> {
        let Tree::Map(members) = &node.value else { return Err(not("mapValue", "map", node)) };
        let kind = kind(members)?;
        let mut particulars = Particulars::default();
        for member in members.iter().filter(|member| *member.key != *kind) {
            particulars.read(member)?;
        }
        let given: W = meaning.read(&reservation(members, kind, W::FAMILY))?;
        let family = W::Other::FAMILY;
        let elsewhere = Meaning::new(&None, &Classifier::empty(family), family);
        let other: W::Other = elsewhere.read(&reservation(members, kind, family))?;
        let sides = (meaning.shown(&given), elsewhere.shown(&other));
        let (four, six) = if W::FAMILY == Family::V4 { sides } else { (sides.1, sides.0) };
        let mut entry = particulars.shown();
        entry.insert(kind.to_owned(), four.get(kind).cloned().unwrap_or_default());
        for (key, inner, whose) in FIELDS {
            let side = if whose == Some(Family::V6) { &six } else { &four };
            let optional = matches!(key, "ip-addresses" | "prefixes");
            let value = side.get(inner).filter(|value| !(optional && value.as_array().is_some_and(Vec::is_empty)));
            entry.extend(value.map(|value| (key.to_owned(), value.clone())));
        }
        let client = (kind, bytes(entry.get(kind).and_then(Value::as_str).unwrap_or_default())?);
        let subnet = if W::FAMILY == Family::V4 { particulars.subnets[0] } else { particulars.subnets[1] };
        let counts = subnet != UNUSED && !particulars.negative && is_of(kind, W::FAMILY);
        Ok(Self {
            places: places(&entry, &client, particulars.subnets),
            shown: Value::Object(entry),
            client,
            given: counts.then_some((subnet, given)),
        })
    }
}

/// What an entry has beside reservations of configurations.
struct Particulars {
    subnets: [u32; 2],
    id: i64,
    negative: bool,
}

impl Default for Particulars {
    fn default() -> Self {
        Self { subnets: [UNUSED; 2], id: 0, negative: false }
    }
}

impl Particulars {
    fn read(&mut self, Member { key, node, .. }: &Member) -> Result<(), Refusal> {
        match &**key {
            "subnet-id4" => self.subnets[0] = subnet(node)?,
            "subnet-id6" => self.subnets[1] = subnet(node)?,
            "host-id" => self.id = integer(node)?,
            "negative" => match node.value {
                Tree::Bool(negative) => self.negative = negative,
                _ => return Err(not("boolValue", "Bool", node)),
            },
            "ip-address" | "next-server" => {
                let given = address(text(node)?)?;
                if key.starts_with("ip") && (given.is_ipv6() || given.is_unspecified()) {
                    return Err(match given.is_ipv6() {
                        true => format!("address '{given}' is not a valid IPv4 address"),
                        false => format!("must not make reservation for the '{given}' address"),
                    }
                    .into());
                }
            }
            "ip-addresses" => list(node)?.iter().try_for_each(|node| address(text(node)?).map(drop))?,
            "prefixes" => list(node)?.iter().try_for_each(|node| {
                let (start, len) = text(node)?.split_once('/').ok_or("bad prefix (no /)")?;
                len.parse::<u8>().map_err(|_| "bad prefix length")?;
                address(start).map(drop)
            })?,
            other if FIELDS.iter().any(|(key, ..)| *key == other) => {}
            other => return Err(format!("unknown parameter: {other}").into()),
        }
        Ok(())
    }

    fn shown(&self) -> Map<String, Value> {
        let mut shown = Map::new();
        shown.insert("subnet-id4".to_owned(), self.subnets[0].into());
        shown.insert("subnet-id6".to_owned(), self.subnets[1].into());
        shown.insert("host-id".to_owned(), self.id.into());
        shown.extend(self.negative.then(|| ("negative".to_owned(), true.into())));
        shown
    }
}

/// The kind of the one identifier.
fn kind(members: &[Member]) -> Result<&'static str, Refusal> {
    let mut given: Vec<_> = members.iter().filter_map(|member| Some((known(&member.key)?, &member.node))).collect();
    given.sort_unstable_by_key(|(kind, _)| *kind);
    match given[..] {
        [] => Err("no identifier".into()),
        [(kind, node)] => {
            let identifier = text(node)?;
            if identifier.is_empty() {
                return Err("empty host identifier used".into());
            }
            let invalid = || format!("invalid host identifier value '{identifier}'").into();
            bytes(identifier).ok().filter(|bytes| !bytes.is_empty()).map(|_| kind).ok_or_else(invalid)
        }
        [(first, _), (second, _), ..] => Err(format!("the '{second}' and '{first}' are mutually exclusive").into()),
    }
}

/// The kind of identifier that has this key.
pub(super) fn known(key: &str) -> Option<&'static str> {
    KINDS.into_iter().find(|kind| *kind == key)
}

/// Whether servers of a family know clients by this kind.
fn is_of(kind: &str, family: Family) -> bool {
    family == Family::V4 || !matches!(kind, "circuit-id" | "client-id")
}

/// The part of an entry that is for a family, as its configuration says it.
fn reservation(members: &[Member], kind: &str, family: Family) -> Node {
    let inner = |key: &str| match FIELDS.iter().find(|(outer, ..)| *outer == key) {
        Some((_, inner, whose)) => whose.is_none_or(|whose| whose == family).then_some(*inner),
        // Where nobody is known by it, any other kind serves for reading the rest.
        None if key == kind => known(if is_of(kind, family) { kind } else { "flex-id" }),
        None => None,
    };
    let part =
        |member: &Member| Some(Member { key: inner(&member.key)?.into(), pos: member.pos, node: member.node.clone() });
    let pos = members.first().map(|member| member.pos).unwrap_or_default();
    Node { pos, value: Tree::Map(members.iter().filter_map(part).collect()) }
}

fn places(entry: &Map<String, Value>, client: &(&'static str, Vec<u8>), [four, six]: [u32; 2]) -> Vec<Place> {
    let texts = |key: &str| match entry.get(key) {
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(text)) => vec![text.as_str()],
        _ => Vec::new(),
    };
    let of_client = |family, subnet| Place::Client(family, subnet, client.0, client.1.clone());
    let mut places = Vec::new();
    if four != UNUSED {
        places.push(of_client(Family::V4, four));
        places.extend(texts("ip-address").iter().filter_map(|text| Some(Place::Address(four, text.parse().ok()?))));
    }
    if six != UNUSED {
        places.push(of_client(Family::V6, six));
        places.extend(texts("ip-addresses").iter().filter_map(|text| Some(Place::Address(six, text.parse().ok()?))));
        for (start, len) in texts("prefixes").iter().filter_map(|text| text.split_once('/')) {
            let (Ok(start), Ok(len)) = (start.parse::<Ipv6Addr>(), len.parse()) else { continue };
            places.extend([Place::Address(six, start.into()), Place::Prefix(start, len)]);
        }
    }
    places
}

/// A number of a subnet.
pub(super) fn subnet(node: &Node) -> Result<u32, Refusal> {
    let number = integer(node)?;
    u32::try_from(number).map_err(|_| format!("invalid subnet id {number}").into())
}

pub(super) fn integer(node: &Node) -> Result<i64, Refusal> {
    match node.value {
        Tree::Int(number) => Ok(number),
        _ => Err(not("intValue", "integer", node)),
    }
}

pub(super) fn text(node: &Node) -> Result<&str, Refusal> {
    match &node.value {
        Tree::Text(text) => Ok(text),
        _ => Err(not("stringValue", "string", node)),
    }
}

pub(super) fn list(node: &Node) -> Result<&[Node], Refusal> {
    match &node.value {
        Tree::List(nodes) => Ok(nodes),
        _ => Err(not("listValue", "list", node)),
    }
}

fn not(asked: &str, kind: &str, node: &Node) -> Refusal {
    format!("{asked}() called on non-{kind} Element in ({})", At(node)).into()
}
