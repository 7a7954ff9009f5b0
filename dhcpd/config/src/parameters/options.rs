//! `option-data`: options as an operator writes them, and their encoding.
//!
//! Sub-options stand in the list under the name of their space. They are put into the option that carries the space.

use super::classes::ids;
use super::definitions::{Definitions, check_name, outermost};
use crate::options::{OptionItem, OptionSet, VendorOptions, append_sub_option};
use eval::Classifier;
use schema::{Annotations, At, Given, Pos, Problem, Scope, nearest_of};
use std::collections::BTreeMap;
use wire::options::{self, DataType, Definition, Family};

/// An option that clients are given.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct OptionData {
    /// Name of the option in its space; the code says the same.
    pub name: Given<String>,
    /// Code of the option in its space; the name says the same.
    pub code: Given<u16>,
    /// Space of the option: `dhcp4` or `dhcp6` unless given, `vendor-` and an enterprise number, or the space inside of
    /// another option.
    pub space: Given<String>,
    /// Value: with `csv-format` its fields separated by commas, otherwise hexadecimal digits or characters in single
    /// quotes.
    pub data: Given<String>,
    /// Whether `data` holds fields; so it is for an option of a known type unless said otherwise.
    pub csv_format: Given<bool>,
    /// Send the option to clients that did not ask for it, too.
    #[param(default = false)]
    pub always_send: Given<bool>,
    /// Do not send the option, even if another scope has it.
    #[param(default = false)]
    pub never_send: Given<bool>,
    /// Classes of clients that are given the option; all clients if there is none.
    pub client_classes: Vec<At<String>>,
    /// Remarks of the operator.
    #[param(flatten)]
    pub annotations: Annotations,
}

/// Turns lists of option data into options that are ready to be sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Encoder<'d> {
    family: Family,
    definitions: &'d Definitions,
}

/// An option of the list, encoded, and its code's definition if there is one.
struct Encoded<'d> {
    item: OptionItem,
    definition: Option<&'d Definition>,
}

impl<'d> Encoder<'d> {
    pub fn new(family: Family, definitions: &'d Definitions) -> Self {
        Self { family, definitions }
    }

    fn outermost(self) -> &'static str {
        outermost(self.family)
    }

    /// Encodes the list of one scope.
    pub fn encode(self, list: &[At<OptionData>], classes: &mut Classifier, problems: &mut Vec<Problem>) -> OptionSet {
        if list.is_empty() {
            return OptionSet::default();
        }
        let mut spaces: BTreeMap<&str, Vec<Encoded<'_>>> = BTreeMap::new();
        for data in list {
            match self.option(data, classes) {
                Ok(encoded) => spaces.entry(self.space(data)).or_default().push(encoded),
                Err(problem) => problems.push(problem),
            }
        }
        self.imply_carriers(&mut spaces);
        let items = self.gather(self.outermost(), &mut spaces);
        let mut vendors = Vec::new();
        for space in spaces.keys().copied().filter_map(|space| Some((space, enterprise(space)?))).collect::<Vec<_>>() {
            let (space, enterprise) = space;
            vendors.push(VendorOptions { enterprise, items: self.gather(space, &mut spaces) });
        }
        // As in Kea, options that nothing in the list carries are known, and sent nowhere.
        OptionSet::new(items, vendors)
    }

    /// Adds the options that carry sub-options of the list and have no value of their own: an operator may write them in
    /// an outer scope, or rely on what they carry (Kea would send such sub-options nowhere).
    fn imply_carriers<'l>(self, spaces: &mut BTreeMap<&'l str, Vec<Encoded<'d>>>) {
        let carriers = self.definitions.of(self.outermost()).filter(|option| {
            let inner = &*option.encapsulates;
            option.kind == DataType::Empty && inner != self.outermost() && spaces.contains_key(inner)
        });
        for carrier in carriers.collect::<Vec<_>>() {
            let list = spaces.entry(self.outermost()).or_default();
            if !list.iter().any(|encoded| encoded.item.code == carrier.code) {
                list.push(Encoded { item: OptionItem::new(carrier.code, &[]), definition: Some(carrier) });
            }
        }
    }

    /// Takes the options of a space out of the list, the spaces inside them included.
    fn gather(self, space: &str, spaces: &mut BTreeMap<&str, Vec<Encoded<'d>>>) -> Vec<OptionItem> {
        let mut items = Vec::new();
        for Encoded { mut item, definition, .. } in spaces.remove(space).unwrap_or_default() {
            let inner = definition.map_or("", |definition| &definition.encapsulates);
            if !inner.is_empty() {
                self.put_inside(&mut item, self.gather(inner, spaces));
            }
            items.push(item);
        }
        items
    }

    /// Puts sub-options into their carrier: their bytes, unless some of them are for classes. Of those that stand twice,
    /// DHCPv4 has room for one. As in Kea, `never-send` means nothing for what cannot be asked for.
    fn put_inside(self, carrier: &mut OptionItem, mut options: Vec<OptionItem>) {
        options.retain(|option| !(option.never && option.data.is_empty()));
        options.sort_by_key(|option| option.classes.is_empty());
        if options.iter().any(|option| !option.classes.is_empty() || !option.inside.is_empty()) {
            carrier.inside = options.into();
            return;
        }
        let mut data = std::mem::take(&mut carrier.data).into_vec();
        for (place, option) in options.iter().enumerate() {
            let before = options.get(..place).unwrap_or_default();
            if self.family == Family::V6 || !before.iter().any(|other| other.code == option.code) {
                append_sub_option(self.family, option.code, &option.data, &mut data);
            }
        }
        carrier.data = data.into();
    }

    fn space(self, data: &OptionData) -> &str {
        data.space.as_ref().map_or(self.outermost(), |space| &space.value)
    }

    fn option(self, data: &At<OptionData>, classes: &mut Classifier) -> Result<Encoded<'d>, Problem> {
        self.check_space(data)?;
        let definition = self.definition(data)?;
        let code = definition.map(|definition| definition.code).or(data.code.as_ref().map(|code| code.value));
        let code = code.ok_or_else(|| Problem::new(data.pos, NEITHER))?;
        self.check_code(code, data)?;
        let never = data.never_send();
        let payload = if never && data.data.is_none() { Vec::new() } else { self.payload(data, definition)? };
        let longest = if self.family == Family::V4 && self.space(data) != self.outermost() { 255 } else { 65535 };
        if payload.len() > longest {
            return Err(Problem::new(data_pos(data), format!("longer than {longest} bytes")));
        }
        let classes = ids(&data.client_classes, classes);
        let of_vendors = self.is_of_vendors(data, code) && !(never && payload.is_empty());
        let vendor = payload.first_chunk().filter(|_| of_vendors).map(|number| u32::from_be_bytes(*number));
        if of_vendors && vendor.is_none() {
            return Err(Problem::new(data_pos(data), "shorter than the number of a vendor, which has 4 bytes"));
        }
        let always = data.always_send();
        let item = OptionItem { code, data: payload.into(), always, never, classes, inside: Box::default(), vendor };
        Ok(Encoded { item, definition })
    }

    /// Whether an option starts with the number of a vendor (RFC 3925, RFC 8415 §21.16 and §21.17).
    fn is_of_vendors(self, data: &OptionData, code: u16) -> bool {
        let carrier = match self.family {
            Family::V4 => matches!(code, 124 | 125),
            Family::V6 => matches!(code, 16 | 17),
        };
        carrier && self.space(data) == self.outermost()
    }

    fn check_space(self, data: &OptionData) -> Result<(), Problem> {
        let Some(space) = &data.space else { return Ok(()) };
        let other = if self.family == Family::V4 { Family::V6 } else { Family::V4 };
        if **space == outermost(other) {
            let version = if other == Family::V4 { 4 } else { 6 };
            let reason = format!("'{}' option space name is reserved for DHCPv{version} server", space.value);
            return Err(Problem::new(space.pos, reason));
        }
        let mut problems = Vec::new();
        check_name(space, &mut problems);
        problems.pop().map_or(Ok(()), Err)
    }

    /// The option that is meant. Where both code and name are given, they must agree.
    fn definition(self, data: &OptionData) -> Result<Option<&'d Definition>, Problem> {
        let space = self.space(data);
        match (&data.code, data.name.as_ref()) {
            (Some(code), name) => {
                let definition = self.definitions.by_code(space, code.value);
                match (definition, name) {
                    (Some(definition), Some(name)) if definition.name != name.as_str() => {
                        let (said, known) = (&name.value, &definition.name);
                        let reason = format!(
                            "specified option name '{said}' does not match the option definition: '{space}.{known}'"
                        );
                        Err(Problem::new(name.pos, reason))
                    }
                    _ => Ok(definition),
                }
            }
            (None, Some(name)) => match self.definitions.by_name(space, name) {
                Some(definition) => Ok(Some(definition)),
                None => {
                    let mut reason = format!("definition for the option '{space}.{}' does not exist", name.value);
                    let names = self.definitions.of(space).map(|definition| &*definition.name);
                    if let Some(near) = nearest_of(name, names) {
                        reason.push_str(&format!("; did you mean `{near}`?"));
                    }
                    Err(Problem::new(name.pos, reason))
                }
            },
            (None, None) => Ok(None),
        }
    }

    fn check_code(self, code: u16, data: &At<OptionData>) -> Result<(), Problem> {
        let pos = data.code.as_ref().map_or(data.pos, |code| code.pos);
        let outermost = self.space(data) == self.outermost();
        match self.family {
            Family::V4 if code > 255 => {
                Err(Problem::new(pos, format!("invalid option code '{code}', it must not be greater than '255'")))
            }
            // RFC 2132 §3.1 and §3.2: the options without a payload that fill and end the field.
            Family::V4 if outermost && (code == 0 || code == 255) => {
                let role = if code == 0 { "PAD" } else { "END" };
                Err(Problem::new(pos, format!("invalid option code '{code}': reserved for {role}")))
            }
            Family::V6 if outermost && code == 0 => Err(Problem::new(pos, "invalid option code '0': reserved value")),
            _ => Ok(()),
        }
    }

    fn payload(self, data: &At<OptionData>, definition: Option<&'d Definition>) -> Result<Vec<u8>, Problem> {
        let text = data.data.as_ref().map_or("", |data| &data.value);
        let csv = data.csv_format.as_ref().map(|csv| csv.value);
        let encoded = match definition {
            // Behind a vendor's number stands what the vendor likes: the table knows the number alone.
            Some(definition) if csv == Some(false) && self.is_of_vendors(data, definition.code) => options::bytes(text),
            Some(definition) => options::encode(definition, text, csv.unwrap_or(true)),
            None if csv == Some(true) => {
                return Err(Problem::new(data.csv_format.as_ref().map_or(data.pos, |csv| csv.pos), UNKNOWN_TYPE));
            }
            None => options::bytes(text),
        };
        encoded.map_err(|error| {
            let reason = match definition {
                Some(definition) if csv != Some(false) || options::bytes(text).is_ok() => {
                    let (space, code) = (self.space(data), definition.code);
                    format!("option data does not match option definition (space: {space}, code: {code}): {error}")
                }
                _ => error.to_string(),
            };
            Problem::new(data_pos(data), reason)
        })
    }

    /// As in Kea, only the options for every client are taken for fields where neither that nor their type is said.
    pub fn check_for_all(self, list: &[At<OptionData>], problems: &mut Vec<Problem>) {
        for data in list.iter().filter(|data| data.csv_format.is_none() && data.code.is_some()) {
            let sent_as_is = data.never_send() && data.data.is_none();
            if !sent_as_is && matches!(self.definition(data), Ok(None)) {
                problems.push(Problem::new(data.pos, UNKNOWN_TYPE));
            }
        }
    }

    /// Fills in what the list leaves to the table of options, for `config-get`. Bytes are shown as Kea shows them.
    pub fn complete(self, list: &mut [At<OptionData>]) {
        for data in list {
            let definition = self.definition(data).ok().flatten();
            let space = self.space(data).to_owned();
            let unsaid = data.never_send() && data.data.is_none();
            let nothing = data.data.as_ref().is_none_or(|data| data.is_empty());
            let empty = nothing && definition.is_none_or(|definition| definition.kind == DataType::Empty);
            let bytes = definition.is_none() || data.csv_format.as_ref().is_some_and(|csv| !csv.value) || empty;
            let payload = self.payload(data, definition).ok().filter(|_| bytes);
            data.value.space.get_or_insert_with(|| At::unwritten(space));
            if let Some(definition) = definition {
                data.value.code.get_or_insert_with(|| At::unwritten(definition.code));
                data.value.name.get_or_insert_with(|| At::unwritten(definition.name.to_string()));
            }
            // What cannot be read stays as it was written.
            if !unsaid && bytes == payload.is_some() {
                data.value.csv_format = Some(At::unwritten(!bytes));
                let shown = |payload: &Vec<u8>| payload.iter().map(|byte| format!("{byte:02X}")).collect();
                data.value.data = payload.as_ref().map(shown).map(At::unwritten).or(data.value.data.take());
            }
            Scope::fill(&mut data.value);
        }
    }
}

/// What it takes to know which option is meant.
const NEITHER: &str = "option data configuration requires one of 'code' or 'name' parameters to be specified";
const UNKNOWN_TYPE: &str = "the type of this option is not known: it needs csv-format false and hexadecimal digits";

fn data_pos(data: &At<OptionData>) -> Pos {
    data.data.as_ref().map_or(data.pos, |data| data.pos)
}

/// The number in `vendor-4491`.
fn enterprise(space: &str) -> Option<u32> {
    space.strip_prefix("vendor-")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use schema::{Reader, json};

    fn encode(family: Family, text: &str) -> (OptionSet, Vec<String>) {
        let document = json::parse("<string>", text, &mut json::no_includes).expect("JSON");
        let mut reader = Reader::default();
        let list = <Vec<At<OptionData>> as schema::Field>::read(
            &mut reader,
            &document.root,
            &<Vec<At<OptionData>> as schema::Field>::KIND,
        );
        let mut problems = reader.problems;
        let set = {
            let mut classes = Classifier::empty(family);
            let definitions = Definitions::standard(family);
            Encoder::new(family, &definitions).encode(&list.unwrap_or_default(), &mut classes, &mut problems)
        };
        (set, document.errors(problems).iter().map(ToString::to_string).collect())
    }

    #[test]
    fn options_are_encoded_by_name_and_by_code() {
        let text = r#"[{"name": "routers", "data": "192.0.2.1, 192.0.2.2"},
            {"code": 6, "data": "C0000201", "csv-format": false, "always-send": true},
            {"code": 234, "data": "'abc'"}, {"code": 15, "never-send": true}]"#;
        let (set, problems) = encode(Family::V4, text);
        assert_eq!(problems, [""; 0]);
        assert_eq!(set.find(3).map(|item| &*item.data), Some(&[192, 0, 2, 1, 192, 0, 2, 2][..]));
        assert!(set.find(6).is_some_and(|item| item.always && *item.data == [192, 0, 2, 1]));
        assert_eq!(set.find(234).map(|item| &*item.data), Some(&b"abc"[..]));
        assert!(set.find(15).is_some_and(|item| item.never && item.data.is_empty()));
    }

    #[test]
    fn sub_options_stand_inside_their_carrier() {
        let text = r#"[{"name": "vendor-encapsulated-options"},
            {"code": 2, "space": "vendor-encapsulated-options-space", "data": "0102"},
            {"code": 2, "space": "vendor-4491", "data": "192.0.2.1"}]"#;
        let (set, problems) = encode(Family::V4, text);
        assert_eq!(problems, [""; 0]);
        assert_eq!(set.find(43).map(|item| &*item.data), Some(&[2, 2, 1, 2][..]));
        assert_eq!(set.vendors()[0].items[0].data[..], [192, 0, 2, 1]);
    }

    #[test]
    fn a_vendors_option_may_be_written_whole() {
        let text = r#"[{"code": 125, "csv-format": false, "data": "0000000903010107"}]"#;
        let (set, problems) = encode(Family::V4, text);
        assert_eq!(problems, [""; 0]);
        assert_eq!(set.find(125).map(|item| &*item.data), Some(&[0, 0, 0, 9, 3, 1, 1, 7][..]));
    }

    #[test]
    fn carriers_without_a_value_are_implied_and_others_are_not() {
        let text = r#"[{"space": "s46-cont-mape-options", "name": "s46-rule", "data": "1, 0, 24, 192.0.2.0, 2001:db8::/32"},
            {"space": "s46-rule-options", "name": "s46-portparams", "data": "0, 3/4"}]"#;
        let (set, problems) = encode(Family::V6, text);
        assert_eq!(problems, [""; 0]);
        assert_eq!(set.find(94).map(|item| item.data.len()), Some(4 + 1 + 1 + 1 + 4 + 5 + 4 + 4));
        let (set, problems) = encode(Family::V6, r#"[{"space": "s46-rule-options", "code": 93, "data": "0, 3/4"}]"#);
        assert_eq!((problems.len(), set.is_empty()), (0, true), "there is nothing to put it into");
    }

    #[test]
    fn what_is_no_option_is_refused_where_it_stands() {
        let text = r#"[{"data": "1"}, {"name": "rooters"}, {"code": 3, "name": "domain-name", "data": "x"},
{"code": 3, "data": "192.0.2"}, {"code": 250, "csv-format": true, "data": "1"}, {"code": 255}, {"code": 256},
{"code": 1, "space": "no where"}, {"code": 1, "space": "dhcp6"}, {"code": 1, "space": "nowhere"}]"#;
        let (_, problems) = encode(Family::V4, text);
        assert_eq!(
            problems,
            [
                "<string>:1:2: [0]: option data configuration requires one of 'code' or 'name' parameters to be specified",
                "<string>:1:26: [1]/name: definition for the option 'dhcp4.rooters' does not exist; did you mean `routers`?",
                "<string>:1:58: [2]/name: specified option name 'domain-name' does not match the option definition: 'dhcp4.routers'",
                "<string>:2:21: [3]/data: option data does not match option definition (space: dhcp4, code: 3): Failed to convert string to address '192.0.2': Invalid argument",
                "<string>:2:61: [4]/csv-format: the type of this option is not known: it needs csv-format false and hexadecimal digits",
                "<string>:2:90: [5]/code: invalid option code '255': reserved for END",
                "<string>:2:105: [6]/code: invalid option code '256', it must not be greater than '255'",
                "<string>:3:22: [7]/space: `no where` is no name: it needs letters, digits, and hyphens between them",
                "<string>:3:56: [8]/space: 'dhcp6' option space name is reserved for DHCPv6 server",
            ]
        );
    }
}
