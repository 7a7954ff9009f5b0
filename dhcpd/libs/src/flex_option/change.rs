//! What a rule does to the options of a packet that is taken apart.

use super::inside::{self, Inside};
use super::messages::*;
use dhcpd_config::parameters::hooks::{FlexOptionRule, OfClass, OptionChange, SubOptionRule, ValueChange};
use engine::hooks::Evaluation;
use std::fmt;
use wire::hex::Plain;
use wire::options::{self, Family};
use wire::{v4, v6};

/// Whether a packet was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Applied {
    Changed,
    Kept,
}

/// The options of a packet of either family.
pub(super) trait Options {
    const FAMILY: Family;

    fn value(&self, code: u16) -> Option<&[u8]>;
    fn put(&mut self, code: u16, value: Vec<u8>);
    fn take_away(&mut self, code: u16) -> bool;
}

impl Options for v4::Draft {
    const FAMILY: Family = Family::V4;

    fn value(&self, code: u16) -> Option<&[u8]> {
        self.option(u8::try_from(code).ok()?)
    }

    fn put(&mut self, code: u16, value: Vec<u8>) {
        if let Ok(code) = u8::try_from(code) {
            self.set(code, value);
        }
    }

    fn take_away(&mut self, code: u16) -> bool {
        u8::try_from(code).is_ok_and(|code| self.remove(code))
    }
}

impl Options for v6::Draft {
    const FAMILY: Family = Family::V6;

    fn value(&self, code: u16) -> Option<&[u8]> {
        self.option(code)
    }

    fn put(&mut self, code: u16, value: Vec<u8>) {
        self.remove(code);
        self.add(code, value);
    }

    fn take_away(&mut self, code: u16) -> bool {
        self.remove(code)
    }
}

/// Applies a rule.
pub(super) fn apply<O: Options>(rule: &FlexOptionRule, on: &Evaluation<'_>, options: &mut O) -> Applied {
    let code = rule.code;
    if let Some(class) = not_for(&rule.class, on) {
        log::event!(FLEX_OPTION_PROCESS_CLIENT_CLASS, code, class);
        return Applied::Kept;
    }
    match &rule.change {
        OptionChange::Whole(change) => match decide(change, options.value(code).is_some(), on) {
            Decision::Nothing => Applied::Kept,
            Decision::Put(value) => {
                match change {
                    ValueChange::Add(..) => log::event!(FLEX_OPTION_PROCESS_ADD, code, value = Shown(&value)),
                    _ => log::event!(FLEX_OPTION_PROCESS_SUPERSEDE, code, value = Shown(&value)),
                }
                options.put(code, value);
                Applied::Changed
            }
            Decision::TakeAway => {
                log::event!(FLEX_OPTION_PROCESS_REMOVE, code);
                options.take_away(code);
                Applied::Changed
            }
        },
        OptionChange::Inside { vendor, rules } => {
            let mut applied = Applied::Kept;
            for sub in rules {
                if apply_inside(code, *vendor, sub, on, options) == Applied::Changed {
                    applied = Applied::Changed;
                }
            }
            applied
        }
    }
}

fn apply_inside<O: Options>(
    code: u16,
    vendor: Option<u32>,
    rule: &SubOptionRule,
    on: &Evaluation<'_>,
    options: &mut O,
) -> Applied {
    let sub = rule.code;
    if let Some(class) = not_for(&rule.class, on) {
        log::event!(FLEX_OPTION_PROCESS_SUB_CLIENT_CLASS, sub, code, class);
        return Applied::Kept;
    }
    let mut inner = match options.value(code).map(|value| Inside::read(O::FAMILY, vendor, value)) {
        Some(Ok(inner)) => inner,
        Some(Err(inside::OtherVendor(found))) => {
            let wanted = vendor.unwrap_or(0);
            log::event!(FLEX_OPTION_PROCESS_VENDOR_ID_MISMATCH, code, found, wanted);
            return Applied::Kept;
        }
        None if rule.container_add => Inside::empty(O::FAMILY, vendor),
        None => return Applied::Kept,
    };
    match decide(&rule.change, inner.has(sub), on) {
        Decision::Nothing => return Applied::Kept,
        Decision::Put(value) => {
            match rule.change {
                ValueChange::Add(..) => log::event!(FLEX_OPTION_PROCESS_SUB_ADD, sub, code, value = Shown(&value)),
                _ => log::event!(FLEX_OPTION_PROCESS_SUB_SUPERSEDE, sub, code, value = Shown(&value)),
            }
            inner.put(sub, value);
        }
        Decision::TakeAway => {
            log::event!(FLEX_OPTION_PROCESS_SUB_REMOVE, sub, code);
            inner.take_away(sub);
        }
    }
    if inner.is_empty() && rule.container_remove {
        options.take_away(code);
    } else {
        options.put(code, inner.bytes());
    }
    Applied::Changed
}

/// The name of the class that the client would have to be in.
fn not_for<'c>(class: &'c OfClass, on: &Evaluation<'_>) -> Option<&'c str> {
    class.as_ref().filter(|(class, _)| !on.classes.contains(*class)).map(|(_, name)| &**name)
}

/// What becomes of a value.
enum Decision {
    Nothing,
    Put(Vec<u8>),
    TakeAway,
}

fn decide(change: &ValueChange, there: bool, on: &Evaluation<'_>) -> Decision {
    let decided = match change {
        ValueChange::Add(..) if there => return Decision::Nothing,
        ValueChange::Remove(_) if !there => return Decision::Nothing,
        ValueChange::Remove(expression) => on
            .holds(expression)
            .map_err(|reason| reason.to_string())
            .map(|holds| if holds { Decision::TakeAway } else { Decision::Nothing }),
        ValueChange::Add(expression, definition) | ValueChange::Supersede(expression, definition) => {
            let value = on.text(expression).map_err(|reason| reason.to_string());
            value.and_then(|value| match definition {
                _ if value.is_empty() => Ok(Decision::Nothing),
                None => Ok(Decision::Put(value)),
                Some(definition) => {
                    let made = options::encode(definition, &String::from_utf8_lossy(&value), true);
                    made.map(Decision::Put).map_err(|reason| reason.to_string())
                }
            })
        }
    };
    decided.unwrap_or_else(|reason| {
        log::event!(FLEX_OPTION_PROCESS_ERROR, client = on.client, reason);
        Decision::Nothing
    })
}

/// A value in messages: text in quotes, other bytes in hexadecimal digits.
struct Shown<'a>(&'a [u8]);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match std::str::from_utf8(self.0) {
            Ok(text) if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) => write!(f, "'{text}'"),
            _ => write!(f, "0x{}", Plain(self.0)),
        }
    }
}
