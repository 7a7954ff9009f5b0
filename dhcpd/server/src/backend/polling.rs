//! When a database is looked at for changes of the configuration.

use std::time::Duration;

/// Looks in vain, one after the other, after which there is none by itself any more.
const TRIES: u32 = 10;

/// Looks at intervals, as long as they are not in vain too often.
#[derive(Debug, Default)]
pub struct Polling {
    wait: Option<Duration>,
    failures: u32,
    has_stopped: bool,
}

impl Polling {
    /// Looks at these intervals; none for never.
    pub fn every(wait: Option<Duration>) -> Self {
        Self { wait, ..Self::default() }
    }

    /// How long to wait for the next look; none where there is none.
    pub fn next(&self) -> Option<Duration> {
        self.wait.filter(|_| !self.has_stopped)
    }

    /// A look was not in vain.
    pub fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// A look was in vain. `true`: it was the last one.
    pub fn failed(&mut self) -> bool {
        self.failures += 1;
        self.has_stopped = self.failures > TRIES;
        self.has_stopped
    }

    /// Somebody else looks now: the time begins anew, even where there was no next look.
    pub fn pulled(&mut self) {
        self.has_stopped = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAIT: Duration = Duration::from_secs(30);

    #[test]
    fn ten_looks_in_a_row_may_be_in_vain() {
        let mut polling = Polling::every(Some(WAIT));
        for _ in 0..3 {
            assert!((0..10).all(|_| !polling.failed()));
            assert_eq!(polling.next(), Some(WAIT));
            polling.succeeded();
        }
        assert!((0..10).all(|_| !polling.failed()));
        assert!(polling.failed());
        assert_eq!(polling.next(), None);
    }

    #[test]
    fn a_look_by_command_gives_another_chance() {
        let mut polling = Polling::every(Some(WAIT));
        assert!((0..11).any(|_| polling.failed()));
        polling.pulled();
        assert_eq!(polling.next(), Some(WAIT));
        assert!(polling.failed(), "it was in vain eleven times already");
        polling.pulled();
        polling.succeeded();
        assert!(!polling.failed());
    }

    #[test]
    fn nobody_looks_where_nobody_shall() {
        let mut polling = Polling::every(None);
        polling.pulled();
        assert_eq!(polling.next(), None);
    }
}
