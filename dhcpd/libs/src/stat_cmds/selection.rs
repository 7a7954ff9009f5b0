//! Which subnets a request asks for.

use serde_json::Value;
use std::fmt;

/// The subnets that a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Selection {
    All,
    One(i64),
    /// From the first to the last, both included.
    Range(i64, i64),
}

/// Why no subnet is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nothing {
    NoSuch(i64),
    NoneIn(i64, i64),
}

impl Selection {
    /// Reads the arguments of a command.
    pub(super) fn read(arguments: Option<&Value>) -> Result<Self, String> {
        let Some(arguments) = arguments else { return Ok(Self::All) };
        let arguments = arguments.as_object().ok_or("'arguments' parameter is not a map")?;
        match (arguments.get("subnet-id"), arguments.get("subnet-range")) {
            (None, None) => Ok(Self::All),
            (Some(_), Some(_)) => Err("cannot specify both subnet-id and subnet-range".to_owned()),
            (Some(id), None) => {
                let id = id.as_i64().ok_or("'subnet-id' parameter is not integer")?;
                positive("subnet-id", id).map(Self::One)
            }
            (None, Some(range)) => {
                let range = range.as_object().ok_or("subnet-range parameter is not a map")?;
                let end = |name: &str| {
                    let end = range.get(name).and_then(Value::as_i64);
                    positive(name, end.ok_or_else(|| format!("'{name}' parameter missing or not an integer"))?)
                };
                let (first, last) = (end("first-subnet-id")?, end("last-subnet-id")?);
                if last < first {
                    return Err("'last-subnet-id' must be greater than 'first-subnet-id'".to_owned());
                }
                Ok(Self::Range(first, last))
            }
        }
    }

    /// Those of the known subnets that are asked for, in their order.
    pub(super) fn choose(self, known: &[u32]) -> Result<Vec<u32>, Nothing> {
        let (first, last, nothing) = match self {
            Self::All => return Ok(known.to_vec()),
            Self::One(id) => (id, id, Nothing::NoSuch(id)),
            Self::Range(first, last) => (first, last, Nothing::NoneIn(first, last)),
        };
        let chosen: Vec<u32> = known.iter().copied().filter(|&id| (first..=last).contains(&id.into())).collect();
        if chosen.is_empty() { Err(nothing) } else { Ok(chosen) }
    }
}

fn positive(name: &str, id: i64) -> Result<i64, String> {
    if id > 0 { Ok(id) } else { Err(format!("'{name}' parameter must be > 0")) }
}

impl fmt::Display for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("[all subnets]"),
            Self::One(id) => write!(f, "[subnet-id={id}]"),
            Self::Range(first, last) => write!(f, "[subnets {first} through {last}]"),
        }
    }
}

impl fmt::Display for Nothing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuch(id) => write!(f, "subnet-id: {id} does not exist"),
            Self::NoneIn(first, last) => {
                write!(f, "selected ID range: {first} through {last} includes no known subnets")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_range_takes_both_ends_and_skips_what_is_not_there() {
        let chosen =
            |range: Value| Selection::read(Some(&json!({ "subnet-range": range }))).unwrap().choose(&[1, 5, 9]);
        assert_eq!(chosen(json!({ "first-subnet-id": 1, "last-subnet-id": 5 })), Ok(vec![1, 5]));
        assert_eq!(chosen(json!({ "first-subnet-id": 6, "last-subnet-id": 100 })), Ok(vec![9]));
        assert_eq!(chosen(json!({ "first-subnet-id": 6, "last-subnet-id": 8 })), Err(Nothing::NoneIn(6, 8)));
        assert_eq!(Selection::All.choose(&[]), Ok(vec![]));
        assert_eq!(Selection::One(4).choose(&[5]), Err(Nothing::NoSuch(4)));
    }

    #[test]
    fn wrong_arguments_are_told() {
        for (arguments, reason) in [
            (json!([]), "'arguments' parameter is not a map"),
            (json!({ "subnet-id": "x" }), "'subnet-id' parameter is not integer"),
            (json!({ "subnet-id": 0 }), "'subnet-id' parameter must be > 0"),
            (json!({ "subnet-id": 1, "subnet-range": {} }), "cannot specify both subnet-id and subnet-range"),
            (json!({ "subnet-range": {} }), "'first-subnet-id' parameter missing or not an integer"),
            (
                json!({ "subnet-range": { "first-subnet-id": 4, "last-subnet-id": 3 } }),
                "'last-subnet-id' must be greater than 'first-subnet-id'",
            ),
        ] {
            assert_eq!(Selection::read(Some(&arguments)), Err(reason.to_owned()), "{arguments}");
        }
    }
}
