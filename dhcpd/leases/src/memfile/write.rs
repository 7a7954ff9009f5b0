//! The leases in memory, written to a file when an operator asks for it: after a lease file was damaged, or for a copy.

use super::cleanup::{CleanupError, PAGE, failure, remove_if_present, write_all};
use super::files::options;
use super::store::{Store, Table};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

impl<T: Table> Store<T> {
    /// Writes all leases to a file; one that is there is kept beside it, with `.bak` and the number of this process behind
    /// its name. If it is the lease file, leases go on to be written there, and what cleanups left beside it, which the new
    /// file sums up, is removed. [`Store::sync`] waits meanwhile in that case, since what it writes belongs behind.
    pub fn write(&self, path: &Path) -> Result<(), CleanupError> {
        let journal = self.journal().filter(|journal| journal.lock().files.current == path);
        let Some(journal) = journal else { return self.write_beside(path) };
        let files = journal.lock().files.clone();
        let Some(_lock) = files.lock().map_err(|error| failure(&files.pid, &error))? else {
            return Err(CleanupError { reason: format!("{}: a lease file cleanup is running", path.display()) });
        };
        let mut journal = journal.lock();
        self.write_beside(path)?;
        let file = options().read(true).open(path).map_err(|error| failure(path, &error))?;
        let end = file.metadata().map_err(|error| failure(path, &error))?.len();
        journal.go_on_in(file, end);
        for summed_up in [&files.input, &files.previous, &files.output, &files.completed] {
            remove_if_present(summed_up).map_err(|error| failure(summed_up, &error))?;
        }
        files.sync_names().map_err(|error| failure(path, &error))
    }

    fn write_beside(&self, path: &Path) -> Result<(), CleanupError> {
        let (new, old) = (with_number(path, ".tmp"), with_number(path, ".bak"));
        let page = |after, rows: &mut Vec<u8>| self.session().leases.table.print_page(after, PAGE, rows);
        if let Err(error) = write_all::<T>(&new, page) {
            let _ = fs::remove_file(&new);
            return Err(failure(&new, &error));
        }
        let _ = fs::rename(path, old); // there may be none
        fs::rename(&new, path).map_err(|error| failure(path, &error))
    }
}

fn with_number(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(format!("{suffix}{}", std::process::id()));
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::super::{Options, Store4};
    use super::*;
    use crate::{Lease4, LeaseState, Leases4};
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    fn now<F: Future>(future: F) -> F::Output {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("memfile has nothing to wait for"),
        }
    }

    fn lease(host: u8) -> Lease4 {
        Lease4 {
            address: [192, 0, 2, host].into(),
            hw_addr: [host; 6].as_slice().into(),
            client_id: None,
            valid_lifetime: 3600,
            cltt: 1_700_000_000,
            subnet_id: 1,
            pool_id: 0,
            fqdn_fwd: false,
            fqdn_rev: false,
            hostname: "".into(),
            state: LeaseState::Assigned,
            user_context: None,
        }
    }

    fn open(path: &Path) -> Store4 {
        Store4::open(Options { path: Some(path.to_owned()), ..Options::default() }).unwrap().0
    }

    #[test]
    fn a_lost_lease_file_is_written_anew_and_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("leases.csv");
        let store = open(&path);
        for host in 1..=3 {
            now(store.session().put(lease(host))).unwrap();
        }
        store.sync().unwrap();
        store.cleanup().unwrap();
        now(store.session().remove([192, 0, 2, 3].into())).unwrap();
        store.sync().unwrap();
        fs::remove_file(&path).unwrap();
        store.write(&path).unwrap();
        now(store.session().put(lease(4))).unwrap();
        store.sync().unwrap();
        drop(store);
        let hosts: Vec<u8> = open(&path).session().page(None, 9).iter().map(|l| l.address.octets()[3]).collect();
        assert_eq!(hosts, [1, 2, 4], "what was removed does not come back from the files beside");
    }

    #[test]
    fn a_copy_leaves_the_lease_file_alone_and_keeps_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let (path, copy) = (folder.path().join("leases.csv"), folder.path().join("copy.csv"));
        let store = open(&path);
        now(store.session().put(lease(1))).unwrap();
        fs::write(&copy, "before").unwrap();
        store.write(&copy).unwrap();
        assert_eq!(open(&copy).session().len(), 1);
        assert_eq!(fs::read_to_string(with_number(&copy, ".bak")).unwrap(), "before");
        assert!(store.write(&folder.path().join("no/folder.csv")).is_err());
    }
}
