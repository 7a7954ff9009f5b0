//! The datastores: running, candidate and startup (RFC 6241 §5.1, §8.3, §8.7), and their locks.
//!
//! A datastore is a list of shared trees, one a model. Copying a datastore copies pointers, and a model has changed
//! when its pointer has.

mod locks;
mod partial;
mod startup;

use std::collections::BTreeSet;
use std::rc::Rc;

pub use locks::{Lock, Locks, denied};
pub use partial::{PartialLock, PartialLocks};
pub use startup::ContentFile;
pub(crate) use startup::write_durably;

use crate::rpc::Datastore;
use crate::yang::{Invalid, Schema, Selection, Tree, View};

/// What a datastore holds: a tree for each model of the schema, in its order.
#[derive(Clone, Debug)]
pub struct Content {
    trees: Vec<Rc<Tree>>,
}

impl Content {
    /// No configuration at all.
    pub fn empty(schema: &Schema) -> Self {
        Self { trees: schema.models().iter().map(|_| Rc::new(schema.empty())).collect() }
    }

    /// The tree of each model.
    pub fn trees(&self) -> impl Iterator<Item = &Rc<Tree>> {
        self.trees.iter()
    }

    /// The tree of a model.
    pub fn tree(&self, model: usize) -> Option<&Rc<Tree>> {
        self.trees.get(model)
    }

    /// Puts in another tree for a model.
    pub fn set(&mut self, model: usize, tree: Rc<Tree>) {
        if let Some(place) = self.trees.get_mut(model) {
            *place = tree;
        }
    }

    /// Indexes of the models in which this differs from `other`.
    pub fn changed_from<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = usize> + 'a {
        let pairs = self.trees.iter().zip(&other.trees).enumerate();
        pairs.filter(|(_, (mine, theirs))| !Rc::ptr_eq(mine, theirs)).map(|(model, _)| model)
    }

    /// Writes what is selected of the configuration.
    pub fn write(&self, selection: &Selection, view: &View, out: &mut String) -> Result<(), Invalid> {
        self.trees.iter().try_for_each(|tree| tree.write(selection, view, out))
    }

    /// What the schema does not allow, of all models.
    pub fn invalid(&self) -> Vec<Invalid> {
        self.trees.iter().filter_map(|tree| tree.validity().err()).collect()
    }
}

/// All datastores.
#[derive(Debug)]
pub struct Datastores {
    /// What the daemons run with, as far as they have been heard.
    running: Content,
    /// What is being prepared; without changes it is running, and follows it.
    candidate: Option<Content>,
    /// What is loaded when the agent starts.
    pub startup: Content,
    /// Models that were changed elsewhere since the candidate was changed.
    conflicts: BTreeSet<usize>,
    /// Who holds which.
    pub locks: Locks,
}

impl Datastores {
    /// Empty running and candidate, and this startup.
    pub fn new(schema: &Schema, startup: Content) -> Self {
        Self {
            running: Content::empty(schema),
            candidate: None,
            startup,
            conflicts: BTreeSet::new(),
            locks: Locks::default(),
        }
    }

    /// What a datastore holds.
    pub fn content(&self, datastore: Datastore) -> &Content {
        match datastore {
            Datastore::Running => &self.running,
            Datastore::Candidate => self.candidate.as_ref().unwrap_or(&self.running),
            Datastore::Startup => &self.startup,
        }
    }

    /// Takes over what a server was heard to run with. A candidate without changes of its own follows; one with changes was
    /// built on what is no more.
    pub fn follow(&mut self, model: usize, tree: Rc<Tree>) {
        let before = self.running.tree(model);
        if let Some(candidate) = &mut self.candidate {
            match (candidate.tree(model), before) {
                (Some(own), Some(before)) if !Rc::ptr_eq(own, before) => {
                    self.conflicts.insert(model);
                }
                _ => candidate.set(model, Rc::clone(&tree)),
            }
        }
        self.running.set(model, tree);
    }

    /// A model whose candidate was built on what is no more.
    pub fn conflict(&self) -> Option<usize> {
        self.conflicts.first().copied()
    }

    /// Changes running. A candidate that is the same is no longer one of its own.
    pub fn set_running(&mut self, content: Content) {
        let before = std::mem::replace(&mut self.running, content);
        if !self.candidate_is_modified() {
            self.candidate = None;
            self.conflicts.clear();
        }
        for (tree, before) in self.running.trees.iter().zip(before.trees) {
            tree.settle();
            if let Ok(before) = Rc::try_unwrap(before) {
                tree.keep_before(before);
            }
        }
    }

    /// Whether the candidate has changes that were not committed.
    pub fn candidate_is_modified(&self) -> bool {
        self.candidate.as_ref().is_some_and(|candidate| candidate.changed_from(&self.running).next().is_some())
    }

    /// Changes the candidate.
    pub fn set_candidate(&mut self, content: Content) {
        self.candidate = Some(content);
    }

    /// Makes the candidate running again.
    pub fn discard_changes(&mut self) {
        self.conflicts.clear();
        self.candidate = None;
    }

    /// Ends a session's hold on its locks. Uncommitted changes go with the lock of the candidate (RFC 6241 §8.3.5.2).
    pub fn release(&mut self, session: u32) {
        if self.locks.holder(Datastore::Candidate) == Some(session) {
            self.discard_changes();
        }
        self.locks.release_all(session);
    }
}
