//! DUIDs (RFC 8415 §11): digits in the model, parts in `server-id`.

use serde_json::{Value, json};

use super::options::{bytes, hex};
use super::text;
use crate::special::Members;

/// The keys of `server-id` that are parts of the DUID.
pub const KEYS: [&str; 5] = ["type", "identifier", "time", "htype", "enterprise-id"];

/// A client's DUID as the model has it, if the model can; the JSON has colons or not.
pub fn canonical(written: &str) -> Option<String> {
    let digits = hex(&bytes(written)?);
    let long = (6..=260).contains(&digits.len());
    let fits = match digits.get(..4)? {
        "0001" => digits.len() >= 16,
        "0002" => digits.len() >= 12,
        "0003" => digits.len() >= 8,
        "0004" => digits.len() == 36,
        _ => true,
    };
    (long && fits).then_some(digits)
}

/// A DUID as Kea writes it.
pub fn with_colons(digits: &str) -> String {
    let bytes = bytes(digits).unwrap_or_default();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":")
}

/// The DUID that `server-id` stands for; none if the server fills in some of it.
pub fn of_server_id(id: &Members) -> Option<String> {
    let number = |key: &str| id.get(key).and_then(Value::as_u64).filter(|value| *value != 0);
    let identifier = bytes(text(id, "identifier")?).filter(|bytes| !bytes.is_empty())?;
    let kind = text(id, "type").unwrap_or("LLT");
    let mut duid = Vec::new();
    let mut put = |value: u64, octets: usize| duid.extend(value.to_be_bytes().into_iter().skip(8 - octets));
    match kind {
        "LLT" => {
            put(1, 2);
            put(number("htype")?, 2);
            put(number("time")?, 4);
        }
        "EN" => {
            put(2, 2);
            put(number("enterprise-id")?, 4);
        }
        "LL" => {
            put(3, 2);
            put(number("htype")?, 2);
        }
        _ => return None,
    }
    duid.extend(identifier);
    canonical(&hex(&duid))
}

/// What `server-id` says of a DUID.
pub fn server_id(duid: &str) -> Result<Value, String> {
    let short = || "the DUID is too short".to_owned();
    let bytes = bytes(duid).ok_or_else(short)?;
    let (kind, rest) = bytes.split_first_chunk::<2>().ok_or_else(short)?;
    let id = match u16::from_be_bytes(*kind) {
        1 => {
            let (htype, rest) = rest.split_first_chunk::<2>().ok_or_else(short)?;
            let (time, rest) = rest.split_first_chunk::<4>().ok_or_else(short)?;
            let (htype, time) = (u16::from_be_bytes(*htype), u32::from_be_bytes(*time));
            json!({"type": "LLT", "htype": htype, "time": time, "identifier": hex(rest)})
        }
        2 => {
            let (enterprise, rest) = rest.split_first_chunk::<4>().ok_or_else(short)?;
            json!({"type": "EN", "enterprise-id": u32::from_be_bytes(*enterprise), "identifier": hex(rest)})
        }
        3 => {
            let (htype, rest) = rest.split_first_chunk::<2>().ok_or_else(short)?;
            json!({"type": "LL", "htype": u16::from_be_bytes(*htype), "identifier": hex(rest)})
        }
        _ => return Err("the server's DUID is a DUID-LLT, DUID-EN or DUID-LL".to_owned()),
    };
    let whole = id.as_object().and_then(of_server_id).is_some_and(|same| same.eq_ignore_ascii_case(duid));
    // To the daemon, 0 and nothing mean that it shall choose.
    if whole { Ok(id) } else { Err("no part of the server's DUID may be zero or empty".to_owned()) }
}
