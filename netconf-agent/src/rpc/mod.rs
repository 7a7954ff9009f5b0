//! The RPC layer (RFC 6241 §4): `<rpc>` in, `<rpc-reply>` out.

mod error;
mod request;

pub use error::{ErrorPath, ErrorType, Errors, RpcError, Tag};
pub use request::{
    Commit, Datastore, DefaultOperation, EditConfig, ErrorOption, Filter, Lease, Operation, Source, Subscribe,
    TestOption, request,
};

use crate::xml::Element;

/// Namespace of the protocol.
pub const BASE: &str = "urn:ietf:params:xml:ns:netconf:base:1.0";
/// Namespace of ietf-netconf-monitoring (RFC 6022).
pub const MONITORING: &str = "urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring";
/// Namespace of with-defaults (RFC 6243).
pub const WITH_DEFAULTS: &str = "urn:ietf:params:xml:ns:yang:ietf-netconf-with-defaults";
/// Namespace of the operations of NMDA (RFC 8526).
pub const NMDA: &str = "urn:ietf:params:xml:ns:yang:ietf-netconf-nmda";
/// Namespace of `<create-subscription>` and `<notification>` (RFC 5277).
pub const NOTIFICATION: &str = "urn:ietf:params:xml:ns:netconf:notification:1.0";
/// Namespace of locks on parts of running (RFC 5717).
pub const PARTIAL_LOCK: &str = "urn:ietf:params:xml:ns:netconf:partial-lock:1.0";
/// Namespace of ietf-dhcpv6-server (RFC 9243).
pub const DHCPV6_SERVER: &str = "urn:ietf:params:xml:ns:yang:ietf-dhcpv6-server";

/// What a successful operation answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// `<ok/>`.
    Ok,
    /// `<data>` with this XML in it.
    Data(String),
    /// `<data>` of get-data, with this XML in it.
    NmdaData(String),
    /// `<data>` of get-schema, with this text in it.
    Schema(String),
    /// The output of a model's operation, as XML.
    Output(String),
}

/// Writes the `<rpc-reply>` to `rpc`: its attributes come back as they were (RFC 6241 §4.1), and names have its prefix.
pub fn reply(rpc: &Element, outcome: &Result<Reply, Errors>) -> String {
    let prefix = if rpc.prefix.is_empty() { String::new() } else { format!("{}:", rpc.prefix) };
    let body = match outcome {
        Ok(Reply::Data(data) | Reply::NmdaData(data) | Reply::Schema(data)) => data.len(),
        _ => 0,
    };
    let mut out = String::with_capacity(body + 256);
    out.push_str(&format!("<{prefix}rpc-reply"));
    rpc.write_attributes(&mut out);
    out.push('>');
    match outcome {
        Ok(Reply::Ok) => out.push_str(&format!("<{prefix}ok/>")),
        Ok(Reply::Data(data)) => out.push_str(&format!("<{prefix}data>{data}</{prefix}data>")),
        Ok(Reply::NmdaData(data)) => out.push_str(&format!("<data xmlns=\"{NMDA}\">{data}</data>")),
        Ok(Reply::Schema(text)) => {
            out.push_str(&format!("<data xmlns=\"{MONITORING}\">"));
            crate::xml::write_text(text, &mut out);
            out.push_str("</data>");
        }
        Ok(Reply::Output(output)) => out.push_str(output),
        Err(errors) => errors.iter().for_each(|error| error.write(&prefix, &mut out)),
    }
    out.push_str(&format!("</{prefix}rpc-reply>"));
    out
}

/// Writes an `<rpc-reply>` to something that was no `<rpc>`.
pub fn reply_to_nothing(error: &RpcError) -> String {
    let mut out = format!("<rpc-reply xmlns=\"{BASE}\">");
    error.write("", &mut out);
    out.push_str("</rpc-reply>");
    out
}
