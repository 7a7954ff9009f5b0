//! The pools of a range, and what they keep for clients.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::{Apply, EMPTY, Side, inner, keyed, lease_leaves, pool_name, quoted};
use crate::ietf::hosts::{self, Kept};
use crate::ietf::place::{Pool, bounds, pool_ids};
use crate::ietf::show::{SET_ID, UTILIZATION};
use crate::ietf::{duid, entries, notes, text};
use crate::merge::Merge;
use crate::scalar::Prefix;
use crate::special::Members;

impl Apply<'_> {
    /// One of the lists of pools; `holds` is what holds in the range.
    pub(super) fn pools(
        &mut self,
        kea: &mut Members,
        [key, outer, list]: [&str; 3],
        range: Side<'_>,
        holds: &dyn Fn(&str) -> Option<Value>,
    ) {
        let (now, was) = (inner(range.now, outer), inner(range.was, outer));
        let were: HashMap<&str, &Members> = keyed(entries(was, list), "pool-id").collect();
        let before = kea.get(key).cloned();
        let old = before.as_ref().and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let numbered = old.iter().filter_map(|pool| pool.get("pool-id")?.as_u64());
        let named = entries(now, list).iter().filter_map(|pool| pool_name(pool)?.parse().ok());
        let mut taken: HashSet<u64> = numbered.chain(named).collect();
        let merge = Merge {
            now: entries(now, list).iter().map(|pool| (pool_name(pool).map(str::to_owned), pool)).collect(),
            was: old.iter().zip(pool_ids(old)).map(|(pool, id)| (id, pool)).collect(),
            by_user: false,
        };
        let merged = merge.run(|pool, old| {
            let (id, now) = (pool_name(pool)?, pool.as_object()?);
            let was = were.get(id).copied().unwrap_or(&EMPTY);
            let place = format!("{}/pool/{id}", range.place);
            let step = format!("{outer}/{list}[pool-id={}]", quoted(id));
            let old = old.and_then(Value::as_object);
            let side = Side { now, was, place: &place };
            self.within(&step, |apply| Some(apply.pool(id, side, old, &mut taken, holds).into()))
        });
        if !merged.is_empty() || before.is_some() {
            kea.insert(key.to_owned(), merged.into());
        }
    }

    fn pool(
        &mut self,
        id: &str,
        side: Side<'_>,
        before: Option<&Members>,
        taken: &mut HashSet<u64>,
        holds: &dyn Fn(&str) -> Option<Value>,
    ) -> Members {
        let Side { now, was, .. } = side;
        let bounding = ["pool-prefix", "start-address", "end-address", "client-prefix-length"];
        let repeated: Vec<&str> =
            lease_leaves().into_iter().filter(|leaf| *leaf != SET_ID).chain(["rapid-commit"]).collect();
        let known = bounding.into_iter().chain(UTILIZATION).chain(["pool-id", SET_ID, hosts::CONTAINER]);
        self.only(now, &known.chain(repeated.iter().copied()).collect::<Vec<_>>());
        let mut kea = before.cloned().unwrap_or_default();
        let mut remarks = notes::all(&kea);
        if bounding.iter().any(|leaf| now.get(*leaf) != was.get(*leaf)) {
            self.bounds(&mut kea, now, &mut remarks);
            let number = id.parse::<u32>().ok().filter(|number| *number != 0 && number.to_string() == id);
            if let (None, Some(number)) = (before, number) {
                kea.insert("pool-id".to_owned(), number.into());
            }
        }
        let mut counted = false;
        for leaf in UTILIZATION {
            counted |= now.contains_key(leaf);
            notes::set(&mut remarks, leaf, now.get(leaf).cloned());
        }
        let numbered = kea.get("pool-id").is_some_and(|number| *number != 0);
        if counted && !numbered {
            // The server counts the leases of a pool under its number.
            let free = (1..).find(|number| taken.insert(*number));
            kea.extend(free.map(|number| ("pool-id".to_owned(), number.into())));
        }
        if before != Some(&kea) {
            let number = kea.get("pool-id").filter(|number| **number != 0).map(Value::to_string);
            let natural = number.or_else(|| bounds(&kea));
            notes::set(&mut remarks, "pool-id", (natural.as_deref() != Some(id)).then(|| id.into()));
        }
        for leaf in repeated {
            let value = now.get(leaf);
            if value.is_some() && value != holds(leaf).as_ref() {
                self.within(leaf, |apply| {
                    apply.error("the daemon has one value for a whole allocation range: this is another")
                });
            }
            notes::set(&mut remarks, leaf, value.cloned());
        }
        self.options(&mut kea, side, &mut remarks);
        notes::write(&mut kea, remarks);
        kea
    }

    /// What addresses or prefixes a pool has.
    fn bounds(&mut self, kea: &mut Members, now: &Members, remarks: &mut Members) {
        let prefix = text(now, "pool-prefix").unwrap_or_default();
        if let Some(length) = now.get("client-prefix-length") {
            if let Some(prefix) = Prefix::parse(prefix) {
                kea.insert("prefix".to_owned(), prefix.first().to_string().into());
                kea.insert("prefix-len".to_owned(), prefix.length().into());
                kea.insert("delegated-len".to_owned(), length.clone());
            }
            return;
        }
        let address = |leaf: &str| text(now, leaf).and_then(|text| text.parse().ok());
        let pool =
            address("start-address").zip(address("end-address")).and_then(|(first, last)| Pool::new(first, last));
        match pool {
            None => self.within("end-address", |apply| apply.error("the last address is before the first one")),
            Some(pool) if !pool.is_in(prefix) => {
                self.within("pool-prefix", |apply| apply.error("the pool's addresses are not in its prefix"));
            }
            Some(pool) => {
                kea.insert("pool".to_owned(), pool.text().into());
                notes::set(remarks, "pool-prefix", (pool.outer() != prefix).then(|| prefix.into()));
            }
        }
    }

    pub(super) fn hosts(&mut self, kea: &mut Members, side: Side<'_>) {
        self.only_in_hosts(side.now);
        let now = match hosts::kept(side.now) {
            Ok(now) => now,
            Err((step, reason)) => return self.within(&step, |apply| apply.error(&reason)),
        };
        let was: HashMap<String, Kept> = hosts::kept(side.was).unwrap_or_default().into_iter().collect();
        let before = entries(kea, "reservations").to_vec();
        let mut wanted: HashMap<&str, &Kept> = now.iter().map(|(client, kept)| (client.as_str(), kept)).collect();
        let nothing = Kept::default();
        let mut list: Vec<Value> = Vec::new();
        for reservation in &before {
            let old = reservation.as_object();
            let client = old.and_then(|old| duid::canonical(text(old, "duid")?));
            let (Some(old), Some(client)) = (old, client) else {
                list.push(reservation.clone());
                continue;
            };
            let was = was.get(&client).unwrap_or(&nothing);
            let now = wanted.remove(client.as_str()).unwrap_or(&nothing);
            list.extend(self.host(Some(old), &client, was, now, side.place));
        }
        for (client, kept) in now.iter().filter(|(client, _)| wanted.contains_key(client.as_str())) {
            list.extend(self.host(None, client, &nothing, kept, side.place));
        }
        if list != before {
            kea.insert("reservations".to_owned(), list.into());
        }
    }

    fn host(&mut self, before: Option<&Members>, client: &str, was: &Kept, now: &Kept, place: &str) -> Option<Value> {
        let mut kea = hosts::change(before, client, was, now)?;
        if let Some(host) = &now.host {
            let mut remarks = notes::all(&kea);
            let place = format!("{place}/client/{client}");
            let side = Side { now: host, was: was.host.as_ref().unwrap_or(&EMPTY), place: &place };
            self.options(&mut kea, side, &mut remarks);
            notes::write(&mut kea, remarks);
        }
        Some(kea.into())
    }

    /// Refuses what the daemon does not have in reservations.
    fn only_in_hosts(&mut self, range: &Members) {
        let kinds = [
            ("address-pools", "address-pool", hosts::HOSTS, "reserved-addr", SET_ID),
            ("prefix-pools", "prefix-pool", hosts::PREFIXES, "reserved-prefix", "reserved-prefix-len"),
        ];
        for (outer, list, inner_list, key, more) in kinds {
            for (id, pool) in keyed(entries(inner(range, outer), list), "pool-id") {
                let Some(reservations) = pool.get(hosts::CONTAINER).and_then(Value::as_object) else { continue };
                let step = format!("{outer}/{list}[pool-id={}]/{}", quoted(id), hosts::CONTAINER);
                self.within(&step, |apply| {
                    apply.only(reservations, &[inner_list]);
                    for (name, entry) in keyed(entries(reservations, inner_list), key) {
                        let step = format!("{inner_list}[{key}={}]", quoted(name));
                        apply.within(&step, |apply| apply.only(entry, &["client-duid", key, more]));
                    }
                });
            }
        }
    }
}
