//! What a server knows about its partner: when it was heard of, what it is at, how its clock goes, and which of its clients
//! it seems not to serve.

use chrono::DateTime;
use dhcpd_config::parameters::hooks::{HaRelationship, HaState};
use hashbrown::HashMap;
use std::fmt::{self, Display, Formatter};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Clocks that differ by more seconds than this are told of.
const WARNED_SKEW: i64 = 30;
/// Clocks that differ by more seconds than this make leases meaningless.
const FATAL_SKEW: i64 = 60;
/// Time between two warnings about clocks.
const WARNING_PAUSE: Duration = Duration::from_secs(60);
/// For so long a refused change of a client's lease is remembered.
const REJECTION_KEPT: Duration = Duration::from_secs(86400);

/// What a heartbeat is answered with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// What the partner is at.
    pub state: Option<HaState>,
    /// Its time, in seconds since 1970.
    pub time: i64,
    /// Names of the servers whose clients it serves; none if it does not tell.
    pub scopes: Option<Vec<String>>,
    /// Changes of leases that it did not send since it was started.
    pub unsent: Option<u64>,
}

/// Clocks, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Skew {
    /// This server's.
    pub ours: i64,
    /// The partner's.
    pub theirs: i64,
}

impl Skew {
    /// Seconds that the partner is ahead.
    pub fn seconds(self) -> i64 {
        self.theirs.saturating_sub(self.ours)
    }
}

impl Display for Skew {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (ours, theirs) = (date_time(self.ours), date_time(self.theirs));
        let side = if self.seconds() < 0 { "behind" } else { "ahead" };
        let seconds = self.seconds().unsigned_abs();
        write!(f, "my time: {ours}, partner's time: {theirs}, partner's clock is {seconds}s {side}")
    }
}

/// `2024-01-01 12:00:00`, in UTC.
pub fn date_time(seconds: i64) -> String {
    DateTime::from_timestamp(seconds, 0).map(|time| time.format("%Y-%m-%d %H:%M:%S").to_string()).unwrap_or_default()
}

/// A client of the partner's, seen while the partner cannot be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Before, or there is nothing new about it.
    Known,
    /// For the first time, and it has not asked for long.
    New,
    /// It has asked for so long that the partner does not seem to serve it: how many do, and how many more it takes.
    Unacked(usize, usize),
}

/// The partner, as far as this server knows.
#[derive(Clone, Debug)]
pub struct Partner {
    rules: Arc<HaRelationship>,
    state: Option<HaState>,
    /// It was asked.
    asked: bool,
    since: Instant,
    heard: Instant,
    /// Names of the servers whose clients it serves.
    pub scopes: Vec<String>,
    /// How its clock goes, once it was heard of.
    pub skew: Option<Skew>,
    warned: Option<Instant>,
    /// What it told last and before that about changes it did not send.
    unsent: (u64, u64),
    /// Clients that asked it since it cannot be reached, and whether it seems not to serve them.
    clients: HashMap<Box<[u8]>, bool>,
    /// Queries of theirs.
    pub analyzed: u64,
    rejected: HashMap<Box<[u8]>, Instant>,
}

impl Partner {
    /// A partner that was never heard of; it has from `now` on to be.
    pub fn new(rules: Arc<HaRelationship>, now: Instant) -> Self {
        Self {
            rules,
            state: None,
            asked: false,
            since: now,
            heard: now,
            scopes: Vec::new(),
            skew: None,
            warned: None,
            unsent: (0, 0),
            clients: HashMap::new(),
            analyzed: 0,
            rejected: HashMap::new(),
        }
    }

    /// What it is at; `None` if it cannot be reached.
    pub fn state(&self) -> Option<HaState> {
        self.state
    }

    /// How long that has been so.
    pub fn state_for(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.since)
    }

    /// It is at this, or cannot be reached.
    pub fn set_state(&mut self, state: Option<HaState>, now: Instant) {
        self.asked = true;
        if self.state != state {
            (self.state, self.since) = (state, now);
        }
    }

    /// What it is at in words; empty until it was asked.
    pub fn last_state(&self) -> String {
        match self.state {
            Some(state) => state.to_string(),
            None if self.asked => "unavailable".to_owned(),
            None => String::new(),
        }
    }

    /// It answered a heartbeat; `time` is this server's, in seconds since 1970.
    pub fn heard(&mut self, report: Report, time: i64, now: Instant) {
        self.set_state(report.state, now);
        self.skew = Some(Skew { ours: time, theirs: report.time });
        if let Some(scopes) = report.scopes {
            self.scopes = scopes;
        }
        if let Some(unsent) = report.unsent {
            self.unsent = (unsent, self.unsent.0);
        }
        self.heard = now;
        self.clients.clear();
        self.analyzed = 0;
    }

    /// Time since it was heard of.
    pub fn silence(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.heard)
    }

    /// Whether it was not heard of for longer than may be.
    pub fn is_interrupted(&self, now: Instant) -> bool {
        self.silence(now) > self.rules.max_response_delay
    }

    /// Whether it gave leases of which it told nobody, since it told about that last.
    pub fn has_news(&self) -> bool {
        self.unsent.0 > 0 && self.unsent.0 != self.unsent.1
    }

    /// A client asks the partner, for so many milliseconds. A client without an identifier is counted only.
    pub fn analyze(&mut self, client: &[u8], milliseconds: u32) -> Seen {
        self.analyzed += 1;
        if client.is_empty() {
            return Seen::Known;
        }
        let unacked = milliseconds > self.rules.max_ack_delay;
        match self.clients.get_mut(client) {
            Some(before) if *before || !unacked => return Seen::Known,
            Some(before) => *before = true,
            None => {
                self.clients.insert(client.into(), unacked);
                if !unacked {
                    return Seen::New;
                }
            }
        }
        Seen::Unacked(self.unacked(), self.unacked_left())
    }

    /// Clients that asked it since it cannot be reached.
    pub fn connecting(&self) -> usize {
        self.clients.len()
    }

    /// Those of them that it seems not to serve.
    pub fn unacked(&self) -> usize {
        self.clients.values().filter(|unacked| **unacked).count()
    }

    /// How many more of them make it count as down.
    pub fn unacked_left(&self) -> usize {
        (self.rules.max_unacked_clients as usize + 1).saturating_sub(self.unacked())
    }

    /// Whether it serves none of its clients, as far as can be seen.
    pub fn fails_clients(&self) -> bool {
        self.rules.max_unacked_clients == 0 || self.unacked_left() == 0
    }

    /// It refused a change of this client's lease.
    pub fn reject(&mut self, client: &[u8], now: Instant) {
        if !client.is_empty() {
            self.rejected.insert(client.into(), now);
        }
    }

    /// It took a change of this client's lease.
    pub fn accept(&mut self, client: &[u8]) {
        if !self.rejected.is_empty() {
            self.rejected.remove(client);
        }
    }

    /// What it refused is forgotten.
    pub fn forget_rejected(&mut self) {
        self.rejected.clear();
    }

    /// Whether it refused changes for more clients than may be.
    pub fn rejects_too_many(&mut self, now: Instant) -> bool {
        self.rejected.retain(|_, at| now.saturating_duration_since(*at) < REJECTION_KEPT);
        let most = self.rules.max_rejected_lease_updates as usize;
        most > 0 && self.rejected.len() >= most
    }

    /// Whether the clocks differ so much that leases mean nothing.
    pub fn is_skew_fatal(&self) -> bool {
        self.skew.is_some_and(|skew| skew.seconds().abs() > FATAL_SKEW)
    }

    /// How the clocks differ, if it is to be told: not more often than once a minute.
    pub fn skew_to_tell(&mut self, now: Instant) -> Option<Skew> {
        let skew = self.skew.filter(|skew| skew.seconds().abs() > WARNED_SKEW)?;
        if self.warned.is_some_and(|at| now.saturating_duration_since(at) <= WARNING_PAUSE) {
            return None;
        }
        self.warned = Some(now);
        Some(skew)
    }
}
