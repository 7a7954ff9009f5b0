//! Where lines end up: a console, a file with its rotated forebears, the system's log.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};

use chrono::Local;
use parking_lot::Mutex;

use crate::config::{Destination, LEAST_ROTATED};
use crate::row::Severity;

/// An open destination. A failure to write is swallowed: there is nobody left to tell.
#[derive(Debug)]
pub(crate) enum Sink {
    Stdout,
    Stderr,
    File(Mutex<LogFile>),
    Syslog(Syslog),
}

impl Sink {
    /// Opens a destination; the reason if that fails.
    pub(crate) fn open(destination: &Destination, ident: &str) -> Result<Sink, String> {
        match destination {
            Destination::Stdout => Ok(Sink::Stdout),
            Destination::Stderr => Ok(Sink::Stderr),
            Destination::Syslog(facility) => Syslog::open(facility, ident).map(Sink::Syslog),
            Destination::File { path, maxsize, maxver } => LogFile::open(path, *maxsize, *maxver)
                .map(|file| Sink::File(Mutex::new(file)))
                .map_err(|error| format!("cannot open log file {}: {error}", path.display())),
        }
    }

    /// Writes whole lines.
    pub(crate) fn write(&self, lines: &str) {
        let _ = match self {
            Sink::Stdout => io::stdout().lock().write_all(lines.as_bytes()).and_then(|()| io::stdout().flush()),
            Sink::Stderr => io::stderr().lock().write_all(lines.as_bytes()),
            Sink::File(file) => file.lock().write(lines.as_bytes()),
            Sink::Syslog(_) => Ok(()),
        };
    }
}

/// A file that is put aside before it grows too large.
#[derive(Debug)]
pub(crate) struct LogFile {
    path: PathBuf,
    file: File,
    size: u64,
    maxsize: u64,
    maxver: u32,
}

impl LogFile {
    fn open(path: &Path, maxsize: u64, maxver: u32) -> io::Result<LogFile> {
        let file = OpenOptions::new().append(true).create(true).mode(0o640).open(path)?;
        let size = file.metadata()?.len();
        let maxsize = if maxsize < LEAST_ROTATED { u64::MAX } else { maxsize };
        Ok(LogFile { path: path.to_owned(), file, size, maxsize, maxver })
    }

    fn write(&mut self, lines: &[u8]) -> io::Result<()> {
        let added = lines.len() as u64;
        if self.size > 0 && self.size.saturating_add(added) > self.maxsize {
            // If the file cannot be put aside, growing beyond the limit is the lesser evil.
            let _ = self.rotate();
        }
        self.file.write_all(lines)?;
        self.size += added;
        Ok(())
    }

    /// `log.1` becomes `log.2` and so on, the file becomes `log.1`; what would exceed `maxver` is gone.
    fn rotate(&mut self) -> io::Result<()> {
        for version in (1..self.maxver).rev() {
            let _ = std::fs::rename(self.version(version), self.version(version + 1));
        }
        if self.maxver > 0 {
            std::fs::rename(&self.path, self.version(1))?;
        } else {
            std::fs::remove_file(&self.path)?;
        }
        *self = LogFile::open(&self.path, self.maxsize, self.maxver)?;
        Ok(())
    }

    fn version(&self, version: u32) -> PathBuf {
        let mut path = self.path.clone().into_os_string();
        path.push(format!(".{version}"));
        path.into()
    }
}

/// The system's log by its datagram socket (RFC 3164 §4.1, as syslog(3) speaks it).
///
/// A log that does not keep up loses messages rather than stops the daemon.
#[derive(Debug)]
pub(crate) struct Syslog {
    facility: u8,
    ident: String,
    socket: Mutex<Option<UnixDatagram>>,
}

impl Syslog {
    fn open(facility: &str, ident: &str) -> Result<Syslog, String> {
        let name = facility.to_ascii_lowercase();
        let number = FACILITIES.iter().find(|(known, _)| *known == name).map(|(_, number)| *number);
        let facility = number.ok_or_else(|| format!("there is no syslog facility {facility:?}"))?;
        Ok(Syslog { facility, ident: ident.to_owned(), socket: Mutex::new(connect()) })
    }

    /// Sends one message.
    pub(crate) fn send(&self, severity: Severity, pid: u32, line: &str) {
        let priority = (self.facility << 3) | level(severity);
        let time = Local::now().format("%b %e %H:%M:%S");
        let datagram = format!("<{priority}>{time} {}[{pid}]: {}", self.ident, line.trim_end_matches('\n'));
        let mut socket = self.socket.lock();
        let sent = socket.as_ref().map(|socket| socket.send(datagram.as_bytes()));
        // The log may have been restarted since; one that is full will not be helped by a new connection.
        if !matches!(&sent, Some(Ok(_))) && !matches!(&sent, Some(Err(e)) if e.kind() == io::ErrorKind::WouldBlock) {
            *socket = connect();
            let _ = socket.as_ref().map(|socket| socket.send(datagram.as_bytes()));
        }
    }
}

fn connect() -> Option<UnixDatagram> {
    let socket = UnixDatagram::unbound().ok()?;
    socket.connect("/dev/log").ok()?;
    socket.set_nonblocking(true).ok()?;
    Some(socket)
}

/// Severities of RFC 5424 §6.2.1; what Kea calls fatal is critical there.
fn level(severity: Severity) -> u8 {
    match severity {
        Severity::Fatal => 2,
        Severity::Error => 3,
        Severity::Warn => 4,
        Severity::Info => 6,
        Severity::Debug(_) => 7,
    }
}

/// RFC 5424 §6.2.1, by the names of syslog(3).
const FACILITIES: [(&str, u8); 20] = [
    ("kern", 0),
    ("user", 1),
    ("mail", 2),
    ("daemon", 3),
    ("auth", 4),
    ("syslog", 5),
    ("lpr", 6),
    ("news", 7),
    ("uucp", 8),
    ("cron", 9),
    ("authpriv", 10),
    ("ftp", 11),
    ("local0", 16),
    ("local1", 17),
    ("local2", 18),
    ("local3", 19),
    ("local4", 20),
    ("local5", 21),
    ("local6", 22),
    ("local7", 23),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn files_rotate_before_they_exceed_their_size() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("kea.log");
        let mut log = LogFile::open(&path, LEAST_ROTATED, 2)?;
        let half = vec![b'x'; LEAST_ROTATED as usize / 2];
        for _ in 0..7 {
            log.write(&half)?;
        }
        let size = |name: &str| std::fs::metadata(folder.path().join(name)).map(|it| it.len());
        assert_eq!(size("kea.log")?, LEAST_ROTATED / 2);
        assert_eq!((size("kea.log.1")?, size("kea.log.2")?), (LEAST_ROTATED, LEAST_ROTATED));
        assert!(size("kea.log.3").is_err());
        assert_eq!(std::fs::metadata(&path)?.permissions().mode() & 0o027, 0);
        Ok(())
    }

    #[test]
    fn small_sizes_do_not_rotate() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("kea.log");
        let mut log = LogFile::open(&path, LEAST_ROTATED - 1, 1)?;
        for _ in 0..3 {
            log.write(&vec![b'x'; LEAST_ROTATED as usize])?;
        }
        assert_eq!(std::fs::read_dir(folder.path())?.count(), 1);
        Ok(())
    }

    #[test]
    fn an_unknown_facility_is_refused() {
        assert!(Syslog::open("LOCAL7", "kea").is_ok());
        assert!(Syslog::open("local8", "kea").is_err_and(|reason| reason.contains("local8")));
    }
}
