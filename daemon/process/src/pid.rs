//! The PID file: says which process serves a configuration file, and keeps a second one from it.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use nix::sys::signal::kill;
use nix::unistd::Pid;

use crate::paths;

/// How long a process that has the PID file is given to end.
const PATIENCE: Duration = Duration::from_millis(500);
/// Between two looks at it.
const PAUSE: Duration = Duration::from_millis(25);

/// Our PID file, locked as long as we live and removed when we end.
#[derive(Debug)]
pub(crate) struct PidFile {
    path: PathBuf,
    _lock: Flock<File>,
}

/// Why there is no PID file.
#[derive(Debug)]
pub(crate) enum PidError {
    /// Another process has it: where that was seen.
    Running(String),
    /// It cannot be written.
    Io(String),
}

impl PidFile {
    /// `CONFNAME.PROCESS.pid` in the folder of PID files.
    pub(crate) fn create(config: &Path, process: &str) -> Result<PidFile, PidError> {
        let stem = config.file_stem().unwrap_or_default().to_string_lossy();
        let path = paths::PID.folder().join(format!("{stem}.{process}.pid"));
        let mut patience = PATIENCE;
        loop {
            match Self::create_at(path.clone(), process) {
                // A process that was killed a moment ago lives on while the kernel takes it apart.
                Err(PidError::Running(_)) if !patience.is_zero() => {
                    std::thread::sleep(PAUSE);
                    patience = patience.saturating_sub(PAUSE);
                }
                done => return done,
            }
        }
    }

    fn create_at(path: PathBuf, process: &str) -> Result<PidFile, PidError> {
        let name = path.display();
        let failed = |error: io::Error| PidError::Io(format!("Unable to open PID file '{name}' for write: {error}"));
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let mut lock = match Flock::lock(file.map_err(failed)?, FlockArg::LockExclusiveNonblock) {
            Ok(lock) => lock,
            Err((mut file, _)) => return Err(running(read(&mut file).unwrap_or_default(), &path)),
        };
        // Kea does not lock the file, so what it says matters, too. It may be left over from a process that died, and
        // its number may have gone to another program since.
        if let Some(pid) = read(&mut lock).filter(|pid| is_alive(*pid, process)) {
            return Err(running(pid, &path));
        }
        write(&mut lock).map_err(failed)?;
        Ok(PidFile { path, _lock: lock })
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

fn running(pid: i32, path: &Path) -> PidError {
    PidError::Running(format!("PID: {pid} exists, PID file: {}", path.display()))
}

fn read(file: &mut File) -> Option<i32> {
    let mut text = String::new();
    file.take(64).read_to_string(&mut text).ok()?;
    text.trim().parse().ok().filter(|pid| *pid > 0)
}

fn write(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}

/// Whether another process of this name has this number.
fn is_alive(pid: i32, process: &str) -> bool {
    if pid.cast_unsigned() == std::process::id() || kill(Pid::from_raw(pid), None) == Err(Errno::ESRCH) {
        return false;
    }
    // What is dead and not yet waited for has a number, too.
    let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    if state.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('Z')) {
        return false;
    }
    // The kernel keeps 15 bytes of a name.
    match std::fs::read_to_string(format!("/proc/{pid}/comm")) {
        Ok(name) => process.starts_with(name.trim_end()) && !name.trim_end().is_empty(),
        Err(error) => error.kind() != io::ErrorKind::NotFound,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stale_file_does_not_block_and_a_held_one_does() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("a.kea-test.pid");
        for stale in ["", "garbage", "999999999\n", "1\n", "-5\n", "7777777777777777777777\n"] {
            std::fs::write(&path, stale)?;
            let file =
                PidFile::create_at(path.clone(), "kea-test").map_err(|error| io::Error::other(format!("{error:?}")))?;
            assert_eq!(std::fs::read_to_string(&path)?, format!("{}\n", std::process::id()), "{stale}");
            let second = PidFile::create_at(path.clone(), "kea-test").err();
            assert!(
                matches!(second, Some(PidError::Running(reason)) if reason.contains(&std::process::id().to_string()))
            );
            drop(file);
            assert!(!path.exists());
        }
        assert!(matches!(PidFile::create_at(folder.path().join("no/folder"), "x"), Err(PidError::Io(_))));
        Ok(())
    }
}
