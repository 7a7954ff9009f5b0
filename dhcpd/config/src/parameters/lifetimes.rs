//! Lifetimes and how leases are renewed early.

use crate::lifetime::{LeaseCache, Lifetime, TeeTimes};
use schema::{At, Given, Problem, Scope};

/// How long leases are valid.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct ValidLifetime {
    /// Seconds that a lease is valid for a client that does not ask for a time.
    #[param(default = 7200, inherited)]
    pub valid_lifetime: Given<u32>,
    /// Least seconds that a client may ask for; `valid-lifetime` if it is absent.
    #[param(inherited)]
    pub min_valid_lifetime: Given<u32>,
    /// Most seconds that a client may ask for; `valid-lifetime` if it is absent.
    #[param(inherited)]
    pub max_valid_lifetime: Given<u32>,
}

impl ValidLifetime {
    pub(crate) fn resolve(&self, problems: &mut Vec<Problem>) -> Lifetime {
        let default = self.valid_lifetime.clone().unwrap_or_else(|| At::unwritten(self.valid_lifetime()));
        lifetime("valid-lifetime", &self.min_valid_lifetime, &Some(default), &self.max_valid_lifetime, problems)
            .unwrap_or(Lifetime::fixed(0))
    }

    /// As a scope says it that has no default, such as a class.
    pub(crate) fn given(&self, problems: &mut Vec<Problem>) -> Option<Lifetime> {
        lifetime("valid-lifetime", &self.min_valid_lifetime, &self.valid_lifetime, &self.max_valid_lifetime, problems)
    }
}

/// A lifetime of three parameters; the absent ones follow from the others as in Kea. None if all are absent.
pub(crate) fn lifetime(
    name: &str,
    min: &Given<u32>,
    default: &Given<u32>,
    max: &Given<u32>,
    problems: &mut Vec<Problem>,
) -> Option<Lifetime> {
    let value = |given: &Given<u32>| given.as_ref().map(|given| given.value);
    let middle = value(default).or(value(min)).or(value(max))?;
    let made = Lifetime { min: value(min).unwrap_or(middle), default: middle, max: value(max).unwrap_or(middle) };
    if let (None, Some(_), Some(max)) = (default, min, max) {
        problems.push(Problem::new(max.pos, format!("have min-{name} and max-{name} but no {name} (default)")));
        return Some(made);
    }
    if let Some((low, high, reason)) = disorder(name, min.as_ref(), default.as_ref(), max.as_ref()) {
        // One may be inherited: what was written last is told.
        problems.push(Problem::new(low.pos.max(high.pos), reason));
    }
    Some(made)
}

/// Two values in the wrong order, the one that should be lower first, and what Kea says of them.
fn disorder<'a>(
    name: &str,
    min: Option<&'a At<u32>>,
    default: Option<&'a At<u32>>,
    max: Option<&'a At<u32>>,
) -> Option<(&'a At<u32>, &'a At<u32>, String)> {
    let above = |low: Option<&At<u32>>, high: Option<&At<u32>>| low.zip(high).is_some_and(|(l, h)| l.value > h.value);
    if above(min, max) {
        let (min, max) = (min?, max?);
        let reason = format!("the value of min-{name} ({}) is not less than max-{name} ({})", min.value, max.value);
        return Some((min, max, reason));
    }
    let (low, high) = if above(min, default) {
        (min?, default?)
    } else if above(default, max) {
        (default?, max?)
    } else {
        return None;
    };
    let value = default?.value;
    let reason = match (min, max) {
        (Some(min), Some(max)) => {
            let (min, max) = (min.value, max.value);
            format!("the value of (default) {name} ({value}) is not between min-{name} ({min}) and max-{name} ({max})")
        }
        (Some(min), None) => {
            format!("the value of min-{name} ({}) is not less than (default) {name} ({value})", min.value)
        }
        _ => format!("the value of (default) {name} ({value}) is not less than max-{name} ({})", high.value),
    };
    Some((low, high, reason))
}

/// Renewals that come early get their lease as it stands, which spares a write.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct Cache {
    /// Fraction of the lifetime within which a lease is not extended; 0 switches it off.
    #[param(default = 0.25, inherited)]
    pub cache_threshold: Given<f64>,
    /// Seconds within which a lease is not extended, at most.
    #[param(inherited)]
    pub cache_max_age: Given<u32>,
}

impl Cache {
    pub(crate) fn resolve(&self, problems: &mut Vec<Problem>) -> LeaseCache {
        if let Some(threshold) = self.cache_threshold.as_ref().filter(|given| !(0.0..1.0).contains(&given.value)) {
            problems.push(Problem::new(threshold.pos, "must be at least 0 and less than 1"));
        }
        LeaseCache {
            threshold: Some(self.cache_threshold()),
            max_age: self.cache_max_age.as_ref().map(|age| age.value),
        }
    }
}

/// T1 and T2 where they are calculated from the lifetime, as RFC 2131 §4.4.5 and RFC 8415 §21.4 recommend it.
pub(crate) fn tee_times(
    times: TeeTimes,
    t1_percent: &Given<f64>,
    t2_percent: &Given<f64>,
    problems: &mut Vec<Problem>,
) -> TeeTimes {
    if times.calculate {
        for given in [t1_percent, t2_percent].into_iter().flatten() {
            if given.value <= 0.0 || given.value >= 1.0 {
                problems.push(Problem::new(given.pos, "must be greater than 0 and less than 1"));
            }
        }
        if let (Some(t1), Some(t2)) = (t1_percent, t2_percent)
            && t1.value >= t2.value
        {
            problems.push(Problem::new(t1.pos, format!("must be less than t2-percent, which is {}", t2.value)));
        }
    }
    times
}

/// Refuses what is no part of a whole, nothing included.
pub(crate) fn part(given: &Given<f64>, problems: &mut Vec<Problem>) {
    if let Some(given) = given.as_ref().filter(|given| !(given.value > 0.0 && given.value <= 1.0)) {
        problems.push(Problem::new(given.pos, "must be greater than 0 and at most 1"));
    }
}

/// Refuses what is no fraction of a whole.
pub(crate) fn fraction(given: &Given<f64>, problems: &mut Vec<Problem>) {
    if let Some(given) = given.as_ref().filter(|given| !(0.0..=1.0).contains(&given.value)) {
        problems.push(Problem::new(given.pos, "must be between 0 and 1"));
    }
}
