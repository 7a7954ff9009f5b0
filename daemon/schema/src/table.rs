//! What is known about parameters: the tables that `#[derive(Scope)]` makes, one a struct.
//!
//! Everything but the parser itself walks these: the printer of `config-get`, the YANG mapping, the JSON schema, the
//! manual, the generators of valid configurations.

/// A scope: one kind of JSON map, and all parameters that may stand in it.
#[derive(Debug)]
pub struct Table {
    /// Rust name of the struct, unique in a daemon (`Subnet4`).
    pub name: &'static str,
    /// What the map configures: the doc comment of the struct.
    pub doc: &'static str,
    /// A file may have the map with nothing in it.
    pub may_be_empty: bool,
    /// Own parameters in order of declaration; a flattened group's parameters follow through [`Param::group`].
    pub params: &'static [Param],
}

/// One parameter in one scope.
#[derive(Debug)]
pub struct Param {
    /// JSON key (`valid-lifetime`); empty for a flattened group.
    pub key: &'static str,
    /// Other spellings that are still accepted (`output_options`).
    pub aliases: &'static [&'static str],
    /// One sentence: what it does.
    pub doc: &'static str,
    /// Type with range.
    pub kind: Kind,
    /// Default as JSON text (`"7200"`, `"\"memfile\""`), if it has one that does not depend on other parameters.
    pub default: Option<&'static str>,
    /// An absent value is taken from the enclosing scope (pool <- subnet <- shared network <- global).
    pub inherited: bool,
    /// Absence is an error.
    pub required: bool,
    /// A file may not have it as an empty list.
    pub filled: bool,
    /// Never shown to those without the right to (`secret`, `password`).
    pub secret: bool,
    /// How much of it the daemon can do yet.
    pub support: Support,
    /// Its place in the Kea YANG models.
    pub yang: Yang,
}

/// Type of a parameter's value.
#[derive(Debug)]
pub enum Kind {
    /// `true` or `false`.
    Bool,
    /// A whole number in a closed range.
    Int {
        /// Least value.
        min: i64,
        /// Greatest value.
        max: i64,
    },
    /// A number with a fraction.
    Real,
    /// A string; `format` names what it must parse as: "", "ipv4-address", "ipv6-prefix", "hex", "fqdn", ...
    Text {
        /// Name of the format in the manual and the JSON schema.
        format: &'static str,
    },
    /// One of these words.
    Word(&'static [&'static str]),
    /// Any JSON (user-context, hook parameters).
    Any,
    /// A map.
    Map(fn() -> &'static Table),
    /// A list of maps.
    Maps(fn() -> &'static Table),
    /// A list of scalars of this type.
    List(&'static Kind),
    /// The parameters of another table stand here as if they were this scope's own.
    Group(fn() -> &'static Table),
}

/// How much of a parameter the daemon can do yet. The rest is known and refused by name.
#[derive(Clone, Copy, Debug)]
pub enum Support {
    /// All that its kind says.
    Full,
    /// Nothing: it must be absent; a list or a string may be empty.
    Nothing,
    /// This value alone: the one that means what the daemon does without it.
    Only(fn() -> serde_json::Value),
    /// All words of its kind, but not these of Kea's.
    Without(&'static [&'static str]),
}

/// How a parameter appears in the Kea YANG models. The node name is the key unless said otherwise.
#[derive(Debug, PartialEq, Eq)]
pub enum Yang {
    /// Leaf, leaf-list, container or list of this name, by the parameter's [`Kind`].
    Node(&'static str),
    /// A leaf of this name that holds the JSON as text (user-context, hook parameters).
    Opaque(&'static str),
    /// The translators have a function for it, known by the JSON key and the table (pools, pd-pools, reservations).
    Special,
    /// The models have no node for it.
    Absent,
}

impl Table {
    /// All parameters of the scope, those of flattened groups where the groups stand.
    pub fn parameters(&self) -> Vec<&'static Param> {
        let mut found = Vec::new();
        for param in self.params {
            match param.kind {
                Kind::Group(group) => found.extend(group().parameters()),
                _ => found.push(param),
            }
        }
        found
    }
}

impl Param {
    /// The scope that its value, or each value of its list, is.
    pub fn scope(&self) -> Option<&'static Table> {
        match self.kind {
            Kind::Map(table) | Kind::Maps(table) => Some(table()),
            _ => None,
        }
    }
}

/// A scope and where it may stand.
#[derive(Debug)]
pub struct Place {
    /// The scope.
    pub table: &'static Table,
    /// The shortest path to it, `Dhcp4/subnet4[]/pools[]`; empty for the file itself.
    pub path: String,
    /// The scopes that hold it, and under which key.
    pub holders: Vec<(&'static Table, &'static str)>,
}

impl Place {
    /// Whether a parameter that is absent here is taken from the scope around; the outermost scope has none.
    pub fn inherits(&self, param: &Param) -> bool {
        param.inherited && self.path.contains('/')
    }

    /// The path of a parameter of this scope.
    pub fn path_of(&self, param: &Param) -> String {
        let list = if matches!(param.kind, Kind::Maps(_) | Kind::List(_)) { "[]" } else { "" };
        let slash = if self.path.is_empty() { "" } else { "/" };
        format!("{}{slash}{}{list}", self.path, param.key)
    }
}

/// All scopes of a file, each once, the outermost first.
pub fn places(file: &'static Table) -> Vec<Place> {
    let mut places = vec![Place { table: file, path: String::new(), holders: Vec::new() }];
    let mut at = 0;
    while let Some(outer) = places.get(at) {
        let table = outer.table;
        let inner: Vec<_> = table
            .parameters()
            .into_iter()
            .filter_map(|param| Some((param.scope()?, param.key, outer.path_of(param))))
            .collect();
        for (scope, key, path) in inner {
            match places.iter_mut().find(|place| place.table.name == scope.name) {
                Some(place) => place.holders.push((table, key)),
                None => places.push(Place { table: scope, path, holders: vec![(table, key)] }),
            }
        }
        at += 1;
    }
    places
}
