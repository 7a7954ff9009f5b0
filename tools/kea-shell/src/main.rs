//! kea-shell: sends a command to a daemon and prints its answer.
//!
//! `kea-shell [--host HOST] [--port PORT] [COMMAND]`, with the members of the command's arguments on standard input. What it
//! takes, sends and says is Kea's; see kea-shell(8).

mod exchange;
mod options;

use std::io::{self, Read};
use std::process::ExitCode;
use std::time::Duration;

use exchange::Failure;
use options::{Invocation, Options};

/// The version of Kea that this speaks like.
const VERSION: &str = "3.3.1";

fn main() -> ExitCode {
    let said = match options::parse(std::env::args_os().skip(1)) {
        Invocation::Run(options) => run(&options),
        Invocation::Print(text) => Ok(text),
        Invocation::Wrong(reason) => {
            eprintln!("{}kea-shell: error: {reason}", options::USAGE);
            return ExitCode::from(2);
        }
        Invocation::Refused(reason) => Err(reason),
    };
    match said {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(reason) => {
            println!("{reason}");
            ExitCode::FAILURE
        }
    }
}

/// Reads the arguments, sends the command; the answer as it came.
fn run(options: &Options) -> Result<String, String> {
    let credential = options.credential().map_err(failed)?;
    let mut arguments = String::new();
    io::stdin().read_to_string(&mut arguments).map_err(|error| failed(error.into()))?;
    if let Some(patience) = options.timeout {
        watch(patience);
    }
    let body = request(&options.command, &arguments);
    exchange::exchange(options, credential, body).map_err(failed)
}

fn failed(failure: Failure) -> String {
    format!("Failed to run: {failure}")
}

/// Ends the process if the exchange has not by then, wherever it hangs.
fn watch(patience: Duration) {
    std::thread::spawn(move || {
        std::thread::sleep(patience);
        println!("Connection timeout");
        std::process::exit(1);
    });
}

/// What is sent. Nothing of it is looked at here: a mistake in the arguments is for the daemon to tell.
fn request(command: &str, arguments: &str) -> String {
    let arguments = if arguments.len() > 1 { format!(", \"arguments\": {{ {arguments} }}") } else { String::new() };
    format!("{{ \"command\": \"{command}\"{arguments} }}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_members_of_the_arguments_get_their_braces_here() {
        assert_eq!(request("list-commands", "\n"), r#"{ "command": "list-commands" }"#);
        assert_eq!(
            request("config-write", "\"filename\": \"a\"\n"),
            "{ \"command\": \"config-write\", \"arguments\": { \"filename\": \"a\"\n } }"
        );
    }
}
