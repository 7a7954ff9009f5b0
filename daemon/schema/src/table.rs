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
    /// Never shown to those without the right to (`secret`, `password`).
    pub secret: bool,
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
