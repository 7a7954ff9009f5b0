//! The daemons, and what can be done with each.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::config::Config;

/// A daemon as keactrl knows it.
pub(crate) struct Daemon {
    /// With `-s` and in the names of variables.
    pub(crate) name: &'static str,
    /// Name of its process in `version`.
    pub(crate) process: &'static str,
    /// In `status`.
    pub(crate) title: &'static str,
    /// In `status`, before "configuration file".
    pub(crate) short: &'static str,
}

/// All of them, in the order in which they are started.
pub(crate) const DAEMONS: [Daemon; 4] = [
    Daemon { name: "dhcp4", process: "kea-dhcp4", title: "DHCPv4 server", short: "DHCPv4" },
    Daemon { name: "dhcp6", process: "kea-dhcp6", title: "DHCPv6 server", short: "DHCPv6" },
    Daemon { name: "dhcp_ddns", process: "kea-dhcp-ddns", title: "DHCP DDNS", short: "DHCP DDNS" },
    Daemon { name: "netconf", process: "kea-netconf", title: "Netconf agent", short: "Netconf" },
];

impl Daemon {
    /// The variables of keactrl.conf that are about it.
    pub(crate) fn variables(&self) -> [String; 4] {
        let name = self.name;
        [name.to_owned(), format!("{name}_srv"), format!("kea_{name}_config_file"), format!("{name}_cli_options")]
    }

    /// Starts it in the background, unless it runs.
    pub(crate) fn start(&self, config: &Config, given: &[String]) {
        let binary = config.binary(self);
        if let Some(pid) = self.running(config) {
            let (process, file) = (base_name(&binary), self.pid_file(config));
            println!("INFO/keactrl: {process} appears to be running, see: PID {pid}, PID file: {}.", file.display());
            return;
        }
        let mut command = Command::new(&binary);
        command.arg("-c").arg(config.file(self)).args(config.options(self, given));
        let words: Vec<_> = command.get_args().map(|it| it.to_string_lossy().into_owned()).collect();
        println!("INFO/keactrl: Starting {binary} {}", words.join(" "));
        if std::env::var_os("KEA_LOGGER_DESTINATION").is_none() {
            command.env("KEA_LOGGER_DESTINATION", format!("{}/var/log/kea.log", installed_in(&binary)));
        }
        // In a group of its own, the daemon does not get the signals of the terminal's keys.
        if let Err(error) = command.stdin(Stdio::null()).process_group(0).spawn() {
            println!("ERROR/keactrl: {binary} cannot be started: {error}");
        }
    }

    /// Sends it a signal, if it runs.
    pub(crate) fn signal(&self, config: &Config, signal: Signal, doing: &str) {
        let binary = config.binary(self);
        let process = base_name(&binary);
        let Some(pid) = self.running(config) else {
            println!("INFO/keactrl: {process} isn't running.");
            return;
        };
        println!("INFO/keactrl: {doing} {process}...");
        if let Err(error) = kill(Pid::from_raw(pid), signal) {
            println!("ERROR/keactrl: could not send signal {signal} to process {process}, PID {pid}: {error}.");
        }
    }

    /// The PID of the process, if it runs.
    pub(crate) fn running(&self, config: &Config) -> Option<i32> {
        let text = std::fs::read_to_string(self.pid_file(config)).ok()?;
        let pid = text.trim().parse().ok().filter(|pid| *pid > 0)?;
        (kill(Pid::from_raw(pid), None) != Err(Errno::ESRCH)).then_some(pid)
    }

    /// What its program says its version is.
    pub(crate) fn version(&self, config: &Config) -> String {
        let binary = config.binary(self);
        if !Path::new(&binary).exists() {
            return format!("unknown, {binary} missing");
        }
        match Command::new(&binary).arg("-v").output() {
            Ok(output) if output.status.success() => String::from_utf8_lossy(&output.stdout).trim().to_owned(),
            _ => format!("unknown, {binary} -v failed"),
        }
    }

    /// `CONFNAME.PROCESS.pid`, where the daemon puts it.
    fn pid_file(&self, config: &Config) -> PathBuf {
        let folder = std::env::var("KEA_PIDFILE_DIR")
            .unwrap_or_else(|_| format!("{}/var/run/kea", installed_in(&config.binary(self))));
        let file = config.file(self);
        let stem = Path::new(&file).file_stem().unwrap_or_default().to_string_lossy();
        Path::new(&folder).join(format!("{stem}.{}.pid", base_name(&config.binary(self))))
    }
}

/// The tree that a program is installed in, as daemons see it: they have their folders there.
fn installed_in(program: &str) -> &str {
    let tree = program.rsplit_once('/').and_then(|(folder, _)| folder.strip_suffix("/sbin"));
    tree.filter(|tree| *tree != "/usr").unwrap_or_default()
}

fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
