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

/// An entry of a list.
#[derive(Debug)]
pub struct Entry {
    pub(crate) root: &'static str,
    pub(crate) key: &'static str,
    pub(crate) index: usize,
    pub(crate) value: Value,
}

impl Edit {
    /// Exchanges what differs. The edit is then the way back.
    pub fn swap(&mut self, config: &mut Value) {
        match self {
            Self::Whole(value) => std::mem::swap(value, config),
            Self::Entries(entries) => {
                for Entry { root, key, index, value } in entries {
                    let entry = config.get_mut(*root).and_then(|root| root.get_mut(*key)?.get_mut(*index));
                    if let Some(entry) = entry {
                        std::mem::swap(entry, value);
                    }
                }
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

#[cfg(test)]
mod tests {
    use crate::{Model, entries_to_kea, to_kea, to_yang};
    use serde_json::json;

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
        let changed = changed.map(|(list, at)| (list.to_owned(), data[list][at].clone()));
        let mut edit = entries_to_kea(&Model::DHCP4, &changed, &before).unwrap().unwrap();
        edit.swap(&mut config);
        assert_eq!(config, to_kea(&Model::DHCP4, &yang, &before).unwrap());
        assert_eq!(config["Dhcp4"]["subnet4"][1]["valid-lifetime"], 77);
        assert_eq!(config["Dhcp4"]["subnet4"][1]["x"], 1);
        edit.swap(&mut config);
        assert_eq!(config, before);

        let same = [changed[1].clone()];
        assert!(entries_to_kea(&Model::DHCP4, &same, &before).unwrap().unwrap().changes_nothing(&before));
        let unknown = [("subnet4".to_owned(), json!({ "id": 9 }))];
        assert!(entries_to_kea(&Model::DHCP4, &unknown, &before).unwrap().is_none());
        let wrong = [("subnet4".to_owned(), json!({ "id": 3, "nonsense": 1 }))];
        let errors = entries_to_kea(&Model::DHCP4, &wrong, &before).unwrap_err();
        assert_eq!(errors[0].path, "/kea-dhcp4-server:config/subnet4[id='3']/nonsense");
    }
}
