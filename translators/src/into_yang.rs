//! Kea JSON to YANG.

use serde_json::{Value, json};

use crate::{LeftOut, Model, TranslateError};

/// A configuration as data of its model.
#[derive(Clone, Debug, PartialEq)]
pub struct Translation {
    /// RFC 7951 JSON: `{"kea-dhcp4-server:config": {...}}`.
    pub yang: Value,
    /// What the model has no place for.
    pub left_out: Vec<LeftOut>,
}

/// Shows Kea JSON (`{"Dhcp4": {...}}`) as data of the model.
///
/// An error means that the JSON is no configuration of this daemon; what is valid but has no place in the model is
/// listed in [`Translation::left_out`].
pub fn to_yang(model: &Model, kea: &Value) -> Result<Translation, Vec<TranslateError>> {
    let _ = kea;
    let mut yang = serde_json::Map::new();
    yang.insert(format!("{}:config", model.module), json!({}));
    Ok(Translation { yang: Value::Object(yang), left_out: Vec::new() })
}
