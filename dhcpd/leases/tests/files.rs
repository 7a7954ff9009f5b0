//! Lease files as they are found: torn, old, foreign, damaged, in the middle of a cleanup.

mod common;

use common::{at, ready};
use dhcpd_leases::memfile::{Cleaned, OpenError, Options, Store4, Store6};
use dhcpd_leases::{HwAddr, Lease4, LeaseState, LeaseType, Leases4, Leases6};
use proptest::prelude::*;
use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};

const HEADER4: &str =
    "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context,pool_id\n";
const HEADER6: &str = "address,duid,valid_lifetime,expire,subnet_id,pref_lifetime,lease_type,iaid,prefix_len,fqdn_fwd,\
                       fqdn_rev,hostname,hwaddr,state,user_context,hwtype,hwaddr_source,pool_id\n";
const ROW4: &str = "192.0.2.5,02:00:00:00:00:05,01:02:00:00:00:00:05,4000,1700004000,7,1,0,five.example.org,0,,3\n";
const ROW6: &str = "2001:db8::5,00:03:00:01:02,4000,1700004000,7,3000,0,11,128,0,1,five,02:00:00:00:00:05,0,,1,2,3\n";

struct Place {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Place { path: folder.path().join("kea-leases.csv"), _folder: folder }
    }

    fn with(content: &str) -> Self {
        let place = Place::new();
        fs::write(&place.path, content).unwrap();
        place
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        PathBuf::from(format!("{}{suffix}", self.path.display()))
    }

    fn read(&self) -> String {
        fs::read_to_string(&self.path).unwrap()
    }
}

fn row4(host: u8, expire: u64) -> String {
    format!("192.0.2.{host},02:00:00:00:00:{host:02x},,4000,{expire},7,0,0,,0,,0\n")
}

fn lease4(host: u8) -> Lease4 {
    Lease4 {
        address: Ipv4Addr::new(192, 0, 2, host),
        hw_addr: HwAddr::from_slice(&[2, 0, 0, 0, 0, host]),
        client_id: None,
        valid_lifetime: 4000,
        cltt: 1_700_000_000,
        subnet_id: 7,
        pool_id: 0,
        fqdn_fwd: false,
        fqdn_rev: false,
        hostname: "".into(),
        state: LeaseState::Assigned,
        user_context: None,
    }
}

fn hosts(store: &Store4) -> Vec<u8> {
    store.session().page(None, usize::MAX).iter().map(|lease| lease.address.octets()[3]).collect()
}

fn open_hosts(path: &Path) -> Vec<u8> {
    hosts(&Store4::open(at(path)).unwrap().0)
}

#[test]
fn new_files_hold_the_columns_of_kea() {
    let (four, six) = (Place::new(), Place::new());
    Store4::open(at(&four.path)).unwrap();
    Store6::open(at(&six.path)).unwrap();
    assert_eq!(four.read(), HEADER4);
    assert_eq!(six.read(), HEADER6);
}

#[test]
fn rows_are_written_as_they_are_read() {
    let place = Place::with(&format!("{HEADER4}{ROW4}"));
    let (store, _) = Store4::open(at(&place.path)).unwrap();
    let lease = ready(store.session().by_address(Ipv4Addr::new(192, 0, 2, 5))).unwrap().unwrap();
    assert_eq!(
        (lease.cltt, lease.subnet_id, lease.pool_id, &*lease.hostname),
        (1_700_000_000, 7, 3, "five.example.org")
    );
    ready(store.session().put(lease)).unwrap();
    ready(store.session().remove(Ipv4Addr::new(192, 0, 2, 5))).unwrap();
    store.sync().unwrap();
    let removal = ROW4.replace(",4000,1700004000,", ",0,1700000000,");
    assert_eq!(place.read(), format!("{HEADER4}{ROW4}{ROW4}{removal}"));

    let place = Place::with(&format!("{HEADER6}{ROW6}"));
    let (store, _) = Store6::open(at(&place.path)).unwrap();
    let address: Ipv6Addr = "2001:db8::5".parse().unwrap();
    let lease = ready(store.session().by_address(LeaseType::Na, address)).unwrap().unwrap();
    assert_eq!((lease.preferred_lifetime, lease.iaid, lease.hw_type, lease.hw_source), (3000, 11, 1, 2));
    ready(store.session().put(lease)).unwrap();
    ready(store.session().remove(LeaseType::Na, address)).unwrap();
    store.sync().unwrap();
    let removal = ROW6.replace(",4000,1700004000,7,3000,", ",0,1700000000,7,0,");
    assert_eq!(place.read(), format!("{HEADER6}{ROW6}{ROW6}{removal}"));
}

#[test]
fn files_of_older_servers_are_read() {
    let old = "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname\n\
               192.0.2.1,02:00:00:00:00:01,,4000,1700004000,7,0,0,\n";
    let place = Place::with(old);
    let (store, report) = Store4::open(at(&place.path)).unwrap();
    assert!(report.needs_conversion && report.bad_rows == 0);
    assert_eq!(store.session().page(None, 9), [lease4(1)]);
    assert_eq!(store.cleanup().unwrap(), Cleaned::Done);
    let (store, report) = Store4::open(at(&place.path)).unwrap();
    assert!(!report.needs_conversion);
    assert_eq!(store.session().page(None, 9), [lease4(1)]);

    // Kea 2.2: no pool_id.
    let kea_2_2 = "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,\
                   user_context\n\
                   10.77.1.0,00:0c:01:02:03:04,01:00:0c:01:02:03:04,4000,1795306006,1,0,0,,0,\n\
                   10.77.1.1,,,86400,1795306006,1,0,0,,1,\n\
                   10.77.1.0,00:0c:01:02:03:04,01:00:0c:01:02:03:04,4000,1795306036,1,1,1,a.example.org,2,{ }\n";
    let place = Place::with(kea_2_2);
    let (store, report) = Store4::open(at(&place.path)).unwrap();
    assert_eq!((report.leases, report.rows, report.bad_rows, report.needs_conversion), (2, 3, 0, true));
    let leases = store.session().page(None, 9);
    assert_eq!((leases[0].state, &*leases[0].hostname), (LeaseState::ExpiredReclaimed, "a.example.org"));
    assert_eq!((leases[1].state, leases[1].expires()), (LeaseState::Declined, Some(1_795_306_006)));

    // And for DHCPv6: a lease with a context, one declined, one that never ends.
    let kea_2_2 = "address,duid,valid_lifetime,expire,subnet_id,pref_lifetime,lease_type,iaid,prefix_len,fqdn_fwd,\
                   fqdn_rev,hostname,hwaddr,state,user_context,hwtype,hwaddr_source\n\
                   2001:db8::1,00:01:02,10,1700000010,1,5,0,1,128,0,0,,,0,{ \"ISC\": { \"a\": 1&#x2c \"b\": 2 } },,\n\
                   2001:db8::2,00:00:00,10,1700000010,1,5,0,1,128,0,0,,,1,,,\n\
                   2001:db8:8000::,00:01:02,4294967295,5994967295,1,5,2,1,33,0,0,,,0,,,\n";
    let place = Place::with(kea_2_2);
    let (store, report) = Store6::open(at(&place.path)).unwrap();
    assert_eq!((report.rows, report.bad_rows, report.needs_conversion), (3, 0, true));
    let leases = store.session().page(None, 9);
    assert_eq!(leases[0].user_context.as_deref(), Some(r#"{ "ISC": { "a": 1, "b": 2 } }"#));
    assert!(leases[1].duid.is_empty() && leases[1].state == LeaseState::Declined);
    assert_eq!((leases[2].expires(), leases[2].cltt, leases[2].prefix_len), (None, 1_700_000_000, 33));
}

#[test]
fn columns_of_newer_servers_are_dropped() {
    let newer = HEADER4.replace('\n', ",colour\n");
    let place = Place::with(&format!("{newer}{}", row4(1, 1_700_004_000).replace('\n', ",red\n")));
    let (store, report) = Store4::open(at(&place.path)).unwrap();
    assert!(report.needs_conversion && report.bad_rows == 0);
    assert_eq!(store.session().page(None, 9), [lease4(1)]);
}

#[test]
fn a_torn_end_costs_its_own_row_only() {
    let whole = format!("{HEADER4}{}{ROW4}", row4(1, 1_700_004_000));
    for len in 0..=whole.len() {
        let place = Place::with(&whole[..len]);
        let (store, report) = Store4::open(at(&place.path)).unwrap();
        assert_eq!(report.bad_rows, 0, "cut at {len}");
        ready(store.session().put(lease4(9))).unwrap();
        store.sync().unwrap();
        // A row without its end of line counts, as with Kea, if it is a lease.
        let rows = whole[..len].lines().skip(1).filter(|row| row.split(',').count() == 12 && !row.ends_with(','));
        let expected: Vec<u8> = rows.zip([1, 5]).map(|(_, host)| host).chain([9]).collect();
        let (store, report) = Store4::open(at(&place.path)).unwrap();
        assert_eq!((hosts(&store), report.bad_rows, report.torn), (expected, 0, 0), "cut at {len}");
    }
}

#[test]
fn zeros_that_a_power_failure_left_are_no_rows() {
    let place = Place::with(&format!("{HEADER4}{ROW4}{}", "\0".repeat(5000)));
    let (_, report) = Store4::open(at(&place.path)).unwrap();
    assert_eq!((report.leases, report.bad_rows, report.torn), (1, 0, 1));
    assert_eq!(place.read(), format!("{HEADER4}{ROW4}"));
}

#[test]
fn bad_rows_are_counted_and_limited() {
    let damaged = [
        "192.0.2.300,02:00:00:00:00:01,,4000,1700004000,7,0,0,,0,,0",
        "192.0.2.3,,,4000,1700004000,7,0,0,,0,,0",
        "192.0.2.3,0g,,4000,1700004000,7,0,0,,0,,0",
        "192.0.2.3,02,,4000,1700004000,7,2,0,,0,,0",
        "192.0.2.3,02,,4000,1700004000,-7,0,0,,0,,0",
        "192.0.2.3,02,,4000,1700004000,7,0,0,,9,,0",
        "192.0.2.3,02,,4000,1700004000,7,0,0,,0,[1],0",
        "192.0.2.3,02,,4000,1700004000,7,0,0,,0,,0,0",
        "192.0.2.3,02,,4000,1700004000,7,0,0",
    ];
    let place = Place::with(&format!("{HEADER4}{}\n\n{ROW4}", damaged.join("\n")));
    let (_, report) = Store4::open(at(&place.path)).unwrap();
    assert_eq!((report.leases, report.rows, report.bad_rows), (1, 1, damaged.len() as u64));
    let limited = |max_row_errors| Store4::open(Options { max_row_errors, ..at(&place.path) });
    assert!(limited(9).is_ok());
    assert!(matches!(limited(8), Err(OpenError::TooManyBadRows { limit: 8, .. })));
}

#[test]
fn a_file_of_something_else_is_refused() {
    for content in ["colour,taste\nred,sour\n", HEADER6, "address,hwaddr\n", "\u{0}\u{1}\n"] {
        let place = Place::with(content);
        assert!(matches!(Store4::open(at(&place.path)), Err(OpenError::Header { .. })), "{content}");
        assert_eq!(place.read(), content);
    }
}

#[test]
fn files_of_a_cleanup_are_read_in_their_order() {
    let place = Place::with(&format!("{HEADER4}{}", row4(4, 1_700_004_000)));
    let file = |rows: &[String]| format!("{HEADER4}{}", rows.concat());
    let removal = row4(2, 1_700_000_000).replace(",4000,", ",0,");
    fs::write(place.beside(".2"), file(&[row4(1, 1), row4(2, 2)])).unwrap();
    fs::write(place.beside(".1"), file(&[row4(3, 3), removal])).unwrap();
    fs::write(place.beside(".output"), file(&[row4(8, 8)])).unwrap();
    assert_eq!(open_hosts(&place.path), [1, 3, 4]);
    fs::write(place.beside(".completed"), file(&[row4(7, 7)])).unwrap();
    assert_eq!(open_hosts(&place.path), [4, 7]);
}

#[test]
fn cleanup_takes_up_what_another_left() {
    let place = Place::with(&format!("{HEADER4}{}", row4(4, 1_700_004_000)));
    fs::write(place.beside(".1"), format!("{HEADER4}{}", row4(1, 1_700_004_000))).unwrap();
    let (store, _) = Store4::open(at(&place.path)).unwrap();
    // `.1` is dealt with first, and the current file stays where it is.
    assert_eq!(store.cleanup().unwrap(), Cleaned::Done);
    assert!(place.read().contains("192.0.2.4") && !place.beside(".1").exists());
    fs::rename(place.beside(".2"), place.beside(".completed")).unwrap();
    assert_eq!(store.cleanup().unwrap(), Cleaned::Done);
    assert!(place.beside(".2").exists() && !place.beside(".completed").exists());
    assert_eq!(open_hosts(&place.path), [1, 4]);
    assert_eq!(store.cleanup().unwrap(), Cleaned::Done);
    assert_eq!(place.read(), HEADER4);
    assert_eq!(open_hosts(&place.path), [1, 4]);
}

#[test]
fn cleanup_leaves_state_without_history() {
    let place = Place::new();
    let (store, _) = Store4::open(at(&place.path)).unwrap();
    for host in (1..=9).chain(1..=9) {
        ready(store.session().put(lease4(host))).unwrap();
    }
    ready(store.session().remove(Ipv4Addr::new(192, 0, 2, 5))).unwrap();
    assert_eq!(store.cleanup().unwrap(), Cleaned::Done);
    let rows: String = [1, 2, 3, 4, 6, 7, 8, 9].map(|host| row4(host, 1_700_004_000)).concat();
    assert_eq!(fs::read_to_string(place.beside(".2")).unwrap(), format!("{HEADER4}{rows}"));
    let mut names: Vec<_> =
        fs::read_dir(place.path.parent().unwrap()).unwrap().map(|e| e.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["kea-leases.csv", "kea-leases.csv.2"]);
}

#[test]
fn a_cleanup_of_kea_is_waited_for() {
    let place = Place::new();
    let (store, _) = Store4::open(at(&place.path)).unwrap();
    // A process by the name of kea-lfc, which waits on its input until that ends.
    let lfc = place.path.with_file_name("kea-lfc");
    fs::copy("/bin/cat", &lfc).unwrap();
    let mut child = std::process::Command::new(&lfc)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // Once it echoes, it bears its name.
    child.stdin.as_mut().unwrap().write_all(b"?").unwrap();
    child.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
    fs::write(place.beside(".pid"), format!("{}\n", child.id())).unwrap();
    assert_eq!(store.cleanup().unwrap(), Cleaned::Running);
    assert!(matches!(Store4::open(at(&place.path)), Err(OpenError::CleanupRunning)));
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(store.cleanup().unwrap(), Cleaned::Done);
    assert!(!place.beside(".pid").exists());
}

#[test]
fn a_pid_file_of_ours_that_outlived_us_stops_nobody() {
    let place = Place::new();
    fs::write(place.beside(".pid"), format!("{}\n", std::process::id())).unwrap();
    let (store, _) = Store4::open(at(&place.path)).unwrap();
    assert_eq!(store.cleanup().unwrap(), Cleaned::Done);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever stands in a file, its rows are leases or counted, and what was read is read again from what is written.
    #[test]
    fn damage_is_counted(hits in prop::collection::vec((0usize..4000, any::<u8>(), 0u8..4), 0..12), six: bool) {
        let row6 = |n: u32| ROW6.replace("::5", &format!("::{n:x}"));
        let mut bytes = match six {
            true => format!("{HEADER6}{}", (1..20).map(row6).collect::<String>()),
            false => format!("{HEADER4}{}", (1..20).map(|n| row4(n, 1_700_004_000 + u64::from(n))).collect::<String>()),
        }
        .into_bytes();
        let header = if six { HEADER6.len() } else { HEADER4.len() };
        for (at, byte, kind) in hits {
            let at = header + at % (bytes.len() - header);
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                2 => drop(bytes.remove(at)),
                _ => bytes[at] ^= 1 << (byte % 8),
            }
        }
        let lines = bytes[header..].split(|&byte| byte == b'\n').filter(|line| !line.is_empty()).count() as u64;
        let place = Place::new();
        fs::write(&place.path, &bytes).unwrap();
        if six {
            let (store, report) = Store6::open(at(&place.path)).unwrap();
            prop_assert_eq!(report.rows + report.bad_rows + u64::from(report.torn), lines);
            store.cleanup().unwrap();
            let (again, report) = Store6::open(at(&place.path)).unwrap();
            prop_assert_eq!((report.bad_rows, report.torn), (0, 0));
            prop_assert_eq!(again.session().page(None, usize::MAX), store.session().page(None, usize::MAX));
        } else {
            let (store, report) = Store4::open(at(&place.path)).unwrap();
            prop_assert_eq!(report.rows + report.bad_rows + u64::from(report.torn), lines);
            store.cleanup().unwrap();
            let (again, report) = Store4::open(at(&place.path)).unwrap();
            prop_assert_eq!((report.bad_rows, report.torn), (0, 0));
            prop_assert_eq!(again.session().page(None, usize::MAX), store.session().page(None, usize::MAX));
        }
    }
}
