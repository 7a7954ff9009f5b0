//! Classes of clients: which scopes are for them.

use schema::{At, Given, Problem, Scope};

/// Which classes of clients a scope is for.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct Guards {
    /// Classes whose members are served here; all clients if there is none.
    #[param(later)]
    pub client_classes: Vec<At<String>>,
    /// A class whose members are served here, as it was written before `client-classes`.
    #[param(later)]
    pub client_class: Given<String>,
    /// Classes that are evaluated once this scope was chosen.
    #[param(later)]
    pub evaluate_additional_classes: Vec<At<String>>,
    /// As `evaluate-additional-classes`, in its older spelling.
    #[param(later)]
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

/// Classes that the server makes, and that have no test of their own.
const BUILT_IN: [&str; 4] = ["ALL", "KNOWN", "UNKNOWN", "BOOTP"];

impl Guards {
    /// Refuses an older spelling beside the one of today.
    pub(crate) fn check(&self, problems: &mut Vec<Problem>) {
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

impl Membership {
    /// Rules for what stands in one class.
    pub(crate) fn check(&self, problems: &mut Vec<Problem>) {
        let name = self.name.as_ref().map_or("", |name| name.value.as_str());
        if let Some(empty) = self.name.as_ref().filter(|name| name.is_empty()) {
            problems.push(Problem::new(empty.pos, "must not be empty"));
        }
        for test in [&self.test, &self.template_test].into_iter().flatten() {
            if test.trim().is_empty() {
                problems.push(Problem::new(test.pos, "must not be empty"));
            } else if BUILT_IN.contains(&name) {
                problems.push(Problem::new(test.pos, format!("the class {name} is built in: it has no test")));
            }
        }
        if let (Some(_), Some(template)) = (&self.test, &self.template_test) {
            problems.push(Problem::new(template.pos, "`test` and `template-test` exclude each other"));
        }
        if let (Some(_), Some(older)) = (&self.only_in_additional_list, &self.only_if_required) {
            problems.push(Problem::new(older.pos, "cannot stand beside only-in-additional-list"));
        }
        let additional = [&self.only_in_additional_list, &self.only_if_required].into_iter().flatten();
        for additional in additional.filter(|additional| additional.value) {
            if BUILT_IN.contains(&name) || ["DROP", "REJECT"].contains(&name) {
                problems.push(Problem::new(additional.pos, format!("must be false for the class {name}")));
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
