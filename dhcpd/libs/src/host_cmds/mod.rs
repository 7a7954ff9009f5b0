//! `libdhcp_host_cmds.so`: commands that look for, add, change and delete reservations.
//!
//! There are no databases of reservations: what would be done there alone, as is the default of what changes something, is
//! refused in Kea's words. In the configuration (`"operation-target": "memory"` or `"all"`) reservations change the way that
//! `config-set` goes.

mod host;
pub mod messages;

use crate::Editor;
use crate::arguments::{Arguments, Refusal, address};
use crate::editor::{NOWHERE, adopted};
use crate::tree::Written;
use control::{Answer, Code, Request, Table};
use host::Key;
use messages::*;
use schema::json::{Node, Value as Tree};
use serde_json::{Map, Value, json};

/// Adds the commands.
pub fn add(table: &mut Table, editor: &Editor) {
    macro_rules! on {
        ($($name:literal, $run:path, $done:ident, $failed:ident;)*) => {$({
            let editor = editor.clone();
            table.add($name, move |request| {
                let parameters = || request.arguments().map_or_else(String::new, |given| control::to_text(&given));
                match $run(&editor, &request) {
                    Ok(answer) => {
                        log::event!($done, parameters = parameters());
                        answer
                    }
                    Err(refusal) => {
                        log::event!($failed, parameters = parameters(), reason = refusal.reason);
                        refusal.into()
                    }
                }
            });
        })*};
    }
    on! {
        "reservation-add", reservation_add, HOST_CMDS_RESERV_ADD_SUCCESS, HOST_CMDS_RESERV_ADD_FAILED;
        "reservation-del", reservation_del, HOST_CMDS_RESERV_DEL_SUCCESS, HOST_CMDS_RESERV_DEL_FAILED;
        "reservation-update", reservation_update, HOST_CMDS_RESERV_UPDATE_SUCCESS, HOST_CMDS_RESERV_UPDATE_FAILED;
        "reservation-get", get, HOST_CMDS_RESERV_GET_SUCCESS, HOST_CMDS_RESERV_GET_FAILED;
        "reservation-get-all", get_all, HOST_CMDS_RESERV_GET_ALL_SUCCESS, HOST_CMDS_RESERV_GET_ALL_FAILED;
        "reservation-get-page", get_page, HOST_CMDS_RESERV_GET_PAGE_SUCCESS, HOST_CMDS_RESERV_GET_PAGE_FAILED;
        "reservation-get-by-address", get_by_address,
            HOST_CMDS_RESERV_GET_BY_ADDRESS_SUCCESS, HOST_CMDS_RESERV_GET_BY_ADDRESS_FAILED;
        "reservation-get-by-hostname", get_by_hostname,
            HOST_CMDS_RESERV_GET_BY_HOSTNAME_SUCCESS, HOST_CMDS_RESERV_GET_BY_HOSTNAME_FAILED;
        "reservation-get-by-id", get_by_id, HOST_CMDS_RESERV_GET_BY_ID_SUCCESS, HOST_CMDS_RESERV_GET_BY_ID_FAILED;
    }
}

fn get(editor: &Editor, request: &Request) -> Result<Answer, Refusal> {
    let arguments = arguments(request)?;
    let (subnet, key) = (required_subnet(arguments)?, Key::read(arguments)?);
    let host = hosts(editor, arguments, Some(subnet), &key)?.into_iter().next();
    Ok(match host {
        Some(host) => Answer::done("Host found.").and(host),
        None => Answer::new(Code::Empty, "Host not found."),
    })
}

fn get_all(editor: &Editor, request: &Request) -> Result<Answer, Refusal> {
    let arguments = arguments(request)?;
    let subnet = required_subnet(arguments)?;
    Ok(found(editor, hosts(editor, arguments, Some(subnet), &Key::Any)?))
}

fn get_by_address(editor: &Editor, request: &Request) -> Result<Answer, Refusal> {
    let arguments = arguments(request)?;
    let address = address(required_text(arguments, "ip-address")?)?;
    Ok(found(editor, hosts(editor, arguments, subnet(arguments)?, &Key::Address(address))?))
}

fn get_by_hostname(editor: &Editor, request: &Request) -> Result<Answer, Refusal> {
    let arguments = arguments(request)?;
    let hostname = required_text(arguments, "hostname")?.to_lowercase();
    Ok(found(editor, hosts(editor, arguments, subnet(arguments)?, &Key::Hostname(hostname))?))
}

fn get_by_id(editor: &Editor, request: &Request) -> Result<Answer, Refusal> {
    let arguments = arguments(request)?;
    if arguments.find("subnet-id")?.is_some() {
        return Err("'subnet-id' is not allowed here: use reservation-get to look in one subnet".into());
    }
    let key = Key::identifier(arguments, "Parameter")?;
    Ok(found(editor, hosts(editor, arguments, None, &key)?))
}

/// Reservations have numbers from 1 on, in the order of the configuration; a page begins behind a number.
fn get_page(editor: &Editor, request: &Request) -> Result<Answer, Refusal> {
    let arguments = arguments(request)?;
    let limit: u32 = arguments.required_number("limit")?;
    if limit == 0 {
        return Err("page size of retrieved hosts must not be 0".into());
    }
    let source: u32 = arguments.number("source-index")?.unwrap_or(0);
    let from: u32 = arguments.number("from")?.unwrap_or(0);
    let all = if source == 0 { hosts(editor, arguments, subnet(arguments)?, &Key::Any)? } else { Vec::new() };
    let page: Vec<Value> = all.into_iter().skip(from as usize).take(limit as usize).collect();
    let count = page.len();
    let mut answer = found(editor, page);
    if let Some(Value::Object(map)) = &mut answer.arguments {
        map.insert("count".to_owned(), count.into());
        if count > 0 {
            let next = json!({ "from": from as usize + count, "source-index": 0 });
            map.insert("next".to_owned(), next);
        }
    }
    Ok(answer)
}

fn reservation_add(editor: &Editor, request: &Request) -> Result<Answer, Refusal> {
    let arguments = arguments(request)?;
    let (given, subnet) = reservation(arguments)?;
    in_memory(arguments, "Unable to add new host because there is no hosts-databases configured.")?;
    change(editor, subnet, |list| {
        list.push(given);
        Ok(())
    })?;
    Ok(Answer::done("Host added."))
}

fn reservation_update(editor: &Editor, request: &Request) -> Result<Answer, Refusal> {
    let arguments = arguments(request)?;
    let (given, subnet) = reservation(arguments)?;
    let key = Key::of(&given.to_json())?;
    in_memory(arguments, "Unable to update existing host because there is no hosts-databases configured.")?;
    change(editor, subnet, |list| {
        let old = list.iter_mut().find(|host| key.finds(&host.to_json()));
        *old.ok_or_else(|| Refusal::empty("Host not updated (not found)."))? = given;
        Ok(())
    })?;
    Ok(Answer::done("Host updated."))
}

fn reservation_del(editor: &Editor, request: &Request) -> Result<Answer, Refusal> {
    let arguments = arguments(request)?;
    let (subnet, key) = (required_subnet(arguments)?, Key::read(arguments)?);
    in_memory(arguments, "Unable to delete a host because there is no hosts-databases configured.")?;
    change(editor, subnet, |list| {
        let before = list.len();
        list.retain(|host| !key.finds(&host.to_json()));
        if list.len() < before { Ok(()) } else { Err(Refusal::empty("Host not deleted (not found).")) }
    })?;
    Ok(Answer::done("Host deleted."))
}

/// The reservation that a command gives, without the number of its subnet, which is told apart.
fn reservation(arguments: Arguments<'_>) -> Result<(Node, i64), Refusal> {
    let given = arguments.find("reservation")?.ok_or("Mandatory 'reservation' parameter missing.")?;
    let inner = Arguments::new(given);
    let reserves = ["ip-address", "ip-addresses", "prefixes"].into_iter().any(|key| given.member(key).is_some());
    let subnet = match subnet(inner)? {
        Some(subnet) => subnet,
        None if reserves => return Err("Mandatory 'subnet-id' parameter missing.".into()),
        None => 0,
    };
    let mut node = adopted(given);
    node.take("subnet-id");
    Ok((node, subnet))
}

/// Changes the reservations of a subnet, or the global ones of the subnet 0.
fn change(editor: &Editor, subnet: i64, by: impl FnOnce(&mut Vec<Node>) -> Result<(), Refusal>) -> Result<(), Refusal> {
    editor.change(|module| {
        let mut tree = Written { module, key: subnets(editor) };
        let holder = match (subnet, tree.find(subnet)) {
            (0, _) => &mut *tree.module,
            (_, Some(place)) => tree.subnet(place)?,
            (id, None) => return Err(format!("there is no subnet with the id {id}").into()),
        };
        by(holder.list_mut("reservations", NOWHERE).ok_or("reservations is not a list")?)
    })
}

/// Whether the configuration is meant; if only the databases are, `otherwise` is the reason to refuse.
fn in_memory(arguments: Arguments<'_>, otherwise: &str) -> Result<(), Refusal> {
    match target(arguments)? {
        Target::Memory => Ok(()),
        Target::Database | Target::Default => Err(otherwise.into()),
    }
}

/// Where a command looks.
enum Target {
    /// In the configuration, and perhaps in databases, too.
    Memory,
    /// In databases alone.
    Database,
    /// What is usual for the command.
    Default,
}

fn target(arguments: Arguments<'_>) -> Result<Target, Refusal> {
    match arguments.text("operation-target")? {
        None | Some("default") => Ok(Target::Default),
        Some("memory" | "all") => Ok(Target::Memory),
        Some("database") => Ok(Target::Database),
        Some(other) => {
            Err(format!("invalid operation-target '{other}': it is one of memory, database, all, default").into())
        }
    }
}

/// The reservations of a subnet (all, if none is given) that are found by a key, each with the number of its subnet.
fn hosts(editor: &Editor, arguments: Arguments<'_>, subnet: Option<i64>, key: &Key) -> Result<Vec<Value>, Refusal> {
    if let Target::Database = target(arguments)? {
        return Ok(Vec::new());
    }
    let mut shown = (editor.shown)();
    let Some(module) = shown.get_mut(editor.module) else { return Ok(Vec::new()) };
    let mut scopes = vec![(0, taken(module, "reservations"))];
    let networks = taken(module, "shared-networks").into_iter();
    let within: Vec<Value> = networks.flat_map(|mut network| taken(&mut network, subnets(editor))).collect();
    for mut subnet in taken(module, subnets(editor)).into_iter().chain(within) {
        let id = subnet.get("id").and_then(Value::as_i64).unwrap_or_default();
        scopes.push((id, taken(&mut subnet, "reservations")));
    }
    let wanted = scopes.into_iter().filter(|(id, _)| subnet.is_none_or(|subnet| subnet == *id));
    let numbered = wanted.flat_map(|(id, hosts)| hosts.into_iter().map(move |host| (id, host)));
    let found = numbered.filter(|(_, host)| key.finds(host)).map(|(id, mut host)| {
        if let Value::Object(map) = &mut host {
            map.insert("subnet-id".to_owned(), id.into());
        }
        host
    });
    Ok(found.collect())
}

/// A list of a map, taken out of it.
fn taken(map: &mut Value, key: &str) -> Vec<Value> {
    match map.get_mut(key).map(Value::take) {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    }
}

fn found(editor: &Editor, hosts: Vec<Value>) -> Answer {
    let code = if hosts.is_empty() { Code::Empty } else { Code::Success };
    let text = format!("{} IPv{} host(s) found.", hosts.len(), if is_v4(editor) { 4 } else { 6 });
    let arguments: Map<String, Value> = [("hosts".to_owned(), Value::Array(hosts))].into_iter().collect();
    Answer::new(code, text).and(Value::Object(arguments))
}

fn is_v4(editor: &Editor) -> bool {
    editor.module == "Dhcp4"
}

fn subnets(editor: &Editor) -> &'static str {
    if is_v4(editor) { "subnet4" } else { "subnet6" }
}

fn arguments(request: &Request) -> Result<Arguments<'_>, Refusal> {
    let given = request.node().map(Arguments::new).filter(Arguments::is_map);
    given.ok_or_else(|| "Parameters missing or are not a map.".into())
}

fn subnet(arguments: Arguments<'_>) -> Result<Option<i64>, Refusal> {
    match arguments.find("subnet-id")?.map(|node| &node.value) {
        None => Ok(None),
        Some(Tree::Int(id)) => Ok(Some(*id)),
        Some(_) => Err("'subnet-id' parameter is not integer.".into()),
    }
}

fn required_subnet(arguments: Arguments<'_>) -> Result<i64, Refusal> {
    subnet(arguments)?.ok_or_else(|| "Mandatory 'subnet-id' parameter missing.".into())
}

fn required_text<'a>(arguments: Arguments<'a>, key: &str) -> Result<&'a str, Refusal> {
    match arguments.find(key)?.map(|node| &node.value) {
        None => Err(format!("Mandatory '{key}' parameter missing.").into()),
        Some(Tree::Text(text)) => Ok(text),
        Some(_) => Err(format!("'{key}' is not a string.").into()),
    }
}
