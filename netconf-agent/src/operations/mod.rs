//! The operations (RFC 6241 §7, §8, RFC 6022 §3.1), each against the state that all sessions share.

mod edit;
mod state;

use std::rc::Rc;

use crate::commit;
use crate::core::{Core, Turn};
use crate::datastore::{Content, denied};
use crate::rpc::{Datastore, Errors, Operation, Reply, RpcError, Source, Tag};
use crate::xml::Element;

/// Does what session `session` asks for. `<close-session>` is the session's own business and only answered here.
pub async fn perform(core: Rc<Core>, session: u32, operation: Operation) -> Result<Reply, Errors> {
    let core = &core;
    match operation {
        Operation::Get { filter } => get(core, filter.as_ref()),
        Operation::GetConfig { source, filter } => Ok(get_config(core, source, filter.as_ref())),
        Operation::EditConfig(parameters) => edit::edit_config(core, session, parameters, &core.turn().await).await,
        Operation::CopyConfig { target, source } => {
            copy_config(core, session, target, source, &core.turn().await).await
        }
        Operation::DeleteConfig { target } => delete_config(core, session, target),
        Operation::Lock(target) => lock(core, session, target),
        Operation::Unlock(target) => unlock(core, session, target),
        Operation::Validate(source) => {
            let turn = core.turn().await;
            let content = content_of(core, source)?;
            commit::check(core, &content, &turn).await.map(|()| Reply::Ok)
        }
        Operation::Commit => commit_candidate(core, session, &core.turn().await).await,
        Operation::DiscardChanges => {
            let mut stores = core.stores.borrow_mut();
            stores.locks.check(Datastore::Candidate, session)?;
            stores.discard_changes();
            Ok(Reply::Ok)
        }
        Operation::CloseSession => Ok(Reply::Ok),
        Operation::KillSession(id) => kill_session(core, session, id),
        Operation::GetSchema { identifier, version } => get_schema(core, &identifier, version.as_deref()),
    }
}

fn get(core: &Core, filter: Option<&Element>) -> Result<Reply, Errors> {
    let mut out = String::new();
    core.stores.borrow().content(Datastore::Running).write(filter, &mut out);
    state::write(core, filter, &mut out)?;
    Ok(Reply::Data(out))
}

fn get_config(core: &Core, source: Datastore, filter: Option<&Element>) -> Reply {
    let mut out = String::new();
    core.stores.borrow().content(source).write(filter, &mut out);
    Reply::Data(out)
}

async fn copy_config(
    core: &Rc<Core>,
    session: u32,
    target: Datastore,
    source: Source,
    turn: &Turn<'_>,
) -> Result<Reply, Errors> {
    core.stores.borrow().locks.check(target, session)?;
    if matches!(source, Source::Datastore(datastore) if datastore == target) {
        let message = format!("{} cannot be copied onto itself", target.name());
        return Err(RpcError::protocol(Tag::InvalidValue, message).into());
    }
    let content = content_of(core, source)?;
    replace(core, target, content, turn).await
}

/// Makes `content` what `target` holds. Running and startup are valid at all times (RFC 7950 §8.1).
async fn replace(core: &Rc<Core>, target: Datastore, content: Content, turn: &Turn<'_>) -> Result<Reply, Errors> {
    match target {
        Datastore::Running => commit::apply(core, content, turn).await?,
        Datastore::Candidate => core.stores.borrow_mut().set_candidate(content),
        Datastore::Startup => {
            commit::check_schema(core, &content)?;
            core.save_startup(content)?;
        }
    }
    Ok(Reply::Ok)
}

fn delete_config(core: &Core, session: u32, target: Datastore) -> Result<Reply, Errors> {
    if target != Datastore::Startup {
        let message = format!("{} cannot be deleted, only startup can", target.name());
        return Err(RpcError::protocol(Tag::InvalidValue, message).with("bad-element", target.name()).into());
    }
    core.stores.borrow().locks.check(target, session)?;
    core.save_startup(Content::empty(&core.schema))?;
    Ok(Reply::Ok)
}

fn lock(core: &Core, session: u32, target: Datastore) -> Result<Reply, Errors> {
    let mut stores = core.stores.borrow_mut();
    // RFC 6241 §7.5: a candidate with changes is not locked, whoever made them.
    if target == Datastore::Candidate && stores.locks.holder(target).is_none() && stores.candidate_is_modified() {
        return Err(denied(target, 0).into());
    }
    stores.locks.acquire(target, session, crate::core::now())?;
    Ok(Reply::Ok)
}

fn unlock(core: &Core, session: u32, target: Datastore) -> Result<Reply, Errors> {
    let mut stores = core.stores.borrow_mut();
    stores.locks.release(target, session)?;
    // RFC 6241 §8.3.5.2.
    if target == Datastore::Candidate {
        stores.discard_changes();
    }
    Ok(Reply::Ok)
}

async fn commit_candidate(core: &Rc<Core>, session: u32, turn: &Turn<'_>) -> Result<Reply, Errors> {
    let wanted = {
        let stores = core.stores.borrow();
        stores.locks.check(Datastore::Running, session)?;
        stores.locks.check(Datastore::Candidate, session)?;
        if !stores.candidate_is_modified() {
            return Ok(Reply::Ok);
        }
        stores.content(Datastore::Candidate).clone()
    };
    commit::apply(core, wanted, turn).await?;
    Ok(Reply::Ok)
}

fn kill_session(core: &Core, session: u32, id: u32) -> Result<Reply, Errors> {
    // RFC 6241 §7.9: not one's own.
    let other = core.session(id).filter(|_| id != session);
    let other = other.ok_or_else(|| {
        RpcError::protocol(Tag::InvalidValue, format!("there is no other session {id}"))
            .with("bad-element", "session-id")
    })?;
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

fn content_of(core: &Core, source: Source) -> Result<Content, Errors> {
    match source {
        Source::Datastore(datastore) => Ok(core.stores.borrow().content(datastore).clone()),
        Source::Inline(config) => edit::whole(core, &config),
    }
}
