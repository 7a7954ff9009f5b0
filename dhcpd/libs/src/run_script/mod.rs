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
        let script = find(rules, machine)?;
        let runner = Runner::start(script).map_err(|error| ("name", error.to_string()))?;
        Ok(Self { runner, sync: rules.sync, remove })
    }

    fn run(&self, point: &'static str, environment: Environment) {
        self.runner.run(Job { point, environment, reply: None });
    }
}

/// The script, if it is where scripts are, and one.
pub(crate) fn find(rules: &RunScriptRules, machine: &Machine) -> Result<PathBuf, Unfit> {
    let found = machine.script(&rules.name);
    let (path, warning) = found.map_err(|reason| ("name", format!("Invalid 'name' parameter: {reason}")))?;
    if let Some(reason) = warning {
        log::event!(RUN_SCRIPT_PATH_SECURITY_WARNING, reason);
    }
    Ok(path)
}
