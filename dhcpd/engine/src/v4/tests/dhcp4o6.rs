//! Queries that a DHCPv6 server passes on (RFC 7341).

use super::bench::*;
use crate::v4::Link;
use dhcpd_config::v4::snapshot::{Dhcp4o6, Subnet4};
use proptest::prelude::*;
use std::net::{Ipv4Addr, Ipv6Addr};
use wire::v4::{MessageType, Packet, code};
use wire::v6::dhcp4o6::{Origin, Passed, pass_on};
use wire::v6::{self, Writer};

const ORIGIN: Origin<'static> = Origin { interface: "eth0", address: Ipv6Addr::LOCALHOST, port: 546 };

fn bench() -> Bench {
    let dhcp4o6 = Dhcp4o6 { interface: Some("eth0".into()), ..Dhcp4o6::default() };
    Bench::new(config(vec![Subnet4 { dhcp4o6, ..subnet(1) }]))
}

/// What the DHCPv6 server makes of a client's DHCPv4 messages.
fn passed(messages: &[Vec<u8>]) -> Vec<u8> {
    let (mut came, mut passed) = (Vec::new(), Vec::new());
    let mut writer = Writer::new(&mut came);
    writer.message(v6::MessageType::DHCPV4_QUERY, 0);
    messages.iter().for_each(|message| writer.option(v6::code::DHCPV4_MSG, message));
    writer.finish().unwrap();
    pass_on(&v6::Packet::parse(&came).unwrap(), &ORIGIN, &mut passed).unwrap();
    passed
}

/// The DHCPv4 message that goes back, and whether it promises a lease.
fn answer(bench: &mut Bench, datagram: &[u8], own: Ipv4Addr) -> Option<(Vec<u8>, bool)> {
    let mut out = b"headroom".to_vec();
    let mut session = bench.store.session();
    let reply = ready(bench.server.handle_passed(datagram, |_| own, None, &mut session, bench.now, &mut out));
    assert_eq!(reply.is_some(), out.len() > 8, "a reply has bytes, and silence has none");
    let reply = reply?;
    assert_eq!(reply.link, Link::Passed);
    let back = Passed::response(&out[8..]).unwrap();
    assert_eq!(back.origin, ORIGIN);
    Some((back.message().unwrap().to_vec(), reply.promises))
}

#[test]
fn offers_and_promises_go_back_the_way_they_came() {
    let mut bench = bench();
    let asked =
        [(Query::discover(1), MessageType::OFFER, false), (Query::select(1, [10, 0, 1, 10]), MessageType::ACK, true)];
    for (query, expected, promises) in asked {
        let (message, promised) = answer(&mut bench, &passed(&[query.bytes()]), SERVER).unwrap();
        let packet = Packet::parse(&message).unwrap();
        assert_eq!((packet.message_type(), promised), (Some(expected), promises));
        assert_eq!(packet.yiaddr(), Ipv4Addr::new(10, 0, 1, 10));
        assert_eq!(packet.address_option(code::SERVER_IDENTIFIER), Some(SERVER));
    }
    assert_eq!((bench.statistic("pkt4-received"), bench.statistic("pkt4-sent")), (2, 2));
    assert!(bench.lease_on([10, 0, 1, 10]).is_some());
}

#[test]
fn what_cannot_be_used_is_counted_once() {
    let mut bench = bench();
    let message = Query::discover(1).bytes();
    let several = passed(&[message.clone(), message.clone()]);
    let unusable = [passed(&[]), several, passed(&[vec![1, 2]]), message.clone(), Vec::new()];
    for (sent, datagram) in (1..).zip(&unusable) {
        assert_eq!(answer(&mut bench, datagram, SERVER), None);
        for name in ["pkt4-received", "pkt4-parse-failed", "pkt4-receive-drop"] {
            assert_eq!(bench.statistic(name), sent, "{name}");
        }
    }
    assert_eq!(answer(&mut bench, &passed(&[message]), Ipv4Addr::UNSPECIFIED), None, "a server without an address");
    assert_eq!(bench.statistic("pkt4-processing-failed"), 1);
}

proptest! {
    #[test]
    fn mutated_messages(changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6), cut in any::<prop::sample::Index>()) {
        let mut bench = bench();
        let mut datagram = passed(&[Query::discover(1).with(code::AGENT_OPTIONS, *b"\x01\x02ab").bytes()]);
        for (at, value) in changes {
            let at = at.index(datagram.len());
            datagram[at] = value;
        }
        for datagram in [&datagram[..], &datagram[..cut.index(datagram.len())]] {
            let mut session = bench.store.session();
            ready(bench.server.handle_passed(datagram, |_| SERVER, None, &mut session, bench.now, &mut Vec::new()));
        }
        prop_assert_eq!(bench.statistic("pkt4-received"), 2);
    }
}
