//! What the sources must and must not hold.

use std::fs;
use std::path::{Path, PathBuf};

/// A file is something that a person reads in one sitting.
const LONGEST: usize = 900;

/// The one module that may use libyang.
const LIBYANG: &str = "netconf-agent/src/";

#[test]
fn every_file_says_what_it_is_and_stays_readable() {
    let mut wrong = Vec::new();
    for (path, text) in rust_files() {
        if !text.starts_with("//!") {
            wrong.push(format!("{}: does not open with //!", path.display()));
        }
        let lines = text.lines().count();
        if lines > LONGEST {
            wrong.push(format!("{}: {lines} lines", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_is_left_undone_or_switched_off() {
    let mut wrong = Vec::new();
    // Put together here so that this file does not hold them.
    let words = [
        concat!("todo", "!("),
        concat!("unimplemented", "!("),
        concat!("#[", "ignore"),
        concat!("#[", "allow("),
        concat!("#![", "allow("),
    ];
    for (path, text) in rust_files() {
        for (number, line) in text.lines().enumerate() {
            wrong.extend(
                words.iter().filter(|w| line.contains(**w)).map(|w| format!("{}:{}: {w}", path.display(), number + 1)),
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn libyang_is_used_in_one_module() {
    let users: Vec<_> = rust_files()
        .into_iter()
        .filter(|(path, text)| {
            path.starts_with(LIBYANG)
                && text.lines().any(|l| l.trim_start().starts_with("use yang2") || l.contains(" yang2::"))
        })
        .map(|(path, _)| {
            path.strip_prefix(LIBYANG).expect("filtered by it").iter().next().map(PathBuf::from).expect("a file")
        })
        .collect();
    let mut modules: Vec<_> = users.iter().map(|m| m.with_extension("")).collect();
    modules.sort();
    modules.dedup();
    assert!(modules.len() <= 1, "libyang is used in {modules:?}");
}

/// All Rust sources of the workspace with their paths from its root.
fn rust_files() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the workspace is two folders up");
    let mut files = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a readable folder").map(|e| e.expect("an entry").path()) {
            let name = entry.file_name().and_then(|n| n.to_str()).unwrap_or_default();
            if entry.is_dir() && !name.starts_with('.') && name != "target" {
                folders.push(entry);
            } else if name.ends_with(".rs") {
                let text = fs::read_to_string(&entry).expect("a readable source");
                files.push((entry.strip_prefix(root).expect("below the root").to_path_buf(), text));
            }
        }
    }
    assert!(files.len() > 30, "the workspace has sources");
    files
}
