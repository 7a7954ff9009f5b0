//! The commands about shared networks.

use super::call::{Call, required_text};
use super::judge::Part;
use super::store::{Element, Entry, Query, Servers, Wanted};
use super::{Server, found, subnets, with_metadata};
use crate::arguments::Refusal;
use control::Answer;
use serde_json::{Value, json};

pub(super) async fn set(server: &Server, call: Call<'_>) -> Result<Answer, Refusal> {
    let given = call.only_map("shared-networks")?;
    let tags = call.some_tags()?;
    required_text(given, "name")?;
    let judge = server.judge(call, Servers::Tags(tags.clone())).await?;
    if given.member(judge.subnets()).is_some() {
        return Err(format!("'{}' parameter is not allowed here", judge.subnets()).into());
    }
    let network = judge.check(Part::Network, given)?;
    let told = json!({ "shared-networks": [{ "name": network.get("name") }] });
    server.ask(call, Query::Set(Element::Network(network), tags)).await?;
    Ok(Answer::done(format!("{} shared network successfully set.", server.ip())).and(told))
}

pub(super) async fn get(server: &Server, call: Call<'_>) -> Result<Answer, Refusal> {
    let name = required_text(call.only_map("shared-networks")?, "name")?;
    call.no_tags()?;
    let with_subnets = call.choice("subnets-include", ["no", "full"])?;
    let entries = server.read(call, Wanted::Networks(Some(name.to_owned())), Servers::Any).await?;
    let judge = server.judge(call, Servers::Any).await?;
    let mut within = Vec::new();
    if with_subnets {
        let entries = server.read(call, Wanted::SubnetsOf(name.to_owned()), Servers::Any).await?;
        within.extend(entries.into_iter().map(|entry| subnets::shown(&judge, entry)));
    }
    let shown = |entry: Entry| {
        let mut network = judge.show(Part::Network, entry.value);
        if with_subnets {
            network.insert(judge.subnets().into(), std::mem::take(&mut within).into());
        }
        with_metadata(network, entry.tags)
    };
    let networks: Vec<_> = entries.into_iter().map(shown).collect();
    let is = if networks.is_empty() { "not found" } else { "found" };
    Ok(found(format!("{} shared network '{name}' {is}.", server.ip()), "shared-networks", networks))
}

pub(super) async fn list(server: &Server, call: Call<'_>) -> Result<Answer, Refusal> {
    let servers = call.servers()?;
    let entries = server.read(call, Wanted::Networks(None), servers).await?;
    let brief = |Entry { mut value, tags }: Entry| {
        value.retain(|key, _| key == "name");
        with_metadata(value, tags)
    };
    let networks: Vec<Value> = entries.into_iter().map(brief).collect();
    Ok(found(format!("{} {} shared network(s) found.", networks.len(), server.ip()), "shared-networks", networks))
}

pub(super) async fn del(server: &Server, call: Call<'_>) -> Result<Answer, Refusal> {
    let name = required_text(call.only_map("shared-networks")?, "name")?;
    call.no_tags()?;
    if call.choice("subnets-action", ["keep", "delete"])? {
        server.ask(call, Query::Delete(Wanted::SubnetsOf(name.to_owned()), String::new())).await?;
    }
    let what = format!("{} shared network(s)", server.ip());
    server.delete(call, Wanted::Networks(Some(name.to_owned())), &what).await
}
