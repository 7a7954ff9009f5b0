//! What a daemon says about its life, in the words of Kea's daemons beside the DHCP servers.

use crate::{Event, Identity, VERSION};

log::messages! {
    /// Another process holds the PID file of this daemon and configuration file.
    DCTL_ALREADY_RUNNING: Fatal, "dctl", "{process} already running? {reason}";
    /// The configuration in the file was refused; the one before it stays in effect.
    DCTL_CFG_FILE_RELOAD_ERROR: Error, "dctl", "configuration reload failed: {reason}, reverting to current configuration.";
    /// The configuration file is read again.
    DCTL_CFG_FILE_RELOAD_SIGNAL_RECVD: Info, "dctl", "OS signal {signal} received, reloading configuration from file: {file}";
    /// A configuration took effect.
    DCTL_CONFIG_COMPLETE: Info, "dctl", "server has completed configuration: {summary}";
    /// The daemon cannot start with the configuration in its file.
    DCTL_CONFIG_FILE_LOAD_FAIL: Fatal, "dctl", "{module} reason: {reason}";
    /// A configuration is being read; passwords and secrets are hidden.
    DCTL_CONFIG_START: Debug(10), "dctl", "parsing new configuration: {configuration}";
    /// An older spelling.
    DCTL_DEPRECATED_OUTPUT_OPTIONS: Warn, "dctl", "The output_options parameter is deprecated, output-options has taken its place";
    /// With -X a log file may lie where others can reach it.
    DCTL_LOG_PATH_SECURITY_WARNING: Warn, "dctl", "Log output path specified is NOT SECURE: {reason}";
    /// The program found itself in a state that should not be; please report it. The task that did is gone.
    DCTL_PANIC: Fatal, "dctl", "this is a bug: {panic}";
    /// A configuration was refused.
    DCTL_PARSER_FAIL: Error, "dctl", "Parser error: {reason}";
    /// The PID file could not be written.
    DCTL_PID_FILE_ERROR: Fatal, "dctl", "{module} could not create a PID file: {reason}";
    /// The daemon needs no such rights.
    DCTL_ROOT_USER_SECURITY_WARNING: Warn, "dctl", "{module} running as root user!";
    DCTL_RUN_PROCESS: Debug(0), "dctl", "{module} starting application event loop";
    /// The process ends.
    DCTL_SHUTDOWN: Info, "dctl", "{module} has shut down, pid: {pid}, version: {version}";
    DCTL_SHUTDOWN_SIGNAL_RECVD: Debug(0), "dctl", "OS signal {signal} received, starting shutdown";
    /// The process starts.
    DCTL_STARTING: Info, "dctl", "{module} starting, pid: {pid}, version: {version} ({kind})";
}

/// Logs an event in the life of a daemon. A daemon that has words of its own for some events leaves the others to this.
pub fn report(identity: &Identity, event: Event<'_>) {
    let (process, module, pid) = (identity.process, identity.module, std::process::id());
    match event {
        Event::Starting(_) => {
            log::event!(DCTL_STARTING, module, pid, version = VERSION, kind = PRODUCT);
            if is_root() {
                log::event!(DCTL_ROOT_USER_SECURITY_WARNING, module);
            }
        }
        Event::AlreadyRunning(reason) => log::event!(DCTL_ALREADY_RUNNING, process, reason),
        Event::Refused(errors) => errors.iter().for_each(|reason| log::event!(DCTL_PARSER_FAIL, reason)),
        Event::InitFailed(reason) => log::event!(DCTL_CONFIG_FILE_LOAD_FAIL, module, reason),
        Event::Started => log::event!(DCTL_RUN_PROCESS, module),
        Event::Configured => log::event!(DCTL_CONFIG_COMPLETE, summary = module),
        Event::Reloading(file) => log::event!(DCTL_CFG_FILE_RELOAD_SIGNAL_RECVD, signal = 1, file = file.display()),
        // In words of the daemon's own.
        Event::Tolerated(_) => {}
        Event::LoadFailed(..) | Event::Reloaded(_) | Event::Stopping => {}
        Event::ReloadFailed(_, reason) => log::event!(DCTL_CFG_FILE_RELOAD_ERROR, reason),
        Event::Stopped => log::event!(DCTL_SHUTDOWN, module, pid, version = VERSION),
    }
}

/// Whether the process has all rights.
pub fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// Name and version of the product.
pub(crate) const PRODUCT: &str = concat!("Takahe ", env!("CARGO_PKG_VERSION"));
