//! What differs between DHCPv4 and DHCPv6 where servers tell each other about leases.

use crate::arguments::Arguments;
use crate::lease_cmds::{lease4, lease6};
use crate::walk::unix_seconds;
use crate::{Site, Site4, Site6};
use dhcpd_config::parameters::Library;
use hashbrown::HashSet;
use leases::{Lease4, Lease6, Leases4, Leases6};
use log::event;
use schema::json::Node;
use serde_json::{Value, json};
use std::fmt::Debug;
use std::future::Future;

use super::messages::{HA_LEASE_SYNC_STALE_LEASE4_SKIP, HA_LEASE_SYNC_STALE_LEASE6_SKIP};

/// A change of a lease.
#[derive(Clone, Debug)]
pub enum Change<L> {
    /// It was given, extended, or became something else.
    Put(L),
    /// It is nobody's.
    Delete(L),
}

/// A command with its arguments.
pub type Command = (&'static str, Value);

/// DHCPv4 or DHCPv6.
pub trait Family: Sized + Send + Sync + 'static {
    /// Its leases.
    type Lease: Clone + Debug + Send + Sync + 'static;
    /// What commands work on.
    type Site: Clone + 'static;

    /// 4 or 6.
    const NUMBER: u8;
    /// The daemon's name as the `service` of a command.
    const SERVICE: &'static str;
    /// The command that shows a page of leases.
    const GET_PAGE: &'static str;
    /// The commands that partners send.
    const COMMANDS: &'static [&'static str];

    /// How many commands tell of so many changes.
    fn count(changes: usize) -> usize;

    /// The commands that tell of changes, so many as [`count`](Self::count) says.
    fn commands<'a>(changes: impl Iterator<Item = &'a Change<Self::Lease>>) -> Vec<Command>;

    /// A lease as a command shows it.
    fn read(lease: &Node, site: &Self::Site) -> Result<Self::Lease, String>;

    /// Numbers of the subnets that a relationship serves; none if they are not divided.
    fn subnets(site: &Self::Site, relationship: u32) -> HashSet<u32>;

    /// Number of a lease's subnet.
    fn subnet(lease: &Self::Lease) -> u32;

    /// Its address, as text.
    fn address(lease: &Self::Lease) -> String;

    /// Whose it is, as bytes that are the same for all leases of a client.
    fn client(lease: &Self::Lease) -> Box<[u8]>;

    /// Stores a lease unless there is one that is newer; whether it did. The name is this server's.
    fn merge(site: &Self::Site, lease: Self::Lease, server: &str) -> impl Future<Output = Result<bool, String>>;

    /// Makes durable what was stored.
    fn sync(site: &Self::Site) -> Result<(), String>;
}

/// DHCPv4.
#[derive(Debug)]
pub struct V4;

/// DHCPv6.
#[derive(Debug)]
pub struct V6;

impl Family for V4 {
    type Lease = Lease4;
    type Site = Site4;

    const NUMBER: u8 = 4;
    const SERVICE: &'static str = "dhcp4";
    const GET_PAGE: &'static str = "lease4-get-page";
    const COMMANDS: &'static [&'static str] = &[
        "list-commands",
        "status-get",
        "dhcp-disable",
        "dhcp-enable",
        "ha-reset",
        "ha-heartbeat",
        "lease4-update",
        "lease4-del",
        "lease4-get-all",
        "lease4-get-page",
        "ha-maintenance-notify",
        "ha-sync-complete-notify",
    ];

    fn count(changes: usize) -> usize {
        changes
    }

    fn commands<'a>(changes: impl Iterator<Item = &'a Change<Lease4>>) -> Vec<Command> {
        let command = |change: &Change<Lease4>| {
            let (name, lease) = match change {
                Change::Put(lease) => ("lease4-update", lease),
                Change::Delete(lease) => ("lease4-del", lease),
            };
            let mut arguments = told(lease4::show(lease), lease.cltt, lease.valid_lifetime);
            if let Change::Put(_) = change {
                arguments["force-create"] = true.into();
            }
            arguments["origin"] = PARTNER.into();
            (name, arguments)
        };
        changes.map(command).collect()
    }

    fn read(lease: &Node, site: &Site4) -> Result<Lease4, String> {
        let (cltt, config) = (cltt(lease), &site.snapshot.config);
        let read = lease4::read(Arguments::new(lease), config, cltt.unwrap_or_else(unix_seconds));
        read.map(|(lease, _)| lease).map_err(|refusal| refusal.reason)
    }

    fn subnets(site: &Site4, relationship: u32) -> HashSet<u32> {
        subnets(&site.snapshot.config.hooks, relationship)
    }

    fn subnet(lease: &Lease4) -> u32 {
        lease.subnet_id
    }

    fn address(lease: &Lease4) -> String {
        lease.address.to_string()
    }

    fn client(lease: &Lease4) -> Box<[u8]> {
        client4(&lease.hw_addr, lease.client_id.as_deref())
    }

    async fn merge(site: &Site4, lease: Lease4, server: &str) -> Result<bool, String> {
        let mut leases = site.store.session();
        let old = leases.by_address(lease.address).await.map_err(|error| error.to_string())?;
        if old.as_ref().is_some_and(|old| old.cltt >= lease.cltt) {
            event!(HA_LEASE_SYNC_STALE_LEASE4_SKIP, server, address = lease.address, subnet = lease.subnet_id);
            return Ok(false);
        }
        leases.put(lease.clone()).await.map_err(|error| error.to_string())?;
        match &old {
            Some(old) => site.snapshot.count_changed(old, &lease),
            None => site.snapshot.count(&lease, 1),
        }
        Ok(true)
    }

    fn sync(site: &Site4) -> Result<(), String> {
        sync(site)
    }
}

impl Family for V6 {
    type Lease = Lease6;
    type Site = Site6;

    const NUMBER: u8 = 6;
    const SERVICE: &'static str = "dhcp6";
    const GET_PAGE: &'static str = "lease6-get-page";
    const COMMANDS: &'static [&'static str] = &[
        "list-commands",
        "status-get",
        "dhcp-disable",
        "dhcp-enable",
        "ha-reset",
        "ha-heartbeat",
        "lease6-bulk-apply",
        "lease6-update",
        "lease6-del",
        "lease6-get-all",
        "lease6-get-page",
        "ha-maintenance-notify",
        "ha-sync-complete-notify",
    ];

    fn count(_: usize) -> usize {
        1
    }

    fn commands<'a>(changes: impl Iterator<Item = &'a Change<Lease6>>) -> Vec<Command> {
        let (mut put, mut deleted) = (Vec::new(), Vec::new());
        for change in changes {
            let (list, lease) = match change {
                Change::Put(lease) => (&mut put, lease),
                Change::Delete(lease) => (&mut deleted, lease),
            };
            list.push(told(lease6::show(lease), lease.cltt, lease.valid_lifetime));
        }
        vec![("lease6-bulk-apply", json!({ "deleted-leases": deleted, "leases": put, "origin": PARTNER }))]
    }

    fn read(lease: &Node, site: &Site6) -> Result<Lease6, String> {
        let (cltt, config) = (cltt(lease), &site.snapshot.config);
        let read = lease6::read(Arguments::new(lease), config, cltt.unwrap_or_else(unix_seconds));
        read.map(|(lease, _)| lease).map_err(|refusal| refusal.reason)
    }

    fn subnets(site: &Site6, relationship: u32) -> HashSet<u32> {
        subnets(&site.snapshot.config.hooks, relationship)
    }

    fn subnet(lease: &Lease6) -> u32 {
        lease.subnet_id
    }

    fn address(lease: &Lease6) -> String {
        lease.address.to_string()
    }

    fn client(lease: &Lease6) -> Box<[u8]> {
        lease.duid.as_slice().into()
    }

    async fn merge(site: &Site6, lease: Lease6, server: &str) -> Result<bool, String> {
        let mut leases = site.store.session();
        let old = leases.by_address(lease.lease_type, lease.address).await.map_err(|error| error.to_string())?;
        if old.as_ref().is_some_and(|old| old.cltt >= lease.cltt) {
            event!(HA_LEASE_SYNC_STALE_LEASE6_SKIP, server, address = lease.address, subnet = lease.subnet_id);
            return Ok(false);
        }
        leases.put(lease.clone()).await.map_err(|error| error.to_string())?;
        match &old {
            Some(old) => site.snapshot.count_changed(old, &lease),
            None => site.snapshot.count(&lease, 1),
        }
        Ok(true)
    }

    fn sync(site: &Site6) -> Result<(), String> {
        sync(site)
    }
}

fn subnets(libraries: &[Library], relationship: u32) -> HashSet<u32> {
    let rules = libraries.iter().find_map(|library| match library {
        Library::HighAvailability(rules) => Some(rules),
        _ => None,
    });
    let of = |(id, group): (&u32, &Result<usize, String>)| (*group == Ok(relationship as usize)).then_some(*id);
    rules.map_or_else(HashSet::new, |rules| rules.subnets.iter().filter_map(of).collect())
}

/// What a change says about where it comes from.
const PARTNER: &str = "ha-partner";

/// A DHCPv4 client as bytes: its hardware address and its identifier.
pub fn client4(hw_addr: &[u8], client_id: Option<&[u8]>) -> Box<[u8]> {
    [&[hw_addr.len() as u8][..], hw_addr, client_id.unwrap_or_default()].concat().into()
}

/// A lease as it is shown, with when it is over in the place of when it began.
fn told(mut shown: Value, cltt: u64, valid_lifetime: u32) -> Value {
    if let Value::Object(map) = &mut shown {
        map.remove("cltt");
        map.insert("expire".to_owned(), cltt.saturating_add(valid_lifetime.into()).into());
    }
    shown
}

/// When a lease began that is shown.
fn cltt(lease: &Node) -> Option<u64> {
    lease.member("cltt").and_then(|node| node.to_json().as_u64())
}

fn sync<S, T: leases::memfile::Table>(site: &Site<S, T>) -> Result<(), String> {
    site.store.sync().map_err(|error| error.to_string())
}
