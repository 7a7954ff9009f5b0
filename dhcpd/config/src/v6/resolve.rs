//! From what was written to what the server runs with: inheritance, rules between parameters, indexes.

mod classes;
mod hosts;
mod pools;

use super::parameters::{
    Dhcp6, File6, HostIdentifier6, Interfaces6, Lease6, Link6, PreferredLifetime, ServerIdType, Service6,
    SharedNetwork6, Subnet6, Timers6,
};
use super::snapshot::{self, Config6, MacSource, ServerIdKind, Subnets6};
use crate::classes::{Classes, Classifier, Guard};
use crate::ddns::Ddns;
use crate::hosts::IdentifierKind;
use crate::lifetime::{Lifetime, TeeTimes};
use crate::options::OptionSet;
use crate::parameters::{
    AllocatorName, ClassContext, Definitions, Encoder, Guards, Loading, OptionData, adaptive_threshold,
    check_allocator, check_classes, check_library, host_databases, lifetime, load_libraries, part, push_once,
    tee_times,
};
use crate::printer::drop_empty;
use crate::rules::{
    Unique, check_control_sockets, check_interfaces, check_one_interface, check_relays, in_order, number,
};
use schema::json::Document;
use schema::{At, ConfigError, Json, Pos, Problem, Reader, Scope};
use std::collections::BTreeSet;
use std::net::Ipv6Addr;
use std::sync::Arc;
use wire::options::{self, Family};

/// Reads a configuration: the parameters as written and what the server runs with, or all that is wrong.
pub fn load(document: &Document) -> Result<(Dhcp6, Config6), Vec<ConfigError>> {
    let mut reader = Reader::default();
    let file = File6::read(&mut reader, &document.root);
    let mut input = file.dhcp6.map(|dhcp6| dhcp6.value).unwrap_or_default();
    let networks = input.shared_networks.iter_mut().flat_map(|network| &mut network.value.subnet6);
    number(networks.chain(&mut input.subnet6).map(|subnet| &mut subnet.value.id).collect());
    let definitions = Definitions::standard(Family::V6).with(&input.option_def, &mut reader.problems);
    let (config, problems) = Resolver::new(&input, &definitions, reader.problems).resolve();
    match problems.is_empty() {
        true => Ok((input, config)),
        false => Err(document.errors(problems)),
    }
}

/// What a scope hands down, after it took over what its own outer scope hands down.
#[derive(Clone)]
struct Outer {
    link: Link6,
    lease: Lease6,
    service: Service6,
    options: Arc<OptionSet>,
    ddns: Arc<Ddns>,
}

struct Resolver<'a> {
    input: &'a Dhcp6,
    definitions: &'a Definitions,
    encoder: Encoder<'a>,
    classes: Classifier,
    /// `dhcp-ddns/enable-updates`.
    updates: bool,
    ids: Unique<u32>,
    prefixes: Unique<(Ipv6Addr, u8)>,
    problems: Vec<Problem>,
    /// Where values stand that could not be read.
    unread: BTreeSet<Pos>,
}

impl<'a> Resolver<'a> {
    fn new(input: &'a Dhcp6, definitions: &'a Definitions, mut problems: Vec<Problem>) -> Self {
        let unread = problems.iter().map(|problem| problem.pos).collect();
        let updates = input.dhcp_ddns().enable_updates();
        let classes: Vec<_> = input.client_classes.iter().map(|class| (class.pos, &class.membership)).collect();
        let classes = check_classes(Family::V6, &classes, definitions, &mut problems);
        Self { updates, problems, unread, ..Self::bare(input, definitions, classes) }
    }

    /// With these classes, and without a look at what was written.
    fn bare(input: &'a Dhcp6, definitions: &'a Definitions, classes: Classifier) -> Self {
        let encoder = Encoder::new(Family::V6, definitions);
        let (updates, ids, prefixes, problems, unread) = Default::default();
        Self { input, definitions, encoder, classes, updates, ids, prefixes, problems, unread }
    }

    fn resolve(mut self) -> (Config6, Vec<Problem>) {
        let input = self.input;
        let global = self.global();
        self.encoder.check_for_all(&input.option_data, &mut self.problems);
        let options = Arc::new(self.encode(&input.option_data));
        let subnets = self.subnets(&global);
        let settings = self.class_settings();
        let hosts = self.hosts(&input.reservations, None);
        self.check_rest();
        check_control_sockets(&input.control_sockets, &input.control_socket, &mut self.problems);
        let (host_identifiers, mac_sources) = (self.host_identifiers(), self.mac_sources());
        let (interfaces, server_id) = (self.interfaces(&input.interfaces_config()), self.server_id());
        let relay_supplied_options = self.relay_supplied_options();
        let written = input.shared_networks.iter().flat_map(|network| &network.subnet6).chain(&input.subnet6);
        let context = |given: &'a At<Subnet6>| -> Option<(u32, &'a At<Json>)> {
            Some((given.id.as_ref()?.value, given.annotations.user_context.as_ref()?))
        };
        let contexts: Vec<_> = written.filter_map(context).collect();
        let within = input.shared_networks.iter().flat_map(|network| {
            let context = network.annotations.user_context.as_ref();
            network.subnet6.iter().filter_map(move |subnet| Some((subnet.id.as_ref()?.value, context?)))
        });
        let network_contexts: Vec<_> = within.collect();
        let given = input.client_classes.iter();
        let given = given.filter_map(|class| ClassContext::of(&class.membership, &class.annotations.user_context));
        let client_classes = &given.collect::<Vec<_>>();
        let Self { definitions, classes, problems, .. } = &mut self;
        let loading = Loading {
            family: Family::V6,
            definitions,
            classes,
            client_classes,
            subnets: &contexts,
            networks: &network_contexts,
            libraries: &input.hooks_libraries,
            problems,
        };
        let hooks = load_libraries(loading);
        let lease_database = input.lease_database().resolve();
        if let (Some(database), Some(given)) = (&lease_database.database, &input.lease_database) {
            let pos = given.r#type.as_ref().map_or(given.pos, |kind| kind.pos);
            check_library("lease", database, pos, &input.hooks_libraries, &mut self.problems);
        }
        if let Some(control) = &input.config_control {
            control.check(&input.hooks_libraries, &mut self.problems);
        }
        let host_databases =
            host_databases(&input.hosts_databases, &input.hosts_database, &input.hooks_libraries, &mut self.problems);
        let config = Config6 {
            interfaces,
            server_id,
            lease_database,
            expired: input.expired_leases_processing().resolve(),
            d2: input.dhcp_ddns().resolve(&mut self.problems),
            lease_checks: input.sanity_checks().lease_checks(),
            extended_info_checks: input.sanity_checks().extended_info_checks(),
            subnets,
            hosts,
            host_databases,
            reservations_unique: input.ip_reservations_unique(),
            definitions: Some(Arc::new(Definitions::clone(self.definitions))),
            host_identifiers,
            mac_sources,
            classes: Classes::new(self.classes, settings),
            options,
            ddns: global.ddns,
            decline_probation: input.decline_probation_period(),
            early_global_reservations: input.early_global_reservations_lookup(),
            reservations_lookup_first: input.reservations_lookup_first(),
            relay_supplied_options,
            lenient_option_parsing: input.compatibility.as_ref().is_some_and(|c| c.lenient_option_parsing()),
            address_registration: input.allow_address_registration(),
            dhcp4o6_port: Some(input.waiting.dhcp4o6_port()).filter(|port| *port > 0),
            threads: input.multi_threading().threads(),
            samples: input.waiting.samples(),
            hooks,
            queue: input.waiting.queue(&input.multi_threading()),
            parked_packet_limit: input.waiting.parked_packet_limit(),
        };
        (config, in_order(self.problems))
    }

    fn interfaces(&mut self, given: &Interfaces6) -> snapshot::Interfaces6 {
        snapshot::Interfaces6 {
            interfaces: check_interfaces::<Ipv6Addr>(&given.interfaces, &mut self.problems),
            re_detect: given.re_detect(),
            require_all: given.service_sockets_require_all(),
            max_retries: given.service_sockets_max_retries(),
            retry_wait: given.service_sockets_retry_wait_time(),
        }
    }

    fn server_id(&mut self) -> snapshot::ServerId {
        let given = self.input.server_id.as_ref().map(|given| given.value.clone()).unwrap_or_default();
        let identifier = given.identifier().0.map(|octets| octets.0).unwrap_or_default();
        if let Some(given) = given.identifier.as_ref().filter(|_| identifier.len() > 128) {
            self.problems.push(Problem::new(given.pos, "longer than 128 bytes"));
        }
        snapshot::ServerId {
            kind: match given.r#type() {
                ServerIdType::Llt => ServerIdKind::Llt,
                ServerIdType::En => ServerIdKind::En,
                ServerIdType::Ll => ServerIdKind::Ll,
            },
            identifier,
            time: given.time(),
            hardware_type: given.htype(),
            enterprise_id: given.enterprise_id(),
            persist: given.persist(),
        }
    }

    fn host_identifiers(&mut self) -> Vec<IdentifierKind> {
        let given = self.input.host_reservation_identifiers();
        let pos = self.input.host_reservation_identifiers.as_ref().map(|given| given.pos).unwrap_or_default();
        let auto = given.iter().any(|kind| kind.value == HostIdentifier6::Auto);
        if given.is_empty() {
            self.problems.push(Problem::new(pos, "must not be empty"));
        } else if auto && given.len() > 1 {
            self.problems.push(Problem::new(pos, "`auto` must stand alone"));
        }
        let mut unique = Unique::default();
        for kind in &given {
            unique.check(kind.word(), kind.pos, || format!("`{}` stands already", kind.word()), &mut self.problems);
        }
        use IdentifierKind::{Duid, FlexId, HwAddress};
        if auto {
            return vec![HwAddress, Duid, FlexId];
        }
        let kinds = given.iter().filter_map(|kind| match kind.value {
            HostIdentifier6::HwAddress => Some(HwAddress),
            HostIdentifier6::Duid => Some(Duid),
            HostIdentifier6::FlexId => Some(FlexId),
            HostIdentifier6::Auto => None,
        });
        kinds.collect()
    }

    fn mac_sources(&mut self) -> Vec<MacSource> {
        let given = self.input.mac_sources();
        let pos = self.input.mac_sources.as_ref().map(|given| given.pos).unwrap_or_default();
        if given.is_empty() {
            self.problems.push(Problem::new(pos, "must not be empty"));
        }
        let mut unique = Unique::default();
        for source in &given {
            unique.check(
                source.word(),
                source.pos,
                || format!("`{}` stands already", source.word()),
                &mut self.problems,
            );
        }
        given.iter().map(|source| source.value).collect()
    }

    fn relay_supplied_options(&mut self) -> Vec<u16> {
        let mut codes = Vec::new();
        for given in self.input.relay_supplied_options() {
            let named = options::by_name(Family::V6, "dhcp6", &given).map(|option| option.code);
            match given.parse().ok().or(named).filter(|&code| code > 0) {
                Some(code) => codes.push(code),
                None => self.problems.push(Problem::new(given.pos, format!("`{}` is no option", given.value))),
            }
        }
        if !codes.contains(&65) {
            codes.push(65);
        }
        codes
    }

    fn global(&mut self) -> Outer {
        let mut lease = self.input.lease.clone();
        let mut service = self.input.service.clone();
        self.check_names(&service);
        service.modernise();
        lease.fill();
        service.fill();
        self.check_lease(&lease);
        let ddns = Arc::new(service.names.resolve(self.updates, &mut self.problems));
        let mut link = Link6::default();
        link.fill();
        Outer { link, lease, service, options: Arc::default(), ddns }
    }

    /// A scope over its outer one. What it does not say itself it shares with the outer scope.
    fn over(
        &mut self,
        outer: &Outer,
        (link, lease, service): (&Link6, &Lease6, &Service6),
        options: &[At<OptionData>],
    ) -> Outer {
        self.check_own(link, service);
        let mut inner = Outer { link: link.clone(), lease: lease.clone(), service: service.clone(), ..outer.clone() };
        inner.service.modernise();
        drop_empty(&mut inner.link.interface);
        drop_empty(&mut inner.link.interface_id);
        inner.link.inherit(&outer.link);
        inner.lease.inherit(&outer.lease);
        inner.service.inherit(&outer.service);
        if !options.is_empty() {
            inner.options = Arc::new(self.encode(options).over(&outer.options));
        }
        if !service.names.is_empty() || service.ddns_use_conflict_resolution.is_some() {
            inner.ddns = Arc::new(inner.service.names.resolve(self.updates, &mut self.problems));
        }
        if *lease != Lease6::default() {
            self.check_lease(&inner.lease);
        }
        inner
    }

    fn encode(&mut self, options: &[At<OptionData>]) -> OptionSet {
        self.encoder.encode(options, &mut self.classes, &mut self.problems)
    }

    /// Rules for what stands in one scope.
    fn check_own(&mut self, link: &Link6, service: &Service6) {
        self.check_names(service);
        let written = |given: &Option<At<String>>| given.as_ref().filter(|text| !text.is_empty()).map(|text| text.pos);
        if let (Some(_), Some(pos)) = (written(&link.interface), written(&link.interface_id)) {
            let reason = "`interface` is for clients on the link, `interface-id` for those behind a relay: one of both";
            self.problems.push(Problem::new(pos, reason));
        }
    }

    fn check_names(&mut self, service: &Service6) {
        service.names.check(&mut self.problems);
        if let (Some(older), Some(_)) =
            (&service.ddns_use_conflict_resolution, &service.names.ddns_conflict_resolution_mode)
        {
            self.problems.push(Problem::new(older.pos, "cannot stand beside ddns-conflict-resolution-mode"));
        }
    }

    /// Rules for lifetimes, wherever they come from.
    fn check_lease(&mut self, lease: &Lease6) {
        preferred(&lease.preferred, &mut self.problems);
        lease.valid.resolve(&mut self.problems);
        lease.cache.resolve(&mut self.problems);
        part(&lease.adaptive_lease_time_threshold, &mut self.problems);
        tee(&lease.timers, &mut self.problems);
    }

    fn subnets(&mut self, global: &Outer) -> Subnets6 {
        let input = self.input;
        let mut names = Vec::new();
        let mut unique = Unique::default();
        let mut list = Vec::new();
        for network in &input.shared_networks {
            let name = network.name.as_ref().map_or("", |name| &name.value);
            if let Some(given) = &network.name {
                let what = || format!("duplicate network '{name}' found in the configuration");
                unique.check(name, given.pos, what, &mut self.problems);
                if name.is_empty() {
                    self.problems.push(Problem::new(given.pos, "must not be empty"));
                }
            }
            let outer = self.over(global, (&network.link, &network.lease, &network.service), &network.option_data);
            self.check_network(network, &outer);
            self.check_relays(&network.link);
            network.guards.check(&mut self.problems);
            let place = Some(names.len());
            list.extend(
                network
                    .subnet6
                    .iter()
                    .filter_map(|subnet| self.subnet(&outer, subnet, place.zip(Some(&network.guards)))),
            );
            names.push(name.into());
        }
        list.extend(input.subnet6.iter().filter_map(|subnet| self.subnet(global, subnet, None)));
        Subnets6::new(list, names)
    }

    fn check_relays(&mut self, link: &Link6) {
        let addresses = link.relay.as_ref().and_then(|relay| relay.ip_addresses.as_ref());
        check_relays(addresses.map_or(&[], |list| &list.value), &mut self.problems);
    }

    fn check_network(&mut self, network: &SharedNetwork6, outer: &Outer) {
        let interfaces = network.subnet6.iter().map(|subnet| subnet.link.interface.as_ref());
        check_one_interface(network.link.interface.as_ref(), interfaces, &mut self.problems);
        let outer = outer.link.rapid_commit();
        let mut first = None;
        for subnet in &network.subnet6 {
            let given = &subnet.link.rapid_commit;
            let rapid_commit = given.as_ref().map_or(outer, |given| given.value);
            let first = *first.get_or_insert(rapid_commit);
            if rapid_commit != first {
                let pos = given.as_ref().map_or(subnet.pos, |given| given.pos);
                let reason =
                    format!("`rapid-commit` must be the same in all subnets of a shared network, and is {first}");
                self.problems.push(Problem::new(pos, reason));
            }
        }
    }

    fn check_allocators(&mut self, lease: &Lease6) {
        if let Some(given) = lease.allocator.as_ref().filter(|given| given.value == AllocatorName::Flq) {
            let reason = "Free Lease Queue allocator is not supported for IPv6 address pools";
            push_once(&mut self.problems, Problem::new(given.pos, reason));
        }
        check_allocator(&lease.allocator, &self.input.lease_database, &mut self.problems);
        check_allocator(&lease.pd_allocator, &self.input.lease_database, &mut self.problems);
    }

    /// A subnet; none where it has no valid prefix or number, which is told already.
    fn subnet(
        &mut self,
        outer: &Outer,
        given: &At<Subnet6>,
        network: Option<(usize, &Guards)>,
    ) -> Option<snapshot::Subnet6> {
        let inner = self.over(outer, (&given.link, &given.lease, &given.service), &given.option_data);
        given.guards.check(&mut self.problems);
        self.check_relays(&given.link);
        let (id, prefix) = (given.id.as_ref()?, given.subnet.as_ref()?);
        self.ids.check(
            id.value,
            id.pos,
            || format!("ID of the new IPv6 subnet '{}' is already in use", id.value),
            &mut self.problems,
        );
        let key = (prefix.address, prefix.len);
        let what = || format!("subnet with the prefix of '{}' already exists", prefix.value);
        self.prefixes.check(key, prefix.pos, what, &mut self.problems);
        let pools = self.pools(&inner, &given.pools, prefix.value);
        let pd_pools = self.pd_pools(&given.pd_pools, prefix.value);
        let guards = || [Some(&given.guards), network.map(|(_, guards)| guards)].into_iter().flatten();
        let guard = Guard::new(guards().map(|guards| guards.clients(&mut self.classes)));
        let additional = guards().flat_map(|guards| guards.additional(&mut self.classes)).collect();
        let hosts = self.hosts(&given.reservations, Some(prefix.value));
        self.check_allocators(&inner.lease);
        let Outer { link, lease, service, options, ddns } = inner;
        let text = |given: Option<At<String>>| given.map(|text| text.value).filter(|text| !text.is_empty());
        Some(snapshot::Subnet6 {
            id: id.value,
            prefix: prefix.first(),
            prefix_len: prefix.len,
            network: network.map(|(place, _)| place),
            rapid_commit: link.rapid_commit(),
            relays: link
                .relay
                .iter()
                .flat_map(|relay| relay.ip_addresses.iter())
                .flat_map(|list| addresses(list))
                .collect(),
            interface: text(link.interface).map(Into::into),
            interface_id: text(link.interface_id).map(|id| id.into_bytes().into()),
            // These rules are kept where the parameters were written.
            preferred: preferred(&lease.preferred, &mut Vec::new()),
            valid: lease.valid.resolve(&mut Vec::new()),
            tee: tee(&lease.timers, &mut Vec::new()),
            cache: lease.cache.resolve(&mut Vec::new()),
            pools,
            pd_pools,
            allocator: lease.allocator().resolve(),
            pd_allocator: lease.pd_allocator().resolve(),
            adaptive_threshold: adaptive_threshold(lease.pd_allocator(), &lease.adaptive_lease_time_threshold),
            reservations: service.reservations.modes(),
            hosts,
            options,
            guard,
            additional,
            ddns,
            store_extended_info: lease.store_extended_info(),
        })
    }
}

fn addresses(list: &[At<Ipv6Addr>]) -> impl Iterator<Item = Ipv6Addr> {
    list.iter().map(|address| address.value)
}

/// All zero where nothing is given: five eighths of the valid lifetime.
fn preferred(given: &PreferredLifetime, problems: &mut Vec<Problem>) -> Lifetime {
    let (min, max) = (&given.min_preferred_lifetime, &given.max_preferred_lifetime);
    lifetime("preferred-lifetime", min, &given.preferred_lifetime, max, problems).unwrap_or(Lifetime::fixed(0))
}

fn tee(timers: &Timers6, problems: &mut Vec<Problem>) -> TeeTimes {
    let times = TeeTimes {
        renew: timers.renew_timer.as_ref().map(|given| given.value),
        rebind: timers.rebind_timer.as_ref().map(|given| given.value),
        calculate: timers.calculate_tee_times(),
        t1_fraction: timers.t1_percent(),
        t2_fraction: timers.t2_percent(),
    };
    tee_times(times, &timers.t1_percent, &timers.t2_percent, problems)
}
