//! `libdhcp_user_chk.so`: clients that are not registered are served from the last subnet.

use super::{Library, Load, Loading};
use schema::Scope;

/// Parameters of `libdhcp_user_chk.so`, which asks a file whether clients are registered: there are none.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct UserChk {}

impl Load for UserChk {
    const FILE: &'static str = "libdhcp_user_chk.so";

    fn resolve(&self, _: &mut Loading<'_>) -> Library {
        Library::UserChk
    }
}
