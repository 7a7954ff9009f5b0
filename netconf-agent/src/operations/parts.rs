//! `<partial-lock>` and `<partial-unlock>` (RFC 5717 §2.4): running's nodes are locked as they are found at that moment, with
//! all in them.

use super::rights;
use crate::core::{Core, Entry, now};
use crate::datastore::{Content, PartialLock, denied};
use crate::rpc::{Datastore, Errors, Filter, PARTIAL_LOCK, Reply, RpcError, Tag};
use crate::xml;
use crate::yang::{Invalid, Selection};

/// Locks what the expressions find.
pub fn lock(core: &Core, session: &Entry, selects: Vec<Filter>) -> Result<Reply, Errors> {
    let bad = |invalid: Invalid| {
        RpcError::protocol(Tag::InvalidValue, format!("<select> cannot be used: {}", invalid.reason))
            .with("bad-element", "select")
    };
    let running = core.stores.borrow().content(Datastore::Running).clone();
    let running = rights::visible(core, session, running);
    let (mut nodes, mut expressions) = (Vec::new(), Vec::new());
    for select in selects {
        match core.schema.selection(Some(select)).map_err(bad)? {
            Selection::XPath(expression) => {
                for tree in running.trees() {
                    nodes.extend(tree.paths(&expression).map_err(bad)?);
                }
                expressions.push(expression);
            }
            _ => {
                nodes.extend(running.trees().filter_map(|tree| tree.root_path()));
                expressions.push("/".to_string());
            }
        }
    }
    nodes.sort_unstable();
    nodes.dedup();
    if nodes.is_empty() {
        let error = RpcError::application(Tag::OperationFailed, "nothing in running is selected");
        return Err(error.tagged(Some("no-matches".to_string())).into());
    }
    let waiting = core.unconfirmed.borrow().as_ref().map(|waiting| waiting.session());
    if let Some(id) = waiting.filter(|id| *id != session.id) {
        let error = denied(Datastore::Running, id).tagged(Some("outstanding-confirmed-commit".to_string()));
        return Err(error.into());
    }
    let mut stores = core.stores.borrow_mut();
    if let Some(holder) = stores.locks.holder(Datastore::Running).filter(|holder| *holder != session.id) {
        return Err(denied(Datastore::Running, holder).into());
    }
    let mut output = String::new();
    nodes.iter().for_each(|node| write_node(core, node, &format!(" xmlns=\"{PARTIAL_LOCK}\""), &mut output));
    let lock = PartialLock { id: 0, session: session.id, since: now(), selects: expressions, nodes };
    let id = stores.locks.parts.acquire(lock)?;
    Ok(Reply::Output(format!("<lock-id xmlns=\"{PARTIAL_LOCK}\">{id}</lock-id>{output}")))
}

/// Gives a lock back.
pub fn unlock(core: &Core, session: &Entry, id: u32) -> Result<Reply, Errors> {
    core.stores.borrow_mut().locks.parts.release(id, session.id)?;
    Ok(Reply::Ok)
}

/// Refuses to make `wanted` running where another session holds a part that would change.
pub fn may_change(core: &Core, session: &Entry, wanted: &Content) -> Result<(), RpcError> {
    let stores = core.stores.borrow();
    let parts = &stores.locks.parts;
    if !parts.is_held_by_others(session.id) {
        return Ok(());
    }
    let running = stores.content(Datastore::Running);
    for model in wanted.changed_from(running) {
        let (Some(before), Some(after)) = (running.tree(model), wanted.tree(model)) else { continue };
        let mut holder = None;
        let held = |path: &str| {
            holder = parts.holder(path, session.id);
            holder.is_some()
        };
        let path = after.find_difference(before, held);
        if let (Some(path), Some(holder)) = (path, holder) {
            let message = format!("session {holder} holds the lock on a part of running");
            return Err(RpcError::application(Tag::InUse, message).at(core.schema.error_path(&path)));
        }
    }
    Ok(())
}

/// Writes the locks as ietf-netconf-monitoring shows them.
pub fn write(core: &Core, held: &[PartialLock], out: &mut String) {
    for lock in held {
        out.push_str("<partial-lock>");
        xml::write_leaf("lock-id", &lock.id.to_string(), out);
        xml::write_leaf("locked-by-session", &lock.session.to_string(), out);
        xml::write_leaf("locked-time", &lock.since, out);
        for select in &lock.selects {
            out.push_str("<select");
            core.schema.declared(select.clone()).write_namespaces(out);
            out.push('>');
            xml::write_text(select, out);
            out.push_str("</select>");
        }
        lock.nodes.iter().for_each(|node| write_node(core, node, "", out));
        out.push_str("</partial-lock>");
    }
}

fn write_node(core: &Core, path: &str, attributes: &str, out: &mut String) {
    let path = core.schema.error_path(path);
    out.push_str("<locked-node");
    out.push_str(attributes);
    path.write_namespaces(out);
    out.push('>');
    xml::write_text(&path.xpath, out);
    out.push_str("</locked-node>");
}
