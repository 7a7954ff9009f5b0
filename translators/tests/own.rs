//! A daemon runs with what its scopes say themselves as with all that `config-get` shows.

mod generate;

use dhcpd_config::{v4, v6};
use proptest::prelude::*;
use schema::json::{self, Document};
use serde_json::{Value, json};
use translators::{Model, without_inherited};

/// What `config-get` shows of a configuration; none if a parameter is refused.
fn shown(model: Model, config: &Value) -> Option<Value> {
    let document = document(config);
    Some(match model.root {
        "Dhcp4" => v4::config_get(&schema::read::<v4::parameters::File4>(&document).ok()?.dhcp4?.value),
        "Dhcp6" => v6::config_get(&schema::read::<v6::parameters::File6>(&document).ok()?.dhcp6?.value),
        _ => d2_config::DhcpDdns::read(&document).ok()?.show(),
    })
}

fn document(config: &Value) -> Document {
    json::parse("<test>", &config.to_string(), &mut json::no_includes).expect("JSON")
}

fn runs_the_same(model: Model, config: &Value) {
    let Some(whole) = shown(model, config) else { return };
    let own = without_inherited(&model, &whole);
    assert_eq!(shown(model, &own), Some(whole.clone()), "{own:#}");
    assert_eq!(without_inherited(&model, &own), own, "nothing is left to take away");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn dhcp4(config in generate::configuration(Model::DHCP4)) {
        runs_the_same(Model::DHCP4, &config);
    }

    #[test]
    fn dhcp6(config in generate::configuration(Model::DHCP6)) {
        runs_the_same(Model::DHCP6, &config);
    }

    #[test]
    fn ddns(config in generate::configuration(Model::DDNS)) {
        runs_the_same(Model::DDNS, &config);
    }
}

#[test]
fn a_subnet_says_what_was_written_there() {
    let network = json!({
        "name": "n", "renew-timer": 100, "relay": {"ip-addresses": ["192.0.2.1"]}, "option-data": [],
        "subnet4": [
            {"id": 1, "subnet": "192.0.2.0/24", "pools": [], "option-data": [], "reservations": []},
            {"id": 2, "subnet": "192.0.3.0/24", "pools": [], "option-data": [], "reservations": [],
             "valid-lifetime": 900, "min-valid-lifetime": 900, "max-valid-lifetime": 900, "authoritative": false},
        ],
    });
    let written = json!({"Dhcp4": {"valid-lifetime": 600, "t1-percent": 0.4, "shared-networks": [network]}});
    let whole = shown(Model::DHCP4, &written).expect("a good configuration");
    assert_eq!(whole["Dhcp4"]["shared-networks"][0]["subnet4"][0]["max-valid-lifetime"], 600);
    let mut own = without_inherited(&Model::DHCP4, &whole);
    let mut expected = network;
    for subnet in expected["subnet4"].as_array_mut().expect("a list") {
        // What Kea shows of every subnet, whether it means anything or not.
        for key in ["4o6-interface", "4o6-interface-id", "4o6-subnet"] {
            subnet[key] = json!("");
        }
    }
    assert_eq!(own["Dhcp4"]["shared-networks"][0], expected);

    // So that this reaches the first of them.
    own["Dhcp4"]["valid-lifetime"] = json!(700);
    let after = shown(Model::DHCP4, &own).expect("a good configuration");
    assert_eq!(after["Dhcp4"]["shared-networks"][0]["subnet4"][0]["max-valid-lifetime"], 700);
    assert_eq!(after["Dhcp4"]["shared-networks"][0]["subnet4"][1]["max-valid-lifetime"], 900);
}
