//! kea-lfc: frees lease files of their history.
//!
//! Takahe's servers do this in process; this program is for servers of Kea's beside ours and for people. Its command line,
//! its files and their order, so that a cleanup that was interrupted can be taken up by whoever comes next, are Kea's; see
//! kea-lfc(8).

mod cleanup;
mod messages;
mod options;
mod pid;

use std::process::ExitCode;

use log::{Destination, Logger, Output, Outputs, Threshold};
use nix::sys::stat::{Mode, umask};
use options::Invocation;

/// The version of Kea that this speaks like.
const VERSION: &str = "3.3.1";
/// Name of the root logger.
const LOGGER: &str = "DhcpLFC";

fn main() -> ExitCode {
    let strict = Mode::S_IWGRP | Mode::S_IRWXO;
    umask(umask(strict) | strict);
    let options = match options::parse(std::env::args_os().skip(1)) {
        Invocation::Run(options) => options,
        Invocation::Print(text) => {
            println!("{text}");
            return ExitCode::SUCCESS;
        }
        Invocation::Usage => {
            eprintln!("{}", options::USAGE);
            return ExitCode::SUCCESS;
        }
        Invocation::Wrong(reason) => {
            eprintln!("Usage error: {reason}\n{}\nService failed: {reason}", options::USAGE);
            return ExitCode::FAILURE;
        }
    };
    if options.verbose {
        println!("{options}");
    }
    if let Err(reason) = start_logging(options.verbose) {
        eprintln!("Service failed: {reason}");
        return ExitCode::FAILURE;
    }
    // As with Kea's, what goes wrong from here on is in the log and not in the exit status.
    cleanup::run(&options);
    ExitCode::SUCCESS
}

/// To the console if `verbose`, else to the system's log; what the log does not take is better told than lost.
fn start_logging(verbose: bool) -> Result<(), String> {
    log::start(LOGGER, false)?;
    let open = |destination: &str| {
        let outputs = vec![Output { destination: Destination::parse(destination), pattern: String::new() }];
        let logger = Logger { name: LOGGER.to_owned(), threshold: Some(Threshold::Info), outputs };
        Outputs::open(LOGGER, false, &[logger])
    };
    let outputs = if verbose { open("stdout") } else { open("syslog").or_else(|_| open("stderr")) };
    outputs.map(Outputs::apply).map_err(|error| error.reason)
}
