//! Views of what was written, and of what nobody should write.

use super::*;
use crate::options::{DataType, Family, by_code};
use proptest::prelude::*;
use std::net::Ipv4Addr;

fn header(hw_addr: &[u8]) -> Header<'_> {
    Header {
        op: 1,
        htype: 1,
        hops: 2,
        xid: 0x01020304,
        secs: 5,
        flags: BROADCAST,
        ciaddr: Ipv4Addr::new(192, 0, 2, 1),
        yiaddr: Ipv4Addr::new(192, 0, 2, 2),
        siaddr: Ipv4Addr::new(192, 0, 2, 3),
        giaddr: Ipv4Addr::new(192, 0, 2, 4),
        hw_addr,
        sname: b"server",
        file: b"boot",
    }
}

fn packet(options: &[(u8, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = Writer::new(&mut out, &header(&[1, 2, 3, 4, 5, 6]));
    options.iter().for_each(|(code, payload)| writer.option(*code, payload));
    writer.finish();
    out
}

#[test]
fn what_was_written_is_seen() {
    let bytes = packet(&[(53, &[1]), (61, &[1, 2, 3]), (50, &[10, 0, 0, 1])]);
    let view = Packet::parse(&bytes).unwrap();
    assert_eq!((view.op(), view.htype(), view.hops(), view.xid(), view.secs()), (1, 1, 2, 0x01020304, 5));
    assert_eq!(view.flags(), BROADCAST);
    assert_eq!(view.hw_addr(), [1, 2, 3, 4, 5, 6]);
    assert_eq!([view.ciaddr(), view.yiaddr(), view.siaddr(), view.giaddr()].map(|a| a.octets()[3]), [1, 2, 3, 4]);
    assert_eq!((view.sname(), view.file()), (&b"server"[..], &b"boot"[..]));
    assert_eq!(view.message_type(), Some(MessageType::DISCOVER));
    assert_eq!(view.option(61), Some(&[1, 2, 3][..]));
    assert_eq!(view.address_option(50), Some(Ipv4Addr::new(10, 0, 0, 1)));
    assert_eq!(view.option(12), None);
    assert_eq!(view.bad_option(), None);
}

#[test]
fn pieces_of_an_option_are_put_together() {
    let long: Vec<u8> = (0..600).map(|n| n as u8).collect();
    let bytes = packet(&[(53, &[1]), (43, &long)]);
    assert_eq!(Packet::parse(&bytes).unwrap().option(43), Some(&long[..]));
    assert_eq!(bytes.len(), Writer::EMPTY_LEN + Writer::option_len(1) + Writer::option_len(600));
}

#[test]
fn options_go_on_in_file_and_sname() {
    let mut bytes = packet(&[(52, &[3]), (12, b"a")]);
    bytes[field::FILE.start..][..4].copy_from_slice(&[12, 1, b'b', 255]);
    bytes[field::SNAME.start..][..4].copy_from_slice(&[12, 1, b'c', 255]);
    assert_eq!(Packet::parse(&bytes).unwrap().option(12), Some(&b"abc"[..]));
}

#[test]
fn a_bad_option_is_told_and_hides_none_before_it() {
    let mut bytes = packet(&[(53, &[1]), (12, b"abc")]);
    bytes.truncate(bytes.len() - 2);
    let view = Packet::parse(&bytes).unwrap();
    assert_eq!(view.bad_option(), Some(BadOption { code: 12, offset: field::OPTIONS + 3 }));
    assert_eq!(view.message_type(), Some(MessageType::DISCOVER));
}

#[test]
fn what_is_no_packet() {
    let good = packet(&[]);
    assert_eq!(Packet::parse(&good[..100]).unwrap_err(), Malformed::Truncated { len: 100 });
    assert_eq!(Packet::parse(&good[..236]).unwrap_err(), Malformed::NoOptions);
    assert_eq!(Packet::parse(&good[..238]).unwrap_err(), Malformed::BadCookie);
    assert_eq!(Packet::parse(&packet(&[(50, &[1, 2, 3])])).unwrap_err(), Malformed::OptionSize { code: 50, len: 3 });
    assert_eq!(Packet::parse(&packet(&[(3, &[1, 2, 3])])).unwrap_err(), Malformed::OptionSize { code: 3, len: 3 });
    let lenient = packet(&[(50, &[1, 2, 3]), (12, b"a")]);
    let view = Packet::parse_leniently(&lenient).unwrap();
    assert_eq!((view.option(50), view.option(12)), (None, Some(&b"a"[..])));
    let mut long = good.clone();
    long[field::HLEN] = 17;
    assert_eq!(Packet::parse(&long).unwrap_err(), Malformed::LongHardwareAddress { hlen: 17 });
}

#[test]
fn codes_are_those_of_the_table() {
    let name = |code: u8| by_code(Family::V4, "dhcp4", code.into()).map(|d| &*d.name);
    assert_eq!(name(code::REQUESTED_ADDRESS), Some("dhcp-requested-address"));
    assert_eq!(name(code::SERVER_IDENTIFIER), Some("dhcp-server-identifier"));
    assert_eq!(name(code::PARAMETER_REQUEST_LIST), Some("dhcp-parameter-request-list"));
    assert_eq!(name(code::FQDN), Some("fqdn"));
    assert_eq!(name(code::AGENT_OPTIONS), Some("dhcp-agent-options"));
    assert_eq!(name(code::V6_ONLY_PREFERRED), Some("v6-only-preferred"));
    assert_eq!(name(code::SUBNET_SELECTION), Some("subnet-selection"));
}

proptest! {
    #[test]
    fn any_options_come_back(options in proptest::collection::btree_map(1u8..255, proptest::collection::vec(any::<u8>(), 0..400), 0..20)) {
        let sized = |code: u8| by_code(Family::V4, "dhcp4", code.into()).is_some_and(|d| d.kind.size().is_some());
        let options: Vec<_> = options.into_iter().filter(|(code, _)| !sized(*code) && *code != 52).collect();
        let mut listed: Vec<(u8, &[u8])> = options.iter().map(|(code, payload)| (*code, &payload[..])).collect();
        let bytes = packet(&listed);
        let view = Packet::parse(&bytes).unwrap();
        // Texts lose the zeros at their end.
        let text = |code: u8| by_code(Family::V4, "dhcp4", code.into()).is_some_and(|d| d.kind == DataType::String);
        for (_, payload) in listed.iter_mut().filter(|(code, _)| text(*code)) {
            while let [rest @ .., 0] = payload {
                *payload = rest;
            }
        }
        listed.retain(|(code, payload)| !text(*code) || !payload.is_empty());
        prop_assert_eq!(view.options().collect::<Vec<_>>(), listed);
    }

    #[test]
    fn any_bytes_are_a_packet_or_not(bytes in proptest::collection::vec(any::<u8>(), 0..600), cookie in any::<bool>()) {
        let mut bytes = bytes;
        if let (true, Some(place)) = (cookie, bytes.get_mut(field::COOKIE..field::OPTIONS)) {
            place.copy_from_slice(&COOKIE);
        }
        for view in [Packet::parse(&bytes), Packet::parse_leniently(&bytes)].iter().flatten() {
            for (_, payload) in view.options() {
                sub_options(payload).for_each(drop);
            }
            let _ = (view.hw_addr(), view.sname(), view.file(), view.message_type(), view.secs());
        }
    }
}

#[test]
fn a_draft_takes_options_out_of_the_other_fields() {
    let mut bytes = packet(&[(82, &[1, 1, 7]), (52, &[1]), (12, b"host")]);
    bytes[field::FILE.start..field::FILE.start + 6].copy_from_slice(&[67, 3, b'a', b'b', b'c', 255]);
    let mut draft = Draft::new(&Packet::parse(&bytes).unwrap());
    draft.set(12, b"other".to_vec());
    draft.set(15, b"example.org".to_vec());
    assert!(draft.remove(67) && !draft.remove(67));
    let mut out = Vec::new();
    draft.write(&mut out);
    let read = Packet::parse(&out).unwrap();
    let options: Vec<_> = read.options().collect();
    assert_eq!(options, [(12, &b"other"[..]), (15, b"example.org"), (82, &[1, 1, 7])]);
    assert_eq!((read.file(), read.sname(), read.xid()), (&b""[..], &b"server"[..], 0x01020304));
}

proptest! {
    #[test]
    fn a_draft_that_is_not_changed_is_the_same_packet(
        options in proptest::collection::btree_map(100u8..=130, proptest::collection::vec(any::<u8>(), 0..600), 0..6),
    ) {
        let options: Vec<_> = options.iter().map(|(code, payload)| (*code, payload.as_slice())).collect();
        let bytes = packet(&options);
        let mut again = Vec::new();
        Draft::new(&Packet::parse_leniently(&bytes).unwrap()).write(&mut again);
        let (seen, wanted) = (Packet::parse_leniently(&again).unwrap(), Packet::parse_leniently(&bytes).unwrap());
        prop_assert_eq!(seen.options().collect::<Vec<_>>(), wanted.options().collect::<Vec<_>>());
        prop_assert_eq!(&again[..field::OPTIONS], &bytes[..field::OPTIONS]);
    }
}
