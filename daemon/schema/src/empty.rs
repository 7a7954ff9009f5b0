//! Maps and lists with nothing in them, which files may not have although commands may.
//!
//! Kea reads files by a grammar that wants something in nearly every map; what comes with a command it takes as it is.

use crate::json::{Document, Node, Value};
use crate::table::{Kind, Table};
use crate::{ConfigError, Problem};

/// Refuses what is empty in a file and must not be.
pub fn check_filled(document: &Document, file: &'static Table) -> Result<(), Vec<ConfigError>> {
    let mut problems = Vec::new();
    if let Value::Map(_) = document.root.value {
        within(&document.root, file, &mut problems);
    }
    if problems.is_empty() { Ok(()) } else { Err(document.errors(problems)) }
}

fn within(map: &Node, table: &'static Table, problems: &mut Vec<Problem>) {
    let Value::Map(members) = &map.value else { return };
    if members.is_empty() && !table.may_be_empty {
        problems.push(Problem::new(map.pos, "must not be empty: leave it out, or say something in it"));
    }
    let params = table.parameters();
    for member in members {
        let known = |key: &&str| **key == *member.key;
        let Some(param) = params.iter().find(|param| known(&param.key) || param.aliases.iter().any(&known)) else {
            continue;
        };
        match (&param.kind, &member.node.value) {
            (_, Value::List(nodes)) if nodes.is_empty() && param.filled => {
                problems.push(Problem::new(member.node.pos, "must not be empty: leave it out, or list something"));
            }
            (Kind::Map(table), Value::Map(_)) => within(&member.node, table(), problems),
            (Kind::Maps(table), Value::List(nodes)) => nodes.iter().for_each(|node| within(node, table(), problems)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::check_filled;
    use crate::common::{ControlSocket, Logger};
    use crate::{At, Scope, json};

    #[derive(Clone, Debug, Default, PartialEq, Scope)]
    struct Daemon {
        /// Loggers.
        #[param(filled)]
        loggers: Vec<At<Logger>>,
        /// Sockets.
        control_sockets: Vec<At<ControlSocket>>,
    }

    fn told(text: &str) -> Vec<String> {
        let document = json::parse("f", text, &mut json::no_includes).unwrap_or_else(|error| panic!("{error}"));
        let errors = check_filled(&document, Daemon::TABLE).err().unwrap_or_default();
        errors.iter().map(|error| format!("{}:{} {}", error.line, error.column, error.path)).collect()
    }

    #[test]
    fn what_is_empty_is_told_where_it_stands() {
        assert_eq!(told("{ }"), ["1:1 "]);
        assert_eq!(told(r#"{ "loggers": [] }"#), ["1:14 loggers"]);
        assert_eq!(
            told(r#"{ "loggers": [ {}, { "output_options": [] } ] }"#),
            ["1:16 loggers[0]", "1:40 loggers[1]/output_options"]
        );
        assert_eq!(told(r#"{ "control-sockets": [] }"#), [""; 0]);
        assert_eq!(told(r#"{ "control-sockets": [ { "user-context": {} } ] }"#), [""; 0]);
    }
}
