//! Parameters of Kea's that are known and not supported yet.
//!
//! Each is refused by name and position. Where a value means "none of it", as it stands in the files that Kea writes,
//! that value is read.

use schema::json::{Node, Value as Written};
use schema::table::{Kind, Support};
use schema::{Field, Reader};
use serde_json::Value;

/// A value of a parameter that is known and not supported yet: writing one is an error. It is read all the same, so that
/// rules can tell it from an absent one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NotYet;

impl Field for NotYet {
    const KIND: Kind = Kind::Any;
    const SUPPORT: Support = Support::Nothing;

    fn read(reader: &mut Reader, node: &Node, _kind: &'static Kind) -> Option<Self> {
        reader.problem(node.pos, "not supported yet");
        Some(Self)
    }

    fn write(&self) -> Value {
        Value::Null
    }
}

/// A whole number of which one value alone is supported yet: Kea's default, which stands in every file that Kea wrote.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Only<const VALUE: i64>;

impl<const VALUE: i64> Field for Only<VALUE> {
    const KIND: Kind = Kind::Int { min: VALUE, max: VALUE };
    const SUPPORT: Support = Support::Only(|| VALUE.into());

    fn read(reader: &mut Reader, node: &Node, _kind: &'static Kind) -> Option<Self> {
        if node.value == Written::Int(VALUE) {
            return Some(Self);
        }
        reader.problem(node.pos, format!("not supported yet; it must be {VALUE}"));
        None
    }

    fn write(&self) -> Value {
        VALUE.into()
    }
}

/// A switch that cannot be on yet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OnlyFalse;

impl Field for OnlyFalse {
    const KIND: Kind = Kind::Bool;
    const SUPPORT: Support = Support::Only(|| false.into());

    fn read(reader: &mut Reader, node: &Node, _kind: &'static Kind) -> Option<Self> {
        if node.value == Written::Bool(false) {
            return Some(Self);
        }
        reader.problem(node.pos, "not supported yet; it must be false");
        None
    }

    fn write(&self) -> Value {
        false.into()
    }
}

/// Text that must be empty yet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OnlyEmpty;

impl Field for OnlyEmpty {
    const KIND: Kind = Kind::Text { format: "empty" };
    const SUPPORT: Support = Support::Only(|| "".into());

    fn read(reader: &mut Reader, node: &Node, _kind: &'static Kind) -> Option<Self> {
        if node.value == Written::Text("".into()) {
            return Some(Self);
        }
        reader.problem(node.pos, "not supported yet; it must be empty");
        None
    }

    fn write(&self) -> Value {
        "".into()
    }
}
