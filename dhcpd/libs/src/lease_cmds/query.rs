//! Which lease a command is about: by its address, or by its client in a subnet.

use super::fields::not_a;
use super::identifiers::{client_id, duid, hw_addr};
use crate::arguments::{Address, Arguments, Refusal, address};
use leases::{ClientId, Duid, HwAddr};
use schema::json::{Node, Value};

/// What to look for.
#[derive(Debug, PartialEq)]
pub(super) enum Key {
    Address(Address),
    HwAddr(HwAddr),
    ClientId(ClientId),
    Duid(Duid),
    /// Nothing: no lease is found by it.
    None,
}

/// What a command is about.
#[derive(Debug)]
pub(super) struct Query {
    pub key: Key,
    pub subnet_id: i64,
    pub iaid: u32,
    /// Type of the lease (DHCPv6).
    pub kind: Kind,
    pub update_ddns: bool,
}

/// Types of leases by the numbers that messages show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Na = 0,
    Ta = 1,
    Pd = 2,
    V4 = 3,
}

impl Kind {
    fn read(text: &str) -> Result<Self, Refusal> {
        match text {
            "IA_NA" | "0" => Ok(Self::Na),
            "IA_TA" | "1" => Ok(Self::Ta),
            "IA_PD" | "2" => Ok(Self::Pd),
            "V4" | "3" => Ok(Self::V4),
            _ => Err(format!(
                "Invalid lease type specified: {text}, only supported values are: IA_NA, IA_TA, IA_PD and V4"
            )
            .into()),
        }
    }
}

impl Query {
    /// Reads the arguments of a command of a family, 4 or 6.
    pub fn read(node: Option<&Node>, family: u8) -> Result<Self, Refusal> {
        let arguments = map(node).ok_or("Parameters missing or are not a map.")?;
        let mut query = Self { key: Key::None, subnet_id: 0, iaid: 0, kind: Kind::Na, update_ddns: false };
        match arguments.find("update-ddns")?.map(|node| &node.value) {
            None => {}
            Some(Value::Bool(flag)) => query.update_ddns = *flag,
            Some(_) => return Err("'update-ddns' is not a boolean".into()),
        }
        if let Some(node) = arguments.find("type")?.filter(|_| family == 6) {
            let Value::Text(text) = &node.value else { return Err(not_a("stringValue", "string", node)) };
            query.kind = Kind::read(text)?;
        }
        if let Some(node) = arguments.find("ip-address")? {
            let Value::Text(text) = &node.value else { return Err("'ip-address' is not a string.".into()) };
            query.key = Key::Address(of_family(text, family)?);
            return Ok(query);
        }
        query.subnet_id = match arguments.find("subnet-id")?.map(|node| &node.value) {
            None => return Err("Mandatory 'subnet-id' parameter missing.".into()),
            Some(Value::Int(id)) => *id,
            Some(_) => return Err("'subnet-id' parameter is not integer.".into()),
        };
        if let Some(node) = arguments.find("iaid")? {
            let Value::Int(iaid) = node.value else { return Err(not_a("intValue", "integer", node)) };
            query.iaid = iaid as u32;
        }
        query.key = identifier(arguments)?;
        Ok(query)
    }
}

fn identifier(arguments: Arguments<'_>) -> Result<Key, Refusal> {
    let text = |key: &str| match arguments.find(key) {
        Ok(Some(Node { value: Value::Text(text), .. })) => Ok(text),
        _ => Err(format!("No 'ip-address' provided and '{key}' is either missing or not a string.")),
    };
    let (kind, identifier) = (text("identifier-type")?, text("identifier")?);
    match &**kind {
        "hw-address" => hw_addr(identifier).map(Key::HwAddr),
        "client-id" => client_id(identifier).map(Key::ClientId),
        "duid" => duid(identifier).map(Key::Duid),
        "address" => Ok(Key::None),
        other => {
            Err(format!("Incorrect identifier type: {other}, the only supported values are: address, hw-address, duid")
                .into())
        }
    }
}

/// The arguments, if there are any and they are a map.
pub(super) fn map(node: Option<&Node>) -> Option<Arguments<'_>> {
    node.map(Arguments::new).filter(Arguments::is_map)
}

/// Reads an address of a family, 4 or 6.
pub(super) fn of_family(text: &str, family: u8) -> Result<Address, Refusal> {
    let address = address(text)?;
    match address.is_ipv4() == (family == 4) {
        true => Ok(address),
        false => Err(format!("Invalid IPv{family} address specified: {text}").into()),
    }
}

/// A mandatory string of a command that looks by one feature.
pub(super) fn feature<'a>(node: Option<&'a Node>, key: &str) -> Result<&'a str, Refusal> {
    let arguments = map(node).ok_or("Command arguments missing or a not a map.")?;
    match arguments.find(key)? {
        None => Err(format!("'{key}' parameter not specified").into()),
        Some(Node { value: Value::Text(text), .. }) => Ok(text),
        Some(_) => Err(format!("'{key}' parameter must be a string").into()),
    }
}

/// A page: from behind which address on (`None`: from the first), and how many leases at most.
pub(super) fn page(node: Option<&Node>, command: &str, family: u8) -> Result<(Option<Address>, usize), Refusal> {
    let node = node.ok_or_else(|| format!("no parameters specified for the {command} command"))?;
    let arguments = Arguments::new(node);
    let from = match arguments.find("from")? {
        None => return Err("'from' parameter not specified".into()),
        Some(Node { value: Value::Text(text), .. }) => text,
        Some(_) => return Err("'from' parameter must be a string".into()),
    };
    let from = match (&**from, address(from)) {
        ("start", _) => None,
        (_, Ok(address)) if address.is_ipv4() == (family == 4) => Some(address),
        (text, Ok(_)) => return Err(format!("'from' parameter value {text} is not an IPv{family} address").into()),
        (_, Err(_)) => {
            return Err(
                format!("'from' parameter value is neither 'start' keyword nor a valid IPv{family} address").into()
            );
        }
    };
    let limit = match arguments.find("limit")?.map(|node| &node.value) {
        None => return Err("'limit' parameter not specified".into()),
        Some(Value::Int(limit)) => *limit,
        Some(_) => return Err("'limit' parameter must be a number".into()),
    };
    match u32::try_from(limit) {
        Ok(0) => Err("page size of retrieved leases must not be 0".into()),
        // From the zero address on is from the first on.
        Ok(limit) => Ok((from.filter(|from| !from.is_unspecified()), limit as usize)),
        Err(_) => Err(format!("page size of retrieved leases must not be greater than {}", u32::MAX).into()),
    }
}

/// The subnets that `leaseX-get-all` names; `None` if it asks for all leases.
pub(super) fn subnets(node: Option<&Node>) -> Result<Option<Vec<u32>>, Refusal> {
    let Some(node) = node else { return Ok(None) };
    let list = match Arguments::new(node).find("subnets")?.map(|node| &node.value) {
        None => return Err("'subnets' parameter not specified".into()),
        Some(Value::List(list)) => list,
        Some(_) => return Err("'subnets' parameter must be a list".into()),
    };
    let id = |node: &Node| match node.value {
        // A number that no subnet can have finds nothing.
        Value::Int(id) => Ok(u32::try_from(id).unwrap_or_default()),
        _ => Err(Refusal::from("listed subnet identifiers must be numbers")),
    };
    list.iter().map(id).collect::<Result<_, _>>().map(Some)
}

/// The subnet that `leaseX-wipe` names; 0 for all.
pub(super) fn wiped(node: Option<&Node>) -> Result<u32, Refusal> {
    let Some(node) = node else { return Ok(0) };
    if !Arguments::new(node).is_map() {
        let at = crate::arguments::At(node);
        return Err(format!("contains(string) called on a non-map Element in ({at})").into());
    }
    Arguments::new(node).number("subnet-id").map(Option::unwrap_or_default)
}

/// The address that `leaseX-resend-ddns` names.
pub(super) fn resent(node: Option<&Node>, family: u8) -> Result<Address, Refusal> {
    let arguments = map(node).ok_or("Parameters missing or are not a map.")?;
    match arguments.find("ip-address")? {
        None => Err("'ip-address' parameter is missing.".into()),
        Some(Node { value: Value::Text(text), .. }) => {
            let Ok(_) = address(text) else { return Err(format!("'{text}' is not a valid IP address.").into()) };
            of_family(text, family)
        }
        Some(_) => Err("'ip-address' is not a string.".into()),
    }
}
