//! The configuration file: read with what it includes, written so that it is whole whatever happens.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use schema::ConfigError;
use schema::json::{self, Document};

/// Reads and parses the file. Names of included files are, as in Kea, relative to where the process runs.
pub(crate) fn read(path: &Path) -> Result<Document, ConfigError> {
    let name = path.display().to_string();
    let unread = |error| ConfigError::general(format!("Unable to open file {name}: {error}"));
    let text = std::fs::read_to_string(path).map_err(unread)?;
    let mut include = |file: &str| std::fs::read_to_string(file).map_err(|error| error.to_string());
    json::parse(&name, &text, &mut include)
}

/// Where `config-write` may write: the configuration file's folder, under any name.
pub(crate) fn beside(config: &Path, written: &str) -> Result<PathBuf, String> {
    let path = Path::new(written);
    let Some(name) = path.file_name().filter(|_| !written.ends_with('/')) else {
        return Err(format!("config file:{written} is missing file name"));
    };
    let folder = config.parent().unwrap_or(Path::new(""));
    match path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        Some(parent) if parent != folder => {
            let config = config.display();
            Err(format!("file {written} must be in the same directory as the config file ({config})"))
        }
        _ => Ok(folder.join(name)),
    }
}

/// Replaces the file at once and for good: readers see the old text or the new, and so does whoever looks after a power
/// cut. Answers with the number of bytes.
pub(crate) fn replace(path: &Path, text: &str) -> io::Result<usize> {
    // A link stays a link; what it leads to is replaced.
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mode = std::fs::metadata(&path).map_or(0o640, |it| it.permissions().mode() & 0o777);
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = folder.join(name);
    let written = write_synced(&temporary, text, mode)
        .and_then(|()| std::fs::rename(&temporary, &path))
        .and_then(|()| File::open(folder)?.sync_all());
    if written.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    written.map(|()| text.len())
}

fn write_synced(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.set_permissions(Permissions::from_mode(mode))?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writing_stays_in_the_folder_of_the_configuration() {
        let config = Path::new("/etc/kea/kea-dhcp4.conf");
        for written in ["new.conf", "/etc/kea/new.conf"] {
            assert_eq!(beside(config, written), Ok(PathBuf::from("/etc/kea/new.conf")), "{written}");
        }
        for written in ["/tmp/new.conf", "../new.conf", "/etc/kea/", "/", "..", "sub/new.conf", "/etc/kea/../kea/x"] {
            assert!(beside(config, written).is_err(), "{written}");
        }
        assert_eq!(beside(Path::new("a.conf"), "b.conf"), Ok(PathBuf::from("b.conf")));
    }

    #[test]
    fn a_file_is_replaced_whole_and_keeps_its_mode_and_links() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let (path, link) = (folder.path().join("a.conf"), folder.path().join("link.conf"));
        assert_eq!(replace(&path, "one")?, 3);
        assert_eq!(std::fs::metadata(&path)?.permissions().mode() & 0o777, 0o640);
        std::fs::set_permissions(&path, Permissions::from_mode(0o600))?;
        std::os::unix::fs::symlink(&path, &link)?;
        replace(&link, "two")?;
        assert_eq!(std::fs::read_to_string(&path)?, "two");
        assert!(link.is_symlink());
        assert_eq!(std::fs::metadata(&path)?.permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path())?.count(), 2);
        Ok(())
    }
}
