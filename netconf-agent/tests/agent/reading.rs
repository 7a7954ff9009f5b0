//! What is read: filters, defaults, the operations of NMDA, state.

use crate::common::*;

const NACM: &str = "urn:ietf:params:xml:ns:yang:ietf-netconf-acm";
const NMDA: &str = "urn:ietf:params:xml:ns:yang:ietf-netconf-nmda";

async fn filled() -> (House, Client<tokio::io::DuplexStream>) {
    let house = House::new().await;
    let mut client = house.client().await;
    client.edit(&everywhere()).await;
    client.ok("<commit/>").await;
    (house, client)
}

fn xpath(select: &str) -> String {
    format!(
        "<get-config><source><running/></source><filter xmlns:k=\"{NS4}\" xmlns:s=\"{NS6}\" type=\"xpath\" select=\"{select}\"/></get-config>"
    )
}

#[test]
fn xpath_filters_find_nodes_and_the_way_to_them() {
    run(async {
        let (_house, mut client) = filled().await;
        let reply = client.rpc(&xpath("/k:config/k:subnet4[k:subnet='192.0.2.0/24']/k:pool/k:start-address")).await;
        assert_eq!(
            reply,
            format!(
                "<data><config xmlns=\"{NS4}\"><subnet4><id>1</id><pool><start-address>192.0.2.10</start-address>\
                 <end-address>192.0.2.20</end-address></pool></subnet4></config></data>"
            )
        );
        let reply = client.rpc(&xpath("//k:valid-lifetime | //s:subnet6/s:subnet")).await;
        assert!(reply.contains("<valid-lifetime>4000") && reply.contains("2001:db8::/64"), "{reply}");
        assert!(!reply.contains("192.0.2"), "{reply}");
        assert_eq!(client.rpc(&xpath("/k:config/k:rebind-timer")).await, "<data></data>");
        let whole = client.rpc("<get-config><source><running/></source></get-config>").await;
        assert_eq!(client.rpc(&xpath("/")).await, whole);
        let state = "<get><filter xmlns:m=\"urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring\" type=\"xpath\" \
                     select=\"/m:netconf-state/m:sessions/m:session[m:session-id='1']/m:username\"/></get>";
        assert_eq!(text(&client.rpc(state).await, "username"), "user");
    });
}

#[test]
fn defaults_are_shown_as_asked_for() {
    run(async {
        let (_house, mut client) = filled().await;
        let ask = |mode: &str| {
            format!(
                "<get-config><source><running/></source><filter><nacm xmlns=\"{NACM}\"/></filter>\
                 <with-defaults xmlns=\"urn:ietf:params:xml:ns:yang:ietf-netconf-with-defaults\">{mode}</with-defaults></get-config>"
            )
        };
        let explicit = format!("<data><nacm xmlns=\"{NACM}\"><enable-nacm>false</enable-nacm></nacm></data>");
        assert_eq!(client.rpc(&ask("explicit")).await, explicit);
        assert_eq!(client.rpc(&ask("trim")).await, explicit);
        let all = client.rpc(&ask("report-all")).await;
        assert!(all.contains("<read-default>permit</read-default>"), "{all}");
        let tagged = client.rpc(&ask("report-all-tagged")).await;
        assert!(tagged.contains("wd:default=\"true\">permit</read-default>"), "{tagged}");
        assert!(tagged.contains("<enable-nacm>false"), "{tagged}");
        // What is written and the same as the default is shown as written, and is not there for `trim`.
        client
            .ok(&edit("running", &format!("<nacm xmlns=\"{NACM}\"><exec-default>permit</exec-default></nacm>")))
            .await;
        assert!(client.rpc(&ask("explicit")).await.contains("<exec-default>"));
        assert!(!client.rpc(&ask("trim")).await.contains("<exec-default>"));
        // What comes back tagged is the schema's again, if it is.
        let tagged = |value: &str| {
            let tag = "xmlns:wd=\"urn:ietf:params:xml:ns:netconf:default:1.0\" wd:default=\"true\"";
            edit("running", &format!("<nacm xmlns=\"{NACM}\"><exec-default {tag}>{value}</exec-default></nacm>"))
        };
        assert_eq!(text(&client.rpc(&tagged("deny")).await, "error-tag"), "invalid-value");
        client.ok(&tagged("permit")).await;
        assert!(!client.rpc(&ask("explicit")).await.contains("<exec-default>"));
    });
}

#[test]
fn a_default_can_be_created_and_not_deleted() {
    run(async {
        let (_house, mut client) = filled().await;
        let with = |operation: &str| {
            edit(
                "candidate",
                &format!(
                    "<nacm xmlns=\"{NACM}\"><read-default xmlns:nc=\"urn:ietf:params:xml:ns:netconf:base:1.0\" \
                     nc:operation=\"{operation}\">permit</read-default></nacm>"
                ),
            )
        };
        assert_eq!(text(&client.rpc(&with("delete")).await, "error-tag"), "data-missing");
        client.ok(&with("create")).await;
        assert_eq!(text(&client.rpc(&with("create")).await, "error-tag"), "data-exists");
        // State is no business of an edit.
        let state = format!("<nacm xmlns=\"{NACM}\"><denied-operations>1</denied-operations></nacm>");
        assert_eq!(text(&client.rpc(&edit("candidate", &state)).await, "error-tag"), "unknown-element");
    });
}

fn get_data(datastore: &str, rest: &str) -> String {
    format!(
        "<get-data xmlns=\"{NMDA}\" xmlns:ds=\"urn:ietf:params:xml:ns:yang:ietf-datastores\"><datastore>ds:{datastore}</datastore>{rest}</get-data>"
    )
}

#[test]
fn data_is_read_from_the_datastores_of_nmda() {
    run(async {
        let (_house, mut client) = filled().await;
        let filter = format!("<subtree-filter><config xmlns=\"{NS4}\"/></subtree-filter>");
        let reply = client.rpc(&get_data("operational", &format!("{filter}<with-origin/>"))).await;
        assert!(reply.starts_with(&format!("<data xmlns=\"{NMDA}\"><config xmlns=\"{NS4}\"")), "{reply}");
        assert!(reply.contains("or:origin=\"or:intended\">"), "{reply}");
        let reply = client.rpc(&get_data("running", &format!("{filter}<max-depth>2</max-depth>"))).await;
        assert!(reply.contains("<subnet4><id>1</id></subnet4>") && reply.contains("<valid-lifetime>4000"), "{reply}");
        let path = format!("<xpath-filter xmlns:k=\"{NS4}\">/k:config/k:valid-lifetime</xpath-filter>");
        assert_eq!(text(&client.rpc(&get_data("candidate", &path)).await, "valid-lifetime"), "4000");
        let state = client.rpc(&get_data("operational", "<config-filter>false</config-filter>")).await;
        assert!(state.contains("<netconf-state") && state.contains("<denied-operations>0"), "{state}");
        assert!(!state.contains("<valid-lifetime>") && !state.contains("<enable-nacm>"), "{state}");
        let config = client.rpc(&get_data("operational", "<config-filter>true</config-filter>")).await;
        assert!(!config.contains("<netconf-state") && !config.contains("<denied-operations>"), "{config}");
        let none = "<negated-origin-filter xmlns:or=\"urn:ietf:params:xml:ns:yang:ietf-origin\">or:intended</negated-origin-filter>";
        assert!(!client.rpc(&get_data("operational", none)).await.contains("<valid-lifetime>"));
        for (request, tag) in [
            (get_data("intended", ""), "invalid-value"),
            (get_data("running", "<with-origin/>"), "invalid-value"),
            (get_data("running", "<max-depth>0</max-depth>"), "invalid-value"),
        ] {
            assert_eq!(text(&client.rpc(&request).await, "error-tag"), tag, "{request}");
        }
    });
}

#[test]
fn data_is_edited_in_the_datastores_of_nmda() {
    run(async {
        let (house, mut client) = filled().await;
        let edit_data = |datastore: &str| {
            format!(
                "<edit-data xmlns=\"{NMDA}\" xmlns:ds=\"urn:ietf:params:xml:ns:yang:ietf-datastores\"><datastore>ds:{datastore}</datastore>\
                 <config><config xmlns=\"{NS4}\"><valid-lifetime>77</valid-lifetime></config></config></edit-data>"
            )
        };
        client.ok(&edit_data("candidate")).await;
        let validate = format!(
            "<validate><source><datastore xmlns=\"{NMDA}\" xmlns:ds=\"urn:ietf:params:xml:ns:yang:ietf-datastores\">ds:candidate</datastore></source></validate>"
        );
        client.ok(&validate).await;
        client.ok("<commit/>").await;
        assert_eq!(house.dhcp4.config.borrow()["Dhcp4"]["valid-lifetime"], 77);
        assert_eq!(text(&client.rpc(&edit_data("operational")).await, "error-tag"), "invalid-value");
    });
}

#[test]
fn sessions_are_counted() {
    run(async {
        let house = House::new().await;
        let mut client = house.client().await;
        client.rpc("<bogus/>").await;
        client.send("<x/>").await.unwrap();
        let filter = "<netconf-state xmlns=\"urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring\"><statistics/></netconf-state>";
        let reply = client.rpc(&format!("<get><filter>{filter}</filter></get>")).await;
        for (counter, value) in [("in-sessions", "1"), ("in-rpcs", "2"), ("in-bad-rpcs", "1"), ("out-rpc-errors", "1")]
        {
            assert_eq!(text(&reply, counter), value, "{counter}");
        }
    });
}
