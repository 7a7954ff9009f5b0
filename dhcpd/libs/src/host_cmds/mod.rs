//! `libdhcp_host_cmds.so`: commands that look for, add, change and delete reservations.
//!
//! They work on the configuration (`"operation-target": "memory"`), on databases (`"database"`), or on both (`"all"`). What
//! says nothing looks everywhere, and changes the databases. Texts are Kea's.

pub mod databases;
pub mod host;
mod memory;
pub mod messages;

use crate::Editor;
use crate::arguments::{Address, Arguments, Refusal, address};
use crate::editor::adopted;
use control::{Answer, Code, Request, Table};
use databases::{Databases, Found, Wanted};
use host::{Key, family};
use messages::*;
use schema::json::{Node, Value as Tree};
use serde_json::{Map, Value, json};
use std::rc::Rc;

/// What the commands work on.
#[derive(Clone)]
pub struct Hosts {
    /// The configuration.
    pub editor: Editor,
    /// The databases.
    pub databases: Rc<dyn Databases>,
}

/// Adds the commands.
pub fn add(table: &mut Table, hosts: &Hosts) {
    macro_rules! on {
        ($($name:literal, $run:path, $done:ident, $failed:ident;)*) => {$({
            let hosts = hosts.clone();
            table.add_async($name, move |request| {
                let hosts = hosts.clone();
                async move {
                    let parameters = || request.arguments().map_or_else(|| "(missing parameters)".to_owned(), |given| control::to_text(&given));
                    match $run(&hosts, &request).await {
                        Ok(answer) => {
                            log::event!($done, parameters = parameters());
                            answer
                        }
                        Err(refusal) => {
                            log::event!($failed, parameters = parameters(), reason = refusal.reason);
                            refusal.into()
                        }
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

async fn get(hosts: &Hosts, request: &Request) -> Result<Answer, Refusal> {
    let arguments = arguments(request)?;
    let (subnet, key, target) = one(arguments)?;
    let wanted = Wanted::all(Some(subnet), key);
    let found = hosts.find(target.unwrap_or(Target::ALL), &wanted, true).await?;
    Ok(match found.into_iter().next() {
        Some(Found { shown, .. }) => Answer::done("Host found.").and(shown),
        None => Answer::new(Code::Empty, "Host not found."),
    })
}

async fn get_all(hosts: &Hosts, request: &Request) -> Result<Answer, Refusal> {
    let arguments = arguments(request)?;
    let subnet: u32 = subnet(arguments)?.ok_or_else(|| missing(arguments, "subnet-id"))?;
    let target = Target::read(arguments)?.unwrap_or(Target::ALL);
    hosts.list(target, Some(subnet), Key::Any).await
}

async fn get_by_address(hosts: &Hosts, request: &Request) -> Result<Answer, Refusal> {
    let arguments = arguments(request)?;
    let address = arguments.required_address("ip-address")?;
    let (subnet, target) = (subnet(arguments)?, Target::read(arguments)?.unwrap_or(Target::ALL));
    hosts.list(target, subnet, Key::Address(address)).await
}

async fn get_by_hostname(hosts: &Hosts, request: &Request) -> Result<Answer, Refusal> {
    let arguments = arguments(request)?;
    let hostname = arguments.required_text("hostname")?.to_lowercase();
    let (subnet, target) = (subnet(arguments)?, Target::read(arguments)?.unwrap_or(Target::ALL));
    if hostname.is_empty() {
        return Err("Empty hostname".into());
    }
    hosts.list(target, subnet, Key::Hostname(hostname)).await
}

async fn get_by_id(hosts: &Hosts, request: &Request) -> Result<Answer, Refusal> {
    let arguments = arguments(request)?;
    let texts = host::identifier_texts(arguments, "")?;
    if arguments.find("subnet-id")?.is_some() {
        return Err("'subnet-id' is forbidden in reservation-get-by-id".into());
    }
    let key = Key::identifier(texts)?;
    let target = Target::read(arguments)?.unwrap_or(Target::ALL);
    hosts.list(target, None, key).await
}

/// A page begins behind a number in a source: 0 is the configuration, and databases follow. Where nothing is left in one, the
/// next one is asked.
async fn get_page(hosts: &Hosts, request: &Request) -> Result<Answer, Refusal> {
    let arguments = arguments(request)?;
    let limit: u32 = number(arguments, "limit", u32::MAX.into())?.ok_or_else(|| missing(arguments, "limit"))?;
    let subnet = subnet(arguments)?;
    let mut source = number::<usize>(arguments, "source-index", 10)?.unwrap_or(0);
    let after: u64 = arguments.number("from")?.unwrap_or(0);
    if limit == 0 {
        return Err("page size of retrieved hosts must not be 0".into());
    }
    if let Some(subnet) = subnet {
        memory::check_subnet(&hosts.editor, subnet, &[])?;
    }
    let mut wanted = Wanted { subnet, key: Key::Any, after, limit: Some(limit) };
    let mut page = Vec::new();
    while source <= hosts.databases.count() {
        page = match source.checked_sub(1) {
            None => memory::find(&hosts.editor, &wanted),
            Some(at) => hosts.databases.find(at, wanted.clone()).await?,
        };
        if !page.is_empty() {
            break;
        }
        (source, wanted.after) = (source + 1, 0);
    }
    let (count, last) = (page.len(), page.last().map(|found| found.id));
    let mut answer = found(&hosts.editor, page);
    if let Some(Value::Object(map)) = &mut answer.arguments {
        map.insert("count".to_owned(), count.into());
        if let Some(last) = last {
            map.insert("next".to_owned(), json!({ "from": last, "source-index": source }));
        }
    }
    Ok(answer)
}

async fn reservation_add(hosts: &Hosts, request: &Request) -> Result<Answer, Refusal> {
    let arguments = request.node().map(Arguments::new).ok_or("no parameters specified for the command")?;
    let target = Target::read(arguments)?.unwrap_or(Target::DATABASE);
    let given = arguments.find("reservation")?.ok_or("reservation must be specified")?;
    let reservation = Reservation::read(given)?;
    if reservation.subnet.is_none() {
        memory::check_global(&hosts.editor, &reservation.addresses, reservation.prefixes)?;
    }
    if target == Target::DATABASE && hosts.databases.count() == 0 {
        return Err("Host database not available, cannot add host.".into());
    }
    let subnet = reservation.subnet.unwrap_or(0);
    memory::check_subnet(&hosts.editor, subnet, &reservation.addresses)?;
    if target.memory {
        memory::add(&hosts.editor, subnet, reservation.node.clone())?;
    }
    for at in hosts.sources(target) {
        hosts.databases.add(at, subnet, &reservation.node).await?;
    }
    Ok(Answer::done(match reservation.subnet {
        Some(_) => "Host added.",
        None => "Host added. subnet-id not specified, assumed global (subnet-id 0).",
    }))
}

async fn reservation_update(hosts: &Hosts, request: &Request) -> Result<Answer, Refusal> {
    let node = request.node().ok_or("invalid command: does not contain mandatory 'arguments'")?;
    let arguments = Arguments::new(node);
    if !arguments.is_map() {
        return Err("invalid command: expected 'arguments' to be a map".into());
    }
    let given = arguments.find("reservation")?.ok_or(
        "invalid command: expected 'reservation' as the sole parameter inside the 'arguments' map, didn't get it instead",
    )?;
    let target = Target::read(arguments)?.unwrap_or(Target::DATABASE);
    let reservation = Reservation::read(given)?;
    let subnet = reservation.subnet.ok_or("Mandatory 'subnet-id' parameter missing.")?;
    if target == Target::DATABASE && hosts.databases.count() == 0 {
        return Err("host database not available, cannot update host".into());
    }
    memory::check_subnet(&hosts.editor, subnet, &reservation.addresses)?;
    if target.memory {
        memory::update(&hosts.editor, subnet, reservation.node.clone())?;
    }
    for at in hosts.sources(target) {
        if !hosts.databases.update(at, subnet, &reservation.node).await? {
            return Err("Host not updated (not found).".into());
        }
    }
    Ok(Answer::done("Host updated."))
}

async fn reservation_del(hosts: &Hosts, request: &Request) -> Result<Answer, Refusal> {
    let arguments = arguments(request)?;
    let (subnet, key, target) = one(arguments)?;
    let target = target.unwrap_or(Target::DATABASE);
    if target == Target::DATABASE && hosts.databases.count() == 0 {
        return Err("Unable to delete a host because there is no hosts-databases configured.".into());
    }
    let mut deleted = target.memory && memory::remove(&hosts.editor, subnet, &key)?;
    for at in hosts.sources(target) {
        deleted |= hosts.databases.remove(at, Wanted::all(Some(subnet), key.clone())).await? > 0;
    }
    match deleted {
        true => Ok(Answer::done("Host deleted.")),
        false => Err(Refusal::empty("Host not deleted (not found).")),
    }
}

impl Hosts {
    /// The places of the databases that a target means.
    fn sources(&self, target: Target) -> std::ops::Range<usize> {
        0..if target.databases { self.databases.count() } else { 0 }
    }

    /// What is wanted, in all sources, or in the first one that has any of it.
    async fn find(&self, target: Target, wanted: &Wanted, first: bool) -> Result<Vec<Found>, Refusal> {
        let mut all = if target.memory { memory::find(&self.editor, wanted) } else { Vec::new() };
        for at in self.sources(target) {
            if first && !all.is_empty() {
                break;
            }
            all.extend(self.databases.find(at, wanted.clone()).await?);
        }
        Ok(all)
    }

    async fn list(&self, target: Target, subnet: Option<u32>, key: Key) -> Result<Answer, Refusal> {
        if let Some(subnet) = subnet {
            memory::check_subnet(&self.editor, subnet, &[])?;
        }
        let all = self.find(target, &Wanted::all(subnet, key), false).await?;
        Ok(found(&self.editor, all))
    }
}

/// The reservation that a command gives.
struct Reservation {
    /// Without the number of its subnet.
    node: Node,
    subnet: Option<u32>,
    addresses: Vec<Address>,
    /// Prefixes are reserved.
    prefixes: bool,
}

impl Reservation {
    fn read(given: &Node) -> Result<Self, Refusal> {
        let subnet = subnet(Arguments::new(given))?;
        let listed = |key: &str| match given.member(key).map(|node| &node.value) {
            Some(Tree::List(nodes)) => nodes.iter().collect(),
            _ => Vec::new(),
        };
        let nodes = given.member("ip-address").into_iter().chain(listed("ip-addresses"));
        let texts = nodes.filter_map(|node| match &node.value {
            Tree::Text(text) => Some(text),
            _ => None,
        });
        // What is no address is told where the reservation is read.
        let addresses = texts.filter_map(|text| address(text).ok()).collect();
        let mut node = adopted(given);
        node.take("subnet-id");
        Ok(Self { node, subnet, addresses, prefixes: !listed("prefixes").is_empty() })
    }
}

/// Where a command looks, or what it changes.
#[derive(Clone, Copy, PartialEq)]
struct Target {
    memory: bool,
    databases: bool,
}

impl Target {
    const MEMORY: Self = Self { memory: true, databases: false };
    const DATABASE: Self = Self { memory: false, databases: true };
    const ALL: Self = Self { memory: true, databases: true };

    /// What a command says; none: what is usual for it.
    fn read(arguments: Arguments<'_>) -> Result<Option<Self>, Refusal> {
        match arguments.text("operation-target")? {
            None | Some("default") => Ok(None),
            Some("memory") => Ok(Some(Self::MEMORY)),
            Some("database") => Ok(Some(Self::DATABASE)),
            Some("all") => Ok(Some(Self::ALL)),
            Some(other) => Err(format!(
                "The 'operation-target' value ({other}) is not within expected set: (memory, database, all, default)"
            )
            .into()),
        }
    }
}

/// The one reservation that is meant: its subnet, and by what it is found; where it is looked for.
fn one(arguments: Arguments<'_>) -> Result<(u32, Key, Option<Target>), Refusal> {
    let address_node = arguments.find("ip-address")?;
    let named = ["identifier-type", "identifier"].into_iter().any(|key| matches!(arguments.find(key), Ok(Some(_))));
    let subnet = match subnet(arguments)? {
        None if address_node.is_none() && !named => return Err(missing(arguments, "subnet-id")),
        subnet => subnet,
    };
    let target = Target::read(arguments)?;
    let use_instead = |command: &str, with: String, what: &str| {
        let reason = format!(
            "missing parameter 'subnet-id', use '{command}' with {with} to get the list of reservations with this {what}"
        );
        Refusal::from(reason)
    };
    match address_node.map(|node| &node.value) {
        Some(Tree::Text(text)) => {
            let key = Key::Address(address(text)?);
            let with = || format!("'ip-address' set to \"{text}\"");
            let subnet = subnet.ok_or_else(|| use_instead("reservation-get-by-address", with(), "address"))?;
            Ok((subnet, key, target))
        }
        Some(_) => Err("'ip-address' is not a string.".into()),
        None => {
            let texts = host::identifier_texts(arguments, "No 'ip-address' provided and ")?;
            let key = Key::identifier(texts)?;
            let with = || format!("'identifier-type' set to \"{}\" and 'identifier' to \"{}\"", texts.0, texts.1);
            let subnet = subnet.ok_or_else(|| use_instead("reservation-get-by-id", with(), "identifier"))?;
            Ok((subnet, key, target))
        }
    }
}

fn found(editor: &Editor, hosts: Vec<Found>) -> Answer {
    let code = if hosts.is_empty() { Code::Empty } else { Code::Success };
    let text = format!("{} IPv{} host(s) found.", hosts.len(), family(editor));
    let hosts = hosts.into_iter().map(|found| found.shown).collect();
    let arguments: Map<String, Value> = [("hosts".to_owned(), Value::Array(hosts))].into_iter().collect();
    Answer::new(code, text).and(Value::Object(arguments))
}

fn arguments(request: &Request) -> Result<Arguments<'_>, Refusal> {
    let given = request.node().map(Arguments::new).filter(Arguments::is_map);
    given.ok_or_else(|| "Parameters missing or are not a map.".into())
}

fn subnet(arguments: Arguments<'_>) -> Result<Option<u32>, Refusal> {
    // The last number of all means no subnet.
    number(arguments, "subnet-id", i64::from(u32::MAX) - 1)
}

/// A number from 0 to `most`.
fn number<N: TryFrom<i64>>(arguments: Arguments<'_>, key: &str, most: i64) -> Result<Option<N>, Refusal> {
    let Some(number) = arguments.integer(key)? else { return Ok(None) };
    let fits = N::try_from(number).ok().filter(|_| (0..=most).contains(&number));
    let reason = || format!("The '{key}' value ({number}) is not within expected range: (0 - {most})");
    fits.map(Some).ok_or_else(|| reason().into())
}

/// Asks for a number that is not there.
fn missing(arguments: Arguments<'_>, key: &str) -> Refusal {
    arguments.required_number::<u32>(key).err().unwrap_or_else(|| Refusal::from(""))
}
