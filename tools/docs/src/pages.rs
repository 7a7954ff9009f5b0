//! All pages of docs/reference, and whether they are those of the sources.

use crate::{messages, statistics, unsupported};
use process::{Daemon, Identity};
use schema::manual::manual;
use std::fs;
use std::path::{Path, PathBuf};

/// The programs with a configuration file, their pages and the YANG modules that model them.
pub const PROGRAMS: [(&str, &Identity, Option<&str>); 4] = [
    ("dhcp4.md", &dhcpd_server::Dhcp4::IDENTITY, Some("kea-dhcp4-server")),
    ("dhcp6.md", &dhcpd_server::Dhcp6::IDENTITY, Some("kea-dhcp6-server")),
    ("ddns.md", &d2_server::daemon::D2::IDENTITY, Some("kea-dhcp-ddns")),
    ("netconf.md", &netconf_agent::agent::Agent::IDENTITY, None),
];

/// What each page begins with.
const HEAD: &str =
    "<!-- Made by `UPDATE_DOCS=1 cargo test -p docs`: change the declarations in the sources, not this file. -->\n\n";

/// With `UPDATE_DOCS` in the environment it mends what it finds stale.
#[test]
fn pages_are_those_of_the_sources() {
    let mut stale = Vec::new();
    for (name, text) in pages() {
        let path = folder().join(name);
        if fs::read_to_string(&path).is_ok_and(|written| written == text) {
            continue;
        }
        match std::env::var_os("UPDATE_DOCS") {
            Some(_) => fs::write(&path, text).expect("a page that can be written"),
            None => stale.push(name),
        }
    }
    let stale = stale.join(", ");
    assert!(stale.is_empty(), "stale in docs/reference: {stale}; `UPDATE_DOCS=1 cargo test -p docs` mends it");
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
