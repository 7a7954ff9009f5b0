//! Configurations from the field are accepted, or refused for what is not supported yet and for nothing else.
//!
//! They stand in `../shared/corpus` beside the project; where they are not at hand, the test says so.

use dhcpd_config::{v4, v6};
use schema::ConfigError;
use schema::json::{self, Document};
use serde_json::Value;
use std::path::{Path, PathBuf};

const FOLDERS: [&str; 5] = ["kea4", "kea6", "seeds", "template-ha-mt-tls", "template-power-user-home"];

#[test]
fn configurations_from_the_field_are_judged_right() {
    let (mut accepted, mut refused, mut wrong) = (0, 0, Vec::new());
    for file in files() {
        let document = read(&file);
        match shown(&document) {
            None => continue,
            Some(Ok(first)) => {
                accepted += 1;
                let again = json::parse("<shown>", &first.to_string(), &mut json::no_includes).expect("JSON");
                assert_eq!(shown(&again), Some(Ok(first)), "{}: what is shown means the same", file.display());
            }
            Some(Err(errors)) => {
                refused += 1;
                wrong.extend(errors.into_iter().filter(|error| !error.reason.contains("not supported yet")));
            }
        }
    }
    eprintln!("{accepted} accepted, {refused} refused for what is not supported yet");
    assert_eq!(wrong.iter().map(ToString::to_string).collect::<Vec<_>>(), [""; 0]);
}

/// The files, or none where the corpus is not at hand.
fn files() -> Vec<PathBuf> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    let mut files = Vec::new();
    for folder in FOLDERS.map(|folder| corpus.join(folder)) {
        match std::fs::read_dir(&folder) {
            Ok(entries) => files.extend(entries.map(|entry| entry.expect("an entry").path())),
            Err(_) => eprintln!("skipped: {} is not there", folder.display()),
        }
    }
    files.sort();
    files
}

fn read(file: &Path) -> Document {
    let text = std::fs::read_to_string(file).expect("a file of the corpus");
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut include = |name: &str| std::fs::read_to_string(folder.join(name)).map_err(|error| error.to_string());
    json::parse(&file.display().to_string(), &text, &mut include).expect("JSON")
}

/// What `config-get` shows of a configuration of either server; none for another daemon's.
fn shown(document: &Document) -> Option<Result<Value, Vec<ConfigError>>> {
    if document.root.member("Dhcp4").is_some() {
        Some(v4::load(document).map(|(input, _)| v4::config_get(&input)))
    } else if document.root.member("Dhcp6").is_some() {
        Some(v6::load(document).map(|(input, _)| v6::config_get(&input)))
    } else {
        None
    }
}
