//! Text to payload: the `data` of `option-data`.

use super::{DataType, Definition, OptionError, dnr};
use crate::{hex, names};
use std::net::{Ipv4Addr, Ipv6Addr};

/// Encodes a value. With `csv` the text holds values separated by commas, as many as the definition has fields;
/// without, it is the payload in hexadecimal digits or, between single quotes, in characters.
pub fn encode(definition: &Definition, text: &str, csv: bool) -> Result<Vec<u8>, OptionError> {
    if csv {
        return encode_values(definition, text);
    }
    let mut bytes = bytes(text)?;
    // As Kea does, names are sent whole: the bytes may have compressed ones.
    if definition.kind == DataType::Fqdn && definition.array {
        bytes = names::expand(&bytes).map_err(|e| OptionError(e.to_string()))?;
    }
    // As Kea does, what stands behind a value of a fixed size is left out, and any byte is a truth.
    let fixed =
        definition.kind.size().filter(|size| *size > 0 && !definition.array && definition.encapsulates.is_empty());
    bytes.truncate(fixed.unwrap_or(usize::MAX));
    if definition.kind == DataType::Boolean && fixed == Some(bytes.len()) {
        return Ok(bytes);
    }
    // Bytes of a text are the operator's own affair: clients may expect other encodings than UTF-8.
    if definition.kind != DataType::String {
        super::decode(definition, &bytes)?;
    } else if bytes.iter().all(|byte| *byte == 0) {
        return refused("a text must not be empty", text);
    }
    Ok(bytes)
}

/// A payload of no known type: `0a1b`, `0a:1b`, `'text'`.
pub fn bytes(text: &str) -> Result<Vec<u8>, OptionError> {
    let text = text.trim();
    if let Some(quoted) = text.strip_prefix('\'').and_then(|t| t.strip_suffix('\'')) {
        return Ok(quoted.trim().as_bytes().to_vec());
    }
    hex::parse(text)
        .ok_or_else(|| OptionError(format!("option data is not a valid string of hexadecimal digits: {text}")))
}

fn encode_values(definition: &Definition, text: &str) -> Result<Vec<u8>, OptionError> {
    let mut out = Vec::new();
    match definition.kind {
        DataType::ClasslessRoutes => return classless_routes(text),
        DataType::Dnr4 => return dnr::encode_v4(text),
        DataType::Dnr6 => return dnr::encode_v6(text),
        _ => {}
    }
    let values = split(text);
    match (definition.kind, definition.array) {
        (DataType::Empty, _) if values.is_empty() => {}
        (DataType::Empty, _) => return refused("an empty option has no value", text),
        (DataType::Record, array) => {
            if values.len() < definition.fields.len() {
                return Err(OptionError(format!(
                    "number of data fields for the option type '{}' is greater than number of values provided.",
                    definition.code
                )));
            }
            let last = definition.fields.last().copied().unwrap_or(DataType::Binary);
            let repeated = array.then(|| std::iter::repeat(last)).into_iter().flatten();
            let fields = definition.fields.iter().copied().chain(repeated);
            values.iter().zip(fields).try_for_each(|(value, kind)| encode_value(kind, value, &mut out))?;
        }
        (DataType::Fqdn, true) if values.is_empty() => return refused("no domain name", text),
        (DataType::Ipv4Address | DataType::Ipv6Address, true) if values.is_empty() => {}
        (_, true) if values.is_empty() => return Err(OptionError(format!("option {} empty", definition.code))),
        (kind, true) => values.iter().try_for_each(|value| encode_value(kind, value, &mut out))?,
        // As Kea does, what follows an unescaped comma is left out of a single value.
        (kind, false) => match values.first() {
            Some(value) => encode_value(kind, value, &mut out)?,
            None => return Err(OptionError("no option value specified".to_owned())),
        },
    }
    Ok(out)
}

/// Splits at commas; `\,` is a comma inside of a value. Where nothing is between commas, or in the text, there is no value.
fn split(text: &str) -> Vec<String> {
    let mut values = vec![String::new()];
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match (char, chars.peek()) {
            ('\\', Some(',' | '\\')) => values.last_mut().into_iter().for_each(|v| v.extend(chars.next())),
            (',', _) => values.push(String::new()),
            (other, _) => values.last_mut().into_iter().for_each(|v| v.push(other)),
        }
    }
    let blank = text.trim().is_empty();
    values.iter().filter(|v| !v.is_empty() && !blank).map(|v| v.trim().to_owned()).collect()
}

fn encode_value(kind: DataType, text: &str, out: &mut Vec<u8>) -> Result<(), OptionError> {
    let bad = |what: &str| OptionError(format!("'{text}' is not {what}"));
    let unfit = |what: &str| OptionError(format!("unable to convert '{text}' to {what} data type"));
    let no_address = || OptionError(format!("Failed to convert string to address '{text}': Invalid argument"));
    match kind {
        DataType::Binary => {
            let digits: String = text.split_whitespace().collect();
            let bytes = hex::digits_only(&digits).filter(|_| digits.len().is_multiple_of(2));
            out.extend(bytes.ok_or_else(|| bad("a string of hexadecimal digits, two for each byte"))?);
        }
        DataType::Boolean => out.push(boolean(text).ok_or_else(|| unfit("boolean"))?),
        DataType::Int8 => out.extend(integer::<i8>(text, (i8::MIN.into(), i8::MAX.into()))?.to_be_bytes()),
        DataType::Int16 => out.extend(integer::<i16>(text, (i16::MIN.into(), i16::MAX.into()))?.to_be_bytes()),
        DataType::Int32 => out.extend(integer::<i32>(text, (i32::MIN.into(), i32::MAX.into()))?.to_be_bytes()),
        DataType::Uint8 => out.extend(integer::<u8>(text, (u8::MIN.into(), u8::MAX.into()))?.to_be_bytes()),
        DataType::Uint16 => out.extend(integer::<u16>(text, (u16::MIN.into(), u16::MAX.into()))?.to_be_bytes()),
        DataType::Uint32 => out.extend(integer::<u32>(text, (u32::MIN.into(), u32::MAX.into()))?.to_be_bytes()),
        DataType::Ipv4Address => {
            out.extend(text.parse::<Ipv4Addr>().map_err(|_| no_address())?.octets());
        }
        DataType::Ipv6Address => {
            out.extend(text.parse::<Ipv6Addr>().map_err(|_| no_address())?.octets());
        }
        DataType::Ipv6Prefix => ipv6_prefix(text, out).ok_or_else(|| bad("an IPv6 prefix"))?,
        DataType::Psid => out.extend(psid(text).ok_or_else(|| bad("a port set, PSID/LENGTH"))?),
        DataType::String => out.extend(text.as_bytes()),
        DataType::Tuple8 => {
            out.push(u8::try_from(text.len()).map_err(|_| bad("at most 255 bytes long"))?);
            out.extend(text.as_bytes());
        }
        DataType::Tuple16 => {
            out.extend(u16::try_from(text.len()).map_err(|_| bad("at most 65535 bytes long"))?.to_be_bytes());
            out.extend(text.as_bytes());
        }
        DataType::Fqdn => names::encode(text, true, out).map_err(|e| OptionError(format!("'{text}': {e}")))?,
        DataType::ClasslessRoutes | DataType::Dnr4 | DataType::Dnr6 | DataType::Empty | DataType::Record => {
            return refused("a field has no such type", text);
        }
    }
    Ok(())
}

fn refused<T>(reason: &str, text: &str) -> Result<T, OptionError> {
    Err(OptionError(format!("{reason}: '{text}'")))
}

fn boolean(text: &str) -> Option<u8> {
    match text {
        "1" => Some(1),
        "0" => Some(0),
        _ if text.eq_ignore_ascii_case("true") => Some(1),
        _ if text.eq_ignore_ascii_case("false") => Some(0),
        _ => None,
    }
}

/// Decimal, or hexadecimal with or without `0x`, as Kea reads it.
fn integer<T: TryFrom<i64>>(text: &str, (least, most): (i64, i64)) -> Result<T, OptionError> {
    let hexadecimal = || {
        let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
        (!digits.starts_with(['+', '-'])).then(|| i64::from_str_radix(digits, 16).ok()).flatten()
    };
    let number = text.parse().ok().or_else(hexadecimal);
    let number =
        number.ok_or_else(|| OptionError(format!("unable to convert the value '{text}' to integer data type")))?;
    let reason = || {
        format!(
            "unable to convert '{text}' to numeric type. This value is expected to be in the range of {least}..{most}"
        )
    };
    T::try_from(number).map_err(|_| OptionError(reason()))
}

fn ipv6_prefix(text: &str, out: &mut Vec<u8>) -> Option<()> {
    let (address, len) = text.split_once('/')?;
    let address: Ipv6Addr = address.trim().parse().ok()?;
    let len: u8 = len.trim().parse().ok().filter(|len| *len <= 128)?;
    let mask = u128::MAX.checked_shl(128 - u32::from(len)).unwrap_or(0);
    let bytes = (u128::from(address) & mask).to_be_bytes();
    out.push(len);
    out.extend(bytes.get(..usize::from(len).div_ceil(8))?);
    Some(())
}

fn psid(text: &str) -> Option<[u8; 3]> {
    let (psid, len) = text.split_once('/')?;
    let psid: u16 = psid.trim().parse().ok()?;
    let len: u8 = len.trim().parse().ok().filter(|len| *len <= 16)?;
    if len > 0 && u32::from(psid) >> len != 0 {
        return None;
    }
    let [high, low] = ((u32::from(psid) << (16 - len)) as u16).to_be_bytes();
    Some([len, high, low])
}

/// `10.0.0.0/8 - 10.0.0.1, ...`; of a destination only the significant octets are sent (RFC 3442).
fn classless_routes(text: &str) -> Result<Vec<u8>, OptionError> {
    let mut out = Vec::new();
    for route in text.split(',').map(str::trim).filter(|r| !r.is_empty()) {
        classless_route(route, &mut out)
            .ok_or_else(|| OptionError(format!("'{route}' is not a route such as 10.229.0.128/25 - 10.229.0.1")))?;
    }
    if out.is_empty() {
        return refused("no route", text);
    }
    Ok(out)
}

fn classless_route(text: &str, out: &mut Vec<u8>) -> Option<()> {
    let (destination, router) = text.split_once('-')?;
    let (prefix, len) = destination.trim().split_once('/')?;
    let prefix: Ipv4Addr = prefix.parse().ok()?;
    let len: u8 = len.parse().ok().filter(|len| *len <= 32)?;
    let router: Ipv4Addr = router.trim().parse().ok()?;
    out.push(len);
    out.extend(prefix.octets().get(..usize::from(len).div_ceil(8))?);
    out.extend(router.octets());
    Some(())
}
