//! The commands of a DHCPv4 server.

use super::ddns;
use super::fields::any_state;
use super::identifiers::{client_id, hw_addr};
use super::lease4::{read, show};
use super::messages::*;
use super::query::{self, Key, Query, feature};
use super::{answered, found, found_page, shown, sync, wiped};
use crate::Site4;
use crate::arguments::{Address, Arguments, Refusal};
use crate::walk::{PAGE, unix_seconds};
use control::{Answer, Code, Request, Table};
use leases::{Lease4, Leases4};
use ncr::ChangeType;
use schema::json::Node;
use serde_json::Value;
use std::net::Ipv4Addr;

/// Adds the commands of a DHCPv4 server.
pub fn add4(table: &mut Table, site: &Site4) {
    macro_rules! on {
        ($($name:literal => $run:path,)*) => {$({
            let site = site.clone();
            table.add_async($name, move |request| $run(site.clone(), request));
        })*};
    }
    on! {
        "lease4-add" => add,
        "lease4-del" => del,
        "lease4-get" => get,
        "lease4-get-all" => get_all,
        "lease4-get-by-client-id" => get_by_client_id,
        "lease4-get-by-hostname" => get_by_hostname,
        "lease4-get-by-hw-address" => get_by_hw_address,
        "lease4-get-by-state" => get_by_state,
        "lease4-get-page" => get_page,
        "lease4-resend-ddns" => resend_ddns,
        "lease4-update" => update,
        "lease4-wipe" => wipe,
        "lease4-write" => super::write::write,
    }
}

async fn add(site: Site4, request: Request) -> Answer {
    let node = request.node();
    match try_add(&site, node).await {
        Ok(lease) => {
            log::event!(LEASE_CMDS_ADD4, address = lease.address);
            Answer::done(format!("Lease for address {}, subnet-id {} added.", lease.address, lease.subnet_id))
        }
        Err(refusal) => {
            match refusal.code {
                Code::Conflict => {
                    log::event!(LEASE_CMDS_ADD4_CONFLICT, parameters = shown(node), reason = refusal.reason)
                }
                _ => log::event!(LEASE_CMDS_ADD4_FAILED, parameters = shown(node), reason = refusal.reason),
            }
            refusal.into()
        }
    }
}

async fn try_add(site: &Site4, node: Option<&Node>) -> Result<Lease4, Refusal> {
    let arguments = node.map(Arguments::new).ok_or("no parameters specified for the command")?;
    let (lease, _) = read(arguments, &site.snapshot.config, unix_seconds())?;
    let mut leases = site.store.session();
    if leases.by_address(lease.address).await?.is_some() {
        return Err(Refusal::conflict("IPv4 lease already exists."));
    }
    leases.put(lease.clone()).await?;
    site.snapshot.count(&lease, 1);
    drop(leases);
    sync(&site.store)?;
    Ok(lease)
}

async fn update(site: Site4, request: Request) -> Answer {
    let node = request.node();
    match try_update(&site, node).await {
        Ok((address, text)) => {
            log::event!(LEASE_CMDS_UPDATE4, address);
            Answer::done(text)
        }
        Err(refusal) => {
            match refusal.code {
                Code::Conflict => {
                    log::event!(LEASE_CMDS_UPDATE4_CONFLICT, parameters = shown(node), reason = refusal.reason)
                }
                _ => log::event!(LEASE_CMDS_UPDATE4_FAILED, parameters = shown(node), reason = refusal.reason),
            }
            refusal.into()
        }
    }
}

async fn try_update(site: &Site4, node: Option<&Node>) -> Result<(Ipv4Addr, &'static str), Refusal> {
    let arguments = node.map(Arguments::new).ok_or("no parameters specified for lease4-update command")?;
    let (lease, force) = read(arguments, &site.snapshot.config, unix_seconds())?;
    let address = lease.address;
    let mut leases = site.store.session();
    let old = leases.by_address(address).await?;
    if old.is_none() && !force {
        return Err(not_there(address));
    }
    leases.put(lease.clone()).await?;
    match &old {
        Some(old) => site.snapshot.count_changed(old, &lease),
        None => site.snapshot.count(&lease, 1),
    }
    drop(leases);
    sync(&site.store)?;
    Ok((address, if old.is_some() { "IPv4 lease updated." } else { "IPv4 lease added." }))
}

pub(super) fn not_there(address: impl std::fmt::Display) -> Refusal {
    Refusal::conflict(format!(
        "failed to update the lease with address {address} either because the lease has been deleted or it has \
         changed in the database, in both cases a retry might succeed"
    ))
}

async fn get(site: Site4, request: Request) -> Answer {
    let lease = async {
        let query = Query::read(request.node(), 4)?;
        find(&site, &query, "Query").await
    };
    match lease.await {
        Ok(Some(lease)) => Answer::done("IPv4 lease found.").and(show(&lease)),
        Ok(None) => Answer::new(Code::Empty, "Lease not found."),
        Err(refusal) => {
            log::event!(LEASE_CMDS_GET4_FAILED, parameters = shown(request.node()), reason = refusal.reason);
            refusal.into()
        }
    }
}

/// The lease that a query is about. `what` is done with it, in case that this cannot be done.
async fn find(site: &Site4, query: &Query, what: &str) -> Result<Option<Lease4>, Refusal> {
    let in_subnet = |lease: &Lease4| i64::from(lease.subnet_id) == query.subnet_id;
    let mut leases = site.store.session();
    match &query.key {
        Key::Address(Address::V4(address)) => Ok(leases.by_address(*address).await?),
        Key::HwAddr(hw_addr) => Ok(leases.by_hw_addr(hw_addr).await?.into_iter().find(in_subnet)),
        Key::ClientId(client_id) => Ok(leases.by_client_id(client_id).await?.into_iter().find(in_subnet)),
        Key::Duid(_) => Err(format!("{what} by duid is not allowed in v4.").into()),
        Key::Address(Address::V6(_)) | Key::None => Ok(None),
    }
}

async fn del(site: Site4, request: Request) -> Answer {
    match try_del(&site, request.node()).await {
        Ok(Some(lease)) => {
            log::event!(LEASE_CMDS_DEL4, address = lease.address);
            Answer::done("IPv4 lease deleted.")
        }
        Ok(None) => Answer::new(Code::Empty, "IPv4 lease not found."),
        Err(refusal) => {
            log::event!(LEASE_CMDS_DEL4_FAILED, parameters = shown(request.node()), reason = refusal.reason);
            refusal.into()
        }
    }
}

async fn try_del(site: &Site4, node: Option<&Node>) -> Result<Option<Lease4>, Refusal> {
    let query = Query::read(node, 4)?;
    let Some(lease) = find(site, &query, "Delete").await? else { return Ok(None) };
    if !site.store.session().remove(lease.address).await? {
        return Ok(None);
    }
    site.snapshot.count(&lease, -1);
    sync(&site.store)?;
    if query.update_ddns {
        site.send(site.snapshot.name_change(ChangeType::Remove, &lease));
    }
    Ok(Some(lease))
}

async fn get_all(site: Site4, request: Request) -> Answer {
    let subnets = match query::subnets(request.node()) {
        Ok(subnets) => subnets,
        Err(refusal) => return refusal.into(),
    };
    let mut shown = Vec::new();
    let wanted = |lease: &Lease4| subnets.as_ref().is_none_or(|ids| ids.contains(&lease.subnet_id));
    each(&site, None, usize::MAX, |lease| {
        if wanted(&lease) {
            shown.push((lease.subnet_id, show(&lease)));
        }
    })
    .await;
    let leases = match subnets {
        None => shown.into_iter().map(|(_, lease)| lease).collect(),
        Some(ids) => ids
            .iter()
            .flat_map(|id| shown.iter().filter(move |(subnet, _)| subnet == id).map(|(_, lease)| lease.clone()))
            .collect(),
    };
    found(4, leases)
}

async fn get_page(site: Site4, request: Request) -> Answer {
    let (from, limit) = match query::page(request.node(), "lease4-get-page", 4) {
        Ok((Some(Address::V4(from)), limit)) => (Some(from), limit),
        Ok((_, limit)) => (None, limit),
        Err(refusal) => return refusal.into(),
    };
    let mut shown = Vec::new();
    each(&site, from, limit, |lease| shown.push(show(&lease))).await;
    found_page(4, shown)
}

/// Up to `limit` leases behind an address, in the order of their addresses; the store is free between two pages.
async fn each(site: &Site4, mut after: Option<Ipv4Addr>, mut limit: usize, mut take: impl FnMut(Lease4)) {
    while limit > 0 {
        let page = site.store.session().page(after, limit.min(PAGE));
        let Some(last) = page.last() else { return };
        after = Some(last.address);
        limit = limit.saturating_sub(page.len());
        page.into_iter().for_each(&mut take);
        tokio::task::yield_now().await;
    }
}

async fn get_by_hw_address(site: Site4, request: Request) -> Answer {
    answered(
        async {
            let hw_addr = hw_addr(feature(request.node(), "hw-address")?)?;
            Ok(in_order(site.store.session().by_hw_addr(&hw_addr).await?.to_vec()))
        }
        .await,
    )
}

async fn get_by_client_id(site: Site4, request: Request) -> Answer {
    answered(
        async {
            let client_id = client_id(feature(request.node(), "client-id")?)?;
            Ok(in_order(site.store.session().by_client_id(&client_id).await?.to_vec()))
        }
        .await,
    )
}

fn in_order(mut leases: Vec<Lease4>) -> Answer {
    leases.sort_by_key(|lease| lease.address);
    found(4, leases.iter().map(show).collect())
}

async fn get_by_hostname(site: Site4, request: Request) -> Answer {
    let hostname = match feature(request.node(), "hostname") {
        Ok("") => return Answer::error("'hostname' parameter is empty"),
        Ok(hostname) => hostname.to_lowercase(),
        Err(refusal) => return refusal.into(),
    };
    found(4, matching(&site, |lease| *lease.hostname == *hostname).await)
}

async fn get_by_state(site: Site4, request: Request) -> Answer {
    let wanted = (|| {
        let arguments = query::map(request.node()).ok_or("Command arguments missing or a not a map.")?;
        let state = any_state(arguments.find("state")?)?;
        Ok((state, arguments.number::<u32>("subnet-id")?.unwrap_or(0)))
    })();
    let (state, subnet) = match wanted {
        Ok(wanted) => wanted,
        Err(refusal) => return Refusal::into(refusal),
    };
    found(4, matching(&site, |lease| lease.state == state && (subnet == 0 || lease.subnet_id == subnet)).await)
}

/// All leases for which something holds; they are looked through where they are.
async fn matching(site: &Site4, holds: impl Fn(&Lease4) -> bool) -> Vec<Value> {
    let mut shown = Vec::new();
    crate::walk::walk(&site.store, |lease| {
        if holds(lease) {
            shown.push(show(lease));
        }
    })
    .await;
    shown
}

async fn resend_ddns(site: Site4, request: Request) -> Answer {
    match try_resend(&site, request.node()).await {
        Ok(text) => {
            log::event!(LEASE_CMDS_RESEND_DDNS4, request = text);
            Answer::done(text)
        }
        Err(refusal) => {
            log::event!(LEASE_CMDS_RESEND_DDNS4_FAILED, reason = refusal.reason);
            refusal.into()
        }
    }
}

async fn try_resend(site: &Site4, node: Option<&Node>) -> Result<String, Refusal> {
    let address = query::resent(node, 4)?;
    if !site.snapshot.config.d2.enable_updates {
        return Err("DDNS updating is not enabled".into());
    }
    let Address::V4(at) = address else { return Err(Refusal::empty(format!("No lease found for: {address}"))) };
    let lease = site.store.session().by_address(at).await?;
    let lease = lease.ok_or_else(|| Refusal::empty(format!("No lease found for: {address}")))?;
    ddns::check(address, &lease.hostname, (lease.fqdn_fwd, lease.fqdn_rev))?;
    site.send(site.snapshot.name_change(ChangeType::Add, &lease));
    Ok(ddns::made(address, &lease.hostname))
}

async fn wipe(site: Site4, request: Request) -> Answer {
    match try_wipe(&site, request.node()).await {
        Ok(answer) => {
            log::event!(LEASE_CMDS_WIPE4, parameters = shown(request.node()));
            answer
        }
        Err(refusal) => {
            log::event!(LEASE_CMDS_WIPE4_FAILED, parameters = shown(request.node()), reason = refusal.reason);
            refusal.into()
        }
    }
}

async fn try_wipe(site: &Site4, node: Option<&Node>) -> Result<Answer, Refusal> {
    let subnets = match query::wiped(node)? {
        0 => site.snapshot.config.subnets.list().iter().map(|subnet| subnet.id).collect(),
        id => vec![id],
    };
    let (mut after, mut wiped_leases) = (None, 0);
    loop {
        let mut leases = site.store.session();
        let mut over = Vec::new();
        after = leases.visit(after, PAGE, |lease| {
            if subnets.contains(&lease.subnet_id) {
                over.push(lease.clone());
            }
        });
        for lease in &over {
            leases.remove(lease.address).await?;
            site.snapshot.count(lease, -1);
            wiped_leases += 1;
        }
        drop(leases);
        if after.is_none() {
            break;
        }
        tokio::task::yield_now().await;
    }
    sync(&site.store)?;
    Ok(wiped(4, wiped_leases, &subnets))
}
