//! kea-dhcp4: the DHCPv4 daemon.

use std::process::ExitCode;

fn main() -> ExitCode {
    process::run::<dhcpd_server::Dhcp4>()
}
