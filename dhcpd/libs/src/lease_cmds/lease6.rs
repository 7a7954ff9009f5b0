//! A DHCPv6 lease from arguments and as JSON.

use super::fields::{Name, colons, show_context, state, times, user_context};
use super::identifiers::{duid, hw_addr};
use crate::arguments::{Address, Arguments, Refusal};
use dhcpd_config::v6::snapshot::{Config6, Subnet6};
use leases::lease::UnixSeconds;
use leases::{Lease6, LeaseState, LeaseType};
use serde_json::{Map, Value, json};
use std::net::Ipv6Addr;

/// States that a DHCPv6 lease may have.
const STATES: usize = 5;
/// What stands for the DUID of a lease that is nobody's.
const NOBODY: [u8; 3] = [0; 3];
/// ARP's number of Ethernet.
const ETHERNET: u16 = 1;

/// A lease, and whether it shall be made if it is not there.
pub(crate) fn read(arguments: Arguments<'_>, config: &Config6, now: UnixSeconds) -> Result<(Lease6, bool), Refusal> {
    let address = match arguments.required_address("ip-address")? {
        Address::V6(address) => address,
        Address::V4(other) => return Err(format!("Non-IPv6 address specified: {other}").into()),
    };
    let duid = duid(arguments.required_text("duid")?)?;
    let (lease_type, prefix_len) = kind(arguments)?;
    let hw_addr = arguments.text("hw-address")?.map(hw_addr).transpose()?.filter(|bytes| !bytes.is_empty());
    let subnet = subnet(arguments, config, lease_type, address)?;
    let iaid = arguments.required_number("iaid")?;
    let (valid_lifetime, cltt) = times(arguments, address, subnet.valid.default, now)?;
    // As in Kea, what is not said is the subnet's valid lifetime, not the preferred one.
    let preferred_lifetime = arguments.number("preferred-lft")?.unwrap_or(subnet.valid.default);
    let name = Name::read(arguments)?;
    let state = state(arguments, STATES)?;
    match (lease_type, state) {
        (LeaseType::Pd, LeaseState::Declined) => return Err("Invalid declined state for PD prefix.".into()),
        (LeaseType::Pd, LeaseState::Registered) => return Err("Invalid registered state for PD prefix.".into()),
        _ => {}
    }
    let pool_id = match lease_type {
        LeaseType::Na => subnet.pool_of(address).map(|(_, pool)| pool.id),
        LeaseType::Pd => subnet.pd_pool_of(address).map(|(_, pool)| pool.id),
    };
    let lease = Lease6 {
        lease_type,
        address,
        prefix_len,
        duid,
        iaid,
        preferred_lifetime,
        valid_lifetime,
        cltt,
        subnet_id: subnet.id,
        pool_id: pool_id.unwrap_or(0),
        fqdn_fwd: name.forward,
        fqdn_rev: name.reverse,
        hostname: name.hostname,
        hw_type: if hw_addr.is_some() { ETHERNET } else { 0 },
        hw_addr,
        hw_source: 0,
        state,
        user_context: user_context(arguments)?,
    };
    Ok((lease, arguments.flag("force-create")?.unwrap_or(false)))
}

fn kind(arguments: Arguments<'_>) -> Result<(LeaseType, u8), Refusal> {
    match arguments.text("type")? {
        None | Some("IA_NA") => Ok((LeaseType::Na, 128)),
        Some("IA_PD") => Ok((LeaseType::Pd, arguments.required_number("prefix-len")?)),
        // Temporary addresses are not leased by this server.
        Some(other) => {
            let reason = format!("Incorrect lease type: {other}, the only supported values are: na, ta and pd");
            Err(reason.into())
        }
    }
}

/// The subnet that is named, or the one that holds the address.
fn subnet<'a>(
    arguments: Arguments<'_>,
    config: &'a Config6,
    lease_type: LeaseType,
    address: Ipv6Addr,
) -> Result<&'a Subnet6, Refusal> {
    let subnets = &config.subnets;
    let id = arguments.number::<u32>("subnet-id")?.unwrap_or(0);
    if id == 0 {
        if lease_type != LeaseType::Na {
            let reason = "Subnet-id is 0 or not specified. This is allowed for address leases only, not prefix leases.";
            return Err(reason.into());
        }
        let held = subnets.holding(address).and_then(|at| subnets.list().get(at));
        return held.ok_or_else(|| {
            Refusal::conflict(format!("subnet-id not specified and failed to find a subnet for address {address}"))
        });
    }
    let Some((_, subnet)) = subnets.by_id(id) else {
        let reason = format!("Invalid subnet-id: No IPv6 subnet with subnet-id={id} currently configured.");
        return Err(Refusal::conflict(reason));
    };
    match lease_type == LeaseType::Pd || subnet.contains(address) {
        true => Ok(subnet),
        false => {
            let prefix = format!("{}/{}", subnet.prefix, subnet.prefix_len);
            let reason = format!("The address {address} does not belong to subnet {prefix}, subnet-id={id}");
            Err(Refusal::conflict(reason))
        }
    }
}

/// A lease as Kea shows it.
pub(crate) fn show(lease: &Lease6) -> Value {
    let mut map = Map::new();
    show_context(lease.user_context.as_deref(), &mut map);
    map.insert("ip-address".into(), json!(lease.address));
    map.insert("type".into(), type_name(lease.lease_type).into());
    if lease.lease_type == LeaseType::Pd {
        map.insert("prefix-len".into(), lease.prefix_len.into());
    }
    map.insert("iaid".into(), lease.iaid.into());
    map.insert("duid".into(), colons(if lease.duid.is_empty() { &NOBODY } else { &lease.duid }));
    map.insert("subnet-id".into(), lease.subnet_id.into());
    if lease.pool_id != 0 {
        map.insert("pool-id".into(), lease.pool_id.into());
    }
    map.insert("cltt".into(), lease.cltt.into());
    map.insert("preferred-lft".into(), lease.preferred_lifetime.into());
    map.insert("valid-lft".into(), lease.valid_lifetime.into());
    map.insert("fqdn-fwd".into(), lease.fqdn_fwd.into());
    map.insert("fqdn-rev".into(), lease.fqdn_rev.into());
    map.insert("hostname".into(), lease.hostname.as_ref().into());
    if let Some(hw_addr) = &lease.hw_addr {
        map.insert("hw-address".into(), colons(hw_addr));
    }
    map.insert("state".into(), (lease.state as u8).into());
    Value::Object(map)
}

pub(crate) fn type_name(lease_type: LeaseType) -> &'static str {
    match lease_type {
        LeaseType::Na => "IA_NA",
        LeaseType::Pd => "IA_PD",
    }
}
