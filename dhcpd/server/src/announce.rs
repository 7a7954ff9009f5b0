//! What a configuration says in the log: as it was written, when it is read; what it comes to, when it takes effect.

use crate::messages::*;
use dhcpd_config::common::Allocator;
use dhcpd_config::lifetime::TeeTimes;
use dhcpd_config::v4::snapshot::{Config4, Subnet4};
use dhcpd_config::v6::snapshot::{Config6, Subnet6};
use schema::json::{Document, Member, Node, Value};
use std::collections::BTreeMap;
use std::fmt::{Display, Write};

/// Says what is written in an older spelling, or does not do what one would think.
pub fn warn(document: &Document) {
    if let Value::Map(modules) = &document.root.value {
        modules.iter().for_each(|module| look(&module.node));
    }
}

fn look(node: &Node) {
    match &node.value {
        Value::List(list) => list.iter().for_each(look),
        Value::Map(members) => members.iter().for_each(look_at),
        _ => {}
    }
}

fn look_at(member: &Member) {
    match &*member.key {
        // What libraries call their parameters is their affair.
        "hooks-libraries" | "user-context" => return,
        "client-class" => log::event!(DHCPSRV_CLIENT_CLASS_DEPRECATED),
        "require-client-classes" => log::event!(DHCPSRV_REQUIRE_CLIENT_CLASSES_DEPRECATED),
        "only-if-required" => log::event!(DHCPSRV_ONLY_IF_REQUIRED_DEPRECATED),
        "data-directory" => log::event!(DHCP6_DATA_DIRECTORY_DEPRECATED),
        "server-id" => log::event!(DHCPSRV_CFGMGR_CONFIGURE_SERVERID),
        "client-classes" => entries(&member.node).for_each(look_at_class),
        _ => {}
    }
    look(&member.node);
}

fn entries(node: &Node) -> impl Iterator<Item = &Node> {
    let list = if let Value::List(list) = &node.value { &list[..] } else { &[] };
    list.iter()
}

/// A class where it is defined; names in the lists of scopes are not looked at again.
fn look_at_class(class: &Node) {
    let Some(Value::Text(name)) = class.member("name").map(|node| &node.value) else { return };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&*+-./:?@^_|~".contains(&byte);
    if !name.bytes().all(plain) {
        let mut better = String::with_capacity(name.len() + 2);
        for byte in name.bytes() {
            match plain(byte) {
                true => better.push(byte.into()),
                false => _ = write!(better, "%{byte:02x}"),
            }
        }
        log::event!(DHCPSRV_CLASS_BAD_NAME, name, better);
    }
    let set = |key| class.member(key).is_some();
    let additional = ["only-in-additional-list", "only-if-required"].iter().find_map(|key| class.member(key));
    if matches!(additional, Some(Node { value: Value::Bool(true), .. }))
        && (set("valid-lifetime") || set("preferred-lifetime") || set("offer-lifetime"))
    {
        log::event!(DHCPSRV_CLASS_WITH_ADDITIONAL_AND_LIFETIMES, class = name);
    }
}

/// Says what a configuration comes to, as far as it was not so before.
pub fn subnets4(before: Option<&Config4>, config: &Config4) {
    if !log::enabled!(DHCPSRV_CFGMGR_NEW_SUBNET4) {
        return;
    }
    let named = |config: Option<&Config4>| config.map(|config| lines(config.subnets.list(), line4)).unwrap_or_default();
    let (before, now) = (named(before), lines(config.subnets.list(), line4));
    for Line { subnet, .. } in before.iter().filter(|(id, _)| !now.contains_key(id)).map(|(_, line)| line) {
        log::event!(DHCPSRV_CFGMGR_DEL_SUBNET4, subnet);
    }
    for (&id, line @ Line { subnet, parameters }) in news(&before, &now) {
        match before.get(&id) {
            None => log::event!(DHCPSRV_CFGMGR_ADD_SUBNET4, subnet),
            Some(_) => log::event!(DHCPSRV_CFGMGR_UPDATE_SUBNET4, subnet = id, done = true),
        }
        log::event!(DHCPSRV_CFGMGR_NEW_SUBNET4, subnet = parameters);
        let Some((_, found)) = config.subnets.by_id(id) else { continue };
        warn_timers(id, found.tee);
        announce_allocator(found.allocator, "V4", line);
    }
}

/// Says what a configuration comes to, as far as it was not so before.
pub fn subnets6(before: Option<&Config6>, config: &Config6) {
    if !log::enabled!(DHCPSRV_CFGMGR_NEW_SUBNET6) {
        return;
    }
    let named = |config: Option<&Config6>| config.map(|config| lines(config.subnets.list(), line6)).unwrap_or_default();
    let (before, now) = (named(before), lines(config.subnets.list(), line6));
    for Line { subnet, .. } in before.iter().filter(|(id, _)| !now.contains_key(id)).map(|(_, line)| line) {
        log::event!(DHCPSRV_CFGMGR_DEL_SUBNET6, subnet);
    }
    for (&id, line @ Line { subnet, parameters }) in news(&before, &now) {
        match before.get(&id) {
            None => log::event!(DHCPSRV_CFGMGR_ADD_SUBNET6, subnet),
            Some(_) => log::event!(DHCPSRV_CFGMGR_UPDATE_SUBNET6, subnet = id, done = true),
        }
        log::event!(DHCPSRV_CFGMGR_NEW_SUBNET6, subnet = parameters);
        let Some((_, found)) = config.subnets.by_id(id) else { continue };
        warn_timers(id, found.tee);
        announce_allocator(found.allocator, "IA_NA", line);
        announce_allocator(found.pd_allocator, "IA_PD", line);
    }
}

/// Says where the server listens.
pub fn interfaces(entries: &[Box<str>], v6: bool) {
    for entry in entries {
        match entry.split_once('/') {
            Some((interface, address)) if v6 => log::event!(DHCPSRV_CFGMGR_USE_UNICAST, address, interface),
            Some((interface, address)) => log::event!(DHCPSRV_CFGMGR_USE_ADDRESS, address, interface),
            None if &**entry == "*" => log::event!(DHCPSRV_CFGMGR_ALL_IFACES_ACTIVE),
            None => {}
        }
    }
}

/// Says by which kind of sockets DHCPv4 clients are served.
pub fn socket_type(document: &Document, raw: bool) {
    let kind = if raw { "raw" } else { "udp" };
    match is_written(document, &["Dhcp4", "interfaces-config", "dhcp-socket-type"]) {
        true => log::event!(DHCPSRV_CFGMGR_SOCKET_TYPE_SELECT, kind),
        false => log::event!(DHCPSRV_CFGMGR_SOCKET_TYPE_DEFAULT, kind),
    }
}

/// Whether a parameter is written, by its path of keys.
pub fn is_written(document: &Document, path: &[&str]) -> bool {
    path.iter().try_fold(&document.root, |node, key| node.member(key)).is_some()
}

/// Says whether names go to kea-dhcp-ddns.
pub fn names(enabled: bool) {
    let state = if enabled { "DHCP-DDNS updates enabled" } else { "DHCP-DDNS updates disabled" };
    log::event!(DHCPSRV_CFGMGR_CFG_DHCP_DDNS, state);
}

/// A subnet in words: its prefix, and with its parameters.
#[derive(PartialEq)]
struct Line {
    subnet: String,
    parameters: String,
}

fn lines<S>(subnets: &[S], line: fn(&S) -> (u32, Line)) -> BTreeMap<u32, Line> {
    subnets.iter().map(line).collect()
}

/// What is in `now` and was not so before.
fn news<'a>(
    before: &'a BTreeMap<u32, Line>,
    now: &'a BTreeMap<u32, Line>,
) -> impl Iterator<Item = (&'a u32, &'a Line)> {
    now.iter().filter(|(id, line)| before.get(id) != Some(line))
}

fn line4(subnet: &Subnet4) -> (u32, Line) {
    let (name, mut text) = begin(&subnet.prefix, subnet.prefix_len, subnet.tee);
    let _ = write!(text, "valid-lifetime={}", subnet.valid.default);
    (subnet.id, Line { subnet: name, parameters: text })
}

fn line6(subnet: &Subnet6) -> (u32, Line) {
    let (name, mut text) = begin(&subnet.prefix, subnet.prefix_len, subnet.tee);
    if subnet.preferred.default > 0 {
        let _ = write!(text, "preferred-lifetime={}, ", subnet.preferred.default);
    }
    let _ = write!(text, "valid-lifetime={}", subnet.valid.default);
    if subnet.rapid_commit {
        text.push_str(", rapid-commit is true");
    }
    (subnet.id, Line { subnet: name, parameters: text })
}

fn begin(prefix: &dyn Display, length: u8, tee: TeeTimes) -> (String, String) {
    let name = format!("{prefix}/{length}");
    let mut text = format!("{name} with params: ");
    for (key, timer) in [("t1", tee.renew), ("t2", tee.rebind)] {
        if let Some(timer) = timer {
            let _ = write!(text, "{key}={timer}, ");
        }
    }
    (name, text)
}

/// RFC 2131 §4.4.5 and RFC 8415 §21.4: T1 comes before T2.
fn warn_timers(id: u32, tee: TeeTimes) {
    if let (Some(renew), Some(rebind)) = (tee.renew, tee.rebind)
        && renew > rebind
    {
        log::event!(DHCPSRV_CFGMGR_RENEW_GTR_REBIND, place = format_args!("subnet-id {id}"), renew, rebind);
    }
}

fn announce_allocator(allocator: Allocator, kind: &str, line: &Line) {
    let allocator = match allocator {
        Allocator::Iterative => "iterative",
        Allocator::Random => "random",
        Allocator::Flq => "flq",
    };
    log::event!(DHCPSRV_CFGMGR_USE_ALLOCATOR, allocator, kind, subnet = line.subnet);
}
