//! Which options an answer carries.

use super::bench::*;
use dhcpd_config::options::{OptionItem, OptionSet, VendorOptions};
use dhcpd_config::v4::snapshot::Subnet4;
use std::net::Ipv4Addr;
use std::sync::Arc;
use wire::v4::{MessageType, code};

#[test]
fn what_is_asked_for_what_is_basic_and_what_is_always_sent() {
    let items = vec![
        item(code::ROUTERS, &[10, 0, 1, 1]),
        item(42, &[10, 0, 1, 9]),
        item(66, b"tftp"),
        OptionItem { always: true, ..item(150, &[1, 2, 3]) },
        OptionItem { never: true, always: true, ..item(151, &[0]) },
    ];
    let mut bench = Bench::new(config(vec![with_options(subnet(1), items)]));
    let offer = bench.send(&Query::discover(1).asking_for(&[42, 151, 77])).unwrap();
    let codes: Vec<u8> = offer.packet().options().map(|(code, _)| code).collect();
    assert_eq!(codes, [53, 1, 3, 42, 51, 54, 58, 59, 150], "the type first, then by code");
}

#[test]
fn options_of_the_pool_are_those_of_the_address() {
    let mut two = subnet(1);
    two.pools = vec![pool([10, 0, 1, 10], [10, 0, 1, 10]), pool([10, 0, 1, 20], [10, 0, 1, 20])];
    for (pool, byte) in two.pools.iter_mut().zip([1, 2]) {
        pool.options = Arc::new(OptionSet::new(vec![item(code::ROUTERS, &[10, 0, 1, byte])], vec![]));
    }
    let mut bench = Bench::new(config(vec![two]));
    let mut router = |last| {
        let query = Query::discover(1).with(code::REQUESTED_ADDRESS, [10, 0, 1, last]);
        bench.send(&query).unwrap().option(code::ROUTERS).unwrap()[3]
    };
    assert_eq!((router(10), router(20)), (1, 2));
}

#[test]
fn the_client_identifier_is_echoed_unless_told_otherwise() {
    let query = Query::discover(1).with(code::CLIENT_IDENTIFIER, *b"\0abc");
    let mut settings = config(vec![subnet(1)]);
    assert_eq!(Bench::new(settings.clone()).send(&query).unwrap().option(61), Some(b"\0abc".to_vec()));
    settings.echo_client_id = false;
    assert_eq!(Bench::new(settings).send(&query).unwrap().option(61), None);
}

#[test]
fn an_operator_may_give_another_server_identifier() {
    let items = vec![item(code::SERVER_IDENTIFIER, &[192, 0, 2, 9])];
    let mut bench = Bench::new(config(vec![with_options(subnet(1), items)]));
    let offer = bench.send(&Query::discover(1)).unwrap();
    assert_eq!(offer.option(code::SERVER_IDENTIFIER), Some(vec![192, 0, 2, 9]));
    let request = Query::reboot(1, offer.yiaddr()).with(code::SERVER_IDENTIFIER, [192, 0, 2, 9]);
    assert_eq!(bench.send(&request).unwrap().kind(), MessageType::ACK);
}

#[test]
fn options_that_do_not_fit_the_clients_message_size_are_left_out() {
    let big = vec![7; 400];
    let items = vec![item(code::ROUTERS, &[10, 0, 1, 1]), item(200, &big), item(201, &big)];
    let mut bench = Bench::new(config(vec![with_options(subnet(1), items)]));
    let query = Query::discover(1).asking_for(&[200, 201]);
    let whole = bench.send(&query).unwrap();
    assert_eq!((whole.option(200).unwrap().len(), whole.option(201).unwrap().len()), (400, 400));
    let limited = |bench: &mut Bench, size: u16| bench.send(&query.clone().with(57, size.to_be_bytes())).unwrap();
    let seen = limited(&mut bench, 800);
    assert_eq!((seen.option(200).map(|o| o.len()), seen.option(201)), (Some(400), None));
    assert!(seen.len() + 28 <= 800);
    let least = limited(&mut bench, 10);
    assert_eq!((least.option(200), least.option(201)), (None, None));
    assert!(least.option(code::ROUTERS).is_some() && least.len() + 28 <= 576);
}

#[test]
fn a_vendor_gets_its_options() {
    let always = |code, data: &[u8]| OptionItem { always: true, ..item(code, data) };
    let vendors = vec![
        VendorOptions { enterprise: 4491, items: vec![item(2, &[1, 1, 1, 1]), item(3, &[9])] },
        VendorOptions { enterprise: 9, items: vec![always(1, &[5])] },
    ];
    let mut one = subnet(1);
    one.pools[0].options = Arc::new(OptionSet::new(vec![], vendors));
    let mut bench = Bench::new(config(vec![one]));
    assert_eq!(bench.send(&Query::discover(1)).unwrap().option(125), None);
    // CableLabs asks for its option 2; vendor 9 named in option 124 has one that is always sent.
    let query = Query::discover(1).with(125, [0, 0, 17, 139, 3, 1, 1, 2]).with(124, [0, 0, 0, 9, 0]);
    let expected = [&[0, 0, 0, 9, 3, 1, 1, 5][..], &[0, 0, 17, 139, 6, 2, 4, 1, 1, 1, 1]].concat();
    assert_eq!(bench.send(&query).unwrap().option(125), Some(expected));
}

#[test]
fn a_vendor_that_is_written_without_options_is_named() {
    let named = OptionItem { vendor: Some(9), ..item(125, &[0, 0, 0, 9]) };
    let mut bench = Bench::new(config(vec![with_options(subnet(1), vec![named])]));
    assert_eq!(bench.send(&Query::discover(1)).unwrap().option(125), None);
    assert_eq!(bench.send(&Query::discover(1).asking_for(&[125])).unwrap().option(125), Some(vec![0, 0, 0, 9, 0]));
}

#[test]
fn a_client_that_prefers_ipv6_gets_no_address_where_the_link_wants_that() {
    let mut bench = Bench::new(config(vec![with_options(subnet(1), vec![item(108, &[0, 0, 7, 8])])]));
    let offer = bench.send(&Query::discover(1).asking_for(&[108])).unwrap();
    assert_eq!((offer.yiaddr(), offer.option(108)), (Ipv4Addr::UNSPECIFIED, Some(vec![0, 0, 7, 8])));
    assert_eq!(offer.option(code::LEASE_TIME), None);
    assert_eq!(bench.send(&Query::discover(1)).unwrap().yiaddr(), Ipv4Addr::new(10, 0, 1, 10));
}

#[test]
fn the_relays_options_are_kept_where_told() {
    let mut bench = Bench::new(config(vec![Subnet4 { store_extended_info: true, ..subnet(1) }]));
    let agent = *b"\x01\x01a\x02\x01b";
    bench.send(&Query::select(1, [10, 0, 1, 10]).relayed([10, 0, 1, 2]).with(code::AGENT_OPTIONS, agent)).unwrap();
    let context = bench.lease_on([10, 0, 1, 10]).unwrap().user_context.unwrap();
    let expected = r#"{ "ISC": { "relay-agent-info": { "remote-id": "62", "sub-options": "0x010161020162" } } }"#;
    assert_eq!(&*context, expected);
}
