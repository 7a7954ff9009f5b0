//! kea-dhcp6.

mod serve;

use crate::announce;
use crate::dhcp::{Common, Program};
use crate::duid;
use crate::extended_info;
use crate::family::{Family, Parts, Run};
use crate::libraries;
use crate::machine::MACHINE;
use crate::messages::*;
use crate::plane::Plane;
use crate::positions;
use crate::sanity::{self, Verdict};
use crate::select_test;
use crate::sockets::{self, Wanted};
use control::Table;
use dhcpd_config::hosts::Meaning;
use dhcpd_config::parameters::{ConfigControl, Library};
use dhcpd_config::v6::parameters::Dhcp6 as Parameters;
use dhcpd_config::v6::snapshot::{Config6, Host6, Subnet6};
use engine::v6::Snapshot;
use leases::memfile::{ClassCounts, Remote, Store6, Table6};
use leases::{Duid, Lease6, LeaseType, Leases6};
use libs::ha::Group;
use libs::{Editor, Fault};
use net::Interface;
use process::{HttpDefaults, Identity, Options, Style};
use schema::json::Document;
use schema::{ConfigError, Given, Scope};
use serde_json::Value;
use sql::leases::Leases;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

pub use serve::Serve6;

/// DHCPv6 on the data plane.
pub struct V6;

/// What the command line and the environment say about replies.
#[derive(Clone, Copy)]
pub struct Settings {
    client_port: Option<u16>,
    reply_to_source: bool,
}

impl Program for V6 {
    type Parameters = Parameters;

    const IDENTITY: Identity = Identity {
        process: "kea-dhcp6",
        module: "Dhcp6",
        title: "Kea DHCPv6 server",
        options: "vVWdFRXc:t:T:p:P:",
        style: Style::Server,
        parameters: <dhcpd_config::v6::parameters::File6 as Scope>::TABLE,
        http: Some(HttpDefaults {
            address: IpAddr::V6(Ipv6Addr::LOCALHOST),
            realm: "kea-dhcpv6-server",
            service: "dhcp6",
        }),
    };
    /// RFC 8415 §7.2.
    const PORT: u16 = 547;
    const TABLES: sql::config::Family = sql::config::Family::V6;

    fn settings(options: &Options, _: u16) -> Settings {
        Settings { client_port: options.client_port, reply_to_source: crate::replies_to_source() }
    }

    fn load(document: &Document) -> Result<(Parameters, Config6), Vec<ConfigError>> {
        dhcpd_config::v6::load(document)
    }

    fn remark(document: &Document, parameters: &Parameters, _: &Config6) {
        if let Some(folder) = &parameters.data_directory {
            let warning = document.error(folder.pos, "data-directory is deprecated and will be ignored");
            log::event!(DHCP6_CONFIG_SYNTAX_WARNING, warning);
        }
    }

    fn identity(document: &Document, config: &Config6) -> Result<Duid, Vec<ConfigError>> {
        let interfaces = net::interfaces().unwrap_or_default();
        let path = process::paths::DATA.folder().join(duid::FILE);
        let server_id = duid::obtain(&config.server_id, &path, &interfaces)
            .map_err(|reason| vec![positions::error(document, &["Dhcp6", "server-id"], reason)])?;
        log::event!(DHCP6_USING_SERVERID, duid = server_id, file = path.display());
        Ok(server_id.as_bytes().into())
    }

    fn common(parameters: &Parameters) -> Common<'_> {
        Common {
            libraries: &parameters.hooks_libraries,
            config_control: &parameters.config_control,
            server_tag: parameters.server_tag(),
        }
    }

    fn written(parameters: &Parameters) -> Value {
        parameters.write()
    }

    fn shown(parameters: &Parameters) -> Value {
        dhcpd_config::v6::config_get(parameters)
    }

    fn announce(before: Option<&Config6>, config: &Config6) {
        announce::subnets6(before, config);
    }

    fn subnets(config: &Config6) -> usize {
        config.subnets.list().len()
    }

    fn add_commands(table: &mut Table, plane: &Plane<Self>, editor: &Editor, databases: &Given<ConfigControl>) {
        select_test::add6(table, plane);
        libraries::add6(table, plane, editor, databases);
    }
}

impl Family for V6 {
    type Config = Config6;
    type Snapshot = Snapshot;
    type Settings = Settings;
    type Table = Table6;
    type Identity = Duid;
    type Bulk = libs::lease_query::Bulk6;
    type Ha = libs::ha::V6;
    type Host = Host6;
    type Rows = sql::hosts::V6;
    type Protocol = Serve6;

    const NUMBER: u8 = 6;
    const LEASE_FILE: &'static str = "kea-leases6.csv";

    fn meaning(config: &Config6) -> Meaning {
        Meaning::new(&config.definitions, &config.classes.classifier, wire::options::Family::V6)
    }

    fn snapshot(
        config: Arc<Config6>,
        server_id: &Duid,
        _: &Arc<Store6>,
        stats: &Arc<stats::Registry>,
        before: Option<&Arc<Snapshot>>,
        groups: &[Arc<Group<libs::ha::V6>>],
    ) -> Result<Arc<Snapshot>, Vec<Fault>> {
        let counted = before.and_then(|before| before.class_counts.clone());
        let class_counts = libs::limits::class_counts(&config.hooks, counted);
        let monitor = libs::perfmon::monitor(&config.hooks, wire::options::Family::V6, stats);
        let means = libs::Means { stats, class_counts: &class_counts, monitor: &monitor };
        let libraries = libs::hooks6(&config, &MACHINE, &means, groups)?;
        let snapshot = Snapshot::new(config, server_id.clone(), stats, before.map(|b| &**b));
        Ok(Arc::new(snapshot.with(libraries).counting(class_counts).sharing(monitor.map(|monitor| monitor as Arc<_>))))
    }

    fn class_counts(snapshot: &Snapshot) -> Option<Arc<ClassCounts>> {
        snapshot.class_counts.clone()
    }

    fn libraries(config: &Config6) -> &[Library] {
        &config.hooks
    }

    fn remote(leases: Arc<Leases>) -> Arc<dyn Remote<Table6>> {
        leases
    }

    fn config(snapshot: &Snapshot) -> &Config6 {
        &snapshot.config
    }

    fn publish(run: &Run<Self>, stats: &stats::Registry, before: Option<&Snapshot>, news: bool) {
        if before.is_none_or(|before| run.snapshot.lacks_subnets_of(before)) {
            stats.retain(|name| !run.snapshot.is_stale(name));
        }
        run.snapshot.publish_totals(stats);
        let mut session = run.store.session();
        session.keep_queues(run.snapshot.queues());
        let snapshot = Arc::downgrade(&run.snapshot);
        session.set_witness(Box::new(move |lease, change| {
            snapshot.upgrade().into_iter().for_each(|snapshot| snapshot.count(lease, change));
        }));
        if !news {
            return;
        }
        if session.is_mirror() {
            // `sanity-checks` are for lease files.
            return session.all().for_each(|lease| run.snapshot.count(lease, 1));
        }
        // Most leases need no second look, and are a million.
        let mut strange = Vec::new();
        for lease in session.all() {
            match lease.user_context.is_none() && fits(&run.snapshot.config, lease) {
                true => run.snapshot.count(lease, 1),
                false => strange.push(lease.clone()),
            }
        }
        drop(session);
        strange.sort_unstable_by_key(|lease| (lease.address, lease.lease_type));
        strange.into_iter().filter_map(|lease| judged(run, lease)).for_each(|lease| run.snapshot.count(&lease, 1));
    }

    fn parts(config: &Config6) -> Parts<'_> {
        Parts {
            interfaces: &config.interfaces.interfaces,
            require_all: config.interfaces.require_all,
            max_retries: config.interfaces.max_retries,
            re_detect: config.interfaces.re_detect,
            retry_wait: Duration::from_millis(config.interfaces.retry_wait.into()),
            lease_database: &config.lease_database,
            host_databases: &config.host_databases,
            reservations_unique: config.reservations_unique,
            expired: &config.expired,
            d2: &config.d2,
            threads: config.threads,
            samples: config.samples,
            queue: config.queue,
            libraries: &config.hooks,
        }
    }

    fn plan(config: &Config6, interfaces: &[Interface], port: u16) -> Vec<Wanted> {
        let mut wanted = sockets::plan_v6(interfaces, port);
        wanted.extend(config.dhcp4o6_port.map(|port| sockets::plan_dhcp4o6(port, port + 1)));
        wanted
    }

    fn protocol(run: Run<Self>, settings: Settings, stats: &stats::Registry) -> Serve6 {
        Serve6::new(run, settings, stats)
    }
}

/// Whether a lease is of a subnet that there is, and that holds its address. Prefixes are delegated from pools that may lie
/// outside of their subnet's prefix, so for them the subnet only has to exist.
fn fits(config: &Config6, lease: &Lease6) -> bool {
    let holds = |subnet: &Subnet6| lease.lease_type == LeaseType::Pd || subnet.contains(lease.address);
    config.subnets.by_id(lease.subnet_id).is_some_and(|(_, subnet)| holds(subnet))
}

/// A stored lease after `sanity-checks`; `None` if it was dropped.
fn judged(run: &Run<V6>, mut lease: Lease6) -> Option<Lease6> {
    let config = &run.snapshot.config;
    let (subnets, id, address) = (&config.subnets, lease.subnet_id, lease.address);
    let is_address = lease.lease_type == LeaseType::Na;
    let fits = fits(config, &lease);
    let right = subnets.holding(address).filter(|_| is_address).and_then(|at| subnets.list().get(at));
    match sanity::judge(config.lease_checks, address, id, fits, right.map(|subnet| subnet.id)) {
        Verdict::Keep => {}
        Verdict::Move(id) => {
            lease.subnet_id = id;
            let _ = crate::ready(run.store.session().put(lease.clone())); // memory takes it; the file is synced with the next batch
        }
        Verdict::Drop => {
            let _ = crate::ready(run.store.session().remove(lease.lease_type, address));
            return None;
        }
    }
    let context = lease.user_context.as_deref();
    if let Some(context) = context.and_then(|text| extended_info::review6(config.extended_info_checks, address, text)) {
        lease.user_context = context;
        let _ = crate::ready(run.store.session().put(lease.clone()));
    }
    Some(lease)
}
