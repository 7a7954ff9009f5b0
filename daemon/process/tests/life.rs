//! A small daemon from its start to its end, as a process of its own. This program is both: the test, and, when a folder
//! is named in the environment, the daemon that it tests.

use std::cell::Cell;
use std::error::Error;
use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::net::Shutdown;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitCode, ExitStatus, Stdio};

use daemon_process::{Context, Daemon, Identity, Style};
use schema::json::{self, Document};
use schema::{Annotations, ConfigError, Scope};
use serde_json::{Value, json};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Has one parameter, `value`, a whole number. Answers as a DHCP server does, or as the other daemons do.
struct Tiny<const SERVER: bool> {
    value: Cell<i64>,
    context: Context,
}

impl<const SERVER: bool> Daemon for Tiny<SERVER> {
    const IDENTITY: Identity = Identity {
        process: "kea-tiny",
        module: "Tiny",
        title: "Kea tiny daemon",
        options: "vVWdFXct",
        style: if SERVER { Style::Server } else { Style::Controller },
        parameters: Annotations::TABLE,
        http: None,
    };
    type Prepared = i64;

    fn new(context: Context) -> Result<Self, String> {
        context.stats.counter("configured");
        Ok(Tiny { value: Cell::new(0), context })
    }

    fn prepare(&self, config: &Document) -> Result<i64, Vec<ConfigError>> {
        let node = config.root.member("Tiny").and_then(|part| part.member("value"));
        match node.map(|node| (&node.value, node.pos)) {
            Some((json::Value::Int(value), _)) => Ok(*value),
            Some((_, pos)) => Err(vec![config.error(pos, "must be a whole number")]),
            None => Err(vec![config.error(config.root.pos, "`value` is missing")]),
        }
    }

    fn apply(&self, value: i64) {
        self.value.set(value);
        self.context.stats.counter("configured").add(1);
    }

    fn config(&self) -> Value {
        json!({ "Tiny": { "value": self.value.get() } })
    }
}

/// A folder with everything that a daemon touches.
struct Bench {
    folder: tempfile::TempDir,
    kind: &'static str,
}

/// A daemon that runs, and what it says.
struct Running {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Bench {
    fn new() -> Outcome<Bench> {
        let bench = Bench { folder: tempfile::tempdir()?, kind: "controller" };
        std::fs::set_permissions(bench.folder.path(), std::fs::Permissions::from_mode(0o750))?;
        bench.write(&json!(1), "socket")?;
        Ok(bench)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn config(value: &Value, socket: &str) -> Value {
        json!({ "Tiny": { "value": value, "control-sockets": [ { "socket-type": "unix", "socket-name": socket } ] } })
    }

    fn write(&self, value: &Value, socket: &str) -> Outcome {
        Ok(std::fs::write(self.path("tiny.conf"), format!("# A comment\n{:#}", Self::config(value, socket)))?)
    }

    fn command(&self, arguments: &[&str]) -> Outcome<Command> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(arguments).env("TAKAHE_TINY", self.kind);
        for place in ["KEA_PIDFILE_DIR", "KEA_CONTROL_SOCKET_DIR", "KEA_LOG_FILE_DIR"] {
            command.env(place, self.folder.path());
        }
        command.env_remove("KEA_LOGGER_DESTINATION").current_dir(self.folder.path());
        Ok(command)
    }

    /// Runs to its end: exit value and all that it printed.
    fn run(&self, arguments: &[&str]) -> Outcome<(Option<i32>, String)> {
        let output = self.command(arguments)?.output()?;
        let text = [output.stdout, output.stderr].concat();
        Ok((output.status.code(), String::from_utf8(text)?))
    }

    /// Starts the daemon and waits until it serves.
    fn start(&self) -> Outcome<Running> {
        let mut child = self.command(&["-c", "tiny.conf"])?.stdout(Stdio::piped()).spawn()?;
        let output = child.stdout.take().ok_or("no output")?;
        let mut running = Running { child, lines: BufReader::new(output).lines() };
        running.wait_for("DCTL_CONFIG_COMPLETE")?;
        Ok(running)
    }

    fn call(&self, socket: &str, command: &str, arguments: Option<Value>) -> Outcome<Value> {
        let mut request = json!({ "command": command });
        if let Some(arguments) = arguments {
            request["arguments"] = arguments;
        }
        send(&self.path(socket), &format!("{request}"))
    }

    fn value(&self, socket: &str) -> Outcome<Value> {
        Ok(self.call(socket, "config-get", None)?["arguments"]["Tiny"]["value"].take())
    }
}

fn send(socket: &Path, text: &str) -> Outcome<Value> {
    let mut stream = UnixStream::connect(socket)?;
    stream.write_all(text.as_bytes())?;
    stream.shutdown(Shutdown::Write)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(serde_json::from_str(&answer)?)
}

impl Running {
    /// Reads lines until one holds `text`.
    fn wait_for(&mut self, text: &str) -> Outcome<String> {
        for line in self.lines.by_ref() {
            let line = line?;
            if line.contains(text) {
                return Ok(line);
            }
        }
        Err(format!("the daemon ended without saying {text}").into())
    }

    fn signal(&self, signal: nix::sys::signal::Signal) -> Outcome {
        Ok(nix::sys::signal::kill(nix::unistd::Pid::from_raw(self.child.id().cast_signed()), signal)?)
    }

    fn end(mut self) -> Outcome<ExitStatus> {
        Ok(self.child.wait()?)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn starts_serves_and_stops() -> Outcome {
    let bench = Bench::new()?;
    let running = bench.start()?;
    let pid = running.child.id();
    assert_eq!(std::fs::read_to_string(bench.path("tiny.kea-tiny.pid"))?, format!("{pid}\n"));

    let status = bench.call("socket", "status-get", None)?;
    assert_eq!(status["arguments"]["pid"], pid);
    assert!(status["arguments"]["uptime"].is_u64() && status["arguments"]["reload"].is_u64(), "{status}");
    let config = bench.call("socket", "config-get", None)?;
    assert_eq!(config["arguments"]["Tiny"], json!({ "value": 1 }));
    let hash = bench.call("socket", "config-hash-get", None)?;
    assert_eq!(config["arguments"]["hash"], hash["arguments"]["hash"]);
    assert_eq!(hash["arguments"]["hash"].as_str().map(str::len), Some(64));
    assert_eq!(bench.call("socket", "version-get", None)?["text"], "3.3.1");
    let statistic = bench.call("socket", "statistic-get", Some(json!({ "name": "configured" })))?;
    assert_eq!(statistic["arguments"]["configured"][0][0], 1);
    let unknown = bench.call("socket", "statistic-reset", Some(json!({ "name": "nope" })))?;
    assert_eq!(unknown, json!({ "result": 1, "text": "No 'nope' statistic found" }));
    let commands = bench.call("socket", "list-commands", None)?["arguments"].take();
    assert_eq!(commands.as_array().map(Vec::len), Some(15), "{commands}");

    running.signal(nix::sys::signal::SIGTERM)?;
    assert_eq!(running.end()?.code(), Some(0));
    assert_eq!(std::fs::read_dir(bench.folder.path())?.count(), 1, "only the configuration stays");
    Ok(())
}

fn a_refused_configuration_changes_nothing() -> Outcome {
    let bench = Bench::new()?;
    let _running = bench.start()?;
    let text = "{ \"command\": \"config-set\",\n  \"arguments\": { \"Tiny\": { \"value\": \"x\" } } }";
    let answer = send(&bench.path("socket"), text)?;
    let reason = "must be a whole number";
    let error = json!({ "file": "<string>", "line": 2, "column": 37, "path": "Tiny/value", "reason": reason });
    let text = format!("<string>:2:37: Tiny/value: {reason}");
    assert_eq!(answer, json!({ "result": 1, "text": text, "arguments": { "errors": [error] } }));
    for (arguments, reason) in [
        (None, "Missing mandatory 'arguments' parameter."),
        (Some(json!({})), "Missing mandatory 'Tiny' parameter."),
        (Some(json!({ "Tiny": 1 })), "'Tiny' parameter expected to be a map."),
        (
            Some(json!({ "Tiny": { "value": 2 }, "Other": 1 })),
            "'arguments' parameter contains unsupported 'Other' parameter",
        ),
        (Some(Bench::config(&json!(2), "../socket")), "'socket-name' is invalid: invalid path specified: '..'"),
        (Some(Bench::config(&json!(2), &"x".repeat(300))), "cannot listen at"),
        (
            Some(
                json!({ "Tiny": { "value": 2, "loggers": [ { "name": "kea-tiny", "output-options": [ { "output": "/tmp/x" } ] } ] } }),
            ),
            "invalid path",
        ),
    ] {
        let answer = bench.call("socket", "config-set", arguments.clone())?;
        let told = answer["text"].as_str().is_some_and(|text| text.contains(reason));
        assert!(answer["result"] == 1 && told, "{arguments:?}: {answer}");
    }
    assert_eq!(bench.call("socket", "config-test", Some(Bench::config(&json!(2), "socket")))?["result"], 0);
    assert_eq!(bench.value("socket")?, 1);
    Ok(())
}

fn a_new_configuration_moves_sockets_and_is_written() -> Outcome {
    let bench = Bench::new()?;
    let _running = bench.start()?;
    assert_eq!(bench.call("socket", "config-set", Some(Bench::config(&json!(2), "other")))?["result"], 0);
    assert!(!bench.path("socket").exists());
    assert_eq!(bench.value("other")?, 2);
    let written = bench.call("other", "config-write", Some(json!({ "filename": "new.conf" })))?;
    assert_eq!(written["text"], "Configuration written to new.conf successful");
    assert_eq!(serde_json::from_slice::<Value>(&std::fs::read(bench.path("new.conf"))?)?["Tiny"]["value"], 2);
    let refused = bench.call("other", "config-write", Some(json!({ "filename": "/tmp/new.conf" })))?;
    assert!(refused["text"].as_str().is_some_and(|text| text.starts_with("not allowed to write config into")));
    Ok(())
}

fn sighup_reloads_and_a_bad_file_is_left_alone() -> Outcome {
    let bench = Bench::new()?;
    let mut running = bench.start()?;
    bench.write(&json!(7), "socket")?;
    running.signal(nix::sys::signal::SIGHUP)?;
    running.wait_for("DCTL_CONFIG_COMPLETE")?;
    assert_eq!(bench.value("socket")?, 7);
    bench.write(&json!("bad"), "elsewhere")?;
    running.signal(nix::sys::signal::SIGHUP)?;
    let line = running.wait_for("DCTL_CFG_FILE_RELOAD_ERROR")?;
    assert!(line.contains("tiny.conf:") && line.contains("must be a whole number"), "{line}");
    assert_eq!(bench.value("socket")?, 7);
    assert_eq!(bench.call("socket", "config-reload", None)?["result"], 1);
    Ok(())
}

fn two_of_the_same_do_not_run_and_a_killed_one_is_replaced() -> Outcome {
    let bench = Bench::new()?;
    let running = bench.start()?;
    let (exit, text) = bench.run(&["-c", "tiny.conf"])?;
    assert!(exit == Some(1) && text.contains("DCTL_ALREADY_RUNNING"), "{exit:?} {text}");
    assert_eq!(bench.value("socket")?, 1);
    running.signal(nix::sys::signal::SIGKILL)?;
    running.end()?;
    assert!(bench.path("socket").exists() && bench.path("tiny.kea-tiny.pid").exists());
    let running = bench.start()?;
    assert_eq!(bench.value("socket")?, 1);
    let answer = bench.call("socket", "shutdown", Some(json!({ "exit-value": 7 })))?;
    assert_eq!(answer, json!({ "result": 0, "text": "Shutting down." }));
    assert_eq!(running.end()?.code(), Some(7));
    Ok(())
}

fn a_server_answers_in_the_words_of_servers() -> Outcome {
    let bench = Bench { kind: "server", ..Bench::new()? };
    let _running = bench.start()?;
    let config = || Some(Bench::config(&json!(2), "socket"));
    let answer = bench.call("socket", "config-set", config())?;
    assert_eq!(answer["text"], "Configuration successful.");
    assert_eq!(answer["arguments"]["hash"], bench.call("socket", "config-get", None)?["arguments"]["hash"]);
    let tested = bench.call("socket", "config-test", config())?;
    assert!(tested["text"].as_str().is_some_and(|text| text.starts_with("Configuration seems sane.")), "{tested}");
    let others = json!({ "Tiny": { "value": 1 }, "A": 1, "B": 2 });
    let refused = bench.call("socket", "config-set", Some(others))?;
    assert_eq!(refused, json!({ "result": 1, "text": "Unsupported 'A' parameter (and 'B')." }));
    std::fs::write(bench.path("tiny.conf"), "{")?;
    let reloaded = bench.call("socket", "config-reload", None)?;
    let reason = "Config reload failed: configuration error using file 'tiny.conf': tiny.conf:1:2: ";
    assert!(reloaded["text"].as_str().is_some_and(|text| text.starts_with(reason)), "{reloaded}");
    let removed = bench.call("socket", "statistic-remove", Some(json!({ "name": "configured" })))?;
    assert_eq!(removed["text"], "Statistic 'configured' removed.");
    assert_eq!(bench.call("socket", "statistic-global-get-all", None)?["arguments"], json!({}));
    Ok(())
}

fn loggers_are_part_of_the_configuration() -> Outcome {
    let bench = Bench::new()?;
    let mut config = Bench::config(&json!(1), "socket");
    config["Tiny"]["loggers"] =
        json!([{ "name": "kea-tiny", "severity": "DEBUG", "output-options": [{ "output": "tiny.log" }] }]);
    let mut running = bench.start()?;
    assert_eq!(bench.call("socket", "config-set", Some(config))?["result"], 0);
    assert_eq!(bench.call("socket", "shutdown", None)?["result"], 0);
    let rest: Vec<_> = running.lines.by_ref().collect::<Result<_, _>>()?;
    assert!(!rest.iter().any(|line| line.contains("DCTL_SHUTDOWN")), "{rest:?}");
    running.end()?;
    let log = std::fs::read_to_string(bench.path("tiny.log"))?;
    assert!(
        log.contains(" INFO  [kea-tiny.dctl/") && log.contains("] DCTL_SHUTDOWN Tiny has shut down, pid: "),
        "{log}"
    );
    Ok(())
}

fn the_command_line_is_as_users_expect() -> Outcome {
    let bench = Bench::new()?;
    assert_eq!(bench.run(&["-v"])?, (Some(0), "3.3.1\n".to_owned()));
    assert_eq!(bench.run(&["-t", "tiny.conf"])?, (Some(0), String::new()));
    for (arguments, reason) in [
        (&["-t", "none.conf"][..], "Syntax check failed with: Unable to open file none.conf"),
        (
            &["-c", "none.conf"],
            "DCTL_CONFIG_FILE_LOAD_FAIL Tiny reason: Configuration parsing failed: Unable to open file none.conf",
        ),
        (&["-z"], "unsupported option: -z"),
        (&[], "Usage: kea-tiny"),
    ] {
        let (exit, text) = bench.run(arguments)?;
        assert!(exit == Some(1) && text.contains(reason), "{arguments:?}: {exit:?} {text}");
    }
    bench.write(&json!(null), "socket")?;
    let (exit, text) = bench.run(&["-t", "tiny.conf"])?;
    assert!(exit == Some(1) && text.starts_with("Error encountered: tiny.conf:"), "{exit:?} {text}");
    Ok(())
}

type Test = (&'static str, fn() -> Outcome);

fn main() -> ExitCode {
    match std::env::var("TAKAHE_TINY").as_deref() {
        Ok("server") => return daemon_process::run::<Tiny<true>>(),
        Ok(_) => return daemon_process::run::<Tiny<false>>(),
        Err(_) => {}
    }
    let tests: [Test; 8] = [
        ("starts_serves_and_stops", starts_serves_and_stops),
        ("a_refused_configuration_changes_nothing", a_refused_configuration_changes_nothing),
        ("a_new_configuration_moves_sockets_and_is_written", a_new_configuration_moves_sockets_and_is_written),
        ("sighup_reloads_and_a_bad_file_is_left_alone", sighup_reloads_and_a_bad_file_is_left_alone),
        (
            "two_of_the_same_do_not_run_and_a_killed_one_is_replaced",
            two_of_the_same_do_not_run_and_a_killed_one_is_replaced,
        ),
        ("a_server_answers_in_the_words_of_servers", a_server_answers_in_the_words_of_servers),
        ("loggers_are_part_of_the_configuration", loggers_are_part_of_the_configuration),
        ("the_command_line_is_as_users_expect", the_command_line_is_as_users_expect),
    ];
    for (name, test) in tests {
        if let Err(error) = test() {
            eprintln!("test {name} ... FAILED: {error}");
            return ExitCode::FAILURE;
        }
        println!("test {name} ... ok");
    }
    ExitCode::SUCCESS
}
