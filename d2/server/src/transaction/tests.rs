//! Transactions against servers that follow a script.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::net::IpAddr;

use dns::{Class, Message, Name, Rcode, Type};
use ncr::{ChangeType, ConflictResolutionMode, Dhcid};

use super::*;

use ConflictResolutionMode::{CheckExistsWithDhcid, CheckWithDhcid, NoCheckWithDhcid, NoCheckWithoutDhcid};

/// Answers in turn, and what was asked: the server's port and the update.
struct Script {
    answers: RefCell<VecDeque<Result<Rcode, Failure>>>,
    asked: RefCell<Vec<(u16, Message)>>,
}

impl Exchange for Script {
    async fn exchange(&self, server: &Server, update: &Message) -> Result<Rcode, Failure> {
        self.asked.borrow_mut().push((server.address.port(), update.clone()));
        self.answers.borrow_mut().pop_front().expect("an answer in the script")
    }
}

fn domain(zone: &str, ports: &[u16]) -> Arc<Domain> {
    let server = |port: &u16| Server { address: ([127, 0, 0, 1], *port).into(), key: None };
    Arc::new(Domain { zone: Name::parse(zone).unwrap(), servers: ports.iter().map(server).collect() })
}

fn transaction(change_type: ChangeType, mode: ConflictResolutionMode, address: &str) -> Transaction {
    let ip_address: IpAddr = address.parse().unwrap();
    Transaction {
        request: NameChangeRequest {
            change_type,
            forward_change: true,
            reverse_change: true,
            fqdn: Name::parse("h.example.").unwrap(),
            ip_address,
            dhcid: Dhcid::from_hex("AB").unwrap(),
            lease_length: 60,
            conflict_resolution_mode: mode,
        },
        forward: Some(domain("example.", &[1, 2])),
        reverse: Some(domain("2.0.192.in-addr.arpa.", &[3, 4])),
    }
}

/// Runs the transaction, to the end of the script; returns the outcome and each update as `PORT prerequisites | changes`.
fn run(transaction: &Transaction, answers: &[Result<Rcode, Failure>]) -> (Outcome, Vec<String>) {
    let script = Script { answers: RefCell::new(answers.iter().cloned().collect()), asked: RefCell::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let outcome = runtime.block_on(transaction.run(&script));
    assert!(script.answers.borrow().is_empty(), "answers are left");
    let asked = script.asked.borrow().iter().map(|(port, update)| format!("{port} {}", text(update))).collect();
    (outcome, asked)
}

/// A message as `nsupdate` would show it, shortened: types and classes, `+` for an addition with its content in hexadecimal.
fn text(update: &Message) -> String {
    let records = |records: &[dns::Record]| {
        let text = records.iter().map(|record| {
            let owner = if record.name.to_string().ends_with("arpa.") { "r" } else { "h" };
            let class = match record.class {
                Class::IN if record.ttl > 0 => "+",
                Class::IN => "=",
                Class::ANY => "any",
                _ => "none",
            };
            let rtype = match record.rtype {
                Type::A => "A",
                Type::AAAA => "AAAA",
                Type::PTR => "PTR",
                Type::DHCID => "DHCID",
                _ => "*",
            };
            let rdata: String = record.rdata.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("{owner} {class} {rtype} {rdata}").trim_end().to_owned()
        });
        text.collect::<Vec<_>>().join(", ")
    };
    format!("{} | {}", records(&update.prerequisites), records(&update.updates)).trim().to_owned()
}

const PTR_ADDED: &str = "3 | r any PTR, r + PTR 0168076578616d706c6500, r any DHCID, r + DHCID ab";
const OK: Result<Rcode, Failure> = Ok(Rcode::NOERROR);

fn done() -> Outcome {
    Outcome { forward_done: true, reverse_done: true, end: Ok(()) }
}

#[test]
fn a_name_that_is_free_is_added() {
    let add = transaction(ChangeType::Add, CheckWithDhcid, "192.0.2.1");
    let (outcome, asked) = run(&add, &[OK, OK]);
    assert_eq!(outcome, done());
    assert_eq!(asked, ["1 h none * | h + A c0000201, h + DHCID ab", PTR_ADDED]);
}

#[test]
fn a_name_in_use_is_replaced_if_it_is_the_clients() {
    let add = transaction(ChangeType::Add, CheckWithDhcid, "2001:db8::1");
    let (outcome, asked) = run(&add, &[Ok(Rcode::YXDOMAIN), OK, OK]);
    assert_eq!(outcome, done());
    assert_eq!(asked[1], "1 h any *, h = DHCID ab | h any AAAA, h + AAAA 20010db8000000000000000000000001");
    let (outcome, asked) = run(&add, &[Ok(Rcode::YXDOMAIN), Ok(Rcode::NXRRSET)]);
    assert_eq!(outcome, Outcome { forward_done: false, reverse_done: false, end: Err(End::Rejected) });
    assert_eq!(asked.len(), 2);
    let told = outcome.describe(&add).to_string();
    assert!(told.starts_with("Status: Failed, Event: UPDATE_FAILED_EVT,  Forward change: failed, "), "{told}");
}

#[test]
fn a_name_that_vanished_meanwhile_is_added_after_all_but_not_for_ever() {
    let add = transaction(ChangeType::Add, CheckWithDhcid, "192.0.2.1");
    let (yx, nx) = (Ok(Rcode::YXDOMAIN), Ok(Rcode::NXDOMAIN));
    assert_eq!(run(&add, &[yx.clone(), nx.clone(), OK, OK]).0, done());
    let (outcome, _) = run(&add, &[yx.clone(), nx.clone(), yx.clone(), nx, yx]);
    assert_eq!(outcome.end, Err(End::Rejected));
}

#[test]
fn the_other_modes_add() {
    let add = |mode| transaction(ChangeType::Add, mode, "192.0.2.1");
    let (outcome, asked) = run(&add(CheckExistsWithDhcid), &[Ok(Rcode::YXDOMAIN), OK, OK]);
    assert_eq!(outcome, done());
    assert_eq!(
        asked,
        [
            "1 h none * | h + A c0000201, h + DHCID ab",
            "1 h any DHCID | h any A, h + A c0000201, h any DHCID, h + DHCID ab",
            PTR_ADDED
        ]
    );
    let (outcome, asked) = run(&add(NoCheckWithDhcid), &[OK, OK]);
    assert_eq!(outcome, done());
    assert_eq!(asked, ["1 | h any A, h + A c0000201, h any DHCID, h + DHCID ab", PTR_ADDED]);
    let (outcome, asked) = run(&add(NoCheckWithoutDhcid), &[OK, OK]);
    assert_eq!(outcome, done());
    assert_eq!(asked, ["1 | h any A, h + A c0000201", "3 | r any PTR, r + PTR 0168076578616d706c6500"]);
}

#[test]
fn every_mode_removes() {
    let remove = |mode| transaction(ChangeType::Remove, mode, "192.0.2.1");
    let pointer = "3 r = PTR 0168076578616d706c6500 | r any *";
    for (mode, expected) in [
        (
            CheckWithDhcid,
            &["1 h = DHCID ab | h none A c0000201", "1 h = DHCID ab, h none A, h none AAAA | h any *", pointer][..],
        ),
        (
            CheckExistsWithDhcid,
            &["1 h any DHCID | h none A c0000201", "1 h none A, h none AAAA | h any DHCID", pointer],
        ),
        (NoCheckWithDhcid, &["1 | h any A, h any DHCID", "3 | r any PTR, r any DHCID"]),
        (NoCheckWithoutDhcid, &["1 | h any A", "3 | r any PTR"]),
    ] {
        let (outcome, asked) = run(&remove(mode), &vec![OK; expected.len()]);
        assert_eq!((outcome, asked), (done(), expected.iter().map(ToString::to_string).collect()), "{mode}");
    }
}

#[test]
fn what_is_gone_already_counts_as_removed() {
    let remove = transaction(ChangeType::Remove, CheckWithDhcid, "192.0.2.1");
    let nx = || Ok(Rcode::NXRRSET);
    assert_eq!(run(&remove, &[nx(), nx(), nx()]).0, done());
    // An address of the other family keeps the name.
    assert_eq!(run(&remove, &[OK, Ok(Rcode::YXRRSET), OK]).0, done());
    assert_eq!(run(&remove, &[Ok(Rcode::REFUSED)]).0.end, Err(End::Rejected));
    let erase = transaction(ChangeType::Remove, NoCheckWithDhcid, "192.0.2.1");
    assert_eq!(run(&erase, &[Ok(Rcode::YXRRSET)]).0.end, Err(End::Rejected));
}

#[test]
fn each_server_is_tried_three_times_and_then_the_next() {
    let add = transaction(ChangeType::Add, CheckWithDhcid, "192.0.2.1");
    let (timeout, io) = (Err(Failure::Timeout), Err(Failure::Io("refused".to_owned())));
    let ports = |asked: &[String]| asked.iter().map(|line| line[..1].to_owned()).collect::<String>();
    let (outcome, asked) = run(&add, &[timeout.clone(), io.clone(), OK, timeout.clone(), OK]);
    assert_eq!((outcome, ports(&asked).as_str()), (done(), "11133"));
    let (outcome, asked) = run(&add, &[timeout.clone(), timeout.clone(), timeout.clone(), Ok(Rcode::YXDOMAIN), OK, OK]);
    assert_eq!((outcome, ports(&asked).as_str()), (done(), "111223"));
    let corrupt = Err(Failure::Invalid("BADSIG".to_owned()));
    let (outcome, asked) = run(&add, &[OK, corrupt.clone(), corrupt.clone(), corrupt, io.clone(), io.clone(), io]);
    assert_eq!(outcome, Outcome { forward_done: true, reverse_done: false, end: Err(End::NoMoreServers) });
    assert_eq!(ports(&asked), "1333444");
    let told = outcome.describe(&add).to_string();
    assert!(
        told.contains("Event: NO_MORE_SERVERS_EVT,  Forward change: completed,  Reverse change: failed, "),
        "{told}"
    );
}

#[test]
fn a_server_that_fails_half_way_leaves_the_whole_to_the_next() {
    let add = transaction(ChangeType::Add, CheckWithDhcid, "192.0.2.1");
    let timeout = Err(Failure::Timeout);
    let answers = [Ok(Rcode::YXDOMAIN), timeout.clone(), timeout.clone(), timeout, Ok(Rcode::YXDOMAIN), OK, OK];
    let (outcome, asked) = run(&add, &answers);
    assert_eq!(outcome, done());
    assert!(asked[4].starts_with("2 h none *") && asked[5].starts_with("2 h any *"), "{asked:?}");
}

#[test]
fn one_direction_alone_is_one_direction() {
    let mut add = transaction(ChangeType::Add, CheckWithDhcid, "192.0.2.1");
    add.forward = None;
    let (outcome, asked) = run(&add, &[OK]);
    assert_eq!(outcome, Outcome { forward_done: false, reverse_done: true, end: Ok(()) });
    assert_eq!(asked, [PTR_ADDED]);
}
