//! Nanoseconds that 200 classes take on a packet: `cargo run --release -p dhcpd-eval --example two_hundred`.
//!
//! The classes are of the kinds that configurations have; each line below is measured alone, 200 times over.

use dhcpd_eval::{Arrival, ClassDefinition, ClassSet, Classifier, Standard, Subject4};
use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Instant;
use wire::options::Family;
use wire::v4;

const CLASSES: usize = 200;
const ROUNDS: usize = 2_000;

/// What is asked, with a place for the number of the class.
const TESTS: [&str; 10] = [
    "option[60].hex == 'docsis#.0'",
    "substring(option[60].hex, 0, 9) == 'docsis3.0'",
    "pkt4.mac == 0x000c010203#",
    "substring(pkt4.mac, 0, 3) == 0x000c01 and pkt4.msgtype == #",
    "relay4[1].hex == 'port.#'",
    "option[82].option[2].hex == pkt4.mac",
    "vendor[4491].option[#].exists",
    "hexstring(pkt4.mac, ':') == '00:0c:01:02:03:#'",
    "match('port\\.[0-9]+\\.#.*', relay4[1].hex)",
    "member('c0') and not (option[12].text == 'host-#' or pkt.iface == 'eth#')",
];

fn main() {
    let bytes = discover();
    let packet = v4::Packet::parse(&bytes).expect("a packet");
    let any = IpAddr::from(Ipv4Addr::LOCALHOST);
    let subject = Subject4 {
        packet: &packet,
        arrival: Arrival { interface: "eth0", source: any, destination: any },
        remembered: None,
    };
    let mixed: Vec<_> = (0..CLASSES).map(|number| TESTS[number % TESTS.len()]).collect();
    for (name, tests) in TESTS.iter().map(|test| (*test, vec![*test; CLASSES])).chain([("all of these", mixed)]) {
        let classifier = classifier(&tests);
        let round = || {
            let begin = Instant::now();
            let mut set = ClassSet::default();
            classifier.receive(black_box(&subject), &mut set, &());
            black_box(&set);
            begin.elapsed().as_nanos()
        };
        // The quickest round: the others were disturbed.
        let nanoseconds = (0..ROUNDS).map(|_| round()).min().unwrap_or(0);
        println!("{nanoseconds:>8} ns for 200, {:>4} ns each: {name}", nanoseconds / CLASSES as u128);
    }
}

fn classifier(tests: &[&str]) -> Classifier {
    let first = [("c0".to_owned(), "option[61].exists".to_owned())];
    let numbered = tests.iter().enumerate().map(|(n, test)| (format!("c{}", n + 1), test.replace('#', &n.to_string())));
    let texts: Vec<_> = first.into_iter().chain(numbered).collect();
    let definitions: Vec<_> =
        texts.iter().map(|(name, test)| ClassDefinition { name, test: Some(test), ..Default::default() }).collect();
    Classifier::new(Family::V4, &definitions, &Standard(Family::V4)).expect("classes")
}

/// A DISCOVER as a relay passes it on.
fn discover() -> Vec<u8> {
    let mut out = vec![1, 1, 6, 1];
    out.resize(28, 0);
    out.extend([0, 0x0c, 1, 2, 3, 4]);
    out.resize(236, 0);
    out.extend([99, 130, 83, 99]);
    for (code, payload) in [
        (53, &[1][..]),
        (12, b"cpe-1"),
        (55, &[1, 3, 6, 15, 51, 54]),
        (60, b"docsis3.0"),
        (61, b"\x01\x00\x0c\x01\x02\x03\x04"),
        (125, b"\x00\x00\x11\x8b\x05\x02\x03ECM"),
        (82, b"\x01\x09port.7..x\x02\x06\x00\x0c\x01\x02\x03\x04"),
    ] {
        out.extend([code, payload.len() as u8]);
        out.extend(payload);
    }
    out.push(255);
    out
}
