//! The state machine of a server in a relationship (Kea's manual, "Server States"): what was heard and the time go in, what is to be
//! done comes out. No sockets, no clock.

use super::messages::*;
use super::partner::Partner;
use dhcpd_config::parameters::hooks::{HaMode, HaRelationship, HaRole, HaState, Pause};
use hashbrown::HashSet;
use std::fmt::Display;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A server that was restarted waits so long for a partner that is still terminated.
const TERMINATED_PATIENCE: Duration = Duration::from_secs(600);

/// Why the machine runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Something was heard, or time passed.
    Heard,
    /// An operator wants the partner to be maintained.
    MaintenanceStart,
    /// An operator wants no maintenance any more.
    MaintenanceCancel,
}

/// What the machine cannot know by itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Around {
    /// Clients are answered, so that it is seen how long they ask.
    pub serving: bool,
    /// More changes were to be kept for the partner than may be.
    pub overflown: bool,
}

/// What is to be done, and takes time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Fetch leases from the partner; when they are there, the state is [`HaState::Ready`].
    Synchronize,
    /// Send the changes that were kept. If that is done, the state is the normal one; otherwise as [`Task::Reset`].
    Catchup,
    /// Have the partner fetch leases; when it was told, the state is [`HaState::Waiting`].
    Reset,
}

/// The servers whose clients are served: a bit each, by their place among the peers.
pub type Scopes = u64;

/// A server in a relationship.
#[derive(Clone, Debug)]
pub struct Machine {
    rules: Arc<HaRelationship>,
    state: HaState,
    previous: HaState,
    paused: bool,
    paused_before: HashSet<HaState>,
    /// Whose clients are served.
    pub scopes: Scopes,
    /// The other active server.
    pub partner: Partner,
}

/// What becomes of the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Stay,
    Go(HaState),
    Do(Task),
}

impl Machine {
    /// A server that has just been started.
    pub fn new(rules: Arc<HaRelationship>, now: Instant) -> Self {
        let partner = Partner::new(rules.clone(), now);
        let (state, paused_before) = (HaState::Waiting, HashSet::new());
        let mut machine = Self { rules, state, previous: state, paused: false, paused_before, scopes: 0, partner };
        machine.enter(Cause::Heard);
        machine
    }

    /// What the server is at.
    pub fn state(&self) -> HaState {
        self.state
    }

    /// What it was at before.
    pub fn previous(&self) -> HaState {
        self.previous
    }

    /// Whether it waits for an operator.
    pub fn is_paused(&self) -> bool {
        self.paused
    }

    /// It does not wait any more; whether it did.
    pub fn resume(&mut self) -> bool {
        if self.paused {
            log::event!(HA_STATE_MACHINE_CONTINUED, server = self.name());
        }
        std::mem::take(&mut self.paused)
    }

    /// Whether clients are answered in this state.
    pub fn serves(&self) -> bool {
        use HaState::*;
        matches!(
            self.state,
            CommunicationRecovery
                | LoadBalancing
                | HotStandby
                | PartnerDown
                | PartnerInMaintenance
                | PassiveBackup
                | Terminated
        )
    }

    /// Whether heartbeats are sent in this state.
    pub fn beats(&self) -> bool {
        use HaState::*;
        let waits_for_nobody = self.rules.mode == HaMode::PassiveBackup || self.role() == HaRole::Backup;
        !matches!(self.state, Backup | PassiveBackup | Terminated) && !waits_for_nobody
    }

    /// Whether the partner is told of changes in this state.
    pub fn updates_partner(&self) -> bool {
        use HaState::*;
        let active = self.rules.send_lease_updates && self.role() != HaRole::Backup;
        active && matches!(self.state, HotStandby | LoadBalancing | PartnerInMaintenance)
    }

    /// Whether changes are kept for the partner in this state.
    pub fn keeps_updates(&self) -> bool {
        self.rules.send_lease_updates && self.state == HaState::CommunicationRecovery
    }

    /// Where the server is at when all is well.
    pub fn normal(&self) -> HaState {
        match (self.role(), self.rules.mode) {
            (HaRole::Backup, _) => HaState::Backup,
            (_, HaMode::LoadBalancing) => HaState::LoadBalancing,
            (_, HaMode::HotStandby) => HaState::HotStandby,
            (_, HaMode::PassiveBackup) => HaState::PassiveBackup,
        }
    }

    /// Goes from state to state until nothing is left to decide; what is to be done then.
    pub fn run(&mut self, cause: Cause, around: Around, now: Instant) -> Option<Task> {
        if cause == Cause::MaintenanceCancel {
            return None; // what is known of the partner is of before the cancellation
        }
        loop {
            match self.decide(around, now) {
                Step::Stay => return None,
                Step::Do(task) => return Some(task),
                Step::Go(state) => self.go(state, cause),
            }
        }
    }

    /// Goes over to a state.
    pub fn go(&mut self, state: HaState, cause: Cause) {
        let (server, from, to) = (self.name(), upper(self.state), upper(state));
        if self.rules.mode == HaMode::PassiveBackup {
            log::event!(HA_STATE_TRANSITION_PASSIVE_BACKUP, server = server, from = from, to = to);
        } else {
            let partner = self.partner.state().map_or_else(|| "UNAVAILABLE".to_owned(), upper);
            log::event!(HA_STATE_TRANSITION, server = server, from = from, to = to, partner = partner);
        }
        if (self.state, state) == (HaState::Waiting, HaState::Ready) {
            log::event!(HA_CONFIG_LEASE_SYNCING_DISABLED_REMINDER, server = self.name());
        }
        (self.previous, self.state) = (self.state, state);
        if self.rules.mode != HaMode::PassiveBackup && self.role() != HaRole::Backup {
            match (self.updates_partner(), self.rules.send_lease_updates) {
                (true, _) => log::event!(HA_LEASE_UPDATES_ENABLED, server = self.name(), state = to),
                (_, false) => log::event!(HA_CONFIG_LEASE_UPDATES_DISABLED_REMINDER, server = self.name(), state = to),
                (false, _) => log::event!(HA_LEASE_UPDATES_DISABLED, server = self.name(), state = to),
            }
        }
        self.enter(cause);
    }

    /// What goes with the beginning of a state.
    fn enter(&mut self, cause: Cause) {
        use HaState::*;
        let (server, maintenance) = (self.rules.this_server(), cause == Cause::MaintenanceStart);
        self.scopes = match self.state {
            Backup | InMaintenance | Ready | Syncing | Waiting => 0,
            CommunicationRecovery | HotStandby | LoadBalancing | PassiveBackup | Terminated => self.own_scopes(),
            PartnerDown if maintenance || server.auto_failover => self.all_scopes(),
            PartnerDown => self.own_scopes(),
            PartnerInMaintenance => self.all_scopes(),
        };
        if matches!(self.state, PartnerDown | Ready | Syncing | Terminated | Waiting) {
            self.partner.forget_rejected();
        }
        self.paused = match self.rules.pauses.get(&self.state) {
            Some(Pause::Always) => true,
            Some(Pause::Once) => self.paused_before.insert(self.state),
            Some(Pause::Never) | None => false,
        };
        if self.paused {
            log::event!(HA_STATE_MACHINE_PAUSED, server = self.name(), state = upper(self.state));
        }
        match self.state {
            InMaintenance => log::event!(HA_MAINTENANCE_SHUTDOWN_SAFE, server = self.name()),
            PartnerInMaintenance => log::event!(HA_MAINTENANCE_STARTED, server = self.name()),
            PartnerDown if maintenance => log::event!(HA_MAINTENANCE_STARTED_IN_PARTNER_DOWN, server = self.name()),
            Terminated => log::event!(HA_TERMINATED, server = self.name()),
            _ => {}
        }
    }

    /// The server's own clients: nobody's for one that stands by.
    fn own_scopes(&self) -> Scopes {
        match self.role() {
            HaRole::Primary | HaRole::Secondary => 1 << self.rules.this,
            HaRole::Standby | HaRole::Backup => 0,
        }
    }

    /// All clients.
    fn all_scopes(&self) -> Scopes {
        let served = |role| matches!(role, HaRole::Primary | HaRole::Secondary);
        let peers = self.rules.peers.iter().enumerate().filter(|(_, peer)| served(peer.role));
        peers.fold(0, |all, (at, _)| all | 1 << at)
    }

    fn decide(&mut self, around: Around, now: Instant) -> Step {
        use HaState::*;
        if self.paused || matches!(self.state, Backup | PassiveBackup | Terminated | InMaintenance) {
            return Step::Stay;
        }
        if self.state == Waiting && self.role() == HaRole::Backup {
            return Step::Go(Backup);
        }
        if self.state == Waiting && self.rules.mode == HaMode::PassiveBackup {
            return Step::Go(PassiveBackup);
        }
        if self.must_terminate(now) {
            return Step::Go(Terminated);
        }
        if self.state != PartnerInMaintenance && self.partner_is_misconfigured() {
            return if self.state == Waiting { Step::Stay } else { Step::Go(Waiting) };
        }
        let down = self.is_partner_down(around.serving, now);
        match (self.state, self.partner.state()) {
            (PartnerInMaintenance, None) => Step::Go(PartnerDown),
            (PartnerInMaintenance, _) => Step::Stay,

            (Waiting, Some(Terminated)) => self.wait_for_terminated(now),
            (_, Some(Terminated)) => Step::Go(Terminated),
            (PartnerDown, None) => Step::Stay,
            (_, None) if down => Step::Go(PartnerDown),
            (HotStandby | LoadBalancing, None) if self.rules.delayed_updates_limit > 0 => {
                Step::Go(CommunicationRecovery)
            }
            (_, None) => Step::Stay,

            (Waiting, Some(Waiting)) if self.role() != HaRole::Primary => Step::Stay,
            (Waiting, Some(Syncing | Backup | PassiveBackup)) => Step::Stay,
            (Waiting, Some(_)) if self.rules.sync_leases => Step::Go(Syncing),
            (Waiting, Some(_)) => Step::Go(Ready),

            (Syncing, Some(_)) => Step::Do(Task::Synchronize),

            (Ready, Some(HotStandby | LoadBalancing | CommunicationRecovery)) => Step::Go(self.normal()),
            (Ready, Some(Ready)) if self.role() == HaRole::Primary => Step::Go(self.normal()),

            (PartnerDown, Some(CommunicationRecovery | PartnerDown | PartnerInMaintenance)) => Step::Go(Waiting),
            (PartnerDown, Some(Ready)) if self.partner.has_news() => Step::Go(Waiting),
            (PartnerDown, Some(Ready)) => Step::Go(self.normal()),
            (PartnerDown, Some(_)) => Step::Stay,

            (_, Some(InMaintenance)) => Step::Go(PartnerInMaintenance),
            (_, Some(PartnerInMaintenance)) => Step::Go(InMaintenance),
            (HotStandby | LoadBalancing | CommunicationRecovery, Some(PartnerDown)) => Step::Go(Waiting),

            (CommunicationRecovery, Some(_)) if self.partner.is_interrupted(now) => Step::Stay,
            (CommunicationRecovery, Some(Waiting | Syncing | Ready)) if around.overflown => Step::Go(Waiting),
            (CommunicationRecovery, Some(Waiting | Syncing | Ready)) => Step::Stay,
            (CommunicationRecovery, Some(state)) if state == self.normal() || state == CommunicationRecovery => {
                Step::Do(if around.overflown { Task::Reset } else { Task::Catchup })
            }
            (CommunicationRecovery, Some(_)) => Step::Go(Waiting),
            (_, Some(_)) => Step::Stay,
        }
    }

    /// Whether the servers must part: their clocks differ too much, or their configurations do.
    fn must_terminate(&mut self, now: Instant) -> bool {
        if self.partner.is_skew_fatal() {
            if let Some(skew) = self.partner.skew {
                log::event!(HA_HIGH_CLOCK_SKEW_CAUSES_TERMINATION, server = self.name(), skew = skew);
            }
            return true;
        }
        if let Some(skew) = self.partner.skew_to_tell(now) {
            log::event!(HA_HIGH_CLOCK_SKEW, server = self.name(), skew = skew);
        }
        let rejected = self.partner.rejects_too_many(now);
        if rejected {
            log::event!(HA_REJECTED_LEASE_UPDATES_CAUSE_TERMINATION, server = self.name());
        }
        rejected
    }

    /// Whether the partner is at what there is in another mode only.
    fn partner_is_misconfigured(&self) -> bool {
        let (mode, server) = (self.rules.mode, self.name());
        match self.partner.state() {
            Some(HaState::CommunicationRecovery) if mode != HaMode::LoadBalancing => {
                log::event!(HA_INVALID_PARTNER_STATE_COMMUNICATION_RECOVERY, server = server);
            }
            Some(HaState::HotStandby) if mode != HaMode::HotStandby => {
                log::event!(HA_INVALID_PARTNER_STATE_HOT_STANDBY, server = server);
            }
            Some(HaState::LoadBalancing) if mode != HaMode::LoadBalancing => {
                log::event!(HA_INVALID_PARTNER_STATE_LOAD_BALANCING, server = server);
            }
            _ => return false,
        }
        true
    }

    /// Whether the partner counts as down: nothing is heard of it, and if it can be seen, it does not serve its clients.
    fn is_partner_down(&self, serving: bool, now: Instant) -> bool {
        let seen = serving && (self.rules.mode == HaMode::LoadBalancing || self.role() == HaRole::Standby);
        self.partner.is_interrupted(now) && (!seen || self.partner.fails_clients())
    }

    fn wait_for_terminated(&self, now: Instant) -> Step {
        if self.partner.state_for(now) >= TERMINATED_PATIENCE {
            let minutes = TERMINATED_PATIENCE.as_secs() / 60;
            log::event!(HA_TERMINATED_PARTNER_DID_NOT_RESTART, server = self.name(), minutes = minutes);
            return Step::Go(HaState::Terminated);
        }
        log::event!(HA_TERMINATED_RESTART_PARTNER, server = self.name());
        Step::Stay
    }

    fn role(&self) -> HaRole {
        self.rules.this_server().role
    }

    fn name(&self) -> &str {
        &self.rules.this_server().name
    }
}

/// As messages show a state.
pub fn upper(state: impl Display) -> String {
    state.to_string().to_uppercase()
}
