//! Commits that are undone unless they are confirmed (RFC 6241 §8.4).
//!
//! What to go back to is on the disk as long as the commit is not confirmed: an agent that is started again goes back at
//! once. The servers write no file meanwhile, so that one that is started again has its old configuration as well.

use std::rc::Rc;
use std::time::Duration;

use tokio::task::AbortHandle;

use crate::commit;
use crate::core::{Core, Entry, Turn};
use crate::datastore::Content;
use crate::events::Confirmation;
use crate::messages::*;
use crate::rpc::{Commit, Datastore, RpcError, Tag};

/// A commit that waits for its confirmation.
#[derive(Debug)]
pub struct Unconfirmed {
    /// What running was.
    before: Content,
    /// The session that made it.
    session: u32,
    /// The name under which others may follow; without one, it ends with its session.
    persist: Option<String>,
    /// Ends it, and stands for it.
    timer: AbortHandle,
}

impl Unconfirmed {
    /// The session on which it depends; 0 if on none.
    pub fn session(&self) -> u32 {
        if self.persist.is_some() { 0 } else { self.session }
    }
}

impl Drop for Unconfirmed {
    fn drop(&mut self) {
        self.timer.abort();
    }
}

/// Whether a session may go on with the commit that waits, if one does.
pub fn check(core: &Core, session: &Entry, persist_id: Option<&str>) -> Result<(), RpcError> {
    let unconfirmed = core.unconfirmed.borrow();
    let named = unconfirmed.as_ref().and_then(|waiting| waiting.persist.as_deref());
    if persist_id.is_some() && persist_id != named {
        let message = "no commit waits for its confirmation under this name";
        return Err(RpcError::protocol(Tag::InvalidValue, message).with("bad-element", "persist-id"));
    }
    match unconfirmed.as_ref() {
        Some(waiting) if persist_id.is_none() && (named.is_some() || waiting.session != session.id) => {
            let message = "a commit waits for its confirmation";
            Err(RpcError::protocol(Tag::InUse, message).with("session-id", waiting.session().to_string()))
        }
        _ => Ok(()),
    }
}

/// Puts on the disk what is gone back to, before a commit that may be undone; a commit that waits already did.
pub async fn prepare(core: &Core, before: &Content) -> Result<(), RpcError> {
    if core.unconfirmed.borrow().is_some() {
        return Ok(());
    }
    // What was committed before is not to be undone.
    for server in &core.servers {
        server.write().await;
    }
    core.keep_unconfirmed(before)
}

/// Notes that a commit was made; `before` was running in front of it, if it may be undone.
pub fn committed(core: &Rc<Core>, session: &Entry, commit: &Commit, before: Option<Content>) {
    let earlier = core.unconfirmed.borrow_mut().take();
    let (Some(timeout), Some(before)) = (commit.confirmed, before) else {
        if earlier.is_some() {
            core.forget_unconfirmed();
            core.servers.iter().for_each(|server| server.write_soon());
            core.events.confirmation(Some(session), Confirmation::Complete);
            log::event!(NETCONF_COMMIT_CONFIRMED, id = session.id);
        }
        return;
    };
    let what = if earlier.is_none() { Confirmation::Start(timeout) } else { Confirmation::Extend(timeout) };
    let before = earlier.as_ref().map_or(before, |earlier| earlier.before.clone());
    let persist = commit.persist.clone().or_else(|| earlier.as_ref().and_then(|earlier| earlier.persist.clone()));
    let timer = start_timer(core, timeout);
    *core.unconfirmed.borrow_mut() = Some(Unconfirmed { before, session: session.id, persist, timer });
    core.events.confirmation(Some(session), what);
}

fn start_timer(core: &Rc<Core>, timeout: Duration) -> AbortHandle {
    let core = Rc::clone(core);
    let waiting = async move {
        tokio::time::sleep(timeout).await;
        let timer = tokio::task::id();
        // On its own, since who takes the commit ends this task.
        tokio::task::spawn_local(async move { time_is_over(&core, timer).await });
    };
    tokio::task::spawn_local(waiting).abort_handle()
}

/// Undoes the commit of that timer, unless another one followed while this waited for its turn.
async fn time_is_over(core: &Rc<Core>, timer: tokio::task::Id) {
    let turn = core.turn().await;
    let is_it = core.unconfirmed.borrow().as_ref().is_some_and(|waiting| waiting.timer.id() == timer);
    if is_it {
        undo_in_turn(core, None, Confirmation::Timeout, &turn).await;
    }
}

/// Goes back to what running was. True if a commit waited.
pub async fn undo(core: &Rc<Core>, by: Option<&Entry>, why: Confirmation) -> bool {
    let turn = core.turn().await;
    undo_in_turn(core, by, why, &turn).await
}

async fn undo_in_turn(core: &Rc<Core>, by: Option<&Entry>, why: Confirmation, turn: &Turn<'_>) -> bool {
    let Some(waiting) = core.unconfirmed.borrow_mut().take() else { return false };
    log::event!(NETCONF_COMMIT_UNDONE);
    core.events.confirmation(by, why);
    // Each model by itself: one server that cannot go back keeps no other from it.
    let now = core.stores.borrow().content(Datastore::Running).clone();
    for model in waiting.before.changed_from(&now) {
        let mut wanted = core.stores.borrow().content(Datastore::Running).clone();
        if let Some(tree) = waiting.before.tree(model) {
            wanted.set(model, Rc::clone(tree));
        }
        if let Err(errors) = commit::apply(core, wanted, by, turn).await {
            let reason = errors.first().map(|error| error.message.clone()).unwrap_or_default();
            log::event!(NETCONF_COMMIT_NOT_UNDONE, reason);
        }
    }
    core.forget_unconfirmed();
    true
}

/// A session ended: a commit that depends on it is undone (RFC 6241 §8.4.1).
pub async fn session_ended(core: &Rc<Core>, session: &Entry) {
    let depends = core.unconfirmed.borrow().as_ref().is_some_and(|waiting| waiting.session() == session.id);
    if depends {
        undo(core, Some(session), Confirmation::Cancel).await;
    }
}
