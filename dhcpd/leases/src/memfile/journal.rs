//! The file that rows are appended to.

use super::files::{Files, options};
use std::fs::File;
use std::io;
use std::mem;
use std::os::unix::fs::FileExt;

/// Bytes of rows that may wait while the disk fails; beyond it changes are refused.
pub const MOST_UNWRITTEN: usize = 16 << 20;

/// Buffers that grew beyond this (a reclamation of many leases, a disk that was full) are given back.
const USUAL_BUFFER: usize = 1 << 20;

/// Rows of the sessions, on their way to the file. Held with the leases.
#[derive(Debug)]
pub(super) struct Rows {
    /// Whether there is a file at all.
    pub(super) persist: bool,
    /// Rows that no `sync` has taken along yet.
    pub(super) pending: Vec<u8>,
    /// How many times rows were appended since the start.
    pub(super) appended: u64,
    /// Bytes that a failed `sync` took along and could not write.
    pub(super) kept_back: usize,
    /// Why the last `sync` failed, until one succeeds.
    pub(super) failure: Option<String>,
}

/// The file, at the end of which rows are written. Held by the one who writes.
#[derive(Debug)]
pub(super) struct Journal {
    pub(super) files: Files,
    pub(super) file: File,
    /// Up to here the file is durable; behind it nothing counts.
    end: u64,
    /// Rows on their way: those of the batch, and before them those that a failure kept back.
    unwritten: Vec<u8>,
    /// `Rows::appended` up to which rows are durable.
    pub(super) durable: u64,
    /// Whether to wait for the disk.
    sync: bool,
}

impl Journal {
    pub(super) fn new(files: Files, file: File, end: u64, sync: bool) -> Self {
        Journal { files, file, end, unwritten: Vec::new(), durable: 0, sync }
    }

    /// Takes over what the sessions appended.
    pub(super) fn take(&mut self, pending: &mut Vec<u8>) {
        if self.unwritten.is_empty() {
            mem::swap(&mut self.unwritten, pending);
        } else {
            self.unwritten.append(pending);
        }
    }

    pub(super) fn unwritten(&self) -> usize {
        self.unwritten.len()
    }

    /// Writes what was taken over and waits until it is durable. On an error nothing of it is in the file, and it is
    /// written again by the next call.
    pub(super) fn commit(&mut self) -> io::Result<()> {
        let written = self.file.write_all_at(&self.unwritten, self.end);
        if let Err(error) = written.and_then(|()| if self.sync { self.file.sync_data() } else { Ok(()) }) {
            // If this fails too, the next write covers what is there.
            let _ = self.file.set_len(self.end);
            return Err(error);
        }
        self.end += self.unwritten.len() as u64;
        self.unwritten.clear();
        self.unwritten.shrink_to(USUAL_BUFFER);
        Ok(())
    }

    /// Goes on at the end of another file of the same name.
    pub(super) fn go_on_in(&mut self, file: File, end: u64) {
        (self.file, self.end) = (file, end);
    }

    /// Puts the file aside as the input of a cleanup and goes on with a new one, which begins with `header`.
    pub(super) fn rotate(&mut self, header: &str) -> Result<(), RotateError> {
        let files = &self.files;
        std::fs::rename(&files.current, &files.input).map_err(RotateError::Rename)?;
        let begun = options().read(true).truncate(true).open(&files.current).and_then(|file| {
            file.write_all_at(header.as_bytes(), 0)?;
            file.sync_all()?;
            files.sync_names()?;
            Ok(file)
        });
        match begun {
            Ok(file) => {
                self.file = file;
                self.end = header.len() as u64;
                Ok(())
            }
            Err(error) => {
                // The open file takes its old name back and leases go on to be written there.
                let _ = std::fs::rename(&files.input, &files.current);
                Err(RotateError::Reopen(error))
            }
        }
    }
}

/// Where putting the file aside failed. The store goes on with the file it had.
#[derive(Debug)]
pub(super) enum RotateError {
    /// It did not get its new name.
    Rename(io::Error),
    /// A new file could not be made.
    Reopen(io::Error),
}
