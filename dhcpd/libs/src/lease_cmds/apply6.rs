//! `lease6-bulk-apply`: many leases in one command. What is malformed stops it all before anything is changed.

use super::lease6::{read, type_name};
use super::messages::*;
use super::query::{Key, Kind, Query, map};
use super::v6::{find, put};
use super::{shown, sync};
use crate::Site6;
use crate::arguments::{Arguments, Refusal};
use crate::walk::unix_seconds;
use control::{Answer, Code, Request};
use leases::{Lease6, LeaseType, Leases6};
use ncr::ChangeType;
use schema::json::{Node, Value as Tree};
use serde_json::{Map, Value, json};

pub(super) async fn apply(site: Site6, request: Request) -> Answer {
    match try_apply(&site, request.node()).await {
        Ok((count, failed)) => {
            log::event!(LEASE_CMDS_BULK_APPLY6, count);
            let code = if count > 0 { Code::Success } else { Code::Empty };
            let answer = Answer::new(code, format!("Bulk apply of {count} IPv6 leases completed."));
            if failed.is_empty() { answer } else { answer.and(Value::Object(failed)) }
        }
        Err(refusal) => {
            log::event!(LEASE_CMDS_BULK_APPLY6_FAILED, parameters = shown(request.node()), reason = refusal.reason);
            refusal.into()
        }
    }
}

/// How many leases were changed, and what became of the others.
async fn try_apply(site: &Site6, node: Option<&Node>) -> Result<(u64, Map<String, Value>), Refusal> {
    let arguments = map(node).ok_or("Command arguments missing or a not a map.")?;
    let (deleted, changed) = (list(arguments, "deleted-leases")?, list(arguments, "leases")?);
    if deleted.is_none() && changed.is_none() {
        return Err("neither 'deleted-leases' nor 'leases' parameter specified".into());
    }
    let mut over = Vec::new();
    for node in deleted.into_iter().flatten() {
        let query = Query::read(Some(node), 6)?;
        let lease = find(site, &query, "Delete").await?;
        over.push((query, lease));
    }
    let now = unix_seconds();
    let read = |node: &Node| read(Arguments::new(node), &site.snapshot.config, now).map(|(lease, _)| lease);
    let new: Vec<Lease6> = changed.into_iter().flatten().map(read).collect::<Result<_, _>>()?;
    let (mut count, mut not_deleted, mut not_changed) = (0, Vec::new(), Vec::new());
    for (query, lease) in over {
        match delete(site, &query, lease).await {
            Ok(()) => count += 1,
            Err(refusal) => not_deleted.push(failure(kind_name(query.kind), address(&query), &refusal)),
        }
    }
    for lease in new {
        let (kind, address) = (type_name(lease.lease_type), json!(lease.address));
        match put(site, lease, true).await {
            Ok(_) => count += 1,
            Err(refusal) => not_changed.push(failure(kind, address, &refusal)),
        }
    }
    sync(&site.store)?;
    let failed = [("failed-deleted-leases", not_deleted), ("failed-leases", not_changed)];
    let failed = failed.into_iter().filter(|(_, list)| !list.is_empty());
    Ok((count, failed.map(|(key, list)| (key.to_owned(), list.into())).collect()))
}

fn list<'a>(arguments: Arguments<'a>, key: &str) -> Result<Option<&'a [Node]>, Refusal> {
    match arguments.find(key)?.map(|node| &node.value) {
        None => Ok(None),
        Some(Tree::List(list)) => Ok(Some(list)),
        Some(_) => Err(format!("the '{key}' parameter must be a list").into()),
    }
}

async fn delete(site: &Site6, query: &Query, lease: Option<Lease6>) -> Result<(), Refusal> {
    let lease = lease.ok_or_else(|| Refusal::empty("lease not found"))?;
    if !site.store.session().remove(lease.lease_type, lease.address).await? {
        return Err(Refusal::empty("lease not found"));
    }
    site.snapshot.count(&lease, -1);
    if query.update_ddns {
        site.send(site.snapshot.name_change(ChangeType::Remove, &lease));
    }
    Ok(())
}

fn failure(kind: &str, address: Value, refusal: &Refusal) -> Value {
    json!({ "type": kind, "ip-address": address, "result": refusal.code as u8, "error-message": refusal.reason })
}

fn address(query: &Query) -> Value {
    match query.key {
        Key::Address(address) => json!(address),
        _ => json!("::"),
    }
}

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Na => type_name(LeaseType::Na),
        Kind::Pd => type_name(LeaseType::Pd),
        Kind::Ta => "IA_TA",
        Kind::V4 => "V4",
    }
}
