//! The command line.

use std::path::PathBuf;

/// What the command line says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// `-c`: the configuration file.
    pub config: PathBuf,
    /// `-d`: all messages up to debug level 99.
    pub debug: bool,
    /// `-F`: exit on a critical error.
    pub exit_on_failure: bool,
    /// `-R`: repair mode of configuration back ends.
    pub repair: bool,
    /// `-X`: paths and permissions are not enforced.
    pub relaxed: bool,
    /// `-p`: the server's port, for tests.
    pub server_port: Option<u16>,
    /// `-P`: the client's port, for tests.
    pub client_port: Option<u16>,
}
