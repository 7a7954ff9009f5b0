//! `libdhcp_lease_cmds.so`: commands that look for leases, add, change and delete them.
//!
//! Answers are Kea's, letter by letter. A change is durable before its command is answered, and statistics follow it. What
//! looks through all leases does so a page at a time, so that clients are served meanwhile.

mod apply6;
mod ddns;
pub(crate) mod fields;
pub(crate) mod identifiers;
pub(crate) mod lease4;
pub(crate) mod lease6;
pub mod messages;
mod query;
mod v4;
mod v6;
mod write;

pub use v4::add4;
pub use v6::add6;

use crate::arguments::Refusal;
use control::{Answer, Code};
use leases::memfile::{Store, Table};
use schema::json::Node;
use serde_json::{Value, json};

/// The answer that holds leases; none is a result of its own.
fn found(family: u8, leases: Vec<Value>) -> Answer {
    let code = if leases.is_empty() { Code::Empty } else { Code::Success };
    let text = format!("{} IPv{family} lease(s) found.", leases.len());
    Answer::new(code, text).and(json!({ "leases": leases }))
}

/// The same of a page.
fn found_page(family: u8, leases: Vec<Value>) -> Answer {
    let count = leases.len();
    let mut answer = found(family, leases);
    if let Some(Value::Object(arguments)) = &mut answer.arguments {
        arguments.insert("count".to_owned(), count.into());
    }
    answer
}

/// What was changed is durable from now on, or the command failed.
fn sync<T: Table>(store: &Store<T>) -> Result<(), Refusal> {
    store.sync().map_err(|error| Refusal::from(error.to_string()))
}

/// The parameters of a command in a message.
fn shown(parameters: Option<&Node>) -> String {
    parameters.map_or_else(|| "(missing parameters)".to_owned(), |node| control::to_text(&node.to_json()))
}

/// The answer of a command or its refusal.
fn answered(result: Result<Answer, Refusal>) -> Answer {
    result.unwrap_or_else(Answer::from)
}

/// The answer of a wipe.
fn wiped(family: u8, leases: u64, subnets: &[u32]) -> Answer {
    let subnets: String = subnets.iter().map(|id| format!(" {id}")).collect();
    let code = if leases == 0 { Code::Empty } else { Code::Success };
    Answer::new(code, format!("Deleted {leases} IPv{family} lease(s) from subnet(s){subnets}"))
}
