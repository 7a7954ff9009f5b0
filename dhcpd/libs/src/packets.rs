//! The libraries of a configuration that have a say in what becomes of packets.

use crate::{bootp::Bootp, ddns_tuning::DdnsTuning, flex_id::FlexId, flex_option::FlexOption};
use dhcpd_config::parameters::Library;
use engine::hooks::Libraries;
use engine::{v4, v6};
use std::sync::Arc;
use wire::options::Family;

/// Those of a DHCPv4 server, in the order of the configuration.
pub fn hooks4(libraries: &[Library]) -> Libraries<dyn v4::hooks::Hooks> {
    let made = libraries.iter().filter_map(|library| -> Option<Arc<dyn v4::hooks::Hooks>> {
        match library {
            Library::Bootp => Some(Arc::new(Bootp)),
            Library::DdnsTuning(rules) => Some(Arc::new(DdnsTuning::new(rules))),
            Library::FlexId(rules) => Some(Arc::new(FlexId::new(rules, Family::V4))),
            Library::FlexOption(rules) => Some(Arc::new(FlexOption::new(rules))),
            _ => None,
        }
    });
    Libraries::new(made.map(|library| (library.points(), library)))
}

/// Those of a DHCPv6 server, in the order of the configuration.
pub fn hooks6(libraries: &[Library]) -> Libraries<dyn v6::hooks::Hooks> {
    let made = libraries.iter().filter_map(|library| -> Option<Arc<dyn v6::hooks::Hooks>> {
        match library {
            Library::DdnsTuning(rules) => Some(Arc::new(DdnsTuning::new(rules))),
            Library::FlexId(rules) => Some(Arc::new(FlexId::new(rules, Family::V6))),
            Library::FlexOption(rules) => Some(Arc::new(FlexOption::new(rules))),
            _ => None,
        }
    });
    Libraries::new(made.map(|library| (library.points(), library)))
}
