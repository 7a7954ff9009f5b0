//! Reservations read from the tables and written to them.

use super::Family;
use super::columns::{Columns, OptionColumns, Resource};
use crate::connect::{Error, pgsql};
use dhcpd_config::hosts::IdentifierKind;
use sqlx::postgres::PgRow;
use sqlx::{Connection, PgConnection, Row};
use std::collections::HashMap;
use std::net::IpAddr;

/// Which reservations are meant: those for which all of it holds.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// These, by number.
    pub ids: Option<Vec<i32>>,
    /// Those of a subnet; 0 for the global ones.
    pub subnet: Option<u32>,
    /// Those of a client.
    pub identifier: Option<(IdentifierKind, Vec<u8>)>,
    /// Those of an address, or of a prefix that begins with it.
    pub address: Option<IpAddr>,
    /// Those with a name, in lower case.
    pub hostname: Option<String>,
    /// Those behind this number.
    pub after: i32,
    /// At most so many.
    pub limit: Option<u32>,
}

/// A reservation in a database.
#[derive(Clone, Debug)]
pub struct Found<R> {
    /// Its number.
    pub id: i32,
    /// Its subnet; 0 if it is a global one.
    pub subnet: u32,
    /// What is reserved for whom; or why the rows are no reservation.
    pub reservation: Result<R, String>,
}

/// What changes when a reservation does: how many rows it has, and the sum of the transactions that wrote them. A row that is
/// written later has a higher number than any row before it, so the same of both is the same rows.
pub(super) type Version = (i64, i64);

/// The numbers of reservations, in order.
pub(super) async fn ids<F: Family>(connection: &mut PgConnection, filter: &Filter) -> Result<Vec<i32>, Error> {
    let rows = select::<F>(connection, "h.host_id", filter).await?;
    rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>().map_err(|error| pgsql::failed(GET, error))
}

/// Reservations, in the order of their numbers.
pub(super) async fn find<F: Family>(
    connection: &mut PgConnection,
    filter: &Filter,
) -> Result<Vec<Found<F::Reservation>>, Error> {
    let n = F::NUMBER;
    let columns = format!(
        "h.host_id, h.dhcp{n}_subnet_id, h.dhcp_identifier, h.dhcp_identifier_type, h.ipv4_address, h.hostname, \
         h.dhcp{n}_client_classes, h.user_context, h.dhcp4_next_server, h.dhcp4_server_hostname, h.dhcp4_boot_file_name"
    );
    let rows = select::<F>(connection, &columns, filter).await?;
    let mut found = rows.iter().map(host).collect::<Result<Vec<_>, _>>().map_err(|error| pgsql::failed(GET, error))?;
    let ids: Vec<i32> = found.iter().map(|(id, ..)| *id).collect();
    let mut options = options::<F>(connection, &ids).await.map_err(|error| pgsql::failed(GET, error))?;
    let mut reserved = match n {
        6 => reserved(connection, &ids).await.map_err(|error| pgsql::failed(GET, error))?,
        _ => HashMap::new(),
    };
    for (id, _, columns) in &mut found {
        columns.options = options.remove(id).unwrap_or_default();
        columns.reserved = reserved.remove(id).unwrap_or_default();
    }
    let made = found.into_iter().map(|(id, subnet, columns)| Found { id, subnet, reservation: F::read(columns) });
    Ok(made.collect())
}

/// Puts a reservation into the tables; its number. With `unique`, what it reserves must not be reserved yet.
pub(super) async fn insert<F: Family>(
    connection: &mut PgConnection,
    subnet: u32,
    reservation: &F::Reservation,
    unique: bool,
) -> Result<i32, Error> {
    let mut transaction = connection.begin().await.map_err(failed)?;
    let id = put::<F>(&mut transaction, subnet, reservation, unique).await?;
    transaction.commit().await.map_err(failed)?;
    Ok(id)
}

/// Puts a reservation in the place of others; its number.
pub(super) async fn swap<F: Family>(
    connection: &mut PgConnection,
    before: &[i32],
    subnet: u32,
    reservation: &F::Reservation,
    unique: bool,
) -> Result<i32, Error> {
    let mut transaction = connection.begin().await.map_err(failed)?;
    delete(&mut transaction, before).await?;
    let id = put::<F>(&mut transaction, subnet, reservation, unique).await?;
    transaction.commit().await.map_err(failed)?;
    Ok(id)
}

async fn put<F: Family>(
    transaction: &mut PgConnection,
    subnet: u32,
    reservation: &F::Reservation,
    unique: bool,
) -> Result<i32, Error> {
    let columns = F::write(reservation);
    let id = insert_host::<F>(transaction, subnet, &columns, unique).await.map_err(failed)?.ok_or_else(taken)?;
    for resource in &columns.reserved {
        if !insert_resource(transaction, id, resource, unique).await.map_err(failed)? {
            return Err(taken());
        }
    }
    for option in &columns.options {
        insert_option::<F>(transaction, id, option).await.map_err(failed)?;
    }
    Ok(id)
}

fn failed(error: sqlx::Error) -> Error {
    let duplicate = error.as_database_error().is_some_and(|error| error.is_unique_violation());
    if duplicate { taken() } else { pgsql::failed("insert_host", error) }
}

/// Deletes reservations by their numbers.
pub(super) async fn delete(connection: &mut PgConnection, ids: &[i32]) -> Result<(), Error> {
    let statement = sqlx::query("DELETE FROM hosts WHERE host_id = ANY($1)").bind(ids);
    statement.execute(connection).await.map(drop).map_err(|error| pgsql::failed("del_host", error))
}

/// What becomes different whenever any transaction ends that wrote something, into whichever table.
pub(super) async fn instant(connection: &mut PgConnection) -> Result<String, Error> {
    let row = sqlx::query("SELECT txid_current_snapshot()::text").fetch_one(connection).await;
    row.and_then(|row| row.try_get(0)).map_err(|error| pgsql::failed("txid_current_snapshot", error))
}

/// What becomes different with any row that belongs to a reservation.
pub(super) async fn fingerprint<F: Family>(connection: &mut PgConnection) -> Result<[Version; 3], Error> {
    let of = |table: String| format!("(SELECT count(*) FROM {table}), (SELECT {SUM} FROM {table})");
    let tables = ["hosts".to_owned(), "ipv6_reservations".to_owned(), options_table::<F>()];
    let statement = format!("SELECT {}", tables.map(of).join(", "));
    let read = |row: PgRow| -> Result<[Version; 3], sqlx::Error> {
        Ok([(row.try_get(0)?, row.try_get(1)?), (row.try_get(2)?, row.try_get(3)?), (row.try_get(4)?, row.try_get(5)?)])
    };
    let row = sqlx::query(&statement).fetch_one(connection).await;
    row.and_then(read).map_err(|error| pgsql::failed("count_hosts", error))
}

/// The versions of all reservations, or of these.
pub(super) async fn versions<F: Family>(
    connection: &mut PgConnection,
    ids: Option<&[i32]>,
) -> Result<HashMap<i32, Version>, Error> {
    let n = F::NUMBER;
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
         WHERE h.dhcp{n}_subnet_id IS NOT NULL AND ($1::int4[] IS NULL OR h.host_id = ANY($1))",
        of("ipv6_reservations"),
        of(&options_table::<F>()),
    );
    let rows = sqlx::query(&statement).bind(ids).fetch_all(connection).await;
    let rows = rows.map_err(|error| pgsql::failed("get_host_versions", error))?;
    let version = |row: &PgRow| Ok((row.try_get(0)?, (row.try_get(1)?, row.try_get(2)?)));
    rows.iter().map(version).collect::<Result<_, _>>().map_err(|error| pgsql::failed("get_host_versions", error))
}

/// The sum of the transactions that wrote the rows of a table.
const SUM: &str = "coalesce(sum(xmin::text::int8), 0)::int8";
/// How the log calls what reads.
const GET: &str = "get_host";

/// What somebody has already.
fn taken() -> Error {
    Error::Refused("Database duplicate entry error".to_owned())
}

fn options_table<F: Family>() -> String {
    format!("dhcp{}_options", F::NUMBER)
}

async fn select<F: Family>(connection: &mut PgConnection, columns: &str, filter: &Filter) -> Result<Vec<PgRow>, Error> {
    let subnet = format!("h.dhcp{}_subnet_id", F::NUMBER);
    let statement = format!(
        "SELECT {columns} FROM hosts AS h WHERE {subnet} IS NOT NULL AND h.host_id > $1 \
         AND ($2::int4[] IS NULL OR h.host_id = ANY($2)) AND ($3::int8 IS NULL OR {subnet} = $3) \
         AND ($4::bytea IS NULL OR (h.dhcp_identifier = $4 AND h.dhcp_identifier_type = $5)) \
         AND ($6::int8 IS NULL OR h.ipv4_address = $6) \
         AND ($7::text IS NULL OR h.host_id IN (SELECT host_id FROM ipv6_reservations WHERE address = $7::text::inet)) \
         AND ($8::text IS NULL OR lower(h.hostname) = $8) ORDER BY h.host_id LIMIT $9"
    );
    let (v4, v6) = match filter.address {
        Some(IpAddr::V4(address)) => (Some(i64::from(address.to_bits())), None),
        Some(IpAddr::V6(address)) => (None, Some(address.to_string())),
        None => (None, None),
    };
    sqlx::query(&statement)
        .bind(filter.after)
        .bind(filter.ids.as_deref())
        .bind(filter.subnet.map(i64::from))
        .bind(filter.identifier.as_ref().map(|(_, bytes)| bytes))
        .bind(filter.identifier.as_ref().map_or(0, |(kind, _)| *kind as i16))
        .bind(v4)
        .bind(v6)
        .bind(filter.hostname.as_deref())
        .bind(filter.limit.map(i64::from))
        .fetch_all(connection)
        .await
        .map_err(|error| pgsql::failed(GET, error))
}

fn host(row: &PgRow) -> Result<(i32, u32, Columns), sqlx::Error> {
    let text = |at: usize| row.try_get::<Option<String>, _>(at).map(Option::unwrap_or_default);
    let number = |at: usize| row.try_get::<Option<i64>, _>(at).map(Option::unwrap_or_default);
    let columns = Columns {
        identifier: row.try_get(2)?,
        identifier_type: row.try_get(3)?,
        address: number(4)?,
        hostname: text(5)?,
        classes: text(6)?,
        user_context: row.try_get(7)?,
        next_server: number(8)?,
        server_hostname: text(9)?,
        boot_file_name: text(10)?,
        ..Columns::default()
    };
    Ok((row.try_get(0)?, number(1)? as u32, columns))
}

async fn options<F: Family>(
    connection: &mut PgConnection,
    ids: &[i32],
) -> Result<HashMap<i32, Vec<OptionColumns>>, sqlx::Error> {
    let statement = format!(
        "SELECT host_id, code::int4, value, formatted_value, space, persistent, cancelled, user_context, client_classes \
         FROM {} WHERE host_id = ANY($1) ORDER BY option_id",
        options_table::<F>()
    );
    let mut all: HashMap<i32, Vec<OptionColumns>> = HashMap::new();
    for row in sqlx::query(&statement).bind(ids).fetch_all(connection).await? {
        all.entry(row.try_get(0)?).or_default().push(OptionColumns {
            code: row.try_get(1)?,
            value: row.try_get(2)?,
            formatted_value: row.try_get(3)?,
            space: row.try_get(4)?,
            persistent: row.try_get(5)?,
            cancelled: row.try_get(6)?,
            user_context: row.try_get(7)?,
            client_classes: row.try_get(8)?,
        });
    }
    Ok(all)
}

async fn reserved(connection: &mut PgConnection, ids: &[i32]) -> Result<HashMap<i32, Vec<Resource>>, sqlx::Error> {
    const STATEMENT: &str = "SELECT host_id, host(address), prefix_len, type, host(excluded_prefix), excluded_prefix_len \
         FROM ipv6_reservations WHERE host_id = ANY($1) ORDER BY reservation_id";
    let mut all: HashMap<i32, Vec<Resource>> = HashMap::new();
    for row in sqlx::query(STATEMENT).bind(ids).fetch_all(connection).await? {
        all.entry(row.try_get(0)?).or_default().push(Resource {
            address: row.try_get(1)?,
            prefix_len: row.try_get(2)?,
            kind: row.try_get(3)?,
            excluded: row.try_get(4)?,
            excluded_len: row.try_get(5)?,
        });
    }
    Ok(all)
}

/// The number of the new row; none where the address is reserved in the subnet already and must not be.
async fn insert_host<F: Family>(
    connection: &mut PgConnection,
    subnet: u32,
    columns: &Columns,
    unique: bool,
) -> Result<Option<i32>, sqlx::Error> {
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
        .bind(unique && columns.address != 0)
        .fetch_optional(connection)
        .await?;
    row.map(|row| row.try_get(0)).transpose()
}

/// Whether it was not reserved already, where it must not be.
async fn insert_resource(
    connection: &mut PgConnection,
    host: i32,
    resource: &Resource,
    unique: bool,
) -> Result<bool, sqlx::Error> {
    let statement = "INSERT INTO ipv6_reservations (address, prefix_len, type, dhcp6_iaid, host_id, excluded_prefix, \
         excluded_prefix_len) SELECT $1::text::inet, $2, $3, 0, $4, $5::text::inet, $6 \
         WHERE NOT $7 OR NOT EXISTS \
         (SELECT 1 FROM ipv6_reservations WHERE address = $1::text::inet AND prefix_len = $2)";
    let done = sqlx::query(statement)
        .bind(&resource.address)
        .bind(resource.prefix_len)
        .bind(resource.kind)
        .bind(host)
        .bind(&resource.excluded)
        .bind(resource.excluded_len)
        .bind(unique)
        .execute(connection)
        .await?;
    Ok(done.rows_affected() > 0)
}

async fn insert_option<F: Family>(
    connection: &mut PgConnection,
    host: i32,
    option: &OptionColumns,
) -> Result<(), sqlx::Error> {
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
        .bind(host);
    done.execute(connection).await.map(drop)
}
