//! The basic scenario: exchanges at a rate, until one of the limits is reached.

use crate::link::{Receiver, now};
use crate::pace::Pace;
use crate::protocol::{Again, Protocol};
use crate::report;
use crate::trial::{FIRST, SECOND, Trial};
use std::time::{Duration, Instant};

/// An interruption is noticed after so long.
const TURN: Duration = Duration::from_millis(50);

/// Runs it; the counter of turns in which nothing was due.
pub(crate) fn run<P: Protocol>(trial: &mut Trial<'_, P>, receiver: &mut Receiver) -> Result<u64, String> {
    let options = trial.options;
    let start = Instant::now();
    let mut paces = [options.rate, options.renew_rate, options.release_rate].map(|rate| Pace::new(rate, start));
    let (mut reported, mut tidied, mut short_waits) = (start, start, 0);
    let mut end: Option<Instant> = None;
    loop {
        let received = trial.receive(receiver)?;
        let now = Instant::now();
        if trial.is_interrupted() {
            return Ok(short_waits);
        }
        if end.is_none()
            && let Some(reason) = limit(trial)
        {
            if options.shows('e') {
                println!("{reason}");
            }
            end = Some(now + options.exit_wait);
        }
        let due = match end {
            Some(end) if now >= end || trial.waiting() == 0 => return Ok(short_waits),
            Some(_) => 0,
            None => send(trial, &mut paces, now)?,
        };
        if due == 0 {
            short_waits += 1;
        }
        if options.report > 0 && now.duration_since(reported).as_secs() >= options.report.into() {
            report::interim(trial);
            reported = now;
        }
        if now.duration_since(tidied) >= Duration::from_secs(1) {
            trial.forget();
            tidied = now;
        }
        if received == 0 && due == 0 {
            let rest = match end {
                Some(end) => end.duration_since(now),
                None => paces[0].rest(now),
            };
            receiver.wait(rest.min(TURN))?;
        }
    }
}

/// Sends what is due; how many exchanges were begun.
fn send<P: Protocol>(trial: &mut Trial<'_, P>, paces: &mut [Pace; 3], now: Instant) -> Result<u64, String> {
    let options = trial.options;
    let left = match (options.requests.first(), &trial.exchanges[FIRST]) {
        (Some(limit), Some(first)) => u64::from(*limit).saturating_sub(first.sent),
        _ => u64::MAX,
    };
    let due = paces[0].due(now).min(left);
    trial.begin(due, true)?;
    for (pace, rate, why) in [(1, options.renew_rate, Again::Renew), (2, options.release_rate, Again::Release)] {
        if rate > 0 {
            trial.again(why, paces[pace].due(now))?;
        }
    }
    trial.flush()?;
    Ok(due)
}

/// Which limit is reached, in the words of `-x e`.
fn limit<P: Protocol>(trial: &mut Trial<'_, P>) -> Option<&'static str> {
    let options = trial.options;
    if options.period != 0 && trial.started.elapsed().as_secs() >= options.period.into() {
        return Some("reached test-period.");
    }
    let now = now();
    for kind in [FIRST, SECOND] {
        let Some(exchanges) = &mut trial.exchanges[kind] else { continue };
        if options.requests.get(kind).is_some_and(|limit| exchanges.sent >= u64::from(*limit)) {
            return Some("Reached max requests limit.");
        }
        // Only what was given up is lost; the rest may be answered yet.
        exchanges.collect(now);
        if options.max_drops.get(kind).is_some_and(|limit| exchanges.collected >= u64::from(*limit)) {
            return Some("Reached maximum drops number.");
        }
        let percent = 100.0 * exchanges.collected as f64 / exchanges.sent as f64;
        if exchanges.sent > 10 && options.max_drop_percent.get(kind).is_some_and(|limit| percent >= *limit) {
            return Some("Reached maximum percentage of drops.");
        }
    }
    None
}
