//! A daemon runs with a bare configuration as with the whole one.

mod generate;

use dhcpd_config::{v4, v6};
use proptest::prelude::*;
use schema::json::{self, Document};
use serde_json::{Value, json};
use translators::{Model, without_defaults};

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
    let bare = without_defaults(&model, &whole);
    assert_eq!(shown(model, &bare), Some(whole.clone()), "{bare:#}");
    assert_eq!(without_defaults(&model, &bare), bare, "nothing is left to take away");
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
fn what_was_written_is_left() {
    for (model, written) in [
        (
            Model::DHCP4,
            json!({"Dhcp4": {"subnet4": [{"id": 1, "subnet": "192.0.2.0/24", "pools": [{"pool": "192.0.2.0/25"}]}]}}),
        ),
        (
            Model::DHCP4,
            json!({"Dhcp4": {"valid-lifetime": 600, "cache-threshold": 0.0, "shared-networks": [{
                "name": "n", "renew-timer": 100, "relay": {"ip-addresses": ["192.0.2.1"]}, "subnet4": [
                    {"id": 1, "subnet": "192.0.2.0/24"},
                    {"id": 2, "subnet": "192.0.3.0/24", "valid-lifetime": 900, "min-valid-lifetime": 900, "max-valid-lifetime": 900},
                ],
            }]}}),
        ),
        (
            Model::DHCP6,
            json!({"Dhcp6": {"preferred-lifetime": 300, "subnet6": [{"id": 1, "subnet": "2001:db8::/64"}]}}),
        ),
        (Model::DDNS, json!({"DhcpDdns": {"port": 1053}})),
    ] {
        let whole = shown(model, &written).expect("a good configuration");
        let mut bare = without_defaults(&model, &whole);
        // Required, so it is never taken away, and shown even if it was not written.
        for required in ["lease-database", "dhcp-ddns", "multi-threading", "server-id"] {
            bare[model.root].as_object_mut().map(|map| map.remove(required));
        }
        assert_eq!(bare, written);
    }
}
