//! `libdhcp_class_cmds.so`: commands that look for, add, change and delete client classes.

use super::{Library, Load, Loading};
use schema::Scope;

/// Parameters of `libdhcp_class_cmds.so`, which has the commands about client classes: there are none.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct ClassCmds {}

impl Load for ClassCmds {
    const FILE: &'static str = "libdhcp_class_cmds.so";

    fn resolve(&self, _: &mut Loading<'_>) -> Library {
        Library::ClassCmds
    }
}
