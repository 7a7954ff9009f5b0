//! `libdhcp_perfmon.so`: how long queries take, from one event to the next.

use super::{Library, Load, Loading};
use schema::{At, Given, Problem, Scope};
use std::time::Duration;
use wire::options::Family;
use wire::{v4, v6};

/// Parameters of `libdhcp_perfmon.so`, which measures how long queries take.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct Perfmon {
    /// Whether durations are gathered, reported and watched; without it, events are logged only.
    #[param(default = false)]
    pub enable_monitoring: Given<bool>,
    /// Seconds for which durations are gathered before they are reported.
    #[param(range = 1..=4294967295, default = 60)]
    pub interval_width_secs: Given<u32>,
    /// Whether durations are statistics.
    #[param(default = true)]
    pub stats_mgr_reporting: Given<bool>,
    /// Seconds between two messages about an alarm that is triggered.
    #[param(default = 300)]
    pub alarm_report_secs: Given<u32>,
    /// Durations that are watched.
    pub alarms: Vec<At<Alarm>>,
}

/// A duration that is watched.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct Alarm {
    /// Which duration it is.
    #[param(required)]
    pub duration_key: Given<Key>,
    /// Whether it is watched.
    #[param(default = true)]
    pub enable_alarm: Given<bool>,
    /// Milliseconds above which the mean triggers the alarm.
    #[param(required, range = 1..=4294967295)]
    pub high_water_ms: Given<u32>,
    /// Milliseconds below which the mean clears the alarm.
    #[param(required, range = 1..=4294967295)]
    pub low_water_ms: Given<u32>,
}

/// What a duration is of.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct Key {
    /// Type of the query; `*` for any.
    #[param(required)]
    pub query_type: Given<String>,
    /// Type of the answer; `*` for any.
    #[param(required)]
    pub response_type: Given<String>,
    /// The event with which it begins.
    #[param(required)]
    pub start_event: Given<String>,
    /// The event with which it ends.
    #[param(required)]
    pub stop_event: Given<String>,
    /// Number of the subnet; 0 for all of them together.
    #[param(default = 0)]
    pub subnet_id: Given<u32>,
}

/// What the library works with.
#[derive(Clone, Debug, Default)]
pub struct PerfmonRules {
    /// Durations are gathered.
    pub monitoring: bool,
    /// For so long before they are reported.
    pub interval: Duration,
    /// They are statistics.
    pub statistics: bool,
    /// Time between two messages about an alarm.
    pub report: Duration,
    /// Durations that are watched.
    pub alarms: Vec<AlarmRule>,
}

/// A duration that is watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlarmRule {
    /// Which duration it is.
    pub key: DurationKey,
    /// It is watched.
    pub enabled: bool,
    /// Above this the mean triggers the alarm.
    pub high: Duration,
    /// Below this the mean clears it.
    pub low: Duration,
}

/// What a duration is of.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DurationKey {
    /// Type of the query; 0 for any.
    pub query: u8,
    /// Type of the answer; 0 for any.
    pub response: u8,
    /// The event with which it begins.
    pub start: Box<str>,
    /// The event with which it ends.
    pub stop: Box<str>,
    /// Number of the subnet; 0 for all of them together.
    pub subnet: u32,
}

impl Load for Perfmon {
    const FILE: &'static str = "libdhcp_perfmon.so";

    fn resolve(&self, loading: &mut Loading<'_>) -> Library {
        let mut alarms: Vec<AlarmRule> = Vec::new();
        for alarm in &self.alarms {
            let Some(rule) = alarm.resolve(loading) else { continue };
            if alarms.iter().any(|other| other.key == rule.key) {
                let reason = "cannot add Alarm to store: there is an alarm of this duration already";
                loading.problems.push(Problem::new(alarm.pos, reason));
            }
            alarms.push(rule);
        }
        let seconds = |seconds: u32| Duration::from_secs(seconds.into());
        Library::Perfmon(PerfmonRules {
            monitoring: self.enable_monitoring(),
            interval: seconds(self.interval_width_secs()),
            statistics: self.stats_mgr_reporting(),
            report: seconds(self.alarm_report_secs()),
            alarms,
        })
    }
}

impl Alarm {
    fn resolve(&self, loading: &mut Loading<'_>) -> Option<AlarmRule> {
        let (high, low) = (self.high_water_ms.as_ref()?, self.low_water_ms.as_ref()?);
        if low.value >= high.value {
            let reason = format!("'low-water-ms': {}, must be less than 'high-water-ms': {}", low.value, high.value);
            loading.problems.push(Problem::new(low.pos, reason));
        }
        let key = self.duration_key.as_ref()?;
        let mut kind = |given: &Given<String>| {
            let given = given.as_ref()?;
            let kind = message_type(&given.value, loading.family);
            if kind.is_none() {
                let family = if loading.family == Family::V4 { "DHCP" } else { "DHCPV6" };
                let reason = format!("'{}' is not a valid {family} message type", given.value);
                loading.problems.push(Problem::new(given.pos, reason));
            }
            kind
        };
        let (query, response) = (kind(&key.query_type)?, kind(&key.response_type)?);
        if let Err(reason) = check_pair(loading.family, query, response) {
            loading.problems.push(Problem::new(key.pos, reason));
        }
        let event = |given: &Given<String>| given.as_ref().map(|event| event.value.as_str().into());
        let key = DurationKey {
            query,
            response,
            start: event(&key.start_event)?,
            stop: event(&key.stop_event)?,
            subnet: key.subnet_id(),
        };
        let milliseconds = |given: u32| Duration::from_millis(given.into());
        let (high, low) = (milliseconds(high.value), milliseconds(low.value));
        Some(AlarmRule { key, enabled: self.enable_alarm(), high, low })
    }
}

/// Name of a message type as keys have it.
pub fn message_name(family: Family, kind: u8) -> &'static str {
    match (family, kind) {
        (_, 0) => "*",
        (Family::V4, kind) => v4::MessageType(kind).name(),
        (Family::V6, kind) => v6::MessageType(kind).name(),
    }
}

fn message_type(name: &str, family: Family) -> Option<u8> {
    match name {
        "" | "*" => Some(0),
        "UNKNOWN" => None,
        _ => (1..=u8::MAX).find(|kind| message_name(family, *kind) == name),
    }
}

/// Queries that get answers, and which; 0 is any.
pub fn check_pair(family: Family, query: u8, response: u8) -> Result<(), String> {
    use wire::v4::MessageType as V4;
    use wire::v6::MessageType as V6;
    let answers: &[u8] = match family {
        Family::V4 => match V4(query) {
            V4(0) => &[0, V4::OFFER.0, V4::ACK.0, V4::NAK.0],
            V4::DISCOVER => &[0, V4::OFFER.0, V4::NAK.0],
            V4::REQUEST => &[0, V4::ACK.0, V4::NAK.0],
            V4::INFORM => &[0, V4::ACK.0],
            _ => &[],
        },
        Family::V6 => match V6(query) {
            V6(0) | V6::SOLICIT => &[0, V6::ADVERTISE.0, V6::REPLY.0],
            V6::REQUEST | V6::RENEW | V6::REBIND | V6::CONFIRM => &[0, V6::REPLY.0],
            _ => &[],
        },
    };
    let name = |kind| message_name(family, kind);
    match answers {
        [] => Err(format!("Query type not supported by monitoring: {}", name(query))),
        _ if answers.contains(&response) => Ok(()),
        _ => Err(format!("Response type: {} not valid for query type: {}", name(response), name(query))),
    }
}
