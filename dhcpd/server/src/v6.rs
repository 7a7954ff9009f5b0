//! kea-dhcp6.

use crate::announce;
use crate::backend::{Backend, Control};
use crate::commands;
use crate::database::Watch;
use crate::duid;
use crate::extended_info;
use crate::hosts::Databases;
use crate::housekeeping::in_steps;
use crate::libraries;
use crate::messages::*;
use crate::plane::{Family, MACHINE, Parts, Plane, Prepared, Run};
use crate::positions;
use crate::sanity::{self, Verdict};
use crate::select_test;
use crate::sockets::{self, Bound, Opening, Wanted};
use crate::wanted;
use crate::worker::{Protocol, Replies};
use crate::writer::{Settled, Tell};
use control::{Answer, Table};
use dhcpd_config::parameters::Library;
use dhcpd_config::v6::Reservations6;
use dhcpd_config::v6::parameters::Dhcp6 as Parameters;
use dhcpd_config::v6::snapshot::{Config6, Host6, Subnet6};
use engine::hooks::Times;
use engine::v6::{Received, Server, Snapshot, Target};
use leases::memfile::{ClassCounts, Mark, Remote, Store6, Table6, Wanted6};
use leases::{Duid, Lease6, LeaseType, Leases6, StoreError};
use libs::ha::Group;
use libs::{Editor, Fault, Service, service};
use ncr::NameChangeRequest;
use net::{Datagram, Destination, Interface, RxBatch, Socket};
use process::{Context, Daemon, Event, HttpDefaults, Identity, Reconfigure, Style, VERSION};
use schema::json::{Document, Redacted};
use schema::{ConfigError, Scope};
use serde_json::{Map, Value, json};
use sql::leases::Leases;
use std::cell::RefCell;
use std::io;
use std::mem;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// Port of servers and relays (RFC 8415 §7.2).
const SERVER_PORT: u16 = 547;

/// The DHCPv6 daemon.
pub struct Dhcp6 {
    plane: Plane<V6>,
    parameters: RefCell<Option<Arc<Parameters>>>,
    backend: Rc<Backend>,
    /// `-R`: nobody is served.
    repair: bool,
}

/// A configuration that is good and ready.
pub struct Ready {
    parameters: Arc<Parameters>,
    summary: String,
    plane: Prepared<V6>,
}

impl Daemon for Dhcp6 {
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
    type Prepared = Ready;

    fn new(context: Context) -> Result<Self, String> {
        let port = context.options.server_port.unwrap_or(SERVER_PORT);
        log::event!(DHCP6_OPEN_SOCKET, port);
        let settings =
            Settings { client_port: context.options.client_port, reply_to_source: crate::replies_to_source() };
        let repair = context.options.repair;
        if repair {
            log::event!(DHCP6_CB_REPAIR_MODE_ENABLED);
        }
        let plane = Plane::new(port, settings, context.stats, context.shutdown.clone());
        let (service, shutdown) = (plane.service(), context.shutdown);
        let guard = Box::new(move |link| Watch::start::<V6>(link, service.clone(), shutdown.clone()));
        let backend = Rc::new(Backend::new(sql::config::Family::V6, repair, judge, guard));
        Ok(Self { plane, parameters: RefCell::new(None), backend, repair })
    }

    fn complete(&self, written: &Document) -> Result<Option<Document>, Vec<ConfigError>> {
        self.backend.complete(written)
    }

    fn prepare(&self, document: &Document) -> Result<Ready, Vec<ConfigError>> {
        let (parameters, config) = read(document)?;
        let summary = summary(&config);
        let interfaces = net::interfaces().unwrap_or_default();
        let path = process::paths::DATA.folder().join(duid::FILE);
        let server_id = duid::obtain(&config.server_id, &path, &interfaces)
            .map_err(|reason| vec![positions::error(document, &["Dhcp6", "server-id"], reason)])?;
        log::event!(DHCP6_USING_SERVERID, duid = server_id, file = path.display());
        let plane = self
            .plane
            .prepare(Arc::new(config), server_id.as_bytes().into())
            .map_err(|unfit| positions::errors(document, "Dhcp6", unfit))?;
        Ok(Ready { parameters: Arc::new(parameters), summary, plane })
    }

    fn check(&self, document: &Document) -> Result<(), Vec<ConfigError>> {
        let (_, config) = read(document)?;
        self.plane.check(&config).map_err(|unfit| positions::errors(document, "Dhcp6", unfit))
    }

    fn apply(&self, ready: Ready) {
        let before = self.plane.run();
        self.plane.apply(ready.plane);
        if let Some(run) = self.plane.run() {
            announce::subnets6(before.as_ref().map(|before| &*before.snapshot.config), &run.snapshot.config);
            announce::names(run.snapshot.config.d2.enable_updates);
            announce::interfaces(&run.snapshot.config.interfaces.interfaces, true);
        }
        if let Some(before) = before {
            self.plane.retire(before);
        }
        self.backend.apply();
        if self.repair {
            self.plane.service().disable(service::USER);
        }
        log::event!(DHCP6_CONFIG_COMPLETE, summary = ready.summary);
        let before = self.parameters.borrow_mut().replace(ready.parameters.clone());
        let before = before.as_ref().map_or(&[][..], |before| &before.hooks_libraries);
        libraries::report(before, &ready.parameters.hooks_libraries);
    }

    fn config(&self) -> Value {
        let shown = |p: &Arc<Parameters>| dhcpd_config::v6::config_get(p);
        let mut config = self.parameters.borrow().as_ref().map_or(Value::Null, shown);
        if let Some(shown) = config.get_mut("Dhcp6") {
            commands::show_limits(shown, self.plane.limits());
        }
        config
    }

    fn report(event: Event<'_>) {
        match event {
            Event::Starting(options) => {
                log::event!(DHCP6_STARTING, version = VERSION, product = crate::PRODUCT);
                log::event!(
                    DHCP6_START_INFO,
                    pid = std::process::id(),
                    server_port = options.server_port.unwrap_or(SERVER_PORT),
                    client_port = options.client_port.unwrap_or(0),
                    verbose = options.debug
                );
                if process::is_root() {
                    log::event!(DHCP6_ROOT_USER_SECURITY_WARNING);
                }
                if options.relaxed {
                    log::event!(DHCP6_SECURITY_CHECKS_DISABLED);
                }
            }
            Event::AlreadyRunning(reason) => log::event!(DHCP6_ALREADY_RUNNING, process = "kea-dhcp6", reason),
            Event::LoadFailed(file, reason) => log::event!(DHCP6_CONFIG_LOAD_FAIL, file = file.display(), reason),
            Event::Tolerated(warnings) => {
                warnings.iter().for_each(|warning| log::event!(DHCP6_CONFIG_SYNTAX_WARNING, warning));
            }
            Event::Refused(errors) => {
                for error in errors {
                    match error.is_placed() {
                        true => log::event!(DHCP6_PARSER_FAIL, element = error.path, reason = crate::place(error)),
                        false => log::event!(DHCP6_PARSER_COMMIT_FAIL, reason = error),
                    }
                }
            }
            Event::InitFailed(reason) => log::event!(DHCP6_INIT_FAIL, reason),
            Event::Started => log::event!(DHCP6_STARTED, version = VERSION),
            Event::Configured => {}
            Event::Reloading(file) => log::event!(DHCP6_DYNAMIC_RECONFIGURATION, file = file.display()),
            Event::Reloaded(file) => log::event!(DHCP6_DYNAMIC_RECONFIGURATION_SUCCESS, file = file.display()),
            Event::ReloadFailed(file, reason) => {
                log::event!(DHCP6_DYNAMIC_RECONFIGURATION_FAIL, file = file.display(), reason)
            }
            Event::Stopping => log::event!(DHCP6_SHUTDOWN_REQUEST),
            Event::Stopped => log::event!(DHCP6_SHUTDOWN),
        }
    }

    fn commands(self: &Rc<Self>, table: &mut Table, reconfigure: Reconfigure) {
        commands::add(table, &self.plane);
        select_test::add6(table, &self.plane);
        let (written, shown) = (self.clone(), self.clone());
        let editor = Editor {
            module: "Dhcp6",
            written: Rc::new(move || written.parameters.borrow().as_ref().map_or(Value::Null, |p| p.write())),
            shown: Rc::new(move || shown.config()),
            configure: self.backend.editing(reconfigure.clone()),
        };
        commands::add_editing(table, &editor);
        self.backend.add(table, reconfigure);
        let databases = self.parameters.borrow().as_ref().and_then(|parameters| parameters.config_control.clone());
        libraries::add6(table, &self.plane, &editor, &databases);
        let daemon = self.clone();
        table.add("server-tag-get", move |_| {
            let tag = daemon.parameters.borrow().as_ref().map(|p| p.server_tag()).unwrap_or_default();
            Answer::with(json!({ "server-tag": tag }))
        });
    }

    fn status(&self, status: &mut Map<String, Value>) {
        commands::status(&self.plane, status);
    }

    fn serve(&self, table: &Rc<Table>) {
        self.plane.serve(table);
    }

    fn stop(&self) {
        self.plane.stop();
    }
}

/// Reads a configuration, and says what is of no use in it.
fn load(document: &Document) -> Result<(Parameters, Config6), Vec<ConfigError>> {
    let (parameters, config) = dhcpd_config::v6::load(document)?;
    if let Some(folder) = &parameters.data_directory {
        let warning = document.error(folder.pos, "data-directory is deprecated and will be ignored");
        log::event!(DHCP6_CONFIG_SYNTAX_WARNING, warning);
    }
    Ok((parameters, config))
}

/// Reads a configuration, and says what is remarkable about it.
fn read(document: &Document) -> Result<(Parameters, Config6), Vec<ConfigError>> {
    log::event!(DHCP6_CONFIG_RECEIVED, configuration = Redacted(document));
    log::event!(DHCP6_CONFIG_START, configuration = Redacted(document));
    announce::warn(document);
    let (parameters, config) = load(document)?;
    positions::check_links(document, "Dhcp6")?;
    if config.threads.is_some() && announce::is_written(document, &["Dhcp6", "reservations-lookup-first"]) {
        log::event!(DHCP6_RESERVATIONS_LOOKUP_FIRST_ENABLED);
    }
    Ok((parameters, config))
}

/// Whether a configuration is good, and where it is completed from.
fn judge(document: &Document) -> Result<Option<Control>, Vec<ConfigError>> {
    let (parameters, _) = dhcpd_config::v6::load(document)?;
    positions::check_links(document, "Dhcp6")?;
    Ok(Control::of(&parameters.config_control, parameters.server_tag()))
}

/// DHCPv6 on the data plane.
pub struct V6;

/// What the command line and the environment say about replies.
#[derive(Clone, Copy)]
pub struct Settings {
    client_port: Option<u16>,
    reply_to_source: bool,
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
    type Meaning = Reservations6;
    type Rows = sql::hosts::V6;
    type Protocol = Serve6;

    const NUMBER: u8 = 6;
    const LEASE_FILE: &'static str = "kea-leases6.csv";

    fn meaning(config: &Config6) -> Reservations6 {
        Reservations6::new(config)
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
        let mut engine = Server::new(run.snapshot);
        engine.client_port = settings.client_port;
        engine.reply_to_source = settings.reply_to_source;
        let received = stats.counter("pkt6-received");
        let malformed = [stats.counter("pkt6-parse-failed"), stats.counter("pkt6-receive-drop")];
        let queue_full = ["pkt6-queue-full", "pkt6-receive-drop"].map(|name| stats.counter(name));
        let disabled = ["pkt6-received", "pkt6-service-disabled", "pkt6-receive-drop"].map(|name| stats.counter(name));
        Serve6 {
            engine,
            store: run.store,
            hosts: run.hosts,
            unsynced: None,
            received,
            malformed,
            queue_full,
            service: run.service,
            disabled,
        }
    }

    fn report_sockets_failed(tries: u32, fatal: bool) {
        match fatal {
            true => log::event!(DHCP6_FATAL_OPEN_SOCKETS_FAILED, tries),
            false => log::event!(DHCP6_OPEN_SOCKETS_FAILED, tries),
        }
    }

    fn report_ring(info: String) {
        log::event!(DHCP6_CONFIG_PACKET_QUEUE, info);
    }

    fn report_threads(enabled: bool, threads: u32, queue: u32) {
        log::event!(DHCP6_MULTI_THREADING_INFO, enabled = if enabled { "yes" } else { "no" }, threads, queue);
    }
}

/// The engine in a worker, with the leases it works on.
pub struct Serve6 {
    engine: Server,
    store: Arc<Store6>,
    hosts: Arc<Databases<V6>>,
    /// What the last batch changed, or promised on the strength of others' changes.
    unsynced: Option<Mark>,
    received: Arc<stats::Counter>,
    malformed: [Arc<stats::Counter>; 2],
    queue_full: [Arc<stats::Counter>; 2],
    service: Arc<Service>,
    disabled: [Arc<stats::Counter>; 3],
}

impl Protocol for Serve6 {
    type Config = Run<V6>;
    type Table = Table6;
    const FAMILY: u8 = 6;

    fn configure(&mut self, run: Run<V6>, sockets: &[Arc<Bound>]) -> Run<V6> {
        let store = mem::replace(&mut self.store, run.store);
        let hosts = mem::replace(&mut self.hosts, run.hosts);
        let snapshot = self.engine.configure(run.snapshot);
        crate::tell_times(sockets, snapshot.keeps_times, self.engine.keeps_times());
        Run { snapshot, store, hosts, service: run.service }
    }

    fn serve(&mut self, sockets: &[Arc<Bound>], at: usize, rx: &RxBatch, packets: Range<usize>, replies: &mut Replies) {
        let Bound { socket, wanted: Wanted { interface, kind, .. } } = &*sockets[at];
        if !kind.is_for_clients() {
            let responses = packets.filter_map(|i| self.datagram(rx, i, socket));
            return responses.for_each(|response| self.pass_back(sockets, response.message, replies));
        }
        if self.service.is_disabled() {
            self.disabled.iter().for_each(|counter| counter.add(packets.len() as i64));
            let datagrams = packets.filter_map(|i| rx.datagram(i, socket).ok());
            return datagrams.for_each(|datagram| engine::v6::tell_disabled(datagram.message));
        }
        let now = crate::unix_seconds();
        self.engine.forget_settled(); // of a batch that failed
        let read = self.engine.keeps_times().then(crate::unix_micros);
        let hosts = Arc::clone(&self.hosts);
        let stored = hosts.stored.as_ref().map(|stored| stored.read());
        let mut leases = self.store.session();
        // Should it fail, whatever the engine asks for will, and the packets are dropped for that reason.
        let _ = leases.refresh(|| {
            let mut wanted = Wanted6::default();
            let datagrams = packets.clone().filter_map(|i| rx.datagram(i, socket).ok());
            datagrams.for_each(|datagram| wanted::add6(&mut wanted, datagram.message));
            wanted
        });
        let before = leases.mark();
        for i in packets {
            if read.is_some() {
                self.engine.times = Times { received: rx.time(i), read, queued: self.engine.is_threaded() };
            }
            let Some(datagram) = self.datagram(rx, i, socket) else { continue };
            let (SocketAddr::V6(source), IpAddr::V6(destination)) = (datagram.source, datagram.destination) else {
                continue;
            };
            let received = Received {
                message: datagram.message,
                source,
                destination,
                interface: &interface.name,
                hw_type: interface.hw_type,
                stored: stored.as_deref(),
            };
            let reply = crate::ready(self.engine.handle(&received, &mut leases, now, replies.buffer()));
            let Some(Some(reply)) = reply else { continue };
            match reply.to {
                Target::Client(to) => {
                    // What was sent to one of our addresses is answered from it; the kernel chooses after a multicast.
                    let source = (!destination.is_multicast()).then_some(destination);
                    let way = Destination::Udp { to: to.into(), source };
                    let number = replies.push(reply.promises, at, interface.index, way);
                    self.engine.reply_is(number);
                }
                Target::Dhcpv4Server => pass_on(sockets, replies),
            }
        }
        let changed = leases.mark() != before;
        self.unsynced = (changed || !replies.promises.is_empty()).then(|| leases.mark());
    }

    fn settled(&mut self) -> Option<Settled<Table6>> {
        let tell = self.engine.commits().map(|tell| Box::new(tell) as Tell);
        let mark = match (self.unsynced.take(), &tell) {
            (None, None) => return None,
            (mark, _) => mark.unwrap_or_default(),
        };
        let name_changes = mem::take(self.engine.name_changes());
        Some(Settled { store: self.store.clone(), mark, tell, name_changes })
    }

    fn reclaim(&mut self, limit: usize, forget: Option<bool>) -> Result<(usize, bool), StoreError> {
        let done = in_steps(limit, |limit| {
            let mut leases = self.store.session();
            let done = crate::ready(self.engine.reclaim(&mut leases, crate::unix_seconds(), limit, forget));
            self.unsynced = Some(leases.mark());
            leases.give_way();
            done.unwrap_or(Ok(Default::default())).map(|done| (done.leases, done.more))
        })?;
        self.sync()?;
        self.engine.tell_over();
        Ok(done)
    }

    fn forget_reclaimed(&mut self, hold: u32, limit: usize) -> Result<usize, StoreError> {
        let before = crate::unix_seconds().saturating_sub(hold.into());
        let done = in_steps(limit, |limit| {
            let mut leases = self.store.session();
            let done = crate::ready(leases.remove_reclaimed(before, limit));
            self.unsynced = Some(leases.mark());
            leases.give_way();
            done.unwrap_or(Ok(0)).map(|done| (done, done == limit))
        })?;
        self.sync().map(|()| done.0)
    }

    fn name_changes(&mut self) -> &mut Vec<NameChangeRequest> {
        self.engine.name_changes()
    }

    fn send_failed(error: &io::Error) {
        log::event!(DHCP6_PACKET_SEND_FAIL, reason = error);
    }

    fn shed(&mut self, count: usize) {
        self.queue_full.iter().for_each(|counter| counter.add(count as i64));
        log::event!(DHCP6_PACKET_QUEUE_FULL, count);
    }

    fn held_back(count: usize) {
        log::event!(DHCP6_REPLIES_HELD_BACK, count);
    }
}

impl Serve6 {
    fn sync(&mut self) -> Result<(), StoreError> {
        self.unsynced.take().map_or(Ok(()), |mark| self.store.sync_to(mark))
    }

    /// One of a batch; what is none is counted.
    fn datagram<'r>(&self, rx: &'r RxBatch, at: usize, socket: &Socket) -> Option<Datagram<'r>> {
        rx.datagram(at, socket)
            .inspect_err(|reason| {
                self.received.add(1);
                self.malformed.iter().for_each(|counter| counter.add(1));
                log::event!(DHCP6_PACKET_RECEIVE_FAIL, reason = format_args!("{reason:?}"));
            })
            .ok()
    }

    /// An answer of the DHCPv4 server goes to its client.
    fn pass_back(&self, sockets: &[Arc<Bound>], response: &[u8], replies: &mut Replies) {
        let exit = |name: &str| {
            let of_name = |b: &Arc<Bound>| b.wanted.kind.is_for_clients() && b.wanted.interface.name == name;
            sockets.iter().position(of_name).map(|at| (at, sockets[at].wanted.interface.index))
        };
        if let Some((mut to, (at, interface))) = self.engine.handle_response(response, exit, replies.buffer()) {
            if to.ip().is_unicast_link_local() {
                to.set_scope_id(interface);
            }
            replies.push(false, at, interface, Destination::Udp { to: to.into(), source: None });
        }
    }
}

/// The message in the buffer goes to the DHCPv4 server.
fn pass_on(sockets: &[Arc<Bound>], replies: &mut Replies) {
    let found = sockets.iter().enumerate().find_map(|(at, bound)| match bound.wanted.kind {
        Opening::Dhcp4o6(peer) => Some((at, peer)),
        _ => None,
    });
    if let Some((at, peer)) = found {
        let to = (Ipv6Addr::LOCALHOST, peer).into();
        replies.push(false, at, 0, Destination::Udp { to, source: None });
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

fn summary(config: &Config6) -> String {
    let updates = if config.d2.enable_updates { "enabled" } else { "disabled" };
    format!("added IPv6 subnets: {}; DDNS: {updates}", config.subnets.list().len())
}
