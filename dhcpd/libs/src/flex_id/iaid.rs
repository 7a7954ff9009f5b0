//! `ignore-iaid`: the only IA_NA and the only IA_PD of a message are those with the IAID 0, whatever the client calls them.

use super::messages::*;
use engine::v6::hooks::Outgoing;
use std::borrow::Cow;
use wire::v6::{Ia, Opt, Options, Packet, code};

/// Bytes of an option before its payload, which begins with the IAID.
const HEADER: usize = 4;
/// Bytes of an IAID.
const IAID: usize = 4;

/// Puts 0 in the place of the IAIDs.
pub(super) fn ignore(message: &mut Cow<'_, [u8]>) {
    let mut places = [None; 2];
    {
        let Ok(packet) = Packet::parse(message) else { return };
        for (kind, place) in [code::IA_NA, code::IA_PD].into_iter().zip(&mut places) {
            match only(packet.message.options, kind) {
                Found::None => {}
                Found::One(option, iaid) => {
                    match kind {
                        code::IA_NA => log::event!(FLEX_ID_IGNORE_IAID_APPLIED_ON_NA, iaid),
                        _ => log::event!(FLEX_ID_IGNORE_IAID_APPLIED_ON_PD, iaid),
                    }
                    *place = Some(option.offset + HEADER).filter(|_| iaid != 0);
                }
                Found::Several if kind == code::IA_NA => log::event!(FLEX_ID_IGNORE_IAID_NOT_APPLIED_ON_NA),
                Found::Several => log::event!(FLEX_ID_IGNORE_IAID_NOT_APPLIED_ON_PD),
            }
        }
    }
    for place in places.into_iter().flatten() {
        if let Some(iaid) = message.to_mut().get_mut(place..place + IAID) {
            iaid.fill(0);
        }
    }
}

/// Puts the client's own IAIDs back into the answer.
pub(super) fn restore(outgoing: &mut Outgoing<'_, '_>) {
    let Ok(sent) = Packet::parse(outgoing.original) else { return };
    let own = [code::IA_NA, code::IA_PD].map(|kind| match only(sent.message.options, kind) {
        Found::One(_, iaid) if iaid != 0 => Some((kind, iaid)),
        _ => None,
    });
    if own.iter().all(Option::is_none) {
        return;
    }
    outgoing.change(|draft| {
        for (kind, iaid) in own.into_iter().flatten() {
            for place in draft.options_mut(kind).filter_map(|data| data.first_chunk_mut()) {
                *place = iaid.to_be_bytes();
            }
        }
    });
}

/// How many associations of a kind a message has.
enum Found<'a> {
    None,
    One(Opt<'a>, u32),
    Several,
}

fn only(options: Options<'_>, kind: u16) -> Found<'_> {
    let mut all = options.iter().map_while(Result::ok).filter(|option| option.code == kind);
    match (all.next(), all.next()) {
        (Some(option), None) => Ia::parse(&option).map_or(Found::None, |ia| Found::One(option, ia.iaid)),
        (Some(_), Some(_)) => Found::Several,
        (None, _) => Found::None,
    }
}
