//! From the candidate into the daemons: into all of them or into none.
//!
//! 1. The schema's constraints hold, and every model that changed translates.
//! 2. Every server concerned says that it would take its part (`config-test`).
//! 3. Every one is given its part (`config-set`). When one fails, those before it get back what they had.
//! 4. Only then running is what was wanted. The servers write their files right after the answer.
//!
//! A server that said yes in step 2 can still say no in step 3, or vanish; hence the way back. A server whose way back
//! fails too is asked what it runs with, so that running tells the truth.

use std::rc::Rc;

use serde_json::Value;

use crate::core::{Core, Turn};
use crate::daemons::{Server, Trouble};
use crate::datastore::Content;
use crate::messages::*;
use crate::rpc::{Datastore, Errors, RpcError, Tag};
use crate::yang::Invalid;

/// What a server is to be given.
struct Change<'c> {
    model: usize,
    server: &'c Rc<Server>,
    /// What it runs with now.
    before: Rc<Value>,
    after: Rc<Value>,
}

/// Makes `wanted` running.
pub async fn apply(core: &Rc<Core>, wanted: Content, _turn: &Turn<'_>) -> Result<(), Errors> {
    let changes = plan(core, &wanted).await?;
    test(core, &changes).await?;
    let mut done: Vec<&Change<'_>> = Vec::new();
    for change in &changes {
        match change.server.set(Rc::clone(&change.after)).await {
            Ok(()) => done.push(change),
            Err(trouble) => {
                if matches!(trouble, Trouble::Unreachable(_)) {
                    // It may have taken it or not.
                    done.push(change);
                }
                let mut errors = vec![refusal(core, change, &trouble)];
                take_back(core, &done, &mut errors).await;
                return Err(errors);
            }
        }
    }
    core.stores.borrow_mut().set_running(wanted);
    for change in &changes {
        change.server.write_soon();
    }
    Ok(())
}

/// Finds out whether `wanted` could be running, and changes nothing.
pub async fn check(core: &Core, wanted: &Content, _turn: &Turn<'_>) -> Result<(), Errors> {
    let changes = plan(core, wanted).await?;
    test(core, &changes).await
}

/// Translates what changed. All that is wrong is told together.
async fn plan<'c>(core: &'c Core, wanted: &Content) -> Result<Vec<Change<'c>>, Errors> {
    let changed: Vec<usize> = wanted.changed_from(core.stores.borrow().content(Datastore::Running)).collect();
    let mut errors = Errors::new();
    let mut changes = Vec::new();
    for model in changed {
        let (Some(tree), Some(server)) = (wanted.tree(model), core.servers.get(model)) else { continue };
        if let Err(invalid) = tree.validity() {
            errors.push(invalid_data(core, &invalid));
            continue;
        }
        let before = match known(server).await {
            Ok(before) => before,
            Err(error) => {
                errors.push(error);
                continue;
            }
        };
        match translators::to_kea(&server.settings.model, &tree.to_json(), &before) {
            Ok(after) if after == *before => {}
            Ok(_) if !server.settings.subscribe_changes => errors.push(unwanted(server)),
            Ok(after) => changes.push(Change { model, server, before, after: Rc::new(after) }),
            Err(untranslated) => errors.extend(untranslated.into_iter().map(|error| {
                RpcError::application(Tag::OperationFailed, format!("{}: {}", server.settings.name, error.reason))
                    .at(core.schema.error_path(&error.path))
            })),
        }
    }
    if errors.is_empty() { Ok(changes) } else { Err(errors) }
}

/// What the server runs with, now.
async fn known(server: &Server) -> Result<Rc<Value>, RpcError> {
    let refreshed = server.refresh().await.map_err(|trouble| trouble.to_string());
    let known = refreshed.and_then(|()| server.config().ok_or_else(|| "it has not been heard of yet".to_string()));
    known.map_err(|reason| RpcError::application(Tag::OperationFailed, format!("{}: {reason}", server.settings.name)))
}

async fn test(core: &Core, changes: &[Change<'_>]) -> Result<(), Errors> {
    let mut errors = Errors::new();
    for change in changes.iter().filter(|change| change.server.settings.validate_changes) {
        if let Err(trouble) = change.server.test(&change.after).await {
            errors.push(refusal(core, change, &trouble));
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// Gives servers back what they had, the last first.
async fn take_back(core: &Rc<Core>, done: &[&Change<'_>], errors: &mut Errors) {
    for change in done.iter().rev() {
        let server = change.server;
        match server.set(Rc::clone(&change.before)).await {
            Ok(()) => log::event!(NETCONF_UPDATE_TAKEN_BACK, server = server.settings.name),
            Err(trouble) => {
                log::event!(NETCONF_UPDATE_NOT_TAKEN_BACK, server = server.settings.name, reason = trouble);
                let message =
                    format!("{}: the old configuration could not be set again: {trouble}", server.settings.name);
                errors.push(RpcError::application(Tag::OperationFailed, message));
                server.forget();
                core.meet_again(change.model);
            }
        }
    }
}

/// What a server said no to, with the place in its model that it spoke of.
fn refusal(core: &Core, change: &Change<'_>, trouble: &Trouble) -> RpcError {
    let settings = &change.server.settings;
    let text = trouble.to_string();
    let error = RpcError::application(Tag::OperationFailed, format!("{}: {text}", settings.name));
    match json_path(&text, settings.model.root) {
        Some(path) => {
            error.at(core.schema.error_path(&translators::instance_path(&settings.model, &change.after, path)))
        }
        None => error,
    }
}

/// The path of a parameter (`Dhcp4/subnet4[0]/pools[1]`) in a server's words.
fn json_path<'t>(text: &'t str, root: &str) -> Option<&'t str> {
    let start = text.match_indices(root).map(|(at, _)| at).find(|at| {
        let after = text.get(at + root.len()..).unwrap_or_default();
        after.starts_with('/')
    })?;
    let path = text.get(start..)?;
    let end = path.find(|c: char| c.is_whitespace() || matches!(c, ':' | ',' | '\'' | '"' | ')' | '`'));
    path.get(..end.unwrap_or(path.len()))
}

fn invalid_data(core: &Core, invalid: &Invalid) -> RpcError {
    let error = RpcError::application(Tag::OperationFailed, invalid.reason.clone());
    if invalid.path.is_empty() { error } else { error.at(core.schema.error_path(&invalid.path)) }
}

fn unwanted(server: &Server) -> RpcError {
    let message = format!("{} does not follow changes: its subscribe-changes is false", server.settings.name);
    RpcError::application(Tag::OperationNotSupported, message)
}

/// What the schema does not allow of a datastore that no server is asked about.
pub fn check_schema(core: &Core, content: &Content) -> Result<(), Errors> {
    let errors: Errors = content.invalid().iter().map(|invalid| invalid_data(core, invalid)).collect();
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

#[cfg(test)]
mod tests {
    use super::json_path;

    #[test]
    fn the_path_is_found_in_a_servers_words() {
        let path = |text| json_path(text, "Dhcp4");
        assert_eq!(
            path("<wire>:1:2: Dhcp4/subnet4[0]/pools[1]/pool: not in subnet"),
            Some("Dhcp4/subnet4[0]/pools[1]/pool")
        );
        assert_eq!(path("bad (Dhcp4/valid-lifetime)"), Some("Dhcp4/valid-lifetime"));
        assert_eq!(path("Dhcp4 is bad, says Dhcp4/x"), Some("Dhcp4/x"));
        assert_eq!(path("it is bad"), None);
    }
}
