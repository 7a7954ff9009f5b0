//! The command line, in Kea's words: letters, texts of mistakes, and what is printed of it.

mod check;
mod print;
mod read;

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

pub(crate) use check::check;
pub(crate) use print::{announce, print};
pub(crate) use read::{Invocation, read};

pub(crate) const USAGE: &str = include_str!("options/usage.txt");

/// What a client asks for (`-e`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum LeaseType {
    #[default]
    Address,
    Prefix,
    AddressAndPrefix,
}

impl LeaseType {
    pub(crate) fn has_address(self) -> bool {
        self != Self::Prefix
    }

    pub(crate) fn has_prefix(self) -> bool {
        self != Self::Address
    }
}

/// How clients behave (`--scenario`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Scenario {
    /// Exchanges are begun at a rate; what is lost is lost.
    #[default]
    Basic,
    /// All clients ask at once, and again until they are served.
    Avalanche,
}

/// Where fields stand in templates; `None` where it is not said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Offsets {
    /// `-X`, for the first and the second message.
    pub(crate) xid: Vec<usize>,
    /// `-O`, likewise.
    pub(crate) random: Vec<usize>,
    /// `-E`; 0 switches it off.
    pub(crate) time: Option<usize>,
    /// `-S`.
    pub(crate) server: Option<usize>,
    /// `-I`.
    pub(crate) address: Option<usize>,
}

/// What to do.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    /// The command line as it is repeated in the output.
    pub(crate) line: String,
    /// `-4`, `-6`; none where it was left to the default.
    pub(crate) family: Option<u8>,
    /// `-i`.
    pub(crate) half: bool,
    pub(crate) lease: LeaseType,
    pub(crate) scenario: Scenario,
    /// Exchanges a second; 0 for as many as possible.
    pub(crate) rate: u32,
    pub(crate) renew_rate: u32,
    pub(crate) release_rate: u32,
    /// `-t`, seconds; 0: no interim reports.
    pub(crate) report: u32,
    /// `-C`.
    pub(crate) separator: Option<String>,
    /// `-R`; 0 where it was not given.
    pub(crate) clients: u32,
    pub(crate) mac: [u8; 6],
    pub(crate) duid: Vec<u8>,
    /// `-b`, as written.
    pub(crate) bases: Vec<String>,
    pub(crate) unique: bool,
    pub(crate) mac_file: Option<String>,
    pub(crate) macs: Vec<[u8; 6]>,
    /// `-J`; none where it was not given.
    pub(crate) relays: Option<Vec<IpAddr>>,
    pub(crate) requests: Vec<u32>,
    pub(crate) exit_wait: Duration,
    /// Seconds; 0: no end.
    pub(crate) period: u32,
    /// `-Y`, seconds after the start.
    pub(crate) late_from: Option<u32>,
    /// `-y`, seconds.
    pub(crate) late_for: Option<u32>,
    /// Seconds, for the first and the second message.
    pub(crate) drop_time: [f64; 2],
    pub(crate) drop_times_given: usize,
    pub(crate) max_drops: Vec<u32>,
    pub(crate) max_drop_percent: Vec<f64>,
    /// `-l`.
    pub(crate) local: Option<String>,
    /// `-l` names an interface.
    pub(crate) local_is_interface: bool,
    pub(crate) preload: u32,
    pub(crate) local_port: u16,
    pub(crate) remote_port: u16,
    pub(crate) seed: u32,
    pub(crate) broadcast: bool,
    pub(crate) rapid_commit: bool,
    pub(crate) use_first: bool,
    pub(crate) templates: Vec<String>,
    pub(crate) offsets: Offsets,
    pub(crate) diagnostics: String,
    pub(crate) wrapped: Option<String>,
    /// Empty where it was not given.
    pub(crate) server: String,
    /// `-A`.
    pub(crate) relayed: bool,
    /// `-o`.
    pub(crate) extra: Vec<(u16, Vec<u8>)>,
    /// `--or`.
    pub(crate) relay_extra: Vec<(u16, Vec<u8>)>,
    /// `-g single`.
    pub(crate) single_thread: bool,
}

impl Options {
    /// What holds where nothing is said, on a machine with so many processors.
    pub(crate) fn new(processors: usize) -> Self {
        let mac = [0x00, 0x0c, 0x01, 0x02, 0x03, 0x04];
        Self { mac, drop_time: [1.0, 1.0], single_thread: processors == 1, ..Self::default() }
    }

    pub(crate) fn is_v6(&self) -> bool {
        self.family == Some(6)
    }

    /// A letter of `-x`.
    pub(crate) fn shows(&self, letter: char) -> bool {
        self.diagnostics.contains(letter)
    }

    /// The server's address.
    pub(crate) fn server(&self) -> Result<IpAddr, String> {
        let server = address(&self.server)?;
        match server.is_ipv6() == self.is_v6() {
            true => Ok(server),
            false => Err(format!(
                "Values for IP version: {} and server address: {} are mismatched.",
                if self.is_v6() { 6 } else { 4 },
                self.server
            )),
        }
    }

    /// How long the present message is to say that the client has waited, after so many seconds of test (`-y`, `-Y`).
    pub(crate) fn pretended_seconds(&self, test: u64) -> u64 {
        match (self.late_from, self.late_for) {
            (Some(from), Some(long)) if (u64::from(from)..u64::from(from) + u64::from(long)).contains(&test) => {
                test - u64::from(from) + 1
            }
            _ => 0,
        }
    }
}

/// Reads an address, with the library's words if it is none.
pub(crate) fn address(text: &str) -> Result<IpAddr, String> {
    text.parse().map_err(|_| format!("Failed to convert string to address '{text}': Invalid argument"))
}

/// The address that DHCPv4 clients without an address write to.
pub(crate) const EVERYBODY: Ipv4Addr = Ipv4Addr::BROADCAST;

#[cfg(test)]
mod tests;
