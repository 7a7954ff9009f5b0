//! What became of the messages of one kind: what was sent and waits, what was answered and after what time.

use hashbrown::HashMap;
use std::collections::VecDeque;
use std::time::Duration;

/// Microseconds since the epoch.
pub(crate) type Micros = u64;

/// A message that waits for its answer.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    pub(crate) sent: Micros,
    /// The message, where it may have to be repeated.
    pub(crate) message: Option<Box<[u8]>>,
    pub(crate) repeated: u32,
}

/// The exchanges of one kind.
#[derive(Debug)]
pub(crate) struct Exchanges {
    pub(crate) title: &'static str,
    pub(crate) sent: u64,
    pub(crate) received: u64,
    pub(crate) orphans: u64,
    pub(crate) rejected: u64,
    pub(crate) not_unique: u64,
    /// Messages that were given up.
    pub(crate) collected: u64,
    /// None: a message waits for ever.
    patience: Option<Duration>,
    waiting: HashMap<u32, Waiting>,
    /// When what was sent, oldest first; some of them were answered.
    order: VecDeque<(Micros, u32)>,
    delays: Delays,
    /// When what was answered was sent and when its answer came, if that is kept (`-x t`).
    pub(crate) times: Option<Vec<(Micros, Micros)>>,
    /// A line a lease, if they are kept (`-x l`).
    pub(crate) leases: Option<Vec<String>>,
}

/// Delays, in microseconds.
#[derive(Clone, Copy, Debug, Default)]
struct Delays {
    least: u64,
    most: u64,
    sum: f64,
    sum_of_squares: f64,
}

/// Least, mean and greatest delay and their standard deviation, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Summary {
    pub(crate) least: f64,
    pub(crate) mean: f64,
    pub(crate) most: f64,
    pub(crate) deviation: f64,
}

impl Exchanges {
    pub(crate) fn new(title: &'static str, patience: Option<Duration>, times: bool, leases: bool) -> Self {
        Self {
            title,
            sent: 0,
            received: 0,
            orphans: 0,
            rejected: 0,
            not_unique: 0,
            collected: 0,
            patience,
            waiting: HashMap::new(),
            order: VecDeque::new(),
            delays: Delays { least: u64::MAX, ..Delays::default() },
            times: times.then(Vec::new),
            leases: leases.then(Vec::new),
        }
    }

    /// A message was sent. `answered`: it will be.
    pub(crate) fn sent(&mut self, xid: u32, now: Micros, message: Option<Box<[u8]>>, answered: bool) {
        self.sent += 1;
        if answered {
            self.waiting.insert(xid, Waiting { sent: now, message, repeated: 0 });
            if self.patience.is_some() {
                self.order.push_back((now, xid));
            }
        }
    }

    /// An answer came; how long it took, if a message waits for one.
    pub(crate) fn answered(&mut self, xid: u32, now: Micros) -> Option<Duration> {
        self.collect(now);
        let sent = self.waiting.remove(&xid)?.sent;
        let delay = now.saturating_sub(sent);
        self.received += 1;
        self.delays.add(delay);
        if let Some(times) = &mut self.times {
            times.push((sent, now));
        }
        Some(Duration::from_micros(delay))
    }

    /// Gives up what waited too long.
    pub(crate) fn collect(&mut self, now: Micros) {
        let Some(patience) = self.patience else { return };
        let old = now.saturating_sub(patience.as_micros() as u64);
        while let Some(&(sent, xid)) = self.order.front().filter(|(sent, _)| *sent < old) {
            self.order.pop_front();
            // The number may be in use again.
            if self.waiting.get(&xid).is_some_and(|waiting| waiting.sent == sent) {
                self.waiting.remove(&xid);
                self.collected += 1;
            }
        }
    }

    /// Messages without an answer, whether or not one may come yet.
    pub(crate) fn drops(&self) -> u64 {
        self.sent.saturating_sub(self.received)
    }

    /// What waits for an answer.
    pub(crate) fn waiting(&mut self) -> impl ExactSizeIterator<Item = &mut Waiting> {
        self.waiting.values_mut()
    }

    /// None until there was an answer.
    pub(crate) fn summary(&self) -> Option<Summary> {
        if self.received == 0 {
            return None;
        }
        let n = self.received as f64;
        let mean = self.delays.sum / n;
        let deviation = (self.delays.sum_of_squares / n - mean * mean).max(0.0).sqrt();
        let [least, mean, most, deviation] =
            [self.delays.least as f64, mean, self.delays.most as f64, deviation].map(|micros| micros / 1000.0);
        Some(Summary { least, mean, most, deviation })
    }
}

impl Delays {
    fn add(&mut self, delay: u64) {
        self.least = self.least.min(delay);
        self.most = self.most.max(delay);
        self.sum += delay as f64;
        self.sum_of_squares += (delay as f64).powi(2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn exchanges() -> Exchanges {
        Exchanges::new("X", Some(Duration::from_secs(1)), true, false)
    }

    #[test]
    fn delays_are_summed_up() {
        let mut it = exchanges();
        assert_eq!(it.summary(), None);
        for (xid, delay) in [(1, 1000), (2, 3000), (3, 5000)] {
            it.sent(xid, 10_000, None, true);
            assert_eq!(it.answered(xid, 10_000 + delay), Some(Duration::from_micros(delay)));
        }
        let summary = it.summary().unwrap();
        assert_eq!((summary.least, summary.mean, summary.most), (1.0, 3.0, 5.0));
        assert!((summary.deviation - (8.0f64 / 3.0).sqrt()).abs() < 1e-9);
        assert_eq!(it.times.as_deref(), Some(&[(10_000, 11_000), (10_000, 13_000), (10_000, 15_000)][..]));
    }

    #[test]
    fn what_comes_too_late_was_lost() {
        let mut it = exchanges();
        it.sent(1, 0, None, true);
        it.sent(2, 500_000, None, true);
        assert_eq!(it.answered(1, 1_000_001), None);
        assert_eq!(it.answered(2, 1_000_001), Some(Duration::from_micros(500_001)));
        assert_eq!((it.sent, it.received, it.drops(), it.collected), (2, 1, 1, 1));
    }

    #[test]
    fn a_number_that_is_used_again_is_not_given_up_early() {
        let mut it = exchanges();
        it.sent(1, 0, None, true);
        it.sent(1, 900_000, None, true);
        it.collect(1_500_000);
        assert_eq!(it.collected, 0);
        assert!(it.answered(1, 1_500_000).is_some());
    }

    #[test]
    fn what_nobody_answers_waits_for_nothing() {
        let mut it = exchanges();
        it.sent(1, 0, None, false);
        assert_eq!((it.drops(), it.waiting().len()), (1, 0));
    }

    proptest! {
        #[test]
        fn every_message_is_answered_lost_or_waits(answers in proptest::collection::vec((0..40u32, 0..3_000_000u64), 0..60)) {
            let mut it = exchanges();
            (0..40).for_each(|xid| it.sent(xid, u64::from(xid) * 50_000, None, true));
            let mut times = answers;
            times.sort_by_key(|(_, time)| *time);
            for (xid, time) in times {
                it.answered(xid, time);
            }
            prop_assert_eq!(it.received + it.collected + it.waiting().len() as u64, it.sent);
        }
    }
}
