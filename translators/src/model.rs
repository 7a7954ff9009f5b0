//! The three models: which module describes which daemon.

use schema::table::Table;

/// A YANG module and the daemon configuration that it describes.
#[derive(Clone, Copy, Debug)]
pub struct Model {
    /// Name of the module (`kea-dhcp4-server`).
    pub module: &'static str,
    /// The one key of the daemon's JSON (`Dhcp4`).
    pub root: &'static str,
    /// The parameters under that key.
    pub table: fn() -> &'static Table,
}

impl Model {
    /// kea-dhcp4.
    pub const DHCP4: Self = Self { module: "kea-dhcp4-server", root: "Dhcp4", table: || &NOTHING };
    /// kea-dhcp6.
    pub const DHCP6: Self = Self { module: "kea-dhcp6-server", root: "Dhcp6", table: || &NOTHING };
    /// kea-dhcp-ddns.
    pub const DDNS: Self = Self { module: "kea-dhcp-ddns", root: "DhcpDdns", table: || &NOTHING };
    /// All of them.
    pub const ALL: [Self; 3] = [Self::DHCP4, Self::DHCP6, Self::DDNS];
}

static NOTHING: Table = Table { name: "Nothing", doc: "", params: &[] };
