//! Configurations from the field survive JSON to YANG to JSON, whatever of them is declared.
//!
//! They stand in `../shared/corpus` beside the project; where they are not at hand, the test says so.

use std::path::{Path, PathBuf};

use schema::json;
use serde_json::Value;
use translators::{Model, to_kea, to_yang};

#[test]
fn every_configuration_comes_back_as_it_was() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus");
    for (model, folder, at_least) in
        [(Model::DHCP4, "kea4", 20), (Model::DHCP6, "kea6", 20), (Model::IETF6, "kea6", 20), (Model::DDNS, "ddns", 5)]
    {
        let Ok(entries) = std::fs::read_dir(corpus.join(folder)) else {
            eprintln!("skipped: {} is not there", corpus.join(folder).display());
            continue;
        };
        let mut count = 0;
        for file in entries.map(|entry| entry.expect("an entry").path()) {
            let Some(config) = read(&file) else { continue };
            if config.get(model.root).is_none() {
                continue;
            }
            let shown = to_yang(&model, &config).unwrap_or_else(|errors| panic!("{}: {errors:#?}", file.display()));
            let after = to_kea(&model, &shown.yang, &config).unwrap_or_else(|e| panic!("{}: {e:#?}", file.display()));
            assert_eq!(after, config, "{}", file.display());
            let again =
                to_kea(&model, &shown.yang, &Value::Null).unwrap_or_else(|e| panic!("{}: {e:#?}", file.display()));
            let twice = to_yang(&model, &again).unwrap_or_else(|errors| panic!("{}: {errors:#?}", file.display()));
            assert_eq!(twice.yang, shown.yang, "{}", file.display());
            count += 1;
        }
        assert!(count >= at_least, "only {count} configurations in {folder}");
    }
}

/// A file in the daemons' dialect; none if it is not meant to be read.
fn read(file: &PathBuf) -> Option<Value> {
    let text = std::fs::read_to_string(file).ok()?;
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut include = |name: &str| std::fs::read_to_string(folder.join(name)).map_err(|error| error.to_string());
    Some(json::parse(&file.display().to_string(), &text, &mut include).ok()?.root.to_json())
}
