//! What a configuration may leave to the daemon and the models may not: lists spelt as in older versions, one entry
//! under a key of its own, and subnets without a number.

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::Value;

use crate::special::Members;

/// The older key of a daemon's parameters, and the list that it is an entry of.
static ELDERS: &[(&str, &str)] = &[("hosts-database", "hosts-databases")];

/// The parameters with everything under its newer key, and all subnets with the numbers that the daemon gives them. What
/// stands there under both keys keeps both; no daemon takes it.
pub(crate) fn renewed(written: &Members) -> Cow<'_, Members> {
    let mut renewed = Cow::Borrowed(written);
    for (elder, newer) in used(written) {
        let parameters = renewed.to_mut();
        if let Some(entry) = parameters.remove(elder) {
            parameters.insert(newer.to_owned(), Value::Array(vec![entry]));
        }
    }
    for subnets in ["subnet4", "subnet6"] {
        if all(written, subnets).any(|subnet| id(subnet).is_none()) {
            number(renewed.to_mut(), subnets);
        }
    }
    renewed
}

/// Spells the parameters as they were written, as far as one entry is left. Numbers stay once anything changed: without
/// them other subnets could get them.
pub(crate) fn as_written(kea: &mut Members, renewed: &Members, written: &Members) {
    // Nothing was renewed.
    if std::ptr::eq(renewed, written) {
        return;
    }
    if kea == renewed {
        kea.clone_from(written);
        return;
    }
    for (elder, newer) in used(written) {
        match kea.remove(newer) {
            Some(Value::Array(mut entries)) if entries.len() == 1 => {
                kea.extend(entries.pop().map(|entry| (elder.to_owned(), entry)));
            }
            other => kea.extend(other.map(|value| (newer.to_owned(), value))),
        }
    }
}

/// A path under the newer key.
pub(crate) fn renewed_path(path: &str) -> String {
    let mut steps: Vec<Cow<'_, str>> = path.split('/').map(Cow::Borrowed).collect();
    if let Some(step) = steps.get_mut(1)
        && let Some((_, newer)) = ELDERS.iter().find(|(elder, _)| elder == step)
    {
        *step = format!("{newer}[0]").into();
    }
    steps.join("/")
}

/// A path of renewed parameters as it was written.
pub(crate) fn write_path(path: &mut String, written: &Members) {
    for (elder, newer) in used(written) {
        *path = path.replacen(&format!("/{newer}[0]"), &format!("/{elder}"), 1);
    }
}

/// Gives the subnets without a number the lowest ones that are free, as the servers do.
fn number(kea: &mut Members, subnets: &str) {
    let taken: HashSet<u64> = all(kea, subnets).filter_map(id).collect();
    let mut free = (1..).filter(|id| !taken.contains(id));
    let (mut networks, mut own) = (kea.remove("shared-networks"), kea.remove(subnets));
    let inner = networks.iter_mut().flat_map(entries_mut).filter_map(|network| network.get_mut(subnets));
    for subnet in inner.chain(&mut own).flat_map(entries_mut).filter_map(Value::as_object_mut) {
        if !subnet.contains_key("id") {
            subnet.extend(free.next().map(|id| ("id".to_owned(), id.into())));
        }
    }
    let parts = [("shared-networks", networks), (subnets, own)];
    kea.extend(parts.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))));
}

/// All subnets, those of shared networks first.
fn all<'a>(kea: &'a Members, subnets: &'a str) -> impl Iterator<Item = &'a Value> {
    let networks = kea.get("shared-networks").into_iter().flat_map(entries);
    networks.filter_map(move |network| network.get(subnets)).chain(kea.get(subnets)).flat_map(entries)
}

fn id(subnet: &Value) -> Option<u64> {
    subnet.get("id")?.as_u64()
}

fn entries(list: &Value) -> &[Value] {
    list.as_array().map_or(&[], Vec::as_slice)
}

fn entries_mut(list: &mut Value) -> &mut [Value] {
    list.as_array_mut().map_or(&mut [], Vec::as_mut_slice)
}

/// The older keys in use.
fn used(written: &Members) -> impl Iterator<Item = (&'static str, &'static str)> {
    let empty = |newer: &str| written.get(newer).is_none_or(|list| entries(list).is_empty());
    ELDERS.iter().copied().filter(move |(elder, newer)| written.contains_key(*elder) && empty(newer))
}
