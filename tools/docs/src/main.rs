//! Writes docs/reference from what the sources declare: `cargo run -p docs`. A test tells when a page is stale.

mod messages;
mod statistics;
#[cfg(test)]
mod tests;
mod unsupported;

use process::{Daemon, Identity};
use schema::manual::manual;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The programs with a configuration file, their pages and the YANG modules that model them.
const PROGRAMS: [(&str, &Identity, Option<&str>); 4] = [
    ("dhcp4.md", &dhcpd_server::Dhcp4::IDENTITY, Some("kea-dhcp4-server")),
    ("dhcp6.md", &dhcpd_server::Dhcp6::IDENTITY, Some("kea-dhcp6-server")),
    ("ddns.md", &d2_server::daemon::D2::IDENTITY, Some("kea-dhcp-ddns")),
    ("netconf.md", &netconf_agent::agent::Agent::IDENTITY, None),
];

/// What each page begins with.
const HEAD: &str = "<!-- Made by `cargo run -p docs`: change the declarations in the sources, not this file. -->\n\n";

fn main() -> ExitCode {
    for (name, text) in pages() {
        let path = folder().join(name);
        if let Err(error) = std::fs::write(&path, text) {
            eprintln!("{}: {error}", path.display());
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// Where the pages are.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference")
}

/// All pages: name and text.
fn pages() -> Vec<(&'static str, String)> {
    let manuals = PROGRAMS.map(|(name, identity, yang)| (name, manual(identity.process, identity.parameters, yang)));
    let others = [
        ("unsupported.md", unsupported::page()),
        ("messages.md", messages::page()),
        ("statistics.md", statistics::page()),
    ];
    manuals.into_iter().chain(others).map(|(name, text)| (name, format!("{HEAD}{text}"))).collect()
}
