//! From which state to which, by what the partner is at.

use super::group;
use crate::ha::machine::{Around, Cause, Machine, Task};
use crate::ha::partner::Report;
use dhcpd_config::parameters::hooks::HaState::{self, *};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// All states that a partner can be at.
const ALL: [HaState; 12] = [
    Backup,
    CommunicationRecovery,
    HotStandby,
    LoadBalancing,
    InMaintenance,
    PartnerDown,
    PartnerInMaintenance,
    PassiveBackup,
    Ready,
    Syncing,
    Terminated,
    Waiting,
];

use Outcome::{At, Does};

/// A server that is brought to a state by hand, and its clock.
struct Bench {
    machine: Machine,
    now: Instant,
    around: Around,
}

/// What came of a step.
#[derive(Debug, PartialEq)]
enum Outcome {
    At(HaState),
    Does(Task),
}

impl Bench {
    fn new(this: &str, mode: &str, more: Value) -> Self {
        let now = Instant::now();
        Self { machine: Machine::new(group(this, mode, &more), now), now, around: Around::default() }
    }

    /// In this state, with clients answered if the state says so.
    fn at(mut self, state: HaState) -> Self {
        if state != Waiting {
            self.machine.go(state, Cause::Heard);
        }
        self.around.serving = self.machine.serves();
        self
    }

    /// The partner answers a heartbeat; its clock is ahead by so many seconds.
    fn hears_ahead(&mut self, state: HaState, ahead: i64, unsent: u64) -> Outcome {
        let report = Report { state: Some(state), time: 1_000_000 + ahead, scopes: None, unsent: Some(unsent) };
        self.machine.partner.heard(report, 1_000_000, self.now);
        self.runs(Cause::Heard)
    }

    fn hears(&mut self, state: HaState) -> Outcome {
        self.hears_ahead(state, 0, 0)
    }

    /// The partner does not answer, after so many seconds.
    fn misses_after(&mut self, seconds: u64) -> Outcome {
        self.now += Duration::from_secs(seconds);
        self.machine.partner.set_state(None, self.now);
        self.runs(Cause::Heard)
    }

    fn runs(&mut self, cause: Cause) -> Outcome {
        match self.machine.run(cause, self.around, self.now) {
            Some(task) => Does(task),
            None => At(self.machine.state()),
        }
    }
}

/// The state that follows on each state of the partner; what is not named stays.
fn check(this: &str, mode: &str, from: HaState, table: &[(HaState, Outcome)]) {
    for partner in ALL {
        let mut bench = Bench::new(this, mode, json!({})).at(from);
        let expected = table.iter().find(|(state, _)| *state == partner).map(|(_, outcome)| outcome);
        assert_eq!(bench.hears(partner), *expected.unwrap_or(&At(from)), "{from}, and the partner is {partner}");
    }
}

#[test]
fn a_secondary_server_waits_for_the_primary_one() {
    let fetches = || Does(Task::Synchronize);
    check(
        "server2",
        "load-balancing",
        Waiting,
        &[
            (CommunicationRecovery, fetches()),
            (LoadBalancing, fetches()),
            (InMaintenance, fetches()),
            (PartnerDown, fetches()),
            (PartnerInMaintenance, fetches()),
            (Ready, fetches()),
        ],
    );
}

#[test]
fn a_primary_server_goes_first() {
    let fetches = || Does(Task::Synchronize);
    check(
        "server1",
        "hot-standby",
        Waiting,
        &[
            (HotStandby, fetches()),
            (InMaintenance, fetches()),
            (PartnerDown, fetches()),
            (PartnerInMaintenance, fetches()),
            (Ready, fetches()),
            (Waiting, fetches()),
        ],
    );
    let mut bench = Bench::new("server1", "hot-standby", json!({ "sync-leases": false })).at(Waiting);
    assert_eq!(bench.hears(Waiting), At(Ready));
}

#[test]
fn ready_servers_begin_their_work() {
    let common = || {
        vec![
            (LoadBalancing, At(LoadBalancing)),
            (CommunicationRecovery, At(LoadBalancing)),
            (InMaintenance, At(PartnerInMaintenance)),
            (PartnerInMaintenance, At(InMaintenance)),
            (Terminated, At(Terminated)),
            (HotStandby, At(Waiting)),
        ]
    };
    let mut primary = common();
    primary.push((Ready, At(LoadBalancing)));
    check("server2", "load-balancing", Ready, &common());
    check("server1", "load-balancing", Ready, &primary);
}

#[test]
fn at_work() {
    check(
        "server1",
        "load-balancing",
        LoadBalancing,
        &[
            // It cannot fetch from one that fetches: it waits again.
            (PartnerDown, Does(Task::Synchronize)),
            (InMaintenance, At(PartnerInMaintenance)),
            (PartnerInMaintenance, At(InMaintenance)),
            (Terminated, At(Terminated)),
            (HotStandby, At(Waiting)),
        ],
    );
}

#[test]
fn alone() {
    check(
        "server1",
        "hot-standby",
        PartnerDown,
        &[
            (Ready, At(HotStandby)),
            (PartnerDown, Does(Task::Synchronize)),
            (PartnerInMaintenance, Does(Task::Synchronize)),
            (CommunicationRecovery, At(Waiting)),
            (LoadBalancing, At(Waiting)),
            (Terminated, At(Terminated)),
        ],
    );
    // The partner gave leases that it told nobody of.
    let mut bench = Bench::new("server1", "hot-standby", json!({})).at(PartnerDown);
    assert_eq!(bench.hears_ahead(PartnerDown, 0, 1), Does(Task::Synchronize));
    let mut bench = Bench::new("server1", "hot-standby", json!({})).at(PartnerDown);
    assert_eq!(bench.hears_ahead(Ready, 0, 5), Does(Task::Synchronize));
}

#[test]
fn maintenance() {
    check("server1", "hot-standby", InMaintenance, &[]);
    check("server1", "hot-standby", PartnerInMaintenance, &[]);
    let mut bench = Bench::new("server1", "hot-standby", json!({})).at(PartnerInMaintenance);
    assert_eq!(bench.misses_after(1), At(PartnerDown));
    let mut bench = Bench::new("server1", "hot-standby", json!({})).at(HotStandby);
    bench.hears(PartnerInMaintenance);
    let before = bench.machine.previous();
    bench.machine.go(before, Cause::MaintenanceCancel);
    assert_eq!(bench.runs(Cause::MaintenanceCancel), At(HotStandby), "until it is heard what the partner is at now");
}

#[test]
fn a_partner_that_is_silent_is_down_in_the_end() {
    for state in [Waiting, Syncing, Ready, HotStandby] {
        let mut bench = Bench::new("server1", "hot-standby", json!({})).at(state);
        assert_eq!(bench.misses_after(60), At(state));
        assert_eq!(bench.misses_after(1), At(PartnerDown), "from {state}");
    }
}

#[test]
fn clients_of_the_partner_decide_whether_it_is_down() {
    let mut bench = Bench::new("server2", "hot-standby", json!({ "max-unacked-clients": 1 })).at(HotStandby);
    assert_eq!(bench.misses_after(61), At(HotStandby));
    bench.machine.partner.analyze(b"a", 10_001);
    assert_eq!(bench.runs(Cause::Heard), At(HotStandby));
    bench.machine.partner.analyze(b"b", 10_001);
    assert_eq!(bench.runs(Cause::Heard), At(PartnerDown));
    assert_eq!(bench.machine.scopes, 0b01, "it serves the clients of the primary one");

    let mut bench = Bench::new("server2", "hot-standby", json!({ "max-unacked-clients": 0 })).at(HotStandby);
    assert_eq!(bench.misses_after(61), At(PartnerDown));
}

#[test]
fn recovery_of_communication() {
    let mut bench = Bench::new("server1", "load-balancing", json!({})).at(LoadBalancing);
    assert_eq!(bench.misses_after(1), At(CommunicationRecovery));
    assert!(bench.machine.keeps_updates() && !bench.machine.updates_partner());
    assert_eq!(bench.hears(LoadBalancing), Does(Task::Catchup));
    assert_eq!(bench.hears(CommunicationRecovery), Does(Task::Catchup));
    assert_eq!(bench.hears(Waiting), At(CommunicationRecovery), "it will fetch leases");
    bench.around.overflown = true;
    assert_eq!(bench.hears(CommunicationRecovery), Does(Task::Reset));
    assert_eq!(bench.hears(Ready), Does(Task::Synchronize));

    let mut bench = Bench::new("server1", "load-balancing", json!({ "delayed-updates-limit": 0 })).at(LoadBalancing);
    assert_eq!(bench.misses_after(1), At(LoadBalancing));
}

#[test]
fn clocks_that_differ_end_it() {
    for (ahead, state) in [(60, HotStandby), (61, Terminated), (-60, HotStandby), (-61, Terminated)] {
        let mut bench = Bench::new("server1", "hot-standby", json!({})).at(HotStandby);
        assert_eq!(bench.hears_ahead(HotStandby, ahead, 0), At(state), "{ahead}");
    }
}

#[test]
fn refused_changes_end_it() {
    let mut bench = Bench::new("server1", "hot-standby", json!({ "max-rejected-lease-updates": 2 })).at(HotStandby);
    let now = bench.now;
    for client in [&b"a"[..], b"a"] {
        bench.machine.partner.reject(client, now);
    }
    assert_eq!(bench.hears(HotStandby), At(HotStandby), "one client, twice");
    bench.machine.partner.reject(b"b", now);
    assert_eq!(bench.hears(HotStandby), At(Terminated));
}

#[test]
fn a_restarted_server_waits_for_one_that_is_terminated() {
    let mut bench = Bench::new("server1", "hot-standby", json!({})).at(Waiting);
    assert_eq!(bench.hears(Terminated), At(Waiting));
    bench.now += Duration::from_secs(599);
    assert_eq!(bench.hears(Terminated), At(Waiting));
    bench.now += Duration::from_secs(1);
    assert_eq!(bench.hears(Terminated), At(Terminated));
}

#[test]
fn states_wait_for_an_operator() {
    let pause = json!({ "state-machine": { "states": [
        { "state": "waiting", "pause": "once" }, { "state": "ready", "pause": "always" }, { "state": "syncing" },
    ] } });
    let mut bench = Bench::new("server1", "hot-standby", pause).at(Waiting);
    assert_eq!(bench.hears(Ready), At(Waiting));
    assert!(bench.machine.resume() && !bench.machine.resume());
    assert_eq!(bench.hears(Ready), Does(Task::Synchronize));
    bench.machine.go(Waiting, Cause::Heard);
    assert!(!bench.machine.is_paused(), "once");
    for _ in 0..2 {
        bench.machine.go(Ready, Cause::Heard);
        assert_eq!(bench.hears(HotStandby), At(Ready));
    }
}

#[test]
fn servers_of_other_modes() {
    let mut backup = Bench::new("server2", "passive-backup", json!({})).at(Waiting);
    assert_eq!((backup.runs(Cause::Heard), backup.machine.scopes), (At(Backup), 0));
    let mut primary = Bench::new("server1", "passive-backup", json!({})).at(Waiting);
    assert_eq!((primary.runs(Cause::Heard), primary.machine.scopes), (At(PassiveBackup), 1));
    assert!(!primary.machine.beats() && !backup.machine.beats() && primary.machine.serves());
}

/// "Default behavior of the server in various HA states" of the manual: who serves, and whom.
#[test]
fn who_serves_whom() {
    let table = [
        (CommunicationRecovery, "load-balancing", true, [0b01, 0b10]),
        (HotStandby, "hot-standby", true, [0b01, 0]),
        (LoadBalancing, "load-balancing", true, [0b01, 0b10]),
        (InMaintenance, "load-balancing", false, [0, 0]),
        (PartnerDown, "load-balancing", true, [0b11, 0b11]),
        (PartnerDown, "hot-standby", true, [0b01, 0b01]),
        (PartnerInMaintenance, "load-balancing", true, [0b11, 0b11]),
        (Ready, "load-balancing", false, [0, 0]),
        (Syncing, "load-balancing", false, [0, 0]),
        (Terminated, "load-balancing", true, [0b01, 0b10]),
        (Terminated, "hot-standby", true, [0b01, 0]),
        (Waiting, "load-balancing", false, [0, 0]),
    ];
    for (state, mode, serves, scopes) in table {
        for (this, scopes) in ["server1", "server2"].into_iter().zip(scopes) {
            let bench = Bench::new(this, mode, json!({})).at(state);
            assert_eq!((bench.machine.serves(), bench.machine.scopes), (serves, scopes), "{this} in {state}");
        }
    }
}

#[test]
fn a_server_may_be_kept_from_taking_over() {
    let peers = json!({ "peers": [
        { "name": "server1", "url": "http://192.0.2.1/", "role": "primary", "auto-failover": false },
        { "name": "server2", "url": "http://192.0.2.2/", "role": "secondary" },
    ] });
    let mut bench = Bench::new("server1", "load-balancing", peers).at(PartnerDown);
    assert_eq!(bench.machine.scopes, 0b01);
    bench.machine.go(PartnerDown, Cause::MaintenanceStart);
    assert_eq!(bench.machine.scopes, 0b11, "but an operator may want it");
}
