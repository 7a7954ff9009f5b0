//! A server's configuration between its JSON and the two forms of YANG data: what kea-yang does.
//!
//! Whatever is read becomes both, the JSON and a tree that libyang has validated; so nothing is printed that one of the
//! two would refuse. Whether the server can do what the configuration asks is the server's to say (`kea-dhcp4 -t`).

use schema::Pos;
use schema::json::{self as dialect, Document};
use serde_json::{Value, json};
use translators::{Model, instance_path, to_kea, to_yang};

use crate::xml;
use crate::yang::{Invalid, Schema, Tree};

/// Forms of a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The servers' own JSON: `{"Dhcp4": {...}}`, with comments and includes.
    Kea,
    /// RFC 7951 JSON: `{"kea-dhcp4-server:config": {...}}`.
    YangJson,
    /// XML of the model.
    YangXml,
}

/// A text to read.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// What to call it in errors.
    pub name: &'a str,
    /// The text.
    pub text: &'a str,
    /// Its form; none to find out.
    pub format: Option<Format>,
    /// The model in which JSON is shown that could be in several; none for that in the server's own terms.
    pub model: Option<Model>,
}

/// Reads a file that another one includes.
pub type Include<'i> = &'i mut dyn FnMut(&str) -> Result<String, String>;

/// The models that a configuration may be in.
pub const MODELS: [Model; 4] = [Model::DHCP4, Model::DHCP6, Model::DDNS, Model::IETF6];

/// A configuration that is valid by its model.
#[derive(Debug)]
pub struct Configuration {
    /// The form in which it was read.
    pub format: Format,
    /// What YANG cannot say of it: where it stands, and why.
    pub left_out: Vec<String>,
    model: Model,
    namespace: String,
    kea: Value,
    tree: Tree,
}

impl Format {
    /// All forms by the names that they have on the command line.
    pub const NAMES: [(&str, Self); 3] =
        [("json", Self::Kea), ("yang-json", Self::YangJson), ("yang-xml", Self::YangXml)];

    /// The form of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, format)| *format)
    }

    /// The form to which this one is converted when none is asked for.
    pub fn opposite(self) -> Self {
        if self == Self::Kea { Self::YangJson } else { Self::Kea }
    }
}

impl Configuration {
    /// Reads a configuration, or tells all that is wrong with it.
    pub fn read(schema: &Schema, input: Input<'_>, include: Include<'_>) -> Result<Self, Vec<String>> {
        let start = input.text.trim_start();
        let is_xml = start.starts_with('<') && !start.starts_with("<?include");
        if input.format.map_or(is_xml, |format| format == Format::YangXml) {
            let tree = Tree::from_xml(schema, input.text).map_err(|invalid| named(input, [invalid]))?;
            // libyang keeps no node that says nothing, but the text does.
            let root = xml::parse(input.text).map_err(|malformed| named(input, [malformed]))?;
            let module = schema.modules().iter().find(|module| *module.namespace == *root.namespace);
            let root = module.map_or(root.name.clone(), |module| format!("{}:{}", module.name, root.name));
            return Self::of_tree(schema, input, Format::YangXml, &[root], tree);
        }
        let document = dialect::parse(input.name, input.text, include).map_err(|error| vec![error.to_string()])?;
        let kea = document.root.to_json();
        let of_yang = || roots(&kea).any(|key| key.contains(':'));
        match input.format.unwrap_or_else(|| if of_yang() { Format::YangJson } else { Format::Kea }) {
            Format::Kea => Self::of_kea(schema, &document, kea, input.model),
            format => {
                let tree = Tree::from_json(schema, &kea).map_err(|invalid| named(input, [invalid]))?;
                Self::of_tree(schema, input, format, &roots(&kea).cloned().collect::<Vec<_>>(), tree)
            }
        }
    }

    /// The text of this configuration in a form, with a line break at its end.
    pub fn print(&self, format: Format) -> String {
        match format {
            Format::Kea => format!("{:#}\n", self.kea),
            // A container that says nothing is not data, but tells whose configuration it is.
            Format::YangJson if self.tree.xml().is_empty() => format!("{:#}\n", json!({ self.model.outermost(): {} })),
            Format::YangJson => format!("{:#}\n", self.tree.to_json()),
            Format::YangXml if self.tree.xml().is_empty() => {
                format!("<{} xmlns=\"{}\"/>\n", self.model.container, self.namespace)
            }
            Format::YangXml => self.tree.to_pretty_xml(),
        }
    }

    /// The servers' JSON.
    pub fn kea(&self) -> &Value {
        &self.kea
    }

    fn of_kea(schema: &Schema, document: &Document, kea: Value, wanted: Option<Model>) -> Result<Self, Vec<String>> {
        let keys: Vec<String> = roots(&kea).cloned().collect();
        let model = the_only(&keys, &Model::ALL, |model| model.root.to_owned());
        let model = model.map_err(|reason| vec![document.error(document.root.pos, reason).to_string()])?;
        let model = wanted.filter(|wanted| wanted.root == model.root).unwrap_or(model);
        let at = |path: &str, reason: &str| {
            let told = document.error(position(document, path), reason);
            // A parameter that was not written has no position of its own.
            if told.path == path { told.to_string() } else { format!("{told} (at {path})") }
        };
        let shown = to_yang(&model, &kea)
            .map_err(|errors| errors.iter().map(|e| at(&e.path, &e.reason)).collect::<Vec<_>>())?;
        let invalid = |invalid: Invalid| {
            let told = document.error(invalid_position(document, &model, &kea, &invalid), invalid.reason);
            vec![format!("{told} ({})", invalid.path)]
        };
        let tree = Tree::from_json(schema, &shown.yang).map_err(invalid)?;
        tree.validity().map_err(invalid)?;
        let left_out = shown.left_out.iter().map(|left| at(&left.path, &left.reason)).collect();
        Ok(Self { format: Format::Kea, left_out, model, namespace: namespace(schema, &model), kea, tree })
    }

    fn of_tree(
        schema: &Schema,
        input: Input<'_>,
        format: Format,
        roots: &[String],
        tree: Tree,
    ) -> Result<Self, Vec<String>> {
        tree.validity().map_err(|invalid| named(input, [invalid]))?;
        let model =
            the_only(roots, &MODELS, Model::outermost).map_err(|reason| vec![format!("{}: {reason}", input.name)])?;
        let kea = to_kea(&model, &tree.to_json(), &Value::Null).map_err(|errors| named(input, errors))?;
        Ok(Self { format, left_out: Vec::new(), model, namespace: namespace(schema, &model), kea, tree })
    }
}

/// Errors with the name of the input in front.
fn named(input: Input<'_>, errors: impl IntoIterator<Item = impl std::fmt::Display>) -> Vec<String> {
    errors.into_iter().map(|error| format!("{}: {error}", input.name)).collect()
}

fn roots(value: &Value) -> impl Iterator<Item = &String> {
    value.as_object().into_iter().flat_map(|map| map.keys())
}

fn namespace(schema: &Schema, model: &Model) -> String {
    let module = schema.modules().iter().find(|module| module.name == model.module);
    module.map(|module| module.namespace.clone()).unwrap_or_default()
}

/// The model whose configuration has these outermost keys; `root` is the one that it has.
fn the_only(keys: &[String], models: &[Model], root: impl Fn(&Model) -> String) -> Result<Model, String> {
    let expected = || models.iter().map(|model| format!("`{}`", root(model))).collect::<Vec<_>>().join(", ");
    let [key] = keys else {
        return Err(format!("one of {} is expected, and nothing beside it", expected()));
    };
    let model = models.iter().copied().find(|model| root(model) == *key);
    model.ok_or_else(|| format!("`{key}` has no YANG model; one of {} is expected", expected()))
}

/// Where a path of the JSON (`Dhcp4/subnet4[0]/pools[1]`) stands, or the nearest around it that was written.
fn position(document: &Document, path: &str) -> Pos {
    let mut node = &document.root;
    for step in path.split('/') {
        let (key, index) = match step.strip_suffix(']').and_then(|step| step.split_once('[')) {
            Some((key, index)) => (key, index.parse::<usize>().ok()),
            None => (step, None),
        };
        let Some(value) = node.member(key) else { break };
        node = value;
        if let (Some(index), dialect::Value::List(entries)) = (index, &node.value) {
            let Some(entry) = entries.get(index) else { break };
            node = entry;
        }
    }
    node.pos
}

/// Where what libyang finds fault with was written.
fn invalid_position(document: &Document, model: &Model, kea: &Value, invalid: &Invalid) -> Pos {
    // While a list entry is read libyang does not know all of its keys yet.
    let (whole, found) = search(document, model, kea, &invalid.path, false);
    let found = if whole { found } else { search(document, model, kea, &without_keys(&invalid.path), true).1 };
    let blamed = |node: &dialect::Node| {
        let value = node.to_json();
        invalid.reason.contains(&format!("\"{}\"", value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
    };
    let blamed = found.iter().find(|(_, node)| blamed(node)).or(found.first());
    blamed.map_or(document.root.pos, |(_, node)| node.pos)
}

/// What is nearest to an instance path, and whether it is that itself.
fn search<'a>(
    document: &'a Document,
    model: &'a Model,
    kea: &'a Value,
    instance: &str,
    bare: bool,
) -> (bool, Vec<(usize, &'a dialect::Node)>) {
    let mut search = Search { model, kea, instance, bare, found: vec![(0, &document.root)] };
    search.visit(&document.root, "");
    let deepest = search.found.iter().map(|(length, _)| *length).max().unwrap_or_default();
    search.found.retain(|(length, _)| *length == deepest);
    (deepest == instance.len(), search.found)
}

/// The search for what an instance path stands for.
struct Search<'a, 'i> {
    model: &'a Model,
    kea: &'a Value,
    instance: &'i str,
    /// Keys of list entries do not count.
    bare: bool,
    /// What is on the way, with the length of the path so far.
    found: Vec<(usize, &'a dialect::Node)>,
}

impl<'a> Search<'a, '_> {
    fn visit(&mut self, node: &'a dialect::Node, path: &str) {
        let inner: Vec<(String, &dialect::Node)> = match &node.value {
            dialect::Value::Map(members) => {
                let slash = if path.is_empty() { "" } else { "/" };
                members.iter().map(|member| (format!("{path}{slash}{}", member.key), &member.node)).collect()
            }
            dialect::Value::List(entries) => {
                entries.iter().enumerate().map(|(at, entry)| (format!("{path}[{at}]"), entry)).collect()
            }
            _ => return,
        };
        for (path, node) in inner {
            let shown = instance_path(self.model, self.kea, &path);
            let shown = if self.bare { without_keys(&shown) } else { shown };
            let rest = self.instance.strip_prefix(&shown);
            if rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '['])) {
                self.found.push((shown.len(), node));
                self.visit(node, &path);
            }
        }
    }
}

/// An instance path without the keys of list entries.
fn without_keys(path: &str) -> String {
    let (mut quote, mut inside) = (None, false);
    let mut keep = |character: char| {
        match (quote, character) {
            (None, '[') => inside = true,
            (None, ']') => {
                inside = false;
                return false;
            }
            (None, '\'' | '"') if inside => quote = Some(character),
            (Some(open), close) if open == close => quote = None,
            _ => {}
        }
        !inside
    };
    path.chars().filter(|character| keep(*character)).collect()
}
