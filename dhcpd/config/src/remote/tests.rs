//! What comes of files and databases that say different things.

use super::{Origin, Part, Parts, merge};
use crate::v4;
use proptest::prelude::*;
use schema::json::{self, Document};
use serde_json::{Value, json};
use wire::options::Family;

fn origin() -> Origin {
    Origin { database: "postgresql://kea".into(), family: Family::V4 }
}

fn parse(value: &Value) -> Document {
    json::parse("c", &json!({ "Dhcp4": value }).to_string(), &mut json::no_includes).unwrap()
}

fn rows(values: Value) -> Vec<Part> {
    let Value::Array(values) = values else { panic!("a list") };
    (1..).zip(values).map(|(id, value)| Part::new(id, value)).collect()
}

/// What the merged configuration says in the outermost scope.
fn merged(written: Value, held: &Parts, parts: &Parts) -> Value {
    let (document, errors) = merge(&parse(&written), &origin(), held, parts);
    assert_eq!(errors, []);
    document.root.to_json()["Dhcp4"].take()
}

fn over(written: Value, parts: Parts) -> Value {
    merged(written, &Parts::default(), &parts)
}

#[test]
fn global_parameters_of_the_database_win() {
    let globals = vec![
        Part::global(1, "valid-lifetime", json!(200)),
        Part::global(2, "expired-leases-processing.hold-reclaimed-time", json!(7)),
        Part::global(3, "dhcp-ddns.server-port", json!(53002)),
        Part::global(4, "dhcp-ddns.enable-updates", json!(true)),
        Part::global(5, "host-reservation-identifiers", json!("[ \"duid\" ]")),
        Part::global(6, "compatibility.lenient-option-parsing", json!(true)),
    ];
    let written = json!({
        "valid-lifetime": 100, "renew-timer": 50,
        "expired-leases-processing": { "max-reclaim-leases": 3, "hold-reclaimed-time": 9 },
        "dhcp-ddns": { "server-ip": "192.0.2.9" },
    });
    assert_eq!(
        over(written, Parts { globals, ..Parts::default() }),
        json!({
            "valid-lifetime": 200, "renew-timer": 50,
            "expired-leases-processing": { "max-reclaim-leases": 3, "hold-reclaimed-time": 7 },
            "dhcp-ddns": { "server-port": 53002, "enable-updates": true },
            "host-reservation-identifiers": ["duid"],
            "compatibility": { "lenient-option-parsing": true },
        })
    );
}

#[test]
fn options_and_definitions_are_known_by_space_and_code() {
    let option_defs = rows(json!([{ "name": "foo", "code": 222, "type": "uint32", "space": "dhcp4" }]));
    let options = rows(json!([
        { "code": 6, "space": "dhcp4", "data": "192.0.2.6" },
        { "code": 222, "name": "foo", "space": "dhcp4", "data": "5" },
    ]));
    let written = json!({
        "option-def": [{ "name": "foo", "code": 223, "type": "string" }, { "name": "bar", "code": 224, "type": "string" }],
        "option-data": [
            { "name": "domain-name-servers", "data": "192.0.2.7" },
            { "name": "foo", "data": "6" },
            { "name": "bar", "data": "kept" },
            { "code": 6, "space": "elsewhere", "data": "00" },
        ],
    });
    assert_eq!(
        over(written, Parts { option_defs, options, ..Parts::default() }),
        json!({
            "option-def": [
                { "name": "foo", "code": 222, "type": "uint32", "space": "dhcp4" },
                { "name": "bar", "code": 224, "type": "string" },
            ],
            "option-data": [
                { "code": 6, "space": "dhcp4", "data": "192.0.2.6" },
                { "code": 222, "name": "foo", "space": "dhcp4", "data": "5" },
                { "name": "bar", "data": "kept" },
                { "code": 6, "space": "elsewhere", "data": "00" },
            ],
        })
    );
}

#[test]
fn classes_of_the_database_replace_all() {
    let written = json!({ "client-classes": [{ "name": "written" }] });
    assert_eq!(over(written.clone(), Parts::default()), written);
    let classes = rows(json!([{ "name": "b" }, { "name": "a", "test": "member('b')" }]));
    let all = Parts { classes, ..Parts::default() };
    let completed = over(written, all.clone());
    assert_eq!(completed, json!({ "client-classes": [{ "name": "b" }, { "name": "a", "test": "member('b')" }] }));
    assert_eq!(merged(completed, &all, &Parts::default()), json!({ "client-classes": [] }));
}

#[test]
fn a_subnet_replaces_those_of_its_number_and_of_its_prefix() {
    let networks = rows(json!([{ "name": "floor", "valid-lifetime": 9 }, { "name": "new" }]));
    let subnets = rows(json!([
        { "id": 1, "subnet": "10.9.0.0/16", "shared-network-name": "floor", "metadata": { "server-tags": [] } },
        { "id": 4, "subnet": "10.2.0.0/16", "shared-network-name": null },
        { "id": 5, "subnet": "10.5.0.0/16", "shared-network-name": "new" },
    ]));
    let written = json!({
        "shared-networks": [
            { "name": "floor", "subnet4": [{ "id": 3, "subnet": "10.3.0.0/16" }] },
            { "name": "other", "subnet4": [{ "id": 2, "subnet": "10.2.0.0/16", "reservations": [{ "duid": "02" }] }] },
        ],
        "subnet4": [{ "id": 1, "subnet": "10.1.0.0/16", "reservations": [{ "duid": "01" }] }, { "id": 6, "subnet": "10.6.0.0/16" }],
    });
    let parts = Parts { networks, subnets, ..Parts::default() };
    let expected = json!({
        "shared-networks": [
            { "name": "other", "subnet4": [] },
            { "name": "floor", "valid-lifetime": 9, "subnet4": [
                { "id": 3, "subnet": "10.3.0.0/16" },
                { "id": 1, "subnet": "10.9.0.0/16", "reservations": [{ "duid": "01" }] },
            ] },
            { "name": "new", "subnet4": [{ "id": 5, "subnet": "10.5.0.0/16" }] },
        ],
        "subnet4": [{ "id": 6, "subnet": "10.6.0.0/16" }, { "id": 4, "subnet": "10.2.0.0/16" }],
    });
    let completed = over(written, parts.clone());
    assert_eq!(completed, expected);
    // What a command made of the completed configuration holds what the database said; it goes with the rows.
    assert_eq!(
        merged(completed, &parts, &Parts::default()),
        json!({
            "shared-networks": [{ "name": "other", "subnet4": [] }],
            "subnet4": [{ "id": 6, "subnet": "10.6.0.0/16" }, { "id": 3, "subnet": "10.3.0.0/16" }],
        })
    );
}

#[test]
fn what_cannot_be_used_is_left_out_with_as_little_as_possible() {
    let mut parts = Parts {
        globals: vec![Part::global(1, "valid-lifetime", json!("long")), Part::global(2, "renew-timer", json!(7))],
        options: rows(json!([{ "code": 3, "data": "nowhere" }])),
        subnets: rows(json!([
            { "id": 1, "subnet": "10.1.0.0/16", "pools": [
                { "pool": "10.2.0.0/24" },
                { "pool": "10.1.0.0/24", "option-data": [{ "code": 3, "data": "10.1.0.1" }, { "code": 6, "data": "x" }] },
            ] },
            { "id": 2, "subnet": "10.1.2.3" },
            { "id": 3, "subnet": "10.3.0.0/16", "shared-network-name": "nowhere" },
        ])),
        ..Parts::default()
    };
    let written = parse(&json!({}));
    let mut told = Vec::new();
    let left = loop {
        let (document, mut errors) = merge(&written, &origin(), &Parts::default(), &parts);
        errors.extend(v4::load(&document).err().into_iter().flatten());
        if errors.is_empty() {
            break document.root.to_json()["Dhcp4"].take();
        }
        told.extend(errors.iter().map(|error| format!("{}:{} {}", error.file, error.line, error.path)));
        assert!(parts.leave_out(&origin(), &errors), "{errors:?}");
    };
    assert_eq!(
        left,
        json!({ "renew-timer": 7, "subnet4": [
            { "id": 1, "subnet": "10.1.0.0/16", "pools": [
                { "pool": "10.1.0.0/24", "option-data": [{ "code": 3, "data": "10.1.0.1" }] },
            ] },
        ] })
    );
    for row in [
        "postgresql://kea/dhcp4_global_parameter:1 Dhcp4/valid-lifetime",
        "postgresql://kea/dhcp4_options:1 Dhcp4/option-data[0]/data",
        "postgresql://kea/dhcp4_subnet:1 Dhcp4/subnet4[0]/pools[0]/pool",
        "postgresql://kea/dhcp4_subnet:2 Dhcp4/subnet4[1]/subnet",
        "postgresql://kea/dhcp4_subnet:3 ",
    ] {
        assert!(told.iter().any(|told| told == row), "{row}: {told:?}");
    }
}

#[test]
fn what_was_written_wrong_is_no_matter_of_the_database() {
    let (document, _) = merge(&parse(&json!({ "nonsense": 1 })), &origin(), &Parts::default(), &Parts::default());
    let errors = v4::load(&document).unwrap_err();
    assert!(!Parts::default().leave_out(&origin(), &errors));
}

proptest! {
    /// Whatever was merged before: what was written and is not the database's stays, and of the rest what it says now.
    #[test]
    fn what_the_database_said_before_does_not_matter(written in 0u8..16, before in 0u8..16, now in 0u8..16) {
        let subnet = |id: u32| json!({ "id": id, "subnet": format!("10.{id}.0.0/16") });
        let chosen = |set: u8| -> Vec<Value> { (0..4).filter(|bit| set >> bit & 1 == 1).map(subnet).collect() };
        let parts = |set: u8| Parts { subnets: rows(chosen(set).into()), ..Parts::default() };
        let once = over(json!({ "subnet4": chosen(written) }), parts(before));
        let twice = merged(once, &parts(before), &parts(now));
        let expected = chosen(written & !before & !now).into_iter().chain(chosen(now));
        prop_assert_eq!(&twice["subnet4"], &expected.collect::<Value>());
        prop_assert_eq!(merged(twice.clone(), &parts(now), &parts(now)), twice);
    }
}
