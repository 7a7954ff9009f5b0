//! Subnets and shared networks in a configuration as it was written.

use crate::arguments::Refusal;
use crate::editor::NOWHERE;
use schema::json::{Node, Value as Tree};

/// Where a subnet stands: its list (that of a shared network, or the one of the server), and its place there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub network: Option<usize>,
    pub at: usize,
}

/// The module of a configuration, with the key of its subnets.
pub(crate) struct Written<'a> {
    pub module: &'a mut Node,
    pub key: &'static str,
}

impl Written<'_> {
    /// Where the subnet of a number stands.
    pub fn find(&self, id: i64) -> Option<Place> {
        let is_it = |subnet: &Node| subnet.integer("id") == Some(id);
        if let Some(at) = nodes(self.module, self.key).iter().position(is_it) {
            return Some(Place { network: None, at });
        }
        let networks = nodes(self.module, "shared-networks").iter().enumerate();
        networks.into_iter().find_map(|(network, node)| {
            let at = nodes(node, self.key).iter().position(is_it)?;
            Some(Place { network: Some(network), at })
        })
    }

    /// The list of subnets of a shared network, or of the server.
    pub fn subnets(&mut self, network: Option<usize>) -> Result<&mut Vec<Node>, Refusal> {
        let holder = match network {
            None => Some(&mut *self.module),
            Some(network) => {
                self.module.list_mut("shared-networks", NOWHERE).and_then(|networks| networks.get_mut(network))
            }
        };
        let subnets = holder.and_then(|holder| holder.list_mut(self.key, NOWHERE));
        subnets.ok_or_else(|| "there is no such list of subnets".into())
    }

    /// A subnet in its place.
    pub fn subnet(&mut self, place: Place) -> Result<&mut Node, Refusal> {
        let subnet = self.subnets(place.network)?.get_mut(place.at);
        subnet.ok_or_else(|| "there is no such subnet".into())
    }

    /// Takes a subnet out of its place.
    pub fn take(&mut self, place: Place) -> Result<Node, Refusal> {
        let subnets = self.subnets(place.network)?;
        match place.at < subnets.len() {
            true => Ok(subnets.remove(place.at)),
            false => Err("there is no such subnet".into()),
        }
    }

    /// Where the shared network of a name stands.
    pub fn network(&self, name: &str) -> Option<usize> {
        nodes(self.module, "shared-networks").iter().position(|node| node.text("name") == Some(name))
    }

    /// All shared networks.
    pub fn networks(&mut self) -> Result<&mut Vec<Node>, Refusal> {
        self.module.list_mut("shared-networks", NOWHERE).ok_or_else(|| "shared-networks is not a list".into())
    }
}

/// The entries of a list in a map.
fn nodes<'a>(node: &'a Node, key: &str) -> &'a [Node] {
    match node.member(key).map(|node| &node.value) {
        Some(Tree::List(nodes)) => nodes,
        _ => &[],
    }
}

/// Takes the reservations of a subnet, which other commands change.
pub(crate) fn reservations(subnet: &mut Node) -> Option<Node> {
    subnet.member_mut("reservations").cloned()
}
