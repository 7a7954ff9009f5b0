//! ietf-dhcpv6-server (RFC 9243) and the JSON of kea-dhcp6.
//!
//! The two are of different make, so this is no walk over the parameter tables. `show` shows a configuration; `apply`
//! shows the configuration as it was before, compares, and changes what differs. Whatever the data does not contradict
//! stays as it was written, all that the model cannot say included.
//!
//! | model | JSON |
//! |---|---|
//! | allocation range | subnet, in a shared network or not |
//! | address pool, prefix pool | pool, prefix pool |
//! | reservations of a pool | the addresses and prefixes of reservations by DUID that lie in it |
//! | option sets of a scope | its option data; an entry's note tells its set, where it is not the scope's own |
//! | names, descriptions and such | notes in `user-context` |

mod apply;
mod duid;
mod hosts;
mod locate;
mod notes;
mod options;
mod place;
mod show;
mod state;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

use crate::model::Model;
use crate::special::{Context, Members};
use crate::{TranslateError, Translation, elder};

pub(crate) use locate::instance_path;
pub use state::{State, Watched, add_state, watched};

/// Our module that augments the model.
const OWN: &str = "takahe-ietf-dhcpv6-server";

/// The container of all configuration, and the path to it.
const ROOT: &str = "ietf-dhcpv6-server:dhcpv6-server";

/// Leaves of global and range scopes, and the keys that say the same.
const LEASE: &[(&str, &str)] = &[
    ("valid-lifetime", "valid-lifetime"),
    ("renew-time", "renew-timer"),
    ("rebind-time", "rebind-timer"),
    ("preferred-lifetime", "preferred-lifetime"),
];

/// Texts of a range that are leaves of our own module.
const RANGE_TEXTS: [&str; 2] = ["interface", "interface-id"];

/// What is said of a node that the daemon has no parameter for.
const UNSUPPORTED: &str = "the daemon does not support this";

/// Shows the parameters of kea-dhcp6 in the model.
pub(crate) fn to_yang(model: &Model, written: &Members) -> Translation {
    let parameters = elder::renewed(written);
    let mut shown = show::show(&Context::new(model, &parameters), &parameters);
    shown.left_out.iter_mut().for_each(|left| elder::write_path(&mut left.path, written));
    let yang = Map::from_iter([(ROOT.to_owned(), shown.server.into())]);
    Translation { yang: yang.into(), left_out: shown.left_out }
}

/// The parameters of kea-dhcp6 for data of the model.
pub(crate) fn to_kea(model: &Model, yang: &Value, written: &Members) -> Result<Members, Vec<TranslateError>> {
    let parameters = elder::renewed(written);
    let nothing = Map::new();
    let now = yang.get(ROOT).and_then(Value::as_object).unwrap_or(&nothing);
    let mut kea = apply::apply(&Context::new(model, &parameters), now, &parameters)?;
    elder::as_written(&mut kea, &parameters, written);
    Ok(kea)
}

/// The entries of a list that may be absent.
fn entries<'a>(map: &'a Members, key: &str) -> &'a [Value] {
    map.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text<'a>(map: &'a Members, key: &str) -> Option<&'a str> {
    map.get(key)?.as_str()
}
