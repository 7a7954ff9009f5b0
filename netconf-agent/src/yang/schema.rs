//! The schema: a libyang context with the modules that the agent serves.

use std::collections::HashMap;
use std::path::Path;

use yang2::context::{Context, ContextFlags, EmbeddedModuleKey, EmbeddedModules};
use yang2::schema::{SchemaModule, SchemaNode, SchemaNodeKind};

use super::print::{View, print_all};
use super::{Invalid, Selection, Tree, names, raw};
use crate::rpc::{ErrorPath, Filter};
use crate::xml::Scope;

/// The modules that come with the agent: name, revision, text.
const SHIPPED: &[(&str, &str, &str)] = &[
    ("ietf-netconf", "2011-06-01", include_str!("../../../yang/ietf-netconf@2011-06-01.yang")),
    ("ietf-netconf-monitoring", "2010-10-04", include_str!("../../../yang/ietf-netconf-monitoring@2010-10-04.yang")),
    (
        "ietf-netconf-with-defaults",
        "2011-06-01",
        include_str!("../../../yang/ietf-netconf-with-defaults@2011-06-01.yang"),
    ),
    (
        "ietf-netconf-notifications",
        "2012-02-06",
        include_str!("../../../yang/ietf-netconf-notifications@2012-02-06.yang"),
    ),
    ("ietf-netconf-acm", "2018-02-14", include_str!("../../../yang/ietf-netconf-acm@2018-02-14.yang")),
    ("ietf-netconf-nmda", "2019-01-07", include_str!("../../../yang/ietf-netconf-nmda@2019-01-07.yang")),
    ("ietf-origin", "2018-02-14", include_str!("../../../yang/ietf-origin@2018-02-14.yang")),
    (
        "ietf-netconf-partial-lock",
        "2009-10-19",
        include_str!("../../../yang/ietf-netconf-partial-lock@2009-10-19.yang"),
    ),
    ("notifications", "2008-07-14", include_str!("../../../yang/notifications@2008-07-14.yang")),
    ("nc-notifications", "2008-07-14", include_str!("../../../yang/nc-notifications@2008-07-14.yang")),
    ("kea-types", "2025-06-25", include_str!("../../../yang/kea-types@2025-06-25.yang")),
    ("kea-dhcp-types", "2026-06-24", include_str!("../../../yang/kea-dhcp-types@2026-06-24.yang")),
    ("kea-dhcp4-server", "2026-06-24", include_str!("../../../yang/kea-dhcp4-server@2026-06-24.yang")),
    ("kea-dhcp6-server", "2026-06-24", include_str!("../../../yang/kea-dhcp6-server@2026-06-24.yang")),
    ("kea-dhcp-ddns", "2025-06-25", include_str!("../../../yang/kea-dhcp-ddns@2025-06-25.yang")),
    ("ietf-dhcpv6-common", "2022-06-20", include_str!("../../../yang/ietf-dhcpv6-common@2022-06-20.yang")),
    ("ietf-dhcpv6-server", "2022-06-20", include_str!("../../../yang/ietf-dhcpv6-server@2022-06-20.yang")),
    (
        "takahe-ietf-dhcpv6-server",
        "2026-11-22",
        include_str!("../../../yang/takahe-ietf-dhcpv6-server@2026-11-22.yang"),
    ),
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
    /// Whether it is written in YANG 1.1.
    pub is_yang_1_1: bool,
    /// The features that are supported.
    pub features: &'static [&'static str],
}

/// The schema of all data that the agent holds.
#[derive(Debug)]
pub struct Schema {
    pub(super) context: &'static Context,
    /// Names of the models that have a tree each, by index.
    models: Vec<&'static str>,
    /// The models in which an entry of an outermost list is valid whatever is beside it.
    local: Vec<&'static str>,
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
        let of_netconf = OF_NETCONF.iter().map(|(module, _)| module.to_string());
        let models_and_ours = models.iter().flat_map(|model| [model.to_string(), ours(model)]);
        for module in of_netconf.chain(models_and_ours) {
            context
                .load_module(&module, None, features(&module))
                .map_err(|e| format!("cannot load YANG module {module}: {}", Invalid::from(e)))?;
        }
        let models: Vec<&'static str> = models.iter().copied().chain([ACCESS_CONTROL]).collect();
        let models_in_context = models.iter().filter_map(|model| context.get_module_implemented(model));
        for node in models_in_context.flat_map(|module| module.data()).flat_map(|top| top.traverse()) {
            if matches!(node.kind(), SchemaNodeKind::List | SchemaNodeKind::LeafList) && !node.is_user_ordered() {
                raw::keep_order(&node);
            }
        }
        let context: &'static Context = Box::leak(Box::new(context));
        Self::describe(context, &models)
    }

    fn describe(context: &'static Context, models: &[&'static str]) -> Result<Self, String> {
        let mut modules: Vec<Module> = Vec::new();
        let mut texts = HashMap::new();
        for module in context.modules(false) {
            let text = module
                .filepath()
                .and_then(|path| std::fs::read_to_string(path).ok())
                .or_else(|| shipped_text(module.name()).map(str::to_string))
                .or_else(|| printed(&module));
            let says_so = |text: &String| text.lines().any(|line| line.trim().starts_with("yang-version 1.1"));
            modules.push(Module {
                name: module.name().to_string(),
                revision: module.revision().unwrap_or_default().to_string(),
                namespace: module.namespace().to_string(),
                implemented: module.is_implemented(),
                is_yang_1_1: text.as_ref().is_some_and(says_so),
                features: features(module.name()),
            });
            if let Some(text) = text {
                let key = (module.name().to_string(), module.revision().unwrap_or_default().to_string());
                texts.insert(key, text);
            }
        }
        let content_id = content_id(&modules);
        let library = raw::yang_library(context, &content_id).map_err(|e| Invalid::from(e).to_string())?;
        let (models, library_xml) = (models.to_vec(), String::new());
        let mut schema = Self { context, models, local: Vec::new(), modules, texts, library: library_xml, content_id };
        let mut out = String::new();
        print_all(&library, &View::PLAIN, &mut out);
        schema.library = out;
        for model in schema.models.clone() {
            let root =
                schema.root(model).ok_or_else(|| format!("YANG module {model} has no container to configure"))?;
            if !root.traverse().any(|node| raw::looks_around(&node)) {
                schema.local.push(model);
            }
        }
        Ok(schema)
    }

    /// The models, each with a tree of its own in every datastore.
    pub fn models(&self) -> &[&'static str] {
        &self.models
    }

    /// Index of the model of access control, which is the last one.
    pub fn access_control(&self) -> usize {
        self.models.len().saturating_sub(1)
    }

    /// Names of the modules that have nodes in the tree of a model.
    pub fn modules_of(&self, model: usize) -> impl Iterator<Item = &str> {
        let own = self.models.get(model).copied().unwrap_or_default();
        let ours = ours(own);
        let is_it = move |module: &&Module| module.name == own || module.name == ours;
        self.modules.iter().filter(is_it).map(|module| module.name.as_str())
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

    /// Whether an entry of an outermost list of this model is valid whatever is beside it.
    pub(super) fn is_local(&self, model: &str) -> bool {
        self.local.contains(&model)
    }

    /// Prefixes by their declarations, exchanged for names of modules. `Err` with the prefix that stands for none.
    pub fn with_modules(&self, text: &str, scope: &Scope) -> Result<String, String> {
        names::exchange(text, |prefix| {
            let namespace = scope.namespace(prefix)?;
            self.modules.iter().find(|module| module.namespace == namespace).map(|module| module.name.clone())
        })
    }

    /// What a filter selects, as trees understand it.
    pub fn selection(&self, filter: Option<Filter>) -> Result<Selection, Invalid> {
        match filter {
            None => Ok(Selection::All),
            Some(Filter::Subtree(filter)) => Ok(Selection::Subtree(filter)),
            // The root is not among the nodes that libyang finds.
            Some(Filter::XPath { expression, .. }) if expression == "/" => Ok(Selection::All),
            Some(Filter::XPath { expression, scope }) => {
                let expression = self
                    .with_modules(&expression, &scope)
                    .map_err(|prefix| Invalid::new(format!("prefix {prefix:?} in the filter stands for no module")))?;
                self.context.find_xpath(&expression)?;
                Ok(Selection::XPath(expression))
            }
        }
    }

    /// An instance path as XPath: every name with its prefix, and the prefixes declared.
    pub fn error_path(&self, path: &str) -> ErrorPath {
        self.declared(names::qualified(path))
    }

    /// An expression with names of modules as prefixes, and these declared.
    pub fn declared(&self, xpath: String) -> ErrorPath {
        let used = names::prefixes(&xpath);
        let namespace =
            |name: &str| self.modules.iter().find(|module| module.name == name).map(|module| module.namespace.clone());
        let namespaces = used.into_iter().filter_map(|name| Some((name.clone(), namespace(&name)?))).collect();
        ErrorPath { xpath, namespaces }
    }
}

/// The model of who may do what (RFC 8341). No server has it; it is the last of the models.
pub const ACCESS_CONTROL: &str = "ietf-netconf-acm";

/// The modules of the protocol, with what the agent does of their features.
const OF_NETCONF: &[(&str, &[&str])] = &[
    (
        "ietf-netconf",
        &["writable-running", "candidate", "confirmed-commit", "rollback-on-error", "validate", "startup", "xpath"],
    ),
    ("ietf-netconf-monitoring", &[]),
    ("ietf-netconf-with-defaults", &[]),
    ("ietf-netconf-notifications", &[]),
    ("ietf-netconf-nmda", &["origin", "with-defaults"]),
    ("ietf-origin", &[]),
    ("ietf-netconf-acm", &[]),
    ("ietf-netconf-partial-lock", &[]),
    ("notifications", &[]),
    ("nc-notifications", &[]),
];

/// The features of the models.
const OF_MODELS: &[(&str, &[&str])] = &[("ietf-dhcpv6-server", &["na-assignment", "prefix-delegation"])];

fn features(module: &str) -> &'static [&'static str] {
    OF_NETCONF.iter().chain(OF_MODELS).find(|(name, _)| *name == module).map_or(&[], |(_, features)| features)
}

/// The module of ours that augments a model.
fn ours(model: &str) -> String {
    format!("takahe-{model}")
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
