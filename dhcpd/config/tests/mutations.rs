//! Each parameter of the configurations that have them all, spoilt in turn, is refused where it stands.
//!
//! They stand in `../shared/corpus` beside the project; where they are not at hand, the test says so.

use dhcpd_config::{v4, v6};
use schema::json::{self, Document, Member, Node, Value};
use schema::table::{Kind, Param, Table};
use schema::{ConfigError, Pos, Scope};
use std::path::Path;

/// Way to a parameter: the places of members in maps and of values in lists.
type Way = Vec<usize>;

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
    let whole = json::parse(file, &text, &mut json::no_includes).expect("JSON");
    let mut found = Vec::new();
    parameters(&whole.root, table, &mut Vec::new(), &mut found);
    let mut missed = Vec::new();
    for fault in FAULTS {
        let (mut tried, mut refused, mut right) = (0, 0, 0);
        for (way, param) in &found {
            let Some((errors, pos)) = spoil(&whole, &text, way, param, fault) else { continue };
            let new: Vec<_> = errors.iter().filter(|error| !error.reason.contains("not supported yet")).collect();
            tried += 1;
            refused += usize::from(!new.is_empty());
            match new.iter().any(|error| (error.line, error.column) == (pos.line, pos.column)) {
                true => right += 1,
                false => missed.push(format!("{fault:?} of {} at {pos:?}: {new:?}", param.key)),
            }
        }
        eprintln!("{file} {fault:?}: {tried} tried, {refused} refused, {right} right position");
        assert!(tried > 100, "{fault:?} of {file}: {tried}");
    }
    assert_eq!(missed, [""; 0]);
}

/// All parameters that are written, and how they are declared.
fn parameters(node: &Node, table: &'static Table, way: &mut Way, found: &mut Vec<(Way, &'static Param)>) {
    match &node.value {
        Value::Map(members) => {
            let params = table.parameters();
            for (place, member) in members.iter().enumerate() {
                let key = &*member.key;
                let param = params.iter().find(|param| param.key == key || param.aliases.contains(&key));
                let param = param.unwrap_or_else(|| panic!("`{key}` is not declared in {}", table.name));
                way.push(place);
                found.push((way.clone(), param));
                if let Some(scope) = param.scope() {
                    parameters(&member.node, scope, way, found);
                }
                way.pop();
            }
        }
        Value::List(nodes) => {
            for (place, node) in nodes.iter().enumerate() {
                way.push(place);
                parameters(node, table, way, found);
                way.pop();
            }
        }
        _ => {}
    }
}

/// What is wrong once there is a fault, and where it stands. None where a parameter of this kind cannot have the fault.
fn spoil(whole: &Document, text: &str, way: &[usize], param: &Param, fault: Fault) -> Option<(Vec<ConfigError>, Pos)> {
    let mut document = whole.clone();
    let member = member(&mut document.root, way);
    let pos = match fault {
        Fault::WrongType => {
            member.node.value = wrong_type(&param.kind);
            member.node.pos
        }
        Fault::OutOfRange => {
            member.node.value = out_of_range(param)?;
            member.node.pos
        }
        Fault::Misspelt => {
            member.key = format!("{}x", member.key).into();
            member.pos
        }
        Fault::Twice => return Some(twice(text, member)),
    };
    let judged = match document.root.member("Dhcp4").or(document.root.member("Dhcp4x")) {
        Some(_) => v4::load(&document).map(drop),
        None => v6::load(&document).map(drop),
    };
    Some((judged.err().unwrap_or_default(), pos))
}

fn member<'a>(node: &'a mut Node, way: &[usize]) -> &'a mut Member {
    let (place, rest) = way.split_first().expect("the way ends at a member");
    match &mut node.value {
        Value::List(nodes) => member(&mut nodes[*place], rest),
        Value::Map(members) => match rest {
            [] => &mut members[*place],
            rest => member(&mut members[*place].node, rest),
        },
        _ => panic!("maps and lists are on the way"),
    }
}

/// The key with another value before it, on the same line: the second one is refused.
fn twice(text: &str, member: &Member) -> (Vec<ConfigError>, Pos) {
    let Pos { line, column, .. } = member.pos;
    let twin = format!("\"{}\": null, ", member.key);
    let start: usize = text.split_inclusive('\n').take(line as usize - 1).map(str::len).sum();
    let (before, after) = text.split_at(start + column as usize - 1);
    let error = json::parse("<twice>", &format!("{before}{twin}{after}"), &mut json::no_includes);
    (error.err().into_iter().collect(), Pos { column: column + twin.len() as u32, ..member.pos })
}

fn wrong_type(kind: &Kind) -> Value {
    match kind {
        Kind::Int { .. } | Kind::Real => Value::Text("17".into()),
        Kind::Map(_) => Value::List(Vec::new()),
        Kind::Maps(_) | Kind::List(_) => Value::Map(Vec::new()),
        Kind::Bool | Kind::Text { .. } | Kind::Word(_) | Kind::Any | Kind::Group(_) => Value::Int(17),
    }
}

/// A value of the right type that cannot be.
fn out_of_range(param: &Param) -> Option<Value> {
    Some(match param.kind {
        Kind::Int { max, .. } => Value::Int(max.checked_add(1)?),
        Kind::Real => Value::Real(7.5),
        Kind::Word(_) => Value::Text("no such word".into()),
        Kind::Text { format: "" } => return None,
        Kind::Text { .. } => Value::Text("not this".into()),
        _ => return None,
    })
}
