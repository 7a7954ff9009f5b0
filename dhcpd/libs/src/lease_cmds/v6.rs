//! The commands of a DHCPv6 server.

use super::ddns;
use super::fields::any_state;
use super::identifiers::{Colons, duid, hw_addr};
use super::lease6::{read, show};
use super::messages::*;
use super::query::{self, Key, Kind, Query, feature};
use super::v4::not_there;
use super::{answered, found, found_page, shown, sync, wiped};
use crate::Site6;
use crate::arguments::{Address, Arguments, Refusal};
use crate::walk::{PAGE, unix_seconds};
use control::{Answer, Code, Request, Table};
use leases::{Lease6, LeaseType, Leases6};
use ncr::ChangeType;
use schema::json::Node;
use serde_json::Value;
use std::net::Ipv6Addr;

/// Adds the commands of a DHCPv6 server.
pub fn add6(table: &mut Table, site: &Site6) {
    macro_rules! on {
        ($($name:literal => $run:path,)*) => {$({
            let site = site.clone();
            table.add_async($name, move |request| $run(site.clone(), request));
        })*};
    }
    on! {
        "lease6-add" => add,
        "lease6-bulk-apply" => super::apply6::apply,
        "lease6-del" => del,
        "lease6-get" => get,
        "lease6-get-all" => get_all,
        "lease6-get-by-duid" => get_by_duid,
        "lease6-get-by-hostname" => get_by_hostname,
        "lease6-get-by-hw-address" => get_by_hw_address,
        "lease6-get-by-state" => get_by_state,
        "lease6-get-page" => get_page,
        "lease6-resend-ddns" => resend_ddns,
        "lease6-update" => update,
        "lease6-wipe" => wipe,
        "lease6-write" => super::write::write,
    }
}

async fn add(site: Site6, request: Request) -> Answer {
    let node = request.node();
    match try_add(&site, node).await {
        Ok(lease) => {
            log::event!(LEASE_CMDS_ADD6, address = lease.address);
            let Lease6 { address, prefix_len, subnet_id, .. } = lease;
            Answer::done(match lease.lease_type {
                LeaseType::Na => format!("Lease for address {address}, subnet-id {subnet_id} added."),
                LeaseType::Pd => format!("Lease for prefix {address}/{prefix_len}, subnet-id {subnet_id} added."),
            })
        }
        Err(refusal) => {
            match refusal.code {
                Code::Conflict => {
                    log::event!(LEASE_CMDS_ADD6_CONFLICT, parameters = shown(node), reason = refusal.reason)
                }
                _ => log::event!(LEASE_CMDS_ADD6_FAILED, parameters = shown(node), reason = refusal.reason),
            }
            refusal.into()
        }
    }
}

async fn try_add(site: &Site6, node: Option<&Node>) -> Result<Lease6, Refusal> {
    let arguments = node.map(Arguments::new).ok_or("no parameters specified for the command")?;
    let (lease, _) = read(arguments, &site.snapshot.config, unix_seconds())?;
    let mut leases = site.store.session();
    if leases.by_address(lease.lease_type, lease.address).await?.is_some() {
        return Err(Refusal::conflict("IPv6 lease already exists."));
    }
    leases.put(lease.clone()).await?;
    site.snapshot.count(&lease, 1);
    drop(leases);
    sync(&site.store)?;
    Ok(lease)
}

async fn update(site: Site6, request: Request) -> Answer {
    let node = request.node();
    match try_update(&site, node).await {
        Ok((address, text)) => {
            log::event!(LEASE_CMDS_UPDATE6, address);
            Answer::done(text)
        }
        Err(refusal) => {
            match refusal.code {
                Code::Conflict => {
                    log::event!(LEASE_CMDS_UPDATE6_CONFLICT, parameters = shown(node), reason = refusal.reason)
                }
                _ => log::event!(LEASE_CMDS_UPDATE6_FAILED, parameters = shown(node), reason = refusal.reason),
            }
            refusal.into()
        }
    }
}

async fn try_update(site: &Site6, node: Option<&Node>) -> Result<(Ipv6Addr, &'static str), Refusal> {
    let arguments = node.map(Arguments::new).ok_or("no parameters specified for lease6-update command")?;
    let (lease, force) = read(arguments, &site.snapshot.config, unix_seconds())?;
    let address = lease.address;
    let added = put(site, lease, force).await?;
    sync(&site.store)?;
    Ok((address, if added { "IPv6 lease added." } else { "IPv6 lease updated." }))
}

/// Stores a lease that is there, or may be made; whether it was.
pub(super) async fn put(site: &Site6, lease: Lease6, make: bool) -> Result<bool, Refusal> {
    let mut leases = site.store.session();
    let old = leases.by_address(lease.lease_type, lease.address).await?;
    if old.is_none() && !make {
        return Err(not_there(lease.address));
    }
    leases.put(lease.clone()).await?;
    match &old {
        Some(old) => site.snapshot.count_changed(old, &lease),
        None => site.snapshot.count(&lease, 1),
    }
    Ok(old.is_none())
}

async fn get(site: Site6, request: Request) -> Answer {
    let lease = async {
        let query = Query::read(request.node(), 6)?;
        find(&site, &query, "Query").await
    };
    match lease.await {
        Ok(Some(lease)) => Answer::done("IPv6 lease found.").and(show(&lease)),
        Ok(None) => Answer::new(Code::Empty, "Lease not found."),
        Err(refusal) => {
            log::event!(LEASE_CMDS_GET6_FAILED, parameters = shown(request.node()), reason = refusal.reason);
            refusal.into()
        }
    }
}

/// The lease that a query is about. `what` is done with it, in case that this cannot be done.
pub(super) async fn find(site: &Site6, query: &Query, what: &str) -> Result<Option<Lease6>, Refusal> {
    let Query { kind, subnet_id, iaid, .. } = *query;
    let lease_type = match kind {
        Kind::Na => Some(LeaseType::Na),
        Kind::Pd => Some(LeaseType::Pd),
        Kind::Ta | Kind::V4 => None,
    };
    let mut leases = site.store.session();
    match (&query.key, lease_type) {
        (Key::HwAddr(_), _) => Err(format!("{what} by hw-address is not allowed in v6.").into()),
        (Key::ClientId(_), _) if what == "Delete" => Err("Unknown query type: 3".into()),
        (Key::ClientId(_), _) => Err(format!("{what} by client-id is not allowed in v6.").into()),
        (Key::Address(Address::V6(address)), Some(lease_type)) => Ok(leases.by_address(lease_type, *address).await?),
        (Key::Duid(duid), Some(lease_type)) => {
            let all = leases.by_ia(lease_type, duid, iaid).await?;
            let mut all = all.into_iter().filter(|lease| i64::from(lease.subnet_id) == subnet_id);
            let first = all.next();
            match all.next() {
                None => Ok(first),
                Some(_) => Err(format!(
                    "More than one lease found for type {}, duid {}, iaid {iaid} and subnet-id {subnet_id}",
                    kind as u8,
                    Colons(duid)
                )
                .into()),
            }
        }
        _ => Ok(None),
    }
}

async fn del(site: Site6, request: Request) -> Answer {
    match try_del(&site, request.node()).await {
        Ok(Some(lease)) => {
            log::event!(LEASE_CMDS_DEL6, address = lease.address);
            Answer::done("IPv6 lease deleted.")
        }
        Ok(None) => Answer::new(Code::Empty, "IPv6 lease not found."),
        Err(refusal) => {
            log::event!(LEASE_CMDS_DEL6_FAILED, parameters = shown(request.node()), reason = refusal.reason);
            refusal.into()
        }
    }
}

async fn try_del(site: &Site6, node: Option<&Node>) -> Result<Option<Lease6>, Refusal> {
    let query = Query::read(node, 6)?;
    let Some(lease) = find(site, &query, "Delete").await? else { return Ok(None) };
    if !site.store.session().remove(lease.lease_type, lease.address).await? {
        return Ok(None);
    }
    site.snapshot.count(&lease, -1);
    sync(&site.store)?;
    if query.update_ddns {
        site.send(site.snapshot.name_change(ChangeType::Remove, &lease));
    }
    Ok(Some(lease))
}

async fn get_all(site: Site6, request: Request) -> Answer {
    let subnets = match query::subnets(request.node()) {
        Ok(subnets) => subnets,
        Err(refusal) => return refusal.into(),
    };
    let mut shown = Vec::new();
    let wanted = |lease: &Lease6| subnets.as_ref().is_none_or(|ids| ids.contains(&lease.subnet_id));
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
    found(6, leases)
}

async fn get_page(site: Site6, request: Request) -> Answer {
    let (from, limit) = match query::page(request.node(), "lease6-get-page", 6) {
        // Behind all that begins at the address.
        Ok((Some(Address::V6(from)), limit)) => (Some((from, LeaseType::Pd)), limit),
        Ok((_, limit)) => (None, limit),
        Err(refusal) => return refusal.into(),
    };
    let mut shown = Vec::new();
    each(&site, from, limit, |lease| shown.push(show(&lease))).await;
    found_page(6, shown)
}

/// Up to `limit` leases behind an address, in the order of their addresses; the store is free between two pages.
async fn each(site: &Site6, mut after: Option<(Ipv6Addr, LeaseType)>, mut limit: usize, mut take: impl FnMut(Lease6)) {
    while limit > 0 {
        let page = site.store.session().page(after, limit.min(PAGE));
        let Some(last) = page.last() else { return };
        after = Some((last.address, last.lease_type));
        limit = limit.saturating_sub(page.len());
        page.into_iter().for_each(&mut take);
        tokio::task::yield_now().await;
    }
}

async fn get_by_duid(site: Site6, request: Request) -> Answer {
    answered(
        async {
            let duid = duid(feature(request.node(), "duid")?)?;
            let mut leases = site.store.session().by_duid(&duid).await?;
            leases.sort_by_key(|lease| (lease.address, lease.lease_type));
            Ok(found(6, leases.iter().map(show).collect()))
        }
        .await,
    )
}

async fn get_by_hw_address(site: Site6, request: Request) -> Answer {
    match feature(request.node(), "hw-address").and_then(hw_addr) {
        Ok(hw_addr) => found(6, matching(&site, |lease| lease.hw_addr.as_ref() == Some(&hw_addr)).await),
        Err(refusal) => refusal.into(),
    }
}

async fn get_by_hostname(site: Site6, request: Request) -> Answer {
    let hostname = match feature(request.node(), "hostname") {
        Ok("") => return Answer::error("'hostname' parameter is empty"),
        Ok(hostname) => hostname.to_lowercase(),
        Err(refusal) => return refusal.into(),
    };
    found(6, matching(&site, |lease| *lease.hostname == *hostname).await)
}

async fn get_by_state(site: Site6, request: Request) -> Answer {
    let wanted = (|| {
        let arguments = query::map(request.node()).ok_or("Command arguments missing or a not a map.")?;
        let state = any_state(arguments.find("state")?)?;
        Ok((state, arguments.number::<u32>("subnet-id")?.unwrap_or(0)))
    })();
    let (state, subnet) = match wanted {
        Ok(wanted) => wanted,
        Err(refusal) => return Refusal::into(refusal),
    };
    found(6, matching(&site, |lease| lease.state == state && (subnet == 0 || lease.subnet_id == subnet)).await)
}

/// All leases for which something holds; they are looked through where they are.
async fn matching(site: &Site6, holds: impl Fn(&Lease6) -> bool) -> Vec<Value> {
    let mut shown = Vec::new();
    crate::walk::walk(&site.store, |lease| {
        if holds(lease) {
            shown.push(show(lease));
        }
    })
    .await;
    shown
}

async fn resend_ddns(site: Site6, request: Request) -> Answer {
    match try_resend(&site, request.node()).await {
        Ok(text) => {
            log::event!(LEASE_CMDS_RESEND_DDNS6, request = text);
            Answer::done(text)
        }
        Err(refusal) => {
            log::event!(LEASE_CMDS_RESEND_DDNS6_FAILED, reason = refusal.reason);
            refusal.into()
        }
    }
}

async fn try_resend(site: &Site6, node: Option<&Node>) -> Result<String, Refusal> {
    let address = query::resent(node, 6)?;
    if !site.snapshot.config.d2.enable_updates {
        return Err("DDNS updating is not enabled".into());
    }
    let Address::V6(at) = address else { return Err(Refusal::empty(format!("No lease found for: {address}"))) };
    let lease = site.store.session().by_address(LeaseType::Na, at).await?;
    let lease = lease.ok_or_else(|| Refusal::empty(format!("No lease found for: {address}")))?;
    ddns::check(address, &lease.hostname, (lease.fqdn_fwd, lease.fqdn_rev))?;
    site.send(site.snapshot.name_change(ChangeType::Add, &lease));
    Ok(ddns::made(address, &lease.hostname))
}

async fn wipe(site: Site6, request: Request) -> Answer {
    match try_wipe(&site, request.node()).await {
        Ok(answer) => {
            log::event!(LEASE_CMDS_WIPE6, parameters = shown(request.node()));
            answer
        }
        Err(refusal) => {
            log::event!(LEASE_CMDS_WIPE6_FAILED, parameters = shown(request.node()), reason = refusal.reason);
            refusal.into()
        }
    }
}

async fn try_wipe(site: &Site6, node: Option<&Node>) -> Result<Answer, Refusal> {
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
            leases.remove(lease.lease_type, lease.address).await?;
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
    Ok(wiped(6, wiped_leases, &subnets))
}
