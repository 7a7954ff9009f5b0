//! Classes of clients: which scopes are for them.

use super::definitions::Definitions;
use crate::classes::{ClassId, Guard};
use eval::{ClassDefinition, Classifier, Part};
use schema::{At, Given, Pos, Problem, Scope};
use wire::options::Family;

/// Which classes of clients a scope is for.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct Guards {
    /// Classes whose members are served here; all clients if there is none.
    pub client_classes: Vec<At<String>>,
    /// A class whose members are served here, as it was written before `client-classes`.
    pub client_class: Given<String>,
    /// Classes that are evaluated once this scope was chosen.
    pub evaluate_additional_classes: Vec<At<String>>,
    /// As `evaluate-additional-classes`, in its older spelling.
    pub require_client_classes: Vec<At<String>>,
}

/// What makes a client a member of a class.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct Membership {
    /// Name of the class.
    #[param(required)]
    pub name: Given<String>,
    /// Expression that is true of the members; without it, members are made by other means.
    pub test: Given<String>,
    /// Expression whose value makes each client with the same value a member of a class of its own.
    pub template_test: Given<String>,
    /// Evaluate the class only where it is listed as an additional one.
    pub only_in_additional_list: Given<bool>,
    /// As `only-in-additional-list`, in its older spelling.
    pub only_if_required: Given<bool>,
}

impl Guards {
    /// Refuses classes without a name, and an older spelling beside the one of today.
    pub(crate) fn check(&self, problems: &mut Vec<Problem>) {
        let lists = [&self.client_classes, &self.evaluate_additional_classes, &self.require_client_classes];
        for nameless in lists.into_iter().flatten().filter(|class| class.is_empty()) {
            problems.push(Problem::new(nameless.pos, "must be the name of a class, not \"\""));
        }
        let first = |list: &[At<String>]| list.first().map(|class| class.pos);
        if let (Some(older), Some(_)) = (&self.client_class, first(&self.client_classes)) {
            problems.push(Problem::new(older.pos, "cannot stand beside client-classes"));
        }
        if let (Some(older), Some(_)) = (first(&self.require_client_classes), first(&self.evaluate_additional_classes))
        {
            problems.push(Problem::new(older, "cannot stand beside evaluate-additional-classes"));
        }
    }

    /// Turns older spellings into those of today.
    pub(crate) fn modernise(&mut self) {
        self.client_classes.extend(self.client_class.take().filter(|class| !class.is_empty()));
        self.evaluate_additional_classes.append(&mut self.require_client_classes);
    }
}

/// Numbers of the classes that a list names.
pub(crate) fn ids(names: &[At<String>], classes: &mut Classifier) -> Box<[ClassId]> {
    names.iter().map(|name| classes.refer(name)).collect()
}

impl Guards {
    /// Whose scope it is; empty if it is everybody's.
    pub(crate) fn clients(&self, classes: &mut Classifier) -> Box<[ClassId]> {
        let names = self.client_class.iter().filter(|name| !name.is_empty()).chain(&self.client_classes);
        names.map(|name| classes.refer(name)).collect()
    }

    /// As a guard that stands alone.
    pub(crate) fn guard(&self, classes: &mut Classifier) -> Guard {
        Guard::new([self.clients(classes)])
    }

    /// Classes that are evaluated once the scope was chosen.
    pub(crate) fn additional(&self, classes: &mut Classifier) -> Box<[ClassId]> {
        let names = self.evaluate_additional_classes.iter().chain(&self.require_client_classes);
        names.map(|name| classes.refer(name)).collect()
    }
}

impl Membership {
    /// The number of the class.
    pub(crate) fn id(&self, classes: &mut Classifier) -> ClassId {
        classes.refer(self.name.as_ref().map_or("", |name| &name.value))
    }

    fn definition(&self) -> ClassDefinition<'_> {
        let additional = [&self.only_in_additional_list, &self.only_if_required];
        ClassDefinition {
            name: self.name.as_ref().map_or("", |name| &name.value),
            test: self.test.as_ref().map(|test| test.value.as_str()),
            template_test: self.template_test.as_ref().map(|test| test.value.as_str()),
            only_in_additional_list: additional.into_iter().flatten().any(|given| given.value),
        }
    }

    /// Where a part of the definition stands, and how far into it a mistake is.
    fn place(&self, part: Part) -> (Option<Pos>, usize) {
        let pos = |given: &Given<String>| given.as_ref().map(|given| given.pos);
        match part {
            Part::Name => (pos(&self.name), 0),
            Part::Test(at) => (pos(&self.test), at),
            Part::TemplateTest(at) => (pos(&self.template_test), at),
            Part::OnlyInAdditionalList => {
                (self.only_in_additional_list.as_ref().or(self.only_if_required.as_ref()).map(|given| given.pos), 0)
            }
        }
    }

    /// Turns the older spelling into that of today.
    pub(crate) fn modernise(&mut self) {
        if let Some(older) = self.only_if_required.take() {
            self.only_in_additional_list.get_or_insert(older);
        }
    }
}

/// Compiles the classes, each with the position of its map: tests parse, and refer to classes that are defined before.
pub(crate) fn check_classes(
    family: Family,
    classes: &[(Pos, &Membership)],
    definitions: &Definitions,
    problems: &mut Vec<Problem>,
) -> Classifier {
    for (_, class) in classes {
        if let (Some(_), Some(older)) = (&class.only_in_additional_list, &class.only_if_required) {
            problems.push(Problem::new(older.pos, "cannot stand beside only-in-additional-list"));
        }
    }
    let written: Vec<_> = classes.iter().map(|(_, class)| class.definition()).collect();
    let errors = match Classifier::new(family, &written, definitions) {
        Ok(classifier) => return classifier,
        Err(errors) => errors,
    };
    for (error, (pos, class)) in errors.iter().filter_map(|error| Some((error, classes.get(error.definition)?))) {
        let (place, at) = class.place(error.part);
        let reason = match at {
            0 => error.reason.clone(),
            at => format!("at character {}: {}", at + 1, error.reason),
        };
        // A name that is missing is told already.
        if class.name.is_some() {
            problems.push(Problem::new(place.unwrap_or(*pos), reason));
        }
    }
    // A stand-in: the configuration is refused.
    Classifier::empty(family)
}
