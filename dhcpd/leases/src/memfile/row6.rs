//! A DHCPv6 lease as a row: the columns of Kea's schema 5.0.

use super::csv::{Column, Row, RowError, cltt, column, push_hex, push_number, push_text};
use super::row4::state;
use crate::lease::{Duid, HwAddr, Lease6, LeaseState, LeaseType};
use crate::messages::DHCPSRV_MEMFILE_READ_HWADDR_FAIL;
use std::io::Write as _;
use std::net::Ipv6Addr;

pub(super) const VERSION: &str = "5.0";

pub(super) const COLUMNS: &[Column] = &[
    column("address", ""),
    column("duid", ""),
    column("valid_lifetime", ""),
    column("expire", ""),
    column("subnet_id", ""),
    column("pref_lifetime", ""),
    column("lease_type", ""),
    column("iaid", ""),
    column("prefix_len", ""),
    column("fqdn_fwd", ""),
    column("fqdn_rev", ""),
    column("hostname", ""),
    column("hwaddr", ""),
    column("state", "0"),
    column("user_context", ""),
    column("hwtype", ""),
    column("hwaddr_source", ""),
    column("pool_id", "0"),
];

/// Longest hardware address and longest DUID (RFC 8415 §11.1: 128 bytes and the type).
const MOST_HW_ADDR: usize = 20;
const MOST_DUID: usize = 130;
/// What Kea writes where there is no DUID.
const NO_DUID: [u8; 3] = [0; 3];
/// ARP hardware type of files that do not tell: Ethernet.
const ETHERNET: u16 = 1;

pub(super) fn parse(row: &mut Row<'_>) -> Result<Lease6, RowError> {
    let address = row.parse("address")?;
    let duid: Duid = row.bytes("DUID", MOST_DUID)?;
    let valid_lifetime = row.number("valid lifetime")?;
    let cltt = cltt(row.number("time of expiration")?, valid_lifetime);
    let subnet_id = row.number("subnet id")?;
    let preferred_lifetime = row.number("preferred lifetime")?;
    let lease_type = match row.number("lease type")? {
        0u8 => LeaseType::Na,
        2 => LeaseType::Pd,
        other => return Err(format!("'{other}' is not a valid lease type")),
    };
    let iaid = row.number("IAID")?;
    let written_len: u8 = row.number("prefix length")?;
    let (fqdn_fwd, fqdn_rev, hostname) = (row.flag("fqdn_fwd")?, row.flag("fqdn_rev")?, row.hostname());
    let hw_addr = hw_addr(row);
    let state = state(row)?;
    let user_context = row.user_context()?;
    let (hw_type, hw_source) = (or_default(row, "hwtype", ETHERNET)?, or_default(row, "hwaddr_source", 0)?);
    let lease = Lease6 {
        lease_type,
        address,
        prefix_len: if lease_type == LeaseType::Na { 128 } else { written_len },
        duid: if duid[..] == NO_DUID { Duid::new() } else { duid },
        iaid,
        preferred_lifetime,
        valid_lifetime,
        cltt,
        subnet_id,
        pool_id: row.number("pool id")?,
        fqdn_fwd,
        fqdn_rev,
        hostname,
        hw_type: if hw_addr.is_some() { hw_type } else { 0 },
        hw_source: if hw_addr.is_some() { hw_source } else { 0 },
        hw_addr,
        state,
        user_context,
    };
    match unfit(&lease) {
        Some(reason) => Err(format!("lease on {} {reason}", lease.address)),
        None => Ok(lease),
    }
}

/// Why a lease cannot be stored, if it cannot.
pub(super) fn unfit(lease: &Lease6) -> Option<&'static str> {
    let prefix_len = u32::from(lease.prefix_len);
    let host_bits = u128::MAX.checked_shr(prefix_len).unwrap_or(0);
    if lease.duid.is_empty() && lease.state != LeaseState::Declined {
        Some("has no DUID")
    } else if lease.duid.len() > MOST_DUID {
        Some("has a DUID that is too long")
    } else if lease.hw_addr.as_ref().is_some_and(|hw_addr| !(1..=MOST_HW_ADDR).contains(&hw_addr.len())) {
        Some("has a hardware address of a length that it cannot have")
    } else if !(1..=128).contains(&prefix_len) || (lease.lease_type == LeaseType::Na && prefix_len != 128) {
        Some("has a prefix length that it cannot have")
    } else if u128::from(lease.address) & host_bits != 0 {
        Some("has bits set behind its prefix length")
    } else {
        None
    }
}

/// A hardware address that cannot be read costs the lease nothing but itself.
fn hw_addr(row: &mut Row<'_>) -> Option<HwAddr> {
    let hw_addr = row.bytes("hardware address", MOST_HW_ADDR);
    match hw_addr {
        Ok(hw_addr) => Some(hw_addr).filter(|hw_addr| !hw_addr.is_empty()),
        Err(reason) => {
            log::event!(DHCPSRV_MEMFILE_READ_HWADDR_FAIL, reason);
            None
        }
    }
}

fn or_default<T: TryFrom<u64>>(row: &mut Row<'_>, name: &str, default: T) -> Result<T, RowError> {
    if row.next_is_empty() {
        row.raw();
        return Ok(default);
    }
    row.number(name)
}

/// Appends the row, its end of line included.
pub(super) fn print(lease: &Lease6, out: &mut Vec<u8>) {
    push_address(out, lease.address);
    out.push(b',');
    push_hex(out, if lease.duid.is_empty() { &NO_DUID } else { &lease.duid });
    for number in [
        u64::from(lease.valid_lifetime),
        lease.cltt + u64::from(lease.valid_lifetime),
        u64::from(lease.subnet_id),
        u64::from(lease.preferred_lifetime),
        lease.lease_type as u64,
        u64::from(lease.iaid),
        u64::from(lease.prefix_len),
        u64::from(lease.fqdn_fwd),
        u64::from(lease.fqdn_rev),
    ] {
        out.push(b',');
        push_number(out, number);
    }
    out.push(b',');
    push_text(out, &lease.hostname);
    out.push(b',');
    push_hex(out, lease.hw_addr.as_deref().unwrap_or_default());
    out.push(b',');
    push_number(out, lease.state as u8);
    out.push(b',');
    push_text(out, lease.user_context.as_deref().unwrap_or_default());
    let (hw_type, hw_source) = if lease.hw_addr.is_some() { (lease.hw_type, lease.hw_source) } else { (0, 0) };
    for number in [u32::from(hw_type), hw_source, lease.pool_id] {
        out.push(b',');
        push_number(out, number);
    }
    out.push(b'\n');
}

fn push_address(out: &mut Vec<u8>, address: Ipv6Addr) {
    // Writing to a vector does not fail.
    let _ = write!(out, "{address}");
}
