//! What libraries find on the machine that the server runs on.

use std::path::PathBuf;

/// What libraries find on the machine that the server runs on.
#[derive(Clone, Copy, Debug)]
pub struct Machine {
    /// Where scripts are.
    pub scripts: Confine,
}

/// The full path for a path as an operator writes it, with what is not secure about it; or why it may not be used.
pub type Confine = fn(&str) -> Result<(PathBuf, Option<String>), String>;

/// What of a library's parameters does not fit the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which library, counted from 0 in the order of the configuration.
    pub library: usize,
    /// The parameter.
    pub parameter: &'static str,
    /// What is wrong with it.
    pub reason: String,
}
