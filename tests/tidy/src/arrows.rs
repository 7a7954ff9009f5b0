//! Arrows between crates.

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, PackageId};
use std::collections::{BTreeSet, HashMap};

/// Crates that must know no socket, file, clock, thread or runtime: none of these, directly or through others.
const PURE: &[&str] =
    &["daemon-schema", "dhcpd-wire", "dhcpd-config", "dhcpd-eval", "d2-config", "d2-ncr", "d2-dns", "translators"];
const IMPURE: &[&str] = &["tokio", "socket2", "nix", "libc", "mio", "russh", "yang2", "parking_lot", "tracing"];

/// The engine names no runtime and no socket; that a store behind it holds files is the store's business.
const ENGINE_KNOWS_NOT: &[&str] =
    &["tokio", "socket2", "mio", "russh", "yang2", "daemon-control", "daemon-process", "dhcpd-net"];

/// Who may depend on whom, besides crates from outside.
const ALLOWED: &[(&str, &[&str])] = &[
    ("daemon-schema", &["daemon-schema-derive"]),
    ("daemon-schema-derive", &[]),
    ("daemon-log", &["daemon-schema"]),
    ("daemon-stats", &[]),
    ("daemon-control", &["daemon-schema", "daemon-log"]),
    ("daemon-process", &["daemon-schema", "daemon-log", "daemon-stats", "daemon-control"]),
    ("dhcpd-wire", &[]),
    ("dhcpd-config", &["daemon-schema", "dhcpd-wire", "dhcpd-eval"]),
    ("dhcpd-eval", &["dhcpd-wire"]),
    ("dhcpd-leases", &["daemon-log"]),
    (
        "dhcpd-engine",
        &["dhcpd-wire", "dhcpd-eval", "dhcpd-config", "dhcpd-leases", "daemon-log", "daemon-stats", "d2-ncr"],
    ),
    ("dhcpd-net", &[]),
    ("dhcpd-sql", &["daemon-schema", "daemon-log", "dhcpd-wire", "dhcpd-config", "dhcpd-leases"]),
    (
        "dhcpd-libs",
        &[
            "daemon-schema",
            "daemon-log",
            "daemon-stats",
            "daemon-control",
            "dhcpd-wire",
            "dhcpd-eval",
            "dhcpd-config",
            "dhcpd-leases",
            "dhcpd-engine",
            "d2-ncr",
        ],
    ),
    (
        "dhcpd-server",
        &[
            "daemon-schema",
            "daemon-log",
            "daemon-stats",
            "daemon-control",
            "daemon-process",
            "dhcpd-wire",
            "dhcpd-config",
            "dhcpd-leases",
            "dhcpd-engine",
            "dhcpd-libs",
            "dhcpd-net",
            "dhcpd-sql",
            "d2-ncr",
        ],
    ),
    ("d2-dns", &[]),
    ("d2-ncr", &["d2-dns"]),
    ("d2-config", &["daemon-schema", "d2-dns"]),
    (
        "d2-server",
        &[
            "daemon-schema",
            "daemon-log",
            "daemon-stats",
            "daemon-control",
            "daemon-process",
            "d2-config",
            "d2-dns",
            "d2-ncr",
        ],
    ),
    ("translators", &["daemon-schema", "dhcpd-config", "d2-config"]),
    (
        "netconf-agent",
        &["daemon-schema", "daemon-log", "daemon-stats", "daemon-control", "daemon-process", "translators"],
    ),
    ("kea-admin", &["dhcpd-leases", "dhcpd-sql"]),
    ("kea-lfc", &["daemon-log", "dhcpd-leases"]),
    ("kea-shell", &["daemon-control"]),
    ("keactrl", &[]),
    ("perfdhcp", &["dhcpd-net", "dhcpd-wire"]),
    ("docs", &[]),
    ("tidy", &[]),
];

#[test]
fn rooms_know_only_whom_they_may() {
    let metadata = metadata();
    let ours: BTreeSet<&str> = metadata.workspace_packages().iter().map(|p| p.name.as_str()).collect();
    let allowed: HashMap<&str, &[&str]> = ALLOWED.iter().copied().collect();
    let mut wrong = Vec::new();
    for package in metadata.workspace_packages() {
        let Some(may) = allowed.get(package.name.as_str()) else {
            wrong.push(format!("{} is a room without an entry in ALLOWED", package.name));
            continue;
        };
        for dependency in
            package.dependencies.iter().filter(|d| d.kind == DependencyKind::Normal && ours.contains(d.name.as_str()))
        {
            if !may.contains(&dependency.name.as_str()) {
                wrong.push(format!("{} -> {}", package.name, dependency.name));
            }
        }
    }
    assert!(wrong.is_empty(), "arrows that point the wrong way:\n{}", wrong.join("\n"));
}

#[test]
fn pure_rooms_reach_nothing_impure() {
    let metadata = metadata();
    let mut wrong = Vec::new();
    for name in PURE {
        wrong.extend(
            reachable(&metadata, name)
                .iter()
                .filter(|r| IMPURE.contains(&r.as_str()))
                .map(|r| format!("{name} -> ... -> {r}")),
        );
    }
    let engine = reachable(&metadata, "dhcpd-engine");
    wrong.extend(
        engine.iter().filter(|r| ENGINE_KNOWS_NOT.contains(&r.as_str())).map(|r| format!("dhcpd-engine -> ... -> {r}")),
    );
    assert!(wrong.is_empty(), "what must not be known is:\n{}", wrong.join("\n"));
}

#[test]
fn daemons_build_without_libyang() {
    let metadata = metadata();
    for daemon in ["dhcpd-server", "d2-server"] {
        let reached = reachable(&metadata, daemon);
        for absent in ["yang2", "libyang2-sys", "translators", "netconf-agent", "russh"] {
            assert!(!reached.contains(absent), "{daemon} reaches {absent}");
        }
    }
}

fn metadata() -> Metadata {
    // Only what this platform is built with: the rest need not be on the machine.
    let platform = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    MetadataCommand::new().other_options(vec!["--filter-platform".into(), platform]).exec().expect("cargo metadata")
}

/// Names of all crates that this one is built with, itself not among them; development dependencies left out.
fn reachable(metadata: &Metadata, name: &str) -> BTreeSet<String> {
    let resolve = metadata.resolve.as_ref().expect("resolved dependencies");
    let nodes: HashMap<&PackageId, _> = resolve.nodes.iter().map(|n| (&n.id, n)).collect();
    let start = metadata.packages.iter().find(|p| p.name.as_str() == name).unwrap_or_else(|| panic!("no crate {name}"));
    let mut seen = BTreeSet::new();
    let mut todo = vec![&start.id];
    while let Some(id) = todo.pop() {
        // Build scripts and procedural macros run at build time: they are not in the program.
        for dependency in nodes[id].deps.iter().filter(|d| d.dep_kinds.iter().any(|k| k.kind == DependencyKind::Normal))
        {
            let package = &metadata[&dependency.pkg];
            if !package.targets.iter().any(|t| t.is_proc_macro()) && seen.insert(package.name.to_string()) {
                todo.push(&dependency.pkg);
            }
        }
    }
    seen
}
