//! What libraries find on this machine: files, databases, pings.

use libs::{Heard, Ledger, Machine, Pinger};
use process::paths;
use sql::forensic::{ForensicLog, Row};
use std::net::Ipv4Addr;
use std::time::{Duration, SystemTime};

/// What libraries find on this machine.
pub const MACHINE: Machine = Machine {
    scripts: |written| paths::SCRIPTS.confine(written).map(|confined| (confined.path, confined.warning)),
    legal_logs: |written| paths::LEGAL_LOG.confine_folder(written).map(|confined| (confined.path, confined.warning)),
    ledger: |database| {
        let opened = ForensicLog::open(database.clone());
        opened.map(|log| Box::new(Rows(log)) as Box<dyn Ledger>).map_err(|error| match error {
            sql::connect::Error::Parameter(key, reason) => (key, reason),
            error => ("type", error.to_string()),
        })
    },
    pinger: || Ok(Box::new(Echoes(net::EchoSocket::open()?))),
    share: paths::share,
    data: || paths::DATA.folder(),
};

/// A forensic log in a database, as libraries write it.
#[derive(Debug)]
struct Rows(ForensicLog);

impl Ledger for Rows {
    fn append(&self, at: SystemTime, address: &str, entry: &str) -> Result<(), String> {
        let row = Row { at, address: address.to_owned(), text: entry.to_owned() };
        self.0.append(row).map_err(|error| error.to_string())
    }
}

/// Pings as libraries send them.
struct Echoes(net::EchoSocket);

impl Pinger for Echoes {
    fn send(&self, to: Ipv4Addr, id: u16, sequence: u16) -> std::io::Result<()> {
        self.0.send(to, id, sequence)
    }

    fn receive(&self, within: Duration) -> std::io::Result<Option<Heard>> {
        let heard = |echo| match echo {
            net::Echo::Reply { from, id, sequence } => Heard::Reply { from, id, sequence },
            net::Echo::Unreachable { to, id, sequence } => Heard::Unreachable { to, id, sequence },
        };
        self.0.receive(within).map(|echo| echo.map(heard))
    }
}
