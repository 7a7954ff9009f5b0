//! Paths of rules: instance identifiers whose keys may be left out (RFC 8341 `node-instance-identifier`).

/// A step of a path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Module of the node.
    pub module: String,
    /// Name of the node.
    pub name: String,
    /// Keys and values of a list entry; for an entry of a leaf-list, `.` and its value.
    pub keys: Vec<(String, String)>,
}

/// Reads `/module:a/b[id='1']`; a step without a module is of the module before it.
pub fn parse(path: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for text in split(path, '/') {
        let mut parts = split(text, '[');
        let name = parts.next().unwrap_or_default().trim();
        let (module, name) = match name.split_once(':') {
            Some((module, name)) => (module.to_string(), name),
            None => (steps.last().map(|step| step.module.clone()).unwrap_or_default(), name),
        };
        let keys = parts.filter_map(|predicate| {
            let (key, value) = predicate.trim_end().trim_end_matches(']').split_once('=')?;
            let key = key.trim();
            let key = key.rsplit(':').next().unwrap_or(key);
            let value = value.trim();
            let quote = value.chars().next().filter(|c| matches!(c, '\'' | '"'));
            let bare = quote.and_then(|quote| value.strip_prefix(quote)?.strip_suffix(quote)).unwrap_or(value);
            Some((key.to_string(), bare.to_string()))
        });
        steps.push(Step { module, name: name.to_string(), keys: keys.collect() });
    }
    steps
}

/// Whether a path is that of a node or of something around it; `$USER` in the path is the user.
pub fn leads_to(path: &[Step], node: &[Step], user: &str) -> bool {
    let fits = |(wanted, step): (&Step, &Step)| {
        wanted.name == step.name
            && wanted.module == step.module
            && wanted.keys.iter().all(|(key, value)| {
                let value = if value == "$USER" { user } else { value };
                step.keys.iter().any(|(of, is)| of == key && is == value)
            })
    };
    path.len() <= node.len() && path.iter().zip(node).all(fits)
}

/// The parts of a text between separators that stand outside of quotes and, for steps, of brackets; none is empty.
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut quote, mut inside) = (None, 0_u32);
    text.split(move |character: char| {
        match (quote, character) {
            (None, '\'' | '"') => quote = Some(character),
            (Some(open), close) if open == close => quote = None,
            (Some(_), _) => return false,
            _ if character == separator && inside == 0 => return true,
            (None, '[') => inside += 1,
            (None, ']') => inside = inside.saturating_sub(1),
            _ => {}
        }
        false
    })
    .filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_with_their_keys() {
        let step = |module: &str, name: &str, keys: &[(&str, &str)]| Step {
            module: module.into(),
            name: name.into(),
            keys: keys.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect(),
        };
        assert_eq!(
            parse("/m:a/b[m:x='1/[2]'][y=\"it's\"]/n:c[.='d']"),
            [step("m", "a", &[]), step("m", "b", &[("x", "1/[2]"), ("y", "it's")]), step("n", "c", &[(".", "d")])]
        );
    }

    #[test]
    fn keys_left_out_stand_for_all() {
        let node = parse("/m:a/b[x='1']/c");
        for (path, expected) in [
            ("/", true),
            ("/m:a/b", true),
            ("/m:a/b[x='1']", true),
            ("/m:a/b[x=$USER]", true),
            ("/m:a/b[x='2']", false),
            ("/m:a/b/c/d", false),
            ("/n:a", false),
        ] {
            assert_eq!(leads_to(&parse(path), &node, "1"), expected, "{path}");
        }
    }
}
