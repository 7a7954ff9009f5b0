//! `libdhcp_cb_cmds.so`: commands that look at, set and delete what is kept of a configuration in a database.
//!
//! What is set passes the checks of a file first ([`judge`]). The servers that share the database take over the change when
//! they look at it next, this one included. Kea's library is not public: which answers there are follows its manual, and
//! where that is silent, the answers of its kind.

mod call;
mod classes;
mod globals;
mod judge;
pub mod messages;
mod networks;
mod options;
mod servers;
pub mod store;
mod subnets;

use crate::Editor;
use crate::arguments::Refusal;
use call::Call;
use control::{Answer, Code, Request, Table};
use judge::Judge;
use serde_json::{Value, json};
use std::rc::Rc;
use store::{Databases, Found, Pending, Query, Servers, Wanted};
use wire::options::Family;

/// A server by which databases are asked.
#[derive(Clone)]
struct Server {
    family: Family,
    editor: Editor,
    databases: Rc<dyn Databases>,
}

/// How a command is answered.
type Run = for<'a> fn(&'a Server, Call<'a>) -> Pending<'a, Result<Answer, Refusal>>;

/// The commands: the name in both families.
const COMMANDS: [([&str; 2], Run); 34] = [
    (["remote-server4-set", "remote-server6-set"], |s, c| Box::pin(servers::set(s, c))),
    (["remote-server4-get", "remote-server6-get"], |s, c| Box::pin(servers::get(s, c))),
    (["remote-server4-get-all", "remote-server6-get-all"], |s, c| Box::pin(servers::get_all(s, c))),
    (["remote-server4-del", "remote-server6-del"], |s, c| Box::pin(servers::del(s, c))),
    (["remote-global-parameter4-set", "remote-global-parameter6-set"], |s, c| Box::pin(globals::set(s, c))),
    (["remote-global-parameter4-get", "remote-global-parameter6-get"], |s, c| Box::pin(globals::get(s, c))),
    (["remote-global-parameter4-get-all", "remote-global-parameter6-get-all"], |s, c| Box::pin(globals::get_all(s, c))),
    (["remote-global-parameter4-del", "remote-global-parameter6-del"], |s, c| Box::pin(globals::del(s, c))),
    (["remote-network4-set", "remote-network6-set"], |s, c| Box::pin(networks::set(s, c))),
    (["remote-network4-get", "remote-network6-get"], |s, c| Box::pin(networks::get(s, c))),
    (["remote-network4-list", "remote-network6-list"], |s, c| Box::pin(networks::list(s, c))),
    (["remote-network4-del", "remote-network6-del"], |s, c| Box::pin(networks::del(s, c))),
    (["remote-subnet4-set", "remote-subnet6-set"], |s, c| Box::pin(subnets::set(s, c))),
    (["remote-subnet4-get-by-id", "remote-subnet6-get-by-id"], |s, c| Box::pin(subnets::get_by_id(s, c))),
    (["remote-subnet4-get-by-prefix", "remote-subnet6-get-by-prefix"], |s, c| Box::pin(subnets::get_by_prefix(s, c))),
    (["remote-subnet4-list", "remote-subnet6-list"], |s, c| Box::pin(subnets::list(s, c))),
    (["remote-subnet4-del-by-id", "remote-subnet6-del-by-id"], |s, c| Box::pin(subnets::del_by_id(s, c))),
    (["remote-subnet4-del-by-prefix", "remote-subnet6-del-by-prefix"], |s, c| Box::pin(subnets::del_by_prefix(s, c))),
    (["remote-class4-set", "remote-class6-set"], |s, c| Box::pin(classes::set(s, c))),
    (["remote-class4-get", "remote-class6-get"], |s, c| Box::pin(classes::get(s, c))),
    (["remote-class4-get-all", "remote-class6-get-all"], |s, c| Box::pin(classes::get_all(s, c))),
    (["remote-class4-del", "remote-class6-del"], |s, c| Box::pin(classes::del(s, c))),
    (["remote-option-def4-set", "remote-option-def6-set"], |s, c| Box::pin(options::set_definition(s, c))),
    (["remote-option-def4-get", "remote-option-def6-get"], |s, c| Box::pin(options::get_definition(s, c))),
    (["remote-option-def4-get-all", "remote-option-def6-get-all"], |s, c| Box::pin(options::get_all_definitions(s, c))),
    (["remote-option-def4-del", "remote-option-def6-del"], |s, c| Box::pin(options::del_definition(s, c))),
    (["remote-option4-global-set", "remote-option6-global-set"], |s, c| Box::pin(options::set(s, c, options::global))),
    (["remote-option4-global-get", "remote-option6-global-get"], |s, c| Box::pin(options::get(s, c))),
    (["remote-option4-global-get-all", "remote-option6-global-get-all"], |s, c| Box::pin(options::get_all(s, c))),
    (["remote-option4-global-del", "remote-option6-global-del"], |s, c| Box::pin(options::del(s, c, options::global))),
    (["remote-option4-network-set", "remote-option6-network-set"], |s, c| {
        Box::pin(options::set(s, c, options::network))
    }),
    (["remote-option4-network-del", "remote-option6-network-del"], |s, c| {
        Box::pin(options::del(s, c, options::network))
    }),
    (["remote-option4-subnet-set", "remote-option6-subnet-set"], |s, c| Box::pin(options::set(s, c, options::subnet))),
    (["remote-option4-subnet-del", "remote-option6-subnet-del"], |s, c| Box::pin(options::del(s, c, options::subnet))),
];

/// The commands whose names do not differ in one digit alone.
const POOLS: [([&str; 2], Run); 2] = [
    (["remote-option4-pool-set", "remote-option6-pool-set"], |s, c| Box::pin(options::set(s, c, options::pool))),
    (["remote-option4-pool-del", "remote-option6-pool-del"], |s, c| Box::pin(options::del(s, c, options::pool))),
];

/// The commands that DHCPv6 alone has.
const ONLY6: [(&str, Run); 2] = [
    ("remote-option6-pd-pool-set", |s, c| Box::pin(options::set(s, c, options::pd_pool))),
    ("remote-option6-pd-pool-del", |s, c| Box::pin(options::del(s, c, options::pd_pool))),
];

/// Adds the commands of a server.
pub fn add(table: &mut Table, family: Family, editor: &Editor, databases: Rc<dyn Databases>) {
    let server = Rc::new(Server { family, editor: editor.clone(), databases });
    let both = COMMANDS.iter().chain(&POOLS).map(|([v4, v6], run)| match family {
        Family::V4 => (*v4, *run),
        Family::V6 => (*v6, *run),
    });
    let only: &[_] = if family == Family::V6 { &ONLY6 } else { &[] };
    for (name, run) in both.chain(only.iter().copied()) {
        let server = server.clone();
        table.add_async(name, move |request: Request| {
            let server = server.clone();
            async move {
                let call = match Call::new(server.family, &request) {
                    Ok(call) => call,
                    Err(refusal) => return refusal.into(),
                };
                run(&server, call).await.unwrap_or_else(Answer::from)
            }
        });
    }
}

impl Server {
    /// `IPv4` or `IPv6`.
    fn ip(&self) -> &'static str {
        match self.family {
            Family::V4 => "IPv4",
            Family::V6 => "IPv6",
        }
    }

    /// `DHCPv4` or `DHCPv6`.
    fn dhcp(&self) -> &'static str {
        match self.family {
            Family::V4 => "DHCPv4",
            Family::V6 => "DHCPv6",
        }
    }

    /// Asks the database that a command means.
    async fn ask(&self, call: Call<'_>, query: Query) -> Result<Found, Refusal> {
        let selector = call.selector()?;
        self.databases.ask(&selector, query).await.map_err(Refusal::from)
    }

    async fn read(&self, call: Call<'_>, wanted: Wanted, servers: Servers) -> Result<Vec<store::Entry>, Refusal> {
        Ok(self.ask(call, Query::Read(wanted, servers)).await?.entries)
    }

    /// Deletes elements that are anybody's, and tells how many there were.
    async fn delete(&self, call: Call<'_>, wanted: Wanted, what: &str) -> Result<Answer, Refusal> {
        call.no_tags()?;
        let found = self.ask(call, Query::Delete(wanted, String::new())).await?;
        Ok(deleted(what, found.count))
    }

    /// Reads parts among the definitions of this server's file and those of the database.
    async fn judge(&self, call: Call<'_>, servers: Servers) -> Result<Judge, Refusal> {
        let known = self.read(call, Wanted::Definitions(None), servers).await?;
        let own = match self.editor.show("option-def") {
            Value::Array(own) => own,
            _ => Vec::new(),
        };
        Ok(Judge::new(self.family, own.into_iter().chain(known.into_iter().map(|entry| entry.value.into()))))
    }
}

/// An answer with elements, or that there is none.
fn found(text: String, key: &str, elements: Vec<Value>) -> Answer {
    let code = if elements.is_empty() { Code::Empty } else { Code::Success };
    let count = elements.len();
    Answer::new(code, text).and(json!({ key: elements, "count": count }))
}

/// An answer that tells how much is gone.
fn deleted(what: &str, count: u64) -> Answer {
    let code = if count == 0 { Code::Empty } else { Code::Success };
    Answer::new(code, format!("{count} {what} deleted.")).and(json!({ "count": count }))
}

/// An element with the tags of its servers.
fn with_metadata(mut value: store::Object, tags: Vec<String>) -> Value {
    let tags: Vec<Value> = match tags.is_empty() {
        true => vec![Value::Null],
        false => tags.into_iter().map(Value::from).collect(),
    };
    value.insert("metadata".into(), json!({ "server-tags": tags }));
    value.into()
}
