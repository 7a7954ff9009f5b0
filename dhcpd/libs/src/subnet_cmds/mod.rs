//! `libdhcp_subnet_cmds.so`: commands that look for, add, change and delete subnets and shared networks.
//!
//! A change goes the way of `config-set`: what a subnet inherits, all rules, and everything else in the configuration hold as
//! if the file had been written so. Leases and reservations stay as they are.

mod delta;
pub mod messages;
mod networks;
mod subnets;

use crate::arguments::{Arguments, Refusal};
use crate::tree::Written;
use crate::{Editor, Site4, Site6};
use control::{Answer, Code, Request, Table};
use schema::json::{Node, Value as Tree};
use serde_json::Value;
use std::rc::Rc;
use wire::options::Family;

/// A server whose subnets commands are about.
#[derive(Clone)]
struct Server {
    family: Family,
    editor: Editor,
    subnets: Rc<dyn Fn() -> Vec<Listed>>,
}

/// A subnet in a list.
struct Listed {
    id: u32,
    prefix: String,
    network: Option<String>,
}

/// A command: its name in both families, and how it is answered.
type Command = ([&'static str; 2], fn(&Server, &Request) -> Answer);

const COMMANDS: [Command; 13] = [
    (["subnet4-list", "subnet6-list"], subnets::list),
    (["subnet4-get", "subnet6-get"], subnets::get),
    (["subnet4-add", "subnet6-add"], subnets::add),
    (["subnet4-update", "subnet6-update"], subnets::update),
    (["subnet4-del", "subnet6-del"], subnets::del),
    (["subnet4-delta-add", "subnet6-delta-add"], subnets::delta_add),
    (["subnet4-delta-del", "subnet6-delta-del"], subnets::delta_del),
    (["network4-list", "network6-list"], networks::list),
    (["network4-get", "network6-get"], networks::get),
    (["network4-add", "network6-add"], networks::add),
    (["network4-del", "network6-del"], networks::del),
    (["network4-subnet-add", "network6-subnet-add"], networks::subnet_add),
    (["network4-subnet-del", "network6-subnet-del"], networks::subnet_del),
];

/// Adds the commands of a DHCPv4 server.
pub fn add4(table: &mut Table, site: &Site4, editor: &Editor) {
    let config = site.snapshot.config.clone();
    let subnets = Rc::new(move || {
        let networks = config.subnets.networks();
        let listed = config.subnets.list().iter().map(|subnet| Listed {
            id: subnet.id,
            prefix: format!("{}/{}", subnet.prefix, subnet.prefix_len),
            network: subnet.network.and_then(|at| networks.get(at)).map(|network| network.name.to_string()),
        });
        listed.collect()
    });
    add(table, Server { family: Family::V4, editor: editor.clone(), subnets });
}

/// Adds the commands of a DHCPv6 server.
pub fn add6(table: &mut Table, site: &Site6, editor: &Editor) {
    let config = site.snapshot.config.clone();
    let subnets = Rc::new(move || {
        let networks = config.subnets.networks();
        let listed = config.subnets.list().iter().map(|subnet| Listed {
            id: subnet.id,
            prefix: format!("{}/{}", subnet.prefix, subnet.prefix_len),
            network: subnet.network.and_then(|at| networks.get(at)).map(|network| network.name.to_string()),
        });
        listed.collect()
    });
    add(table, Server { family: Family::V6, editor: editor.clone(), subnets });
}

fn add(table: &mut Table, server: Server) {
    for ([v4, v6], run) in COMMANDS {
        let server = server.clone();
        table.add(server.either(v4, v6), move |request| run(&server, &request));
    }
}

impl Server {
    fn either<T>(&self, v4: T, v6: T) -> T {
        match self.family {
            Family::V4 => v4,
            Family::V6 => v6,
        }
    }

    /// `IPv4` or `IPv6`.
    fn ip(&self) -> &'static str {
        self.either("IPv4", "IPv6")
    }

    /// The key of subnets.
    fn key(&self) -> &'static str {
        self.either("subnet4", "subnet6")
    }

    fn by_id(&self, id: i64) -> Option<Listed> {
        (self.subnets)().into_iter().find(|subnet| i64::from(subnet.id) == id)
    }

    /// Changes the configuration.
    fn change<T>(&self, edit: impl FnOnce(Written<'_>) -> Result<T, Refusal>) -> Result<T, Refusal> {
        self.editor.change(|module| edit(Written { module, key: self.key() }))
    }
}

/// The arguments of a command.
fn arguments(request: &Request) -> Result<Arguments<'_>, Refusal> {
    let given = request.node().map(Arguments::new).filter(Arguments::is_map);
    given.ok_or_else(|| format!("arguments of the '{}' command must be a map", request.command).into())
}

/// The one entry of a list that a command gives.
fn only<'a>(request: &'a Request, key: &str, what: &str) -> Result<&'a Node, Refusal> {
    match arguments(request)?.find(key)?.map(|node| &node.value) {
        None => Err(format!("missing '{key}' argument for the '{}' command", request.command).into()),
        Some(Tree::List(list)) => match list.as_slice() {
            [one] => Ok(one),
            _ => {
                let reason = format!(
                    "invalid number of {what}s specified for the '{}' command. Expected one {what}",
                    request.command
                );
                Err(reason.into())
            }
        },
        Some(_) => Err(format!("'{key}' argument for the '{}' command is not a list", request.command).into()),
    }
}

/// The entries of a list that `config-get` shows.
fn entries(value: Value) -> Vec<Value> {
    match value {
        Value::Array(entries) => entries,
        _ => Vec::new(),
    }
}

/// Which of two messages tells that a command failed.
macro_rules! failed {
    ($server:expr, $refusal:expr, $v4:ident, $v6:ident) => {{
        match $server.family {
            Family::V4 => log::event!($v4, reason = $refusal.reason),
            Family::V6 => log::event!($v6, reason = $refusal.reason),
        }
        $refusal.into()
    }};
}
use failed;

/// Whether a refusal says that there is nothing of the kind.
fn is_empty(refusal: &Refusal) -> bool {
    refusal.code == Code::Empty
}
