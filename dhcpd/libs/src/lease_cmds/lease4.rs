//! A DHCPv4 lease from arguments and as JSON.

use super::fields::{Name, colons, show_context, state, times, user_context};
use super::identifiers::{client_id, hw_addr};
use crate::arguments::{Address, Arguments, Refusal};
use dhcpd_config::v4::snapshot::{Config4, Subnet4};
use leases::lease::UnixSeconds;
use leases::{Lease4, LeaseState};
use serde_json::{Map, Value, json};
use std::net::Ipv4Addr;

/// States that a DHCPv4 lease may have.
const STATES: usize = 4;

/// A lease, and whether it shall be made if it is not there.
pub(crate) fn read(arguments: Arguments<'_>, config: &Config4, now: UnixSeconds) -> Result<(Lease4, bool), Refusal> {
    let address = match arguments.required_address("ip-address")? {
        Address::V4(address) => address,
        Address::V6(other) => return Err(format!("Non-IPv4 address specified: {other}").into()),
    };
    let hw_addr = hw_addr(arguments.required_text("hw-address")?)?;
    let subnet = subnet(arguments, config, address)?;
    let client_id = arguments.text("client-id")?.map(client_id).transpose()?;
    let (valid_lifetime, cltt) = times(arguments, address, subnet.valid.default, now)?;
    let name = Name::read(arguments)?;
    let state = state(arguments, STATES)?;
    let user_context = user_context(arguments)?;
    if hw_addr.is_empty() && client_id.is_none() && state != LeaseState::Declined {
        let state = ["default", "declined", "expired-reclaimed", "released"].get(state as usize).unwrap_or(&"");
        let reason = format!("Lease4: {address}, state: {state} has neither hardware address or client id");
        return Err(reason.into());
    }
    let lease = Lease4 {
        address,
        hw_addr,
        client_id,
        valid_lifetime,
        cltt,
        subnet_id: subnet.id,
        pool_id: subnet.pool_of(address).map_or(0, |(_, pool)| pool.id),
        fqdn_fwd: name.forward,
        fqdn_rev: name.reverse,
        hostname: name.hostname,
        state,
        user_context,
    };
    Ok((lease, arguments.flag("force-create")?.unwrap_or(false)))
}

/// The subnet that is named, or the one that holds the address.
fn subnet<'a>(arguments: Arguments<'_>, config: &'a Config4, address: Ipv4Addr) -> Result<&'a Subnet4, Refusal> {
    let subnets = &config.subnets;
    let id = arguments.number::<u32>("subnet-id")?.unwrap_or(0);
    if id == 0 {
        let held = subnets.holding(address).and_then(|at| subnets.list().get(at));
        return held.ok_or_else(|| {
            Refusal::conflict(format!("subnet-id not specified and failed to find a subnet for address {address}"))
        });
    }
    let Some((_, subnet)) = subnets.by_id(id) else {
        let reason = format!("Invalid subnet-id: No IPv4 subnet with subnet-id={id} currently configured.");
        return Err(Refusal::conflict(reason));
    };
    match subnet.contains(address) {
        true => Ok(subnet),
        false => {
            let prefix = format!("{}/{}", subnet.prefix, subnet.prefix_len);
            let reason = format!("The address {address} does not belong to subnet {prefix}, subnet-id={id}");
            Err(Refusal::conflict(reason))
        }
    }
}

/// A lease as Kea shows it.
pub(crate) fn show(lease: &Lease4) -> Value {
    let mut map = Map::new();
    show_context(lease.user_context.as_deref(), &mut map);
    map.insert("ip-address".into(), json!(lease.address));
    map.insert("subnet-id".into(), lease.subnet_id.into());
    if lease.pool_id != 0 {
        map.insert("pool-id".into(), lease.pool_id.into());
    }
    map.insert("hw-address".into(), colons(&lease.hw_addr));
    if let Some(client_id) = &lease.client_id {
        map.insert("client-id".into(), colons(client_id));
    }
    map.insert("cltt".into(), lease.cltt.into());
    map.insert("valid-lft".into(), lease.valid_lifetime.into());
    map.insert("fqdn-fwd".into(), lease.fqdn_fwd.into());
    map.insert("fqdn-rev".into(), lease.fqdn_rev.into());
    map.insert("hostname".into(), lease.hostname.as_ref().into());
    map.insert("state".into(), (lease.state as u8).into());
    Value::Object(map)
}
