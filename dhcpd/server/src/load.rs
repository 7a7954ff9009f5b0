//! How many packets wait behind the one that is taken: averages over the last 10, 100 and 1000 packets, as `status-get`
//! tells them (`packet-queue-statistics`).

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Packets that the averages are over: the weight of an older packet falls to a third in so many.
const SPANS: [f64; 3] = [10.0, 100.0, 1000.0];

/// The averages of one worker, written by it alone.
#[derive(Debug, Default)]
pub struct Load([AtomicU64; SPANS.len()]);

impl Load {
    /// A turn took so many packets: when the first was taken all others waited, when the last was taken none.
    pub fn took(&self, packets: usize) {
        let packets = packets as f64;
        for (average, span) in self.0.iter().zip(SPANS) {
            let older = (-packets / span).exp();
            let before = f64::from_bits(average.load(Relaxed));
            average.store((before * older + (1.0 - older) * (packets - 1.0) / 2.0).to_bits(), Relaxed);
        }
    }

    /// The averages.
    pub fn averages(&self) -> [f64; SPANS.len()] {
        self.0.each_ref().map(|average| f64::from_bits(average.load(Relaxed)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averages_follow_the_load_at_their_own_pace() {
        let load = Load::default();
        (0..50).for_each(|_| load.took(1));
        assert_eq!(load.averages(), [0.0; 3]);
        (0..10).for_each(|_| load.took(11));
        let [ten, hundred, thousand] = load.averages();
        assert!((4.9..=5.0).contains(&ten) && (3.0..4.0).contains(&hundred) && thousand < 1.0, "{:?}", load.averages());
    }
}
