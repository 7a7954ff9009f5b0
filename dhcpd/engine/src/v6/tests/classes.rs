//! Classes: how a client comes to its own, and what they decide about. Configurations are written as an operator does.

use super::*;

/// A server with this inside of `Dhcp6`.
fn serving(settings: &str) -> Bench {
    let text = format!(r#"{{"Dhcp6": {{"valid-lifetime": 4000, "preferred-lifetime": 3000, {settings}}}}}"#);
    let document = schema::json::parse("test", &text, &mut schema::json::no_includes).expect("JSON");
    match dhcpd_config::v6::load(&document) {
        Ok((_, config)) => Bench::new(config),
        Err(errors) => panic!("{}", errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")),
    }
}

const SUBNET: &str = r#""subnet6": [{"id": 1, "subnet": "2001:db8:1::/64", "interface": "eth0", "pools": [{"pool": "2001:db8:1::10-2001:db8:1::1f"}]}]"#;
/// Members send `gold` in an option of their own.
const GOLD: &str = r#"{"name": "gold", "test": "option[65000].hex == 'gold'""#;
/// Everybody else.
const PLAIN: &str = r#"{"name": "plain", "test": "not member('gold')""#;

fn solicit() -> Ask {
    ask(MessageType::SOLICIT).na(1, &[])
}

fn gold(ask: Ask) -> Ask {
    ask.option(65000, b"gold")
}

fn offered(bench: &mut Bench, ask: &Ask) -> Option<String> {
    let answer = bench.try_ask(ask)?;
    answer.ias[0].leases.first().map(|(address, ..)| address.to_string())
}

fn at(address: &str) -> Option<String> {
    Some(address.to_owned())
}

#[test]
fn members_of_drop_get_no_answer_and_are_counted() {
    let mut bench =
        serving(&format!(r#""client-classes": [{{"name": "DROP", "test": "option[65000].hex == 'gold'"}}], {SUBNET}"#));
    assert!(bench.try_ask(&gold(solicit())).is_none());
    assert_eq!(["pkt6-admin-filtered", "pkt6-receive-drop"].map(|name| bench.stat(name)), [1, 1]);
    assert_eq!(offered(&mut bench, &solicit()), at("2001:db8:1::10"));
}

#[test]
fn clients_without_reservation_are_dropped_where_unknown_is() {
    let mut bench = serving(&format!(
        r#""client-classes": [{{"name": "DROP", "test": "member('UNKNOWN')"}}],
        "subnet6": [{{"id": 1, "subnet": "2001:db8:1::/64", "interface": "eth0",
          "reservations": [{{"duid": "{}", "ip-addresses": ["2001:db8:1::99"]}}]}}]"#,
        wire::hex::Colons(CLIENT)
    ));
    assert_eq!(offered(&mut bench, &solicit()), at("2001:db8:1::99"));
    assert!(bench.try_ask(&solicit().client(OTHER)).is_none());
    assert_eq!(bench.stat("pkt6-admin-filtered"), 1);
}

#[test]
fn members_of_reject_get_no_lease() {
    let mut bench = serving(&format!(
        r#""client-classes": [{{"name": "REJECT", "test": "option[65000].hex == 'gold'"}}], {SUBNET}"#
    ));
    for kind in [MessageType::SOLICIT, MessageType::REQUEST, MessageType::RENEW, MessageType::REBIND] {
        let answer = bench.ask(&gold(ask(kind).na(1, &[])));
        let ia = answer.find(code::IA_NA).expect("an IA");
        let status = Options::new(&ia[12..], 0).find(code::STATUS_CODE).expect("a status");
        assert_eq!(status.first_chunk(), Some(&[0, 2]), "NoAddrsAvail");
    }
}

#[test]
fn pools_are_for_members_of_their_classes() {
    let mut bench = serving(&format!(
        r#""client-classes": [{GOLD}}}, {PLAIN}}}],
        "subnet6": [{{"id": 1, "subnet": "2001:db8:1::/64", "interface": "eth0",
          "pools": [{{"pool": "2001:db8:1::10-2001:db8:1::10", "client-classes": ["gold", "silver"]}},
                    {{"pool": "2001:db8:1::50-2001:db8:1::50", "client-class": "plain"}}],
          "pd-pools": [{{"prefix": "2001:db8:8000::", "prefix-len": 48, "delegated-len": 56, "client-classes": ["gold"]}}]}}]"#
    ));
    assert_eq!(offered(&mut bench, &solicit()), at("2001:db8:1::50"));
    assert_eq!(offered(&mut bench, &gold(solicit())), at("2001:db8:1::10"));
    let prefix = |answer: Answer| {
        answer.find(code::IA_PD).is_some_and(|ia| Options::new(&ia[12..], 0).find(code::IA_PREFIX).is_some())
    };
    let asking = || ask(MessageType::SOLICIT).pd(1, &[]);
    assert_eq!([prefix(bench.ask(&asking())), prefix(bench.ask(&gold(asking())))], [false, true]);
    // A lease of a pool that is closed to the client now is replaced.
    assert_eq!(bench.ask(&ask(MessageType::REQUEST).na(1, &[])).address(), "2001:db8:1::50");
    let renewed = bench.ask(&gold(ask(MessageType::RENEW).na(1, &["2001:db8:1::50"])));
    let lease = |last: &str, preferred, valid| (ip(&format!("2001:db8:1::{last}")), 128, preferred, valid);
    assert_eq!(renewed.ias[0].leases, [lease("10", 3000, 4000), lease("50", 0, 0)]);
    assert!(bench.lease(LeaseType::Na, "2001:db8:1::50").is_none());
}

#[test]
fn a_subnet_is_for_members_of_its_classes() {
    let mut bench = serving(&format!(
        r#""client-classes": [{GOLD}}}, {PLAIN}}}],
        "shared-networks": [{{"name": "floor", "interface": "eth0", "subnet6": [
          {{"id": 1, "subnet": "2001:db8:1::/64", "pools": [{{"pool": "2001:db8:1::/80"}}], "client-classes": ["gold"]}},
          {{"id": 2, "subnet": "2001:db8:2::/64", "pools": [{{"pool": "2001:db8:2::/80"}}], "client-classes": ["plain"]}}]}},
         {{"name": "closed", "client-classes": ["nobody"], "relay": {{"ip-addresses": ["2001:db8:3::1"]}}, "subnet6": [
          {{"id": 3, "subnet": "2001:db8:3::/64", "pools": [{{"pool": "2001:db8:3::/80"}}]}}]}}]"#
    ));
    assert_eq!(offered(&mut bench, &gold(solicit())), at("2001:db8:1::"));
    assert_eq!(offered(&mut bench, &solicit().client(OTHER)), at("2001:db8:2::"));
    assert_eq!(
        offered(&mut bench, &solicit().relayed("2001:db8:3::1", "fe80::1", &[])),
        None,
        "nobody is in that class"
    );
}

#[test]
fn reserved_classes_open_pools_and_take_back_what_tests_gave() {
    let mut bench = serving(&format!(
        r#""client-classes": [{GOLD}}}, {PLAIN}}}],
        "subnet6": [{{"id": 1, "subnet": "2001:db8:1::/64", "interface": "eth0", "pools": [
          {{"pool": "2001:db8:1::10-2001:db8:1::10", "client-classes": ["vip"]}},
          {{"pool": "2001:db8:1::50-2001:db8:1::50", "client-classes": ["plain"]}},
          {{"pool": "2001:db8:1::60-2001:db8:1::60", "client-classes": ["KNOWN"]}}],
          "reservations": [{{"duid": "{}", "client-classes": ["vip"]}}, {{"duid": "{}", "client-classes": ["gold"]}}]}}]"#,
        wire::hex::Colons(CLIENT),
        wire::hex::Colons(OTHER),
    ));
    assert_eq!(offered(&mut bench, &solicit()), at("2001:db8:1::10"));
    assert_eq!(offered(&mut bench, &solicit().client(OTHER)), at("2001:db8:1::60"), "gold is not plain");
    assert_eq!(offered(&mut bench, &solicit().client(&[0, 3, 0, 1, 9, 9, 9, 9])), at("2001:db8:1::50"));
}

#[test]
fn an_early_global_reservation_decides_about_the_subnet() {
    let mut bench = serving(&format!(
        r#""early-global-reservations-lookup": true, "client-classes": [{{"name": "vip"}}],
        "reservations": [{{"duid": "{}", "client-classes": ["vip"]}}],
        "shared-networks": [{{"name": "floor", "interface": "eth0", "subnet6": [
          {{"id": 1, "subnet": "2001:db8:1::/64", "pools": [{{"pool": "2001:db8:1::/80"}}], "client-classes": ["vip"]}},
          {{"id": 2, "subnet": "2001:db8:2::/64", "pools": [{{"pool": "2001:db8:2::/80"}}]}}]}}]"#,
        wire::hex::Colons(CLIENT)
    ));
    assert_eq!(offered(&mut bench, &solicit()), at("2001:db8:1::"));
    assert_eq!(offered(&mut bench, &solicit().client(OTHER)), at("2001:db8:2::"));
}

#[test]
fn options_of_a_class_stand_between_those_of_the_subnet_and_of_the_server() {
    let mut bench = serving(&format!(
        r#""option-data": [{{"code": 227, "csv-format": false, "data": "01"}}, {{"code": 228, "csv-format": false, "data": "01"}}, {{"code": 229, "csv-format": false, "data": "01", "client-classes": ["gold"]}}],
        "client-classes": [
          {GOLD}, "option-data": [{{"code": 227, "data": "02"}}, {{"code": 228, "data": "02"}}, {{"code": 225, "data": "02", "always-send": true}}]}},
          {{"name": "also", "test": "member('gold')", "option-data": [{{"code": 227, "data": "03"}}, {{"code": 226, "data": "03"}}]}}],
        "subnet6": [{{"id": 1, "subnet": "2001:db8:1::/64", "interface": "eth0", "pools": [{{"pool": "2001:db8:1::/80",
            "option-data": [{{"code": 230, "csv-format": false, "data": "05", "client-classes": ["gold"]}}]}}],
          "option-data": [{{"code": 228, "csv-format": false, "data": "04"}}, {{"code": 230, "csv-format": false, "data": "04"}}]}}]"#
    ));
    let codes = [227, 228, 229, 225, 226, 230];
    let values = |answer: Answer| codes.map(|code| answer.find(code).map(|data| data[0]));
    let asking = || solicit().oro(&[227, 228, 229, 226, 230]);
    assert_eq!(values(bench.ask(&asking())), [Some(1), Some(4), None, None, None, Some(4)]);
    assert_eq!(values(bench.ask(&gold(asking()))), [Some(2), Some(4), Some(1), Some(2), Some(3), Some(5)]);
}

#[test]
fn lifetimes_come_from_the_first_class_that_has_them() {
    let mut bench = serving(&format!(
        r#""client-classes": [{GOLD}, "preferred-lifetime": 50}},
          {{"name": "also", "test": "member('gold')", "preferred-lifetime": 60, "valid-lifetime": 90}}], {SUBNET}"#
    ));
    let lifetimes = |answer: Answer| {
        let (_, _, preferred, valid) = answer.lease();
        (preferred, valid)
    };
    assert_eq!(lifetimes(bench.ask(&solicit())), (3000, 4000));
    assert_eq!(lifetimes(bench.ask(&gold(solicit()))), (50, 90));
}

#[test]
fn chosen_scopes_add_classes() {
    let mut bench = serving(
        r#""client-classes": [
          {"name": "late", "test": "option[65000].hex == 'gold'", "only-in-additional-list": true, "option-data": [{"code": 230, "data": "01"}]},
          {"name": "all-here", "option-data": [{"code": 231, "data": "01"}]},
          {"name": "elsewhere", "test": "'a' == 'a'", "only-if-required": true, "option-data": [{"code": 232, "data": "01"}]},
          {"name": "model", "template-test": "option[65001].hex", "option-data": [{"code": 233, "data": "01"}]},
          {"name": "SPAWN_model_x", "option-data": [{"code": 233, "data": "02"}]}],
        "subnet6": [{"id": 1, "subnet": "2001:db8:1::/64", "interface": "eth0", "evaluate-additional-classes": ["all-here", "undefined"],
          "pools": [{"pool": "2001:db8:1::/80", "require-client-classes": ["late"]}]}]"#,
    );
    let codes = [230, 231, 232, 233];
    let values = |answer: Answer| codes.map(|code| answer.find(code).map(|data| data[0]));
    assert_eq!(values(bench.ask(&gold(solicit()).oro(&codes))), [Some(1), Some(1), None, None]);
    assert_eq!(values(bench.ask(&solicit().oro(&codes))), [None, Some(1), None, None]);
    assert_eq!(values(bench.ask(&solicit().option(65001, b"x").oro(&codes)))[3], Some(2));
}
