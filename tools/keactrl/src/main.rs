//! keactrl: starts, stops and asks the daemons.
//!
//! `keactrl start|stop|reload|status|version [-c FILE] [-s SERVER,...] [-- OPTION...]`. What it says and where it looks is
//! Kea's; see keactrl(8).

mod config;
mod daemons;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use config::Config;
use daemons::{DAEMONS, Daemon};
use lexopt::{Arg, Parser, ValueExt};
use nix::sys::signal::Signal;

/// The version of Kea that the daemons speak like.
const VERSION: &str = "3.3.1";

const USAGE: &str = "\
usage: keactrl command [-c keactrl-config-file] [-s server[,server,...]] [-- server-options]

commands: start stop reload status version
server-options: options to be passed to the servers.
                They will be combined with options in keactrl.conf file.
                example: -- -F -X
";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            println!("ERROR/keactrl: {reason}");
            ExitCode::FAILURE
        }
    }
}

/// What the command line asks for.
struct Call {
    command: String,
    config: PathBuf,
    /// Names of servers; none for all.
    servers: Vec<String>,
    /// Options for the servers.
    options: Vec<String>,
}

fn run() -> Result<(), String> {
    let Some(call) = call()? else { return Ok(()) };
    if !call.config.is_file() {
        return Err(format!("keactrl configuration file doesn't exist in {}.", call.config.display()));
    }
    let config = Config::read(&call.config)?;
    let chosen =
        || DAEMONS.iter().filter(|it| call.servers.is_empty() || call.servers.iter().any(|name| name == it.name));
    match call.command.as_str() {
        "start" => chosen().filter(|it| config.is_enabled(it)).for_each(|it| it.start(&config, &call.options)),
        "stop" => chosen().for_each(|it| it.signal(&config, Signal::SIGTERM, "Stopping")),
        "reload" => chosen().for_each(|it| it.signal(&config, Signal::SIGHUP, "Reloading")),
        "version" => {
            println!("keactrl: {VERSION}");
            chosen().for_each(|it| println!("{}: {}", it.process, it.version(&config)));
        }
        _ => return status(&config, &call.config),
    }
    Ok(())
}

/// Reads the command line; none if it only asks about keactrl itself.
fn call() -> Result<Option<Call>, String> {
    let mut parser = Parser::from_env();
    let wrong = |reason: String| format!("{reason}\n{USAGE}");
    let command = match parser.next().map_err(|error| wrong(error.to_string()))? {
        Some(Arg::Value(command)) => command.to_string_lossy().into_owned(),
        Some(Arg::Short('v') | Arg::Long("version")) => {
            println!("{VERSION}");
            return Ok(None);
        }
        Some(Arg::Short('V')) => {
            println!("{VERSION} (Takahe {})", env!("CARGO_PKG_VERSION"));
            return Ok(None);
        }
        Some(Arg::Short('h') | Arg::Long("help")) => {
            print!("{USAGE}");
            return Ok(None);
        }
        Some(other) => return Err(wrong(format!("invalid command: {}", other.unexpected()))),
        None => return Err(wrong("missing command".to_owned())),
    };
    if !["start", "stop", "reload", "status", "version"].contains(&command.as_str()) {
        return Err(format!("invalid command: {command}"));
    }
    let mut call = Call { command, config: config::default_path(), servers: Vec::new(), options: Vec::new() };
    read_options(&mut call, parser).map_err(|error| wrong(error.to_string()))?;
    match call.servers.iter().find(|name| !DAEMONS.iter().any(|it| it.name == **name)) {
        Some(unknown) => Err(format!("invalid server name: {unknown}")),
        None => Ok(Some(call)),
    }
}

fn read_options(call: &mut Call, mut parser: Parser) -> Result<(), lexopt::Error> {
    loop {
        if let Some(mut rest) = parser.try_raw_args()
            && rest.peek().is_some_and(|next| next == "--")
        {
            rest.next();
            call.options = rest.map(|option| option.string()).collect::<Result<_, _>>()?;
            return Ok(());
        }
        match parser.next()? {
            None => return Ok(()),
            Some(Arg::Short('c') | Arg::Long("ctrl-config")) => call.config = parser.value()?.into(),
            Some(Arg::Short('s') | Arg::Long("server")) => {
                let names = parser.value()?.string()?;
                call.servers = names.split([',', ' ']).filter(|it| !it.is_empty()).map(str::to_owned).collect();
                if call.servers.is_empty() {
                    return Err("servers not specified".into());
                }
                if call.servers.iter().any(|name| name == "all") {
                    call.servers.clear();
                }
            }
            Some(other) => return Err(other.unexpected()),
        }
    }
}

fn status(config: &Config, path: &std::path::Path) -> Result<(), String> {
    let colour = std::io::stdout().is_terminal();
    for daemon in &DAEMONS {
        let (state, code) = if daemon.running(config).is_some() { ("active", 92) } else { ("inactive", 91) };
        match colour {
            true => println!("{}: \x1b[{code}m{state}\x1b[0m", daemon.title),
            false => println!("{}: {state}", daemon.title),
        }
    }
    for daemon in &DAEMONS {
        println!("Kea {} configuration file: {}", daemon.short, config.file(daemon));
    }
    println!("keactrl configuration file: {}", path.display());
    let missing = |it: &&Daemon| !std::path::Path::new(&config.file(it)).is_file();
    match DAEMONS.iter().find(missing) {
        Some(daemon) if config.file(daemon).is_empty() => Err("Configuration file for Kea not specified.".to_owned()),
        Some(daemon) => Err(format!("Configuration file for Kea does not exist: {}.", config.file(daemon))),
        None => Ok(()),
    }
}
