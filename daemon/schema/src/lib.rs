//! The JSON dialect with positions, and parameters declared once.
//!
//! A configuration is read in two steps. [`json`] turns text (comments, includes) into a [`json::Document`]: values that
//! know where they stand. [`Scope`], derived for a struct of parameters, turns a JSON map into that struct, reports
//! every mistake with file, line, column and parameter path, and carries the [`table::Table`] from which defaults,
//! inheritance, `config-get`, the YANG mapping and the manual are made.
//!
//! This crate knows no file (the caller hands in a function that reads includes), socket, clock or runtime.

extern crate self as schema;

pub mod common;
mod empty;
mod error;
mod field;
pub mod json;
mod json_schema;
pub mod manual;
mod reader;
mod scope;
pub mod table;

pub use daemon_schema_derive::{Scope, Word};
pub use empty::check_filled;
pub use error::{ConfigError, Problem};
pub use field::{Field, Json, Slot, empty_map, literal};
pub use json_schema::json_schema;
pub use reader::{Reader, nearest_of};
pub use scope::{Annotations, Scope, fold_comments, read};

#[doc(hidden)]
pub use serde_json;

/// Where a value stands: file (index into [`json::Document::files`]), line and column, both from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pos {
    /// Index of the file in [`json::Document::files`].
    pub file: u16,
    /// Line, from 1; 0 when the value was not written but comes from a default.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// A value and where it was written. Two are equal when their values are, wherever they stand.
#[derive(Clone, Debug, Default)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub pos: Pos,
}

impl<T: PartialEq> PartialEq for At<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for At<T> {}

impl<T> At<T> {
    /// A value that nobody wrote.
    pub fn unwritten(value: T) -> Self {
        Self { value, pos: Pos::default() }
    }
}

impl<T> std::ops::Deref for At<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// A parameter as written: absent, or a value with its position.
pub type Given<T> = Option<At<T>>;
