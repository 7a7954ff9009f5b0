//! `libdhcp_run_script.so`: a script hears of leases.

use super::{Library, Load, Loading};
use schema::{Given, Scope};

/// Parameters of `libdhcp_run_script.so`, which tells a script of leases.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct RunScript {
    /// The script: its name in the folder of scripts, or the path to it.
    #[param(required)]
    pub name: Given<String>,
    /// Whether the client's answer waits until the script is done.
    #[param(default = false)]
    pub sync: Given<bool>,
}

/// What the library works with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunScriptRules {
    /// The script as it was written.
    pub name: String,
    /// Answers wait until it is done.
    pub sync: bool,
}

impl Load for RunScript {
    const FILE: &'static str = "libdhcp_run_script.so";

    fn resolve(&self, _: &mut Loading<'_>) -> Library {
        let name = self.name.as_ref().map(|name| name.value.clone()).unwrap_or_default();
        Library::RunScript(RunScriptRules { name, sync: self.sync() })
    }
}
