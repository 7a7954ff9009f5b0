//! What the translators take for granted about a model: the nodes they read and write, for holding against the schema.

use schema::table::Kind;

use crate::Model;
use crate::shape::{Scope, Shape};

/// A node of the model that the daemon has a parameter for.
#[derive(Debug)]
pub struct Claim {
    /// Path in the schema: `/kea-dhcp4-server:config/subnet4/pool`.
    pub path: String,
    /// What the translators take it for.
    pub node: ClaimedNode,
}

/// Kinds of nodes, as the translators treat them.
#[derive(Debug)]
pub enum ClaimedNode {
    /// A leaf with values of this kind.
    Leaf(&'static Kind),
    /// A leaf-list with values of this kind.
    LeafList(&'static Kind),
    /// A leaf that holds JSON as text.
    Text,
    /// A leaf or leaf-list that a function of its own makes.
    Made,
    /// A container.
    Container {
        /// Its being there has a meaning of its own.
        presence: bool,
    },
    /// A list.
    List {
        /// Its keys, in order.
        keys: &'static [&'static str],
        /// Entries are in the client's order.
        by_user: bool,
    },
}

impl Model {
    /// All nodes under `config` that the translators read and write.
    pub fn claims(&self) -> Vec<Claim> {
        let mut claims = Vec::new();
        scope(self.scope, &format!("/{}:config", self.module), &mut claims);
        claims
    }
}

fn scope(scope: &Scope, within: &str, claims: &mut Vec<Claim>) {
    for special in &scope.specials {
        let nodes =
            special.nodes.iter().map(|node| Claim { path: format!("{within}/{node}"), node: ClaimedNode::Made });
        claims.extend(nodes);
    }
    for field in &scope.fields {
        let path = format!("{within}/{}", field.node);
        let (node, below, list) = match &field.shape {
            Shape::Leaf(kind) => (ClaimedNode::Leaf(kind), None, None),
            Shape::LeafList(kind) => (ClaimedNode::LeafList(kind), None, None),
            Shape::Opaque => (ClaimedNode::Text, None, None),
            Shape::Container { scope, presence } => (ClaimedNode::Container { presence: *presence }, Some(scope), None),
            Shape::List { scope, list, inner: None } => {
                (ClaimedNode::List { keys: list.keys, by_user: list.by_user }, Some(scope), None)
            }
            Shape::List { scope, list, inner: Some(inner) } => {
                (ClaimedNode::Container { presence: false }, Some(scope), Some((*inner, *list)))
            }
        };
        claims.push(Claim { path: path.clone(), node });
        let outer = if list.is_some() { &path } else { within };
        let order = field.order.map(|order| Claim { path: format!("{outer}/{}", order.node), node: ClaimedNode::Made });
        claims.extend(order);
        let inner = list.map(|(inner, list)| {
            let node = ClaimedNode::List { keys: list.keys, by_user: list.by_user };
            Claim { path: format!("{path}/{inner}"), node }
        });
        let deepest = inner.as_ref().map_or(path, |claim| claim.path.clone());
        claims.extend(inner);
        if let Some(below) = below {
            self::scope(below, &deepest, claims);
        }
    }
}
