//! The daemons' parameters and the YANG models, held against each other in both directions, with libyang as the judge.

#[path = "../../translators/tests/generate/mod.rs"]
mod generate;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use schema::table::Kind;
use serde_json::Value;
use translators::{Claim, ClaimedNode, Model, to_kea, to_yang};
use yang2::context::{Context, ContextFlags};
use yang2::data::{Data as _, DataFormat, DataParserFlags, DataPrinterFlags, DataTree, DataValidationFlags};
use yang2::schema::{DataValueType, SchemaNode, SchemaNodeKind, SchemaPathFormat};

#[test]
fn every_parameter_has_the_node_that_its_table_claims() {
    let context = context();
    let mut wrong = Vec::new();
    for model in Model::ALL {
        for claim in model.claims() {
            let node = context.find_path(&schema_path(&claim.path));
            match node {
                Err(_) => wrong.push(format!("{}: the model has no such node", claim.path)),
                Ok(node) => wrong.extend(contradiction(&claim, &node).map(|why| format!("{}: {why}", claim.path))),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What the models have and no daemon takes; an edit with such a node is refused with its path.
const NOT_SERVED: &[&str] = &[
    "/kea-dhcp-ddns:config/control-socket/http-headers",
    "/kea-dhcp-ddns:config/control-sockets/http-headers",
    "/kea-dhcp4-server:config/config-control/config-database/user-context",
    "/kea-dhcp4-server:config/hosts-database/user-context",
    "/kea-dhcp4-server:config/lease-database/user-context",
    "/kea-dhcp6-server:config/compatibility/ignore-rai-link-selection",
    "/kea-dhcp6-server:config/config-control/config-database/user-context",
    "/kea-dhcp6-server:config/hosts-database/user-context",
    "/kea-dhcp6-server:config/lease-database/user-context",
];

/// The same wherever pools are: the last two steps of the path begin with these.
const NOT_SERVED_IN_POOLS: &[&str] = &["pd-pool/ddns-", "pd-pool/hostname-char-", "pool/ddns-use-conflict-resolution"];

#[test]
fn what_no_daemon_takes_is_what_keas_do_not_take() {
    let context = context();
    let mut not_served = BTreeSet::new();
    for model in Model::ALL {
        let claimed: BTreeSet<String> = model.claims().into_iter().map(|claim| claim.path).collect();
        let module = context.get_module_implemented(model.module).expect("a loaded module");
        let nodes = module.data().flat_map(|top| top.traverse()).filter(|node| node.is_config());
        let paths: BTreeSet<String> = nodes.map(|node| node.path(SchemaPathFormat::DATA)).collect();
        let top = format!("/{}:config", model.module);
        let served = paths.iter().filter(|path| claimed.contains(*path)).count();
        println!("{}: {served} of {} nodes served", model.module, paths.len() - 1);
        let mut above: Option<String> = None;
        for path in paths.iter().filter(|path| **path != top && !claimed.contains(*path)) {
            // What stands below a node that is not served goes without saying.
            if above.as_ref().is_none_or(|above| !path.starts_with(above)) {
                not_served.insert(path.clone());
                above = Some(format!("{path}/"));
            }
        }
        assert!(served > 50, "{}: only {served} nodes are served", model.module);
    }
    let in_pools = |path: &str| {
        let last = path.rmatch_indices('/').nth(1).map_or(path, |(at, _)| &path[at + 1..]);
        NOT_SERVED_IN_POOLS.iter().any(|node| last.starts_with(node))
    };
    not_served.retain(|path| !in_pools(path));
    assert_eq!(not_served, NOT_SERVED.iter().map(|path| (*path).to_owned()).collect());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn dhcp4_data_is_valid_and_comes_back(config in generate::configuration(Model::DHCP4)) {
        through_libyang(Model::DHCP4, &config);
    }

    #[test]
    fn dhcp6_data_is_valid_and_comes_back(config in generate::configuration(Model::DHCP6)) {
        through_libyang(Model::DHCP6, &config);
    }

    #[test]
    fn ddns_data_is_valid_and_comes_back(config in generate::configuration(Model::DDNS)) {
        through_libyang(Model::DDNS, &config);
    }
}

/// JSON to YANG, into libyang, which validates it and sorts what it may sort, out of it, and back to the same JSON.
fn through_libyang(model: Model, config: &Value) {
    thread_local!(static CONTEXT: Context = context());
    let shown = to_yang(&model, config).expect("a configuration").yang;
    let printed = CONTEXT.with(|context| {
        let (parse, validate) = (DataParserFlags::STRICT, DataValidationFlags::PRESENT);
        let tree = DataTree::parse_string(context, shown.to_string(), DataFormat::JSON, parse, validate);
        let tree = tree.unwrap_or_else(|error| panic!("{error:?}\n{shown:#}"));
        tree.print_string(DataFormat::JSON, DataPrinterFlags::WITH_SIBLINGS).expect("data that prints")
    });
    // libyang prints an empty tree as nothing.
    let printed = printed.filter(|text| !text.is_empty()).unwrap_or_else(|| "{}".to_owned());
    let data: Value = serde_json::from_str(&printed).expect("JSON");
    let after = to_kea(&model, &data, config).expect("data of the model");
    assert_eq!(&after, config);
}

/// What the schema says against a claim.
fn contradiction(claim: &Claim, node: &SchemaNode<'_>) -> Option<String> {
    let kind = node.kind();
    let leaf = node.leaf_type().map(|leaf| leaf.base_type());
    let expected = |what: &str| Some(format!("is claimed as {what}, the model has {kind:?} {leaf:?}"));
    match &claim.node {
        ClaimedNode::Leaf(value) if kind == SchemaNodeKind::Leaf && holds(leaf?, value) => None,
        ClaimedNode::LeafList(value) if kind == SchemaNodeKind::LeafList && holds(leaf?, value) => None,
        ClaimedNode::Leaf(value) => expected(&format!("a leaf of {value:?}")),
        ClaimedNode::LeafList(value) => expected(&format!("a leaf-list of {value:?}")),
        ClaimedNode::Text if leaf == Some(DataValueType::String) => None,
        ClaimedNode::Text => expected("text"),
        ClaimedNode::Made if leaf.is_some() => None,
        ClaimedNode::Made => expected("a leaf"),
        ClaimedNode::Container { presence } => match kind {
            SchemaNodeKind::Container if *presence != node.is_np_container() => None,
            _ => expected(if *presence { "a container with presence" } else { "a container without presence" }),
        },
        ClaimedNode::List { keys, by_user } => {
            let theirs: Vec<_> = node.list_keys().map(|key| key.name().to_owned()).collect();
            match kind {
                SchemaNodeKind::List if theirs == *keys && node.is_user_ordered() == *by_user => None,
                _ => expected(&format!("a list with keys {keys:?}, ordered by the user: {by_user}")),
            }
        }
    }
}

/// Whether a leaf of this type holds all values of this kind.
fn holds(leaf: DataValueType, kind: &Kind) -> bool {
    let least_and_most = match leaf {
        DataValueType::Uint8 => (0, i64::from(u8::MAX)),
        DataValueType::Uint16 => (0, i64::from(u16::MAX)),
        DataValueType::Uint32 => (0, i64::from(u32::MAX)),
        DataValueType::Int64 => (i64::MIN, i64::MAX),
        _ => (0, -1),
    };
    match kind {
        Kind::Bool => leaf == DataValueType::Bool,
        Kind::Real => leaf == DataValueType::Dec64,
        Kind::Int { min, max } => least_and_most.0 <= *min && *max <= least_and_most.1,
        Kind::Text { .. } => matches!(leaf, DataValueType::String | DataValueType::Union),
        Kind::Word(_) => matches!(leaf, DataValueType::Enum | DataValueType::String),
        _ => false,
    }
}

/// The module's name in front of every step, as libyang wants it, and not only where it changes.
fn schema_path(path: &str) -> String {
    let mut module = "";
    let step = |step| match str::split_once(step, ':') {
        Some((other, name)) => {
            module = other;
            format!("/{module}:{name}")
        }
        None => format!("/{module}:{step}"),
    };
    path.split('/').skip(1).map(step).collect()
}

/// The models as they stand in the project, with lists sorted as libyang likes.
fn context() -> Context {
    let modules: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../yang");
    let mut context = Context::new(ContextFlags::DISABLE_SEARCHDIR_CWD).expect("libyang");
    context.set_searchdir(modules).expect("the folder of modules");
    for model in Model::ALL {
        context.load_module(model.module, None, &[]).expect("a module that loads");
        context.load_module(&model.own_module(), None, &[]).expect("a module of ours that loads");
    }
    context
}
