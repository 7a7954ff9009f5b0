//! A change of a daemon's JSON that is made and taken back in place: what stays the same is not copied.

use serde_json::Value;

/// What a configuration (`{"Dhcp4": {...}}`) is to have in place of what it has.
#[derive(Debug)]
pub enum Edit {
    /// All of it.
    Whole(Value),
    /// Some entries of outermost lists.
    Entries(Vec<Entry>),
}

/// An entry of an outermost list of a model's data that an edit touched.
#[derive(Clone, Debug, PartialEq)]
pub struct Touched {
    /// The list's node.
    pub list: String,
    /// The entry; of one that is gone, its keys.
    pub entry: Value,
    /// Whether it is gone.
    pub gone: bool,
}

/// An entry of a list, at its place at that moment.
#[derive(Debug)]
pub struct Entry {
    pub(crate) root: &'static str,
    pub(crate) key: &'static str,
    pub(crate) index: usize,
    pub(crate) change: Change,
}

/// What becomes of an entry.
#[derive(Debug)]
pub(crate) enum Change {
    /// It is exchanged for this one.
    Exchange(Value),
    /// This one comes in front of it.
    Insert(Value),
    /// It goes.
    Remove,
}

impl Edit {
    /// Exchanges what differs. The edit is then the way back.
    pub fn swap(&mut self, config: &mut Value) {
        match self {
            Self::Whole(value) => std::mem::swap(value, config),
            Self::Entries(entries) => {
                entries.iter_mut().for_each(|entry| entry.swap(config));
                entries.reverse();
            }
        }
    }

    /// Whether nothing would change in this configuration.
    pub fn changes_nothing(&self, config: &Value) -> bool {
        match self {
            Self::Whole(value) => value == config,
            Self::Entries(entries) => entries.is_empty(),
        }
    }
}

impl Entry {
    fn swap(&mut self, config: &mut Value) {
        let Self { root, key, index, change } = self;
        let list = config.get_mut(*root).and_then(|root| root.get_mut(*key)?.as_array_mut());
        let Some(list) = list else { return };
        match change {
            Change::Exchange(value) => {
                if let Some(entry) = list.get_mut(*index) {
                    std::mem::swap(entry, value);
                }
            }
            Change::Insert(value) if *index <= list.len() => {
                list.insert(*index, value.take());
                *change = Change::Remove;
            }
            Change::Remove if *index < list.len() => *change = Change::Insert(list.remove(*index)),
            Change::Insert(_) | Change::Remove => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Model, Touched, entries_to_kea, to_kea, to_yang};
    use serde_json::{Value, json};

    fn touched(list: &str, entry: &Value, gone: bool) -> Touched {
        Touched { list: list.to_owned(), entry: entry.clone(), gone }
    }

    #[test]
    fn an_edit_of_entries_is_the_edit_of_all_and_goes_both_ways() {
        let subnet = |id| json!({ "id": id, "subnet": format!("10.0.{id}.0/24"), "x": id, "comment": "kept" });
        let networks = json!([{ "name": "n", "subnet4": [subnet(4)] }, { "name": "m" }]);
        let lists = json!({ "subnet4": [subnet(3), subnet(1), subnet(2)], "shared-networks": networks, "x": 1 });
        let mut config = json!({ "Dhcp4": lists });
        let before = config.clone();
        let mut yang = to_yang(&Model::DHCP4, &before).unwrap().yang;
        let data = &mut yang["kea-dhcp4-server:config"];
        data["subnet4"][1]["valid-lifetime"] = 77.into();
        data["shared-network"][0]["subnet4"][0]["valid-lifetime"] = 78.into();
        let changed = [("subnet4", 1), ("subnet4", 2), ("shared-network", 0)];
        let changed = changed.map(|(list, at)| touched(list, &data[list][at], false));
        let mut edit = entries_to_kea(&Model::DHCP4, &changed, &before).unwrap().unwrap();
        edit.swap(&mut config);
        assert_eq!(config, to_kea(&Model::DHCP4, &yang, &before).unwrap());
        assert_eq!(config["Dhcp4"]["subnet4"][1]["valid-lifetime"], 77);
        assert_eq!(config["Dhcp4"]["subnet4"][1]["x"], 1);
        edit.swap(&mut config);
        assert_eq!(config, before);

        let same = [changed[1].clone()];
        assert!(entries_to_kea(&Model::DHCP4, &same, &before).unwrap().unwrap().changes_nothing(&before));
        let wrong = [touched("subnet4", &json!({ "id": 3, "nonsense": 1 }), false)];
        let errors = entries_to_kea(&Model::DHCP4, &wrong, &before).unwrap_err();
        assert_eq!(errors[0].path, "/kea-dhcp4-server:config/subnet4[id='3']/nonsense");
    }
    #[test]
    fn entries_come_and_go() {
        let subnet = |id: u64| json!({ "id": id, "subnet": format!("10.0.{id}.0/24") });
        let before = json!({ "Dhcp4": { "subnet4": [subnet(3), subnet(1), subnet(2), subnet(5)], "x": 1 } });
        let mut yang = to_yang(&Model::DHCP4, &before).unwrap().yang;
        let entries = yang["kea-dhcp4-server:config"]["subnet4"].as_array_mut().unwrap();
        let mut edits = Vec::new();
        for id in [1, 5, 9] {
            let at = entries.iter().position(|entry| entry["id"] == id);
            // 9 was made and taken away again.
            edits.push(touched("subnet4", &json!({ "id": id }), true));
            at.into_iter().for_each(|at| drop(entries.remove(at)));
        }
        entries[1]["valid-lifetime"] = 9.into();
        edits.push(touched("subnet4", &entries[1], false));
        for id in [7, 6] {
            entries.push(subnet(id));
            edits.push(touched("subnet4", &subnet(id), false));
        }
        let mut edit = entries_to_kea(&Model::DHCP4, &edits, &before).unwrap().unwrap();
        let mut config = before.clone();
        for _ in 0..2 {
            edit.swap(&mut config);
            assert_eq!(config, to_kea(&Model::DHCP4, &yang, &before).unwrap());
            edit.swap(&mut config);
            assert_eq!(config, before);
        }
        // A list that is empty then has a key no longer, and one that is made has one: the whole knows.
        let all: Vec<_> = [3, 1, 2, 5].map(|id| touched("subnet4", &json!({ "id": id }), true)).into();
        assert!(entries_to_kea(&Model::DHCP4, &all, &before).unwrap().is_none());
        let first = [touched("shared-network", &json!({ "name": "n" }), false)];
        assert!(entries_to_kea(&Model::DHCP4, &first, &before).unwrap().is_none());
    }
}
