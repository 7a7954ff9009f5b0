//! How many packets came lately: exactly, as in Kea. A limit of so many packets remembers when each of the last ones came.

use dhcpd_config::parameters::hooks::Rate;
use std::collections::{HashMap, VecDeque};

/// Microseconds since the epoch.
pub(super) type Micros = u64;

/// When the packets came that count towards a limit, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Series(VecDeque<Micros>);

impl Series {
    /// Whether one more packet is within the limit.
    pub fn admits(&mut self, rate: &Rate, now: Micros) -> bool {
        self.forget(rate, now);
        self.0.len() < rate.packets as usize
    }

    /// A packet counts.
    pub fn count(&mut self, now: Micros) {
        self.0.push_back(now);
    }

    fn forget(&mut self, rate: &Rate, now: Micros) {
        let span = Micros::from(rate.seconds) * 1_000_000;
        while self.0.front().is_some_and(|came| came + span < now) {
            self.0.pop_front();
        }
    }
}

/// The packets of classes, by name: templates spawn classes that are named after what clients say.
#[derive(Debug)]
pub(super) struct ByClass {
    series: HashMap<Box<str>, (Series, Rate)>,
    /// When there are more classes, those are forgotten that no packet came of for so long that it counts.
    sweep_at: usize,
}

/// Below this number, classes need not be forgotten.
const FEW: usize = 1024;

impl Default for ByClass {
    fn default() -> Self {
        Self { series: HashMap::new(), sweep_at: FEW }
    }
}

impl ByClass {
    /// Counts a packet of these classes, if all of their limits allow it; otherwise the first one that does not.
    pub fn take<'a>(&mut self, classes: &[(&'a str, &'a Rate)], now: Micros) -> Result<(), (&'a str, &'a Rate)> {
        for (class, rate) in classes {
            if !self.of(class, rate).admits(rate, now) {
                return Err((class, rate));
            }
        }
        classes.iter().for_each(|(class, rate)| self.of(class, rate).count(now));
        if self.series.len() > self.sweep_at {
            self.series.retain(|_, (series, rate)| {
                series.forget(rate, now);
                !series.0.is_empty()
            });
            self.sweep_at = FEW.max(2 * self.series.len());
        }
        Ok(())
    }

    fn of(&mut self, class: &str, rate: &Rate) -> &mut Series {
        if !self.series.contains_key(class) {
            self.series.insert(class.into(), (Series::default(), rate.clone()));
        }
        &mut self.series.entry(class.into()).or_insert_with(|| (Series::default(), rate.clone())).0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Micros = 1_000_000;

    #[test]
    fn packets_count_for_a_unit_of_time() {
        let rate = Rate::parse("2 packets per minute").unwrap();
        let mut series = Series::default();
        let mut came = |at| {
            let admitted = series.admits(&rate, at);
            if admitted {
                series.count(at);
            }
            admitted
        };
        assert!(came(0) && came(10 * SECOND) && !came(59 * SECOND) && !came(60 * SECOND));
        assert!(came(60 * SECOND + 1) && !came(61 * SECOND) && came(71 * SECOND));
        let none = Rate::parse("0 packets per second").unwrap();
        assert!(!Series::default().admits(&none, 0));
    }

    #[test]
    fn a_packet_counts_for_all_of_its_classes_or_for_none() {
        let (tight, loose) = (Rate::parse("1 packet per hour").unwrap(), Rate::parse("2 packets per hour").unwrap());
        let mut rates = ByClass::default();
        let both = [("loose", &loose), ("tight", &tight)];
        assert!(rates.take(&both, 0).is_ok());
        assert_eq!(rates.take(&both, 1).map_err(|(class, _)| class), Err("tight"));
        assert!(rates.take(&both[..1], 2).is_ok());
        assert_eq!(rates.take(&both, 3).map_err(|(class, _)| class), Err("loose"));
    }

    #[test]
    fn classes_that_packets_make_are_forgotten() {
        let rate = Rate::parse("1 packet per second").unwrap();
        let mut rates = ByClass::default();
        for n in 0..10_000u64 {
            let name = format!("SPAWN_modem_{n}");
            assert!(rates.take(&[(&name, &rate)], n * SECOND / 100).is_ok());
        }
        assert!(rates.series.len() <= 2 * FEW, "{}", rates.series.len());
    }
}
