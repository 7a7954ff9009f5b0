//! `libdhcp_host_cache.so`: reservations that commands and files bring, until the server ends.
//!
//! In Kea it keeps what slow databases said, too. Here the reservations of databases are in memory as they stand there, so that
//! the cache has only what it was given.

mod cache;
mod entry;
pub mod messages;
#[cfg(test)]
mod tests;

pub use cache::{Cache, Shared};
pub use entry::Side;

use crate::arguments::{Address, Refusal, address};
use crate::host_cmds::host::bytes;
use crate::machine::Confine;
use control::{Answer, Code, Request, Table};
use entry::{Entry, Place, integer, known, list, subnet, text};
use messages::*;
use schema::json::{self, Member, Node, Value as Tree};
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;
use wire::options::Family;

/// Adds the commands. Files are where `confine` has them.
pub fn add<W: Side>(table: &mut Table, cache: &Shared<W>, confine: Confine) {
    macro_rules! on {
        ($($name:literal, $run:expr, $failed:ident($($parameters:ident)?);)*) => {$({
            let cache = cache.clone();
            table.add($name, move |request| $run(&mut cache.lock(), &request).unwrap_or_else(|refusal: Refusal| {
                log::event!($failed, $($parameters = parameters(&request),)? reason = refusal.reason);
                refusal.into()
            }));
        })*};
    }
    on! {
        "cache-flush", flush, HOST_CACHE_COMMAND_FLUSH_FAILED(parameters);
        "cache-get-by-id", find, HOST_CACHE_COMMAND_GET_BY_ID_FAILED();
        "cache-insert", insert, HOST_CACHE_COMMAND_INSERT_FAILED(parameters);
        "cache-load", |cache: &mut _, request: &_| load(cache, request, confine), HOST_CACHE_COMMAND_LOAD_FAILED(parameters);
        "cache-remove", remove, HOST_CACHE_COMMAND_REMOVE_FAILED(parameters);
        "cache-write", |cache: &mut _, request: &_| write(cache, request, confine), HOST_CACHE_COMMAND_WRITE_FAILED(parameters);
    }
    let of_size = cache.clone();
    table.add("cache-size", move |_| {
        let count = of_size.lock().len();
        log::event!(HOST_CACHE_COMMAND_SIZE, count);
        Answer::done(format!("{count} entries.")).and(json!({ "size": count }))
    });
    let of_clear = cache.clone();
    table.add("cache-clear", move |_| {
        of_clear.lock().flush(usize::MAX);
        log::event!(HOST_CACHE_COMMAND_CLEAR);
        Answer::done("Cache cleared.")
    });
    let of_get = cache.clone();
    table.add("cache-get", move |_| {
        let shown = shown(&of_get.lock());
        log::event!(HOST_CACHE_COMMAND_GET, returned = shown.len());
        returned(shown)
    });
}

fn flush<W: Side>(cache: &mut Cache<W>, request: &Request) -> Result<Answer, Refusal> {
    let count = integer(arguments(request)?)?;
    let count = match usize::try_from(count) {
        Ok(0) => return Err("invalid (0) parameter: please use cache-clear command".into()),
        Ok(count) => count,
        Err(_) => return Err("invalid (<0) parameter".into()),
    };
    let before = cache.len();
    cache.flush(count);
    log::event!(HOST_CACHE_COMMAND_FLUSH);
    Ok(Answer::done(format!("Cache flushed ({} entries removed).", before - cache.len())))
}

fn find<W: Side>(cache: &mut Cache<W>, request: &Request) -> Result<Answer, Refusal> {
    let mut identifiers = Vec::new();
    for member in members(request)? {
        identifiers.push((known(&member.key).ok_or_else(|| unknown(member))?, text(&member.node)?));
    }
    let (kind, identifier) = match identifiers[..] {
        [] => return Err("an identifier is required".into()),
        [only] => only,
        _ => return Err("only one identifier can be specified".into()),
    };
    let client = (kind, identifier_bytes(identifier)?);
    let found = cache.entries().filter(|entry| entry.client == client).map(|entry| entry.shown.clone());
    let found: Vec<_> = found.collect();
    log::event!(HOST_CACHE_COMMAND_GET_BY_ID, returned = found.len());
    Ok(returned(found))
}

fn insert<W: Side>(cache: &mut Cache<W>, request: &Request) -> Result<Answer, Refusal> {
    let given = arguments(request)?;
    let entries = match &given.value {
        Tree::Map(_) => std::slice::from_ref(given),
        _ => list(given)?,
    };
    let overwritten = take(cache, entries)?;
    let inserted = entries.len();
    log::event!(HOST_CACHE_COMMAND_INSERT, inserted, overwritten);
    let text = format!("{inserted} entries inserted ({overwritten} overwritten by more recent entries).");
    Ok(Answer::done(text))
}

fn load<W: Side>(cache: &mut Cache<W>, request: &Request, confine: Confine) -> Result<Answer, Refusal> {
    let name = file_name(request)?;
    if name.is_empty() {
        return Err("invalid (empty string) parameter".into());
    }
    // Where cache-write puts a name without a folder.
    let path = if name.contains('/') { PathBuf::from(name) } else { confine(name)?.0 };
    let content = fs::read_to_string(path).map_err(|error| {
        let reason = error.to_string();
        format!("failed to read file '{name}': {}", reason.split(" (os error").next().unwrap_or_default())
    })?;
    let document = json::parse(name, &content, &mut json::no_includes).map_err(|error| error.to_string())?;
    let entries = list(&document.root)?;
    let overwritten = take(cache, entries)?;
    let loaded = entries.len();
    log::event!(HOST_CACHE_COMMAND_LOAD, loaded, overwritten);
    let told = format!("{loaded} entries loaded from '{name}' ({overwritten} overwritten by more recent entries).");
    Ok(Answer::done(told))
}

fn write<W: Side>(cache: &mut Cache<W>, request: &Request, confine: Confine) -> Result<Answer, Refusal> {
    let (path, warning) = confine(file_name(request)?).map_err(|reason| format!("parameter is invalid: {reason}"))?;
    if let Some(reason) = warning {
        log::event!(HOST_CACHE_PATH_SECURITY_WARNING, reason);
    }
    let shown = shown(cache);
    let content = format!("{:#}\n", Value::from(shown.as_slice()));
    let name = path.display();
    fs::write(&path, content).map_err(|_| format!("Unable to open file '{name}' for writing."))?;
    log::event!(HOST_CACHE_COMMAND_WRITE, dumped = shown.len());
    Ok(Answer::done(format!("{} entries dumped to '{name}'.", shown.len())))
}

fn remove<W: Side>(cache: &mut Cache<W>, request: &Request) -> Result<Answer, Refusal> {
    let place = place(&members(request)?)?;
    log::event!(HOST_CACHE_COMMAND_REMOVE, parameters = parameters(request));
    match cache.remove(&place) {
        true => Ok(Answer::done("Host removed.")),
        false => Err(Refusal::empty("Host not removed (not found).")),
    }
}

/// All entries are good, or none is added. How many were there before that had what these have.
fn take<W: Side>(cache: &mut Cache<W>, entries: &[Node]) -> Result<usize, Refusal> {
    let entries: Result<Vec<_>, _> = entries.iter().map(|entry| Entry::read(cache.meaning(), entry)).collect();
    Ok(entries?.into_iter().map(|entry| cache.insert(entry)).sum())
}

/// The entry that is meant: by a client or an address, and a subnet. What is no argument is told before what is missing.
fn place(members: &[&Member]) -> Result<Place, Refusal> {
    const INCONSISTENT: &str = "inconsistent parameters";
    let (mut clients, mut wanted, mut subnets) = (Vec::new(), "", Vec::new());
    for member in members {
        match &*member.key {
            "subnet-id" => subnets.push((None, subnet(&member.node)?)),
            "subnet-id4" => subnets.push((Some(Family::V4), subnet(&member.node)?)),
            "subnet-id6" => subnets.push((Some(Family::V6), subnet(&member.node)?)),
            "ip-address" => wanted = text(&member.node)?,
            key => clients.push((known(key).ok_or_else(|| unknown(member))?, text(&member.node)?)),
        }
    }
    if subnets.len() > 1 || clients.len() > 1 || !(wanted.is_empty() || clients.is_empty()) {
        return Err(INCONSISTENT.into());
    }
    let subnet = subnets.first();
    if !wanted.is_empty() {
        let (family, subnet) = subnet.ok_or("subnet-id is required")?;
        let address: Address = address(wanted)?;
        let of = if address.is_ipv4() { Family::V4 } else { Family::V6 };
        return match family.is_none_or(|family| family == of) {
            _ if address.is_unspecified() => Err(format!("invalid ip-address '{address}'").into()),
            true => Ok(Place::Address(*subnet, address)),
            false => Err(INCONSISTENT.into()),
        };
    }
    let (kind, identifier) = clients.first().ok_or("either ip-address or an identifier is required")?;
    if identifier.is_empty() {
        return Err("invalid (empty) identifier".into());
    }
    let Some((Some(family), subnet)) = subnet else {
        return Err("either subnet-id4 or subnet-id6 is required".into());
    };
    Ok(Place::Client(*family, *subnet, kind, identifier_bytes(identifier)?))
}

fn identifier_bytes(text: &str) -> Result<Vec<u8>, Refusal> {
    if text.is_empty() {
        return Err("invalid (empty) identifier".into());
    }
    let bytes = bytes(text).ok().filter(|bytes| !bytes.is_empty());
    bytes.ok_or_else(|| format!("invalid identifier '{text}'").into())
}

fn shown<W: Side>(cache: &Cache<W>) -> Vec<Value> {
    cache.entries().map(|entry| entry.shown.clone()).collect()
}

fn returned(entries: Vec<Value>) -> Answer {
    let code = if entries.is_empty() { Code::Empty } else { Code::Success };
    Answer::new(code, format!("{} entries returned.", entries.len())).and(entries.into())
}

fn arguments(request: &Request) -> Result<&Node, Refusal> {
    request.node().ok_or_else(|| "no parameters specified for the command".into())
}

/// The members of a map in the order in which Kea looks at them.
fn members(request: &Request) -> Result<Vec<&Member>, Refusal> {
    let Tree::Map(members) = &arguments(request)?.value else { return Err("invalid (not a map) parameter".into()) };
    let mut members: Vec<_> = members.iter().collect();
    members.sort_by(|one, other| one.key.cmp(&other.key));
    Ok(members)
}

fn file_name(request: &Request) -> Result<&str, Refusal> {
    text(arguments(request)?).map_err(|_| "invalid (not a string) parameter".into())
}

fn unknown(member: &Member) -> Refusal {
    format!("unknown parameter '{}'", member.key).into()
}

fn parameters(request: &Request) -> String {
    request.arguments().map_or_else(|| "(missing parameters)".to_owned(), |given| control::to_text(&given))
}
