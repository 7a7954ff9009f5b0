//! Lifetimes, T1 and T2, and how long a lease is given again as it stands.

/// A lifetime and the range in which a client may choose, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime {
    /// Least.
    pub min: u32,
    /// For a client that does not ask.
    pub default: u32,
    /// Greatest.
    pub max: u32,
}

impl Lifetime {
    /// One value, no choice.
    pub fn fixed(seconds: u32) -> Self {
        Self { min: seconds, default: seconds, max: seconds }
    }

    /// What a client gets that asks for `hint` seconds.
    pub fn choose(self, hint: Option<u32>) -> u32 {
        hint.map_or(self.default, |hint| hint.clamp(self.min.min(self.max), self.max))
    }
}

/// T1 and T2 of a scope.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TeeTimes {
    /// `renew-timer` in seconds.
    pub renew: Option<u32>,
    /// `rebind-timer` in seconds.
    pub rebind: Option<u32>,
    /// Where a timer is not given, calculate it from the lifetime.
    pub calculate: bool,
    /// T1 as a fraction of the lifetime.
    pub t1_fraction: f64,
    /// T2 as a fraction of the lifetime.
    pub t2_fraction: f64,
}

/// Renewals that come early get their lease as it stands, without a write.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LeaseCache {
    /// Fraction of the lifetime within which a lease is not extended (`cache-threshold`); 0.0 is off.
    pub threshold: Option<f64>,
    /// Seconds within which a lease is not extended (`cache-max-age`); 0 is off.
    pub max_age: Option<u32>,
}

impl LeaseCache {
    /// Whether a lease last extended `age` seconds ago for `lifetime` seconds is given again as it stands.
    pub fn keeps(self, lifetime: u32, age: u64) -> bool {
        lifetime == u32::MAX || self.covers(lifetime, age)
    }

    /// The same by the two limits alone: an infinite lifetime is like any other, as it is in Kea's DHCPv6.
    pub fn covers(self, lifetime: u32, age: u64) -> bool {
        let by_age = self.max_age.map(u64::from);
        let by_threshold = self.threshold.map(|t| if t <= 1.0 { (f64::from(lifetime) * t) as u64 } else { 0 });
        let limits = [by_age, by_threshold];
        age < u64::from(lifetime)
            && limits.iter().flatten().all(|&limit| limit > 0 && age <= limit)
            && limits.iter().flatten().count() > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_chooses_within_the_range() {
        let range = Lifetime { min: 100, default: 200, max: 300 };
        assert_eq!([None, Some(1), Some(250), Some(999)].map(|hint| range.choose(hint)), [200, 100, 250, 300]);
        assert_eq!(Lifetime::fixed(50).choose(Some(60)), 50);
    }

    #[test]
    fn a_young_lease_is_kept() {
        assert!(!LeaseCache::default().keeps(1000, 0));
        let cache = LeaseCache { threshold: Some(0.25), max_age: None };
        assert!(cache.keeps(1000, 250) && !cache.keeps(1000, 251));
        assert!(!LeaseCache { max_age: Some(100), ..cache }.keeps(1000, 101));
    }
}
