//! The reservations of the configuration: numbered from 1 on in the order in which they are written. They change the way that
//! `config-set` goes.

use super::databases::{Found, Wanted};
use super::host::{Key, family};
use crate::Editor;
use crate::arguments::{Address, Refusal};
use crate::editor::NOWHERE;
use crate::tree::Written;
use schema::json::Node;
use serde_json::Value;

/// Those that are wanted, each with the number of its subnet.
pub(super) fn find(editor: &Editor, wanted: &Wanted) -> Vec<Found> {
    let mut shown = (editor.shown)();
    let Some(module) = shown.get_mut(editor.module) else { return Vec::new() };
    let mut scopes = vec![(0, taken(module, "reservations"))];
    for mut subnet in subnets(editor, module) {
        let id = subnet.get("id").and_then(Value::as_u64).unwrap_or_default();
        scopes.push((id, taken(&mut subnet, "reservations")));
    }
    let all = scopes.into_iter().flat_map(|(subnet, hosts)| hosts.into_iter().map(move |host| (subnet, host)));
    let numbered = all.zip(1..).filter(|((subnet, host), id)| {
        let here = wanted.subnet.is_none_or(|wanted| u64::from(wanted) == *subnet);
        here && *id > wanted.after && wanted.key.finds(host)
    });
    let found = numbered.map(|((subnet, mut shown), id)| {
        if let Value::Object(map) = &mut shown {
            map.insert("subnet-id".to_owned(), subnet.into());
        }
        Found { id, shown }
    });
    found.take(wanted.limit.map_or(usize::MAX, |limit| limit as usize)).collect()
}

/// Adds a reservation to a subnet, or to the global ones.
pub(super) fn add(editor: &Editor, subnet: u32, reservation: Node) -> Result<(), Refusal> {
    change(editor, subnet, |list| {
        list.push(reservation);
        Ok(())
    })
}

/// Puts a reservation in the place of the one of the same client.
pub(super) fn update(editor: &Editor, subnet: u32, reservation: Node) -> Result<(), Refusal> {
    let key = Key::of(&reservation.to_json())?;
    change(editor, subnet, |list| {
        let old = list.iter_mut().find(|host| key.finds(&host.to_json()));
        *old.ok_or("Host not updated (not found).")? = reservation;
        Ok(())
    })
}

/// Deletes reservations of a subnet; whether there were any.
pub(super) fn remove(editor: &Editor, subnet: u32, key: &Key) -> Result<bool, Refusal> {
    let wanted = Wanted::all(Some(subnet), key.clone());
    if find(editor, &wanted).is_empty() {
        return Ok(false);
    }
    change(editor, subnet, |list| {
        list.retain(|host| !key.finds(&host.to_json()));
        Ok(())
    })?;
    Ok(true)
}

fn change(editor: &Editor, subnet: u32, by: impl FnOnce(&mut Vec<Node>) -> Result<(), Refusal>) -> Result<(), Refusal> {
    editor.change(|module| {
        let mut tree = Written { module, key: subnets_key(editor) };
        let holder = match (subnet, tree.find(subnet.into())) {
            (0, _) => &mut *tree.module,
            (_, Some(place)) => tree.subnet(place)?,
            (id, None) => return Err(unknown(editor, id)),
        };
        by(holder.list_mut("reservations", NOWHERE).ok_or("reservations is not a list")?)
    })
}

/// A reservation is of a subnet that there is, and what it reserves lies in it.
pub(super) fn check_subnet(editor: &Editor, subnet: u32, addresses: &[Address]) -> Result<(), Refusal> {
    if subnet == 0 {
        return Ok(());
    }
    let known = known(editor);
    let subnet = known.iter().find(|known| known.id == subnet).ok_or_else(|| unknown(editor, subnet))?;
    match addresses.iter().find(|address| !subnet.holds(**address)) {
        None => Ok(()),
        Some(address) => Err(format!(
            "specified reservation '{address}' is not matching the IPv{} subnet prefix '{}'",
            family(editor),
            subnet.prefix
        )
        .into()),
    }
}

/// A reservation without a subnet is a global one, unless it reserves something that would need one.
pub(super) fn check_global(editor: &Editor, addresses: &[Address], prefixes: bool) -> Result<(), Refusal> {
    const MISSING: &str = "Mandatory 'subnet-id' parameter missing.";
    let (v4, first) = (family(editor) == 4, addresses.first());
    let Some(first) = first else {
        let hint = format!("{MISSING} Prefixes are not attached to subnets so no hint is available.");
        return if prefixes { Err(hint.into()) } else { Ok(()) };
    };
    let known = known(editor);
    let (open, guarded): (Vec<_>, Vec<_>) =
        known.iter().filter(|subnet| addresses.iter().all(|address| subnet.holds(*address))).partition(|s| !s.guarded);
    let Some(subnet) = open.first().or(guarded.first()) else {
        return Err(match v4 {
            true => format!("{MISSING} The address '{first}' belongs to no configured subnet."),
            false => format!("{MISSING} Reserved IPv6 addresses do not belong to a common configured subnet."),
        }
        .into());
    };
    let kind = if subnet.guarded { "guarded subnet" } else { "subnet" };
    let others = if open.len() + guarded.len() > 1 { " and others." } else { "." };
    let what = if v4 { format!("The address '{first}' belongs") } else { "Reserved IPv6 addresses belong".to_owned() };
    Err(format!("{MISSING} {what} to {kind} '{}' id {}{others}", subnet.prefix, subnet.id).into())
}

fn unknown(editor: &Editor, id: u32) -> Refusal {
    format!("IPv{} subnet with ID of '{id}' is not configured", family(editor)).into()
}

/// A subnet of the configuration.
struct Known {
    id: u32,
    prefix: String,
    /// It is for some clients only.
    guarded: bool,
}

impl Known {
    fn holds(&self, address: Address) -> bool {
        let Some((first, len)) = self.prefix.split_once('/') else { return false };
        let (Ok(first), Ok(len)) = (first.parse::<Address>(), len.parse::<u32>()) else { return false };
        match (first, address) {
            (Address::V4(first), Address::V4(address)) => {
                let apart = first.to_bits() ^ address.to_bits();
                apart.checked_shr(32 - len.min(32)).unwrap_or(0) == 0
            }
            (Address::V6(first), Address::V6(address)) => {
                let apart = first.to_bits() ^ address.to_bits();
                apart.checked_shr(128 - len.min(128)).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

fn known(editor: &Editor) -> Vec<Known> {
    let mut shown = (editor.shown)();
    let Some(module) = shown.get_mut(editor.module) else { return Vec::new() };
    let known = subnets(editor, module).into_iter().filter_map(|subnet| {
        let classes = subnet.get("client-classes").and_then(Value::as_array);
        Some(Known {
            id: subnet.get("id")?.as_u64()?.try_into().ok()?,
            prefix: subnet.get("subnet")?.as_str()?.to_owned(),
            guarded: classes.is_some_and(|classes| !classes.is_empty()),
        })
    });
    known.collect()
}

/// All subnets, those of shared networks behind the others.
fn subnets(editor: &Editor, module: &mut Value) -> Vec<Value> {
    let networks = taken(module, "shared-networks").into_iter();
    let within: Vec<Value> = networks.flat_map(|mut network| taken(&mut network, subnets_key(editor))).collect();
    taken(module, subnets_key(editor)).into_iter().chain(within).collect()
}

fn subnets_key(editor: &Editor) -> &'static str {
    if family(editor) == 4 { "subnet4" } else { "subnet6" }
}

/// A list of a map, taken out of it.
fn taken(map: &mut Value, key: &str) -> Vec<Value> {
    match map.get_mut(key).map(Value::take) {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    }
}
