//! kea-dhcp4.

mod serve;

use crate::announce;
use crate::dhcp::{Common, Program};
use crate::extended_info;
use crate::family::{Family, Parts, Run};
use crate::libraries;
use crate::machine::MACHINE;
use crate::messages::*;
use crate::plane::Plane;
use crate::sanity::{self, Verdict};
use crate::select_test;
use crate::sockets::{self, Wanted};
use control::Table;
use dhcpd_config::hosts::Meaning;
use dhcpd_config::parameters::{ConfigControl, Library};
use dhcpd_config::v4::parameters::Dhcp4 as Parameters;
use dhcpd_config::v4::snapshot::{Config4, Host4};
use engine::v4::Snapshot;
use leases::memfile::{ClassCounts, Remote, Store4, Table4};
use leases::{Lease4, Leases4};
use libs::ha::Group;
use libs::{Editor, Fault};
use net::Interface;
use process::{HttpDefaults, Identity, Options, Style};
use schema::json::Document;
use schema::{ConfigError, Given, Scope};
use serde_json::Value;
use sql::leases::Leases;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

pub use serve::Serve4;

/// DHCPv4 on the data plane.
pub struct V4;

/// What the command line and the environment say about replies.
#[derive(Clone, Copy)]
pub struct Settings {
    server_port: u16,
    client_port: Option<u16>,
    reply_to_source: bool,
}

impl Program for V4 {
    type Parameters = Parameters;

    const IDENTITY: Identity = Identity {
        process: "kea-dhcp4",
        module: "Dhcp4",
        title: "Kea DHCPv4 server",
        options: "vVWdFRXc:t:T:p:P:",
        style: Style::Server,
        parameters: <dhcpd_config::v4::parameters::File4 as Scope>::TABLE,
        http: Some(HttpDefaults {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            realm: "kea-dhcpv4-server",
            service: "dhcp4",
        }),
    };
    /// RFC 2131 §4.1.
    const PORT: u16 = 67;
    const TABLES: sql::config::Family = sql::config::Family::V4;

    fn settings(options: &Options, port: u16) -> Settings {
        if crate::replies_to_source() {
            log::event!(DHCP4_TESTING_MODE_SEND_TO_SOURCE_ENABLED);
        }
        Settings { server_port: port, client_port: options.client_port, reply_to_source: crate::replies_to_source() }
    }

    fn load(document: &Document) -> Result<(Parameters, Config4), Vec<ConfigError>> {
        dhcpd_config::v4::load(document)
    }

    fn remark(document: &Document, _: &Parameters, config: &Config4) {
        announce::socket_type(document, config.interfaces.raw);
    }

    fn identity(_: &Document, _: &Config4) -> Result<(), Vec<ConfigError>> {
        Ok(())
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
        dhcpd_config::v4::config_get(parameters)
    }

    fn announce(before: Option<&Config4>, config: &Config4) {
        announce::subnets4(before, config);
    }

    fn subnets(config: &Config4) -> usize {
        config.subnets.list().len()
    }

    fn add_commands(table: &mut Table, plane: &Plane<Self>, editor: &Editor, databases: &Given<ConfigControl>) {
        select_test::add4(table, plane);
        libraries::add4(table, plane, editor, databases);
    }
}

impl Family for V4 {
    type Config = Config4;
    type Snapshot = Snapshot;
    type Table = Table4;
    type Identity = ();
    type Settings = Settings;
    type Bulk = libs::lease_query::Bulk4;
    type Ha = libs::ha::V4;
    type Host = Host4;
    type Rows = sql::hosts::V4;
    type Protocol = Serve4;

    const NUMBER: u8 = 4;
    const LEASE_FILE: &'static str = "kea-leases4.csv";

    fn meaning(config: &Config4) -> Meaning {
        Meaning::new(&config.definitions, &config.classes.classifier, wire::options::Family::V4)
    }

    fn snapshot(
        config: Arc<Config4>,
        (): &(),
        store: &Arc<Store4>,
        stats: &Arc<stats::Registry>,
        before: Option<&Arc<Snapshot>>,
        groups: &[Arc<Group<libs::ha::V4>>],
    ) -> Result<Arc<Snapshot>, Vec<Fault>> {
        let counted = before.and_then(|before| before.class_counts.clone());
        let class_counts = libs::limits::class_counts(&config.hooks, counted);
        let monitor = libs::perfmon::monitor(&config.hooks, wire::options::Family::V4, stats);
        let means = libs::Means { stats, class_counts: &class_counts, monitor: &monitor };
        let libraries = libs::hooks4(&config, &MACHINE, &means, store, groups)?;
        let snapshot = Snapshot::new(config, stats, before.map(|b| &**b));
        Ok(Arc::new(snapshot.with(libraries).counting(class_counts).sharing(monitor.map(|monitor| monitor as Arc<_>))))
    }

    fn class_counts(snapshot: &Snapshot) -> Option<Arc<ClassCounts>> {
        snapshot.class_counts.clone()
    }

    fn libraries(config: &Config4) -> &[Library] {
        &config.hooks
    }

    fn remote(leases: Arc<Leases>) -> Arc<dyn Remote<Table4>> {
        leases
    }

    fn config(snapshot: &Snapshot) -> &Config4 {
        &snapshot.config
    }

    fn publish(run: &Run<Self>, stats: &stats::Registry, before: Option<&Snapshot>, news: bool) {
        if before.is_none_or(|before| run.snapshot.lacks_subnets_of(before)) {
            stats.retain(|name| !run.snapshot.is_stale(name));
        }
        run.snapshot.publish_totals();
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
        strange.sort_unstable_by_key(|lease| lease.address);
        strange.into_iter().filter_map(|lease| judged(run, lease)).for_each(|lease| run.snapshot.count(&lease, 1));
    }

    fn parts(config: &Config4) -> Parts<'_> {
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

    fn plan(config: &Config4, interfaces: &[Interface], port: u16) -> Vec<Wanted> {
        let mut wanted = sockets::plan_v4(interfaces, &config.interfaces, port);
        // The DHCPv6 server has the port that is configured, this one the next.
        wanted.extend(config.dhcp4o6_port.map(|port| sockets::plan_dhcp4o6(port + 1, port)));
        wanted
    }

    fn protocol(run: Run<Self>, settings: Settings, stats: &stats::Registry) -> Serve4 {
        Serve4::new(run, settings, stats)
    }
}

/// Whether a lease is of a subnet that there is, and that holds its address.
fn fits(config: &Config4, lease: &Lease4) -> bool {
    config.subnets.by_id(lease.subnet_id).is_some_and(|(_, subnet)| subnet.contains(lease.address))
}

/// A stored lease after `sanity-checks`; `None` if it was dropped.
fn judged(run: &Run<V4>, mut lease: Lease4) -> Option<Lease4> {
    let config = &run.snapshot.config;
    let (subnets, id, address) = (&config.subnets, lease.subnet_id, lease.address);
    let fits = fits(config, &lease);
    let right = subnets.holding(address).and_then(|at| subnets.list().get(at)).map(|subnet| subnet.id);
    match sanity::judge(config.lease_checks, address, id, fits, right) {
        Verdict::Keep => {}
        Verdict::Move(id) => {
            lease.subnet_id = id;
            let _ = crate::ready(run.store.session().put(lease.clone())); // memory takes it; the file is synced with the next batch
        }
        Verdict::Drop => {
            let _ = crate::ready(run.store.session().remove(address));
            return None;
        }
    }
    let context = lease.user_context.as_deref();
    if let Some(context) = context.and_then(|text| extended_info::review4(config.extended_info_checks, address, text)) {
        lease.user_context = context;
        let _ = crate::ready(run.store.session().put(lease.clone()));
    }
    Some(lease)
}
