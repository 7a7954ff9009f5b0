//! Where the mistakes gather while a tree is read.

use crate::json::Value;
use crate::json::{Member, Node};
use crate::table::{Kind, Support, Table};
use crate::{Pos, Problem};

/// Gathers every problem, so that a file's mistakes are reported together.
#[derive(Debug, Default)]
pub struct Reader {
    /// What was found so far.
    pub problems: Vec<Problem>,
}

impl Reader {
    /// Notes a problem.
    pub fn problem(&mut self, pos: Pos, reason: impl Into<String>) {
        self.problems.push(Problem::new(pos, reason));
    }

    /// Notes a value that is not what it should be; `right` completes "must be".
    pub fn expected(&mut self, node: &Node, right: &str) {
        let found = match &node.value {
            Value::Text(text) => format!("\"{text}\""),
            Value::Int(value) => value.to_string(),
            Value::Real(value) => value.to_string(),
            other => other.noun().to_owned(),
        };
        self.problem(node.pos, format!("must be {right}, not {found}"));
    }

    /// Notes a value that asks for what the daemon cannot do yet.
    pub fn unsupported(&mut self, node: &Node, support: &Support) {
        match (support, &node.value) {
            (Support::Full | Support::Without(_), _) => {}
            (Support::Only(value), _) => {
                let value = value();
                if node.to_json() != value {
                    self.problem(node.pos, format!("not supported yet: must be {value}"));
                }
            }
            (Support::Nothing, Value::List(nodes)) => {
                nodes.iter().for_each(|node| self.problem(node.pos, "not supported yet: leave it out"));
            }
            (Support::Nothing, Value::Text(text)) if text.is_empty() => {}
            (Support::Nothing, _) => self.problem(node.pos, "not supported yet: leave it out"),
        }
    }

    /// Notes a key that the scope does not have.
    pub fn unknown(&mut self, member: &Member, table: &Table) {
        let key = &member.key;
        let mut reason = format!("`{key}` is not supported here");
        if let Some((_, instead)) = GONE.iter().find(|(gone, _)| *gone == &**key) {
            reason.push_str(&format!(" any longer: {instead}"));
        } else if let Some(near) = nearest(key, table) {
            reason.push_str(&format!("; did you mean `{near}`?"));
        }
        self.problem(member.pos, reason);
    }
}

/// Keys that older files have and Kea gave up, and what says the same today.
const GONE: &[(&str, &str)] = &[(
    "reservation-mode",
    "`reservations-global`, `reservations-in-subnet` and `reservations-out-of-pool` say which reservations count",
)];

/// The key of the table that a misspelt one most likely stands for.
fn nearest(key: &str, table: &Table) -> Option<&'static str> {
    let mut keys = Vec::new();
    gather_keys(table, &mut keys);
    nearest_of(key, keys)
}

/// The name among others that a misspelt one most likely stands for.
pub fn nearest_of<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let near = names.into_iter().map(|known| (distance(name, known), known)).min()?;
    (near.0 <= 1 + name.len() / 5).then_some(near.1)
}

fn gather_keys(table: &Table, keys: &mut Vec<&'static str>) {
    for param in table.params {
        match param.kind {
            Kind::Group(group) => gather_keys(group(), keys),
            _ => keys.push(param.key),
        }
    }
}

/// Insertions, deletions and replacements that turn one word into the other (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (above, old) in from.bytes().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], above + 1);
        for (left, new) in to.bytes().enumerate() {
            let replaced = diagonal + usize::from(old != new);
            diagonal = row[left + 1];
            row[left + 1] = replaced.min(row[left] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn distance_counts_edits() {
        assert_eq!(distance("valid-lifetme", "valid-lifetime"), 1);
        assert_eq!(distance("output_options", "output-options"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
