//! Leaves: one value between the two forms (RFC 7951 §6).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use schema::table::Kind;
use serde_json::{Number, Value};

/// A value of the JSON as a leaf, in the canonical form of its type. None: the model says it by having no leaf.
pub(crate) fn to_yang(kind: &Kind, value: &Value) -> Result<Option<Value>, String> {
    match (kind, value) {
        // RFC 7951 §6.1: 64-bit numbers are strings.
        (Kind::Int { max, .. }, Value::Number(n)) if *max > i64::from(u32::MAX) && !n.is_f64() => {
            Ok(Some(n.to_string().into()))
        }
        (Kind::Int { .. }, Value::Number(n)) if !n.is_f64() => Ok(Some(value.clone())),
        (Kind::Real, Value::Number(n)) => Ok(n.as_f64().map(|n| decimal(n).into())),
        // An empty address or prefix is none; `auto` stands for all words, see `all_words`.
        (Kind::Word(_), Value::String(word)) if word == AUTO => Ok(None),
        (Kind::Text { format }, Value::String(text)) if text.is_empty() && format.starts_with("ip") => Ok(None),
        (Kind::Text { format }, Value::String(text)) => Ok(Some(canonical(format, text).into())),
        (Kind::Word(words), Value::String(word)) => {
            let known = words.iter().find(|known| known.eq_ignore_ascii_case(word));
            Ok(Some(known.map_or_else(|| value.clone(), |known| (*known).into())))
        }
        (Kind::Bool, Value::Bool(_)) => Ok(Some(value.clone())),
        _ => Err(expected(kind)),
    }
}

/// Stands for all identifiers of hosts.
const AUTO: &str = "auto";

/// The values of a list that `auto` stands for; none if it is not in the list.
pub(crate) fn all_words(kind: &Kind, kea: &[Value]) -> Vec<Value> {
    match kind {
        Kind::Word(words) if kea.iter().any(|word| word == AUTO) => {
            words.iter().filter(|word| **word != AUTO).map(|word| Value::from(*word)).collect()
        }
        _ => Vec::new(),
    }
}

/// A leaf as a value of the JSON.
pub(crate) fn to_kea(kind: &Kind, value: &Value) -> Result<Value, String> {
    match (kind, value) {
        (Kind::Bool, Value::Bool(_)) | (Kind::Text { .. } | Kind::Word(_), Value::String(_)) => Ok(value.clone()),
        (Kind::Int { .. }, Value::Number(n)) if !n.is_f64() => Ok(value.clone()),
        (Kind::Int { .. }, Value::String(text)) => text.parse::<i64>().map(Value::from).map_err(|_| expected(kind)),
        (Kind::Real, Value::String(text)) => {
            text.parse().ok().and_then(Number::from_f64).map(Value::Number).ok_or_else(|| expected(kind))
        }
        (Kind::Real, Value::Number(_)) => Ok(value.clone()),
        _ => Err(expected(kind)),
    }
}

fn expected(kind: &Kind) -> String {
    match kind {
        Kind::Bool => "true or false is expected".into(),
        Kind::Int { min, max } => format!("a whole number from {min} to {max} is expected"),
        Kind::Real => "a number is expected".into(),
        Kind::Word(words) => format!("one of {} is expected", words.join(", ")),
        _ => "a string is expected".into(),
    }
}

/// A number as decimal64 with 18 fraction digits in canonical form (RFC 7950 §9.3.2).
fn decimal(number: f64) -> String {
    let short = number.to_string();
    match short.split_once('.') {
        None => format!("{short}.0"),
        Some((_, fraction)) if fraction.len() <= 18 => short,
        Some(_) => {
            let long = format!("{number:.18}");
            let cut = long.trim_end_matches('0');
            if cut.ends_with('.') { format!("{cut}0") } else { cut.into() }
        }
    }
}

/// A text in the canonical form of its YANG type: addresses as in RFC 5952, prefixes without host bits (RFC 6991).
pub(crate) fn canonical(format: &str, text: &str) -> String {
    let address = || text.parse::<IpAddr>().ok().map(|a| a.to_string());
    let prefix = || Prefix::parse(text).map(|p| p.to_string());
    let canonical = match format {
        "ip-address" | "ipv4-address" | "ipv6-address" => address(),
        "ip-prefix" | "ipv4-prefix" | "ipv6-prefix" => prefix(),
        _ => None,
    };
    canonical.unwrap_or_else(|| text.into())
}

/// A prefix without host bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Prefix {
    first: IpAddr,
    last: IpAddr,
    length: u8,
}

impl Prefix {
    /// The prefix of this length, in bits, around an address.
    pub fn new(address: IpAddr, length: u8) -> Option<Self> {
        let (first, last) = match address {
            IpAddr::V4(a) => {
                let host = u32::MAX.checked_shr(length.into()).unwrap_or(0);
                let bits = a.to_bits();
                (Ipv4Addr::from_bits(bits & !host).into(), Ipv4Addr::from_bits(bits | host).into())
            }
            IpAddr::V6(a) => {
                let host = u128::MAX.checked_shr(length.into()).unwrap_or(0);
                let bits = a.to_bits();
                (Ipv6Addr::from_bits(bits & !host).into(), Ipv6Addr::from_bits(bits | host).into())
            }
        };
        let most = if address.is_ipv4() { 32 } else { 128 };
        (length <= most).then_some(Self { first, last, length })
    }

    pub fn parse(text: &str) -> Option<Self> {
        let (address, length) = text.split_once('/')?;
        Self::new(address.trim().parse().ok()?, length.trim().parse().ok()?)
    }

    pub fn first(&self) -> IpAddr {
        self.first
    }

    pub fn last(&self) -> IpAddr {
        self.last
    }

    /// Whether the other one is a part of it.
    pub fn contains(&self, other: &Self) -> bool {
        self.first <= other.first && other.last <= self.last
    }

    pub fn length(&self) -> u8 {
        self.length
    }
}

impl std::fmt::Display for Prefix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.first, self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_canonical() {
        for (number, text) in [(0.0, "0.0"), (1.0, "1.0"), (0.5, "0.5"), (0.875, "0.875"), (1e-7, "0.0000001")] {
            assert_eq!(decimal(number), text);
        }
        assert_eq!(decimal(1e-20), "0.0");
        assert_eq!(decimal(1.234e-17), "0.000000000000000012");
    }

    #[test]
    fn prefixes_lose_their_host_bits() {
        let p = Prefix::parse("192.0.2.77/24").unwrap();
        assert_eq!((p.to_string().as_str(), p.last().to_string().as_str()), ("192.0.2.0/24", "192.0.2.255"));
        assert_eq!(Prefix::parse("2001:DB8:0::1/128").unwrap().to_string(), "2001:db8::1/128");
        assert_eq!(Prefix::parse("::1/0").unwrap().to_string(), "::/0");
        assert_eq!(Prefix::parse("1.2.3.4/0").unwrap().last().to_string(), "255.255.255.255");
        assert_eq!(Prefix::parse("192.0.2.0/33"), None);
    }

    #[test]
    fn wide_numbers_are_strings() {
        let wide = Kind::Int { min: 0, max: i64::MAX };
        assert_eq!(to_yang(&wide, &7.into()), Ok(Some("7".into())));
        assert_eq!(to_kea(&wide, &"7".into()), Ok(7.into()));
        let narrow = Kind::Int { min: 0, max: 255 };
        assert_eq!(to_yang(&narrow, &7.into()), Ok(Some(7.into())));
        assert!(to_yang(&narrow, &"7".into()).is_err());
    }
}
