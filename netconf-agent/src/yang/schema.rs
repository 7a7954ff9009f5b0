//! The schema: a libyang context with the modules that the agent serves.

use std::collections::HashMap;
use std::path::Path;

use yang2::context::{Context, ContextFlags, EmbeddedModuleKey, EmbeddedModules};
use yang2::schema::{SchemaModule, SchemaNode, SchemaNodeKind};

use super::{Invalid, Tree, raw};
use crate::rpc::ErrorPath;

/// The modules that come with the agent: name, revision, text.
const SHIPPED: &[(&str, &str, &str)] = &[
    ("ietf-netconf", "2011-06-01", include_str!("../../../yang/ietf-netconf@2011-06-01.yang")),
    ("ietf-netconf-monitoring", "2010-10-04", include_str!("../../../yang/ietf-netconf-monitoring@2010-10-04.yang")),
    ("kea-types", "2025-06-25", include_str!("../../../yang/kea-types@2025-06-25.yang")),
    ("kea-dhcp-types", "2026-06-24", include_str!("../../../yang/kea-dhcp-types@2026-06-24.yang")),
    ("kea-dhcp4-server", "2026-06-24", include_str!("../../../yang/kea-dhcp4-server@2026-06-24.yang")),
    ("kea-dhcp6-server", "2026-06-24", include_str!("../../../yang/kea-dhcp6-server@2026-06-24.yang")),
    ("kea-dhcp-ddns", "2025-06-25", include_str!("../../../yang/kea-dhcp-ddns@2025-06-25.yang")),
    ("takahe-kea-types", "2026-11-21", include_str!("../../../yang/takahe-kea-types@2026-11-21.yang")),
    ("takahe-kea-dhcp4-server", "2026-11-21", include_str!("../../../yang/takahe-kea-dhcp4-server@2026-11-21.yang")),
    ("takahe-kea-dhcp6-server", "2026-11-21", include_str!("../../../yang/takahe-kea-dhcp6-server@2026-11-21.yang")),
    ("takahe-kea-dhcp-ddns", "2026-11-21", include_str!("../../../yang/takahe-kea-dhcp-ddns@2026-11-21.yang")),
];

/// A module of the context, as hello, ietf-yang-library and get-schema speak of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// Name.
    pub name: String,
    /// Revision; empty if it has none.
    pub revision: String,
    /// Namespace.
    pub namespace: String,
    /// Whether its nodes can have data; otherwise it only lends definitions.
    pub implemented: bool,
}

/// The schema of all data that the agent holds.
#[derive(Debug)]
pub struct Schema {
    pub(super) context: &'static Context,
    /// Names of the models that have a tree each, by index.
    models: Vec<&'static str>,
    modules: Vec<Module>,
    /// Texts by name and revision, for get-schema.
    texts: HashMap<(String, String), String>,
    library: String,
    content_id: String,
}

impl Schema {
    /// Loads the models and what they import.
    ///
    /// Modules are looked for in `directory` first (files named `NAME@REVISION.yang`), then among those that come with
    /// the agent. The context is never freed: data refers to it without counting, and a process loads one.
    pub fn load(directory: Option<&Path>, models: &[&'static str]) -> Result<Self, String> {
        let flags = ContextFlags::DISABLE_SEARCHDIR_CWD;
        let mut context = Context::new(flags).map_err(|e| format!("libyang does not start: {e}"))?;
        let shipped: &'static EmbeddedModules = Box::leak(Box::new(
            SHIPPED
                .iter()
                .map(|(name, revision, text)| (EmbeddedModuleKey::new(name, Some(revision), None, None), *text))
                .collect(),
        ));
        context.set_embedded_modules(shipped);
        if let Some(directory) = directory {
            context
                .set_searchdir(directory)
                .map_err(|e| format!("cannot read YANG modules from {}: {e}", directory.display()))?;
        }
        let of_netconf = ["ietf-netconf", "ietf-netconf-monitoring"].map(str::to_string);
        let models_and_ours = models.iter().flat_map(|model| [model.to_string(), ours(model)]);
        for module in of_netconf.into_iter().chain(models_and_ours) {
            let features: &[&str] = if module == "ietf-netconf" { FEATURES } else { &[] };
            context
                .load_module(&module, None, features)
                .map_err(|e| format!("cannot load YANG module {module}: {}", Invalid::from(e)))?;
        }
        let models_in_context = models.iter().filter_map(|model| context.get_module_implemented(model));
        for node in models_in_context.flat_map(|module| module.data()).flat_map(|top| top.traverse()) {
            if matches!(node.kind(), SchemaNodeKind::List | SchemaNodeKind::LeafList) && !node.is_user_ordered() {
                raw::keep_order(&node);
            }
        }
        let context: &'static Context = Box::leak(Box::new(context));
        Self::describe(context, models)
    }

    fn describe(context: &'static Context, models: &[&'static str]) -> Result<Self, String> {
        let modules: Vec<Module> = context.modules(false).map(|module| describe(&module)).collect();
        let mut texts = HashMap::new();
        for module in context.modules(false) {
            let text = module
                .filepath()
                .and_then(|path| std::fs::read_to_string(path).ok())
                .or_else(|| shipped_text(module.name()).map(str::to_string))
                .or_else(|| printed(&module));
            if let Some(text) = text {
                let key = (module.name().to_string(), module.revision().unwrap_or_default().to_string());
                texts.insert(key, text);
            }
        }
        let content_id = content_id(&modules);
        let library = raw::yang_library(context, &content_id).map_err(|e| Invalid::from(e).to_string())?;
        let mut schema = Self { context, models: models.to_vec(), modules, texts, library: String::new(), content_id };
        let mut out = String::new();
        super::print::print_all(&library, &mut out);
        schema.library = out;
        for model in models {
            schema.root(model).ok_or_else(|| format!("YANG module {model} has no container to configure"))?;
        }
        Ok(schema)
    }

    /// The models, each with a tree of its own in every datastore.
    pub fn models(&self) -> &[&'static str] {
        &self.models
    }

    /// Index of the model with this namespace.
    pub fn model_of_namespace(&self, namespace: &str) -> Option<usize> {
        let module = self.modules.iter().find(|m| m.namespace == namespace)?;
        self.models.iter().position(|model| *model == module.name)
    }

    /// Whether any module has this namespace.
    pub fn knows_namespace(&self, namespace: &str) -> bool {
        self.modules.iter().any(|module| module.namespace == namespace)
    }

    /// All modules.
    pub fn modules(&self) -> &[Module] {
        &self.modules
    }

    /// The text of a module, for get-schema: of this revision, or of the only one.
    pub fn text(&self, name: &str, revision: Option<&str>) -> Option<&str> {
        let mut found = self.texts.iter().filter(|((n, r), _)| n == name && revision.is_none_or(|wanted| wanted == r));
        match (found.next(), found.next()) {
            (Some((_, text)), None) => Some(text),
            _ => None,
        }
    }

    /// `<yang-library>` and `<modules-state>`.
    pub fn library(&self) -> &str {
        &self.library
    }

    /// Changes whenever the set of modules does (RFC 8525 §3).
    pub fn content_id(&self) -> &str {
        &self.content_id
    }

    /// The tree of a model without data.
    pub fn empty(&self) -> Tree {
        Tree::empty(self.context)
    }

    /// The container that holds all of a model's configuration.
    pub(super) fn root(&self, model: &str) -> Option<SchemaNode<'static>> {
        let module = self.context.get_module_implemented(model)?;
        module.data().find(|node| node.kind() == SchemaNodeKind::Container && node.is_config())
    }

    /// An instance path as XPath: every name with its prefix, and the prefixes declared.
    pub fn error_path(&self, path: &str) -> ErrorPath {
        let mut xpath = String::with_capacity(path.len() * 2);
        let mut prefix = String::new();
        let mut used: Vec<String> = Vec::new();
        let mut rest = path;
        while let Some(at) = name_start(rest) {
            let (before, names) = rest.split_at(at);
            xpath.push_str(before);
            let end = names.find(['/', '[', '=', ']', ' ']).unwrap_or(names.len());
            let (name, after) = names.split_at(end);
            if let Some((given, _)) = name.split_once(':') {
                prefix = given.to_string();
                xpath.push_str(name);
            } else if name == "." || name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
                xpath.push_str(name);
            } else {
                xpath.push_str(&format!("{prefix}:{name}"));
            }
            if !prefix.is_empty() && !used.contains(&prefix) {
                used.push(prefix.clone());
            }
            rest = after;
        }
        xpath.push_str(rest);
        let namespace =
            |name: &str| self.modules.iter().find(|module| module.name == name).map(|module| module.namespace.clone());
        let namespaces = used.into_iter().filter_map(|name| Some((name.clone(), namespace(&name)?))).collect();
        ErrorPath { xpath, namespaces }
    }
}

/// What the agent does of ietf-netconf's features.
const FEATURES: &[&str] = &["writable-running", "candidate", "rollback-on-error", "validate", "startup"];

/// Offset of the next name in a path: behind `/` or `[`, outside quotes.
fn name_start(path: &str) -> Option<usize> {
    let mut quote = None;
    for (at, character) in path.char_indices() {
        match (quote, character) {
            (None, '/' | '[') => return Some(at + 1),
            (None, '\'' | '"') => quote = Some(character),
            (Some(open), close) if open == close => quote = None,
            _ => {}
        }
    }
    None
}

/// The module of ours that augments a model.
fn ours(model: &str) -> String {
    format!("takahe-{model}")
}

fn describe(module: &SchemaModule<'_>) -> Module {
    Module {
        name: module.name().to_string(),
        revision: module.revision().unwrap_or_default().to_string(),
        namespace: module.namespace().to_string(),
        implemented: module.is_implemented(),
    }
}

fn shipped_text(name: &str) -> Option<&'static str> {
    SHIPPED.iter().find(|(shipped, _, _)| *shipped == name).map(|(_, _, text)| *text)
}

fn printed(module: &SchemaModule<'_>) -> Option<String> {
    use yang2::schema::{SchemaOutputFormat, SchemaPrinterFlags};
    module.print_string(SchemaOutputFormat::YANG, SchemaPrinterFlags::empty()).ok()
}

/// FNV-1a over names and revisions, in hexadecimal.
fn content_id(modules: &[Module]) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for module in modules {
        for byte in module.name.bytes().chain([b'@']).chain(module.revision.bytes()).chain([b'\n']) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    format!("{hash:016x}")
}
