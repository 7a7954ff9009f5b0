//! Configurations in a database: what the servers that share it complete their own from.
//!
//! The tables are Kea's. [`fetch`] reads all that is for one server, as the JSON that its configuration file would have;
//! [`has_changed`] tells whether anything happened since. [`read`] and [`write`] are single elements, for commands. What is written has
//! passed the checks of a configuration file before; here it is only moved.

pub mod follow;
mod link;
mod mysql;
mod pgsql;
pub mod read;
mod rows;
pub mod write;

use crate::connect::{Connection, Error};
use dhcpd_config::remote::{Part, Parts};
use link::Transaction;
use read::Reader;
use rows::text;
use serde_json::Value;
use std::collections::HashMap;

pub use rows::{Object, range};

/// Whose tables: those of DHCPv4 or those of DHCPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// `dhcp4_...`
    V4,
    /// `dhcp6_...`
    V6,
}

impl Family {
    /// How names of tables begin; also the space of the options that stand in the message itself.
    pub fn space(self) -> &'static str {
        match self {
            Self::V4 => "dhcp4",
            Self::V6 => "dhcp6",
        }
    }

    fn digit(self) -> char {
        match self {
            Self::V4 => '4',
            Self::V6 => '6',
        }
    }
}

/// The tag that stands for every server.
pub const ALL: &str = "all";

/// Whose elements are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Servers {
    /// Anybody's and nobody's.
    Any,
    /// Those that are no server's any more.
    Unassigned,
    /// Those of servers with these tags, and those of all servers.
    Tags(Vec<String>),
}

/// How far the changes of a configuration have come. Times say too little: those of MySQL are whole seconds, and who began first
/// may be the last to commit. So the changes after a revision are counted that lies a while back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// The number of that revision.
    after: i64,
    /// How many changes come after it; none where nobody has looked.
    count: Option<i64>,
}

/// All that the database has for the server of this tag, and how far its changes have come: what is its own, and what is for
/// all; where both say something, the former counts.
pub async fn fetch(connection: &mut Connection, family: Family, tag: &str) -> Result<(Parts, Mark), Error> {
    // One look for all tables: no subnet without the network that came with it.
    let mut look = Transaction::look(connection).await?;
    let mut reader = Reader::of(look.link(), family);
    let servers = Servers::Tags(vec![tag.to_owned()]);
    let name = |entry: &read::Entry| text(&entry.value, "name").to_owned();
    let global = |entry: read::Entry| {
        let value = entry.value.get("value").cloned().unwrap_or_default();
        Part::global(number(&entry), text(&entry.value, "name"), value)
    };
    let globals = own_first(reader.globals(&servers, None).await?, name);
    let option_defs = reader.definitions(&servers, None).await?;
    let options = reader.options(&servers, None).await?;
    let found = Parts {
        globals: globals.into_iter().map(global).collect(),
        option_defs: parts(own_first(option_defs, |entry| code_and_space(&entry.value))),
        options: parts(own_first(options, |entry| {
            (code_and_space(&entry.value), entry.value.get("client-classes").map(Value::to_string))
        })),
        classes: parts(reader.classes(&servers, None).await?),
        networks: parts(reader.networks(&servers, None).await?),
        subnets: parts(reader.subnets(&servers, read::Which::All).await?),
    };
    let mark = reader.mark(tag).await?;
    look.commit().await?;
    Ok((found, mark))
}

/// Whether anything changed for the server of this tag since a mark.
pub async fn has_changed(connection: &mut Connection, family: Family, tag: &str, since: Mark) -> Result<bool, Error> {
    let count = Reader::new(connection, family).count(tag, since.after).await?;
    Ok(since.count != Some(count))
}

/// Of several elements that say the same thing, the one that is not for all servers.
pub fn own_first<K: std::hash::Hash + Eq>(
    entries: Vec<read::Entry>,
    key: impl Fn(&read::Entry) -> K,
) -> Vec<read::Entry> {
    let mut places: HashMap<K, usize> = HashMap::new();
    let mut chosen: Vec<read::Entry> = Vec::with_capacity(entries.len());
    for entry in entries {
        match places.get(&key(&entry)).and_then(|place| chosen.get_mut(*place)) {
            Some(known) if known.is_for_all() => *known = entry,
            Some(_) => {}
            None => {
                places.insert(key(&entry), chosen.len());
                chosen.push(entry);
            }
        }
    }
    chosen
}

fn parts(entries: Vec<read::Entry>) -> Vec<Part> {
    entries.into_iter().map(|entry| Part::new(number(&entry), entry.value.into())).collect()
}

/// The row's number, as it is told when something is wrong there.
fn number(entry: &read::Entry) -> u32 {
    u32::try_from(entry.id).unwrap_or_default()
}

/// What makes an option or a definition different from others.
fn code_and_space(object: &Object) -> (i64, String) {
    (object.get("code").and_then(Value::as_i64).unwrap_or(0), text(object, "space").to_owned())
}
