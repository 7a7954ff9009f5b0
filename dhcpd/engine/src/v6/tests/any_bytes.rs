//! Whatever arrives, the engine answers or counts a drop.

use super::*;
use proptest::prelude::*;

fn kinds() -> impl Strategy<Value = MessageType> {
    (1u8..14).prop_map(MessageType)
}

fn full(kind: MessageType, relays: usize) -> Ask {
    let query = ask(kind)
        .na(1, &["2001:db8:1::10"])
        .pd(2, &[("2001:db8:8000::", 56)])
        .oro(&[23, 17, 67, 7])
        .option(code::CLIENT_FQDN, b"\x01\x02pc")
        .option(code::VENDOR_OPTS, &[0, 0, 0x11, 0x8b, 0, 1, 0, 2, 0, 2]);
    (0..relays).fold(query, |query, _| {
        let options: &[(u16, &[u8])] =
            &[(code::INTERFACE_ID, b"i"), (code::RSOO, &[0, 65, 0, 1, 9]), (code::REMOTE_ID, &[0; 9])];
        query.relayed("2001:db8:1::1", "fe80::ff:fe00:77", options)
    })
}

fn serve(bench: &mut Bench, bytes: &[u8]) {
    let before = (bench.stat("pkt6-received"), bench.stat("pkt6-sent"));
    let answer = bench.receive(bytes, "[fe80::1]:546".parse().unwrap(), ip("ff02::1:2"));
    assert_eq!(bench.stat("pkt6-received"), before.0 + 1);
    assert_eq!(bench.stat("pkt6-sent"), before.1 + i64::from(answer.is_some()));
}

proptest! {
    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..300), kind in kinds()) {
        let mut bench = Bench::with(|_| {});
        serve(&mut bench, &bytes);
        let mut known = bytes;
        known.splice(0..known.len().min(1), [kind.0]);
        serve(&mut bench, &known);
    }

    #[test]
    fn mutated_messages(kind in kinds(), relays in 0usize..3, changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6), cut in any::<prop::sample::Index>(), keep in any::<bool>()) {
        let mut bench = Bench::with(|subnet| subnet.rapid_commit = true);
        let mut bytes = full(kind, relays).bytes();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if !keep {
            bytes.truncate(cut.index(bytes.len()));
        }
        serve(&mut bench, &bytes);
    }
}

#[test]
fn many_relays_and_many_options() {
    let mut bench = Bench::with(|_| {});
    serve(&mut bench, &full(MessageType::SOLICIT, 32).bytes());
    serve(&mut bench, &full(MessageType::SOLICIT, 33).bytes());
    assert_eq!((bench.stat("pkt6-sent"), bench.stat("pkt6-parse-failed")), (1, 1));
    let crowd = (0..500).fold(ask(MessageType::REQUEST), |query, iaid| query.na(iaid, &[]));
    serve(&mut bench, &crowd.bytes());
    assert_eq!(bench.stat("assigned-nas"), 16);
}
