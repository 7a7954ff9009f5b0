//! Classes: how a client comes to its own, and what they decide about. Configurations are written as an operator does.

use super::bench::{Bench, Query, SERVER, Seen};
use dhcpd_config::v4;
use std::net::Ipv4Addr;
use wire::v4::{MessageType, code};

/// A server with this inside of `Dhcp4`.
fn serving(settings: &str) -> Bench {
    let text = format!(r#"{{"Dhcp4": {{"valid-lifetime": 3600, {settings}}}}}"#);
    let document = schema::json::parse("test", &text, &mut schema::json::no_includes).expect("JSON");
    match v4::load(&document) {
        Ok((_, config)) => Bench::new(config),
        Err(errors) => panic!("{}", errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")),
    }
}

const SUBNET: &str = r#""subnet4": [{"id": 1, "subnet": "10.0.1.0/24", "pools": [{"pool": "10.0.1.10-10.0.1.20"}]}]"#;
/// Members send `gold` as vendor class.
const GOLD: &str = r#"{"name": "gold", "test": "option[60].text == 'gold'""#;
/// Everybody else.
const PLAIN: &str = r#"{"name": "plain", "test": "not member('gold')""#;

fn gold(client: u8) -> Query {
    Query::discover(client).with(code::VENDOR_CLASS_IDENTIFIER, *b"gold")
}

fn offered(bench: &mut Bench, query: &Query) -> Option<Ipv4Addr> {
    bench.send(query).map(|seen| seen.yiaddr())
}

fn address(last: u8) -> Option<Ipv4Addr> {
    Some([10, 0, 1, last].into())
}

#[test]
fn members_of_drop_get_no_answer_and_are_counted() {
    let mut bench =
        serving(&format!(r#""client-classes": [{{"name": "DROP", "test": "option[60].text == 'gold'"}}], {SUBNET}"#));
    assert!(bench.send(&gold(1)).is_none());
    assert_eq!(["pkt4-admin-filtered", "pkt4-receive-drop"].map(|name| bench.statistic(name)), [1, 1]);
    assert_eq!(offered(&mut bench, &Query::discover(1)), address(10));
}

#[test]
fn clients_without_reservation_are_dropped_where_unknown_is() {
    let mut bench = serving(
        r#""client-classes": [{"name": "DROP", "test": "member('UNKNOWN')"}],
        "subnet4": [{"id": 1, "subnet": "10.0.1.0/24", "pools": [{"pool": "10.0.1.10-10.0.1.20"}],
          "reservations": [{"hw-address": "02:00:00:00:00:01", "ip-address": "10.0.1.99"}]}]"#,
    );
    assert_eq!(offered(&mut bench, &Query::discover(1)), address(99));
    assert_eq!(offered(&mut bench, &Query::discover(2)), None);
    assert_eq!(bench.statistic("pkt4-admin-filtered"), 1);
}

#[test]
fn members_of_reject_are_refused() {
    let mut bench =
        serving(&format!(r#""client-classes": [{{"name": "REJECT", "test": "option[60].text == 'gold'"}}], {SUBNET}"#));
    let kind = |seen: Option<Seen>| seen.map(|seen| seen.kind());
    assert_eq!(kind(bench.send(&gold(1))), Some(MessageType::NAK));
    let request = Query::select(1, [10, 0, 1, 10]).with(code::VENDOR_CLASS_IDENTIFIER, *b"gold");
    assert_eq!(kind(bench.send(&request)), Some(MessageType::NAK));
    assert!(bench.lease_on([10, 0, 1, 10]).is_none());
}

#[test]
fn a_pool_is_for_members_of_its_classes() {
    let mut bench = serving(&format!(
        r#""client-classes": [{GOLD}}}, {PLAIN}}}],
        "subnet4": [{{"id": 1, "subnet": "10.0.1.0/24", "pools": [
          {{"pool": "10.0.1.10-10.0.1.10", "client-classes": ["gold", "silver"]}},
          {{"pool": "10.0.1.50-10.0.1.50", "client-class": "plain"}}]}}]"#
    ));
    assert_eq!(offered(&mut bench, &Query::discover(1)), address(50));
    assert_eq!(offered(&mut bench, &gold(2)), address(10));
    assert_eq!(bench.lease(1), Ipv4Addr::new(10, 0, 1, 50));
    // Once it is in another class, its lease is of a pool that is closed to it.
    let renewal = Query::from(1, MessageType::REQUEST, [10, 0, 1, 50]);
    assert_eq!(bench.send(&renewal).map(|seen| seen.kind()), Some(MessageType::ACK));
    assert!(bench.send(&renewal.with(code::VENDOR_CLASS_IDENTIFIER, *b"gold")).is_none());
    assert_eq!(offered(&mut bench, &gold(1)), address(10));
}

#[test]
fn a_subnet_is_for_members_of_its_classes() {
    let mut bench = serving(&format!(
        r#""client-classes": [{GOLD}}}, {PLAIN}}}],
        "shared-networks": [{{"name": "floor", "relay": {{"ip-addresses": ["192.0.2.1"]}}, "subnet4": [
          {{"id": 1, "subnet": "10.0.1.0/24", "pools": [{{"pool": "10.0.1.10-10.0.1.20"}}], "client-classes": ["gold"]}},
          {{"id": 2, "subnet": "10.0.2.0/24", "pools": [{{"pool": "10.0.2.10-10.0.2.20"}}], "client-classes": ["plain"]}}]}},
         {{"name": "closed", "client-classes": ["nobody"], "subnet4": [
          {{"id": 3, "subnet": "10.0.3.0/24", "pools": [{{"pool": "10.0.3.10-10.0.3.20"}}]}}]}}]"#
    ));
    let relay = [192, 0, 2, 1];
    assert_eq!(offered(&mut bench, &gold(1).relayed(relay)), address(10));
    assert_eq!(offered(&mut bench, &Query::discover(2).relayed(relay)), Some([10, 0, 2, 10].into()));
    assert_eq!(offered(&mut bench, &Query::discover(3).relayed([10, 0, 3, 1])), None, "nobody is in that class");
}

#[test]
fn reserved_classes_open_pools_and_take_back_what_tests_gave() {
    let mut bench = serving(&format!(
        r#""client-classes": [{GOLD}}}, {PLAIN}}}],
        "subnet4": [{{"id": 1, "subnet": "10.0.1.0/24", "pools": [
          {{"pool": "10.0.1.10-10.0.1.10", "client-classes": ["vip"]}},
          {{"pool": "10.0.1.50-10.0.1.50", "client-classes": ["plain"]}},
          {{"pool": "10.0.1.60-10.0.1.60", "client-classes": ["KNOWN"]}}],
          "reservations": [{{"hw-address": "02:00:00:00:00:01", "client-classes": ["vip"]}},
                           {{"hw-address": "02:00:00:00:00:02", "client-classes": ["gold"]}}]}}]"#
    ));
    assert_eq!(offered(&mut bench, &Query::discover(1)), address(10));
    assert_eq!(offered(&mut bench, &Query::discover(2)), address(60), "gold is not plain");
    assert_eq!(offered(&mut bench, &Query::discover(3)), address(50));
}

#[test]
fn an_early_global_reservation_decides_about_the_subnet() {
    let mut bench = serving(
        r#""early-global-reservations-lookup": true,
        "client-classes": [{"name": "vip"}, {"name": "DROP", "test": "member('KNOWN') and pkt4.mac == 0x020000000002"}],
        "reservations": [{"hw-address": "02:00:00:00:00:01", "client-classes": ["vip"]},
                         {"hw-address": "02:00:00:00:00:02", "client-classes": ["bad"]}],
        "shared-networks": [{"name": "floor", "relay": {"ip-addresses": ["192.0.2.1"]}, "subnet4": [
          {"id": 1, "subnet": "10.0.1.0/24", "pools": [{"pool": "10.0.1.10-10.0.1.20"}], "client-classes": ["vip"]},
          {"id": 2, "subnet": "10.0.2.0/24", "pools": [{"pool": "10.0.2.10-10.0.2.20"}]}]}]"#,
    );
    let relay = [192, 0, 2, 1];
    assert_eq!(offered(&mut bench, &Query::discover(1).relayed(relay)), address(10));
    assert_eq!(offered(&mut bench, &Query::discover(2).relayed(relay)), None);
    assert_eq!(bench.statistic("pkt4-admin-filtered"), 1);
    assert_eq!(offered(&mut bench, &Query::discover(3).relayed(relay)), Some([10, 0, 2, 10].into()));
}

#[test]
fn options_of_a_class_stand_between_those_of_the_subnet_and_of_the_server() {
    let mut bench = serving(&format!(
        r#""option-data": [{{"code": 227, "csv-format": false, "data": "01"}}, {{"code": 228, "csv-format": false, "data": "01"}}, {{"code": 224, "csv-format": false, "data": "01"}}],
        "client-classes": [
          {GOLD}, "option-data": [{{"code": 227, "data": "02"}}, {{"code": 228, "data": "02"}}, {{"code": 225, "data": "02", "always-send": true}}]}},
          {{"name": "also", "test": "member('gold')", "option-data": [{{"code": 227, "data": "03"}}, {{"code": 226, "data": "03"}}]}}],
        "subnet4": [{{"id": 1, "subnet": "10.0.1.0/24", "pools": [{{"pool": "10.0.1.10-10.0.1.20"}}],
          "option-data": [{{"code": 228, "csv-format": false, "data": "04"}}]}}]"#
    ));
    let values = |seen: Seen| [227, 228, 224, 225, 226].map(|code| seen.option(code).map(|data| data[0]));
    let asked = [227, 228, 224, 226];
    let plain = bench.send(&Query::discover(1).asking_for(&asked)).expect("an offer");
    assert_eq!(values(plain), [Some(1), Some(4), Some(1), None, None]);
    let member = bench.send(&gold(2).asking_for(&asked)).expect("an offer");
    assert_eq!(values(member), [Some(2), Some(4), Some(1), Some(2), Some(3)]);
}

#[test]
fn options_for_classes_go_to_members_alone() {
    let mut bench = serving(&format!(
        r#""client-classes": [{GOLD}}}],
        "option-data": [{{"code": 230, "csv-format": false, "data": "01"}}, {{"code": 231, "csv-format": false, "data": "01", "client-classes": ["gold"]}}],
        "subnet4": [{{"id": 1, "subnet": "10.0.1.0/24", "pools": [{{"pool": "10.0.1.10-10.0.1.20",
          "option-data": [{{"code": 230, "csv-format": false, "data": "02"}}, {{"code": 230, "csv-format": false, "data": "03", "client-classes": ["gold"], "always-send": true}},
                          {{"code": 232, "data": "03", "client-classes": ["gold"], "always-send": true}}]}}]}}]"#
    ));
    let values = |seen: Seen| [230, 231, 232].map(|code| seen.option(code).map(|data| data[0]));
    let plain = bench.send(&Query::discover(1).asking_for(&[230, 231, 232])).expect("an offer");
    assert_eq!(values(plain), [Some(2), None, None]);
    let member = bench.send(&gold(2).asking_for(&[231])).expect("an offer");
    assert_eq!(values(member), [Some(3), Some(1), Some(3)]);
}

#[test]
fn boot_fields_and_lifetimes_come_from_the_first_class_that_has_them() {
    let mut bench = serving(&format!(
        r#""next-server": "192.0.2.1", "server-hostname": "outer", "boot-file-name": "outer.img",
        "client-classes": [
          {GOLD}, "next-server": "192.0.2.2", "min-valid-lifetime": 100, "valid-lifetime": 200, "max-valid-lifetime": 300}},
          {{"name": "also", "test": "member('gold')", "next-server": "192.0.2.3", "boot-file-name": "gold.img", "valid-lifetime": 9}}],
        {SUBNET}"#
    ));
    let fields = |seen: &Seen| {
        let packet = seen.packet();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end_matches('\0').to_owned();
        (packet.siaddr(), text(packet.sname()), text(packet.file()))
    };
    let plain = bench.send(&Query::discover(1)).expect("an offer");
    assert_eq!(fields(&plain), ([192, 0, 2, 1].into(), "outer".to_owned(), "outer.img".to_owned()));
    assert_eq!(plain.seconds(code::LEASE_TIME), Some(3600));
    let member = bench.send(&gold(2)).expect("an offer");
    assert_eq!(fields(&member), ([192, 0, 2, 2].into(), "outer".to_owned(), "gold.img".to_owned()));
    assert_eq!(member.seconds(code::LEASE_TIME), Some(200));
    let eager = bench.send(&gold(2).with(code::LEASE_TIME, 9999u32.to_be_bytes())).expect("an offer");
    assert_eq!(eager.seconds(code::LEASE_TIME), Some(300));
}

#[test]
fn an_offer_to_a_member_is_kept_for_it() {
    let mut bench = serving(&format!(r#""client-classes": [{GOLD}, "offer-lifetime": 60}}], {SUBNET}"#));
    assert_eq!(offered(&mut bench, &Query::discover(1)), address(10));
    assert!(bench.lease_on([10, 0, 1, 10]).is_none());
    let kept = offered(&mut bench, &gold(2)).expect("an offer");
    assert_eq!(bench.lease_on(kept.octets()).map(|lease| lease.valid_lifetime), Some(60));
}

#[test]
fn chosen_scopes_add_classes() {
    let mut bench = serving(
        r#""client-classes": [
          {"name": "late", "test": "option[60].text == 'gold'", "only-in-additional-list": true, "option-data": [{"code": 230, "data": "01"}]},
          {"name": "all-here", "option-data": [{"code": 231, "data": "01"}]},
          {"name": "elsewhere", "test": "'a' == 'a'", "only-if-required": true, "option-data": [{"code": 232, "data": "01"}]}],
        "subnet4": [{"id": 1, "subnet": "10.0.1.0/24", "evaluate-additional-classes": ["all-here", "undefined"],
          "pools": [{"pool": "10.0.1.10-10.0.1.20", "require-client-classes": ["late"]}]}]"#,
    );
    let asked = [230, 231, 232];
    let values = |seen: Option<Seen>| seen.map(|seen| asked.map(|code| seen.option(code).is_some()));
    assert_eq!(values(bench.send(&gold(1).asking_for(&asked))), Some([true, true, false]));
    assert_eq!(values(bench.send(&Query::discover(2).asking_for(&asked))), Some([false, true, false]));
}

#[test]
fn each_value_of_a_template_is_a_class() {
    let mut bench = serving(&format!(
        r#""client-classes": [{{"name": "model", "template-test": "substring(option[60].hex, 0, 2)", "option-data": [{{"code": 230, "data": "01"}}]}},
          {{"name": "SPAWN_model_go", "option-data": [{{"code": 230, "data": "02"}}, {{"code": 231, "data": "02"}}]}}], {SUBNET}"#
    ));
    let asked = [230, 231];
    let values = |seen: Option<Seen>| seen.map(|seen| asked.map(|code| seen.option(code).map(|data| data[0])));
    assert_eq!(
        values(bench.send(&gold(1).asking_for(&asked))),
        Some([Some(2), Some(2)]),
        "the spawned class comes first"
    );
    let other = Query::discover(2).with(code::VENDOR_CLASS_IDENTIFIER, *b"xy").asking_for(&asked);
    assert_eq!(values(bench.send(&other)), Some([Some(1), None]));
    assert_eq!(values(bench.send(&Query::discover(3).asking_for(&asked))), Some([None, None]));
}

#[test]
fn a_test_that_fails_makes_no_member_and_an_inform_gets_the_options_of_its_classes() {
    let mut bench = serving(&format!(
        r#""client-classes": [{{"name": "broken", "test": "hexstring(option[60].hex, '') == uint8totext(option[60].hex)", "option-data": [{{"code": 230, "data": "01"}}]}},
          {GOLD}, "option-data": [{{"code": 231, "data": "01"}}]}}], {SUBNET}"#
    ));
    let inform = Query {
        source: [10, 0, 1, 9].into(),
        destination: SERVER,
        ..Query::from(1, MessageType::INFORM, [10, 0, 1, 9])
    };
    let seen =
        bench.send(&inform.with(code::VENDOR_CLASS_IDENTIFIER, *b"gold").asking_for(&[230, 231])).expect("an answer");
    assert_eq!([230, 231].map(|code| seen.option(code).is_some()), [false, true]);
}
