//! Evaluation: the tree is walked once, in the order of Kea's stack machine, so that its steps can be told as Kea tells
//! them.

use crate::ast::{Bool, Conversion, RelayField, Text, Vendor};
use crate::path::Form;
use crate::shared::Memo;
use crate::value::{Bytes, append};
use crate::{ClassSet, Subject, Value, Watch, option_text, vendor};
use std::fmt::{self, Display, Formatter};
use std::ops::Range;
use wire::hex;
use wire::options::Family;

/// Why an expression has no value for a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvalError {
    /// `addrtotext` of neither 4 nor 16 bytes.
    NotAnAddress {
        /// Bytes there are.
        len: usize,
    },
    /// A conversion of an integer of the wrong size.
    NotAnInteger {
        /// The function.
        function: &'static str,
        /// Bytes there are.
        len: usize,
    },
    /// A value of more than 64 KiB.
    TooLong,
}

impl Display for EvalError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnAddress { len } => write!(f, "{len} bytes are not an address"),
            Self::NotAnInteger { function, len } => write!(f, "{function} cannot convert {len} bytes"),
            Self::TooLong => write!(f, "a value has more than {LONGEST} bytes"),
        }
    }
}

impl std::error::Error for EvalError {}

/// Bytes that a value may have.
const LONGEST: usize = 1 << 16;

/// One evaluation.
#[derive(Clone, Copy)]
pub(crate) struct Evaluation<'s> {
    subject: &'s dyn Subject,
    classes: &'s ClassSet,
    watch: Option<&'s dyn Watch>,
    memo: Option<&'s Memo<'s>>,
    family: Family,
}

impl<'s> Evaluation<'s> {
    pub fn new(subject: &'s dyn Subject, classes: &'s ClassSet, watch: &'s dyn Watch, family: Family) -> Self {
        Self { subject, classes, watch: watch.wants_steps().then_some(watch), memo: None, family }
    }

    /// Takes shared values from a memo.
    pub fn with(self, memo: &'s Memo<'s>) -> Self {
        Self { memo: Some(memo), ..self }
    }

    /// Tells a step; the text is not made when nobody listens.
    #[inline]
    fn tell(&self, message: &'static str, text: impl FnOnce() -> String) {
        if let Some(watch) = self.watch {
            told(watch, message, text);
        }
    }

    pub fn truth(&self, tree: &'s Bool) -> Result<bool, EvalError> {
        Ok(match tree {
            Bool::Not(inner) => {
                let value = self.truth(inner)?;
                self.tell("EVAL_DEBUG_NOT", || format!("Popping '{value}' pushing '{}'", !value));
                !value
            }
            Bool::And { terms, strict } => self.chain(terms, *strict, false)?,
            Bool::Or { terms, strict } => self.chain(terms, *strict, true)?,
            Bool::Equal(left, right) if self.watch.is_none() => match (self.standing(left), self.standing(right)) {
                (Some(left), Some(right)) => left == right,
                (None, Some(right)) => *self.value(left)? == *right,
                (Some(left), None) => *left == *self.value(right)?,
                (None, None) => *self.value(left)? == *self.value(right)?,
            },
            Bool::Equal(left, right) => {
                let (left, right) = (self.value(left)?, self.value(right)?);
                let equal = *left == *right;
                self.tell("EVAL_DEBUG_EQUAL", || {
                    format!("Popping {} and {} pushing result '{equal}'", Hex(&right), Hex(&left))
                });
                equal
            }
            Bool::Shared { key, plain } => match self.memo.filter(|_| self.watch.is_none()) {
                Some(memo) => memo.constant(key.group)? == Some(key.constant),
                None => self.truth(plain)?,
            },
            Bool::Exists(path) => {
                let exists = path.find(self.subject).is_some();
                self.tell("EVAL_DEBUG_OPTION", || format!("Pushing {} with value '{exists}'", path.step()));
                exists
            }
            Bool::VendorExists(which, enterprise) => {
                let chosen = vendor::chosen(self.subject, self.family, *which, *enterprise);
                self.tell_vendor(*which, *enterprise, chosen, "false");
                if let Some(chosen) = chosen {
                    let message = either(*which, "EVAL_DEBUG_VENDOR_EXISTS", "EVAL_DEBUG_VENDOR_CLASS_EXISTS");
                    self.tell(message, || format!("Option with enterprise-id {chosen} found, pushing result 'true'"));
                }
                chosen.is_some()
            }
            Bool::Member { name, class } => {
                let member = self.classes.contains(*class);
                self.tell("EVAL_DEBUG_MEMBER", || {
                    format!("Checking membership of '{name}', pushing result '{member}'")
                });
                member
            }
            Bool::Match(pattern, text) => {
                let value = self.value(text)?;
                let fits = pattern.matches(&value);
                self.tell("EVAL_DEBUG_MATCH", || {
                    format!("Matching '{}' on {}, result {fits}", pattern.source(), value.escape_ascii())
                });
                fits
            }
        })
    }

    /// A chain of `and`, which ends at what is false, or of `or`, which ends at what is true.
    fn chain(&self, terms: &'s [Bool], strict: bool, ends_at: bool) -> Result<bool, EvalError> {
        let mut so_far = !ends_at;
        for (place, term) in terms.iter().enumerate() {
            let value = self.truth(term)?;
            if strict && place > 0 {
                let result = if ends_at { so_far || value } else { so_far && value };
                let message = if ends_at { "EVAL_DEBUG_OR" } else { "EVAL_DEBUG_AND" };
                self.tell(message, || format!("Popping '{value}' and '{so_far}' pushing '{result}'"));
                so_far = result;
                continue;
            }
            so_far = value;
            if !strict && value == ends_at && place + 1 < terms.len() {
                let message = if ends_at { "EVAL_DEBUG_POP_OR_BRANCH_TRUE" } else { "EVAL_DEBUG_POP_OR_BRANCH_FALSE" };
                self.tell(message, || format!("Value is {value}: keeping it and branching to the end"));
                break;
            }
        }
        Ok(so_far)
    }

    /// Bytes that stand somewhere already: literals, options and parts of them. `None` for what has to be evaluated.
    fn standing(&self, tree: &'s Text) -> Option<&'s [u8]> {
        match tree {
            Text::Quoted(text) => Some(text.as_bytes()),
            Text::Hex(bytes) => Some(bytes),
            Text::Address(address) => Some(address.octets()),
            Text::Integer(bytes) => Some(bytes),
            Text::Option(path, Form::Hex) => Some(path.find(self.subject).unwrap_or(&[])),
            Text::Substring { of, start, len } => {
                let of = self.standing(of)?;
                Some(part(of.len(), *start, *len).and_then(|range| of.get(range)).unwrap_or(&[]))
            }
            _ => None,
        }
    }

    pub fn value(&self, tree: &'s Text) -> Result<Value<'s>, EvalError> {
        Ok(match tree {
            Text::Quoted(text) => {
                self.tell("EVAL_DEBUG_STRING", || format!("Pushing text string '{text}'"));
                Value::Borrowed(text.as_bytes())
            }
            Text::Hex(bytes) => {
                self.tell("EVAL_DEBUG_HEXSTRING", || format!("Pushing hex string {}", Hex(bytes)));
                Value::Borrowed(bytes)
            }
            Text::Address(address) => {
                self.tell("EVAL_DEBUG_IPADDRESS", || format!("Pushing IPAddress {}", Hex(address.octets())));
                Value::Borrowed(address.octets())
            }
            Text::Integer(bytes) => {
                self.tell("EVAL_DEBUG_STRING", || format!("Pushing text string '{}'", bytes.escape_ascii()));
                Value::Borrowed(bytes)
            }
            Text::Option(path, form) => {
                let payload = path.find(self.subject);
                let value = match (payload, form) {
                    (None, _) => Value::EMPTY,
                    (Some(payload), Form::Text) if !path.is_text() => {
                        let code = path.codes.last().copied().unwrap_or(0);
                        option_text::line(self.family, code, path.definition.as_deref(), payload)
                    }
                    (Some(payload), _) => Value::Borrowed(payload),
                };
                self.tell("EVAL_DEBUG_OPTION", || match form {
                    Form::Hex => format!("Pushing {} with value {}", path.step(), Hex(&value)),
                    Form::Text => format!("Pushing {} with value '{}'", path.step(), value.escape_ascii()),
                });
                value
            }
            Text::Field(field) => {
                let value = self.subject.field(*field);
                self.tell_field(*field, &value);
                value
            }
            Text::Relay { nest, field } => self.relay(*nest, *field),
            Text::Enterprise(which) => {
                let chosen = vendor::chosen(self.subject, self.family, *which, None);
                self.tell_vendor(*which, None, chosen, "");
                chosen.map_or(Value::EMPTY, |chosen| {
                    let message =
                        either(*which, "EVAL_DEBUG_VENDOR_ENTERPRISE_ID", "EVAL_DEBUG_VENDOR_CLASS_ENTERPRISE_ID");
                    self.tell(message, || format!("Pushing enterprise-id {chosen} as result 0x{chosen:08X}"));
                    Value::number(chosen)
                })
            }
            Text::Data(enterprise, index) => self.data(*enterprise, *index),
            Text::Substring { of, start, len } => self.substring(self.value(of)?, *start, *len),
            Text::Split { of, at, field } => {
                let (of, at) = (self.value(of)?, self.value(at)?);
                self.split(of, &at, *field)
            }
            Text::Concat(parts) => self.concat(parts)?,
            Text::IfElse { condition, yes, no, strict } => self.if_else(condition, yes, no, *strict)?,
            Text::HexString { of, separator } => {
                let (of, separator) = (self.value(of)?, self.value(separator)?);
                self.hex_string(&of, &separator)?
            }
            Text::Convert(conversion, of) => self.convert(*conversion, self.value(of)?)?,
        })
    }

    fn relay(&self, nest: i8, field: RelayField) -> Value<'s> {
        let relay = self.subject.relay(nest);
        let address = relay.map(|relay| match field {
            RelayField::Link => relay.link_address,
            RelayField::Peer => relay.peer_address,
        });
        let value = address.map_or(Value::EMPTY, |address| Value::copied(&address.octets()));
        let message = if relay.is_some() { "EVAL_DEBUG_RELAY6" } else { "EVAL_DEBUG_RELAY6_RANGE" };
        self.tell(message, || {
            format!("Pushing PKT6 relay field {} nest {nest} with value {}", field.word(), Hex(&value))
        });
        value
    }

    fn data(&self, enterprise: Option<u32>, index: u8) -> Value<'s> {
        let chosen = vendor::chosen(self.subject, self.family, Vendor::Class, enterprise);
        self.tell_vendor(Vendor::Class, enterprise, chosen, "");
        let Some(chosen) = chosen else { return Value::EMPTY };
        let mut chunks = vendor::chunks(self.subject, self.family, chosen);
        let chunk = chunks.nth(index.into());
        let count = || vendor::chunks(self.subject, self.family, chosen).count();
        match chunk {
            Some(chunk) => self.tell("EVAL_DEBUG_VENDOR_CLASS_DATA", || {
                let value = chunk.escape_ascii();
                format!("Data {index} (out of {} received) in vendor class found, pushing result '{value}'", count())
            }),
            None => self.tell("EVAL_DEBUG_VENDOR_CLASS_DATA_NOT_FOUND", || {
                format!(
                    "Requested data index {index}, but option with enterprise-id {chosen} has only {} data tuple(s), \
                     pushing result ''",
                    count()
                )
            }),
        }
        chunk.map_or(Value::EMPTY, Value::Borrowed)
    }

    fn substring(&self, of: Value<'s>, start: i64, len: Option<i64>) -> Value<'s> {
        let (range, message) = match part(of.len(), start, len) {
            _ if of.is_empty() => (0..0, "EVAL_DEBUG_SUBSTRING_EMPTY"),
            None => (0..0, "EVAL_DEBUG_SUBSTRING_RANGE"),
            Some(range) => (range, "EVAL_DEBUG_SUBSTRING"),
        };
        if self.watch.is_some() {
            let len = len.map_or("all".into(), |len| len.to_string());
            self.tell("EVAL_DEBUG_STRING", || format!("Pushing text string '{start}'"));
            self.tell("EVAL_DEBUG_STRING", || format!("Pushing text string '{len}'"));
            let result = of.get(range.clone()).unwrap_or(&[]);
            self.tell(message, || {
                format!("Popping length {len}, start {start}, string {} pushing result {}", Hex(&of), Hex(result))
            });
        }
        of.cut(range.start, range.end)
    }

    fn split(&self, of: Value<'s>, at: &[u8], field: i64) -> Value<'s> {
        let ends = |byte: &u8| at.contains(byte);
        let place = usize::try_from(field).ok().and_then(|field| field.checked_sub(1));
        let found = match place {
            _ if of.is_empty() => Err("EVAL_DEBUG_SPLIT_EMPTY"),
            _ if at.is_empty() => Ok(0..of.len()),
            Some(place) => {
                let start = of.split(ends).take(place).map(|field| field.len() + 1).sum();
                let found = of.split(ends).nth(place);
                found.map(|found| start..start + found.len()).ok_or("EVAL_DEBUG_SPLIT_FIELD_OUT_OF_RANGE")
            }
            None => Err("EVAL_DEBUG_SPLIT_FIELD_OUT_OF_RANGE"),
        };
        if self.watch.is_some() {
            let whole = if at.is_empty() { "EVAL_DEBUG_SPLIT_DELIM_EMPTY" } else { "EVAL_DEBUG_SPLIT" };
            let message = found.as_ref().map_or_else(|message| *message, |_| whole);
            let result = found.clone().ok().and_then(|range| of.get(range)).unwrap_or(&[]);
            self.tell("EVAL_DEBUG_STRING", || format!("Pushing text string '{field}'"));
            self.tell(message, || {
                let (at, string) = (at.escape_ascii(), of.escape_ascii());
                format!("Popping field {field}, delimiters {at}, string {string}, pushing result {}", Hex(result))
            });
        }
        let range = found.unwrap_or(0..0);
        of.cut(range.start, range.end)
    }

    fn concat(&self, parts: &'s [Text]) -> Result<Value<'s>, EvalError> {
        let mut whole = Bytes::new();
        for (place, part) in parts.iter().enumerate() {
            let part = self.value(part)?;
            let before = whole.len();
            whole.extend_from_slice(&part);
            if whole.len() > LONGEST {
                return Err(EvalError::TooLong);
            }
            if place > 0 {
                self.tell("EVAL_DEBUG_CONCAT", || {
                    let left = whole.get(..before).unwrap_or(&[]);
                    format!("Popping {} and {} pushing {}", Hex(&part), Hex(left), Hex(&whole))
                });
            }
        }
        Ok(Value::Made(whole))
    }

    fn if_else(&self, condition: &'s Bool, yes: &'s Text, no: &'s Text, strict: bool) -> Result<Value<'s>, EvalError> {
        let holds = self.truth(condition)?;
        if !strict {
            if !holds {
                self.tell("EVAL_DEBUG_POP_AND_BRANCH_FALSE", || "Value is false: branching to the else".into());
            }
            let value = self.value(if holds { yes } else { no })?;
            if holds {
                self.tell("EVAL_DEBUG_BRANCH", || "Branching to the end".into());
            }
            return Ok(value);
        }
        let (yes, no) = (self.value(yes)?, self.value(no)?);
        let (kept, dropped, message) =
            if holds { (yes, no, "EVAL_DEBUG_IFELSE_TRUE") } else { (no, yes, "EVAL_DEBUG_IFELSE_FALSE") };
        self.tell(message, || format!("Popping '{holds}' ({holds}) and {}, leaving {}", Hex(&dropped), Hex(&kept)));
        Ok(kept)
    }

    #[expect(clippy::indexing_slicing, reason = "sixteen digits, indexed by four bits")]
    fn hex_string(&self, of: &[u8], separator: &[u8]) -> Result<Value<'s>, EvalError> {
        if of.len().saturating_mul(2 + separator.len()) > LONGEST {
            return Err(EvalError::TooLong);
        }
        let mut out = Bytes::new();
        for (place, byte) in of.iter().enumerate() {
            if place > 0 {
                out.extend_from_slice(separator);
            }
            out.extend([byte >> 4, byte & 15].map(|digit| HEX_DIGITS[usize::from(digit)]));
        }
        self.tell("EVAL_DEBUG_TOHEXSTRING", || {
            let (separator, result) = (separator.escape_ascii(), out.escape_ascii());
            format!("Popping binary value {} and separator {separator}, pushing result {result}", Hex(of))
        });
        Ok(Value::Made(out))
    }

    fn convert(&self, conversion: Conversion, of: Value<'s>) -> Result<Value<'s>, EvalError> {
        let mut out = Bytes::new();
        if let Conversion::Lower | Conversion::Upper = conversion {
            out.extend_from_slice(&of);
            let message = match conversion {
                Conversion::Lower => ("EVAL_DEBUG_LCASE", "lower", out.make_ascii_lowercase()),
                _ => ("EVAL_DEBUG_UCASE", "upper", out.make_ascii_uppercase()),
            };
            self.tell(message.0, || {
                let (of, case, out) = (of.escape_ascii(), message.1, out.escape_ascii());
                format!("Popping string '{of}' and pushing converted value to {case} case '{out}'")
            });
            return Ok(Value::Made(out));
        }
        if of.is_empty() {
            return Ok(of);
        }
        let (message, name) = number(conversion, &of, &mut out)?;
        self.tell(message, || format!("Pushing {name} {}", out.escape_ascii()));
        Ok(Value::Made(out))
    }

    fn tell_field(&self, field: crate::Field, value: &[u8]) {
        let (of, name) = field.words();
        let (message, what) = match of {
            "pkt4" => ("EVAL_DEBUG_PKT4", "PKT4 field"),
            "pkt6" => ("EVAL_DEBUG_PKT6", "PKT6 field"),
            _ => ("EVAL_DEBUG_PKT", "PKT meta data"),
        };
        self.tell(message, || match field {
            crate::Field::Interface => format!("Pushing {what} {name} with value {}", value.escape_ascii()),
            _ => format!("Pushing {what} {name} with value {}", Hex(value)),
        });
    }

    /// Tells why an option of vendors was not found.
    fn tell_vendor(&self, which: Vendor, wanted: Option<u32>, chosen: Option<u32>, result: &str) {
        if chosen.is_some() || self.watch.is_none() {
            return;
        }
        match vendor::chosen(self.subject, self.family, which, None) {
            None => {
                let message = either(which, "EVAL_DEBUG_VENDOR_NO_OPTION", "EVAL_DEBUG_VENDOR_CLASS_NO_OPTION");
                let code = which.code(self.family);
                self.tell(message, || format!("Option with code {code} missing, pushing result '{result}'"));
            }
            Some(had) => {
                let message = either(
                    which,
                    "EVAL_DEBUG_VENDOR_ENTERPRISE_ID_MISMATCH",
                    "EVAL_DEBUG_VENDOR_CLASS_ENTERPRISE_ID_MISMATCH",
                );
                let wanted = wanted.unwrap_or(0);
                self.tell(message, || format!("Was looking for {wanted}, option had {had}, pushing result '{result}'"));
            }
        }
    }
}

/// Kept out of the way: what makes texts would make the frames of an evaluation large.
#[cold]
#[inline(never)]
fn told(watch: &dyn Watch, message: &'static str, text: impl FnOnce() -> String) {
    watch.step(message, &text());
}

const HEX_DIGITS: &[u8; 16] = b"0123456789abcdef";

/// The part of a string that `substring` takes; `None` if it would start outside. A negative `start` counts from the end;
/// a negative `len` takes what stands before `start`.
fn part(size: usize, start: i64, len: Option<i64>) -> Option<Range<usize>> {
    let size = size as i64;
    let first = if start < 0 { start.saturating_add(size) } else { start };
    let range = match len.unwrap_or(size) {
        _ if !(0..size).contains(&first) => return None,
        len if len < 0 => first.saturating_add(len).max(0)..first,
        len => first..first.saturating_add(len).min(size),
    };
    Some(range.start as usize..range.end as usize)
}

fn either(which: Vendor, options: &'static str, class: &'static str) -> &'static str {
    match which {
        Vendor::Options => options,
        Vendor::Class => class,
    }
}

/// A number or an address as text; its message and what that calls it.
fn number(conversion: Conversion, of: &[u8], out: &mut Bytes) -> Result<(&'static str, &'static str), EvalError> {
    if conversion == Conversion::AddressToText {
        if ![4, 16].contains(&of.len()) {
            return Err(EvalError::NotAnAddress { len: of.len() });
        }
        append(out, format_args!("{}", option_text::address(of)));
        return Ok(("EVAL_DEBUG_IPADDRESSTOTEXT", "IPAddress"));
    }
    let (value, message, name) = match (conversion, of) {
        (Conversion::Int8ToText, &[a]) => (i64::from(a as i8), "EVAL_DEBUG_INT8TOTEXT", "Int8"),
        (Conversion::Uint8ToText, &[a]) => (a.into(), "EVAL_DEBUG_UINT8TOTEXT", "UInt8"),
        (Conversion::Int16ToText, &[a, b]) => (i16::from_be_bytes([a, b]).into(), "EVAL_DEBUG_INT16TOTEXT", "Int16"),
        (Conversion::Uint16ToText, &[a, b]) => (u16::from_be_bytes([a, b]).into(), "EVAL_DEBUG_UINT16TOTEXT", "UInt16"),
        (Conversion::Int32ToText, &[a, b, c, d]) => {
            (i32::from_be_bytes([a, b, c, d]).into(), "EVAL_DEBUG_INT32TOTEXT", "Int32")
        }
        (Conversion::Uint32ToText, &[a, b, c, d]) => {
            (u32::from_be_bytes([a, b, c, d]).into(), "EVAL_DEBUG_UINT32TOTEXT", "UInt32")
        }
        _ => return Err(EvalError::NotAnInteger { function: conversion.word(), len: of.len() }),
    };
    append(out, format_args!("{value}"));
    Ok((message, name))
}

/// Bytes as the steps show them: `0x` and digits.
struct Hex<'a>(&'a [u8]);

impl Display for Hex<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "0x{}", hex::Plain(self.0))
    }
}
