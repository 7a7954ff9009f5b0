//! Names: what the client is called, who updates the DNS, what D2 is asked.

use super::bench::*;
use dhcpd_config::ddns::{Ddns, ReplaceClientName};
use dhcpd_config::hosts::Hosts;
use dhcpd_config::v4::snapshot::{Config4, Host4, Subnet4};
use ncr::ChangeType;
use wire::v4::{MessageType, code};

fn updating() -> Ddns {
    Ddns { send_updates: true, qualifying_suffix: "example.org".into(), ..Ddns::default() }
}

fn naming(ddns: Ddns) -> Config4 {
    let mut settings = config(vec![with_names(subnet(1), ddns)]);
    settings.d2.enable_updates = true;
    settings
}

fn select() -> Query {
    Query::select(1, [10, 0, 1, 10])
}

/// Option 81 with labels.
fn fqdn(flags: u8, labels: &[u8]) -> Vec<u8> {
    [&[flags | 4, 0, 0], labels].concat()
}

/// What became of it: the name, and the requests to D2 as (add?, name, forward, reverse).
fn requests(bench: &mut Bench) -> Vec<(bool, String, bool, bool)> {
    let changes = bench.name_changes().into_iter();
    changes
        .map(|c| (c.change_type == ChangeType::Add, c.fqdn.to_string(), c.forward_change, c.reverse_change))
        .collect()
}

#[test]
fn a_host_name_is_qualified_echoed_and_registered() {
    let mut bench = Bench::new(naming(updating()));
    let ack = bench.send(&select().with(code::HOST_NAME, *b"Lap_top")).unwrap();
    assert_eq!(ack.option(code::HOST_NAME), Some(b"laptop.example.org".to_vec()));
    let lease = bench.lease_on([10, 0, 1, 10]).unwrap();
    assert_eq!((&*lease.hostname, lease.fqdn_fwd, lease.fqdn_rev), ("laptop.example.org", true, true));
    let changes = bench.name_changes();
    assert_eq!(changes.len(), 1);
    assert_eq!((changes[0].lease_length, changes[0].ip_address), (1200, [10, 0, 1, 10].into()));
}

#[test]
fn names_of_more_labels_are_taken_as_they_are() {
    let mut bench = Bench::new(naming(updating()));
    let ack = bench.send(&select().with(code::HOST_NAME, *b"a.b.net")).unwrap();
    assert_eq!(ack.option(code::HOST_NAME), Some(b"a.b.net".to_vec()));
}

#[test]
fn without_updates_a_name_is_kept_and_nobody_is_told() {
    let mut bench = Bench::new(naming(Ddns { send_updates: false, ..updating() }));
    bench.send(&select().with(code::HOST_NAME, *b"a")).unwrap();
    let lease = bench.lease_on([10, 0, 1, 10]).unwrap();
    assert_eq!((&*lease.hostname, lease.fqdn_fwd, lease.fqdn_rev), ("a.example.org", false, false));
    assert_eq!(requests(&mut bench), []);
}

#[test]
fn the_fqdn_option_says_who_updates() {
    let name = b"\x04Host\x03lab\0";
    let full = "host.lab.".to_owned();
    // S: the server does both. Neither: the client does its own. N: nobody does anything.
    for (sent, answered, expected) in [
        (1, 1, vec![(true, full.clone(), true, true)]),
        (0, 0, vec![(true, full.clone(), false, true)]),
        (8, 8, vec![]),
    ] {
        let mut bench = Bench::new(naming(updating()));
        let ack = bench.send(&select().with(code::FQDN, fqdn(sent, name))).unwrap();
        let option = ack.option(code::FQDN).unwrap();
        assert_eq!(option, [&[answered | 4, 0, 0], &b"\x04host\x03lab\0"[..]].concat());
        assert_eq!(requests(&mut bench), expected, "flags {sent}");
    }
    let eager = Ddns { override_no_update: true, override_client_update: true, ..updating() };
    for sent in [0, 8] {
        let mut bench = Bench::new(naming(eager.clone()));
        let ack = bench.send(&select().with(code::FQDN, fqdn(sent, name))).unwrap();
        assert_eq!(ack.option(code::FQDN).unwrap()[0], 1 | 2 | 4, "S, and O as it overrides the client");
        assert_eq!(requests(&mut bench), [(true, full.clone(), true, true)]);
    }
}

#[test]
fn a_partial_or_missing_name_is_completed() {
    let mut bench = Bench::new(naming(updating()));
    let ack = bench.send(&select().with(code::FQDN, fqdn(1, b"\x04host"))).unwrap();
    assert_eq!(&ack.option(code::FQDN).unwrap()[3..], b"\x04host\x07example\x03org\0");
    let ack = bench.send(&select().with(code::FQDN, fqdn(1, b""))).unwrap();
    assert_eq!(&ack.option(code::FQDN).unwrap()[3..], b"\x10myhost-10-0-1-10\x07example\x03org\0");
    let ascii = [&[1, 0, 0][..], b"host"].concat();
    let ack = bench.send(&select().with(code::FQDN, ascii)).unwrap();
    assert_eq!(ack.option(code::FQDN).unwrap(), [&[1, 0, 0][..], b"host.example.org."].concat());
}

#[test]
fn a_bad_fqdn_option_spoils_the_packet_unless_it_is_borne() {
    for bad in [vec![5, 0], fqdn(9, b"\x01a"), fqdn(1, b"\x09short"), fqdn(1, b"\xc0\x01")] {
        let mut bench = Bench::new(naming(updating()));
        assert!(bench.send(&select().with(code::FQDN, bad.clone())).is_none());
        assert_eq!(bench.statistic("pkt4-parse-failed"), 1);
        let mut settings = naming(updating());
        settings.compatibility.lenient_option_parsing = true;
        let ack = Bench::new(settings).send(&select().with(code::FQDN, bad)).unwrap();
        assert_eq!(ack.kind(), MessageType::ACK);
    }
    let mut bench = Bench::new(naming(updating()));
    let ack = bench.send(&select().with(code::FQDN, fqdn(1, b"\x01!\x01b\0"))).unwrap();
    assert_eq!((ack.kind(), ack.option(code::FQDN)), (MessageType::ACK, None), "nothing is left of the name");
    assert_eq!(requests(&mut bench), []);
}

#[test]
fn names_are_replaced_as_told() {
    let generated = Some(b"myhost-10-0-1-10.example.org".to_vec());
    let name = |mode, query: Query| {
        let mut bench = Bench::new(naming(Ddns { replace_client_name: mode, ..updating() }));
        bench.send(&query).unwrap().option(code::HOST_NAME)
    };
    let with = || select().with(code::HOST_NAME, *b"mine");
    let mine = Some(b"mine.example.org".to_vec());
    assert_eq!(
        (name(ReplaceClientName::Never, with()), name(ReplaceClientName::Never, select())),
        (mine.clone(), None)
    );
    let always = ReplaceClientName::Always;
    assert_eq!((name(always, with()), name(always, select())), (generated.clone(), generated.clone()));
    let present = ReplaceClientName::WhenPresent;
    assert_eq!((name(present, with()), name(present, select())), (generated.clone(), None));
    let absent = ReplaceClientName::WhenNotPresent;
    assert_eq!((name(absent, with()), name(absent, select())), (mine, generated));
}

#[test]
fn a_reserved_name_comes_first() {
    let mut settings = naming(updating());
    let reserved = Host4 { hostname: "Printer".into(), ..host(1, None) };
    let named = Subnet4 { hosts: Hosts::new(vec![reserved]).unwrap(), ..with_names(subnet(1), updating()) };
    settings.subnets = config(vec![named]).subnets;
    let mut bench = Bench::new(settings);
    let ack = bench.send(&select().with(code::HOST_NAME, *b"other")).unwrap();
    assert_eq!(ack.option(code::HOST_NAME), Some(b"printer.example.org".to_vec()));
    let ack = bench.send(&select().with(code::FQDN, fqdn(1, b"\x05other"))).unwrap();
    assert_eq!(&ack.option(code::FQDN).unwrap()[3..], b"\x07printer\x07example\x03org\0");
}

#[test]
fn names_change_with_the_lease() {
    let mut bench = Bench::new(naming(updating()));
    let named = |name: &[u8]| Query::from(1, MessageType::REQUEST, [10, 0, 1, 10]).with(code::HOST_NAME, name);
    bench.send(&named(b"a")).unwrap();
    let a = || "a.example.org.".to_owned();
    let b = || "b.example.org.".to_owned();
    assert_eq!(requests(&mut bench), [(true, a(), true, true)]);
    bench.send(&named(b"a")).unwrap();
    assert_eq!(requests(&mut bench), [], "a renewal changes nothing");
    bench.send(&named(b"b")).unwrap();
    assert_eq!(requests(&mut bench), [(false, a(), true, true), (true, b(), true, true)]);
    bench.now += 3601;
    bench.reclaim();
    assert_eq!(requests(&mut bench), [(false, b(), true, true)], "an expired lease loses its name");
    assert_eq!(&*bench.lease_on([10, 0, 1, 10]).unwrap().hostname, "");
    bench.send(&named(b"b")).unwrap();
    assert_eq!(requests(&mut bench), [(true, b(), true, true)]);
    bench.send(&Query::select(1, [10, 0, 1, 11]).with(code::HOST_NAME, *b"b")).unwrap();
    let moved = [(false, b(), true, true), (true, b(), true, true)];
    assert_eq!(requests(&mut bench), moved, "the name moves along with the client");
}

#[test]
fn a_release_or_a_decline_takes_the_name_away() {
    let removed = [(false, "a.example.org.".to_owned(), true, true)];
    let mut settings = naming(updating());
    settings.expired.hold_time = 0;
    let mut bench = Bench::new(settings);
    bench.send(&select().with(code::HOST_NAME, *b"a")).unwrap();
    bench.name_changes();
    bench.send(&Query::from(1, MessageType::RELEASE, [10, 0, 1, 10]));
    assert_eq!(requests(&mut bench), removed);
    bench.send(&select().with(code::HOST_NAME, *b"a")).unwrap();
    bench.name_changes();
    bench.send(&Query::new(1, MessageType::DECLINE).with(code::REQUESTED_ADDRESS, [10, 0, 1, 10]));
    assert_eq!(requests(&mut bench), removed);
}
