//! A data tree as RFC 7951 JSON, made directly: printing and parsing again would double the time of a commit.

use serde_json::{Map, Value};
use yang2::schema::{DataValue, DataValueType, SchemaNodeKind};

use super::{Node, raw};

/// The tree that starts with `top` and its siblings; an empty map without one.
pub fn to_json(top: Option<Node<'_>>) -> Value {
    let mut map = Map::new();
    if let Some(top) = top {
        for node in top.inclusive_siblings() {
            if !is_implicit(&node) {
                let name = format!("{}:{}", node.schema().module().name(), node.schema().name());
                insert(&mut map, name, &node);
            }
        }
    }
    Value::Object(map)
}

/// The children of a node.
pub(super) fn object(parent: &Node<'_>) -> Value {
    let mut map = Map::new();
    let parent_schema = parent.schema();
    let module = parent_schema.module();
    for node in parent.children() {
        if is_implicit(&node) {
            continue;
        }
        let schema = node.schema();
        // RFC 7951 §4: the module is named where it changes.
        let name = if schema.module() == module {
            schema.name().to_string()
        } else {
            format!("{}:{}", schema.module().name(), schema.name())
        };
        insert(&mut map, name, &node);
    }
    Value::Object(map)
}

fn insert(map: &mut Map<String, Value>, name: String, node: &Node<'_>) {
    let value = match node.schema().kind() {
        SchemaNodeKind::Leaf | SchemaNodeKind::LeafList => leaf(node),
        _ => object(node),
    };
    match node.schema().kind() {
        SchemaNodeKind::List | SchemaNodeKind::LeafList => {
            if let Value::Array(entries) = map.entry(name).or_insert_with(|| Value::Array(Vec::new())) {
                entries.push(value);
            }
        }
        _ => {
            map.insert(name, value);
        }
    }
}

/// A value by RFC 7951 §6: numbers of up to 32 bits are numbers, wider ones are strings.
fn leaf(node: &Node<'_>) -> Value {
    let kind = node.schema().leaf_type().map(|leaf_type| leaf_type.base_type());
    if kind == Some(DataValueType::String) {
        return Value::String(node.value_canonical().unwrap_or_default());
    }
    match node.value() {
        Some(DataValue::Bool(value)) => Value::Bool(value),
        Some(DataValue::Uint8(value)) => Value::from(value),
        Some(DataValue::Uint16(value)) => Value::from(value),
        Some(DataValue::Uint32(value)) => Value::from(value),
        Some(DataValue::Int8(value)) => Value::from(value),
        Some(DataValue::Int16(value)) => Value::from(value),
        Some(DataValue::Int32(value)) => Value::from(value),
        Some(DataValue::Uint64(value)) => Value::String(value.to_string()),
        Some(DataValue::Int64(value)) => Value::String(value.to_string()),
        Some(DataValue::Empty) => Value::Array(vec![Value::Null]),
        Some(DataValue::Other(value)) => Value::String(value),
        None => Value::Null,
    }
}

/// Whether nobody wrote this: a default that libyang filled in, or a container without presence and without content
/// (RFC 7950 §7.5.1).
pub(super) fn is_implicit(node: &Node<'_>) -> bool {
    let schema = node.schema();
    match schema.kind() {
        SchemaNodeKind::Leaf | SchemaNodeKind::LeafList => raw::is_filled_in(node),
        _ => schema.is_np_container() && node.children().all(|child| is_implicit(&child)),
    }
}
