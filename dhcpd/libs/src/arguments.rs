//! Arguments of commands, read one by one in the words of Kea's parsers, positions included.

use control::{Answer, Code};
use leases::StoreError;
use schema::json::{Node, Value};
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

/// Why a command is not carried out.
#[derive(Debug, PartialEq)]
pub(crate) struct Refusal {
    pub code: Code,
    pub reason: String,
}

impl Refusal {
    /// It is at odds with the configuration or with a lease.
    pub fn conflict(reason: impl Into<String>) -> Self {
        Self { code: Code::Conflict, reason: reason.into() }
    }

    /// What it is about is not there.
    pub fn empty(reason: impl Into<String>) -> Self {
        Self { code: Code::Empty, reason: reason.into() }
    }
}

impl From<String> for Refusal {
    fn from(reason: String) -> Self {
        Self { code: Code::Error, reason }
    }
}

impl From<&str> for Refusal {
    fn from(reason: &str) -> Self {
        reason.to_owned().into()
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        error.to_string().into()
    }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        Answer::new(refusal.code, refusal.reason)
    }
}

/// A map of arguments.
#[derive(Clone, Copy)]
pub(crate) struct Arguments<'a>(&'a Node);

impl<'a> Arguments<'a> {
    /// Takes what may be no map: then every question is refused.
    pub fn new(node: &'a Node) -> Self {
        Self(node)
    }

    /// Whether it is a map.
    pub fn is_map(&self) -> bool {
        matches!(self.0.value, Value::Map(_))
    }

    /// The value of a key, unless it is absent.
    pub fn find(&self, key: &str) -> Result<Option<&'a Node>, Refusal> {
        match self.is_map() {
            true => Ok(self.0.member(key)),
            false => Err(format!("get(string) called on a non-map Element in ({})", At(self.0)).into()),
        }
    }

    fn required<T>(&self, key: &str, found: Option<T>) -> Result<T, Refusal> {
        found.ok_or_else(|| format!("missing parameter '{key}' ({})", At(self.0)).into())
    }

    pub fn text(&self, key: &str) -> Result<Option<&'a str>, Refusal> {
        match self.find(key)? {
            None => Ok(None),
            Some(Node { value: Value::Text(text), .. }) => Ok(Some(text)),
            Some(other) => Err(wrong_type(key, other)),
        }
    }

    pub fn required_text(&self, key: &str) -> Result<&'a str, Refusal> {
        self.required(key, self.text(key)?)
    }

    pub fn flag(&self, key: &str) -> Result<Option<bool>, Refusal> {
        match self.find(key)? {
            None => Ok(None),
            Some(Node { value: Value::Bool(flag), .. }) => Ok(Some(*flag)),
            Some(other) => Err(wrong_type(key, other)),
        }
    }

    pub fn integer(&self, key: &str) -> Result<Option<i64>, Refusal> {
        match self.find(key)? {
            None => Ok(None),
            Some(Node { value: Value::Int(number), .. }) => Ok(Some(*number)),
            Some(other) => Err(wrong_type(key, other)),
        }
    }

    /// A number in the range of a type.
    pub fn number<N: TryFrom<i64>>(&self, key: &str) -> Result<Option<N>, Refusal> {
        let (Some(number), Some(node)) = (self.integer(key)?, self.0.member(key)) else { return Ok(None) };
        match N::try_from(number) {
            Ok(fits) => Ok(Some(fits)),
            Err(_) => {
                Err(format!("out of range value ({number}) specified for parameter '{key}' ({})", At(node)).into())
            }
        }
    }

    pub fn required_number<N: TryFrom<i64>>(&self, key: &str) -> Result<N, Refusal> {
        self.required(key, self.number(key)?)
    }

    pub fn required_address(&self, key: &str) -> Result<Address, Refusal> {
        let text = self.required_text(key)?;
        let at = self.0.member(key).unwrap_or(self.0);
        address(text).map_err(|Refusal { reason, .. }| {
            format!("Failed to convert '{text}' to address: {reason}({})", At(at)).into()
        })
    }
}

/// An address of either family.
pub(crate) type Address = std::net::IpAddr;

/// Reads an address.
pub(crate) fn address(text: &str) -> Result<Address, Refusal> {
    let v4 = text.parse::<Ipv4Addr>().map(Address::V4);
    let parsed = v4.or_else(|_| text.parse::<Ipv6Addr>().map(Address::V6));
    parsed.map_err(|_| format!("Failed to convert string to address '{text}': Invalid argument").into())
}

fn wrong_type(key: &str, found: &Node) -> Refusal {
    format!("invalid type specified for parameter '{key}' ({})", At(found)).into()
}

/// The place of a value in the text of a command, as Kea counts it: lines from 0; in the first line, a map or a list is
/// where it begins, any other value a character before; in other lines all is a character further.
pub(crate) struct At<'a>(pub &'a Node);

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = self.0.pos.line.saturating_sub(1);
        let scalar = !matches!(self.0.value, Value::Map(_) | Value::List(_));
        let column = self.0.pos.column + u32::from(line > 0) - u32::from(scalar);
        write!(f, "<wire>:{line}:{column}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use schema::json;

    fn node(text: &str) -> Node {
        json::parse("<string>", text, &mut json::no_includes).unwrap().root
    }

    #[test]
    fn positions_are_those_of_kea() {
        let root = node(
            "{ \"command\": \"lease4-add\",\n \"arguments\": { \"ip-address\": 5 }, \"more\": {},\n\"last\": true }",
        );
        let inner = root.member("arguments").unwrap();
        let arguments = Arguments::new(inner);
        let told = |result: Result<_, Refusal>| result.err().map(|refusal| refusal.reason);
        assert_eq!(
            told(arguments.required_text("ip-address").map(drop)).unwrap(),
            "invalid type specified for parameter 'ip-address' (<wire>:1:31)"
        );
        assert_eq!(
            told(arguments.required_text("hw-address").map(drop)).unwrap(),
            "missing parameter 'hw-address' (<wire>:1:16)"
        );
        let line = node(r#"{"command":"lease4-add","arguments":{"ip-address":"bogus","state":300}}"#);
        let arguments = Arguments::new(line.member("arguments").unwrap());
        assert_eq!(
            told(arguments.required_address("ip-address").map(drop)).unwrap(),
            "Failed to convert 'bogus' to address: Failed to convert string to address 'bogus': Invalid argument(<wire>:0:50)"
        );
        assert_eq!(
            told(arguments.number::<u8>("state").map(drop)).unwrap(),
            "out of range value (300) specified for parameter 'state' (<wire>:0:66)"
        );
    }
}
