//! DHCPv4 messages of clients (RFC 7341): on to the DHCPv4 server, and its answers back.

use super::*;
use wire::v6::dhcp4o6::{Envelope, Passed};

const MESSAGE: &[u8] = b"a DHCPv4 message";

fn bench() -> Bench {
    Bench::new(Config6 { dhcp4o6_port: Some(6767), ..one(|_| {}) })
}

fn query(messages: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = Writer::new(&mut bytes);
    writer.message(MessageType::DHCPV4_QUERY, 0);
    (0..messages).for_each(|_| writer.option(code::DHCPV4_MSG, MESSAGE));
    writer.finish().unwrap();
    bytes
}

/// What the DHCPv4 server says to a query.
fn response(query: &Passed<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    let envelope = Envelope::open(query, &mut out);
    out.extend(MESSAGE);
    envelope.close(&mut out).unwrap();
    out
}

fn client() -> SocketAddrV6 {
    "[fe80::7]:1546".parse().unwrap()
}

#[test]
fn a_query_goes_to_the_other_server_and_its_answer_to_the_client() {
    let mut bench = bench();
    // By multicast, or to the address that the client was told.
    for to in ["ff02::1:2", "2001:db8::547"] {
        let (reply, bytes) = bench.receive(&query(1), client(), ip(to)).unwrap();
        assert_eq!(reply, Reply { to: Target::Dhcpv4Server, promises: false });
        let passed = Passed::query(&bytes).unwrap();
        assert_eq!((passed.origin.interface, passed.origin.address, passed.origin.port), ("eth0", ip("fe80::7"), 1546));
        assert_eq!(passed.message(), Ok(MESSAGE));

        let response = response(&passed);
        let mut out = Vec::new();
        let known = |name: &str| (name == "eth0").then_some(7);
        assert_eq!(
            bench.server.handle_response(&response, known, &mut out),
            Some(("[fe80::7]:546".parse().unwrap(), 7))
        );
        assert_eq!(Options::new(&out[4..], 0).find(code::DHCPV4_MSG), Some(MESSAGE));
    }
    let sent = ["pkt6-received", "pkt6-dhcpv4-query-received", "pkt6-sent", "pkt6-dhcpv4-response-sent"];
    assert_eq!(sent.map(|name| bench.stat(name)), [2; 4]);
}

#[test]
fn what_cannot_be_passed_on_is_counted() {
    let mut bench = bench();
    for messages in [0, 2] {
        assert_eq!(bench.receive(&query(messages), client(), ip("ff02::1:2")), None);
    }
    assert_eq!((bench.stat("pkt6-rfc-violation"), bench.stat("pkt6-receive-drop")), (2, 2));
    bench.reconfigure(one(|_| {}));
    assert_eq!(bench.receive(&query(1), client(), ip("ff02::1:2")), None, "there is no other server");
    assert_eq!(bench.stat("pkt6-receive-drop"), 3);
}

#[test]
fn what_cannot_be_passed_back_is_counted() {
    let mut bench = bench();
    let (_, passed) = bench.receive(&query(1), client(), ip("ff02::1:2")).unwrap();
    let response = response(&Passed::query(&passed).unwrap());
    let mut out = Vec::new();
    for (datagram, interface) in
        [(&passed[..], Some(())), (&response[..], None), (&response[..9], Some(())), (&[], Some(()))]
    {
        assert_eq!(bench.server.handle_response(datagram, |_| interface, &mut out), None);
    }
    assert!(out.is_empty());
    assert_eq!((bench.stat("pkt6-parse-failed"), bench.stat("pkt6-receive-drop"), bench.stat("pkt6-sent")), (4, 4, 0));
}
