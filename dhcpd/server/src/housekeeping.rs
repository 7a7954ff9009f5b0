//! What has to be done from time to time: reclaim expired leases, forget reclaimed ones, clean the lease file up.
//!
//! Three timers for all leases, never one for a lease.

use crate::messages::*;
use crate::plane::{Family, Plane};
use crate::worker::Protocol;
use dhcpd_config::common::ExpiredLeases;
use ncr::NameChangeRequest;
use std::future::pending;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;
use tokio::time::sleep;

/// Leases reclaimed while the store is held: some tens of microseconds.
const STEP: usize = 64;
/// Reclaimed leases forgotten in one go.
const FORGET: usize = 256;

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
    let mut unfinished = 0;
    loop {
        let now = schedule.borrow_and_update().clone();
        let Some(run) = plane.run() else { return };
        let keeper = match &mut keeper {
            Some(keeper) => {
                keeper.configure(run.clone(), &[]);
                keeper
            }
            empty => empty.insert(plane.keeper(run.clone())),
        };
        let every = |seconds: u32| (seconds > 0).then(|| Duration::from_secs(seconds.into()));
        let mut reclaim = Timer::new(every(now.expired.reclaim_interval));
        let mut forget = Timer::new(every(now.expired.flush_interval));
        if !now.cleanup.is_zero() && run.store.path().is_some() {
            log::event!(DHCPSRV_MEMFILE_LFC_SETUP, seconds = now.cleanup.as_secs());
        }
        let mut cleanup = Timer::new((!now.cleanup.is_zero()).then_some(now.cleanup));
        if now.cleanup_now {
            cleanup.next = Some(Instant::now());
        }
        loop {
            tokio::select! {
                changed = schedule.changed() => match changed {
                    Ok(()) => break,
                    Err(_) => return,
                },
                () = reclaim.due() => {
                    let finished = reclaim_expired(keeper, &now.expired).await;
                    unfinished = if finished { 0 } else { unfinished + 1 };
                    if unfinished > now.expired.unwarned_cycles && now.expired.unwarned_cycles > 0 {
                        log::event!(ALLOC_ENGINE_LEASES_RECLAMATION_SLOW, count = unfinished);
                        unfinished = 0;
                    }
                    if !keeper.name_changes().is_empty() {
                        let _ = d2.send(std::mem::take(keeper.name_changes()));
                    }
                    reclaim.again();
                }
                () = forget.due() => {
                    if let Err(reason) = keeper.forget_reclaimed(now.expired.hold_time, FORGET).and_then(|_| keeper.sync()) {
                        log::event!(ALLOC_ENGINE_LEASES_RECLAMATION_FAILED, reason = format_args!("{reason:?}"));
                    }
                    forget.again();
                }
                () = cleanup.due() => {
                    let store = run.store.clone();
                    let done = tokio::task::spawn_blocking(move || store.cleanup()).await;
                    if let Ok(Err(error)) = done {
                        log::event!(DHCPSRV_MEMFILE_LFC_FAILED, reason = error);
                    }
                    cleanup.again();
                }
            }
        }
    }
}

/// One reclamation, within its limits of leases and time; whether there is nothing more to reclaim.
async fn reclaim_expired<P: Protocol>(keeper: &mut P, limits: &ExpiredLeases) -> bool {
    let start = Instant::now();
    let most = if limits.max_leases == 0 { usize::MAX } else { limits.max_leases as usize };
    let mut done = 0;
    while done < most {
        match keeper.reclaim(STEP.min(most - done)) {
            Ok((_, false)) => break,
            Ok((leases, true)) => done += leases,
            Err(reason) => {
                log::event!(ALLOC_ENGINE_LEASES_RECLAMATION_FAILED, reason = format_args!("{reason:?}"));
                return false;
            }
        }
        if limits.max_milliseconds > 0 && start.elapsed() >= Duration::from_millis(limits.max_milliseconds.into()) {
            return false;
        }
        tokio::task::yield_now().await;
    }
    let _ = keeper.sync(); // its failure is logged by the store, and the rows are tried again with the next batch
    done < most
}

/// A period, and when it is over next; never, if there is no period.
struct Timer {
    period: Option<Duration>,
    next: Option<Instant>,
}

impl Timer {
    fn new(period: Option<Duration>) -> Self {
        let mut timer = Self { period, next: None };
        timer.again();
        timer
    }

    fn again(&mut self) {
        self.next = self.period.map(|p| Instant::now() + p);
    }

    async fn due(&self) {
        match self.next {
            Some(next) => sleep(next.saturating_duration_since(Instant::now())).await,
            None => pending().await,
        }
    }
}
