//! The operations (RFC 6241 §7, §8, RFC 6022 §3.1, RFC 8526, RFC 5277, RFC 5717), each against the state that all sessions share.

mod dhcpv6;
mod edit;
mod parts;
mod read;
mod rights;
mod state;

use std::rc::Rc;

use crate::commit;
use crate::confirm;
use crate::core::{Core, Entry, Turn};
use crate::datastore::{Content, denied};
use crate::events::{Confirmation, Subscription};
use crate::rpc::{Commit, Datastore, Errors, Operation, Reply, RpcError, Source, Subscribe, Tag};
use crate::yang::{Defaults, Selection, Tree, View};

/// Does what a session asks for. `<close-session>` is the session's own business and only answered here.
pub async fn perform(core: Rc<Core>, session: Rc<Entry>, operation: Operation) -> Result<Reply, Errors> {
    let (core, session) = (&core, &*session);
    rights::may_call(core, session, &operation)?;
    if reads_running(&operation) {
        core.follow_all().await;
    }
    match operation {
        Operation::Get { filter, view } => read::get(core, session, filter, &view).await.map(Reply::Data),
        Operation::GetConfig { source, filter, view } => {
            read::get_config(core, session, source, filter, &view).map(Reply::Data)
        }
        Operation::GetData { datastore: None, filter, view } => {
            read::get(core, session, filter, &view).await.map(Reply::NmdaData)
        }
        Operation::GetData { datastore: Some(source), filter, view } => {
            read::get_config(core, session, source, filter, &view).map(Reply::NmdaData)
        }
        Operation::EditConfig(parameters) | Operation::EditData(parameters) => {
            edit::edit_config(core, session, parameters, &core.turn().await).await
        }
        Operation::CopyConfig { target, source, defaults } => {
            copy_config(core, session, target, source, defaults, &core.turn().await).await
        }
        Operation::DeleteConfig { target } => delete_config(core, session, target),
        Operation::Lock(target) => lock(core, session, target),
        Operation::Unlock(target) => unlock(core, session, target),
        Operation::PartialLock(selects) => parts::lock(core, session, selects),
        Operation::PartialUnlock(id) => parts::unlock(core, session, id),
        Operation::Validate(source) => {
            let turn = core.turn().await;
            let content = content_of(core, session, source)?;
            commit::check(core, &content, &turn).await.map(|()| Reply::Ok)
        }
        Operation::Commit(parameters) => commit_candidate(core, session, parameters, &core.turn().await).await,
        Operation::CancelCommit { persist_id } => cancel_commit(core, session, persist_id.as_deref()).await,
        Operation::DiscardChanges => {
            let mut stores = core.stores.borrow_mut();
            stores.locks.check(Datastore::Candidate, session.id)?;
            stores.discard_changes();
            Ok(Reply::Ok)
        }
        Operation::CloseSession => Ok(Reply::Ok),
        Operation::KillSession(id) => kill_session(core, session, id),
        Operation::GetSchema { identifier, version } => get_schema(core, &identifier, version.as_deref()),
        Operation::CreateSubscription(request) => subscribe(core, session, request),
        Operation::DeleteLease(lease) => dhcpv6::delete(core, lease).await,
    }
}

/// Whether an operation starts from what the servers run with.
fn reads_running(operation: &Operation) -> bool {
    let is_running = |datastore: &Datastore| *datastore == Datastore::Running;
    match operation {
        Operation::Get { .. } => true,
        Operation::GetConfig { source, .. } => is_running(source),
        Operation::GetData { datastore, .. } => datastore.as_ref().is_none_or(is_running),
        Operation::EditConfig(edit) | Operation::EditData(edit) => is_running(&edit.target),
        Operation::CopyConfig { source: Source::Datastore(source), .. } => is_running(source),
        Operation::Lock(target) => is_running(target),
        Operation::PartialLock(_) => true,
        _ => false,
    }
}

async fn copy_config(
    core: &Rc<Core>,
    session: &Entry,
    target: Datastore,
    source: Source,
    defaults: Defaults,
    turn: &Turn<'_>,
) -> Result<Reply, Errors> {
    core.stores.borrow().locks.check(target, session.id)?;
    if matches!(source, Source::Datastore(datastore) if datastore == target) {
        let message = format!("{} cannot be copied onto itself", target.name());
        return Err(RpcError::protocol(Tag::InvalidValue, message).into());
    }
    // RFC 8341 §3.2.5: who may call this may make startup what running is.
    if matches!((&source, target), (Source::Datastore(Datastore::Running), Datastore::Startup)) {
        let running = with_defaults(core, core.stores.borrow().content(Datastore::Running).clone(), defaults)?;
        save_startup(core, session, running)?;
        return Ok(Reply::Ok);
    }
    let mut content = with_defaults(core, content_of(core, session, source)?, defaults)?;
    if target != Datastore::Startup {
        edit::keep_access_control(core, &mut content, core.stores.borrow().content(target));
    }
    replace(core, session, target, content, turn).await
}

/// A configuration in which the schema's values are written out, or left out (RFC 6243 §4.5.3).
fn with_defaults(core: &Core, content: Content, defaults: Defaults) -> Result<Content, Errors> {
    match defaults {
        Defaults::Explicit => return Ok(content),
        Defaults::ReportAllTagged => {
            let message = "a configuration cannot be copied with tags";
            return Err(RpcError::protocol(Tag::InvalidValue, message).with("bad-element", "with-defaults").into());
        }
        Defaults::ReportAll | Defaults::Trim => {}
    }
    let mut shown = content.clone();
    for (model, tree) in content.trees().enumerate() {
        let mut xml = String::new();
        let written = tree.write(&Selection::All, &View::of(defaults), &mut xml);
        let read = written.and_then(|()| Tree::from_xml(&core.schema, &xml));
        let read = read.map_err(|invalid| RpcError::application(Tag::OperationFailed, invalid.to_string()))?;
        shown.set(model, Rc::new(read));
    }
    Ok(shown)
}

/// Makes `content` what `target` holds. Running and startup are valid at all times (RFC 7950 §8.1).
async fn replace(
    core: &Rc<Core>,
    session: &Entry,
    target: Datastore,
    content: Content,
    turn: &Turn<'_>,
) -> Result<Reply, Errors> {
    rights::may_change(core, session, target, &content)?;
    match target {
        Datastore::Running => {
            confirm::check(core, session, None)?;
            parts::may_change(core, session, &content)?;
            commit::apply(core, content, Some(session), turn).await?;
        }
        Datastore::Candidate => core.stores.borrow_mut().set_candidate(content),
        Datastore::Startup => {
            commit::check_schema(core, &content)?;
            save_startup(core, session, content)?;
        }
    }
    Ok(Reply::Ok)
}

fn save_startup(core: &Core, session: &Entry, content: Content) -> Result<(), Errors> {
    let before = core.stores.borrow().startup.clone();
    let trees: Vec<_> = before.trees().cloned().zip(content.trees().cloned()).collect();
    core.save_startup(content)?;
    core.events.config_changed(core, Some(session), Datastore::Startup, &trees);
    Ok(())
}

fn delete_config(core: &Core, session: &Entry, target: Datastore) -> Result<Reply, Errors> {
    if target != Datastore::Startup {
        let message = format!("{} cannot be deleted, only startup can", target.name());
        return Err(RpcError::protocol(Tag::InvalidValue, message).with("bad-element", target.name()).into());
    }
    core.stores.borrow().locks.check(target, session.id)?;
    save_startup(core, session, Content::empty(&core.schema))?;
    Ok(Reply::Ok)
}

fn lock(core: &Core, session: &Entry, target: Datastore) -> Result<Reply, Errors> {
    let mut stores = core.stores.borrow_mut();
    // RFC 6241 §7.5: a candidate with changes is not locked, whoever made them,
    if target == Datastore::Candidate && stores.locks.holder(target).is_none() && stores.candidate_is_modified() {
        return Err(denied(target, 0).into());
    }
    // and running not while another session's commit waits for its confirmation.
    let waiting = core.unconfirmed.borrow().as_ref().map(|waiting| waiting.session());
    match waiting.filter(|id| target == Datastore::Running && *id != session.id) {
        Some(id) => return Err(denied(target, id).into()),
        None => stores.locks.acquire(target, session.id, crate::core::now())?,
    }
    Ok(Reply::Ok)
}

fn unlock(core: &Core, session: &Entry, target: Datastore) -> Result<Reply, Errors> {
    let mut stores = core.stores.borrow_mut();
    stores.locks.release(target, session.id)?;
    // RFC 6241 §8.3.5.2.
    if target == Datastore::Candidate {
        stores.discard_changes();
    }
    Ok(Reply::Ok)
}

async fn commit_candidate(
    core: &Rc<Core>,
    session: &Entry,
    parameters: Commit,
    turn: &Turn<'_>,
) -> Result<Reply, Errors> {
    if parameters.persist.is_some() && parameters.confirmed.is_none() {
        let message = "<persist> belongs to <confirmed>";
        return Err(RpcError::protocol(Tag::InvalidValue, message).with("bad-element", "persist").into());
    }
    confirm::check(core, session, parameters.persist_id.as_deref())?;
    let (wanted, before) = {
        let stores = core.stores.borrow();
        if let Some(server) = stores.conflict().and_then(|model| core.servers.get(model)) {
            return Err(commit::changed_elsewhere(server).into());
        }
        stores.locks.check(Datastore::Running, session.id)?;
        stores.locks.check(Datastore::Candidate, session.id)?;
        // Who keeps what running was without need keeps it from being used again.
        let before = parameters.confirmed.is_some().then(|| stores.content(Datastore::Running).clone());
        (stores.candidate_is_modified().then(|| stores.content(Datastore::Candidate).clone()), before)
    };
    if let Some(wanted) = &wanted {
        rights::may_change(core, session, Datastore::Running, wanted)?;
        parts::may_change(core, session, wanted)?;
    }
    let is_first = core.unconfirmed.borrow().is_none();
    if let Some(before) = before.as_ref().filter(|_| is_first) {
        confirm::prepare(core, before).await?;
    }
    if let Some(wanted) = wanted
        && let Err(errors) = commit::apply(core, wanted, Some(session), turn).await
    {
        if is_first && before.is_some() {
            core.forget_unconfirmed();
        }
        return Err(errors);
    }
    confirm::committed(core, session, &parameters, before);
    Ok(Reply::Ok)
}

async fn cancel_commit(core: &Rc<Core>, session: &Entry, persist_id: Option<&str>) -> Result<Reply, Errors> {
    confirm::check(core, session, persist_id)?;
    core.stores.borrow().locks.check(Datastore::Running, session.id)?;
    if !confirm::undo(core, Some(session), Confirmation::Cancel).await {
        return Err(RpcError::protocol(Tag::OperationFailed, "no commit waits for its confirmation").into());
    }
    Ok(Reply::Ok)
}

fn kill_session(core: &Core, session: &Entry, id: u32) -> Result<Reply, Errors> {
    // RFC 6241 §7.9: not one's own.
    let other = core.session(id).filter(|_| id != session.id);
    let other = other.ok_or_else(|| {
        RpcError::protocol(Tag::InvalidValue, format!("there is no other session {id}"))
            .with("bad-element", "session-id")
    })?;
    other.killed_by.set(Some(session.id));
    other.kill.notify_one();
    core.stores.borrow_mut().release(id);
    Ok(Reply::Ok)
}

fn get_schema(core: &Core, identifier: &str, version: Option<&str>) -> Result<Reply, Errors> {
    let text = core.schema.text(identifier, version).ok_or_else(|| {
        let wanted = version.map_or_else(|| identifier.to_string(), |version| format!("{identifier}@{version}"));
        RpcError::application(Tag::InvalidValue, format!("there is no YANG module {wanted}"))
    })?;
    Ok(Reply::Schema(text.to_string()))
}

fn subscribe(core: &Core, session: &Entry, request: Subscribe) -> Result<Reply, Errors> {
    // RFC 5277 §2.1: one subscription a session.
    if session.listens.get() {
        return Err(RpcError::protocol(Tag::OperationFailed, "the session listens already").into());
    }
    *session.subscription.borrow_mut() = Some(Subscription::new(core, request)?);
    session.listens.set(true);
    Ok(Reply::Ok)
}

fn content_of(core: &Core, session: &Entry, source: Source) -> Result<Content, Errors> {
    match source {
        Source::Datastore(datastore) => {
            let content = core.stores.borrow().content(datastore).clone();
            Ok(rights::visible(core, session, content))
        }
        Source::Inline(config) => edit::whole(core, &config),
    }
}
