//! What is counted. Requests and updates are counted for good, updates of a key since it was configured.

use std::sync::Arc;

use dns::Name;
use stats::{Counter, Limits, Registry};

/// The statistics of D2.
#[derive(Debug)]
pub struct Statistics {
    registry: Arc<Registry>,
    /// Requests that were received and understood.
    pub ncr_received: Arc<Counter>,
    /// Datagrams that were no requests.
    pub ncr_invalid: Arc<Counter>,
    /// Errors in receiving.
    pub ncr_error: Arc<Counter>,
    /// How often the queue was full.
    pub queue_full: Arc<Counter>,
    signed: Arc<Counter>,
    unsigned: Arc<Counter>,
    all: Outcomes,
}

/// Updates, by what came of them.
#[derive(Clone, Debug)]
struct Outcomes {
    sent: Arc<Counter>,
    success: Arc<Counter>,
    timeout: Arc<Counter>,
    error: Arc<Counter>,
}

/// Counts an update among all, and among those of its key.
#[derive(Debug)]
pub struct Counted<'a> {
    statistics: &'a Statistics,
    key: Option<Outcomes>,
}

impl Statistics {
    /// The statistics, all at 0.
    pub fn new(registry: Arc<Registry>) -> Self {
        // As in Kea's D2, a statistic is its latest value.
        registry.limit_all(Limits { count: 0, age: 0 });
        let counter = |name: &str| registry.counter(name);
        Self {
            ncr_received: counter("ncr-received"),
            ncr_invalid: counter("ncr-invalid"),
            ncr_error: counter("ncr-error"),
            queue_full: counter("queue-mgr-queue-full"),
            signed: counter("update-signed"),
            unsigned: counter("update-unsigned"),
            all: Outcomes::new(&registry, ""),
            registry,
        }
    }

    /// Begins anew with the keys of a configuration.
    pub fn set_keys(&self, keys: &[Name]) {
        self.registry.retain(|name| !name.starts_with("key["));
        for key in keys {
            Outcomes::of_key(&self.registry, key);
        }
    }

    /// Where an update that is signed with this key, or not signed, is counted.
    pub fn updates(&self, key: Option<&Name>) -> Counted<'_> {
        Counted { statistics: self, key: key.map(|key| Outcomes::of_key(&self.registry, key)) }
    }
}

impl Outcomes {
    fn new(registry: &Registry, prefix: &str) -> Self {
        let counter = |name| registry.counter(&format!("{prefix}{name}"));
        Self {
            sent: counter("update-sent"),
            success: counter("update-success"),
            timeout: counter("update-timeout"),
            error: counter("update-error"),
        }
    }

    fn of_key(registry: &Registry, key: &Name) -> Self {
        Self::new(registry, &format!("key[{key}]."))
    }
}

impl Counted<'_> {
    /// The update was sent.
    pub fn sent(&self) {
        self.count(|outcomes| &outcomes.sent);
        let signed = if self.key.is_some() { &self.statistics.signed } else { &self.statistics.unsigned };
        signed.add(1);
    }

    /// There is an answer.
    pub fn success(&self) {
        self.count(|outcomes| &outcomes.success);
    }

    /// There is no answer.
    pub fn timeout(&self) {
        self.count(|outcomes| &outcomes.timeout);
    }

    /// The server cannot be reached, or understood.
    pub fn error(&self) {
        self.count(|outcomes| &outcomes.error);
    }

    fn count(&self, which: impl Fn(&Outcomes) -> &Arc<Counter>) {
        which(&self.statistics.all).add(1);
        if let Some(key) = &self.key {
            which(key).add(1);
        }
    }
}
