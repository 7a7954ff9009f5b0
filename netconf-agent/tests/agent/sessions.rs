//! Sessions: hello, requests that are none, locks, and what goes with a session.

use crate::common::*;
use netconf_agent::session;
use netconf_agent::transport::framing::{Framing, encode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[test]
fn the_server_says_what_it_can_do() {
    run(async {
        let house = House::new().await;
        let client = house.client().await;
        assert_eq!(text(&client.greeting, "session-id"), "1");
        for capability in [
            "base:1.0",
            "base:1.1",
            ":candidate:1.0",
            ":startup:1.0",
            ":validate:1.1",
            ":yang-library:1.1?revision=2019-01-04&amp;content-id=",
        ] {
            assert!(client.greeting.contains(capability), "{capability}");
        }
    });
}

#[test]
fn attributes_come_back_and_prefixes_are_kept() {
    run(async {
        let house = House::new().await;
        let mut client = house.client().await;
        let rpc = "<nc:rpc xmlns:nc=\"urn:ietf:params:xml:ns:netconf:base:1.0\" xmlns=\"urn:x\" xmlns:e=\"urn:e\" message-id=\"a&lt;&quot;\" e:user=\"fred\"><nc:discard-changes/></nc:rpc>";
        let reply = client.send(rpc).await.unwrap();
        assert_eq!(
            reply,
            "<nc:rpc-reply xmlns:nc=\"urn:ietf:params:xml:ns:netconf:base:1.0\" xmlns=\"urn:x\" xmlns:e=\"urn:e\" message-id=\"a&lt;&quot;\" e:user=\"fred\"><nc:ok/></nc:rpc-reply>"
        );
    });
}

#[test]
fn what_is_no_request_is_answered_and_the_session_goes_on() {
    run(async {
        let house = House::new().await;
        let mut client = house.client().await;
        for (message, tag) in [
            ("<rpc", "malformed-message"),
            ("<rpc xmlns='urn:ietf:params:xml:ns:netconf:base:1.0' message-id='1'><get></rpc>", "malformed-message"),
            ("<x/>", "unknown-element"),
            ("<rpc xmlns='urn:ietf:params:xml:ns:netconf:base:1.0'><get/></rpc>", "missing-attribute"),
            ("<rpc xmlns='urn:ietf:params:xml:ns:netconf:base:1.0' message-id='1'/>", "missing-element"),
            (
                "<rpc xmlns='urn:ietf:params:xml:ns:netconf:base:1.0' message-id='1'><x/></rpc>",
                "operation-not-supported",
            ),
        ] {
            let reply = client.send(message).await.unwrap();
            assert_eq!(text(&reply, "error-tag"), tag, "{message}");
        }
        for (operation, tag) in [
            ("<get><x/></get>", "unknown-element"),
            ("<get><filter type='sql'/></get>", "bad-attribute"),
            ("<get><filter type='xpath'/></get>", "missing-attribute"),
            ("<get><filter type='xpath' select='/x:y'/></get>", "invalid-value"),
            ("<get><filter type='xpath' select='1 + 1'/></get>", "invalid-value"),
            ("<get-config/>", "missing-element"),
            ("<get-config><source><url>file:///x</url></source></get-config>", "operation-not-supported"),
            ("<edit-config><target><candidate/></target></edit-config>", "missing-element"),
            (
                "<edit-config><target><candidate/></target><default-operation>x</default-operation><config/></edit-config>",
                "invalid-value",
            ),
            ("<commit><confirmed/><confirm-timeout>0</confirm-timeout></commit>", "invalid-value"),
            ("<commit><persist>x</persist></commit>", "invalid-value"),
            ("<commit><persist-id>x</persist-id></commit>", "invalid-value"),
            ("<cancel-commit/>", "operation-failed"),
            (
                "<get><with-defaults xmlns='urn:ietf:params:xml:ns:yang:ietf-netconf-with-defaults'>x</with-defaults></get>",
                "invalid-value",
            ),
            ("<delete-config><target><running/></target></delete-config>", "invalid-value"),
            ("<copy-config><target><running/></target><source><running/></source></copy-config>", "invalid-value"),
            ("<kill-session><session-id>1</session-id></kill-session>", "invalid-value"),
            ("<kill-session><session-id>x</session-id></kill-session>", "invalid-value"),
            ("<unlock><target><running/></target></unlock>", "operation-failed"),
            (
                "<edit-config><target><running/></target><config><x xmlns='urn:x'/></config></edit-config>",
                "unknown-namespace",
            ),
        ] {
            let reply = client.rpc(operation).await;
            assert_eq!(text(&reply, "error-tag"), tag, "{operation}");
        }
    });
}

/// What the server does after this for a `<hello>`: true if it closes.
async fn closes(house: &House, bytes: &[u8]) -> bool {
    let (mut near, far) = tokio::io::duplex(1 << 16);
    let session = house.core.open(login("user"), "here").unwrap();
    tokio::task::spawn_local(session::serve(session, far));
    near.write_all(bytes).await.unwrap();
    let mut all = Vec::new();
    near.read_to_end(&mut all).await.is_ok()
}

#[test]
fn a_session_that_cannot_begin_is_closed() {
    run(async {
        let house = House::new().await;
        let with_id = HELLO.replace("</hello>", "<session-id>1</session-id></hello>");
        let neither = HELLO.replace("netconf:base:1", "netconf:base:9");
        for hello in ["x", "<x/>", with_id.as_str(), neither.as_str()] {
            assert!(closes(&house, &encode(Framing::Mark, hello)).await);
        }
        let mut broken = encode(Framing::Mark, HELLO);
        broken.extend_from_slice(b"<rpc/>]]>]]>");
        assert!(closes(&house, &broken).await, "marks where chunks belong");
        assert!(closes(&house, &vec![b'x'; (1 << 20) + 100]).await, "more than a message may have");
        assert!(house.core.sessions().is_empty());
    });
}

#[test]
fn clients_of_base_1_0_are_served() {
    run(async {
        let house = House::new().await;
        let (mut near, far) = tokio::io::duplex(1 << 16);
        tokio::task::spawn_local(session::serve(house.core.open(login("user"), "here").unwrap(), far));
        let hello = HELLO.replace("<capability>urn:ietf:params:netconf:base:1.1</capability>", "");
        near.write_all(&encode(Framing::Mark, &hello)).await.unwrap();
        near.write_all(
            b"<rpc message-id='1' xmlns='urn:ietf:params:xml:ns:netconf:base:1.0'><close-session/></rpc>]]>]]>",
        )
        .await
        .unwrap();
        let mut all = String::new();
        near.read_to_string(&mut all).await.unwrap();
        assert!(all.ends_with("<ok/></rpc-reply>]]>]]>"), "{all}");
    });
}

#[test]
fn there_are_as_many_sessions_as_allowed() {
    run(async {
        let house = House::new().await;
        let sessions: Vec<_> = (0..4).map(|_| house.core.open(login("user"), "here").unwrap()).collect();
        assert!(house.core.open(login("user"), "here").is_none());
        drop(sessions);
        assert!(house.core.open(login("user"), "here").is_some());
    });
}

const LOCK: &str = "<lock><target><candidate/></target></lock>";

#[test]
fn a_lock_keeps_others_out_until_its_session_ends() {
    run(async {
        let house = House::new().await;
        let (mut one, mut two) = (house.client().await, house.client().await);
        one.ok(LOCK).await;
        one.ok("<lock><target><running/></target></lock>").await;
        let reply = two.rpc(LOCK).await;
        assert_eq!((text(&reply, "error-tag"), text(&reply, "session-id")), ("lock-denied", "1"));
        for operation in [edit("candidate", ""), edit("running", ""), "<commit/>".into(), "<discard-changes/>".into()] {
            assert_eq!(text(&two.rpc(&operation).await, "error-tag"), "in-use", "{operation}");
        }
        assert_eq!(
            text(&two.rpc("<unlock><target><running/></target></unlock>").await, "error-tag"),
            "operation-failed"
        );
        let state = two.rpc("<get><filter><netconf-state xmlns=\"urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring\"><datastores/></netconf-state></filter></get>").await;
        assert_eq!(text(&state, "locked-by-session"), "1");
        one.edit(&everywhere()).await;
        // Gone without a word: its locks go, and its changes with them (RFC 6241 §8.3.5.2).
        drop(one);
        until(|| house.core.session(1).is_none()).await;
        two.ok(LOCK).await;
        assert!(!two.rpc("<get-config><source><candidate/></source></get-config>").await.contains("192.0.2.0"));
    });
}

#[test]
fn a_killed_session_is_gone_and_its_locks_with_it() {
    run(async {
        let house = House::new().await;
        let (mut one, mut two) = (house.client().await, house.client().await);
        one.ok(LOCK).await;
        two.ok("<kill-session><session-id>1</session-id></kill-session>").await;
        two.ok(LOCK).await;
        assert_eq!(one.receive().await, None);
        two.ok("<close-session/>").await;
        assert_eq!(two.receive().await, None);
    });
}

#[test]
fn a_candidate_with_changes_is_not_locked_and_unlocking_discards() {
    run(async {
        let house = House::new().await;
        let mut client = house.client().await;
        client.edit(&everywhere()).await;
        let reply = client.rpc(LOCK).await;
        assert_eq!((text(&reply, "error-tag"), text(&reply, "session-id")), ("lock-denied", "0"));
        client.ok("<discard-changes/>").await;
        client.ok(LOCK).await;
        client.edit(&everywhere()).await;
        client.ok("<unlock><target><candidate/></target></unlock>").await;
        assert!(!client.rpc("<get-config><source><candidate/></source></get-config>").await.contains("192.0.2.0"));
    });
}

#[test]
fn edit_options() {
    run(async {
        let house = House::new().await;
        let mut client = house.client().await;
        let with = |options: &str, config: &str| {
            format!(
                "<edit-config><target><candidate/></target>{options}<config><config xmlns=\"{NS4}\">{config}</config></config></edit-config>"
            )
        };
        let candidate = "<get-config><source><candidate/></source></get-config>";
        let good = "<valid-lifetime>5000</valid-lifetime>";
        let half = "<subnet4><id>1</id></subnet4>";
        client.ok(&with("<test-option>test-only</test-option>", good)).await;
        assert!(!client.rpc(candidate).await.contains("5000"));
        let reply = client.rpc(&with("<test-option>test-then-set</test-option>", half)).await;
        assert_eq!(text(&reply, "error-tag"), "operation-failed");
        assert!(!client.rpc(candidate).await.contains("<id>1</id>"));
        let wrong = format!("{good}<bogus/>");
        for option in ["stop-on-error", "rollback-on-error"] {
            let reply = client.rpc(&with(&format!("<error-option>{option}</error-option>"), &wrong)).await;
            assert_eq!(text(&reply, "error-tag"), "unknown-element");
            assert!(!client.rpc(candidate).await.contains("5000"), "{option}");
        }
        client.rpc(&with("<error-option>continue-on-error</error-option>", &wrong)).await;
        assert!(client.rpc(candidate).await.contains("5000"));
        client.ok(&with("<default-operation>replace</default-operation>", "<rebind-timer>7</rebind-timer>")).await;
        let after = client.rpc(candidate).await;
        assert!(after.contains("<rebind-timer>7") && !after.contains("5000") && !after.contains(NS6), "{after}");
    });
}

#[test]
fn running_can_be_edited_at_once() {
    run(async {
        let house = House::new().await;
        let mut client = house.client().await;
        client.ok(&edit("running", &everywhere())).await;
        assert_eq!(house.d2.config.borrow()["DhcpDdns"]["port"], 53002);
        let candidate = client.rpc("<get-config><source><candidate/></source></get-config>").await;
        assert!(candidate.contains("53002"), "a candidate without changes follows running");
    });
}

#[test]
fn state_and_schemas_are_served() {
    run(async {
        let house = House::new().await;
        let mut client = house.client().await;
        let all = client.rpc("<get/>").await;
        assert!(
            all.contains("<yang-library") && all.contains("<netconf-state") && all.contains("<valid-lifetime>4000")
        );
        let reply = client
            .rpc(&format!("<get><filter><config xmlns=\"{NS4}\"><valid-lifetime/></config></filter></get>"))
            .await;
        assert_eq!(
            reply,
            format!("<data><config xmlns=\"{NS4}\"><valid-lifetime>4000</valid-lifetime></config></data>")
        );
        let library = "<get><filter><yang-library xmlns=\"urn:ietf:params:xml:ns:yang:ietf-yang-library\"><content-id/></yang-library></filter></get>";
        let reply = client.rpc(library).await;
        assert!(client.greeting.contains(text(&reply, "content-id")));
        let get_schema = |name: &str| {
            format!(
                "<get-schema xmlns=\"urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring\"><identifier>{name}</identifier></get-schema>"
            )
        };
        assert!(client.rpc(&get_schema("kea-dhcp4-server")).await.contains("module kea-dhcp4-server"));
        assert_eq!(text(&client.rpc(&get_schema("x")).await, "error-tag"), "invalid-value");
    });
}
