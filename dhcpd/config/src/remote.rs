//! What a database adds to a configuration.
//!
//! A configuration is what its file says, completed by what a database says. The two are merged before anything is read, so
//! that the same loader finds rules, inheritance and mistakes in both. What comes from a database has positions that say so:
//! the table is the file, the row's number the line.

mod merge;

pub use merge::merge;

use schema::json::{Member, Node};
use schema::{ConfigError, Pos, json};
use serde_json::{Map, Value};
use wire::options::Family;

/// What a database says for a server.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parts {
    /// Parameters of the outermost scope, a map of one key each. `dhcp-ddns.server-port` is a parameter of a map there.
    pub globals: Vec<Part>,
    /// Entries of `option-def`.
    pub option_defs: Vec<Part>,
    /// Entries of `option-data`.
    pub options: Vec<Part>,
    /// All of `client-classes`, in order.
    pub classes: Vec<Part>,
    /// Entries of `shared-networks`, without subnets.
    pub networks: Vec<Part>,
    /// Entries of `subnet4` or `subnet6`, wherever they belong.
    pub subnets: Vec<Part>,
}

/// A row of a database with what belongs to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Number of the row in its table.
    pub id: u32,
    /// What it says, as in a configuration.
    pub value: Value,
    /// The shared network of a subnet.
    pub network: Option<String>,
}

/// The kinds of parts, each a table of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Global,
    OptionDef,
    Option,
    Class,
    Network,
    Subnet,
}

/// The kinds in the order of their numbers, with the names of their tables.
const KINDS: [(Kind, &str); 6] = [
    (Kind::Global, "global_parameter"),
    (Kind::OptionDef, "option_def"),
    (Kind::Option, "options"),
    (Kind::Class, "client_class"),
    (Kind::Network, "shared_network"),
    (Kind::Subnet, "subnet"),
];

/// Global parameters that are lists; in a database each is one text.
const GLOBAL_LISTS: [&str; 1] = ["host-reservation-identifiers"];

/// Lists whose entries can be left out without a change of meaning for the rest.
const DETACHABLE: [&str; 3] = ["option-data", "pools", "pd-pools"];

impl Part {
    /// A row of any kind, as commands show it: what is about the row and not of the configuration is put aside.
    pub fn new(id: u32, mut value: Value) -> Self {
        let mut network = None;
        if let Value::Object(map) = &mut value {
            map.remove("metadata");
            if let Some(Value::String(name)) = map.remove("shared-network-name") {
                network = Some(name).filter(|name| !name.is_empty());
            }
        }
        Self { id, value, network }
    }

    /// A global parameter.
    pub fn global(id: u32, name: &str, value: Value) -> Self {
        let value = match value {
            Value::String(text) if GLOBAL_LISTS.contains(&name) => {
                serde_json::from_str(&text).unwrap_or(Value::String(text))
            }
            other => other,
        };
        Self { id, value: Map::from_iter([(name.to_owned(), value)]).into(), network: None }
    }
}

impl Parts {
    fn list_mut(&mut self, kind: Kind) -> &mut Vec<Part> {
        match kind {
            Kind::Global => &mut self.globals,
            Kind::OptionDef => &mut self.option_defs,
            Kind::Option => &mut self.options,
            Kind::Class => &mut self.classes,
            Kind::Network => &mut self.networks,
            Kind::Subnet => &mut self.subnets,
        }
    }

    /// Leaves out what these mistakes in the merged configuration stand in: an option or a pool alone, or the whole part.
    /// `false`, and nothing is left out, if one of them is not in what the database says.
    pub fn leave_out(&mut self, origin: &Origin, errors: &[ConfigError]) -> bool {
        let Some(mut places) = errors.iter().map(|error| origin.place(error)).collect::<Option<Vec<_>>>() else {
            return false;
        };
        // One of each part: the positions of others have changed when it is gone.
        places.dedup_by_key(|(kind, id, _)| (*kind, *id));
        let mut found = false;
        for (kind, id, number) in places {
            self.list_mut(kind).retain_mut(|part| {
                found |= part.id == id;
                part.id != id || matches!(cut("", &mut part.value, &mut 0, number), Found::Cut)
            });
        }
        found
    }
}

/// Where parts come from.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The database in words, without a password.
    pub database: String,
    /// Whose tables.
    pub family: Family,
}

impl Origin {
    fn number(&self) -> u8 {
        match self.family {
            Family::V4 => 4,
            Family::V6 => 6,
        }
    }

    /// What stands for a file in positions, by kind.
    fn files(&self) -> impl Iterator<Item = String> + '_ {
        KINDS.iter().map(|(_, table)| format!("{}/dhcp{}_{table}", self.database, self.number()))
    }

    /// Kind and row of the part that a mistake is in, and the number of the node there.
    fn place(&self, error: &ConfigError) -> Option<(Kind, u32, u32)> {
        let at = self.files().position(|file| file == error.file)?;
        Some((KINDS[at].0, error.line, error.column))
    }
}

/// A part as a tree. The column of each key and value is its number.
fn plant(value: &Value, pos: &mut Pos) -> Node {
    pos.column += 1;
    let at = *pos;
    let value = match value {
        Value::Null => json::Value::Null,
        Value::Bool(value) => json::Value::Bool(*value),
        Value::Number(number) => match number.as_i64() {
            Some(number) => json::Value::Int(number),
            None => json::Value::Real(number.as_f64().unwrap_or_default()),
        },
        Value::String(text) => json::Value::Text(text.as_str().into()),
        Value::Array(list) => json::Value::List(list.iter().map(|value| plant(value, pos)).collect()),
        Value::Object(map) => json::Value::Map(map.iter().map(|(key, value)| member(key, value, pos)).collect()),
    };
    Node { pos: at, value }
}

fn member(key: &str, value: &Value, pos: &mut Pos) -> Member {
    pos.column += 1;
    Member { key: key.into(), pos: *pos, node: plant(value, pos) }
}

/// Where a node was found.
enum Found {
    Elsewhere,
    /// Here, and what is around it is still to be left out.
    Here,
    /// Here, and it has been left out.
    Cut,
}

/// Finds the node of this number, as [`plant`] counts, and takes the innermost entry of a detachable list around it out.
fn cut(key: &str, value: &mut Value, count: &mut u32, number: u32) -> Found {
    *count += 1;
    if *count == number {
        return Found::Here;
    }
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                *count += 1;
                if *count == number {
                    return Found::Here;
                }
                match cut(key, value, count, number) {
                    Found::Elsewhere => {}
                    found => return found,
                }
            }
            Found::Elsewhere
        }
        Value::Array(list) => {
            let found = list.iter_mut().enumerate().find_map(|(at, value)| match cut("", value, count, number) {
                Found::Elsewhere => None,
                found => Some((at, found)),
            });
            match found {
                None => Found::Elsewhere,
                Some((at, Found::Here)) if DETACHABLE.contains(&key) => {
                    list.remove(at);
                    Found::Cut
                }
                Some((_, found)) => found,
            }
        }
        _ => Found::Elsewhere,
    }
}

#[cfg(test)]
mod tests;
