//! What every daemon is: command line, PID file, signals, sd_notify, the life cycle and the commands every daemon has.
//!
//! A program implements [`Daemon`]; its `main` is [`run`]. A configuration goes through two phases: `prepare` does all that
//! can fail and changes nothing, `apply` cannot fail. Loggers and control sockets are prepared and applied with it, by
//! this crate.
//!
//! The daemon runs on a current-thread runtime, inside a `LocalSet`, and stays in the foreground; threads of the data
//! plane are its own.

mod commands;
mod common;
mod daemon;
mod file;
mod hash;
mod life;
pub mod messages;
mod options;
pub mod paths;
mod pid;
mod sockets;

pub use daemon::{Context, Daemon, Event, HttpDefaults, Identity, Reconfigure, Style, VERSION};
pub use life::run;
pub use messages::is_root;
pub use options::Options;
