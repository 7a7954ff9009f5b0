//! `sanity-checks/extended-info-checks`: what becomes of what a stored lease says of its relays.
//!
//! Servers of old wrote it in other forms, and people edit lease files. `fix` brings old forms up to date and removes what
//! is of no form at all, `strict` also removes what cannot be read, `pedantic` also what does not belong there.

use crate::messages::*;
use dhcpd_config::common::ExtendedInfoChecks;
use serde_json::{Map, Value};
use std::fmt::Display;
use std::net::Ipv6Addr;
use wire::hex::{self, Plain};
use wire::v4::{self, agent};
use wire::v6::{Options, code};

/// Why relay information is removed: the part that was looked at, and what is wrong with it.
type Fault = (&'static str, String);

/// The user context that a DHCPv4 lease is to have instead of this one; `None` leaves it as it is.
pub fn review4(checks: ExtendedInfoChecks, address: impl Display, context: &str) -> Option<Option<Box<str>>> {
    let reviewed = review(checks, context, |isc| match isc.get_mut("relay-agent-info") {
        None => Ok(false),
        Some(info) => agent_info(checks, info).inspect_err(|_| drop(isc.remove("relay-agent-info"))),
    });
    tell(reviewed, |problem| log::event!(DHCPSRV_LEASE4_EXTENDED_INFO_SANITY_FAIL, address, problem))
}

/// The same for a DHCPv6 lease.
pub fn review6(checks: ExtendedInfoChecks, address: impl Display, context: &str) -> Option<Option<Box<str>>> {
    let reviewed = review(checks, context, |isc| {
        let old = isc.remove("relays");
        let upgrade = old.is_some() && !isc.contains_key("relay-info");
        let changed = old.is_some();
        if let Some(old) = old.filter(|_| upgrade) {
            isc.insert("relay-info".into(), old);
        }
        let Some(info) = isc.get_mut("relay-info") else { return Ok(changed) };
        relays(checks, info, upgrade).map(|()| changed).inspect_err(|_| drop(isc.remove("relay-info")))
    });
    tell(reviewed, |problem| log::event!(DHCPSRV_LEASE6_EXTENDED_INFO_SANITY_FAIL, address, problem))
}

/// The context as it is to be, if it changes, and the fault that was found.
type Reviewed = (Option<Option<Box<str>>>, Option<Fault>);

/// Looks at the map `ISC` of a context; what is empty behind that goes.
fn review(
    checks: ExtendedInfoChecks,
    context: &str,
    look: impl FnOnce(&mut Map<String, Value>) -> Result<bool, Fault>,
) -> Reviewed {
    if checks == ExtendedInfoChecks::None {
        return (None, None);
    }
    let Ok(Value::Object(mut context)) = serde_json::from_str(context) else {
        return (Some(None), Some(("user context", "user context is not a map".into())));
    };
    let (changed, fault) = match context.get_mut("ISC") {
        None => (context.is_empty(), None),
        Some(Value::Object(isc)) => match look(isc) {
            Ok(changed) => (changed || isc.is_empty(), None),
            Err(fault) => (true, Some(fault)),
        },
        Some(_) => {
            context.remove("ISC");
            (true, Some(("isc", "ISC entry is not a map".into())))
        }
    };
    if context.get("ISC").and_then(Value::as_object).is_some_and(Map::is_empty) {
        context.remove("ISC");
    }
    let text = || Some(control::to_text(&Value::Object(context.clone())).into()).filter(|_| !context.is_empty());
    (changed.then(text), fault)
}

fn tell((changed, fault): Reviewed, log: impl FnOnce(String)) -> Option<Option<Box<str>>> {
    if let Some((part, what)) = fault {
        log(format!("in {part} a problem was found: {what}"));
    }
    changed
}

/// `relay-agent-info`; whether it was changed.
fn agent_info(checks: ExtendedInfoChecks, info: &mut Value) -> Result<bool, Fault> {
    match info {
        // The form of Kea before 2.3.2: the options alone.
        Value::String(options) => {
            let bytes = hex::parse(options).ok_or_else(|| ("rai", format!("'{options}' is not hexadecimal")))?;
            let mut upgraded = Map::from_iter([("sub-options".to_owned(), Value::from(options.as_str()))]);
            for (key, wanted) in [("remote-id", agent::REMOTE_ID), ("relay-id", agent::RELAY_ID)] {
                let option = v4::sub_options(&bytes).find(|(code, _)| *code == wanted);
                add_identifier(&mut upgraded, key, option.map(|(_, value)| value));
            }
            *info = upgraded.into();
            Ok(true)
        }
        Value::Object(_) if checks == ExtendedInfoChecks::Fix => Ok(false),
        Value::Object(info) => {
            if let Some(options) = info.get("sub-options") {
                octets("sub-options", options)?;
            }
            check_identifiers(info)?;
            check_keys(checks, "relay-agent-info", info, &["sub-options", "remote-id", "relay-id", "comment"])?;
            Ok(false)
        }
        _ => Err(("relay-agent-info", "relay-agent-info is not a map or a string".into())),
    }
}

/// `relay-info`, or its older form.
fn relays(checks: ExtendedInfoChecks, info: &mut Value, upgrade: bool) -> Result<(), Fault> {
    let name = if upgrade { "relays" } else { "relay-info" };
    let list = info.as_array_mut().ok_or_else(|| (name, format!("{name} is not a list")))?;
    if list.is_empty() {
        return Err((name, format!("{name} is empty")));
    }
    for (at, relay) in list.iter_mut().enumerate() {
        let Value::Object(relay) = relay else { return Err(("relay", format!("relay#{at} is not a map"))) };
        let bytes = relay.get("options").map(|options| octets("options", options)).transpose()?.unwrap_or_default();
        if upgrade {
            let options = Options::new(&bytes, 0);
            for (key, wanted) in [("remote-id", code::REMOTE_ID), ("relay-id", code::RELAY_ID)] {
                add_identifier(relay, key, options.find(wanted));
            }
        }
        if checks == ExtendedInfoChecks::Fix {
            continue;
        }
        check_address(relay, "link")?;
        check_identifiers(relay)?;
        if checks == ExtendedInfoChecks::Pedantic {
            check_address(relay, "peer")?;
            match relay.get("hop") {
                None => return Err(("hop", "no hop".into())),
                Some(hop) if !hop.is_i64() => return Err(("hop", "hop is not an integer".into())),
                Some(_) => {}
            }
        }
        check_keys(checks, name, relay, &["hop", "link", "peer", "options", "remote-id", "relay-id", "comment"])?;
    }
    Ok(())
}

fn add_identifier(map: &mut Map<String, Value>, key: &str, bytes: Option<&[u8]>) {
    if let Some(bytes) = bytes.filter(|bytes| !bytes.is_empty()) {
        map.insert(key.to_owned(), Plain(bytes).to_string().into());
    }
}

fn octets(key: &'static str, value: &Value) -> Result<Vec<u8>, Fault> {
    let text = value.as_str().ok_or_else(|| (key, format!("{key} is not a string")))?;
    hex::parse(text).ok_or_else(|| (key, format!("'{text}' is not hexadecimal")))
}

fn check_identifiers(map: &Map<String, Value>) -> Result<(), Fault> {
    for key in ["remote-id", "relay-id"] {
        if let Some(value) = map.get(key)
            && octets(key, value)?.is_empty()
        {
            return Err((key, format!("{key} is empty")));
        }
    }
    Ok(())
}

fn check_address(relay: &Map<String, Value>, key: &'static str) -> Result<(), Fault> {
    let value = relay.get(key).ok_or_else(|| (key, format!("no {key}")))?;
    let text = value.as_str().ok_or_else(|| (key, format!("{key} is not a string")))?;
    text.parse::<Ipv6Addr>().map(drop).map_err(|_| (key, format!("{key} is not an IPv6 address")))
}

/// `pedantic`: nothing stands there that does not belong there.
fn check_keys(
    checks: ExtendedInfoChecks,
    part: &'static str,
    map: &Map<String, Value>,
    known: &[&str],
) -> Result<(), Fault> {
    let strange = map.keys().find(|key| checks == ExtendedInfoChecks::Pedantic && !known.contains(&key.as_str()));
    strange.map_or(Ok(()), |key| Err((part, format!("spurious '{key}' entry in {part}"))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ExtendedInfoChecks::{Fix, None as No, Pedantic, Strict};

    const KEPT: Option<Option<&str>> = None;
    const GONE: Option<Option<&str>> = Some(None);

    fn four(context: &str) -> [Option<Option<String>>; 4] {
        [No, Fix, Strict, Pedantic].map(|c| review4(c, "192.0.2.1", context).map(|new| new.map(String::from)))
    }

    fn six(context: &str) -> [Option<Option<String>>; 4] {
        [No, Fix, Strict, Pedantic].map(|c| review6(c, "2001:db8::1", context).map(|new| new.map(String::from)))
    }

    fn same(found: [Option<Option<String>>; 4], expected: [Option<Option<&str>>; 4]) {
        assert_eq!(found.each_ref().map(|new| new.as_ref().map(|new| new.as_deref())), expected);
    }

    #[test]
    fn old_forms_are_brought_up_to_date() {
        let new = Some(Some(
            r#"{ "ISC": { "relay-agent-info": { "relay-id": "AABB", "remote-id": "0102", "sub-options": "0x020201020C02AABB" } } }"#,
        ));
        same(four(r#"{ "ISC": { "relay-agent-info": "0x020201020C02AABB" } }"#), [KEPT, new, new, new]);
        let new = Some(Some(
            r#"{ "ISC": { "relay-info": [ { "hop": 0, "link": "2001:db8::1", "options": "0x00250005000000090A", "peer": "fe80::1", "remote-id": "000000090A" } ] }, "a": 1 }"#,
        ));
        let old = r#"{ "a": 1, "ISC": { "relays": [ { "hop": 0, "link": "2001:db8::1", "peer": "fe80::1", "options": "0x00250005000000090A" } ] } }"#;
        same(six(old), [KEPT, new, new, new]);
        let both = r#"{ "ISC": { "relays": [ ], "relay-info": [ { "hop": 0, "link": "::", "peer": "::" } ] } }"#;
        let one = Some(Some(r#"{ "ISC": { "relay-info": [ { "hop": 0, "link": "::", "peer": "::" } ] } }"#));
        same(six(both), [KEPT, one, one, one]);
    }

    #[test]
    fn what_is_nothing_goes() {
        for context in [r#"{ "ISC": 1 }"#, "{ }", r#"{ "ISC": { "relay-agent-info": [ ] } }"#, r#"{ "ISC": { } }"#] {
            same(four(context), [KEPT, GONE, GONE, GONE]);
        }
        for context in [r#"{ "ISC": { "relay-info": [ ] } }"#, r#"{ "ISC": { "relay-info": [ 7 ] } }"#] {
            same(six(context), [KEPT, GONE, GONE, GONE]);
        }
    }

    #[test]
    fn the_stricter_the_more_is_looked_at() {
        same(four(r#"{ "ISC": { "relay-agent-info": { "sub-options": "0x0102", "comment": "x" } } }"#), [KEPT; 4]);
        same(four(r#"{ "ISC": { "relay-agent-info": { "sub-options": "zz" } } }"#), [KEPT, KEPT, GONE, GONE]);
        same(four(r#"{ "ISC": { "relay-agent-info": { "relay-id": "" } } }"#), [KEPT, KEPT, GONE, GONE]);
        same(four(r#"{ "ISC": { "relay-agent-info": { "colour": "red" } } }"#), [KEPT, KEPT, KEPT, GONE]);
        let rest = Some(Some(r#"{ "ISC": { "other": 1 }, "mine": 2 }"#));
        let context = r#"{ "mine": 2, "ISC": { "other": 1, "relay-agent-info": { "remote-id": 7 } } }"#;
        same(four(context), [KEPT, KEPT, rest, rest]);
        same(six(r#"{ "ISC": { "relay-info": [ { "link": "192.0.2.1" } ] } }"#), [KEPT, KEPT, GONE, GONE]);
        same(six(r#"{ "ISC": { "relay-info": [ { "link": "::1" } ] } }"#), [KEPT, KEPT, KEPT, GONE]);
        let strange = r#"{ "ISC": { "relay-info": [ { "hop": 1, "link": "::1", "peer": "::2", "colour": 1 } ] } }"#;
        same(six(strange), [KEPT, KEPT, KEPT, GONE]);
    }
}
