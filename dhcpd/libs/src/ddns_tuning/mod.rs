//! `libdhcp_ddns_tuning.so`: names that expressions make, and clients of whom the DNS does not hear.

pub mod messages;

use dhcpd_config::classes::ClassId;
use dhcpd_config::parameters::hooks::DdnsTuningRules;
use engine::hooks::{Evaluation, Naming, Point};
use engine::{v4, v6};
use eval::{EvalError, StringExpression};
use messages::*;

/// The library at work.
#[derive(Debug)]
pub struct DdnsTuning(DdnsTuningRules);

impl DdnsTuning {
    /// By its parameters.
    pub fn new(rules: &DdnsTuningRules) -> Self {
        if let Some(expression) = &rules.everywhere {
            log::event!(DDNS_TUNING_GLOBAL_EXPR_SET, expression);
        }
        for (subnet, reason) in &rules.failures {
            log::event!(DDNS_TUNING_SUBNET_EXPRESSION_PARSE_ERROR, subnet, reason);
        }
        Self(rules.clone())
    }

    fn expression(&self, subnet: Option<u32>) -> Option<&StringExpression> {
        match subnet.and_then(|id| self.0.subnets.get(&id)) {
            Some(own) => own.as_deref(),
            None => self.0.everywhere.as_deref(),
        }
    }

    /// The name that the expression makes, if it makes another one than the client has.
    fn made(&self, on: &Evaluation<'_>, naming: &Naming<'_>) -> Result<Option<String>, EvalError> {
        let Some(expression) = self.expression(naming.subnet) else { return Ok(None) };
        let value = on.text(expression)?;
        if value.is_empty() {
            return Ok(None);
        }
        let name = naming.qualified(&String::from_utf8_lossy(&value));
        Ok(Some(name).filter(|name| *name != naming.hostname))
    }
}

impl v4::hooks::Hooks for DdnsTuning {
    fn points(&self) -> &'static [Point] {
        &[Point::Name]
    }

    fn name(&self, query: &v4::hooks::Request<'_>, naming: &mut Naming<'_>) {
        match query.evaluate(|on| self.made(on, naming)) {
            Ok(None) => {}
            Ok(Some(name)) => {
                log::event!(DDNS_TUNING4_CALCULATED_HOSTNAME, old = naming.hostname, new = name, query = query.label);
                naming.hostname = name;
            }
            Err(reason) => log::event!(DDNS_TUNING4_PROCESS_ERROR, query = query.label, reason),
        }
        if query.classes.contains(ClassId::SKIP_DDNS) {
            log::event!(DDNS_TUNING4_SKIPPING_DDNS, query = query.label);
            (naming.forward, naming.reverse) = (false, false);
        }
    }
}

impl v6::hooks::Hooks for DdnsTuning {
    fn points(&self) -> &'static [Point] {
        &[Point::Name]
    }

    fn name(&self, query: &v6::hooks::Request<'_, '_>, naming: &mut Naming<'_>) {
        match query.evaluate(|on| self.made(on, naming)) {
            Ok(None) => {}
            Ok(Some(name)) => {
                log::event!(DDNS_TUNING6_CALCULATED_HOSTNAME, old = naming.hostname, new = name, query = query.label);
                naming.hostname = name;
            }
            Err(reason) => log::event!(DDNS_TUNING6_PROCESS_ERROR, query = query.label, reason),
        }
        if query.classes.contains(ClassId::SKIP_DDNS) {
            log::event!(DDNS_TUNING6_SKIPPING_DDNS, query = query.label);
            (naming.forward, naming.reverse) = (false, false);
        }
    }
}
