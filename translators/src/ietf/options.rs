//! Options: an entry of `option-data`, and what an option set has of it.
//!
//! The model has containers for the options of RFC 8415 and leaves all others to augmentations; ours is the list
//! `option`, which can hold any. An entry goes into the container of its code where that says all of it.

use std::net::Ipv6Addr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value, json};

use super::{OWN, notes, text};
use crate::special::{Context, Members};

/// An option that a container of the model holds in one leaf, or by being there.
#[derive(Debug, PartialEq)]
pub struct Plain {
    container: &'static str,
    /// Empty: there is none.
    leaf: &'static str,
    code: u64,
    kind: Kind,
}

#[derive(Debug, PartialEq)]
enum Kind {
    /// A number up to this.
    Number(u64),
    Address,
    Nothing,
}

static PLAIN: &[Plain] = &[
    plain("preference-option", "pref-value", 7, Kind::Number(0xff)),
    plain("server-unicast-option", "server-address", 12, Kind::Address),
    plain("rapid-commit-option", "", 14, Kind::Nothing),
    plain("reconfigure-message-option", "msg-type", 19, Kind::Number(0xff)),
    plain("reconfigure-accept-option", "", 20, Kind::Nothing),
    plain("info-refresh-time-option", "info-refresh-time", 32, Kind::Number(0xffff_ffff)),
    plain("sol-max-rt-option", "sol-max-rt-value", 82, Kind::Number(0xffff_ffff)),
    plain("inf-max-rt-option", "inf-max-rt-value", 83, Kind::Number(0xffff_ffff)),
];

const fn plain(container: &'static str, leaf: &'static str, code: u64, kind: Kind) -> Plain {
    Plain { container, leaf, code, kind }
}

const SPACE: &str = "dhcp6";
const AUTH: u64 = 11;
const VENDOR_OPTS: u64 = 17;
const VENDOR_SPACE: &str = "vendor-";

/// Containers of option 11 and 17, and the lists in the latter.
const AUTH_OPTION: &str = "auth-option";
const VENDOR_CONTAINER: &str = "vendor-specific-information-options";
const VENDOR_LIST: &str = "vendor-specific-information-option";
const VENDOR_DATA: &str = "vendor-option-data";

/// An option as the model says it.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// A container with a leaf or none.
    Plain(&'static Plain, Value),
    /// Leaves of `auth-option`.
    Auth(Members),
    /// A vendor's entry (RFC 8415 §21.17).
    Vendor(u64),
    /// A vendor's option.
    OfVendor(u64, u64, Vec<u8>),
    /// An entry of our own list.
    Own(Members),
}

/// Tells an option from the others of its set: space, code, and the vendor of option 17.
pub type Key = (String, u64, u64);

impl Item {
    /// What an entry of `option-data` is in the model; the reason if it is nothing.
    pub fn of_entry(context: &Context<'_>, entry: &Value) -> Result<Self, &'static str> {
        let entry = entry.as_object().ok_or("a map is expected")?;
        let space = text(entry, "space").unwrap_or(SPACE);
        let named = || context.code(space, text(entry, "name")?).map(u64::from);
        let code = entry.get("code").and_then(Value::as_u64).or_else(named).ok_or("it has no code")?;
        let said = |key: &str| entry.get(key).and_then(Value::as_bool);
        let classes = entry.get("client-classes").and_then(Value::as_array).filter(|classes| !classes.is_empty());
        let data = text(entry, "data").unwrap_or_default();
        if said("always-send") != Some(true) && said("never-send") != Some(true) && classes.is_none() {
            let item = Self::simple(space, code, said("csv-format"), data);
            if let Some(item) = item {
                return Ok(item);
            }
        }
        let mut own = Map::from_iter([("space".to_owned(), space.into()), ("code".to_owned(), code.into())]);
        own.extend((!data.is_empty()).then(|| ("data".to_owned(), data.into())));
        own.extend(said("csv-format").map(|csv| ("csv-format".to_owned(), csv.into())));
        for flag in ["always-send", "never-send"].into_iter().filter(|flag| said(flag) == Some(true)) {
            own.insert(flag.to_owned(), true.into());
        }
        own.extend(classes.map(|classes| ("client-class".to_owned(), classes.clone().into())));
        Ok(Self::Own(own))
    }

    /// An option that only has a value, if the model has a place for just this.
    fn simple(space: &str, code: u64, csv: Option<bool>, data: &str) -> Option<Self> {
        if let Some(vendor) = space.strip_prefix(VENDOR_SPACE).and_then(number) {
            return (csv == Some(false)).then(|| bytes(data).map(|data| Self::OfVendor(vendor, code, data)))?;
        }
        if space != SPACE {
            return None;
        }
        match (code, csv) {
            (AUTH, Some(false)) => auth_of(&bytes(data)?).map(Self::Auth),
            (VENDOR_OPTS, None | Some(true)) => number(data.trim()).map(Self::Vendor),
            (_, None | Some(true)) => {
                let plain = PLAIN.iter().find(|plain| plain.code == code)?;
                let value = match plain.kind {
                    Kind::Number(most) => number(data.trim()).filter(|number| *number <= most)?.into(),
                    Kind::Address => data.trim().parse::<Ipv6Addr>().ok()?.to_string().into(),
                    Kind::Nothing => data.trim().is_empty().then_some(Value::Null)?,
                };
                Some(Self::Plain(plain, value))
            }
            _ => None,
        }
    }

    /// A new entry of `option-data`, in this set unless that goes without saying.
    pub fn entry(&self, tag: Option<&str>) -> Value {
        let mut entry = match self {
            Self::Plain(plain, value) => {
                let data = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                let data = if plain.kind == Kind::Nothing { String::new() } else { data };
                json!({"code": plain.code, "data": data})
            }
            Self::Auth(leaves) => json!({"code": AUTH, "csv-format": false, "data": hex(&auth_bytes(leaves))}),
            Self::Vendor(vendor) => json!({"code": VENDOR_OPTS, "data": vendor.to_string()}),
            Self::OfVendor(vendor, code, data) => {
                json!({"space": format!("{VENDOR_SPACE}{vendor}"), "code": code, "csv-format": false, "data": hex(data)})
            }
            Self::Own(own) => {
                let mut entry = own.clone();
                if entry.get("space").is_some_and(|space| space == SPACE) {
                    entry.remove("space");
                }
                let classes = entry.remove("client-class");
                entry.extend(classes.map(|classes| ("client-classes".to_owned(), classes)));
                entry.into()
            }
        };
        retag(&mut entry, tag);
        entry
    }

    /// What tells it from others.
    pub fn key(&self) -> Key {
        match self {
            Self::Plain(plain, _) => (SPACE.to_owned(), plain.code, 0),
            Self::Auth(_) => (SPACE.to_owned(), AUTH, 0),
            Self::Vendor(vendor) => (SPACE.to_owned(), VENDOR_OPTS, *vendor),
            Self::OfVendor(vendor, code, _) => (format!("{VENDOR_SPACE}{vendor}"), *code, 0),
            Self::Own(own) => {
                let code = own.get("code").and_then(Value::as_u64).unwrap_or_default();
                (text(own, "space").unwrap_or(SPACE).to_owned(), code, 0)
            }
        }
    }
}

/// The set that an entry says it is of.
pub fn tag(entry: &Value) -> Option<&str> {
    notes::text(entry.as_object()?, "option-set-id")
}

/// Says of which set an entry is.
pub fn retag(entry: &mut Value, tag: Option<&str>) {
    if let Some(entry) = entry.as_object_mut() {
        let mut notes = notes::all(entry);
        notes::set(&mut notes, "option-set-id", tag.map(Value::from));
        notes::write(entry, notes);
    }
}

/// Options as one set can hold them, and the places of those that it cannot.
pub fn settle(items: Vec<(usize, Item)>) -> (Vec<Item>, Vec<usize>) {
    let vendors: Vec<u64> = items
        .iter()
        .filter_map(|(_, item)| if let Item::Vendor(vendor) = item { Some(*vendor) } else { None })
        .collect();
    let (mut settled, mut over): (Vec<Item>, Vec<usize>) = Default::default();
    let mut keys = std::collections::HashSet::new();
    for (place, item) in items {
        let item = match item {
            Item::OfVendor(vendor, code, data) if !vendors.contains(&vendor) => Item::Own(Map::from_iter([
                ("space".to_owned(), format!("{VENDOR_SPACE}{vendor}").into()),
                ("code".to_owned(), code.into()),
                ("data".to_owned(), hex(&data).into()),
                ("csv-format".to_owned(), false.into()),
            ])),
            other => other,
        };
        match keys.insert(item.key()) {
            true => settled.push(item),
            false => over.push(place),
        }
    }
    (settled, over)
}

/// The nodes of a set.
pub fn into_set(items: &[Item]) -> Members {
    let mut set = Map::new();
    let (mut vendors, mut own): (Vec<Value>, Vec<Value>) = Default::default();
    for item in items {
        match item {
            Item::Plain(plain, value) if plain.leaf.is_empty() || value.is_null() => {
                set.insert(plain.container.to_owned(), json!({}));
            }
            Item::Plain(plain, value) => drop(set.insert(plain.container.to_owned(), json!({plain.leaf: value}))),
            Item::Auth(leaves) => drop(set.insert(AUTH_OPTION.to_owned(), leaves.clone().into())),
            Item::Vendor(vendor) => {
                let options = items.iter().filter_map(|item| match item {
                    Item::OfVendor(of, code, data) if of == vendor => {
                        Some(json!({"sub-option-code": code, "sub-option-data": BASE64.encode(data)}))
                    }
                    _ => None,
                });
                let options: Vec<_> = options.collect();
                let mut entry = json!({"enterprise-number": vendor});
                if !options.is_empty() {
                    entry[VENDOR_DATA] = options.into();
                }
                vendors.push(entry);
            }
            Item::OfVendor(..) => {}
            Item::Own(entry) => own.push(entry.clone().into()),
        }
    }
    set.extend((!vendors.is_empty()).then(|| (VENDOR_CONTAINER.to_owned(), json!({VENDOR_LIST: vendors}))));
    set.extend((!own.is_empty()).then(|| (format!("{OWN}:option"), own.into())));
    set
}

/// The options of a set; the error is a node and what is wrong with it.
pub fn of_set(set: &Members) -> Result<Vec<Item>, (String, String)> {
    let mut items = Vec::new();
    for (node, value) in set {
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        match node.as_str() {
            "option-set-id" | "description" => {}
            AUTH_OPTION => items.extend(value.as_object().filter(|leaves| !leaves.is_empty()).cloned().map(Item::Auth)),
            VENDOR_CONTAINER => {
                for entry in list(value.get(VENDOR_LIST).unwrap_or(&Value::Null)) {
                    let vendor = entry.get("enterprise-number").and_then(Value::as_u64).unwrap_or_default();
                    items.push(Item::Vendor(vendor));
                    for option in list(entry.get(VENDOR_DATA).unwrap_or(&Value::Null)) {
                        let code = option.get("sub-option-code").and_then(Value::as_u64).unwrap_or_default();
                        let data = option.get("sub-option-data").and_then(Value::as_str).unwrap_or_default();
                        // Base64 may be broken into lines.
                        let data: String = data.split_whitespace().collect();
                        let told = |_| (node.clone(), format!("option {code} of vendor {vendor} is no base64"));
                        items.push(Item::OfVendor(vendor, code, BASE64.decode(data).map_err(told)?));
                    }
                }
            }
            own if own.strip_prefix(OWN) == Some(":option") => {
                items.extend(list(value).iter().filter_map(Value::as_object).cloned().map(Item::Own));
            }
            container => {
                let plain = PLAIN.iter().find(|plain| plain.container == container);
                let plain = plain.ok_or_else(|| (node.clone(), super::UNSUPPORTED.to_owned()))?;
                match value.get(plain.leaf) {
                    Some(leaf) => items.push(Item::Plain(plain, leaf.clone())),
                    None if plain.kind == Kind::Nothing => items.push(Item::Plain(plain, Value::Null)),
                    // A container that says nothing.
                    None => {}
                }
            }
        }
    }
    Ok(items)
}

/// Option 11 (RFC 8415 §21.11): protocol, algorithm, method, eight octets of replay detection, information.
fn auth_of(bytes: &[u8]) -> Option<Members> {
    let ([protocol, algorithm, method], rest) = bytes.split_first_chunk::<3>()?;
    let (replay, information) = rest.split_first_chunk::<8>()?;
    let mut leaves = Map::from_iter([
        ("algorithm".to_owned(), (*algorithm).into()),
        ("rdm".to_owned(), (*method).into()),
        ("replay-detection".to_owned(), u64::from_be_bytes(*replay).to_string().into()),
    ]);
    match (protocol, information) {
        (0, []) => {}
        (0, token) => drop(leaves.insert("token-auth-information".to_owned(), BASE64.encode(token).into())),
        (3, [kind @ 1..=2, value @ ..]) if value.len() == 16 => {
            leaves.insert("datatype".to_owned(), (*kind).into());
            leaves.insert("auth-info-value".to_owned(), BASE64.encode(value).into());
        }
        _ => return None,
    }
    Some(leaves)
}

fn auth_bytes(leaves: &Members) -> Vec<u8> {
    let octet = |leaf: &str| leaves.get(leaf).and_then(Value::as_u64).and_then(|value| u8::try_from(value).ok());
    let binary = |leaf: &str| text(leaves, leaf).and_then(|text| BASE64.decode(text).ok()).unwrap_or_default();
    let replay = text(leaves, "replay-detection").and_then(|text| text.parse::<u64>().ok()).unwrap_or_default();
    let key = leaves.contains_key("datatype") || leaves.contains_key("auth-info-value");
    let mut bytes = vec![if key { 3 } else { 0 }];
    bytes.extend([octet("algorithm").unwrap_or_default(), octet("rdm").unwrap_or_default()]);
    bytes.extend(replay.to_be_bytes());
    match key {
        true => {
            bytes.push(octet("datatype").unwrap_or(1));
            bytes.extend(binary("auth-info-value"));
        }
        false => bytes.extend(binary("token-auth-information")),
    }
    bytes
}

fn number(text: &str) -> Option<u64> {
    text.parse::<u32>().ok().filter(|number| number.to_string() == text).map(u64::from)
}

/// Hexadecimal digits, as the daemon reads them.
pub fn bytes(text: &str) -> Option<Vec<u8>> {
    let text = text.trim();
    let digits: String = text.strip_prefix("0x").unwrap_or(text).chars().filter(|c| !matches!(c, ':' | ' ')).collect();
    if !digits.len().is_multiple_of(2) || !digits.is_ascii() {
        return None;
    }
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok()).collect()
}

/// Hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
