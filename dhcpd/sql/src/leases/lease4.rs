//! DHCPv4 leases.

use super::columns::{Cell, Column, Kind, expire};
use super::{Asked, Kept};
use leases::memfile::{Span, Table4, Wanted4};
use leases::{HwAddr, Lease4, LeaseState};
use serde_json::Value;
use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr};

impl Kept for Table4 {
    const TABLE: &'static str = "lease4";
    const KEY: Kind = Kind::Number;
    const FIELDS: &'static [Column<Lease4>] = &[
        Column {
            name: "address",
            kind: Kind::Number,
            of: |lease| number(lease.address),
            into: |lease, cell| cell.number().map(|bits| lease.address = Ipv4Addr::from_bits(bits)),
        },
        Column {
            name: "hwaddr",
            kind: Kind::Bytes,
            of: |lease| Cell::bytes(&lease.hw_addr),
            into: |lease, cell| cell.as_bytes().map(|bytes| lease.hw_addr = bytes.unwrap_or_default().into()),
        },
        Column {
            name: "client_id",
            kind: Kind::Bytes,
            of: |lease| lease.client_id.as_deref().into(),
            into: |lease, cell| cell.as_bytes().map(|bytes| lease.client_id = bytes.map(Into::into)),
        },
        Column {
            name: "valid_lifetime",
            kind: Kind::Number,
            of: |lease| Cell::of(lease.valid_lifetime),
            into: |lease, cell| cell.number().map(|seconds| lease.valid_lifetime = seconds),
        },
        Column {
            name: "expire",
            kind: Kind::Time,
            of: |lease| Cell::of(expire(lease.cltt, lease.valid_lifetime)),
            into: |lease, cell| cell.cltt(lease.valid_lifetime).map(|cltt| lease.cltt = cltt),
        },
        Column {
            name: "subnet_id",
            kind: Kind::Number,
            of: |lease| Cell::of(lease.subnet_id),
            into: |lease, cell| cell.number().map(|id| lease.subnet_id = id),
        },
        Column {
            name: "fqdn_fwd",
            kind: Kind::Flag,
            of: |lease| Cell::of(lease.fqdn_fwd),
            into: |lease, cell| cell.flag().map(|flag| lease.fqdn_fwd = flag),
        },
        Column {
            name: "fqdn_rev",
            kind: Kind::Flag,
            of: |lease| Cell::of(lease.fqdn_rev),
            into: |lease, cell| cell.flag().map(|flag| lease.fqdn_rev = flag),
        },
        Column {
            name: "hostname",
            kind: Kind::Text,
            of: |lease| Cell::text(&lease.hostname),
            into: |lease, cell| cell.as_text().map(|text| lease.hostname = text.unwrap_or_default().into()),
        },
        Column {
            name: "state",
            kind: Kind::Number,
            of: |lease| Cell::of(lease.state as u8),
            into: |lease, cell| cell.state().map(|state| lease.state = state),
        },
        Column {
            name: "user_context",
            kind: Kind::Text,
            of: |lease| lease.user_context.as_deref().into(),
            into: |lease, cell| cell.as_text().map(|text| lease.user_context = text.map(Into::into)),
        },
        Column {
            name: "pool_id",
            kind: Kind::Number,
            of: |lease| Cell::of(lease.pool_id),
            into: |lease, cell| cell.number().map(|id| lease.pool_id = id),
        },
        Column {
            name: "relay_id",
            kind: Kind::Bytes,
            of: |lease| relayed(lease.user_context.as_deref(), "relay-id"),
            into: |_, _| Ok(()),
        },
        Column {
            name: "remote_id",
            kind: Kind::Bytes,
            of: |lease| relayed(lease.user_context.as_deref(), "remote-id"),
            into: |_, _| Ok(()),
        },
    ];
    // What relays said stands in the user context, too.
    const READ: usize = Self::FIELDS.len() - 2;

    fn asked(wanted: &Wanted4) -> Asked<'_> {
        Asked {
            named: vec![
                ("address", Self::KEY, wanted.addresses.iter().copied().map(number).collect()),
                ("hwaddr", Kind::Bytes, wanted.hw_addrs.iter().map(|hw_addr| Cell::bytes(hw_addr)).collect()),
                ("client_id", Kind::Bytes, wanted.client_ids.iter().map(|client_id| Cell::bytes(client_id)).collect()),
            ],
            span: match wanted.span {
                Span::None => Span::None,
                Span::Between(first, last) => Span::Between(number(first), number(last)),
                Span::Behind(after, limit) => Span::Behind(after.map(number), limit),
                Span::Expired(until, limit) => Span::Expired(until, limit),
                Span::Reclaimed(until, limit) => Span::Reclaimed(until, limit),
            },
        }
    }

    fn place(address: &Cell<'_>) -> Option<Ipv4Addr> {
        match *address {
            Cell::Number(number) => u32::try_from(number).ok().map(Ipv4Addr::from_bits),
            _ => None,
        }
    }

    fn shown(key: Ipv4Addr) -> IpAddr {
        key.into()
    }

    fn address(key: Ipv4Addr) -> Cell<'static> {
        number(key)
    }

    fn blank() -> Lease4 {
        Lease4 {
            address: Ipv4Addr::UNSPECIFIED,
            hw_addr: HwAddr::new(),
            client_id: None,
            valid_lifetime: 0,
            cltt: 0,
            subnet_id: 0,
            pool_id: 0,
            fqdn_fwd: false,
            fqdn_rev: false,
            hostname: Box::default(),
            state: LeaseState::Assigned,
            user_context: None,
        }
    }
}

fn number(address: Ipv4Addr) -> Cell<'static> {
    Cell::of(address.to_bits())
}

/// What a relay said of itself and of the client's line, out of the user context: columns of their own, for lease queries.
fn relayed(context: Option<&str>, key: &str) -> Cell<'static> {
    let bytes = || -> Option<Vec<u8>> {
        let context = context.filter(|text| text.contains("relay-agent-info"))?;
        let context: Value = serde_json::from_str(context).ok()?;
        let digits = context.pointer("/ISC/relay-agent-info")?.get(key)?.as_str()?;
        let digits = digits.strip_prefix("0x").unwrap_or(digits);
        let byte = |at| digits.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
        (0..digits.len()).step_by(2).map(byte).collect()
    };
    bytes().map_or(Cell::Null, |bytes| Cell::Bytes(Cow::Owned(bytes)))
}
