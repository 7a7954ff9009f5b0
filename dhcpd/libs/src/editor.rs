//! The configuration of a server, looked at and changed by command.
//!
//! A change is made to the configuration as it was written, and the whole is put into effect as `config-set` would: all its
//! rules count, and nothing else changes. What a command adds keeps its positions in the command's text.

use crate::arguments::Refusal;
use schema::json::{self, Document, Member, Node, Value as Tree};
use schema::{ConfigError, Pos};
use serde_json::Value;
use std::rc::Rc;

/// The configuration of a server, to be looked at and to be changed.
#[derive(Clone)]
pub struct Editor {
    /// `Dhcp4` or `Dhcp6`.
    pub module: &'static str,
    /// What was written, without the key of the module.
    pub written: Rc<dyn Fn() -> Value>,
    /// The same as `config-get` shows it, with the key of the module.
    pub shown: Rc<dyn Fn() -> Value>,
    /// Puts a configuration into effect.
    pub configure: Rc<Configure>,
}

/// Puts a configuration into effect, or says why not.
pub type Configure = dyn Fn(&Document) -> Result<(), Vec<ConfigError>>;

/// The number of the command's text among the files of a changed configuration.
const COMMAND: u16 = 1;

impl Editor {
    /// What `config-get` shows under a key.
    pub(crate) fn show(&self, key: &str) -> Value {
        let mut shown = (self.shown)();
        shown.get_mut(self.module).and_then(|module| module.get_mut(key)).map(Value::take).unwrap_or_default()
    }

    /// Puts a changed configuration into effect, with what `edit` tells of it.
    pub(crate) fn change<T>(&self, edit: impl FnOnce(&mut Node) -> Result<T, Refusal>) -> Result<T, Refusal> {
        let text = serde_json::json!({ self.module: (self.written)() }).to_string();
        let mut document =
            json::parse("running configuration", &text, &mut json::no_includes).map_err(|error| error.to_string())?;
        document.files.push("<string>".to_owned());
        let module = document.root.member_mut(self.module).ok_or("there is no configuration yet")?;
        let told = edit(module)?;
        (self.configure)(&document)
            .map_err(|errors| errors.first().map_or_else(String::new, ConfigError::to_string))?;
        Ok(told)
    }
}

/// A part of a command's arguments, to become part of a configuration.
pub(crate) fn adopted(node: &Node) -> Node {
    let at = |pos: Pos| Pos { file: COMMAND, ..pos };
    let value = match &node.value {
        Tree::List(nodes) => Tree::List(nodes.iter().map(adopted).collect()),
        Tree::Map(members) => Tree::Map(
            members
                .iter()
                .map(|member| Member { key: member.key.clone(), pos: at(member.pos), node: adopted(&member.node) })
                .collect(),
        ),
        scalar => scalar.clone(),
    };
    Node { pos: at(node.pos), value }
}

/// Where a list stands that nobody wrote: no mistake is there.
pub(crate) const NOWHERE: Pos = Pos { file: COMMAND, line: u32::MAX, column: u32::MAX };
