//! What libraries hear of when it is done, the replies that they keep, and their say in subnets and leases.

use super::super::hooks::{Batch, Hooks, Proposal, Request, Selection};
use super::*;
use crate::hooks::{Departure, Kept, Libraries, Next, Point, Replies};
use dhcpd_config::classes::ClassId;
use smallvec::SmallVec;
use std::sync::Mutex;

/// Clients with these options are treated in a special way.
const DROPPED: u16 = 2000;
const NOWHERE: u16 = 2001;
const REFUSED: u16 = 2002;
const KEPT: u16 = 2003;

/// A library that writes down what it hears of.
#[derive(Debug, Default)]
struct Listener {
    heard: Mutex<Vec<String>>,
    kept: Mutex<Vec<Option<Kept>>>,
}

impl Listener {
    fn heard(&self) -> Vec<String> {
        std::mem::take(&mut self.heard.lock().unwrap())
    }
}

impl Hooks for Listener {
    fn points(&self) -> &'static [Point] {
        &[Point::Query, Point::Subnet, Point::Lease, Point::Committed, Point::Over]
    }

    fn query(&self, query: &Request<'_, '_>, classes: &mut SmallVec<[ClassId; 1]>) -> Next {
        classes.push(ClassId::SKIP_DDNS);
        if query.packet.message.options.find(DROPPED).is_some() { Next::Drop } else { Next::Continue }
    }

    fn subnet(&self, query: &Request<'_, '_>, selection: &mut Selection<'_>) -> Next {
        assert!(query.classes.contains(ClassId::SKIP_DDNS));
        if query.packet.message.options.find(NOWHERE).is_some() {
            selection.subnet = None;
        }
        Next::Continue
    }

    fn lease(&self, query: &Request<'_, '_>, proposal: &mut Proposal<'_>) -> Next {
        proposal.lease.user_context = Some("{}".into());
        if query.packet.message.options.find(REFUSED).is_some() { Next::Drop } else { Next::Continue }
    }

    fn committed(&self, batch: &mut Batch<'_>) {
        for (at, settled) in batch.settled.iter().enumerate() {
            let leases =
                settled.leases.iter().map(|l| format!("{}{}", l.lease.address, if l.extended { "+" } else { "" }));
            let leases: Vec<_> = leases.collect();
            let deleted: Vec<_> = settled.deleted.iter().map(|lease| lease.address).collect();
            assert!(batch.reply(at).is_some_and(|reply| !reply.is_empty()), "every message of DHCPv6 has an answer");
            let kind = settled.kind.name();
            self.heard.lock().unwrap().push(format!("{kind} in {:?} {leases:?} {deleted:?}", settled.subnet));
            let keep = settled.packet().is_some_and(|packet| packet.message.options.find(KEPT).is_some());
            if keep {
                self.kept.lock().unwrap().push(batch.keep(at));
                assert!(batch.keep(at).is_none(), "it is kept once");
            }
        }
    }

    fn over(&self, leases: &[Lease6]) {
        let addresses: Vec<_> = leases.iter().map(|lease| (lease.address, lease.state)).collect();
        self.heard.lock().unwrap().push(format!("over {addresses:?}"));
    }
}

/// Replies that have not left, and how many left by themselves.
#[derive(Default)]
struct Post {
    waiting: Vec<Option<Vec<u8>>>,
    sent: Arc<Mutex<usize>>,
}

struct Letter(Arc<Mutex<usize>>);

impl Departure for Letter {
    fn depart(self: Box<Self>) {
        *self.0.lock().unwrap() += 1;
    }
}

impl Replies for Post {
    fn message(&self, number: usize) -> &[u8] {
        self.waiting[number].as_deref().unwrap_or_default()
    }

    fn take(&mut self, number: usize) -> Option<Box<dyn Departure>> {
        self.waiting[number].take().map(|_| Box::new(Letter(self.sent.clone())) as Box<dyn Departure>)
    }
}

fn bench(config: Config6) -> (Bench, Arc<Listener>) {
    let mut bench = Bench::new(config);
    let listener = Arc::new(Listener::default());
    let config = Arc::clone(&bench.server.snapshot.config);
    let snapshot = Snapshot::new(config, Duid::from_slice(SERVER), &bench.registry, None);
    let library: Arc<dyn Hooks> = listener.clone();
    bench.server.configure(Arc::new(snapshot.with(Libraries::new([(library.points(), library)]))));
    (bench, listener)
}

/// Sends a query that is a batch by itself.
fn tell(bench: &mut Bench, post: &mut Post, ask: &Ask) {
    if bench.try_ask(ask).is_some() {
        post.waiting.push(Some(vec![0]));
        bench.server.reply_is(post.waiting.len() - 1);
    }
    bench.server.commits().into_iter().for_each(|tell| tell(post));
}

#[test]
fn what_was_settled_is_told_once() {
    let (mut bench, listener) = bench(one(|_| {}));
    let mut post = Post::default();
    let address = "2001:db8:1::10";
    let mut told = |kind: MessageType| {
        tell(&mut bench, &mut post, &ask(kind).na(1, &[address]));
        listener.heard()
    };
    let said = |text: &str| vec![text.to_owned()];
    assert_eq!(told(MessageType::SOLICIT), Vec::<String>::new());
    assert_eq!(told(MessageType::REQUEST), said(r#"REQUEST in Some(1) ["2001:db8:1::10"] []"#));
    assert_eq!(told(MessageType::RENEW), said(r#"RENEW in Some(1) ["2001:db8:1::10+"] []"#));
    assert_eq!(told(MessageType::CONFIRM), Vec::<String>::new());
    assert_eq!(told(MessageType::RELEASE), said("RELEASE in Some(1) [] [2001:db8:1::10]"));
    told(MessageType::REQUEST);
    assert_eq!(told(MessageType::DECLINE), said(r#"DECLINE in Some(1) ["2001:db8:1::10"] []"#));
    bench.now += 90_000;
    bench.reclaim();
    bench.server.tell_over();
    assert_eq!(listener.heard(), said("over [(2001:db8:1::10, Declined)]"));
    // What did not become durable is not told.
    bench.ask(&ask(MessageType::REQUEST).na(1, &[address]));
    bench.server.forget_settled();
    bench.server.commits().into_iter().for_each(|tell| tell(&mut post));
    assert_eq!(listener.heard(), Vec::<String>::new());
}

#[test]
fn a_reply_that_is_kept_leaves_when_the_library_sends_it() {
    let (mut bench, listener) = bench(Config6 { parked_packet_limit: 1, ..one(|_| {}) });
    let mut post = Post::default();
    let request = |ia: u32| ask(MessageType::REQUEST).na(ia, &[]).option(KEPT, &[]);
    tell(&mut bench, &mut post, &request(1));
    tell(&mut bench, &mut post, &request(2));
    assert!(post.waiting.iter().all(Option::is_none), "there is no room for the second, and it is lost");
    assert_eq!((bench.stat("pkt6-queue-full"), bench.stat("pkt6-receive-drop")), (1, 1));
    let mut kept = std::mem::take(&mut *listener.kept.lock().unwrap());
    assert!(kept[1].is_none());
    kept[0].take().unwrap().send();
    assert_eq!(*post.sent.lock().unwrap(), 1);
    tell(&mut bench, &mut post, &request(3));
    assert!(listener.kept.lock().unwrap()[0].is_some(), "there is room again");
}

#[test]
fn libraries_have_a_say_in_subnets_and_leases() {
    let (mut bench, _) = bench(one(|_| {}));
    let solicit = || ask(MessageType::SOLICIT).na(1, &[]);
    assert!(bench.try_ask(&solicit().option(DROPPED, &[])).is_none());
    assert!(bench.ask(&solicit().option(NOWHERE, &[])).ias[0].leases.is_empty());
    assert!(bench.ask(&solicit().option(REFUSED, &[])).ias[0].leases.is_empty());
    let address = "2001:db8:1::10";
    bench.ask(&ask(MessageType::REQUEST).na(1, &[address]));
    let lease = bench.lease(LeaseType::Na, address).unwrap();
    assert_eq!(lease.user_context.as_deref(), Some("{}"));
    // A lease that the client has is not extended, and what is left of it is said.
    bench.now += 1000;
    let answer = bench.ask(&ask(MessageType::RENEW).na(1, &[address]).option(REFUSED, &[]));
    assert_eq!(answer.address(), address);
    assert_eq!(bench.lease(LeaseType::Na, address), Some(lease));
}
