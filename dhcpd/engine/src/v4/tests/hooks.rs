//! What libraries can do at each hook point.

use super::super::hooks::{Hooks, Incoming, Outgoing, Request};
use super::bench::*;
use crate::hooks::{Identity, Libraries, Naming, Next, Point};
use crate::v4::Snapshot;
use dhcpd_config::hosts::{Hosts, Identifier, IdentifierKind};
use dhcpd_config::v4::snapshot::{Host4, Subnet4};
use std::sync::Arc;
use wire::v4::{Draft, MessageType, Packet, code};

/// A library that has a say everywhere.
#[derive(Debug)]
struct Everywhere;

impl Hooks for Everywhere {
    fn points(&self) -> &'static [Point] {
        &[Point::Receive, Point::Identify, Point::Name, Point::Send]
    }

    /// Drops clients with the option 230; gives all others the option 231.
    fn receive(&self, incoming: &mut Incoming<'_>) -> Next {
        let packet = Packet::parse(&incoming.message).expect("a packet");
        if packet.option(230).is_some() {
            return Next::Drop;
        }
        let mut draft = Draft::new(&packet);
        draft.set(231, b"port".to_vec());
        let mut message = Vec::new();
        draft.write(&mut message);
        incoming.message = message.into();
        Next::Continue
    }

    /// By the option 231.
    fn identify(&self, query: &Request<'_>) -> Identity {
        let id = query.packet.option(231).unwrap_or_default();
        Identity { flex_id: id.into(), client_id: [&[0], id].concat().into() }
    }

    fn name(&self, _: &Request<'_>, naming: &mut Naming<'_>) {
        naming.hostname = format!("tuned-{}", naming.hostname);
    }

    /// Says that it was there, but not to clients with the option 232.
    fn send(&self, outgoing: &mut Outgoing<'_>) -> Next {
        assert!(outgoing.renamed);
        outgoing.change(|draft| draft.set(233, b"seen".to_vec()));
        if outgoing.query.packet.option(232).is_some() { Next::Drop } else { Next::Continue }
    }
}

fn bench() -> Bench {
    let identifier = Identifier { kind: IdentifierKind::FlexId, bytes: (*b"port").into() };
    let reserved = Host4 { identifier, ..host(1, Some([10, 0, 1, 15])) };
    let subnet = Subnet4 { hosts: Hosts::new(vec![reserved]).expect("one host"), ..subnet(1) };
    let mut config = config(vec![subnet]);
    config.host_identifiers.push(IdentifierKind::FlexId);
    let mut bench = Bench::new(config);
    let snapshot = Snapshot::new(Arc::clone(&bench.snapshot.config), &bench.registry, None);
    let libraries: Arc<dyn Hooks> = Arc::new(Everywhere);
    bench.snapshot = Arc::new(snapshot.with(Libraries::new([(libraries.points(), libraries)])));
    bench.server.configure(Arc::clone(&bench.snapshot));
    bench
}

#[test]
fn a_library_is_asked_at_its_points() {
    let mut bench = bench();
    let named = |query: Query| query.with(code::CLIENT_IDENTIFIER, [1, 7]).with(code::HOST_NAME, *b"box");
    let offer = bench.send(&named(Query::discover(1))).expect("an offer");
    assert_eq!(offer.yiaddr().octets(), [10, 0, 1, 15], "the reservation under the flexible identifier");
    assert_eq!(offer.option(code::CLIENT_IDENTIFIER), Some(vec![1, 7]), "the client hears its own identifier");
    assert_eq!(
        (offer.option(233), offer.option(code::HOST_NAME)),
        (Some(b"seen".to_vec()), Some(b"tuned-box".to_vec()))
    );
    bench.send(&named(Query::select(1, [10, 0, 1, 15]))).expect("an answer");
    let lease = bench.lease_on([10, 0, 1, 15]).expect("a lease");
    assert_eq!((lease.client_id.as_deref(), &*lease.hostname), (Some(&b"\0port"[..]), "tuned-box"));
    // Another device in the same place has the same lease.
    let ack = bench.send(&named(Query::reboot(2, [10, 0, 1, 15]))).expect("an answer");
    assert_eq!(ack.kind(), MessageType::ACK);
}

#[test]
fn a_library_drops_what_came_and_what_would_go() {
    let mut bench = bench();
    assert!(bench.send(&Query::discover(1).with(230, [1])).is_none());
    assert!(bench.send(&Query::discover(1).with(232, [1])).is_none());
    assert!(bench.send(&Query::discover(1)).is_some());
}
