//! Classification: Kea's expression language, and which classes a packet belongs to.
//!
//! A [`BoolExpression`] (`test`) or a [`StringExpression`] (`template-test`, identifiers, names) is parsed once, with its
//! types checked and its options resolved, and evaluated on every packet: nothing is copied that can be borrowed, and
//! neither the depth nor the size of a value is the packet's choice. [`Classifier`] takes a packet through the stages of
//! classification. This crate knows no socket, file, clock or log: what happens is told to a [`Watch`].

// What reads a peer's bytes cannot panic.
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod ast;
mod classes;
mod classifier;
mod evaluate;
mod expression;
mod lexer;
mod option_text;
mod parser;
mod path;
mod pattern;
mod posix;
mod shared;
mod subject;
mod value;
mod vendor;
mod watch;

pub use classes::{ClassId, ClassSet, Names, escape, is_built_in};
pub use classifier::{ClassDefinition, ClassError, Classifier, Part, Test};
pub use evaluate::EvalError;
pub use expression::{BoolExpression, Classes, Definitions, ParseError, Scope, Standard, StringExpression};
pub use posix::{Bytes, Extended, Found};
pub use subject::{Arrival, Field, Subject, Subject4, Subject6};
pub use value::Value;
pub use watch::{Outcome, Watch};
