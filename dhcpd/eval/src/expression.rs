//! Expressions as the rest of the program knows them.

use crate::ast::{Bool, Text};
use crate::evaluate::{EvalError, Evaluation};
use crate::shared::Memo;
use crate::{ClassId, ClassSet, Subject, Value, Watch, parser};
use std::fmt::{self, Display, Formatter};
use wire::options::{self, Definition, Family};

/// Why a text is no expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// Where, in bytes from the beginning of the expression.
    pub offset: usize,
    /// Why.
    pub reason: String,
}

impl Display for ParseError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "at character {}: {}", self.offset + 1, self.reason)
    }
}

impl std::error::Error for ParseError {}

/// Names of options, by their space.
pub trait Definitions {
    /// The option with this code.
    fn by_code(&self, space: &str, code: u16) -> Option<&Definition>;
    /// The option with this name.
    fn by_name(&self, space: &str, name: &str) -> Option<&Definition>;
}

/// The standard options alone.
#[derive(Clone, Copy, Debug)]
pub struct Standard(pub Family);

impl Definitions for Standard {
    fn by_code(&self, space: &str, code: u16) -> Option<&Definition> {
        options::by_code(self.0, space, code)
    }

    fn by_name(&self, space: &str, name: &str) -> Option<&Definition> {
        options::by_name(self.0, space, name)
    }
}

/// Classes that an expression may ask for.
pub trait Classes {
    /// The class with this name, or `None` where it may not be referred to.
    fn refer(&mut self, name: &str) -> Option<ClassId>;
}

/// What an expression is read with.
pub struct Scope<'a> {
    /// The protocol.
    pub family: Family,
    /// Options.
    pub definitions: &'a dyn Definitions,
    /// Classes.
    pub classes: &'a mut dyn Classes,
}

/// An expression that is true or false: the `test` of a class. It displays as text that parses to the same.
#[derive(Clone, Debug, PartialEq)]
pub struct BoolExpression {
    tree: Bool,
    family: Family,
    classes: Vec<ClassId>,
}

/// An expression whose value is a string of bytes: a `template-test`, an identifier, a name.
#[derive(Clone, Debug, PartialEq)]
pub struct StringExpression {
    tree: Text,
    family: Family,
    classes: Vec<ClassId>,
}

impl BoolExpression {
    /// Parses an expression and checks its types.
    pub fn parse(text: &str, scope: &mut Scope<'_>) -> Result<Self, ParseError> {
        let (tree, classes) = parser::boolean(text, scope)?;
        Ok(Self { tree, family: scope.family, classes })
    }

    /// Whether it is true of a packet that belongs to these classes.
    pub fn matches(&self, subject: &dyn Subject, classes: &ClassSet, watch: &dyn Watch) -> Result<bool, EvalError> {
        Evaluation::new(subject, classes, watch, self.family).truth(&self.tree)
    }

    /// The same, with shared values from a memo.
    pub(crate) fn matches_with<'s>(
        &'s self,
        memo: &'s Memo<'s>,
        subject: &'s dyn Subject,
        classes: &'s ClassSet,
        watch: &'s dyn Watch,
    ) -> Result<bool, EvalError> {
        Evaluation::new(subject, classes, watch, self.family).with(memo).truth(&self.tree)
    }

    /// Its tree.
    pub(crate) fn tree(&mut self) -> &mut Bool {
        &mut self.tree
    }

    /// Classes that it asks for.
    pub fn classes(&self) -> &[ClassId] {
        &self.classes
    }
}

impl StringExpression {
    /// Parses an expression and checks its types.
    pub fn parse(text: &str, scope: &mut Scope<'_>) -> Result<Self, ParseError> {
        let (tree, classes) = parser::string(text, scope)?;
        Ok(Self { tree, family: scope.family, classes })
    }

    /// Its value for a packet that belongs to these classes; at most 64 KiB.
    pub fn value<'s>(
        &'s self,
        subject: &'s dyn Subject,
        classes: &'s ClassSet,
        watch: &'s dyn Watch,
    ) -> Result<Value<'s>, EvalError> {
        Evaluation::new(subject, classes, watch, self.family).value(&self.tree)
    }

    /// Classes that it asks for.
    pub fn classes(&self) -> &[ClassId] {
        &self.classes
    }
}

impl Display for BoolExpression {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.tree.fmt(f)
    }
}

impl Display for StringExpression {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.tree.fmt(f)
    }
}
