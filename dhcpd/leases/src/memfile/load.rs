//! Reading lease files at start.

use super::csv::{Column, Row, RowError};
use super::files::{Files, options};
use super::journal::Journal;
use super::store::{Options, Table};
use crate::messages::*;
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::mem;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;

/// What was found in the lease files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadReport {
    /// Leases in memory after it.
    pub leases: usize,
    /// Rows that were read and understood.
    pub rows: u64,
    /// Rows that were discarded, each with a message.
    pub bad_rows: u64,
    /// Files whose last row was cut off, as a power failure leaves them; the rest of the row was discarded.
    pub torn: u32,
    /// A file has not the columns of today: a cleanup should follow at once.
    pub needs_conversion: bool,
}

/// Why the leases cannot be served.
#[derive(Debug)]
pub enum OpenError {
    /// A file cannot be opened, read or begun.
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// Somebody is cleaning up the lease files; later they can be read.
    CleanupRunning,
    /// A file does not begin as a lease file of this family.
    Header {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// More rows than the configuration allows are no leases.
    TooManyBadRows {
        /// The file.
        path: PathBuf,
        /// `max-row-errors`.
        limit: u32,
    },
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OpenError::Io { path, error } => write!(f, "unable to open '{}': {error}", path.display()),
            OpenError::CleanupRunning => {
                f.write_str("unable to load leases from files while the lease file cleanup is in progress")
            }
            OpenError::Header { path, reason } => {
                write!(f, "invalid header in CSV file '{}': {reason}", path.display())
            }
            OpenError::TooManyBadRows { path, limit } => write!(
                f,
                "exceeded maximum number of failures {limit} to read a lease from the lease file {}",
                path.display()
            ),
        }
    }
}

impl std::error::Error for OpenError {}

/// Reads the files of a store in the order of their age into `table`: what the last cleanup left, what it did not get to,
/// and the current file, which is then ready to be appended to.
pub(super) fn open<T: Table>(
    path: &Path,
    settings: &Options,
    table: &mut T,
    report: &mut LoadReport,
) -> Result<Journal, OpenError> {
    let files = Files::new(path);
    let io = |error| OpenError::Io { path: path.to_owned(), error };
    let _lock = files.lock().map_err(io)?.ok_or(OpenError::CleanupRunning)?;
    let mut loader = Loader { table, report, limit: settings.max_row_errors };
    if !loader.read_if_present(&files.completed)? {
        loader.read_if_present(&files.previous)?;
        loader.read_if_present(&files.input)?;
    }
    let file = options().read(true).open(path).map_err(io)?;
    let tail = loader.read(path, &file)?;
    let end =
        tail.make_good(&file, &header(T::COLUMNS)).and_then(|end| files.sync_names().map(|()| end)).map_err(io)?;
    report.leases = table.count();
    Ok(Journal::new(files, file, end, settings.sync))
}

/// Reads these files, those that there are, one after the other into `table`; up to `limit` bad rows in each, any number
/// if it is 0. Answers how many there are.
pub(super) fn read_all<T: Table>(
    paths: &[&Path],
    limit: u32,
    table: &mut T,
    report: &mut LoadReport,
) -> Result<usize, OpenError> {
    let mut loader = Loader { table, report, limit };
    let files = paths.iter().try_fold(0, |files, path| Ok(files + usize::from(loader.read_if_present(path)?)))?;
    report.leases = table.count();
    Ok(files)
}

/// The first line of a file, its end included.
pub(super) fn header(columns: &[Column]) -> String {
    let names: Vec<_> = columns.iter().map(|column| column.name).collect();
    names.join(",") + "\n"
}

struct Loader<'a, T> {
    table: &'a mut T,
    report: &'a mut LoadReport,
    limit: u32,
}

/// How a file ends.
#[derive(Clone, Copy, Debug, Default)]
struct Tail {
    /// Where the last row that counts ends; 0 if there is not even a header.
    end: u64,
    /// Its end of line is missing.
    open: bool,
}

impl<T: Table> Loader<'_, T> {
    fn read_if_present(&mut self, path: &Path) -> Result<bool, OpenError> {
        match File::open(path) {
            Ok(file) => self.read(path, &file).map(|_| true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(OpenError::Io { path: path.to_owned(), error }),
        }
    }

    fn read(&mut self, path: &Path, file: &File) -> Result<Tail, OpenError> {
        log::event!(DHCPSRV_MEMFILE_LEASE_FILE_LOAD, file = path.display());
        let mut lines = Lines::new(file);
        let io = |error| OpenError::Io { path: path.to_owned(), error };
        let Some(first) = lines.next().map_err(io)? else { return Ok(Tail::default()) };
        if first.open && header(T::COLUMNS).as_bytes().starts_with(first.text) {
            return Ok(Tail::default());
        }
        let schema =
            Schema::of(first.text, T::COLUMNS).map_err(|reason| OpenError::Header { path: path.to_owned(), reason })?;
        let tail = first.tail();
        let rows = file.metadata().map_err(io)?.len() / USUAL_ROW;
        self.table.reserve(rows.min(MOST_RESERVED) as usize);
        let tail = thread::scope(|scope| {
            let (sender, pages) = mpsc::sync_channel(PAGES);
            scope.spawn(move || schema.parse_all::<T>(lines, &sender));
            self.take(path, pages, tail)
        })?;
        self.report.needs_conversion |= schema.warn::<T>(path);
        Ok(tail)
    }

    /// Takes in the rows of a file; how it ends.
    fn take(&mut self, path: &Path, pages: Receiver<io::Result<Page<T>>>, mut tail: Tail) -> Result<Tail, OpenError> {
        let (mut row, mut bad) = (0, 0);
        for page in pages {
            let page = page.map_err(|error| OpenError::Io { path: path.to_owned(), error })?;
            for (lease, end) in page {
                row += 1;
                match lease {
                    Ok(lease) => {
                        self.table.load(lease);
                        self.report.rows += 1;
                    }
                    Err(_) if end.open => {
                        let reason = "cut off at the end of the file";
                        log::event!(DHCPSRV_MEMFILE_LEASE_LOAD_ROW_ERROR, row, reason);
                        self.report.torn += 1;
                        return Ok(tail);
                    }
                    Err(reason) => {
                        log::event!(DHCPSRV_MEMFILE_LEASE_LOAD_ROW_ERROR, row, reason);
                        self.report.bad_rows += 1;
                        bad += 1;
                        if self.limit != 0 && bad > self.limit {
                            return Err(OpenError::TooManyBadRows { path: path.to_owned(), limit: self.limit });
                        }
                    }
                }
                tail = end;
            }
        }
        Ok(tail)
    }
}

/// Rows that were read, and where each ends. One thread reads them while another puts them into the table: each is half
/// of the work.
type Page<T> = Vec<(Result<<T as Table>::Lease, RowError>, Tail)>;
/// Rows of a page, and pages that wait for the table.
const PAGE: usize = 1024;
const PAGES: usize = 4;

impl Tail {
    /// Cuts off what does not count, begins the file if it has no beginning; where the next row goes.
    fn make_good(self, file: &File, header: &str) -> io::Result<u64> {
        file.set_len(self.end)?;
        let missing = match self {
            Tail { end: 0, .. } => header,
            Tail { open: true, .. } => "\n",
            Tail { open: false, .. } => "",
        };
        file.write_all_at(missing.as_bytes(), self.end)?;
        Ok(self.end + missing.len() as u64)
    }
}

/// Room is made for as many leases as a file seems to have, since to grow on the way costs a sixth of the time; not for
/// too many, since most rows may be of a few leases.
const USUAL_ROW: u64 = 96;
const MOST_RESERVED: u64 = 1 << 20;

/// The lines of a file that are not blank.
struct Lines<'a> {
    reader: BufReader<&'a File>,
    line: Vec<u8>,
    read: u64,
}

struct Line<'a> {
    text: &'a [u8],
    /// Where it ends in the file.
    end: u64,
    /// Its end of line is missing: it is the last, and maybe not whole.
    open: bool,
}

impl<'a> Lines<'a> {
    fn new(file: &'a File) -> Self {
        Lines { reader: BufReader::with_capacity(1 << 18, file), line: Vec::new(), read: 0 }
    }

    fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        loop {
            self.line.clear();
            let read = self.reader.read_until(b'\n', &mut self.line)?;
            self.read += read as u64;
            match self.line.as_slice() {
                [] => return Ok(None),
                [b'\n'] => {}
                _ => break,
            }
        }
        let whole = self.line.strip_suffix(b"\n");
        Ok(Some(Line { text: whole.unwrap_or(&self.line), end: self.read, open: whole.is_none() }))
    }
}

impl Line<'_> {
    fn tail(&self) -> Tail {
        Tail { end: self.end, open: self.open }
    }
}

/// The columns of a file, told by its header.
#[derive(Clone, Copy)]
struct Schema {
    columns: usize,
}

/// Files that do not go up to here are older than anything we know.
const LAST_OLD_COLUMN: &str = "hostname";

impl Schema {
    fn of(header: &[u8], known: &[Column]) -> Result<Self, String> {
        let names: Vec<_> = header.split(|&byte| byte == b',').collect();
        for (name, column) in names.iter().zip(known) {
            if *name != column.name.as_bytes() {
                return Err(format!("'{}' stands where '{}' belongs", String::from_utf8_lossy(name), column.name));
            }
        }
        match known.iter().take(names.len()).any(|column| column.name == LAST_OLD_COLUMN) {
            true => Ok(Schema { columns: names.len() }),
            false => Err(format!("has only {} columns, and must have those up to '{LAST_OLD_COLUMN}'", names.len())),
        }
    }

    /// A row may be as long as its header or as today's, and anything in between: servers of different age may have
    /// appended to one file.
    fn parse<T: Table>(&self, line: &[u8]) -> Result<T::Lease, RowError> {
        let (header, known) = (self.columns, T::COLUMNS.len());
        let mut row = Row::split(line);
        if row.len() < header.min(known) || row.len() > header.max(known) {
            return Err(format!(
                "Invalid number of columns: {} in row: '{}'",
                row.len(),
                String::from_utf8_lossy(line)
            ));
        }
        row.fit(T::COLUMNS);
        T::parse(&mut row)
    }

    /// Reads the rows of a file, page by page, unless nobody wants more of them.
    fn parse_all<T: Table>(self, mut lines: Lines<'_>, pages: &SyncSender<io::Result<Page<T>>>) {
        let mut page = Vec::with_capacity(PAGE);
        loop {
            match lines.next() {
                Ok(Some(line)) => page.push((self.parse::<T>(line.text), line.tail())),
                Ok(None) => return drop(pages.send(Ok(page))),
                Err(error) => return drop(pages.send(Ok(page)).and_then(|()| pages.send(Err(error)))),
            }
            if page.len() == PAGE && pages.send(Ok(mem::replace(&mut page, Vec::with_capacity(PAGE)))).is_err() {
                return;
            }
        }
    }

    /// Tells when the columns are not those of today.
    fn warn<T: Table>(&self, path: &Path) -> bool {
        let (file, version) = (path.display(), T::SCHEMA_VERSION);
        match self.columns.cmp(&T::COLUMNS.len()) {
            std::cmp::Ordering::Less => log::event!(DHCPSRV_MEMFILE_NEEDS_UPGRADING, file, version),
            std::cmp::Ordering::Equal => return false,
            std::cmp::Ordering::Greater => log::event!(DHCPSRV_MEMFILE_NEEDS_DOWNGRADING, file, version),
        }
        true
    }
}
