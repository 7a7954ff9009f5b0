//! Reservations in PostgreSQL.
//!
//! A row knows which transaction wrote it (`xmin`), and later ones have higher numbers: the same count of rows and the same
//! sum of their transactions are the same rows.

use super::Family;
use super::columns::{Columns, OptionColumns, Resource};
use super::table::{
    Cells, Filter, Host, OPTION_COLUMNS, Tables, Version, host, host_columns, option, options_table, resource,
};
use crate::connect::{Error, pgsql};
use sqlx::postgres::PgRow;
use sqlx::{Column, PgConnection, Row, TypeInfo};
use std::collections::HashMap;
use std::net::IpAddr;

/// The sum of the transactions that wrote the rows of a table.
const SUM: &str = "coalesce(sum(xmin::text::int8), 0)::int8";

impl Tables for PgConnection {
    fn failed(statement: &str, error: sqlx::Error) -> Error {
        pgsql::failed(statement, error)
    }

    /// This becomes another whenever any transaction ends that wrote something, into whichever table.
    async fn instant(&mut self) -> Result<Option<String>, sqlx::Error> {
        let row = sqlx::query("SELECT txid_current_snapshot()::text").fetch_one(self).await?;
        row.try_get(0)
    }

    async fn fingerprint<F: Family>(&mut self) -> Result<Version, sqlx::Error> {
        let tables = ["hosts".to_owned(), "ipv6_reservations".to_owned(), options_table::<F>()];
        let of = |what: &str| tables.each_ref().map(|table| format!("(SELECT {what} FROM {table})")).join(" + ");
        let row = sqlx::query(&format!("SELECT {}, {}", of("count(*)"), of(SUM))).fetch_one(self).await?;
        Ok((row.try_get(0)?, row.try_get(1)?))
    }

    async fn versions<F: Family>(&mut self, ids: Option<&[u32]>) -> Result<HashMap<u32, Version>, sqlx::Error> {
        let of = |table: &str| {
            format!(
                "(SELECT host_id, count(*) AS n, {SUM} AS x FROM {table} \
                 WHERE host_id IS NOT NULL AND ($1::int4[] IS NULL OR host_id = ANY($1)) GROUP BY host_id)"
            )
        };
        let statement = format!(
            "SELECT h.host_id, 1 + coalesce(r.n, 0) + coalesce(o.n, 0), \
             h.xmin::text::int8 + coalesce(r.x, 0) + coalesce(o.x, 0) FROM hosts AS h \
             LEFT JOIN {} AS r USING (host_id) LEFT JOIN {} AS o USING (host_id) \
             WHERE h.dhcp{}_subnet_id IS NOT NULL AND ($1::int4[] IS NULL OR h.host_id = ANY($1))",
            of("ipv6_reservations"),
            of(&options_table::<F>()),
            F::NUMBER,
        );
        let rows = sqlx::query(&statement).bind(ids.map(signed)).fetch_all(self).await?;
        let version = |row: &PgRow| Ok((row.number(0)? as u32, (row.try_get(1)?, row.try_get(2)?)));
        rows.iter().map(version).collect()
    }

    async fn hosts<F: Family>(&mut self, filter: &Filter) -> Result<Vec<Host>, sqlx::Error> {
        let subnet = format!("h.dhcp{}_subnet_id", F::NUMBER);
        let statement = format!(
            "SELECT {} FROM hosts AS h WHERE {subnet} IS NOT NULL AND h.host_id > $1 \
             AND ($2::int4[] IS NULL OR h.host_id = ANY($2)) AND ($3::int8 IS NULL OR {subnet} = $3) \
             AND ($4::bytea IS NULL OR (h.dhcp_identifier = $4 AND h.dhcp_identifier_type = $5)) \
             AND ($6::int8 IS NULL OR h.ipv4_address = $6) \
             AND ($7::text IS NULL OR h.host_id IN (SELECT host_id FROM ipv6_reservations WHERE address = $7::text::inet)) \
             AND ($8::text IS NULL OR lower(h.hostname) = $8) ORDER BY h.host_id LIMIT $9",
            host_columns::<F>()
        );
        let (v4, v6) = match filter.address {
            Some(IpAddr::V4(address)) => (Some(i64::from(address.to_bits())), None),
            Some(IpAddr::V6(address)) => (None, Some(address.to_string())),
            None => (None, None),
        };
        let rows = sqlx::query(&statement)
            .bind(i64::from(filter.after))
            .bind(filter.ids.as_deref().map(signed))
            .bind(filter.subnet.map(i64::from))
            .bind(filter.identifier.as_ref().map(|(_, bytes)| bytes))
            .bind(filter.identifier.as_ref().map_or(0, |(kind, _)| *kind as i16))
            .bind(v4)
            .bind(v6)
            .bind(filter.hostname.as_deref())
            .bind(filter.limit.map(i64::from))
            .fetch_all(self)
            .await?;
        rows.iter().map(host).collect()
    }

    async fn options<F: Family>(&mut self, ids: &[u32]) -> Result<Vec<(u32, OptionColumns)>, sqlx::Error> {
        let statement =
            format!("SELECT {OPTION_COLUMNS} FROM {} WHERE host_id = ANY($1) ORDER BY option_id", options_table::<F>());
        let rows = sqlx::query(&statement).bind(signed(ids)).fetch_all(self).await?;
        rows.iter().map(option).collect()
    }

    async fn reserved(&mut self, ids: &[u32]) -> Result<Vec<(u32, Resource)>, sqlx::Error> {
        const STATEMENT: &str = "SELECT host_id, host(address), prefix_len, type, host(excluded_prefix), \
             excluded_prefix_len FROM ipv6_reservations WHERE host_id = ANY($1) ORDER BY reservation_id";
        let rows = sqlx::query(STATEMENT).bind(signed(ids)).fetch_all(self).await?;
        rows.iter().map(resource).collect()
    }

    async fn insert_host<F: Family>(
        &mut self,
        subnet: u32,
        columns: &Columns,
        unique: bool,
    ) -> Result<Option<u32>, sqlx::Error> {
        let statement = "INSERT INTO hosts (dhcp_identifier, dhcp_identifier_type, dhcp4_subnet_id, dhcp6_subnet_id, \
             ipv4_address, hostname, dhcp4_client_classes, dhcp6_client_classes, user_context, dhcp4_next_server, \
             dhcp4_server_hostname, dhcp4_boot_file_name) SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12 \
             WHERE NOT $13 OR NOT EXISTS (SELECT 1 FROM hosts WHERE ipv4_address = $5 AND dhcp4_subnet_id = $3) \
             RETURNING host_id";
        let (v4, classes) = (F::NUMBER == 4, &*columns.classes);
        let row = sqlx::query(statement)
            .bind(&columns.identifier)
            .bind(columns.identifier_type)
            .bind(v4.then_some(i64::from(subnet)))
            .bind((!v4).then_some(i64::from(subnet)))
            .bind(columns.address)
            .bind(&columns.hostname)
            .bind(if v4 { classes } else { "" })
            .bind(if v4 { "" } else { classes })
            .bind(&columns.user_context)
            .bind(columns.next_server)
            .bind(&columns.server_hostname)
            .bind(&columns.boot_file_name)
            .bind(unique)
            .fetch_optional(self)
            .await?;
        row.map(|row| Ok(row.number(0)? as u32)).transpose()
    }

    async fn insert_resource(&mut self, host: u32, resource: &Resource, unique: bool) -> Result<bool, sqlx::Error> {
        let statement = "INSERT INTO ipv6_reservations (address, prefix_len, type, dhcp6_iaid, host_id, \
             excluded_prefix, excluded_prefix_len) SELECT $1::text::inet, $2, $3, 0, $4, $5::text::inet, $6 \
             WHERE NOT $7 OR NOT EXISTS \
             (SELECT 1 FROM ipv6_reservations WHERE address = $1::text::inet AND prefix_len = $2)";
        let done = sqlx::query(statement)
            .bind(&resource.address)
            .bind(resource.prefix_len)
            .bind(resource.kind)
            .bind(host as i32)
            .bind(&resource.excluded)
            .bind(resource.excluded_len)
            .bind(unique)
            .execute(self)
            .await?;
        Ok(done.rows_affected() > 0)
    }

    async fn insert_option<F: Family>(&mut self, host: u32, option: &OptionColumns) -> Result<(), sqlx::Error> {
        // 3 is the scope of hosts in the table `dhcp_option_scope`.
        let statement = format!(
            "INSERT INTO {} (code, value, formatted_value, space, persistent, cancelled, user_context, client_classes, \
             host_id, scope_id) SELECT $1::int4, $2, $3, $4, $5, $6, $7, $8, $9, 3",
            options_table::<F>()
        );
        let done = sqlx::query(&statement)
            .bind(option.code)
            .bind(&option.value)
            .bind(&option.formatted_value)
            .bind(&option.space)
            .bind(option.persistent)
            .bind(option.cancelled)
            .bind(&option.user_context)
            .bind(&option.client_classes)
            .bind(host as i32);
        done.execute(self).await.map(drop)
    }

    async fn delete(&mut self, ids: &[u32]) -> Result<(), sqlx::Error> {
        let statement = sqlx::query("DELETE FROM hosts WHERE host_id = ANY($1)").bind(signed(ids));
        statement.execute(self).await.map(drop)
    }
}

impl Cells for PgRow {
    fn number(&self, at: usize) -> Result<i64, sqlx::Error> {
        Ok(match self.try_column(at)?.type_info().name() {
            "BOOL" => self.try_get::<Option<bool>, _>(at)?.map(i64::from),
            "INT2" => self.try_get::<Option<i16>, _>(at)?.map(i64::from),
            "INT4" => self.try_get::<Option<i32>, _>(at)?.map(i64::from),
            _ => self.try_get(at)?,
        }
        .unwrap_or_default())
    }

    fn text(&self, at: usize) -> Result<Option<String>, sqlx::Error> {
        self.try_get(at)
    }

    fn bytes(&self, at: usize) -> Result<Option<Vec<u8>>, sqlx::Error> {
        self.try_get(at)
    }
}

/// Numbers as PostgreSQL has them; what it gives is never negative.
fn signed(ids: &[u32]) -> Vec<i32> {
    ids.iter().map(|id| *id as i32).collect()
}
