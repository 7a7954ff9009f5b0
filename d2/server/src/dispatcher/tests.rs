//! The dispatcher with servers that never answer.

use std::net::UdpSocket;
use std::pin::pin;
use std::task::{Context, Waker};

use ncr::{ChangeType, ConflictResolutionMode, Dhcid};
use schema::json;
use stats::Registry;
use tokio::task::LocalSet;

use super::*;

fn config(server: &UdpSocket) -> Arc<D2Config> {
    let text = format!(
        r#"{{ "DhcpDdns": {{ "dns-server-timeout": 1, "forward-ddns": {{ "ddns-domains": [
            {{ "name": "example.", "dns-servers": [ {{ "ip-address": "127.0.0.1", "port": {} }} ] }} ] }} }} }}"#,
        server.local_addr().unwrap().port()
    );
    let document = json::parse("<string>", &text, &mut json::no_includes).unwrap();
    Arc::new(D2Config::read(&document, &mut |_| Err("no files".to_owned())).unwrap().1)
}

fn request(client: u32, fqdn: &str) -> NameChangeRequest {
    NameChangeRequest {
        change_type: ChangeType::Add,
        forward_change: true,
        reverse_change: true,
        fqdn: Name::parse(fqdn).unwrap(),
        ip_address: [192, 0, 2, 1].into(),
        dhcid: Dhcid::from_rdata(&client.to_be_bytes()).unwrap(),
        lease_length: 60,
        conflict_resolution_mode: ConflictResolutionMode::CheckWithDhcid,
    }
}

/// Runs a test with a dispatcher and the counters that it counts in.
fn with_dispatcher<F: Future<Output = ()>>(test: impl FnOnce(Rc<Dispatcher>, Arc<Statistics>) -> F) {
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let statistics = Arc::new(Statistics::new(Arc::new(Registry::new())));
    let dispatcher = Dispatcher::new(config(&silent), statistics.clone());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    LocalSet::new().block_on(&runtime, test(dispatcher, statistics));
}

#[test]
fn a_full_queue_takes_nothing_until_it_has_room() {
    with_dispatcher(|dispatcher, statistics| async move {
        let fill = (QUEUE_MAX + TRANSACTIONS_MAX) as u32;
        (0..fill).for_each(|client| dispatcher.submit(request(client, "host.example.")));
        assert_eq!(dispatcher.queue.borrow().waiting(), QUEUE_MAX);
        let mut room = pin!(dispatcher.room());
        assert!(room.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        assert_eq!(statistics.queue_full.value(), 1);
        room.await;
        assert!(dispatcher.queue.borrow().waiting() <= QUEUE_RESUME);
        dispatcher.room().await;
        assert_eq!(statistics.queue_full.value(), 1);
    });
}

#[test]
fn the_end_waits_for_what_runs_and_begins_nothing() {
    with_dispatcher(|dispatcher, _| async move {
        (0..40).for_each(|client| dispatcher.submit(request(client, "host.example.")));
        dispatcher.drain(Drain::Running).await;
        assert_eq!(dispatcher.queue.borrow().waiting(), 40 - TRANSACTIONS_MAX);
    });
}

#[test]
fn the_end_waits_for_the_queue_if_told_so() {
    with_dispatcher(|dispatcher, _| async move {
        (0..40).for_each(|client| dispatcher.submit(request(client, "host.example.")));
        dispatcher.drain(Drain::Queued).await;
        assert_eq!((dispatcher.queue.borrow().waiting(), dispatcher.queue.borrow().running()), (0, 0));
    });
}

#[test]
fn a_request_that_no_zone_takes_leaves_its_place() {
    with_dispatcher(|dispatcher, _| async move {
        dispatcher.submit(request(1, "host.elsewhere."));
        let reverse = NameChangeRequest { forward_change: false, ..request(1, "host.example.") };
        dispatcher.submit(reverse);
        assert_eq!((dispatcher.queue.borrow().waiting(), dispatcher.queue.borrow().running()), (0, 0));
    });
}

#[test]
fn a_direction_without_zones_is_left_out() {
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let made = transaction(request(1, "host.example."), &config(&silent)).unwrap();
    assert_eq!((made.forward.is_some(), made.reverse.is_some()), (true, false));
}
