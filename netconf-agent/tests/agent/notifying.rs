//! Notifications: who hears what, live and from the log.

use crate::common::*;

fn subscribe(rest: &str) -> String {
    format!(
        "<create-subscription xmlns=\"urn:ietf:params:xml:ns:netconf:notification:1.0\">{rest}</create-subscription>"
    )
}

const EVENTS: &str = "urn:ietf:params:xml:ns:yang:ietf-netconf-notifications";

#[test]
fn changes_are_told_with_who_made_them_and_what_they_are() {
    run(async {
        let house = House::new().await;
        let (mut listener, mut editor) = (house.client().await, house.client().await);
        let filter = format!("<filter><netconf-config-change xmlns=\"{EVENTS}\"/></filter>");
        listener.ok(&subscribe(&filter)).await;
        editor.edit(&everywhere()).await;
        editor.ok("<commit/>").await;
        let heard = listener.receive().await.unwrap();
        assert!(
            heard.starts_with("<notification xmlns=\"urn:ietf:params:xml:ns:netconf:notification:1.0\"><eventTime>")
        );
        assert_eq!((text(&heard, "username"), text(&heard, "session-id")), ("user", "2"));
        assert_eq!((text(&heard, "source-host"), text(&heard, "datastore")), ("192.0.2.1", "running"));
        assert_eq!(
            text(&heard, "target"),
            "/kea-dhcp4-server:config/kea-dhcp4-server:subnet4[kea-dhcp4-server:id='1']"
        );
        assert_eq!(text(&heard, "operation"), "create");
        assert!(heard.contains("kea-dhcp-ddns:port</target><operation>replace</operation>"), "{heard}");
        // Requests go on beside notifications (:interleave), and the session listens once.
        editor.ok("<copy-config><target><startup/></target><source><running/></source></copy-config>").await;
        assert_eq!(text(&listener.receive().await.unwrap(), "datastore"), "startup");
        listener.ok("<validate><source><running/></source></validate>").await;
        assert_eq!(text(&listener.rpc(&subscribe("")).await, "error-tag"), "operation-failed");
    });
}

#[test]
fn what_was_is_replayed() {
    run(async {
        let house = House::new().await;
        let begun = chrono::Utc::now().to_rfc3339();
        let mut editor = house.client().await;
        editor.ok("<close-session/>").await;
        while house.core.session(1).is_some() {
            tokio::task::yield_now().await;
        }
        let mut listener = house.client().await;
        listener.ok(&subscribe(&format!("<startTime>{begun}</startTime>"))).await;
        for expected in
            ["<netconf-session-start", "<termination-reason>closed<", "<netconf-session-start", "<replayComplete"]
        {
            let heard = listener.receive().await.unwrap();
            assert!(heard.contains(expected), "{expected}: {heard}");
        }
        drop(house.client().await);
        assert!(listener.receive().await.unwrap().contains("<netconf-session-start"));
        assert!(listener.receive().await.unwrap().contains("<termination-reason>dropped<"));
    });
}

#[test]
fn a_subscription_ends_at_its_time_and_another_may_follow() {
    run(async {
        let house = House::new().await;
        let mut listener = house.client().await;
        let time = |offset: i64| (chrono::Utc::now() + chrono::Duration::milliseconds(offset)).to_rfc3339();
        let times = |start, stop| {
            subscribe(&format!("<startTime>{}</startTime><stopTime>{}</stopTime>", time(start), time(stop)))
        };
        for (request, tag) in [
            (subscribe("<stream>OTHER</stream>"), "invalid-value"),
            (subscribe(&format!("<stopTime>{}</stopTime>", time(0))), "missing-element"),
            (times(60_000, 120_000), "bad-element"),
            (times(-1_000, -2_000), "bad-element"),
            (subscribe("<startTime>yesterday</startTime>"), "bad-element"),
        ] {
            assert_eq!(text(&listener.rpc(&request).await, "error-tag"), tag, "{request}");
        }
        listener.ok(&times(-1, 100)).await;
        let mut heard = String::new();
        while !heard.contains("<notificationComplete") {
            heard = listener.receive().await.unwrap();
        }
        listener.ok(&subscribe("")).await;
        let streams = listener
            .rpc("<get><filter><netconf xmlns=\"urn:ietf:params:xml:ns:netmod:notification\"/></filter></get>")
            .await;
        assert_eq!((text(&streams, "name"), text(&streams, "replaySupport")), ("NETCONF", "true"));
    });
}

#[test]
fn killed_sessions_and_confirmed_commits_are_told() {
    run(async {
        let house = House::new().await;
        let mut listener = house.client().await;
        let filter = format!(
            "<filter xmlns:n=\"{EVENTS}\" type=\"xpath\" select=\"/n:netconf-confirmed-commit | /n:netconf-session-end[n:killed-by]\"/>"
        );
        listener.ok(&subscribe(&filter)).await;
        let mut editor = house.client().await;
        editor.edit(&everywhere()).await;
        editor.ok("<commit><confirmed/><confirm-timeout>60</confirm-timeout></commit>").await;
        let heard = listener.receive().await.unwrap();
        assert_eq!((text(&heard, "confirm-event"), text(&heard, "timeout")), ("start", "60"));
        listener.ok("<kill-session><session-id>2</session-id></kill-session>").await;
        assert_eq!(text(&listener.receive().await.unwrap(), "killed-by"), "1");
        assert_eq!(text(&listener.receive().await.unwrap(), "confirm-event"), "cancel");
    });
}
