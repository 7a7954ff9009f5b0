//! DHCPv6 leases: addresses and prefixes.

use super::{Kept, Sqlx, cltt, expire, known, state, text};
use leases::memfile::{Change, Span, Table6, Wanted6};
use leases::{Lease6, LeaseType};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use std::net::Ipv6Addr;

const COLUMNS: &str = "SELECT host(address), duid, valid_lifetime, floor(extract(epoch from expire))::bigint, subnet_id, \
                       pref_lifetime, lease_type::bigint, iaid, prefix_len::bigint, fqdn_fwd, fqdn_rev, hostname, state, \
                       user_context, hwaddr, hwtype, hwaddr_source, pool_id FROM lease6 WHERE ";

const NAMED: &str = "address = ANY($1::text[]::inet[]) OR duid = ANY($2)";
const BETWEEN: &str = "address BETWEEN $1::inet AND $2::inet";
const BEHIND: &str = "address > $1::inet ORDER BY address LIMIT $2";
const ALL: &str = "address >= $1::inet ORDER BY address LIMIT $2";
const EXPIRED: &str = "state IN (0, 1, 3, 4) AND valid_lifetime != 4294967295 AND expire <= to_timestamp($1) \
                       ORDER BY expire LIMIT $2";
const RECLAIMED: &str = "state = 2 AND expire <= to_timestamp($1) ORDER BY expire LIMIT $2";

const WRITE: &str = "\
WITH given AS (
    SELECT * FROM unnest($1::text[]::inet[], $2::bytea[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],
        $7::smallint[], $8::int[], $9::smallint[], $10::bool[], $11::bool[], $12::text[], $13::bigint[], $14::text[],
        $15::bytea[], $16::smallint[], $17::smallint[], $18::bigint[], $19::bigint[], $20::bigint[])
    AS g(address, duid, valid_lifetime, expire, subnet_id, pref_lifetime, lease_type, iaid, prefix_len, fqdn_fwd,
        fqdn_rev, hostname, state, user_context, hwaddr, hwtype, hwaddr_source, pool_id, known_expire, known_state)
), inserted AS (
    INSERT INTO lease6 (address, duid, valid_lifetime, expire, subnet_id, pref_lifetime, lease_type, iaid, prefix_len,
        fqdn_fwd, fqdn_rev, hostname, state, user_context, hwaddr, hwtype, hwaddr_source, pool_id)
    SELECT address, duid, valid_lifetime, to_timestamp(expire), subnet_id, pref_lifetime, lease_type, iaid, prefix_len,
        fqdn_fwd, fqdn_rev, hostname, state, user_context, hwaddr, hwtype, hwaddr_source, pool_id
    FROM given WHERE known_state IS NULL
    ON CONFLICT (address) DO NOTHING RETURNING address
), updated AS (
    UPDATE lease6 SET duid = g.duid, valid_lifetime = g.valid_lifetime, expire = to_timestamp(g.expire),
        subnet_id = g.subnet_id, pref_lifetime = g.pref_lifetime, lease_type = g.lease_type, iaid = g.iaid,
        prefix_len = g.prefix_len, fqdn_fwd = g.fqdn_fwd, fqdn_rev = g.fqdn_rev, hostname = g.hostname, state = g.state,
        user_context = g.user_context, hwaddr = g.hwaddr, hwtype = g.hwtype, hwaddr_source = g.hwaddr_source,
        pool_id = g.pool_id
    FROM given g
    WHERE lease6.address = g.address AND floor(extract(epoch from lease6.expire)) = g.known_expire AND lease6.state = g.known_state
        AND lease6.lease_type = g.lease_type
    RETURNING lease6.address
), deleted AS (
    DELETE FROM lease6
    USING unnest($21::text[]::inet[], $22::bigint[], $23::bigint[]) AS r(address, known_expire, known_state)
    WHERE lease6.address = r.address AND floor(extract(epoch from lease6.expire)) = r.known_expire AND lease6.state = r.known_state
    RETURNING lease6.address
)
SELECT host(address), lease_type FROM (
    SELECT address FROM inserted UNION ALL SELECT address FROM updated UNION ALL SELECT address FROM deleted
) AS done JOIN unnest($24::text[]::inet[], $25::smallint[]) AS asked(address, lease_type) USING (address)";

impl Kept for Table6 {
    fn select<'a>(connection: &'a mut PgConnection, wanted: &'a Wanted6) -> Sqlx<'a, (Vec<PgRow>, bool)> {
        Box::pin(async move {
            let mut rows = Vec::new();
            if !(wanted.addresses.is_empty() && wanted.duids.is_empty()) {
                let addresses: Vec<_> = wanted.addresses.iter().map(Ipv6Addr::to_string).collect();
                let duids: Vec<_> = wanted.duids.iter().map(|duid| &duid[..]).collect();
                let query = [COLUMNS, NAMED].concat();
                rows = sqlx::query(&query).bind(addresses).bind(duids).fetch_all(&mut *connection).await?;
            }
            let page = |condition: &str| [COLUMNS, condition].concat();
            let spanned = match wanted.span {
                Span::None => return Ok((rows, false)),
                Span::Between(first, last) => {
                    let query = page(BETWEEN);
                    sqlx::query(&query).bind(first.to_string()).bind(last.to_string()).fetch_all(connection).await
                }
                Span::Behind(after, limit) => {
                    let query = page(if after.is_some() { BEHIND } else { ALL });
                    let from = after.unwrap_or(Ipv6Addr::UNSPECIFIED).to_string();
                    sqlx::query(&query).bind(from).bind(limit as i64).fetch_all(connection).await
                }
                Span::Expired(until, limit) => {
                    let query = page(EXPIRED);
                    sqlx::query(&query).bind(until as i64).bind(limit as i64).fetch_all(connection).await
                }
                Span::Reclaimed(until, limit) => {
                    let query = page(RECLAIMED);
                    sqlx::query(&query).bind(until as i64).bind(limit as i64).fetch_all(connection).await
                }
            };
            let spanned = spanned?;
            let more = matches!(wanted.span, Span::Behind(_, limit) if spanned.len() >= limit);
            rows.extend(spanned);
            Ok((rows, more))
        })
    }

    fn place(row: &PgRow) -> Option<(Ipv6Addr, LeaseType)> {
        // The last of those on its address: the table has one.
        row.try_get(0).ok().and_then(|text: &str| text.parse().ok()).map(|address| (address, LeaseType::Pd))
    }

    fn lease(row: &PgRow) -> Result<Lease6, String> {
        let (address, _) = Self::place(row).ok_or("a lease has no IPv6 address")?;
        read(row, address).map_err(|reason| format!("lease on {address}: {reason}"))
    }

    fn write<'a>(connection: &'a mut PgConnection, changes: &'a [Change<Self>]) -> Sqlx<'a, Vec<PgRow>> {
        Box::pin(async move {
            let mut kept = Columns::default();
            let mut gone = (Vec::new(), Vec::new(), Vec::new());
            let mut asked = (Vec::new(), Vec::new());
            for Change { key: (address, lease_type), known: stamp, lease } in changes {
                let known = known(*stamp);
                asked.0.push(address.to_string());
                asked.1.push(*lease_type as i16);
                match lease {
                    Some(lease) => kept.push(lease, known),
                    None => {
                        gone.0.push(address.to_string());
                        gone.1.push(known.0);
                        gone.2.push(known.1);
                    }
                }
            }
            let query = sqlx::query(WRITE)
                .bind(kept.address)
                .bind(kept.duid)
                .bind(kept.valid_lifetime)
                .bind(kept.expire)
                .bind(kept.subnet_id)
                .bind(kept.preferred_lifetime)
                .bind(kept.lease_type)
                .bind(kept.iaid)
                .bind(kept.prefix_len)
                .bind(kept.fqdn_fwd)
                .bind(kept.fqdn_rev)
                .bind(kept.hostname)
                .bind(kept.state)
                .bind(kept.user_context)
                .bind(kept.hw_addr)
                .bind(kept.hw_type)
                .bind(kept.hw_source)
                .bind(kept.pool_id)
                .bind(kept.known_expire)
                .bind(kept.known_state);
            let query = query.bind(gone.0).bind(gone.1).bind(gone.2).bind(asked.0).bind(asked.1);
            query.fetch_all(connection).await
        })
    }

    fn written(row: &PgRow) -> sqlx::Result<(Ipv6Addr, LeaseType)> {
        let address = row.try_get::<&str, _>(0)?.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
        Ok((address, if row.try_get::<i16, _>(1)? == LeaseType::Pd as i16 { LeaseType::Pd } else { LeaseType::Na }))
    }
}

/// Leases column by column.
#[derive(Default)]
struct Columns<'a> {
    address: Vec<String>,
    duid: Vec<&'a [u8]>,
    valid_lifetime: Vec<i64>,
    expire: Vec<i64>,
    subnet_id: Vec<i64>,
    preferred_lifetime: Vec<i64>,
    lease_type: Vec<i16>,
    /// Signed there.
    iaid: Vec<i32>,
    prefix_len: Vec<i16>,
    fqdn_fwd: Vec<bool>,
    fqdn_rev: Vec<bool>,
    hostname: Vec<Option<&'a str>>,
    state: Vec<i64>,
    user_context: Vec<Option<&'a str>>,
    hw_addr: Vec<Option<&'a [u8]>>,
    hw_type: Vec<Option<i16>>,
    hw_source: Vec<Option<i16>>,
    pool_id: Vec<i64>,
    known_expire: Vec<Option<i64>>,
    known_state: Vec<Option<i64>>,
}

impl<'a> Columns<'a> {
    fn push(&mut self, lease: &'a Lease6, (known_expire, known_state): (Option<i64>, Option<i64>)) {
        let hw_addr = lease.hw_addr.as_deref();
        self.address.push(lease.address.to_string());
        self.duid.push(&lease.duid);
        self.valid_lifetime.push(lease.valid_lifetime.into());
        self.expire.push(expire(lease.cltt, lease.valid_lifetime));
        self.subnet_id.push(lease.subnet_id.into());
        self.preferred_lifetime.push(lease.preferred_lifetime.into());
        self.lease_type.push(lease.lease_type as i16);
        self.iaid.push(lease.iaid as i32);
        self.prefix_len.push(lease.prefix_len.into());
        self.fqdn_fwd.push(lease.fqdn_fwd);
        self.fqdn_rev.push(lease.fqdn_rev);
        self.hostname.push(text(&lease.hostname));
        self.state.push(lease.state as i64);
        self.user_context.push(lease.user_context.as_deref().and_then(text));
        self.hw_addr.push(hw_addr);
        self.hw_type.push(hw_addr.map(|_| lease.hw_type as i16));
        self.hw_source.push(hw_addr.map(|_| lease.hw_source as i16));
        self.pool_id.push(lease.pool_id.into());
        self.known_expire.push(known_expire);
        self.known_state.push(known_state);
    }
}

fn read(row: &PgRow, address: Ipv6Addr) -> Result<Lease6, String> {
    let unread = |error: sqlx::Error| error.to_string();
    let number = |column: usize, what: &str| -> Result<u32, String> {
        let number: Option<i64> = row.try_get(column).map_err(unread)?;
        u32::try_from(number.unwrap_or(0)).map_err(|_| format!("{what} is out of range"))
    };
    let small = |column: usize| -> Result<Option<i16>, String> { row.try_get(column).map_err(unread) };
    let bytes = |column: usize| -> Result<Option<&[u8]>, String> {
        Ok(row.try_get::<Option<&[u8]>, _>(column).map_err(unread)?.filter(|bytes| !bytes.is_empty()))
    };
    let text = |column: usize| -> Result<Option<&str>, String> {
        Ok(row.try_get::<Option<&str>, _>(column).map_err(unread)?.filter(|text| !text.is_empty()))
    };
    let flag = |column: usize| row.try_get::<Option<bool>, _>(column).map_err(unread).map(Option::unwrap_or_default);
    let valid_lifetime = number(2, "valid lifetime")?;
    let ends: Option<i64> = row.try_get(3).map_err(unread)?;
    let lease_type = match number(6, "type")? {
        0 => LeaseType::Na,
        2 => LeaseType::Pd,
        other => return Err(format!("'{other}' is not a valid lease type")),
    };
    Ok(Lease6 {
        lease_type,
        address,
        prefix_len: number(8, "prefix length")?.try_into().map_err(|_| "prefix length is out of range")?,
        duid: bytes(1)?.unwrap_or_default().into(),
        iaid: row.try_get::<Option<i32>, _>(7).map_err(unread)?.unwrap_or(0) as u32,
        preferred_lifetime: number(5, "preferred lifetime")?,
        valid_lifetime,
        cltt: cltt(ends.ok_or("it has no end")?, valid_lifetime),
        subnet_id: number(4, "subnet ID")?,
        pool_id: number(17, "pool ID")?,
        fqdn_fwd: flag(9)?,
        fqdn_rev: flag(10)?,
        hostname: text(11)?.unwrap_or_default().into(),
        hw_addr: bytes(14)?.map(Into::into),
        hw_type: small(15)?.unwrap_or(0) as u16,
        hw_source: u32::from(small(16)?.unwrap_or(0) as u16),
        state: state(number(12, "state")?.into())?,
        user_context: text(13)?.map(Into::into),
    })
}
