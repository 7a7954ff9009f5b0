//! `libdhcp_mysql.so`: databases of the type "mysql".

use super::{Library, Load, Loading};
use schema::Scope;

/// Parameters of `libdhcp_mysql.so`, without which the database type "mysql" is not known: there are none.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct Mysql {}

impl Load for Mysql {
    const FILE: &'static str = "libdhcp_mysql.so";

    fn resolve(&self, _: &mut Loading<'_>) -> Library {
        Library::Mysql
    }
}
