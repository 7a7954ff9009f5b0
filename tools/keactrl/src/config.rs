//! keactrl.conf: a piece of shell that sets variables.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::daemons::{DAEMONS, Daemon};

/// The variables that keactrl.conf sets, by name.
pub(crate) struct Config {
    variables: HashMap<String, String>,
}

impl Config {
    /// Lets the shell read the file: it is the only one who knows what stands there.
    pub(crate) fn read(path: &Path) -> Result<Config, String> {
        let names = DAEMONS.iter().flat_map(Daemon::variables).chain(["kea_verbose".to_owned()]);
        let names: Vec<_> = names.collect();
        // A name without a slash would be looked for in PATH.
        let path = std::path::absolute(path).map_err(|error| error.to_string())?;
        let output =
            Command::new("/bin/sh").arg("-c").arg(SCRIPT).arg(&path).args(&names).stderr(Stdio::inherit()).output();
        let output = output.map_err(|error| format!("cannot run /bin/sh: {error}"))?;
        if !output.status.success() {
            return Err(format!("cannot read {}", path.display()));
        }
        let text = String::from_utf8_lossy(&output.stdout);
        let pairs = text.split('\0').filter_map(|pair| pair.split_once('='));
        let config = Config { variables: pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect() };
        match DAEMONS.iter().find(|it| config.binary(it).is_empty()) {
            Some(daemon) => Err(format!("{}_srv parameter not specified", daemon.name)),
            None => Ok(config),
        }
    }

    /// Whether the daemon is to be started.
    pub(crate) fn is_enabled(&self, daemon: &Daemon) -> bool {
        self.variable(daemon.name).eq_ignore_ascii_case("yes")
    }

    /// The daemon's program.
    pub(crate) fn binary(&self, daemon: &Daemon) -> String {
        self.variable(&format!("{}_srv", daemon.name))
    }

    /// The daemon's configuration file.
    pub(crate) fn file(&self, daemon: &Daemon) -> String {
        self.variable(&format!("kea_{}_config_file", daemon.name))
    }

    /// The options of a daemon: those that were given, then those in keactrl.conf that were not.
    pub(crate) fn options(&self, daemon: &Daemon, given: &[String]) -> Vec<String> {
        let mut options = Vec::new();
        if self.variable("kea_verbose") == "yes" && !given.iter().any(|it| it == "-d") {
            options.push("-d".to_owned());
        }
        options.extend_from_slice(given);
        for option in self.variable(&format!("{}_cli_options", daemon.name)).split_whitespace() {
            if !options.iter().any(|it| it == option) {
                options.push(option.to_owned());
            }
        }
        options
    }

    fn variable(&self, name: &str) -> String {
        self.variables.get(name).cloned().unwrap_or_default()
    }
}

/// Reads the file, which is $0, and prints the variables whose names are the arguments.
const SCRIPT: &str = r#"
names="$*"
set --
. "$0" >&2 || exit 1
for name in $names; do eval "printf '%s=%s\0' \"$name\" \"\${$name-}\""; done
"#;

/// Where keactrl.conf is unless it is told: in the tree that this program is installed in.
pub(crate) fn default_path() -> PathBuf {
    let program = std::env::current_exe().unwrap_or_default();
    match program.parent().and_then(Path::parent) {
        Some(prefix) if prefix != Path::new("/usr") && prefix != Path::new("/") => prefix.join("etc/kea/keactrl.conf"),
        _ => PathBuf::from("/etc/kea/keactrl.conf"),
    }
}
