//! Through relays: which subnet, and the way back.

use super::*;

/// Three subnets behind relays, none on an interface.
fn relayed_config() -> Config6 {
    let on = |id, prefix| Subnet6 { interface: None, ..subnet(id, prefix) };
    let mut by_id = on(2, "2001:db8:2::");
    by_id.interface_id = Some((*b"vlan2").into());
    let mut by_relay = on(3, "2001:db8:3::");
    by_relay.relays = vec![ip("2001:db8:cafe::3")];
    config(vec![on(1, "2001:db8:1::"), by_id, by_relay], vec![])
}

fn solicit() -> Ask {
    ask(MessageType::SOLICIT).na(1, &[])
}

#[test]
fn the_subnet_is_that_of_the_link() {
    let mut bench = Bench::new(relayed_config());
    let mut address = |ask: Ask| bench.ask(&ask).ias[0].leases.first().map(|lease| lease.0.to_string());
    assert_eq!(address(solicit()), None);
    assert_eq!(address(solicit().relayed("2001:db8:1::1", "fe80::1", &[])).unwrap(), "2001:db8:1::10");
    let by_id = solicit().relayed("2001:db8:1::1", "fe80::1", &[(code::INTERFACE_ID, b"vlan2")]);
    assert_eq!(address(by_id).unwrap(), "2001:db8:2::10", "the interface comes before the address");
    assert_eq!(address(solicit().relayed("2001:db8:cafe::3", "fe80::1", &[])).unwrap(), "2001:db8:3::10");
    // A relay on a link without addresses (RFC 6221) is passed over for the next one.
    let two = solicit().relayed("::", "fe80::1", &[]).relayed("2001:db8:1::1", "fe80::2", &[]);
    assert_eq!(address(two).unwrap(), "2001:db8:1::11");
}

#[test]
fn the_answer_goes_back_the_way_it_came() {
    let mut bench = Bench::new(relayed_config());
    let two = solicit()
        .relayed("2001:db8:1::1", "fe80::77", &[(code::INTERFACE_ID, b"port7"), (code::REMOTE_ID, &[0, 0, 0, 9, 1])])
        .relayed("2001:db8:5::1", "2001:db8:1::1", &[]);
    let answer = bench.ask(&two);
    assert_eq!(answer.to, "[2001:db8:ffff::1]:547".parse().unwrap());
    let [outer, inner] = &answer.relayed[..] else { panic!("two relays") };
    assert_eq!((outer[1], inner[1]), (1, 0), "hop counts");
    assert_eq!(outer[2..18], ip("2001:db8:5::1").octets());
    assert_eq!(inner[18..34], ip("fe80::77").octets());
    assert_eq!(Options::new(&inner[34..], 0).find(code::INTERFACE_ID), Some(&b"port7"[..]));
    assert_eq!(Options::new(&inner[34..], 0).find(code::REMOTE_ID), None);
    assert_eq!(Options::new(&outer[34..], 0).find(code::INTERFACE_ID), None);
}

#[test]
fn a_relay_may_choose_its_port() {
    let mut bench = Bench::new(relayed_config());
    let answer = bench.ask(&solicit().relayed("2001:db8:1::1", "fe80::1", &[(code::RELAY_SOURCE_PORT, &[0, 0])]));
    assert_eq!(answer.to.port(), 1547);
    assert_eq!(Options::new(&answer.relayed[0][34..], 0).find(code::RELAY_SOURCE_PORT), Some(&[0, 0][..]));
}

#[test]
fn relays_supply_options() {
    let mut bench = Bench::new(relayed_config());
    let rsoo = [&[0, 65, 0, 2][..], b"er", &[0, 66, 0, 1, 9]].concat();
    let answer = bench.ask(&solicit().relayed("2001:db8:1::1", "fe80::1", &[(code::RSOO, &rsoo)]));
    assert_eq!(answer.find(65), Some(&b"er"[..]));
    assert_eq!(answer.find(66), None, "not one of those that may be supplied");
}

#[test]
fn all_messages_go_through_relays() {
    let mut bench = Bench::new(relayed_config());
    let via = |ask: Ask| ask.relayed("2001:db8:1::1", "fe80::1", &[]);
    let address = bench.ask(&via(solicit())).address();
    for kind in [MessageType::REQUEST, MessageType::RENEW, MessageType::REBIND] {
        assert_eq!(bench.ask(&via(ask(kind).na(1, &[&address]))).address(), address);
    }
    assert_eq!(bench.ask(&via(ask(MessageType::CONFIRM).na(1, &[&address]))).status, Some(0));
    assert_eq!(bench.ask(&via(ask(MessageType::INFORMATION_REQUEST))).kind, MessageType::REPLY);
    assert_eq!(bench.ask(&via(ask(MessageType::RELEASE).na(1, &[&address]))).status, Some(0));
    // Unicast is the relay's business.
    assert!(bench.try_ask(&Ask { unicast: true, ..via(solicit()) }).is_some());
}

#[test]
fn the_relays_are_kept_with_the_lease_where_that_is_wanted() {
    let mut bench = Bench::with(|subnet| subnet.store_extended_info = true);
    let options: &[(u16, &[u8])] = &[(code::INTERFACE_ID, b"p1"), (code::REMOTE_ID, &[0, 0, 0, 9, 10])];
    let reply = bench.ask(&ask(MessageType::REQUEST).na(1, &[]).relayed("2001:db8:1::1", "fe80::1", options));
    let context = bench.lease(LeaseType::Na, &reply.address()).unwrap().user_context.unwrap();
    let link = r#""hop": 0, "link": "2001:db8:1::1", "options": "0x00120002703100250005000000090A", "peer": "fe80::1""#;
    let told = format!(r#"{link}, "remote-id": "000000090A""#);
    assert_eq!(&*context, format!(r#"{{ "ISC": {{ "relay-info": [ {{ {told} }} ] }} }}"#));
}

#[test]
fn a_shared_network_lends_from_its_other_subnets() {
    let mut first = subnet(1, "2001:db8:1::");
    first.network = Some(0);
    first.pools[0].last = first.pools[0].first;
    let second = Subnet6 { network: Some(0), interface: None, pd_pools: Vec::new(), ..subnet(2, "2001:db8:2::") };
    let mut bench = Bench::new(config(vec![first, second], vec!["link".into()]));
    let addresses: Vec<_> = (1..=2).map(|iaid| bench.ask(&ask(MessageType::REQUEST).na(iaid, &[])).address()).collect();
    assert_eq!(addresses, ["2001:db8:1::10", "2001:db8:2::10"]);
    assert_eq!(bench.lease(LeaseType::Na, "2001:db8:2::10").unwrap().subnet_id, 2);
    // It stays there.
    let renewed = bench.ask(&ask(MessageType::RENEW).na(2, &["2001:db8:2::10"]));
    assert_eq!(renewed.lease(), (ip("2001:db8:2::10"), 128, 3000, 4000));
}
