//! From the candidate into the daemons: into all of them or into none.
//!
//! 1. The schema's constraints hold, and every model that changed translates.
//! 2. If there are several, every server concerned says that it would take its part (`config-test`).
//! 3. Every one is given its part (`config-set`), which it takes or refuses whole. When one fails, those before it get
//!    back what they had.
//! 4. Only then running is what was wanted. The servers write their files right after the answer.
//!
//! A server that said yes in step 2 can still say no in step 3, or vanish; hence the way back. A server whose way back
//! fails too is asked what it runs with, so that running tells the truth.

use std::rc::Rc;

use translators::{Edit, TranslateError};

use crate::core::{Core, Entry, Turn};
use crate::daemons::{Refusal, Server, Trouble};
use crate::datastore::Content;
use crate::messages::*;
use crate::rpc::{Datastore, Errors, RpcError, Tag};
use crate::yang::{Invalid, Tree};

/// What a server is to be given.
struct Change {
    model: usize,
    server: Rc<Server>,
    /// From what it runs with to what it shall, or, once that is done, back.
    edit: Edit,
    /// What it shall run with, as text.
    text: String,
    is_set: bool,
}

/// Makes `wanted` running, for a session or for the agent itself.
pub async fn apply(core: &Rc<Core>, wanted: Content, by: Option<&Entry>, turn: &Turn<'_>) -> Result<(), Errors> {
    let mut changes = plan(core, &wanted, turn).await?;
    // One alone can be asked for real: its no leaves nothing to take back.
    if changes.len() > 1 {
        test(core, &mut changes).await?;
    }
    for at in 0..changes.len() {
        let Some(change) = changes.get_mut(at) else { break };
        match change.server.set(&mut change.edit, &change.text).await {
            Ok(()) => change.is_set = true,
            Err(trouble) => {
                let mut errors = refusal(core, change, &trouble);
                // One that cannot be reached may have taken it or not.
                let done = if matches!(trouble, Trouble::Unreachable(_)) { at + 1 } else { at };
                changes.truncate(done);
                take_back(core, &mut changes, &mut errors).await;
                return Err(errors);
            }
        }
    }
    let before = core.stores.borrow().content(Datastore::Running).clone();
    let changed: Vec<usize> = wanted.changed_from(&before).collect();
    if changed.contains(&core.schema.access_control())
        && let Err(error) = core.save_access_control(&wanted)
    {
        let mut errors = Errors::from(error);
        take_back(core, &mut changes, &mut errors).await;
        return Err(errors);
    }
    if !changed.is_empty() {
        let trees = |model: usize| Some((Rc::clone(before.tree(model)?), Rc::clone(wanted.tree(model)?)));
        let trees: Vec<_> = changed.into_iter().filter_map(trees).collect();
        core.events.config_changed(core, by, Datastore::Running, &trees);
    }
    drop(before);
    core.stores.borrow_mut().set_running(wanted);
    // What may be undone is not written yet.
    if !core.is_unconfirmed() {
        changes.iter().for_each(|change| change.server.write_soon());
    }
    Ok(())
}

/// Finds out whether `wanted` could be running, and changes nothing.
pub async fn check(core: &Core, wanted: &Content, turn: &Turn<'_>) -> Result<(), Errors> {
    let mut changes = plan(core, wanted, turn).await?;
    test(core, &mut changes).await
}

/// Translates what changed. All that is wrong is told together.
async fn plan(core: &Core, wanted: &Content, turn: &Turn<'_>) -> Result<Vec<Change>, Errors> {
    let running = core.stores.borrow().content(Datastore::Running).clone();
    let mut errors = Errors::new();
    let mut changes = Vec::new();
    for model in wanted.changed_from(&running) {
        let Some(tree) = wanted.tree(model) else { continue };
        if let Err(invalid) = tree.validity() {
            errors.push(invalid_data(core, &invalid));
            continue;
        }
        // Access control is the agent's own.
        let Some(server) = core.servers.get(model) else { continue };
        match core.follow(model, server, turn).await {
            Ok(false) => {}
            Ok(true) => {
                errors.push(changed_elsewhere(server));
                continue;
            }
            Err(trouble) => {
                errors.push(failed(server, &trouble.to_string()));
                continue;
            }
        }
        let Some(edit) = edit(server, tree, running.tree(model)) else {
            errors.push(failed(server, "it has not been heard of yet"));
            continue;
        };
        match edit {
            Ok(edit) if server.look(|before, _| edit.changes_nothing(before)) == Some(true) => {}
            Ok(_) if !server.settings.subscribe_changes => errors.push(unwanted(server)),
            Ok(mut edit) => {
                let text = server.look_after(&mut edit, |after| after.to_string()).unwrap_or_default();
                changes.push(Change { model, server: Rc::clone(server), edit, text, is_set: false });
            }
            Err(untranslated) => errors.extend(
                untranslated.into_iter().map(|e| failed(server, &e.reason).at(core.schema.error_path(&e.path))),
            ),
        }
    }
    if errors.is_empty() { Ok(changes) } else { Err(errors) }
}

/// From what a server runs with to what `tree` says; none if it is not known what it runs with.
fn edit(server: &Server, tree: &Tree, running: Option<&Rc<Tree>>) -> Option<Result<Edit, Vec<TranslateError>>> {
    let model = &server.settings.model;
    server.look(|before, shown| {
        // Where running shows what the server has, only what differs from running needs to be translated.
        let entries = running.filter(|_| shown).and_then(|running| tree.changed_entries(running));
        let edit = entries.map_or(Ok(None), |entries| translators::entries_to_kea(model, &entries, before))?;
        edit.map_or_else(|| translators::to_kea(model, &tree.to_json(), before).map(Edit::Whole), Ok)
    })
}

async fn test(core: &Core, changes: &mut [Change]) -> Result<(), Errors> {
    let mut errors = Errors::new();
    for change in changes.iter_mut().filter(|change| change.server.settings.validate_changes) {
        if let Err(trouble) = change.server.test(&change.text).await {
            errors.extend(refusal(core, change, &trouble));
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// Gives servers back what they had, the last first.
async fn take_back(core: &Rc<Core>, changes: &mut [Change], errors: &mut Errors) {
    for Change { model, server, edit, is_set, .. } in changes.iter_mut().rev() {
        if *is_set {
            server.unset(edit);
        }
        match server.set_again().await {
            Ok(()) => log::event!(NETCONF_UPDATE_TAKEN_BACK, server = server.settings.name),
            Err(trouble) => {
                log::event!(NETCONF_UPDATE_NOT_TAKEN_BACK, server = server.settings.name, reason = trouble);
                errors.push(failed(server, &format!("the old configuration could not be set again: {trouble}")));
                server.forget();
                core.meet_again(*model);
            }
        }
    }
}

/// What a server said no to, with the places in its model that it spoke of.
fn refusal(core: &Core, change: &mut Change, trouble: &Trouble) -> Errors {
    let Change { server, edit, .. } = change;
    let model = &server.settings.model;
    let mut error = |path: Option<&str>, reason: &str| {
        let error = failed(server, reason);
        let node =
            path.and_then(|path| server.look_after(edit, |after| translators::instance_path(model, after, path)));
        match node {
            Some(node) => error.at(core.schema.error_path(&node)),
            None => error,
        }
    };
    match trouble {
        Trouble::Refused(Refusal { reasons, .. }) if !reasons.is_empty() => {
            reasons.iter().map(|(path, reason)| error(Some(path), reason)).collect()
        }
        trouble => {
            let text = trouble.to_string();
            vec![error(json_path(&text, model.root), &text)]
        }
    }
}

fn failed(server: &Server, reason: &str) -> RpcError {
    RpcError::application(Tag::OperationFailed, format!("{}: {reason}", server.settings.name))
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
    // RFC 7950 §15.5, §15.6.
    let tag = match invalid.app_tag.as_deref() {
        Some("instance-required" | "missing-choice") => Tag::DataMissing,
        _ => Tag::OperationFailed,
    };
    let error = RpcError::application(tag, invalid.reason.clone()).tagged(invalid.app_tag.clone());
    if invalid.path.is_empty() { error } else { error.at(core.schema.error_path(&invalid.path)) }
}

/// What was wanted was built on what the server no longer runs with.
pub fn changed_elsewhere(server: &Server) -> RpcError {
    let reason = "its configuration was changed elsewhere since; running shows it now";
    failed(server, reason).tagged(Some("changed-elsewhere".to_string()))
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
