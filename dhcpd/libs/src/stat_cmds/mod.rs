//! `libdhcp_stat_cmds.so`: `stat-lease4-get` and `stat-lease6-get`, the leases of each subnet in a table.
//!
//! What is assigned and declined is counted in the leases themselves; what no lease tells is taken from the statistics.

pub mod messages;
mod selection;

use crate::walk::walk;
use crate::{Site, Site4, Site6};
use control::{Answer, Code, Request, Table};
use leases::memfile;
use leases::{LeaseState, LeaseType};
use messages::*;
use selection::{Nothing, Selection};
use serde_json::{Value, json};
use std::collections::HashMap;

const COLUMNS4: [&str; 5] =
    ["subnet-id", "total-addresses", "cumulative-assigned-addresses", "assigned-addresses", "declined-addresses"];
const COLUMNS6: [&str; 8] = [
    "subnet-id",
    "total-nas",
    "cumulative-assigned-nas",
    "assigned-nas",
    "declined-addresses",
    "total-pds",
    "cumulative-assigned-pds",
    "assigned-pds",
];

/// Adds the commands of a DHCPv4 server.
pub fn add4(table: &mut Table, site: &Site4) {
    let site = site.clone();
    table.add_async("stat-lease4-get", move |request| get4(site.clone(), request));
}

/// Adds the commands of a DHCPv6 server.
pub fn add6(table: &mut Table, site: &Site6) {
    let site = site.clone();
    table.add_async("stat-lease6-get", move |request| get6(site.clone(), request));
}

/// What is counted of a subnet's leases.
#[derive(Clone, Copy, Default)]
struct Count {
    assigned: u64,
    declined: u64,
    assigned_prefixes: u64,
}

async fn get4(site: Site4, request: Request) -> Answer {
    let known: Vec<u32> = site.snapshot.config.subnets.list().iter().map(|subnet| subnet.id).collect();
    let (selection, chosen) = match choose(&request, &known) {
        Ok(chosen) => chosen,
        Err(Refused::Malformed(reason)) => {
            log::event!(STAT_CMDS_LEASE4_GET_INVALID, reason);
            return Answer::error(reason);
        }
        Err(Refused::Empty(selection, nothing)) => {
            log::event!(STAT_CMDS_LEASE4_GET_NO_SUBNETS, parameters = selection, reason = nothing);
            return empty(&request, &selection, &nothing);
        }
    };
    let counts = count(&site, |lease| (lease.subnet_id, false, lease.state)).await;
    let rows = chosen.iter().map(|&id| {
        let Count { assigned, declined, .. } = counts.get(&id).copied().unwrap_or_default();
        let statistic = |name: &str| site.stats.value(&format!("subnet[{id}].{name}"));
        json!([id, statistic("total-addresses"), statistic("cumulative-assigned-addresses"), assigned, declined])
    });
    let rows: Vec<Value> = rows.collect();
    log::event!(STAT_CMDS_LEASE4_GET, parameters = selection, rows = rows.len());
    answer(&request, &selection, &COLUMNS4, rows)
}

async fn get6(site: Site6, request: Request) -> Answer {
    let known: Vec<u32> = site.snapshot.config.subnets.list().iter().map(|subnet| subnet.id).collect();
    let (selection, chosen) = match choose(&request, &known) {
        Ok(chosen) => chosen,
        Err(Refused::Malformed(reason)) => {
            log::event!(STAT_CMDS_LEASE6_GET_INVALID, reason);
            return Answer::error(reason);
        }
        Err(Refused::Empty(selection, nothing)) => {
            log::event!(STAT_CMDS_LEASE6_GET_NO_SUBNETS, parameters = selection, reason = nothing);
            return empty(&request, &selection, &nothing);
        }
    };
    let counts = count(&site, |lease| (lease.subnet_id, lease.lease_type == LeaseType::Pd, lease.state)).await;
    let rows = chosen.iter().map(|&id| {
        let Count { assigned, declined, assigned_prefixes } = counts.get(&id).copied().unwrap_or_default();
        let statistic = |name: &str| site.stats.value(&format!("subnet[{id}].{name}"));
        let nas = [statistic("total-nas"), statistic("cumulative-assigned-nas"), assigned.into(), declined.into()];
        let pds = [statistic("total-pds"), statistic("cumulative-assigned-pds"), assigned_prefixes.into()];
        [id.into()].into_iter().chain(nas.into_iter().chain(pds).map(Value::Number)).collect()
    });
    let rows: Vec<Value> = rows.collect();
    log::event!(STAT_CMDS_LEASE6_GET, parameters = selection, rows = rows.len());
    answer(&request, &selection, &COLUMNS6, rows)
}

/// Counts leases by subnet; `facts` of a lease are its subnet, whether it is a prefix, and its state.
async fn count<S, T: memfile::Table>(
    site: &Site<S, T>,
    facts: impl Fn(&T::Lease) -> (u32, bool, LeaseState),
) -> HashMap<u32, Count> {
    let mut counts = HashMap::<u32, Count>::new();
    walk(&site.store, |lease| {
        let (subnet, is_prefix, state) = facts(lease);
        let count = counts.entry(subnet).or_default();
        match state {
            LeaseState::Assigned if is_prefix => count.assigned_prefixes += 1,
            LeaseState::Assigned => count.assigned += 1,
            LeaseState::Declined => count.declined += 1,
            LeaseState::ExpiredReclaimed | LeaseState::Released | LeaseState::Registered => {}
        }
    })
    .await;
    counts
}

enum Refused {
    Malformed(String),
    Empty(Selection, Nothing),
}

/// The subnets that a request asks for, of those that are known.
fn choose(request: &Request, known: &[u32]) -> Result<(Selection, Vec<u32>), Refused> {
    let selection = Selection::read(request.arguments().as_ref()).map_err(Refused::Malformed)?;
    match selection.choose(known) {
        Ok(chosen) => Ok((selection, chosen)),
        Err(nothing) => Err(Refused::Empty(selection, nothing)),
    }
}

fn empty(request: &Request, selection: &Selection, nothing: &Nothing) -> Answer {
    let text = format!("{}{selection}: no matching data, {nothing}", request.command);
    Answer::new(Code::Empty, text).and(json!({}))
}

fn answer(request: &Request, selection: &Selection, columns: &[&str], rows: Vec<Value>) -> Answer {
    let timestamp = chrono::Utc::now().format("%Y-%m-%d %H:%M:%S%.6f").to_string();
    let text = format!("{}{selection}: {} rows found", request.command, rows.len());
    Answer::done(text).and(json!({ "result-set": { "columns": columns, "rows": rows, "timestamp": timestamp } }))
}
