//! DHCPv4 leases.

use super::{Kept, Sqlx, cltt, expire, known, relayed, state, text};
use leases::Lease4;
use leases::memfile::{Change, Span, Table4, Wanted4};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use std::net::Ipv4Addr;

const COLUMNS: &str = "SELECT address, hwaddr, client_id, valid_lifetime, floor(extract(epoch from expire))::bigint, subnet_id, \
                       fqdn_fwd, fqdn_rev, hostname, state, user_context, pool_id FROM lease4 WHERE ";

const NAMED: &str = "address = ANY($1) OR hwaddr = ANY($2) OR client_id = ANY($3)";
const BETWEEN: &str = "address BETWEEN $1 AND $2";
const BEHIND: &str = "address > $1 ORDER BY address LIMIT $2";
const EXPIRED: &str = "state IN (0, 1, 3, 4) AND valid_lifetime != 4294967295 AND expire <= to_timestamp($1) \
                       ORDER BY expire LIMIT $2";
const RECLAIMED: &str = "state = 2 AND expire <= to_timestamp($1) ORDER BY expire LIMIT $2";

const WRITE: &str = "\
WITH given AS (
    SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::bytea[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bool[],
        $8::bool[], $9::text[], $10::bigint[], $11::text[], $12::bigint[], $13::bytea[], $14::bytea[], $15::bigint[],
        $16::bigint[])
    AS g(address, hwaddr, client_id, valid_lifetime, expire, subnet_id, fqdn_fwd, fqdn_rev, hostname, state,
        user_context, pool_id, relay_id, remote_id, known_expire, known_state)
), inserted AS (
    INSERT INTO lease4 (address, hwaddr, client_id, valid_lifetime, expire, subnet_id, fqdn_fwd, fqdn_rev, hostname,
        state, user_context, pool_id, relay_id, remote_id)
    SELECT address, hwaddr, client_id, valid_lifetime, to_timestamp(expire), subnet_id, fqdn_fwd, fqdn_rev, hostname,
        state, user_context, pool_id, relay_id, remote_id
    FROM given WHERE known_state IS NULL
    ON CONFLICT (address) DO NOTHING RETURNING address
), updated AS (
    UPDATE lease4 SET hwaddr = g.hwaddr, client_id = g.client_id, valid_lifetime = g.valid_lifetime,
        expire = to_timestamp(g.expire), subnet_id = g.subnet_id, fqdn_fwd = g.fqdn_fwd, fqdn_rev = g.fqdn_rev,
        hostname = g.hostname, state = g.state, user_context = g.user_context, pool_id = g.pool_id,
        relay_id = g.relay_id, remote_id = g.remote_id
    FROM given g
    WHERE lease4.address = g.address AND floor(extract(epoch from lease4.expire)) = g.known_expire AND lease4.state = g.known_state
    RETURNING lease4.address
), deleted AS (
    DELETE FROM lease4 USING unnest($17::bigint[], $18::bigint[], $19::bigint[]) AS r(address, known_expire, known_state)
    WHERE lease4.address = r.address AND floor(extract(epoch from lease4.expire)) = r.known_expire AND lease4.state = r.known_state
    RETURNING lease4.address
)
SELECT address FROM inserted UNION ALL SELECT address FROM updated UNION ALL SELECT address FROM deleted";

impl Kept for Table4 {
    fn select<'a>(connection: &'a mut PgConnection, wanted: &'a Wanted4) -> Sqlx<'a, (Vec<PgRow>, bool)> {
        Box::pin(async move {
            let mut rows = Vec::new();
            if !(wanted.addresses.is_empty() && wanted.hw_addrs.is_empty() && wanted.client_ids.is_empty()) {
                let addresses: Vec<_> = wanted.addresses.iter().map(|&address| number(address)).collect();
                let hw_addrs: Vec<_> = wanted.hw_addrs.iter().map(|hw_addr| &hw_addr[..]).collect();
                let client_ids: Vec<_> = wanted.client_ids.iter().map(|client_id| &client_id[..]).collect();
                let query = [COLUMNS, NAMED].concat();
                let query = sqlx::query(&query).bind(addresses).bind(hw_addrs).bind(client_ids);
                rows = query.fetch_all(&mut *connection).await?;
            }
            let (condition, from, to) = match wanted.span {
                Span::None => return Ok((rows, false)),
                Span::Between(first, last) => (BETWEEN, number(first), number(last)),
                Span::Behind(after, limit) => (BEHIND, after.map_or(-1, number), limit as i64),
                Span::Expired(until, limit) => (EXPIRED, until as i64, limit as i64),
                Span::Reclaimed(until, limit) => (RECLAIMED, until as i64, limit as i64),
            };
            let query = [COLUMNS, condition].concat();
            let spanned = sqlx::query(&query).bind(from).bind(to).fetch_all(connection).await?;
            let more = matches!(wanted.span, Span::Behind(_, limit) if spanned.len() >= limit);
            rows.extend(spanned);
            Ok((rows, more))
        })
    }

    fn place(row: &PgRow) -> Option<Ipv4Addr> {
        row.try_get(0).ok().and_then(|number: i64| u32::try_from(number).ok()).map(Ipv4Addr::from_bits)
    }

    fn lease(row: &PgRow) -> Result<Lease4, String> {
        let address = Self::place(row).ok_or("a lease has no IPv4 address")?;
        read(row, address).map_err(|reason| format!("lease on {address}: {reason}"))
    }

    fn write<'a>(connection: &'a mut PgConnection, changes: &'a [Change<Self>]) -> Sqlx<'a, Vec<PgRow>> {
        Box::pin(async move {
            let mut kept = Columns::default();
            let mut gone = (Vec::new(), Vec::new(), Vec::new());
            for Change { key, known: stamp, lease } in changes {
                let known = known(*stamp);
                match lease {
                    Some(lease) => kept.push(lease, known),
                    None => {
                        gone.0.push(number(*key));
                        gone.1.push(known.0);
                        gone.2.push(known.1);
                    }
                }
            }
            let query = sqlx::query(WRITE)
                .bind(kept.address)
                .bind(kept.hw_addr)
                .bind(kept.client_id)
                .bind(kept.valid_lifetime)
                .bind(kept.expire)
                .bind(kept.subnet_id)
                .bind(kept.fqdn_fwd)
                .bind(kept.fqdn_rev)
                .bind(kept.hostname)
                .bind(kept.state)
                .bind(kept.user_context)
                .bind(kept.pool_id)
                .bind(kept.relay_id)
                .bind(kept.remote_id)
                .bind(kept.known_expire)
                .bind(kept.known_state);
            query.bind(gone.0).bind(gone.1).bind(gone.2).fetch_all(connection).await
        })
    }

    fn written(row: &PgRow) -> sqlx::Result<Ipv4Addr> {
        row.try_get(0).map(|number: i64| Ipv4Addr::from_bits(number as u32))
    }
}

/// Leases column by column.
#[derive(Default)]
struct Columns<'a> {
    address: Vec<i64>,
    hw_addr: Vec<Option<&'a [u8]>>,
    client_id: Vec<Option<&'a [u8]>>,
    valid_lifetime: Vec<i64>,
    expire: Vec<i64>,
    subnet_id: Vec<i64>,
    fqdn_fwd: Vec<bool>,
    fqdn_rev: Vec<bool>,
    hostname: Vec<Option<&'a str>>,
    state: Vec<i64>,
    user_context: Vec<Option<&'a str>>,
    pool_id: Vec<i64>,
    relay_id: Vec<Option<Vec<u8>>>,
    remote_id: Vec<Option<Vec<u8>>>,
    known_expire: Vec<Option<i64>>,
    known_state: Vec<Option<i64>>,
}

impl<'a> Columns<'a> {
    fn push(&mut self, lease: &'a Lease4, (known_expire, known_state): (Option<i64>, Option<i64>)) {
        let context = lease.user_context.as_deref();
        self.address.push(number(lease.address));
        self.hw_addr.push(Some(&lease.hw_addr[..]).filter(|hw_addr| !hw_addr.is_empty()));
        self.client_id.push(lease.client_id.as_deref());
        self.valid_lifetime.push(lease.valid_lifetime.into());
        self.expire.push(expire(lease.cltt, lease.valid_lifetime));
        self.subnet_id.push(lease.subnet_id.into());
        self.fqdn_fwd.push(lease.fqdn_fwd);
        self.fqdn_rev.push(lease.fqdn_rev);
        self.hostname.push(text(&lease.hostname));
        self.state.push(lease.state as i64);
        self.user_context.push(context.and_then(text));
        self.pool_id.push(lease.pool_id.into());
        self.relay_id.push(relayed(context, "relay-id"));
        self.remote_id.push(relayed(context, "remote-id"));
        self.known_expire.push(known_expire);
        self.known_state.push(known_state);
    }
}

fn read(row: &PgRow, address: Ipv4Addr) -> Result<Lease4, String> {
    let unread = |error: sqlx::Error| error.to_string();
    let number = |column: usize, what: &str| -> Result<u32, String> {
        let number: Option<i64> = row.try_get(column).map_err(unread)?;
        u32::try_from(number.unwrap_or(0)).map_err(|_| format!("{what} is out of range"))
    };
    let bytes = |column: usize| -> Result<Option<&[u8]>, String> {
        Ok(row.try_get::<Option<&[u8]>, _>(column).map_err(unread)?.filter(|bytes| !bytes.is_empty()))
    };
    let text = |column: usize| -> Result<Option<&str>, String> {
        Ok(row.try_get::<Option<&str>, _>(column).map_err(unread)?.filter(|text| !text.is_empty()))
    };
    let flag = |column: usize| row.try_get::<Option<bool>, _>(column).map_err(unread).map(Option::unwrap_or_default);
    let valid_lifetime = number(3, "valid lifetime")?;
    let ends: Option<i64> = row.try_get(4).map_err(unread)?;
    Ok(Lease4 {
        address,
        hw_addr: bytes(1)?.unwrap_or_default().into(),
        client_id: bytes(2)?.map(Into::into),
        valid_lifetime,
        cltt: cltt(ends.ok_or("it has no end")?, valid_lifetime),
        subnet_id: number(5, "subnet ID")?,
        pool_id: number(11, "pool ID")?,
        fqdn_fwd: flag(6)?,
        fqdn_rev: flag(7)?,
        hostname: text(8)?.unwrap_or_default().into(),
        state: state(number(9, "state")?.into())?,
        user_context: text(10)?.map(Into::into),
    })
}

fn number(address: Ipv4Addr) -> i64 {
    address.to_bits().into()
}
