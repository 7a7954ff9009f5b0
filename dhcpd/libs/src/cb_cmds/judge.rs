//! Parts of a configuration that come and go without the rest of it: whether they are good, and how they are shown.
//!
//! A part is put where it would stand in a file, with what it needs around it, and read as that file would be. So all rules
//! hold for what goes into a database, and what comes out of it is shown in the words of today.

use super::store::Object;
use crate::arguments::Refusal;
use crate::editor::adopted;
use dhcpd_config::{v4, v6};
use eval::{BoolExpression, ClassId, Classes, Scope, is_built_in};
use schema::json::{self, Document, Node, Value as Tree};
use schema::{ConfigError, Pos};
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use wire::options::{DataType, Definition, Family};

/// Kinds of parts, by the list in which each stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Subnet,
    Network,
    Option,
    Definition,
    Class,
}

/// Reads parts among definitions of options that they may rely on.
pub(super) struct Judge {
    family: Family,
    definitions: Vec<Value>,
}

/// What is shown although nobody wrote it, or was written in other words.
const ALWAYS: [&str; 12] = [
    "client-classes",
    "evaluate-additional-classes",
    "only-in-additional-list",
    "user-context",
    "option-data",
    "option-def",
    "pools",
    "pd-pools",
    "relay",
    "4o6-interface",
    "4o6-interface-id",
    "4o6-subnet",
];

impl Judge {
    /// Later definitions stand for earlier ones of the same code and space.
    pub fn new(family: Family, definitions: impl IntoIterator<Item = Value>) -> Self {
        let mut known: Vec<Value> = Vec::new();
        for definition in definitions {
            let same = |other: &Value| ["code", "space"].iter().all(|key| other.get(key) == definition.get(key));
            known.retain(|other| !same(other));
            known.push(definition);
        }
        Self { family, definitions: known }
    }

    /// A part of a command, with everything in it that is written; or what is wrong with it.
    pub fn check(&self, part: Part, node: &Node) -> Result<Object, Refusal> {
        self.read(part, adopted(node), &[]).map(bare)
    }

    /// A class of a command, which may ask for these others.
    pub fn check_class(&self, node: &Node, others: &[String]) -> Result<Object, Refusal> {
        self.read(Part::Class, adopted(node), others).map(bare)
    }

    /// A part out of a database as Kea shows it; as it is if it cannot be read.
    pub fn show(&self, part: Part, value: Object) -> Object {
        let document = json::parse("<database>", &Value::Object(value.clone()).to_string(), &mut json::no_includes);
        let others = match part {
            Part::Class => asked_for(self.family, value.get("test").and_then(Value::as_str).unwrap_or_default()).0,
            _ => Vec::new(),
        };
        document.ok().and_then(|document| self.read(part, document.root, &others).ok()).unwrap_or(value)
    }

    fn read(&self, part: Part, node: Node, others: &[String]) -> Result<Object, Refusal> {
        let (module, list) = (self.module(), self.list(part));
        let written = node.to_json();
        let document = self.document(part, node, others)?;
        let shown = match self.family {
            Family::V4 => v4::load(&document).map(|(input, _)| v4::config_get(&input)),
            Family::V6 => v6::load(&document).map(|(input, _)| v6::config_get(&input)),
        };
        let mut shown = shown.map_err(|errors| errors.first().map_or_else(String::new, ConfigError::to_string))?;
        let entry = shown.get_mut(module).and_then(|module| module.get_mut(list)).and_then(Value::as_array_mut);
        let entry = entry.and_then(Vec::pop).and_then(|entry| match entry {
            Value::Object(entry) => Some(entry),
            _ => None,
        });
        let mut entry = entry.ok_or("there is nothing in it")?;
        if matches!(part, Part::Subnet | Part::Network) {
            // What it would take over belongs to others.
            entry.retain(|key, _| written.get(key).is_some() || ALWAYS.contains(&key.as_str()));
            entry.remove("reservations");
            entry.remove(self.subnets());
        }
        Ok(entry)
    }

    /// A configuration with the part in it.
    fn document(&self, part: Part, node: Node, others: &[String]) -> Result<Document, Refusal> {
        let (module, list) = (self.module(), self.list(part));
        let mut around = Map::new();
        if part != Part::Definition {
            around.insert("option-def".into(), self.definitions.clone().into());
        }
        if part == Part::Class {
            around.insert(list.into(), others.iter().map(|name| json!({ "name": name })).collect());
        }
        let text = json!({ module: around }).to_string();
        let mut document =
            json::parse("<database>", &text, &mut json::no_includes).map_err(|error| error.to_string())?;
        document.files.push("<wire>".to_owned());
        let module = document.root.member_mut(module);
        let pos = Pos { file: 1, line: 1, column: 1 };
        let entries = module.and_then(|module| module.list_mut(list, pos)).ok_or("there is no such list")?;
        entries.push(node);
        Ok(document)
    }

    fn module(&self) -> &'static str {
        match self.family {
            Family::V4 => "Dhcp4",
            Family::V6 => "Dhcp6",
        }
    }

    /// The key of subnets.
    pub fn subnets(&self) -> &'static str {
        match self.family {
            Family::V4 => "subnet4",
            Family::V6 => "subnet6",
        }
    }

    fn list(&self, part: Part) -> &'static str {
        match part {
            Part::Subnet => self.subnets(),
            Part::Network => "shared-networks",
            Part::Option => "option-data",
            Part::Definition => "option-def",
            Part::Class => "client-classes",
        }
    }
}

/// Finds out whether global parameters are good.
pub(super) fn check_globals(family: Family, node: &Node) -> Result<(), Refusal> {
    let (module, mut document) = match family {
        Family::V4 => ("Dhcp4", json::parse("<wire>", r#"{"Dhcp4":{}}"#, &mut json::no_includes)),
        Family::V6 => ("Dhcp6", json::parse("<wire>", r#"{"Dhcp6":{}}"#, &mut json::no_includes)),
    };
    if let Some(place) = document.as_mut().ok().and_then(|document| document.root.member_mut(module)) {
        *place = node.clone();
    }
    let document = document.map_err(|error| error.to_string())?;
    let read = match family {
        Family::V4 => v4::load(&document).map(drop),
        Family::V6 => v6::load(&document).map(drop),
    };
    read.map_err(|errors| errors.first().map_or_else(String::new, ConfigError::to_string).into())
}

/// Without what is shown only because it is empty.
fn bare(mut object: Object) -> Object {
    object.retain(|key, value| !(key.starts_with("4o6-") && value == ""));
    object
}

/// The classes that a test asks for, without those that are built in; and whether KNOWN or UNKNOWN is among them.
pub(super) fn asked_for(family: Family, test: &str) -> (Vec<String>, bool) {
    let mut classes = Mentioned::default();
    let definitions = Lenient { family, any: any_option() };
    // What is wrong with the test is found when the class is read.
    let _ = BoolExpression::parse(test, &mut Scope { family, definitions: &definitions, classes: &mut classes });
    let known = classes.names.iter().any(|name| name == "KNOWN" || name == "UNKNOWN");
    classes.names.retain(|name| !is_built_in(name));
    (classes.names, known)
}

/// Classes by name, as they are mentioned.
#[derive(Default)]
struct Mentioned {
    ids: eval::Names,
    names: Vec<String>,
}

impl Classes for Mentioned {
    fn refer(&mut self, name: &str) -> Option<ClassId> {
        if !self.names.iter().any(|known| known == name) {
            self.names.push(name.to_owned());
        }
        Some(self.ids.id(name))
    }
}

/// The standard options, and anything else.
struct Lenient {
    family: Family,
    any: Definition,
}

fn any_option() -> Definition {
    Definition {
        code: 1,
        name: Cow::Borrowed("any"),
        kind: DataType::Binary,
        array: false,
        fields: Cow::Borrowed(&[]),
        encapsulates: Cow::Borrowed(""),
        rfc: 0,
    }
}

impl eval::Definitions for Lenient {
    fn by_code(&self, space: &str, code: u16) -> Option<&Definition> {
        wire::options::by_code(self.family, space, code)
    }

    fn by_name(&self, space: &str, name: &str) -> Option<&Definition> {
        wire::options::by_name(self.family, space, name).or(Some(&self.any))
    }
}

/// Whether a list of a part is there at all.
pub(super) fn has_entries(node: &Node, key: &str) -> bool {
    matches!(node.member(key).map(|node| &node.value), Some(Tree::List(list)) if !list.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(text: &str) -> Node {
        json::parse("<wire>", text, &mut json::no_includes).unwrap().root
    }

    #[test]
    fn what_is_written_is_kept_and_nothing_is_taken_over() {
        let judge = Judge::new(Family::V4, []);
        let text = r#"{"id": 5, "subnet": "192.0.2.0/24", "client-class": "a", "valid-lifetime": 100, "comment": "x",
            "pools": [{"pool": "192.0.2.1 - 192.0.2.9"}], "option-data": [{"name": "routers", "data": "192.0.2.1"}]}"#;
        let subnet = judge.check(Part::Subnet, &node(text)).unwrap();
        assert_eq!(subnet["client-classes"], json!(["a"]));
        assert_eq!(subnet["user-context"], json!({"comment": "x"}));
        let option = &subnet["option-data"][0];
        assert_eq!(
            (&option["code"], &option["space"], &option["csv-format"]),
            (&json!(3), &json!("dhcp4"), &json!(true))
        );
        assert!(
            ["renew-timer", "allocator", "reservations", "4o6-interface", "max-valid-lifetime"]
                .iter()
                .all(|key| !subnet.contains_key(*key))
        );
    }

    #[test]
    fn what_a_file_may_not_say_is_refused_where_it_stands() {
        let judge = Judge::new(Family::V6, []);
        let wrong = judge.check(
            Part::Subnet,
            &node(r#"{"id": 5, "subnet": "2001:db8::/64", "pools": [{"pool": "2001:db9::/80"}]}"#),
        );
        assert!(wrong.unwrap_err().reason.starts_with("<wire>:1:"));
        assert!(judge.check(Part::Option, &node(r#"{"code": 23, "data": "192.0.2.1"}"#)).is_err());
        assert!(judge.check(Part::Network, &node(r#"{"interface": "eth0"}"#)).is_err(), "it has no name");
    }

    #[test]
    fn parts_rely_on_the_definitions_around_them() {
        let definition = |kind: &str| json!({"name": "foo", "code": 222, "space": "dhcp4", "type": kind});
        let judge = Judge::new(Family::V4, [definition("string"), definition("uint32")]);
        let option = judge.check(Part::Option, &node(r#"{"code": 222, "data": "7"}"#)).unwrap();
        assert_eq!((&option["name"], &option["data"]), (&json!("foo"), &json!("7")));
        let shown = judge.show(Part::Option, option.clone());
        assert_eq!(shown, option);
    }

    #[test]
    fn a_test_tells_which_classes_it_asks_for() {
        let test = "member('a') and (member('KNOWN') or not member('b')) and option[foo].exists and member('a')";
        assert_eq!(asked_for(Family::V4, test), (vec!["a".to_owned(), "b".to_owned()], true));
        assert_eq!(asked_for(Family::V6, "member('ALL')"), (vec![], false));
        let judge = Judge::new(Family::V4, []);
        let class = node(r#"{"name": "c", "test": "member('a')"}"#);
        assert!(judge.check_class(&class, &["a".to_owned()]).is_ok());
        assert!(judge.check_class(&class, &[]).is_err());
    }

    #[test]
    fn globals_are_those_of_a_file() {
        assert!(
            check_globals(
                Family::V4,
                &node(r#"{"renew-timer": 5, "boot-file-name": "x", "dhcp-ddns": {"enable-updates": true}}"#)
            )
            .is_ok()
        );
        assert!(check_globals(Family::V4, &node(r#"{"renew-timer": "x"}"#)).is_err());
        assert!(check_globals(Family::V6, &node(r#"{"boot-file-name": "x"}"#)).is_err());
    }
}
