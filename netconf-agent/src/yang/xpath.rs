//! XPath filters (RFC 6241 §8.9): the nodes that an expression finds, with all in them, and the way to them.

use std::collections::HashSet;

use yang2::data::{Data as _, DataTree};
use yang2::schema::SchemaModule;

use super::print::{View, close, open, print, print_keys};
use super::{Invalid, Node};

/// Writes what an expression finds. Its names have names of modules as prefixes.
pub fn select(data: &DataTree<'static>, expression: &str, view: &View, out: &mut String) -> Result<(), Invalid> {
    let Some(top) = data.reference() else { return Ok(()) };
    let mut found = Found::default();
    for node in data.find_xpath(expression)? {
        found.chosen.insert(node.as_raw() as usize);
        found.led.extend(node.ancestors().map(|ancestor| ancestor.as_raw() as usize));
    }
    if !found.chosen.is_empty() {
        top.inclusive_siblings().for_each(|node| found.print(&node, None, view, out));
    }
    Ok(())
}

/// Nodes by their addresses.
#[derive(Default)]
struct Found {
    chosen: HashSet<usize>,
    /// On the way to chosen ones.
    led: HashSet<usize>,
}

impl Found {
    fn print(&self, node: &Node<'_>, outer: Option<&SchemaModule<'_>>, view: &View, out: &mut String) {
        let address = node.as_raw() as usize;
        if self.chosen.contains(&address) {
            return print(node, outer, view, view.depth, out);
        }
        if !self.led.contains(&address) {
            return;
        }
        let schema = node.schema();
        let module = schema.module();
        let start = out.len();
        open(node, outer, view, out);
        print_keys(node, view, out);
        let before = out.len();
        let mut key_chosen = false;
        for child in node.children() {
            if child.schema().is_list_key() {
                key_chosen |= view.config != Some(false) && self.chosen.contains(&(child.as_raw() as usize));
            } else {
                self.print(&child, Some(&module), view, out);
            }
        }
        if out.len() == before && !key_chosen {
            out.truncate(start);
        } else {
            close(schema.name(), out);
        }
    }
}
