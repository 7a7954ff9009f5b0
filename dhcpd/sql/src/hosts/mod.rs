//! Reservations in the tables `hosts`, `ipv6_reservations`, `dhcp4_options` and `dhcp6_options`.
//!
//! [`table`] reads and writes them, [`columns`] says what stands in which column, [`source`] keeps a connection and tells
//! what changed.

mod columns;
mod mysql;
mod pgsql;
mod source;
mod table;

pub use source::{Change, Listener, Source};
pub use table::{Filter, Found};

use columns::Columns;
use dhcpd_config::v4::parameters::Reservation4;
use dhcpd_config::v6::parameters::Reservation6;

/// Reservations of a protocol: a row of `hosts` may be for both.
pub trait Family: Send + 'static {
    /// A reservation as a configuration would say it.
    type Reservation: Clone + Send + 'static;
    /// 4 or 6.
    const NUMBER: u8;
    /// The reservation that stands in these columns.
    fn read(columns: Columns) -> Result<Self::Reservation, String>;
    /// The columns that a reservation stands in.
    fn write(reservation: &Self::Reservation) -> Columns;
}

/// DHCPv4.
#[derive(Debug)]
pub struct V4;

/// DHCPv6.
#[derive(Debug)]
pub struct V6;

impl Family for V4 {
    type Reservation = Reservation4;
    const NUMBER: u8 = 4;

    fn read(columns: Columns) -> Result<Reservation4, String> {
        columns.reservation4()
    }

    fn write(reservation: &Reservation4) -> Columns {
        Columns::of4(reservation)
    }
}

impl Family for V6 {
    type Reservation = Reservation6;
    const NUMBER: u8 = 6;

    fn read(columns: Columns) -> Result<Reservation6, String> {
        columns.reservation6()
    }

    fn write(reservation: &Reservation6) -> Columns {
        Columns::of6(reservation)
    }
}
