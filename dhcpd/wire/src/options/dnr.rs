//! Encrypted DNS servers (RFC 9463) as operators write them: instances with `|` between them in DHCPv4, one in DHCPv6,
//! each `priority, name, addresses, parameters`; a comma or a bar inside of a value stands behind a backslash.

use super::OptionError;
use crate::names;
use std::net::{Ipv4Addr, Ipv6Addr};

/// Service parameters and their keys (RFC 9460 §14.3.2); the others are not for this option (RFC 9463 §3.1.8).
const ALPN: &str = "alpn";
const PORT: &str = "port";
const DOHPATH: &str = "dohpath";
const KEYS: [(&str, u16); 3] = [(ALPN, 1), (PORT, 3), (DOHPATH, 7)];

/// RFC 9463 §5.1: each instance behind its length in two bytes; lengths inside take one.
pub(super) fn encode_v4(text: &str) -> Result<Vec<u8>, OptionError> {
    let mut out = Vec::new();
    for text in split(text, '|') {
        let instance = Instance::parse(&text)?;
        let mut data = instance.priority.to_be_bytes().to_vec();
        let address = |text: &str| text.parse::<Ipv4Addr>().map(|a| a.octets().to_vec());
        let len = |len: usize| u8::try_from(len).map(|len| vec![len]).map_err(|_| too_long());
        instance.put(&mut data, len, |text| address(text).map_err(|_| not_an_address(text)))?;
        out.extend(u16::try_from(data.len()).map_err(|_| too_long())?.to_be_bytes());
        out.extend(data);
    }
    Ok(out)
}

/// RFC 9463 §4.1: one instance; lengths take two bytes.
pub(super) fn encode_v6(text: &str) -> Result<Vec<u8>, OptionError> {
    let instance = Instance::parse(text)?;
    let mut out = instance.priority.to_be_bytes().to_vec();
    let address = |text: &str| text.parse::<Ipv6Addr>().map(|a| a.octets().to_vec());
    let len = |len: usize| u16::try_from(len).map(|len| len.to_be_bytes().to_vec()).map_err(|_| too_long());
    instance.put(&mut out, len, |text| address(text).map_err(|_| not_an_address(text)))?;
    Ok(out)
}

/// One instance as written.
struct Instance {
    priority: u16,
    name: Vec<u8>,
    addresses: String,
    parameters: Vec<u8>,
}

impl Instance {
    fn parse(text: &str) -> Result<Self, OptionError> {
        let fields: Vec<String> = split(text, ',').iter().map(|field| field.trim().to_owned()).collect();
        let (priority, name, addresses, parameters) = match fields.as_slice() {
            [priority, name] => (priority, name, "", ""),
            [priority, name, addresses] => (priority, name, &addresses[..], ""),
            [priority, name, addresses, parameters] => (priority, name, &addresses[..], &parameters[..]),
            _ => return Err(OptionError(format!("'{text}' is not priority, name, addresses, parameters"))),
        };
        let priority = priority.parse().map_err(|_| OptionError(format!("'{priority}' is not a priority")))?;
        let mut wire = Vec::new();
        names::encode(&name.to_ascii_lowercase(), true, &mut wire)
            .map_err(|e| OptionError(format!("'{name}': {e}")))?;
        let addresses = addresses.to_owned();
        Ok(Self { priority, name: wire, addresses, parameters: parameters_of(parameters)? })
    }

    /// Appends what stands behind the priority. Without addresses the name is all there is (RFC 9463 §3.1.6).
    fn put(
        &self,
        out: &mut Vec<u8>,
        len: impl Fn(usize) -> Result<Vec<u8>, OptionError>,
        address: impl Fn(&str) -> Result<Vec<u8>, OptionError>,
    ) -> Result<(), OptionError> {
        out.extend(len(self.name.len())?);
        out.extend(&self.name);
        let addresses = self.addresses.split_whitespace().map(address).collect::<Result<Vec<_>, _>>()?.concat();
        match (addresses.is_empty(), self.parameters.is_empty()) {
            (true, true) => return Ok(()),
            (true, false) => return Err(OptionError("parameters stand without an address".into())),
            (false, _) => {}
        }
        out.extend(len(addresses.len())?);
        out.extend(addresses);
        out.extend(&self.parameters);
        Ok(())
    }
}

/// `key=value` pairs, in the order of their keys on the wire (RFC 9460 §2.2).
fn parameters_of(text: &str) -> Result<Vec<u8>, OptionError> {
    let mut values: [Option<&str>; KEYS.len()] = [None; KEYS.len()];
    for pair in text.split_whitespace() {
        let refused = || OptionError(format!("'{pair}' is none of alpn=, port=, dohpath=, each once"));
        let (key, value) = pair.split_once('=').filter(|(_, value)| !value.is_empty()).ok_or_else(refused)?;
        let place = KEYS.iter().position(|(known, _)| *known == key).ok_or_else(refused)?;
        let place = values.get_mut(place).filter(|place| place.is_none()).ok_or_else(refused)?;
        *place = Some(value);
    }
    if values[0].is_some_and(|alpn| alpn.split(',').any(|id| id.starts_with('h'))) && values[2].is_none() {
        return Err(OptionError("alpn names HTTP: dohpath must be there".into()));
    }
    let mut out = Vec::new();
    for ((key, code), value) in KEYS.iter().zip(values) {
        let Some(value) = value else { continue };
        let bytes = match *key {
            ALPN => alpn(value)?,
            PORT => value
                .parse::<u16>()
                .map_err(|_| OptionError(format!("'{value}' is not a port")))?
                .to_be_bytes()
                .to_vec(),
            _ => value.as_bytes().to_vec(),
        };
        out.extend(code.to_be_bytes());
        out.extend(u16::try_from(bytes.len()).map_err(|_| too_long())?.to_be_bytes());
        out.extend(bytes);
    }
    Ok(out)
}

/// Protocols, each behind its length (RFC 9460 §7.1.1).
fn alpn(text: &str) -> Result<Vec<u8>, OptionError> {
    let mut out = Vec::new();
    for id in text.split(',') {
        match u8::try_from(id.len()) {
            Ok(len @ 1..) => out.push(len),
            _ => return Err(OptionError(format!("'{id}' is not a protocol"))),
        }
        out.extend(id.as_bytes());
    }
    Ok(out)
}

/// Splits at a separator that does not stand behind a backslash; that backslash goes.
fn split(text: &str, separator: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        let escaped = char == '\\' && chars.peek() == Some(&separator);
        match if escaped { chars.next() } else { Some(char) } {
            Some(plain) if escaped || plain != separator => parts.last_mut().into_iter().for_each(|p| p.push(plain)),
            _ => parts.push(String::new()),
        }
    }
    parts
}

fn too_long() -> OptionError {
    OptionError("the option is too long".into())
}

fn not_an_address(text: &str) -> OptionError {
    OptionError(format!("'{text}' is not an address"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instances_as_operators_write_them() {
        let text = r"2, a.b., 10.0.5.6, alpn=dot\,doq port=8530 | 3, c.";
        let first = [
            &[0, 2, 5][..],
            b"\x01a\x01b\0",
            &[4, 10, 0, 5, 6],
            &[0, 1, 0, 8],
            b"\x03dot\x03doq",
            &[0, 3, 0, 2, 0x21, 0x52],
        ]
        .concat();
        let second = [&[0, 3, 3][..], b"\x01c\0"].concat();
        let whole = [&[0, first.len() as u8][..], &first, &[0, second.len() as u8], &second].concat();
        assert_eq!(encode_v4(text), Ok(whole));
        let six =
            [&[0, 100, 0, 3][..], b"\x01a\0", &[0, 16], &Ipv6Addr::LOCALHOST.octets(), &[0, 7, 0, 8], b"/q{?dns}"]
                .concat();
        assert_eq!(encode_v6("100, A, ::1, dohpath=/q{?dns}"), Ok(six));
    }

    #[test]
    fn what_is_refused() {
        for text in [
            "",
            "1",
            "x, a",
            "1, a..b",
            "1, a, 10.0.0",
            "1, a, 10.0.0.1, port=x",
            "1, a, 10.0.0.1, alpn=h2",
            "1, a, , port=1",
        ] {
            assert!(encode_v4(text).is_err(), "{text}");
        }
        for parameters in ["port=1 port=2", "ech=1", "port", "alpn="] {
            assert!(encode_v6(&format!("1, a, ::1, {parameters}")).is_err(), "{parameters}");
        }
    }
}
