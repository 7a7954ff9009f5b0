//! perfdhcp: loads a DHCP server with exchanges and measures its answers.
//!
//! Command line, reports and exit codes are those of Kea's program of that name; see perfdhcp(8). It sends and receives
//! in batches, and takes the time of an answer from the kernel.

mod avalanche;
mod basic;
mod clients;
mod exchanges;
mod link;
mod options;
mod pace;
mod protocol;
mod report;
mod template;
mod trial;
mod v4;
mod v6;

use link::Link;
use nix::sys::signal::{SigSet, Signal};
use options::{Invocation, Options, Scenario};
use options::{announce, check, print, read};
use protocol::Protocol;
use std::net::IpAddr;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::{self, available_parallelism};
use trial::Trial;
use v4::V4;
use v6::V6;

/// The version of Kea that it behaves like.
const VERSION: &str = "3.3.1";
/// 2000-01-01, seconds since the epoch: DUIDs count from there (RFC 8415 §11.2).
const DUID_EPOCH: u64 = 946_684_800;
/// Some exchange was not completed.
const INCOMPLETE: u8 = 3;

fn main() -> ExitCode {
    let interfaces = net::interfaces().unwrap_or_default();
    let options = match command_line(&interfaces) {
        Ok(Some(options)) => options,
        Ok(None) => return ExitCode::SUCCESS,
        Err(reason) => {
            print!("{}", options::USAGE);
            eprintln!("\nERROR: parsing command line options: {reason}");
            return ExitCode::FAILURE;
        }
    };
    match run(&options, &interfaces) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(INCOMPLETE),
        Err(reason) => {
            eprintln!("\nERROR: running perfdhcp: {reason}");
            ExitCode::FAILURE
        }
    }
}

/// Reads the command line; none if it asks about the program only.
fn command_line(interfaces: &[net::Interface]) -> Result<Option<Options>, String> {
    let processors = available_parallelism().map_or(1, usize::from);
    let names: Vec<&str> = interfaces.iter().map(|it| it.name.as_str()).collect();
    let seconds = (link::now() / 1_000_000).saturating_sub(DUID_EPOCH) as u32;
    match read(std::env::args_os().skip(1), processors, &names, seconds)? {
        Invocation::Print(text) => {
            print!("{text}");
            Ok(None)
        }
        Invocation::Run(mut options) => {
            announce(&options);
            check(&mut options, processors)?;
            Ok(Some(*options))
        }
    }
}

/// Whether all was answered.
fn run(options: &Options, interfaces: &[net::Interface]) -> Result<bool, String> {
    let link = Link::open(options, interfaces)?;
    if options.shows('a') {
        print(options);
    }
    let interrupted = interruption()?;
    match link.local() {
        IpAddr::V4(local) => play(Trial::new(options, V4::new(options, local)?, link, interrupted)),
        IpAddr::V6(local) => play(Trial::new(options, V6::new(options, local)?, link, interrupted)),
    }
}

fn play<P: Protocol>(mut trial: Trial<'_, P>) -> Result<bool, String> {
    let options = trial.options;
    trial.begin(options.preload.into(), false)?;
    trial.flush()?;
    wrapped(options, "start")?;
    let mut receiver = trial.link.receiver(!options.single_thread).map_err(|error| error.to_string())?;
    if options.scenario == Scenario::Avalanche {
        let outcome = avalanche::run(&mut trial, &mut receiver)?;
        report::last(&trial, 0);
        report::diagnostics(&trial);
        if options.shows('l') {
            report::leases(&trial);
        }
        report::avalanche(&trial, &outcome);
        return Ok(true);
    }
    let short_waits = basic::run(&mut trial, &mut receiver)?;
    report::last(&trial, short_waits);
    wrapped(options, "stop")?;
    report::diagnostics(&trial);
    if options.shows('T') {
        report::templates(&trial);
    }
    if options.shows('l') {
        report::leases(&trial);
    }
    Ok(trial.exchanges.iter().flatten().all(|it| it.drops() == 0))
}

/// Starts the program of `-w`, and does not wait for it.
fn wrapped(options: &Options, what: &str) -> Result<(), String> {
    match &options.wrapped {
        Some(program) => Command::new(program)
            .arg(what)
            .spawn()
            .map(|_| ())
            .map_err(|error| format!("cannot run {program}: {error}")),
        None => Ok(()),
    }
}

/// What ^C sets: the test ends with its report.
fn interruption() -> Result<Arc<AtomicBool>, String> {
    let interrupts = SigSet::from(Signal::SIGINT);
    // All threads inherit this: the signal is for the one that waits for it.
    interrupts.thread_block().map_err(|error| error.to_string())?;
    let interrupted = Arc::new(AtomicBool::new(false));
    let flag = interrupted.clone();
    let wait = move || {
        if interrupts.wait().is_ok() {
            flag.store(true, Relaxed);
        }
    };
    thread::Builder::new().name("signals".into()).spawn(wait).map_err(|error| error.to_string())?;
    Ok(interrupted)
}
