//! The data plane of a daemon: lease store, sockets, workers and housekeeping, and their change from one configuration
//! to the next.
//!
//! What both families wire alike stands here; what a packet means is in the engine, behind [`Protocol`].

use crate::bulk;
use crate::d2_client;
use crate::database::{self, Link, Watch};
use crate::family::{Family, Run, SharedStore};
use crate::ha::{self, InService};
use crate::hosts::{Commanded, Databases, Given};
use crate::housekeeping::{self, Schedule};
use crate::machine::MACHINE;
use crate::messages::*;
use crate::retire::Retire;
use crate::sockets::{self, BadEntry, Bound, Opening, SocketSet, Wanted};
use crate::worker::{Setup, Worker};
use crate::writer::Writer;
use control::Table as Commands;
use dhcpd_config::common::{D2Client, LeaseDatabase, Samples};
use dhcpd_config::parameters::Library;
use leases::memfile::{Options, Store};
use libs::ha::{Groups, SiteOf};
use libs::host_cache;
use libs::lease_query::Bulk;
use libs::{Fault, Service};
use net::socket::RECEIVE_BUFFER;
use net::{DropWatch, Interface, LinkWatch};
use process::paths;
use schema::Problem;
use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::watch;
use tokio::time::sleep;

/// Links come and go in bursts of notices: sockets are looked after when a burst is over.
const SETTLE: Duration = Duration::from_millis(50);

/// Bytes of a socket's receive buffer for one unit of `packet-queue-size`. One of Kea's threads takes a packet at a time,
/// a worker here takes a batch, so that a unit is a hundred small packets; Kea's default makes the buffer what it is.
const SLOT: u32 = RECEIVE_BUFFER / 64;
/// A buffer without limit in practice.
const UNLIMITED: u32 = 1 << 30;
/// How often drops of the kernel's are looked for.
const DROP_WATCH: Duration = Duration::from_secs(1);

/// All that could fail has been done for this configuration; nothing has changed yet.
pub struct Prepared<F: Family> {
    run: Run<F>,
    sockets: SocketSet,
    failures: Vec<sockets::Failure>,
    needs_cleanup: bool,
    link: Option<Link>,
    host_links: Vec<Link>,
    bulk: bulk::Prepared,
    ha: ha::Ready<F::Ha>,
}

/// The leases that a configuration names.
struct Opened<F: Family> {
    store: SharedStore<F>,
    /// Their file wants to be written anew.
    needs_cleanup: bool,
    /// The connection that they rest on, if it is a new one.
    link: Option<Link>,
}

/// What is wrong with a configuration for this machine.
#[derive(Debug)]
pub enum Unfit {
    /// An entry of `interfaces-config/interfaces`.
    Interface(BadEntry),
    /// A socket that must be open is not.
    Socket(String),
    /// The socket for DHCPv4-over-DHCPv6.
    Dhcp4o6(String),
    /// The socket for lease queries over TCP.
    LeaseQuery(String),
    /// The lease file.
    Leases(String),
    /// The database that the leases are in.
    Database(String),
    /// Where the lease file is.
    LeaseFile(String),
    /// A database of reservations, by its place among them.
    Hosts(usize, String),
    /// A parameter of a library.
    Library(Fault),
    /// What servers that share clients need.
    Relationship(Problem),
}

/// The data plane of a running daemon. Clones are the same one.
pub struct Plane<F: Family> {
    state: Rc<RefCell<State<F>>>,
}

struct State<F: Family> {
    port: u16,
    settings: F::Settings,
    stats: Arc<stats::Registry>,
    workers: Vec<Worker<Run<F>>>,
    /// Outlives the workers, whose last promises it keeps.
    writer: Option<Writer<F::Table>>,
    sockets: SocketSet,
    run: Option<Run<F>>,
    d2: watch::Sender<D2Client>,
    schedule: watch::Sender<Schedule>,
    name_changes: UnboundedSender<Vec<ncr::NameChangeRequest>>,
    name_changes_out: Option<tokio::sync::mpsc::UnboundedReceiver<Vec<ncr::NameChangeRequest>>>,
    retries: u32,
    /// Sockets that could not be opened, in words.
    failures: Vec<String>,
    service: Arc<Service>,
    ha: InService<F::Ha>,
    drops: DropWatch,
    retire: Retire<Run<F>>,
    bulk: bulk::Service<F::Bulk>,
    /// The connection that the leases rest on, if they do.
    database: Option<Watch>,
    /// Those that reservations come from.
    host_databases: Vec<Watch>,
    /// Ends the daemon.
    shutdown: UnboundedSender<u8>,
}

impl<F: Family> Clone for Plane<F> {
    fn clone(&self) -> Self {
        Self { state: self.state.clone() }
    }
}

impl<F: Family> Plane<F> {
    /// A data plane that serves on `port` as soon as a configuration is applied.
    pub fn new(port: u16, settings: F::Settings, stats: Arc<stats::Registry>, shutdown: UnboundedSender<u8>) -> Self {
        let (name_changes, out) = unbounded_channel();
        let state = State {
            port,
            settings,
            stats,
            workers: Vec::new(),
            writer: None,
            sockets: SocketSet::default(),
            run: None,
            d2: watch::Sender::new(D2Client::default()),
            schedule: watch::Sender::new(Schedule::default()),
            name_changes,
            name_changes_out: Some(out),
            retries: 0,
            failures: Vec::new(),
            service: Arc::default(),
            ha: InService::default(),
            drops: DropWatch::new(F::NUMBER == 6),
            retire: Retire::start(),
            bulk: bulk::Service::default(),
            database: None,
            host_databases: Vec::new(),
            shutdown,
        };
        Self { state: Rc::new(RefCell::new(state)) }
    }

    /// Whether the configuration fits this machine, without touching sockets or files.
    pub fn check(&self, config: &F::Config) -> Result<(), Vec<Unfit>> {
        let parts = F::parts(config);
        select(parts.interfaces)?;
        lease_file::<F>(parts.lease_database).map_err(|reason| vec![Unfit::LeaseFile(reason)])?;
        let faults = libs::check(parts.libraries, &MACHINE);
        if faults.is_empty() { Ok(()) } else { Err(unfit(faults)) }
    }

    /// Opens what the configuration needs and is not open yet.
    pub fn prepare(&self, config: Arc<F::Config>, identity: F::Identity) -> Result<Prepared<F>, Vec<Unfit>> {
        let state = self.state.borrow();
        let parts = F::parts(&config);
        let interfaces = select(parts.interfaces)?;
        lease_file::<F>(parts.lease_database).map_err(|reason| vec![Unfit::LeaseFile(reason)])?;
        let opened = state.store(parts.lease_database).map_err(|reason| match parts.lease_database.database {
            Some(_) => vec![Unfit::Database(reason)],
            None => vec![Unfit::Leases(reason)],
        })?;
        let Opened { store, needs_cleanup, link } = opened;
        let workers = state.worker_count(parts.threads);
        let (sockets, failures) = state.sockets.changed_to(F::plan(&config, &interfaces, state.port), workers);
        if let Some(failure) = failures.iter().find(|f| !f.wanted.kind.is_for_clients()) {
            return Err(vec![Unfit::Dhcp4o6(describe(failure))]);
        }
        if parts.require_all && parts.max_retries == 0 && !failures.is_empty() {
            return Err(failures.iter().map(|f| Unfit::Socket(describe(f))).collect());
        }
        let before = state.run.as_ref().map(|run| &run.snapshot);
        let ha = state.ha.prepare(F::libraries(&config), &state.service);
        let ha = ha.map_err(|problem| vec![Unfit::Relationship(problem)])?;
        let cache = parts.libraries.iter().find_map(|library| match library {
            Library::HostCache(maximum) => Some(*maximum),
            _ => None,
        });
        let hosts_before = state.run.as_ref().map(|run| &*run.hosts);
        let hosts = Databases::open(parts.host_databases, cache, hosts_before, || F::meaning(&config));
        let (hosts, host_links) = hosts.map_err(|(at, reason)| vec![Unfit::Hosts(at, reason)])?;
        let snapshot = F::snapshot(config, &identity, &store, &state.stats, before, &ha.groups).map_err(unfit)?;
        let bulk = state.bulk.prepare(F::Bulk::rules(&snapshot));
        let bulk = bulk.map_err(|error| vec![Unfit::LeaseQuery(error.to_string())])?;
        let run = Run { snapshot, store, hosts: Arc::new(hosts), service: state.service.clone() };
        Ok(Prepared { run, sockets, failures, needs_cleanup, link, host_links, bulk, ha })
    }

    /// Goes over to a prepared configuration: packets in flight are answered by the one before, the next ones by this.
    pub fn apply(&self, prepared: Prepared<F>) {
        let Prepared { run, mut sockets, mut failures, needs_cleanup, link, host_links, bulk, ha } = prepared;
        self.count_drops(); // of sockets that may be closed now
        let first = self.state.borrow().run.is_none();
        let mut state = self.state.borrow_mut();
        let parts = run.parts();
        state.d2.send_replace(parts.d2.clone());
        state.schedule.send_replace(Schedule {
            expired: *parts.expired,
            cleanup: Duration::from_secs(parts.lease_database.lfc_interval.into()),
            cleanup_now: needs_cleanup,
        });
        state.retries = parts.max_retries;
        let count = wanted_workers(parts.threads);
        let leaving = (!first && count != state.workers.len() as u32).then(|| {
            // The kernel spreads clients over as many sockets as there are workers: others are opened beside those of now.
            drop(std::mem::take(&mut sockets));
            let interfaces = select(parts.interfaces).unwrap_or_default();
            let plan = F::plan(F::config(&run.snapshot), &interfaces, state.port);
            let before = std::mem::take(&mut state.sockets);
            (sockets, failures) = before.followed_by(plan, count);
            (std::mem::take(&mut state.workers), before)
        });
        run.store.session().count_classes(F::class_counts(&run.snapshot));
        state.start_workers(&run, count);
        let (enabled, queue) = (if parts.threads.is_some() { "yes" } else { "no" }, parts.queue.size);
        say!(F: DHCP4_MULTI_THREADING_INFO | DHCP6_MULTI_THREADING_INFO, enabled, threads = count, queue);
        if let Some(capacity) = parts.queue.ring {
            let info = format!(r#"{{ "capacity": {capacity}, "queue-type": "kea-ring{}", "size": 0 }}"#, F::NUMBER);
            say!(F: DHCP4_CONFIG_PACKET_QUEUE | DHCP6_CONFIG_PACKET_QUEUE, info);
        } else if parts.queue.disabled {
            log::event!(DHCPSRV_MT_DISABLED_QUEUE_CONTROL);
        }
        let news = state.run.as_ref().is_none_or(|before| !Arc::ptr_eq(&before.store, &run.store));
        let Samples { count, age } = run.parts().samples;
        state.stats.limit_all(stats::Limits { count, age: age.into() });
        F::publish(&run, &state.stats, state.run.as_ref().map(|before| &*before.snapshot), news);
        let watch = |link| Watch::start::<F>(link, state.service.clone(), state.shutdown.clone());
        let host_databases = host_links.into_iter().map(watch).collect();
        if news {
            state.database = link.map(watch);
        }
        state.host_databases = host_databases;
        state.bulk.apply(bulk, run.snapshot.clone(), run.store.clone());
        if let Some(before) = state.run.replace(run) {
            state.retire.free(before);
        }
        state.sockets = sockets;
        state.failures = failures.iter().map(describe).collect();
        state.ha.apply(ha, &self.site_of());
        state.hand_over();
        if let Some((workers, before)) = leaving {
            drop(workers); // they answer what they have
            drop(before);
            state.sockets.stand_alone();
        }
        drop(state);
        self.report_sockets(&failures);
        if first {
            self.start_tasks();
        }
        if !failures.is_empty() {
            self.retry_later();
        }
    }

    /// An engine for what is not started by a packet.
    pub fn keeper(&self, run: Run<F>) -> F::Protocol {
        let state = self.state.borrow();
        F::protocol(run, state.settings, &state.stats)
    }

    /// The configuration in effect with what it runs on.
    pub fn run(&self) -> Option<Run<F>> {
        self.state.borrow().run.clone()
    }

    /// What libraries work on with the configuration in effect.
    pub fn site(&self) -> Option<libs::Site<F::Snapshot, F::Table>> {
        let state = self.state.borrow();
        let Run { snapshot, store, .. } = state.run.clone()?;
        Some(libs::Site {
            snapshot,
            store,
            stats: state.stats.clone(),
            name_changes: state.name_changes.clone(),
            confine: |written| paths::DATA.confine(written).map(|confined| (confined.path, confined.warning)),
        })
    }

    /// The databases of reservations of the configuration in effect.
    pub fn host_databases(&self) -> Option<Commanded<F>> {
        let run = self.run()?;
        let meaning = F::meaning(F::config(&run.snapshot));
        Some(Commanded::new(run.hosts.clone(), meaning, run.parts().reservations_unique))
    }

    /// The cache of reservations of the configuration in effect, if it has one.
    pub fn host_cache(&self) -> Option<host_cache::Shared<Given<F>>> {
        self.run()?.hosts.cache.clone()
    }

    /// The relationships to other servers.
    pub fn groups(&self) -> Groups<F::Ha> {
        self.state.borrow().ha.groups()
    }

    /// What they work on, whenever they ask.
    pub fn site_of(&self) -> SiteOf<F::Ha> {
        let plane = self.clone();
        Rc::new(move || plane.site())
    }

    /// Serves partners with these commands.
    pub fn serve(&self, table: &Rc<Commands>) {
        self.state.borrow_mut().ha.serve(table);
    }

    /// Has a configuration freed that was replaced.
    pub fn retire(&self, run: Run<F>) {
        self.state.borrow().retire.free(run);
    }

    /// Whether clients are answered.
    pub fn service(&self) -> Arc<Service> {
        self.state.borrow().service.clone()
    }

    /// How many threads serve; `None` where multi-threading is off.
    pub fn threads(&self) -> Option<usize> {
        let state = self.state.borrow();
        state.run.as_ref()?.parts().threads.map(|_| state.workers.len())
    }

    /// Which samples of statistics are kept now.
    pub fn limits(&self) -> stats::Limits {
        self.state.borrow().stats.limits()
    }

    /// `packet-queue-size`, and how many packets wait: averages over the last 10, 100 and 1000.
    pub fn queue(&self) -> (u32, [f64; 3]) {
        let state = self.state.borrow();
        let size = state.run.as_ref().map_or(0, |run| run.parts().queue.size);
        let averages = state.workers.iter().map(|worker| worker.load.averages());
        (size, averages.fold([0.0; 3], |all, one| [all[0] + one[0], all[1] + one[1], all[2] + one[2]]))
    }

    /// Counts and tells what the kernel dropped since the last time.
    pub fn count_drops(&self) {
        let mut state = self.state.borrow_mut();
        let State { drops, sockets, stats, .. } = &mut *state;
        let count = drops.look(sockets.sockets.iter().flatten().map(|bound| &bound.socket));
        if count > 0 {
            for name in ["queue-full", "receive-drop"] {
                stats.counter(&format!("pkt{}-{name}", F::NUMBER)).add(count as i64);
            }
            log::event!(DHCPSRV_SOCKET_BUFFER_FULL, count);
        }
    }

    /// Sockets that could not be opened, in words.
    pub fn failures(&self) -> Vec<String> {
        self.state.borrow().failures.clone()
    }

    /// Whether opening them is tried again.
    pub fn is_retrying(&self) -> bool {
        self.state.borrow().retries > 0
    }

    /// Indexes of the interfaces that have sockets.
    pub fn interfaces_in_use(&self) -> Vec<u32> {
        self.state
            .borrow()
            .sockets
            .sockets
            .first()
            .map_or(Vec::new(), |open| of_clients(open).map(|b| b.wanted.interface.index).collect())
    }

    /// Hands name changes to the sender.
    pub fn send_name_changes(&self, changes: &mut Vec<ncr::NameChangeRequest>) {
        let _ = self.state.borrow().name_changes.send(std::mem::take(changes)); // fails only while the daemon ends
    }

    /// Stops the workers: what they have received is answered.
    pub fn stop(&self) {
        let workers = std::mem::take(&mut self.state.borrow_mut().workers);
        drop(workers);
        drop(self.state.borrow_mut().writer.take());
        drop(std::mem::take(&mut self.state.borrow_mut().ha));
        if let Some(run) = &self.state.borrow().run {
            let _ = run.store.sync(); // its failure is logged by the store
        }
    }

    /// Ends the daemon, with this code.
    pub fn end(&self, code: u8) {
        let _ = self.state.borrow().shutdown.send(code); // fails only while the daemon ends
    }

    fn start_tasks(&self) {
        let mut state = self.state.borrow_mut();
        if let Some(out) = state.name_changes_out.take() {
            tokio::task::spawn_local(d2_client::run(out, state.d2.subscribe()));
        }
        tokio::task::spawn_local(housekeeping::run::<F>(
            self.clone(),
            state.schedule.subscribe(),
            state.name_changes.clone(),
        ));
        drop(state);
        let plane = self.clone();
        tokio::task::spawn_local(async move {
            loop {
                sleep(DROP_WATCH).await;
                plane.count_drops();
            }
        });
        let changes = match watch_links() {
            Ok(changes) => changes,
            Err(error) => return log::event!(DHCPSRV_LINK_WATCH_FAILED, reason = error),
        };
        let plane = self.clone();
        tokio::task::spawn_local(async move {
            loop {
                changes.notified().await;
                sleep(SETTLE).await;
                if plane.run().is_some_and(|run| run.parts().re_detect) {
                    plane.look_again();
                }
            }
        });
    }

    /// Opens and closes sockets as the machine's interfaces are now. Failures that remain.
    pub fn look_again(&self) -> usize {
        let mut state = self.state.borrow_mut();
        let Some(run) = state.run.clone() else { return 0 };
        let machine = net::interfaces().unwrap_or_default();
        // An interface that is away is no error any more: it is served again when it is back.
        let present: Vec<Box<str>> = run
            .parts()
            .interfaces
            .iter()
            .filter(|entry| sockets::select(std::slice::from_ref(*entry), &machine).is_ok())
            .cloned()
            .collect();
        let interfaces = sockets::select(&present, &machine).unwrap_or_default();
        let workers = state.workers.len() as u32;
        let (sockets, failures) =
            state.sockets.changed_to(F::plan(F::config(&run.snapshot), &interfaces, state.port), workers);
        state.failures = failures.iter().map(describe).collect();
        if !sockets.is_same(&state.sockets) {
            state.sockets = sockets;
            state.hand_over();
            drop(state);
            self.report_sockets(&failures);
        }
        failures.len()
    }

    fn retry_later(&self) {
        let plane = self.clone();
        tokio::task::spawn_local(async move {
            loop {
                let wait = {
                    let mut state = plane.state.borrow_mut();
                    let Some(run) = state.run.clone().filter(|_| state.retries > 0) else { return };
                    state.retries -= 1;
                    run.parts().retry_wait
                };
                sleep(wait).await;
                if plane.look_again() == 0 {
                    return;
                }
                if plane.state.borrow().retries == 0 {
                    return plane.give_up();
                }
            }
        });
    }

    /// Sockets could not be opened in all tries.
    fn give_up(&self) {
        let state = self.state.borrow();
        let Some(parts) = state.run.as_ref().map(Run::parts) else { return };
        let tries = parts.max_retries;
        if !parts.require_all {
            say!(F: DHCP4_OPEN_SOCKETS_FAILED | DHCP6_OPEN_SOCKETS_FAILED, tries);
        } else {
            say!(F: DHCP4_FATAL_OPEN_SOCKETS_FAILED | DHCP6_FATAL_OPEN_SOCKETS_FAILED, tries);
            drop(state);
            self.end(1);
        }
    }

    fn report_sockets(&self, failures: &[sockets::Failure]) {
        for failure in failures {
            log::event!(DHCPSRV_OPEN_SOCKET_FAIL, reason = describe(failure));
        }
        let state = self.state.borrow();
        let open = state.sockets.sockets.first().map_or(&[][..], Vec::as_slice);
        let mut names: Vec<_> = of_clients(open).map(|b| &b.wanted.interface.name).collect();
        names.dedup();
        for interface in &names {
            log::event!(DHCPSRV_CFGMGR_ADD_IFACE, interface);
        }
        if names.is_empty() {
            log::event!(DHCPSRV_NO_SOCKETS_OPEN);
        }
    }
}

impl<F: Family> State<F> {
    /// The store for these settings: the open one if it has them already.
    fn store(&self, settings: &LeaseDatabase) -> Result<Opened<F>, String> {
        let as_it_is = |run: &Run<F>| Opened { store: run.store.clone(), needs_cleanup: false, link: None };
        if let Some(run) = self.run.as_ref().filter(|run| run.parts().lease_database == settings) {
            return Ok(as_it_is(run));
        }
        if let Some(database) = &settings.database {
            let (store, link) = database::open::<F>(database)?;
            return Ok(Opened { store, needs_cleanup: false, link: Some(link) });
        }
        let options =
            Options { path: lease_file::<F>(settings)?, sync: settings.sync, max_row_errors: settings.max_row_errors };
        // The same file with other settings must not be open twice: the one who writes last would win.
        if let Some(run) = self.run.as_ref().filter(|run| options.path.is_some() && run.store.path() == options.path) {
            return match run.parts().lease_database {
                old if old.sync == settings.sync => Ok(as_it_is(run)),
                _ => Err("lease-database/sync of an open lease file changes at the next start only".into()),
            };
        }
        let (store, report) = Store::open(options).map_err(|e| e.to_string())?;
        Ok(Opened { store: Arc::new(store), needs_cleanup: report.needs_conversion, link: None })
    }

    /// For how many workers sockets are opened while this configuration is prepared.
    fn worker_count(&self, threads: Option<u32>) -> u32 {
        if self.workers.is_empty() { wanted_workers(threads) } else { self.workers.len() as u32 }
    }

    fn start_workers(&mut self, run: &Run<F>, count: u32) {
        let failed =
            |error| log::event!(DHCPSRV_OPEN_SOCKET_FAIL, reason = format_args!("cannot start a worker: {error}"));
        let writer =
            match self.writer.take().map_or_else(|| Writer::start::<F::Protocol>(self.name_changes.clone()), Ok) {
                Ok(writer) => self.writer.insert(writer).queue(),
                Err(error) => return failed(error),
            };
        while (self.workers.len() as u32) < count {
            let name = format!("worker-{}", self.workers.len());
            let protocol = F::protocol(run.clone(), self.settings, &self.stats);
            match Worker::start(name, protocol, self.name_changes.clone(), writer.clone(), self.retire.clone()) {
                Ok(worker) => self.workers.push(worker),
                Err(error) => return failed(error),
            }
        }
    }

    /// Gives every worker the configuration and the sockets of now.
    fn hand_over(&self) {
        let Some(run) = &self.run else { return };
        let queue = run.parts().queue;
        let buffer = if queue.size == 0 { UNLIMITED } else { queue.size.saturating_mul(SLOT).min(UNLIMITED) };
        let ring = queue.ring.map(|capacity| capacity as usize);
        let mut allowed = buffer;
        for (at, (worker, sockets)) in self.workers.iter().zip(&self.sockets.sockets).enumerate() {
            let least = sockets.iter().map(|bound| bound.socket.limit_queue(buffer)).min();
            allowed = allowed.min(least.unwrap_or(buffer));
            // The one that all have in common comes last.
            let read = if at == 0 { sockets.len() } else { of_clients(sockets).count() };
            worker.change(Setup { config: run.clone(), sockets: sockets.clone(), read, ring });
        }
        if allowed < buffer && buffer != UNLIMITED {
            log::event!(DHCPSRV_SOCKET_BUFFER_LIMITED, allowed, wanted = buffer);
        }
    }
}

fn unfit(faults: Vec<Fault>) -> Vec<Unfit> {
    faults.into_iter().map(Unfit::Library).collect()
}

/// Notified when links or addresses of the machine change.
fn watch_links() -> std::io::Result<Arc<Notify>> {
    let watch = LinkWatch::new()?;
    let changes = Arc::new(Notify::new());
    let notify = changes.clone();
    std::thread::Builder::new().name("links".into()).spawn(move || {
        while watch.wait().is_ok() {
            notify.notify_one();
        }
    })?;
    Ok(changes)
}

fn select(entries: &[Box<str>]) -> Result<Vec<Interface>, Vec<Unfit>> {
    let machine = net::interfaces().map_err(|e| vec![Unfit::Socket(format!("cannot list interfaces: {e}"))])?;
    sockets::select(entries, &machine).map_err(|bad| bad.into_iter().map(Unfit::Interface).collect())
}

fn of_clients(open: &[Arc<Bound>]) -> impl Iterator<Item = &Bound> {
    open.iter().map(|bound| &**bound).filter(|bound| bound.wanted.kind.is_for_clients())
}

fn describe(failure: &sockets::Failure) -> String {
    let Wanted { kind, interface, port } = &failure.wanted;
    if let Opening::Dhcp4o6(peer) = kind {
        return format!("[::1]:{port} to [::1]:{peer}: {}", failure.error);
    }
    format!("{kind:?} port {port} on interface {}: {}", interface.name, failure.error)
}

fn wanted_workers(threads: Option<u32>) -> u32 {
    match threads {
        None => 1,
        Some(0) => std::thread::available_parallelism().map_or(1, |n| n.get() as u32),
        Some(n) => n,
    }
}

fn lease_file<F: Family>(settings: &LeaseDatabase) -> Result<Option<PathBuf>, String> {
    if !settings.persist || settings.database.is_some() {
        return Ok(None);
    }
    let name = settings.name.as_deref().map_or(F::LEASE_FILE.into(), |n| n.to_string_lossy());
    paths::DATA.confine(&name).map(|confined| Some(confined.path))
}
