//! `libdhcp_bootp.so`: BOOTP clients are served.

use super::{Library, Load, Loading};
use schema::Scope;
use wire::options::Family;

/// Parameters of `libdhcp_bootp.so`, with which BOOTP clients (RFC 1497) are served: there are none.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct Bootp {}

impl Load for Bootp {
    const FILE: &'static str = "libdhcp_bootp.so";
    const FAMILIES: &'static [Family] = &[Family::V4];

    fn resolve(&self, _: &mut Loading<'_>) -> Library {
        Library::Bootp
    }
}
