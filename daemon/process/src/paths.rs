//! Where files of a daemon live, and the rule that they live nowhere else.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// A folder to which paths in a configuration are confined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Environment variable that moves it.
    pub variable: &'static str,
    /// Where it is otherwise, below the tree that the program is installed in: `/usr/local/var/lib/kea` for
    /// `/usr/local/sbin/kea-dhcp4`, but `/var/lib/kea` for `/usr/sbin/kea-dhcp4`.
    pub default: &'static str,
    /// Other folders that configurations written for older versions use: accepted with a warning.
    pub tolerated: &'static [&'static str],
}

/// Lease files and other state.
pub const DATA: Place = Place { variable: "KEA_DHCP_DATA_DIR", default: "/var/lib/kea", tolerated: &[] };
/// Log files.
pub const LOG: Place = Place { variable: "KEA_LOG_FILE_DIR", default: "/var/log/kea", tolerated: &[] };
/// Control sockets.
pub const SOCKET: Place = Place { variable: "KEA_CONTROL_SOCKET_DIR", default: "/var/run/kea", tolerated: &["/tmp"] };
/// PID files.
pub const PID: Place = Place { variable: "KEA_PIDFILE_DIR", default: "/var/run/kea", tolerated: &[] };

/// Scripts that a daemon runs.
pub const SCRIPTS: Place = Place { variable: "KEA_HOOK_SCRIPTS_PATH", default: "/share/kea/scripts", tolerated: &[] };
/// Forensic logs.
pub const LEGAL_LOG: Place = Place { variable: "KEA_LEGAL_LOG_DIR", default: "/var/log/kea", tolerated: &[] };

/// A path that may be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confined {
    /// The full path.
    pub path: PathBuf,
    /// What is not secure about it; only where `-X` relaxes the rule, and in tolerated folders.
    pub warning: Option<String>,
}

impl Place {
    /// The folder, without a slash at its end.
    pub fn folder(&self) -> PathBuf {
        let folder = std::env::var(self.variable).unwrap_or_else(|_| {
            let program = std::env::current_exe().unwrap_or_default();
            let tree = installed_in(&program);
            // What is not state lies under /usr where the program belongs to the system.
            let usr = if tree.is_empty() && self.default.starts_with("/share") { "/usr" } else { "" };
            format!("{tree}{usr}{}", self.default)
        });
        PathBuf::from(folder.trim_end_matches('/'))
    }

    /// The full path for a path as written in a configuration: a name alone lies in this folder, a path must lead right
    /// into it unless the daemon was started with `-X`.
    pub fn confine(&self, written: &str) -> Result<Confined, String> {
        self.confine_in(written, relaxed())
    }

    /// The folder for a folder as written in a configuration: it must be this one, unless the daemon was started with `-X`.
    pub fn confine_folder(&self, written: &str) -> Result<Confined, String> {
        self.confine_folder_in(written, relaxed())
    }

    fn confine_folder_in(&self, written: &str, relaxed: bool) -> Result<Confined, String> {
        let (folder, trimmed) = (self.folder(), written.trim().trim_end_matches('/'));
        if written.trim().is_empty() || folder.as_os_str() == trimmed {
            return Ok(Confined { path: folder, warning: None });
        }
        let reason = format!("invalid path specified: '{}', supported path is '{}'", written.trim(), folder.display());
        if relaxed { Ok(Confined { path: PathBuf::from(trimmed), warning: Some(reason) }) } else { Err(reason) }
    }

    fn confine_in(&self, written: &str, relaxed: bool) -> Result<Confined, String> {
        let written = written.trim();
        let folder = self.folder();
        let (parent, name) = match written.rsplit_once('/') {
            Some((parent, name)) => (Some(parent), name),
            None => (None, written),
        };
        if matches!(name, "" | "." | "..") {
            return Err(format!("path: '{written}' has no filename"));
        }
        match parent {
            Some(parent) if folder.as_os_str() != parent || parent.is_empty() => {
                let parent = if parent.is_empty() { "/" } else { parent };
                let supported = folder.display();
                let reason = format!("invalid path specified: '{parent}', supported path is '{supported}'");
                let accepted = relaxed || self.tolerated.contains(&parent);
                if accepted {
                    Ok(Confined { path: PathBuf::from(written), warning: Some(reason) })
                } else {
                    Err(reason)
                }
            }
            _ => Ok(Confined { path: folder.join(name), warning: None }),
        }
    }
}

/// The folder of what is installed for all: that around the scripts.
pub fn share() -> PathBuf {
    let scripts = SCRIPTS.folder();
    scripts.parent().map_or(scripts.clone(), Path::to_owned)
}

/// The tree that a program is installed in; empty for the system's own, and for a program that is not installed.
fn installed_in(program: &Path) -> &str {
    let tree = program.parent().filter(|folder| folder.ends_with("sbin")).and_then(Path::parent);
    tree.and_then(Path::to_str).filter(|tree| !matches!(*tree, "/" | "/usr")).unwrap_or_default()
}

/// Whether `-X` was given: paths and permissions are not enforced, only warned about.
pub fn relaxed() -> bool {
    RELAXED.load(Relaxed)
}

pub(crate) fn relax() {
    RELAXED.store(true, Relaxed);
}

/// Set once by the command line.
static RELAXED: AtomicBool = AtomicBool::new(false);

#[cfg(test)]
mod tests {
    use super::*;

    /// A place whose variable nobody sets.
    const HERE: Place = Place { variable: "TAKAHE_TEST_UNSET", default: "/var/lib/kea/", tolerated: &["/old"] };

    #[test]
    fn folders_lie_in_the_tree_of_the_program() {
        for (program, tree) in [
            ("/usr/sbin/kea-dhcp4", ""),
            ("/sbin/kea-dhcp4", ""),
            ("/usr/local/sbin/kea-dhcp4", "/usr/local"),
            ("/opt/kea/sbin/kea-dhcp4", "/opt/kea"),
            ("/home/me/target/debug/kea-dhcp4", ""),
            ("", ""),
        ] {
            assert_eq!(installed_in(Path::new(program)), tree, "{program}");
        }
    }

    #[test]
    fn a_folder_is_the_one_of_the_place() {
        let path = |written, relaxed| HERE.confine_folder_in(written, relaxed).map(|confined| confined.path);
        for written in ["", "/var/lib/kea", "/var/lib/kea/ "] {
            assert_eq!(path(written, false), Ok(PathBuf::from("/var/lib/kea")), "{written}");
        }
        assert_eq!(
            path("/tmp", false),
            Err("invalid path specified: '/tmp', supported path is '/var/lib/kea'".to_owned())
        );
        assert_eq!(path("/tmp", true), Ok(PathBuf::from("/tmp")));
    }

    #[test]
    fn names_and_the_folder_itself_are_accepted() {
        for written in ["leases.csv", "/var/lib/kea/leases.csv", "  leases.csv "] {
            let path = HERE.confine_in(written, false).map(|it| it.path);
            assert_eq!(path, Ok(PathBuf::from("/var/lib/kea/leases.csv")), "{written}");
        }
    }

    #[test]
    fn other_folders_are_refused_or_warned_about() {
        for written in ["/tmp/x", "/x", "../x", "sub/x", "/var/lib/kea/sub/x", "/var/lib/kea/../x", "/var/lib/kea2/x"] {
            let refused = HERE.confine_in(written, false);
            assert!(refused.is_err_and(|reason| reason.ends_with("supported path is '/var/lib/kea'")), "{written}");
            let warned = HERE.confine_in(written, true);
            assert!(warned.is_ok_and(|it| it.path.as_os_str() == written && it.warning.is_some()), "{written}");
        }
        assert!(HERE.confine_in("/old/x", false).is_ok_and(|it| it.warning.is_some()));
        for written in ["", "/var/lib/kea/", "/var/lib/kea/..", "."] {
            assert!(HERE.confine_in(written, true).is_err(), "{written}");
        }
    }
}
