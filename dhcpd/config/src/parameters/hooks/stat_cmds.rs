//! `libdhcp_stat_cmds.so`: the commands that count leases by subnet.

use super::{Library, Load, Loading};
use schema::Scope;

/// Parameters of `libdhcp_stat_cmds.so`, which has the commands that count leases by subnet: there are none.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct StatCmds {}

impl Load for StatCmds {
    const FILE: &'static str = "libdhcp_stat_cmds.so";

    fn resolve(&self, _: &mut Loading<'_>) -> Library {
        Library::StatCmds
    }
}
