//! What is told: interim and final figures, in the layout that scripts know from Kea.

use crate::avalanche::Outcome;
use crate::exchanges::{Exchanges, Micros};
use crate::options::Options;
use crate::protocol::Protocol;
use crate::trial::{FIRST, SECOND, Trial};
use std::time::Duration;

/// One line of figures (`-t`).
pub(crate) fn interim<P: Protocol>(trial: &Trial<'_, P>) {
    let separator = trial.options.separator.as_deref();
    let all = |figure: fn(&Exchanges) -> u64| {
        let figures: Vec<String> = trial.exchanges.iter().flatten().map(|it| figure(it).to_string()).collect();
        figures.join(separator.unwrap_or("/"))
    };
    let figures = [all(|it| it.sent), all(|it| it.received), all(Exchanges::drops), all(|it| it.rejected)];
    match separator {
        Some(separator) => println!("{}", figures.join(separator)),
        None => {
            let [sent, received, drops, rejected] = figures;
            println!("sent: {sent}; received: {received}; drops: {drops}; rejected: {rejected}");
        }
    }
}

/// The report in the end. `short_waits`: turns in which nothing was due.
pub(crate) fn last<P: Protocol>(trial: &Trial<'_, P>, short_waits: u64) {
    rate(trial);
    for exchanges in trial.exchanges.iter().flatten() {
        println!("***Statistics for: {}***", exchanges.title);
        statistics(exchanges);
        println!();
    }
    if trial.options.shows('i') {
        println!("Short waits for packets: {short_waits}");
    }
}

fn rate<P: Protocol>(trial: &Trial<'_, P>) {
    let options = trial.options;
    let kind = if options.half { FIRST } else { SECOND };
    let received = trial.exchanges[kind].as_ref().map_or(0, |it| it.received);
    let rate = received as f64 / trial.started.elapsed().as_secs_f64();
    println!("***Rate statistics***");
    print!("Rate: {} {}/second", general(rate), exchange_name(options));
    if options.rate > 0 {
        println!(", expected rate: {}", options.rate);
    }
    println!();
    println!("***Malformed Packets***");
    println!("Malformed packets: {}", trial.malformed);
}

fn exchange_name(options: &Options) -> &'static str {
    match (options.half, options.is_v6(), options.rapid_commit) {
        (false, ..) => "4-way exchanges",
        (true, false, _) => "DISCOVER-OFFER",
        (true, true, true) => "Solicit-Reply",
        (true, true, false) => "Solicit-Advertise",
    }
}

fn statistics(it: &Exchanges) {
    println!("sent packets: {}", it.sent);
    println!("received packets: {}", it.received);
    println!("drops: {}", it.drops());
    println!("drops ratio: {} %", general(100.0 * it.drops() as f64 / it.sent as f64));
    println!("orphans: {}", it.orphans);
    println!("rejected leases: {}", it.rejected);
    println!("non unique addresses: {}", it.not_unique);
    println!();
    match it.summary() {
        Some(summary) => {
            println!("min delay: {:.3} ms", summary.least);
            println!("avg delay: {:.3} ms", summary.mean);
            println!("max delay: {:.3} ms", summary.most);
            println!("std deviation: {:.3} ms", summary.deviation);
        }
        None => ["min delay", "avg delay", "max delay", "std deviation"].iter().for_each(|it| println!("{it}: n/a")),
    }
    println!("collected packets: {}", it.collected);
}

/// What `-x` asks for behind the figures.
pub(crate) fn diagnostics<P: Protocol>(trial: &Trial<'_, P>) {
    let shows = |letter| trial.options.shows(letter);
    if shows('t') {
        for exchanges in trial.exchanges.iter().flatten() {
            println!("***Timestamps for packets: {}***", exchanges.title);
            times(exchanges, trial.started_at);
            println!();
        }
    }
    if shows('s')
        && let Some(server) = trial.protocol.first_server()
    {
        println!("Server id: {}", hex(&server));
    }
    if shows('e') {
        println!("Interrupted");
    }
}

fn times(exchanges: &Exchanges, start: Micros) {
    let Some(times) = &exchanges.times else { return };
    if times.is_empty() {
        println!("Unavailable! No packets received.");
    }
    for (sent, received) in times {
        println!(
            "sent / received: {} / {}",
            compact(sent.saturating_sub(start)),
            compact(received.saturating_sub(start))
        );
    }
}

/// The first message of each kind as it was sent (`-x T`).
pub(crate) fn templates<P: Protocol>(trial: &Trial<'_, P>) {
    let (firsts, [server, time, address]) = trial.protocol.offsets();
    for (stage, (xid, random)) in firsts.into_iter().enumerate() {
        println!("xid-offset={xid}");
        println!("random-offset={random}");
        if stage == SECOND {
            println!("srvid-offset={server}");
            println!("time-offset={time}");
            println!("ip-offset={address}");
        }
        println!("contents: ");
        let digits = hex(trial.specimens[stage].as_deref().unwrap_or_default());
        for (line, digits) in digits.as_bytes().chunks(32).enumerate() {
            println!("{:04x}   {}", line * 32, String::from_utf8_lossy(digits));
        }
        println!();
    }
}

/// The leases that were given (`-x l`).
pub(crate) fn leases<P: Protocol>(trial: &Trial<'_, P>) {
    for exchanges in trial.exchanges.iter().flatten() {
        println!("***Leases for {}***", exchanges.title);
        println!("client_id,adrress,prefix");
        exchanges.leases.iter().flatten().for_each(|line| println!("{line}"));
        println!("\n");
    }
}

/// One look for messages to repeat (avalanche).
pub(crate) fn repeated(title: &str, still: usize, sent: u64, retrying: usize) {
    let now = chrono::Utc::now().format("%Y-%b-%d %H:%M:%S%.6f");
    println!("{now} {title}: still waiting for {still} answers, resent {sent}, retrying {retrying}");
}

/// What the avalanche took.
pub(crate) fn avalanche<P: Protocol>(trial: &Trial<'_, P>, outcome: &Outcome) {
    let both = || [FIRST, SECOND].into_iter().filter_map(|kind| trial.exchanges[kind].as_ref());
    let sent: u64 = both().map(|it| it.sent).sum();
    println!("It took {} to provision {} clients. ", clock(outcome.took), trial.options.clients);
    println!("Requests sent + resent: {}", sent + outcome.repeated);
    println!("Requests resent: {}", outcome.repeated);
    println!("Responses received: {}", both().map(|it| it.received).sum::<u64>());
}

fn hex(bytes: &[u8]) -> String {
    wire::hex::Plain(bytes).to_string().to_lowercase()
}

/// `01:02:03.000004`.
fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    format!("{:02}:{:02}:{:02}.{:06}", seconds / 3600, seconds / 60 % 60, seconds % 60, time.subsec_micros())
}

/// `010203.000004` (ISO 8601, basic).
fn compact(micros: Micros) -> String {
    clock(Duration::from_micros(micros)).replace(':', "")
}

/// A number as C++ streams and printf's `%g` print it: six digits that count, no zeros behind them.
fn general(number: f64) -> String {
    const DIGITS: i32 = 6;
    if number.is_nan() {
        return "-nan".to_owned(); // what 0 / 0 gives there
    }
    if number == 0.0 {
        return "0".to_owned();
    }
    let scientific = format!("{number:.*e}", DIGITS as usize - 1);
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let trim = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    };
    if (-4..DIGITS).contains(&exponent) {
        return trim(&format!("{number:.*}", (DIGITS - 1 - exponent) as usize));
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{}e{sign}{:02}", trim(mantissa), exponent.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_six_digits() {
        let cases = [
            (0.0, "0"),
            (100.0, "100"),
            (9.98765432, "9.98765"),
            (33.333333333, "33.3333"),
            (123456.7, "123457"),
            (999999.5, "1e+06"),
            (1234567.0, "1.23457e+06"),
            (0.00012345, "0.00012345"),
            (0.000012345, "1.2345e-05"),
            (f64::NAN, "-nan"),
        ];
        for (number, text) in cases {
            assert_eq!(general(number), text);
        }
    }

    #[test]
    fn times_are_readable() {
        assert_eq!(clock(Duration::from_micros(3_723_000_004)), "01:02:03.000004");
        assert_eq!(compact(3_723_000_004), "010203.000004");
    }
}
