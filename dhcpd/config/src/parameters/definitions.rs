//! `option-def`: options that operators define, and how all options are looked up.

use crate::rules::Unique;
use schema::{Annotations, At, Field, Given, Problem, Scope, Word};
use std::borrow::Cow;
use std::collections::HashMap;
use wire::options::{self, DataType, Definition, Family};

/// What the code of an option is in a family: a byte in DHCPv4, two in DHCPv6.
pub trait Code: Field + Copy + Default + Into<u16> {}

impl Code for u8 {}
impl Code for u16 {}

/// The definition of an option.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct OptionDef<C: Code> {
    /// Name of the option in its space.
    #[param(required)]
    pub name: Given<String>,
    /// Code of the option in its space.
    #[param(required)]
    pub code: Given<C>,
    /// Type of the value.
    #[param(required)]
    pub r#type: Given<OptionType>,
    /// Types of the fields of a record, separated by commas.
    #[param(default = "")]
    pub record_types: Given<String>,
    /// Space of the option: that of the message itself unless given.
    #[param(yang(special))]
    pub space: Given<String>,
    /// Space of the options inside of this one.
    #[param(default = "")]
    pub encapsulate: Given<String>,
    /// Whether the value, or the last field of the record, may stand any number of times.
    #[param(default = false)]
    pub array: Given<bool>,
    /// Remarks of the operator.
    #[param(flatten)]
    pub annotations: Annotations,
}

/// Type of an option's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Word)]
pub enum OptionType {
    /// No value.
    Empty,
    /// Bytes.
    Binary,
    /// 0 or 1.
    Boolean,
    /// Signed, one byte.
    Int8,
    /// Signed, two bytes.
    Int16,
    /// Signed, four bytes.
    Int32,
    /// One byte.
    Uint8,
    /// Two bytes.
    Uint16,
    /// Four bytes.
    Uint32,
    /// An IPv4 address.
    #[word("ipv4-address")]
    Ipv4Address,
    /// An IPv6 address.
    #[word("ipv6-address")]
    Ipv6Address,
    /// An IPv6 prefix.
    #[word("ipv6-prefix")]
    Ipv6Prefix,
    /// A port set.
    Psid,
    /// Text.
    String,
    /// Text after its length.
    Tuple,
    /// A domain name.
    Fqdn,
    /// Several fields.
    Record,
}

/// Options by space: those of operators over those that are standard.
#[derive(Clone, Debug)]
pub struct Definitions {
    family: Family,
    spaces: HashMap<Box<str>, Vec<Definition>>,
}

impl Definitions {
    /// The standard options alone.
    pub fn standard(family: Family) -> Self {
        Self { family, spaces: HashMap::new() }
    }

    /// Those of a list over the standard ones, or those of an outer list.
    pub(crate) fn with<C: Code>(&self, list: &[At<OptionDef<C>>], problems: &mut Vec<Problem>) -> Self {
        let mut all = self.clone();
        let (mut codes, mut names) = (Unique::default(), Unique::default());
        for given in list {
            let (Some(At { value: code, pos }), Some(name)) = (&given.code, &given.name) else { continue };
            let code = At { value: (*code).into(), pos: *pos };
            let space = given.space.as_ref().map_or(outermost(self.family), |space| &space.value);
            let what =
                || format!("option definition with code '{}' already exists in option space '{space}'", code.value);
            codes.check((space, code.value), code.pos, what, problems);
            let what =
                || format!("option definition with name '{}' already exists in option space '{space}'", name.value);
            names.check((space, &name.value), name.pos, what, problems);
            if self.is_settled(space, code.value) {
                let reason = format!(
                    "unable to override definition of option '{}' in standard option space '{space}'",
                    code.value
                );
                problems.push(Problem::new(code.pos, reason));
            } else if options::by_name(self.family, space, name).is_some_and(|known| known.code != code.value) {
                let reason = format!(
                    "unable to override definition of option '{}' in standard option space '{space}'",
                    name.value
                );
                problems.push(Problem::new(name.pos, reason));
            }
            if let Some(definition) = given.definition(self.family, problems) {
                let list = all.spaces.entry(space.into()).or_default();
                list.retain(|known| known.code != definition.code);
                list.push(definition);
            }
        }
        all
    }

    /// Whether a standard says what the option is. What vendors put into option 43 is left to them (RFC 2132 §8.4).
    fn is_settled(&self, space: &str, code: u16) -> bool {
        let open = self.family == Family::V4 && space == "dhcp4" && code == 43;
        !open && options::by_code(self.family, space, code).is_some()
    }

    /// The option with this code.
    pub fn by_code(&self, space: &str, code: u16) -> Option<&Definition> {
        let own = self.own(space).iter().find(|definition| definition.code == code);
        own.or_else(|| options::by_code(self.family, known_as(space), code))
    }

    /// The option with this name.
    pub fn by_name(&self, space: &str, name: &str) -> Option<&Definition> {
        let own = self.own(space).iter().find(|definition| definition.name == name);
        own.or_else(|| options::by_name(self.family, known_as(space), name))
    }

    /// All options of a space.
    pub fn of(&self, space: &str) -> impl Iterator<Item = &Definition> {
        self.own(space).iter().chain(options::standard(self.family, known_as(space)))
    }

    fn own(&self, space: &str) -> &[Definition] {
        if self.spaces.is_empty() {
            return &[];
        }
        self.spaces.get(space).map_or(&[], Vec::as_slice)
    }
}

impl eval::Definitions for Definitions {
    fn by_code(&self, space: &str, code: u16) -> Option<&Definition> {
        self.by_code(space, code)
    }

    fn by_name(&self, space: &str, name: &str) -> Option<&Definition> {
        self.by_name(space, name)
    }
}

/// Kea's own names for the options of DOCSIS, which it knows but sends nowhere.
fn known_as(space: &str) -> &str {
    match space {
        "docsis3-v4" | "docsis3-v6" => "vendor-4491",
        other => other,
    }
}

/// The space of options that stand in the message itself.
pub(crate) fn outermost(family: Family) -> &'static str {
    match family {
        Family::V4 => "dhcp4",
        Family::V6 => "dhcp6",
    }
}

impl<C: Code> OptionDef<C> {
    /// Fills in what is left to the defaults, for `config-get`.
    pub(crate) fn complete(&mut self, family: Family) {
        self.space.get_or_insert_with(|| At::unwritten(outermost(family).to_owned()));
        Scope::fill(self);
    }
}

impl<C: Code> OptionDef<C> {
    /// The definition; none where a part of it is missing or wrong, which is told.
    fn definition(&self, family: Family, problems: &mut Vec<Problem>) -> Option<Definition> {
        let (name, given, kind) = (self.name.as_ref()?, self.code.as_ref()?, self.r#type.as_ref()?);
        let code: u16 = given.value.into();
        let before = problems.len();
        let space = self.space.as_ref().map_or(outermost(family), |space| &space.value);
        check_name(name, problems);
        self.space.iter().for_each(|space| check_name(space, problems));
        self.encapsulate.iter().filter(|space| !space.is_empty()).for_each(|space| check_name(space, problems));
        // RFC 2132 §3.1 and §3.2: 0 and 255 fill and end the options of a DHCPv4 message.
        let outer = space == outermost(family);
        let (first, last) = match family {
            Family::V4 => (u16::from(outer), 255 - u16::from(outer)),
            Family::V6 => (u16::from(outer), u16::MAX),
        };
        if !(first..=last).contains(&code) {
            let reason = format!("must be a whole number from {first} to {last}, not {code}");
            problems.push(Problem::new(given.pos, reason));
        }
        let inside = self.encapsulate();
        if let Some(given) = self.encapsulate.as_ref().filter(|_| !inside.is_empty()) {
            if self.array() {
                problems.push(Problem::new(given.pos, "an array has no options inside"));
            } else if inside == space {
                problems.push(Problem::new(given.pos, format!("the option itself is of the space `{space}`")));
            }
        }
        let fields = self.fields(kind, family, problems);
        let last_kind = fields.last().copied().or(DataType::from_word(kind.word(), family));
        if let Some(array) = self.array.as_ref().filter(|array| array.value)
            && matches!(last_kind, Some(DataType::String | DataType::Binary | DataType::Empty))
        {
            problems.push(Problem::new(array.pos, "strings, bytes and nothing at all make no array"));
        }
        (problems.len() == before).then(|| Definition {
            code,
            name: Cow::Owned(name.value.clone()),
            kind: DataType::from_word(kind.word(), family).unwrap_or(DataType::Binary),
            array: self.array(),
            fields: Cow::Owned(fields),
            encapsulates: Cow::Owned(inside),
            rfc: 0,
        })
    }

    /// The fields of a record: two at least, and those without a length of their own last.
    fn fields(&self, kind: &At<OptionType>, family: Family, problems: &mut Vec<Problem>) -> Vec<DataType> {
        let pos = self.record_types.as_ref().map_or(kind.pos, |types| types.pos);
        let mut fields = Vec::new();
        let types = self.record_types();
        let words: Vec<_> = types.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
        for (place, word) in words.iter().enumerate() {
            match DataType::from_word(word, family) {
                None | Some(DataType::Empty | DataType::Record) => {
                    problems.push(Problem::new(pos, format!("`{word}` is no type of a field")));
                }
                Some(DataType::String | DataType::Binary) if place + 1 < words.len() => {
                    problems
                        .push(Problem::new(pos, format!("`{word}` must be the last field: its length is not known")));
                }
                Some(field) => fields.push(field),
            }
        }
        if kind.value == OptionType::Record && words.len() < 2 {
            problems.push(Problem::new(pos, "a record needs two fields at least, in `record-types`"));
        } else if kind.value != OptionType::Record && !words.is_empty() {
            problems.push(Problem::new(pos, "`record-types` is for the type \"record\""));
        }
        fields
    }
}

/// Names of options and spaces: letters, digits, hyphens and underscores, the last two inside only.
pub(super) fn check_name(name: &At<String>, problems: &mut Vec<Problem>) {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let ends = [name.as_bytes().first(), name.as_bytes().last()];
    if !name.bytes().all(good) || !ends.iter().all(|end| end.is_some_and(u8::is_ascii_alphanumeric)) {
        let reason = format!("`{}` is no name: it needs letters, digits, and hyphens between them", name.value);
        problems.push(Problem::new(name.pos, reason));
    }
}
