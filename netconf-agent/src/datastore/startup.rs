//! Files of configuration that the agent keeps: RFC 7951 JSON of all models, replaced whole.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use serde_json::{Map, Value};

use super::Content;
use crate::yang::{Schema, Tree};

/// A file that holds a configuration: startup, or what is gone back to.
#[derive(Clone, Debug)]
pub struct ContentFile {
    path: PathBuf,
}

impl ContentFile {
    /// The file of that path.
    pub fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// Reads it; none if there is no file. The reason if it cannot be understood.
    pub fn load(&self, schema: &Schema) -> Result<Option<Content>, String> {
        let told = |reason: String| format!("{}: {reason}", self.path.display());
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(told(error.to_string())),
        };
        let json: Value = serde_json::from_str(&text).map_err(|e| told(e.to_string()))?;
        let mut content = Content::empty(schema);
        for (model, name) in schema.models().iter().enumerate() {
            let prefix = format!("{name}:");
            let of_model: Map<String, Value> = json
                .as_object()
                .into_iter()
                .flatten()
                .filter(|(key, _)| key.starts_with(&prefix))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect();
            if !of_model.is_empty() {
                let tree = Tree::from_json(schema, &Value::Object(of_model)).map_err(|e| told(e.to_string()))?;
                tree.validity().map_err(|e| told(e.to_string()))?;
                content.set(model, Rc::new(tree));
            }
        }
        Ok(Some(content))
    }

    /// Takes it away.
    pub fn remove(&self) -> io::Result<()> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Writes it: beside the old one, made durable, then put in its place.
    pub fn save(&self, content: &Content) -> io::Result<()> {
        let mut all = Map::new();
        for tree in content.trees() {
            if let Value::Object(of_model) = tree.to_json() {
                all.extend(of_model);
            }
        }
        let mut text = serde_json::to_string_pretty(&Value::Object(all))?;
        text.push('\n');
        write_durably(&self.path, text.as_bytes(), 0o600)
    }
}

/// Replaces a file so that after a crash it is the old one or the new one.
pub(crate) fn write_durably(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    // A leftover may have another mode.
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    match path.parent() {
        Some(directory) => File::open(directory)?.sync_all(),
        None => Ok(()),
    }
}
