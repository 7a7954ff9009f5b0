//! What gets no answer, and what that counts as.

use super::bench::*;
use dhcpd_config::v4::snapshot::Subnet4;
use std::net::Ipv4Addr;
use wire::v4::{MessageType, code};

/// Sends a query that is dropped; the statistic it counts in.
fn dropped(query: &Query, statistic: &str) {
    let mut bench = Bench::one_subnet();
    assert!(bench.send(query).is_none());
    assert_eq!(bench.statistic(statistic), 1, "{statistic}");
    assert_eq!(bench.statistic("pkt4-receive-drop"), 1);
    assert_eq!(bench.statistic("pkt4-sent"), 0);
}

#[test]
fn messages_that_are_not_for_a_server() {
    let mut bootp = Query::discover(1);
    bootp.options.clear();
    dropped(&bootp, "pkt4-rfc-violation");
    dropped(&bootp, "pkt4-unknown-received");
    for kind in [MessageType::OFFER, MessageType::ACK, MessageType::NAK, MessageType::LEASE_QUERY, MessageType(200)] {
        dropped(&Query::new(1, kind), "pkt4-rfc-violation");
    }
}

#[test]
fn messages_for_another_server() {
    let other = Query::reboot(1, [10, 0, 1, 10]).with(code::SERVER_IDENTIFIER, [192, 0, 2, 7]);
    dropped(&other, "pkt4-not-for-us");
    let mut bench = Bench::one_subnet();
    bench.server.addresses = vec![[192, 0, 2, 7].into()];
    assert_eq!(bench.send(&other).unwrap().kind(), MessageType::ACK, "one of this server's addresses");
    let mut settings = config(vec![subnet(1)]);
    settings.compatibility.ignore_dhcp_server_identifier = true;
    assert_eq!(Bench::new(settings).send(&other).unwrap().kind(), MessageType::ACK);
    let by_relay = other.with(code::AGENT_OPTIONS, [11, 4, 192, 0, 2, 7]);
    assert_eq!(Bench::one_subnet().send(&by_relay).unwrap().kind(), MessageType::ACK, "RFC 5107");
}

#[test]
fn messages_that_break_a_rule() {
    dropped(&Query::discover(1).with(code::SERVER_IDENTIFIER, SERVER.octets()), "pkt4-rfc-violation");
    dropped(&Query { hw_addr: Vec::new(), ..Query::discover(1) }, "pkt4-rfc-violation");
    dropped(&Query::new(1, MessageType::DECLINE), "pkt4-rfc-violation");
    dropped(&Query::new(1, MessageType::INFORM), "pkt4-rfc-violation");
    dropped(&Query::discover(1).with(code::CLIENT_IDENTIFIER, [1]), "pkt4-processing-failed");
    dropped(&Query::discover(1).with(code::REQUESTED_ADDRESS, [1, 2, 3]), "pkt4-parse-failed");
}

#[test]
fn a_client_without_hardware_address_is_known_by_its_identifier() {
    let query = Query { hw_addr: Vec::new(), ..Query::discover(1) }.with(code::CLIENT_IDENTIFIER, *b"\0abc");
    let offer = Bench::one_subnet().send(&query).unwrap();
    assert_eq!(offer.reply.link, crate::v4::Link::Broadcast);
}

#[test]
fn a_client_of_no_subnet() {
    let far = |query: Query| query.relayed([192, 0, 2, 1]);
    let mut bench = Bench::one_subnet();
    assert!(bench.send(&far(Query::discover(1))).is_none());
    assert!(bench.send(&far(Query::reboot(1, [10, 0, 1, 10]))).is_none());
    assert_eq!(bench.send(&far(Query::select(1, [10, 0, 1, 10]))).unwrap().kind(), MessageType::NAK);
    let mut settings = config(vec![subnet(1)]);
    settings.authoritative = true;
    let nak = Bench::new(settings).send(&far(Query::reboot(1, [10, 0, 1, 10]))).unwrap();
    assert_eq!((nak.kind(), nak.yiaddr()), (MessageType::NAK, Ipv4Addr::UNSPECIFIED));
    let inform = bench.send(&far(Query::new(1, MessageType::INFORM))).unwrap();
    assert_eq!(inform.kind(), MessageType::ACK, "it carries no options, as in Kea");
}

#[test]
fn a_subnet_without_pools() {
    let mut bench = Bench::new(config(vec![Subnet4 { pools: Vec::new(), ..subnet(1) }]));
    assert!(bench.send(&Query::discover(1)).is_none());
    assert_eq!(bench.statistic("v4-allocation-fail-no-pools"), 1);
    assert_eq!(bench.statistic("subnet[1].v4-allocation-fail-subnet"), 1);
}

#[test]
fn bad_options_can_be_borne() {
    let mut settings = config(vec![subnet(1)]);
    settings.compatibility.lenient_option_parsing = true;
    let query = Query::discover(1).with(code::REQUESTED_ADDRESS, [1, 2, 3]).with(code::FQDN, *b"\x0d\0\0\x01a");
    let offer = Bench::new(settings).send(&query).unwrap();
    assert_eq!(offer.kind(), MessageType::OFFER);
    assert!(offer.option(code::FQDN).is_some(), "S and N at once are taken for S");
}
