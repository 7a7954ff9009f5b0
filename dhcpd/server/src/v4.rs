//! kea-dhcp4.

use crate::announce;
use crate::backend::{Backend, Control};
use crate::commands;
use crate::database::Watch;
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
use crate::worker::{Leaving, Protocol, Replies};
use crate::writer::{Settled, Tell};
use control::{Answer, Table};
use dhcpd_config::parameters::Library;
use dhcpd_config::v4::Reservations4;
use dhcpd_config::v4::parameters::Dhcp4 as Parameters;
use dhcpd_config::v4::snapshot::{Config4, Host4};
use engine::hooks::Times;
use engine::v4::{Link, Received, Reply, Server, Snapshot};
use leases::memfile::{ClassCounts, Mark, Remote, Store4, Table4, Wanted4};
use leases::{Lease4, Leases4, StoreError};
use libs::ha::Group;
use libs::{Editor, Fault, Service, service};
use ncr::NameChangeRequest;
use net::frame::Endpoints;
use net::{Destination, Interface, RxBatch};
use process::{Context, Daemon, Event, HttpDefaults, Identity, Reconfigure, Style, VERSION};
use schema::json::{Document, Redacted};
use schema::{ConfigError, Scope};
use serde_json::{Map, Value, json};
use sql::leases::Leases;
use std::cell::RefCell;
use std::io;
use std::mem;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4};
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// Port of servers and relays (RFC 2131 §4.1).
const SERVER_PORT: u16 = 67;

/// The DHCPv4 daemon.
pub struct Dhcp4 {
    plane: Plane<V4>,
    parameters: RefCell<Option<Arc<Parameters>>>,
    backend: Rc<Backend>,
    /// `-R`: nobody is served.
    repair: bool,
}

/// A configuration that is good and ready.
pub struct Ready {
    parameters: Arc<Parameters>,
    summary: String,
    plane: Prepared<V4>,
}

impl Daemon for Dhcp4 {
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
    type Prepared = Ready;

    fn new(context: Context) -> Result<Self, String> {
        let port = context.options.server_port.unwrap_or(SERVER_PORT);
        log::event!(DHCP4_OPEN_SOCKET, port);
        if crate::replies_to_source() {
            log::event!(DHCP4_TESTING_MODE_SEND_TO_SOURCE_ENABLED);
        }
        let settings = Settings {
            server_port: port,
            client_port: context.options.client_port,
            reply_to_source: crate::replies_to_source(),
        };
        let repair = context.options.repair;
        if repair {
            log::event!(DHCP4_CB_REPAIR_MODE_ENABLED);
        }
        let plane = Plane::new(port, settings, context.stats, context.shutdown.clone());
        let (service, shutdown) = (plane.service(), context.shutdown);
        let guard = Box::new(move |link| Watch::start::<V4>(link, service.clone(), shutdown.clone()));
        let backend = Rc::new(Backend::new(sql::config::Family::V4, repair, judge, guard));
        Ok(Self { plane, parameters: RefCell::new(None), backend, repair })
    }

    fn complete(&self, written: &Document) -> Result<Option<Document>, Vec<ConfigError>> {
        self.backend.complete(written)
    }

    fn prepare(&self, document: &Document) -> Result<Ready, Vec<ConfigError>> {
        let (parameters, config) = read(document)?;
        let summary = summary(&config);
        let plane =
            self.plane.prepare(Arc::new(config), ()).map_err(|unfit| positions::errors(document, "Dhcp4", unfit))?;
        Ok(Ready { parameters: Arc::new(parameters), summary, plane })
    }

    fn check(&self, document: &Document) -> Result<(), Vec<ConfigError>> {
        let (_, config) = read(document)?;
        self.plane.check(&config).map_err(|unfit| positions::errors(document, "Dhcp4", unfit))
    }

    fn apply(&self, ready: Ready) {
        let before = self.plane.run();
        self.plane.apply(ready.plane);
        if let Some(run) = self.plane.run() {
            announce::subnets4(before.as_ref().map(|before| &*before.snapshot.config), &run.snapshot.config);
            announce::names(run.snapshot.config.d2.enable_updates);
            announce::interfaces(&run.snapshot.config.interfaces.interfaces, false);
        }
        if let Some(before) = before {
            self.plane.retire(before);
        }
        self.backend.apply();
        if self.repair {
            self.plane.service().disable(service::USER);
        }
        log::event!(DHCP4_CONFIG_COMPLETE, summary = ready.summary);
        let before = self.parameters.borrow_mut().replace(ready.parameters.clone());
        let before = before.as_ref().map_or(&[][..], |before| &before.hooks_libraries);
        libraries::report(before, &ready.parameters.hooks_libraries);
    }

    fn config(&self) -> Value {
        let shown = |p: &Arc<Parameters>| dhcpd_config::v4::config_get(p);
        let mut config = self.parameters.borrow().as_ref().map_or(Value::Null, shown);
        if let Some(shown) = config.get_mut("Dhcp4") {
            commands::show_limits(shown, self.plane.limits());
        }
        config
    }

    fn report(event: Event<'_>) {
        match event {
            Event::Starting(options) => {
                log::event!(DHCP4_STARTING, version = VERSION, product = crate::PRODUCT);
                log::event!(
                    DHCP4_START_INFO,
                    pid = std::process::id(),
                    server_port = options.server_port.unwrap_or(SERVER_PORT),
                    client_port = options.client_port.unwrap_or(0),
                    verbose = options.debug
                );
                if process::is_root() {
                    log::event!(DHCP4_ROOT_USER_SECURITY_WARNING);
                }
                if options.relaxed {
                    log::event!(DHCP4_SECURITY_CHECKS_DISABLED);
                }
            }
            Event::AlreadyRunning(reason) => log::event!(DHCP4_ALREADY_RUNNING, process = "kea-dhcp4", reason),
            Event::LoadFailed(file, reason) => log::event!(DHCP4_CONFIG_LOAD_FAIL, file = file.display(), reason),
            Event::Tolerated(warnings) => {
                warnings.iter().for_each(|warning| log::event!(DHCP4_CONFIG_SYNTAX_WARNING, warning));
            }
            Event::Refused(errors) => {
                for error in errors {
                    match error.is_placed() {
                        true => log::event!(DHCP4_PARSER_FAIL, element = error.path, reason = crate::place(error)),
                        false => log::event!(DHCP4_PARSER_COMMIT_FAIL, reason = error),
                    }
                }
            }
            Event::InitFailed(reason) => log::event!(DHCP4_INIT_FAIL, reason),
            Event::Started => log::event!(DHCP4_STARTED, version = VERSION),
            Event::Configured => {}
            Event::Reloading(file) => log::event!(DHCP4_DYNAMIC_RECONFIGURATION, file = file.display()),
            Event::Reloaded(file) => log::event!(DHCP4_DYNAMIC_RECONFIGURATION_SUCCESS, file = file.display()),
            Event::ReloadFailed(file, reason) => {
                log::event!(DHCP4_DYNAMIC_RECONFIGURATION_FAIL, file = file.display(), reason)
            }
            Event::Stopping => log::event!(DHCP4_SHUTDOWN_REQUEST),
            Event::Stopped => log::event!(DHCP4_SHUTDOWN),
        }
    }

    fn commands(self: &Rc<Self>, table: &mut Table, reconfigure: Reconfigure) {
        commands::add(table, &self.plane);
        select_test::add4(table, &self.plane);
        let (written, shown) = (self.clone(), self.clone());
        let editor = Editor {
            module: "Dhcp4",
            written: Rc::new(move || written.parameters.borrow().as_ref().map_or(Value::Null, |p| p.write())),
            shown: Rc::new(move || shown.config()),
            configure: self.backend.editing(reconfigure.clone()),
        };
        commands::add_editing(table, &editor);
        self.backend.add(table, reconfigure);
        let databases = self.parameters.borrow().as_ref().and_then(|parameters| parameters.config_control.clone());
        libraries::add4(table, &self.plane, &editor, &databases);
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

/// Reads a configuration, and says what is remarkable about it.
fn read(document: &Document) -> Result<(Parameters, Config4), Vec<ConfigError>> {
    log::event!(DHCP4_CONFIG_RECEIVED, configuration = Redacted(document));
    log::event!(DHCP4_CONFIG_START, configuration = Redacted(document));
    announce::warn(document);
    let (parameters, config) = dhcpd_config::v4::load(document)?;
    positions::check_links(document, "Dhcp4")?;
    if config.threads.is_some() && announce::is_written(document, &["Dhcp4", "reservations-lookup-first"]) {
        log::event!(DHCP4_RESERVATIONS_LOOKUP_FIRST_ENABLED);
    }
    announce::socket_type(document, config.interfaces.raw);
    Ok((parameters, config))
}

/// Whether a configuration is good, and where it is completed from.
fn judge(document: &Document) -> Result<Option<Control>, Vec<ConfigError>> {
    let (parameters, _) = dhcpd_config::v4::load(document)?;
    positions::check_links(document, "Dhcp4")?;
    Ok(Control::of(&parameters.config_control, parameters.server_tag()))
}

/// DHCPv4 on the data plane.
pub struct V4;

/// What the command line and the environment say about replies.
#[derive(Clone, Copy)]
pub struct Settings {
    server_port: u16,
    client_port: Option<u16>,
    reply_to_source: bool,
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
    type Meaning = Reservations4;
    type Rows = sql::hosts::V4;
    type Protocol = Serve4;

    const NUMBER: u8 = 4;
    const LEASE_FILE: &'static str = "kea-leases4.csv";

    fn meaning(config: &Config4) -> Reservations4 {
        Reservations4::new(config)
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
        let mut engine = Server::new(run.snapshot);
        engine.client_port = settings.client_port;
        engine.reply_to_source = settings.reply_to_source;
        let received = stats.counter("pkt4-received");
        let malformed = [stats.counter("pkt4-parse-failed"), stats.counter("pkt4-receive-drop")];
        let queue_full = ["pkt4-queue-full", "pkt4-receive-drop"].map(|name| stats.counter(name));
        let disabled = ["pkt4-received", "pkt4-service-disabled", "pkt4-receive-drop"].map(|name| stats.counter(name));
        Serve4 {
            engine,
            store: run.store,
            hosts: run.hosts,
            unsynced: None,
            port: settings.server_port,
            exits: Vec::new(),
            own: Vec::new(),
            received,
            malformed,
            queue_full,
            service: run.service,
            disabled,
        }
    }

    fn report_sockets_failed(tries: u32, fatal: bool) {
        match fatal {
            true => log::event!(DHCP4_FATAL_OPEN_SOCKETS_FAILED, tries),
            false => log::event!(DHCP4_OPEN_SOCKETS_FAILED, tries),
        }
    }

    fn report_ring(info: String) {
        log::event!(DHCP4_CONFIG_PACKET_QUEUE, info);
    }

    fn report_threads(enabled: bool, threads: u32, queue: u32) {
        log::event!(DHCP4_MULTI_THREADING_INFO, enabled = if enabled { "yes" } else { "no" }, threads, queue);
    }
}

/// The engine in a worker, with the leases it works on.
pub struct Serve4 {
    engine: Server,
    store: Arc<Store4>,
    hosts: Arc<Databases<V4>>,
    /// What the last batch changed, or promised on the strength of others' changes.
    unsynced: Option<Mark>,
    port: u16,
    /// By socket: by which sockets replies to its packets leave.
    exits: Vec<Exits>,
    /// Interfaces that are served, with an address of each.
    own: Vec<(Box<str>, Ipv4Addr)>,
    received: Arc<stats::Counter>,
    malformed: [Arc<stats::Counter>; 2],
    queue_full: [Arc<stats::Counter>; 2],
    service: Arc<Service>,
    disabled: [Arc<stats::Counter>; 3],
}

/// Numbers of the sockets of one interface.
#[derive(Clone, Copy, Default)]
struct Exits {
    /// Through the kernel's routes.
    udp: Option<usize>,
    /// To link-layer addresses.
    packet: Option<usize>,
    /// By the interface that the question came in by, instead of the routes.
    inbound: bool,
}

impl Exits {
    /// Those for packets of the socket `at`: itself if it can, another one of the same interface otherwise.
    fn of(sockets: &[Arc<Bound>], at: usize) -> Self {
        let same = |n: &usize| sockets[*n].wanted.interface.index == sockets[at].wanted.interface.index;
        let packet = |n: &usize| sockets[*n].wanted.kind == Opening::Packet;
        let mut all = std::iter::once(at).chain(0..sockets.len()).filter(same);
        let inbound = matches!(sockets[at].wanted.kind, Opening::Udp4Inbound(_));
        Self { udp: all.clone().find(|n| !packet(n)), packet: all.find(packet), inbound }
    }
}

impl Protocol for Serve4 {
    type Config = Run<V4>;
    type Table = Table4;
    const FAMILY: u8 = 4;

    fn configure(&mut self, run: Run<V4>, sockets: &[Arc<Bound>]) -> Run<V4> {
        let store = mem::replace(&mut self.store, run.store);
        let hosts = mem::replace(&mut self.hosts, run.hosts);
        let snapshot = self.engine.configure(run.snapshot);
        crate::tell_times(sockets, snapshot.keeps_times, self.engine.keeps_times());
        self.exits = (0..sockets.len()).map(|at| Exits::of(sockets, at)).collect();
        let interfaces = || sockets.iter().map(|b| &b.wanted.interface);
        let first = |i: &Interface| i.v4.first().map(|&(address, _)| (i.name.as_str().into(), address));
        self.own = interfaces().filter_map(first).collect();
        self.own.dedup();
        self.engine.addresses = interfaces().flat_map(|i| i.v4.iter().map(|&(a, _)| a)).collect();
        self.engine.addresses.sort_unstable();
        self.engine.addresses.dedup();
        Run { snapshot, store, hosts, service: run.service }
    }

    fn serve(&mut self, sockets: &[Arc<Bound>], at: usize, rx: &RxBatch, packets: Range<usize>, replies: &mut Replies) {
        if self.service.is_disabled() {
            self.disabled.iter().for_each(|counter| counter.add(packets.len() as i64));
            let datagrams = packets.filter_map(|i| rx.datagram(i, &sockets[at].socket).ok());
            return datagrams.for_each(|datagram| engine::v4::tell_disabled(datagram.message));
        }
        let Bound { socket, wanted: Wanted { interface, kind, .. } } = &*sockets[at];
        let first_address = interface.v4.first().map_or(Ipv4Addr::UNSPECIFIED, |&(a, _)| a);
        let now = crate::unix_seconds();
        self.engine.forget_settled(); // of a batch that failed
        let read = self.engine.keeps_times().then(crate::unix_micros);
        let hosts = Arc::clone(&self.hosts);
        let stored = hosts.stored.as_ref().map(|stored| stored.read());
        let mut leases = self.store.session();
        // Should it fail, whatever the engine asks for will, and the packets are dropped for that reason.
        let _ = leases.refresh(|| {
            let mut wanted = Wanted4::default();
            let datagrams = packets.clone().filter_map(|i| rx.datagram(i, socket).ok());
            datagrams.for_each(|datagram| wanted::add4(&mut wanted, datagram.message));
            wanted
        });
        let before = leases.mark();
        for i in packets {
            if read.is_some() {
                self.engine.times = Times { received: rx.time(i), read, queued: self.engine.is_threaded() };
            }
            let datagram = match rx.datagram(i, socket) {
                Ok(datagram) => datagram,
                Err(reason) => {
                    self.received.add(1);
                    self.malformed.iter().for_each(|counter| counter.add(1));
                    log::event!(DHCP4_BUFFER_RECEIVE_FAIL, reason = format_args!("{reason:?}"));
                    continue;
                }
            };
            if let Opening::Dhcp4o6(peer) = *kind {
                let address_on = |name: &str| address_on(&self.own, name);
                let handled = self.engine.handle_passed(
                    datagram.message,
                    address_on,
                    stored.as_deref(),
                    &mut leases,
                    now,
                    replies.buffer(),
                );
                if let Some(Some(reply)) = crate::ready(handled) {
                    let to = (Ipv6Addr::LOCALHOST, peer).into();
                    let number = replies.push(reply.promises, at, 0, Destination::Udp { to, source: None });
                    self.engine.reply_is(number);
                }
                continue;
            }
            let (SocketAddr::V4(source), IpAddr::V4(destination)) = (datagram.source, datagram.destination) else {
                continue;
            };
            let ours = interface.v4.iter().any(|&(a, _)| a == destination);
            let interface_address = if ours { destination } else { first_address };
            let received = Received {
                message: datagram.message,
                source,
                destination,
                interface: &interface.name,
                interface_address,
                over_dhcpv6: None,
                stored: stored.as_deref(),
            };
            let reply = crate::ready(self.engine.handle(&received, &mut leases, now, replies.buffer()));
            let Some(Some(reply)) = reply else { continue };
            let promises = reply.promises;
            if let Some((exit, destination)) = self.way_out(at, reply) {
                let number = replies.push(promises, exit, datagram.interface, destination);
                self.engine.reply_is(number);
            }
        }
        let changed = leases.mark() != before;
        self.unsynced = (changed || !replies.promises.is_empty()).then(|| leases.mark());
    }

    fn settled(&mut self) -> Option<Settled<Table4>> {
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

    fn tell_offers(&mut self, replies: &mut Leaving<'_>) {
        self.engine.tell_offers(replies);
    }

    fn name_changes(&mut self) -> &mut Vec<NameChangeRequest> {
        self.engine.name_changes()
    }

    fn send_failed(error: &io::Error) {
        log::event!(DHCP4_PACKET_SEND_FAIL, reason = error);
    }

    fn shed(&mut self, count: usize) {
        self.queue_full.iter().for_each(|counter| counter.add(count as i64));
        log::event!(DHCP4_PACKET_QUEUE_FULL, count);
    }

    fn held_back(count: usize) {
        log::event!(DHCP4_REPLIES_HELD_BACK, count);
    }
}

impl Serve4 {
    fn sync(&mut self) -> Result<(), StoreError> {
        self.unsynced.take().map_or(Ok(()), |mark| self.store.sync_to(mark))
    }

    /// The socket that a reply leaves by, and how. Where there is no packet socket, the kernel's broadcast reaches those
    /// who have no address.
    fn way_out(&self, at: usize, reply: Reply) -> Option<(usize, Destination)> {
        let Exits { udp, packet, inbound } = *self.exits.get(at)?;
        let ends = Endpoints {
            source: reply.from,
            source_port: self.port,
            destination: *reply.to.ip(),
            destination_port: reply.to.port(),
        };
        let frame = |address: &[u8]| {
            let mut hw_addr = [0; 8];
            let hw_len = address.len().min(hw_addr.len());
            hw_addr[..hw_len].copy_from_slice(&address[..hw_len]);
            Destination::Link { hw_addr, hw_len: hw_len as u8, ends }
        };
        let routed = |to: SocketAddrV4| match inbound {
            true => Destination::ByInterface { to, from: reply.from },
            false => Destination::Udp { to: to.into(), source: None },
        };
        match (reply.link, packet, udp) {
            (Link::Routed, _, Some(udp)) => Some((udp, routed(reply.to))),
            (Link::Broadcast, Some(packet), _) => Some((packet, frame(&[0xff; 6]))),
            (Link::Hardware(address), Some(packet), _) => Some((packet, frame(&address))),
            (Link::Broadcast | Link::Hardware(_), None, Some(udp)) => {
                Some((udp, routed(SocketAddrV4::new(Ipv4Addr::BROADCAST, reply.to.port()))))
            }
            (Link::Routed, _, None) | (_, None, None) | (Link::Passed, ..) => None,
        }
    }
}

/// The address by which clients on an interface know the server: one of that interface, or of any, where it has none.
fn address_on(own: &[(Box<str>, Ipv4Addr)], interface: &str) -> Ipv4Addr {
    let there = own.iter().find(|(name, _)| &**name == interface);
    there.or(own.first()).map_or(Ipv4Addr::UNSPECIFIED, |(_, address)| *address)
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

fn summary(config: &Config4) -> String {
    let updates = if config.d2.enable_updates { "enabled" } else { "disabled" };
    format!("added IPv4 subnets: {}; DDNS: {updates}", config.subnets.list().len())
}
