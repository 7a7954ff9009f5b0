//! A list after an edit: the entries of the data in the order of the JSON, and what only the JSON has.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use serde_json::Value;

/// How a list is put together.
pub(crate) struct Merge<'a, K> {
    /// The entries of the data with their keys; none: an entry that will be refused.
    pub now: Vec<(Option<K>, &'a Value)>,
    /// The entries of the JSON with their keys; none: one that the model cannot show.
    pub was: Vec<(Option<K>, &'a Value)>,
    /// The order is that of the data; otherwise that of the JSON, new entries last.
    pub by_user: bool,
}

impl<'a, K: Eq + Hash> Merge<'a, K> {
    /// The new list. `make` makes the entry of the JSON from that of the data and its predecessor.
    ///
    /// An entry that the model does not show for lack of a key stays; one that has the key of another goes with it.
    pub fn run(self, mut make: impl FnMut(&'a Value, Option<&'a Value>) -> Option<Value>) -> Vec<Value> {
        let mut places = HashMap::new();
        let mut hidden = Vec::new();
        for (place, (key, entry)) in self.was.iter().enumerate() {
            match key {
                Some(key) if !places.contains_key(key) => drop(places.insert(key, place)),
                _ => hidden.push((place, key, *entry)),
            }
        }
        if !hidden.is_empty() {
            let present: HashSet<_> = self.now.iter().filter_map(|(key, _)| key.as_ref()).collect();
            hidden.retain(|(_, key, _)| key.as_ref().is_none_or(|key| present.contains(key)));
        }
        let place = |key: &Option<K>| key.as_ref().and_then(|key| places.get(key).copied());
        let mut entries: Vec<_> = self.now.iter().map(|(key, entry)| (place(key), *entry)).collect();
        if !self.by_user {
            entries.sort_by_key(|(place, _)| place.unwrap_or(usize::MAX));
        }
        // What is hidden comes where it was, but never before the one whose key it has.
        let mut hidden = hidden.into_iter().map(|(at, key, entry)| (at, place(key), entry)).peekable();
        let mut done = HashSet::new();
        let mut list = Vec::with_capacity(self.was.len().max(entries.len()));
        for (place, entry) in entries {
            let limit = place.unwrap_or(if self.by_user { 0 } else { usize::MAX });
            let due = |(at, twin, _): &(usize, Option<usize>, &Value)| {
                *at < limit && twin.is_none_or(|twin| done.contains(&twin))
            };
            while let Some((_, _, entry)) = hidden.next_if(due) {
                list.push(entry.clone());
            }
            done.extend(place);
            list.extend(make(entry, place.and_then(|place| self.was.get(place)).map(|(_, was)| *was)));
        }
        list.extend(hidden.map(|(_, _, entry)| entry.clone()));
        list
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn merged(now: &str, was: &str, by_user: bool) -> String {
        // A letter is an entry and its key, a capital a second entry with that key; `?` has none.
        let entries = |text: &str| -> Vec<Value> { text.chars().map(|c| json!(c)).collect() };
        let key = |v: &Value| v.as_str().and_then(|c| c.chars().next()).filter(|c| *c != '?');
        let (now, was) = (entries(now), entries(was));
        let now = now.iter().map(|v| (key(v), v)).collect();
        let was = was.iter().map(|v| (key(v).map(|c| c.to_ascii_lowercase()), v)).collect();
        let list = Merge { now, was, by_user }.run(|entry, was| Some(was.unwrap_or(entry).clone()));
        list.iter().filter_map(Value::as_str).collect()
    }

    #[test]
    fn the_systems_order_is_that_of_the_json() {
        assert_eq!(merged("abc", "cab", false), "cab");
        assert_eq!(merged("abcx", "cab", false), "cabx");
        assert_eq!(merged("ax", "cab", false), "ax");
        assert_eq!(merged("abc", "", false), "abc");
    }

    #[test]
    fn the_users_order_is_that_of_the_data() {
        assert_eq!(merged("abc", "cab", true), "abc");
        assert_eq!(merged("xca", "cab", true), "xca");
    }

    #[test]
    fn what_the_model_does_not_show_stays_in_its_place() {
        for by_user in [false, true] {
            assert_eq!(merged("cab", "?caCb?", by_user), "?caCb?");
            assert_eq!(merged("ab", "?caCb?", by_user), "?ab?");
            assert_eq!(merged("", "?c?", by_user), "??");
        }
        assert_eq!(merged("ba", "aAb", true), "baA");
    }
}
