//! The commands about subnets.

use super::call::{Call, required_integer, required_text};
use super::judge::{Judge, Part, has_entries};
use super::store::{Element, Entry, Query, Servers, Wanted};
use super::{Server, found, with_metadata};
use crate::arguments::Refusal;
use control::Answer;
use schema::json::{Node, Value as Tree};
use serde_json::{Value, json};

pub(super) async fn set(server: &Server, call: Call<'_>) -> Result<Answer, Refusal> {
    let given = call.only_map("subnets")?;
    let tags = call.some_tags()?;
    let network = network(given)?;
    required_text(given, "subnet")?;
    required_integer(given, "id")?;
    if has_entries(given, "reservations") {
        return Err("reservations are not kept with a subnet in the database: the host commands add them".into());
    }
    let judge = server.judge(call, Servers::Tags(tags.clone())).await?;
    let mut subnet = judge.check(Part::Subnet, &without(given, "shared-network-name"))?;
    let told = json!({ "subnets": [{ "id": subnet.get("id"), "subnet": subnet.get("subnet") }] });
    subnet.insert("shared-network-name".into(), network.into());
    server.ask(call, Query::Set(Element::Subnet(subnet), tags)).await?;
    Ok(Answer::done(format!("{} subnet successfully set.", server.ip())).and(told))
}

/// The shared network that a subnet is put into; none if it has its link for itself.
fn network(given: &Node) -> Result<Option<String>, Refusal> {
    match given.member("shared-network-name").map(|node| &node.value) {
        None => Err("missing 'shared-network-name' parameter".into()),
        Some(Tree::Null) => Ok(None),
        Some(Tree::Text(name)) => Ok(Some(name.to_string()).filter(|name| !name.is_empty())),
        Some(_) => Err("'shared-network-name' parameter must be a string or null".into()),
    }
}

pub(super) async fn get_by_id(server: &Server, call: Call<'_>) -> Result<Answer, Refusal> {
    let id = required_integer(call.only_map("subnets")?, "id")?;
    get(server, call, Wanted::SubnetId(id), &id.to_string()).await
}

pub(super) async fn get_by_prefix(server: &Server, call: Call<'_>) -> Result<Answer, Refusal> {
    let prefix = required_text(call.only_map("subnets")?, "subnet")?;
    get(server, call, Wanted::SubnetPrefix(prefix.to_owned()), prefix).await
}

async fn get(server: &Server, call: Call<'_>, wanted: Wanted, name: &str) -> Result<Answer, Refusal> {
    call.no_tags()?;
    let entries = server.read(call, wanted, Servers::Any).await?;
    let judge = server.judge(call, Servers::Any).await?;
    let subnets: Vec<_> = entries.into_iter().map(|entry| shown(&judge, entry)).collect();
    let is = if subnets.is_empty() { "not found" } else { "found" };
    Ok(found(format!("{} subnet {name} {is}.", server.ip()), "subnets", subnets))
}

/// A subnet with all that is known of it.
pub(super) fn shown(judge: &Judge, mut entry: Entry) -> Value {
    let network = entry.value.remove("shared-network-name").unwrap_or_default();
    let mut subnet = judge.show(Part::Subnet, entry.value);
    subnet.insert("shared-network-name".into(), network);
    with_metadata(subnet, entry.tags)
}

pub(super) async fn list(server: &Server, call: Call<'_>) -> Result<Answer, Refusal> {
    let servers = call.servers()?;
    let entries = server.read(call, Wanted::Subnets, servers).await?;
    let brief = |Entry { mut value, tags }: Entry| {
        value.retain(|key, _| matches!(key.as_str(), "id" | "subnet" | "shared-network-name"));
        value.entry("shared-network-name").or_insert(Value::Null);
        with_metadata(value, tags)
    };
    let subnets: Vec<_> = entries.into_iter().map(brief).collect();
    Ok(found(format!("{} {} subnet(s) found.", subnets.len(), server.ip()), "subnets", subnets))
}

pub(super) async fn del_by_id(server: &Server, call: Call<'_>) -> Result<Answer, Refusal> {
    let id = required_integer(call.only_map("subnets")?, "id")?;
    server.delete(call, Wanted::SubnetId(id), &format!("{} subnet(s)", server.ip())).await
}

pub(super) async fn del_by_prefix(server: &Server, call: Call<'_>) -> Result<Answer, Refusal> {
    let prefix = required_text(call.only_map("subnets")?, "subnet")?;
    server.delete(call, Wanted::SubnetPrefix(prefix.to_owned()), &format!("{} subnet(s)", server.ip())).await
}

/// A map without a key.
fn without(node: &Node, key: &str) -> Node {
    let mut node = node.clone();
    node.take(key);
    node
}
