//! Entries of commands that changed leases.

use super::messages::*;
use super::{Entry, LegalLog, context, duration, shown};
use crate::walk::unix_seconds;
use serde_json::{Map, Value};
use std::collections::HashSet;

impl LegalLog {
    /// Writes what a command did, if it changed leases and succeeded.
    pub(super) fn log_command(&self, name: &str, arguments: &str, answer: &str) {
        let read = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
        let (arguments, answer) = (read(arguments), read(answer));
        let (Some(map), Some(0)) = (arguments.as_object(), answer.get("result").and_then(Value::as_i64)) else {
            return;
        };
        let entries = match name {
            "lease6-bulk-apply" => self.bulk(map, &answer),
            _ => self.entry(name, map, text(map, "origin")).into_iter().collect(),
        };
        if let Err(reason) = self.write(&entries) {
            log::event!(LEGAL_LOG_COMMAND_WRITE_ERROR, reason);
        }
    }

    fn bulk(&self, arguments: &Map<String, Value>, answer: &Value) -> Vec<Entry> {
        let of = |from: &Value, key: &str| from.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
        let address = |lease: &Value| lease.get("ip-address").and_then(Value::as_str).map(str::to_owned);
        let parts =
            [("deleted-leases", "failed-deleted-leases", "lease6-del"), ("leases", "failed-leases", "lease6-update")];
        let arguments = Value::Object(arguments.clone());
        let origin = arguments.get("origin").and_then(Value::as_str);
        let mut entries = Vec::new();
        for (done, failed, name) in parts {
            let failed: HashSet<_> =
                of(answer.get("arguments").unwrap_or(&Value::Null), failed).iter().filter_map(address).collect();
            let done =
                of(&arguments, done).into_iter().filter(|lease| address(lease).is_some_and(|it| !failed.contains(&it)));
            entries.extend(done.filter_map(|lease| self.entry(name, lease.as_object()?, origin)));
        }
        entries
    }

    fn entry(&self, name: &str, arguments: &Map<String, Value>, origin: Option<&str>) -> Option<Entry> {
        let get = |key| text(arguments, key);
        let subnet = arguments.get("subnet-id").and_then(Value::as_u64).and_then(|id| u32::try_from(id).ok());
        if subnet.is_some_and(|id| self.is_silent(id)) {
            return None;
        }
        let who = if origin == Some("ha-partner") { "HA partner" } else { "Administrator" };
        let did = |new: &str| match name.ends_with("-add") {
            true => format!("{who} added a lease of{new}"),
            false => format!("{who} updated information on the lease of{new}"),
        };
        let address = get("ip-address").unwrap_or_default().to_owned();
        let text = match name {
            "lease4-add" | "lease4-update" => {
                let place = format!(" address: {}", get("ip-address")?);
                let id = get("client-id").map(|id| match wire::hex::parse(id) {
                    Some(bytes) => format!(", client-id: {id}{}", printable(&bytes)),
                    None => format!(", client-id: {id}"),
                });
                let device = format!(" to a device with hardware address: {}", get("hw-address")?);
                did(&place) + &device + &id.unwrap_or_default() + &more(arguments)
            }
            "lease6-add" | "lease6-update" => {
                let prefix = matches!(get("type"), Some("IA_PD" | "2"));
                let place = match arguments.get("prefix-len").filter(|_| prefix) {
                    Some(len) => format!(" prefix: {}/{len}", get("ip-address")?),
                    None => format!(" address: {}", get("ip-address")?),
                };
                let hardware = get("hw-address").map(|address| format!(", hardware address: {address}"));
                let device = format!(" to a device with DUID: {}", get("duid")?);
                did(&place) + &device + &hardware.unwrap_or_default() + &more(arguments)
            }
            "lease4-del" | "lease6-del" => match get("ip-address") {
                Some(address) => format!("{who} deleted the lease for address: {address}"),
                None => {
                    let (kind, value) = (get("identifier-type")?, get("identifier")?);
                    format!("{who} deleted a lease for a device identified by: {kind} of {value}")
                }
            },
            _ => return None,
        };
        Some(Entry { address, text })
    }
}

fn text<'a>(arguments: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    arguments.get(key).and_then(Value::as_str)
}

/// Bytes as text in parentheses, if they are.
fn printable(bytes: &[u8]) -> String {
    let shown = shown(bytes);
    shown.find(" (").and_then(|at| shown.get(at..)).unwrap_or_default().to_owned()
}

/// How long the lease is, and its user context.
fn more(arguments: &Map<String, Value>) -> String {
    let number = |key| arguments.get(key).and_then(Value::as_i64);
    let seconds = number("valid-lft").or_else(|| Some(number("expire")? - unix_seconds() as i64)).filter(|n| *n > 0);
    let seconds = seconds.and_then(|seconds| u32::try_from(seconds).ok());
    let lasting = seconds.map(|seconds| format!(" for {}", duration(seconds))).unwrap_or_default();
    let mut own = arguments.get("user-context").cloned();
    if let Some(comment) = arguments.get("comment") {
        let mut map = own.and_then(|own| own.as_object().cloned()).unwrap_or_default();
        map.insert("comment".to_owned(), comment.clone());
        own = Some(Value::Object(map));
    }
    lasting + &context(own.map(|own| own.to_string()).as_deref())
}
