//! kea-netconf.

use std::process::ExitCode;

fn main() -> ExitCode {
    process::run::<netconf_agent::agent::Agent>()
}
