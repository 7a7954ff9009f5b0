//! Commits into servers that say yes, say no, or die half way: all of them have the new configuration or none has.

use crate::common::*;
use serde_json::json;

#[test]
fn a_commit_reaches_all_servers() {
    run(async {
        let house = House::new().await;
        let mut client = house.client().await;
        client.edit(&everywhere()).await;
        assert!(!client.rpc("<get-config><source><running/></source></get-config>").await.contains("192.0.2.0/24"));
        client.ok("<validate><source><candidate/></source></validate>").await;
        assert_eq!(house.dhcp4.asked(), ["config-test"]);
        client.ok("<commit/>").await;
        let dhcp4 = house.dhcp4.config.borrow().clone();
        assert_eq!(dhcp4["Dhcp4"]["subnet4"][0]["subnet"], "192.0.2.0/24");
        assert_eq!(dhcp4["Dhcp4"]["valid-lifetime"], 4000, "what nobody touched stays");
        assert_eq!(house.dhcp6.config.borrow()["Dhcp6"]["subnet6"][0]["subnet"], "2001:db8::/64");
        assert_eq!(house.d2.config.borrow()["DhcpDdns"]["port"], 53002);
        for server in [&house.dhcp4, &house.dhcp6, &house.d2] {
            // The file is written right behind.
            while !server.commands.borrow().contains(&"config-write".to_string()) {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
            assert!(server.asked().ends_with(&["config-test".into(), "config-set".into(), "config-write".into()]));
        }
        assert!(client.rpc("<get-config><source><running/></source></get-config>").await.contains("192.0.2.0/24"));
    });
}

#[test]
fn only_servers_whose_model_changed_are_asked() {
    run(async {
        let house = House::new().await;
        let mut client = house.client().await;
        client.edit(&format!("<config xmlns=\"{NS4}\"><valid-lifetime>5000</valid-lifetime></config>")).await;
        // The same value again is no change either.
        client.edit(&format!("<config xmlns=\"{NS6}\"><preferred-lifetime>3000</preferred-lifetime></config>")).await;
        client.ok("<commit/>").await;
        assert_eq!(house.dhcp4.config.borrow()["Dhcp4"]["valid-lifetime"], 5000);
        assert_eq!(house.dhcp6.asked(), Vec::<String>::new());
        assert_eq!(house.d2.asked(), Vec::<String>::new());
        client.ok("<commit/>").await;
        let sets = house.dhcp4.asked().into_iter().filter(|command| command == "config-set").count();
        assert_eq!(sets, 1, "nothing changed since");
    });
}

/// The configurations before and after a commit that fails, and the reply.
async fn failed_commit(house: &House) -> String {
    let before = [house.dhcp4.config.borrow().clone(), house.dhcp6.config.borrow().clone()];
    let mut client = house.client().await;
    client.edit(&everywhere()).await;
    let running = client.rpc("<get-config><source><running/></source></get-config>").await;
    let reply = client.rpc("<commit/>").await;
    assert_eq!(text(&reply, "error-tag"), "operation-failed");
    assert_eq!([house.dhcp4.config.borrow().clone(), house.dhcp6.config.borrow().clone()], before);
    assert_eq!(client.rpc("<get-config><source><running/></source></get-config>").await, running);
    // The candidate stays for the client to mend.
    let candidate = client.rpc("<get-config><source><candidate/></source></get-config>").await;
    assert!(candidate.contains("192.0.2.0/24"));
    reply
}

#[test]
fn a_server_that_refuses_the_test_stops_the_commit() {
    run(async {
        let house = House::new().await;
        house.dhcp6.mood.set(Mood::RefusesTest("<wire>:1:2: Dhcp6/subnet6[0]/subnet: no interface for it"));
        let reply = failed_commit(&house).await;
        assert_eq!(
            text(&reply, "error-message"),
            "dhcp6: <wire>:1:2: Dhcp6/subnet6[0]/subnet: no interface for it".replace('<', "&lt;").replace('>', "&gt;")
        );
        assert_eq!(
            text(&reply, "error-path"),
            "/kea-dhcp6-server:config/kea-dhcp6-server:subnet6[kea-dhcp6-server:id='1']/kea-dhcp6-server:subnet"
        );
        for server in [&house.dhcp4, &house.dhcp6, &house.d2] {
            assert_eq!(server.asked(), ["config-test"], "none is set");
        }
    });
}

#[test]
fn what_was_set_is_taken_back_when_another_server_refuses() {
    run(async {
        let house = House::new().await;
        house.d2.mood.set(Mood::RefusesSet);
        let reply = failed_commit(&house).await;
        assert!(text(&reply, "error-message").starts_with("d2: "));
        for server in [&house.dhcp4, &house.dhcp6] {
            assert_eq!(server.asked(), ["config-test", "config-set", "config-set"], "set and taken back");
        }
        house.d2.mood.set(Mood::Willing);
        house.client().await.ok("<commit/>").await;
        assert_eq!(house.d2.config.borrow()["DhcpDdns"]["port"], 53002);
    });
}

#[test]
fn each_fault_that_a_server_finds_is_an_error_with_its_place() {
    run(async {
        let house = House::new().await;
        house.dhcp6.mood.set(Mood::FindsFaults(&[("Dhcp6/subnet6[0]/subnet", "no interface"), ("", "too late")]));
        let reply = failed_commit(&house).await;
        assert_eq!(reply.matches("<rpc-error>").count(), 2, "{reply}");
        assert_eq!(text(&reply, "error-message"), "dhcp6: no interface");
        assert!(text(&reply, "error-path").ends_with("/kea-dhcp6-server:subnet"), "{reply}");
        assert!(reply.contains("dhcp6: too late"), "{reply}");
    });
}

#[test]
fn what_was_set_is_taken_back_when_another_server_dies() {
    for taken in [false, true] {
        run(async {
            let house = House::new().await;
            house.d2.mood.set(Mood::DiesInSet { taken });
            let reply = failed_commit(&house).await;
            assert!(reply.contains("d2: no answer to config-set"), "{reply}");
            assert!(reply.contains("could not be set again"), "{reply}");
            // It comes back with the one or the other, and running tells which.
            house.d2.mood.set(Mood::Willing);
            let mut client = house.client().await;
            client.ok("<discard-changes/>").await;
            let port = if taken { "<port>53002</port>" } else { "<port>53001</port>" };
            while !client.rpc(&edit("candidate", &format!("<config xmlns=\"{NSD2}\"/>"))).await.contains("<ok/>") {
                tokio::task::yield_now().await;
            }
            assert!(client.rpc("<get-config><source><running/></source></get-config>").await.contains(port));
        });
    }
}

#[test]
fn a_server_that_is_down_stops_the_commit() {
    run(async {
        let house = House::new().await;
        house.dhcp4.mood.set(Mood::Dead);
        let reply = failed_commit(&house).await;
        assert!(text(&reply, "error-message").starts_with("dhcp4: no answer"), "{reply}");
    });
}

#[test]
fn what_was_changed_beside_the_agent_is_kept_where_the_model_cannot_say_it() {
    run(async {
        let house = House::new().await;
        house.dhcp4.config.borrow_mut()["Dhcp4"]["loggers"] = json!([{"name": "kea-dhcp4", "severity": "INFO"}]);
        house.dhcp4.config.borrow_mut()["Dhcp4"]["control-sockets"] =
            json!([{"socket-type": "unix", "socket-name": "/run/kea/kea4"}]);
        house.core.meet(0).await;
        let mut client = house.client().await;
        client.edit(&format!("<config xmlns=\"{NS4}\"><valid-lifetime>5000</valid-lifetime></config>")).await;
        client.ok("<commit/>").await;
        let after = house.dhcp4.config.borrow().clone();
        assert_eq!(after["Dhcp4"]["control-sockets"][0]["socket-name"], "/run/kea/kea4");
        assert_eq!(after["Dhcp4"]["loggers"][0]["severity"], "INFO");
    });
}

#[test]
fn what_is_wrong_is_refused_with_its_place_before_any_server_is_asked() {
    run(async {
        let house = House::new().await;
        let mut client = house.client().await;
        client.edit(&format!("<config xmlns=\"{NS4}\"><subnet4><id>1</id></subnet4></config>")).await;
        let reply = client.rpc("<commit/>").await;
        assert!(text(&reply, "error-message").contains("subnet"), "{reply}");
        assert!(text(&reply, "error-path").contains("subnet4"), "{reply}");
        client.ok("<discard-changes/>").await;
        // A node that the model has and no server takes.
        let database =
            "<lease-database><database-type>memfile</database-type><user-context>{}</user-context></lease-database>";
        client.edit(&format!("<config xmlns=\"{NS4}\">{database}</config>")).await;
        let reply = client.rpc("<validate><source><candidate/></source></validate>").await;
        assert!(text(&reply, "error-path").ends_with("user-context"), "{reply}");
        assert_eq!(house.dhcp4.asked(), Vec::<String>::new());
    });
}

#[test]
fn nothing_is_built_on_a_configuration_that_is_not_known() {
    run(async {
        let house = House::silent();
        house.core.meet(0).await;
        let mut client = house.client().await;
        client.edit(&format!("<config xmlns=\"{NS4}\"><valid-lifetime>5000</valid-lifetime></config>")).await;
        let reply = client.rpc(&edit("candidate", &format!("<config xmlns=\"{NS6}\"/>"))).await;
        assert_eq!(text(&reply, "error-message"), "dhcp6: it has not been heard of yet");
        client.ok("<commit/>").await;
    });
}

#[test]
fn startup_is_loaded_into_the_servers_when_the_agent_starts() {
    run(async {
        let house = House::new().await;
        let mut client = house.client().await;
        client.edit(&everywhere()).await;
        client.ok("<copy-config><target><startup/></target><source><candidate/></source></copy-config>").await;
        assert_eq!(house.dhcp4.config.borrow()["Dhcp4"]["subnet4"], json!([]));
        let core = core(house.directory.path());
        core.meet(0).await;
        assert_eq!(house.dhcp4.config.borrow()["Dhcp4"]["subnet4"][0]["subnet"], "192.0.2.0/24");
        assert_eq!(house.dhcp6.config.borrow()["Dhcp6"].get("subnet6"), None, "not met yet");
        client.ok("<delete-config><target><startup/></target></delete-config>").await;
        assert_eq!(client.rpc("<get-config><source><startup/></source></get-config>").await, "<data></data>");
    });
}

#[test]
fn running_follows_what_others_change_and_a_candidate_built_on_the_old_is_a_conflict() {
    run(async {
        let house = House::new().await;
        let mut client = house.client().await;
        client.edit(&format!("<config xmlns=\"{NS4}\"><valid-lifetime>5000</valid-lifetime></config>")).await;
        house.dhcp4.config.borrow_mut()["Dhcp4"]["rebind-timer"] = json!(77);
        house.dhcp6.config.borrow_mut()["Dhcp6"]["rebind-timer"] = json!(78);
        for _ in 0..2 {
            let reply = client.rpc("<commit/>").await;
            assert_eq!(text(&reply, "error-app-tag"), "changed-elsewhere", "{reply}");
        }
        let running = client.rpc("<get-config><source><running/></source></get-config>").await;
        assert!(running.contains("<rebind-timer>77"), "{running}");
        client.ok("<discard-changes/>").await;
        client.edit(&format!("<config xmlns=\"{NS4}\"><valid-lifetime>5000</valid-lifetime></config>")).await;
        client.ok("<commit/>").await;
        assert_eq!(house.dhcp4.config.borrow()["Dhcp4"]["rebind-timer"], 77);
        // What was heard of DHCPv6 just now is trusted for a while; then running tells the truth.
        let get = "<get-config><source><running/></source></get-config>";
        while !client.rpc(get).await.contains("<rebind-timer>78") {}
    });
}
