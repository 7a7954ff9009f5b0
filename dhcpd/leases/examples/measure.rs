//! Measures the lease store: memory a lease, load time, renewals in memory, renewals made durable.
//!
//! `cargo run --release -p dhcpd-leases --example measure [FOLDER [LEASES]]`; the folder should be on the disk in question.

use dhcpd_leases::memfile::{Options, Store, Store4, Store6, Table, Table4, Table6};
use dhcpd_leases::{ClientId, Duid, HwAddr, Lease4, Lease6, LeaseState, LeaseType, Leases4, Leases6};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::pin::pin;
use std::process::Command;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

const BATCH: u32 = 32;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let parent = arguments.first().map_or_else(std::env::temp_dir, Into::into);
    let count = arguments.get(1).map_or(1_000_000, |text| text.parse().expect("a number of leases"));
    match arguments.get(2).map(String::as_str) {
        Some("write4") => write4(&parent.join("leases4.csv"), count),
        Some("read4") => read4(&parent.join("leases4.csv"), count),
        Some("load4") => drop(read::<Table4>(&parent.join("leases4.csv"), count)),
        Some("write6") => write6(&parent.join("leases6.csv"), count),
        Some("read6") => drop(read::<Table6>(&parent.join("leases6.csv"), count)),
        _ => each_in_a_process(&parent, count),
    }
}

/// Memory is measured in processes that have done nothing else before.
fn each_in_a_process(parent: &Path, count: u32) {
    let folder = tempfile::tempdir_in(parent).expect("a folder to write to");
    for step in ["write4", "read4", "write6", "read6"] {
        let program = std::env::current_exe().expect("a program");
        let mut command = Command::new(program);
        let done = command.arg(folder.path()).args([&count.to_string(), step]).status().expect("a process");
        assert!(done.success());
    }
}

fn read4(path: &Path, count: u32) {
    let store = read::<Table4>(path, count);
    renew(&store, count);
    search(&store, count, "a full pool");
    for n in (0..count).step_by(1000) {
        ready(store.session().remove(lease4(n, 0).address)).expect("a lease");
    }
    search(&store, count, "a pool 99.9 % full");
    for workers in [1, 2, 4] {
        durable(&store, count, workers);
    }
    let start = Instant::now();
    store.cleanup().expect("a cleanup");
    println!("v4: cleanup in {:.2?}", start.elapsed());
}

fn read<T: Table>(path: &Path, count: u32) -> Store<T> {
    let (before, start) = (resident(), Instant::now());
    let (store, report) = Store::<T>::open(at(path, true)).expect("a lease file");
    println!("v{}: {} leases loaded in {:.2?}", T::FAMILY, report.leases, start.elapsed());
    println!("v{}: {} bytes a lease", T::FAMILY, resident().saturating_sub(before) / u64::from(count));
    store
}

fn write4(path: &Path, count: u32) {
    let (store, _) = Store4::open(at(path, false)).expect("a lease file");
    let start = Instant::now();
    for first in (0..count).step_by(1000) {
        let mut session = store.session();
        for n in first..count.min(first + 1000) {
            ready(session.put(lease4(n, 0))).expect("a lease");
        }
        drop(session);
        store.sync().expect("a write");
    }
    println!("v4: {count} leases new in {:.2?}", start.elapsed());
}

/// Looks leases up as the engine does and renews them, in an order that the caches do not like.
fn renew(store: &Store4, count: u32) {
    let start = Instant::now();
    let rounds = count.min(1_000_000);
    for n in 0..rounds {
        let n = n.wrapping_mul(2_654_435_761) % count;
        let mut session = store.session();
        let lease = lease4(n, 1);
        let found = ready(session.by_client_id(lease.client_id.as_deref().unwrap_or_default())).expect("a look");
        assert_eq!(found.len(), 1);
        ready(session.put(lease)).expect("a lease");
    }
    println!("v4: look up and renew in memory, {:.0?} each", start.elapsed() / rounds);
    store.sync().expect("a write");
}

/// Looks for a free address from anywhere on.
fn search(store: &Store4, count: u32, what: &str) {
    let (first, last) = (lease4(0, 0).address, lease4(count - 1, 0).address);
    let mut session = store.session();
    let (rounds, mut found) = (100_000, 0);
    let start = Instant::now();
    for n in 0..rounds {
        let from = lease4(n * 7919 % count, 0).address;
        found += u32::from(ready(session.find_free(first, last, from, 0, &|_| None)).expect("a look").is_some());
    }
    println!("v4: {found} of {rounds} addresses found in {what}, {:.0?} each", start.elapsed() / rounds);
}

fn durable(store: &Store4, count: u32, workers: u32) {
    let batches = 1000;
    let start = Instant::now();
    std::thread::scope(|scope| {
        for worker in 0..workers {
            scope.spawn(move || {
                for batch in 0..batches {
                    let mut session = store.session();
                    for n in 0..BATCH {
                        let n = (n + BATCH * (batch * workers + worker)) % count;
                        ready(session.put(lease4(n, 2))).expect("a lease");
                    }
                    drop(session);
                    store.sync().expect("a sync");
                }
            });
        }
    });
    let elapsed = start.elapsed();
    let rate = f64::from(batches * workers * BATCH) / elapsed.as_secs_f64();
    println!(
        "v4: {workers} workers, batches of {BATCH}: {rate:.0} durable a second, {:.0?} a batch",
        elapsed / batches
    );
}

fn write6(path: &Path, count: u32) {
    let (store, _) = Store6::open(at(path, false)).expect("a lease file");
    for first in (0..count).step_by(1000) {
        let mut session = store.session();
        for n in first..count.min(first + 1000) {
            ready(session.put(lease6(n))).expect("a lease");
        }
        drop(session);
        store.sync().expect("a write");
    }
}

fn lease4(n: u32, cltt: u64) -> Lease4 {
    let [a, b, c, d] = n.to_be_bytes();
    Lease4 {
        address: Ipv4Addr::from_bits(0x0a00_0000 + n),
        hw_addr: HwAddr::from_slice(&[2, 0, a, b, c, d]),
        client_id: Some(ClientId::from_slice(&[1, 2, 0, a, b, c, d])),
        valid_lifetime: 4000,
        cltt: 1_700_000_000 + cltt * 1000 + u64::from(n % 997),
        subnet_id: 1,
        pool_id: 0,
        fqdn_fwd: false,
        fqdn_rev: false,
        hostname: format!("host-{n}.example.org").into(),
        state: LeaseState::Assigned,
        user_context: None,
    }
}

fn lease6(n: u32) -> Lease6 {
    let [a, b, c, d] = n.to_be_bytes();
    Lease6 {
        lease_type: LeaseType::Na,
        address: Ipv6Addr::from_bits((0x2001_0db8 << 96) + u128::from(n)),
        prefix_len: 128,
        duid: Duid::from_slice(&[0, 1, 0, 1, 9, 9, 9, 9, 2, 0, a, b, c, d]),
        iaid: n,
        preferred_lifetime: 3000,
        valid_lifetime: 4000,
        cltt: 1_700_000_000 + u64::from(n % 997),
        subnet_id: 1,
        pool_id: 0,
        fqdn_fwd: false,
        fqdn_rev: false,
        hostname: "".into(),
        hw_addr: None,
        hw_type: 0,
        hw_source: 0,
        state: LeaseState::Assigned,
        user_context: None,
    }
}

fn at(path: &Path, sync: bool) -> Options {
    Options { path: Some(path.to_owned()), sync, ..Options::default() }
}

/// Resident memory of this process in bytes.
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("a proc file system");
    let pages: u64 = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok()).expect("pages");
    pages * 4096
}

/// The value of a future that is ready, as memfile's are.
fn ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("memfile never waits"),
    }
}
