//! `libdhcp_flex_id.so`: clients are known by what an expression makes of their packets.

use super::{Library, Load, Loading};
use eval::StringExpression;
use schema::{Given, Scope};
use std::sync::Arc;

/// Parameters of `libdhcp_flex_id.so`, which knows clients by what an expression makes of their packets.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct FlexId {
    /// The expression; without one, no identifier is computed.
    #[param(default = "")]
    pub identifier_expression: Given<String>,
    /// Whether its value also stands in the place of the client identifier or DUID.
    #[param(default = false)]
    pub replace_client_id: Given<bool>,
    /// Whether a client with one association of a kind is served whatever its IAID is (DHCPv6).
    #[param(default = false)]
    pub ignore_iaid: Given<bool>,
    /// Whether what stands for the client identifier holds a DUID as in RFC 4361 (DHCPv4).
    #[param(key = "cid-as-rfc4361-duid", default = false)]
    pub cid_as_rfc4361_duid: Given<bool>,
}

/// What the library works with.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FlexIdRules {
    /// The expression.
    pub identifier: Option<Arc<StringExpression>>,
    /// Its value stands in the place of the client identifier or DUID.
    pub replace_client_id: bool,
    /// A client with one association of a kind is served whatever its IAID is.
    pub ignore_iaid: bool,
    /// What stands for the client identifier holds a DUID.
    pub cid_as_rfc4361_duid: bool,
}

impl Load for FlexId {
    const FILE: &'static str = "libdhcp_flex_id.so";

    fn resolve(&self, loading: &mut Loading<'_>) -> Library {
        Library::FlexId(FlexIdRules {
            identifier: loading.text(&self.identifier_expression).map(Arc::new),
            replace_client_id: self.replace_client_id(),
            ignore_iaid: self.ignore_iaid(),
            cid_as_rfc4361_duid: self.cid_as_rfc4361_duid(),
        })
    }
}
