//! What stands in which column of the tables of reservations, as Kea has it.
//!
//! Texts that are not there are empty, addresses 0; subnets that a row is not for are NULL. The value of an option stands
//! in `formatted_value` where it is written as fields, and otherwise as bytes in `value`.

use dhcpd_config::hosts::IdentifierKind;
use dhcpd_config::parameters::OptionData;
use dhcpd_config::v4::parameters::Reservation4;
use dhcpd_config::v6::parameters::Reservation6;
use dhcpd_config::values::{MaybeIpv4, MaybePrefix6, Octets, PlainOctets, Prefix6};
use schema::{Annotations, At, Given, Json};
use std::net::{Ipv4Addr, Ipv6Addr};

/// A row of `hosts` without its numbers, with what belongs to it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Columns {
    pub identifier: Vec<u8>,
    pub identifier_type: i16,
    pub address: i64,
    pub hostname: String,
    pub classes: String,
    pub user_context: Option<String>,
    pub next_server: i64,
    pub server_hostname: String,
    pub boot_file_name: String,
    pub reserved: Vec<Resource>,
    pub options: Vec<OptionColumns>,
}

/// A row of `ipv6_reservations`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resource {
    pub address: String,
    pub prefix_len: i16,
    /// 0 for an address, 2 for a prefix: the numbers of `lease6_types`.
    pub kind: i16,
    pub excluded: Option<String>,
    pub excluded_len: i16,
}

/// A row of `dhcp4_options` or `dhcp6_options`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OptionColumns {
    pub code: i32,
    pub value: Option<Vec<u8>>,
    pub formatted_value: Option<String>,
    pub space: Option<String>,
    pub persistent: bool,
    pub cancelled: bool,
    pub user_context: Option<String>,
    /// A list in JSON.
    pub client_classes: Option<String>,
}

const ADDRESS: i16 = 0;
const PREFIX: i16 = 2;

impl Columns {
    /// Those of a DHCPv4 reservation.
    pub fn of4(given: &Reservation4) -> Self {
        let Reservation4 { hw_address, duid, circuit_id, client_id, flex_id, .. } = given;
        use IdentifierKind::{CircuitId, ClientId, Duid, FlexId, HwAddress};
        let octets = |kind, given: &Given<Octets>| given.as_ref().map(|given| (kind, given.value.0.to_vec()));
        let plain = |kind, given: &Given<PlainOctets>| given.as_ref().map(|given| (kind, given.value.0.to_vec()));
        let identifier = octets(HwAddress, hw_address)
            .or_else(|| octets(Duid, duid))
            .or_else(|| plain(CircuitId, circuit_id))
            .or_else(|| plain(ClientId, client_id))
            .or_else(|| plain(FlexId, flex_id));
        let next_server = given.next_server.as_ref().and_then(|server| server.value.0);
        Self {
            address: given.ip_address.as_ref().map_or(0, |address| address.value.to_bits().into()),
            next_server: next_server.map_or(0, |server| server.to_bits().into()),
            server_hostname: text(&given.server_hostname),
            boot_file_name: text(&given.boot_file_name),
            ..Self::of(identifier, &given.hostname, &given.client_classes, &given.annotations, &given.option_data)
        }
    }

    /// Those of a DHCPv6 reservation.
    pub fn of6(given: &Reservation6) -> Self {
        use IdentifierKind::{Duid, FlexId, HwAddress};
        let octets = |kind, given: &Given<Octets>| given.as_ref().map(|given| (kind, given.value.0.to_vec()));
        let flex_id = || given.flex_id.as_ref().map(|given| (FlexId, given.value.0.to_vec()));
        let identifier = octets(Duid, &given.duid).or_else(|| octets(HwAddress, &given.hw_address)).or_else(flex_id);
        let addresses = given.ip_addresses.iter().map(|address| Resource {
            address: address.value.to_string(),
            prefix_len: 128,
            ..Resource::default()
        });
        let prefixes = given.prefixes.iter().enumerate().map(|(at, prefix)| {
            let excluded = given.excluded_prefixes.get(at).and_then(|excluded| excluded.value.0);
            Resource {
                address: prefix.address.to_string(),
                prefix_len: prefix.len.into(),
                kind: PREFIX,
                excluded: excluded.map(|excluded| excluded.address.to_string()),
                excluded_len: excluded.map_or(0, |excluded| excluded.len.into()),
            }
        });
        Self {
            reserved: addresses.chain(prefixes).collect(),
            ..Self::of(identifier, &given.hostname, &given.client_classes, &given.annotations, &given.option_data)
        }
    }

    fn of(
        identifier: Option<(IdentifierKind, Vec<u8>)>,
        hostname: &Given<String>,
        classes: &[At<String>],
        annotations: &Annotations,
        options: &[At<OptionData>],
    ) -> Self {
        let (kind, identifier) = identifier.unwrap_or((IdentifierKind::HwAddress, Vec::new()));
        let classes: Vec<&str> = classes.iter().map(|class| class.value.as_str()).collect();
        Self {
            identifier,
            identifier_type: kind as i16,
            hostname: text(hostname),
            classes: classes.join(","),
            user_context: context(annotations),
            options: options.iter().map(|option| OptionColumns::of(&option.value)).collect(),
            ..Self::default()
        }
    }

    /// The DHCPv4 reservation in them.
    pub fn reservation4(self) -> Result<Reservation4, String> {
        let mut made = Reservation4 {
            ip_address: address(self.address)?.map(At::unwritten),
            hostname: given(self.hostname),
            next_server: address(self.next_server)?.map(|server| At::unwritten(MaybeIpv4(Some(server)))),
            server_hostname: given(self.server_hostname),
            boot_file_name: given(self.boot_file_name),
            option_data: options(self.options)?,
            client_classes: names(&self.classes),
            annotations: annotations(self.user_context)?,
            ..Reservation4::default()
        };
        let octets = || Some(At::unwritten(Octets(self.identifier.clone().into())));
        let plain = || Some(At::unwritten(PlainOctets(self.identifier.clone().into())));
        match self.identifier_type {
            0 => made.hw_address = octets(),
            1 => made.duid = octets(),
            2 => made.circuit_id = plain(),
            3 => made.client_id = plain(),
            4 => made.flex_id = plain(),
            other => return Err(format!("invalid dhcp identifier type returned: {other}")),
        }
        Ok(made)
    }

    /// The DHCPv6 reservation in them.
    pub fn reservation6(self) -> Result<Reservation6, String> {
        let mut made = Reservation6 {
            hostname: given(self.hostname),
            option_data: options(self.options)?,
            client_classes: names(&self.classes),
            annotations: annotations(self.user_context)?,
            ..Reservation6::default()
        };
        let octets = || Some(At::unwritten(Octets(self.identifier.clone().into())));
        match self.identifier_type {
            0 => made.hw_address = octets(),
            1 => made.duid = octets(),
            4 => made.flex_id = Some(At::unwritten(PlainOctets(self.identifier.into()))),
            other => return Err(format!("invalid dhcp identifier type returned: {other}")),
        }
        for Resource { address, prefix_len, kind, excluded, excluded_len } in self.reserved {
            if kind == ADDRESS {
                made.ip_addresses.push(At::unwritten(address6(&address)?));
                continue;
            }
            made.prefixes.push(At::unwritten(prefix(&address, prefix_len)?));
            let excluded = excluded.filter(|_| excluded_len > 0);
            let excluded = excluded.map(|address| prefix(&address, excluded_len)).transpose()?;
            made.excluded_prefixes.push(At::unwritten(MaybePrefix6(excluded)));
        }
        if made.excluded_prefixes.iter().all(|excluded| excluded.value.0.is_none()) {
            made.excluded_prefixes.clear();
        }
        Ok(made)
    }
}

impl OptionColumns {
    /// Those of an option of which nothing is left to the table of options.
    fn of(given: &OptionData) -> Self {
        let data = text(&given.data);
        let fields = given.csv_format.as_ref().is_some_and(|csv| csv.value) && !data.is_empty();
        let classes: Vec<_> = given.client_classes.iter().map(|class| format!("\"{}\"", class.value)).collect();
        Self {
            code: given.code.as_ref().map_or(0, |code| code.value.into()),
            value: if fields || data.is_empty() { None } else { wire::options::bytes(&data).ok() },
            formatted_value: fields.then_some(data),
            space: given.space.as_ref().map(|space| space.value.clone()),
            persistent: given.always_send(),
            cancelled: given.never_send(),
            user_context: context(&given.annotations),
            client_classes: Some(format!("[ {} ]", classes.join(", "))),
        }
    }
}

fn options(rows: Vec<OptionColumns>) -> Result<Vec<At<OptionData>>, String> {
    rows.into_iter().map(option).collect()
}

fn option(row: OptionColumns) -> Result<At<OptionData>, String> {
    let code = u16::try_from(row.code).map_err(|_| format!("invalid option code {}", row.code))?;
    let fields = row.formatted_value.filter(|text| !text.is_empty());
    let bytes = row.value.unwrap_or_default();
    let digits = || bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    let classes = row.client_classes.unwrap_or_default();
    let unsaid = row.cancelled && fields.is_none() && bytes.is_empty();
    Ok(At::unwritten(OptionData {
        code: Some(At::unwritten(code)),
        space: row.space.and_then(given),
        csv_format: Some(At::unwritten(fields.is_some())),
        data: (!unsaid).then(|| At::unwritten(fields.unwrap_or_else(digits))),
        always_send: Some(At::unwritten(row.persistent)),
        never_send: Some(At::unwritten(row.cancelled)),
        client_classes: listed(&classes),
        annotations: annotations(row.user_context)?,
        ..OptionData::default()
    }))
}

/// The names in a list of JSON.
fn listed(json: &str) -> Vec<At<String>> {
    let list: Vec<String> = serde_json::from_str(json).unwrap_or_default();
    list.into_iter().map(At::unwritten).collect()
}

/// The names between commas.
fn names(classes: &str) -> Vec<At<String>> {
    let names = classes.split(',').map(str::trim).filter(|name| !name.is_empty());
    names.map(|name| At::unwritten(name.to_owned())).collect()
}

fn text(given: &Given<String>) -> String {
    given.as_ref().map(|text| text.value.clone()).unwrap_or_default()
}

fn given(text: String) -> Given<String> {
    Some(text).filter(|text| !text.is_empty()).map(At::unwritten)
}

/// The user context with the comment in it.
fn context(annotations: &Annotations) -> Option<String> {
    let mut map = annotations.user_context.as_ref().map(|context| context.value.0.clone());
    if let Some(comment) = &annotations.comment {
        map.get_or_insert_default().insert("comment".to_owned(), comment.value.clone().into());
    }
    map.map(|map| serde_json::Value::Object(map).to_string())
}

fn annotations(user_context: Option<String>) -> Result<Annotations, String> {
    let Some(text) = user_context.filter(|text| !text.is_empty()) else { return Ok(Annotations::default()) };
    match serde_json::from_str(&text) {
        Ok(serde_json::Value::Object(map)) => {
            Ok(Annotations { user_context: Some(At::unwritten(Json(map))), ..Annotations::default() })
        }
        Ok(_) => Err(format!("user context '{text}' is not a JSON map")),
        Err(error) => Err(format!("user context '{text}' is invalid JSON: {error}")),
    }
}

fn address(number: i64) -> Result<Option<Ipv4Addr>, String> {
    let bits = u32::try_from(number).map_err(|_| format!("{number} is no IPv4 address"))?;
    Ok(Some(Ipv4Addr::from_bits(bits)).filter(|address| !address.is_unspecified()))
}

fn address6(text: &str) -> Result<Ipv6Addr, String> {
    text.parse().map_err(|_| format!("{text} is no IPv6 address"))
}

fn prefix(address: &str, len: i16) -> Result<Prefix6, String> {
    let prefix = u8::try_from(len).ok().and_then(|len| Prefix6::new(address6(address).ok()?, len));
    prefix.ok_or_else(|| format!("{address}/{len} is no IPv6 prefix"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use schema::{Reader, Scope, json};

    fn read<R: Scope>(text: &str) -> R {
        let document = json::parse("<string>", text, &mut json::no_includes).unwrap();
        let mut reader = Reader::default();
        let read = R::read(&mut reader, &document.root);
        assert_eq!(reader.problems, []);
        read
    }

    #[test]
    fn what_is_written_is_read_again() {
        let given: Reservation4 = read(
            r#"{ "client-id": "01020304", "ip-address": "192.0.2.5", "hostname": "a.b", "next-server": "192.0.2.1",
            "server-hostname": "s", "boot-file-name": "f", "client-classes": ["x", "y z"], "user-context": { "a": [1] },
            "option-data": [
                { "code": 6, "space": "dhcp4", "csv-format": true, "data": "192.0.2.1", "always-send": true,
                  "never-send": false, "client-classes": ["q"] },
                { "code": 224, "space": "dhcp4", "csv-format": false, "data": "0A0B", "always-send": false, "never-send": false },
                { "code": 7, "space": "dhcp4", "csv-format": false, "always-send": false, "never-send": true }] }"#,
        );
        let columns = Columns::of4(&given);
        assert_eq!((columns.identifier_type, columns.address, &*columns.classes), (3, 0xc000_0205, "x,y z"));
        assert_eq!(columns.options[0].client_classes.as_deref(), Some("[ \"q\" ]"));
        assert_eq!(columns.options[1].value.as_deref(), Some(&[10, 11][..]));
        assert_eq!(columns.reservation4(), Ok(given));

        let given: Reservation6 = read(
            r#"{ "duid": "01:02:03", "ip-addresses": ["2001:db8::1", "2001:db8::2"], "prefixes": ["2001:db8:1::/48",
            "2001:db8:2::/48"], "excluded-prefixes": ["", "2001:db8:2:1::/64"], "hostname": "h" }"#,
        );
        let columns = Columns::of6(&given);
        assert_eq!(columns.reserved.len(), 4);
        assert_eq!(columns.reservation6(), Ok(given));
    }

    #[test]
    fn rows_that_are_none_are_told() {
        for (columns, reason) in [
            (Columns { identifier_type: 7, ..Columns::default() }, "invalid dhcp identifier type returned: 7"),
            (Columns { address: -1, ..Columns::default() }, "-1 is no IPv4 address"),
            (Columns { user_context: Some("[]".into()), ..Columns::default() }, "user context '[]' is not a JSON map"),
        ] {
            assert_eq!(columns.reservation4().unwrap_err(), reason);
        }
    }
}
