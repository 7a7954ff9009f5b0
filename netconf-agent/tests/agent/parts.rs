//! Locks on parts of running (RFC 5717).

use crate::common::*;

fn subnet(id: u32, lifetime: u32) -> String {
    format!("<config xmlns=\"{NS4}\">{}</config>", entry(id, lifetime))
}

fn entry(id: u32, lifetime: u32) -> String {
    format!(
        "<subnet4><id>{id}</id><subnet>10.0.{id}.0/24</subnet><valid-lifetime>{lifetime}</valid-lifetime></subnet4>"
    )
}

fn lock(selects: &[&str]) -> String {
    let selects: String = selects.iter().map(|select| format!("<select>{select}</select>")).collect();
    format!("<partial-lock xmlns=\"{NS}\" xmlns:k=\"{NS4}\">{selects}</partial-lock>")
}

fn unlock(id: &str) -> String {
    format!("<partial-unlock xmlns=\"{NS}\"><lock-id>{id}</lock-id></partial-unlock>")
}

const NS: &str = "urn:ietf:params:xml:ns:netconf:partial-lock:1.0";
const MONITORING: &str = "urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring";

#[test]
fn a_part_is_kept_from_others_and_the_rest_is_not() {
    run(async {
        let house = House::new().await;
        let (mut one, mut two) = (house.client().await, house.client().await);
        assert!(one.greeting.contains(":partial-lock:1.0<"));
        one.ok(&edit("running", &format!("<config xmlns=\"{NS4}\">{}{}</config>", entry(1, 1), entry(2, 2)))).await;
        let reply =
            one.rpc(&lock(&["/k:config/k:subnet4[k:id='1']", "/k:config/k:subnet4[k:subnet='10.0.1.0/24']"])).await;
        let id = text(&reply, "lock-id").to_string();
        assert_eq!(reply.matches("<locked-node").count(), 1, "{reply}");
        assert!(
            reply.contains("/kea-dhcp4-server:config/kea-dhcp4-server:subnet4[kea-dhcp4-server:id='1']"),
            "{reply}"
        );

        two.ok(&edit("running", &subnet(2, 22))).await;
        for (operation, tag) in [
            (edit("running", &subnet(1, 11)), "in-use"),
            (lock(&["/k:config/k:subnet4[k:id='1']/k:valid-lifetime"]), "lock-denied"),
            (lock(&["/k:config"]), "lock-denied"),
            ("<lock><target><running/></target></lock>".to_string(), "lock-denied"),
            (unlock(&id), "invalid-value"),
        ] {
            assert_eq!(text(&two.rpc(&operation).await, "error-tag"), tag, "{operation}");
        }
        // The candidate is everybody's, but it does not become running.
        two.edit(&subnet(1, 11)).await;
        assert_eq!(text(&two.rpc("<commit/>").await, "error-tag"), "in-use");
        two.ok("<discard-changes/>").await;
        one.ok(&edit("running", &subnet(1, 12))).await;

        let get =
            format!("<get><filter><netconf-state xmlns=\"{MONITORING}\"><datastores/></netconf-state></filter></get>");
        let shown = two.rpc(&get).await;
        assert_eq!((text(&shown, "lock-id"), text(&shown, "locked-by-session")), (id.as_str(), "1"));
        one.ok(&unlock(&id)).await;
        two.ok(&edit("running", &subnet(1, 11))).await;
    });
}

#[test]
fn what_selects_nothing_is_refused_and_a_lock_goes_with_its_session() {
    run(async {
        let house = House::new().await;
        let (mut one, mut two) = (house.client().await, house.client().await);
        for (selects, tag) in [
            (vec!["/k:config/k:subnet4[k:id='7']"], "operation-failed"),
            (vec!["/k:config["], "invalid-value"),
            (vec!["/x:config"], "invalid-value"),
            (vec![], "missing-element"),
        ] {
            assert_eq!(text(&one.rpc(&lock(&selects)).await, "error-tag"), tag, "{selects:?}");
        }
        one.rpc(&lock(&["/k:config/k:valid-lifetime"])).await;
        two.ok("<kill-session><session-id>1</session-id></kill-session>").await;
        two.ok("<lock><target><running/></target></lock>").await;
    });
}
