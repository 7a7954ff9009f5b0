//! The table against itself, and text against payload in both directions.

use super::*;
use proptest::prelude::*;

const SPACES: &[(Family, &str)] = &[
    (Family::V4, "dhcp4"),
    (Family::V4, "dhcp-agent-options-space"),
    (Family::V4, "cablelabs-client-conf"),
    (Family::V4, "vendor-4491"),
    (Family::V6, "dhcp6"),
    (Family::V6, "vendor-2495"),
    (Family::V6, "s46-cont-mape-options"),
    (Family::V6, "s46-cont-mapt-options"),
    (Family::V6, "s46-cont-lw-options"),
    (Family::V6, "s46-rule-options"),
    (Family::V6, "s46-v4v6bind-options"),
    (Family::V6, "v6-ntp-server-suboptions"),
    (Family::V6, "vendor-4491"),
];

fn all() -> impl Iterator<Item = &'static Definition> {
    SPACES.iter().flat_map(|&(family, space)| standard(family, space))
}

#[test]
fn every_row_is_found_by_code_and_by_name() {
    for &(family, space) in SPACES {
        assert!(!standard(family, space).is_empty(), "{space}");
        for row in standard(family, space) {
            assert_eq!(by_code(family, space, row.code), Some(row));
            assert_eq!(by_name(family, space, &row.name), Some(row));
            assert_eq!(row.kind == DataType::Record, !row.fields.is_empty(), "{}", row.name);
        }
    }
}

#[test]
fn values_as_operators_write_them() {
    let four = |name, text| encode(by_name(Family::V4, "dhcp4", name).unwrap(), text, true);
    let six = |name, text| encode(by_name(Family::V6, "dhcp6", name).unwrap(), text, true);
    assert_eq!(four("routers", "192.0.2.1, 192.0.2.2").unwrap(), [192, 0, 2, 1, 192, 0, 2, 2]);
    assert_eq!(four("domain-name", "example.org").unwrap(), b"example.org");
    assert_eq!(four("host-name", r"a\,b").unwrap(), b"a,b");
    assert_eq!(four("time-offset", "-1").unwrap(), [255; 4]);
    assert_eq!(four("default-ip-ttl", "0x40").unwrap(), [64]);
    assert_eq!(four("ip-forwarding", "True").unwrap(), [1]);
    assert_eq!(four("domain-search", "a.b, c").unwrap(), b"\x01a\x01b\0\x01c\0");
    assert_eq!(four("slp-service-scope", "true, x").unwrap(), b"\x01x");
    assert_eq!(four("classless-static-route", "10.0.0.0/8 - 10.0.0.1").unwrap(), [8, 10, 10, 0, 0, 1]);
    assert_eq!(four("option-6rd", "16, 32, 2001:db8::, 192.0.2.1, 192.0.2.2").unwrap().len(), 26);
    assert_eq!(four("v4-portparams", "4, 7/8").unwrap(), [4, 8, 7, 0]);
    assert_eq!(six("dns-servers", "2001:db8::1").unwrap().len(), 16);
    assert_eq!(six("bootfile-param", "ab, c").unwrap(), b"\0\x02ab\0\x01c");
    assert_eq!(six("pd-exclude", "2001:db8::/36").unwrap(), [36, 0x20, 1, 0xd, 0xb8, 0]);
    assert_eq!(six("rapid-commit", "").unwrap(), b"");
    let binary = by_name(Family::V4, "dhcp4", "dhcp-client-identifier").unwrap();
    assert_eq!(encode(binary, "01:0a", false).unwrap(), [1, 10]);
    assert_eq!(encode(binary, "'ab'", false).unwrap(), b"ab");
}

#[test]
fn values_that_are_refused() {
    let four = |name, text, csv| encode(by_name(Family::V4, "dhcp4", name).unwrap(), text, csv);
    for (name, text) in [
        ("routers", "192.0.2.256"),
        ("routers", "2001:db8::1"),
        ("default-ip-ttl", "256"),
        ("default-ip-ttl", "many"),
        ("ip-forwarding", "2"),
        ("fqdn", "1, 2"),
        ("domain-search", "a..b"),
        ("classless-static-route", "10.0.0.0/33 - 10.0.0.1"),
        ("v4-dnr", "100"),
        ("domain-name", ""),
    ] {
        assert!(four(name, text, true).is_err(), "{name} {text}");
    }
    assert!(four("routers", "0a0000", false).is_err(), "three bytes are no address");
    assert!(four("dhcp-client-identifier", "xyz", false).is_err());
}

proptest! {
    /// Whatever a definition takes as bytes is printed as text that encodes to bytes of the same text.
    #[test]
    fn payload_to_text_and_back(payload in proptest::collection::vec(any::<u8>(), 0..60)) {
        for definition in all().filter(|d| !matches!(d.kind, DataType::Dnr4 | DataType::Dnr6)) {
            let Ok(text) = decode(definition, &payload) else { continue };
            if text.is_empty() || text.split(", ").any(|v| v.trim() != v || v.is_empty()) {
                continue; // Blanks around a text and empty texts cannot be written.
            }
            let Ok(again) = encode(definition, &text, true) else { continue };
            prop_assert_eq!(decode(definition, &again), Ok(text), "{}", definition.name);
        }
    }

    #[test]
    fn fixed_sizes_come_back_byte_for_byte(payload in proptest::collection::vec(any::<u8>(), 16)) {
        let fixed = |d: &&Definition| d.kind != DataType::Psid && d.kind.size().is_some_and(|s| s > 0);
        for definition in all().filter(fixed) {
            let payload = &payload[..definition.kind.size().unwrap()];
            let Ok(text) = decode(definition, payload) else { continue };
            prop_assert_eq!(encode(definition, &text, true), Ok(payload.to_vec()), "{}", definition.name);
        }
    }

    #[test]
    fn any_text_is_encoded_or_refused(text in ".{0,40}") {
        for definition in all() {
            let _ = encode(definition, &text, true);
            let _ = encode(definition, &text, false);
        }
    }
}
