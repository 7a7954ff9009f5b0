//! The command line.

use std::ffi::OsString;
use std::fmt::Write;
use std::path::PathBuf;

use lexopt::{Arg, Parser, ValueExt};

use crate::messages::PRODUCT;
use crate::{Identity, VERSION};

/// What the command line says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// `-c`: the configuration file.
    pub config: PathBuf,
    /// `-d`: all messages up to debug level 99.
    pub debug: bool,
    /// `-F`: exit on a critical error.
    pub exit_on_failure: bool,
    /// `-R`: repair mode of configuration back ends.
    pub repair: bool,
    /// `-X`: paths and permissions are not enforced.
    pub relaxed: bool,
    /// `-p`: the server's port, for tests.
    pub server_port: Option<u16>,
    /// `-P`: the client's port, for tests.
    pub client_port: Option<u16>,
}

/// What the process is asked to be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Invocation {
    /// A daemon.
    Run(Options),
    /// `-t`, or `-T` with checks that only a real start makes: is the configuration good?
    Check(Options, Checks),
    /// `-v`, `-V`, `-W`, `--schema`, `--list-unsupported`: print this.
    Print(String),
    /// Not understood, for this reason; may be empty.
    Wrong(String),
}

/// How much is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Checks {
    /// What can be known from the configuration.
    Plain,
    /// And what can be known by trying.
    Extra,
}

/// All options there are: letter, its value if it has one, and what it does.
const OPTIONS: [(char, &str, &str); 12] = [
    ('v', "", "print version number and exit"),
    ('V', "", "print extended version and exit"),
    ('W', "", "display the configuration report and exit"),
    ('d', "", "debug mode with extra verbosity"),
    ('F', "", "exit on critical error"),
    ('R', "", "config back end repair mode"),
    ('X', "", "disables security restrictions"),
    ('c', "file", "specify configuration file"),
    ('t', "file", "check the configuration file syntax and exit"),
    ('T', "file", "check the configuration file doing extra checks and exit"),
    ('p', "number", "specify non-standard server port number 1-65535 (useful for testing only)"),
    ('P', "number", "specify non-standard client port number 1-65535 (useful for testing only)"),
];

/// What Kea has not; all daemons have it.
const EXTENSIONS: [(&str, &str); 2] = [
    ("schema", "print a JSON Schema of the configuration file, for editors, and exit"),
    ("list-unsupported", "print what is known and not supported yet in the configuration file, and exit"),
];

/// Reads the arguments of the process, without its name.
pub(crate) fn parse(identity: &Identity, arguments: impl IntoIterator<Item = OsString>) -> Invocation {
    match read(identity, Parser::from_args(arguments)) {
        Ok(invocation) => invocation,
        Err(error) => Invocation::Wrong(error.to_string()),
    }
}

fn read(identity: &Identity, mut parser: Parser) -> Result<Invocation, lexopt::Error> {
    let mut options = Options::default();
    let mut checks = None;
    while let Some(argument) = parser.next()? {
        let letter = match argument {
            Arg::Short(letter) => letter,
            Arg::Long("schema") => return Ok(Invocation::Print(schema(identity))),
            Arg::Long("list-unsupported") => return Ok(Invocation::Print(list_unsupported(identity))),
            _ => return Err(argument.unexpected()),
        };
        if !identity.options.contains(letter) {
            return Err(format!("unsupported option: -{letter}").into());
        }
        match letter {
            'v' => return Ok(Invocation::Print(VERSION.to_owned())),
            'V' => return Ok(Invocation::Print(extended_version())),
            'W' => return Ok(Invocation::Print(report(identity))),
            'd' => options.debug = true,
            'F' => options.exit_on_failure = true,
            'R' => options.repair = true,
            'X' => options.relaxed = true,
            'c' => options.config = parser.value()?.into(),
            't' | 'T' => {
                options.config = parser.value()?.into();
                checks = Some(if letter == 't' { Checks::Plain } else { Checks::Extra });
            }
            'p' => options.server_port = Some(port("server", parser.value()?)?),
            'P' => options.client_port = Some(port("client", parser.value()?)?),
            _ => return Err(format!("unsupported option: -{letter}").into()),
        }
    }
    if options.config.as_os_str().is_empty() {
        return Err("Configuration file not specified.".into());
    }
    Ok(match checks {
        Some(checks) => Invocation::Check(options, checks),
        None => Invocation::Run(options),
    })
}

fn port(whose: &str, value: OsString) -> Result<u16, lexopt::Error> {
    let value = value.string()?;
    let port = value.parse().ok().filter(|port| *port > 0);
    port.ok_or_else(|| format!("Failed to parse {whose} port number: [{value}], 1-65535 allowed.").into())
}

/// How to call the program, for those who called it otherwise.
pub(crate) fn usage(identity: &Identity, reason: &str) -> String {
    let Identity { process, title, .. } = identity;
    let mut text = format!("{reason}\n{title}, version {VERSION} ({PRODUCT})\n\nUsage: {process} [options] -c file\n");
    for (letter, value, what) in OPTIONS.iter().filter(|(letter, ..)| identity.options.contains(*letter)) {
        let option = format!("-{letter} {value}");
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {}: {what}", option.trim_end());
    }
    for (option, what) in EXTENSIONS {
        let _ = writeln!(text, "  --{option}: {what}");
    }
    text.trim_start().to_owned()
}

fn schema(identity: &Identity) -> String {
    format!("{:#}", schema::json_schema(identity.process, identity.parameters))
}

/// A line for each parameter: its path and what of it is refused.
fn list_unsupported(identity: &Identity) -> String {
    let rows = schema::manual::unsupported(identity.parameters);
    rows.iter().map(|(path, what)| format!("{path}: {what}")).collect::<Vec<_>>().join("\n")
}

/// What `-V` and version-get tell beyond the version.
pub(crate) fn extended_version() -> String {
    format!("{VERSION} ({PRODUCT})")
}

/// What `-W` and build-report tell.
pub(crate) fn report(identity: &Identity) -> String {
    let profile = if cfg!(debug_assertions) { "debug" } else { "release" };
    let (os, architecture) = (std::env::consts::OS, std::env::consts::ARCH);
    let Identity { process, title, .. } = identity;
    format!("{PRODUCT}: {process}, {title}\nSpeaks as Kea {VERSION}\nBuilt for {architecture} {os}, profile {profile}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Style;
    use schema::{Annotations, Scope};

    const IDENTITY: Identity = Identity {
        process: "kea-test",
        module: "Test",
        title: "Kea test daemon",
        options: "vVWdFXctpP",
        style: Style::Controller,
        parameters: Annotations::TABLE,
        http: None,
    };

    fn parsed(arguments: &str) -> Invocation {
        parse(&IDENTITY, arguments.split_whitespace().map(OsString::from))
    }

    #[test]
    fn options_combine_as_with_getopt() {
        let options = Options { config: "a.conf".into(), debug: true, relaxed: true, ..Options::default() };
        assert_eq!(parsed("-dX -c a.conf"), Invocation::Run(options.clone()));
        assert_eq!(parsed("-ca.conf -d -X"), Invocation::Run(options.clone()));
        assert_eq!(parsed("-Xdt a.conf"), Invocation::Check(options, Checks::Plain));
        let ports =
            Options { config: "a".into(), server_port: Some(1), client_port: Some(65535), ..Options::default() };
        assert_eq!(parsed("-c a -p 1 -P 65535"), Invocation::Run(ports));
    }

    #[test]
    fn versions_are_printed_whatever_else_is_there() {
        assert_eq!(parsed("-v"), Invocation::Print("3.3.1".to_owned()));
        assert!(matches!(parsed("-d -V"), Invocation::Print(text) if text.starts_with("3.3.1 (Takahe ")));
        assert!(matches!(parsed("-W -z"), Invocation::Print(_)));
        assert!(matches!(parsed("--schema"), Invocation::Print(text) if text.contains("urn:takahe:schema:kea-test")));
        assert_eq!(parsed("--list-unsupported"), Invocation::Print(String::new()));
    }

    #[test]
    fn wrong_usage_is_told() {
        for (arguments, reason) in [
            ("", "Configuration file not specified."),
            ("-d", "Configuration file not specified."),
            ("-c", "-c"),
            ("-R -c a", "unsupported option: -R"),
            ("-z", "unsupported option: -z"),
            ("--help", "--help"),
            ("-c a b", "b"),
            ("-c a -p 0", "Failed to parse server port number: [0], 1-65535 allowed."),
            ("-c a -P x", "Failed to parse client port number: [x], 1-65535 allowed."),
        ] {
            let found = parsed(arguments);
            assert!(matches!(&found, Invocation::Wrong(found) if found.contains(reason)), "{arguments}: {found:?}");
        }
        let usage = usage(&IDENTITY, "why");
        assert!(usage.starts_with("why\n") && usage.contains("  -t file: ") && !usage.contains("  -T"), "{usage}");
    }
}
