//! `libdhcp_perfmon.so`: how long queries take, from the kernel to the answer that is ready.
//!
//! A query is dealt with by one thread from its beginning to its end: what is known of it so far stands with the thread.

pub mod messages;
mod monitor;

use control::{Answer, Code, Request, Table};
use dhcpd_config::parameters::Library;
use dhcpd_config::parameters::hooks::check_pair;
use engine::hooks::{Next, Point, Times};
use engine::{v4, v6};
use messages::*;
pub use monitor::Monitor;
use monitor::{Micros, time};
use serde_json::Value;
use smallvec::SmallVec;
use std::cell::Cell;
use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use wire::options::Family;

/// What measures, if a configuration wants it; a new one with each configuration, as in Kea.
pub fn monitor(libraries: &[Library], family: Family, stats: &Arc<stats::Registry>) -> Option<Arc<Monitor>> {
    let rules = libraries.iter().find_map(|l| if let Library::Perfmon(rules) = l { Some(rules) } else { None });
    rules.map(|rules| Arc::new(Monitor::new(rules, family, stats.clone())))
}

/// The library at work.
#[derive(Debug)]
pub struct Perfmon(pub Arc<Monitor>);

/// What is known of the query that is being dealt with.
#[derive(Clone, Copy, Debug, Default)]
struct Progress {
    times: Times,
    started: Micros,
    subnet: u32,
}

thread_local! {
    static PROGRESS: Cell<Progress> = const {
        Cell::new(Progress { times: Times { received: None, read: None, queued: false }, started: 0, subnet: 0 })
    };
}

/// What happened to a query, and when.
type Events = SmallVec<[(&'static str, Micros); 5]>;

fn begin(times: Times) -> Next {
    PROGRESS.set(Progress { times, started: now(), subnet: 0 });
    Next::Continue
}

fn choose(subnet: Option<u32>) -> Next {
    PROGRESS.set(Progress { subnet: subnet.unwrap_or(0), ..PROGRESS.get() });
    Next::Continue
}

fn events(Progress { times, started, .. }: Progress) -> Events {
    let mut events = Events::new();
    events.extend(times.received.map(|at| ("socket_received", at)));
    events.extend(times.read.map(|at| ("buffer_read", at)));
    // A batch is what waits for its worker.
    events.extend(times.read.filter(|_| times.queued).map(|at| ("mt_queued", at)));
    events.extend([("process_started", started), ("process_completed", now())]);
    events
}

const POINTS: &[Point] = &[Point::Receive, Point::Subnet, Point::Send];

impl v4::hooks::Hooks for Perfmon {
    fn points(&self) -> &'static [Point] {
        POINTS
    }

    fn receive(&self, incoming: &mut v4::hooks::Incoming<'_>) -> Next {
        begin(incoming.times)
    }

    fn subnet(&self, _: &v4::hooks::Request<'_>, selection: &mut v4::hooks::Selection<'_>) -> Next {
        choose(selection.subnet.and_then(|at| selection.config.subnets.list().get(at)).map(|subnet| subnet.id))
    }

    fn send(&self, outgoing: &mut v4::hooks::Outgoing<'_>) -> Next {
        let answer =
            wire::v4::Packet::parse_leniently(outgoing.message()).ok().and_then(|packet| packet.message_type());
        let kinds = (outgoing.query.packet.message_type().map_or(0, |kind| kind.0), answer.map_or(0, |kind| kind.0));
        let (progress, query) = (PROGRESS.get(), outgoing.query.label);
        if let Err(reason) = check_pair(Family::V4, kinds.0, kinds.1) {
            log::event!(PERFMON_DHCP4_PKT_PROCESS_ERROR, query, reason);
            return Next::Continue;
        }
        let events = events(progress);
        log::event!(PERFMON_DHCP4_PKT_EVENTS, query, events = List(&events));
        if self.0.is_on() {
            self.0.gather(kinds, progress.subnet, &events);
        }
        Next::Continue
    }
}

impl v6::hooks::Hooks for Perfmon {
    fn points(&self) -> &'static [Point] {
        POINTS
    }

    fn receive(&self, incoming: &mut v6::hooks::Incoming<'_>) -> Next {
        begin(incoming.times)
    }

    fn subnet(&self, _: &v6::hooks::Request<'_, '_>, selection: &mut v6::hooks::Selection<'_>) -> Next {
        choose(selection.subnet.and_then(|at| selection.config.subnets.list().get(at)).map(|subnet| subnet.id))
    }

    fn send(&self, outgoing: &mut v6::hooks::Outgoing<'_, '_>) -> Next {
        let answer = wire::v6::Packet::parse_reply(outgoing.message()).ok().map(|packet| packet.message.kind.0);
        let kinds = (outgoing.query.packet.message.kind.0, answer.unwrap_or(0));
        let (progress, query) = (PROGRESS.get(), outgoing.query.label);
        if let Err(reason) = check_pair(Family::V6, kinds.0, kinds.1) {
            log::event!(PERFMON_DHCP6_PKT_PROCESS_ERROR, query, reason);
            return Next::Continue;
        }
        let events = events(progress);
        log::event!(PERFMON_DHCP6_PKT_EVENTS, query, events = List(&events));
        if self.0.is_on() {
            self.0.gather(kinds, progress.subnet, &events);
        }
        Next::Continue
    }
}

/// Events in messages.
struct List<'a>(&'a Events);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (event, when)) in self.0.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(f, "{comma}{} : {event}", time(*when))?;
        }
        Ok(())
    }
}

fn now() -> Micros {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Micros::try_from(since.as_micros()).unwrap_or(Micros::MAX)
}

/// Adds the commands.
pub fn add(table: &mut Table, monitor: &Arc<Monitor>) {
    let monitors = [monitor.clone(), monitor.clone()];
    let [control, all] = monitors;
    table.add("perfmon-control", move |request| match switches(&request) {
        Ok([monitoring, statistics]) => {
            Answer::done("perfmon-control success").and(control.control(monitoring, statistics))
        }
        Err(reason) => {
            log::event!(PERFMON_CMDS_CONTROL_ERROR, reason);
            Answer::error(reason)
        }
    });
    table.add("perfmon-get-all-durations", move |request| match flags(&request, ["result-set-format"]) {
        Ok([as_rows]) => {
            let (count, shown) = all.all(as_rows.unwrap_or(false), now());
            log::event!(PERFMON_CMDS_GET_ALL_DURATIONS_OK, durations = count);
            let text = format!("perfmon-get-all-durations: {count} found");
            Answer::new(if count > 0 { Code::Success } else { Code::Empty }, text).and(shown)
        }
        Err(reason) => {
            log::event!(PERFMON_CMDS_GET_ALL_DURATIONS_ERROR, reason);
            Answer::error(reason)
        }
    });
}

fn switches(request: &Request) -> Result<[Option<bool>; 2], String> {
    flags(request, ["enable-monitoring", "stats-mgr-reporting"])
}

/// Arguments that are true or false, all of them optional; there are no others.
fn flags<const N: usize>(request: &Request, names: [&str; N]) -> Result<[Option<bool>; N], String> {
    let arguments = match request.arguments() {
        None => return Ok([None; N]),
        Some(Value::Object(arguments)) => arguments,
        Some(_) => return Err("arguments must be a map".to_owned()),
    };
    if let Some(other) = arguments.keys().find(|key| !names.contains(&key.as_str())) {
        return Err(format!("spurious '{other}' parameter"));
    }
    let mut flags = [None; N];
    for (flag, name) in flags.iter_mut().zip(names) {
        *flag = match arguments.get(name) {
            None => None,
            Some(Value::Bool(on)) => Some(*on),
            Some(_) => return Err(format!("'{name}' parameter is not a boolean")),
        };
    }
    Ok(flags)
}
