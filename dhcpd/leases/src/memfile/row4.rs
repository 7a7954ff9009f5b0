//! A DHCPv4 lease as a row: the columns of Kea's schema 3.0.

use super::csv::{Column, Row, RowError, cltt, column, push_hex, push_number, push_text};
use crate::lease::{Lease4, LeaseState};

pub(super) const VERSION: &str = "3.0";

pub(super) const COLUMNS: &[Column] = &[
    column("address", ""),
    column("hwaddr", ""),
    column("client_id", ""),
    column("valid_lifetime", ""),
    column("expire", ""),
    column("subnet_id", ""),
    column("fqdn_fwd", ""),
    column("fqdn_rev", ""),
    column("hostname", ""),
    column("state", "0"),
    column("user_context", ""),
    column("pool_id", "0"),
];

/// Longest hardware address and longest client identifier.
const MOST_HW_ADDR: usize = 20;
const MOST_CLIENT_ID: usize = 255;

pub(super) fn parse(row: &mut Row<'_>) -> Result<Lease4, RowError> {
    let address = row.parse("address")?;
    let hw_addr = row.bytes("hardware address", MOST_HW_ADDR)?;
    let client_id = Some(row.bytes("client identifier", MOST_CLIENT_ID)?).filter(|id| !id.is_empty());
    let valid_lifetime = row.number("valid lifetime")?;
    let lease = Lease4 {
        address,
        hw_addr,
        client_id,
        valid_lifetime,
        cltt: cltt(row.number("time of expiration")?, valid_lifetime),
        subnet_id: row.number("subnet id")?,
        fqdn_fwd: row.flag("fqdn_fwd")?,
        fqdn_rev: row.flag("fqdn_rev")?,
        hostname: row.hostname(),
        state: state(row)?,
        user_context: row.user_context()?,
        pool_id: row.number("pool id")?,
    };
    match unfit(&lease) {
        Some(reason) => Err(format!("lease on {} {reason}", lease.address)),
        None => Ok(lease),
    }
}

/// Why a lease cannot be stored, if it cannot.
pub(super) fn unfit(lease: &Lease4) -> Option<&'static str> {
    let id_len = lease.client_id.as_ref().map(|id| id.len());
    if lease.hw_addr.is_empty() && id_len.is_none() && lease.state != LeaseState::Declined {
        Some("has neither a hardware address nor a client identifier")
    } else if lease.hw_addr.len() > MOST_HW_ADDR {
        Some("has a hardware address that is too long")
    } else if id_len.is_some_and(|len| !(1..=MOST_CLIENT_ID).contains(&len)) {
        Some("has a client identifier of a length that it cannot have")
    } else {
        None
    }
}

/// Appends the row, its end of line included.
pub(super) fn print(lease: &Lease4, out: &mut Vec<u8>) {
    let [a, b, c, d] = lease.address.octets();
    for (octet, separator) in [(a, b'.'), (b, b'.'), (c, b'.'), (d, b',')] {
        push_number(out, octet);
        out.push(separator);
    }
    push_hex(out, &lease.hw_addr);
    out.push(b',');
    push_hex(out, lease.client_id.as_deref().unwrap_or_default());
    for number in [
        u64::from(lease.valid_lifetime),
        lease.cltt + u64::from(lease.valid_lifetime),
        u64::from(lease.subnet_id),
        u64::from(lease.fqdn_fwd),
        u64::from(lease.fqdn_rev),
    ] {
        out.push(b',');
        push_number(out, number);
    }
    out.push(b',');
    push_text(out, &lease.hostname);
    out.push(b',');
    push_number(out, lease.state as u8);
    out.push(b',');
    push_text(out, lease.user_context.as_deref().unwrap_or_default());
    out.push(b',');
    push_number(out, lease.pool_id);
    out.push(b'\n');
}

/// The column of the state, in both families.
pub(super) fn state(row: &mut Row<'_>) -> Result<LeaseState, RowError> {
    match row.number("state")? {
        0u8 => Ok(LeaseState::Assigned),
        1 => Ok(LeaseState::Declined),
        2 => Ok(LeaseState::ExpiredReclaimed),
        3 => Ok(LeaseState::Released),
        4 => Ok(LeaseState::Registered),
        other => Err(format!("'{other}' is not a valid state")),
    }
}
