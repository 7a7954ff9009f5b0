//! All statistics of a daemon by name, and the answers that Kea's statistic commands give about them.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use chrono::{DateTime, Local};
use parking_lot::{Mutex, RwLock};
use serde_json::{Map, Number, Value, json};

use crate::counter::{Counter, Limit, now};

/// The statistics of a daemon, by name. Names follow Kea: `pkt4-received`, `subnet[1].assigned-addresses`.
#[derive(Debug, Default)]
pub struct Registry {
    statistics: RwLock<BTreeMap<String, Statistic>>,
    limits: Mutex<Limits>,
}

/// What stands behind a name.
#[derive(Debug)]
enum Statistic {
    /// Most of them.
    Counter(Arc<Counter>),
    /// A number beyond 64 bits, set once a configuration (`subnet[1].total-nas`), with the time in microseconds since
    /// the epoch. It has one sample.
    Big(i128, i64),
}

/// How many samples of a new statistic are kept: by their number, or if that is 0 by their age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// `statistic-default-sample-count`.
    pub count: u32,
    /// `statistic-default-sample-age`, seconds.
    pub age: i64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { count: 20, age: 0 }
    }
}

impl Limits {
    fn limit(self) -> Limit {
        match self.count {
            0 => Limit::Age(self.age.saturating_mul(1_000_000)),
            count => Limit::Count(count),
        }
    }
}

impl Registry {
    /// An empty registry.
    pub fn new() -> Self {
        Registry::default()
    }

    /// The counter of this name: the same one for the same name, made with 0 if there is none.
    pub fn counter(&self, name: &str) -> Arc<Counter> {
        if let Some(Statistic::Counter(counter)) = self.statistics.read().get(name) {
            return counter.clone();
        }
        let mut statistics = self.statistics.write();
        if let Some(Statistic::Counter(counter)) = statistics.get(name) {
            return counter.clone();
        }
        let counter = Arc::new(Counter::new(self.limits().limit()));
        statistics.insert(name.to_owned(), Statistic::Counter(counter.clone()));
        counter
    }

    /// Sets a statistic that may exceed 64 bits, as the number of addresses of an IPv6 subnet does.
    pub fn set_big(&self, name: &str, value: i128) {
        self.statistics.write().insert(name.to_owned(), Statistic::Big(value, now()));
    }

    /// Forgets the statistics for which `keep` is false: those of subnets that a new configuration no longer has.
    pub fn retain(&self, mut keep: impl FnMut(&str) -> bool) {
        self.statistics.write().retain(|name, _| keep(name));
    }

    /// The limits of statistics to come.
    pub fn limits(&self) -> Limits {
        *self.limits.lock()
    }

    /// Sets the limits of all statistics, those to come included.
    pub fn limit_all(&self, limits: Limits) {
        *self.limits.lock() = limits;
        for statistic in self.statistics.read().values() {
            statistic.limit(limits.limit());
        }
    }

    /// Sets the limit of one statistic; false if there is none of this name.
    pub fn limit(&self, name: &str, limits: Limits) -> bool {
        self.statistics.read().get(name).is_some_and(|statistic| statistic.limit(limits.limit()))
    }

    /// `{ name: [ [ value, time ], ... ] }`, the latest sample first; an empty map if there is no such statistic, which
    /// is no error in Kea.
    pub fn get(&self, name: &str) -> Value {
        let mut clock = Clock::default();
        let samples = self.statistics.read().get(name).and_then(|statistic| statistic.samples(&mut clock));
        Value::Object(samples.map(|samples| (name.to_owned(), samples)).into_iter().collect())
    }

    /// The value of this name now; 0 if there is none.
    pub fn value(&self, name: &str) -> Number {
        match self.statistics.read().get(name) {
            Some(Statistic::Counter(counter)) => counter.value().into(),
            Some(Statistic::Big(value, _)) => big(*value),
            None => 0.into(),
        }
    }

    /// All statistics, each as in [`get`](Self::get).
    pub fn get_all(&self) -> Value {
        self.get_those(|_| true)
    }

    /// All statistics but those of subnets.
    pub fn get_all_global(&self) -> Value {
        self.get_those(|name| !name.starts_with("subnet"))
    }

    fn get_those(&self, wanted: impl Fn(&str) -> bool) -> Value {
        let mut clock = Clock::default();
        let statistics = self.statistics.read();
        let wanted = statistics.iter().filter(|(name, _)| wanted(name));
        let shown = wanted.filter_map(|(name, it)| Some((name.clone(), it.samples(&mut clock)?)));
        Value::Object(shown.collect::<Map<_, _>>())
    }

    /// Sets one statistic to 0; false if there is none of this name.
    pub fn reset(&self, name: &str) -> bool {
        self.statistics.write().get_mut(name).is_some_and(Statistic::reset)
    }

    /// Sets all statistics to 0.
    pub fn reset_all(&self) {
        self.statistics.write().values_mut().for_each(|statistic| {
            statistic.reset();
        });
    }

    /// Removes one statistic until it is next recorded; false if there is none of this name.
    pub fn remove(&self, name: &str) -> bool {
        let limit = self.limits().limit();
        let mut statistics = self.statistics.write();
        match statistics.get(name) {
            Some(Statistic::Counter(counter)) => counter.remove(limit),
            Some(Statistic::Big(..)) => statistics.remove(name).is_some(),
            None => false,
        }
    }

    /// Removes all statistics, each until it is next recorded.
    pub fn remove_all(&self) {
        let limit = self.limits().limit();
        self.statistics.write().retain(|_, statistic| match statistic {
            Statistic::Counter(counter) => {
                counter.remove(limit);
                true
            }
            Statistic::Big(..) => false,
        });
    }
}

impl Statistic {
    fn samples(&self, clock: &mut Clock) -> Option<Value> {
        match self {
            Statistic::Counter(counter) => {
                let samples = counter.samples();
                let shown = samples.iter().map(|(value, time)| json!([value, clock.text(*time)]));
                (!samples.is_empty()).then(|| shown.collect())
            }
            Statistic::Big(value, time) => Some(json!([[big(*value), clock.text(*time)]])),
        }
    }

    fn limit(&self, limit: Limit) -> bool {
        match self {
            Statistic::Counter(counter) => counter.limit(limit),
            Statistic::Big(..) => true,
        }
    }

    /// False if it is removed.
    fn reset(&mut self) -> bool {
        match self {
            Statistic::Counter(counter) => counter.reset(),
            Statistic::Big(value, time) => {
                (*value, *time) = (0, now());
                true
            }
        }
    }
}

/// Prints times as Kea does, `2023-06-13 20:42:46.836096` in local time; remembers the last second's text, since most
/// statistics of a daemon changed within the same one.
#[derive(Default)]
struct Clock {
    second: i64,
    text: String,
}

impl Clock {
    fn text(&mut self, micros: i64) -> String {
        let (second, fraction) = (micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000));
        if self.text.is_empty() || self.second != second {
            let time = DateTime::from_timestamp(second, 0).unwrap_or_default().with_timezone(&Local);
            self.second = second;
            self.text = time.format("%Y-%m-%d %H:%M:%S").to_string();
        }
        let mut text = self.text.clone();
        let _ = write!(text, ".{fraction:06}");
        text
    }
}

/// Exact as far as JSON numbers of our library go (64 bits), the nearest floating point number beyond.
fn big(value: i128) -> Number {
    Number::from_i128(value).or_else(|| Number::from_f64(value as f64)).unwrap_or_else(|| Number::from(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_name_is_the_same_counter() {
        let registry = Registry::new();
        registry.counter("pkt4-received").add(2);
        registry.counter("pkt4-received").add(3);
        assert_eq!(registry.get("pkt4-received")["pkt4-received"][0][0], 5);
        let time = registry.get("pkt4-received")["pkt4-received"][0][1].as_str().map(str::len);
        assert_eq!(time, Some("2023-06-13 20:42:46.836096".len()));
    }

    #[test]
    fn an_unknown_name_is_empty_and_cannot_be_reset() {
        let registry = Registry::new();
        assert_eq!(registry.get("nope"), json!({}));
        assert!(!registry.reset("nope"));
        assert!(!registry.remove("nope"));
    }

    #[test]
    fn a_removed_counter_comes_back_when_it_changes() {
        let registry = Registry::new();
        let counter = registry.counter("pkt4-sent");
        counter.set(7);
        assert!(registry.remove("pkt4-sent"));
        assert!(!registry.remove("pkt4-sent"));
        assert!(!registry.reset("pkt4-sent"));
        assert_eq!(registry.get_all(), json!({}));
        counter.add(1);
        assert_eq!(registry.get_all()["pkt4-sent"][0][0], 1);
    }

    #[test]
    fn reset_all_keeps_the_names() {
        let registry = Registry::new();
        registry.counter("a").set(1);
        registry.set_big("b", 1 << 64);
        assert_eq!(registry.get("b")["b"][0][0].as_f64(), Some(18_446_744_073_709_551_616.0));
        registry.reset_all();
        assert_eq!((&registry.get("a")["a"][0][0], &registry.get("b")["b"][0][0]), (&json!(0), &json!(0)));
    }

    #[test]
    fn retain_drops_what_a_new_configuration_lacks() {
        let registry = Registry::new();
        registry.counter("subnet[1].assigned-addresses");
        registry.counter("pkt4-sent");
        registry.retain(|name| !name.starts_with("subnet["));
        assert_eq!(registry.get_all().as_object().map(Map::len), Some(1));
    }

    fn values(registry: &Registry, name: &str) -> Vec<i64> {
        let all = registry.get(name);
        all[name].as_array().into_iter().flatten().filter_map(|sample| sample[0].as_i64()).collect()
    }

    #[test]
    fn each_change_is_a_sample_until_there_are_too_many() {
        let registry = Registry::new();
        let counter = registry.counter("a");
        (0..3).for_each(|_| counter.add(1));
        assert_eq!(values(&registry, "a"), [3, 2, 1, 0]);
        assert!(registry.limit("a", Limits { count: 2, age: 0 }));
        assert_eq!(values(&registry, "a"), [3, 2]);
        (0..30).for_each(|_| registry.counter("b").add(1));
        assert_eq!(values(&registry, "b").len(), 20);
        assert!(!registry.limit("c", Limits { count: 2, age: 0 }));
    }

    #[test]
    fn samples_of_a_batch_are_one() {
        let registry = Registry::new();
        let counter = registry.counter("a");
        let batch = crate::batch();
        (0..3).for_each(|_| counter.add(1));
        crate::flush();
        (0..3).for_each(|_| counter.add(1));
        assert_eq!((counter.value(), values(&registry, "a")), (6, vec![3, 0]));
        drop(batch);
        counter.add(1);
        assert_eq!(values(&registry, "a"), [7, 6, 3, 0]);
    }

    #[test]
    fn an_age_of_zero_keeps_the_latest_alone() {
        let registry = Registry::new();
        registry.limit_all(Limits { count: 0, age: 0 });
        let counter = registry.counter("a");
        counter.add(1);
        let changed = values(&registry, "a").len();
        // A second change within the same microsecond may keep both.
        assert!(changed <= 2);
        registry.limit_all(Limits { count: 0, age: 3600 });
        (0..100).for_each(|_| counter.add(1));
        assert_eq!(values(&registry, "a").len(), changed + 100);
    }

    #[test]
    fn threads_lose_no_change_and_the_latest_sample_is_the_value() {
        let registry = Registry::new();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let _batch = crate::batch();
                    for _ in 0..1000 {
                        registry.counter("a").add(1);
                        crate::flush();
                    }
                });
            }
        });
        assert_eq!(values(&registry, "a").first(), Some(&4000));
    }

    #[test]
    fn times_are_printed_to_the_microsecond() {
        let text = Clock::default().text(1_700_000_000_000_042);
        assert!(text.ends_with(".000042"), "{text}");
        assert!(text.starts_with("2023-11-1"), "{text}");
    }
}
