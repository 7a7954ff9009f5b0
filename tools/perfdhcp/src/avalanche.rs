//! The avalanche: all clients ask at once, and each again after longer and longer times until it is served.

use crate::link::{Receiver, now};
use crate::protocol::Protocol;
use crate::report;
use crate::trial::{FIRST, SECOND, Trial};
use std::time::{Duration, Instant};

/// How often it is looked who has to ask again.
const LOOK: Duration = Duration::from_millis(200);
const TURN: Duration = Duration::from_millis(50);
/// Messages that are sent before answers are read.
const BURST: u64 = 256;
/// Longest time between two messages of a client, seconds (RFC 2131 §4.1).
const LONGEST: u64 = 64;

/// What it took.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) took: Duration,
    pub(crate) repeated: u64,
}

/// Runs it until everybody is served.
pub(crate) fn run<P: Protocol>(trial: &mut Trial<'_, P>, receiver: &mut Receiver) -> Result<Outcome, String> {
    trial.repeats = true;
    let start = Instant::now();
    let mut left = u64::from(trial.options.clients);
    while left > 0 {
        trial.begin(left.min(BURST), true)?;
        trial.flush()?;
        left = left.saturating_sub(BURST);
        trial.receive(receiver)?;
    }
    let (mut looked, mut repeated) = (Instant::now(), 0);
    while !trial.is_interrupted() {
        receiver.wait(TURN)?;
        trial.receive(receiver)?;
        if looked.elapsed() < LOOK {
            continue;
        }
        looked = Instant::now();
        for kind in [FIRST, SECOND] {
            repeated += repeat(trial, kind)?;
        }
        if trial.waiting() == 0 {
            break;
        }
    }
    Ok(Outcome { took: start.elapsed(), repeated })
}

/// Sends again what has waited long enough; how many messages.
fn repeat<P: Protocol>(trial: &mut Trial<'_, P>, kind: usize) -> Result<u64, String> {
    let now = now();
    let Some(exchanges) = &mut trial.exchanges[kind] else { return Ok(0) };
    let title = exchanges.title;
    let (mut sent, mut retrying) = (0, 0);
    let waiting = exchanges.waiting();
    let still = waiting.len();
    for it in waiting {
        let random = trial.clients.any(2_000_000) as u64;
        if now.saturating_sub(it.sent) > back_off(it.repeated, random)
            && let Some(message) = &it.message
        {
            it.repeated += 1;
            trial.out.buffer().extend_from_slice(message);
            trial.out.push(&trial.link);
            sent += 1;
            if trial.out.is_full() {
                trial.out.flush(&trial.link)?;
            }
        }
        retrying += usize::from(it.repeated > 0);
    }
    trial.out.flush(&trial.link)?;
    if sent > 0 {
        report::repeated(title, still, sent, retrying);
    }
    Ok(sent)
}

/// Microseconds after the first message when a client that asked again so often does so once more: 1, 2, 4 and so on up
/// to 64 seconds, one more or less. `random` is below 2,000,000.
fn back_off(repeated: u32, random: u64) -> u64 {
    let seconds = 1u64.checked_shl(repeated).unwrap_or(LONGEST).min(LONGEST);
    (seconds * 1_000_000 + random).saturating_sub(1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_wait_longer_and_longer() {
        let seconds = |repeated| back_off(repeated, 1_000_000) / 1_000_000;
        assert_eq!([0, 1, 2, 5, 6, 7, 63, 64, 1000].map(seconds), [1, 2, 4, 32, 64, 64, 64, 64, 64]);
        assert_eq!((back_off(1, 0), back_off(1, 1_999_999)), (1_000_000, 2_999_999));
    }
}
