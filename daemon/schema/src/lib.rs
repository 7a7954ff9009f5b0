//! The JSON dialect with positions, and parameters declared once.
//!
//! A configuration is read in two steps. [`json`] turns text (comments, includes) into a [`json::Document`]: values that
//! know where they stand. [`Scope`], derived for a struct of parameters, turns a JSON map into that struct, reports
//! every mistake with file, line, column and parameter path, and carries the [`table::Table`] from which defaults,
//! inheritance, `config-get`, the YANG mapping and the manual are made.
//!
//! This crate knows no file (the caller hands in a function that reads includes), socket, clock or runtime.

pub mod json;
pub mod table;

pub use daemon_schema_derive::Scope;

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

/// A value and where it was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub pos: Pos,
}

/// A parameter as written: absent, or a value with its position.
pub type Given<T> = Option<At<T>>;

/// What is wrong with a configuration, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// Name of the file, or what stands for it (`<string>`).
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// Path of the parameter, `Dhcp4/subnet4[2]/pools[0]/pool`; empty for a syntax error.
    pub path: String,
    /// What is wrong, and what would be right.
    pub reason: String,
}
