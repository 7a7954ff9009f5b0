//! A JSON Schema (draft 2020-12) of a configuration file, for editors: completion, hints, mistakes underlined.
//!
//! It says what the tables say and no more: whatever the daemon takes is valid. What only the daemon can judge (rules
//! between parameters, the inside of strings) is left to `-t`.

use crate::manual::{noun, remarks};
use crate::table::{Kind, Param, Place, Support, Table, places};
use serde_json::{Map, Value, json};

/// The schema of the file of a daemon, `kea-dhcp4`.
pub fn json_schema(process: &str, file: &'static Table) -> Value {
    let mut scopes = places(file).into_iter().map(|place| (place.table.name.to_owned(), scope(&place)));
    let mut schema = scopes.next().map(|(_, schema)| schema).unwrap_or_default();
    schema["$defs"] = scopes.collect::<Map<_, _>>().into();
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
    schema["$id"] = format!("urn:takahe:schema:{process}").into();
    schema["title"] = format!("Configuration of {process}").into();
    schema["description"] = format!(
        "{} Beyond JSON, such a file may hold comments (`#`, `//`, `/* */`) and includes (`<?include \"file\"?>`).",
        file.doc
    )
    .into();
    // Two keywords of Visual Studio Code's, so that it does not underline what the daemons take.
    schema["allowComments"] = true.into();
    schema["allowTrailingCommas"] = true.into();
    schema
}

/// A map: its parameters and no other keys.
fn scope(place: &Place) -> Value {
    let mut properties = Map::new();
    let (mut required, mut either) = (Vec::new(), Vec::new());
    for param in place.table.parameters() {
        properties.insert(param.key.to_owned(), property(param, place));
        for alias in param.aliases {
            let mut older = property(param, place);
            older["deprecated"] = true.into();
            older["description"] = format!("Older spelling of `{}`. {}", param.key, param.doc).into();
            properties.insert((*alias).to_owned(), older);
        }
        match param.aliases {
            _ if !param.required => {}
            [] => required.push(param.key),
            aliases => {
                let spellings = aliases.iter().chain([&param.key]);
                either.push(json!({ "anyOf": spellings.map(|key| json!({ "required": [key] })).collect::<Value>() }));
            }
        }
    }
    let mut schema = json!({
        "type": "object",
        "description": place.table.doc,
        "properties": properties,
        "additionalProperties": false,
        "required": required,
    });
    if !either.is_empty() {
        schema["allOf"] = either.into();
    }
    schema
}

fn property(param: &Param, place: &Place) -> Value {
    let mut schema = match param.support {
        Support::Full | Support::Without(_) => of_kind(&param.kind),
        Support::Only(value) => json!({ "const": value(), "x-supported": false }),
        Support::Nothing => match param.kind {
            Kind::List(_) | Kind::Maps(_) => json!({ "type": "array", "maxItems": 0, "x-supported": false }),
            Kind::Text { .. } => json!({ "const": "", "x-supported": false }),
            _ => json!({ "not": {}, "x-supported": false }),
        },
    };
    let mut sentences = vec![param.doc.to_owned()];
    if place.inherits(param) {
        sentences.push("Absent, it is taken from the scope around.".to_owned());
    } else if let Some(default) = param.default {
        // Declared in Rust, where JSON literals are written alike.
        schema["default"] = serde_json::from_str(default).unwrap_or_default();
    }
    sentences.extend(remarks(param));
    schema["description"] = sentences.join(" ").into();
    schema
}

fn of_kind(kind: &Kind) -> Value {
    let reference = |table: &Table| json!({ "$ref": format!("#/$defs/{}", table.name) });
    match kind {
        Kind::Bool => json!({ "type": "boolean" }),
        Kind::Int { min, max } => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Kind::Real => json!({ "type": "number" }),
        Kind::Text { format: "" } => json!({ "type": "string" }),
        // A format that is not the standard's own is a remark to the reader, not judged.
        Kind::Text { format } => json!({ "type": "string", "format": format, "title": noun(format) }),
        Kind::Word(words) => json!({ "enum": words }),
        Kind::Any => json!({}),
        Kind::Map(table) => reference(table()),
        Kind::Maps(table) => json!({ "type": "array", "items": reference(table()) }),
        Kind::List(inner) => json!({ "type": "array", "items": of_kind(inner) }),
        // A group is no value: `Table::parameters` puts its parameters in its place.
        Kind::Group(_) => json!({}),
    }
}

#[cfg(test)]
mod tests {
    use super::json_schema;
    use crate::{Annotations, At, Given, Scope, Word};
    use serde_json::json;

    /// A file.
    #[derive(Clone, Debug, Default, PartialEq, Scope)]
    struct File {
        /// The daemon.
        #[param(key = "Tiny", required)]
        tiny: Given<Tiny>,
    }

    /// A daemon.
    #[derive(Clone, Debug, Default, PartialEq, Scope)]
    struct Tiny {
        /// How much.
        #[param(range = 1..=9, default = 3, inherited)]
        amount: Given<u8>,
        /// What.
        #[param(required, alias = "sort")]
        kind: Given<Kind>,
        /// Hooks.
        #[param(later)]
        hooks: Vec<At<String>>,
        /// A host name.
        #[param(later = "")]
        host: Given<String>,
        /// More of the same.
        others: Vec<At<Tiny>>,
        /// Remarks.
        #[param(flatten)]
        annotations: Annotations,
    }

    /// A kind.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Word)]
    enum Kind {
        Small,
        Large,
        #[later]
        Huge,
    }

    #[test]
    fn a_scope_is_a_definition_and_a_parameter_a_property() {
        let schema = json_schema("kea-tiny", File::TABLE);
        assert_eq!(schema["required"], json!(["Tiny"]));
        assert_eq!(schema["properties"]["Tiny"]["$ref"], "#/$defs/Tiny");
        let tiny = &schema["$defs"]["Tiny"];
        assert_eq!(tiny["additionalProperties"], false);
        assert_eq!(tiny["allOf"], json!([{ "anyOf": [{ "required": ["sort"] }, { "required": ["kind"] }] }]));
        let properties = &tiny["properties"];
        let amount = json!({
            "type": "integer", "minimum": 1, "maximum": 9, "default": 3, "description": "How much.",
        });
        assert_eq!(properties["amount"], amount);
        let kind = json!({ "enum": ["small", "large"], "description": "What. Not supported yet: `huge`." });
        assert_eq!(properties["kind"], kind);
        assert_eq!(properties["sort"]["deprecated"], true);
        assert_eq!(properties["hooks"]["maxItems"], 0);
        assert_eq!(properties["hooks"]["x-supported"], false);
        assert_eq!(properties["host"]["const"], "");
        assert_eq!(properties["others"]["items"]["$ref"], "#/$defs/Tiny");
        assert_eq!(properties["comment"]["type"], "string");
    }
}
