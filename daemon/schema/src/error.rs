//! What is wrong with a configuration, and where.

use crate::Pos;
use std::fmt;

/// A mistake at a position, as readers and rules find it. [`crate::json::Document::errors`] adds file and path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where it stands.
    pub pos: Pos,
    /// What is wrong, and what would be right.
    pub reason: String,
}

impl Problem {
    /// A problem for this reason.
    pub fn new(pos: Pos, reason: impl Into<String>) -> Self {
        Self { pos, reason: reason.into() }
    }

    pub(crate) fn at(self, files: &[String], path: String) -> ConfigError {
        let Pos { file, line, column } = self.pos;
        let file = files.get(usize::from(file)).cloned().unwrap_or_default();
        ConfigError { file, line, column, path, reason: self.reason }
    }
}

/// What is wrong with a configuration, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// Name of the file, or what stands for it (`<string>`).
    pub file: String,
    /// Line, from 1; 0 when what is wrong was not written.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// Path of the parameter, `Dhcp4/subnet4[2]/pools[0]/pool`; empty for a syntax error.
    pub path: String,
    /// What is wrong, and what would be right.
    pub reason: String,
}

impl ConfigError {
    /// What is wrong with a configuration as a whole.
    pub fn general(reason: impl Into<String>) -> Self {
        let (file, path) = Default::default();
        Self { file, line: 0, column: 0, path, reason: reason.into() }
    }

    /// Whether it says where the mistake is.
    pub fn is_placed(&self) -> bool {
        self.line > 0 || !self.path.is_empty()
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, path, reason } = self;
        if *line > 0 {
            write!(f, "{file}:{line}:{column}: ")?;
        }
        if !path.is_empty() {
            write!(f, "{path}: ")?;
        }
        f.write_str(reason)
    }
}

impl std::error::Error for ConfigError {}
