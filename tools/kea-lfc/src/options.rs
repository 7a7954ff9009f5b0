//! The command line, in Kea's words.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use leases::memfile::{Table, Table4, Table6};
use lexopt::{Arg, Parser};

use crate::VERSION;

/// Which leases the files hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    V4,
    V6,
}

/// What to clean up.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) family: Family,
    /// `-x`: the result of the cleanup before, and then of this one.
    pub(crate) previous: PathBuf,
    /// `-i`: the lease file that a server put aside.
    pub(crate) copy: PathBuf,
    /// `-o`: the result being written.
    pub(crate) output: PathBuf,
    /// `-f`: the result, complete.
    pub(crate) finish: PathBuf,
    /// `-p`: who is cleaning up.
    pub(crate) pid: PathBuf,
    /// `-c`: must be given and is not read.
    pub(crate) config: PathBuf,
    /// `-d`.
    pub(crate) verbose: bool,
}

/// What the process is asked to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Invocation {
    Run(Options),
    Print(String),
    Usage,
    Wrong(String),
}

pub(crate) const USAGE: &str = "\
Usage: kea-lfc
 [-4|-6] -p file -x file -i file -o file -f file -c file
   -4 or -6 clean a set of v4 or v6 lease files
   -p <file>: PID file
   -x <file>: previous or ex lease file
   -i <file>: copy of lease file
   -o <file>: output lease file
   -f <file>: finish file
   -c <file>: configuration file
   -v: print version number and exit
   -V: print extended version information and exit
   -W: display the configuration report and exit
   -d: optional, verbose output
   -h: print this message
";

/// Reads the arguments of the process, without its name.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Invocation {
    read(Parser::from_args(arguments)).unwrap_or_else(|reason| Invocation::Wrong(reason.to_owned()))
}

fn read(mut parser: Parser) -> Result<Invocation, &'static str> {
    let (mut family, mut verbose, mut extraneous) = (None, false, false);
    let mut files: [(char, &str, PathBuf); 6] = [
        ('p', "PID file not specified"),
        ('x', "Previous file not specified"),
        ('i', "Copy file not specified"),
        ('o', "Output file not specified"),
        ('f', "Finish file not specified"),
        ('c', "Config file not specified"),
    ]
    .map(|(letter, missing)| (letter, missing, PathBuf::new()));
    while let Some(argument) = parser.next().map_err(|_| "Unknown argument")? {
        match argument {
            Arg::Short('4') => family = Some(Family::V4),
            Arg::Short('6') => family = Some(Family::V6),
            Arg::Short('d') => verbose = true,
            Arg::Short('v') => return Ok(Invocation::Print(VERSION.to_owned())),
            Arg::Short('V') => return Ok(Invocation::Print(extended_version(family))),
            Arg::Short('W') => return Ok(Invocation::Print(report())),
            Arg::Short('h') => return Ok(Invocation::Usage),
            Arg::Short(letter) => {
                let file = files.iter_mut().find(|it| it.0 == letter).ok_or("Unknown argument")?;
                file.2 = parser.value().map_err(|_| "Missing option argument")?.into();
            }
            Arg::Long(_) => return Err("Unknown argument"),
            Arg::Value(_) => extraneous = true,
        }
    }
    if extraneous {
        return Err("Extraneous parameters.");
    }
    let family = family.ok_or("DHCP version required")?;
    if let Some((_, missing, _)) = files.iter().find(|(.., path)| path.as_os_str().is_empty()) {
        return Err(missing);
    }
    let [pid, previous, copy, output, finish, config] = files.map(|(.., path)| path);
    Ok(Invocation::Run(Options { family, previous, copy, output, finish, pid, config, verbose }))
}

fn extended_version(family: Option<Family>) -> String {
    let schema = match family {
        None => return format!("{VERSION} ({})", product()),
        Some(Family::V4) => Table4::SCHEMA_VERSION,
        Some(Family::V6) => Table6::SCHEMA_VERSION,
    };
    format!("{VERSION} ({})\nbackend: Memfile backend {schema}", product())
}

fn report() -> String {
    let (os, architecture) = (std::env::consts::OS, std::env::consts::ARCH);
    format!("{}: kea-lfc, lease file cleanup\nSpeaks as Kea {VERSION}\nBuilt for {architecture} {os}", product())
}

fn product() -> String {
    format!("Takahe {}", env!("CARGO_PKG_VERSION"))
}

impl fmt::Display for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Protocol version:    DHCP{}", if self.family == Family::V4 { "v4" } else { "v6" })?;
        writeln!(f, "Previous or ex lease file: {}", self.previous.display())?;
        writeln!(f, "Copy lease file:           {}", self.copy.display())?;
        writeln!(f, "Output lease file:         {}", self.output.display())?;
        writeln!(f, "Finish file:               {}", self.finish.display())?;
        writeln!(f, "Config file:               {}", self.config.display())?;
        writeln!(f, "PID file:                  {}", self.pid.display())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &str) -> Invocation {
        parse(arguments.split_whitespace().map(OsString::from))
    }

    #[test]
    fn all_files_are_told_by_letters() {
        let options = Options {
            family: Family::V6,
            previous: "x".into(),
            copy: "i".into(),
            output: "o".into(),
            finish: "f".into(),
            pid: "p".into(),
            config: "c".into(),
            verbose: true,
        };
        assert_eq!(parsed("-d6 -c c -pp -xx -ii -o o -f f"), Invocation::Run(options));
    }

    #[test]
    fn wrong_usage_is_told() {
        for (arguments, reason) in [
            ("", "DHCP version required"),
            ("-4", "PID file not specified"),
            ("-4 -p p", "Previous file not specified"),
            ("-4 -p p -x x -i i -o o -f f", "Config file not specified"),
            ("-4 more", "Extraneous parameters."),
            ("-4 -p", "Missing option argument"),
            ("-z", "Unknown argument"),
            ("--help", "Unknown argument"),
        ] {
            assert_eq!(parsed(arguments), Invocation::Wrong(reason.to_owned()), "{arguments}");
        }
    }

    #[test]
    fn versions_are_printed() {
        assert_eq!(parsed("-v"), Invocation::Print("3.3.1".to_owned()));
        assert!(matches!(parsed("-V"), Invocation::Print(text) if text.starts_with("3.3.1 (Takahe ")));
        assert!(matches!(parsed("-6 -V"), Invocation::Print(text) if text.contains("\nbackend: Memfile backend ")));
        assert_eq!(parsed("-4 -h"), Invocation::Usage);
    }
}
