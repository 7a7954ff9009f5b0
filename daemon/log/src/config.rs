//! What a configuration says about logging, as plain values.

/// A logger: which messages, how many of them, and where to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logger {
    /// `kea-dhcp4`, `kea-dhcp4.leases`, or `*` for the daemon's root logger.
    pub name: String,
    /// Least severity shown.
    pub severity: Threshold,
    /// Highest debug level shown, when the severity is debug.
    pub debuglevel: u8,
    /// Where its messages go; none to inherit.
    pub outputs: Vec<Output>,
}

/// Least severity that a logger shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// And what helps to find faults, up to the logger's debug level.
    Debug,
}

/// One place to which messages go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Where to.
    pub destination: Destination,
    /// The form of a line.
    pub layout: Layout,
    /// Written at once rather than when the system likes.
    pub flush: bool,
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
        path: std::path::PathBuf,
        /// It is rotated before it exceeds this many bytes; 0 for never.
        maxsize: u64,
        /// How many rotated files are kept.
        maxver: u32,
    },
}

/// The form of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Kea's own.
    Standard,
    /// A pattern of log4cplus.
    Pattern(String),
    /// One JSON map a line.
    Json,
}
