//! Many sessions at once, and clients that misbehave: others are served, locks are released, memory stays.

use std::rc::Rc;

use crate::common::*;
use futures::FutureExt as _;
use netconf_agent::session;
use netconf_agent::transport::framing::{Framing, encode};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::sync::Mutex;
use tokio::task::JoinSet;

const SESSIONS: u32 = 200;
const GET: &str = "<get-config><source><running/></source></get-config>";
const LOCK: &str = "<lock><target><candidate/></target></lock>";

fn subnet(id: u32) -> String {
    let prefix = format!("10.{}.{}.0/24", id / 256, id % 256);
    format!("<config xmlns=\"{NS4}\"><subnet4><id>{id}</id><subnet>{prefix}</subnet></subnet4></config>")
}

/// A client reads, then takes its turn: it commits a subnet of its own, and breaks off another one.
async fn take_turn(mut client: Client<DuplexStream>, id: u32, turn: Rc<Mutex<()>>) {
    assert!(client.rpc(GET).await.contains("4000"));
    let _turn = turn.lock().await;
    // Who was cut off before may hold it for a moment still.
    while client.rpc(LOCK).await != "<ok/>" {
        tokio::task::yield_now().await;
    }
    client.edit(&subnet(id)).await;
    client.ok("<commit/>").await;
    client.edit(&subnet(id + SESSIONS)).await;
    // Every third one is cut off in the middle of a request, its lock in its hands.
    if id.is_multiple_of(3) {
        client.stream.write_all(b"\n#1000\n<rpc").await.unwrap();
    } else {
        client.ok("<unlock><target><candidate/></target></unlock>").await;
    }
}

#[test]
fn hundreds_of_sessions_commit_and_are_cut_off() {
    run(async {
        let house = House::for_sessions(SESSIONS as usize + 1).await;
        let (mut clients, turn) = (JoinSet::new(), Rc::new(Mutex::new(())));
        for id in 1..=SESSIONS {
            clients.spawn_local(take_turn(house.client().await, id, Rc::clone(&turn)));
        }
        let mut last = house.client().await;
        while let Some(client) = clients.join_next().await {
            client.unwrap();
        }
        until(|| house.core.sessions().len() == 1).await;
        last.ok(LOCK).await;
        let running = last.rpc(GET).await;
        assert_eq!(running.matches("<subnet4>").count(), SESSIONS as usize, "what was unlocked or cut off is gone");
        assert_eq!(house.dhcp4.config.borrow()["Dhcp4"]["subnet4"].as_array().unwrap().len(), SESSIONS as usize);
    });
}

#[test]
fn garbage_without_end_ends_the_session_and_nothing_else() {
    run(async {
        let house = House::new().await;
        let mut other = house.client().await;
        // One never says that a message ends, one announces more than there may be.
        for head in ["", "\n#1000000000\n"] {
            let (near, far) = tokio::io::duplex(1 << 16);
            tokio::task::spawn_local(session::serve(house.core.open(login("user"), "here").unwrap(), far));
            let mut stream = if head.is_empty() { near } else { Client::hello(near).await.stream };
            let block = vec![b'x'; 1 << 16];
            let mut sent = 0;
            let mut written = stream.write_all(head.as_bytes()).await;
            while written.is_ok() && sent < 100 << 20 {
                written = stream.write_all(&block).await;
                sent += block.len();
            }
            // The agent reads no more than a message may have.
            assert!(written.is_err() && sent < 4 << 20, "{sent} bytes were taken");
            assert!(other.rpc(GET).await.contains("4000"));
            until(|| house.core.sessions().len() == 1).await;
        }
    });
}

#[test]
fn who_never_reads_holds_up_nobody() {
    run(async {
        let house = House::new().await;
        let mut deaf = house.client().await;
        let rpc = format!("<rpc xmlns=\"urn:ietf:params:xml:ns:netconf:base:1.0\" message-id=\"1\">{GET}</rpc>");
        let request = encode(Framing::Chunks, &rpc);
        // Requests until the agent takes no more of them, since their answers are not read.
        let mut asked = 0;
        while deaf.stream.write_all(&request).now_or_never().is_some() {
            asked += 1;
            assert!(asked < 100_000);
            tokio::task::yield_now().await;
        }
        let mut other = house.client().await;
        other.edit(&subnet(1)).await;
        other.ok("<commit/>").await;
        other
            .ok(&format!(
                "<kill-session><session-id>{}</session-id></kill-session>",
                text(&deaf.greeting, "session-id")
            ))
            .await;
        until(|| house.core.sessions().len() == 1).await;
        let mut rest = Vec::new();
        deaf.stream.read_to_end(&mut rest).await.unwrap();
        assert!(rest.len() <= 1 << 17, "{} bytes waited", rest.len());
    });
}
