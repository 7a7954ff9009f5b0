//! What libraries hear of when it is done, the replies that they keep, and their say in subnets and leases.

use super::super::Snapshot;
use super::super::hooks::{Batch, Hooks, Proposal, Request, Selection};
use super::bench::*;
use crate::hooks::{Departure, Kept, Libraries, Next, Point, Replies};
use ::leases::Lease4;
use dhcpd_config::classes::ClassId;
use dhcpd_config::v4::snapshot::{Config4, Subnet4};
use smallvec::SmallVec;
use std::sync::{Arc, Mutex};
use wire::v4::{MessageType, code};

/// Clients with these options are treated in a special way.
const DROPPED: u8 = 230;
const ELSEWHERE: u8 = 231;
const REFUSED: u8 = 232;
const KEPT: u8 = 233;

/// A library that writes down what it hears of.
#[derive(Debug, Default)]
struct Listener {
    heard: Mutex<Vec<String>>,
    kept: Mutex<Vec<Option<Kept>>>,
}

impl Listener {
    fn hear(&self, what: &str, batch: &mut Batch<'_>) {
        for (at, settled) in batch.settled.iter().enumerate() {
            let leases =
                settled.leases.iter().map(|l| format!("{}{}", l.lease.address, if l.extended { "+" } else { "" }));
            let leases: Vec<_> = leases.collect();
            let reused: Vec<_> = settled.reused.iter().map(|lease| lease.address).collect();
            let deleted: Vec<_> = settled.deleted.iter().map(|lease| lease.address).collect();
            let reply =
                batch.reply(at).map_or("unanswered", |bytes| if bytes.is_empty() { "gone" } else { "answered" });
            let kind = settled.message_type.name();
            self.heard.lock().unwrap().push(format!("{what} {kind} {leases:?} {reused:?} {deleted:?} {reply}"));
            if settled.packet().option(KEPT).is_some() {
                self.kept.lock().unwrap().push(batch.keep(at));
                assert!(batch.keep(at).is_none(), "it is kept once");
            }
        }
    }

    fn heard(&self) -> Vec<String> {
        std::mem::take(&mut self.heard.lock().unwrap())
    }
}

impl Hooks for Listener {
    fn points(&self) -> &'static [Point] {
        &[Point::Query, Point::Subnet, Point::Lease, Point::Offered, Point::Committed, Point::Over]
    }

    fn query(&self, query: &Request<'_>, classes: &mut SmallVec<[ClassId; 1]>) -> Next {
        classes.push(ClassId::SKIP_DDNS);
        if query.packet.option(DROPPED).is_some() { Next::Drop } else { Next::Continue }
    }

    fn subnet(&self, query: &Request<'_>, selection: &mut Selection<'_>) -> Next {
        assert!(query.classes.contains(ClassId::SKIP_DDNS));
        if query.packet.option(ELSEWHERE).is_some() {
            selection.subnet = selection.config.subnets.by_id(2).map(|(at, _)| at);
        }
        Next::Continue
    }

    fn lease(&self, query: &Request<'_>, proposal: &mut Proposal<'_>) -> Next {
        assert_eq!(proposal.lease.hw_addr[..], *query.packet.hw_addr());
        proposal.lease.user_context = Some("{}".into());
        if query.packet.option(REFUSED).is_some() { Next::Drop } else { Next::Continue }
    }

    fn offered(&self, batch: &mut Batch<'_>) {
        self.hear("offered", batch);
    }

    fn committed(&self, batch: &mut Batch<'_>) {
        self.hear("committed", batch);
    }

    fn over(&self, leases: &[Lease4]) {
        let addresses: Vec<_> = leases.iter().map(|lease| (lease.address, lease.state)).collect();
        self.heard.lock().unwrap().push(format!("over {addresses:?}"));
    }
}

/// Replies that have not left, and the ones that left by themselves.
#[derive(Default)]
struct Post {
    waiting: Vec<Option<Vec<u8>>>,
    sent: Arc<Mutex<Vec<Vec<u8>>>>,
}

struct Letter(Vec<u8>, Arc<Mutex<Vec<Vec<u8>>>>);

impl Departure for Letter {
    fn depart(self: Box<Self>) {
        self.1.lock().unwrap().push(self.0);
    }
}

impl Replies for Post {
    fn message(&self, number: usize) -> &[u8] {
        self.waiting[number].as_deref().unwrap_or_default()
    }

    fn take(&mut self, number: usize) -> Option<Box<dyn Departure>> {
        self.waiting[number].take().map(|bytes| Box::new(Letter(bytes, self.sent.clone())) as Box<dyn Departure>)
    }
}

fn bench(config: Config4) -> (Bench, Arc<Listener>) {
    let mut bench = Bench::new(config);
    let listener = Arc::new(Listener::default());
    let snapshot = Snapshot::new(Arc::clone(&bench.snapshot.config), &bench.registry, None);
    let libraries: Arc<dyn Hooks> = listener.clone();
    bench.snapshot = Arc::new(snapshot.with(Libraries::new([(libraries.points(), libraries)])));
    bench.server.configure(Arc::clone(&bench.snapshot));
    (bench, listener)
}

/// Sends queries, each a batch by itself; what was heard of them.
fn told(bench: &mut Bench, post: &mut Post, query: &Query) {
    if let Some(seen) = bench.send(query) {
        post.waiting.push(Some(vec![0; seen.len()]));
        bench.server.reply_is(post.waiting.len() - 1);
    }
    bench.server.tell_offers(post);
    bench.server.commits().into_iter().for_each(|tell| tell(post));
}

#[test]
fn what_was_settled_is_told_once() {
    let (mut bench, listener) = bench(config(vec![subnet(1)]));
    let mut post = Post::default();
    let mut tell = |query: &Query| {
        bench.now += 2000;
        told(&mut bench, &mut post, query);
        listener.heard()
    };
    let address = [10, 0, 1, 10];
    let said = |text: &str| vec![text.to_owned()];
    assert_eq!(tell(&Query::discover(1)), said(r#"offered DHCPDISCOVER ["10.0.1.10"] [] [] answered"#));
    assert_eq!(tell(&Query::select(1, address)), said(r#"committed DHCPREQUEST ["10.0.1.10"] [] [] answered"#));
    let renewal = Query::from(1, MessageType::REQUEST, address);
    assert_eq!(tell(&renewal), said(r#"committed DHCPREQUEST ["10.0.1.10+"] [] [] answered"#));
    let release = Query::from(1, MessageType::RELEASE, address);
    assert_eq!(tell(&release), said("committed DHCPRELEASE [] [] [10.0.1.10] unanswered"));
    assert_eq!(tell(&release), said("committed DHCPRELEASE [] [] [] unanswered"));
    tell(&Query::select(1, address));
    let decline = Query::new(1, MessageType::DECLINE).with(code::REQUESTED_ADDRESS, address);
    assert_eq!(tell(&decline), said(r#"committed DHCPDECLINE ["10.0.1.10"] [] [] unanswered"#));
    bench.now += 90_000;
    bench.reclaim();
    bench.server.tell_over();
    assert_eq!(listener.heard(), said("over [(10.0.1.10, Declined)]"));
    // What did not become durable is not told.
    bench.send(&Query::select(2, [10, 0, 1, 12]));
    bench.server.forget_settled();
    bench.server.commits().into_iter().for_each(|tell| tell(&mut post));
    assert_eq!(listener.heard(), Vec::<String>::new());
}

#[test]
fn a_reply_that_is_kept_leaves_when_the_library_sends_it() {
    let (mut bench, listener) = bench(Config4 { parked_packet_limit: 1, ..config(vec![subnet(1)]) });
    let mut post = Post::default();
    let keep = |query: Query| query.with(KEPT, [1]);
    told(&mut bench, &mut post, &keep(Query::discover(1)));
    told(&mut bench, &mut post, &keep(Query::select(1, [10, 0, 1, 10])));
    assert!(post.waiting.iter().all(Option::is_none), "offers and other answers have a limit each");
    told(&mut bench, &mut post, &keep(Query::discover(2)));
    assert!(post.waiting.iter().all(Option::is_none), "there is no room for it, and it is lost");
    assert_eq!((bench.statistic("pkt4-queue-full"), bench.statistic("pkt4-receive-drop")), (1, 1));
    let kept = std::mem::take(&mut *listener.kept.lock().unwrap());
    assert_eq!(kept.iter().map(Option::is_some).collect::<Vec<_>>(), [true, true, false]);
    let mut kept = kept.into_iter().flatten();
    std::thread::scope(|scope| _ = scope.spawn(|| kept.next().unwrap().send()));
    assert_eq!(post.sent.lock().unwrap().len(), 1);
    drop(kept);
    assert_eq!(post.sent.lock().unwrap().len(), 1, "what is dropped does not leave");
    told(&mut bench, &mut post, &keep(Query::discover(2)));
    assert!(listener.kept.lock().unwrap()[0].is_some(), "there is room again");
}

#[test]
fn libraries_have_a_say_in_subnets_and_leases() {
    let second = Subnet4 { interface: None, ..subnet(2) };
    let (mut bench, listener) = bench(config(vec![subnet(1), second]));
    assert!(bench.send(&Query::discover(1).with(DROPPED, [1])).is_none());
    assert!(bench.send(&Query::discover(1).with(REFUSED, [1])).is_none());
    let refused = bench.send(&Query::select(1, [10, 0, 1, 10]).with(REFUSED, [1])).expect("an answer");
    assert_eq!(refused.kind(), MessageType::NAK);
    assert_eq!(
        bench.send(&Query::discover(1).with(ELSEWHERE, [1])).expect("an offer").yiaddr().octets(),
        [10, 0, 2, 10]
    );
    let address = bench.lease(1);
    let lease = bench.lease_on(address.octets()).expect("a lease");
    assert_eq!(lease.user_context.as_deref(), Some("{}"));
    // A lease that the client has is not extended, and what is left of it is said.
    bench.now += 1000;
    let renewal = Query::from(1, MessageType::REQUEST, address).with(REFUSED, [1]);
    let ack = bench.send(&renewal).expect("an answer");
    assert_eq!((ack.kind(), ack.seconds(code::LEASE_TIME)), (MessageType::ACK, Some(2600)));
    assert_eq!(bench.lease_on(address.octets()), Some(lease));
    assert_eq!(listener.heard(), Vec::<String>::new());
}
