//! The users that are registered: a file of JSON, a user a line, read again when it changes.

use parking_lot::RwLock;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;
use wire::hex;

/// What a user is known by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum UserId {
    HwAddr(Vec<u8>),
    Duid(Vec<u8>),
}

/// What a user gets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct User {
    pub bootfile: String,
    pub tftp_server: String,
}

type Users = HashMap<UserId, Arc<User>>;

/// The registry.
#[derive(Debug)]
pub(super) struct Registry {
    path: PathBuf,
    state: RwLock<State>,
}

#[derive(Debug)]
struct State {
    /// When the file changed last, and its length then.
    seen: Option<(SystemTime, u64)>,
    users: Users,
}

impl Registry {
    /// Reads the file.
    pub fn open(path: PathBuf) -> Result<Self, String> {
        let registry = Self { path, state: RwLock::new(State { seen: None, users: Users::new() }) };
        registry.refresh().map(|()| registry)
    }

    /// Reads the file again if it changed; one that cannot be read leaves the users of before.
    pub fn refresh(&self) -> Result<(), String> {
        let told = |what: &dyn std::fmt::Display| format!("cannot open file:{} reason: {what}", self.path.display());
        let file = fs::metadata(&self.path).map_err(|error| told(&error))?;
        let seen = file.modified().ok().map(|modified| (modified, file.len()));
        if seen.is_some() && self.state.read().seen == seen {
            return Ok(());
        }
        let text = fs::read_to_string(&self.path).map_err(|error| told(&error))?;
        let users = parse(&text);
        let mut state = self.state.write();
        // A file that is wrong is told once, not for each packet.
        state.seen = seen;
        state.users = users?;
        Ok(())
    }

    /// A user.
    pub fn find(&self, id: &UserId) -> Option<Arc<User>> {
        self.state.read().users.get(id).cloned()
    }
}

fn parse(text: &str) -> Result<Users, String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(|line| user(line).map_err(|reason| format!("UserFile entry {line}: {reason}"))).collect()
}

fn user(line: &str) -> Result<(UserId, Arc<User>), String> {
    let entry: Map<String, Value> = serde_json::from_str(line).map_err(|error| format!("malformed JSON: {error}"))?;
    let text = |key: &str| match entry.get(key) {
        None => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(_) => Err(format!("has non-string value for : {key}")),
    };
    let id = text("id")?;
    let bytes = hex::parse(&id).filter(|bytes| !bytes.is_empty()).ok_or_else(|| format!("`{id}` is no identifier"))?;
    let id = match &*text("type")? {
        "HW_ADDR" => UserId::HwAddr(bytes),
        "DUID" => UserId::Duid(bytes),
        other => return Err(format!("has invalid type: {other}")),
    };
    Ok((id, Arc::new(User { bootfile: text("bootfile")?, tftp_server: text("tftp_server")? })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_lines_of_json() {
        let text = r#"
{ "type" : "HW_ADDR", "id" : "0c:0e:0a:01:ff:04", "bootfile" : "/v4bootfile" }
{ "type" : "DUID", "id" : "00010001", "tftp_server" : "tftp.example.com" }
"#;
        let users = parse(text).unwrap();
        assert_eq!(users[&UserId::HwAddr(vec![12, 14, 10, 1, 255, 4])].bootfile, "/v4bootfile");
        assert_eq!(users[&UserId::Duid(vec![0, 1, 0, 1])].tftp_server, "tftp.example.com");
        for (wrong, reason) in [
            ("{", "malformed JSON"),
            (r#"{"type": "NAME", "id": "01"}"#, "has invalid type: NAME"),
            (r#"{"type": "DUID", "id": "x"}"#, "`x` is no identifier"),
            (r#"{"type": "DUID", "id": "01", "bootfile": 1}"#, "has non-string value for : bootfile"),
        ] {
            assert!(parse(wrong).unwrap_err().contains(reason), "{wrong}");
        }
    }
}
