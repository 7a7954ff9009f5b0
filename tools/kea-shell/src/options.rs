//! The command line.

use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::time::Duration;

use lexopt::{Arg, Parser, ValueExt};

use crate::VERSION;
use crate::exchange::Failure;

/// What the command line says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// A name, an address, or the path of a unix socket.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// Behind the first slash.
    pub(crate) path: String,
    /// With it the command goes over HTTPS.
    pub(crate) tls: Option<Tls>,
    pub(crate) auth_user: Credential,
    pub(crate) auth_password: Credential,
    /// For the whole exchange; none waits for ever.
    pub(crate) timeout: Option<Duration>,
    pub(crate) command: String,
}

/// Whom to trust, and who is asking.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Tls {
    pub(crate) ca: PathBuf,
    /// The client's certificate and its key.
    pub(crate) identity: Option<(PathBuf, PathBuf)>,
}

/// A part of a credential: as it is, or the first line of a file, which wins.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Credential {
    text: String,
    file: String,
}

/// What the process is asked to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Invocation {
    Run(Box<Options>),
    Print(String),
    /// The command line is not understood.
    Wrong(String),
    /// It is, and cannot be done.
    Refused(String),
}

pub(crate) const USAGE: &str = "\
usage: kea-shell [-h] [-v] [-V] [--host HOST] [--port PORT] [--path PATH]
                 [--ca CA] [--cert CERT] [--key KEY] [--timeout SECONDS]
                 [--service [SERVICE]] [--auth-user USER]
                 [--auth-user-file FILE] [--auth-password PASSWORD]
                 [--auth-password-file FILE] [command]
";

const HELP: &str = "
Sends a command to a daemon over HTTP or HTTPS and prints its answer. The members of the
command's arguments are read from standard input.

  command                list-commands if not given
  --host HOST            name or address of the server (127.0.0.1), or path of
                         its unix control socket
  --port PORT            TCP port of the server (8000)
  --path PATH            path of the URL (empty)
  --ca CA                file or folder of the authorities that are trusted;
                         with it, the command goes over HTTPS
  --cert CERT, --key KEY files of the client's certificate and its key
  --timeout SECONDS      for the whole exchange (10); 0 waits for ever
  --service SERVICE      accepted and ignored
  --auth-user, --auth-password, --auth-user-file, --auth-password-file
                         credential of HTTP's basic authentication
  -h, --help             print this and exit
  -v                     print version number and exit
  -V                     print extended version and exit";

/// Reads the arguments of the process, without its name.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Invocation {
    read(Parser::from_args(arguments)).unwrap_or_else(|error| Invocation::Wrong(error.to_string()))
}

fn read(mut parser: Parser) -> Result<Invocation, lexopt::Error> {
    let (mut user, mut password) = (Credential::default(), Credential::default());
    let (mut ca, mut cert, mut key) = (String::new(), String::new(), String::new());
    let (mut host, mut path) = ("127.0.0.1".to_owned(), String::new());
    let (mut port, mut seconds) = (8000, 10);
    let mut command = None;
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("host") => host = parser.value()?.string()?,
            Arg::Long("port") => port = parser.value()?.parse()?,
            Arg::Long("path") => path = parser.value()?.string()?,
            Arg::Long("ca") => ca = parser.value()?.string()?,
            Arg::Long("cert") => cert = parser.value()?.string()?,
            Arg::Long("key") => key = parser.value()?.string()?,
            Arg::Long("timeout") => seconds = parser.value()?.parse()?,
            Arg::Long("auth-user") => user.text = parser.value()?.string()?,
            Arg::Long("auth-user-file") => user.file = parser.value()?.string()?,
            Arg::Long("auth-password") => password.text = parser.value()?.string()?,
            Arg::Long("auth-password-file") => password.file = parser.value()?.string()?,
            Arg::Long("service") => skip_service(&mut parser),
            Arg::Short('h') | Arg::Long("help") => return Ok(Invocation::Print(format!("{USAGE}{HELP}"))),
            Arg::Short('v') => return Ok(Invocation::Print(VERSION.to_owned())),
            Arg::Short('V') => {
                return Ok(Invocation::Print(format!("{VERSION} (Takahe {})", env!("CARGO_PKG_VERSION"))));
            }
            Arg::Value(value) if command.is_none() => command = Some(value.string()?),
            other => return Err(other.unexpected()),
        }
    }
    let tls = match tls(&ca, &cert, &key) {
        Ok(tls) => tls,
        Err(reason) => return Ok(Invocation::Refused(reason.to_owned())),
    };
    let command = command.unwrap_or_else(|| "list-commands".to_owned());
    let timeout = (seconds > 0).then(|| Duration::from_secs(seconds));
    let (auth_user, auth_password) = (user, password);
    let options = Options { host, port, path, tls, auth_user, auth_password, timeout, command };
    Ok(Invocation::Run(Box::new(options)))
}

/// Its value may be left out. Daemons need none any more.
fn skip_service(parser: &mut Parser) {
    if parser.optional_value().is_some() {
        return;
    }
    if let Some(mut rest) = parser.try_raw_args()
        && rest.peek().is_some_and(|next| !next.to_string_lossy().starts_with('-'))
    {
        rest.next();
    }
}

fn tls(ca: &str, cert: &str, key: &str) -> Result<Option<Tls>, &'static str> {
    match (ca, cert, key) {
        ("", "", "") => Ok(None),
        (_, "", _) | (_, _, "") if cert != key => Err("--cert and --key must be used together"),
        ("", ..) => Err("--cert and --key with HTTPS disabled (no --ca)"),
        _ => {
            let identity = (!cert.is_empty()).then(|| (cert.into(), key.into()));
            Ok(Some(Tls { ca: ca.into(), identity }))
        }
    }
}

impl Options {
    /// User and password, if there is a user.
    pub(crate) fn credential(&self) -> Result<Option<(String, String)>, Failure> {
        if self.auth_user == Credential::default() {
            return Ok(None);
        }
        Ok(Some((self.auth_user.resolve()?, self.auth_password.resolve()?)))
    }
}

impl Credential {
    fn resolve(&self) -> Result<String, Failure> {
        if self.file.is_empty() {
            return Ok(self.text.clone());
        }
        let path = Path::new(&self.file);
        let mut line = String::new();
        let read = File::open(path).and_then(|file| BufReader::new(file).read_line(&mut line));
        read.map_err(|error| Failure::File(self.file.clone(), error))?;
        Ok(line.strip_suffix('\n').unwrap_or(&line).to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &str) -> Invocation {
        parse(arguments.split_whitespace().map(OsString::from))
    }

    fn run(arguments: &str) -> Options {
        match parsed(arguments) {
            Invocation::Run(options) => *options,
            other => panic!("{arguments}: {other:?}"),
        }
    }

    #[test]
    fn what_is_not_said_has_a_default() {
        let options = run("");
        assert_eq!((options.host.as_str(), options.port, options.path.as_str()), ("127.0.0.1", 8000, ""));
        assert_eq!((options.command.as_str(), options.timeout), ("list-commands", Some(Duration::from_secs(10))));
        assert_eq!((options.credential().ok(), options.tls), (Some(None), None));
        assert_eq!(run("--timeout 0").timeout, None);
    }

    #[test]
    fn a_service_is_ignored_with_or_without_a_value() {
        for arguments in [
            "--service dhcp4 status-get",
            "status-get --service",
            "--service=d2 status-get",
            "--service --port 8000 status-get",
        ] {
            assert_eq!(run(arguments), run("status-get"), "{arguments}");
        }
    }

    #[test]
    fn credentials_come_from_files_first() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("user");
        std::fs::write(&file, "foo\nbar\n").unwrap();
        let file = file.display();
        let credential = |arguments: &str| run(arguments).credential().unwrap();
        let expected = Some(("foo".to_owned(), "secret".to_owned()));
        assert_eq!(credential("--auth-user foo --auth-password secret"), expected);
        assert_eq!(credential(&format!("--auth-user x --auth-user-file {file} --auth-password secret")), expected);
        assert_eq!(credential("--auth-password secret"), None);
        assert!(run("--auth-user-file /nonexistent").credential().is_err());
    }

    #[test]
    fn wrong_usage_is_told() {
        for arguments in ["--port x", "--port 65536", "--timeout -1", "--nothing", "-z", "a b", "--host"] {
            assert!(matches!(parsed(arguments), Invocation::Wrong(_)), "{arguments}");
        }
        let refused = |arguments: &str, expected: &str| {
            assert!(
                matches!(parsed(arguments), Invocation::Refused(reason) if reason.contains(expected)),
                "{arguments}"
            );
        };
        refused("--cert a", "must be used together");
        refused("--ca a --key b", "must be used together");
        refused("--cert a --key b", "no --ca");
    }

    #[test]
    fn an_authority_makes_it_https() {
        let tls = |identity| Some(Tls { ca: "a".into(), identity });
        assert_eq!(run("--ca a").tls, tls(None));
        assert_eq!(run("--ca a --cert b --key c").tls, tls(Some(("b".into(), "c".into()))));
    }
}
