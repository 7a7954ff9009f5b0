//! `libdhcp_flex_option.so`: options that expressions make, change and take away.

use super::{Library, Load, Loading};
use crate::classes::ClassId;
use crate::parameters::definitions::outermost;
use eval::{BoolExpression, StringExpression};
use schema::{Annotations, At, Given, Pos, Problem, Scope, Word};
use std::sync::Arc;
use wire::options::{Definition, Family};

/// Parameters of `libdhcp_flex_option.so`, which makes, changes and takes away options.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct FlexOption {
    /// What is done, in this order.
    #[param(required)]
    pub options: Given<Vec<At<OptionAction>>>,
}

/// What is done to one option.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct OptionAction {
    /// The option and what becomes of it.
    #[param(flatten)]
    pub act: Act,
    /// What is done to the options inside of it.
    pub sub_options: Given<Vec<At<SubOptionAction>>>,
    /// The packet that expressions look at.
    #[param(default = "query")]
    pub source: Given<Side>,
    /// The packet whose option it is.
    #[param(default = "response")]
    pub destination: Given<Side>,
    /// Remarks of the operator.
    #[param(flatten)]
    pub annotations: Annotations,
}

/// What is done to one option inside of another.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct SubOptionAction {
    /// The option and what becomes of it.
    #[param(flatten)]
    pub act: Act,
    /// Whether the outer option is made where it is missing.
    #[param(default = true)]
    pub container_add: Given<bool>,
    /// Whether the outer option goes once nothing is left in it.
    #[param(default = true)]
    pub container_remove: Given<bool>,
    /// Remarks of the operator.
    #[param(flatten)]
    pub annotations: Annotations,
}

/// An option and what becomes of it.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct Act {
    /// Code of the option; the name says the same.
    pub code: Given<u16>,
    /// Name of the option; the code says the same.
    pub name: Given<String>,
    /// Space of the option.
    pub space: Given<String>,
    /// Its value where it is missing.
    pub add: Given<String>,
    /// Its value, whether it is missing or not.
    pub supersede: Given<String>,
    /// Whether it is taken away.
    pub remove: Given<String>,
    /// Whether the value of the expression is text as in `option-data`, or the bytes of the option.
    #[param(default = false)]
    pub csv_format: Given<bool>,
    /// The class of clients that it is done for; all if empty.
    #[param(default = "")]
    pub client_class: Given<String>,
}

/// One of the two packets of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Word)]
pub enum Side {
    /// What came in.
    Query,
    /// What goes out.
    Response,
}

/// What the library does, in this order.
pub type FlexOptionRules = Arc<[FlexOptionRule]>;

/// Whom something is done for: a class and its name.
pub type OfClass = Option<(ClassId, Box<str>)>;

/// What is done to one option.
#[derive(Clone, Debug)]
pub struct FlexOptionRule {
    /// Code of the option.
    pub code: u16,
    /// Whom it is done for.
    pub class: OfClass,
    /// The packet that expressions look at.
    pub source: Side,
    /// The packet whose option it is.
    pub destination: Side,
    /// What is done.
    pub change: OptionChange,
}

/// What is done to an option: to itself, or to those inside of it.
#[derive(Clone, Debug)]
pub enum OptionChange {
    /// To itself.
    Whole(ValueChange),
    /// To those inside of it.
    Inside {
        /// The enterprise whose options these are (RFC 3925, RFC 8415 §21.17).
        vendor: Option<u32>,
        /// In this order.
        rules: Vec<SubOptionRule>,
    },
}

/// What is done to one option inside of another.
#[derive(Clone, Debug)]
pub struct SubOptionRule {
    /// Code of the option.
    pub code: u16,
    /// Whom it is done for.
    pub class: OfClass,
    /// The outer option is made where it is missing.
    pub container_add: bool,
    /// The outer option goes once nothing is left in it.
    pub container_remove: bool,
    /// What is done.
    pub change: ValueChange,
}

/// What is done to a value; a definition says how text becomes bytes.
#[derive(Clone, Debug)]
pub enum ValueChange {
    /// It is made where it is missing.
    Add(StringExpression, Option<Arc<Definition>>),
    /// It is made, whether it is missing or not.
    Supersede(StringExpression, Option<Arc<Definition>>),
    /// It is taken away if this is true.
    Remove(BoolExpression),
}

impl Load for FlexOption {
    const FILE: &'static str = "libdhcp_flex_option.so";

    fn resolve(&self, loading: &mut Loading<'_>) -> Library {
        let given = self.options.iter().flat_map(|list| &list.value);
        Library::FlexOption(given.filter_map(|action| action.resolve(action.pos, loading)).collect())
    }
}

impl OptionAction {
    fn resolve(&self, pos: Pos, loading: &mut Loading<'_>) -> Option<FlexOptionRule> {
        let (source, destination) = (self.source(), self.destination());
        if let (Side::Response, Side::Query) = (source, destination) {
            loading.problems.push(Problem::new(pos, "there is no response yet when options of the query are changed"));
        }
        let space = self.act.space.as_ref().map_or(outermost(loading.family), |space| &space.value);
        let (code, definition) = self.act.option(space, pos, loading)?;
        if code == 0 || code > 254 && loading.family == Family::V4 {
            loading.problems.push(Problem::new(pos, format!("{code} is no option")));
        }
        let change = match &self.sub_options {
            None => OptionChange::Whole(self.act.change(definition, pos, loading)?),
            Some(list) => {
                if let Some(other) = self.act.given().next() {
                    loading.problems.push(Problem::new(other.pos, "`sub-options` stands in the place of an action"));
                }
                let inner = definition.as_ref().map_or("", |definition| &definition.encapsulates);
                let made: Vec<_> = list.iter().filter_map(|sub| sub.resolve(sub.pos, inner, loading)).collect();
                let vendor = made.first().and_then(|(vendor, _)| *vendor);
                if made.iter().any(|(other, _)| *other != vendor) {
                    loading.problems.push(Problem::new(pos, "options of several vendors need an entry each"));
                }
                OptionChange::Inside { vendor, rules: made.into_iter().map(|(_, rule)| rule).collect() }
            }
        };
        let class = self.act.class(loading);
        Some(FlexOptionRule { code, class, source, destination, change })
    }
}

impl SubOptionAction {
    /// With the vendor whose option it is, if it is a vendor's.
    fn resolve(&self, pos: Pos, inner: &str, loading: &mut Loading<'_>) -> Option<(Option<u32>, SubOptionRule)> {
        let space = self.act.space.as_ref().map_or(inner, |space| &space.value);
        if space.is_empty() {
            loading.problems.push(Problem::new(pos, "the option around it holds no space: `space` must say which"));
            return None;
        }
        let (code, definition) = self.act.option(space, pos, loading)?;
        if code > 255 && loading.family == Family::V4 {
            loading.problems.push(Problem::new(pos, format!("{code} is no option")));
        }
        let rule = SubOptionRule {
            code,
            class: self.act.class(loading),
            container_add: self.container_add(),
            container_remove: self.container_remove(),
            change: self.act.change(definition, pos, loading)?,
        };
        Some((space.strip_prefix("vendor-").and_then(|number| number.parse().ok()), rule))
    }
}

impl Act {
    /// Code and definition of the option.
    fn option(&self, space: &str, pos: Pos, loading: &mut Loading<'_>) -> Option<(u16, Option<Arc<Definition>>)> {
        let definitions = loading.definitions;
        let named = self.name.as_ref().map(|name| (name, definitions.by_name(space, name)));
        let problem = match (&self.code, named) {
            (None, None) => Problem::new(pos, "an option needs a code or a name"),
            (None, Some((_, Some(definition)))) => return Some((definition.code, Some(definition.clone().into()))),
            (None, Some((name, None))) => {
                Problem::new(name.pos, format!("the space {space} has no option `{}`", name.value))
            }
            (Some(code), Some((name, definition))) if definition.is_none_or(|d| d.code != code.value) => {
                Problem::new(name.pos, format!("is not the name of option {} of the space {space}", code.value))
            }
            (Some(code), _) => {
                return Some((code.value, definitions.by_code(space, code.value).map(|d| d.clone().into())));
            }
        };
        loading.problems.push(problem);
        None
    }

    fn given(&self) -> impl Iterator<Item = &At<String>> {
        [&self.add, &self.supersede, &self.remove].into_iter().flatten()
    }

    /// The one action.
    fn change(&self, definition: Option<Arc<Definition>>, pos: Pos, loading: &mut Loading<'_>) -> Option<ValueChange> {
        match (self.given().next(), self.given().nth(1)) {
            (None, _) => loading.problems.push(Problem::new(pos, "needs one of `add`, `supersede`, `remove`")),
            (Some(one), None) if one.is_empty() => {
                loading.problems.push(Problem::new(one.pos, "must be an expression"));
            }
            (Some(_), None) => {}
            (_, Some(other)) => {
                loading.problems.push(Problem::new(other.pos, "a second action needs an entry of its own"));
            }
        }
        let csv = self.csv_format.as_ref().filter(|csv| csv.value);
        if let (Some(csv), None) = (csv, &definition) {
            loading.problems.push(Problem::new(csv.pos, "the type of this option is not known"));
        }
        let definition = definition.filter(|_| csv.is_some());
        if let Some(expression) = loading.text(&self.add) {
            return Some(ValueChange::Add(expression, definition));
        }
        if let Some(expression) = loading.text(&self.supersede) {
            return Some(ValueChange::Supersede(expression, definition));
        }
        loading.truth(&self.remove).map(ValueChange::Remove)
    }

    fn class(&self, loading: &mut Loading<'_>) -> OfClass {
        let name = self.client_class.as_ref().filter(|name| !name.is_empty())?;
        Some((loading.classes.refer(name), name.as_str().into()))
    }
}
