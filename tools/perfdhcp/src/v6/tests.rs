//! Messages that are built and answers that are read.

use super::*;
use crate::clients::Clients;

const LOCAL: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 2);
const DUID: [u8; 10] = [0, 3, 0, 1, 0, 12, 1, 2, 3, 4];
const SERVER_DUID: [u8; 4] = [0, 2, 9, 9];

fn options() -> Options {
    Options { family: Some(6), duid: DUID.to_vec(), ..Options::new(1) }
}

fn begun(options: &Options) -> Vec<u8> {
    let (mut out, mut clients) = (Vec::new(), Clients::new(options));
    let client = clients.next();
    V6::new(options, LOCAL).unwrap().begin(7, &client, &mut clients, 2, &mut out).unwrap();
    out
}

fn codes(packet: &Packet<'_>) -> Vec<u16> {
    packet.message.options.iter().map(|option| option.unwrap().code).collect()
}

/// An answer with an address, and with a prefix if that is wanted.
fn answer(kind: MessageType, prefix: bool) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = Writer::new(&mut out);
    writer.message(kind, 7);
    writer.option(code::CLIENT_ID, &DUID);
    writer.option(code::SERVER_ID, &SERVER_DUID);
    let ia = writer.open_ia(code::IA_NA, 1, 0, 0);
    writer.ia_address("2001:db8::9".parse().unwrap(), 1, 2);
    writer.close(ia);
    if prefix {
        let ia = writer.open_ia(code::IA_PD, 1, 0, 0);
        let inner = writer.open_ia_prefix("3000:1::".parse().unwrap(), 64, 1, 2);
        writer.close(inner);
        writer.close(ia);
    }
    writer.finish().unwrap();
    out
}

#[test]
fn a_solicit_asks_for_what_is_wanted() {
    let bytes = begun(&options());
    let packet = Packet::parse(&bytes).unwrap();
    assert_eq!((packet.message.kind, packet.message.transaction_id), (MessageType::SOLICIT, 7));
    assert_eq!(codes(&packet), [code::CLIENT_ID, code::IA_NA, code::ORO, code::ELAPSED_TIME]);
    assert_eq!(packet.message.options.find(code::CLIENT_ID), Some(&DUID[..]));
    assert_eq!(packet.message.options.find(code::ELAPSED_TIME), Some(&[0, 200][..]));
    let extra = vec![(39, vec![0, 0])];
    let bytes = begun(&Options { lease: LeaseType::Prefix, rapid_commit: true, half: true, extra, ..options() });
    let packet = Packet::parse(&bytes).unwrap();
    assert_eq!(codes(&packet), [code::CLIENT_ID, code::ORO, code::ELAPSED_TIME, code::RAPID_COMMIT, code::IA_PD, 39]);
}

#[test]
fn a_relay_wraps_what_its_client_says() {
    let relays = Some(vec!["2001:db8:5::1".parse().unwrap()]);
    let relay_extra = vec![(38, b"1234".to_vec())];
    let bytes = begun(&Options { relayed: true, relay_extra, relays, ..options() });
    let packet = Packet::parse(&bytes).unwrap();
    let relay = packet.first_relay().unwrap();
    assert_eq!((relay.link_address, relay.peer_address), ("2001:db8:5::1".parse().unwrap(), LOCAL));
    assert_eq!(relay.options.find(38), Some(&b"1234"[..]));
    assert_eq!(packet.message.kind, MessageType::SOLICIT);
}

#[test]
fn a_request_takes_what_was_advertised() {
    let mut v6 = V6::new(&Options { lease: LeaseType::AddressAndPrefix, ..options() }, LOCAL).unwrap();
    let bytes = answer(MessageType::ADVERTISE, true);
    let (stage, xid, offer) = v6.read(&bytes).unwrap().unwrap();
    assert_eq!((stage, xid, v6.is_granted(&offer)), (Stage::First, 7, true));
    assert_eq!(v6.line(&offer), "00:03:00:01:00:0c:01:02:03:04,2001:db8::9,3000:1::");
    let mut out = Vec::new();
    v6.request(8, &offer, Duration::ZERO, &mut out).unwrap();
    let packet = Packet::parse(&out).unwrap();
    assert_eq!(codes(&packet), [code::CLIENT_ID, code::SERVER_ID, code::IA_NA, code::ELAPSED_TIME, code::IA_PD]);
    assert_eq!(v6.first_server(), Some(SERVER_DUID.to_vec()));
}

#[test]
fn less_than_was_asked_for_is_a_refusal() {
    let v6 = V6::new(&Options { lease: LeaseType::AddressAndPrefix, ..options() }, LOCAL).unwrap();
    let bytes = answer(MessageType::ADVERTISE, false);
    let (.., offer) = v6.read(&bytes).unwrap().unwrap();
    assert!(!v6.is_granted(&offer));
}

#[test]
fn a_reply_ends_either_half() {
    let bytes = answer(MessageType::REPLY, false);
    for (half, stage) in [(false, Stage::Second), (true, Stage::First)] {
        let v6 = V6::new(&Options { half, ..options() }, LOCAL).unwrap();
        assert_eq!(v6.read(&bytes).unwrap().unwrap().0, stage);
    }
    assert!(V6::new(&options(), LOCAL).unwrap().read(&bytes[..10]).is_err());
}

#[test]
fn a_lease_is_renewed_and_released_with_its_associations() {
    let mut v6 = V6::new(&options(), LOCAL).unwrap();
    let bytes = answer(MessageType::REPLY, false);
    let (.., reply) = v6.read(&bytes).unwrap().unwrap();
    let lease = v6.lease(&reply).unwrap();
    assert_eq!(v6.held(&lease), [Some("2001:db8::9".parse().unwrap()), None]);
    for (why, kind) in [(Again::Renew, MessageType::RENEW), (Again::Release, MessageType::RELEASE)] {
        let mut out = Vec::new();
        v6.again(why, 9, &lease, &mut out).unwrap();
        let packet = Packet::parse(&out).unwrap();
        assert_eq!((packet.message.kind, packet.message.transaction_id), (kind, 9));
        assert_eq!(codes(&packet), [code::CLIENT_ID, code::SERVER_ID, code::IA_NA]);
    }
}

#[test]
fn templates_get_the_values_of_the_exchange() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, wire::hex::Plain(bytes).to_string()).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let client = option(code::CLIENT_ID, &[9; 10]);
    let solicit = file("solicit", &[&[1, 0, 0, 0], &client[..], &[0, 3, 0, 12], &[0; 12]].concat());
    // Client, server and IA_NA as in the answer above: 14, 8 and 44 bytes.
    let request = file("request", &[&[3, 0, 0, 0], &client[..], &[0; 8], &[0; 44], &[0, 8, 0, 2, 7, 7]].concat());
    let mut options = Options { templates: vec![solicit, request], clients: 300, ..options() };
    options.offsets.random = vec![17, 17];
    options.offsets.server = Some(18);
    options.offsets.address = Some(26);
    options.offsets.time = Some(70);
    let bytes = begun(&options);
    let packet = Packet::parse(&bytes).unwrap();
    assert_eq!(packet.message.transaction_id, 7);
    assert_eq!(packet.message.options.find(code::CLIENT_ID), Some(&[9, 9, 9, 9, 9, 9, 9, 9, 9, 4][..]));
    let mut v6 = V6::new(&options, LOCAL).unwrap();
    let advertise = answer(MessageType::ADVERTISE, false);
    let (.., offer) = v6.read(&advertise).unwrap().unwrap();
    let mut out = Vec::new();
    v6.request(8, &offer, Duration::ZERO, &mut out).unwrap();
    let packet = Packet::parse(&out).unwrap();
    assert_eq!(codes(&packet), [code::CLIENT_ID, code::SERVER_ID, code::IA_NA, code::ELAPSED_TIME]);
    assert_eq!(packet.message.options.find(code::CLIENT_ID), Some(&DUID[..]));
    assert_eq!(packet.message.options.find(code::SERVER_ID), Some(&SERVER_DUID[..]));
}
