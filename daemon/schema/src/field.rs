//! Types of values, and the two places where they stand in a scope.

use crate::json::{Node, Value};
use crate::table::{Kind, Support};
use crate::{At, Given, Pos, Reader};
use std::fmt::Debug;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A type of parameter value.
pub trait Field: Clone + Debug + PartialEq + 'static {
    /// How it is described in the tables.
    const KIND: Kind;
    /// How much of it the daemon can do yet.
    const SUPPORT: Support = Support::Full;

    /// Reads a value, or tells the reader what is wrong. `kind` is the parameter's: it may be narrower than [`Field::KIND`].
    fn read(reader: &mut Reader, node: &Node, kind: &'static Kind) -> Option<Self>;

    /// The value as JSON.
    fn write(&self) -> serde_json::Value;

    /// Fills defaults in scopes within.
    fn fill(&mut self) {}
}

impl Field for bool {
    const KIND: Kind = Kind::Bool;

    fn read(reader: &mut Reader, node: &Node, _kind: &'static Kind) -> Option<Self> {
        match node.value {
            Value::Bool(value) => Some(value),
            _ => {
                reader.expected(node, "true or false");
                None
            }
        }
    }

    fn write(&self) -> serde_json::Value {
        (*self).into()
    }
}

/// Whole numbers; a parameter's range may be narrower than the type's.
macro_rules! integers {
    ($($type:ty),*) => {$(
        impl Field for $type {
            const KIND: Kind = Kind::Int { min: <$type>::MIN as i64, max: <$type>::MAX as i64 };

            fn read(reader: &mut Reader, node: &Node, kind: &'static Kind) -> Option<Self> {
                let (min, max) = match *kind {
                    Kind::Int { min, max } => (min, max),
                    _ => (<$type>::MIN as i64, <$type>::MAX as i64),
                };
                match node.value {
                    Value::Int(value) if (min..=max).contains(&value) => <$type>::try_from(value).ok(),
                    _ => {
                        reader.expected(node, &format!("a whole number from {min} to {max}"));
                        None
                    }
                }
            }

            fn write(&self) -> serde_json::Value {
                (*self).into()
            }
        }
    )*};
}

integers!(u8, u16, u32, i64);

impl Field for f64 {
    const KIND: Kind = Kind::Real;

    fn read(reader: &mut Reader, node: &Node, _kind: &'static Kind) -> Option<Self> {
        match node.value {
            Value::Real(value) => Some(value),
            // Kea tells whole numbers from others by how they are written.
            _ => {
                reader.expected(node, "a number with a decimal point, such as 0.5");
                None
            }
        }
    }

    fn write(&self) -> serde_json::Value {
        (*self).into()
    }
}

impl Field for String {
    const KIND: Kind = Kind::Text { format: "" };

    fn read(reader: &mut Reader, node: &Node, _kind: &'static Kind) -> Option<Self> {
        match &node.value {
            Value::Text(text) => Some(text.to_string()),
            _ => {
                reader.expected(node, "a string");
                None
            }
        }
    }

    fn write(&self) -> serde_json::Value {
        self.as_str().into()
    }
}

/// Makes a type with `FromStr` and `Display` a [`Field`]: its format in the tables, and what completes "must be".
#[macro_export]
macro_rules! text_field {
    ($type:ty, $format:literal, $right:literal) => {
        impl $crate::Field for $type {
            const KIND: $crate::table::Kind = $crate::table::Kind::Text { format: $format };

            fn read(
                reader: &mut $crate::Reader,
                node: &$crate::json::Node,
                _kind: &'static $crate::table::Kind,
            ) -> Option<Self> {
                let value = match &node.value {
                    $crate::json::Value::Text(text) => text.parse().ok(),
                    _ => None,
                };
                if value.is_none() {
                    reader.expected(node, $right);
                }
                value
            }

            fn write(&self) -> $crate::serde_json::Value {
                self.to_string().into()
            }
        }
    };
}

text_field!(Ipv4Addr, "ipv4-address", "an IPv4 address");
text_field!(Ipv6Addr, "ipv6-address", "an IPv6 address");
text_field!(IpAddr, "ip-address", "an IP address");

/// A map of any JSON: user contexts, parameters of hook libraries.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Json(pub serde_json::Map<String, serde_json::Value>);

impl Field for Json {
    const KIND: Kind = Kind::Any;

    fn read(reader: &mut Reader, node: &Node, _kind: &'static Kind) -> Option<Self> {
        match node.to_json() {
            serde_json::Value::Object(map) => Some(Json(map)),
            _ => {
                reader.expected(node, "a map");
                None
            }
        }
    }

    fn write(&self) -> serde_json::Value {
        self.0.clone().into()
    }
}

impl<T: Field> Field for Vec<At<T>> {
    const KIND: Kind = match T::KIND {
        Kind::Map(table) => Kind::Maps(table),
        _ => Kind::List(&T::KIND),
    };
    const SUPPORT: Support = T::SUPPORT;

    fn read(reader: &mut Reader, node: &Node, _kind: &'static Kind) -> Option<Self> {
        let Value::List(nodes) = &node.value else {
            reader.expected(node, "a list");
            return None;
        };
        let mut values = Vec::with_capacity(nodes.len());
        values.extend(nodes.iter().filter_map(|node| {
            let value = T::read(reader, node, const { &T::KIND })?;
            Some(At { value, pos: node.pos })
        }));
        Some(values)
    }

    fn write(&self) -> serde_json::Value {
        self.iter().map(|item| item.value.write()).collect()
    }

    fn fill(&mut self) {
        self.iter_mut().for_each(|item| item.value.fill());
    }
}

/// A place for a value in a scope: [`Given<T>`], or `Vec<At<T>>` where an empty list and an absent one mean the same.
pub trait Slot: Clone {
    /// What is kept here.
    type Value: Field;

    /// Reads the value into its place.
    fn take(&mut self, reader: &mut Reader, node: &Node, kind: &'static Kind);

    /// Whether a value is here.
    fn is_given(&self) -> bool;

    /// A copy of the value, if it is here.
    fn value(&self) -> Option<Self::Value>;

    /// The value as JSON, if it is here.
    fn write(&self) -> Option<serde_json::Value>;

    /// Puts a default here if no value is, and fills the defaults of scopes within.
    fn fill(&mut self, default: Option<fn() -> Self::Value>);
}

impl<T: Field> Slot for Given<T> {
    type Value = T;

    fn take(&mut self, reader: &mut Reader, node: &Node, kind: &'static Kind) {
        *self = T::read(reader, node, kind).map(|value| At { value, pos: node.pos });
    }

    fn is_given(&self) -> bool {
        self.is_some()
    }

    fn value(&self) -> Option<T> {
        self.as_ref().map(|given| given.value.clone())
    }

    fn write(&self) -> Option<serde_json::Value> {
        self.as_ref().map(|given| given.value.write())
    }

    fn fill(&mut self, default: Option<fn() -> T>) {
        if self.is_none() {
            *self = default.map(|default| At::unwritten(default()));
        }
        if let Some(given) = self {
            given.value.fill();
        }
    }
}

impl<T: Field> Slot for Vec<At<T>> {
    type Value = Self;

    fn take(&mut self, reader: &mut Reader, node: &Node, kind: &'static Kind) {
        *self = Field::read(reader, node, kind).unwrap_or_default();
    }

    fn is_given(&self) -> bool {
        !self.is_empty()
    }

    fn value(&self) -> Option<Self> {
        self.is_given().then(|| self.clone())
    }

    fn write(&self) -> Option<serde_json::Value> {
        (!self.is_empty()).then(|| Field::write(self))
    }

    fn fill(&mut self, default: Option<fn() -> Self>) {
        if self.is_empty() {
            *self = default.map(|default| default()).unwrap_or_default();
        }
        Field::fill(self);
    }
}

/// A declared default as a value. Panics when the declaration does not fit its type, which filling any scope shows.
pub fn literal<T: Field>(json: impl Into<serde_json::Value>) -> T {
    let json = json.into();
    let mut reader = Reader::default();
    T::read(&mut reader, &unwritten(&json), const { &T::KIND })
        .unwrap_or_else(|| panic!("{json} is no {}: {:?}", std::any::type_name::<T>(), reader.problems))
}

/// The default of a map: what it is when nothing is written in it.
pub fn empty_map<T: Field + Default>() -> T {
    let mut map = T::default();
    map.fill();
    map
}

/// JSON as a tree that nobody wrote.
fn unwritten(json: &serde_json::Value) -> Node {
    let value = match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(value) => Value::Bool(*value),
        serde_json::Value::Number(value) => match value.as_i64() {
            Some(whole) => Value::Int(whole),
            None => Value::Real(value.as_f64().unwrap_or_default()),
        },
        serde_json::Value::String(text) => Value::Text(text.as_str().into()),
        serde_json::Value::Array(items) => Value::List(items.iter().map(unwritten).collect()),
        serde_json::Value::Object(map) => Value::Map(
            map.iter()
                .map(|(key, value)| crate::json::Member {
                    key: key.as_str().into(),
                    pos: Pos::default(),
                    node: unwritten(value),
                })
                .collect(),
        ),
    };
    Node { pos: Pos::default(), value }
}
