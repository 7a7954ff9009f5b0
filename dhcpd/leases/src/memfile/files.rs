//! The names beside a lease file, and who may touch them.

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The files of a cleanup, by Kea's suffixes.
#[derive(Clone, Debug)]
pub(super) struct Files {
    /// What is appended to.
    pub(super) current: PathBuf,
    /// `.1`: the file put aside, to be cleaned up.
    pub(super) input: PathBuf,
    /// `.2`: the result of the cleanup before.
    pub(super) previous: PathBuf,
    /// `.output`: the result being written.
    pub(super) output: PathBuf,
    /// `.completed`: the result, complete; `.1` and `.2` are of no use any more.
    pub(super) completed: PathBuf,
    /// `.pid`: who is cleaning up.
    pub(super) pid: PathBuf,
    /// `.pid.lock`: held while somebody looks at or cleans up the files.
    pid_lock: PathBuf,
}

impl Files {
    pub(super) fn new(current: &Path) -> Self {
        let beside = |suffix: &str| {
            let mut name = OsString::from(current);
            name.push(suffix);
            PathBuf::from(name)
        };
        Files {
            current: current.to_owned(),
            input: beside(".1"),
            previous: beside(".2"),
            output: beside(".output"),
            completed: beside(".completed"),
            pid: beside(".pid"),
            pid_lock: beside(".pid.lock"),
        }
    }

    /// Keeps others away from the files, until dropped; `None` if a cleanup is at work on them.
    pub(super) fn lock(&self) -> io::Result<Option<FilesLock>> {
        let file = options().read(true).open(&self.pid_lock)?;
        let lock = match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(lock) => FilesLock { path: self.pid_lock.clone(), _lock: lock },
            Err((_, Errno::EWOULDBLOCK)) => return Ok(None),
            Err((_, errno)) => return Err(errno.into()),
        };
        Ok((!self.cleanup_runs()).then_some(lock))
    }

    /// Whether `.pid` names a kea-lfc that lives. Whoever else stands there (we, when we were killed at it) would hold
    /// the lock.
    fn cleanup_runs(&self) -> bool {
        let pid = fs::read_to_string(&self.pid).ok().and_then(|text| text.trim().parse::<u32>().ok());
        pid.filter(|&pid| pid != 0)
            .and_then(|pid| fs::read_to_string(format!("/proc/{pid}/comm")).ok())
            .is_some_and(|name| name.trim_end() == "kea-lfc")
    }

    /// Makes renames and new names durable.
    pub(super) fn sync_names(&self) -> io::Result<()> {
        let folder = self.current.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()
    }
}

/// Holding it keeps cleanups, ours and Kea's, from the files.
#[derive(Debug)]
pub(super) struct FilesLock {
    path: PathBuf,
    _lock: Flock<File>,
}

impl Drop for FilesLock {
    fn drop(&mut self) {
        // Somebody who waits for the lock on the file that vanishes finds it free, as with Kea.
        let _ = fs::remove_file(&self.path);
    }
}

/// How lease files are opened: made when absent, and not for everybody to read.
pub(super) fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create(true).mode(0o640);
    options
}
