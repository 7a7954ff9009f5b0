//! Reservations that do not stand in the configuration: those of databases, and those that commands bring.

use super::{Hosts, Identifier, Reservation};
use crate::parameters::{Definitions, Encoder, OptionData};
use crate::printer::add_empty_lists;
use eval::Classifier;
use schema::json::Node;
use schema::{At, Problem, Reader, Scope, fold_comments};
use serde_json::Value;
use std::sync::Arc;
use wire::options::Family;

/// A reservation as a configuration would say it.
pub trait Written: Scope + Clone + Send + 'static {
    /// What a server runs with.
    type Host: Reservation;
    /// DHCPv4 or DHCPv6.
    const FAMILY: Family;
    /// Its options.
    fn options(&mut self) -> &mut [At<OptionData>];
    /// What it resolves to by itself with these options and classes, and what is wrong with it.
    fn resolve(self, definitions: &Definitions, classes: &mut Classifier) -> (Hosts<Self::Host>, Vec<Problem>);
}

/// What reservations mean to a server with a configuration.
#[derive(Clone, Debug)]
pub struct Meaning {
    definitions: Arc<Definitions>,
    classes: Classifier,
}

impl Meaning {
    /// With these options, or the standard ones, and these classes. Classes that are not among them decide nothing.
    pub fn new(definitions: &Option<Arc<Definitions>>, classes: &Classifier, family: Family) -> Self {
        let standard = || Arc::new(Definitions::standard(family));
        Self { definitions: definitions.clone().unwrap_or_else(standard), classes: classes.clone() }
    }

    /// Reads a reservation that a command brings. Nothing is left to the table of options any more.
    pub fn read<W: Written>(&self, node: &Node) -> Result<W, String> {
        let mut reader = Reader::default();
        let mut given = W::read(&mut reader, node);
        if let Some(problem) = reader.problems.first() {
            return Err(problem.reason.clone());
        }
        self.clone().resolve(given.clone())?;
        self.complete(&mut given);
        Ok(given)
    }

    /// What the server runs with.
    pub fn resolve<W: Written>(&mut self, given: W) -> Result<W::Host, String> {
        let (hosts, problems) = given.resolve(&self.definitions, &mut self.classes);
        match (hosts.into_only(), problems.into_iter().next()) {
            (Some(host), None) => Ok(host),
            (_, problem) => Err(problem.map(|problem| problem.reason).unwrap_or_default()),
        }
    }

    /// Whom it is for.
    pub fn identifier<W: Written>(&self, given: &W) -> Option<Identifier> {
        self.clone().resolve(given.clone()).ok().map(|host| host.identifier().clone())
    }

    /// As answers to commands show it.
    pub fn shown<W: Written>(&self, given: &W) -> Value {
        let mut given = given.clone();
        self.complete(&mut given);
        Scope::fill(&mut given);
        let mut value = Scope::write(&given);
        add_empty_lists("reservations", &mut value);
        fold_comments(&mut value, W::TABLE);
        value
    }

    fn complete<W: Written>(&self, given: &mut W) {
        Encoder::new(W::FAMILY, &self.definitions).complete(given.options());
    }
}
