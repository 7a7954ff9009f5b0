//! Durations gathered for an interval, their alarms, and how both are told.

use super::messages::*;
use chrono::{DateTime, Utc};
use dhcpd_config::parameters::hooks::{AlarmRule, DurationKey, PerfmonRules, message_name};
use parking_lot::Mutex;
use serde_json::{Value, json};
use stats::Registry;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use wire::options::Family;

/// Microseconds, since the epoch or between two events.
pub(super) type Micros = u64;

/// What is gathered. It goes on with the next configuration only if that has the same parameters, as in Kea none.
#[derive(Debug)]
pub struct Monitor {
    family: Family,
    interval: Micros,
    report: Micros,
    monitoring: AtomicBool,
    statistics: AtomicBool,
    registry: Arc<Registry>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    durations: BTreeMap<DurationKey, Gathered>,
    alarms: HashMap<DurationKey, Alarm>,
}

/// A duration in the interval of now and in the last one that is complete.
#[derive(Debug, Default)]
struct Gathered {
    current: Option<Interval>,
    previous: Option<Interval>,
}

#[derive(Clone, Copy, Debug)]
struct Interval {
    start: Micros,
    occurrences: u64,
    min: Micros,
    max: Micros,
    total: Micros,
}

impl Interval {
    fn mean(&self) -> Micros {
        self.total.checked_div(self.occurrences).unwrap_or(0)
    }
}

impl Gathered {
    /// Counts a duration; the interval that is complete with it, if one is.
    fn add(&mut self, sample: Micros, now: Micros, width: Micros) -> Option<Interval> {
        let over = self.current.filter(|current| now.saturating_sub(current.start) > width);
        if over.is_some() {
            (self.previous, self.current) = (over, None);
        }
        let fresh = Interval { start: now, occurrences: 0, min: Micros::MAX, max: 0, total: 0 };
        let current = self.current.get_or_insert(fresh);
        current.occurrences += 1;
        current.min = current.min.min(sample);
        current.max = current.max.max(sample);
        current.total += sample;
        over
    }
}

/// A duration that is watched.
#[derive(Debug)]
struct Alarm {
    rule: AlarmRule,
    /// Since when it is triggered, and when that was told last.
    triggered: Option<(Micros, Option<Micros>)>,
}

/// What there is to tell of an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    TriggeredSince(Micros),
    Cleared,
}

impl Alarm {
    fn check(&mut self, mean: Micros, now: Micros, report: Micros) -> Option<Verdict> {
        if mean < self.rule.low.as_micros() as Micros {
            return self.triggered.take().map(|_| Verdict::Cleared);
        }
        if mean > self.rule.high.as_micros() as Micros {
            self.triggered.get_or_insert((now, None));
        }
        let (since, told) = self.triggered.as_mut()?;
        if told.is_some_and(|told| now.saturating_sub(told) <= report) {
            return None;
        }
        *told = Some(now);
        Some(Verdict::TriggeredSince(*since))
    }
}

impl Monitor {
    /// By its parameters, for a server of this family.
    pub fn new(rules: &PerfmonRules, family: Family, registry: Arc<Registry>) -> Self {
        let enabled = rules.alarms.iter().filter(|alarm| alarm.enabled);
        let alarms = enabled.map(|rule| (rule.key.clone(), Alarm { rule: rule.clone(), triggered: None }));
        Self {
            family,
            interval: rules.interval.as_micros() as Micros,
            report: rules.report.as_micros() as Micros,
            monitoring: AtomicBool::new(rules.monitoring),
            statistics: AtomicBool::new(rules.statistics),
            registry,
            state: Mutex::new(State { alarms: alarms.collect(), ..State::default() }),
        }
    }

    /// Whether durations are gathered.
    pub(super) fn is_on(&self) -> bool {
        self.monitoring.load(Relaxed)
    }

    /// Gathers what lies between the events of a query that was answered, for its subnet and for all.
    pub(super) fn gather(&self, (query, response): (u8, u8), subnet: u32, events: &[(&'static str, Micros)]) {
        let (Some((_, first)), Some((_, now))) = (events.first(), events.last()) else { return };
        let pairs = events.windows(2).filter_map(|pair| match pair {
            [(start, from), (stop, to)] => Some((*start, *stop, to.saturating_sub(*from))),
            _ => None,
        });
        let mut state = self.state.lock();
        for (start, stop, sample) in pairs.chain([("composite", "total_response", now.saturating_sub(*first))]) {
            for subnet in [subnet, 0].into_iter().take(if subnet == 0 { 1 } else { 2 }) {
                let key = DurationKey { query, response, start: start.into(), stop: stop.into(), subnet };
                self.add(&mut state, key, sample, *now);
            }
        }
    }

    fn add(&self, state: &mut State, key: DurationKey, sample: Micros, now: Micros) {
        let State { durations, alarms } = state;
        let Some(complete) = durations.entry(key.clone()).or_default().add(sample, now, self.interval) else { return };
        let mean = complete.mean();
        if self.statistics.load(Relaxed) {
            self.registry.counter(&self.statistic(&key)).set(mean as i64);
        }
        let Some(alarm) = alarms.get_mut(&key) else { return };
        let verdict = alarm.check(mean, now, self.report);
        let duration = self.label(&key);
        match verdict {
            Some(Verdict::Cleared) => {
                let low = alarm.rule.low.as_millis();
                log::event!(PERFMON_ALARM_CLEARED, duration, mean = Span(mean), low);
            }
            Some(Verdict::TriggeredSince(since)) => {
                let high = alarm.rule.high.as_millis();
                log::event!(PERFMON_ALARM_TRIGGERED, duration, since = time(since), mean = Span(mean), high);
            }
            None => {}
        }
    }

    fn types(&self, key: &DurationKey) -> String {
        format!("{}-{}", message_name(self.family, key.query), message_name(self.family, key.response))
    }

    /// `DHCPDISCOVER-DHCPOFFER.buffer_read-process_started.1`
    fn label(&self, key: &DurationKey) -> String {
        format!("{}.{}-{}.{}", self.types(key), key.start, key.stop, key.subnet)
    }

    fn statistic(&self, key: &DurationKey) -> String {
        let subnet = if key.subnet == 0 { String::new() } else { format!("subnet[{}].", key.subnet) };
        format!("{subnet}perfmon.{}.{}-{}.mean-usecs", self.types(key), key.start, key.stop)
    }

    /// Carries out `perfmon-control`: both switches as they are now.
    pub(super) fn control(&self, monitoring: Option<bool>, statistics: Option<bool>) -> Value {
        monitoring.iter().for_each(|on| self.monitoring.store(*on, Relaxed));
        statistics.iter().for_each(|on| self.statistics.store(*on, Relaxed));
        let (monitoring, statistics) = (self.is_on(), self.statistics.load(Relaxed));
        let told = |on| if on { "enabled" } else { "disabled" };
        log::event!(PERFMON_CMDS_CONTROL_OK, monitoring = told(monitoring), statistics = told(statistics));
        json!({ "enable-monitoring": monitoring, "stats-mgr-reporting": statistics })
    }

    /// All durations with their last complete intervals, each by itself or as rows of a table; how many, and what they are.
    pub(super) fn all(&self, as_rows: bool, now: Micros) -> (usize, Value) {
        let state = self.state.lock();
        let durations = state.durations.iter();
        let durations: Vec<Value> = durations.map(|(key, gathered)| self.show(key, gathered, as_rows)).collect();
        let count = durations.len();
        let (key, value) = match as_rows {
            true => ("durations-result-set", json!({ "columns": COLUMNS, "rows": durations })),
            false => ("durations", Value::Array(durations)),
        };
        let width = self.interval / 1_000_000;
        let mut shown = json!({ "interval-width-secs": width, "timestamp": time(now), "result-set-format": as_rows });
        shown[key] = value;
        (count, shown)
    }

    fn show(&self, key: &DurationKey, gathered: &Gathered, as_row: bool) -> Value {
        let nothing = Interval { start: 0, occurrences: 0, min: 0, max: 0, total: 0 };
        let Interval { start, occurrences, min, max, total } = gathered.previous.unwrap_or(nothing);
        let mean = gathered.previous.map_or(0, |previous| previous.mean());
        let start = if gathered.previous.is_some() { time(start) } else { "<none>".to_owned() };
        let DurationKey { query, response, start: from, stop: to, subnet } = key;
        let (query, response) = (message_name(self.family, *query), message_name(self.family, *response));
        match as_row {
            true => json!([query, response, from, to, subnet, start, occurrences, min, max, total, mean]),
            false => json!({
                "duration-key": {
                    "query-type": query,
                    "response-type": response,
                    "start-event": from,
                    "stop-event": to,
                    "subnet-id": subnet,
                },
                "start-time": start,
                "occurrences": occurrences,
                "min-duration-usecs": min,
                "max-duration-usecs": max,
                "total-duration-usecs": total,
                "mean-duration-usecs": mean,
            }),
        }
    }
}

const COLUMNS: [&str; 11] = [
    "query-type",
    "response-type",
    "start-event",
    "end-event",
    "subnet-id",
    "interval-start",
    "occurrence",
    "min-duration-usecs",
    "max-duration-usecs",
    "total-duration-usecs",
    "mean-duration-usecs",
];

/// A point in time, to the microsecond.
pub(super) fn time(at: Micros) -> String {
    let at = DateTime::<Utc>::from_timestamp_micros(at.try_into().unwrap_or(i64::MAX)).unwrap_or_default();
    at.format("%Y-%m-%d %H:%M:%S%.6f").to_string()
}

/// A span of time: `00:00:00.000123`.
struct Span(Micros);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, micros) = (self.0 / 1_000_000, self.0 % 1_000_000);
        write!(f, "{:02}:{:02}:{:02}.{micros:06}", seconds / 3600, seconds / 60 % 60, seconds % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const SECOND: Micros = 1_000_000;

    fn key(subnet: u32) -> DurationKey {
        DurationKey { query: 1, response: 2, start: "composite".into(), stop: "total_response".into(), subnet }
    }

    #[test]
    fn an_interval_is_told_once_it_is_over() {
        let rules =
            PerfmonRules { monitoring: true, interval: Duration::from_secs(5), statistics: true, ..Default::default() };
        let registry = Arc::new(Registry::new());
        let monitor = Monitor::new(&rules, Family::V4, registry.clone());
        let at = |start: Micros, took: Micros| {
            monitor.gather((1, 2), 7, &[("buffer_read", start), ("process_completed", start + took)]);
        };
        at(SECOND, 100);
        at(2 * SECOND, 300);
        let name = "subnet[7].perfmon.DHCPDISCOVER-DHCPOFFER.composite-total_response.mean-usecs";
        assert_eq!(registry.value(name), 0.into());
        assert_eq!(monitor.all(true, 0).1["durations-result-set"]["rows"][0][5], "<none>");
        at(7 * SECOND, 900);
        assert_eq!(registry.value(name), 200.into());
        let (count, shown) = monitor.all(false, 0);
        assert_eq!(count, 4);
        let one =
            shown["durations"].as_array().unwrap().iter().find(|one| one["duration-key"]["subnet-id"] == 7).unwrap();
        assert_eq!(
            (&one["occurrences"], &one["min-duration-usecs"], &one["max-duration-usecs"]),
            (&2.into(), &100.into(), &300.into())
        );
        assert_eq!((&one["total-duration-usecs"], &one["mean-duration-usecs"]), (&400.into(), &200.into()));
        assert_eq!(one["start-time"], "1970-01-01 00:00:01.000100");
    }

    #[test]
    fn an_alarm_is_told_again_and_again_until_it_is_cleared() {
        let (high, low) = (Duration::from_millis(500), Duration::from_millis(25));
        let mut alarm = Alarm { rule: AlarmRule { key: key(0), enabled: true, high, low }, triggered: None };
        let mut check = |mean_ms: Micros, at: Micros| alarm.check(mean_ms * 1000, at, 300);
        assert_eq!(check(400, 0), None);
        assert_eq!(check(501, 10), Some(Verdict::TriggeredSince(10)));
        assert_eq!(check(100, 20), None);
        assert_eq!(check(100, 311), Some(Verdict::TriggeredSince(10)));
        assert_eq!(check(24, 320), Some(Verdict::Cleared));
        assert_eq!(check(24, 330), None);
    }
}
