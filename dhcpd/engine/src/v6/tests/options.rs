//! Configured options: what is asked for, what is always and never sent, and from which scope.

use super::*;
use dhcpd_config::options::VendorOptions;

const DNS: u16 = 23;

fn dns(last: u8) -> Vec<u8> {
    ip(&format!("2001:db8::{last}")).octets().to_vec()
}

fn with_options(items: Vec<OptionItem>) -> Bench {
    Bench::with(|subnet| subnet.options = Arc::new(OptionSet::new(items, vec![])))
}

#[test]
fn asked_for_always_and_never() {
    let mut bench = with_options(vec![
        item(DNS, &dns(1)),
        OptionItem { always: true, ..item(7, &[200]) },
        OptionItem { never: true, ..item(31, &dns(2)) },
    ]);
    for kind in [MessageType::SOLICIT, MessageType::REQUEST, MessageType::RENEW, MessageType::REBIND] {
        let plain = bench.ask(&ask(kind).na(1, &[]));
        assert_eq!((plain.find(DNS), plain.find(7)), (None, Some(&[200][..])));
        let asked = bench.ask(&ask(kind).na(1, &[]).oro(&[DNS, 31, 7]));
        assert_eq!((asked.find(DNS), asked.find(31)), (Some(&dns(1)[..]), None));
        assert_eq!(asked.options.iter().filter(|(code, _)| *code == 7).count(), 1);
    }
}

#[test]
fn options_alone() {
    let mut bench = with_options(vec![item(DNS, &dns(1))]);
    let reply = bench.ask(&ask(MessageType::INFORMATION_REQUEST).oro(&[DNS]));
    assert_eq!(
        (reply.kind, reply.find(DNS), reply.find(code::CLIENT_ID)),
        (MessageType::REPLY, Some(&dns(1)[..]), Some(CLIENT))
    );
    let nobody = bench.ask(&ask(MessageType::INFORMATION_REQUEST).without(code::CLIENT_ID).oro(&[DNS]));
    assert_eq!((nobody.find(DNS), nobody.find(code::CLIENT_ID)), (Some(&dns(1)[..]), None));

    // On an unknown link it is the global options.
    let mut config = one(|subnet| subnet.interface = None);
    config.options = Arc::new(OptionSet::new(vec![item(DNS, &dns(9))], vec![]));
    let reply = Bench::new(config).ask(&ask(MessageType::INFORMATION_REQUEST).oro(&[DNS]));
    assert_eq!(reply.find(DNS), Some(&dns(9)[..]));
}

#[test]
fn the_innermost_scope_wins() {
    let layer = |last| OptionSet::new(vec![item(DNS, &dns(last))], vec![]);
    let mut bench = Bench::with(|subnet| {
        subnet.options = Arc::new(layer(1));
        subnet.pools[0].options = layer(2);
        subnet.pd_pools[0].options = layer(3);
        subnet.hosts =
            Hosts::new(vec![Host6 { options: layer(4), ..host(IdentifierKind::Duid, OTHER, None) }]).unwrap();
    });
    let mut dns_for = |ask: Ask| bench.ask(&ask.oro(&[DNS])).find(DNS).map(|data| data[15]);
    assert_eq!(dns_for(ask(MessageType::SOLICIT)), Some(1));
    assert_eq!(dns_for(ask(MessageType::SOLICIT).na(1, &[])), Some(2));
    assert_eq!(dns_for(ask(MessageType::SOLICIT).pd(1, &[])), Some(3));
    assert_eq!(dns_for(ask(MessageType::SOLICIT).client(OTHER).na(1, &[])), Some(4));
}

#[test]
fn vendors() {
    let items = vec![OptionItem { always: true, ..item(1, b"a") }, item(2, b"b")];
    let vendor = |enterprise| VendorOptions { enterprise, items: items.clone() };
    let set = OptionSet::new(vec![item(code::VENDOR_OPTS, &[0, 0, 0, 99])], vec![vendor(99), vendor(4491)]);
    let mut bench = Bench::with(|subnet| subnet.options = Arc::new(set));
    let solicit = || ask(MessageType::SOLICIT).na(1, &[]);
    assert_eq!(bench.ask(&solicit()).find(code::VENDOR_OPTS), None);
    let always = [0, 0, 0, 99, 0, 1, 0, 1, b'a'];
    assert_eq!(bench.ask(&solicit().oro(&[code::VENDOR_OPTS])).find(code::VENDOR_OPTS), Some(&always[..]));
    let class = solicit().option(code::VENDOR_CLASS, &[0, 0, 0, 99, 0, 1, b'x']);
    assert_eq!(bench.ask(&class).find(code::VENDOR_OPTS), Some(&always[..]));
    // A cable modem lists what it wants in its own way.
    let modem = solicit().option(code::VENDOR_OPTS, &[0, 0, 0x11, 0x8b, 0, 1, 0, 2, 0, 2]);
    let both = [&[0, 0, 0x11, 0x8b, 0, 1, 0, 1, b'a'][..], &[0, 2, 0, 1, b'b']].concat();
    assert_eq!(bench.ask(&modem).find(code::VENDOR_OPTS), Some(&both[..]));
    assert_eq!(bench.ask(&solicit().option(code::VENDOR_CLASS, &[0, 0, 0, 98])).find(code::VENDOR_OPTS), None);
}
