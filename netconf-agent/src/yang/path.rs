//! Instance paths, as libyang and RFC 7951 §6.11 write them: the module is named where it changes.

use yang2::iter::NodeIterable as _;
use yang2::schema::{SchemaNode, SchemaNodeKind};

use super::Node;

/// The path of a node.
pub fn of(node: &Node<'_>) -> String {
    let mut path = String::new();
    let mut nodes: Vec<Node<'_>> = node.inclusive_ancestors().collect();
    nodes.reverse();
    for node in nodes {
        let parent = node.parent();
        push_name(&mut path, &node.schema(), parent.as_ref().map(Node::schema));
        path.push_str(&keys(&node));
        if node.schema().kind() == SchemaNodeKind::LeafList {
            let _ = push_predicate(&mut path, ".", &node.value_canonical().unwrap_or_default());
        }
    }
    path
}

/// The keys of a list entry: `[id='1']`.
pub fn keys(entry: &Node<'_>) -> String {
    let mut keys = String::new();
    for key in entry.list_keys() {
        // A value that cannot be quoted leaves the entry's name without it.
        let _ = push_predicate(&mut keys, key.schema().name(), &key.value_canonical().unwrap_or_default());
    }
    keys
}

/// The path of a child that may not be there; `instance` are its keys or its value.
pub fn child(parent: &Node<'_>, schema: &SchemaNode<'_>, instance: Option<&str>) -> String {
    let mut path = of(parent);
    push_name(&mut path, schema, Some(parent.schema()));
    match (schema.kind(), instance) {
        (SchemaNodeKind::List, Some(keys)) => path.push_str(keys),
        (SchemaNodeKind::LeafList, Some(value)) => {
            let _ = push_predicate(&mut path, ".", value);
        }
        _ => {}
    }
    path
}

/// Appends `[name='value']`; `Err` if the value holds both kinds of quotes, for which XPath 1.0 has no literal.
pub fn push_predicate(path: &mut String, name: &str, value: &str) -> Result<(), String> {
    let quote = match (value.contains('\''), value.contains('"')) {
        (false, _) => '\'',
        (true, false) => '"',
        (true, true) => return Err(format!("{name} holds both kinds of quotes")),
    };
    path.push_str(&format!("[{name}={quote}{value}{quote}]"));
    Ok(())
}

/// `[p:id='a:b']` as `[id='a:b']`.
pub fn without_prefixes(keys: &str) -> String {
    let mut out = String::with_capacity(keys.len());
    let mut rest = keys;
    while let Some(at) = rest.find('[') {
        let (before, name) = rest.split_at(at + 1);
        out.push_str(before);
        let end = name.find('=').unwrap_or(name.len());
        let (name, after) = name.split_at(end);
        out.push_str(name.rsplit(':').next().unwrap_or(name).trim());
        let quoted = quoted_length(after);
        let (value, next) = after.split_at(quoted);
        out.push_str(value);
        rest = next;
    }
    out.push_str(rest);
    out
}

/// Length of `='...'` at the start of `text`; all of it if the quote is not closed.
fn quoted_length(text: &str) -> usize {
    let Some(open) = text.find(['\'', '"']) else { return text.len() };
    let quote = text.get(open..open + 1).unwrap_or("'");
    let inner = text.get(open + 1..).unwrap_or_default();
    inner.find(quote).map_or(text.len(), |close| open + close + 2)
}

fn push_name(path: &mut String, schema: &SchemaNode<'_>, parent: Option<SchemaNode<'_>>) {
    path.push('/');
    if parent.is_none_or(|parent| parent.module() != schema.module()) {
        path.push_str(schema.module().name());
        path.push(':');
    }
    path.push_str(schema.name());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_of_keys_go_and_those_of_values_stay() {
        assert_eq!(without_prefixes("[k:id='1'][k:name=\"a:[b='c']\"]"), "[id='1'][name=\"a:[b='c']\"]");
        assert_eq!(without_prefixes("[k:id='1"), "[id='1");
        assert_eq!(without_prefixes("x"), "x");
    }
}
