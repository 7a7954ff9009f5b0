//! The models: which module describes which daemon.

use std::sync::LazyLock;

use dhcpd_config::options::{Family, code};
use schema::table::Table;

use crate::shape::{Names, Scope};

/// A YANG module and the daemon configuration that it describes.
#[derive(Clone, Copy)]
pub struct Model {
    /// Name of the module (`kea-dhcp4-server`).
    pub module: &'static str,
    /// Name of the container that holds all of the configuration.
    pub container: &'static str,
    /// The one key of the daemon's JSON (`Dhcp4`).
    pub root: &'static str,
    /// The parameters under that key.
    pub table: fn() -> &'static Table,
    /// The table as the model sees it.
    pub(crate) scope: &'static LazyLock<Scope>,
    /// The option space that an option without one is in.
    pub(crate) space: &'static str,
    /// Code of a standard option by space and name.
    pub(crate) code: fn(&str, &str) -> Option<u16>,
    /// How it is translated.
    pub(crate) make: Make,
}

impl Model {
    /// kea-dhcp4.
    pub const DHCP4: Self = Self {
        module: "kea-dhcp4-server",
        container: "config",
        root: "Dhcp4",
        table: dhcp4,
        scope: &DHCP4,
        space: "dhcp4",
        code: |space, name| code(Family::V4, space, name),
        make: Make::Tables,
    };
    /// kea-dhcp6.
    pub const DHCP6: Self = Self {
        module: "kea-dhcp6-server",
        container: "config",
        root: "Dhcp6",
        table: dhcp6,
        scope: &DHCP6,
        space: "dhcp6",
        code: |space, name| code(Family::V6, space, name),
        make: Make::Tables,
    };
    /// kea-dhcp6 in the model of RFC 9243.
    pub const IETF6: Self =
        Self { module: "ietf-dhcpv6-server", container: "dhcpv6-server", make: Make::Ietf, ..Self::DHCP6 };
    /// kea-dhcp-ddns.
    pub const DDNS: Self = Self {
        module: "kea-dhcp-ddns",
        container: "config",
        root: "DhcpDdns",
        table: ddns,
        scope: &DDNS,
        space: "",
        code: |_, _| None,
        make: Make::Tables,
    };

    /// Name of our own module with nodes for what this one lacks (`takahe-kea-dhcp4-server`).
    pub fn own_module(&self) -> String {
        format!("takahe-{}", self.module)
    }

    /// The model of each daemon that has all of its parameters.
    pub const ALL: [Self; 3] = [Self::DHCP4, Self::DHCP6, Self::DDNS];

    /// The outermost node in RFC 7951 JSON (`kea-dhcp4-server:config`).
    pub fn outermost(&self) -> String {
        format!("{}:{}", self.module, self.container)
    }
}

/// How a model is translated.
#[derive(Clone, Copy)]
pub(crate) enum Make {
    /// By the parameter tables, of which it is an image.
    Tables,
    /// ietf-dhcpv6-server, which has a form of its own.
    Ietf,
}

impl PartialEq for Model {
    fn eq(&self, other: &Self) -> bool {
        self.module == other.module
    }
}

impl Eq for Model {}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Model").field("module", &self.module).field("root", &self.root).finish_non_exhaustive()
    }
}

static DHCP4: LazyLock<Scope> = LazyLock::new(|| Scope::new(Names::of("kea-dhcp4-server"), "config", dhcp4()));
static DHCP6: LazyLock<Scope> = LazyLock::new(|| Scope::new(Names::of("kea-dhcp6-server"), "config", dhcp6()));
static DDNS: LazyLock<Scope> = LazyLock::new(|| Scope::new(Names::of("kea-dhcp-ddns"), "config", ddns()));

fn dhcp4() -> &'static Table {
    <dhcpd_config::v4::parameters::Dhcp4 as schema::Scope>::TABLE
}

fn dhcp6() -> &'static Table {
    <dhcpd_config::v6::parameters::Dhcp6 as schema::Scope>::TABLE
}

fn ddns() -> &'static Table {
    <d2_config::DhcpDdns as schema::Scope>::TABLE
}
