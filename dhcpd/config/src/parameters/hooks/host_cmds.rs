//! `libdhcp_host_cmds.so`: commands that look for, add, change and delete reservations.

use super::{Library, Load, Loading};
use schema::Scope;

/// Parameters of `libdhcp_host_cmds.so`, which has the commands about reservations: there are none.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct HostCmds {}

impl Load for HostCmds {
    const FILE: &'static str = "libdhcp_host_cmds.so";

    fn resolve(&self, _: &mut Loading<'_>) -> Library {
        Library::HostCmds
    }
}
