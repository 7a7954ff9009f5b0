//! The libraries of a configuration that have a say in what becomes of packets.

use crate::ha::{self, Group, HighAvailability};
use crate::legal_log::{self, LegalLog};
use crate::machine::{Fault, Machine};
use crate::ping_check::PingCheck;
use crate::rbac;
use crate::run_script::{self, RunScript};
use crate::{
    bootp::Bootp,
    ddns_tuning::DdnsTuning,
    flex_id::FlexId,
    flex_option::FlexOption,
    limits::Limits,
    perfmon::{Monitor, Perfmon},
    user_chk::UserChk,
};
use dhcpd_config::parameters::Library;
use dhcpd_config::v4::snapshot::Config4;
use dhcpd_config::v6::snapshot::Config6;
use engine::hooks::Libraries;
use engine::{v4, v6};
use leases::memfile::{ClassCounts, Store4};
use std::sync::Arc;
use wire::options::Family;

/// What of the libraries' parameters does not fit the machine. Nothing is changed there.
pub fn check(libraries: &[Library], machine: &Machine) -> Vec<Fault> {
    let fault = |(library, entry): (usize, &Library)| {
        let found = match entry {
            Library::LegalLog(rules) => legal_log::check(rules, machine),
            Library::Rbac(rules) => rbac::check(rules),
            Library::RunScript(rules) => run_script::find(rules, machine).map(drop),
            _ => Ok(()),
        };
        found.err().map(|(parameter, reason)| Fault { library, parameter, reason })
    };
    libraries.iter().enumerate().filter_map(fault).collect()
}

/// What libraries share with the rest of the server.
#[derive(Clone, Copy, Debug)]
pub struct Means<'a> {
    /// All statistics.
    pub stats: &'a stats::Registry,
    /// Where leases are counted by client class, if anybody asks for it.
    pub class_counts: &'a Option<Arc<ClassCounts>>,
    /// What measures how long queries take, if anything does.
    pub monitor: &'a Option<Arc<Monitor>>,
}

/// Those of a DHCPv4 server, in the order of the configuration; with these relationships to other servers.
pub fn hooks4(
    config: &Config4,
    machine: &Machine,
    means: &Means<'_>,
    store: &Arc<Store4>,
    groups: &[Arc<Group<ha::V4>>],
) -> Result<Libraries<dyn v4::hooks::Hooks>, Vec<Fault>> {
    let (remove, names) = (!config.expired.kept(), config.classes.classifier.names());
    all(&config.hooks, |library| {
        Ok(match library {
            Library::Bootp => Some(Arc::new(Bootp) as Arc<dyn v4::hooks::Hooks>),
            Library::DdnsTuning(rules) => Some(Arc::new(DdnsTuning::new(rules))),
            Library::FlexId(rules) => Some(Arc::new(FlexId::new(rules, Family::V4))),
            Library::FlexOption(rules) => Some(Arc::new(FlexOption::new(rules))),
            Library::HighAvailability(rules) if !groups.is_empty() => {
                Some(Arc::new(HighAvailability::new(rules.clone(), groups.to_vec(), means.stats)))
            }
            Library::Limits(rules) => Some(Arc::new(Limits::new(rules, Family::V4, names, means))),
            Library::Perfmon(_) => means.monitor.clone().map(|monitor| Arc::new(Perfmon(monitor)) as Arc<_>),
            Library::LegalLog(rules) => Some(Arc::new(LegalLog::new(rules, machine)?)),
            Library::PingCheck(rules) => Some(Arc::new(PingCheck::new(rules, machine, store)?)),
            Library::Rbac(rules) => rbac::check(rules).map(|()| None)?,
            Library::UserChk => Some(Arc::new(UserChk::new(machine)?)),
            Library::RunScript(rules) => Some(Arc::new(RunScript::new(rules, machine, remove)?)),
            _ => None,
        })
    })
    .map(|list| Libraries::new(list.into_iter().map(|library| (library.points(), library))))
}

/// Those of a DHCPv6 server, in the order of the configuration; with these relationships to other servers.
pub fn hooks6(
    config: &Config6,
    machine: &Machine,
    means: &Means<'_>,
    groups: &[Arc<Group<ha::V6>>],
) -> Result<Libraries<dyn v6::hooks::Hooks>, Vec<Fault>> {
    let (remove, names) = (!config.expired.kept(), config.classes.classifier.names());
    all(&config.hooks, |library| {
        Ok(match library {
            Library::DdnsTuning(rules) => Some(Arc::new(DdnsTuning::new(rules)) as Arc<dyn v6::hooks::Hooks>),
            Library::FlexId(rules) => Some(Arc::new(FlexId::new(rules, Family::V6))),
            Library::FlexOption(rules) => Some(Arc::new(FlexOption::new(rules))),
            Library::HighAvailability(rules) if !groups.is_empty() => {
                Some(Arc::new(HighAvailability::new(rules.clone(), groups.to_vec(), means.stats)))
            }
            Library::Limits(rules) => Some(Arc::new(Limits::new(rules, Family::V6, names, means))),
            Library::Perfmon(_) => means.monitor.clone().map(|monitor| Arc::new(Perfmon(monitor)) as Arc<_>),
            Library::LegalLog(rules) => Some(Arc::new(LegalLog::new(rules, machine)?)),
            Library::Rbac(rules) => rbac::check(rules).map(|()| None)?,
            Library::UserChk => Some(Arc::new(UserChk::new(machine)?)),
            Library::RunScript(rules) => Some(Arc::new(RunScript::new(rules, machine, remove)?)),
            _ => None,
        })
    })
    .map(|list| Libraries::new(list.into_iter().map(|library| (library.points(), library))))
}

/// Why a library cannot be made: the parameter and what is wrong with it.
pub(crate) type Unfit = (&'static str, String);

/// Makes all libraries, or tells of all that cannot be made.
fn all<H: ?Sized>(
    libraries: &[Library],
    make: impl Fn(&Library) -> Result<Option<Arc<H>>, Unfit>,
) -> Result<Vec<Arc<H>>, Vec<Fault>> {
    let (mut made, mut faults) = (Vec::new(), Vec::new());
    for (library, entry) in libraries.iter().enumerate() {
        match make(entry) {
            Ok(one) => made.extend(one),
            Err((parameter, reason)) => faults.push(Fault { library, parameter, reason }),
        }
    }
    if faults.is_empty() { Ok(made) } else { Err(faults) }
}
