//! Names: the Client FQDN option and what D2 is told.

use super::*;
use dhcpd_config::ddns::{Ddns, ReplaceClientName};
use ncr::{ChangeType, NameChangeRequest};
use wire::v6::ClientFqdn;

fn policy() -> Ddns {
    Ddns { send_updates: true, qualifying_suffix: "example.org".into(), ..Ddns::default() }
}

fn bench_with(policy: Ddns) -> Bench {
    Bench::new(named(policy))
}

fn named(policy: Ddns) -> Config6 {
    let policy = Arc::new(policy);
    let mut config = one(|subnet| {
        subnet.ddns = policy.clone();
        subnet.pools[0].ddns = policy.clone();
    });
    config.d2.enable_updates = true;
    config
}

/// Asks for an address under a name: flags and labels as on the wire.
fn with_name(kind: MessageType, fqdn: &[u8]) -> Ask {
    ask(kind).na(1, &[]).option(code::CLIENT_FQDN, fqdn)
}

fn option_of(answer: &Answer) -> Option<ClientFqdn> {
    answer.find(code::CLIENT_FQDN).map(|data| ClientFqdn::parse(data).unwrap())
}

fn changes(bench: &mut Bench) -> Vec<(ChangeType, String, bool, bool)> {
    let show = |n: NameChangeRequest| (n.change_type, n.fqdn.to_string(), n.forward_change, n.reverse_change);
    bench.server.name_changes().drain(..).map(show).collect()
}

#[test]
fn the_server_updates_and_takes_it_back() {
    let mut bench = bench_with(policy());
    let offer = bench.ask(&with_name(MessageType::SOLICIT, b"\x01\x02Pc"));
    assert_eq!(option_of(&offer).unwrap().name, "pc.example.org.");
    assert_eq!(changes(&mut bench), []);

    let request = with_name(MessageType::REQUEST, b"\x01\x02Pc");
    let reply = bench.ask(&request);
    let option = option_of(&reply).unwrap();
    assert_eq!((option.server_updates, option.no_updates, option.overridden), (true, false, false));
    let name = || "pc.example.org.".to_owned();
    assert_eq!(changes(&mut bench), [(ChangeType::Add, name(), true, true)]);
    let lease = bench.lease(LeaseType::Na, &reply.address()).unwrap();
    assert_eq!((&*lease.hostname, lease.fqdn_fwd, lease.fqdn_rev), ("pc.example.org.", true, true));

    // The same name again is no change; another one is.
    bench.ask(&Ask { kind: MessageType::RENEW, ..request });
    assert_eq!(changes(&mut bench), []);
    bench.ask(&with_name(MessageType::RENEW, b"\x01\x03new"));
    let new = || "new.example.org.".to_owned();
    assert_eq!(changes(&mut bench), [(ChangeType::Remove, name(), true, true), (ChangeType::Add, new(), true, true)]);

    // Released leases lose their names with reclamation.
    bench.ask(&ask(MessageType::RELEASE).na(1, &[&reply.address()]));
    assert_eq!(changes(&mut bench), []);
    bench.now += 1;
    assert_eq!(bench.reclaim(), 1);
    assert_eq!(changes(&mut bench), [(ChangeType::Remove, new(), true, true)]);
}

#[test]
fn a_client_may_update_by_itself_or_not_at_all() {
    let mut bench = bench_with(policy());
    let reply = bench.ask(&with_name(MessageType::REQUEST, b"\x00\x02pc\x03lan\x00"));
    let option = option_of(&reply).unwrap();
    assert_eq!((option.server_updates, option.no_updates, &*option.name), (false, false, "pc.lan."));
    assert_eq!(changes(&mut bench), [(ChangeType::Add, "pc.lan.".into(), false, true)]);

    let mut bench = bench_with(policy());
    let option = option_of(&bench.ask(&with_name(MessageType::REQUEST, b"\x04\x02pc"))).unwrap();
    assert_eq!((option.server_updates, option.no_updates), (false, true));
    assert_eq!(changes(&mut bench), []);

    let mut bench = bench_with(Ddns { override_no_update: true, ..policy() });
    let option = option_of(&bench.ask(&with_name(MessageType::REQUEST, b"\x04\x02pc"))).unwrap();
    assert_eq!((option.server_updates, option.no_updates, option.overridden), (true, false, true));
    assert_eq!(changes(&mut bench).len(), 1);
}

#[test]
fn a_name_is_made_of_the_address() {
    let made = "myhost-2001-db8-1--10.example.org.";
    for (mode, fqdn) in [
        (ReplaceClientName::Never, Some(&b"\x01"[..])),
        (ReplaceClientName::Always, Some(b"\x01\x02pc")),
        (ReplaceClientName::Always, None),
        (ReplaceClientName::WhenPresent, Some(b"\x01\x02pc")),
        (ReplaceClientName::WhenNotPresent, None),
    ] {
        let mut bench = bench_with(Ddns { replace_client_name: mode, ..policy() });
        let mut request = ask(MessageType::REQUEST).na(1, &[]);
        if let Some(fqdn) = fqdn {
            request = request.option(code::CLIENT_FQDN, fqdn);
        }
        let reply = bench.ask(&request);
        assert_eq!(option_of(&reply).unwrap().name, made, "{mode:?}");
        assert_eq!(&*bench.lease(LeaseType::Na, &reply.address()).unwrap().hostname, made);
        assert_eq!(changes(&mut bench), [(ChangeType::Add, made.into(), true, true)]);
    }
    let mut bench = bench_with(policy());
    assert_eq!(option_of(&bench.ask(&ask(MessageType::REQUEST).na(1, &[]))), None);
    assert_eq!(changes(&mut bench), []);
}

#[test]
fn a_reserved_name_comes_first() {
    let mut config = named(policy());
    let reserved = Host6 { hostname: "Printer".into(), ..host(IdentifierKind::Duid, CLIENT, None) };
    let list = config.subnets.list().iter().cloned().map(|mut subnet| {
        subnet.hosts = Hosts::new(vec![reserved.clone()]).unwrap();
        subnet
    });
    config.subnets = Subnets6::new(list.collect(), vec![]);
    let mut bench = Bench::new(config);
    let reply = bench.ask(&with_name(MessageType::REQUEST, b"\x01\x02pc"));
    assert_eq!(option_of(&reply).unwrap().name, "printer.example.org.");
    assert_eq!(changes(&mut bench), [(ChangeType::Add, "printer.example.org.".into(), true, true)]);
    let plain = bench.ask(&ask(MessageType::REQUEST).na(1, &[]));
    assert_eq!(option_of(&plain), None);
    assert_eq!(&*bench.lease(LeaseType::Na, &plain.address()).unwrap().hostname, "printer.example.org");
}

#[test]
fn bad_names_do_no_harm() {
    let mut bench = bench_with(policy());
    for bad in [&b"\x05\x02pc"[..], b"\x01\x40", b""] {
        assert!(bench.try_ask(&with_name(MessageType::REQUEST, bad)).is_none(), "{bad:?}");
    }
    assert_eq!((bench.stat("pkt6-parse-failed"), bench.stat("pkt6-receive-drop")), (3, 3));
    assert_eq!(option_of(&bench.ask(&with_name(MessageType::REQUEST, b"\x01\x02pc\x00\x01"))), None);
    // Where they are forgiven, names that are none are ignored, and S counts more than N.
    bench.reconfigure(Config6 { lenient_option_parsing: true, ..(*bench.server.snapshot.config).clone() });
    assert_eq!(option_of(&bench.ask(&with_name(MessageType::REQUEST, b"\x01\x40"))), None);
    assert!(bench.try_ask(&with_name(MessageType::REQUEST, b"")).is_none());
    let mended = option_of(&bench.ask(&with_name(MessageType::SOLICIT, b"\x05\x02pc"))).unwrap();
    assert!(mended.server_updates && !mended.no_updates);
    // Nothing is left of this one.
    assert_eq!(option_of(&bench.ask(&with_name(MessageType::REQUEST, b"\x01\x02__"))), None);
    assert_eq!(changes(&mut bench), []);
}
