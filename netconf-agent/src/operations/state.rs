//! State data: ietf-yang-library (RFC 8525), ietf-netconf-monitoring (RFC 6022), the streams of RFC 5277, and the counters
//! of ietf-netconf-acm (RFC 8341).

use std::cell::Cell;

use super::parts;
use crate::access::Act;
use crate::core::{Core, Counters, Entry};
use crate::datastore::Lock;
use crate::rpc::{Datastore, MONITORING};
use crate::xml;
use crate::yang::{Invalid, Selection, Tree, View};

/// Parts of the state: the outermost elements, their module, its namespace, and what writes them.
type Part = (&'static [&'static str], &'static str, &'static str, fn(&Core, &mut String));

const PARTS: [Part; 3] = [
    (&["yang-library", "modules-state"], "ietf-yang-library", YANG_LIBRARY, |core, out| {
        out.push_str(core.schema.library());
    }),
    (&["netconf-state"], "ietf-netconf-monitoring", MONITORING, monitoring),
    (&["netconf"], "nc-notifications", STREAMS, |core, out| out.push_str(&core.events.streams())),
];

const YANG_LIBRARY: &str = "urn:ietf:params:xml:ns:yang:ietf-yang-library";
const STREAMS: &str = "urn:ietf:params:xml:ns:netmod:notification";

/// Writes what is selected of the state that a session may see.
pub fn write(
    core: &Core,
    session: &Entry,
    selection: &Selection,
    view: &View,
    out: &mut String,
) -> Result<(), Invalid> {
    if view.config == Some(true) {
        return Ok(());
    }
    let rights = core.rights(session);
    for (names, module, namespace, write) in PARTS {
        if !concerns(core, selection, names, namespace) {
            continue;
        }
        let rights = rights.as_ref().filter(|rights| !rights.allows_all(Act::Read, module));
        let mut state = String::new();
        write(core, &mut state);
        if rights.is_none() && matches!(selection, Selection::All) && view.depth.is_none() {
            out.push_str(&state);
            continue;
        }
        let tree = Tree::of_state(&core.schema, &state)?;
        let tree = rights.and_then(|rights| tree.visible(rights)).unwrap_or(tree);
        tree.write(selection, view, out)?;
    }
    Ok(())
}

/// Whether something of a part may be selected. Most filters speak of the configuration alone, and libyang need not read
/// the state.
fn concerns(core: &Core, selection: &Selection, names: &[&str], namespace: &str) -> bool {
    match selection {
        Selection::All => true,
        Selection::Subtree(filter) => filter.children.iter().any(|child| {
            names.contains(&child.name.as_str())
                && (&*child.namespace == namespace || core.schema.model_of_namespace(&child.namespace).is_none())
        }),
        Selection::XPath(expression) => {
            let first = expression.trim_start_matches('/').split([':', '/', '[']).next().unwrap_or_default();
            let is_whole_path =
                expression.starts_with('/') && !expression.starts_with("//") && !expression.contains('|');
            !(is_whole_path && core.schema.models().contains(&first))
        }
    }
}

/// The counters of ietf-netconf-acm, by their paths.
pub fn denied(core: &Core) -> [(&'static str, String); 3] {
    let denied = &core.denied;
    [
        ("/ietf-netconf-acm:nacm/denied-operations", denied.operations.get().to_string()),
        ("/ietf-netconf-acm:nacm/denied-data-writes", denied.writes.get().to_string()),
        ("/ietf-netconf-acm:nacm/denied-notifications", denied.notifications.get().to_string()),
    ]
}

fn monitoring(core: &Core, out: &mut String) {
    out.push_str(&format!("<netconf-state xmlns=\"{MONITORING}\"><capabilities>"));
    for capability in crate::session::capabilities(core) {
        xml::write_leaf("capability", &capability, out);
    }
    out.push_str("</capabilities><datastores>");
    for datastore in Datastore::ALL {
        out.push_str("<datastore>");
        xml::write_leaf("name", datastore.name(), out);
        let locks = &core.stores.borrow().locks;
        let parts = Some(locks.parts.held()).filter(|held| datastore == Datastore::Running && !held.is_empty());
        match (locks.lock(datastore), parts) {
            (Some(lock), _) => global_lock(lock, out),
            (None, Some(held)) => {
                out.push_str("<locks>");
                parts::write(core, held, out);
                out.push_str("</locks>");
            }
            (None, None) => {}
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
        xml::write_leaf("transport", session.login.transport, out);
        xml::write_leaf("username", &session.login.user, out);
        if let Some(host) = session.host() {
            xml::write_leaf("source-host", &host, out);
        }
        xml::write_leaf("login-time", &session.since, out);
        requests(&session.counters, out);
        out.push_str("</session>");
    }
    out.push_str("</sessions><statistics>");
    xml::write_leaf("netconf-start-time", &core.since, out);
    counter("in-bad-hellos", &core.counters.bad_hellos, out);
    counter("in-sessions", &core.counters.sessions, out);
    counter("dropped-sessions", &core.counters.dropped, out);
    requests(&core.counters, out);
    out.push_str("</statistics></netconf-state>");
}

fn requests(counters: &Counters, out: &mut String) {
    counter("in-rpcs", &counters.rpcs, out);
    counter("in-bad-rpcs", &counters.bad_rpcs, out);
    counter("out-rpc-errors", &counters.errors, out);
    counter("out-notifications", &counters.notifications, out);
}

fn counter(name: &str, value: &Cell<u32>, out: &mut String) {
    xml::write_leaf(name, &value.get().to_string(), out);
}

fn global_lock(lock: &Lock, out: &mut String) {
    out.push_str("<locks><global-lock>");
    xml::write_leaf("locked-by-session", &lock.session.to_string(), out);
    xml::write_leaf("locked-time", &lock.since, out);
    out.push_str("</global-lock></locks>");
}
