//! kea-lfc as a program: its files in all states that an interruption leaves, and its exit status.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

const HEADER: &str =
    "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context,pool_id\n";

fn row(host: u8, lifetime: u32) -> String {
    format!("192.0.2.{host},02:00:00:00:00:{host:02x},,{lifetime},1700004000,7,0,0,,0,,0\n")
}

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new(files: &[(&str, &str)]) -> Place {
        let place = Place { folder: tempfile::tempdir().unwrap() };
        for (name, content) in files {
            fs::write(place.path(name), content).unwrap();
        }
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kea-lfc"));
        for (letter, name) in [("p", "pid"), ("x", "2"), ("i", "1"), ("o", "output"), ("f", "completed"), ("c", "conf")]
        {
            command.arg(format!("-{letter}")).arg(self.path(name));
        }
        command.arg("-4d").output().unwrap()
    }

    /// Runs it well; what it said.
    fn clean(&self) -> String {
        let output = self.run();
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Names and contents of all files.
    fn files(&self) -> Vec<(String, String)> {
        let entries = fs::read_dir(self.folder.path()).unwrap().map(Result::unwrap);
        let mut files: Vec<_> =
            entries.map(|it| (it.file_name().into_string().unwrap(), fs::read_to_string(it.path()).unwrap())).collect();
        files.sort();
        files
    }
}

fn table(rows: &[(u8, u32)]) -> String {
    rows.iter().fold(HEADER.to_owned(), |table, &(host, lifetime)| table + &row(host, lifetime))
}

fn only_previous(rows: &[(u8, u32)]) -> Vec<(String, String)> {
    vec![("2".to_owned(), table(rows))]
}

#[test]
fn what_stands_at_the_end_is_left() {
    let place = Place::new(&[
        ("2", &table(&[(1, 100), (2, 100), (3, 100)])),
        ("1", &(table(&[(4, 100), (2, 200), (3, 0), (4, 300)]) + "no lease\n")),
    ]);
    let said = place.clean();
    assert_eq!(place.files(), only_previous(&[(1, 100), (2, 200), (4, 300)]));
    assert!(said.contains("LFC_READ_STATS Leases: 7, attempts: 10, errors: 1.\n"), "{said}");
    assert!(said.contains("LFC_WRITE_STATS Leases: 3, attempts: 3, errors: 0.\n"), "{said}");
    assert!(said.ends_with("LFC_TERMINATE LFC finished processing\n"), "{said}");
}

#[test]
fn a_cleanup_that_was_interrupted_is_taken_up() {
    let (old, new, done) = (table(&[(1, 100)]), table(&[(1, 200)]), table(&[(1, 300)]));
    // The output was begun.
    let place = Place::new(&[("2", &old), ("1", &new), ("output", "addr"), ("pid", "999999999\n")]);
    place.clean();
    assert_eq!(place.files(), only_previous(&[(1, 200)]));
    // It was complete: what it sums up does not count any more.
    for left in [&[("2", &old), ("1", &new), ("completed", &done)][..], &[("1", &new), ("completed", &done)]] {
        let left: Vec<_> = left.iter().map(|(name, content)| (*name, content.as_str())).collect();
        let place = Place::new(&left);
        let said = place.clean();
        assert_eq!(place.files(), only_previous(&[(1, 300)]));
        assert!(!said.contains("LFC_PROCESSING"), "{said}");
    }
    let nothing = Place::new(&[]);
    nothing.clean();
    assert_eq!(nothing.files(), only_previous(&[]));
}

#[test]
fn files_that_cannot_be_read_stay_as_they_are() {
    let (fine, rows) = (table(&[(1, 100)]), "no lease\n".repeat(101));
    for bad in ["some other file\n", &format!("{HEADER}{rows}")] {
        let place = Place::new(&[("2", &fine), ("1", bad)]);
        let before = place.files();
        let said = place.clean();
        assert_eq!(place.files(), before);
        assert!(said.contains("FATAL [DhcpLFC/") && said.contains("LFC_FAIL_PROCESS : "), "{said}");
        assert!(!said.contains("LFC_ROTATING"), "{said}");
    }
}

#[test]
fn a_second_cleanup_does_not_begin() {
    let place = Place::new(&[("1", &table(&[(1, 100)]))]);
    // Somebody whose name is kea-lfc, waiting.
    let double = place.path("kea-lfc");
    fs::copy("/bin/sleep", &double).unwrap();
    let mut other = Command::new(&double).arg("60").spawn().unwrap();
    fs::remove_file(&double).unwrap();
    fs::write(place.path("pid"), format!("{}\n", other.id())).unwrap();
    let before = place.files();
    let said = place.clean();
    other.kill().unwrap();
    other.wait().unwrap();
    assert!(said.contains("LFC_RUNNING LFC instance already running"), "{said}");
    assert_eq!(place.files(), before);
}

#[test]
fn only_a_wrong_call_is_a_failure() {
    let call = |arguments: &[&str]| Command::new(env!("CARGO_BIN_EXE_kea-lfc")).args(arguments).output().unwrap();
    let wrong = call(&["-4", "-p", "x"]);
    assert_eq!(wrong.status.code(), Some(1));
    let said = String::from_utf8(wrong.stderr).unwrap();
    assert!(said.starts_with("Usage error: Previous file not specified\nUsage: kea-lfc\n"), "{said}");
    assert!(said.ends_with("\nService failed: Previous file not specified\n") && wrong.stdout.is_empty(), "{said}");
    assert_eq!(call(&["-v"]).stdout, b"3.3.1\n");
    assert_eq!(call(&["-h"]).status.code(), Some(0));
}
