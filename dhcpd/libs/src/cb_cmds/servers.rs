//! The commands about the servers that share a database.

use super::call::{Call, checked_tag, required_text};
use super::store::{Element, Query, Servers, Wanted};
use super::{Server, found};
use crate::arguments::Refusal;
use control::Answer;
use serde_json::{Value, json};

pub(super) async fn set(server: &Server, call: Call<'_>) -> Result<Answer, Refusal> {
    let given = call.only_map("servers")?;
    call.no_tags()?;
    let tag = checked_tag(required_text(given, "server-tag")?)?;
    let description = match given.member("description") {
        None => String::new(),
        Some(_) => required_text(given, "description")?.to_owned(),
    };
    let told = json!({ "servers": [{ "server-tag": tag, "description": description }] });
    server.ask(call, Query::Set(Element::Server(tag, description), Vec::new())).await?;
    Ok(Answer::done(format!("{} server successfully set.", server.dhcp())).and(told))
}

pub(super) async fn get(server: &Server, call: Call<'_>) -> Result<Answer, Refusal> {
    let tag = checked_tag(required_text(call.only_map("servers")?, "server-tag")?)?;
    call.no_tags()?;
    let servers = read(server, call, Some(tag.clone())).await?;
    let is = if servers.is_empty() { "not found" } else { "found" };
    Ok(found(format!("{} server {tag} {is}.", server.dhcp()), "servers", servers))
}

pub(super) async fn get_all(server: &Server, call: Call<'_>) -> Result<Answer, Refusal> {
    call.no_tags()?;
    let servers = read(server, call, None).await?;
    Ok(found(format!("{} {} server(s) found.", servers.len(), server.dhcp()), "servers", servers))
}

async fn read(server: &Server, call: Call<'_>, tag: Option<String>) -> Result<Vec<Value>, Refusal> {
    let entries = server.read(call, Wanted::Servers(tag), Servers::Any).await?;
    Ok(entries.into_iter().map(|entry| entry.value.into()).collect())
}

pub(super) async fn del(server: &Server, call: Call<'_>) -> Result<Answer, Refusal> {
    let tag = checked_tag(required_text(call.only_map("servers")?, "server-tag")?)?;
    server.delete(call, Wanted::Servers(Some(tag)), &format!("{} server(s)", server.dhcp())).await
}
