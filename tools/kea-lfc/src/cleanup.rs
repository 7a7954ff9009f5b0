//! The cleanup: the files are read, their leases written to a file that then takes their place.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use leases::memfile::{Compacted, OpenError, Table, Table4, Table6, compact};

use crate::messages::*;
use crate::options::{Family, Options};
use crate::pid::PidFile;

/// How many rows of a file may be wrong, as with Kea.
const MOST_BAD_ROWS: u32 = 100;

/// From the PID file to its removal.
pub(crate) fn run(options: &Options) {
    log::event!(LFC_START);
    let pid_file = match PidFile::create(&options.pid) {
        Ok(Some(file)) => file,
        Ok(None) => return log::event!(LFC_RUNNING),
        Err(reason) => return log::event!(LFC_FAIL_PID_CREATE, reason),
    };
    // A cleanup before may have come as far as the complete result; then the rest is left to do.
    let complete = options.finish.exists() || write_anew(options);
    if complete {
        log::event!(LFC_ROTATING);
        if let Err(reason) = put_in_place(options) {
            log::event!(LFC_FAIL_ROTATE, reason);
        }
    }
    if let Err(reason) = pid_file.remove() {
        log::event!(LFC_FAIL_PID_DEL, reason);
    }
    log::event!(LFC_TERMINATE);
}

/// Reads the files and writes the result; whether it is complete.
fn write_anew(options: &Options) -> bool {
    log::event!(LFC_PROCESSING, previous = options.previous.display(), copy = options.copy.display());
    let compacted = match options.family {
        Family::V4 => summed_up::<Table4>(options),
        Family::V6 => summed_up::<Table6>(options),
    };
    let renamed = compacted.map_err(|error| error.to_string()).and_then(|Compacted { files, read, written }| {
        let errors = read.bad_rows + u64::from(read.torn);
        // Kea counts as an attempt, too, that which finds the end of a file.
        log::event!(LFC_READ_STATS, leases = read.rows, attempts = read.rows + errors + files as u64, errors);
        log::event!(LFC_WRITE_STATS, leases = written, attempts = written, errors = 0);
        let (from, to) = (&options.output, &options.finish);
        let moved = fs::rename(from, to).and_then(|()| sync_names(to));
        moved.map_err(|error| told("move output", from, "complete", to, &error))
    });
    match renamed {
        Ok(()) => true,
        Err(reason) => {
            log::event!(LFC_FAIL_PROCESS, reason);
            false
        }
    }
}

fn summed_up<T: Table>(options: &Options) -> Result<Compacted, OpenError> {
    compact::<T>(&[&options.previous, &options.copy], MOST_BAD_ROWS, &options.output)
}

/// Lets the result take the place of the files that it sums up. Whatever stops it, the next cleanup can go on.
fn put_in_place(options: &Options) -> Result<(), String> {
    let Options { previous, copy, finish, .. } = options;
    for (name, path) in [("previous", previous), ("copy", copy)] {
        remove_if_present(path)
            .map_err(|error| format!("Unable to delete {name} file '{}' error: {error}", path.display()))?;
    }
    let moved = fs::rename(finish, previous).and_then(|()| sync_names(previous));
    moved.map_err(|error| told("move finish", finish, "previous", previous, &error))
}

fn told(what: &str, from: &Path, whither: &str, to: &Path, error: &io::Error) -> String {
    format!("Unable to {what} ({}) to {whither} ({}) error: {error}", from.display(), to.display())
}

fn remove_if_present(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Makes new names beside `path` durable.
fn sync_names(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}
