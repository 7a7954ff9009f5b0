//! Which subnet would a client get? The commands `subnet4-select-test`, `subnet4o6-select-test` and `subnet6-select-test`.
//!
//! Arguments are what packets say. Like Kea, they are read in the order of their names, and the first one that is wrong is
//! told.

use crate::plane::Plane;
use crate::v4::V4;
use crate::v6::V6;
use control::{Answer, Code, Request, Table};
use dhcpd_config::classes::{ClassSet, Classifier};
use dhcpd_config::v4::snapshot::Config4;
use dhcpd_config::v6::snapshot::Config6;
use engine::{v4, v6};
use serde_json::{Map, Value};
use std::fmt::Display;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Adds the commands of DHCPv4.
pub fn add4(table: &mut Table, plane: &Plane<V4>) {
    let on = |test: fn(&Config4, &Map<String, Value>) -> Result<Answer, String>| {
        let plane = plane.clone();
        move |request: Request| match plane.run() {
            Some(run) => answer(&request, |arguments| test(&run.snapshot.config, arguments)),
            None => nothing(),
        }
    };
    table.add("subnet4-select-test", on(subnet4));
    table.add("subnet4o6-select-test", on(subnet4o6));
}

/// Adds the command of DHCPv6.
pub fn add6(table: &mut Table, plane: &Plane<V6>) {
    let plane = plane.clone();
    table.add("subnet6-select-test", move |request: Request| match plane.run() {
        Some(run) => answer(&request, |arguments| subnet6(&run.snapshot.config, arguments)),
        None => nothing(),
    });
}

fn answer(request: &Request, test: impl FnOnce(&Map<String, Value>) -> Result<Answer, String>) -> Answer {
    match request.arguments() {
        Some(Value::Object(arguments)) => test(&arguments).unwrap_or_else(Answer::error),
        Some(_) => Answer::error("arguments must be a map"),
        None => Answer::error("empty arguments"),
    }
}

fn nothing() -> Answer {
    Answer::new(Code::Empty, "no subnet selected")
}

fn selected(network: Option<&str>, prefix: impl Display, len: u8, id: u32) -> Answer {
    let subnet = format!("subnet '{prefix}/{len}' id {id}");
    Answer::done(match network {
        Some(network) => format!("selected shared network '{network}' starting with {subnet}"),
        None => format!("selected {subnet}"),
    })
}

fn subnet4(config: &Config4, arguments: &Map<String, Value>) -> Result<Answer, String> {
    let none = Ipv4Addr::UNSPECIFIED;
    let (mut interface, mut classes) = ("", ClassSet::default());
    let [mut address, mut link, mut local, mut relay, mut remote, mut subnet] = [none; 6];
    for (key, value) in arguments {
        match &**key {
            "address" => address = ipv4(key, value)?,
            "classes" => classes = members(&config.classes.classifier, value)?,
            "interface" => interface = text(key, value)?,
            "link" => link = ipv4(key, value)?,
            "local" => local = ipv4(key, value)?,
            "relay" => relay = ipv4(key, value)?,
            "remote" => remote = ipv4(key, value)?,
            // What the relay says counts more; then this is not even looked at.
            "subnet" if arguments.contains_key("link") && !config.compatibility.ignore_rai_link_selection => {}
            "subnet" => subnet = ipv4(key, value)?,
            _ => return Err(unknown(key)),
        }
    }
    let link = if config.compatibility.ignore_rai_link_selection { none } else { link };
    let mut selector = v4::Selector {
        link: [link, subnet].into_iter().find(|address| !address.is_unspecified()),
        giaddr: relay,
        ciaddr: address,
        source: remote,
        destination: local,
        interface,
        interface_address: none,
    };
    if !interface.is_empty() {
        let machine = net::interfaces().unwrap_or_default();
        match machine.iter().find(|there| there.name == interface) {
            Some(there) => selector.interface_address = there.v4.first().map_or(none, |&(address, _)| address),
            None if selector.is_by_interface() => return Err(no_interface(interface)),
            None => {}
        }
    }
    Ok(told4(config, selector.subnet(&config.subnets, &classes)))
}

fn no_interface(name: &str) -> String {
    format!(
        "Error during command processing: interface {name} doesn't exist and therefore it is impossible to find a \
         suitable subnet for its IPv4 address"
    )
}

fn subnet4o6(config: &Config4, arguments: &Map<String, Value>) -> Result<Answer, String> {
    let (mut interface, mut classes, mut interface_id, mut remote) =
        ("", ClassSet::default(), None, Ipv6Addr::UNSPECIFIED);
    for (key, value) in arguments {
        match &**key {
            "address" | "relay" | "subnet" => drop(ipv4(key, value)?),
            "classes" => classes = members(&config.classes.classifier, value)?,
            "interface" => interface = text(key, value)?,
            "interface-id" => interface_id = Some(bytes(key, value)?),
            "link" | "local" => drop(ipv6(key, value)?),
            "remote" => remote = ipv6(key, value)?,
            _ => return Err(unknown(key)),
        }
    }
    Ok(told4(config, config.subnets.by_dhcp4o6(remote, interface_id.as_deref(), interface, &classes)))
}

fn told4(config: &Config4, found: Option<usize>) -> Answer {
    found.and_then(|at| config.subnets.list().get(at)).map_or_else(nothing, |subnet| {
        let network = subnet.network.and_then(|at| config.subnets.networks().get(at));
        selected(network.map(|network| &*network.name), subnet.prefix, subnet.prefix_len, subnet.id)
    })
}

fn subnet6(config: &Config6, arguments: &Map<String, Value>) -> Result<Answer, String> {
    let (mut interface, mut classes, mut interface_id) = ("", ClassSet::default(), None);
    let [mut link, mut remote] = [Ipv6Addr::UNSPECIFIED; 2];
    for (key, value) in arguments {
        match &**key {
            "classes" => classes = members(&config.classes.classifier, value)?,
            "interface" => interface = text(key, value)?,
            "interface-id" => interface_id = Some(bytes(key, value)?),
            "link" => link = ipv6(key, value)?,
            "remote" => remote = ipv6(key, value)?,
            _ => return Err(unknown(key)),
        }
    }
    let link = Some(link).filter(|link| !link.is_unspecified());
    let selector = v6::Selector { link, interface_id: interface_id.as_deref(), interface, source: remote };
    let found = selector.subnet(&config.subnets, &classes).and_then(|at| config.subnets.list().get(at));
    Ok(found.map_or_else(nothing, |subnet| {
        let network = subnet.network.and_then(|at| config.subnets.networks().get(at));
        selected(network.map(|network| &*network.name), subnet.prefix, subnet.prefix_len, subnet.id)
    }))
}

fn unknown(key: &str) -> String {
    format!("unknown entry '{key}'")
}

fn text<'a>(key: &str, value: &'a Value) -> Result<&'a str, String> {
    value.as_str().ok_or_else(|| format!("'{key}' entry must be a string"))
}

fn ipv4(key: &str, value: &Value) -> Result<Ipv4Addr, String> {
    match address(key, value)? {
        IpAddr::V4(address) => Ok(address),
        IpAddr::V6(_) => Err(format!("bad '{key}' entry: not IPv4")),
    }
}

fn ipv6(key: &str, value: &Value) -> Result<Ipv6Addr, String> {
    match address(key, value)? {
        IpAddr::V6(address) => Ok(address),
        IpAddr::V4(_) => Err(format!("bad '{key}' entry: not IPv6")),
    }
}

fn address(key: &str, value: &Value) -> Result<IpAddr, String> {
    let text = text(key, value)?;
    let reason = || format!("bad '{key}' entry: Failed to convert string to address '{text}': Invalid argument");
    text.parse().map_err(|_| reason())
}

/// Text between single quotes, or hexadecimal digits.
fn bytes(key: &str, value: &Value) -> Result<Vec<u8>, String> {
    let text = text(key, value)?;
    let quoted = text.trim().strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    match quoted
        .filter(|inner| !inner.is_empty())
        .map(|inner| inner.as_bytes().to_vec())
        .or_else(|| wire::hex::parse(text))
    {
        Some(bytes) if bytes.is_empty() => Err(format!("'{key}' must be not empty")),
        Some(bytes) => Ok(bytes),
        None => Err(format!("value of '{key}' was not recognized")),
    }
}

/// Classes that nothing in the configuration mentions decide nothing.
fn members(classifier: &Classifier, value: &Value) -> Result<ClassSet, String> {
    let Value::Array(list) = value else { return Err("'classes' entry must be a list".into()) };
    let mut classes = ClassSet::default();
    for name in list {
        let name = name.as_str().ok_or("'classes' entry must be a list of strings")?;
        if !name.is_empty() {
            classes.add_named(classifier.names(), name);
        }
    }
    Ok(classes)
}
