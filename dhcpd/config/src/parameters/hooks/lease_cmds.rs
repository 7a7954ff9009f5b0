//! `libdhcp_lease_cmds.so`: commands about leases.

use super::{Library, Load, Loading};
use schema::{At, Given, Scope};

/// Parameters of `libdhcp_lease_cmds.so`, which has the commands about leases.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct LeaseCmds {
    /// Values that are computed from packets and kept with the lease.
    #[param(later, yang(absent))]
    pub binding_variables: Vec<At<BindingVariable>>,
}

/// A value that is computed from a packet and kept with the lease.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct BindingVariable {
    /// Its name.
    #[param(required, yang(absent))]
    pub name: Given<String>,
    /// How it is computed.
    #[param(required, yang(absent))]
    pub expression: Given<String>,
    /// The packet it is computed from.
    #[param(required, yang(absent))]
    pub source: Given<String>,
}

impl Load for LeaseCmds {
    const FILE: &'static str = "libdhcp_lease_cmds.so";

    fn resolve(&self, _: &mut Loading<'_>) -> Library {
        Library::LeaseCmds
    }
}
