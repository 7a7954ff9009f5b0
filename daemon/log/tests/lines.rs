//! Messages from the place that emits them to the file they end up in.

use std::fmt::Write as _;
use std::io;
use std::sync::Mutex;

use daemon_log as log;

log::messages! {
    /// A lease is offered.
    TEST_OFFER: Info, "leases", "{client}: lease {address} will be offered";
    TEST_DETAIL: Debug(55), "leases", "{what}";
    TEST_FATAL: Fatal, "", "it is over";
}

/// The outputs of a process are one thing for all tests in it.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn outputs(path: &std::path::Path, threshold: log::Threshold) -> Result<log::Outputs, log::OutputError> {
    let destination = log::Destination::File { path: path.to_owned(), maxsize: 0, maxver: 1 };
    let output = log::Output { destination, pattern: String::new() };
    let logger = log::Logger { name: "kea-test".to_owned(), threshold: Some(threshold), outputs: vec![output] };
    log::Outputs::open("kea-test", false, &[logger])
}

/// What `emit` leaves in the log, each line without its time.
fn logged(threshold: log::Threshold, emit: impl FnOnce(&std::path::Path)) -> io::Result<Vec<String>> {
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("test.log");
    log::start("kea-test", false).map_err(io::Error::other)?;
    outputs(&path, threshold).map_err(|error| io::Error::other(error.reason))?.apply();
    emit(&path);
    let text = std::fs::read_to_string(&path)?;
    log::Outputs::console("kea-test", false).apply();
    Ok(text.lines().map(|line| line.get("2026-11-21 10:00:00.123 ".len()..).unwrap_or_default().to_owned()).collect())
}

fn detail() {
    log::event!(TEST_DETAIL, what = "a detail");
}

#[test]
fn lines_are_laid_out_as_keas() -> io::Result<()> {
    let lines = logged(log::Threshold::Info, |_| {
        let client = "hwaddr=02:00:00:00:00:01";
        log::event!(TEST_OFFER, client, address = std::net::Ipv4Addr::new(192, 0, 2, 1));
        log::event!(TEST_FATAL);
    })?;
    let (pid, tid) = (std::process::id(), nix::unistd::gettid());
    assert_eq!(
        lines,
        [
            format!(
                "INFO  [kea-test.leases/{pid}.{tid}] TEST_OFFER hwaddr=02:00:00:00:00:01: lease 192.0.2.1 will be offered"
            ),
            format!("FATAL [kea-test/{pid}.{tid}] TEST_FATAL it is over"),
        ]
    );
    Ok(())
}

#[test]
fn a_change_of_outputs_switches_messages_on_and_off() -> io::Result<()> {
    for _ in 0..2 {
        assert_eq!(logged(log::Threshold::Debug(54), |_| detail())?.len(), 0);
        assert_eq!(logged(log::Threshold::Debug(55), |_| detail())?.len(), 1);
    }
    Ok(())
}

#[test]
fn a_batch_is_written_when_it_ends() -> io::Result<()> {
    let lines = logged(log::Threshold::Debug(99), |path| {
        let written = || std::fs::read_to_string(path).map(|text| text.lines().count()).unwrap_or_default();
        let batch = log::batch();
        detail();
        detail();
        assert_eq!(written(), 0);
        log::flush();
        assert_eq!(written(), 2);
        detail();
        drop(batch);
        assert_eq!(written(), 3);
        detail();
    })?;
    assert_eq!(lines.len(), 4);
    Ok(())
}

#[test]
fn arguments_cannot_steer_a_terminal() -> io::Result<()> {
    let lines = logged(log::Threshold::Debug(99), |_| log::event!(TEST_DETAIL, what = "\u{1b}[2J\u{7f}é"))?;
    assert!(lines[0].ends_with("TEST_DETAIL \\x1b[2J\\x7fé"), "{lines:?}");
    Ok(())
}

#[test]
fn libraries_are_heard_from_warnings_on() -> io::Result<()> {
    let lines = logged(log::Threshold::Debug(99), |_| {
        tracing::info!(target: "russh::server", "noise");
        tracing::warn!(target: "russh::server", peer = 7, "gone");
    })?;
    assert_eq!(lines.len(), 1);
    assert!(
        lines[0].starts_with("WARN  [kea-test.russh/") && lines[0].ends_with("] LIBRARY_MESSAGE gone peer=7"),
        "{lines:?}"
    );
    Ok(())
}

#[test]
fn the_catalogue_can_be_walked() {
    let mut manual = String::new();
    for row in MESSAGES {
        let _ = writeln!(manual, "{} {}", row.id, row.doc.trim());
    }
    assert_eq!(manual, "TEST_OFFER A lease is offered.\nTEST_DETAIL \nTEST_FATAL \n");
}
