//! The commands about classes.

use super::call::{Call, required_text};
use super::judge::{Part, asked_for};
use super::store::{Element, Query, Servers, Wanted};
use super::{Server, found, with_metadata};
use crate::arguments::Refusal;
use control::Answer;
use schema::json::Value as Tree;
use serde_json::{Value, json};

pub(super) async fn set(server: &Server, call: Call<'_>) -> Result<Answer, Refusal> {
    let given = call.only_map("client-classes")?;
    let tags = call.some_tags()?;
    required_text(given, "name")?;
    let follows = match call.find("follow-class-name").map(|node| &node.value) {
        None | Some(Tree::Null) => None,
        Some(Tree::Text(name)) => Some(name.to_string()).filter(|name| !name.is_empty()),
        Some(_) => return Err("'follow-class-name' parameter must be a string or null".into()),
    };
    let (depends_on, depends_on_known) = asked_for(server.family, given.text("test").unwrap_or_default());
    let judge = server.judge(call, Servers::Tags(tags.clone())).await?;
    let class = judge.check_class(given, &depends_on)?;
    let told = json!({ "client-classes": [{ "name": class.get("name") }] });
    let element = Element::Class { class, depends_on, depends_on_known, follows };
    server.ask(call, Query::Set(element, tags)).await?;
    Ok(Answer::done(format!("{} client class successfully set.", server.dhcp())).and(told))
}

pub(super) async fn get(server: &Server, call: Call<'_>) -> Result<Answer, Refusal> {
    let name = required_text(call.only_map("client-classes")?, "name")?;
    call.no_tags()?;
    let classes = read(server, call, Some(name.to_owned()), Servers::Any).await?;
    let is = if classes.is_empty() { "not found" } else { "found" };
    Ok(found(format!("{} client class '{name}' {is}.", server.dhcp()), "client-classes", classes))
}

pub(super) async fn get_all(server: &Server, call: Call<'_>) -> Result<Answer, Refusal> {
    let classes = read(server, call, None, call.servers()?).await?;
    Ok(found(format!("{} {} client class(es) found.", classes.len(), server.dhcp()), "client-classes", classes))
}

async fn read(server: &Server, call: Call<'_>, name: Option<String>, servers: Servers) -> Result<Vec<Value>, Refusal> {
    let entries = server.read(call, Wanted::Classes(name), servers).await?;
    let judge = server.judge(call, Servers::Any).await?;
    Ok(entries.into_iter().map(|entry| with_metadata(judge.show(Part::Class, entry.value), entry.tags)).collect())
}

pub(super) async fn del(server: &Server, call: Call<'_>) -> Result<Answer, Refusal> {
    let name = required_text(call.only_map("client-classes")?, "name")?;
    let what = format!("{} client class(es)", server.dhcp());
    server.delete(call, Wanted::Classes(Some(name.to_owned())), &what).await
}
