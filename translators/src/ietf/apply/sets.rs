//! The options of scopes, by the sets that they name.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::{Apply, Sets, Side, inner, keyed, quoted};
use crate::TranslateError;
use crate::ietf::options::{self, Item, Key};
use crate::ietf::show::SET_ID;
use crate::ietf::{entries, notes};
use crate::special::Members;

impl Apply<'_> {
    /// The options of a scope.
    pub(super) fn options(&mut self, kea: &mut Members, side: Side<'_>, remarks: &mut Members) {
        let ids = |nodes: &Members| -> Vec<String> {
            entries(nodes, SET_ID).iter().filter_map(|id| id.as_str().map(str::to_owned)).collect()
        };
        let (now, was) = (ids(side.now), ids(side.was));
        self.used.extend(now.iter().cloned());
        let said = |ids: &[String], sets: &Sets| -> HashMap<String, Vec<Item>> {
            ids.iter().map(|id| (id.clone(), sets.get(id).cloned().unwrap_or_default())).collect()
        };
        if (now.is_empty() && was.is_empty()) || said(&now, &self.now) == said(&was, &self.was) {
            return;
        }
        let mut wanted: Vec<(&str, Item)> = Vec::new();
        let mut places: HashMap<Key, usize> = HashMap::new();
        for id in &now {
            for item in self.now.get(id).into_iter().flatten() {
                if places.insert(item.key(), wanted.len()).is_some() {
                    let (space, code, _) = item.key();
                    let path = format!("{}/{SET_ID}[.={}]", self.path, quoted(id));
                    let reason = format!("option {code} of {space} is in more than one of these sets");
                    self.errors.push(TranslateError { path, reason });
                }
                wanted.push((id, item.clone()));
            }
        }
        let tag = |id: &str| (id != side.place).then(|| id.to_owned());
        let mut done = HashSet::new();
        let mut list = Vec::new();
        for entry in entries(kea, "option-data") {
            let Ok(item) = Item::of_entry(self.context, entry) else {
                list.push(entry.clone());
                continue;
            };
            let key = item.key();
            let Some((id, now)) = places.get(&key).and_then(|at| wanted.get(*at)) else { continue };
            if !done.insert(key) {
                // It stands behind another that is shown in its place.
                list.push(entry.clone());
            } else if *now == item {
                let mut entry = entry.clone();
                options::retag(&mut entry, tag(id).as_deref());
                list.push(entry);
            } else {
                list.push(now.entry(tag(id).as_deref()));
            }
        }
        let new = wanted.iter().filter(|(_, item)| !done.contains(&item.key()));
        list.extend(new.map(|(id, item)| item.entry(tag(id).as_deref())));
        let full = |id: &String| self.now.get(id).is_some_and(|items| !items.is_empty());
        let all_told = now.iter().all(full);
        notes::set(remarks, SET_ID, (!all_told).then(|| now.clone().into()));
        if !list.is_empty() || kea.contains_key("option-data") {
            kea.insert("option-data".to_owned(), list.into());
        }
    }

    /// What no scope says of the sets.
    pub(super) fn remarkable_sets(&self, server: &Members) -> Option<Value> {
        let sets = keyed(entries(inner(server, "option-sets"), "option-set"), SET_ID);
        let remarkable = sets.filter_map(|(id, set)| match self.used.contains(id) {
            false => Some(Value::from(set.clone())),
            true => {
                let description = set.get("description")?.clone();
                let id = (SET_ID.to_owned(), id.into());
                Some(Map::from_iter([id, ("description".to_owned(), description)]).into())
            }
        });
        let remarkable: Vec<Value> = remarkable.collect();
        (!remarkable.is_empty()).then(|| remarkable.into())
    }
}

/// The option sets of the data, and what is wrong with nodes of theirs.
pub(super) fn sets(server: &Members) -> (Sets, Vec<(String, String)>) {
    let (mut sets, mut errors) = (Sets::new(), Vec::new());
    for (id, set) in keyed(entries(inner(server, "option-sets"), "option-set"), SET_ID) {
        match options::of_set(set) {
            Ok(items) => drop(sets.insert(id.to_owned(), items)),
            Err((node, reason)) => {
                let step = format!("option-sets/option-set[{SET_ID}={}]/{node}", quoted(id));
                errors.push((step, reason));
            }
        }
    }
    (sets, errors)
}
