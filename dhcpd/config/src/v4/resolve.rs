//! From what was written to what the server runs with: inheritance, rules between parameters, indexes.

mod classes;
mod hosts;

use super::parameters::{
    Boot4, Dhcp4, File4, HostIdentifier4, Interfaces4, Lease4, Link4, Outbound4, Pool4, Service4, SharedNetwork4,
    SocketType4, Subnet4, Timers4,
};
use super::snapshot::{self, BootFields, Compatibility4, Config4, Dhcp4o6, Subnets4};
use crate::classes::{Classes, Classifier, Guard};
use crate::ddns::Ddns;
use crate::hosts::IdentifierKind;
use crate::lifetime::TeeTimes;
use crate::options::OptionSet;
use crate::parameters::{
    ClassContext, Definitions, Encoder, Guards, Loading, OptionData, adaptive_threshold, check_allocator,
    check_classes, check_library, host_databases, load_libraries, part, tee_times,
};
use crate::printer::drop_empty;
use crate::rules::{
    Unique, check_control_sockets, check_interfaces, check_length, check_one_interface, check_pools, check_relays,
    in_order, number,
};
use crate::values::{Prefix4, Range4};
use schema::json::Document;
use schema::{At, ConfigError, Given, Json, Pos, Problem, Reader, Scope};
use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::Arc;
use wire::options::Family;

/// Reads a configuration: the parameters as written and what the server runs with, or all that is wrong.
pub fn load(document: &Document) -> Result<(Dhcp4, Config4), Vec<ConfigError>> {
    let mut reader = Reader::default();
    let file = File4::read(&mut reader, &document.root);
    let mut input = file.dhcp4.map(|dhcp4| dhcp4.value).unwrap_or_default();
    let networks = input.shared_networks.iter_mut().flat_map(|network| &mut network.value.subnet4);
    number(networks.chain(&mut input.subnet4).map(|subnet| &mut subnet.value.id).collect());
    let definitions = Definitions::standard(Family::V4).with(&input.option_def, &mut reader.problems);
    let (config, problems) = Resolver::new(&input, &definitions, reader.problems).resolve();
    match problems.is_empty() {
        true => Ok((input, config)),
        false => Err(document.errors(problems)),
    }
}

/// What a scope hands down, after it took over what its own outer scope hands down.
#[derive(Clone)]
struct Outer {
    link: Link4,
    lease: Lease4,
    service: Service4,
    options: Arc<OptionSet>,
    ddns: Arc<Ddns>,
}

struct Resolver<'a> {
    input: &'a Dhcp4,
    definitions: &'a Definitions,
    encoder: Encoder<'a>,
    classes: Classifier,
    /// `dhcp-ddns/enable-updates`.
    updates: bool,
    ids: Unique<u32>,
    prefixes: Unique<(Ipv4Addr, u8)>,
    problems: Vec<Problem>,
    /// Where values stand that could not be read.
    unread: BTreeSet<Pos>,
}

impl<'a> Resolver<'a> {
    fn new(input: &'a Dhcp4, definitions: &'a Definitions, mut problems: Vec<Problem>) -> Self {
        let unread = problems.iter().map(|problem| problem.pos).collect();
        let updates = input.dhcp_ddns().enable_updates();
        let classes: Vec<_> = input.client_classes.iter().map(|class| (class.pos, &class.membership)).collect();
        let classes = check_classes(Family::V4, &classes, definitions, &mut problems);
        Self { updates, problems, unread, ..Self::bare(input, definitions, classes) }
    }

    /// With these classes, and without a look at what was written.
    fn bare(input: &'a Dhcp4, definitions: &'a Definitions, classes: Classifier) -> Self {
        let encoder = Encoder::new(Family::V4, definitions);
        let (updates, ids, prefixes, problems, unread) = Default::default();
        Self { input, definitions, encoder, classes, updates, ids, prefixes, problems, unread }
    }

    fn resolve(mut self) -> (Config4, Vec<Problem>) {
        let input = self.input;
        let global = self.global();
        self.encoder.check_for_all(&input.option_data, &mut self.problems);
        let options = Arc::new(self.encode(&input.option_data));
        let subnets = self.subnets(&global);
        let settings = self.class_settings();
        let hosts = self.hosts(&input.reservations, None);
        let compatibility = input.compatibility.as_ref().map(|given| given.value.clone()).unwrap_or_default();
        self.check_rest();
        check_control_sockets(&input.control_sockets, &input.control_socket, &mut self.problems);
        let (interfaces, host_identifiers) = (self.interfaces(&input.interfaces_config()), self.host_identifiers());
        let written = input.shared_networks.iter().flat_map(|network| &network.subnet4).chain(&input.subnet4);
        let context = |given: &'a At<Subnet4>| -> Option<(u32, &'a At<Json>)> {
            Some((given.id.as_ref()?.value, given.annotations.user_context.as_ref()?))
        };
        let contexts: Vec<_> = written.filter_map(context).collect();
        let within = input.shared_networks.iter().flat_map(|network| {
            let context = network.annotations.user_context.as_ref();
            network.subnet4.iter().filter_map(move |subnet| Some((subnet.id.as_ref()?.value, context?)))
        });
        let network_contexts: Vec<_> = within.collect();
        let given = input.client_classes.iter();
        let given = given.filter_map(|class| ClassContext::of(&class.membership, &class.annotations.user_context));
        let client_classes = &given.collect::<Vec<_>>();
        let Self { definitions, classes, problems, .. } = &mut self;
        let loading = Loading {
            family: Family::V4,
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
        let config = Config4 {
            interfaces,
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
            classes: Classes::new(self.classes, settings),
            host_identifiers,
            authoritative: global.service.authoritative(),
            boot: boot_fields(&global.service.boot),
            options,
            ddns: global.ddns,
            echo_client_id: input.echo_client_id(),
            decline_probation: input.decline_probation_period(),
            early_global_reservations: input.early_global_reservations_lookup(),
            reservations_lookup_first: input.reservations_lookup_first(),
            stash_agent_options: input.stash_agent_options(),
            compatibility: Compatibility4 {
                lenient_option_parsing: compatibility.lenient_option_parsing(),
                ignore_dhcp_server_identifier: compatibility.ignore_dhcp_server_identifier(),
                ignore_rai_link_selection: compatibility.ignore_rai_link_selection(),
                exclude_first_last_24: compatibility.exclude_first_last_24(),
            },
            dhcp4o6_port: Some(input.waiting.dhcp4o6_port()).filter(|port| *port > 0),
            threads: input.multi_threading().threads(),
            samples: input.waiting.samples(),
            hooks,
            queue: input.waiting.queue(&input.multi_threading()),
            parked_packet_limit: input.waiting.parked_packet_limit(),
        };
        (config, in_order(self.problems))
    }

    fn interfaces(&mut self, given: &Interfaces4) -> snapshot::Interfaces4 {
        snapshot::Interfaces4 {
            interfaces: check_interfaces::<Ipv4Addr>(&given.interfaces, &mut self.problems),
            raw: given.dhcp_socket_type() == SocketType4::Raw,
            use_routing: given.outbound_interface() == Outbound4::UseRouting,
            re_detect: given.re_detect(),
            require_all: given.service_sockets_require_all(),
            max_retries: given.service_sockets_max_retries(),
            retry_wait: given.service_sockets_retry_wait_time(),
        }
    }

    fn host_identifiers(&mut self) -> Vec<IdentifierKind> {
        let given = self.input.host_reservation_identifiers();
        let pos = self.input.host_reservation_identifiers.as_ref().map(|given| given.pos).unwrap_or_default();
        let auto = given.iter().any(|kind| kind.value == HostIdentifier4::Auto);
        if given.is_empty() {
            self.problems.push(Problem::new(pos, "must not be empty"));
        } else if auto && given.len() > 1 {
            self.problems.push(Problem::new(pos, "`auto` must stand alone"));
        }
        let mut unique = Unique::default();
        for kind in &given {
            unique.check(kind.word(), kind.pos, || format!("`{}` stands already", kind.word()), &mut self.problems);
        }
        use IdentifierKind::{CircuitId, ClientId, Duid, FlexId, HwAddress};
        if auto {
            return vec![HwAddress, Duid, CircuitId, ClientId, FlexId];
        }
        let kinds = given.iter().filter_map(|kind| match kind.value {
            HostIdentifier4::HwAddress => Some(HwAddress),
            HostIdentifier4::Duid => Some(Duid),
            HostIdentifier4::CircuitId => Some(CircuitId),
            HostIdentifier4::ClientId => Some(ClientId),
            HostIdentifier4::FlexId => Some(FlexId),
            HostIdentifier4::Auto => None,
        });
        kinds.collect()
    }

    fn global(&mut self) -> Outer {
        let mut lease = self.input.lease.clone();
        let mut service = self.input.service.clone();
        self.check_own(&service);
        service.modernise();
        lease.fill();
        service.fill();
        self.check_lease(&lease);
        let ddns = Arc::new(service.names.resolve(self.updates, &mut self.problems));
        Outer { link: Link4::default(), lease, service, options: Arc::default(), ddns }
    }

    /// A scope over its outer one. What it does not say itself it shares with the outer scope.
    fn over(
        &mut self,
        outer: &Outer,
        (link, lease, service): (&Link4, &Lease4, &Service4),
        options: &[At<OptionData>],
    ) -> Outer {
        self.check_own(service);
        let mut inner = Outer { link: link.clone(), lease: lease.clone(), service: service.clone(), ..outer.clone() };
        inner.service.modernise();
        drop_empty(&mut inner.link.interface);
        inner.link.inherit(&outer.link);
        inner.lease.inherit(&outer.lease);
        inner.service.inherit(&outer.service);
        if !options.is_empty() {
            inner.options = Arc::new(self.encode(options).over(&outer.options));
        }
        if !service.names.is_empty() || service.ddns_use_conflict_resolution.is_some() {
            inner.ddns = Arc::new(inner.service.names.resolve(self.updates, &mut self.problems));
        }
        if *lease != Lease4::default() {
            self.check_lease(&inner.lease);
        }
        inner
    }

    fn encode(&mut self, options: &[At<OptionData>]) -> OptionSet {
        self.encoder.encode(options, &mut self.classes, &mut self.problems)
    }

    /// Rules for what stands in one scope.
    fn check_own(&mut self, service: &Service4) {
        self.check_names(service);
        check_length(&service.boot.server_hostname, 63, &mut self.problems);
        check_length(&service.boot.boot_file_name, 127, &mut self.problems);
    }

    fn check_names(&mut self, service: &Service4) {
        service.names.check(&mut self.problems);
        if let (Some(older), Some(_)) =
            (&service.ddns_use_conflict_resolution, &service.names.ddns_conflict_resolution_mode)
        {
            self.problems.push(Problem::new(older.pos, "cannot stand beside ddns-conflict-resolution-mode"));
        }
    }

    /// Rules for lifetimes, wherever they come from.
    fn check_lease(&mut self, lease: &Lease4) {
        lease.valid.resolve(&mut self.problems);
        lease.cache.resolve(&mut self.problems);
        part(&lease.adaptive_lease_time_threshold, &mut self.problems);
        tee(&lease.timers, &mut self.problems);
    }

    fn subnets(&mut self, global: &Outer) -> Subnets4 {
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
                    .subnet4
                    .iter()
                    .filter_map(|subnet| self.subnet(&outer, subnet, place.zip(Some(&network.guards)))),
            );
            names.push(name.into());
        }
        list.extend(input.subnet4.iter().filter_map(|subnet| self.subnet(global, subnet, None)));
        Subnets4::new(list, names)
    }

    fn check_relays(&mut self, link: &Link4) {
        let addresses = link.relay.as_ref().and_then(|relay| relay.ip_addresses.as_ref());
        check_relays(addresses.map_or(&[], |list| &list.value), &mut self.problems);
    }

    fn check_network(&mut self, network: &SharedNetwork4, outer: &Outer) {
        let interfaces = network.subnet4.iter().map(|subnet| subnet.link.interface.as_ref());
        check_one_interface(network.link.interface.as_ref(), interfaces, &mut self.problems);
        let authoritative = outer.service.authoritative();
        for given in network.subnet4.iter().filter_map(|subnet| subnet.service.authoritative.as_ref()) {
            if given.value != authoritative {
                let reason = format!("must be as in the shared network, where it is {authoritative}");
                self.problems.push(Problem::new(given.pos, reason));
            }
        }
    }

    /// A subnet; none where it has no valid prefix or number, which is told already.
    fn subnet(
        &mut self,
        outer: &Outer,
        given: &At<Subnet4>,
        network: Option<(usize, &Guards)>,
    ) -> Option<snapshot::Subnet4> {
        let inner = self.over(outer, (&given.link, &given.lease, &given.service), &given.option_data);
        given.guards.check(&mut self.problems);
        self.check_relays(&given.link);
        let (id, prefix) = (given.id.as_ref()?, given.subnet.as_ref()?);
        self.ids.check(
            id.value,
            id.pos,
            || format!("ID of the new IPv4 subnet '{}' is already in use", id.value),
            &mut self.problems,
        );
        let key = (prefix.address, prefix.len);
        let what = || format!("subnet with the prefix of '{}' already exists", prefix.value);
        self.prefixes.check(key, prefix.pos, what, &mut self.problems);
        let pools = self.pools(&inner, &given.pools, prefix.value);
        let guards = || [Some(&given.guards), network.map(|(_, guards)| guards)].into_iter().flatten();
        let guard = Guard::new(guards().map(|guards| guards.clients(&mut self.classes)));
        let additional = guards().flat_map(|guards| guards.additional(&mut self.classes)).collect();
        let hosts = self.hosts(&given.reservations, Some(prefix.value));
        check_allocator(&inner.lease.allocator, &self.input.lease_database, &mut self.problems);
        let Outer { link, lease, service, options, ddns } = inner;
        Some(snapshot::Subnet4 {
            id: id.value,
            prefix: prefix.first(),
            prefix_len: prefix.len,
            network: network.map(|(place, _)| place),
            interface: link.interface.filter(|name| !name.is_empty()).map(|name| name.value.into()),
            relays: link
                .relay
                .iter()
                .flat_map(|relay| relay.ip_addresses.iter())
                .flat_map(|list| addresses(list))
                .collect(),
            dhcp4o6: dhcp4o6(given),
            pools,
            allocator: lease.allocator().resolve(),
            adaptive_threshold: adaptive_threshold(lease.allocator(), &lease.adaptive_lease_time_threshold),
            // These rules are kept where the parameters were written.
            valid: lease.valid.resolve(&mut Vec::new()),
            tee: tee(&lease.timers, &mut Vec::new()),
            cache: lease.cache.resolve(&mut Vec::new()),
            offer_lifetime: lease.offer_lifetime.as_ref().map_or(0, |given| given.value),
            match_client_id: service.match_client_id(),
            authoritative: service.authoritative(),
            boot: boot_fields(&service.boot),
            reservations: service.reservations.modes(),
            hosts,
            options,
            guard,
            additional,
            ddns,
            store_extended_info: lease.store_extended_info(),
        })
    }

    fn pools(&mut self, subnet: &Outer, given: &[At<Pool4>], prefix: Prefix4) -> Vec<snapshot::Pool4> {
        let ranges: Vec<(Range4, Pos)> =
            given.iter().filter_map(|pool| pool.pool.as_ref()).map(|range| (range.value, range.pos)).collect();
        check_pools(prefix.range(), &prefix.to_string(), &ranges, &mut self.problems);
        let mut pools = Vec::new();
        for pool in given {
            let inner_link = Link4::default();
            let service = Service4 { names: pool.names.clone(), ..Service4::default() };
            let inner = self.over(subnet, (&inner_link, &Lease4::default(), &service), &pool.option_data);
            pool.guards.check(&mut self.problems);
            let Some(range) = &pool.pool else { continue };
            pools.push(snapshot::Pool4 {
                id: pool.pool_id.as_ref().map_or(0, |id| id.value),
                first: range.first,
                last: range.last,
                options: inner.options,
                guard: pool.guards.guard(&mut self.classes),
                additional: pool.guards.additional(&mut self.classes),
                ddns: inner.ddns,
            });
        }
        pools
    }
}

fn addresses(list: &[At<Ipv4Addr>]) -> impl Iterator<Item = Ipv4Addr> {
    list.iter().map(|address| address.value)
}

fn dhcp4o6(given: &Subnet4) -> Dhcp4o6 {
    // An unspecified prefix is none, as in Kea.
    let prefix = given.dhcp4o6_subnet.as_ref().and_then(|prefix| prefix.value.0);
    let text = |given: &Given<String>| given.as_ref().map(|text| text.value.clone()).filter(|text| !text.is_empty());
    Dhcp4o6 {
        prefix: prefix.filter(|prefix| !prefix.address.is_unspecified()),
        interface_id: text(&given.dhcp4o6_interface_id).map(|id| id.into_bytes().into()),
        interface: text(&given.dhcp4o6_interface).map(Into::into),
    }
}

fn boot_fields(boot: &Boot4) -> BootFields {
    BootFields {
        next_server: boot.next_server().0.unwrap_or(Ipv4Addr::UNSPECIFIED),
        server_hostname: boot.server_hostname().into(),
        file: boot.boot_file_name().into(),
    }
}

fn tee(timers: &Timers4, problems: &mut Vec<Problem>) -> TeeTimes {
    let times = TeeTimes {
        renew: timers.renew_timer.as_ref().map(|given| given.value),
        rebind: timers.rebind_timer.as_ref().map(|given| given.value),
        calculate: timers.calculate_tee_times(),
        t1_fraction: timers.t1_percent(),
        t2_fraction: timers.t2_percent(),
    };
    tee_times(times, &timers.t1_percent, &timers.t2_percent, problems)
}
