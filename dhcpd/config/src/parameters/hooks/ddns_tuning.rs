//! `libdhcp_ddns_tuning.so`: names that expressions make, and clients of whom the DNS does not hear.

use super::{Library, Load, Loading};
use eval::StringExpression;
use hashbrown::HashMap;
use schema::{Annotations, Given, Scope};
use std::sync::Arc;

/// Parameters of `libdhcp_ddns_tuning.so`, which makes names of clients by an expression. A subnet has its own in its user
/// context, as `ddns-tuning/hostname-expr`; an empty one switches that of all subnets off.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct DdnsTuning {
    /// The expression for all subnets.
    #[param(default = "")]
    pub hostname_expr: Given<String>,
    /// Remarks of the operator.
    #[param(flatten)]
    pub annotations: Annotations,
}

/// What the library works with.
#[derive(Clone, Debug, Default)]
pub struct DdnsTuningRules {
    /// The expression for subnets that have none of their own.
    pub everywhere: Option<Arc<StringExpression>>,
    /// By number of the subnet: its own expression; none if it is empty.
    pub subnets: HashMap<u32, Option<Arc<StringExpression>>>,
    /// Subnets whose expression is none, and why. As in Kea, they are served as if they had none.
    pub failures: Vec<(u32, String)>,
}

impl Load for DdnsTuning {
    const FILE: &'static str = "libdhcp_ddns_tuning.so";

    fn resolve(&self, loading: &mut Loading<'_>) -> Library {
        let mut rules =
            DdnsTuningRules { everywhere: loading.text(&self.hostname_expr).map(Arc::new), ..Default::default() };
        for (id, context) in loading.subnets {
            let Some(given) = context.0.get("ddns-tuning").and_then(|tuning| tuning.get("hostname-expr")) else {
                continue;
            };
            let parsed = match given.as_str() {
                Some("") => Ok(None),
                Some(text) => loading.parse(text, StringExpression::parse).map(|own| Some(Arc::new(own))),
                None => Err("hostname-expr must be a string".to_owned()),
            };
            match parsed {
                Ok(own) => _ = rules.subnets.insert(*id, own),
                Err(reason) => rules.failures.push((*id, reason)),
            }
        }
        Library::DdnsTuning(rules)
    }
}
