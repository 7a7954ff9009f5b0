//! Payload to text, in the form that [`super::encode()`] reads.

use super::{DataType, Definition, OptionError};
use crate::{hex, names};
use std::net::{Ipv4Addr, Ipv6Addr};

/// Decodes a payload by its definition. Bytes that are too few or too many for it are an error.
pub fn decode(definition: &Definition, payload: &[u8]) -> Result<String, OptionError> {
    let mut values = Vec::new();
    let mut rest = payload;
    match (definition.kind, definition.array) {
        // What is inside of an option that carries others is not looked at here.
        (DataType::Empty, _) if payload.is_empty() || !definition.encapsulates.is_empty() => return Ok(String::new()),
        (DataType::Record, array) => {
            for &kind in definition.fields.iter() {
                values.push(take(kind, &mut rest)?);
            }
            while let (true, Some(&last), false) = (array, definition.fields.last(), rest.is_empty()) {
                values.push(take(last, &mut rest)?);
            }
        }
        (kind, true) => {
            while values.is_empty() || !rest.is_empty() {
                values.push(take(kind, &mut rest)?);
            }
        }
        (DataType::ClasslessRoutes, _) => {
            while values.is_empty() || !rest.is_empty() {
                values.push(classless_route(&mut rest).ok_or_else(short)?);
            }
        }
        (kind, false) => values.push(take(kind, &mut rest)?),
    }
    if !rest.is_empty() && definition.encapsulates.is_empty() {
        return Err(OptionError(format!("{} bytes are left over", rest.len())));
    }
    Ok(values.join(", "))
}

fn short() -> OptionError {
    OptionError("the option is too short".into())
}

/// Takes the first `N` bytes.
fn array<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], OptionError> {
    let (first, others) = rest.split_first_chunk().ok_or_else(short)?;
    *rest = others;
    Ok(*first)
}

fn slice<'a>(rest: &mut &'a [u8], len: usize) -> Result<&'a [u8], OptionError> {
    let (first, others) = rest.split_at_checked(len).ok_or_else(short)?;
    *rest = others;
    Ok(first)
}

fn take(kind: DataType, rest: &mut &[u8]) -> Result<String, OptionError> {
    Ok(match kind {
        DataType::Empty => String::new(),
        DataType::Binary | DataType::Dnr4 | DataType::Dnr6 => hex::Plain(std::mem::take(rest)).to_string(),
        DataType::String => text(std::mem::take(rest))?,
        DataType::Boolean => match array(rest)? {
            [0] => "false".into(),
            [1] => "true".into(),
            [other] => return Err(OptionError(format!("{other} is not a boolean"))),
        },
        DataType::Int8 => i8::from_be_bytes(array(rest)?).to_string(),
        DataType::Int16 => i16::from_be_bytes(array(rest)?).to_string(),
        DataType::Int32 => i32::from_be_bytes(array(rest)?).to_string(),
        DataType::Uint8 => u8::from_be_bytes(array(rest)?).to_string(),
        DataType::Uint16 => u16::from_be_bytes(array(rest)?).to_string(),
        DataType::Uint32 => u32::from_be_bytes(array(rest)?).to_string(),
        DataType::Ipv4Address => Ipv4Addr::from(array::<4>(rest)?).to_string(),
        DataType::Ipv6Address => Ipv6Addr::from(array::<16>(rest)?).to_string(),
        DataType::Ipv6Prefix => ipv6_prefix(rest)?,
        DataType::Psid => psid(array(rest)?)?,
        DataType::Tuple8 => {
            let [len] = array(rest)?;
            text(slice(rest, len.into())?)?
        }
        DataType::Tuple16 => {
            let len = u16::from_be_bytes(array(rest)?);
            text(slice(rest, len.into())?)?
        }
        DataType::Fqdn => fqdn(rest)?,
        DataType::ClasslessRoutes | DataType::Record => return Err(OptionError("a field has no such type".into())),
    })
}

/// Text with its commas and backslashes escaped.
fn text(bytes: &[u8]) -> Result<String, OptionError> {
    let text = std::str::from_utf8(bytes).map_err(|_| OptionError("the text is not UTF-8".into()))?;
    Ok(text.replace('\\', "\\\\").replace(',', "\\,"))
}

fn fqdn(rest: &mut &[u8]) -> Result<String, OptionError> {
    if rest.is_empty() {
        return Err(short());
    }
    let (name, len) = names::decode(rest).map_err(|e| OptionError(e.to_string()))?;
    slice(rest, len)?;
    Ok(text(name.text.as_bytes())? + ".")
}

fn ipv6_prefix(rest: &mut &[u8]) -> Result<String, OptionError> {
    let [len] = array(rest)?;
    if len > 128 {
        return Err(OptionError(format!("{len} is not the length of a prefix")));
    }
    let mut octets = [0; 16];
    let given = slice(rest, usize::from(len).div_ceil(8))?;
    octets.iter_mut().zip(given).for_each(|(to, from)| *to = *from);
    let mask = u128::MAX.checked_shl(128 - u32::from(len)).unwrap_or(0);
    Ok(format!("{}/{len}", Ipv6Addr::from(u128::from_be_bytes(octets) & mask)))
}

fn psid([len, high, low]: [u8; 3]) -> Result<String, OptionError> {
    if len > 16 {
        return Err(OptionError(format!("{len} is not the length of a port set identifier")));
    }
    let psid = u32::from(u16::from_be_bytes([high, low])) >> (16 - len);
    Ok(format!("{psid}/{len}"))
}

fn classless_route(rest: &mut &[u8]) -> Option<String> {
    let [len] = array(rest).ok()?;
    let given = (len <= 32).then(|| slice(rest, usize::from(len).div_ceil(8)).ok()).flatten()?;
    let mut octets = [0; 4];
    octets.iter_mut().zip(given).for_each(|(to, from)| *to = *from);
    let router = Ipv4Addr::from(array::<4>(rest).ok()?);
    Some(format!("{}/{len} - {router}", Ipv4Addr::from(octets)))
}
