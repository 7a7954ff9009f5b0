//! The Kea models are the published ones node for node: path, statement, types, whether it is configuration, keys.
//!
//! The published trees are tables of these (`MODULE@REVISION.csv` in `../shared/yang-trees` beside the project). Where
//! they are not at hand there is nothing to compare with, and the test says so.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use yang2::context::{Context, ContextFlags};
use yang2::schema::{DataValueType, SchemaNode, SchemaNodeKind, SchemaPathFormat};

const MODELS: [(&str, &str); 3] =
    [("kea-dhcp4-server", "2026-06-24"), ("kea-dhcp6-server", "2026-06-24"), ("kea-dhcp-ddns", "2025-06-25")];

#[test]
fn every_node_is_the_published_one() {
    let context = context();
    for (name, revision) in MODELS {
        let file = project().join(format!("../shared/yang-trees/{name}@{revision}.csv"));
        let Ok(table) = std::fs::read_to_string(&file) else {
            eprintln!("skipped: {} is not there to compare with", file.display());
            continue;
        };
        let published: BTreeSet<String> = table.lines().skip(1).map(without_module).collect();
        let module = context.get_module_implemented(name).expect("a loaded module");
        let ours: BTreeSet<String> = module.data().flat_map(|top| top.traverse()).map(|node| row(&node)).collect();
        let missing: Vec<_> = published.difference(&ours).collect();
        let other: Vec<_> = ours.difference(&published).collect();
        assert!(missing.is_empty() && other.is_empty(), "{name}: published {missing:#?}, here {other:#?}");
        assert!(ours.len() > 100, "{name} has only {} nodes", ours.len());
    }
}

#[test]
fn lists_are_ordered_and_containers_present_as_published() {
    let context = context();
    let mut by_user = BTreeSet::new();
    let mut presence = BTreeSet::new();
    let modules = MODELS.iter().filter_map(|(name, _)| context.get_module_implemented(name));
    for node in modules.flat_map(|module| module.data()).flat_map(|top| top.traverse()) {
        let name = node.name().to_owned();
        match node.kind() {
            SchemaNodeKind::List if node.is_user_ordered() && node.is_config() => by_user.insert(name),
            SchemaNodeKind::Container if !node.is_np_container() => presence.insert(name),
            _ => false,
        };
    }
    assert_eq!(by_user, ["client-class", "pd-pool", "pool", "subnet4", "subnet6"].map(str::to_owned).into());
    assert_eq!(presence, ["authentication", "control-socket", "lease-database", "server-id"].map(str::to_owned).into());
}

/// A published line with the type's name alone: libyang does not tell which module a type is from.
fn without_module(line: &str) -> String {
    let mut columns: Vec<&str> = line.split(',').collect();
    if let Some(named) = columns.get_mut(4) {
        *named = named.rsplit(':').next().unwrap_or_default();
    }
    columns.join(",")
}

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The models as they stand in the project.
fn context() -> Context {
    let mut context = Context::new(ContextFlags::DISABLE_SEARCHDIR_CWD).expect("libyang");
    context.set_searchdir(project().join("yang")).expect("the folder of modules");
    for (name, revision) in MODELS {
        context.load_module(name, Some(revision), &[]).expect("a module that loads");
    }
    context
}

/// A node as a line of the published table.
fn row(node: &SchemaNode<'_>) -> String {
    let path = node.path(SchemaPathFormat::DATA);
    let keyword = match node.kind() {
        SchemaNodeKind::Container => "container",
        SchemaNodeKind::List => "list",
        SchemaNodeKind::Leaf => "leaf",
        SchemaNodeKind::LeafList => "leaf-list",
        other => panic!("{path}: the Kea models have no {other:?}"),
    };
    let flag = if node.is_config() { "rw" } else { "ro" };
    let (primitive, named) = match node.leaf_type() {
        None => ("nil", "nil".to_owned()),
        Some(leaf) => {
            let primitive = type_name(leaf.base_type());
            (primitive, leaf.typedef_name().unwrap_or_else(|| primitive.to_owned()))
        }
    };
    let key = if node.is_list_key() { "key" } else { "" };
    format!("{path},{keyword},{primitive},{flag},{named},{key}")
}

fn type_name(value: DataValueType) -> &'static str {
    match value {
        DataValueType::Binary => "binary",
        DataValueType::Uint8 => "uint8",
        DataValueType::Uint16 => "uint16",
        DataValueType::Uint32 => "uint32",
        DataValueType::String => "string",
        DataValueType::Bool => "boolean",
        DataValueType::Dec64 => "decimal64",
        DataValueType::Enum => "enumeration",
        DataValueType::Union => "union",
        _ => "other",
    }
}
