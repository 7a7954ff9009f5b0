//! `libdhcp_limits.so`: how many leases the members of a class or the clients of a subnet may hold, and how many packets of theirs are
//! answered.
//!
//! Leases of a subnet are those of its statistics. Leases of a class are counted by the store, from the classes that stand in their
//! user contexts: the library writes them there, as Kea's does.

pub mod messages;
mod rates;

use crate::Means;
use dhcpd_config::classes::ClassSet;
use dhcpd_config::parameters::Library;
use dhcpd_config::parameters::hooks::{ClassLimit, Limit, LimitRules, Rate};
use engine::hooks::{Next, Point};
use engine::{v4, v6};
use eval::Names;
use leases::LeaseType;
use leases::memfile::ClassCounts;
use messages::*;
use parking_lot::Mutex;
use rates::{ByClass, Micros, Series};
use serde_json::{Map, Value};
use smallvec::SmallVec;
use stats::Counter;
use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use wire::options::Family;

/// The library at work.
#[derive(Debug)]
pub struct Limits {
    classes: Vec<Class>,
    subnets: HashMap<u32, Subnet>,
    names: Names,
    counts: Arc<ClassCounts>,
    rates: Mutex<ByClass>,
    /// Statistics of a packet that is one too many.
    dropped: [Arc<Counter>; 2],
}

#[derive(Debug)]
struct Class {
    rules: ClassLimit,
    /// What names of classes begin with that it spawns, if it is a template.
    spawns: Option<String>,
}

#[derive(Debug)]
struct Subnet {
    limit: Limit,
    /// Leases that are assigned: addresses and prefixes.
    assigned: [Arc<Counter>; 2],
    packets: Mutex<Series>,
}

/// Where leases are counted by class, if a configuration limits them; where those of the configuration before were.
pub fn class_counts(libraries: &[Library], before: Option<Arc<ClassCounts>>) -> Option<Arc<ClassCounts>> {
    let counts = |library: &Library| matches!(library, Library::Limits(rules) if rules.count_classes());
    libraries.iter().any(counts).then(|| before.unwrap_or_default())
}

impl Limits {
    /// By its limits, for a server of this family.
    pub fn new(rules: &LimitRules, family: Family, names: &Names, means: &Means<'_>) -> Self {
        report(rules);
        let statistic = |name: String| means.stats.counter(&name);
        let (addresses, prefixes) = match family {
            Family::V4 => ("assigned-addresses", "assigned-addresses"),
            Family::V6 => ("assigned-nas", "assigned-pds"),
        };
        let subnets = rules.subnets.iter().map(|(id, limit)| {
            let assigned = [addresses, prefixes].map(|name| statistic(format!("subnet[{id}].{name}")));
            (*id, Subnet { limit: limit.clone(), assigned, packets: Mutex::default() })
        });
        let class = |rules: &ClassLimit| Class {
            rules: rules.clone(),
            spawns: rules.template.then(|| format!("SPAWN_{}_", rules.name)),
        };
        let number = if family == Family::V4 { 4 } else { 6 };
        Self {
            classes: rules.classes.iter().map(class).collect(),
            subnets: subnets.collect(),
            names: names.clone(),
            counts: means.class_counts.clone().unwrap_or_default(),
            rates: Mutex::default(),
            dropped: ["limit-exceeded", "receive-drop"].map(|name| statistic(format!("pkt{number}-{name}"))),
        }
    }

    fn points(&self) -> &'static [Point] {
        &[Point::Classified, Point::Subnet, Point::Lease]
    }

    /// The limited classes that a client is in, by their names: instead of a template the class that it spawned.
    fn limited<'a>(&'a self, set: &'a ClassSet) -> impl Iterator<Item = (&'a str, &'a Limit)> {
        let of = |class: &'a Class| {
            let ClassLimit { class: id, name, limit, .. } = &class.rules;
            let name = match &class.spawns {
                _ if !set.contains(*id) => None,
                None => Some(&**name),
                Some(prefix) => set.names(&self.names).find(|name| name.starts_with(prefix.as_str())),
            };
            name.map(|name| (name, limit))
        };
        self.classes.iter().filter_map(of)
    }

    /// The packet counts for the classes of its client, or is one too many.
    fn classified(&self, set: &ClassSet) -> Next {
        let limited = self.limited(set).filter_map(|(name, limit)| Some((name, limit.rate.as_ref()?)));
        let limited: SmallVec<[(&str, &Rate); 4]> = limited.collect();
        if limited.is_empty() {
            return Next::Continue;
        }
        let classes = List(set, &self.names);
        match self.rates.lock().take(&limited, now()) {
            Ok(()) => {
                log::event!(LIMITS_PACKET_WITH_CLIENT_CLASSES_RATE_LIMIT_HONORED, classes);
                Next::Continue
            }
            Err((class, rate)) => {
                log::event!(LIMITS_PACKET_WITH_CLIENT_CLASSES_RATE_LIMIT_DROPPED, classes, limit = rate.text, class);
                self.drop()
            }
        }
    }

    /// The packet counts for the subnet of its client, or is one too many.
    fn subnet(&self, id: Option<u32>) -> Next {
        let Some(id) = id else {
            log::event!(LIMITS_PACKET_WIIH_SUBNET_ID_RATE_NO_SUBNET);
            return Next::Continue;
        };
        let Some((subnet, rate)) = self.subnets.get(&id).and_then(|subnet| Some((subnet, subnet.limit.rate.as_ref()?)))
        else {
            return Next::Continue;
        };
        let (mut packets, now) = (subnet.packets.lock(), now());
        if packets.admits(rate, now) {
            packets.count(now);
            log::event!(LIMITS_PACKET_WITH_SUBNET_ID_RATE_LIMIT_HONORED, subnet = id, limit = rate.text);
            Next::Continue
        } else {
            log::event!(LIMITS_PACKET_WITH_SUBNET_ID_RATE_LIMIT_DROPPED, subnet = id, limit = rate.text);
            self.drop()
        }
    }

    fn drop(&self) -> Next {
        self.dropped.iter().for_each(|counter| counter.add(1));
        Next::Drop
    }

    /// Remembers the classes of the client in its lease, and refuses a new lease that is one too many.
    fn lease(&self, set: &ClassSet, lease: Lease<'_>) -> Next {
        *lease.user_context = Some(with_classes(lease.user_context.as_deref(), set.names(&self.names)));
        if !lease.is_new {
            return Next::Continue;
        }
        let kind = |limit: &Limit| if lease.kind == LeaseType::Na { limit.addresses } else { limit.prefixes };
        let noun = if lease.kind == LeaseType::Na { "address" } else { "prefix" };
        let mut limited = false;
        for (class, limit) in self.limited(set).filter_map(|(class, limit)| Some((class, kind(limit)?))) {
            limited = true;
            let count = if limit == 0 { 0 } else { self.counts.held(lease.kind, class) };
            if count >= limit.into() {
                let limit = format!("{noun} limit {limit} for client class \"{class}\", current lease count {count}");
                log::event!(LIMITS_LEASE_LIMIT_EXCEEDED, limit);
                return Next::Drop;
            }
        }
        let subnet = self.subnets.get(&lease.subnet);
        if let Some((subnet, limit)) = subnet.and_then(|subnet| Some((subnet, kind(&subnet.limit)?))) {
            limited = true;
            let [addresses, prefixes] = &subnet.assigned;
            let assigned = if lease.kind == LeaseType::Na { addresses } else { prefixes };
            let count = if limit == 0 { 0 } else { assigned.value() };
            if count >= limit.into() {
                let id = lease.subnet;
                let limit = format!("{noun} limit {limit} for subnet ID {id}, current lease count {count}");
                log::event!(LIMITS_LEASE_LIMIT_EXCEEDED, limit);
                return Next::Drop;
            }
        }
        if limited {
            log::event!(LIMITS_LEASE_WITHIN_LIMITS, address = lease.address);
        }
        Next::Continue
    }
}

/// A lease of either family that a client is to get.
struct Lease<'a> {
    kind: LeaseType,
    address: IpAddr,
    subnet: u32,
    user_context: &'a mut Option<Box<str>>,
    is_new: bool,
}

impl v4::hooks::Hooks for Limits {
    fn points(&self) -> &'static [Point] {
        self.points()
    }

    fn classified(&self, query: &v4::hooks::Request<'_>) -> Next {
        self.classified(query.classes)
    }

    fn subnet(&self, _: &v4::hooks::Request<'_>, selection: &mut v4::hooks::Selection<'_>) -> Next {
        let subnet = selection.subnet.and_then(|at| selection.config.subnets.list().get(at));
        self.subnet(subnet.map(|subnet| subnet.id))
    }

    fn lease(&self, query: &v4::hooks::Request<'_>, proposal: &mut v4::hooks::Proposal<'_>) -> Next {
        let (lease, is_new) = (&mut *proposal.lease, proposal.before.is_none());
        let (address, subnet) = (lease.address.into(), lease.subnet_id);
        let user_context = &mut lease.user_context;
        self.lease(query.classes, Lease { kind: LeaseType::Na, address, subnet, user_context, is_new })
    }
}

impl v6::hooks::Hooks for Limits {
    fn points(&self) -> &'static [Point] {
        self.points()
    }

    fn classified(&self, query: &v6::hooks::Request<'_, '_>) -> Next {
        self.classified(query.classes)
    }

    fn subnet(&self, _: &v6::hooks::Request<'_, '_>, selection: &mut v6::hooks::Selection<'_>) -> Next {
        let subnet = selection.subnet.and_then(|at| selection.config.subnets.list().get(at));
        self.subnet(subnet.map(|subnet| subnet.id))
    }

    fn lease(&self, query: &v6::hooks::Request<'_, '_>, proposal: &mut v6::hooks::Proposal<'_>) -> Next {
        let (lease, is_new) = (&mut *proposal.lease, proposal.before.is_none());
        let (kind, address, subnet) = (lease.lease_type, lease.address.into(), lease.subnet_id);
        let user_context = &mut lease.user_context;
        self.lease(query.classes, Lease { kind, address, subnet, user_context, is_new })
    }
}

/// A user context with the names of a client's classes in it; what else it says stays.
fn with_classes<'a>(context: Option<&str>, classes: impl Iterator<Item = &'a str>) -> Box<str> {
    let written = context.and_then(|text| serde_json::from_str::<Map<String, Value>>(text).ok());
    let mut context = written.unwrap_or_default();
    let isc = context.entry("ISC").or_insert_with(|| Value::Object(Map::new()));
    if !isc.is_object() {
        *isc = Value::Object(Map::new());
    }
    if let Value::Object(isc) = isc {
        isc.insert("client-classes".into(), classes.map(Value::from).collect());
    }
    control::to_text(&Value::Object(context)).into()
}

/// Classes in messages.
struct List<'a>(&'a ClassSet, &'a Names);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, name) in self.0.names(self.1).enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(f, "{comma}{name}")?;
        }
        Ok(())
    }
}

fn now() -> Micros {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Micros::try_from(since.as_micros()).unwrap_or(Micros::MAX)
}

/// Says which limits there are.
fn report(rules: &LimitRules) {
    let classes = || rules.classes.iter().map(|class| (&class.name, &class.limit));
    let subnets = || rules.subnets.iter().map(|(id, limit)| (id, limit));
    for (class, limit) in classes().filter_map(|(class, limit)| Some((class, limit.addresses?))) {
        log::event!(LIMITS_CONFIGURED_ADDRESS_LIMIT_BY_CLIENT_CLASS, limit, class);
    }
    for (subnet, limit) in subnets().filter_map(|(subnet, limit)| Some((subnet, limit.addresses?))) {
        log::event!(LIMITS_CONFIGURED_ADDRESS_LIMIT_BY_SUBNET, limit, subnet);
    }
    for (class, limit) in classes().filter_map(|(class, limit)| Some((class, limit.prefixes?))) {
        log::event!(LIMITS_CONFIGURED_PREFIX_LIMIT_BY_CLIENT_CLASS, limit, class);
    }
    for (subnet, limit) in subnets().filter_map(|(subnet, limit)| Some((subnet, limit.prefixes?))) {
        log::event!(LIMITS_CONFIGURED_PREFIX_LIMIT_BY_SUBNET, limit, subnet);
    }
    for (class, rate) in classes().filter_map(|(class, limit)| Some((class, limit.rate.as_ref()?))) {
        log::event!(LIMITS_CONFIGURED_RATE_LIMIT_BY_CLIENT_CLASS, limit = rate.text, class);
    }
    for (subnet, rate) in subnets().filter_map(|(subnet, limit)| Some((subnet, limit.rate.as_ref()?))) {
        log::event!(LIMITS_CONFIGURED_RATE_LIMIT_BY_SUBNET, limit = rate.text, subnet);
    }
}
