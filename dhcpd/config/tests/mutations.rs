//! Each parameter of the configurations that have them all, spoilt in turn, is refused where it stands.
//!
//! They stand in `../shared/corpus` beside the project; where they are not at hand, the test says so.

use dhcpd_config::{v4, v6};
use schema::json::{self, Document, Member, Node};
use schema::table::{Kind, Param, Table};
use schema::{ConfigError, Pos, Scope};
use serde_json::{Value, json};
use std::path::Path;

/// Stands for a key until the text is made, since a map of JSON cannot have one twice.
const TWIN: &str = "the same key again";

/// Way to a parameter: keys of maps and places in lists.
type Way = Vec<Step>;

#[derive(Clone, Debug)]
enum Step {
    Key(String),
    Place(usize),
}

/// How a parameter is spoilt.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    WrongType,
    OutOfRange,
    Misspelt,
    Twice,
}

const FAULTS: [Fault; 4] = [Fault::WrongType, Fault::OutOfRange, Fault::Misspelt, Fault::Twice];

#[test]
fn each_mistake_in_dhcp4_is_told_where_it_stands() {
    spoil_each("kea4/all-keys.json", v4::parameters::File4::TABLE);
}

#[test]
fn each_mistake_in_dhcp6_is_told_where_it_stands() {
    spoil_each("kea6/all-keys.json", v6::parameters::File6::TABLE);
}

fn spoil_each(file: &str, table: &'static Table) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus").join(file);
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: {} is not there", path.display());
        return;
    };
    let whole = json::parse(file, &text, &mut json::no_includes).expect("JSON").root.to_json();
    let mut found = Vec::new();
    parameters(&whole, table, &mut Vec::new(), &mut found);
    let mut missed = Vec::new();
    for fault in FAULTS {
        let (mut tried, mut refused, mut right) = (0, 0, 0);
        for (way, param) in &found {
            let Some((text, key, value)) = spoil(&whole, way, param, fault) else { continue };
            let (errors, pos) = judge(&text, way, &key, value);
            tried += 1;
            let new = || errors.iter().filter(|error| !error.reason.contains("not supported yet"));
            refused += usize::from(new().next().is_some());
            match new().any(|error| (error.line, error.column) == (pos.line, pos.column)) {
                true => right += 1,
                false => missed.push(format!("{fault:?} at {way:?}, {pos:?}: {:?}", new().collect::<Vec<_>>())),
            }
        }
        eprintln!("{file} {fault:?}: {tried} tried, {refused} refused, {right} right position");
        assert!(tried > 100, "{fault:?} of {file}: {tried}");
    }
    assert_eq!(missed, [""; 0]);
}

/// All parameters that are written, and how they are declared.
fn parameters(value: &Value, table: &'static Table, way: &mut Way, found: &mut Vec<(Way, &'static Param)>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let declared = |param: &&&Param| param.key == key || param.aliases.contains(&key.as_str());
                let params = table.parameters();
                let param = params.iter().find(declared).unwrap_or_else(|| panic!("{way:?}: `{key}` is not declared"));
                way.push(Step::Key(key.clone()));
                found.push((way.clone(), param));
                if let Some(scope) = param.scope() {
                    parameters(value, scope, way, found);
                }
                way.pop();
            }
        }
        Value::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                way.push(Step::Place(place));
                parameters(item, table, way, found);
                way.pop();
            }
        }
        _ => {}
    }
}

/// The text with a fault in it, the key at which it is, and whether the value there is what is wrong. None where a
/// parameter of this kind cannot have this fault.
fn spoil(whole: &Value, way: &Way, param: &Param, fault: Fault) -> Option<(String, String, bool)> {
    let Some(Step::Key(key)) = way.last() else { return None };
    let mut spoilt = whole.clone();
    let map = follow(&mut spoilt, &way[..way.len() - 1]).as_object_mut()?;
    match fault {
        Fault::WrongType => drop(map.insert(key.clone(), wrong_type(&param.kind))),
        Fault::OutOfRange => drop(map.insert(key.clone(), out_of_range(param)?)),
        Fault::Misspelt => {
            let value = map.remove(key)?;
            map.insert(format!("{key}x"), value);
            return Some((text(&spoilt), format!("{key}x"), false));
        }
        Fault::Twice => {
            let value = map.get(key)?.clone();
            map.insert(TWIN.to_owned(), value);
            return Some((text(&spoilt), TWIN.to_owned(), false));
        }
    }
    Some((text(&spoilt), key.clone(), true))
}

fn follow<'a>(value: &'a mut Value, way: &[Step]) -> &'a mut Value {
    way.iter().fold(value, |value, step| match step {
        Step::Key(key) => &mut value[key.as_str()],
        Step::Place(place) => &mut value[*place],
    })
}

fn text(value: &Value) -> String {
    serde_json::to_string_pretty(value).expect("JSON")
}

fn wrong_type(kind: &Kind) -> Value {
    match kind {
        Kind::Int { .. } | Kind::Real => "17".into(),
        Kind::Map(_) => json!([]),
        Kind::Maps(_) | Kind::List(_) => json!({}),
        Kind::Bool | Kind::Text { .. } | Kind::Word(_) | Kind::Any | Kind::Group(_) => 17.into(),
    }
}

/// A value of the right type that cannot be.
fn out_of_range(param: &Param) -> Option<Value> {
    Some(match param.kind {
        Kind::Int { max, .. } => max.checked_add(1)?.into(),
        Kind::Real => json!(7.5),
        Kind::Word(_) => "no such word".into(),
        Kind::Text { format: "" } => return None,
        Kind::Text { .. } => "not this".into(),
        _ => return None,
    })
}

/// What is wrong with a text, and where the fault stands in it.
fn judge(text: &str, way: &Way, key: &str, value: bool) -> (Vec<ConfigError>, Pos) {
    // The twin has a key of its own until its place is known.
    let document = json::parse("<spoilt>", text, &mut json::no_includes).expect("JSON");
    let member = member(&document.root, &way[..way.len() - 1], key);
    let pos = if value { member.node.pos } else { member.pos };
    if key != TWIN {
        return (errors(&document), pos);
    }
    let Some(Step::Key(original)) = way.last() else { return (Vec::new(), pos) };
    let first = document_pos(&document, way, original);
    let twin = text.replace(&format!("\"{TWIN}\""), &format!("\"{original}\""));
    let error = json::parse("<spoilt>", &twin, &mut json::no_includes).expect_err("a key stands twice");
    (vec![error], pos.max(first))
}

fn document_pos(document: &Document, way: &Way, key: &str) -> Pos {
    member(&document.root, &way[..way.len() - 1], key).pos
}

fn member<'a>(root: &'a Node, way: &[Step], key: &str) -> &'a Member {
    let map = way.iter().fold(root, |node, step| match (step, &node.value) {
        (Step::Key(key), _) => node.member(key).expect("a key on the way"),
        (Step::Place(place), json::Value::List(nodes)) => &nodes[*place],
        _ => panic!("a list on the way"),
    });
    match &map.value {
        json::Value::Map(members) => members.iter().find(|member| &*member.key == key).expect("the key"),
        _ => panic!("a map"),
    }
}

fn errors(document: &Document) -> Vec<ConfigError> {
    let judged = match document.root.member("Dhcp4") {
        Some(_) => v4::load(document).map(drop),
        None => v6::load(document).map(drop),
    };
    judged.err().unwrap_or_default()
}
