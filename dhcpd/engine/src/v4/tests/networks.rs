//! Which subnet serves whom, and where answers go.

use super::bench::*;
use crate::v4::Link;
use dhcpd_config::v4::snapshot::Subnet4;
use std::net::Ipv4Addr;
use wire::v4::{BROADCAST, MessageType, code};

fn third_octet(bench: &mut Bench, query: &Query) -> Option<u8> {
    bench.send(query).map(|seen| seen.yiaddr().octets()[2])
}

#[test]
fn a_direct_client_is_on_the_subnet_of_the_interface() {
    let mut bench = Bench::new(config(vec![subnet(1), Subnet4 { interface: Some("eth7".into()), ..subnet(2) }]));
    assert_eq!(third_octet(&mut bench, &Query::discover(1)), Some(1), "by the server's address there");
    let query = Query { interface: "eth7", ..Query::discover(1) };
    assert_eq!(third_octet(&mut bench, &query), Some(2), "by the interface's name");
}

#[test]
fn a_relayed_client_is_on_the_subnet_of_the_relay() {
    let relays = vec![[192, 0, 2, 1].into()];
    let mut bench = Bench::new(config(vec![subnet(1), subnet(2), Subnet4 { relays, ..subnet(3) }]));
    let offer = bench.send(&Query::discover(1).relayed([10, 0, 2, 1])).unwrap();
    assert_eq!(offer.yiaddr(), Ipv4Addr::new(10, 0, 2, 10), "by its address");
    assert_eq!((offer.reply.to, &offer.reply.link), ("10.0.2.1:67".parse().unwrap(), &Link::Routed));
    assert_eq!((offer.packet().giaddr(), offer.packet().hops()), (Ipv4Addr::new(10, 0, 2, 1), 1));
    assert_eq!(third_octet(&mut bench, &Query::discover(1).relayed([192, 0, 2, 1])), Some(3), "by `relay`");
    assert_eq!(third_octet(&mut bench, &Query::discover(1).relayed([192, 0, 2, 9])), None);
}

#[test]
fn the_relay_or_the_client_may_name_the_link() {
    let mut bench = Bench::new(config(vec![subnet(1), subnet(2), subnet(3)]));
    let agent = [5, 4, 10, 0, 3, 0];
    let named = Query::discover(1).relayed([10, 0, 2, 1]).with(code::AGENT_OPTIONS, agent);
    let offer = bench.send(&named).unwrap();
    assert_eq!(offer.yiaddr().octets()[2], 3);
    assert_eq!(offer.option(code::AGENT_OPTIONS), Some(agent.to_vec()), "echoed (RFC 3046)");
    let selected = Query::discover(1).with(code::SUBNET_SELECTION, [10, 0, 2, 0]);
    let offer = bench.send(&selected).unwrap();
    assert_eq!(offer.yiaddr().octets()[2], 2);
    assert_eq!(offer.option(code::SUBNET_SELECTION), Some(vec![10, 0, 2, 0]), "echoed (RFC 3011)");

    let mut settings = config(vec![subnet(1), subnet(2), subnet(3)]);
    settings.compatibility.ignore_rai_link_selection = true;
    assert_eq!(third_octet(&mut Bench::new(settings), &named), Some(2));
}

#[test]
fn a_relay_on_another_port_is_answered_there() {
    let mut bench = Bench::one_subnet();
    let query = Query::discover(1).relayed([10, 0, 1, 2]).with(code::AGENT_OPTIONS, [19, 0]);
    let message = query.bytes();
    let mut received = query.received(&message);
    received.source.set_port(1067);
    assert_eq!(bench.receive(&received).unwrap().reply.to, "10.0.1.2:1067".parse().unwrap());
}

#[test]
fn subnets_of_a_network_are_tried_in_turn() {
    let on = |id, last| {
        let pools = vec![pool([10, 0, id, 10], [10, 0, id, last])];
        Subnet4 { network: Some(0), pools, ..subnet(id) }
    };
    let mut bench = Bench::new(config(vec![on(1, 10), on(2, 11)]));
    let leased: Vec<_> = (1..=3).map(|client| bench.lease(client).octets()).collect();
    assert_eq!(leased, [[10, 0, 1, 10], [10, 0, 2, 10], [10, 0, 2, 11]]);
    assert!(bench.send(&Query::discover(4)).is_none());
    assert_eq!(bench.statistic("v4-allocation-fail-shared-network"), 1);
    assert_eq!(bench.send(&Query::discover(2)).unwrap().yiaddr().octets(), [10, 0, 2, 10], "its lease is found there");
    let renew = Query::from(3, MessageType::REQUEST, [10, 0, 2, 11]);
    assert_eq!(bench.send(&renew).unwrap().option(code::SUBNET_MASK), Some(vec![255, 255, 255, 0]));
}

#[test]
fn a_client_without_address_is_answered_at_its_hardware_or_by_broadcast() {
    let mut bench = Bench::one_subnet();
    let offer = bench.send(&Query::discover(1)).unwrap();
    assert_eq!((offer.reply.to, offer.reply.link), ("10.0.1.10:68".parse().unwrap(), hardware(1)));
    let offer = bench.send(&Query { flags: BROADCAST, ..Query::discover(1) }).unwrap();
    assert_eq!(offer.packet().flags(), BROADCAST);
    assert_eq!((offer.reply.to, offer.reply.link), ("255.255.255.255:68".parse().unwrap(), Link::Broadcast));
}

#[test]
fn a_refusal_is_broadcast() {
    let mut bench = Bench::one_subnet();
    let leased = bench.lease(1);
    let nak = bench.send(&Query::select(2, leased)).unwrap();
    assert_eq!((nak.kind(), &nak.reply.link), (MessageType::NAK, &Link::Broadcast));
    let nak = bench.send(&Query::select(2, leased).relayed([10, 0, 1, 2])).unwrap();
    assert_eq!(nak.reply.to, "10.0.1.2:67".parse().unwrap());
    assert_eq!(nak.packet().flags(), BROADCAST, "so that the relay broadcasts it");
}

#[test]
fn inform_is_answered_with_options_and_no_lease() {
    let settings = vec![with_options(subnet(1), vec![item(code::DNS_SERVERS, &[10, 0, 1, 3])])];
    let mut bench = Bench::new(config(settings));
    let ack = bench.send(&Query::from(1, MessageType::INFORM, [10, 0, 1, 77])).unwrap();
    assert_eq!((ack.kind(), ack.yiaddr()), (MessageType::ACK, Ipv4Addr::UNSPECIFIED));
    assert_eq!(ack.packet().ciaddr(), Ipv4Addr::new(10, 0, 1, 77));
    assert_eq!(ack.option(code::DNS_SERVERS), Some(vec![10, 0, 1, 3]));
    assert_eq!((ack.option(code::LEASE_TIME), ack.option(code::SUBNET_MASK)), (None, None));
    assert_eq!(ack.reply.to, "10.0.1.77:68".parse().unwrap());
    assert_eq!(bench.lease_on([10, 0, 1, 77]), None);
    let relayed = Query { ciaddr: [10, 0, 1, 77].into(), ..Query::new(1, MessageType::INFORM).relayed([10, 0, 1, 2]) };
    let ack = bench.send(&relayed).unwrap();
    assert_eq!((ack.reply.to, ack.packet().giaddr()), ("10.0.1.77:68".parse().unwrap(), Ipv4Addr::UNSPECIFIED));
}

#[test]
fn addresses_that_end_in_0_and_255_can_be_left_out() {
    let wide = Subnet4 { prefix_len: 22, prefix: [10, 0, 0, 0].into(), ..subnet(1) };
    let mut settings = config(vec![Subnet4 { pools: vec![pool([10, 0, 0, 254], [10, 0, 1, 1])], ..wide }]);
    settings.compatibility.exclude_first_last_24 = true;
    let mut bench = Bench::new(settings);
    assert_eq!([bench.lease(1), bench.lease(2)].map(|a| a.octets()), [[10, 0, 0, 254], [10, 0, 1, 1]]);
    assert!(bench.send(&Query::discover(3)).is_none());
}

#[test]
fn the_client_port_can_be_forced() {
    let mut bench = Bench::one_subnet();
    bench.server.client_port = Some(1068);
    assert_eq!(bench.send(&Query::discover(1).relayed([10, 0, 1, 2])).unwrap().reply.to.port(), 1068);
}

#[test]
fn a_client_that_renews_past_its_relay_is_still_where_the_relay_said() {
    let storing = |id| Subnet4 { store_extended_info: true, ..subnet(id) };
    let mut settings = config(vec![subnet(1), storing(2)]);
    settings.stash_agent_options = true;
    let mut bench = Bench::new(settings);
    let agent = [5, 4, 10, 0, 2, 0];
    let leased = Query::select(1, [10, 0, 2, 10]).relayed([192, 0, 2, 1]).with(code::AGENT_OPTIONS, agent);
    assert_eq!(bench.send(&leased).unwrap().yiaddr().octets(), [10, 0, 2, 10]);
    // From behind a translator the subnet cannot be seen from the client's addresses.
    let renew = Query { destination: Ipv4Addr::BROADCAST, ..Query::from(1, MessageType::REQUEST, [10, 0, 2, 10]) };
    let ack = bench.send(&renew).unwrap();
    assert_eq!((ack.kind(), ack.yiaddr().octets()), (MessageType::ACK, [10, 0, 2, 10]));
    assert_eq!(ack.option(code::AGENT_OPTIONS), None, "the client never sent it");
}
