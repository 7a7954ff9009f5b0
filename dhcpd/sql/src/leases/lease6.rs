//! DHCPv6 leases: addresses and prefixes.

use super::columns::{Cell, Column, Kind, expire};
use super::{Asked, Kept};
use leases::memfile::{Span, Table6, Wanted6};
use leases::{Duid, Lease6, LeaseState, LeaseType};
use std::net::{IpAddr, Ipv6Addr};

impl Kept for Table6 {
    const TABLE: &'static str = "lease6";
    const KEY: Kind = Kind::Address;
    const FIELDS: &'static [Column<Lease6>] = &[
        Column {
            name: "address",
            kind: Kind::Address,
            of: |lease| Cell::Address(lease.address),
            into: |lease, cell| address(&cell).ok_or("is no address").map(|address| lease.address = address),
        },
        Column {
            name: "duid",
            kind: Kind::Bytes,
            of: |lease| Cell::bytes(&lease.duid),
            into: |lease, cell| cell.as_bytes().map(|bytes| lease.duid = bytes.unwrap_or_default().into()),
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
            name: "pref_lifetime",
            kind: Kind::Number,
            of: |lease| Cell::of(lease.preferred_lifetime),
            into: |lease, cell| cell.number().map(|seconds| lease.preferred_lifetime = seconds),
        },
        Column {
            name: "lease_type",
            kind: Kind::Number,
            of: |lease| Cell::of(lease.lease_type as u8),
            into: |lease, cell| lease_type(&cell).map(|lease_type| lease.lease_type = lease_type),
        },
        Column {
            name: "iaid",
            kind: Kind::Bits(32),
            of: |lease| Cell::of(lease.iaid),
            into: |lease, cell| cell.number().map(|iaid| lease.iaid = iaid),
        },
        Column {
            name: "prefix_len",
            kind: Kind::Number,
            of: |lease| Cell::of(lease.prefix_len),
            into: |lease, cell| cell.number().map(|length| lease.prefix_len = length),
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
            name: "hwaddr",
            kind: Kind::Bytes,
            of: |lease| lease.hw_addr.as_deref().into(),
            into: |lease, cell| cell.as_bytes().map(|bytes| lease.hw_addr = bytes.map(Into::into)),
        },
        Column {
            name: "hwtype",
            kind: Kind::Bits(16),
            of: |lease| lease.hw_addr.as_ref().map_or(Cell::Null, |_| Cell::of(lease.hw_type)),
            into: |lease, cell| cell.number().map(|number| lease.hw_type = number),
        },
        Column {
            name: "hwaddr_source",
            kind: Kind::Bits(16),
            of: |lease| lease.hw_addr.as_ref().map_or(Cell::Null, |_| Cell::of(lease.hw_source)),
            into: |lease, cell| cell.number().map(|number| lease.hw_source = number),
        },
        Column {
            name: "pool_id",
            kind: Kind::Number,
            of: |lease| Cell::of(lease.pool_id),
            into: |lease, cell| cell.number().map(|id| lease.pool_id = id),
        },
    ];
    const READ: usize = Self::FIELDS.len();

    fn asked(wanted: &Wanted6) -> Asked<'_> {
        Asked {
            named: vec![
                ("address", Self::KEY, wanted.addresses.iter().copied().map(Cell::Address).collect()),
                ("duid", Kind::Bytes, wanted.duids.iter().map(|duid| Cell::bytes(duid)).collect()),
            ],
            span: match wanted.span {
                Span::None => Span::None,
                Span::Between(first, last) => Span::Between(Cell::Address(first), Cell::Address(last)),
                Span::Behind(after, limit) => Span::Behind(after.map(Cell::Address), limit),
                Span::Expired(until, limit) => Span::Expired(until, limit),
                Span::Reclaimed(until, limit) => Span::Reclaimed(until, limit),
            },
        }
    }

    fn place(cell: &Cell<'_>) -> Option<(Ipv6Addr, LeaseType)> {
        // The last of those on its address: the table has one.
        address(cell).map(|address| (address, LeaseType::Pd))
    }

    fn shown((address, _): (Ipv6Addr, LeaseType)) -> IpAddr {
        address.into()
    }

    fn address((address, _): (Ipv6Addr, LeaseType)) -> Cell<'static> {
        Cell::Address(address)
    }

    fn blank() -> Lease6 {
        Lease6 {
            lease_type: LeaseType::Na,
            address: Ipv6Addr::UNSPECIFIED,
            prefix_len: 0,
            duid: Duid::new(),
            iaid: 0,
            preferred_lifetime: 0,
            valid_lifetime: 0,
            cltt: 0,
            subnet_id: 0,
            pool_id: 0,
            fqdn_fwd: false,
            fqdn_rev: false,
            hostname: Box::default(),
            hw_addr: None,
            hw_type: 0,
            hw_source: 0,
            state: LeaseState::Assigned,
            user_context: None,
        }
    }
}

fn address(cell: &Cell<'_>) -> Option<Ipv6Addr> {
    match *cell {
        Cell::Address(address) => Some(address),
        _ => None,
    }
}

fn lease_type(cell: &Cell<'_>) -> Result<LeaseType, &'static str> {
    match cell.number()? {
        0u8 => Ok(LeaseType::Na),
        2 => Ok(LeaseType::Pd),
        _ => Err("is no valid lease type"),
    }
}
