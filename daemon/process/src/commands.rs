//! The commands every daemon has, answered in Kea's words.

use std::rc::{Rc, Weak};

use control::{Answer, Request, Table};
use schema::ConfigError;
use schema::json::Document;
use serde_json::{Map, Value, json};
use stats::Limits;

use crate::life::{Life, Refusal};
use crate::{Daemon, Style, VERSION, file, options};

/// The daemon's own commands and those every daemon has.
pub(crate) fn table<D: Daemon>(life: &Rc<Life<D>>) -> Table {
    let mut table = Table::new();
    let mut add = |name, handler: fn(&Life<D>, Request) -> Answer| {
        let life: Weak<Life<D>> = Rc::downgrade(life);
        table.add(name, move |request| match life.upgrade() {
            Some(life) => handler(&life, request),
            None => Answer::error("Shutting down."),
        });
    };
    add("build-report", |_, _| Answer::done(options::report(&D::IDENTITY)));
    add("config-get", |life, _| config_get(life));
    add("config-hash-get", |life, _| Answer::with(json!({ "hash": *life.hash.borrow() })));
    add("config-reload", |life, _| config_reload(life));
    add("config-set", config_set);
    add("config-test", config_test);
    add("config-write", config_write);
    add("shutdown", shutdown);
    add("status-get", |life, _| status_get(life));
    add("version-get", |_, _| Answer::done(VERSION).and(json!({ "extended": options::extended_version() })));
    add("statistic-get", |life, request| named(&request, |name| Answer::with(life.context.stats.get(name))));
    add("statistic-get-all", |life, _| Answer::with(life.context.stats.get_all()));
    add("statistic-reset", |life, request| {
        named(&request, |name| found(life.context.stats.reset(name), name, "reset"))
    });
    add("statistic-reset-all", |life, _| {
        life.context.stats.reset_all();
        Answer::done("All statistics reset to neutral values.")
    });
    if D::IDENTITY.style == Style::Server {
        add("statistic-global-get-all", |life, _| Answer::with(life.context.stats.get_all_global()));
        add("statistic-remove", |life, request| {
            named(&request, |name| found(life.context.stats.remove(name), name, "removed"))
        });
        add("statistic-remove-all", |life, _| {
            life.context.stats.remove_all();
            Answer::done("Warning: statistic-remove-all command is deprecated. All statistics removed.")
        });
        add("statistic-sample-age-set", |life, request| {
            limited(life, &request, "duration", age(&request).map(|seconds| Limits { count: 0, age: seconds }))
        });
        add("statistic-sample-count-set", |life, request| {
            limited(life, &request, "count", count(&request).map(|count| Limits { count, age: 0 }))
        });
        add("statistic-sample-age-set-all", |life, request| match age(&request) {
            Ok(age) => {
                life.context.stats.limit_all(Limits { count: 0, age });
                Answer::done("All statistics duration limit are set.")
            }
            Err(refusal) => refusal,
        });
        add("statistic-sample-count-set-all", |life, request| match count(&request) {
            Ok(0) => Answer::error("'max-samples' parameter must not be zero"),
            Ok(count) => {
                let stats = &life.context.stats;
                stats.limit_all(Limits { count, ..stats.limits() });
                Answer::done("All statistics count limit are set.")
            }
            Err(refusal) => refusal,
        });
    }
    let weak: Weak<Life<D>> = Rc::downgrade(life);
    // Handlers live as long as the life at most, and there is nobody left to ask when it is over.
    let reconfigure = move |document: &Document| weak.upgrade().map_or(Ok(()), |life| life.configure(document));
    life.daemon.commands(&mut table, Rc::new(reconfigure));
    table
}

fn config_get<D: Daemon>(life: &Life<D>) -> Answer {
    let mut config = life.daemon.config();
    if let Value::Object(config) = &mut config {
        config.insert("hash".to_owned(), Value::from(life.hash.borrow().as_str()));
    }
    Answer::with(config)
}

fn config_set<D: Daemon>(life: &Life<D>, request: Request) -> Answer {
    let Some(document) = request.into_document() else { return no_arguments() };
    let answer = match life.check_modules(&document).map(|()| life.configure(&document)) {
        Ok(Ok(())) => configured(life),
        Ok(Err(errors)) => refused(&errors.into()),
        Err(reason) => Answer::error(reason),
    };
    // Freeing a large one takes its time: the answer comes first.
    tokio::task::spawn_local(async move { drop(document) });
    answer
}

fn config_test<D: Daemon>(life: &Life<D>, request: Request) -> Answer {
    let Some(document) = request.into_document() else { return no_arguments() };
    if let Err(reason) = life.check_modules(&document) {
        return Answer::error(reason);
    }
    match life.test(&document) {
        Ok(()) => Answer::done(match D::IDENTITY.style {
            Style::Server => {
                "Configuration seems sane. Control-sockets, hook-libraries, and D2 configuration were sanity checked, \
                 but not applied."
            }
            Style::Controller => "Configuration check successful",
        }),
        Err(errors) => {
            D::report(crate::Event::Refused(&errors));
            refused(&errors.into())
        }
    }
}

fn config_reload<D: Daemon>(life: &Life<D>) -> Answer {
    match life.reload() {
        Ok(()) => configured(life),
        Err(refusal) => {
            let mut answer = refused(&refusal);
            if D::IDENTITY.style == Style::Server {
                answer.text.insert_str(0, "Config reload failed: ");
            }
            answer
        }
    }
}

/// What is answered when a configuration is wrong: the first mistake in words, all of them as data.
fn refused(refusal: &Refusal) -> Answer {
    let answer = Answer::error(refusal.first());
    let placed: Value = refusal.errors.iter().filter(|error| error.is_placed()).map(error_to_json).collect();
    if placed == json!([]) { answer } else { answer.and(json!({ "errors": placed })) }
}

/// `{ "file": "<string>", "line": 1, "column": 20, "path": "Dhcp4/subnet4[0]/id", "reason": "..." }`; what is wrong
/// although nobody wrote it has no position.
fn error_to_json(error: &ConfigError) -> Value {
    let ConfigError { file, line, column, path, reason } = error;
    match line {
        0 => json!({ "path": path, "reason": reason }),
        _ => json!({ "file": file, "line": line, "column": column, "path": path, "reason": reason }),
    }
}

/// What is answered when a configuration took effect.
fn configured<D: Daemon>(life: &Life<D>) -> Answer {
    let text = match D::IDENTITY.style {
        Style::Server => "Configuration successful.",
        Style::Controller => "Configuration applied successfully.",
    };
    Answer::done(text).and(json!({ "hash": *life.hash.borrow() }))
}

fn no_arguments() -> Answer {
    Answer::error("Missing mandatory 'arguments' parameter.")
}

fn config_write<D: Daemon>(life: &Life<D>, request: Request) -> Answer {
    let config_file = &life.context.options.config;
    let path = match request.arguments() {
        None => config_file.clone(),
        Some(Value::Object(arguments)) => match arguments.get("filename") {
            None => config_file.clone(),
            Some(Value::String(name)) if name.is_empty() => config_file.clone(),
            Some(Value::String(name)) => match file::beside(config_file, name) {
                Ok(path) => path,
                Err(reason) => return Answer::error(format!("not allowed to write config into {name}: {reason}")),
            },
            Some(_) => return Answer::error("passed parameter 'filename' is not a string"),
        },
        Some(_) => return Answer::error("Argument must be a map"),
    };
    let mut text = format!("{:#}", life.daemon.config());
    text.push('\n');
    let name = path.display().to_string();
    match file::replace(&path, &text) {
        Ok(size) => Answer::done(format!("Configuration written to {name} successful"))
            .and(json!({ "size": size, "filename": name })),
        Err(error) => {
            Answer::error(format!("Error during config-write: Unable to open file {name} for writing: {error}"))
        }
    }
}

fn shutdown<D: Daemon>(life: &Life<D>, request: Request) -> Answer {
    let exit = match request.arguments() {
        None => 0,
        Some(Value::Object(arguments)) => match arguments.get("exit-value").map(Value::as_i64) {
            None => 0,
            Some(Some(value)) => value,
            Some(None) => return Answer::error("parameter 'exit-value' is not an integer"),
        },
        Some(_) => return Answer::error("Argument must be a map"),
    };
    // The kernel keeps the lowest eight bits of an exit value.
    let exit = u8::try_from(exit.rem_euclid(256)).unwrap_or_default();
    // If nobody listens any more, the daemon is ending already.
    let _ = life.context.shutdown.send(exit);
    Answer::done("Shutting down.")
}

fn status_get<D: Daemon>(life: &Life<D>) -> Answer {
    let mut status = Map::new();
    status.insert("pid".to_owned(), std::process::id().into());
    status.insert("uptime".to_owned(), life.started.elapsed().as_secs().into());
    if let Some(configured) = life.configured.get() {
        status.insert("reload".to_owned(), configured.elapsed().as_secs().into());
    }
    life.daemon.status(&mut status);
    Answer::with(Value::Object(status))
}

/// A command that is about the statistic of a name.
fn named(request: &Request, answer: impl FnOnce(&str) -> Answer) -> Answer {
    match request.arguments().as_ref().and_then(|arguments| arguments.get("name")) {
        Some(Value::String(name)) => answer(name),
        Some(_) => Answer::error("'name' parameter expected to be a string."),
        None => Answer::error("Missing mandatory 'name' parameter."),
    }
}

/// Sets the limit of the samples of one statistic.
fn limited<D: Daemon>(life: &Life<D>, request: &Request, what: &str, limits: Result<Limits, Answer>) -> Answer {
    named(request, |name| match limits {
        Ok(limits) if life.context.stats.limit(name, limits) => {
            Answer::done(format!("Statistic '{name}' {what} limit is set."))
        }
        Ok(_) => found(false, name, what),
        Err(refusal) => refusal,
    })
}

/// `duration` of a command: seconds.
fn age(request: &Request) -> Result<i64, Answer> {
    integer(request, "duration")
}

/// `max-samples` of a command.
fn count(request: &Request) -> Result<u32, Answer> {
    // Kea takes a negative number for a very large one.
    integer(request, "max-samples").map(|count| u32::try_from(count).unwrap_or(u32::MAX))
}

fn integer(request: &Request, key: &str) -> Result<i64, Answer> {
    match request.arguments().as_ref().and_then(|arguments| arguments.get(key)).map(Value::as_i64) {
        Some(Some(number)) => Ok(number),
        Some(None) => Err(Answer::error(format!("'{key}' parameter expected to be an integer."))),
        None => Err(Answer::error(format!("Missing mandatory '{key}' parameter."))),
    }
}

fn found(found: bool, name: &str, done: &str) -> Answer {
    match found {
        true => Answer::done(format!("Statistic '{name}' {done}.")),
        false => Answer::error(format!("No '{name}' statistic found")),
    }
}
