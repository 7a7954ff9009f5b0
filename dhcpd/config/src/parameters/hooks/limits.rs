//! `libdhcp_limits.so`: how many leases clients may hold, and how many packets are answered.

use super::{Library, Load, Loading};
use crate::classes::ClassId;
use schema::{At, Json, Problem, Scope};
use serde_json::Value;
use std::sync::Arc;
use wire::options::Family;

/// Parameters of `libdhcp_limits.so`, which limits leases and rates of packets: there are none. The limits themselves stand in
/// the user contexts of classes and subnets, as `limits/address-limit`, `limits/prefix-limit` and `limits/rate-limit`.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct Limits {}

/// All limits of a configuration, in the order in which they are written.
#[derive(Clone, Debug, Default)]
pub struct LimitRules {
    /// Limits of classes.
    pub classes: Vec<ClassLimit>,
    /// Limits of subnets, by their numbers.
    pub subnets: Vec<(u32, Limit)>,
}

impl LimitRules {
    /// Whether leases of classes are limited, so that they have to be counted.
    pub fn count_classes(&self) -> bool {
        self.classes.iter().any(|class| class.limit.addresses.is_some() || class.limit.prefixes.is_some())
    }
}

/// The limits of a class.
#[derive(Clone, Debug)]
pub struct ClassLimit {
    /// The class.
    pub class: ClassId,
    /// Its name.
    pub name: Box<str>,
    /// It is a template: each class that it spawns has these limits for itself.
    pub template: bool,
    /// They.
    pub limit: Limit,
}

/// Limits of a class or a subnet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limit {
    /// Most addresses on lease at any time.
    pub addresses: Option<u32>,
    /// Most prefixes on lease at any time.
    pub prefixes: Option<u32>,
    /// Most packets in a span of time.
    pub rate: Option<Rate>,
}

/// So many packets in so much time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Packets; none is answered if 0.
    pub packets: u32,
    /// Seconds.
    pub seconds: u32,
    /// As it was written.
    pub text: Arc<str>,
}

impl Load for Limits {
    const FILE: &'static str = "libdhcp_limits.so";

    fn resolve(&self, loading: &mut Loading<'_>) -> Library {
        let mut rules = LimitRules::default();
        // Leases tell the classes of their clients, those of vendors included.
        loading.classes.refer("VENDOR_CLASS_");
        for class in loading.client_classes {
            if let Some(limit) = limit(class.context, loading.family, loading.problems) {
                let (name, template) = (class.name.into(), class.template);
                rules.classes.push(ClassLimit { class: loading.classes.refer(class.name), name, template, limit });
            }
        }
        for (id, context) in loading.subnets {
            rules.subnets.extend(limit(context, loading.family, loading.problems).map(|limit| (*id, limit)));
        }
        Library::Limits(rules)
    }
}

/// The limits in a user context, if it has any. What is wrong has the position of the context, and its path in words.
fn limit(context: &At<Json>, family: Family, problems: &mut Vec<Problem>) -> Option<Limit> {
    let mut wrong = |path: &str, reason: String| problems.push(Problem::new(context.pos, format!("{path}: {reason}")));
    let limits = match context.0.get("limits")? {
        Value::Object(limits) => limits,
        _ => {
            wrong("limits", "must be a map".to_owned());
            return None;
        }
    };
    let mut number = |key: &str| {
        let number = limits.get(key).map(number)?;
        number.map_err(|reason| wrong(&format!("limits/{key}"), reason)).ok()
    };
    let addresses = number("address-limit");
    let prefixes = number("prefix-limit").filter(|_| family == Family::V6);
    let rate = limits.get("rate-limit").and_then(|given| {
        let rate = given.as_str().ok_or_else(|| "must be a string".to_owned()).and_then(Rate::parse);
        rate.map_err(|reason| wrong("limits/rate-limit", reason)).ok()
    });
    let limit = Limit { addresses, prefixes, rate };
    (limit != Limit::default()).then_some(limit)
}

fn number(value: &Value) -> Result<u32, String> {
    match value.as_i64() {
        None => Err("must be a whole number".to_owned()),
        Some(negative @ ..0) => Err(format!("expected positive limit configured, got negative limit {negative}")),
        Some(number) => {
            number.try_into().map_err(|_| format!("expected limit in range [0, {}], got limit {number}", u32::MAX))
        }
    }
}

impl Rate {
    /// Reads `4 packets per minute`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let parts = text.split_once(" packets per ").or_else(|| text.split_once(" packet per "));
        let Some((packets, unit)) = parts else {
            return Err(format!("expected rate limit of format <n> packet[s] per <time-unit>, got: {text}"));
        };
        let packets: i64 = packets.trim().parse().map_err(|_| format!("`{packets}` is no number of packets"))?;
        let seconds = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, seconds)| *seconds);
        Ok(Self {
            packets: number(&packets.into())?,
            seconds: seconds.ok_or_else(|| format!("invalid time period {unit}"))?,
            text: text.into(),
        })
    }
}

/// Units of time in seconds; months and years are simple ones.
const UNITS: [(&str, u32); 7] = [
    ("second", 1),
    ("minute", 60),
    ("hour", 3600),
    ("day", 86_400),
    ("week", 7 * 86_400),
    ("month", 30 * 86_400),
    ("year", 365 * 86_400),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_packets_in_a_unit_of_time() {
        let rate = |text| Rate::parse(text).map(|rate| (rate.packets, rate.seconds));
        assert_eq!(rate("1 packet per second"), Ok((1, 1)));
        assert_eq!(rate("4 packets per minute"), Ok((4, 60)));
        assert_eq!(rate("0 packets per year"), Ok((0, 31_536_000)));
        assert_eq!(rate("4294967295 packets per month"), Ok((u32::MAX, 2_592_000)));
        for (text, reason) in [
            ("4 per minute", "expected rate limit of format <n> packet[s] per <time-unit>, got: 4 per minute"),
            ("4 packets per fortnight", "invalid time period fortnight"),
            ("-1 packets per day", "expected positive limit configured, got negative limit -1"),
            ("4294967296 packets per day", "expected limit in range [0, 4294967295], got limit 4294967296"),
            ("many packets per day", "`many` is no number of packets"),
        ] {
            assert_eq!(rate(text), Err(reason.to_owned()), "{text}");
        }
    }
}
