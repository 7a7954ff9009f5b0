//! `libdhcp_flex_id.so`: clients are known by what an expression makes of their packets.
//!
//! The value is an identifier of reservations. With `replace-client-id` it also stands in the place of the client
//! identifier or DUID, so that a lease stays where the device is plugged in; the client hears its own identifier.

mod iaid;
pub mod messages;

use dhcpd_config::parameters::FlexIdRules;
use engine::hooks::{Evaluation, Identity, Next, Point};
use engine::{v4, v6};
use messages::*;
use smallvec::SmallVec;
use wire::hex::Plain;
use wire::options::Family;
use wire::v4::code;
use wire::v6::Duid;

/// What precedes a flexible identifier that stands for a client identifier: its type, and with `cid-as-rfc4361-duid` the
/// type and the IAID of RFC 4361 §6.1.
const CLIENT_ID: &[u8] = &[0];
const RFC4361: &[u8] = &[255, 0, 0, 0, 0];
/// What precedes one that stands for a DUID: a type that is not assigned.
const DUID: &[u8] = &[0, 0];
/// Longest client identifier (RFC 2132 §9.14).
const CLIENT_ID_MAX: usize = 255;

/// The library at work.
#[derive(Debug)]
pub struct FlexId(FlexIdRules);

impl FlexId {
    /// By its parameters, for a server of this family.
    pub fn new(rules: &FlexIdRules, family: Family) -> Self {
        if rules.identifier.is_none() {
            log::event!(FLEX_ID_NO_IDENTIFIER_EXPRESSION);
        }
        if rules.ignore_iaid && family == Family::V6 {
            log::event!(FLEX_ID_IGNORE_IAID_ENABLED);
        }
        Self(rules.clone())
    }

    /// The value of the expression, and with `replace-client-id` what stands for the client's own identifier.
    fn identity(&self, on: &Evaluation<'_>, prefix: &[u8], longest: usize) -> Identity {
        let Some(expression) = &self.0.identifier else { return Identity::default() };
        let flex_id: SmallVec<[u8; 32]> = match on.text(expression) {
            Ok(value) => value.into(),
            Err(reason) => {
                log::event!(FLEX_ID_EXPRESSION_FAILED, client = on.client, reason);
                return Identity::default();
            }
        };
        report(&flex_id);
        let mut client_id = SmallVec::new();
        if self.0.replace_client_id && !flex_id.is_empty() && prefix.len() + flex_id.len() <= longest {
            client_id.extend_from_slice(prefix);
            client_id.extend_from_slice(&flex_id);
        }
        Identity { flex_id, client_id }
    }
}

/// Tells of an identifier: as text if it is text.
fn report(id: &[u8]) {
    if !log::enabled!(FLEX_ID_EXPRESSION_EVALUATED) {
        return;
    }
    match std::str::from_utf8(id).ok().filter(|text| text.bytes().all(|byte| matches!(byte, b' '..=b'~'))) {
        Some(text) => {
            log::event!(FLEX_ID_EXPRESSION_EVALUATED, id = text, size = id.len());
            log::event!(FLEX_ID_EXPRESSION_HEX, id = Plain(id));
        }
        None => log::event!(FLEX_ID_EXPRESSION_EVALUATED_NP, id = Plain(id), size = id.len()),
    }
}

impl v4::hooks::Hooks for FlexId {
    fn points(&self) -> &'static [Point] {
        match (&self.0.identifier, self.0.replace_client_id) {
            (None, _) => &[],
            (Some(_), false) => &[Point::Identify],
            (Some(_), true) => &[Point::Identify, Point::Send],
        }
    }

    fn identify(&self, query: &v4::hooks::Request<'_>) -> Identity {
        let prefix = if self.0.cid_as_rfc4361_duid { RFC4361 } else { CLIENT_ID };
        let identity = query.evaluate(|on| self.identity(on, prefix, CLIENT_ID_MAX));
        if !identity.client_id.is_empty() {
            log::event!(FLEX_ID_USED_AS_CLIENT_ID, id = Plain(&identity.client_id));
        }
        identity
    }

    fn send(&self, outgoing: &mut v4::hooks::Outgoing<'_>) -> Next {
        let sent = outgoing.query.packet.option(code::CLIENT_IDENTIFIER).filter(|_| outgoing.renamed);
        if let Some(id) = sent {
            log::event!(FLEX_ID_RESTORE_CLIENT_ID, id = Plain(id));
        }
        Next::Continue
    }
}

impl v6::hooks::Hooks for FlexId {
    fn points(&self) -> &'static [Point] {
        match (&self.0.identifier, self.0.replace_client_id, self.0.ignore_iaid) {
            (None, _, false) => &[],
            (None, _, true) => &[Point::Receive, Point::Send],
            (Some(_), false, false) => &[Point::Identify],
            (Some(_), true, false) => &[Point::Identify, Point::Send],
            (Some(_), _, true) => &[Point::Receive, Point::Identify, Point::Send],
        }
    }

    fn receive(&self, incoming: &mut v6::hooks::Incoming<'_>) -> Next {
        if self.0.ignore_iaid {
            iaid::ignore(&mut incoming.message);
        }
        Next::Continue
    }

    fn identify(&self, query: &v6::hooks::Request<'_, '_>) -> Identity {
        let identity = query.evaluate(|on| self.identity(on, DUID, Duid::MAX));
        if !identity.client_id.is_empty() {
            log::event!(FLEX_ID_USED_AS_DUID, id = Plain(&identity.client_id));
        }
        identity
    }

    fn send(&self, outgoing: &mut v6::hooks::Outgoing<'_, '_>) -> Next {
        let sent = outgoing.query.packet.message.options.find(wire::v6::code::CLIENT_ID);
        if let Some(id) = sent.filter(|_| outgoing.renamed) {
            log::event!(FLEX_ID_RESTORE_DUID, id = Plain(id));
        }
        if self.0.ignore_iaid {
            iaid::restore(outgoing);
        }
        Next::Continue
    }
}
