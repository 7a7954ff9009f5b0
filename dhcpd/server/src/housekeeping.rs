//! What has to be done from time to time: reclaim expired leases, forget reclaimed ones, clean the lease file up.
//!
//! Three timers for all leases, never one for a lease.

use crate::family::{Family, Run};
use crate::messages::*;
use crate::plane::Plane;
use crate::worker::Protocol;
use dhcpd_config::common::ExpiredLeases;
use leases::StoreError;
use ncr::NameChangeRequest;
use std::future::pending;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;
use tokio::time::sleep;

/// Leases reclaimed or forgotten before this is made durable: a hundred kilobytes of rows.
pub const ROUND: usize = 1024;
/// Those of them that are dealt with while the store is held: some tens of microseconds.
const STEP: usize = 64;

/// When.
#[derive(Clone, Debug, Default)]
pub struct Schedule {
    /// `expired-leases-processing`.
    pub expired: ExpiredLeases,
    /// `lfc-interval`; zero: never.
    pub cleanup: Duration,
    /// The lease file is of an older layout and wants to be written anew at once.
    pub cleanup_now: bool,
}

/// Runs as long as the daemon does.
pub async fn run<F: Family>(
    plane: Plane<F>,
    mut schedule: watch::Receiver<Schedule>,
    d2: UnboundedSender<Vec<NameChangeRequest>>,
) {
    let mut keeper: Option<F::Protocol> = None;
    let mut reclaimer = Reclaimer::default();
    loop {
        let now = schedule.borrow_and_update().clone();
        let Some(run) = plane.run() else { return };
        let keeper = match &mut keeper {
            Some(keeper) => {
                plane.retire(keeper.configure(run.clone(), &[]));
                keeper
            }
            empty => empty.insert(plane.keeper(run.clone())),
        };
        let every = |seconds: u32| (seconds > 0).then(|| Duration::from_secs(seconds.into()));
        let mut reclaim = Timer::new("reclaim-expired-leases", every(now.expired.reclaim_interval));
        let mut forget = Timer::new("flush-reclaimed-leases", every(now.expired.flush_interval));
        if !now.cleanup.is_zero() && run.store.path().is_some() {
            log::event!(DHCPSRV_MEMFILE_LFC_SETUP, seconds = now.cleanup.as_secs());
        }
        let mut cleanup = Timer::new("memfile-lfc", (!now.cleanup.is_zero()).then_some(now.cleanup));
        if now.cleanup_now {
            cleanup.next = Some(Instant::now());
        }
        loop {
            tokio::select! {
                changed = schedule.changed() => {
                    log::event!(DHCPSRV_TIMERMGR_UNREGISTER_ALL_TIMERS);
                    match changed {
                        Ok(()) => break,
                        Err(_) => return,
                    }
                }
                () = reclaim.due() => {
                    if run.service.is_disabled() {
                        // A server that does not serve leaves leases alone, as in Kea: its partner may know better.
                        let seconds = now.expired.reclaim_interval;
                        match F::NUMBER {
                            4 => log::event!(DHCP4_RECLAIM_EXPIRED_LEASES_SKIPPED, seconds),
                            _ => log::event!(DHCP6_RECLAIM_EXPIRED_LEASES_SKIPPED, seconds),
                        }
                    } else {
                        reclaimer.reclaim(keeper, &now.expired).await;
                    }
                    if !keeper.name_changes().is_empty() {
                        let _ = d2.send(std::mem::take(keeper.name_changes()));
                    }
                    reclaim.again();
                }
                () = forget.due() => {
                    if !run.service.is_disabled() {
                        forget_reclaimed(keeper, now.expired.hold_time).await;
                    }
                    forget.again();
                }
                () = cleanup.due() => {
                    if run.service.begin_cleanup() {
                        clean_up(run.clone()).await;
                    }
                    cleanup.again();
                }
            }
        }
    }
}

/// Cleans the lease file up; [`begin_cleanup`](crate::commands::Service::begin_cleanup) was said.
pub async fn clean_up<F: Family>(run: Run<F>) {
    let store = run.store;
    let done = tokio::task::spawn_blocking(move || store.cleanup()).await;
    if let Ok(Err(error)) = done {
        log::event!(DHCPSRV_MEMFILE_LFC_FAILED, reason = error);
    }
    run.service.end_cleanup();
}

/// Says it under the identifier of the family, as Kea does.
macro_rules! say {
    ($protocol:ident: $v4:ident | $v6:ident $(, $name:ident = $value:expr)*) => {
        match $protocol::FAMILY {
            4 => log::event!($v4 $(, $name = $value)*),
            _ => log::event!($v6 $(, $name = $value)*),
        }
    };
}

/// How reclamation goes.
#[derive(Default)]
struct Reclaimer {
    /// Reclamations in a row that left expired leases.
    unfinished: u32,
}

impl Reclaimer {
    /// One reclamation, within its limits of leases and time.
    async fn reclaim<P: Protocol>(&mut self, keeper: &mut P, limits: &ExpiredLeases) {
        let (limit, timeout) = (limits.max_leases, limits.max_milliseconds);
        say!(P: ALLOC_ENGINE_V4_LEASES_RECLAMATION_START | ALLOC_ENGINE_V6_LEASES_RECLAMATION_START, limit = limit, timeout = timeout);
        match reclaim_expired(keeper, limits).await {
            Ok(true) => {
                self.unfinished = 0;
                say!(P: ALLOC_ENGINE_V4_NO_MORE_EXPIRED_LEASES | ALLOC_ENGINE_V6_NO_MORE_EXPIRED_LEASES);
            }
            Ok(false) => self.unfinished += 1,
            Err(error) => {
                say!(P: ALLOC_ENGINE_V4_LEASES_RECLAMATION_FAILED | ALLOC_ENGINE_V6_LEASES_RECLAMATION_FAILED, reason = &error);
            }
        }
        let count = limits.unwarned_cycles;
        if count > 0 && self.unfinished > count {
            say!(P: ALLOC_ENGINE_V4_LEASES_RECLAMATION_SLOW | ALLOC_ENGINE_V6_LEASES_RECLAMATION_SLOW, count = count);
            self.unfinished = 0;
        }
    }
}

/// Reclaims expired leases; whether none is left.
async fn reclaim_expired<P: Protocol>(keeper: &mut P, limits: &ExpiredLeases) -> Result<bool, StoreError> {
    let (start, timeout) = (Instant::now(), limits.max_milliseconds);
    let most = if limits.max_leases == 0 { usize::MAX } else { limits.max_leases as usize };
    let (mut done, mut more) = (0, true);
    while more && done < most {
        let (leases, left) = keeper.reclaim(ROUND.min(most - done), None)?;
        (done, more) = (done + leases, left);
        if more && timeout > 0 && start.elapsed() >= Duration::from_millis(timeout.into()) {
            say!(P: ALLOC_ENGINE_V4_LEASES_RECLAMATION_TIMEOUT | ALLOC_ENGINE_V6_LEASES_RECLAMATION_TIMEOUT, timeout = timeout);
            break;
        }
        tokio::task::yield_now().await;
    }
    let time = format_args!("{:.3?}", start.elapsed());
    say!(P: ALLOC_ENGINE_V4_LEASES_RECLAMATION_COMPLETE | ALLOC_ENGINE_V6_LEASES_RECLAMATION_COMPLETE, leases = done, time = time);
    Ok(!more)
}

/// Does up to `limit` of something in steps, each of which gets its own limit and tells how many it did, and whether there
/// may be more; the same of all.
pub fn in_steps(
    limit: usize,
    mut step: impl FnMut(usize) -> Result<(usize, bool), StoreError>,
) -> Result<(usize, bool), StoreError> {
    let (mut done, mut more) = (0, true);
    while more && done < limit {
        let (some, left) = step(STEP.min(limit - done))?;
        (done, more) = (done + some, left);
    }
    Ok((done, more))
}

/// Forgets leases that were reclaimed `hold` seconds ago.
async fn forget_reclaimed<P: Protocol>(keeper: &mut P, hold: u32) {
    say!(P: DHCPSRV_MEMFILE_DELETE_EXPIRED_RECLAIMED4 | DHCPSRV_MEMFILE_DELETE_EXPIRED_RECLAIMED6, seconds = hold);
    say!(P: ALLOC_ENGINE_V4_RECLAIMED_LEASES_DELETE | ALLOC_ENGINE_V6_RECLAIMED_LEASES_DELETE, seconds = hold);
    let mut forgotten = 0;
    let done = loop {
        match keeper.forget_reclaimed(hold, ROUND) {
            Ok(leases) => {
                forgotten += leases;
                if leases < ROUND {
                    break Ok(());
                }
            }
            Err(error) => break Err(error),
        }
        tokio::task::yield_now().await;
    };
    match done {
        Ok(()) => {
            say!(P: ALLOC_ENGINE_V4_RECLAIMED_LEASES_DELETE_COMPLETE | ALLOC_ENGINE_V6_RECLAIMED_LEASES_DELETE_COMPLETE, leases = forgotten);
        }
        Err(error) => {
            say!(P: ALLOC_ENGINE_V4_RECLAIMED_LEASES_DELETE_FAILED | ALLOC_ENGINE_V6_RECLAIMED_LEASES_DELETE_FAILED, reason = &error);
        }
    }
}

/// A period, and when it is over next; never, if there is no period.
struct Timer {
    name: &'static str,
    period: Option<Duration>,
    next: Option<Instant>,
}

impl Timer {
    fn new(name: &'static str, period: Option<Duration>) -> Self {
        let mut timer = Self { name, period, next: None };
        if let Some(period) = period {
            log::event!(DHCPSRV_TIMERMGR_REGISTER_TIMER, timer = name, interval = period.as_millis());
            log::event!(DHCPSRV_TIMERMGR_START_TIMER, timer = name);
        }
        timer.again();
        timer
    }

    fn again(&mut self) {
        self.next = self.period.map(|p| Instant::now() + p);
    }

    async fn due(&self) {
        match self.next {
            Some(next) => {
                sleep(next.saturating_duration_since(Instant::now())).await;
                log::event!(DHCPSRV_TIMERMGR_RUN_TIMER_OPERATION, timer = self.name);
            }
            None => pending().await,
        }
    }
}
