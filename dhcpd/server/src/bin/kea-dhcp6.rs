//! kea-dhcp6: the DHCPv6 daemon.

use std::process::ExitCode;

fn main() -> ExitCode {
    process::run::<dhcpd_server::Dhcp6>()
}
