//! A process that is killed while it writes and cleans up: what it reported as durable is there again.
//!
//! The program runs itself as the process to be killed, so it has a `main` of its own.

mod common;

use common::{at, ready};
use dhcpd_leases::memfile::{Options, Store4};
use dhcpd_leases::{HwAddr, Lease4, LeaseState, Leases4};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Command, Stdio};

const KILLS: u64 = 20;
const WORKERS: u64 = 3;
const BATCH: u64 = 10;
/// Addresses of a worker. On the odd ones leases come and go.
const ADDRESSES: u64 = 101;

fn main() {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some("write-until-killed") {
        let (path, start) = (arguments.next().unwrap(), arguments.next().unwrap());
        return write_until_killed(Path::new(&path), start.parse().unwrap());
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("leases.csv");
    let mut durable = BTreeMap::new();
    let mut start = 0;
    for kill in 0..KILLS {
        start = write_and_kill(&path, start, 5 + kill * 17 % 60, &mut durable);
        verify(&path, &durable);
    }
    println!("{} leases survived {KILLS} kills", durable.len());
}

/// What a worker did last on an address: the number of the operation, which is also the time of the lease.
type Durable = BTreeMap<Ipv4Addr, u64>;

/// Whether operation `n` takes the lease away instead of renewing it.
fn removes(n: u64) -> bool {
    n % ADDRESSES % 2 == 1 && n / ADDRESSES % 2 == 1
}

fn address(worker: u64, n: u64) -> Ipv4Addr {
    Ipv4Addr::from_bits(0x0a00_0000 + ((worker << 8) + n % ADDRESSES) as u32)
}

/// Lets a process write from operation `start` on and kills it after some reports; where the next one may start.
fn write_and_kill(path: &Path, start: u64, reports: u64, durable: &mut Durable) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["write-until-killed", path.to_str().unwrap(), &start.to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (mut count, mut next) = (0, start);
    // The end of the output comes with the end of the process, and what it said before counts.
    while let Some(Ok(line)) = lines.next() {
        let Some((worker, batch)) = line.split_once(' ').map(|(worker, batch)| (worker.parse(), batch.parse::<u64>()))
        else {
            continue;
        };
        let (worker, batch) = (worker.unwrap(), batch.unwrap());
        for n in batch..batch + BATCH {
            durable.insert(address(worker, n), n);
        }
        next = next.max(batch + BATCH);
        count += 1;
        if count == reports {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(count >= reports, "the process ended by itself");
    // Beyond anything that the process can have begun.
    next + 1000 * ADDRESSES
}

fn verify(path: &Path, durable: &Durable) {
    let (store, report) = Store4::open(at(path)).unwrap();
    assert_eq!(report.bad_rows, 0, "{report:?}");
    let mut session = store.session();
    for (&address, &n) in durable {
        match ready(session.by_address(address)).unwrap() {
            Some(lease) if removes(n) => assert!(lease.cltt > n, "{address}: a lease that was removed is back"),
            Some(lease) => assert!(lease.cltt >= n, "{address}: back from {n} to {}", lease.cltt),
            // An operation after the last report may have taken it away.
            None => assert!(removes(n) || n % ADDRESSES % 2 == 1, "{address}: lease {n} is lost"),
        }
    }
}

fn write_until_killed(path: &Path, start: u64) {
    let (store, _) = Store4::open(Options { sync: true, ..at(path) }).unwrap();
    let store = &store;
    std::thread::scope(|scope| {
        for worker in 0..WORKERS {
            scope.spawn(move || work(store, worker, start));
        }
        scope.spawn(|| {
            loop {
                store.cleanup().unwrap();
            }
        });
    });
}

fn work(store: &Store4, worker: u64, start: u64) {
    for batch in (start..).step_by(BATCH as usize) {
        let mut session = store.session();
        for n in batch..batch + BATCH {
            let address = address(worker, n);
            if removes(n) {
                ready(session.remove(address)).unwrap();
            } else {
                ready(session.put(lease(address, n))).unwrap();
            }
        }
        drop(session);
        store.sync().unwrap();
        // One write a line, so that lines of workers do not mix.
        std::io::stdout().write_all(format!("{worker} {batch}\n").as_bytes()).unwrap();
    }
}

fn lease(address: Ipv4Addr, n: u64) -> Lease4 {
    Lease4 {
        address,
        hw_addr: HwAddr::from_slice(&address.octets()),
        client_id: None,
        valid_lifetime: 3600,
        cltt: n,
        subnet_id: 1,
        pool_id: 0,
        fqdn_fwd: false,
        fqdn_rev: false,
        hostname: "".into(),
        state: LeaseState::Assigned,
        user_context: None,
    }
}
