//! The command line: a command, a kind of database, options.

use std::ffi::OsString;
use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use leases::memfile::{Table, Table4, Table6};
use lexopt::{Arg, Parser};
use nix::sys::termios::{LocalFlags, SetArg, tcgetattr, tcsetattr};

use crate::schema::kind;
use crate::{VERSION, warning};

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    DbInit,
    DbVersion,
    DbUpgrade,
    LeaseDump,
    LeaseUpload,
    StatsRecount,
}

const COMMANDS: [(&str, Command); 6] = [
    ("db-init", Command::DbInit),
    ("db-version", Command::DbVersion),
    ("db-upgrade", Command::DbUpgrade),
    ("lease-dump", Command::LeaseDump),
    ("lease-upload", Command::LeaseUpload),
    ("stats-recount", Command::StatsRecount),
];

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(COMMANDS.iter().find(|(_, command)| command == self).map_or("", |(name, _)| name))
    }
}

/// Where to do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Backend {
    Memfile,
    Mysql,
    Pgsql,
}

const BACKENDS: [(&str, Backend); 3] =
    [("memfile", Backend::Memfile), ("mysql", Backend::Mysql), ("pgsql", Backend::Pgsql)];

/// Whose leases to move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    V4,
    V6,
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Family::V4 { "4" } else { "6" })
    }
}

/// What the program was asked to do, and how.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) command: Command,
    pub(crate) backend: Backend,
    pub(crate) host: String,
    pub(crate) port: Option<u16>,
    pub(crate) user: String,
    pub(crate) password: String,
    pub(crate) name: String,
    /// `-d`: where scripts are, with a folder for each kind of database.
    pub(crate) scripts: Option<PathBuf>,
    pub(crate) family: Option<Family>,
    pub(crate) input: Option<PathBuf>,
    pub(crate) output: Option<PathBuf>,
    /// `-y`: files that are there may be overwritten.
    pub(crate) yes: bool,
}

/// What a command line asks for.
#[derive(Debug)]
pub(crate) enum Invocation {
    Run(Box<Options>),
    Print(String),
    /// It is wrong, and perhaps for want of knowing how to use it.
    Wrong {
        reason: String,
        usage: bool,
    },
}

pub(crate) fn usage() -> String {
    format!(
        "kea-admin {VERSION}

Usage: kea-admin COMMAND BACKEND [OPTION ...]

COMMAND
  db-init        make the tables in an empty database
  db-version     print the version of its schema
  db-upgrade     bring its schema up to date
  lease-dump     write its leases to a lease file
  lease-upload   read leases from a lease file into it
  stats-recount  count its leases anew

BACKEND: memfile, mysql or pgsql

OPTIONS
  -h, --host HOST             where the database is (localhost)
  -P, --port PORT             its TCP port
  -u, --user NAME             user of the database (keatest)
  -p, --password [PASSWORD]   password; asked for if nothing follows
  -n, --name NAME             name of the database (keatest)
  -d, --directory FOLDER      scripts to use ({})
  -v, --version               print the version
  -V                          print the version in full

  of lease-dump and lease-upload:
  -4, -6                      DHCPv4 or DHCPv6 leases
  -i, --input FILE            lease file to read
  -o, --output FILE           lease file to write
  -y, --yes                   overwrite files that are there",
        crate::schema::installed_scripts().display()
    )
}

/// Reads the arguments of the process, without its name.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Invocation {
    read(Parser::from_args(arguments)).unwrap_or_else(|reason| Invocation::Wrong { reason, usage: true })
}

fn read(mut parser: Parser) -> Result<Invocation, String> {
    let command = match next(&mut parser)? {
        None => return Err("missing command".to_owned()),
        Some(Arg::Long("help")) => return Ok(Invocation::Print(usage())),
        Some(Arg::Short('v') | Arg::Long("version")) => return Ok(Invocation::Print(VERSION.to_owned())),
        Some(Arg::Short('V')) => return Ok(Invocation::Print(extended_version())),
        Some(argument) => {
            let name = named(&argument);
            let found = COMMANDS.iter().find(|(it, _)| *it == name);
            found.ok_or_else(|| format!("invalid command: {name}"))?.1
        }
    };
    let backend = match next(&mut parser)? {
        None => return Err("missing backend".to_owned()),
        Some(argument) => {
            let name = named(&argument);
            match BACKENDS.iter().find(|(it, _)| *it == name) {
                Some((_, backend)) => *backend,
                None => return Ok(Invocation::Wrong { reason: format!("invalid backend: {name}"), usage: false }),
            }
        }
    };
    let mut password = None;
    let mut options = Options {
        command,
        backend,
        host: "localhost".to_owned(),
        port: None,
        user: "keatest".to_owned(),
        password: String::new(),
        name: "keatest".to_owned(),
        scripts: None,
        family: None,
        input: None,
        output: None,
        yes: false,
    };
    while let Some(argument) = next(&mut parser)? {
        match argument {
            Arg::Short('h') | Arg::Long("host") => options.host = text(&mut parser, "-h or --host")?,
            Arg::Short('P') | Arg::Long("port") => {
                let port = text(&mut parser, "-P or --port")?;
                options.port = Some(port.parse().map_err(|_| format!("invalid port: {port}"))?);
            }
            Arg::Short('u') | Arg::Long("user") => options.user = text(&mut parser, "-u or --user")?,
            // Whatever follows is the password, an option's letter, too.
            Arg::Short('p') | Arg::Long("password") => password = Some(follows(&mut parser)),
            Arg::Short('n') | Arg::Long("name") => options.name = text(&mut parser, "-n or --name")?,
            Arg::Short('d') | Arg::Long("directory") => options.scripts = Some(path(&mut parser, "-d or --directory")?),
            Arg::Short('4') => options.family = Some(of_one(options.family, Family::V4)?),
            Arg::Short('6') => options.family = Some(of_one(options.family, Family::V6)?),
            Arg::Short('i') | Arg::Long("input") => options.input = Some(path(&mut parser, "-i or --input")?),
            Arg::Short('o') | Arg::Long("output") => options.output = Some(path(&mut parser, "-o or --output")?),
            Arg::Short('y') | Arg::Long("yes") => options.yes = true,
            Arg::Short('x') | Arg::Long("extra") => {
                let reason = "-x or --extra is not supported: no psql or mysql is run; PGSSLMODE and its like say how to connect";
                return Ok(Invocation::Wrong { reason: reason.to_owned(), usage: false });
            }
            argument => return Err(format!("invalid option: {}", named(&argument))),
        }
    }
    options.password = match password {
        Some(Some(given)) => given,
        Some(None) => asked_for(),
        None => from_environment(backend),
    };
    Ok(Invocation::Run(Box::new(options)))
}

fn next(parser: &mut Parser) -> Result<Option<Arg<'_>>, String> {
    parser.next().map_err(|error| format!("invalid option: {error}"))
}

/// An argument as it was written.
fn named(argument: &Arg<'_>) -> String {
    match argument {
        Arg::Short(letter) => format!("-{letter}"),
        Arg::Long(name) => format!("--{name}"),
        Arg::Value(value) => value.to_string_lossy().into_owned(),
    }
}

fn text(parser: &mut Parser, option: &str) -> Result<String, String> {
    Ok(path(parser, option)?.to_string_lossy().into_owned())
}

fn path(parser: &mut Parser, option: &str) -> Result<PathBuf, String> {
    let value = parser.value().ok().filter(|value| !value.is_empty());
    value.map(PathBuf::from).ok_or_else(|| format!("{option} requires a parameter"))
}

fn follows(parser: &mut Parser) -> Option<String> {
    let value = parser.optional_value().or_else(|| parser.raw_args().ok()?.next());
    value.map(|value| value.to_string_lossy().into_owned())
}

fn of_one(before: Option<Family>, family: Family) -> Result<Family, String> {
    match before {
        Some(other) if other != family => Err("you may not specify both -4 and -6".to_owned()),
        _ => Ok(family),
    }
}

/// A password that is typed and not shown.
fn asked_for() -> String {
    let stdin = io::stdin();
    if !stdin.is_terminal() {
        warning("Non-interactive tty detected. Assuming empty password.");
        return String::new();
    }
    print!("Password: ");
    // A terminal that is gone shows nothing anyway.
    let _ = io::stdout().flush();
    let before = tcgetattr(&stdin).ok();
    if let Some(mut hidden) = before.clone() {
        hidden.local_flags.remove(LocalFlags::ECHO);
        let _ = tcsetattr(&stdin, SetArg::TCSAFLUSH, &hidden);
    }
    let mut line = String::new();
    let read = stdin.read_line(&mut line);
    if let Some(before) = before {
        let _ = tcsetattr(&stdin, SetArg::TCSAFLUSH, &before);
    }
    println!();
    read.map(|_| line.trim_end_matches(['\r', '\n']).to_owned()).unwrap_or_default()
}

fn from_environment(backend: Backend) -> String {
    if let Ok(password) = std::env::var("KEA_ADMIN_DB_PASSWORD") {
        println!("Using the value of KEA_ADMIN_DB_PASSWORD for authentication...");
        return password;
    }
    let usual = if backend == Backend::Pgsql { std::env::var("PGPASSWORD").ok() } else { None };
    usual.filter(|password| !password.is_empty()).unwrap_or_else(|| "1234".to_owned())
}

fn extended_version() -> String {
    let [(mysql, mysql_minor), (pgsql, pgsql_minor)] = [Backend::Mysql, Backend::Pgsql].map(|it| kind(it).newest);
    format!(
        "{VERSION} (Takahe {})\nbackends: MySQL {mysql}.{mysql_minor}, PostgreSQL {pgsql}.{pgsql_minor}, Memfile {} and {}",
        env!("CARGO_PKG_VERSION"),
        Table4::SCHEMA_VERSION,
        Table6::SCHEMA_VERSION
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Invocation {
        parse(line.split_whitespace().map(OsString::from))
    }

    fn options(line: &str) -> Options {
        match parsed(line) {
            Invocation::Run(options) => *options,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn everything_can_be_said() {
        let it = options("lease-upload pgsql -h db -P 5433 -u me -p -secret -n leases -d /scripts -6 -i in -o out -y");
        assert_eq!((it.command, it.backend, it.family), (Command::LeaseUpload, Backend::Pgsql, Some(Family::V6)));
        assert_eq!(
            (&*it.host, it.port, &*it.user, &*it.password, &*it.name),
            ("db", Some(5433), "me", "-secret", "leases")
        );
        let paths = [it.scripts, it.input, it.output].map(|path| path.unwrap().into_os_string().into_string().unwrap());
        assert_eq!((paths.join(" "), it.yes), ("/scripts in out".to_owned(), true));
        let it = options("db-init pgsql --password=pass --host db --name=n");
        assert_eq!((&*it.host, &*it.password, &*it.name, &*it.user), ("db", "pass", "n", "keatest"));
    }

    #[test]
    fn wrong_usage_is_told() {
        for (line, text, told) in [
            ("", "missing command", true),
            ("-h", "invalid command: -h", true),
            ("db-drop pgsql", "invalid command: db-drop", true),
            ("db-init", "missing backend", true),
            ("db-init cql", "invalid backend: cql", false),
            ("db-init pgsql -n", "-n or --name requires a parameter", true),
            ("db-init pgsql -P a", "invalid port: a", true),
            ("db-init pgsql -z", "invalid option: -z", true),
            ("db-init pgsql --cert", "invalid option: --cert", true),
            ("db-init pgsql more", "invalid option: more", true),
            ("lease-dump pgsql -4 -6", "you may not specify both -4 and -6", true),
        ] {
            match parsed(line) {
                Invocation::Wrong { reason, usage } => assert_eq!((&*reason, usage), (text, told), "{line}"),
                other => panic!("{line}: {other:?}"),
            }
        }
        assert!(
            matches!(parsed("db-init pgsql -x --ssl"), Invocation::Wrong { reason, .. } if reason.contains("not supported"))
        );
    }
}
