//! Reservations that do not stand in the configuration: those of databases, and those that commands bring.

use super::Resolver;
use crate::hosts::{Hosts, Identifier, Meaning};
use crate::parameters::{Definitions, Encoder};
use crate::printer::add_empty_lists;
use crate::rules::Unique;
use crate::v6::parameters::{Dhcp6, Reservation6};
use crate::v6::snapshot::{Config6, Host6};
use eval::Classifier;
use schema::json::Node;
use schema::{At, Reader, Scope, fold_comments};
use serde_json::Value;
use std::collections::BTreeSet;
use std::mem;
use std::sync::Arc;
use wire::options::Family;

/// What a reservation means to a server with a configuration.
#[derive(Clone, Debug)]
pub struct Reservations6 {
    definitions: Arc<Definitions>,
    classes: Classifier,
}

impl Reservations6 {
    /// With the options and classes of this configuration. Classes that it does not mention decide nothing.
    pub fn new(config: &Config6) -> Self {
        let standard = || Arc::new(Definitions::standard(Family::V6));
        let definitions = config.definitions.clone().unwrap_or_else(standard);
        Self { definitions, classes: config.classes.classifier.clone() }
    }

    fn complete(&self, given: &mut Reservation6) {
        Encoder::new(Family::V6, &self.definitions).complete(&mut given.option_data);
    }
}

impl Meaning for Reservations6 {
    type Given = Reservation6;
    type Host = Host6;

    fn read(&self, node: &Node) -> Result<Reservation6, String> {
        let mut reader = Reader::default();
        let mut given = Reservation6::read(&mut reader, node);
        if let Some(problem) = reader.problems.first() {
            return Err(problem.reason.clone());
        }
        self.clone().resolve(given.clone())?;
        self.complete(&mut given);
        Ok(given)
    }

    fn resolve(&mut self, given: Reservation6) -> Result<Host6, String> {
        let (input, classes) = (Dhcp6::default(), mem::replace(&mut self.classes, Classifier::empty(Family::V6)));
        let mut resolver = Resolver {
            input: &input,
            definitions: &self.definitions,
            encoder: Encoder::new(Family::V6, &self.definitions),
            classes,
            updates: false,
            ids: Unique::default(),
            prefixes: Unique::default(),
            problems: Vec::new(),
            unread: BTreeSet::new(),
        };
        let host: Hosts<Host6> = resolver.hosts(&[At::unwritten(given)], None);
        let problem = resolver.problems.first().map(|problem| problem.reason.clone());
        self.classes = resolver.classes;
        match (host.into_only(), problem) {
            (Some(host), None) => Ok(host),
            (_, problem) => Err(problem.unwrap_or_default()),
        }
    }

    fn identifier(&self, given: &Reservation6) -> Option<Identifier> {
        self.clone().resolve(given.clone()).ok().map(|host| host.identifier)
    }

    fn shown(&self, given: &Reservation6) -> Value {
        let mut given = given.clone();
        self.complete(&mut given);
        Scope::fill(&mut given);
        let mut value = Scope::write(&given);
        add_empty_lists("reservations", &mut value);
        fold_comments(&mut value, Reservation6::TABLE);
        value
    }
}
