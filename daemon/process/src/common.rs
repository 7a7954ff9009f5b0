//! What a configuration says about things every daemon has: loggers and control sockets.

use schema::Pos;

/// Loggers and control sockets of a configuration, with the positions to which errors refer.
#[derive(Debug, Default)]
pub struct Common {
    /// Loggers, as written.
    pub loggers: Vec<(Pos, log::Logger)>,
    /// Names of unix sockets, as written.
    pub sockets: Vec<(Pos, String)>,
}
