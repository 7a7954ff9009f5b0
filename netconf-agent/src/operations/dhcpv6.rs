//! State data and operations of ietf-dhcpv6-server (RFC 9243): the leases and counters of kea-dhcp6.
//!
//! Leases are told and deleted by the commands of libdhcp_lease_cmds.so; without it there are the counters alone.

use std::rc::Rc;

use chrono::{DateTime, SecondsFormat, Utc};
use control::{Answer, Code};
use serde_json::{Value, json};
use translators::{Model, State, add_state};

use crate::core::Core;
use crate::daemons::Server;
use crate::datastore::Content;
use crate::rpc::{DHCPV6_SERVER, Errors, Lease, Reply, RpcError, Tag};
use crate::xml::{self, Element};
use crate::yang::{Invalid, Selection, Tree};

/// Puts the state into what is running, as far as it may be selected. What a server does not tell is not there.
pub async fn add(core: &Core, selection: &Selection, running: &mut Content) -> Result<(), Invalid> {
    let Some((model, server)) = server(core) else { return Ok(()) };
    let (leases, statistics) = wanted(selection);
    let Some(tree) = running.tree(model).filter(|_| server.is_known() && (leases || statistics)).cloned() else {
        return Ok(());
    };
    let leases = if leases { answer(server, "lease6-get-all").await } else { None };
    let leases = leases.filter(|answer| matches!(answer.result, Code::Success | Code::Empty));
    let leases = leases.map(|answer| list(answer.arguments.as_ref()).to_vec());
    let samples = answer(server, "statistic-get-all").await.and_then(|answer| answer.arguments);
    let uptime = answer(server, "status-get").await.and_then(|answer| answer.arguments?.get("uptime")?.as_i64());
    let now = Utc::now();
    let date = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Secs, true);
    let state = State {
        leases: leases.as_deref(),
        statistic: &|name| samples.as_ref()?.get(name)?.get(0)?.get(0)?.as_u64(),
        since: uptime.map(|seconds| date(now - chrono::TimeDelta::seconds(seconds))),
        now: u64::try_from(now.timestamp()).unwrap_or_default(),
        date: &|seconds| {
            i64::try_from(seconds).ok().and_then(|s| DateTime::from_timestamp(s, 0)).map_or(String::new(), date)
        },
    };
    let mut data = tree.to_json();
    add_state(&mut data, &state);
    running.set(model, Rc::new(Tree::of_state_json(&core.schema, &data)?));
    Ok(())
}

/// Deletes a lease.
pub async fn delete(core: &Core, lease: Lease) -> Result<Reply, Errors> {
    let failed = |tag: Tag, reason: String| Errors::from(RpcError::application(tag, reason));
    let Some((_, server)) = server(core) else {
        return Err(failed(Tag::OperationNotSupported, "no managed server has the model ietf-dhcpv6-server".into()));
    };
    let (name, arguments, length) = match &lease {
        Lease::Address(address) => (address.to_string(), json!({"ip-address": address}), None),
        Lease::Prefix(prefix, length) => {
            (format!("{prefix}/{length}"), json!({"ip-address": prefix, "type": "IA_PD"}), Some(u64::from(*length)))
        }
    };
    let arguments = arguments.to_string();
    let ask = async |command: &str| {
        let answer = server.query(command, Some(&arguments)).await;
        let answer = answer.map_err(|trouble| failed(Tag::OperationFailed, trouble.to_string()))?;
        match answer.result {
            Code::Success => Ok(answer),
            Code::Empty => Err(failed(Tag::DataMissing, format!("there is no lease of {name}"))),
            Code::Unsupported => Err(failed(
                Tag::OperationNotSupported,
                format!("{} has not loaded libdhcp_lease_cmds.so: {}", server.settings.name, answer.text),
            )),
            _ => Err(failed(Tag::OperationFailed, answer.text)),
        }
    };
    let found = ask("lease6-get").await?;
    let told = found.arguments.as_ref().and_then(|lease| lease.get("prefix-len")?.as_u64());
    if length.is_some() && told.is_some() && told != length {
        return Err(failed(Tag::DataMissing, format!("there is no lease of {name}")));
    }
    let answer = ask("lease6-del").await?;
    let mut out = format!("<return-message xmlns=\"{DHCPV6_SERVER}\" xml:lang=\"en\">");
    xml::write_text(&answer.text, &mut out);
    out.push_str("</return-message>");
    Ok(Reply::Output(out))
}

/// The server with this model, and its index.
fn server(core: &Core) -> Option<(usize, &Rc<Server>)> {
    core.servers.iter().enumerate().find(|(_, server)| server.settings.model == Model::IETF6)
}

async fn answer(server: &Server, command: &str) -> Option<Answer> {
    server.query(command, None).await.ok()
}

fn list(arguments: Option<&Value>) -> &[Value] {
    let leases = arguments.and_then(|arguments| arguments.get("leases")?.as_array());
    leases.map_or(&[], Vec::as_slice)
}

/// Whether leases and statistics may be selected. Most filters speak of the configuration alone, and no server need be
/// asked.
fn wanted(selection: &Selection) -> (bool, bool) {
    let Selection::Subtree(filter) = selection else { return (true, true) };
    let pool = |outer, inner| ["dhcpv6-server", "allocation-ranges", "allocation-range", outer, inner, "active-leases"];
    let leases = reaches(filter, &pool("address-pools", "address-pool"))
        || reaches(filter, &pool("prefix-pools", "prefix-pool"));
    (leases, reaches(filter, &["dhcpv6-server", "allocation-ranges", "statistics"]))
}

/// Whether a subtree filter may select something below a path (RFC 6241 §6.2).
fn reaches(filter: &Element, path: &[&str]) -> bool {
    let Some((first, rest)) = path.split_first() else { return true };
    filter.children.iter().filter(|child| child.name == *first).any(|child| {
        let content_match = |inner: &Element| inner.children.is_empty() && !inner.trimmed().is_empty();
        child.children.iter().all(content_match) || reaches(child, rest)
    })
}
