//! `.text` of an option. Of text it is the text; of anything else Kea gives the line that it writes an option as in its
//! logs, header and all: `type=001, len=003: 61:62:63 'abc'`. Records and other rare types stand in the form of the
//! configuration behind that header.

use crate::Value;
use crate::value::{Bytes, append};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use wire::options::{self, DataType, Definition, Family};

/// The line for an option that is not text.
pub(crate) fn line(family: Family, code: u16, definition: Option<&Definition>, payload: &[u8]) -> Value<'static> {
    let mut out = Bytes::new();
    let digits = match family {
        Family::V4 => 3,
        Family::V6 => 5,
    };
    append(&mut out, format_args!("type={code:0digits$}, len={:0digits$}:", payload.len()));
    let kind = definition.map_or(DataType::Binary, |definition| definition.kind);
    let array = definition.is_some_and(|definition| definition.array);
    match (kind, kind.size().filter(|size| *size > 0)) {
        (DataType::Ipv4Address | DataType::Ipv6Address, Some(size)) => {
            payload.chunks_exact(size).for_each(|bytes| {
                append(&mut out, format_args!(" {}", address(bytes)));
            });
        }
        (_, Some(size)) if number(kind, payload).is_some() => {
            // Kea leaves a space before the type of a number that stands alone.
            let space = if array { "" } else { " " };
            payload.chunks_exact(size).filter_map(|bytes| number(kind, bytes)).for_each(|(value, word)| {
                append(&mut out, format_args!(" {value}{space}({word})"));
            });
        }
        _ => match definition
            .filter(|definition| definition.kind != DataType::Binary)
            .map(|d| options::decode(d, payload))
        {
            Some(Ok(text)) if !text.is_empty() => {
                append(&mut out, format_args!(" {text}"));
            }
            _ => binary(&mut out, payload),
        },
    }
    Value::Made(out)
}

fn binary(out: &mut Bytes, payload: &[u8]) {
    for (place, byte) in payload.iter().enumerate() {
        append(out, format_args!("{}{byte:02x}", if place == 0 { ' ' } else { ':' }));
    }
    if payload.is_empty() {
        out.extend_from_slice(b" ''");
    } else if payload.iter().all(|byte| (b' '..=b'~').contains(byte)) {
        out.extend_from_slice(b" '");
        out.extend_from_slice(payload);
        out.push(b'\'');
    }
}

/// A number of a type, and the type's word.
fn number(kind: DataType, bytes: &[u8]) -> Option<(i64, &'static str)> {
    fn first<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
        bytes.first_chunk().copied()
    }
    Some(match kind {
        DataType::Int8 => (i8::from_be_bytes(first(bytes)?).into(), "int8"),
        DataType::Int16 => (i16::from_be_bytes(first(bytes)?).into(), "int16"),
        DataType::Int32 => (i32::from_be_bytes(first(bytes)?).into(), "int32"),
        DataType::Uint8 => (u8::from_be_bytes(first(bytes)?).into(), "uint8"),
        DataType::Uint16 => (u16::from_be_bytes(first(bytes)?).into(), "uint16"),
        DataType::Uint32 => (u32::from_be_bytes(first(bytes)?).into(), "uint32"),
        _ => return None,
    })
}

/// An address as `inet_ntop` writes it; only 4 and 16 bytes come here.
pub(crate) fn address(bytes: &[u8]) -> String {
    if let Ok(octets) = <[u8; 4]>::try_from(bytes) {
        return Ipv4Addr::from(octets).to_string();
    }
    let Ok(octets) = <[u8; 16]>::try_from(bytes) else { return String::new() };
    match octets {
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, a, b, c, d] if (a, b) != (0, 0) => {
            format!("::{}", Ipv4Addr::new(a, b, c, d))
        }
        octets => IpAddr::from(Ipv6Addr::from(octets)).to_string(),
    }
}
