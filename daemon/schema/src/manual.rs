//! The reference manual of a daemon's parameters, in Markdown, and the list of what is not supported yet.

use crate::table::{Kind, Param, Place, Support, Table, Yang, places};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The manual of the parameters in the file of a daemon, `kea-dhcp4`. `yang` is the module that models them, if one does.
pub fn manual(process: &str, file: &'static Table, yang: Option<&str>) -> String {
    let places = places(file);
    let mut text = format!("# Parameters of {process}\n\n{}\n\n", introduction(process, yang));
    text.push_str("## Scopes\n\n");
    for place in places.iter().skip(1) {
        line(&mut text, format_args!("- [{0}](#{1}): {2}", place.table.name, anchor(place.table), place.table.doc));
    }
    text.push_str("\n## All keys\n\n");
    for (key, tables) in index(&places) {
        let links: Vec<_> = tables.iter().map(|table| link(table)).collect();
        line(&mut text, format_args!("- `{key}`: {}", links.join(", ")));
    }
    for place in places.iter().skip(1) {
        section(&mut text, place, yang.is_some());
    }
    text
}

/// What is declared and not supported yet: the path of each parameter with what of it is left out, in the order of the
/// manual.
pub fn unsupported(file: &'static Table) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for place in places(file) {
        for param in place.table.parameters() {
            if let Some(left_out) = left_out(param.support) {
                found.push((place.path_of(param), left_out));
            }
        }
    }
    found
}

/// What is not supported yet of a parameter.
fn left_out(support: Support) -> Option<String> {
    match support {
        Support::Full => None,
        Support::Nothing => Some("any value".to_owned()),
        Support::Only(value) => Some(format!("any value but `{}`", value())),
        Support::Without(words) => Some(quoted(words)),
    }
}

/// What is to be said of a parameter beside its meaning, in sentences.
pub(crate) fn remarks(param: &Param) -> Vec<String> {
    let mut remarks = Vec::new();
    if param.secret {
        remarks.push("It is shown to those alone who may see secrets.".to_owned());
    }
    match param.support {
        Support::Nothing if param.doc.contains("not supported") => {}
        Support::Nothing => remarks.push("Not supported yet.".to_owned()),
        support => remarks.extend(left_out(support).map(|what| format!("Not supported yet: {what}."))),
    }
    remarks
}

/// A format in words: `ipv4-prefix` is "IPv4 prefix".
pub(crate) fn noun(format: &str) -> String {
    let words = format.split('-').map(|word| match word {
        "ipv4" => "IPv4",
        "ipv6" => "IPv6",
        "ip" => "IP",
        "tsig" => "TSIG",
        "hex" => "hexadecimal digits",
        word => word,
    });
    words.collect::<Vec<_>>().join(" ")
}

fn introduction(process: &str, yang: Option<&str>) -> String {
    let mut text = format!(
        "What may stand in the configuration file of {process}, made from the declarations that the daemon itself reads \
         by. `{process} --schema` prints the same for editors, `{process} --list-unsupported` what is known and refused \
         so far.\n\nA file is JSON with comments (`#`, `//`, `/* */`) and includes (`<?include \"file\"?>`). A scope is one \
         kind of map; in the paths, `[]` stands for each map of a list. Where the default is *inherited*, an absent \
         value is taken from the scope around: a pool's from its subnet, a subnet's from its shared network, that \
         one's from the outermost scope."
    );
    if let Some(module) = yang {
        let _ = write!(
            text,
            "\n\nThe column YANG tells the node in the module `{module}`: *same* if it has the name of the key, *mapped* \
             where the two have different shapes and the agent turns one into the other, and nothing where there is no \
             place for it. Nodes with the prefix `takahe` are of `takahe-{module}`, which augments that module."
        );
    }
    text
}

/// Each key with the scopes that have it.
fn index(places: &[Place]) -> BTreeMap<&'static str, Vec<&'static Table>> {
    let mut index: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for place in places.iter().skip(1) {
        for param in place.table.parameters() {
            for key in param.aliases.iter().copied().chain([param.key]) {
                index.entry(key).or_default().push(place.table);
            }
        }
    }
    index
}

fn section(text: &mut String, place: &Place, yang: bool) {
    let Place { table, path, holders } = place;
    line(text, format_args!("\n## {}\n\n{}\n\nPath: `{path}`", table.name, table.doc));
    if holders.len() > 1 {
        let holders: Vec<_> = holders.iter().map(|(holder, key)| format!("`{key}` of {}", link(holder))).collect();
        line(text, format_args!("\nIt is {}.", holders.join(", ")));
    }
    let (head, rule) = if yang { (" YANG |", "---|") } else { ("", "") };
    line(text, format_args!("\n| key | type | default |{head} meaning |\n|---|---|---|{rule}---|"));
    for param in table.parameters() {
        let mut row = format!("| `{}` | {} | {} |", param.key, kind(&param.kind), default(param, place));
        if yang {
            let _ = write!(row, " {} |", node(param));
        }
        line(text, format_args!("{row} {} |", meaning(param)));
    }
}

fn meaning(param: &Param) -> String {
    let mut sentences = vec![param.doc.to_owned()];
    sentences.extend(remarks(param));
    if !param.aliases.is_empty() {
        sentences.push(format!("Also spelt {}.", quoted(param.aliases)));
    }
    cell(&sentences.join(" "))
}

fn kind(kind: &Kind) -> String {
    match kind {
        Kind::Bool => "true or false".to_owned(),
        Kind::Int { min, max } if min == max => format!("{min}"),
        Kind::Int { min, max } => format!("{min} to {max}"),
        Kind::Real => "number".to_owned(),
        Kind::Text { format: "" } => "string".to_owned(),
        Kind::Text { format: "empty" } => "`\"\"`".to_owned(),
        Kind::Text { format } => noun(format),
        Kind::Word(words) => words.iter().map(|word| format!("`\"{word}\"`")).collect::<Vec<_>>().join(", "),
        Kind::Any => "JSON".to_owned(),
        Kind::Map(table) => format!("map: {}", link(table())),
        Kind::Maps(table) => format!("list of {}", link(table())),
        Kind::List(inner) => format!("list: {}", self::kind(inner)),
        Kind::Group(table) => link(table()),
    }
}

fn default(param: &Param, place: &Place) -> String {
    match param.default {
        _ if param.required => "required".to_owned(),
        _ if place.inherits(param) => "*inherited*".to_owned(),
        Some("{}") => "its defaults".to_owned(),
        Some(default) => cell(&format!("`{default}`")),
        None => String::new(),
    }
}

fn node(param: &Param) -> String {
    match param.yang {
        Yang::Node(name) if name == param.key => "*same*".to_owned(),
        Yang::Node(name) => format!("`{name}`"),
        Yang::Opaque(name) => format!("`{name}`, JSON as text"),
        Yang::Special => "*mapped*".to_owned(),
        Yang::Absent => String::new(),
    }
}

fn quoted(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

fn link(table: &Table) -> String {
    format!("[{}](#{})", table.name, anchor(table))
}

fn anchor(table: &Table) -> String {
    table.name.to_ascii_lowercase()
}

/// Text inside a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{line}");
}

#[cfg(test)]
mod tests {
    use super::{manual, unsupported};
    use crate::{At, Given, Scope};

    /// A file.
    #[derive(Clone, Debug, Default, PartialEq, Scope)]
    struct File {
        /// The daemon.
        #[param(key = "Tiny", required)]
        tiny: Given<Tiny>,
    }

    /// A daemon.
    #[derive(Clone, Debug, Default, PartialEq, Scope)]
    struct Tiny {
        /// How things are done.
        #[param(flatten)]
        ways: Ways,
        /// What is done.
        #[param(yang = "task")]
        tasks: Vec<At<Task>>,
    }

    /// A task.
    #[derive(Clone, Debug, Default, PartialEq, Scope)]
    struct Task {
        /// Its name: this | that.
        #[param(required, alias = "task_name")]
        name: Given<String>,
        /// How it is done.
        #[param(flatten)]
        ways: Ways,
        /// Who does it.
        #[param(later, yang(absent))]
        worker: Given<u8>,
    }

    /// How things are done.
    #[derive(Clone, Debug, Default, PartialEq, Scope)]
    struct Ways {
        /// How fast.
        #[param(range = 1..=9, default = 3, inherited)]
        speed: Given<u8>,
    }

    #[test]
    fn a_scope_is_a_section_and_a_parameter_a_row() {
        let text = manual("kea-tiny", File::TABLE, Some("kea-tiny-server"));
        for line in [
            "- `speed`: [Tiny](#tiny), [Task](#task)",
            "- `task_name`: [Task](#task)",
            "Path: `Tiny/tasks[]`",
            "| `speed` | 1 to 9 | `3` | *same* | How fast. |",
            "| `speed` | 1 to 9 | *inherited* | *same* | How fast. |",
            "| `tasks` | list of [Task](#task) |  | `task` | What is done. |",
            "| `name` | string | required | *same* | Its name: this \\| that. Also spelt `task_name`. |",
            "| `worker` | 0 to 255 |  |  | Who does it. Not supported yet. |",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
        }
    }

    #[test]
    fn what_is_not_supported_is_listed_by_its_path() {
        assert_eq!(unsupported(File::TABLE), [("Tiny/tasks[]/worker".to_owned(), "any value".to_owned())]);
    }
}
