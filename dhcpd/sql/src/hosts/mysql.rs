//! Reservations in MySQL or MariaDB.
//!
//! A row does not know when it was written, so that a digest of what is in it is its version. When anybody last changed a
//! table the server knows, to the second, without a look at the rows (`information_schema`).

use super::Family;
use super::columns::{Columns, OptionColumns, Resource};
use super::table::{
    Cells, Filter, Host, OPTION_COLUMNS, Tables, Version, host, host_columns, option, options_table, resource,
};
use crate::connect::{Error, mysql};
use sqlx::mysql::MySqlRow;
use sqlx::{Column, MySql, MySqlConnection, QueryBuilder, Row, TypeInfo};
use std::collections::HashMap;
use std::net::IpAddr;

/// How long after a change the next one is in another second, and what was committed can be seen, in seconds.
const SETTLED: i64 = 2;
/// How often rows are looked at even if no change is known, in seconds. MariaDB goes by when a transaction began: of two
/// that begin in the same second the later to be committed goes unnoticed until then.
const DOUBT: i64 = 60;

impl Tables for MySqlConnection {
    fn failed(statement: &str, error: sqlx::Error) -> Error {
        mysql::failed(statement, error)
    }

    async fn instant(&mut self) -> Result<Option<String>, sqlx::Error> {
        // By its names a table is found without a look at the others.
        const CHANGED: &str = "(SELECT CAST(UNIX_TIMESTAMP(MAX(update_time)) AS SIGNED) FROM information_schema.tables \
             WHERE table_schema = DATABASE() AND table_name = ";
        let tables = ["hosts", "ipv6_reservations", "dhcp4_options", "dhcp6_options"];
        let changed = tables.map(|table| format!("{CHANGED}'{table}')")).join(", ");
        let row = sqlx::query(&format!("SELECT CAST(UNIX_TIMESTAMP() AS SIGNED), {changed}")).fetch_one(self).await?;
        let (now, mut times) = (row.number(0)?, [0; 4]);
        for (at, time) in times.iter_mut().enumerate() {
            *time = row.number(at + 1)?;
        }
        Ok(told(now, times))
    }

    async fn fingerprint<F: Family>(&mut self) -> Result<Version, sqlx::Error> {
        let mut all = (0, 0);
        for (table, digest) in digests::<F>() {
            let statement = format!("SELECT COUNT(*), BIT_XOR({digest}) FROM {table} WHERE host_id IS NOT NULL");
            let row = sqlx::query(&statement).fetch_one(&mut *self).await?;
            all = sum(all, (row.number(0)?, row.number(1)?));
        }
        Ok(all)
    }

    async fn versions<F: Family>(&mut self, ids: Option<&[u32]>) -> Result<HashMap<u32, Version>, sqlx::Error> {
        let mut versions = HashMap::new();
        for (at, (table, digest)) in digests::<F>().into_iter().enumerate() {
            let mut query =
                QueryBuilder::new(format!("SELECT host_id, COUNT(*), BIT_XOR({digest}) FROM {table} WHERE "));
            match at {
                0 => query.push(format_args!("dhcp{}_subnet_id IS NOT NULL", F::NUMBER)),
                _ => query.push("host_id IS NOT NULL"),
            };
            if let Some(ids) = ids {
                among(query.push(" AND host_id"), ids);
            }
            let query = query.push(" GROUP BY host_id").build().persistent(ids.is_none());
            for row in query.fetch_all(&mut *self).await? {
                let (id, version) = (row.number(0)? as u32, (row.number(1)?, row.number(2)?));
                if at == 0 {
                    versions.insert(id, version);
                } else if let Some(before) = versions.get_mut(&id) {
                    *before = sum(*before, version);
                }
            }
        }
        Ok(versions)
    }

    async fn hosts<F: Family>(&mut self, filter: &Filter) -> Result<Vec<Host>, sqlx::Error> {
        let subnet = format!("h.dhcp{}_subnet_id", F::NUMBER);
        let columns = host_columns::<F>();
        let mut query =
            QueryBuilder::new(format!("SELECT {columns} FROM hosts AS h WHERE {subnet} IS NOT NULL AND h.host_id > "));
        query.push_bind(filter.after);
        if let Some(ids) = &filter.ids {
            among(query.push(" AND h.host_id"), ids);
        }
        if let Some(number) = filter.subnet {
            query.push(format_args!(" AND {subnet} = ")).push_bind(number);
        }
        if let Some((kind, bytes)) = &filter.identifier {
            query.push(" AND h.dhcp_identifier = ").push_bind(bytes);
            query.push(" AND h.dhcp_identifier_type = ").push_bind(*kind as u8);
        }
        match filter.address {
            Some(IpAddr::V4(address)) => {
                query.push(" AND h.ipv4_address = ").push_bind(address.to_bits());
            }
            Some(IpAddr::V6(address)) => {
                let of = " AND h.host_id IN (SELECT host_id FROM ipv6_reservations WHERE address = ";
                query.push(of).push_bind(address.octets().to_vec()).push(")");
            }
            None => {}
        }
        if let Some(name) = &filter.hostname {
            query.push(" AND h.hostname = ").push_bind(name); // the usual collations do not know cases
        }
        query.push(" ORDER BY h.host_id");
        if let Some(limit) = filter.limit {
            query.push(" LIMIT ").push_bind(limit);
        }
        let rows = query.build().persistent(filter.ids.is_none()).fetch_all(self).await?;
        rows.iter().map(host).collect()
    }

    async fn options<F: Family>(&mut self, ids: &[u32]) -> Result<Vec<(u32, OptionColumns)>, sqlx::Error> {
        let table = options_table::<F>();
        let mut query = QueryBuilder::new(format!("SELECT {OPTION_COLUMNS} FROM {table} WHERE host_id"));
        let query = among(&mut query, ids).push(" ORDER BY option_id");
        let rows = query.build().persistent(false).fetch_all(self).await?;
        rows.iter().map(option).collect()
    }

    async fn reserved(&mut self, ids: &[u32]) -> Result<Vec<(u32, Resource)>, sqlx::Error> {
        let mut query = QueryBuilder::new(
            "SELECT host_id, INET6_NTOA(address), prefix_len, type, INET6_NTOA(excluded_prefix), excluded_prefix_len \
             FROM ipv6_reservations WHERE host_id",
        );
        let query = among(&mut query, ids).push(" ORDER BY reservation_id");
        let rows = query.build().persistent(false).fetch_all(self).await?;
        rows.iter().map(resource).collect()
    }

    async fn insert_host<F: Family>(
        &mut self,
        subnet: u32,
        columns: &Columns,
        unique: bool,
    ) -> Result<Option<u32>, sqlx::Error> {
        let statement = format!(
            "INSERT INTO hosts (dhcp_identifier, dhcp_identifier_type, dhcp4_subnet_id, dhcp6_subnet_id, ipv4_address, \
             hostname, dhcp4_client_classes, dhcp6_client_classes, user_context, dhcp4_next_server, \
             dhcp4_server_hostname, dhcp4_boot_file_name) SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM DUAL{}",
            match unique {
                true => " WHERE NOT EXISTS (SELECT 1 FROM hosts WHERE ipv4_address = ? AND dhcp4_subnet_id = ?)",
                false => "",
            }
        );
        let (v4, classes) = (F::NUMBER == 4, &*columns.classes);
        let mut query = sqlx::query(&statement)
            .bind(&columns.identifier)
            .bind(columns.identifier_type)
            .bind(v4.then_some(subnet))
            .bind((!v4).then_some(subnet))
            .bind(Some(columns.address).filter(|address| *address != 0))
            .bind(&columns.hostname)
            .bind(if v4 { classes } else { "" })
            .bind(if v4 { "" } else { classes })
            .bind(&columns.user_context)
            .bind(columns.next_server)
            .bind(&columns.server_hostname)
            .bind(&columns.boot_file_name);
        if unique {
            query = query.bind(columns.address).bind(subnet);
        }
        let done = query.execute(self).await?;
        Ok((done.rows_affected() > 0).then_some(done.last_insert_id() as u32))
    }

    async fn insert_resource(&mut self, host: u32, resource: &Resource, unique: bool) -> Result<bool, sqlx::Error> {
        let statement = format!(
            "INSERT INTO ipv6_reservations (address, prefix_len, type, dhcp6_iaid, host_id, excluded_prefix, \
             excluded_prefix_len) SELECT INET6_ATON(?), ?, ?, 0, ?, INET6_ATON(?), ? FROM DUAL{}",
            match unique {
                true =>
                    " WHERE NOT EXISTS \
                     (SELECT 1 FROM ipv6_reservations WHERE address = INET6_ATON(?) AND prefix_len = ?)",
                false => "",
            }
        );
        let mut query = sqlx::query(&statement)
            .bind(&resource.address)
            .bind(resource.prefix_len)
            .bind(resource.kind)
            .bind(host)
            .bind(&resource.excluded)
            .bind(resource.excluded_len);
        if unique {
            query = query.bind(&resource.address).bind(resource.prefix_len);
        }
        Ok(query.execute(self).await?.rows_affected() > 0)
    }

    async fn insert_option<F: Family>(&mut self, host: u32, option: &OptionColumns) -> Result<(), sqlx::Error> {
        // 3 is the scope of hosts in the table `dhcp_option_scope`.
        let statement = format!(
            "INSERT INTO {} (code, value, formatted_value, space, persistent, cancelled, user_context, client_classes, \
             host_id, scope_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 3)",
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
            .bind(host);
        done.execute(self).await.map(drop)
    }

    async fn delete(&mut self, ids: &[u32]) -> Result<(), sqlx::Error> {
        let mut query = QueryBuilder::new("DELETE FROM hosts WHERE host_id");
        among(&mut query, ids).build().persistent(false).execute(self).await.map(drop)
    }
}

impl Cells for MySqlRow {
    fn number(&self, at: usize) -> Result<i64, sqlx::Error> {
        Ok(match self.try_column(at)?.type_info().name().ends_with("UNSIGNED") {
            true => self.try_get::<Option<u64>, _>(at)?.map(|number| number as i64),
            false => self.try_get(at)?,
        }
        .unwrap_or_default())
    }

    /// Texts are read as bytes, since those of some collations pass for such.
    fn text(&self, at: usize) -> Result<Option<String>, sqlx::Error> {
        Ok(self.bytes(at)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }

    fn bytes(&self, at: usize) -> Result<Option<Vec<u8>>, sqlx::Error> {
        self.try_get(at)
    }
}

/// What is to be made of the times at which tables changed last: nothing as long as another change may bear the same time.
fn told(now: i64, times: [i64; 4]) -> Option<String> {
    let settled = times.iter().all(|time| now - time >= SETTLED);
    settled.then(|| format!("{times:?} {}", now / DOUBT))
}

/// The tables that reservations are in, with a digest of a row of each. `QUOTE` tells NULL from a text, and where one ends.
fn digests<F: Family>() -> [(String, String); 3] {
    let digest = |columns: &str| {
        let quoted: Vec<_> = columns.split(", ").map(|column| format!("QUOTE({column})")).collect();
        let row = quoted.join(", ");
        format!("CAST(CONV(LEFT(SHA2(CONCAT_WS(',', {row}), 256), 16), 16, 10) AS UNSIGNED)")
    };
    let hosts = "host_id, dhcp_identifier, dhcp_identifier_type, dhcp4_subnet_id, dhcp6_subnet_id, ipv4_address, hostname, \
         dhcp4_client_classes, dhcp6_client_classes, user_context, dhcp4_next_server, dhcp4_server_hostname, \
         dhcp4_boot_file_name";
    let reserved = "host_id, reservation_id, address, prefix_len, type, excluded_prefix, excluded_prefix_len";
    [
        ("hosts".to_owned(), digest(hosts)),
        ("ipv6_reservations".to_owned(), digest(reserved)),
        (options_table::<F>(), digest(&format!("option_id, {OPTION_COLUMNS}"))),
    ]
}

/// The version of the rows of both.
fn sum((n, x): Version, (m, y): Version) -> Version {
    (n + m, x ^ y)
}

/// Being one of these numbers.
fn among<'a, 'q>(query: &'a mut QueryBuilder<'q, MySql>, ids: &[u32]) -> &'a mut QueryBuilder<'q, MySql> {
    let mut list = query.push(" IN (").separated(", ");
    for id in ids {
        list.push_bind(*id);
    }
    query.push(")")
}

#[cfg(test)]
mod tests {
    use super::super::{V4, V6};
    use super::*;

    #[test]
    fn what_changed_just_now_may_change_again_in_the_same_second() {
        let before = told(1_000, [0, 900, 0, 998]);
        assert!(before.is_some());
        assert_eq!(told(1_001, [0, 900, 0, 998]), before);
        assert_eq!(told(1_002, [0, 900, 0, 1_001]), None);
        assert_eq!(told(1_002, [0, 900, 0, 1_009]), None); // a clock that went back
        assert_ne!(told(1_003, [0, 900, 0, 1_001]), before);
        assert_ne!(told(1_000 + DOUBT, [0, 900, 0, 998]), before);
    }

    #[test]
    fn whatever_is_read_is_in_a_digest() {
        fn check<F: Family>() {
            let [(_, hosts), (_, reserved), (_, options)] = digests::<F>();
            for column in host_columns::<F>().split(", ") {
                let column = column.strip_prefix("h.").unwrap();
                assert!(hosts.contains(&format!("QUOTE({column})")), "{column}");
            }
            for column in ["address", "prefix_len", "type", "excluded_prefix", "excluded_prefix_len"] {
                assert!(reserved.contains(&format!("QUOTE({column})")), "{column}");
            }
            for column in OPTION_COLUMNS.split(", ") {
                assert!(options.contains(&format!("QUOTE({column})")), "{column}");
            }
        }
        check::<V4>();
        check::<V6>();
    }
}
