//! JSON to YANG to JSON over everything that the daemons declare.

mod generate;

use proptest::prelude::*;
use serde_json::Value;
use translators::{Model, to_kea, to_yang};

fn comes_back(model: Model, config: &Value) {
    let shown = to_yang(&model, config).expect("a configuration");
    let after = to_kea(&model, &shown.yang, config).expect("data of the model");
    assert_eq!(&after, config);

    let alone = to_kea(&model, &shown.yang, &Value::Null).expect("data of the model");
    assert_eq!(to_yang(&model, &alone).expect("a configuration").yang, shown.yang);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn dhcp4(config in generate::configuration(Model::DHCP4)) {
        comes_back(Model::DHCP4, &config);
    }

    #[test]
    fn dhcp6(config in generate::configuration(Model::DHCP6)) {
        comes_back(Model::DHCP6, &config);
    }

    #[test]
    fn ietf_dhcpv6_server(config in generate::configuration(Model::IETF6)) {
        comes_back(Model::IETF6, &config);
    }

    #[test]
    fn ddns(config in generate::configuration(Model::DDNS)) {
        comes_back(Model::DDNS, &config);
    }
}
