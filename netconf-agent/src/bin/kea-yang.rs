//! kea-yang: converts a server's configuration between JSON and YANG data, and validates it. See kea-yang(8).

use std::io::{self, Read as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use lexopt::{Arg, Parser, ValueExt as _};
use netconf_agent::convert::{Configuration, Format, Input, MODELS};
use netconf_agent::yang::Schema;
use translators::Model;

const USAGE: &str = "\
Usage: kea-yang [OPTION]... [FILE]
Converts the configuration of kea-dhcp4, kea-dhcp6 or kea-dhcp-ddns from Kea's JSON to YANG data and back.
FILE, or standard input, is read; the result goes to standard output.
   --from FORMAT   json, yang-json or yang-xml; found out otherwise
   --to FORMAT     the same; otherwise yang-json for json, and json for the others
   --check         print nothing but what is wrong
   --model MODULE  for the JSON of kea-dhcp6: ietf-dhcpv6-server instead of kea-dhcp6-server
   --partial       leave out what YANG cannot say, and tell; otherwise an error
   --modules DIR   prefer the YANG modules of this folder
   -v, -V, -h      print the version, the version with that of Kea, this";

/// The version of Kea that this speaks like.
const VERSION: &str = "3.3.1";

/// Something is wrong with the call, and not with the configuration.
const WRONG_CALL: u8 = 2;

/// What to do.
#[derive(Default)]
struct Options {
    from: Option<Format>,
    to: Option<Format>,
    check: bool,
    partial: bool,
    model: Option<Model>,
    modules: Option<PathBuf>,
    file: Option<PathBuf>,
}

fn main() -> ExitCode {
    let options = match parse(Parser::from_env()) {
        Ok(Ok(options)) => options,
        Ok(Err(text)) => {
            println!("{text}");
            return ExitCode::SUCCESS;
        }
        Err(error) => return wrong_call(&format!("{error}\n{USAGE}")),
    };
    let (name, text) = match read(&options) {
        Ok(read) => read,
        Err(reason) => return wrong_call(&reason),
    };
    let models = MODELS.map(|model| model.module);
    let schema = match Schema::load(options.modules.as_deref(), &models) {
        Ok(schema) => schema,
        Err(reason) => return wrong_call(&reason),
    };
    let input = Input { name: &name, text: &text, format: options.from, model: options.model };
    let mut include = |file: &str| std::fs::read_to_string(file).map_err(|error| error.to_string());
    match Configuration::read(&schema, input, &mut include) {
        Ok(configuration) => finish(&options, &configuration),
        Err(errors) => {
            errors.iter().for_each(|error| eprintln!("{error}"));
            ExitCode::FAILURE
        }
    }
}

/// Tells what is left out, and prints the rest.
fn finish(options: &Options, configuration: &Configuration) -> ExitCode {
    for left_out in &configuration.left_out {
        eprintln!("{}{left_out}", if options.partial { "left out: " } else { "" });
    }
    if !configuration.left_out.is_empty() && !options.partial {
        return ExitCode::FAILURE;
    }
    if options.check {
        return ExitCode::SUCCESS;
    }
    let to = options.to.unwrap_or(configuration.format.opposite());
    match io::stdout().lock().write_all(configuration.print(to).as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cannot write: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The options, or a text that is asked for instead.
fn parse(mut arguments: Parser) -> Result<Result<Options, String>, lexopt::Error> {
    let mut options = Options::default();
    while let Some(argument) = arguments.next()? {
        match argument {
            Arg::Long("from") => options.from = Some(arguments.value()?.parse_with(format)?),
            Arg::Long("to") => options.to = Some(arguments.value()?.parse_with(format)?),
            Arg::Long("check") => options.check = true,
            Arg::Long("partial") => options.partial = true,
            Arg::Long("model") => options.model = Some(arguments.value()?.parse_with(model)?),
            Arg::Long("modules") => options.modules = Some(arguments.value()?.into()),
            Arg::Short('v') => return Ok(Err(VERSION.to_owned())),
            Arg::Short('V') => return Ok(Err(format!("{VERSION} (Takahe {})", env!("CARGO_PKG_VERSION")))),
            Arg::Short('h') | Arg::Long("help") => return Ok(Err(USAGE.to_owned())),
            Arg::Value(file) if options.file.is_none() => options.file = Some(file.into()),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Ok(options))
}

fn format(name: &str) -> Result<Format, String> {
    let names = || Format::NAMES.map(|(name, _)| name).join(", ");
    Format::named(name).ok_or_else(|| format!("one of {} is expected", names()))
}

fn model(name: &str) -> Result<Model, String> {
    let found = MODELS.into_iter().find(|model| model.module == name);
    found.ok_or_else(|| format!("one of {} is expected", MODELS.map(|model| model.module).join(", ")))
}

/// What the input is called in errors, and its text.
fn read(options: &Options) -> Result<(String, String), String> {
    match options.file.as_ref().filter(|file| file.as_os_str() != "-") {
        Some(file) => {
            let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
            Ok((file.display().to_string(), text))
        }
        None => {
            let mut text = String::new();
            io::stdin().read_to_string(&mut text).map_err(|error| format!("standard input: {error}"))?;
            Ok(("<stdin>".to_owned(), text))
        }
    }
}

fn wrong_call(reason: &str) -> ExitCode {
    eprintln!("kea-yang: {reason}");
    ExitCode::from(WRONG_CALL)
}
