//! The tables as a model sees them: for each scope its nodes, and where in the JSON they are.

use std::collections::HashMap;

use schema::table::{Kind, Param, Table, Yang};
use serde_json::Value;

use crate::scalar;
use crate::special::{Context, Members, SPECIALS, Special, has_no_node};

/// A map of the JSON, which is a container or a list entry of the model.
pub(crate) struct Scope {
    /// Parameters that are nodes by themselves.
    pub fields: Vec<Field>,
    /// Parameters that the model says otherwise.
    pub specials: Vec<Group>,
    by_key: HashMap<&'static str, Place>,
    by_node: HashMap<&'static str, Place>,
}

/// What a key of the JSON or a node of the model belongs to.
pub(crate) enum Part<'a> {
    Field(&'a Field),
    Special(&'a Group),
    /// The order of a list that stands beside it.
    Order,
}

/// The same as an index.
#[derive(Clone, Copy)]
enum Place {
    Field(usize),
    Special(usize),
    Order,
}

/// A special in its place.
pub(crate) struct Group {
    special: &'static Special,
    /// Those of its keys that the daemon takes here.
    pub keys: Vec<&'static str>,
    /// Its nodes by the names that they have here.
    pub nodes: Vec<&'static str>,
}

/// How the nodes of a scope are named.
#[derive(Clone, Copy)]
pub(crate) struct Names {
    /// The model's module.
    module: &'static str,
    /// The scope is below a node of our own module, and so in that module itself.
    own: bool,
}

/// Where the order of a list that the system orders stands, since it has a meaning for the daemon.
#[derive(Clone, Copy)]
pub(crate) struct Order {
    /// The leaf-list that names the entries in their order.
    pub node: &'static str,
    /// The system's order is that of the keys' bytes.
    by_text: bool,
}

/// A parameter that is a node.
pub(crate) struct Field {
    /// Name of the node.
    pub node: &'static str,
    /// Key in the JSON.
    pub key: &'static str,
    /// Other keys under which it may stand in the JSON.
    pub aliases: &'static [&'static str],
    /// Least number that the leaf holds, where that is not the type's.
    pub least: i64,
    /// The node beside it that tells its order.
    pub order: Option<Order>,
    /// What kind of node.
    pub shape: Shape,
}

/// Kinds of nodes.
pub(crate) enum Shape {
    Leaf(&'static Kind),
    LeafList(&'static Kind),
    /// A leaf that holds JSON as text.
    Opaque,
    Container {
        scope: Scope,
        /// Its being there has a meaning of its own.
        presence: bool,
    },
    List {
        scope: Scope,
        list: &'static List,
        /// The list's node, where [`Field::node`] is a container around it that the JSON does not have.
        inner: Option<&'static str>,
    },
}

/// What the models say about a list.
#[derive(Debug)]
pub(crate) struct List {
    /// The list's node.
    pub node: &'static str,
    /// Its keys.
    pub keys: &'static [&'static str],
    /// Other leaves that the model demands of an entry; the JSON may do without.
    pub needs: &'static [&'static str],
    /// Entries are in the client's order; otherwise in the system's, which is that of the JSON.
    pub by_user: bool,
}

/// Every list of the models whose entries the daemons' JSON has.
static LISTS: &[List] = &[
    list("client-class", &["name"], true),
    list("clients", &["user", "password", "user-file", "password-file"], false),
    list("config-database", &["database-type"], false),
    list("control-sockets", &["socket-type"], false),
    list("ddns-domain", &["name"], false),
    list("hook-library", &["library"], false),
    list("host", &["identifier-type", "identifier"], false),
    list("hosts-database", &["database-type"], false),
    list("http-headers", &["name"], false),
    // Empty if it stands in a file.
    List { needs: &["secret"], ..list("key", &["name"], false) },
    list("logger", &["name"], false),
    list("option-data", &["code", "space", "data"], false),
    list("option-def", &["code", "space"], false),
    list("output-option", &["output"], false),
    list("pd-pool", &["prefix"], true),
    list("pool", &["start-address", "end-address"], true),
    list("server", &["ip-address"], false),
    list("shared-network", &["name"], false),
    list("subnet4", &["id"], true),
    list("subnet6", &["id"], true),
];

/// Nodes of lists whose name is not the JSON key, where the table leaves it to us; a container and its list as a path.
static RENAMED: &[(&str, &str)] = &[
    ("client-classes", "client-class"),
    ("config-databases", "config-database"),
    ("ddns-domains", "ddns-domains/ddns-domain"),
    ("dns-servers", "dns-servers/server"),
    ("hooks-libraries", "hook-library"),
    ("hosts-databases", "hosts-database"),
    ("loggers", "logger"),
    ("output-options", "output-option"),
    ("pd-pools", "pd-pool"),
    ("pools", "pool"),
    ("reservations", "host"),
    ("shared-networks", "shared-network"),
    ("tsig-keys", "tsig-keys/key"),
];

/// System-ordered lists and leaf-lists whose order means something, and whether they are sorted as texts.
static ORDERED: &[(&str, bool)] = &[
    ("config-database", false),
    ("hook-library", true),
    ("host-reservation-identifiers", false),
    ("hosts-database", false),
    ("mac-sources", false),
    ("server", false),
];

/// In the tables, what the names of nodes of our own modules begin with.
const OWN: &str = "takahe:";

/// Leaves that hold less than the JSON says: it has 0 for what is 1 to the daemons.
static LEAST: &[(&str, i64)] = &[("maxver", 1)];

/// Containers whose presence means something.
static PRESENCE: &[&str] = &["authentication", "control-socket", "lease-database", "server-id"];

const fn list(node: &'static str, keys: &'static [&'static str], by_user: bool) -> List {
    List { node, keys, needs: &[], by_user }
}

impl Scope {
    /// The scope of the container or list `node` with these parameters.
    pub fn new(names: Names, node: &str, table: &'static Table) -> Self {
        let mut params = table.parameters();
        params.retain(|param| is_declared(param) && !has_no_node(names.module, node, param.key));
        let mut scope =
            Self { fields: Vec::new(), specials: Vec::new(), by_key: HashMap::new(), by_node: HashMap::new() };
        for special in SPECIALS.iter().filter(|special| special.stands_in(node)) {
            let own = params.iter().filter(|param| special.keys.contains(&param.key) && param.yang != Yang::Absent);
            let keys: Vec<_> = own.map(|param| param.key).collect();
            if !keys.is_empty() {
                let place = Place::Special(scope.specials.len());
                let nodes: Vec<_> = special.nodes.iter().map(|node| names.full(node)).collect();
                scope.by_key.extend(keys.iter().map(|key| (*key, place)));
                scope.by_node.extend(nodes.iter().map(|node| (*node, place)));
                scope.specials.push(Group { special, keys, nodes });
            }
        }
        params.retain(|param| !scope.by_key.contains_key(param.key));
        for field in params.into_iter().filter_map(|param| Field::new(names, param)) {
            let place = Place::Field(scope.fields.len());
            scope.by_key.extend(field.keys().map(|key| (key, place)));
            scope.by_node.insert(field.node, place);
            scope.by_node.extend(field.order.map(|order| (order.node, Place::Order)));
            scope.fields.push(field);
        }
        scope
    }

    /// What stands under this key of the JSON.
    pub fn of_key(&self, key: &str) -> Option<Part<'_>> {
        self.part(*self.by_key.get(key)?)
    }

    /// What this node of the model stands for.
    pub fn of_node(&self, node: &str) -> Option<Part<'_>> {
        self.part(*self.by_node.get(node)?)
    }

    fn part(&self, place: Place) -> Option<Part<'_>> {
        match place {
            Place::Field(index) => self.fields.get(index).map(Part::Field),
            Place::Special(index) => self.specials.get(index).map(Part::Special),
            Place::Order => Some(Part::Order),
        }
    }
}

impl Names {
    /// In the module of a model.
    pub const fn of(module: &'static str) -> Self {
        Self { module, own: false }
    }

    /// A node of the tables by its name in RFC 7951 JSON: the module is named where it changes. What is not the model's
    /// is in a module of our own that augments it.
    fn full(self, node: &'static str) -> &'static str {
        match node.strip_prefix(OWN) {
            None => node,
            Some(name) if self.own => name,
            // Made once: scopes stand as long as the program.
            Some(name) => Box::leak(format!("takahe-{}:{name}", self.module).into_boxed_str()),
        }
    }
}

impl Group {
    /// The nodes for a map of the JSON. An error is what is wrong with the first key.
    pub fn to_yang(&self, context: &Context<'_>, kea: &Members) -> Result<Members, String> {
        let mut yang = (self.special.to_yang)(context, &members_of(kea, &self.keys))?;
        for (short, full) in self.special.nodes.iter().zip(&self.nodes).filter(|(short, full)| short != full) {
            let member = yang.remove(*short);
            yang.extend(member.map(|value| ((*full).to_owned(), value)));
        }
        Ok(yang)
    }

    /// The keys for its nodes. An error is what is wrong with the first node.
    pub fn to_kea(&self, yang: &Members) -> Result<Members, String> {
        let names = self.special.nodes.iter().zip(&self.nodes);
        let short = names.filter_map(|(short, full)| Some(((*short).to_owned(), yang.get(*full)?.clone())));
        (self.special.to_kea)(&short.collect())
    }
}

impl Order {
    fn new(names: Names, node: &str) -> Option<Self> {
        let (node, by_text) = ORDERED.iter().find(|(list, _)| *list == node)?;
        let short: &'static str = Box::leak(format!("{OWN}{node}-order").into_boxed_str());
        Some(Self { node: names.full(short), by_text: *by_text })
    }

    /// What tells the order of these entries with this key, or of these values; none if it goes without saying.
    pub fn of(&self, entries: &[Value], key: Option<&str>) -> Option<Value> {
        let name =
            |entry: &Value| key.map_or(Some(entry), |key| entry.get(key)).and_then(Value::as_str).map(str::to_owned);
        let names: Vec<_> = entries.iter().filter_map(name).collect();
        let plain = names.len() < 2 || (self.by_text && names.is_sorted());
        (!plain).then(|| names.into())
    }
}

/// The members of a map with these names.
pub(crate) fn members_of(map: &Members, names: &[&str]) -> Members {
    names.iter().filter_map(|name| Some(((*name).to_owned(), map.get(*name)?.clone()))).collect()
}

impl Field {
    fn new(names: Names, param: &'static Param) -> Option<Self> {
        let lists = matches!(param.kind, Kind::Maps(_));
        let renamed = RENAMED.iter().find(|(key, _)| lists && *key == param.key).map(|(_, node)| *node);
        let path = match (&param.yang, renamed) {
            (Yang::Absent, _) | (Yang::Special, None) => return None,
            (Yang::Node(node), _) if node.starts_with(OWN) => node,
            (_, Some(node)) => node,
            (Yang::Node(node) | Yang::Opaque(node), None) => *node,
        };
        let (node, inner) = path.split_once('/').map_or((path, None), |(outer, inner)| (outer, Some(inner)));
        let (bare, below) = match node.strip_prefix(OWN) {
            Some(bare) => (bare, Names { own: true, ..names }),
            None => (node, names),
        };
        let shape = match (&param.yang, &param.kind) {
            (Yang::Opaque(_), _) => Shape::Opaque,
            (_, Kind::Map(table)) => {
                Shape::Container { scope: Scope::new(below, bare, table()), presence: PRESENCE.contains(&bare) }
            }
            (_, Kind::Maps(table)) => {
                let name = inner.unwrap_or(bare);
                let list = LISTS.iter().find(|l| l.node == name)?;
                Shape::List { scope: Scope::new(below, name, table()), list, inner }
            }
            (_, Kind::List(kind)) => Shape::LeafList(kind),
            (_, kind) => Shape::Leaf(kind),
        };
        let least = LEAST.iter().find(|(leaf, _)| *leaf == node).map_or(i64::MIN, |(_, least)| *least);
        let order = Order::new(names, inner.unwrap_or(bare));
        Some(Self { node: names.full(node), key: param.key, aliases: param.aliases, least, order, shape })
    }

    /// A value of the JSON as this leaf; none if the model says it by having no leaf.
    pub fn leaf(&self, kind: &Kind, value: &Value) -> Result<Option<Value>, String> {
        match value.as_i64() {
            Some(number) if number < self.least => Ok(Some(self.least.into())),
            _ => scalar::to_yang(kind, value),
        }
    }

    /// The keys under which it may stand in the JSON.
    fn keys(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.key).chain(self.aliases.iter().copied())
    }

    /// The key under which it stands in a map of the JSON, and its value.
    pub fn find<'a>(&self, map: &'a Members) -> Option<(&'static str, &'a Value)> {
        self.keys().find_map(|key| Some((key, map.get(key)?)))
    }
}

/// Whether more than the name of the parameter is declared. What the daemon does not support yet is translated all the
/// same, and the daemon says so.
fn is_declared(param: &Param) -> bool {
    matches!(param.yang, Yang::Opaque(_) | Yang::Special) || !matches!(param.kind, Kind::Any | Kind::List(Kind::Any))
}
