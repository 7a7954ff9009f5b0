//! Access control: rules of ietf-netconf-acm in front of operations, data and notifications.

use crate::common::*;
use netconf_agent::core::Login;

const NACM: &str = "urn:ietf:params:xml:ns:yang:ietf-netconf-acm";

/// Guests may read all but the DDNS part, and change the lifetimes of subnet 1.
async fn ruled() -> House {
    let house = House::new().await;
    let mut client = house.client().await;
    client.edit(&everywhere()).await;
    let rules = format!(
        "<nacm xmlns=\"{NACM}\"><enable-nacm>true</enable-nacm><groups><group><name>guest</name><user-name>gus</user-name></group></groups>\
         <rule-list><name>guests</name><group>guest</group>\
         <rule><name>ddns</name><module-name>kea-dhcp-ddns</module-name><action>deny</action></rule>\
         <rule><name>hidden</name><path xmlns:k=\"{NS4}\">/k:config/k:subnet4/k:pool</path><access-operations>read</access-operations><action>deny</action></rule>\
         <rule><name>own</name><path xmlns:k=\"{NS4}\">/k:config/k:subnet4[k:id='1']/k:valid-lifetime</path><access-operations>*</access-operations><action>permit</action></rule>\
         <rule><name>quiet</name><module-name>ietf-netconf-notifications</module-name><notification-name>netconf-session-start</notification-name><action>deny</action></rule>\
         </rule-list></nacm>"
    );
    client.edit(&rules).await;
    client.ok("<commit/>").await;
    house
}

fn admin() -> Login {
    Login { recovery: true, ..login("root") }
}

fn lifetime(subnet: u32) -> String {
    edit(
        "candidate",
        &format!(
            "<config xmlns=\"{NS4}\"><subnet4><id>{subnet}</id><valid-lifetime>77</valid-lifetime></subnet4></config>"
        ),
    )
}

#[test]
fn what_may_not_be_read_is_not_there() {
    run(async {
        let house = ruled().await;
        let mut guest = house.client_of(login("gus")).await;
        for operation in ["<get/>", "<get-config><source><running/></source></get-config>"] {
            let reply = guest.rpc(operation).await;
            assert!(reply.contains("192.0.2.0/24") && reply.contains(NS6), "{reply}");
            assert!(!reply.contains("<pool>") && !reply.contains("<port>53002"), "{reply}");
            assert!(!reply.contains("<nacm"), "nobody was told to see the rules: {reply}");
        }
        // Nor can it be asked about.
        let asked = format!(
            "<get><filter xmlns:k=\"{NS4}\" type=\"xpath\" select=\"/k:config/k:subnet4[k:pool/k:start-address]\"/></get>"
        );
        assert_eq!(guest.rpc(&asked).await, "<data></data>");
        let mut admin = house.client_of(admin()).await;
        let all = admin.rpc("<get-config><source><running/></source></get-config>").await;
        let path =
            "<path xmlns:kea-dhcp4-server=\"urn:ietf:params:xml:ns:yang:kea-dhcp4-server\">/kea-dhcp4-server:config/";
        assert!(all.contains("<pool>") && all.contains("<nacm") && all.contains(path), "{all}");
    });
}

#[test]
fn what_may_not_be_changed_is_refused_with_its_place() {
    run(async {
        let house = ruled().await;
        let mut guest = house.client_of(login("gus")).await;
        guest.ok(&lifetime(1)).await;
        let reply = guest.rpc(&lifetime(2)).await;
        assert_eq!(text(&reply, "error-tag"), "access-denied");
        assert!(text(&reply, "error-path").contains("subnet4[kea-dhcp4-server:id='2']"), "{reply}");
        guest.ok("<commit/>").await;
        assert_eq!(house.dhcp4.config.borrow()["Dhcp4"]["subnet4"][0]["valid-lifetime"], 77);
        // Someone else's edit of the candidate cannot be committed either.
        let mut admin = house.client_of(admin()).await;
        admin.edit(&format!("<config xmlns=\"{NS4}\"><valid-lifetime>5</valid-lifetime></config>")).await;
        assert_eq!(text(&guest.rpc("<commit/>").await, "error-tag"), "access-denied");
        admin.ok("<commit/>").await;
        let reply = guest.rpc("<kill-session><session-id>9</session-id></kill-session>").await;
        assert_eq!((text(&reply, "error-tag"), text(&reply, "error-type")), ("access-denied", "protocol"));
        let counters = admin
            .rpc(&format!(
                "<get><filter><nacm xmlns=\"{NACM}\"><denied-operations/><denied-data-writes/></nacm></filter></get>"
            ))
            .await;
        assert_eq!((text(&counters, "denied-operations"), text(&counters, "denied-data-writes")), ("1", "2"));
    });
}

#[test]
fn rules_outlive_the_agent_and_are_not_forgotten_by_a_replacement() {
    run(async {
        let house = ruled().await;
        let again = core(house.directory.path());
        for model in 0..3 {
            again.meet(model).await;
        }
        let house = House { core: again, ..house };
        let mut guest = house.client_of(login("gus")).await;
        assert_eq!(text(&guest.rpc(&lifetime(2)).await, "error-tag"), "access-denied");
        let mut admin = house.client_of(admin()).await;
        let all = format!("<config xmlns=\"{NS4}\"><valid-lifetime>9</valid-lifetime></config>");
        admin.ok(&format!("<edit-config><target><candidate/></target><default-operation>replace</default-operation><config>{all}</config></edit-config>")).await;
        admin.ok("<commit/>").await;
        admin
            .ok(&format!(
                "<copy-config><target><running/></target><source><config>{all}</config></source></copy-config>"
            ))
            .await;
        assert_eq!(text(&guest.rpc(&lifetime(2)).await, "error-tag"), "access-denied");
        // Taken away on purpose they are gone, and the model's own defaults hold.
        admin.ok(&edit("running", &format!("<nacm xmlns=\"{NACM}\" xmlns:nc=\"urn:ietf:params:xml:ns:netconf:base:1.0\" nc:operation=\"delete\"/>"))).await;
        assert_eq!(text(&guest.rpc(&lifetime(1)).await, "error-tag"), "access-denied");
        assert!(guest.rpc("<get/>").await.contains(NSD2));
    });
}

#[test]
fn notifications_are_for_those_who_may_hear_them() {
    run(async {
        let house = ruled().await;
        let mut guest = house.client_of(login("gus")).await;
        guest.ok("<create-subscription xmlns=\"urn:ietf:params:xml:ns:netconf:notification:1.0\"/>").await;
        let mut other = house.client().await;
        other.ok("<close-session/>").await;
        let heard = guest.receive().await.unwrap();
        assert!(heard.contains("<netconf-session-end"), "{heard}");
        assert_eq!(house.core.denied.notifications.get(), 1);
    });
}
