//! Access control in front of the operations (RFC 8341 §3.4).

use std::rc::Rc;

use crate::access::Act;
use crate::core::{Core, Entry};
use crate::datastore::Content;
use crate::messages::*;
use crate::rpc::{Datastore, Operation, RpcError};

/// Refuses an operation that the session's user may not call.
pub fn may_call(core: &Core, session: &Entry, operation: &Operation) -> Result<(), RpcError> {
    let (module, name) = operation.name();
    match core.rights(session) {
        Some(rights) if !rights.may_call(module, name) => {
            core.denied.operations.set(core.denied.operations.get() + 1);
            told(session, &format!("call {name}"));
            Err(RpcError {
                kind: crate::rpc::ErrorType::Protocol,
                ..RpcError::denied(format!("<{name}> is not allowed"))
            })
        }
        _ => Ok(()),
    }
}

/// Refuses a change of a datastore of which the session's user may not do a part.
pub fn may_change(core: &Core, session: &Entry, target: Datastore, wanted: &Content) -> Result<(), RpcError> {
    let Some(rights) = core.rights(session) else { return Ok(()) };
    let before = core.stores.borrow().content(target).clone();
    for model in wanted.changed_from(&before) {
        let all = [Act::Create, Act::Update, Act::Delete];
        if core.schema.modules_of(model).all(|module| all.iter().all(|act| rights.allows_all(*act, module))) {
            continue;
        }
        let (Some(before), Some(after)) = (before.tree(model), wanted.tree(model)) else { continue };
        if let Some(path) = after.without_right(before, &rights) {
            core.denied.writes.set(core.denied.writes.get() + 1);
            told(session, &format!("change {path}"));
            return Err(RpcError::denied("this may not be changed").at(core.schema.error_path(&path)));
        }
    }
    Ok(())
}

/// What the session's user may see of a configuration.
pub fn visible(core: &Core, session: &Entry, mut content: Content) -> Content {
    let Some(rights) = core.rights(session) else { return content };
    let trees: Vec<_> = content.trees().cloned().enumerate().collect();
    for (model, tree) in trees {
        let all = core.schema.modules_of(model).all(|module| rights.allows_all(Act::Read, module));
        if let Some(less) = Some(tree).filter(|_| !all).and_then(|tree| tree.visible(&rights)) {
            content.set(model, Rc::new(less));
        }
    }
    content
}

fn told(session: &Entry, what: &str) {
    log::event!(NETCONF_ACCESS_DENIED, id = session.id, user = session.login.user, what);
}
