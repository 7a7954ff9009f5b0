//! Leases between a database and a lease file.

use std::fs::{self, DirBuilder, File};
use std::io::{self, BufRead, BufReader, BufWriter, IsTerminal, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use crate::database::{Database, Fields, Refused};
use crate::options::{Backend, Command, Family, Options};
use crate::{Failed, error, info, options, warning};
use leases::memfile::{Table4, Table6, compact};

/// How many rows of a file may be wrong, as with kea-lfc.
const MOST_BAD_ROWS: u32 = 100;

/// What the functions of PostgreSQL take, in their order, which is that of a lease file.
const TYPES4: [&str; 12] = [
    "varchar", "varchar", "varchar", "bigint", "bigint", "bigint", "int", "int", "varchar", "bigint", "varchar",
    "bigint",
];
const TYPES6: [&str; 18] = [
    "varchar", "varchar", "bigint", "bigint", "bigint", "bigint", "int", "int", "int", "int", "int", "varchar",
    "varchar", "bigint", "varchar", "int", "int", "bigint",
];

/// `lease-dump`: writes all leases to a file.
pub(crate) async fn dump(options: &Options) -> Result<(), Failed> {
    let family = family(options)?;
    let Some(path) = &options.output else {
        return Err(wrong("you must specify an output file for lease-dump"));
    };
    may_overwrite(path, options)?;
    let procedure = match options.backend {
        Backend::Mysql => "CALL",
        _ => "SELECT * FROM",
    };
    let read = async {
        let mut database = Database::open(options).await?;
        let mut rows = database.rows(&format!("{procedure} lease{family}DumpHeader()")).await?;
        rows.extend(database.rows(&format!("{procedure} lease{family}DumpData()")).await?);
        Ok(rows)
    };
    let rows = read.await.map_err(|Refused(status)| {
        Failed::saying(match options.backend {
            Backend::Mysql => format!("lease-dump: mysql_execute failed, exit code {status}"),
            _ => format!("lease-dump: psql call failed, exit code: {status}"),
        })
    })?;
    write(path, &rows).map_err(|reason| Failed::saying(format_args!("cannot write {}: {reason}", path.display())))?;
    match options.backend {
        Backend::Mysql => info(format_args!("Successfully dumped lease{family} to {}.", path.display())),
        _ => println!("lease{family} successfully dumped to {}", path.display()),
    }
    Ok(())
}

/// `lease-upload`: reads a lease file, without its history, into the database.
pub(crate) async fn upload(options: &Options) -> Result<(), Failed> {
    let family = family(options)?;
    let Some(path) = &options.input else {
        return Err(wrong("you must specify an input file with -i or --input for lease-upload"));
    };
    let unreadable = |reason: io::Error| Failed::saying(format_args!("cannot read {}: {reason}", path.display()));
    let lines = BufReader::new(File::open(path).map_err(unreadable)?).split(b'\n').count();
    if lines <= 1 {
        return Err(Failed::saying("CSV file has no leases"));
    }
    info(format_args!("Looking at {lines} lines of CSV in {}...", path.display()));
    let private =
        Private::new().map_err(|reason| Failed::saying(format_args!("cannot make a temporary folder: {reason}")))?;
    let short = private.0.join("leases.csv");
    let compacted = match family {
        Family::V4 => compact::<Table4>(&[path], MOST_BAD_ROWS, &short),
        Family::V6 => compact::<Table6>(&[path], MOST_BAD_ROWS, &short),
    };
    compacted.map_err(Failed::saying)?;
    let rows = fs::read_to_string(&short).map_err(unreadable)?;
    info(format_args!("Reduced to {} lines.", rows.lines().count()));
    insert(options, family, rows.lines().skip(1)).await.map_err(|Refused(status)| Failed(status))?;
    info(format_args!("Successfully updated table lease{family}."));
    Ok(())
}

/// All rows, or none.
async fn insert(options: &Options, family: Family, rows: impl Iterator<Item = &str>) -> Result<(), Refused> {
    let types: &[&str] = if family == Family::V4 { &TYPES4 } else { &TYPES6 };
    let statement = match options.backend {
        Backend::Mysql => format!("CALL lease{family}Upload({})", vec!["?"; types.len()].join(", ")),
        _ => {
            let places: Vec<_> = types.iter().zip(1..).map(|(kind, at)| format!("${at}::text::{kind}")).collect();
            format!("SELECT lease{family}Upload({})", places.join(", "))
        }
    };
    let mut database = Database::open(options).await?;
    database.run("BEGIN").await?;
    for row in rows {
        database.run_with(&statement, row.split(',')).await?;
    }
    database.run("COMMIT").await
}

fn write(path: &Path, rows: &[Fields]) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    for row in rows {
        let fields: Vec<_> = row.iter().map(|field| field.as_deref().unwrap_or_default()).collect();
        writeln!(file, "{}", fields.join(","))?;
    }
    file.into_inner()?.sync_all()
}

fn family(options: &Options) -> Result<Family, Failed> {
    options.family.ok_or_else(|| wrong(&format!("{}: lease type ( -4 or -6 ) needs to be specified", options.command)))
}

fn wrong(reason: &str) -> Failed {
    error(reason);
    println!("{}", options::usage());
    Failed(1)
}

/// Asks whether a file that is there may go, unless `-y` says so.
fn may_overwrite(path: &Path, options: &Options) -> Result<(), Failed> {
    if !path.exists() {
        return Ok(());
    }
    if options.yes {
        info(format_args!("Removing file {}...", path.display()));
        return fs::remove_file(path)
            .map_err(|reason| Failed::saying(format_args!("cannot remove {}: {reason}", path.display())));
    }
    println!("Output file, {}, exists and will be overwritten.\nDo you wish to continue? (y/N)", path.display());
    let mut answer = String::new();
    if io::stdin().is_terminal() {
        // An answer that cannot be read is none.
        let _ = io::stdin().read_line(&mut answer);
    } else {
        warning("Non-interactive tty detected. Assuming no.");
    }
    if answer.trim() == "y" {
        return Ok(());
    }
    println!("{} aborted by user.", Command::LeaseDump);
    Err(Failed(1))
}

/// A folder that nobody else can look into, gone with the value.
struct Private(PathBuf);

impl Private {
    fn new() -> io::Result<Self> {
        let folder = std::env::temp_dir().join(format!("kea-admin.{}", std::process::id()));
        DirBuilder::new().mode(0o700).create(&folder)?;
        Ok(Private(folder))
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        if let Err(reason) = fs::remove_dir_all(&self.0) {
            warning(format_args!("cannot remove {}: {reason}", self.0.display()));
        }
    }
}
