//! `libdhcp_run_script.so`: a script hears of leases.
//!
//! The script is run by a thread of its own, with the name of the hook point as its argument and the facts in its environment;
//! a worker never waits for it. With `sync` the client's answer does: it leaves when the script is done.

mod environment;
pub mod messages;
mod runner;
mod v4;
mod v6;

use crate::Machine;
use crate::packets::Unfit;
use dhcpd_config::parameters::RunScriptRules;
use environment::Environment;
use messages::*;
use runner::{Job, Runner};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

/// The library at work.
#[derive(Debug)]
pub struct RunScript {
    runner: Runner,
    /// Answers wait until the script is done.
    sync: bool,
    /// Leases that are over are removed and not kept.
    remove: bool,
}

impl RunScript {
    /// By its parameters; `remove` if leases that are over are removed.
    pub(crate) fn new(rules: &RunScriptRules, machine: &Machine, remove: bool) -> Result<Self, Unfit> {
        let script = find(rules, machine).map_err(|reason| ("name", reason))?;
        let runner = Runner::start(script).map_err(|error| ("name", error.to_string()))?;
        Ok(Self { runner, sync: rules.sync, remove })
    }

    fn run(&self, point: &'static str, environment: Environment) {
        self.runner.run(Job { point, environment, reply: None });
    }
}

/// The script, if it is where scripts are, and one.
pub fn find(rules: &RunScriptRules, machine: &Machine) -> Result<PathBuf, String> {
    let invalid = |reason: String| format!("Invalid 'name' parameter: {reason}");
    let (path, warning) = (machine.scripts)(&rules.name).map_err(invalid)?;
    if let Some(reason) = warning {
        log::event!(RUN_SCRIPT_PATH_SECURITY_WARNING, reason);
    }
    let file = std::fs::metadata(&path).ok().filter(std::fs::Metadata::is_file);
    let Some(file) = file else { return Err(invalid(format!("File not found: {}", path.display()))) };
    match file.permissions().mode() & 0o100 {
        0 => Err(invalid(format!("File not executable: {}", path.display()))),
        _ => Ok(path),
    }
}
