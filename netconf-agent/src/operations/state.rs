//! State data for `<get>`: ietf-yang-library (RFC 8525) and ietf-netconf-monitoring (RFC 6022).

use crate::core::Core;
use crate::datastore::Lock;
use crate::rpc::{Datastore, Errors, MONITORING, RpcError, Tag};
use crate::xml::{self, Element};
use crate::yang;

/// Writes all state data, or what a filter selects of it.
pub fn write(core: &Core, filter: Option<&Element>, out: &mut String) -> Result<(), Errors> {
    let Some(filter) = filter else {
        out.push_str(core.schema.library());
        monitoring(core, out);
        return Ok(());
    };
    // Most filters speak of the configuration alone, and libyang need not read the state.
    let mine = |name: &str, namespace: &str| {
        filter.children.iter().any(|child| {
            child.name == name
                && (&*child.namespace == namespace || core.schema.model_of_namespace(&child.namespace).is_none())
        })
    };
    let mut state = String::new();
    if ["yang-library", "modules-state"].iter().any(|name| mine(name, YANG_LIBRARY)) {
        state.push_str(core.schema.library());
    }
    if mine("netconf-state", MONITORING) {
        monitoring(core, &mut state);
    }
    if state.is_empty() {
        return Ok(());
    }
    yang::select_from_xml(&core.schema, &state, filter, out)
        .map_err(|invalid| RpcError::application(Tag::OperationFailed, format!("state data: {invalid}")).into())
}

const YANG_LIBRARY: &str = "urn:ietf:params:xml:ns:yang:ietf-yang-library";

fn monitoring(core: &Core, out: &mut String) {
    out.push_str(&format!("<netconf-state xmlns=\"{MONITORING}\"><capabilities>"));
    for capability in crate::session::capabilities(core) {
        xml::write_leaf("capability", &capability, out);
    }
    out.push_str("</capabilities><datastores>");
    for datastore in Datastore::ALL {
        out.push_str("<datastore>");
        xml::write_leaf("name", datastore.name(), out);
        if let Some(lock) = core.stores.borrow().locks.lock(datastore) {
            global_lock(lock, out);
        }
        out.push_str("</datastore>");
    }
    out.push_str("</datastores><schemas>");
    for module in core.schema.modules() {
        out.push_str("<schema>");
        xml::write_leaf("identifier", &module.name, out);
        xml::write_leaf("version", &module.revision, out);
        xml::write_leaf("format", "yang", out);
        xml::write_leaf("namespace", &module.namespace, out);
        xml::write_leaf("location", "NETCONF", out);
        out.push_str("</schema>");
    }
    out.push_str("</schemas><sessions>");
    for session in core.sessions() {
        out.push_str("<session>");
        xml::write_leaf("session-id", &session.id.to_string(), out);
        xml::write_leaf("transport", "netconf-ssh", out);
        xml::write_leaf("username", &session.user, out);
        xml::write_leaf("login-time", &session.since, out);
        out.push_str("</session>");
    }
    out.push_str("</sessions></netconf-state>");
}

fn global_lock(lock: &Lock, out: &mut String) {
    out.push_str("<locks><global-lock>");
    xml::write_leaf("locked-by-session", &lock.session.to_string(), out);
    xml::write_leaf("locked-time", &lock.since, out);
    out.push_str("</global-lock></locks>");
}
