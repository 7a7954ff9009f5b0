//! `libdhcp_subnet_cmds.so`: commands that look for, add, change and delete subnets and shared networks.

use super::{Library, Load, Loading};
use schema::Scope;

/// Parameters of `libdhcp_subnet_cmds.so`, which has the commands about subnets and shared networks: there are none.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct SubnetCmds {}

impl Load for SubnetCmds {
    const FILE: &'static str = "libdhcp_subnet_cmds.so";

    fn resolve(&self, _: &mut Loading<'_>) -> Library {
        Library::SubnetCmds
    }
}
