//! The JSON Schemas that the daemons print: they take what the daemons take.

use crate::pages::PROGRAMS;
use dhcpd_config::{generate, v4, v6};
use process::Identity;
use schema::json::{self, Document};
use schema::json_schema;
use schema::table::{Support, places};
use serde_json::{Value, json};

#[test]
fn defaults_are_json_and_names_of_scopes_unique() {
    for (_, identity, _) in PROGRAMS {
        let places = places(identity.parameters);
        for place in &places {
            for param in place.table.parameters() {
                let default = param.default.unwrap_or("null");
                assert!(serde_json::from_str::<Value>(default).is_ok(), "{}: {default}", place.path_of(param));
                if let Some(scope) = param.scope() {
                    let listed =
                        places.iter().find(|place| place.table.name == scope.name).map(|place| place.table.doc);
                    assert_eq!(listed, Some(scope.doc), "two scopes are called {}", scope.name);
                }
            }
        }
    }
}

#[test]
fn the_schema_takes_what_the_servers_take_and_print() {
    let [(_, dhcp4, _), (_, dhcp6, _), ..] = PROGRAMS;
    let (schema4, schema6) = (schema(dhcp4), schema(dhcp6));
    for seed in 0..100 {
        let config = generate::dhcp4(seed);
        let (input, _) = v4::load(&document(&config)).expect("a good configuration");
        valid(&schema4, &config);
        valid(&schema4, &v4::config_get(&input));
        let config = generate::dhcp6(seed);
        let (input, _) = v6::load(&document(&config)).expect("a good configuration");
        valid(&schema6, &config);
        valid(&schema6, &v6::config_get(&input));
    }
}

#[test]
fn the_schema_refuses_what_is_not_so() {
    let [(_, dhcp4, _), _, (_, ddns, _), (_, netconf, _)] = PROGRAMS;
    for (identity, wrong, place) in [
        (dhcp4, json!({ "Dhcp4": { "valid-lifetme": 1 } }), "/Dhcp4/valid-lifetme"),
        (dhcp4, json!({ "Dhcp4": { "valid-lifetime": -1 } }), "/Dhcp4/valid-lifetime"),
        (dhcp4, json!({ "Dhcp4": { "subnet4": [{ "id": 1 }] } }), "/Dhcp4/subnet4/0"),
        (dhcp4, json!({ "Dhcp4": { "loggers": [{ "name": "a", "severity": "info" }] } }), "/Dhcp4/loggers/0/severity"),
        (dhcp4, json!({ "Dhcp4": { "dhcp4o6-port": 65535 } }), "/Dhcp4/dhcp4o6-port"),
        (dhcp4, json!({}), ""),
        (ddns, json!({ "DhcpDdns": { "port": "53001" } }), "/DhcpDdns/port"),
        (ddns, json!({ "DhcpDdns": { "ncr-format": "XML" } }), "/DhcpDdns/ncr-format"),
        (netconf, json!({ "Netconf": { "hooks-libraries": [{}] } }), "/Netconf/hooks-libraries"),
    ] {
        let schema = schema(identity);
        let mut problems = Vec::new();
        judge(&schema, &schema, &wrong, "", &mut problems);
        assert!(matches!(problems.as_slice(), [only] if only == place), "{wrong}: {problems:?}");
    }
}

#[test]
fn what_is_not_supported_says_so_in_the_schema() {
    for (_, identity, _) in PROGRAMS {
        let schema = schema(identity);
        for place in places(identity.parameters).iter().skip(1) {
            for param in place.table.parameters() {
                let property = &schema["$defs"][place.table.name]["properties"][param.key];
                let told =
                    property["description"].as_str().is_some_and(|text| text.to_lowercase().contains("not supported"));
                let refused = property["x-supported"] == false;
                let path = place.path_of(param);
                match param.support {
                    Support::Full => assert!(!refused, "{path}"),
                    Support::Without(_) => assert!(told && !refused, "{path}"),
                    Support::Nothing | Support::Only(_) => assert!(told && refused, "{path}"),
                }
            }
        }
    }
}

fn schema(identity: &Identity) -> Value {
    json_schema(identity.process, identity.parameters)
}

fn document(value: &Value) -> Document {
    json::parse("<generated>", &value.to_string(), &mut json::no_includes).expect("JSON")
}

fn valid(schema: &Value, instance: &Value) {
    let mut problems = Vec::new();
    judge(schema, schema, instance, "", &mut problems);
    assert!(problems.is_empty(), "{problems:?} in {instance:#}");
}

/// Validates as JSON Schema says (draft 2020-12), for the keywords that our schemas are made of; finds the places in
/// `instance` that are wrong.
fn judge(root: &Value, schema: &Value, instance: &Value, at: &str, problems: &mut Vec<String>) {
    let holds = |schema: &Value| {
        let mut problems = Vec::new();
        judge(root, schema, instance, at, &mut problems);
        problems.is_empty()
    };
    let lists = |of: &Value| of.as_array().cloned().unwrap_or_default();
    let Some(keywords) = schema.as_object() else { panic!("no schema: {schema}") };
    for (keyword, value) in keywords {
        let good = match keyword.as_str() {
            "$schema" | "$id" | "$defs" | "title" | "description" | "default" | "deprecated" | "format" => true,
            "x-supported" | "allowComments" | "allowTrailingCommas" => true,
            "$ref" => {
                let target = value.as_str().and_then(|target| root.pointer(target.trim_start_matches('#')));
                judge(root, target.expect("a definition"), instance, at, problems);
                true
            }
            "type" => match value.as_str().expect("a type") {
                "object" => instance.is_object(),
                "array" => instance.is_array(),
                "string" => instance.is_string(),
                "boolean" => instance.is_boolean(),
                "integer" => instance.is_i64() || instance.is_u64(),
                "number" => instance.is_number(),
                other => panic!("no type: {other}"),
            },
            "enum" => lists(value).contains(instance),
            "const" => value == instance,
            "minimum" => instance.as_i64().is_none_or(|number| number >= value.as_i64().expect("a number")),
            "maximum" => instance.as_i64().is_none_or(|number| number <= value.as_i64().expect("a number")),
            "maxItems" => {
                instance.as_array().is_none_or(|items| items.len() as u64 <= value.as_u64().expect("a number"))
            }
            "not" => !holds(value),
            "anyOf" => lists(value).iter().any(holds),
            "allOf" => lists(value).iter().all(holds),
            "required" => lists(value).iter().all(|key| instance.get(key.as_str().expect("a key")).is_some()),
            "items" => {
                for (index, item) in instance.as_array().into_iter().flatten().enumerate() {
                    judge(root, value, item, &format!("{at}/{index}"), problems);
                }
                true
            }
            "properties" => {
                for (key, inner) in instance.as_object().into_iter().flatten() {
                    if let Some(property) = value.get(key) {
                        judge(root, property, inner, &format!("{at}/{key}"), problems);
                    }
                }
                true
            }
            "additionalProperties" => {
                let unknown = instance.as_object().into_iter().flatten();
                let unknown = unknown.filter(|(key, _)| schema["properties"].get(key.as_str()).is_none());
                problems.extend(unknown.map(|(key, _)| format!("{at}/{key}")));
                *value == false
            }
            other => panic!("this keyword is not known here: {other}"),
        };
        if !good {
            problems.push(at.to_owned());
        }
    }
}
