//! What both families' `config-get` have in common.

use crate::parameters::{DhcpDdns, LeaseDatabase, ValidLifetime};
use crate::values::MaybeIp;
use schema::{At, Given};
use serde_json::Value;

/// Lists that Kea shows even when they are empty, so that clients need not ask whether they are there.
const ALWAYS: [(&str, &[&str]); 11] = [
    ("Dhcp4", &["subnet4", "shared-networks", "option-data", "option-def", "hooks-libraries"]),
    ("Dhcp6", &["subnet6", "shared-networks", "option-data", "option-def", "hooks-libraries"]),
    ("config-control", &["config-databases"]),
    ("shared-networks", &["option-data"]),
    ("subnet4", &["pools", "option-data", "reservations"]),
    ("subnet6", &["pools", "pd-pools", "option-data", "reservations"]),
    ("pools", &["option-data"]),
    ("pd-pools", &["option-data"]),
    ("reservations", &["option-data", "client-classes"]),
    ("client-classes", &["option-data"]),
    ("interfaces-config", &["interfaces"]),
];

/// Adds the empty lists under a key, at every depth.
pub(crate) fn add_empty_lists(key: &str, value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (_, lists) in ALWAYS.iter().filter(|(scope, _)| *scope == key) {
                for list in *lists {
                    map.entry(*list).or_insert_with(|| Value::Array(Vec::new()));
                }
            }
            // User contexts are the operator's own, whatever their keys.
            map.iter_mut()
                .filter(|(key, _)| *key != "user-context")
                .for_each(|(key, value)| add_empty_lists(key, value));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| add_empty_lists(key, item)),
        _ => {}
    }
}

/// Adds empty lists to the entries of a list that one family has and the other has not.
pub(crate) fn add_empty_lists_to(entries: Option<&mut Value>, lists: &[&str]) {
    for entry in entries.and_then(Value::as_array_mut).into_iter().flatten().filter_map(Value::as_object_mut) {
        for list in lists {
            entry.entry(*list).or_insert_with(|| Value::Array(Vec::new()));
        }
    }
}

/// As in Kea, what is empty is not shown.
pub(crate) fn drop_empty(given: &mut Given<String>) {
    given.take_if(|given| given.is_empty());
}

/// As in Kea, what says the same as its being absent is not shown.
pub(crate) fn drop_default<T: PartialEq>(given: &mut Given<T>, default: T) {
    given.take_if(|given| given.value == default);
}

impl LeaseDatabase {
    /// What was written, and the type.
    pub(crate) fn shown(written: &Given<Self>) -> Given<Self> {
        let mut shown = written.clone().unwrap_or_default();
        shown.value.r#type = Some(At::unwritten(shown.value.r#type()));
        Some(shown)
    }
}

impl DhcpDdns {
    /// The address of the sender as it is used.
    pub(crate) fn complete(&mut self) {
        let sender = self.resolve(&mut Vec::new()).sender.ip();
        self.sender_ip = Some(At::unwritten(MaybeIp(Some(sender))));
    }
}

/// Shows all three values of a lifetime where one is known.
pub(crate) fn complete_lifetime(min: &mut Given<u32>, default: &mut Given<u32>, max: &mut Given<u32>) {
    let Some(middle) = [&*default, &*min, &*max].into_iter().flatten().next().map(|given| given.value) else { return };
    for given in [min, default, max] {
        given.get_or_insert_with(|| At::unwritten(middle));
    }
}

impl ValidLifetime {
    pub(crate) fn complete(&mut self) {
        complete_lifetime(&mut self.min_valid_lifetime, &mut self.valid_lifetime, &mut self.max_valid_lifetime);
    }
}
