//! What is read: `<get>`, `<get-config>` (RFC 6241 §7.1, §7.7) and `<get-data>` (RFC 8526 §3.1.1).
//!
//! The operational datastore is running, which is what the servers run with, and state.

use std::rc::Rc;

use super::{dhcpv6, rights, state};
use crate::core::{Core, Entry};
use crate::rpc::{Datastore, Errors, Filter, RpcError, Tag};
use crate::yang::{Invalid, Selection, View};

/// Running and state.
pub async fn get(core: &Core, session: &Entry, filter: Option<Filter>, view: &View) -> Result<String, Errors> {
    let selection = selection(core, filter)?;
    let mut running = core.stores.borrow().content(Datastore::Running).clone();
    let model = core.schema.access_control();
    if let Some(tree) = running.tree(model) {
        let counted = tree.with_leaves(&state::denied(core)).map_err(|invalid| failed(&selection, &invalid))?;
        running.set(model, Rc::new(counted));
    }
    dhcpv6::add(core, &selection, &mut running).await.map_err(|invalid| failed(&selection, &invalid))?;
    let mut out = String::new();
    rights::visible(core, session, running)
        .write(&selection, view, &mut out)
        .map_err(|invalid| failed(&selection, &invalid))?;
    state::write(core, session, &selection, view, &mut out).map_err(|invalid| failed(&selection, &invalid))?;
    Ok(out)
}

/// A configuration datastore.
pub fn get_config(
    core: &Core,
    session: &Entry,
    source: Datastore,
    filter: Option<Filter>,
    view: &View,
) -> Result<String, Errors> {
    let selection = selection(core, filter)?;
    let content = core.stores.borrow().content(source).clone();
    let mut out = String::new();
    rights::visible(core, session, content)
        .write(&selection, view, &mut out)
        .map_err(|invalid| failed(&selection, &invalid))?;
    Ok(out)
}

fn selection(core: &Core, filter: Option<Filter>) -> Result<Selection, RpcError> {
    core.schema.selection(filter).map_err(|invalid| RpcError::bad_filter(&invalid))
}

fn failed(selection: &Selection, invalid: &Invalid) -> RpcError {
    if matches!(selection, Selection::XPath(_)) {
        return RpcError::bad_filter(invalid);
    }
    RpcError::application(Tag::OperationFailed, format!("data cannot be shown: {invalid}"))
}
