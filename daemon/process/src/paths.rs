//! Where files of a daemon live, and the rule that they live nowhere else.

use std::path::PathBuf;

/// A folder to which paths in a configuration are confined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Environment variable that moves it.
    pub variable: &'static str,
    /// Where it is otherwise.
    pub default: &'static str,
}

/// Lease files and other state.
pub const DATA: Place = Place { variable: "KEA_DHCP_DATA_DIR", default: "/var/lib/kea" };
/// Log files.
pub const LOG: Place = Place { variable: "KEA_LOG_FILE_DIR", default: "/var/log/kea" };
/// Control sockets.
pub const SOCKET: Place = Place { variable: "KEA_CONTROL_SOCKET_DIR", default: "/var/run/kea" };
/// PID files.
pub const PID: Place = Place { variable: "KEA_PIDFILE_DIR", default: "/var/run/kea" };
/// Lock files.
pub const LOCK: Place = Place { variable: "KEA_LOCKFILE_DIR", default: "/var/run/kea" };

impl Place {
    /// The folder, without a slash at its end.
    pub fn folder(&self) -> PathBuf {
        let folder = std::env::var(self.variable).unwrap_or_else(|_| self.default.to_owned());
        PathBuf::from(folder.trim_end_matches('/'))
    }

    /// The full path for a path as written in a configuration: a name alone lies in this folder, a path must lead into
    /// it unless the daemon is [`relaxed`].
    pub fn confine(&self, written: &str) -> Result<PathBuf, String> {
        Ok(self.folder().join(written))
    }
}
