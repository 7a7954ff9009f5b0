//! Commits that are undone unless they are confirmed.

use crate::common::*;
use serde_json::Value;

fn port(house: &House) -> Value {
    house.d2.config.borrow()["DhcpDdns"]["port"].clone()
}

#[test]
fn a_confirmed_commit_stays() {
    run(async {
        let house = House::new().await;
        let mut client = house.client().await;
        client.edit(&everywhere()).await;
        client.ok("<commit><confirmed/></commit>").await;
        assert_eq!(port(&house), 53002);
        let kept = house.directory.path().join("unconfirmed.json");
        assert!(kept.exists());
        let mut other = house.client().await;
        for operation in ["<commit/>", "<cancel-commit/>"] {
            assert_eq!(text(&other.rpc(operation).await, "error-tag"), "in-use", "{operation}");
        }
        let reply = other.rpc("<lock><target><running/></target></lock>").await;
        assert_eq!((text(&reply, "error-tag"), text(&reply, "session-id")), ("lock-denied", "1"));
        assert!(!house.d2.asked().contains(&"config-write".to_string()), "no file before it is confirmed");
        client.ok("<commit/>").await;
        assert!(!kept.exists());
        drop(client);
        until(|| house.core.session(1).is_none()).await;
        assert_eq!(port(&house), 53002);
    });
}

#[test]
fn what_is_not_confirmed_in_time_is_undone_everywhere() {
    run(async {
        let house = House::new().await;
        let mut client = house.client().await;
        client.edit(&everywhere()).await;
        client.ok("<commit><confirmed/><confirm-timeout>1</confirm-timeout></commit>").await;
        assert_eq!(port(&house), 53002);
        until(|| port(&house) == 53001).await;
        until(|| house.core.unconfirmed.borrow().is_none()).await;
        let running = client.rpc("<get-config><source><running/></source></get-config>").await;
        assert!(!running.contains("53002") && !running.contains("192.0.2.0"), "{running}");
        assert!(house.dhcp4.config.borrow()["Dhcp4"]["subnet4"].as_array().is_none_or(Vec::is_empty));
    });
}

#[test]
fn a_session_takes_its_unconfirmed_commit_with_it() {
    run(async {
        let house = House::new().await;
        let mut client = house.client().await;
        client.edit(&everywhere()).await;
        client.ok("<commit><confirmed/></commit>").await;
        drop(client);
        until(|| port(&house) == 53001).await;
    });
}

#[test]
fn a_commit_with_a_name_is_for_whoever_knows_it() {
    run(async {
        let house = House::new().await;
        let mut client = house.client().await;
        client.edit(&everywhere()).await;
        client.ok("<commit><confirmed/><persist>tuesday</persist></commit>").await;
        drop(client);
        until(|| house.core.session(1).is_none()).await;
        assert_eq!(port(&house), 53002);
        let mut other = house.client().await;
        assert_eq!(text(&other.rpc("<commit/>").await, "error-tag"), "in-use");
        assert_eq!(
            text(&other.rpc("<commit><persist-id>monday</persist-id></commit>").await, "error-tag"),
            "invalid-value"
        );
        other.edit(&format!("<config xmlns=\"{NS4}\"><valid-lifetime>77</valid-lifetime></config>")).await;
        other.ok("<commit><confirmed/><persist-id>tuesday</persist-id></commit>").await;
        assert_eq!(house.dhcp4.config.borrow()["Dhcp4"]["valid-lifetime"], 77);
        other.ok("<cancel-commit><persist-id>tuesday</persist-id></cancel-commit>").await;
        assert_eq!(
            (port(&house), house.dhcp4.config.borrow()["Dhcp4"]["valid-lifetime"].clone()),
            (53001.into(), 4000.into())
        );
    });
}

#[test]
fn an_agent_that_died_goes_back_when_it_starts_again() {
    run(async {
        let house = House::new().await;
        let mut client = house.client().await;
        client.edit(&everywhere()).await;
        client.ok("<commit><confirmed/><persist>x</persist></commit>").await;
        let again = core(house.directory.path());
        for model in 0..3 {
            again.meet(model).await;
        }
        assert_eq!(port(&house), 53001);
        assert!(!house.directory.path().join("unconfirmed.json").exists());
    });
}
