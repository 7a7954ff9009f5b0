//! What libraries find on the machine that the server runs on.

use crate::packets::Unfit;
use dhcpd_config::common::Database;
use std::fmt::Debug;
use std::io;
use std::net::Ipv4Addr;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// What libraries find on the machine that the server runs on.
#[derive(Clone, Copy, Debug)]
pub struct Machine {
    /// Where scripts are.
    pub scripts: Confine,
    /// The folder for forensic logs.
    pub legal_logs: Confine,
    /// A forensic log in a database.
    pub ledger: fn(&Database) -> Result<Box<dyn Ledger>, Unfit>,
    /// A way to ping.
    pub pinger: fn() -> io::Result<Box<dyn Pinger>>,
    /// The folder of what is installed for all.
    pub share: fn() -> PathBuf,
    /// The folder of state.
    pub data: fn() -> PathBuf,
}

impl Machine {
    /// A script, if it is where scripts are, and one.
    pub fn script(&self, written: &str) -> Result<(PathBuf, Option<String>), String> {
        let (path, warning) = (self.scripts)(written)?;
        let file = std::fs::metadata(&path).ok().filter(std::fs::Metadata::is_file);
        let Some(file) = file else { return Err(format!("File not found: {}", path.display())) };
        match file.permissions().mode() & 0o100 {
            0 => Err(format!("File not executable: {}", path.display())),
            _ => Ok((path, warning)),
        }
    }
}

/// The full path for a path as an operator writes it, with what is not secure about it; or why it may not be used.
pub type Confine = fn(&str) -> Result<(PathBuf, Option<String>), String>;

/// A forensic log in a database.
pub trait Ledger: Debug + Send + Sync {
    /// Has an entry written, without waiting; why not, if it will not be. `address` is what it is about, if anything.
    fn append(&self, at: SystemTime, address: &str, entry: &str) -> Result<(), String>;
}

/// Pings, and what comes back (RFC 792).
pub trait Pinger: Send + Sync {
    /// Pings an address, without waiting.
    fn send(&self, to: Ipv4Addr, id: u16, sequence: u16) -> io::Result<()>;

    /// What comes back within this time, if anything does.
    fn receive(&self, within: Duration) -> io::Result<Option<Heard>>;
}

/// What comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Somebody is there.
    Reply {
        /// At this address.
        from: Ipv4Addr,
        /// Identifier of the ping.
        id: u16,
        /// Its number.
        sequence: u16,
    },
    /// There is no way there.
    Unreachable {
        /// To this address.
        to: Ipv4Addr,
        /// Identifier of the ping.
        id: u16,
        /// Its number.
        sequence: u16,
    },
}

/// What of a library's parameters does not fit the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which library, counted from 0 in the order of the configuration.
    pub library: usize,
    /// The parameter.
    pub parameter: &'static str,
    /// What is wrong with it.
    pub reason: String,
}
