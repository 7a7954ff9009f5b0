//! Classes of clients as a server runs with them: who is a member, what members get, which scopes are for them.

use crate::lifetime::Lifetime;
use crate::options::OptionSet;
pub use eval::{ClassId, ClassSet, Classifier, is_built_in};
use hashbrown::HashMap;
use std::net::Ipv4Addr;
use wire::options::Family;

/// The classes of a configuration, and what their members get.
#[derive(Clone, Debug)]
pub struct Classes<C> {
    /// Who is a member of what.
    pub classifier: Classifier,
    settings: HashMap<ClassId, C>,
}

impl<C> Classes<C> {
    /// Classes with what their members get.
    pub fn new(classifier: Classifier, settings: impl IntoIterator<Item = (ClassId, C)>) -> Self {
        Self { classifier, settings: settings.into_iter().collect() }
    }

    /// No class but the built-in ones.
    fn none(family: Family) -> Self {
        Self::new(Classifier::empty(family), [])
    }

    /// What members get, class by class in the order in which they were added.
    pub fn of<'a, 's>(&'a self, members: &'s ClassSet) -> impl Iterator<Item = &'a C> + use<'a, 's, C> {
        let ids = (!self.settings.is_empty()).then(|| members.iter());
        ids.into_iter().flatten().filter_map(|id| self.settings.get(&id))
    }

    /// What members of each class get, in no order.
    pub fn settings(&self) -> impl Iterator<Item = &C> {
        self.settings.values()
    }
}

impl Default for Classes<Class4> {
    fn default() -> Self {
        Self::none(Family::V4)
    }
}

impl Default for Classes<Class6> {
    fn default() -> Self {
        Self::none(Family::V6)
    }
}

/// What members of a DHCPv4 class get.
#[derive(Clone, Debug, Default)]
pub struct Class4 {
    /// Valid lifetime, if given.
    pub valid: Option<Lifetime>,
    /// `offer-lifetime` in seconds, if given.
    pub offer_lifetime: Option<u32>,
    /// `next-server`, if given.
    pub next_server: Option<Ipv4Addr>,
    /// `server-hostname`; empty if none.
    pub server_hostname: Box<str>,
    /// `boot-file-name`; empty if none.
    pub file: Box<str>,
    /// Options of the class alone; they come before the global ones.
    pub options: OptionSet,
}

/// What members of a DHCPv6 class get.
#[derive(Clone, Debug, Default)]
pub struct Class6 {
    /// Preferred lifetime, if given.
    pub preferred: Option<Lifetime>,
    /// Valid lifetime, if given.
    pub valid: Option<Lifetime>,
    /// Options of the class alone; they come before the global ones.
    pub options: OptionSet,
}

/// Whom a scope is for: members of one class of each list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Guard(Vec<Box<[ClassId]>>);

impl Guard {
    /// A guard of these lists; an empty one admits all.
    pub fn new(lists: impl IntoIterator<Item = Box<[ClassId]>>) -> Self {
        Self(lists.into_iter().filter(|list| !list.is_empty()).collect())
    }

    /// Whether a client with these classes is served.
    pub fn admits(&self, classes: &ClassSet) -> bool {
        self.0.iter().all(|list| classes.passes(list))
    }
}
