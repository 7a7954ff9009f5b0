//! Lease file cleanup apart from a server: what kea-lfc does.

use super::cleanup::{PAGE, write_all};
use super::load::{LoadReport, OpenError, read_all};
use super::store::Table;
use std::path::Path;

/// What was read and written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compacted {
    /// Files that there were.
    pub files: usize,
    /// What they held.
    pub read: LoadReport,
    /// Leases written.
    pub written: usize,
}

/// Writes to `output`, durably, the leases that stand at the end of the files `inputs`, read one after the other. Files
/// that are not there are none; `max_row_errors` is how many rows of each may be wrong, 0 for any number.
pub fn compact<T: Table>(inputs: &[&Path], max_row_errors: u32, output: &Path) -> Result<Compacted, OpenError> {
    let (mut table, mut read) = (T::default(), LoadReport::default());
    let files = read_all(inputs, max_row_errors, &mut table, &mut read)?;
    let written = write_all::<T>(output, |after, rows| table.print_page(after, PAGE, rows));
    let written = written.map_err(|error| OpenError::Io { path: output.to_owned(), error })?;
    Ok(Compacted { files, read, written })
}
