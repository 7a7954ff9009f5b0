//! Reservations read from the tables and written to them, whichever kind of a database these are in.
//!
//! What one kind says otherwise than another stands behind [`Tables`]: `pgsql` and `mysql`, beside this.

use super::Family;
use super::columns::{Columns, OptionColumns, Resource};
use crate::connect::Error;
use dhcpd_config::hosts::IdentifierKind;
use sqlx::{Connection, Database};
use std::collections::HashMap;
use std::net::IpAddr;

/// Which reservations are meant: those for which all of it holds.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// These, by number.
    pub ids: Option<Vec<u32>>,
    /// Those of a subnet; 0 for the global ones.
    pub subnet: Option<u32>,
    /// Those of a client.
    pub identifier: Option<(IdentifierKind, Vec<u8>)>,
    /// Those of an address, or of a prefix that begins with it.
    pub address: Option<IpAddr>,
    /// Those with a name, in lower case.
    pub hostname: Option<String>,
    /// Those behind this number.
    pub after: u32,
    /// At most so many.
    pub limit: Option<u32>,
}

/// A reservation in a database.
#[derive(Clone, Debug)]
pub struct Found<R> {
    /// Its number.
    pub id: u32,
    /// Its subnet; 0 if it is a global one.
    pub subnet: u32,
    /// What is reserved for whom; or why the rows are no reservation.
    pub reservation: Result<R, String>,
}

/// What changes when rows do: how many there are, and a number made of all of them.
pub(super) type Version = (i64, i64);

/// A row of `hosts`: its number, its subnet and what else is in it.
pub(super) type Host = (u32, u32, Columns);

type Done<T> = Result<T, sqlx::Error>;

/// A connection to tables of reservations.
pub(super) trait Tables: Connection<Database: Database<Connection = Self>> {
    /// What became of a statement, by the name under which people find it in the log.
    fn failed(statement: &str, error: sqlx::Error) -> Error;

    /// As [`instant`]; this must be cheap.
    async fn instant(&mut self) -> Done<Option<String>>;
    /// As [`fingerprint`].
    async fn fingerprint<F: Family>(&mut self) -> Done<Version>;
    /// As [`versions`].
    async fn versions<F: Family>(&mut self, ids: Option<&[u32]>) -> Done<HashMap<u32, Version>>;

    /// Rows of `hosts`, in the order of their numbers.
    async fn hosts<F: Family>(&mut self, filter: &Filter) -> Done<Vec<Host>>;
    /// Options of reservations, with the numbers of these.
    async fn options<F: Family>(&mut self, ids: &[u32]) -> Done<Vec<(u32, OptionColumns)>>;
    /// Addresses and prefixes of reservations, with the numbers of these.
    async fn reserved(&mut self, ids: &[u32]) -> Done<Vec<(u32, Resource)>>;

    /// The number of the new row; none where the address is reserved in the subnet already and must not be.
    async fn insert_host<F: Family>(&mut self, subnet: u32, columns: &Columns, unique: bool) -> Done<Option<u32>>;
    /// Whether it was not reserved already, where it must not be.
    async fn insert_resource(&mut self, host: u32, resource: &Resource, unique: bool) -> Done<bool>;
    async fn insert_option<F: Family>(&mut self, host: u32, option: &OptionColumns) -> Done<()>;
    /// Deletes reservations with all that belongs to them.
    async fn delete(&mut self, ids: &[u32]) -> Done<()>;
}

/// A row, whatever the database calls the types of its columns.
pub(super) trait Cells {
    /// A whole number, or whether something is so; 0 for NULL.
    fn number(&self, at: usize) -> Done<i64>;
    fn text(&self, at: usize) -> Done<Option<String>>;
    fn bytes(&self, at: usize) -> Done<Option<Vec<u8>>>;
}

/// What is the same only as long as no row changes; none if that cannot be said just now.
pub(super) async fn instant<T: Tables>(tables: &mut T) -> Result<Option<String>, Error> {
    tables.instant().await.map_err(|error| T::failed("get_host_changes", error))
}

/// The version of all rows that belong to reservations.
pub(super) async fn fingerprint<F: Family, T: Tables>(tables: &mut T) -> Result<Version, Error> {
    tables.fingerprint::<F>().await.map_err(|error| T::failed("count_hosts", error))
}

/// The versions of all reservations, or of these.
pub(super) async fn versions<F: Family, T: Tables>(
    tables: &mut T,
    ids: Option<&[u32]>,
) -> Result<HashMap<u32, Version>, Error> {
    tables.versions::<F>(ids).await.map_err(|error| T::failed("get_host_versions", error))
}

/// The numbers of reservations, in order.
pub(super) async fn ids<F: Family>(tables: &mut impl Tables, filter: &Filter) -> Result<Vec<u32>, Error> {
    Ok(hosts::<F, _>(tables, filter).await?.into_iter().map(|(id, ..)| id).collect())
}

/// Reservations, in the order of their numbers.
pub(super) async fn find<F: Family, T: Tables>(
    tables: &mut T,
    filter: &Filter,
) -> Result<Vec<Found<F::Reservation>>, Error> {
    let mut found = hosts::<F, T>(tables, filter).await?;
    let ids: Vec<u32> = found.iter().map(|(id, ..)| *id).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let failed = |error| T::failed(GET, error);
    let mut options = by_host(tables.options::<F>(&ids).await.map_err(failed)?);
    let mut reserved = match F::NUMBER {
        6 => by_host(tables.reserved(&ids).await.map_err(failed)?),
        _ => HashMap::new(),
    };
    for (id, _, columns) in &mut found {
        columns.options = options.remove(id).unwrap_or_default();
        columns.reserved = reserved.remove(id).unwrap_or_default();
    }
    let made = found.into_iter().map(|(id, subnet, columns)| Found { id, subnet, reservation: F::read(columns) });
    Ok(made.collect())
}

async fn hosts<F: Family, T: Tables>(tables: &mut T, filter: &Filter) -> Result<Vec<Host>, Error> {
    tables.hosts::<F>(filter).await.map_err(|error| T::failed(GET, error))
}

fn by_host<V>(rows: Vec<(u32, V)>) -> HashMap<u32, Vec<V>> {
    let mut all: HashMap<u32, Vec<V>> = HashMap::new();
    for (id, row) in rows {
        all.entry(id).or_default().push(row);
    }
    all
}

/// Puts a reservation into the tables, in the place of others; its number. With `unique`, what it reserves must not be
/// reserved yet.
pub(super) async fn put<F: Family, T: Tables>(
    tables: &mut T,
    before: &[u32],
    subnet: u32,
    reservation: &F::Reservation,
    unique: bool,
) -> Result<u32, Error> {
    let mut transaction = tables.begin().await.map_err(unfit::<T>)?;
    if !before.is_empty() {
        delete::<T>(&mut transaction, before).await?;
    }
    let id = insert::<F, T>(&mut transaction, subnet, &F::write(reservation), unique).await;
    let id = id.map_err(unfit::<T>)?.ok_or_else(taken)?;
    transaction.commit().await.map_err(unfit::<T>)?;
    Ok(id)
}

/// Deletes reservations by their numbers.
pub(super) async fn delete<T: Tables>(tables: &mut T, ids: &[u32]) -> Result<(), Error> {
    tables.delete(ids).await.map_err(|error| T::failed("del_host", error))
}

/// The number of the new reservation; none if something is reserved already that must not be.
async fn insert<F: Family, T: Tables>(
    tables: &mut T,
    subnet: u32,
    columns: &Columns,
    unique: bool,
) -> Done<Option<u32>> {
    let Some(id) = tables.insert_host::<F>(subnet, columns, unique && columns.address != 0).await? else {
        return Ok(None);
    };
    for resource in &columns.reserved {
        if !tables.insert_resource(id, resource, unique).await? {
            return Ok(None);
        }
    }
    for option in &columns.options {
        tables.insert_option::<F>(id, option).await?;
    }
    Ok(Some(id))
}

fn unfit<T: Tables>(error: sqlx::Error) -> Error {
    let duplicate = error.as_database_error().is_some_and(|error| error.is_unique_violation());
    if duplicate { taken() } else { T::failed("insert_host", error) }
}

/// What somebody has already.
fn taken() -> Error {
    Error::Refused("Database duplicate entry error".to_owned())
}

/// How the log calls what reads.
const GET: &str = "get_host";

/// The columns that [`host`] reads.
pub(super) fn host_columns<F: Family>() -> String {
    let n = F::NUMBER;
    format!(
        "h.host_id, h.dhcp{n}_subnet_id, h.dhcp_identifier, h.dhcp_identifier_type, h.ipv4_address, h.hostname, \
         h.dhcp{n}_client_classes, h.user_context, h.dhcp4_next_server, h.dhcp4_server_hostname, h.dhcp4_boot_file_name"
    )
}

pub(super) fn host(row: &impl Cells) -> Done<Host> {
    let text = |at: usize| row.text(at).map(Option::unwrap_or_default);
    let columns = Columns {
        identifier: row.bytes(2)?.unwrap_or_default(),
        identifier_type: row.number(3)? as i16,
        address: row.number(4)?,
        hostname: text(5)?,
        classes: text(6)?,
        user_context: row.text(7)?,
        next_server: row.number(8)?,
        server_hostname: text(9)?,
        boot_file_name: text(10)?,
        ..Columns::default()
    };
    Ok((row.number(0)? as u32, row.number(1)? as u32, columns))
}

/// The table of options of a family.
pub(super) fn options_table<F: Family>() -> String {
    format!("dhcp{}_options", F::NUMBER)
}

/// The columns that [`option`] reads.
pub(super) const OPTION_COLUMNS: &str =
    "host_id, code, value, formatted_value, space, persistent, cancelled, user_context, client_classes";

pub(super) fn option(row: &impl Cells) -> Done<(u32, OptionColumns)> {
    let columns = OptionColumns {
        code: row.number(1)? as i32,
        value: row.bytes(2)?,
        formatted_value: row.text(3)?,
        space: row.text(4)?,
        persistent: row.number(5)? != 0,
        cancelled: row.number(6)? != 0,
        user_context: row.text(7)?,
        client_classes: row.text(8)?,
    };
    Ok((row.number(0)? as u32, columns))
}

/// An address or a prefix: the number of its reservation, address, length, type, the excluded prefix and its length.
pub(super) fn resource(row: &impl Cells) -> Done<(u32, Resource)> {
    let columns = Resource {
        address: row.text(1)?.unwrap_or_default(),
        prefix_len: row.number(2)? as i16,
        kind: row.number(3)? as i16,
        excluded: row.text(4)?,
        excluded_len: row.number(5)? as i16,
    };
    Ok((row.number(0)? as u32, columns))
}
