//! Messages that are built and answers that are read.

use super::*;
use crate::clients::Clients;

const LOCAL: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 2);
const MAC: [u8; 6] = [0, 12, 1, 2, 3, 4];

fn offer() -> Answer<'static> {
    let (address, server) = (Ipv4Addr::new(10, 0, 0, 9), Ipv4Addr::new(10, 0, 0, 1));
    Answer { hw_addr: &MAC, address, relay: LOCAL, server: Some(server), client_id: None }
}

fn begun(v4: &mut V4, options: &Options, waited: u64) -> Vec<u8> {
    let (mut out, mut clients) = (Vec::new(), Clients::new(options));
    let client = clients.next();
    v4.begin(7, &client, &mut clients, waited, &mut out).unwrap();
    out
}

#[test]
fn a_discover_names_its_client_and_its_relay() {
    let extra = vec![(60, b"docsis".to_vec()), (55, vec![42])];
    let options = Options { extra, ..Options::new(1) };
    let mut v4 = V4::new(&options, LOCAL).unwrap();
    let bytes = begun(&mut v4, &options, 70_000);
    let packet = Packet::parse(&bytes).unwrap();
    assert_eq!((packet.message_type(), packet.xid(), packet.hops()), (Some(MessageType::DISCOVER), 7, 1));
    assert_eq!((packet.giaddr(), packet.hw_addr(), packet.secs()), (LOCAL, &MAC[..], u16::MAX));
    assert_eq!(packet.option(code::CLIENT_IDENTIFIER), Some(&[1, 0, 12, 1, 2, 3, 4][..]));
    assert_eq!(packet.option(code::PARAMETER_REQUEST_LIST), Some(&[1, 28, 2, 3, 15, 6, 12, 42][..]));
    assert_eq!(packet.option(60), Some(&b"docsis"[..]));
}

#[test]
fn a_request_asks_for_what_was_offered() {
    let mut v4 = V4::new(&Options::new(1), LOCAL).unwrap();
    let mut out = Vec::new();
    v4.request(7, &offer(), Duration::from_millis(2500), &mut out).unwrap();
    let packet = Packet::parse(&out).unwrap();
    assert_eq!((packet.message_type(), packet.xid(), packet.secs()), (Some(MessageType::REQUEST), 7, 2));
    assert_eq!(packet.address_option(code::REQUESTED_ADDRESS), Some(Ipv4Addr::new(10, 0, 0, 9)));
    assert_eq!(packet.address_option(code::SERVER_IDENTIFIER), Some(Ipv4Addr::new(10, 0, 0, 1)));
}

#[test]
fn the_first_server_may_be_meant_throughout() {
    let mut v4 = V4::new(&Options { use_first: true, ..Options::new(1) }, LOCAL).unwrap();
    let other = Answer { server: Some(Ipv4Addr::new(10, 0, 0, 2)), ..offer() };
    for offer in [offer(), other] {
        let mut out = Vec::new();
        v4.request(7, &offer, Duration::ZERO, &mut out).unwrap();
        let server = Packet::parse(&out).unwrap().address_option(code::SERVER_IDENTIFIER);
        assert_eq!(server, Some(Ipv4Addr::new(10, 0, 0, 1)));
    }
    assert_eq!(v4.first_server(), Some(vec![10, 0, 0, 1]));
}

#[test]
fn a_lease_is_renewed_and_released_by_its_address() {
    let mut v4 = V4::new(&Options::new(1), LOCAL).unwrap();
    let lease = v4.lease(&offer()).unwrap();
    for (why, kind, server) in [
        (Again::Renew, MessageType::REQUEST, None),
        (Again::Release, MessageType::RELEASE, Some(Ipv4Addr::new(10, 0, 0, 1))),
    ] {
        let mut out = Vec::new();
        v4.again(why, 8, &lease, &mut out).unwrap();
        let packet = Packet::parse(&out).unwrap();
        assert_eq!((packet.message_type(), packet.ciaddr()), (Some(kind), Ipv4Addr::new(10, 0, 0, 9)));
        assert_eq!(packet.address_option(code::SERVER_IDENTIFIER), server);
    }
}

#[test]
fn an_option_that_is_there_already_is_refused() {
    let with = |code, half| V4::new(&Options { extra: vec![(code, vec![1])], half, ..Options::new(1) }, LOCAL);
    assert_eq!(with(61, false).unwrap_err(), "Option 61 already present in this message.");
    assert!(with(54, false).is_err());
    assert!(with(54, true).is_ok());
}

#[test]
fn templates_get_the_values_of_the_exchange() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, options: &[u8]| {
        let mut bytes = vec![0; 240];
        bytes[..4].copy_from_slice(&[1, 1, 6, 1]);
        bytes[236..].copy_from_slice(&[99, 130, 83, 99]);
        bytes.extend_from_slice(options);
        let path = folder.path().join(name);
        std::fs::write(&path, wire::hex::Plain(&bytes).to_string()).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let templates =
        vec![file("discover", &[53, 1, 1, 255]), file("request", &[&[53, 1, 3][..], &[0; 12], &[255]].concat())];
    let mut options = Options { templates, extra: vec![(60, vec![b'x'])], clients: 2, ..Options::new(1) };
    options.offsets.random = vec![33, 33];
    options.offsets.address = Some(243);
    options.offsets.server = Some(249);
    let mut v4 = V4::new(&options, LOCAL).unwrap();
    let bytes = begun(&mut v4, &options, 0);
    let discover = Packet::parse(&bytes).unwrap();
    assert_eq!((discover.xid(), discover.hw_addr()), (7, &MAC[..]));
    assert_eq!(discover.option(60), Some(&b"x"[..]));
    let mut out = Vec::new();
    v4.request(9, &offer(), Duration::from_secs(3), &mut out).unwrap();
    let request = Packet::parse(&out).unwrap();
    assert_eq!((request.xid(), request.hw_addr(), request.secs()), (9, &MAC[..], 3));
    assert_eq!(request.address_option(code::REQUESTED_ADDRESS), Some(Ipv4Addr::new(10, 0, 0, 9)));
    assert_eq!(request.address_option(code::SERVER_IDENTIFIER), Some(Ipv4Addr::new(10, 0, 0, 1)));
    // Behind its end nothing is written.
    options.offsets.address = Some(254);
    let mut v4 = V4::new(&options, LOCAL).unwrap();
    assert!(v4.request(9, &offer(), Duration::ZERO, &mut Vec::new()).is_err());
}

#[test]
fn only_offers_and_acknowledgements_count() {
    let v4 = V4::new(&Options::new(1), LOCAL).unwrap();
    for (kind, stage) in [(2, Some(Stage::First)), (5, Some(Stage::Second)), (6, None)] {
        let mut bytes = Vec::new();
        let mut writer = Writer::new(&mut bytes, &Header { op: 2, ..v4.header(5, &MAC, LOCAL) });
        writer.option(code::MESSAGE_TYPE, &[kind]);
        writer.finish();
        assert_eq!(v4.read(&bytes).unwrap().map(|(stage, xid, _)| (stage, xid)), stage.map(|stage| (stage, 5)));
    }
    assert!(v4.read(&[2, 1, 6]).is_err());
}
