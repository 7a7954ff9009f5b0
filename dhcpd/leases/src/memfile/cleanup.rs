//! Lease file cleanup: the history of leases makes room for their state.

use super::files::{Files, options};
use super::journal::RotateError;
use super::load::header;
use super::store::{Store, Table};
use crate::messages::*;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::thread;
use std::time::Instant;

/// What a cleanup came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cleaned {
    /// It is done.
    Done,
    /// Another one, ours or kea-lfc, is at work on the files.
    Running,
    /// There are no files: leases are in memory only.
    NotPersistent,
}

/// Why a cleanup failed. Leases go on to be written; the next cleanup takes up what this one left.
#[derive(Debug)]
pub struct CleanupError {
    /// What failed, with the name of the file.
    pub reason: String,
}

impl fmt::Display for CleanupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for CleanupError {}

/// Leases printed while the sessions wait: about 60 microseconds.
pub(super) const PAGE: usize = 256;
/// Bytes written before they are brought to the disk. Were it left to the end, the rows of clients that are being served
/// would wait behind all of them: a file system commits what was written in between as a whole.
const SYNCED: usize = 1 << 20;

impl<T: Table> Store<T> {
    /// Writes the leases anew without their history, as Kea's lease file cleanup does; for a thread that has the time,
    /// every `lfc-interval`. Sessions wait for some microseconds now and then, and [`Store::sync`] once for the new file
    /// to be begun.
    ///
    /// What kea-lfc would work out from the files put aside is in memory, so it is written from there. A lease that
    /// changes meanwhile stands in the current file too, which is read last.
    pub fn cleanup(&self) -> Result<Cleaned, CleanupError> {
        let Some(journal) = self.journal() else { return Ok(Cleaned::NotPersistent) };
        log::event!(DHCPSRV_MEMFILE_LFC_START);
        let files = journal.lock().files.clone();
        let lock = files.lock().map_err(|error| {
            log::event!(DHCPSRV_MEMFILE_LFC_FAIL_PID_CREATE, reason = error);
            failure(&files.pid, &error)
        })?;
        let Some(_lock) = lock else {
            log::event!(DHCPSRV_MEMFILE_LFC_RUNNING);
            return Ok(Cleaned::Running);
        };
        if !files.completed.exists() && !files.input.exists() {
            self.put_aside(&files)?;
        }
        fs::write(&files.pid, format!("{}\n", std::process::id())).map_err(|error| {
            log::event!(DHCPSRV_MEMFILE_LFC_FAIL_PID_CREATE, reason = error);
            failure(&files.pid, &error)
        })?;
        let done = self.write_anew(&files).and_then(|()| put_in_place(&files));
        let _ = fs::remove_file(&files.pid);
        done.map(|()| Cleaned::Done)
    }

    /// Goes on with a new file; what was written so far becomes the input of the cleanup.
    fn put_aside(&self, files: &Files) -> Result<(), CleanupError> {
        let Some(journal) = self.journal() else { return Ok(()) };
        let mut journal = journal.lock();
        // Rows that a failure kept back belong to the file that is put aside or to the next one: both are read.
        self.commit(&mut journal).map_err(|error| CleanupError { reason: error.to_string() })?;
        journal.rotate(&header(T::COLUMNS)).map_err(|error| match error {
            RotateError::Rename(error) => {
                let (from, to) = (files.current.display(), files.input.display());
                log::event!(DHCPSRV_MEMFILE_LFC_LEASE_FILE_RENAME_FAIL, from, to, reason = error);
                failure(&files.current, &error)
            }
            RotateError::Reopen(error) => {
                log::event!(DHCPSRV_MEMFILE_LFC_LEASE_FILE_REOPEN_FAIL, file = files.current.display(), reason = error);
                failure(&files.current, &error)
            }
        })
    }

    /// Writes `.output` and calls it `.completed`, unless a cleanup before came so far.
    fn write_anew(&self, files: &Files) -> Result<(), CleanupError> {
        if files.completed.exists() {
            return Ok(());
        }
        log::event!(DHCPSRV_MEMFILE_LFC_EXECUTE, files = files.input.display());
        // It rests as long as it works: a thread that never does is preempted at any time, and with the leases in its hands.
        let page = |after, rows: &mut Vec<u8>| {
            let start = Instant::now();
            let session = self.session();
            let printed = session.leases.table.print_page(after, PAGE, rows);
            session.give_way();
            thread::sleep(start.elapsed());
            printed
        };
        let written = write_all::<T>(&files.output, page).and_then(|leases| {
            fs::rename(&files.output, &files.completed)?;
            files.sync_names()?;
            Ok(leases)
        });
        match written {
            Ok(leases) => {
                log::event!(LFC_WRITE_STATS, leases, attempts = leases, errors = 0);
                Ok(())
            }
            Err(error) => {
                log::event!(LFC_FAIL_PROCESS, reason = error);
                Err(failure(&files.output, &error))
            }
        }
    }
}

/// Writes all leases to a file of their own, durably; how many. `page` prints those behind a key.
pub(super) fn write_all<T: Table>(
    path: &Path,
    mut page: impl FnMut(Option<T::Key>, &mut Vec<u8>) -> (usize, Option<T::Key>),
) -> io::Result<usize> {
    let mut file: File = options().truncate(true).open(path)?;
    let mut rows = header(T::COLUMNS).into_bytes();
    let (mut leases, mut after) = (0, None);
    loop {
        let (printed, last) = page(after, &mut rows);
        leases += printed;
        if rows.len() >= SYNCED || last.is_none() {
            file.write_all(&rows)?;
            file.sync_data()?;
            rows.clear();
        }
        if last.is_none() {
            break;
        }
        after = last;
    }
    file.sync_all()?;
    Ok(leases)
}

/// Lets `.completed` take the place of the files that it sums up.
fn put_in_place(files: &Files) -> Result<(), CleanupError> {
    let placed = remove_if_present(&files.previous)
        .and_then(|()| remove_if_present(&files.input))
        .and_then(|()| fs::rename(&files.completed, &files.previous))
        .and_then(|()| files.sync_names());
    placed.map_err(|error| {
        log::event!(LFC_FAIL_ROTATE, reason = error);
        failure(&files.completed, &error)
    })
}

pub(super) fn remove_if_present(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

pub(super) fn failure(path: &Path, error: &io::Error) -> CleanupError {
    CleanupError { reason: format!("{}: {error}", path.display()) }
}
