//! The commands about options and their definitions.

use super::call::{Call, flag, required_integer, required_text};
use super::judge::{Judge, Part};
use super::store::{Element, Entry, Object, OptionKey, Owner, Query, Servers, Wanted};
use super::{Server, deleted, found, with_metadata};
use crate::arguments::{Refusal, address};
use control::Answer;
use dhcpd_config::values::{Range4, Range6};
use serde_json::{Value, json};
use wire::options::Family;

/// Whose options a command is about, and the one server that those for every client belong to.
type Place = (Owner, Option<String>);

/// Those for every client.
pub(super) fn global(call: Call<'_>) -> Result<Place, Refusal> {
    Ok((Owner::Global, Some(call.one_tag()?)))
}

/// Those of a shared network.
pub(super) fn network(call: Call<'_>) -> Result<Place, Refusal> {
    call.no_tags()?;
    let name = required_text(call.only_map("shared-networks")?, "name")?;
    Ok((Owner::Network(name.to_owned()), None))
}

/// Those of a subnet.
pub(super) fn subnet(call: Call<'_>) -> Result<Place, Refusal> {
    call.no_tags()?;
    let id = required_integer(call.only_map("subnets")?, "id")?;
    Ok((Owner::Subnet(id), None))
}

/// Those of a pool of addresses.
pub(super) fn pool(call: Call<'_>) -> Result<Place, Refusal> {
    call.no_tags()?;
    let written = required_text(call.only_map("pools")?, "pool")?;
    let range = match call.family {
        Family::V4 => written.parse().ok().map(|range: Range4| (range.first.into(), range.last.into())),
        Family::V6 => written.parse().ok().map(|range: Range6| (range.first.into(), range.last.into())),
    };
    let (first, last) = range.ok_or_else(|| format!("invalid pool specification '{written}'"))?;
    Ok((Owner::Addresses(first, last), None))
}

/// Those of a pool of prefixes.
pub(super) fn pd_pool(call: Call<'_>) -> Result<Place, Refusal> {
    call.no_tags()?;
    let pool = call.only_map("pd-pools")?;
    let prefix = address(required_text(pool, "prefix")?)?;
    // The manual has both spellings.
    let length = if pool.member("length").is_some() { "length" } else { "prefix-len" };
    let length = required_integer(pool, length)?;
    let length = u8::try_from(length).ok().filter(|length| *length <= 128);
    let length = length.ok_or("the length of a prefix is a number from 0 to 128")?;
    Ok((Owner::Prefixes(prefix.to_string(), length), None))
}

pub(super) async fn set(
    server: &Server,
    call: Call<'_>,
    place: fn(Call<'_>) -> Result<Place, Refusal>,
) -> Result<Answer, Refusal> {
    let given = call.only_map("options")?;
    let (owner, tag) = place(call)?;
    let servers = tag.clone().map_or(Servers::Any, |tag| Servers::Tags(vec![tag]));
    let option = server.judge(call, servers).await?.check(Part::Option, given)?;
    let mut told = known_by(&option);
    if let Some(classes) = option.get("client-classes").filter(|_| given.member("client-classes").is_some()) {
        told.insert("client-classes".into(), classes.clone());
    }
    let element = Element::Option(owner, option);
    server.ask(call, Query::Set(element, vec![tag.unwrap_or_else(|| "all".to_owned())])).await?;
    Ok(Answer::done(format!("{} option successfully set.", server.dhcp())).and(json!({ "options": [told] })))
}

pub(super) async fn del(
    server: &Server,
    call: Call<'_>,
    place: fn(Call<'_>) -> Result<Place, Refusal>,
) -> Result<Answer, Refusal> {
    let key = call.option_key()?;
    let (owner, tag) = place(call)?;
    let gone = server.ask(call, Query::DeleteOption(owner, key, tag.unwrap_or_default())).await?;
    Ok(deleted(&format!("{} option(s)", server.dhcp()), gone.count))
}

pub(super) async fn get(server: &Server, call: Call<'_>) -> Result<Answer, Refusal> {
    let key = call.option_key()?;
    let tag = call.one_tag()?;
    let (code, space) = (key.code, key.space.clone());
    let wanted = Wanted::Options(Some(key));
    let entries = server.read(call, wanted, Servers::Tags(vec![tag.clone()])).await?;
    let judge = server.judge(call, Servers::Tags(vec![tag])).await?;
    let one = own_first(entries).into_iter().take(1);
    let options: Vec<_> = one.map(|entry| shown(&judge, Part::Option, entry)).collect();
    let is = if options.is_empty() { "not found" } else { "found" };
    Ok(found(format!("{} option {code} in '{space}' {is}.", server.dhcp()), "options", options))
}

pub(super) async fn get_all(server: &Server, call: Call<'_>) -> Result<Answer, Refusal> {
    let servers = Servers::Tags(vec![call.one_tag()?]);
    let entries = server.read(call, Wanted::Options(None), servers.clone()).await?;
    let judge = server.judge(call, servers).await?;
    let options: Vec<_> = own_first(entries).into_iter().map(|entry| shown(&judge, Part::Option, entry)).collect();
    Ok(found(format!("{} {} option(s) found.", options.len(), server.dhcp()), "options", options))
}

pub(super) async fn set_definition(server: &Server, call: Call<'_>) -> Result<Answer, Refusal> {
    let given = call.only_map("option-defs")?;
    let tag = call.one_tag()?;
    let definition = Judge::new(server.family, []).check(Part::Definition, given)?;
    let told = json!({ "option-defs": [known_by(&definition)] });
    server.ask(call, Query::Set(Element::Definition(definition), vec![tag])).await?;
    Ok(Answer::done(format!("{} option definition successfully set.", server.dhcp())).and(told))
}

pub(super) async fn get_definition(server: &Server, call: Call<'_>) -> Result<Answer, Refusal> {
    let (code, space) = call.code_and_space(call.only_map("option-defs")?)?;
    let wanted = Wanted::Definitions(Some((code, space.clone())));
    let entries = server.read(call, wanted, Servers::Tags(vec![call.one_tag()?])).await?;
    let judge = Judge::new(server.family, []);
    let one = own_first(entries).into_iter().take(1);
    let definitions: Vec<_> = one.map(|entry| shown(&judge, Part::Definition, entry)).collect();
    let is = if definitions.is_empty() { "not found" } else { "found" };
    Ok(found(format!("{} option definition {code} in '{space}' {is}.", server.dhcp()), "option-defs", definitions))
}

pub(super) async fn get_all_definitions(server: &Server, call: Call<'_>) -> Result<Answer, Refusal> {
    let entries = server.read(call, Wanted::Definitions(None), Servers::Tags(vec![call.one_tag()?])).await?;
    let judge = Judge::new(server.family, []);
    let definitions = own_first(entries).into_iter().map(|entry| shown(&judge, Part::Definition, entry));
    let definitions: Vec<_> = definitions.collect();
    let count = definitions.len();
    Ok(found(format!("{count} {} option definition(s) found.", server.dhcp()), "option-defs", definitions))
}

pub(super) async fn del_definition(server: &Server, call: Call<'_>) -> Result<Answer, Refusal> {
    let given = call.only_map("option-defs")?;
    let (code, space) = call.code_and_space(given)?;
    let tag = call.one_tag()?;
    if !flag(given, "force")? {
        let key = OptionKey { code, space: space.clone(), classes: None };
        let wanted = Wanted::Options(Some(key));
        let options = server.read(call, wanted, Servers::Tags(vec![tag.clone()])).await?;
        if !options.is_empty() {
            return Err(format!("option exists for option definition: {space}.{code}").into());
        }
    }
    let gone = server.ask(call, Query::Delete(Wanted::Definitions(Some((code, space))), tag)).await?;
    Ok(deleted(&format!("{} option definition(s)", server.dhcp()), gone.count))
}

/// Of elements that are known by the same, the one that is not for all servers.
fn own_first(entries: Vec<Entry>) -> Vec<Entry> {
    let key = |entry: &Entry| ["code", "space", "client-classes"].map(|key| entry.value.get(key).cloned());
    let mut chosen: Vec<Entry> = Vec::new();
    for entry in entries {
        match chosen.iter_mut().find(|known| key(known) == key(&entry)) {
            Some(known) if known.tags.iter().any(|tag| tag == "all") => *known = entry,
            Some(_) => {}
            None => chosen.push(entry),
        }
    }
    chosen
}

fn shown(judge: &Judge, part: Part, entry: Entry) -> Value {
    with_metadata(judge.show(part, entry.value), entry.tags)
}

/// Code and space.
fn known_by(object: &Object) -> Object {
    let both = ["code", "space"].map(|key| (key.to_owned(), object.get(key).cloned().unwrap_or_default()));
    both.into_iter().collect()
}
