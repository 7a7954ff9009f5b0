//! The PID file: keeps a second cleanup, and servers that load leases, from the files.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use nix::fcntl::{Flock, FlockArg};

/// The PID file with our number in it.
pub(crate) struct PidFile {
    path: PathBuf,
}

impl PidFile {
    /// Writes it; `None` if another kea-lfc stands there. Who looks and writes holds a lock meanwhile, as Kea does.
    pub(crate) fn create(path: &Path) -> Result<Option<PidFile>, String> {
        let _lock = Lock::wait(path).map_err(|error| format!("cannot lock '{}.lock': {error}", path.display()))?;
        if runs(path) {
            return Ok(None);
        }
        fs::write(path, format!("{}\n", std::process::id()))
            .map_err(|error| format!("Unable to open PID file '{}' for write: {error}", path.display()))?;
        Ok(Some(PidFile { path: path.to_owned() }))
    }

    /// Removes it.
    pub(crate) fn remove(self) -> Result<(), String> {
        let missing = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
        match fs::remove_file(&self.path) {
            Err(error) if !missing(&error) => {
                Err(format!("Unable to delete PID file '{}': {error}", self.path.display()))
            }
            _ => Ok(()),
        }
    }
}

/// Whether the file names a kea-lfc that lives. Another program may have got the number of one that was killed.
fn runs(path: &Path) -> bool {
    let pid = fs::read_to_string(path).ok().and_then(|text| text.trim().parse::<u32>().ok());
    pid.filter(|&pid| pid != 0 && pid != std::process::id())
        .and_then(|pid| fs::read_to_string(format!("/proc/{pid}/comm")).ok())
        .is_some_and(|name| name.trim_end() == "kea-lfc")
}

/// `.lock` beside the PID file, locked.
struct Lock {
    path: PathBuf,
    _file: Flock<File>,
}

impl Lock {
    fn wait(pid_file: &Path) -> io::Result<Lock> {
        let mut path = pid_file.as_os_str().to_owned();
        path.push(".lock");
        let path = PathBuf::from(path);
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o640).open(&path)?;
        let file = Flock::lock(file, FlockArg::LockExclusive).map_err(|(_, errno)| io::Error::from(errno))?;
        Ok(Lock { path, _file: file })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Somebody who waits for the lock on the file that vanishes finds it free, as with Kea.
        let _ = fs::remove_file(&self.path);
    }
}
