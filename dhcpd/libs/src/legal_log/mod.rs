//! `libdhcp_legal_log.so`: who had which address, in files or a database.
//!
//! In files the lines of a batch are written with one write, before its answers leave; a database has them soon after. What
//! they say is Kea's, letter by letter.

mod commands;
mod file;
pub mod messages;
mod v4;
mod v6;

use crate::machine::{Ledger, Machine};
use crate::packets::Unfit;
use chrono::Local;
use dhcpd_config::classes::ClassSet;
use dhcpd_config::parameters::LegalLogRules;
use engine::hooks::Evaluation;
use eval::{EvalError, StringExpression, Subject};
use file::{RotatingFile, Rotation, Timestamp};
use messages::*;
use std::fmt::{Display, Write};
use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;
use wire::hex::Colons;

/// The library at work.
#[derive(Debug)]
pub struct LegalLog {
    rules: LegalLogRules,
    store: Store,
}

/// Where entries go.
#[derive(Debug)]
enum Store {
    /// Into files, behind the time.
    Files(Timestamp, Mutex<RotatingFile>),
    /// Into a database, which knows the time.
    Database(Box<dyn Ledger>),
}

/// An entry of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    /// The address that it is about; empty if there is none.
    address: String,
    text: String,
}

/// How files are named and rotated, and the time of lines, if the machine has what they need.
fn fit(rules: &LegalLogRules, machine: &Machine) -> Result<(Rotation, Timestamp), Unfit> {
    let (folder, warning) = (machine.legal_logs)(&rules.path).map_err(|reason| ("path", reason))?;
    if let Some(reason) = warning {
        log::event!(LEGAL_LOG_PATH_SECURITY_WARNING, reason);
    }
    if rules.base_name.is_empty() {
        return Err(("base-name", "file name cannot be blank".to_owned()));
    }
    if rules.base_name.contains('/') {
        return Err(("base-name", "file name cannot be a path".to_owned()));
    }
    let script = |parameter: &'static str, written: &str| -> Result<Option<PathBuf>, Unfit> {
        let found = (!written.is_empty()).then(|| machine.script(written)).transpose();
        let found = found.map(|found| found.map(|(path, _)| path));
        found.map_err(|reason| (parameter, format!("Invalid '{parameter}' parameter: {reason}")))
    };
    let rotation = Rotation {
        folder,
        base_name: rules.base_name.clone(),
        unit: rules.unit,
        count: rules.count,
        prerotate: script("prerotate", &rules.prerotate)?,
        postrotate: script("postrotate", &rules.postrotate)?,
    };
    let timestamp = Timestamp::new(&rules.timestamp).map_err(|reason| ("timestamp-format", reason))?;
    Ok((rotation, timestamp))
}

/// Whether the machine has what the parameters need.
pub(crate) fn check(rules: &LegalLogRules, machine: &Machine) -> Result<(), Unfit> {
    if rules.database.is_some() {
        return Ok(());
    }
    let (rotation, _) = fit(rules, machine)?;
    let folder = &rotation.folder;
    if folder.is_dir() { Ok(()) } else { Err(("path", format!("there is no folder {}", folder.display()))) }
}

impl LegalLog {
    pub(crate) fn new(rules: &LegalLogRules, machine: &Machine) -> Result<Self, Unfit> {
        let store = if let Some(database) = &rules.database {
            log::event!(LEGAL_LOG_STORE_OPEN, parameters = database.parameters());
            Store::Database((machine.ledger)(database)?)
        } else {
            let (rotation, timestamp) = fit(rules, machine)?;
            log::event!(LEGAL_LOG_STORE_OPEN, parameters = format_args!("type=logfile base-name={}", rules.base_name));
            let file = RotatingFile::open(rotation, Local::now()).map_err(|error| ("path", error.to_string()))?;
            Store::Files(timestamp, Mutex::new(file))
        };
        Ok(Self { rules: rules.clone(), store })
    }

    /// Whether a subnet is left out.
    fn is_silent(&self, subnet: u32) -> bool {
        self.rules.silent.contains(&subnet)
    }

    /// Writes entries but empty ones.
    fn write(&self, entries: &[Entry]) -> io::Result<()> {
        match &self.store {
            Store::Files(timestamp, file) => self.write_lines(timestamp, file, entries),
            Store::Database(ledger) => {
                let now = SystemTime::now();
                let mut entries = entries.iter().filter(|entry| !entry.text.is_empty());
                entries
                    .try_for_each(|Entry { address, text }| ledger.append(now, address, text))
                    .map_err(io::Error::other)
            }
        }
    }

    /// Each in a line or several.
    fn write_lines(&self, timestamp: &Timestamp, file: &Mutex<RotatingFile>, entries: &[Entry]) -> io::Result<()> {
        let now = Local::now();
        let (timestamp, mut lines) = (timestamp.text(now), String::new());
        for Entry { text: entry, .. } in entries {
            let mut parts = entry.strip_suffix('\n').unwrap_or(entry).split('\n').peekable();
            while let Some(part) = parts.next().filter(|_| !entry.is_empty()) {
                let mark = if self.rules.mark && parts.peek().is_some() { '-' } else { ' ' };
                let _ = writeln!(lines, "{timestamp}{mark}{part}"); // writing to a string does not fail
            }
        }
        if lines.is_empty() {
            return Ok(());
        }
        file.lock().unwrap_or_else(PoisonError::into_inner).append(lines.as_bytes(), now)
    }
}

/// The value of an expression as text.
fn evaluated(
    expression: &StringExpression,
    subject: &dyn Subject,
    classes: &ClassSet,
    client: &dyn Display,
) -> Result<String, EvalError> {
    let value = Evaluation { subject, classes, client }.text(expression)?;
    Ok(String::from_utf8_lossy(&value).into_owned())
}

/// `1 days 0 hrs 10 mins 0 secs`, or that there is no end.
fn duration(seconds: u32) -> String {
    if seconds == u32::MAX {
        return "infinite duration".to_owned();
    }
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    let days = if days > 0 { format!("{days} days ") } else { String::new() };
    format!("{days}{hours} hrs {minutes} mins {} secs", seconds % 60)
}

/// Bytes in hexadecimal digits, and as text if they are.
fn shown(bytes: &[u8]) -> String {
    let printable = !bytes.is_empty() && bytes.iter().all(|byte| (b' '..=b'~').contains(byte));
    match std::str::from_utf8(bytes).ok().filter(|_| printable) {
        Some(text) => format!("{} ({text})", Colons(bytes)),
        None => Colons(bytes).to_string(),
    }
}

/// What a lease's user context is in an entry.
fn context(text: Option<&str>) -> String {
    let Some(text) = text else { return String::new() };
    let shown = serde_json::from_str(text).map_or_else(|_| text.to_owned(), |value| control::to_text(&value));
    format!(", context: {shown}")
}

/// Named identifiers, the second behind `and`.
fn identifiers<'a>(found: impl Iterator<Item = (&'static str, Option<&'a [u8]>)>) -> String {
    let found = found.filter_map(|(name, bytes)| Some((name, bytes.filter(|bytes| !bytes.is_empty())?)));
    found.map(|(name, bytes)| format!("{name}: {}", shown(bytes))).collect::<Vec<_>>().join(" and ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_kea_s() {
        assert_eq!(duration(6735), "1 hrs 52 mins 15 secs");
        assert_eq!(duration(86_400 * 3 + 5), "3 days 0 hrs 0 mins 5 secs");
        assert_eq!(duration(u32::MAX), "infinite duration");
        assert_eq!(shown(b"howdy"), "68:6f:77:64:79 (howdy)");
        assert_eq!(shown(&[0x87, 0xf6]), "87:f6");
        let two = [("circuit-id", Some(&b"a"[..])), ("remote-id", None), ("subscriber-id", Some(&[1][..]))];
        assert_eq!(identifiers(two.into_iter()), "circuit-id: 61 (a) and subscriber-id: 01");
        assert_eq!(context(Some(r#"{"a":1}"#)), r#", context: { "a": 1 }"#);
    }
}
