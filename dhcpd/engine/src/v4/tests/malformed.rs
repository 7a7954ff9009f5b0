//! Bytes that nobody should send: nothing panics, everything is counted.

use super::bench::*;
use proptest::prelude::*;
use wire::v4::{MessageType, code};

/// Valid messages of all kinds, to be mutated.
fn messages() -> Vec<Query> {
    let mut all: Vec<Query> = (1..=8).map(|kind| Query::new(1, MessageType(kind))).collect();
    all.push(Query::select(1, [10, 0, 1, 10]).with(code::HOST_NAME, *b"host"));
    all.push(Query::reboot(1, [10, 0, 1, 10]).with(code::FQDN, *b"\x05\0\0\x04host\x03lab\0"));
    all.push(
        Query::from(1, MessageType::REQUEST, [10, 0, 1, 10])
            .with(code::CLIENT_IDENTIFIER, *b"\xff\0\0\0\x01\0\x01duid"),
    );
    let agent = *b"\x01\x05port1\x05\x04\x0a\0\x01\0\x0b\x04\x0a\0\x01\x01";
    all.push(Query::discover(1).relayed([10, 0, 1, 2]).with(code::AGENT_OPTIONS, agent).with(code::OVERLOAD, [3]));
    all.push(Query::discover(1).with(125, [0, 0, 17, 139, 3, 1, 1, 2]).asking_for(&[1, 3, 6, 108, 125]));
    all
}

/// Everything received was parsed, or counted as not.
fn check(bench: &Bench, sent: i64) -> Result<(), TestCaseError> {
    prop_assert_eq!(bench.statistic("pkt4-received"), sent);
    let kinds =
        ["discover", "offer", "request", "ack", "nak", "release", "decline", "inform", "lease-query", "unknown"];
    let parsed: i64 = kinds.iter().map(|kind| bench.statistic(&format!("pkt4-{kind}-received"))).sum();
    prop_assert_eq!(parsed + bench.statistic("pkt4-parse-failed"), sent);
    Ok(())
}

proptest! {
    #[test]
    fn any_bytes(packets in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..400), 1..8)) {
        let mut bench = Bench::one_subnet();
        let query = Query::discover(1);
        for bytes in &packets {
            bench.receive(&query.received(bytes));
        }
        check(&bench, packets.len() as i64)?;
    }

    #[test]
    fn mutated_messages(
        which in 0usize..13,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        cut in proptest::option::of(any::<prop::sample::Index>()),
        tail in proptest::collection::vec(any::<u8>(), 0..40),
    ) {
        let mut bench = Bench::one_subnet();
        bench.lease(1);
        let before = bench.statistic("pkt4-received");
        let query = messages().swap_remove(which);
        let mut bytes = query.bytes();
        bytes.extend(tail);
        for (at, value) in changes {
            // Half of the changes go where the options are.
            let at = if value & 1 == 0 { at.index(bytes.len()) } else { 240 + at.index(bytes.len() - 240) };
            bytes[at] = value;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        bench.receive(&query.received(&bytes));
        check(&bench, before + 1)?;
    }
}
