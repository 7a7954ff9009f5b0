//! Older spellings of parameters that are lists now: one entry under a key of its own. The models have the lists.

use std::borrow::Cow;

use serde_json::Value;

use crate::special::Members;

/// The older key of a daemon's parameters, and the list that it is an entry of.
static ELDERS: &[(&str, &str)] = &[("control-socket", "control-sockets"), ("hosts-database", "hosts-databases")];

/// The parameters with everything under its newer key. One that stands there under both keeps both; no daemon takes it.
pub(crate) fn renewed(written: &Members) -> Cow<'_, Members> {
    let mut renewed = Cow::Borrowed(written);
    for (elder, newer) in used(written) {
        let parameters = renewed.to_mut();
        if let Some(entry) = parameters.remove(elder) {
            parameters.insert(newer.to_owned(), Value::Array(vec![entry]));
        }
    }
    renewed
}

/// Spells the parameters as they were written, as far as one entry is left.
pub(crate) fn as_written(kea: &mut Members, written: &Members) {
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

/// The older keys in use.
fn used(written: &Members) -> impl Iterator<Item = (&'static str, &'static str)> {
    ELDERS.iter().copied().filter(|(elder, newer)| written.contains_key(*elder) && !written.contains_key(*newer))
}
