//! kea-dhcp-ddns.

use std::process::ExitCode;

fn main() -> ExitCode {
    process::run::<d2_server::daemon::D2>()
}
