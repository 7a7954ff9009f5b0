//! When the next messages are due.

use std::time::{Duration, Instant};

/// Messages that are sent in one turn at most, so that answers are read in between.
const BURST: u64 = 128;
/// The same where no rate is set: the fewer, the less the server's socket overflows.
const UNPACED: u64 = 16;

/// A steady rate; the first message is due at once.
#[derive(Debug)]
pub(crate) struct Pace {
    /// Messages a second; 0: as many as possible.
    rate: u32,
    start: Instant,
    sent: u64,
}

impl Pace {
    pub(crate) fn new(rate: u32, start: Instant) -> Self {
        Self { rate, start, sent: 0 }
    }

    /// Messages that are due now; they are taken as sent.
    pub(crate) fn due(&mut self, now: Instant) -> u64 {
        if self.rate == 0 {
            return UNPACED;
        }
        let elapsed = now.saturating_duration_since(self.start).as_nanos();
        let until_now = 1 + elapsed * u128::from(self.rate) / 1_000_000_000;
        let due = (until_now as u64).saturating_sub(self.sent).min(BURST);
        self.sent += due;
        due
    }

    /// How long nothing is due.
    pub(crate) fn rest(&self, now: Instant) -> Duration {
        if self.rate == 0 {
            return Duration::ZERO;
        }
        let at = u128::from(self.sent) * 1_000_000_000 / u128::from(self.rate);
        (self.start + Duration::from_nanos(at as u64)).saturating_duration_since(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_kept() {
        let start = Instant::now();
        let mut pace = Pace::new(1000, start);
        assert_eq!(pace.due(start), 1);
        assert_eq!(pace.due(start), 0);
        assert_eq!(pace.rest(start), Duration::from_millis(1));
        let sent: u64 = (1..=10_000).map(|tick| pace.due(start + Duration::from_micros(100 * tick))).sum();
        assert_eq!(sent, 1000);
    }

    #[test]
    fn what_was_missed_is_made_up_for_in_bursts() {
        let start = Instant::now();
        let mut pace = Pace::new(1000, start);
        let late = start + Duration::from_millis(200);
        assert_eq!([pace.due(late), pace.due(late), pace.due(late)], [128, 73, 0]);
    }

    #[test]
    fn without_a_rate_some_are_always_due() {
        let mut pace = Pace::new(0, Instant::now());
        assert_eq!((pace.due(Instant::now()), pace.rest(Instant::now())), (UNPACED, Duration::ZERO));
    }
}
