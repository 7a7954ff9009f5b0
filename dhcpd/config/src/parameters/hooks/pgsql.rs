//! `libdhcp_pgsql.so`: databases of the type "postgresql".

use super::{Library, Load, Loading};
use schema::Scope;

/// Parameters of `libdhcp_pgsql.so`, without which the database type "postgresql" is not known: there are none.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct Pgsql {}

impl Load for Pgsql {
    const FILE: &'static str = "libdhcp_pgsql.so";

    fn resolve(&self, _: &mut Loading<'_>) -> Library {
        Library::Pgsql
    }
}
