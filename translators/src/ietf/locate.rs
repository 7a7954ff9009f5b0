//! Which node of the model a path of the JSON speaks of.

use serde_json::Value;

use super::apply::quoted;
use super::hosts::{CONTAINER, HOSTS};
use super::place::{Pool, pool_ids, range_ids};
use super::{LEASE, OWN, RANGE_TEXTS, ROOT, duid, entries, text};
use crate::special::Members;

/// The instance path of the node for `Dhcp6/subnet6[2]/pools[0]/pool`, or of the nearest around it.
pub(crate) fn instance_path(kea: &Members, path: &str) -> String {
    let mut steps = path.trim_start_matches('/').split('/').skip(1).map(split);
    let server = format!("/{ROOT}");
    let ranges = format!("{server}/allocation-ranges");
    let (mut scope, mut step) = (Some(kea), steps.next());
    if let Some(("shared-networks", Some(at))) = step {
        scope = entries(kea, "shared-networks").get(at).and_then(Value::as_object);
        step = steps.next();
    }
    match (step, scope) {
        (Some(("subnet6", Some(at))), Some(scope)) => {
            let subnets = entries(scope, "subnet6");
            let id = range_ids(subnets).get(at).cloned().flatten();
            match (id, subnets.get(at).and_then(Value::as_object)) {
                (Some(id), Some(subnet)) => {
                    let range = format!("{ranges}/allocation-range[id={}]", quoted(&id));
                    within_range(range, subnet, steps.next(), steps.next())
                }
                _ => ranges,
            }
        }
        (Some(("server-id", _)), _) => format!("{server}/server-duid"),
        (Some(("interfaces-config", _)), _) => format!("{server}/vendor-config/{OWN}:interface"),
        (Some((key, _)), _) => leaf(key).map_or(server, |leaf| format!("{ranges}/{leaf}")),
        (None, _) => server,
    }
}

type Step<'a> = Option<(&'a str, Option<usize>)>;

fn within_range(range: String, subnet: &Members, step: Step<'_>, inner: Step<'_>) -> String {
    let pool = |key: &str, outer: &str, list: &str, at: usize| {
        let id = pool_ids(entries(subnet, key)).get(at).cloned().flatten()?;
        Some(format!("{range}/{outer}/{list}[pool-id={}]", quoted(&id)))
    };
    match step {
        Some(("subnet", _)) => format!("{range}/network-prefix"),
        Some(("id", _)) => format!("{range}/id"),
        Some((key @ "pools", Some(at))) => match (pool(key, "address-pools", "address-pool", at), inner) {
            (Some(pool), Some(("option-data", _))) => format!("{pool}/option-set-id"),
            (pool, _) => pool.unwrap_or(range),
        },
        Some((key @ "pd-pools", Some(at))) => match (pool(key, "prefix-pools", "prefix-pool", at), inner) {
            (Some(pool), Some(("prefix" | "prefix-len", _))) => format!("{pool}/pool-prefix"),
            (Some(pool), Some(("delegated-len", _))) => format!("{pool}/client-prefix-length"),
            (Some(pool), Some(("option-data", _))) => format!("{pool}/option-set-id"),
            (pool, _) => pool.unwrap_or(range),
        },
        Some(("reservations", Some(at))) => {
            let host = reserved(subnet, at).and_then(|(number, address)| {
                let pool = pool("pools", "address-pools", "address-pool", number)?;
                Some(format!("{pool}/{CONTAINER}/{HOSTS}[reserved-addr={}]", quoted(&address)))
            });
            host.unwrap_or(range)
        }
        Some((key, _)) if RANGE_TEXTS.contains(&key) => format!("{range}/{OWN}:{key}"),
        Some((key, _)) => leaf(key).map(|leaf| format!("{range}/{leaf}")).unwrap_or(range),
        None => range,
    }
}

/// The pool of a reservation's first address, and that address.
fn reserved(subnet: &Members, at: usize) -> Option<(usize, String)> {
    let reservation = entries(subnet, "reservations").get(at)?.as_object()?;
    duid::canonical(text(reservation, "duid")?)?;
    let addresses = entries(reservation, "ip-addresses").iter().filter_map(|a| a.as_str()?.parse().ok());
    let mut placed = addresses.filter_map(|address: std::net::Ipv6Addr| {
        let holds = |pool: &Value| pool.as_object().and_then(Pool::of_kea).is_some_and(|pool| pool.contains(address));
        Some((entries(subnet, "pools").iter().position(holds)?, address.to_string()))
    });
    placed.next()
}

/// The leaf of global and range scopes for a key.
fn leaf(key: &str) -> Option<&'static str> {
    let bare = key.strip_prefix("min-").or_else(|| key.strip_prefix("max-")).unwrap_or(key);
    let lease = LEASE.iter().find(|(_, known)| *known == bare).map(|(leaf, _)| *leaf);
    lease.or_else(|| ["rapid-commit"].into_iter().find(|leaf| *leaf == bare)).or(match bare {
        "option-data" => Some("option-set-id"),
        _ => None,
    })
}

/// `pools[3]` in its parts.
fn split(step: &str) -> (&str, Option<usize>) {
    match step.strip_suffix(']').and_then(|step| step.split_once('[')) {
        Some((key, index)) => (key, index.parse().ok()),
        None => (step, None),
    }
}
