//! What a configuration says about logging, as plain values.

use std::path::PathBuf;

/// A logger: which messages, and where to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logger {
    /// The daemon's own (`kea-dhcp4`) or one below it (`kea-dhcp4.leases`, or `leases` alone).
    pub name: String,
    /// Least severity shown; none to take it from the logger above.
    pub threshold: Option<Threshold>,
    /// Where its messages go; none to take them from the logger above.
    pub outputs: Vec<Output>,
}

/// Least severity that is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Threshold {
    /// Nothing.
    None,
    /// What ends the daemon.
    Fatal,
    /// And errors.
    Error,
    /// And warnings.
    Warn,
    /// And what an operator wants to know.
    Info,
    /// And what helps to find faults, up to this debug level (0 to 99).
    Debug(u8),
}

/// One place to which messages go. Lines are never held back longer than a batch, so Kea's `flush` has nothing to switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Where to.
    pub destination: Destination,
    /// The form of a line as a pattern of log4cplus, with `%J` for the whole message as a JSON map; empty for Kea's own.
    pub pattern: String,
}

/// Where messages go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// The system's log, under a facility (`local0`).
    Syslog(String),
    /// A file.
    File {
        /// Its path.
        path: PathBuf,
        /// It is put aside before it exceeds this many bytes; below [`LEAST_ROTATED`] it grows without limit.
        maxsize: u64,
        /// How many files put aside are kept.
        maxver: u32,
    },
}

/// The least size at which files are rotated, as in Kea.
pub const LEAST_ROTATED: u64 = 204_800;

impl Destination {
    /// Reads `stdout`, `stderr`, `syslog`, `syslog:FACILITY`; anything else is a file of unlimited size.
    pub fn parse(text: &str) -> Destination {
        match text {
            "stdout" => Destination::Stdout,
            "stderr" => Destination::Stderr,
            "syslog" | "syslog:" => Destination::Syslog("local0".to_owned()),
            _ => match text.strip_prefix("syslog:") {
                Some(facility) => Destination::Syslog(facility.to_owned()),
                None => Destination::File { path: PathBuf::from(text), maxsize: 0, maxver: 1 },
            },
        }
    }
}
