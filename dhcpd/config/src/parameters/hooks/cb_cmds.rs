//! `libdhcp_cb_cmds.so`: commands about what databases keep of configurations.

use super::{Library, Load, Loading};
use schema::Scope;

/// Parameters of `libdhcp_cb_cmds.so`, which has the commands about configurations in databases: there are none.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct CbCmds {}

impl Load for CbCmds {
    const FILE: &'static str = "libdhcp_cb_cmds.so";

    fn resolve(&self, _: &mut Loading<'_>) -> Library {
        Library::CbCmds
    }
}
