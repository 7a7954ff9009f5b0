//! What libraries can do at each hook point.

use super::super::hooks::{Hooks, Incoming, Outgoing, Request};
use super::*;
use crate::hooks::{Identity, Libraries, Next, Point};
use wire::v6::Draft;

/// Options of our own.
const DROPPED: u16 = 2000;
const TAKEN_BACK: u16 = 2001;
const SEEN: u16 = 2002;

/// A library that has a say everywhere.
#[derive(Debug)]
struct Everywhere;

impl Hooks for Everywhere {
    fn points(&self) -> &'static [Point] {
        &[Point::Receive, Point::Identify, Point::Send]
    }

    /// Drops some messages; the others lose the option `oro`.
    fn receive(&self, incoming: &mut Incoming<'_>) -> Next {
        let packet = Packet::parse(&incoming.message).unwrap();
        if packet.message.options.find(DROPPED).is_some() {
            return Next::Drop;
        }
        let mut draft = Draft::new(&packet.message);
        draft.remove(code::ORO);
        let message = packet.carrying(&draft).unwrap();
        drop(packet);
        incoming.message = message.into();
        Next::Continue
    }

    fn identify(&self, query: &Request<'_, '_>) -> Identity {
        assert_eq!(query.packet.message.options.find(code::ORO), None);
        let id = query.packet.first_relay().and_then(|relay| relay.options.find(code::INTERFACE_ID));
        let id = id.unwrap_or(b"port");
        Identity { flex_id: id.into(), client_id: [&[0, 0], id].concat().into() }
    }

    /// Says that it was there, but not to everyone.
    fn send(&self, outgoing: &mut Outgoing<'_, '_>) -> Next {
        assert!(outgoing.renamed && Packet::parse(outgoing.original).is_ok());
        outgoing.change(|draft| draft.add(SEEN, b"seen".to_vec()));
        let taken_back = outgoing.query.packet.message.options.find(TAKEN_BACK).is_some();
        if taken_back { Next::Drop } else { Next::Continue }
    }
}

fn bench() -> Bench {
    let reserved = host(IdentifierKind::FlexId, b"port", Some("2001:db8:1::cafe"));
    let mut config = one(|subnet| subnet.hosts = Hosts::new(vec![reserved]).unwrap());
    config.host_identifiers.push(IdentifierKind::FlexId);
    let mut bench = Bench::new(config);
    let config = Arc::clone(&bench.server.snapshot.config);
    let snapshot = Snapshot::new(config, Duid::from_slice(SERVER), &bench.registry, None);
    let library: Arc<dyn Hooks> = Arc::new(Everywhere);
    bench.server.configure(Arc::new(snapshot.with(Libraries::new([(library.points(), library)]))));
    bench
}

#[test]
fn a_library_is_asked_at_its_points() {
    let mut bench = bench();
    let relayed = |ask: Ask| ask.relayed("2001:db8:1::1", "fe80::1", &[(code::INTERFACE_ID, b"port")]);
    let query = relayed(ask(MessageType::SOLICIT).na(1, &[]).oro(&[23]));
    let answer = bench.ask(&query);
    assert_eq!(answer.address(), "2001:db8:1::cafe", "the reservation under the flexible identifier");
    assert_eq!(
        answer.find(code::CLIENT_ID),
        Packet::parse(&query.bytes()).unwrap().message.options.find(code::CLIENT_ID)
    );
    assert_eq!(answer.find(SEEN), Some(&b"seen"[..]));
    let request = ask(MessageType::REQUEST).na(1, &["2001:db8:1::cafe"]);
    bench.ask(&relayed(request));
    let lease = bench.lease(LeaseType::Na, "2001:db8:1::cafe").unwrap();
    assert_eq!(&lease.duid[..], b"\0\0port");
    // Another device in the same place has the same lease.
    let renew = ask(MessageType::RENEW).client(&[0, 3, 0, 1, 9]);
    assert_eq!(bench.ask(&relayed(renew.na(1, &["2001:db8:1::cafe"]))).address(), "2001:db8:1::cafe");
}

#[test]
fn a_library_drops_what_came_and_what_would_go() {
    let mut bench = bench();
    let solicit = || ask(MessageType::SOLICIT).na(1, &[]);
    assert!(bench.try_ask(&solicit().option(DROPPED, &[])).is_none());
    assert!(bench.try_ask(&solicit().option(TAKEN_BACK, &[])).is_none());
    assert!(bench.try_ask(&solicit()).is_some());
}
